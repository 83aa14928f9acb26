"""The layer in a profile: its significance, the plateau beyond it, and the rules, worked by hand."""

from dataclasses import replace

import numpy as np
import pytest
from M1SHThkLib.measuring import double_sigmoid as ds
from M1SHThkLib.measuring.layer import find_layer, judge, white_matter_mismatch
from M1SHThkLib.measuring.settings import Settings

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
    return find_layer(x, h, white(0.001, len(x)) if deviations is None else deviations, Settings(**settings))


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
        assert not LAYER.at_bound and not LAYER.dark_from_line

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
    """h = -1, 1, 2, 1, -1 at 0, 1, 2, 3, 4 mm: the lobe reaches from 0.5 to 3.5 mm.

    Straight between the samples its area is 1/4 + 3/2 + 3/2 + 1/4; the samples' weights are 1/8, 7/8, 1, 7/8, 1/8.
    """

    X = np.arange(7.0)
    H = np.array([-1.0, 1, 2, 1, -1, -1, -1])
    AREA, WEIGHTS = 3.5, np.array([1, 7, 8, 7, 1, 0, 0]) / 8

    def z(self, deviations):
        return layer_in(self.H, deviations, self.X).z

    def test_the_weights_give_the_area(self):
        assert self.WEIGHTS @ self.H == self.AREA

    def test_independent_noise(self):
        assert self.z(white(0.5, 7)) == pytest.approx(self.AREA / (0.5 * np.sqrt(164 / 64)))

    def test_an_error_common_to_all_depths_counts_over_the_lobe_s_3_mm(self):
        assert self.z(common(0.5, 7)) == pytest.approx(self.AREA / (0.5 * 3))

    def test_errors_add_up_by_their_squares(self):
        assert self.z(np.concatenate([white(0.5, 7), common(0.5, 7)])) == pytest.approx(
            self.AREA / (0.5 * np.sqrt(9 + 164 / 64))
        )

    def test_without_noise_it_is_infinite(self):
        assert self.z(np.zeros((7, 7))) == np.inf

    def test_does_not_depend_on_the_depth_step(self):
        """For an error common to all depths: area over lobe length."""
        fine = np.arange(0, 6.001, 0.02)
        assert layer_in(np.interp(fine, self.X, self.H), common(0.5, len(fine)), fine).z == pytest.approx(3.5 / 1.5)

    def test_darkness_from_the_line_on_counts_up_to_where_it_ends(self):
        """h = 3, 1, 0: the area from 0 to 2 mm is 2 + 1/2."""
        h = np.array([3.0, 1, 0, -2, -3, -4, -5])
        layer = layer_in(h, common(0.5, 7), self.X)
        assert layer.lobe is None and layer.dark_from_line
        assert layer.z == pytest.approx(2.5 / (0.5 * 2))


class TestPlateau:
    def test_is_the_median_from_1_mm_past_the_layer_to_the_end(self):
        right = LAYER.edges_mm[1]
        assert LAYER.plateau == pytest.approx(np.median(H[X - right >= 1]))

    def test_an_offset_of_the_white_matter_shows_in_it(self):
        assert layer_in(H + 0.01).plateau == pytest.approx(0.01, abs=1e-3)
        assert layer_in(H - 0.01).plateau == pytest.approx(-0.01, abs=1e-3)

    def test_one_outlying_depth_does_not_move_it(self):
        speck = np.where(np.arange(61) == 55, 0.04, 0.0)
        assert layer_in(H + speck).plateau == pytest.approx(LAYER.plateau, abs=1e-4)

    def test_its_standard_error_is_that_of_the_mean_over_its_depths(self):
        depths = (X - LAYER.edges_mm[1] >= 1).sum()
        assert layer_in(deviations=white(0.01)).plateau_se == pytest.approx(0.01 / np.sqrt(depths), rel=0.02)
        assert layer_in(deviations=common(0.01)).plateau_se == pytest.approx(0.01)

    def test_is_missing_where_no_depth_is_left(self):
        shallow = X <= 4.0
        layer = layer_in(H[shallow], x=X[shallow])
        assert np.isnan(layer.plateau) and np.isnan(layer.plateau_se)
        assert not white_matter_mismatch(layer)


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


