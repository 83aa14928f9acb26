"""MiniSlicer is as unkind as Slicer: whoever makes it kinder would let the panel's tests pass what fails there."""

# ruff: noqa: E402 (what Slicer brings can be imported once MiniSlicer has started)

import pytest

pytest.importorskip("slicer", reason="no slicer-core wheel for this machine")
import MiniSlicer

MiniSlicer.start(window=True)
import ctk
import qt
import slicer
import vtk
from PySide6.QtTest import QTest
from test_mini_slicer_window import curve, drawn, editor, layout, noModeIsLeft, volume  # noqa: F401

Z = 3.0
SCRIPT = """
import ctk
import qt
from slicer.ScriptedLoadableModule import *

class Wide(ScriptedLoadableModule):
    pass

class WideWidget(ScriptedLoadableModuleWidget):
    def setup(self):
        super().setup()
        section = ctk.ctkCollapsibleButton("Section")
        self.label = qt.QLabel("short")
        self.label.setWordWrap(True)
        qt.QVBoxLayout(section).addWidget(self.label)
        self.layout.addWidget(section)
"""


@pytest.mark.parametrize("size", [(1280, 800), (1600, 1000)])
def test_a_long_text_widens_the_panel(tmp_path, size):
    (tmp_path / "Wide.py").write_text(SCRIPT)
    if not hasattr(slicer.modules, "wide"):
        MiniSlicer.loadModule(tmp_path / "Wide.py")
    window = slicer.util.mainWindow()
    before = window.width, window.height
    window.resize(*size)
    slicer.util.selectModule("Wide")
    slicer.app.processEvents()
    dock, label = window.findChild(qt.QDockWidget, "PanelDockWidget"), slicer.modules.WideWidget.label
    width, label.text = dock.width, "The line doubles back on itself. " * 20
    for _ in range(5):  # Qt hands a wish on from child to parent, one at a time
        slicer.app.processEvents()
    widened, label.text = dock.width, "short"
    slicer.util.selectModule("")
    window.resize(*before)
    assert widened > width + 100


def test_a_section_is_never_narrower_than_its_contents_ask_for():
    parent, section, label = (
        qt.QWidget(),
        ctk.ctkCollapsibleButton("Section"),
        qt.QLabel("The line doubles back. " * 20),
    )
    label.setWordWrap(True)
    qt.QVBoxLayout(section).addWidget(label)
    qt.QVBoxLayout(parent).addWidget(section)
    assert parent.minimumSizeHint.width() >= section.sizeHint.width() > 300


@pytest.fixture
def table(layout):  # noqa: F811
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLTableNode", "results")
    column = vtk.vtkStringArray()
    column.SetName("a")
    column.InsertNextValue("1")
    node.AddColumn(column)
    layout.tableWidget(0).mrmlTableViewNode().SetTableNodeID(node.GetID())
    return node, layout.tableWidget(0).tableView()


def test_a_table_that_fills_keeps_the_width_of_its_columns(table):
    node, view = table
    width = view.columnWidth(0)
    node.GetTable().SetValue(0, 0, vtk.vtkVariant("as long as a sentence that says what to do"))
    node.GetTable().Modified()
    node.Modified()
    assert view.columnWidth(0) == width < view.sizeHintForColumn(0)


@pytest.mark.parametrize("locked", [True, False])
def test_a_double_click_edits_a_table_that_is_not_locked(table, locked):
    node, view = table
    node.SetLocked(locked)
    node.Modified()
    cell = view.model().index(view.model().rowCount() - 1, 0)
    place = view.visualRect(cell).center()
    QTest.mouseClick(view.viewport(), qt.Qt.MouseButton.LeftButton, pos=place)
    QTest.mouseDClick(view.viewport(), qt.Qt.MouseButton.LeftButton, pos=place)
    edits = view.viewport().findChildren(qt.QLineEdit)
    assert bool(edits) != locked
    for edit in edits:
        edit.setFocus()
        edit.selectAll()
        QTest.keyClicks(edit, "9")
        QTest.keyClick(edit, qt.Qt.Key.Key_Return)
    slicer.app.processEvents()
    assert node.GetTable().GetValue(0, 0).ToString() == ("1" if locked else "9")


def test_drawing_stays_on_and_leaves_alone_what_is_clicked_with_shift(editor):  # noqa: F811
    editor.setCurrentSegmentID("Splenium")
    editor.setActiveEffectByName("Draw")
    corners = [(-10, -10, Z), (10, -10, Z), (10, 10, Z)]
    for corner in corners:
        MiniSlicer.click("Red", corner, modifiers="shift")
    MiniSlicer.keyPress("Red", "Return")
    assert not drawn(editor, "Splenium").any()
    for corner in corners:
        MiniSlicer.click("Red", corner)
    MiniSlicer.click("Red", corners[0], button="right")
    assert drawn(editor, "Splenium").any() and editor.activeEffect() is not None


def test_the_place_button_places_on_whatever_is_active_locked_or_not(curve):  # noqa: F811
    curve.SetLocked(True)
    slicer.app.applicationLogic().GetSelectionNode().SetReferenceActivePlaceNodeClassName(curve.GetClassName())
    action = slicer.util.mainWindow().findChild(qt.QAction, "PlaceWidgetAction")
    assert action.visible
    action.trigger()
    MiniSlicer.click("Red", (0, 0, Z))
    assert curve.GetNumberOfDefinedControlPoints() == 1


def test_what_vtk_writes_as_an_error_fails_the_test():
    vtk.vtkOutputWindow.GetInstance().InvokeEvent("ErrorEvent", "ERROR: something")
    with pytest.raises(RuntimeError, match="something"):
        MiniSlicer.raiseErrors()
