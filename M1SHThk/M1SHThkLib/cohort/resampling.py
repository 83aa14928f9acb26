"""Whole subjects drawn anew, or their labels exchanged: what keeps the values of a subject together."""

from itertools import combinations
from math import comb

import numpy as np

CONFIDENCE = 0.95


def bootstrap_subjects(is_patient, replicates, seed):
    """Subjects drawn with replacement within their group.

    Parameters
    ----------
    is_patient : bool array, shape (subjects,)
    replicates, seed : int

    Returns
    -------
    int array, shape (replicates, subjects)
        Numbers of the subjects drawn, patients in the patients' places and controls in the controls'.
    """
    is_patient = np.asarray(is_patient, bool)
    random = np.random.default_rng(seed)
    drawn = np.empty((replicates, len(is_patient)), int)
    for group in (True, False):
        own = np.flatnonzero(is_patient == group)
        if len(own):
            drawn[:, own] = own[random.integers(0, len(own), (replicates, len(own)))]
    return drawn


def times_drawn(drawn):
    """How often each subject was drawn: what `bootstrap_subjects` gives as weights, of the same shape."""
    replicates, subjects = drawn.shape
    of_all = drawn + subjects * np.arange(replicates)[:, None]
    return np.bincount(of_all.ravel(), minlength=drawn.size).reshape(drawn.shape)


def label_sets(is_patient, permutations, seed):
    """The groups' labels dealt anew to whole subjects.

    Returns
    -------
    labels : bool array, shape (sets, subjects)
        Every dealing where there are no more than `permutations`, else so many drawn at random.
    every : bool
    """
    is_patient = np.asarray(is_patient, bool)
    subjects, patients = len(is_patient), int(is_patient.sum())
    if comb(subjects, patients) <= permutations:
        labels = np.zeros((comb(subjects, patients), subjects), bool)
        for own, chosen in zip(labels, combinations(range(subjects), patients), strict=True):
            own[list(chosen)] = True
        return labels, True
    labels = np.tile(is_patient, (permutations, 1))
    return np.random.default_rng(seed).permuted(labels, axis=1), False


def permutation_p(observed, permuted, every=False):
    """Share of the permutations at least as extreme as what was observed; greater is more extreme.

    Where they are not `every` one there is but drawn at random, what was observed counts as one more of them (Phipson
    and Smyth, Stat Appl Genet Mol Biol 2010;9:39).
    """
    permuted = np.asarray(permuted, float)
    # What differs by rounding alone is equal.
    at_least = permuted >= observed - 1e-9 * max(1.0, abs(observed)) if np.isfinite(observed) else permuted >= observed
    return at_least.mean() if every else (1 + at_least.sum()) / (1 + len(permuted))


def percentile_interval(values, confidence=CONFIDENCE):
    """Percentile interval of a bootstrap's replicates, missing ones left out; (low, high), nan without any."""
    values = np.asarray(values, float)
    values = values[np.isfinite(values)]
    if not len(values):
        return np.nan, np.nan
    tail = (1 - confidence) / 2
    low, high = np.quantile(values, [tail, 1 - tail])
    return float(low), float(high)
