"""Coverage by the size of the white-matter ROI: how often the 95 % intervals hold what the exam gives without noise.

Scans as those of `coverage`, each measured with ROIs of several sizes about the same place.
"""

from dataclasses import replace
from functools import partial

import numpy as np
from coverage import QUANTITIES
from M1SHThkLib.digital_exam.phantom import PhantomOptions, make_phantom
from M1SHThkLib.digital_exam.subject import ALL_REGIONS, GROUPS
from M1SHThkLib.measuring.measurement import measure_exam
from M1SHThkLib.measuring.settings import Settings
from workers import spread

VOXELS = (9, 16, 45, 140)
# Intervals of one subject miss together: a quick look takes fewer scans of as many subjects.
SUBJECTS, SCANS_A_SUBJECT, SCANS_IN_A_QUICK_LOOK = 200, 5, 2
SETTINGS = Settings(replicates=500)


def measure_roi_coverage(full):
    """Percentage of intervals that cover, for each size of the ROI: pooled, and for each quantity."""
    scanned = partial(_scanned, scans=SCANS_A_SUBJECT if full else SCANS_IN_A_QUICK_LOOK)
    subjects = spread(scanned, range(SUBJECTS), "coverage by ROI, subjects")
    scans = [scan for subject in subjects for scan in subject]
    sizes = {
        voxels: {
            name: [covers for size, quantity, covers in scans if (size, quantity) == (voxels, name)]
            for name in QUANTITIES
        }
        for voxels in VOXELS
    }
    return {
        "roi_coverage": {
            str(voxels): {
                "pooled": _percent([covers for own in quantities.values() for covers in own]),
                **{name: _percent(own) for name, own in quantities.items()},
                "intervals": sum(len(own) for own in quantities.values()),
            }
            for voxels, quantities in sizes.items()
        }
    }


def _scanned(number, scans):
    """Size of the ROI, quantity and whether its interval covers, for each interval that a scan gives."""
    random = np.random.default_rng([number, 77])
    options = PhantomOptions(
        field_strength=(3, 7)[number % 2],
        group=GROUPS[number // 2 % 2],
        seed=7700 + number,
        regions=(ALL_REGIONS[random.integers(4)],),
        line_length_mm=random.uniform(20, 40),
        white_matter_voxels=max(VOXELS),
        slices=2,
        cropped=True,
    )
    clean = measure_exam(make_phantom(replace(options, noise=0.0)).exam(Settings(replicates=0)))[0]
    phantom = make_phantom(options)
    covers = []
    for scan in range(scans):
        exam = phantom.with_noise(770000 + SCANS_A_SUBJECT * number + scan).exam(SETTINGS)
        (region,) = exam.regions
        for voxels in VOXELS:
            # The phantom lists a ROI's voxels from its middle outwards.
            roi = replace(region.white_matter, indices=region.white_matter.indices[:voxels])
            found = measure_exam(replace(exam, regions=(replace(region, white_matter=roi),)))[0]
            for name, (value, interval) in QUANTITIES.items():
                low, high = getattr(found, interval)
                if np.isfinite(low):
                    covers.append((voxels, name, bool(low <= getattr(clean, value) <= high)))
    return covers


def _percent(covers):
    return 100 * sum(covers) / len(covers)
