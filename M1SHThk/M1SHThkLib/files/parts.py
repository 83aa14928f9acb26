"""All files that one image consists of: header and voxels may lie apart, in every spelling that ITK follows."""

import os
from pathlib import Path

from .nifti import is_nifti, nifti_files

_LONGEST_HEADER = 1 << 20
_HERE = "local"  # MetaImage: the voxels follow the header
_LISTED = "list"


def files_of(path):
    """The file itself and those that it names, as far as they are there.

    Raises
    ------
    ValueError
        If the file cannot be read.
    """
    path = Path(path)
    if is_nifti(path):
        return nifti_files(path)
    named = _READERS.get(path.suffix.lower())
    if named is None:
        return [path]
    try:
        with open(path, "rb") as file:
            header = file.read(_LONGEST_HEADER).decode("utf-8", "surrogateescape")
    except OSError as error:
        raise ValueError(f"{path}: cannot be read ({error.strerror}); check your right to read it") from error
    parts = (path.parent / name for name in named(header.splitlines()))
    return [path, *(part for part in dict.fromkeys(parts) if os.path.isfile(part))]


def _named_by_nrrd(lines):
    """`data file: NAME`, `data file: PATTERN MIN MAX STEP [SUBDIM]`, or `data file: LIST` and a name a line."""
    if not lines or not lines[0].startswith("NRRD"):
        return []
    for number, line in enumerate(lines):
        if not line.strip():
            return []
        key, separator, value = line.partition(":")
        if separator and key.strip().lower() in ("data file", "datafile"):
            return _named(value.strip(), lines[number + 1 :])
    return []


def _named_by_metaimage(lines):
    """`ElementDataFile = NAME`, `= PATTERN MIN MAX [STEP]`, `= LOCAL`, or `= LIST [SUBDIM]` and a name a line."""
    for number, line in enumerate(lines):
        key, separator, value = line.partition("=")
        if not separator:
            key, _, value = line.partition(":")
        if key.strip().lower() == "elementdatafile":
            value = value.strip()
            return [] if value.lower() == _HERE else _named(value, lines[number + 1 :])
    return []


def _named(value, following):
    words = value.split()
    if not words:
        return []
    if words[0].lower() == _LISTED:
        return [line.strip() for line in following if line.strip()]
    if "%" in words[0] and len(words) > 2:
        try:
            first, last, step = (int(word) for word in (*words[1:4], "1")[:3])
            return [words[0] % number for number in range(first, last + (1 if step > 0 else -1), step)]
        except (TypeError, ValueError):  # no numbers, or no pattern: a name that looks like one
            return [value]
    return [value]


_READERS = {
    ".nrrd": _named_by_nrrd,
    ".nhdr": _named_by_nrrd,
    ".mha": _named_by_metaimage,
    ".mhd": _named_by_metaimage,
}
