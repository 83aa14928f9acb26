"""A cut-off, how it was chosen, and what sensitivity and specificity it has apart from the data that chose it."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import t

from ..translation import Note as _
from ..translation import listed
from .proportions import effective_count, wilson
from .resampling import bootstrap_subjects, percentile_interval, times_drawn
from .terms import term

# How a cut-off is chosen among those that the values allow.
RULES = {
    "youden": _("cut-off with the greatest sum of sensitivity and specificity (Youden)"),
    "sensitivity": _("cut-off for a sensitivity of at least"),
    "specificity": _("cut-off for a specificity of at least"),
    "given": _("cut-off given beforehand"),
}
RATES = _("Sensitivity"), _("Specificity")
# Of larger samples fewer replicates are drawn: what they correct is small, and shrinks with the size.
MOST_NUMBERS, FEWEST_REPLICATES = 500_000, 100
_CHUNK = 1_000_000
# Beyond so many subjects parts of so many take the place of leaving out one after the other.
_PARTS = 200


@dataclass(frozen=True)
class Rate:
    """Share of the values of one group that were classified correctly: sensitivity or specificity.

    Attributes
    ----------
    correct, values, subjects : int
        Values that were classified correctly, of how many, of how many subjects.
    ci : (low, high)
        95 %, for a cut-off that the values did not choose.
    ci_name : str
        What gives it: Wilson's formula, of several values a subject with as many as they are worth.
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
    rates : pair of Rate
        Of the subjects that chose the cut-off.
    subject : int array, shape (subjects,)
        The subjects, numbered as in the sample.
    called, called_left_out : int arrays, shape (subjects,)
        How many of a subject's values are called pathologic, by the cut-off and by one chosen without the subject.
    cutoffs_left_out : array, shape (subjects,)
        The cut-offs that are chosen without each subject.
    drawn_cutoffs : (low, high)
        Between which 95 % of the cut-offs lie that samples drawn anew choose.
    corrected : pair of float
        The same as the rates, corrected for optimism.
    corrected_ci : pair of (low, high)
        95 %.
    left_out : pair of float
        Of subjects each classified by a cut-off chosen without it.
    """

    cutoff: float
    rates: tuple[Rate, Rate]
    subject: np.ndarray
    called: np.ndarray
    drawn_cutoffs: tuple[float, float] | None = None
    corrected: tuple[float, float] | None = None
    corrected_ci: tuple[tuple[float, float], tuple[float, float]] | None = None
    left_out: tuple[float, float] | None = None
    called_left_out: np.ndarray | None = None
    cutoffs_left_out: np.ndarray | None = None

    @property
    def honest(self):
        """Sensitivity and specificity to go by, each with its interval: corrected where the data chose the cut-off."""
        if self.corrected is None:
            return tuple((rate.estimate, rate.ci) for rate in self.rates)
        return tuple(zip(self.corrected, self.corrected_ci, strict=True))


class Choice:
    """Every way to cut a sample's values in two, and the choice among them, for samples drawn anew too.

    Parameters
    ----------
    sample : Sample
        Patients and others, at least one value of each.
    pathologic : int
        1 where the greatest value is the most pathologic one, -1 where the least is.

    Attributes
    ----------
    subject, is_patient, count : arrays, shape (subjects,)
        The subjects as the sample numbers them, their group, and how many values each gives.
    """

    def __init__(self, sample, pathologic):
        self.pathologic = pathologic
        values = pathologic * sample.values
        self.subject, first, own = np.unique(sample.subject, return_index=True, return_inverse=True)
        self.is_patient = sample.is_patient[first]
        self.count = np.bincount(own)
        order = np.argsort(-values, kind="stable")
        self._values, self._own = values[order], own[order]
        distinct, begins = np.unique(-self._values, return_index=True)
        distinct = -distinct
        # How many values, from the greatest on, each cut calls pathologic.
        self._ends = np.append(begins, len(values))
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
        chunks = np.array_split(weights, 1 + weights.shape[0] * len(self._own) // _CHUNK)
        return tuple(
            np.concatenate(parts) for parts in zip(*(self._choose(c, rule, wanted) for c in chunks), strict=True)
        )

    def _choose(self, weights, rule, wanted):
        sensitivity, specificity = self.shares(weights)
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

    def shares(self, weights):
        """Sensitivity and specificity of each set at every cut, shape (sets, cuts) each."""
        shares = []
        for group in (self.is_patient, ~self.is_patient):
            of_group = weights * group
            called = np.zeros((len(weights), len(self._own) + 1))
            np.cumsum(of_group[:, self._own], axis=1, out=called[:, 1:])
            shares.append(called[:, self._ends] / (of_group @ self.count)[:, None])
        return shares[0], 1 - shares[1]

    @property
    def curve(self):
        """Sensitivity and specificity of the sample as it is at each of `cutoffs`."""
        sensitivity, specificity = self.shares(np.ones((1, len(self.subject))))
        return sensitivity[0], specificity[0]

    def called(self, cutoff):
        """How many values of each subject a cut-off calls pathologic, shape (subjects,).

        `cutoff`: one for all, or one for each subject.
        """
        cutoff = np.broadcast_to(cutoff, self.subject.shape)
        calls = self._values >= self.pathologic * cutoff[self._own]
        return np.bincount(self._own, calls, len(self.subject)).astype(int)

    def rates(self, cutoffs):
        """Sensitivity and specificity of the sample as it is at any cut-offs; arrays of shape (cutoffs,)."""
        shares = []
        for group in (self.is_patient, ~self.is_patient):
            own = np.sort(self._values[group[self._own]])
            shares.append(1 - np.searchsorted(own, self.pathologic * np.asarray(cutoffs), "left") / len(own))
        return shares[0], 1 - shares[1]


def why_none(sample, name, others="controls"):
    """Why a sample allows no curve and no cut-off, as a sentence; None where it does.

    `name` is the marker's.
    """
    subjects = {
        group: len(np.unique(sample.subject[own]))
        for group, own in (("patients", sample.is_patient), (others, ~sample.is_patient))
    }
    few = [
        _("{group}: {count}").format(group=term(group), count=count) for group, count in subjects.items() if count < 2
    ]
    if few:
        return _("{name} needs at least two patients and two {others} with a value; {few}.").format(
            name=name, others=term(others), few=listed(few, ", ")
        )
    if np.ptp(sample.values) == 0:
        return _("Every value of {name} is the same ({value:.3g}), so that nothing tells the groups apart.").format(
            name=name, value=sample.values[0]
        )
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
    (Harrell, Lee and Mark, Stat Med 1996;15:361), whose mean is subtracted. The interval is Wilson's about the
    corrected share; of a share that was wanted it is Wilson's of the count itself, since the cut-off is then one of
    that group's own ordered values, whose true share scatters as the count does.

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
    if rule == "given":
        called = choice.called(level)
        return Performance(level, tuple(_rate(*own) for own in _by_group(choice, called)), choice.subject, called)
    cutoff = float(choice.choose(np.ones((1, len(choice.subject))), rule, level)[0][0])
    called = choice.called(cutoff)
    groups = _by_group(choice, called)
    rates = tuple(_rate(*own) for own in groups)
    fewer = max(FEWEST_REPLICATES, MOST_NUMBERS // len(sample.values))
    weights = times_drawn(bootstrap_subjects(choice.is_patient, min(replicates, fewer), seed))
    again, *on_itself = choice.choose(weights, rule, level)
    optimism = np.mean(np.subtract(on_itself, choice.rates(again)), axis=1)
    corrected = tuple(float(np.clip(rate.estimate - own, 0, 1)) for rate, own in zip(rates, optimism, strict=True))
    cutoffs_left_out = _left_out_cutoffs(choice, rule, level, seed)
    called_left_out = choice.called(cutoffs_left_out)
    return Performance(
        cutoff=cutoff,
        rates=rates,
        subject=choice.subject,
        called=called,
        drawn_cutoffs=percentile_interval(again),
        corrected=corrected,
        corrected_ci=tuple(
            _corrected_interval(share, rate, *own, rule == name)
            for share, rate, own, name in zip(corrected, rates, groups, ("sensitivity", "specificity"), strict=True)
        ),
        left_out=tuple(hits.sum() / counts.sum() for hits, counts in _by_group(choice, called_left_out)),
        called_left_out=called_left_out,
        cutoffs_left_out=cutoffs_left_out,
    )


def _left_out_cutoffs(choice, rule, level, seed):
    """The cut-off that is chosen without each subject; in large samples without a part of them that holds it."""
    subjects = len(choice.subject)
    parts = min(subjects, _PARTS)
    part = np.random.default_rng(seed).permutation(subjects) % parts if subjects > parts else np.arange(subjects)
    without, *_ = choice.choose((part != np.arange(parts)[:, None]).astype(float), rule, level)
    return without[part]


def _by_group(choice, called):
    """(correctly classified values, all values) of the patients' and of the others' subjects."""
    patients, others = choice.is_patient, ~choice.is_patient
    return (called[patients], choice.count[patients]), ((choice.count - called)[others], choice.count[others])


def _rate(correct, counts):
    hits, values, subjects = int(correct.sum()), int(counts.sum()), len(counts)
    name = "Wilson" if values == subjects else _("Wilson, values of whole subjects, quantile of Student")
    return Rate(hits, values, subjects, _interval(hits / values, correct, counts), name)


def _corrected_interval(share, rate, correct, counts, is_wanted):
    return _interval(rate.estimate if is_wanted else share, correct, counts)


def _interval(share, correct, counts):
    """Wilson's about a share; of several values a subject with as many as they are worth, and Student's quantile."""
    subjects, worth = len(counts), effective_count(correct, counts)
    if counts.sum() == subjects:
        return wilson(share * worth, worth)
    return wilson(share * worth, worth, t.ppf(0.975, max(subjects - 1, 1)))
