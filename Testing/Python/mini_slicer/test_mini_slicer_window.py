"""MiniSlicer's views draw what the scene says, and mouse and keys change it as in Slicer."""

# ruff: noqa: E402 (what Slicer brings can be imported once MiniSlicer has started)

from collections import Counter

import numpy as np
import pytest

pytest.importorskip("slicer", reason="no slicer-core wheel for this machine")
import MiniSlicer

MiniSlicer.start(window=True)
import qt
import slicer
import vtk

LAYOUT = 5001
LAYOUT_XML = """<layout type="horizontal" split="true"><item splitSize="600">
<view class="vtkMRMLSliceNode" singletontag="Red"><property name="orientation" action="default">Axial</property>
<property name="viewlabel" action="default">R</property><property name="viewcolor" action="default">#F34A33</property>
</view></item><item splitSize="400"><layout type="vertical"><item><view class="vtkMRMLPlotViewNode"
singletontag="TestPlot"/></item><item><view class="vtkMRMLTableViewNode" singletontag="TestTable"/></item>
</layout></item>
</layout>"""
Z = 3.0
PLACE = slicer.vtkMRMLInteractionNode.Place
VIEW = slicer.vtkMRMLInteractionNode.ViewTransform


@pytest.fixture(autouse=True)
def noModeIsLeft(emptyScene):
    yield
    interactionNode().SetCurrentInteractionMode(VIEW)


def interactionNode():
    return slicer.app.applicationLogic().GetInteractionNode()


@pytest.fixture
def layout():
    node = slicer.app.layoutManager().layoutLogic().GetLayoutNode()
    if not node.IsLayoutDescription(LAYOUT):
        node.AddLayoutDescription(LAYOUT, LAYOUT_XML)
    slicer.app.layoutManager().setLayout(LAYOUT)
    slicer.app.processEvents()
    return slicer.app.layoutManager()


@pytest.fixture
def volume(layout):
    """100 x 100 x 7 voxels of 1 mm, R and A from -50 to 49, bright where R > 0; shown on the slice S = 3."""
    voxels = np.zeros((7, 100, 100), np.float32)
    voxels[:, :, 51:] = 100
    node = slicer.util.addVolumeFromArray(voxels, name="T2*")
    node.SetOrigin(-50, -50, 0)
    node.CreateDefaultDisplayNodes()
    node.GetDisplayNode().AutoWindowLevelOff()
    node.GetDisplayNode().SetWindowLevelMinMax(0, 100)
    slicer.util.setSliceViewerLayers(background=node, fit=True)
    layout.sliceWidget("Red").sliceLogic().SetSliceOffset(Z)
    slicer.app.processEvents()
    return node


@pytest.fixture
def curve(volume):
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLMarkupsCurveNode", "pial")
    node.CreateDefaultDisplayNodes()
    slicer.modules.markups.logic().SetActiveList(node)
    interactionNode().SetPlaceModePersistence(True)
    return node


def colorAt(widget, x, y):
    """Red, green and blue of a pixel, counted from the upper left."""
    color = widget.grab().toImage().pixelColor(round(x), round(y))
    return color.red(), color.green(), color.blue()


def colorAtRAS(ras):
    view = slicer.app.layoutManager().sliceWidget("Red").sliceView()
    x, y, _ = view.convertRASToXYZ(ras)
    return colorAt(view, x, view.height - 1 - y)


def test_a_slice_view_shows_the_volume_where_it_lies(volume):
    assert colorAtRAS((20, 0, Z)) == (255, 255, 255)
    assert colorAtRAS((-20, 0, Z)) == (0, 0, 0)


