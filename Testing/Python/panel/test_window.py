"""A reading in the window: what is drawn by the mouse is measured, shown, taken back, locked and handed on."""

import json

import MiniSlicer
import numpy as np
import pytest

pytest.importorskip("slicer", reason="no slicer-core wheel for this machine")

import reader
import slicer
from M1SHThkLib.__main__ import main
from M1SHThkLib.digital_exam.phantom import PhantomOptions, make_phantom
from M1SHThkLib.measuring.columns import MEASUREMENT_COLUMNS
from M1SHThkLib.measuring.flags import FLAGS
from M1SHThkLib.measuring.settings import Settings
from M1SHThkLib.scene.exam_nodes import setting_parameter

KNOB, LOBULE = ("left", "hand_knob"), ("right", "paracentral_lobule")


@pytest.fixture(scope="module")
def phantom():
    return make_phantom(
        PhantomOptions(
            field_strength=7,
            group="patient",
            slices=3,
            cropped=True,
            noise=0.0,
            regions=(KNOB, LOBULE),
            control_spacing_mm=2.5,
            obliquity=15.0,
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
    """Two regions, drawn by hand and saved."""
    reader.start_reading(phantom)
    reader.draw_exam(phantom)
    reader.enter_text(reader.ui().replicatesSpinBox.lineEdit(), "50")
    reader.enter_text(reader.ui().subjectLineEdit, "sub-01")
    reader.enter_text(reader.ui().fieldStrengthSpinBox.lineEdit(), "7")
    reader.settle()
    path = str(tmp_path_factory.mktemp("scene") / "drawn.mrb")
    assert slicer.util.saveScene(path)
    MiniSlicer.raiseErrors()
    return path


@pytest.fixture
def drawn(drawn_file):
    """The reading of two regions, opened again; the left hand knob is chosen."""
    reader.open_scene(drawn_file)
    reader.choose_region(KNOB)
    reader.settle()


@pytest.fixture
def empty(phantom):
    """The volume alone."""
    return reader.start_reading(phantom)


def truth_of(phantom, key):
    truth = next(t for t in phantom.region_truths if (t.hemisphere, t.region) == key).layer()
    return truth.height, truth.edges_mm[1] - truth.edges_mm[0]


def inward(phantom, key, mm):
    """A step in the slice from the line towards the white matter."""
    region = next(r for r in phantom.regions if (r.hemisphere, r.region) == key)
    step = phantom.exam().image.position_of(region.white_matter.indices).mean(0) - region.pial_lines[0].mean(0)
    return mm * step / np.linalg.norm(step)


def drag_point(key, number, step):
    here = reader.points(key)[number]
    MiniSlicer.drag("Red", here, here + step)


#
# Drawing and numbers
#


def test_four_regions_drawn_by_hand_give_the_truth():
    phantom = make_phantom(
        PhantomOptions(
            field_strength=7, group="patient", slices=3, cropped=True, noise=0.0, seed=1, control_spacing_mm=3.0
        )
    )
    reader.start_reading(phantom)
    assert [reader.state(key) for key in reader.KEYS] == ["to do"] * len(reader.KEYS)
    reader.draw_splenium(phantom)
    for number in range(4):
        reader.draw_region(phantom, number)
    reader.settle()
    core = reader.measured()
    for key in core:
        assert (reader.state(key), reader.numbers(key)) == ("measured", reader.shown(core[key]))
        sh, thk = truth_of(phantom, key)
        np.testing.assert_allclose(reader.numbers(key)[:2], [sh, thk], rtol=0.05)
    greatest = max(core, key=lambda key: core[key].sh_thk_per_mm)
    told = reader.ui().greatestLabel.text
    assert " ".join(greatest).replace("_", " ") in told
    assert f"(SH {core[greatest].sh:.3f}, Thk {core[greatest].thk_mm:.2f} mm)" in told
    summary = reader.parameters().summaryTable.GetTable()
    assert [summary.GetColumnByName("SH").GetValue(row) for row in range(4)] == [
        f"{core[key].sh:.3f}" for key in reader.KEYS if key in core
    ]


def test_a_drag_changes_the_numbers_as_the_core_says(phantom, drawn):
    before = reader.numbers(KNOB)
    texts, nodes = [], []
    scene = slicer.mrmlScene
    live = reader.widget().panel.pace._soon.timeout
    watch = live.connect(lambda: (texts.append(reader.in_words()), nodes.append(scene.GetNumberOfNodes())))
    count = scene.GetNumberOfNodes()
    drag_point(KNOB, 5, inward(phantom, KNOB, 0.6))
    live.disconnect(watch)
    reader.settle()
    core = reader.measured()[KNOB]
    assert reader.numbers(KNOB) == reader.shown(core) != before
    # Meanwhile numbers without an interval, and no node.
    assert len(set(texts)) > 2 and set(nodes) == {count}
    assert f"SH {core.sh:.3f}, Thk {core.thk_mm:.2f} mm" in texts[-1]
    low, high = core.sh_thk_ci_per_mm
    assert f"SH/Thk {core.sh_thk_per_mm:.3f} [{low:.3f}, {high:.3f}]" in reader.in_words()
    assert f"Signal-to-noise ratio of white matter in an echo: {core.snr:.0f}." in reader.in_words()


def test_a_value_that_is_missing_has_no_unit(phantom, drawn):
    """Drawn into the layer, the line shows no whole layer: nothing is measured."""
    reader.look_at(reader.points(KNOB)[0])
    (line,) = reader.widget().panel.logic.lines(KNOB)
    for number, point in enumerate(reader.points(KNOB)):
        line.SetNthControlPointPositionWorld(number, *(point + inward(phantom, KNOB, 1.8)))
    reader.settle()
    assert reader.in_words().startswith("Left hand knob: SH missing, Thk missing, SH/Thk missing\n")
    assert "missing mm" not in reader.in_words()


def test_the_point_that_hovers_changes_no_number_and_is_no_step(phantom, empty):
    reader.draw_splenium(phantom)
    reader.draw_white_matter(phantom, 0)
    points = phantom.regions[0].pial_lines[0]
    reader.ui().drawLineButton.click()
    reader.look_at(points[0])
    reader.place(points[:8])
    reader.settle()
    before = reader.in_words()
    assert "SH" in before
    for step in (1, 2, 3):
        MiniSlicer.move("Red", points[8] + [step, step, 0])
    reader.settle()
    assert reader.in_words() == before
    MiniSlicer.keyPress("Red", "z", "ctrl")
    assert len(reader.points(KNOB)) == 7


def test_two_lines_of_a_region_are_pooled(phantom, empty):
    points = phantom.regions[0].pial_lines[0]
    reader.draw_splenium(phantom)
    reader.draw_white_matter(phantom, 0)
    reader.draw_line(phantom, 0, points[:7])
    reader.settle()
    alone = reader.measured()[KNOB]
    reader.draw_line(phantom, 0, points[6:], reader.ui().addLineButton)
    reader.settle()
    pooled = reader.measured()[KNOB]
    assert len(reader.widget().logic.lines(KNOB)) == 2
    assert pooled.line_length_mm > 1.8 * alone.line_length_mm
    assert reader.numbers(KNOB) == reader.shown(pooled)
    low, high = pooled.sh_thk_ci_per_mm
    assert f"[{low:.3f}, {high:.3f}]" in reader.in_words() and pooled.sh_thk_ci_per_mm != alone.sh_thk_ci_per_mm
    np.testing.assert_allclose(reader.numbers(KNOB)[:2], truth_of(phantom, KNOB), rtol=0.06)


def test_redraw_replaces_the_line_and_clear_removes_it(phantom, drawn):
    points = phantom.regions[0].pial_lines[0]
    reader.draw_line(phantom, 0, points[2:9], reader.ui().redrawLineButton)
    assert len(reader.points(KNOB)) == 7
    reader.ui().clearLineButton.click()
    reader.settle()
    assert (len(reader.points(KNOB)), reader.state(KNOB), reader.numbers(KNOB)) == (0, "line missing (D)", None)
    assert reader.state(LOBULE) == "measured"
    reader.ui().undoButton.click()
    reader.settle()
    assert (len(reader.points(KNOB)), reader.state(KNOB)) == (7, "measured")


def test_drawing_goes_on_where_the_line_ended(phantom, drawn):
    before = reader.points(KNOB)
    reader.look_at(before[0])
    reader.ui().drawLineButton.click()
    MiniSlicer.click("Red", before[-1] + [3, 3, 0])
    MiniSlicer.keyPress("Red", "Escape")
    reader.settle()
    assert interaction_mode() == "ViewTransform" and not reader.ui().drawLineButton.checked
    after = reader.points(KNOB)
    assert len(after) == len(before) + 1 and np.array_equal(after[:-1], before)


def interaction_mode():
    return reader.interaction().GetInteractionModeAsString()


#
# Undo, redo, accept, keys
#


@pytest.mark.parametrize("by", ["buttons", "keys"])
def test_every_step_is_taken_back_and_repeated(phantom, empty, by):
    def undo():
        reader.ui().undoButton.click() if by == "buttons" else MiniSlicer.keyPress("Red", "z", "ctrl")

    def redo():
        reader.ui().redoButton.click() if by == "buttons" else MiniSlicer.keyPress("Red", "z", ("ctrl", "shift"))

    reader.draw_line(phantom, 0)
    placed = reader.points(KNOB)
    drag_point(KNOB, 4, [2.0, 1.0, 0.0])
    dragged = reader.points(KNOB)
    assert not np.allclose(dragged, placed)
    undo()
    np.testing.assert_array_equal(reader.points(KNOB), placed)
    for left in range(len(placed) - 1, -1, -1):
        undo()
        np.testing.assert_array_equal(reader.points(KNOB), placed[:left])
    assert not reader.ui().undoButton.enabled
    for _ in range(len(placed) + 1):
        redo()
    np.testing.assert_array_equal(reader.points(KNOB), dragged)
    assert not reader.ui().redoButton.enabled
    reader.settle()
    np.testing.assert_array_equal(reader.points(KNOB), dragged)


def test_a_new_edit_ends_what_could_be_repeated(drawn):
    before = reader.points(KNOB)
    drag_point(KNOB, 4, [2.0, 1.0, 0.0])
    reader.ui().undoButton.click()
    drag_point(KNOB, 6, [-1.0, 2.0, 0.0])
    assert not reader.ui().redoButton.enabled
    reader.ui().undoButton.click()
    np.testing.assert_allclose(reader.points(KNOB), before, atol=1e-9)


def test_undo_shows_the_region_that_it_changes(drawn):
    drag_point(KNOB, 4, [2.0, 1.0, 0.0])
    reader.choose_region(LOBULE)
    reader.ui().undoButton.click()
    assert reader.ui().regionsTable.currentRow() == reader.KEYS.index(KNOB)


def test_an_accepted_line_does_not_move_until_it_is_opened_again(drawn):
    drag_point(KNOB, 4, [2.0, 1.0, 0.0])
    reader.settle()
    reader.ui().acceptButton.click()
    reader.choose_region(KNOB)
    before, numbers = reader.points(KNOB), reader.numbers(KNOB)
    assert reader.state(KNOB) == "accepted"
    assert not reader.ui().drawLineButton.enabled and not reader.ui().clearLineButton.enabled
    drag_point(KNOB, 6, [2.0, 1.0, 0.0])
    MiniSlicer.keyPress("Red", "z", "ctrl")
    MiniSlicer.keyPress("Red", "d")
    reader.settle()
    np.testing.assert_array_equal(reader.points(KNOB), before)
    assert (reader.numbers(KNOB), interaction_mode()) == (numbers, "ViewTransform")
    reader.ui().acceptButton.click()
    assert reader.state(KNOB) == "measured"
    drag_point(KNOB, 6, [2.0, 1.0, 0.0])
    assert not np.array_equal(reader.points(KNOB), before)
    reader.ui().undoButton.click()
    np.testing.assert_array_equal(reader.points(KNOB), before)


def test_keys_choose_regions_draw_and_accept(phantom, drawn):
    table = reader.ui().regionsTable
    last = len(reader.KEYS) - 1
    for row in (*range(1, last + 1), last):
        MiniSlicer.keyPress("Red", "PgDown")
        assert table.currentRow() == row
    for row in (*reversed(range(last)), 0):
        MiniSlicer.keyPress("Red", "PgUp")
        assert table.currentRow() == row
    MiniSlicer.keyPress("Red", "d")
    assert (interaction_mode(), reader.ui().drawLineButton.checked) == ("Place", True)
    MiniSlicer.keyPress("Red", "w")
    editor = reader.ui().segmentEditorWidget
    assert (interaction_mode(), editor.activeEffect().name) == ("ViewTransform", "Draw")
    assert editor.currentSegmentID() == reader.parameters().leftHandKnobWhiteMatterSegmentID
    MiniSlicer.keyPress("Red", "s")
    assert editor.currentSegmentID() == reader.parameters().spleniumSegmentID
    MiniSlicer.keyPress("Red", "s")
    assert editor.activeEffect() is None
    MiniSlicer.keyPress("Red", "a", "shift")
    assert reader.state(KNOB) == "accepted"


def test_choosing_a_region_turns_to_its_slice(phantom, drawn):
    for key, region in zip((KNOB, LOBULE), phantom.regions, strict=True):
        reader.choose_region(key)
        line = region.pial_lines[0]
        view = reader.red().sliceView()
        x, y, z = view.convertRASToXYZ(line.mean(0))
        assert 0 < x < view.width and 0 < y < view.height and abs(z) < 0.5
        title = " ".join(key).replace("_", " ").replace(" lobule", "").capitalize()
        assert reader.parameters().plotChart.GetTitle().startswith(f"{title}: SH")


def test_choosing_a_volume_turns_the_view_to_its_slices(phantom, empty):
    upright = make_phantom(
        PhantomOptions(field_strength=7, slices=2, cropped=True, noise=0.0, regions=(KNOB,), echoes=(1,))
    )
    other = reader.exam_nodes.add_volume(slicer.mrmlScene, "upright", upright.mean, upright.affine)
    slicer.app.processEvents()
    for volume, exam in ((None, phantom), (other, upright), (empty, phantom)):
        if volume:
            reader.choose(reader.ui().inputVolumeSelector, volume)
        to_ras = reader.red().mrmlSliceNode().GetSliceToRAS()
        normal = [to_ras.GetElement(row, 2) for row in range(3)]
        across = exam.affine[:3, 2] / np.linalg.norm(exam.affine[:3, 2])
        assert abs(np.dot(normal, across)) == pytest.approx(1, abs=1e-6)
        shown = reader.red().mrmlSliceCompositeNode().GetBackgroundVolumeID()
        assert shown == reader.parameters().inputVolume.GetID()


#
# References
#


def test_a_splenium_under_5_mm2_is_refused_in_words(phantom, empty):
    reader.draw_splenium(phantom, grow=-1.6)
    reader.settle()
    assert "at least 5 mm²" in reader.ui().spleniumLabel.text
    reader.draw_region(phantom, 0)
    reader.settle()
    assert FLAGS["splenium_below_5_mm2"] in reader.flags()
    reader.choose_region(KNOB)
    reader.draw_splenium(phantom)
    reader.settle()
    assert "Too small" not in reader.ui().spleniumLabel.text
    assert FLAGS["splenium_below_5_mm2"] not in reader.flags()


def test_drawing_one_roi_leaves_the_others(phantom, empty):
    reader.draw_splenium(phantom)
    reader.settle()
    before = reader.ui().spleniumLabel.text
    assert "mm²" in before
    reader.choose_region(KNOB)
    reader.draw_outline(reader.ui().drawWhiteMatterButton, reader.outline_of(phantom, phantom.splenium) + [1, 1, 0])
    reader.settle()
    assert reader.ui().spleniumLabel.text == before


def test_flags_are_sentences(phantom, empty):
    reader.draw_splenium(phantom)
    reader.draw_white_matter(phantom, 0)
    reader.draw_line(phantom, 0, phantom.regions[0].pial_lines[0][:4])
    reader.settle()
    assert FLAGS["short_line"] in reader.flags().split("\n")
    assert "short_line" in reader.measured()[KNOB].flags


def test_what_is_missing_is_said_in_words(phantom, empty):
    reader.draw_line(phantom, 0)
    reader.settle()
    assert (reader.state(KNOB), reader.numbers(KNOB)) == ("splenium missing (S)", None)
    reader.draw_splenium(phantom)
    reader.settle()
    assert (reader.state(KNOB), reader.flags()) == ("white matter missing (W)", "")
    reader.draw_white_matter(phantom, 0)
    reader.settle()
    assert (reader.state(KNOB), reader.in_words()[:14]) == ("measured", "Left hand knob")


#
# Overlay
#


def picture():
    slicer.app.processEvents()
    image = reader.red().sliceView().grab().toImage().convertToFormat(reader.qt.QImage.Format_RGB888)
    rows = np.frombuffer(bytes(image.constBits()), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : image.width() * 3].reshape(image.height(), image.width(), 3).astype(int)


def overlay_pixels():
    """Pixels of the slice view that differ when the overlay is switched on and off by its box."""
    with_it = picture()
    reader.ui().overlayCheckBox.click()
    reader.settle()
    without = picture()
    reader.ui().overlayCheckBox.click()
    reader.settle()
    return int((np.abs(with_it - without).max(-1) > 20).sum())


def test_the_overlay_lies_on_the_slice_of_the_line_alone(phantom, drawn):
    reader.look_at(reader.points(KNOB)[0])
    assert overlay_pixels() > 500
    reader.look_at(reader.points(LOBULE)[0])
    assert overlay_pixels() == 0
    reader.choose_region(LOBULE)
    reader.settle()
    assert overlay_pixels() > 500


def test_without_a_measured_region_there_is_no_overlay(phantom, drawn):
    reader.look_at(reader.points(KNOB)[0])
    MiniSlicer.keyPress("Red", "PgDown")  # the left paracentral lobule, which is not drawn
    reader.look_at(reader.points(KNOB)[0])
    reader.settle()
    assert overlay_pixels() == 0


def test_leaving_the_module_takes_the_overlay_away(drawn):
    with_it = picture()
    slicer.util.selectModule("")
    slicer.app.layoutManager().setLayout(reader.widget_layout())
    assert (np.abs(with_it - picture()).max(-1) > 20).sum() > 500
    slicer.util.selectModule("M1SHThk")
    reader.settle()
    assert (np.abs(with_it - picture()).max(-1) > 20).sum() < 50


#
# Settings
#


def test_a_setting_measures_anew_and_reset_brings_the_defaults_back(drawn):
    before = reader.numbers(KNOB)
    reader.unfold(reader.ui().settingsCollapsibleButton)
    reader.enter_text(reader.ui().widthFractionSpinBox.lineEdit(), "0.5")
    reader.settle()
    assert reader.numbers(KNOB) == reader.shown(reader.measured()[KNOB])
    assert reader.numbers(KNOB)[1] < 0.9 * before[1]
    assert reader.numbers(LOBULE) == reader.shown(reader.measured()[LOBULE])
    reader.ui().resetSettingsButton.click()
    reader.settle()
    assert reader.numbers(KNOB) == before
    for name, default in Settings().to_dict().items():
        assert getattr(reader.parameters(), setting_parameter(name)) == default, name


#
# Results
#


def test_the_exported_exam_gives_the_command_line_the_same_numbers(drawn, tmp_path):
    (tmp_path / "export").mkdir()
    reader.enter_path(reader.ui().exportPathLineEdit, tmp_path / "export")
    reader.ui().exportExamButton.click()
    reader.ui().exportResultsButton.click()
    folder = reader.folder_of_export()
    assert main(["measure", str(folder / "exam.json"), "-o", str(tmp_path / "out")]) == 0
    tables = []
    for path in (folder / "measurements.tsv", tmp_path / "out" / "measurements.tsv"):
        header, *rows = (row.split("\t") for row in path.read_text().splitlines())
        tables.append([dict(zip(header, row, strict=True)) for row in rows])
    assert [row["region"] for row in tables[0]] == ["hand_knob", "paracentral_lobule"]
    for ours, theirs in zip(*tables, strict=True):
        for column in MEASUREMENT_COLUMNS:
            if column.is_text or "n/a" in (ours[column.name], theirs[column.name]):
                assert ours[column.name] == theirs[column.name], column.name
            else:
                assert float(ours[column.name]) == pytest.approx(float(theirs[column.name]), rel=1e-6), column.name
    provenance = json.loads((folder / "provenance.json").read_text())
    assert (provenance["subject"], provenance["volume"]) == ("sub-01", "T2star")


def test_the_table_is_copied_with_its_header(drawn):
    reader.ui().copyTableButton.click()
    header, *rows = slicer.app.clipboard().text().split("\n")
    assert header.split("\t") == [column.name for column in MEASUREMENT_COLUMNS]
    core = reader.measured()
    assert [float(row.split("\t")[header.split("\t").index("sh")]) for row in rows] == [
        core[KNOB].sh,
        core[LOBULE].sh,
    ]


@pytest.mark.parametrize(
    ("button", "said"),
    [
        ("exportResultsButton", "No folder is chosen"),
        ("exportExamButton", "No folder is chosen"),
        ("copyTableButton", "Nothing is measured yet"),
        ("measureButton", "no pial line"),
        ("combineEchoesButton", "Choose a sequence"),
        ("openEchoFileButton", "name a file"),
    ],
)
def test_a_button_that_cannot_act_says_why(empty, caplog, button, said):
    reader.enter_path(reader.ui().exportPathLineEdit, "")
    reader.unfold(reader.ui().echoesGroupBox)
    getattr(reader.ui(), button).click()
    assert said in caplog.text and "Traceback" not in caplog.text
