"""Age and sex of the groups, and what is left of a difference once they are taken into account."""

from dataclasses import replace

import numpy as np
import pytest
from cohort_builder import clustered_normals, study_of
from M1SHThkLib.cohort.adjusted import adjusted_area, adjusted_findings, ancova, jackknife_variance, subject_values
from M1SHThkLib.cohort.auc import interval
from M1SHThkLib.cohort.comparison import Comparison
from M1SHThkLib.cohort.confounders import confounder_findings, differing
from M1SHThkLib.cohort.options import CohortOptions
from M1SHThkLib.cohort.study import SH_THK

OPTIONS = CohortOptions(replicates=10, permutations=99)


def aged(random, patients=27, controls=13, gap=25.0, effect=0.0, regions=4):
    """Values made of age, of noise and of an effect of disease; ages of patients lie higher."""
    ages = np.concatenate([random.normal(45 + gap, 6, patients), random.normal(45, 12, controls)]).round()
    roots = 0.05 + 0.003 * ages + effect * (np.arange(len(ages)) < patients)
    roots = roots[:, None] + 0.02 * clustered_normals(random, len(ages), 0.5)[:, :regions]
    return ages, np.maximum(roots, 0) ** 2


def of(findings, quantity, selection="symmetric"):
    (found,) = [
        f
        for f in findings
        if f.quantity == quantity
        and (f.labels["marker"], f.labels["selection"], f.labels["against"]) == (SH_THK.column, selection, "controls")
    ]
    return found


class TestConfounders:
    def test_standardised_difference_of_ages(self):
        """Means 60 and 50, variances 100 and 64: 10 / sqrt(82)."""
        patients, controls = (
            60 + 10 * np.array([-1, 1, -1, 1]) * np.sqrt(3) / 2,
            50 + 8 * np.array([-1, 1]) / np.sqrt(2),
        )
        ages = [*patients, *controls]
        age, _ = confounder_findings(study_of(np.ones((4, 4)), np.ones((2, 4)), age=ages), OPTIONS)
        assert age.estimate == pytest.approx(10 / np.sqrt(82))

    def test_standardised_difference_of_sexes(self):
        """3 of 4 men against 1 of 4."""
        study = study_of(np.ones((4, 4)), np.ones((4, 4)), sex=[*"MMMF", *"MFFF"])
        _, sex = confounder_findings(study, OPTIONS)
        assert abs(sex.estimate) == pytest.approx(0.5 / np.sqrt(0.75 * 0.25))

    def test_only_what_differs_is_told(self):
        random = np.random.default_rng(0)
        ages = list(random.permutation(np.resize(np.arange(40, 70), 40)).astype(float))
        same = study_of(np.ones((20, 4)), np.ones((20, 4)), age=ages[:20] * 2, sex=[*"MF" * 20])
        assert differing(same) == ()
        apart = study_of(np.ones((20, 4)), np.ones((20, 4)), age=[70.0, 60.0] * 10 + [40.0, 30.0] * 10, sex=["M"] * 40)
        (told,) = differing(apart)
        assert told.startswith("age (65 ± 5 years in patients, 35 ± 5 years in controls")

    def test_mimics_and_controls_together_are_no_news_where_each_differs(self):
        study = study_of(np.ones((10, 4)), np.ones((10, 4)), age=[70.0, 60.0] * 5 + [40.0, 30.0] * 5)
        subjects = [
            replace(subject, group="mimic") if number > 14 else subject for number, subject in enumerate(study.subjects)
        ]
        told = differing(replace(study, subjects=tuple(subjects)))
        assert [words.split(" in ")[-1].split(",")[0] for words in told] == ["controls", "mimics"]

    def test_one_sex_each_is_as_far_as_sexes_differ(self):
        study = study_of(np.ones((3, 4)), np.ones((3, 4)), sex=[*"MMM", *"FFF"])
        _, sex = confounder_findings(study, OPTIONS)
        assert abs(sex.estimate) == 10 and "sex" in differing(study)[0]

    @pytest.mark.filterwarnings("error")
    def test_what_is_not_given_is_not_compared(self):
        for finding in confounder_findings(study_of(np.ones((3, 4)), np.ones((1, 4))), OPTIONS):
            assert "not compared" in finding.words and finding.estimate is None


