"""The straightened cortex as a panel of the region figure: arc length from left to right, depth downwards."""

import numpy as np

from ..measuring.straightened import ABOVE_MM, straightened
from .region_slice import LAYER, LINE, OUTSIDE, outlined
from .region_view import window_of

EDGE = "#2ee6e6"
_LEFT_OUT = "#000000"


def draw_straightened(axes, exam, m):
    """Draw image, pial line, edges of the measured layer, what does not count, and the pial edge that was found."""
    strips = straightened(exam.image, m)
    # Fluid may be so bright that nothing is told apart in the cortex.
    window = window_of(np.concatenate([strip.intensities[:, strip.depths_mm > 0].ravel() for strip in strips]))
    axes.set_facecolor(OUTSIDE)
    for strip in strips:
        _draw_strip(axes, strip, window)
    ends = (strips[0].start_mm, strips[-1].end_mm)
    has_layer = np.isfinite(m.edges_mm).all() and np.isfinite(m.thk_mm)
    for number, strip in enumerate(strips):
        own = [strip.start_mm, strip.end_mm]
        axes.plot(own, [0, 0], color=LINE, lw=1.6, label="" if number else "pial line as measured")
        if has_layer:
            for depth in m.edges_mm:
                named = "" if number or depth != m.edges_mm[0] else "edges of the layer"
                axes.plot(own, [depth, depth], color=LAYER, lw=1.3, path_effects=outlined(width=2.0), label=named)
        if np.isfinite(strip.edge_mm).any():
            named = "" if number else "pial edge in the image"
            style = {"color": EDGE, "lw": 1.4, "ls": (0, (3, 2)), "path_effects": outlined(width=2.4)}
            axes.plot(strip.arc_mm, strip.edge_mm, label=named, **style)
    handles, labels = axes.get_legend_handles_labels()
    if any((~strip.is_counted | np.isfinite(strip.ends_mm)).any() for strip in strips):
        from matplotlib.patches import Patch

        handles.append(Patch(facecolor="#999999", hatch="////", edgecolor="black"))
        labels.append("left out")
    axes.legend(
        handles, labels, fontsize=8, loc="lower left", bbox_to_anchor=(0, 1), ncols=4, frameon=False, borderaxespad=0.2
    )
    axes.set(
        xlabel="Along the pial line (mm)", ylabel="Depth (mm)", xlim=ends, ylim=(strips[0].depths_mm[-1], -ABOVE_MM)
    )
    axes.set_title(title_of(m), loc="right", size=12)


def title_of(m):
    """What is seen, and why no pial edge is drawn where none is."""
    refusal = m.alignment.refusal if m.alignment else ""
    return f"Straightened cortex ({refusal})" if refusal else "Straightened cortex"


def _draw_strip(axes, strip, window):
    step_arc = (strip.arc_mm[1] - strip.arc_mm[0]) / 2
    step = (strip.depths_mm[1] - strip.depths_mm[0]) / 2
    extent = (
        strip.arc_mm[0] - step_arc,
        strip.arc_mm[-1] + step_arc,
        strip.depths_mm[-1] + step,
        strip.depths_mm[0] - step,
    )
    axes.imshow(
        strip.intensities.T, cmap="gray", vmin=window[0], vmax=window[1], extent=extent, aspect="auto", origin="upper"
    )
    ends = np.where(strip.is_counted, np.minimum(strip.ends_mm, strip.depths_mm[-1]), strip.depths_mm[0])
    axes.fill_between(
        strip.arc_mm,
        ends,
        strip.depths_mm[-1],
        where=ends < strip.depths_mm[-1],
        step="mid",
        facecolor=(0.5, 0.5, 0.5, 0.35),
        hatch="////",
        edgecolor=_LEFT_OUT,
        linewidth=0,
    )
