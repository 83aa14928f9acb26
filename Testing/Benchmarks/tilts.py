"""Tilt: digital exams whose cortex leans through the slices by 0-50 degrees, constant or changing with height.

At 3T and 7T, lines of 20-40 mm, with default noise; none of the seeds is one that the method was tuned on.
"""

from itertools import pairwise, product

import numpy as np
from M1SHThkLib.digital_exam.phantom import PhantomOptions, make_phantom
from M1SHThkLib.digital_exam.subject import LIMB_REGIONS
from M1SHThkLib.measuring.measurement import measure_exam
from workers import spread

STEEPEST, STEEPEST_FOR_THICKNESS = 50.0, 45.0
BINS = (0.0, 15.0, 30.0, STEEPEST_FOR_THICKNESS)


def measure_tilts(full):
    """Errors of the tilt in degrees and of the thickness across the cortex in percent."""
    rows = spread(_leaning, list(product((3, 7), range(60 if full else 10))), "tilt, exams")
    errors = np.array([row["tilt_error"] for row in rows])
    errors = errors[np.isfinite(errors)]
    bins = {
        f"{first:g}-{last:g} degrees": _thickness([row for row in rows if first <= row["tilt"] < last])
        for first, last in pairwise(BINS)
    }
    return {
        "tilt_worst_error_deg": float(np.abs(errors).max()),
        "tilt_missing": len(rows) - len(errors),
        "thk_perpendicular_bias_percent": max((own["bias_percent"] for own in bins.values()), key=abs),
        "tilts": {"exams": len(rows), "error_sd_deg": float(errors.std()), "thickness": bins},
    }


def _leaning(task):
    field, number = task
    random = np.random.default_rng([number, field, 47])
    tilt, change = random.uniform(0, STEEPEST), random.choice((0.0, -5.0, 5.0))
    phantom = make_phantom(
        PhantomOptions(
            field_strength=field,
            group="patient",
            seed=47000 + number,
            regions=(LIMB_REGIONS[number % 4],),
            line_length_mm=random.uniform(20, 40),
            slices=6,
            cropped=True,
            tilt=tilt,
            tilt_change=change,
        )
    )
    (found,) = measure_exam(phantom.exam())
    thickness = np.diff(phantom.region_truths[0].deep_layer_mm)[0]
    return {
        "tilt": tilt,
        "tilt_error": found.tilt_deg - tilt,
        "thickness_percent": 100 * (found.thk_perpendicular_mm / thickness - 1),
        "thk_percent": 100 * (found.thk_fit_mm / thickness - 1),
    }


def _thickness(rows):
    across = np.array([row["thickness_percent"] for row in rows])
    given = across[np.isfinite(across)]
    return {
        "exams": len(rows),
        "withheld": len(rows) - len(given),
        "bias_percent": float(given.mean()) if len(given) else 0.0,
        "spread_percent": float(given.std()) if len(given) else 0.0,
        "bias_of_thk_percent": float(np.nanmean([row["thk_percent"] for row in rows])),
    }
