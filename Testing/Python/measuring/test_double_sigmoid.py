"""The double sigmoid: closed forms, derivatives, and fits held against scipy's."""

import warnings

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from M1SHThkLib.measuring import double_sigmoid as ds
from M1SHThkLib.measuring.hypointensity import find_lobe
from scipy.ndimage import gaussian_filter1d
from scipy.optimize import least_squares
from scipy.special import ndtr

X = np.arange(61) * 0.1
EVERYWHERE = np.ones(61, bool)


slopes = st.floats(0.8, 40.0)
distances = st.floats(0.05, 4.0)
fractions = st.floats(0.05, 0.95)
curves = st.builds(
    lambda a, b1, c1, b2, distance: np.array([a, b1, c1, b2, c1 + distance]),
    st.floats(1e-3, 1e3),
    slopes,
    st.floats(-1, 4),
    slopes,
    distances,
)


def f(x, b, c):
    return 1 / (1 + np.exp(-b * (x - c)))


class TestCurve:
    def test_the_paper_s_formula(self):
        a, b1, c1, b2, c2 = 0.3, 4.0, 1.5, 7.0, 2.9
        np.testing.assert_allclose(
            ds.double_sigmoid(X, [a, b1, c1, b2, c2]), a * (f(X, b1, c1) - f(X, b2, c2)), rtol=1e-12
        )

    @given(curves)
    def test_jacobian_is_the_numerical_derivative(self, p):
        step = 1e-5 * np.maximum(np.abs(p), 1)
        numerical = [
            (ds.double_sigmoid(X, p + step * unit) - ds.double_sigmoid(X, p - step * unit)) / (2 * step[k])
            for k, unit in enumerate(np.eye(5))
        ]
        np.testing.assert_allclose(ds.jacobian(X, p), np.transpose(numerical), atol=1e-4 * p[0] * max(p[1], p[3], 1))

    @given(st.lists(curves, min_size=1, max_size=4))
    def test_many_curves_at_once_are_each_alone(self, many):
        many = np.array(many)
        for function in (ds.double_sigmoid, ds.jacobian):
            np.testing.assert_allclose(function(X, many), [function(X, p) for p in many], rtol=1e-12)
        for measure in (ds.area, lambda p: ds.width(p, 0.25), lambda p: ds.mode_and_height(p)[1]):
            np.testing.assert_allclose(measure(many), [measure(p) for p in many], rtol=1e-9)


