"""Absence is a finding and needs evidence: what prevents calling a layer absent that was not found.

Noise may hide it, and so may a white-matter ROI that is too dark, a coil that sees the line's ends brighter, or a line
that strays from the cortex or runs on past it.
"""

import numpy as np

from ..translation import Note
from ..translation import marked as _
from .hypointensity import DEEPEST_TOP_MM, hypointensity
from .layer import NEAR_NOISE_BELOW_Z, SUPERFICIAL_CORTEX_MM
from .normals import WHOLE_CORTEX_MM

# The peak of a layer 1.1 mm thick exceeds its mean over 1 mm by this factor.
PEAK_OF_MEAN = 1.4
# Absent means that a layer as faint as this can be excluded, in parts of the splenium's intensity: exams without a
# layer (default noise, ROIs of 45 voxels on) exclude 0.02 to 0.05, most layers of patients reach more.
LARGEST_HIDDEN_SH = 0.06
# What hardly stands out from the noise and excludes this is a ripple of it: the most significant of the places at which
# a layer was looked for.
RIPPLE_EXCLUDES_SH = 0.045
# A dark line as thin as ringing, and no darker.
RINGING_SH = 0.03
# Lines drawn well on exams without a layer have no clear edge on 9 % of their length at most; hooked ends on 19 %.
MOST_UNCLEAR_IF_ABSENT = 0.1
# Thirds of lines drawn well on exams without a layer differ in the brightness of their cortex by 0.022 at most; where a
# coil's rise at both ends hid a layer, by 0.048 and more.
MOST_UNEVEN_IF_ABSENT, CORTEX_MM = 0.03, 3.0
# A layer thinner than this would be blurred; over so much depth its darkness is averaged.
HIDDEN_LAYER_MM = 1.0
# Here white matter lies beneath the line. Against it, which the ROI's error does not touch, none of 160 exams without a
# layer showed more than this beyond noise, and 13 of 18 layers did that were faint, or beside a ROI 2 % too dark.
BENEATH_CORTEX_MM, DEEPEST_WHITE_MATTER_MM, MOST_SHOWN_SH, SHOWN_Z = 3.5, 6.0, 0.012, 3.0
# What shows against the ROI, too, with this z, has to show less: so much of the splenium's intensity, and its z.
SEEN_BY_BOTH_Z, SHOWN_IF_SEEN_BY_BOTH = 2.0, (0.006, 2.3)
# The same of a third of the line (up to 0.023 without a layer): where the line runs on past the layer at both ends.
MOST_SHOWN_BY_A_THIRD, SHOWN_BY_A_THIRD_Z = 0.03, 1.5


def doubts_of(seen, raised):
    """What prevents calling a layer absent that was not found.

    Among other things that one with SH above LARGEST_HIDDEN_SH, 0.06, could hide: exams without a layer (default noise,
    ROIs of 45 to 140 voxels) exclude 0.02 to 0.05.

    Parameters
    ----------
    seen : Measurement
        All but its verdict.
    raised : dict
        Flag -> whether it is raised.

    Returns
    -------
    hidden : float
        The SH that could hide.
    doubts : tuple of str
        Each a flag or a clause.
    """
    along, x = seen.along, seen.depths_mm
    ends = np.minimum(along.ends_mm, along.crossings_mm)
    hidden = largest_hidden_sh(x, seen.h, seen.deviations)
    ringing, limit = (sh * abs(seen.splenium.mean / seen.scale) for sh in (RINGING_SH, LARGEST_HIDDEN_SH))
    doubts = []
    if x[-1] < WHOLE_CORTEX_MM - 1e-9:
        doubts.append(
            Note(
                _("the profile ends at {end:.1f} mm, and cortex may be {whole:g} mm thick"),
                end=x[-1],
                whole=WHOLE_CORTEX_MM,
            )
        )
    elif np.mean(ends >= WHOLE_CORTEX_MM - 1e-9) < 0.5:
        doubts.append(Note(_("more than half of the normals cross or end before {whole:g} mm"), whole=WHOLE_CORTEX_MM))
    for flag in (
        "line_folds",
        "line_doubles_back",
        "lines_overlap",
        "off_slice",
        "sparse_clicks",
        "edge_unclear",
        "line_strays",
        "uneven_line",
    ):
        if raised.get(flag):
            doubts.append(flag)
    unclear = seen.alignment.unclear if seen.alignment and not seen.alignment.refusal else 0.0
    if unclear > MOST_UNCLEAR_IF_ABSENT:
        doubts.append(Note(_("the pial edge is unclear on {share:.0%} of the line"), share=unclear))
    if raised["thinner_than_resolution"] and seen.layer.z >= NEAR_NOISE_BELOW_Z and seen.layer.height > ringing:
        doubts.append("thinner_than_resolution")
    surface = x <= 0.3
    error = np.linalg.norm(seen.deviations[:, surface].mean(1))
    if not seen.h[surface].mean() < -max(NEAR_NOISE_BELOW_Z * error, limit):
        doubts.append(Note(_("nothing brighter than white matter lies at the line: is it on the pial surface?")))
    inside = (x >= SUPERFICIAL_CORTEX_MM) & (x <= SUPERFICIAL_CORTEX_MM + 0.5)
    if inside.any() and seen.h[inside].mean() < seen.h[surface].mean():
        doubts.append(
            Note(_("it grows brighter beneath the line: does the white-matter ROI lie on the cortex's side of it?"))
        )
    uneven = _unevenness(seen)
    if uneven > MOST_UNEVEN_IF_ABSENT:
        doubts.append(
            Note(_("the cortex changes along the line by {share:.0%} of the splenium's intensity"), share=uneven)
        )
    shown = _shown(seen)
    if shown:
        doubts.append(
            Note(
                _(
                    "against the white matter beneath the line, or beneath a third of it, a layer with SH {shown:.2g} "
                    "shows: is the white-matter ROI darker than that, does the line run on past the motor cortex?"
                ),
                shown=shown,
            )
        )
    if not hidden <= limit:
        doubts.append(Note(_("a layer with SH up to {hidden:.2g} could hide in the noise"), hidden=hidden))
    return hidden, tuple(doubts)


