"""The scanner's point spread and noise against closed forms."""

import numpy as np
import pytest
from M1SHThkLib.digital_exam.acquisition import KSpace
from scipy.special import sici

# A crop of the 3T sequence: pixels of 0.52 and 0.45 mm acquired, of 0.39 mm in the image.
KSPACE = {"acquired": (96, 112), "field_of_view_mm": 50.0, "reconstructed": 128}


@pytest.mark.parametrize("axis", (0, 1))
def test_edge_without_filter_is_the_sine_integral(axis):
    x = np.linspace(-6, 6, 241)
    highest = KSPACE["acquired"][axis] / (2 * KSPACE["field_of_view_mm"])
    expected = 0.5 + sici(2 * np.pi * highest * x)[0] / np.pi
    assert KSpace(**KSPACE, taper=0).edge(axis, x) == pytest.approx(expected, abs=1e-5)


def test_edge_with_a_full_taper_is_that_of_a_hann_window():
    # The window (1 + cos(pi k / K)) / 2 is three shifted sinc point spreads: so are its edges.
    x = np.linspace(-6, 6, 241)
    highest = KSPACE["acquired"][0] / (2 * KSPACE["field_of_view_mm"])
    shift = 1 / (2 * highest)
    expected = sum(
        weight * (0.5 + sici(2 * np.pi * highest * (x + offset))[0] / np.pi)
        for weight, offset in ((0.5, 0.0), (0.25, shift), (0.25, -shift))
    )
    assert KSpace(**KSPACE, taper=1).edge(0, x) == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("taper", (0.5, 0.75, 1.0))
@pytest.mark.parametrize("axis", (0, 1))
def test_image_of_a_bar_has_the_edges_of_the_closed_form(taper, axis):
    kspace = KSpace(**KSPACE, taper=taper)
    across = kspace.object_axes[axis]
    bar = kspace.step(across + 7.13) - kspace.step(across - 8.29)
    shape = tuple(len(positions) for positions in kspace.object_axes[::-1])
    image = kspace.image_of(np.broadcast_to(bar if axis == 0 else bar[:, None], shape))
    x = kspace.image_axis
    expected = kspace.edge(axis, x + 7.13) - kspace.edge(axis, x - 8.29)
    assert (image if axis == 0 else image.T) == pytest.approx(np.tile(expected, (128, 1)), abs=5e-4)


def test_image_keeps_the_mean_and_the_position_of_an_object():
    kspace = KSpace(**KSPACE)
    x, y = np.meshgrid(*kspace.object_axes)
    image = kspace.image_of(np.exp(-((x - 3.2) ** 2 + (y + 5.1) ** 2) / 8))
    assert image.sum() * kspace.pixel_mm**2 == pytest.approx(8 * np.pi, rel=1e-4)
    column, row = (np.average(kspace.image_axis, weights=image.sum(axis)) for axis in (0, 1))
    assert (column, row) == pytest.approx((3.2, -5.1), abs=1e-3)


def test_noise_has_the_deviation_that_was_asked_for_and_nothing_beyond_the_acquired_matrix():
    kspace = KSpace(**KSPACE)
    noise = np.array([kspace.noise(np.random.default_rng(seed), 0.25) for seed in range(40)])
    assert noise.real.std() == pytest.approx(0.25, rel=0.01)
    assert noise.imag.std() == pytest.approx(0.25, rel=0.01)
    assert abs(noise.mean()) < 0.003
    power = np.abs(np.fft.fftshift(np.fft.fft2(noise), axes=(1, 2))).mean(axis=0)
    x, y = np.abs(np.arange(128) - 64) > 48, np.abs(np.arange(128) - 64) > 56
    assert power[y].max() < 1e-4 * power.max()
    assert power[:, x].max() < 1e-4 * power.max()
    assert power[~y][:, ~x].max() == power.max()


def test_ringing_is_small_at_the_depth_of_the_deep_layers():
    kspace = KSpace(**KSPACE)
    for axis in (0, 1):
        assert np.abs(kspace.edge(axis, np.linspace(1.6, 4, 100)) - 1).max() < 0.011
