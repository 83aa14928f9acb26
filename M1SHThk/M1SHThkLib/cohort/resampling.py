"""Whole subjects drawn anew, or their labels exchanged: what keeps the values of a subject together."""

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


def permute_labels(is_patient, permutations, seed):
    """The groups' labels dealt anew to whole subjects, bool array of shape (permutations, subjects)."""
    labels = np.tile(np.asarray(is_patient, bool), (permutations, 1))
    return np.random.default_rng(seed).permuted(labels, axis=1)


def permutation_p(observed, permuted):
    """Share of the permutations at least as extreme as what was observed, itself counted as one of them.

    Greater is more extreme (Phipson and Smyth, Stat Appl Genet Mol Biol 2010;9:39).
    """
    permuted = np.asarray(permuted, float)
    # What differs by rounding alone is equal.
    at_least = permuted >= observed - 1e-9 * max(1.0, abs(observed))
    return (1 + at_least.sum()) / (1 + len(permuted))


def percentile_interval(values, confidence=CONFIDENCE):
    """Percentile interval of a bootstrap's replicates, missing ones left out; (low, high), nan without any."""
    values = np.asarray(values, float)
    values = values[np.isfinite(values)]
    if not len(values):
        return np.nan, np.nan
    tail = (1 - confidence) / 2
    low, high = np.quantile(values, [tail, 1 - tail])
    return float(low), float(high)
