"""One region measured: the steps from the pial line to SH, Thk and SH/Thk in one call, as an immutable result.

Source: Donatelli et al., AJNR 2018;39:63, for the marker; REFERENCE of the definitions that the paper leaves open:
the docstrings here and in `hypointensity`, `double_sigmoid` and `uncertainty`.
"""

from dataclasses import dataclass, field, replace

import numpy as np

from . import double_sigmoid
from .exam import Exam, Region
from .flags import FLAGS
from .hypointensity import Lobe, find_lobe, fit_windows, hypointensity, mean_profile
from .layer import NEAR_NOISE_BELOW_Z, NO_LAYER_BELOW_Z, find_layer, judge, plateau_window, white_matter_mismatch
from .pial_line import crossing_depths, smooth_pial_line
from .references import reference_flags
from .sampling import sample_normals
from .settings import Settings
from .uncertainty import ProfileNoise, RoiNoise, interval, profile_noise, roi_noise

SMALLEST_SPLENIUM_MM2 = 5.0
SHORT_LINE_MM = 10.0
FEWEST_BLOCKS = 10
FEWEST_ROI_BLOCKS = 4
UNSTABLE_SHARE_OF_SH = 0.15
POOR_FIT_BELOW_R_SQUARED = 0.8


@dataclass(frozen=True)
class Reference:
    """A reference ROI, evaluated: its noise about its mean, its in-plane area in mm2 and its voxels' positions.

    `spread` is the standard deviation of its voxels' intensities; `slices` are the indices, along the image's
    `slice_axis`, of the slices that it was drawn on.
    """

    noise: RoiNoise
    area_mm2: float
    positions: np.ndarray
    spread: float
    slice_axis: int
    slices: np.ndarray

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
    intensities = roi.intensities(image)
    if not np.isfinite(intensities).any():
        raise ValueError(f"{roi.name}: every voxel of {image.name} in it is not a number; draw it on valid image data")
    return Reference(
        noise=roi_noise(roi.indices, intensities),
        area_mm2=roi.in_plane_area(image),
        positions=roi.positions(image),
        spread=float(np.nanstd(intensities)),
        slice_axis=roi.slice_axis(image),
        slices=np.unique(roi.indices[:, roi.slice_axis(image)]),
    )


