"""The section that sums the results up and takes them out of Slicer."""

import slicer
from slicer.i18n import tr as _

from ..scene import region_nodes, tables
from .faults import faults_in_words
from .words import with_interval


class ResultsSection:
    """The greatest value, the files and the clipboard."""

    def __init__(self, panel):
        self._panel = panel

    def show(self):
        """Name the greatest value of the regions."""
        values = tables.stored_values(self._panel.parameterNode.results)
        known = {key: v["sh_thk_per_mm"] for key, v in values.items() if v["sh_thk_per_mm"] is not None}
        if not known:
            self._panel.ui.greatestLabel.text = _("No region is measured yet.")
            return
        key = max(known, key=known.get)
        self._panel.ui.greatestLabel.text = _("Greatest SH/Thk: {value} per mm, {region}.").format(
            value=with_interval(values[key], "sh_thk_per_mm", 3), region=region_nodes.region_title(key)
        )

    def on_export_results(self, unused=None):
        """Write the results folder."""
        with faults_in_words():
            self._panel.pace.rest()
            self._panel.logic.exportResults(self._folder())
            slicer.util.showStatusMessage(_("Results were written."), 3000)

    def on_export_exam(self, unused=None):
        """Write the exam's files."""
        with faults_in_words():
            self._panel.logic.exportExam(self._folder())
            slicer.util.showStatusMessage(_("The exam was written."), 3000)

    def _folder(self):
        folder = self._panel.ui.exportPathLineEdit.currentPath
        if not folder:
            raise ValueError(_("No folder is chosen; choose one in the Results section."))
        return folder

    def on_copy(self, unused=None):
        """Copy the measurements, tab separated, to the clipboard."""
        with faults_in_words():
            slicer.app.clipboard().setText(self._panel.logic.tableText())
