"""The section with the regions: their table, and what can be done with the selected one."""

import html

import qt
import slicer
from slicer.i18n import tr as _

from ..scene import exam_nodes, region_nodes, tables
from .region_state import RegionState
from .where import tip
from .words import with_interval

_TEXT_MARGIN = 1  # of a text in its box, no more than is blank above letters: of a next line nothing is seen
_NUMBERS = ((2, "sh", 3), (3, "thk_mm", 2), (4, "sh_thk_per_mm", 3))


class RegionsSection:
    """The table of the regions, and the buttons of the selected one."""

    def __init__(self, panel):
        self._panel = panel
        self._table = table = panel.ui.regionsTable
        table.setRowCount(len(exam_nodes.REGION_KEYS))
        table.setHorizontalHeaderLabels([_("Region"), _("State"), "SH", _("Thk mm"), "SH/Thk"])
        table.verticalHeader().setVisible(False)
        table.setWordWrap(False)  # a row is one line high whatever its state: what stands below it never moves
        for row, key in enumerate(exam_nodes.REGION_KEYS):
            for column in range(5):
                table.setItem(row, column, qt.QTableWidgetItem(""))
            title = region_nodes.region_title(key).capitalize()
            table.item(row, 0).setText(title.replace(" lobule", ""))
            table.item(row, 0).setToolTip(tip(key))
        self._set_widths()
        for view, lines in ((panel.ui.numbersView, 3), (panel.ui.flagsBrowser, 4)):
            view.document.documentMargin = _TEXT_MARGIN
            view.setFixedHeight(lines * view.fontMetrics().lineSpacing() + 2 * (view.frameWidth + _TEXT_MARGIN))
        panel.ui.stateLabel.setMinimumHeight(2 * panel.ui.stateLabel.fontMetrics().lineSpacing())

    def _set_widths(self):
        """Once and for all: nothing moves while a point is dragged. The state takes the room that is left."""
        header = self._table.horizontalHeader()
        header.setMinimumSectionSize(20)
        for column, _name, _digits in _NUMBERS:
            self._table.item(0, column).setText(_("missing"))
        self._table.resizeColumnsToContents()
        for column, _name, _digits in _NUMBERS:
            self._table.item(0, column).setText("")
        header.setSectionResizeMode(1, qt.QHeaderView.Stretch)

    def show(self):
        """Bring table and buttons in line with the scene."""
        stored = tables.stored_values(self._panel.parameterNode.results)
        for row, key in enumerate(exam_nodes.REGION_KEYS):
            self._write_state(row, RegionState(self._panel, key).brief)
            self.fill_row(row, stored.get(key))
        self._fit_height()
        if self._table.currentRow() != self._panel.row:
            self._table.setCurrentCell(self._panel.row, 0)
        self._show_buttons()

    def _write_state(self, row, state):
        """Its tip says all of a state that the column is too narrow for."""
        item = self._table.item(row, 1)
        _write(item, state)
        item.setToolTip(f"<p><b>{html.escape(state)}</b></p>{tip(exam_nodes.REGION_KEYS[row])}")

    def _fit_height(self):
        """As high as its rows: nothing is scrolled, nothing is empty."""
        table = self._table
        table.resizeRowsToContents()
        rows = sum(table.rowHeight(row) for row in range(table.rowCount))
        height = table.horizontalHeader().height + rows + 2 * table.frameWidth
        if table.minimumHeight != height:
            table.setFixedHeight(height)

    def fill_row(self, row, values):
        """Show the values of a region; their intervals are in the tips. Without any (None) the state has their room."""
        span = 1 if values else self._table.columnCount - 1
        if self._table.columnSpan(row, 1) != span:
            self._table.setSpan(row, 1, 1, span)
        for column, name, digits in _NUMBERS:
            item, text = self._table.item(row, column), ""
            if values:
                text = with_interval(values, name, digits, interval=False)
                item.setToolTip(with_interval(values, name, digits))
            _write(item, text)

    def _show_buttons(self):
        ui, key = self._panel.ui, self._panel.key
        accepted = self._panel.logic.ofRegion(key, "Accepted")
        ui.acceptButton.checked = accepted
        ui.acceptButton.text = _("Reopen") if accepted else _("Accept")
        ui.acceptButton.enabled = accepted or self._panel.live.read(key) is not None
        for button in (ui.drawLineButton, ui.addLineButton, ui.redrawLineButton, ui.clearLineButton):
            button.enabled = bool(self._panel.parameterNode.inputVolume) and not accepted
        self._panel.edits.show()

    def on_chosen(self, row, column=0, previous_row=0, previous_column=0):
        """Another row was chosen."""
        if self._may_select(row) and row != self._panel.row:
            self._panel.select_region(row)

    def on_clicked(self, row, column=0):
        """A click on the row that is selected shows its region again."""
        if self._may_select(row) and row == self._panel.row:
            self._panel.select_region(row)

    def _may_select(self, row):
        panel = self._panel
        return not panel.is_updating and panel.parameterNode and 0 <= row < len(exam_nodes.REGION_KEYS)

    def on_accept(self, checked=None):
        """Accept the region, lock what is drawn of it and go on to the next; or open it again."""
        panel, key = self._panel, self._panel.key
        panel.drawing.stop()
        panel.pace.rest()
        if panel.logic.ofRegion(key, "Accepted"):
            panel.logic.reopen(key)
            panel.reading_list.accepted(key, None)
            panel.update()
        elif panel.live.read(key) is not None:
            panel.logic.accept(key)
            panel.reading_list.accepted(key, panel.logic.signature(key).values)
            panel.update()
            self._go_on()

    def _go_on(self):
        """Select the next region that is not accepted, from the first again after the last; the last one stays."""
        keys, row = exam_nodes.REGION_KEYS, self._panel.row
        for following in [*range(row + 1, len(keys)), *range(row)]:
            if not self._panel.logic.ofRegion(keys[following], "Accepted"):
                self._panel.select_region(following)
                return

    def on_measure(self, unused=None):
        """Measure every region that is drawn, with intervals."""
        panel = self._panel
        panel.live.begin(exam_nodes.REGION_KEYS)
        with slicer.util.WaitCursor():
            panel.pace.rest()
        panel.live.show()
        if not any(panel.live.read(key) for key in exam_nodes.REGION_KEYS):
            slicer.util.errorDisplay("\n".join(panel.live.faults()))


def _write(item, text):
    if item.text() != text:
        item.setText(text)
