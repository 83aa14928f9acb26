"""The module's self-test: digital exams, whose truth is known, measured through the scene, and a study by hand."""

import os
import tempfile

import numpy as np
import slicer

from ..digital_exam.phantom import PhantomOptions, make_phantom
from ..files.results import write_tsv
from ..measuring.columns import MEASUREMENT_COLUMNS
from ..measuring.measurement import measure_exam
from ..scene import exam_nodes, tables


def measures_what_the_digital_exam_holds(test, door):
    """SH and Thk are those of the exam's truth, and the table holds what the arrays give."""
    test.delayDisplay("Measuring a digital exam")
    phantom = make_phantom(PhantomOptions(field_strength=7, group="patient", noise=0.0, slices=3, cropped=True))
    logic = door.M1SHThkLogic()
    logic.loadExam(phantom.exam())
    measurements = logic.measure()
    test.assertEqual(len(measurements), 4)
    truths = {(truth.hemisphere, truth.region): truth for truth in phantom.region_truths}
    for measurement in measurements:
        layer = truths[measurement.hemisphere, measurement.region].layer()
        test.assertAlmostEqual(measurement.sh / layer.height, 1, delta=0.02)
        test.assertAlmostEqual(measurement.thk_mm / (layer.edges_mm[1] - layer.edges_mm[0]), 1, delta=0.03)
    expected = {m.name: m for m in measure_exam(phantom.exam())}
    table = logic.getParameterNode().measurementsTable.GetTable()
    for row, measurement in enumerate(measurements):
        same = expected[measurement.name]
        for name, value in (("sh", same.sh), ("thk_mm", same.thk_mm), ("sh_thk_per_mm", same.sh_thk_per_mm)):
            test.assertAlmostEqual(table.GetColumnByName(name).GetValue(row), value, places=6)


def saved_scene_gives_the_same_numbers(test, door):
    """What is saved and loaded is measured as before."""
    test.delayDisplay("Saving and loading a scene")
    door.loadDigitalExam()
    before = door.M1SHThkLogic().measure()
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "exam.mrb")
        test.assertTrue(slicer.util.saveScene(path))
        slicer.mrmlScene.Clear()
        slicer.util.loadScene(path)
    logic = door.M1SHThkLogic()
    kept = tables.stored_values(logic.getParameterNode().results)
    after = logic.measure()
    test.assertEqual([(m.hemisphere, m.region) for m in after], list(kept))
    for first, second in zip(before, after, strict=True):
        # A volume file keeps the orientation to the last digit but one.
        for name in ("sh", "thk_mm", "sh_thk_per_mm", "lobe_z", "sh_thk_ci_per_mm"):
            np.testing.assert_allclose(getattr(second, name), getattr(first, name), rtol=1e-9)


def missing_input_is_named(test, door):
    """An exam without splenium is refused by that name."""
    test.delayDisplay("Measuring an incomplete exam")
    door.loadDigitalExam()
    logic = door.M1SHThkLogic()
    logic.getParameterNode().spleniumSegmentID = ""
    with test.assertRaisesRegex(ValueError, "splenium"):
        logic.measure()


def study_is_analysed(test, door):
    """The AUC is that of pairs counted by hand; table, box plot and report are made."""
    test.delayDisplay("Analysing a small study")
    # Of 4 x 4 pairs the patient has the greater value in 14, and one is a tie.
    greatest = {"patient": (0.20, 0.12, 0.09, 0.06), "control": (0.08, 0.06, 0.05, 0.03)}
    measured = [column.name for column in MEASUREMENT_COLUMNS]
    with tempfile.TemporaryDirectory() as folder:
        rows, persons = [], []
        for group, values in greatest.items():
            for number, value in enumerate(values):
                subject = f"{group}{number}"
                persons.append({"subject": subject, "group": group, "field_strength_t": 3.0})
                for which, (hemisphere, region) in enumerate(exam_nodes.REGION_KEYS):
                    row = {"subject": subject, "group": group, "field_strength_t": 3.0}
                    row |= {"hemisphere": hemisphere, "region": region, "thk_mm": 1.5}
                    rows.append(row | {"sh_thk_per_mm": value / (which + 1), "sh": 1.5 * value / (which + 1)})
        clinical = ["subject", "group", "age", "sex", "field_strength_t", "umn_scale", "umn_limb_max"]
        clinical += ["umn_right_arm", "umn_left_arm", "umn_right_leg", "umn_left_leg", "umn_total"]
        paths = [os.path.join(folder, name) for name in ("measurements.tsv", "clinical.tsv")]
        for path, columns, table in ((paths[0], measured, rows), (paths[1], clinical, persons)):
            write_tsv(path, columns, [[row.get(name) for name in columns] for row in table])
        logic = door.M1SHThkLogic()
        cohort = logic.analyseStudy(paths[:1], paths[1])
        logic.saveStudyReport(os.path.join(folder, "report"))
        test.assertTrue(os.path.getsize(os.path.join(folder, "report", "report.html")))
    (area,) = (
        finding.estimate
        for finding in cohort.findings[3.0]
        if (finding.analysis, finding.quantity, finding.labels.get("marker")) == ("roc", "AUC", "sh_thk_per_mm")
        and finding.labels["selection"] == "symmetric"
    )
    test.assertAlmostEqual(area, 14.5 / 16)
    parameterNode = logic.getParameterNode()
    words = parameterNode.studyTable.GetTable().GetColumnByName("In words")
    test.assertTrue(any("AUC 0.91" in words.GetValue(row) for row in range(words.GetNumberOfValues())))
    medians = parameterNode.studyChart.GetNthPlotSeriesNode(2).GetTableNode().GetTable().GetColumnByName("y")
    test.assertAlmostEqual(medians.GetValue(0), 0.055)


# Each is given the test case that asserts, and the script M1SHThk.py; the scene is empty when it begins.
TESTS = (
    measures_what_the_digital_exam_holds,
    saved_scene_gives_the_same_numbers,
    missing_input_is_named,
    study_is_analysed,
)
