"""The layer's width with the blur taken out: the model of four levels fitted to the profile, with its intervals.

It is withheld where the image does not determine it, and says why.
"""

from dataclasses import dataclass

import numpy as np

from ..translation import Note
from ..translation import marked as _
from . import four_levels
from .four_levels import BEGINS, CORTEX, FLUID, LAYER, LOG_SCALE, PIA, WHITE_MATTER, WIDTH
from .hypointensity import averaged_profile, hypointensity, influence_on
from .profile_noise import interval, profile_noise
from .sampling import sample_normals
from .step_response import step_response

# The profile is followed outwards to where it is brightest, at most so far, and inwards past the layer's deep edge.
OUTWARDS_MM, LEAST_OUTWARDS_MM, PAST_LAYER_MM = 2.0, 0.6, 2.5
# Where other tissue lies nearer to the pial edge than this part of the blur, the fluid's own level is not seen: the
# edge looks too sharp, and a layer of 1.5 mm 0.2 mm too wide. A filtered scan rings by less than this part of the step.
LEAST_FLUID_OF_BLUR, RINGING_OF_STEP = 1.4, 0.1
# A layer narrower than this part of the blur cannot be told from a narrower, darker one.
NARROWEST_OF_BLUR = 0.6
# In parts of its lower limit: measured against the value itself, thin layers were given only where noise had made them
# look wide (0.6 mm at a blur of 0.8 mm: 0.9 mm).
WIDEST_INTERVAL = 0.5
# Outside the line the profile has grown darker again where it is by so much of the pial edge's step.
_DARKER = 0.02
# White matter's h changes by so much a mm of depth (standard deviation), in parts of the splenium's intensity.
USUAL_SLOPE_PER_MM = 0.02
_SHARED_NOISE_MM = 0.7
# What voxels of 0.4 mm and a layer of uneven depth do to a width beyond noise (standard deviation).
MODEL_ERROR_MM = 0.03
_STREAM = 37  # of random numbers, apart from the bootstrap's
_REPLICATES_STEP_MM, _REPLICATES_ITERATIONS = 0.2, 12
_MISSING = (float("nan"), float("nan"))


@dataclass(frozen=True)
class LayerWidth:
    """The dark layer as it would be seen without blur; nan where withheld.

    Attributes
    ----------
    w_mm : float
        Width of the layer in the slice.
    dip : float
        h of the layer before any blur: its true depth relative to the splenium; 0 without a layer.
    blur_fwhm_mm : float
        Width at half maximum of the line spread that the edges show; of a withheld width only where noise alone is why.
    w_ci_mm, dip_ci, dip_per_mm_ci, blur_fwhm_ci_mm : (float, float)
        95 % intervals: noise, and of the width also what the model leaves out.
    withheld : str
        Why w_mm, dip and the blur are missing; empty where they are not.
    drawn_w_mm : array, shape (replicates,)
        w_mm in every replicate of the bootstrap.
    """

    w_mm: float = float("nan")
    dip: float = float("nan")
    blur_fwhm_mm: float = float("nan")
    w_ci_mm: tuple[float, float] = _MISSING
    dip_ci: tuple[float, float] = _MISSING
    dip_per_mm_ci: tuple[float, float] = _MISSING
    blur_fwhm_ci_mm: tuple[float, float] = _MISSING
    withheld: str = ""
    drawn_w_mm: np.ndarray | None = None

    @property
    def dip_per_mm(self):
        """Its ratio, in 1/mm; 0 without a layer."""
        return self.dip and self.dip / self.w_mm


