"""The right layer: whether the deep layers are found, or the right flag is given, where something else is dark too.

Found: the mode of F lies within the true deep layers, half a millimetre more on either side, and F, where it gives a
thickness, does not reach half-way to what else is dark. How many of these thicknesses are off (by more than 35 % of the
true profile's width, which the 95 % interval does not hold either) is counted beside it: that is the noise's doing.

Right flag: one that names the scenario's fault. `no_dark_layer`, `undecided` and `near_noise` are right only where the
true area is below five standard deviations: the three below which they are raised, and two that noise may take away. No
other flag excuses a wrong layer.
"""

import numpy as np
from M1SHThkLib.digital_exam.phantom import PhantomOptions, make_phantom
from M1SHThkLib.digital_exam.subject import GROUPS, WHITE_MATTER_BETWEEN_BANKS
from M1SHThkLib.measuring.measurement import measure_exam
from M1SHThkLib.measuring.settings import Settings
from workers import spread

MODE_TOLERANCE_MM, WIDTH_TOLERANCE = 0.5, 0.35
FAINT_STANDARD_DEVIATIONS = 5.0
FAINT = {"no_dark_layer", "undecided", "near_noise"}
# What is drawn, and the flags that are right for it.
SCENARIOS = {
    "vein": ({"vein": True}, {"lobe_touches_pial_line", "vein_suspected"}),
    "opposite_bank": ({"opposite_bank": True}, {"second_dark_layer"}),
    "dark_fluid": ({"echoes": (1,)}, {"lobe_touches_pial_line", "vein_suspected"}),
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
            "thickness_off": sum(row["outcome"] == "found" and row["thickness_off"] for row in own),
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
    drawn, _ = SCENARIOS[scenario]
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
                "edges_mm": found.edges_mm,
                "sh": found.sh,
                "thk_mm": found.thk_mm,
                "thk_ci_mm": found.thk_ci_mm,
                "lobe_z": found.lobe_z,
                "flags": found.flags,
                **_verdict(found, truth, scenario),
            }
        )
    return rows


def _verdict(found, truth, scenario):
    _, right_flags = SCENARIOS[scenario]
    depths = found.depths_mm
    h = truth.hypointensity(depths)
    begin, end = _true_extent(depths, h, truth)
    layer = (depths >= begin) & (depths <= end)
    # As if the noise of all depths went together, which that of the white matter's mean does.
    deviations = h[layer].sum() / found.h_se[layer].sum()
    if (
        not {"no_dark_layer", "undecided"} & set(found.flags)
        and _is_within(found, truth)
        and _is_clear(found, truth, scenario)
    ):
        outcome = "found"
    elif right_flags & set(found.flags):
        outcome = "flagged"
    elif deviations < FAINT_STANDARD_DEVIATIONS and FAINT & set(found.flags):
        outcome = "hidden"
    else:
        outcome = "wrong"
    width, (low, high) = end - begin, found.thk_ci_mm
    return {
        "outcome": outcome,
        "true_width_mm": width,
        "true_standard_deviations": deviations,
        "thickness_off": abs(found.thk_mm / width - 1) > WIDTH_TOLERANCE and not low <= width <= high,
    }


def _is_within(found, truth):
    """Whether the mode lies in the true deep layers; not, where it is missing."""
    superficial, deep = truth.deep_layer_mm
    return superficial - MODE_TOLERANCE_MM <= found.mode_mm <= deep + MODE_TOLERANCE_MM


def _is_clear(found, truth, scenario):
    """Whether no thickness is given, or F stays on its own side of the half-way point to what else is dark."""
    superficial, deep = truth.deep_layer_mm
    if np.isnan(found.thk_mm):
        return True
    if scenario == "opposite_bank":
        return found.edges_mm[1] <= deep + WHITE_MATTER_BETWEEN_BANKS / 2
    return found.edges_mm[0] >= superficial / 2


def _true_extent(depths, h, truth):
    """Depths between which the true profile is above 25 % of its height within the deep layers.

    Where it does not fall that far on the way to the pial line, the extent begins at its lowest point there. Nothing
    here looks for a lobe: what is judged has no part in it.
    """
    superficial, deep = truth.deep_layer_mm
    top = np.where((depths >= superficial) & (depths <= deep), h, -np.inf).argmax()
    low = h < Settings().width_fraction * h[top]
    begin = np.flatnonzero(low[:top])[-1] if low[:top].any() else h[:top].argmin()
    return depths[begin], depths[top + low[top:].argmax()]
