"""A reading is never lost: saved and loaded, closed, deleted from, renamed, left and entered at every step."""

import gc
from collections import Counter
from types import MethodType

import MiniSlicer
import numpy as np
import pytest

pytest.importorskip("slicer", reason="no slicer-core wheel for this machine")

import reader
import slicer
from M1SHThkLib.digital_exam.phantom import PhantomOptions, make_phantom
from M1SHThkLib.scene.exam_nodes import add_volume

KNOB, LOBULE = ("left", "hand_knob"), ("right", "paracentral_lobule")


@pytest.fixture(scope="module")
def phantom():
    return make_phantom(
        PhantomOptions(
            field_strength=7,
            group="patient",
            slices=2,
            cropped=True,
            noise=0.0,
            regions=(KNOB,),
            control_spacing_mm=3.0,
            line_length_mm=20.0,
        )
    )


@pytest.fixture(autouse=True)
def no_error_is_swallowed():
    MiniSlicer.errors.clear()
    yield
    reader.go_home()
    MiniSlicer.raiseErrors()


@pytest.fixture(scope="module")
def drawn_file(phantom, tmp_path_factory):
    """One region, drawn by hand, with settings of its own, accepted and saved."""
    reader.start_reading(phantom)
    reader.draw_exam(phantom)
    reader.enter_text(reader.ui().replicatesSpinBox.lineEdit(), "50")
    reader.enter_text(reader.ui().subjectLineEdit, "sub-01")
    reader.enter_text(reader.ui().observerLineEdit, "R2")
    reader.choose_text(reader.ui().groupComboBox, "patient")
    reader.enter_text(reader.ui().fieldStrengthSpinBox.lineEdit(), "7")
    reader.enter_text(reader.ui().widthFractionSpinBox.lineEdit(), "0.3")
    reader.settle()
    reader.ui().acceptButton.click()
    path = str(tmp_path_factory.mktemp("scene") / "drawn.mrb")
    assert slicer.util.saveScene(path)
    MiniSlicer.raiseErrors()
    return path


@pytest.fixture
def drawn(drawn_file):
    """The reading, loaded again and its region opened again."""
    reader.open_scene(drawn_file)
    reader.choose_region(KNOB)
    reader.ui().acceptButton.click()
    reader.settle()


def everything():
    """What the reader sees, and what the scene keeps."""
    ui, node = reader.ui(), reader.parameters()
    table = ui.regionsTable
    return {
        "table": [[table.item(row, column).text() for column in range(5)] for row in range(4)],
        "row": table.currentRow(),
        "volume": ui.inputVolumeSelector.currentNode().GetName(),
        "who": [ui.subjectLineEdit.text, ui.observerLineEdit.text, ui.groupComboBox.currentText],
        "field": ui.fieldStrengthSpinBox.value,
        "width": ui.widthFractionSpinBox.value,
        "replicates": ui.replicatesSpinBox.value,
        "splenium": ui.spleniumLabel.text,
        "numbers": ui.numbersView.plainText,
        "flags": ui.flagsBrowser.plainText,
        "greatest": ui.greatestLabel.text,
        "accepted": [ui.acceptButton.text, reader.line(KNOB).GetLocked()],
        "points": reader.points(KNOB).tolist(),
        "line": reader.line(KNOB).GetName(),
        "results": node.results,
        "tables": [node.measurementsTable.GetNumberOfRows(), node.profilesTable.GetNumberOfRows()],
        "series": node.plotChart.GetNumberOfPlotSeriesNodes(),
        "shown": reader.plot().mrmlPlotViewNode().GetPlotChartNode().GetTitle(),
    }


def drag_a_point():
    here = reader.points(KNOB)[3]
    reader.look_at(here)
    MiniSlicer.drag("Red", here, np.add(here, [1.5, -1.0, 0.0]))


def clear_state():
    """A panel that works: choosing, drawing and measuring raise nothing."""
    reader.settle()
    MiniSlicer.raiseErrors()
    assert reader.interaction().GetCurrentInteractionMode() == reader.interaction().ViewTransform
    buttons = (reader.ui().drawLineButton, reader.ui().drawSpleniumButton, reader.ui().drawWhiteMatterButton)
    assert not any(button.checked for button in buttons)
    assert reader.ui().segmentEditorWidget.activeEffect() is None


