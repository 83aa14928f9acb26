"""One region measured: the steps from the pial line to SH, Thk and SH/Thk in one call, as an immutable result.

Source: Donatelli et al., AJNR 2018;39:63, for the marker; REFERENCE of the definitions that the paper leaves open:
the docstrings here, in `hypointensity`, `double_sigmoid`, `layer` and `verdict`.
"""

from dataclasses import dataclass, replace

import numpy as np

from ..translation import Note, tr
from ..translation import marked as _
from . import double_sigmoid
from .alignment import Alignment, align
from .exam import Exam, Region, region_name
from .hypointensity import averaged_profile, find_lobe, fit_windows, hypointensity, influence_on
from .image import Image
from .layer import (
    NEAR_NOISE_BELOW_Z,
    NO_LAYER_BELOW_Z,
    Layer,
    find_layer,
    plateau_window,
    significance,
    white_matter_plateau,
)
from .layer_width import LayerWidth, layer_width
from .normals import Normals, sampled_normals, smooth_lines
from .profile_noise import ProfileNoise, interval, profile_noise
from .roi import Roi
from .roi_noise import RoiNoise, roi_noise
from .settings import Settings
from .tilt import Tilt, tilt_along
from .verdict import Verdict, judge

_MISSING = (float("nan"), float("nan"))
# In 239 alignments that were right SH/Thk fell by 14 % at most, against the line as it was drawn.
LARGEST_FALL = 0.15


@dataclass(frozen=True)
class Reference:
    """A reference ROI, evaluated.

    Attributes
    ----------
    roi : Roi
    noise : RoiNoise
        Its mean and the mean's error.
    spread, median : float
        Standard deviation and median of its voxels' intensities.
    area_mm2 : float
        In its slices, all of them added up.
    positions : array, shape (n, 3)
        Of its voxels, world RAS in mm.
    slice_axis : int
        The image axis along which its slices are stacked.
    """

    roi: Roi
    noise: RoiNoise
    spread: float
    median: float
    area_mm2: float
    positions: np.ndarray
    slice_axis: int

    @property
    def mean(self):
        """Mean intensity over the ROI's finite voxels."""
        return self.noise.mean


def evaluate_roi(roi, image):
    """The reference that a ROI gives in an image.

    Raises
    ------
    ValueError
        If no voxel of the ROI has a finite intensity.
    """
    if not np.isfinite(roi.intensities(image)).any():
        raise ValueError(
            tr(_("{roi}: every voxel of {image} in it is not a number; draw it on valid image data")).format(
                roi=roi.name, image=image.name
            )
        )
    return Reference(
        roi=roi,
        noise=roi_noise(image, roi.indices),
        spread=float(np.nanstd(roi.intensities(image))),
        median=float(np.nanmedian(roi.intensities(image))),
        area_mm2=roi.in_plane_area(image),
        positions=roi.positions(image),
        slice_axis=roi.slice_axis(image),
    )


