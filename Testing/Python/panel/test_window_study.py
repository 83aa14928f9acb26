"""A study analysed at the window: tables, plots, report, and a scene that keeps them."""

import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import MiniSlicer
import numpy as np
import pytest

pytest.importorskip("slicer", reason="no slicer-core wheel for this machine")

import reader  # brings Slicer up
import slicer
from M1SHThkLib.__main__ import main
from M1SHThkLib.scene import exam_nodes
from scipy.integrate import trapezoid
from study_files import READING, write_study

FINDINGS, MEASUREMENTS, CLINICAL = "Study findings", "Study measurements", "Study clinical table"


@pytest.fixture(autouse=True)
def window():
    """An empty scene in the module, with the section open."""
    slicer.util.selectModule("M1SHThk")
    MiniSlicer.closeScene()
    reader.unfold(reader.ui().studyCollapsibleButton)
    yield
    reader.ui().studyCollapsibleButton.collapsed = True
    reader.settle()
    reader.go_home()
    MiniSlicer.raiseErrors()


@pytest.fixture
def files(tmp_path):
    return write_study(tmp_path)


def choose_tables(monkeypatch, *paths):
    """Click `Add tables...` and choose these in the file dialog, which is the system's own."""
    names = tuple(map(str, paths))
    monkeypatch.setattr(reader.qt.QFileDialog, "getOpenFileNames", staticmethod(lambda *arguments: names))
    reader.ui().addMeasurementsButton.click()


def analyse(monkeypatch, measurements, clinical):
    choose_tables(monkeypatch, measurements)
    reader.enter_path(reader.ui().studyClinicalPathLineEdit, clinical)
    reader.ui().analyseStudyButton.click()
    reader.settle()


def nodes(kind):
    found = slicer.util.getNodesByClass(kind)
    return {node.GetName(): node for node in found if node.GetAttribute("M1SHThk.Study")}


def cells(table, numbers=True):
    """Rows of a table node as dicts of text, with or without its numbers."""
    columns = [table.GetTable().GetColumn(n) for n in range(table.GetTable().GetNumberOfColumns())]
    columns = [column for column in columns if numbers or column.IsA("vtkStringArray")]
    return [{c.GetName(): str(c.GetValue(row)) for c in columns} for row in range(table.GetNumberOfRows())]


def numbers_of(table):
    """The numbers of a table node, shape (rows, columns of numbers)."""
    columns = [table.GetTable().GetColumn(n) for n in range(table.GetTable().GetNumberOfColumns())]
    columns = [column for column in columns if not column.IsA("vtkStringArray")]
    return [[column.GetValue(row) for column in columns] for row in range(table.GetNumberOfRows())]


def points(chart, name):
    """x and y of a series, shape (points, 2); what parts one line from the next is left out."""
    series = [chart.GetNthPlotSeriesNode(n) for n in range(chart.GetNumberOfPlotSeriesNodes())]
    (own,) = [node for node in series if node.GetName().split(":")[0] == name]
    table = own.GetTableNode().GetTable()
    both = [table.GetColumnByName(column) for column in (own.GetXColumnName(), own.GetYColumnName())]
    found = np.array([[c.GetValue(row) for c in both] for row in range(table.GetNumberOfRows())])
    return found[np.isfinite(found).all(axis=1)]


def shown():
    """Names of the chart and the table that the views show."""
    selection = slicer.app.applicationLogic().GetSelectionNode()
    ids = (selection.GetActivePlotChartID(), selection.GetActiveTableID())
    return [slicer.mrmlScene.GetNodeByID(node_id).GetName() if node_id else None for node_id in ids]


def everything():
    ui = reader.ui()
    charts = nodes("vtkMRMLPlotChartNode")
    return {
        "summary": ui.studySummaryBrowser.plainText,
        "listed": [ui.studyMeasurementsList.item(row).text() for row in range(ui.studyMeasurementsList.count)],
        "clinical": ui.studyClinicalPathLineEdit.currentPath,
        "chosen": [ui.studyChartSelector.currentNode().GetName(), ui.studyTableSelector.currentNode().GetName()],
        "record": json.loads(reader.parameters().studyRecord.GetText()),
        "tables": {
            name: cells(node, numbers=False)
            for name, node in nodes("vtkMRMLTableNode").items()
            if not node.GetHideFromEditors()
        },
        "charts": {name: chart.GetNumberOfPlotSeriesNodes() for name, chart in charts.items()},
        "roc": np.round(points(charts["Study ROC of SH/Thk, 3 T"], "symmetric"), 5).tolist(),
    }


