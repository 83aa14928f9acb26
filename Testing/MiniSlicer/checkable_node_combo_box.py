"""Stand-in of qMRMLCheckableNodeComboBox (Libs/MRML/Widgets/qMRMLCheckableNodeComboBox.cxx)."""

from PySide6.QtCore import Qt, Signal

from .node_combo_box import qMRMLNodeComboBox


class qMRMLCheckableNodeComboBox(qMRMLNodeComboBox):
    """A node selector whose nodes are checked, one by one; a mark before its name shows which are."""

    checkedNodesChanged = Signal()

    def __init__(self, parent=None):
        self._checked = []
        super().__init__(parent)

    def checkedNodes(self):
        return tuple(node for node in self._listed if self.checkState(node) == Qt.CheckState.Checked)

    def uncheckedNodes(self):
        return tuple(node for node in self._listed if self.checkState(node) != Qt.CheckState.Checked)

    def allChecked(self):
        return not self.uncheckedNodes()

    def noneChecked(self):
        return not self.checkedNodes()

    def checkState(self, node):
        checked = any(node is other for other in self._checked)
        return Qt.CheckState.Checked if checked else Qt.CheckState.Unchecked

    def setCheckState(self, node, check):
        if node is None or self.checkState(node) == check:
            return
        self._checked = [other for other in self._checked if other is not node]
        if check == Qt.CheckState.Checked:
            self._checked.append(node)
        self._refresh()
        self.checkedNodesChanged.emit()

    def check(self, node):
        self.setCheckState(node, Qt.CheckState.Checked)

    def uncheck(self, node):
        self.setCheckState(node, Qt.CheckState.Unchecked)