#
# Saving and loading
#


@pytest.mark.parametrize("opened", ["before", "after", "reloaded"])
def test_a_saved_reading_comes_back_as_it_was(phantom, drawn_file, opened):
    reader.open_scene(drawn_file)
    expected = everything()
    assert expected["table"][0][1] == "accepted" and expected["who"] == ["sub-01", "R2", "patient"]
    if opened == "after":
        slicer.util.selectModule("")
    MiniSlicer.closeScene()
    slicer.util.loadScene(drawn_file)
    slicer.util.selectModule("M1SHThk")
    if opened == "reloaded":
        reader.widget().onReload()
        slicer.util.selectModule("")
        slicer.util.selectModule("M1SHThk")
    reader.settle()
    found = everything()
    for name, value in expected.items():
        if name not in ("results", "points"):
            assert found[name] == value, name
    np.testing.assert_allclose(found["points"], expected["points"], atol=1e-9)
    assert reader.numbers(KNOB) == reader.shown(reader.measured()[KNOB])
    assert len(slicer.util.getNodesByClass("vtkMRMLPlotChartNode")) == 1
    assert len(slicer.util.getNodesByClass("vtkMRMLTableNode")) == 6
    assert len(slicer.util.getNodesByClass("vtkMRMLSegmentEditorNode")) <= 2


def test_a_loaded_reading_is_edited_and_undone_as_before(phantom, drawn):
    before, numbers = reader.points(KNOB), reader.numbers(KNOB)
    drag_a_point()
    reader.settle()
    assert reader.numbers(KNOB) == reader.shown(reader.measured()[KNOB])
    assert not np.array_equal(reader.points(KNOB), before)
    reader.ui().undoButton.click()
    reader.settle()
    np.testing.assert_array_equal(reader.points(KNOB), before)
    assert reader.numbers(KNOB) == numbers


def test_a_second_scene_takes_the_place_of_the_first(phantom, drawn_file, drawn):
    before = everything()["points"]
    reader.draw_line(phantom, 0, phantom.regions[0].pial_lines[0][1:4], reader.ui().redrawLineButton)
    MiniSlicer.closeScene()
    slicer.util.loadScene(drawn_file)
    reader.settle()
    np.testing.assert_allclose(reader.points(KNOB), before, atol=1e-9)
    assert (reader.state(KNOB), reader.ui().undoButton.enabled) == ("accepted", False)


#
# Steps of a reading, at which something happens
#


def nothing_drawn(phantom):
    pass


def roi_half_drawn(phantom):
    corners = reader.outline_of(phantom, phantom.splenium)
    reader.look_at(corners[0])
    reader.ui().drawSpleniumButton.click()
    for corner in corners[:4]:
        MiniSlicer.click("Red", corner)


def roi_drawn(phantom):
    reader.draw_splenium(phantom)


def line_begun(phantom):
    reader.draw_splenium(phantom)
    reader.draw_white_matter(phantom, 0)
    points = phantom.regions[0].pial_lines[0]
    reader.look_at(points[0])
    reader.ui().drawLineButton.click()
    MiniSlicer.move("Red", points[0])


def line_half_drawn(phantom):
    line_begun(phantom)
    points = phantom.regions[0].pial_lines[0]
    reader.place(points[:5])
    MiniSlicer.move("Red", points[5])


def line_drawn(phantom):
    reader.draw_exam(phantom)


STEPS = [nothing_drawn, roi_half_drawn, roi_drawn, line_begun, line_half_drawn, line_drawn]
at_each_step = pytest.mark.parametrize("step", STEPS, ids=lambda step: step.__name__)


