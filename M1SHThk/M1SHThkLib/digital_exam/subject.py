"""Who is scanned: the folds, layers and iron of a simulated subject's motor cortex, drawn at random."""

from dataclasses import replace

import numpy as np
from scipy.interpolate import CubicSpline

from ..measuring.exam import HEMISPHERES, REGIONS
from .anatomy import CORTEX, Bank
from .drift import drift
from .fold import fold
from .lean import UPRIGHT
from .tissue import TISSUES

ALL_REGIONS = tuple((hemisphere, region) for region in REGIONS for hemisphere in HEMISPHERES)
LIMB_REGIONS = tuple(key for key in ALL_REGIONS if key[1] != "orofacial")  # those that the paper measures
GROUPS = ("patient", "control")  # nothing is known of the iron of mimics

# R2* (1/s) at which the deep layers are as bright as white matter in the mean of all echoes.
ISOINTENSE_R2STAR = {3: 18.33, 7: 34.34}
# How far the deep layers' R2* lies above that: mean (1/s) and standard deviation of the logarithm of a lognormal
# distribution. Chosen so that SH/Thk comes near the published groups: controls' regions 0.03 and 0.08 at 3T and 7T,
# patients' greatest of four 0.11 and 0.25 (Donatelli et al. 2018). A fit, no evidence.
R2STAR_EXCESS = {
    (3, "control"): (1.05, 0.35),
    (3, "patient"): (2.5, 0.85),
    (7, "control"): (5.9, 0.35),
    (7, "patient"): (15.0, 0.60),
}
SUBJECT_CORRELATION = 0.6  # of the logarithm of the excess between the regions of a subject
DEEP_LAYER_MM = {"control": (1.3, 1.8), "patient": (0.9, 1.4)}
SUPERFICIAL_LAYER_MM = {"control": (1.6, 2.0), "patient": (1.6, 1.9)}
WHITE_MATTER_BETWEEN_BANKS = 2.0  # mm, in a thin gyrus
VEIN_MM = (-0.8, 0.25)  # depths between which it is dark; blooming takes it into the cortex
# Over so much white matter a gradient runs, in steps that the point spread smooths.
GRADIENT_MM, GRADIENT_STEP_MM = 4.0, 0.5
# What the deep layers are: iron makes them darker than white matter; without, they are as bright as it is (in the mean
# of all echoes), or as bright as the superficial cortex.
DEEP_LAYERS = ("dark", "isointense", "bright")

_IRON, _THICKNESS, _GEOMETRY, _UNDULATION = range(4)  # each draws from a stream of its own, so that none shifts another


def deep_r2star(field_strength, group, seed, spread=None):
    """R2* of the deep layers in 1/s, a value for each of ALL_REGIONS.

    `spread` is the standard deviation of the logarithm of its excess; None = that of R2STAR_EXCESS.
    """
    mean, usual = R2STAR_EXCESS[field_strength, group]
    spread = usual if spread is None else spread
    score = iron_scores(seed)
    return ISOINTENSE_R2STAR[field_strength] + mean * np.exp(spread * score - spread**2 / 2)


def iron_scores(seed):
    """How much iron each of ALL_REGIONS holds, in standard deviations of the logarithm from its group's median."""
    generator = np.random.default_rng([seed, _IRON])
    own, subjects = generator.standard_normal(len(LIMB_REGIONS)), generator.standard_normal()
    own = np.append(own, generator.standard_normal(len(ALL_REGIONS) - len(own)))
    # Limited, so that no region is beyond what iron does.
    return np.clip(np.sqrt(SUBJECT_CORRELATION) * subjects + np.sqrt(1 - SUBJECT_CORRELATION) * own, -2.3, 2.3)


def layer_thicknesses(group, seed):
    """Thickness in mm of the superficial and of the deep layers, shape (2,), for each of ALL_REGIONS."""
    generator = np.random.default_rng([seed, _THICKNESS])
    lowest, highest = np.transpose([SUPERFICIAL_LAYER_MM[group], DEEP_LAYER_MM[group]])
    return generator.uniform(lowest, highest, (len(ALL_REGIONS), 2))


def undulation(arc, deviation, correlation, seed, number):
    """How much thicker the superficial cortex of a region is than its mean, in mm, at arc lengths in mm, shape (n,).

    A Gaussian process of a standard deviation and correlation length in mm; `number` is the region's in ALL_REGIONS.
    """
    knots = np.arange(arc[0], arc[-1] + correlation, correlation / 8)
    random = np.random.default_rng([seed, _UNDULATION, number])
    return deviation * CubicSpline(knots, drift(knots, correlation, random))(arc)


