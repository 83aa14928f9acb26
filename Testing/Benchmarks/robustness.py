"""Robustness: random digital exams, measured with every warning turned into an error.

A divergent fit is a number that is not finite where none of the documented reasons makes it missing, a height above
2.5 times the greatest h, or a width beyond the sampled depth and 2 mm more.
"""

import math
import warnings

import numpy as np
from M1SHThkLib.digital_exam.phantom import PhantomOptions, make_phantom
from M1SHThkLib.digital_exam.subject import ALL_REGIONS, GROUPS
from M1SHThkLib.measuring.measurement import measure_exam
from workers import spread

HIGHEST_OF_H, BEYOND_DEPTH_MM = 2.5, 2.0


def measure_robustness(full):
    """How many random exams fail, with their seeds and reasons."""
    exams = 1000 if full else 40
    results = spread(_tried, range(exams), "robustness, exams")
    failures = [failure for found, _ in results for failure in found]
    flags = [flag for _, raised in results for flag in raised]
    return {
        "robustness_failed_exams": len({failure["seed"] for failure in failures}),
        "robustness": {
            "exams": exams,
            "failures": failures,
            "flags": {flag: flags.count(flag) for flag in sorted(set(flags))},
        },
    }


def random_options(seed):
    """An exam of any kind."""
    random = np.random.default_rng([seed, 4])
    count = random.integers(1, 5)
    return PhantomOptions(
        field_strength=int(random.choice((3, 7))),
        group=str(random.choice(GROUPS)),
        seed=seed,
        noise=random.uniform(0, 0.15),
        obliquity=random.uniform(0, 45),
        bias_field=random.uniform(-0.4, 0.4),
        vein=bool(random.random() < 0.3),
        opposite_bank=bool(random.random() < 0.3),
        white_matter_bias=random.uniform(-0.03, 0.03),
        line_jitter_mm=random.uniform(0, 0.3),
        line_length_mm=random.uniform(10, 40),
        control_spacing_mm=random.uniform(0.3, 4),
        white_matter_voxels=int(random.integers(1, 101)),
        splenium_area_mm2=random.uniform(1, 60),
        regions=tuple(ALL_REGIONS[number] for number in sorted(random.permutation(4)[:count])),
        slices=3,
        cropped=True,
    )


def _tried(seed):
    """What is wrong with an exam's measurement, and the flags that it raised."""
    phantom = make_phantom(random_options(seed))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            measured = measure_exam(phantom.exam())
        except Exception as error:  # whatever it is, it is what is looked for
            return [{"seed": seed, "region": None, "fault": f"{type(error).__name__}: {error}"}], []
    failures = [{"seed": seed, "region": found.name, "fault": fault} for found in measured for fault in _faults(found)]
    return failures, [flag for found in measured for flag in found.flags]


def _faults(found):
    """What makes a measurement wrong, in words."""
    flags = set(found.flags)
    withheld = bool(flags & {"undecided", "vein_suspected", "line_folds"})
    blurred = bool(flags & {"lobe_touches_pial_line", "second_dark_layer"})
    may_be_missing = {
        "sh": withheld or ("lobe_touches_pial_line" in flags and found.lobe is None),
        "thk_mm": withheld or blurred or "no_dark_layer" in flags,
        "sh_thk_per_mm": withheld or blurred,
        "sh_fit": found.lobe is None,
        "thk_fit_mm": found.lobe is None,
        "sh_thk_fit_per_mm": found.lobe is None,
    }
    faults = [
        f"{name} is {getattr(found, name)}"
        for name, may in may_be_missing.items()
        if not may and not _is_number(found, name)
    ]
    for name in ("sh_ci", "thk_ci_mm", "sh_thk_ci_per_mm"):
        low, high = getattr(found, name)
        value = getattr(found, name.replace("_ci", ""))
        if math.isfinite(value) and not _may_lack_interval(name, flags) and not low <= high:
            faults.append(f"{name} is {low}, {high}")
    if found.sh_fit > HIGHEST_OF_H * found.h.max():
        faults.append(f"sh_fit is {found.sh_fit:g}, the greatest h {found.h.max():g}")
    if found.thk_fit_mm > found.depths_mm[-1] + BEYOND_DEPTH_MM:
        faults.append(f"thk_fit_mm is {found.thk_fit_mm:g}, the sampled depth {found.depths_mm[-1]:g} mm")
    return faults


def _may_lack_interval(name, flags):
    """An absent layer's only interval is that of SH; overlapping lines have none."""
    return "lines_overlap" in flags or ("no_dark_layer" in flags and name != "sh_ci")


def _is_number(found, name):
    return math.isfinite(getattr(found, name))
