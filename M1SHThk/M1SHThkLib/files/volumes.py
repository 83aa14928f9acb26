"""What an image file holds, whatever its format: volumes, where they lie, and what there is to say about them."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from ..translation import tr as _


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
        Sentences for the user about the header.
    fields : dict of str -> str
        Keys of its own that a NRRD header has: a segmentation's segments, say.
    in_scanner_frame : bool
        False where the file says that it lies in another frame than the scanner's, or does not say where it lies.
    """

    volumes: Sequence
    affine: np.ndarray
    warnings: tuple[str, ...] = ()
    fields: dict[str, str] = field(default_factory=dict)
    in_scanner_frame: bool = True


class Volumes(Sequence):
    """The volumes of an array of any number of dimensions, scaled one at a time when asked for.

    Raises
    ------
    ValueError
        If they are not one or several 3D volumes of real numbers; the message lacks the file's name.
    """

    def __init__(self, stored, slope=1.0, intercept=0.0):
        self._stored = _four_dimensional(stored)
        self._slope = slope
        self._intercept = intercept

    @property
    def shape(self):
        """Of each volume."""
        return self._stored.shape[:3]

    def __len__(self):
        return self._stored.shape[3]

    def __getitem__(self, number):
        volume = self._stored[..., number]
        if self._slope == 1 and self._intercept == 0:
            return volume
        scaled = np.multiply(volume, self._slope, dtype=np.result_type(volume.dtype, np.float32))
        scaled += self._intercept
        return scaled


def _four_dimensional(stored):
    if stored.dtype.kind == "c":
        raise ValueError(_("holds complex numbers; export the magnitude image"))
    if stored.dtype.kind not in "biuf":
        raise ValueError(_("holds vectors or colours; an image with one intensity a voxel is needed"))
    while stored.ndim > 3 and stored.shape[-1] == 1:
        stored = stored[..., 0]
    if stored.ndim not in (3, 4):
        raise ValueError(
            _("has {ndim} dimensions; a 3D image, or a 4D one of several echoes, is needed").format(ndim=stored.ndim)
        )
    if 0 in stored.shape:
        raise ValueError(
            _("has no voxels (size {size}); export it again").format(size=" x ".join(map(str, stored.shape)))
        )
    stored = stored.astype(stored.dtype.newbyteorder("="), copy=False)
    return stored if stored.ndim == 4 else stored[..., None]
