"""The straightened cortex as a view of the module's layout: a picture that follows the line when the hand rests."""

import numpy as np
import qt
import slicer
import vtk
from slicer.i18n import tr as _
from vtk.util.numpy_support import numpy_to_vtk

from ..scene.straightened_picture import picture_of
from ..translation import told
from .straightened_widget import PICTURE, TITLE, TITLE_NAME, register_view

_SMALLEST_PIXELS = 40


class _Clicks(qt.QObject):
    """Hands on where the left mouse button is pressed."""

    def __init__(self, on_click):
        qt.QObject.__init__(self)
        self._on_click = on_click

    def eventFilter(self, watched, event):
        if event.type() == qt.QEvent.MouseButtonPress and event.button() == qt.Qt.LeftButton:
            place = event.position() if hasattr(event, "position") else event.pos()  # Qt 6, Qt 5
            self._on_click(place.x(), place.y())
            return True
        return False


class StraightenedView:
    """Shows the selected region straightened; a click moves the crosshair of the slice views to that place."""

    def __init__(self, panel):
        self._panel = panel
        self._shown = self._drawn = None
        self._was_without_crosshair = False
        self._label = self._title = None
        self._clicks = _Clicks(self.on_click)
        widget = register_view()
        if widget is not None:
            self._title = slicer.util.findChild(widget, TITLE_NAME)
            self._label = slicer.util.findChild(widget, PICTURE)
            self._label.setToolTip(
                _(
                    "The image along the normals: the pial line above, depth downwards (ticks: 5 mm along the line, "
                    "2 mm of depth). Orange: the line as measured; red: edges of the layer; cyan: the pial edge in the "
                    "image; blue: left out. A straight line on a straight band is what should be seen. Click: the "
                    "crosshair of the slice view moves there."
                )
            )
            self._label.installEventFilter(self._clicks)

    def show(self):
        """Show the selected region as it was measured last, or nothing."""
        if self._label is None:
            return
        panel = self._panel
        read = panel.live.read(panel.key) if panel.parameterNode else None
        if read is None:
            self._shown = self._drawn = None
            self._label.clear()
            self._title.setText(TITLE)
            return
        width, height = (max(int(pixels), _SMALLEST_PIXELS) for pixels in (self._label.width, self._label.height))
        if self._drawn and self._drawn[0] is read and self._drawn[1:] == (width, height):
            return  # Qt lays the views out anew for every picture that a label is given
        self._drawn = read, width, height
        self._shown = picture_of(read.image, read.measurement, width, height)
        self._label.setPixmap(_pixmap(self._shown.pixels))
        refusal = read.measurement.alignment.refusal if read.measurement.alignment else ""
        self._title.setText(f"{TITLE}, {read.measurement.name}{f' ({told(refusal)})' if refusal else ''}")

    def on_click(self, x, y):
        """Move the slice views' crosshair to the place that was clicked."""
        if self._shown is None:
            return
        place = self._shown.position_at(x / max(self._label.width, 1), y / max(self._label.height, 1))
        crosshair = slicer.mrmlScene.GetFirstNodeByClass("vtkMRMLCrosshairNode")
        if place is None or crosshair is None:
            return
        if crosshair.GetCrosshairMode() == crosshair.NoCrosshair:
            self._was_without_crosshair = True
            crosshair.SetCrosshairMode(crosshair.ShowBasic)
        crosshair.SetCrosshairRAS(*place.tolist())
        slice_node = slicer.vtkMRMLSliceNode
        slice_node.JumpAllSlices(slicer.mrmlScene, *place.tolist(), slice_node.OffsetJumpSlice)

    def leave(self):
        """Another module is shown: the crosshair is what it was."""
        crosshair = slicer.mrmlScene.GetFirstNodeByClass("vtkMRMLCrosshairNode")
        if self._was_without_crosshair and crosshair is not None:
            crosshair.SetCrosshairMode(crosshair.NoCrosshair)
        self._was_without_crosshair = False

    def remove(self):
        """The panel's end."""
        self.leave()
        if self._label is not None:
            self._label.removeEventFilter(self._clicks)


def _pixmap(pixels):
    """A QPixmap of pixels, uint8, shape (height, width, 3), the topmost row first."""
    height, width, _channels = pixels.shape
    data = vtk.vtkImageData()
    data.SetDimensions(width, height, 1)
    # VTK begins at the bottom.
    data.GetPointData().SetScalars(numpy_to_vtk(np.ascontiguousarray(pixels[::-1]).reshape(-1, 3), deep=True))
    image = qt.QImage()
    slicer.qMRMLUtils().vtkImageDataToQImage(data, image)
    return qt.QPixmap.fromImage(image)
