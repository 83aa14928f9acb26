"""The pial line: what a smooth line and its normals must be, whatever the plane, the direction and the points."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from M1SHThkLib.measuring.pial_line import PialLine, crossing_depths, distinct_points, smooth_pial_line
from scipy.interpolate import make_smoothing_spline
from scipy.optimize import brentq
from scipy.spatial.transform import Rotation

AXIAL = np.array([0.0, 0.0, 1.0])
SLICES = np.eye(3)


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
ZIGZAG = planar(np.arange(21.0), np.resize([0.1, -0.1], 21))

coordinate = st.floats(-100, 100)
rotations = st.tuples(*[st.floats(-1, 1)] * 4).filter(lambda q: np.linalg.norm(q) > 0.1).map(Rotation.from_quat)
offsets = st.tuples(coordinate, coordinate, coordinate).map(np.array)


def rms(values):
    return np.sqrt(np.mean(np.square(values)))


class TestShape:
    def test_straight_line(self):
        line = smooth_pial_line(STRAIGHT, BENEATH, smoothing_mm=0.1, spacing_mm=0.2)
        assert line.length_mm == pytest.approx(20, abs=1e-9)
        np.testing.assert_allclose(line.positions, planar(np.linspace(0, 20, 101), 0.0), atol=1e-9)
        np.testing.assert_allclose(line.normals, np.tile([0.0, -1.0, 0.0], (101, 1)), atol=1e-9)

    @pytest.mark.parametrize("centre_is_white_matter", [True, False])
    @pytest.mark.parametrize(("count", "accuracy"), [(30, 1e-2), (300, 1e-3)])
    def test_circle(self, count, accuracy, centre_is_white_matter):
        radius, angle = 6.0, 2.0
        white_matter = planar([-0.3, 0.3], 0.0) if centre_is_white_matter else planar([-1.0, 1.0], 15.0)
        line = smooth_pial_line(arc(radius, angle, count), white_matter, smoothing_mm=0)
        outwards = line.positions / radius
        assert line.length_mm == pytest.approx(radius * angle, rel=accuracy)
        np.testing.assert_allclose(np.linalg.norm(line.positions, axis=1), radius, rtol=accuracy)
        inner = slice(10, -10)  # a natural spline does not bend at its ends
        turned = -outwards if centre_is_white_matter else outwards
        np.testing.assert_allclose(line.normals[inner], turned[inner], atol=accuracy)

    @pytest.mark.parametrize("spacing", [0.05, 0.2, 0.7, 30.0])
    def test_samples_divide_the_line_equally_at_the_spacing_nearest_to_what_was_asked(self, spacing):
        line = smooth_pial_line(WAVE, BENEATH, spacing_mm=spacing)
        parts = max(round(line.length_mm / spacing), 1)
        fine = smooth_pial_line(WAVE, BENEATH, spacing_mm=0.01).positions
        travelled = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(fine, axis=0), axis=1))])
        nearest = np.linalg.norm(line.positions[:, None] - fine, axis=-1).argmin(1)
        np.testing.assert_allclose(travelled[nearest], np.linspace(0, line.length_mm, parts + 1), atol=0.02)

    def test_normals_are_unit_vectors_across_the_line(self):
        line = smooth_pial_line(WAVE, BENEATH, spacing_mm=0.05)
        along = line.positions[2:] - line.positions[:-2]
        along /= np.linalg.norm(along, axis=1, keepdims=True)
        np.testing.assert_allclose(np.linalg.norm(line.normals, axis=1), 1, atol=1e-12)
        np.testing.assert_allclose((along * line.normals[1:-1]).sum(1), 0, atol=1e-3)

    @pytest.mark.parametrize("count", [2, 3])
    def test_few_points_make_a_line(self, count):
        line = smooth_pial_line(planar(np.linspace(0, 5, count), 0.0), BENEATH, spacing_mm=1.0)
        np.testing.assert_allclose(line.positions, planar(np.arange(6.0), 0.0), atol=1e-9)

    @given(rotations, offsets)
    def test_any_orientation_gives_the_same_line(self, rotation, offset):
        line = smooth_pial_line(WAVE, BENEATH)
        turned = smooth_pial_line(rotation.apply(WAVE) + offset, rotation.apply(BENEATH) + offset)
        np.testing.assert_allclose(turned.positions, rotation.apply(line.positions) + offset, atol=1e-7)
        np.testing.assert_allclose(turned.normals, rotation.apply(line.normals), atol=1e-7)

    @given(st.lists(st.tuples(st.floats(0.5, 5), st.floats(-1.2, 1.2)), min_size=2, max_size=20), st.floats(0, 0.5))
    def test_drawing_direction_does_not_matter(self, steps, smoothing):
        length, angle = np.transpose(steps)
        path = np.cumsum([length * np.cos(angle), length * np.sin(angle)], axis=1)
        points, white_matter = planar(*path), planar(path[0].mean() + np.array([-1.0, 1.0]), -200.0)
        forth = smooth_pial_line(points, white_matter, smoothing_mm=smoothing)
        back = smooth_pial_line(points[::-1], white_matter, smoothing_mm=smoothing)
        np.testing.assert_allclose(back.positions[::-1], forth.positions, atol=1e-5)
        np.testing.assert_allclose(back.normals[::-1], forth.normals, atol=1e-5)

    @pytest.mark.parametrize("times", [[1, 1, 2, 1, 1, 3, 1, 1, 1, 1, 1], [2] * 11])
    def test_coincident_points_count_once(self, times):
        line, doubled = (smooth_pial_line(points, BENEATH) for points in (WAVE, np.repeat(WAVE, times, axis=0)))
        np.testing.assert_array_equal(doubled.positions, line.positions)


class TestSmoothing:
    @pytest.mark.parametrize("tolerance", [0.01, 0.05, 0.09])
    def test_tolerance_is_kept_exactly(self, tolerance):
        """The points' x are evenly spaced and without bend, so that smoothing moves them in y alone."""
        line = smooth_pial_line(ZIGZAG, BENEATH, smoothing_mm=tolerance, spacing_mm=0.005)
        x, y, _ = line.positions.T
        moved = np.interp(ZIGZAG[:, 0], x, y) - ZIGZAG[:, 1]
        assert rms(moved) == pytest.approx(tolerance, rel=1e-2)

    def test_a_tolerance_beyond_the_points_own_spread_leaves_the_straight_regression_line(self):
        line = smooth_pial_line(ZIGZAG, BENEATH, smoothing_mm=0.11)
        intercept_and_slope = np.polynomial.polynomial.polyfit(ZIGZAG[:, 0], ZIGZAG[:, 1], 1)
        expected = np.polynomial.polynomial.polyval(line.positions[:, 0], intercept_and_slope)
        np.testing.assert_allclose(line.positions[:, 1], expected, atol=1e-4)

    @pytest.mark.parametrize("tolerance", [0.05, 0.2])
    def test_is_scipy_s_smoothing_spline_of_that_tolerance_through_unevenly_spaced_points(self, tolerance):
        random = np.random.default_rng(0)
        x = np.cumsum(random.uniform(0.2, 3, 25))
        points = np.stack([x, 2 * np.sin(x / 4) + random.normal(0, 0.2, 25)], -1)
        chords = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))])

        def smoothed(log_penalty):
            return [make_smoothing_spline(chords, values, lam=np.exp(log_penalty)) for values in points.T]

        def excess(log_penalty):
            moved = [spline(chords) - values for spline, values in zip(smoothed(log_penalty), points.T, strict=True)]
            return np.sqrt(np.sum(np.square(moved)) / 25) - tolerance

        curve = np.stack(
            [spline(np.linspace(0, chords[-1], 20_001)) for spline in smoothed(brentq(excess, -15, 15))], -1
        )
        line = smooth_pial_line(planar(*points.T), planar([0.0], -90.0), [AXIAL], tolerance)
        away = np.linalg.norm(line.positions[:, None, :2] - curve, axis=-1).min(1)
        assert away.max() < 2e-3

    def test_no_tolerance_passes_through_the_points(self):
        line = smooth_pial_line(ZIGZAG, BENEATH, smoothing_mm=0, spacing_mm=0.005)
        away = np.linalg.norm(ZIGZAG[:, None] - line.positions, axis=-1).min(1)
        assert away.max() < 0.005

    def test_the_more_smoothing_the_shorter_the_line(self):
        lengths = [smooth_pial_line(ZIGZAG, BENEATH, smoothing_mm=t).length_mm for t in (0, 0.02, 0.05, 0.09, 0.2)]
        assert lengths == sorted(lengths, reverse=True) and lengths[0] > 1.02 * lengths[-1]

    @given(st.integers(0, 2**32 - 1), st.integers(3, 60), st.floats(1e-3, 1.0))
    def test_points_of_any_density_stay_within_the_tolerance(self, seed, count, tolerance):
        random = np.random.default_rng(seed)
        steps = random.normal(size=(count, 2)) * 10 ** random.uniform(-2.5, 0.7, (count, 1))
        points = planar(*np.cumsum(steps, axis=0).T)
        line = smooth_pial_line(points, planar([0.0], 500.0), [AXIAL], tolerance, spacing_mm=0.05)
        away = np.linalg.norm(distinct_points(points)[:, None] - line.positions, axis=-1).min(1)
        assert rms(away) <= tolerance + 0.05