@dataclass(frozen=True)
class Measurement:
    """SH, Thk and SH/Thk of one region and all that they rest on; nan where missing.

    Intensities are in the image's unit. h, SH and everything derived from it are relative to the splenium's mean (with
    `normalization` none: in the image's unit). Depths and lengths in mm.

    Attributes
    ----------
    sh, thk_mm, sh_thk_per_mm : float
        The marker after the rules on absent and merged layers.
    sh_fit, thk_fit_mm, sh_thk_fit_per_mm : float
        The same before these rules.
    sh_ci, thk_ci_mm, sh_thk_ci_per_mm : (float, float)
        95 % intervals for noise at the line as drawn; redrawing it is not covered.
    parameters : array, shape (5,)
        (a, b1, c1, b2, c2) of F; b in 1/mm.
    edges_mm : (float, float)
        Depths at which F is `width_fraction` of its height.
    lobe_z : float
        Area of the lobe over its standard deviation: is there a layer at all?
    wm_plateau, wm_plateau_se : float
        Median of h from 1 mm past the layer to the end of the depth, 0 where the white-matter ROI suits; F has no
        offset, so an error of W passes straight into height and width.
    r_squared, rmse : float
        Of the fit within its window.
    flags : tuple of str
        Names from `flags.FLAGS`.
    depths_mm, profile, h, h_se, n_per_depth : arrays, shape (d,)
        Up to the depth that at least half of the normals reach.
    intensities : array, shape (n, d)
        Of the normals that count.
    positions, normals : arrays, shape (n, 3)
        World RAS in mm, of the normals that count.
    """

    hemisphere: str
    region: str
    settings: Settings
    splenium_intensity: float
    splenium_area_mm2: float
    white_matter_intensity: float
    n_normals: int
    n_normals_left_out: int
    line_length_mm: float
    sh: float
    thk_mm: float
    sh_thk_per_mm: float
    sh_fit: float
    thk_fit_mm: float
    sh_thk_fit_per_mm: float
    parameters: np.ndarray
    mode_mm: float
    edges_mm: tuple[float, float]
    lobe_z: float
    wm_plateau: float
    wm_plateau_se: float
    plateau_end_mm: float
    r_squared: float
    rmse: float
    flags: tuple[str, ...]
    depths_mm: np.ndarray
    profile: np.ndarray
    h: np.ndarray
    h_se: np.ndarray
    n_per_depth: np.ndarray
    intensities: np.ndarray
    positions: np.ndarray
    normals: np.ndarray
    lobe: Lobe | None
    sources: "NoiseSources" = field(repr=False)
    sh_ci: tuple[float, float] = (np.nan, np.nan)
    thk_ci_mm: tuple[float, float] = (np.nan, np.nan)
    sh_thk_ci_per_mm: tuple[float, float] = (np.nan, np.nan)

    @property
    def name(self):
        """Such as 'left hand knob'."""
        return f"{self.hemisphere} {self.region.replace('_', ' ')}"

    @property
    def c2_c1_mm(self):
        """Distance between the two sigmoids' centres in mm; hardly changes with blur."""
        return float(self.parameters[4] - self.parameters[2])

    @property
    def area_mm(self):
        """Area under F in mm (relative intensity times mm); hardly changes with blur."""
        return float(double_sigmoid.area(self.parameters))

    @property
    def fitted(self):
        """F at `depths_mm`, shape (d,)."""
        return double_sigmoid.double_sigmoid(self.depths_mm, self.parameters)


@dataclass(frozen=True)
class NoiseSources:
    """What the bootstrap resamples: the normals and both reference ROIs."""

    profile: ProfileNoise
    white_matter: RoiNoise
    splenium: RoiNoise


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
            measure_region(exam.image, region, splenium, evaluate_roi(region.white_matter, exam.image), exam.settings)
        )
        for region in exam.regions
    )


def measure_region(image, region: Region, splenium: Reference, white_matter: Reference, settings: Settings):
    """One region without confidence intervals: fast enough to follow a point that is dragged.

    Raises
    ------
    ValueError
        Names the region, what is wrong and what to do.
    """
    if settings.normalization == "splenium" and splenium.mean <= 0:
        raise ValueError(
            f"splenium ROI: its mean intensity is {splenium.mean:g}; draw it on tissue, it must be positive"
        )
    normals = _normals(image, region, white_matter, settings)
    mean, standard_error, counts = mean_profile(normals.intensities)
    d = int(np.isfinite(mean).sum())
    if d < 3:
        raise ValueError(f"{region.name}: the normals meet hardly any valid voxel of {image.name}; draw the line on it")
    depths, mean, intensities = normals.depths_mm[:d], mean[:d], normals.intensities[:, :d]
    scale = splenium.mean if settings.normalization == "splenium" else 1.0

    h = hypointensity(mean, white_matter.mean, scale, settings.polarity)
    rough = find_lobe(depths, h, standard_error[:d] / scale, settings.lobe_fraction, settings.window_fraction)
    at_layer = (depths >= rough.start_mm) & (depths <= rough.end_mm) if rough else np.ones(d, bool)
    noise = profile_noise(intensities, mean, at_layer, settings.normal_spacing_mm)
    sources = NoiseSources(noise, white_matter.noise, splenium.noise)
    layer = find_layer(depths, h, _deviations(h, sources, scale, settings), settings)
    if settings.baseline == "plateau" and np.isfinite(layer.plateau):
        shifted = h - layer.plateau
        found = find_layer(depths, shifted, _deviations(shifted, sources, scale, settings), settings)
        h, layer = shifted, replace(found, plateau=layer.plateau, plateau_se=layer.plateau_se)

    verdict = judge(layer)
    flags = _flags(image, layer, verdict, normals, noise, white_matter, splenium, scale, settings)
    return Measurement(
        hemisphere=region.hemisphere,
        region=region.region,
        settings=settings,
        splenium_intensity=splenium.mean,
        splenium_area_mm2=splenium.area_mm2,
        white_matter_intensity=white_matter.mean,
        n_normals=len(intensities),
        n_normals_left_out=normals.left_out,
        line_length_mm=normals.length_mm,
        sh=verdict.sh,
        thk_mm=verdict.thk_mm,
        sh_thk_per_mm=verdict.sh_thk_per_mm,
        sh_fit=layer.height,
        thk_fit_mm=layer.edges_mm[1] - layer.edges_mm[0],
        sh_thk_fit_per_mm=layer.height / (layer.edges_mm[1] - layer.edges_mm[0]),
        parameters=layer.parameters,
        mode_mm=layer.mode_mm,
        edges_mm=layer.edges_mm,
        lobe_z=layer.z,
        wm_plateau=layer.plateau,
        wm_plateau_se=layer.plateau_se,
        plateau_end_mm=layer.plateau_end_mm,
        r_squared=layer.r_squared,
        rmse=layer.rmse,
        flags=flags,
        depths_mm=depths,
        profile=mean,
        h=h,
        h_se=layer.h_se,
        n_per_depth=counts[:d],
        intensities=intensities,
        positions=normals.positions,
        normals=normals.normals,
        lobe=layer.lobe,
        sources=sources,
    )


