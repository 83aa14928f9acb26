"""A cohort in the scene: findings and tables as table nodes, box plots and ROC curves as plot nodes."""

import numpy as np
import slicer

from ..cohort.boxes import box_of, places, places_in_short, values_by_place
from ..cohort.finding import ANALYSES, counted, p_text
from ..cohort.first_page import first_page
from ..cohort.sample import SELECTIONS
from ..cohort.study import DIP_PER_MM, MARKERS, SH_THK, matrix
from ..cohort.terms import term
from ..measuring.columns import Column
from ..translation import Note as _
from ..translation import listed, told
from .study_nodes import StudyNodes

_HEADS = {
    name: (title, meaning)
    for name, title, meaning in (
        ("Field", _("Field"), "Field strength; empty across field strengths"),
        ("In words", _("In words"), "What was found in words, or why there is nothing"),
        ("Analysis", _("Analysis"), "Which of the analyses"),
        ("What", _("What"), "What was asked"),
        ("n", _("n"), "How many of what"),
        ("Estimate", _("Estimate"), "What is estimated, its value and unit"),
        ("95 % CI", _("95 % CI"), "Confidence interval of the estimate"),
        ("Test", _("Test"), "Test whose P follows"),
        ("P", _("P"), "P value"),
        ("Standing", _("Standing"), "Primary, exploratory, or as in the paper, which is not what it claims"),
    )
}
_FINDINGS = tuple(Column(name, "", meaning, None, is_text=True) for name, (_title, meaning) in _HEADS.items())
_SERIES = slicer.vtkMRMLPlotSeriesNode
# Okabe and Ito, Color Universal Design (2008): told apart without colour vision, and by their symbols in grey.
_BLACK, _GREY, _BLUE, _VERMILION = (0.0, 0.0, 0.0), (0.6, 0.6, 0.6), (0.0, 0.45, 0.70), (0.84, 0.37, 0.0)
_GREEN, _ORANGE = (0.0, 0.62, 0.45), (0.90, 0.62, 0.0)
_GROUPS = {
    "control": (_("Controls"), _BLUE, _SERIES.MarkerStyleCircle),
    "mimic": (_("Mimics"), _ORANGE, _SERIES.MarkerStyleSquare),
    "patient": (_("Patients"), _VERMILION, _SERIES.MarkerStyleDiamond),
}
_CURVES = dict(
    zip(
        SELECTIONS,
        (
            (_VERMILION, _SERIES.LineStyleSolid),
            (_BLUE, _SERIES.LineStyleDash),
            (_GREEN, _SERIES.LineStyleDot),
        ),
        strict=True,
    )
)
# Of a box, of which two stand at a place, and of its points, where places are 1 apart.
_HALF_WIDTH, _JITTER = 0.17, 0.09


def show_cohort(scene, cohort, record, tables):
    """Fill the nodes of a study, made where they are missing; those that it has no use for are removed.

    Parameters
    ----------
    scene : vtkMRMLScene
    cohort : Cohort
    record : str
        The results as JSON.
    tables : mapping of title to (columns, rows)
        The study's own tables, with Column.

    Returns
    -------
    findings : vtkMRMLTableNode
    record : vtkMRMLTextNode
    charts : list of vtkMRMLPlotChartNode
        Box plots first.
    """
    nodes = StudyNodes(scene)
    findings = nodes.table("findings", "Study findings", _FINDINGS, list(map(_row, cohort.all_findings())))
    for name, (title, _meaning) in _HEADS.items():
        findings.SetColumnTitle(name, told(title))
    for title, (columns, rows) in tables.items():
        nodes.table(f"table {title}", f"Study {title}", columns, rows)
    text = nodes.node("vtkMRMLTextNode", "record", "Study record")
    text.SetText(record)
    charts = []
    for study in cohort.studies:
        charts += [_box_plot(nodes, study, marker) for marker in MARKERS]
        charts.append(_roc_plot(nodes, study, cohort.findings[study.field_strength_t]))
    nodes.remove_unused()
    return findings, text, charts


def summary(cohort):
    """The first page of each study, a paragraph a part, subjects that are only read, and the notes on the data."""
    parts = []
    for study in cohort.studies:
        findings = cohort.findings[study.field_strength_t]
        page = first_page(study, findings, cohort.options)
        sizes = listed((counted(len(study.group(group)), group) for group in study.groups), ", ")
        parts += [_("{field:g} T: {sizes}.").format(field=study.field_strength_t, sizes=sizes)]
        parts += [page.question, page.answer, *page.cautions, listed(map(_remarked, page.rows), "\n")]
        parts += [finding.words for finding in findings if finding.headline and finding.analysis == "subject"]
    return "\n\n".join(map(told, [*parts, *cohort.notes]))


def _remarked(row):
    what, number, remark = row
    line = _("{what}: {number}").format(what=what, number=number)
    return line + _(" ({remark})").format(remark=remark) if remark else line


