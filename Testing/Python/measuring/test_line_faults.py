"""Lines that are no pial surface: folded, drawn twice over one stretch, of too few points; and lines that are one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from M1SHThkLib.measuring.pial_line import is_sparse, overlap_mm, smooth_pial_line
from scipy.spatial.transform import Rotation

SLICE_MM = 1.5
AFFINE = np.diag([0.5, 0.5, SLICE_MM, 1.0])
X = np.linspace(0, 30, 21)
rotations = st.tuples(*[st.floats(-1, 1)] * 4).filter(lambda q: np.linalg.norm(q) > 0.1).map(Rotation.from_quat)


def planar(x, y, z=0.0):
    x, y = np.broadcast_arrays(np.asarray(x, float), y)
    return np.stack([x, y, np.full(x.shape, z)], -1)


STRAIGHT = planar(X, 0.0)
WAVE = planar(X, 2 * np.sin(X / 4))
BENEATH = planar([13.0, 15.0, 17.0], -9.0)


def smooth(points, white_matter=BENEATH, **changes):
    return smooth_pial_line(points, white_matter, AFFINE, **changes)


def knob(radius, degrees, count=60):
    """An omega of a radius about the origin."""
    turn = np.radians(np.linspace(-degrees / 2, degrees / 2, count))
    return planar(radius * np.sin(turn), radius * np.cos(turn))


def with_a_loop(radius=1.5):
    turn = np.linspace(0, 2 * np.pi, 13)[1:]
    loop = STRAIGHT[10] + planar(radius * np.sin(turn), radius * (1 - np.cos(turn)))
    return np.concatenate([STRAIGHT[:11], loop, STRAIGHT[11:]])


class TestFolded:
    @pytest.mark.parametrize("points", [STRAIGHT, WAVE, WAVE[::-1]], ids=["straight", "wave", "wave backwards"])
    def test_a_sound_line_is_not(self, points):
        assert not smooth(points).is_folded

    @pytest.mark.parametrize("degrees", [180, 300])
    @pytest.mark.parametrize("radius", [3.0, 5.0])
    def test_the_hand_knob_is_not_though_it_nearly_closes(self, radius, degrees):
        assert not smooth(knob(radius, degrees), planar([-0.3, 0.3], 0.0)).is_folded

    @pytest.mark.parametrize("radius", [1.5, 2.5, 4.0])
    def test_a_loop_is(self, radius):
        assert smooth(with_a_loop(radius)).is_folded

    def test_a_figure_of_eight_is_though_it_turns_gently(self):
        turn = np.linspace(-1.4, 4.6, 60)
        assert smooth(planar(12 * np.sin(turn), 6 * np.sin(2 * turn)), planar([12.0], 30.0)).is_folded

    @pytest.mark.parametrize("apart", [0.1, 0.5, 1.5])
    def test_forth_and_back_is(self, apart):
        assert smooth(np.concatenate([STRAIGHT, STRAIGHT[::-1] + [0, apart, 0]])).is_folded

    @pytest.mark.parametrize("turns_at", [8, 14])
    def test_forth_a_little_back_and_forth_again_is(self, turns_at):
        back = STRAIGHT[turns_at - 6 : turns_at][::-1] + [0, 0.3, 0]
        forth = STRAIGHT[turns_at - 6 :] + [0, 0.6, 0]
        assert smooth(np.concatenate([STRAIGHT[:turns_at], back, forth])).is_folded

    @pytest.mark.parametrize("tremor_mm", [0.05, 0.1])
    def test_tremor_of_dense_clicks_is_not(self, tremor_mm):
        x = np.arange(0, 30, 0.4)
        points = planar(x, 2 * np.sin(x / 4)) + tremor_mm * np.random.default_rng(0).normal(size=(75, 3)) * [1, 1, 0]
        assert not smooth(points).is_folded

    @given(rotations)
    def test_how_it_lies_does_not_matter(self, rotation):
        affine = np.eye(4)
        affine[:3, :3] = rotation.as_matrix() @ AFFINE[:3, :3]
        for points, folded in ((with_a_loop(), True), (WAVE, False)):
            assert smooth_pial_line(rotation.apply(points), rotation.apply(BENEATH), affine).is_folded == folded


class TestOverlap:
    """In mm of line that covers a stretch that another line covers already."""

    @staticmethod
    def of(*points, white_matter=BENEATH):
        return overlap_mm([smooth(each, white_matter) for each in points], SLICE_MM)

    def test_of_one_line_there_is_none(self):
        assert self.of(WAVE) == 0

    def test_a_line_drawn_twice_overlaps_by_its_length(self):
        assert self.of(WAVE, WAVE + [0, 0.3, 0]) == pytest.approx(smooth(WAVE).length_mm, rel=0.01)

    @pytest.mark.parametrize("backwards", [False, True])
    def test_lines_that_share_their_ends_overlap_by_what_they_share(self, backwards):
        """0 to 15 mm and 9 to 30 mm, and 1 mm more on which they still lie within 1 mm of each other."""
        second = STRAIGHT[6:]
        assert self.of(STRAIGHT[:11], second[::-1] if backwards else second) == pytest.approx(7.0, abs=0.5)

    def test_a_third_line_counts_what_any_of_the_others_covers(self):
        halves = STRAIGHT[:11], STRAIGHT[13:]
        assert self.of(*halves) == 0
        assert self.of(*halves, STRAIGHT) == pytest.approx(30 - 4.5 + 2, abs=0.5)

    def test_lines_that_meet_at_their_ends_do_not(self):
        assert self.of(STRAIGHT[:11], STRAIGHT[11:]) == 0

    def test_lines_further_apart_than_a_millimetre_do_not(self):
        assert self.of(STRAIGHT, STRAIGHT + [0, 1.1, 0]) == 0

    def test_the_same_line_on_the_next_slice_does_not(self):
        assert self.of(WAVE, WAVE + [0, 0, SLICE_MM]) == 0

    def test_opposite_banks_of_a_sulcus_do_not_though_they_touch(self):
        """Lines 0.6 mm apart, white matter to either side of them."""
        one = smooth(STRAIGHT, BENEATH)
        other = smooth(STRAIGHT + [0, 0.6, 0], BENEATH * [1, -1, 1])
        assert overlap_mm([one, other], SLICE_MM) == 0


class TestSparse:
    """Points of either half do not tell where those of the other half lie."""

    @pytest.mark.parametrize("count", [8, 12, 30, 200])
    def test_eight_clicks_on_a_gentle_line_and_more_are_enough(self, count):
        x = np.linspace(0, 30, count)
        assert not is_sparse(smooth(planar(x, 2 * np.sin(x / 8))), 5.0)

    @pytest.mark.parametrize("count", [12, 25, 60])
    def test_so_are_twelve_on_a_knob(self, count):
        assert not is_sparse(smooth(knob(6.0, 180, count), planar([-0.3, 0.3], 0.0)), 5.0)

    @pytest.mark.parametrize("count", [5, 6])
    def test_five_or_six_on_a_knob_are_too_few(self, count):
        assert is_sparse(smooth(knob(6.0, 270, count), planar([-0.3, 0.3], 0.0)), 5.0)

    @pytest.mark.parametrize("count", [2, 3])
    def test_fewer_than_four_are_always_too_few(self, count):
        assert is_sparse(smooth(planar(np.linspace(0, 30, count), 0.0)), 5.0)

    @pytest.mark.parametrize("count", [4, 5])
    def test_four_on_a_straight_line_are_enough(self, count):
        assert not is_sparse(smooth(planar(np.linspace(0, 30, count), 0.0)), 5.0)

    def test_tremor_is_not_taken_for_bends(self):
        x = np.arange(0, 30, 0.4)
        points = planar(x, 0.0) + 0.1 * np.random.default_rng(0).normal(size=(75, 3)) * [1, 1, 0]
        assert not is_sparse(smooth(points), 5.0)
