"""The maps that are taken along on the normals: which volumes, what is known of each, and what they show."""

import numpy as np
import qt
from slicer.i18n import tr as _

from ..measuring.maps import NORMALIZATIONS, POLARITIES
from ..measuring.rounding import shown, shown_with_error
from ..scene import exam_nodes, map_nodes
from ..translation import told
from .faults import faults_in_words

_COLUMNS = ("name", "unit", "polarity", "normalization")
_CHOICES = {"polarity": POLARITIES, "normalization": NORMALIZATIONS}
_MOST_ROWS = 4


class MapsSection:
    """The list of volumes to take along."""

    def __init__(self, panel):
        self._panel = panel
        self._table = panel.ui.mapsTable
        self._table.setHorizontalHeaderLabels([_("Map"), _("Unit"), _("Iron is"), _("Divided by")])
        self._table.verticalHeader().setVisible(False)
        header = self._table.horizontalHeader()
        header.setSectionResizeMode(qt.QHeaderView.ResizeToContents)
        header.setSectionResizeMode(_COLUMNS.index("name"), qt.QHeaderView.Stretch)

    def show(self):
        """Bring the list in line with the scene."""
        volumes, selector = self._panel.logic.mapVolumes(), self._panel.ui.mapVolumesSelector
        for index in range(selector.nodeCount()):
            volume = selector.nodeFromIndex(index)
            is_chosen = any(volume is other for other in volumes)
            if is_chosen != any(volume is other for other in selector.checkedNodes()):
                (selector.check if is_chosen else selector.uncheck)(volume)
        table = self._table
        table.setRowCount(len(volumes))
        for row, volume in enumerate(volumes):
            said = map_nodes.said_of(volume)
            for column, name in enumerate(_COLUMNS):
                item = table.item(row, column)
                if item is None:
                    item = qt.QTableWidgetItem("")
                    table.setItem(row, column, item)
                    if name in _CHOICES:
                        item.setFlags(qt.Qt.ItemIsEnabled)
                if item.text() != said[name]:
                    item.setText(said[name])
        rows = min(max(len(volumes), 1), _MOST_ROWS)
        height = table.horizontalHeader().sizeHint.height() + rows * table.verticalHeader().defaultSectionSize + 4
        if table.minimumHeight != height:
            table.setFixedHeight(height)
        self.show_numbers()

    def show_numbers(self):
        """What the selected region's maps hold, or why a volume cannot be one."""
        panel = self._panel
        text = panel.logic.mapFault or "\n".join(map(_in_words, panel.logic.seenInMaps(panel.key)))
        if panel.ui.mapsLabel.text != text:
            panel.ui.mapsLabel.text = text

    def on_chosen(self, unused=None):
        """Other volumes are to be taken along."""
        panel = self._panel
        if panel.is_updating or not panel.parameterNode:
            return
        checked = list(panel.ui.mapVolumesSelector.checkedNodes())
        kept = [volume for volume in panel.logic.mapVolumes() if any(volume is other for other in checked)]
        new = [volume for volume in checked if not any(volume is other for other in kept)]
        panel.parameterNode.mapVolumes = [*kept, *new]

    def on_edited(self, row, column):
        """A name or unit was written."""
        panel = self._panel
        if panel.is_updating or not panel.parameterNode or _COLUMNS[column] in _CHOICES:
            return
        self._say(row, _COLUMNS[column], self._table.item(row, column).text().strip())

    def on_clicked(self, row, column):
        """The other of two choices."""
        name = _COLUMNS[column]
        if self._panel.parameterNode and name in _CHOICES:
            first, second = _CHOICES[name]
            self._say(row, name, second if self._table.item(row, column).text() == first else first)

    def on_r2star(self, unused=None):
        """Compute R2* from the echoes and take it along."""
        with faults_in_words():
            warnings = self._panel.logic.addR2StarMap()
            self._panel.ui.echoMessageLabel.text = "\n".join([_("R2* is taken along as a map."), *warnings])

    def _say(self, row, name, value):
        with faults_in_words():
            try:
                map_nodes.say_of(self._panel.logic.mapVolumes()[row], **{name: value})
            finally:
                self._panel.pace.expect(exam_nodes.REGION_KEYS)
                self._panel.update()


def _in_words(one):
    """Means of a map in a line, with the layer's standard error."""
    parts = []
    if np.isfinite(one.layer) and np.isfinite(one.layer_se):
        layer, error = shown_with_error(one.layer, 2, one.layer_se)
        parts.append(_("layer {layer} (SE {error})").format(layer=layer, error=error))
    elif np.isfinite(one.layer):
        parts.append(_("layer {layer}").format(layer=shown(one.layer, 2)))
    for title, value in ((_("superficial"), one.superficial), (_("white matter"), one.white_matter)):
        if np.isfinite(value):
            parts.append(f"{title} {shown(value, 2)}")
    if np.isfinite(one.peak):
        parts.append(_("peak {peak} at {depth:.1f} mm").format(peak=shown(one.peak, 2), depth=one.peak_mm))
    return f"{one.map.name}, {one.map.shown_unit}: {'; '.join([*parts, *map(told, one.notes)])}"
