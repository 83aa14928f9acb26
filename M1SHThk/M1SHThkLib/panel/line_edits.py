"""Edits of pial lines as steps that can be taken back."""

import slicer
from slicer.i18n import tr as _

from ..scene import exam_nodes, region_nodes
from .line_history import LineHistory


class LineEdits:
    """The history of the lines' points.

    Attributes
    ----------
    dragging : bool
        Points are on the move: they make one step when they come to rest.
    """

    def __init__(self, panel):
        self._panel = panel
        self._history = LineHistory()
        self.dragging = False

    def begin(self):
        """Start a history without steps."""
        self._history = LineHistory()

    def start(self, line):
        """Take note of a line as it is."""
        self._history.start(line.GetID(), exam_nodes.points_from_curve(line))

    def forget(self, line):
        """Drop the steps of a line that is gone."""
        self._history.forget(line.GetID())

    def record(self, line):
        """Make a step of what has changed in a line."""
        if self._history.record(line.GetID(), exam_nodes.points_from_curve(line)):
            self.show()

    def show(self):
        """Offer what can be taken back and repeated."""
        self._panel.ui.undoButton.enabled = self._history.can_undo
        self._panel.ui.redoButton.enabled = self._history.can_redo

    def set_points(self, line, points):
        """Change a line's points as one step."""
        self.dragging = True
        try:
            region_nodes.set_points(line, points)
        finally:
            self.dragging = False
        self.record(line)
        self._panel.pace.expect_line(line)

    def on_undo(self, unused=None):
        """Take back the last change of a line."""
        self._apply(self._history.undo, self._history.redo)

    def on_redo(self, unused=None):
        """Repeat the change of a line that was taken back."""
        self._apply(self._history.redo, self._history.undo)

    def _apply(self, move, back):
        panel = self._panel
        if not panel.parameterNode:
            return
        step = move()
        line = slicer.mrmlScene.GetNodeByID(step[0]) if step else None
        if line:
            for row, key in enumerate(exam_nodes.REGION_KEYS):
                if any(line is own for own in panel.logic.lines(key)) and key != panel.key:
                    panel.select_region(row)
            if line.GetLocked():
                back()
                slicer.util.showStatusMessage(_("The region is accepted; reopen it to change its line."), 5000)
            else:
                self.set_points(line, step[1])
        self.show()
