"""Pictures of a measurement for the command line: normals over the slice, profiles, and h with its fit.

matplotlib is imported where it is used: Slicer does not ship it.
"""

import textwrap

import numpy as np

from ..measuring.exam import Exam
from ..measuring.flags import sentence
from ..measuring.measurement import Measurement
from .region_view import deepest_samples, region_view

LINE, LAYER, PROFILES, FIT, WINDOW = "#e69f00", "#56b4e9", "#888888", "#d55e00", "#eef4fa"
NOTICE = "Research use only. The interval covers noise at the line as drawn, not redrawing."


def draw_measurement(exam: Exam, measurement: Measurement):
    """One figure of one region: slice, profiles, hypointensity profile with fit, and the numbers in words.

    Returns
    -------
    matplotlib.figure.Figure
        11.5 inches wide, as high as the flags need. It needs no display and touches no global state.
    """
    from matplotlib.figure import Figure

    sentences = [f"{name}: {sentence(name, measurement.notes.get(name))}" for name in measurement.flags]
    lines = [line for sentence in sentences for line in textwrap.wrap(sentence, 165)]
    below = 1.15 + 0.17 * len(lines)  # inches beneath the axes: labels, numbers, flags, notice
    height = 4.0 + below
    figure = Figure(figsize=(11.5, height), dpi=130)
    grid = figure.add_gridspec(
        1, 3, left=0.03, right=0.985, bottom=(below + 0.1) / height, top=1 - 0.75 / height, wspace=0.30
    )
    _draw_slice(figure.add_subplot(grid[0]), exam, measurement)
    _draw_profiles(figure.add_subplot(grid[1]), measurement)
    _draw_hypointensity(figure.add_subplot(grid[2]), measurement)
    who = ", ".join(str(part) for part in (exam.subject, exam.session, exam.observer) if part)
    figure.text(0.03, 1 - 0.25 / height, f"{who}: {measurement.name}", size=13, weight="bold", va="center")
    figure.text(0.03, (below - 0.65) / height, _numbers(measurement), size=12, va="center")
    figure.text(0.03, (below - 0.85) / height, "\n".join(lines), size=8, va="top", color="#a03000")
    figure.text(0.985, 0.06 / height, NOTICE, size=8, ha="right", color="#555555")
    return figure


def _numbers(m):
    def with_interval(value, interval, digits, unit):
        if not np.isfinite(value):
            return "missing"
        low, high = interval
        limits = f" ({low:.{digits}f} to {high:.{digits}f})" if np.isfinite(low) else ""
        return f"{value:.{digits}f}{unit}{limits}"

    return (
        f"SH {with_interval(m.sh, m.sh_ci, 3, '')}     "
        f"Thk {with_interval(m.thk_mm, m.thk_ci_mm, 2, ' mm')}     "
        f"SH/Thk {with_interval(m.sh_thk_per_mm, m.sh_thk_ci_per_mm, 3, ' per mm')}     (95 % intervals)"
    )


def _draw_slice(axes, exam, m):
    """The slice through the pial line in radiological orientation, with the normals and the measured layer."""
    view = region_view(exam.image, m)
    half = view.half_mm
    low, high = view.window
    axes.imshow(view.picture, cmap="gray", vmin=low, vmax=high, origin="lower", extent=(-half, half, -half, half))

    def on_slice(depth):
        return view.place(m.positions + depth * m.normals)

    feet, tips = on_slice(0.0), on_slice(deepest_samples(m)[:, None])
    for foot, tip in list(zip(feet, tips, strict=True))[::4]:
        axes.plot(*np.stack([foot, tip]).T, color=LINE, lw=0.35, alpha=0.8)
    axes.scatter(*feet.T, s=0.6, color=LINE)
    if np.isfinite(m.edges_mm).all() and np.isfinite(m.thk_mm):
        band = np.concatenate([on_slice(m.edges_mm[0]), on_slice(m.edges_mm[1])[::-1]])
        axes.fill(*band.T, color=LAYER, alpha=0.45, lw=0)
    for text, x, y in zip(view.labels, (0.03, 0.97, 0.5, 0.5), (0.5, 0.5, 0.96, 0.04), strict=True):
        axes.text(x, y, text, transform=axes.transAxes, color="white", ha="center", va="center", size=10)
    axes.plot([half - 12, half - 2], [-half + 2, -half + 2], color="white", lw=2)
    axes.text(half - 7, -half + 2.6, "10 mm", color="white", ha="center", va="bottom", size=8)
    axes.set(xticks=[], yticks=[], xlim=(-half, half), ylim=(-half, half), title="Normals and measured layer")