@dataclass(frozen=True)
class Measurement:
    """SH, Thk and SH/Thk of one region and all that they rest on; nan where missing.

    Intensities are in the image's unit. h, SH and everything derived from it are relative to the splenium's mean (with
    `normalization` none: in the image's unit). Depths and lengths in mm.

    Attributes
    ----------
    hemisphere, region : str
    settings : Settings
    splenium, white_matter : Reference
    along : Normals
        The normals that count, and the intensities along them.
    depths_mm, profile, h, n_per_depth : arrays, shape (d,)
        Up to the depth that at least half of the normals reach.
    scale : float
        What h is divided by: the splenium's mean, or 1.
    noise : ProfileNoise
    deviations : array, shape (m, d)
        Independent contributions to h's error (see `find_layer`).
    layer : Layer
    affine : array, shape (4, 4)
        The image's voxel index -> world RAS in mm.
    echoes : int
        How many echoes the image is the mean of.
    in_scanner_frame : bool
        Whether the world's z axis is the static field's.
    alignment : Alignment or None
        Of the line to the pial edge; None until the hand rests (see `with_intervals`).
    aligned : Layer or None
        The layer that the aligned line shows.
    tilt : Tilt or None
        Of the cortex through the slices; None until the hand rests.
    unblurred : LayerWidth or None
        The layer's width with the blur taken out; None until the hand rests.
    verdict : Verdict
    sh_ci, thk_ci_mm, sh_thk_ci_per_mm : (float, float)
        95 % intervals for noise at the line as drawn; redrawing it is not covered.
    """

    hemisphere: str
    region: str
    settings: Settings
    splenium: Reference
    white_matter: Reference
    along: Normals
    depths_mm: np.ndarray
    profile: np.ndarray
    h: np.ndarray
    n_per_depth: np.ndarray
    scale: float
    noise: ProfileNoise
    deviations: np.ndarray
    layer: Layer
    affine: np.ndarray
    echoes: int
    in_scanner_frame: bool
    alignment: Alignment | None = None
    aligned: Layer | None = None
    tilt: Tilt | None = None
    unblurred: LayerWidth | None = None
    verdict: Verdict | None = None
    sh_ci: tuple[float, float] = _MISSING
    thk_ci_mm: tuple[float, float] = _MISSING
    sh_thk_ci_per_mm: tuple[float, float] = _MISSING

    @property
    def name(self):
        """Such as 'left hand knob'."""
        return region_name(self.hemisphere, self.region)

    @property
    def sh(self):
        """SH after the rules of `verdict`; 0 where the layer is absent."""
        return self.verdict.sh

    @property
    def thk_mm(self):
        """Thk in mm after the rules."""
        return self.verdict.thk_mm

    @property
    def sh_thk_per_mm(self):
        """SH/Thk in 1/mm after the rules; 0 where the layer is absent.

        It turns over: at constant iron it is greatest where the layer is 1.22 times as thick as the blur is wide at
        half maximum (0.8 mm at 0.65 mm of blur), and falls for thinner ones. SH and Thk are its equals.
        """
        return self.verdict.sh_thk_per_mm

    @property
    def flags(self):
        """Names from `flags.FLAGS`."""
        return self.verdict.flags

    @property
    def notes(self):
        """Flag -> what it found here, in words; only where there is something to add."""
        return self.verdict.notes

    @property
    def sh_fit(self):
        """Height of F before the rules."""
        return self.layer.height

    @property
    def thk_fit_mm(self):
        """Width of F in mm before the rules."""
        return self.layer.width_mm

    @property
    def sh_thk_fit_per_mm(self):
        """Height over width of F in 1/mm before the rules."""
        return self.layer.height / self.layer.width_mm

    @property
    def sh_thk_aligned_per_mm(self):
        """The same with the line moved onto the pial edge; nan before the hand rests, and where that was refused."""
        return self.aligned.height / self.aligned.width_mm if self.aligned else float("nan")

    @property
    def line_stray_mm(self):
        """Standard deviation of the pial edge's distance from the line as drawn."""
        return self.alignment.stray_mm if self.alignment else float("nan")

    @property
    def edge_unclear(self):
        """Share of the normals at which no pial edge was recognised."""
        return self.alignment.unclear if self.alignment else float("nan")

    @property
    def tilt_deg(self):
        """Median over the normals of the angle between the cortex's normal and the slice; nan where it is not seen."""
        return self.tilt.degrees if self.tilt else float("nan")

    @property
    def tilt_spread_deg(self):
        """Standard deviation of that angle over the normals."""
        return self.tilt.spread_degrees if self.tilt else float("nan")

    @property
    def b0_angle_deg(self):
        """Angle, 0-90, between the cortex's mean normal in space and the scanner's z axis, the static field."""
        if np.isnan(self.tilt_deg) or not self.in_scanner_frame:
            return float("nan")
        return float(np.degrees(np.arccos(np.clip(abs(self.tilt.normal[2]), 0, 1))))

    @property
    def w_mm(self):
        """Width of the layer in the slice with the blur taken out; nan where withheld."""
        return self.unblurred.w_mm if self.unblurred else float("nan")

    @property
    def dip(self):
        """h of the layer before any blur."""
        return self.unblurred.dip if self.unblurred else float("nan")

    @property
    def dip_per_mm(self):
        """Its ratio to w_mm, in 1/mm."""
        return self.unblurred.dip_per_mm if self.unblurred else float("nan")

    @property
    def blur_fwhm_mm(self):
        """Width at half maximum of the line spread that the edges show, the slice's own smear taken out."""
        return self.unblurred.blur_fwhm_mm if self.unblurred else float("nan")

    @property
    def w_ci_mm(self):
        """95 % interval of w_mm."""
        return self.unblurred.w_ci_mm if self.unblurred else _MISSING

    @property
    def dip_ci(self):
        """95 % interval of dip."""
        return self.unblurred.dip_ci if self.unblurred else _MISSING

    @property
    def dip_per_mm_ci(self):
        """95 % interval of dip_per_mm."""
        return self.unblurred.dip_per_mm_ci if self.unblurred else _MISSING

    @property
    def blur_fwhm_ci_mm(self):
        """95 % interval of blur_fwhm_mm."""
        return self.unblurred.blur_fwhm_ci_mm if self.unblurred else _MISSING

    @property
    def thk_perpendicular_mm(self):
        """Width of the layer across the cortex: w_mm over the mean secant of the tilt."""
        return self.w_mm / self.tilt.secant if self.tilt else float("nan")

    @property
    def thk_perpendicular_ci_mm(self):
        """Its 95 % interval: noise of the width and of the tilt."""
        if not self.tilt or np.isnan(self.thk_perpendicular_mm) or self.unblurred.drawn_w_mm is None:
            return _MISSING
        return interval(self.unblurred.drawn_w_mm / self.tilt.secants(self.settings))

    @property
    def withheld(self):
        """What of tilt and width is missing -> why, in words."""
        reasons = {
            "tilt_deg": self.tilt.missing if self.tilt else "",
            "b0_angle_deg": "" if self.in_scanner_frame else Note(_("the image is not in the scanner's own frame")),
            "w_mm": self.unblurred.withheld if self.unblurred else "",
        }
        return {name: reason for name, reason in reasons.items() if reason}

    @property
    def snr(self):
        """Signal-to-noise ratio of a single voxel of white matter in a single echo."""
        return self.white_matter.noise.snr / np.sqrt(self.echoes)

    @property
    def in_plane_spacing_mm(self):
        """Mean distance between voxels in the line's slice."""
        steps = self.affine[:3, :3]
        spacing = np.linalg.norm(steps, axis=0)
        through = np.abs(self.along.lines[0].across @ steps / spacing).argmax()
        return float(np.delete(spacing, through).mean())

    @property
    def splenium_intensity(self):
        """S."""
        return self.splenium.mean

    @property
    def splenium_area_mm2(self):
        """In-plane area of the splenium's ROI."""
        return self.splenium.area_mm2

    @property
    def white_matter_intensity(self):
        """W."""
        return self.white_matter.mean

    @property
    def white_matter_area_mm2(self):
        """In-plane area of the white-matter ROI."""
        return self.white_matter.area_mm2

    @property
    def lobe(self):
        """The dark lobe that F was fitted to, or None."""
        return self.layer.lobe

    @property
    def lobe_z(self):
        """Area of the lobe over its standard deviation: is there a layer at all?"""
        return self.layer.z

    @property
    def parameters(self):
        """(a, b1, c1, b2, c2) of F; b in 1/mm."""
        return self.layer.parameters

    @property
    def mode_mm(self):
        """Depth of F's maximum."""
        return self.layer.mode_mm

    @property
    def edges_mm(self):
        """Depths at which F is `width_fraction` of its height."""
        return self.layer.edges_mm

    @property
    def h_se(self):
        """Standard error of h, both ROIs' noise included, shape (d,)."""
        return np.sqrt((self.deviations**2).sum(0))

    @property
    def fitted(self):
        """F at `depths_mm`, shape (d,)."""
        return double_sigmoid.double_sigmoid(self.depths_mm, self.parameters)

    @property
    def c2_c1_mm(self):
        """Distance between the two sigmoids' centres in mm.

        Of an isolated band it hardly changes with blur; beneath bright cortex it does (a band of 0.6 mm: 89 to 132 % of
        the truth at a blur of 0.3 to 1.0 mm).
        """
        return float(self.parameters[4] - self.parameters[2])

    @property
    def area_mm(self):
        """Area under F in mm (relative intensity times mm).

        Of an isolated band it hardly changes with blur; beneath bright cortex it does (a band of 1 mm: 93 to 76 % of
        the truth at a blur of 0.3 to 1.0 mm).
        """
        return float(double_sigmoid.area(self.parameters))

    @property
    def n_normals(self):
        """How many normals were averaged."""
        return len(self.along.positions)

    @property
    def n_normals_left_out(self):
        """How many leave the image before they have passed the cortex."""
        return self.along.left_out

    @property
    def line_length_mm(self):
        """Length of all the region's lines."""
        return self.along.length_mm

    @property
    def positions(self):
        """Where the normals begin, shape (n, 3), world RAS in mm."""
        return self.along.positions

    @property
    def normals(self):
        """Their directions into the cortex, shape (n, 3), world RAS."""
        return self.along.normals

    @property
    def intensities(self):
        """Along the normals, shape (n, d)."""
        return self.along.intensities[:, : len(self.depths_mm)]


