"""A chart of norms with a subject's dot: centiles against age, a panel a place.

matplotlib is imported where it is used: Slicer does not ship it.
"""

import io

import numpy as np

from ..cohort.norms import CENTILES, Centile
from ..cohort.study import MARKERS
from .drawing import BLUE, DPI, STYLE, VERMILION, WIDTH_INCHES, axis_label

_COLUMNS = 3


def draw_norms(curves, results=(), title=""):
    """A picture of the curves of one marker at one field strength.

    Parameters
    ----------
    curves : sequence of Curve
    results : sequence of Centile or str
        Of a subject, one a curve; none = the norms alone.
    title : str

    Returns
    -------
    bytes or None
        PNG; None where matplotlib is missing.
    """
    try:
        import matplotlib
        from matplotlib.figure import Figure
    except ImportError:
        return None
    marker = next(marker for marker in MARKERS if marker.column == curves[0].marker)
    rows = -(-len(curves) // _COLUMNS)
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH_INCHES, 0.5 + 2.2 * rows), dpi=DPI, layout="constrained")
        panels = figure.subplots(rows, min(len(curves), _COLUMNS), sharex=True, sharey=True, squeeze=False)
        for axes in panels.flat[len(curves) :]:
            axes.set_axis_off()
        for number, (axes, curve) in enumerate(zip(panels.flat, curves, strict=False)):
            _draw(axes, curve, results[number] if number < len(results) else None)
        figure.supxlabel("Age (years)", size="medium")
        figure.supylabel(axis_label(marker), size="medium")
        figure.suptitle(title, size="medium")
        file = io.BytesIO()
        figure.savefig(file, format="png", metadata={"Software": None})
    return file.getvalue()


def _draw(axes, curve, result):
    for centile, values in zip(CENTILES, curve.values.T, strict=True):
        if np.isfinite(values).all():
            is_median = centile == 50
            look = {"linewidth": 1.6, "linestyle": "-"} if is_median else {"linewidth": 0.8, "linestyle": "--"}
            axes.plot(curve.ages, values, color=BLUE, **look)
            end = curve.ages[-1], values[-1]
            axes.annotate(f"{centile:g}", end, (2, 0), textcoords="offset points", size=6, va="center")
    axes.set_title(f"{curve.place} (n = {curve.n})", size=8)
    axes.set_ylim(0, None)
    if isinstance(result, Centile):
        axes.plot([result.age], [result.value], "o", color=VERMILION, markersize=7, markeredgecolor="black")
        axes.annotate(f"{result.centile:.3g}", (result.age, result.value), (5, 4), textcoords="offset points", size=8)
