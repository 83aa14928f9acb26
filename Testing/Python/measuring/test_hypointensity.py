"""The averaged profile, h and its dark lobe: worked by hand, rule by rule of the definition."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from M1SHThkLib.measuring.hypointensity import (
    averaged_profile,
    find_lobe,
    fit_windows,
    hypointensity,
    influence_on,
    is_parted,
)
from scipy.stats import mstats, trim_mean

X = np.arange(61) * 0.1


def profile(*knots):
    """h through (depth, value) knots, straight between them."""
    depths, values = np.transpose(knots)
    return np.interp(X, depths, values)


def window_of(lobe):
    """First and last depth of the fit window."""
    inside = X[lobe.window]
    assert len(inside) == round((inside[-1] - inside[0]) / 0.1) + 1
    return pytest.approx(inside[0]), pytest.approx(inside[-1])


@pytest.mark.parametrize("averaging", ["mean", "trimmed"])
class TestEveryAverage:
    def test_ends_where_fewer_than_half_of_the_normals_are_left_and_does_not_resume(self, averaging):
        intensities = np.ones((4, 5))
        intensities[:2, 1] = intensities[:3, 2] = intensities[:1, 3] = np.nan
        profile, counts = averaged_profile(intensities, averaging)
        np.testing.assert_array_equal(counts, [4, 2, 1, 3, 4])
        np.testing.assert_array_equal(profile, [1, 1, np.nan, np.nan, np.nan])

    def test_of_one_normal_is_that_normal(self, averaging):
        np.testing.assert_array_equal(averaged_profile(np.array([[3.0, 4.0]]), averaging)[0], [3, 4])

    def test_nothing_present_is_all_missing(self, averaging):
        profile, counts = averaged_profile(np.full((3, 2), np.nan), averaging)
        assert np.isnan(profile).all() and not counts.any()

    def test_influences_cancel_at_every_depth_and_are_zero_where_a_sample_is_missing(self, averaging):
        intensities = with_missing(np.random.default_rng(0).normal(100, 5, (33, 4)))
        profile, _ = averaged_profile(intensities, averaging)
        influence = influence_on(profile, intensities, averaging)
        np.testing.assert_allclose(influence.sum(0), 0, atol=1e-10)
        assert (influence[np.isnan(intensities)] == 0).all()


def with_missing(intensities):
    """The same with samples left out, the more the deeper."""
    missing = np.random.default_rng(1).random(intensities.shape) < np.linspace(0, 0.4, intensities.shape[1])
    return np.where(missing, np.nan, intensities)


class TestMean:
    def test_by_hand(self):
        profile, counts = averaged_profile(np.array([[1.0, 5, 2], [3, 5, np.nan], [8, 5, 6]]))
        np.testing.assert_allclose(profile, [4, 5, 4])
        np.testing.assert_array_equal(counts, [3, 3, 2])

    def test_influence_is_the_deviation_in_normals_that_contribute(self):
        intensities = np.array([[1.0, 5, 2], [3, 5, np.nan], [8, 5, 6]])
        influence = influence_on(np.array([4.0, 5, 4]), intensities)
        np.testing.assert_allclose(influence, [[-3, 0, -3], [-1, 0, 0], [4, 0, 3]])


class TestTrimmedMean:
    def test_by_hand(self):
        """Of 5, one on either side goes."""
        profile, _ = averaged_profile(np.array([[900.0], [4], [2], [3], [-50]]), "trimmed")
        assert profile == [3]

    @pytest.mark.parametrize("count", [2, 4, 5, 9, 10, 47])
    def test_is_scipy_s_of_what_is_present_at_each_depth(self, count):
        intensities = with_missing(np.random.default_rng(0).standard_cauchy((count, 6)))
        profile, counts = averaged_profile(intensities, "trimmed")
        expected = [trim_mean(column[np.isfinite(column)], 0.2) for column in intensities.T]
        np.testing.assert_allclose(profile, np.where(np.isnan(profile), np.nan, expected))
        assert np.isfinite(profile[0]) and (np.isfinite(profile) <= (counts >= count / 2)).all()

    def test_a_fifth_of_the_normals_on_either_side_cannot_move_it_far(self):
        intensities = np.random.default_rng(0).normal(100, 1, (50, 3))
        spoilt = intensities.copy()
        spoilt[:9] = 1e6
        assert np.abs(averaged_profile(spoilt, "trimmed")[0] - 100).max() < 1

    @pytest.mark.parametrize("count", [20, 95])
    def test_influence_gives_scipy_s_standard_error(self, count):
        """Of n independent normals: sqrt(sum of squares / (n (n - 1)))."""
        intensities = np.random.default_rng(0).standard_t(3, (count, 4))
        profile, _ = averaged_profile(intensities, "trimmed")
        influence = influence_on(profile, intensities, "trimmed")
        error = np.sqrt((influence**2).sum(0) / (count * (count - 1)))
        expected = [mstats.trimmed_stde(column, (0.2, 0.2), (True, True)) for column in intensities.T]
        np.testing.assert_allclose(error, expected)

    def test_what_is_cut_off_counts_as_much_as_what_is_cut_at(self):
        intensities = np.arange(10.0)[:, None]
        influence = influence_on(np.array([4.5]), intensities, "trimmed")
        np.testing.assert_allclose(influence[:, 0], np.clip(np.arange(10), 2, 7) / 0.6 - 4.5 / 0.6)


class TestHypointensity:
    def test_dark_is_positive_and_in_units_of_the_splenium(self):
        h = hypointensity(np.array([90.0, 100, 130]), 100, 80)
        np.testing.assert_allclose(h, [0.125, 0, -0.375])

    def test_the_absolute_value_is_taken_of_magnitudes(self):
        np.testing.assert_allclose(hypointensity(np.array([-90.0]), 100, 80), [0.125])

    def test_bright_is_positive_where_iron_is_bright_and_signs_are_kept(self):
        h = hypointensity(np.array([30.0, 20, -10]), 20, 1, "bright")
        np.testing.assert_allclose(h, [10, 0, -30])

    def test_many_profiles_with_references_of_their_own(self):
        h = hypointensity(np.array([[90.0, 80], [90, 80]]), np.array([[100.0], [110]]), np.array([[10.0], [20]]))
        np.testing.assert_allclose(h, [[1, 2], [1, 1.5]])


class TestWhichLobe:
    def test_a_lone_lobe_by_hand(self):
        lobe = find_lobe(X, profile((0, -1), (1, -0.25), (2, 0.75), (3, -0.25), (6, -0.25)))
        assert X[lobe.top] == pytest.approx(2)
        assert lobe.start_mm == pytest.approx(1.25)
        assert lobe.end_mm == pytest.approx(2 + 0.75 * 0.75)  # a quarter of the top, h falling by 1 a mm
        assert not lobe.touches_pial_line

    @pytest.mark.parametrize(("superficial", "top_mm"), [(0.31, 1.5), (0.29, 4.0)])
    def test_the_superficial_one_wins_from_30_percent_of_the_greatest_on(self, superficial, top_mm):
        h = profile((0, -1), (1, -0.1), (1.5, superficial), (2, -0.1), (3, -0.1), (4, 1), (5, -0.1), (6, -0.1))
        assert X[find_lobe(X, h).top] == pytest.approx(top_mm)

    def test_the_share_is_a_setting(self):
        h = profile((0, -1), (1, -0.1), (1.5, 0.5), (2, -0.1), (3, -0.1), (4, 1), (5, -0.1), (6, -0.1))
        assert X[find_lobe(X, h, lobe_fraction=0.49).top] == pytest.approx(1.5)
        assert X[find_lobe(X, h, lobe_fraction=0.51).top] == pytest.approx(4.0)

    @pytest.mark.parametrize("vein", [((0, 5), (0.7, -0.1)), ((0, 3), (0.3, 5), (0.7, -0.1))], ids=["edge", "peak"])
    def test_a_vein_at_the_pial_line_is_not_the_layer_nor_the_greatest(self, vein):
        lobe = find_lobe(X, profile(*vein, (1, -0.1), (2, 0.2), (3, -0.1), (6, -0.1)))
        assert X[lobe.top] == pytest.approx(2)
        assert not lobe.touches_pial_line

    def test_a_vein_s_darkness_does_not_lower_what_the_superficial_lobe_must_reach(self):
        h = profile((0, 9), (0.7, -0.1), (1, -0.1), (1.5, 0.2), (2, -0.1), (3, -0.1), (4, 1), (5, -0.1), (6, -0.1))
        assert X[find_lobe(X, h).top] == pytest.approx(4)

    def test_the_opposite_bank_s_darker_layer_does_not_win(self):
        h = profile((0, -1), (1, 0), (1.7, 0.5), (2.4, 0), (4.2, 0), (4.9, 0.9), (5.6, 0), (6, -1))
        assert X[find_lobe(X, h).top] == pytest.approx(1.7)

    def test_without_a_zero_crossing_above_it_the_lobe_touches_the_pial_line(self):
        lobe = find_lobe(X, profile((0, 0.1), (2, 1), (3, -0.1), (6, -0.1)))
        assert lobe.touches_pial_line
        assert X[lobe.top] == pytest.approx(2)
        assert lobe.start_mm == 0
        assert window_of(lobe) == (0, 6)

    def test_a_profile_at_exactly_zero_on_the_line_does_not_touch_it(self):
        assert not find_lobe(X, profile((0, 0), (2, 1), (3, -0.1), (6, -0.1))).touches_pial_line

    @pytest.mark.parametrize(
        "knots",
        [((0, -1), (6, -0.1)), ((0, -1), (6, 1)), ((0, 1), (6, -1)), ((0, 0), (6, 0))],
        ids=["bright everywhere", "darker to the end", "darkest on the line", "nothing"],
    )
    def test_no_dark_maximum_inside_is_no_lobe(self, knots):
        assert find_lobe(X, profile(*knots)) is None

    def test_a_maximum_deeper_than_5_mm_is_another_bank_s(self):
        bank = ((4.4, -0.1), (5.1, 0.9), (5.8, -0.1), (6, -0.1))
        assert find_lobe(X, profile((0, -1), (1, -0.1), *bank)) is None
        faint = find_lobe(X, profile((0, -1), (1, -0.1), (2, 0.1), (3, -0.1), *bank))
        assert X[faint.top] == pytest.approx(2)

    def test_at_the_line_the_lobe_that_touches_it_is_found_beside_a_separate_one(self):
        h = profile((0, 3), (0.3, 5), (0.7, -0.1), (1, -0.1), (2, 0.2), (3, -0.1), (6, -0.1))
        lobe = find_lobe(X, h, at_line=True)
        assert X[lobe.top] == pytest.approx(0.3) and lobe.touches_pial_line

    @pytest.mark.parametrize("sampled_mm", [3.0, 4.0, 6.0])
    def test_its_deep_edge_is_the_same_however_deep_the_profile_is_sampled(self, sampled_mm):
        sampled = X - sampled_mm <= 1e-9
        h = profile((0, -1), (1, -0.25), (2, 0.75), (3, -0.25), (4, 0.05), (6, 0.15))[sampled]
        lobe = find_lobe(X[sampled], h)
        assert lobe.end_mm == pytest.approx(2.5625)

    def test_white_matter_that_is_taken_too_bright_does_not_move_its_deep_edge_to_the_end(self):
        """h never falls below 0.3, more than a quarter of its top: the edge is a quarter of what stands above that."""
        lobe = find_lobe(X, profile((0, -1), (1, 0), (2, 0.8), (3, 0.3), (6, 0.3)))
        assert lobe.end_mm == pytest.approx(2.75)

    def test_a_lobe_that_has_not_levelled_out_runs_to_the_end(self):
        sampled = X < 2.45
        lobe = find_lobe(X[sampled], profile((0, -1), (1, -0.25), (2, 0.75), (3, -0.25), (6, -0.25))[sampled])
        assert lobe.end_mm == pytest.approx(2.4)

    def test_a_flat_top_counts_once(self):
        h = profile((0, -1), (1, 0), (1.5, 1), (2.5, 1), (3, -0.1), (6, -0.1))
        lobe = find_lobe(X, h)
        assert 1.5 <= X[lobe.top] <= 2.55 and not parted(h)

    @given(st.integers(0, 2**32 - 1), st.floats(1e-6, 1e6))
    def test_the_unit_of_h_does_not_matter(self, seed, unit):
        h = np.random.default_rng(seed).normal(size=61).cumsum()
        lobe, scaled = find_lobe(X, h), find_lobe(X, unit * h)
        assert (lobe is None) == (scaled is None)
        if lobe:
            assert (scaled.top, scaled.touches_pial_line) == (lobe.top, lobe.touches_pial_line)
            np.testing.assert_array_equal(scaled.window, lobe.window)
            np.testing.assert_allclose([scaled.start_mm, scaled.end_mm], [lobe.start_mm, lobe.end_mm])

    @given(st.integers(0, 2**32 - 1))
    def test_whatever_the_profile_the_top_lies_in_the_window_and_the_window_begins_above_zero(self, seed):
        h = np.random.default_rng(seed).normal(size=61)
        lobe = find_lobe(X, h)
        begin = np.flatnonzero(lobe.window)[0]
        assert lobe.window[lobe.top] and h[lobe.top] > 0
        assert lobe.start_mm <= X[lobe.top] <= lobe.end_mm
        assert (h[begin : lobe.top + 1] > 0).all() and (begin == 0 or h[begin - 1] <= 0)


class TestFitWindow:
    def test_runs_from_the_zero_crossing_to_the_end_where_nothing_rises_again(self):
        lobe = find_lobe(X, profile((0, -1), (1.05, 0), (2, 1), (3, 0), (6, -0.5)))
        assert window_of(lobe) == (1.1, 6.0)

    def test_ends_before_h_having_fallen_rises_above_25_percent_of_the_peak(self):
        h = profile((0, -1), (1.05, 0), (2, 1), (3, 0.1), (4, 0.1), (5, 0.4), (6, 0.4))
        lobe = find_lobe(X, h)
        assert window_of(lobe) == (1.1, 4.5)  # h(4.5) = 0.25
        assert lobe.end_mm == pytest.approx(2 + 0.75 / 0.9)

    def test_does_not_end_where_h_rises_without_having_fallen_below_25_percent(self):
        h = profile((0, -1), (1.05, 0), (2, 1), (3, 0.3), (4, 0.5), (5, 0), (6, 0))
        assert window_of(find_lobe(X, h)) == (1.1, 6.0)

    def test_the_level_is_a_setting(self):
        h = profile((0, -1), (1.05, 0), (2, 1), (3, 0.3), (4, 0.65), (5, 0), (6, 0))
        assert window_of(find_lobe(X, h, window_fraction=0.475)) == (1.1, 3.5)

    def test_a_bank_that_rises_after_a_negative_stretch_is_left_out_and_the_stretch_kept(self):
        h = profile((0, -1), (1.05, 0), (2, 1), (3, -0.2), (4, -0.2), (5, 0.8), (6, 0))
        lobe = find_lobe(X, h)
        assert window_of(lobe) == (1.1, 4.4)  # h(4.4) = 0.2, h(4.5) = 0.3
        assert lobe.end_mm == pytest.approx(2 + 0.75 / 1.2)

    @given(st.integers(0, 2**32 - 1))
    def test_many_profiles_at_once_have_the_windows_of_each_alone(self, seed):
        h = np.random.default_rng(seed).normal(size=(8, 61)).cumsum(axis=1)
        lobes = [(row, lobe) for row in h if (lobe := find_lobe(X, row))]
        if lobes:
            rows, tops = np.array([row for row, _ in lobes]), np.array([lobe.top for _, lobe in lobes])
            start, stop = fit_windows(rows, tops, 0.25)
            windows = (np.arange(61) >= start[:, None]) & (np.arange(61) < stop[:, None])
            np.testing.assert_array_equal(windows, [lobe.window for _, lobe in lobes])


def parted(h, noise=0.01):
    return is_parted(h, np.full(61, noise), find_lobe(X, h), 0.25)


class TestPartedLobes:
    TWO = ((0, -1), (1, 0), (2, 0.8), (2.5, 0.5), (3, 1), (4, 0), (6, 0))

    def test_two_tops_with_a_valley_between_that_noise_does_not_explain_part_the_lobe(self):
        h = profile(*self.TWO)
        assert parted(h)
        assert X[find_lobe(X, h).top] == pytest.approx(3)

    def test_a_valley_within_three_standard_errors_is_noise(self):
        """The valley is 0.3 deep; its standard error and the top's add up to sqrt(2) times theirs."""
        assert [parted(profile(*self.TWO), error) for error in (0.070, 0.072)] == [True, False]

    def test_a_valley_of_less_than_a_tenth_of_the_top_is_none(self):
        profiles = [
            profile((0, -1), (1, 0), (2, 0.8), (2.5, bottom), (3, 1), (4, 0), (6, 0)) for bottom in (0.73, 0.71)
        ]
        assert [parted(h, 0.0) for h in profiles] == [False, True]

    def test_a_second_layer_beyond_a_fall_below_25_percent_is_apart_and_does_not_part_the_first(self):
        h = profile((0, -1), (1, 0), (2, 0.8), (2.5, 0.15), (3, 1), (4, 0), (6, 0))
        assert X[find_lobe(X, h).top] == pytest.approx(2)
        assert not parted(h)

    def test_the_mirrored_order_of_heights_parts_as_well(self):
        assert parted(profile((0, -1), (1, 0), (2, 1), (2.5, 0.5), (3, 0.8), (4, 0), (6, 0)))
