"""Stand-ins for a widget of one's own in a layout, and for a VTK image as a Qt image."""

from PySide6.QtGui import QImage
from PySide6.QtWidgets import QWidget

from .core_object import CoreObject


class qSlicerSingletonViewFactory(CoreObject):
    """Follows qSlicerSingletonViewFactory (Base/QTGUI): gives layouts its one widget wherever they name its tag."""

    def __init__(self, parent=None):
        super().__init__(parent)
        self._tagName, self._widget, self._holder = "", None, QWidget()

    def tagName(self):
        return self._tagName

    def setTagName(self, tagName):
        self._tagName = tagName

    def widget(self):
        return self._widget

    def setWidget(self, widget):
        self._widget = widget
        if widget is not None:
            widget.setParent(self._holder)  # until the layout takes it


class qMRMLUtils(CoreObject):
    """Follows qMRMLUtils (Libs/MRML/Widgets): the lowest row of a VTK image is the lowest of the Qt image."""

    def vtkImageDataToQImage(self, inputImageData, outputQImage):
        from vtk.util.numpy_support import vtk_to_numpy  # brings numpy, which Slicer starts without

        width, height, _depth = inputImageData.GetDimensions()
        pixels = vtk_to_numpy(inputImageData.GetPointData().GetScalars()).reshape(height, width, -1)[::-1]
        image = QImage(pixels.tobytes(), width, height, pixels.shape[2] * width, QImage.Format.Format_RGB888)
        outputQImage.swap(image.copy())
        return True
