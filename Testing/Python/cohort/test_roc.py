"""ROC curves: areas, intervals and cut-offs against published examples, closed forms and samples drawn many times."""

import re
from itertools import pairwise

import numpy as np
import pytest
from cohort_builder import clustered_normals, study_of
from M1SHThkLib.cohort.auc import area, covariance, interval
from M1SHThkLib.cohort.cutoff import Choice, performance, youden_cutoff
from M1SHThkLib.cohort.options import CohortOptions
from M1SHThkLib.cohort.proportions import wilson
from M1SHThkLib.cohort.roc import roc_findings
from M1SHThkLib.cohort.sample import Sample, study_sample
from M1SHThkLib.cohort.study import SH_THK, THK
from scipy.stats import norm
from sklearn.metrics import roc_curve

pytestmark = pytest.mark.filterwarnings("error")

# DeLong, DeLong and Clarke-Pearson 1988, as printed in the SAS/STAT User's Guide, The LOGISTIC Procedure, 'Comparing
# Receiver Operating Characteristic Curves': albumin, total protein, Krebs-Goplerud score, whether surgery helped.
TABLE = """3.0 5.8 10 0  3.2 6.3 5 1  3.9 6.8 3 1  2.8 4.8 6 0  3.2 5.8 3 1  0.9 4.0 5 0  2.5 5.7 8 0  1.6 5.6 5 1
    3.8 5.7 5 1  3.7 6.7 6 1  3.2 5.4 4 1  3.8 6.6 6 1  4.1 6.6 5 1  3.6 5.7 5 1  4.3 7.0 4 1  3.6 6.7 4 0
    2.3 4.4 6 1  4.2 7.6 4 0  4.0 6.6 6 0  3.5 5.8 6 1  3.8 6.8 7 1  3.0 4.7 8 0  4.5 7.4 5 1  3.7 7.4 5 1
    3.1 6.6 6 1  4.1 8.2 6 1  4.3 7.0 5 1  4.3 6.5 4 1  3.2 5.1 5 1  2.6 4.7 6 1  3.3 6.8 6 0  1.7 4.0 7 0
    3.7 6.1 5 1  3.3 6.3 7 1  4.2 7.7 6 1  3.5 6.2 5 1  2.9 5.7 9 0  2.1 4.8 7 1  2.8 6.2 8 0  4.0 7.0 7 1
    3.3 5.7 6 1  3.7 6.9 5 1  3.6 6.6 5 1"""
OVARIAN = np.array([float(entry) for entry in TABLE.split()]).reshape(-1, 4)
IS_CASE = OVARIAN[:, 3] == 0


def areas(values, is_patient, subject):
    """Areas of several markers, shape (markers, m), and their covariance."""
    found = [area(own, is_patient, subject) for own in values]
    covariances = [[covariance(one, other) for other in found] for one in found]
    return np.array([own.auc for own in found]), np.array(covariances)


def sample_of(patients, controls):
    """One value a subject."""
    values = np.concatenate([patients, controls]).astype(float)
    is_patient = np.arange(len(values)) < len(patients)
    return Sample(values, is_patient, np.arange(len(values)), np.zeros(len(values), int))


def of(findings, quantity, **labels):
    """The one finding of a quantity with these labels."""
    found = [f for f in findings if f.quantity == quantity and labels.items() <= f.labels.items()]
    assert len(found) == 1
    return found[0]


def study_from(patients, controls, thk=1.5):
    """A study whose subjects' greatest SH/Thk are these values."""
    rows = [np.outer(values, [1, 0.9, 0.8, 0.7]) for values in (patients, controls)]
    return study_of(*rows, thk=thk)


@pytest.fixture(scope="module")
def findings():
    random = np.random.default_rng(7)
    patients = 0.07 * np.exp(0.6 * clustered_normals(random, 27, 0.6))
    controls = 0.03 * np.exp(0.5 * clustered_normals(random, 13, 0.6))
    study = study_of(patients, controls, thk=random.uniform(1, 2, (40, 4)))
    return roc_findings(study, CohortOptions(replicates=200, cutoff_per_mm=0.06))


