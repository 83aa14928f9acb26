"""Sample sizes: published standard errors, other formulas, and power by simulation."""

import numpy as np
import pytest
from cohort_builder import NONE, clustered_normals, study_of
from M1SHThkLib.cohort.auc import area, covariance, score_interval
from M1SHThkLib.cohort.options import CohortOptions
from M1SHThkLib.cohort.sample_size import (
    auc_power,
    hanley_mcneil_variance,
    sample_size_findings,
    smallest,
    two_areas_power,
)
from scipy import stats


def cohort(seed=0, patients=27, controls=13):
    random = np.random.default_rng(seed)
    return 5 + clustered_normals(random, patients, 0.6), 4.5 + clustered_normals(random, controls, 0.6)


def sizes(**options):
    """Findings of a cohort: for the difference, for the AUC, for the two widths, for two AUCs."""
    thk = np.random.default_rng(9).uniform(1, 2, (40, 4))
    return sample_size_findings(study_of(*cohort(), thk=thk), CohortOptions(**options))


def test_standard_error_of_an_auc_is_the_published_one():
    # Hanley and McNeil 1982: 0.893 of 51 abnormal and 58 normal scans has a standard error of 0.032.
    assert np.sqrt(hanley_mcneil_variance(0.893, 51, 58)) == pytest.approx(0.0325, abs=5e-4)
    # Without any effect it is that of Mann-Whitney's U.
    assert hanley_mcneil_variance(0.5, 51, 58) == pytest.approx((51 + 58 + 1) / (12 * 51 * 58))


def test_difference_is_students_size_over_three_by_pi():
    # A difference of 0.5 SD at a power of 0.8: 64 a group by Student's t (Cohen 1988, table 2.4.1).
    sd = sizes()[0].details["sd"]
    patients, controls = (own.max(axis=1) for own in cohort())
    assert sd**2 == pytest.approx((26 * patients.var(ddof=1) + 12 * controls.var(ddof=1)) / 38)
    finding = sizes(difference_per_mm=0.5 * sd)[0]
    assert finding.estimate == pytest.approx(64 * np.pi / 3, abs=1)
    assert f"{finding.details['each_group']} patients and" in finding.words


def test_difference_so_planned_has_its_power():
    n, random = int(sizes(difference_per_mm=0.8 * sizes()[0].details["sd"])[0].estimate), np.random.default_rng(1)
    tests = stats.mannwhitneyu(random.normal(0.8, size=(2000, n)), random.normal(size=(2000, n)), axis=1)
    assert np.mean(tests.pvalue < 0.05) == pytest.approx(0.8, abs=0.03)


@pytest.mark.parametrize("auc", [0.65, 0.75])
def test_auc_needs_about_what_noether_says(auc):
    # Noether, J Am Stat Assoc 1987;82:645: N = (z + z)^2 / (3 (2 (AUC - 0.5))^2 / 4) for equal groups.
    z = stats.norm.ppf([0.975, 0.8]).sum()
    noether = z**2 / (12 * 0.25 * (auc - 0.5) ** 2) / 2
    assert sizes(auc=auc)[1].estimate == pytest.approx(noether, rel=0.12)


def test_auc_so_planned_has_its_power():
    n, random = int(sizes(auc=0.75)[1].estimate), np.random.default_rng(2)
    shift = np.sqrt(2) * stats.norm.ppf(0.75)
    tests = stats.mannwhitneyu(random.normal(shift, size=(2000, n)), random.normal(size=(2000, n)), axis=1)
    assert np.mean(tests.pvalue < 0.05) == pytest.approx(0.8, abs=0.05)


def test_widths_are_reached_and_not_with_fewer():
    for finding, half_width in zip(sizes(auc=0.85)[2:4], (0.05, 0.10), strict=True):
        n = int(finding.estimate)
        low, high = score_interval(0.85, n, n)
        assert high - low <= 2 * half_width
        low, high = score_interval(0.85, n - 1, n - 1)
        assert high - low > 2 * half_width
        assert n == pytest.approx(2 * 1.96**2 * n * hanley_mcneil_variance(0.85, n, n) / (2 * half_width**2), rel=0.15)


