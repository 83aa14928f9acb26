"""Axial sections of a simplified head: which tissue lies where, with the motor cortex laid along given folds.

In-plane positions are (x, y) in mm: x to the subject's right, y to the front. Depths are in mm from a pial line.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.interpolate import RectBivariateSpline
from scipy.spatial import cKDTree

from .fold import Fold
from .lean import UPRIGHT, Lean
from .tissue import Tissue
from .vein import Vein, bloomed

SECTIONS = ("splenium", "orofacial", "hand_knob", "paracentral_lobule")  # from below
SPLENIUM = ((0.0, -40.0), (13.0, 5.5))  # centre and half axes, mm
CORTEX = 2.8  # mm, thickness of cortex other than M1
SULCUS = 1.6  # mm, width of sulci other than the central one
FISSURE = 2.4  # mm, width between the hemispheres
MARGIN = 8.0  # mm of M1 beyond either end of the drawn stretch: further than the point spread reaches


@dataclass(frozen=True)
class Bank:
    """The motor cortex of one region: layers parallel to a fold.

    Attributes
    ----------
    side : int
        1 in the right hemisphere (x > 0), -1 in the left.
    fold : Fold
        The pial line; `length` mm of it, about the apex, are drawn.
    length : float
    sulcus : float
        Width in mm of the fluid above it.
    layers : tuple of (depth in mm, Tissue)
        Each layer's superficial border and tissue, from above the cortex to beneath it; the first border is -inf.
    white_matter : array, shape (2,)
        Where the observer places the white-matter ROI.
    undulation : array, shape (n,)
        At each node of the fold: how much deeper than their depth the borders of the deep layers, and of all that is
        beneath them, lie there, in mm.
    veins : tuple of Vein
    lean : Lean
        Fold, depths and veins are those of the slice on which the line is drawn, depths across the cortex.
    """

    side: int
    fold: Fold
    length: float
    sulcus: float
    layers: tuple[tuple[float, Tissue], ...]
    white_matter: np.ndarray
    undulation: np.ndarray
    veins: tuple[Vein, ...] = ()
    lean: Lean = UPRIGHT


@dataclass(frozen=True)
class Patch:
    """A disc of one tissue: centre in mm, radius in mm."""

    centre: np.ndarray
    radius: float
    tissue: Tissue


# Brain outline: centre, half axes, mm. Deep structures: tissue, centre and half axes in the right hemisphere, mm.
_OUTLINES = {
    "splenium": ((0, -18), (65, 81)),
    "orofacial": ((0, -18), (65, 81)),
    "hand_knob": ((0, -18), (64, 80)),
    "paracentral_lobule": ((0, -20), (55, 68)),
}
_FISSURES = {
    "splenium": ((-110, -48), (36, 80)),
    "orofacial": ((-110, 80),),
    "hand_knob": ((-110, 80),),
    "paracentral_lobule": ((-110, 80),),
}
_DEEP_STRUCTURES = {
    "splenium": (
        ("fluid", (17, -34), (3.5, 10)),
        ("fluid", (8, 17), (3, 10)),
        ("cortex", (11, -12), (7, 12)),
        ("cortex", (14, 11), (3.5, 9)),
        ("cortex", (27, 2), (5, 14)),
        ("fluid", (0, -5), (1.5, 12)),
        ("splenium", *SPLENIUM),
        ("splenium", (0, 30), (11, 4.5)),
    ),
    "orofacial": (),
    "hand_knob": (),
    "paracentral_lobule": (),
}


def tissue_map(section, tissues, banks, patches, x, y, step, height=0.0):
    """Fraction of every pixel of a slice that each tissue fills.

    Parameters
    ----------
    section : str
        One of SECTIONS.
    tissues : dict of str to Tissue
        What all but the banks and patches is made of.
    banks : sequence of Bank
    patches : sequence of Patch
    x, y : arrays, shape (columns,) and (rows,)
        Evenly spaced positions of the pixels in mm; x may run to either side.
    step : callable
        Fraction of a pixel that lies beyond an edge at a signed distance in mm.
    height : float
        Of the slice's middle above the slice on which the line is drawn, in mm; it matters where the cortex leans.

    Returns
    -------
    dict of Tissue to float32 array, shape (rows, columns)
        They add up to 1.
    """
    inside, depth = _depths(section, banks, x, y)
    brain, cortex_and_below, below_cortex = step(inside), step(depth), step(depth - CORTEX)
    scalp, bone, fluid = step(inside + 13), step(inside + 8), step(inside + 2.5)
    cortex_and_below = np.minimum(cortex_and_below, brain)
    fractions = {
        "air": 1 - scalp,
        "scalp": scalp - bone,
        "bone": bone - fluid,
        "fluid": fluid - cortex_and_below,
        "cortex": cortex_and_below - below_cortex,
        "white_matter": below_cortex,
    }
    fractions = {tissues[name]: fraction for name, fraction in fractions.items()}
    for name, (centre_x, centre_y), axes in _DEEP_STRUCTURES[section]:
        for side in (1, -1) if centre_x else (1,):
            _overlay(fractions, tissues[name], x, y, (side * centre_x, centre_y), axes, step)
    for bank in banks:
        _lay(fractions, bank, tissues, x, y, step, height)
    for patch in patches:
        _overlay(fractions, patch.tissue, x, y, patch.centre, (patch.radius, patch.radius), step)
    return fractions


def _depths(section, banks, x, y):
    """Distance from the brain's outline and from the nearest fluid, mm, positive inside; shape (rows, columns).

    Found on a grid of whole millimetres and interpolated: only M1 and its surroundings need exact distances, and get
    them in _lay.
    """
    coarse_x, coarse_y = (np.arange(np.floor(axis.min()) - 1, np.ceil(axis.max()) + 2) for axis in (x, y))
    grid = np.stack(np.meshgrid(coarse_x, coarse_y), -1)
    centre, half_axes = _OUTLINES[section]
    outline = _outline(section)
    inside = _distance(grid, outline) * np.where(_in_outline(grid, centre, half_axes), 1, -1)
    depth = np.minimum(inside, _distance(grid, _fissure(section)) - FISSURE / 2)
    depth = np.minimum(depth, _distance(grid, _sulci(section, banks, outline)) - SULCUS / 2)
    for bank in banks:
        beneath = bank.fold.depth(grid.reshape(-1, 2)).reshape(grid.shape[:2])
        beneath[grid[..., 0] * bank.side < 0] = np.inf
        depth = np.minimum(depth, np.abs(beneath + bank.sulcus / 2) - bank.sulcus / 2)
    ascending_x, order = np.sort(x), np.argsort(x)
    return tuple(
        RectBivariateSpline(coarse_y, coarse_x, field, kx=1, ky=1)(y, ascending_x)[:, np.argsort(order)]
        for field in (inside, depth)
    )


def _outline(section):
    (centre_x, centre_y), half_axes = _OUTLINES[section]
    angle = np.linspace(0, 2 * np.pi, 2000, endpoint=False)
    x, y = half_axes[0] * np.cos(angle), half_axes[1] * np.sin(angle)
    return np.stack([centre_x + x * _narrowing(y / half_axes[1]), centre_y + y], -1)


def _in_outline(points, centre, half_axes):
    x, y = ((points[..., axis] - centre[axis]) / half_axes[axis] for axis in (0, 1))
    return (x / _narrowing(np.clip(y, -1, 1))) ** 2 + y**2 < 1


def _narrowing(forward):
    return 1 - 0.1 * forward  # the brain is wider behind than in front


def _fissure(section):
    y = np.concatenate([np.arange(first, last, 0.25) for first, last in _FISSURES[section]])
    return np.stack([np.zeros_like(y), y], -1)


def _sulci(section, banks, outline):
    """Centre lines of the sulci that merely make it look like a brain: winding cuts inwards from the surface."""
    centre = np.array(_OUTLINES[section][0])
    depth = np.arange(0, 24, 0.25)
    lines = []
    for number, start in enumerate(outline[20 :: len(outline) // 34]):
        inwards = (centre - start) * (1, 0.7)
        inwards /= np.linalg.norm(inwards)
        across = np.array([-inwards[1], inwards[0]])
        within = depth < (11, 18, 8, 21, 13)[number % 5]
        winding = 1.8 * np.sin(depth / 4 + number)
        lines.append((start + np.outer(depth, inwards) + np.outer(winding, across))[within])
    for number, y in enumerate(np.arange(-85, 55, 13)):
        for side in (1, -1):
            if any(first < y < last for first, last in _FISSURES[section]):
                within = depth < (12, 7, 9)[number % 3]
                winding = 1.5 * np.sin(depth / 3 + number)
                lines.append(np.stack([side * depth, y + winding], -1)[within])
    clear = np.split(_clear_of(banks, np.concatenate(lines)), np.cumsum([len(line) for line in lines])[:-1])
    return np.concatenate([line[: np.argmin(np.append(free, False))] for line, free in zip(lines, clear, strict=True)])


def _clear_of(banks, points):
    """Whether points are far enough from the banks and from what their normals sample."""
    clear = np.ones(len(points), bool)
    for bank in banks:
        half = bank.length / 2 + MARGIN
        deepest = max(8.0, bank.layers[-1][0]) + CORTEX + SULCUS
        clear &= _distance(points, bank.fold.points) > 2 * CORTEX + SULCUS
        clear &= _distance(points, bank.fold.stretch(-half, half).points) > deepest
    return clear


def borders_along(bank, height=0.0):
    """Depth in mm of each layer's superficial border as a function of arc length in mm; a tuple of callables.

    Depths are beneath the pial line as it lies at a height in mm.

    Parameters
    ----------
    bank : Bank, or RegionTruth
    height : float
    """
    moves = next(number for number, (_, tissue) in enumerate(bank.layers) if tissue.name == "deep_cortex")

    def border(number):
        depth = bank.layers[number][0]
        if number < moves:
            within = float(bank.lean.in_slice(depth, height))
            return lambda arc: np.full(np.shape(arc), within)
        within = bank.lean.in_slice(depth + bank.undulation, height)
        return lambda arc: np.interp(arc, bank.fold.arc, within)

    return tuple(map(border, range(len(bank.layers))))


def _lay(fractions, bank, tissues, x, y, step, height):
    """Put the layers of a bank, averaged over the slice's thickness, in place of what is there."""
    half = bank.length / 2 + MARGIN
    fold = bank.fold.stretch(-half, half)
    offsets, weights = bank.lean.heights_within_slice()
    heights = height + offsets
    recedes = [bank.lean.recedes(z) for z in heights]
    borders = [borders_along(bank, z) for z in heights]
    # A little beyond the outermost borders, so that their edges are whole.
    deepest = max([CORTEX, *(vein.reaches_mm for vein in bank.veins)])
    first, last = ([float(own[number](np.zeros(1))[0]) for own in borders] for number in (1, -1))
    above = min(bank.layers[1][0], *np.add(recedes, first)) - 0.5
    beneath = max(deepest, bank.layers[-1][0], *np.add(recedes, np.maximum(last, deepest))) + 0.5
    reach = max(-above, beneath)
    columns = np.flatnonzero((x > fold.points[:, 0].min() - reach) & (x < fold.points[:, 0].max() + reach))
    rows = np.flatnonzero((y > fold.points[:, 1].min() - reach) & (y < fold.points[:, 1].max() + reach))
    if not len(columns) or not len(rows):
        return
    columns, rows = (index.ravel() for index in np.meshgrid(columns, rows))
    depth, arc = fold.locate(np.stack([x[columns], y[rows]], -1), reach)
    laid = (depth > above) & (depth < beneath) & (x[columns] * bank.side > 0)
    columns, rows, depth, arc = columns[laid], rows[laid], depth[laid], arc[laid]
    for fraction in fractions.values():
        fraction[rows, columns] = 0
    if not bank.lean.is_upright and not bank.veins and not bank.undulation.any():
        # All then depends on the depth alone.
        grid = np.arange(above - 0.01, beneath + 0.02, 0.005)
        places, of_place = (grid, np.zeros_like(grid)), lambda part: np.interp(depth, grid, part)
    else:
        places, of_place = (depth, arc), lambda part: part
    for weight, receding, own in zip(weights, recedes, borders, strict=True):
        within = [border(places[1]) for border in own]
        for tissue, part in _parts(bank, tissues, places[0] - receding, places[1], within, step):
            fraction = fractions.setdefault(tissue, np.zeros((len(y), len(x)), np.float32))
            fraction[rows, columns] += of_place(part if weight == 1 else weight * part)


