"""Accuracy: noise-free digital exams against what the definition gives on the true, blurred profile.

The fits before the rules on absent layers are compared (`sh_fit`, `thk_fit_mm`): what the rules do is another matter.
"""

from itertools import product

import numpy as np
from M1SHThkLib.digital_exam.phantom import PhantomOptions, make_phantom
from M1SHThkLib.digital_exam.subject import GROUPS
from M1SHThkLib.measuring.measurement import measure_exam
from M1SHThkLib.measuring.settings import Settings
from workers import spread


def measure_accuracy(full):
    """Worst error of SH and Thk in percent, and the rows of all regions behind it."""
    conditions = [
        PhantomOptions(field_strength=field, group=group, seed=seed, noise=0.0, slices=3, cropped=True)
        for field, group, seed in product((3, 7), GROUPS, range(1, 11 if full else 5))
    ]
    conditions += [
        PhantomOptions(field_strength=field, group="patient", seed=20, noise=0.0, slices=6, cropped=True, obliquity=20)
        for field in ((3, 7) if full else (3,))
    ]
    rows = [row for exam in spread(_compared, conditions, "accuracy, exams") for row in exam]
    return {
        "sh_bias_percent": _greatest(row["sh_error_percent"] for row in rows),
        "thk_bias_percent": _greatest(row["thk_error_percent"] for row in rows if row["thk_defined"]),
        "accuracy": {"regions": rows, "thickness_undefined": sum(not row["thk_defined"] for row in rows)},
    }


def _compared(options):
    """A row for every region of an exam."""
    phantom = make_phantom(options)
    rows = []
    for found, truth in zip(measure_exam(phantom.exam(Settings(replicates=0))), phantom.region_truths, strict=True):
        expected = truth.layer()
        width = expected.edges_mm[1] - expected.edges_mm[0]
        rows.append(
            {
                **{name: getattr(options, name) for name in ("field_strength", "group", "seed", "obliquity")},
                "region": found.name,
                "sh": found.sh_fit,
                "sh_expected": expected.height,
                "sh_error_percent": 100 * (found.sh_fit / expected.height - 1),
                "thk_mm": found.thk_fit_mm,
                "thk_expected_mm": width,
                "thk_error_percent": 100 * (found.thk_fit_mm / width - 1),
                "thk_defined": _has_thickness(expected),
                "flags": found.flags,
            }
        )
    return rows


def _has_thickness(layer):
    """Where a lobe touches the pial line or merges with a second, the definition gives no thickness."""
    superficial, deep = layer.edges_mm
    return superficial >= 0 and deep <= layer.window_end_mm and not (layer.is_dark_from_line or layer.is_parted)


def _greatest(errors):
    """The greatest absolute value; nan, which no bound lets pass, where any is missing."""
    return float(np.abs(list(errors)).max())
