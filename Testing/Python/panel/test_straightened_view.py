"""The straightened cortex beneath the slice: it follows the line, a click leads back to the slice."""

import numpy as np
import pytest
import reader
import slicer
from M1SHThkLib.measuring.straightened import ABOVE_MM
from PySide6.QtCore import QPoint
from PySide6.QtTest import QTest
from reader import KNOB, LOBULE


def label():
    return slicer.util.findChild(slicer.util.mainWindow(), "straightenedPicture")


def title():
    return slicer.util.findChild(slicer.util.mainWindow(), "straightenedTitle").text


def pixels():
    """What is shown, shape (height, width, 3); None where nothing is."""
    if label().pixmap.isNull():
        return None
    image = label().pixmap.toImage().convertToFormat(reader.qt.QImage.Format_RGB888)
    rows = np.frombuffer(bytes(image.constBits()), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : image.width() * 3].reshape(image.height(), image.width(), 3).astype(int)


def darkest_mm():
    """Depth of the darkest grey pixel in each column."""
    shown = pixels()
    is_grey = np.ptp(shown, axis=2) < 3
    grey = np.where(is_grey, shown[..., 0], 999)[:-8]
    whole = 6.0 + ABOVE_MM
    return (grey.argmin(0) + 0.5) / len(shown) * whole - ABOVE_MM


def crosshair():
    return slicer.mrmlScene.GetFirstNodeByClass("vtkMRMLCrosshairNode")


def click(across, depth_mm):
    place = QPoint(round(across * label().width), round((depth_mm + ABOVE_MM) / (6 + ABOVE_MM) * label().height))
    QTest.mouseClick(label(), reader.LEFT_BUTTON, reader.qt.Qt.KeyboardModifier.NoModifier, place)


def test_it_shows_the_selected_region(drawn):
    core = reader.measured()[KNOB]
    assert "left hand knob" in title()
    inner = darkest_mm()[20:-20]
    assert np.median(inner) == pytest.approx(core.mode_mm, abs=0.3)
    reader.choose_region(LOBULE)
    reader.settle()
    assert "paracentral lobule" in title()


def test_what_is_left_out_is_blue_and_the_layer_has_its_edges(drawn):
    core, shown = reader.measured()[KNOB], pixels()
    depth = (np.arange(len(shown)) + 0.5) / len(shown) * (6.0 + ABOVE_MM) - ABOVE_MM
    is_blue = (shown[..., 2] > shown[..., 0] + 40) & (np.abs(depth) > 1)[:, None]
    assert np.isfinite(core.along.ends_mm).any()
    assert depth[is_blue.any(1)].min() == pytest.approx(core.along.ends_mm.min(), abs=0.1)
    assert is_blue.any(0).mean() == pytest.approx(np.isfinite(core.along.ends_mm).mean(), abs=0.05)
    is_red = shown[..., 0] > shown[..., 1:].max(-1) + 150
    edges = depth[is_red.mean(1) > 0.9]
    assert edges.min() == pytest.approx(min(core.edges_mm), abs=0.1)
    assert edges.max() == pytest.approx(max(core.edges_mm), abs=0.1)


def test_ticks_are_seen_on_whatever_lies_there(drawn):
    shown = pixels()
    whole = 6.0 + ABOVE_MM
    for depth in (2.0, 4.0):
        row = round((depth + ABOVE_MM) / whole * len(shown) - 0.5)
        at_left = shown[row - 3 : row + 4, 1]
        assert at_left.max() == 255 and at_left.min() == 0
    at_foot = shown[-2]
    is_tick = (at_foot == 255).all(-1)
    assert is_tick.any() and (at_foot[:-1][is_tick[1:] & ~is_tick[:-1]] == 0).all()


def test_it_follows_the_line_when_the_hand_rests(drawn):
    before = pixels()
    reader.drag_point(KNOB, len(reader.points(KNOB)) // 2, np.array([0.0, 1.5, 0.0]))
    reader.settle()
    after = pixels()
    assert (np.abs(after - before).max(-1) > 40).mean() > 0.02


def test_a_click_moves_the_crosshair_there(drawn):
    core = reader.measured()[KNOB]
    line_slice = reader.red().sliceLogic().GetSliceOffset()
    reader.red().sliceLogic().SetSliceOffset(line_slice + 1)
    assert crosshair().GetCrosshairMode() == crosshair().NoCrosshair
    click(0.5, 2.0)
    place = np.array(crosshair().GetCrosshairRAS())
    apart = np.linalg.norm(core.positions + 2.0 * core.normals - place, axis=1)
    assert apart.min() < 0.15 and abs(apart.argmin() - len(apart) / 2) < 3
    assert reader.red().sliceLogic().GetSliceOffset() == pytest.approx(line_slice, abs=0.01)
    assert crosshair().GetCrosshairMode() == crosshair().ShowBasic
    slicer.util.selectModule("")
    assert crosshair().GetCrosshairMode() == crosshair().NoCrosshair


def test_without_a_measurement_it_is_empty(blank):
    assert pixels() is None
    click(0.5, 2.0)
    assert crosshair().GetCrosshairMode() == crosshair().NoCrosshair


def test_leaving_the_module_empties_it(drawn):
    slicer.util.selectModule("")
    slicer.app.layoutManager().setLayout(reader.widget_layout())
    assert pixels() is None


def test_a_reload_of_the_module_keeps_the_view(drawn):
    slicer.util.reloadScriptedModule("M1SHThk")
    reader.settle()
    reader.choose_region(KNOB)
    reader.settle()
    assert pixels() is not None and "left hand knob" in title()
