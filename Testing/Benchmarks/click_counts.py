"""Clicks: whether SH/Thk depends on how many there are, or on a tremor that they have.

The same lines, clicked 8 to 200 times, with and without a tremor of 0.1 mm, against those clicked every 1.5 mm without,
on the same noise, both as drawn and both aligned. A line that is flagged as too sparse for its bends does not count.
"""

from itertools import product

import numpy as np
from drawings import well_drawn
from M1SHThkLib.digital_exam.hand import clicks
from M1SHThkLib.digital_exam.phantom import PhantomOptions, make_phantom
from M1SHThkLib.measuring.settings import Settings
from redrawing import known_regions
from workers import spread

COUNTS, TREMORS_MM = (8, 12, 20, 40, 80, 200), (0.0, 0.1)
CLEAR_Z = 5.0
SETTINGS = {name: Settings(replicates=0, alignment=name) for name in ("none", "edge")}


def measure_click_counts(full):
    """The greatest mean change in percent of any count and tremor, as drawn and aligned, and a row for each."""
    tasks = list(product((3, 7), range(20 if full else 2)))
    rows = [row for exam in spread(_clicked, tasks, "clicks, exams") for row in exam]
    conditions = [_judged(rows, *condition) for condition in product(SETTINGS, COUNTS, TREMORS_MM)]
    greatest = {
        name: max(abs(row["change_percent"]) for row in conditions if row["alignment"] == name) for name in SETTINGS
    }
    return {
        "clicks_change_percent": greatest["none"],
        "clicks_change_aligned_percent": greatest["edge"],
        "clicks": {"conditions": conditions},
    }


def _clicked(task):
    """A row for each alignment, count and tremor on each region of an exam."""
    field, seed = task
    random = np.random.default_rng([seed, field, 72])
    phantom = make_phantom(
        PhantomOptions(
            field_strength=field,
            group="patient",
            seed=7200 + seed,
            line_length_mm=random.uniform(20, 40),
            slices=3,
            cropped=True,
        )
    )
    rows = []
    for known in known_regions(phantom):
        well = {name: known.measured(well_drawn(known.line), settings=settings) for name, settings in SETTINGS.items()}
        if not all(found.lobe_z >= CLEAR_Z and np.isfinite(found.sh_thk_per_mm) for found in well.values()):
            continue
        for count, tremor in product(COUNTS, TREMORS_MM):
            drawing = clicks(known.line, count).trembling(tremor, random)
            for name, settings in SETTINGS.items():
                found = known.measured(drawing, settings=settings)
                change = 100 * (found.sh_thk_fit_per_mm / well[name].sh_thk_fit_per_mm - 1)
                rows.append((name, count, tremor, change, "sparse_clicks" in found.flags))
    return rows


def _judged(rows, alignment, count, tremor):
    own = [row for row in rows if row[:3] == (alignment, count, tremor)]
    changes = np.array([change for *_, change, sparse in own if not sparse])
    return {
        "alignment": alignment,
        "clicks": count,
        "tremor_mm": tremor,
        "regions": len(own),
        "sparse": len(own) - len(changes),
        "change_percent": float(changes.mean()) if len(changes) else 0.0,
        "worst_percent": float(changes[np.abs(changes).argmax()]) if len(changes) else None,
    }
