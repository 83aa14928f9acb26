"""The hand stays on the image: what one has to know stands in the view, and what lies over the image hides nothing."""

import MiniSlicer
import numpy as np
import pytest
import reader
import slicer
from M1SHThkLib.scene.overlay import MESHES, find_overlay_model
from PySide6.QtTest import QTest
from reader import KNOB, LOBULE


def picture():
    slicer.app.processEvents()
    image = reader.red().sliceView().grab().toImage().convertToFormat(reader.qt.QImage.Format_RGB888)
    rows = np.frombuffer(bytes(image.constBits()), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : image.width() * 3].reshape(image.height(), image.width(), 3).astype(int)


def annotation():
    """What the corner of the slice view says."""
    return reader.widget().panel.annotation.text


def test_the_view_says_region_values_and_the_first_flag(two_regions, drawn):
    reader.draw_line(two_regions, 0, two_regions.regions[0].pial_lines[0][:4], reader.ui().redrawLineButton)
    reader.settle()
    core = reader.measured()[KNOB]
    text = annotation()
    assert "Left hand knob" in text
    assert f"SH {core.sh:.3f}" in text and f"Thk {core.thk_mm:.2f} mm" in text
    assert f"SH/Thk {core.sh_thk_per_mm:.3f}" in text
    sentence = reader.flags().split("\n")[0]
    assert sentence and sentence[:30] in text.replace("\n", " ")


