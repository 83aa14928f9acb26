"""Where to click for each region, as a drawing: the slice, and the region enlarged, with pial line and white matter.

Slices, folds and places are those of a digital exam; the sulci by which a reader knows the paracentral lobule are drawn
in. The patient's right is on the left, as in the views.
"""

from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
REGIONS = ROOT / "M1SHThk" / "Resources" / "Regions"
_SEED = 3
_PIXELS_PER_INCH = 100
_HEIGHT = 3.6  # inches; the panel shows a third of it
_WHOLE_MM = ((70.0, -70.0), (-108.0, 70.0))  # x, y at left and right, bottom and top
_NEAR_MM = (31.0, 20.0)  # half of what is enlarged
_STEP_MM = 0.2
_CLICKS = 11
_LINE, _WHITE_MATTER, _FRAME = "#ff8c00", "#4aa8ff", "#ffd54f"
_GREY = {"air": 0.0, "scalp": 0.35, "bone": 0.1, "fluid": 1.0, "cortex": 0.72, "deep_cortex": 0.38, "splenium": 0.45}
_WHITE = 0.55
# The end of the central sulcus, and the ascending end of the cingulate sulcus behind it; mm, for the right side.
_SULCI = {"paracentral_lobule": (((38, -29), (28, -36), (19, -41), (10, -45)), ((1, -50), (7, -53), (12, -59)))}


def draw(key, banks):
    """Write the drawing of a region; `banks` as `motor_banks` gives them."""
    from matplotlib.figure import Figure

    (left, right), (bottom, top) = _WHOLE_MM
    whole = _HEIGHT * (left - right) / (top - bottom)
    near = _HEIGHT * _NEAR_MM[0] / _NEAR_MM[1]
    figure = Figure((whole + near, _HEIGHT), _PIXELS_PER_INCH, facecolor="black")
    bank = banks[key]
    line = bank.fold.stretch(-bank.length / 2, bank.length / 2).points
    middle = (line.mean(0) + bank.white_matter) / 2
    (x_left, y_top), (x_right, y_bottom) = middle + _NEAR_MM, middle - _NEAR_MM
    slice_of = {other: one for other, one in banks.items() if other[1] == key[1]}
    picture = _picture(key[1], slice_of.values())
    for place, limits in (
        ((0, 0, whole / (whole + near), 1), (left, right, bottom, top)),
        ((whole / (whole + near), 0, near / (whole + near), 1), (x_left, x_right, y_bottom, y_top)),
    ):
        axes = figure.add_axes(place)
        axes.imshow(picture, "gray", vmin=0, vmax=1, origin="lower", extent=(left, right, bottom, top))
        for sulcus in _SULCI.get(key[1], ()):
            for side in (1, -1):
                _cut(axes, np.multiply(sulcus, (side, 1)), limits, place[3] * _HEIGHT)
        axes.set(xlim=limits[:2], ylim=limits[2:], aspect="auto")
        axes.set_axis_off()
        is_whole = place[0] == 0
        axes.plot(*line.T, color="black", linewidth=8 if is_whole else 9, solid_capstyle="round")
        axes.plot(*line.T, color=_LINE, linewidth=5, solid_capstyle="round")
        if is_whole:
            axes.plot(
                (x_left, x_right, x_right, x_left, x_left), (y_top, y_top, y_bottom, y_bottom, y_top), color=_FRAME
            )
            for letter, position in (("R", left - 9), ("L", right + 9)):
                axes.text(position, top - 4, letter, color="white", size=26, weight="bold", va="top", ha="center")
        else:
            clicks = line[np.linspace(0, len(line) - 1, _CLICKS).round().astype(int)]
            axes.plot(*clicks.T, "o", color=_LINE, markeredgecolor="black", markersize=13)
            axes.plot(*bank.white_matter, "o", color=_WHITE_MATTER, markeredgecolor="black", markersize=36)
    figure.savefig(REGIONS / f"{'_'.join(key)}.png", metadata={"Software": None})


def _picture(section, banks):
    """Brightness from 0 to 1 of a slice, as on a T2*-weighted image; shape (rows, columns)."""
    from M1SHThkLib.digital_exam.anatomy import tissue_map
    from M1SHThkLib.digital_exam.tissue import TISSUES

    (left, right), (bottom, top) = _WHOLE_MM
    x, y = (np.arange(first, last, step) for first, last, step in ((left, right, -_STEP_MM), (bottom, top, _STEP_MM)))
    fractions = tissue_map(section, TISSUES[3], tuple(banks), (), x, y, lambda mm: np.clip(mm / _STEP_MM + 0.5, 0, 1))
    return sum(_GREY.get(tissue.name, _WHITE) * fraction for tissue, fraction in fractions.items())


def _cut(axes, points, limits, inches):
    """A sulcus: fluid between two banks of cortex."""
    from M1SHThkLib.digital_exam.anatomy import CORTEX, SULCUS
    from scipy.interpolate import make_interp_spline

    curve = make_interp_spline(range(len(points)), points, k=2)(np.linspace(0, len(points) - 1, 60))
    points_per_mm = 72 * inches / (limits[3] - limits[2])
    for width, grey in ((SULCUS + 2 * CORTEX, _GREY["cortex"]), (SULCUS, _GREY["fluid"])):
        axes.plot(*curve.T, color=str(grey), linewidth=width * points_per_mm, solid_capstyle="round")


def draw_all():
    """Write the drawing of every region; M1SHThkLib is importable."""
    from M1SHThkLib.digital_exam.subject import motor_banks

    REGIONS.mkdir(exist_ok=True)
    banks = motor_banks(3, "control", _SEED, line_length_mm=30.0)
    for key in banks:
        draw(key, banks)
