"""Stand-ins of the slice view: the wheel's slice logic and displayable managers in a Qt widget."""

import slicer
import vtk
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSlider, QVBoxLayout

from .core_object import Observations
from .mrml_widgets import qMRMLWidget
from .render_view import RenderView

# qMRMLSliceViewPrivate::initDisplayableManagers, and what the modules Markups, Segmentations and Transforms add.
_DISPLAYABLE_MANAGERS = (
    "vtkMRMLVolumeGlyphSliceDisplayableManager",
    "vtkMRMLModelSliceDisplayableManager",
    "vtkMRMLCrosshairDisplayableManager",
    "vtkMRMLOrientationMarkerDisplayableManager",
    "vtkMRMLRulerDisplayableManager",
    "vtkMRMLScalarBarDisplayableManager",
    "vtkMRMLMarkupsDisplayableManager",
    "vtkMRMLSegmentationsDisplayableManager2D",
)
_SLIDER_STEPS = 10000


class qMRMLSliceView(RenderView):
    """Follows qMRMLSliceView (Libs/MRML/Widgets/qMRMLSliceView.cxx)."""

    def __init__(self, parent=None):
        super().__init__(parent)
        self._sliceNode = None
        self._renderer = vtk.vtkRenderer()
        self._renderer.GetActiveCamera().ParallelProjectionOn()
        self._renderWindow.AddRenderer(self._renderer)
        self._mapper = vtk.vtkImageMapper()
        self._mapper.SetColorWindow(255)
        self._mapper.SetColorLevel(127.5)
        self._actor = vtk.vtkActor2D()
        self._actor.SetMapper(self._mapper)
        self._actor.GetProperty().SetDisplayLocationToBackground()
        self._renderer.AddViewProp(self._actor)
        self._observations = Observations(self)
        self._managers = _displayableManagerFactory().InstantiateDisplayableManagers(self._renderer)
        self._observations.add(self._managers, "UpdateEvent", self._onUpdate)
        self._style = slicer.vtkMRMLSliceViewInteractorStyle()
        self._style.SetDisplayableManagers(self._managers)
        self._interactor.Initialize()
        self._style.SetInteractor(self._interactor)

    def interactor(self):
        return self._interactor

    def scheduleRender(self):
        self._scheduleRender()

    def forceRender(self):
        self._render()

    def _onUpdate(self, caller, event):
        self.scheduleRender()

    def _show(self, sliceLogic):
        """Show what the logic makes of its volumes."""
        self._style.SetSliceLogic(sliceLogic)
        self._imageSource = sliceLogic
        self._observations.add(sliceLogic, "ModifiedEvent", self._onImageChanged)
        self._onImageChanged(sliceLogic, "ModifiedEvent")

    def _onImageChanged(self, caller, event):
        connection = self._imageSource.GetImageDataConnection()
        self._actor.SetVisibility(connection is not None)
        self._mapper.SetInputConnection(connection)
        self.scheduleRender()

    def mrmlSliceNode(self):
        return self._sliceNode

    def setMRMLSliceNode(self, newSliceNode):
        self._sliceNode = newSliceNode
        self._managers.SetMRMLDisplayableNode(newSliceNode)
        self.setEnabled(newSliceNode is not None)

    def interactorObserver(self):
        return self._style

    def displayableManagerByClassName(self, className):
        return self._managers.GetDisplayableManagerByClassName(className)

    def convertRASToXYZ(self, ras):
        """Position in the view, in device pixels from the lower left, of a world position."""
        toXY = vtk.vtkMatrix4x4()
        vtk.vtkMatrix4x4.Invert(self._sliceNode.GetXYToRAS(), toXY)
        return list(toXY.MultiplyPoint((*ras, 1.0))[:3])

    def convertXYZToRAS(self, xyz):
        return list(self._sliceNode.GetXYToRAS().MultiplyPoint((*xyz, 1.0))[:3])


