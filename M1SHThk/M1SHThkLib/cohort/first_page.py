"""What a study is asked and what it answers: one question, one sentence, one small table."""

from dataclasses import dataclass

import numpy as np

from .comparison import Comparison, comparisons
from .confounders import differing, not_compared
from .finding import ci_text, counted, disagreement, find, p_text
from .multiplicity import primary_finding
from .repeatability import BETWEEN, WITHIN, repeatability_coefficient
from .selection import lack_regions
from .study import MARKERS, SH_THK


@dataclass(frozen=True)
class FirstPage:
    """The answer of one study.

    Attributes
    ----------
    question, answer : str
        A sentence each; the answer holds the number of the primary endpoint.
    cautions : tuple of str
        What must not be missed beside the answer.
    rows : tuple of (str, str, str)
        What, the number with its interval, and a remark.
    """

    question: str
    answer: str
    cautions: tuple[str, ...]
    rows: tuple[tuple[str, str, str], ...]


def first_page(study, findings, options):
    """The first page of a study.

    Parameters
    ----------
    study : Study
    findings : sequence of Finding
        Of this study, with their standing.
    options : CohortOptions

    Returns
    -------
    FirstPage
    """
    primary = options.primary
    marker = next(marker for marker in MARKERS if marker.column == primary.marker)
    selection = {
        "symmetric": "the most pathologic region of every subject",
        "clustered": "all regions of every subject",
    }
    question = (
        f"Does {marker.name} ({selection[primary.selection]}) tell patients from {primary.against} at "
        f"{study.field_strength_t:g} T?"
    )
    return FirstPage(
        question,
        _answer(study, findings, primary, marker),
        _cautions(study, findings, options),
        tuple(_rows(study, findings, options)),
    )


def _answer(study, findings, primary, marker):
    found = primary_finding(findings)
    compared = Comparison(study, primary.against)
    who = (
        f"{counted(int(compared.is_patient.sum()), 'patient')} and "
        f"{counted(int((~compared.is_patient).sum()), compared.one)}"
    )
    if found is None:
        none = find(
            findings, "selection", "AUC", marker=primary.marker, selection=primary.selection, against=primary.against
        )
        reason = none.words.split(": ")[-1] if none else "there is nothing to compare."
        return f"No answer from {who}: {reason}"
    if disagreement(found.ci, 0.5, found.p):
        verdict = "It was not shown for certain"
        rest = "; interval and P disagree about the 5 % level, and the more cautious of the two counts."
    elif found.p < 0.05:
        verdict = "Yes" if found.estimate > 0.5 else "It does, but the other way round"
        direction = "higher" if (found.estimate > 0.5) == (marker.pathologic > 0) else "lower"
        rest = f"; {marker.name} is {direction} in patients."
    else:
        verdict, rest = "It was not shown to", "."
        if found.details.get("smallest_p", 0) > 0.05:
            rest = f"; groups this small, with these ties, cannot go below {p_text(found.details['smallest_p'])}."
    return f"{verdict}: in {who} the AUC is {found.estimate:.2f} ({ci_text(found.ci)}), {p_text(found.p)}{rest}"


def _cautions(study, findings, options):
    cautions = []
    differ = differing(study)
    if differ:
        cautions.append(f"The groups differ in {'; '.join(differ)}: what is compared may be this and not disease.")
        adjusted, test = _adjusted(study, findings, options.primary, options.primary.against)
        if test is not None and test.p is not None:
            area = (
                f"the AUC is {adjusted.estimate:.2f} ({ci_text(adjusted.ci)}), " if adjusted else "the difference has "
            )
            cautions[-1] += f" Adjusted for {test.labels['adjusted_for']} {area}{_p(test, adjusted)}."
            if "extends a line" in test.words:
                cautions[-1] += " The groups hardly overlap there, so that even the adjustment goes beyond the data."
        elif test is not None:
            cautions[-1] += f" No adjustment: {test.words.split('since ')[-1]}"
    unknown = not_compared(study, options.primary.against)
    if unknown:
        cautions.append(
            f"Whether the groups differ in {' and '.join(unknown)} is not known: it is not given for enough of both."
        )
    explored = [finding for finding in findings if finding.p_holm is not None]
    kept = sum(finding.p_holm < 0.05 for finding in explored)
    least = 1 / (options.permutations + 1)
    # No permutation's P can be so small that it were below .05 once multiplied by this many tests.
    unable = f"; one by {options.permutations:,} permutations, {least:.1g} at the least, cannot"
    cautions.append(
        f"All else is exploratory: {counted(len(explored), 'further test')}, of which {kept} keep P < .05 after Holm's "
        f"adjustment for their number{unable if least * len(explored) >= 0.05 else ''}."
    )
    return tuple(cautions)


def _adjusted(study, findings, primary, against):
    """The adjusted area and its test: over all regions where the primary endpoint is, or where subjects lack some."""
    marker = next(marker for marker in MARKERS if marker.column == primary.marker)
    lack = lack_regions(Comparison(study, against).values(marker))
    labels = {"marker": primary.marker, "selection": "clustered" if lack else primary.selection, "against": against}
    return tuple(find(findings, "adjusted", f"adjusted {name}", **labels) for name in ("AUC", "difference"))


