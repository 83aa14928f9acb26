"""The deep layer that a hypointensity profile shows: F fitted in its lobe, its significance, and what lies beneath it.

These definitions are the project's own; the paper states the fit, the height and the width at a fraction of it.
"""

from dataclasses import dataclass, replace

import numpy as np

from . import double_sigmoid
from .hypointensity import Lobe, find_lobe, is_parted

NO_LAYER_BELOW_Z, NEAR_NOISE_BELOW_Z = 2.0, 3.0
# A layer that begins nearer to the line than superficial cortex is thick lies above the cortex: a vein.
SUPERFICIAL_CORTEX_MM = 0.8
PLATEAU_BEGINS_MM = 1.0
# A second layer rises by so much of the first one's height.
RISES_BY = 0.25
SHORTEST_PLATEAU_MM, FEWEST_PLATEAU_SAMPLES = 0.5, 5
# Cortex beneath a vein that is bright down to the white matter is no thicker than this (a gradient of white matter is),
# and past it the profile comes back by two thirds.
THICKEST_RIM_MM, RIM_ENDS_AT = 3.5, 1 / 3


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
        Area of the lobe, from its superficial zero crossing to its deep edge and no further (`Lobe.judged_to_mm`), over
        its standard deviation, which is that of the block bootstrap with the full covariance over depth, both ROIs'
        noise included: an area in a smooth profile cannot be judged sample by sample.
    is_dark_from_line : bool
        Nothing separates the darkness from the pial line.
    is_parted : bool
        A second maximum merges with the first.
    above : DarkArea
        Between the pial line and the lobe.
    beneath : Beneath
        What lies past the lobe.
    plateau, plateau_se : float
        Median of h from 1 mm past the layer to the end of the depth, and its standard error; nan where less than
        0.5 mm or five samples of it are seen.
    r_squared, rmse : float
        Of the fit within its window.
    window_end_mm, plateau_end_mm : float
        Deepest sample of the fit window, and of the plateau.
    """

    lobe: Lobe | None
    parameters: np.ndarray
    at_bound: bool
    mode_mm: float
    height: float
    edges_mm: tuple[float, float]
    z: float
    is_dark_from_line: bool
    is_parted: bool
    above: "DarkArea"
    beneath: "Beneath"
    plateau: float
    plateau_se: float
    r_squared: float
    rmse: float
    window_end_mm: float
    plateau_end_mm: float

    @property
    def width_mm(self):
        """Width of F at the width's fraction of its height."""
        return self.edges_mm[1] - self.edges_mm[0]


@dataclass(frozen=True)
class DarkArea:
    """A stretch of the profile, apart from the lobe, that is darker than its surroundings; 0 where there is none.

    Attributes
    ----------
    z : float
        Area over its standard deviation.
    height, rise : float
        Greatest h, and how far it stands above the valley that parts the area from the lobe, or above 0.
    top_mm : float
        Where h is greatest.
    is_whole : bool
        h comes back by half of the rise: a gradient of white matter does not.
    """

    z: float = 0.0
    height: float = 0.0
    rise: float = 0.0
    top_mm: float = float("nan")
    is_whole: bool = False

    @property
    def is_separate(self):
        """Whether h comes back to 0 between the area and the lobe."""
        return self.rise == self.height


@dataclass(frozen=True)
class Beneath:
    """What the profile shows past the lobe; 0 where there is none of it.

    Attributes
    ----------
    dark : DarkArea
        The most significant one.
    rim_z, rim_height : float
        Area of h over its standard deviation, and least h, of a stretch right past the lobe that is brighter than what
        follows it: negative, where superficial cortex lies between a vein and the deep layers.
    """

    dark: DarkArea = DarkArea()
    rim_z: float = 0.0
    rim_height: float = 0.0