@at_each_step
def test_closing_the_scene_leaves_a_clear_state(phantom, step):
    reader.start_reading(phantom)
    step(phantom)
    MiniSlicer.closeScene()
    clear_state()
    assert reader.ui().inputVolumeSelector.currentNode() is None
    assert [reader.state(key) for key in reader.KEYS] == ["to do"] * len(reader.KEYS)
    assert (reader.numbers(KNOB), reader.in_words()) == (None, "")
    assert not reader.ui().drawLineButton.enabled and not reader.ui().undoButton.enabled
    assert "not drawn" in reader.ui().spleniumLabel.text and "No region" in reader.ui().greatestLabel.text


def test_after_closing_a_new_reading_goes_as_the_first(phantom):
    reader.start_reading(phantom)
    line_half_drawn(phantom)
    MiniSlicer.closeScene()
    reader.exam_nodes.add_volume(slicer.mrmlScene, "second", phantom.mean, phantom.affine)
    volume = slicer.util.getNode("second")
    reader.choose(reader.ui().inputVolumeSelector, volume)
    reader.draw_exam(phantom)
    assert reader.numbers(KNOB) == reader.shown(reader.measured()[KNOB])


@at_each_step
def test_leaving_in_the_midst_ends_drawing_and_keeps_what_was_drawn(phantom, step):
    reader.start_reading(phantom)
    step(phantom)
    before = [reader.points(key) for key in reader.KEYS if reader.widget().logic.lines(key)]
    slicer.util.selectModule("")
    assert reader.interaction().GetCurrentInteractionMode() == reader.interaction().ViewTransform
    slicer.app.processEvents()
    slicer.util.selectModule("M1SHThk")
    clear_state()
    after = [reader.points(key) for key in reader.KEYS if reader.widget().logic.lines(key)]
    assert len(after) == len(before)
    for one, other in zip(before, after, strict=True):
        np.testing.assert_array_equal(one, other)


def in_use():
    """Every node that the reading uses, by name."""
    node = reader.parameters()
    names = ("inputVolume", "references", "summaryTable", "measurementsTable", "profilesTable")
    names += ("plotProfileTable", "plotNormalsTable", "plotMarksTable", "plotChart")
    nodes = {name: getattr(node, name) for name in names}
    for key in reader.KEYS:
        nodes.update({f"line {key} {n}": line for n, line in enumerate(reader.widget().logic.lines(key))})
    for kind in ("vtkMRMLModelNode", "vtkMRMLPlotSeriesNode", "vtkMRMLSegmentEditorNode"):
        for number, found in enumerate(slicer.util.getNodesByClass(kind)):
            if "Volume Slice" not in found.GetName():
                nodes[f"{kind} {number}"] = found
    for name in ("inputVolume", "references"):
        if nodes[name]:
            nodes[f"display of {name}"] = nodes[name].GetDisplayNode()
    return {name: node for name, node in nodes.items() if node}


@at_each_step
def test_deleting_a_node_in_use_is_no_error(phantom, step):
    reader.start_reading(phantom)
    step(phantom)
    for name in list(in_use()):
        node = in_use().get(name)
        if node:
            slicer.mrmlScene.RemoveNode(node)
            reader.settle()
            try:
                MiniSlicer.raiseErrors()
            except Exception as error:
                raise AssertionError(f"{name} was deleted: {error!r}") from error
            reader.choose_region(LOBULE)
            reader.choose_region(KNOB)
    MiniSlicer.keyPress("Red", "Escape")
    clear_state()


