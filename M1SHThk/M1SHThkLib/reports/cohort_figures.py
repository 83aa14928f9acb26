"""Pictures of a cohort in the manner of the paper, which read in grey and without colour vision.

matplotlib is imported where it is used: Slicer does not ship it.
"""

import warnings

import numpy as np

from ..cohort.boxes import places, values_by_place
from ..cohort.norms import read_against
from ..cohort.repeatability import BETWEEN, WITHIN
from ..cohort.sample import SELECTIONS
from ..cohort.study import DIP_PER_MM, LIMBS, MARKERS, REGION_NAMES, SH_THK, matrix
from .drawing import (
    BLUE,
    GREEN,
    GROUPS,
    JITTER,
    MARKS,
    STYLE,
    VERMILION,
    Picture,
    axis_label,
    draw_box,
    new_figure,
    picture_of,
    write_count,
)
from .first_figure import draw_first
from .norm_chart import draw_norms

# Colour, line, and mark with its size, so that marks on one point are all seen.
CURVES = {"paper": (VERMILION, "-", "^", 13), "symmetric": (BLUE, "--", "o", 9), "clustered": (GREEN, ":", "s", 6)}


def draw_cohort(cohort):
    """All pictures of a Cohort, in the order of the report; None where matplotlib is missing."""
    try:
        import matplotlib
    except ImportError:
        return None
    with matplotlib.rc_context(STYLE), warnings.catch_warnings():
        # Letters that the font lacks are boxes in the picture; report and tables have the name in full.
        warnings.filterwarnings("ignore", "Glyph .* missing from font")
        pictures = [
            picture
            for study in cohort.studies
            for draw in (draw_first, _boxes, _curves, _scores, _differences)
            for picture in draw(study, cohort.findings[study.field_strength_t], cohort.options)
        ]
    return [*pictures, *(picture for study in cohort.studies for picture in _against_norms(study, cohort.norms))]


#
# Groups
#


def _boxes(study, findings, options):
    for marker in MARKERS:
        groups = [group for group in GROUPS if group in study.groups]
        values = {group: [own for _, own in values_by_place(study, marker, group)] for group in groups}
        if not any(len(own) for places in values.values() for own in places):
            continue
        figure = new_figure(3.3)
        axes = figure.add_subplot()
        jitter = np.random.default_rng(0)
        apart = 0.8 / len(groups)
        for number, group in enumerate(groups):
            label, color, point, hatch = GROUPS[group]
            side = (number - (len(groups) - 1) / 2) * apart
            look = {"marker": point, "facecolor": "white", "edgecolor": color, "linewidth": 0.8}
            for place, own in enumerate(values[group]):
                draw_box(axes, own, place + side, color, hatch, 0.85 * apart)
                x = place + side + jitter.uniform(-JITTER, JITTER, len(own)) * 2.5 * apart
                axes.scatter(x, own, s=11, zorder=3, clip_on=False, **look)
                write_count(axes, place + side, len(own))
            axes.scatter([], [], s=20, label=f"{label} (n = {len(study.group(group))})", **look)
        names = places(study)
        axes.set_xticks(range(len(names)), ["\n" + name.replace(" ", "\n") for name in names])
        axes.tick_params(axis="x", length=0)
        axes.set(ylabel=axis_label(marker), ylim=(0, None))
        axes.set_title(f"{marker.name} at {study.field_strength_t:g} T", loc="left")
        axes.legend(frameon=False, loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=2, borderpad=0)
        yield picture_of(
            figure,
            study,
            f"groups_{marker.column}",
            "groups",
            f"Box plots of {marker.name} of controls and patients in each region, and of each subject's most "
            "pathologic region. The numbers stand in the table below.",
            f"{marker.name} by group and region at {study.field_strength_t:g} T. Box: quartiles and median; whiskers: "
            "to the farthest value within 1.5 interquartile ranges; points: subjects; n beneath each box.",
        )


#
# ROC curves
#


