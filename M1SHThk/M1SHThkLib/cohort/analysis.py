"""All analyses of a cohort, in the order of the report."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from .correlation import correlation_findings
from .finding import Finding
from .groups import field_strength_findings, group_findings
from .options import CohortOptions
from .published import beside_the_paper
from .repeatability import repeatability_findings
from .roc import roc_findings
from .sample_size import sample_size_findings
from .selection import selection_findings
from .single_subject import subject_findings
from .study import Study
from .visual import visual_findings

# In the order of finding.ANALYSES.
_ANALYSES = (
    group_findings,
    selection_findings,
    roc_findings,
    correlation_findings,
    visual_findings,
    subject_findings,
    repeatability_findings,
    sample_size_findings,
)


@dataclass(frozen=True)
class Cohort:
    """What was studied, and everything that was found.

    Attributes
    ----------
    studies : tuple of Study
        One a field strength, never pooled.
    options : CohortOptions
    findings : dict of field strength (tesla) to tuple of Finding
        In the order of ANALYSES.
    across : tuple of Finding
        Of subjects measured at more than one field strength.
    notes : tuple of str
        Sentences about the data: who is left out, what is missing or mixed.
    virtual : dict or None
        How the subjects were simulated, as plain data, with a 'notice' of what that is worth; None for real ones.
    beside_the_paper : tuple of dict
        Rows of a table that sets a virtual study's results beside the published ones: column heading to text, the
        first of which names the row.
    """

    studies: tuple[Study, ...]
    options: CohortOptions
    findings: Mapping[float, tuple[Finding, ...]]
    across: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()
    virtual: Mapping[str, object] | None = None
    beside_the_paper: tuple[Mapping[str, object], ...] = ()

    def all_findings(self):
        """Pairs of field strength (None across several) and finding, in the order of the report."""
        pairs = [(study.field_strength_t, f) for study in self.studies for f in self.findings[study.field_strength_t]]
        return [*pairs, *((None, finding) for finding in self.across)]

    def to_dict(self):
        """As plain JSON data."""
        return {
            "options": asdict(self.options),
            "studies": [
                {
                    "field_strength_t": study.field_strength_t,
                    "patients": [subject.name for subject in study.group("patient")],
                    "controls": [subject.name for subject in study.group("control")],
                    "only_read": [subject.name for subject in study.to_read],
                }
                for study in self.studies
            ],
            "notes": list(self.notes),
            "virtual": self.virtual,
            "beside_the_paper": [dict(row) for row in self.beside_the_paper],
            "findings": [{"field_strength_t": field} | finding.to_dict() for field, finding in self.all_findings()],
        }


def analyse(studies, options, virtual=None, notes=()):
    """Makes every analysis of every study, and of subjects measured at more than one field strength.

    Parameters
    ----------
    studies : sequence of Study
    options : CohortOptions
    virtual : dict, optional
        See Cohort.
    notes : sequence of str
        Sentences about the data.

    Returns
    -------
    Cohort
    """
    findings = {
        study.field_strength_t: tuple(finding for analysis in _ANALYSES for finding in analysis(study, options))
        for study in studies
    }
    across = tuple(field_strength_findings(studies, options))
    # Only a study made after the paper's is to be held against it.
    rows = [row for study in studies if virtual for row in beside_the_paper(study, findings[study.field_strength_t])]
    return Cohort(tuple(studies), options, findings, across, tuple(notes), virtual, tuple(rows))
