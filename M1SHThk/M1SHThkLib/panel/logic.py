"""All that the module does, also without its panel: the scene's logic, and what brings it together with files."""

import os
from dataclasses import replace

import slicer
from slicer.i18n import tr as _
from slicer.i18n import translate

from ..files.disk import made_folder, replacing, write_json, write_text
from ..files.exams import read_exam
from ..files.results import write_results
from ..measuring.columns import MEASUREMENT_COLUMNS
from ..measuring.map_columns import MAP_COLUMNS
from ..program import program
from ..scene import exam_export, exam_nodes, map_nodes, tables
from ..scene.logic import SceneLogic
from ..translation import use
from . import samples
from .echo_times import note_echoes


class ModuleLogic(SceneLogic):
    """The scene's logic, with exports and the analysis of a study."""

    def __init__(self, find_node):
        use(translate)
        super().__init__(find_node)
        self._study = None

    #
    # Exam files
    #

    def loadExamFile(self, path, name=None):
        """Bring the exam that a file describes into the scene, as a reading of its own; returns the volume node.

        :param path: of an exam.json, or of a sample's recipe
        :param name: the volume node's; None = as the exam names it

        :raises ValueError: names the file, what is wrong with it and what would be right
        """
        volume = self.loadExam(samples.made_exam(path) if samples.is_recipe(path) else read_exam(path))
        if name:
            volume.SetName(name)
        return volume

    def echoes(self):
        """The volumes of the chosen sequence, or the chosen volumes in the order of their echo times.

        Each carries its echo time as an attribute, wherever Slicer or a file beside it knows one.

        :raises ValueError: if there are fewer than two, or a sidecar beside them cannot be used
        """
        parameterNode = self.getParameterNode()
        note_echoes(super().echoes(), parameterNode.echoSequence)
        return super().echoes()

    #
    # Export
    #

    def exportResults(self, folder):
        """Write the stored results as the command line does: measurements.tsv, profiles.tsv, maps.tsv, provenance.json.

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
            "maps": [{"volume": volume.GetName(), **map_nodes.said_of(volume)} for volume in self.mapVolumes()],
            "accepted": {region: vars(signature) for region, signature in signed.items() if signature},
        }
        profiles = tables.all_profile_rows(parameterNode.results, identity, self.accepted())
        columns = tables.profile_columns(parameterNode.results)
        maps = MAP_COLUMNS, tables.map_rows(parameterNode.results, identity)
        write_results(folder, MEASUREMENT_COLUMNS, rows, columns, profiles, provenance, maps)

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

    def exportReport(self, folder, identity=False, norms=None, clinical=None, since=None):
        """Write report.html, the page of the exam, which names subject, session and observer if asked to; its path.

        :param norms: table norms.tsv, for the place among norms
        :param clinical: clinical table, for the subject's age and what was read by eye
        :param since: exam.json of an earlier exam, for the change
        :raises ValueError: if the exam is incomplete, a file cannot be used, or the folder cannot be written
        """
        from ..batch.report import known_beside
        from ..measuring.measurement import measure_exam
        from ..reports.subject_page import subject_page

        parameterNode = self.getParameterNode().parameterNode
        exam = replace(exam_nodes.exam_from_parameters(parameterNode), accepted=self.accepted())
        path = os.path.join(made_folder(folder), "report.html")
        measurements = measure_exam(exam)
        beside = known_beside(exam, measurements, norms, clinical, since)
        write_text(path, subject_page(exam, measurements, program(), identity=identity, **beside))
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

    def checkStudy(self, measurementPaths, clinicalPath):
        """Read a study's tables; parameters as for `analyseStudy`.

        :raises ValueError: names the file, what is wrong with it and what would be right
        """
        self._study_analysis().check(measurementPaths, clinicalPath)

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
