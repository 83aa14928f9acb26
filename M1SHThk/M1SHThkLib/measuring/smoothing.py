"""Drawn points -> a smooth curve: what is longer than a cut-off wavelength stays, what is shorter is the hand's tremor.

Source: Donatelli et al., AJNR 2018;39:63: the drawn interface "is interpolated by the software with a spline function
to make it smoother"; how much, the paper leaves open.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy.interpolate import BSpline, PPoly

_DEGREE = 5
_KNOTS_PER_WAVELENGTH = 5
# A second-derivative penalty with so small a share of the wavelength only decides where points leave a bend open.
_STRAIGHTENING = 0.02
_ARC_LENGTH_PASSES = 2
_STEPS_PER_KNOT = 20


@dataclass(frozen=True)
class SmoothCurve:
    """A plane curve of the distance along it, in B-splines whose knots are equally far apart.

    Attributes
    ----------
    coefficients : array, shape (m, 2)
        In mm.
    spacing_mm : float
        Distance between knots.
    """

    coefficients: np.ndarray
    spacing_mm: float

    @property
    def end_mm(self):
        """The distance at which the curve ends; it begins at 0."""
        return self.spacing_mm * (len(self.coefficients) - _DEGREE)

    def at(self, distances_mm, derivative=0):
        """Points in mm, or derivatives by the distance, shape (n, 2)."""
        basis, first = _basis(np.asarray(distances_mm) / self.spacing_mm, len(self.coefficients), derivative)
        values = np.einsum("nj,njk->nk", basis, self.coefficients.take(first[:, None] + np.arange(_DEGREE + 1), axis=0))
        return values / self.spacing_mm**derivative

    def evenly(self, steps, derivative=0):
        """The same at so many equal steps from every knot to the next, from end to end, shape (n, 2)."""
        pieces = sliding_window_view(self.coefficients, _DEGREE + 1, axis=0)
        values = (_basis_between_knots(steps, derivative) @ pieces.swapaxes(1, 2)) / self.spacing_mm**derivative
        return np.concatenate([values[:, :-1].reshape(-1, 2), values[-1, -1:]])


def smooth_curve(points, length_mm):
    """The curve c(s) that minimises the integral of |c - p|^2 + (L / 2 pi)^6 |c'''|^2 along the line.

    Each point stands for the stretch of line half-way to its neighbours, so that how densely somebody clicks changes
    nothing. Of a ripple of wavelength L half remains, of one of L / 2 less than 2 %; a bend of constant curvature stays
    whole, also at the ends (hence the third derivative: the second would straighten them). Expressed in B-splines
    (Eilers & Marx, Stat Sci 1996;11:89) whose knots are a fifth of L apart.

    Parameters
    ----------
    points : array, shape (n, 2)
        In drawing order, in mm; neighbours differ.
    length_mm : float
        The cut-off wavelength L.

    Returns
    -------
    SmoothCurve
    """
    at = _travelled(points)
    for _ in range(_ARC_LENGTH_PASSES):
        # Tremor lengthens the way from point to point: distances are taken along the smoothed curve instead.
        curve = _fitted(points, at, length_mm)
        fine = curve.evenly(_STEPS_PER_KNOT)
        along = np.interp(at, np.linspace(0.0, curve.end_mm, len(fine)), _travelled(fine))
        if (np.diff(along) < 1e-6).any():
            break
        at = along
    return _fitted(points, at, length_mm)


def _fitted(points, at, length_mm):
    steps = np.diff(at)
    stretch = np.append(steps, 0.0) / 2
    stretch[1:] += steps / 2
    pieces = max(int(np.ceil(at[-1] * _KNOTS_PER_WAVELENGTH / length_mm)), 1)
    spacing, count = at[-1] / pieces, pieces + _DEGREE
    basis, first = _basis(at / spacing, count)
    design = np.zeros((len(points), count))
    design[np.arange(len(points))[:, None], first[:, None] + np.arange(_DEGREE + 1)] = basis
    weighted = design.T * stretch
    matrix = weighted @ design
    for order, wavelength in ((3, length_mm), (2, _STRAIGHTENING * length_mm)):
        matrix += (wavelength / (2 * np.pi)) ** (2 * order) / spacing ** (2 * order - 1) * _roughness(count, order)
    return SmoothCurve(np.linalg.solve(matrix, weighted @ points), spacing)


def _basis(at, count, derivative=0):
    """The six B-splines that are not zero at each place (in knots), shape (n, 6), and the number of the first."""
    first = np.clip(at.astype(int), 0, count - _DEGREE - 1)
    powers = np.vander(at - first, _DEGREE + 1 - derivative)
    return powers @ _polynomials(derivative), first


@lru_cache
def _basis_between_knots(steps, derivative):
    """The six B-splines of a piece at equal steps from its first knot to its last, shape (steps + 1, 6)."""
    return np.vander(np.linspace(0.0, 1.0, steps + 1), _DEGREE + 1 - derivative) @ _polynomials(derivative)


@lru_cache
def _polynomials(derivative):
    """Coefficients, highest power first, of the six B-splines on one piece between knots, shape (powers, 6)."""
    knots = np.arange(-_DEGREE, _DEGREE + 2.0)
    pieces = (BSpline(knots, row, _DEGREE) for row in np.eye(_DEGREE + 1))
    return np.stack([PPoly.from_spline(piece).derivative(derivative).c[:, _DEGREE] for piece in pieces], -1)


@lru_cache(maxsize=256)
def _roughness(count, order):
    """Integrals of the products of the B-splines' derivatives, for knots a unit apart, shape (count, count)."""
    nodes, weights = np.polynomial.legendre.leggauss(_DEGREE)
    slopes = np.vander((nodes + 1) / 2, _DEGREE + 1 - order) @ _polynomials(order)
    piece = slopes.T @ (weights[:, None] / 2 * slopes)
    total = np.zeros((count, count))
    for first in range(count - _DEGREE):
        total[first : first + _DEGREE + 1, first : first + _DEGREE + 1] += piece
    return total


def _travelled(points):
    """Distance along a polygon at each of its points, shape (n,)."""
    steps = np.diff(points, axis=0)
    return np.concatenate([[0.0], np.cumsum(np.sqrt((steps**2).sum(1)))])