def _parts(bank, tissues, depth, arc, borders, step):
    """Tissues of a bank and the part of each pixel that they fill, at places beneath the pial line and along it."""
    beyond = [np.ones_like(depth), *(step(depth - border) for border in borders[1:]), np.zeros_like(depth)]
    parts = [upper - lower for upper, lower in pairwise(beyond)]
    tissues_of_parts = [tissue for _, tissue in bank.layers]
    for vein in bank.veins:
        for number, (_, tissue) in enumerate(bank.layers):
            above_and_beneath = borders[number], borders[number + 1] if number + 1 < len(borders) else np.inf
            core = vein.part_between(*above_and_beneath, arc, depth, step)
            darkened = vein.part_between(*above_and_beneath, arc, depth, step, vein.blooming_mm)
            parts[number] = parts[number] - darkened
            parts += [darkened - core, core]
            tissues_of_parts += [bloomed(tissue, tissues), tissues["vein"]]
    return zip(tissues_of_parts, parts, strict=True)


def _overlay(fractions, tissue, x, y, centre, half_axes, step):
    """Put an ellipse of one tissue in place of what is there."""
    columns, rows = (
        np.flatnonzero(np.abs(axis - middle) < half + 1)
        for axis, middle, half in zip((x, y), centre, half_axes, strict=True)
    )
    if not len(columns) or not len(rows):
        return
    box = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    part = step(_ellipse_depth(x[box[1]], y[box[0]], centre, half_axes))
    for fraction in fractions.values():
        fraction[box] *= 1 - part
    fractions.setdefault(tissue, np.zeros((len(y), len(x)), np.float32))[box] += part


def _ellipse_depth(x, y, centre, half_axes):
    """Distance in mm from an ellipse's outline, positive inside, shape (rows, columns); exact near the outline."""
    x, y = np.meshgrid((x - centre[0]) / half_axes[0], (y - centre[1]) / half_axes[1])
    radius = np.hypot(x, y)
    slope = np.hypot(x / half_axes[0], y / half_axes[1]) / np.maximum(radius, 1e-9)
    return np.where(radius > 1e-3, (1 - radius) / np.maximum(slope, 1e-9), min(half_axes))


def _distance(points, others):
    return cKDTree(others).query(points)[0]
