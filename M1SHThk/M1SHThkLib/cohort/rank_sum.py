"""Two groups compared by ranks: the Wilcoxon-Mann-Whitney statistic, of one sample of values and over strata.

Its effect size is the AUC, the probability that a value of the first group exceeds one of the second, ties counted
half; the rank-biserial correlation is 2 AUC - 1 (Kerby, Compr Psychol 2014;3:1).
"""

from dataclasses import dataclass

import numpy as np
from scipy import optimize, special, stats

from .resampling import CONFIDENCE


def pairs_won(first, second):
    """Who is greater in each pair of values: 1 the first, 0 the second, 0.5 none; 0 where one is missing.

    Parameters
    ----------
    first, second : arrays, shapes (..., n) and (..., m)

    Returns
    -------
    array, shape (..., n, m)
    """
    first, second = np.asarray(first, float)[..., :, None], np.asarray(second, float)[..., None, :]
    return (first > second) + 0.5 * (first == second)


def auc_interval(auc, n, m, confidence=CONFIDENCE):
    """Score interval of an AUC from n and m independent values, (low, high).

    The variance of Hanley and McNeil taken at the limit itself and with both sizes replaced by their mean, which keeps
    its coverage in small groups and up to AUC = 1 (method 5 of Newcombe, Stat Med 2006;25:559).
    """
    z = stats.norm.ppf((1 + confidence) / 2)
    size = (n + m) / 2 - 1

    def excess(limit):
        spread = 1 + size * ((1 - limit) / (2 - limit) + limit / (1 + limit))
        return (auc - limit) ** 2 - z**2 * limit * (1 - limit) * spread / (n * m)

    # At 0 and 1 the excess is 0 without being a limit.
    inside = np.clip(auc, 1e-12, 1 - 1e-12)
    low = optimize.brentq(excess, 0.0, inside) if auc > 0 else 0.0
    high = optimize.brentq(excess, inside, 1.0) if auc < 1 else 1.0
    return float(low), float(high)


@dataclass(frozen=True)
class MannWhitney:
    """Two groups of independent values.

    Attributes
    ----------
    auc : float
    ci : (low, high)
        Of the AUC, 95 %.
    u, p : float
        Of the first group, two-sided.
    exact : bool
        P is exact; otherwise the normal approximation corrected for ties and continuity.
    smallest_p : float
        That these group sizes can reach.
    """

    auc: float
    ci: tuple[float, float]
    u: float
    p: float
    exact: bool
    smallest_p: float

    @property
    def rank_biserial(self):
        return 2 * self.auc - 1

    @property
    def rank_biserial_ci(self):
        return 2 * self.ci[0] - 1, 2 * self.ci[1] - 1


EXACT_UP_TO = 8


def mann_whitney(first, second):
    """Mann-Whitney U test of two groups of values, shapes (n,) and (m,), n and m > 0 and not all values equal."""
    n, m = len(first), len(second)
    has_ties = len(np.unique(np.concatenate([first, second]))) < n + m
    exact = min(n, m) <= EXACT_UP_TO and not has_ties
    test = stats.mannwhitneyu(first, second, method="exact" if exact else "asymptotic")
    u, auc = float(test.statistic), float(test.statistic) / (n * m)
    return MannWhitney(auc, auc_interval(auc, n, m), u, float(test.pvalue), exact, smallest_p(n, m))


def smallest_p(n, m):
    """The least two-sided P that groups of n and m values can reach: complete separation."""
    return min(1.0, 2 / float(special.binom(n + m, n)))


@dataclass(frozen=True)
class VanElteren:
    """The stratified Wilcoxon statistic.

    Attributes
    ----------
    auc : float
        Mean of the strata's AUCs with the weights of the statistic, n m / (n + m + 1).
    chi_square, naive_p : float
        One degree of freedom. Valid only if no subject is in two strata.
    scores : array, shape (subjects,)
        What a subject adds to the statistic if it belongs to the first group: its modified ridits less one half,
        summed over the strata. Their sum over all subjects is 0.
    """

    auc: float
    chi_square: float
    naive_p: float
    scores: np.ndarray


def van_elteren(values, is_first):
    """Van Elteren's stratified statistic (Bull Int Stat Inst 1960;37:351), with midranks for ties.

    It is the Mantel-Haenszel mean score statistic of modified ridits, rank / (N + 1) (Lehmann, Nonparametrics, 1975,
    pp 132-141).

    Parameters
    ----------
    values : array, shape (subjects, strata)
        nan where missing. A stratum that lacks one of the groups counts for nothing.
    is_first : bool array, shape (subjects,)

    Returns
    -------
    VanElteren or None
        None where no stratum has both groups and two different values.
    """
    values = np.asarray(values, float)
    scores = np.zeros(len(values))
    statistic = variance = weights = 0.0
    for own in values.T:
        present = np.isfinite(own)
        n, m = (present & is_first).sum(), (present & ~is_first).sum()
        if n == 0 or m == 0:
            continue
        ridits = stats.rankdata(own[present]) / (n + m + 1) - 0.5
        scores[present] += ridits
        statistic += ridits[is_first[present]].sum()
        variance += n * m / (n + m) * ridits.var(ddof=1)
        weights += n * m / (n + m + 1)
    if variance == 0:
        return None
    chi_square = statistic**2 / variance
    return VanElteren(0.5 + statistic / weights, chi_square, float(stats.chi2.sf(chi_square, 1)), scores)


def stratified_aucs(first, second, first_weights, second_weights):
    """AUC over strata, as `van_elteren` gives it, under many weightings of the subjects at once.

    Parameters
    ----------
    first, second : arrays, shapes (n, strata) and (m, strata)
        nan where missing.
    first_weights, second_weights : arrays, shapes (replicates, n) and (replicates, m)
        How often each subject counts.

    Returns
    -------
    array, shape (replicates,)
        nan where no stratum has both groups.
    """
    won = total = 0.0
    for pairs, of_first, of_second in zip(
        pairs_won(first.T, second.T), np.isfinite(first.T), np.isfinite(second.T), strict=True
    ):
        n, m = first_weights @ of_first, second_weights @ of_second
        won = won + ((first_weights @ pairs) * second_weights).sum(1) / (n + m + 1)
        total = total + n * m / (n + m + 1)
    return np.divide(won, total, out=np.full(len(first_weights), np.nan), where=total > 0)
