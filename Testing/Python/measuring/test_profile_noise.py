"""The averaged profile's error: the bootstrap's variance against closed forms and against noise drawn many times."""

import numpy as np
import pytest
from M1SHThkLib.measuring.hypointensity import averaged_profile, influence_on
from M1SHThkLib.measuring.profile_noise import interval, profile_noise
from scipy.signal import lfilter
from scipy.special import ndtr
from scipy.stats import t as student_t

SPACING = 0.2


def noise_of(intensities, where=None, spacing=SPACING, averaging="mean"):
    mean, _ = averaged_profile(intensities, averaging)
    influence = influence_on(mean, intensities, averaging)
    where = np.ones(intensities.shape[1], bool) if where is None else where
    return profile_noise(intensities, mean, influence, where, spacing)


def autoregressive(shape, correlation, random):
    """Noise of variance 1 along the first axis, neighbours correlated, those further apart by powers of it."""
    white = random.normal(size=(shape[0] + 200, *shape[1:])) * np.sqrt(1 - correlation**2)
    return lfilter([1], [1, -correlation], white, axis=0)[200:]


def band_limited(shape, steps, random):
    """Noise of variance 1 that a scanner leaves: white at voxels so many steps apart along each axis, zero-filled."""
    spectrum = np.fft.fftn(random.normal(size=shape))
    for axis, step in enumerate(steps):
        too_fine = np.abs(np.fft.fftfreq(shape[axis])) > 0.5 / step
        spectrum[(slice(None),) * axis + (too_fine,)] = 0
    noise = np.fft.ifftn(spectrum).real
    return noise / noise.std()


def along_a_line(count, voxel_mm, random):
    """Scanner noise at `count` normals and 11 depths, the depths independent."""
    return band_limited((2048, 11), (voxel_mm / SPACING, 1), random)[500 : 500 + count]


class TestProfileNoise:
    @pytest.mark.parametrize("voxel_mm", [0.2, 0.4, 0.5, 1.0])
    def test_variance_of_a_scanner_s_noise_goes_with_the_number_of_voxels_along_the_line(self, voxel_mm):
        random = np.random.default_rng(0)
        found = [np.diag(noise_of(along_a_line(200, voxel_mm, random)).covariance) for _ in range(150)]
        assert np.mean(found) == pytest.approx(voxel_mm / (200 * SPACING), rel=0.1)

    @pytest.mark.parametrize(("correlation", "accuracy"), [(0.0, 0.05), (0.3, 0.12), (0.5, 0.2)])
    def test_variance_of_autoregressive_noise(self, correlation, accuracy):
        """Noise with a longer tail than a scanner's is partly taken for a trend, hence the accuracy."""
        random = np.random.default_rng(0)
        found = [np.diag(noise_of(autoregressive((200, 11), correlation, random)).covariance) for _ in range(150)]
        true = (correlation ** np.abs(np.subtract.outer(range(200), range(200)))).sum() / 200**2
        assert np.mean(found) == pytest.approx(true, rel=accuracy)

    @pytest.mark.parametrize("voxel_mm", [0.4, 0.6])
    def test_correlation_length_is_the_number_of_normals_in_a_voxel(self, voxel_mm):
        random = np.random.default_rng(0)
        found = [noise_of(along_a_line(400, voxel_mm, random)).correlation_length for _ in range(50)]
        assert np.mean(found) == pytest.approx(voxel_mm / SPACING, rel=0.15)

    def test_blocks_are_at_least_three_correlation_lengths_long(self):
        noise = noise_of(autoregressive((400, 11), 0.5, np.random.default_rng(0)))
        assert noise.block >= 3 * noise.correlation_length
        assert noise.blocks == 400 / noise.block

    def test_blocks_are_never_longer_than_half_of_the_line(self):
        noise = noise_of(autoregressive((20, 11), 0.98, np.random.default_rng(0)))
        assert noise.block <= 10

    def test_anatomy_that_changes_slowly_along_the_line_does_not_lengthen_the_blocks(self):
        white = np.random.default_rng(0).normal(size=(400, 11))
        swell = 2 * np.sin(np.arange(400) * SPACING * 2 * np.pi / 40)[:, None]
        assert noise_of(white + swell).correlation_length == pytest.approx(noise_of(white).correlation_length, abs=0.3)

    def test_correlation_is_measured_at_the_depths_named(self):
        random = np.random.default_rng(0)
        intensities = np.concatenate([random.normal(size=(400, 5)), along_a_line(400, 0.8, random)[:, :6]], axis=1)
        superficial = np.arange(11) < 5
        assert noise_of(intensities, superficial).correlation_length < 1.5
        assert noise_of(intensities, ~superficial).correlation_length > 3

    def test_noise_that_depths_share_is_correlated_between_them(self):
        random = np.random.default_rng(0)
        shared, own = random.normal(size=(2000, 1)), random.normal(size=(2000, 4))
        covariance = noise_of(3 * shared + own).covariance * 2000
        np.testing.assert_allclose(covariance, 9 + np.eye(4), rtol=0.15)

    def test_missing_samples_raise_the_variance_of_the_depths_that_miss_them(self):
        intensities = np.random.default_rng(0).normal(size=(2000, 2))
        intensities[::2, 1] = np.nan
        variances = np.diag(noise_of(intensities).covariance) * 2000
        np.testing.assert_allclose(variances, [1, 2], rtol=0.15)

    def test_equal_normals_have_no_noise(self):
        noise = noise_of(np.tile(np.linspace(50, 100, 11), (100, 1)))
        np.testing.assert_allclose(noise.covariance, 0, atol=1e-20)
        np.testing.assert_allclose(noise.replicates(10, np.random.default_rng(0)), np.tile(noise.mean, (10, 1)))

    def test_rounding_errors_are_not_taken_for_correlated_noise(self):
        rounding = 1e-13 * np.sin(np.arange(100) / 20)[:, None]
        assert noise_of(np.full((100, 11), 100.0) + rounding).correlation_length == 1

    @pytest.mark.parametrize("count", [1, 2, 3])
    def test_a_handful_of_normals_gives_numbers(self, count):
        noise = noise_of(np.random.default_rng(0).normal(size=(count, 11)))
        assert np.isfinite(noise.covariance).all()
        assert np.isfinite(noise.replicates(20, np.random.default_rng(0))).all()