def measure_exam(exam: Exam):
    """All regions of an exam, with confidence intervals, in the exam's order.

    Raises
    ------
    ValueError
        Names the region or ROI, what is wrong and what to do.
    """
    splenium = evaluate_roi(exam.splenium, exam.image)
    return tuple(
        with_intervals(
            measure_region(exam.image, region, splenium, evaluate_roi(region.white_matter, exam.image), exam.settings),
            exam.image,
        )
        for region in exam.regions
    )


def measure_region(image: Image, region: Region, splenium: Reference, white_matter: Reference, settings: Settings):
    """One region without confidence intervals: fast enough to follow a point that is dragged.

    Raises
    ------
    ValueError
        Names the region, what is wrong and what to do.
    """
    if settings.normalization == "splenium" and splenium.mean <= 0:
        raise ValueError(
            tr(_("splenium ROI: its mean intensity is {mean:g}; draw it on tissue, it must be positive")).format(
                mean=splenium.mean
            )
        )
    lines = smooth_lines(region, white_matter, image.affine, settings)
    seen, alignment = _seen_along(image, lines, splenium, white_matter, settings, region.name), None
    if settings.alignment == "edge":
        alignment, on_edge = _on_edge(image, lines, seen["layer"], splenium, white_matter, settings, region.name)
        seen = on_edge or seen
    measurement = Measurement(
        hemisphere=region.hemisphere,
        region=region.region,
        settings=settings,
        splenium=splenium,
        white_matter=white_matter,
        **seen,
        alignment=alignment,
    )
    return replace(measurement, verdict=judge(measurement))