def find_layer(x, h, deviations, lobe, settings):
    """The layer in h.

    Parameters
    ----------
    x : array, shape (d,)
        Depths in mm, evenly spaced from 0.
    h : array, shape (d,)
    deviations : array, shape (m, d)
        Independent contributions to h's error: its covariance over depth is their deviations' deviations.
    lobe : Lobe or None
        What `find_lobe` finds in h.
    settings : Settings

    Returns
    -------
    Layer
    """
    if lobe and not lobe.touches_pial_line and h[0] > 0:
        separated = significance(x, h, deviations, lobe.start_mm, lobe.judged_to_mm)
        at_line = significance(x, h, deviations, x[0], x[np.argmax(h <= 0)])
        if separated < NEAR_NOISE_BELOW_Z <= at_line:
            # Beside clear darkness at the line, what is separated from it and near noise is taken for a ripple of the
            # noise: the line cuts into the layer, or fluid or a vein hides it.
            lobe = find_lobe(x, h, settings.lobe_fraction, settings.window_fraction, at_line=True)
    nan = float("nan")
    if lobe is None:
        end = x[np.argmax(h <= 0)] if (h <= 0).any() else x[-1]
        z = significance(x, h, deviations, x[0], end) if h[0] > 0 else nan
        missing = np.full(5, nan)
        return Layer(
            lobe=None,
            parameters=missing,
            at_bound=False,
            mode_mm=nan,
            height=nan,
            edges_mm=(nan, nan),
            z=z,
            is_dark_from_line=bool(h[0] > 0),
            is_parted=False,
            above=DarkArea(),
            beneath=Beneath(),
            plateau=nan,
            plateau_se=nan,
            r_squared=nan,
            rmse=nan,
            window_end_mm=float(x[-1]),
            plateau_end_mm=nan,
        )
    fit = double_sigmoid.fit(x, h, lobe.window)
    parameters = fit.parameters[0]
    mode, height = double_sigmoid.mode_and_height(parameters)
    left, right = double_sigmoid.crossings(parameters, settings.width_fraction, (mode, height))
    plateau, plateau_se, plateau_end = white_matter_plateau(x, h, deviations, lobe)
    samples = h[lobe.window]
    total = ((samples - samples.mean()) ** 2).sum()
    return Layer(
        lobe=lobe,
        parameters=parameters,
        at_bound=bool(fit.at_bound.any()),
        mode_mm=float(mode),
        height=float(height),
        edges_mm=(float(left), float(right)),
        z=significance(x, h, deviations, lobe.start_mm, lobe.judged_to_mm),
        is_dark_from_line=lobe.touches_pial_line,
        is_parted=is_parted(h, np.sqrt((deviations**2).sum(0)), lobe, settings.window_fraction),
        above=above(x, h, deviations, lobe, settings.window_fraction),
        beneath=beneath(x, h, deviations, lobe),
        plateau=plateau,
        plateau_se=plateau_se,
        r_squared=float(1 - fit.sum_of_squares[0] / total) if total > 0 else nan,
        rmse=float(np.sqrt(fit.sum_of_squares[0] / len(samples))),
        window_end_mm=float(x[lobe.window][-1]),
        plateau_end_mm=plateau_end,
    )


def significance(x, h, deviations, start, end):
    """Area of h from start to end over its standard deviation."""
    weights = _integral_weights(x, start, end)
    deviation = np.linalg.norm(deviations @ weights)
    return float(weights @ h / deviation) if deviation > 0 else float(np.inf * np.sign(weights @ h))


def _integral_weights(x, start, end):
    """Weights that integrate a piecewise linear function given at the evenly spaced x from start to end."""
    step = x[1] - x[0]

    def from_the_left(depth):
        u = np.clip((depth - x) / step, -1, 1)
        return 0.5 + u - u * np.abs(u) / 2

    return step * (from_the_left(end) - from_the_left(start))


def plateau_window(x, lobe_end_mm, plateau_end_mm):
    """Which of the depths x (mm) are white matter: from 1 mm past the lobe's deep edge on."""
    return (x >= lobe_end_mm + PLATEAU_BEGINS_MM) & (x <= plateau_end_mm)