class qMRMLSliceControllerWidget(qMRMLWidget):
    """Follows qMRMLSliceControllerWidget (Libs/MRML/Widgets/qMRMLSliceControllerWidget.cxx): label, offset."""

    def __init__(self, parent=None):
        super().__init__(parent)
        self._logic = slicer.vtkMRMLSliceLogic()
        self._logic.SetMRMLApplicationLogic(slicer.app.applicationLogic())
        self._observations = Observations(self)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 4, 0)
        self._label = QLabel(self)
        self._label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._label.setMinimumWidth(24)
        self._slider = QSlider(Qt.Orientation.Horizontal, self)
        self._slider.setRange(0, _SLIDER_STEPS)
        self._offset = QLabel(self)
        self._offset.setMinimumWidth(self._offset.fontMetrics().horizontalAdvance("-0000.00 mm"))
        for widget in (self._label, self._slider, self._offset):
            layout.addWidget(widget)
        self._slider.valueChanged.connect(self._onSliderMoved)

    def _onSceneSet(self):
        self._logic.SetMRMLScene(self._scene)

    def sliceLogic(self):
        return self._logic

    def mrmlSliceNode(self):
        return self._logic.GetSliceNode()

    def mrmlSliceCompositeNode(self):
        return self._logic.GetSliceCompositeNode()

    def setMRMLSliceNode(self, newSliceNode):
        self._observations.clear()
        if newSliceNode.GetScene() is not self._scene:
            self.setMRMLScene(newSliceNode.GetScene())
        self._logic.SetSliceNode(newSliceNode)
        self._observations.add(newSliceNode, "ModifiedEvent", self._onModified)
        self._observations.add(self._logic, "ModifiedEvent", self._onModified)
        self._onModified(newSliceNode, "ModifiedEvent")

    def setSliceViewSize(self, newSize):
        self._logic.ResizeSliceNode(newSize.width(), newSize.height())

    def setSliceOffsetValue(self, offset):
        self._logic.StartSliceNodeInteraction(slicer.vtkMRMLSliceNode.SliceToRASFlag)
        self._logic.SetSliceOffset(offset)
        self._logic.EndSliceNodeInteraction()

    def setSliceOrientation(self, orientation):
        self.mrmlSliceNode().SetOrientation(orientation)

    def fitSliceToBackground(self):
        size = self.mrmlSliceNode().GetDimensions()
        self._logic.FitSliceToBackground(size[0], size[1])
        self._logic.SnapSliceOffsetToIJK()

    def _range(self):
        bounds = [0.0] * 6
        self._logic.GetLowestVolumeSliceBounds(bounds)
        return bounds[4], bounds[5]

    def _onSliderMoved(self, position):
        lower, upper = self._range()
        self.setSliceOffsetValue(lower + position / _SLIDER_STEPS * (upper - lower))

    def _onModified(self, caller, event):
        node = self.mrmlSliceNode()
        if node is None:
            return
        color = QColor.fromRgbF(*node.GetLayoutColor())
        self._label.setText(node.GetLayoutLabel() or "")
        self._label.setStyleSheet(f"background: {color.name()}; font-weight: bold")
        lower, upper = self._range()
        offset = self._logic.GetSliceOffset()
        self._slider.blockSignals(True)
        self._slider.setValue(round((offset - lower) / (upper - lower) * _SLIDER_STEPS) if upper > lower else 0)
        self._slider.blockSignals(False)
        self._offset.setText(f"{offset:.2f} mm")


class qMRMLSliceWidget(qMRMLWidget):
    """Follows qMRMLSliceWidget (Libs/MRML/Widgets/qMRMLSliceWidget.cxx): controller above view."""

    def __init__(self, parent=None):
        super().__init__(parent)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        self._controller = qMRMLSliceControllerWidget(self)
        self._view = qMRMLSliceView(self)
        layout.addWidget(self._controller)
        layout.addWidget(self._view, 1)
        self._view._show(self._controller.sliceLogic())
        self._view.installEventFilter(self)
        self._observations = Observations(self)

    def eventFilter(self, watched, event):
        if event.type() == event.Type.Resize:
            self._resizeSlice()
        return False

    def _resizeSlice(self):
        if self.mrmlSliceNode() is not None:
            self._controller.setSliceViewSize(self._view.size * self._view.devicePixelRatioF())

    def _onSceneSet(self):
        self._controller.setMRMLScene(self._scene)
        self._observations.clear()
        self._observations.add(self._scene, slicer.vtkMRMLScene.EndBatchProcessEvent, self._onEndBatchProcess)

    def _onEndBatchProcess(self, caller, event):
        # A scene that was closed or loaded knows nothing of this window's size.
        self._resizeSlice()

    def setMRMLSliceNode(self, newSliceNode):
        self._controller.setMRMLSliceNode(newSliceNode)
        self._view.setMRMLSliceNode(newSliceNode)
        self._resizeSlice()

    def mrmlSliceNode(self):
        return self._controller.mrmlSliceNode()

    def mrmlSliceCompositeNode(self):
        return self._controller.mrmlSliceCompositeNode()

    def mrmlAbstractViewNode(self):
        return self.mrmlSliceNode()

    def sliceLogic(self):
        return self._controller.sliceLogic()

    def logic(self):
        return self.sliceLogic()

    def sliceView(self):
        return self._view

    def viewWidget(self):
        return self._view

    def sliceController(self):
        return self._controller

    def interactorStyle(self):
        return self._view.interactor().GetInteractorStyle()

    def fitSliceToBackground(self):
        self._controller.fitSliceToBackground()

    def setSliceOrientation(self, orientation):
        self._controller.setSliceOrientation(orientation)


def _displayableManagerFactory():
    factory = slicer.vtkMRMLSliceViewDisplayableManagerFactory.GetInstance()
    for name in _DISPLAYABLE_MANAGERS:
        if not factory.IsDisplayableManagerRegistered(name):
            factory.RegisterDisplayableManager(name)
    return factory
