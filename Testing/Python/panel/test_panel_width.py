"""Nothing that the panel says makes it wider: the view stays where the hand is."""

import MiniSlicer
import numpy as np
import pytest
import reader
from M1SHThkLib.measuring.flags import FLAGS
from reader import KNOB

at_both_sizes = pytest.mark.parametrize("size", reader.SIZES, ids=lambda size: f"{size[0]}x{size[1]}")


@at_both_sizes
def test_a_drag_lets_go_of_the_point_where_the_hand_does(two_regions_drawn, size):
    reader.open_scene(two_regions_drawn, size)
    reader.choose_region(KNOB)
    reader.settle()
    width = reader.dock().width
    for number, step in ((3, [-4.0, -6.0, 0.0]), (5, [6.0, 4.0, 0.0]), (7, [-8.0, 8.0, 0.0]), (4, [4.0, 9.0, 0.0])):
        before = reader.points(KNOB)[number]
        reader.look_at(before)
        MiniSlicer.drag("Red", before, before + step, steps=20)
        np.testing.assert_allclose(reader.points(KNOB)[number], before + step, atol=0.3)
        reader.settle()
        assert reader.dock().width == width
        reader.ui().undoButton.click()
        reader.settle()


@at_both_sizes
def test_no_text_makes_the_panel_wider(two_regions_drawn, size):
    reader.open_scene(two_regions_drawn, size)
    reader.settle()
    width, height = reader.dock().width, reader.ui().regionsCollapsibleButton.height
    ui = reader.ui()
    texts = " ".join(FLAGS.values())
    ui.flagsBrowser.setPlainText(texts)
    ui.numbersView.setPlainText(texts)
    for label in (ui.stateLabel, ui.spleniumLabel, ui.whiteMatterLabel, ui.greatestLabel):
        label.text = texts
        reader.slicer.app.processEvents()
        assert reader.dock().width == width
    assert ui.flagsBrowser.height < 150 and height > 0
    ui.flagsBrowser.setPlainText("")
    reader.slicer.app.processEvents()
    flags_empty = ui.flagsBrowser.height
    ui.flagsBrowser.setPlainText(texts)
    reader.slicer.app.processEvents()
    assert ui.flagsBrowser.height == flags_empty


def test_nothing_is_seen_of_a_line_that_a_box_has_no_room_for(drawn):
    for box in (reader.ui().numbersView, reader.ui().flagsBrowser):
        box.setPlainText("\n".join(["[lbg]"] * 9))
        reader.slicer.app.processEvents()
        image = box.viewport().grab().toImage()
        letters = [
            min(image.pixelColor(x, y).lightness() for x in range(image.width())) < 128 for y in range(image.height())
        ]
        assert any(letters) and not letters[-1]


@at_both_sizes
def test_no_state_of_a_region_moves_what_stands_below_the_table(two_regions_drawn, size):
    def place():
        return ui.regionsTable.height, ui.drawLineButton.mapTo(reader.dock(), reader.qt.QPoint(0, 0)).y()

    reader.open_scene(two_regions_drawn, size)
    reader.choose_region(KNOB)
    reader.settle()
    ui, places, states = reader.ui(), [], []
    for step in (ui.acceptButton.click, lambda: setattr(reader.parameters(), "widthFraction", 0.3)):
        step()
        reader.choose_region(KNOB)
        reader.settle()
        places.append(place())
        states.append(reader.state(KNOB))
    ui.acceptButton.click()
    for click in (ui.clearLineButton.click, ui.undoButton.click, ui.clearWhiteMatterButton.click):
        click()
        reader.settle()
        places.append(place())
        states.append(reader.state(KNOB))
    missing = "line missing (D)", "measured", "white matter missing (W)"
    assert states == ["accepted", "changed since accepted", *missing]
    assert len(set(places)) == 1
    table = ui.regionsTable
    assert table.fontMetrics().horizontalAdvance(states[-1]) < table.visualItemRect(table.item(0, reader.STATE)).width()


def test_a_state_that_is_cut_is_whole_in_its_tip(drawn):
    reader.ui().acceptButton.click()
    reader.parameters().widthFraction = 0.3
    reader.settle()
    assert "changed since accepted" in reader.ui().regionsTable.item(0, reader.STATE).toolTip()


@at_both_sizes
def test_table_buttons_numbers_and_flags_are_in_sight_while_drawing(two_regions, size):
    reader.start_reading(two_regions, size=size)
    reader.draw_splenium(two_regions)
    reader.draw_white_matter(two_regions, 0)
    points = two_regions.regions[0].pial_lines[0]
    reader.look_at(points[0])
    reader.ui().drawLineButton.click()
    reader.place(points[:4])
    reader.settle()
    ui = reader.ui()
    assert ui.numbersView.plainText and reader.flags()
    shown = (ui.regionsTable, ui.drawLineButton, ui.drawWhiteMatterButton, ui.undoButton, ui.acceptButton)
    for widget in (*shown, ui.stateLabel, ui.numbersView, ui.flagsBrowser):
        assert reader.is_in_sight(widget), widget.objectName
    bar = ui.regionsTable.verticalScrollBar()
    assert (bar.maximum, ui.regionsTable.horizontalScrollBar().maximum) == (0, 0)


def test_exam_and_references_fold_when_they_are_done_and_can_be_unfolded(two_regions, blank):
    ui = reader.ui()
    reader.enter_text(ui.subjectLineEdit, "sub-01")
    reader.draw_splenium(two_regions)
    reader.draw_white_matter(two_regions, 0)
    reader.settle()
    assert ui.examCollapsibleButton.collapsed and ui.referencesCollapsibleButton.collapsed
    reader.unfold(ui.examCollapsibleButton)
    reader.unfold(ui.referencesCollapsibleButton)
    reader.draw_line(two_regions, 0)
    reader.settle()
    assert not ui.examCollapsibleButton.collapsed and not ui.referencesCollapsibleButton.collapsed


class LayoutRequests(reader.qt.QObject):
    """Counts how often Qt is asked to lay a widget, or one within it, out anew."""

    def __init__(self, widget):
        super().__init__()
        self.count = 0
        self._watched = [widget, *widget.findChildren(reader.qt.QWidget)]
        for part in self._watched:
            part.installEventFilter(self)

    def eventFilter(self, watched, event):
        # A box whose scroll bar comes and goes arranges itself, which moves nothing else.
        self.count += event.type() == reader.qt.QEvent.Type.LayoutRequest and watched.layout() is not None
        return False

    def stop(self):
        for part in self._watched:
            part.removeEventFilter(self)


def test_a_drag_lays_nothing_out_anew(drawn):
    requests = LayoutRequests(reader.dock())
    before = reader.in_words()
    here = reader.points(KNOB)[4]
    reader.look_at(here)
    requests.count = 0
    MiniSlicer.drag("Red", here, here + [4.0, 6.0, 0.0], steps=20)
    during = requests.count
    requests.stop()
    assert reader.in_words() != before and during == 0


def test_a_rest_that_changes_nothing_lays_nothing_out_anew(drawn):
    for _ in range(5):
        reader.settle()  # Qt hands a request on from child to parent, one at a time
    requests = LayoutRequests(reader.slicer.util.mainWindow())
    reader.widget().panel.pace.rest()
    reader.slicer.app.processEvents()
    requests.stop()
    assert requests.count == 0
