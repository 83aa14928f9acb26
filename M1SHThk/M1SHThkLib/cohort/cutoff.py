"""A cut-off, how it was chosen, and what sensitivity and specificity it has apart from the data that chose it."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import binomtest

from .resampling import bootstrap_subjects, percentile_interval, times_drawn

# How a cut-off is chosen among those that the values allow.
RULES = {
    "youden": "cut-off with the greatest sum of sensitivity and specificity (Youden)",
    "sensitivity": "cut-off for a sensitivity of at least",
    "specificity": "cut-off for a specificity of at least",
    "given": "cut-off given beforehand",
}


@dataclass(frozen=True)
class Rate:
    """Share of the values of one group that were classified correctly: sensitivity or specificity.

    Attributes
    ----------
    correct, values, subjects : int
        Values that were classified correctly, of how many, of how many subjects.
    ci : (low, high)
        95 %.
    ci_name : str
        What gives it: Wilson's formula where there is one value a subject, else the bootstrap of whole subjects.
    """

    correct: int
    values: int
    subjects: int
    ci: tuple[float, float]
    ci_name: str

    @property
    def estimate(self):
        """0-1."""
        return self.correct / self.values


@dataclass(frozen=True)
class Performance:
    """What a cut-off does.

    Pairs are (sensitivity, specificity). What needs a choice is None for a cut-off given beforehand.

    Attributes
    ----------
    cutoff : float
        Values at it or beyond are called pathologic.
    cutoff_ci : (low, high)
        95 %, of the cut-offs that the replicates choose.
    rates : pair of Rate
        Of the subjects that chose the cut-off.
    corrected : pair of float
        The same, corrected for optimism.
    corrected_ci : pair of (low, high) or None
        95 %, the cut-off chosen anew in every replicate; None where all replicates give the same.
    left_out : pair of Rate
        Of subjects each classified by a cut-off chosen without it.
    subject : int array, shape (subjects,)
        The subjects, numbered as in the sample.
    called, called_left_out : int arrays, shape (subjects,)
        How many of a subject's values are called pathologic, by the cut-off and by one chosen without the subject.
    """

    cutoff: float
    rates: tuple[Rate, Rate]
    subject: np.ndarray
    called: np.ndarray
    cutoff_ci: tuple[float, float] | None = None
    corrected: tuple[float, float] | None = None
    corrected_ci: tuple[tuple[float, float] | None, tuple[float, float] | None] | None = None
    left_out: tuple[Rate, Rate] | None = None
    called_left_out: np.ndarray | None = None


class Choice:
    """Every way to cut a sample's values in two, and the choice among them, for samples drawn anew too.

    Parameters
    ----------
    sample : Sample
        Patients and controls, at least one value of each.
    pathologic : int
        1 where the greatest value is the most pathologic one, -1 where the least is.

    Attributes
    ----------
    subject, is_patient, count : arrays, shape (subjects,)
        The subjects as the sample numbers them, their group, and how many values each gives.
    """

    def __init__(self, sample, pathologic):
        self.pathologic = pathologic
        self.values = pathologic * sample.values
        self.subject, first, own = np.unique(sample.subject, return_index=True, return_inverse=True)
        self.is_patient = sample.is_patient[first]
        # [value, subject]
        self._of = (own[:, None] == np.arange(len(self.subject))).astype(float)
        self.count = self._of.sum(axis=0).astype(int)
        distinct = np.unique(self.values)[::-1]
        self._called = self._of.T @ (self.values[:, None] > np.append(distinct, -np.inf))
        # Cut number i lies between bounds i and i + 1: above every value, between neighbours, at the least.
        above_all = 2 * distinct[0] - distinct[-1] if len(distinct) > 1 else distinct[0] + 1
        self._bounds = np.concatenate([[above_all], distinct, distinct[-1:]])

    @property
    def cutoffs(self):
        """From 'none is pathologic' to 'all are', halfway between neighbouring values; shape (distinct values + 1,)."""
        return self.pathologic * (self._bounds[:-1] + self._bounds[1:]) / 2

    def choose(self, weights, rule, wanted):
        """The cut-off that each set of weights chooses, and what it achieves there.

        Parameters
        ----------
        weights : array, shape (sets, subjects)
            How often each subject is in the set; at least one of each group.
        rule : str
            'youden', 'sensitivity' or 'specificity'.
        wanted : float or None
            Wanted sensitivity or specificity.

        Returns
        -------
        (cutoff, sensitivity, specificity) : arrays, shape (sets,)
        """
        sensitivity, called_controls = (
            own @ self._called / (own @ self.count)[:, None]
            for own in (weights * self.is_patient, weights * ~self.is_patient)
        )
        specificity = 1 - called_controls
        # The lesser weight decides between cut-offs that are equally good otherwise.
        if rule == "youden":
            merit = sensitivity + specificity + 1e-6 * specificity
        elif rule == "sensitivity":
            merit = np.where(sensitivity >= wanted - 1e-9, specificity + 1e-6 * sensitivity, -1)
        else:
            merit = np.where(specificity >= wanted - 1e-9, sensitivity + 1e-6 * specificity, -1)
        best = merit >= merit.max(axis=1, keepdims=True) - 1e-9
        # Neighbouring cut-offs are as good where the value between them is absent from the set: their middle is taken.
        first = best.argmax(axis=1)
        behind = np.arange(best.shape[1]) > first[:, None]
        end = np.where((behind & ~best).any(axis=1), (behind & ~best).argmax(axis=1), best.shape[1])
        cutoff = self.pathologic * (self._bounds[first] + self._bounds[end]) / 2
        chosen = np.arange(len(weights)), first
        return cutoff, sensitivity[chosen], specificity[chosen]

    def called(self, cutoff):
        """How many values of each subject each cut-off calls pathologic, shape (cutoffs, subjects)."""
        return ((self.values >= self.pathologic * np.asarray(cutoff)[:, None]) @ self._of).astype(int)

    def rates(self, called):
        """Sensitivity and specificity of the sample as it is, from what `called` gives; arrays of shape (cutoffs,)."""
        patients, controls = (
            called[:, group].sum(axis=1) / self.count[group].sum() for group in (self.is_patient, ~self.is_patient)
        )
        return patients, 1 - controls


def why_none(sample, name):
    """Why a sample allows no curve and no cut-off, as a sentence; None where it does.

    `name` is the marker's.
    """
    subjects = {
        group: len(np.unique(sample.subject[own]))
        for group, own in (("patients", sample.is_patient), ("controls", ~sample.is_patient))
    }
    few = [f"{group}: {count}" for group, count in subjects.items() if count < 2]
    if few:
        return f"{name} needs at least two patients and two controls with a value; {', '.join(few)}."
    if np.ptp(sample.values) == 0:
        return f"Every value of {name} is the same ({sample.values[0]:.3g}), so that nothing tells the groups apart."
    return None


def youden_cutoff(sample, pathologic):
    """The cut-off with the greatest sum of sensitivity and specificity; nan where none does better than chance."""
    choice = Choice(sample, pathologic)
    cutoff, sensitivity, specificity = choice.choose(np.ones((1, len(choice.subject))), "youden", None)
    return float(cutoff[0]) if sensitivity[0] + specificity[0] > 1 + 1e-9 else np.nan


def performance(sample, pathologic, rule, level, replicates, seed):
    """Sensitivity and specificity at a cut-off.

    What is chosen and judged on the same subjects looks better than it is. The bootstrap of whole subjects chooses the
    cut-off anew in each replicate; how much better a replicate does on itself than on the sample is its optimism
    (Harrell, Lee and Mark, Stat Med 1996;15:361). The mean optimism is subtracted, and the percentiles of the optimism
    give the interval (the basic bootstrap interval: Davison and Hinkley, Bootstrap Methods, 1997, section 5.2).

    Parameters
    ----------
    sample : Sample
        At least two subjects of each group.
    pathologic : int
        1 where the greatest value is the most pathologic one, -1 where the least is.
    rule : str
        A key of RULES.
    level : float or None
        The wanted sensitivity or specificity, or the given cut-off.
    replicates, seed : int
    """
    choice = Choice(sample, pathologic)
    weights = times_drawn(bootstrap_subjects(choice.is_patient, replicates, seed))
    if rule == "given":
        called = choice.called([level])[0]
        return Performance(level, _rates(choice, called, weights), choice.subject, called)
    everyone, *_ = choice.choose(np.ones((1, len(choice.subject))), rule, level)
    called = choice.called(everyone)[0]
    rates = _rates(choice, called, weights)
    again, *on_itself = choice.choose(weights, rule, level)
    on_sample = choice.rates(choice.called(again))
    optimism = np.subtract(on_itself, on_sample)
    apparent = np.array([rate.estimate for rate in rates])
    without, *_ = choice.choose(1 - np.eye(len(choice.subject)), rule, level)
    called_left_out = np.diagonal(choice.called(without))
    ends = np.array([percentile_interval(own)[::-1] for own in optimism])
    return Performance(
        cutoff=float(everyone[0]),
        rates=rates,
        subject=choice.subject,
        called=called,
        cutoff_ci=percentile_interval(again),
        corrected=tuple(np.clip(apparent - optimism.mean(axis=1), 0, 1).tolist()),
        corrected_ci=tuple(
            tuple(own) if own[1] - own[0] > 1e-12 else None for own in np.clip(apparent[:, None] - ends, 0, 1).tolist()
        ),
        left_out=_rates(choice, called_left_out, weights),
        called_left_out=called_left_out,
    )


def _rates(choice, called, weights):
    """(sensitivity, specificity) where so many values of each subject are called pathologic."""
    rates = []
    for group, correct in ((choice.is_patient, called), (~choice.is_patient, choice.count - called)):
        hits, values = int(correct[group].sum()), int(choice.count[group].sum())
        subjects = int(group.sum())
        if values == subjects:
            ci, name = wilson(hits, values), "Wilson"
        elif hits in (0, values):
            # No replicate differs: the subject, all right or all wrong, is the unit.
            ci, name = wilson(subjects if hits else 0, subjects), "Wilson, of subjects"
        else:
            drawn = weights[:, group]
            ci = percentile_interval((drawn @ correct[group]) / (drawn @ choice.count[group]))
            name = "bootstrap of whole subjects"
        rates.append(Rate(hits, values, subjects, ci, name))
    return tuple(rates)


def wilson(hits, count):
    """Wilson's 95 % interval of a proportion, (low, high)."""
    return tuple(map(float, binomtest(hits, count).proportion_ci(method="wilson")))
