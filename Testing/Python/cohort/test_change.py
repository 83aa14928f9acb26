"""Change between sessions, beside what readings differ by without any."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from cohort_builder import reading_of, study_of
from M1SHThkLib.cohort.change import MEAN, changes, noise_of, slopes
from scipy import stats

DATES = {"1": date(2023, 1, 1), "2": date(2024, 1, 1), "3": date(2025, 1, 1)}


def followed(values, observers=("R1",), dated=True, groups=None):
    """Subjects measured in sessions 1, 2, ...: values (subjects, sessions), all regions alike."""
    readings = [
        tuple(
            reading_of([value] * 4, observer=observer, session=str(session))
            for session, value in enumerate(own, 1)
            for observer in observers
        )
        for own in values
    ]
    patients = len(values) if groups is None else groups[0]
    rows = np.ones((len(values), 4))
    dates = [DATES if dated else {}] * len(values)
    return study_of(rows[:patients], rows[patients:], readings=readings, dates=dates)


def of(found, place=MEAN, marker="sh_thk_per_mm"):
    return [own for own in found if (own.place, own.marker) == (place, marker)]


SINGULAR = (
    *(0.0907, 0.1084, 0.1112, 0.1001, 0.0958, 0.1009, 0.1298, 0.1183, 0.1006, 0.1153, 0.1180, 0.1191),
    *(0.1014, 0.0844, 0.1017, 0.1076, 0.1008, 0.0931, 0.1132, 0.1130, 0.1104, 0.1093, 0.1155, 0.1095),
)


class TestDifferences:
    def test_are_later_less_earlier_with_the_years_between(self):
        (first, second) = of(changes(followed([[0.10, 0.08, 0.09]]), None))
        assert (first.difference, second.difference) == pytest.approx((-0.02, 0.01))
        assert (first.sessions, first.years) == (("1", "2"), pytest.approx(365 / 365.25))

    def test_go_by_date_not_by_name(self):
        study = followed([[0.10, 0.08]])
        turned = {"1": date(2024, 1, 1), "2": date(2023, 1, 1)}
        study = replace(study, subjects=tuple(replace(subject, dates=turned) for subject in study.subjects))
        (found,) = of(changes(study, None))
        assert found.sessions == ("2", "1") and found.difference == pytest.approx(0.02)

    def test_stay_with_the_observer(self):
        found = of(changes(followed([[0.10, 0.08]], observers=("R1", "R2")), None))
        assert [own.observer for own in found] == ["R1", "R2"]

    def test_of_other_protocols_are_none(self):
        readings = [(reading_of([0.1] * 4, session="1"), reading_of([0.2] * 4, session="2", protocol="one echo"))]
        assert changes(study_of(np.ones((1, 4)), readings=readings), None) == []

    def test_take_the_mean_of_the_regions_that_both_sessions_have(self):
        readings = [
            (reading_of([0.1, 0.2, 0.3, np.nan], session="1"), reading_of([0.2, 0.2, np.nan, 0.9], session="2")),
        ]
        found = changes(study_of(np.ones((1, 4)), readings=readings), None)
        assert of(found)[0].values == pytest.approx((0.15, 0.2))
        assert {own.place for own in found if own.marker == "sh_thk_per_mm"} == {
            "left hand knob",
            "right hand knob",
            MEAN,
        }


class TestNoise:
    @pytest.mark.parametrize(("given", "says"), [(0.03, "within noise: RC 0.03"), (0.01, "beyond noise: RC 0.01")])
    def test_as_given(self, given, says):
        study = followed([[0.10, 0.08]])
        (found,) = of(changes(study, noise_of(study, given)))
        assert says in found.words and found.words.startswith("-0.02 per mm")

    def test_as_measured_from_readings_of_one_day(self):
        """Session 2 read twice: differences of 0.01 and 0.03, RC 1.96 times the root of their mean square."""
        study = followed([[0.10, 0.11], [0.10, 0.13]])
        same_day = {"1": DATES["1"], "2": DATES["1"]}
        study = replace(study, subjects=tuple(replace(subject, dates=same_day) for subject in study.subjects))
        noise = noise_of(study)
        assert noise.coefficients["sh_thk_per_mm"] == pytest.approx(1.96 * np.sqrt((0.01**2 + 0.03**2) / 2))
        assert "within observer" in noise.origin
        assert changes(study, noise) == []

    def test_the_mean_of_the_regions_differs_by_less_than_a_region(self):
        """Two observers whose readings differ by errors of four regions that do not go together."""
        random = np.random.default_rng(0)
        first = random.uniform(0.05, 0.15, (20, 4))
        second = first + 0.01 * random.normal(size=first.shape)
        readings = [
            tuple(
                reading_of(own, observer=observer, session="1")
                for own, observer in zip(pair, ("R1", "R2"), strict=True)
            )
            for pair in zip(first, second, strict=True)
        ]
        noise = noise_of(study_of(first, readings=readings))
        means = (second - first).mean(axis=1)
        assert noise.of_means["sh_thk_per_mm"] == pytest.approx(1.96 * np.sqrt((means**2).mean()))
        assert noise.of_means["sh_thk_per_mm"] < 0.7 * noise.coefficients["sh_thk_per_mm"]

    def test_a_change_of_the_mean_is_held_against_the_mean(self):
        """+0.01 in every region: within what one region differs by, beyond what their mean does."""
        random = np.random.default_rng(1)
        first = random.uniform(0.05, 0.15, (20, 4))
        readings = [
            tuple(
                reading_of(
                    own + 0.01 * (session == "2") + 0.006 * random.normal(size=4), observer=observer, session=session
                )
                for session in ("1", "2")
                for observer in ("R1", "R2")
            )
            for own in first
        ]
        study = study_of(first, readings=readings, dates=[DATES] * 20)
        found = [own for own in changes(study, noise_of(study)) if own.marker == "sh_thk_per_mm"]
        beyond = [
            [not own.is_within_noise for own in found if (own.place == MEAN) == is_mean] for is_mean in (True, False)
        ]
        assert np.mean(beyond[0]) > 0.6 and np.mean(beyond[1]) < 0.4

    def test_sessions_without_dates_are_no_noise_of_their_own(self):
        study = followed([[0.10, 0.11], [0.10, 0.13]], dated=False)
        assert noise_of(study) is None
        (found, _) = of(changes(study, None))
        assert np.isnan(found.years) and "noise not known" in found.words


class TestSlopes:
    def drawn(self, random, patients=12, controls=8, slope=0.01, sessions=3):
        start = random.uniform(0.05, 0.15, patients + controls)[:, None]
        own = np.where(np.arange(patients + controls) < patients, slope, 0.0)[:, None]
        years = np.arange(sessions)
        return start + own * years + 0.004 * random.normal(size=(patients + controls, sessions))

    def of(self, study, group):
        (found,) = [own for own in slopes(study) if (own.marker, own.group) == ("sh_thk_per_mm", group)]
        return found

    def test_are_the_change_a_year(self):
        values = self.drawn(np.random.default_rng(0))
        study = followed(values, groups=(12, 8))
        patients = self.of(study, "patient")
        assert patients.slope == pytest.approx(0.01, abs=0.003) and patients.ci[0] < 0.01 < patients.ci[1]
        assert (patients.subjects, patients.sessions) == (12, 36)
        assert abs(self.of(study, "control").slope) < 0.004

    def test_of_two_sessions_it_is_the_mean_difference(self):
        values = self.drawn(np.random.default_rng(1), sessions=2)
        found = self.of(followed(values, groups=(12, 8)), "patient")
        assert found.slope == pytest.approx(np.diff(values[:12]).mean() * 365.25 / 365, rel=1e-4)

    def test_regions_that_a_session_lacks_are_no_change(self):
        """Each region keeps its value over the years, and differs from the others more than any change."""
        random, regions = np.random.default_rng(6), np.array([0.02, 0.05, 0.10, 0.20])
        gaps = ([0, 1], [1, 2, 3], [0, 2, 3])
        readings = []
        for _ in range(8):
            own = regions * random.uniform(0.9, 1.1)
            kept = [np.where(np.isin(np.arange(4), gap), own, np.nan) for gap in gaps]
            readings.append(tuple(reading_of(values, session=str(session)) for session, values in enumerate(kept, 1)))
        study = study_of(np.ones((8, 4)), readings=readings, dates=[DATES] * 8)
        assert abs(self.of(study, "patient").slope) < 1e-6

    def test_of_a_balanced_study_it_is_the_mean_of_the_subjects_own_slopes(self):
        """Error and interval too: t of their mean, which optimisers that stop early miss by a fifth."""
        random, years = np.random.default_rng(3), [(day - DATES["1"]).days / 365.25 for day in DATES.values()]
        start, slopes_of = 0.1 + 0.02 * random.normal(size=27), 0.003 * random.normal(size=27)
        values = start[:, None] + np.outer(slopes_of, years) + 0.004 * random.normal(size=(27, 3))
        found = self.of(followed(values, groups=(27, 0)), "patient")
        own = np.polyfit(years, values.T, 1)[0]
        assert found.slope == pytest.approx(own.mean(), rel=1e-6)
        expected = stats.ttest_1samp(own, 0).confidence_interval(0.95)
        assert found.ci == pytest.approx((expected.low, expected.high), rel=1e-3)

    def test_where_all_slopes_are_one_the_error_is_that_of_the_subjects_own_intercepts(self):
        """Their variance is fitted as zero there, the intercepts' as great: least squares within subjects serves."""
        random = np.random.default_rng(12)
        years = np.array([(day - DATES["1"]).days / 365.25 for day in DATES.values()])
        for _ in range(6):
            values = 0.5 + 0.1 * random.normal(size=(8, 1)) + 0.004 * random.normal(size=(8, 3))
            values[3:, 2] = np.nan
            found = self.of(followed(values, groups=(8, 0)), "patient")
            subject, session = np.nonzero(np.isfinite(values))
            design = np.column_stack([years[session], subject[:, None] == np.arange(8)])
            residuals = np.linalg.lstsq(design, values[subject, session])[1]
            error = np.sqrt(residuals[0] / (len(subject) - 9) * np.linalg.inv(design.T @ design)[0, 0])
            assert np.diff(found.ci)[0] / 2 == pytest.approx(stats.t.ppf(0.975, 7) * error, rel=0.3)

    def test_where_one_optimiser_ends_at_a_singular_matrix_the_other_serves(self):
        """Values at which statsmodels raised LinAlgError by Powell's method."""
        values = np.reshape(SINGULAR, (8, 3))
        found = self.of(followed(values, groups=(8, 0)), "patient")
        own = np.polyfit([(day - DATES["1"]).days / 365.25 for day in DATES.values()], values.T, 1)[0]
        expected = stats.ttest_1samp(own, 0).confidence_interval(0.95)
        assert found.slope == pytest.approx(own.mean(), rel=1e-3)
        assert found.ci == pytest.approx((expected.low, expected.high), rel=0.02)

    def test_patients_less_controls(self):
        values = self.drawn(np.random.default_rng(2))
        found = self.of(followed(values, groups=(12, 8)), "patients less controls")
        assert found.slope == pytest.approx(0.01, abs=0.004) and found.p < 0.01

    def test_interval_covers(self):
        random, covered = np.random.default_rng(3), []
        for _ in range(40):
            study = followed(self.drawn(random, controls=0, slope=0.002), groups=(12, 0))
            found = self.of(study, "patient")
            covered.append(found.ci[0] <= 0.002 <= found.ci[1])
        assert np.mean(covered) > 0.85

    def test_why_there_is_none(self):
        found = slopes(followed(self.drawn(np.random.default_rng(4), 3, 3), groups=(3, 3)))
        assert all("5 are needed" in own.words and np.isnan(own.slope) for own in found)
        assert slopes(followed([[0.1, 0.2]], dated=False)) == []
