"""How far the cortex leans through the slices: the same normals on the slices above and below, matched with the line's.

A slice that cuts a leaning cortex shows it wider, by the secant of the tilt, and smears its edges over the slice's
thickness times the tangent. From slice to slice the pial edge and the layers move along the normals by the slices'
distance times the tangent. (Of bone: Treece et al., Med Image Anal 2010;14:276.)
"""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d

from ..translation import Note
from ..translation import marked as _
from .drawn_line import slice_normals
from .sampling import sample_normals

TILTED_DEGREES = 30.0
# The stretch of the profile that is matched, about the pial edge; the steepest tilt and the farthest shift looked for.
WINDOW_MM = (-1.0, 1.5)
STEEPEST_DEGREES, FARTHEST_SHIFT_MM = 65.0, 4.5
# Neighbours share their place over such distances along the line: what is averaged, and what is matched together.
SEEN_AT_ONCE_MM, MATCHED_AT_ONCE_MM = 0.8, 2.0
# What the shift leaves unexplained of the line's own profile, where its neighbours show the same cortex.
MOST_UNEXPLAINED = 0.15
# The edge moves alike to the slice above and from the slice below, up to the cortex's own bend.
LARGEST_DIFFERENCE_MM = 1.0
LEAST_CLEAR = 0.5
_STEP_MM = 0.1
_INDEPENDENT_MM = 0.7
_LARGEST_BEND = 0.3  # of the tangent, between the pial edge and the layer
_STREAM = 31  # of random numbers, apart from the bootstrap's
_MISSING = Note(_("the slices above and below do not show the same cortex"))


@dataclass(frozen=True)
class Tilt:
    """The tilt along the lines of a region; nan where it is not seen.

    Attributes
    ----------
    degrees : float
        Median over the normals of the angle between the cortex's normal and the slice, 0-65.
    spread_degrees : float
        Standard deviation of the tilt over the normals.
    error_degrees : float
        Standard error of the median by noise.
    secant : float
        Mean over the normals of 1 / cos of the tilt at the layer: by how much the slice shows it wider. Where the tilt
        changes from slice to slice, that of parallel layers changes with depth.
    box_mm : float
        How far the slice smears an edge along the normals: its thickness times the tangent.
    normal : array, shape (3,)
        Mean normal of the cortex in space, world RAS, unit length; the mean normal in the slice where the tilt is not
        known.
    missing : str
        Why the tilt is not known; empty where it is.
    """

    degrees: float
    spread_degrees: float
    error_degrees: float
    secant: float
    box_mm: float
    normal: np.ndarray
    missing: str = ""

    def secants(self, settings):
        """What `secant` may be, for the noise of the tilt, in every replicate of the bootstrap, shape (replicates,)."""
        random = np.random.default_rng([settings.seed, _STREAM])
        off = np.radians(self.error_degrees) * random.standard_normal(settings.replicates)
        return self.secant * (1 + np.tan(np.radians(self.degrees)) * off)


def tilt_along(image, lines, settings, layer_mm=0.0):
    """The tilt of the cortex along pial lines.

    Parameters
    ----------
    image : Image
    lines : tuple of PialLine
    settings : Settings
    layer_mm : float
        Depth of the layer in the slice; 0 where there is none.

    Returns
    -------
    Tilt
    """
    nan = float("nan")
    found, layers, errors, normals, lengths, total, missing = [], [], [], [], 0.0, 0, ""
    for line in lines:
        slices, apart = slice_normals(image.affine)
        thickness = float(apart[np.abs(slices @ line.across).argmax()])
        tilts, bends, error, clear, fault = _line_tilts(image, line, thickness, settings)
        total += len(line.positions)
        missing = missing or fault
        if clear.any():
            tilts = tilts[clear]
            found.append(tilts)
            # A layer lies parallel to a piece of the surface that is so much higher or lower than the slice.
            higher = layer_mm * np.cos(tilts) * np.sin(tilts)
            layers.append(np.arctan(np.tan(tilts) + np.clip(bends[clear] * higher, -_LARGEST_BEND, _LARGEST_BEND)))
            errors.append(error * np.ones(len(tilts)))
            normals.append(line.normals[clear] * np.cos(tilts)[:, None] - line.across * np.sin(tilts)[:, None])
            lengths += thickness * len(tilts)
    mean = np.concatenate([line.normals for line in lines]).mean(0)
    count = sum(map(len, found))
    if count < LEAST_CLEAR * total:
        return Tilt(nan, nan, nan, nan, nan, _unit(mean), missing or _MISSING)
    tilts = np.concatenate(found)
    degrees = float(np.degrees(np.median(np.abs(tilts))))
    mean = np.concatenate(normals).mean(0)
    return Tilt(
        degrees=degrees,
        spread_degrees=float(np.degrees(tilts.std())),
        error_degrees=float(np.concatenate(errors).mean()),
        secant=float((1 / np.cos(np.concatenate(layers))).mean()),
        box_mm=float(lengths / count * np.tan(np.radians(degrees))),
        normal=_unit(mean),
    )


