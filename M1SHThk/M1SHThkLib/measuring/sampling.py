"""Image intensities along normals: image + affine + normals -> intensities[normal, depth]."""

import numpy as np
from scipy.ndimage import distance_transform_edt, map_coordinates

# The coefficients of a B-spline forget a voxel by 0.268 (cubic) or 0.431 (quintic) a step: the margins leave 1e-7 and
# 1e-6 of an edge's effect.
_MARGIN_VOXELS = {"linear": 1, "cubic": 12, "quintic": 16}
_ORDER = {"linear": 1, "cubic": 3, "quintic": 5}
_ON_VOXEL = 1e-4


def sample_normals(image, positions, normals, depths_mm, interpolation="quintic", wanted=None):
    """Intensities at given depths along normals.

    Only the voxels around the line are read. Samples within half a voxel of the outermost voxel centres take the value
    at the image's border; samples further out are missing, as are those next to a voxel that is not a finite number.

    Parameters
    ----------
    image : Image
    positions, normals : arrays, shape (n, 3)
        World RAS, positions in mm.
    depths_mm : array, shape (d,)
        Distance from the position along the normal.
    interpolation : str
        'linear', 'cubic' or 'quintic' (B-splines; the higher, the less they blur).

    wanted : bool array, shape (n, d), optional
        Which samples are needed; the others are missing.

    Returns
    -------
    intensities : float array, shape (n, d)
        NaN where missing.
    outside : bool array, shape (n, d)
        True where the sample lies outside the image.
    """
    inverse = np.linalg.inv(image.affine)
    foot = positions @ inverse[:3, :3].T + inverse[:3, 3]
    step = normals @ inverse[:3, :3].T
    index = foot.T[:, :, None] + step.T[:, :, None] * depths_mm
    last = np.array(image.voxels.shape)[:, None, None] - 1
    ends = index[:, :, [0, -1]]
    is_inside = ((ends >= 0) & (ends <= last)).all()  # and with its ends all of a straight normal
    outside = np.zeros(index.shape[1:], bool) if is_inside else ((index < -0.5) | (index > last + 0.5)).any(axis=0)
    sampled = ~outside if wanted is None else ~outside & wanted
    intensities = np.full(outside.shape, np.nan)
    if sampled.any():
        at = index.reshape(3, -1) if sampled.all() else index[:, sampled]
        at = at if is_inside else np.clip(at, 0, last[:, 0])
        intensities[sampled] = _interpolate(image.voxels, at, interpolation)
    return intensities, outside


def _interpolate(voxels, index, interpolation):
    """Values at continuous voxel indices, shape (3, m), all within the image."""
    margin = _MARGIN_VOXELS[interpolation]
    window, kept = [], []
    for along in index:
        nearest = round(float(along[0]))
        if len(along) > 1 and np.abs(along - nearest).max() < _ON_VOXEL:
            # The line lies in this plane of voxels: its neighbours have no part in the interpolation.
            window.append(nearest)
        else:
            lowest = max(int(np.floor(along.min())) - margin, 0)
            window.append(slice(lowest, int(np.ceil(along.max())) + margin + 1))
            kept.append(along - lowest)
    crop = np.asarray(voxels[tuple(window)], float)
    if not kept:
        return np.full(index.shape[1], float(crop))
    at = np.array(kept)
    missing = ~np.isfinite(crop)
    if missing.all():
        return np.full(index.shape[1], np.nan)
    if missing.any():
        nearest_known = distance_transform_edt(missing, return_distances=False, return_indices=True)
        crop = crop[tuple(nearest_known)]
    values = map_coordinates(crop, at, order=_ORDER[interpolation], mode="mirror")
    if missing.any():
        values[map_coordinates(missing.astype(float), at, order=1, mode="nearest") > 1e-9] = np.nan
    return values
