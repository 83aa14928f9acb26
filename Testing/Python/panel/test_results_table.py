"""The table of the results is read, not written on, and none of its columns is cut."""

import pytest
import reader
from PySide6.QtTest import QTest
from reader import KNOB, LOBULE


def table():
    layouts = reader.slicer.app.layoutManager()
    views = (layouts.tableWidget(number) for number in range(layouts.tableViewCount))
    return next(view for view in views if view.visible).tableView()


def cells():
    model = table().model()
    return [
        [model.index(row, column).data() for column in range(model.columnCount())] for row in range(model.rowCount())
    ]


def test_a_double_click_and_typing_change_nothing(drawn):
    before, stored = cells(), reader.parameters().results
    view = table()
    place = view.visualRect(view.model().index(0, 1)).center()
    QTest.mouseClick(view.viewport(), reader.LEFT_BUTTON, pos=place)
    QTest.mouseDClick(view.viewport(), reader.LEFT_BUTTON, pos=place)
    for editor in view.viewport().findChildren(reader.qt.QLineEdit):
        reader.enter_text(editor, "9.999")
    reader.slicer.app.processEvents()
    assert cells() == before and reader.parameters().results == stored
    for name in ("summaryTable", "measurementsTable", "profilesTable", "plotProfileTable"):
        assert getattr(reader.parameters(), name).GetLocked(), name


@pytest.mark.parametrize("size", reader.SIZES, ids=str)
def test_every_column_is_as_wide_as_what_it_holds(two_regions, size):
    reader.start_reading(two_regions, size=size)
    reader.draw_exam(two_regions)
    assert [row[0] for row in cells()] == ["left hand knob", "right paracentral"]
    view = table()
    for column in range(view.model().columnCount()):
        assert view.columnWidth(column) >= view.sizeHintForColumn(column), column
    # The values are in sight at once; what the reader thinks of them, and the flags, may be scrolled to.
    assert view.columnViewportPosition(4) <= view.viewport().width


def test_the_row_of_a_region_is_that_of_the_region(drawn):
    assert reader.numbers(KNOB) and reader.numbers(LOBULE)
    core = reader.measured()
    for row, key in enumerate((KNOB, LOBULE)):
        assert [float(cell.split()[0]) for cell in cells()[row][1:4]] == reader.shown(core[key])
