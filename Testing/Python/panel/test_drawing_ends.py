"""A ROI's outline ends the drawing of it, whichever way it is closed; hands are quick and hold keys."""

import MiniSlicer
import numpy as np
import pytest
import reader
from reader import KNOB

CLOSE = {
    "right click": reader.by_right_click,
    "double click": lambda corner: MiniSlicer.doubleClick("Red", corner),
    "Return": lambda corner: MiniSlicer.keyPress("Red", "Return"),
}


def is_drawing():
    return reader.ui().drawWhiteMatterButton.checked, reader.ui().segmentEditorWidget.activeEffect() is not None


@pytest.mark.parametrize("close", CLOSE.values(), ids=CLOSE)
def test_the_drag_after_an_outline_moves_the_point_and_paints_nothing(two_regions, drawn, close):
    reader.draw_white_matter(two_regions, 0, close)
    assert is_drawing() == (False, False)
    before = reader.white_matter_voxels(KNOB)
    let_go = reader.drag_point(KNOB, 4, [3.0, 4.0, 0.0])
    assert reader.white_matter_voxels(KNOB) == before > 0
    np.testing.assert_allclose(reader.points(KNOB)[4], let_go, atol=0.3)


@pytest.mark.parametrize("button", ["right click", "double click", "Return"])
def test_shift_keeps_drawing_on_for_another_outline(two_regions, blank, button):
    closes = {
        "right click": lambda corner: MiniSlicer.click("Red", corner, button="right", modifiers="shift"),
        "double click": lambda corner: MiniSlicer.doubleClick("Red", corner, modifiers="shift"),
        "Return": lambda corner: MiniSlicer.keyPress("Red", "Return", "shift"),
    }
    reader.draw_white_matter(two_regions, 0, closes[button])
    first = reader.white_matter_voxels(KNOB)
    assert is_drawing() == (True, True) and first > 0
    corners = reader.outline_of(two_regions, two_regions.regions[0].white_matter) + [9.0, 0.0, 0.0]
    for corner in corners:
        MiniSlicer.click("Red", corner)
    reader.by_right_click(corners[0])
    assert reader.white_matter_voxels(KNOB) > 1.5 * first
    assert is_drawing() == (False, False)


def test_an_outline_clicked_as_fast_as_can_be_is_the_same(two_regions, blank):
    corners = reader.outline_of(two_regions, two_regions.splenium)
    reader.draw_outline(reader.ui().drawSpleniumButton, corners)
    slow = reader.splenium_voxels()
    reader.ui().undoButton.click()
    assert reader.splenium_voxels() == 0
    reader.ui().drawSpleniumButton.click()
    MiniSlicer.clickFast("Red", corners)
    reader.by_right_click(corners[0])
    assert reader.splenium_voxels() == slow > 0


def test_a_line_clicked_as_fast_as_can_be_has_every_point_once(two_regions, blank):
    points = two_regions.regions[0].pial_lines[0]
    reader.look_at(points[0])
    reader.ui().drawLineButton.click()
    MiniSlicer.clickFast("Red", points)
    reader.by_right_click(points[-1])
    np.testing.assert_allclose(reader.points(KNOB), points, atol=0.3)
    reader.settle()
    for _ in points:
        reader.ui().undoButton.click()
    assert len(reader.points(KNOB)) == 0 and not reader.ui().undoButton.enabled


def test_a_double_click_ends_a_line(two_regions, blank):
    points = two_regions.regions[0].pial_lines[0]
    reader.look_at(points[0])
    reader.ui().drawLineButton.click()
    reader.place(points[:-1])
    MiniSlicer.doubleClick("Red", points[-1])
    reader.settle()
    assert not reader.ui().drawLineButton.checked
    np.testing.assert_allclose(reader.points(KNOB), points, atol=0.3)
