"""Snap: the selected region's lines moved onto the pial edge that the image shows, looked at before it is done."""

import numpy as np
import slicer
from slicer.i18n import tr as _

from ..measuring.alignment import aligned_points
from ..scene import exam_nodes


class Snapping:
    """Shows where the lines would go at the first click, and moves them at the second, as one step.

    Attributes
    ----------
    message : str
        What is offered, or why it is refused; '' where neither is.
    """

    def __init__(self, panel):
        self._panel = panel
        self._offered = None
        self.message = ""

    def on_snap(self, unused=None):
        """Offer, or do what was offered."""
        offered = self._offered
        self._panel.drawing.stop()
        if offered is None:
            self._offer()
        else:
            self._apply(offered)
        self._panel.show_state()

    def cancel(self):
        """Nothing is offered any more: something else is done, or the line has moved."""
        if self._offered is not None or self.message:
            self._offered, self.message = None, ""
            self._panel.logic.showSnapped(None)
            self._panel.show_state()

    def _offer(self):
        panel = self._panel
        panel.pace.rest()  # takes the alignment along
        read = panel.live.read(panel.key)
        if read is None:
            return
        alignment = read.measurement.alignment
        if alignment.refusal:
            self.message = _("Not snapped: {refusal}.").format(refusal=alignment.refusal)
            return
        self._offered = alignment
        panel.logic.showSnapped(read)
        self.message = _(
            "Snap moves the line to the dashed one: it strays by {stray:.2f} mm (SD), {unclear:.0%} of it shows no "
            "edge. Snap again to do so, Esc to leave it."
        ).format(stray=alignment.stray_mm, unclear=alignment.unclear)

    def _apply(self, alignment):
        panel = self._panel
        lines = exam_nodes.region_lines(panel.parameterNode.parameterNode, panel.key)
        points = [tuple(map(tuple, np.asarray(aligned_points(line)).tolist())) for line in alignment.lines]
        panel.edits.change({panel.edits.line_of(line): new for line, new in zip(lines, points, strict=True)})
        slicer.util.showStatusMessage(
            _("Snapped to the edge; the line had strayed by {stray:.2f} mm.").format(stray=alignment.stray_mm), 5000
        )