class TestDeLong:
    def test_areas_and_errors_that_sas_prints(self):
        auc, covariance = areas(
            np.array([-OVARIAN[:, 0], OVARIAN[:, 2], -OVARIAN[:, 1]]), IS_CASE, np.arange(len(OVARIAN))
        )
        assert auc == pytest.approx([0.7366, 0.7258, 0.6478], abs=5e-5)
        assert np.sqrt(np.diag(covariance)) == pytest.approx([0.0927, 0.1028, 0.1000], abs=5e-5)

    @pytest.mark.parametrize(
        ("column", "difference", "error", "chi_squared"), [(0, 0.0108, 0.0953, 0.0127), (1, -0.0780, 0.1046, 0.5554)]
    )
    def test_differences_that_sas_prints(self, column, difference, error, chi_squared):
        auc, covariance = areas(np.array([-OVARIAN[:, column], OVARIAN[:, 2]]), IS_CASE, np.arange(len(OVARIAN)))
        variance = covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1]
        assert auc[0] - auc[1] == pytest.approx(difference, abs=5e-5)
        assert np.sqrt(variance) == pytest.approx(error, abs=5e-5)
        assert (auc[0] - auc[1]) ** 2 / variance == pytest.approx(chi_squared, abs=5e-5)

    def test_comparison_of_a_study_is_that_of_its_markers(self):
        """SH and Thk of a study set to albumin and total protein."""
        albumin, protein = 1 / OVARIAN[:, 0], OVARIAN[:, 1]
        order = np.argsort(~IS_CASE, kind="stable")
        rows = np.repeat(albumin[order, None], 4, axis=1)
        cases = int(IS_CASE.sum())
        study = study_of(rows[:cases], rows[cases:], thk=np.repeat(protein[order, None], 4, axis=1))
        found = of(
            roc_findings(study, CohortOptions(replicates=10)),
            "difference of AUC",
            marker="sh_thk_per_mm",
            other_marker="thk_mm",
        )
        assert found.estimate == pytest.approx(0.7366 - 0.6478, abs=1e-4)
        assert found.details["other_auc"] == pytest.approx(0.6478, abs=5e-5)


class TestObuchowski:
    def test_values_repeated_within_each_subject_say_nothing_new(self):
        values, subject = -OVARIAN[None, :, 0], np.arange(len(OVARIAN))
        once = areas(values, IS_CASE, subject)[1]
        thrice = areas(np.tile(values, 3), np.tile(IS_CASE, 3), np.tile(subject, 3))[1]
        assert thrice == pytest.approx(once)
        assert areas(np.tile(values, 3), np.tile(IS_CASE, 3), np.arange(3 * len(OVARIAN)))[1] < 0.4 * once

    @pytest.mark.parametrize("correlation", [0.0, 0.6])
    def test_variance_is_that_of_areas_drawn_many_times(self, correlation):
        random = np.random.default_rng(1)
        is_patient = np.repeat(np.arange(40) < 27, 4)
        subject = np.repeat(np.arange(40), 4)
        drawn = clustered_normals(random, 40, correlation, replicates=600).reshape(600, 1, -1) + is_patient
        found = [areas(values, is_patient, subject) for values in drawn]
        true = np.var([auc[0] for auc, _ in found])
        assert np.mean([variance[0, 0] for _, variance in found]) == pytest.approx(true, rel=0.12)


