"""The line moved onto the pial edge that the image shows, its mean depth kept: the hand wobbled, the edge did not.

An averaged profile is blurred by a line that strays: SD 0.3 mm takes 17 % off SH/Thk. The edge between fluid and cortex
lies next to the line and looks much alike along it, so that each normal can be matched with the median profile there,
one for all lines of a region, which are to lie equally deep. Where it looks otherwise (a vein, a bridge to the next
gyrus, the line's hooked end) nothing is moved by it: the matches are smoothed along the line as a Gaussian process
(Rasmussen & Williams 2006, chapter 2) in which such normals count for nothing.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy.ndimage import gaussian_filter1d

from ..translation import Note
from ..translation import marked as _
from .pial_line import PialLine, smooth_pial_line
from .sampling import sample_normals

# The stretch of the profile that is matched, about the line, and how far a match is looked for at once.
WINDOW_MM, LARGEST_SHIFT_MM = 1.0, 1.0
# How far hands stray, and over what distance along the line; how much of the line is seen at once.
STRAY_PRIOR_MM, STRAY_LENGTH_MM, SEEN_AT_ONCE_MM = 0.35, 2.5, 0.8
# Squared deviations beyond so many variances count as no more: a vein is as wrong as something else.
TRUNCATED_AT = 9.0
# A normal whose best match deviates by more than so many variances, or so many times the usual, shows no edge.
NO_EDGE_VARIANCES = 4.0
UNEXPLAINED_MM = 0.35
# Templates made of noise reach 6 of its standard deviations from top to bottom, edges of 3 at a single normal reach 7.
FAINTEST_STEP = 6.5
# With more unclear normals than this, the line is left as it was drawn.
MOST_UNCLEAR = 0.22
_STEP_MM, _FINE_MM, _BLUR_MM = 0.1, 0.05, 0.15
_TEMPLATE_PASSES, _LINE_PASSES, _OUTLIER_PASSES = 4, 2, 2
_POINT_DISTANCE_MM, _SMOOTHING_MM = 1.0, 2.0
_INDEPENDENT_SAMPLES = 4.0
_SMALLEST_ERROR_MM = 0.03
# Cortex differs along the line by this part of the edge's step, whatever the noise.
_UNLIKENESS = 0.04
_SHORTEST_LINE_MM = 5.0
_FAR_APART_MM = 1e4
# The level is fitted to the profiles that deviate from it by no more than so many times the median.
_LEVEL_PASSES, _FOLLOWS = 4, 4.0


@dataclass(frozen=True)
class Alignment:
    """Lines on the pial edge.

    Attributes
    ----------
    lines : tuple of PialLine
        Moved; as they were drawn where `refusal` says why.
    stray_mm : float
        Standard deviation of the edge's distance from the drawn lines; nan where refused.
    unclear : float
        Share of the normals at which no edge was recognised.
    refusal : str
        Why the lines stay as they were drawn; empty where they were moved.
    """

    lines: tuple[PialLine, ...]
    stray_mm: float
    unclear: float
    refusal: str


def align(image, lines, white_matter, settings):
    """Move pial lines onto the edge that the image shows.

    Parameters
    ----------
    image : Image
    lines : tuple of PialLine
    white_matter : array, shape (m, 3)
        Positions of the white-matter ROI's voxels, world RAS in mm.
    settings : Settings

    Returns
    -------
    Alignment
    """
    if sum(line.length_mm for line in lines) < _SHORTEST_LINE_MM:
        return Alignment(tuple(lines), float("nan"), 1.0, Note(_("the line is too short to show the edge")))
    reach = round((WINDOW_MM + LARGEST_SHIFT_MM) / _STEP_MM)
    depths = np.arange(-reach, reach + 1) * _STEP_MM
    moved, totals = list(lines), [np.zeros(len(line.positions)) for line in lines]
    for _pass in range(_LINE_PASSES):
        positions = np.concatenate([line.positions for line in moved])
        normals = np.concatenate([line.normals for line in moved])
        counts = [len(line.positions) for line in moved]
        intensities, _outside = sample_normals(image, positions, normals, depths, settings.interpolation)
        shifts, outliers = edge_shifts(
            intensities, depths, positions, np.repeat(np.arange(len(moved)), counts), settings.normal_spacing_mm
        )
        last = np.cumsum(counts)[:-1]
        own_shifts, own_outliers = np.split(shifts, last), np.split(outliers, last)
        totals = [total + _resampled(own, len(total)) for total, own in zip(totals, own_shifts, strict=True)]
        share = float(outliers.mean())
        if share > MOST_UNCLEAR:
            unclear = Note(_("the edge is unclear on {share:.0%} of the line"), share=share)
            return Alignment(tuple(lines), float("nan"), share, unclear)
        moved = [_moved(image, line, own, white_matter, settings) for line, own in zip(moved, own_shifts, strict=True)]
    clear = [_resampled(own, len(total)) <= 0.5 for total, own in zip(totals, own_outliers, strict=True)]
    stray = np.concatenate([total[own] for total, own in zip(totals, clear, strict=True)]).std()
    return Alignment(tuple(moved), float(stray), share, "")


def aligned_points(line):
    """Control points of an aligned line, about 1 mm apart, shape (n, 3), world RAS in mm."""
    count = max(round(line.length_mm / _POINT_DISTANCE_MM), 2) + 1
    return line.positions[np.unique(np.round(np.linspace(0, len(line.positions) - 1, count)).astype(int))]


def _moved(image, line, shifts, white_matter, settings):
    """A line moved along its normals by shifts in mm, and smoothed as a line through so many points is."""
    points = aligned_points(replace(line, positions=line.positions + shifts[:, None] * line.normals))
    onto_edge = smooth_pial_line(points, white_matter, image.affine, _SMOOTHING_MM, settings.normal_spacing_mm)
    return replace(line, positions=onto_edge.positions, normals=onto_edge.normals, length_mm=onto_edge.length_mm)


def _resampled(values, count):
    """The same course along the line in another number of samples."""
    return np.interp(np.linspace(0, 1, count), np.linspace(0, 1, len(values)), values)


def edge_shifts(intensities, depths_mm, positions, line, spacing_mm):
    """How far the edge lies from the lines at each normal.

    Coils see one end of a line brighter than the other, by more than the edge's step may be: what changes linearly with
    position is taken off before profiles are compared.

    Parameters
    ----------
    intensities : array, shape (n, d)
        Along normals, at depths that reach WINDOW_MM + LARGEST_SHIFT_MM to either side of the line; NaN where missing.
    depths_mm : array, shape (d,)
        0.1 mm apart.
    positions : array, shape (n, 3)
        Of the normals, in mm.
    line : int array, shape (n,)
        Number of each normal's line, from 0, ascending.
    spacing_mm : float
        Distance between neighbouring normals.

    Returns
    -------
    shifts : array, shape (n,)
        In mm along the normals, smooth along each line, the mean over all lines 0.
    outliers : bool array, shape (n,)
        Normals that show no edge like the others'.
    """
    as_seen, shifts_mm = _shifted_profiles(intensities, depths_mm, line, spacing_mm)
    n, middle = len(as_seen), len(shifts_mm) // 2
    rows = np.arange(n)
    # Lines lie too far apart to know of each other.
    arc = rows * spacing_mm + _FAR_APART_MM * line
    prior = STRAY_PRIOR_MM**2 * np.exp(-0.5 * ((arc[:, None] - arc) / STRAY_LENGTH_MM) ** 2)
    places = np.column_stack([line[:, None] == np.unique(line), positions - positions.mean(0)])
    # Neighbours that are seen at once share their noise.
    shared = 0.5 * max(2 * SEEN_AT_ONCE_MM / spacing_mm, 1.0)
    samples = as_seen.shape[2]
    best = np.full(n, middle)
    for template_pass in range(_TEMPLATE_PASSES):
        shifted = as_seen - _levels(as_seen, best, shifts_mm, places)[:, None, None]
        now = shifted[rows, best]
        template = np.median(now, axis=0)
        variance = 2.2 * np.median((now - template) ** 2) + (_UNLIKENESS * np.ptp(template)) ** 2 + 1e-300
        misfit = np.minimum((shifted - template) ** 2, TRUNCATED_AT * variance).mean(2) / variance
        penalised = misfit + shifts_mm**2 / STRAY_PRIOR_MM**2 / samples
        at, fraction, bend = _least(misfit, penalised)
        here = misfit[rows, at]
        raw = shifts_mm[at] + fraction * _FINE_MM
        error = 2 / (np.maximum(bend / _FINE_MM**2, 1e-6) * _INDEPENDENT_SAMPLES) + _SMALLEST_ERROR_MM**2
        no_edge = _with_neighbours(here > np.maximum(NO_EDGE_VARIANCES, NO_EDGE_VARIANCES * np.median(here)), arc)
        if template_pass == _TEMPLATE_PASSES - 1:
            # Nor does a flat profile, which tells nothing of where it lies. (Until then the line's own straying may
            # have blurred the template.)
            no_edge = no_edge | (error * shared > STRAY_PRIOR_MM**2)
            # And of noise alone a template can be made that all of it agrees with.
            no_edge = no_edge | (np.ptp(template) < FAINTEST_STEP * np.sqrt(variance.mean()))
        outliers = no_edge
        for _pass in range(_OUTLIER_PASSES + 1):
            weights = np.where(outliers, 1e6, error * shared)
            smooth = prior @ np.linalg.solve(prior + np.diag(weights), raw)
            # What the smooth line does not explain is no edge either.
            outliers = no_edge | (np.abs(raw - smooth) > UNEXPLAINED_MM)
        best = np.clip(np.round(smooth / _FINE_MM).astype(int) + middle, 0, len(shifts_mm) - 1)
    clear = ~outliers if not outliers.all() else outliers
    # To the nanometre, since the solver's last digits hang on how many threads it runs on.
    smooth = np.round(smooth, 6)
    return smooth - smooth[clear].mean(), outliers


def _levels(shifted, best, shifts_mm, places):
    """How much brighter each normal is than the usual one: linear in place, by those that follow it; shape (n,)."""
    rows = np.arange(len(shifted))
    difference = shifted - np.median(shifted[rows, best], axis=0)
    # By its shape alone each profile is matched first, since a shift makes it brighter, too.
    misfit = difference.var(2)
    usual = np.median(misfit[rows, best]) + 1e-300
    further = shifts_mm - shifts_mm[best][:, None]
    at, fraction, _bend = _least(misfit, misfit / usual + further**2 / STRAY_PRIOR_MM**2 / shifted.shape[2])
    brighter = difference.mean(2)
    step = np.sign(fraction).astype(int)
    brighter = brighter[rows, at] + np.abs(fraction) * (brighter[rows, at + step] - brighter[rows, at])
    # A vein is darker than any coil makes the line's end, and its profile has another shape.
    alike = misfit[rows, at]
    alike = alike <= _FOLLOWS * np.median(alike)
    levels = np.median(brighter[alike])
    for _pass in range(_LEVEL_PASSES):
        off = np.abs(brighter - levels)
        follows = alike & (off <= _FOLLOWS * np.median(off[alike]))
        levels = places @ np.linalg.lstsq(places[follows], brighter[follows])[0]
    return levels


def _least(misfit, penalised):
    """Sample at which each row is least with its penalty; by a parabola, how much further the misfit is; its bend."""
    rows, at = np.arange(len(misfit)), np.clip(penalised.argmin(1), 1, misfit.shape[1] - 2)
    before, here, after = (misfit[rows, at + step] for step in (-1, 0, 1))
    bend = before - 2 * here + after
    fraction = np.where(bend > 0, 0.5 * (before - after) / np.where(bend > 0, bend, 1.0), 0.0)
    return at, np.clip(fraction, -1, 1), bend


def _shifted_profiles(intensities, depths_mm, line, spacing_mm):
    """Each normal's profile about the line, moved by each shift, shape (n, shifts, window), and the shifts in mm."""
    seen = np.isfinite(intensities).any(axis=0)
    usual = np.zeros(len(depths_mm))
    if seen.any():
        usual[seen] = np.nanmedian(intensities[:, seen], axis=0)
        usual[~seen] = np.median(usual[seen])
    profiles = np.where(np.isfinite(intensities), intensities, usual)
    for number in np.unique(line):
        own = line == number
        profiles[own] = gaussian_filter1d(profiles[own], SEEN_AT_ONCE_MM / spacing_mm, axis=0, mode="nearest")
    profiles = gaussian_filter1d(profiles, _BLUR_MM / _STEP_MM, axis=1, mode="nearest")
    finer = round(_STEP_MM / _FINE_MM)
    fine = np.empty((len(profiles), finer * (len(depths_mm) - 1) + 1))
    for part in range(finer):
        weight = part / finer
        between = (1 - weight) * profiles[:, :-1] + weight * profiles[:, 1:]
        fine[:, part:-1:finer] = between
    fine[:, -1] = profiles[:, -1]
    reach = round(LARGEST_SHIFT_MM / _FINE_MM)
    window = sliding_window_view(fine, fine.shape[1] - 2 * reach, axis=1)[:, :, ::finer]
    return window, np.arange(-reach, reach + 1) * _FINE_MM


def _with_neighbours(found, arc):
    """Those found, and all within SEEN_AT_ONCE_MM of them."""
    return (np.abs(arc[:, None] - arc[found]) <= SEEN_AT_ONCE_MM + 1e-9).any(axis=1)
