"""All that the reader draws, as steps that can be taken back and repeated."""

from contextlib import contextmanager

import slicer
from slicer.i18n import tr as _

from ..scene import exam_nodes
from .drawings import DrawnLine, DrawnRoi
from .history import History


class Edits:
    """The history of lines and ROIs; it lasts as long as the scene does, whatever module is shown.

    Attributes
    ----------
    dragging : bool
        Points are on the move: they make one step when they come to rest.
    is_applying : bool
        A drawing is given another state: that makes no step of its own.
    rois : mapping of region's key, or None for the splenium, to DrawnRoi
    """

    def __init__(self, panel):
        self._panel = panel
        self.begin()

    def begin(self):
        """Forget everything: another scene, or another reading."""
        self._history = History()
        self._lines = []
        self.rois = {key: DrawnRoi(self._panel.logic, key) for key in (None, *exam_nodes.REGION_KEYS)}
        self.dragging = False
        self.is_applying = False

    def catch_up(self):
        """Take note of what is drawn; what was changed while another module was shown makes steps."""
        for key in exam_nodes.REGION_KEYS:
            for node in self._panel.logic.lines(key):
                self.line_of(node)
        for drawing in (*self._lines, *self.rois.values()):
            self._note(drawing)

    def line_of(self, node):
        """The DrawnLine of a curve node; None if it is no line of the reading."""
        for line in self._lines:
            if line.node is node:
                return line
        for key in exam_nodes.REGION_KEYS:
            if any(node is own for own in self._panel.logic.lines(key)):
                self._lines.append(DrawnLine(self._panel.logic, key, node))
                self._note(self._lines[-1])
                return self._lines[-1]
        return None

    def record_line(self, node):
        """Make a step of what has changed in a line, be it that it was deleted."""
        line = None if self.is_applying else self.line_of(node)
        if line and self._note(line):
            self.show()

    def record_rois(self):
        """Make steps of what has changed in ROIs."""
        if not self.is_applying and any([self._note(roi) for roi in self.rois.values()]):
            self.show()

    def _note(self, drawing):
        """Record a drawing's state; returns whether it made a step."""
        if self._history.knows(drawing):
            return self._history.record({drawing: drawing.state()})
        self._history.start(drawing, drawing.state())
        return False

    def show(self):
        """Offer what can be taken back and repeated."""
        ui = self._panel.ui
        for button, step in ((ui.undoButton, self._history.next_undo), (ui.redoButton, self._history.next_redo)):
            if button.enabled != bool(step):
                button.enabled = bool(step)
        self._panel.reading_list.keep_soon()

    def change(self, states):
        """Give drawings other states as one step; `states`: mapping of drawing -> state."""
        for drawing in states:
            self._note(drawing)  # what a script has done to it is a step of its own
        self._set(states)
        self._history.record({drawing: drawing.state() for drawing in states})
        self.show()

    def on_undo(self, unused=None):
        """Take back the last step."""
        step = self._history.next_undo
        if self._may_change(step):
            self._history.undo()
            self._set({change.drawing: change.before for change in step})
            self._tell(_("Taken back: {drawing}."), step)

    def on_redo(self, unused=None):
        """Repeat the step that was taken back."""
        step = self._history.next_redo
        if self._may_change(step):
            self._history.redo()
            self._set({change.drawing: change.after for change in step})
            self._tell(_("Repeated: {drawing}."), step)

    def takes_back_change(self, key):
        """Whether the next undo changes what an accepted region rests on, and that has changed since."""
        drawings = [change.drawing for change in self._history.next_undo]
        return any(drawing.key in (None, key) and drawing.has_changed for drawing in drawings)

    def _may_change(self, step):
        """Whether there is a step, and no accepted region rests on what it changes.

        What has changed since it was accepted, as in another module, can be taken back.
        """
        if not self._panel.parameterNode or not step:
            return False
        drawings = [change.drawing for change in step]
        is_locked = any(drawing.is_locked and not drawing.has_changed for drawing in drawings)
        if is_locked:
            self._tell(_("{drawing} is accepted; reopen the region to change it."), step)
        return not is_locked

    def _set(self, states):
        panel = self._panel
        keys = [drawing.key for drawing in states]
        other = next((key for key in keys if key not in (None, panel.key)), None)
        if other:
            panel.select_region(exam_nodes.REGION_KEYS.index(other))
        with self._applying(), panel.drawing.paused():
            for drawing, state in states.items():
                drawing.set_state(state)
        panel.pace.expect(exam_nodes.REGION_KEYS if None in keys else keys)
        panel.update()

    def _tell(self, text, step):
        self.show()
        text = text.format(drawing=step[0].drawing.title)
        slicer.util.showStatusMessage(text[:1].upper() + text[1:], 5000)

    @contextmanager
    def _applying(self):
        self.is_applying = True
        try:
            yield
        finally:
            self.is_applying = False