class TestInterval:
    @pytest.mark.parametrize(("auc", "patients", "controls"), [(0.8, 27, 13), (0.94, 19, 18)])
    def test_covers_one_value_a_subject(self, auc, patients, controls):
        random = np.random.default_rng(2)
        shift = np.sqrt(2) * norm.ppf(auc)
        is_patient = np.arange(patients + controls) < patients
        covered = 0
        for _ in range(1000):
            values = random.normal(size=(1, patients + controls)) + shift * is_patient
            found, variance = areas(values, is_patient, np.arange(patients + controls))
            low, high = interval(found[0], variance[0, 0], patients, controls)
            covered += low <= auc <= high
        assert 0.93 <= covered / 1000 <= 0.98

    def test_covers_clustered_values(self):
        """Four correlated regions a subject; the interval of independent values would not cover."""
        random = np.random.default_rng(3)
        auc, is_patient, subject = 0.8, np.repeat(np.arange(40) < 27, 4), np.repeat(np.arange(40), 4)
        covered = np.zeros(2)
        for drawn in clustered_normals(random, 40, 0.6, replicates=600):
            values = drawn.reshape(1, -1) + np.sqrt(2) * norm.ppf(auc) * is_patient
            for i, whose in enumerate((subject, np.arange(160))):
                found, variance = areas(values, is_patient, whose)
                low, high = interval(found[0], variance[0, 0], 27, 13)
                covered[i] += low <= auc <= high
        assert 0.92 <= covered[0] / 600 <= 0.97
        assert covered[1] / 600 < 0.85

    def test_without_overlap_it_has_a_width_and_says_so(self):
        found = of(
            roc_findings(study_from([5, 6, 7], [1, 2, 3]), CohortOptions(replicates=10)),
            "AUC",
            marker="sh_thk_per_mm",
            selection="symmetric",
        )
        assert found.estimate == 1
        assert found.ci[0] < 0.6
        assert found.ci[1] == 1
        assert "do not overlap" in found.words

    def test_without_overlap_it_is_where_newcombe_s_score_is_met(self):
        """Newcombe 2006, method 5: 1 - AUC = 1.96 sqrt(V(AUC)) with V of 27 and 13 subjects."""
        low, _ = interval(1.0, 0.0, 27, 13)
        spread = 1 + 19 * (1 - low) / (2 - low) + 19 * low / (1 + low)
        assert 1 - low == pytest.approx(norm.ppf(0.975) * np.sqrt(low * (1 - low) * spread / 27 / 13))


class TestWilson:
    @pytest.mark.parametrize(
        ("hits", "count", "low", "high"), [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611)]
    )
    def test_newcombe_1998_table_1(self, hits, count, low, high):
        """Newcombe, Stat Med 1998;17:857, method 3."""
        assert wilson(hits, count) == pytest.approx((low, high), abs=5e-5)


