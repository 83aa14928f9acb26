"""Intensities and references -> the hypointensity profile h and its dark lobe, the deep layers.

Source: Donatelli et al., AJNR 2018;39:63: profiles "are averaged and the absolute value is considered", the white
matter's mean is subtracted, and the result is normalised by the splenium. The lobe's definition is this project's own:
the paper leaves open where in the profile F is fitted.
"""

from dataclasses import dataclass

import numpy as np

# The sampled depth ends where fewer than this part of the normals still contributes.
SMALLEST_SHARE_OF_NORMALS = 0.5
_NEGLIGIBLE = 1e-6


def mean_profile(intensities):
    """P(x): the mean over normals at each depth, missing samples left out.

    Parameters
    ----------
    intensities : array, shape (n, d)
        NaN where missing.

    Returns
    -------
    mean : array, shape (d,)
        NaN from the depth on where fewer than half of the normals contribute.
    standard_error : array, shape (d,)
        Standard deviation over normals divided by the square root of their number; it takes normals for independent
        (the bootstrap does not).
    counts : int array, shape (d,)
        How many normals contribute.
    """
    present = np.isfinite(intensities)
    counts = present.sum(0)
    filled = np.where(present, intensities, 0.0)
    some = np.maximum(counts, 1)
    mean = filled.sum(0) / some
    spread = np.where(present, intensities - mean, 0.0)
    standard_error = np.sqrt((spread**2).sum(0) / np.maximum(counts - 1, 1) / some)
    enough = np.logical_and.accumulate(counts >= max(SMALLEST_SHARE_OF_NORMALS * len(intensities), 1))
    mean[~enough] = np.nan
    standard_error[~enough | (counts < 2)] = np.nan
    return mean, standard_error, counts


def hypointensity(profile, white_matter, splenium, polarity="dark"):
    """h(x), positive where iron is: (W - |P|) / S for magnitude images, (P - W) / S for maps that iron brightens.

    Parameters
    ----------
    profile : array, shape (..., d)
    white_matter, splenium : floats or arrays that broadcast against it
        Mean intensities; `splenium` is 1 where the profile keeps its own unit.
    polarity : str
        'dark' or 'bright'.
    """
    difference = white_matter - np.abs(profile) if polarity == "dark" else profile - white_matter
    return difference / splenium


@dataclass(frozen=True)
class Lobe:
    """The dark lobe of a hypointensity profile.

    Attributes
    ----------
    top : int
        Sample at which h is greatest within the lobe.
    start_mm : float
        Superficial zero crossing, or 0 where there is none.
    end_mm : float
        Deep zero crossing, or the end of the fit window where h does not fall to zero before.
    touches_pial_line : bool
        Nothing separates the lobe from x = 0.
    merged : bool
        A second maximum follows before h has fallen to the window's fraction of the peak.
    window : bool array, shape (d,)
        Samples that F is fitted to.
    """

    top: int
    start_mm: float
    end_mm: float
    touches_pial_line: bool
    merged: bool
    window: np.ndarray


def find_lobe(x, h, noise, lobe_fraction=0.30, window_fraction=0.25, at_line=False):
    """The most superficial interior maximum that counts, and the window that it is fitted in.

    A maximum counts when it is positive, separated from x = 0 by h <= 0, and reaches `lobe_fraction` of the greatest
    that is so. Where none is separated, the same rule is applied to those that are not, and the lobe is marked as
    touching the pial line.

    Parameters
    ----------
    x : array, shape (d,)
        Depths in mm, ascending from 0.
    h : array, shape (d,)
        Hypointensity, finite.
    noise : array, shape (d,)
        Standard error of h: a valley within the lobe parts two layers only where it is deeper than three of them.
    at_line : bool
        Look for the lobe that touches the pial line, whether or not another is separated from it.

    Returns
    -------
    Lobe or None
        None where h has no positive interior maximum.
    """
    inner = np.arange(1, len(h) - 1)
    # Rounding errors of a profile without any noise are no maxima.
    maxima = inner[(h[inner] > _NEGLIGIBLE * np.abs(h).max()) & (h[inner] >= h[inner - 1]) & (h[inner] > h[inner + 1])]
    separated = np.minimum.accumulate(h)[maxima] <= 0
    touches = at_line or not separated.any()
    candidates = maxima[~separated] if touches else maxima[separated]
    if not len(candidates):
        return None
    first = candidates[np.argmax(h[candidates] >= lobe_fraction * h[candidates].max())]
    top = first
    for index in range(first, len(h)):
        if h[index] > h[top]:
            top = index
        if h[index] < window_fraction * h[top]:
            break
    start, stop = fit_windows(h[None], np.array([top]), window_fraction)
    window = (np.arange(len(h)) >= start[0]) & (np.arange(len(h)) < stop[0])
    return Lobe(
        top=int(top),
        start_mm=_zero_crossing(x, h, start[0] - 1) if start[0] > 0 else float(x[0]),
        end_mm=_deep_end(x, h, top, stop[0]),
        touches_pial_line=touches,
        merged=_is_parted(h, noise, first, stop[0], window_fraction * h[top]),
        window=window,
    )


def fit_windows(h, tops, window_fraction):
    """First sample of each fit window and the first one past it, each of shape (m,).

    From the superficial zero crossing to where h, having fallen below `window_fraction` of its value at the lobe's top,
    next rises above it.

    Parameters
    ----------
    h : array, shape (m, d)
    tops : int array, shape (m,)
        Sample of each lobe's top.
    """
    rows, index = np.arange(len(h)), np.arange(h.shape[1])
    start = np.where((h <= 0) & (index < tops[:, None]), index + 1, 0).max(1)
    level = window_fraction * h[rows, tops][:, None]
    fallen = np.logical_or.accumulate((h < level) & (index > tops[:, None]), axis=1)
    risen = fallen & (h > level)
    return start, np.where(risen.any(1), risen.argmax(1), h.shape[1])


def _zero_crossing(x, h, before):
    """Depth between samples `before` (h <= 0) and the next (h > 0) at which h is zero."""
    return float(x[before] + (x[before + 1] - x[before]) * h[before] / (h[before] - h[before + 1]))


def _deep_end(x, h, top, stop):
    below = np.flatnonzero(h[top:stop] <= 0)
    if not len(below):
        return float(x[stop - 1])
    after = top + below[0]
    return float(x[after] - (x[after] - x[after - 1]) * h[after] / (h[after] - h[after - 1]))


def _is_parted(h, noise, first, stop, level):
    """Whether two maxima above `level` stand within the lobe with a valley between them that noise does not explain."""
    highest, lowest = first, first
    for index in range(first, stop):
        if h[index] < level:
            return False
        if h[index] < h[lowest]:
            lowest = index
        depth = min(h[highest], h[index]) - h[lowest]
        if index > lowest and depth > max(3 * np.hypot(noise[lowest], noise[index]), 0.1 * h[highest]):
            return True
        if h[index] >= h[highest]:
            highest = lowest = index
    return False
