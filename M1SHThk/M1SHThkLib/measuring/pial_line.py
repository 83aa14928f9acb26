"""The pial line: the observer's control points -> a smooth line, equal-arc-length samples and inward normals.

Source: Donatelli et al., AJNR 2018;39:63: the drawn interface "is interpolated by the software with a spline function
to make it smoother. The directions normal to the spline are computed".
"""

from dataclasses import dataclass

import numpy as np
from scipy.interpolate import CubicSpline, PPoly
from scipy.linalg.lapack import dpbsv

# Points this close to a plane of voxels were drawn on it; a shorter distance between points is one point.
ON_SLICE_MM = 0.05
COINCIDENT_MM = 1e-3
# Points within this distance (root mean square) of a straight line do not determine a plane.
STRAIGHT_MM = 0.1
LARGEST_DISTANCE_FROM_PLANE_MM = 2.0
_DENSE_STEP_MM = 0.05
# So many voxels of the white-matter ROI say on which side it lies.
_MOST_VOTES = 25


@dataclass(frozen=True)
class PialLine:
    """A smoothed pial line, sampled at equal arc length.

    Attributes
    ----------
    positions, normals : arrays, shape (n, 3)
        World RAS in mm; the normals have unit length, lie in the line's plane and point to the white matter.
    length_mm : float
    """

    positions: np.ndarray
    normals: np.ndarray
    length_mm: float


def smooth_pial_line(points, white_matter, slice_normals=(), smoothing_mm=0.1, spacing_mm=0.2, name="pial line"):
    """Smooth a drawn line and erect its normals.

    Parameters
    ----------
    points : array, shape (n, 3)
        Control points in drawing order (either direction), world RAS in mm; coincident neighbours count once.
    white_matter : array, shape (m, 3)
        Positions of the white-matter ROI's voxels, world RAS in mm; normals point to their side of the line.
    slice_normals : sequence of arrays, shape (3,)
        Normals of the image's own slice planes: a line drawn on one of them lies in it exactly.
    smoothing_mm : float
        Root-mean-square distance that the spline may keep from the points; 0 passes through them.
    spacing_mm : float
        Distance between normals; the nearest that divides the line's length equally is used.
    name : str
        What messages call the line.

    Raises
    ------
    ValueError
        With fewer than two distinct points, points that are not finite, or points far from any common plane.
    """
    points = distinct_points(points, name)
    origin, across = _plane(points, np.asarray(white_matter, float), slice_normals, name)
    axes = _in_plane_axes(points, across)
    drawn, inside = (points - origin) @ axes.T, (white_matter - origin) @ axes.T
    positions, tangents, length = _equal_arc_length(_smoothing_spline(drawn, smoothing_mm), spacing_mm)
    normals = np.stack([-tangents[:, 1], tangents[:, 0]], -1)
    normals *= _side_of(inside, positions, normals)
    return PialLine(origin + positions @ axes, normals @ axes, length)


def distinct_points(points, name="pial line"):
    """The points without coincident neighbours, shape (n, 3).

    Raises
    ------
    ValueError
        With fewer than two distinct points, or points that are not finite.
    """
    points = np.asarray(points, float).reshape(-1, 3)
    if not np.isfinite(points).all():
        raise ValueError(f"{name}: has control points that are not finite numbers; draw it again")
    if len(points):
        apart = np.linalg.norm(np.diff(points, axis=0), axis=1) > COINCIDENT_MM
        points = points[np.concatenate([[True], apart])]
    if len(points) < 2:
        count = "one control point" if len(points) == 1 else "no control points"
        raise ValueError(f"{name}: has {count}; draw the line with three or more")
    return points


