"""The picture of a study's first page: the values that the primary endpoint compares, and their ROC curve."""

import numpy as np

from ..cohort.boxes import values_by_place
from ..cohort.comparison import Comparison
from ..cohort.cutoff import why_none
from ..cohort.finding import find
from ..cohort.roc_band import roc_band
from ..cohort.sample import sample
from ..cohort.study import MARKERS, SH_THK
from .drawing import BLUE, GROUPS, JITTER, MARKS, axis_label, draw_box, new_figure, picture_of


def draw_first(study, findings, options):
    """The primary endpoint: the values that it compares, and their ROC curve with its band and the readers."""
    primary = options.primary
    marker = next(marker for marker in MARKERS if marker.column == primary.marker)
    compared = Comparison(study, primary.against)
    taken = sample(compared.values(marker), compared.is_patient, "symmetric", marker.pathologic)
    if not len(taken.values):
        return
    figure = new_figure(2.9)
    left, right = figure.subplots(1, 2, width_ratios=(1.05, 1))
    _draw_groups(left, study, marker, findings, options)
    if why_none(taken, marker.name):
        right.set_axis_off()
    else:
        _draw_curve(right, study, taken, marker, findings, primary)
    yield picture_of(
        figure,
        study,
        "first",
        "first",
        f"Left: {marker.name} of each "
        "subject's most pathologic region by group. Right: its ROC curve. The numbers stand in the table.",
        f"Left: {marker.name} of the most pathologic region by group, with quartiles, median and the cut-off of the "
        "table. Right: the ROC curve; band: pointwise, about 95 % (86 to 100 % of few subjects), drawn from the false "
        "positive rate of one of the others on; filled symbols: readers by eye, one a session.",
    )


def _draw_groups(axes, study, marker, findings, options):
    jitter = np.random.default_rng(0)
    groups = [group for group in GROUPS if group in study.groups]
    for place, group in enumerate(groups):
        _, color, point, hatch = GROUPS[group]
        own = values_by_place(study, marker, group)[-1][1]
        draw_box(axes, own, place, color, hatch, 0.5)
        look = {"marker": point, "facecolor": "white", "edgecolor": color, "linewidth": 0.8}
        axes.scatter(place + jitter.uniform(-JITTER, JITTER, len(own)), own, s=13, zorder=3, clip_on=False, **look)
    names = [f"{GROUPS[group][0]}\nn = {len(values_by_place(study, marker, group)[-1][1])}" for group in groups]
    axes.set_xticks(range(len(groups)), names)
    axes.set(ylabel=axis_label(marker), ylim=(0, None), xlim=(-0.6, len(groups) - 0.4))
    rule = "given" if options.cutoff_per_mm is not None else "youden"
    chosen = find(findings, "accuracy", "sensitivity", cutoff=rule)
    if marker is SH_THK and chosen is not None:
        cutoff = chosen.details["cutoff"]
        axes.axhline(cutoff, color="#444444", linewidth=1.0, linestyle="--")
        axes.annotate(
            f"cut-off {cutoff:.3g}",
            (0, cutoff),
            (3, 2),
            xycoords=("axes fraction", "data"),
            textcoords="offset points",
            ha="left",
            size=7.5,
        )
    axes.set_title("Most pathologic region", loc="left")


def _draw_curve(axes, study, taken, marker, findings, primary):
    labels = {"marker": marker.column, "selection": "symmetric", "against": primary.against}
    finding = find(findings, "roc", "AUC", **labels)
    axes.plot([0, 1], [0, 1], color="#999999", linewidth=0.8)
    rates, low, high = roc_band(taken, marker.pathologic, 0)
    axes.fill_between(rates, low, high, color=BLUE, alpha=0.15, linewidth=0)
    x, y = (np.array(finding.details[name]) for name in ("false_positive_rate", "sensitivity"))
    axes.plot(x, y, color=BLUE, linewidth=1.8, drawstyle="default", label=f"{marker.name}: AUC {finding.estimate:.2f}")
    for number, (reader, points) in enumerate(_operating_points(findings, primary.against).items()):
        color, point = MARKS[(number + 1) % len(MARKS)]
        axes.plot(*zip(*points, strict=True), point, color=color, markersize=6, label=f"reader {reader}")
    axes.set(xlabel="1 - specificity", ylabel="Sensitivity", xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), aspect="equal")
    axes.set_title(f"Patients from {primary.against}", loc="left")
    axes.legend(edgecolor="none", framealpha=0.8, loc="lower right", fontsize=7.5)


def _operating_points(findings, against):
    """(1 - specificity, sensitivity) of each session of every reader."""
    points = {}
    for finding in findings:
        if finding.analysis == "visual" and finding.quantity == "sensitivity" and finding.estimate is not None:
            reader, session = finding.labels["reader"], finding.labels["session"]
            specificity = find(findings, "visual", "specificity", reader=reader, session=session, against=against)
            if specificity is not None and specificity.estimate is not None:
                points.setdefault(reader, []).append((1 - specificity.estimate, finding.estimate))
    return points
