"""NRRD files, with their voxels or apart from them -> volumes, where they lie, and what else the header says.

As ITK, hence Slicer, reads them (itk::NrrdImageIO). Format: teem.sourceforge.net/nrrd/format.html
"""

import math
import re
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..translation import tr as _
from .text_headers import Encoding, header_lines, named_files, number_of, stored_numbers
from .volumes import ImageFile, Volumes

SUFFIXES = (".nrrd", ".nhdr")
_DAMAGE = (OSError, EOFError, ValueError, OverflowError, MemoryError, zlib.error)
_TYPES = {
    "i1": ("signed char", "int8", "int8_t"),
    "u1": ("uchar", "unsigned char", "uint8", "uint8_t"),
    "i2": ("short", "short int", "signed short", "signed short int", "int16", "int16_t"),
    "u2": ("ushort", "unsigned short", "unsigned short int", "uint16", "uint16_t"),
    "i4": ("int", "signed int", "int32", "int32_t"),
    "u4": ("uint", "unsigned int", "uint32", "uint32_t"),
    "i8": ("longlong", "long long", "long long int", "signed long long", "signed long long int", "int64", "int64_t"),
    "u8": ("ulonglong", "unsigned long long", "unsigned long long int", "uint64", "uint64_t"),
    "f4": ("float",),
    "f8": ("double",),
}
_TYPE_OF_NAME = {name: code for code, names in _TYPES.items() for name in names}
_ENCODINGS = {
    **dict.fromkeys(("raw",), "raw"),
    **dict.fromkeys(("gz", "gzip"), "gzip"),
    **dict.fromkeys(("bz2", "bzip2"), "bzip2"),
    **dict.fromkeys(("txt", "text", "ascii"), "text"),
    **dict.fromkeys(("hex",), "hex"),
}
# Signs that bring a vector of that space to RAS.
_TO_RAS = {
    **dict.fromkeys(("right-anterior-superior", "ras"), (1, 1, 1)),
    **dict.fromkeys(("left-anterior-superior", "las"), (-1, 1, 1)),
    **dict.fromkeys(("left-posterior-superior", "lps"), (-1, -1, 1)),
}
_LPS = (-1, -1, 1)  # which ITK takes every other space for
_OF_SPACE = (None, "domain", "space", "time")
_UNKNOWN = ("???", "none", "(unknown)")
_MOST_AXES = 16


@dataclass(frozen=True)
class NrrdHeader:
    """Fields by name (small letters), keys of its own by name, names of the files of voxels (none: they follow at byte
    `begin`)."""

    fields: dict
    keys: dict
    names: tuple
    begin: int


def nrrd_files(path):
    """Names of the files of voxels, as far as the header tells them; none where they follow it."""
    try:
        return nrrd_header(Path(path)).names
    except ValueError:
        return ()  # told when it is read


def read_nrrd(path):
    """Reads a 3D image, or a list of volumes.

    Returns
    -------
    ImageFile
        `fields` are the header's keys, such as those of a segmentation's segments.

    Raises
    ------
    ValueError
        If the file is damaged or of another dimension, or its voxels are vectors.
    """
    path = Path(path)
    try:
        header = nrrd_header(path)
        axes = _axes(header.fields)
        numbers = stored_numbers(path, header.names, _encoding(header.fields, axes), header.begin)
        affine, sentences = _affine(header.fields, axes)
    except _DAMAGE as error:
        fault = str(error) or type(error).__name__
        raise ValueError(
            _("{path}: cannot be read as an image ({fault}); export it again").format(path=path, fault=fault)
        ) from error
    stored = numbers.reshape([axis.size for axis in axes], order="F")
    try:
        volumes = Volumes(_listed(stored, axes, header.keys))
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
    return ImageFile(volumes, affine, tuple(f"{path}: {sentence}" for sentence in sentences), header.keys)


def nrrd_header(path):
    """The header of a file.

    Raises
    ------
    ValueError
        If it is none.
    """
    try:
        lines = header_lines(path)
    except OSError as error:
        raise ValueError(_("cannot be read ({reason})").format(reason=error.strerror)) from error
    if not lines or not re.match(r"NRRD\d", lines[0][0]):
        raise ValueError(_("its first line is not that of a NRRD file"))
    fields, keys, names, begin = {}, {}, (), lines[-1][1]
    for number, (line, after) in enumerate(lines[1:], 2):
        begin = after
        if not line:
            break
        if line.startswith("#"):
            continue
        name, colon, value = line.partition(":")
        if not colon:
            raise ValueError(_("line {number} of its header is neither a field nor a key").format(number=number))
        if value.startswith("="):
            keys[name] = value[1:].replace("\\n", "\n").replace("\\\\", "\\")
            continue
        name = name.strip().lower()
        fields[name] = value.strip()
        if name in ("data file", "datafile"):
            names = tuple(named_files(value.strip(), (text for text, _ in lines[number:])))
            if value.split()[:1] in (["LIST"], ["list"]):
                break
    return NrrdHeader(fields, keys, names, begin)


@dataclass(frozen=True)
class _Axis:
    size: int
    kind: str | None
    direction: tuple | None  # of space, in the header's own
    spacing: float

    @property
    def is_of_space(self):
        return self.kind in _OF_SPACE


