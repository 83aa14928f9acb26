"""What a digital exam's measurement must give: the profile of known layers, seen through the scanner's point spread.

Nothing here samples an image. The blurred image of a region is the integral of the point spread over it, which the
divergence theorem turns into one along its border: each layer's border is followed, and its step responses added up.
"""

from dataclasses import asdict, dataclass
from functools import partial

import numpy as np

from ..measuring.hypointensity import find_lobe
from ..measuring.layer import find_layer
from ..measuring.settings import Settings
from .acquisition import KSpace
from .anatomy import borders_along
from .fold import Fold
from .lean import UPRIGHT, Lean
from .tissue import Tissue
from .vein import Vein

NORMAL_SPACING = 0.5  # mm; the blurred intensities change slowly along the line
FAR = 100.0  # mm, where the borders are closed


def mean_of_echoes(intensities):
    """The default combination of echoes: the mean over the last axis."""
    return np.mean(intensities, axis=-1)


@dataclass(frozen=True)
class RegionTruth:
    """One region's truth, free of noise. Intensities have one value an echo until they are combined.

    Attributes
    ----------
    hemisphere, region : str
    fold : Fold
        The true pial line; `length` mm of it about the apex are drawn.
    length : float
    layers : tuple of (depth in mm, Tissue)
        Each layer's superficial border and tissue, from above the cortex to beneath it.
    undulation : array, shape (n,)
        See `anatomy.Bank`.
    veins : tuple of Vein
    layer_intensities, bloomed_intensities : arrays, shape (layers, echoes)
        The latter close to a vein.
    vein_intensities : array, shape (echoes,)
    white_matter_intensities : array, shape (echoes,)
        Of the white matter beneath the region, at its ROI: what W ought to be.
    roi_intensities : array, shape (echoes,)
        Expected mean of the white-matter ROI; differs from the former by the exam's white-matter bias.
    splenium_intensities : array, shape (echoes,)
    kspace : KSpace
    sensitivity : callable
        In-plane points, shape (..., 2) -> receive sensitivity.
    dark_layer : bool
        Whether the deep layers were made darker than white matter: where not, SH is 0, whatever the profile's ripples.
    lean : Lean
        Through the slices.
    """

    hemisphere: str
    region: str
    fold: Fold
    length: float
    layers: tuple[tuple[float, Tissue], ...]
    undulation: np.ndarray
    veins: tuple[Vein, ...]
    layer_intensities: np.ndarray
    bloomed_intensities: np.ndarray
    vein_intensities: np.ndarray
    white_matter_intensities: np.ndarray
    roi_intensities: np.ndarray
    splenium_intensities: np.ndarray
    kspace: KSpace
    sensitivity: object
    dark_layer: bool = True
    lean: Lean = UPRIGHT

    @property
    def deep_layer_mm(self):
        """Mean depths across the cortex of the borders of M1's deep layers; they need not be dark."""
        return self.layers[self._deep][0], self.layers[self._deep + 1][0]

    @property
    def _deep(self):
        return next(n for n, (_, tissue) in enumerate(self.layers) if tissue.name == "deep_cortex")

    def dip(self, combine=mean_of_echoes):
        """How far the deep layers are darker than white matter, relative to the splenium, before any blur."""
        deep = float(combine(self.layer_intensities[self._deep]))
        return (self.white_matter(combine) - deep) / self.splenium(combine)

    def profile(self, depths, combine=mean_of_echoes):
        """Averaged intensity along the normals of the true pial line.

        Parameters
        ----------
        depths : array, shape (d,)
            In mm, positive into the cortex.
        combine : callable
            Intensities, shape (..., echoes) -> shape (...).

        Returns
        -------
        array, shape (d,)
        """
        depths = np.asarray(depths, float)
        count = max(1, round(self.length / NORMAL_SPACING))
        arc = ((np.arange(count) + 0.5) / count - 0.5) * self.length
        origins, normals = self.fold.at(arc)
        points = origins[:, None] + depths[:, None] * normals[:, None]
        reach = np.arange(-8, 8, 0.01)  # mm; beyond, the filtered step has settled
        edges = [partial(np.interp, xp=reach, fp=self.kspace.edge(axis, reach), left=0, right=1) for axis in (0, 1)]
        intensities = sum(
            weight * self._blurred_at(height, points, edges)
            for height, weight in zip(*self.lean.heights_within_slice(), strict=True)
        )
        # The point spread's undershoot beside a black vein can turn the signal; an image shows magnitudes.
        return combine(np.abs(intensities * self.sensitivity(points)[..., None])).mean(axis=0)

    def white_matter(self, combine=mean_of_echoes):
        """W as it ought to be: that of the white matter beneath the region."""
        return float(combine(self.white_matter_intensities))

    def white_matter_roi(self, combine=mean_of_echoes):
        """W as the ROI gives it."""
        return float(combine(self.roi_intensities))

    def splenium(self, combine=mean_of_echoes):
        """S."""
        return float(combine(self.splenium_intensities))

    def hypointensity(self, depths, combine=mean_of_echoes):
        """(W - P) / S at depths in mm, with the W that ought to be."""
        return (self.white_matter(combine) - self.profile(depths, combine)) / self.splenium(combine)

    def layer(self, settings=None):
        """What the definition of SH and Thk gives on the analytic profile: a Layer, with `height` and `edges_mm`."""
        settings = settings or Settings()
        steps = int(np.floor(settings.depth_max_mm / settings.depth_step_mm + 1e-9))
        depths = np.arange(steps + 1) * settings.depth_step_mm
        h = self.hypointensity(depths)
        lobe = find_lobe(depths, h, settings.lobe_fraction, settings.window_fraction)
        return find_layer(depths, h, np.zeros((1, len(depths))), lobe, settings)

    def to_dict(self):
        """As plain JSON data."""
        depths = np.round(np.arange(0, 8.01, 0.1), 2)
        half = self.length / 2
        arc = np.linspace(-half, half, round(self.length) + 1)
        superficial, deep = self.deep_layer_mm
        return {
            "hemisphere": self.hemisphere,
            "region": self.region,
            "line_length_mm": self.length,
            "smallest_radius_mm": float(1 / np.abs(self.fold.stretch(-half, half).curvature).max()),
            "layers": [
                {
                    "tissue": tissue.name,
                    "from_depth_mm": None if np.isinf(border) else border,
                    "proton_density": tissue.proton_density,
                    "t1_ms": tissue.t1_ms,
                    "r2star_per_s": tissue.r2star_per_s,
                    "mean_intensity": float(mean_of_echoes(intensities)),
                }
                for (border, tissue), intensities in zip(self.layers, self.layer_intensities, strict=True)
            ],
            "deep_layer_mm": [superficial, deep],
            "deep_layer_thickness_mm": deep - superficial,
            "deep_layer_in_slice_mm": float(np.diff(self.lean.in_slice([superficial, deep], 0.0))[0]),
            "dip": self.dip() if self.dark_layer else 0.0,
            "tilt_deg": self.lean.tilt_degrees,
            "tilt_change_deg_per_mm": self.lean.change_degrees_per_mm,
            "arc_mm": arc.tolist(),
            "superficial_variation_mm": np.interp(arc, self.fold.arc, self.undulation).tolist(),
            "veins": [asdict(vein) for vein in self.veins],
            "dark_layer": self.dark_layer,
            **self._marker(),
            "white_matter_intensity": self.white_matter(),
            "white_matter_roi_intensity": self.white_matter_roi(),
            "splenium_intensity": self.splenium(),
            "depth_mm": depths.tolist(),
            "profile": self.profile(depths).tolist(),
        }

    def _marker(self):
        """SH, Thk and SH/Thk; None where there is none: JSON has no nan."""
        if not self.dark_layer:
            return {"sh": 0.0, "thk_mm": None, "sh_thk_per_mm": 0.0}
        layer = self.layer()
        if layer.lobe is None:
            return dict.fromkeys(("sh", "thk_mm", "sh_thk_per_mm"))
        thickness = layer.edges_mm[1] - layer.edges_mm[0]
        return {"sh": layer.height, "thk_mm": thickness, "sh_thk_per_mm": layer.height / thickness}

    def _blurred_at(self, height, points, edges):
        """The blurred image of what lies at one height in mm, at points of shape (n, d, 2): shape (n, d, echoes)."""
        recedes = self.lean.recedes(height)
        borders = borders_along(self, height)
        steps = np.stack([self._beyond(border, recedes, points, edges) for border in borders[1:]], -1)
        intensities = self.layer_intensities[0] + steps @ np.diff(self.layer_intensities, axis=0)
        for vein in self.veins:
            intensities += self._of_vein(vein, recedes, borders, points, edges)
        return intensities

    def _of_vein(self, vein, recedes, borders, points, edges):
        """What a vein adds to the blurred image, at points of shape (n, d, 2): shape (n, d, echoes)."""
        added = 0.0
        beneath = (*borders[1:], lambda arc: np.full(np.shape(arc), np.inf))
        for number, bounds in enumerate(zip(borders, beneath, strict=True)):
            own, darkened = self.layer_intensities[number], self.bloomed_intensities[number]
            before = own
            if vein.blooming_mm:
                outline = self._in_plane(vein.outline(*bounds, beyond_mm=vein.blooming_mm), recedes)
                added = added + _blurred(outline, points, edges)[..., None] * (darkened - own)
                before = darkened
            outline = self._in_plane(vein.outline(*bounds), recedes)
            added = added + _blurred(outline, points, edges)[..., None] * (self.vein_intensities - before)
        return added

    def _in_plane(self, places, recedes):
        """Arc lengths, and depths beneath a pial line that recedes by so much, shape (k, 2), as points of the plane."""
        positions, normals = self.fold.at(places[:, 0])
        return positions + (recedes + places[:, 1:]) * normals

    def _beyond(self, border, recedes, points, edges):
        """Blurred image, at points of shape (n, d, 2), of the half-plane beyond a border."""
        depth = recedes + border(self.fold.arc)
        # Chords of 0.1 mm lie within 0.001 mm of a fundus.
        line = self.fold.level(depth[0] if np.ptp(depth) == 0 else depth)[::2]
        # Closed far beneath, in steps short enough for a slanting side to pass as many upright ones.
        beneath = np.outer(np.arange(1.0, FAR), self.fold.at(np.zeros(1))[1][0])
        return _blurred(np.concatenate([line, line[-1] + beneath, line[0] + beneath[::-1], line[:1]]), points, edges)


def _blurred(outline, points, edges):
    """Blurred image, at points of shape (n, d, 2), of a shape that is 1 within its outline, shape (k, 2), and 0 beyond.

    `edges` are the image's responses to unit steps across x and across y: the point spread's integrals.
    """
    middle = (outline[1:, 0] + outline[:-1, 0]) / 2
    response = np.empty(points.shape[:2])
    for number, along_normal in enumerate(points):
        across_x = edges[0](along_normal[:, :1] - middle)
        across_y = edges[1](along_normal[:, 1:] - outline[:, 1])
        response[number] = np.einsum("ij,ij->i", across_x, np.diff(across_y, axis=1))
    area = np.sum(outline[:-1, 0] * outline[1:, 1] - outline[1:, 0] * outline[:-1, 1])
    return response * np.sign(area)
