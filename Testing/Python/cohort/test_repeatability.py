"""Repeatability against the examples of Shrout and Fleiss 1979 and of Bland and Altman 1986."""

import sys
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from cohort_builder import reading_of, study_of
from M1SHThkLib.cohort.agreement import (
    growth_of_difference,
    intraclass_correlations,
    limits_of_agreement,
    within_subject,
    within_subject_cv,
)
from M1SHThkLib.cohort.options import CohortOptions
from M1SHThkLib.cohort.repeatability import POOLED, repeatability_coefficient, repeatability_findings

pytestmark = pytest.mark.filterwarnings("error")

# Shrout and Fleiss, Psychol Bull 1979;86:420, table 2: six targets, four judges.
JUDGES = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]])
# Bland and Altman, Lancet 1986;1:307, table 1: peak expiratory flow in l/min of 17 subjects, each meter twice.
WRIGHT = np.array(
    [
        [494, 395, 516, 434, 476, 557, 413, 442, 650, 433, 417, 656, 267, 478, 178, 423, 427],
        [490, 397, 512, 401, 470, 611, 415, 431, 638, 429, 420, 633, 275, 492, 165, 372, 421],
    ]
).T
MINI = np.array(
    [
        [512, 430, 520, 428, 500, 600, 364, 380, 658, 445, 432, 626, 260, 477, 259, 350, 451],
        [525, 415, 508, 444, 500, 625, 460, 390, 642, 432, 420, 605, 227, 467, 268, 370, 443],
    ]
).T


def repeated(first, second, **other):
    """Patients measured by observer R1, and by R2 unless `other` says how else the second reading differs."""
    other = {"observer": "R2"} | other
    readings = [
        (reading_of(one, observer="R1", session="1"), reading_of(two, **{"session": "1"} | other))
        for one, two in zip(first, second, strict=True)
    ]
    return study_of(np.ones((len(readings), 4)), readings=readings)


def read_by(value, observer, session):
    return reading_of([value] * 4, observer=observer, session=session)


def everywhere(values):
    return np.repeat(np.asarray(values, float)[:, None], 4, axis=1)


def of(study, quantity, region="left hand knob", marker="sh_thk_per_mm"):
    findings = repeatability_findings(study, CohortOptions())
    found = [
        f
        for f in findings
        if f.quantity == quantity and f.labels.get("region") == region and f.labels["marker"] == marker
    ]
    assert len(found) == 1
    return found[0]


class TestIcc:
    def test_shrout_and_fleiss(self):
        (absolute, _), (consistent, _) = intraclass_correlations(JUDGES)
        assert absolute == pytest.approx(0.29, abs=0.005)
        assert consistent == pytest.approx(0.71, abs=0.005)

    def test_intervals_that_psych_prints(self):
        """ICC() of R's psych for the same table: 0.02 to 0.76 and 0.34 to 0.95."""
        (_, absolute), (_, consistent) = intraclass_correlations(JUDGES)
        assert absolute == pytest.approx((0.02, 0.76), abs=0.005)
        assert consistent == pytest.approx((0.34, 0.95), abs=0.005)

    def test_interval_is_not_rounded_and_pingouin_is_left_as_it_was(self, monkeypatch):
        import pingouin

        (rounding,) = (key for key in pingouin.options if key.startswith("round.column.CI95"))
        monkeypatch.setitem(pingouin.options, rounding, 1)
        (_, (low, _)), _ = intraclass_correlations(JUDGES)
        assert low != round(low, 2)
        assert pingouin.options[rounding] == 1

    def test_bias_lowers_agreement_not_consistency(self):
        random = np.random.default_rng(0)
        first = everywhere(random.uniform(0.05, 0.2, 12))
        second = first + 0.05 + everywhere(random.normal(0, 0.005, 12))
        study = repeated(first, second)
        assert of(study, "ICC(3,1)").estimate > 0.95
        assert of(study, "ICC(2,1)").estimate < 0.8

    def test_words_tell_a_very_high_one_from_perfect(self):
        found = of(
            repeated(everywhere(WRIGHT[:, 0]), everywhere(WRIGHT[:, 0] + 0.5 * (-1) ** np.arange(17))), "ICC(2,1)"
        )
        assert f"{found.estimate:.3f} (95 % CI {found.ci[0]:.3f}" in found.words

    def test_without_pingouin(self, monkeypatch):
        monkeypatch.setitem(sys.modules, "pingouin", None)
        study = repeated(everywhere(WRIGHT[:, 0]), everywhere(WRIGHT[:, 1]))
        assert "pingouin" in of(study, "ICC(2,1)").words
        assert of(study, "bias").estimate is not None


