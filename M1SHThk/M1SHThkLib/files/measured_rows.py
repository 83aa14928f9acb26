"""A row of measurements -> whether the program itself can have written its numbers: spreadsheets lose decimal points,
sort single columns and fill cells."""

import dataclasses
import math
from decimal import Decimal

from ..measuring.settings import Settings
from ..translation import tr as _

# The greatest depth that can be set: no layer is thicker.
DEEPEST_MM = next(f for f in dataclasses.fields(Settings) if f.name == "depth_max_mm").metadata["range"][1]
_HEIGHT_WIDTH_RATIO = (("sh", "thk_mm", "sh_thk_per_mm"), ("sh_fit", "thk_fit_mm", "sh_thk_fit_per_mm"))
_INTERVAL = ("sh_thk_per_mm_ci_low", "sh_thk_per_mm_ci_high")
_ROUNDING = 1e-9  # of floating-point numbers, relative


def check_measured(row, depth_mm):
    """Checks a row (tables.Row) of measurements.

    Parameters
    ----------
    row : Row
    depth_mm : float
        Depth to which the exam was sampled, in mm.

    Raises
    ------
    ValueError
        Names file, line, the number and what it contradicts.
    """
    thickness = row.number("thk_mm", -math.inf)
    if thickness > depth_mm:
        raise row.fault(
            _("thk_mm is {thk_mm}, thicker than the {depth_mm:g} mm that were sampled; restore the table").format(
                thk_mm=row.cells["thk_mm"], depth_mm=depth_mm
            )
        )
    for height, width, ratio in _HEIGHT_WIDTH_RATIO:
        _check_ratio(row, height, width, ratio)
    low, high = (row.number(end, -math.inf) for end in _INTERVAL)
    if low > high:
        raise row.fault(
            _("{lower} is {low:g}, above {upper}, {high:g}; restore the table").format(
                lower=_INTERVAL[0], low=low, upper=_INTERVAL[1], high=high
            )
        )


def _check_ratio(row, height, width, ratio):
    """The three may be rounded, each to the digits that it shows."""
    texts = [row.text(name) for name in (height, width, ratio)]
    if None in texts:
        return
    (h, h_off), (w, w_off), (r, r_off) = (_rounded(row, name) for name in (height, width, ratio))
    lowest = (h - h_off) / (w + w_off)
    highest = (h + h_off) / (w - w_off) if w > w_off else math.inf
    slack = r_off + _ROUNDING * abs(r)
    if not lowest - slack <= r <= highest + slack:
        value = f"{h / w:.4g}" if w else "infinite"
        raise row.fault(
            _("{ratio} is {stated}, but {height} / {width} is {above} / {below} = {value}; restore the table").format(
                ratio=ratio, stated=texts[2], height=height, width=width, above=texts[0], below=texts[1], value=value
            )
        )


def _rounded(row, name):
    """A cell's number, and half a unit of its last digit."""
    return row.number(name, 0), 0.5 * 10.0 ** Decimal(row.text(name)).as_tuple().exponent
