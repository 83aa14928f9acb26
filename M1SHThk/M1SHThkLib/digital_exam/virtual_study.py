"""The published study in silico: who takes part, their digital exams, and what a neurologist and readers would find.

Group sizes, ages, sexes and the spread of SH/Thk are those of Donatelli et al. (AJNR 2018;39:63). The iron was chosen
so that its group means come out, the scores and visual readings so that its correlation and agreement do. What such a
study tests is the measurement, its noise and its ranks: it tells nothing about the disease.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import ndtr

from ..cohort.study import LIMBS
from ..translation import tr as _
from .phantom import PhantomOptions, make_phantom
from .subject import ISOINTENSE_R2STAR, LIMB_REGIONS, deep_r2star, iron_scores

NOTICE = (
    "A virtual study: its subjects are simulated. The tissue values were chosen to match the published group means, "
    "UMN scores and visual readings to come near the published correlation and agreement. What it validates is the "
    "measurement, its noise and its ranks, not the biology. Of the first three seeds the default, 1, was picked: its "
    "study at 3T comes nearest to the published one."
)
FIELD_STRENGTHS = (3, 7)
STUDY_SEED = 1
OBSERVERS = ("R1", "R2")
# By field strength and group: subjects, of whom men, mean and standard deviation of the age in years.
PEOPLE = {
    (3, "patient"): (27, 18, 58.0, 11.0),
    (3, "control"): (13, 6, 56.0, 15.0),
    (7, "patient"): (19, 14, 63.0, 10.0),
    (7, "control"): (18, 9, 56.0, 13.0),
}
AGES = (18, 90)
# Standard deviation of the logarithm of the excess R2*. With the means of `subject` it gives about the published
# standard deviations of SH/Thk, which grows with about the 0.8th power of the excess.
IRON_SPREAD = {(3, "patient"): 1.05, (3, "control"): 0.7, (7, "patient"): 0.68, (7, "control"): 0.56}
LINE_JITTER_MM = 0.15
READ_TWICE = 5  # of each group, by both observers

UMN_SCALE = "UMN score of Cosottini et al."
UMN_LIMB_MAX = 8
UMN_BULBAR_MAX = 1  # the published total goes to 33, one more than four limbs
UMN_CORRELATION = 0.6  # with the score of the iron, before both are ranked: gives rho of about 0.57
UMN_SKEW = 2.5  # many limbs are hardly affected: totals of about 8 on average

# A reader calls pathologic what looks darker than this excess R2* (1/s), with a bias for each subject and an error for
# each look, both in standard deviations of its logarithm.
VISUAL_THRESHOLD = {3: 2.5, 7: 14.7}
VISUAL_BIAS, VISUAL_ERROR = 0.2, 0.18
VISUAL_READERS, VISUAL_SESSIONS = ("R1", "R2"), ("1", "2")

_PEOPLE, _UMN, _VISUAL, _HAND = range(21, 25)  # streams of random numbers, beside those of `subject` and `phantom`


@dataclass(frozen=True)
class VirtualSubject:
    """A simulated subject.

    Attributes
    ----------
    name, group : str
    field_strength : int
        3 or 7 tesla.
    age : int
        Years.
    sex : str
        'M' or 'F'.
    seed : int
        Of the digital exam.
    observers : tuple of str
        Who measure it, each drawing the pial lines anew.
    umn : dict of (hemisphere, region) to int
        Score of the limb of the other side; empty for controls, who are not scored.
    umn_total : int or None
    visual : dict of (reader, session) to bool
        True = read as pathologic.
    """

    name: str
    group: str
    field_strength: int
    age: int
    sex: str
    seed: int
    observers: tuple[str, ...]
    umn: dict[tuple[str, str], int]
    umn_total: int | None
    visual: dict[tuple[str, str], bool]

    def clinical(self):
        """Row of the clinical table: a dict by column."""
        row = {"subject": self.name, "group": self.group, "age": self.age, "sex": self.sex}
        row["field_strength_t"] = float(self.field_strength)
        if self.umn:
            limbs = {
                f"umn_{limb.replace(' ', '_')}": self.umn[key] for key, limb in zip(LIMB_REGIONS, LIMBS, strict=False)
            }
            row |= {"umn_scale": UMN_SCALE, "umn_limb_max": UMN_LIMB_MAX, **limbs, "umn_total": self.umn_total}
        words = {True: "pathologic", False: "nonpathologic"}
        return row | {f"visual_{reader}_{session}": words[seen] for (reader, session), seen in self.visual.items()}

    def readings(self):
        """The exams to measure: one image, and the lines that each observer drew on it."""
        options = PhantomOptions(
            field_strength=self.field_strength,
            group=self.group,
            seed=self.seed,
            slices=3,
            cropped=True,
            iron_spread=IRON_SPREAD[self.field_strength, self.group],
        )
        exam = make_phantom(options).exam()
        return [
            replace(exam, subject=self.name, observer=observer, regions=self._drawn(exam.regions, observer))
            for observer in self.observers
        ]

    def _drawn(self, regions, observer):
        random = np.random.default_rng([self.seed, _HAND, OBSERVERS.index(observer)])
        drawn = []
        for region in regions:
            lines = [line + _in_slice(random, len(line)) for line in region.pial_lines]
            drawn.append(replace(region, pial_lines=tuple(lines)))
        return tuple(drawn)


def draw_study(field_strength, seed=STUDY_SEED):
    """The subjects of a virtual study, patients first; the same seed gives the same subjects.

    Parameters
    ----------
    field_strength : int
        3 or 7 tesla.
    seed : int
        0 or more.

    Returns
    -------
    tuple of VirtualSubject

    Raises
    ------
    ValueError
        If the field strength or the seed is none of these.
    """
    if field_strength not in FIELD_STRENGTHS:
        raise ValueError(
            _("the field strength is {field_strength!r}; it must be 3 or 7 (tesla)").format(
                field_strength=field_strength
            )
        )
    if seed < 0:
        raise ValueError(_("the seed is {seed!r}; it must be 0 or more").format(seed=seed))
    subjects = []
    for group in ("patient", "control"):
        number, men, mean_age, deviation = PEOPLE[field_strength, group]
        random = np.random.default_rng([seed, _PEOPLE, field_strength, group == "patient"])
        ages = np.clip(np.round(random.normal(mean_age, deviation, number)), *AGES)
        sexes = random.permutation(["M"] * men + ["F"] * (number - men))
        for within_group in range(number):
            own_seed = 1000 * seed + 100 * field_strength + len(subjects)  # never that of another subject or study
            umn, total = _umn(own_seed) if group == "patient" else ({}, None)
            subjects.append(
                VirtualSubject(
                    name=f"sim-{len(subjects) + 1:02d}",
                    group=group,
                    field_strength=field_strength,
                    age=int(ages[within_group]),
                    sex=str(sexes[within_group]),
                    seed=own_seed,
                    observers=OBSERVERS if within_group < READ_TWICE else OBSERVERS[:1],
                    umn=umn,
                    umn_total=total,
                    visual=_visual(field_strength, group, own_seed),
                )
            )
    return tuple(subjects)


def _in_slice(random, count):
    """Errors of the hand in mm, shape (count, 3), within the slice of an untilted exam."""
    return np.column_stack([random.normal(0, LINE_JITTER_MM, (count, 2)), np.zeros(count)])


def _umn(seed):
    """Score of the limb that each region serves, and the total."""
    random = np.random.default_rng([seed, _UMN])
    other = random.standard_normal(len(LIMB_REGIONS))
    burden = UMN_CORRELATION * iron_scores(seed)[: len(other)] + np.sqrt(1 - UMN_CORRELATION**2) * other
    limbs = np.floor((UMN_LIMB_MAX + 1) * ndtr(burden) ** UMN_SKEW).astype(int)
    total = int(limbs.sum() + random.integers(0, UMN_BULBAR_MAX + 1))
    return dict(zip(LIMB_REGIONS, limbs.tolist(), strict=True)), total


def _visual(field_strength, group, seed):
    """Whether each reader calls the subject's darkest region pathologic, in each session."""
    random = np.random.default_rng([seed, _VISUAL])
    r2stars = deep_r2star(field_strength, group, seed, IRON_SPREAD[field_strength, group])[: len(LIMB_REGIONS)]
    darkest = np.log((r2stars.max() - ISOINTENSE_R2STAR[field_strength]) / VISUAL_THRESHOLD[field_strength])
    seen = {}
    for reader in VISUAL_READERS:
        bias = random.normal(0, VISUAL_BIAS)
        for session in VISUAL_SESSIONS:
            seen[reader, session] = bool(darkest + bias + random.normal(0, VISUAL_ERROR) > 0)
    return seen
