"""Accepting signs a region: what was signed is kept, what changes afterwards is told, and no tool changes it."""

import json

import MiniSlicer
import numpy as np
import pytest
import reader
import slicer
from M1SHThkLib.scene.exam_nodes import parameter_prefix
from reader import KNOB, LOBULE


@pytest.fixture
def accepted(drawn):
    reader.ui().acceptButton.click()
    reader.choose_region(KNOB)
    reader.settle()
    assert reader.state(KNOB) == "accepted"


def signature(key=KNOB):
    return json.loads(getattr(reader.parameters(), parameter_prefix(*key) + "Acceptance"))


def test_accepting_keeps_values_settings_and_time(accepted):
    core, signed = reader.measured()[KNOB], signature()
    assert signed["values"]["sh_thk_per_mm"] == core.sh_thk_per_mm
    assert signed["settings"] == core.settings.to_dict()
    assert signed["time"].startswith("20") and "T" in signed["time"]


def remove_a_point():
    slicer.util.selectModule("")
    reader.line(KNOB).SetLocked(False)
    reader.line(KNOB).SetFixedNumberOfControlPoints(False)
    reader.line(KNOB).RemoveNthControlPoint(3)
    slicer.util.selectModule("M1SHThk")


def move_a_point_a_little():
    x, y, z = reader.points(KNOB)[3]
    reader.line(KNOB).SetNthControlPointPositionWorld(3, x + 0.01, y, z)


def erase_a_voxel(segment):
    node, volume = reader.parameters().references, reader.parameters().inputVolume
    array = slicer.util.arrayFromSegmentBinaryLabelmap(node, segment, volume)
    array[tuple(np.argwhere(array)[0])] = 0
    slicer.util.updateSegmentBinaryLabelmapFromArray(array, node, segment, volume)


def change_a_voxel_of_the_image():
    slicer.util.arrayFromVolume(reader.parameters().inputVolume)[0, 0, 0] += 1
    slicer.util.arrayFromVolumeModified(reader.parameters().inputVolume)


CHANGES = {
    "line": (remove_a_point, move_a_point_a_little, lambda: slicer.mrmlScene.RemoveNode(reader.line(KNOB))),
    "white matter": (lambda: erase_a_voxel(reader.parameters().leftHandKnobWhiteMatterSegmentID),),
    "splenium": (lambda: erase_a_voxel(reader.parameters().spleniumSegmentID),),
    "image": (change_a_voxel_of_the_image,),
    "settings": (lambda: setattr(reader.parameters(), "widthFraction", 0.3),),
}


@pytest.mark.parametrize(("what", "change"), [(what, change) for what, all_ in CHANGES.items() for change in all_])
def test_what_changed_since_is_named(accepted, what, change):
    change()
    reader.settle()
    assert reader.state(KNOB) == "changed since accepted"
    assert what in reader.ui().stateLabel.text
    others = set(CHANGES) - {what}
    assert not any(other in reader.ui().stateLabel.text for other in others)


def test_a_saved_scene_is_still_signed(accepted, tmp_path):
    path = str(tmp_path / "accepted.mrb")
    assert slicer.util.saveScene(path)
    reader.open_scene(path)
    assert reader.state(KNOB) == "accepted"


def test_undo_is_named_only_where_it_would_take_the_change_back(accepted, tmp_path):
    reader.parameters().widthFraction = 0.3
    reader.settle()
    assert "settings" in reader.ui().stateLabel.text and "Undo" not in reader.ui().stateLabel.text
    reader.parameters().widthFraction = 0.25
    slicer.util.selectModule("")
    CHANGES["line"][-1]()
    slicer.util.selectModule("M1SHThk")
    reader.settle()
    assert "Undo the change" in reader.ui().stateLabel.text
    path = str(tmp_path / "changed.mrb")
    assert slicer.util.saveScene(path)
    reader.open_scene(path)
    assert reader.state(KNOB) == "changed since accepted" and not reader.ui().undoButton.enabled
    assert "line" in reader.ui().stateLabel.text and "Undo" not in reader.ui().stateLabel.text


def test_reopening_and_accepting_signs_anew(accepted):
    reader.parameters().widthFraction = 0.3
    reader.settle()
    reader.ui().acceptButton.click()
    assert reader.state(KNOB) == "measured"
    reader.ui().acceptButton.click()
    assert reader.state(KNOB) == "accepted" and signature()["settings"]["width_fraction"] == 0.3


def test_no_tool_changes_what_is_accepted(two_regions, accepted):
    ui = reader.ui()
    points, voxels = reader.points(KNOB), reader.white_matter_voxels(KNOB)
    splenium = reader.splenium_voxels()
    reader.look_at(points[0])
    for key in "wsd":
        MiniSlicer.keyPress("Red", key)
        for corner in points[3] + np.array([[0, 8, 0], [4, 8, 0], [4, 12, 0]]):
            MiniSlicer.click("Red", corner)
        reader.by_right_click(points[3] + [0, 8, 0])
        MiniSlicer.keyPress("Red", "Escape")
    for name in ("redrawWhiteMatter", "clearWhiteMatter", "redrawLine", "clearLine", "redrawSplenium", "clearSplenium"):
        assert not getattr(ui, f"{name}Button").enabled, name
    reader.drag_point(KNOB, 4, np.array([3.0, 3.0, 0.0]))
    MiniSlicer.move("Red", points[5])
    MiniSlicer.keyPress("Red", "Delete")
    MiniSlicer.drag("Red", points[3], points[3] + [4.0, 0.0, 0.0], button="middle")
    reader.settle()
    np.testing.assert_array_equal(reader.points(KNOB), points)
    assert (reader.white_matter_voxels(KNOB), reader.splenium_voxels()) == (voxels, splenium)
    assert reader.state(KNOB) == "accepted"


