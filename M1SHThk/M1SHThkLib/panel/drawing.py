"""Drawing by the mouse: ROIs in the segment editor, pial lines by placing points."""

from contextlib import contextmanager

import qt
import slicer
from slicer.i18n import tr as _

from ..scene import exam_nodes, region_nodes, roi_nodes, slices
from .faults import faults_in_words
from .outline_end import OutlineEnd


def segment_editor_node():
    """The module's own segment editor state; drawing one ROI leaves the others as they are."""
    node = slicer.mrmlScene.GetSingletonNode("M1SHThk", "vtkMRMLSegmentEditorNode")
    if not node:
        node = slicer.vtkMRMLSegmentEditorNode()
        node.SetSingletonTag("M1SHThk")
        node = slicer.mrmlScene.AddNode(node)
    node.SetOverwriteMode(slicer.vtkMRMLSegmentEditorNode.OverwriteNone)
    return node


class Drawing:
    """What is drawn at the moment: a ROI, a line, or nothing."""

    def __init__(self, panel):
        self._panel = panel
        self._outline_end = OutlineEnd()
        self._roi = self._line = None

    @property
    def line(self):
        """The curve node that points are placed on, or None."""
        return self._line

    @property
    def roi(self):
        """The DrawnRoi that is outlined, or None."""
        return self._roi

    def hold_editor(self):
        """Let the segment editor work on the scene's segments."""
        self._panel.ui.segmentEditorWidget.setMRMLSegmentEditorNode(segment_editor_node())
        self._panel.ui.segmentEditorWidget.setupViewObservations()

    def release_editor(self):
        """Let go of scene and views."""
        self._panel.ui.segmentEditorWidget.setMRMLSegmentEditorNode(None)
        self._panel.ui.segmentEditorWidget.removeViewObservations()

    def node_removed(self, node):
        """Without its state the segment editor draws nothing; it is given a new one."""
        if node is self._panel.ui.segmentEditorWidget.mrmlSegmentEditorNode():
            self.stop()
            self.hold_editor()

    def show(self):
        """Bring the segment editor in line with the scene."""
        editor, node = self._panel.ui.segmentEditorWidget, self._panel.parameterNode.parameterNode
        if (self._roi or self._line) and node.GetNodeReference("inputVolume") is None:
            self.stop()
        references = node.GetNodeReference("references")
        if editor.segmentationNode() is not references:
            editor.setSegmentationNode(references)
        if references is None:
            return  # Slicer writes an error for each volume that is given without a segmentation
        editor.setSourceVolumeNode(node.GetNodeReference("inputVolume"))
        rois = self._panel.edits.rois.values()
        is_locked = any(roi.is_locked for roi in rois if roi.segment_id == editor.currentSegmentID())
        if editor.readOnly != is_locked:
            editor.setReadOnly(is_locked)

    #
    # ROIs
    #

    def on_draw_splenium(self, checked=True):
        """Draw the splenium in the segment editor."""
        self._draw_roi(checked, None)

    def on_redraw_splenium(self, unused=None):
        """Clear the splenium and draw it anew."""
        self.on_clear_splenium()
        self._draw_roi(True, None)

    def on_clear_splenium(self, unused=None):
        """Remove the splenium; undo brings it back."""
        self._clear_roi(None)

    def on_draw_white_matter(self, checked=True):
        """Draw the selected region's white matter in the segment editor."""
        self._draw_roi(checked, self._panel.key)

    def on_redraw_white_matter(self, unused=None):
        """Clear the selected region's white matter and draw it anew."""
        self.on_clear_white_matter()
        self._draw_roi(True, self._panel.key)

    def on_clear_white_matter(self, unused=None):
        """Remove the selected region's white matter; undo brings it back."""
        self._clear_roi(self._panel.key)

    def _clear_roi(self, key):
        self.stop()
        self._panel.edits.change({self._panel.edits.rois[key]: roi_nodes.NOTHING})

    def _draw_roi(self, checked, key):
        self.stop()
        roi = self._panel.edits.rois[key]
        if not checked or roi.is_locked:
            return
        with faults_in_words():
            segment_id = roi.made_segment()
            self._panel.update()
            self._panel.references.turn_to(key)
            editor = self._panel.ui.segmentEditorWidget
            editor.setCurrentSegmentID(segment_id)
            editor.setActiveEffectByName("Draw")
            self._roi = roi
            self._outline_end.watch()
            self._button_of(key).checked = True
            self._show_begun()

    def _button_of(self, key):
        return self._panel.ui.drawSpleniumButton if key is None else self._panel.ui.drawWhiteMatterButton

    def outline_closed(self):
        """An outline was closed, which ends the drawing of the ROI unless Shift is held."""
        if self._roi and not self._outline_end.with_shift:
            # The effect is not through with the outline yet.
            qt.QTimer.singleShot(0, self.stop)

    def on_segment_chosen(self, segment_id):
        """In the segment editor itself: what an accepted region rests on is not drawn on."""
        self.show()
        if self._panel.ui.segmentEditorWidget.readOnly:
            self.stop()

    def segment_removed(self):
        """What is drawn in may be gone."""
        node = self._panel.parameterNode.references
        if self._roi and not (node and node.GetSegmentation().GetSegment(self._roi.segment_id)):
            self.stop()

    #
    # Pial lines
    #

    def on_draw_line(self, checked=True):
        """Place points on the line of the slice that is shown, after those that it has."""
        self.stop()
        if checked:
            self._place(self._line_to_draw())

    def on_add_line(self, unused=None):
        """Start another line of the region."""
        self.stop()
        self._place(self._empty_line())

    def on_redraw_line(self, unused=None):
        """Clear the line of the slice that is shown and draw it anew."""
        self.stop()
        lines = self._lines_on_slice()
        if lines:
            self._panel.edits.change({self._panel.edits.line_of(lines[-1]): ()})
            self._place(lines[-1])
        elif self._lines():
            text = _("No line of the {region} lies on this slice; click the region to turn to one.")
            slicer.util.showStatusMessage(text.format(region=region_nodes.region_title(self._panel.key)), 5000)
        else:
            self._place(self._empty_line())

    def on_clear_lines(self, unused=None):
        """Remove every point of the region's lines; undo brings them back."""
        self.stop()
        self._panel.edits.change({self._panel.edits.line_of(line): () for line in self._lines()})

    def _lines(self):
        return exam_nodes.region_lines(self._panel.parameterNode.parameterNode, self._panel.key)

    def _lines_on_slice(self):
        image = self._panel.logic.image()
        return [line for line in self._lines() if slices.is_on_shown_slice(line, image)]

    def _empty_line(self):
        logic, key = self._panel.logic, self._panel.key
        empty = [line for line in logic.lines(key) if not line.GetNumberOfDefinedControlPoints()]
        return empty[0] if empty else logic.addLine(key)

    def _line_to_draw(self):
        """The line of the slice that is shown; on another slice a new one, if the reader wants it; else None."""
        lines, here = self._lines(), self._lines_on_slice()
        if here or not lines:
            return here[-1] if here else self._empty_line()
        text = _(
            "The line of the {region} lies on slice {slice}, which is not the one that is shown.\n\n"
            "Draw another line here? Lines of one region are pooled."
        ).format(region=region_nodes.region_title(self._panel.key), slice=slices.slice_of_line(lines[-1]))
        return self._empty_line() if slicer.util.confirmOkCancelDisplay(text, "M1SHThk") else None

    def _place(self, line):
        if line is None:
            self._panel.ui.drawLineButton.checked = False
            return
        self._panel.update()
        self._line = line
        selection = slicer.app.applicationLogic().GetSelectionNode()
        selection.SetReferenceActivePlaceNodeClassName(line.GetClassName())
        selection.SetActivePlaceNodeID(line.GetID())
        self._turn_placing(True)
        self._panel.nodes_in_use.observe_placing(True)
        self._panel.ui.drawLineButton.checked = True
        self._show_begun()

    def _show_begun(self):
        self._panel.reading_list.watch_hand()
        self._panel.folding.show()
        if self._line or self._roi.key:
            self._panel.folding.bring_in_sight()
        self._panel.annotation.show()

    def placing_ended(self):
        """The reader ended placing by the mouse or a key."""
        self._line = None
        self._panel.reading_list.watch_hand()
        self._panel.ui.drawLineButton.checked = False
        self._panel.annotation.show()

    @contextmanager
    def paused(self):
        """While points are changed by other hands no point hovers, of which Slicer would lose track."""
        is_placing = self._line is not None
        if is_placing:
            self._panel.nodes_in_use.observe_placing(False)
            self._turn_placing(False)
        try:
            yield
        finally:
            if is_placing and self._line is not None:
                self._turn_placing(True)
                self._panel.nodes_in_use.observe_placing(True)

    @staticmethod
    def _turn_placing(on):
        interaction = slicer.app.applicationLogic().GetInteractionNode()
        interaction.SetPlaceModePersistence(int(on))
        interaction.SetCurrentInteractionMode(interaction.Place if on else interaction.ViewTransform)

    #
    # The end
    #

    def stop(self):
        """End whatever is being drawn; what was drawn stays."""
        ui, interaction = self._panel.ui, slicer.app.applicationLogic().GetInteractionNode()
        self._panel.nodes_in_use.observe_placing(False)
        if interaction and interaction.GetCurrentInteractionMode() == interaction.Place:
            self._turn_placing(False)
        self._outline_end.leave()
        self._roi = self._line = None
        self._panel.reading_list.watch_hand()
        ui.segmentEditorWidget.setActiveEffect(None)
        for button in (ui.drawLineButton, ui.drawSpleniumButton, ui.drawWhiteMatterButton):
            button.checked = False
        self._panel.annotation.show()
