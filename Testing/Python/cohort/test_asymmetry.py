"""Right against left: the index, the side of onset, and the limbs."""

import numpy as np
import pytest
from cohort_builder import study_of
from M1SHThkLib.cohort.asymmetry import asymmetry_findings, asymmetry_index
from M1SHThkLib.cohort.options import CohortOptions

OPTIONS = CohortOptions(replicates=10, permutations=499)


def of(findings, quantity, **labels):
    wanted = {"marker": "sh_thk_per_mm", "region": "hand knob"} | labels
    (found,) = [f for f in findings if f.quantity == quantity and wanted.items() <= f.labels.items()]
    return found


def two_sides(left, right):
    """Subjects of these hand knobs; paracentral lobules alike."""
    rows = np.full((len(left), 4), 0.05)
    rows[:, 0], rows[:, 1] = left, right
    return rows


def test_index_is_right_less_left_over_their_mean():
    index = asymmetry_index(np.array([0.02, 0.0, 0.0, np.nan]), np.array([0.06, 0.05, 0.0, 0.1]))
    assert index[:2] == pytest.approx([1.0, 2.0]) and np.isnan(index[2:]).all()


def test_onset_on_the_left_goes_with_the_right_hemisphere():
    """Onset left: right hand knob darker, by more than in any patient with onset on the right."""
    random = np.random.default_rng(0)
    more, less = random.uniform(0.09, 0.12, 12), random.uniform(0.04, 0.06, 12)
    left = np.concatenate([less[:6], more[6:]])
    right = np.concatenate([more[:6], less[6:]])
    study = study_of(two_sides(left, right), two_sides(left, right), onset_side=["left"] * 6 + ["right"] * 6)
    found = of(asymmetry_findings(study, OPTIONS), "AUC", covariate="onset_side")
    assert found.estimate == 1.0 and found.n == {"left onset": 6, "right onset": 6}
    assert found.p == pytest.approx(2 / 924)


def test_thinner_is_the_pathologic_side():
    thk = np.full((16, 4), 1.5)
    thk[:4, 1] = thk[4:8, 0] = 1.0  # onset left: right hemisphere thinner; onset right: left hemisphere thinner
    thk += 0.001 * np.random.default_rng(1).normal(size=thk.shape)
    values = np.full((8, 4), 0.05)
    study = study_of(values, values, thk=thk, onset_side=["left"] * 4 + ["right"] * 4)
    found = of(asymmetry_findings(study, OPTIONS), "AUC", marker="thk_mm", covariate="onset_side")
    assert found.estimate == 1.0


def test_patients_are_more_asymmetric_whichever_side():
    random = np.random.default_rng(2)
    base = random.uniform(0.05, 0.08, 20)
    factor = np.where(np.arange(20) < 10, np.where(random.random(20) < 0.5, 1.8, 1 / 1.8), 1.05)
    values = two_sides(base, base * factor)
    found = of(asymmetry_findings(study_of(values[:10], values[10:]), OPTIONS), "AUC", against="controls")
    assert found.estimate == 1.0


def test_asymmetry_goes_with_the_difference_of_the_limbs():
    """The left hand knob serves the right arm: darker on the left, worse on the right."""
    index = np.linspace(-0.5, 0.5, 9)
    values = two_sides(0.06 * (1 - index / 2), 0.06 * (1 + index / 2))
    umn = [[4 - round(4 * own), 4 + round(4 * own), 3, 3] for own in index]
    study = study_of(values, values, umn=umn)
    found = of(asymmetry_findings(study, OPTIONS), "Spearman rho", covariate="limb difference")
    assert found.estimate > 0.95 and "left limb less right limb" in found.words


@pytest.mark.filterwarnings("error")
def test_what_cannot_be_told_gets_a_sentence():
    for finding in asymmetry_findings(study_of(np.zeros((4, 4)), np.full((3, 4), np.nan)), OPTIONS):
        assert finding.words.endswith(".") and finding.p is None and "nan" not in finding.words