def test_two_areas_so_planned_have_their_power():
    """AUC 0.80 against 0.65 of two markers that correlate by 0.5, DeLong's test of 1,000 studies."""
    random, n = np.random.default_rng(3), 60
    shifts, is_patient = np.sqrt(2) * stats.norm.ppf([0.80, 0.65]), np.arange(2 * n) < n
    rejected, areas_found = [], []
    for _ in range(1000):
        values = random.multivariate_normal([0, 0], [[1, 0.5], [0.5, 1]], 2 * n) + shifts * is_patient[:, None]
        one, other = (area(column, is_patient) for column in values.T)
        areas_found.append((one.auc, other.auc))
        error = np.sqrt(one.variance + other.variance - 2 * covariance(one, other))
        rejected.append(abs(one.auc - other.auc) > 1.96 * error)
    correlation = np.corrcoef(np.transpose(areas_found))[0, 1]
    assert two_areas_power(0.80, 0.65, correlation, n, n) == pytest.approx(np.mean(rejected), abs=0.04)


def test_two_areas_that_are_equal_or_one_have_no_size():
    thk = np.random.default_rng(4).uniform(1, 2, (40, 4))
    for options, thickness, says in (
        ({"auc": 0.8, "other_auc": 0.8}, thk, "are equal"),
        ({"auc": 0.8, "other_auc": 0.7}, 1.5, "the same order"),
    ):
        (*_, finding) = sample_size_findings(study_of(*cohort(), thk=thickness), CohortOptions(**options))
        assert finding.estimate is None and says in finding.words
    study = study_of(*cohort(), thk=thk)
    (*_, finding) = sample_size_findings(study, CohortOptions(auc=0.8, other_auc=0.7))
    assert finding.details["each_group"] > 20 and "in the same subjects" in finding.what


def test_ratio_is_that_of_the_cohort():
    for finding in sizes(auc=0.7, difference_per_mm=0.3):
        patients, controls = finding.details["patients_in_ratio"], finding.details["controls_in_ratio"]
        assert controls == int(np.ceil(patients * 13 / 27))
        assert controls <= finding.details["each_group"] <= patients
        assert f"{patients} patients and {controls} controls" in finding.words


def test_nothing_wanted_takes_what_the_cohort_shows_and_warns():
    difference, auc, *_ = sizes()
    patients, controls = (own.max(axis=1) for own in cohort())
    assert difference.details["difference"] == pytest.approx(patients.mean() - controls.mean())
    assert auc.details["auc"] == pytest.approx(stats.mannwhitneyu(patients, controls).statistic / (27 * 13))
    assert "uncertain" in difference.words and "uncertain" in auc.words
    assert not any("uncertain" in finding.words for finding in sizes(auc=0.8, difference_per_mm=0.5))


def test_words_hold_the_unit_and_the_cohort_s_size():
    difference, *others = sizes()
    assert f"{difference.details['difference']:.3g} 1/mm between" in difference.words
    assert f"SD of {difference.details['sd']:.3g} 1/mm" in difference.words
    assert all("27 patients and 13 controls with a value" in finding.words for finding in (difference, *others))


def test_never_fewer_than_mann_whitney_needs_to_reach_its_level():
    # 4 against 4 can reach P = 2/70, 3 against 3 only 2/20.
    sd = sizes()[0].details["sd"]
    for effect in (5, 11.4, 24, 1000):
        assert [one.estimate for one in sizes(auc=0.999, difference_per_mm=effect * sd)[:2]] == [4, 4]
    assert auc_power(0.999, 3, 3) == 0


def test_smallest_number():
    assert [smallest(lambda n, least=least: n >= least) for least in (1, 2, 3, 64, 65, 1000)] == [2, 2, 3, 64, 65, 1000]
    assert smallest(lambda n: False) is None


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("patients", "controls", "options", "why"),
    [
        (NONE, NONE, {}, "no patient has a value"),
        (cohort()[0], cohort()[1][:1], {}, "only one control has a value"),
        (np.ones((3, 4)), np.ones((3, 4)), {}, "values are equal"),
        (2 * np.ones((3, 4)), np.ones((3, 4)), {}, "no spread"),
        (*cohort(), {"difference_per_mm": 0.0}, "no difference"),
        (*cohort(), {"difference_per_mm": 1e-6}, "no sensible size"),
        (cohort()[0] + 9, cohort()[1], {}, "do not overlap"),
        (*cohort(), {"auc": 0.45}, "it is not"),
    ],
)
def test_what_has_no_size_gets_a_sentence(patients, controls, options, why):
    findings = sample_size_findings(study_of(patients, controls), CohortOptions(**options))
    (finding,) = (finding for finding in findings if why in finding.words)
    assert finding.estimate is None
    assert all(finding.words.endswith(".") and "nan" not in finding.words for finding in findings)
