"""How sure the means are: block bootstraps of the normals and of the reference ROIs' voxels.

Neighbouring normals and neighbouring voxels share noise, so both are resampled in blocks. The variance that such a
bootstrap tends to with ever more replicates is known in closed form for a mean (Künsch, Ann Stat 1989;17:1217); it
serves wherever a variance is all that is needed, and replicates are drawn for confidence intervals alone.
"""

from dataclasses import dataclass

import numpy as np

BLOCK_IN_CORRELATION_LENGTHS = 3.0
# What changes along the line over a longer distance is anatomy (or how well the line follows it) and not noise.
TREND_MM = 4.0
# A correlation below this is taken for none.
_SMALLEST_CORRELATION = 0.05
_MOST_PARTITIONS = 16


@dataclass(frozen=True)
class ProfileNoise:
    """Block bootstrap of a mean profile over normals.

    Attributes
    ----------
    deviations : array, shape (n, d)
        Independent contributions to the error of the mean: its covariance over depth is deviations' deviations.
    correlation_length : float
        In normals: how many neighbouring normals carry the noise of one independent normal.
    block : int
        Normals in a block.
    blocks : float
        Normals divided by the block length.
    inflation : float
        Small-sample correction of deviations from the mean.
    """

    intensities: np.ndarray
    mean: np.ndarray
    deviations: np.ndarray
    correlation_length: float
    block: int
    blocks: float
    inflation: float

    @property
    def covariance(self):
        """Of the mean intensity over depth, shape (d, d)."""
        return self.deviations.T @ self.deviations

    def replicates(self, count, random):
        """Mean profiles of `count` bootstrap replicates, shape (count, d)."""
        n = len(self.intensities)
        drawn = max(round(self.blocks), 2)
        starts = random.integers(0, n, (count, drawn))
        marks = np.zeros((count, 2 * n + 1))
        rows = np.arange(count)[:, None]
        np.add.at(marks, (rows, starts), 1.0)
        np.add.at(marks, (rows, starts + self.block), -1.0)
        covered = np.cumsum(marks, axis=1)
        times_drawn = covered[:, :n] + covered[:, n : 2 * n]
        present = np.isfinite(self.intensities)
        total = times_drawn @ np.where(present, self.intensities - self.mean, 0.0)
        number = times_drawn @ present.astype(float)
        deviations = total / np.maximum(number, 1.0)
        # Blocks drawn and normals seldom agree to the last normal; the variance goes with the number of blocks.
        scale = self.inflation * np.sqrt(drawn / self.blocks)
        return self.mean + scale * _student_tails(count, self.blocks - 1, random)[:, None] * deviations


