"""A cohort -> a page of HTML that needs nothing else: answers first, then findings and figures; to read or print."""

from dataclasses import asdict
from textwrap import shorten

from ..cohort.finding import ANALYSES
from ..cohort.first_page import first_page
from ..cohort.repeatability import BOTH, EVERYBODY, POOLED
from ..cohort.stard import checklist
from ..cohort.study import LIMB_REGIONS, MARKERS, REGION_NAMES, SH_THK
from ..program import NO_FIGURES, NOTICE
from .cohort_style import CSS
from .markup import Markup, element, void
from .page_parts import Methods, figure_of, findings_table, table_of
from .subject_table import norm_section, subject_section

_NOTES = "Notes on the data"
REFERENCES = (
    "Donatelli G, Retico A, Caldarazzo Ienco E, et al. Semiautomated evaluation of the primary motor cortex in "
    "patients with amyotrophic lateral sclerosis at 3T. AJNR Am J Neuroradiol 2018;39:63-69.",
    "Bossuyt PM, Reitsma JB, Bruns DE, et al. STARD 2015: an updated list of essential items for reporting diagnostic "
    "accuracy studies. BMJ 2015;351:h5527.",
)
_NOTE_CHARACTERS = 230  # of a note on a first page; more stands under the notes


def report_page(cohort, provenance, pictures=None):
    """The report as HTML.

    Parameters
    ----------
    cohort : Cohort
    provenance : dict
        Plain data: `program`, `version` and whatever else says where the results come from, `inputs` with path and
        sha256 among it.
    pictures : sequence of objects with `analysis`, `field_strength_t`, `png` (bytes), `alt` and `caption`, optional
        None = they could not be drawn, which the report then says.

    Returns
    -------
    str
    """
    methods = Methods(cohort)
    title = "SH/Thk, SH and Thk of the primary motor cortex: cohort report"
    head = element(
        "head",
        void("meta", charset="utf-8"),
        void("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("title", title),
        # Style is no text: what it holds is ours and must not be escaped.
        element("style", Markup(CSS)),
    )
    body = element(
        "body",
        element("header", element("h1", title), element("p", NOTICE, class_="notice")),
        element(
            "main",
            *(_first(study, cohort, pictures, number) for number, study in enumerate(cohort.studies)),
            _contents(cohort),
            _beside_the_paper(cohort),
            *(_study(study, cohort, pictures or (), methods) for study in cohort.studies),
            _across(cohort, methods),
            _notes(cohort),
            _methods_section(methods, cohort),
            _checklist(cohort),
            _settings(cohort, provenance),
        ),
    )
    return "<!DOCTYPE html>\n" + element("html", head, body, lang="en") + "\n"


#
# The first page of a study
#


def _first(study, cohort, pictures, number):
    field = study.field_strength_t
    page = first_page(study, cohort.findings[field], cohort.options)
    figures = [figure_of(p) for p in pictures or () if (p.analysis, p.field_strength_t) == ("first", field)]
    confounded, others = page.cautions[:-1], page.cautions[-1:]
    return element(
        "section",
        element("h2", page.question),
        element("p", cohort.virtual["notice"], class_="simulated") if cohort.virtual else Markup(),
        element("p", _unbroken(page.answer), class_="answer"),
        [element("p", _unbroken(caution), class_="caution") for caution in confounded],
        table_of((f"{field:g} T", "Number (95 % CI)", ""), [[_unbroken(cell) for cell in row] for row in page.rows]),
        *figures,
        element("h3", "Notes"),
        element("ul", [element("li", note) for note in (*others, *_first_notes(study, cohort, pictures))]),
        id=f"first-{field:g}T",
        class_="first page" if number else "first",
    )


def _unbroken(text):
    """With no line's end within a P."""
    return text.replace("P < ", "P\u00a0<\u00a0").replace("P = ", "P\u00a0=\u00a0")


def _first_notes(study, cohort, pictures):
    """Notes on this study's data, and those that belong to none; long ones shortened."""
    mine, others = f"At {study.field_strength_t:g} T", [f"At {own.field_strength_t:g} T" for own in cohort.studies]
    notes = [note for note in cohort.notes if note.startswith(mine) or not note.startswith(tuple(others))]
    placeholder = f" ... (in full under '{_NOTES}')"
    return [
        *(shorten(note, _NOTE_CHARACTERS, placeholder=placeholder) for note in notes),
        *([NO_FIGURES] if pictures is None else []),
        "Intervals are 95 % confidence intervals; how each came about stands with the findings.",
    ]


def _contents(cohort):
    links = [("paper", "Beside the paper")] if cohort.beside_the_paper else []
    links += [(_anchor(study.field_strength_t), _size(study)) for study in cohort.studies]
    links += [("across", "Across field strengths")] if cohort.across else []
    links += [("notes", _NOTES)] if cohort.notes else []
    links += [("methods", "Methods and references"), ("stard", "STARD 2015 checklist"), ("settings", "Settings")]
    items = [element("li", element("a", text, href=f"#{anchor}")) for anchor, text in links]
    return element("nav", element("h2", "Contents"), element("ul", items), aria_label="Contents")


def _size(study):
    counts = [(len(study.group(group)), group) for group in study.groups]
    text = ", ".join(f"{n} {group}{'s' * (n != 1)}" for n, group in counts)
    return f"{study.field_strength_t:g} T: {text}" + (f", {len(study.to_read)} only read" if study.to_read else "")


def _beside_the_paper(cohort):
    if not cohort.beside_the_paper:
        return Markup()
    rows = [["" if value is None else str(value) for value in row.values()] for row in cohort.beside_the_paper]
    return element(
        "section",
        element("h2", "Beside the paper"),
        element("p", cohort.virtual["notice"]) if cohort.virtual else Markup(),
        table_of(tuple(cohort.beside_the_paper[0]), rows),
        id="paper",
    )


#
# Sections of analyses
#


def _study(study, cohort, pictures, methods):
    sections = [_analysis(study, analysis, cohort, pictures, methods) for analysis in ANALYSES]
    anchor = _anchor(study.field_strength_t)
    after_first = {"class_": "page"} if study is cohort.studies[0] else {}
    return element("section", element("h2", _size(study)), *sections, id=anchor, **after_first)


def _across(cohort, methods):
    if not cohort.across:
        return Markup()
    return element("section", element("h2", "Across field strengths"), _split(cohort.across, methods), id="across")


def _analysis(study, analysis, cohort, pictures, methods):
    field = study.field_strength_t
    figures = [p for p in pictures if (p.analysis, p.field_strength_t) == (analysis, field)]
    # On paper the first figure of an analysis; what the first page shows already on screen alone.
    shown = [
        figure_of(p, **({"class_": "on-screen"} if number or analysis == "roc" else {}))
        for number, p in enumerate(figures)
    ]
    findings = [finding for finding in cohort.findings[field] if finding.analysis == analysis]
    if analysis == "norms" and not findings:
        return Markup()
    make = {"subject": subject_section, "norms": norm_section}.get(analysis)
    content = make(study, findings, methods) if make else _split(findings, methods)
    return element("section", element("h3", ANALYSES[analysis]), *shown, content, id=f"{_anchor(field)}-{analysis}")


def _split(findings, methods):
    """The main findings in a table, the others folded up beneath it.

    Of each reader those of the first session are main ones, and of repeats those of all observers where there are such.

    On paper the others stand in findings.tsv alone.
    """
    read = [(f.labels["reader"], f.labels["session"]) for f in findings if {"reader", "session"} <= f.labels.keys()]
    first = dict(reversed(read))
    later = {(reader, session) for reader, session in read if session != first[reader]}
    together = any(finding.labels.get("first") == EVERYBODY for finding in findings)
    main, others = [], []
    for finding in findings:
        is_later = (finding.labels.get("reader"), finding.labels.get("session")) in later
        is_part = together and finding.labels.get("first", EVERYBODY) != EVERYBODY
        (main if is_main(finding) and not (is_later or is_part) else others).append(finding)
    if not others:
        return findings_table(main, methods)
    summary = element("summary", f"{len(others)} further findings: other markers, regions, sessions, before censoring")
    return [findings_table(main, methods), element("details", summary, findings_table(others, methods, on_paper=False))]


def is_main(finding):
    """Whether a finding is printed: SH/Thk as it counts, by the most pathologic region where that is a choice.

    Beside it SH and Thk, its equals, where groups are compared as a whole.
    """
    labels = finding.labels
    is_whole = labels.get("region") == "stratified by region" or labels.get("selection") == "symmetric"
    is_equal = finding.analysis in ("groups", "selection") and is_whole
    if labels.get("censoring") == "none" or not (is_equal or labels.get("marker", SH_THK.column) == SH_THK.column):
        return False
    if labels.get("against", "controls") != "controls" and not _is_main_against_others(finding):
        return False
    if finding.analysis == "roc":
        # What the chosen cut-off does stands under the cut-off.
        return labels["selection"] == "symmetric" and "cutoff" not in labels
    if finding.analysis == "groups":
        return bool(finding.test) and "group" not in labels
    if finding.analysis == "correlation":
        return not finding.as_in_paper or labels["limbs"] == "all limbs"
    if finding.analysis == "repeatability":
        pooled = labels.get("region", POOLED) == POOLED and labels.get("kind") != BOTH
        return pooled and finding.quantity in ("repeatability coefficient", "bias", "ICC(2,1)")
    if finding.analysis == "asymmetry":
        return finding.estimate is not None
    if finding.analysis == "added":
        return finding.quantity != "net reclassification"
    if finding.analysis == "scores" and "limbs" in labels:
        return labels["limbs"] in ("all limbs", "bulbar")
    if finding.analysis == "scores":
        return labels.get("region", "all regions") == "all regions" and labels.get("weights") != "linear"
    if finding.analysis == "visual":
        return finding.quantity in ("sensitivity", "specificity", "kappa") or finding.estimate is None
    return True


def _is_main_against_others(finding):
    """The same of what is compared with mimics, or with both: what differs from the comparison with controls."""
    labels = finding.labels
    if labels["against"] == "mimics and controls":
        return finding.analysis == "selection" and labels["selection"] == "symmetric"
    if finding.analysis == "groups":
        return labels["region"] == "stratified by region"
    if finding.analysis in ("selection", "adjusted"):
        return labels["selection"] == "symmetric"
    if finding.analysis == "accuracy":
        return finding.quantity in ("specificity", "likelihood ratio +", "PPV")
    return finding.analysis not in ("asymmetry", "roc", "scores")


def _notes(cohort):
    if not cohort.notes:
        return Markup()
    listed = element("ul", [element("li", note) for note in cohort.notes])
    # Short ones stand in full on the first pages: no paper is spent on them again.
    look = {} if any(len(note) > _NOTE_CHARACTERS for note in cohort.notes) else {"class_": "on-screen"}
    return element("section", element("h2", _NOTES), listed, id="notes", **look)


#
# Methods, checklist, settings
#


def _measured(cohort):
    numbers = sorted({number for study in cohort.studies for number in study.regions})
    regions = [REGION_NAMES[number] for number in numbers]
    face = ", the orofacial ones the bulbar muscles of both sides" if len(regions) > len(LIMB_REGIONS) else ""
    markers = "; ".join(f"{marker.name} in {_unit_name(marker.unit)}" for marker in MARKERS)
    return (
        "How dark (SH, signal hypointensity relative to the splenium) and how thick (Thk) the deep layers of the "
        f"primary motor cortex are on T2*-weighted MRI, and their ratio SH/Thk, in {len(regions)} regions: "
        f"{', '.join(regions)}. Units: {markers}. A region serves the limb of the other side{face}. The method is that "
        "of Donatelli et al. 2018. Intervals are 95 % confidence intervals."
    )


def _unit_name(unit):
    return f"parts of the {unit}" if unit == "splenium intensity" else unit


def _methods_section(methods, cohort):
    return element(
        "section",
        element("h2", "Methods and references"),
        element("h3", "What was measured"),
        element("p", _measured(cohort)),
        element("h3", "Statistics"),
        element("p", "The numbers are those of the column Method; on paper those of the findings that are printed."),
        element("ol", [_method(number, text, methods) for number, text in enumerate(methods.texts, 1)]),
        element("h3", "References"),
        element("ul", [element("li", text) for text in REFERENCES]),
        id="methods",
    )


def _method(number, text, methods):
    look = {} if text in methods.printed else {"class_": "on-screen"}
    return element("li", text, id=f"method-{number}", value=number, **look)


def _checklist(cohort):
    rows = [(item.number, item.section, item.what, item.answer) for item in checklist(cohort)]
    return element(
        "section",
        element("h2", "STARD 2015 checklist"),
        element("p", "Filled as far as the data tells; items in short words, the full ones in the publication."),
        table_of(("Item", "Section", "What is to be reported", "In this study"), rows, class_="checklist"),
        id="stard",
    )


def _settings(cohort, provenance):
    options = asdict(cohort.options)
    options |= {f"primary endpoint: {name}": value for name, value in options.pop("primary").items()}
    inputs = [(file["path"], element("code", file["sha256"])) for file in provenance.get("inputs", ())]
    others = {name: value for name, value in provenance.items() if name != "inputs"}
    choices = options | {f"virtual study: {name}": value for name, value in (cohort.virtual or {}).items()}
    return element(
        "section",
        element("h2", "Settings and provenance"),
        table_of(("Choice", "Value"), [(name, _shown(value)) for name, value in choices.items()]),
        table_of(("Program", "Value"), [(name, str(value)) for name, value in others.items()]),
        table_of(("Input", "SHA-256"), inputs) if inputs else Markup(),
        element(
            "p", "The same results for machines: cohort.json, findings.tsv, values.tsv and roc.tsv beside this file."
        ),
        id="settings",
    )


def _shown(value):
    if value is None:
        return "none"
    return ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)


def _anchor(field):
    return f"field-{field:g}T"
