"""A cohort -> a page of HTML that needs nothing else: findings first, then all tables and figures; to read or print."""

import base64
from collections import Counter
from itertools import groupby
from textwrap import shorten

from ..cohort.finding import ANALYSES, p_text
from ..cohort.stard import checklist
from ..cohort.study import LIMB_REGIONS, MARKERS, REGION_NAMES
from ..program import NO_FIGURES, NOTICE
from .markup import Markup, element, joined, void

_NOTES = "Notes on the data"
_IN_FULL = f"in full under '{_NOTES}'"
REFERENCES = (
    "Donatelli G, Retico A, Caldarazzo Ienco E, et al. Semiautomated evaluation of the primary motor cortex in "
    "patients with amyotrophic lateral sclerosis at 3T. AJNR Am J Neuroradiol 2018;39:63-69.",
    "Bossuyt PM, Reitsma JB, Bruns DE, et al. STARD 2015: an updated list of essential items for reporting diagnostic "
    "accuracy studies. BMJ 2015;351:h5527.",
)
# What one printed page holds beside its headings, in lines of the smallest letters that are used there.
_PAGE_LINES, _LINE_CHARACTERS = 56, 118
_FIELD_LINES, _SIMULATED_LINES = 2, 4
_NOTE_CHARACTERS = 2 * _LINE_CHARACTERS
_CSS = """
:root { color-scheme: light; }
body { font: 15px/1.45 system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; color: #1a1a1a;
  background: #fff; max-width: 62rem; margin: 0 auto; padding: 1.5rem; overflow-wrap: break-word; }
h1 { font-size: 1.6rem; margin: 0 0 .2rem; }
h2 { font-size: 1.25rem; margin: 2rem 0 .5rem; border-bottom: 2px solid #0072b2; padding-bottom: .2rem; }
h3 { font-size: 1.05rem; margin: 1.3rem 0 .4rem; }
p, ul { margin: .4rem 0; }
li { margin: .25rem 0; }
.notice, .simulated { border: 1px solid #8a4b00; border-left-width: 6px; background: #fff7e8; padding: .4rem .7rem; }
.simulated { font-weight: 600; }
table { border-collapse: collapse; width: 100%; margin: .6rem 0; font-size: .86rem; }
caption { text-align: left; font-weight: 600; padding: .2rem 0; }
th, td { text-align: left; vertical-align: top; padding: .25rem .45rem; border-bottom: 1px solid #d0d0d0; }
thead th { border-bottom: 2px solid #555; }
tbody th { font-weight: 600; }
.finding { border-top: 1px solid #999; }
.finding td, .finding tr:first-child th { border-bottom: 0; }
.finding .words { color: #333; padding-top: 0; }
.checklist, .findings { table-layout: fixed; }
.checklist th:nth-child(1) { width: 6%; }
.checklist th:nth-child(2) { width: 14%; }
.checklist th:nth-child(3) { width: 33%; }
.findings col:nth-child(1) { width: 20%; }
.findings col:nth-child(2) { width: 19%; }
.findings col:nth-child(4) { width: 14%; }
.findings col:nth-child(6) { width: 8%; }
.findings col:nth-child(7) { width: 8%; }
summary { font-weight: 600; cursor: pointer; }
figure { margin: .8rem 0; break-inside: avoid; }
figure img { max-width: 100%; height: auto; }
figcaption { font-size: .86rem; color: #333; }
a { color: #00518a; }
code { font-size: .85em; }
#settings table { table-layout: fixed; }
#settings th:first-child { width: 38%; }
@media print {
  @page { size: A4; margin: 15mm 14mm; }
  body { font-size: 9pt; line-height: 1.32; max-width: none; padding: 0; }
  h1 { font-size: 15pt; }
  h2 { font-size: 12pt; margin-top: .8rem; }
  #findings h2 { margin: .5rem 0 .2rem; }
  #findings h3 { margin: .3rem 0 .1rem; }
  #findings ul { margin: .1rem 0; padding-left: 1.6em; }
  #findings li { margin: .08rem 0; font-size: 8pt; }
  #findings.brief li { font-size: 7.4pt; }
  h3 { font-size: 10pt; break-after: avoid; }
  table { font-size: 7.8pt; }
  nav { display: none; }
  .page { break-before: page; }
  .finding, tr { break-inside: avoid; }
  thead { display: table-header-group; }
  a { color: inherit; text-decoration: none; }
}
"""


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
    methods = _Methods(cohort)
    title = "SH/Thk of the primary motor cortex: cohort report"
    head = element(
        "head",
        void("meta", charset="utf-8"),
        void("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("title", title),
        # Style is no text: what it holds is ours and must not be escaped.
        element("style", Markup(_CSS)),
    )
    body = element(
        "body",
        element("header", element("h1", title), element("p", _sizes(cohort))),
        element(
            "main",
            _first_page(cohort, pictures),
            _contents(cohort),
            _beside_the_paper(cohort),
            *(_study(study, cohort, pictures or (), methods) for study in cohort.studies),
            _across(cohort, methods),
            _notes(cohort),
            _methods_section(methods),
            _checklist(cohort),
            _settings(cohort, provenance),
        ),
    )
    return "<!DOCTYPE html>\n" + element("html", head, body, lang="en") + "\n"


#
# The first page
#


def _first_page(cohort, pictures):
    notes = [shorten(note, _NOTE_CHARACTERS, placeholder=f" ... ({_IN_FULL})") for note in cohort.notes]
    notes += [NO_FIGURES] if pictures is None else []
    headlines, others = _headlines(cohort, notes)
    by_field = [
        (field, element("ul", [element("li", finding.words) for _, finding in own]))
        for field, own in groupby(headlines, key=lambda pair: pair[0])
    ]
    more = f"The first of each analysis. Further main findings, in the sections below: {others}."
    look = {"class_": "brief"} if others else {}
    return element(
        "section",
        element("p", NOTICE, class_="notice"),
        element("p", cohort.virtual["notice"], class_="simulated") if cohort.virtual else Markup(),
        element("h2", "What was measured"),
        element("p", _measured(cohort)),
        element("h2", "Main findings"),
        *(joined((element("h3", _field_name(field)), listed)) for field, listed in by_field),
        Markup() if headlines else element("p", "None: the sections below say why."),
        element("p", more) if others else Markup(),
        element("h2", "To bear in mind"),
        element("ul", [element("li", note) for note in notes]) if notes else element("p", "Nothing came to notice."),
        id="findings",
        **look,
    )


def _headlines(cohort, notes):
    """Pairs of field strength and main finding, and how many others there are.

    All of them where a printed page holds them together with the notes, else as many of each analysis as it holds, but
    one at least; those with an estimate before those without.
    """
    found = [(field, finding) for field, finding in cohort.all_findings() if finding.headline]
    ranks, counts = {}, Counter()
    for place in sorted(range(len(found)), key=lambda place: found[place][1].estimate is None):
        field, finding = found[place]
        counts[field, finding.analysis] += 1
        ranks[place] = counts[field, finding.analysis]
    others = _lines(notes) + _FIELD_LINES * len(dict(found)) + _SIMULATED_LINES * bool(cohort.virtual)
    for depth in range(max(ranks.values(), default=1), 0, -1):
        shown = [pair for place, pair in enumerate(found) if ranks[place] <= depth]
        if others + _lines(finding.words for _, finding in shown) <= _PAGE_LINES:
            break
    return shown, len(found) - len(shown)


def _lines(texts):
    return sum(-(-len(text) // _LINE_CHARACTERS) for text in texts)


def _notes(cohort):
    """All notes, where the first page holds some of them shortened."""
    if all(len(note) <= _NOTE_CHARACTERS for note in cohort.notes):
        return Markup()
    listed = element("ul", [element("li", note) for note in cohort.notes])
    return element("section", element("h2", _NOTES), listed, id="notes", class_="page")


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


def _sizes(cohort):
    return "; ".join(_size(study) for study in cohort.studies) + "."


def _size(study):
    counts = [(len(study.group(group)), group) for group in ("patient", "control")]
    text = ", ".join(f"{n} {group}{'s' * (n != 1)}" for n, group in counts)
    return f"{study.field_strength_t:g} T: {text}" + (f", {len(study.to_read)} only read" if study.to_read else "")


def _field_name(field):
    return "Across field strengths" if field is None else f"{field:g} T"


def _contents(cohort):
    links = [("paper", "Beside the paper")] if cohort.beside_the_paper else []
    links += [(_anchor(study.field_strength_t), _size(study)) for study in cohort.studies]
    links += [("across", "Across field strengths")] if cohort.across else []
    links += [("notes", _NOTES)] if _notes(cohort) else []
    links += [("methods", "Methods and references"), ("stard", "STARD 2015 checklist"), ("settings", "Settings")]
    items = [element("li", element("a", text, href=f"#{anchor}")) for anchor, text in links]
    return element("nav", element("h2", "Contents"), element("ul", items), aria_label="Contents")


def _beside_the_paper(cohort):
    if not cohort.beside_the_paper:
        return Markup()
    rows = [["" if value is None else str(value) for value in row.values()] for row in cohort.beside_the_paper]
    return element(
        "section",
        element("h2", "Beside the paper"),
        element("p", cohort.virtual["notice"]) if cohort.virtual else Markup(),
        _table(tuple(cohort.beside_the_paper[0]), rows),
        id="paper",
        class_="page",
    )


#
# Sections of analyses
#


def _study(study, cohort, pictures, methods):
    sections = [_analysis(study, analysis, cohort, pictures, methods) for analysis in ANALYSES]
    anchor = _anchor(study.field_strength_t)
    return element("section", element("h2", _size(study)), *sections, id=anchor, class_="page")


def _across(cohort, methods):
    if not cohort.across:
        return Markup()
    return element(
        "section",
        element("h2", "Across field strengths"),
        _findings(cohort.across, methods),
        id="across",
        class_="page",
    )


def _analysis(study, analysis, cohort, pictures, methods):
    field = study.field_strength_t
    figures = [_figure(p) for p in pictures if (p.analysis, p.field_strength_t) == (analysis, field)]
    findings = [finding for finding in cohort.findings[field] if finding.analysis == analysis]
    groups = {subject.name: subject.group for subject in study.subjects}
    by_subject = groupby(findings, key=lambda finding: finding.labels.get("subject"))
    tables = [_of_subject(name, groups.get(name), _findings(own, methods)) for name, own in by_subject]
    return element("section", element("h3", ANALYSES[analysis]), *figures, *tables, id=f"{_anchor(field)}-{analysis}")


def _of_subject(name, group, table):
    """A table; those of the study's own subjects are folded up, for there are many."""
    if name is None:
        return table
    summary = element("summary", f"{name}, {group or 'only read'}")
    return element("details", summary, table, **({} if group else {"open": "open"}))


def _figure(picture):
    data = base64.b64encode(picture.png).decode()
    image = void("img", src=f"data:image/png;base64,{data}", alt=picture.alt)
    return element("figure", image, element("figcaption", picture.caption))


def _findings(findings, methods):
    names = ("What", "n", "Estimate", "95 % CI", "Test", "P", "Method")
    head = element("thead", element("tr", [element("th", name, scope="col") for name in names]))
    columns = element("colgroup", [void("col") for _ in names])
    return element("table", columns, head, *(_finding(finding, methods) for finding in findings), class_="findings")


def _finding(finding, methods):
    """Two rows: the numbers, and beneath them the words."""
    test = finding.test or ""
    if finding.statistic is not None:
        test += f" ({finding.statistic:.4g})"
    cells = (
        ", ".join(f"{count} {what.replace('_', ' ')}" for what, count in finding.n.items()),
        _estimate(finding),
        "{:.3g} to {:.3g}".format(*finding.ci) if finding.ci else "",
        test,
        p_text(finding.p).removeprefix("P ").removeprefix("= ") if finding.p is not None else "",
        methods.link(finding),
    )
    return element(
        "tbody",
        element(
            "tr", element("th", finding.what, scope="rowgroup", rowspan=2), [element("td", cell) for cell in cells]
        ),
        element("tr", element("td", finding.words, class_="words", colspan=len(cells))),
        class_="finding",
    )


def _estimate(finding):
    if finding.estimate is None:
        return ""
    unit = f" {finding.unit}" if finding.unit else ""
    return f"{finding.quantity} {finding.estimate:.3g}{unit}"


#
# Methods, checklist, settings
#


class _Methods:
    """The methods of a cohort's findings, numbered in the order in which they come."""

    def __init__(self, cohort):
        self.texts = list(dict.fromkeys(finding.method for _, finding in cohort.all_findings() if finding.method))

    def link(self, finding):
        """Number of the finding's method, from 1, which leads to it; empty where it has none."""
        if not finding.method:
            return ""
        number = self.texts.index(finding.method) + 1
        return element("a", str(number), href=f"#method-{number}")


def _methods_section(methods):
    return element(
        "section",
        element("h2", "Methods and references"),
        element("p", "The numbers are those of the column Method."),
        element("ol", [element("li", text, id=f"method-{number}") for number, text in enumerate(methods.texts, 1)]),
        element("h3", "References"),
        element("ul", [element("li", text) for text in REFERENCES]),
        id="methods",
        class_="page",
    )


def _checklist(cohort):
    rows = [(item.number, item.section, item.what, item.answer) for item in checklist(cohort)]
    return element(
        "section",
        element("h2", "STARD 2015 checklist"),
        element("p", "Filled as far as the data tells; items in short words, the full ones in the publication."),
        _table(("Item", "Section", "What is to be reported", "In this study"), rows, class_="checklist"),
        id="stard",
        class_="page",
    )


def _settings(cohort, provenance):
    options = cohort.to_dict()["options"]
    inputs = [(file["path"], element("code", file["sha256"])) for file in provenance.get("inputs", ())]
    others = {name: value for name, value in provenance.items() if name != "inputs"}
    choices = options | {f"virtual study: {name}": value for name, value in (cohort.virtual or {}).items()}
    return element(
        "section",
        element("h2", "Settings and provenance"),
        _table(("Choice", "Value"), [(name, "none" if v is None else str(v)) for name, v in choices.items()]),
        _table(("Program", "Value"), [(name, str(value)) for name, value in others.items()]),
        _table(("Input", "SHA-256"), inputs) if inputs else Markup(),
        element(
            "p", "The same results for machines: cohort.json, findings.tsv, values.tsv and roc.tsv beside this file."
        ),
        id="settings",
        class_="page",
    )


def _table(names, rows, **attributes):
    """A table whose first column names the row."""
    head = element("thead", element("tr", [element("th", name, scope="col") for name in names]))
    body = [
        element("tr", element("th", row[0], scope="row"), [element("td", cell) for cell in row[1:]]) for row in rows
    ]
    return element("table", head, element("tbody", body), **attributes)


def _anchor(field):
    return f"field-{field:g}T"
