"""Claims about readings made again, and about change."""

from dataclasses import replace
from functools import cache

import numpy as np
from M1SHThkLib.cohort.agreement import (
    growth_of_difference,
    intraclass_correlations,
    limits_of_agreement,
    within_subject,
    within_subject_cv,
)
from M1SHThkLib.cohort.change import _slope
from M1SHThkLib.cohort.repeatability import LEAST_FOR_GROWTH
from M1SHThkLib.cohort.study import SH_THK
from simulated_studies import Design, clustered

ERROR, BIAS = 0.004, 0.002  # 1/mm, of a reading; of the second against the first
BETWEEN, MEAN = 0.02, 0.1  # SD and mean of the subjects, 1/mm: normal, so that the truth of the ICC is known
YEARLY = 0.004
LIMBS = 4  # regions in a pool
DIGITS = 3  # of a reading, where readings are rounded


def _pairs(random, design, regions):
    """Readings of as many subjects as there are controls, shape (pairs, 2), and whose each pair is."""
    true = MEAN + BETWEEN * clustered(random, design.controls, regions, 0.6)
    pairs = true[..., None] + ERROR * random.normal(size=(*true.shape, 2)) + np.array([0, BIAS])
    if design.digits is not None:
        pairs = np.round(pairs, design.digits)
    kept = random.random(true.shape) >= design.missing
    if regions == 1:
        kept[:] = True
    return pairs[kept], np.nonzero(kept)[0]


def repeat_p(random, design):
    """P of the growth of the difference and of the change a year, where there is none."""
    design = replace(design, digits=None if design.digits is None else DIGITS)
    found = {}
    for name, regions in (("one region", 1), ("regions pooled", LIMBS)):
        pairs, subject = _pairs(random, design, regions)
        if len(np.unique(subject)) >= LEAST_FOR_GROWTH:
            found[f"growth of the difference, {name}"] = growth_of_difference(pairs, subject)[3]
    if design.missing == 0 and design.digits is None:
        found["change a year, mixed model"] = _change(random, design, 0.0).p
    return found


def _change(random, design, yearly):
    """The slope of as many subjects as there are controls, each measured three times in two years."""
    true = MEAN + BETWEEN * random.normal(size=design.controls)
    slopes = yearly + 0.003 * random.normal(size=design.controls)
    rows = [
        (f"sub-{number}", years, true[number] + slopes[number] * years + ERROR * random.normal())
        for number in range(design.controls)
        for years in (0.0, 1.0, 2.0)
    ]
    return _slope(SH_THK, "patient", {"patient": rows})


@cache
def _truths(digits):
    pairs, _ = _pairs(np.random.default_rng(7), Design(controls=200_000, digits=digits), 1)
    limits = limits_of_agreement(pairs)
    return {
        "bias": limits["bias"],
        "limit of agreement": limits["high"],
        "repeatability coefficient": within_subject(pairs)[0],
        "within-subject CV": within_subject_cv(pairs)[0],
        "growth of the difference": growth_of_difference(pairs)[0],
    }


def repeat_covered(random, design, truth):
    """Whether the intervals of repeatability and change hold the truth."""
    design = replace(design, digits=None if design.digits is None else DIGITS)
    true, found = _truths(design.digits), {}

    def holds(name, ci, value):
        found[name] = bool(ci[0] <= value <= ci[1])

    for where, regions in (("one region", 1), ("regions pooled", LIMBS)):
        pairs, subject = _pairs(random, design, regions)
        limits = limits_of_agreement(pairs, subject)
        for name, ci in (
            ("bias", limits["bias_ci"]),
            ("limit of agreement", limits["high_ci"]),
            ("repeatability coefficient", within_subject(pairs, subject)[1]),
            ("within-subject CV", within_subject_cv(pairs, subject)[1]),
            ("growth of the difference", growth_of_difference(pairs, subject)[1]),
        ):
            holds(f"{name}, {where}", ci, true[name])
    if design.missing == 0 and design.digits is None:
        (_, agree_ci), (_, consistent_ci) = intraclass_correlations(_pairs(random, design, 1)[0])
        holds("ICC(2,1)", agree_ci, BETWEEN**2 / (BETWEEN**2 + ERROR**2 + BIAS**2 / 2))
        holds("ICC(3,1)", consistent_ci, BETWEEN**2 / (BETWEEN**2 + ERROR**2))
        holds("change a year, mixed model", _change(random, design, YEARLY).ci, YEARLY)
    return found
