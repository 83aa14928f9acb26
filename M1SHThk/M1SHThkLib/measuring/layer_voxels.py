"""The measured layer as voxels of the image: what a segmentation shows of it."""

import numpy as np

from .roi import Roi


def layer_voxels(image, measurement):
    """The voxels whose centres lie within the measured layer, on the slice of each line.

    Parameters
    ----------
    image : Image
        The one that was measured.
    measurement : Measurement

    Returns
    -------
    Roi or None
        None where there is no thickness.
    """
    m = measurement
    if not np.isfinite(m.thk_mm):
        return None
    found = [_between(image, m, first) for first in np.flatnonzero(next_is_neighbour(m))]
    indices = np.unique(np.concatenate(found), axis=0) if found else np.empty((0, 3), int)
    return Roi(indices, f"layer of the {m.name}") if len(indices) else None


def next_is_neighbour(m):
    """Whether the next normal stands on the same line, shape (n - 1,)."""
    return np.linalg.norm(np.diff(m.positions, axis=0), axis=1) < 2.5 * m.settings.normal_spacing_mm


def _between(image, m, first):
    """Voxels within the layer's part between a normal and the next, a quadrilateral with half a slice to each side."""
    pair = slice(first, first + 2)
    feet, normals = m.positions[pair], m.normals[pair]
    corners = np.stack([feet + depth * normals for depth in m.edges_mm])
    in_voxels = image.index_of(corners).reshape(-1, 3)
    lowest = np.maximum(np.floor(in_voxels.min(0) - 0.5), 0).astype(int)
    highest = np.minimum(np.ceil(in_voxels.max(0) + 0.5), np.array(image.voxels.shape) - 1).astype(int)
    grid = np.stack(np.meshgrid(*map(np.arange, lowest, highest + 1), indexing="ij"), -1).reshape(-1, 3)
    across = np.cross(feet[1] - feet[0], normals.mean(0))
    across /= np.linalg.norm(across)
    offset = image.position_of(grid) - corners[0, 0]
    step = np.abs(across @ image.affine[:3, :3]).max()
    distance = offset @ across
    on_slice = (distance > -step / 2 - 1e-6) & (distance <= step / 2 - 1e-6)
    ring = np.stack([corners[0, 0], corners[0, 1], corners[1, 1], corners[1, 0]]) - corners[0, 0]
    sides = [np.cross(ring[n] - ring[n - 1], offset - ring[n - 1]) @ across for n in range(4)]
    # The quadrilateral is convex: within it, all sides are passed on the same hand.
    inside = (np.min(sides, 0) >= 0) | (np.max(sides, 0) <= 0)
    return grid[inside & on_slice]
