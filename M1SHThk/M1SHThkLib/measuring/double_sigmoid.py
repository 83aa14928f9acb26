"""The double sigmoid F of the paper: its value, Jacobian, bounded least-squares fit, height and width.

F(x; a, b1, c1, b2, c2) = a [f(x; b1, c1) - f(x; b2, c2)],  f(x; b, c) = 1 / {1 + exp[-b (x - c)]}

Source: Donatelli et al., AJNR 2018;39:63, "Semiautomated Image Assessment". Everything here works on one curve or on
thousands at once: parameters have shape (..., 5) in the order (a, b1, c1, b2, c2), with a in the unit of the profile,
b in 1/mm and c in mm, and 0 < b, c1 < c2.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logit

from .least_squares import levenberg_marquardt

# Bounds of the fit. A narrow, blurred layer is bell-shaped, and every bell is fitted alike by ever larger a with ever
# closer c1 and c2 (F tends to a (c2 - c1) f'); height and width do not change along that valley, so it is closed off.
AMPLITUDE_OF_PEAK = (0.5, 2.5)
SLOPE_PER_MM = (0.8, 40.0)
SMALLEST_DISTANCE_MM = 0.05

# How far below zero F may fall past the peak, in parts of it; and how much more counts beside a residual, in squares.
_BELOW_ZERO, _BELOW_ZERO_WEIGHS = 0.02, 100.0

_A, _B1, _C1, _B2, _C2 = range(5)


def double_sigmoid(x, parameters):
    """F at depths x (mm), shape (n,), of curves with parameters (..., 5): shape (..., n)."""
    a, b1, c1, b2, c2 = _parts(np.asarray(parameters, float)[..., None, :])
    return a * (expit(b1 * (x - c1)) - expit(b2 * (x - c2)))


def jacobian(x, parameters):
    """Derivatives of F by (a, b1, c1, b2, c2) at depths x (mm), shape (n,): shape (..., n, 5)."""
    return _value_and_jacobian(x, parameters)[1]


def _value_and_jacobian(x, parameters):
    a, b1, c1, b2, c2 = _parts(np.asarray(parameters, float)[..., None, :])
    from_c1, from_c2 = x - c1, x - c2
    rise, fall = expit(b1 * from_c1), expit(b2 * from_c2)
    rise_slope, fall_slope = a * rise * (1 - rise), a * fall * (1 - fall)
    shape = rise - fall
    derivatives = np.empty((*shape.shape, 5))
    derivatives[..., _A] = shape
    derivatives[..., _B1] = rise_slope * from_c1
    derivatives[..., _C1] = -b1 * rise_slope
    derivatives[..., _B2] = -fall_slope * from_c2
    derivatives[..., _C2] = b2 * fall_slope
    return a * shape, derivatives


def _parts(parameters):
    """(a, b1, c1, b2, c2), each without the last axis; faster than moving that axis to the front."""
    return (parameters[..., part] for part in range(5))


def mode_and_height(parameters):
    """Depth (mm) and value of the maximum of F, each of shape (...).

    F' is zero where g = log b1 f1 (1 - f1) - log b2 f2 (1 - f2) is; g falls (b1 <= b2) from above zero to below it left
    of c2, rises likewise right of c1 (b1 > b2), and is zero half-way where b1 = b2.
    """
    parameters = np.asarray(parameters, float)
    _, b1, c1, b2, c2 = _parts(parameters)
    side = np.where(b1 <= b2, 1.0, -1.0)

    def log_ratio(x):
        z1, z2 = b1 * (x - c1), b2 * (x - c2)
        value = np.log(b1 / b2) + _log_bell(z1) - _log_bell(z2)
        return value * side, (b2 * np.tanh(z2 / 2) - b1 * np.tanh(z1 / 2)) * side

    near, far = np.where(side > 0, c2, c1), np.where(side > 0, c1, c2)
    far = _expanded(lambda x: log_ratio(x)[0] <= 0, near, far)
    mode = _bracketed_newton(log_ratio, far, near, (c1 + c2) / 2)
    return mode, _value(mode, parameters)


def crossings(parameters, fraction, peak=None):
    """Depths (mm) on either side of the maximum at which F is `fraction` of its height, each of shape (...).

    `peak` is what `mode_and_height` gives, where it is known already.
    """
    parameters = np.asarray(parameters, float)
    mode, height = peak or mode_and_height(parameters)
    a, b1, c1, b2, c2 = _parts(parameters)
    level = fraction * height

    def above_level(x):
        rise, fall = expit(b1 * (x - c1)), expit(b2 * (x - c2))
        return a * (rise - fall) - level, a * (b1 * rise * (1 - rise) - b2 * fall * (1 - fall))

    # Both sides at once: the first row is superficial, the second deep.
    inside, side = np.stack([mode, mode]), np.array([-1.0, 1.0]).reshape(2, *np.ones(mode.ndim, int))
    outside = _expanded(lambda x: above_level(x)[0] >= 0, inside, inside + side * np.maximum(c2 - c1, 0.1))
    # Where each sigmoid alone, far from the other, would cross the level.
    away = logit(np.minimum(level / a, 0.5))
    return tuple(_bracketed_newton(above_level, inside, outside, np.stack([c1 + away / b1, c2 - away / b2])))


def width(parameters, fraction, peak=None):
    """Width of F (mm) at `fraction` of its height, shape (...); `peak` as for `crossings`."""
    left, right = crossings(parameters, fraction, peak)
    return right - left


def area(parameters):
    """Area under F over all depths: a (c2 - c1), whatever the slopes; unit of the profile times mm, shape (...)."""
    a, _, c1, _, c2 = _parts(np.asarray(parameters, float))
    return a * (c2 - c1)


def _value(x, parameters):
    a, b1, c1, b2, c2 = _parts(parameters)
    return a * (expit(b1 * (x - c1)) - expit(b2 * (x - c2)))


def _log_bell(z):
    return -np.abs(z) - 2 * np.log1p(np.exp(-np.abs(z)))


def _expanded(not_yet, fixed, free):
    """Move `free` away from `fixed` by doubling their distance until `not_yet(free)` is false everywhere."""
    free = np.array(free, float)
    for _ in range(60):
        waiting = not_yet(free)
        if not np.any(waiting):
            break
        free = np.where(waiting, fixed + 2 * (free - fixed), free)
    return free


def _bracketed_newton(function, positive, negative, start):
    """Root between points where the function is positive and negative: Newton's steps, halving where they leave."""
    positive, negative = np.array(positive, float), np.array(negative, float)
    x = np.clip(start, np.minimum(positive, negative), np.maximum(positive, negative))
    for _ in range(100):
        value, slope = function(x)
        positive, negative = np.where(value > 0, x, positive), np.where(value <= 0, x, negative)
        following = x - value / np.where(slope == 0, 1.0, slope)
        lost = (slope == 0) | ((following - positive) * (following - negative) > 0)
        following = np.where(lost, (positive + negative) / 2, following)
        moved = np.abs(following - x).max(initial=0.0)
        x = following
        if moved < (1e-10 if lost.any() else 1e-6):  # mm; the next of Newton's steps would be its square
            break
    return x


