"""Human hands: whether a drawing that spoils the number is told, and a layer that is there is never called absent.

Every drawing of `drawings` is tried on the regions in which the same exam, drawn well, shows a clear layer. Its SH/Thk
is compared with that of the well-drawn line on the same noise. Half of the exams have something else to contend with.
"""

import numpy as np
from drawings import DRAWINGS, NAME_THE_DRAWING, well_drawn
from M1SHThkLib.digital_exam.phantom import PhantomOptions, make_phantom
from M1SHThkLib.digital_exam.subject import GROUPS
from M1SHThkLib.digital_exam.vein import Vein
from M1SHThkLib.measuring.settings import Settings
from redrawing import known_regions
from workers import spread

CLEAR_Z = 5.0
OFF_PERCENT = 10.0
SETTINGS = Settings(replicates=200)
COMPLICATIONS = (
    {"superficial_spread_mm": 0.2},
    {"white_matter_gradient": 0.015},
    {"opposite_bank": True},
    {"bias_field": 0.3},
    {"veins": (Vein(depth_mm=-0.6, length_mm=8.0, arc_mm=-4.0, blooming_mm=0.2),)},
    {"noise": 0.05},
)


def measure_hands(full):
    """How many drawings make a layer absent, how many are silently off, in percent, and both for each drawing."""
    exams = spread(_drawn, range(72 if full else 8), "hands, exams")
    rows = [row for drawn, _ in exams for row in drawn]
    well = [flagged for _, flags in exams for flagged in flags]
    silent = [row for row in rows if row["silent"]]
    return {
        "hands_called_absent": sum(row["absent"] for row in rows),
        "hands_silently_off_percent": 100 * len(silent) / len(rows),
        "hands": {
            "drawings": len(rows),
            "regions": len(well),
            "well_drawn_yet_flagged_percent": 100 * sum(well) / len(well),
            "silent": silent,
            "kinds": {name: _kind([row for row in rows if row["drawing"] == name]) for name in DRAWINGS},
        },
    }


def _drawn(number):
    """A row for each drawing of each region of an exam, and for each region whether it is flagged though drawn well."""
    random = np.random.default_rng([number, 70])
    field, group = (3, 7)[number % 2], GROUPS[number // 2 % 2]
    complication = COMPLICATIONS[number // 4 % len(COMPLICATIONS)] if number % 4 in (0, 3) else {}
    phantom = make_phantom(
        PhantomOptions(
            field_strength=field,
            group=group,
            seed=7000 + number,
            line_length_mm=random.uniform(14, 40),
            slices=9,
            cropped=True,
            **complication,
        )
    )
    rows, well_flagged = [], []
    for known in known_regions(phantom):
        well = known.measured(well_drawn(known.line), settings=SETTINGS)
        if not (well.lobe_z >= CLEAR_Z and np.isfinite(well.sh_thk_per_mm)):
            continue
        well_flagged.append(bool(NAME_THE_DRAWING & set(well.flags)))
        for name, draw in DRAWINGS.items():
            found = known.measured(*draw(known.line, random), settings=SETTINGS)
            error = 100 * (found.sh_thk_per_mm / well.sh_thk_per_mm - 1)
            rows.append(
                {
                    "drawing": name,
                    "field_strength": field,
                    "group": group,
                    "seed": 7000 + number,
                    "complication": next(iter(complication), None),
                    "region": found.name,
                    "error_percent": error,
                    "absent": "no_dark_layer" in found.flags,
                    "silent": abs(error) > OFF_PERCENT and not NAME_THE_DRAWING & set(found.flags),
                    "flags": found.flags,
                }
            )
    return rows, well_flagged


def _kind(rows):
    errors = np.array([row["error_percent"] for row in rows])
    given = errors[np.isfinite(errors)]
    return {
        "regions": len(rows),
        "missing": len(errors) - len(given),
        "median_percent": float(np.median(given)) if len(given) else None,
        "worst_percent": float(given[np.abs(given).argmax()]) if len(given) else None,
        "off": int((np.abs(given) > OFF_PERCENT).sum()),
        "silent": sum(row["silent"] for row in rows),
        "absent": sum(row["absent"] for row in rows),
    }
