"""The layer in a profile: its significance, the plateau beyond it, and what lies beneath, worked by hand."""

from dataclasses import replace

import numpy as np
import pytest
from M1SHThkLib.measuring import double_sigmoid as ds
from M1SHThkLib.measuring.hypointensity import find_lobe
from M1SHThkLib.measuring.layer import find_layer
from M1SHThkLib.measuring.settings import Settings
from M1SHThkLib.measuring.verdict import white_matter_mismatch

X = np.arange(61) * 0.1
# Of height 0.2 tanh(5) at 2.25 mm between bright fluid and white matter.
CURVE = np.array([0.2, 10.0, 1.25, 10.0, 3.25])
H = ds.double_sigmoid(X, CURVE) - 0.5 * np.exp(-8 * X)


def white(standard_error, count=61):
    return standard_error * np.eye(count)


def common(standard_error, count=61):
    """An error that all depths share, as that of the white matter."""
    return np.full((1, count), standard_error)


def layer_in(h=H, deviations=None, x=X, **settings):
    settings = Settings(**settings)
    lobe = find_lobe(x, h, settings.lobe_fraction, settings.window_fraction)
    return find_layer(x, h, white(0.001, len(x)) if deviations is None else deviations, lobe, settings)


LAYER = layer_in()


class TestFoundLayer:
    def test_height_edges_and_parameters_are_those_of_the_curve(self):
        hyperbolic = np.cosh(10.0)
        half = np.arccosh((1 + hyperbolic) / 0.25 - hyperbolic) / 10
        assert LAYER.height == pytest.approx(0.2 * np.tanh(5), rel=2e-3)
        assert LAYER.mode_mm == pytest.approx(2.25, abs=0.01)
        np.testing.assert_allclose(LAYER.edges_mm, [2.25 - half, 2.25 + half], atol=0.01)
        np.testing.assert_allclose(LAYER.parameters, CURVE, rtol=0.05)
        assert LAYER.r_squared > 0.999 and LAYER.rmse < 0.002
        assert not LAYER.at_bound and not LAYER.is_dark_from_line

    def test_the_width_s_fraction_is_a_setting(self):
        """Half way up steep equal slopes lie the centres."""
        np.testing.assert_allclose(layer_in(width_fraction=0.5).edges_mm, [1.25, 3.25], atol=0.02)

    def test_quality_of_the_fit_by_hand(self):
        wavy = H + 0.01 * np.sin(40 * X)
        layer = layer_in(wavy)
        residuals = (wavy - ds.double_sigmoid(X, layer.parameters))[layer.lobe.window]
        samples = wavy[layer.lobe.window]
        assert layer.rmse == pytest.approx(np.sqrt((residuals**2).mean()))
        assert layer.r_squared == pytest.approx(1 - (residuals**2).sum() / ((samples - samples.mean()) ** 2).sum())
        assert layer.window_end_mm == pytest.approx(6.0)


class TestSignificance:
    """h = -1, 1, 2, 1, -1 at 0, 1, 2, 3, 4 mm: the lobe begins at 0.5 mm and ends where h is 0.5, at 3.25 mm.

    Straight between the samples its area is 1/4 + 3/2 + 3/2 + 3/16; the samples' weights follow from these triangles.
    """

    X = np.arange(7.0)
    H = np.array([-1.0, 1, 2, 1, -1, -1, -1])
    AREA, WEIGHTS = 3.4375, np.array([4, 28, 32, 23, 1, 0, 0]) / 32

    def z(self, deviations):
        return layer_in(self.H, deviations, self.X).z

    def test_the_weights_give_the_area(self):
        assert self.WEIGHTS @ self.H == self.AREA

    def test_independent_noise(self):
        assert self.z(white(0.5, 7)) == pytest.approx(self.AREA / (0.5 * np.linalg.norm(self.WEIGHTS)))

    def test_an_error_common_to_all_depths_counts_over_the_lobe_s_length(self):
        assert self.z(common(0.5, 7)) == pytest.approx(self.AREA / (0.5 * 2.75))

    def test_errors_add_up_by_their_squares(self):
        assert self.z(np.concatenate([white(0.5, 7), common(0.5, 7)])) == pytest.approx(
            self.AREA / (0.5 * np.sqrt(2.75**2 + self.WEIGHTS @ self.WEIGHTS))
        )

    def test_without_noise_it_is_infinite(self):
        assert self.z(np.zeros((7, 7))) == np.inf

    def test_does_not_depend_on_the_depth_step(self):
        """For an error common to all depths: area over lobe length."""
        fine = np.arange(0, 6.001, 0.02)
        assert layer_in(np.interp(fine, self.X, self.H), common(0.5, len(fine)), fine).z == pytest.approx(2.5)

    def test_darkness_from_the_line_on_counts_up_to_where_it_ends(self):
        """h = 3, 1, 0: the area from 0 to 2 mm is 2 + 1/2."""
        h = np.array([3.0, 1, 0, -2, -3, -4, -5])
        layer = layer_in(h, common(0.5, 7), self.X)
        assert layer.lobe is None and layer.is_dark_from_line
        assert layer.z == pytest.approx(2.5 / (0.5 * 2))


