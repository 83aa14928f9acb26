"""Drawings of a known line: what the hand does to it, in closed form."""

from functools import cache

import numpy as np
import pytest
from M1SHThkLib.digital_exam.drift import drift
from M1SHThkLib.digital_exam.hand import Line, clicks, redrawn
from M1SHThkLib.digital_exam.phantom import PhantomOptions, make_phantom

LENGTH = 30.0


def straight_line():
    """30 mm along x at y = 2, z = 5, the cortex towards +y, slices 1.5 mm apart; 8 mm more on either side."""
    arc = np.arange(-23, 23.01, 0.05)
    positions = np.stack([arc + 10, np.full(len(arc), 2.0), np.full(len(arc), 5.0)], -1)
    normals = np.tile([0.0, 1.0, 0.0], (len(arc), 1))
    return Line(arc, positions, normals, np.array([0.0, 0.0, 1.5]), (-LENGTH / 2, LENGTH / 2))


def lengths(points):
    return np.linalg.norm(np.diff(points, axis=0), axis=1)


@cache
def phantom():
    regions = (("left", "paracentral_lobule"), ("right", "hand_knob"))
    return make_phantom(PhantomOptions(slices=3, cropped=True, regions=regions, obliquity=20.0, seed=77))


@pytest.mark.parametrize("count", (5, 21, 200))
def test_faultless_clicks_lie_evenly_on_the_line_from_end_to_end(count):
    points = clicks(straight_line(), count).points
    assert points[[0, -1]] == pytest.approx(np.array([[-5.0, 2, 5], [25, 2, 5]]))
    assert lengths(points) == pytest.approx(LENGTH / (count - 1))


def test_a_hurried_hand_clicks_unevenly_on_the_same_line():
    points = clicks(straight_line(), 200, np.random.default_rng(1)).points
    gaps = lengths(points)
    assert gaps.sum() == pytest.approx(LENGTH)
    assert np.log(gaps).std() == pytest.approx(0.5, rel=0.15)
    assert points[:, 1:] == pytest.approx(np.tile([2.0, 5.0], (200, 1)))


def test_an_overshooting_line_runs_straight_on_where_the_known_line_ends():
    points = clicks(straight_line(), 11, overshoot=20.0).points
    assert points[[0, -1], 0] == pytest.approx([-25, 45])
    assert lengths(points) == pytest.approx(7.0)


def test_tremor_is_white_and_alike_in_either_direction_of_the_slice():
    drawn = clicks(straight_line(), 2000)
    moved = drawn.trembling(0.1, np.random.default_rng(2)).points - drawn.points
    assert moved[:, :2].std(axis=0) == pytest.approx(0.1, rel=0.05)
    assert np.corrcoef(moved[1:, 1], moved[:-1, 1])[0, 1] == pytest.approx(0, abs=0.07)
    assert moved[:, 2] == pytest.approx(0)


def test_wandering_has_its_deviation_and_correlation_length():
    arc = np.array([0.0, 3.0, 6.0, 25.0])
    paths = np.array([drift(arc, 3.0, np.random.default_rng([3, seed])) for seed in range(20000)])
    expected = np.exp(-0.5 * (np.subtract.outer(arc, arc) / 3.0) ** 2)
    assert np.cov(paths.T) == pytest.approx(expected, abs=0.03)
    drawn = clicks(straight_line(), 21)
    wandering = drawn.wandering(0.3, np.random.default_rng(4)).points - drawn.points
    assert wandering[:, 1] == pytest.approx(0.3 * drift(drawn.arc, 3.0, np.random.default_rng(4)))
    assert wandering[:, [0, 2]] == pytest.approx(0)


def test_tilt_and_bow_go_from_end_to_end_and_leave_the_mean_depth():
    drawn = clicks(straight_line(), 3001)
    assert drawn.tilted(0.8).points[[0, 1500, -1], 1] == pytest.approx([1.2, 2.0, 2.8])
    bowed = drawn.bowed(0.6).points
    assert bowed[[0, 1500, -1], 1] == pytest.approx([1.4, 2.6, 1.4])
    assert drawn.tilted(0.8).depth.mean() == pytest.approx(0)
    # 1 - 2 u^2 over u from -1 to 1 has the mean 1/3 and the variance 7/15 - 1/9.
    assert bowed[:, 1].mean() == pytest.approx(2 + 0.6 / 3, abs=1e-3)
    assert bowed[:, 1].std() == pytest.approx(0.6 * np.sqrt(16 / 45), rel=1e-3)


