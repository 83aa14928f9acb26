"""Further images of an exam (maps of R2* or susceptibility, SWI, an echo) on the normals of a measured region.

The layer is the one that the T2*-weighted profile has found; the maps only tell what lies there.
"""

import re
from dataclasses import dataclass

import numpy as np

from ..translation import Note, tr
from ..translation import marked as _
from . import double_sigmoid
from .hypointensity import averaged_profile, influence_on
from .image import Image
from .profile_noise import profile_noise
from .roi import roi_from_mask
from .roi_noise import roi_noise
from .sampling import sample_normals

NO_UNIT = "image unit"
POLARITIES, NORMALIZATIONS = ("dark", "bright"), ("splenium", "none")
# The layer's core: where F has so much of its height, what the blur brings in from the neighbours is made up for by the
# ringing of the edges: in the mean over digital exams, on which it was chosen, to 2 %.
CORE = 0.8
# So much of what lies between the pial line and the layer is left to the fluid, and to the layer.
FLUID_SHARE, LAYER_SHARE = 0.35, 0.2
_PARTS_OF_A_STEP = 20
_LETTERS = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")


@dataclass(frozen=True)
class ExamMap:
    """An image that is taken along; it may have a grid of its own.

    Attributes
    ----------
    name : str
        Up to 40 letters, digits, '-' and '_': it names columns and files.
    image : Image
    unit : str
    polarity : str
        How iron appears, 'bright' or 'dark': whether the peak is the greatest or the least value.
    normalization : str
        'none', or 'splenium': everything is divided by the map's own mean in the splenium ROI.

    Raises
    ------
    ValueError
        Names the map, what is illegal and what is legal.
    """

    name: str
    image: Image
    unit: str = NO_UNIT
    polarity: str = "bright"
    normalization: str = "none"

    def __post_init__(self):
        checked_map(self.name, self.polarity, self.normalization)

    @property
    def shown_unit(self):
        """The unit of what is measured in it."""
        return "splenium intensity" if self.normalization == "splenium" else self.unit


def checked_map(name, polarity, normalization):
    """Check what is said of a map.

    Raises
    ------
    ValueError
        Names the map, what is illegal and what is legal.
    """
    if not isinstance(name, str) or not _LETTERS.fullmatch(name):
        raise ValueError(
            tr(_("the map's name is {name!r}; it must be 1 to 40 letters, digits, '-' or '_'")).format(name=name)
        )
    for what, value, choices in (
        ("polarity", polarity, POLARITIES),
        ("normalization", normalization, NORMALIZATIONS),
    ):
        if value not in choices:
            either = tr(_(" or ")).join(choices)
            raise ValueError(
                tr(_("map '{name}': {what} is {value!r}; it must be {choices}")).format(
                    name=name, what=what, value=value, choices=either
                )
            )


def checked_names(names):
    """Check that maps can be told apart, whatever the case of their letters.

    Raises
    ------
    ValueError
        Names the map that comes twice.
    """
    names = [name.lower() for name in names]
    for number, name in enumerate(names):
        if name in names[:number]:
            raise ValueError(tr(_("two maps have the name '{name}'; give each a name of its own")).format(name=name))


@dataclass(frozen=True)
class MapMeasurement:
    """A map on the normals of a region; NaN where missing.

    Values are in the map's own unit, or relative to the splenium.

    Attributes
    ----------
    map : ExamMap
    profile, profile_se : arrays, shape (d,)
        Mean over the normals at the depths of the measurement, and its standard error.
    n_normals : int
        How many normals meet the map.
    layer_mm, superficial_mm : (float, float)
        Depths between which the means are taken: the layer's core, and the superficial cortex between fluid and layer.
    layer, layer_se, superficial, superficial_se : float
    white_matter, white_matter_se : float
        Mean in the region's white-matter ROI.
    splenium : float
        Mean in the splenium ROI, in the map's own unit.
    peak, peak_mm : float
        The value that speaks most for iron, in the window that F was fitted in, or without a layer of all depths; and
        its depth. Missing where it is the first or last of them.
    notes : tuple of str
        Why something is missing, in words.
    """

    map: ExamMap
    profile: np.ndarray
    profile_se: np.ndarray
    n_normals: int
    layer_mm: tuple[float, float]
    superficial_mm: tuple[float, float]
    layer: float
    layer_se: float
    superficial: float
    superficial_se: float
    white_matter: float
    white_matter_se: float
    splenium: float
    peak: float
    peak_mm: float
    notes: tuple[str, ...]

    @property
    def difference(self):
        """The layer less white matter."""
        return self.layer - self.white_matter

    @property
    def difference_se(self):
        """Standard error of the difference."""
        return float(np.hypot(self.layer_se, self.white_matter_se))


def measure_maps(maps, measurement):
    """What each map shows on the normals of a measured region.

    Parameters
    ----------
    maps : sequence of ExamMap
    measurement : Measurement

    Returns
    -------
    tuple of MapMeasurement
    """
    return tuple(measure_map(one, measurement) for one in maps)


