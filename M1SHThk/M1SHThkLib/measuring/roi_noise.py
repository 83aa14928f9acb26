"""How sure a ROI's mean is: neighbouring voxels share noise, and few voxels tell neither its size nor its reach.

Of a ROI whose voxels have the variance s^2 about their own mean, and the mean correlation R over all pairs, the mean
varies by s^2 R / (1 - R). The correlation, and with small ROIs most of s^2, come from the tissue around: the voxels of
like intensity that hang together with the ROI.
"""

from dataclasses import dataclass

import numpy as np
from scipy.fft import irfftn, next_fast_len, rfftn
from scipy.ndimage import distance_transform_edt, label

from .profile_noise import student_tails

# The tissue around is looked for so far, and correlation so far.
AROUND_MM, CORRELATED_MM = 4.0, 2.5
# Voxels within so many standard deviations of the ROI's mean are taken for the same tissue; of a ROI of one voxel,
# whose deviation is hardly known, within three times as many.
LIKE_IN_DEVIATIONS, FEW_VOXELS = 2.5, 2.0
# So near to other tissue voxels hold a part of it.
PARTIAL_IN_VOXELS = 1.45
# The tissue around may be rougher or smoother than the ROI: it counts for no more than so many independent voxels.
MOST_DEGREES_AROUND = 10.0
_SMALLEST_CORRELATION = 0.05
_NEGLIGIBLE = 1e-7


@dataclass(frozen=True)
class RoiNoise:
    """A ROI's mean and its error.

    Attributes
    ----------
    mean, standard_error : float
        In the image's unit.
    voxel_deviation : float
        Standard deviation of a single voxel.
    degrees_of_freedom : float
        How many independent voxels, less one, it was taken from.
    """

    mean: float
    standard_error: float
    voxel_deviation: float
    degrees_of_freedom: float

    @property
    def snr(self):
        """Mean over the standard deviation of a voxel; infinite without noise."""
        return abs(self.mean) / self.voxel_deviation if self.voxel_deviation > 0 else float("inf")

    def replicates(self, count, random):
        """ROI means of `count` replicates, shape (count,)."""
        tails = student_tails(count, self.degrees_of_freedom, random)
        return self.mean + self.standard_error * tails * random.standard_normal(count)


def roi_noise(image, indices):
    """The error of a ROI's mean.

    Parameters
    ----------
    image : Image
    indices : int array, shape (n, 3)
        The ROI's voxels, at least one of them finite.

    Returns
    -------
    RoiNoise
    """
    values = image.voxels[tuple(indices.T)].astype(float)
    indices, values = indices[np.isfinite(values)], values[np.isfinite(values)]
    mean = float(values.mean())
    margin = _voxels(AROUND_MM, image)
    lowest = np.maximum(indices.min(0) - margin, 0)
    highest = np.minimum(indices.max(0) + margin + 1, image.voxels.shape)
    box = np.asarray(image.voxels[tuple(map(slice, lowest, highest))], float)
    roi = np.zeros(box.shape, bool)
    roi[tuple((indices - lowest).T)] = True
    tissue = _tissue_around(box, roi, values, image.spacing)
    residuals = _without_slope(box, tissue)
    around = float((residuals**2).sum() / tissue.sum())
    if around <= (_NEGLIGIBLE * np.abs(values).max()) ** 2:
        return RoiNoise(mean, 0.0, 0.0, float(len(values)))

    size = [next_fast_len(2 * side) for side in box.shape]
    correlation = _correlations(residuals, tissue, size, _voxels(CORRELATED_MM, image))
    shared_roi = float((correlation * _pairs(roi, size)).sum()) / len(values) ** 2
    shared_around = float((correlation * _pairs(tissue, size)).sum()) / int(tissue.sum()) ** 2
    shared_roi, shared_around = (min(max(shared, 1e-6), 0.95) for shared in (shared_roi, shared_around))
    degrees = max(1 / shared_roi - 1, 0.0), min(1 / shared_around - 1, MOST_DEGREES_AROUND)
    variances = values.var() / (1 - shared_roi), around / (1 - shared_around)
    variance = float(np.average(variances, weights=degrees))
    return RoiNoise(mean, float(np.sqrt(variance * shared_roi)), float(np.sqrt(variance)), sum(degrees))


def _voxels(length_mm, image):
    """How many voxels a length spans along each axis, whatever the last digit of the spacing."""
    return np.ceil(length_mm / image.spacing - 1e-3).astype(int)


def _tissue_around(box, roi, values, spacing):
    """The voxels that hang together with the ROI and are like it, no border to other tissue, the ROI among them."""
    # A handful of voxels may be nearly equal by chance: the noise is no less than what neighbours differ by.
    steps = np.concatenate([np.diff(box, axis=axis).ravel() for axis in range(3)])
    deviation = max(values.std(), np.nanmedian(np.abs(steps))) * (1 + FEW_VOXELS / np.sqrt(len(values)))
    like = np.abs(box - values.mean()) <= LIKE_IN_DEVIATIONS * deviation
    if not like.all():
        like = distance_transform_edt(like, spacing) > PARTIAL_IN_VOXELS * spacing.min()
    parts, _ = label(like | roi)
    return np.isin(parts, np.unique(parts[roi]))


def _without_slope(box, tissue):
    """Deviations of the tissue from the plane through its intensities (the coil's sensitivity), 0 elsewhere."""
    at = np.argwhere(tissue)
    design = np.column_stack([np.ones(len(at)), at - at.mean(0)])
    values = box[tissue]
    plane = design @ np.linalg.lstsq(design, values, rcond=None)[0] if len(at) > 20 else values.mean()
    residuals = np.zeros(box.shape)
    residuals[tissue] = values - plane
    return residuals


def _pairs(mask, size):
    """How many pairs of a mask's voxels are each lag apart, on a periodic grid of `size`."""
    return np.round(irfftn(np.abs(rfftn(mask.astype(float), size)) ** 2, size))


def _correlations(residuals, tissue, size, reach):
    """Correlation of the tissue's voxels by lag, on a periodic grid of `size`; 0 beyond `reach` voxels.

    What does not hang together with lag 0 is chance, and over many lags chance would add up.
    """
    products = irfftn(np.abs(rfftn(residuals, size)) ** 2, size)
    pairs = _pairs(tissue, size)
    correlation = products / np.maximum(pairs, 1) / (products.flat[0] / pairs.flat[0])
    lags = np.meshgrid(*(np.abs(np.fft.fftfreq(n, 1 / n)) for n in size), indexing="ij", sparse=True)
    far = sum((lag / limit) ** 2 for lag, limit in zip(lags, reach, strict=True)) > 1
    counts = ~far & (pairs >= 2) & (correlation >= _SMALLEST_CORRELATION)
    parts = np.fft.ifftshift(label(np.fft.fftshift(counts))[0])
    return np.where(parts == parts.flat[0], correlation, 0.0)
