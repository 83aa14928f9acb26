"""Several echoes of one scan -> the single image that is measured."""

import re
from itertools import pairwise

import numpy as np
from scipy.special import chdtri, ive

from ..translation import tr as _
from .settings import Settings

SHORTEST_ECHO_TIME_MS = 0.5
LONGEST_ECHO_TIME_MS = 1000.0
# Quintic interpolation feels voxels as far away as this, the smoothed line's distance from the points included.
_INTERPOLATION_REACH_VOXELS = 18
_VOXELS_AT_ONCE = 1 << 16
_MOST_STEPS = 50
_SMALLEST_STEP = 1e-9
_VOXELS_FOR_NOISE, _FEWEST_VOXELS_FOR_NOISE = 20000, 100
# Air has no signal that stands out of its noise by so much.
_TISSUE_IN_DEVIATIONS = 8.0
_NEGLIGIBLE_NOISE = 1e-6
_FLOOR_PASSES = 4


def checked_combination(method):
    """The way of combining echoes, if it is one of `mean`, `rss`, `echo-N` (N from 1) and `r2star`.

    Raises
    ------
    ValueError
        Otherwise.
    """
    if not isinstance(method, str) or not re.fullmatch(r"mean|rss|r2star|echo-[1-9]\d*", method):
        raise ValueError(
            _("echo_combination is {method!r}; it must be mean, rss, echo-N (N from 1) or r2star").format(method=method)
        )
    return method


def settings_for(method, values):
    """The settings, from a plain mapping, that suit an image made by this combination.

    A map of R2* is bright where iron is: its polarity is `bright` unless the mapping says so itself.

    Raises
    ------
    ValueError
        If a setting is unknown or illegal, or the polarity is `dark` for a map of R2*.
    """
    if method != "r2star":
        return Settings.from_dict(values)
    settings = Settings.from_dict({"polarity": "bright", **values})
    if settings.polarity == "dark":
        raise ValueError(
            _("setting 'polarity' is 'dark', but iron is bright on R2* maps; leave it out or say 'bright'")
        )
    return settings


def checked_echo_times(times_ms, n_echoes, method="mean"):
    """Echo times that fit the echoes and can be what the scanner did.

    Parameters
    ----------
    times_ms : sequence of float
        Echo times in ms, from SHORTEST_ECHO_TIME_MS to LONGEST_ECHO_TIME_MS.
    n_echoes : int
        How many echoes there are.
    method : str
        How they will be combined; only `r2star` computes with the times.

    Returns
    -------
    times_ms : tuple of float
    warnings : tuple of str
        Sentences for the user.

    Raises
    ------
    ValueError
        If their number, order or size cannot be right.
    """
    times = tuple(float(time) for time in times_ms)
    shown = ", ".join(f"{time:g}" for time in times)
    if len(times) != n_echoes:
        raise ValueError(
            _("{count} echo times ({shown} ms) for {n_echoes} echoes; give one a volume of the image").format(
                count=len(times), shown=shown, n_echoes=n_echoes
            )
        )
    if not np.isfinite(times).all() or min(times) <= 0:
        raise ValueError(_("echo times {shown} ms; each must be a positive number").format(shown=shown))
    if min(times) < SHORTEST_ECHO_TIME_MS:
        raise ValueError(_("echo times {shown} ms look like seconds; give them in ms").format(shown=shown))
    if max(times) > LONGEST_ECHO_TIME_MS:
        raise ValueError(
            _("echo times {shown} ms are beyond {longest:g} ms; give them in ms").format(
                shown=shown, longest=LONGEST_ECHO_TIME_MS
            )
        )
    if n_echoes > 1 and len(set(times)) == 1:
        fault = _("all {count} echo times are {time:g} ms, as files converted from some GE scans say wrongly").format(
            count=n_echoes, time=times[0]
        )
        if method == "r2star":
            raise ValueError(_("{fault}; R2* needs the true ones, one for each echo").format(fault=fault))
        return times, (_("{fault}: check them.").format(fault=fault),)
    if any(later <= earlier for earlier, later in pairwise(times)):
        raise ValueError(
            _("echo times {shown} ms do not increase; put the echoes in the order of their times").format(shown=shown)
        )
    return times, ()


