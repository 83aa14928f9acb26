"""How sure a ROC curve is, point by point."""

import numpy as np

from .cutoff import Choice
from .proportions import wilson
from .resampling import bootstrap_subjects, times_drawn

REPLICATES = 200


def roc_band(sample, pathologic, seed):
    """Limits of the sensitivity at false positive rates from that of one of the others on.

    Wilson's interval of the sensitivity, of as many patients as make its variance that of samples of whole subjects
    drawn anew, which scatter in their cut-offs too. It covers 86 to 98 % in small groups, 95 % in greater ones.

    Parameters
    ----------
    sample : Sample
        One value a subject, at least two subjects of each group.
    pathologic : int
    seed : int

    Returns
    -------
    (rates, low, high) : arrays, shape (points,)
    """
    choice = Choice(sample, pathologic)
    patients, others = int(choice.is_patient.sum()), int((~choice.is_patient).sum())
    rates = np.linspace(1 / others, 1, min(others, 50))
    seen = _sensitivity_at(rates, *(own[None] for own in choice.curve))[0]
    drawn = times_drawn(bootstrap_subjects(choice.is_patient, REPLICATES, seed))
    scatter = np.concatenate(
        [_sensitivity_at(rates, *choice.shares(part)) for part in np.array_split(drawn, REPLICATES // 10)]
    ).var(axis=0)
    inner = (seen > 0) & (seen < 1) & (scatter > 0)
    worth = np.where(inner, np.clip(seen * (1 - seen) / np.where(inner, scatter, 1), 2, patients), patients)
    limits = np.array([wilson(share * count, count) for share, count in zip(seen, worth, strict=True)])
    return rates, limits[:, 0], limits[:, 1]


def _sensitivity_at(rates, sensitivity, specificity):
    """The curve's greatest sensitivity at each false positive rate, sloping where values tie; shape (sets, rates)."""
    false = 1 - specificity
    sets = np.arange(len(false))
    found = np.empty((len(false), len(rates)))
    for number, rate in enumerate(rates):
        before = (false <= rate + 1e-9).sum(axis=1) - 1
        after = np.minimum(before + 1, false.shape[1] - 1)
        low, run = false[sets, before], false[sets, after] - false[sets, before]
        part = np.where(run > 0, (rate - low) / np.where(run > 0, run, 1), 0)
        found[:, number] = sensitivity[sets, before] + part * (sensitivity[sets, after] - sensitivity[sets, before])
    return found
