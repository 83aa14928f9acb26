"""Numbers that R prints, kept with the call that made them; R is not needed here."""

import numpy as np
import pytest
from M1SHThkLib.cohort.kappa import kappa
from M1SHThkLib.cohort.multiplicity import holm
from M1SHThkLib.cohort.rank_sum import mann_whitney, signed_rank_p


def test_mann_whitney_without_ties():
    """?wilcox.test, Hollander and Wolfe 1973, 69f: wilcox.test(x, y, alternative = "g"), W = 35, p-value = 0.1272."""
    placenta = [0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46]
    later = [1.15, 0.88, 0.90, 0.74, 1.21]
    found = mann_whitney(np.array(placenta), np.array(later))
    assert found.u == 35 and found.p / 2 == pytest.approx(0.1272, abs=5e-5)


def test_mann_whitney_with_ties():
    """exactRankTests, data(bloodp): wilcox.exact(score ~ group, data = bloodp), W = 35, p-value = 0.0989."""
    treated = [94, 108, 110, 90]
    controls = [80, 94, 85, 90, 90, 90, 108, 94, 78, 105, 88]
    found = mann_whitney(np.array(treated, float), np.array(controls, float))
    assert (found.u, found.how) == (35, "exact") and found.p == pytest.approx(0.0989, abs=5e-5)


def test_signed_rank():
    """?wilcox.test, Hollander and Wolfe 1973, 29f: paired, alternative = "greater": V = 40, p-value = 0.01953."""
    first = [1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30]
    second = [0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29]
    lesser, p = signed_rank_p(np.array(first) - np.array(second))
    assert 45 - lesser == 40 and p / 2 == pytest.approx(0.01953, abs=5e-6)


@pytest.mark.parametrize(("weights", "value", "error"), [(None, 0.1293, 0.06860), ("linear", 0.2374, 0.07832)])
def test_kappa(weights, value, error):
    """vcd, data("SexualFun"): Kappa(SexualFun), unweighted and with equal spacing; value and ASE."""
    table = np.array([[7, 7, 2, 3], [2, 8, 3, 7], [1, 5, 4, 9], [2, 8, 9, 14]])
    one = np.repeat(np.repeat(np.arange(4), 4), table.ravel())[:, None]
    other = np.repeat(np.tile(np.arange(4), 4), table.ravel())[:, None]
    assert kappa(one, other, 4, weights)[:2] == pytest.approx((value, error), abs=5e-5)


def test_holm():
    """p.adjust(c(0.04, 0.01, 0.03, 0.05, 0.02), "holm")."""
    assert holm([0.04, 0.01, 0.03, 0.05, 0.02]) == pytest.approx([0.09, 0.05, 0.09, 0.09, 0.08])