class TestCutoff:
    @pytest.mark.parametrize(("patients", "controls"), [(27, 13), (10, 8)])
    def test_interval_covers_the_true_share_at_the_cutoff_that_the_data_chose(self, patients, controls):
        random, covered = np.random.default_rng(11), []
        for seed in range(300):
            sample = sample_of(random.normal(1.5, 1, patients), random.normal(0, 1, controls))
            found = performance(sample, 1, "youden", None, 100, seed)
            truth = norm.sf(found.cutoff - 1.5), norm.cdf(found.cutoff)
            covered.append([low <= true <= high for true, (low, high) in zip(truth, found.corrected_ci, strict=True)])
        assert (np.mean(covered, axis=0) > 0.92).all()

    def test_large_samples_leave_out_parts_and_give_the_same(self, monkeypatch):
        random = np.random.default_rng(12)
        sample = sample_of(random.normal(1, 1, 80), random.normal(0, 1, 60))
        one_by_one = performance(sample, 1, "youden", None, 10, 0).left_out
        monkeypatch.setattr("M1SHThkLib.cohort.cutoff._PARTS", 70)
        assert performance(sample, 1, "youden", None, 10, 0).left_out == pytest.approx(one_by_one, abs=0.04)

    @pytest.mark.parametrize("pathologic", [1, -1])
    def test_youden_maximises_over_every_cutoff(self, pathologic):
        random = np.random.default_rng(4)
        for _ in range(30):
            patients, controls = np.round(random.normal(1, 1, 9), 1), np.round(random.normal(0, 1, 7), 1)
            sample = sample_of(pathologic * patients, pathologic * controls)
            best = max((patients >= cut).mean() + (controls < cut).mean() for cut in np.append(patients, np.inf))
            found = performance(sample, pathologic, "youden", None, 10, 0)
            assert sum(rate.estimate for rate in found.rates) == pytest.approx(best)

    def test_lies_halfway_between_the_values_it_parts(self):
        assert youden_cutoff(sample_of([4, 6, 8], [1, 2, 3]), 1) == 3.5
        assert youden_cutoff(sample_of([1, 2, 3], [4, 6, 8]), -1) == 3.5

    def test_wanted_sensitivity_is_reached_at_the_greatest_specificity(self):
        found = performance(sample_of([1, 5, 6, 7, 8], [0, 2, 3, 5.5]), 1, "sensitivity", 0.8, 10, 0)
        assert found.cutoff == 4
        assert [rate.estimate for rate in found.rates] == [0.8, 0.75]
        found = performance(sample_of([1, 5, 6, 7, 8], [0, 2, 3, 5.5]), 1, "specificity", 1.0, 10, 0)
        assert [rate.estimate for rate in found.rates] == [0.6, 1.0]

    def test_subject_left_out_is_judged_by_the_others(self):
        """Without the control at 5 the cut-off falls between 3 and 6, without the patient at 6 between 5 and 8."""
        found = performance(sample_of([6, 8, 9], [1, 3, 5]), 1, "youden", None, 10, 0)
        assert found.called.tolist() == [1, 1, 1, 0, 0, 0]
        assert found.called_left_out.tolist() == [0, 1, 1, 0, 0, 1]

    def test_corrected_and_left_out_are_nearer_to_the_truth_than_what_the_data_show(self):
        """The truth: the cut-off that each sample chooses, applied to the population."""
        random = np.random.default_rng(5)
        shown, corrected, left_out = [], [], []
        for seed in range(150):
            found = performance(
                sample_of(random.normal(1.2, 1, 27), random.normal(0, 1, 13)), 1, "youden", None, 100, seed
            )
            truth = norm.sf(found.cutoff - 1.2) + norm.cdf(found.cutoff)
            shown.append(sum(rate.estimate for rate in found.rates) - truth)
            corrected.append(sum(found.corrected) - truth)
            left_out.append(sum(found.left_out) - truth)
        assert np.mean(shown) > 0.1
        assert abs(np.mean(corrected)) < 0.5 * np.mean(shown)
        assert abs(np.mean(left_out)) < 0.5 * np.mean(shown)

    def test_weights_stand_for_subjects_drawn_again(self):
        """A subject of weight 2 counts as two; what a set lacks leaves no trace in its cut-off."""
        random = np.random.default_rng(6)
        sample = sample_of(random.normal(1, 1, 12).round(1), random.normal(0, 1, 8).round(1))
        choice = Choice(sample, 1)
        for _ in range(40):
            drawn = np.concatenate([random.integers(0, 12, 12), random.integers(12, 20, 8)])
            weights = np.bincount(drawn, minlength=20)[None]
            again = Choice(sample_of(sample.values[drawn[:12]], sample.values[drawn[12:]]), 1)
            expected = again.choose(np.ones((1, 20)), "youden", None)
            found = choice.choose(weights, "youden", None)
            assert np.ravel(found[1:]) == pytest.approx(np.ravel(expected[1:]))
            if found[1][0] + found[2][0] > 1:
                assert found[0] == pytest.approx(expected[0])

    def test_same_seed_same_interval(self):
        sample = sample_of(np.linspace(0, 2, 20), np.linspace(-1, 1, 15))
        one, same, other = (performance(sample, 1, "youden", None, 200, seed) for seed in (1, 1, 2))
        assert one.corrected == same.corrected
        assert one.corrected != other.corrected