def with_intervals(measurement: Measurement):
    """The same measurement with 95 % confidence intervals.

    Every replicate resamples blocks of neighbouring normals and spatial blocks of both ROIs' voxels, looks for the
    layer's fit window anew around the lobe that was found, and fits F. A replicate without a positive lobe counts as
    SH = 0. Where the layer was found absent the intervals of SH and SH/Thk begin at 0.
    """
    settings, lobe = measurement.settings, measurement.lobe
    if lobe is None or settings.replicates == 0:
        return measurement
    sh, thk = _replicates(measurement)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(np.isfinite(thk), sh / thk, 0.0)
    sh_ci, thk_ci, ratio_ci = interval(sh), interval(thk), interval(ratio)
    missing = (np.nan, np.nan)
    if "no_dark_layer" in measurement.flags:
        sh_ci, thk_ci, ratio_ci = (0.0, sh_ci[1]), missing, (0.0, ratio_ci[1])
    elif not np.isfinite(measurement.thk_mm):
        thk_ci, ratio_ci = missing, missing
    return replace(measurement, sh_ci=sh_ci, thk_ci_mm=thk_ci, sh_thk_ci_per_mm=ratio_ci)


def _replicates(measurement):
    """Height and width of F in every replicate, each of shape (replicates,); 0 and nan where there is no lobe."""
    settings, lobe, sources = measurement.settings, measurement.lobe, measurement.sources
    count, random = settings.replicates, np.random.default_rng(settings.seed)
    profiles = sources.profile.replicates(count, random)
    white_matter = sources.white_matter.replicates(count, random)[:, None]
    scale = sources.splenium.replicates(count, random)[:, None] if settings.normalization == "splenium" else 1.0
    h = hypointensity(profiles, white_matter, scale, settings.polarity)
    x = measurement.depths_mm
    if settings.baseline == "plateau" and np.isfinite(measurement.wm_plateau):
        beyond = plateau_window(x, measurement.edges_mm[1], measurement.plateau_end_mm)
        h -= np.median(h[:, beyond], axis=1, keepdims=True)
    within = np.flatnonzero(lobe.window & (x <= lobe.end_mm))
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


@dataclass(frozen=True)
class _Normals:
    """The normals of all lines of a region that lie within the image."""

    positions: np.ndarray
    normals: np.ndarray
    intensities: np.ndarray
    crossings_mm: np.ndarray
    depths_mm: np.ndarray
    length_mm: float
    left_out: int
    missing_samples: bool


