"""The slice through a region's pial lines in radiological orientation, with normals and the measured layer's edges."""

import numpy as np

from .region_view import deepest_samples, region_view, stretches

LINE, LAYER = "#e69f00", "#ff3b30"
OUTSIDE = "#303030"
_EVERY_NTH_NORMAL = 4


def outlined(color="black", width=2.2):
    """Path effects that part light letters and lines from a light image."""
    from matplotlib import patheffects

    return [patheffects.withStroke(linewidth=width, foreground=color)]


def draw_slice(axes, exam, m):
    """Draw the slice; the letters and the scale are seen on black, on white and beside the image."""
    view = region_view(exam.image, m)
    half, is_here = view.half_mm, view.is_here
    low, high = view.window
    axes.set_facecolor(OUTSIDE)
    axes.imshow(view.picture, cmap="gray", vmin=low, vmax=high, origin="lower", extent=(-half, half, -half, half))
    feet, tips = view.place(m.positions), view.place(m.positions + deepest_samples(m)[:, None] * m.normals)
    for foot, tip in list(zip(feet[is_here], tips[is_here], strict=True))[::_EVERY_NTH_NORMAL]:
        axes.plot(*np.stack([foot, tip]).T, color=LINE, lw=0.35, alpha=0.8)
    for own in (own for own in stretches(m) if is_here[own].all()):
        axes.plot(*feet[own].T, color=LINE, lw=1.6)
        if np.isfinite(m.edges_mm).all() and np.isfinite(m.thk_mm):
            for depth in m.edges_mm:
                edge = view.place(m.positions[own] + depth * m.normals[own])
                axes.plot(*edge.T, color=LAYER, lw=1.3, path_effects=outlined(width=2.0))
    for text, x, y in zip(view.labels, (0.04, 0.96, 0.5, 0.5), (0.5, 0.5, 0.95, 0.05), strict=True):
        axes.text(
            *(x, y, text),
            transform=axes.transAxes,
            color="white",
            ha="center",
            va="center",
            size=10,
            path_effects=outlined(),
        )
    axes.plot([half - 12, half - 2], [-half + 2, -half + 2], color="white", lw=2, path_effects=outlined(width=4))
    axes.text(
        *(half - 7, -half + 2.6, "10 mm"), color="white", ha="center", va="bottom", size=8, path_effects=outlined()
    )
    axes.set(xticks=[], yticks=[], xlim=(-half, half), ylim=(-half, half), title="Normals and measured layer")
    if not is_here.all():
        axes.set_xlabel("The region's other lines lie on other slices.", size=8)
