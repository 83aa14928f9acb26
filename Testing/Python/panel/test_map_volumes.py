"""Maps taken along at the window: a list of volumes, what they show, and the same in scene and exports."""

import csv
import json
import re
from pathlib import Path

import numpy as np
import pytest
import reader
import slicer
from M1SHThkLib.__main__ import main
from M1SHThkLib.measuring.maps import ExamMap, measure_map
from M1SHThkLib.scene import exam_nodes, map_nodes
from PySide6.QtTest import QTest
from reader import KNOB, LOBULE


@pytest.fixture
def with_map(drawn, two_regions):
    """The drawn reading with a map (100 less the image's thousandfold) beside it, checked in the list."""
    voxels = 100 - 1000 * two_regions.mean
    volume = exam_nodes.add_volume(slicer.mrmlScene, "My QSM", voxels, two_regions.affine)
    reader.ui().examCollapsibleButton.collapsed = False
    reader.ui().mapsGroupBox.collapsed = False
    reader.check(reader.ui().mapVolumesSelector, [volume])
    reader.settle()
    return volume


def cell(row, column):
    return reader.ui().mapsTable.item(row, column)


def stored():
    """The rows of the maps that the scene's table holds."""
    table = reader.parameters().mapsTable.GetTable()
    names = [table.GetColumnName(number) for number in range(table.GetNumberOfColumns())]
    return [{name: table.GetValueByName(row, name) for name in names} for row in range(table.GetNumberOfRows())]


def test_a_checked_volume_is_measured_on_the_same_normals(with_map):
    assert [cell(0, column).text() for column in range(4)] == ["My_QSM", "image unit", "bright", "none"]
    for row in stored():
        core = reader.measured()[row["hemisphere"].ToString(), row["region"].ToString()]
        image = exam_nodes.image_from_volume(with_map)
        expected = measure_map(ExamMap("My_QSM", image), core)
        assert row["layer"].ToDouble() == pytest.approx(expected.layer, rel=1e-6)
        assert row["white_matter"].ToDouble() == pytest.approx(expected.white_matter, rel=1e-6)
        # The map is the image upside down.
        assert expected.peak_mm == pytest.approx(core.mode_mm, abs=0.15)
    assert len(stored()) == 2
    assert "My_QSM" in reader.ui().mapsLabel.text and "layer" in reader.ui().mapsLabel.text


def test_an_error_and_a_name_are_readable_however_small_and_long(with_map, two_regions):
    slicer.util.updateVolumeFromArray(with_map, slicer.util.arrayFromVolume(with_map) * 1e-3)
    cell(0, 0).setText("a_map_of_a_very_long_name")
    reader.settle()
    error = re.search(r"\(SE ([0-9.]+)\)", reader.ui().mapsLabel.text).group(1)
    (row,) = (row for row in stored() if row["hemisphere"].ToString() == KNOB[0])
    assert 0 < float(error) == pytest.approx(row["layer_se"].ToDouble(), rel=0.5)
    # The plot's legend is as wide as its longest entry.
    chart = reader.parameters().plotChart
    names = [chart.GetNthPlotSeriesNode(number).GetName() for number in range(chart.GetNumberOfPlotSeriesNodes())]
    assert "a_map_of_a_… (own scale)" in names


def test_what_is_said_of_a_map_can_be_changed(with_map):
    cell(0, 0).setText("qsm")
    cell(0, 1).setText("ppb")
    table = reader.ui().mapsTable
    for column in (2, 3):
        place = table.visualItemRect(cell(0, column)).center()
        QTest.mouseClick(table.viewport(), reader.LEFT_BUTTON, reader.qt.Qt.KeyboardModifier.NoModifier, place)
    reader.settle()
    assert [cell(0, column).text() for column in range(4)] == ["qsm", "ppb", "dark", "splenium"]
    row = stored()[0]
    assert [row[name].ToString() for name in ("map", "unit", "polarity", "normalization")] == [
        *("qsm", "splenium intensity", "dark", "splenium")
    ]


def test_an_illegal_name_is_told_and_taken_back(with_map, monkeypatch):
    told = []
    monkeypatch.setattr(slicer.util, "errorDisplay", told.append)
    cell(0, 0).setText("a/b")
    assert "letters, digits" in told[0] and len(told) == 1
    assert cell(0, 0).text() == "My_QSM"