#
# What is shown
#


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """SH/Thk of a study, shape (subjects, 4), and what its nodes hold after the analysis."""
    measurements, clinical, values = write_study(tmp_path_factory.mktemp("study"))
    slicer.util.selectModule("M1SHThk")
    with pytest.MonkeyPatch.context() as monkeypatch:
        analyse(monkeypatch, measurements, clinical)
    tables, charts = nodes("vtkMRMLTableNode"), nodes("vtkMRMLPlotChartNode")
    boxes = charts["Study SH/Thk by group and region, 3 T"]
    return {
        "values": values,
        "cells": {name: cells(tables[name]) for name in (FINDINGS, MEASUREMENTS, CLINICAL)},
        "unit": tables[MEASUREMENTS].GetColumnUnitLabel("sh_thk_per_mm"),
        "roc": points(charts["Study ROC of SH/Thk, 3 T"], "symmetric"),
        **{name: points(boxes, name) for name in ("Medians", "Controls (n = 8), quartiles", "Patients (n = 9)")},
        "summary": reader.ui().studySummaryBrowser.plainText,
        "shown": shown(),
    }


def test_the_area_under_the_curve_counts_pairs(found):
    patients, controls = found["values"][:9].max(axis=1), found["values"][9:].max(axis=1)
    pairs = patients[:, None] - controls
    auc = ((pairs > 0) + 0.5 * (pairs == 0)).mean()
    assert 0.6 < auc < 0.99
    (row,) = [
        row
        for row in found["cells"][FINDINGS]
        if row["What"].startswith("SH/Thk (1/mm), patients against controls, selection 'symmetric'")
        and row["Estimate"].startswith("AUC")
    ]
    assert row["Estimate"] == f"AUC {auc:.3g}"
    assert row["Field"] == "3 T" and row["n"].startswith("9 patients, 8 controls, ")
    assert f"AUC {auc:.2f} (" in row["In words"] and f"the AUC is {auc:.2f} (" in found["summary"]
    assert trapezoid(found["roc"][:, 1], found["roc"][:, 0]) == pytest.approx(auc)
    assert found["shown"] == ["Study SH/Thk by group and region, 3 T", FINDINGS]


def test_medians_and_points_stand_at_their_places(found):
    patients, controls = found["values"][:9], found["values"][9:]
    medians = found["Medians"]
    expected = [np.median(column) for own in (controls, patients) for column in (*own.T, own.max(axis=1))]
    np.testing.assert_allclose(medians[::2, 1], expected)
    # Controls left and patients right of each region's place, the greatest of a subject last.
    middles = medians[:, 0].reshape(-1, 2).mean(axis=1)
    np.testing.assert_allclose(middles, [*np.arange(1, 6) - 0.2, *np.arange(1, 6) + 0.2])
    dots = found["Patients (n = 9)"]
    for place, own in enumerate((*patients.T, patients.max(axis=1)), 1):
        np.testing.assert_allclose(dots[np.abs(dots[:, 0] - place - 0.2) < 0.1, 1], own)


def test_boxes_are_those_that_matplotlib_draws(found):
    from matplotlib.cbook import boxplot_stats

    lines = found["Controls (n = 8), quartiles"]
    for place, own in enumerate(found["values"][9:].T, 1):
        (stats,) = boxplot_stats(own)
        at = lines[np.abs(lines[:, 0] - place + 0.2) < 0.2, 1]
        np.testing.assert_allclose(np.unique(at), [stats[key] for key in ("whislo", "q1", "q3", "whishi")])


def test_the_files_are_tables_in_the_scene(found):
    measured, persons = found["cells"][MEASUREMENTS], found["cells"][CLINICAL]
    assert [float(row["sh_thk_per_mm"]) for row in measured] == found["values"].ravel().tolist()
    assert found["unit"] == "1/mm"
    assert persons[1] | {"subject": "sub-P01", "group": "patient", READING: "pathologic", "age": "51.0"} == persons[1]


