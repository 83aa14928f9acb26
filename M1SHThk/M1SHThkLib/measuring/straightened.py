"""The cortex straightened: the image along the normals, arc length against depth. A wrong line shows as a bent band."""

from dataclasses import dataclass

import numpy as np

from .sampling import sample_normals

ABOVE_MM = 2.0  # what is seen of the fluid
GAP_MM = 2.0  # between the lines of one region
_STEP_MM = 0.1


@dataclass(frozen=True)
class Strip:
    """The cortex along one pial line.

    Attributes
    ----------
    start_mm : float
        Where it begins along the straightened cortex; the lines of a region lie one behind the other.
    arc_mm : array, shape (n,)
        Where its normals stand along the straightened cortex, `start_mm` included.
    depths_mm : array, shape (d,)
        From ABOVE_MM outside the line, where depths are negative, to the sampled depth.
    intensities : array, shape (n, d)
        NaN outside the image.
    positions, normals : arrays, shape (n, 3)
        World RAS, positions in mm.
    is_counted : bool array, shape (n,)
        Whether the normal is one of those that are averaged.
    ends_mm : array, shape (n,)
        Depth beyond which a normal does not count, as beyond a crossing; infinite where it counts all the way.
    edge_mm : array, shape (n,)
        Depth of the pial edge that the alignment has found; NaN where it has found none.
    """

    start_mm: float
    arc_mm: np.ndarray
    depths_mm: np.ndarray
    intensities: np.ndarray
    positions: np.ndarray
    normals: np.ndarray
    is_counted: np.ndarray
    ends_mm: np.ndarray
    edge_mm: np.ndarray

    @property
    def end_mm(self):
        """Where it ends along the straightened cortex."""
        return float(self.arc_mm[-1])


def straightened(image, measurement):
    """The cortex along the lines of a measured region, one behind the other.

    Returns
    -------
    tuple of Strip
    """
    m = measurement
    counted = {position.tobytes(): end for position, end in zip(m.positions, m.along.ends_mm, strict=True)}
    found = m.alignment.lines if m.alignment and not m.alignment.refusal else [None] * len(m.along.lines)
    depths = np.arange(-round(ABOVE_MM / _STEP_MM), round(m.settings.depth_max_mm / _STEP_MM) + 1) * _STEP_MM
    strips, start = [], 0.0
    for line, aligned in zip(m.along.lines, found, strict=True):
        intensities, _ = sample_normals(image, line.positions, line.normals, depths, m.settings.interpolation)
        ends = np.array([counted.get(position.tobytes(), np.nan) for position in line.positions])
        count = len(line.positions)
        strip = Strip(
            start_mm=start,
            arc_mm=start + np.linspace(0, line.length_mm, count),
            depths_mm=depths,
            intensities=intensities,
            positions=line.positions,
            normals=line.normals,
            is_counted=~np.isnan(ends),
            ends_mm=ends,
            edge_mm=_depths_of(aligned.positions, line) if aligned else np.full(count, np.nan),
        )
        strips.append(strip)
        start = strip.end_mm + GAP_MM
    return tuple(strips)


def position_at(strips, arc_mm, depth_mm):
    """The place in the world, RAS in mm, shape (3,), of a place in the straightened cortex; None between two lines."""
    for strip in strips:
        if strip.start_mm <= arc_mm <= strip.end_mm:
            foot = [np.interp(arc_mm, strip.arc_mm, strip.positions[:, axis]) for axis in range(3)]
            normal = np.array([np.interp(arc_mm, strip.arc_mm, strip.normals[:, axis]) for axis in range(3)])
            return np.array(foot) + depth_mm * normal / np.linalg.norm(normal)
    return None


def _depths_of(points, line):
    """How deep beneath a line a curve through points, shape (k, 3), runs at each of its normals, shape (n,)."""
    away = points[None] - line.positions[:, None]
    depth = np.einsum("nkx,nx->nk", away, line.normals)
    aside = np.linalg.norm(away - depth[..., None] * line.normals[:, None], axis=-1)
    aside[np.abs(depth) > ABOVE_MM] = np.inf
    nearest = aside.argmin(1)
    rows = np.arange(len(depth))
    is_met = aside[rows, nearest] < line.length_mm / (len(line.positions) - 1)
    return np.where(is_met, depth[rows, nearest], np.nan)
