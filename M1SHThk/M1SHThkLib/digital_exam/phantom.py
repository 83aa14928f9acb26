"""A digital exam: a multi-echo T2*-weighted scan of a simplified head whose motor cortex is known exactly."""

import math
from dataclasses import dataclass, field, replace
from functools import cached_property, partial

import numpy as np

from ..measuring.exam import Exam, Region
from ..measuring.image import Image
from ..measuring.roi import Roi
from ..measuring.settings import Settings
from ..translation import tr as _
from .anatomy import MARGIN, SECTIONS, SPLENIUM, Patch, tissue_map
from .hand import Line
from .lean import Lean
from .slices import HEAD_CENTRE, Slices, prescribe
from .subject import ALL_REGIONS, DEEP_LAYERS, GROUPS, LIMB_REGIONS, motor_banks
from .tissue import SEQUENCES, TISSUES, signal
from .truth import RegionTruth
from .vein import Vein, bloomed

_LINE, _NOISE = 11, 12  # streams of random numbers of their own, beside those of `subject`


@dataclass(frozen=True)
class PhantomOptions:
    """What a digital exam shall be like.

    Attributes
    ----------
    field_strength : int
        3 or 7 tesla.
    group : str
        'patient' or 'control'.
    seed : int
        Draws anatomy, tissue, the observer's hand and the noise, each from a stream of its own: an option changes
        nothing but what it names.
    noise : float
        Standard deviation of the real and of the imaginary part in the reconstructed image, as a fraction of the
        splenium's first echo. The default gives a signal-to-noise ratio of about 30 there. 0 = free of noise.
    obliquity : float
        Degrees by which head and slices are tilted together in the world, about an oblique axis.
    bias_field : float
        Part by which the receive coil's sensitivity rises from the middle of the field of view to its rim.
    vein : bool
        A dark vein along the pial line, from 0.8 mm above to 0.25 mm beneath it.
    opposite_bank : bool
        A thin gyrus: 2 mm beneath the deep layers begin those of the opposite bank. The folds are then gentle.
    white_matter_bias : float
        Error of the white-matter ROI's mean over all echoes, in parts of the splenium's: the ROI lies in a patch of
        tissue that is so much off.
    line_jitter_mm : float
        Standard deviation of the drawn points, in either direction of the slice plane.
    line_length_mm, control_spacing_mm : float
        Length of the drawn lines, 10-40, and distance between their points.
    white_matter_voxels : int
        Voxels of the white-matter ROIs.
    splenium_area_mm2 : float
        Area of the splenium's ROI.
    echoes : tuple of int, or None
        Which echoes are made, counted from 1; None = all.
    slices : int
        At least one for each section that is needed; each section fills an equal share.
    regions : tuple of (hemisphere, region)
        Which regions are drawn, of ALL_REGIONS, the orofacial ones only if named. Sections without any are left out.
    cropped : bool
        Make only the square around the drawn regions and the splenium.
    iron_spread : float or None
        Standard deviation of the logarithm of the deep layers' excess R2* between subjects, 0-2; None = that of the
        group.
    deep_layer : str
        'dark'; or no dark layer at all: 'isointense' with white matter in the mean of all echoes, or as 'bright' as the
        superficial cortex.
    superficial_spread_mm, superficial_correlation_mm : float
        Standard deviation, 0-0.4, of the superficial cortex's thickness along the line, and the length over which it
        stays alike, 1-20; the deep layers keep their own thickness.
    white_matter_gradient : float
        Part of its signal by which white matter brightens a mm, -0.05 to 0.05, over the 4 mm beneath the cortex; the
        ROI lies beyond, where it is as bright as without. Not in a thin gyrus.
    veins : tuple of vein.Vein
        At every drawn region. They must not overlap.
    tilt, tilt_change : float
        Degrees, 0-60, by which the cortex leans through the slices, and degrees a mm, -10 to 10, by which that changes
        with height: see `lean.Lean`. Layers keep their thickness across the cortex.

    Raises
    ------
    ValueError
        Names the option and what is legal.
    """

    field_strength: int = 3
    group: str = "control"
    seed: int = 0
    noise: float = 0.03
    obliquity: float = 0.0
    bias_field: float = 0.0
    vein: bool = False
    opposite_bank: bool = False
    white_matter_bias: float = 0.0
    line_jitter_mm: float = 0.0
    line_length_mm: float = 30.0
    control_spacing_mm: float = 1.5
    white_matter_voxels: int = 80
    splenium_area_mm2: float = 20.0
    echoes: tuple[int, ...] | None = None
    slices: int = 24
    regions: tuple[tuple[str, str], ...] = LIMB_REGIONS
    cropped: bool = False
    iron_spread: float | None = None
    deep_layer: str = "dark"
    superficial_spread_mm: float = 0.0
    superficial_correlation_mm: float = 4.0
    white_matter_gradient: float = 0.0
    veins: tuple[Vein, ...] = ()
    tilt: float = 0.0
    tilt_change: float = 0.0

    def __post_init__(self):
        def require(legal, name, meaning):
            if not legal:
                raise ValueError(
                    _("phantom option '{name}' is {value!r}; it must be {meaning}").format(
                        name=name, value=getattr(self, name), meaning=meaning
                    )
                )

        require(self.field_strength in SEQUENCES, "field_strength", "3 or 7 (tesla)")
        require(self.group in GROUPS, "group", "'patient' or 'control'")
        require(0 <= self.noise <= 1, "noise", "from 0 to 1")
        require(10 <= self.line_length_mm <= 40, "line_length_mm", "from 10 to 40 mm")
        require(0.2 <= self.control_spacing_mm <= 5, "control_spacing_mm", "from 0.2 to 5 mm")
        require(self.line_jitter_mm >= 0, "line_jitter_mm", "0 or more")
        require(1 <= self.white_matter_voxels <= 200, "white_matter_voxels", "from 1 to 200")
        require(0 < self.splenium_area_mm2 <= 60, "splenium_area_mm2", "above 0 and up to 60 mm²")
        require(self.regions and set(self.regions) <= set(ALL_REGIONS), "regions", f"some of {ALL_REGIONS}")
        require(self.slices >= len(self.sections), "slices", f"at least {len(self.sections)}, one a section")
        require(self.iron_spread is None or 0 <= self.iron_spread <= 2, "iron_spread", "from 0 to 2, or None")
        require(self.deep_layer in DEEP_LAYERS, "deep_layer", f"one of {', '.join(DEEP_LAYERS)}")
        require(0 <= self.superficial_spread_mm <= 0.4, "superficial_spread_mm", "from 0 to 0.4 mm")
        require(1 <= self.superficial_correlation_mm <= 20, "superficial_correlation_mm", "from 1 to 20 mm")
        gradient = abs(self.white_matter_gradient)
        require(gradient <= 0.05, "white_matter_gradient", "from -0.05 to 0.05 a mm")
        require(not (gradient and self.opposite_bank), "white_matter_gradient", "0 with 'opposite_bank'")
        require(all(isinstance(vein, Vein) for vein in self.veins), "veins", "a tuple of Vein")
        require(0 <= self.tilt <= 60, "tilt", "from 0 to 60 degrees")
        require(-10 <= self.tilt_change <= 10, "tilt_change", "from -10 to 10 degrees a mm")
        count = len(SEQUENCES[self.field_strength].echo_times_ms)
        legal = self.echoes is None or (self.echoes and set(self.echoes) <= set(range(1, count + 1)))
        require(legal, "echoes", f"numbers from 1 to {count}")

    @property
    def sections(self):
        """The sections that are needed, from below."""
        return tuple(s for s in SECTIONS if s == "splenium" or any(region == s for _, region in self.regions))


