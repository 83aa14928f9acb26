"""Visual reading: the paper's table from its counts, agreement and McNemar against published examples."""

from dataclasses import replace

import numpy as np
import pytest
from cohort_builder import study_of
from M1SHThkLib.cohort.kappa import kappa
from M1SHThkLib.cohort.options import CohortOptions
from M1SHThkLib.cohort.proportions import paired_difference_interval
from M1SHThkLib.cohort.visual import visual_findings

pytestmark = pytest.mark.filterwarnings("error")

OPTIONS = CohortOptions(replicates=20)


def read_study(patients, controls, **calls):
    """A study whose first subjects of each group are read as so many counts say, by reader_session=(hits, right).

    `hits`: patients read as pathologic; `right`: controls read as nonpathologic. SH/Thk rises from control to patient.
    """
    visual = [{} for _ in range(patients + controls)]
    for key, (hits, right) in calls.items():
        for i, subject in enumerate(visual):
            subject[tuple(key.split("_"))] = i < hits if i < patients else i >= patients + right
    values = [
        np.repeat(np.linspace(low, low + 1, count)[:, None], 4, 1) for low, count in ((1.1, patients), (0, controls))
    ]
    return study_of(*values, visual=visual)


def agreement_study(both, only_one, only_other, neither):
    """Patients read by one reader in two sessions."""
    calls = [(True, True)] * both + [(True, False)] * only_one + [(False, True)] * only_other
    calls += [(False, False)] * neither
    return study_of(np.ones((len(calls), 4)), visual=[{("A", "1"): one, ("A", "2"): other} for one, other in calls])


def of(findings, quantity, **labels):
    found = [f for f in findings if f.quantity == quantity and labels.items() <= f.labels.items()]
    assert len(found) == 1
    return found[0]


class TestPaper:
    """Donatelli et al. 2018: these digits are all rounded, none is cut (its 44/52 = 0.846 of the ROC is, to 0.84)."""

    @pytest.mark.parametrize(
        ("patients", "controls", "hits", "right", "printed"),
        [
            (27, 13, 15, 12, ("0.56", "0.92", "0.68")),
            (27, 13, 17, 11, ("0.63", "0.85", "0.70")),
            (19, 18, 13, 16, ("0.68", "0.89", "0.78")),
            (19, 18, 12, 18, ("0.63", "1.00", "0.81")),
        ],
    )
    def test_sensitivity_specificity_and_accuracy(self, patients, controls, hits, right, printed):
        findings = visual_findings(read_study(patients, controls, A_1=(hits, right)), OPTIONS)
        for quantity, digits in zip(("sensitivity", "specificity", "accuracy"), printed, strict=True):
            found = next(f for f in findings if f.quantity == quantity)
            assert f"{found.estimate:.2f}" == digits
            assert f" {digits} (" in found.words

    def test_predictive_values(self):
        findings = visual_findings(read_study(27, 13, A_1=(15, 12)), OPTIONS)
        assert of(findings, "PPV").estimate == pytest.approx(15 / 16)
        assert of(findings, "NPV").estimate == pytest.approx(12 / 24)

    def test_better_session_has_the_greater_accuracy(self):
        findings = visual_findings(read_study(27, 13, A_1=(14, 12), A_2=(15, 12), B_1=(17, 11), B_2=(16, 12)), OPTIONS)
        better = {f.labels["reader"]: f for f in findings if f.what.endswith("better session")}
        assert better["A"].labels["session"] == "2"
        assert "better session 2" in better["A"].words
        assert better["B"].labels["session"] == "1"
        assert "first of equals" in better["B"].words
        assert {f.labels["session"] for f in findings if f.test and f.labels["reader"] == "A"} == {"2"}


class TestWords:
    def test_hold_both_groups_sizes_and_what_predictive_values_hold_for(self):
        findings = visual_findings(read_study(5, 1, A_1=(4, 1)), OPTIONS)
        for quantity in ("sensitivity", "specificity", "PPV", "NPV"):
            words = of(findings, quantity).words
            assert "5 patients and 1 control read" in words
            assert ("such a share of patients alone" in words) == quantity.endswith("PV")

    def test_interval_that_contradicts_mcnemar_s_p_says_so(self):
        """Five to none: P = 2 / 2^5, while the interval of the difference stays above zero."""
        found = of(visual_findings(read_study(6, 4, A_1=(1, 4)), OPTIONS), "difference of sensitivity", cutoff="youden")
        assert found.p == 0.0625 and found.ci[0] > 0 and "more cautious" in found.words