def _rows(study, findings, options):
    marker = options.primary.marker
    for group in study.groups:
        subjects = study.group(group)
        yield f"{group.capitalize()}s", str(len(subjects)), _who(subjects)
    for compared in comparisons(study):
        found = find(findings, "selection", "AUC", marker=marker, selection="symmetric", against=compared.others)
        yield f"AUC, {compared.name}", _number(found), _p(found)
    adjusted, test = _adjusted(study, findings, options.primary, "controls")
    if adjusted is not None:
        regions = ", mean over regions" if adjusted.labels["selection"] == "clustered" else ""
        yield f"AUC adjusted for {adjusted.labels['adjusted_for']}{regions}", _number(adjusted), _p(test, adjusted)
    yield from _cutoff_rows(study, findings, options)
    rho = find(findings, "correlation", "Spearman rho", marker=SH_THK.column, limbs="all limbs", unit="subject")
    if rho is not None:
        yield "Spearman rho with the limb's score", _number(rho), f"{_p(rho)}, the patient as the cluster"
    yield from _repeatability_rows(study)
    yield from _reader_rows(study, findings)


def _cutoff_rows(study, findings, options):
    rule = "given" if options.cutoff_per_mm is not None else "youden"
    for compared in comparisons(study):
        labels = {"against": compared.others, "cutoff": rule}
        for name in ("sensitivity", "specificity"):
            found = find(findings, "accuracy", name, **labels)
            again = name == "sensitivity" and compared.others != "controls"
            if found is None or again or compared.others == "mimics and controls":
                continue
            cutoff = found.details["cutoff"]
            origin = "given" if rule == "given" else "corrected for its choice"
            if rule == "youden" and compared.others == "mimics":
                origin = "chosen without the mimics"
            against = "" if name == "sensitivity" else f" against {compared.others}"
            yield f"{name.capitalize()}{against}", _number(found), f"at {cutoff:.3g} 1/mm or more, {origin}"


def _repeatability_rows(study):
    kinds = 0
    for kind in (WITHIN, BETWEEN):
        parts = []
        for group in study.groups:
            found = repeatability_coefficient(study, (kind,), (group,))
            if found:
                coefficient, ci, _, pairs = found
                parts.append((f"{group}s {coefficient:.2g} ({ci[0]:.2g} to {ci[1]:.2g})", str(pairs)))
        if parts:
            kinds += 1
            numbers, pairs = zip(*parts, strict=True)
            remark = f"two readings differ by less in 95 %; {', '.join(pairs)} pairs"
            yield f"Repeatability, {kind}, 1/mm", "; ".join(numbers), remark
    if not kinds:
        yield "Repeatability coefficient, 1/mm", "not known", "nobody was measured twice under the same protocol"


def _reader_rows(study, findings):
    seen = set()
    for finding in findings:
        reader, session = finding.labels.get("reader"), finding.labels.get("session")
        if finding.analysis == "visual" and finding.quantity == "sensitivity" and reader not in seen:
            seen.add(reader)
            specificity = find(findings, "visual", "specificity", reader=reader, session=session, against="controls")
            mimics = find(findings, "visual", "specificity", reader=reader, session=session, against="mimics")
            numbers = f"Se {_number(finding)}, Sp {_number(specificity)}"
            remark = f"session {session}" + (f"; against mimics Sp {_number(mimics)}" if mimics else "")
            yield f"Reader {reader} by eye", numbers, remark
    scored = set()
    for finding in findings:
        reader = finding.labels.get("reader")
        is_sum = (finding.analysis, finding.quantity) == ("scores", "AUC") and finding.labels.get(
            "against"
        ) == "controls"
        if is_sum and reader not in scored:
            scored.add(reader)
            session = finding.labels["session"]
            added = find(findings, "added", "AUC of both together", reader=reader, session=session, against="controls")
            remark = f"session {session}, {finding.n['patients']} and {finding.n['controls']} with all scores"
            if added is not None and added.p is not None:
                remark += f"; with SH/Thk {added.estimate:.2f}, likelihood-ratio {p_text(added.p)}"
            yield f"AUC, sum score of reader {reader}", _number(finding), remark


def _number(finding):
    if finding is None or finding.estimate is None:
        return "none"
    return f"{finding.estimate:.2f}" + (f" ({ci_text(finding.ci).removeprefix('95 % CI ')})" if finding.ci else "")


def _p(finding, shown=None):
    """P, and whether it contradicts the interval that is shown beside it, that of another finding if given."""
    if finding is None or finding.p is None:
        return ""
    shown = shown or finding
    no_effect = 0.5 if shown.quantity.endswith("AUC") else 0.0
    contradicts = ", which the interval contradicts" if disagreement(shown.ci, no_effect, finding.p) else ""
    return f"{p_text(finding.p)}{contradicts}"


def _who(subjects):
    ages = np.array([subject.age for subject in subjects], float)
    ages = ages[np.isfinite(ages)]
    parts = []
    if len(ages):
        parts.append(f"{ages.mean():.0f}" + (f" ± {ages.std(ddof=1):.0f}" if len(ages) > 1 else "") + " years")
    sexes = [subject.sex for subject in subjects if subject.sex]
    parts += [f"{sexes.count(sex)} {sex}" for sex in sorted(set(sexes))]
    return ", ".join(parts)
