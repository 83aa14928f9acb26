"""MetaImage files (`.mha`, and `.mhd` with its voxels apart) -> volumes and where they lie.

As ITK, hence Slicer, reads them (MetaObject::M_Read, itk::MetaImageIO). Its coordinates are LPS.
"""

import math
import zlib
from pathlib import Path

import numpy as np

from ..translation import tr as _
from .text_headers import Encoding, header_lines, named_files, number_of, stored_numbers
from .volumes import ImageFile, Volumes

SUFFIXES = (".mha", ".mhd")
_DAMAGE = (OSError, EOFError, ValueError, OverflowError, MemoryError, zlib.error)
_TYPES = {
    **{"MET_CHAR": "i1", "MET_UCHAR": "u1", "MET_SHORT": "i2", "MET_USHORT": "u2", "MET_INT": "i4", "MET_UINT": "u4"},
    **{"MET_LONG": "i4", "MET_ULONG": "u4", "MET_LONG_LONG": "i8", "MET_ULONG_LONG": "u8"},
    **{"MET_FLOAT": "f4", "MET_DOUBLE": "f8"},
}
_DATA = "ElementDataFile"
_HERE = "local"
_UNITS = ("", "mm", "?", "none", "unknown")
_MOST_AXES = 10


def metaimage_files(path):
    """Names of the files of voxels, as far as the header tells them; none where they follow it."""
    try:
        return _header(Path(path))[1]
    except (OSError, ValueError):
        return ()  # told when it is read


def read_metaimage(path):
    """Reads a 3D image, or a 4D image of several echoes.

    Returns
    -------
    ImageFile

    Raises
    ------
    ValueError
        If the file is damaged or of another dimension, or its voxels are vectors.
    """
    path = Path(path)
    try:
        fields, names, begin = _header(path)
        shape = _shape(fields)
        stored = stored_numbers(path, names, _encoding(fields, shape), begin).reshape(shape, order="F")
        affine, sentences = _affine(fields, len(shape))
    except _DAMAGE as error:
        fault = str(error) or type(error).__name__
        raise ValueError(
            _("{path}: cannot be read as an image ({fault}); export it again").format(path=path, fault=fault)
        ) from error
    try:
        if _whole(fields, "ElementNumberOfChannels", 1) > 1:
            raise ValueError(_("holds vectors or colours; an image with one intensity a voxel is needed"))
        volumes = Volumes(stored)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
    return ImageFile(volumes, affine, tuple(f"{path}: {sentence}" for sentence in sentences))


def _header(path):
    """Fields by name, names of the files of voxels, and the byte at which they begin where they follow the header."""
    fields = {}
    lines = header_lines(path)
    for number, (line, after) in enumerate(lines, 1):
        name, separator, value = line.partition("=")
        if not separator:
            name, _colon, value = line.partition(":")
        name, value = name.strip(), value.strip()
        if not value:
            raise ValueError(
                _("line {number} of its header is no field").format(number=number)
                if number > 1
                else _("it is no MetaImage")
            )
        fields[name] = value
        if name == _DATA:
            here = value.lower() == _HERE
            return fields, () if here else tuple(named_files(value, (text for text, _ in lines[number:]))), after
    raise ValueError(_("its header lacks {data}").format(data=_DATA))


def _shape(fields):
    dimensions = _whole(fields, "NDims")
    if not 1 <= dimensions <= _MOST_AXES:
        raise ValueError(_("NDims is {count}").format(count=fields["NDims"][:60]))
    sizes = [int(size) for size in _numbers(fields, "DimSize", dimensions)]
    if min(sizes) < 1:
        raise ValueError(_("DimSize is {sizes}").format(sizes=fields["DimSize"][:60]))
    return sizes


def _encoding(fields, shape):
    name = fields.get("ElementType", "").removesuffix("_ARRAY")
    if name not in _TYPES:
        raise ValueError(_("ElementType is '{name}'").format(name=name[:60]))
    is_big = _is_true(fields, "BinaryDataByteOrderMSB", _is_true(fields, "ElementByteOrderMSB", False))
    dtype = np.dtype(_TYPES[name]).newbyteorder(">" if is_big else "<")
    kind = "text"
    if _is_true(fields, "BinaryData", False):
        kind = "zlib" if _is_true(fields, "CompressedData", False) else "raw"
    skipped = _whole(fields, "HeaderSize", 0)
    if skipped < -1 or (skipped and kind != "raw"):
        raise ValueError(_("HeaderSize is {skipped}").format(skipped=skipped))
    channels = _whole(fields, "ElementNumberOfChannels", 1)
    if channels < 1:
        raise ValueError(_("ElementNumberOfChannels is {channels}").format(channels=channels))
    # Of several values a voxel, which are refused, one is looked for.
    return Encoding(kind, dtype, math.prod(shape), 0, skipped)


def _affine(fields, dimensions):
    """Affine, and sentences for the user; of four axes the first three are those of space."""
    spacing = _first(fields, ("ElementSpacing", "ElementSize"), dimensions, [1.0] * dimensions)
    origin = _first(fields, ("Origin", "Offset", "Position", "ImagePosition"), dimensions, [0.0] * dimensions)
    turn = _first(fields, ("TransformMatrix", "Rotation", "Orientation"), dimensions**2, None)
    sentences = []
    if turn is None:
        sentences.append(_("its header gives no directions: left and right may be swapped; check them."))
        turn = np.eye(dimensions).ravel()
    if fields.get("DistanceUnits", "").lower() not in _UNITS:
        sentences.append(
            _("DistanceUnits is {unit}, but lengths are taken in mm, as in Slicer.").format(
                unit=fields["DistanceUnits"][:60]
            )
        )
    if not np.isfinite([*spacing, *origin, *turn]).all():
        raise ValueError(_("its spacing, origin or directions are no numbers"))
    affine = np.eye(4)
    if dimensions >= 3:
        axes = np.reshape(turn, (dimensions, dimensions))[:3, :3].T  # a row of the file is an axis
        affine[:3, :3] = axes * np.where(np.array(spacing[:3]) == 0, 1, spacing[:3])
        affine[:3, 3] = origin[:3]
    affine[:2] *= -1  # LPS to RAS
    return affine, sentences


def _first(fields, names, count, missing):
    """The numbers of the first of the names that the header has."""
    name = next((name for name in names if name in fields), None)
    return missing if name is None else _numbers(fields, name, count)


def _numbers(fields, name, count):
    words = fields.get(name, "").split()
    if len(words) < count:
        raise ValueError(
            _("{name} has {count} numbers, where {needed} are needed").format(name=name, count=len(words), needed=count)
        )
    return [number_of(word) for word in words[:count]]


def _whole(fields, name, missing=None):
    if name not in fields and missing is not None:
        return missing
    return number_of(fields.get(name, ""), int)


def _is_true(fields, name, missing):
    return fields[name][:1] in ("T", "t", "1") if name in fields else missing