class TestDepth:
    """A layer is the same however deep the profile is sampled, and whatever lies further down."""

    DEEP = np.arange(101) * 0.1
    BANK = ds.double_sigmoid(DEEP, [0.3, 6.0, 6.5, 6.0, 8.5])
    FAR = ds.double_sigmoid(DEEP, CURVE) - 0.5 * np.exp(-8 * DEEP)

    @pytest.mark.parametrize(
        "offset", [0.0, 0.005, -0.005], ids=["", "white matter 3 % dark", "white matter 3 % bright"]
    )
    @pytest.mark.parametrize("bank", [0.0, BANK], ids=["", "opposite bank"])
    def test_z_height_and_width(self, bank, offset):
        h = self.FAR + bank + offset
        found = []
        for depth_max in (4, 5, 6, 8, 10):
            sampled = self.DEEP - depth_max <= 1e-9
            deviations = np.concatenate([white(0.02, sampled.sum()), common(0.003, sampled.sum())])
            layer = layer_in(h[sampled], deviations, self.DEEP[sampled])
            found.append([layer.z, layer.height, layer.width_mm])
        np.testing.assert_allclose(found, np.tile(found[0], (5, 1)), rtol=0.01)
        assert found[0][0] > 20


class TestPlateau:
    def test_is_the_median_from_1_mm_past_the_layer_to_the_end(self):
        assert LAYER.plateau == pytest.approx(np.median(H[X - LAYER.lobe.end_mm >= 1]))

    def test_an_offset_of_the_white_matter_shows_in_it(self):
        assert layer_in(H + 0.01).plateau == pytest.approx(0.01, abs=1e-3)
        assert layer_in(H - 0.01).plateau == pytest.approx(-0.01, abs=1e-3)

    def test_one_outlying_depth_does_not_move_it(self):
        speck = np.where(np.arange(61) == 55, 0.04, 0.0)
        assert layer_in(H + speck).plateau == pytest.approx(LAYER.plateau, abs=1e-4)

    def test_its_standard_error_is_that_of_the_mean_over_its_depths(self):
        depths = (X - LAYER.lobe.end_mm >= 1).sum()
        assert layer_in(deviations=white(0.01)).plateau_se == pytest.approx(0.01 / np.sqrt(depths), rel=0.02)
        assert layer_in(deviations=common(0.01)).plateau_se == pytest.approx(0.01)

    @pytest.mark.parametrize(("sampled_mm", "seen"), [(4.0, False), (4.8, False), (4.9, True)])
    def test_is_missing_where_less_than_half_a_millimetre_of_it_is_seen(self, sampled_mm, seen):
        """The layer's deep edge, a quarter of its height, lies at 3.36 mm."""
        sampled = X - sampled_mm <= 1e-9
        layer = layer_in(H[sampled], x=X[sampled])
        assert np.isfinite([layer.plateau, layer.plateau_se]).all() == seen
        assert not white_matter_mismatch(layer)

    def test_fewer_than_five_samples_are_none(self):
        """From 4.36 mm on: 4.4, 4.6, 4.8, 5.0 and, at last, 5.2 mm."""
        coarse = np.arange(31) * 0.2
        found = [layer_in(np.interp(x, X, H), x=x).plateau for x in (coarse[coarse < 5.1], coarse[coarse < 5.3])]
        assert np.isnan(found[0]) and np.isfinite(found[1])

    def test_ends_before_a_second_layer_rises(self):
        bank = ds.double_sigmoid(X, [0.3, 30.0, 5.7, 8.0, 7.0])
        layer = layer_in(H + bank)
        assert layer.plateau_end_mm < 5.4
        assert layer.plateau == pytest.approx(0, abs=0.005)


