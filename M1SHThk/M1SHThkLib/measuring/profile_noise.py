"""How sure the averaged profile is: a block bootstrap of the normals, since neighbouring normals share noise.

The variance that such a bootstrap tends to with ever more replicates is known in closed form for a mean (Künsch, Ann
Stat 1989;17:1217); it serves wherever a variance is all that is needed, and replicates are drawn for confidence
intervals alone.
"""

from dataclasses import dataclass

import numpy as np

BLOCK_IN_CORRELATION_LENGTHS = 3.0
# What changes along the line over a longer distance is anatomy (or how well the line follows it) and not noise.
TREND_MM = 4.0
# A correlation below this is taken for none.
_SMALLEST_CORRELATION = 0.05


@dataclass(frozen=True)
class ProfileNoise:
    """Block bootstrap of an averaged profile over normals.

    Attributes
    ----------
    mean : array, shape (d,)
        The averaged profile.
    influence : array, shape (n, d)
        What each normal, were it the only one, would add to it (see `influence_of`).
    deviations : array, shape (n, d)
        Independent contributions to the error of the profile: its covariance over depth is deviations' deviations.
    correlation_length : float
        In normals: how many neighbouring normals carry the noise of one independent normal.
    block : int
        Normals in a block.
    blocks : float
        Normals divided by the block length.
    inflation : float
        Small-sample correction of deviations from the mean.
    """

    mean: np.ndarray
    influence: np.ndarray
    deviations: np.ndarray
    correlation_length: float
    block: int
    blocks: float
    inflation: float

    @property
    def covariance(self):
        """Of the averaged intensity over depth, shape (d, d)."""
        return self.deviations.T @ self.deviations

    def replicates(self, count, random):
        """Averaged profiles of `count` bootstrap replicates, shape (count, d)."""
        n = len(self.influence)
        drawn = max(round(self.blocks), 2)
        starts = random.integers(0, n, (count, drawn))
        marks = np.zeros((count, 2 * n + 1))
        rows = np.arange(count)[:, None]
        np.add.at(marks, (rows, starts), 1.0)
        np.add.at(marks, (rows, starts + self.block), -1.0)
        covered = np.cumsum(marks, axis=1)
        times_drawn = covered[:, :n] + covered[:, n : 2 * n]
        deviations = times_drawn @ self.influence / (drawn * self.block)
        # Blocks drawn and normals seldom agree to the last normal; the variance goes with the number of blocks.
        scale = self.inflation * np.sqrt(drawn / self.blocks)
        return self.mean + scale * student_tails(count, self.blocks - 1, random)[:, None] * deviations


def profile_noise(intensities, mean, influence, where, spacing_mm):
    """The block bootstrap of an averaged profile.

    Parameters
    ----------
    intensities : array, shape (n, d)
        NaN where missing.
    mean : array, shape (d,)
        Their average over normals, finite.
    influence : array, shape (n, d)
        Of each normal on it.
    where : bool array, shape (d,)
        Depths at which the correlation between neighbouring normals is measured: at the layer, since normals that
        converge beneath it share ever more voxels.
    spacing_mm : float
        Distance between neighbouring normals.
    """
    n = len(intensities)
    residuals = np.where(np.isfinite(intensities), intensities - mean, 0.0)[:, where]
    # Rounding errors of an image without any noise are no noise.
    correlations = _correlations(
        _without_trend(residuals, round(TREND_MM / spacing_mm)), negligible=1e-7 * np.abs(mean).max()
    )
    correlation_length = 1 + 2 * correlations.sum()
    block = int(min(np.ceil(BLOCK_IN_CORRELATION_LENGTHS * correlation_length), max(n // 2, 1)))
    blocks = n / block
    lags = np.arange(1, len(correlations) + 1)
    within_block = 1 + 2 * (np.clip(1 - lags / block, 0, None) * correlations).sum()
    inflation = np.sqrt(blocks / max(blocks - 1, 0.5) * correlation_length / within_block)
    running = np.cumsum(np.concatenate([np.zeros((1, influence.shape[1])), influence, influence[:block]]), axis=0)
    sums = running[block : block + n] - running[:n]
    deviations = inflation / (n * np.sqrt(block)) * sums
    return ProfileNoise(mean, influence, deviations, correlation_length, block, blocks, inflation)


def interval(replicates, level=0.95):
    """Percentile interval (low, high) of the finite replicates, shape (m,); NaN where none is finite."""
    finite = replicates[np.isfinite(replicates)]
    if not len(finite):
        return float("nan"), float("nan")
    low, high = np.quantile(finite, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def student_tails(count, degrees_of_freedom, random):
    """Factors that give replicates Student's tails: few blocks tell their own variance badly."""
    degrees_of_freedom = max(degrees_of_freedom, 1.0)
    return np.sqrt(degrees_of_freedom / random.chisquare(degrees_of_freedom, count))


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
