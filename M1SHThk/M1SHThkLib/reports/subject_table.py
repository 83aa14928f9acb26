"""Single subjects against controls and norms: a row each to read and print, all that was found folded up beneath."""

from itertools import groupby

from ..cohort.finding import counted, p_text
from ..cohort.norms import GREATEST as OF_NORMS
from ..cohort.single_subject import CRAWFORD_HOWELL, GREATEST
from ..cohort.study import SH_THK
from .markup import Markup, element
from .page_parts import findings_table, table_of

MOST_ROWS = 120  # what a few printed pages hold; all of them stand in findings.tsv
_NAMES = (
    "Subject",
    "Group",
    f"Greatest, {SH_THK.unit}",
    "Percentile (95 % CI)",
    "Controls below",
    "P, one-sided",
    f"From the cut-off, {SH_THK.unit}",
)
_NORM_NAMES = ("Subject", "Group", "Region", f"SH/Thk, {SH_THK.unit}", "Centile (95 % CI)", "z")


def subject_section(study, findings, methods):
    """Of the subjects that are only read everything; of the study's own a row each, and the rest folded up.

    Parameters
    ----------
    study : Study
    findings : sequence of Finding
        Of single subjects, one subject after the other.
    methods : Methods

    Returns
    -------
    list of Markup
    """
    return _section(study, findings, methods, _NAMES, _row)


def norm_section(study, findings, methods):
    """The same against norms; a sentence where all are refused for the same reason."""
    reasons = {finding.words.split(": ", 1)[-1] for finding in findings}
    if len(reasons) == 1 and not any(finding.estimate is not None for finding in findings):
        return [element("p", f"{counted(len(findings), 'subject')}: {reasons.pop()}")]
    return _section(study, findings, methods, _NORM_NAMES, _norm_row)


def _section(study, findings, methods, names, row_of):
    groups = {subject.name: subject.group for subject in study.subjects}
    by_subject = [(name, list(own)) for name, own in groupby(findings, key=lambda finding: finding.labels["subject"])]
    if not by_subject:
        return [element("p", "Nobody was read against the controls.")]
    shown = by_subject[:MOST_ROWS]
    rows = [row_of(name, groups.get(name), own) for name, own in shown]
    methods.print_those_of(findings)
    parts = [element("div", table_of(names, rows), class_="subjects")]
    if len(by_subject) > len(shown):
        more = len(by_subject) - len(shown)
        parts.append(element("p", f"{more} further subjects: in findings.tsv beside this file."))
    for name, own in shown:
        if groups.get(name) is None:
            parts += [element("h4", f"{name}, only read"), findings_table(own, methods)]
        else:
            summary = element("summary", f"{name}, {groups[name]}")
            parts.append(element("details", summary, findings_table(own, methods, on_paper=False)))
    return parts


def _norm_row(name, group, findings):
    """By the greatest SH/Thk; of who has none, by the region with the highest centile."""
    read = [f for f in findings if f.estimate is not None and f.labels["marker"] == SH_THK.column]
    greatest = [finding for finding in read if finding.labels["region"] == OF_NORMS]
    if not read:
        return name, group or "only read", findings[0].words.split(": ", 1)[-1]
    finding = (greatest or sorted(read, key=lambda finding: finding.estimate))[-1]
    place = finding.labels["region"] + ("" if greatest else f" (highest of {len(read)})")
    return (
        name,
        group or "only read",
        place,
        f"{finding.details['value']:.3g}",
        f"{finding.estimate:.3g} ({finding.ci[0]:.0f} to {finding.ci[1]:.0f})",
        f"{finding.details['z']:.2f}",
    )


def _row(name, group, findings):
    greatest = [finding for finding in findings if finding.labels.get("region") == GREATEST]
    by_rank = next((f for f in greatest if f.quantity == "percentile" and f.estimate is not None), None)
    by_t = next((f for f in greatest if f.test == CRAWFORD_HOWELL), None)
    side = next((f for f in greatest if f.quantity == "distance from the cut-off"), None)
    if by_rank is None:
        return name, group or "only read", findings[0].words.split(": ", 1)[-1]
    return (
        name,
        group or "only read",
        f"{by_rank.details['value']:.3g}",
        f"{by_rank.estimate:.0f} ({by_rank.ci[0]:.0f} to {by_rank.ci[1]:.0f})",
        f"{by_rank.details['below']} of {by_rank.n['controls']}",
        p_text(by_t.p).removeprefix("P ").removeprefix("= ") if by_t else "",
        _side(side) if side else Markup(),
    )


def _side(finding):
    noise = {True: " (noise)", False: "", None: ""}[finding.details.get("within_noise")]
    return f"{finding.estimate:+.2g}{noise}"
