"""The error of a ROI's mean: closed forms of white noise and of noise through a known kernel, for small ROIs too."""

import numpy as np
import pytest
from flat_cortex import LINE_SLICE, VOXEL_MM, box, cortex_image
from M1SHThkLib.measuring.image import Image
from M1SHThkLib.measuring.roi_noise import roi_noise
from scipy.ndimage import convolve1d
from scipy.signal import convolve2d

AFFINE = np.diag([0.5, 0.5, 1.5, 1.0])
SHAPES = {4: (2, 2, 1), 9: (3, 3, 1), 16: (4, 4, 1), 45: (9, 5, 1), 140: (14, 10, 1)}
KERNELS = {"white": [1.0], "a scanner's": [0.25, 1.0, 0.25], "smoothed": [0.5, 1.0, 0.5]}


def tissue(kernel, seed, shape=(40, 40, 1), mean=100.0):
    """Even tissue whose noise, of variance 1, went through a kernel along either axis of the slice."""
    noise = np.random.default_rng(seed).normal(size=shape)
    for axis in (0, 1):
        noise = convolve1d(noise, np.array(kernel) / np.linalg.norm(kernel), axis=axis, mode="wrap")
    return Image(mean + noise, AFFINE)


def standard_error(kernel, shape):
    """Of the mean over a box: the kernel passed over the box, squares added up."""
    along = [np.convolve(np.ones(side), np.array(kernel) / np.linalg.norm(kernel)) for side in shape[:2]]
    return np.sqrt((along[0] ** 2).sum() * (along[1] ** 2).sum()) / np.prod(shape)


def noise_in(image, count, at=(13, 15)):
    return roi_noise(image, box((*at, 0), SHAPES[count]))


def test_of_white_noise_the_closed_form_is_the_familiar_one():
    assert standard_error([1.0], SHAPES[9]) == pytest.approx(1 / 3)
    kernel = np.outer(KERNELS["smoothed"], KERNELS["smoothed"]) / 1.5
    passed = convolve2d(np.ones((3, 3)), kernel)
    assert standard_error(KERNELS["smoothed"], SHAPES[9]) == pytest.approx(np.linalg.norm(passed) / 9)


@pytest.mark.parametrize("count", SHAPES)
@pytest.mark.parametrize("kernel", KERNELS)
def test_standard_error_is_that_of_the_kernel(kernel, count):
    found = [noise_in(tissue(KERNELS[kernel], seed), count) for seed in range(30)]
    error = np.sqrt(np.mean([each.standard_error**2 for each in found]))
    assert error == pytest.approx(standard_error(KERNELS[kernel], SHAPES[count]), rel=0.15)
    assert np.mean([each.voxel_deviation for each in found]) == pytest.approx(1, rel=0.15)


@pytest.mark.parametrize("count", [9, 45])
def test_intervals_by_its_replicates_cover_the_true_mean(count):
    """95 % of them, with Student's tails for what so few voxels know of their own deviation."""
    covered = 0
    for seed in range(120):
        found = noise_in(tissue(KERNELS["a scanner's"], 1000 + seed), count)
        low, high = np.quantile(found.replicates(400, np.random.default_rng(seed)), [0.025, 0.975])
        covered += low < 100 < high
    assert 0.90 < covered / 120 < 0.995


def test_the_deeper_an_image_the_more_it_tells():
    one, five = (
        np.std([noise_in(tissue([1.0], seed, (40, 40, slices)), 9).standard_error for seed in range(25)])
        for slices in (1, 5)
    )
    assert five < one


class TestMean:
    def test_is_that_of_the_finite_voxels(self):
        image = tissue([1.0], 0)
        voxels = image.voxels.copy()
        voxels[14, 16, 0], voxels[15, 15, 0] = np.nan, np.inf
        values = voxels[13:22, 15:20, 0]
        found = noise_in(Image(voxels, AFFINE), 45)
        assert found.mean == pytest.approx(values[np.isfinite(values)].mean())
        assert found.standard_error == pytest.approx(noise_in(image, 45).standard_error, rel=0.2)

    def test_even_tissue_has_no_noise(self):
        found = noise_in(Image(np.full((40, 40, 1), 100.0), AFFINE), 45)
        assert (found.mean, found.standard_error) == (100, 0) and found.snr == np.inf
        np.testing.assert_array_equal(found.replicates(3, np.random.default_rng(0)), [100, 100, 100])

    def test_signal_to_noise_is_the_mean_over_a_voxel_s_deviation(self):
        found = noise_in(tissue([1.0], 0, mean=-50.0), 140)
        assert found.snr == pytest.approx(50, rel=0.1) and found.snr == -found.mean / found.voxel_deviation

    def test_a_roi_at_the_image_s_corner_has_an_error_too(self):
        found = noise_in(tissue([1.0], 0), 9, at=(0, 0))
        assert found.standard_error == pytest.approx(1 / 3, rel=0.25)


