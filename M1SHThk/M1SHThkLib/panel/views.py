"""The slice view: the measured volume is in it, at a size and on a slice where something is to be seen."""

import qt
import slicer
from slicer.i18n import tr as _
from slicer.util import VTKObservationMixin

from ..scene import exam_nodes, slices

_VIEW = "Red"  # of the module's layout


class Views(VTKObservationMixin):
    """Shows the measured volume and the selected region, and tells where another volume covers it."""

    def __init__(self, panel):
        VTKObservationMixin.__init__(self)
        self._panel = panel
        self._soon = qt.QTimer()
        self._soon.setSingleShot(True)
        self._soon.connect("timeout()", self._show_now)
        self._is_anew = False

    def enter(self):
        """Begin to follow what is shown; a layout that was just changed has its final size when Qt comes to rest."""
        composite = self._composite()
        if composite and not self.hasObserver(composite, "ModifiedEvent", self._on_shown):
            self.addObserver(composite, "ModifiedEvent", self._on_shown)
        self.show_soon()

    def exit(self):
        """Follow no longer."""
        self._soon.stop()
        self.removeObservers()

    def show_soon(self, anew=False):
        """Show volume and region when the views have their size: if they are not in sight, or anew."""
        self._is_anew = self._is_anew or anew
        self._soon.start(0)

    def show_volume(self):
        """Show the measured volume on its own slices, all of it."""
        node = self._panel.parameterNode
        if slicer.app.layoutManager() and node and node.inputVolume:
            slicer.util.setSliceViewerLayers(background=node.inputVolume, fit=True, rotateToVolumePlane=True)
            if not self._is_in_sight():
                bounds = [0.0] * 6
                node.inputVolume.GetRASBounds(bounds)
                middle = [(bounds[i] + bounds[i + 1]) / 2 for i in (0, 2, 4)]
                slicer.vtkMRMLSliceNode.JumpAllSlices(slicer.mrmlScene, *middle)

    def hide_volumes(self):
        """Show no image; `show_soon` brings the measured one back."""
        if slicer.app.layoutManager():
            slicer.util.setSliceViewerLayers(background=None, foreground=None, label=None)

    def show_region(self):
        """Turn to the slice of the selected region's line, or of its white matter; the volume is in the view."""
        panel = self._panel
        if self.covering_volume() or not self._is_in_sight():
            self.show_volume()
        lines = exam_nodes.region_lines(panel.parameterNode.parameterNode, panel.key)
        if lines:
            slices.show_on_slices(exam_nodes.points_from_curve(lines[-1]))
        else:
            panel.references.turn_to(panel.key)

    def covering_volume(self):
        """The volume that the view shows in place of the measured one, or over it; None where there is none."""
        composite, node = self._composite(), self._panel.parameterNode
        if composite is None or not node or not node.inputVolume:
            return None
        measured = node.inputVolume.GetID()
        if composite.GetForegroundVolumeID() not in (None, measured) and composite.GetForegroundOpacity() > 0:
            return slicer.mrmlScene.GetNodeByID(composite.GetForegroundVolumeID())
        if composite.GetBackgroundVolumeID() not in (None, measured):
            return slicer.mrmlScene.GetNodeByID(composite.GetBackgroundVolumeID())
        return None

    def warning(self):
        """What the reader is told of a volume that covers the measured one; '' where there is none."""
        other = self.covering_volume()
        if other is None:
            return ""
        return _("The view shows '{other}', not the measured '{measured}'. Click the region to show it again.").format(
            other=other.GetName(), measured=self._panel.parameterNode.inputVolume.GetName()
        )

    def _show_now(self):
        self._tell_where()
        node = self._panel.parameterNode
        is_wanted = node and node.inputVolume and not self._panel.reading_list.is_paused
        if is_wanted and (self._is_anew or not self._is_in_sight()):
            self.show_volume()
            self.show_region()
        self._is_anew = False

    @staticmethod
    def _tell_where():
        """Slicer's models and segments do not hear where a view is turned to while a scene is loaded."""
        for node in slicer.util.getNodesByClass("vtkMRMLSliceNode"):
            node.Modified()

    def _is_in_sight(self):
        """Whether the view's slice meets the measured volume; so it does where there is no view."""
        composite, volume = self._composite(), self._panel.parameterNode.inputVolume
        if composite is None or volume is None:
            return True
        if composite.GetBackgroundVolumeID() != volume.GetID():
            return False
        logic, bounds = slicer.app.layoutManager().sliceWidget(_VIEW).sliceLogic(), [0.0] * 6
        logic.GetLowestVolumeSliceBounds(bounds)
        return bounds[4] <= logic.GetSliceOffset() <= bounds[5]

    def _on_shown(self, caller, event):
        self._panel.show_state()

    @staticmethod
    def _composite():
        manager = slicer.app.layoutManager()
        widget = manager.sliceWidget(_VIEW) if manager else None
        return widget.mrmlSliceCompositeNode() if widget else None