def with_intervals(measurement: Measurement, image: Image):
    """The same measurement with 95 % intervals, and with what else takes time: alignment, tilt, width without blur.

    Every replicate resamples blocks of neighbouring normals and both ROIs' means, looks for the layer's fit window anew
    around the lobe that was found, and fits F. A replicate without a positive lobe counts as SH = 0. Where the layer
    was found absent, SH's interval runs from 0 to what could hide.
    """
    m = measurement
    if m.alignment is None:
        alignment, on_edge = _on_edge(image, m.along.lines, m.layer, m.splenium, m.white_matter, m.settings, m.name)
        m = replace(m, alignment=alignment, aligned=on_edge and on_edge["layer"])
    m = replace(m, tilt=tilt_along(image, m.along.lines, m.settings, sum(m.edges_mm) / 2 if m.lobe else 0.0))
    m = replace(m, verdict=judge(m))
    m = replace(m, unblurred=layer_width(m, image, 0.0 if m.tilt.missing else m.tilt.box_mm))
    if "no_dark_layer" in m.flags:
        return replace(m, sh_ci=(0.0, m.verdict.largest_hidden_sh))
    if m.lobe is None or m.settings.replicates == 0 or m.along.overlap_mm:
        return m
    sh, thk = _replicates(m)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(np.isfinite(thk), sh / thk, 0.0)
    found = {"sh_ci": (m.sh, sh), "thk_ci_mm": (m.thk_mm, thk), "sh_thk_ci_per_mm": (m.sh_thk_per_mm, ratio)}
    return replace(
        m, **{name: interval(drawn) if np.isfinite(value) else _MISSING for name, (value, drawn) in found.items()}
    )


def _on_edge(image, lines, drawn, splenium, white_matter, settings, name):
    """The lines' alignment, and what is seen along the aligned ones; None where they stay as they were drawn.

    A line that is moved onto its edge sees the layer sharper. Where it sees much less of it, something else was taken
    for the edge, such as superficial cortex that is brighter from half-way on.
    """
    alignment = align(image, lines, white_matter.positions, settings)
    if alignment.refusal:
        return alignment, None
    seen = _seen_along(image, alignment.lines, splenium, white_matter, settings, name)
    layer = seen["layer"]
    if drawn.z >= NEAR_NOISE_BELOW_Z and drawn.lobe:
        falls = 1 - (layer.height / layer.width_mm if layer.lobe else 0.0) / (drawn.height / drawn.width_mm)
        if falls > LARGEST_FALL:
            why = Note(_("on what looks like the edge SH/Thk would fall by {falls:.0%}"), falls=falls)
            return replace(alignment, lines=tuple(lines), stray_mm=float("nan"), refusal=why), None
    return alignment, seen