def test_the_plot_shows_it_over_the_same_depths(with_map):
    chart = reader.parameters().plotChart
    series = [chart.GetNthPlotSeriesNode(number) for number in range(chart.GetNumberOfPlotSeriesNodes())]
    (own,) = [node for node in series if node.GetAttribute("M1SHThk.map")]
    table = own.GetTableNode().GetTable()
    core = reader.measured()[KNOB]
    depths, values = (
        np.array([table.GetColumnByName(name).GetValue(row) for row in range(table.GetNumberOfRows())])
        for name in (own.GetXColumnName(), own.GetYColumnName())
    )
    np.testing.assert_allclose(depths, core.depths_mm)
    # A map that is the image upside down looks like h.
    inner = depths > 1
    assert np.corrcoef(values[inner], core.h[inner])[0, 1] > 0.999
    reader.choose_region(LOBULE)
    reader.settle()
    reader.parameters().mapVolumes = []
    reader.settle()
    assert chart.GetNumberOfPlotSeriesNodes() == len(series) - 1


def test_scene_and_exports_keep_it(with_map, tmp_path):
    logic = reader.widget().logic
    logic.exportResults(str(tmp_path / "results"))
    with open(tmp_path / "results" / "maps.tsv", newline="") as file:
        exported = list(csv.DictReader(file, delimiter="\t"))
    assert [row["map"] for row in exported] == ["My_QSM", "My_QSM"]
    with open(tmp_path / "results" / "profiles.tsv", newline="") as file:
        assert "map_My_QSM" in file.readline()
    exam = logic.exportExam(str(tmp_path / "exam"))
    assert json.loads(Path(exam).read_text())["maps"] == [
        {
            "path": "map_My_QSM.nrrd",
            "name": "My_QSM",
            "unit": "image unit",
            "polarity": "bright",
            "normalization": "none",
        }
    ]
    path = str(tmp_path / "scene.mrb")
    assert slicer.util.saveScene(path)
    for source, folder in ((exam, "from_files"), (path, "from_scene")):
        assert main(["measure", str(source), "-o", str(tmp_path / folder)]) == 0
        with open(tmp_path / folder / "maps.tsv", newline="") as file:
            again = list(csv.DictReader(file, delimiter="\t"))
        for one, other in zip(exported, again, strict=True):
            for name in ("layer", "superficial", "white_matter", "peak", "layer_se"):
                assert float(one[name]) == pytest.approx(float(other[name]), rel=1e-5)
    reader.open_scene(path)
    assert [volume.GetName() for volume in reader.widget().logic.mapVolumes()] == ["My QSM"]


def test_a_map_that_changes_is_measured_anew(with_map):
    (before,) = [row["layer"].ToDouble() for row in stored() if row["region"].ToString() == "hand_knob"]
    voxels = slicer.util.arrayFromVolume(with_map)
    voxels += 10
    slicer.util.arrayFromVolumeModified(with_map)
    reader.settle()
    (after,) = [row["layer"].ToDouble() for row in stored() if row["region"].ToString() == "hand_knob"]
    assert after == pytest.approx(before + 10)


def test_a_volume_that_is_deleted_is_no_longer_taken_along(with_map):
    slicer.mrmlScene.RemoveNode(with_map)
    reader.widget().panel.pace.expect(reader.KEYS)
    reader.settle()
    assert reader.widget().logic.mapVolumes() == []
    assert stored() == []


def test_r2star_of_the_echoes(drawn, two_regions):
    add = exam_nodes.add_volume
    echoes = [add(slicer.mrmlScene, f"echo {n}", two_regions.echoes[..., n], two_regions.affine) for n in range(3)]
    reader.parameters().echoVolumes = echoes
    reader.parameters().echoTimes = ", ".join(map(str, two_regions.echo_times_ms[:3]))
    reader.ui().r2starMapButton.click()
    reader.settle()
    (volume,) = reader.widget().logic.mapVolumes()
    assert map_nodes.said_of(volume) == {
        "name": "r2star",
        "unit": "1/s",
        "polarity": "bright",
        "normalization": "none",
    }
    truth = next(region for region in two_regions.truth["regions"] if region["region"] == "hand_knob")
    deep = next(layer for layer in truth["layers"] if layer["tissue"] == "deep_cortex")
    (row,) = [row for row in stored() if row["region"].ToString() == "hand_knob"]
    assert row["layer"].ToDouble() == pytest.approx(deep["r2star_per_s"], rel=0.05)
    assert row["white_matter"].ToDouble() == pytest.approx(38.0, rel=0.02)
