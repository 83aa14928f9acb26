"""The deep layer that a hypointensity profile shows: F fitted in its lobe, its significance and the plateau beyond.

These definitions are the project's own; the paper states the fit, the height and the width at a fraction of it.
"""

from dataclasses import dataclass

import numpy as np

from . import double_sigmoid
from .hypointensity import Lobe, find_lobe

NO_LAYER_BELOW_Z, NEAR_NOISE_BELOW_Z = 2.0, 3.0
PLATEAU_BEGINS_MM = 1.0
PLATEAU_STANDARD_ERRORS, PLATEAU_SHARE_OF_SH, NEGLIGIBLE_SHARE_OF_SH = 3.0, 0.15, 0.01


@dataclass(frozen=True)
class Layer:
    """What h says of the deep layer; nan where there is no lobe.

    Attributes
    ----------
    lobe : Lobe or None
    parameters : array, shape (5,)
        Of F: (a, b1, c1, b2, c2).
    at_bound : bool
        Whether any parameter ended on a bound of the fit.
    mode_mm, height : float
        Depth and value of F's maximum.
    edges_mm : (float, float)
        Depths at which F is the width's fraction of its height.
    z : float
        Area of the lobe over its standard deviation, which is that of the block bootstrap with the full covariance over
        depth, both ROIs' noise included: an area in a smooth profile cannot be judged sample by sample.
    dark_from_line : bool
        Nothing separates the darkness from the pial line.
    plateau, plateau_se : float
        Median of h from 1 mm past the layer to the end of the depth, and its standard error.
    r_squared, rmse : float
        Of the fit within its window.
    h_se : array, shape (d,)
        Standard error of h.
    window_end_mm : float
        Deepest sample of the fit window.
    plateau_end_mm : float
        Deepest sample of the plateau.
    """

    lobe: Lobe | None
    parameters: np.ndarray
    at_bound: bool
    mode_mm: float
    height: float
    edges_mm: tuple[float, float]
    z: float
    dark_from_line: bool
    plateau: float
    plateau_se: float
    r_squared: float
    rmse: float
    h_se: np.ndarray
    window_end_mm: float
    plateau_end_mm: float


def find_layer(x, h, deviations, settings):
    """The layer in h, shape (d,), at depths x in mm.

    `deviations`, shape (m, d), are independent contributions to h's error: its covariance over depth is their
    deviations' deviations.

    Returns
    -------
    Layer
    """
    h_se = np.sqrt((deviations**2).sum(0))
    fractions = settings.lobe_fraction, settings.window_fraction
    lobe = find_lobe(x, h, h_se, *fractions)
    if lobe and not lobe.touches_pial_line and h[0] > 0:
        separated = _significance(x, h, deviations, lobe.start_mm, lobe.end_mm)
        at_line = _significance(x, h, deviations, x[0], x[np.argmax(h <= 0)])
        if separated < NEAR_NOISE_BELOW_Z <= at_line:
            # Beside clear darkness at the line, what is separated from it and near noise is taken for a ripple of the
            # noise: the line cuts into the layer, or fluid or a vein hides it.
            lobe = find_lobe(x, h, h_se, *fractions, at_line=True)
    nan = float("nan")
    if lobe is None:
        end = x[np.argmax(h <= 0)] if (h <= 0).any() else x[-1]
        z = _significance(x, h, deviations, x[0], end) if h[0] > 0 else nan
        missing = np.full(5, nan)
        return Layer(
            lobe,
            missing,
            False,
            nan,
            nan,
            (nan, nan),
            z,
            h[0] > 0,
            nan,
            nan,
            nan,
            nan,
            h_se,
            float(x[-1]),
            nan,
        )
    fit = double_sigmoid.fit(x, h, lobe.window)
    parameters = fit.parameters[0]
    mode, height = double_sigmoid.mode_and_height(parameters)
    left, right = double_sigmoid.crossings(parameters, settings.width_fraction, (mode, height))
    plateau_end = _plateau_end(x, h, lobe)
    plateau, plateau_se = _plateau(x, h, deviations, right, plateau_end)
    samples = h[lobe.window]
    total = ((samples - samples.mean()) ** 2).sum()
    return Layer(
        lobe=lobe,
        parameters=parameters,
        at_bound=bool(fit.at_bound.any()),
        mode_mm=float(mode),
        height=float(height),
        edges_mm=(float(left), float(right)),
        z=_significance(x, h, deviations, lobe.start_mm, lobe.end_mm),
        dark_from_line=lobe.touches_pial_line,
        plateau=plateau,
        plateau_se=plateau_se,
        r_squared=float(1 - fit.sum_of_squares[0] / total) if total > 0 else nan,
        rmse=float(np.sqrt(fit.sum_of_squares[0] / len(samples))),
        h_se=h_se,
        window_end_mm=float(x[lobe.window][-1]),
        plateau_end_mm=plateau_end,
    )


