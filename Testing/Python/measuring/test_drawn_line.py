"""What a hand drew: the slice it was drawn on, points off it, and points that turn back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from M1SHThkLib.measuring.drawn_line import drawn_line
from M1SHThkLib.measuring.pial_line import smooth_pial_line
from scipy.spatial.transform import Rotation

SLICE_MM = 1.5
AFFINE = np.diag([0.5, 0.5, SLICE_MM, 1.0])
AXIAL = np.array([0.0, 0.0, 1.0])
X = np.linspace(0, 20, 11)
LEVEL = 4 * SLICE_MM
STRAIGHT = np.column_stack([X, np.zeros(11), np.full(11, LEVEL)])
GENTLY_CURVED = STRAIGHT + np.column_stack([0 * X, 1.5 * np.sin(X / 7), 0 * X])
WAVE = STRAIGHT + np.column_stack([0 * X, 2 * np.sin(X / 4), 0 * X])
BENEATH = np.column_stack([[8.0, 10.0, 12.0], [-8.0, -9.0, -8.0], np.full(3, LEVEL)])
LINES = pytest.mark.parametrize("points", [STRAIGHT, GENTLY_CURVED, WAVE], ids=["straight", "gently curved", "wave"])

rotations = st.tuples(*[st.floats(-1, 1)] * 4).filter(lambda q: np.linalg.norm(q) > 0.1).map(Rotation.from_quat)
offsets = st.tuples(*[st.floats(-100, 100)] * 3).map(np.array)


def drawn(points, white_matter=BENEATH, affine=AFFINE):
    return drawn_line(points, white_matter, affine, "left line")


def moved(points, indices, by):
    """The points with some of them moved, in slices."""
    points = points.copy()
    points[indices, 2] += np.asarray(by) * SLICE_MM
    return points


def turned_affine(rotation, offset):
    turned = np.eye(4)
    turned[:3, :3], turned[:3, 3] = rotation.as_matrix(), offset
    return turned @ AFFINE


class TestSliceOfMostPoints:
    @LINES
    def test_a_line_on_a_slice_lies_on_it(self, points):
        line = drawn(points)
        np.testing.assert_allclose(line.points, points, atol=1e-9)
        assert (line.n_off_slice, line.off_slice_mm) == (0, pytest.approx(0, abs=1e-9))
        np.testing.assert_allclose(np.abs(line.across), AXIAL, atol=1e-12)

    @LINES
    @pytest.mark.parametrize("side", [1, -1])
    @pytest.mark.parametrize("index", [0, 5, 10], ids=["first", "middle", "last"])
    def test_a_click_on_the_neighbouring_slice_is_moved_onto_it_and_counted(self, points, index, side):
        line = drawn(moved(points, index, side))
        np.testing.assert_allclose(line.points, points, atol=1e-9)
        assert line.n_off_slice == 1 and line.off_slice_mm == pytest.approx(SLICE_MM)
        np.testing.assert_allclose(np.abs(line.across), AXIAL, atol=1e-12)

    @LINES
    def test_normals_stay_in_the_slice(self, points):
        straight, clicked_off = (
            smooth_pial_line(clicks, BENEATH, AFFINE) for clicks in (points, moved(points, [3, 7], [1, -1]))
        )
        np.testing.assert_allclose(clicked_off.normals[:, 2], 0, atol=1e-12)
        np.testing.assert_allclose(clicked_off.positions, straight.positions, atol=1e-9)

    def test_points_between_two_slices_are_drawn_on_neither_and_still_make_a_line(self):
        """A slice view that stands between two planes of voxels: the points' own level counts."""
        line = drawn(WAVE + 0.4 * SLICE_MM * AXIAL)
        np.testing.assert_allclose(line.points[:, 2], LEVEL + 0.4 * SLICE_MM)
        assert line.n_off_slice == 0

    def test_points_that_waver_less_than_half_a_tenth_about_a_slice_lie_on_it(self):
        line = drawn(WAVE + np.outer(np.resize([0.02, -0.02], 11), AXIAL))
        assert np.ptp(line.points[:, 2]) < 1e-9 and line.n_off_slice == 0

    def test_a_line_whose_white_matter_reaches_other_slices_stays_on_its_own(self):
        deeper = np.concatenate([BENEATH, BENEATH - 3 * AXIAL, BENEATH - 6 * AXIAL])
        np.testing.assert_allclose(np.abs(drawn(WAVE, deeper).across), AXIAL, atol=1e-12)

    @pytest.mark.parametrize("axis", [0, 1, 2])
    def test_coronal_and_sagittal_slices_are_slices_too(self, axis):
        order = np.roll(np.arange(3), axis + 1)
        affine = np.eye(4)
        affine[:3, :3] = AFFINE[:3, :3][order][:, order]
        line = drawn(moved(WAVE, 4, 1)[:, order], BENEATH[:, order], affine)
        np.testing.assert_allclose(line.points, WAVE[:, order], atol=1e-9)
        assert line.n_off_slice == 1

    @given(rotations, offsets)
    def test_how_the_image_lies_in_the_world_does_not_matter(self, rotation, offset):
        here = drawn(moved(GENTLY_CURVED, 5, 1))
        there = drawn(
            rotation.apply(moved(GENTLY_CURVED, 5, 1)) + offset,
            rotation.apply(BENEATH) + offset,
            turned_affine(rotation, offset),
        )
        np.testing.assert_allclose(there.points, rotation.apply(here.points) + offset, atol=1e-6)
        assert there.n_off_slice == 1 and there.off_slice_mm == pytest.approx(SLICE_MM)

    @given(rotations, offsets)
    def test_nor_does_it_on_a_sheared_grid(self, rotation, offset):
        """A tilted gantry: slices lie apart by less than the third column's length."""
        sheared = AFFINE.copy()
        sheared[1, 2] = 0.8
        turned = np.eye(4)
        turned[:3, :3], turned[:3, 3] = rotation.as_matrix(), offset
        there = drawn(rotation.apply(moved(WAVE, 5, 1)) + offset, rotation.apply(BENEATH) + offset, turned @ sheared)
        np.testing.assert_allclose(there.points, rotation.apply(WAVE) + offset, atol=1e-6)