def white_matter_plateau(x, h, deviations, lobe):
    """Median of h past the lobe, the standard error of h's mean there, and where it ends in mm.

    It ends with the sampled depth, or where h begins to rise to a second layer (an opposite bank), wherever the ROI's
    mean lies.
    """
    falling = h[lobe.top :]
    least = np.minimum.accumulate(falling)
    risen = falling - least > RISES_BY * (falling[0] - least)
    last = falling[: risen.argmax()].argmin() if risen.any() else len(falling) - 1
    end = float(x[lobe.top + last])
    past = plateau_window(x, lobe.end_mm, end)
    if past.sum() < FEWEST_PLATEAU_SAMPLES or np.ptp(x[past]) < SHORTEST_PLATEAU_MM - 1e-9:
        return float("nan"), float("nan"), end
    return float(np.median(h[past])), float(np.linalg.norm(deviations[:, past].mean(axis=1))), end


def beneath(x, h, deviations, lobe):
    """What the profile shows past the lobe."""
    past = np.arange(len(h)) > lobe.top
    dark = _most_significant(
        _separate_areas(x, h, deviations, past), _merging_area(x, h, deviations, lobe.top, x > lobe.end_mm)
    )
    (bright,) = np.nonzero((h <= 0) & past)
    if not len(bright):
        return Beneath(dark)
    begin = bright[0]
    least = begin + h[begin : np.searchsorted(x, x[begin] + THICKEST_RIM_MM)].argmin()
    (back,) = np.nonzero((h >= RIM_ENDS_AT * h[least]) & (np.arange(len(h)) > least))
    if not len(back) or x[back[0]] - x[begin] > THICKEST_RIM_MM:
        return Beneath(dark)
    rim_z = significance(x, h, deviations, x[begin], x[back[0]])
    return Beneath(dark, rim_z, float(h[least]))


def above(x, h, deviations, lobe, window_fraction):
    """The most significant dark area between the pial line and the lobe, parted from both; a `DarkArea`."""
    # As seen from the lobe's top: what merges with it lies past its superficial edge.
    before = np.arange(len(h)) < lobe.top
    risen = np.flatnonzero(before & (h < window_fraction * h[lobe.top]))
    past = x < (x[risen[-1]] if len(risen) else x[0])
    seen = _merging_area(x[-1] - x[::-1], h[::-1], deviations[:, ::-1], len(h) - 1 - lobe.top, past[::-1])
    merging = [replace(area, top_mm=float(x[-1] - area.top_mm)) for area in seen]
    return _most_significant(_separate_areas(x, h, deviations, x < lobe.start_mm), merging)


def _most_significant(*areas):
    return max((area for own in areas for area in own), key=lambda area: area.z, default=DarkArea())


def _separate_areas(x, h, deviations, within):
    """Areas with h > 0 whose samples lie within, past the first sample of it with h <= 0."""
    if not (within & (h <= 0)).any():
        return []
    begin, last = np.argmax(within & (h <= 0)), len(h) - 1
    areas = []
    for first, end in _runs(h > 0):
        if first > begin and within[first:end].all():
            top = first + int(h[first:end].argmax())
            height = float(h[top])
            z = significance(x, h, deviations, x[first - 1], x[min(end, last)])
            areas.append(DarkArea(z, height, height, float(x[top]), bool(h[end - 1] <= height / 2)))
    return areas


def _merging_area(x, h, deviations, lobe_top, past):
    """The dark area past the lobe's edge that a valley with h > 0 parts from it; none where there is none."""
    (past,) = np.nonzero(past & (np.arange(len(h)) > lobe_top))
    if not len(past):
        return []
    rise = h[lobe_top:] - np.minimum.accumulate(h[lobe_top:])
    top = past[np.argmax(rise[past - lobe_top])]
    valley = lobe_top + int(h[lobe_top : top + 1].argmin())
    if h[valley] <= 0 or valley == top:
        return []
    rising = h - h[valley]
    end = next(end for first, end in _runs(rising > 0) if first <= top < end)
    parts = deviations - deviations[:, [valley]]
    z = significance(x, rising, parts, x[valley], x[min(end, len(h) - 1)])
    is_whole = bool(rising[top:].min() <= rising[top] / 2)
    return [DarkArea(z, float(h[top]), float(rising[top]), float(x[top]), is_whole)]


def _runs(found):
    """First sample of each run of true ones and the first one past it, shape (m, 2)."""
    changes = np.diff(np.concatenate([[0], found.astype(int), [0]]))
    return np.column_stack([np.flatnonzero(changes == 1), np.flatnonzero(changes == -1)])
