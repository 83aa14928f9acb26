"""A measurement in words and numbers, rounded for reading."""

import numpy as np
from slicer.i18n import tr as _

from ..measuring.rounding import shown


def values_of(measurement):
    """What the regions' table shows of a measurement, as the stored results hold it."""
    values = {name: getattr(measurement, name) for name in ("sh", "thk_mm", "sh_thk_per_mm")}
    intervals = {
        "sh": measurement.sh_ci,
        "thk_mm": measurement.thk_ci_mm,
        "sh_thk_per_mm": measurement.sh_thk_ci_per_mm,
    }
    for name, (low, high) in intervals.items():
        values[f"{name}_ci_low"], values[f"{name}_ci_high"] = low, high
    return {name: value if np.isfinite(value) else None for name, value in values.items()}


def with_interval(values, name, digits, interval=True):
    """A value with its 95 % interval in brackets, where it is wanted and known."""
    if values[name] is None:
        return _("missing")
    low, high = values[f"{name}_ci_low"], values[f"{name}_ci_high"]
    if low is None or not interval:
        return shown(values[name], digits)
    value, low, high = shown(values[name], digits, low, high)
    return f"{value} [{low}, {high}]"


def in_words(measurement):
    """SH, Thk and SH/Thk of a region with their intervals."""
    values = values_of(measurement)
    return _("{region}: SH {sh}, Thk {thk} mm, SH/Thk {ratio} per mm").format(
        region=measurement.name.capitalize(),
        sh=with_interval(values, "sh", 3),
        thk=with_interval(values, "thk_mm", 2),
        ratio=with_interval(values, "sh_thk_per_mm", 3),
    )
