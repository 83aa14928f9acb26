"""A flat or round cortex of four levels under a normal blur, with correlated noise: exams whose layer is known."""

from dataclasses import dataclass

import numpy as np
from M1SHThkLib.measuring.exam import Exam, Region
from M1SHThkLib.measuring.image import Image
from M1SHThkLib.measuring.roi import Roi
from M1SHThkLib.measuring.settings import Settings
from scipy.ndimage import gaussian_filter
from scipy.special import ndtr

WHITE_MATTER, SPLENIUM, CORTEX, FLUID = 100.0, 80.0, 112.0, 160.0
VOXEL_MM, FWHM_OF_SIGMA, NOISE_FWHM_MM = 0.39, 2.3548, 0.6
BEGINS_MM = 1.8


@dataclass(frozen=True)
class Cortex:
    """What is scanned; lengths in mm.

    `radius_mm` of a gyral crown, 0 = flat; `spread_mm`: standard deviation of the superficial cortex's thickness along
    the line; `vein`: a dark sheet of 0.4 mm on the pia.
    """

    seed: int
    width_mm: float
    blur_fwhm_mm: float
    length_mm: float
    snr: float = 20.0
    depth_of_layer: float = 20.0
    radius_mm: float = 0.0
    spread_mm: float = 0.0
    vein: bool = False

    @property
    def dip(self):
        """The layer's depth relative to the splenium."""
        return self.depth_of_layer / SPLENIUM

    def exam(self, settings=None):
        """The exam of one region; the line lies askew on the voxels."""
        random = np.random.default_rng([self.seed, 91])
        shape = tuple(int(side / VOXEL_MM) for side in (self.length_mm + 14, 34.0 if self.radius_mm else 28.0))
        turn = np.radians(random.uniform(-18, 18))
        along, inward = np.array([np.cos(turn), np.sin(turn)]), np.array([-np.sin(turn), np.cos(turn)])
        middle = np.array([shape[0] * VOXEL_MM / 2, 9 + random.uniform(-0.2, 0.2)])
        places = np.stack(np.meshgrid(*(np.arange(side) * VOXEL_MM for side in shape), indexing="ij"), -1) - middle
        arc, depth = places @ along, places @ inward
        clicks = np.arange(-self.length_mm / 2, self.length_mm / 2 + 0.01, 1.5)
        line = clicks[:, None] * along
        if self.radius_mm:
            radius, turned = self.radius_mm, clicks / self.radius_mm
            line = radius * (np.sin(turned)[:, None] * along + (1 - np.cos(turned))[:, None] * inward)
            arc, depth = radius * np.arctan2(arc, radius - depth), radius - np.hypot(arc, depth - radius)
        voxels = self._intensity(depth, arc, random) + self._noise(shape, random)
        reference = SPLENIUM + self._noise(shape, random)
        image = Image(np.stack([voxels, reference], -1), np.diag([VOXEL_MM, VOXEL_MM, 1.0, 1.0]), "blurred cortex")
        beneath = np.round((middle + 9 * inward) / VOXEL_MM).astype(int)
        white_matter = Roi(_box((*(beneath - [5, 3]), 0), (11, 7, 1)), "white matter")
        points = np.column_stack([middle + line, np.zeros(len(line))])
        region = Region("left", "hand_knob", (points,), white_matter)
        return Exam("sim", image, Roi(_box((5, 5, 1), (15, 10, 1)), "splenium"), (region,), settings or Settings())

    def _intensity(self, depth, arc, random):
        begins = BEGINS_MM
        if self.spread_mm:
            at = np.arange(-80, 80, 0.5)
            ripple = gaussian_filter(random.standard_normal(len(at)), 4.0)
            begins = begins + self.spread_mm * np.interp(arc, at, ripple / ripple.std())
        sigma = self.blur_fwhm_mm / FWHM_OF_SIGMA
        levels = [FLUID, CORTEX, WHITE_MATTER - self.depth_of_layer, WHITE_MATTER]
        edges = [0.0, begins, begins + self.width_mm]
        value = levels[0] + sum(
            step * ndtr((depth - edge) / sigma) for step, edge in zip(np.diff(levels), edges, strict=True)
        )
        if self.vein:
            value = value - 150 * (ndtr((depth + 0.4) / sigma) - ndtr(depth / sigma))
        return value

    def _noise(self, shape, random):
        noise = gaussian_filter(random.standard_normal(shape), NOISE_FWHM_MM / FWHM_OF_SIGMA / VOXEL_MM)
        return noise * WHITE_MATTER / self.snr / noise.std()


def _box(lowest, size):
    return np.argwhere(np.ones(size)) + np.asarray(lowest)
