"""How a human hand draws a line that is known: clicks that tremble, wander, tilt, hook, repeat and lose their order.

A drawing is kept in the line's own coordinates until its points are asked for: how far along the line a click is, how
deep beneath it, and how many slices off.
"""

from dataclasses import dataclass, replace

import numpy as np

from .drift import drift


@dataclass(frozen=True)
class Line:
    """A line in a slice, to be drawn after.

    Attributes
    ----------
    arc : array, shape (n,)
        Arc length in mm, ascending.
    positions, normals : arrays, shape (n, 3)
        World RAS in mm, and unit normals into the cortex.
    next_slice : array, shape (3,)
        From a slice to the one above it, world RAS in mm.
    ends : (float, float)
        Arc lengths between which a careful observer draws; the line may go on beyond.
    """

    arc: np.ndarray
    positions: np.ndarray
    normals: np.ndarray
    next_slice: np.ndarray
    ends: tuple[float, float]

    def at(self, arc):
        """Positions and normals, shape (m, 3) each, at arc lengths in mm; straight on beyond either end."""
        inside = np.clip(arc, self.arc[0], self.arc[-1])
        positions, normals = (
            np.stack([np.interp(inside, self.arc, column) for column in part.T], -1)
            for part in (self.positions, self.normals)
        )
        outwards = np.stack([self.positions[1] - self.positions[0], self.positions[-1] - self.positions[-2]])
        outwards /= np.linalg.norm(outwards, axis=1, keepdims=True)
        positions += (np.asarray(arc) - inside)[:, None] * outwards[(np.asarray(arc) > inside).astype(int)]
        return positions, normals / np.linalg.norm(normals, axis=1, keepdims=True)


