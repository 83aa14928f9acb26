"""Where a NIfTI or Analyze image lies in the world: decided here alone, as ITK, hence Slicer, decides it.

Lines and segments are drawn where Slicer shows the image, so its rules count wherever a header contradicts itself:
spacing comes from pixdim whichever form gives the directions, and a form that is no rotation is passed over or, where
there is no other, refused (itk::NiftiImageIO::SetImageIOOrientationFromNIfTI; nifti_quatern_to_mat44 of niftilib).
"""

import math

import numpy as np

from ..translation import tr as _

_SCANNER = 1  # the code of the scanner's own coordinates
_MATERIAL_MM = 0.1  # from here on a contradiction is told
_ORTHONORMAL_WITHIN = 1e-4
_ROUNDING = 1e-3  # of a quaternion's length; what is longer is told


def nifti_affine(header, shape):
    """Affine of an image, and what there is to say about it.

    Parameters
    ----------
    header : NiftiHeader
    shape : (int, int, int)
        Size of the image.

    Returns
    -------
    affine : array, shape (4, 4)
        Voxel index -> world RAS in mm.
    sentences : tuple of str
        For the user, without the file's name.

    Raises
    ------
    ValueError
        If Slicer refuses the image.
    """
    spacing = header.spacing * header.mm
    if header.is_analyze:
        return _unoriented(spacing), (
            _("Analyze 7.5 holds no reliable orientation: LEFT AND RIGHT MAY BE SWAPPED; better convert to NIfTI."),
        )
    if not header.qform_code and not header.sform_code:
        return _unoriented(spacing), (
            _("neither sform nor qform is set: left and right, front and back may be swapped; check them."),
        )
    if header.sform_code and not np.isfinite(header.sform).all():
        raise ValueError(_("its sform holds NaN or infinity and cannot be inverted; save it again with a valid one"))
    qform, sform = _qform(header), header.sform.astype(np.float32)
    name = _chosen(header, qform, sform)
    forms = {"qform": qform, "sform": sform}
    affine = _placed(forms[name], spacing, header.mm)
    sentences = _disagreement(header, forms, name, spacing, shape)
    if name == "qform":
        sentences += _quaternion_faults(header)
    if header.sform_code:
        sentences += _scale_faults(sform, spacing, header.mm, shape)
    return affine, tuple(sentences)


def in_scanner_frame(header):
    """Whether the form that places the image is that of the scanner's own coordinates."""
    if header.is_analyze or not (header.qform_code or header.sform_code):
        return False
    name = _chosen(header, _qform(header), header.sform.astype(np.float32))
    return getattr(header, f"{name}_code") == _SCANNER


def farthest_corner(affine, other, shape):
    """Greatest distance in mm between where two affines put a corner voxel of an image of that shape."""
    corners = np.array(np.meshgrid(*[(0, size - 1) for size in shape[:3]], [1])).reshape(4, -1)
    return np.linalg.norm((affine - other)[:3] @ corners, axis=0).max()


def is_orthogonal(affine):
    """Whether the axes of an affine, shape (4, 4), stand upright on one another."""
    axes = affine[:3, :3] / np.linalg.norm(affine[:3, :3], axis=0)
    return bool(np.allclose(axes.T @ axes, np.eye(3), atol=_ORTHONORMAL_WITHIN))


def _unoriented(spacing):
    """The first voxel at 0, axes to the left, back and top."""
    return np.diag([-1.0, -1.0, 1.0, 1.0] * np.append(spacing, 1))


def _placed(form, spacing, mm):
    """Directions of a form, shape (3, 4), with the spacing of pixdim; a negative one turns its axis."""
    affine = np.eye(4)
    affine[:3, :3] = _directions(form) * spacing
    affine[:3, 3] = form[:, 3].astype(float) * mm
    return affine


def _lengths(form):
    return np.linalg.norm(form[:, :3].astype(float), axis=0)


def _directions(form):
    """The columns at length 1, or 0 where they have none."""
    lengths = _lengths(form)
    return form[:, :3] / np.where(lengths > 0, lengths, 1)


def _qform(header):
    """The matrix, shape (3, 4), in the header's unit, that ITK compares with the sform."""
    if not header.qform_code:
        return np.column_stack([np.diag(header.spacing), np.zeros(3)]).astype(np.float32)
    b, c, d = header.quaternion
    a = 1 - (b * b + c * c + d * d)
    if a < 1e-7:  # a half turn; rounding may have made the rest longer than 1
        b, c, d = header.quaternion / math.hypot(b, c, d)
        a = 0.0
    else:
        a = math.sqrt(a)
    rotation = np.array(
        [
            [a * a + b * b - c * c - d * d, 2 * (b * c - a * d), 2 * (b * d + a * c)],
            [2 * (b * c + a * d), a * a + c * c - b * b - d * d, 2 * (c * d - a * b)],
            [2 * (b * d - a * c), 2 * (c * d + a * b), a * a + d * d - c * c - b * b],
        ]
    )
    steps = np.where(header.spacing > 0, header.spacing, 1) * [1, 1, -1 if header.left_handed else 1]
    return np.column_stack([rotation * steps, header.qoffset]).astype(np.float32)