class TestOtherPlanes:
    def test_a_line_on_an_oblique_reformat_lies_in_its_own_plane(self):
        tilt = Rotation.from_euler("x", 35, degrees=True)
        line = drawn(tilt.apply(WAVE), tilt.apply(BENEATH))
        np.testing.assert_allclose(line.points, tilt.apply(WAVE), atol=1e-9)
        assert line.n_off_slice == 0
        assert abs(line.across @ tilt.apply(AXIAL)) == pytest.approx(1)

    def test_a_straight_line_on_two_kinds_of_slices_lies_on_that_of_its_white_matter(self):
        below = np.array([[10.0, -1.0, LEVEL - 8.0]])
        normals = smooth_pial_line(STRAIGHT, below, AFFINE).normals
        np.testing.assert_allclose(normals, np.tile([0.0, 0.0, -1.0], (len(normals), 1)), atol=1e-12)

    def test_a_straight_line_on_no_slice_has_normals_that_meet_its_white_matter(self):
        points = STRAIGHT @ Rotation.from_euler("xyz", [10, 20, 30], degrees=True).as_matrix()
        white_matter = points.mean(0) + np.array([[1.0, -5.0, 6.0]])
        line = smooth_pial_line(points, white_matter, AFFINE)
        along = (points[-1] - points[0]) / 20
        offset = white_matter[0] - points.mean(0)
        offset -= (offset @ along) * along
        np.testing.assert_allclose(line.normals @ offset, np.linalg.norm(offset), rtol=1e-9)

    def test_points_scattered_about_a_slice_are_moved_onto_the_nearest(self):
        scattered = WAVE + np.outer(np.resize([0.0, 0.3, 0.6, -0.3], 11), AXIAL)
        line = drawn(scattered)
        np.testing.assert_allclose(line.points, WAVE, atol=1e-9)
        assert line.n_off_slice >= 7 and line.off_slice_mm == pytest.approx(0.6)


class TestRefused:
    def test_a_point_two_slices_off(self):
        with pytest.raises(
            ValueError, match=r"^left line: its points lie up to 3\.0 mm off a common slice; draw it on"
        ):
            drawn(moved(WAVE, 5, 2))

    def test_points_far_off_any_plane(self):
        helix = np.column_stack([10 * np.cos(X), 10 * np.sin(X), X])
        with pytest.raises(
            ValueError, match=r"^left line: its points lie up to \d+\.\d mm off a common slice; draw it"
        ):
            drawn(helix)

    def test_a_straight_line_that_runs_at_its_white_matter(self):
        tilt = Rotation.from_euler("xyz", [10, 20, 30], degrees=True)
        with pytest.raises(ValueError, match=r"^left line: runs straight at its white-matter ROI; draw it along"):
            drawn(tilt.apply(STRAIGHT), tilt.apply([[30.0, 0.0, LEVEL]]))

    @pytest.mark.parametrize("thick_mm", [0.7, 3.0, 5.0])
    def test_a_neighbouring_slice_is_never_too_far(self, thick_mm):
        affine = np.diag([0.5, 0.5, thick_mm, 1.0])
        points = WAVE + np.outer(np.arange(11) == 5, thick_mm * AXIAL)
        assert drawn(points, affine=affine).n_off_slice == 1


class TestDoubledBack:
    @LINES
    def test_a_line_in_one_sweep_does_not(self, points):
        assert not drawn(points).doubles_back and not drawn(points[::-1]).doubles_back

    @LINES
    @pytest.mark.parametrize("index", [1, 4, 8])
    def test_two_points_swapped_do(self, points, index):
        swapped = points.copy()
        swapped[[index, index + 1]] = swapped[[index + 1, index]]
        assert drawn(swapped).doubles_back

    @LINES
    def test_drawn_forth_and_back_does(self, points):
        assert drawn(np.concatenate([points, points[::-1] + [0, 0.3, 0]])).doubles_back

    def test_tremor_of_dense_clicks_is_no_turning_back(self):
        """A click every 0.1 mm with 0.1 mm of tremor goes back as often as not."""
        random = np.random.default_rng(0)
        along = np.arange(0, 20, 0.1)
        points = np.column_stack([along, 1.5 * np.sin(along / 7), np.full(200, LEVEL)])
        assert not drawn(points + random.normal(0, 0.1, (200, 3)) * [1, 1, 0]).doubles_back

    def test_nor_is_a_bend_of_the_hand_knob(self):
        turn = np.linspace(0, np.radians(300), 14)
        knob = np.column_stack([4 * np.sin(turn), 4 * np.cos(turn), np.full(14, LEVEL)])
        assert not drawn(knob, np.array([[0.0, 0.5, LEVEL]])).doubles_back