def _row(pair):
    field, finding = pair
    estimate = _("{quantity}: none").format(quantity=term(finding.quantity))
    if finding.estimate is not None:
        parts = term(finding.quantity), f"{finding.estimate:.3g}", finding.unit
        estimate = listed(filter(None, parts), " ")
    counts = (listed((str(count), term(what)), " ") for what, count in finding.n.items())
    cells = (
        "" if field is None else f"{field:g} T",
        finding.words,
        ANALYSES[finding.analysis],
        finding.what,
        listed(counts, ", "),
        estimate,
        _("{ci[0]:.3g} to {ci[1]:.3g}").format(ci=finding.ci) if finding.ci else "",
        term(finding.test or ""),
        p_text(finding.p).removeprefix("P ").removeprefix("= ") if finding.p is not None else "",
        finding.standing or "",
    )
    return list(map(told, cells))


def _box_plot(nodes, study, marker):
    """One marker by group and place; there is no box in MRML, so lines draw it."""
    title = _("{marker} by group and region, {field:g} T").format(marker=marker.name, field=study.field_strength_t)
    purpose = f"{marker.column} {study.field_strength_t:g}T"
    jitter = np.random.default_rng(0)
    boxes, medians, points = [], [], []
    groups = [group for group in _GROUPS if group in study.groups]
    apart = 0.8 / len(groups)
    half = _HALF_WIDTH * 2 / len(groups)
    for number, group in enumerate(groups):
        name, color, symbol = _GROUPS[group]
        side = (number - (len(groups) - 1) / 2) * apart
        lines, dots = [], []
        for place, (subjects, values) in enumerate(values_by_place(study, marker, group), 1):
            if len(values):
                box = box_of(values)
                lines += _outline(box, place + side, half)
                medians += _line((place + side - half, box.median), (place + side + half, box.median))
            x = place + side + jitter.uniform(-_JITTER, _JITTER, len(values))
            dots += [[*point, subject] for *point, subject in zip(x, values, subjects, strict=True)]
        label = _("{group} (n = {n})").format(group=name, n=len(study.group(group)))
        quartiles = told(_("{group}, quartiles").format(group=label))
        boxes.append(nodes.series(f"{purpose} {group} boxes", quartiles, lines, color))
        points.append(
            nodes.series(f"{purpose} {group}", told(label), dots, color, _SERIES.LineStyleNone, width=1, marker=symbol)
        )
    median = nodes.series(f"{purpose} medians", told(_("Medians")), medians, _BLACK, width=4)
    unit = told(_("relative to the splenium") if marker.unit == "splenium intensity" else marker.unit)
    axes = told(places_in_short(study)), f"{marker.name} ({unit})"
    chart = nodes.chart(purpose, told(title), *axes, [*boxes, median, *points])
    highest = np.nanmax(matrix(study.subjects, marker.column), initial=0.0)
    # What stands above the highest value is the legend's.
    _set_ranges(chart, (0.5, len(places(study)) + 0.5), (0.0, 1.4 * highest or 1.0))
    return chart


def _set_ranges(chart, x, y):
    chart.SetXAxisRangeAuto(False)
    chart.SetXAxisRange(*x)
    chart.SetYAxisRangeAuto(False)
    chart.SetYAxisRange(*y)


def _outline(box, x, half):
    """The box with its whiskers, as lines parted by missing values."""
    left, right = x - half, x + half
    lower, upper = box.lower_quartile, box.upper_quartile
    return [
        *_line((left, lower), (right, lower), (right, upper), (left, upper), (left, lower)),
        *_line((x, upper), (x, box.upper_whisker)),
        *_line((x - half / 2, box.upper_whisker), (x + half / 2, box.upper_whisker)),
        *_line((x, lower), (x, box.lower_whisker)),
        *_line((x - half / 2, box.lower_whisker), (x + half / 2, box.lower_whisker)),
    ]


def _line(*points):
    return [*([x, y, None] for x, y in points), [None, None, None]]


def _roc_plot(nodes, study, findings):
    """The curve of SH/Thk under each rule of selection, and of SH/Thk without blur."""
    title = told(_("ROC of {marker}, {field:g} T").format(marker=SH_THK.name, field=study.field_strength_t))
    purpose = f"roc {study.field_strength_t:g}T"
    series = [nodes.series(f"{purpose} chance", told(_("Chance")), _line((0, 0), (1, 1)), _GREY, width=1)]
    for finding in findings:
        is_area = (finding.analysis, finding.quantity) == ("roc", "AUC")
        if is_area and finding.estimate is not None and finding.labels["against"] == "controls":
            marker, selection = finding.labels["marker"], finding.labels["selection"]
            if marker != SH_THK.column and (marker, selection) != (DIP_PER_MM.column, "symmetric"):
                continue
            curve = finding.details
            points = [
                [*point, told(_("cut-off {value:.4g}").format(value=cutoff))]
                for *point, cutoff in zip(
                    curve["false_positive_rate"], curve["sensitivity"], curve["cutoff"], strict=True
                )
            ]
            name = told(_("{selection}: AUC {auc:.2f}").format(selection=selection, auc=finding.estimate))
            color, line = _CURVES[selection]
            if marker == DIP_PER_MM.column:
                name, color, selection = f"{DIP_PER_MM.name}, {name}", _GREY, "without blur"
            series.append(nodes.series(f"{purpose} {selection}", name, points, color, line, 3))
    chart = nodes.chart(purpose, title, told(_("1 - specificity")), told(_("Sensitivity")), series)
    _set_ranges(chart, (-0.02, 1.02), (-0.02, 1.25))
    return chart