def test_hooks_leave_the_line_at_right_angles_for_their_reach():
    drawn = clicks(straight_line(), 21)
    both = drawn.hooked(-3.0).points
    assert len(both) == 25
    assert both[0] == pytest.approx([-5, -1, 5])
    assert both[-1] == pytest.approx([25, -1, 5])
    assert lengths(both).sum() == pytest.approx(LENGTH + 6)
    one = drawn.hooked(2.0, first=False).points
    assert np.array_equal(one[:21], drawn.points)
    assert one[-1] == pytest.approx([25, 4, 5])


def test_a_stretch_strays_to_its_depth_and_comes_back():
    drawn = clicks(straight_line(), 61).tilted(0.4)
    stray = drawn.straying(-5.0, 5.0, -1.3)
    inside, outside = np.abs(drawn.arc) <= 5, np.abs(drawn.arc) >= 6.5
    assert stray.depth[inside] == pytest.approx(-1.3)
    assert np.array_equal(stray.depth[outside], drawn.depth[outside])


def test_clicks_on_the_next_slice_are_that_slice_above_the_others():
    drawn = clicks(straight_line(), 21)
    moved = drawn.off_slice([7]).points - drawn.points
    assert moved[7] == pytest.approx([0, 0, 1.5])
    assert np.delete(moved, 7, 0) == pytest.approx(0)
    assert drawn.off_slice(slice(10, None), -2).points[10:, 2] == pytest.approx(2.0)


def test_order_and_repetition():
    drawn = clicks(straight_line(), 21)
    step = LENGTH / 20
    assert drawn.swapped(10).points[[11, 10]] == pytest.approx(drawn.points[[10, 11]])
    assert lengths(drawn.swapped(10).points).sum() == pytest.approx(LENGTH + 2 * step)
    back = drawn.stepping_back(10).points
    assert np.array_equal(back[11], drawn.points[8])
    assert lengths(back).sum() == pytest.approx(LENGTH + 4 * step)
    there_and_back = drawn.back_again(0.2).points
    assert lengths(there_and_back).sum() == pytest.approx(2 * LENGTH + 0.2)
    assert there_and_back[-1] == pytest.approx([-5, 2.2, 5])
    assert np.array_equal(drawn.reversed().points, drawn.points[::-1])
    assert drawn.part(-1.6, 1.6).arc == pytest.approx([-1.5, 0, 1.5])


def test_a_second_click_falls_its_distance_from_the_first():
    twice = clicks(straight_line(), 50).doubled(0.15, np.random.default_rng(5)).points
    assert len(twice) == 100
    assert lengths(twice)[::2] == pytest.approx(0.15)


def test_a_loop_is_a_circle_into_the_sulcus_that_closes_on_its_click():
    drawn = clicks(straight_line(), 21)
    looped = drawn.looped(10, 1.5).points
    centre = drawn.points[10] - (0, 1.5, 0)
    assert np.linalg.norm(looped[10:22] - centre, axis=1) == pytest.approx(1.5)
    assert looped[21] == pytest.approx(drawn.points[10])
    assert np.delete(looped, np.s_[11:22], 0) == pytest.approx(drawn.points)


def test_zigzag_is_as_deep_as_it_is_shallow():
    assert clicks(straight_line(), 5).zigzag(0.3).depth == pytest.approx([-0.3, 0.3, -0.3, 0.3, -0.3])


def test_line_of_a_digital_exam_is_its_true_pial_line():
    for number, region in enumerate(phantom().regions):
        line = phantom().true_line(number)
        assert lengths(line.positions).sum() == pytest.approx(46, abs=0.1)
        assert clicks(line, 21).points == pytest.approx(region.pial_lines[0], abs=1e-3)
        assert np.linalg.norm(line.normals, axis=1) == pytest.approx(1)
        assert line.normals @ line.next_slice == pytest.approx(0, abs=1e-9)
        beneath = region.white_matter.positions(phantom().exam().image).mean(axis=0) - line.at(np.zeros(1))[0]
        assert (beneath @ line.at(np.zeros(1))[1][0])[0] > 10


def test_a_drawing_leaves_the_truth_where_it_was():
    exam, truth = phantom().exam(), phantom().truth
    drawings = [clicks(phantom().true_line(number), 12).bowed(0.6) for number in (0, 1)]
    other = redrawn(exam, [(drawing.points,) for drawing in drawings])
    assert np.array_equal(other.image.voxels, exam.image.voxels)
    assert phantom().truth == truth
    for number, region in enumerate(other.regions):
        assert region.white_matter is exam.regions[number].white_matter
        assert np.array_equal(region.pial_lines[0], drawings[number].points)
        apart = drawings[number].points - phantom().true_line(number).at(drawings[number].arc)[0]
        assert np.linalg.norm(apart, axis=1) == pytest.approx(np.abs(drawings[number].depth))
