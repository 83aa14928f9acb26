"""Whether an area differs from what chance gives: the groups' labels are dealt anew to whole subjects.

The area less one half is divided by its standard error under every dealing, which keeps the level where the groups lack
unequally many regions, and no dealing but the true one would give them their gaps (Janssen, Stat Probab Lett 1997;36:9;
Chung and Romano, Ann Stat 2013;41:484).
"""

import numpy as np
from scipy.stats import norm

from ..translation import Note as _
from .resampling import label_sets, permutation_p

# Above so many subjects the normal distribution tells the same, in less time.
PERMUTED_UP_TO = 100
_CHUNK = 2_000_000  # numbers held at once


def area_p(area, contests, permutations, seed):
    """P, two-sided, that an area is one half; and how it came about.

    Parameters
    ----------
    area : Area
        Of at least two patients and two controls who take part.
    contests : callable
        Gives (won, of), both of shape (subjects, subjects): how many contests the row's subject as a patient wins
        against the column's as a control, and of how many.
    permutations, seed : int

    Returns
    -------
    (p, how) : (float, str)
    """
    if len(area.influence) > PERMUTED_UP_TO:
        z = (area.auc - 0.5) / np.sqrt(area.variance) if area.variance > 0 else np.inf
        return float(2 * norm.sf(abs(z))), _("by its standard error")
    labels, every = label_sets(area.is_patient, permutations, seed)
    won, of = contests()
    observed = _studentised(area.is_patient[None], won, of)[0]
    dealt = [_studentised(own, won, of) for own in np.array_split(labels, 1 + labels.size * 8 // _CHUNK)]
    dealt = np.concatenate(dealt)
    return float(permutation_p(observed, dealt, every)), _("by permuting the labels of whole subjects")


def _studentised(labels, won, of):
    """|area - 1/2| over its standard error under each set of labels, shape (sets,); 0 where nobody meets."""
    patient, control = labels.astype(float), (~labels).astype(float)
    won_by, of_patient = control @ won.T, control @ of.T  # each subject's as a patient
    total = (patient * of_patient).sum(axis=1)
    auc = np.divide((patient * won_by).sum(axis=1), total, out=np.full(len(labels), 0.5), where=total > 0)
    lost, of_control = patient @ won, patient @ of
    variance = 0.0
    for mine, own_won, own_of in ((patient, won_by, of_patient), (control, lost, of_control)):
        influence = mine * (own_won - auc[:, None] * own_of)
        count = (mine * (own_of > 0)).sum(axis=1)
        variance = variance + np.divide(count, count - 1, out=np.zeros(len(labels)), where=count > 1) * (
            influence**2
        ).sum(axis=1)
    error = np.sqrt(variance) / np.maximum(total, 1e-300)
    distance = np.abs(auc - 0.5)
    # Groups that do not overlap have no error: nothing is more extreme.
    return np.divide(distance, error, out=np.where(distance > 1e-12, np.inf, 0.0), where=error > 1e-12)


def contests_clustered(values):
    """Every value against every value; `values` (subjects, regions), nan where missing."""
    present = np.isfinite(values)
    won = _exceeds(values[:, :, None, None], values.T[None, None]).sum(axis=(1, 2))
    return won.astype(float), np.outer(present.sum(axis=1), present.sum(axis=1)).astype(float)


def contests_over_strata(values, is_patient):
    """Values of the same region, with van Elteren's weights of the groups as they are."""
    present = np.isfinite(values)
    weights = 1 / (1 + present.sum(axis=0))
    usable = (present & is_patient[:, None]).any(axis=0) & (present & ~is_patient[:, None]).any(axis=0)
    weights = weights * usable
    won = sum(weight * _exceeds(own[:, None], own[None]) for weight, own in zip(weights, values.T, strict=True))
    return won, (present * weights) @ present.T.astype(float)


def contests_like_with_like(values):
    """The greatest values over the regions that both have."""
    present = np.isfinite(values)
    shared = present[:, None] & present[None]
    mine, theirs = (np.where(shared, own, -np.inf).max(axis=2) for own in (values[:, None], values[None]))
    of = shared.any(axis=2)
    return np.where(of, (mine > theirs) + 0.5 * (mine == theirs), 0.0), of.astype(float)


def contests_paper(values):
    """The greatest value of the row's subject against every value of the column's."""
    greatest = np.where(np.isfinite(values), values, -np.inf).max(axis=1)
    greatest = np.where(np.isfinite(greatest), greatest, np.nan)
    won = _exceeds(greatest[:, None, None], values[None]).sum(axis=2)
    return won, np.outer(np.isfinite(greatest), np.isfinite(values).sum(axis=1)).astype(float)


def _exceeds(values, others):
    """1 where greater, 0.5 where equal, 0 elsewhere and where one is missing."""
    return (values > others) + 0.5 * (values == others)