class TestWhatMustNotMatter:
    def test_the_order_of_the_voxels(self):
        image, indices = tissue(KERNELS["smoothed"], 0), box((13, 15, 0), SHAPES[45])
        found, shuffled = roi_noise(image, indices), roi_noise(image, np.random.default_rng(1).permutation(indices))
        assert shuffled.standard_error == pytest.approx(found.standard_error)

    @pytest.mark.parametrize("unit", [1e-3, 1e4])
    def test_the_unit(self, unit):
        image = tissue(KERNELS["smoothed"], 0)
        found, scaled = noise_in(image, 9), noise_in(Image(unit * image.voxels, AFFINE), 9)
        assert scaled.standard_error == pytest.approx(unit * found.standard_error)

    def test_the_order_of_the_axes(self):
        image, indices = tissue(KERNELS["smoothed"], 0), box((13, 15, 0), SHAPES[45])
        turned = AFFINE.copy()
        turned[:, :3] = AFFINE[:, [2, 0, 1]]
        found = roi_noise(Image(image.voxels.transpose(2, 0, 1), turned), indices[:, [2, 0, 1]])
        assert found.standard_error == pytest.approx(roi_noise(image, indices).standard_error)

    def test_rounding_of_the_spacing(self):
        """4 mm around the ROI are ten voxels of 0.4 mm, however the last digit of the spacing falls."""
        image = tissue([1.0], 0)
        errors = {
            roi_noise(Image(image.voxels, np.diag([side, side, 1.0, 1.0])), box((13, 15, 0), SHAPES[9])).standard_error
            for side in (0.4, 0.4 - 1e-12, 0.4 + 1e-12)
        }
        assert np.ptp(list(errors)) < 1e-9


class TestTissueAround:
    """Cortex with a dark layer above, bright fluid above that: what is no white matter tells nothing of it."""

    @pytest.mark.parametrize(("count", "depth_mm"), [(9, 6.0), (45, 5.0), (45, 8.0), (140, 5.0)])
    def test_anatomy_beside_the_roi_does_not_leak_in(self, count, depth_mm):
        indices = box((40, 20 + round(depth_mm / VOXEL_MM), LINE_SLICE), SHAPES[count])
        found = [roi_noise(cortex_image(noise=1.0, seed=seed), indices) for seed in range(12)]
        error = np.sqrt(np.mean([each.standard_error**2 for each in found]))
        assert error == pytest.approx(1 / np.sqrt(count), rel=0.15)

    def test_a_coil_s_sensitivity_is_no_noise(self):
        """A slope of 0.3 standard deviations a voxel."""
        image = tissue([1.0], 0)
        sloped = Image(image.voxels + 0.3 * np.arange(40)[:, None, None], AFFINE)
        assert noise_in(sloped, 9).standard_error < 1.6 * noise_in(image, 9).standard_error

    def test_a_lone_roi_in_other_tissue_is_its_own_witness(self):
        image = tissue([1.0], 0)
        alone = np.full(image.voxels.shape, 500.0)
        alone[13:22, 15:20] = image.voxels[13:22, 15:20]
        found = noise_in(Image(alone, AFFINE), 45)
        assert found.standard_error == pytest.approx(1 / np.sqrt(45), rel=0.3)

    def test_a_single_voxel_takes_its_error_from_its_neighbours(self):
        errors = [roi_noise(tissue([1.0], seed), box((20, 20, 0), (1, 1, 1))).standard_error for seed in range(20)]
        assert np.sqrt(np.mean(np.square(errors))) == pytest.approx(1, rel=0.25)


class TestReplicates:
    def test_scatter_by_the_standard_error_with_student_s_tails_about_the_mean(self):
        found = noise_in(tissue(KERNELS["a scanner's"], 0), 45)
        replicates = found.replicates(40_000, np.random.default_rng(0))
        degrees = found.degrees_of_freedom
        assert replicates.std() == pytest.approx(found.standard_error * np.sqrt(degrees / (degrees - 2)), rel=0.05)
        assert replicates.mean() == pytest.approx(found.mean, abs=0.05 * found.standard_error)

    def test_the_same_seed_gives_the_same(self):
        found = noise_in(tissue([1.0], 0), 45)
        first, again, other = (found.replicates(5, np.random.default_rng(seed)) for seed in (7, 7, 8))
        np.testing.assert_array_equal(first, again)
        assert not np.allclose(first, other)