@pytest.mark.parametrize("what", ["line", "splenium", "white matter"])
def test_what_was_changed_in_another_module_is_taken_back_and_nothing_else(accepted, what):
    def drawn():
        return len(reader.points(KNOB)), reader.splenium_voxels(), reader.white_matter_voxels(KNOB)

    points, signed = reader.points(KNOB), drawn()
    slicer.util.selectModule("")
    CHANGES[what][-1]()
    slicer.util.selectModule("M1SHThk")
    reader.settle()
    assert "Undo the change" in reader.ui().stateLabel.text
    for _ in range(2):
        MiniSlicer.keyPress("Red", "z", "ctrl")
        reader.settle()
        assert (reader.state(KNOB), drawn()) == ("accepted", signed)
        np.testing.assert_array_equal(reader.points(KNOB), points)
    MiniSlicer.keyPress("Red", "z", ("ctrl", "shift"))
    reader.settle()
    assert (reader.state(KNOB), drawn()) == ("accepted", signed)


def test_slicers_own_place_button_adds_no_point(two_regions, drawn):
    points = reader.points(KNOB)
    reader.ui().drawLineButton.click()
    MiniSlicer.keyPress("Red", "Escape")
    reader.ui().acceptButton.click()
    reader.choose_region(KNOB)
    action = slicer.util.mainWindow().findChild(reader.qt.QAction, "PlaceWidgetAction")
    if action.visible:
        action.trigger()
    for step in ([0, 8, 0], [4, 8, 0]):
        MiniSlicer.click("Red", points[3] + step)
    reader.by_right_click(points[3])
    np.testing.assert_array_equal(reader.points(KNOB), points)
    assert reader.state(KNOB) == "accepted"


def test_a_line_that_another_module_makes_the_active_one_takes_no_point(accepted):
    points = reader.points(KNOB)
    slicer.modules.markups.logic().SetActiveList(reader.line(KNOB))
    reader.tool("PlaceWidgetAction")
    for step in ([0, 8, 0], [4, 8, 0]):
        MiniSlicer.click("Red", points[3] + step)
    MiniSlicer.keyPress("Red", "Escape")
    MiniSlicer.errors.clear()  # Slicer's own, of a line that takes no point
    np.testing.assert_array_equal(reader.points(KNOB), points)


def test_slicers_own_place_button_adds_a_step_to_an_open_line(two_regions, drawn):
    points = reader.points(KNOB)
    reader.ui().drawLineButton.click()
    MiniSlicer.keyPress("Red", "Escape")
    reader.tool("PlaceWidgetAction")
    MiniSlicer.click("Red", points[-1] + [4, 4, 0])
    MiniSlicer.keyPress("Red", "Escape")
    reader.settle()
    assert len(reader.points(KNOB)) == len(points) + 1
    reader.ui().undoButton.click()
    np.testing.assert_array_equal(reader.points(KNOB), points)


def test_every_table_says_what_is_accepted(accepted, tmp_path):
    reader.enter_path(reader.ui().exportPathLineEdit, tmp_path)
    reader.ui().exportResultsButton.click()
    header, *rows = (
        (line.split("\t")) for line in (reader.folder_of_export() / "measurements.tsv").read_text().split("\n")
    )
    column = header.index("accepted")
    assert [row[column] for row in rows[:2]] == ["yes", "no"]
    reader.parameters().widthFraction = 0.3
    reader.settle()
    reader.ui().copyTableButton.click()
    header, *rows = (line.split("\t") for line in slicer.app.clipboard().text().split("\n"))
    assert [row[header.index("accepted")] for row in rows] == ["changed", "no"]
    for name in ("summaryTable", "measurementsTable"):
        table = getattr(reader.parameters(), name).GetTable()
        column = table.GetColumnByName("Accepted" if name == "summaryTable" else "accepted")
        assert [column.GetValue(row) for row in range(2)] == ["changed", "no"]


def test_accept_goes_on_to_the_next_region_that_is_not_finished(two_regions, drawn):
    reader.ui().acceptButton.click()
    assert reader.KEYS[reader.ui().regionsTable.currentRow()] == ("left", "paracentral_lobule")
    reader.choose_region(LOBULE)
    reader.settle()
    MiniSlicer.keyPress("Red", "a", "shift")
    assert reader.KEYS[reader.ui().regionsTable.currentRow()] not in (KNOB, LOBULE)


def test_a_scene_that_was_accepted_before_there_were_signatures_says_so(accepted, tmp_path):
    reader.parameters().leftHandKnobAcceptance = ""
    path = str(tmp_path / "old.mrb")
    assert slicer.util.saveScene(path)
    reader.open_scene(path)
    reader.choose_region(KNOB)
    assert reader.state(KNOB) == "accepted" and "without a record" in reader.ui().stateLabel.text
    assert reader.line(KNOB).GetLocked()
