"""Image files -> volumes and where they lie in the world, and back."""

import gzip
import math
import zlib
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from .disk import existing, replacing

_NIFTI_SUFFIXES = (".nii", ".nii.gz", ".hdr", ".img", ".hdr.gz", ".img.gz")
_HEADER_OF_DATA = {".mhd": "ElementDataFile", ".nhdr": "data file"}
_NIFTI_HEADER = np.dtype(
    {
        "names": ["size", "dim", "datatype", "pixdim", "vox_offset", "slope", "intercept", "codes", "srow", "magic"],
        "offsets": [0, 40, 70, 76, 108, 112, 116, 252, 280, 344],
        "formats": ["i4", "8i2", "i2", "8f4", "f4", "f4", "f4", "2i2", "(3,4)f4", "S4"],
        "itemsize": 348,
    }
)
_NIFTI_TYPES = {
    **{2: "u1", 4: "i2", 8: "i4", 16: "f4", 64: "f8", 256: "i1", 512: "u2", 768: "u4", 1024: "i8", 1280: "u8"},
    **{32: "c8", 1792: "c16", 128: "V3", 2304: "V4"},
}
_LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])
_MATERIAL_MM = 0.1


@dataclass(frozen=True)
class ImageFile:
    """What an image file holds.

    Attributes
    ----------
    volumes : sequence of arrays, each of shape (I, J, K)
        One, or one an echo; scaled as the file says, of a type no wider than the values need, NaN left in.
    affine : array, shape (4, 4)
        Voxel index -> world RAS in mm.
    warnings : tuple of str
        Sentences for the user about the orientation.
    fields : dict of str -> str
        Further fields of the header, where SimpleITK read it: a segmentation's segments, say.
    """

    volumes: Sequence
    affine: np.ndarray
    warnings: tuple[str, ...] = ()
    fields: dict[str, str] = field(default_factory=dict)


def read_image(path):
    """Reads a 3D image, or a 4D image of several echoes, of any format that nibabel or SimpleITK knows.

    Trailing dimensions of size 1 are dropped. An image without a sure place in the world (Analyze; NIfTI without
    orientation, or with two that differ) lies where Slicer puts it, since lines and segments are drawn there.

    Returns
    -------
    ImageFile

    Raises
    ------
    ValueError
        If the file is missing or damaged, is of another dimension, or its voxels are complex or vectors.
    """
    path = existing(path)
    if not path.name.lower().endswith(_NIFTI_SUFFIXES):
        file = _read_with_simpleitk(path)
    elif find_spec("nibabel"):
        file = _read_with_nibabel(path)
    else:  # as in Slicer's own Python
        file = _read_nifti_without_nibabel(path)
    if not np.isfinite(file.affine).all() or abs(np.linalg.det(file.affine)) < 1e-12:
        raise ValueError(f"{path}: its orientation matrix cannot be inverted; save it again with a valid one")
    return file


def files_of(path):
    """All files that one image consists of: header and data where they are apart."""
    path = Path(path)
    name = path.name.lower()
    for one, other in ((".hdr", ".img"), (".img", ".hdr"), (".hdr.gz", ".img.gz"), (".img.gz", ".hdr.gz")):
        if name.endswith(one):
            twin = path.with_name(path.name[: -len(one)] + other)
            return [path, twin] if twin.is_file() else [path]
    key = _HEADER_OF_DATA.get(path.suffix.lower())
    if key:
        for line in path.read_text(errors="replace").splitlines():
            if line.startswith(key):
                data = path.with_name(line[len(key) :].strip(" :="))
                return [path, data] if data.is_file() else [path]
    return [path]


def write_image(path, volumes, affine):
    """Writes one volume as a 3D image, several as a 4D one; the same content gives the same bytes.

    Parameters
    ----------
    path : path
        Its suffix chooses the format, such as `.nii.gz` or `.nrrd`.
    volumes : sequence of arrays, each of shape (I, J, K)
    affine : array, shape (4, 4)
        Voxel index -> world RAS in mm; without shear.

    Raises
    ------
    ValueError
        If the affine is sheared or the file cannot be written.
    """
    sitk = _simpleitk(path)
    if not _is_orthogonal(affine):
        raise ValueError(f"{path}: image files hold no sheared grid; resample the image to a rectangular one")
    spacing = np.linalg.norm(affine[:3, :3], axis=0)
    lps = _LPS_TO_RAS @ affine
    images = []
    for volume in volumes:
        image = sitk.GetImageFromArray(np.asarray(volume).T)
        image.SetSpacing(spacing.tolist())
        image.SetOrigin(lps[:3, 3].tolist())
        image.SetDirection((lps[:3, :3] / spacing).ravel().tolist())
        images.append(image)
    with replacing(path) as temporary:
        try:
            sitk.WriteImage(images[0] if len(images) == 1 else sitk.JoinSeries(images), str(temporary), True)
        except RuntimeError as error:
            raise OSError(_last_line(error)) from error