class TestAncova:
    def test_is_ordinary_least_squares(self):
        """summary(lm(sqrt(y) ~ patient + age)) in R; here statsmodels."""
        sm = pytest.importorskip("statsmodels.api")
        ages, values = aged(np.random.default_rng(1), effect=0.02)
        is_patient, response = np.arange(40) < 27, np.sqrt(values.max(axis=1))
        fit = sm.OLS(response, np.column_stack([np.ones(40), is_patient, ages])).fit()
        estimate, error, freedom = ancova(response, ages[:, None], is_patient)
        assert (estimate, error, freedom) == pytest.approx((fit.params[1], fit.bse[1], 37))
        found = of(
            adjusted_findings(study_of(values[:27], values[27:], age=list(ages)), OPTIONS), "adjusted difference"
        )
        assert found.p == pytest.approx(fit.pvalues[1]) and found.ci == pytest.approx(tuple(fit.conf_int()[1]))

    def test_over_regions_it_is_that_of_the_means_where_none_is_missing(self):
        """As a mixed model with a random subject has it for balanced data."""
        ages, values = aged(np.random.default_rng(2))
        study = study_of(values[:27], values[27:], age=list(ages))
        found, _ = subject_values(Comparison(study), SH_THK, "clustered")
        means = np.sqrt(values).mean(axis=1)
        assert np.diff(found) == pytest.approx(np.diff(means))

    def test_a_region_that_is_darker_in_everybody_does_no_harm_where_it_is_missing(self):
        """Subjects alike; the last region is twice as dark, and the controls lack it."""
        values = np.full((12, 4), 0.04)
        values[:, 3] = 0.16
        values[8:, 3] = np.nan
        study = study_of(values[:6], values[6:])
        found, _ = subject_values(Comparison(study), SH_THK, "clustered")
        assert found == pytest.approx(np.full(12, found[0]))

    @pytest.mark.parametrize("gap", [0.0, 20.0])
    def test_keeps_its_level_where_age_is_all(self, gap):
        random, rejected = np.random.default_rng(3), []
        for _ in range(400):
            ages, values = aged(random, gap=gap)
            estimate, error, freedom = ancova(np.sqrt(values.max(axis=1)), ages[:, None], np.arange(40) < 27)
            rejected.append(abs(estimate / error) > 2.026)  # t of 37 degrees of freedom
            assert freedom == 37
        assert np.mean(rejected) == pytest.approx(0.05, abs=0.03)


class TestAdjustedArea:
    def test_is_that_of_the_controls_residuals(self):
        """Janes and Pepe: each patient's place among controls of its age, by their own regression."""
        random = np.random.default_rng(4)
        ages, values = aged(random, effect=0.03)
        is_patient, response = np.arange(40) < 27, np.sqrt(values.max(axis=1))
        slope, intercept = np.polyfit(ages[27:], response[27:], 1)
        residuals = response - intercept - slope * ages
        expected = np.mean(residuals[:27, None] > residuals[None, 27:])
        assert adjusted_area(response, ages[:, None], is_patient) == pytest.approx(expected)

    def test_without_a_covariate_that_matters_it_is_the_area(self):
        ages, values = aged(np.random.default_rng(5), effect=0.03)
        is_patient, response = np.arange(40) < 27, np.sqrt(values.max(axis=1))
        found = adjusted_area(response, np.zeros((40, 0)), is_patient)
        assert found == pytest.approx(np.mean(response[:27, None] > response[None, 27:]))
        assert len(ages) == 40

    def test_what_age_makes_is_gone(self):
        """Patients 25 years older, values of age alone: the plain area is near one."""
        random = np.random.default_rng(6)
        plain, adjusted = [], []
        for _ in range(60):
            ages, values = aged(random)
            response = np.sqrt(values.max(axis=1))
            plain.append(np.mean(response[:27, None] > response[None, 27:]))
            adjusted.append(adjusted_area(response, ages[:, None], np.arange(40) < 27))
        assert np.mean(plain) > 0.9 and np.mean(adjusted) == pytest.approx(0.5, abs=0.07)

    def test_interval_covers(self):
        random, covered = np.random.default_rng(7), []
        is_patient = np.arange(40) < 27
        for _ in range(300):
            ages, values = aged(random, gap=10.0)
            response = np.sqrt(values.max(axis=1))
            variance = jackknife_variance(response, ages[:, None], is_patient, 0)
            low, high = interval(adjusted_area(response, ages[:, None], is_patient), variance, 27, 13)
            covered.append(low <= 0.5 <= high)
        assert 0.92 <= np.mean(covered) <= 0.985


