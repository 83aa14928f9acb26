"""Whom the patients of a study are compared with: controls, mimics, or both."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..translation import Note as _
from .study import matrix
from .ties import tied

# What findings call them, and the groups that they are.
CONTROLS, MIMICS, BOTH = _("controls"), _("mimics"), _("mimics and controls")
OTHERS = {CONTROLS: ("control",), MIMICS: ("mimic",), BOTH: ("mimic", "control")}
CONTROL = _("control")
_ONE = {CONTROLS: CONTROL, MIMICS: _("mimic"), BOTH: _("mimic or control")}


@dataclass(frozen=True)
class Comparison:
    """The patients of a study and others.

    Attributes
    ----------
    study : Study
    others : str
        A key of OTHERS.
    """

    study: object
    others: str = CONTROLS

    @cached_property
    def subjects(self):
        """Patients first."""
        others = [subject for group in OTHERS[self.others] for subject in self.study.group(group)]
        return (*self.study.group("patient"), *others)

    @cached_property
    def is_patient(self):
        """Bool array, shape (subjects,)."""
        return np.array([subject.group == "patient" for subject in self.subjects], bool)

    @property
    def name(self):
        """'patients against controls'."""
        return _("patients against {others}").format(others=self.others)

    @property
    def one(self):
        """What one of the others is called."""
        return _ONE[self.others]

    def values(self, marker, uncensored=False):
        """A marker's values, shape (subjects, regions), nan where missing; equal ones are equal."""
        return tied(matrix(self.subjects, marker.uncensored if uncensored else marker.column))

    def most_pathologic(self, marker):
        """The most pathologic region's value of each subject, shape (subjects,), nan where none is measured."""
        values = self.values(marker)
        present = np.isfinite(values)
        extreme = marker.pathologic * np.where(present, marker.pathologic * values, -np.inf).max(axis=1)
        return np.where(present.any(axis=1), extreme, np.nan)


def comparisons(study):
    """The comparisons that a study allows: with controls always, with mimics where it has any."""
    names = OTHERS if study.group("mimic") else (CONTROLS,)
    return [Comparison(study, name) for name in names]
