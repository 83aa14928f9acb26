"""Coverage: how often the 95 % intervals hold what the same exam gives without noise.

Subjects differ in field strength, group, folds, iron, region, length of the line (20-40 mm) and size of the
white-matter ROI (30-60 voxels); each is scanned several times with noise of its own. An interval counts where it is
given: a thickness that the rules leave missing has none. How many are missing is reported beside the coverage.
"""

from dataclasses import replace

import numpy as np
from M1SHThkLib.digital_exam.phantom import PhantomOptions, make_phantom
from M1SHThkLib.digital_exam.subject import ALL_REGIONS, GROUPS
from M1SHThkLib.measuring.measurement import measure_exam
from M1SHThkLib.measuring.settings import Settings
from workers import spread

SCANS_A_SUBJECT = 5
# The result's name in the benchmark, of the fit without noise, and of its interval.
QUANTITIES = {
    "sh": ("sh_fit", "sh_ci"),
    "thk": ("thk_fit_mm", "thk_ci_mm"),
    "ratio": ("sh_thk_fit_per_mm", "sh_thk_ci_per_mm"),
}


def measure_coverage(full):
    """Percentage of intervals that cover, pooled and for field strengths and groups apart."""
    scans = [scan for subject in spread(_scanned, range(200 if full else 60), "coverage, subjects") for scan in subject]
    conditions = sorted({(scan["field_strength"], scan["group"]) for scan in scans})
    rows = []
    for field, group in conditions:
        own = [scan for scan in scans if (scan["field_strength"], scan["group"]) == (field, group)]
        rows.append({"field_strength": field, "group": group, "exams": len(own), **_covered(own), **_missing(own)})
    pooled = _covered(scans)
    return {
        "ci_coverage": {**pooled, "minimum": min(pooled.values())},
        "coverage": {"exams": len(scans), **_missing(scans), "conditions": rows},
    }


def _scanned(number):
    """What each scan of a subject gave, and whether its intervals cover."""
    random = np.random.default_rng(number)
    options = PhantomOptions(
        field_strength=(3, 7)[number % 2],
        group=GROUPS[number // 2 % 2],
        seed=number,
        regions=(ALL_REGIONS[random.integers(4)],),
        line_length_mm=random.uniform(20, 40),
        white_matter_voxels=int(random.integers(30, 61)),
        slices=2,
        cropped=True,
    )
    clean = measure_exam(make_phantom(replace(options, noise=0.0)).exam(Settings(replicates=0)))[0]
    phantom = make_phantom(options)
    scans = []
    for scan in range(SCANS_A_SUBJECT):
        found = measure_exam(phantom.with_noise(SCANS_A_SUBJECT * number + scan).exam())[0]
        scans.append({"field_strength": options.field_strength, "group": options.group})
        for name, (value, interval) in QUANTITIES.items():
            low, high = getattr(found, interval)
            scans[-1][name] = bool(low <= getattr(clean, value) <= high) if np.isfinite(low) else None
    return scans


def _covered(scans):
    given = {name: [scan[name] for scan in scans if scan[name] is not None] for name in QUANTITIES}
    return {name: 100 * sum(covers) / len(covers) for name, covers in given.items()}


def _missing(scans):
    return {f"{name}_missing": sum(scan[name] is None for scan in scans) for name in QUANTITIES}
