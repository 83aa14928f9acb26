"""What a hand drew, before anything is smoothed: the slice it was drawn on, and whether the points make one line."""

from dataclasses import dataclass

import numpy as np

from ..translation import tr as _

# Points this close to a plane of voxels were drawn on it; a shorter distance between points is one point.
ON_SLICE_MM = 0.05
COINCIDENT_MM = 1e-3
# Points within this distance (root mean square) of a straight line do not determine a plane.
STRAIGHT_MM = 0.1
# A point further off was not meant for this line; neighbouring slices may lie further apart.
LARGEST_DISTANCE_FROM_SLICE_MM = 2.0
LARGEST_DISTANCE_IN_SLICES = 1.5
# A hand turns back by more than this only by mistake. Shorter steps are tremor.
DOUBLED_BACK_DEGREES, TREMOR_MM = 120.0, 0.75


@dataclass(frozen=True)
class DrawnLine:
    """A drawn line in its plane.

    Attributes
    ----------
    points : array, shape (n, 3)
        In drawing order, projected onto the plane, coincident neighbours once; world RAS in mm.
    across : array, shape (3,)
        The plane's unit normal.
    n_off_slice : int
        How many of them were drawn off the plane.
    off_slice_mm : float
        How far the farthest of them lay off.
    """

    points: np.ndarray
    across: np.ndarray
    n_off_slice: int
    off_slice_mm: float

    @property
    def doubles_back(self):
        """Whether the points turn back on themselves: swapped, or drawn forth and back; steps of tremor aside."""
        kept = [self.points[0]]
        for point in self.points[1:]:
            if np.linalg.norm(point - kept[-1]) >= TREMOR_MM:
                kept.append(point)
        steps = np.diff(kept, axis=0)
        steps /= np.linalg.norm(steps, axis=1, keepdims=True)
        turns = np.einsum("ij,ij->i", steps[1:], steps[:-1])
        return bool((turns < np.cos(np.radians(DOUBLED_BACK_DEGREES))).any())


def drawn_line(points, white_matter, affine, name="pial line"):
    """A drawn line, on the slice on which it was drawn.

    The plane is the image's slice on which most of the points lie; the others are projected onto it. Where no slice
    holds half of them, it is the oblique plane that holds all (and the white matter, for a straight line), or else the
    slice nearest to them.

    Parameters
    ----------
    points : array, shape (n, 3)
        Control points in drawing order, world RAS in mm.
    white_matter : array, shape (m, 3)
        Positions of the white-matter ROI's voxels: a straight line lies on many slices, and white matter beneath it
        tells which.
    affine : array, shape (4, 4)
        The image's voxel index -> world RAS in mm.
    name : str
        What messages call the line.

    Raises
    ------
    ValueError
        With fewer than two distinct points, points that are not finite, or points far from any common slice.
    """
    points = distinct_points(points, name)
    origin, across, apart = _plane(points, np.asarray(white_matter, float), affine, name)
    off = (points - origin) @ across
    farthest = float(np.abs(off).max())
    if farthest > max(LARGEST_DISTANCE_FROM_SLICE_MM, LARGEST_DISTANCE_IN_SLICES * apart):
        raise ValueError(
            _("{name}: its points lie up to {farthest:.1f} mm off a common slice; draw it on one slice").format(
                name=name, farthest=farthest
            )
        )
    projected = distinct_points(points - off[:, None] * across, name)
    return DrawnLine(projected, across, int((np.abs(off) > ON_SLICE_MM).sum()), farthest)


def distinct_points(points, name="pial line"):
    """The points without coincident neighbours, shape (n, 3).

    Raises
    ------
    ValueError
        With fewer than two distinct points, or points that are not finite.
    """
    points = np.asarray(points, float).reshape(-1, 3)
    if not np.isfinite(points).all():
        raise ValueError(_("{name}: has control points that are not finite numbers; draw it again").format(name=name))
    if len(points):
        apart = np.linalg.norm(np.diff(points, axis=0), axis=1) > COINCIDENT_MM
        points = points[np.concatenate([[True], apart])]
    if len(points) < 2:
        count = _("one control point") if len(points) == 1 else _("no control points")
        raise ValueError(_("{name}: has {count}; draw the line with three or more").format(name=name, count=count))
    return points


def _plane(points, white_matter, affine, name):
    """A point of the line's plane, the plane's unit normal, and the distance in mm between such slices."""
    slices, apart = slice_normals(affine)
    heights = points @ slices.T
    beneath = white_matter.mean(0) - points.mean(0)
    level, count = zip(*(_most_common_level(along) for along in heights.T), strict=True)
    level, count = np.array(level), np.array(count)
    (drawn_on,) = np.nonzero(2 * count >= len(points))
    if len(drawn_on):
        # A straight line lies on slices of several directions; normals that reach white matter lie in only one of them.
        axis = min(drawn_on, key=lambda a: (round(abs(beneath @ slices[a]) / np.linalg.norm(beneath), 2), -count[a]))
        return level[axis] * slices[axis], slices[axis], apart[axis]
    origin = points.mean(0)
    squares, directions = np.linalg.eigh(np.cov(points.T, bias=True))
    is_straight = len(points) < 3 or squares[1] < STRAIGHT_MM**2
    if not is_straight and np.abs((points - origin) @ directions[:, 0]).max() <= ON_SLICE_MM:
        return origin, directions[:, 0], 0.0
    axis = int(np.argmin(heights.std(0) / apart))
    if is_straight and heights[:, axis].std() > apart[axis]:
        across = np.cross(directions[:, 2], beneath)
        if np.linalg.norm(across) < 1e-6:
            raise ValueError(
                _("{name}: runs straight at its white-matter ROI; draw it along the cortex").format(name=name)
            )
        return origin, across / np.linalg.norm(across), 0.0
    first = np.asarray(affine)[:3, 3] @ slices[axis]
    nearest = first + np.round((np.median(heights[:, axis]) - first) / apart[axis]) * apart[axis]
    return nearest * slices[axis], slices[axis], apart[axis]


def slice_normals(affine):
    """Unit normals of the image's planes of constant i, j and k, shape (3, 3), and how far these lie apart in mm."""
    steps = np.linalg.inv(np.asarray(affine)[:3, :3])
    lengths = np.sqrt((steps**2).sum(1))
    return steps / lengths[:, None], 1 / lengths


def _most_common_level(heights):
    """The height near which most of the points lie, and how many do."""
    near = np.abs(heights[:, None] - heights) <= ON_SLICE_MM
    counts = near.sum(1)
    best = counts.argmax()
    return heights[near[best]].mean(), counts[best]
