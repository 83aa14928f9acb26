"""Snap: the selected region's lines moved onto the pial edge that the image shows, as one step."""

import slicer
from slicer.i18n import tr as _

from ..measuring.alignment import aligned_points
from ..translation import told


class Snap:
    """Offers to snap where the edge is seen, and says what it did or why it did not.

    Where the points will go is shown before, as a dashed line in the overlay.
    """

    def __init__(self, panel):
        self._panel = panel

    def show(self):
        """Offer the button where the selected region can be changed and its edge was looked at."""
        button, alignment = self._panel.ui.snapButton, self._alignment()
        offered = alignment is not None and not self._panel.logic.ofRegion(self._panel.key, "Accepted")
        if button.enabled != offered:
            button.enabled = offered

    def on_snap(self, unused=None):
        """Move the lines' points onto the edge, all to one depth: the mean of all of them stays."""
        panel = self._panel
        if not panel.parameterNode or panel.logic.ofRegion(panel.key, "Accepted"):
            return
        panel.drawing.stop()
        panel.pace.rest()  # what has just been moved is looked at first
        alignment = self._alignment()
        if alignment is None:
            return
        if alignment.refusal:
            reason = _("Not snapped: {reason}.").format(reason=told(alignment.refusal))
            slicer.util.showStatusMessage(reason, 5000)
            panel.ui.stateLabel.text = reason
            return
        lines = [panel.edits.line_of(node) for node in panel.logic.measuredLines(panel.key)]
        panel.edits.change(dict(zip(lines, map(_points, alignment.lines), strict=True)))
        done = _("Snapped: the line strayed by {stray:.2f} mm from the pial edge. Ctrl+Z takes it back.")
        slicer.util.showStatusMessage(done.format(stray=alignment.stray_mm), 5000)

    def _alignment(self):
        read = self._panel.live.read(self._panel.key) if self._panel.parameterNode else None
        return read.measurement.alignment if read else None


def _points(line):
    return tuple(map(tuple, aligned_points(line).tolist()))