class TestKappa:
    def test_worked_example(self):
        """Both yes 20, only one 5, only the other 10, both no 15: observed 0.7, expected 0.5, kappa 0.4."""
        found = of(visual_findings(agreement_study(20, 5, 10, 15), OPTIONS), "kappa")
        assert found.estimate == pytest.approx(0.4)
        assert found.details["table"] == [[20, 5], [10, 15]]

    def test_interval_is_as_wide_as_kappa_scatters(self):
        """Kappa of tables drawn with the same probabilities."""
        low, high = of(visual_findings(agreement_study(80, 20, 40, 60), OPTIONS), "kappa").ci
        both, one, other, neither = np.random.default_rng(0).multinomial(200, [0.4, 0.1, 0.2, 0.3], 4000).T / 200
        expected = (both + one) * (both + other) + (neither + one) * (neither + other)
        scatter = np.std((both + neither - expected) / (1 - expected))
        assert (high - low) / 2 / 1.96 == pytest.approx(scatter, rel=0.04)

    def test_between_readers_of_the_same_session_and_sessions_of_the_same_reader_alone(self):
        findings = visual_findings(read_study(9, 9, A_1=(5, 8), A_2=(6, 8), B_1=(7, 7), B_2=(6, 7)), OPTIONS)
        # 9 - 8 controls and 5 patients of A are among those of B in session 1, and so on.
        assert {f.what: f.details["table"] for f in findings if f.quantity == "kappa"} == {
            "Reader A: agreement between sessions 1 and 2": [[6, 0], [1, 11]],
            "Reader B: agreement between sessions 1 and 2": [[8, 1], [0, 9]],
            "Readers A and B: agreement in session 1": [[6, 0], [3, 9]],
            "Readers A and B: agreement in session 2": [[7, 0], [1, 10]],
        }

    @pytest.mark.parametrize(
        ("table", "estimate", "says"),
        [
            ((10, 0, 0, 0), None, "called every subject the same"),
            ((8, 0, 3, 0), None, "called every subject the same"),
            ((5, 0, 0, 5), 1.0, "perfect agreement gives no"),
            ((0, 3, 3, 0), -1.0, "perfect disagreement gives no"),
        ],
    )
    def test_degenerate_tables(self, table, estimate, says):
        found = of(visual_findings(agreement_study(*table), OPTIONS), "kappa")
        assert found.estimate == estimate
        assert found.ci is None
        assert says in found.words

    @pytest.mark.parametrize("weights", [None, "linear", "quadratic"])
    def test_is_that_of_statsmodels_with_its_error(self, weights):
        """Fleiss, Cohen and Everitt 1969, as R's vcd::Kappa has it too."""
        inter_rater = pytest.importorskip("statsmodels.stats.inter_rater")
        random = np.random.default_rng(1)
        one = random.integers(0, 3, 60)
        other = np.clip(one + random.integers(-1, 2, 60), 0, 2)
        table = np.zeros((3, 3))
        np.add.at(table, (one, other), 1)
        expected = inter_rater.cohens_kappa(table, wt=weights)
        value, error, (low, high) = kappa(one[:, None], other[:, None], 3, weights)
        assert (value, error) == pytest.approx((expected.kappa, expected.std_kappa))
        assert low < value < high

    def test_things_read_of_one_subject_are_no_subjects(self):
        """Six alike regions a subject tell no more than one."""
        random = np.random.default_rng(2)
        one = random.integers(0, 3, (40, 1))
        other = np.clip(one + random.integers(-1, 2, (40, 1)), 0, 2)
        once = kappa(one, other, 3, "linear")
        six = kappa(np.tile(one, 6), np.tile(other, 6), 3, "linear")
        assert six[:2] == pytest.approx(once[:2]) and six[2] == pytest.approx(once[2])


