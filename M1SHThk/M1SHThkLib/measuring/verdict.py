"""From what was measured to what is reported: the marker, or why there is none, and the flags.

A number is reported where the line, the layer and the references hold it; 0 only where evidence says that there is no
layer; otherwise it is missing. What F was before these rules stays with the measurement.
"""

from dataclasses import dataclass, field

import numpy as np
from scipy.ndimage import uniform_filter1d
from scipy.stats import median_abs_deviation, trim_mean

from ..translation import Note, listed
from ..translation import marked as _
from .flags import FLAGS
from .hypointensity import DEEPEST_TOP_MM, TRIMMED_SHARE, hypointensity
from .layer import NEAR_NOISE_BELOW_Z, NO_LAYER_BELOW_Z
from .normals import WHOLE_CORTEX_MM
from .pial_line import is_sparse
from .references import reference_flags
from .tilt import TILTED_DEGREES

SMALLEST_SPLENIUM_MM2, SMALLEST_WHITE_MATTER_MM2 = 5.0, 10.0
SHORT_LINE_MM = 10.0
# The intervals cover what they should with two blocks too (lines of 3 mm), but vary from scan to scan.
FEWEST_BLOCKS = 2.5
UNSTABLE_SHARE_OF_SH = 0.15
POOR_FIT_BELOW_R_SQUARED = 0.8
# Of white matter in the mean of the echoes; about 15 in the first echo of the splenium, below which SH falls by 5 %.
LOWEST_SNR = 10.0
PLATEAU_STANDARD_ERRORS, PLATEAU_SHARE_OF_SH, NEGLIGIBLE_SHARE_OF_SH = 3.0, 0.15, 0.01

# A layer that begins nearer to the line than superficial cortex is thick lies above the cortex: a vein.
SUPERFICIAL_CORTEX_MM = 0.8
# Beneath a vein lies cortex: a rim brighter than white matter by this part of the splenium's intensity and beyond
# noise (more than ringing beside a layer), or a layer far less dark than the vein.
RIM_OF_SPLENIUM, RIM_Z, VEIN_OF_LAYER = 0.04, -5.0, 2.5
# Between the deep layers of two banks lies white matter.
NEAREST_BANK_MM = 2.0
# The point spread of a sharply cut k-space rings on either side of a layer by up to this part of its height.
RINGING_SHARE = 0.08
# Absent means that a layer as faint as this can be excluded, in parts of the splenium's intensity: exams without a
# layer (default noise, ROIs of 45 voxels on) exclude 0.01 to 0.05, and the faintest layers of patients reach 0.065.
LARGEST_HIDDEN_SH = 0.06
# What hardly stands out from the noise and is fainter than this is a ripple of it: the most significant of the places
# at which a layer was looked for.
RIPPLE_SH = 0.03
# Lines drawn well on exams without a layer have no clear edge on 9 % of their length at most; hooked ends on 19 %.
MOST_UNCLEAR_IF_ABSENT = 0.1
# Thirds of lines drawn well on exams without a layer differ in the brightness of their cortex by 0.022 at most; where a
# coil's rise at both ends hid a layer, by 0.048 and more.
MOST_UNEVEN_IF_ABSENT, CORTEX_MM = 0.03, 3.0
# A layer thinner than this would be blurred; over so much depth its darkness is averaged.
HIDDEN_LAYER_MM = 1.0
# Here white matter lies beneath the line. Against it, which the ROI's error does not touch, lines drawn well on exams
# without a layer show SH up to 0.018; where a layer went missing because the ROI was 2 to 8 % too dark, 0.022 to 0.09.
BENEATH_CORTEX_MM, DEEPEST_WHITE_MATTER_MM, MOST_SHOWN_SH, SHOWN_Z = 3.5, 6.0, 0.02, 3.0
# The same of a third of the line (up to 0.023 without a layer): where the line runs on past the layer at both ends.
MOST_SHOWN_BY_A_THIRD, SHOWN_BY_A_THIRD_Z = 0.03, 1.5

