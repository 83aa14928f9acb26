"""Stand-ins of the table view: a Qt table of a vtkMRMLTableNode."""

import vtk
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QLabel, QTableView, QVBoxLayout

from .core_object import Observations, stored
from .mrml_widgets import qMRMLWidget

_CHARACTERS = (vtk.VTK_CHAR, vtk.VTK_UNSIGNED_CHAR, vtk.VTK_SIGNED_CHAR)


class qMRMLTableView(QTableView):
    """Follows qMRMLTableView (Libs/MRML/Widgets/qMRMLTableView.cxx) and qMRMLTableModel (qMRMLTableModel.cxx).

    Columns are made as wide as their contents when the node is set, and stay so when the table fills. Whoever clicks
    twice into a cell edits it, unless the node is locked.
    """

    mrmlSceneChanged = Signal(object)
    _signatures = ("mrmlSceneChanged(vtkMRMLScene*)",)

    def __init__(self, parent=None):
        super().__init__(parent)
        self._scene = self._tableNode = self._viewNode = None
        self._items = QStandardItemModel(self)
        self._items.itemChanged.connect(self._onItemChanged)
        self._filling = False
        self._nodeObservations = Observations(self)
        self._viewObservations = Observations(self)
        self._sceneObservations = Observations(self)
        self.setModel(self._items)

    transposed = stored(bool, "transposed", False, "_fill")

    def setTransposed(self, transposed):
        self.transposed = transposed

    def mrmlScene(self):
        return self._scene

    def setMRMLScene(self, newScene):
        if newScene is not self._scene:
            self._scene = newScene
            self._sceneObservations.clear()
            if newScene:
                self._sceneObservations.add(newScene, newScene.EndBatchProcessEvent, self._onViewNodeModified)
            self.mrmlSceneChanged.emit(newScene)

    def mrmlTableNode(self):
        return self._tableNode

    def setMRMLTableNode(self, tableNode):
        self._nodeObservations.clear()
        self._tableNode = tableNode
        if tableNode:
            self._nodeObservations.add(tableNode, "ModifiedEvent", self._onNodeModified)
        self._fill()
        self.horizontalHeader().setMinimumSectionSize(60)
        self.resizeColumnsToContents()

    def mrmlTableViewNode(self):
        return self._viewNode

    def setMRMLTableViewNode(self, newTableViewNode):
        self._viewObservations.clear()
        self._viewNode = newTableViewNode
        if newTableViewNode:
            self._viewObservations.add(newTableViewNode, "ModifiedEvent", self._onViewNodeModified)
            self._onViewNodeModified(newTableViewNode, "ModifiedEvent")

    def _onNodeModified(self, caller, event):
        self._fill()

    def _onViewNodeModified(self, caller, event):
        if self._viewNode:
            self.setMRMLTableNode(self._viewNode.GetTableNode())

    def _fill(self):
        """Headers and cells; the first row holds the columns' names unless the node has the titles as header."""
        table = self._tableNode.GetTable() if self._tableNode else None
        self._filling = True
        if table is None or not table.GetNumberOfColumns():
            self._items.clear()
        else:
            self._show(table)
        self._filling = False

    def _show(self, table):
        """Cells are put into the rows and columns that there are: their widths stay."""
        node = self._tableNode
        firstColumn = 1 if node.GetUseFirstColumnAsRowHeader() else 0
        columns = range(firstColumn, table.GetNumberOfColumns())
        rows = range(0 if node.GetUseColumnTitleAsColumnHeader() else -1, table.GetNumberOfRows())
        cells = [[self._cell(table, row, column) for column in columns] for row in rows]
        across = [self._header(table, column, firstColumn) for column in columns]
        down = [
            (table.GetColumnName(0) if row < 0 else _text(table, row, 0)) if firstColumn else str(row - rows[0] + 1)
            for row in rows
        ]
        if self.transposed:
            cells, across, down = [list(column) for column in zip(*cells, strict=True)], down, across
        self._items.setRowCount(len(down))
        self._items.setColumnCount(len(across))
        for row, itemsOfRow in enumerate(cells):
            for column, item in enumerate(itemsOfRow):
                self._items.setItem(row, column, item)
        self._items.setHorizontalHeaderLabels(across)
        self._items.setVerticalHeaderLabels(down)

    def _header(self, table, column, firstColumn):
        name = table.GetColumnName(column)
        if not self._tableNode.GetUseColumnTitleAsColumnHeader():
            return _letters(column - firstColumn)
        unit = self._tableNode.GetColumnUnitLabel(name)
        return (self._tableNode.GetColumnTitle(name) or name) + (f" [{unit}]" if unit else "")

    def _cell(self, table, row, column):
        name = table.GetColumnName(column)
        item = QStandardItem(name if row < 0 else _text(table, row, column))
        item.setToolTip(
            "<p>".join(
                text
                for text in (
                    f"<b>{self._tableNode.GetColumnTitle(name) or name}</b>",
                    self._tableNode.GetColumnUnitLabel(name) and f"Unit: {self._tableNode.GetColumnUnitLabel(name)}",
                    self._tableNode.GetColumnDescription(name),
                )
                if text
            )
        )
        item.setData((row, column), Qt.ItemDataRole.UserRole)
        item.setEditable(row >= 0 and not self._tableNode.GetLocked())
        if row < 0:
            font = QFont()
            font.setBold(True)
            item.setFont(font)
        elif table.GetColumn(column).GetDataType() == vtk.VTK_BIT:
            item.setText("")
            item.setEditable(False)
            item.setCheckable(not self._tableNode.GetLocked())
            state = Qt.CheckState.Checked if table.GetValue(row, column).ToInt() else Qt.CheckState.Unchecked
            item.setCheckState(state)
        return item

    def _onItemChanged(self, item):
        if self._filling:
            return
        row, column = item.data(Qt.ItemDataRole.UserRole)
        table = self._tableNode.GetTable()
        if item.isCheckable():
            table.SetValue(row, column, vtk.vtkVariant(int(item.checkState() == Qt.CheckState.Checked)))
        else:
            table.SetValue(row, column, vtk.vtkVariant(item.text()))
        table.GetColumn(column).Modified()
        table.Modified()


class qMRMLTableWidget(qMRMLWidget):
    """Follows qMRMLTableWidget (Libs/MRML/Widgets/qMRMLTableWidget.cxx): a label above the view."""

    def __init__(self, parent=None):
        super().__init__(parent)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        self._label = QLabel("T", self)
        self._label.setStyleSheet("background: #e1ffe1; font-weight: bold; padding-left: 8px")
        self._view = qMRMLTableView(self)
        layout.addWidget(self._label)
        layout.addWidget(self._view, 1)

    def _onSceneSet(self):
        self._view.setMRMLScene(self._scene)

    def setMRMLTableViewNode(self, newTableViewNode):
        self._view.setMRMLTableViewNode(newTableViewNode)

    def mrmlTableViewNode(self):
        return self._view.mrmlTableViewNode()

    def mrmlAbstractViewNode(self):
        return self._view.mrmlTableViewNode()

    def tableView(self):
        return self._view

    def viewWidget(self):
        return self._view


def _text(table, row, column):
    value = table.GetValue(row, column)
    isCharacter = table.GetColumn(column).GetDataType() in _CHARACTERS
    return str(value.ToInt()) if isCharacter else value.ToString()


def _letters(index):
    """A, B, ..., Z, AA, ..."""
    letters = ""
    while index >= 0:
        letters = chr(ord("A") + index % 26) + letters
        index = index // 26 - 1
    return letters