def test_choosing_shows_plot_and_table_and_folding_gives_the_views_back(monkeypatch, files):
    analyse(monkeypatch, *files[:2])
    ui = reader.ui()
    reader.choose(ui.studyChartSelector, nodes("vtkMRMLPlotChartNode")["Study ROC of SH/Thk, 3 T"])
    reader.choose(ui.studyTableSelector, nodes("vtkMRMLTableNode")[CLINICAL])
    assert shown() == ["Study ROC of SH/Thk, 3 T", CLINICAL]
    assert reader.plot().mrmlPlotViewNode().GetPlotChartNode().GetTitle() == "ROC of SH/Thk, 3 T"
    slicer.modules.M1SHThkWidget.logic.showTables()
    slicer.modules.M1SHThkWidget.logic.showChart()
    assert shown()[1] == "M1SHThk summary"
    ui.studyCollapsibleButton.click()
    ui.studyCollapsibleButton.click()
    assert shown() == ["Study ROC of SH/Thk, 3 T", CLINICAL]


def test_without_an_image_plot_and_table_have_the_room_and_words_are_seen(monkeypatch, files, two_regions):
    ui = reader.ui()
    analyse(monkeypatch, *files[:2])
    for size in reader.SIZES:
        slicer.util.mainWindow().resize(*size)
        slicer.app.processEvents()
        ui.studyCollapsibleButton.click()
        ui.studyCollapsibleButton.click()
        slicer.app.processEvents()
        assert not reader.red().visible and reader.plot().visible
        view = slicer.app.layoutManager().tableWidget(0).tableView()
        node = view.mrmlTableNode()
        words = [node.GetColumnName(column) for column in range(node.GetNumberOfColumns())].index("In words")
        left, width = view.columnViewportPosition(words), view.columnWidth(words)
        assert left >= 0 and width >= 300 and left + width <= view.viewport().width
        assert view.sizeHintForColumn(words) > width  # what is longer is wrapped
        assert all(view.rowHeight(row) >= view.sizeHintForRow(row) for row in range(5))
    exam_nodes.add_volume(slicer.mrmlScene, "T2star", two_regions.mean, two_regions.affine)
    reader.settle()
    assert reader.red().visible


def test_another_study_takes_the_place_of_the_first(monkeypatch, files, tmp_path):
    analyse(monkeypatch, *files[:2])
    first = {name for kind in ("vtkMRMLTableNode", "vtkMRMLPlotSeriesNode") for name in nodes(kind)}
    before = slicer.mrmlScene.GetNumberOfNodes()
    reader.ui().analyseStudyButton.click()
    assert slicer.mrmlScene.GetNumberOfNodes() == before
    reader.ui().clearMeasurementsButton.click()
    (tmp_path / "7T").mkdir()
    analyse(monkeypatch, *write_study(tmp_path / "7T", patients=5, controls=6, tesla=7.0, seed=3)[:2])
    second = {name for kind in ("vtkMRMLTableNode", "vtkMRMLPlotSeriesNode") for name in nodes(kind)}
    assert not any("3T" in name for name in second) and any("3T" in name for name in first)
    said = reader.ui().studySummaryBrowser.plainText
    assert said.startswith("Research use only. Not a medical device.\n\n7 T: 5 patients, 6 controls.")
    assert shown() == ["Study SH/Thk by group and region, 7 T", FINDINGS]


@pytest.mark.parametrize(
    ("patients", "controls", "sizes"),
    [(0, 4, "0 patients, 4 controls"), (3, 0, "3 patients, 0 controls"), (1, 1, "1 patient, 1 control")],
)
def test_a_group_without_subjects_is_no_error(monkeypatch, tmp_path, patients, controls, sizes):
    analyse(monkeypatch, *write_study(tmp_path, patients, controls)[:2])
    MiniSlicer.raiseErrors()
    assert sizes in reader.ui().studySummaryBrowser.plainText
    for chart in nodes("vtkMRMLPlotChartNode").values():
        reader.choose(reader.ui().studyChartSelector, chart)


def test_without_the_optional_libraries_the_rest_is_there(monkeypatch, files):
    # What is loaded already would be found without its parent.
    loaded = [name for name in sys.modules if name.split(".")[0] in libraries().OPTIONAL]
    for name in {*loaded, *libraries().OPTIONAL}:
        monkeypatch.setitem(sys.modules, name, None)
    analyse(monkeypatch, *files[:2])
    words = [row["In words"] for row in cells(nodes("vtkMRMLTableNode")[FINDINGS])]
    assert any("statsmodels is not installed" in sentence for sentence in words)
    said = reader.ui().studySummaryBrowser.plainText
    assert "Left out in part, because statsmodels is not installed: " in said and "Sample size" in said
    button = reader.ui().installLibrariesButton
    assert button.visible
    monkeypatch.undo()
    button.click()
    assert not button.visible and "Left out" not in reader.ui().studySummaryBrowser.plainText
    curve = points(nodes("vtkMRMLPlotChartNode")["Study ROC of SH/Thk, 3 T"], "symmetric")
    assert curve[0].tolist() == [0, 0] and curve[-1].tolist() == [1, 1]


