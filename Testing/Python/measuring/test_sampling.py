"""Sampling: what lies between the voxels, wherever and however the voxels lie in the world."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from M1SHThkLib.measuring.image import Image
from M1SHThkLib.measuring.sampling import sample_normals
from scipy.spatial.transform import Rotation

INTERPOLATIONS = ("linear", "cubic", "quintic")
DEGREE = {"linear": 1, "cubic": 3, "quintic": 5}
IDENTITY = np.eye(4)


def affine(turn=(0, 0, 0), spacing=(1, 1, 1), origin=(0, 0, 0), shear=0.0):
    matrix = np.eye(4)
    matrix[:3, :3] = Rotation.from_euler("xyz", turn, degrees=True).as_matrix() @ np.diag(spacing)
    matrix[:3, 1] += shear * matrix[:3, 0]
    matrix[:3, 3] = origin
    return matrix


GRIDS = {
    "plain": IDENTITY,
    "anisotropic": affine(spacing=(0.4, 0.5, 2.0), origin=(-31, 12, 47)),
    "oblique": affine((12, -20, 35), (0.45, 0.45, 1.0), (7, -8, 9)),
    "flipped": affine((0, 0, 5), (-0.5, 0.5, -1.5)),
    "sheared": affine((30, 0, 0), (0.8, 0.6, 1.2), shear=0.3),
}


def at_indices(voxels, indices, interpolation, grid=IDENTITY):
    """Values at continuous voxel indices, shape (n, 3), each the foot of a normal of its own."""
    image = Image(voxels, grid)
    feet = image.position_of(np.atleast_2d(indices))
    intensities, outside = sample_normals(image, feet, np.tile([0.0, 1.0, 0.0], (len(feet), 1)), [0.0], interpolation)
    return intensities[:, 0], outside[:, 0]


def cosine(cycles_per_voxel, count=120):
    """A cosine along i, the same in j and k."""
    wave = np.cos(2 * np.pi * cycles_per_voxel * np.arange(count))
    return np.broadcast_to(wave[:, None, None], (count, 3, 3))


def interpolated_cosine(cycles_per_voxel, at, degree):
    """What cardinal B-splines make of a cosine: it and its aliases, weighted by sinc^(degree + 1)."""
    frequencies = cycles_per_voxel + np.arange(-20_000, 20_001)
    weights = np.sinc(frequencies) ** (degree + 1)
    return (weights * np.cos(2 * np.pi * frequencies * at[:, None])).sum(1) / weights.sum()


@pytest.mark.parametrize("interpolation", INTERPOLATIONS)
class TestEveryInterpolation:
    @pytest.mark.parametrize("grid", GRIDS.values(), ids=GRIDS)
    def test_reproduces_an_image_that_is_linear_in_the_world(self, interpolation, grid):
        shape = (56, 52, 54)
        gradient, offset = np.array([3.0, -2.0, 0.7]), 500.0
        points = Image(np.empty(shape), grid).position_of(np.stack(np.indices(shape), -1))
        image = Image(points @ gradient + offset, grid)
        random = np.random.default_rng(0)
        feet = image.position_of(random.uniform(24, 28, (20, 3)))
        normals = random.normal(size=(20, 3))
        normals /= np.linalg.norm(normals, axis=1, keepdims=True)
        depths = np.array([0.0, 0.35, 0.7])
        intensities, outside = sample_normals(image, feet, normals, depths, interpolation)
        expected = feet @ gradient + offset
        expected = expected[:, None] + (normals @ gradient)[:, None] * depths
        np.testing.assert_allclose(intensities, expected, rtol=1e-7)
        assert not outside.any()

    def test_gives_the_voxels_own_values_at_their_centres(self, interpolation):
        voxels = np.random.default_rng(0).normal(size=(9, 8, 7))
        indices = np.argwhere(np.ones(voxels.shape))
        np.testing.assert_allclose(at_indices(voxels, indices, interpolation)[0], voxels.ravel(), atol=1e-9)

    @pytest.mark.parametrize("cycles_per_voxel", [0.05, 0.15, 0.3, 0.45])
    def test_blurs_a_cosine_as_its_b_spline_must(self, interpolation, cycles_per_voxel):
        at = np.random.default_rng(0).uniform(50, 70, 40)
        indices = np.stack([at, np.full(40, 1.0), np.full(40, 1.0)], -1)
        values = at_indices(cosine(cycles_per_voxel), indices, interpolation)[0]
        expected = interpolated_cosine(cycles_per_voxel, at, DEGREE[interpolation])
        np.testing.assert_allclose(values, expected, atol=2e-5)

    @pytest.mark.parametrize("stored", ["uint8", "int16", ">i2", "float32"])
    def test_integers_are_not_rounded(self, interpolation, stored):
        voxels = np.broadcast_to(np.arange(60)[:, None, None], (60, 3, 3)).astype(stored)
        values = at_indices(voxels, [[30.25, 1, 1], [30.5, 1, 1]], interpolation)[0]
        np.testing.assert_allclose(values, [30.25, 30.5], atol=1e-6)

    def test_missing_beyond_half_a_voxel_past_the_outermost_centres_and_never_zero(self, interpolation):
        voxels = np.full((6, 5, 4), 7.0)
        within = [[-0.49, 2, 2], [5.49, 2, 2], [3, -0.49, 2], [3, 4.49, 2], [3, 2, -0.49], [3, 2, 3.49]]
        beyond = [[-0.51, 2, 2], [5.51, 2, 2], [3, -0.51, 2], [3, 4.51, 2], [3, 2, -0.51], [3, 2, 3.51]]
        values, outside = at_indices(voxels, within + beyond, interpolation)
        np.testing.assert_allclose(values, [7.0] * 6 + [np.nan] * 6)
        np.testing.assert_array_equal(outside, [False] * 6 + [True] * 6)

    def test_an_image_of_one_slice_is_sampled_in_it(self, interpolation):
        voxels = np.broadcast_to(np.arange(60.0)[:, None, None], (60, 3, 1))
        np.testing.assert_allclose(at_indices(voxels, [[30.5, 1.2, 0.3]], interpolation)[0], 30.5, atol=1e-6)

    @pytest.mark.parametrize("nothing", [np.nan, np.inf, -np.inf])
    def test_only_the_neighbours_of_a_voxel_without_a_number_are_missing(self, interpolation, nothing):
        voxels = np.full((40, 40, 40), 7.0)
        voxels[20, 20, 20] = nothing
        beside = [[20, 20, 20], [20.9, 20.5, 20.5], [19.1, 19.1, 20.9]]
        further = [[21.001, 20.5, 20.5], [20.5, 20.5, 18.99], [20.5, 22.5, 20.5]]
        values, outside = at_indices(voxels, beside + further, interpolation)
        np.testing.assert_allclose(values, [np.nan] * 3 + [7.0] * 3)
        assert not outside.any()

    def test_on_a_slice_of_voxels_the_neighbouring_slices_have_no_part(self, interpolation):
        voxels = np.random.default_rng(0).normal(size=(30, 30, 5))
        alone = voxels[:, :, 2:3]
        indices = np.random.default_rng(1).uniform(2, 27, (50, 3))
        indices[:, 2] = 2 + np.random.default_rng(2).uniform(-5e-5, 5e-5, 50)  # rounding errors of an oblique affine
        voxels[:, :, [1, 3]] = np.nan
        values = at_indices(voxels, indices, interpolation)[0]
        np.testing.assert_allclose(values, at_indices(alone, indices - [0, 0, 2], interpolation)[0], atol=1e-3)

    def test_only_the_voxels_around_the_line_are_read(self, interpolation):
        """An image of 500 TB, of which no more than a neighbourhood fits into any memory."""
        voxels = np.broadcast_to(np.float32(7), (50_000, 50_000, 50_000))
        middle = np.random.default_rng(0).uniform(25_000, 25_004, (10, 3))
        np.testing.assert_allclose(at_indices(voxels, middle, interpolation)[0], 7.0, rtol=1e-6)

    @given(st.integers(0, 2**32 - 1))
    def test_voxels_far_away_do_not_matter(self, interpolation, seed):
        random = np.random.default_rng(seed)
        voxels = random.normal(size=(60, 12, 60))
        indices = random.uniform([28, 0, 28], [32, 11, 32], (5, 3))
        near = at_indices(voxels, indices, interpolation)[0]
        voxels[:5], voxels[-5:], voxels[:, :, :5] = 1e3, np.nan, -1e3
        np.testing.assert_allclose(at_indices(voxels, indices, interpolation)[0], near, atol=1e-2)

    @given(st.integers(0, 2**32 - 1))
    def test_a_point_s_value_does_not_depend_on_the_line_it_is_sampled_with(self, interpolation, seed):
        random = np.random.default_rng(seed)
        voxels = random.normal(size=(70, 70, 3))
        indices = random.uniform([0, 0, 0], [69, 69, 2], (6, 3))
        together = at_indices(voxels, indices, interpolation)[0]
        alone = [at_indices(voxels, index, interpolation)[0][0] for index in indices]
        np.testing.assert_allclose(together, alone, atol=1e-4)


def test_the_higher_the_degree_the_smaller_the_error_on_a_smooth_signal():
    at = np.random.default_rng(0).uniform(50, 70, 200)
    indices = np.stack([at, np.full(200, 1.0), np.full(200, 1.0)], -1)
    truth = np.cos(2 * np.pi * 0.2 * at)
    errors = [np.abs(at_indices(cosine(0.2), indices, method)[0] - truth).max() for method in INTERPOLATIONS]
    assert errors[0] > 5 * errors[1] > 15 * errors[2] > 0
    assert errors[2] < 0.01


def test_depths_run_along_the_normals_in_millimetres():
    voxels = np.broadcast_to(np.arange(40.0)[None, :, None], (5, 40, 5))
    image = Image(voxels, affine(spacing=(1.0, 0.5, 1.0)))
    feet, normals = np.array([[2.0, 5.0, 2.0], [2.0, 6.0, 2.0]]), np.array([[0, 1.0, 0], [0, -1.0, 0]])
    intensities, _ = sample_normals(image, feet, normals, np.array([0.0, 1.0, 2.5]), "linear")
    np.testing.assert_allclose(intensities, [[10, 12, 15], [12, 10, 7]])


def test_an_image_wholly_elsewhere_is_missing_everywhere():
    values, outside = at_indices(np.ones((4, 4, 4)), [[100.0, 1, 1]], "quintic")
    assert np.isnan(values).all() and outside.all()