class TestSide:
    @pytest.mark.parametrize("points", [WAVE, WAVE[::-1], STRAIGHT, STRAIGHT[[0, -1]]], ids=len)
    @pytest.mark.parametrize("side", [1, -1])
    def test_normals_point_to_the_white_matter(self, points, side):
        line = smooth_pial_line(points, planar([8.0, 12.0], 9.0 * side))
        assert (line.normals[:, 1] * side > 0).all()

    def test_white_matter_within_a_deep_fold_is_found_though_it_lies_sideways_of_the_line_s_ends(self):
        """The omega of the hand knob: an arc of 300 degrees about its white matter."""
        knob = smooth_pial_line(arc(5, np.radians(300), 40), planar([-0.5, 0.5, 1.0], [-1.0, 0.0, 1.0]))
        assert ((knob.positions * knob.normals).sum(1) < 0).all()

    def test_white_matter_outside_a_deep_fold_is_found_though_the_line_s_ends_turn_their_backs_on_it(self):
        fold = smooth_pial_line(arc(5, np.radians(220), 40), planar([-0.5, 0.5], 8.0))
        assert ((fold.positions * fold.normals).sum(1) > 0).all()

    @pytest.mark.parametrize("beyond", [-30.0, 50.0])
    def test_white_matter_past_the_line_s_end_still_has_a_side(self, beyond):
        assert (smooth_pial_line(STRAIGHT, planar([beyond], -3.0)).normals[:, 1] < 0).all()


