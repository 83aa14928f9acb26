"""The nodes that a reading rests on, observed: lines under the hand, ROIs and image, and how placing points ends."""

import slicer
from slicer.util import VTKObservationMixin

from ..scene import exam_nodes


class NodesInUse(VTKObservationMixin):
    """Has regions measured, and edits recorded, as the nodes change."""

    def __init__(self, panel):
        VTKObservationMixin.__init__(self)
        self._panel = panel
        self._nodes = []
        self._image_stamps = {}

    def has(self, node):
        """Whether a node is observed."""
        return any(node is observed for observed in self._nodes)

    def observe(self, nodes):
        """Observe these nodes and no others."""
        if len(nodes) == len(self._nodes) and all(map(lambda a, b: a is b, nodes, self._nodes)):
            return
        is_placing = self.hasObserver(*self._placing())
        # All of them: the mixin keeps a node that it has observed, and its image, until its last observer is removed.
        self.removeObservers()
        self.observe_placing(is_placing)
        self._nodes = list(nodes)
        for node in nodes:
            for observed, event, callback in self._observations(node):
                self.addObserver(observed, event, callback)
            if node.IsA("vtkMRMLMarkupsCurveNode"):
                self._panel.edits.line_of(node)

    def _observations(self, node):
        markups = slicer.vtkMRMLMarkupsNode
        if node.IsA("vtkMRMLMarkupsCurveNode"):
            moves = (
                markups.PointModifiedEvent,
                markups.PointAddedEvent,
                slicer.vtkMRMLTransformableNode.TransformModifiedEvent,
            )
            edits = (markups.PointPositionDefinedEvent, markups.PointPositionUndefinedEvent, markups.PointRemovedEvent)
            return [
                *((node, event, self.on_line_moved) for event in moves),
                *((node, event, self.on_line_edited) for event in edits),
                (node, markups.PointStartInteractionEvent, self.on_drag_started),
                (node, markups.PointEndInteractionEvent, self.on_drag_ended),
            ]
        if node.IsA("vtkMRMLSegmentationNode"):
            segmentation = slicer.vtkSegmentation
            return [
                (node, segmentation.SourceRepresentationModified, self.on_stroke),
                (node, segmentation.SegmentModified, self.on_rois_edited),
                (node, segmentation.SegmentRemoved, self.on_rois_edited),
                (node, slicer.vtkMRMLTransformableNode.TransformModifiedEvent, self.on_moved),
            ]
        return [
            (node, slicer.vtkMRMLVolumeNode.ImageDataModifiedEvent, self.on_moved),
            (node, "ModifiedEvent", self.on_volume_modified),
            (node, slicer.vtkMRMLTransformableNode.TransformModifiedEvent, self.on_moved),
        ]

    def on_line_moved(self, line, event):
        """A point moves, in a drag or by a script: measure as soon as there is time."""
        self._panel.pace.expect_line(line)

    def on_line_edited(self, line, event):
        """A point was placed or removed: one step of the history."""
        if not self._panel.edits.dragging:
            self._panel.edits.record_line(line)
        self._panel.pace.expect_line(line)
        self._panel.annotation.show()

    def on_drag_started(self, line, event):
        """One drag is one step of the history."""
        self._panel.edits.dragging = True
        self._panel.reading_list.watch_hand()

    def on_drag_ended(self, line, event):
        """The point is where the reader wants it."""
        self._panel.edits.dragging = False
        self._panel.reading_list.watch_hand()
        self._panel.edits.record_line(line)
        self._panel.pace.expect_line(line)

    def on_stroke(self, caller, event):
        """Something was drawn in the segmentation, by the reader or by what is taken back."""
        if not self._panel.edits.is_applying:
            self._panel.drawing.outline_closed()
        self.on_rois_edited(caller, event)

    def on_rois_edited(self, caller, event):
        """A ROI was drawn on, renamed or removed: one step of the history."""
        self._panel.edits.record_rois()
        self._panel.drawing.segment_removed()
        self.on_moved(caller, event)

    def on_volume_modified(self, volume, event):
        """A script that changes voxels in place says so of the volume alone."""
        stamp = volume.GetImageData().GetMTime() if volume.GetImageData() else 0
        if stamp != self._image_stamps.get(volume.GetID()):
            self._image_stamps[volume.GetID()] = stamp
            self.on_moved(volume, event)

    def on_moved(self, caller, event):
        """The image has changed, or it or the ROIs were moved: every region rests on them."""
        self._panel.pace.expect(exam_nodes.REGION_KEYS)

    def observe_placing(self, observed):
        """Hear, or no longer hear, how the reader ends placing points."""
        placing = self._placing()
        if placing[0] and self.hasObserver(*placing) != observed:
            (self.addObserver if observed else self.removeObserver)(*placing)

    def _placing(self):
        node = slicer.app.applicationLogic().GetInteractionNode()
        return node, slicer.vtkMRMLInteractionNode.InteractionModeChangedEvent, self.on_interaction_mode_changed

    def on_interaction_mode_changed(self, interaction, event):
        """The reader ended placing by the mouse or a key."""
        if interaction.GetCurrentInteractionMode() != interaction.Place:
            self._panel.drawing.placing_ended()