def crossing_depths(line, depth_max_mm):
    """Depth (mm) at which each normal leaves its own territory, shape (n,); infinite where it does not.

    Where two normals cross, the tissue beyond belongs to the other one's side of the fold for the normal that came the
    longer way (both, where they come equally far, as above the centre of a circle).
    """
    across = np.cross(line.normals[0], _first_direction(line.positions))
    axes = _in_plane_axes(line.positions, across / np.linalg.norm(across))
    p, n = (line.positions - line.positions[0]) @ axes.T, line.normals @ axes.T
    # Every third normal stands for its neighbours: where normals converge, many cross at nearly the same depth.
    others = np.append(np.arange(0, len(p) - 1, 3 if len(p) > 12 else 1), len(p) - 1)
    q, m = p[others], n[others]
    depths = np.full(len(p), np.inf)
    tolerance = 0.5 * line.length_mm / max(len(q) - 1, 1)
    rows = max(1, 100_000 // len(q))
    for begin in range(0, len(p), rows):
        part = slice(begin, begin + rows)
        apart_x, apart_y = q[:, 0] - p[part, 0, None], q[:, 1] - p[part, 1, None]
        turn = n[part, 0, None] * m[:, 1] - n[part, 1, None] * m[:, 0]
        with np.errstate(divide="ignore", invalid="ignore"):
            own = (apart_x * m[:, 1] - apart_y * m[:, 0]) / turn
            other = (apart_x * n[part, 1, None] - apart_y * n[part, 0, None]) / turn
            crosses = (own > 1e-9) & (own <= depth_max_mm) & (other >= 0) & (other <= own + tolerance)
        depths[part] = np.where(crosses, own, np.inf).min(axis=1)
    return depths


def _first_direction(positions):
    return positions[1] - positions[0]


def _plane(points, white_matter, slice_normals, name):
    """A point of the line's plane and the plane's unit normal."""
    origin = points.mean(0)
    offsets = points - origin
    beneath = white_matter.mean(0) - origin
    slices = [normal for normal in slice_normals if np.abs(offsets @ normal).max() <= ON_SLICE_MM]
    if slices:
        return origin, min(slices, key=lambda normal: round(abs(beneath @ normal), 6))
    squares, directions = np.linalg.eigh(offsets.T @ offsets / len(points))
    thinnest, longest = directions[:, 0], directions[:, 2]
    if len(points) < 3 or squares[1] < STRAIGHT_MM**2:
        across = np.cross(longest, beneath)
        if np.linalg.norm(across) < 1e-6:
            raise ValueError(f"{name}: runs straight at its white-matter ROI; draw it along the cortex")
        return origin, across / np.linalg.norm(across)
    farthest = np.abs(offsets @ thinnest).max()
    if farthest > LARGEST_DISTANCE_FROM_PLANE_MM:
        raise ValueError(f"{name}: its points lie up to {farthest:.1f} mm off a common plane; draw it on one slice")
    return origin, thinnest


def _in_plane_axes(points, across):
    """Two orthonormal directions of the plane with unit normal `across`, shape (2, 3)."""
    along = points[np.argmax(np.linalg.norm(points - points[0], axis=1))] - points[0]
    along = along - (along @ across) * across
    along /= np.linalg.norm(along)
    return np.stack([along, np.cross(across, along)])


def _smoothing_spline(points, smoothing_mm):
    """Natural cubic spline of chord length that bends least within an r.m.s. distance from the points, shape (n, 2).

    Reinsch, Numer Math 1967;10:177: minimise the integral of |c''|^2 subject to mean |c(t_i) - p_i|^2 <= tolerance^2.
    """
    t = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))])
    if smoothing_mm == 0 or len(points) < 3:
        return CubicSpline(t, points, bc_type="natural")
    h = np.diff(t)
    count = len(t) - 2
    bend = np.zeros((3, count))
    bend[2] = (h[:-1] + h[1:]) / 3
    bend[1, 1:] = h[1:-1] / 6
    q = np.stack([1 / h[:-1], -1 / h[:-1] - 1 / h[1:], 1 / h[1:]])
    pull = np.zeros((3, count))
    pull[2] = (q**2).sum(0)
    pull[1, 1:] = q[1, :-1] * q[0, 1:] + q[2, :-1] * q[1, 1:]
    pull[0, 2:] = q[2, :-2] * q[0, 2:]
    kinks = np.diff(np.diff(points, axis=0) / h[:, None], axis=0)

    def smoothed(stiffness):
        """How far the spline lies from each point, and its second derivative at the inner ones."""
        _, second, _ = dpbsv(bend + stiffness * pull, kinks)
        moved = np.zeros_like(points)
        moved[:-2] += q[0][:, None] * second
        moved[1:-1] += q[1][:, None] * second
        moved[2:] += q[2][:, None] * second
        return stiffness * moved, second

    def excess(log_stiffness):
        moved, _ = smoothed(np.exp(log_stiffness))
        # The distance grows by powers of the stiffness: its logarithm is nearly a straight line.
        return 0.5 * np.log((moved**2).sum() / len(points) + 1e-300) - np.log(smoothing_mm)

    # The stiffness has the unit mm^3: between next to none and a straight line for points this far apart.
    loosest, stiffest = 3 * np.log(h.min()) - 20.0, 3 * np.log(t[-1]) + 16.0
    if excess(stiffest) <= 0:
        stiffness = np.exp(stiffest)
    elif excess(loosest) >= 0:
        stiffness = 0.0
    else:
        stiffness = np.exp(_rising_root(excess, loosest, stiffest))
    moved, second = smoothed(stiffness)
    return _natural_spline(t, points - moved, second)