def test_clicks_place_points(curve):
    interactionNode().SetCurrentInteractionMode(PLACE)
    wanted = [(-30.0, 10.0, Z), (-10.0, 25.0, Z), (15.0, 5.0, Z)]
    for position in wanted:
        MiniSlicer.click("Red", position)
    placed = [curve.GetNthControlPointPositionWorld(index) for index in range(curve.GetNumberOfDefinedControlPoints())]
    pixel = slicer.app.layoutManager().sliceWidget("Red").mrmlSliceNode().GetFieldOfView()[0] / 400
    assert np.abs(np.array(placed) - wanted).max() < pixel


def test_the_point_that_hovers_is_not_yet_defined(curve):
    interactionNode().SetCurrentInteractionMode(PLACE)
    MiniSlicer.click("Red", (0, 0, Z))
    MiniSlicer.move("Red", (20, 20, Z))
    assert (curve.GetNumberOfControlPoints(), curve.GetNumberOfDefinedControlPoints()) == (2, 1)


def test_a_right_click_ends_placing(curve):
    interactionNode().SetCurrentInteractionMode(PLACE)
    MiniSlicer.click("Red", (0, 0, Z))
    MiniSlicer.click("Red", (20, 20, Z), button="right")
    assert interactionNode().GetCurrentInteractionMode() == VIEW
    assert curve.GetNumberOfControlPoints() == 1


def test_a_drag_moves_a_point_with_the_events_of_slicer(curve):
    for position in ((-20, 0, Z), (0, 10, Z), (20, 0, Z)):
        curve.AddControlPointWorld(*position)
    heard = Counter()
    names = ("PointModifiedEvent", "PointStartInteractionEvent", "PointEndInteractionEvent", "PointAddedEvent")
    for name in names:
        curve.AddObserver(getattr(curve, name), lambda caller, event, name=name: heard.update([name]))
    curve.AddObserver("ModifiedEvent", lambda caller, event: heard.update(["ModifiedEvent"]))
    MiniSlicer.drag("Red", (0, 10, Z), (5, 25, Z), steps=10)
    assert heard == {
        "PointStartInteractionEvent": 1,
        "PointModifiedEvent": 10,
        "PointEndInteractionEvent": 1,
        "ModifiedEvent": 1,
    }
    assert np.allclose(curve.GetNthControlPointPositionWorld(1), (5, 25, Z), atol=0.5)
    assert np.allclose(curve.GetNthControlPointPositionWorld(0), (-20, 0, Z))


def test_a_place_widget_starts_and_follows_the_place_mode(curve):
    widget = slicer.qSlicerMarkupsPlaceWidget()
    widget.setMRMLScene(slicer.mrmlScene)
    widget.setCurrentNode(curve)
    heard = []
    widget.connect("activeMarkupsPlaceModeChanged(bool)", heard.append)
    widget.placeButton().click()
    assert (widget.placeModeEnabled, interactionNode().GetCurrentInteractionMode()) == (True, PLACE)
    MiniSlicer.click("Red", (0, 0, Z))
    widget.deleteLastPoint()
    widget.setPlaceModeEnabled(False)
    assert (widget.placeModeEnabled, heard, curve.GetNumberOfDefinedControlPoints()) == (False, [True, False], 0)


@pytest.fixture
def editor(volume):
    segmentation = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", "references")
    segmentation.CreateDefaultDisplayNodes()
    segmentation.SetReferenceImageGeometryParameterFromVolumeNode(volume)
    for name in ("Splenium", "White matter"):
        segmentation.GetSegmentation().AddEmptySegment(name, name)
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentEditorNode")
    widget = slicer.qMRMLSegmentEditorWidget()
    widget.setMRMLScene(slicer.mrmlScene)
    widget.setMRMLSegmentEditorNode(node)
    widget.setSegmentationNode(segmentation)
    widget.setSourceVolumeNode(volume)
    yield widget
    widget.setActiveEffect(None)
    widget.setMRMLSegmentEditorNode(None)


