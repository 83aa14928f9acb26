"""Alignment to the pial edge: how much of a human line's error it takes away.

SH/Thk of lines that wobble, tilt and bow, aligned, against the same exam drawn well and not aligned, on the same noise.
Where alignment is refused, because the edge is unclear, the flag says so and nothing is aligned: these are counted, not
judged.
"""

from itertools import product

import numpy as np
from drawings import well_drawn
from M1SHThkLib.digital_exam.phantom import PhantomOptions, make_phantom
from M1SHThkLib.measuring.settings import Settings
from redrawing import known_regions
from workers import spread

AS_DRAWN, ALIGNED = Settings(replicates=0), Settings(replicates=0, alignment="edge")
CLEAR_Z = 5.0
VARYING = "wobble 0.3, varying thickness"
HANDS = {
    "wobble 0.3": lambda line, random: well_drawn(line).wandering(0.3, random),
    "tilt 0.8": lambda line, random: well_drawn(line).tilted(random.choice((-0.8, 0.8))),
    "bow 0.6": lambda line, random: well_drawn(line).bowed(random.choice((-0.6, 0.6))),
    VARYING: lambda line, random: well_drawn(line).wandering(0.3, random),
}


def measure_alignment(full):
    """Bias and spread in percent of each hand, the worst of them, and how often alignment was refused."""
    tasks = list(product((3, 7), range(20 if full else 4), (False, True)))
    rows = [row for exam in spread(_aligned, tasks, "alignment, exams") for row in exam]
    hands = {name: _judged([row for row in rows if row["hand"] == name]) for name in HANDS}
    steady = [hand for name, hand in hands.items() if name != VARYING]
    return {
        "aligned_bias_percent": max((hand["bias_percent"] for hand in hands.values()), key=abs),
        "aligned_spread_percent": max(hand["spread_percent"] for hand in steady),
        "aligned_varying_spread_percent": hands[VARYING]["spread_percent"],
        "alignment": hands,
    }


def _aligned(task):
    """A row for each hand on each region of an exam."""
    field, seed, varying = task
    random = np.random.default_rng([seed, field, 71])
    phantom = make_phantom(
        PhantomOptions(
            field_strength=field,
            group="patient",
            seed=7100 + seed,
            line_length_mm=random.uniform(20, 40),
            superficial_spread_mm=0.2 if varying else 0.0,
            slices=3,
            cropped=True,
        )
    )
    rows = []
    for known in known_regions(phantom):
        well = known.measured(well_drawn(known.line), settings=AS_DRAWN)
        if not (well.lobe_z >= CLEAR_Z and np.isfinite(well.sh_thk_per_mm)):
            continue
        for name, draw in HANDS.items():
            if (name == VARYING) != varying:
                continue
            drawing = draw(known.line, random)
            drawn, aligned = (known.measured(drawing, settings=settings) for settings in (AS_DRAWN, ALIGNED))
            rows.append(
                {
                    "hand": name,
                    "drawn_percent": 100 * (drawn.sh_thk_fit_per_mm / well.sh_thk_fit_per_mm - 1),
                    "aligned_percent": 100 * (aligned.sh_thk_fit_per_mm / well.sh_thk_fit_per_mm - 1),
                    "refused": "edge_unclear" in aligned.flags,
                }
            )
    return rows


def _judged(rows):
    drawn, aligned = (np.array([row[key] for row in rows]) for key in ("drawn_percent", "aligned_percent"))
    refused = np.array([row["refused"] for row in rows])
    return {
        "regions": len(rows),
        "refused": int(refused.sum()),
        "drawn_bias_percent": float(drawn.mean()),
        "drawn_spread_percent": float(drawn.std(ddof=1)),
        "bias_percent": float(aligned[~refused].mean()),
        "spread_percent": float(aligned[~refused].std(ddof=1)),
        "worst_percent": float(aligned[~refused][np.abs(aligned[~refused]).argmax()]),
    }
