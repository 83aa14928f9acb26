"""Stand-in of ctkCheckableComboBox (CTK: Libs/Widgets/ctkCheckableComboBox.cpp)."""

from PySide6.QtCore import QEvent, Qt, Signal

from .ctk_widgets import ElidingComboBox


class ctkCheckableComboBox(ElidingComboBox):
    """Shows the checked items' texts, "All" or "None"; a click in the open list checks an item and leaves it open."""

    checkedIndexesChanged = Signal()

    def __init__(self, parent=None):
        super().__init__(parent)
        self.model().rowsInserted.connect(self._onRowsInserted)
        self.model().dataChanged.connect(self._onDataChanged)
        self.view().viewport().installEventFilter(self)

    def _onRowsInserted(self, parent, first, last):
        self.model().blockSignals(True)
        for row in range(first, last + 1):
            item = self.model().item(row)
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
            item.setData(Qt.CheckState.Unchecked.value, Qt.ItemDataRole.CheckStateRole)
        self.model().blockSignals(False)

    def _onDataChanged(self, first, last, roles):
        if Qt.ItemDataRole.CheckStateRole in roles:
            self.checkedIndexesChanged.emit()
            self.update()

    def eventFilter(self, watched, event):
        if event.type() == QEvent.Type.MouseButtonRelease:
            index = self.view().indexAt(event.pos())
            if index.flags() & Qt.ItemFlag.ItemIsUserCheckable:
                isChecked = self.checkState(index) == Qt.CheckState.Checked
                self.setCheckState(index, Qt.CheckState.Unchecked if isChecked else Qt.CheckState.Checked)
                return True
        return super().eventFilter(watched, event)

    def checkState(self, index):
        return Qt.CheckState(self.model().data(index, Qt.ItemDataRole.CheckStateRole) or 0)

    def setCheckState(self, index, check):
        if self.checkState(index) != check:
            self.model().setData(index, Qt.CheckState(check).value, Qt.ItemDataRole.CheckStateRole)

    def checkedIndexes(self):
        indexes = [self.model().index(row, 0) for row in range(self.count)]
        return tuple(index for index in indexes if self.checkState(index) == Qt.CheckState.Checked)

    def allChecked(self):
        return len(self.checkedIndexes()) == self.count

    def noneChecked(self):
        return not self.checkedIndexes()

    def _shownText(self):
        if self.noneChecked():
            return "None"
        return "All" if self.allChecked() else ", ".join(index.data() for index in self.checkedIndexes())