def drawSquare(widget, segment, lower, upper, close):
    """Corners at voxel corners, so that the voxels between are filled whatever the rounding of the clicks."""
    widget.setCurrentSegmentID(segment)
    widget.setActiveEffectByName("Draw")
    corners = [(lower, lower), (upper, lower), (upper, upper), (lower, upper)]
    for right, anterior in corners:
        MiniSlicer.click("Red", (right, anterior, Z))
    close((lower, upper, Z))


def enter(position):
    MiniSlicer.keyPress("Red", "Return")


def rightClick(position):
    MiniSlicer.click("Red", position, button="right")


def drawn(widget, segment):
    voxels = slicer.util.arrayFromSegmentBinaryLabelmap(widget.segmentationNode(), segment, widget.sourceVolumeNode())
    return np.zeros((7, 100, 100), bool) if voxels is None else voxels > 0


def square(lower, upper):
    """The voxels whose centres lie inside, on the slice."""
    centres = np.arange(100) - 50
    inside = (centres > lower) & (centres < upper)
    expected = np.zeros((7, 100, 100), bool)
    expected[int(Z)] = inside[:, None] & inside[None, :]
    return expected


@pytest.mark.parametrize("close", [enter, rightClick])
def test_a_closed_outline_fills_the_segment_on_its_slice(editor, close):
    drawSquare(editor, "Splenium", -10.5, 9.5, close)
    voxels, expected = drawn(editor, "Splenium"), square(-10.5, 9.5)
    # VTK's fill takes the voxels under the outline too.
    assert (voxels & expected).sum() == expected.sum()
    assert (voxels & ~square(-12, 11)).sum() == 0
    assert not drawn(editor, "White matter").any()


@pytest.mark.parametrize(("mode", "isKept"), [("OverwriteNone", True), ("OverwriteAllSegments", False)])
def test_the_overwrite_mode_decides_about_the_other_segments(editor, mode, isKept):
    editor.mrmlSegmentEditorNode().SetOverwriteMode(getattr(slicer.vtkMRMLSegmentEditorNode, mode))
    drawSquare(editor, "Splenium", -10.5, 9.5, enter)
    drawSquare(editor, "White matter", 0.5, 20.5, enter)
    assert drawn(editor, "White matter")[int(Z), 60, 60]
    assert drawn(editor, "Splenium")[int(Z), 45, 45]
    assert drawn(editor, "Splenium")[int(Z), 55, 55] == isKept


def test_drawing_can_be_undone(editor):
    drawSquare(editor, "Splenium", -10.5, 9.5, enter)
    editor.undo()
    assert not drawn(editor, "Splenium").any()
    editor.redo()
    assert drawn(editor, "Splenium").any()


def test_an_effect_that_is_put_away_leaves_the_mouse_alone(editor):
    drawSquare(editor, "Splenium", -10.5, 9.5, enter)
    editor.setActiveEffect(None)
    before = drawn(editor, "Splenium")
    for corner in ((20, 20), (30, 20), (30, 30)):
        MiniSlicer.click("Red", (*corner, Z))
    MiniSlicer.keyPress("Red", "Return")
    assert editor.activeEffect() is None
    assert (drawn(editor, "Splenium") == before).all()


def test_an_effect_keeps_its_events_from_the_view(editor):
    node = slicer.app.layoutManager().sliceWidget("Red").mrmlSliceNode()
    before = node.GetFieldOfView()
    drawSquare(editor, "Splenium", -10.5, 9.5, lambda position: None)
    MiniSlicer.drag("Red", (0, 0, Z), (0, 20, Z), button="right")
    assert node.GetFieldOfView() == before
    editor.setActiveEffect(None)
    MiniSlicer.drag("Red", (0, 0, Z), (0, 20, Z), button="right")
    assert node.GetFieldOfView() != before


def test_drawing_ends_placing_of_points(editor):
    interactionNode().SetCurrentInteractionMode(PLACE)
    editor.setCurrentSegmentID("Splenium")
    editor.setActiveEffectByName("Draw")
    assert interactionNode().GetCurrentInteractionMode() == VIEW


