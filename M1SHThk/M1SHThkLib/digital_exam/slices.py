"""Where the slices of a digital exam lie in the head and in the world, and the voxels of what is drawn on them."""

import math
from dataclasses import dataclass

import numpy as np
from scipy.spatial.transform import Rotation

from ..measuring.roi import Roi
from .acquisition import KSpace
from .anatomy import SPLENIUM

HEAD_CENTRE = (0.0, -18.0)  # mm, x and y
LOWEST_SLICE = 14.0  # mm, z; 60 slices then reach from the splenium to the vertex


@dataclass(frozen=True)
class Slices:
    """Where the slices lie: k-space, centre in the plane (mm), section of each slice, and voxel index -> world."""

    kspace: KSpace
    centre: np.ndarray
    section_of_slice: list[str]
    affine: np.ndarray

    @property
    def axes(self):
        """Positions in mm of the image's columns (to the subject's left) and rows."""
        return self.centre[0] - self.kspace.image_axis, self.centre[1] + self.kspace.image_axis

    @property
    def object_axes(self):
        """The same of the object's finer pixels."""
        return self.centre[0] - self.kspace.object_axes[0], self.centre[1] + self.kspace.object_axes[1]

    def middle(self, section):
        """The slice of a section on which an observer draws."""
        own = [k for k, name in enumerate(self.section_of_slice) if name == section]
        return own[len(own) // 2]

    def roi(self, name, section, centre, half_axes, voxels):
        """The voxels nearest to a centre, as an ellipse of given proportions; at least as many as asked for."""
        x, y = self.axes
        columns, rows = (index.ravel() for index in np.indices((len(x), len(y))))
        radius = np.hypot((x[columns] - centre[0]) / half_axes[0], (y[rows] - centre[1]) / half_axes[1])
        nearest = np.argsort(radius, kind="stable")[: math.ceil(voxels)]
        k = np.full(len(nearest), self.middle(section))
        return Roi(np.stack([columns[nearest], rows[nearest], k], -1), name)

    def mean(self, function, roi):
        """Mean over a ROI of a function of in-plane points."""
        x, y = self.axes
        return function(np.stack([x[roi.indices[:, 0]], y[roi.indices[:, 1]]], -1)).mean()

    def world(self, points, section):
        """In-plane points, shape (n, 2), on a section's middle slice -> world RAS in mm, shape (n, 3)."""
        x, y = self.axes
        columns, rows = (x[0] - points[:, 0]) / self.kspace.pixel_mm, (points[:, 1] - y[0]) / self.kspace.pixel_mm
        indices = np.stack([columns, rows, np.full(len(points), self.middle(section))], -1)
        return indices @ self.affine[:3, :3].T + self.affine[:3, 3]


def prescribe(options, sequence, banks):
    """Slices through the whole head, or the square around what is measured."""
    kspace = KSpace(sequence.field_of_view_mm, sequence.acquired, sequence.reconstructed)
    centre = np.array(HEAD_CENTRE)
    if options.cropped:
        needed = [np.array([SPLENIUM[0]])]
        for bank in banks:
            line = bank.fold.stretch(-bank.length / 2, bank.length / 2)
            needed += [line.points, line.points + 6 * line.normals, bank.white_matter[None]]
        lowest, highest = np.concatenate(needed).min(axis=0) - 8, np.concatenate(needed).max(axis=0) + 8
        # On the lattice of the whole image: both then have the same voxels.
        centre = centre + np.round(((lowest + highest) / 2 - centre) / kspace.pixel_mm) * kspace.pixel_mm
        # Blocks of 16 image pixels are whole numbers of acquired samples at either field strength.
        blocks = math.ceil((highest - lowest).max() / (16 * kspace.pixel_mm))
        acquired = tuple(count * 16 // sequence.reconstructed * blocks for count in sequence.acquired)
        kspace = KSpace(blocks * 16 * kspace.pixel_mm, acquired, blocks * 16)
    shares = np.array_split(np.arange(options.slices), len(options.sections))
    section_of_slice = [section for section, share in zip(options.sections, shares, strict=True) for _ in share]
    return Slices(kspace, centre, section_of_slice, _affine(options, sequence, kspace, centre))


def _affine(options, sequence, kspace, centre):
    """Voxel index -> world; head and slices are tilted together about the middle of the stack."""
    corner = kspace.image_axis[0]
    steps = np.diag([-kspace.pixel_mm, kspace.pixel_mm, sequence.slice_spacing_mm, 1.0])
    steps[:3, 3] = centre[0] - corner, centre[1] + corner, LOWEST_SLICE
    axis = np.array([3.0, 2.0, 1.0]) / math.sqrt(14)
    middle = np.array([*HEAD_CENTRE, LOWEST_SLICE + sequence.slice_spacing_mm * (options.slices - 1) / 2])
    tilt = np.eye(4)
    tilt[:3, :3] = Rotation.from_rotvec(np.radians(options.obliquity) * axis).as_matrix()
    tilt[:3, 3] = middle - tilt[:3, :3] @ middle
    return tilt @ steps
