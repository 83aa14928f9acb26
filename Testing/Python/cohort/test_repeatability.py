"""Repeatability against the examples of Shrout and Fleiss 1979 and of Bland and Altman 1986."""

import sys

import numpy as np
import pytest
from cohort_builder import reading_of, study_of
from M1SHThkLib.cohort.options import CohortOptions
from M1SHThkLib.cohort.repeatability import (
    intraclass_correlations,
    limits_of_agreement,
    repeatability_findings,
    within_subject,
    within_subject_cv,
    within_subject_sd,
)

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

    def test_headline_is_sh_thk_region_by_region(self):
        study = repeated(everywhere(WRIGHT[:, 0]), everywhere(WRIGHT[:, 1]))
        head = [f for f in repeatability_findings(study, CohortOptions()) if f.headline]
        assert [f.labels["region"] for f in head] == [
            "left hand knob",
            "right hand knob",
            "left paracentral lobule",
            "right paracentral lobule",
        ]

    def test_pooling_inflates_and_says_so(self):
        """Subjects alike, regions far apart: the ICC of a region is nothing, that of the pool is high."""
        random = np.random.default_rng(1)
        first, second = ([1, 2, 3, 4] + random.normal(0, 0.2, (20, 4)) for _ in range(2))
        study = repeated(first, second)
        pooled = of(study, "ICC(2,1)", "all regions pooled")
        assert pooled.estimate > 0.9
        assert of(study, "ICC(2,1)").ci[0] < 0.2
        assert "inflates" in pooled.words

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
            ({"observer": "R1", "session": "2"}, "between sessions"),
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

    def test_within_subject_sd_is_that_of_the_root(self):
        study = repeated(everywhere([0.04, 0.09]), everywhere([0.09, 0.16]))
        assert within_subject_sd(study) == (pytest.approx(0.1 / np.sqrt(2)), 8)
        assert np.isnan(within_subject_sd(study_of(np.ones((3, 4))))[0])

    def test_two_zeros_are_no_proof_of_precision(self):
        study = repeated(everywhere([0.04, 0.09, 0.0, 0.0]), everywhere([0.09, 0.16, 0.0, np.nan]))
        assert within_subject_sd(study) == (pytest.approx(0.1 / np.sqrt(2)), 8)


class TestDegenerate:
    @pytest.mark.parametrize(
        ("first", "second", "quantity", "says"),
        [
            ([0.1] * 6, [0.1] * 6, "bias", "no scatter"),
            ([0.0] * 6, [0.0] * 6, "bias", "no scatter"),
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
