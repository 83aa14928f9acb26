"""Intervals of shares and of their ratio."""

import numpy as np
import pytest
from M1SHThkLib.cohort.proportions import clopper_pearson, effective_count, ratio_interval, wilson
from scipy.stats import binom, binomtest, norm


@pytest.mark.parametrize(("hits", "count"), [(0, 8), (3, 10), (13, 13), (22, 27)])
def test_shares_are_scipy_s(hits, count):
    test = binomtest(hits, count)
    assert wilson(hits, count) == pytest.approx(tuple(test.proportion_ci(method="wilson")))
    assert clopper_pearson(hits, count) == pytest.approx(tuple(test.proportion_ci(method="exact")))


@pytest.mark.parametrize("counts", [(22, 27, 2, 13), (15, 27, 1, 13), (5, 10, 4, 8), (27, 27, 3, 13)])
def test_ratio_is_the_score_interval_of_statsmodels(counts):
    """Without the factor N / (N - 1) that Miettinen and Nurminen add to Koopman's variance."""
    proportion = pytest.importorskip("statsmodels.stats.proportion")
    expected = proportion.confint_proportions_2indep(*counts, method="score", compare="ratio", correction=False)
    assert ratio_interval(*counts) == pytest.approx(expected, rel=1e-3)


def test_ratio_turns_with_its_shares():
    low, high = ratio_interval(20, 27, 3, 13)
    assert ratio_interval(3, 13, 20, 27) == pytest.approx((1 / high, 1 / low))


@pytest.mark.parametrize(("count", "other"), [(9, 8), (9, 12), (27, 13)])
def test_ratio_of_two_full_shares_reaches_to_both_sides(count, other):
    """The chi-square is n (1 - r) / r of a ratio r below 1, and m (r - 1) above."""
    point = norm.ppf(0.975) ** 2
    assert ratio_interval(count, count, other, other) == pytest.approx((count / (count + point), 1 + point / other))


def test_ratio_without_a_hit_has_one_end():
    assert ratio_interval(20, 27, 0, 13)[1] == np.inf and ratio_interval(20, 27, 0, 13)[0] > 1
    assert ratio_interval(0, 27, 3, 13)[0] == 0
    assert ratio_interval(0, 27, 0, 13) == (0, np.inf)


def test_ratio_covers():
    """Every outcome of 27 patients and 13 controls with its probability: the share of outcomes that hold the truth."""
    covered = 0.0
    for hits in range(28):
        for false in range(14):
            low, high = ratio_interval(hits, 27, false, 13)
            weight = binom.pmf(hits, 27, 0.8) * binom.pmf(false, 13, 0.15)
            covered += weight * (low <= 0.8 / 0.15 <= high)
    assert covered == pytest.approx(0.95, abs=0.02)


def test_values_of_whole_subjects_are_worth_what_scatters():
    """Four alike values a subject are worth one; independent ones four."""
    alike = np.repeat([4, 0], 20)
    assert effective_count(alike, np.full(40, 4)) == pytest.approx(40, rel=0.03)
    independent = np.random.default_rng(0).binomial(4, 0.5, 4000)
    assert effective_count(independent, np.full(4000, 4)) == pytest.approx(16_000, rel=0.06)
    assert effective_count(np.full(13, 4), np.full(13, 4)) == 13
