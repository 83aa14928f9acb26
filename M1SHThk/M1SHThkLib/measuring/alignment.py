"""The line moved onto the pial edge that the image shows, its mean depth kept: the hand wobbled, the edge did not.

An averaged profile is blurred by a line that strays: SD 0.3 mm takes 17 % off SH/Thk. The edge between fluid and cortex
lies next to the line and looks much alike along it, so that each normal can be matched with the line's own median
profile there. Where it looks otherwise (a vein, a bridge to the next gyrus, the line's hooked end) nothing is moved by
it: the matches are smoothed along the line as a Gaussian process (Rasmussen & Williams 2006, chapter 2) in which such
normals count for nothing.
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
    moved, strays, unclear, lengths = [], [], [], []
    for line in lines:
        aligned, shifts, outliers = _aligned(image, line, white_matter, settings)
        moved.append(aligned)
        lengths.append(line.length_mm)
        unclear.append(outliers.mean())
        strays.append(shifts[~outliers].std() if not outliers.all() else 0.0)
    share = float(np.average(unclear, weights=lengths))
    if share > MOST_UNCLEAR:
        return Alignment(
            tuple(lines), float("nan"), share, Note(_("the edge is unclear on {share:.0%} of the line"), share=share)
        )
    return Alignment(tuple(moved), float(np.sqrt(np.average(np.square(strays), weights=lengths))), share, "")


def aligned_points(line):
    """Control points of an aligned line, about 1 mm apart, shape (n, 3), world RAS in mm."""
    count = max(round(line.length_mm / _POINT_DISTANCE_MM), 2) + 1
    return line.positions[np.unique(np.round(np.linspace(0, len(line.positions) - 1, count)).astype(int))]


def _aligned(image, line, white_matter, settings):
    """A line moved, the edge's distance from it as it was drawn, shape (n,), and which normals show no edge."""
    if line.length_mm < _SHORTEST_LINE_MM:
        return line, np.zeros(1), np.ones(1, bool)
    reach = WINDOW_MM + LARGEST_SHIFT_MM
    depths = np.arange(-round(reach / _STEP_MM), round(reach / _STEP_MM) + 1) * _STEP_MM
    moved, total = line, np.zeros(len(line.positions))
    for _pass in range(_LINE_PASSES):
        intensities, _inside = sample_normals(image, moved.positions, moved.normals, depths, settings.interpolation)
        shifts, outliers = edge_shifts(intensities, depths, moved.length_mm / (len(moved.positions) - 1))
        total = total + _resampled(shifts, len(total))
        if outliers.mean() > MOST_UNCLEAR:
            break
        points = aligned_points(replace(moved, positions=moved.positions + shifts[:, None] * moved.normals))
        onto_edge = smooth_pial_line(points, white_matter, image.affine, _SMOOTHING_MM, settings.normal_spacing_mm)
        moved = replace(line, positions=onto_edge.positions, normals=onto_edge.normals, length_mm=onto_edge.length_mm)
    return moved, total, _resampled(outliers, len(total)) > 0.5


def _resampled(values, count):
    """The same course along the line in another number of samples."""
    return np.interp(np.linspace(0, 1, count), np.linspace(0, 1, len(values)), values)


def edge_shifts(intensities, depths_mm, spacing_mm):
    """How far the edge lies from the line at each normal.

    Parameters
    ----------
    intensities : array, shape (n, d)
        Along normals, at depths that reach WINDOW_MM + LARGEST_SHIFT_MM to either side of the line; NaN where missing.
    depths_mm : array, shape (d,)
        0.1 mm apart.
    spacing_mm : float
        Distance between neighbouring normals.

    Returns
    -------
    shifts : array, shape (n,)
        In mm along the normals, smooth along the line, their mean 0.
    outliers : bool array, shape (n,)
        Normals that show no edge like the others'.
    """
    shifted, shifts_mm = _shifted_profiles(intensities, depths_mm, spacing_mm)
    n, middle = len(shifted), len(shifts_mm) // 2
    rows = np.arange(n)
    arc = rows * spacing_mm
    prior = STRAY_PRIOR_MM**2 * np.exp(-0.5 * ((arc[:, None] - arc) / STRAY_LENGTH_MM) ** 2)
    # Neighbours that are seen at once share their noise.
    shared = 0.5 * max(2 * SEEN_AT_ONCE_MM / spacing_mm, 1.0)
    samples = shifted.shape[2]
    best = np.full(n, middle)
    for template_pass in range(_TEMPLATE_PASSES):
        now = shifted[rows, best]
        template = np.median(now, axis=0)
        variance = 2.2 * np.median((now - template) ** 2) + (_UNLIKENESS * np.ptp(template)) ** 2 + 1e-300
        misfit = np.minimum((shifted - template) ** 2, TRUNCATED_AT * variance).mean(2) / variance
        penalised = misfit + shifts_mm**2 / STRAY_PRIOR_MM**2 / samples
        at = np.clip(penalised.argmin(1), 1, len(shifts_mm) - 2)
        before, here, after = (misfit[rows, at + step] for step in (-1, 0, 1))
        bend = before - 2 * here + after
        fraction = np.where(bend > 0, 0.5 * (before - after) / np.maximum(bend, 1e-9), 0.0)
        raw = shifts_mm[at] + np.clip(fraction, -1, 1) * _FINE_MM
        error = 2 / (np.maximum(bend / _FINE_MM**2, 1e-6) * _INDEPENDENT_SAMPLES) + _SMALLEST_ERROR_MM**2
        no_edge = _with_neighbours(
            here > np.maximum(NO_EDGE_VARIANCES, NO_EDGE_VARIANCES * np.median(here)), spacing_mm
        )
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


def _shifted_profiles(intensities, depths_mm, spacing_mm):
    """Each normal's profile about the line, moved by each shift, shape (n, shifts, window), and the shifts in mm."""
    seen = np.isfinite(intensities).any(axis=0)
    usual = np.zeros(len(depths_mm))
    if seen.any():
        usual[seen] = np.nanmedian(intensities[:, seen], axis=0)
        usual[~seen] = np.median(usual[seen])
    profiles = np.where(np.isfinite(intensities), intensities, usual)
    profiles = gaussian_filter1d(profiles, SEEN_AT_ONCE_MM / spacing_mm, axis=0, mode="nearest")
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


def _with_neighbours(found, spacing_mm):
    """Those found, and all within SEEN_AT_ONCE_MM of them."""
    reach = round(SEEN_AT_ONCE_MM / spacing_mm)
    return np.convolve(found.astype(float), np.ones(2 * reach + 1), "same")[: len(found)] > 0.5
