"""Folds against straight lines and circles."""

import numpy as np
import pytest
from M1SHThkLib.digital_exam.fold import NODE_SPACING, fold


def circle(radius=6.0, **placed):
    """A fold whose middle 14 mm lie on a circle around (0, radius)."""
    return fold([(12.0, 1 / radius)], 24.0, **{"apex": (0, 0), "inward": (0, 1), **placed})


def test_straight_fold():
    line = fold([], 20.0, apex=(3, -2), inward=(0, 2))
    assert line.points[:, 1] == pytest.approx(-2)
    assert line.points[:, 0] - 3 == pytest.approx(line.arc)
    assert line.normals == pytest.approx(np.tile([0.0, 1.0], (len(line.arc), 1)))


def test_crown_is_a_circle_around_its_centre():
    middle = circle().stretch(-7, 7)
    assert np.linalg.norm(middle.points - (0, 6), axis=1) == pytest.approx(6, abs=1e-3)
    assert middle.normals * 6 == pytest.approx((0, 6) - middle.points, abs=3e-3)
    assert middle.curvature == pytest.approx(1 / 6, rel=1e-6)


def test_nodes_are_evenly_spaced_along_the_fold():
    steps = np.linalg.norm(np.diff(circle().points, axis=0), axis=1)
    assert steps == pytest.approx(NODE_SPACING, rel=1e-4)


def test_depth_is_the_signed_distance():
    rng = np.random.default_rng(0)
    angle, radius = rng.uniform(-1, 1, 500), rng.uniform(1, 9, 500)
    points = np.stack([radius * np.sin(angle), 6 - radius * np.cos(angle)], -1)
    assert circle().depth(points) == pytest.approx(6 - radius, abs=1e-3)


def test_depth_is_infinite_beyond_reach_and_beside_the_ends():
    line = fold([], 20.0, apex=(0, 0), inward=(0, 1))
    assert line.depth(np.array([[0.0, 1.5], [0.0, -1.5]]), reach=2.0) == pytest.approx([1.5, -1.5])
    assert np.isinf(line.depth(np.array([[0.0, 3.0], [12.0, 0.5]]), reach=2.0)).all()


def test_levels_keep_their_distance_and_lose_the_loops_past_a_centre():
    bent = fold([(4.0, -1 / 2.5), (9.0, 0.0)], 30.0, apex=(0, 0), inward=(0, 1))
    for depth in (2.0, -1.5, -5.0):
        assert np.abs(bent.depth(bent.level(depth)[5:-5])) == pytest.approx(abs(depth), abs=2e-3)
    assert len(bent.level(-5.0)) < len(bent.level(-1.5)) == len(bent.arc)


def test_points_and_normals_at_an_arc_length():
    points, normals = circle().at(np.array([3.0]))
    assert points[0] == pytest.approx([6 * np.sin(0.5), 6 - 6 * np.cos(0.5)], abs=1e-3)
    assert normals[0] == pytest.approx([-np.sin(0.5), np.cos(0.5)], abs=1e-3)


def test_apex_direction_and_mirror():
    turned = circle(apex=(4, 5), inward=(1, 1))
    points, normals = turned.at(np.array([0.0]))
    assert points[0] == pytest.approx([4, 5])
    assert normals[0] == pytest.approx(np.sqrt([0.5, 0.5]))
    assert circle(mirrored=True).points == pytest.approx(circle().points * (-1, 1))