STRAY_MM = 0.25
# Where alignment changes SH/Thk by more than this, the line strays too much for this layer, however little.
STRAY_CHANGES_RATIO, LEAST_STRAY_MM = 0.08, 0.12
UNEVEN_Z, UNEVEN_SHARE, UNEVEN_OF_SPLENIUM = 3.0, 0.05, 0.005
# A stretch of the line so long with so small a part of the rest's darkness does not lie on the same cortex.
BARE_STRETCH_MM, BARE_SHARE, BARE_Z, BARE_OF_SPLENIUM = 3.0, 0.25, 5.0, 0.02
# Of the variance of a mean, what the mean and the 20 % trimmed mean of the same normal samples differ by.
TRIMMED_EXCESS_VARIANCE = 0.14

# What a ripple of noise or ringing looks like does not matter once the layer is known to be absent.
_OF_A_LAYER = ("vein_suspected", "lobe_touches_pial_line", "second_dark_layer", "opposite_bank")

# Width at a quarter of the height of a line seen through the point spread of its own voxels, sin(x)/x, in voxels.
LINE_WIDTH_VOXELS = 1.58


@dataclass(frozen=True)
class Verdict:
    """The marker after the rules; nan where missing.

    Attributes
    ----------
    sh, thk_mm, sh_thk_per_mm : float
    largest_hidden_sh : float
        Where SH is 0 or undecided: the SH that a layer could have and still hide.
    flags : tuple of str
        Names from `flags.FLAGS`.
    notes : dict
        Flag -> what it found here, in words.
    """

    sh: float
    thk_mm: float
    sh_thk_per_mm: float
    largest_hidden_sh: float
    flags: tuple[str, ...]
    notes: dict = field(default_factory=dict)


def judge(seen):
    """Apply the rules to what was seen.

    Parameters
    ----------
    seen : Measurement
        All but its verdict.

    Returns
    -------
    Verdict
    """
    layer, nan = seen.layer, float("nan")
    raised = {**_of_the_line(seen), **_of_the_layer(seen), **_of_the_references(seen)}
    hidden, doubts = (nan, ()) if _is_found(seen, raised) else _doubts(seen, raised)
    found = np.isnan(hidden)
    raised["no_dark_layer"] = not found and not doubts
    if raised["no_dark_layer"]:
        raised.update(dict.fromkeys(_OF_A_LAYER, False))
    raised["near_noise"] = found and layer.z < NEAR_NOISE_BELOW_Z
    raised["undecided"] = listed(doubts)
    flags = tuple(name for name in FLAGS if raised.get(name))
    notes = {name: raised[name] for name in flags if isinstance(raised[name], str)}
    if raised["no_dark_layer"]:
        return Verdict(0.0, nan, 0.0, hidden, flags, notes)
    if doubts or raised["vein_suspected"] or any(line.is_folded for line in seen.along.lines):
        return Verdict(nan, nan, nan, hidden, flags, notes)
    if raised["lobe_touches_pial_line"] or raised["second_dark_layer"]:
        return Verdict(layer.height, nan, nan, hidden, flags, notes)
    return Verdict(layer.height, layer.width_mm, layer.height / layer.width_mm, hidden, flags, notes)


def white_matter_mismatch(layer):
    """Whether the plateau differs from 0 by more than 3 standard errors or 15 % of SH.

    Less than 1 % of SH is never a mismatch: it changes neither height nor width, whatever the standard error.
    """
    plateau = abs(layer.plateau)
    if not plateau > NEGLIGIBLE_SHARE_OF_SH * layer.height:
        return False
    return bool(plateau > PLATEAU_STANDARD_ERRORS * layer.plateau_se or plateau > PLATEAU_SHARE_OF_SH * layer.height)


# Flag -> whether it is raised; a clause where there is something to add. What takes time waits until the hand rests,
# as alignment does.