class TestFindings:
    def test_paper_takes_every_region_of_controls(self, findings):
        found = of(findings, "specificity", marker="sh_thk_per_mm", selection="paper", cutoff="youden")
        assert found.n == {"patients": 27, "controls": 13, "values of controls": 52}
        assert found.details["of"] == 52
        assert "values of whole subjects" in found.method and "52 values of 13 controls" in found.words
        assert "Obuchowski" in of(findings, "AUC", marker="sh_thk_per_mm", selection="paper").words

    def test_curve_runs_from_nobody_to_everybody_past_the_cutoff(self, findings):
        found = of(findings, "AUC", marker="thk_mm", selection="symmetric")
        false_positive, sensitivity, cutoff = (
            found.details[key] for key in ("false_positive_rate", "sensitivity", "cutoff")
        )
        assert (false_positive[0], sensitivity[0], false_positive[-1], sensitivity[-1]) == (0, 0, 1, 1)
        # Thin is pathologic: the cut-off rises along the curve.
        assert all(a < b for a, b in pairwise(cutoff))
        chosen = of(findings, "sensitivity", marker="thk_mm", selection="symmetric", cutoff="youden")
        at = cutoff.index(pytest.approx(chosen.details["cutoff"]))
        assert sensitivity[at] == pytest.approx(chosen.details["apparent"])
        assert np.trapezoid(sensitivity, false_positive) == pytest.approx(found.estimate)

    def test_papers_rule_is_said_to_favour_the_patients(self, findings):
        for selection, says in (("paper", True), ("symmetric", False), ("clustered", False)):
            found = of(findings, "AUC", marker="sh_thk_per_mm", selection=selection)
            assert ("favours the patients" in found.words) == says

    def test_words_hold_both_groups_sizes(self, findings):
        for name in ("sensitivity", "specificity"):
            found = of(findings, name, marker="sh_thk_per_mm", selection="paper", cutoff="youden")
            assert "27 patients and 13 controls (52 values)" in found.words

    def test_what_is_shown_is_corrected_with_an_interval_about_it(self, findings):
        for quantity in ("sensitivity", "specificity"):
            found = of(findings, quantity, marker="sh_thk_per_mm", selection="symmetric", cutoff="youden")
            assert found.estimate <= found.details["apparent"]
            worth = found.details["of"]
            assert found.ci == pytest.approx(wilson(found.estimate * worth, worth))
            assert f"{found.estimate:.2f}" in found.words and f"{found.details['apparent']:.2f}" in found.words

    def test_the_papers_rule_is_marked(self, findings):
        assert {f.labels["selection"] for f in findings if f.as_in_paper} == {"paper"}

    def test_a_given_cutoff_stands_first(self, findings):
        own = [f.labels for f in findings if f.labels.get("marker") == "sh_thk_per_mm" and "cutoff" in f.labels]
        assert own[0]["cutoff"] == "given"

    def test_given_cutoff_is_judged_without_correction(self, findings):
        found = of(findings, "sensitivity", marker="sh_thk_per_mm", selection="symmetric", cutoff="given")
        assert found.details["cutoff"] == 0.06
        assert found.estimate == found.details["apparent"] and "optimism" not in found.words


