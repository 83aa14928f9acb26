"""Stand-in of qMRMLSegmentEditorWidget, over the wheel's segment editor logic."""

import slicer
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QIcon, QPixmap
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFormLayout,
    QHBoxLayout,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from .core_object import Observations, stored
from .mrml_widgets import qMRMLWidget
from .node_combo_box import qMRMLNodeComboBox
from .segment_editor_effects import EFFECTS

_BUTTONS, _ACTIONS = ("Left", "Middle", "Right"), ("Press", "Release", "DoubleClick")
_VIEW_EVENTS = (
    *(f"{button}Button{action}Event" for button in _BUTTONS for action in _ACTIONS),
    *("MouseMoveEvent", "MouseWheelForwardEvent", "MouseWheelBackwardEvent", "KeyPressEvent", "KeyReleaseEvent"),
)


class qMRMLSegmentEditorWidget(qMRMLWidget):
    """Follows qMRMLSegmentEditorWidget (Modules/Loadable/Segmentations/Widgets/qMRMLSegmentEditorWidget.cxx).

    Has the effect Draw alone; masking is edited in the vtkMRMLSegmentEditorNode only.
    """

    currentSegmentIDChanged = Signal(str)
    segmentationNodeChanged = Signal(object)
    sourceVolumeNodeChanged = Signal(object)
    _signatures = (
        "mrmlSceneChanged(vtkMRMLScene*)",
        "segmentationNodeChanged(vtkMRMLSegmentationNode*)",
        "sourceVolumeNodeChanged(vtkMRMLVolumeNode*)",
    )

    def __init__(self, parent=None):
        super().__init__(parent)
        self._logic = slicer.vtkSlicerSegmentEditorLogic()
        self._node = self._segmentation = self._volume = self._effect = None
        self._interactionNode = None
        self._nodeObservations = Observations(self)
        self._segmentationObservations = Observations(self)
        self._sceneObservations = Observations(self)
        self._viewTags = []
        self._viewsObserved = False
        self._effects = [effect(self, self._logic) for effect in EFFECTS]
        self._buildPanel()
        self._update()

    segmentationNodeSelectorVisible = stored(bool, "segmentationNodeSelectorVisible", True, "_showRows")
    sourceVolumeNodeSelectorVisible = stored(bool, "sourceVolumeNodeSelectorVisible", True, "_showRows")
    addRemoveSegmentButtonsVisible = stored(bool, "addRemoveSegmentButtonsVisible", True, "_showRows")
    switchToSegmentationsButtonVisible = stored(bool, "switchToSegmentationsButtonVisible", True)
    specifyGeometryButtonVisible = stored(bool, "specifyGeometryButtonVisible", True)
    show3DButtonVisible = stored(bool, "show3DButtonVisible", True)
    maskingSectionVisible = stored(bool, "maskingSectionVisible", True)
    unorderedEffectsVisible = stored(bool, "unorderedEffectsVisible", True)
    autoShowSourceVolumeNode = stored(bool, "autoShowSourceVolumeNode", True)
    jumpToSelectedSegmentEnabled = stored(bool, "jumpToSelectedSegmentEnabled", False)
    undoEnabled = stored(bool, "undoEnabled", True)
    readOnly = stored(bool, "readOnly", False, "_update")
    effectColumnCount = stored(int, "effectColumnCount", 2)
    maximumNumberOfUndoStates = stored(int, "maximumNumberOfUndoStates", 10, "_limitUndo")

    def _limitUndo(self):
        self._logic.SetMaximumNumberOfUndoStates(self.maximumNumberOfUndoStates)

    def setSegmentationNodeSelectorVisible(self, visible):
        self.segmentationNodeSelectorVisible = visible

    def setSourceVolumeNodeSelectorVisible(self, visible):
        self.sourceVolumeNodeSelectorVisible = visible

    def setSwitchToSegmentationsButtonVisible(self, visible):
        self.switchToSegmentationsButtonVisible = visible

    def setSpecifyGeometryButtonVisible(self, visible):
        self.specifyGeometryButtonVisible = visible

    def setShow3DButtonVisible(self, visible):
        self.show3DButtonVisible = visible

    def setMaskingSectionVisible(self, visible):
        self.maskingSectionVisible = visible

    def setAddRemoveSegmentButtonsVisible(self, visible):
        self.addRemoveSegmentButtonsVisible = visible

    def setAutoShowSourceVolumeNode(self, show):
        self.autoShowSourceVolumeNode = show

    def setReadOnly(self, readOnly):
        self.readOnly = readOnly

    def setUndoEnabled(self, enable):
        self.undoEnabled = enable

    def setMaximumNumberOfUndoStates(self, count):
        self.maximumNumberOfUndoStates = count

    def setEffectColumnCount(self, columnCount):
        self.effectColumnCount = columnCount

    def setEffectButtonStyle(self, toolButtonStyle):
        for button in self._effectButtons.values():
            button.setToolButtonStyle(toolButtonStyle)

    def _buildPanel(self):
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        self._selectors = QWidget(self)
        form = QFormLayout(self._selectors)
        form.setContentsMargins(0, 0, 0, 0)
        self._segmentations, self._volumes = qMRMLNodeComboBox(self), qMRMLNodeComboBox(self)
        self._segmentations.nodeTypes = ["vtkMRMLSegmentationNode"]
        self._volumes.nodeTypes = ["vtkMRMLScalarVolumeNode"]
        self._volumes.addEnabled = self._volumes.removeEnabled = False
        self._volumes.noneEnabled = True
        form.addRow("Segmentation:", self._segmentations)
        form.addRow("Source volume:", self._volumes)
        self._add, self._remove = QPushButton("Add", self), QPushButton("Remove", self)
        buttons = QHBoxLayout()
        for button in (self._add, self._remove):
            buttons.addWidget(button)
        self._table = QTableWidget(0, 1, self)
        self._table.setHorizontalHeaderLabels(["Name"])
        self._table.horizontalHeader().setStretchLastSection(True)
        self._table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self._table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self._table.setMinimumHeight(130)
        effects = QHBoxLayout()
        self._effectButtons = {}
        for name in ("", *(effect.name for effect in self._effects)):
            button = self._effectButtons[name] = QToolButton(self)
            button.setText(name or "None")
            button.setCheckable(True)
            button.clicked.connect(lambda checked, name=name: self.setActiveEffectByName(name))
            effects.addWidget(button)
        effects.addStretch(1)
        box.addWidget(self._selectors)
        box.addLayout(buttons)
        box.addWidget(self._table)
        box.addLayout(effects)
        self._segmentations.currentNodeChanged.connect(self._onSegmentationChosen)
        self._volumes.currentNodeChanged.connect(self._onVolumeChosen)
        self._add.clicked.connect(lambda checked: self._logic.AddEmptySegment("", 0))
        self._remove.clicked.connect(lambda checked: self._logic.RemoveSelectedSegment())
        self._table.itemSelectionChanged.connect(self._onSegmentChosen)

    def _showRows(self):
        form = self._selectors.layout()
        form.setRowVisible(self._segmentations, self.segmentationNodeSelectorVisible)
        form.setRowVisible(self._volumes, self.sourceVolumeNodeSelectorVisible)
        for button in (self._add, self._remove):
            button.setVisible(self.addRemoveSegmentButtonsVisible)

    def _onSceneSet(self):
        self._segmentations.setMRMLScene(self._scene)
        self._volumes.setMRMLScene(self._scene)
        self._logic.SetMRMLApplicationLogic(slicer.app.applicationLogic())
        self._logic.SetMRMLScene(self._scene)
        self._logic.SetVerbose(True)
        self._sceneObservations.clear()
        if self._scene:
            self._interactionNode = self._scene.GetNodeByID("vtkMRMLInteractionNodeSingleton")
            for event in (slicer.vtkMRMLScene.EndCloseEvent, slicer.vtkMRMLScene.EndBatchProcessEvent):
                self._sceneObservations.add(self._scene, event, self._onModified)
        if slicer.app.layoutManager():
            slicer.app.layoutManager().layoutChanged.connect(self._onLayoutChanged)
        self._update()

    def mrmlSegmentEditorNode(self):
        return self._node

    def setMRMLSegmentEditorNode(self, newSegmentEditorNode):
        if newSegmentEditorNode is self._node:
            return
        self._nodeObservations.clear()
        self._node = newSegmentEditorNode
        self._logic.SetSegmentEditorNode(newSegmentEditorNode)
        if newSegmentEditorNode:
            self._nodeObservations.add(newSegmentEditorNode, "ModifiedEvent", self._onModified)
            self._update()

    def interactionNode(self):
        return self._interactionNode

    def setInteractionNode(self, interactionNode):
        self._interactionNode = interactionNode

    def segmentationNode(self):
        return self._segmentations.currentNode()

    def segmentationNodeID(self):
        return self._segmentations.currentNodeID

    def setSegmentationNode(self, node):
        if node is not self._logic.GetSegmentationNode():
            self._logic.SetSegmentationNode(node)
            self.setActiveEffect(None)

    def setSegmentationNodeID(self, nodeID):
        self.setSegmentationNode(self._scene.GetNodeByID(nodeID))

    def sourceVolumeNode(self):
        return self._logic.GetSourceVolumeNode()

    def sourceVolumeNodeID(self):
        return self._volumes.currentNodeID

    def setSourceVolumeNode(self, node):
        self._logic.SetSourceVolumeNode(node)

    def setSourceVolumeNodeID(self, nodeID):
        self.setSourceVolumeNode(self._scene.GetNodeByID(nodeID))

    def currentSegmentID(self):
        return self._logic.GetCurrentSegmentID() or ""

    def setCurrentSegmentID(self, segmentID):
        if self._node:
            self._node.SetSelectedSegmentID(segmentID)

    def selectNextSegment(self):
        self._logic.SelectNextSegment(True)

    def selectPreviousSegment(self):
        self._logic.SelectPreviousSegment(True)

    def availableEffectNames(self):
        return tuple(effect.name for effect in self._effects)

    def effectCount(self):
        return len(self._effects)

    def effectByIndex(self, index):
        return self._effects[index]

    def effectByName(self, name):
        """The effect, or None for no name; an effect that Slicer has and MiniSlicer lacks is an error."""
        if not name:
            return None
        found = next((effect for effect in self._effects if effect.name == name), None)
        if found is None:
            raise ValueError(f"MiniSlicer's segment editor has no effect {name}")
        return found

    def setEffectNameOrder(self, effectNames):
        self._effectNameOrder = tuple(effectNames)

    def effectNameOrder(self):
        return vars(self).get("_effectNameOrder", ())

    def activeEffect(self):
        return self._effect

    def setActiveEffect(self, effect):
        if self._node:
            self._node.SetActiveEffectName(effect.name if effect else "")

    def setActiveEffectByName(self, effectName):
        self.setActiveEffect(self.effectByName(effectName))

    def saveStateForUndo(self):
        self._logic.SaveStateForUndo()

    def undo(self):
        self._logic.Undo()

    def redo(self):
        self._logic.Redo()

    def installKeyboardShortcuts(self, parent=None):
        """Slicer's shortcuts (Ctrl+Z, digits, ...) are left out."""

    def uninstallKeyboardShortcuts(self):
        """See installKeyboardShortcuts."""

    def _onSegmentationChosen(self, node):
        if self._scene and not self._scene.IsBatchProcessing():
            self.setSegmentationNode(node)

    def _onVolumeChosen(self, node):
        if self._scene and not self._scene.IsBatchProcessing():
            self.setSourceVolumeNode(node)

    def _onSegmentChosen(self):
        chosen = self._table.selectedItems()
        segmentID = chosen[0].data(Qt.ItemDataRole.UserRole) if chosen else ""
        if self._node and segmentID != (self._node.GetSelectedSegmentID() or ""):
            self._node.SetSelectedSegmentID(segmentID)
            self.currentSegmentIDChanged.emit(segmentID)

    def _onModified(self, caller, event):
        self._update()

    def _update(self):
        """Bring the panel in line with the vtkMRMLSegmentEditorNode."""
        scene = self._scene
        isReady = (
            scene is not None and not scene.IsClosing() and not scene.IsBatchProcessing() and self._node is not None
        )
        self._segmentations.setEnabled(isReady)
        self._volumes.setEnabled(isReady)
        if not isReady:
            return
        self._updateSegmentation()
        self._updateVolume()
        self._updateSegments()
        self._updateEffect()
        canEdit = self._volume is not None and not self.readOnly
        self._add.setEnabled(self._logic.CanAddSegments())
        self._remove.setEnabled(bool(self.currentSegmentID()) and not self.readOnly)
        for button in self._effectButtons.values():
            button.setEnabled(canEdit and bool(self.currentSegmentID()))

    def _updateSegmentation(self):
        segmentation = self._logic.GetSegmentationNode()
        self._segmentations.blockSignals(True)
        self._segmentations.setCurrentNode(segmentation)
        self._segmentations.blockSignals(False)
        if segmentation is self._segmentation:
            return
        self._segmentation = segmentation
        self._segmentationObservations.clear()
        if segmentation:
            for event in ("SegmentAdded", "SegmentRemoved", "SegmentModified"):
                number = getattr(slicer.vtkSegmentation, event)
                self._segmentationObservations.add(segmentation, number, self._onModified)
            self._segmentationObservations.add(segmentation, "ModifiedEvent", self._onModified)
            reference = segmentation.GetReferenceImageGeometryReferenceRole()
            if segmentation.GetNodeReference(reference):
                self._logic.SetSourceVolumeNode(segmentation.GetNodeReference(reference))
            segmentation.CreateDefaultDisplayNodes()
            if segmentation.GetSegmentation().GetNumberOfSegments():
                self._logic.SelectFirstSegment(True)
        self.segmentationNodeChanged.emit(segmentation)

    def _updateVolume(self):
        volume = self._logic.GetSourceVolumeNode()
        self._volumes.blockSignals(True)
        self._volumes.setCurrentNode(volume)
        self._volumes.blockSignals(False)
        if volume is self._volume:
            return
        self._volume = volume
        if volume and self.autoShowSourceVolumeNode:
            self.showSourceVolumeInSliceViewers()
        self.sourceVolumeNodeChanged.emit(volume)

    def _updateSegments(self):
        segmentation = self._segmentation.GetSegmentation() if self._segmentation else None
        segmentIDs = segmentation.GetSegmentIDs() if segmentation else ()
        self._table.blockSignals(True)
        self._table.setRowCount(len(segmentIDs))
        self._table.clearSelection()
        for row, segmentID in enumerate(segmentIDs):
            segment = segmentation.GetSegment(segmentID)
            swatch = QPixmap(14, 14)
            swatch.fill(QColor.fromRgbF(*segment.GetColor()))
            item = QTableWidgetItem(QIcon(swatch), segment.GetName())
            item.setData(Qt.ItemDataRole.UserRole, segmentID)
            self._table.setItem(row, 0, item)
            item.setSelected(segmentID == self.currentSegmentID())
        self._table.blockSignals(False)

    def _updateEffect(self):
        wanted = self.effectByName(self._node.GetActiveEffectName())
        if wanted is self._effect:
            return
        if self._effect:
            self._effect.deactivate()
        if wanted and not self._logic.SetSourceRepresentationToBinaryLabelMap():
            wanted = None
        self._effect = wanted
        if wanted:
            self.setupViewObservations()
            viewTransform = slicer.vtkMRMLInteractionNode.ViewTransform
            if self._interactionNode and self._interactionNode.GetCurrentInteractionMode() != viewTransform:
                self._interactionNode.SetCurrentInteractionMode(viewTransform)
            wanted.activate()
        else:
            self.removeViewObservations()
        for name, button in self._effectButtons.items():
            button.setChecked(name == (wanted.name if wanted else ""))

    def showSourceVolumeInSliceViewers(self, forceShowInBackground=False, fitSlice=False):
        volume = self._logic.GetSourceVolumeNode()
        if volume is None or slicer.app.layoutManager() is None:
            return
        for logic in slicer.app.layoutManager().mrmlSliceLogics():
            composite = logic.GetSliceCompositeNode()
            shown = (composite.GetBackgroundVolumeID(), composite.GetForegroundVolumeID())
            if forceShowInBackground or volume.GetID() not in shown:
                composite.SetBackgroundVolumeID(volume.GetID())
                composite.SetForegroundVolumeID(None)
                composite.SetLabelVolumeID(None)
            if fitSlice:
                logic.FitSliceToBackground(True)

    def _onLayoutChanged(self, layout):
        if self._viewsObserved:
            self.setupViewObservations()

    def setupViewObservations(self):
        self.removeViewObservations()
        layoutManager = slicer.app.layoutManager()
        if layoutManager is None:
            return
        for name in layoutManager.sliceViewNames():
            widget = layoutManager.sliceWidget(name)
            interactor = widget.sliceView().interactor()
            for event in _VIEW_EVENTS:
                self._observeView(interactor, event, widget)
            self._observeView(widget.mrmlSliceNode(), "ModifiedEvent", widget)
        self._viewsObserved = True

    def _observeView(self, observed, event, viewWidget):
        """With priority over Slicer's own handling, which an effect can end for an event."""
        tags = []

        def callback(caller, eventName):
            effect = self._effect
            if effect is None or self._scene is None or self._scene.IsClosing():
                return
            if caller.IsA("vtkMRMLAbstractViewNode"):
                effect.processViewNodeEvents(caller, eventName, viewWidget)
            elif effect.processInteractionEvents(caller, eventName, viewWidget):
                caller.GetCommand(tags[0]).AbortFlagOn()

        tags.append(observed.AddObserver(event, callback, 1.0))
        self._viewTags.append((observed, tags[0]))

    def removeViewObservations(self):
        for observed, tag in self._viewTags:
            observed.RemoveObserver(tag)
        self._viewTags = []
        self._viewsObserved = False