def test_an_effect_that_minislicer_lacks_is_an_error(editor):
    with pytest.raises(ValueError, match="no effect Paint"):
        editor.setActiveEffectByName("Paint")


def test_a_layout_puts_its_views_side_by_side(layout):
    assert layout.layout == LAYOUT
    assert layout.sliceViewNames()[0] == "Red"
    plots, tables = range(layout.plotViewCount), range(layout.tableViewCount)
    red = layout.sliceWidget("Red")
    # Views of another layout may be there, hidden.
    (plot,) = (view for view in map(layout.plotWidget, plots) if view.visible)
    (table,) = (view for view in map(layout.tableWidget, tables) if view.visible)
    assert red.visible
    position = {widget: widget.mapTo(widget.window(), qt.QPoint(0, 0)) for widget in (red, plot, table)}
    assert position[red].x() + red.width <= position[plot].x()
    assert position[plot].y() + plot.height <= position[table].y()
    assert red.width / (red.width + plot.width) == pytest.approx(0.6, abs=0.03)


def test_another_layout_hides_the_views_that_it_has_not(layout):
    heard = []
    layout.connect("layoutChanged(int)", heard.append)
    layout.setLayout(slicer.vtkMRMLLayoutNode.SlicerLayoutOneUpRedSliceView)
    slicer.app.processEvents()
    assert heard == [slicer.vtkMRMLLayoutNode.SlicerLayoutOneUpRedSliceView]
    assert layout.sliceWidget("Red").visible and not layout.plotWidget(0).visible
    layout.disconnect("layoutChanged(int)", heard.append)


def makeTable():
    table = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLTableNode", "profile")
    slicer.util.updateTableFromArray(table, (np.linspace(0, 6, 13), np.linspace(0, 6, 13)), ["x", "h"])
    table.SetColumnUnitLabel("x", "mm")
    table.SetColumnTitle("x", "Depth")
    return table


def test_a_table_view_shows_titles_units_and_values(layout):
    table = makeTable()
    table.SetUseColumnTitleAsColumnHeader(True)
    layout.tableWidget(0).mrmlTableViewNode().SetTableNodeID(table.GetID())
    view = layout.tableWidget(0).tableView()
    model = view.model()
    assert [model.headerData(column, qt.Qt.Horizontal) for column in range(2)] == ["Depth [mm]", "h"]
    assert (model.rowCount(), model.index(1, 0).data()) == (13, "0.5")
    table.GetTable().SetValue(1, 0, vtk.vtkVariant(2.25))
    table.Modified()
    assert view.model().index(1, 0).data() == "2.25"
    table.SetUseColumnTitleAsColumnHeader(False)
    assert [view.model().index(0, column).data() for column in range(2)] == ["x", "h"]


@pytest.fixture
def series(layout):
    """A red line from lower left to upper right of the chart."""
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLPlotSeriesNode", "profile")
    node.SetAndObserveTableNodeID(makeTable().GetID())
    node.SetXColumnName("x")
    node.SetYColumnName("h")
    node.SetPlotType(node.PlotTypeScatter)
    node.SetMarkerStyle(node.MarkerStyleNone)
    node.SetColor(1, 0, 0)
    node.SetLineWidth(4)
    chart = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLPlotChartNode", "chart")
    chart.SetTitle("Profile")
    chart.SetXAxisTitle("Depth (mm)")
    chart.SetLegendVisibility(False)
    chart.AddAndObservePlotSeriesNodeID(node.GetID())
    layout.plotWidget(0).mrmlPlotViewNode().SetPlotChartNodeID(chart.GetID())
    slicer.app.processEvents()
    return node


def pixelsOf(view, color):
    image = view.grab().toImage().convertToFormat(qt.QImage.Format_RGB888)
    rows = np.frombuffer(bytes(image.constBits()), np.uint8).reshape(image.height(), image.bytesPerLine())
    pixels = rows[:, : image.width() * 3].reshape(image.height(), image.width(), 3).astype(int)
    return np.argwhere(np.abs(pixels - color).max(axis=2) < 40)


