"""A study in memory: who was measured at one field strength, and with what result, wherever it came from."""

from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

import numpy as np

from ..measuring.exam import HEMISPHERES, REGIONS
from ..translation import Note as _

# The columns of every matrix of values.
ALL_REGIONS = tuple((hemisphere, region) for region in REGIONS for hemisphere in HEMISPHERES)
REGION_NAMES = (
    *(_("left hand knob"), _("right hand knob"), _("left paracentral lobule"), _("right paracentral lobule")),
    *(_("left orofacial"), _("right orofacial")),
)
REGIONS_OF_BOTH = {
    "hand_knob": _("hand knob"),
    "paracentral_lobule": _("paracentral lobule"),
    "orofacial": _("orofacial"),
}
# What many of a group are called.
GROUPS = {"patient": _("patients"), "mimic": _("mimics"), "control": _("controls")}
# What each region serves: a limb of the other side; the face's area the bulbar muscles of both sides.
LIMBS = ("right arm", "left arm", "right leg", "left leg", "bulbar", "bulbar")
# Those of Donatelli et al. 2018, which a whole exam has; the others are further ones.
LIMB_REGIONS = tuple(number for number, limb in enumerate(LIMBS) if limb != "bulbar")


@dataclass(frozen=True)
class Marker:
    """What is analysed.

    Attributes
    ----------
    column, uncensored : str
        Its column in the measurements, and its column before any censoring.
    name, unit : str
    pathologic : int
        1 where disease raises it, -1 where disease lowers it.
    """

    column: str
    name: str
    unit: str
    uncensored: str
    pathologic: int = 1


SH_THK = Marker("sh_thk_per_mm", "SH/Thk", "1/mm", "sh_thk_fit_per_mm")
SH = Marker("sh", "SH", _("splenium intensity"), "sh_fit")
THK = Marker("thk_mm", "Thk", "mm", "thk_fit_mm", pathologic=-1)
MARKERS = (SH_THK, SH, THK)
# SH/Thk without blur, beside which SH/Thk's ROC curve is shown; tables of earlier versions have none.
DIP_PER_MM = Marker("dip_per_mm", "dip/w", "1/mm", "dip_per_mm")


@dataclass(frozen=True)
class Reading:
    """One measurement of a subject's exam.

    Attributes
    ----------
    session, observer : str or None
    protocol : str or None
        What must agree for values to be compared (echo times and their combination, settings that change values), as
        one text; None = not known.
    values : dict of column name to array, shape (regions,)
        In the order of ALL_REGIONS, nan where missing: every marker's column, its uncensored column, and
        'sh_thk_per_mm_ci_low' and '_ci_high'.
    flags : tuple of tuples of str
        An entry each of ALL_REGIONS.
    """

    session: str | None
    observer: str | None
    protocol: str | None
    values: dict[str, np.ndarray]
    flags: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Subject:
    """One subject at one field strength.

    Attributes
    ----------
    name : str
    group : str or None
        'patient', 'mimic' or 'control'; None = takes no part in the statistics and is only read against the controls.
    age : float
        Years; nan where missing.
    sex : str or None
    umn_scale : str or None
        Name of the scale of the upper motor neuron score.
    umn_limb_max : float
        Greatest score a limb can have; nan where missing.
    umn : array, shape (regions,)
        Score of the limb that each of ALL_REGIONS serves; nan where missing.
    umn_total : float
        nan where missing.
    visual : dict of (reader, session) to bool
        True = read as pathologic.
    scores : dict of (reader, session) to array, shape (regions,)
        Scores by eye, 0, 1 or 2; nan where missing.
    onset_side : str or None
        'left', 'right' or 'both': where the disease began.
    dates : dict of session to datetime.date
        When the images of a session were made.
    covariates : dict of str to float
        What the statistics are to be adjusted for beside age and sex.
    readings : tuple of Reading
        At least one; the first is analysed, all serve repeatability.
    """

    name: str
    group: str | None
    readings: tuple[Reading, ...]
    age: float = np.nan
    sex: str | None = None
    umn_scale: str | None = None
    umn_limb_max: float = np.nan
    umn: np.ndarray = field(default_factory=lambda: np.full(len(ALL_REGIONS), np.nan))
    umn_total: float = np.nan
    visual: dict[tuple[str, str], bool] = field(default_factory=dict)
    scores: dict[tuple[str, str], np.ndarray] = field(default_factory=dict)
    onset_side: str | None = None
    dates: dict[str, date] = field(default_factory=dict)
    covariates: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Study:
    """All subjects of one field strength (tesla)."""

    field_strength_t: float
    subjects: tuple[Subject, ...]

    def group(self, name):
        """The subjects of a group ('patient', 'mimic' or 'control'), in order."""
        return tuple(subject for subject in self.subjects if subject.group == name)

    @property
    def groups(self):
        """Names of its groups: patients and controls always, mimics where it has any."""
        return ("patient", "mimic", "control") if self.group("mimic") else ("patient", "control")

    @cached_property
    def regions(self):
        """Numbers of its regions in ALL_REGIONS: those of the limbs, and the others that anybody was measured in."""
        measured = np.zeros(len(ALL_REGIONS), bool)
        measured[list(LIMB_REGIONS)] = True
        for subject in self.subjects:
            for reading in subject.readings:
                measured |= np.isfinite(list(reading.values.values())).any(axis=0) | np.array(
                    list(map(bool, reading.flags))
                )
        return tuple(np.flatnonzero(measured).tolist())

    @property
    def to_read(self):
        """The subjects without a group."""
        return tuple(subject for subject in self.subjects if subject.group is None)


def matrix(subjects, column):
    """Values of a column, shape (subjects, regions), nan where missing; regions in the order of ALL_REGIONS."""
    nothing = np.full(len(ALL_REGIONS), np.nan)
    values = [subject.readings[0].values.get(column, nothing) for subject in subjects]
    return np.array(values, float).reshape(-1, len(ALL_REGIONS))


def mean_present(values):
    """Mean over regions of what is there, nan where nothing is; shape (subjects,)."""
    present = np.isfinite(values)
    count = present.sum(axis=1)
    return np.divide(np.where(present, values, 0).sum(axis=1), count, out=np.full(len(values), np.nan), where=count > 0)