def measure_map(exam_map, measurement):
    """What a map shows on the normals of a measured region: MapMeasurement."""
    m, nan = measurement, float("nan")
    notes = []
    splenium, _mean = _reference(exam_map, m.splenium.roi, m.affine, notes)
    white_matter, white_matter_se = _reference(exam_map, m.white_matter.roi, m.affine, notes)
    scale = 1.0
    if exam_map.normalization == "splenium":
        scale = splenium if splenium > 0 else nan
        if not splenium > 0:
            notes.append(Note(_("its mean in the splenium is not positive, by which it should be divided")))
    seen = np.isfinite(m.intensities)
    how = m.settings.interpolation
    values, _inside = sample_normals(exam_map.image, m.positions, m.normals, m.depths_mm, how, seen)
    values = values / scale
    met = np.isfinite(values).any(1)
    profile = deviations = None
    if met.any():
        profile, deviations = _averaged(values[met], m)
    if profile is None:
        if np.isfinite(scale):
            notes.append(Note(_("the normals meet hardly any valid voxel of it")))
        profile, deviations = np.full(len(m.depths_mm), nan), np.full((1, len(m.depths_mm)), nan)
    layer_mm = superficial_mm = (nan, nan)
    if np.isfinite(m.thk_mm):
        layer_mm = tuple(map(float, double_sigmoid.crossings(m.parameters, CORE)))
        above = m.edges_mm[0]
        superficial_mm = (FLUID_SHARE * above, (1 - LAYER_SHARE) * above)
    else:
        notes.append(Note(_("no thickness of the layer is reported")))
    layer, layer_se = _mean_between(m.depths_mm, profile, deviations, layer_mm)
    superficial, superficial_se = _mean_between(m.depths_mm, profile, deviations, superficial_mm)
    window = m.lobe.window if m.lobe and np.isfinite(m.thk_mm) else np.ones(len(m.depths_mm), bool)
    peak, peak_mm = _peak(m.depths_mm[window], profile[window], 1.0 if exam_map.polarity == "bright" else -1.0)
    known = np.isfinite(profile)
    if known.any() and not known.all():
        deepest = m.depths_mm[known][-1]
        notes.append(Note(_("the normals meet valid voxels of it down to {deepest:.1f} mm only"), deepest=deepest))
    elif known.any() and np.isnan(peak):
        notes.append(Note(_("its profile has no peak there")))
    return MapMeasurement(
        map=exam_map,
        profile=profile,
        profile_se=np.sqrt((deviations**2).sum(0)),
        n_normals=int(met.sum()),
        layer_mm=layer_mm,
        superficial_mm=superficial_mm,
        layer=layer,
        layer_se=layer_se,
        superficial=superficial,
        superficial_se=superficial_se,
        white_matter=white_matter / scale,
        white_matter_se=white_matter_se / scale,
        splenium=splenium,
        peak=peak,
        peak_mm=peak_mm,
        notes=tuple(notes),
    )


def _reference(exam_map, roi, affine, notes):
    """A ROI's mean in a map and its standard error; NaN, and a note, where it meets no valid voxel."""
    lowest = roi.indices.min(0)
    mask = np.zeros(roi.indices.max(0) - lowest + 1, bool)
    mask[tuple((roi.indices - lowest).T)] = True
    place = np.array(affine)
    place[:3, 3] += affine[:3, :3] @ lowest
    try:
        indices = roi_from_mask(mask, place, exam_map.image, roi.name).indices
    except ValueError as error:
        notes.append(str(error))
        return float("nan"), float("nan")
    if not np.isfinite(exam_map.image.voxels[tuple(indices.T)]).any():
        every = _("{roi}: every voxel of {image} in it is not a number")
        notes.append(Note(every, roi=roi.name, image=exam_map.image.name))
        return float("nan"), float("nan")
    noise = roi_noise(exam_map.image, indices)
    return noise.mean, noise.standard_error


def _averaged(values, m):
    """Profile and independent contributions to its error at the measurement's depths; (None, None) where too short."""
    profile, _deviations = averaged_profile(values, m.settings.averaging)
    d = int(np.isfinite(profile).sum())
    if d < 3:
        return None, None
    depths, within = m.depths_mm[:d], values[:, :d]
    influence = influence_on(profile[:d], within, m.settings.averaging)
    at_layer = np.ones(d, bool)
    if m.lobe and ((depths >= m.lobe.start_mm) & (depths <= m.lobe.end_mm)).any():
        at_layer = (depths >= m.lobe.start_mm) & (depths <= m.lobe.end_mm)
    noise = profile_noise(within, profile[:d], influence, at_layer, m.settings.normal_spacing_mm)
    deviations = np.full((len(noise.deviations), len(m.depths_mm)), np.nan)
    deviations[:, :d] = noise.deviations
    return profile, deviations


def _mean_between(x, profile, deviations, ends_mm):
    """Mean of a profile between two depths, and its standard error."""
    if not np.isfinite(ends_mm).all():
        return float("nan"), float("nan")
    step = x[1] - x[0]
    count = max(int(np.ceil(_PARTS_OF_A_STEP * (ends_mm[1] - ends_mm[0]) / step)), 1)
    at = (np.linspace(*ends_mm, 2 * count + 1)[1::2] - x[0]) / step
    first = np.clip(at.astype(int), 0, len(x) - 2)
    weights = np.bincount(first, first + 1 - at, len(x)) + np.bincount(first + 1, at - first, len(x))
    used = weights != 0
    weights = weights[used] / count
    return float(weights @ profile[used]), float(np.linalg.norm(deviations[:, used] @ weights))


def _peak(x, profile, sign):
    """Greatest of sign times the profile, and its depth, between samples where three tell it."""
    known = np.isfinite(profile)
    if known.sum() < 3:
        return float("nan"), float("nan")
    x, values = x[known], sign * profile[known]
    inner = np.flatnonzero((values[1:-1] >= values[:-2]) & (values[1:-1] > values[2:])) + 1
    if not len(inner):
        return float("nan"), float("nan")
    top = inner[values[inner].argmax()]
    before, here, after = values[top - 1 : top + 2]
    shift = 0.5 * (before - after) / (before - 2 * here + after)
    return float(sign * (here - 0.25 * (before - after) * shift)), float(x[top] + shift * (x[1] - x[0]))