class TestProfileReplicates:
    @pytest.fixture
    def noise(self):
        random = np.random.default_rng(1)
        along_depth = np.linalg.cholesky(0.7 ** np.abs(np.subtract.outer(range(11), range(11))))
        return noise_of(50 + autoregressive((300, 11), 0.4, random) @ along_depth.T)

    def test_scatter_by_the_covariance_with_student_s_tails(self, noise):
        """Student's variance for n degrees of freedom is n / (n - 2)."""
        degrees = noise.blocks - 1
        empirical = np.cov(noise.replicates(20_000, np.random.default_rng(0)).T)
        expected = noise.covariance * degrees / (degrees - 2)
        np.testing.assert_allclose(empirical, expected, atol=0.06 * expected.max())

    def test_are_centred_on_the_mean(self, noise):
        replicates = noise.replicates(20_000, np.random.default_rng(0))
        standard_error = np.sqrt(np.diag(noise.covariance))
        np.testing.assert_allclose(replicates.mean(0), noise.mean, atol=0.05 * standard_error.min())

    def test_the_same_seed_gives_the_same(self, noise):
        first, again, other = (noise.replicates(5, np.random.default_rng(seed)) for seed in (7, 7, 8))
        np.testing.assert_array_equal(first, again)
        assert not np.allclose(first, other)

    def test_missing_samples_are_left_out(self):
        intensities = np.random.default_rng(0).normal(50, 1, (200, 3))
        intensities[100:, 2] = np.nan
        replicates = noise_of(intensities).replicates(2000, np.random.default_rng(0))
        assert np.isfinite(replicates).all()
        assert replicates[:, 2].std() == pytest.approx(np.sqrt(2) * replicates[:, 0].std(), rel=0.15)


class TestTrimmedMean:
    @pytest.mark.parametrize("degrees", [3, 200], ids=["heavy tails", "normal"])
    @pytest.mark.parametrize("voxel_mm", [0.2, 0.6])
    def test_its_variance_is_the_scatter_of_trimmed_means(self, voxel_mm, degrees):
        random = np.random.default_rng(0)
        variances, means = [], []
        for _ in range(150):
            normals = along_a_line(150, voxel_mm, random)
            noise = noise_of(student_t.ppf(ndtr(normals), degrees), averaging="trimmed")
            variances.append(np.diag(noise.covariance))
            means.append(noise.mean)
        assert np.mean(variances) == pytest.approx(np.var(means), rel=0.15)

    def test_replicates_scatter_by_its_covariance(self):
        intensities = 50 + autoregressive((300, 11), 0.4, np.random.default_rng(1))
        noise = noise_of(intensities, averaging="trimmed")
        degrees = noise.blocks - 1
        spread = noise.replicates(20_000, np.random.default_rng(0)).var(0)
        np.testing.assert_allclose(spread, np.diag(noise.covariance) * degrees / (degrees - 2), rtol=0.06)


class TestInterval:
    def test_leaves_two_and_a_half_percent_on_either_side(self):
        assert interval(np.arange(1001.0)) == pytest.approx((25, 975))
        assert interval(np.arange(101.0), level=0.8) == pytest.approx((10, 90))

    def test_missing_replicates_are_left_out(self):
        assert interval(np.append(np.arange(1001.0), [np.nan, np.inf])) == pytest.approx((25, 975))

    def test_is_missing_where_all_are(self):
        assert np.isnan(interval(np.full(5, np.nan))).all()
