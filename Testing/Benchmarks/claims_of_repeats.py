"""Claims about readings made again, and about change."""

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
from M1SHThkLib.cohort.study import SH_THK
from simulated_studies import clustered

ERROR, BIAS = 0.004, 0.002  # 1/mm, of a reading; of the second against the first
BETWEEN, MEAN = 0.02, 0.06  # SD and mean of the subjects, 1/mm: normal, so that the truth of the ICC is known
YEARLY = 0.004


def _pairs(random, subjects, regions, bias=BIAS):
    """Readings of subjects, shape (subjects, regions, 2)."""
    true = MEAN + BETWEEN * clustered(random, subjects, regions, 0.6)
    errors = ERROR * random.normal(size=(*true.shape, 2))
    return true[..., None] + errors + np.array([0, bias])


def repeat_p(random, design):
    """P of the growth of the difference and of the change a year, where there is none."""
    single = _pairs(random, design.controls, 1)[:, 0]
    pooled = _pairs(random, design.controls, 4)
    subject = np.repeat(np.arange(design.controls), 4)
    found = {
        "growth of the difference, one region": growth_of_difference(single)[3],
        "growth of the difference, regions pooled": growth_of_difference(pooled.reshape(-1, 2), subject)[3],
    }
    if design.missing == 0 and design.digits is None:
        found["change a year, mixed model"] = _change(random, design, 0.0).p
    return found


def _change(random, design, yearly):
    """The slope of patients measured three times in two years."""
    true = MEAN + BETWEEN * random.normal(size=design.patients)
    slopes = yearly + 0.003 * random.normal(size=design.patients)
    rows = [
        (f"sub-{number}", years, true[number] + slopes[number] * years + ERROR * random.normal())
        for number in range(design.patients)
        for years in (0.0, 1.0, 2.0)
    ]
    return _slope(SH_THK, "patient", {"patient": rows})


@cache
def _true_cv():
    pairs = _pairs(np.random.default_rng(7), 200_000, 1)[:, 0]
    return within_subject_cv(pairs)[0]


def repeat_covered(random, design, truth):
    """Whether the intervals of repeatability and change hold the truth."""
    subjects = design.controls
    single, pooled = _pairs(random, subjects, 1)[:, 0], _pairs(random, subjects, 4).reshape(-1, 2)
    of = np.repeat(np.arange(subjects), 4)
    limits, pooled_limits = limits_of_agreement(single), limits_of_agreement(pooled, of)
    sd = np.sqrt(2) * ERROR
    within = np.sqrt(ERROR**2 + BIAS**2 / 2)
    found = {}

    def holds(name, ci, true):
        found[name] = ci[0] <= true <= ci[1]

    holds("bias, one region", limits["bias_ci"], BIAS)
    holds("bias, regions pooled", pooled_limits["bias_ci"], BIAS)
    holds("limit of agreement, one region", limits["high_ci"], BIAS + 1.96 * sd)
    holds("limit of agreement, regions pooled", pooled_limits["high_ci"], BIAS + 1.96 * sd)
    holds("repeatability coefficient, one region", within_subject(single)[1], within)
    holds("repeatability coefficient, regions pooled", within_subject(pooled, of)[1], within)
    holds("within-subject CV", within_subject_cv(single)[1], _true_cv())
    holds("growth of the difference, one region", growth_of_difference(single)[1], 0.0)
    if design.missing == 0 and design.digits is None:
        (_, agree_ci), (_, consistent_ci) = intraclass_correlations(single)
        holds("ICC(2,1)", agree_ci, BETWEEN**2 / (BETWEEN**2 + ERROR**2 + BIAS**2 / 2))
        holds("ICC(3,1)", consistent_ci, BETWEEN**2 / (BETWEEN**2 + ERROR**2))
        holds("change a year, mixed model", _change(random, design, YEARLY).ci, YEARLY)
    return found
