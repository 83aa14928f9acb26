"""The STARD 2015 checklist, filled as far as the data of a cohort tells.

Items after Bossuyt et al., STARD 2015: an updated list of essential items for reporting diagnostic accuracy studies,
BMJ 2015;351:h5527, in short words of our own.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .. import __version__
from .finding import PRIMARY, ci_text, counted
from .study import SH, SH_THK, matrix

# Flags of results that are neither clearly positive nor clearly negative, and what becomes of these.
INDETERMINATE = {
    "no_dark_layer": "SH and SH/Thk count as 0, Thk is missing",
    "undecided": "all three are missing",
    "vein_suspected": "all three are missing",
    "line_folds": "all three are missing",
    "near_noise": "the value is kept",
    "lobe_touches_pial_line": "Thk and SH/Thk are missing",
    "second_dark_layer": "Thk and SH/Thk are missing",
    "thinner_than_resolution": "Thk and SH/Thk are missing",
}
BY_THE_AUTHORS = "to be filled in by the authors."
TO_FILL_IN = BY_THE_AUTHORS.capitalize()


@dataclass(frozen=True)
class Item:
    """One row of the checklist.

    Attributes
    ----------
    number, section, what : str
    answer : str
        From the data; TO_FILL_IN where it does not tell, or after what it tells.
    """

    number: str
    section: str
    what: str
    answer: str


def checklist(cohort):
    """The 34 rows (30 items) of the checklist for a Cohort, in order."""
    return tuple(
        Item(number, section, what, answer(cohort) if answer else TO_FILL_IN) for number, section, what, answer in _ROWS
    )


def _index_test(cohort):
    protocols = dict.fromkeys(
        f"{study.field_strength_t:g} T: {subject.readings[0].protocol}"
        for study in cohort.studies
        for subject in study.subjects
        if subject.readings[0].protocol
    )
    regions = max(len(study.regions) for study in cohort.studies)
    observers = sorted({s.readings[0].observer for study in cohort.studies for s in study.subjects} - {None})
    return (
        f"SH/Thk of {regions} regions of the primary motor cortex, measured with M1SHThk {__version__}. "
        f"Protocol: {'; '.join(protocols) or 'not known to the program'}. "
        f"Observers: {', '.join(observers) or 'not named'}."
    )


def _reference_standard(cohort):
    return f"The group that the clinical table gives. Diagnostic criteria: {BY_THE_AUTHORS}"


def _cutoffs(cohort):
    options = cohort.options
    given = (
        f"SH/Thk {options.cutoff_per_mm:g} 1/mm was given beforehand (pre-specified)"
        if options.cutoff_per_mm is not None
        else "No cut-off was given beforehand"
    )
    return (
        f"{given}. The cut-off of the greatest Youden index, and those of a sensitivity of {options.sensitivity:g} and "
        f"a specificity of {options.specificity:g}, are taken from these data (exploratory)."
    )


def _methods(cohort):
    return "Named beside every finding, and listed with their sources in the section on methods."


def _indeterminate(cohort):
    parts = []
    for study in cohort.studies:
        for group in study.groups:
            flags = [subject.readings[0].flags[number] for subject in study.group(group) for number in study.regions]
            values = matrix(study.group(group), SH_THK.column)[:, study.regions].ravel()
            measured = [own for own, value in zip(flags, values, strict=True) if own or np.isfinite(value)]
            counts = {kind: sum(kind in own for own in measured) for kind in INDETERMINATE}
            told = ", ".join(f"{kind} {count}" for kind, count in counts.items() if count) or "none"
            parts.append(f"{study.field_strength_t:g} T, of {len(measured)} measured regions of {group}s: {told}")
    meanings = "; ".join(f"{kind}: {meaning}" for kind, meaning in INDETERMINATE.items())
    return (
        f"{'. '.join(parts)}. How they were handled: {meanings}. Group tests are repeated on values before censoring."
    )


def _missing(cohort):
    counts = []
    for study in cohort.studies:
        subjects = [subject for group in study.groups for subject in study.group(group)]
        values = matrix(subjects, SH_THK.column)[:, study.regions]
        counts.append(f"{np.isnan(values).sum()} of {values.size} regions at {study.field_strength_t:g} T")
    return f"Left out of the analyses that need them, never imputed: SH/Thk is missing in {', '.join(counts)}."


def _variability(cohort):
    return (
        "By region, by rule of selection and, where there are several, by reading; exploratory unless the authors say "
        "otherwise."
    )


def _sample_size(cohort):
    return f"The section on sample size says what these data suggest for a next study. For this one: {BY_THE_AUTHORS}"


def _flow(cohort):
    sizes = "; ".join(
        f"{study.field_strength_t:g} T: "
        + ", ".join(counted(len(study.group(group)), group) for group in study.groups)
        + (f", {len(study.to_read)} only read" if study.to_read else "")
        for study in cohort.studies
    )
    left_out = " ".join(note for note in cohort.notes if "left out" in note)
    return (
        f"Analysed at {sizes}. {left_out or 'Nobody in the tables was left out.'} {_regions_left_out(cohort)} Diagram: "
        f"{BY_THE_AUTHORS}"
    )


def _regions_left_out(cohort):
    parts = []
    for study in cohort.studies:
        for group in study.groups:
            subjects = study.group(group)
            values = matrix(subjects, SH_THK.column)[:, study.regions]
            flagged = [[bool(subject.readings[0].flags[number]) for number in study.regions] for subject in subjects]
            measured = np.array(flagged, bool).reshape(values.shape) | np.isfinite(
                matrix(subjects, SH.column)[:, study.regions]
            )
            lacking = np.isnan(values)
            parts.append(
                f"{study.field_strength_t:g} T, {group}s: {(lacking & ~measured).sum()} not measured, "
                f"{(lacking & measured).sum()} measured without SH/Thk, of {values.size}"
            )
    return f"Regions left out: {'; '.join(parts)}."


def _demography(cohort):
    return " ".join(
        f"{study.field_strength_t:g} T, {group}s: {_ages(study.group(group))}; {_sexes(study.group(group))}."
        for study in cohort.studies
        for group in study.groups
    )


def _ages(subjects):
    ages = np.array([subject.age for subject in subjects])
    ages = ages[np.isfinite(ages)]
    if not len(ages):
        return "age not given"
    spread = f" ± {ages.std(ddof=1):.0f}" if len(ages) > 1 else ""
    return f"age {ages.mean():.0f}{spread} years (n = {len(ages)}, range {ages.min():g} to {ages.max():g})"


def _sexes(subjects):
    given = [subject.sex for subject in subjects if subject.sex]
    counts = ", ".join(f"{given.count(sex)} {sex}" for sex in sorted(set(given)))
    return f"sex {counts}" if counts else "sex not given"


def _severity(cohort):
    parts = []
    for study in cohort.studies:
        totals = {}
        for patient in study.group("patient"):
            if np.isfinite(patient.umn_total):
                totals.setdefault(patient.umn_scale or "without name", []).append(patient.umn_total)
        for scale, own in totals.items():
            quartiles = "{:g} (quartiles {:g} and {:g})".format(*np.quantile(own, [0.5, 0.25, 0.75]))
            parts.append(
                f"{study.field_strength_t:g} T: total upper motor neuron score, scale {scale}: median {quartiles}, "
                f"range {min(own):g} to {max(own):g}, n = {len(own)}."
            )
    return " ".join(parts) or "No upper motor neuron scores were given; " + BY_THE_AUTHORS


def _cross_tabulation(cohort):
    counts = []
    for field, finding in cohort.all_findings():
        if (finding.analysis, finding.quantity) == ("accuracy", "sensitivity"):
            (above, below), (others_above, others_below) = finding.details["table"]
            against = finding.labels["against"]
            counts.append(
                f"{field:g} T, SH/Thk at {finding.details['cutoff']:.3g} 1/mm or more: {above} of {above + below} "
                f"patients, {others_above} of {others_above + others_below} {against}."
            )
    others = "Counts at other cut-offs and of visual readings stand with their sensitivities and specificities."
    return " ".join([*counts, others])


def _accuracy(cohort):
    found = []
    for field, finding in cohort.all_findings():
        is_accuracy = finding.analysis == "accuracy" and finding.quantity in ("sensitivity", "specificity")
        # The sensitivity is the same against whomever.
        is_again = finding.quantity == "sensitivity" and finding.labels.get("against") != "controls"
        if finding.ci and (finding.standing == PRIMARY or (is_accuracy and not is_again)):
            name = ": AUC" if finding.standing == PRIMARY else ""
            found.append(f"{field:g} T, {finding.what}{name} {finding.estimate:.2f} ({ci_text(finding.ci)}).")
    return " ".join(found) or "See the section on telling patients from others."


def _objectives(cohort):
    primary = cohort.options.primary
    return (
        f"Primary endpoint, as named in the options: area under the ROC curve of {primary.marker}, {primary.selection} "
        f"selection, patients against {primary.against}. All else is exploratory. Hypotheses: {BY_THE_AUTHORS}"
    )


def _limitations(cohort):
    simulated = "The subjects are simulated: nothing here tells about patients. " if cohort.virtual else ""
    return (
        f"{simulated}Cut-offs chosen on the data that they are judged by are optimistic; corrected values are given. "
        f"Intervals of single measurements cover noise at the line as drawn, not redrawing. Others: {BY_THE_AUTHORS}"
    )


_ROWS: tuple[tuple[str, str, str, Callable | None], ...] = (
    ("1", "Title or abstract", "Identified as a study of diagnostic accuracy, by at least one of its measures", None),
    ("2", "Abstract", "Structured summary of design, methods, results and conclusions", None),
    ("3", "Introduction", "Background, with the intended use and clinical role of the index test", None),
    ("4", "Introduction", "Objectives and hypotheses", _objectives),
    ("5", "Study design", "Data collection planned before or after the tests were done", None),
    ("6", "Participants", "Eligibility criteria", None),
    ("7", "Participants", "How eligible participants were identified", None),
    ("8", "Participants", "Where and when they were identified", None),
    ("9", "Participants", "Consecutive, random or convenience series", None),
    ("10a", "Test methods", "Index test, so that it can be repeated", _index_test),
    ("10b", "Test methods", "Reference standard, so that it can be repeated", _reference_standard),
    ("11", "Test methods", "Why this reference standard, if there are others", None),
    ("12a", "Test methods", "Cut-offs of the index test: definition, reason, pre-specified or exploratory", _cutoffs),
    ("12b", "Test methods", "Cut-offs of the reference standard: the same", None),
    ("13a", "Test methods", "What readers of the index test knew of the participants and the reference standard", None),
    (
        "13b",
        "Test methods",
        "What assessors of the reference standard knew of the participants and the index test",
        None,
    ),
    ("14", "Analysis", "Methods to estimate and compare diagnostic accuracy", _methods),
    ("15", "Analysis", "Indeterminate results: how they were handled", _indeterminate),
    ("16", "Analysis", "Missing data: how they were handled", _missing),
    ("17", "Analysis", "Variability of accuracy: which analyses, pre-specified or exploratory", _variability),
    ("18", "Analysis", "Intended sample size and its reason", _sample_size),
    ("19", "Results: participants", "Flow of participants, with a diagram", _flow),
    ("20", "Results: participants", "Demographic and clinical characteristics", _demography),
    ("21a", "Results: participants", "Severity of disease in those who have it", _severity),
    ("21b", "Results: participants", "Other diagnoses in those who do not have it", None),
    ("22", "Results: participants", "Time and interventions between index test and reference standard", None),
    ("23", "Results: test", "Cross tabulation of the index test against the reference standard", _cross_tabulation),
    ("24", "Results: test", "Estimates of accuracy with 95 % confidence intervals", _accuracy),
    ("25", "Results: test", "Adverse events of either test", None),
    ("26", "Discussion", "Limitations: bias, uncertainty, generalisability", _limitations),
    ("27", "Discussion", "Implications for practice, with intended use and clinical role", None),
    ("28", "Other information", "Registration number and registry", None),
    ("29", "Other information", "Where the full protocol can be found", None),
    ("30", "Other information", "Funding and the role of funders", None),
)
