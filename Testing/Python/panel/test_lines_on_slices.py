"""A line lies on one slice: on another one a new line is asked for, never a point added to the old."""

import MiniSlicer
import numpy as np
import pytest
import reader
from M1SHThkLib.measuring.flags import FLAGS
from reader import KNOB


def lines():
    return [reader.points(KNOB, number) for number in range(len(reader.widget().logic.lines(KNOB)))]


@pytest.mark.parametrize("answer", [True, False])
def test_drawing_on_another_slice_asks_for_a_new_line(two_regions, drawn, answers, answer):
    asked, said = answers
    (before,) = lines()
    points = reader.beside(two_regions, before)
    reader.look_at(points[0])
    said[:] = [answer]
    MiniSlicer.keyPress("Red", "d")
    assert len(asked) == 1 and f"S {before[0][2]:g}" in asked[0]
    if answer:
        reader.place(points[:5])
        reader.by_right_click(points[4])
        assert len(lines()) == 2
        np.testing.assert_allclose(lines()[1], points[:5], atol=0.3)
    else:
        assert not reader.ui().drawLineButton.checked
        assert len(lines()) == 1
    np.testing.assert_array_equal(lines()[0], before)


def test_drawing_on_the_lines_own_slice_asks_nothing(drawn, answers):
    (before,) = lines()
    reader.look_at(before[0])
    MiniSlicer.keyPress("Red", "d")
    MiniSlicer.click("Red", before[-1] + [3, 3, 0])
    MiniSlicer.keyPress("Red", "Escape")
    assert [len(line) for line in lines()] == [len(before) + 1] and answers[0] == []


def test_drawing_and_redrawing_take_the_line_of_the_slice_that_is_shown(two_regions, drawn, answers):
    answers[1][:] = [True]
    (first,) = lines()
    points = reader.beside(two_regions, first)
    reader.look_at(points[0])
    MiniSlicer.keyPress("Red", "d")
    reader.place(points)
    MiniSlicer.keyPress("Red", "Escape")
    reader.look_at(first[0])
    MiniSlicer.keyPress("Red", "d")
    MiniSlicer.click("Red", first[-1] + [3, 3, 0])
    MiniSlicer.keyPress("Red", "Escape")
    assert [len(line) for line in lines()] == [len(first) + 1, len(points)]
    reader.ui().redrawLineButton.click()
    reader.place(first[:4])
    MiniSlicer.keyPress("Red", "Escape")
    assert [len(line) for line in lines()] == [4, len(points)]
    assert len(answers[0]) == 1


def test_a_line_placed_on_two_slices_is_flagged(two_regions, drawn):
    """Whoever scrolls on in the midst of a line; the first points decide where it lies."""
    (before,) = lines()
    assert FLAGS["off_slice"] not in reader.flags()
    reader.look_at(before[0])
    reader.ui().redrawLineButton.click()
    reader.place(before[:7])
    rest = reader.beside(two_regions, before[7:])
    reader.look_at(rest[0])
    reader.place(rest)
    reader.by_right_click(rest[-1])
    reader.settle()
    assert len(np.unique(lines()[0][:, 2])) == 2
    assert FLAGS["off_slice"] in reader.flags()
