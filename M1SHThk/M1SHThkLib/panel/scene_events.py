"""What the panel hears of the scene: closed, loaded, a node removed, a parameter changed."""

import qt
import slicer
import vtk
from slicer.util import VTKObservationMixin

from .exam import SCALAR_VOLUME


class SceneEvents(VTKObservationMixin):
    """Hands on to the panel what happens in the scene."""

    def __init__(self, panel):
        VTKObservationMixin.__init__(self)
        self._panel = panel
        # The mixin keeps a node that it has observed, and all the node holds, until its last observer is removed.
        self._parameters = VTKObservationMixin()
        self._tags = {}  # of the observers of volumes that have come: ID -> tag
        scene = slicer.mrmlScene
        self.addObserver(scene, scene.StartCloseEvent, self.on_start)
        self.addObserver(scene, scene.EndCloseEvent, self.on_end_close)
        self.addObserver(scene, scene.StartImportEvent, self.on_start)
        self.addObserver(scene, scene.EndImportEvent, self.on_end_import)
        self.addObserver(scene, scene.NodeRemovedEvent, self.on_node_removed)
        self.addObserver(scene, scene.NodeAddedEvent, self.on_node_added)

    def follow_parameters(self, parameterNode):
        """Hear of changes of a parameter node."""
        self._parameters.addObserver(parameterNode, vtk.vtkCommand.ModifiedEvent, self.on_parameters_modified)

    def leave_parameters(self):
        """Hear of them no longer."""
        self._parameters.removeObservers()

    def end(self):
        """Hear of nothing any longer."""
        self.removeObservers()
        self.leave_parameters()
        for node_id in list(self._tags):
            self._expect_no_image(slicer.mrmlScene.GetNodeByID(node_id))

    def on_start(self, caller, event):
        """Just before the scene is closed or loaded, when parameters change that widgets may not be able to show."""
        self._panel.end_before_other_scene()

    def on_end_close(self, caller, event):
        """Just after the scene was closed."""
        self._panel.begin_after_closing()

    def on_end_import(self, caller, event):
        """After a scene was loaded."""
        self._panel.begin_after_import()

    @vtk.calldata_type(vtk.VTK_OBJECT)
    def on_node_removed(self, caller, event, node):
        """A node has left the scene."""
        self._expect_no_image(node)
        self._panel.node_removed(node)

    @vtk.calldata_type(vtk.VTK_OBJECT)
    def on_node_added(self, caller, event, node):
        """A volume has come; its image may be read later."""
        if node.GetClassName() == SCALAR_VOLUME:
            self._panel.reading_list.volume_added()
            self._tags[node.GetID()] = node.AddObserver(
                slicer.vtkMRMLVolumeNode.ImageDataModifiedEvent, self.on_volume_read
            )
            qt.QTimer.singleShot(0, self._panel.exam.choose_lone_volume)

    def on_volume_read(self, volume, event):
        """A volume that has come holds an image now."""
        self._expect_no_image(volume)
        qt.QTimer.singleShot(0, self._panel.exam.choose_lone_volume)

    def _expect_no_image(self, node):
        if node and node.GetID() in self._tags:
            node.RemoveObserver(self._tags.pop(node.GetID()))

    def on_parameters_modified(self, caller, event):
        """A parameter has changed."""
        self._panel.parameters_changed()
