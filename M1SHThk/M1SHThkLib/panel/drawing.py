"""Drawing by the mouse: ROIs in the segment editor, pial lines by placing points."""

import numpy as np
import slicer
from slicer.i18n import tr as _

from ..measuring.measurement import SMALLEST_SPLENIUM_MM2
from .faults import faults_in_words


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

    def hold_editor(self):
        """Let the segment editor work on the scene's segments."""
        self._panel.ui.segmentEditorWidget.setMRMLSegmentEditorNode(segment_editor_node())
        self._panel.ui.segmentEditorWidget.setupViewObservations()

    def release_editor(self):
        """Let go of scene and views."""
        self._panel.ui.segmentEditorWidget.setMRMLSegmentEditorNode(None)
        self._panel.ui.segmentEditorWidget.removeViewObservations()

    def show(self):
        """Bring the segment editor and the splenium's state in line with the scene."""
        ui, node = self._panel.ui, self._panel.parameterNode
        ui.segmentEditorWidget.setSegmentationNode(node.references)
        ui.segmentEditorWidget.setSourceVolumeNode(node.inputVolume)
        try:
            splenium = self._panel.logic.splenium()
        except ValueError:
            ui.spleniumLabel.text = _("Splenium: not drawn yet.")
            return
        text = _("Splenium: {area:.1f} mm2, mean intensity {mean:.4g}.").format(
            area=splenium.area_mm2, mean=splenium.mean
        )
        if splenium.area_mm2 < SMALLEST_SPLENIUM_MM2:
            text += " " + _("Too small: the method needs at least 5 mm2. Draw it larger.")
        ui.spleniumLabel.text = text

    #
    # ROIs
    #

    def on_draw_splenium(self, checked=True):
        """Draw the splenium in the segment editor."""
        self._draw_segment(checked, self._panel.logic.spleniumSegment, self._panel.ui.drawSpleniumButton)

    def on_draw_white_matter(self, checked=True):
        """Draw the selected region's white matter in the segment editor."""
        key = self._panel.key
        self._draw_segment(
            checked, lambda: self._panel.logic.whiteMatterSegment(key), self._panel.ui.drawWhiteMatterButton
        )

    def _draw_segment(self, checked, segment, button):
        self.stop()
        if not checked:
            return
        with faults_in_words():
            segment_id = segment()
            self._panel.update()
            editor = self._panel.ui.segmentEditorWidget
            editor.setCurrentSegmentID(segment_id)
            editor.setActiveEffectByName("Draw")
            button.checked = True

    #
    # Pial lines
    #

    def on_draw_line(self, checked=True):
        """Place points on the region's last line, after those that it has."""
        self.stop()
        if checked:
            self._place(self._last_line())

    def on_add_line(self, unused=None):
        """Start another line of the region."""
        self.stop()
        logic, key = self._panel.logic, self._panel.key
        empty = [line for line in logic.lines(key) if not line.GetNumberOfDefinedControlPoints()]
        self._place(empty[0] if empty else logic.addLine(key))

    def on_redraw_line(self, unused=None):
        """Clear the line that was drawn last and draw it anew."""
        self.stop()
        for line in self._panel.logic.lines(self._panel.key)[-1:]:
            self._panel.line_edits.set_points(line, np.empty((0, 3)))
        self._place(self._last_line())

    def on_clear_lines(self, unused=None):
        """Remove every point of the region's lines; undo brings them back."""
        self.stop()
        for line in self._panel.logic.lines(self._panel.key):
            self._panel.line_edits.set_points(line, np.empty((0, 3)))

    def _last_line(self):
        lines = self._panel.logic.lines(self._panel.key)
        return lines[-1] if lines else self._panel.logic.addLine(self._panel.key)

    def _place(self, line):
        self._panel.update()
        selection = slicer.app.applicationLogic().GetSelectionNode()
        selection.SetReferenceActivePlaceNodeClassName(line.GetClassName())
        selection.SetActivePlaceNodeID(line.GetID())
        interaction = slicer.app.applicationLogic().GetInteractionNode()
        interaction.SetPlaceModePersistence(1)
        interaction.SetCurrentInteractionMode(interaction.Place)
        self._panel.nodes_in_use.observe_placing(True)
        self._panel.ui.drawLineButton.checked = True

    def stop(self):
        """End whatever is being drawn; what was drawn stays."""
        ui, interaction = self._panel.ui, slicer.app.applicationLogic().GetInteractionNode()
        if interaction and interaction.GetCurrentInteractionMode() == interaction.Place:
            interaction.SetPlaceModePersistence(0)
            interaction.SetCurrentInteractionMode(interaction.ViewTransform)
        self._panel.nodes_in_use.observe_placing(False)
        ui.segmentEditorWidget.setActiveEffect(None)
        for button in (ui.drawLineButton, ui.drawSpleniumButton, ui.drawWhiteMatterButton):
            button.checked = False
