"""Smoothing by a length: what is shorter than the cut-off is tremor; how densely somebody clicks changes nothing."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from M1SHThkLib.measuring.smoothing import smooth_curve

LENGTH = 5.0  # the cut-off wavelength


def ripple(wavelength, amplitude=0.1, periods=20, per_period=20):
    along = np.linspace(0, wavelength * periods, periods * per_period + 1)
    return np.column_stack([along, amplitude * np.sin(2 * np.pi * along / wavelength)])


def amplitude_left(wavelength, **drawn):
    """Of a ripple of amplitude 1 what remains, away from the ends."""
    points = ripple(wavelength, **drawn)
    curve = smooth_curve(points, LENGTH)
    inner = curve.at(np.linspace(0.3, 0.7, 2001) * curve.end_mm)
    waves = np.column_stack([wave(2 * np.pi * inner[:, 0] / wavelength) for wave in (np.sin, np.cos)])
    return np.linalg.norm(np.linalg.lstsq(waves, inner[:, 1], rcond=None)[0]) / 0.1


def fine(curve, step=0.01):
    return curve.at(np.arange(0, curve.end_mm, step))


def farthest(points, curve):
    """Greatest distance of points from the curve."""
    return np.linalg.norm(points[:, None] - fine(curve), axis=-1).min(1).max()


class TestTransferFunction:
    @pytest.mark.parametrize("share", [0.6, 0.8, 1.0, 1.3, 2.0, 4.0])
    def test_of_a_ripple_there_remains_what_the_sixth_power_of_its_wavelength_leaves(self, share):
        """Least of |c - p|^2 + (L / 2 pi)^6 |c'''|^2: 1 / (1 + (L / wavelength)^6)."""
        assert amplitude_left(share * LENGTH) == pytest.approx(1 / (1 + share**-6.0), abs=0.015)

    def test_of_the_cut_off_half_remains_and_of_its_half_less_than_2_percent(self):
        assert amplitude_left(LENGTH) == pytest.approx(0.5, abs=0.01)
        assert amplitude_left(LENGTH / 2) < 0.02

    def test_tremor_from_click_to_click_is_gone(self):
        assert amplitude_left(0.8, periods=60, per_period=4) < 1e-3


class TestWhatStays:
    def test_a_straight_line(self):
        points = np.column_stack([np.array([0.0, 1, 4, 5, 11, 20]), np.zeros(6)])
        np.testing.assert_allclose(fine(smooth_curve(points, LENGTH))[:, 1], 0, atol=1e-12)

    @pytest.mark.parametrize("radius", [5.0, 8.0, 15.0])
    def test_a_circle_from_end_to_end(self, radius):
        """A bend of constant curvature: the ends would be straightened by a penalty on the second derivative."""
        turn = np.linspace(0, 2.5, 60)
        curve = smooth_curve(radius * np.column_stack([np.cos(turn), np.sin(turn)]), LENGTH)
        np.testing.assert_allclose(np.linalg.norm(fine(curve), axis=1), radius, atol=0.01)

    def test_a_parabola_from_end_to_end(self):
        x = np.linspace(-8, 8, 41)
        points = np.column_stack([x, x**2 / 30])
        assert farthest(points, smooth_curve(points, LENGTH)) < 0.01

    @pytest.mark.parametrize("count", [2, 3])
    def test_two_or_three_points_make_a_curve_through_them(self, count):
        points = np.array([[0.0, 0], [6, 0], [12, 3]])[:count]
        assert farthest(points, smooth_curve(points, LENGTH)) < 0.5
        np.testing.assert_allclose(smooth_curve(points[:2], LENGTH).at(np.array([0.0, 3.0, 6.0]))[:, 1], 0, atol=1e-9)


def bend(at):
    """A hand knob: 30 mm with a bump of 3 mm."""
    return np.column_stack([at, 3 * np.exp(-0.5 * ((at - 15) / 5) ** 2)])


class TestClicks:
    def test_how_densely_somebody_clicks_on_one_half_does_not_matter(self):
        """Of a ripple at the cut-off half remains on either half: otherwise clicks would pull the curve to them."""
        dense = np.concatenate([np.arange(0, 60, 0.2), np.arange(60, 120.1, 1.0)])
        curve = smooth_curve(np.column_stack([dense, 0.1 * np.sin(2 * np.pi * dense / LENGTH)]), LENGTH)
        for middle in (30, 90):
            stretch = curve.at((middle + np.linspace(-15, 15, 1001)) / 120 * curve.end_mm)
            wave = np.sin(2 * np.pi * stretch[:, 0] / LENGTH)
            assert stretch[:, 1] @ wave / (wave @ wave) == pytest.approx(0.05, rel=0.1)

    def test_tremor_in_dense_clicks_does_not_move_the_curve(self):
        random = np.random.default_rng(0)
        steady = smooth_curve(bend(np.arange(0, 30.1, 0.4)), LENGTH)
        points = bend(np.arange(0, 30.1, 0.4))
        trembling = smooth_curve(points + random.normal(0, 0.1, points.shape), LENGTH)
        away = np.linalg.norm(fine(trembling, 0.1)[:, None] - fine(steady), axis=-1).min(1)
        assert np.sqrt((away**2).mean()) < 0.05
        assert trembling.end_mm == pytest.approx(steady.end_mm, rel=0.02)

    @pytest.mark.parametrize("count", [8, 12, 25, 50, 200])
    def test_eight_to_two_hundred_on_the_same_line_give_the_same_line(self, count):
        reference = smooth_curve(bend(np.linspace(0, 30, 400)), LENGTH)
        found = smooth_curve(bend(np.linspace(0, 30, count)), LENGTH)
        away = np.linalg.norm(fine(found, 0.1)[:, None] - fine(reference), axis=-1).min(1)
        assert away.max() < (0.12 if count == 8 else 0.05)

    @given(st.integers(0, 2**32 - 1), st.integers(2, 40), st.floats(1, 20))
    def test_whatever_the_points_the_curve_is_finite_and_the_unit_of_length_does_not_matter(self, seed, count, length):
        random = np.random.default_rng(seed)
        points = np.cumsum(random.normal(size=(count, 2)) * 10 ** random.uniform(-2, 0.7, (count, 1)), axis=0)
        curve, twice = smooth_curve(points, length), smooth_curve(2 * points, 2 * length)
        at = np.linspace(0, 1, 50)
        assert np.isfinite(curve.at(at * curve.end_mm)).all()
        np.testing.assert_allclose(twice.at(at * twice.end_mm), 2 * curve.at(at * curve.end_mm), atol=1e-6)


class TestCurve:
    def test_derivatives_are_those_of_the_curve(self):
        curve = smooth_curve(bend(np.linspace(0, 30, 20)), LENGTH)
        at, step = np.linspace(1, 25, 40), 1e-5
        for order in (1, 2):
            before, after = (curve.at(at + side * step, order - 1) for side in (-1, 1))
            np.testing.assert_allclose(curve.at(at, order), (after - before) / (2 * step), atol=1e-5)

    def test_begins_and_ends_where_the_points_do(self):
        points = bend(np.linspace(0, 30, 30))
        curve = smooth_curve(points, LENGTH)
        np.testing.assert_allclose(curve.at(np.array([0.0, curve.end_mm])), points[[0, -1]], atol=0.03)

    def test_distance_along_it_is_its_own_length(self):
        """Tremor lengthens the way from click to click, not the curve: its parameter is the way along the curve."""
        points = bend(np.linspace(0, 30, 80)) + np.resize([0.15, -0.15], (80, 1)) * [0, 1]
        curve = smooth_curve(points, LENGTH)
        way = np.linalg.norm(np.diff(fine(curve), axis=0), axis=1).sum()
        assert curve.end_mm == pytest.approx(way, rel=0.01)
        assert np.linalg.norm(np.diff(points, axis=0), axis=1).sum() > 1.2 * way