def test_the_view_says_which_point_comes_next_and_how_to_end(two_regions, blank):
    points = two_regions.regions[0].pial_lines[0]
    reader.look_at(points[0])
    MiniSlicer.keyPress("Red", "d")
    assert "placing point 1: right-click ends" in annotation()
    reader.place(points[:4])
    assert "placing point 5: right-click ends" in annotation()
    with_it = picture()
    reader.by_right_click(points[3])
    assert "placing" not in annotation()
    assert (np.abs(with_it - picture())[: with_it.shape[0] // 3].max(-1) > 60).sum() > 100


def test_leaving_the_module_takes_the_text_away(drawn):
    dock = reader.dock()
    width = dock.width
    slicer.util.selectModule("")
    slicer.app.layoutManager().setLayout(reader.widget_layout())
    slicer.app.processEvents()
    slicer.util.mainWindow().resizeDocks([dock], [width], reader.qt.Qt.Horizontal)  # an empty one is narrower
    without = picture()
    slicer.util.selectModule("M1SHThk")
    reader.settle()
    top = without.shape[0] // 4
    assert (np.abs(picture() - without)[:top].max(-1) > 60).sum() > 100


def overlay():
    """Pixels that O makes appear, as a mask."""
    with_it = picture()
    MiniSlicer.keyPress("Red", "o")
    reader.settle()
    without = picture()
    MiniSlicer.keyPress("Red", "o")
    reader.settle()
    return np.abs(with_it - without).max(-1) > 20


def test_all_that_is_drawn_is_seen_as_soon_as_its_scene_is_opened(drawn, tmp_path):
    before = picture()
    assert slicer.util.saveScene(str(tmp_path / "turned.mrb"))
    reader.look_at(reader.points(KNOB)[0] + [0.0, 0.0, 1.0])
    reader.open_scene(str(tmp_path / "turned.mrb"))
    assert (np.abs(picture() - before).max(-1) > 20).sum() < 100


def test_white_matter_of_a_loaded_exam_has_the_colour_of_its_line(two_regions, blank):
    logic = reader.widget().logic
    logic.loadExam(two_regions.exam())
    segments = reader.parameters().references.GetSegmentation()
    for key in (KNOB, LOBULE):
        segment = segments.GetSegment(logic.ofRegion(key, "WhiteMatterSegmentID"))
        assert segment.GetColor() == pytest.approx(reader.line(key).GetDisplayNode().GetSelectedColor())


def test_the_overlay_is_cut_for_the_modules_own_view_alone(drawn):
    for name in MESHES:
        display = find_overlay_model(slicer.mrmlScene, name).GetDisplayNode()
        assert display.IsDisplayableInView("vtkMRMLSliceNodeRed")
        assert not display.IsDisplayableInView("vtkMRMLSliceNodeYellow")


def test_o_toggles_the_overlay(drawn):
    before = picture()
    MiniSlicer.keyPress("Red", "o")
    reader.settle()
    assert not reader.ui().overlayCheckBox.checked and (np.abs(before - picture()).max(-1) > 20).sum() > 300
    MiniSlicer.keyPress("Red", "o")
    reader.settle()
    assert (np.abs(before - picture()).max(-1) > 20).sum() < 50


def test_the_band_is_an_outline_that_leaves_the_layer_to_be_seen(drawn):
    """Along every normal the layer's own middle is clear; its two edges are drawn."""
    core, view = reader.measured()[KNOB], reader.red().sliceView()
    mask = overlay()
    middle = sum(core.edges_mm) / 2

    def seen(depth, reach):
        places = core.positions[5:-5] + depth * core.normals[5:-5]
        pixels = [[int(view.height - 1 - y), int(x)] for x, y, _ in map(view.convertRASToXYZ, places)]
        return np.mean([mask[y - reach : y + reach + 1, x - reach : x + reach + 1].any() for y, x in pixels])

    assert [seen(edge, reach=1) > 0.9 for edge in core.edges_mm] == [True, True]
    assert seen(middle, reach=0) < 0.6


def test_normals_lines_and_band_differ_in_colour(drawn):
    from M1SHThkLib.scene.overlay import COLORS
    from M1SHThkLib.scene.region_nodes import COLORS as LINES

    for first in (*COLORS.values(), *LINES.values()):
        near = [
            other for other in (*COLORS.values(), *LINES.values()) if np.abs(np.subtract(first, other)).max() < 0.15
        ]
        assert near == [first]


def test_the_plot_has_a_legend_and_its_values_in_the_title(drawn):
    core, chart = reader.measured()[KNOB], reader.parameters().plotChart
    assert chart.GetLegendVisibility()
    title = chart.GetTitle()
    assert "Left hand knob" in title and f"{core.sh:.3f}" in title and f"{core.thk_mm:.2f}" in title
    assert f"{core.sh_thk_per_mm:.3f}" in title


def test_the_plot_is_not_black_before_the_first_measurement(blank):
    chart = reader.plot().mrmlPlotViewNode().GetPlotChartNode()
    assert chart is not None and chart.GetXAxisTitle()
    image = reader.plot().plotView().grab().toImage()
    assert image.pixelColor(image.width() // 2, image.height() // 2).value() > 200


@pytest.mark.parametrize("field", ["subjectLineEdit", "groupComboBox", "fieldStrengthSpinBox", "studyMeasurementsList"])
@pytest.mark.parametrize("key", ["PgDown", "d", "w", "s", "o"])
def test_keys_leave_the_panel_alone_while_a_field_has_the_focus(drawn, field, key):
    ui = reader.ui()
    for section in (ui.examCollapsibleButton, ui.studyCollapsibleButton):
        reader.unfold(section)
    row, overlay_shown = ui.regionsTable.currentRow(), ui.overlayCheckBox.checked
    MiniSlicer.keyPress(getattr(ui, field), key)
    reader.settle()
    assert ui.regionsTable.currentRow() == row and ui.overlayCheckBox.checked == overlay_shown
    assert not any(button.checked for button in (ui.drawLineButton, ui.drawWhiteMatterButton, ui.drawSpleniumButton))
    MiniSlicer.keyPress("Red", "PgDown")
    assert ui.regionsTable.currentRow() == row + 1


def test_keys_act_after_a_row_was_clicked(drawn):
    reader.choose_region(LOBULE)
    QTest.qWait(1)
    MiniSlicer.keyPress(reader.ui().regionsTable, "o")
    assert not reader.ui().overlayCheckBox.checked
    MiniSlicer.keyPress("Red", "o")