def _normals(image, region, white_matter, settings):
    steps = int(np.floor(settings.depth_max_mm / settings.depth_step_mm + 1e-9))
    depths = np.arange(steps + 1) * settings.depth_step_mm
    slices = _slice_normals(image.affine)
    if not region.pial_lines:
        raise ValueError(f"{region.name}: has no pial line; draw one")
    lines = [
        smooth_pial_line(
            points,
            white_matter.positions,
            slices,
            settings.smoothing_mm,
            settings.normal_spacing_mm,
            f"pial line of the {region.name}",
        )
        for points in region.pial_lines
    ]
    crossings = np.concatenate([crossing_depths(line, settings.depth_max_mm) for line in lines])
    positions = np.concatenate([line.positions for line in lines])
    normals = np.concatenate([line.normals for line in lines])
    beyond = depths > crossings[:, None]
    intensities, outside = sample_normals(image, positions, normals, depths, settings.interpolation, ~beyond)
    leaves = (outside & ~beyond).any(1)
    if leaves.all():
        raise ValueError(
            f"pial line of the {region.name}: every normal leaves {image.name}; draw the line on this image, "
            "or sample less deep"
        )
    void = np.isnan(intensities) & ~beyond & ~leaves[:, None]
    kept = ~leaves & np.isfinite(intensities).any(1)
    if not kept.any():
        raise ValueError(f"pial line of the {region.name}: {image.name} has no valid voxel there; draw it on tissue")
    return _Normals(
        positions[kept],
        normals[kept],
        intensities[kept],
        crossings[kept],
        depths,
        float(sum(line.length_mm for line in lines)),
        int((~kept).sum()),
        bool(void.any()),
    )


def _slice_normals(affine):
    """Unit normals of the image's slice planes, of the planes of constant k, j and i, shape (3, 3)."""
    i, j, k = affine[:3, :3].T
    normals = np.cross([i, k, j], [j, i, k])
    return normals / np.linalg.norm(normals, axis=1, keepdims=True)


def _deviations(h, sources, scale, settings):
    """Independent contributions to the error of h, shape (m, d): of the normals, of W and (where it divides) of S."""
    rows = [sources.profile.deviations, np.full((1, len(h)), sources.white_matter.standard_error)]
    if settings.normalization == "splenium":
        rows.append(sources.splenium.standard_error * h[None])
    return np.concatenate(rows) / scale


def _flags(image, layer, verdict, normals, noise, white_matter, splenium, scale, settings):
    share = white_matter.noise.standard_error / scale / layer.height
    raised = {
        "no_dark_layer": verdict.absent,
        "near_noise": NO_LAYER_BELOW_Z <= layer.z < NEAR_NOISE_BELOW_Z,
        "lobe_touches_pial_line": verdict.touches,
        "second_dark_layer": verdict.second,
        "white_matter_mismatch": white_matter_mismatch(layer) and not verdict.absent,
        "unstable_white_matter": not verdict.absent
        and (share > UNSTABLE_SHARE_OF_SH or white_matter.noise.blocks < FEWEST_ROI_BLOCKS),
        "splenium_below_5_mm2": splenium.area_mm2 < SMALLEST_SPLENIUM_MM2,
        "crossing_normals": (normals.crossings_mm < layer.edges_mm[1]).any(),
        "outside_image": normals.left_out > 0 or normals.missing_samples,
        "fit_at_bound": layer.at_bound,
        "poor_fit": layer.r_squared < POOR_FIT_BELOW_R_SQUARED,
        "short_line": normals.length_mm < SHORT_LINE_MM,
        "few_normals": noise.blocks < FEWEST_BLOCKS,
        **reference_flags(image, normals.positions, splenium, white_matter, settings.polarity),
    }
    return tuple(name for name in FLAGS if raised[name])
