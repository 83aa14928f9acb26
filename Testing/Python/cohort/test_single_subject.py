"""One subject against the controls: Crawford and Howell's t, percentiles, age, cut-offs and refusals."""

from dataclasses import replace

import numpy as np
import pytest
from cohort_builder import reading_of, study_of
from M1SHThkLib.cohort.options import CohortOptions
from M1SHThkLib.cohort.single_subject import (
    percentile,
    read_against,
    subject_findings,
)
from M1SHThkLib.cohort.standing import against_regression, crawford_howell
from M1SHThkLib.cohort.study import Study, Subject
from scipy.stats import norm

pytestmark = pytest.mark.filterwarnings("error")

OPTIONS = CohortOptions(replicates=10)
CONTROLS = np.random.default_rng(0).uniform(0.01, 0.05, (13, 4))


def subject_of(values, age=np.nan, **reading):
    return Subject("sub-X", None, (reading_of(values, **reading),), age=age)


def of(findings, quantity, region="left hand knob"):
    found = [f for f in findings if f.quantity.startswith(quantity) and f.labels["region"] == region]
    assert len(found) == 1
    return found[0]


def with_moments(mean, sd, count):
    """Values with exactly this mean and SD."""
    values = np.linspace(-1, 1, count)
    return mean + sd * values / values.std(ddof=1)


class TestCrawfordHowell:
    def test_example_of_singcar(self):
        """TD() of R's singcar, patient DF of McIntosh et al.: z = -1.754857, 28 controls; its CI in steps of 0.01."""
        found = crawford_howell(-1.754857, with_moments(0, 1, 28))
        assert found.t == pytest.approx(-1.7243, abs=5e-5)
        assert 1 - found.p == pytest.approx(0.04804, abs=5e-6)
        assert found.below == pytest.approx(4.804003, abs=1e-4)
        assert found.ci == pytest.approx((0.95, 12.47), abs=0.04)

    def test_p_is_uniform_where_the_subject_is_a_control(self):
        random = np.random.default_rng(1)
        p = np.array([crawford_howell(drawn[0], drawn[1:]).p for drawn in random.normal(size=(4000, 6))])
        assert (p < 0.05).mean() == pytest.approx(0.05, abs=0.008)

    def test_interval_covers_the_percentage_below(self):
        random = np.random.default_rng(2)
        covered = 0
        for controls in random.normal(size=(1000, 8)):
            low, high = crawford_howell(1.5, controls).ci
            covered += low <= 100 * norm.cdf(1.5) <= high
        assert covered / 1000 == pytest.approx(0.95, abs=0.02)

    def test_finding_takes_square_roots(self):
        found = of(read_against(subject_of([0.09] * 4), 3.0, study_of([], CONTROLS), OPTIONS), "percentage")
        expected = crawford_howell(0.3, np.sqrt(CONTROLS[:, 0]))
        assert (found.statistic, found.p) == (expected.t, expected.p)
        assert found.ci == expected.ci
        assert "t(12)" in found.words and "one-sided P" in found.words and "one-sided" in found.test


class TestPercentile:
    def test_none_beyond_n_of_n_plus_1(self):
        for value, expected in ((9, 100 * 13 / 14), (-9, 100 / 14)):
            estimate, (low, high) = percentile(value, np.arange(13) / 13)
            assert estimate == pytest.approx(expected)
            assert low <= estimate <= high

    def test_interval_is_not_cut(self):
        """Above all 13: 75 to 100, 0.025^(1/13) being .753; a cut at 93 would hold nobody who lies above."""
        assert percentile(9, np.arange(13) / 13)[1] == pytest.approx((100 * 0.025 ** (1 / 13), 100))
        assert percentile(-9, np.arange(13) / 13)[1] == pytest.approx((0, 100 * (1 - 0.025 ** (1 / 13))))

    def test_interval_is_clopper_and_pearson_s(self):
        """5 of 10: 18.7 % to 81.3 %."""
        estimate, ci = percentile(4.5, np.arange(10))
        assert estimate == 50
        assert ci == pytest.approx((18.7, 81.3), abs=0.05)

    def test_equal_values_count_half(self):
        assert percentile(0, np.zeros(13))[0] == 50

    def test_words_above_all(self):
        found = of(read_against(subject_of([0.09] * 4), 3.0, study_of([], CONTROLS), OPTIONS), "percentile")
        assert "above all 13 controls: percentile 93 at least" in found.words
        assert "95 % CI 75 to 100" in found.words