def _chosen(header, qform, sform):
    """Which of the forms gives directions and origin."""
    if not header.sform_code:
        return "qform"
    if _same(sform, qform):
        return "sform"
    is_rotation = _is_invertible(sform) and _is_rotation(sform)
    if not header.qform_code:
        if is_rotation:
            return "sform"
        fault = _("is not orthonormal: its axes do not stand upright on one another") if _is_invertible(sform) else ""
        raise ValueError(
            _(
                "its sform {fault}, and no qform is set, so that Slicer, too, refuses it; resample it to "
                "a rectangular grid"
            ).format(fault=fault or _("cannot be inverted"))
        )
    if is_rotation and (header.sform_code == _SCANNER or _alike(sform, qform)):
        return "sform"
    return "qform"


def _same(sform, qform):
    return bool(np.abs(sform[:, :3] - qform[:, :3]).max() <= 1e-5 and np.abs(sform[:, 3] - qform[:, 3]).sum() <= 1e-7)


def _is_invertible(sform):
    """Whether the inverse of the whole agrees with that of its parts, as far as numbers can tell."""
    whole = np.vstack([sform, [0, 0, 0, 1]]).astype(float)
    sizes = np.linalg.svd(whole, compute_uv=False)
    if not sizes[-1] / sizes[0] > np.finfo(float).eps or not np.linalg.det(whole):
        return False
    inverse, inverse_part = np.linalg.inv(whole), np.linalg.inv(whole[:3, :3])
    apart = np.abs(inverse[:3, :3] - inverse_part).sum()
    apart_offset = np.abs(inverse[:3, 3] + inverse_part @ whole[:3, 3]).sum()
    return bool(apart <= 1e-2 and apart_offset <= 1e-2)


def _is_rotation(sform):
    directions = _directions(sform)
    return bool(np.abs(directions @ directions.T - np.eye(3)).max() <= _ORTHONORMAL_WITHIN)


def _alike(sform, qform):
    """ITK's test of similar forms, which compares their left singular vectors.

    These do not tell where an axis points to. Whether forms that differ by that alone pass for similar hangs on
    rounding, unless they lie along the world's axes and nothing is rounded.
    """
    sizes, other_sizes = np.sort(_lengths(sform)), np.sort(_lengths(qform))
    if np.abs(sizes - other_sizes).max() > 1e-4 or np.abs(sform[:, 3] - qform[:, 3]).max() > 1e-4:
        return False
    cosines = _directions(sform).T @ _directions(qform)
    if np.abs(cosines - np.eye(3)).max() <= 1e-4:
        return True
    if np.abs(np.abs(cosines) - np.round(np.abs(cosines))).max() > 2e-4:
        return False
    if np.count_nonzero(sform[:, :3]) == np.count_nonzero(qform[:, :3]) == 3 and np.abs(np.diag(cosines)).min() > 0.5:
        return True
    raise ValueError(
        _(
            "sform and qform name the same origin but lay the axes from it in other directions, and "
            "which of them Slicer takes hangs on rounding; keep the right one and set the other's "
            "code to 0"
        )
    )


def _disagreement(header, forms, used, spacing, shape):
    if not header.qform_code or not header.sform_code:
        return []
    if used == "qform" and not _is_rotation(forms["sform"]):
        return [_("the sform's axes do not stand upright on one another; the qform is used, as in Slicer.")]
    places = [_placed(form, spacing, header.mm) for form in forms.values()]
    if farthest_corner(*places, shape) <= _MATERIAL_MM:
        return []
    told = _("sform and qform put the image in different places; the {used} is used, as in Slicer.")
    return [told.format(used=used)]


def _quaternion_faults(header):
    length = math.hypot(*header.quaternion)
    if length <= 1 + _ROUNDING:
        return []
    told = _("the quaternion's vector is {length:.3g} long, more than 1; it is taken as a half turn, as in Slicer.")
    return [told.format(length=length)]


def _scale_faults(sform, spacing, mm, shape):
    lengths = _lengths(sform) * mm
    if (np.abs(lengths - np.abs(spacing)) * shape).max() <= _MATERIAL_MM:
        return []
    stated, used = (" x ".join(f"{length:.4g}" for length in sizes) for sizes in (lengths, np.abs(spacing)))
    told = _("voxels are {stated} mm by the sform but {used} mm by pixdim, which counts, as in Slicer; check the size.")
    return [told.format(stated=stated, used=used)]
