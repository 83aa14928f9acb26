"""Area under the ROC curve: the share of contests between a patient's and a control's values that the patient wins.

Whole subjects are independent, their values are not: what each subject does for the area, its influence, gives the
variance of every area here and the covariance between markers (DeLong, DeLong and Clarke-Pearson, Biometrics
1988;44:837, where a subject has one value; Obuchowski, Biometrics 1997;53:567, where it has several). All of it takes
N log N steps for N values.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit, logit
from scipy.stats import norm, t

from ..translation import Note as _
from .finding import ci_text

QUANTILE = norm.ppf(0.975)
NO_VARIANCE = 1e-18  # what rounding leaves of none


@dataclass(frozen=True)
class Area:
    """An area and what each subject does for it.

    Attributes
    ----------
    auc : float
        nan where no patient meets a control.
    influence : array, shape (subjects,)
        How far the area would move with a subject; 0 for whoever takes part in no contest. Over the patients they add
        up to 0, and over the controls.
    is_patient, takes_part : bool arrays, shape (subjects,)
    is_clustered : bool
        Some subjects give several values.
    """

    auc: float
    influence: np.ndarray
    is_patient: np.ndarray
    takes_part: np.ndarray
    is_clustered: bool = False

    @property
    def patients(self):
        """Number of patients who take part."""
        return int((self.takes_part & self.is_patient).sum())

    @property
    def controls(self):
        """Number of controls who take part."""
        return int((self.takes_part & ~self.is_patient).sum())

    @property
    def variance(self):
        return covariance(self, self)

    @property
    def ci(self):
        """95 % interval, (low, high).

        With several values a subject few subjects' influence scatters less than it should, so that Student's quantile
        of the smaller group takes the normal one's place.
        """
        quantile = t.ppf(0.975, min(self.patients, self.controls) - 1) if self.is_clustered else QUANTILE
        return interval(self.auc, self.variance, self.patients, self.controls, quantile)

    @property
    def has_overlap(self):
        """Whether the groups' values overlap; where they do not, the interval is Newcombe's."""
        return self.variance > NO_VARIANCE and 0 < self.auc < 1

    @property
    def ci_words(self):
        """'95 % CI 0.71 to 0.94', and whose interval it is where the groups do not overlap."""
        return ci_text(self.ci) + ("" if self.has_overlap else _(", Newcombe's, since the groups do not overlap"))


def covariance(one, other):
    """Covariance of two areas of the same subjects."""
    total = 0.0
    for group in (one.is_patient, ~one.is_patient):
        count = (group & (one.takes_part | other.takes_part)).sum()
        if count > 1:
            total += count / (count - 1) * float(one.influence[group] @ other.influence[group])
    return total


def area(values, is_patient, subject=None, subjects=None):
    """The area over all pairs of a patient's and a control's value.

    Parameters
    ----------
    values : array, shape (m,)
        Greater = more pathologic; nothing missing.
    is_patient : bool array, shape (m,)
    subject : int array, shape (m,), optional
        Number, from 0 on, of the subject whose a value is; None = one value a subject.
    subjects : int, optional
        How many there are, those without a value among them; None = up to the last that has one.

    Returns
    -------
    Area
    """
    values, is_patient = np.asarray(values, float), np.asarray(is_patient, bool)
    subject = np.arange(len(values)) if subject is None else np.asarray(subject)
    patients, controls = values[is_patient], values[~is_patient]
    won, of = np.zeros(len(values)), np.where(is_patient, len(controls), len(patients))
    won[is_patient] = wins(patients, controls)
    won[~is_patient] = len(patients) - wins(controls, patients)
    totals = (np.bincount(subject, own, subjects or 0) for own in (won, of, is_patient))
    won, of, of_patients = totals
    return _of_subjects(won, of, of_patients > 0, np.bincount(subject).max(initial=0) > 1)


def area_over_strata(values, is_patient):
    """The area within regions: the mean of theirs with van Elteren's weights, n m / (n + m + 1).

    Parameters
    ----------
    values : array, shape (subjects, strata)
        nan where missing.
    is_patient : bool array, shape (subjects,)
    """
    values, is_patient = np.asarray(values, float), np.asarray(is_patient, bool)
    won, of = np.zeros((2, len(values)))
    for own in values.T:
        patient, control = np.isfinite(own) & is_patient, np.isfinite(own) & ~is_patient
        n, m = patient.sum(), control.sum()
        for group, wins_of_group in (
            (patient, wins(own[patient], own[control])),
            (control, n - wins(own[control], own[patient])),
        ):
            won[group] += wins_of_group / (n + m + 1)
            of[group] += (m if group is patient else n) / (n + m + 1)
    return _of_subjects(won, of, is_patient, (np.isfinite(values).sum(axis=1) > 1).any())


def area_like_with_like(values, is_patient):
    """The area of the greatest values, each patient meeting each control over the regions that both have.

    Whoever lacks regions has fewer to take the greatest of: comparing over shared ones alone favours nobody.

    Parameters
    ----------
    values : array, shape (subjects, regions)
        nan where missing.
    is_patient : bool array, shape (subjects,)
    """
    values, is_patient = np.asarray(values, float), np.asarray(is_patient, bool)
    won, of = np.zeros((2, len(values)))
    patterns, which = np.unique(np.isfinite(values), axis=0, return_inverse=True)
    which = which.ravel()
    for number, pattern in enumerate(patterns):
        for other, other_pattern in enumerate(patterns):
            shared = pattern & other_pattern
            patient, control = (which == number) & is_patient, (which == other) & ~is_patient
            n, m = patient.sum(), control.sum()
            if shared.any() and n and m:
                patients, controls = (values[np.ix_(own, shared)].max(axis=1) for own in (patient, control))
                won[patient] += wins(patients, controls)
                won[control] += n - wins(controls, patients)
                of[patient] += m
                of[control] += n
    return _of_subjects(won, of, is_patient)


def wins(values, opponents):
    """How many opponents each value exceeds, equal ones counted half."""
    opponents = np.sort(opponents)
    return (np.searchsorted(opponents, values, "left") + np.searchsorted(opponents, values, "right")) / 2


def _of_subjects(won, of, is_patient, is_clustered=False):
    """`won`: contests that patients win against, or a control loses; `of`: contests; each of shape (subjects,)."""
    total = of[is_patient].sum()
    if not total > 0:
        return Area(np.nan, np.zeros(len(won)), is_patient, np.zeros(len(won), bool))
    auc = won[is_patient].sum() / total
    return Area(float(auc), (won - auc * of) / total, is_patient, of > 0, bool(is_clustered))


def interval(auc, variance, patients, controls, quantile=QUANTILE):
    """95 % interval of one area, within 0 to 1.

    Symmetric on the scale of log odds (Pepe, The Statistical Evaluation of Medical Tests, 2003, section 5.2.4). Where
    patients' and controls' values do not overlap the variance is zero although the area is uncertain: then Newcombe's
    score interval (method 5; Stat Med 2006;25:559), which needs the number of subjects alone.

    Parameters
    ----------
    auc, variance : float
    patients, controls : int
        Number of subjects.
    quantile : float
        Of the distribution that the error in units of its standard error has.

    Returns
    -------
    (low, high)
    """
    if variance > NO_VARIANCE and 0 < auc < 1:
        half = quantile * np.sqrt(variance) / (auc * (1 - auc))
        return float(expit(logit(auc) - half)), float(expit(logit(auc) + half))
    return score_interval(auc, patients, controls)


def score_interval(auc, patients, controls):
    """Newcombe's 95 % interval of an area from so many independent values (method 5; Stat Med 2006;25:559).

    The variance of Hanley and McNeil taken at the limit itself and with both sizes replaced by their mean.
    """
    others = (patients + controls) / 2 - 1

    def excess(limit):
        spread = 1 + others * ((1 - limit) / (2 - limit) + limit / (1 + limit))
        return (auc - limit) ** 2 - QUANTILE**2 * limit * (1 - limit) * spread / (patients * controls)

    # At 0 and 1 the excess is 0 without being a limit.
    inside = np.clip(auc, 1e-12, 1 - 1e-12)
    low = brentq(excess, 0.0, inside) if auc > 0 else 0.0
    high = brentq(excess, inside, 1.0) if auc < 1 else 1.0
    return float(low), float(high)
