"""The header of a NIfTI-1, NIfTI-2 or Analyze 7.5 file; what it gets wrong is mended as ITK's niftilib, hence Slicer,
mends it, and told."""

import math
from dataclasses import dataclass

import numpy as np
from scipy.spatial.transform import Rotation

from ..translation import tr as _

_NIFTI_1 = np.dtype(
    {
        "names": ["size", "dim", "datatype", "bitpix", "pixdim", "vox_offset", "slope", "intercept", "units"]
        + ["qform_code", "sform_code", "quaternion", "qoffset", "srow", "magic"],
        "offsets": [0, 40, 70, 72, 76, 108, 112, 116, 123, 252, 254, 256, 268, 280, 344],
        "formats": ["i4", "8i2", "i2", "i2", "8f4", "f4", "f4", "f4", "u1", "i2", "i2", "3f4", "3f4", "(3,4)f4", "S4"],
        "itemsize": 348,
    }
)
_NIFTI_2 = np.dtype(
    {
        "names": _NIFTI_1.names,
        "offsets": [0, 16, 12, 14, 104, 168, 176, 184, 500, 344, 348, 352, 376, 400, 4],
        "formats": ["i4", "8i8", "i2", "i2", "8f8", "i8", "f8", "f8", "i4", "i4", "i4", "3f8", "3f8", "(3,4)f8", "S4"],
        "itemsize": 540,
    }
)
LONGEST = _NIFTI_2.itemsize
_TYPES = {
    **{2: "u1", 4: "i2", 8: "i4", 16: "f4", 64: "f8", 256: "i1", 512: "u2", 768: "u4", 1024: "i8", 1280: "u8"},
    **{32: "c8", 1792: "c16", 128: "V3", 2304: "V4"},
}
_MM = {1: 1e3, 3: 1e-3}  # metres and micrometres; every other code counts as millimetres, the unknown ones too
_MM_AND_S = 2 | 8
_SCANNER = 1
_EXTENSION_FLAG = 4  # bytes that follow the header where voxels share its file
_C_INT = 2**31


@dataclass(frozen=True)
class NiftiHeader:
    """What a header says, once it is mended.

    Attributes
    ----------
    is_analyze : bool
        No NIfTI: without any orientation.
    is_single_file : bool
        The voxels follow the header in its own file.
    shape : tuple of int
    dtype : numpy dtype, in the file's byte order
    offset : int
        Byte at which the voxels begin; below 0 they are the last ones of the file.
    slope, intercept : float
        Intensity = slope * stored value + intercept.
    mm : float
        The header's unit of length in mm; spacing and forms are in this unit.
    spacing : array, shape (3,)
        Of the first three axes; negative where the header has it so, never 0.
    qform_code, sform_code : int
        0 = not set.
    quaternion, qoffset : arrays, shape (3,)
        b, c and d; the position of the first voxel.
    left_handed : bool
        The third axis is turned against the quaternion (qfac -1).
    sform : array, shape (3, 4)
        As it stands: NaN left in.
    notes : tuple of str
        Sentences on what was mended, without the file's name.
    """

    is_analyze: bool
    is_single_file: bool
    shape: tuple[int, ...]
    dtype: np.dtype
    offset: int
    slope: float
    intercept: float
    mm: float
    spacing: np.ndarray
    qform_code: int
    sform_code: int
    quaternion: np.ndarray
    qoffset: np.ndarray
    left_handed: bool
    sform: np.ndarray
    notes: tuple[str, ...]


def parsed_header(content):
    """The header at the beginning of `content` (bytes, LONGEST of them where the file has as many).

    Raises
    ------
    ValueError
        If it is no such header, or holds a size or type that Slicer refuses.
    """
    raw = _raw(content)
    is_analyze = not _is_nifti(raw)
    is_single_file = not is_analyze and raw["magic"][1:2] == b"+"
    notes = []
    shape = _shape(raw["dim"].tolist(), notes)
    code = int(raw["datatype"])
    if code not in _TYPES:
        raise ValueError(_("its voxels are of the unknown NIfTI type {code}").format(code=code))
    slope, intercept = _scaling(raw, notes)
    qform_code, sform_code = (0 if is_analyze else max(int(raw[name]), 0) for name in ("qform_code", "sform_code"))
    if qform_code and not np.isfinite([raw["quaternion"], raw["qoffset"]]).all():
        notes.append(_("the qform holds NaN or infinity, which is taken as 0, as in Slicer."))
    return NiftiHeader(
        is_analyze=is_analyze,
        is_single_file=is_single_file,
        shape=shape,
        dtype=np.dtype(_TYPES[code]).newbyteorder(raw.dtype["size"].byteorder),
        offset=_offset(raw["vox_offset"], is_single_file, raw.dtype.itemsize, notes),
        slope=slope,
        intercept=intercept,
        mm=1.0 if is_analyze else _MM.get(int(raw["units"]) & 7, 1.0),
        spacing=_spacing(raw["pixdim"][1:4], len(shape), notes),
        qform_code=qform_code,
        sform_code=sform_code,
        quaternion=_finite(raw["quaternion"]),
        qoffset=_finite(raw["qoffset"]),
        left_handed=bool(raw["pixdim"][0] < 0),
        sform=raw["srow"].astype(float),
        notes=tuple(notes),
    )


