"""The pial line: the observer's control points -> a smooth line, equal-arc-length samples and inward normals.

Source: Donatelli et al., AJNR 2018;39:63: the drawn interface "is interpolated by the software with a spline function
to make it smoother. The directions normal to the spline are computed".
"""

from dataclasses import dataclass

import numpy as np

from .drawn_line import DrawnLine, drawn_line
from .smoothing import smooth_curve

# Points that the line through every other one misses by more (root mean square) are needed, and so would be others.
MISSED_MM = 0.8
FEWEST_POINTS = 4
# Over so short a stretch no cortex turns back.
FOLDED_DEGREES, FOLDED_WITHIN_MM = 120.0, 2.0
# Lines of one region this close to each other, running the same way, measure the same stretch of cortex.
SAME_STRETCH_MM = 1.0
# Lines that meet end to end come so close over that stretch, and a little more where their ends share a click.
SHORTEST_OVERLAP_MM = 2.0
_DENSE_STEP_MM, _FEWEST_STEPS = 0.1, 200
# So many voxels of the white-matter ROI say on which side it lies.
_MOST_VOTES = 25
_RIGHT_ANGLE = np.array([[0.0, -1.0], [1.0, 0.0]])


@dataclass(frozen=True)
class PialLine:
    """A smoothed pial line, sampled at equal arc length.

    Attributes
    ----------
    positions, normals : arrays, shape (n, 3)
        World RAS in mm; the normals have unit length, lie in the line's plane and point to the white matter.
    length_mm : float
    is_folded : bool
        Whether the smooth line crosses itself or turns back, as no pial surface does.
    drawn : DrawnLine
        What it was smoothed from.
    """

    positions: np.ndarray
    normals: np.ndarray
    length_mm: float
    is_folded: bool
    drawn: DrawnLine

    @property
    def across(self):
        """Unit normal of the line's plane, shape (3,)."""
        return self.drawn.across


def smooth_pial_line(points, white_matter, affine, smoothing_length_mm=5.0, spacing_mm=0.2, name="pial line"):
    """Smooth a drawn line and erect its normals.

    Parameters
    ----------
    points : array, shape (n, 3)
        Control points in drawing order (either direction), world RAS in mm; coincident neighbours count once.
    white_matter : array, shape (m, 3)
        Positions of the white-matter ROI's voxels, world RAS in mm; normals point to their side of the line.
    affine : array, shape (4, 4)
        The image's voxel index -> world RAS in mm: a line lies on one of its slices (see `drawn_line`).
    smoothing_length_mm : float
        Cut-off wavelength of the smoothing (see `smooth_curve`).
    spacing_mm : float
        Distance between normals; the nearest that divides the line's length equally is used.
    name : str
        What messages call the line.

    Raises
    ------
    ValueError
        With fewer than two distinct points, points that are not finite, or points far from any common slice.
    """
    drawn = drawn_line(points, white_matter, affine, name)
    origin, axes = drawn.points[0], _in_plane_axes(drawn.points, drawn.across)
    flat, inside = (drawn.points - origin) @ axes.T, (white_matter - origin) @ axes.T
    curve = smooth_curve(flat, smoothing_length_mm)
    positions, tangents, length = _equal_arc_length(curve, spacing_mm)
    normals = np.stack([-tangents[:, 1], tangents[:, 0]], -1)
    normals *= _side_of(inside, positions, normals)
    turned = np.degrees(_turned(tangents))
    within = min(max(round(FOLDED_WITHIN_MM / spacing_mm), 1), len(turned) - 1)
    is_folded = (np.abs(turned[within:] - turned[:-within]) > FOLDED_DEGREES).any() or _crosses_itself(positions)
    return PialLine(origin + positions @ axes, normals @ axes, length, bool(is_folded), drawn)


def is_sparse(line, smoothing_length_mm):
    """Whether the line has too few points for its bends: those of either half cannot be told from the other half's."""
    points = line.drawn.points
    if len(points) < FEWEST_POINTS:
        return True
    axes = _in_plane_axes(points, line.across)
    flat = (points - points[0]) @ axes.T
    missed = []
    for first in (1, 2):
        left_out = np.arange(first, len(flat) - 1, 2)
        curve = smooth_curve(np.delete(flat, left_out, axis=0), smoothing_length_mm)
        fine = curve.at(np.arange(0.0, curve.end_mm, 0.1))
        missed.append(((flat[left_out][:, None] - fine) ** 2).sum(-1).min(1))
    return bool(np.sqrt(np.concatenate(missed).mean()) > MISSED_MM)