def _of_the_line(seen):
    along, lines, alignment = seen.along, seen.along.lines, seen.alignment
    off = sum(line.drawn.n_off_slice for line in lines)
    farthest = max(line.drawn.off_slice_mm for line in lines)
    points = sum(len(line.drawn.points) for line in lines)
    end = seen.layer.lobe.end_mm if seen.layer.lobe else WHOLE_CORTEX_MM
    crossing = np.mean(along.crossings_mm < end)
    return {
        "line_folds": any(line.is_folded for line in lines),
        "line_doubles_back": alignment is not None and any(line.drawn.doubles_back for line in lines),
        "lines_overlap": along.overlap_mm and Note(_("{length:.0f} mm"), length=along.overlap_mm),
        "off_slice": off
        and Note(_("{off} of {points} points, up to {farthest:.1f} mm"), off=off, points=points, farthest=farthest),
        "sparse_clicks": alignment is not None
        and any(is_sparse(line, seen.settings.smoothing_length_mm) for line in lines),
        "short_line": along.length_mm < SHORT_LINE_MM,
        "crossing_normals": crossing > 0 and Note(_("{share:.0%} of the normals"), share=crossing),
        "outside_image": along.left_out > 0
        or bool(((along.ends_mm < end) & (along.ends_mm < along.crossings_mm)).any()),
        "edge_unclear": alignment.refusal if alignment else "",
        "line_strays": _strays(seen),
        "uneven_line": alignment is not None and _is_uneven(seen),
        "tilted_cortex": seen.tilt is not None
        and seen.tilt.degrees >= TILTED_DEGREES
        and Note(
            _("by {degrees:.0f} degrees: the slice shows it {times:.2g} times as thick"),
            degrees=seen.tilt.degrees,
            times=seen.tilt.secant,
        ),
    }


def _strays(seen):
    alignment, aligned = seen.alignment, seen.aligned
    if alignment is None or alignment.refusal:
        return ""
    if seen.settings.alignment == "edge":
        return ""
    change = 0.0
    if aligned is not None and aligned.z >= NEAR_NOISE_BELOW_Z and seen.layer.lobe:
        change = abs(seen.layer.height / seen.layer.width_mm / (aligned.height / aligned.width_mm) - 1)
    if alignment.stray_mm < LEAST_STRAY_MM or (alignment.stray_mm < STRAY_MM and not change > STRAY_CHANGES_RATIO):
        return ""
    return Note(
        _("by {stray:.2f} mm; on the edge SH/Thk would change by {change:.0%}"),
        stray=alignment.stray_mm,
        change=change,
    )


def _is_uneven(seen):
    """Whether some normals show something else than the others, beyond noise; a clause where it is no layer at all.

    Either the mean over the normals says more or less darkness than the trimmed mean, or a stretch of the line shows
    hardly any: where the line runs on past the end of the motor cortex, by more than the trimmed mean bears, too.
    """
    lobe = seen.layer.lobe
    if lobe is None:
        return False
    at = (seen.depths_mm >= lobe.start_mm) & (seen.depths_mm <= lobe.end_mm)
    darkness = seen.intensities[:, at].mean(1)
    darkness = darkness[np.isfinite(darkness)]
    if len(darkness) < 5:
        return False
    difference = abs(darkness.mean() - trim_mean(darkness, TRIMMED_SHARE))
    # Not the standard deviation: the normals that stand out would hide themselves in it.
    deviation = median_abs_deviation(darkness, scale="normal")
    independent = len(darkness) / seen.noise.correlation_length
    error = deviation * np.sqrt(TRIMMED_EXCESS_VARIANCE / independent)
    counts = difference > UNEVEN_OF_SPLENIUM * abs(seen.splenium.mean)
    share = difference / abs(seen.scale) / max(seen.h[at].mean(), 1e-12)
    bare_mm = _bare_mm(hypointensity(darkness, seen.white_matter.mean, seen.scale, seen.settings.polarity), seen)
    if bare_mm:
        return Note(_("hardly any layer over {length:.0f} mm of it"), length=bare_mm)
    return bool(difference > UNEVEN_Z * error and share > UNEVEN_SHARE and counts)