class TestAge:
    def test_prediction_interval_that_statsmodels_gives(self):
        sm = pytest.importorskip("statsmodels.api")
        random = np.random.default_rng(3)
        ages = random.uniform(40, 70, 13)
        roots = 0.1 + 0.001 * ages + random.normal(0, 0.02, 13)
        fit = sm.OLS(roots, sm.add_constant(ages)).fit()
        expected = fit.get_prediction([[1, 75]]).summary_frame(alpha=0.05)
        found = against_regression(75, 0.3, ages, roots)
        assert found.expected == pytest.approx(expected["mean"].iloc[0])
        assert found.prediction == pytest.approx((expected["obs_ci_lower"].iloc[0], expected["obs_ci_upper"].iloc[0]))

    def test_what_age_explains_is_not_pathologic(self):
        ages = np.linspace(40, 70, 13)
        noise = np.random.default_rng(4).normal(0, 0.003, 13)
        roots = 0.1 + 0.004 * (ages - 40) + noise
        study = study_of([], np.repeat(roots[:, None] ** 2, 4, 1), age=list(ages))
        old = read_against(subject_of([0.22**2] * 4, age=70), 3.0, study, OPTIONS)
        young = read_against(subject_of([0.22**2] * 4, age=42), 3.0, study, OPTIONS)
        quantity = "percentage of the control population of that age"
        assert of(old, quantity).p > 0.1
        assert of(young, quantity).p < 0.001
        assert "outside" not in of(old, quantity).words
        assert (
            "outside the controls' (40 to 70 years)"
            in of(read_against(subject_of([0.04] * 4, age=80), 3.0, study, OPTIONS), quantity).words
        )

    @pytest.mark.parametrize(("ages", "says"), [([60.0] * 13, "same age"), ([50.0, 60.0], "have an age")])
    def test_no_regression(self, ages, says):
        findings = read_against(subject_of([0.09] * 4, age=60), 3.0, study_of([], CONTROLS, age=ages), OPTIONS)
        found = of(findings, "percentage of the control population of that age")
        assert says in found.words
        assert found.estimate is None


class TestLikeWithLike:
    def test_greatest_is_compared_with_the_greatest_of_the_same_regions(self):
        values = [0.03, np.nan, 0.04, np.nan]
        found = of(read_against(subject_of(values), 3.0, study_of([], CONTROLS), OPTIONS), "percentage", "greatest")
        expected = crawford_howell(0.2, np.sqrt(CONTROLS[:, [0, 2]].max(axis=1)))
        assert found.statistic == pytest.approx(expected.t)
        assert "2 regions" in found.words

    def test_control_is_left_out_of_its_own_controls(self):
        study = study_of([], CONTROLS)
        findings = [f for f in subject_findings(study, OPTIONS) if f.labels["subject"] == "sub-C01"]
        found = of(findings, "percentage")
        assert found.n == {"controls": 12}
        assert found.statistic == pytest.approx(crawford_howell(np.sqrt(CONTROLS[0, 0]), np.sqrt(CONTROLS[1:, 0])).t)

    def test_namesake_from_elsewhere_is_another_subject(self):
        stranger = replace(subject_of([0.09] * 4), name="sub-C01")
        assert of(read_against(stranger, 3.0, study_of([], CONTROLS), OPTIONS), "percentage").n == {"controls": 13}

    def test_everybody_is_read(self):
        study = study_of(CONTROLS[:2] + 0.05, CONTROLS)
        study = Study(3.0, (*study.subjects, subject_of([0.09] * 4)))
        assert {f.labels["subject"] for f in subject_findings(study, OPTIONS)} == {
            subject.name for subject in study.subjects
        }


class TestHeadline:
    """One a subject that is named for reading, none of the others."""

    @pytest.mark.parametrize(
        ("controls", "reading", "says"),
        [
            (CONTROLS, {"values": [0.09, 0.02, 0.02, 0.02]}, "0.09 1/mm against 13 controls"),
            (np.full((13, 4), 0.02), {"values": [0.09] * 4}, "above all 13 controls"),
            (CONTROLS, {"values": [0.09] * 4, "protocol": "one echo"}, "refused"),
            (CONTROLS, {"values": [np.nan] * 4}, "no region was measured"),
            (CONTROLS[:2], {"values": [0.09] * 4}, "too few controls"),
        ],
    )
    def test_is_the_greatest_value_or_why_there_is_none(self, controls, reading, says):
        study = study_of(CONTROLS[:2] + 0.05, controls)
        named = subject_of(**reading, age=60)
        findings = subject_findings(Study(3.0, (*study.subjects, named)), OPTIONS)
        (headline,) = (f for f in findings if f.headline)
        assert headline.labels["subject"] == "sub-X" and says in headline.words
        assert headline.labels.get("region", "greatest") == "greatest"


