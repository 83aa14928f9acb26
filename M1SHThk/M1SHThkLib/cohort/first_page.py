"""What a study is asked and what it answers: one question, one sentence, one small table."""

from dataclasses import dataclass

import numpy as np

from ..translation import Note as _
from ..translation import listed
from .comparison import Comparison, comparisons
from .confounders import differing, not_compared
from .cutoff import RATES
from .finding import ci_text, counted, disagreement, find, p_text
from .multiplicity import primary_finding
from .repeatability import BETWEEN, WITHIN, repeatability_coefficient
from .selection import lack_regions
from .study import GROUPS, MARKERS, SH_THK
from .terms import term

# At the beginning of a row.
_GROUPS = {"patient": _("Patients"), "mimic": _("Mimics"), "control": _("Controls")}


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
        "symmetric": _("the most pathologic region of every subject"),
        "clustered": _("all regions of every subject"),
    }
    question = _("Does {marker.name} ({selection}) tell patients from {others} at {field:g} T?").format(
        marker=marker,
        selection=selection[primary.selection],
        others=term(primary.against),
        field=study.field_strength_t,
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
    who = _("{patients} and {others}").format(
        patients=counted(int(compared.is_patient.sum()), "patient"),
        others=counted(int((~compared.is_patient).sum()), compared.one),
    )
    if found is None:
        none = find(
            findings, "selection", "AUC", marker=primary.marker, selection=primary.selection, against=primary.against
        )
        why = none.words.value("why") if none else _("there is nothing to compare")
        return _("No answer from {who}: {why}.").format(who=who, why=why)
    if disagreement(found.ci, 0.5, found.p):
        verdict = _("It was not shown for certain")
        rest = _("; interval and P disagree about the 5 % level, and the more cautious of the two counts")
    elif found.p < 0.05:
        verdict = _("Yes") if found.estimate > 0.5 else _("It does, but the other way round")
        is_higher = (found.estimate > 0.5) == (marker.pathologic > 0)
        rest = _("; {marker.name} is higher in patients") if is_higher else _("; {marker.name} is lower in patients")
        rest = rest.format(marker=marker)
    else:
        verdict, rest = _("It was not shown to"), ""
        least = found.details.get("smallest_p", 0)
        if least > 0.05:
            rest = _("; groups this small, with these ties, cannot go below {p}").format(p=p_text(least))
    return _("{verdict}: in {who} the AUC is {auc:.2f} ({ci}), {p}{rest}.").format(
        verdict=verdict, who=who, auc=found.estimate, ci=ci_text(found.ci), p=p_text(found.p), rest=rest
    )


def _cautions(study, findings, options):
    cautions = []
    differ = differing(study)
    if differ:
        caution = _("The groups differ in {differ}: what is compared may be this and not disease.")
        caution = caution.format(differ=listed(differ))
        adjusted, test = _adjusted(study, findings, options.primary, options.primary.against)
        if test is not None and test.p is not None:
            values = {"covariates": test.labels["adjusted_for"], "p": _p(test, adjusted)}
            if adjusted is None:
                caution += _(" Adjusted for {covariates} the difference has {p}.").format(**values)
            else:
                caution += _(" Adjusted for {covariates} the AUC is {auc:.2f} ({ci}), {p}.").format(
                    auc=adjusted.estimate, ci=ci_text(adjusted.ci), **values
                )
            if "extends a line" in test.words:
                caution += _(" The groups hardly overlap there, so that even the adjustment goes beyond the data.")
        elif test is not None:
            why = test.words.value("why")
            caution += _(" No adjustment: {why}").format(why=why + "." if why else test.words)
        cautions.append(caution)
    unknown = [term(covariate) for covariate in not_compared(study, options.primary.against)]
    if unknown:
        both = _("{one} and {other}").format(one=unknown[0], other=unknown[-1])
        caution = _("Whether the groups differ in {covariates} is not known: it is not given for enough of both.")
        cautions.append(caution.format(covariates=both if len(unknown) > 1 else unknown[0]))
    explored = [finding for finding in findings if finding.p_holm is not None]
    kept = sum(finding.p_holm < 0.05 for finding in explored)
    least = 1 / (options.permutations + 1)
    # No permutation's P can be so small that it were below .05 once multiplied by this many tests.
    unable = _("; one by {permutations:,} permutations, {least:.1g} at the least, cannot")
    unable = unable.format(permutations=options.permutations, least=least) if least * len(explored) >= 0.05 else ""
    cautions.append(
        _(
            "All else is exploratory: {tests}, of which {kept} keep P < .05 after Holm's adjustment for their "
            "number{unable}."
        ).format(tests=counted(len(explored), "further test"), kept=kept, unable=unable)
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
        yield _GROUPS[group], str(len(subjects)), _who(subjects)
    for compared in comparisons(study):
        found = find(findings, "selection", "AUC", marker=marker, selection="symmetric", against=compared.others)
        yield listed((_("AUC"), compared.name), ", "), _number(found), _p(found)
    adjusted, test = _adjusted(study, findings, options.primary, "controls")
    if adjusted is not None:
        regions = _(", mean over regions") if adjusted.labels["selection"] == "clustered" else ""
        adjusted_for = _("AUC adjusted for {covariates}").format(covariates=adjusted.labels["adjusted_for"])
        yield adjusted_for + regions, _number(adjusted), _p(test, adjusted)
    yield from _cutoff_rows(study, findings, options)
    rho = find(findings, "correlation", "Spearman rho", marker=SH_THK.column, limbs="all limbs", unit="subject")
    if rho is not None:
        remark = _("{p}, the patient as the cluster").format(p=_p(rho))
        yield _("Spearman rho with the limb's score"), _number(rho), remark
    yield from _repeatability_rows(study)
    yield from _reader_rows(study, findings)


def _cutoff_rows(study, findings, options):
    rule = "given" if options.cutoff_per_mm is not None else "youden"
    for compared in comparisons(study):
        labels = {"against": compared.others, "cutoff": rule}
        for name, title in zip(("sensitivity", "specificity"), RATES, strict=True):
            found = find(findings, "accuracy", name, **labels)
            again = name == "sensitivity" and compared.others != "controls"
            if found is None or again or compared.others == "mimics and controls":
                continue
            cutoff = found.details["cutoff"]
            origin = _("given") if rule == "given" else _("corrected for its choice")
            if rule == "youden" and compared.others == "mimics":
                origin = _("chosen without the mimics")
            if name == "specificity":
                title = _("Specificity against {others}").format(others=compared.others)
            remark = _("at {cutoff:.3g} 1/mm or more, {origin}").format(cutoff=cutoff, origin=origin)
            yield title, _number(found), remark


def _repeatability_rows(study):
    kinds = 0
    for kind in (WITHIN, BETWEEN):
        parts = []
        for group in study.groups:
            found = repeatability_coefficient(study, (kind,), (group,))
            if found:
                coefficient, ci, _kind, pairs = found
                number = _("{group} {coefficient:.2g} ({ci[0]:.2g} to {ci[1]:.2g})")
                parts.append((number.format(group=GROUPS[group], coefficient=coefficient, ci=ci), str(pairs)))
        if parts:
            kinds += 1
            numbers, pairs = zip(*parts, strict=True)
            remark = _("two readings differ by less in 95 %; {pairs} pairs").format(pairs=", ".join(pairs))
            yield _("Repeatability, {kind}, 1/mm").format(kind=kind), listed(numbers), remark
    if not kinds:
        why = _("nobody was measured twice under the same protocol")
        yield _("Repeatability coefficient, 1/mm"), _("not known"), why


def _reader_rows(study, findings):
    seen = set()
    for finding in findings:
        reader, session = finding.labels.get("reader"), finding.labels.get("session")
        if finding.analysis == "visual" and finding.quantity == "sensitivity" and reader not in seen:
            seen.add(reader)
            specificity = find(findings, "visual", "specificity", reader=reader, session=session, against="controls")
            mimics = find(findings, "visual", "specificity", reader=reader, session=session, against="mimics")
            numbers = _("Se {sensitivity}, Sp {specificity}").format(
                sensitivity=_number(finding), specificity=_number(specificity)
            )
            remark = _("session {session}").format(session=session)
            if mimics:
                remark += _("; against mimics Sp {specificity}").format(specificity=_number(mimics))
            yield _("Reader {reader} by eye").format(reader=reader), numbers, remark
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
            remark = _("session {session}, {n[patients]} and {n[controls]} with all scores")
            remark = remark.format(session=session, n=finding.n)
            if added is not None and added.p is not None:
                remark += _("; with SH/Thk {auc:.2f}, likelihood-ratio {p}").format(
                    auc=added.estimate, p=p_text(added.p)
                )
            yield _("AUC, sum score of reader {reader}").format(reader=reader), _number(finding), remark


def _number(finding):
    if finding is None or finding.estimate is None:
        return _("none")
    if not finding.ci:
        return f"{finding.estimate:.2f}"
    return _("{estimate:.2f} ({ci[0]:.2f} to {ci[1]:.2f})").format(estimate=finding.estimate, ci=finding.ci)


def _p(finding, shown=None):
    """P, and whether it contradicts the interval that is shown beside it, that of another finding if given."""
    if finding is None or finding.p is None:
        return ""
    shown = shown or finding
    no_effect = 0.5 if shown.quantity.endswith("AUC") else 0.0
    doubt = _(", which the interval contradicts") if disagreement(shown.ci, no_effect, finding.p) else ""
    return p_text(finding.p) + doubt


def _who(subjects):
    ages = np.array([subject.age for subject in subjects], float)
    ages = ages[np.isfinite(ages)]
    parts = []
    if len(ages):
        spread = f" ± {ages.std(ddof=1):.0f}" if len(ages) > 1 else ""
        parts.append(_("{mean:.0f}{spread} years").format(mean=ages.mean(), spread=spread))
    sexes = [subject.sex for subject in subjects if subject.sex]
    parts += [f"{sexes.count(sex)} {sex}" for sex in sorted(set(sexes))]
    return listed(parts, ", ")