def motor_banks(
    field_strength,
    group,
    seed,
    line_length_mm,
    vein=False,
    opposite_bank=False,
    iron_spread=None,
    *,
    deep_layer="dark",
    superficial_spread_mm=0.0,
    superficial_correlation_mm=4.0,
    white_matter_gradient=0.0,
    veins=(),
    lean=UPRIGHT,
):
    """The subject's motor cortex.

    Parameters
    ----------
    field_strength : int
        3 or 7 tesla.
    group : str
        'patient' or 'control'.
    seed : int
    line_length_mm : float
        How much of each pial line is drawn.
    vein, opposite_bank : bool
        A dark vein along the pial line; a thin gyrus whose opposite bank begins after 2 mm of white matter.
    iron_spread : float or None
        See `deep_r2star`.
    deep_layer : str
        One of DEEP_LAYERS.
    superficial_spread_mm, superficial_correlation_mm : float
        See `undulation`.
    white_matter_gradient : float
        Part of its signal by which white matter brightens a mm, from beneath the cortex to GRADIENT_MM deeper, where
        it is as bright as everywhere.
    veins : tuple of Vein
    lean : Lean

    Returns
    -------
    dict of (hemisphere, region) to Bank
    """
    tissues = TISSUES[field_strength]
    r2stars = deep_r2star(field_strength, group, seed, iron_spread)
    thicknesses = layer_thicknesses(group, seed)
    generator = np.random.default_rng([seed, _GEOMETRY])
    banks = {}
    for number, (hemisphere, region) in enumerate(ALL_REGIONS):
        draws = generator.uniform(0, 1, 4)
        side = 1 if hemisphere == "right" else -1
        deep = _deep_cortex(deep_layer, tissues, field_strength, float(r2stars[number]))
        sulcus = 8.0 if region == "paracentral_lobule" else 2.0  # it faces the cleft between the hemispheres
        layers = _layers(tissues, deep, *map(float, thicknesses[number]), sulcus, vein, opposite_bank)
        line, reference = _geometry(region, side, draws, layers[-1][0] if opposite_bank else None)
        if white_matter_gradient:
            layers = (*layers[:-1], *_brightening(*layers[-1], white_matter_gradient))
        thicker = undulation(line.arc, superficial_spread_mm, superficial_correlation_mm, seed, number)
        banks[hemisphere, region] = Bank(side, line, line_length_mm, sulcus, layers, reference, thicker, veins, lean)
    return banks


def _deep_cortex(kind, tissues, field_strength, r2star):
    """The tissue of the deep layers; `r2star`, in 1/s, is theirs where they are dark."""
    if kind == "bright":
        return replace(tissues["cortex"], name="deep_cortex")
    r2star = ISOINTENSE_R2STAR[field_strength] if kind == "isointense" else r2star
    return replace(tissues["deep_cortex"], r2star_per_s=r2star)


def _geometry(region, side, draws, thin_gyrus_mm):
    """A fold, and where its white-matter ROI is placed.

    Parameters
    ----------
    draws : sequence of four float
        From 0 to 1: what differs between subjects.
    thin_gyrus_mm : float or None
        Depth of the farther bank's far side; the fold must then be gentle, to have room for it.
    """
    if region == "hand_knob":
        # A knob of about 14 mm that points to the back and a little to the side (Yousry et al., Brain 1997;120:141).
        crown, fundus, turn = 6.2 + 1.0 * draws[0], 2.5 + 0.5 * draws[1], np.radians(72 + 10 * draws[2])
        turns = [(crown * turn, 1 / crown), (1.5, 0.0), (fundus * turn, -1 / fundus)]
        apex, length, roi_mm = (34.0 * side, -32.0), 64.0, 18.0
        tilt = np.radians(12 + 12 * draws[3])
        inward = (-side * np.sin(tilt), np.cos(tilt))
    elif region == "orofacial":
        # A gentle bulge into the central sulcus, which runs outwards and to the front below the hand knob.
        crown, fundus, turn = 17 + 3 * draws[0], 11 + 3 * draws[1], np.radians(16 + 4 * draws[2])
        turns = [(crown * turn, 1 / crown), (fundus * turn, -1 / fundus)]
        apex, length, roi_mm = (40.0 * side, -16.0), 64.0, 16.0
        tilt = np.radians(47 + 8 * draws[3])
        inward = (-side * np.sin(tilt), np.cos(tilt))
    else:
        # A gentle bulge towards the midline, whose ends turn back to it.
        crown, fundus, turn = 18 + 4 * draws[0], 11 + 3 * draws[1], np.radians(20 + 5 * draws[2])
        turns = [(crown * turn, 1 / crown), (fundus * turn, -1 / fundus), (9.0, 0.0), (4.0, -0.1)]
        apex, length, roi_mm = (2.4 * side, -28 - 4 * draws[3]), 84.0, 14.0
        inward = (side, 0.0)
    if thin_gyrus_mm is not None:
        turns, roi_mm = [(20.0, 1 / 24)], thin_gyrus_mm + 5.0
    return fold(turns, length, apex, inward, side < 0), np.asarray(apex) + roi_mm * np.asarray(inward)


def _brightening(begin, white_matter, gradient):
    """Layers of white matter from a depth in mm on that brighten by a part of the signal a mm."""
    for step in np.arange(0, GRADIENT_MM, GRADIENT_STEP_MM):
        part = 1 + gradient * (step + GRADIENT_STEP_MM / 2 - GRADIENT_MM)
        yield float(begin + step), replace(white_matter, proton_density=white_matter.proton_density * part)
    yield begin + GRADIENT_MM, white_matter


def _layers(tissues, deep, superficial_mm, deep_mm, sulcus, vein, opposite_bank):
    cortex, fluid, white_matter = tissues["cortex"], tissues["fluid"], tissues["white_matter"]
    top = (0.0, cortex)
    above = [(-np.inf, white_matter), (-sulcus - CORTEX, cortex), (-sulcus, fluid)]
    if vein:
        above.append((VEIN_MM[0], tissues["vein"]))
        top = (VEIN_MM[1], cortex)
    bottom = superficial_mm + deep_mm
    layers = [*above, top, (superficial_mm, deep), (bottom, white_matter)]
    if opposite_bank:
        edges = bottom + WHITE_MATTER_BETWEEN_BANKS + np.cumsum([0.0, deep_mm, superficial_mm, 1.6, CORTEX])
        layers += zip(edges.tolist(), (deep, cortex, fluid, cortex, white_matter), strict=True)
    return tuple(layers)