def crossing_depths(line, depth_max_mm):
    """Depth (mm) at which each normal leaves its own territory, shape (n,); infinite where it does not.

    Where two normals cross, the tissue beyond belongs to the other one's side of the fold for the normal that came the
    longer way (both, where they come equally far, as above the centre of a circle).
    """
    axes = _in_plane_axes(line.positions, line.across)
    p, n = (line.positions - line.positions[0]) @ axes.T, line.normals @ axes.T
    # Every third normal stands for its neighbours: where normals converge, many cross at nearly the same depth.
    others = np.append(np.arange(0, len(p) - 1, 3 if len(p) > 12 else 1), len(p) - 1)
    q, m = p[others], n[others]
    # A cross product in the plane is the product with the other vector turned by a right angle.
    n_turned, m_turned = n @ _RIGHT_ANGLE, m @ _RIGHT_ANGLE
    depths = np.full(len(p), np.inf)
    tolerance = 0.5 * line.length_mm / max(len(q) - 1, 1)
    rows = max(1, 100_000 // len(q))
    for begin in range(0, len(p), rows):
        part = slice(begin, begin + rows)
        turn = n[part] @ m_turned.T
        with np.errstate(divide="ignore", invalid="ignore"):
            own = ((q * m_turned).sum(1) - p[part] @ m_turned.T) / turn
            other = (n_turned[part] @ q.T - (p[part] * n_turned[part]).sum(1)[:, None]) / turn
            crosses = (own > 1e-9) & (own <= depth_max_mm) & (other >= 0) & (other <= own + tolerance)
        depths[part] = np.where(crosses, own, np.inf).min(axis=1)
    return depths


def overlap_mm(lines, slice_mm):
    """How much of the lines of one region lies over a stretch that another of them covers already, in mm.

    Such lines would count one stretch, and its noise, twice. `slice_mm`: lines further apart than half of it lie on
    different slices.
    """
    total = 0.0
    for number, line in enumerate(lines):
        covered = np.zeros(len(line.positions), bool)
        for other in lines[:number]:
            apart = line.positions[:, None] - other.positions[::5]
            across = np.abs(apart @ other.across)
            along = np.sqrt(np.maximum((apart**2).sum(-1) - across**2, 0.0))
            same_way = line.normals @ other.normals[::5].T > 0
            covered |= ((along < SAME_STRETCH_MM) & (across < slice_mm / 2) & same_way).any(1)
        total += covered.mean() * line.length_mm
    return total if total >= SHORTEST_OVERLAP_MM else 0.0


def _in_plane_axes(points, across):
    """Two orthonormal directions of the plane with unit normal `across`, shape (2, 3)."""
    along = points[np.argmax(np.linalg.norm(points - points[0], axis=1))] - points[0]
    along = along - (along @ across) * across
    along /= np.linalg.norm(along)
    return np.stack([along, np.cross(across, along)])


def _equal_arc_length(curve, spacing_mm):
    """Positions (n, 2), unit tangents (n, 2) and length (mm) of a planar curve."""
    # Less a rounding error, so that both drawing directions take as many.
    steps = int(np.ceil(max(curve.spacing_mm / _DENSE_STEP_MM, _FEWEST_STEPS * curve.spacing_mm / curve.end_mm) - 1e-9))
    speed = np.sqrt((curve.evenly(steps, 1) ** 2).sum(1))
    t = np.linspace(0.0, curve.end_mm, len(speed))
    travelled = np.concatenate([[0.0], np.cumsum((speed[1:] + speed[:-1]) * (t[1] / 2))])
    length = float(travelled[-1])
    count = max(round(length / spacing_mm), 1) + 1
    at = np.interp(np.linspace(0.0, length, count), travelled, t)
    tangents = curve.at(at, 1)
    return curve.at(at), tangents / np.linalg.norm(tangents, axis=1, keepdims=True), length


def _turned(tangents):
    """Angle in radians by which a planar curve has turned at each of its unit tangents, shape (n,), since the first."""
    before, after = tangents[:-1], tangents[1:]
    across = before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0]
    return np.concatenate([[0.0], np.cumsum(np.arctan2(across, (before * after).sum(1)))])


def _crosses_itself(positions):
    """Whether a planar polygon, shape (n, 2), has two sides that cross."""
    step = max(len(positions) // 60, 1)
    p = positions[::step]
    begin, side = p[:-1], np.diff(p, axis=0)
    apart_x, apart_y = begin[:, 0] - begin[:, None, 0], begin[:, 1] - begin[:, None, 1]
    # On which side of each side's line every corner lies; two sides cross where each parts the other's corners.
    from_begin = side[:, None, 0] * apart_y - side[:, None, 1] * apart_x
    from_end = from_begin + side[:, None, 0] * side[:, 1] - side[:, None, 1] * side[:, 0]
    parts = from_begin * from_end < 0
    return bool(np.triu(parts & parts.T, 2).any())


def _side_of(inside, positions, normals):
    """+1 where most of the ROI lies on the side that the normals point to, -1 where it lies on the other."""
    inside = inside[:: -(-len(inside) // _MOST_VOTES)]
    nearest = ((positions**2).sum(1) - 2 * inside @ positions.T).argmin(1)
    beside = (nearest > 0) & (nearest < len(positions) - 1)
    if beside.any():
        inside, nearest = inside[beside], nearest[beside]
    heights = ((inside - positions[nearest]) * normals[nearest]).sum(-1)
    votes = np.sign(heights).sum()
    return 1.0 if (votes if votes else heights.sum()) >= 0 else -1.0
