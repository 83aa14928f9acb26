"""Spearman's rho of values that come in whole subjects: the coefficient, its interval and its P."""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from ..translation import Note as _
from .resampling import CONFIDENCE, permutation_p
from .ties import tied

FEWEST_SUBJECTS = 4
# Above so many subjects Student's t of the studentised coefficient tells the same, in less time.
PERMUTED_UP_TO = 100
PERMUTED = _("by permuting the scores of whole patients")
_CHUNK = 2_000_000  # numbers held at once


@dataclass(frozen=True)
class Correlation:
    """Spearman's rho of values that come in clusters.

    Attributes
    ----------
    rho : float
    n, subjects : int
        Pairs of values, and subjects that give at least one.
    naive_p : float
        By Student's t, as if all pairs were independent.
    error : float
        Standard error of rho, whole subjects being independent.
    values, scores : arrays, shape (subjects, k)
        Of those subjects, as they are; nan where missing.
    """

    rho: float
    n: int
    subjects: int
    naive_p: float
    error: float
    values: np.ndarray
    scores: np.ndarray

    @property
    def ci(self):
        """95 % interval, by Fisher's transform and Student's t; None for a perfect correlation."""
        if abs(self.rho) >= 1 - 1e-12 or not self.error > 0:
            return None
        reach = stats.t.ppf((1 + CONFIDENCE) / 2, self.subjects - 1) * self.error / (1 - self.rho**2)
        low, high = np.tanh(np.arctanh(self.rho) + np.array([-reach, reach]))
        return float(low), float(high)


def spearman(values, scores):
    """Spearman's rho over all pairs, or in words why there is none.

    Parameters
    ----------
    values, scores : arrays, shape (subjects, k)
        nan where missing.
    """
    values, scores = tied(values), tied(scores)
    paired = np.isfinite(values) & np.isfinite(scores)
    keep = paired.any(axis=1)
    values, scores, paired = values[keep], scores[keep], paired[keep]
    x, y = values[paired], scores[paired]
    if keep.sum() < FEWEST_SUBJECTS:
        return _("too few patients have both a value and a score ({count}); {least} are needed").format(
            count=keep.sum(), least=FEWEST_SUBJECTS
        )
    for own, name in ((x, _("values")), (y, _("scores"))):
        if not np.ptp(own) > 0:
            return _("all {count} {name} are equal, so nothing can go with them").format(count=len(own), name=name)
    rho, influence = rho_and_influence(x, y)
    subjects = int(keep.sum())
    totals = np.bincount(np.nonzero(paired)[0], influence) / len(x)
    error = float(np.sqrt(subjects / (subjects - 1) * (totals**2).sum()))
    naive_p = float(stats.spearmanr(x, y).pvalue)
    return Correlation(rho, len(x), subjects, naive_p, error, values, scores)


def rho_and_influence(x, y):
    """Spearman's rho with midranks, and the influence of each pair on it; x and y (n,) each with two different values.

    The coefficient is the correlation of the empirical distribution functions of x and y, with half of what is equal:
    a pair moves their products and, by its place among the others, the functions themselves.

    Returns
    -------
    (rho, influence) : (float, array of shape (n,))
        The influences add up to 0; the variance of rho is the sum of their squares over n^2.
    """
    n = len(x)
    u, v = ((stats.rankdata(own) - 0.5) / n - 0.5 for own in (x, y))
    joint, of_x, of_y = (u * v).mean(), (u * u).mean(), (v * v).mean()
    by_joint = u * v + _mean_at_or_above(x, v) + _mean_at_or_above(y, u) - 3 * joint
    by_x = u * u + 2 * _mean_at_or_above(x, u) - 3 * of_x
    by_y = v * v + 2 * _mean_at_or_above(y, v) - 3 * of_y
    rho = joint / np.sqrt(of_x * of_y)
    return float(rho), by_joint / np.sqrt(of_x * of_y) - rho / 2 * (by_x / of_x + by_y / of_y)


