"""The section with the four regions: their table, and what can be done with the selected one."""

import qt
import slicer
from slicer.i18n import tr as _

from ..scene import exam_nodes, region_nodes, tables
from .words import with_interval


class RegionsSection:
    """The table of the regions, and the buttons of the selected one."""

    def __init__(self, panel):
        self._panel = panel
        self._table = table = panel.ui.regionsTable
        table.setHorizontalHeaderLabels([_("Region"), _("State"), "SH", _("Thk,\nmm"), _("SH/Thk,\n1/mm")])
        table.verticalHeader().setVisible(False)
        table.horizontalHeader().setStretchLastSection(True)
        for row, key in enumerate(exam_nodes.REGION_KEYS):
            for column in range(5):
                table.setItem(row, column, qt.QTableWidgetItem(""))
            title = region_nodes.region_title(key).capitalize()
            table.item(row, 0).setText(title.replace(" lobule", ""))
            table.item(row, 0).setToolTip(title)

    def show(self):
        """Bring table and buttons in line with the scene."""
        stored = tables.stored_values(self._panel.parameterNode.results)
        for row, key in enumerate(exam_nodes.REGION_KEYS):
            self._table.item(row, 1).setText(self._state(key, key in stored))
            self.fill_row(row, stored.get(key))
        self._table.resizeColumnsToContents()
        self._table.resizeRowsToContents()
        if self._table.currentRow() != self._panel.row:
            self._table.setCurrentCell(self._panel.row, 0)
        self._show_buttons()

    def _state(self, key, measured):
        if self._panel.logic.ofRegion(key, "Accepted"):
            return _("accepted")
        if measured:
            return _("measured")
        drawn = exam_nodes.region_lines(self._panel.parameterNode.parameterNode, key)
        return _("drawn") if drawn else _("to do")

    def fill_row(self, row, values):
        """Show the values of a region, None where there are none."""
        for column, name, digits in ((2, "sh", 3), (3, "thk_mm", 2), (4, "sh_thk_per_mm", 3)):
            item, text = self._table.item(row, column), ""
            if values:
                # The interval of the marker alone: all three would not fit the panel; the others are in the tip.
                text = with_interval(values, name, digits, interval=name == "sh_thk_per_mm").replace(" [", "\n[")
                item.setToolTip(with_interval(values, name, digits))
            if item.text() != text:
                item.setText(text)

    def _show_buttons(self):
        ui, key = self._panel.ui, self._panel.key
        accepted = self._panel.logic.ofRegion(key, "Accepted")
        ui.acceptButton.checked = accepted
        ui.acceptButton.text = _("Reopen") if accepted else _("Accept")
        ui.acceptButton.enabled = accepted or self._panel.live.read(key) is not None
        for button in (ui.drawLineButton, ui.addLineButton, ui.redrawLineButton, ui.clearLineButton):
            button.enabled = bool(self._panel.parameterNode.inputVolume) and not accepted
        self._panel.line_edits.show()

    def on_chosen(self, row, column=0, previous_row=0, previous_column=0):
        """A row was clicked."""
        panel = self._panel
        if not panel.is_updating and panel.parameterNode and 0 <= row < 4 and row != panel.row:
            panel.select_region(row)

    def on_accept(self, checked=None):
        """Accept the region and lock its lines, or open it again."""
        panel = self._panel
        key = panel.key
        accepted = panel.logic.ofRegion(key, "Accepted")
        panel.drawing.stop()
        panel.pace.rest()
        if accepted or panel.live.read(key) is not None:
            panel.logic.setOfRegion(key, "Accepted", not accepted)
        panel.update()

    def on_measure(self, unused=None):
        """Measure every region that is drawn, with intervals."""
        panel = self._panel
        panel.live.begin(exam_nodes.REGION_KEYS)
        with slicer.util.WaitCursor():
            panel.pace.rest()
        panel.live.show()
        if not any(panel.live.read(key) for key in exam_nodes.REGION_KEYS):
            slicer.util.errorDisplay("\n".join(panel.live.faults()))