class TestHeightAndWidth:
    """For equal slopes F = a sinh(C) / (cosh(b u) + cosh(C)), C = b (c2 - c1) / 2, u from half-way."""

    @given(st.floats(1e-3, 1e3), slopes, st.floats(-1, 4), distances)
    def test_height_for_equal_slopes(self, a, b, c1, distance):
        mode, height = ds.mode_and_height(np.array([a, b, c1, b, c1 + distance]))
        assert mode == pytest.approx(c1 + distance / 2, abs=1e-9)
        assert height == pytest.approx(a * np.tanh(b * distance / 4), rel=1e-9)

    @given(slopes, distances, fractions)
    def test_width_for_equal_slopes(self, b, distance, fraction):
        hyperbolic = np.cosh(b * distance / 2)
        expected = 2 / b * np.arccosh((1 + hyperbolic) / fraction - hyperbolic)
        assert ds.width(np.array([0.2, b, 1.0, b, 1.0 + distance]), fraction) == pytest.approx(expected, rel=1e-7)

    def test_by_hand(self):
        """b (c2 - c1) = 4: height tanh 1; at 25 % cosh(b u) = 4 + 3 cosh 2."""
        p = np.array([1.0, 2.0, 1.0, 2.0, 3.0])
        assert ds.mode_and_height(p)[1] == pytest.approx(0.7615941559557649)
        assert ds.width(p, 0.25) == pytest.approx(np.arccosh(4 + 3 * 3.7621956910836314))

    @given(curves)
    def test_nothing_is_higher_than_the_height(self, p):
        mode, height = ds.mode_and_height(p)
        around = np.concatenate([np.linspace(p[2] - 6, p[4] + 6, 4001), mode + np.linspace(-0.01, 0.01, 201)])
        assert ds.double_sigmoid(around, p).max() <= height * (1 + 1e-12)
        assert ds.double_sigmoid(np.array([mode]), p)[0] == pytest.approx(height, rel=1e-12)

    @given(curves, fractions)
    def test_f_is_the_fraction_of_the_height_at_both_crossings_and_more_between(self, p, fraction):
        left, right = ds.crossings(p, fraction)
        mode, height = ds.mode_and_height(p)
        assert left < mode < right
        np.testing.assert_allclose(ds.double_sigmoid(np.array([left, right]), p), fraction * height, rtol=1e-7)
        assert (ds.double_sigmoid(np.linspace(left, right, 1001)[1:-1], p) > fraction * height * (1 - 1e-7)).all()

    @given(curves, fractions)
    def test_a_curve_seen_from_the_other_side_has_the_same_height_and_width(self, p, fraction):
        a, b1, c1, b2, c2 = p
        mirrored = np.array([a, b2, -c2, b1, -c1])
        assert ds.mode_and_height(mirrored)[1] == pytest.approx(ds.mode_and_height(p)[1], rel=1e-9)
        assert ds.width(mirrored, fraction) == pytest.approx(ds.width(p, fraction), rel=1e-7)

    def test_steep_slopes_make_a_box(self):
        p = np.array([0.3, 40.0, 1.0, 40.0, 3.5])
        assert ds.mode_and_height(p)[1] == pytest.approx(0.3)
        assert ds.width(p, 0.5) == pytest.approx(2.5)

    @given(curves)
    def test_area_is_the_integral(self, p):
        x = np.arange(-60, 70, 0.005)
        assert ds.area(p) == pytest.approx(ds.double_sigmoid(x, p).sum() * 0.005, rel=1e-3)
        assert ds.area(p) == pytest.approx(p[0] * (p[4] - p[2]), rel=1e-12)

    @given(curves, st.floats(1e-3, 1e3), st.floats(-5, 5))
    def test_scale_and_place_do_not_change_the_width(self, p, scale, shift):
        moved = p * [scale, 1, 1, 1, 1] + [0, 0, shift, 0, shift]
        assert ds.width(moved, 0.25) == pytest.approx(ds.width(p, 0.25), rel=1e-7)
        assert ds.mode_and_height(moved)[1] == pytest.approx(scale * ds.mode_and_height(p)[1], rel=1e-9)


def noisy_layers(count, noise, seed=0):
    """Profiles of layers under bright fluid with smooth noise, a part of each layer's height, and their fit windows."""
    random = np.random.default_rng(seed)
    profiles, windows = [], []
    while len(profiles) < count:
        top, thickness = random.uniform(1.0, 2.5), random.uniform(0.8, 2.2)
        blur, dip = random.uniform(0.2, 0.6), random.uniform(0.03, 0.4)
        h = dip * (ndtr((X - top) / blur) - ndtr((X - top - thickness) / blur)) - 0.6 * ndtr(-(X - 0.2) / blur)
        white = random.normal(size=len(X) + 4)
        h += noise * dip * np.convolve(white, [0.2, 0.5, 0.66, 0.5, 0.2], "valid")
        lobe = find_lobe(X, h)
        if lobe:
            profiles.append(h)
            windows.append(lobe.window)
    return np.array(profiles), np.array(windows)


def bounds(profile, window):
    """The fit's bounds on (a, b1, c1, b2, c2 - c1), as its documentation gives them."""
    peak, first = profile[window].max(), X[window][0]
    return [0.5 * peak, 0.8, first - 2, 0.8, 0.05], [2.5 * peak, 40, X[-1], 40, X[-1] - X[0]]