def mismatch(plateau, standard_error, height=1.0):
    return white_matter_mismatch(replace(LAYER, plateau=plateau, plateau_se=standard_error, height=height))


class TestWhiteMatterMismatch:
    @pytest.mark.parametrize("sign", [1, -1])
    @pytest.mark.parametrize(
        ("plateau", "standard_error", "expected"),
        [
            (0.16, 1.0, True),
            (0.15, 1.0, False),
            (0.125, 0.0416, True),
            (0.125, 0.0417, False),
            (0.375, 0.125, True),
            (0.09375, 0.03125, False),
            (0.011, 0.0, True),
            (0.009, 0.0, False),
            (0.0, 0.0, False),
        ],
        ids=[
            "beyond 15 % of SH",
            "15 % exactly",
            "beyond 3 standard errors",
            "less than 3",
            "3 exactly, but beyond 15 %",
            "3 exactly",
            "beyond 1 % of SH and any standard error",
            "less than 1 % of SH",
            "none",
        ],
    )
    def test_beyond_3_standard_errors_or_15_percent_of_sh(self, plateau, standard_error, expected, sign):
        assert mismatch(sign * plateau, standard_error) == expected

    def test_is_relative_to_sh(self):
        assert mismatch(0.016, 1.0, height=0.1) and not mismatch(0.016, 1.0, height=0.2)

    def test_a_missing_plateau_is_none(self):
        assert not mismatch(np.nan, np.nan)


def piecewise(*knots):
    """h through (depth, value) knots, straight between them, and what lies beneath its layer for an error of 0.01."""
    h = np.interp(X, *np.transpose(knots))
    return layer_in(h, common(0.01)).beneath


LAYER_KNOTS = ((0, -1), (1, -0.1), (1.5, 0.4), (2, -0.02))