@pytest.mark.parametrize("drawing", ["line", "roi"])
def test_deleting_a_node_while_drawing_is_no_error(phantom, drawn, drawing):
    button = reader.ui().drawLineButton if drawing == "line" else reader.ui().drawSpleniumButton
    here = phantom.regions[0].pial_lines[0]
    names = sorted(in_use(), key=lambda name: (name == "inputVolume", name == "references", name))
    # Slicer's own view code crashes when a segmentation's display node goes alone and a segment is drawn on.
    names.remove("display of references")
    reader.look_at(here[0])
    for name in ["segment", *names]:
        node = in_use().get(name)
        if node or name == "segment":
            if not button.checked:
                button.click()
            assert button.checked
            reader.look_at(here[0])
            MiniSlicer.click("Red", here[0])
            MiniSlicer.move("Red", here[2])
            if node:
                slicer.mrmlScene.RemoveNode(node)
            else:
                reader.parameters().references.GetSegmentation().RemoveSegment(reader.parameters().spleniumSegmentID)
            MiniSlicer.click("Red", here[3])
            MiniSlicer.click("Red", here[4], button="right")
            reader.settle()
            try:
                MiniSlicer.raiseErrors()
            except Exception as error:
                raise AssertionError(f"{name} was deleted: {error!r}") from error
    MiniSlicer.keyPress("Red", "Escape")
    clear_state()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("inputVolume", "volume missing"),
        ("references", "splenium missing"),
        ("line", "line missing"),
    ],
)
def test_what_was_deleted_is_named_and_the_numbers_go(phantom, drawn, name, said):
    node = reader.line(KNOB) if name == "line" else getattr(reader.parameters(), name)
    slicer.mrmlScene.RemoveNode(node)
    reader.settle()
    assert said in reader.ui().stateLabel.text.lower()
    assert (reader.numbers(KNOB), reader.in_words()) == (None, "")
    assert "No region" in reader.ui().greatestLabel.text


def test_a_deleted_segment_is_drawn_anew(phantom, drawn):
    before = reader.numbers(KNOB)
    segmentation = reader.parameters().references.GetSegmentation()
    for segment, draw in (
        (reader.parameters().spleniumSegmentID, lambda: reader.draw_splenium(phantom)),
        (
            reader.parameters().leftHandKnobWhiteMatterSegmentID,
            lambda: reader.draw_white_matter(phantom, 0),
        ),
    ):
        segmentation.RemoveSegment(segment)
        reader.settle()
        assert reader.numbers(KNOB) is None
        draw()
        reader.settle()
        np.testing.assert_allclose(reader.numbers(KNOB), before, rtol=0.01)


def test_deleted_tables_and_plot_come_back_with_the_next_edit(phantom, drawn):
    for name in ("summaryTable", "measurementsTable", "plotProfileTable", "plotNormalsTable", "plotChart"):
        slicer.mrmlScene.RemoveNode(getattr(reader.parameters(), name))
    drag_a_point()
    reader.settle()
    found = everything()
    assert (found["tables"][0], found["series"], found["shown"][:18]) == (1, 7, "Left hand knob: SH")
    chart = reader.parameters().plotChart
    tables = [chart.GetNthPlotSeriesNode(n).GetTableNode() for n in range(7)]
    assert all(table is not None and table.GetNumberOfRows() > 1 for table in tables)


def test_a_plot_that_is_first_made_when_the_hand_rests_is_shown(drawn):
    """On a slow machine both timers run out together, and the one of the rest comes first."""
    slicer.mrmlScene.RemoveNode(reader.parameters().plotChart)
    pace = reader.widget().panel.pace
    pace.expect([KNOB])
    pace.rest()
    assert reader.plot().mrmlPlotViewNode().GetPlotChartNode() is reader.parameters().plotChart is not None


def test_renamed_nodes_are_still_the_reading(phantom, drawn):
    before = everything()
    node = reader.parameters()
    for used in (node.inputVolume, node.references, reader.line(KNOB), node.summaryTable, node.plotChart):
        used.SetName("renamed")
    reader.settle()
    after = everything()
    for name in ("table", "splenium", "numbers", "points", "results"):
        assert after[name] == before[name], name
    drag_a_point()
    reader.settle()
    assert reader.numbers(KNOB) == reader.shown(reader.measured()[KNOB])


#
# Entering and leaving
#


def listening(panel):
    """What of a panel still hears something: its methods by name, as observers (VTK) and slots (Qt) hold them."""
    gc.collect()
    parts = {id(part) for part in (panel, *vars(panel).values())}
    held = [thing for thing in gc.get_objects() if isinstance(thing, MethodType) and id(thing.__self__) in parts]
    return Counter(method.__name__ for method in held)


