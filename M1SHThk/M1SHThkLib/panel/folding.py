"""The regions are in sight while they are drawn: sections that are done fold themselves, once; the panel scrolls."""

import qt

from ..scene import exam_nodes


class Folding:
    """Folds Exam when drawing begins, and References when the splenium is drawn."""

    def __init__(self, panel):
        self._panel = panel
        self._done = set()

    def begin(self):
        """Another scene or reading: everything is to be done."""
        self._done = set()
        for section in (self._panel.ui.examCollapsibleButton, self._panel.ui.referencesCollapsibleButton):
            section.collapsed = False

    def show(self):
        """Fold what has been done since."""
        panel, drawing = self._panel, self._panel.drawing
        is_drawing = drawing.line is not None or drawing.roi is not None
        splenium = panel.edits.rois[None]
        node = panel.parameterNode.parameterNode
        is_begun = splenium.is_drawn or any(exam_nodes.region_lines(node, key) for key in exam_nodes.REGION_KEYS)
        self._fold_if(panel.ui.examCollapsibleButton, is_drawing or is_begun)
        self._fold_if(panel.ui.referencesCollapsibleButton, splenium.is_drawn and drawing.roi is not splenium)

    def _fold_if(self, section, is_done):
        name = section.objectName
        if is_done and name not in self._done:
            self._done.add(name)
            section.collapsed = True

    def bring_in_sight(self):
        """Scroll down to the check box of the overlay, above which numbers and flags stand, once there is room."""
        qt.QTimer.singleShot(0, self._scroll)

    def _scroll(self):
        area = self._panel.ui.overlayCheckBox
        while area and not area.inherits("QScrollArea"):
            area = area.parentWidget()
        if area:
            area.ensureWidgetVisible(self._panel.ui.overlayCheckBox, 0, 0)
