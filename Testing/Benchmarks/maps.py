"""Maps: R2* of an exam's own echoes in the layer that the T2*-weighted profile has found, against the true R2*.

The error of the mean over many exams, a field strength and group: what the method does, not the noise of one exam.
"""

from itertools import product

import numpy as np
from M1SHThkLib.digital_exam.phantom import PhantomOptions, make_phantom
from M1SHThkLib.digital_exam.subject import ALL_REGIONS, GROUPS
from M1SHThkLib.measuring.echoes import r2star_map
from M1SHThkLib.measuring.image import Image
from M1SHThkLib.measuring.maps import ExamMap, measure_map
from M1SHThkLib.measuring.measurement import measure_exam
from M1SHThkLib.measuring.settings import Settings
from workers import spread

TISSUES = {"layer": "deep_cortex", "superficial": "cortex", "white_matter": "white_matter"}


def measure_maps_of_echoes(full):
    """Worst error of the layer's mean R2* over the groups, in percent, and every group's."""
    seeds = range(1, 41 if full else 7)
    groups = list(product((3, 7), GROUPS))
    tasks = [(field, group, seed) for field, group in groups for seed in seeds]
    rows = list(zip(tasks, spread(_errors, tasks, "maps, exams"), strict=True))
    found = {}
    for field, group in groups:
        own = [errors for task, errors in rows if task[:2] == (field, group)]
        found[f"{field} T, {group}"] = {
            tissue: float(np.nanmean([errors[tissue] for errors in own])) for tissue in TISSUES
        }
    return {
        "map_layer_error_percent": max((one["layer"] for one in found.values()), key=abs),
        "maps": {"exams_a_group": len(seeds), "error_percent": found},
    }


def _errors(task):
    """By how many percent each tissue's mean differs from its truth in one exam."""
    field, group, seed = task
    region = ALL_REGIONS[seed % len(ALL_REGIONS)]
    phantom = make_phantom(
        PhantomOptions(field_strength=field, group=group, seed=seed, regions=(region,), slices=2, cropped=True)
    )
    exam = phantom.exam(Settings(replicates=0))
    (measurement,) = measure_exam(exam)
    image = Image(r2star_map(phantom.echoes, phantom.echo_times_ms), phantom.affine, "R2*")
    seen = measure_map(ExamMap("r2star", image, "1/s"), measurement)
    (truth,) = phantom.truth["regions"]
    rates = {layer["tissue"]: layer["r2star_per_s"] for layer in truth["layers"]}
    return {name: 100 * (getattr(seen, name) / rates[tissue] - 1) for name, tissue in TISSUES.items()}
