"""Norms: centiles that hold what they say, of others than those who made them."""

from functools import cache

import numpy as np
import pytest
from cohort_builder import reading_of, study_of
from M1SHThkLib.cohort.norm_findings import norm_findings
from M1SHThkLib.cohort.norms import CENTILES, GREATEST, Centile, make_norms, read_against, stand
from M1SHThkLib.cohort.study import SH_THK, Study, Subject
from scipy.stats import norm

MEDIAN, AGEING, SPREAD = 0.03, 0.01, 0.4


def controls(random, count, regions=4):
    ages = random.uniform(30, 80, count).round(1)
    logs = np.log(MEDIAN) + AGEING * (ages - 55)[:, None] + SPREAD * random.normal(size=(count, regions))
    return ages, np.exp(logs)


@cache
def norms_of(count=400, seed=0):
    ages, values = controls(np.random.default_rng(seed), count)
    return make_norms([study_of([], values, age=list(ages))], {"program": "M1SHThk"})


def curve_of(norms, place="left hand knob", marker=SH_THK.column):
    (curve,) = [curve for curve in norms.curves if (curve.place, curve.marker) == (place, marker)]
    return curve


def subject_of(value, age, **reading):
    return Subject("sub-X", None, (reading_of([value] * 4, **reading),), age=age)


class TestCurves:
    def test_hold_the_shares_that_they_name(self):
        """Of lognormal values that rise with age, at 40 and at 70 years."""
        curve = curve_of(norms_of())
        for age in (40.0, 70.0):
            truth = np.exp(np.log(MEDIAN) + AGEING * (age - 55) + SPREAD * norm.ppf(np.array(CENTILES) / 100))
            at = [np.interp(age, curve.ages, values) for values in curve.values.T]
            assert at == pytest.approx(truth, rel=0.2)

    def test_never_cross(self):
        for seed in range(5):
            for curve in norms_of(30, seed).curves:
                told = curve.values[:, np.isfinite(curve.values[0])]
                assert (np.diff(told, axis=1) >= 0).all()

    def test_few_controls_tell_few_centiles(self):
        """Of 13 the outermost that have somebody beyond them: 10 and 90 %."""
        curve = curve_of(norms_of(13))
        told = [centile for centile, value in zip(CENTILES, curve.values[0], strict=True) if np.isfinite(value)]
        assert (told[0], told[-1], curve.n) == (10, 90, 13)

    def test_greatest_of_the_regions_has_its_own(self):
        norms = norms_of()
        assert curve_of(norms, GREATEST).values[0, 4] > curve_of(norms).values[0, 4]


class TestStanding:
    def test_centile_with_interval_and_z(self):
        curve = curve_of(norms_of())
        value = float(np.exp(np.log(MEDIAN) + SPREAD * norm.ppf(0.85)))
        found = stand(curve, value, 55.0)
        assert found.centile == pytest.approx(85, abs=6) and found.ci[0] < 85 < found.ci[1]
        assert found.z == pytest.approx((np.sqrt(value) - np.interp(55, curve.ages, curve.expected)) / curve.sd[0])

    @pytest.mark.parametrize(("count", "share"), [(13, 0.5), (40, 0.9)])
    def test_interval_covers(self, count, share):
        random, covered = np.random.default_rng(1), []
        for _ in range(60):
            ages, values = controls(random, count, 1)
            values = np.column_stack([values, np.full((count, 3), np.nan)])
            study = study_of([], values, age=list(ages), thk=np.nan)  # a region of SH/Thk, and nothing else
            age = random.uniform(45, 65)
            truth = float(np.exp(np.log(MEDIAN) + AGEING * (age - 55) + SPREAD * norm.ppf(share)))
            found = stand(curve_of(make_norms([study], {})), truth, age)
            covered.append(found.ci[0] <= 100 * share <= found.ci[1])
        assert np.mean(covered) > 0.88

    def test_beyond_the_outermost_curves(self):
        curve = curve_of(norms_of())
        high, low = stand(curve, 9.0, 55.0), stand(curve, 0.0001, 55.0)
        assert (high.is_beyond, high.centile, high.ci[1]) == (1, 97.5, 100)
        assert (low.is_beyond, low.centile, low.ci[0]) == (-1, 2.5, 0)
        assert "above the highest curve" in high.words

    def test_zeros_lie_in_the_middle_of_what_is_zero(self):
        """Half of the controls have no dark layer: a subject without one stands at the 25th centile or so."""
        ages, values = controls(np.random.default_rng(2), 200)
        values[::2] = 0
        found = stand(curve_of(make_norms([study_of([], values, age=list(ages))], {})), 0.0, 55.0)
        assert found.is_beyond == 0 and 12 < found.centile < 38

    def test_greatest_is_that_of_the_same_regions(self):
        """Neither a control nor a subject that lacks one of them has it."""
        ages, values = controls(np.random.default_rng(6), 30)
        values[:8, 1] = np.nan
        norms = make_norms([study_of([], values, age=list(ages))], {})
        assert (curve_of(norms, "right hand knob").n, curve_of(norms, GREATEST).n) == (22, 22)
        subject = Subject("sub-X", None, (reading_of([0.1, 0.1, np.nan, 0.1]),), age=55.0)
        found = {
            curve.place: result for curve, result in read_against(norms, subject, 3.0)[0] if "sh_thk" in curve.marker
        }
        assert isinstance(found["left hand knob"], Centile)
        assert "greatest of 4 regions and left paracentral lobule is missing" in found[GREATEST]

    def test_norms_of_an_unknown_protocol_are_taken_on_trust_and_that_is_said(self):
        ages, values = controls(np.random.default_rng(7), 20)
        readings = [(reading_of(own, protocol=None),) for own in values]
        norms = make_norms([study_of([], values, age=list(ages), readings=readings)], {})
        results, why = read_against(norms, subject_of(0.1, 55.0), 3.0)
        assert not why and all("taken on trust" in result.words for _, result in results)
        assert "taken on trust" not in read_against(norms_of(40), subject_of(0.1, 55.0), 3.0)[0][0][1].words

    @pytest.mark.parametrize(
        ("value", "age", "says"),
        [(np.nan, 50, "not measured"), (0.1, np.nan, "age is not known"), (0.1, 95, "hold from")],
    )
    def test_why_nowhere(self, value, age, says):
        assert says in stand(curve_of(norms_of(40)), value, age)


