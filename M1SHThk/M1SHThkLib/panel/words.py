"""A measurement in words and numbers, rounded for reading."""

import numpy as np
from slicer.i18n import tr as _

from ..measuring.rounding import shown
from ..scene.region_nodes import region_title
from ..translation import told

# SH/Thk at constant iron is greatest where the layer is 1.22 times as thick as the blur is wide, and falls below.
TURNS_AT_BLUR = 1.22


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


def with_interval(values, name, digits, unit="", interval=True):
    """A value with its 95 % interval in brackets, where it is wanted and known, and with its unit; 'missing' has none.

    :param unit: with the space before it
    """
    if values[name] is None:
        return _("missing")
    low, high = values[f"{name}_ci_low"], values[f"{name}_ci_high"]
    if low is None or not interval:
        return f"{shown(values[name], digits)}{unit}"
    value, low, high = shown(values[name], digits, low, high)
    return f"{value} [{low}, {high}]{unit}"


def of_the_scanner(measurement):
    """What tilt and blur do to a region's numbers, in words; empty until the hand rests."""
    m = measurement
    if m.tilt is None:
        return ""
    names = ("w_mm", "thk_perpendicular_mm", "dip_per_mm")
    values = {name: getattr(m, name) if np.isfinite(getattr(m, name)) else None for name in names}
    for name, (low, high) in zip(names, (m.w_ci_mm, m.thk_perpendicular_ci_mm, m.dip_per_mm_ci), strict=True):
        values[f"{name}_ci_low"], values[f"{name}_ci_high"] = (low, high) if np.isfinite(low) else (None, None)
    tilt = _("missing") if m.tilt.missing else _("{degrees:.0f} degrees").format(degrees=m.tilt_deg)
    lines = [
        _("Without blur: width {width}, dip per mm {ratio}; across the cortex {across}; tilt {tilt}").format(
            width=with_interval(values, "w_mm", 2, " mm"),
            ratio=with_interval(values, "dip_per_mm", 3),
            across=with_interval(values, "thk_perpendicular_mm", 2, " mm"),
            tilt=tilt,
        )
    ]
    if m.w_mm < TURNS_AT_BLUR * m.blur_fwhm_mm:
        lines.append(_("This layer is so thin that blur makes SH/Thk fall with thinning: trust dip per mm."))
    if m.settings.polarity == "dark":
        lines.append(_("Signal-to-noise ratio of white matter in an echo: {snr:.0f}.").format(snr=m.snr))
    lines += [_("Missing: {reason}.").format(reason=told(reason)) for reason in m.withheld.values()]
    return "\n".join(lines)


def in_words(measurement):
    """SH, Thk and SH/Thk of a region with their intervals."""
    values = values_of(measurement)
    return _("{region}: SH {sh}, Thk {thk}, SH/Thk {ratio}").format(
        region=region_title((measurement.hemisphere, measurement.region)).capitalize(),
        sh=with_interval(values, "sh", 3),
        thk=with_interval(values, "thk_mm", 2, " mm"),
        ratio=with_interval(values, "sh_thk_per_mm", 3, _(" per mm")),
    )
