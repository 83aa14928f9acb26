"""Precision: how SH/Thk scatters when an exam's noise is drawn anew, against the linearised least-squares value.

That value is sqrt(g' J+ Sigma J+' g): Sigma the covariance of the averaged h over the noise replicates (the noise of W
and S included), J the Jacobian of F at the noise-free parameters within the noise-free window, g the gradient of SH/Thk
by the parameters.
"""

from dataclasses import replace
from functools import lru_cache
from itertools import product

import numpy as np
from M1SHThkLib.digital_exam.phantom import PhantomOptions, make_phantom
from M1SHThkLib.digital_exam.subject import ALL_REGIONS, GROUPS
from M1SHThkLib.measuring import double_sigmoid
from M1SHThkLib.measuring.measurement import measure_exam
from M1SHThkLib.measuring.settings import Settings
from workers import spread

EXTENTS = ((20.0, 30), (40.0, 60))  # drawn line in mm, voxels of the white-matter ROI
EXAMS_A_TASK = 25
WITHOUT_INTERVALS = Settings(replicates=0)


def measure_precision(full):
    """Scatter over its linearised value, the worst and the pooled one, and a row for every condition."""
    conditions = [
        _condition(number, field, group, EXTENTS[(number + turn) % 2])
        for turn in ((0, 1) if full else (0,))
        for number, (field, group) in enumerate(product((3, 7), GROUPS))
    ]
    exams = 1000 if full else 150
    starts = range(1, exams + 1, EXAMS_A_TASK)
    tasks = [(options, range(start, start + EXAMS_A_TASK)) for options in conditions for start in starts]
    drawn = spread(_drawn, tasks, f"precision, {EXAMS_A_TASK} exams each")
    parts = [drawn[first : first + len(starts)] for first in range(0, len(drawn), len(starts))]
    rows = [
        _judged(options, *map(np.concatenate, zip(*part, strict=True)))
        for options, part in zip(conditions, parts, strict=True)
    ]
    ratios = np.array([row["ratio_sd_over_crb"] for row in rows])
    return {
        "ratio_sd_over_crb": float(ratios.max()),
        "ratio_bias_percent": max((row["bias_percent"] for row in rows), key=abs),
        "precision": {
            "exams_a_condition": exams,
            "ratio_sd_over_crb_pooled": float(np.sqrt((ratios**2).mean())),
            "conditions": rows,
        },
    }


def _condition(number, field, group, extent):
    return PhantomOptions(
        field_strength=field,
        group=group,
        seed=number + 1,
        line_length_mm=extent[0],
        white_matter_voxels=extent[1],
        regions=(ALL_REGIONS[number],),
        slices=2,
        cropped=True,
    )


_phantom = lru_cache(maxsize=1)(make_phantom)


def _drawn(task):
    """SH/Thk, shape (n,), and h, shape (n, d), of one exam with its noise drawn from n seeds."""
    options, seeds = task
    found = [measure_exam(_phantom(options).with_noise(seed).exam(WITHOUT_INTERVALS))[0] for seed in seeds]
    return np.array([one.sh_thk_fit_per_mm for one in found]), np.array([one.h for one in found])


def _judged(options, drawn, h):
    """The row of one condition."""
    clean = measure_exam(make_phantom(replace(options, noise=0.0)).exam(WITHOUT_INTERVALS))[0]
    gradient = _gradient(clean.parameters, clean.settings.width_fraction)
    of_parameters = double_sigmoid.covariance(clean.depths_mm, clean.parameters, clean.lobe.window, np.cov(h.T))
    linearised = float(np.sqrt(gradient @ of_parameters @ gradient))
    found = drawn[np.isfinite(drawn)]
    return {
        "field_strength": options.field_strength,
        "group": options.group,
        "seed": options.seed,
        "region": clean.name,
        "line_length_mm": options.line_length_mm,
        "white_matter_voxels": options.white_matter_voxels,
        "sh_thk_per_mm": clean.sh_thk_fit_per_mm,
        "sd": float(found.std(ddof=1)),
        "sd_linearised": linearised,
        "ratio_sd_over_crb": float(found.std(ddof=1)) / linearised,
        "bias_percent": 100 * (float(found.mean()) / clean.sh_thk_fit_per_mm - 1),
        "without_lobe": int(len(drawn) - len(found)),
    }


def _gradient(parameters, fraction):
    """Derivatives of SH/Thk by the parameters, shape (5,), by central differences."""
    steps = 1e-5 * np.diag(np.abs(parameters))
    higher, lower = (
        double_sigmoid.mode_and_height(moved)[1] / double_sigmoid.width(moved, fraction)
        for moved in (parameters + steps, parameters - steps)
    )
    return (higher - lower) / (2 * np.diag(steps))