class TestPlane:
    @pytest.mark.parametrize("points", [WAVE, STRAIGHT, planar(X, 0.3 * X)], ids=["wave", "along x", "slanted"])
    def test_a_line_on_a_slice_lies_in_it_though_its_white_matter_reaches_below(self, points):
        white_matter = BENEATH - 3 * AXIAL
        line = smooth_pial_line(points + 7.5 * AXIAL, white_matter + 7.5 * AXIAL, SLICES)
        np.testing.assert_allclose(line.positions[:, 2], 7.5, atol=1e-12)
        np.testing.assert_allclose(line.normals[:, 2], 0, atol=1e-12)

    def test_a_straight_line_on_two_slices_at_once_lies_in_that_of_its_white_matter(self):
        below = np.array([[10.0, -1.0, -8.0]])
        line = smooth_pial_line(STRAIGHT, below, SLICES)
        np.testing.assert_allclose(line.normals, np.tile([0.0, 0.0, -1.0], (len(line.normals), 1)), atol=1e-12)

    def test_a_straight_line_on_no_slice_has_normals_that_meet_its_white_matter(self):
        points = STRAIGHT @ Rotation.from_euler("xyz", [10, 20, 30], degrees=True).as_matrix()
        white_matter = points.mean(0) + np.array([[1.0, -5.0, 6.0]])
        line = smooth_pial_line(points, white_matter, SLICES)
        along = (points[-1] - points[0]) / 20
        offset = white_matter[0] - points.mean(0)
        offset -= (offset @ along) * along
        np.testing.assert_allclose(line.normals @ offset, np.linalg.norm(offset), rtol=1e-9)

    def test_points_that_waver_about_a_slice_less_than_half_a_tenth_lie_in_it(self):
        wavering = WAVE + np.outer(np.resize([0.03, -0.03], len(WAVE)), AXIAL)
        assert np.ptp(smooth_pial_line(wavering, BENEATH, SLICES).positions[:, 2]) < 1e-12

    def test_points_far_off_any_plane_are_refused(self):
        helix = np.stack([10 * np.cos(X), 10 * np.sin(X), X], -1)
        with pytest.raises(ValueError, match=r"^left line: its points lie up to \d+\.\d mm off a common plane; draw"):
            smooth_pial_line(helix, BENEATH, SLICES, name="left line")

    def test_a_straight_line_that_runs_at_its_white_matter_is_refused(self):
        with pytest.raises(ValueError, match=r"^left line: runs straight at its white-matter ROI; draw it along"):
            smooth_pial_line(STRAIGHT, planar([30.0], 0.0), name="left line")


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
        smooth_pial_line(points, BENEATH, name="pial line of the left hand knob")