class TestBeneath:
    def test_nothing_but_white_matter(self):
        found = piecewise(*LAYER_KNOTS, (6, -0.02))
        assert (found.dark.z, found.dark.height) == (0, 0)
        assert found.rim_height >= -0.03

    def test_a_second_dark_area_by_hand(self):
        """A triangle of 0.2 over 1 mm: its area, 0.1, over that of an error of 0.01 common to its depths, 0.01."""
        found = piecewise(*LAYER_KNOTS, (3, -0.001), (3.5, 0.2), (4, -0.001), (6, -0.02))
        assert found.dark.height == found.dark.rise == pytest.approx(0.2)
        assert found.dark.is_separate and found.dark.is_whole and found.dark.top_mm == pytest.approx(3.5)
        assert found.dark.z == pytest.approx(0.1 / 0.01, rel=0.05)

    def test_the_most_significant_of_several_counts(self):
        found = piecewise(
            *LAYER_KNOTS, (2.5, -0.01), (2.6, 0.05), (2.7, -0.01), (3.5, 0.3), (4.5, -0.01), (4.6, 0.02), (4.7, -0.02)
        )
        assert found.dark.height == pytest.approx(0.3)

    def test_darkness_that_merges_with_the_lobe_counts_above_the_valley(self):
        dark = piecewise((0, -1), (1, -0.1), (1.5, 0.4), (2, 0.05), (3, 0.08), (4, -0.02), (6, -0.02)).dark
        assert (dark.height, dark.rise, dark.top_mm) == pytest.approx((0.08, 0.03, 3.0))
        assert dark.is_whole and not dark.is_separate
        # An error that all depths share moves area and valley alike.
        assert dark.z == np.inf

    def test_darkness_that_merges_and_rises_to_the_end_is_not_whole(self):
        dark = piecewise((0, -1), (1, -0.1), (1.5, 0.4), (2, 0.05), (6, 0.2)).dark
        assert dark.rise == pytest.approx(0.15) and not dark.is_whole

    def test_darkness_that_does_not_rise_again_is_none(self):
        knots = (0, -1), (1, -0.1), (1.5, 0.4), (2, 0.05), (3, 0.04), (4, -0.02), (6, -0.02)
        assert piecewise(*knots).dark.z == 0

    def test_white_matter_that_darkens_to_the_end_is_not_whole(self):
        assert not piecewise((0, -1), (1, -0.1), (1.5, 0.4), (2, -0.02), (6, 0.2)).dark.is_whole

    def test_a_bright_rim_by_hand(self):
        """From 2 mm down to -0.3 at 2.5 mm and, at the first sample above a third of it, back to -0.06 at 2.9 mm."""
        found = piecewise((0, -1), (1, -0.1), (1.5, 0.4), (2, 0), (2.5, -0.3), (3, 0), (6, 0))
        assert found.rim_height == pytest.approx(-0.3)
        assert found.rim_z == pytest.approx((-0.3 / 2 + 0.06 * 0.1 / 2) / (0.01 * 0.9), rel=1e-6)

    def test_brightness_that_does_not_come_back_is_no_rim(self):
        """White matter whose ROI is too dark stays bright to the end."""
        found = piecewise((0, -1), (1, -0.1), (1.5, 0.4), (2, -0.1), (6, -0.1))
        assert (found.rim_z, found.rim_height) == (0, 0)

    def test_a_profile_that_ends_within_the_layer_shows_nothing(self):
        sampled = X <= 1.8
        layer = layer_in(np.interp(X, *np.transpose(LAYER_KNOTS))[sampled], x=X[sampled])
        assert layer.beneath.dark.z == layer.beneath.rim_z == 0


class TestAbove:
    def test_a_dark_area_between_line_and_lobe_by_hand(self):
        knots = (0, -1), (1, -0.1), (1.5, 0.1), (2, -0.05), (3, -0.05), (4, 0.5), (5, -0.02), (6, -0.02)
        above = layer_in(np.interp(X, *np.transpose(knots))).above
        assert above.height == pytest.approx(0.1)
        assert above.top_mm == pytest.approx(1.5) and above.is_separate and above.is_whole and above.z > 3

    def test_what_merges_with_the_lobe_counts_above_the_valley(self):
        knots = (0, -1), (1, -0.1), (1.5, 0.1), (2, 0.05), (3, 0.5), (4, -0.02), (6, -0.02)
        above = layer_in(np.interp(X, *np.transpose(knots))).above
        assert (above.height, above.rise, above.top_mm) == pytest.approx((0.1, 0.05, 1.5))

    def test_what_hangs_together_with_the_line_is_none(self):
        knots = (0, 0.1), (0.5, -0.1), (2, -0.05), (3, 0.5), (4, -0.02), (6, -0.02)
        assert layer_in(np.interp(X, *np.transpose(knots))).above.z == 0


class TestDarknessAtTheLine:
    """Beside clear darkness at the line, a separate ripple near noise is no layer."""

    H = np.interp(X, (0, 1.2, 1.4, 2.0, 2.3, 2.6, 6), (0.3, 0, -0.05, 0, 0.02, 0, -0.05))

    def test_a_ripple_gives_way_to_the_darkness_at_the_line(self):
        assert layer_in(self.H, common(0.005)).is_dark_from_line

    def test_a_layer_does_not(self):
        clear = self.H + np.where((X > 2) & (X < 2.6), 0.1, 0)
        layer = layer_in(clear, common(0.005))
        assert not layer.is_dark_from_line and layer.lobe.start_mm > 1.9
