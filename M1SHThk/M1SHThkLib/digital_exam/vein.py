"""A vein beside the cortex: a round-ended dark band along a fold, and the darkness that it spreads around itself."""

from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import numpy as np

from ..translation import tr as _
from .tissue import Tissue

_STEP_MM = 0.02
_CHORD_MM = 0.1  # of an outline's sides


@dataclass(frozen=True)
class Vein:
    """A vein in the slice, described along and beneath the pial line.

    Attributes
    ----------
    depth_mm : float
        Depth of its middle, from -4 to 8; -`diameter_mm` / 2 = it lies on the pia.
    length_mm : float
        Of its axis, from 0 to 60.
    diameter_mm : float
        From 0.2 to 3.
    arc_mm : float
        Where its middle lies along the line, 0 at the apex, from -30 to 30.
    slant_degrees : float
        By which its axis dives into the cortex, -90 to 90: 0 = along the pia, 90 = straight down.
    blooming_mm : float
        How far beyond its wall it darkens what is there, from 0 to 2: see `bloomed`.

    Raises
    ------
    ValueError
        Names the attribute and what is legal.
    """

    depth_mm: float = -0.4
    length_mm: float = 10.0
    diameter_mm: float = 0.8
    arc_mm: float = 0.0
    slant_degrees: float = 0.0
    blooming_mm: float = 0.0

    def __post_init__(self):
        for name, lowest, highest in (
            ("depth_mm", -4, 8),
            ("length_mm", 0, 60),
            ("diameter_mm", 0.2, 3),
            ("arc_mm", -30, 30),
            ("slant_degrees", -90, 90),
            ("blooming_mm", 0, 2),
        ):
            value = getattr(self, name)
            if not lowest <= value <= highest:
                raise ValueError(
                    _("vein '{name}' is {value!r}; it must be from {lowest} to {highest}").format(
                        name=name, value=value, lowest=lowest, highest=highest
                    )
                )

    @property
    def reaches_mm(self):
        """The greatest depth in mm that it or its blooming reaches."""
        return self.depth_mm + self.length_mm / 2 * abs(self._direction[1]) + self.diameter_mm / 2 + self.blooming_mm

    def part_between(self, upper, lower, arc, depth, step, beyond_mm=0.0):
        """Part of the object's pixels that the vein fills between two borders.

        Where a wall follows a border, the part is that between the deeper and the shallower of the two; elsewhere the
        border parts what lies within the walls.

        Parameters
        ----------
        upper, lower : floats or arrays, shape (n,)
            Depths of the borders in mm.
        arc, depth : arrays, shape (n,)
            Where the pixels lie along and beneath the pial line, in mm.
        step : callable
            Part of a pixel that lies beyond an edge at a signed distance in mm.
        beyond_mm : float
            Of the band that reaches so far beyond the wall.
        """
        grid, top, bottom = _extent(self, beyond_mm)
        top, bottom = np.interp(arc, grid, top), np.interp(arc, grid, bottom)
        whole = step(depth - top) - step(depth - bottom)
        first, last = np.maximum(top, upper), np.minimum(bottom, lower)
        between = np.where(last > first, step(depth - first) - step(depth - last), 0)
        beside = step(depth - upper) - step(depth - lower)
        told = whole > 1e-6
        share = np.where(told, between / np.where(told, whole, 1), beside)
        return step(self._inside(arc, depth) + beyond_mm) * share

    def outline(self, upper, lower, beyond_mm=0.0):
        """Outline of what lies between two borders of a fold's layers.

        Parameters
        ----------
        upper, lower : callable
            Arc lengths, shape (n,) -> depths of the border in mm, shape (n,); infinite where there is none.
        beyond_mm : float
            Of the band that reaches so far beyond the wall.

        Returns
        -------
        array, shape (k, 2)
            Arc lengths and depths of its corners, in mm; the first is repeated at the end. Empty where nothing lies
            between the borders.
        """
        arc, top, bottom = _extent(self, beyond_mm)
        top, bottom = np.maximum(top, upper(arc)), np.minimum(bottom, lower(arc))
        filled = np.flatnonzero(bottom > top)
        if not len(filled):
            return np.empty((0, 2))
        there = slice(filled[0], filled[-1] + 1)
        arc, top, bottom = arc[there], top[there], np.maximum(top, bottom)[there]
        corners = np.concatenate([np.stack([arc, bottom], -1), np.stack([arc, top], -1)[::-1], [[arc[0], bottom[0]]]])
        passed = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(corners, axis=0), axis=1))])
        even = np.union1d(passed, np.arange(0, passed[-1], _CHORD_MM))
        return np.stack([np.interp(even, passed, column) for column in corners.T], -1)

    def _inside(self, arc, depth):
        """Distance from the wall in mm, positive inside, at places along and beneath the pial line in mm."""
        along, down = arc - self.arc_mm, depth - self.depth_mm
        half = self.length_mm / 2
        passed = np.clip(along * self._direction[0] + down * self._direction[1], -half, half)
        return self.diameter_mm / 2 - np.hypot(along - passed * self._direction[0], down - passed * self._direction[1])

    @cached_property
    def _direction(self):
        angle = np.radians(self.slant_degrees)
        return np.array([np.cos(angle), np.sin(angle)])


@lru_cache(maxsize=8)
def _extent(vein, beyond_mm):
    """Arc lengths, and the least and the greatest depth that it has there, in mm, each of shape (n,)."""
    radius = vein.diameter_mm / 2 + beyond_mm
    reach = vein.length_mm / 2 * abs(vein._direction[0]) + radius
    arc = vein.arc_mm + np.linspace(-reach, reach, max(round(2 * reach / _STEP_MM), 2) + 1)
    axis = np.linspace(-vein.length_mm / 2, vein.length_mm / 2, max(round(vein.length_mm / _STEP_MM), 1) + 1)
    apart = arc[:, None] - vein.arc_mm - axis * vein._direction[0]
    within = np.abs(apart) <= radius + 1e-9
    centre, half = vein.depth_mm + axis * vein._direction[1], np.sqrt(np.maximum(radius**2 - apart**2, 0))
    top = np.where(within, centre - half, np.inf).min(axis=1)
    return arc, top, np.where(within, centre + half, -np.inf).max(axis=1)


def bloomed(tissue: Tissue, tissues):
    """A tissue close to a vein: its R2* is raised by half of what a vein's exceeds fluid's."""
    raised = (tissues["vein"].r2star_per_s - tissues["fluid"].r2star_per_s) / 2
    return replace(tissue, r2star_per_s=tissue.r2star_per_s + raised)