@dataclass(frozen=True)
class Fit:
    """Least-squares fits of F.

    Attributes
    ----------
    parameters : array, shape (..., 5)
    sum_of_squares : array, shape (...)
        Of the residuals within the window, in the unit of the profile squared.
    at_bound : bool array, shape (..., 5)
        Which of (a, b1, c1, b2, c2) ended on a bound; c2's is the smallest or largest distance from c1.
    """

    parameters: np.ndarray
    sum_of_squares: np.ndarray
    at_bound: np.ndarray


def fit(x, profiles, window, starts=None, tolerance=1e-9, iterations=500):
    """Bounded least-squares fits of F to one profile or many, each within its own window.

    Levenberg-Marquardt on (a, b1, c1, b2, c2 - c1), all profiles at once; a parameter that pushes against a bound is
    held there. Of noisy, faint layers the sum of squares often has two minima, one of which is a slowly rising sigmoid
    that is still below its end where the other has fallen: past the layer F is then negative, its width without
    meaning. F is therefore kept from falling below zero past the profile's peak: what of it lies below by more than
    2 % of the peak weighs, in squares, a hundred times as much as residuals.

    Parameters
    ----------
    x : array, shape (n,)
        Depths in mm, ascending.
    profiles : array, shape (..., n)
        Finite within the window.
    window : bool array, shape (..., n)
        Samples to fit; at least one in each profile, and a positive one among them.
    starts : array, shape (..., 5), optional
        Where to start; from the profile's own half height on either side of its peak where left out.
    tolerance : float
        A fit has converged when a step lowers its sum of squares by less than this part.

    Returns
    -------
    Fit
    """
    profiles, window = np.atleast_2d(profiles), np.atleast_2d(window)
    batch = profiles.shape[:-1]
    values = np.where(window, profiles, 0.0).reshape(-1, len(x))
    # In units of each profile's peak, all parameters have an influence of the same order.
    unit = values.max(1)
    values = values / unit[:, None]
    weights = window.reshape(-1, len(x)).astype(float)
    past = np.arange(len(x)) > values.argmax(1)[:, None]
    lowest, highest = _bounds(x, values, weights)
    if starts is None:
        begin = half_height_starts(x, values, weights)
    else:
        begin = np.broadcast_to(starts, (len(values), 5)).copy()
        begin[:, _A] /= unit
        begin[:, _C2] -= begin[:, _C1]

    def normal_equations(p, those):
        return _normal_equations(x, values[those], weights[those], past[those], p)

    p = levenberg_marquardt(normal_equations, begin, lowest, highest, tolerance, iterations)
    at_bound = (p <= lowest) | (p >= highest)
    p[:, _C2] += p[:, _C1]
    residuals = (double_sigmoid(x, p) - values) * weights
    p[:, _A] *= unit
    sums = (residuals**2).sum(1) * unit**2
    return Fit(p.reshape(*batch, 5), sums.reshape(batch), at_bound.reshape(*batch, 5))


