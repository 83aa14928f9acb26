"""Undo and redo: one history of all that is drawn, many steps deep."""

from dataclasses import dataclass

LONGEST = 200


@dataclass(frozen=True)
class Change:
    """What one drawing was and became; states are of any kind that can be compared."""

    drawing: object
    before: object
    after: object


class History:
    """The states that drawings were in, step by step; a step is a tuple of Changes that were made together.

    A drawing is known by any hashable name.
    """

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

    def record(self, states):
        """Make one step of what has changed in drawings since they were last looked at; returns whether anything has.

        `states`: mapping of drawing -> state.
        """
        step = tuple(
            Change(drawing, self._known[drawing], state)
            for drawing, state in states.items()
            if self._known[drawing] != state
        )
        if step:
            self._known.update(states)
            self._done = [*self._done[-LONGEST + 1 :], step]
            self._undone = []
        return bool(step)

    @property
    def next_undo(self):
        """The step that `undo` would take back; empty where there is none."""
        return self._done[-1] if self._done else ()

    @property
    def next_redo(self):
        """The step that `redo` would repeat; empty where there is none."""
        return self._undone[-1] if self._undone else ()

    def undo(self):
        """The last step is taken back: its drawings are to be what they were before."""
        step = self._done.pop()
        self._undone.append(step)
        self._known.update({change.drawing: change.before for change in step})

    def redo(self):
        """The step last taken back is repeated: its drawings are to be what they became."""
        step = self._undone.pop()
        self._done.append(step)
        self._known.update({change.drawing: change.after for change in step})
