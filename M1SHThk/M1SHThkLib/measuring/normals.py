"""The normals of a region's pial lines, and the image's intensities along them."""

from dataclasses import dataclass

import numpy as np

from ..translation import tr as _
from .drawn_line import slice_normals
from .pial_line import PialLine, crossing_depths, overlap_mm, smooth_pial_line
from .sampling import sample_normals

# A normal that ends sooner shows no whole cortex: it is left out where the image ends, and is no evidence of absence.
WHOLE_CORTEX_MM = 4.0


@dataclass(frozen=True)
class Normals:
    """The normals of all lines of a region that lie within the image.

    Attributes
    ----------
    lines : tuple of PialLine
    positions, normals : arrays, shape (n, 3)
        World RAS in mm.
    intensities : array, shape (n, d)
        NaN beyond a crossing with another normal, outside the image, and where a voxel is not a number.
    depths_mm : array, shape (d,)
    crossings_mm, ends_mm : arrays, shape (n,)
        Depth at which a normal crosses another, infinite where it does not; and at which its samples end.
    left_out : int
        Normals that leave the image before they have passed the cortex.
    overlap_mm : float
        Length of line that lies over a stretch that another line covers already.
    """

    lines: tuple[PialLine, ...]
    positions: np.ndarray
    normals: np.ndarray
    intensities: np.ndarray
    depths_mm: np.ndarray
    crossings_mm: np.ndarray
    ends_mm: np.ndarray
    left_out: int
    overlap_mm: float

    @property
    def length_mm(self):
        """Length of all lines together."""
        return float(sum(line.length_mm for line in self.lines))


def smooth_lines(region, white_matter, affine, settings):
    """The region's pial lines, smoothed.

    Raises
    ------
    ValueError
        Names the line, what is wrong and what to do.
    """
    if not region.pial_lines:
        raise ValueError(_("{name}: has no pial line; draw one").format(name=region.name))
    return tuple(
        smooth_pial_line(
            points,
            white_matter.positions,
            affine,
            settings.smoothing_length_mm,
            settings.normal_spacing_mm,
            f"pial line of the {region.name}",
        )
        for points in region.pial_lines
    )


def sampled_normals(image, lines, settings, name):
    """The intensities along the normals of pial lines.

    Raises
    ------
    ValueError
        If no normal lies within the image's valid voxels.
    """
    steps = int(np.floor(settings.depth_max_mm / settings.depth_step_mm + 1e-9))
    depths = np.arange(steps + 1) * settings.depth_step_mm
    crossings = np.concatenate([crossing_depths(line, settings.depth_max_mm) for line in lines])
    positions = np.concatenate([line.positions for line in lines])
    normals = np.concatenate([line.normals for line in lines])
    within = depths <= crossings[:, None]
    intensities, outside = sample_normals(image, positions, normals, depths, settings.interpolation, within)
    leaves = (outside & within & (depths <= WHOLE_CORTEX_MM)).any(1)
    if leaves.all():
        raise ValueError(
            _(
                "pial line of the {name}: every normal leaves {image}; draw the line on this image, or sample less deep"
            ).format(name=name, image=image.name)
        )
    present = np.isfinite(intensities)
    kept = ~leaves & present.any(1)
    if not kept.any():
        raise ValueError(
            _("pial line of the {name}: {image} has no valid voxel there; draw it on tissue").format(
                name=name, image=image.name
            )
        )
    ends = np.where(present.all(1), np.inf, depths[present.argmin(1)])
    slices, apart = slice_normals(image.affine)
    return Normals(
        lines,
        positions[kept],
        normals[kept],
        intensities[kept],
        depths,
        crossings[kept],
        ends[kept],
        int((~kept).sum()),
        overlap_mm(lines, apart[np.abs(slices @ lines[0].across).argmax()]),
    )