class TestDegenerate:
    @pytest.mark.parametrize(
        ("patients", "controls", "says"),
        [
            ([], [1, 2, 3], "patients: 0"),
            ([1, 2, 3], [], "controls: 0"),
            ([1], [1, 2, 3], "patients: 1"),
            ([0.2] * 4, [0.2] * 3, "nothing tells the groups apart"),
            ([np.nan] * 4, [1, 2, 3], "patients: 0"),
        ],
    )
    def test_a_sentence_says_why(self, patients, controls, says):
        rows = [np.repeat(np.reshape(np.asarray(values, float), (-1, 1)), 4, 1) for values in (patients, controls)]
        found = [f for f in roc_findings(study_of(*rows), CohortOptions(replicates=10)) if f.quantity == "AUC"]
        sh_thk = [f for f in found if f.labels["marker"] == "sh_thk_per_mm"]
        assert len(sh_thk) == 3
        assert all(says in f.words and f.estimate is None and f.ci is None and f.method for f in sh_thk)

    def test_missing_values_are_left_out(self):
        patients = np.full((4, 4), np.nan)
        patients[:3, 2] = [3, 4, 5]
        found = of(
            roc_findings(study_of(patients, np.ones((3, 4))), CohortOptions(replicates=10)),
            "AUC",
            marker="sh_thk_per_mm",
            selection="clustered",
        )
        assert found.n == {"patients": 3, "controls": 3, "values of controls": 12}

    def test_one_subject_is_no_plural(self):
        findings = roc_findings(study_of(np.ones((1, 4)), np.ones((1, 4))), CohortOptions(replicates=10))
        assert not any(re.search(r"\b1 (patients|controls)", f.words) for f in findings)

    def test_without_overlap_the_interval_has_a_width(self):
        """Four of four: Wilson's lower limit is 4 / (4 + 1.96^2)."""
        findings = roc_findings(study_from([7, 8, 9, 10], [1, 2, 2, 1]), CohortOptions(replicates=50))
        found = of(findings, "sensitivity", marker="sh_thk_per_mm", selection="symmetric", cutoff="youden")
        assert found.estimate == 1 and found.ci == pytest.approx((4 / (4 + norm.ppf(0.975) ** 2), 1))

    def test_ties_count_half(self):
        assert area(np.array([1, 2, 1, 2.0]), np.array([True, True, False, False])).auc == 0.5

    def test_marker_that_points_the_other_way_has_no_cutoff(self):
        findings = roc_findings(study_from([1, 2, 3], [4, 5, 6]), CohortOptions(replicates=10))
        found = of(findings, "sensitivity", marker="sh_thk_per_mm", selection="symmetric", cutoff="youden")
        assert found.estimate is None
        assert "no cut-off does better than chance" in found.words
        found = of(findings, "specificity", marker="sh_thk_per_mm", selection="symmetric", cutoff="specificity")
        assert "only by calling every one" in found.words

    @pytest.mark.parametrize("own", [SH_THK, THK], ids=["greater", "less"])
    def test_the_curve_is_scikit_learn_s(self, own):
        thk = np.outer([1.0, 1.2, 1.4, 1.4, 1.1, 1.6, 1.3, 1.4, 1.8], [1, 1, 1, 1])
        study = study_from([2, 4, 6, 6, 9], [1, 3, 5, 6], thk)
        findings = roc_findings(study, CohortOptions(replicates=10))
        found = of(findings, "AUC", marker=own.column, selection="symmetric")
        sample = study_sample(study, own, "symmetric")
        false_positive, sensitivity, _ = roc_curve(
            sample.is_patient, own.pathologic * sample.values, drop_intermediate=False
        )
        np.testing.assert_allclose(found.details["false_positive_rate"], false_positive, atol=1e-12)
        np.testing.assert_allclose(found.details["sensitivity"], sensitivity, atol=1e-12)
        for cutoff, share in zip(found.details["cutoff"], sensitivity, strict=True):
            assert np.mean(own.pathologic * (sample.patients - cutoff) >= 0) == pytest.approx(share)


def test_the_marker_without_blur_has_a_curve_beside_sh_thk_where_it_is_known():
    patients, controls = np.array([[0.10, 0.12, 0.09, 0.15]] * 4), np.array([[0.02, 0.03, 0.01, 0.02]] * 4)
    patients, controls = (own + 0.001 * np.arange(4)[:, None] for own in (patients, controls))
    without = study_of(patients, controls)
    assert "dip_per_mm" not in {finding.labels.get("marker") for finding in roc_findings(without, CohortOptions())}
    for subject in without.subjects:
        values = subject.readings[0].values
        values["dip_per_mm"] = 2 * values["sh_thk_per_mm"]
    areas = {
        finding.labels["marker"]: finding.estimate
        for finding in roc_findings(without, CohortOptions())
        if finding.quantity == "AUC" and finding.labels["selection"] == "symmetric"
    }
    assert areas["dip_per_mm"] == areas["sh_thk_per_mm"] == 1