WHILE_SHOWN = {
    "on_line_moved",
    "on_line_edited",
    "on_drag_started",
    "on_drag_ended",
    "on_stroke",
    "on_rois_edited",
    "on_moved",
    "on_volume_modified",
    "on_parameters_modified",
    "on_interaction_mode_changed",
}
ALWAYS = {"on_start", "on_end_close", "on_end_import", "on_node_removed"}


def test_entering_and_leaving_a_hundred_times_leaves_no_observer_behind(phantom, drawn):
    reader.ui().drawLineButton.click()
    panel = reader.widget().panel
    assert set(listening(panel)) >= WHILE_SHOWN
    counts, layouts = [], set()
    for number in range(100):
        slicer.util.selectModule("")
        layouts.add(slicer.app.layoutManager().layout)
        if number in (0, 99):
            counts.append((listening(panel), slicer.mrmlScene.GetNumberOfNodes()))
        slicer.util.selectModule("M1SHThk")
    assert counts[0] == counts[-1]
    assert not WHILE_SHOWN & set(counts[-1][0])
    assert layouts == {reader.FOUR_UP}


def test_a_panel_that_was_reloaded_hears_nothing_more_of_the_scene(phantom, drawn):
    before = reader.widget().panel
    assert set(listening(before)) >= ALWAYS
    reader.widget().onReload()
    reader.settle()
    assert not (WHILE_SHOWN | ALWAYS) & set(listening(before))
    assert set(listening(reader.widget().panel)) >= ALWAYS
    assert reader.numbers(KNOB) == reader.shown(reader.measured()[KNOB])


def test_what_changes_while_the_module_is_left_is_measured_on_coming_back(phantom, drawn):
    slicer.util.selectModule("")
    numbers, here = reader.numbers(KNOB), reader.points(KNOB)
    reader.line(KNOB).SetNthControlPointPositionWorld(2, *(here[2] + [1.5, -1.0, 0.0]))
    reader.settle()
    assert reader.numbers(KNOB) == numbers
    slicer.util.selectModule("M1SHThk")
    reader.settle()
    assert reader.numbers(KNOB) == reader.shown(reader.measured()[KNOB]) != numbers


def test_keys_of_the_module_rest_while_another_is_shown(phantom, drawn):
    slicer.util.selectModule("")
    MiniSlicer.keyPress("Red", "d")
    MiniSlicer.keyPress("Red", "a", "shift")
    slicer.util.selectModule("M1SHThk")
    clear_state()
    assert reader.state(KNOB) == "measured"


def test_the_layout_of_before_comes_back(phantom):
    layouts = slicer.app.layoutManager()
    reader.start_reading(phantom)
    slicer.util.selectModule("")
    for layout in (slicer.vtkMRMLLayoutNode.SlicerLayoutOneUpRedSliceView, reader.FOUR_UP):
        layouts.setLayout(layout)
        slicer.util.selectModule("M1SHThk")
        assert layouts.layout == reader.widget_layout()
        slicer.util.selectModule("")
        assert layouts.layout == layout


def test_a_scene_saved_in_the_module_does_not_leave_its_layout_behind(phantom, drawn_file):
    slicer.util.selectModule("")
    MiniSlicer.closeScene()
    slicer.app.layoutManager().setLayout(reader.FOUR_UP)
    slicer.util.loadScene(drawn_file)
    slicer.util.selectModule("M1SHThk")
    slicer.util.selectModule("")
    assert slicer.app.layoutManager().layout == reader.FOUR_UP


def test_closed_scenes_leave_no_image_in_memory(drawn):
    """With a hundred cases read one after the other, a hundred images would fill the memory."""
    alive = []

    def add_image(number):
        volume = add_volume(slicer.mrmlScene, f"case {number}", np.ones((20, 20, 5), np.float32), np.eye(4))
        image = volume.GetImageData()
        alive.append(number)
        image.AddObserver("DeleteEvent", lambda caller, event: alive.remove(number))

    MiniSlicer.closeScene()
    for number in range(3):
        add_image(number)
        reader.settle()
        assert reader.parameters().inputVolume.GetName() == f"case {number}"
        MiniSlicer.closeScene()
        reader.settle()
        gc.collect()
    assert len(alive) <= 1  # the view's pipeline may keep what it showed last
