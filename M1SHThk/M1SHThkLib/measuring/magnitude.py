"""Phase, real and imaginary images: they come beside the magnitude of the same echoes, and look like further ones."""

import re

import numpy as np

_PARTS = {
    "magnitude": ("m", "mag", "magnitude"),
    "phase": ("p", "ph", "pha", "phase", "phase map", "phasediff"),
    "real": ("r", "real"),
    "imaginary": ("i", "imag", "imaginary"),
}
_PART_OF_WORD = {word: part for part, words in _PARTS.items() for word in words}
_ENTITIES = ("sub", "ses", "acq", "rec", "desc", "ce", "trc", "task", "dir", "run", "space", "res", "label")
_MOST_NEGATIVE = 0.1  # of the summed absolute values; interpolation rings below 0 by far less
_VOXELS_LOOKED_AT = 1 << 18


def part_of_image_type(values):
    """What a DICOM or BIDS ImageType says that an image holds: 'magnitude', 'phase', 'real', 'imaginary' or None.

    Parameters
    ----------
    values : object
        A list of str, as BIDS has it, or one str with backslashes, as DICOM has it; anything else says nothing.
    """
    if isinstance(values, str):
        values = values.split("\\")
    if not isinstance(values, list):
        return None
    words = [value.strip().lower().replace("_", " ") for value in values if isinstance(value, str)]
    # Philips writes the sequence behind the part: M_FFE, P_FFE.
    words = [word if word in _PART_OF_WORD else word.partition(" ")[0] for word in words]
    parts = {_PART_OF_WORD[word] for word in words if word in _PART_OF_WORD}
    return parts.pop() if len(parts) == 1 else None


def part_of_name(name):
    """The same, of the name of a file or volume: `part-phase` as BIDS has it, `_ph`, `_real`, `_imaginary` as dcm2niix
    writes it. What BIDS has names for (`acq-real`) says nothing."""
    for label in re.split(r"[_. ]+", name.lower()):
        entity, _, value = label.rpartition("-")
        if entity == "part" and value in _PART_OF_WORD:
            return _PART_OF_WORD[value]
        if not entity.startswith(_ENTITIES) and len(value) > 1 and value in _PART_OF_WORD:
            return _PART_OF_WORD[value]
    return None


def is_signed(volume):
    """Whether much of a volume, shape (I, J, K), is below 0, which no magnitude is."""
    step = max(1, round((volume.size / _VOXELS_LOOKED_AT) ** (1 / 3)))
    values = volume[::step, ::step, ::step]
    values = values[np.isfinite(values)].astype(float)
    whole = np.abs(values).sum()
    return bool(whole > 0 and -values[values < 0].sum() > _MOST_NEGATIVE * whole)
