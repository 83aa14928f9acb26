"""The straightened cortex as a picture: colours of pixels, and which place a pixel shows."""

from dataclasses import dataclass

import numpy as np

from ..measuring.straightened import ABOVE_MM, Strip, position_at, straightened
from .overlay import COLORS

BACKGROUND, LINE = (0.19, 0.19, 0.19), (0.90, 0.62, 0.0)
LEFT_OUT, TINT = (0.0, 0.45, 0.70), 0.5  # laid over what is left out, which may be as dark as the layer
TICK_MM, DEPTH_TICK_MM, TICK_PIXELS = 5.0, 2.0, 8
DASH_PIXELS = 6


@dataclass(frozen=True)
class Picture:
    """Pixels of the straightened cortex of a region.

    Attributes
    ----------
    pixels : uint8 array, shape (height, width, 3)
        The topmost row first; arc length from left to right, depth downwards.
    strips : tuple of Strip
    """

    pixels: np.ndarray
    strips: tuple[Strip, ...]

    def position_at(self, across, down):
        """The place in the world (RAS, mm), shape (3,), at parts of the width and of the height, each from 0 to 1.

        None between two lines.
        """
        return position_at(self.strips, across * self.strips[-1].end_mm, _depth(self.strips, down))


def picture_of(image, measurement, width, height):
    """The straightened cortex of a measured region with its edges, what is left out and the pial edge that was found.

    Parameters
    ----------
    image : Image
    measurement : Measurement
    width, height : int
        In pixels.

    Returns
    -------
    Picture
    """
    m, strips = measurement, straightened(image, measurement)
    arc = (np.arange(width) + 0.5) / width * strips[-1].end_mm
    depth = _depth(strips, (np.arange(height) + 0.5) / height)
    known = np.concatenate([strip.intensities[:, strip.depths_mm > 0].ravel() for strip in strips])
    known = known[np.isfinite(known)]
    low, high = np.percentile(known, [1, 99]) if len(known) else (0.0, 1.0)
    colors = np.empty((height, width, 3))
    colors[:] = BACKGROUND
    for strip in strips:
        (columns,) = np.nonzero((arc >= strip.start_mm) & (arc <= strip.end_mm))
        own = arc[columns]
        grey = _interpolated(strip, own, depth)
        grey = np.clip((grey - low) / max(high - low, 1e-300), 0, 1)
        ends = np.where(strip.is_counted, strip.ends_mm, -np.inf)[np.abs(strip.arc_mm[:, None] - own).argmin(0)]
        grey = np.where(np.isfinite(grey), grey, BACKGROUND[0])[..., None]
        is_left_out = (depth[:, None] > ends)[..., None]
        colors[:, columns] = np.where(is_left_out, (1 - TINT) * grey + TINT * np.array(LEFT_OUT), grey)
        _draw(colors, columns, np.zeros(len(columns)), LINE, depth)
        if np.isfinite(m.edges_mm).all() and np.isfinite(m.thk_mm):
            for edge in m.edges_mm:
                _draw(colors, columns, np.full(len(columns), edge), COLORS["layer"], depth)
        dashes = columns // DASH_PIXELS % 2 == 0
        found = np.interp(own, strip.arc_mm, strip.edge_mm)
        _draw(colors, columns[dashes], found[dashes], COLORS["edge"], depth)
    for tick in np.arange(TICK_MM, strips[-1].end_mm, TICK_MM):
        _draw_tick(colors[-TICK_PIXELS:].swapaxes(0, 1), np.abs(arc - tick).argmin())
    for tick in np.arange(DEPTH_TICK_MM, strips[0].depths_mm[-1], DEPTH_TICK_MM):
        _draw_tick(colors[:, :TICK_PIXELS], np.abs(depth - tick).argmin())
    return Picture((255 * colors).astype(np.uint8), strips)


def _depth(strips, down):
    """Depth in mm at a part of the height."""
    return down * (strips[0].depths_mm[-1] + ABOVE_MM) - ABOVE_MM


def _interpolated(strip, arc, depth):
    """Intensities at arc lengths, shape (w,), and depths, shape (h,): shape (h, w)."""
    along = np.stack([np.interp(arc, strip.arc_mm, column) for column in strip.intensities.T])
    return np.stack([np.interp(depth, strip.depths_mm, column) for column in along.T], -1)


def _draw_tick(border, place):
    """White between black, to be seen on whatever lies there; `border`: pixels by place along it."""
    border[max(place - 1, 0) : place + 3] = 0.0
    border[place : place + 2] = 1.0


def _draw(colors, columns, depths_mm, color, depth):
    """A curve two pixels high; where its depth is not known, nothing."""
    known = np.isfinite(depths_mm)
    step = depth[1] - depth[0]
    rows = np.round((depths_mm[known] - depth[0]) / step).astype(int)
    for row in (rows, rows + 1):
        inside = (row >= 0) & (row < len(depth))
        colors[row[inside], columns[known][inside]] = color
