"""Absence: whether exams without a dark layer are called so.

The deep layers are isointense with white matter, or as bright as the superficial cortex; default noise, white-matter
ROIs of 45 to 140 voxels, lines of 20 to 40 mm drawn well.
"""

import numpy as np
from drawings import well_drawn
from M1SHThkLib.digital_exam.phantom import PhantomOptions, make_phantom
from M1SHThkLib.digital_exam.subject import GROUPS
from redrawing import known_regions
from workers import spread

SCANS_A_SUBJECT = 3
SIGNIFICANT_Z = 3.0


def measure_absence(full):
    """Percent called absent, percent with a significant z, and every region that was not called absent."""
    subjects = 80 if full else 32
    rows = [row for subject in spread(_scanned, range(subjects), "absence, subjects") for row in subject]
    significant = [row for row in rows if row["lobe_z"] >= SIGNIFICANT_Z]
    return {
        "layer_free_absent_percent": 100 * sum(row["absent"] for row in rows) / len(rows),
        "layer_free_significant_percent": 100 * len(significant) / len(rows),
        "absence": {
            "regions": len(rows),
            "conditions": {
                f"{field} T, {kind}": _percent_absent(
                    [row for row in rows if (row["field_strength"], row["deep_layer"]) == (field, kind)]
                )
                for field in (3, 7)
                for kind in ("isointense", "bright")
            },
            "given_a_number": sum(row["sh_thk_per_mm"] > 0 for row in rows),
            "not_absent": [row for row in rows if not row["absent"]],
        },
    }


def _scanned(number):
    """A row for each region of each scan of a subject."""
    random = np.random.default_rng([number, 73])
    field, kind = (3, 7)[number % 2], ("isointense", "bright")[number // 2 % 2]
    phantom = make_phantom(
        PhantomOptions(
            field_strength=field,
            group=GROUPS[number // 4 % 2],
            seed=7300 + number,
            deep_layer=kind,
            line_length_mm=random.uniform(20, 40),
            white_matter_voxels=int(random.integers(45, 141)),
            slices=3,
            cropped=True,
        )
    )
    rows = []
    for scan in range(SCANS_A_SUBJECT):
        for known in known_regions(phantom.with_noise(730000 + SCANS_A_SUBJECT * number + scan)):
            found = known.measured(well_drawn(known.line))
            rows.append(
                {
                    "field_strength": field,
                    "deep_layer": kind,
                    "seed": 7300 + number,
                    "region": found.name,
                    "absent": "no_dark_layer" in found.flags,
                    "sh_thk_per_mm": found.sh_thk_per_mm,
                    "lobe_z": found.lobe_z,
                    "flags": found.flags,
                    "notes": found.notes,
                }
            )
    return rows


def _percent_absent(rows):
    return 100 * sum(row["absent"] for row in rows) / len(rows)
