"""Stand-ins of the widgets that hold the MRML scene, and of the plain ones derived from them."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from .core_object import stored
from .ctk_numbers import ctkDoubleSpinBox, ctkSliderWidget


class _SceneHolder(QWidget):
    """A widget that is given the scene."""

    mrmlSceneChanged = Signal(object)
    _signatures = ("mrmlSceneChanged(vtkMRMLScene*)",)

    def __init__(self, parent=None):
        super().__init__(parent)
        self._scene = None

    def setMRMLScene(self, scene):
        if scene is not self._scene:
            self._scene = scene
            self._onSceneSet()
            self.mrmlSceneChanged.emit(scene)

    def _onSceneSet(self):
        """For the stand-ins derived from this one."""


class qSlicerWidget(_SceneHolder):
    """Follows qSlicerWidget (Base/QTGUI/qSlicerWidget.cxx), which lets Python set the scene, but not ask for it."""


class qMRMLWidget(_SceneHolder):
    """Follows qMRMLWidget (Libs/MRML/Widgets/qMRMLWidget.cxx)."""

    def mrmlScene(self):
        return self._scene


class _Quantity:
    """What qMRMLSliderWidget and qMRMLSpinBox add: the unit of a quantity, taken from the scene's unit nodes."""

    def mrmlScene(self):
        return vars(self).get("_scene")

    def setMRMLScene(self, scene):
        self._scene = scene
        self._showUnit()

    def _showUnit(self):
        scene = self.mrmlScene()
        if scene and self.quantity:
            unitNode = scene.GetNodeByID("vtkMRMLSelectionNodeSingleton").GetUnitNode(self.quantity)
            if unitNode:
                self.suffix = unitNode.GetSuffix() or ""


class qMRMLSliderWidget(_Quantity, ctkSliderWidget):
    """Follows qMRMLSliderWidget (Libs/MRML/Widgets/qMRMLSliderWidget.cxx)."""

    quantity = stored(str, "quantity", "", "_showUnit")


class qMRMLSpinBox(_Quantity, ctkDoubleSpinBox):
    """Follows qMRMLSpinBox (Libs/MRML/Widgets/qMRMLSpinBox.cxx)."""

    quantity = stored(str, "quantity", "", "_showUnit")