@dataclass(frozen=True)
class Drawing:
    """Clicks in the order in which they were made; every method gives another drawing.

    Attributes
    ----------
    line : Line
        What the observer draws after; no drawing moves it.
    arc, depth : arrays, shape (n,)
        Along the line and into the cortex, in mm.
    slices : array, shape (n,)
        Slices above that of the line.
    """

    line: Line
    arc: np.ndarray
    depth: np.ndarray
    slices: np.ndarray

    @property
    def points(self):
        """The control points, world RAS in mm, shape (n, 3)."""
        positions, normals = self.line.at(self.arc)
        return positions + self.depth[:, None] * normals + self.slices[:, None] * self.line.next_slice

    @property
    def share(self):
        """Where each click lies between the line's ends: from -1 to 1."""
        first, last = self.line.ends
        return (2 * self.arc - first - last) / (last - first)

    def deeper(self, depth):
        """Every click moved by a depth in mm, a number or one for each click; outwards where it is negative."""
        return replace(self, depth=self.depth + depth)

    def trembling(self, deviation, random):
        """Every click off by itself: standard deviation in mm, in either direction of the slice."""
        along, into = deviation * random.standard_normal((2, len(self.arc)))
        return replace(self, arc=self.arc + along, depth=self.depth + into)

    def wandering(self, deviation, random, correlation=3.0):
        """Depth drifts slowly: a Gaussian process of a standard deviation and correlation length in mm."""
        return self.deeper(deviation * drift(self.arc, correlation, random))

    def tilted(self, depth):
        """Too shallow by a depth in mm at the first end, too deep by the same at the other."""
        return self.deeper(depth * self.share)

    def bowed(self, depth):
        """Too deep by a depth in mm in the middle, too shallow by the same at both ends."""
        return self.deeper(depth * (1 - 2 * self.share**2))

    def hooked(self, reach, first=True, last=True):
        """Either end bent away from the line by a reach in mm; negative into the sulcus, positive into the cortex."""
        leave = reach * np.array([0.5, 1.0])
        drawing = self
        if first:
            drawing = drawing._with(0, np.full(2, self.arc[0]), self.depth[0] + leave[::-1])
        if last:
            drawing = drawing._with(len(drawing.arc), np.full(2, self.arc[-1]), self.depth[-1] + leave)
        return drawing

    def straying(self, first, last, depth, within=1.5):
        """Led astray between two arc lengths in mm, to a depth in mm: along a vein, or to another bank.

        The line leaves and comes back over a length `within`, in mm.
        """
        beyond = np.maximum(first - self.arc, self.arc - last)
        return self.deeper((depth - self.depth) * np.clip(1 - beyond / within, 0, 1))

    def off_slice(self, clicks, slices=1):
        """Some clicks, given by their numbers, made that many slices above the others."""
        moved = self.slices.copy()
        moved[clicks] += slices
        return replace(self, slices=moved)

    def swapped(self, click):
        """A click and the next made in the other's place."""
        order = np.arange(len(self.arc))
        order[[click, click + 1]] = order[[click + 1, click]]
        return self._in_order(order)

    def stepping_back(self, click, clicks=2):
        """After a click, one made again that lies that many before."""
        return self._in_order(np.insert(np.arange(len(self.arc)), click + 1, click - clicks))

    def doubled(self, apart, random):
        """Every click made twice; the second falls a distance in mm from the first, anywhere about it."""
        turn = random.uniform(0, 2 * np.pi, len(self.arc))
        twice = self._in_order(np.repeat(np.arange(len(self.arc)), 2))
        arc, depth = twice.arc.copy(), twice.depth.copy()
        arc[1::2] += apart * np.cos(turn)
        depth[1::2] += apart * np.sin(turn)
        return replace(twice, arc=arc, depth=depth)

    def back_again(self, deeper=0.2):
        """Drawn to the end and, without a stop, back to the beginning, that much deeper in mm."""
        n = len(self.arc)
        there_and_back = self._in_order(np.concatenate([np.arange(n), np.arange(n)[::-1]]))
        return there_and_back.deeper(np.repeat([0.0, deeper], n))

    def looped(self, click, radius, turns=1):
        """After a click, a loop outwards: a circle of a radius in mm through the click."""
        angle = np.linspace(0, 2 * np.pi * turns, 11 * turns + 1)[1:]
        along, out = radius * np.sin(angle), radius * (1 - np.cos(angle))
        return self._with(click + 1, self.arc[click] + along, self.depth[click] - out)

    def zigzag(self, depth):
        """Clicks in turn too shallow and too deep by a depth in mm, as if two lines were drawn at once."""
        return self.deeper(depth * np.where(np.arange(len(self.arc)) % 2, 1.0, -1.0))

    def part(self, first, last):
        """The clicks between two arc lengths in mm."""
        return self._in_order(np.flatnonzero((self.arc >= first) & (self.arc <= last)))

    def reversed(self):
        """Drawn from the other end."""
        return self._in_order(np.arange(len(self.arc))[::-1])

    def _in_order(self, order):
        return replace(self, arc=self.arc[order], depth=self.depth[order], slices=self.slices[order])

    def _with(self, before, arc, depth):
        """With clicks inserted before a number."""
        slice_there = self.slices[min(before, len(self.slices) - 1)]
        return replace(
            self,
            arc=np.insert(self.arc, before, arc),
            depth=np.insert(self.depth, before, depth),
            slices=np.insert(self.slices, before, np.full(len(arc), slice_there)),
        )


def clicks(line, count, random=None, overshoot=0.0):
    """A line drawn without fault, by a number of clicks.

    Parameters
    ----------
    line : Line
    count : int
        At least two.
    random : numpy.random.Generator, optional
        Distances between the clicks differ as those of a hurried hand do, most of them from half to twice their mean;
        None = they are all alike.
    overshoot : float
        In mm, how far the drawing goes on past either end; negative, how much it leaves out.

    Returns
    -------
    Drawing
    """
    gaps = np.ones(count - 1) if random is None else np.exp(0.5 * random.standard_normal(count - 1))
    passed = np.concatenate([[0.0], np.cumsum(gaps)]) / gaps.sum()
    first, last = line.ends[0] - overshoot, line.ends[1] + overshoot
    return Drawing(line, first + (last - first) * passed, np.zeros(count), np.zeros(count))


def redrawn(exam, lines):
    """An exam whose pial lines are replaced.

    Parameters
    ----------
    exam : Exam
    lines : sequence of tuples of arrays, shape (n, 3)
        The control points of every line of each region, in the exam's order, world RAS in mm.
    """
    regions = [replace(region, pial_lines=tuple(own)) for region, own in zip(exam.regions, lines, strict=True)]
    return replace(exam, regions=tuple(regions))
