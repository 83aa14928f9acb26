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
from .absence import doubts_of, is_ripple, largest_hidden_sh
from .flags import FLAGS
from .hypointensity import TRIMMED_SHARE, hypointensity
from .layer import NEAR_NOISE_BELOW_Z, NO_LAYER_BELOW_Z, SUPERFICIAL_CORTEX_MM
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

# Beneath a vein lies cortex: a rim brighter than white matter by this part of the splenium's intensity and beyond
# noise, or a layer far less dark than the vein.
RIM_OF_SPLENIUM, RIM_Z, VEIN_OF_LAYER = 0.04, -5.0, 2.5
# Beneath the darkest layers the point spread rings, and the ROI may be too dark: up to so much of the layer's height,
# and of the splenium's intensity.
RIM_OF_LAYER, LARGEST_UNDERSHOOT = 0.15, 0.1
# Between the deep layers of two banks lies white matter.
NEAREST_BANK_MM = 2.0
# The point spread of a sharply cut k-space rings on either side of a layer by up to this part of its height.
RINGING_SHARE = 0.08
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

# In images almost free of noise the overshoot of the point spread beneath bright cortex is significant: SH up to 0.005;
# layers that are there reach 0.022.
OVERSHOOT_SH = 0.01

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
    hidden, doubts = (nan, ()) if _is_found(seen, raised) else doubts_of(seen, raised)
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
    is_uneven = bool(difference > UNEVEN_Z * error and share > UNEVEN_SHARE and counts)
    if is_uneven and seen.settings.averaging == "trimmed":
        return Note(_("the outer 20 % are left out already"))
    return is_uneven


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
    splenium = abs(seen.splenium.mean / seen.scale)
    bright = max(RIM_OF_SPLENIUM * splenium, min(RIM_OF_LAYER * layer.height, LARGEST_UNDERSHOOT * splenium))
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
    rests_on_roi = seen.settings.baseline == "roi" or no_plateau
    return {
        "white_matter_mismatch": found and seen.settings.baseline == "roi" and white_matter_mismatch(layer),
        "no_plateau": no_plateau
        and (seen.settings.baseline == "roi" or Note(_("the white-matter ROI's mean was taken instead"))),
        "unstable_white_matter": found
        and rests_on_roi
        and white_matter.noise.standard_error / seen.scale > UNSTABLE_SHARE_OF_SH * layer.height,
        "white_matter_below_10_mm2": white_matter.area_mm2 < SMALLEST_WHITE_MATTER_MM2
        and Note(_("{area:.1f} mm²"), area=white_matter.area_mm2),
        "splenium_below_5_mm2": splenium.area_mm2 < SMALLEST_SPLENIUM_MM2
        and Note(_("{area:.1f} mm²"), area=splenium.area_mm2),
        "low_snr": seen.settings.polarity == "dark" and seen.snr < LOWEST_SNR and f"{seen.snr:.0f}",
        "few_normals": seen.noise.blocks < FEWEST_BLOCKS,
        **(
            reference_flags(seen.affine, seen.positions, splenium, white_matter, seen.settings)
            if seen.alignment
            else {}
        ),
    }


def _is_found(seen, raised):
    """Whether a layer is there: beyond noise, no thinner than the image can show, and no mere ripple or overshoot."""
    z = seen.layer.z
    if not z >= NO_LAYER_BELOW_Z or raised["thinner_than_resolution"]:
        return False
    if z < NEAR_NOISE_BELOW_Z:
        return not is_ripple(seen)
    overshoot = OVERSHOOT_SH * abs(seen.splenium.mean / seen.scale)
    return not seen.layer.height <= overshoot or largest_hidden_sh(seen.depths_mm, seen.h, seen.deviations) > overshoot
