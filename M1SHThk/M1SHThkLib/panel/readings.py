"""A new reading of the same volume, and earlier ones beside it."""

import qt
import slicer
from slicer.i18n import tr as _

from ..measuring.rounding import shown
from ..scene import exam_nodes, tables
from ..scene.readings import archived_readings

_SHOWN = (("SH/Thk", "sh_thk_per_mm", 3, " 1/mm"), ("SH", "sh", 3, ""), ("Thk", "thk_mm", 2, " mm"))


class ReadingsSection:
    """Puts the reading away for a new one, and compares the selected region with a reading that was put away."""

    def __init__(self, panel):
        self._panel = panel
        self._chosen = None

    def begin(self):
        """Compare with nothing."""
        self.hide()
        self._chosen = None

    def hide(self):
        """Take the other reading's lines out of sight."""
        for reading in archived_readings(slicer.mrmlScene):
            reading.show_lines(None)

    def show(self):
        """Bring the choice, the other reading's lines and the difference in line with the scene."""
        ui, readings = self._panel.ui, archived_readings(slicer.mrmlScene)
        titles = [_("Compare with ..."), *(reading.title for reading in readings)]
        box = ui.compareComboBox
        if [box.itemText(index) for index in range(box.count)] != titles:
            box.clear()
            box.addItems(titles)
            box.enabled = bool(readings)
        other = next((reading for reading in readings if reading.title == self._chosen), None)
        box.setCurrentIndex(titles.index(other.title) if other else 0)
        for reading in readings:
            reading.show_lines(self._panel.key if reading is other else None)
        text = self._difference(other) if other else ""
        if ui.comparisonLabel.text != text:
            ui.comparisonLabel.text = text
        ui.comparisonLabel.visible = bool(text)

    def on_compare(self, index):
        """Another reading was chosen, or none."""
        if not self._panel.is_updating and self._panel.parameterNode:
            self._chosen = self._panel.ui.compareComboBox.currentText if index > 0 else None
            self._panel.update()

    def on_new_reading(self, unused=None):
        """Ask who reads, put what is drawn away and start blank."""
        panel = self._panel
        observer = qt.QInputDialog.getText(
            slicer.util.mainWindow(), _("New reading"), _("Observer of the new reading, such as R2:")
        )
        if not observer:
            return
        panel.drawing.stop()
        panel.pace.rest()
        panel.logic.newReading(observer)

    def _difference(self, other):
        """The selected region's values in both readings, and by how much they differ."""
        key = self._panel.key
        now, then = tables.stored_values(self._panel.parameterNode.results).get(key), other.results.get(key)
        if not now or not then:
            return _("{title}: this region was not measured in both readings.").format(title=other.title)
        identity = exam_nodes.identity_from_parameters(self._panel.parameterNode.parameterNode)
        parts = []
        for title, name, digits, unit in _SHOWN:
            here, there = now[name], then[name]
            if here is None or there is None:
                parts.append(_("{value} missing").format(value=title))
            else:
                difference = shown(here - there, digits, sign="+")
                parts.append(f"{title} {shown(here, digits)}, {shown(there, digits)}: {difference}{unit}")
        who = _("{now} and {then}").format(now=identity["observer"] or _("now"), then=other.title)
        return f"{who}: {'; '.join(parts)}"
