"""The slice through a region's pial lines in radiological orientation, with normals and the measured layer's edges."""

from itertools import pairwise

import numpy as np

from ..measuring.sampling import sample_normals

MARGIN_MM = 9.0
PIXEL_MM = 0.15
LINE, LAYER = "#e69f00", "#ff3b30"
OUTSIDE = "#303030"
_EVERY_NTH_NORMAL = 4


def outlined(color="black", width=2.2):
    """Path effects that part light letters and lines from a light image."""
    from matplotlib import patheffects

    return [patheffects.withStroke(linewidth=width, foreground=color)]


def window_of(intensities):
    """Intensities shown black and white: the image's range without its outermost hundredths."""
    known = intensities[np.isfinite(intensities)]
    return tuple(np.percentile(known, [1, 99])) if len(known) else (0.0, 1.0)


def draw_slice(axes, exam, m):
    """Draw the slice; the letters and the scale are seen on black, on white and beside the image."""
    right, up, labels = _display_axes(m)
    is_here = _on_one_slice(exam.image, m)
    feet = m.positions[is_here]
    centre = feet.mean(0)
    across, along = (feet - centre) @ right, (feet - centre) @ up
    half = max(np.ptp(across), np.ptp(along)) / 2 + MARGIN_MM
    middle = centre + right * (across.max() + across.min()) / 2 + up * (along.max() + along.min()) / 2
    steps = np.arange(-half, half, PIXEL_MM)
    rows = middle + steps[:, None] * up
    picture, _ = sample_normals(exam.image, rows, np.broadcast_to(right, rows.shape), steps, "linear")
    low, high = window_of(picture)
    axes.set_facecolor(OUTSIDE)
    axes.imshow(picture, cmap="gray", vmin=low, vmax=high, origin="lower", extent=(-half, half, -half, half))

    def on_slice(points):
        return np.stack([(points - middle) @ right, (points - middle) @ up], -1)

    deepest = m.depths_mm[m.intensities.shape[1] - 1 - np.isfinite(m.intensities[:, ::-1]).argmax(1)]
    feet, tips = on_slice(m.positions), on_slice(m.positions + deepest[:, None] * m.normals)
    for foot, tip in list(zip(feet[is_here], tips[is_here], strict=True))[::_EVERY_NTH_NORMAL]:
        axes.plot(*np.stack([foot, tip]).T, color=LINE, lw=0.35, alpha=0.8)
    for own in (own for own in stretches(m) if is_here[own].all()):
        axes.plot(*feet[own].T, color=LINE, lw=1.6)
        if np.isfinite(m.edges_mm).all() and np.isfinite(m.thk_mm):
            for depth in m.edges_mm:
                edge = on_slice(m.positions[own] + depth * m.normals[own])
                axes.plot(*edge.T, color=LAYER, lw=1.3, path_effects=outlined(width=2.0))
    for text, x, y in zip(labels, (0.04, 0.96, 0.5, 0.5), (0.5, 0.5, 0.95, 0.05), strict=True):
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


def _on_one_slice(image, m):
    """The normals on the slice on which most of them stand, shape (n,)."""
    across = m.along.lines[0].across
    offsets = m.positions @ across
    apart = image.spacing[np.abs(across @ (image.affine[:3, :3] / image.spacing)).argmax()]
    near = np.abs(offsets[:, None] - offsets) < apart / 2
    return near[near.sum(1).argmax()]


def stretches(m):
    """Slices of the normals that stand on one line without a break, so that nothing is drawn from line to line."""
    apart = np.linalg.norm(np.diff(m.positions, axis=0), axis=1)
    breaks = np.flatnonzero(apart > 2.5 * m.settings.normal_spacing_mm) + 1
    ends = [0, *breaks.tolist(), len(m.positions)]
    return [slice(first, last) for first, last in pairwise(ends)]


def _display_axes(m):
    """Unit vectors to the right and upwards on the display, and what lies left, right, up and down of it."""
    plane = m.along.lines[0].across
    towards = int(np.argmax(np.abs(plane)))
    letters = (("L", "R"), ("P", "A"), ("I", "S"))
    # As radiologists look at a slice: from below, from the front, from the left.
    rightwards, upwards = {2: (0, 1), 1: (0, 2), 0: (1, 2)}[towards]
    up = np.eye(3)[upwards] - plane[upwards] * plane
    right = -np.eye(3)[rightwards] + plane[rightwards] * plane
    right -= (right @ up) / (up @ up) * up
    names = (letters[rightwards][1], letters[rightwards][0], letters[upwards][1], letters[upwards][0])
    return right / np.linalg.norm(right), up / np.linalg.norm(up), names
