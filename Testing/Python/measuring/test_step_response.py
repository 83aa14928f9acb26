"""Step responses against closed forms: the normal distribution, the sine integral, and numerical derivatives."""

import numpy as np
import pytest
from M1SHThkLib.measuring.step_response import step_response
from scipy.special import ndtr, sici

AT = np.linspace(-3, 3, 61)


def test_the_normal_one_is_the_normal_distribution():
    value, slope, _ = step_response("normal", 0.75).of(AT, 0.3)
    assert value == pytest.approx(ndtr(AT / 0.3), abs=2e-4)
    assert slope == pytest.approx(np.exp(-0.5 * (AT / 0.3) ** 2) / (0.3 * np.sqrt(2 * np.pi)), abs=3e-3)
    assert step_response("normal", 0.75).fwhm == pytest.approx(2.3548, abs=0.01)


def test_without_a_filter_it_is_the_sine_integral_and_overshoots_by_nine_per_cent():
    value, _, _ = step_response("tukey", 0.0).of(AT, 1.0)
    assert value == pytest.approx(0.5 + sici(np.pi * AT)[0] / np.pi, abs=2e-3)
    assert step_response("tukey", 0.0).value.max() == pytest.approx(1.0895, abs=1e-3)


@pytest.mark.parametrize("kind", ["normal", "tukey"])
@pytest.mark.parametrize("box", [0.0, 0.9])
def test_derivatives_are_those_of_differences(kind, box):
    response, step = step_response(kind, 0.75), 1e-3
    _, by_distance, by_log_scale = response.of(AT, 0.4, box)
    up, down = response.of(AT + step, 0.4, box)[0], response.of(AT - step, 0.4, box)[0]
    assert by_distance == pytest.approx((up - down) / (2 * step), abs=2e-3)
    up, down = (response.of(AT, 0.4 * np.exp(sign * step), box)[0] for sign in (1, -1))
    assert by_log_scale == pytest.approx((up - down) / (2 * step), abs=2e-3)
    _, by_distance, by_log_scale = response.ramp(AT, 0.4)
    up, down = response.ramp(AT + step, 0.4)[0], response.ramp(AT - step, 0.4)[0]
    assert by_distance == pytest.approx((up - down) / (2 * step), abs=2e-3)
    up, down = (response.ramp(AT, 0.4 * np.exp(sign * step))[0] for sign in (1, -1))
    assert by_log_scale == pytest.approx((up - down) / (2 * step), abs=2e-3)


def test_a_box_is_the_mean_over_it():
    response = step_response("normal", 0.75)
    mean = np.mean([response.of(AT + off, 0.3)[0] for off in np.linspace(-0.5, 0.5, 401)], axis=0)
    assert response.of(AT, 0.3, 1.0)[0] == pytest.approx(mean, abs=2e-3)
