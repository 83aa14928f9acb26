"""What a cut-off does: from a table of two by two, by hand."""

from dataclasses import replace

import numpy as np
import pytest
from cohort_builder import study_of
from M1SHThkLib.cohort.accuracy import accuracy_findings
from M1SHThkLib.cohort.options import CohortOptions
from M1SHThkLib.cohort.study import Study

GIVEN = CohortOptions(replicates=50, cutoff_per_mm=0.05, prevalence=0.1)


def study(mimics=0):
    """20 patients, 16 at or above 0.05; 10 controls, 1 at or above it; of mimics every second one."""
    patients = np.repeat([0.08, 0.02], [16, 4])
    controls = np.repeat([0.06, 0.01], [1, 9])
    own = study_of(*(np.outer(values, [1, 0.9, 0.8, 0.7]) for values in (patients, controls)))
    if not mimics:
        return own
    others = study_of([], np.outer(np.resize([0.07, 0.03], mimics), [1, 0.9, 0.8, 0.7])).subjects
    others = tuple(replace(subject, name=f"M{n}", group="mimic") for n, subject in enumerate(others))
    return Study(3.0, (*own.subjects, *others))


def of(findings, quantity, against="controls", **labels):
    found = [f for f in findings if f.quantity == quantity and f.labels["against"] == against]
    return [f for f in found if labels.items() <= f.labels.items()]


def test_of_a_given_cutoff_everything_is_what_the_table_gives():
    findings = accuracy_findings(study(), GIVEN)
    (sensitivity,) = of(findings, "sensitivity")
    assert sensitivity.details["table"] == [[16, 4], [1, 9]]
    assert sensitivity.estimate == 0.8 and of(findings, "specificity")[0].estimate == 0.9
    assert of(findings, "likelihood ratio +")[0].estimate == pytest.approx(0.8 / 0.1)
    assert of(findings, "likelihood ratio -")[0].estimate == pytest.approx(0.2 / 0.9)
    assert of(findings, "accuracy")[0].estimate == pytest.approx(25 / 30)
    (in_study, at_tenth), (npv, npv_at_tenth) = of(findings, "PPV"), of(findings, "NPV")
    assert in_study.estimate == pytest.approx(16 / 17) and npv.estimate == pytest.approx(9 / 13)
    assert at_tenth.estimate == pytest.approx(0.1 * 0.8 / (0.1 * 0.8 + 0.9 * 0.1))
    assert npv_at_tenth.estimate == pytest.approx(0.9 * 0.9 / (0.9 * 0.9 + 0.1 * 0.2))
    assert at_tenth.labels["prevalence"] == "given" and "10 % patients" in at_tenth.words


def test_every_number_has_an_interval_about_it():
    for finding in accuracy_findings(study(), GIVEN):
        low, high = finding.ci
        assert low < finding.estimate < high


def test_specificity_against_mimics_is_theirs_at_the_same_cutoff():
    findings = accuracy_findings(study(mimics=12), GIVEN)
    (found,) = of(findings, "specificity", "mimics")
    assert found.estimate == 0.5 and found.details["table"] == [[16, 4], [6, 6]]
    (both,) = of(findings, "specificity", "mimics and controls")
    assert both.estimate == pytest.approx(15 / 22)


def test_mimics_have_no_part_in_the_choice_and_need_no_correction():
    """Youden's cut-off parts patients and controls whatever the mimics are."""
    options = CohortOptions(replicates=50)
    alone, beside = (accuracy_findings(own, options) for own in (study(), study(mimics=12)))
    (one,), (other,) = of(alone, "sensitivity"), of(beside, "sensitivity")
    assert one.details["cutoff"] == other.details["cutoff"] and one.estimate == other.estimate
    (found,) = of(beside, "specificity", "mimics")
    assert found.estimate == found.details["table"][1][1] / 12


def test_no_false_positive_leaves_the_ratio_without_upper_limit():
    own = study_of(np.outer([0.08] * 6, np.ones(4)), np.outer([0.01, 0.02, 0.01], np.ones(4)))
    (ratio,) = of(accuracy_findings(own, GIVEN), "likelihood ratio +")
    assert ratio.estimate is None and "no upper bound" in ratio.words
    (ppv, _) = of(accuracy_findings(own, GIVEN), "PPV")
    assert ppv.estimate == 1 and ppv.ci[0] < 1


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("cutoff", "without", "whom"),
    [(1.0, {"likelihood ratio +", "PPV"}, "nobody"), (0.001, {"likelihood ratio -", "NPV"}, "everybody")],
)
def test_a_cutoff_beyond_all_values_leaves_no_share_of_nobody(cutoff, without, whom):
    findings = accuracy_findings(study(), CohortOptions(cutoff_per_mm=cutoff))
    assert {f.quantity for f in findings if f.estimate is None} == without
    assert all(f"none, since {whom} is called pathologic" in f.words for f in findings if f.estimate is None)


@pytest.mark.parametrize(("patients", "controls"), [([], [0.1]), ([0.1] * 3, [0.1] * 3), ([0.01, 0.02], [0.1, 0.2])])
def test_why_there_is_none(patients, controls):
    rows = [np.outer(values, np.ones(4)) if len(values) else [] for values in (patients, controls)]
    (found,) = accuracy_findings(study_of(*rows), CohortOptions(replicates=10))
    assert found.words.startswith("The chosen cut-off of SH/Thk: none.") and found.estimate is None
