"""What the scanner makes of a sharp edge: the step response, of a known or assumed shape and an unknown width.

Normal where nothing is known of the scan; of k-space that a Tukey filter tapers where its taper is known (it overshoots
an edge, by 9 % without a filter). A slice that cuts a leaning edge smears it besides, over a box.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.special import ndtr

_REACH, _STEP = 12.0, 0.004  # of the tables, in scales
_NARROWEST_BOX = 0.1  # in scales: its share of the variance is 0.001


@dataclass(frozen=True)
class StepResponse:
    """A step response of scale 1, as tables.

    Attributes
    ----------
    value, integral : arrays, shape (n,)
        At distances from -12 to 12 beyond the edge: from 0 to 1, and its integral.
    fwhm : float
        Width at half maximum of its derivative, the line spread.
    """

    value: np.ndarray
    integral: np.ndarray
    fwhm: float

    def of(self, distance, scale, box=0.0):
        """The response and its derivatives by the distance and by the scale's logarithm.

        Parameters
        ----------
        distance : array
            In mm beyond the edge.
        scale, box : floats or arrays that broadcast against it
            In mm: how wide the response is, and over how much it is averaged besides.

        Returns
        -------
        value, by_distance, by_log_scale : arrays
        """
        half = np.maximum(box / scale, _NARROWEST_BOX) / 2
        at = distance / scale
        upper, lower = at + half, at - half
        value_there, integral_there = self._looked_up(upper)
        value_here, integral_here = self._looked_up(lower)
        value = (integral_there - integral_here) / (2 * half)
        by_distance = (value_there - value_here) / (2 * half)
        by_half = (value_there + value_here) / (2 * half) - value / half
        widens = np.where(box / scale > _NARROWEST_BOX, half, 0.0)
        return value, by_distance / scale, -at * by_distance - widens * by_half

    def ramp(self, distance, scale):
        """A ramp of slope 1 from the edge on, seen through the response, and its derivatives as those of `of`."""
        at = distance / scale
        value, integral = self._looked_up(at)
        return scale * integral, value, scale * (integral - at * value)

    def _looked_up(self, at):
        """Value and integral, interpolated; settled beyond the tables."""
        place = np.clip((at + _REACH) / _STEP, 0, len(self.value) - 1.001)
        before = place.astype(int)
        part = place - before
        value = self.value[before] + part * (self.value[before + 1] - self.value[before])
        # The integral's slope is the value, which is linear in between.
        integral = self.integral[before] + _STEP * part * (self.value[before] + value) / 2
        return value, integral + np.maximum(at - _REACH, 0.0)


def step_response(kind, taper):
    """The step response of a kind.

    Parameters
    ----------
    kind : str
        'normal', or 'tukey': of k-space that is tapered by a Tukey filter.
    taper : float
        Share of either axis of k-space that the filter tapers, 0 to 1; 0 = cut sharply, 1 = Hann.
    """
    return _tabled(kind, taper if kind == "tukey" else 0.0)


@lru_cache(maxsize=8)
def _tabled(kind, taper):
    at = np.arange(-_REACH, _REACH + _STEP / 2, _STEP)
    value = ndtr(at) if kind == "normal" else _of_k_space(at, taper)
    integral = np.concatenate([[0.0], np.cumsum((value[1:] + value[:-1]) / 2) * _STEP])
    # Settled at the tables' end: far beneath an edge the response averages to 1.
    integral += at[-1] - integral[-1]
    spread = np.gradient(value, at)
    above = at[spread >= spread.max() / 2]
    return StepResponse(value, integral, float(above[-1] - above[0]))


def _of_k_space(at, taper):
    """1/2 + 1/pi times the integral over k, from 0 to 1/2 a scale, of filter(k) sin(2 pi k x) / k."""
    k = 0.5 * (np.arange(2000) + 0.5) / 2000
    fraction = k / 0.5
    weights = np.ones_like(k)
    if taper:
        weights = 0.5 * (1 + np.cos(np.pi * np.clip((fraction - (1 - taper)) / taper, 0, 1)))
    response = np.empty_like(at)
    for first in range(0, len(at), 1000):
        part = slice(first, first + 1000)
        response[part] = 0.5 + np.sin(2 * np.pi * np.multiply.outer(at[part], k)) @ (weights / k) * (0.5 / 2000) / np.pi
    return response
