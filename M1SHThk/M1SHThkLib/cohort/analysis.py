"""All analyses of a cohort, in the order of the report."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from .accuracy import accuracy_findings
from .added import added_findings
from .adjusted import adjusted_findings
from .asymmetry import asymmetry_findings
from .confounders import confounder_findings
from .correlation import correlation_findings
from .field_strengths import field_strength_findings
from .finding import ANALYSES, Finding
from .groups import group_findings
from .multiplicity import with_standing
from .norm_findings import norm_findings
from .norms import Norms
from .options import CohortOptions
from .published import beside_the_paper
from .repeatability import repeatability_findings
from .roc import roc_findings
from .sample_size import sample_size_findings
from .scores import score_findings
from .selection import selection_findings
from .single_subject import subject_findings
from .study import Study
from .visual import visual_findings

_ANALYSES = {
    "confounders": confounder_findings,
    "selection": selection_findings,
    "adjusted": adjusted_findings,
    "groups": group_findings,
    "roc": roc_findings,
    "accuracy": accuracy_findings,
    "correlation": correlation_findings,
    "asymmetry": asymmetry_findings,
    "visual": visual_findings,
    "scores": score_findings,
    "added": added_findings,
    "subject": subject_findings,
    "repeatability": repeatability_findings,
    "sample_size": sample_size_findings,
}


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
    norms : Norms or None
        Against which single subjects were read.
    """

    studies: tuple[Study, ...]
    options: CohortOptions
    findings: Mapping[float, tuple[Finding, ...]]
    across: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()
    virtual: Mapping[str, object] | None = None
    beside_the_paper: tuple[Mapping[str, object], ...] = ()
    norms: Norms | None = None

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
                    "mimics": [subject.name for subject in study.group("mimic")],
                    "controls": [subject.name for subject in study.group("control")],
                    "only_read": [subject.name for subject in study.to_read],
                }
                for study in self.studies
            ],
            "notes": list(self.notes),
            "virtual": self.virtual,
            "norms": self.norms and dict(self.norms.source),
            "beside_the_paper": [dict(row) for row in self.beside_the_paper],
            "findings": [{"field_strength_t": field} | finding.to_dict() for field, finding in self.all_findings()],
        }


def analyse(studies, options, virtual=None, notes=(), progress=None, norms=None):
    """Makes every analysis of every study, and of subjects measured at more than one field strength.

    Parameters
    ----------
    studies : sequence of Study
    options : CohortOptions
    virtual : dict, optional
        See Cohort.
    notes : sequence of str
        Sentences about the data.
    progress : callable, optional
        Is told, before each analysis, how many are done, of how many, and what comes next.
    norms : Norms, optional
        Against which single subjects are read too.

    Returns
    -------
    Cohort
    """
    steps = [(study, name) for study in studies for name in _ANALYSES]
    found = {study.field_strength_t: [] for study in studies}
    for number, (study, name) in enumerate(steps):
        if progress:
            progress(number, len(steps), ANALYSES[name])
        found[study.field_strength_t] += _ANALYSES[name](study, options)
        if name == "subject" and norms is not None:
            found[study.field_strength_t] += norm_findings(study, norms)
    findings = {field: with_standing(own, options.primary) for field, own in found.items()}
    across = with_standing(field_strength_findings(studies, options), options.primary)
    # Only a study made after the paper's is to be held against it.
    rows = [row for study in studies if virtual for row in beside_the_paper(study, findings[study.field_strength_t])]
    return Cohort(tuple(studies), options, findings, across, tuple(notes), virtual, tuple(rows), norms)
