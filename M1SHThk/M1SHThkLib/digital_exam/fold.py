"""A fold of the cortex in the plane of a slice: its pial line, normals, and depth beneath it."""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d
from scipy.spatial import cKDTree

NODE_SPACING = 0.05  # mm; nearest-node depth is then exact to spacing^2 / (8 radius), below 0.001 mm at a fundus


@dataclass(frozen=True)
class Fold:
    """A smooth plane curve between cerebrospinal fluid and cortex, as dense nodes.

    Attributes
    ----------
    arc : array, shape (n,)
        Arc length in mm; 0 at the apex.
    points, normals : arrays, shape (n, 2)
        Nodes in mm, and unit normals into the cortex.
    curvature : array, shape (n,)
        In 1/mm; positive over a gyral crown, where the normals converge; negative in a sulcal fundus.
    """

    arc: np.ndarray
    points: np.ndarray
    normals: np.ndarray
    curvature: np.ndarray

    def at(self, arc):
        """Points and normals, shape (m, 2) each, at arc lengths in mm, shape (m,)."""
        points = np.stack([np.interp(arc, self.arc, column) for column in self.points.T], -1)
        normals = np.stack([np.interp(arc, self.arc, column) for column in self.normals.T], -1)
        return points, normals / np.linalg.norm(normals, axis=-1, keepdims=True)

    def stretch(self, first, last):
        """The part of the fold between two arc lengths in mm."""
        kept = (self.arc >= first) & (self.arc <= last)
        return Fold(self.arc[kept], self.points[kept], self.normals[kept], self.curvature[kept])

    def depth(self, points, reach=np.inf):
        """Signed distance of points from the fold: the first of what `locate` gives."""
        return self.locate(points, reach)[0]

    def locate(self, points, reach=np.inf):
        """Where points lie beneath the fold and along it.

        Parameters
        ----------
        points : array, shape (m, 2)
        reach : float
            In mm; beyond it nothing is computed.

        Returns
        -------
        depth : array, shape (m,)
            In mm, positive in the cortex; infinite beyond the reach, and for points whose nearest node is an end of
            the fold: these lie beside the fold, neither above nor beneath it.
        arc : array, shape (m,)
            Arc length in mm of the nearest node; without meaning where the depth is infinite.
        """
        distance, node = cKDTree(self.points).query(points, distance_upper_bound=reach)
        beside = ~np.isfinite(distance) | (node == 0) | (node == len(self.arc) - 1)
        node = np.where(beside, 0, node)
        offset = np.einsum("ij,ij->i", points - self.points[node], self.normals[node])
        return np.where(beside, np.inf, offset), self.arc[node]

    def level(self, depth):
        """The line of one depth, shape (k, 2): the parallel curve without the loops that it forms past its centres.

        `depth`, in mm, may be an array with a value for each node; a border that slopes lies a little nearer.
        """
        parallel = self.points + np.reshape(depth, (-1, 1)) * self.normals
        distance, _ = cKDTree(self.points).query(parallel)
        slack = 0.03 * np.abs(depth) if np.ndim(depth) else 1e-3
        return parallel[distance > np.abs(depth) - slack]


def fold(turns, length, apex, inward, mirrored=False):
    """A fold from its turns, symmetric about its apex, smoothed so that the curvature changes gradually.

    Parameters
    ----------
    turns : sequence of (length in mm, curvature in 1/mm)
        From the apex outwards; straight beyond the last.
    length : float
        Length in mm of the whole fold.
    apex, inward : arrays, shape (2,)
        Where the apex lies, in mm, and the direction of its normal.
    mirrored : bool
        Run along the fold in the other direction (a left hemisphere's fold is the mirror image of the right's).
    """
    half = np.arange(0, length / 2, NODE_SPACING)
    arc = np.concatenate([-half[:0:-1], half])
    ends = np.cumsum([part for part, _ in turns])
    piece = np.searchsorted(ends, np.abs(arc), side="right")
    curvature = np.append([bend for _, bend in turns], 0.0)[piece]
    curvature = gaussian_filter1d(curvature, 0.7 / NODE_SPACING, mode="nearest")  # 0.7 mm
    middle = len(half) - 1
    angle = _integral(curvature, middle)
    x, y = _integral(np.cos(angle), middle), _integral(np.sin(angle), middle)
    depthwards = np.asarray(inward, float) / np.linalg.norm(inward)
    along = np.array([depthwards[1], -depthwards[0]]) * (-1 if mirrored else 1)
    frame = np.stack([along, depthwards])
    points = np.asarray(apex) + np.stack([x, y], -1) @ frame
    normals = np.stack([-np.sin(angle), np.cos(angle)], -1) @ frame
    return Fold(arc, points, normals, curvature)


def _integral(values, middle):
    steps = (values[1:] + values[:-1]) / 2 * NODE_SPACING
    total = np.concatenate([[0.0], np.cumsum(steps)])
    return total - total[middle]
