"""The section that analyses a study: many subjects' measurements and a clinical table."""

from pathlib import Path

import qt
import slicer
from slicer.i18n import tr as _

from ..scene.outputs import show_in_views
from ..scene.study_nodes import SHOWN
from .faults import faults_in_words
from .libraries import OptionalLibraries, missing_packages
from .overwriting import may_write

_WIDEST_COLUMN = 0.5  # of the view


class StudySection:
    """Its tables, what was found, and which plot and table are shown."""

    def __init__(self, panel):
        self._panel = panel
        self._libraries = OptionalLibraries()
        panel.ui.studyChartSelector.addAttribute("vtkMRMLPlotChartNode", SHOWN, "1")
        panel.ui.studyTableSelector.addAttribute("vtkMRMLTableNode", SHOWN, "1")

    @property
    def is_open(self):
        """Whether the study is looked at, and not the reading."""
        return not self._panel.ui.studyCollapsibleButton.collapsed

    def show(self):
        """Bring the section in line with the parameter node."""
        ui, node = self._panel.ui, self._panel.parameterNode
        paths, listed = list(node.studyMeasurements), ui.studyMeasurementsList
        if [listed.item(row).text() for row in range(listed.count)] != paths:
            listed.clear()
            listed.addItems(paths)
        if ui.studyClinicalPathLineEdit.currentPath != node.studyClinical:
            ui.studyClinicalPathLineEdit.currentPath = node.studyClinical
        ui.clearMeasurementsButton.enabled = bool(paths)
        if ui.studySummaryBrowser.plainText != node.studySummary:
            ui.studySummaryBrowser.setPlainText(node.studySummary)

    def on_add_measurements(self, unused=None):
        """Choose further tables of measurements."""
        chosen = qt.QFileDialog.getOpenFileNames(
            self._panel.ui.studyCollapsibleButton, _("Tables of measurements"), "", _("Tables (*.tsv);;All files (*)")
        )
        known = list(self._panel.parameterNode.studyMeasurements)
        self._panel.parameterNode.studyMeasurements = known + [path for path in chosen if path not in known]

    def on_clear_measurements(self, unused=None):
        """Take all tables of measurements off the list."""
        self._panel.parameterNode.studyMeasurements = []

    def on_clinical_chosen(self, path):
        """Keep where the clinical table is."""
        if not self._panel.is_updating and self._panel.parameterNode:
            self._panel.parameterNode.studyClinical = path

    def on_analyse(self, unused=None):
        """Analyse the study and show what was found."""
        self._analyse()

    def on_install(self, unused=None):
        """Ask again for the libraries that are missing, and analyse with them what was analysed without."""
        self._libraries.offer(again=True)
        self._show_missing()
        if self._panel.parameterNode.studyRecord and not missing_packages():
            self._analyse()

    def _analyse(self):
        node = self._panel.parameterNode
        with faults_in_words():
            tables = list(node.studyMeasurements), node.studyClinical
            self._panel.logic.checkStudy(*tables)
            self._libraries.offer()
            with slicer.util.WaitCursor():
                self._panel.logic.analyseStudy(*tables)
            self._show_missing()
            self.show_in_views()

    def _show_missing(self):
        self._panel.ui.installLibrariesButton.visible = bool(missing_packages())

    def on_save_report(self, unused=None):
        """Write the report's folder, as the command line does."""
        with faults_in_words():
            folder = self._panel.ui.studyReportPathLineEdit.currentPath
            if not folder:
                raise ValueError(_("No folder is chosen; choose one in the Study section."))
            if not may_write(Path(folder) / "report.html"):
                return
            with slicer.util.WaitCursor():
                self._panel.logic.saveStudyReport(folder)
            slicer.util.showStatusMessage(_("The report was written."), 3000)

    def on_folded(self, folded):
        """Whoever opens the section sees the study; whoever folds it, the reading."""
        if self._panel.parameterNode:
            self._panel.show_layout()
            if folded:
                self._panel.logic.showChart()
            else:
                self._show_missing()
                self.show_in_views()

    def on_chart_chosen(self, chart):
        """Show the plot that was chosen."""
        if not self._panel.is_updating and self._panel.parameterNode:
            show_in_views(chart=chart)

    def on_table_chosen(self, table):
        """Show the table that was chosen."""
        if not self._panel.is_updating and self._panel.parameterNode:
            show_in_views(table=table)
            qt.QTimer.singleShot(0, self._fit_columns)

    def show_in_views(self):
        """Show the chosen plot and table in the layout's views."""
        show_in_views(self._panel.parameterNode.studyChart, self._panel.parameterNode.studyTable)
        qt.QTimer.singleShot(0, self._fit_columns)  # when the views have their size

    def _fit_columns(self):
        """No column takes more than its share of the view; what is longer is wrapped."""
        manager, node = slicer.app.layoutManager(), self._panel.parameterNode
        shown = node and node.studyTable
        for number in range(manager.tableViewCount if manager and shown else 0):
            view = manager.tableWidget(number).tableView()
            if view.mrmlTableNode() is shown:
                view.resizeColumnsToContents()
                widest = int(_WIDEST_COLUMN * view.viewport().width)
                for column in range(shown.GetNumberOfColumns()):
                    if view.columnWidth(column) > widest:
                        view.setColumnWidth(column, widest)
                view.resizeRowsToContents()
