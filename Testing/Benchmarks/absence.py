"""Absence: whether exams without a dark layer are called so, and layers that are there, however faint, are not.

The deep layers are isointense with white matter, or as bright as the superficial cortex, or as dark as patients' and
controls'; default noise, white-matter ROIs of 45 to 140 voxels, lines of 20 to 40 mm drawn well.
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
    """Percent called absent, percent with a significant z, and every region that was not called absent.

    And percent of layers that are there that are called absent, with SH's true value and interval of each.
    """
    subjects = range(80 if full else 32)
    rows = [row for subject in spread(_scanned, subjects, "absence, subjects") for row in subject]
    there = [row for subject in spread(_present, subjects, "presence, subjects") for row in subject]
    called_absent = [row for row in there if row["absent"]]
    significant = [row for row in rows if row["lobe_z"] >= SIGNIFICANT_Z]
    return {
        "layer_free_absent_percent": 100 * sum(row["absent"] for row in rows) / len(rows),
        "layer_free_significant_percent": 100 * len(significant) / len(rows),
        "present_absent_percent": 100 * len(called_absent) / len(there),
        "absence": {
            "regions": len(rows),
            "layers": len(there),
            "called_absent": called_absent,
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


def _present(number):
    """A row for each region of a subject whose layer is there."""
    return [
        {
            "seed": 7300 + number,
            "region": found.name,
            "absent": "no_dark_layer" in found.flags,
            "true_sh": known.truth.layer().height,
            "sh_ci": found.sh_ci,
            "lobe_z": found.lobe_z,
        }
        for known in known_regions(_subject(number, "dark"))
        for found in (known.measured(well_drawn(known.line)),)
    ]


def _subject(number, kind):
    random = np.random.default_rng([number, 73])
    return make_phantom(
        PhantomOptions(
            field_strength=(3, 7)[number % 2],
            group=GROUPS[number // 4 % 2],
            seed=7300 + number,
            deep_layer=kind,
            line_length_mm=random.uniform(20, 40),
            white_matter_voxels=int(random.integers(45, 141)),
            slices=3,
            cropped=True,
        )
    )


def _scanned(number):
    """A row for each region of each scan of a subject."""
    field, kind = (3, 7)[number % 2], ("isointense", "bright")[number // 2 % 2]
    phantom = _subject(number, kind)
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
