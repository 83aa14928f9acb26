"""How far two readings of the same things lie apart: limits of agreement, within-subject SD and CV, ICC.

Pairs come in whole subjects, of which each may give several: intervals take subjects as independent, not their pairs.
"""

import warnings

import numpy as np
from scipy.stats import chi2, t


def limits_of_agreement(pairs, subject=None):
    """Bland-Altman bias and 95 % limits of agreement of the second minus the first, each with its 95 % interval.

    Bland and Altman, Lancet 1986;1:307: the error of a limit is sqrt(3 / n) SD, n being the number of subjects.

    Parameters
    ----------
    pairs : array, shape (n, 2)
        At least two pairs.
    subject : int array, shape (n,), optional
        Whose a pair is; None = a subject each.

    Returns
    -------
    dict
        'bias', 'sd', 'low', 'high', and 'bias_ci', 'low_ci', 'high_ci' as (low, high).
    """
    differences = np.diff(pairs)[:, 0]
    subject = np.arange(len(pairs)) if subject is None else subject
    bias, sd = float(differences.mean()), float(differences.std(ddof=1))
    totals = np.bincount(subject, differences - bias)[np.unique(subject)]
    subjects = len(totals)
    error = np.sqrt(subjects / (subjects - 1) * (totals**2).sum()) / len(differences)
    quantile = t.ppf(0.975, subjects - 1)
    around, around_limit = quantile * error, quantile * error * np.sqrt(3)
    low, high = bias - 1.96 * sd, bias + 1.96 * sd
    return {
        "bias": bias,
        "bias_ci": (float(bias - around), float(bias + around)),
        "sd": sd,
        "low": low,
        "low_ci": (float(low - around_limit), float(low + around_limit)),
        "high": high,
        "high_ci": (float(high - around_limit), float(high + around_limit)),
    }


def within_subject(pairs, subject=None):
    """Within-subject SD and its 95 % interval from the chi-squared distribution.

    Its degrees of freedom are as many as make its variance that of the subjects' squares (Satterthwaite, Biometrics
    1946;2:110), n at most.

    Parameters
    ----------
    pairs : array, shape (n, 2)
    subject : int array, shape (n,), optional

    Returns
    -------
    (sd, (low, high))
    """
    return _root_mean(np.diff(pairs)[:, 0] ** 2 / 2, subject)


def within_subject_cv(pairs, subject=None):
    """Root mean square within-subject coefficient of variation and its 95 % interval, as fractions.

    Parameters
    ----------
    pairs : array, shape (n, 2)
        At least two pairs, none with a mean of zero.
    subject : int array, shape (n,), optional

    Returns
    -------
    (wcv, (low, high))
    """
    return _root_mean(np.diff(pairs)[:, 0] ** 2 / 2 / pairs.mean(axis=1) ** 2, subject)


def _root_mean(squares, subject):
    subject = np.arange(len(squares)) if subject is None else subject
    mean = squares.mean()
    totals = np.bincount(subject, squares - mean)[np.unique(subject)]
    subjects = len(totals)
    variance = subjects / max(subjects - 1, 1) * (totals**2).sum() / len(squares) ** 2
    freedom = np.clip(2 * mean**2 / variance, 1, len(squares)) if variance > 0 else len(squares)
    low, high = (float(np.sqrt(mean * freedom / chi2.ppf(tail, freedom))) for tail in (0.975, 0.025))
    return float(np.sqrt(mean)), (low, high)


def growth_of_difference(pairs, subject=None):
    """Slope of the difference on the mean of both: a bias that grows with the size (Bland and Altman, Lancet 1986).

    Where subjects give several pairs, the slope's error is the jackknife's over whole subjects.

    Parameters
    ----------
    pairs : array, shape (n, 2)
        Of at least four subjects, means not all equal.
    subject : int array, shape (n,), optional

    Returns
    -------
    (slope, (low, high), t, p, subjects)
    """
    subject = np.arange(len(pairs)) if subject is None else np.unique(subject, return_inverse=True)[1]
    subjects = subject.max() + 1
    means, differences = pairs.mean(axis=1) - pairs.mean(), np.diff(pairs)[:, 0]
    sums = np.array([np.bincount(subject, own) for own in _for_slope(means, differences)])
    slope = _slope(*sums.sum(axis=1))
    if subjects == len(pairs):
        centred = means - means.mean()
        residuals = differences - differences.mean() - slope * centred
        error = np.sqrt(residuals @ residuals / (subjects - 2) / (centred @ centred))
    else:
        without = _slope(*(sums.sum(axis=1, keepdims=True) - sums))
        error = np.sqrt((subjects - 1) / subjects * ((without - slope) ** 2).sum())
    statistic = slope / error if error > 0 else np.inf
    reach = t.ppf(0.975, subjects - 2) * error
    p = float(2 * t.sf(abs(statistic), subjects - 2))
    return float(slope), (float(slope - reach), float(slope + reach)), float(statistic), p, subjects


def _for_slope(x, y):
    return np.ones_like(x), x, y, x * x, x * y


def _slope(count, x, y, xx, xy):
    """Of y on x, from their sums."""
    return (xy - x * y / count) / (xx - x * x / count)


def intraclass_correlations(ratings):
    """ICC(2,1) and ICC(3,1), each with its 95 % interval.

    Parameters
    ----------
    ratings : array, shape (targets, raters)
        Nothing missing.

    Returns
    -------
    ((icc, (low, high)), (icc, (low, high)))

    Raises
    ------
    ImportError
        Where pingouin is not installed.
    """
    import pandas
    import pingouin

    target, rater = np.indices(ratings.shape)
    table = pandas.DataFrame({"target": target.ravel(), "rater": rater.ravel(), "rating": ratings.ravel()})
    # The column of intervals is CI95% up to 0.5 and CI95 after it, and rounded unless told otherwise.
    rounding = {key: digits for key, digits in pingouin.options.items() if key.startswith("round.column.CI95")}
    pingouin.options.update(dict.fromkeys(rounding))
    try:
        with warnings.catch_warnings():
            # What pingouin will have to change for a later pandas is no concern of the reader's.
            warnings.simplefilter("ignore", DeprecationWarning)
            result = pingouin.intraclass_corr(table, targets="target", raters="rater", ratings="rating")
    finally:
        pingouin.options.update(rounding)
    intervals = next(result[column] for column in result if column.startswith("CI95"))
    # ICC1, ICC2, ICC3... in every version, whatever their names.
    return tuple((float(result["ICC"].iloc[row]), tuple(map(float, intervals.iloc[row]))) for row in (1, 2))
