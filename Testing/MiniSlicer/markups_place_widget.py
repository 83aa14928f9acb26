"""Stand-in of qSlicerMarkupsPlaceWidget: the buttons with which the points of one markups node are placed."""

import slicer
from PySide6.QtCore import Property, Signal
from PySide6.QtWidgets import QHBoxLayout, QToolButton

from .core_object import Observations, stored
from .mrml_widgets import qSlicerWidget

_SHOW, _HIDE, _SINGLE, _MULTIPLE = range(4)


class qSlicerMarkupsPlaceWidget(qSlicerWidget):
    """Follows qSlicerMarkupsPlaceWidget (Modules/Loadable/Markups/Widgets/qSlicerMarkupsPlaceWidget.cxx)."""

    ShowPlaceMultipleMarkupsOption, HidePlaceMultipleMarkupsOption = _SHOW, _HIDE
    ForcePlaceSingleMarkup, ForcePlaceMultipleMarkups = _SINGLE, _MULTIPLE

    activeMarkupsPlaceModeChanged = Signal(bool)

    def __init__(self, parent=None):
        super().__init__(parent)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self._place, self._delete = QToolButton(self), QToolButton(self)
        self._place.setText("Place")
        self._place.setCheckable(True)
        self._delete.setText("Delete last")
        for button in (self._place, self._delete):
            layout.addWidget(button)
        self._node = self._interaction = self._selection = None
        self._wasPlacing = False
        self._nodeObservations = Observations(self)
        self._modeObservations = Observations(self)
        self._place.toggled.connect(self.setPlaceModeEnabled)
        self._delete.clicked.connect(lambda checked: self.modifyLastPoint())
        self._update()

    def _setButtonsVisible(self):
        for button in (self._place, self._delete):
            button.setVisible(self.buttonsVisible)

    buttonsVisible = stored(bool, "buttonsVisible", True, "_setButtonsVisible")
    placeMultipleMarkups = stored(int, "placeMultipleMarkups", _SHOW)
    deleteAllControlPointsOptionVisible = stored(bool, "deleteAllControlPointsOptionVisible", True)

    def setButtonsVisible(self, visible):
        self.buttonsVisible = visible

    def setPlaceMultipleMarkups(self, option):
        self.placeMultipleMarkups = option

    def placeButton(self):
        return self._place

    def deleteButton(self):
        return self._delete

    def _onSceneSet(self):
        self._modeObservations.clear()
        self._interaction = self._selection = None
        if self._scene:
            self._interaction = self._scene.GetNodeByID("vtkMRMLInteractionNodeSingleton")
            self._selection = self._scene.GetNodeByID("vtkMRMLSelectionNodeSingleton")
            for node in (self._interaction, self._selection):
                self._modeObservations.add(node, "ModifiedEvent", self._onModified)
        self._update()

    def interactionNode(self):
        return self._interaction

    def selectionNode(self):
        return self._selection

    def currentNode(self):
        return self._node

    def currentMarkupsNode(self):
        return self._node

    def setCurrentNode(self, currentNode):
        if currentNode is self._node:
            return
        self._nodeObservations.clear()
        self._node = currentNode if isinstance(currentNode, slicer.vtkMRMLMarkupsNode) else None
        if self._node:
            for event in ("PointAddedEvent", "PointRemovedEvent", "PointPositionDefinedEvent"):
                self._nodeObservations.add(self._node, getattr(self._node, event), self._onModified)
            self._nodeObservations.add(self._node, "ModifiedEvent", self._onModified)
        self._update()

    def _isActive(self):
        if not (self._node and self._interaction and self._selection):
            return False
        isActiveList = slicer.modules.markups.logic().GetActiveListID() == self._node.GetID()
        return isActiveList and self._selection.GetActivePlaceNodeClassName() == self._node.GetClassName()

    def setCurrentNodeActive(self, active):
        if self._interaction is None or self._isActive() == active:
            return
        slicer.modules.markups.logic().SetActiveList(self._node if active else None)
        if not active:
            self._interaction.SetCurrentInteractionMode(slicer.vtkMRMLInteractionNode.ViewTransform)

    currentNodeActive = Property(bool, _isActive, setCurrentNodeActive)

    def _isPlacing(self):
        return self._isActive() and self._interaction.GetCurrentInteractionMode() == slicer.vtkMRMLInteractionNode.Place

    def setPlaceModeEnabled(self, enable):
        if not (self._node and self._interaction):
            return
        if enable:
            if not self._isActive():
                slicer.modules.markups.logic().SetActiveList(self._node)
            if self.placeMultipleMarkups in (_SINGLE, _MULTIPLE):
                self.setPlaceModePersistency(self.placeMultipleMarkups == _MULTIPLE)
            self._interaction.SetCurrentInteractionMode(slicer.vtkMRMLInteractionNode.Place)
        else:
            self._interaction.SetCurrentInteractionMode(slicer.vtkMRMLInteractionNode.ViewTransform)

    placeModeEnabled = Property(bool, _isPlacing, setPlaceModeEnabled)

    def setPlaceModePersistency(self, persistent):
        self._interaction.SetPlaceModePersistence(persistent)

    placeModePersistency = Property(
        bool,
        lambda self: bool(self._interaction and self._interaction.GetPlaceModePersistence()),
        setPlaceModePersistency,
    )

    def modifyLastPoint(self):
        if self._node and self._node.GetFixedNumberOfControlPoints():
            self.unsetLastDefinedPoint()
        else:
            self.deleteLastPoint()

    def deleteLastPoint(self):
        if self._node and self._node.GetNumberOfControlPoints():
            self._node.RemoveNthControlPoint(self._node.GetNumberOfControlPoints() - 1)

    def unsetLastDefinedPoint(self):
        undefined = slicer.vtkMRMLMarkupsNode.PositionUndefined
        for index in reversed(range(self._node.GetNumberOfControlPoints() if self._node else 0)):
            if self._node.GetNthControlPointPositionStatus(index) != undefined:
                self._node.UnsetNthControlPointPosition(index)
                return

    def deleteAllPoints(self):
        if self._node:
            self._node.RemoveAllControlPoints()

    def _onModified(self, caller, event):
        self._update()

    def _update(self):
        isReady = self._node is not None and self._interaction is not None
        self._place.setEnabled(isReady and not self._node.GetControlPointPlacementComplete())
        self._delete.setEnabled(isReady and self._node.GetNumberOfControlPoints() > 0)
        isPlacing = self._isPlacing()
        self._place.blockSignals(True)
        self._place.setChecked(isPlacing)
        self._place.blockSignals(False)
        if isPlacing != self._wasPlacing:
            self._wasPlacing = isPlacing
            self.activeMarkupsPlaceModeChanged.emit(isPlacing)