class TestVerdict:
    def test_a_clear_layer_keeps_its_values(self):
        verdict = judge(LAYER)
        thickness = LAYER.edges_mm[1] - LAYER.edges_mm[0]
        assert (verdict.sh, verdict.thk_mm) == (LAYER.height, thickness)
        assert verdict.sh_thk_per_mm == LAYER.height / thickness
        assert not (verdict.absent or verdict.touches or verdict.second)

    @pytest.mark.parametrize(("z", "absent"), [(1.999, True), (2.0, False), (np.nan, True), (np.inf, False)])
    def test_absent_below_a_z_of_2(self, z, absent):
        verdict = judge(replace(LAYER, z=z))
        assert verdict.absent == absent
        if absent:
            assert (verdict.sh, verdict.sh_thk_per_mm) == (0, 0) and np.isnan(verdict.thk_mm)

    def test_z_falls_below_2_by_noise_alone(self):
        """At noise that is k times greater z is k times smaller; the fit stays."""
        deviations = white(0.001) * (LAYER.z / 1.9)
        layer = layer_in(deviations=deviations)
        assert layer.z == pytest.approx(1.9)
        assert judge(layer).absent
        np.testing.assert_allclose([layer.height, *layer.edges_mm], [LAYER.height, *LAYER.edges_mm], rtol=1e-6)

    @pytest.mark.parametrize("deviations", [white(1e-6), white(10.0)], ids=["little noise", "much noise"])
    def test_a_profile_without_a_dark_maximum_is_absent_whatever_the_noise(self, deviations):
        for h in (np.full(61, -0.1), np.linspace(-1, 0.5, 61)):
            layer = layer_in(h, deviations)
            assert layer.lobe is None and judge(layer).absent
            assert np.isnan([layer.height, *layer.edges_mm, *layer.parameters, layer.plateau]).all()

    @pytest.mark.parametrize(("left", "touches"), [(-0.01, True), (0.0, False)])
    def test_touches_where_f_s_edge_lies_above_the_pial_line(self, left, touches):
        verdict = judge(replace(LAYER, edges_mm=(left, 3.0)))
        assert verdict.touches == touches and verdict.sh == LAYER.height
        assert np.isnan([verdict.thk_mm, verdict.sh_thk_per_mm]).all() == touches

    def test_touches_where_nothing_parts_the_layer_from_the_pial_line(self):
        layer = layer_in(ds.double_sigmoid(X, CURVE - [0, 0, 1.2, 0, 1.2]) + 0.05 * np.exp(-X))
        verdict = judge(layer)
        assert verdict.touches and np.isnan(verdict.thk_mm)
        assert verdict.sh == layer.height > 0

    def test_darkness_that_only_fades_from_the_line_touches_it_and_has_no_thickness(self):
        verdict = judge(layer_in(0.3 * np.exp(-X) - 0.1))
        assert verdict.touches and np.isnan([verdict.thk_mm, verdict.sh_thk_per_mm]).all()

    @pytest.mark.parametrize(("right", "second"), [(6.01, True), (6.0, False)])
    def test_second_where_f_s_edge_leaves_the_window(self, right, second):
        assert LAYER.window_end_mm == pytest.approx(6)
        verdict = judge(replace(LAYER, edges_mm=(1.0, right), window_end_mm=6.0))
        assert verdict.second == second and verdict.sh == LAYER.height
        assert np.isnan([verdict.thk_mm, verdict.sh_thk_per_mm]).all() == second

    def test_second_where_two_lobes_merge(self):
        beside = ds.double_sigmoid(X, CURVE + np.array([0, 0, 2.2, 0, 2.2]))
        verdict = judge(layer_in(np.maximum(H, beside)))
        assert verdict.second and np.isnan(verdict.thk_mm) and verdict.sh > 0.15

    def test_second_where_the_layer_runs_past_the_sampled_depth(self):
        verdict = judge(layer_in(H[X <= 3.1], x=X[X <= 3.1]))
        assert verdict.second and np.isnan(verdict.thk_mm)

    def test_an_absent_layer_neither_touches_nor_merges(self):
        verdict = judge(replace(LAYER, z=1.0, edges_mm=(-1.0, 9.0), dark_from_line=True))
        assert (verdict.absent, verdict.touches, verdict.second) == (True, False, False)