def objective(profile, window):
    """What the fit minimises, as its documentation gives it: residuals of parameters, and their derivatives.

    Beside the residuals within the window, ten times what of F lies below -2 % of the peak past the peak.
    """
    peak, past = profile[window].max(), np.where(window, profile, 0).argmax() < np.arange(len(X))

    def residuals(p):
        values = ds.double_sigmoid(X, p)
        return np.concatenate([(values - profile)[window], 10 * np.minimum(values + 0.02 * peak, 0)[past]])

    def slopes(p):
        derivatives = ds.jacobian(X, p)
        below = past & (ds.double_sigmoid(X, p) < -0.02 * peak)
        return np.concatenate([derivatives[window], 10 * np.where(below[:, None], derivatives, 0)[past]])

    return residuals, slopes


def least_squares_by_scipy(profile, window, start):
    """The least objective that scipy's bounded fit finds from a start."""
    lowest, highest = bounds(profile, window)
    residuals, slopes_of_curve = objective(profile, window)

    def curve(q):
        return np.array([q[0], q[1], q[2], q[3], q[2] + q[4]])

    def slopes_of(q):
        derivatives = slopes_of_curve(curve(q))
        derivatives[:, 2] += derivatives[:, 4]
        return derivatives

    start = np.clip(start, np.array(lowest) + 1e-6, np.array(highest) - 1e-6)
    found = least_squares(
        lambda q: residuals(curve(q)), start, slopes_of, (lowest, highest), "trf", 1e-14, 1e-14, 1e-14
    )
    return 2 * found.cost


def lowest_past_the_peak(parameters):
    """Least F past its sampled peak, in parts of it."""
    values = ds.double_sigmoid(X, parameters)
    return values[values.argmax() :].min() / values.max()