class TestMcNemar:
    def test_exact_p_is_that_of_coin_tosses(self):
        """The measurement finds all 10 patients, the reader 4: 6 to 0, P = 2 / 2^6."""
        findings = visual_findings(read_study(10, 10, A_1=(4, 10)), OPTIONS)
        found = of(findings, "difference of sensitivity", cutoff="youden")
        assert found.n == {"patients": 10}
        assert found.estimate == pytest.approx(0.6)
        assert found.p == pytest.approx(2 / 2**6)
        assert "favours the measurement" in found.words

    def test_patients_and_controls_apart_at_every_cutoff(self):
        findings = visual_findings(read_study(10, 10, A_1=(4, 7)), CohortOptions(replicates=20, cutoff_per_mm=1.5))
        seen = [(f.labels["cutoff"], f.labels["group"]) for f in findings if f.quantity.startswith("difference")]
        assert sorted(seen) == sorted(
            (cutoff, group) for cutoff in ("youden", "left_out", "given") for group in ("patients", "controls")
        )
        # SH/Thk of the patients is 1.1 to 2.1 in ten steps: six reach 1.5, the reader finds the other four.
        given = of(findings, "difference of sensitivity", cutoff="given")
        assert (given.details["measurement_alone_right"], given.details["reader_alone_right"]) == (6, 4)
        # No control reaches 1.5; the reader takes three for patients.
        given = of(findings, "difference of specificity", cutoff="given")
        assert (given.details["measurement"], given.details["reader"]) == (1.0, 0.7)

    def test_better_session_stands_for_the_reader(self):
        findings = visual_findings(read_study(10, 10, A_1=(4, 10), A_2=(7, 10)), OPTIONS)
        assert of(findings, "difference of sensitivity", cutoff="youden").details["reader"] == 0.7

    def test_no_difference_is_not_tested(self):
        found = of(visual_findings(read_study(5, 5, A_1=(5, 5)), OPTIONS), "difference of sensitivity", cutoff="youden")
        assert found.p is None
        assert "never differ" in found.words

    def test_interval_of_the_difference(self):
        """The example of ci.prop.ps in R's statpsych: f00 = 12, f01 = 4, f10 = 26, f11 = 6."""
        assert paired_difference_interval(26, 4, 48) == pytest.approx((0.2548067, 0.6251933), abs=1e-7)


class TestDegenerate:
    def test_no_reading(self):
        (found,) = visual_findings(study_of(np.ones((3, 4)), np.ones((3, 4))), OPTIONS)
        assert "No subject was read by eye" in found.words and found.method

    def test_no_control(self):
        findings = visual_findings(read_study(5, 0, A_1=(3, 0)), OPTIONS)
        assert of(findings, "specificity").estimate is None
        assert "controls: 0" in of(findings, "difference of sensitivity", cutoff="youden").words

    def test_a_reader_of_mimics_alone_has_a_specificity_against_them(self):
        study = read_study(4, 3, A_1=(3, 3))
        mimic = replace(study.subjects[0], name="M1", group="mimic", visual={("B", "1"): False})
        findings = visual_findings(replace(study, subjects=(*study.subjects, mimic)), OPTIONS)
        assert of(findings, "specificity", reader="B", against="mimics").estimate == 1
        assert not [f for f in findings if f.labels.get("reader") == "B" and "better session" in f.what]

    def test_a_session_without_patients_and_controls_is_not_the_better_one(self):
        study = read_study(4, 3, A_2=(3, 3))
        mimic = replace(study.subjects[0], name="M1", group="mimic", visual={("A", "1"): False})
        findings = visual_findings(replace(study, subjects=(*study.subjects, mimic)), OPTIONS)
        (better,) = [f for f in findings if f.what == "Reader A: better session"]
        assert better.labels["session"] == "2" and "session 1" not in better.words

    def test_subject_not_read_is_not_counted(self):
        study = study_of(np.ones((4, 4)), np.zeros((2, 4)), visual=[{("A", "1"): True}, {}, {("A", "1"): False}])
        found = of(visual_findings(study, OPTIONS), "sensitivity")
        assert (found.details["right"], found.details["of"]) == (1, 2)