class TestBlandAltman:
    def test_limits_of_the_two_meters(self):
        """The paper takes 2 SD where we take 1.96, and prints the difference as Wright's minus mini's."""
        found = limits_of_agreement(np.stack([MINI[:, 0], WRIGHT[:, 0]], axis=1))
        assert found["bias"] == pytest.approx(-2.1, abs=0.05)
        assert found["sd"] == pytest.approx(38.8, abs=0.05)
        assert found["bias_ci"] == pytest.approx((-22.0, 17.8), abs=0.1)
        assert found["low"] == pytest.approx(-79.7 + 0.04 * 38.8, abs=0.1)
        assert np.diff(found["high_ci"]) == pytest.approx(110.1 - 40.9, abs=0.5)

    def test_coefficients_of_repeatability(self):
        """2 SD of the differences: 43.2 l/min with Wright's meter, 56.4 with the mini, from rounded SDs."""
        for pairs, printed in ((WRIGHT, 43.2), (MINI, 56.4)):
            within, (low, high) = within_subject(pairs)
            assert 2 * np.sqrt(2) * within == pytest.approx(printed, abs=0.15)
            assert low < within < high

    def test_interval_of_the_within_subject_sd_covers(self):
        random = np.random.default_rng(2)
        covered = 0
        for _ in range(1000):
            low, high = within_subject(random.normal(0, 0.3, (12, 2)))[1]
            covered += low <= 0.3 <= high
        assert covered / 1000 == pytest.approx(0.95, abs=0.025)

    def test_finding_carries_them_in_words(self):
        found = of(repeated(everywhere(MINI[:, 0]), everywhere(WRIGHT[:, 0])), "bias")
        assert found.estimate == pytest.approx(-2.1, abs=0.05)
        assert "-2.12" in found.words
        assert found.details["differences"] == (WRIGHT[:, 0] - MINI[:, 0]).tolist()


class TestWcv:
    def test_constant_relative_error(self):
        """Readings 10 % to either side of their mean: CV = 0.1 sqrt(2)."""
        means = np.linspace(1, 5, 10)
        assert within_subject_cv(np.stack([0.9 * means, 1.1 * means], axis=1))[0] == pytest.approx(0.1 * np.sqrt(2))

    def test_zeros_are_excluded_and_counted(self):
        first, second = np.linspace(0.1, 0.3, 10), np.linspace(0.12, 0.29, 10)
        first[2] = first[3] = second[3] = 0
        found = of(repeated(everywhere(first), everywhere(second)), "wCV")
        assert (found.details["zeros"], found.details["pairs"]) == (2, 8)
        assert found.estimate < 20
        assert "left out for a zero: 2 of 10 pairs" in found.words


class TestPairs:
    @pytest.mark.parametrize(
        ("other", "kind"),
        [
            ({"observer": "R2"}, "between observers"),
            ({"observer": "R1", "session": "2"}, "within observer"),
            ({"observer": "R2", "session": "2"}, "between observers and sessions"),
        ],
    )
    def test_kind_is_what_differs(self, other, kind):
        found = of(repeated(everywhere(WRIGHT[:, 0]), everywhere(WRIGHT[:, 1]), **other), "ICC(2,1)")
        assert found.labels["kind"] == kind
        assert kind in found.words

    def test_other_protocol_is_left_out_and_counted(self):
        findings = repeatability_findings(
            repeated(everywhere([1, 2]), everywhere([1, 3]), protocol="one echo"), CohortOptions()
        )
        assert [f.n for f in findings] == [{"pairs": 2}, {"subjects": 0}]
        assert "settings differ" in findings[0].words

    def test_two_zeros_are_no_proof_of_precision_and_stand_apart(self):
        """Differences of 0.05 and 0.07: the SD within is the root of half their mean square."""
        study = repeated(everywhere([0.04, 0.09, 0.0, 0.0]), everywhere([0.09, 0.16, 0.0, np.nan]))
        expected = 1.96 * np.sqrt(np.mean([0.05**2, 0.07**2]))
        found = of(study, "repeatability coefficient")
        assert found.estimate == pytest.approx(expected)
        assert "Apart from these: 1 pair of two zeros" in found.words and found.details["zero_pairs"] == 1
        coefficient, _, kind, pairs = repeatability_coefficient(study, ("between observers",), ("patient",))
        assert (coefficient, kind, pairs) == (pytest.approx(expected), "between observers", 8)

    def test_every_pair_of_the_design_counts(self):
        """Two observers in two sessions: R2's own repeat is as much a repeat as R1's."""
        values = {("R1", "1"): 0.10, ("R1", "2"): 0.11, ("R2", "1"): 0.20, ("R2", "2"): 0.23}
        readings = [tuple(read_by(n * own, *who) for who, own in values.items()) for n in (1, 2, 3)]
        findings = repeatability_findings(study_of(np.ones((3, 4)), readings=readings), CohortOptions())
        wanted = {"marker": "sh_thk_per_mm", "region": POOLED}
        pooled = [f for f in findings if wanted.items() <= f.labels.items()]
        pooled = [f for f in pooled if f.quantity == "repeatability coefficient"]
        within = {f.labels["first"]: f.estimate for f in pooled if f.labels["kind"] == "within observer"}
        scale = 1.96 * np.sqrt(np.mean([1, 4, 9]))
        assert within == {
            "R1 1": pytest.approx(0.01 * scale),
            "R2 1": pytest.approx(0.03 * scale),
            "all observers": pytest.approx(np.sqrt((0.01**2 + 0.03**2) / 2) * scale),
        }
        kinds = {"within observer", "between observers", "between observers and sessions"}
        assert {f.labels["kind"] for f in pooled} == kinds

    def test_groups_stand_apart(self):
        random = np.random.default_rng(3)
        base = np.concatenate([random.uniform(0.1, 0.2, (8, 4)), random.uniform(0.01, 0.02, (7, 4))])
        again = base * (1 + 0.1 * random.normal(size=base.shape))
        readings = [
            (reading_of(one, observer="R1"), reading_of(two, observer="R2"))
            for one, two in zip(base, again, strict=True)
        ]
        study = study_of(base[:8], base[8:], readings=readings)
        wanted = {"marker": "sh_thk_per_mm", "region": "left hand knob"}
        found = [f for f in repeatability_findings(study, CohortOptions()) if wanted.items() <= f.labels.items()]
        found = {f.labels["group"]: f for f in found if f.quantity == "ICC(2,1)"}
        assert {group: f.n for group, f in found.items()} == {"patient": {"subjects": 8}, "control": {"subjects": 7}}

    def test_sessions_of_different_dates_are_no_repetition(self):
        study = repeated(everywhere(WRIGHT[:, 0]), everywhere(WRIGHT[:, 1]), observer="R1", session="2")
        dated = {"1": date(2024, 1, 1), "2": date(2024, 7, 1)}
        study = replace(study, subjects=tuple(replace(subject, dates=dated) for subject in study.subjects))
        findings = repeatability_findings(study, CohortOptions())
        assert [f.n for f in findings] == [{"pairs": 17}, {"subjects": 0}]
        assert "may show a change" in findings[0].words


