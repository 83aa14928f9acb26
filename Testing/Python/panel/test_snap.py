"""Snap moves a line that strays onto the pial edge: seen before, one step, refused in words."""

from itertools import pairwise

import MiniSlicer
import numpy as np
import pytest
import reader
import slicer
from reader import KNOB


def picture():
    slicer.app.processEvents()
    image = reader.red().sliceView().grab().toImage().convertToFormat(reader.qt.QImage.Format_RGB888)
    rows = np.frombuffer(bytes(image.constBits()), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : image.width() * 3].reshape(image.height(), image.width(), 3).astype(int)


def across(points):
    """Unit vectors in the slice, perpendicular to a line."""
    along = np.gradient(points, axis=0)
    sideways = np.stack([-along[:, 1], along[:, 0], np.zeros(len(along))], 1)
    return sideways / np.linalg.norm(sideways, axis=1, keepdims=True)


def distances(points, line):
    """Of points from a densely resampled line, mm."""
    dense = np.concatenate([np.linspace(a, b, 40) for a, b in pairwise(line)])
    return np.linalg.norm(points[:, None] - dense, axis=2).min(1)


@pytest.fixture
def wobbling(two_regions, blank):
    """The left hand knob, read with a line that wobbles about the truth; the true line."""
    truth = two_regions.regions[0].pial_lines[0]
    points = truth + 0.5 * np.sin(np.arange(len(truth)) * 1.9)[:, None] * across(truth)
    reader.draw_splenium(two_regions)
    reader.draw_white_matter(two_regions, 0)
    reader.draw_line(two_regions, 0, points)
    reader.settle()
    return truth


def test_the_line_is_shown_dashed_then_moved_as_one_step(wobbling):
    ui, before = reader.ui(), reader.points(KNOB)
    strayed = distances(before, wobbling)
    seen = picture()
    ui.snapButton.click()
    reader.settle()
    np.testing.assert_array_equal(reader.points(KNOB), before)
    cyan = (picture() - seen) @ np.array([-1, 1, 1])
    assert (cyan > 150).sum() > 30
    assert "strays by" in ui.stateLabel.text and "Snap again" in ui.stateLabel.text
    ui.snapButton.click()
    reader.settle()
    assert distances(reader.points(KNOB), wobbling).mean() < 0.5 * strayed.mean()
    assert "Snapped" in reader.told() and "Snap again" not in ui.stateLabel.text
    MiniSlicer.keyPress("Red", "z", "ctrl")
    reader.settle()
    np.testing.assert_array_equal(reader.points(KNOB), before)
    assert reader.numbers(KNOB) == reader.shown(reader.measured()[KNOB])


@pytest.mark.parametrize("by", ["Escape", "a drag", "another region"])
def test_what_is_offered_can_be_left(wobbling, by):
    before = reader.points(KNOB)
    reader.ui().snapButton.click()
    reader.settle()
    if by == "Escape":
        MiniSlicer.keyPress("Red", "Escape")
    elif by == "a drag":
        reader.drag_point(KNOB, 4, np.array([1.0, 1.0, 0.0]))
    else:
        reader.choose_region(reader.LOBULE)
        reader.choose_region(KNOB)
    reader.settle()
    assert "Snap again" not in reader.ui().stateLabel.text
    model = slicer.util.getNode("M1SHThk snapped")
    assert not model.GetDisplayNode().GetVisibility()
    if by != "a drag":
        np.testing.assert_array_equal(reader.points(KNOB), before)


def test_an_edge_that_is_not_there_is_refused_in_words(two_regions, blank):
    region = two_regions.regions[0]
    inward = two_regions.exam().image.position_of(region.white_matter.indices).mean(0) - region.pial_lines[0].mean(0)
    reader.draw_splenium(two_regions)
    reader.draw_white_matter(two_regions, 0)
    reader.draw_line(two_regions, 0, region.pial_lines[0] + 6.0 * inward / np.linalg.norm(inward))
    reader.settle()
    before = reader.points(KNOB)
    reader.ui().snapButton.click()
    reader.settle()
    assert "Not snapped" in reader.ui().stateLabel.text and "%" in reader.ui().stateLabel.text
    reader.ui().snapButton.click()
    np.testing.assert_array_equal(reader.points(KNOB), before)


def test_an_accepted_line_is_not_snapped(wobbling):
    reader.ui().acceptButton.click()
    reader.choose_region(KNOB)
    assert not reader.ui().snapButton.enabled
