"""A region of interest: the voxels of the image whose mean intensity serves as a reference."""

from dataclasses import dataclass

import numpy as np

from ..translation import tr as _
from .image import Image


@dataclass(frozen=True)
class Roi:
    """Voxels of one image.

    Attributes
    ----------
    indices : int array, shape (n, 3)
        Voxel indices (i, j, k) in the image, each once.
    name : str
        What messages call it: a segment's name or a file.
    """

    indices: np.ndarray
    name: str = "ROI"

    def intensities(self, image):
        """Intensities of the ROI's voxels, shape (n,), float, NaN left in."""
        return image.voxels[tuple(self.indices.T)].astype(float)

    def positions(self, image):
        """World positions (RAS, mm) of the ROI's voxel centres, shape (n, 3)."""
        return image.position_of(self.indices)

    def slice_axis(self, image):
        """The image axis along which the slices are stacked that the ROI was drawn on.

        It is the axis on which the ROI is thinnest, and the one of the largest spacing where axes tie.
        """
        slices = np.array([len(np.unique(self.indices[:, axis])) for axis in range(3)])
        return min(range(3), key=lambda a: (slices[a], -image.spacing[a]))

    def slices(self, image):
        """Middle of the ROI's voxels in each of its slices, world RAS in mm, shape (slices, 3), the largest first."""
        of_voxel = self.indices[:, self.slice_axis(image)]
        numbers, counts = np.unique(of_voxel, return_counts=True)
        ordered = numbers[np.argsort(-counts, kind="stable")]
        return np.array([image.position_of(self.indices[of_voxel == number]).mean(0) for number in ordered])

    def in_plane_area(self, image):
        """Area in mm2 that the ROI covers in its slices, all of them added up."""
        axis = self.slice_axis(image)
        first, second = (image.affine[:3, a] for a in range(3) if a != axis)
        return float(len(self.indices) * np.linalg.norm(np.cross(first, second)))


def roi_from_mask(mask, mask_affine, image: Image, name="ROI"):
    """The voxels of the image whose centres lie within a mask that may have a grid of its own.

    Parameters
    ----------
    mask : array, shape (A, B, C)
        Non-zero inside the ROI.
    mask_affine : array, shape (4, 4)
        Mask index -> world RAS in mm.

    Raises
    ------
    ValueError
        If the mask is empty, or covers no voxel of the image.
    """
    inside = np.argwhere(mask)
    if not len(inside):
        raise ValueError(_("{name}: is empty; draw it on the image").format(name=name))
    mask_to_image = np.linalg.inv(image.affine) @ mask_affine
    offset = mask_to_image[:3, 3]
    if np.allclose(mask_to_image[:3, :3], np.eye(3), atol=1e-4) and np.allclose(offset, np.round(offset), atol=1e-2):
        indices = inside + np.round(offset)
    else:
        indices = _voxels_centred_in(mask, inside, mask_to_image, image.voxels.shape)
    kept = ((indices >= 0) & (indices < image.voxels.shape)).all(axis=1)
    if not kept.any():
        raise ValueError(
            _("{name}: covers no voxel of {image}; draw it on this image").format(name=name, image=image.name)
        )
    return Roi(indices[kept].astype(int), name)


def _voxels_centred_in(mask, inside, mask_to_image, shape):
    corners = np.array(np.meshgrid(*zip(inside.min(0) - 0.5, inside.max(0) + 0.5, strict=True))).reshape(3, -1)
    in_image = mask_to_image[:3, :3] @ corners + mask_to_image[:3, 3:]
    # No further than the image goes: a mask on a grid of another size may cover it a million times over.
    lowest = np.clip(np.floor(in_image.min(1)), 0, shape).astype(int)
    highest = np.clip(np.ceil(in_image.max(1)), -1, np.array(shape) - 1).astype(int)
    grid = np.stack(np.meshgrid(*map(np.arange, lowest, highest + 1), indexing="ij"), -1).reshape(-1, 3)
    image_to_mask = np.linalg.inv(mask_to_image)
    # A centre on the border of two mask voxels must not fall to one side by rounding error alone.
    nearest = np.floor(grid @ image_to_mask[:3, :3].T + image_to_mask[:3, 3] + 0.5 + 1e-6)
    legal = ((nearest >= 0) & (nearest < mask.shape)).all(axis=1)
    grid, nearest = grid[legal], nearest[legal].astype(int)
    return grid[mask[tuple(nearest.T)] != 0]
