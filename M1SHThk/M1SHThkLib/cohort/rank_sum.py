"""Two groups compared by ranks: the Wilcoxon-Mann-Whitney test, exact with ties too, and van Elteren's statistic.

Its effect size is the AUC, the probability that a value of the first group exceeds one of the second, ties counted
half; the rank-biserial correlation is 2 AUC - 1 (Kerby, Compr Psychol 2014;3:1).
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy import special, stats

from ..translation import Note as _
from .auc import area
from .finding import p_text
from .resampling import permutation_p
from .ties import tied

# Every way to deal the ranks is counted up to this product of all values and the smaller group's: 27 and 13 values,
# 35 and 35, 8 and 300.
EXACT_UP_TO = 2500
EXACT_SIGNED_UP_TO = 200  # differences
# With more values in the smaller group the normal distribution serves.
PERMUTED_UP_TO = 50


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
    how : str
        How P came about.
    smallest_p : float
        That groups of these sizes and ties can reach.
    """

    auc: float
    ci: tuple[float, float]
    u: float
    p: float
    how: str
    smallest_p: float

    @property
    def in_words(self):
        """'Mann-Whitney U = 123, P = .004 (exact)'."""
        return _("Mann-Whitney U = {u:g}, {p} ({how})").format(u=self.u, p=p_text(self.p), how=self.how)

    @property
    def rank_biserial(self):
        return 2 * self.auc - 1

    @property
    def rank_biserial_ci(self):
        return 2 * self.ci[0] - 1, 2 * self.ci[1] - 1


def mann_whitney(first, second, permutations=9999, seed=0):
    """Mann-Whitney U test of two groups of values, shapes (n,) and (m,), n and m > 0 and not all values equal."""
    values = tied(np.concatenate([first, second]))
    is_first = np.arange(len(values)) < len(first)
    found = area(values, is_first)
    u = found.auc * len(first) * len(second)
    p, how, smallest = rank_sum_p(values, is_first, permutations, seed)
    return MannWhitney(found.auc, found.ci, u, p, how, smallest)


def rank_sum_p(values, is_first, permutations, seed):
    """P, two-sided, of the rank sum of one of two groups.

    The share of the ways to deal the midranks to the groups whose rank sum lies at least as far from its mean (as in
    R's coin and exactRankTests).

    Parameters
    ----------
    values : array, shape (n,)
    is_first : bool array, shape (n,)
    permutations, seed : int

    Returns
    -------
    (p, how, smallest) : (float, str, float)
        `smallest`: the least P that any dealing has; 0 where the groups are too great for it to matter.
    """
    smaller = is_first if 2 * is_first.sum() <= len(values) else ~is_first
    size, count = len(values), int(smaller.sum())
    ranks = stats.rankdata(values)
    mean = count * (size + 1) / 2
    distance = abs(ranks[smaller].sum() - mean)
    if count * size <= EXACT_UP_TO:
        # Twice the midranks are whole numbers, and so are their distances from the mean.
        ways = subset_sums(np.rint(2 * ranks).astype(int), count)
        distances = np.abs(np.arange(len(ways)) - round(2 * mean))
        p, smallest = (
            ways[distances >= least].sum() / ways.sum() for least in (round(2 * distance), distances[ways > 0].max())
        )
        return float(min(p, 1.0)), _("exact"), float(min(smallest, 1.0))
    if count <= PERMUTED_UP_TO:
        dealt = np.abs(ranks[_dealings(size, count, permutations, seed)].sum(axis=1) - mean)
        return (
            float(permutation_p(distance, dealt)),
            _("{permutations} permutations").format(permutations=permutations),
            0.0,
        )
    error = np.sqrt(ranks.var() * count * (size - count) / (size - 1))
    return float(2 * stats.norm.sf(max(distance - 0.5, 0) / error)), _("normal approximation"), 0.0


@lru_cache(maxsize=4)
def _dealings(size, count, permutations, seed):
    """Which `count` of so many values a group gets, int array of shape (permutations, count)."""
    random = np.random.default_rng(seed)
    return np.array([random.choice(size, count, replace=False) for _ in range(permutations)])


def subset_sums(numbers, count):
    """In how many ways `count` of the numbers (whole, 0 or more) add up to each sum, shape (greatest sum + 1,)."""
    greatest = int(np.sort(numbers)[len(numbers) - count :].sum())
    ways = np.zeros((count + 1, greatest + 1))
    ways[0, 0] = 1
    for number in numbers:
        ways[1:, number:] += ways[:-1, : greatest + 1 - number]
    return ways[count]


def signed_rank_p(differences):
    """P, two-sided, of the Wilcoxon signed-rank test: exact, with midranks for ties, differences of 0 left out.

    Parameters
    ----------
    differences : array, shape (n,)
        None of them 0.

    Returns
    -------
    (statistic, p) : (float, float)
        The statistic is the lesser of the sums of the ranks of the positive and of the negative differences.
    """
    if len(differences) > EXACT_SIGNED_UP_TO:
        test = stats.wilcoxon(differences)
        return float(test.statistic), float(test.pvalue)
    doubled = np.rint(2 * stats.rankdata(tied(np.abs(differences)))).astype(int)
    positive = doubled[differences > 0].sum()
    ways = np.zeros(doubled.sum() + 1)
    ways[0] = 1
    for rank in doubled:
        ways[rank:] += ways[: len(ways) - rank].copy()
    distances = np.abs(2 * np.arange(len(ways)) - doubled.sum())
    distance = abs(2 * positive - doubled.sum())
    p = ways[distances >= distance].sum() / ways.sum()
    return float(min(positive, doubled.sum() - positive) / 2), float(min(p, 1.0))


def smallest_p(n, m):
    """The least two-sided P that groups of n and m different values can reach: complete separation."""
    return min(1.0, 2 / float(special.binom(n + m, n)))


@dataclass(frozen=True)
class VanElteren:
    """The stratified Wilcoxon statistic.

    Attributes
    ----------
    chi_square, naive_p : float
        One degree of freedom. Valid only if no subject is in two strata.
    """

    chi_square: float
    naive_p: float


def van_elteren(values, is_first):
    """Van Elteren's stratified statistic (Bull Int Stat Inst 1960;37:351), with midranks for ties.

    It is the Mantel-Haenszel mean score statistic of modified ridits, rank / (N + 1) (Lehmann, Nonparametrics, 1975,
    pp 132-141). Its effect size is `auc.area_over_strata`.

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
    statistic = variance = 0.0
    for own in np.asarray(values, float).T:
        present = np.isfinite(own)
        n, m = (present & is_first).sum(), (present & ~is_first).sum()
        if n == 0 or m == 0:
            continue
        ridits = stats.rankdata(own[present]) / (n + m + 1) - 0.5
        statistic += ridits[is_first[present]].sum()
        variance += n * m / (n + m) * ridits.var(ddof=1)
    if variance == 0:
        return None
    chi_square = float(statistic**2 / variance)
    return VanElteren(chi_square, float(stats.chi2.sf(chi_square, 1)))
