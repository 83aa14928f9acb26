"""Image files of any format -> volumes and where they lie in the world, and back."""

from contextlib import contextmanager

import numpy as np

from ..translation import tr as _
from . import metaimage, nrrd
from .disk import existing, naming, replacing
from .nifti import is_nifti, read_nifti, write_nifti
from .nifti_geometry import is_orthogonal
from .quiet import quiet
from .volumes import ImageFile, Volumes

_LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])


def read_image(path):
    """Reads a 3D image, or a 4D image of several echoes: NIfTI, Analyze, NRRD, MetaImage, or what SimpleITK knows.

    Trailing dimensions of size 1 are dropped. The image lies where Slicer puts it, since lines and segments are drawn
    there.

    Returns
    -------
    ImageFile

    Raises
    ------
    ValueError
        If the file is missing or damaged, is of another dimension, or its voxels are complex or vectors.
    """
    path = existing(path)
    file = _reader(path)(path)
    if not _is_invertible(file.affine):
        raise ValueError(
            _("{path}: its orientation matrix cannot be inverted; save it again with a valid one").format(path=path)
        )
    return file


def _is_invertible(affine):
    """Whether its axes span space, however short they are."""
    axes = affine[:3, :3]
    lengths = np.linalg.norm(axes, axis=0)
    return bool(np.isfinite(affine).all() and lengths.all() and abs(np.linalg.det(axes / lengths)) > 1e-6)


def write_image(path, volumes, affine, compact=False):
    """Writes one volume as a 3D image, several as a 4D one; the same content gives the same bytes.

    Parameters
    ----------
    path : path
        Its suffix chooses the format, such as `.nii.gz` or `.nrrd`.
    volumes : sequence of arrays, each of shape (I, J, K)
    affine : array, shape (4, 4)
        Voxel index -> world RAS in mm; without shear.
    compact : see `write_nifti`; other formats are exact always

    Raises
    ------
    ValueError
        If the affine is sheared or the file cannot be written.
    """
    if not is_orthogonal(affine):
        raise ValueError(
            _("{path}: image files hold no sheared grid; resample the image to a rectangular one").format(path=path)
        )
    with replacing(path) as temporary:
        if is_nifti(path):
            with naming(path):
                write_nifti(temporary, volumes, affine, compact)
        else:
            _write_with_simpleitk(path, temporary, volumes, affine)


def _reader(path):
    suffix = path.suffix.lower()
    if is_nifti(path):
        return read_nifti
    if suffix in nrrd.SUFFIXES:
        return nrrd.read_nrrd
    return metaimage.read_metaimage if suffix in metaimage.SUFFIXES else _read_with_simpleitk


def _read_with_simpleitk(path):
    sitk = _simpleitk(path)
    with _itk_faults(path):
        image = sitk.ReadImage(_name_for_itk(path))
    try:
        if image.GetNumberOfComponentsPerPixel() > 1:
            raise ValueError(_("holds vectors or colours; an image with one intensity a voxel is needed"))
        volumes = Volumes(sitk.GetArrayFromImage(image).T)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
    return ImageFile(volumes, _affine(image))


def _write_with_simpleitk(path, temporary, volumes, affine):
    sitk = _simpleitk(path)
    spacing = np.linalg.norm(affine[:3, :3], axis=0)
    lps = _LPS_TO_RAS @ affine
    images = []
    for volume in volumes:
        image = sitk.GetImageFromArray(np.asarray(volume).T)
        image.SetSpacing(spacing.tolist())
        image.SetOrigin(lps[:3, 3].tolist())
        image.SetDirection((lps[:3, :3] / spacing).ravel().tolist())
        images.append(image)
    whole = images[0] if len(images) == 1 else sitk.JoinSeries(images)
    try:
        with quiet():
            sitk.WriteImage(whole, _name_for_itk(temporary), True)
            # ITK's writers do not notice a full disk.
            written = sitk.GetArrayFromImage(sitk.ReadImage(_name_for_itk(temporary)))
    except RuntimeError as error:
        raise OSError(_last_line(error)) from error
    if not np.array_equal(written, sitk.GetArrayFromImage(whole), equal_nan=written.dtype.kind == "f"):
        raise OSError("the disk holds less than was written; is it full?")


def _name_for_itk(path):
    name = str(path)
    try:
        name.encode()
    except UnicodeEncodeError as error:
        raise ValueError(
            _("{path}: ITK opens no path that is not UTF-8; rename the file or its folder").format(path=path)
        ) from error
    return name


@contextmanager
def _itk_faults(path):
    try:
        with quiet():
            yield
    except RuntimeError as error:
        raise ValueError(
            _("{path}: cannot be read as an image ({error}); export it again").format(
                path=path, error=_last_line(error)
            )
        ) from error


def _affine(image):
    """Index -> RAS matrix of an image."""
    dimension = image.GetDimension()
    direction = np.array(image.GetDirection()).reshape(dimension, dimension)[:3, :3]
    affine = np.eye(4)
    affine[:3, :3] = direction * image.GetSpacing()[:3]
    affine[:3, 3] = image.GetOrigin()[:3]
    return _LPS_TO_RAS @ affine


def _simpleitk(path):
    try:
        import SimpleITK
    except ImportError as error:
        raise ValueError(
            _(
                "{path}: needs SimpleITK to be read or written; install it with: python3 -m pip install SimpleITK"
            ).format(path=path)
        ) from error
    return SimpleITK


def _last_line(error):
    return (str(error).strip().splitlines() or [type(error).__name__])[-1].strip()
