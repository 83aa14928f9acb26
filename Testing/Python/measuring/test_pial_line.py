"""The pial line: what a smooth line and its normals must be, whatever the plane, the direction and the points."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from M1SHThkLib.measuring.drawn_line import DrawnLine
from M1SHThkLib.measuring.pial_line import PialLine, crossing_depths, smooth_pial_line
from scipy.spatial.transform import Rotation

AXIAL = np.array([0.0, 0.0, 1.0])
AFFINE = np.diag([0.5, 0.5, 1.0, 1.0])


def planar(x, y, z=0.0):
    x, y = np.broadcast_arrays(np.asarray(x, float), y)
    return np.stack([x, y, np.full(x.shape, z)], -1)


def arc(radius, angle, count):
    along = np.linspace(-angle / 2, angle / 2, count)
    return planar(radius * np.sin(along), radius * np.cos(along))


X = np.linspace(0, 20, 11)
WAVE = planar(X, 2 * np.sin(X / 4))
BENEATH = planar([8.0, 10.0, 12.0], -8.0)
STRAIGHT = planar(X, 0.0)

coordinate = st.floats(-100, 100)
rotations = st.tuples(*[st.floats(-1, 1)] * 4).filter(lambda q: np.linalg.norm(q) > 0.1).map(Rotation.from_quat)
offsets = st.tuples(coordinate, coordinate, coordinate).map(np.array)


def smooth(points, white_matter=BENEATH, affine=AFFINE, **changes):
    return smooth_pial_line(points, white_matter, affine, **changes)


def turned_affine(rotation, offset):
    """The image of a world turned and moved."""
    turned = np.eye(4)
    turned[:3, :3], turned[:3, 3] = rotation.as_matrix(), offset
    return turned @ AFFINE


class TestShape:
    def test_straight_line(self):
        line = smooth(STRAIGHT, spacing_mm=0.2)
        assert line.length_mm == pytest.approx(20, abs=1e-9)
        np.testing.assert_allclose(line.positions, planar(np.linspace(0, 20, 101), 0.0), atol=1e-9)
        np.testing.assert_allclose(line.normals, np.tile([0.0, -1.0, 0.0], (101, 1)), atol=1e-9)

    @pytest.mark.parametrize("centre_is_white_matter", [True, False])
    @pytest.mark.parametrize("count", [9, 30, 300])
    def test_circle_from_end_to_end(self, count, centre_is_white_matter):
        radius, angle = 6.0, 2.0
        white_matter = planar([-0.3, 0.3], 0.0) if centre_is_white_matter else planar([-1.0, 1.0], 15.0)
        line = smooth(arc(radius, angle, count), white_matter)
        outwards = line.positions / radius
        assert line.length_mm == pytest.approx(radius * angle, rel=5e-3)
        np.testing.assert_allclose(np.linalg.norm(line.positions, axis=1), radius, rtol=1e-3)
        np.testing.assert_allclose(line.normals, -outwards if centre_is_white_matter else outwards, atol=5e-3)

    @pytest.mark.parametrize("spacing", [0.05, 0.2, 0.7, 30.0])
    def test_samples_divide_the_line_equally_at_the_spacing_nearest_to_what_was_asked(self, spacing):
        line = smooth(WAVE, spacing_mm=spacing)
        parts = max(round(line.length_mm / spacing), 1)
        fine = smooth(WAVE, spacing_mm=0.01).positions
        travelled = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(fine, axis=0), axis=1))])
        nearest = np.linalg.norm(line.positions[:, None] - fine, axis=-1).argmin(1)
        np.testing.assert_allclose(travelled[nearest], np.linspace(0, line.length_mm, parts + 1), atol=0.02)

    def test_normals_are_unit_vectors_across_the_line(self):
        line = smooth(WAVE, spacing_mm=0.05)
        along = line.positions[2:] - line.positions[:-2]
        along /= np.linalg.norm(along, axis=1, keepdims=True)
        np.testing.assert_allclose(np.linalg.norm(line.normals, axis=1), 1, atol=1e-12)
        np.testing.assert_allclose((along * line.normals[1:-1]).sum(1), 0, atol=1e-3)

    @pytest.mark.parametrize("count", [2, 3])
    def test_few_points_make_a_line(self, count):
        line = smooth(planar(np.linspace(0, 5, count), 0.0), spacing_mm=1.0)
        np.testing.assert_allclose(line.positions, planar(np.arange(6.0), 0.0), atol=1e-9)

    @given(rotations, offsets)
    def test_any_orientation_of_the_image_gives_the_same_line(self, rotation, offset):
        line = smooth(WAVE)
        turned = smooth(
            rotation.apply(WAVE) + offset, rotation.apply(BENEATH) + offset, turned_affine(rotation, offset)
        )
        np.testing.assert_allclose(turned.positions, rotation.apply(line.positions) + offset, atol=1e-7)
        np.testing.assert_allclose(turned.normals, rotation.apply(line.normals), atol=1e-7)

    @given(st.lists(st.tuples(st.floats(0.5, 5), st.floats(-1.2, 1.2)), min_size=2, max_size=20), st.floats(1, 20))
    def test_drawing_direction_does_not_matter(self, steps, smoothing):
        length, angle = np.transpose(steps)
        path = np.cumsum([length * np.cos(angle), length * np.sin(angle)], axis=1)
        points, white_matter = planar(*path), planar(path[0].mean() + np.array([-1.0, 1.0]), -200.0)
        forth = smooth(points, white_matter, smoothing_length_mm=smoothing)
        back = smooth(points[::-1], white_matter, smoothing_length_mm=smoothing)
        np.testing.assert_allclose(back.positions[::-1], forth.positions, atol=1e-5)
        np.testing.assert_allclose(back.normals[::-1], forth.normals, atol=1e-5)

    @pytest.mark.parametrize("times", [[1, 1, 2, 1, 1, 3, 1, 1, 1, 1, 1], [2] * 11])
    def test_coincident_points_count_once(self, times):
        line, doubled = (smooth(points) for points in (WAVE, np.repeat(WAVE, times, axis=0)))
        np.testing.assert_array_equal(doubled.positions, line.positions)


class TestSide:
    @pytest.mark.parametrize("points", [WAVE, WAVE[::-1], STRAIGHT, STRAIGHT[[0, -1]]], ids=len)
    @pytest.mark.parametrize("side", [1, -1])
    def test_normals_point_to_the_white_matter(self, points, side):
        line = smooth(points, planar([8.0, 12.0], 9.0 * side))
        assert (line.normals[:, 1] * side > 0).all()

    def test_white_matter_within_a_deep_fold_is_found_though_it_lies_sideways_of_the_line_s_ends(self):
        """The omega of the hand knob: an arc of 300 degrees about its white matter."""
        knob = smooth(arc(5, np.radians(300), 40), planar([-0.5, 0.5, 1.0], [-1.0, 0.0, 1.0]))
        assert ((knob.positions * knob.normals).sum(1) < 0).all()

    def test_white_matter_outside_a_deep_fold_is_found_though_the_line_s_ends_turn_their_backs_on_it(self):
        fold = smooth(arc(5, np.radians(220), 40), planar([-0.5, 0.5], 8.0))
        assert ((fold.positions * fold.normals).sum(1) > 0).all()

    @pytest.mark.parametrize("beyond", [-30.0, 50.0])
    def test_white_matter_past_the_line_s_end_still_has_a_side(self, beyond):
        assert (smooth(STRAIGHT, planar([beyond], -3.0)).normals[:, 1] < 0).all()


@pytest.mark.parametrize(
    ("points", "fault"),
    [
        (STRAIGHT[:1], "has one control point"),
        (STRAIGHT[[3, 3, 3]], "has one control point"),
        (STRAIGHT[:0], "has no control points"),
        (np.where(STRAIGHT == 4, np.nan, STRAIGHT), "not finite"),
        (np.where(STRAIGHT == 4, np.inf, STRAIGHT), "not finite"),
    ],
)
def test_points_that_are_no_line_are_refused_by_the_line_s_name(points, fault):
    with pytest.raises(ValueError, match=f"^pial line of the left hand knob: .*{fault}.*; draw"):
        smooth(points, name="pial line of the left hand knob")


def as_drawn(positions, normals, length_mm, across=AXIAL):
    """A line that is what it was drawn as."""
    return PialLine(positions, normals, length_mm, False, DrawnLine(positions, across, 0, 0.0))


def circle(radius, angle, count, inwards=True):
    along = np.linspace(-angle / 2, angle / 2, count)
    positions = planar(radius * np.sin(along), radius * np.cos(along))
    return as_drawn(positions, (-1 if inwards else 1) * positions / radius, radius * angle)


class TestCrossingDepths:
    @pytest.mark.parametrize("angle", [0.5, 2.0, 4.0])
    def test_normals_of_a_circle_cross_at_its_centre(self, angle):
        np.testing.assert_allclose(crossing_depths(circle(3.0, angle, 61), 6.0), 3.0, rtol=1e-9)

    def test_normals_that_spread_do_not_cross(self):
        assert np.isinf(crossing_depths(circle(3.0, 2.0, 61, inwards=False), 6.0)).all()

    def test_crossings_deeper_than_the_sampled_depth_do_not_count(self):
        assert np.isinf(crossing_depths(circle(3.0, 2.0, 61), 2.9)).all()

    def test_normals_of_a_straight_line_do_not_cross(self):
        assert np.isinf(crossing_depths(smooth(STRAIGHT), 15.0)).all()

    def test_normals_of_a_parabola_leave_their_territory_on_its_axis(self):
        """Those of y = x^2 / 4f at x and -x meet on the axis, sqrt(x^2 + 4 f^2) away; there both sides are as near."""
        focal, x = 1.0, np.linspace(-4, 4, 401)
        positions = planar(x, x**2 / (4 * focal))
        normals = planar(-x / (2 * focal), 1.0)
        normals /= np.linalg.norm(normals, axis=1, keepdims=True)
        line = as_drawn(positions, normals, float(np.linalg.norm(np.diff(positions, axis=0), axis=1).sum()))
        np.testing.assert_allclose(crossing_depths(line, 10.0), np.sqrt(x**2 + 4 * focal**2), atol=0.1)

    @given(rotations, offsets)
    def test_orientation_does_not_matter(self, rotation, offset):
        line = smooth(arc(2.5, 3.0, 20), planar([0.0], 0.0))
        turned = as_drawn(
            rotation.apply(line.positions) + offset,
            rotation.apply(line.normals),
            line.length_mm,
            rotation.apply(line.across),
        )
        np.testing.assert_allclose(crossing_depths(turned, 6.0), crossing_depths(line, 6.0), atol=1e-6)
