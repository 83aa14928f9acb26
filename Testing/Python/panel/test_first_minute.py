"""The first minute: a volume is there and seen, nothing stands in the error log, and the next step is said."""

import os

import MiniSlicer
import numpy as np
import pytest
import reader
import slicer
from M1SHThkLib.__main__ import main
from reader import KNOB, LOBULE


def is_seen(volume):
    """Whether the slice view shows the volume, on a slice of its own."""
    view = reader.red().sliceView()
    assert reader.red().mrmlSliceCompositeNode().GetBackgroundVolumeID() == volume.GetID()
    slicer.app.processEvents()
    image = view.grab().toImage()
    middle = [[int(share * size) for share in np.linspace(0.3, 0.7, 9)] for size in (view.width, view.height)]
    colors = [image.pixelColor(x, y).value() for x in middle[0] for y in middle[1]]
    bounds = [0.0] * 6
    volume.GetRASBounds(bounds)
    return np.median(colors) > 20 and bounds[4] <= reader.red().sliceLogic().GetSliceOffset() <= bounds[5]


def is_fitted(volume):
    bounds = [0.0] * 6
    volume.GetRASBounds(bounds)
    width = bounds[1] - bounds[0]
    return 0.99 * width < min(reader.red().mrmlSliceNode().GetFieldOfView()[:2]) < 1.1 * width


def empty_slicer(size=reader.SIZES[0]):
    slicer.util.selectModule("")
    MiniSlicer.closeScene()
    slicer.util.mainWindow().resize(*size)
    slicer.app.layoutManager().setLayout(reader.FOUR_UP)
    for node in slicer.util.getNodesByClass("vtkMRMLSliceNode"):
        node.SetFieldOfView(250, 250, 1)
        node.SetXYZOrigin(0, 0, 0)
        node.SetOrientationToAxial()
        node.JumpSlice(0, 0, 0)


def volume_of(phantom, name="T2star"):
    return reader.exam_nodes.add_volume(slicer.mrmlScene, name, phantom.mean, phantom.affine)


@pytest.mark.parametrize("size", reader.SIZES, ids=str)
@pytest.mark.parametrize("when", ["before", "while the module is open"])
def test_a_lone_volume_is_chosen_shown_and_fitted(two_regions, when, size):
    empty_slicer(size)
    if when == "before":
        volume = volume_of(two_regions)
        slicer.util.selectModule("M1SHThk")
    else:
        slicer.util.selectModule("M1SHThk")
        reader.settle()
        volume = volume_of(two_regions)
    reader.settle()
    assert reader.ui().inputVolumeSelector.currentNode() is volume
    assert is_seen(volume) and is_fitted(volume)


def test_sample_data_then_the_module_shows_the_exam(two_regions):
    import SampleData

    empty_slicer()
    source, *_ = SampleData.SampleDataLogic.sampleDataSourcesByCategory("M1SHThk")
    volume = source.customDownloader(source)
    slicer.util.selectModule("M1SHThk")
    reader.settle()
    assert is_seen(volume)
    line = reader.points(KNOB)
    x, _, z = reader.red().sliceView().convertRASToXYZ(line.mean(0))
    assert abs(z) < 0.5 and 0 < x < reader.red().sliceView().width


def test_the_slice_of_the_selected_region_is_shown(two_regions):
    """Not the middle of the volume, which a view turns to by itself."""
    empty_slicer()
    logic = slicer.util.getModuleLogic("M1SHThk")
    volume = logic.loadExam(two_regions.exam())
    logic.getParameterNode().selectedRegion = reader.KEYS.index(LOBULE)
    slicer.util.selectModule("M1SHThk")
    reader.settle()
    bounds = [0.0] * 6
    volume.GetRASBounds(bounds)
    *_, z = reader.points(LOBULE).mean(0)
    assert reader.red().sliceLogic().GetSliceOffset() == pytest.approx(z) and abs(z - np.mean(bounds[4:])) > 0.5


def test_a_second_volume_is_not_taken_and_is_told_where_it_covers_the_measured_one(two_regions, drawn):
    measured = reader.parameters().inputVolume
    other = volume_of(two_regions, "other")
    slicer.util.setSliceViewerLayers(background=other)
    reader.settle()
    assert reader.parameters().inputVolume is measured
    assert "'other'" in reader.ui().stateLabel.text and measured.GetName() in reader.ui().stateLabel.text
    reader.choose_region(KNOB)
    reader.settle()
    assert reader.red().mrmlSliceCompositeNode().GetBackgroundVolumeID() == measured.GetID()
    assert "'other'" not in reader.ui().stateLabel.text


def test_a_session_writes_nothing_into_the_error_log(two_regions):
    empty_slicer()
    slicer.util.selectModule("M1SHThk")
    slicer.util.selectModule("")
    slicer.util.selectModule("M1SHThk")
    MiniSlicer.raiseErrors()
    volume_of(two_regions)
    reader.settle()
    MiniSlicer.raiseErrors()
    reader.draw_exam(two_regions)
    reader.ui().undoButton.click()
    MiniSlicer.closeScene()
    reader.settle()
    MiniSlicer.raiseErrors()


def test_a_bundle_is_measured_by_its_relative_path(drawn, tmp_path, monkeypatch):
    assert slicer.util.saveScene(str(tmp_path / "reading.mrb"))
    monkeypatch.chdir(tmp_path)
    assert main(["measure", "reading.mrb", "-o", "out"]) == 0
    header, *rows = (line.split("\t") for line in (tmp_path / "out" / "measurements.tsv").read_text().splitlines())
    assert [row[header.index("region")] for row in rows] == ["hand_knob", "paracentral_lobule"]
    assert os.listdir(tmp_path / "out")


def test_the_next_step_is_said_in_the_readers_words(two_regions, blank):
    ui = reader.ui()
    seen = [ui.stateLabel.text]
    reader.draw_splenium(two_regions)
    reader.settle()
    seen.append(ui.stateLabel.text)
    reader.draw_white_matter(two_regions, 0)
    reader.settle()
    seen.append(ui.stateLabel.text)
    reader.draw_line(two_regions, 0)
    reader.settle()
    seen.append(ui.stateLabel.text)
    for text, word in zip(seen, ("splenium missing (S)", "white matter missing (W)", "line missing (D)"), strict=False):
        assert word.lower() in text.lower()
    assert "accept" in seen[3].lower() and "shift+a" in seen[3].lower()
    assert not any("segment" in text.lower() or "node" in text.lower() for text in seen)
    reader.choose_region(LOBULE)
    assert "white matter missing (w)" in ui.stateLabel.text.lower()


def test_without_a_volume_the_first_step_is_one(two_regions):
    empty_slicer()
    slicer.util.selectModule("M1SHThk")
    reader.settle()
    assert "volume" in reader.ui().stateLabel.text.lower()
    assert reader.flags() == ""


def test_a_click_on_the_selected_row_shows_the_region_again(two_regions, drawn):
    line = reader.points(KNOB)
    reader.look_at(reader.beside(two_regions, line)[0])
    reader.choose_region(KNOB)
    *_, z = reader.red().sliceView().convertRASToXYZ(line.mean(0))
    assert abs(z) < 0.5
