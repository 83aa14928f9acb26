"""Logistic regression with Firth's penalty, which is there too where a variable parts the groups wholly.

Firth, Biometrika 1993;80:27; Heinze and Schemper, Stat Med 2002;21:2409 (R: logistf).
"""

import numpy as np
from scipy.special import expit
from scipy.stats import chi2

_MOST_STEPS, _LONGEST_STEP, _PRECISION = 200, 5.0, 1e-9


def fit(design, outcome, held=()):
    """Coefficients of greatest penalised likelihood, and its logarithm.

    Parameters
    ----------
    design : array, shape (n, k)
        The constant among its columns.
    outcome : array, shape (n,)
        0 or 1, both there.
    held : sequence of int
        Columns whose coefficient is held at 0; the penalty stays that of all columns.

    Returns
    -------
    (coefficients, log_likelihood) : (array of shape (k,), float)
    """
    free = [number for number in range(design.shape[1]) if number not in held]
    coefficients = np.zeros(design.shape[1])
    value, shares, information = _penalised(design, outcome, coefficients)
    for _ in range(_MOST_STEPS):
        weighted = np.sqrt(shares * (1 - shares))[:, None] * design
        leverage = (weighted * (weighted @ np.linalg.pinv(information))).sum(axis=1)
        score = design[:, free].T @ (outcome - shares + leverage * (0.5 - shares))
        step = np.zeros_like(coefficients)
        step[free] = np.linalg.pinv(information[np.ix_(free, free)]) @ score
        step *= min(1.0, _LONGEST_STEP / max(np.abs(step).max(), 1e-300))
        before = value
        while True:
            value, shares, information = _penalised(design, outcome, coefficients + step)
            if value >= before - 1e-12 or np.abs(step).max() < 1e-8:
                break
            step /= 2
        coefficients = coefficients + step
        if abs(value - before) < _PRECISION and np.abs(step).max() < 1e-6:
            break
    return coefficients, float(value)


def likelihood_ratio(design, outcome, held):
    """Whether the held columns add to the others: penalised likelihood-ratio chi-square, and P.

    Parameters as of `fit`.

    Returns
    -------
    (chi_square, p) : (float, float)
    """
    chi_square = max(2 * (fit(design, outcome)[1] - fit(design, outcome, held)[1]), 0.0)
    return chi_square, float(chi2.sf(chi_square, len(held)))


def _penalised(design, outcome, coefficients):
    """Penalised log likelihood, fitted shares, and Fisher's information."""
    linear = design @ coefficients
    shares = expit(linear)
    information = (design * (shares * (1 - shares))[:, None]).T @ design
    sign, logarithm = np.linalg.slogdet(information)
    penalty = logarithm / 2 if sign > 0 else -1e6
    return (outcome * linear - np.logaddexp(0, linear)).sum() + penalty, shares, information
