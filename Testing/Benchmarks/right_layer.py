"""The right layer: whether the deep layers are found, or the right flag is given, where something else is dark too.

Found: the mode of F lies within the true deep layers, half a millimetre more on either side; and a thickness, where
one is given, lies within 35 % of the width that the true, blurred profile has at 25 % of its height in these layers,
or its 95 % interval holds that width.

Right flag: the one that names the scenario's fault. `no_dark_layer` and `near_noise` are right only where the true
height is below five standard errors of h: the three below which they are raised, and two that noise may take away. No
other flag excuses a wrong layer.
"""

import numpy as np
from M1SHThkLib.exam import GROUPS
from M1SHThkLib.measurement import measure_exam
from M1SHThkLib.phantom import PhantomOptions, make_phantom
from M1SHThkLib.settings import Settings
from workers import spread

MODE_TOLERANCE_MM, WIDTH_TOLERANCE = 0.5, 0.35
FAINT_STANDARD_ERRORS = 5.0
# What is drawn, and the flag that is right for it.
SCENARIOS = {
    "vein": ({"vein": True}, "lobe_touches_pial_line"),
    "opposite_bank": ({"opposite_bank": True}, "second_dark_layer"),
    "dark_fluid": ({"echoes": (1,)}, "lobe_touches_pial_line"),
}


def measure_right_layer(full):
    """How many exams of each scenario show the right layer or the right flag, and the regions that do not."""
    exams = 200 if full else 10
    tasks = [(name, seed) for name in SCENARIOS for seed in range(exams)]
    outcomes = [row for rows in spread(_outcomes, tasks, "right layer, exams") for row in rows]
    counts = {}
    for name in SCENARIOS:
        own = [row for row in outcomes if row["scenario"] == name]
        failures = [row for row in own if row["outcome"] == "wrong"]
        counts[name] = {
            "exams": exams,
            "regions": len(own),
            **{outcome: sum(row["outcome"] == outcome for row in own) for outcome in ("found", "flagged", "hidden")},
            "failed_exams": len({row["seed"] for row in failures}),
            "failures": failures,
        }
    return {
        "right_layer_failed_exams": sum(count["failed_exams"] for count in counts.values()),
        "right_layer": counts,
    }


def _outcomes(task):
    """A row for each of two regions of an exam: the knob of one hemisphere, the lobule of the other."""
    scenario, seed = task
    drawn, right_flag = SCENARIOS[scenario]
    random = np.random.default_rng([list(SCENARIOS).index(scenario), seed])
    sides = random.permutation(["left", "right"]).tolist()
    options = PhantomOptions(
        field_strength=int(random.choice((3, 7))),
        group=str(random.choice(GROUPS)),
        seed=seed,
        line_length_mm=random.uniform(20, 40),
        regions=tuple(zip(sides, ("hand_knob", "paracentral_lobule"), strict=True)),
        slices=3,
        cropped=True,
        **drawn,
    )
    exam = {"scenario": scenario, "field_strength": options.field_strength, "group": options.group, "seed": seed}
    phantom = make_phantom(options)
    try:
        measured = measure_exam(phantom.exam())
    except Exception as error:  # an exam without a measurement has not found its layer either
        return [{**exam, "outcome": "wrong", "fault": f"{type(error).__name__}: {error}"}]
    rows = []
    for found, truth in zip(measured, phantom.region_truths, strict=True):
        rows.append(
            {
                **exam,
                "region": found.name,
                "deep_layer_mm": truth.deep_layer_mm,
                "mode_mm": found.mode_mm,
                "sh": found.sh,
                "thk_mm": found.thk_mm,
                "thk_ci_mm": found.thk_ci_mm,
                "lobe_z": found.lobe_z,
                "flags": found.flags,
                **_verdict(found, truth, right_flag),
            }
        )
    return rows


def _verdict(found, truth, right_flag):
    height, width, top = _true_layer(found.depths_mm, truth)
    low, high = found.thk_ci_mm
    near = abs(found.thk_mm / width - 1) <= WIDTH_TOLERANCE or low <= width <= high
    thickness_is_right = np.isnan(found.thk_mm) or near
    if "no_dark_layer" not in found.flags and _within(found.mode_mm, truth) and thickness_is_right:
        outcome = "found"
    elif right_flag in found.flags:
        outcome = "flagged"
    elif height < FAINT_STANDARD_ERRORS * found.h_se[top] and {"no_dark_layer", "near_noise"} & set(found.flags):
        outcome = "hidden"
    else:
        outcome = "wrong"
    return {"outcome": outcome, "true_height": height, "true_width_mm": width}


def _true_layer(depths, truth):
    """Height of the true profile within the deep layers, its width at 25 % of that, and the sample of its top.

    The width is nan where the profile does not fall below 25 % on both sides. Nothing here looks for a lobe: what is
    judged has no part in it.
    """
    h = truth.hypointensity(depths)
    superficial, deep = truth.deep_layer_mm
    top = np.where((depths >= superficial) & (depths <= deep), h, -np.inf).argmax()
    low = h < Settings().width_fraction * h[top]
    before, behind = np.flatnonzero(low[:top]), np.flatnonzero(low[top:])
    if not len(before) or not len(behind):
        return h[top], np.nan, top
    return h[top], depths[top + behind[0]] - depths[before[-1]], top


def _within(mode_mm, truth):
    """Whether a depth lies in the true deep layers; not, where it is missing."""
    superficial, deep = truth.deep_layer_mm
    return superficial - MODE_TOLERANCE_MM <= mode_mm <= deep + MODE_TOLERANCE_MM