def circle(radius, angle, count, inwards=True):
    along = np.linspace(-angle / 2, angle / 2, count)
    positions = planar(radius * np.sin(along), radius * np.cos(along))
    return PialLine(positions, (-1 if inwards else 1) * positions / radius, radius * angle)


class TestCrossingDepths:
    @pytest.mark.parametrize("angle", [0.5, 2.0, 4.0])
    def test_normals_of_a_circle_cross_at_its_centre(self, angle):
        np.testing.assert_allclose(crossing_depths(circle(3.0, angle, 61), 6.0), 3.0, rtol=1e-9)

    def test_normals_that_spread_do_not_cross(self):
        assert np.isinf(crossing_depths(circle(3.0, 2.0, 61, inwards=False), 6.0)).all()

    def test_crossings_deeper_than_the_sampled_depth_do_not_count(self):
        assert np.isinf(crossing_depths(circle(3.0, 2.0, 61), 2.9)).all()

    def test_normals_of_a_straight_line_do_not_cross(self):
        assert np.isinf(crossing_depths(smooth_pial_line(STRAIGHT, BENEATH), 15.0)).all()

    def test_normals_of_a_parabola_leave_their_territory_on_its_axis(self):
        """Those of y = x^2 / 4f at x and -x meet on the axis, sqrt(x^2 + 4 f^2) away; there both sides are as near."""
        focal, x = 1.0, np.linspace(-4, 4, 401)
        positions = planar(x, x**2 / (4 * focal))
        normals = planar(-x / (2 * focal), 1.0)
        normals /= np.linalg.norm(normals, axis=1, keepdims=True)
        line = PialLine(positions, normals, float(np.linalg.norm(np.diff(positions, axis=0), axis=1).sum()))
        np.testing.assert_allclose(crossing_depths(line, 10.0), np.sqrt(x**2 + 4 * focal**2), atol=0.1)

    @given(rotations, offsets)
    def test_orientation_does_not_matter(self, rotation, offset):
        line = smooth_pial_line(arc(2.5, 3.0, 20), planar([0.0], 0.0))
        turned = PialLine(rotation.apply(line.positions) + offset, rotation.apply(line.normals), line.length_mm)
        np.testing.assert_allclose(crossing_depths(turned, 6.0), crossing_depths(line, 6.0), atol=1e-6)