def combine(echoes, method="mean", echo_times_ms=None, where=None):
    """One image out of the echoes of a scan.

    Parameters
    ----------
    echoes : sequence of arrays of shape (I, J, K), or one array of shape (I, J, K, E)
        Real intensities of any type. One echo at a time is asked for, so a sequence may compute them when asked.
    method : str
        `mean`; `rss`, the root of the sum of squares; `echo-N`, one of them, N from 1; `r2star`, a map of R2* in 1/s.
    echo_times_ms : sequence of float
        Echo times in ms; only `r2star` needs them.
    where : see `r2star_map`

    Returns
    -------
    array, shape (I, J, K)
        float32, or float64 where the echoes' values need it; a single echo is passed on as it is.

    Raises
    ------
    ValueError
        If the method is unknown, an echo is missing, the shapes differ or the values are complex.
    """
    echoes = _listed(echoes)
    checked_combination(method)
    if method == "r2star":
        if echo_times_ms is None:
            raise ValueError(_("R2* needs the echo times; give one for each echo"))
        return r2star_map(echoes, echo_times_ms, where)
    if method.startswith("echo-"):
        number = int(method.removeprefix("echo-"))
        if number > len(echoes):
            raise ValueError(
                _("echo_combination is {method}, but the image has only {count} echo(es)").format(
                    method=method, count=len(echoes)
                )
            )
        # A copy, so that the other echoes of a 4D array can be let go.
        return _checked(echoes[number - 1], echoes).copy(order="K")
    if method == "mean" and len(echoes) == 1:
        return _checked(echoes[0], echoes)
    combined = None
    for echo in echoes:
        if combined is None:
            combined = np.zeros_like(_checked(echo, echoes), dtype=_float_type(echo), subok=False)
        combined = combined.astype(np.result_type(combined, _float_type(echo)), copy=False)
        _add(_checked(echo, echoes, combined.shape), combined, squared=method == "rss")
    if method == "rss":
        return np.sqrt(combined, out=combined)
    combined /= len(echoes)
    return combined


def averaged_echoes(method, n_echoes):
    """Of how many echoes an image made by this combination is the mean, or so noisy as if it were."""
    return n_echoes if method in ("mean", "rss") else 1


def r2star_map(echoes, echo_times_ms, where=None):
    """Map of the effective transverse relaxation rate R2* from S(TE) = S0 exp(-TE R2*).

    Least squares on the intensities themselves: the logarithm, which serves as the start only, would give the late,
    noisy echoes too much weight. A magnitude never falls beneath the noise floor, which would make R2* too small where
    late echoes have faded: what the floor adds to each echo (see `noise_floor`) is taken off. The noise is that which
    the exponentials leave unexplained, as it is with three echoes or more.

    Parameters
    ----------
    echoes : sequence of arrays of shape (I, J, K), or one array of shape (I, J, K, E)
        At least two.
    echo_times_ms : sequence of float, length E
        Strictly increasing, in ms.
    where : bool array of shape (I, J, K), or sequence of index boxes, each a tuple of three slices
        The voxels that are needed; everywhere by default.

    Returns
    -------
    array, shape (I, J, K), float32
        R2* in 1/s; NaN where it was not asked for, an echo is not finite, or fewer than two echoes are positive.
        Noise may make it negative: cutting that off would bias means.

    Raises
    ------
    ValueError
        If there is only one echo, or the echo times do not fit.
    """
    echoes = _listed(echoes)
    if len(echoes) < 2:
        raise ValueError(_("R2* needs at least two echoes"))
    times = np.array(checked_echo_times(echo_times_ms, len(echoes), "r2star")[0]) / 1000
    first = _checked(echoes[0], echoes)
    mask = _mask(where, first.shape)
    intensities = np.empty((len(echoes), np.count_nonzero(mask)), np.float32)
    for number, echo in enumerate(echoes):
        intensities[number] = _checked(echo, echoes, first.shape)[mask]
    noise = noise_of_echoes(echoes, times)
    rates = np.empty(intensities.shape[1], np.float32)
    for start in range(0, len(rates), _VOXELS_AT_ONCE):
        block = slice(start, start + _VOXELS_AT_ONCE)
        rates[block] = _decay_rates(intensities[:, block].astype(float), times, noise)
    result = np.full_like(first, np.nan, dtype=np.float32, subok=False)
    result[mask] = rates
    return result