class TestFit:
    @given(
        st.floats(1e-2, 10), st.floats(2, 10), st.floats(1.0, 2.5), st.floats(2, 10), st.floats(1.2, 2.5), st.booleans()
    )
    def test_recovers_the_parameters_of_a_curve_without_noise(self, a, b1, c1, b2, distance, windowed):
        p = np.array([a, b1, c1, b2, c1 + distance])
        assume(lowest_past_the_peak(p) >= -0.02)
        window = np.abs(X - c1 - distance / 2) < distance / 2 + 1 if windowed else EVERYWHERE
        fit = ds.fit(X, ds.double_sigmoid(X, p), window)
        np.testing.assert_allclose(fit.parameters[0], p, rtol=1e-3)
        assert fit.sum_of_squares[0] <= 1e-12 * a**2
        assert not fit.at_bound.any()

    @pytest.mark.parametrize("noise", [0.02, 0.1])
    def test_is_as_good_as_scipy_s(self, noise):
        profiles, windows = noisy_layers(40, noise)
        fits = ds.fit(X, profiles, windows)
        starts = ds.half_height_starts(X, np.where(windows, profiles, 0), windows.astype(float))
        for profile, window, start, parameters in zip(profiles, windows, starts, fits.parameters, strict=True):
            found = (objective(profile, window)[0](parameters) ** 2).sum()
            assert found <= least_squares_by_scipy(profile, window, start) * (1 + 1e-6)

    @pytest.mark.parametrize("b1", [1.2, 1.5])
    def test_a_curve_that_falls_below_zero_past_its_peak_is_kept_above(self, b1):
        """A sigmoid that still rises where the other has fallen: the sum of squares alone is 0 below zero."""
        p = np.array([0.2, b1, 1.5, 8.0, 2.75])
        assert lowest_past_the_peak(p) < -0.05
        fit = ds.fit(X, ds.double_sigmoid(X, p), EVERYWHERE)
        assert -0.03 < lowest_past_the_peak(fit.parameters[0]) < 0

    def test_noise_does_not_pull_f_below_zero_past_the_layer(self):
        profiles, windows = noisy_layers(200, 0.3)
        lowest = [lowest_past_the_peak(parameters) for parameters in ds.fit(X, profiles, windows).parameters]
        assert min(lowest) > -0.05

    def test_has_converged_in_every_one_of_two_thousand(self):
        profiles, windows = noisy_layers(2000, 0.2)
        fits = ds.fit(X, profiles, windows)
        further = ds.fit(X, profiles, windows, starts=fits.parameters, tolerance=1e-12, iterations=1000)
        widths, better_widths = (ds.width(fit.parameters, 0.25) for fit in (fits, further))
        np.testing.assert_allclose(widths, better_widths, rtol=0.01)

    def test_its_sum_of_squares_is_that_of_its_curve_within_the_window(self):
        profiles, windows = noisy_layers(5, 0.1)
        fits = ds.fit(X, profiles, windows)
        residuals = (profiles - ds.double_sigmoid(X, fits.parameters)) * windows
        np.testing.assert_allclose(fits.sum_of_squares, (residuals**2).sum(1), rtol=1e-9)

    def test_what_lies_outside_the_window_does_not_matter(self):
        profiles, windows = noisy_layers(20, 0.1)
        elsewhere = np.where(windows, profiles, np.random.default_rng(0).normal(size=profiles.shape))
        np.testing.assert_array_equal(ds.fit(X, elsewhere, windows).parameters, ds.fit(X, profiles, windows).parameters)

    def test_many_at_once_are_each_alone(self):
        profiles, windows = noisy_layers(30, 0.1)
        together = ds.fit(X, profiles, windows)
        for number, (profile, window) in enumerate(zip(profiles, windows, strict=True)):
            alone = ds.fit(X, profile, window)
            np.testing.assert_allclose(together.parameters[number], alone.parameters[0], rtol=1e-6)
            np.testing.assert_array_equal(together.at_bound[number], alone.at_bound[0])

    def test_batches_of_any_shape(self):
        profiles, windows = noisy_layers(6, 0.1)
        fits = ds.fit(X, profiles.reshape(2, 3, -1), windows.reshape(2, 3, -1))
        assert (fits.parameters.shape, fits.sum_of_squares.shape) == ((2, 3, 5), (2, 3))
        np.testing.assert_array_equal(fits.parameters.reshape(6, 5), ds.fit(X, profiles, windows).parameters)

    @pytest.mark.parametrize("unit", [0.1, 1e3, 1e-6, 1e8])
    def test_the_unit_does_not_matter(self, unit):
        profiles, windows = noisy_layers(20, 0.1)
        fits, scaled = ds.fit(X, profiles, windows), ds.fit(X, unit * profiles, windows)
        in_unit = fits.parameters * [unit, 1, 1, 1, 1]
        np.testing.assert_allclose(scaled.parameters, in_unit, rtol=1e-3)

    @settings(max_examples=30)
    @given(st.integers(0, 2**32 - 1))
    def test_bounds_are_kept_and_said_whatever_the_profile(self, seed):
        random = np.random.default_rng(seed)
        profiles, windows = random.normal(size=(10, 61)), random.random((10, 61)) < 0.5
        windows[:, 30], profiles[:, 30] = True, 1.0
        fits = ds.fit(X, profiles, windows)
        a, b1, c1, b2, c2 = fits.parameters.T
        found = np.stack([a, b1, c1, b2, c2 - c1], -1)
        lowest, highest = np.array([bounds(*each) for each in zip(profiles, windows, strict=True)]).swapaxes(0, 1)
        assert ((found > lowest - 1e-9) & (found < highest + 1e-9)).all()
        distance = np.minimum(found - lowest, highest - found)
        assert fits.at_bound.any()
        assert (distance[fits.at_bound] < 1e-9).all() and (distance[~fits.at_bound] > -1e-12).all()

    @pytest.mark.parametrize("dip", [0.03, 0.05])
    @pytest.mark.parametrize("thickness", [1.2, 1.8])
    def test_a_faint_layer_under_bright_fluid_converges(self, dip, thickness):
        """A control's: fitted over the whole profile the curve diverges (a = 79, c1 ~ c2)."""
        blur = 0.3
        h = dip * (ndtr((X - 1.8) / blur) - ndtr((X - 1.8 - thickness) / blur)) - 0.8 * ndtr(-(X - 0.3) / blur)
        fit = ds.fit(X, h, find_lobe(X, h).window)
        assert not fit.at_bound.any()
        fine = np.arange(1.0, 5.0, 0.001)
        band = dip * (ndtr((fine - 1.8) / blur) - ndtr((fine - 1.8 - thickness) / blur))
        above = fine[band >= 0.25 * band.max()]
        assert ds.mode_and_height(fit.parameters)[1][0] == pytest.approx(band.max(), rel=0.03)
        assert ds.width(fit.parameters, 0.25)[0] == pytest.approx(above[-1] - above[0], rel=0.03)

    @pytest.mark.parametrize(
        "profile",
        [
            np.full(61, 1e-300),
            np.full(61, 1e150),
            np.where(np.arange(61) == 30, 1.0, 0.0),
            np.where(np.arange(61) == 60, 1.0, -1e6),
            np.linspace(0, 1, 61),
            np.linspace(1, 0, 61),
            np.where(np.arange(61) % 2, 1.0, -1.0),
        ],
        ids=["tiny", "huge", "spike", "spike at the end", "rising", "falling", "comb"],
    )
    def test_hopeless_profiles_give_numbers_without_a_warning(self, profile):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            fit = ds.fit(X, profile, EVERYWHERE)
            left, right = ds.crossings(fit.parameters, 0.25)
        assert np.isfinite(fit.parameters).all() and np.isfinite(right - left).all()

    def test_profiles_of_smooth_noise_alone_give_numbers(self):
        h = gaussian_filter1d(np.random.default_rng(0).normal(size=(3000, 61)), 3)
        lobes = [find_lobe(X, each) for each in h]
        found = [number for number, lobe in enumerate(lobes) if lobe]
        fit = ds.fit(X, h[found], np.array([lobes[number].window for number in found]))
        assert np.isfinite(fit.parameters).all()

    @given(curves)
    def test_depths_far_away_give_no_warning(self, p):
        far = np.array([-1e6, -1e3, 1e3, 1e6])
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            np.testing.assert_allclose(ds.double_sigmoid(far, p), 0, atol=1e-12 * p[0])
            assert np.isfinite(ds.jacobian(far, p)).all()

    @pytest.mark.parametrize("samples", [1, 2, 4, 5])
    def test_a_window_of_few_samples_gives_numbers(self, samples):
        window = (np.arange(61) >= 20) & (np.arange(61) < 20 + samples)
        fit = ds.fit(X, np.sin(X), window)
        assert np.isfinite(fit.parameters).all() and ds.width(fit.parameters, 0.25)[0] > 0


class TestCovariance:
    def test_predicts_the_spread_of_refitted_parameters(self):
        """Noise correlated over depth, with a part common to all depths as that of the white matter."""
        p = np.array([0.2, 5.0, 1.5, 6.0, 3.2])
        noise = 1e-6 * (0.8 ** np.abs(np.subtract.outer(range(61), range(61))) + 0.5)
        window = X > 0.8
        random = np.random.default_rng(0)
        profiles = ds.double_sigmoid(X, p) + random.multivariate_normal(np.zeros(61), noise, 4000)
        fits = ds.fit(X, profiles, np.broadcast_to(window, profiles.shape)).parameters
        predicted = ds.covariance(X, p, window, noise)
        deviations = np.sqrt(np.diag(predicted))
        np.testing.assert_allclose(fits.std(axis=0), deviations, rtol=0.06)
        np.testing.assert_allclose(np.corrcoef(fits.T), predicted / np.outer(deviations, deviations), atol=0.08)
