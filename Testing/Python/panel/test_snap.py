"""Snap at the window: a line drawn askew goes onto the pial edge, as one step that is shown before and told after."""

import numpy as np
import reader
import slicer
from reader import KNOB


def overlay(name):
    return slicer.mrmlScene.GetFirstNodeByName(f"M1SHThk {name}").GetMesh()


def tilt(key, by_mm):
    """The whole line tilted against the pia, from -by_mm to by_mm in the direction of its normals."""
    panel = reader.widget().panel
    read = panel.live.read(key)
    line, points = reader.line(key), reader.points(key)
    nearest = np.linalg.norm(points[:, None] - read.measurement.positions, axis=-1).argmin(1)
    along = np.linspace(-by_mm, by_mm, len(points))
    slicer.util.updateMarkupsControlPointsFromArray(line, points + along[:, None] * read.measurement.normals[nearest])
    reader.settle()


def test_a_tilted_line_is_told_shown_and_snapped_in_one_step(two_regions, drawn):
    panel, ui = reader.widget().panel, reader.ui()
    reader.choose_region(KNOB)
    reader.settle()
    well = panel.live.read(KNOB).measurement
    assert overlay("edge").GetNumberOfCells() == 0  # a well drawn line lies where it would go
    tilt(KNOB, 0.8)
    askew = panel.live.read(KNOB).measurement
    assert "line_strays" in askew.flags
    assert askew.sh_thk_per_mm < 0.75 * well.sh_thk_per_mm
    assert "Snap" in ui.flagsBrowser.plainText
    assert overlay("edge").GetNumberOfCells() > 5
    tilted = reader.points(KNOB)
    ui.snapButton.click()
    reader.settle()
    snapped = panel.live.read(KNOB).measurement
    assert abs(snapped.sh_thk_per_mm / well.sh_thk_per_mm - 1) < 0.05
    assert "line_strays" not in snapped.flags
    ui.undoButton.click()
    reader.settle()
    np.testing.assert_allclose(reader.points(KNOB), tilted, atol=1e-9)
    ui.redoButton.click()
    reader.settle()
    assert "line_strays" not in panel.live.read(KNOB).measurement.flags


def test_an_accepted_line_is_not_offered_to_be_snapped(two_regions, drawn):
    reader.choose_region(KNOB)
    reader.settle()
    assert reader.ui().snapButton.enabled
    reader.ui().acceptButton.click()
    reader.choose_region(KNOB)
    reader.settle()
    assert not reader.ui().snapButton.enabled


def test_an_edge_that_is_not_there_is_refused_in_the_reader_s_words(two_regions, blank, request):
    from M1SHThkLib import translation

    request.addfinalizer(lambda: translation.use(lambda context, text: text))
    translation.use(lambda context, text: text.replace("the edge is unclear on", "la bordo malklaras sur"))
    region = two_regions.regions[0]
    inward = two_regions.exam().image.position_of(region.white_matter.indices).mean(0) - region.pial_lines[0].mean(0)
    reader.draw_splenium(two_regions)
    reader.draw_white_matter(two_regions, 0)
    reader.draw_line(two_regions, 0, region.pial_lines[0] + 6.0 * inward / np.linalg.norm(inward))
    reader.settle()
    before = reader.points(KNOB)
    reader.ui().snapButton.click()
    reader.settle()
    assert "Not snapped: la bordo malklaras sur " in reader.told() and "%" in reader.told()
    np.testing.assert_array_equal(reader.points(KNOB), before)