def noise_of_echoes(echoes, times):
    """Standard deviation of the noise of magnitude images of tissue, from what decaying exponentials do not explain.

    Parameters
    ----------
    echoes : sequence of arrays, shape (I, J, K)
    times : array, shape (E,)
        In s.

    Returns
    -------
    float
        In the image's unit; 0 where fewer than three echoes, or hardly any tissue, tell nothing of it.
    """
    left = len(echoes) - 2
    if left < 1:
        return 0.0
    # Of voxels spread over the whole image, so that no choice of voxels has a part in it.
    step = max(1, int(np.ceil((echoes[0].size / _VOXELS_FOR_NOISE) ** (1 / 3))))
    spread = np.stack([np.asarray(echo[::step, ::step, ::step], float).ravel() for echo in echoes])
    spread = spread[:, np.isfinite(spread).all(axis=0) & (spread > 0).all(axis=0)]
    if not spread.shape[1]:
        return 0.0
    rates = _refined(spread, times, _log_linear(spread, times))
    variances = _misfit(spread, (times - times[0])[:, None], rates)[0] / left
    is_tissue = spread[0] > _TISSUE_IN_DEVIATIONS * np.sqrt(variances)
    if is_tissue.sum() < _FEWEST_VOXELS_FOR_NOISE:
        return 0.0
    return float(np.sqrt(np.median(variances[is_tissue]) * left / chdtri(left, 0.5)))


def noise_floor(signal, noise):
    """What noise adds to the mean of a magnitude: next to nothing to a strong signal, 1.25 deviations to none.

    The mean of Rice's distribution less the signal (Gudbjartsson & Patz, Magn Reson Med 1995;34:910).

    Parameters
    ----------
    signal : array
        Not below 0.
    noise : float
        Standard deviation of the real and of the imaginary part, above 0.
    """
    y = (signal / (2 * noise)) ** 2
    return noise * np.sqrt(np.pi / 2) * ((1 + 2 * y) * ive(0, y) + 2 * y * ive(1, y)) - signal


def needed_boxes(image, pial_lines, rois, depth_mm):
    """The voxels that a measurement reads, for `r2star_map`.

    Parameters
    ----------
    image : Image
        Any image on the echoes' grid.
    pial_lines : sequence of arrays of shape (n, 3)
        World RAS in mm.
    rois : sequence of Roi
    depth_mm : float
        How far normals reach, in mm.

    Returns
    -------
    list of index boxes, each a tuple of three slices
    """
    reach = depth_mm * np.linalg.norm(np.linalg.inv(image.affine)[:3, :3], axis=1) + _INTERPOLATION_REACH_VOXELS
    extents = [(image.index_of(line), reach) for line in pial_lines] + [(roi.indices, 0) for roi in rois]
    boxes = []
    for indices, margin in extents:
        lowest = np.maximum(np.floor(indices.min(axis=0) - margin), 0).astype(int)
        highest = np.maximum(np.ceil(indices.max(axis=0) + margin), -1).astype(int) + 1
        boxes.append(tuple(map(slice, lowest.tolist(), highest.tolist())))
    return boxes


def _listed(echoes):
    if isinstance(echoes, np.ndarray):
        if echoes.ndim != 4:
            raise ValueError(
                _("the echoes have {dimensions} dimensions; a 4D array or a list of 3D arrays is needed").format(
                    dimensions=echoes.ndim
                )
            )
        echoes = [echoes[..., number] for number in range(echoes.shape[-1])]
    if len(echoes) == 0:
        raise ValueError(_("there are no echoes"))
    return echoes


def _checked(echo, echoes, shape=None):
    if echo.ndim != 3:
        raise ValueError(_("an echo has {dimensions} dimensions; 3 are needed").format(dimensions=echo.ndim))
    if np.iscomplexobj(echo):
        raise ValueError(_("the echoes are complex; give their magnitude"))
    if shape is not None and echo.shape != shape:
        raise ValueError(
            _("the {count} echoes differ in size: {shape} and {other}").format(
                count=len(echoes), shape=shape, other=echo.shape
            )
        )
    return echo


def _float_type(echo):
    return np.result_type(echo.dtype, np.float32)