@dataclass(frozen=True)
class Phantom:
    """A digital exam.

    Its noise is drawn when the voxels are asked for; `with_noise` gives the same exam with other noise at once.

    Attributes
    ----------
    options : PhantomOptions
    affine : array, shape (4, 4)
        Voxel index (i, j, k) -> world RAS in mm; untilted, i runs to the subject's left, j to the front, k upwards.
    echo_times_ms : tuple of float
        Of the echoes that were made.
    splenium : Roi
    regions : tuple of Region
        As an observer would have drawn them.
    region_truths : tuple of RegionTruth
        In the order of `regions`; their positions are in the slice plane, before the tilt.
    noise_seed : int
    noise_deviation : float
        Standard deviation of the real and of the imaginary part in the image.
    """

    options: PhantomOptions
    affine: np.ndarray
    echo_times_ms: tuple[float, ...]
    splenium: Roi
    regions: tuple[Region, ...]
    region_truths: tuple[RegionTruth, ...]
    noise_seed: int
    noise_deviation: float
    _slices: Slices = field(repr=False)
    _clean: list = field(repr=False)  # of each slice, noise-free, shape (echoes, rows, columns)

    def with_noise(self, seed):
        """The same exam with noise drawn anew from another seed."""
        return replace(self, noise_seed=seed)

    @cached_property
    def echoes(self):
        """Magnitude of every echo, float32, shape (I, J, K, echoes)."""
        voxels = np.empty((len(self.echo_times_ms), *self._stack), np.float32)
        for number in range(len(voxels)):
            for k in range(len(voxels[number])):
                voxels[number, k] = self._magnitude(number, k)
        return voxels.transpose(3, 2, 1, 0)

    @cached_property
    def mean(self):
        """Mean of the echoes' magnitudes, float32, shape (I, J, K); takes far less memory than `echoes`."""
        voxels = np.zeros(self._stack, np.float32)
        for k in range(len(voxels)):
            for number in range(len(self.echo_times_ms)):
                voxels[k] += self._magnitude(number, k)
        voxels /= len(self.echo_times_ms)
        return voxels.transpose(2, 1, 0)

    def exam(self, settings=None):
        """The exam to measure, of the mean of the echoes; its settings name the scan's own step response."""
        known = {"step_response": "tukey", "tukey_taper": self._slices.kspace.taper}
        return Exam(
            subject=f"phantom-{self.options.seed}",
            image=Image(self.mean, self.affine, "phantom", len(self.echo_times_ms)),
            splenium=self.splenium,
            regions=self.regions,
            settings=replace(settings or Settings(), **known),
            group=self.options.group,
            field_strength_tesla=float(self.options.field_strength),
            origin={"echo_times_ms": list(self.echo_times_ms), "echo_combination": "mean"},
        )

    def true_line(self, number):
        """The true pial line of a region, given by its number, in the slice on which it is drawn: a `hand.Line`."""
        truth = self.region_truths[number]
        half = truth.length / 2
        fold = truth.fold.stretch(-half - MARGIN, half + MARGIN)
        positions, ahead = (
            self._slices.world(points, truth.region) for points in (fold.points, fold.points + fold.normals)
        )
        return Line(fold.arc, positions, ahead - positions, self.affine[:3, 2], (-half, half))

    @property
    def truth(self):
        """Everything that is known, as plain JSON data."""
        return {
            "field_strength_tesla": float(self.options.field_strength),
            "group": self.options.group,
            "seed": self.options.seed,
            "echo_times_ms": list(self.echo_times_ms),
            "noise_deviation": self.noise_deviation,
            "k_space": {
                "field_of_view_mm": self._slices.kspace.field_of_view_mm,
                "acquired": list(self._slices.kspace.acquired),
                "reconstructed": self._slices.kspace.reconstructed,
                "tukey_taper": self._slices.kspace.taper,
            },
            "regions": [truth.to_dict() for truth in self.region_truths],
        }

    @property
    def _stack(self):
        side = self._slices.kspace.reconstructed
        return len(self._slices.section_of_slice), side, side

    def _magnitude(self, number, k):
        clean = self._clean[k][number]
        if not self.noise_deviation:
            return np.abs(clean)
        generator = np.random.default_rng([self.noise_seed, _NOISE, k, round(self.echo_times_ms[number] * 10)])
        return np.abs(clean + self._slices.kspace.noise(generator, self.noise_deviation))