def profile_noise(intensities, mean, where, spacing_mm):
    """The block bootstrap of a mean profile.

    Parameters
    ----------
    intensities : array, shape (n, d)
        NaN where missing.
    mean : array, shape (d,)
        Their mean over normals, finite.
    where : bool array, shape (d,)
        Depths at which the correlation between neighbouring normals is measured: at the layer, since normals that
        converge beneath it share ever more voxels.
    spacing_mm : float
        Distance between neighbouring normals.
    """
    n = len(intensities)
    present = np.isfinite(intensities)
    residuals = np.where(present, intensities - mean, 0.0)
    # Rounding errors of an image without any noise are no noise.
    correlations = _correlations(
        _without_trend(residuals[:, where], round(TREND_MM / spacing_mm)), negligible=1e-7 * np.abs(mean).max()
    )
    correlation_length = 1 + 2 * correlations.sum()
    block = int(min(np.ceil(BLOCK_IN_CORRELATION_LENGTHS * correlation_length), max(n // 2, 1)))
    blocks = n / block
    lags = np.arange(1, len(correlations) + 1)
    within_block = 1 + 2 * (np.clip(1 - lags / block, 0, None) * correlations).sum()
    inflation = np.sqrt(blocks / max(blocks - 1, 0.5) * correlation_length / within_block)
    influence = residuals * (n / np.maximum(present.sum(0), 1))
    running = np.cumsum(np.concatenate([np.zeros((1, influence.shape[1])), influence, influence[:block]]), axis=0)
    sums = running[block : block + n] - running[:n]
    deviations = inflation / (n * np.sqrt(block)) * sums
    return ProfileNoise(intensities, mean, deviations, correlation_length, block, blocks, inflation)


@dataclass(frozen=True)
class RoiNoise:
    """Spatial block bootstrap of a ROI's mean intensity.

    Attributes
    ----------
    mean, standard_error : float
        In the image's unit.
    blocks : float
        Number of blocks, averaged over the positions of the grid of blocks.
    """

    mean: float
    standard_error: float
    blocks: float
    _partitions: tuple
    _inflation: float

    def replicates(self, count, random):
        """ROI means of `count` bootstrap replicates, shape (count,)."""
        means = np.full(count, self.mean)
        if self.standard_error == 0:
            return means
        which = random.integers(0, len(self._partitions), count)
        for number, (sums, sizes) in enumerate(self._partitions):
            rows = np.flatnonzero(which == number)
            drawn = random.integers(0, len(sums), (len(rows), len(sums)))
            means[rows] += sums[drawn].sum(1) / sizes[drawn].sum(1)
        scale = self._inflation * _student_tails(count, self.blocks - 1, random)
        return self.mean + scale * (means - self.mean)


def roi_noise(indices, intensities):
    """The spatial block bootstrap of a ROI's mean.

    Blocks are boxes of voxels, along each axis the longer the more neighbours resemble each other; several positions of
    the grid of boxes are used in turn.

    Parameters
    ----------
    indices : int array, shape (n, 3)
        Voxel indices.
    intensities : array, shape (n,)
        NaN where missing; at least one is finite.
    """
    present = np.isfinite(intensities)
    indices, intensities = indices[present], intensities[present]
    mean = float(intensities.mean())
    residuals = intensities - mean
    sides = _box_sides(indices, residuals)
    partitions = []
    shifts = list(np.ndindex(*sides))
    for shift in shifts[:: -(-len(shifts) // _MOST_PARTITIONS)]:
        boxes = (indices + shift) // sides
        _, box = np.unique(boxes - boxes.min(0), axis=0, return_inverse=True)
        box = box.ravel()
        partitions.append((np.bincount(box, residuals), np.bincount(box).astype(float)))
    blocks = float(np.mean([len(sums) for sums, _ in partitions]))
    if blocks < 2:
        return RoiNoise(mean, 0.0, blocks, (), 0.0)
    inflation = np.sqrt(blocks / (blocks - 1))
    variance = np.mean([(sums**2).sum() for sums, _ in partitions]) / len(residuals) ** 2
    return RoiNoise(mean, float(inflation * np.sqrt(variance)), blocks, tuple(partitions), inflation)


def interval(replicates, level=0.95):
    """Percentile interval (low, high) of the finite replicates, shape (m,); NaN where none is finite."""
    finite = replicates[np.isfinite(replicates)]
    if not len(finite):
        return float("nan"), float("nan")
    low, high = np.quantile(finite, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def _without_trend(residuals, length):
    """Residuals less their running mean over `length` normals."""
    half = max(length // 2, 1)
    running = np.cumsum(np.concatenate([np.zeros((1, residuals.shape[1])), residuals]), axis=0)
    last = np.minimum(np.arange(len(residuals)) + half + 1, len(residuals))
    first = np.maximum(np.arange(len(residuals)) - half, 0)
    return residuals - (running[last] - running[first]) / (last - first)[:, None]


def _correlations(residuals, negligible):
    """Correlations between normals 1, 2, ... apart, the median over depths, up to the last that counts."""
    power = (residuals**2).sum(0)
    found = []
    if power.sum() <= residuals.size * negligible**2:
        return np.array(found)
    for lag in range(1, max(len(residuals) // 4, 1)):
        products = np.einsum("nd,nd->d", residuals[:-lag], residuals[lag:])
        correlation = np.median(products / np.maximum(power, 1e-300))
        if correlation < _SMALLEST_CORRELATION:
            break
        found.append(correlation)
    return np.array(found)


def _box_sides(indices, residuals):
    """Voxels along each axis of a block, shape (3,): one where neighbours are unlike, up to six where alike."""
    power = (residuals**2).mean()
    origin, extent = indices.min(0), np.ptp(indices, axis=0) + 2
    keys = np.ravel_multi_index(tuple((indices - origin).T), tuple(extent))
    order = np.argsort(keys)
    keys, residuals = keys[order], residuals[order]
    sides = np.ones(3, int)
    for axis in range(3):
        neighbour = keys + int(np.prod(extent[axis + 1 :]))
        at = np.minimum(np.searchsorted(keys, neighbour), len(keys) - 1)
        paired = keys[at] == neighbour
        if paired.any() and power > 0:
            correlation = (residuals[paired] * residuals[at[paired]]).mean() / power
            sides[axis] = np.clip(np.ceil(1 + 3 * correlation), 1, 6)
    return sides


def _student_tails(count, degrees_of_freedom, random):
    """Factors that give replicates Student's tails: few blocks tell their own variance badly."""
    degrees_of_freedom = max(degrees_of_freedom, 1.0)
    return np.sqrt(degrees_of_freedom / random.chisquare(degrees_of_freedom, count))
