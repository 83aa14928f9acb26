"""NIfTI and Analyze files -> volumes and where they lie, and back.

Read with numpy alone: ITK's reader makes NaN 0, prints lines of its own and never ends on a matrix that holds NaN; the
place is the one that ITK gives the image.
"""

import gzip
import os
import zlib
from contextlib import nullcontext
from pathlib import Path

import numpy as np

from ..translation import tr as _
from .nifti_geometry import in_scanner_frame, nifti_affine
from .nifti_header import LONGEST, encoded_header, parsed_header
from .volumes import ImageFile, Volumes

_SINGLE, _PAIR_HEADER, _PAIR_DATA = ".nii", ".hdr", ".img"
_COMPRESSED = ".gz"
SUFFIXES = tuple(kind + packed for kind in (_SINGLE, _PAIR_HEADER, _PAIR_DATA) for packed in ("", _COMPRESSED))
_DAMAGE = (OSError, EOFError, ValueError, OverflowError, MemoryError, zlib.error)
_BLOCK = 1 << 20
_COMPRESSION = 6
_LEVELS = 65534  # of the stored whole numbers: -32767 to 32767


def is_nifti(path):
    """Whether a file's name is that of a NIfTI or Analyze file."""
    return Path(path).name.lower().endswith(SUFFIXES)


def nifti_files(path):
    """The file itself and, where header and voxels are apart, the other one, if it is there."""
    path = Path(path)
    stem, kind = _split(path)
    if kind == _SINGLE:
        return [path]
    other = _PAIR_DATA if kind == _PAIR_HEADER else _PAIR_HEADER
    return [path, *_present(path, stem, other)[:1]]


def read_nifti(path):
    """Reads a 3D image, or a 4D image of several echoes.

    Returns
    -------
    ImageFile

    Raises
    ------
    ValueError
        If the file is damaged or of another dimension, its voxels are complex or vectors, or Slicer refuses its place
        in the world.
    """
    path = Path(path)
    stem, kind = _split(path)
    try:
        header_path = _one(path, stem, _PAIR_HEADER, "header") if kind == _PAIR_DATA else path
        with _opened(header_path) as file:
            header = parsed_header(file.read(LONGEST))
        data_path = path
        if not header.is_single_file or kind != _SINGLE:
            data_path = _one(path, stem, _PAIR_DATA, "file of voxels")
        stored = _stored(data_path, header)
    except _DAMAGE as error:
        fault = str(error) or type(error).__name__
        raise ValueError(
            _("{path}: cannot be read as an image ({fault}); export it again").format(path=path, fault=fault)
        ) from error
    try:
        volumes = Volumes(stored, header.slope, header.intercept)
        affine, sentences = nifti_affine(header, volumes.shape)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
    sentences = (*header.notes, *sentences, *_of_its_twin(path))
    told = tuple(f"{path}: {sentence}" for sentence in sentences)
    return ImageFile(volumes, affine, told, in_scanner_frame=in_scanner_frame(header))


def write_nifti(path, volumes, affine, compact=False):
    """Writes one volume as a 3D image, several as a 4D one.

    Parameters
    ----------
    path : path
        Ending in `.nii` or `.nii.gz`.
    volumes : sequence of arrays, each of shape (I, J, K)
        Of one type.
    affine : array, shape (4, 4)
        Voxel index -> world RAS in mm; without shear.
    compact : bool
        Store floating-point numbers as 16-bit whole numbers and a scale: exact where they are whole and fit, else to
        within 1/131068 of their range. Numbers that are not finite are never stored so.

    Raises
    ------
    OSError, ValueError
        If the file cannot be written, or NIfTI has no such type.
    """
    path = Path(path)
    stored, slope, intercept = _compacted(volumes) if compact else (volumes, 1.0, 0.0)
    stored = [np.asarray(volume, volume.dtype.newbyteorder("<")) for volume in stored]
    shape = stored[0].shape + ((len(stored),) if len(stored) > 1 else ())
    header = encoded_header(shape, stored[0].dtype, affine, slope, intercept)
    packed = path.name.lower().endswith(_COMPRESSED)
    # Neither name nor time in the gzip header, so that the same image gives the same bytes.
    with (
        open(path, "wb") as plain,
        gzip.GzipFile("", "wb", _COMPRESSION, plain, mtime=0) if packed else nullcontext(plain) as file,
    ):
        file.write(header)
        for volume in stored:
            file.write(volume.tobytes(order="F"))


def _compacted(volumes):
    volumes = [np.asarray(volume) for volume in volumes]
    low, high = (float(end) for end in (min(v.min() for v in volumes), max(v.max() for v in volumes)))
    if volumes[0].dtype.kind != "f" or not np.isfinite([low, high]).all() or low == high:
        return volumes, 1.0, 0.0
    slope, intercept = (high - low) / _LEVELS, (high + low) / 2
    if max(-low, high) <= _LEVELS // 2 and all((volume == np.round(volume)).all() for volume in volumes):
        slope, intercept = 1.0, 0.0
    return [np.round((volume - intercept) / slope).astype("i2") for volume in volumes], slope, intercept


def _stored(path, header):
    """The voxels as they are stored, in an array of their own: a result must not change because the file did."""
    stored = np.empty(header.shape, header.dtype, order="F")
    offset = header.offset
    if offset < 0:
        if path.name.lower().endswith(_COMPRESSED):
            raise ValueError(_("the voxels of a compressed file cannot be counted from its end"))
        offset = max(path.stat().st_size - stored.nbytes, 0)
    with _opened(path) as file:
        file.seek(offset)
        missing = memoryview(stored.reshape(-1, order="F").view(np.uint8))
        while missing and (count := file.readinto(missing[:_BLOCK])):
            missing = missing[count:]
        if missing:
            raise ValueError(
                _("{name} is cut short: {count} of {nbytes} bytes of voxels are missing").format(
                    name=path.name, count=len(missing), nbytes=stored.nbytes
                )
            )
        while file.read(_BLOCK):  # to the end, where a compressed file has its checksum
            pass
    return stored


def _of_its_twin(path):
    """ITK reads the header that it is given, but the voxels of an uncompressed file of that name."""
    stem, kind = _split(path)
    twin = path.with_name(stem + _SINGLE)
    if kind != _SINGLE or not path.name.lower().endswith(_COMPRESSED) or not os.path.isfile(twin):
        return []
    told = _("{name} lies beside it, whose voxels Slicer shows in its stead; keep one of the two.")
    return [told.format(name=twin.name)]


def _split(path):
    """What comes before the suffix, and the suffix in small letters without that of compression."""
    name = path.name[: -len(_COMPRESSED)] if path.name.lower().endswith(_COMPRESSED) else path.name
    return name[: -len(_SINGLE)], name[-len(_SINGLE) :].lower()


def _present(path, stem, kind):
    """The files of the other kind that belong to a file, in the order in which ITK looks for them."""
    ending = path.name[len(stem) :]
    names = [stem + suffix for suffix in (kind, kind + _COMPRESSED)]
    if ending.isupper():
        names = [stem + suffix.upper() for suffix in (kind, kind + _COMPRESSED)] + names
    return [file for file in (path.with_name(name) for name in names) if os.path.isfile(file)]


def _one(path, stem, kind, what):
    files = [path] if _split(path)[1] == kind else _present(path, stem, kind)
    if not files:
        raise ValueError(_("its {what}, {stem}{kind}, is not beside it").format(what=what, stem=stem, kind=kind))
    return files[0]


def _opened(path):
    return gzip.open(path) if path.name.lower().endswith(_COMPRESSED) else open(path, "rb")