def encoded_header(shape, dtype, affine, slope, intercept):
    """The bytes that precede the voxels of a NIfTI-1 file: the header and the flag that nothing else comes between.

    Parameters
    ----------
    shape : tuple of int
        Of three or four axes.
    dtype : numpy dtype, in little-endian order
    affine : array, shape (4, 4)
        Voxel index -> world RAS in mm; without shear.
    slope, intercept : float
        Intensity = slope * stored value + intercept.

    Raises
    ------
    ValueError
        If NIfTI has no such type.
    """
    codes = [code for code, name in _TYPES.items() if np.dtype(name).newbyteorder("<") == dtype]
    if not codes:
        raise ValueError(_("NIfTI holds no voxels of type {name}; convert them to float32").format(name=dtype.name))
    spacing = np.linalg.norm(affine[:3, :3], axis=0)
    left_handed = np.linalg.det(affine[:3, :3]) < 0
    turn = Rotation.from_matrix(affine[:3, :3] / spacing * [1, 1, -1 if left_handed else 1])
    raw = np.zeros((), _NIFTI_1.newbyteorder("<"))
    raw["size"], raw["magic"], raw["vox_offset"] = _NIFTI_1.itemsize, b"n+1", _NIFTI_1.itemsize + _EXTENSION_FLAG
    raw["dim"] = [len(shape), *shape, *[1] * (7 - len(shape))]
    raw["datatype"], raw["bitpix"] = codes[0], 8 * dtype.itemsize
    raw["pixdim"] = [-1 if left_handed else 1, *spacing, *[1] * 4]
    raw["slope"], raw["intercept"], raw["units"] = slope, intercept, _MM_AND_S
    raw["qform_code"] = raw["sform_code"] = _SCANNER
    raw["quaternion"], raw["qoffset"], raw["srow"] = turn.as_quat(canonical=True)[:3], affine[:3, 3], affine[:3]
    return raw.tobytes() + bytes(_EXTENSION_FLAG)


def _raw(content):
    """The fields in the byte order in which they make sense."""
    for layout in (_NIFTI_2, _NIFTI_2.newbyteorder()):
        if len(content) >= layout.itemsize:
            raw = np.frombuffer(content, layout, 1)[0]
            if raw["size"] == layout.itemsize and raw["magic"][2:3] == b"2" and _is_nifti(raw):
                return raw
    if len(content) < _NIFTI_1.itemsize:
        raise ValueError(
            _("it has {count} bytes, a header alone {itemsize}").format(count=len(content), itemsize=_NIFTI_1.itemsize)
        )
    for layout in (_NIFTI_1, _NIFTI_1.newbyteorder()):
        raw = np.frombuffer(content, layout, 1)[0]
        if 1 <= raw["dim"][0] <= 7 and (_is_nifti(raw) or _has_size_of_header(raw)):
            return raw
    raise ValueError(_("its header is neither NIfTI nor Analyze 7.5"))


def _is_nifti(raw):
    magic = raw["magic"]
    return len(magic) == 3 and magic[:2] in (b"ni", b"n+") and b"1" <= magic[2:] <= b"9"


def _has_size_of_header(raw):
    # Some write this one field in another byte order than the rest.
    return _NIFTI_1.itemsize in (raw["size"], raw["size"].byteswap())


def _shape(dim, notes):
    """Sizes of the axes."""
    sizes = dim[1 : 1 + dim[0]]
    if sizes[0] < 1:
        raise ValueError(_("its size along the first axis (dim[1]) is {sizes}").format(sizes=sizes[0]))
    for axis, size in enumerate(sizes, 1):
        if size < 1:
            notes.append(_("dim[{axis}] is {size}; it is taken as 1, as in Slicer.").format(axis=axis, size=size))
    return tuple(max(size, 1) for size in sizes)


def _spacing(pixdim, dimensions, notes):
    spacing = pixdim.astype(float)
    for axis in range(min(dimensions, 3)):
        if spacing[axis] == 0 or not np.isfinite(spacing[axis]):
            notes.append(
                _("pixdim[{axis}] is {spacing:g}; it is taken as 1, as in Slicer.").format(
                    axis=axis + 1, spacing=spacing[axis]
                )
            )
            spacing[axis] = 1
    return spacing


def _scaling(raw, notes):
    slope, intercept = _finite(raw["slope"]), _finite(raw["intercept"])
    if abs(slope) >= np.finfo(float).eps:
        return float(slope), float(intercept)
    if intercept:
        notes.append(
            _("scl_slope is 0, for 'not scaled', but scl_inter {intercept:g}, which is added, as in Slicer.").format(
                intercept=intercept
            )
        )
    return 1.0, float(intercept)


def _offset(value, is_single_file, header_size, notes):
    stated = float(value)
    # Out of a C int's range niftilib gets its lowest value.
    offset = int(stated) if math.isfinite(stated) and abs(stated) < _C_INT else -_C_INT
    if not is_single_file:
        if offset < 0:
            notes.append(
                _("vox_offset is {stated:g}; the last voxels of the data are taken, as in Slicer.").format(
                    stated=stated
                )
            )
        return offset
    used, first = max(offset, header_size), header_size + _EXTENSION_FLAG
    if used < first:
        notes.append(
            _(
                "vox_offset is {stated:g}, but voxels cannot begin before byte {first}; they are read "
                "from byte {used} on, as in Slicer: compare the image with its source."
            ).format(stated=stated, first=first, used=used)
        )
    return used


def _finite(value):
    """As float, with 0 for what is not finite."""
    return np.nan_to_num(np.asarray(value, float), nan=0, posinf=0, neginf=0)
