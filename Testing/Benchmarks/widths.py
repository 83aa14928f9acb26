"""The layer's width without blur: bias, scatter and coverage where the layer and the blur are known.

On cortex of four levels under a normal blur (layers of 0.6-2 mm, blur of 0.4-1 mm, 20 of signal to noise in a voxel,
lines of 20-40 mm; also round, and where the superficial cortex's thickness varies), and on digital exams, whose k-space
filter is known. What is withheld is counted, not judged.
"""

from itertools import product

import numpy as np
from blurred_cortex import Cortex
from M1SHThkLib.digital_exam.phantom import PhantomOptions, make_phantom
from M1SHThkLib.digital_exam.subject import GROUPS, LIMB_REGIONS
from M1SHThkLib.measuring.measurement import measure_exam
from workers import spread

WIDTHS_MM, BLURS_MM = (0.6, 0.8, 1.0, 1.4, 2.0), (0.4, 0.6, 0.8, 1.0)
HINDRANCES = {
    "flat": {},
    "round, 7 mm": {"radius_mm": 7.0},
    "superficial cortex varies by 0.15 mm": {"spread_mm": 0.15},
}
INTERVALS = {"w": "w_ci_mm", "dip": "dip_ci", "dip_per_mm": "dip_per_mm_ci"}
FIRST_SEED = 41000


def measure_widths(full):
    """Bias and standard deviation in mm, and the percentage of intervals that cover, worst and by condition."""
    seeds = range(FIRST_SEED, FIRST_SEED + (24 if full else 5))
    tasks = list(product(HINDRANCES, WIDTHS_MM, BLURS_MM, seeds))
    flat = spread(_flat, tasks, "widths, exams")
    digital = [row for own in spread(_digital, range(120 if full else 24), "widths, subjects") for row in own]
    conditions = {name: _judged([row for row in flat if row["hindrance"] == name]) for name in HINDRANCES}
    conditions |= {f"digital exams, {field}T": _judged([r for r in digital if r["field"] == field]) for field in (3, 7)}
    by_size = {
        f"{width:g} mm, blur {blur:g} mm": _judged(
            [row for row in flat if (row["hindrance"], row["width"], row["blur"]) == ("flat", width, blur)]
        )
        for width, blur in product(WIDTHS_MM, BLURS_MM)
    }
    vein = spread(_veiled, range(40 if full else 8), "widths, dark pia")
    return {
        "w_bias_mm": max((own["bias_mm"] for own in conditions.values()), key=abs),
        "w_sd_mm": max(own["sd_mm"] for own in conditions.values()),
        "w_coverage": _judged(flat + digital)["covered_percent"],
        "w_beneath_dark_pia": sum(vein),
        "widths": {"conditions": conditions, "by_size": by_size, "dark_pia_exams": len(vein)},
    }


def _flat(task):
    hindrance, width, blur, seed = task
    length = np.random.default_rng([seed, round(10 * width), round(10 * blur)]).uniform(20, 40)
    cortex = Cortex(seed, width, blur, length, **HINDRANCES[hindrance])
    return {"hindrance": hindrance, "width": width, "blur": blur} | _row(cortex.exam(), width, cortex.dip)


def _digital(number):
    """The row of each scan of a subject."""
    random = np.random.default_rng([number, 43])
    field = (3, 7)[number % 2]
    phantom = make_phantom(
        PhantomOptions(
            field_strength=field,
            group=GROUPS[number // 2 % 2],
            seed=43000 + number,
            regions=(LIMB_REGIONS[random.integers(4)],),
            line_length_mm=random.uniform(20, 40),
            slices=2,
            cropped=True,
        )
    )
    truth = phantom.region_truths[0]
    width = np.diff(truth.deep_layer_mm)[0]
    return [
        {"field": field} | _row(phantom.with_noise(43000 + 3 * number + scan).exam(), width, truth.dip())
        for scan in range(3)
    ]


def _veiled(number):
    """Whether a width is given beneath a dark vein."""
    return bool(np.isfinite(measure_exam(Cortex(45000 + number, 1.2, 0.6, 30.0, vein=True).exam())[0].w_mm))


def _row(exam, width, dip):
    (found,) = measure_exam(exam)
    true = {"w": width, "dip": dip, "dip_per_mm": dip / width}
    intervals = {name: getattr(found, attribute) for name, attribute in INTERVALS.items()}
    return {
        "error": found.w_mm - width,
        "error_of_thk": found.thk_fit_mm - width,
        "covers": {name: bool(low <= true[name] <= high) for name, (low, high) in intervals.items()},
    }


def _judged(rows):
    given = [row for row in rows if np.isfinite(row["error"])]
    errors = np.array([row["error"] for row in given])
    return {
        "exams": len(rows),
        "withheld": len(rows) - len(given),
        "bias_mm": float(errors.mean()) if given else 0.0,
        "sd_mm": float(errors.std()) if given else 0.0,
        "bias_of_thk_mm": float(np.nanmean([row["error_of_thk"] for row in rows])),
        "covered_percent": {
            name: float(100 * np.mean([row["covers"][name] for row in given])) if given else float("nan")
            for name in INTERVALS
        },
    }