def half_height_starts(x, values, weights):
    """Start values (a, b1, c1, b2, c2 - c1), shape (m, 5), from the width of each profile at half its peak."""
    rows = np.arange(len(values))
    top = values.argmax(1)
    peak = values[rows, top]
    below = (values < peak[:, None] / 2) | (weights == 0)
    index = np.arange(len(x))
    left = np.where(below & (index < top[:, None]), index, -1).max(1)
    right = np.where(below & (index > top[:, None]), index, len(x)).min(1)
    step = x[1] - x[0]
    c1, c2 = x[0] + step * (left + 0.5), x[0] + step * (right - 0.5)
    distance = np.maximum(c2 - c1, 2 * SMALLEST_DISTANCE_MM)
    slope = np.clip(6.0 / distance, 2.0, 10.0)
    return np.stack([1.2 * peak, slope, c1, slope, distance], -1)


def _bounds(x, values, weights):
    peak = values.max(1)
    span = x[-1] - x[0]
    first = x[np.argmax(weights > 0, axis=1)]
    lowest = np.empty((len(values), 5))
    highest = np.empty((len(values), 5))
    lowest[:, _A], highest[:, _A] = AMPLITUDE_OF_PEAK[0] * peak, AMPLITUDE_OF_PEAK[1] * peak
    lowest[:, [_B1, _B2]], highest[:, [_B1, _B2]] = SLOPE_PER_MM
    lowest[:, _C1], highest[:, _C1] = first - 2.0, x[-1]
    lowest[:, _C2], highest[:, _C2] = SMALLEST_DISTANCE_MM, span
    return lowest, highest


def _normal_equations(x, values, weights, past, p):
    parameters = p.copy()
    parameters[:, _C2] += parameters[:, _C1]
    model, derivatives = _value_and_jacobian(x, parameters)
    derivatives[..., _C1] += derivatives[..., _C2]
    residual = (model - values) * weights
    below = past & (model < -_BELOW_ZERO)
    if below.any():
        root = np.sqrt(_BELOW_ZERO_WEIGHS) * below
        residual = np.concatenate([residual, root * (model + _BELOW_ZERO)], -1)
        derivatives = np.concatenate([derivatives * weights[..., None], derivatives * root[..., None]], -2)
    else:
        derivatives *= weights[..., None]
    transposed = np.swapaxes(derivatives, -1, -2)
    return (residual**2).sum(-1), (transposed @ residual[..., None])[..., 0], transposed @ derivatives


def covariance(x, parameters, window, noise):
    """Covariance of fitted parameters for a given covariance of the profile: J+ Sigma J+', shape (5, 5).

    Parameters
    ----------
    x : array, shape (n,)
        Depths in mm.
    parameters : array, shape (5,)
    window : bool array, shape (n,)
    noise : array, shape (n, n)
        Covariance of the profile over depth, in its unit squared.
    """
    inverse = np.linalg.pinv(jacobian(x[window], parameters))
    return inverse @ noise[np.ix_(window, window)] @ inverse.T
