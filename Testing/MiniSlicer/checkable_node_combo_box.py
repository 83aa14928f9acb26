"""Stand-in of qMRMLCheckableNodeComboBox (Libs/MRML/Widgets/qMRMLCheckableNodeComboBox.cxx)."""

from PySide6.QtCore import Qt, Signal

from .checkable_combo_box import ctkCheckableComboBox
from .node_combo_box import qMRMLNodeComboBox


class qMRMLCheckableNodeComboBox(qMRMLNodeComboBox):
    """A node selector whose nodes are checked, one by one."""

    checkedNodesChanged = Signal()
    _comboBoxClass = ctkCheckableComboBox

    def __init__(self, parent=None):
        super().__init__(parent)
        self._checked = []
        self.addEnabled = self.removeEnabled = False
        self._comboBox.checkedIndexesChanged.connect(self._onChecked)

    def checkedNodes(self):
        identifiers = [self._comboBox.itemData(index.row()) for index in self._comboBox.checkedIndexes()]
        return tuple(node for node in self._listed if node.GetID() in identifiers)

    def uncheckedNodes(self):
        checked = self.checkedNodes()
        return tuple(node for node in self._listed if node not in checked)

    def allChecked(self):
        return self._comboBox.allChecked()

    def noneChecked(self):
        return self._comboBox.noneChecked()

    def checkState(self, node):
        return Qt.CheckState.Checked if node in self.checkedNodes() else Qt.CheckState.Unchecked

    def setCheckState(self, node, check):
        row = self._comboBox.findData(self._idOf(node))
        if row >= 0:
            self._comboBox.setCheckState(self._comboBox.model().index(row, 0), check)

    def check(self, node):
        self.setCheckState(node, Qt.CheckState.Checked)

    def uncheck(self, node):
        self.setCheckState(node, Qt.CheckState.Unchecked)

    def _onChecked(self):
        self._checked = list(self.checkedNodes())
        self.checkedNodesChanged.emit()

    def _fill(self):
        """The checks outlast the list, which is made anew."""
        super()._fill()
        for node in self._checked:
            self.check(node)
        self._checked = list(self.checkedNodes())