def _seen_along(image, lines, splenium, white_matter, settings, name):
    """The averaged profile along lines, h and the layer in it: fields of a Measurement, by name."""
    along = sampled_normals(image, lines, settings, name)
    profile, counts = averaged_profile(along.intensities, settings.averaging)
    d = int(np.isfinite(profile).sum())
    if d < 3:
        raise ValueError(
            tr(_("{name}: the normals meet hardly any valid voxel of {image}; draw the line on it")).format(
                name=name, image=image.name
            )
        )
    depths, profile, intensities = along.depths_mm[:d], profile[:d], along.intensities[:, :d]
    scale = splenium.mean if settings.normalization == "splenium" else 1.0
    h = hypointensity(profile, white_matter.mean, scale, settings.polarity)
    lobe = find_lobe(depths, h, settings.lobe_fraction, settings.window_fraction)
    at_layer = (depths >= lobe.start_mm) & (depths <= lobe.judged_to_mm) if lobe else np.ones(d, bool)
    influence = influence_on(profile, intensities, settings.averaging)
    noise = profile_noise(intensities, profile, influence, at_layer, settings.normal_spacing_mm)
    deviations = _deviations(h, noise, white_matter, splenium, scale, settings)
    # White matter begins past a layer: where none is found, nothing says where.
    if (
        settings.baseline == "plateau"
        and lobe
        and significance(depths, h, deviations, lobe.start_mm, lobe.judged_to_mm) >= NO_LAYER_BELOW_Z
    ):
        plateau, _error, end = white_matter_plateau(depths, h, deviations, lobe)
        if np.isfinite(plateau):
            h = h - plateau
            # What is taken off has its error, too; that of the ROI's mean cancels.
            past = plateau_window(depths, lobe.end_mm, end)
            deviations = deviations - deviations[:, past].mean(axis=1, keepdims=True)
            lobe = find_lobe(depths, h, settings.lobe_fraction, settings.window_fraction)
    return {
        "along": along,
        "depths_mm": depths,
        "profile": profile,
        "h": h,
        "n_per_depth": counts[:d],
        "scale": scale,
        "noise": noise,
        "deviations": deviations,
        "layer": find_layer(depths, h, deviations, lobe, settings),
        "affine": image.affine,
        "echoes": image.echoes,
        "in_scanner_frame": image.in_scanner_frame,
    }


def _deviations(h, noise, white_matter, splenium, scale, settings):
    """Independent contributions to the error of h, shape (m, d): of the normals, of W and (where it divides) of S."""
    rows = [noise.deviations, np.full((1, len(h)), white_matter.noise.standard_error)]
    if settings.normalization == "splenium":
        rows.append(splenium.noise.standard_error * h[None])
    return np.concatenate(rows) / scale


def _replicates(m):
    """Height and width of F in every replicate, each of shape (replicates,); 0 and nan where there is no lobe."""
    settings, lobe = m.settings, m.lobe
    count, random = settings.replicates, np.random.default_rng(settings.seed)
    profiles = m.noise.replicates(count, random)
    white_matter = m.white_matter.noise.replicates(count, random)[:, None]
    scale = m.splenium.noise.replicates(count, random)[:, None] if settings.normalization == "splenium" else 1.0
    h = hypointensity(profiles, white_matter, scale, settings.polarity)
    x = m.depths_mm
    if settings.baseline == "plateau" and np.isfinite(m.layer.plateau):
        past = plateau_window(x, lobe.end_mm, m.layer.plateau_end_mm)
        h -= np.median(h[:, past], axis=1, keepdims=True)
    # From the valley on that parts the lobe from darkness at the line, where there is any.
    begin = np.argmax(lobe.window)
    valley = begin + m.h[begin : lobe.top + 1].argmin()
    within = np.flatnonzero(lobe.window & (x >= x[valley]) & (x <= lobe.end_mm))
    tops = within[0] + h[:, within].argmax(1)
    start, stop = fit_windows(h, tops, settings.window_fraction)
    windows = (np.arange(len(x)) >= start[:, None]) & (np.arange(len(x)) < stop[:, None])
    heights, widths = np.zeros(count), np.full(count, np.nan)
    positive = h[np.arange(count), tops] > 0
    if positive.any():
        parameters = double_sigmoid.fit(x, h[positive], windows[positive], tolerance=1e-6, iterations=200).parameters
        peak = double_sigmoid.mode_and_height(parameters)
        heights[positive], widths[positive] = peak[1], double_sigmoid.width(parameters, settings.width_fraction, peak)
    return heights, widths
