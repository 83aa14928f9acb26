"""A region as somebody looks at it: its slice in radiological orientation, and where normals and layer lie on it."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ..measuring.layer_voxels import next_is_neighbour
from ..measuring.sampling import sample_normals

MARGIN_MM = 9.0
PIXEL_MM = 0.15


@dataclass(frozen=True)
class RegionView:
    """A square of the slice through a region's pial line.

    Attributes
    ----------
    picture : array, shape (n, n)
        Intensities, rows upwards; nan outside the image.
    half_mm : float
        Half the square's side; its middle is the origin.
    right, up : arrays, shape (3,)
        World directions (RAS) on the display.
    middle : array, shape (3,)
        World RAS in mm.
    labels : (str, str, str, str)
        What lies left, right, up and down.
    is_here : bool array, shape (n,)
        The region's normals on this slice; others stand on other slices.
    """

    picture: np.ndarray
    half_mm: float
    right: np.ndarray
    up: np.ndarray
    middle: np.ndarray
    labels: tuple
    is_here: np.ndarray

    def place(self, points):
        """World points (RAS, mm), shape (..., 3), on the square: to the right and upwards in mm, shape (..., 2)."""
        from_middle = points - self.middle
        return np.stack([from_middle @ self.right, from_middle @ self.up], -1)

    @property
    def window(self):
        """The intensities that are shown black and white."""
        return window_of(self.picture)


def window_of(intensities):
    """Intensities shown black and white: their range without its outermost hundredths."""
    known = intensities[np.isfinite(intensities)]
    return tuple(np.percentile(known, [1, 99])) if len(known) else (0.0, 1.0)


def region_view(image, m, pixel_mm=PIXEL_MM):
    """The view of a Measurement: of the slice on which most of its normals stand."""
    right, up, labels = _display_axes(m)
    is_here = _on_one_slice(image, m)
    feet = m.positions[is_here]
    centre = feet.mean(0)
    across, along = (feet - centre) @ right, (feet - centre) @ up
    half = max(np.ptp(across), np.ptp(along)) / 2 + MARGIN_MM
    middle = centre + right * (across.max() + across.min()) / 2 + up * (along.max() + along.min()) / 2
    steps = np.arange(-half, half, pixel_mm)
    rows = middle + steps[:, None] * up
    picture, _ = sample_normals(image, rows, np.broadcast_to(right, rows.shape), steps, "linear")
    return RegionView(picture, half, right, up, middle, labels, is_here)


def deepest_samples(m):
    """Depth in mm of the last sample along every normal."""
    return m.depths_mm[m.intensities.shape[1] - 1 - np.isfinite(m.intensities[:, ::-1]).argmax(1)]


def stretches(m):
    """The normals of each of the region's lines, as slices: between them nothing was drawn."""
    ends = [0, *(np.flatnonzero(~next_is_neighbour(m)) + 1), len(m.positions)]
    return [slice(first, last) for first, last in pairwise(ends)]


def _on_one_slice(image, m):
    """The normals on the slice on which most of them stand, shape (n,)."""
    across = m.along.lines[0].across
    offsets = m.positions @ across
    apart = image.spacing[np.abs(across @ (image.affine[:3, :3] / image.spacing)).argmax()]
    near = np.abs(offsets[:, None] - offsets) < apart / 2
    return near[near.sum(1).argmax()]


def _display_axes(m):
    """Unit vectors to the right and upwards on the display, and what lies left, right, up and down of it."""
    plane = m.along.lines[0].across
    towards = int(np.argmax(np.abs(plane)))
    letters = (("L", "R"), ("P", "A"), ("I", "S"))
    # As radiologists look at a slice: from below, from the front, from the left.
    rightwards, upwards = {2: (0, 1), 1: (0, 2), 0: (1, 2)}[towards]
    up = np.eye(3)[upwards] - plane[upwards] * plane
    right = -np.eye(3)[rightwards] + plane[rightwards] * plane
    right -= (right @ up) / (up @ up) * up
    names = (letters[rightwards][1], letters[rightwards][0], letters[upwards][1], letters[upwards][0])
    return right / np.linalg.norm(right), up / np.linalg.norm(up), names
