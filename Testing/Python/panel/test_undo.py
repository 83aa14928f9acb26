"""One history for everything that the reader draws: ROI strokes, points, what was cleared, what was deleted."""

import MiniSlicer
import numpy as np
import pytest
import reader
import slicer
from reader import KNOB, LOBULE


def undo():
    MiniSlicer.keyPress("Red", "z", "ctrl")
    reader.settle()


def redo():
    MiniSlicer.keyPress("Red", "z", ("ctrl", "shift"))
    reader.settle()


def drawing():
    """All that is drawn: voxels of the ROIs and points of the lines."""
    regions = [
        (reader.white_matter_voxels(key), [reader.points(key, n).tolist() for n in range(len(lines))])
        for key in reader.KEYS
        for lines in [reader.widget().logic.lines(key)]
    ]
    return reader.splenium_voxels(), regions


def middle_drag(key, step):
    here = reader.points(key)
    reader.look_at(here[0])
    MiniSlicer.drag("Red", here[3], here[3] + step, button="middle")


def test_a_wrong_stroke_is_taken_back_and_the_line_stays(two_regions, drawn):
    before, points = reader.white_matter_voxels(KNOB), reader.points(KNOB)
    corners = reader.outline_of(two_regions, two_regions.regions[0].white_matter) + [9.0, 0.0, 0.0]
    reader.draw_outline(reader.ui().drawWhiteMatterButton, corners)
    stroke = reader.white_matter_voxels(KNOB)
    assert stroke > before
    undo()
    assert reader.white_matter_voxels(KNOB) == before
    np.testing.assert_array_equal(reader.points(KNOB), points)
    redo()
    assert reader.white_matter_voxels(KNOB) == stroke


def test_every_step_of_a_reading_is_taken_back_in_its_order(two_regions, drawn):
    ui = reader.ui()

    def clear_the_other_line():
        reader.choose_region(LOBULE)
        ui.clearLineButton.click()
        reader.choose_region(KNOB)

    steps = (
        clear_the_other_line,
        lambda: reader.drag_point(KNOB, 4, np.array([2.0, 1.0, 0.0])),
        lambda: ui.clearWhiteMatterButton.click(),
        lambda: reader.draw_white_matter(two_regions, 0),
        lambda: ui.clearSpleniumButton.click(),
        lambda: reader.draw_splenium(two_regions),
        lambda: slicer.mrmlScene.RemoveNode(reader.line(KNOB)),
    )
    states = [drawing()]
    for step in steps:
        step()
        reader.settle()
        assert drawing() != states[-1]
        states.append(drawing())
    for state in reversed(states[:-1]):
        undo()
        assert drawing() == state
    assert not ui.undoButton.enabled
    for state in states[1:-1]:
        redo()
        assert drawing() == state


@pytest.mark.parametrize("of", ["Splenium", "WhiteMatter"])
def test_redraw_of_a_roi_clears_it_and_draws(two_regions, drawn, of):
    count = {"Splenium": reader.splenium_voxels, "WhiteMatter": lambda: reader.white_matter_voxels(KNOB)}[of]
    roi = two_regions.splenium if of == "Splenium" else two_regions.regions[0].white_matter
    before = count()
    reader.draw_outline(getattr(reader.ui(), f"redraw{of}Button"), reader.outline_of(two_regions, roi, grow=-1.0))
    assert 0 < count() < before
    undo()
    undo()
    assert count() == before


def test_the_history_outlasts_a_look_into_another_module(two_regions, drawn):
    before = drawing()
    reader.draw_outline(
        reader.ui().drawSpleniumButton, reader.outline_of(two_regions, two_regions.splenium) + [5.0, 0.0, 0.0]
    )
    after = drawing()
    slicer.util.selectModule("")
    slicer.util.selectModule("M1SHThk")
    reader.settle()
    undo()
    assert drawing() == before
    redo()
    assert drawing() == after


def test_what_another_module_changed_is_a_step_too(two_regions, drawn):
    before = drawing()
    slicer.util.selectModule("")
    reader.line(KNOB).RemoveNthControlPoint(3)
    slicer.util.selectModule("M1SHThk")
    reader.settle()
    assert drawing() != before
    undo()
    assert drawing() == before


@pytest.mark.parametrize("where", ["here", "in another module"])
def test_a_deleted_curve_comes_back(two_regions, drawn, where):
    points, numbers = reader.points(KNOB), reader.numbers(KNOB)
    if where != "here":
        slicer.util.selectModule("")
    slicer.mrmlScene.RemoveNode(reader.line(KNOB))
    slicer.util.selectModule("M1SHThk")
    reader.settle()
    assert reader.numbers(KNOB) is None
    undo()
    np.testing.assert_array_equal(reader.points(KNOB), points)
    assert reader.numbers(KNOB) == numbers


def test_a_step_of_another_region_shows_and_names_it(drawn):
    before = reader.points(KNOB)
    reader.drag_point(KNOB, 4, [2.0, 1.0, 0.0])
    reader.choose_region(LOBULE)
    undo()
    assert reader.ui().regionsTable.currentRow() == reader.KEYS.index(KNOB)
    assert "left hand knob" in reader.told().lower()
    np.testing.assert_array_equal(reader.points(KNOB), before)


def test_a_whole_curve_that_was_moved_is_one_step(drawn):
    before = reader.points(KNOB)
    middle_drag(KNOB, [4.0, 0.0, 0.0])
    moved = reader.points(KNOB)
    np.testing.assert_allclose(moved - before, np.tile([4.0, 0.0, 0.0], (len(before), 1)), atol=0.3)
    undo()
    np.testing.assert_allclose(reader.points(KNOB), before, atol=1e-9)


def test_what_is_accepted_is_not_taken_back(drawn):
    reader.drag_point(KNOB, 4, [2.0, 1.0, 0.0])
    reader.settle()
    reader.ui().acceptButton.click()
    before = drawing()
    undo()
    assert drawing() == before and "accepted" in reader.told()
