"""Undo and redo: one history of all that is drawn, many steps deep."""

from dataclasses import dataclass

LONGEST = 200


@dataclass(frozen=True)
class Step:
    """What one drawing was and became; states are of any kind that can be compared."""

    drawing: object
    before: object
    after: object


class History:
    """The states that drawings were in, step by step; a drawing is known by any hashable name."""

    def __init__(self):
        self._known = {}
        self._done = []
        self._undone = []

    def knows(self, drawing):
        """Whether a drawing's state was ever taken note of."""
        return drawing in self._known

    def start(self, drawing, state):
        """Take note of a drawing as it is, without making a step of it."""
        self._known[drawing] = state

    def record(self, drawing, state):
        """Make one step of what has changed in a drawing since it was last looked at; returns whether anything has."""
        before = self._known[drawing]
        if before == state:
            return False
        self._known[drawing] = state
        self._done = [*self._done[-LONGEST + 1 :], Step(drawing, before, state)]
        self._undone = []
        return True

    @property
    def next_undo(self):
        """The Step that `undo` would take back, or None."""
        return self._done[-1] if self._done else None

    @property
    def next_redo(self):
        """The Step that `redo` would repeat, or None."""
        return self._undone[-1] if self._undone else None

    def undo(self):
        """The last step is taken back: its drawing is to be what it was before."""
        step = self._done.pop()
        self._undone.append(step)
        self._known[step.drawing] = step.before

    def redo(self):
        """The step last taken back is repeated: its drawing is to be what it became."""
        step = self._undone.pop()
        self._done.append(step)
        self._known[step.drawing] = step.after