def _curves(study, findings, options):
    curves = {
        finding.labels["selection"]: finding
        for finding in findings
        if finding.analysis == "roc"
        and (finding.labels.get("marker"), finding.labels.get("against")) == (SH_THK.column, "controls")
        and "false_positive_rate" in finding.details
    }
    if not curves:
        return
    figure = new_figure(4.6)
    axes = figure.add_subplot()
    axes.plot([0, 1], [0, 1], color="#999999", linewidth=0.8)
    for selection in SELECTIONS:
        if selection not in curves:
            continue
        finding = curves[selection]
        color, line, point, size = CURVES[selection]
        x, y = (np.array(finding.details[name]) for name in ("false_positive_rate", "sensitivity"))
        low, high = finding.ci
        name = "as in the paper" if selection == "paper" else selection
        text = f"{name}: AUC {finding.estimate:.2f} (95 % CI {low:.2f} to {high:.2f})"
        axes.plot(x, y, color=color, linestyle=line, linewidth=1.8, label=text)
        best = _youden(findings, selection)
        if len(best) == 2:
            place = (1 - best["specificity"], best["sensitivity"])
            axes.plot(
                *place, point, markersize=size, markerfacecolor="none", markeredgewidth=1.5, color=color, zorder=3
            )
    if unblurred := _curve_without_blur(findings):
        x, y = (unblurred.details[name] for name in ("false_positive_rate", "sensitivity"))
        low, high = unblurred.ci
        text = f"{DIP_PER_MM.name}, symmetric: AUC {unblurred.estimate:.2f} (95 % CI {low:.2f} to {high:.2f})"
        axes.plot(x, y, color="black", linestyle="-.", linewidth=1.2, label=text)
    axes.plot([], [], "ko", markerfacecolor="none", markersize=7, label="open symbols: greatest Youden index")
    axes.set(xlabel="1 - specificity", ylabel="Sensitivity", xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), aspect="equal")
    axes.set_title(f"SH/Thk at {study.field_strength_t:g} T: patients from controls")
    axes.legend(edgecolor="none", framealpha=1, loc="lower right")
    rules = "; ".join(f"{name}: {SELECTIONS[name]}" for name in SELECTIONS if name in curves)
    yield picture_of(
        figure,
        study,
        "roc",
        "roc",
        "ROC curves of SH/Thk, one for each rule of selection; their areas stand in the table below.",
        f"ROC curves of SH/Thk. {rules}. Open symbols: greatest Youden index. dip/w: SH/Thk without blur, where known.",
    )


def _curve_without_blur(findings):
    """The finding with the curve of SH/Thk without blur, or None."""
    wanted = {"marker": DIP_PER_MM.column, "selection": "symmetric", "against": "controls"}
    found = (f for f in findings if f.analysis == "roc" and "false_positive_rate" in f.details)
    return next((f for f in found if wanted.items() <= f.labels.items()), None)


def _youden(findings, selection):
    """Sensitivity and specificity of SH/Thk at the cut-off of the greatest Youden index, where there is one."""
    wanted = {"marker": SH_THK.column, "selection": selection, "cutoff": "youden"}
    found = [f for f in findings if f.analysis == "roc" and "apparent" in f.details]
    return {f.quantity: f.details["apparent"] for f in found if wanted.items() <= f.labels.items()}


#
# Scores
#


def _scores(study, findings, options):
    scales = {}
    for patient in study.group("patient"):
        if np.isfinite(patient.umn).any():
            scales.setdefault((patient.umn_scale or "scale not named", patient.umn_limb_max), []).append(patient)
    for number, ((scale, highest), patients) in enumerate(scales.items(), 1):
        figure = new_figure(3.6)
        axes = figure.add_subplot()
        values, scores = matrix(patients, SH_THK.column), np.array([patient.umn for patient in patients])
        jitter = np.random.default_rng(0).uniform(-0.025, 0.025, values.shape) * np.nanmax(scores)
        for place in (number for number in study.regions if np.isfinite(scores[:, number]).any()):
            color, point = MARKS[place]
            axes.scatter(
                (scores + jitter)[:, place],
                values[:, place],
                s=22,
                marker=point,
                facecolor="white",
                edgecolor=color,
                linewidth=1.0,
                label=f"{LIMBS[place]} ({REGION_NAMES[place]})",
            )
        extent = f", 0 to {highest:g}" if np.isfinite(highest) else ""
        axes.set(xlabel=f"Upper motor neuron score of the limb ({scale}{extent})", ylabel=axis_label(SH_THK))
        axes.set(ylim=(0, None), title=f"Patients at {study.field_strength_t:g} T (n = {len(patients)})")
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.legend(frameon=False, loc="upper left", bbox_to_anchor=(1.0, 1.0))
        yield picture_of(
            figure,
            study,
            "umn" if len(scales) == 1 else f"umn_{number}",
            "correlation",
            "SH/Thk of each region of the patients against the upper motor neuron score of the limb that it serves.",
            "SH/Thk of every region of the patients against the upper motor neuron score of the limb that it serves; "
            "points are shifted a little sideways so that equal scores can be told apart.",
        )


