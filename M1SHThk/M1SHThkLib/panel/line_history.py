"""Undo and redo of line edits: a history of control points, many steps deep."""

import numpy as np

LONGEST = 200


class LineHistory:
    """What each line's points were and became, edit by edit.

    A line is known by any hashable name (its node's ID); points are arrays of shape (n, 3).
    """

    def __init__(self):
        self._known = {}
        self._done = []
        self._undone = []

    def start(self, line, points):
        """Take note of a line as it is, without making a step of it."""
        self._known[line] = np.array(points)

    def forget(self, line):
        """Drop every step of a line that is gone."""
        self._known.pop(line, None)
        self._done = [step for step in self._done if step[0] != line]
        self._undone = [step for step in self._undone if step[0] != line]

    def record(self, line, points):
        """Make one step of what has changed in a line since it was last recorded; returns whether anything has."""
        points = np.array(points)
        before = self._known.get(line, np.empty((0, 3)))
        if np.array_equal(before, points):
            return False
        self._known[line] = points
        self._done = [*self._done[-LONGEST + 1 :], (line, before, points)]
        self._undone = []
        return True

    @property
    def can_undo(self):
        """Whether a step can be taken back."""
        return bool(self._done)

    @property
    def can_redo(self):
        """Whether a step was taken back."""
        return bool(self._undone)

    def undo(self):
        """Take the last step back: (line, its points before), or None."""
        return self._move(self._done, self._undone, which=1)

    def redo(self):
        """Repeat the step last taken back: (line, its points after), or None."""
        return self._move(self._undone, self._done, which=2)

    def _move(self, source, target, which):
        if not source:
            return None
        step = source.pop()
        target.append(step)
        self._known[step[0]] = step[which]
        return step[0], step[which]