def layer_width(seen, image, box_mm=0.0):
    """The layer's width, blur taken out.

    Parameters
    ----------
    seen : Measurement
        With a lobe.
    image : Image
    box_mm : float
        Over so much of depth the slice averages, since the cortex leans through it.

    Returns
    -------
    LayerWidth
    """
    settings, layer = seen.settings, seen.layer
    if "no_dark_layer" in seen.flags:
        return LayerWidth(dip=0.0, withheld=Note(_("there is no dark layer")))
    if layer.lobe is None or not np.isfinite(seen.thk_mm):
        return LayerWidth(withheld=Note(_("no layer whose thickness is measured")))
    x, h, noise = _whole_profile(seen, image)
    first = _outermost(x, h, noise, seen)
    if x[first] > -LEAST_OUTWARDS_MM:
        dark = Note(_("nothing brighter than the cortex lies outside the line: the pial edge is dark"))
        return LayerWidth(withheld=dark)
    last = min(layer.lobe.end_mm + PAST_LAYER_MM, layer.plateau_end_mm, x[-1])
    within = np.flatnonzero((np.arange(len(x)) >= first) & (x <= last + 1e-9))
    response = step_response(settings.step_response, settings.tukey_taper)
    starts = np.stack([_start(x, h, first, layer, width) for width in four_levels.START_WIDTHS])
    slope_weighs = _slope_weighs(seen, noise, within)
    profiles = np.tile(h[within], (len(starts), 1))
    fits = four_levels.fit(x[within], profiles, starts, layer, response, box_mm, slope_weighs)
    best = int(fits.sum_of_squares.argmin())
    found = fits.parameters[best]
    blur = float(response.fwhm * np.exp(found[LOG_SCALE]))
    is_tissue = np.ptp(h[: first + 1]) > RINGING_OF_STEP * (found[CORTEX] - found[FLUID])
    fluid_mm = found[PIA] - x[first] if is_tissue else np.inf
    fault = _fault(found, blur, fluid_mm, bool(fits.at_bound[best]))
    if fault:
        return LayerWidth(withheld=fault)
    # Under the baseline 'plateau' the layer is as dark as it is above white matter beneath it, as SH is.
    base = WHITE_MATTER if settings.baseline == "plateau" else None
    dip = float(found[LAYER] - (found[base] if base else 0.0))
    if settings.replicates == 0 or seen.along.overlap_mm:
        return LayerWidth(float(found[WIDTH]), dip, blur)
    # Samples 0.2 mm apart hold all that a blurred profile shows.
    every = max(round(_REPLICATES_STEP_MM / settings.depth_step_mm), 1)
    within = within[::every]
    drawn = four_levels.fit(
        x[within],
        _replicates(seen, noise)[:, within],
        np.tile(found, (settings.replicates, 1)),
        layer,
        response,
        box_mm,
        slope_weighs / np.sqrt(every),
        iterations=_REPLICATES_ITERATIONS,
        tolerance=1e-4,
    ).parameters
    beyond_noise = MODEL_ERROR_MM * np.random.default_rng([settings.seed, _STREAM]).standard_normal(len(drawn))
    widths, blurs = drawn[:, WIDTH] + beyond_noise, response.fwhm * np.exp(drawn[:, LOG_SCALE])
    dips = drawn[:, LAYER] - (drawn[:, base] if base else 0.0)
    # A layer that is taken for wider is taken for less dark, by noise and by what the model leaves out alike.
    dips += beyond_noise * np.cov(dips, drawn[:, WIDTH])[0, 1] / max(drawn[:, WIDTH].var(), 1e-12)
    low, high = interval(widths)
    if high - low > WIDEST_INTERVAL * low:
        withheld = Note(
            _("noise leaves it open: its interval runs from {low:.2f} to {high:.2f} mm"), low=low, high=high
        )
        return LayerWidth(blur_fwhm_mm=blur, blur_fwhm_ci_mm=interval(blurs), withheld=withheld)
    return LayerWidth(
        w_mm=float(found[WIDTH]),
        dip=dip,
        blur_fwhm_mm=blur,
        w_ci_mm=(low, high),
        dip_ci=interval(dips),
        dip_per_mm_ci=interval(dips / widths),
        blur_fwhm_ci_mm=interval(blurs),
        drawn_w_mm=widths,
    )