def _draw_profiles(axes, m):
    depths = np.append(m.depths_mm, np.nan)
    rows = np.column_stack([m.intensities, np.full(len(m.intensities), np.nan)])
    axes.plot(np.tile(depths, len(rows)), rows.ravel(), color=PROFILES, lw=0.4, alpha=0.25, label="each normal")
    axes.plot(m.depths_mm, m.profile, color="black", lw=1.8, label="mean")
    axes.axhline(m.white_matter_intensity, color=FIT, lw=1, ls="--", label="white-matter ROI")
    axes.axhline(m.splenium_intensity, color=LAYER, lw=1, ls=":", label="splenium ROI")
    axes.set(xlabel="Depth from the pial line (mm)", ylabel="Intensity (image unit)", xlim=(0, m.depths_mm[-1]))
    axes.set_title(f"Profiles along {m.n_normals} normals")
    legend = axes.legend(fontsize=8, loc="best")
    legend.legend_handles[0].set(alpha=1, linewidth=1)


def _draw_hypointensity(axes, m):
    axes.axhline(0, color="#999999", lw=0.8)
    axes.plot(m.depths_mm, m.h, color="black", lw=1.6, label="h, hypointensity")
    axes.fill_between(m.depths_mm, m.h - 1.96 * m.h_se, m.h + 1.96 * m.h_se, color="black", alpha=0.15, lw=0)
    top = np.nanmax(np.append(m.h[m.depths_mm > 0.5], m.sh_fit))
    top = max(top, 3 * float(np.median(m.h_se)), 1e-6)
    if m.lobe is not None:
        window = m.depths_mm[m.lobe.window]
        axes.axvspan(window[0], window[-1], color=WINDOW, zorder=0, label="fit window")
        axes.plot(window, m.fitted[m.lobe.window], color=FIT, lw=1.8, label="F, double sigmoid")
        level = m.settings.width_fraction * m.sh_fit
        axes.annotate("", (m.mode_mm, 0), (m.mode_mm, m.sh_fit), arrowprops={"arrowstyle": "<->", "color": FIT})
        above = max(m.sh_fit, float((m.h + 1.96 * m.h_se)[m.lobe.top]))
        axes.text(m.mode_mm, above + 0.03 * top, f"SH {m.sh_fit:.3f}", ha="center", va="bottom", color=FIT)
        axes.annotate("", (m.edges_mm[0], level), (m.edges_mm[1], level), arrowprops={"arrowstyle": "<->"})
        width = f"Thk {m.thk_fit_mm:.2f} mm\nat {100 * m.settings.width_fraction:.0f} %"
        axes.annotate(width, (m.edges_mm[1], level), (4, 4), textcoords="offset points", va="bottom", size=9)
    axes.set(xlabel="Depth from the pial line (mm)", ylabel="h (relative to the splenium)", xlim=(0, m.depths_mm[-1]))
    if m.settings.normalization == "none":
        axes.set_ylabel("h (image unit)")
    axes.set_ylim(-0.9 * top, 1.5 * top)
    axes.set_title("Hypointensity profile and fit")
    axes.legend(fontsize=8, loc="lower right")