class TestCutoff:
    def test_without_repeats_imaging_noise_is_all_that_is_told(self):
        """The measurement's own interval is 0.8 to 1.2 of its value."""
        options = CohortOptions(cutoff_per_mm=0.08)
        found = of(
            read_against(subject_of([0.09, 0.01, 0.01, 0.01]), 3.0, study_of([], CONTROLS), options),
            "distance",
            "greatest",
        )
        assert found.estimate == pytest.approx(0.01) and found.unit == "1/mm"
        assert found.details["above"] is True and found.details["within_noise"] is True
        assert found.details["imaging_noise"] == pytest.approx((0.072, 0.108))
        assert "imaging noise only" in found.words and "probability" not in found.words

    @pytest.mark.parametrize(("value", "says"), [(0.24, "within the noise"), (0.30, "more than the noise")])
    def test_repeats_give_the_noise(self, value, says):
        """Readings of 0.04 and 0.09: RC 1.96 times their difference, 0.098."""
        repeats = [(reading_of([0.04] * 4, observer="R1"), reading_of([0.09] * 4, observer="R2"))] * 3
        study = study_of([], CONTROLS, readings=repeats)
        found = of(
            read_against(subject_of([value] * 4), 3.0, study, CohortOptions(cutoff_per_mm=0.16)), "distance", "greatest"
        )
        assert found.details["repeatability_coefficient"] == pytest.approx(1.96 * 0.05)
        assert says in found.words and "imaging noise" not in found.words
        assert found.n == {"subjects": 1, "pairs of readings": 12} and "12 pairs of readings" in found.words

    def test_own_value_does_not_choose_the_cutoff(self):
        """Without the patient at 0.06 Youden's cut-off lies halfway between 0.05 and 0.10."""
        study = study_of(np.outer([0.06, 0.10, 0.12], np.ones(4)), np.outer([0.03, 0.04, 0.05], np.ones(4)))
        found = of(read_against(study.subjects[0], 3.0, study, OPTIONS), "distance", "greatest")
        assert found.details["cutoff"] == pytest.approx(0.075)
        assert found.details["above"] is False

    def test_a_great_study_reads_its_own_by_the_greatest_value(self, monkeypatch):
        monkeypatch.setattr("M1SHThkLib.cohort.single_subject.REGION_BY_REGION_UP_TO", 10)
        study = study_of([], CONTROLS)
        study = Study(3.0, (*study.subjects, subject_of([0.09] * 4)))
        regions = {f.labels["subject"]: set() for f in subject_findings(study, OPTIONS)}
        for finding in subject_findings(study, OPTIONS):
            regions[finding.labels["subject"]].add(finding.labels["region"])
        assert regions["sub-C01"] == {"greatest"} and len(regions["sub-X"]) == 5


class TestRefusals:
    def test_other_field_strength(self):
        (found,) = read_against(subject_of([0.09] * 4), 7.0, study_of([], CONTROLS), OPTIONS)
        assert "7 T and the controls at 3 T" in found.words
        assert found.estimate is None

    def test_other_protocol(self):
        (found,) = read_against(subject_of([0.09] * 4, protocol="one echo"), 3.0, study_of([], CONTROLS), OPTIONS)
        assert "refused" in found.words
        assert "one echo" in found.words and found.method

    def test_controls_that_disagree_serve_as_far_as_they_agree_with_the_subject(self):
        readings = [
            (reading_of(own, protocol="one echo" if i < 5 else "ten echoes"),) for i, own in enumerate(CONTROLS)
        ]
        study = study_of([], CONTROLS, readings=readings)
        found = of(read_against(subject_of([0.09] * 4, protocol="one echo"), 3.0, study, OPTIONS), "percentage")
        assert found.n == {"controls": 5}
        assert found.statistic == pytest.approx(crawford_howell(0.3, np.sqrt(CONTROLS[:5, 0])).t)
        assert "5 of 13 controls" in found.words

    def test_too_few_controls(self):
        (found,) = read_against(subject_of([0.09] * 4), 3.0, study_of([], CONTROLS[:2]), OPTIONS)
        assert "at least 3" in found.words
        assert "at 3 T (2)" in found.words and "another field strength" in found.words

    def test_controls_without_scatter(self):
        found = of(read_against(subject_of([0.09] * 4), 3.0, study_of([], np.zeros((13, 4))), OPTIONS), "percentage")
        assert "no t" in found.words
        assert found.estimate is None

    def test_subject_without_a_value(self):
        (found,) = read_against(subject_of([np.nan] * 4), 3.0, study_of([], CONTROLS), OPTIONS)
        assert "no region was measured" in found.words and found.n == {"controls": 13}

    def test_region_that_was_not_measured(self):
        findings = read_against(subject_of([0.03, np.nan, 0.03, 0.03]), 3.0, study_of([], CONTROLS), OPTIONS)
        assert "not measured in this subject" in of(findings, "percentile", "right hand knob").words
