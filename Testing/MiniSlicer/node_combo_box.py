"""Stand-in of qMRMLNodeComboBox (Libs/MRML/Widgets/qMRMLNodeComboBox.cxx and qMRMLSortFilterProxyModel.cxx)."""

import slicer
from PySide6.QtCore import Property, Qt, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QInputDialog, QWidget

from .core_object import Observations, stored
from .ctk_widgets import ElidingComboBox

_SCENE_EVENTS = (
    slicer.vtkMRMLScene.NodeAddedEvent,
    slicer.vtkMRMLScene.NodeRemovedEvent,
    slicer.vtkMRMLScene.EndBatchProcessEvent,
)


class qMRMLNodeComboBox(QWidget):
    """Lists the scene's nodes of some classes, in the scene's order, between "None" and the actions.

    As in Slicer: without "None" and without a choice the current node is None; a removed current node is
    followed by its neighbour; nodes hidden from editors are left out.
    """

    currentNodeChanged = Signal(object)
    currentNodeIDChanged = Signal(str)
    currentNodeRenamed = Signal(str)
    nodeActivated = Signal(object)
    nodeAdded = Signal(object)
    nodeAddedByUser = Signal(object)
    nodeAddedByUserAction = Signal(object)
    nodeAboutToBeEdited = Signal(object)
    _signatures = (
        "currentNodeChanged(vtkMRMLNode*)",
        "nodeActivated(vtkMRMLNode*)",
        "nodeAdded(vtkMRMLNode*)",
        "nodeAddedByUser(vtkMRMLNode*)",
        "nodeAddedByUserAction(vtkMRMLNode*)",
        "nodeAboutToBeEdited(vtkMRMLNode*)",
    )
    _comboBoxClass = ElidingComboBox

    def __init__(self, parent=None):
        super().__init__(parent)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self._comboBox = self._comboBoxClass(self)
        self._comboBox.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self._comboBox.setMinimumContentsLength(8)
        layout.addWidget(self._comboBox)
        self._comboBox.currentIndexChanged.connect(self._onIndexChanged)
        self._comboBox.activated.connect(self._onActivated)
        self._scene = None
        self._requestedID = ""
        self._current = None
        self._listed = []
        self._attributes = {}
        self._labels = {}
        self._baseNames = {}
        self._sceneObservations = Observations(self)
        self._nodeObservations = Observations(self)
        self.setEnabled(False)

    nodeTypes = stored("QStringList", "nodeTypes", (), "_refresh")
    showHidden = stored(bool, "showHidden", False, "_refresh")
    showChildNodeTypes = stored(bool, "showChildNodeTypes", True, "_refresh")
    hideChildNodeTypes = stored("QStringList", "hideChildNodeTypes", (), "_refresh")
    noneEnabled = stored(bool, "noneEnabled", False, "_refresh")
    noneDisplay = stored(str, "noneDisplay", "None", "_refresh")
    addEnabled = stored(bool, "addEnabled", True, "_refresh")
    removeEnabled = stored(bool, "removeEnabled", True, "_refresh")
    editEnabled = stored(bool, "editEnabled", False, "_refresh")
    renameEnabled = stored(bool, "renameEnabled", False, "_refresh")
    selectNodeUponCreation = stored(bool, "selectNodeUponCreation", True)
    interactionNodeSingletonTag = stored(str, "interactionNodeSingletonTag", "Singleton")

    def _setBaseName(self, baseName):
        self._baseNames.update(dict.fromkeys(self.nodeTypes, baseName))

    baseName = Property(str, lambda self: self._baseNames.get((*self.nodeTypes, "")[0], ""), _setBaseName)

    def mrmlScene(self):
        return self._scene

    def setMRMLScene(self, scene):
        if scene is self._scene:
            return
        self._scene = scene
        self._sceneObservations.clear()
        if scene:
            for event in _SCENE_EVENTS:
                self._sceneObservations.add(scene, event, self._onSceneChanged)
        requested, self._requestedID = self._requestedID, ""
        self._refresh()
        self.setCurrentNodeID(requested or self._idOf(self._current))
        self.setEnabled(scene is not None)

    def nodeCount(self):
        return len(self._listed)

    def nodeFromIndex(self, index):
        return self._listed[index] if 0 <= index < len(self._listed) else None

    def currentNode(self):
        return self._current

    def setCurrentNode(self, node):
        self.setCurrentNodeID(self._idOf(node))

    def setCurrentNodeID(self, nodeID):
        if self._scene is None:
            self._requestedID = nodeID or ""
        index = self._comboBox.findData(nodeID) if nodeID else -1
        self._comboBox.setCurrentIndex(0 if index < 0 and self.noneEnabled else index)

    currentNodeID = Property(str, lambda self: self._idOf(self._current), setCurrentNodeID)

    def setCurrentNodeIndex(self, index):
        self.setCurrentNode(self.nodeFromIndex(index))

    def addAttribute(self, nodeType, attributeName, attributeValue=None):
        """List nodes of the type only with that attribute, of that value if one is given; new ones are made with it."""
        self._attributes[nodeType] = (attributeName, attributeValue)
        self._refresh()

    def removeAttribute(self, nodeType, attributeName):
        self._attributes.pop(nodeType, None)
        self._refresh()

    def nodeTypeLabel(self, nodeType):
        if nodeType in self._labels:
            return self._labels[nodeType]
        return (self._scene.GetTypeDisplayNameByClassName(nodeType) if self._scene else "") or "node"

    def setNodeTypeLabel(self, label, nodeType):
        self._labels[nodeType] = label
        self._refresh()

    def addNode(self, nodeType=None):
        """Add a node of the type (default: the first listed) to the scene, as the user would."""
        nodeType = nodeType or (self.nodeTypes or (None,))[0]
        if nodeType not in self.nodeTypes:
            return None
        node = self._scene.CreateNodeByClass(nodeType)
        node.UnRegister(None)
        baseName = self._baseNames.get(nodeType) or node.GetName() or node.GetDefaultNodeNamePrefix()
        node.SetName(self._scene.GetUniqueNameByString(baseName))
        for attributeName, attributeValue in self._attributes.values():
            node.SetAttribute(attributeName, "" if attributeValue is None else str(attributeValue))
        self._scene.AddNode(node)
        if self.selectNodeUponCreation:
            self.setCurrentNode(node)
        self.nodeAddedByUser.emit(node)
        return node

    def removeCurrentNode(self):
        self._scene.RemoveNode(self._current)

    def renameCurrentNode(self):
        if self._current is None:
            return
        title = f"Rename {self.nodeTypeLabel(self._current.GetClassName())}"
        name, accepted = QInputDialog.getText(self, title, "New name:", text=self._current.GetName())
        if accepted and name:
            self._current.SetName(name)
            self.currentNodeRenamed.emit(name)

    def editCurrentNode(self):
        self.nodeAboutToBeEdited.emit(self._current)

    @staticmethod
    def _idOf(node):
        return (node.GetID() or "") if node is not None else ""

    def _onSceneChanged(self, caller, event):
        if not self._scene.IsBatchProcessing():
            self._refresh()

    def _onNodeModified(self, caller, event):
        if not self._scene.IsBatchProcessing() and self._content() != self._shown:
            self._refresh()

    def _candidates(self):
        """The nodes of the listed classes, shown or hidden."""
        kind = self.nodeTypes[0] if len(self.nodeTypes) == 1 else "vtkMRMLNode"
        nodes = slicer.util.getNodesByClass(kind, self._scene)
        return [node for node in nodes if not self.nodeTypes or any(node.IsA(kind) for kind in self.nodeTypes)]

    def _accepts(self, node):
        if node.GetHideFromEditors() and not self.showHidden:
            return False
        if any(node.IsA(kind) for kind in self.hideChildNodeTypes):
            return False
        for kind in self.nodeTypes or ("vtkMRMLNode",):
            if node.IsA(kind) and (self.showChildNodeTypes or kind == node.GetClassName()):
                name, wanted = self._attributes.get(kind, (None, None))
                value = node.GetAttribute(name) if name else None
                return name is None or (value is not None and wanted in (None, value))
        return False

    def _content(self):
        return [(node.GetID(), node.GetName()) for node in self._candidates() if self._accepts(node)]

    def _refresh(self):
        """List anew; the current node stays, or its neighbour follows it."""
        if vars(self).get("_scene") is None:
            return
        known, position = set(map(id, self._listed)), self._comboBox.currentIndex
        candidates = self._candidates()
        self._nodeObservations.clear()
        for node in candidates:
            self._nodeObservations.add(node, "ModifiedEvent", self._onNodeModified)
        self._listed = [node for node in candidates if self._accepts(node)]
        self._shown = self._content()
        first = 1 if self.noneEnabled else 0
        if self._current in self._listed:
            index = self._listed.index(self._current) + first
        elif self._current is not None and self._listed:
            index = min(position, len(self._listed) - 1 + first)
        else:
            index = first - 1
        self._comboBox.blockSignals(True)
        self._fill()
        self._comboBox.setCurrentIndex(index)
        self._comboBox.blockSignals(False)
        for node in self._listed:
            if id(node) not in known:
                self.nodeAdded.emit(node)
        self._onIndexChanged(index)

    def _fill(self):
        self._comboBox.clear()
        if self.noneEnabled:
            self._comboBox.addItem(self.noneDisplay, "")
        for node in self._listed:
            self._comboBox.addItem(node.GetName() or "", node.GetID())
        labels = {kind: self.nodeTypeLabel(kind) for kind in self.nodeTypes}
        label = labels[self.nodeTypes[0]] if len(self.nodeTypes) == 1 else "node"
        actions = [(f"Rename current {label}", "RENAME")] if self.renameEnabled else []
        actions += [(f"Edit current {label}", "EDIT")] if self.editEnabled else []
        actions += [(f"Create new {text}", kind) for kind, text in labels.items()] if self.addEnabled else []
        actions += [(f"Delete current {label}", "DELETE")] if self.removeEnabled else []
        if actions:
            self._comboBox.insertSeparator(self._comboBox.count)
        for text, action in actions:
            self._comboBox.addItem(text)
            self._comboBox.setItemData(self._comboBox.count - 1, action, Qt.ItemDataRole.UserRole + 1)
        self._comboBox.setPlaceholderText(f"Select a {next(iter(labels.values()), 'node')}")

    def _onIndexChanged(self, index):
        position = index - (1 if self.noneEnabled else 0)
        node = self.nodeFromIndex(position)
        if node is None and position >= len(self._listed):
            return  # an action, see _onActivated
        if node is not self._current:
            self._current = node
            self.currentNodeChanged.emit(node)
            self.currentNodeIDChanged.emit(self._idOf(node))

    def _onActivated(self, index):
        action = self._comboBox.itemData(index, Qt.ItemDataRole.UserRole + 1)
        if not action:
            self.nodeActivated.emit(self._current)
            return
        self.setCurrentNode(self._current)
        if action in self.nodeTypes:
            node = self.addNode(action)
            self.setCurrentNode(node)
            self.nodeAddedByUserAction.emit(node)
        else:
            {"RENAME": self.renameCurrentNode, "EDIT": self.editCurrentNode, "DELETE": self.removeCurrentNode}[action]()