def _add(echo, total, squared):
    if not squared:
        total += echo
        return
    for k in range(echo.shape[2]):  # slice by slice, so that the squares never fill a whole volume
        total[..., k] += np.square(echo[..., k], dtype=total.dtype)


def _mask(where, shape):
    if where is None:
        return np.ones(shape, bool)
    if isinstance(where, np.ndarray):
        if where.shape != shape or where.dtype != bool:
            raise ValueError(
                _("where must be a bool array of shape {shape}, not {kind} of shape {other}").format(
                    shape=shape, kind=where.dtype, other=where.shape
                )
            )
        return where
    mask = np.zeros(shape, bool)
    for box in where:
        mask[box] = True
    return mask


def _decay_rates(intensities, times, noise):
    """Rates in 1/s, shape (n,), of intensities, shape (E, n), at times in s, shape (E,)."""
    usable = np.isfinite(intensities).all(axis=0) & ((intensities > 0).sum(axis=0) >= 2)
    rates = np.full(intensities.shape[1], np.nan)
    seen = intensities[:, usable]
    found = _refined(seen, times, _log_linear(seen, times))
    if noise > _NEGLIGIBLE_NOISE * np.abs(seen).max(initial=0.0):
        without_floor = seen
        for _step in range(_FLOOR_PASSES):
            signal = np.maximum(_best_signal(without_floor, times, found), 0.0)
            without_floor = seen - noise_floor(signal, noise)
            found = _refined(without_floor, times, found)
    rates[usable] = found
    return rates


def _best_signal(intensities, times, rates):
    """The exponentials of these rates that fit best, shape (E, n)."""
    decay = np.exp(-(times - times[0])[:, None] * rates)
    return decay * (intensities * decay).sum(axis=0) / (decay**2).sum(axis=0)


def _log_linear(intensities, times):
    # A logarithm's variance grows as 1 / S**2: weights S**2 make up for that, and leave out what is not positive.
    positive = np.maximum(intensities, 0)
    weights = positive**2 / (positive**2).sum(axis=0)
    logs = np.log(np.where(positive > 0, positive, 1))
    mean_time = times @ weights
    lever = weights * (times[:, None] - mean_time)
    return -(lever * logs).sum(axis=0) / (lever * (times[:, None] - mean_time)).sum(axis=0)


def _refined(intensities, times, rates):
    """Levenberg-Marquardt on the rate alone: at any rate the best S0 is known in closed form."""
    lag = (times - times[0])[:, None]  # from the first echo on, so that no exponential is needlessly small
    damping = np.full(rates.shape, 1e-3)
    misfit, gradient, curvature = _misfit(intensities, lag, rates)
    active = np.arange(len(rates))
    for _step in range(_MOST_STEPS):
        if not len(active):
            break
        signals = intensities[:, active]
        step = gradient[active] / (curvature[active] * (1 + damping[active]))
        # No single step may change the decay over the echoes by more than a factor of e.
        step = np.clip(step, -1 / lag[-1], 1 / lag[-1])
        trial = rates[active] + step
        trial_misfit, trial_gradient, trial_curvature = _misfit(signals, lag, trial)
        better = trial_misfit <= misfit[active]
        taken = active[better]
        rates[taken], misfit[taken] = trial[better], trial_misfit[better]
        gradient[taken], curvature[taken] = trial_gradient[better], trial_curvature[better]
        damping[active] *= np.where(better, 0.1, 10)
        active = active[np.abs(step) * lag[-1] > _SMALLEST_STEP]
    return rates


def _misfit(signals, lag, rates):
    """Sum of squares left by the best S0, and its Gauss-Newton gradient and curvature along the rate."""
    decay = np.exp(-lag * rates)
    power = (decay**2).sum(axis=0)
    amplitude = (signals * decay).sum(axis=0) / power
    residual = signals - amplitude * decay
    mean_lag = (lag * decay**2).sum(axis=0) / power
    slope = -amplitude * decay * (lag - mean_lag)
    curvature = (slope**2).sum(axis=0)
    # A vanishing amplitude leaves the rate undetermined: the step is then zero, not a division by zero.
    return (residual**2).sum(axis=0), (slope * residual).sum(axis=0), np.maximum(curvature, np.finfo(float).tiny)