class TestFindings:
    def test_hardly_overlapping_ages_are_said(self):
        ages, values = aged(np.random.default_rng(8), gap=40.0)
        found = of(adjusted_findings(study_of(values[:27], values[27:], age=list(ages)), OPTIONS), "adjusted AUC")
        assert "lie outside the range of the controls" in found.words

    def test_further_covariates_and_what_does_not_vary(self):
        ages, values = aged(np.random.default_rng(9))
        covariates = [{"site": float(number % 3)} for number in range(40)]
        study = study_of(values[:27], values[27:], age=list(ages), sex=["F"] * 40, covariates=covariates)
        options = CohortOptions(replicates=10, adjust=("age", "sex", "site"))
        found = of(adjusted_findings(study, options), "adjusted difference")
        assert (
            found.labels["adjusted_for"] == "age, site" and "Left out as the same in everybody: sex (F)" in found.words
        )

    def test_gaps_in_the_greatest_are_said(self):
        ages, values = aged(np.random.default_rng(10))
        values[30:, 2:] = np.nan
        found = of(
            adjusted_findings(study_of(values[:27], values[27:], age=list(ages)), OPTIONS), "adjusted difference"
        )
        assert "the clustered selection" in found.words

    @pytest.mark.filterwarnings("error")
    @pytest.mark.parametrize(
        ("patients", "controls", "age", "says"),
        [
            (10, 10, {}, "not given"),
            (10, 10, {"age": [50.0] * 20}, "the same in everybody"),
            (3, 10, {"age": list(np.arange(13.0) + 40)}, "3 patients and 10 controls; at least 5 of each are needed"),
        ],
    )
    def test_why_there_is_none(self, patients, controls, age, says):
        random = np.random.default_rng(11)
        values = [random.uniform(0.01, 0.1, (n, 4)) for n in (patients, controls)]
        for finding in adjusted_findings(study_of(*values, **age), OPTIONS):
            assert "not done" in finding.words and says in finding.words and finding.p is None

    @pytest.mark.filterwarnings("error")
    @pytest.mark.parametrize(
        ("value", "age", "says"),
        [
            (0.05, np.arange(20.0) + 40, "all values are equal"),
            (np.nan, np.arange(20.0) + 40, "SH/Thk has no value in anybody"),
        ],
    )
    def test_values_that_tell_nothing_are_not_laid_to_the_covariates(self, value, age, says):
        values = np.full((20, 6), value)
        values[np.random.default_rng(0).random(values.shape) < 0.2] = np.nan
        found = adjusted_findings(study_of(values[:10], values[10:], age=list(age)), OPTIONS)
        told = [finding.words for finding in found if finding.labels["marker"] == SH_THK.column]
        assert len(told) == 2 and all(f"not done, since {says}." in words for words in told)

    def test_the_field_strength_alone_is_nothing_to_adjust_for(self):
        random = np.random.default_rng(12)
        study = study_of(*random.uniform(0.01, 0.1, (2, 8, 4)))
        found = of(adjusted_findings(study, CohortOptions(adjust=("field",))), "adjusted difference")
        assert "each field strength is analysed apart" in found.words

    def test_a_covariate_that_is_the_group_adjusts_nothing(self):
        """As a site that scanned the patients alone: least squares would halve the difference between the two."""
        ages, values = aged(np.random.default_rng(13), effect=0.05)
        covariates = [{"site": 1.0 + (number < 27)} for number in range(40)]
        study = study_of(values[:27], values[27:], age=list(ages), covariates=covariates)
        found = adjusted_findings(study, CohortOptions(adjust=("age", "site")))
        told = [finding.words for finding in found if finding.labels["marker"] == SH_THK.column]
        assert len(told) == 2 and all("who is a patient follows from age, site" in words for words in told)

    def test_what_does_not_vary_among_the_controls_gives_no_adjusted_area(self):
        ages, values = aged(np.random.default_rng(14), effect=0.05)
        covariates = [{"years_ill": float(number % 7 if number < 27 else 0)} for number in range(40)]
        study = study_of(values[:27], values[27:], age=list(ages), covariates=covariates)
        found = adjusted_findings(study, CohortOptions(adjust=("age", "years_ill")))
        assert {finding.quantity for finding in found} == {"adjusted difference"}
        difference = of(found, "adjusted difference")
        assert difference.p is not None and "No adjusted AUC: the controls alone cannot tell" in difference.words
