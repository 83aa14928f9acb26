"""The picture of a measured region: slice, profiles, h with its fit, and the straightened cortex.

matplotlib is imported where it is used: Slicer does not ship it.
"""

import textwrap

import numpy as np

from ..measuring.exam import Exam
from ..measuring.flags import sentence
from ..measuring.measurement import Measurement
from ..measuring.rounding import shown
from .region_slice import draw_slice
from .straightened_cortex import draw_straightened

_NO_UNIT = "image unit"
SPLENIUM, PROFILES, FIT, WINDOW = "#56b4e9", "#888888", "#d55e00", "#eef4fa"
NOTICE = "Research use only. The interval covers noise at the line as drawn, not redrawing."


def draw_measurement(exam: Exam, measurement: Measurement):
    """One figure of one region: slice, profiles, hypointensity profile with fit, straightened cortex, and words.

    Returns
    -------
    matplotlib.figure.Figure
        11.5 inches wide, as high as the flags need. It needs no display and touches no global state.
    """
    from matplotlib.figure import Figure

    sentences = [f"{name}: {sentence(name, measurement.notes.get(name))}" for name in measurement.flags]
    lines = [line for sentence in sentences for line in textwrap.wrap(sentence, 165)]
    below = 0.72 + 0.17 * len(lines)  # inches beneath the axes: numbers, flags, notice
    height = 6.65 + below
    figure = Figure(figsize=(11.5, height), dpi=130)
    top, middle, bottom = 1 - 0.75 / height, (below + 2.82) / height, (below + 0.55) / height
    grid = figure.add_gridspec(1, 3, left=0.05, right=0.985, bottom=middle, top=top, wspace=0.3)
    draw_slice(figure.add_subplot(grid[0]), exam, measurement)
    unit = unit_of(exam)
    _draw_profiles(figure.add_subplot(grid[1], box_aspect=1), measurement, unit)
    _draw_hypointensity(figure.add_subplot(grid[2], box_aspect=1), measurement, unit)
    draw_straightened(figure.add_axes((0.05, bottom, 0.935, (below + 1.95) / height - bottom)), exam, measurement)
    who = ", ".join(str(part) for part in (exam.subject, exam.session, exam.observer) if part)
    figure.text(0.03, 1 - 0.25 / height, f"{who}: {measurement.name}", size=13, weight="bold", va="center")
    figure.text(0.03, (below - 0.15) / height, _numbers(measurement, unit), size=11, va="center")
    figure.text(0.03, (below - 0.38) / height, "\n".join(lines), size=8, va="top", color="#a03000")
    figure.text(0.985, 0.06 / height, NOTICE, size=8, ha="right", color="#555555")
    return figure


def unit_of(exam):
    """The unit of the image's intensities, as far as it is known."""
    return "1/s" if exam.origin.get("echo_combination") == "r2star" else _NO_UNIT


def _numbers(m, unit):
    def with_interval(value, interval, digits, unit):
        if not np.isfinite(value):
            return "missing"
        if not np.isfinite(interval).all():
            return f"{shown(value, digits)}{unit}"
        value, low, high = shown(value, digits, *interval)
        return f"{value}{unit} ({low} to {high})"

    unit = "" if m.settings.normalization == "splenium" or unit == _NO_UNIT else f" {unit}"
    return (
        f"SH {with_interval(m.sh, m.sh_ci, 3, unit)}     "
        f"Thk {with_interval(m.thk_mm, m.thk_ci_mm, 2, ' mm')}     "
        f"SH/Thk {with_interval(m.sh_thk_per_mm, m.sh_thk_ci_per_mm, 3, f'{unit} per mm')}     (95 % intervals)"
    )


def _draw_profiles(axes, m, unit):
    depths = np.append(m.depths_mm, np.nan)
    rows = np.column_stack([m.intensities, np.full(len(m.intensities), np.nan)])
    axes.plot(np.tile(depths, len(rows)), rows.ravel(), color=PROFILES, lw=0.4, alpha=0.25, label="each normal")
    axes.plot(m.depths_mm, m.profile, color="black", lw=1.8, label="mean")
    axes.axhline(m.white_matter_intensity, color=FIT, lw=1, ls="--", label="white-matter ROI")
    axes.axhline(m.splenium_intensity, color=SPLENIUM, lw=1, ls=":", label="splenium ROI")
    axes.set(xlabel="Depth from the pial line (mm)", ylabel=f"Intensity ({unit})", xlim=(0, m.depths_mm[-1]))
    axes.set_title(f"Profiles along {m.n_normals} normals")
    legend = axes.legend(fontsize=8, loc="best")
    legend.legend_handles[0].set(alpha=1, linewidth=1)


def _draw_hypointensity(axes, m, unit):
    axes.axhline(0, color="#999999", lw=0.8)
    axes.plot(m.depths_mm, m.h, color="black", lw=1.6, label="h, hypointensity")
    low, high = m.h - 1.96 * m.h_se, m.h + 1.96 * m.h_se
    axes.fill_between(m.depths_mm, low, high, color="black", alpha=0.15, lw=0, label="95 % band")
    bottom, top = _range_of_h(m, low, high)
    is_reported = np.isfinite(m.thk_mm)
    if m.lobe is not None:
        window = m.depths_mm[m.lobe.window]
        axes.axvspan(window[0], window[-1], color=WINDOW, zorder=0, label="fit window")
        named = "F, double sigmoid" if is_reported else "F, not reported"
        axes.plot(window, m.fitted[m.lobe.window], color=FIT, lw=1.8, ls="-" if is_reported else "--", label=named)
    if is_reported:
        level = m.settings.width_fraction * m.sh_fit
        axes.annotate("", (m.mode_mm, 0), (m.mode_mm, m.sh_fit), arrowprops={"arrowstyle": "<->", "color": FIT})
        axes.annotate("", (m.edges_mm[0], level), (m.edges_mm[1], level), arrowprops={"arrowstyle": "<->"})
        words = f"SH {shown(m.sh_fit, 3)},  Thk {m.thk_fit_mm:.2f} mm at {100 * m.settings.width_fraction:.0f} %"
        axes.text(0.98, 0.97, words, transform=axes.transAxes, ha="right", va="top", size=9.5, color=FIT)
    elif np.isfinite(m.verdict.largest_hidden_sh):
        hidden = m.verdict.largest_hidden_sh
        axes.axhline(hidden, color=FIT, lw=1.2, ls=":", label=f"largest SH that could hide, {shown(hidden, 3)}")
    axes.set(xlabel="Depth from the pial line (mm)", ylabel="h (relative to the splenium)", xlim=(0, m.depths_mm[-1]))
    if m.settings.normalization == "none":
        axes.set_ylabel(f"h ({unit})")
    axes.set_ylim(bottom, top)
    axes.set_title("Hypointensity profile and fit")
    axes.legend(fontsize=8, loc="lower right")


def _range_of_h(m, low, high):
    """What is shown of h: beneath the cortex's surface all of it, and of the bright surface no more than leaves it
    large."""
    within = m.depths_mm > min(0.5, m.depths_mm[-1] / 2)
    hidden = m.verdict.largest_hidden_sh
    tops = [np.max(high[within]), 0.0, m.sh_fit, hidden]
    top = float(np.nanmax(tops))
    beneath = m.depths_mm > min(1.5, m.depths_mm[-1] / 2)
    bottom = float(np.min(low[beneath]))
    span = max(top - min(bottom, 0.0), 1e-300)
    # Room for the words above, and for the legend beneath.
    return min(bottom, 0.0) - 0.75 * span, top + 0.22 * span
