"""The analysis of a study in Slicer: from tables on disk to nodes in the scene, and to the report's folder."""

import json

import slicer
from slicer.i18n import tr as _

from ..cohort.analysis import analyse
from ..cohort.finding import ANALYSES
from ..cohort.options import CohortOptions
from ..files.clinical_table import CLINICAL_COLUMNS
from ..files.cohort_results import write_cohort
from ..files.cohort_tables import inputs_of, read_studies
from ..files.described_tables import read_described_table
from ..measuring.columns import MEASUREMENT_COLUMNS
from ..program import NOTICE, program
from ..reports.cohort_figures import draw_cohort
from ..reports.cohort_report import report_page
from ..scene import cohort_nodes
from ..translation import listed, told
from .libraries import missing_packages


class StudyAnalysis:
    """Analyses what the parameter node names, and keeps what a report is drawn from.

    Parameters
    ----------
    find_parameters : callable
        Gives the scene's M1SHThkParameterNode.
    """

    def __init__(self, find_parameters):
        self._find_parameters = find_parameters
        self._inputs = self._cohort = None

    def check(self, measurement_paths, clinical_path):
        """Read the tables.

        Raises
        ------
        ValueError
            Names the file, what is wrong with it and what would be right.
        """
        if not measurement_paths or not clinical_path:
            raise ValueError(_("Tables are missing; choose measurements and a clinical table in the Study section."))
        return read_studies(measurement_paths, clinical_path)

    def analyse(self, measurement_paths, clinical_path):
        """Analyse tables of measurements with a clinical table, and show what was found; returns the Cohort.

        Raises
        ------
        ValueError
            Names the file, what is wrong with it and what would be right.
        """
        studies, notes = self.check(measurement_paths, clinical_path)
        parameters = self._find_parameters()
        parameters.studyMeasurements = [str(path) for path in measurement_paths]
        parameters.studyClinical = str(clinical_path)
        inputs = inputs_of(measurement_paths, clinical_path)
        cohort = analyse(studies, CohortOptions(), notes=notes)
        tables = {}
        for number, path in enumerate(measurement_paths, 1):
            title = "measurements" if len(measurement_paths) == 1 else f"measurements {number}"
            tables[title] = read_described_table(path, MEASUREMENT_COLUMNS)
        tables["clinical table"] = read_described_table(clinical_path, CLINICAL_COLUMNS)
        record = json.dumps({**program(), "inputs": inputs, **cohort.to_dict()}, allow_nan=False)
        findings, text, charts = cohort_nodes.show_cohort(slicer.mrmlScene, cohort, record, tables)
        parts = [told(NOTICE), cohort_nodes.summary(cohort), *_left_out(cohort)]
        parameters.studySummary = "\n\n".join(parts)
        parameters.studyRecord = text
        parameters.studyTable = findings
        parameters.studyChart = charts[0]
        self._inputs, self._cohort = inputs, cohort
        return cohort

    def save_report(self, folder):
        """Write report, results and figures into a folder.

        Raises
        ------
        ValueError
            If the study cannot be analysed, or the folder cannot be written.
        """
        parameters = self._find_parameters()
        paths, clinical_path = list(parameters.studyMeasurements), parameters.studyClinical
        # The scene keeps the results, not what the report is drawn from; after loading it, or with other files,
        # the study is analysed anew.
        if not paths or not clinical_path or self._inputs is None or inputs_of(paths, clinical_path) != self._inputs:
            self.analyse(paths, clinical_path)
        provenance = {**program(), "inputs": self._inputs}
        pictures = draw_cohort(self._cohort)
        write_cohort(folder, self._cohort, provenance, report_page(self._cohort, provenance, pictures), pictures or ())


def _left_out(cohort):
    """A sentence for each library that is missing: what could not be analysed without it."""
    for package in missing_packages():
        analyses = dict.fromkeys(
            ANALYSES[finding.analysis]
            for _field, finding in cohort.all_findings()
            if package in finding.words and "not installed" in finding.words
        )
        if analyses:
            yield _("Left out in part, because {package} is not installed: {analyses}.").format(
                package=package, analyses=told(listed(analyses, ", "))
            )
