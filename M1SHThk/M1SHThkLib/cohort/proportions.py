"""Intervals of shares, of the ratio of two, and of the difference of two in the same subjects; all 95 %.

Hits need not be whole numbers: a share that was corrected for optimism stands for so many.
"""

import numpy as np
from scipy.optimize import brentq
from scipy.stats import beta, norm

QUANTILE = norm.ppf(0.975)
_NO_DIFFERENCE = 1e-6  # of two shares; of less than that rounding makes a chi-square of any size


def wilson(hits, count, quantile=QUANTILE):
    """Wilson's interval of a share, (low, high); Newcombe, Stat Med 1998;17:857, method 3.

    `quantile`: Student's where the count itself is estimated, as `effective_count` does.
    """
    share, z = hits / count, quantile
    middle = (share + z**2 / (2 * count)) / (1 + z**2 / count)
    half = z * np.sqrt(share * (1 - share) / count + z**2 / (4 * count**2)) / (1 + z**2 / count)
    return float(max(middle - half, 0.0)), float(min(middle + half, 1.0))


def clopper_pearson(hits, count):
    """The exact interval of a share, (low, high); Clopper and Pearson, Biometrika 1934;26:404."""
    low = beta.ppf(0.025, hits, count - hits + 1) if hits > 0 else 0.0
    high = beta.ppf(0.975, hits + 1, count - hits) if hits < count else 1.0
    return float(low), float(high)


def effective_count(hits, counts):
    """How many independent values the values of whole subjects are worth (Rao and Scott, Biometrics 1992;48:577).

    Parameters
    ----------
    hits, counts : arrays, shape (subjects,)
        How many of a subject's values are hits, of how many.

    Returns
    -------
    float
        From the number of subjects to that of values.
    """
    subjects, values = len(counts), counts.sum()
    share = hits.sum() / values
    variance = subjects / max(subjects - 1, 1) * ((hits - share * counts) ** 2).sum() / values**2
    if values == subjects or variance <= 0:
        return float(subjects)
    return float(np.clip(share * (1 - share) / variance, subjects, values))


def ratio_interval(hits, count, other_hits, other_count):
    """Score interval of the ratio of two independent shares, first over second; Koopman, Biometrics 1984;40:513.

    Returns
    -------
    (low, high)
        From 0 to inf.
    """
    share, other = hits / count, other_hits / other_count

    def excess(log_ratio):
        """Chi-square of the ratio, less its 95 % point."""
        ratio = np.exp(log_ratio)
        b = ratio * (count + other_hits) + hits + other_count
        root = np.sqrt(max(b**2 - 4 * ratio * (count + other_count) * (hits + other_hits), 0.0))
        other_fitted = 2 * (hits + other_hits) / (b + root)
        fitted = ratio * other_fitted
        if abs(share - ratio * other) < _NO_DIFFERENCE:
            return -(QUANTILE**2)
        variance = fitted * (1 - fitted) / count + ratio**2 * other_fitted * (1 - other_fitted) / other_count
        return (share - ratio * other) ** 2 / max(variance, 1e-300) - QUANTILE**2

    widest = 40.0  # exp(40): beyond any ratio of counts
    middle = np.log(share / other) if share > 0 and other > 0 else None
    if middle is None and share == other:
        return 0.0, np.inf
    low, high = 0.0, np.inf
    if share > 0:
        low = np.exp(brentq(excess, -widest, widest if middle is None else middle))
    if other > 0:
        high = np.exp(brentq(excess, -widest if middle is None else middle, widest))
    return float(low), float(high)


def paired_difference_interval(one_alone, other_alone, count):
    """Interval of the difference of two shares in the same subjects, within -1 to 1.

    Wald's interval after adding a half to each cell (Bonett and Price, J Educ Behav Stat 2012;37:479).

    Parameters
    ----------
    one_alone, other_alone : int
        Subjects in whom only the one, only the other holds.
    count : int
        All subjects.

    Returns
    -------
    (low, high)
    """
    one, other = (one_alone + 1) / (count + 2), (other_alone + 1) / (count + 2)
    half = QUANTILE * np.sqrt((one + other - (one - other) ** 2) / (count + 2))
    return float(max(one - other - half, -1)), float(min(one - other + half, 1))
