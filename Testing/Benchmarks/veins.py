"""Veins: whether darkness that is no layer is measured in silence, and whether plain exams raise a false alarm.

A vein is caught where its darkness is not given as a number: none is given, or a flag names the vein, or the layer
beside it is measured: the mode of F then lies within the true deep layers, half a millimetre more on either side. How
many of these numbers are off all the same, and how many layers are called absent, is counted beside it; both against
the same exam without the vein.
"""

from dataclasses import replace
from itertools import product

import numpy as np
from drawings import well_drawn
from M1SHThkLib.digital_exam.phantom import PhantomOptions, make_phantom
from M1SHThkLib.digital_exam.subject import GROUPS
from M1SHThkLib.digital_exam.vein import Vein
from M1SHThkLib.measuring.settings import Settings
from redrawing import known_regions
from workers import spread

MODE_TOLERANCE_MM = 0.5
CLEAR_Z = 5.0
OFF_PERCENT = 25.0
NAME_THE_VEIN = frozenset(
    {"vein_suspected", "lobe_touches_pial_line", "second_dark_layer", "undecided", "uneven_line", "edge_unclear"}
)
SETTINGS = Settings(replicates=200)
# The line is drawn so far outside the pia, beyond a vein that lies on it from end to end; and over any other vein.
OUTSIDE_MM = (-1.0, -1.3, -2.0)
OVER_MM = (0.0, -0.5, -1.0, -1.5, -2.0)
VEINS = {
    "on the pia": (Vein(depth_mm=-0.4, length_mm=50.0),),
    "on the pia, blooming": (Vein(depth_mm=-0.4, length_mm=50.0, blooming_mm=0.4),),
    "thin, on the pia": (Vein(depth_mm=-0.2, length_mm=50.0, diameter_mm=0.4),),
    "in the sulcus": (Vein(depth_mm=-1.0, length_mm=50.0),),
    "sunk into the cortex": (Vein(depth_mm=0.5, length_mm=50.0, diameter_mm=0.6),),
    "in the superficial cortex": (Vein(depth_mm=1.0, length_mm=50.0, diameter_mm=0.5),),
    "beneath the cortex": (Vein(depth_mm=4.8, length_mm=50.0, diameter_mm=0.6),),
    "over a third": (Vein(depth_mm=-0.4, length_mm=10.0),),
    "over a third, in the cortex": (Vein(depth_mm=0.8, length_mm=10.0, diameter_mm=0.6),),
    "crossing obliquely": (Vein(depth_mm=0.0, length_mm=20.0, slant_degrees=10.0),),
    "diving": (Vein(depth_mm=0.5, length_mm=8.0, slant_degrees=40.0),),
    "piercing the cortex": tuple(Vein(1.5, 4.0, 0.4, arc, 90.0) for arc in (-8.0, 0.0, 8.0)),
}


def measure_veins(full):
    """Numbers without a flag beside veins, the least caught group, and false alarms on plain exams, in percent."""
    seeds = range(8 if full else 3)
    outside = [row for rows in spread(_outside, list(product((3, 7), GROUPS, seeds)), "veins, exams") for row in rows]
    over = [row for rows in spread(_over, range(48 if full else 12), "more veins, exams") for row in rows]
    plain = [row for rows in spread(_plain, range(80 if full else 16), "no veins, exams") for row in rows]
    groups = {
        f"{field} T, {group}, {depth:+.1f} mm": 100 * np.mean([row["caught"] for row in outside if row["key"] == key])
        for key in product((3, 7), GROUPS, OUTSIDE_MM)
        for field, group, depth in (key,)
    }
    silent = [row for row in over if row["silent"]]
    alarms = [row for row in plain if row["alarm"]]
    return {
        "vein_numbers_without_flag": len(silent),
        "vein_caught_percent": min(groups.values()),
        "vein_false_alarm_percent": 100 * len(alarms) / len(plain),
        "veins": {
            "controls": len(over),
            "regions_a_group": 4 * len(seeds),
            "plain": len(plain),
            "called_absent": sum(row["absent"] for row in over),
            "kinds": {
                name: {key: sum(row[key] for row in over if row["vein"] == name) for key in ("silent", "off", "absent")}
                for name in VEINS
            },
            "groups": groups,
            "silent": silent,
            "alarms": alarms,
        },
    }


def _outside(task):
    """A row for each distance of the line from each region's pia, on which a vein lies from end to end."""
    field, group, seed = task
    phantom = make_phantom(
        PhantomOptions(field_strength=field, group=group, seed=7400 + seed, vein=True, slices=3, cropped=True)
    )
    return [
        {"key": (field, group, depth), "caught": not _is_silent(_measured(known, depth), known, depth)}
        for known in known_regions(phantom)
        for depth in OUTSIDE_MM
    ]


def _over(number):
    """A row for each distance of the line from a healthy control's pia, beside one of VEINS."""
    name = list(VEINS)[number % len(VEINS)]
    field = (3, 7)[(number + number // len(VEINS)) % 2]
    options = PhantomOptions(field_strength=field, group="control", seed=7500 + number, slices=3, cropped=True)
    free = known_regions(make_phantom(options))
    rows = []
    for without, known in zip(free, known_regions(make_phantom(replace(options, veins=VEINS[name]))), strict=True):
        expected = _measured(without, 0.0)
        for depth in OVER_MM:
            found = _measured(known, depth)
            clear = expected.lobe_z >= CLEAR_Z and expected.sh_thk_per_mm > 0
            off = clear and abs(100 * (found.sh_thk_per_mm / expected.sh_thk_per_mm - 1)) > OFF_PERCENT
            rows.append(
                {
                    "vein": name,
                    "field_strength": field,
                    "seed": options.seed,
                    "region": found.name,
                    "depth_mm": depth,
                    "silent": _is_silent(found, known, depth),
                    "off": bool(off) and not NAME_THE_VEIN & set(found.flags),
                    "absent": clear and "no_dark_layer" in found.flags,
                    "sh_thk_per_mm": found.sh_thk_per_mm,
                    "expected_per_mm": expected.sh_thk_per_mm,
                    "flags": found.flags,
                }
            )
    return rows


def _plain(number):
    """A row for each region of an exam without veins: whether one is suspected."""
    random = np.random.default_rng([number, 76])
    phantom = make_phantom(
        PhantomOptions(
            field_strength=(3, 7)[number % 2],
            group=GROUPS[number // 2 % 2],
            seed=7600 + number,
            line_length_mm=random.uniform(20, 40),
            slices=3,
            cropped=True,
        )
    )
    rows = []
    for scan in range(2):
        for known in known_regions(phantom.with_noise(760000 + 2 * number + scan)):
            found = _measured(known, random.uniform(-0.6, 0.3))
            alarm = bool({"vein_suspected", "lobe_touches_pial_line"} & set(found.flags))
            rows.append({"seed": 7600 + number, "region": found.name, "alarm": alarm, "flags": found.flags})
    return rows


def _measured(known, depth):
    return known.measured(well_drawn(known.line).deeper(depth), settings=SETTINGS)


def _is_silent(found, known, depth):
    """Whether a number is given for something that is not the layer, and no flag names the vein."""
    superficial, deep = known.truth.deep_layer_mm
    mode = found.mode_mm + depth
    right = superficial - MODE_TOLERANCE_MM <= mode <= deep + MODE_TOLERANCE_MM
    return bool(found.sh_thk_per_mm > 0 and not right and not NAME_THE_VEIN & set(found.flags))