def _significance(x, h, deviations, start, end):
    """Area of h from start to end over its standard deviation."""
    weights = _integral_weights(x, start, end)
    deviation = np.linalg.norm(deviations @ weights)
    return float(weights @ h / deviation) if deviation > 0 else float("inf")


def _integral_weights(x, start, end):
    """Weights that integrate a piecewise linear function given at the evenly spaced x from start to end."""
    step = x[1] - x[0]

    def from_the_left(depth):
        u = np.clip((depth - x) / step, -1, 1)
        return np.where(u < 0, (1 + u) ** 2 / 2, 1 - (1 - u) ** 2 / 2)

    return step * (from_the_left(end) - from_the_left(start))


def plateau_window(x, layer_end_mm, plateau_end_mm):
    """Which of the depths x (mm) are white matter: from 1 mm past the layer's deep edge on."""
    return (x >= layer_end_mm + PLATEAU_BEGINS_MM) & (x <= plateau_end_mm)


def _plateau_end(x, h, lobe):
    """The end of the sampled depth, or where h begins to rise to a second layer (an opposite bank)."""
    last = np.flatnonzero(lobe.window)[-1]
    return float(x[last if last == len(x) - 1 else lobe.top + h[lobe.top : last + 1].argmin()])


def _plateau(x, h, deviations, layer_end_mm, plateau_end_mm):
    """Median of h past the layer, and the standard error of h's mean there; nan where no depth is left."""
    beyond = plateau_window(x, layer_end_mm, plateau_end_mm)
    if not beyond.any():
        return float("nan"), float("nan")
    return float(np.median(h[beyond])), float(np.linalg.norm(deviations[:, beyond].mean(axis=1)))


@dataclass(frozen=True)
class Verdict:
    """The marker after the rules: an absent layer has SH = 0, a merged or touching one no thickness."""

    sh: float
    thk_mm: float
    sh_thk_per_mm: float
    absent: bool
    touches: bool
    second: bool


def judge(layer):
    """Apply the rules to a layer.

    Absent (no lobe, or z < 2): SH and SH/Thk are 0, Thk is missing. Touching the pial line (no zero crossing, or F's
    superficial edge at x < 0) and a second layer (lobes merge, or F's deep edge leaves the window): Thk and SH/Thk are
    missing, since the width is not the layer's.
    """
    nan = float("nan")
    left, right = layer.edges_mm
    absent = not layer.z >= NO_LAYER_BELOW_Z
    touches = not absent and (layer.dark_from_line or left < 0)
    second = not absent and layer.lobe is not None and (layer.lobe.merged or right > layer.window_end_mm)
    if absent:
        return Verdict(0.0, nan, 0.0, absent, touches, second)
    if touches or second:
        return Verdict(layer.height, nan, nan, absent, touches, second)
    return Verdict(layer.height, right - left, layer.height / (right - left), absent, touches, second)


def white_matter_mismatch(layer):
    """Whether the plateau differs from 0 by more than 3 standard errors or 15 % of SH.

    Less than 1 % of SH is never a mismatch: it changes neither height nor width, whatever the standard error.
    """
    plateau = abs(layer.plateau)
    if not plateau > NEGLIGIBLE_SHARE_OF_SH * layer.height:
        return False
    return bool(plateau > PLATEAU_STANDARD_ERRORS * layer.plateau_se or plateau > PLATEAU_SHARE_OF_SH * layer.height)
