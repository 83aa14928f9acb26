"""Claims about single subjects read against controls and against norms."""

import numpy as np
from M1SHThkLib.cohort.norms import _curve, stand
from M1SHThkLib.cohort.single_subject import percentile
from M1SHThkLib.cohort.standing import against_regression, crawford_howell
from M1SHThkLib.cohort.study import SH_THK
from scipy.stats import norm

# The square root of SH/Thk is taken for normal by the report; here it is.
ROOT, SPREAD, AGEING = 0.18, 0.03, 0.001
HIGH = norm.ppf(0.9)
NORMS = 40  # controls of norms


def _controls(random, count):
    ages = random.uniform(30, 80, count)
    return ages, ROOT + AGEING * (ages - 55) + SPREAD * random.normal(size=count)


def subject_p(random, design):
    """One-sided P of a subject who is as the controls are."""
    ages, roots = _controls(random, design.controls + 1)
    at_age = against_regression(ages[0], roots[0], ages[1:], roots[1:])
    alike = ROOT + SPREAD * random.normal(size=design.controls + 1)
    return {
        "Crawford-Howell t, one-sided": crawford_howell(alike[0], alike[1:]).p,
        "t at the subject's age, one-sided": at_age.p if at_age else np.nan,
    }


def subject_covered(random, design, truth):
    """Whether the intervals of a subject's percentile hold the true one, 90 %."""
    alike = ROOT + SPREAD * random.normal(size=design.controls)
    value = ROOT + SPREAD * HIGH
    found = {}

    def holds(name, ci):
        found[name] = ci[0] <= 90 + 1e-9 and ci[1] >= 90 - 1e-9

    holds("percentile (Clopper and Pearson)", percentile(value, alike)[1])
    holds("percentage below (Crawford and Garthwaite)", crawford_howell(value, alike).ci)
    ages, roots = _controls(random, design.controls)
    age = random.uniform(40, 70)
    there = against_regression(age, ROOT + AGEING * (age - 55) + SPREAD * HIGH, ages, roots)
    if there:
        holds("percentage below at an age", there.ci)
    if design.missing == 0 and design.digits is None:
        ages, roots = _controls(random, NORMS)
        curve = _curve(3.0, SH_THK, "region", ages, np.maximum(roots, 0) ** 2)
        result = stand(curve, (ROOT + AGEING * (age - 55) + SPREAD * HIGH) ** 2, age)
        if not isinstance(result, str):
            holds("centile of norms", result.ci)
    return found