def is_ripple(seen):
    """Whether what hardly stands out from the noise is so faint that it is a ripple of it."""
    hidden = largest_hidden_sh(seen.depths_mm, seen.h, seen.deviations)
    return hidden <= RIPPLE_EXCLUDES_SH * abs(seen.splenium.mean / seen.scale)


def _unevenness(seen):
    """By how much the cortex of one third of the normals is brighter than that of another, in parts of the splenium."""
    cortex = seen.intensities[:, seen.depths_mm <= CORTEX_MM]
    thirds = [np.nanmean(third) for third in np.array_split(cortex, 3) if np.isfinite(third).any()]
    return float(np.ptp(thirds) / max(abs(seen.splenium.mean), 1e-12))


def _shown(seen):
    """SH of a layer that shows against the white matter beneath the line, or beneath a third of it; 0 without any."""
    x, splenium = seen.depths_mm, abs(seen.splenium.mean / seen.scale)
    shown, error = shown_sh(x, seen.h, seen.deviations)
    is_seen_by_both = seen.layer.z >= SEEN_BY_BOTH_Z
    least, least_z = SHOWN_IF_SEEN_BY_BOTH if is_seen_by_both else (MOST_SHOWN_SH, SHOWN_Z)
    if shown > max(least * splenium, least_z * error):
        return PEAK_OF_MEAN * shown
    for third in np.array_split(seen.intensities, 3):
        depth = int(np.logical_and.accumulate(np.isfinite(third).any(axis=0)).sum())
        if depth < 2:  # a line just begun
            continue
        profile = np.nanmean(third[:, :depth], axis=0)
        h = hypointensity(profile, seen.white_matter.mean, seen.scale, seen.settings.polarity)
        shown, error = shown_sh(x[:depth], h, np.sqrt(3) * seen.deviations[:, :depth])
        if shown > max(MOST_SHOWN_BY_A_THIRD * splenium, SHOWN_BY_A_THIRD_Z * error):
            return PEAK_OF_MEAN * shown
    return 0.0


def largest_hidden_sh(x, h, deviations):
    """The upper 95 % limit of SH of a layer that was not found.

    Of the peak of a layer 1.1 mm thick (PEAK_OF_MEAN), by h's mean over any 1 mm: from 0.8 to 5 mm against the ROI's
    mean, or beneath the line against the white matter there, whichever leaves room for more.

    Parameters
    ----------
    x, h : arrays, shape (d,)
    deviations : array, shape (m, d)
        See `find_layer`.
    """
    means = _layer_means(x, np.vstack([h, deviations]), DEEPEST_TOP_MM)
    if not means.size:
        return float("inf")
    against_roi = (means[0] + 1.96 * np.linalg.norm(means[1:], axis=0)).max()
    shown, error = shown_sh(x, h, deviations)
    return float(PEAK_OF_MEAN * max(against_roi, shown + 1.96 * error, 0.0))


def shown_sh(x, h, deviations):
    """h of the darkest 1 mm of cortex against the white matter beneath the line, whatever the ROI says.

    And its standard error; 0, 0 where it is not seen.

    Parameters
    ----------
    x, h : arrays, shape (d,)
    deviations : array, shape (m, d)
        See `find_layer`.
    """
    values = np.vstack([h, deviations])
    beneath = (x >= BENEATH_CORTEX_MM - 1e-9) & (x <= DEEPEST_WHITE_MATTER_MM + 1e-9)
    means = _layer_means(x, values, BENEATH_CORTEX_MM)
    if not means.size or not beneath.any():
        return 0.0, 0.0
    differences = means - values[:, beneath].mean(1, keepdims=True)
    darkest = differences[:, differences[0].argmax()]
    return float(darkest[0]), float(np.linalg.norm(darkest[1:]))


def _layer_means(x, values, deepest_mm):
    """Means of values, shape (m, d), over any 1 mm of depth from superficial cortex down to a depth, shape (m, n)."""
    within = (x >= SUPERFICIAL_CORTEX_MM - 1e-9) & (x <= deepest_mm + 1e-9)
    length = round(HIDDEN_LAYER_MM / (x[1] - x[0])) + 1
    if within.sum() < length:
        return np.empty((len(values), 0))
    sums = np.cumsum(np.pad(values[:, within], ((0, 0), (1, 0))), axis=1)
    return (sums[:, length:] - sums[:, :-length]) / length
