"""Intensities and references -> the hypointensity profile h and its dark lobe, the deep layers.

Source: Donatelli et al., AJNR 2018;39:63: profiles "are averaged and the absolute value is considered", the white
matter's mean is subtracted, and the result is normalised by the splenium. The lobe's definition is this project's own:
the paper leaves open where in the profile F is fitted.
"""

from dataclasses import dataclass

import numpy as np

from .normals import WHOLE_CORTEX_MM

# The sampled depth ends where fewer than this part of the normals still contributes.
SMALLEST_SHARE_OF_NORMALS = 0.5
TRIMMED_SHARE = 0.2
# A layer further down than this is another bank's.
DEEPEST_TOP_MM = 5.0
# h that stays down for so long has levelled out.
LEVELLED_OUT_MM = 0.5
_NEGLIGIBLE = 1e-6


def averaged_profile(intensities, averaging="mean"):
    """P(x): the average over normals at each depth, missing samples left out.

    Parameters
    ----------
    intensities : array, shape (n, d)
        NaN where missing.
    averaging : str
        'mean' (the paper), or 'trimmed': the mean without the greatest and the least 20 % at each depth, which a hooked
        end of the line or a vein across it hardly move.

    Returns
    -------
    profile : array, shape (d,)
        NaN from the depth on where fewer than half of the normals contribute.
    counts : int array, shape (d,)
        How many normals contribute.
    """
    present = np.isfinite(intensities)
    counts = present.sum(0)
    if averaging == "trimmed":
        low, high = _trimmed_ranks(counts)
        ranks = np.arange(len(intensities))[:, None]
        within = (ranks >= low) & (ranks < high)
        ordered = np.sort(np.where(present, intensities, np.inf), axis=0)
        total, number = np.where(within, ordered, 0.0).sum(0), high - low
    else:
        total, number = np.where(present, intensities, 0.0).sum(0), counts
    profile = total / np.maximum(number, 1)
    enough = np.logical_and.accumulate(counts >= max(SMALLEST_SHARE_OF_NORMALS * len(intensities), 1))
    profile[~enough] = np.nan
    return profile, counts


def influence_on(profile, intensities, averaging="mean"):
    """What each normal, times the number of normals, adds to the averaged profile, shape (n, d); 0 where missing.

    For the trimmed mean the deviations are winsorised (Huber, Robust Statistics, 1981, section 3.3): what is cut off
    counts as much as what is cut at.
    """
    present = np.isfinite(intensities)
    deviations = np.where(present, intensities - profile, 0.0)
    counts = present.sum(0)
    if averaging == "trimmed":
        low, high = _trimmed_ranks(counts)
        ordered = np.sort(np.where(present, deviations, np.inf), axis=0)
        least, greatest = (np.take_along_axis(ordered, rank[None], 0) for rank in (low, high - 1))
        deviations = np.where(present, np.clip(deviations, least, greatest), 0.0)
        deviations = np.where(present, deviations - deviations.sum(0) / np.maximum(counts, 1), 0.0)
        deviations *= counts / np.maximum(high - low, 1)
    return deviations * (len(intensities) / np.maximum(counts, 1))


def _trimmed_ranks(counts):
    """The first rank that stays and the first one past those that stay, each of shape (d,)."""
    cut = (TRIMMED_SHARE * counts).astype(int)
    return cut, np.maximum(counts - cut, cut + 1)


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
    first, top : int
        Sample of the most superficial maximum that counts, and the one at which h is greatest within the lobe.
    start_mm : float
        Superficial zero crossing, or 0 where there is none.
    end_mm : float
        Where h, past its top, first falls below `window_fraction` of it: the deep edge as h itself shows it, whatever
        lies beneath. Where h levels out above that (the white-matter ROI is too bright), both are taken above its
        least; where it does not even level out, the layer runs to the end of the samples.
    judged_to_mm : float
        `end_mm` as it is seen down to 4 mm, or to the top where that lies deeper: how significant the lobe is does not
        depend on how deep the normals are sampled.
    touches_pial_line : bool
        Nothing separates the lobe from x = 0.
    window : bool array, shape (d,)
        Samples that F is fitted to.
    """

    first: int
    top: int
    start_mm: float
    end_mm: float
    judged_to_mm: float
    touches_pial_line: bool
    window: np.ndarray


def find_lobe(x, h, lobe_fraction=0.30, window_fraction=0.25, at_line=False):
    """The most superficial interior maximum that counts, and the window that it is fitted in.

    A maximum counts when it is positive, separated from x = 0 by h <= 0, no deeper than 5 mm, and reaches
    `lobe_fraction` of the greatest that is so. Where none is separated, the same rule is applied to those that are not,
    and the lobe is marked as touching the pial line.

    Parameters
    ----------
    x : array, shape (d,)
        Depths in mm, ascending from 0.
    h : array, shape (d,)
        Hypointensity, finite.
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
    maxima = maxima[x[maxima] <= DEEPEST_TOP_MM]
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
    judged = x <= max(WHOLE_CORTEX_MM, x[top]) + 1e-9
    return Lobe(
        first=int(first),
        top=int(top),
        start_mm=_crossing(x, h, start[0] - 1, 0.0) if start[0] > 0 else float(x[0]),
        end_mm=_deep_edge(x, h, top, window_fraction),
        judged_to_mm=_deep_edge(x[judged], h[judged], top, window_fraction),
        touches_pial_line=bool(touches),
        window=window,
    )


def _deep_edge(x, h, top, fraction):
    """Where a lobe ends (see `Lobe`)."""
    for base, rest in ((0.0, 0.0), (h[top:].min(), LEVELLED_OUT_MM)):
        level = base + fraction * (h[top] - base)
        (fallen,) = np.nonzero(h[top:] < level)
        if len(fallen):
            edge = _crossing(x, h, top + fallen[0] - 1, level)
            if x[-1] - edge >= rest:
                return edge
    return float(x[-1])


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


def is_parted(h, noise, lobe, window_fraction):
    """Whether two maxima stand within the lobe with a valley between them that noise does not explain.

    `noise`, shape (d,), is the standard error of h: a valley parts two layers only where it is deeper than three of
    them, and than a tenth of the higher maximum.
    """
    level, stop = window_fraction * h[lobe.top], np.flatnonzero(lobe.window)[-1] + 1
    highest = lowest = lobe.first
    for index in range(lobe.first, stop):
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


def _crossing(x, h, before, level):
    """Depth between sample `before` and the next at which h passes a level."""
    return float(x[before] + (x[before + 1] - x[before]) * (level - h[before]) / (h[before + 1] - h[before]))