def _bare_mm(h, seen):
    """Over how many mm of the line, in stretches of 3 mm and more, there is hardly any of the layer, beyond noise.

    h, shape (n,), is that of each normal at the layer's depths.
    """
    spacing = seen.settings.normal_spacing_mm
    length = round(BARE_STRETCH_MM / spacing)
    if len(h) < 2 * length or not seen.layer.z >= NEAR_NOISE_BELOW_Z:
        return 0.0
    stretch = np.convolve(h, np.ones(length) / length, "valid")
    rest = (h.sum() - length * stretch) / (len(h) - length)
    # The noise is what changes faster than that: the stretch itself is none.
    deviation = median_abs_deviation(h - uniform_filter1d(h, length, mode="nearest"), scale="normal")
    error = deviation * np.sqrt(max(seen.noise.correlation_length, 1.0) / length)
    least = max(BARE_Z * error, BARE_OF_SPLENIUM * abs(seen.splenium.mean / seen.scale))
    bare = (stretch < BARE_SHARE * rest) & (rest - stretch > least)
    return float(np.convolve(bare, np.ones(length)).astype(bool).sum() * spacing)


def _of_the_layer(seen):
    layer = seen.layer
    found = layer.z >= NO_LAYER_BELOW_Z
    touches = found and (layer.is_dark_from_line or layer.edges_mm[0] < 0)
    vein = _vein(seen) if found and layer.lobe and not touches else ""
    return {
        "lobe_touches_pial_line": touches,
        "vein_suspected": vein,
        "second_dark_layer": found
        and layer.lobe is not None
        and (layer.is_parted or layer.edges_mm[1] > layer.window_end_mm),
        "opposite_bank": found and _is_area(layer.beneath.dark, layer) and layer.beneath.dark.is_separate and not vein,
        "thinner_than_resolution": layer.width_mm < LINE_WIDTH_VOXELS * seen.in_plane_spacing_mm,
        "fit_at_bound": layer.at_bound,
        "poor_fit": layer.r_squared < POOR_FIT_BELOW_R_SQUARED,
    }


def _vein(seen):
    """Why the dark area is taken for a vein, or nothing."""
    layer, beneath = seen.layer, seen.layer.beneath
    if layer.edges_mm[0] < SUPERFICIAL_CORTEX_MM:
        return Note(_("it begins {depth:.1f} mm beneath the line"), depth=layer.edges_mm[0])
    bright = RIM_OF_SPLENIUM * abs(seen.splenium.mean / seen.scale)
    if beneath.rim_z <= RIM_Z and beneath.rim_height <= -bright:
        return Note(_("tissue as bright as superficial cortex lies beneath it"))
    if _is_area(beneath.dark, layer) and beneath.dark.is_whole:
        if layer.height > VEIN_OF_LAYER * beneath.dark.height:
            return Note(_("a far less dark layer lies beneath it"))
        if beneath.dark.top_mm - layer.mode_mm < NEAREST_BANK_MM:
            return Note(_("a second dark layer lies beneath it, nearer than an opposite bank can"))
    if _is_area(layer.above, layer) and layer.above.top_mm >= SUPERFICIAL_CORTEX_MM:
        return Note(_("a far less dark layer lies above it"))
    return ""


def _is_area(area, layer):
    """Whether a dark area beside the lobe is no noise and no ringing."""
    return area.z >= NEAR_NOISE_BELOW_Z and area.rise > RINGING_SHARE * layer.height


def _of_the_references(seen):
    layer, white_matter, splenium = seen.layer, seen.white_matter, seen.splenium
    found = layer.z >= NO_LAYER_BELOW_Z
    no_plateau = found and layer.lobe is not None and not np.isfinite(layer.plateau)
    return {
        "white_matter_mismatch": found and seen.settings.baseline == "roi" and white_matter_mismatch(layer),
        "no_plateau": no_plateau,
        "unstable_white_matter": found
        and white_matter.noise.standard_error / seen.scale > UNSTABLE_SHARE_OF_SH * layer.height,
        "white_matter_below_10_mm2": white_matter.area_mm2 < SMALLEST_WHITE_MATTER_MM2
        and Note(_("{area:.1f} mm²"), area=white_matter.area_mm2),
        "splenium_below_5_mm2": splenium.area_mm2 < SMALLEST_SPLENIUM_MM2
        and Note(_("{area:.1f} mm²"), area=splenium.area_mm2),
        "low_snr": seen.snr < LOWEST_SNR and f"{seen.snr:.0f}",
        "few_normals": seen.noise.blocks < FEWEST_BLOCKS,
        **(
            reference_flags(seen.affine, seen.positions, splenium, white_matter, seen.settings)
            if seen.alignment
            else {}
        ),
    }