def test_a_plot_view_draws_the_series_in_its_colour(layout, series):
    view = layout.plotWidget(0).plotView()
    red = pixelsOf(view, (255, 0, 0))
    rise = np.polyfit(red[:, 1], -red[:, 0], 1)[0] * view.width / view.height
    assert (len(red) > 200, rise > 0.4) == (True, True)
    assert view.chart().GetTitle() == "Profile"
    assert view.chart().GetAxis(vtk.vtkAxis.BOTTOM).GetTitle() == "Depth (mm)"
    series.SetColor(0, 0, 1)
    assert (len(pixelsOf(view, (255, 0, 0))), len(pixelsOf(view, (0, 0, 255))) > 200) == (0, True)
    series.SetLineStyle(series.LineStyleNone)
    assert len(pixelsOf(view, (0, 0, 255))) == 0


def test_a_plot_view_follows_the_table(layout, series):
    slicer.util.updateTableFromArray(series.GetTableNode(), (np.linspace(0, 12, 13), np.full(13, 1.0)), ["x", "h"])
    red = pixelsOf(layout.plotWidget(0).plotView(), (255, 0, 0))
    assert np.ptp(red[:, 0]) <= 4
    assert layout.plotWidget(0).plotView().chart().GetAxis(vtk.vtkAxis.BOTTOM).GetMaximum() == 12


def test_a_plot_view_keeps_a_fixed_range(layout, series):
    chart = slicer.util.getNode("chart")
    chart.SetXAxisRangeAuto(False)
    chart.SetXAxisRange(-1, 8)
    axis = layout.plotWidget(0).plotView().chart().GetAxis(vtk.vtkAxis.BOTTOM)
    assert (axis.GetMinimum(), axis.GetMaximum()) == (-1, 8)


def test_a_key_that_two_shortcuts_claim_is_neithers():
    window, heard = slicer.util.mainWindow(), []
    shortcuts = [qt.QShortcut(qt.QKeySequence("J"), window) for _ in range(2)]
    for shortcut in shortcuts:
        shortcut.connect("activated()", lambda: heard.append(1))
    MiniSlicer.keyPress(window, "j")
    assert heard == []
    shortcuts.pop().setParent(None)
    MiniSlicer.keyPress(window, "j")
    assert heard == [1]
    shortcuts.pop().setParent(None)


def test_shortcuts_and_keys_reach_their_widgets(layout):
    heard = []
    shortcut = qt.QShortcut(qt.QKeySequence("Ctrl+Z"), slicer.util.mainWindow())
    shortcut.connect("activated()", lambda: heard.append("undo"))
    MiniSlicer.keyPress("Red", "z", "ctrl")
    MiniSlicer.keyPress("Red", "z")
    shortcut.enabled = False
    MiniSlicer.keyPress("Red", "z", "ctrl")
    assert heard == ["undo"]
    edit = qt.QLineEdit()
    MiniSlicer.keyPress(edit, "7")
    assert edit.text == "7"


def test_a_click_outside_the_view_is_an_error(volume):
    with pytest.raises(ValueError, match="outside the view"):
        MiniSlicer.click("Red", (500, 0, Z))


def test_the_picture_of_the_window_is_that_of_the_views(volume, tmp_path):
    path = tmp_path / "window.png"
    MiniSlicer.screenshot(path)
    picture = qt.QImage(str(path))
    view = slicer.app.layoutManager().sliceWidget("Red").sliceView()
    x, y, _ = view.convertRASToXYZ((20, 0, Z))
    pixel = view.mapTo(view.window(), qt.QPoint(round(x), round(view.height - 1 - y)))
    assert picture.pixelColor(pixel).name() == "#ffffff"