class TestRefusals:
    def test_other_field_strength(self):
        results, why = read_against(norms_of(40), subject_of(0.1, 50), 7.0)
        assert not results and "the norms hold at 3 T and the subject was measured at 7 T" in why

    def test_a_field_strength_with_too_few_controls_holds_nothing(self):
        ages, values = controls(np.random.default_rng(8), 24)
        few = study_of([], values[:4], age=list(ages[:4]), field_strength_t=7.0)
        norms = make_norms([study_of([], values, age=list(ages)), few], {})
        results, why = read_against(norms, subject_of(0.1, 50), 7.0)
        assert not results and "the norms hold at 3 T and the subject was measured at 7 T" in why

    @pytest.mark.parametrize("protocol", ["one echo", None])
    def test_other_protocol(self, protocol):
        results, why = read_against(norms_of(40), subject_of(0.1, 50, protocol=protocol), 3.0)
        assert not results and "another protocol (ten echoes, mean)" in why and (protocol or "not known") in why

    def test_controls_of_two_protocols_make_no_norms(self):
        ages, values = controls(np.random.default_rng(3), 20)
        readings = [(reading_of(own, protocol=f"protocol {n % 2}"),) for n, own in enumerate(values)]
        with pytest.raises(ValueError, match="have several protocols"):
            make_norms([study_of([], values, age=list(ages), readings=readings)], {})

    @pytest.mark.parametrize("ages", [[], [50.0] * 20])
    def test_controls_without_ages_make_none(self, ages):
        with pytest.raises(ValueError, match="at least 10 controls with a value and different ages"):
            make_norms([study_of([], np.full((20, 4), 0.1), age=ages)], {})


def test_who_is_only_read_is_told_of_every_region_the_others_of_the_greatest():
    ages, values = controls(np.random.default_rng(4), 20)
    study = study_of(values[:3] * 2, values[3:], age=list(ages))
    study = Study(3.0, (*study.subjects, subject_of(0.05, 55)))
    findings = norm_findings(study, norms_of())
    own = [finding for finding in findings if finding.labels["subject"] == "sub-X"]
    assert len(own) == 15 and sum(finding.headline for finding in own) == 1  # three markers, four regions, the greatest
    assert [f.labels["region"] for f in findings if f.labels["subject"] == "sub-P01"] == [GREATEST]
    (found,) = [finding for finding in own if finding.headline]
    assert found.ci[0] < found.estimate < found.ci[1]


def test_who_lacks_a_region_of_the_norms_is_read_region_by_region():
    """An exam of four regions against norms of six; one of six has the greatest and nothing else."""
    ages, values = controls(np.random.default_rng(1), 60, regions=6)
    norms = make_norms([study_of([], values, age=list(ages))], {})
    four = norm_findings(study_of([[0.05] * 4], age=[55.0]), norms)
    read = {f.labels["region"] for f in four if f.estimate is not None}
    assert read == {f"{side} {region}" for side in ("left", "right") for region in ("hand knob", "paracentral lobule")}
    assert {f.labels["marker"] for f in four} == {SH_THK.column}
    (six,) = norm_findings(study_of([[0.05] * 6], age=[55.0]), norms)
    assert six.labels["region"] == GREATEST and six.estimate is not None


def test_a_centile_is_told_in_words():
    words = Centile(0.1, 50.0, 93.2, (82.4, 98.1), 1.523, 0).words
    assert words == "centile 93.2 (95 % CI 82 to 98), z = 1.52"