def _axes(fields):
    dimension = _whole(fields, "dimension")
    if not 1 <= dimension <= _MOST_AXES:
        raise ValueError(_("its dimension is {dimension}").format(dimension=dimension))
    sizes = [number_of(word, int) for word in _needed(fields, "sizes").split()]
    if len(sizes) != dimension or min(sizes) < 1:
        raise ValueError(
            _("its sizes are {sizes}, its dimension {dimension}").format(
                sizes=fields["sizes"][:60], dimension=dimension
            )
        )
    kinds = [None if word.lower() in _UNKNOWN else word.lower() for word in _of_axes(fields, "kinds", "???", dimension)]
    spacings = [number_of(word) for word in _of_axes(fields, "spacings", "nan", dimension)]
    directions = [None] * dimension
    if "space directions" in fields:
        directions = re.findall(r"none|\([^()]*\)", fields["space directions"])
        directions = [None if word == "none" else _vector(word) for word in directions]
        if len(directions) != dimension:
            raise ValueError(
                _("it has {count} space directions for {dimension} axes").format(
                    count=len(directions), dimension=dimension
                )
            )
    return [_Axis(*of) for of in zip(sizes, kinds, directions, spacings, strict=True)]


def _of_axes(fields, name, missing, dimension):
    words = fields[name].split() if name in fields else [missing] * dimension
    if len(words) != dimension:
        raise ValueError(
            _("it has {count} {name} for {dimension} axes").format(count=len(words), name=name, dimension=dimension)
        )
    return words


def _vector(text):
    numbers = tuple(number_of(word) for word in text.strip().strip("()").split(","))
    if len(numbers) != 3 or not all(math.isfinite(number) for number in numbers):
        raise ValueError(_("'{text}' is no vector of three numbers").format(text=text[:60]))
    return numbers


def _encoding(fields, axes):
    name = _needed(fields, "type").lower()
    if name not in _TYPE_OF_NAME:
        raise ValueError(_("its type is '{name}'").format(name=name[:60]))
    kind = _ENCODINGS.get(_needed(fields, "encoding").lower())
    if kind is None:
        raise ValueError(_("its encoding is '{encoding}'").format(encoding=fields["encoding"][:60]))
    dtype = np.dtype(_TYPE_OF_NAME[name])
    endian = fields.get("endian", "").lower()
    if dtype.itemsize > 1 and kind not in ("text",):
        if endian not in ("little", "big"):
            raise ValueError(_("its endian is '{endian}'").format(endian=endian[:60]))
        dtype = dtype.newbyteorder("<" if endian == "little" else ">")
    skips = [_whole(fields, f"{what} skip", _whole(fields, f"{what}skip", 0)) for what in ("line", "byte")]
    if skips[0] < 0 or skips[1] < -1 or (skips[1] < 0 and kind != "raw"):
        raise ValueError(_("it skips {lines} lines and {bytes} bytes").format(lines=skips[0], bytes=skips[1]))
    return Encoding(kind, dtype, math.prod(axis.size for axis in axes), *skips)


def _affine(fields, axes):
    """Affine, and sentences for the user."""
    own = [axis for axis in axes if axis.is_of_space and (axis.direction or "space directions" not in fields)]
    if len(own) != 3:
        raise ValueError(_("{count} of its axes lie in space, where 3 are needed").format(count=len(own)))
    affine, sentences = np.eye(4), []
    named = fields.get("space", "").lower()
    has_space = "space" in fields or "space dimension" in fields
    if has_space and named not in _TO_RAS:
        told = _("its space is '{named}'").format(named=named[:60]) if named else _("its space has no name")
        sentences.append(
            _("{told} and is taken for left-posterior-superior, as in Slicer; check left and right.").format(told=told)
        )
    if not has_space:
        if "axis mins" in fields or "axismins" in fields:
            raise ValueError(_("it gives the axes' ends, but no space that they lie in"))
        sentences.append(_("its header names no space: left and right, front and back may be swapped; check them."))
    signs = np.array(_TO_RAS.get(named, _LPS))
    for number, axis in enumerate(own):
        if axis.direction is None:
            if has_space and math.isfinite(axis.spacing):
                raise ValueError(_("it gives spacings in a space, but no directions"))
            affine[number, number] = axis.spacing if math.isfinite(axis.spacing) else 1.0
        else:
            affine[:3, number] = axis.direction
    if has_space and "space origin" in fields and "nan" not in fields["space origin"].lower():
        affine[:3, 3] = _vector(fields["space origin"])
    affine[:3] *= signs[:, None]
    return affine, sentences


def _listed(stored, axes, keys):
    """The volumes along the last axis, where the header says that an axis lists them."""
    others = [number for number, axis in enumerate(axes) if not axis.is_of_space or _lists_times(axis, axes)]
    if not others:
        return stored
    if len(others) > 1:
        raise ValueError(_("holds several values a voxel; an image with one intensity a voxel is needed"))
    (number,) = others
    # A list of volumes is how Slicer saves a sequence and segments that overlap; ITK writes such a list as a vector.
    if axes[number].kind in ("list", "time") or axes[number].size == 1 or "Segment0_Layer" in keys:
        return np.moveaxis(stored, number, -1)
    if axes[number].kind == "complex":
        raise ValueError(_("holds complex numbers; export the magnitude image"))
    raise ValueError(_("holds vectors or colours; an image with one intensity a voxel is needed"))


def _lists_times(axis, axes):
    return axis.kind == "time" and axis.direction is None and any(other.direction for other in axes)


def _needed(fields, name):
    if name not in fields:
        raise ValueError(_("its header lacks the field '{name}'").format(name=name))
    return fields[name]


def _whole(fields, name, missing=None):
    text = fields.get(name)
    if text is None and missing is not None:
        return missing
    return number_of(_needed(fields, name), int)