def make_phantom(options=None):
    """A digital exam; the same options give the same arrays.

    The noise-free image is the object, drawn with its partial volume on a fine grid, seen through the k-space of the
    acquired matrix. Slices are ideal, and sections constant along z but for the cortex's tilt, so that the truth is
    exact.

    Parameters
    ----------
    options : PhantomOptions, or None
        None = the defaults.

    Returns
    -------
    Phantom
    """
    options = options or PhantomOptions()
    sequence, tissues = SEQUENCES[options.field_strength], TISSUES[options.field_strength]
    made = [number - 1 for number in options.echoes or range(1, len(sequence.echo_times_ms) + 1)]

    def signal_of(tissue):
        return signal(tissue, sequence)[made]

    drawn = motor_banks(
        options.field_strength,
        options.group,
        options.seed,
        options.line_length_mm,
        options.vein,
        options.opposite_bank,
        options.iron_spread,
        deep_layer=options.deep_layer,
        superficial_spread_mm=options.superficial_spread_mm,
        superficial_correlation_mm=options.superficial_correlation_mm,
        white_matter_gradient=options.white_matter_gradient,
        veins=tuple(options.veins),
        lean=Lean(float(options.tilt), float(options.tilt_change), sequence.slice_spacing_mm),
    )
    banks = {key: drawn[key] for key in options.regions}
    slices = prescribe(options, sequence, banks.values())
    sensitivity = partial(_sensitivity, options.bias_field)
    splenium = slices.roi("Splenium", "splenium", *SPLENIUM, options.splenium_area_mm2 / slices.kspace.pixel_mm**2)
    in_splenium = slices.mean(sensitivity, splenium) * signal_of(tissues["splenium"])
    error = options.white_matter_bias * signal_of(tissues["splenium"]).mean()
    off = 1 + error / signal_of(tissues["white_matter"]).mean()
    off_tissue = replace(tissues["white_matter"], proton_density=tissues["white_matter"].proton_density * off)

    regions, truths, patches = [], [], {}
    for key, bank in banks.items():
        name = f"White matter {' '.join(key).replace('_', ' ')}"
        white_matter = slices.roi(name, key[1], bank.white_matter, (1, 1), options.white_matter_voxels)
        line = slices.world(_drawn_points(options, key, bank), key[1])
        regions.append(Region(*key, (line,), white_matter))
        in_white_matter = slices.mean(sensitivity, white_matter) * signal_of(tissues["white_matter"])
        truths.append(
            RegionTruth(
                *key,
                fold=bank.fold,
                length=bank.length,
                layers=bank.layers,
                undulation=bank.undulation,
                veins=bank.veins,
                layer_intensities=np.array([signal_of(tissue) for _, tissue in bank.layers]),
                bloomed_intensities=np.array([signal_of(bloomed(tissue, tissues)) for _, tissue in bank.layers]),
                vein_intensities=signal_of(tissues["vein"]),
                white_matter_intensities=in_white_matter,
                roi_intensities=in_white_matter * off,
                splenium_intensities=in_splenium,
                kspace=slices.kspace,
                sensitivity=sensitivity,
                dark_layer=options.deep_layer == "dark",
                lean=bank.lean,
            )
        )
        if options.white_matter_bias:
            radius = slices.kspace.pixel_mm * math.sqrt(options.white_matter_voxels / math.pi)
            patches[key] = Patch(bank.white_matter, radius + 2.0, off_tissue)  # 2 mm: the point spread's reach

    clean, shown = [], None
    for k, section in enumerate(slices.section_of_slice):
        in_section, patches_in_section = (
            [part for (_, region), part in parts.items() if region == section] for parts in (banks, patches)
        )
        reach = max((bank.lean.REPEATS_MM for bank in in_section if not bank.lean.is_upright), default=0.0)
        height = float(np.clip((k - slices.middle(section)) * sequence.slice_spacing_mm, -reach, reach))
        if (section, height) == shown:
            clean.append(clean[-1])
            continue
        shown = section, height
        fractions = tissue_map(
            section, tissues, in_section, patches_in_section, *slices.object_axes, slices.kspace.step, height
        )
        signals = np.array([signal_of(tissue) for tissue in fractions], np.float32)
        images = np.array([slices.kspace.image_of(fraction) for fraction in fractions.values()])
        image = np.tensordot(signals.T, images, 1) * sensitivity(np.stack(np.meshgrid(*slices.axes), -1))
        clean.append(image.astype(np.float32))
    return Phantom(
        options=options,
        affine=slices.affine,
        echo_times_ms=tuple(sequence.echo_times_ms[number] for number in made),
        splenium=splenium,
        regions=tuple(regions),
        region_truths=tuple(truths),
        noise_seed=options.seed,
        noise_deviation=options.noise * float(signal(tissues["splenium"], sequence)[0]),
        _slices=slices,
        _clean=clean,
    )


def _sensitivity(rise, points):
    """Receive sensitivity at in-plane points, shape (..., 2): 1 at the head's centre, 1 + rise 100 mm off."""
    return 1 + rise * np.sum((np.asarray(points) - HEAD_CENTRE) ** 2, axis=-1) / 100**2


def _drawn_points(options, key, bank):
    """What the observer clicks along the pial line, shape (n, 2), in the slice plane."""
    half = bank.length / 2
    points, _normals = bank.fold.at(np.linspace(-half, half, round(bank.length / options.control_spacing_mm) + 1))
    generator = np.random.default_rng([options.seed, _LINE, ALL_REGIONS.index(key)])
    return points + options.line_jitter_mm * generator.standard_normal(points.shape)