def _unit(direction):
    return direction / max(np.linalg.norm(direction), 1e-12)


def _line_tilts(image, line, thickness, settings):
    """Tilts at the normals in radians, positive where the edge lies deeper across the plane; by how much their tangent
    changes a mm across it; error in degrees; which are clear; why none is."""
    n = len(line.positions)
    nowhere = np.zeros(n), np.zeros(n), float("nan"), np.zeros(n, bool)
    farthest = min(FARTHEST_SHIFT_MM, thickness * np.tan(np.radians(STEEPEST_DEGREES)))
    reach = int(np.ceil(farthest / _STEP_MM))
    inner = np.arange(round(WINDOW_MM[0] / _STEP_MM), round(WINDOW_MM[1] / _STEP_MM) + 1)
    depths = np.arange(inner[0] - reach, inner[-1] + reach + 1) * _STEP_MM
    spacing = line.length_mm / max(n - 1, 1)
    own, *beside = (
        _smooth(
            sample_normals(
                image, line.positions + side * thickness * line.across, line.normals, depths, settings.interpolation
            )[0],
            spacing,
        )
        for side in (0, 1, -1)
    )
    beside = [(side, profiles) for side, profiles in zip((1, -1), beside, strict=True) if profiles is not None]
    if own is None or not beside:
        return *nowhere, Note(_("there is no slice above or below"))
    own = own[:, reach : reach + len(inner)]
    shifts = np.arange(-reach, reach + 1)
    together = MATCHED_AT_ONCE_MM / spacing
    signal = gaussian_filter1d(own.var(axis=1), together, mode="nearest")
    moved, variance, clear = [], [], np.ones(n, bool)
    for side, profiles in beside:
        cost = np.empty((n, len(shifts)))
        for number, shift in enumerate(shifts):
            begin = reach + side * shift
            cost[:, number] = ((profiles[:, begin : begin + len(inner)] - own) ** 2).mean(1)
        cost = gaussian_filter1d(cost, together, axis=0, mode="nearest")
        best, least, bend, inside = _least(cost)
        moved.append((shifts[0] + best) * _STEP_MM)
        variance.append(2 * least / (bend / _STEP_MM**2))
        clear &= inside & (least < MOST_UNEXPLAINED * signal)
    tangents = np.mean(moved, axis=0) / thickness
    bends = np.zeros(n)
    if len(beside) == 2:
        bends = (moved[0] - moved[1]) / thickness**2
        clear &= np.abs(moved[0] - moved[1]) < LARGEST_DIFFERENCE_MM
        # It changes slowly along the line, and is the difference of two small shifts.
        bends = np.full(n, np.median(bends[clear]) if clear.any() else 0.0)
    independent = (inner[-1] - inner[0]) * _STEP_MM / _INDEPENDENT_MM * line.length_mm / _INDEPENDENT_MM
    variance = np.mean(variance, axis=0) / len(beside) / max(independent, 1.0)
    error = np.degrees(np.sqrt(np.median(variance)) / thickness / np.median(1 + tangents**2))
    return np.arctan(tangents), bends, float(error), clear, ""


def _least(cost):
    """Where each row of a cost, shape (n, k), is least, by a parabola; its least; its bend; whether not at an end."""
    rows, at = np.arange(len(cost)), cost.argmin(1)
    inside = (at > 0) & (at < cost.shape[1] - 1)
    at = np.clip(at, 1, cost.shape[1] - 2)
    before, here, after = (cost[rows, at + step] for step in (-1, 0, 1))
    bend = np.maximum(before - 2 * here + after, 1e-300)
    return at + np.clip(0.5 * (before - after) / bend, -1, 1), here, bend, inside


def _smooth(intensities, spacing):
    """Along the line; None where a tenth of the samples are missing and more. Others that are take the usual value."""
    known = np.isfinite(intensities)
    if known.mean() < 0.9:
        return None
    if not known.all():
        usual = np.where(known, intensities, 0.0).sum(0) / np.maximum(known.sum(0), 1)
        intensities = np.where(known, intensities, usual)
    return gaussian_filter1d(intensities, SEEN_AT_ONCE_MM / spacing, axis=0, mode="nearest")