def farthest_corner(affine, other, shape):
    """Greatest distance in mm between where two affines put a corner voxel of an image of that shape."""
    corners = np.array(np.meshgrid(*[(0, size - 1) for size in shape[:3]], [1])).reshape(4, -1)
    return np.linalg.norm((affine - other)[:3] @ corners, axis=0).max()


class _Volumes(Sequence):
    """The volumes of a 4D array, scaled one at a time when asked for."""

    def __init__(self, stored, slope=1.0, intercept=0.0):
        self._stored = stored
        self._slope = slope
        self._intercept = intercept

    def __len__(self):
        return self._stored.shape[3]

    def __getitem__(self, number):
        volume = self._stored[..., number]
        if self._slope == 1 and self._intercept == 0:
            return volume
        scaled = np.multiply(volume, self._slope, dtype=np.result_type(volume.dtype, np.float32))
        scaled += self._intercept
        return scaled


def _read_with_nibabel(path):
    import nibabel

    damage = (OSError, EOFError, ValueError, zlib.error)
    damage += (nibabel.filebasedimages.ImageFileError, nibabel.spatialimages.HeaderDataError)
    try:
        # Not memory-mapped: a result must not change because the file did.
        file = nibabel.load(path, mmap=False)
        stored = file.dataobj.get_unscaled()
        affine, warnings = _nibabel_place(file, nibabel, path)
    except damage as error:
        raise ValueError(f"{path}: cannot be read as an image ({_last_line(error)}); export it again") from error
    slope, intercept = float(file.dataobj.slope), float(file.dataobj.inter)
    return ImageFile(_Volumes(_four_dimensional(stored, path), slope, intercept), affine, warnings)


def _nibabel_place(file, nibabel, path):
    """Affine and warnings, as ITK, hence Slicer, would place the image."""
    header = file.header
    if not isinstance(file, nibabel.Nifti1Pair):
        return _default_affine(header["pixdim"]), (_analyze_warning(path),)
    sform, sform_code = header.get_sform(coded=True)
    qform, _ = header.get_qform(coded=True)
    if sform is None and qform is None:
        return _default_affine(header["pixdim"]), (_no_orientation_warning(path),)
    if sform is None or qform is None:
        return (qform if sform is None else sform), ()
    if farthest_corner(sform, qform, file.shape) <= _MATERIAL_MM:
        return sform, ()
    name, affine = ("sform", sform) if sform_code == 1 and _is_orthogonal(sform) else ("qform", qform)
    return affine, (_two_orientations_warning(path, name),)


def _read_nifti_without_nibabel(path):
    """Voxels by numpy, since ITK makes NaN 0 and takes a truncated file for a whole one; the place by ITK."""
    twins = {file.name.lower().removesuffix(".gz")[-4:]: file for file in files_of(path)}
    damage = (OSError, EOFError, ValueError, OverflowError, zlib.error)
    try:
        header = _nifti_header(twins.get(".hdr", path))
        content = _unpacked(twins.get(".img", path))
        shape = header["dim"][1 : 1 + header["dim"][0]]
        dtype = np.dtype(_NIFTI_TYPES[int(header["datatype"])]).newbyteorder(header.dtype["size"].byteorder)
        stored = np.frombuffer(content, dtype, math.prod(shape.tolist()), int(header["vox_offset"]))
        stored = stored.reshape(shape, order="F")
    except damage as error:
        raise ValueError(f"{path}: cannot be read as an image ({_last_line(error)}); export it again") from error
    except KeyError as error:
        raise ValueError(f"{path}: has voxels of the unknown NIfTI type {error}; export it as 32-bit float") from error
    slope, intercept = float(header["slope"]), float(header["intercept"])
    if slope == 0 or not math.isfinite(slope):
        slope, intercept = 1.0, 0.0
    volumes = _Volumes(_four_dimensional(stored, path), slope, intercept)
    if not header["magic"].startswith((b"n+1", b"ni1")):
        return ImageFile(volumes, _default_affine(header["pixdim"]), (_analyze_warning(path),))
    qform_code, sform_code = header["codes"]
    if qform_code == sform_code == 0:
        return ImageFile(volumes, _default_affine(header["pixdim"]), (_no_orientation_warning(path),))
    reader = _simpleitk(path).ImageFileReader()
    reader.SetFileName(str(path))
    with _itk_faults(path):
        reader.ReadImageInformation()
    affine = _affine(reader)
    sform = np.vstack([header["srow"], [0, 0, 0, 1]])
    if sform_code and farthest_corner(sform, affine, stored.shape) > _MATERIAL_MM:
        return ImageFile(volumes, affine, (_two_orientations_warning(path, "qform"),))
    return ImageFile(volumes, affine)


