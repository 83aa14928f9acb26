"""Stand-in of the tool bar that turns the mouse to placing points."""

import slicer
from PySide6.QtWidgets import QToolBar

from .core_object import Observations


class MouseModeToolBar(QToolBar):
    """Follows qSlicerMouseModeToolBar (Base/QTGUI/qSlicerMouseModeToolBar.cxx): view, and placing of points.

    The latter adds points to whatever node is the active place node, whoever made it so, locked or not.
    """

    def __init__(self, parent):
        super().__init__("Mouse Interaction", parent)
        self.setObjectName("MouseModeToolBar")
        modes = slicer.vtkMRMLInteractionNode
        self._actions = {}
        for name, text, mode in (
            ("AdjustViewAction", "View", modes.ViewTransform),
            ("PlaceWidgetAction", "Place", modes.Place),
        ):
            action = self._actions[mode] = self.addAction(text)
            action.setObjectName(name)
            action.setCheckable(True)
            action.triggered.connect(lambda checked, mode=mode: self._interaction.SetCurrentInteractionMode(mode))
        logic = slicer.app.applicationLogic()
        self._interaction, self._selection = logic.GetInteractionNode(), logic.GetSelectionNode()
        self._observations = Observations(self)
        for node in (self._interaction, self._selection):
            self._observations.add(node, "ModifiedEvent", self._onModified)
        for name in ("ActivePlaceNodeClassNameChangedEvent", "ActivePlaceNodeIDChangedEvent"):
            self._observations.add(self._selection, getattr(self._selection, name), self._onModified)
        self._onModified()

    def _onModified(self, caller=None, event=None):
        for mode, action in self._actions.items():
            action.setChecked(mode == self._interaction.GetCurrentInteractionMode())
        canPlace = self._selection.GetActivePlaceNodeClassName() and self._selection.GetActivePlaceNodeID()
        self._actions[slicer.vtkMRMLInteractionNode.Place].setVisible(bool(canPlace))
