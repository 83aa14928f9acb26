"""How the cortex leans through the slices: where its pial line and its layers lie at each height.

At every place along a fold the height z and the depth d in the slice span a plane that stands upright on the pial
surface. In it the surface is a curve d = f(z), and the layers are curves parallel to it: distances across the cortex
are true distances.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

_STEP_MM = 0.02
_REACHES_MM = 30.0  # of the table of heights


@dataclass(frozen=True)
class Lean:
    """A lean of the cortex.

    Attributes
    ----------
    tilt_degrees : float
        Angle between the cortex's normal and the slice on which the line is drawn (z = 0), 0-60: with it the pial line
        recedes into the cortex as z rises.
    change_degrees_per_mm : float
        By which the tilt changes with z, -10 to 10, over LEANS_MM to either side.
    slice_mm : float
        Thickness of the slices, over which an image averages.

    Slices further than REPEATS_MM from the drawn one look like the one there.
    """

    tilt_degrees: float = 0.0
    change_degrees_per_mm: float = 0.0
    slice_mm: float = 1.0

    LEANS_MM, STEEPEST_DEGREES, REPEATS_MM = 6.0, 65.0, 2.0

    @property
    def is_upright(self):
        """Whether all slices are alike."""
        return not self.tilt_degrees and not self.change_degrees_per_mm

    def heights_within_slice(self):
        """Heights in mm about a slice's middle and the weights with which they make up its image (Gauss-Legendre)."""
        if self.is_upright:
            return np.zeros(1), np.ones(1)
        steepest = np.tan(np.radians(abs(self.tilt_degrees)))
        nodes, weights = np.polynomial.legendre.leggauss(5 if steepest < 0.6 else 7 if steepest < 1.05 else 9)
        return nodes * self.slice_mm / 2, weights / 2

    def recedes(self, z):
        """How far the pial line at height z (mm) lies beneath the drawn one, in mm."""
        heights, _, recedes = self._curve
        return float(np.interp(z, heights, recedes))

    def in_slice(self, depth, z):
        """How far beneath the pial line of the slice at height z a depth across the cortex lies; mm, of any shape."""
        if self.is_upright:
            return np.asarray(depth, float)
        depth = np.asarray(depth, float)
        finite = depth[np.isfinite(depth)]
        if not finite.size:
            return depth
        heights, tilts, recedes = self._curve
        known = np.linspace(finite.min(), finite.max() + 1e-6, 2 if not self.change_degrees_per_mm else 200)
        beneath = []
        for one in known:
            reached = heights - one * np.sin(tilts)
            beneath.append(np.interp(z, np.maximum.accumulate(reached), recedes + one * np.cos(tilts)))
        return np.where(np.isfinite(depth), np.interp(depth, known, beneath) - self.recedes(z), depth)

    @cached_property
    def _curve(self):
        """Heights in mm, tilts in radians and how far the pial line recedes there in mm, each of shape (n,)."""
        heights = np.arange(-_REACHES_MM, _REACHES_MM + _STEP_MM / 2, _STEP_MM)
        changed = self.change_degrees_per_mm * np.clip(heights, -self.LEANS_MM, self.LEANS_MM)
        tilts = np.radians(np.clip(self.tilt_degrees + changed, -self.STEEPEST_DEGREES, self.STEEPEST_DEGREES))
        slopes = np.tan(tilts)
        recedes = np.concatenate([[0.0], np.cumsum((slopes[1:] + slopes[:-1]) / 2 * _STEP_MM)])
        return heights, tilts, recedes - np.interp(0.0, heights, recedes)


UPRIGHT = Lean()