def _mean_at_or_above(values, weights):
    """Of the weights of what lies above each value, and half of those of what equals it, the sum over n."""
    _, which = np.unique(values, return_inverse=True)
    totals = np.bincount(which, weights)
    above = totals[::-1].cumsum()[::-1] - totals
    return (above + totals / 2)[which] / len(values)


def fieller_interval(rho, n, confidence=CONFIDENCE):
    """Interval of Spearman's rho of n > 3 independent pairs, (low, high); None for a perfect correlation.

    Fisher's transform with the standard error sqrt(1.06 / (n - 3)) (Fieller, Hartley and Pearson, Biometrika
    1957;44:470).
    """
    if abs(rho) >= 1 - 1e-12:
        return None
    reach = stats.norm.ppf((1 + confidence) / 2) * np.sqrt(1.06 / (n - 3))
    low, high = np.tanh(np.arctanh(rho) + np.array([-reach, reach]))
    return float(low), float(high)


def permuted_p(values, scores, permutations, seed):
    """P of Spearman's rho, two-sided, by dealing whole subjects' scores, as they are, anew to the subjects.

    Each dealing has the pairs that its values and scores form. Where scores are missing these are other pairs than the
    true ones, and the coefficient is divided by its error under every dealing (DiCiccio and Romano, J Am Stat Assoc
    2017;112:1211).

    Parameters
    ----------
    values, scores : arrays, shape (subjects, k)
        nan where missing.
    permutations, seed : int
    """
    (x, has_value), (y, has_score) = (_centred_ranks(own) for own in (values, scores))
    subjects = np.arange(len(x))
    dealt = np.random.default_rng(seed).permuted(np.tile(subjects, (permutations, 1)), axis=1)
    if has_value.all() and has_score.all():
        products = x @ y.T  # of one subject's values and another's scores
        return float(permutation_p(abs(products.trace()), np.abs(products[subjects, dealt].sum(axis=1))))
    chunks = np.array_split(dealt, 1 + permutations * x.size // _CHUNK)
    statistics = [_statistic(x, has_value, y, has_score, own) for own in (subjects[None], *chunks)]
    return float(permutation_p(statistics[0][0], np.concatenate(statistics[1:])))


def _statistic(x, has_value, y, has_score, dealt):
    """|rho|, or what takes its place where scores are missing, under each dealing of the scores; shape (dealings,)."""
    paired = (has_value & has_score[dealt]).astype(float)
    count = np.maximum(paired.sum(axis=(1, 2)), 1)[:, None, None]
    x, y = paired * x, paired * y[dealt]
    x, y = (paired * (own - own.sum(axis=(1, 2), keepdims=True) / count) for own in (x, y))
    products = (x * y).sum(axis=2)
    scale = (products**2).sum(axis=1)
    if has_score.all():
        scale = (x**2).sum(axis=(1, 2)) * (y**2).sum(axis=(1, 2))
    total = np.abs(products.sum(axis=1))
    return np.divide(total, np.sqrt(scale), out=np.zeros(len(total)), where=scale > 1e-9)


def _centred_ranks(values):
    """Midranks over all that is there less their mean, 0 where missing; and where it is there."""
    present = np.isfinite(values)
    ranks = np.zeros(values.shape)
    ranks[present] = stats.rankdata(values[present]) - (present.sum() + 1) / 2
    return ranks, present


def clustered_p(correlation, permutations, seed):
    """P, two-sided, of a Correlation, and how it came about: whole subjects' scores permuted; by its error if large."""
    if correlation.subjects > PERMUTED_UP_TO:
        z = np.arctanh(np.clip(correlation.rho, -1 + 1e-15, 1 - 1e-15)) * (1 - correlation.rho**2) / correlation.error
        return float(2 * stats.t.sf(abs(z), correlation.subjects - 1)), _("by its standard error")
    p = permuted_p(correlation.values, correlation.scores, permutations, seed)
    return p, PERMUTED