#
# What is kept and written
#


def test_a_saved_scene_comes_back_with_tables_and_plots(monkeypatch, files, tmp_path):
    analyse(monkeypatch, *files[:2])
    reader.choose(reader.ui().studyChartSelector, nodes("vtkMRMLPlotChartNode")["Study ROC of SH/Thk, 3 T"])
    before = everything()
    numbers = {name: numbers_of(node) for name, node in nodes("vtkMRMLTableNode").items()}
    assert slicer.util.saveScene(str(tmp_path / "study.mrb"))
    reader.open_scene(str(tmp_path / "study.mrb"))
    assert everything() == before
    # Slicer's table files keep six digits.
    for name, expected in numbers.items():
        np.testing.assert_allclose(numbers_of(nodes("vtkMRMLTableNode")[name]), expected, rtol=1e-5)
    assert shown() == ["Study ROC of SH/Thk, 3 T", FINDINGS]
    reader.enter_path(reader.ui().studyReportPathLineEdit, tmp_path / "again")
    reader.ui().saveStudyReportButton.click()
    assert json.loads((tmp_path / "again" / "cohort.json").read_text())["findings"] == before["record"]["findings"]


def test_the_report_is_that_of_the_command_line(monkeypatch, files, tmp_path):
    analyse(monkeypatch, *files[:2])
    reader.enter_path(reader.ui().studyReportPathLineEdit, tmp_path / "window")
    reader.ui().saveStudyReportButton.click()
    line = ["cohort", str(files[0]), "--clinical", str(files[1]), "-o", str(tmp_path / "line")]
    assert main(line) == 0
    written = sorted(path.relative_to(tmp_path / "line") for path in (tmp_path / "line").rglob("*") if path.is_file())
    assert {"cohort.json", "report.html", "findings.tsv"} <= {path.name for path in written}
    for path in written:
        assert (tmp_path / "window" / path).read_bytes() == (tmp_path / "line" / path).read_bytes(), path
    record = json.loads((tmp_path / "line" / "cohort.json").read_text())
    assert json.loads(reader.parameters().studyRecord.GetText()) == record


def test_the_report_of_another_study_is_not_overwritten_without_a_question(monkeypatch, files, tmp_path, answers):
    asked, said = answers
    edit, button = reader.ui().studyReportPathLineEdit, reader.ui().saveStudyReportButton
    analyse(monkeypatch, *files[:2])
    reader.enter_path(edit, tmp_path / "report")
    button.click()
    before = (tmp_path / "report" / "cohort.json").read_bytes()
    assert asked == []
    MiniSlicer.closeScene()
    assert edit.currentPath == ""
    (tmp_path / "7T").mkdir()
    analyse(monkeypatch, *write_study(tmp_path / "7T", patients=5, controls=6, tesla=7.0, seed=3)[:2])
    reader.enter_path(edit, tmp_path / "report")
    said[:] = [False, True]
    button.click()
    assert (tmp_path / "report" / "cohort.json").read_bytes() == before
    button.click()
    assert (tmp_path / "report" / "cohort.json").read_bytes() != before and len(asked) == 2


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("nothing chosen", "choose measurements and a clinical table"),
        ("no clinical table", "missing.tsv"),
        ("no number", "sub-P00"),
    ],
)
def test_what_is_wrong_is_said_in_words(monkeypatch, files, tmp_path, caplog, fault, said):
    measurements, clinical, _ = files
    if fault == "no clinical table":
        clinical = tmp_path / "missing.tsv"
    if fault == "no number":
        measurements.write_text(
            measurements.read_text().replace("sub-P00\tn/a\tR1\tpatient\t3.0", "sub-P00\tn/a\tR1\tpatient\tx")
        )
    if fault != "nothing chosen":
        choose_tables(monkeypatch, measurements)
        reader.enter_path(reader.ui().studyClinicalPathLineEdit, clinical)
    for button in (reader.ui().analyseStudyButton, reader.ui().saveStudyReportButton):
        caplog.clear()
        reader.enter_path(reader.ui().studyReportPathLineEdit, tmp_path / "report")
        button.click()
        assert said in caplog.text
    assert not (tmp_path / "report").exists()
    assert not nodes("vtkMRMLTableNode")


