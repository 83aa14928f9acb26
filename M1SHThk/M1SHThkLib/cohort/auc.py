"""Area under the ROC curve: its covariance between markers, its interval, and the comparison of two."""

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit, logit
from scipy.stats import norm

QUANTILE = norm.ppf(0.975)


def areas(values, is_patient, subject):
    """Areas under the curves of several markers of the same subjects, and their covariance.

    With one value a subject this is DeLong's covariance (DeLong, DeLong and Clarke-Pearson, Biometrics 1988;44:837);
    with several it is that of clustered data (Obuchowski, Biometrics 1997;53:567), of which the former is a case.
    A subject is a patient or a control, so that the clustered covariance between the two groups is zero.

    Parameters
    ----------
    values : array, shape (markers, m)
        Greater = more pathologic; nothing missing.
    is_patient : bool array, shape (m,)
        At least two subjects of each group.
    subject : int array, shape (m,)
        Whose the values are.

    Returns
    -------
    (auc, covariance) : arrays of shape (markers,) and (markers, markers)
    """
    values = np.asarray(values, float)
    patients, controls = values[:, is_patient, None], values[:, None, ~is_patient]
    above = (patients > controls) + 0.5 * (patients == controls)
    auc = above.mean(axis=(1, 2))
    covariance = _of_mean(above.mean(axis=2), subject[is_patient]) + _of_mean(above.mean(axis=1), subject[~is_patient])
    return auc, covariance


def _of_mean(placements, subject):
    """Covariance of the placements' means, whole subjects being independent; placements (markers, m)."""
    deviations = placements - placements.mean(axis=1, keepdims=True)
    totals = deviations @ (subject[:, None] == np.unique(subject))
    count = totals.shape[1]
    return count / (count - 1) * totals @ totals.T / placements.shape[1] ** 2


def interval(auc, variance, patients, controls):
    """95 % interval of one area, within 0 to 1.

    Symmetric on the scale of log odds (Pepe, The Statistical Evaluation of Medical Tests, 2003, section 5.2.4). Where
    patients' and controls' values do not overlap the variance is zero although the area is uncertain: then Newcombe's
    score interval (method 5; Stat Med 2006;25:559), which needs the number of subjects alone.

    Parameters
    ----------
    auc, variance : float
    patients, controls : int
        Number of subjects.

    Returns
    -------
    (low, high)
    """
    if variance > 0 and 0 < auc < 1:
        half = QUANTILE * np.sqrt(variance) / (auc * (1 - auc))
        return float(expit(logit(auc) - half)), float(expit(logit(auc) + half))
    others = (patients + controls) / 2 - 1

    def beyond(area):
        spread = 1 + others * (1 - area) / (2 - area) + others * area / (1 + area)
        return abs(auc - area) - QUANTILE * np.sqrt(area * (1 - area) * spread / (patients * controls))

    tiny = 1e-9
    low = brentq(beyond, tiny, auc - tiny) if auc > 0.5 else 0.0
    high = brentq(beyond, auc + tiny, 1 - tiny) if auc < 0.5 else 1.0
    return low, high
