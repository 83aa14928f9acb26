"""The picture of an exam's maps in one region: their profiles beneath that of h, over one depth axis.

matplotlib is imported where it is used: Slicer does not ship it.
"""

import numpy as np

from ..measuring.rounding import shown, shown_with_error

LAYER, H, MAP, REFERENCE = "#f3e3c8", "black", "#0072b2", "#d55e00"
NOTICE = "Research use only. Bands: 95 %, noise at the line as drawn. Shaded: the layer of the T2*-weighted profile."
_ROW_INCHES, _HEAD_INCHES, _FOOT_INCHES = 1.75, 0.65, 0.85


def draw_maps(exam, measurement, seen):
    """One figure of one region: h of the T2*-weighted image and, beneath it, a panel a map.

    Parameters
    ----------
    exam : Exam
    measurement : Measurement
    seen : sequence of MapMeasurement

    Returns
    -------
    matplotlib.figure.Figure
        It needs no display and touches no global state.
    """
    from matplotlib.figure import Figure

    m = measurement
    height = _HEAD_INCHES + _ROW_INCHES * (len(seen) + 1) + _FOOT_INCHES
    figure = Figure(figsize=(8.5, height), dpi=130)
    rows = figure.subplots(len(seen) + 1, 1, sharex=True, squeeze=False)[:, 0]
    figure.subplots_adjust(
        left=0.11, right=0.68, top=1 - _HEAD_INCHES / height, bottom=_FOOT_INCHES / height, hspace=0.16
    )
    who = ", ".join(str(part) for part in (exam.subject, exam.session, exam.observer) if part)
    figure.text(0.03, 1 - 0.3 / height, f"{who}: {m.name}", size=13, weight="bold", va="center")
    for axes in rows:
        if np.isfinite(m.edges_mm).all() and np.isfinite(m.thk_mm):
            axes.axvspan(*m.edges_mm, color=LAYER, lw=0, zorder=0)
        axes.spines[["top", "right"]].set_visible(False)
    _draw_band(rows[0], m.depths_mm, m.h, m.h_se, H)
    rows[0].axhline(0, color="#999999", lw=0.8)
    relative = "splenium intensity" if m.settings.normalization == "splenium" else "image unit"
    rows[0].set_ylabel(f"h ({relative})")
    thk = f"{m.thk_mm:.2f} mm" if np.isfinite(m.thk_mm) else "missing"
    sh = shown(m.sh, 3) if np.isfinite(m.sh) else "missing"
    _write(rows[0], f"T2*-weighted\nSH {sh}\nThk {thk}")
    for axes, one in zip(rows[1:], seen, strict=True):
        _draw_map(axes, m, one)
    rows[-1].set(xlabel="Depth from the pial line (mm)", xlim=(0, m.depths_mm[-1]))
    figure.align_ylabels(rows)
    figure.text(0.97, 0.08 / height, NOTICE, size=7.5, ha="right", color="#555555")
    return figure


def _draw_band(axes, x, values, errors, color):
    axes.fill_between(x, values - 1.96 * errors, values + 1.96 * errors, color=color, alpha=0.15, lw=0)
    axes.plot(x, values, color=color, lw=1.7)


def _draw_map(axes, m, one):
    _draw_band(axes, m.depths_mm, one.profile, one.profile_se, MAP)
    if np.isfinite(one.white_matter):
        axes.axhline(one.white_matter, color=REFERENCE, lw=1, ls="--")
    for mean, ends in ((one.layer, one.layer_mm), (one.superficial, one.superficial_mm)):
        if np.isfinite(mean):
            axes.plot(ends, [mean, mean], color="black", lw=3.2, solid_capstyle="butt")
    if np.isfinite(one.peak):
        axes.plot([one.peak_mm], [one.peak], "o", color=MAP, ms=5, mfc="white")
    axes.set_ylabel(f"{one.map.name} ({one.map.shown_unit})", size=9)
    within = (m.depths_mm > 0.3) & np.isfinite(one.profile)
    if within.any():  # fluid may be far off
        kept = [*(one.profile - 1.96 * one.profile_se)[within], *(one.profile + 1.96 * one.profile_se)[within]]
        kept += [value for value in (one.white_matter, one.peak) if np.isfinite(value)]
        room = 0.08 * (max(kept) - min(kept)) or 1e-9
        axes.set_ylim(min(kept) - room, max(kept) + room)
    else:
        axes.text(0.5, 0.5, "no valid voxel", transform=axes.transAxes, ha="center", va="center")
    _write(axes, "\n".join(_words(one)))


def _words(one):
    """What was measured in a map, a line each."""

    def with_error(value, error, name):
        if not np.isfinite(value):
            return f"{name} missing"
        if not np.isfinite(error):
            return f"{name} {shown(value, 2)}"
        value, error = shown_with_error(value, 2, error)
        return f"{name} {value} \u00b1 {error}"

    yield f"{one.map.name}, {one.map.shown_unit}"
    yield with_error(one.layer, one.layer_se, "layer")
    yield with_error(one.superficial, one.superficial_se, "superficial")
    yield with_error(one.white_matter, one.white_matter_se, "white matter (dashed)")
    yield with_error(one.difference, one.difference_se, "difference")
    yield f"peak {shown(one.peak, 2)} at {one.peak_mm:.2f} mm" if np.isfinite(one.peak) else "peak missing"


def _write(axes, words):
    axes.text(1.03, 1.0, words, transform=axes.transAxes, va="top", size=9, linespacing=1.35)
