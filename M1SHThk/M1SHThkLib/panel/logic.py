"""All that the module does, also without its panel: the scene's logic, and what brings it together with files."""

import os

import slicer
from slicer.i18n import tr as _

from ..files.disk import made_folder, replacing, write_json
from ..files.results import write_results
from ..measuring.columns import MEASUREMENT_COLUMNS, PROFILE_COLUMNS
from ..program import program
from ..scene import exam_export, exam_nodes, tables
from ..scene.logic import SceneLogic


class ModuleLogic(SceneLogic):
    """The scene's logic, with exports and the analysis of a study."""

    def __init__(self, find_node):
        super().__init__(find_node)
        self._study = None

    #
    # Export
    #

    def exportResults(self, folder):
        """Write the stored results as the command line does: measurements.tsv, profiles.tsv, provenance.json.

        :raises ValueError: if nothing is measured, or the folder cannot be written
        """
        rows, parameterNode = self._rows(), self.getParameterNode()
        identity = exam_nodes.identity_from_parameters(parameterNode.parameterNode)
        signed = {" ".join(key): self.signature(key) for key in exam_nodes.REGION_KEYS}
        provenance = {
            **program(),
            "slicer": slicer.app.applicationVersion,
            **identity,
            **exam_nodes.origin_from_parameters(parameterNode.parameterNode),
            "settings": tables.stored_settings(parameterNode.results),
            "accepted": {region: vars(signature) for region, signature in signed.items() if signature},
        }
        profiles = tables.all_profile_rows(parameterNode.results, identity, self.accepted())
        write_results(folder, MEASUREMENT_COLUMNS, rows, PROFILE_COLUMNS, profiles, provenance)

    def tableText(self):
        """The measurements as tab-separated text with a header line.

        :raises ValueError: if nothing is measured
        """
        cells = [["n/a" if value is None else str(value) for value in row] for row in self._rows()]
        header = [column.name for column in MEASUREMENT_COLUMNS]
        return "\n".join("\t".join(row) for row in [header, *cells])

    def _rows(self):
        """The measurements of all that is still drawn."""
        self.dropVanished()
        parameterNode = self.getParameterNode()
        identity = exam_nodes.identity_from_parameters(parameterNode.parameterNode)
        rows = tables.measurement_rows(parameterNode.results, identity, self.accepted())
        if not rows:
            raise ValueError(_("Nothing is measured yet; draw and measure a region first."))
        return rows

    def exportExam(self, folder):
        """Write exam.json with its files, from which the command line gives the same numbers; returns its path.

        :raises ValueError: if the exam is incomplete, or the folder cannot be written
        """
        parameterNode = self.getParameterNode().parameterNode
        description = exam_export.write_exam_nodes(made_folder(folder), parameterNode, self.accepted(), replacing)
        path = os.path.join(folder, "exam.json")
        write_json(path, description)
        return path

    def exportDicom(self, folder):
        """Write a DICOM segmentation and two reports, which carry the patient's identity; returns their names.

        :raises ValueError: if the exam is incomplete, or its volume was not loaded from Slicer's DICOM database
        """
        from .dicom_export import write_objects

        return write_objects(self.getParameterNode().parameterNode, folder)

    #
    # Study
    #

    def analyseStudy(self, measurementPaths, clinicalPath):
        """Analyse a study as the command line does, and show what was found as tables and plots.

        :param measurementPaths: tables measurements.tsv
        :param clinicalPath: the clinical table
        :return: M1SHThkLib.cohort.analysis.Cohort
        :raises ValueError: names the file, what is wrong with it and what would be right
        """
        return self._study_analysis().analyse(measurementPaths, clinicalPath)

    def saveStudyReport(self, folder):
        """Write the study's folder as the command line does: report.html, cohort.json, tables, and figures.

        Figures are drawn where matplotlib can be imported.

        :raises ValueError: if the study cannot be analysed, or the folder cannot be written
        """
        self._study_analysis().save_report(folder)

    def _study_analysis(self):
        if self._study is None:
            # What only a study needs takes long to load.
            from .study_analysis import StudyAnalysis

            self._study = StudyAnalysis(self.getParameterNode)
        return self._study
