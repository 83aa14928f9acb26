"""All that the module does, also without its panel: the scene's logic, and what brings it together with files."""

import json
import os

import slicer
from slicer.i18n import tr as _

from ..files.disk import made_folder, write_json
from ..files.results import write_results
from ..measuring.columns import MEASUREMENT_COLUMNS, PROFILE_COLUMNS
from ..program import NOTICE, program
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
        parameterNode = self.getParameterNode()
        identity = exam_nodes.identity_from_parameters(parameterNode.parameterNode)
        rows = tables.measurement_rows(parameterNode.results, identity)
        if not rows:
            raise ValueError(_("Nothing is measured yet; draw and measure a region first."))
        provenance = {
            **program(),
            "slicer": slicer.app.applicationVersion,
            **identity,
            **exam_nodes.origin_from_parameters(parameterNode.parameterNode),
            "settings": tables.stored_settings(parameterNode.results),
        }
        profiles = tables.all_profile_rows(parameterNode.results, identity)
        write_results(folder, MEASUREMENT_COLUMNS, rows, PROFILE_COLUMNS, profiles, provenance)

    def tableText(self):
        """The measurements as tab-separated text with a header line.

        :raises ValueError: if nothing is measured
        """
        parameterNode = self.getParameterNode()
        identity = exam_nodes.identity_from_parameters(parameterNode.parameterNode)
        rows = tables.measurement_rows(parameterNode.results, identity)
        if not rows:
            raise ValueError(_("Nothing is measured yet; draw and measure a region first."))
        cells = [["n/a" if value is None else str(value) for value in row] for row in rows]
        header = [column.name for column in MEASUREMENT_COLUMNS]
        return "\n".join("\t".join(row) for row in [header, *cells])

    def exportExam(self, folder):
        """Write exam.json with its files, from which the command line gives the same numbers; returns its path.

        :raises ValueError: if the exam is incomplete, or the folder cannot be written
        """
        description = exam_export.write_exam_nodes(made_folder(folder), self.getParameterNode().parameterNode)
        path = os.path.join(folder, "exam.json")
        write_json(path, description)
        return path

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
        # Slicer starts without what only a study needs.
        from ..cohort.analysis import analyse
        from ..cohort.options import CohortOptions
        from ..files.cohort_tables import CLINICAL_COLUMNS, inputs_of, read_studies
        from ..files.described_tables import read_described_table
        from ..scene import cohort_nodes

        if not measurementPaths or not clinicalPath:
            raise ValueError(_("Tables are missing; choose measurements and a clinical table in the Study section."))
        parameterNode = self.getParameterNode()
        parameterNode.studyMeasurements = [str(path) for path in measurementPaths]
        parameterNode.studyClinical = str(clinicalPath)
        inputs = inputs_of(measurementPaths, clinicalPath)
        studies, notes = read_studies(measurementPaths, clinicalPath)
        cohort = analyse(studies, CohortOptions(), notes=notes)
        tables = {}
        for number, path in enumerate(measurementPaths, 1):
            title = "measurements" if len(measurementPaths) == 1 else f"measurements {number}"
            tables[title] = read_described_table(path, MEASUREMENT_COLUMNS)
        tables["clinical table"] = read_described_table(clinicalPath, CLINICAL_COLUMNS)
        record = json.dumps({**program(), "inputs": inputs, **cohort.to_dict()}, allow_nan=False)
        findings, text, charts = cohort_nodes.show_cohort(slicer.mrmlScene, cohort, record, tables)
        parameterNode.studySummary = f"{NOTICE}\n\n{cohort_nodes.summary(cohort)}"
        parameterNode.studyRecord = text
        parameterNode.studyTable = findings
        parameterNode.studyChart = charts[0]
        self._study = inputs, cohort
        return cohort

    def saveStudyReport(self, folder):
        """Write the study's folder as the command line does: report.html, cohort.json, tables, and figures.

        Figures are drawn where matplotlib can be imported.

        :raises ValueError: if the study cannot be analysed, or the folder cannot be written
        """
        from ..files.cohort_results import write_cohort
        from ..files.cohort_tables import inputs_of
        from ..reports.cohort_figures import draw_cohort
        from ..reports.cohort_report import report_page

        parameterNode = self.getParameterNode()
        paths, clinicalPath = list(parameterNode.studyMeasurements), parameterNode.studyClinical
        # The scene keeps the results, not what the report is drawn from; after loading it, or with other files,
        # the study is analysed anew.
        if not paths or not clinicalPath or self._study is None or inputs_of(paths, clinicalPath) != self._study[0]:
            self.analyseStudy(paths, clinicalPath)
        inputs, cohort = self._study
        provenance = {**program(), "inputs": inputs}
        pictures = draw_cohort(cohort)
        write_cohort(folder, cohort, provenance, report_page(cohort, provenance, pictures), pictures or ())