class TestGrowth:
    def test_slope_is_that_of_statsmodels(self):
        sm = pytest.importorskip("statsmodels.api")
        means, differences = MINI.mean(axis=1), np.diff(MINI)[:, 0]
        fit = sm.OLS(differences, sm.add_constant(means)).fit()
        slope, ci, statistic, p, _ = growth_of_difference(MINI)
        assert (slope, statistic, p) == pytest.approx((fit.params[1], fit.tvalues[1], fit.pvalues[1]))
        assert ci == pytest.approx(tuple(fit.conf_int()[1]))

    def test_bias_that_grows_is_told(self):
        random = np.random.default_rng(4)
        first = random.uniform(0.05, 0.3, (20, 4))
        study = repeated(first, first * 1.2 + 0.002 * random.normal(size=first.shape))
        found = of(study, "slope of the difference on the mean")
        assert found.estimate == pytest.approx(0.2 / 1.1, abs=0.03)
        assert "grows with the mean" in found.words

    def test_pairs_of_one_subject_are_no_subjects(self):
        """Four alike pairs a subject tell no more than one: the interval must not halve."""
        once = growth_of_difference(MINI)
        four = growth_of_difference(np.repeat(MINI, 4, axis=0), np.repeat(np.arange(17), 4))
        assert four[0] == pytest.approx(once[0])
        assert np.diff(four[1]) > 0.75 * np.diff(once[1])


class TestDegenerate:
    @pytest.mark.parametrize(
        ("first", "second", "quantity", "says"),
        [
            ([0.1] * 6, [0.1] * 6, "bias", "no scatter"),
            ([0.0] * 6, [0.0] * 6, "ICC(2,1)", "6 pairs of two zeros"),
            ([0.1, 0.2, 0.3, 0.4, 0.5], [0.2, 0.3, 0.4, 0.5, 0.6], "bias", "no scatter"),
            ([0.1], [0.2], "ICC(2,1)", "at least two"),
            ([np.nan] * 6, [0.2] * 6, "ICC(2,1)", "at least two"),
            ([0.1, 0.2, 0.3], [0.1, 0.3, 0.3], "ICC(2,1)", "at least 5"),
            ([0.1, 0.2, 0.3, 0.0, 0.5], [0.5, 0.4, 0.3, 0.6, 0.1], "ICC(2,1)", "same mean"),
        ],
    )
    def test_a_sentence_says_why(self, first, second, quantity, says):
        found = of(repeated(everywhere(first), everywhere(second)), quantity)
        assert says in found.words
        assert found.ci is None

    def test_nobody_was_measured_twice(self):
        (found,) = repeatability_findings(study_of(np.ones((3, 4))), CohortOptions())
        assert "not known" in found.words and found.method
