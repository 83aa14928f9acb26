"""An image: voxel intensities and where they lie in the world."""

from dataclasses import dataclass

import numpy as np

from ..translation import tr as _


@dataclass(frozen=True)
class Image:
    """A 3D image in world coordinates.

    Attributes
    ----------
    voxels : array, shape (I, J, K)
        Intensities of any real type; they are never copied as a whole.
    affine : array, shape (4, 4)
        Voxel index (i, j, k) -> world RAS in mm; oblique, anisotropic, flipped and sheared grids are all legal.
    name : str
        What messages call it: a file or a node.
    echoes : int
        How many echoes it is the mean of: each was that much noisier.
    in_scanner_frame : bool
        Whether the world's z axis is the scanner's, hence the static field's: not under a transform, nor where a file
        says that it was aligned to something else, or nothing.

    Raises
    ------
    ValueError
        If the voxels are not 3D or the affine cannot be inverted.
    """

    voxels: np.ndarray
    affine: np.ndarray
    name: str = "image"
    echoes: int = 1
    in_scanner_frame: bool = True

    def __post_init__(self):
        affine = np.array(self.affine, float)
        if self.voxels.ndim != 3:
            raise ValueError(
                _("{name}: has {dimensions} dimensions; a 3D image is needed").format(
                    name=self.name, dimensions=self.voxels.ndim
                )
            )
        if affine.shape != (4, 4) or not np.isfinite(affine).all() or abs(np.linalg.det(affine)) < 1e-12:
            raise ValueError(
                _("{name}: its orientation matrix cannot be inverted; save it again with a valid one").format(
                    name=self.name
                )
            )
        affine.setflags(write=False)
        object.__setattr__(self, "affine", affine)

    @property
    def spacing(self):
        """Distance between neighbouring voxels along i, j and k in mm, shape (3,)."""
        return np.linalg.norm(self.affine[:3, :3], axis=0)

    def index_of(self, points):
        """Continuous voxel indices, shape (..., 3), of world points (RAS, mm), shape (..., 3)."""
        inverse = np.linalg.inv(self.affine)
        return np.asarray(points) @ inverse[:3, :3].T + inverse[:3, 3]

    def position_of(self, indices):
        """World points (RAS, mm), shape (..., 3), of voxel indices, shape (..., 3)."""
        return np.asarray(indices) @ self.affine[:3, :3].T + self.affine[:3, 3]