def _fault(found, blur, fluid_mm, at_bound):
    """Why a fit does not tell the layer's width, or nothing; `fluid_mm`: how far from the pial edge fluid is seen."""
    if at_bound:
        return Note(_("the fit of four levels ended on a bound"))
    if not found[FLUID] < found[CORTEX] < found[LAYER]:
        return Note(_("the pial edge is dark: the cortex is brighter than what lies outside the line"))
    if fluid_mm < LEAST_FLUID_OF_BLUR * blur:
        return Note(
            _("other tissue lies {fluid:.1f} mm from the pial edge, too near for the blur of {blur:.2f} mm"),
            fluid=fluid_mm,
            blur=blur,
        )
    if found[WIDTH] < NARROWEST_OF_BLUR * blur:
        return Note(
            _("the layer is narrower than {share:g} of the blur of {blur:.2f} mm"), share=NARROWEST_OF_BLUR, blur=blur
        )
    return ""


def _slope_weighs(seen, noise, within):
    """What white matter's slope weighs: its usual size against the noise that the profile's samples share."""
    error = np.sqrt((noise.deviations[:, within] ** 2).sum(0).mean()) / abs(seen.scale)
    shared = max(_SHARED_NOISE_MM / seen.settings.depth_step_mm, 1.0)
    # Where the splenium is near 0, as in maps of susceptibility, it is no unit: half of the profile's range is.
    unit = max(abs(seen.splenium.mean / seen.scale), np.ptp(seen.h) / 2)
    return error * np.sqrt(shared) / (USUAL_SLOPE_PER_MM * unit)


def _outermost(x, h, noise, seen):
    """The outermost sample of the fluid: from the line outwards to where the profile has grown darker again."""
    error = np.sqrt((noise.deviations**2).sum(0)) / abs(seen.scale)
    outside = np.flatnonzero(x <= 0)
    brightest = outside[h[outside].argmin()]
    step = h[(x > 0.5) & (x <= 1.0)].mean() - h[brightest]
    darker = h[:brightest] > h[brightest] + np.maximum(3 * error[:brightest], _DARKER * step)
    return int(np.flatnonzero(darker)[-1] + 1) if darker.any() else 0


def _replicates(seen, noise):
    """h of every replicate of the bootstrap, the same draws as those of SH and Thk, shape (replicates, d)."""
    count, random = seen.settings.replicates, np.random.default_rng(seen.settings.seed)
    profiles = noise.replicates(count, random)
    white_matter = seen.white_matter.noise.replicates(count, random)[:, None]
    divides = seen.settings.normalization == "splenium"
    scale = seen.splenium.noise.replicates(count, random)[:, None] if divides else 1.0
    return hypointensity(profiles, white_matter, scale, seen.settings.polarity)


def _whole_profile(seen, image):
    """Depths from the fluid on in mm, h and the profile's noise there."""
    settings, along = seen.settings, seen.along
    count = round(OUTWARDS_MM / settings.depth_step_mm)
    outer = -settings.depth_step_mm * np.arange(count, 0, -1)
    outside, _inside = sample_normals(image, along.positions, along.normals, outer, settings.interpolation)
    x = np.concatenate([outer, seen.depths_mm])
    intensities = np.concatenate([outside, seen.intensities], axis=1)
    usual = averaged_profile(intensities[:, ::-1], settings.averaging)[0][::-1]
    known = np.isfinite(usual)
    x, intensities, profile = x[known], intensities[:, known], usual[known]
    h = hypointensity(profile, seen.white_matter.mean, seen.scale, settings.polarity)
    at_layer = (x >= seen.lobe.start_mm) & (x <= seen.lobe.end_mm)
    influence = influence_on(profile, intensities, settings.averaging)
    return x, h, profile_noise(intensities, profile, influence, at_layer, settings.normal_spacing_mm)


def _start(x, h, first, layer, part):
    """Where a fit begins: the layer as F sees it, narrower by a part."""
    left, right = layer.edges_mm
    width = part * (right - left)
    start = np.zeros(9)
    start[FLUID], start[LAYER] = h[first], layer.height / min(part, 1.0)
    start[CORTEX] = h[(x >= 0.5) & (x <= max(left, 0.8))].mean()
    start[PIA], start[BEGINS], start[WIDTH] = 0.0, (left + right - width) / 2, width
    start[LOG_SCALE] = np.log(0.3)
    return start