def _nifti_header(path):
    content = _unpacked(path)
    header = np.frombuffer(content, _NIFTI_HEADER, 1)[0]
    if header["size"] != _NIFTI_HEADER.itemsize:
        header = np.frombuffer(content, _NIFTI_HEADER.newbyteorder(), 1)[0]
    if header["size"] != _NIFTI_HEADER.itemsize or not 1 <= header["dim"][0] <= 7 or header["dim"].min() < 0:
        raise ValueError("its header is neither NIfTI-1 nor Analyze 7.5")
    return header


def _unpacked(path):
    with (gzip.open if path.suffix.lower() == ".gz" else open)(path, "rb") as file:
        return file.read()


def _read_with_simpleitk(path):
    sitk = _simpleitk(path)
    with _itk_faults(path):
        image = sitk.ReadImage(str(path))
    stored = _four_dimensional(_array(image, sitk, path), path)
    fields = {key: image.GetMetaData(key) for key in image.GetMetaDataKeys() if key.isascii()}
    return ImageFile(_Volumes(stored), _affine(image), fields=fields)


@contextmanager
def _itk_faults(path):
    try:
        yield
    except RuntimeError as error:
        raise ValueError(f"{path}: cannot be read as an image ({_last_line(error)}); export it again") from error


def _affine(image):
    """Index -> RAS matrix of an image, or of a reader that has seen its header."""
    dimension = image.GetDimension()
    direction = np.array(image.GetDirection()).reshape(dimension, dimension)[:3, :3]
    affine = np.eye(4)
    affine[:3, :3] = direction * image.GetSpacing()[:3]
    affine[:3, 3] = image.GetOrigin()[:3]
    return _LPS_TO_RAS @ affine


def _array(image, sitk, path):
    """Voxels with the axes i, j, k and, where there are several volumes, the volume."""
    array = sitk.GetArrayFromImage(image)
    if image.GetNumberOfComponentsPerPixel() == 1:
        return array.T
    if "list" not in _nrrd_kinds(path):  # a list of volumes is how Slicer saves a sequence
        raise ValueError(f"{path}: holds vectors or colours; an image with one intensity a voxel is needed")
    return np.moveaxis(array, -1, 0).T


def _nrrd_kinds(path):
    """The kinds of a NRRD file's axes; SimpleITK tells that of the components since 2.5.6 only."""
    with open(path, "rb") as file:
        if file.read(4) != b"NRRD":
            return []
        for line in file:
            name, _, value = line.decode("latin-1").strip().partition(":")
            if name == "kinds":
                return value.split()
            if not name:
                break
    return []


def _four_dimensional(stored, path):
    if stored.dtype.kind == "c":
        raise ValueError(f"{path}: holds complex numbers; export the magnitude image")
    if stored.dtype.kind not in "biuf":
        raise ValueError(f"{path}: holds vectors or colours; an image with one intensity a voxel is needed")
    while stored.ndim > 3 and stored.shape[-1] == 1:
        stored = stored[..., 0]
    if stored.ndim not in (3, 4):
        raise ValueError(f"{path}: has {stored.ndim} dimensions; a 3D image, or a 4D one of several echoes, is needed")
    if 0 in stored.shape:
        raise ValueError(f"{path}: has no voxels (size {' x '.join(map(str, stored.shape))}); export it again")
    stored = stored.astype(stored.dtype.newbyteorder("="), copy=False)
    return stored if stored.ndim == 4 else stored[..., None]


def _default_affine(pixdim):
    """Where Slicer puts an image without orientation: the first voxel at 0, axes to the left, back and top."""
    return np.diag([-1.0, -1.0, 1.0, 1.0] * np.abs([*pixdim[1:4], 1.0]))


def _is_orthogonal(affine):
    axes = affine[:3, :3] / np.linalg.norm(affine[:3, :3], axis=0)
    return bool(np.allclose(axes.T @ axes, np.eye(3), atol=1e-4))


def _analyze_warning(path):
    return f"{path}: Analyze 7.5 holds no reliable orientation: LEFT AND RIGHT MAY BE SWAPPED; better convert to NIfTI."


def _no_orientation_warning(path):
    return f"{path}: neither sform nor qform is set: left and right, front and back may be swapped; check them."


def _two_orientations_warning(path, used):
    return f"{path}: sform and qform put the image in different places; the {used} is used, as in Slicer."


def _simpleitk(path):
    try:
        import SimpleITK
    except ImportError as error:
        raise ValueError(
            f"{path}: needs SimpleITK to be read or written; install it with: python3 -m pip install SimpleITK"
        ) from error
    return SimpleITK


def _last_line(error):
    return (str(error).strip().splitlines() or [type(error).__name__])[-1].strip()
