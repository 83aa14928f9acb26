"""The section that sums the results up and takes them out of Slicer."""

import re
from pathlib import Path

import slicer
from slicer.i18n import tr as _

from ..scene import exam_nodes, region_nodes, tables
from .faults import faults_in_words
from .overwriting import may_write
from .words import with_interval


class ResultsSection:
    """The greatest value, the files and the clipboard."""

    def __init__(self, panel):
        self._panel = panel

    def show(self):
        """Name the greatest value of the regions."""
        values = tables.stored_values(self._panel.parameterNode.results)
        known = {key: v["sh_thk_per_mm"] for key, v in values.items() if v["sh_thk_per_mm"] is not None}
        text = _("No region is measured yet.")
        if known:
            key = max(known, key=known.get)
            text = _("Greatest SH/Thk: {ratio} (SH {sh}, Thk {thk}), {region}.").format(
                ratio=with_interval(values[key], "sh_thk_per_mm", 3, _(" per mm")),
                sh=with_interval(values[key], "sh", 3, interval=False),
                thk=with_interval(values[key], "thk_mm", 2, " mm", interval=False),
                region=region_nodes.region_title(key),
            )
        if self._panel.ui.greatestLabel.text != text:
            self._panel.ui.greatestLabel.text = text

    def fit_columns(self):
        """Slicer sizes a table's columns when it is chosen, not when it fills."""
        manager = slicer.app.layoutManager()
        for number in range(manager.tableViewCount if manager else 0):
            view = manager.tableWidget(number).tableView()
            if view.mrmlTableNode() is self._panel.parameterNode.summaryTable:
                view.resizeColumnsToContents()

    def forget_folders(self):
        """The folders, and the earlier exam, are not those of the next scene."""
        ui = self._panel.ui
        for edit in (ui.exportPathLineEdit, ui.reportSincePathLineEdit, ui.studyReportPathLineEdit):
            edit.currentPath = ""

    def on_export_results(self, unused=None):
        """Write the results into the reading's own folder."""
        with faults_in_words():
            self._panel.pace.rest()
            self._export("measurements.tsv", self._panel.logic.exportResults, _("Results were written to {folder}."))

    def on_export_exam(self, unused=None):
        """Write the exam's files into the reading's own folder."""
        with faults_in_words():
            self._panel.pace.rest()
            self._export("exam.json", self._panel.logic.exportExam, _("The exam was written to {folder}."))

    def on_export_report(self, unused=None):
        """Write the exam's page into the reading's own folder; who it is of stands on it only if the user says so."""
        with faults_in_words():
            self._panel.pace.rest()
            self._folder()  # told before anything is asked
            text = _("Name the subject, the reading and the observer on the page?")
            identity = slicer.util.confirmYesNoDisplay(text, "M1SHThk")

            ui = self._panel.ui
            edits = ui.reportNormsPathLineEdit, ui.reportClinicalPathLineEdit, ui.reportSincePathLineEdit
            beside = [edit.currentPath or None for edit in edits]

            def write(chosen):
                with slicer.util.WaitCursor():
                    self._panel.logic.exportReport(chosen, identity, *beside)

            self._export("report.html", write, _("The page was written to {folder}."))

    def on_export_dicom(self, unused=None):
        """Write DICOM objects into the reading's own folder, once the user agrees to the identity that they carry."""
        from .dicom_export import bring_highdicom

        with faults_in_words():
            self._panel.pace.rest()
            folder = self._folder() / "dicom"
            text = _(
                "DICOM objects carry the name, the number and the date of birth of the patient whose series was "
                "loaded, and go into\n\n{folder}\n\nWrite them?"
            ).format(folder=folder)
            if any(folder.glob("*.dcm")):
                text += "\n\n" + _("Those of an earlier export there are overwritten.")
            if bring_highdicom() and slicer.util.confirmOkCancelDisplay(text, "M1SHThk"):
                names = self._panel.logic.exportDicom(str(folder))
                told = _("{names} were written to {folder}.").format(names=", ".join(names), folder=folder)
                slicer.util.showStatusMessage(told, 5000)

    def _export(self, file_name, write, told):
        folder = self._folder()
        if may_write(folder / file_name):
            write(str(folder))
            slicer.util.showStatusMessage(told.format(folder=folder), 5000)

    def _folder(self):
        """The folder of this subject, observer and reading within the one that was chosen."""
        chosen = self._panel.ui.exportPathLineEdit.currentPath
        if not chosen:
            raise ValueError(_("No folder is chosen; choose one in the Results section."))
        identity = exam_nodes.identity_from_parameters(self._panel.parameterNode.parameterNode)
        parts = [identity["subject"]]
        parts += [
            f"{name}-{identity[key]}"
            for name, key in (("observer", "observer"), ("reading", "session"))
            if identity[key]
        ]
        return Path(chosen) / "_".join(re.sub(r"[^\w.-]+", "_", part) for part in parts)

    def on_copy(self, unused=None):
        """Copy the measurements, tab separated, to the clipboard."""
        with faults_in_words():
            slicer.app.clipboard().setText(self._panel.logic.tableText())
