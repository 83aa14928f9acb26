"""Which values of a study enter an analysis, and whose they are."""

from dataclasses import dataclass

import numpy as np

from ..translation import Note as _
from .comparison import Comparison
from .study import ALL_REGIONS

# What serves first; the paper's rule favours the patients and comes last.
SYMMETRIC, CLUSTERED = _("symmetric"), _("clustered")
SELECTIONS = {
    SYMMETRIC: _("the most pathologic region of every subject"),
    CLUSTERED: _("every region of every subject, the subject as the cluster"),
    _("paper"): _("the most pathologic region of each patient, every region of each control (Donatelli et al. 2018)"),
}


@dataclass(frozen=True)
class Sample:
    """Values, without missing ones, and what each belongs to; all arrays of shape (m,).

    Attributes
    ----------
    values : float array
    is_patient : bool array
    subject : int array
        Number of the subject among those given to `sample`.
    region : int array
        Number of the region in ALL_REGIONS.
    """

    values: np.ndarray
    is_patient: np.ndarray
    subject: np.ndarray
    region: np.ndarray

    @property
    def patients(self):
        """Values of the patients."""
        return self.values[self.is_patient]

    @property
    def others(self):
        """Values of those whom the patients are compared with."""
        return self.values[~self.is_patient]

    @property
    def has_one_value_a_subject(self):
        """Whether values are independent: no subject gives more than one."""
        return len(np.unique(self.subject)) == len(self.subject)


def sample(values, is_patient, selection, pathologic=1):
    """The values that a rule of selection takes.

    Parameters
    ----------
    values : array, shape (subjects, regions)
        nan where missing.
    is_patient : bool array, shape (subjects,)
    selection : str
        A key of SELECTIONS.
    pathologic : int
        1 where the greatest value is the most pathologic one, -1 where the least is.
    """
    values, is_patient = np.asarray(values, float).reshape(-1, len(ALL_REGIONS)), np.asarray(is_patient, bool)
    taken = ~np.isnan(values)
    if selection != "clustered":
        worst = np.where(taken, pathologic * values, -np.inf).argmax(axis=1)
        most_pathologic = taken & (np.arange(len(ALL_REGIONS)) == worst[:, None])
        reduced = is_patient if selection == "paper" else np.ones_like(is_patient)
        taken = np.where(reduced[:, None], most_pathologic, taken)
    subject, region = np.nonzero(taken)
    return Sample(values[taken], is_patient[subject], subject, region)


def study_sample(study, marker, selection, uncensored=False, others="controls"):
    """The same of a study's patients and those whom they are compared with; `subject` counts these, patients first."""
    compared = Comparison(study, others)
    return sample(compared.values(marker, uncensored), compared.is_patient, selection, marker.pathologic)