#
# Repeatability
#


def _differences(study, findings, options):
    """Bland-Altman plots of SH/Thk, a panel a region, for each two conditions that differ in one thing."""
    repeats = {}
    for finding in findings:
        labels = finding.labels
        is_one = "differences" in finding.details and labels["marker"] == SH_THK.column and labels.get("group")
        if is_one and labels["region"] in REGION_NAMES and labels["kind"] in (WITHIN, BETWEEN):
            own = repeats.setdefault((labels["first"], labels["second"]), {})
            own.setdefault(labels["region"], []).append(finding)
    for number, ((first, second), by_region) in enumerate(repeats.items(), 1):
        rows = len(study.regions) // 2
        figure = new_figure(2.3 * rows)
        panels = figure.subplots(rows, 2)
        limits = _limits([finding for own in by_region.values() for finding in own])
        for axes, region in zip(panels.flat, study.regions, strict=True):
            axes.set(title=REGION_NAMES[region], **limits)
            axes.label_outer()
            axes.axhline(0, color="#bbbbbb", linewidth=0.8)
            for finding in by_region.get(REGION_NAMES[region], ()):
                _agreement(axes, finding)
        groups = {f.labels["group"] for own in by_region.values() for f in own}
        for group in (group for group in GROUPS if group in groups):
            label, color, point, _ = GROUPS[group]
            look = {"marker": point, "facecolor": "white", "edgecolor": color}
            panels.flat[0].scatter([], [], s=20, label=label, **look)
        panels.flat[0].legend(frameon=False, loc="upper left", fontsize=7)
        figure.supxlabel(f"Mean of both, {axis_label(SH_THK)}", size="medium")
        figure.supylabel(f"{second} minus {first}, {axis_label(SH_THK)}", size="medium")
        yield picture_of(
            figure,
            study,
            "agreement" if len(repeats) == 1 else f"agreement_{number}",
            "repeatability",
            f"Bland-Altman plots of SH/Thk of {first} and {second}, a panel a region.",
            f"SH/Thk of {second} minus {first} against the mean of both. Lines: mean difference and 95 % limits of "
            "agreement of each group.",
        )


def _limits(findings):
    """Of the axes of all panels, a little beyond what they show: axes that matplotlib shares take it far longer."""
    shown = {
        "xlim": [finding.details["means"] for finding in findings],
        "ylim": [[0, *f.details["differences"], f.details["low"], f.details["high"]] for f in findings],
    }
    limits = {}
    for name, numbers in shown.items():
        numbers = np.concatenate(numbers)
        margin = 0.05 * (np.ptp(numbers) or 1.0)
        limits[name] = numbers.min() - margin, numbers.max() + margin
    return limits


def _agreement(axes, finding):
    found, (_, color, point, _) = finding.details, GROUPS[finding.labels["group"]]
    axes.axhline(finding.estimate, color=color, linewidth=1.2)
    for limit in ("low", "high"):
        axes.axhline(found[limit], color=color, linewidth=1.0, linestyle="--")
    look = {"marker": point, "facecolor": "white", "edgecolor": color, "linewidth": 1.0}
    axes.scatter(found["means"], found["differences"], s=20, zorder=3, **look)


#
# Norms
#


def _against_norms(study, norms):
    """SH/Thk of each subject that is only read among the centiles of the norms."""
    for number, subject in enumerate(study.to_read if norms else (), 1):
        results, why = read_against(norms, subject, study.field_strength_t)
        own = [(curve, result) for curve, result in results if curve.marker == SH_THK.column]
        if why or not own:
            continue
        curves, results = zip(*own, strict=True)
        yield Picture(
            f"norms_{number}_{study.field_strength_t:g}T",
            "norms",
            study.field_strength_t,
            f"SH/Thk of {subject.name} among the centiles of the norms, a panel a region.",
            f"SH/Thk of {subject.name} (dot, with its centile) among the centiles of the norms against age.",
            draw_norms(curves, results, f"{subject.name}, {study.field_strength_t:g} T"),
        )
