"""Agreement of two readings of the same subjects: Cohen's kappa, plain or weighted."""

import numpy as np
from scipy.stats import t

from ..translation import Note as _
from .finding import Finding, ci_text, counted

METHOD = (
    "Cohen's kappa{}; standard error of Fleiss, Cohen and Everitt (Psychol Bull 1969;72:323){}; interval by Fisher's "
    "transform and Student's t. Of few subjects, or where hardly anybody is called pathologic, it covers from 90 to "
    "99 %."
)
# How much of a disagreement by d of the scale's s steps counts as agreement.
WEIGHTS = {
    None: lambda distance: (distance == 0).astype(float),
    "linear": lambda distance: 1 - distance,
    "quadratic": lambda distance: 1 - distance**2,
}


def kappa(one, other, categories, weights=None):
    """Kappa of two readings, its standard error and interval.

    Parameters
    ----------
    one, other : int arrays, shape (subjects, k)
        Categories 0, 1, ... of the k things that are read of a subject; -1 where missing in either.
    categories : int
        How many there are.
    weights : str or None
        A key of WEIGHTS.

    Returns
    -------
    (kappa, error, (low, high) or None)
        The error takes whole subjects as independent. Kappa is nan where one reading is the same throughout; no
        interval where agreement or disagreement is perfect, or one subject alone was read.
    """
    read = (one >= 0) & (other >= 0)
    subject, _ = np.nonzero(read)
    one, other = one[read], other[read]
    count, subjects = len(one), len(np.unique(subject))
    steps = np.arange(categories)
    agreement = WEIGHTS[weights](np.abs(steps[:, None] - steps) / max(categories - 1, 1))
    table = np.zeros((categories, categories))
    np.add.at(table, (one, other), 1 / max(count, 1))
    rows, columns = table.sum(axis=1), table.sum(axis=0)
    observed, expected = (table * agreement).sum(), rows @ agreement @ columns
    if not count or 1 - expected < 1e-12:
        return np.nan, np.nan, None
    value = (observed - expected) / (1 - expected)
    by_rows, by_columns = agreement @ columns, rows @ agreement
    influence = (agreement[one, other] - observed) / (1 - expected)
    influence -= (1 - observed) / (1 - expected) ** 2 * (by_rows[one] + by_columns[other] - 2 * expected)
    error = float(np.sqrt((np.bincount(subject, influence) ** 2).sum())) / count
    if not error > 1e-12 or abs(value) > 1 - 1e-12 or subjects < 2:
        return float(value), error, None
    spread = t.ppf(0.975, subjects - 1) * error * np.sqrt(subjects / (subjects - 1)) / (1 - value**2)
    low, high = np.tanh(np.arctanh(value) + np.array([-spread, spread]))
    return float(value), error, (float(low), float(high))


def without_interval(value):
    """Why a kappa has none."""
    if abs(value) < 1 - 1e-12:
        return _("so few subjects give no interval")
    if value > 0:
        return _("perfect agreement gives no standard error and no interval")
    return _("perfect disagreement gives no standard error and no interval")


def kappa_finding(what, labels, one, other):
    """The finding of two readings as pathologic (1) or not (0), nan where not read; shape (subjects,)."""
    both = ~np.isnan(one) & ~np.isnan(other)
    one, other = one[both] == 1, other[both] == 1
    table = [[int(((one == a) & (other == b)).sum()) for b in (True, False)] for a in (True, False)]
    n = {"subjects": int(both.sum())}
    details = {"table": table}
    equal = table[0][0] + table[1][1]

    def found(words, **numbers):
        method = METHOD.format("", "")
        return Finding("visual", what, "kappa", words, n, method, labels=labels, details=details, **numbers)

    if not n["subjects"]:
        return found(_("{what}: no kappa, since no subject was read both times.").format(what=what))
    (yes, only_one), (only_other, no) = table
    lead = _(
        "{what}, the same in {equal} of {subjects} (pathologic in both {yes}, in the first alone "
        "{only_one}, in the second alone {only_other}, in neither {no})"
    ).format(
        what=what,
        equal=equal,
        subjects=counted(n["subjects"], "subject"),
        yes=yes,
        only_one=only_one,
        only_other=only_other,
        no=no,
    )
    if len(set(one)) == 1 or len(set(other)) == 1:
        return found(_("{lead}: no kappa, since one of the two called every subject the same.").format(lead=lead))
    value, details["error"], ci = kappa(one[:, None].astype(int), other[:, None].astype(int), 2)
    if ci is None:
        words = _("{lead}: kappa {value:.2f}; {why}.").format(lead=lead, value=value, why=without_interval(value))
        return found(words, estimate=value)
    return found(
        _("{lead}: kappa {value:.2f} ({ci}).").format(lead=lead, value=value, ci=ci_text(ci)), estimate=value, ci=ci
    )