def _is_found(seen, raised):
    """Whether a layer is there: beyond noise, no thinner than the image can show, and no mere ripple."""
    z = seen.layer.z
    if not z >= NO_LAYER_BELOW_Z or raised["thinner_than_resolution"]:
        return False
    if z >= NEAR_NOISE_BELOW_Z:
        return True
    hidden = largest_hidden_sh(seen.depths_mm, seen.h, seen.deviations)
    return hidden > RIPPLE_SH * abs(seen.splenium.mean / seen.scale)


def _doubts(seen, raised):
    """The SH that could hide, and what prevents calling the layer absent, each a clause."""
    along, x = seen.along, seen.depths_mm
    ends = np.minimum(along.ends_mm, along.crossings_mm)
    hidden = largest_hidden_sh(x, seen.h, seen.deviations)
    ripple, limit = (sh * abs(seen.splenium.mean / seen.scale) for sh in (RIPPLE_SH, LARGEST_HIDDEN_SH))
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
    if raised["thinner_than_resolution"] and seen.layer.z >= NEAR_NOISE_BELOW_Z and seen.layer.height > ripple:
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


def _unevenness(seen):
    """By how much the cortex of one third of the normals is brighter than that of another, in parts of the splenium."""
    cortex = seen.intensities[:, seen.depths_mm <= CORTEX_MM]
    thirds = [np.nanmean(third) for third in np.array_split(cortex, 3) if np.isfinite(third).any()]
    return float(np.ptp(thirds) / abs(seen.splenium.mean))


def _shown(seen):
    """SH of a layer that shows against the white matter beneath the line, or beneath a third of it; 0 without any."""
    x, splenium = seen.depths_mm, abs(seen.splenium.mean / seen.scale)
    shown, z = shown_sh(x, seen.h, seen.deviations)
    if shown > MOST_SHOWN_SH * splenium and z >= SHOWN_Z:
        return shown
    for third in np.array_split(seen.intensities, 3):
        seen_there = np.isfinite(third).any(axis=0)
        profile = np.nanmean(third[:, seen_there], axis=0)
        h = hypointensity(profile, seen.white_matter.mean, seen.scale, seen.settings.polarity)
        shown, z = shown_sh(x[seen_there], h, np.sqrt(3) * seen.deviations[:, seen_there])
        if shown > MOST_SHOWN_BY_A_THIRD * splenium and z >= SHOWN_BY_A_THIRD_Z:
            return shown
    return 0.0


def largest_hidden_sh(x, h, deviations):
    """The upper 95 % limit of SH of a layer that was not found: of h's mean over any 1 mm from 0.8 to 5 mm.

    Parameters
    ----------
    x, h : arrays, shape (d,)
    deviations : array, shape (m, d)
        See `find_layer`.
    """
    means = _layer_means(x, np.vstack([h, deviations]), DEEPEST_TOP_MM)
    if not means.size:
        return float("inf")
    return float(max((means[0] + 1.96 * np.linalg.norm(means[1:], axis=0)).max(), 0.0))


def shown_sh(x, h, deviations):
    """SH of a layer against the white matter beneath the line, whatever the ROI says, and its z; 0, 0 where unseen.

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
    return float(darkest[0]), float(darkest[0] / max(np.linalg.norm(darkest[1:]), 1e-12))


def _layer_means(x, values, deepest_mm):
    """Means of values, shape (m, d), over any 1 mm of depth from superficial cortex down to a depth, shape (m, n)."""
    length = round(HIDDEN_LAYER_MM / (x[1] - x[0])) + 1
    within = (x >= SUPERFICIAL_CORTEX_MM - 1e-9) & (x <= deepest_mm + 1e-9)
    if within.sum() < length:
        return np.empty((len(values), 0))
    sums = np.cumsum(np.pad(values[:, within], ((0, 0), (1, 0))), axis=1)
    return (sums[:, length:] - sums[:, :-length]) / length