def test_tables_are_listed_once_and_cleared(monkeypatch, files):
    ui = reader.ui()
    choose_tables(monkeypatch, files[0], files[1])
    choose_tables(monkeypatch, files[0])
    assert ui.studyMeasurementsList.count == 2
    ui.clearMeasurementsButton.click()
    assert (ui.studyMeasurementsList.count, ui.clearMeasurementsButton.enabled) == (0, False)


#
# Optional libraries
#


def libraries():
    from M1SHThkLib.panel import libraries

    return libraries


@pytest.fixture
def asked(monkeypatch):
    """Slicer as a user runs it, lacking a library: what is asked, and what is told to pip."""
    log = {"questions": [], "installed": [], "answer": True}

    def confirm(text, *arguments, **options):
        log["questions"].append(text)
        return log["answer"]

    def install(arguments):
        at = arguments.index("--constraint")
        log["installed"].append((arguments[:at], Path(arguments[at + 1]).read_text()))

    monkeypatch.setattr(slicer.app.commandOptions(), "_testingEnabled", False)
    monkeypatch.setattr(slicer.util, "confirmOkCancelDisplay", confirm)
    monkeypatch.setattr(slicer.util, "pip_install", install)
    monkeypatch.setitem(sys.modules, "slicer.packaging", None)
    for name in libraries().OPTIONAL:
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setattr(sys, "path", [path for path in sys.path if "site-packages" not in path])
    return log


def test_libraries_are_brought_with_consent_and_leave_slicers_own(asked):
    libraries().OptionalLibraries().offer()
    ((packages, constraints),) = asked["installed"]
    assert packages == ["pingouin", "statsmodels"]
    assert len(asked["questions"]) == 1 and "statsmodels" in asked["questions"][0]
    assert constraints == libraries().constraints_text()


def test_constraints_hold_the_versions_in_use():
    import scipy

    assert libraries().constraints_text() == f"numpy=={np.__version__}\nscipy=={scipy.__version__}\n"


def test_who_declines_is_not_asked_again(asked):
    asked["answer"] = False
    offered = libraries().OptionalLibraries()
    offered.offer()
    offered.offer()
    assert (len(asked["questions"]), asked["installed"]) == (1, [])


def test_slicers_own_way_of_bringing_packages_is_used_where_there_is_one(asked, monkeypatch):
    packaging, calls = ModuleType("slicer.packaging"), []

    def pip_ensure(requirements, constraints=None, requester=None, prompt_install=True):
        calls.append((requirements, Path(constraints).read_text(), requester, prompt_install))

    packaging.pip_ensure = pip_ensure
    monkeypatch.setitem(sys.modules, "slicer.packaging", packaging)
    libraries().OptionalLibraries().offer()
    assert calls == [(["pingouin", "statsmodels"], libraries().constraints_text(), "M1SHThk", False)]
    assert len(asked["questions"]) == 1 and asked["installed"] == []


def test_the_question_says_what_for_and_what_is_lost_without(asked):
    asked["answer"] = False
    libraries().OptionalLibraries().offer()
    (question,) = asked["questions"]
    for part in ("pingouin: how well readers", "statsmodels: sample sizes", "left out", "stay as they are"):
        assert part in question


def test_who_declines_may_change_their_mind(asked):
    asked["answer"] = False
    offered = libraries().OptionalLibraries()
    offered.offer()
    asked["answer"] = True
    offered.offer(again=True)
    assert len(asked["questions"]) == 2 and len(asked["installed"]) == 1


def test_an_installation_that_fails_is_no_refusal(asked, monkeypatch):
    def fail(arguments):
        raise subprocess.CalledProcessError(1, "pip")

    warned = []
    monkeypatch.setattr(slicer.util, "pip_install", fail)
    monkeypatch.setattr(slicer.util, "warningDisplay", warned.append)
    offered = libraries().OptionalLibraries()
    offered.offer()
    offered.offer()
    assert len(asked["questions"]) == 2 and len(warned) == 2 and "could not be installed" in warned[0]


def test_tables_that_cannot_be_used_are_told_before_anything_is_asked(asked, monkeypatch, files, caplog):
    analyse(monkeypatch, files[0], files[1].with_name("missing.tsv"))
    assert "missing.tsv" in caplog.text and asked["questions"] == []


def test_a_test_run_neither_asks_nor_installs(asked, monkeypatch):
    monkeypatch.setattr(slicer.app.commandOptions(), "_testingEnabled", True)
    libraries().OptionalLibraries().offer()
    assert (asked["questions"], asked["installed"]) == ([], [])