def _natural_spline(t, points, second):
    """The natural cubic spline through points, shape (n, 2), from its second derivatives at the inner ones."""
    h, bend = np.diff(t)[:, None], np.zeros_like(points)
    bend[1:-1] = second
    slopes = np.diff(points, axis=0) / h - h * (2 * bend[:-1] + bend[1:]) / 6
    return PPoly(np.stack([np.diff(bend, axis=0) / (6 * h), bend[:-1] / 2, slopes, points[:-1]]), t)


def _rising_root(function, low, high, tolerance=1e-7):
    """Root of a rising function between points where it is negative and positive: the Illinois method.

    Dowell & Jarratt, BIT 1971;11:168.
    """
    at_low, at_high = function(low), function(high)
    side = 0
    for _ in range(100):
        middle = (low * at_high - high * at_low) / (at_high - at_low)
        value = function(middle)
        if abs(value) < tolerance:
            return middle
        if value < 0:
            low, at_low = middle, value
            at_high = at_high / 2 if side < 0 else at_high
            side = -1
        else:
            high, at_high = middle, value
            at_low = at_low / 2 if side > 0 else at_low
            side = 1
    return middle


def _equal_arc_length(spline, spacing_mm):
    """Positions (n, 2), unit tangents (n, 2) and length (mm) of a planar curve."""
    end = spline.x[-1]
    t = np.linspace(0.0, end, int(np.clip(end / _DENSE_STEP_MM, 200, 20000)) + 1)
    speed = np.sqrt((spline(t, 1) ** 2).sum(1))
    travelled = np.concatenate([[0.0], np.cumsum((speed[1:] + speed[:-1]) * (t[1] / 2))])
    length = float(travelled[-1])
    count = max(round(length / spacing_mm), 1) + 1
    at = np.interp(np.linspace(0.0, length, count), travelled, t)
    tangents = spline(at, 1)
    return spline(at), tangents / np.linalg.norm(tangents, axis=1, keepdims=True), length


def _side_of(inside, positions, normals):
    """+1 where most of the ROI lies on the side that the normals point to, -1 where it lies on the other."""
    inside = inside[:: -(-len(inside) // _MOST_VOTES)]
    nearest = ((inside[:, None, :] - positions[None, :, :]) ** 2).sum(-1).argmin(1)
    beside = (nearest > 0) & (nearest < len(positions) - 1)
    if beside.any():
        inside, nearest = inside[beside], nearest[beside]
    heights = ((inside - positions[nearest]) * normals[nearest]).sum(-1)
    votes = np.sign(heights).sum()
    return 1.0 if (votes if votes else heights.sum()) >= 0 else -1.0
