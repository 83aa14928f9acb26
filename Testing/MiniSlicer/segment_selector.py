"""Stand-in of qMRMLSegmentSelectorWidget (Libs/MRML/Widgets/qMRMLSegmentSelectorWidget.cxx)."""

import slicer
from PySide6.QtCore import Property, Signal
from PySide6.QtWidgets import QComboBox, QGridLayout, QLabel

from .core_object import Observations
from .mrml_widgets import qMRMLWidget
from .node_combo_box import qMRMLNodeComboBox

_SEGMENTATION_EVENTS = (
    slicer.vtkSegmentation.SegmentAdded,
    slicer.vtkSegmentation.SegmentRemoved,
    slicer.vtkSegmentation.SegmentModified,
)
_NONE = "None"


class qMRMLSegmentSelectorWidget(qMRMLWidget):
    """A selector of a segmentation and, below it, of one of its segments (`multiSelection` is left out).

    As in Slicer: a removed current segment is followed by the first one, even if none is allowed; without segments
    the current segment ID stays what it was, and no signal tells; `segmentIDs()` is empty unless `multiSelection`.
    """

    currentNodeChanged = Signal(object)
    currentSegmentChanged = Signal(str)
    nodeAboutToBeEdited = Signal(object)
    _signatures = (
        "mrmlSceneChanged(vtkMRMLScene*)",
        "currentNodeChanged(vtkMRMLNode*)",
        "nodeAboutToBeEdited(vtkMRMLNode*)",
    )

    def __init__(self, parent=None):
        super().__init__(parent)
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self._nodes = qMRMLNodeComboBox(self)
        self._nodes.nodeTypes = ["vtkMRMLSegmentationNode"]
        self._nodes.addEnabled = self._nodes.removeEnabled = False
        self._label, self._message = QLabel("Segment: ", self), QLabel(self)
        self._segments = QComboBox(self)
        layout.addWidget(self._nodes, 0, 0, 1, 2)
        layout.addWidget(self._label, 1, 0)
        layout.addWidget(self._segments, 1, 1)
        layout.addWidget(self._message, 2, 0, 1, 2)
        layout.setColumnStretch(1, 1)
        self._observations = Observations(self)
        self._segmentID = ""
        self._nodes.currentNodeChanged.connect(self._onNodeChanged)
        self._nodes.nodeAboutToBeEdited.connect(self.nodeAboutToBeEdited)
        self._segments.currentIndexChanged.connect(self._onIndexChanged)
        self._populate()

    def _setNoneEnabled(self, enable):
        self._nodes.noneEnabled = enable
        self._populate()

    noneEnabled = Property(bool, lambda self: self._nodes.noneEnabled, _setNoneEnabled)
    selectNodeUponCreation = Property(
        bool,
        lambda self: self._nodes.selectNodeUponCreation,
        lambda self, value: setattr(self._nodes, "selectNodeUponCreation", value),
    )
    segmentationNodeSelectorVisible = Property(
        bool, lambda self: self._nodes.visible, lambda self, visible: self._nodes.setVisible(visible)
    )

    def _onSceneSet(self):
        self._nodes.setMRMLScene(self._scene)

    def currentNode(self):
        return self._nodes.currentNode()

    def currentNodeID(self):
        return self._nodes.currentNodeID

    def setCurrentNode(self, node):
        self._nodes.setCurrentNode(node)

    def setCurrentNodeID(self, nodeID):
        self._nodes.setCurrentNodeID(nodeID)

    def currentSegmentID(self):
        return self._segmentID

    def setCurrentSegmentID(self, segmentID):
        index = self._segments.findData(segmentID)
        if not segmentID and self.noneEnabled:
            self._segments.setCurrentIndex(0)
        elif index >= 0:
            self._segments.setCurrentIndex(index)

    def segmentIDs(self):
        return ()

    def _onNodeChanged(self, node):
        self._observations.clear()
        if node:
            for event in _SEGMENTATION_EVENTS:
                self._observations.add(node, event, self._onSegmentsChanged)
        self._populate()
        self.currentNodeChanged.emit(node)

    def _onSegmentsChanged(self, caller, event):
        self._populate()

    def _populate(self):
        node = self.currentNode()
        segmentation = node.GetSegmentation() if node else None
        segmentIDs = segmentation.GetSegmentIDs() if segmentation else ()
        self._label.setVisible(bool(segmentIDs))
        self._segments.setVisible(bool(segmentIDs))
        self._message.setText("No segments in segmentation" if node else "No node is selected")
        self._message.setVisible(not segmentIDs)
        self._segments.blockSignals(True)
        self._segments.clear()
        if segmentIDs:
            if self.noneEnabled:
                self._segments.addItem(_NONE, _NONE)
            for segmentID in segmentIDs:
                self._segments.addItem(segmentation.GetSegment(segmentID).GetName(), segmentID)
            self._segments.setCurrentIndex(-1)
            if self._segmentID in segmentIDs or (self.noneEnabled and not self._segmentID):
                self.setCurrentSegmentID(self._segmentID)
        self._segments.blockSignals(False)
        if segmentIDs and self._segments.currentIndex < 0:
            self._segments.setCurrentIndex(1 if self.noneEnabled else 0)

    def _onIndexChanged(self, index):
        segmentID = self._segments.itemData(index)
        self._segmentID = "" if segmentID == _NONE else segmentID
        self.currentSegmentChanged.emit(self._segmentID)
