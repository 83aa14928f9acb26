"""The model of four levels: fluid, superficial cortex, dark layer and white matter, parted by three blurred edges.

All three edges are seen through one step response, and the pial edge, by far the highest, tells how wide it is. What F
reads of a thin layer is mostly blur; the distance between two edges of known blur is not. Model-based thickness is
known from bone (Treece et al., Med Image Anal 2010;14:276).
"""

from dataclasses import dataclass

import numpy as np

from .least_squares import levenberg_marquardt

FLUID, CORTEX, LAYER, WHITE_MATTER, PIA, BEGINS, WIDTH, LOG_SCALE, SLOPE = range(9)
# In parts of the profile's own height of the layer: what a narrow layer may be beneath its blur.
DIP_OF_HEIGHT = (0.3, 4.0)
PIA_MM, BEGINS_MM, SCALE_MM = (-1.5, 1.5), (0.2, 5.0), (0.05, 0.9)
# F reads thick, faint layers up to a third too thin.
MOST_OF_THK = 1.4
START_WIDTHS = (0.45, 0.8, 1.15)
_IN_UNIT = [FLUID, CORTEX, LAYER, WHITE_MATTER, SLOPE]


@dataclass(frozen=True)
class Fit:
    """Least-squares fits of the model.

    Attributes
    ----------
    parameters : array, shape (m, 9)
        h of the four levels; depth of the pial edge, depth at which the layer begins, and its width, in mm; logarithm
        of the step response's scale in mm; slope of white matter's h beneath the layer, in 1/mm.
    at_bound : bool array, shape (m,)
        Whether the layer's height, its place, its width or the scale ended on a bound.
    sum_of_squares : array, shape (m,)
    """

    parameters: np.ndarray
    at_bound: np.ndarray
    sum_of_squares: np.ndarray


def four_levels(x, parameters, response, box_mm=0.0):
    """The model at depths x (mm), shape (d,), of parameters (m, 9), and its derivatives: (m, d), (m, d, 9)."""
    p = np.asarray(parameters, float)[:, None]
    scale = np.exp(p[..., LOG_SCALE])
    ends = p[..., BEGINS] + p[..., WIDTH]
    (pia, pia_x, pia_s), (top, top_x, top_s), (end, end_x, end_s) = (
        response.of(x - edge, scale, box_mm) for edge in (p[..., PIA], p[..., BEGINS], ends)
    )
    step_pia, step_top, step_end = np.moveaxis(np.diff(p[..., :4], axis=-1), -1, 0)
    ramp, ramp_x, ramp_s = response.ramp(x - ends, scale)
    slope = p[..., SLOPE]
    value = p[..., FLUID] + step_pia * pia + step_top * top + step_end * end + slope * ramp
    derivatives = np.stack(
        [
            1 - pia,
            pia - top,
            top - end,
            end,
            -step_pia * pia_x,
            -step_top * top_x - step_end * end_x - slope * ramp_x,
            -step_end * end_x - slope * ramp_x,
            step_pia * pia_s + step_top * top_s + step_end * end_s + slope * ramp_s,
            ramp,
        ],
        -1,
    )
    return value, derivatives


def fit(x, profiles, starts, layer, response, box_mm=0.0, slope_weighs=0.0, iterations=200, tolerance=1e-9):
    """Bounded least-squares fits of the model to profiles.

    Parameters
    ----------
    x : array, shape (d,)
        Depths in mm, from the fluid to white matter.
    profiles : array, shape (m, d)
        h, finite.
    starts : array, shape (m, 9)
    layer : Layer
        As F sees it, with its height in the profiles' unit.
    response : StepResponse
    box_mm : float
        Over so much of depth a slice averages the leaning edges.
    slope_weighs : float
        What white matter's slope weighs beside residuals, in mm: without, a wide layer passes for a slope.

    Returns
    -------
    Fit
    """
    unit = max(abs(layer.height), 1e-12)
    values = profiles / unit
    begin = np.array(starts, float)
    begin[:, _IN_UNIT] /= unit
    lowest, highest = (np.tile(_bounds(which, layer.width_mm), (len(begin), 1)) for which in (0, 1))

    def normal_equations(p, those):
        model, derivatives = four_levels(x, p, response, box_mm)
        residual = model - values[those]
        transposed = np.swapaxes(derivatives, -1, -2)
        costs, gradients = (residual**2).sum(-1), (transposed @ residual[..., None])[..., 0]
        hessians = transposed @ derivatives
        costs += (slope_weighs * p[:, SLOPE]) ** 2
        gradients[:, SLOPE] += slope_weighs**2 * p[:, SLOPE]
        hessians[:, SLOPE, SLOPE] += slope_weighs**2
        return costs, gradients, hessians

    p = levenberg_marquardt(normal_equations, begin, lowest, highest, tolerance, iterations)
    at_bound = ((p <= lowest) | (p >= highest))[:, [LAYER, PIA, BEGINS, WIDTH, LOG_SCALE]].any(1)
    sums = ((four_levels(x, p, response, box_mm)[0] - values) ** 2).sum(-1) * unit**2
    p[:, _IN_UNIT] *= unit
    return Fit(p, at_bound, sums)


def _bounds(which, width_mm):
    bounds = np.full(9, (-np.inf, np.inf)[which])
    bounds[LAYER], bounds[PIA], bounds[BEGINS] = DIP_OF_HEIGHT[which], PIA_MM[which], BEGINS_MM[which]
    bounds[WIDTH], bounds[LOG_SCALE] = (0.1, MOST_OF_THK * width_mm + 0.2)[which], np.log(SCALE_MM[which])
    return bounds
