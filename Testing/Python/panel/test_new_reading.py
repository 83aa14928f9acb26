"""A second reading starts blank on the same volume; the first is kept, and both can be compared."""

import numpy as np
import pytest
import reader
import slicer
from reader import KNOB, LOBULE


@pytest.fixture
def observer(monkeypatch):
    """The name that the reader gives when asked for the observer."""
    names = ["R2"]
    monkeypatch.setattr(reader.qt.QInputDialog, "getText", staticmethod(lambda *arguments: names[0]))
    return names


def test_a_new_reading_is_blank_and_archives_the_old(two_regions, drawn, observer):
    volume, line, references = reader.parameters().inputVolume, reader.line(KNOB), reader.parameters().references
    points = reader.points(KNOB)
    reader.ui().newReadingButton.click()
    reader.settle()
    assert reader.parameters().inputVolume is volume
    assert (reader.ui().observerLineEdit.text, reader.ui().subjectLineEdit.text) == ("R2", "sub-01")
    assert [reader.numbers(key) for key in reader.KEYS] == [None] * len(reader.KEYS)
    assert not reader.widget().logic.lines(KNOB) and reader.splenium_voxels() == 0
    assert not reader.ui().undoButton.enabled
    for node in (line, references):
        assert node.GetScene() is slicer.mrmlScene and not node.GetDisplayNode().GetVisibility()
    np.testing.assert_array_equal(reader.exam_nodes.points_from_curve(line), points)
    hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(slicer.mrmlScene)
    folders = {hierarchy.GetItemParent(hierarchy.GetItemByDataNode(node)) for node in (line, references)}
    (folder,) = folders
    assert "R1" in hierarchy.GetItemName(folder) and hierarchy.GetItemLevel(folder) == "Folder"
    reader.draw_exam(two_regions)
    np.testing.assert_array_equal(reader.exam_nodes.points_from_curve(line), points)
    assert [key for key in reader.KEYS if reader.numbers(key)] == [KNOB, LOBULE]


def test_two_readings_of_a_region_are_shown_with_their_difference(two_regions, drawn, observer):
    first = reader.measured()[KNOB].sh_thk_per_mm
    reader.ui().newReadingButton.click()
    reader.settle()
    reader.draw_splenium(two_regions)
    reader.draw_white_matter(two_regions, 0)
    reader.draw_line(two_regions, 0, two_regions.regions[0].pial_lines[0] + [0.3, 0.3, 0.0])
    reader.settle()
    second = reader.measured()[KNOB].sh_thk_per_mm
    reader.choose_text(reader.ui().compareComboBox, reader.ui().compareComboBox.itemText(1))
    reader.settle()
    text = reader.ui().comparisonLabel.text
    assert "R1" in text and f"{first:.3f}" in text and f"{second:.3f}" in text and f"{second - first:+.3f}" in text
    shown = [line for line in slicer.util.getNodesByClass("vtkMRMLMarkupsCurveNode") if line.GetDisplayVisibility()]
    assert len(shown) == 2
    reader.choose_text(reader.ui().compareComboBox, reader.ui().compareComboBox.itemText(0))
    shown = [line for line in slicer.util.getNodesByClass("vtkMRMLMarkupsCurveNode") if line.GetDisplayVisibility()]
    assert len(shown) == 1


def test_nothing_is_archived_without_an_observer(drawn, observer):
    observer[0] = ""
    points = reader.points(KNOB)
    reader.ui().newReadingButton.click()
    reader.settle()
    np.testing.assert_array_equal(reader.points(KNOB), points)
    assert reader.ui().observerLineEdit.text == "R1"


def test_the_archive_is_saved_with_the_scene(two_regions, drawn, observer, tmp_path):
    reader.ui().newReadingButton.click()
    reader.settle()
    path = str(tmp_path / "two.mrb")
    assert slicer.util.saveScene(path)
    reader.open_scene(path)
    box = reader.ui().compareComboBox
    assert box.count == 2 and "R1" in box.itemText(1)
    assert [reader.numbers(key) for key in reader.KEYS] == [None] * len(reader.KEYS)
