"""A reader at the window: draws a digital exam by mouse and keys alone, as a neuroradiologist does in Slicer."""

from pathlib import Path

import MiniSlicer
import numpy as np

MiniSlicer.start(window=True)

import qt  # noqa: E402  (after MiniSlicer has completed it)
import slicer  # noqa: E402
from PySide6.QtTest import QTest  # noqa: E402

MODULE = Path(__file__).resolve().parents[2] / "M1SHThk" / "M1SHThk.py"
if not hasattr(slicer.modules, "m1shthk"):
    MiniSlicer.loadModule(str(MODULE))

from M1SHThkLib.measuring.measurement import measure_exam  # noqa: E402
from M1SHThkLib.scene import exam_nodes  # noqa: E402

KEYS = exam_nodes.REGION_KEYS
KNOB, LOBULE = ("left", "hand_knob"), ("right", "paracentral_lobule")
REGION, STATE, SH, THK, RATIO = range(5)  # columns of the table of regions
FOUR_UP = 3
WINDOW = slicer.util.mainWindow().width, slicer.util.mainWindow().height
SIZES = (1280, 800), (1600, 1000)  # the windows that the module is made for
LEFT_BUTTON = qt.Qt.MouseButton.LeftButton


def widget():
    return slicer.modules.M1SHThkWidget


def ui():
    return widget().ui


def parameters():
    return widget().logic.getParameterNode()


def widget_layout():
    """Number of the module's own layout."""
    from M1SHThkLib.panel.layout import LAYOUT_ID

    return LAYOUT_ID


def red():
    return slicer.app.layoutManager().sliceWidget("Red")


def plot():
    """The plot view that is shown."""
    layouts = slicer.app.layoutManager()
    return next(view for view in map(layouts.plotWidget, range(layouts.plotViewCount)) if view.visible)


def interaction():
    return slicer.app.applicationLogic().GetInteractionNode()


def settle(timers=True):
    """Let the hand rest, as long as it takes: live numbers and intervals are measured, and views are drawn.

    What a timer would do when its time has come is done at once: no test waits, and none hangs on the machine's speed.
    """
    pace = widget().panel.pace
    slicer.app.processEvents()
    while timers and (pace._soon.isActive() or pace._at_rest.isActive()):
        if not pace._soon.isActive():
            pace._at_rest.stop()
            pace._at_rest.timeout.emit()
        slicer.app.processEvents()


#
# The exam
#


def start_reading(phantom, name="T2star", size=SIZES[0]):
    """An empty Slicer in another module, into which the volume alone comes; then the module is opened."""
    slicer.util.selectModule("")
    MiniSlicer.closeScene()
    slicer.util.mainWindow().resize(*size)
    slicer.app.layoutManager().setLayout(FOUR_UP)
    volume = exam_nodes.add_volume(slicer.mrmlScene, name, phantom.mean, phantom.affine)
    slicer.util.selectModule("M1SHThk")
    settle()
    return volume


def go_home():
    """Leave the module, its window and its keys to whoever comes next; an open study would keep the plot to itself."""
    ui().studyCollapsibleButton.collapsed = True
    slicer.util.selectModule("")
    slicer.app.layoutManager().setLayout(FOUR_UP)
    slicer.util.mainWindow().resize(*WINDOW)
    MiniSlicer.closeScene()
    slicer.util.mainWindow().statusBar().clearMessage()  # what it says already it does not tell again
    _messages.clear()


def open_scene(path, size=SIZES[0]):
    """Open a saved scene while the module is shown."""
    slicer.util.mainWindow().resize(*size)
    slicer.util.selectModule("M1SHThk")
    MiniSlicer.closeScene()
    slicer.util.loadScene(path)
    settle()


def choose(selector, node):
    """Choose a node from a selector's list with the arrow keys."""
    box = selector.findChild(qt.QComboBox)
    wanted = box.findData(node.GetID())
    assert wanted >= 0, f"{node.GetName()} is not offered"
    while box.currentIndex != wanted:
        before = box.currentIndex
        QTest.keyClick(box, qt.Qt.Key.Key_Down if box.currentIndex < wanted else qt.Qt.Key.Key_Up)
        assert box.currentIndex != before
    slicer.app.processEvents()


def check(selector, nodes):
    """Tick nodes in the open list of a selector of several nodes."""
    box = selector.findChild(qt.QComboBox)
    for node in nodes:
        box.showPopup()
        index = box.model().index(box.findData(node.GetID()), 0)
        QTest.mouseClick(box.view().viewport(), LEFT_BUTTON, pos=box.view().visualRect(index).center())
        box.hidePopup()
    slicer.app.processEvents()
    assert {node.GetID() for node in nodes} == {node.GetID() for node in selector.checkedNodes()}


def choose_text(box, text):
    """Choose an entry of a plain combo box with the arrow keys."""
    wanted = box.findText(text)
    assert wanted >= 0, f"{text} is not offered"
    while box.currentIndex != wanted:
        QTest.keyClick(box, qt.Qt.Key.Key_Down if box.currentIndex < wanted else qt.Qt.Key.Key_Up)
    slicer.app.processEvents()


def enter_text(edit, text):
    """Type into a line edit or spin box, in place of what stands there, and press Enter."""
    edit.setFocus()
    edit.selectAll()
    QTest.keyClick(edit, qt.Qt.Key.Key_Delete)
    QTest.keyClicks(edit, text)
    QTest.keyClick(edit, qt.Qt.Key.Key_Return)
    slicer.app.processEvents()


def enter_path(edit, path):
    """Type a path into a path selector."""
    enter_text(edit.findChild(qt.QLineEdit), str(path))


def look_at(ras):
    """Scroll the slice view to the slice of a position, at a size at which all of it is seen."""
    MiniSlicer.move("Red", red().mrmlSliceNode().GetSliceToRAS().MultiplyPoint((0, 0, 0, 1))[:3])
    MiniSlicer.keyPress("Red", "r")
    for _ in range(100):
        to_ras = red().mrmlSliceNode().GetSliceToRAS()
        normal = np.array([to_ras.GetElement(row, 2) for row in range(3)])
        here = np.array([to_ras.GetElement(row, 3) for row in range(3)])
        away = normal @ (np.asarray(ras) - here)
        if abs(away) < 0.3:
            return
        MiniSlicer.keyPress("Red", "f" if away > 0 else "b")
    raise AssertionError(f"the slice at {ras} is not reached")


def beside(phantom, positions):
    """The same positions, world RAS in mm, on a neighbouring slice of the exam's image."""
    positions = np.atleast_2d(positions)
    slices = phantom.exam().image.index_of(positions)[:, 2].mean()
    return positions + phantom.affine[:3, 2] * (1 if slices < phantom.mean.shape[2] - 1.5 else -1)


def unfold(box):
    """Click a collapsed section or group open."""
    if box.collapsed:
        if isinstance(box, qt.QGroupBox):
            box.setFocus()
            QTest.keyClick(box, qt.Qt.Key.Key_Space)
        else:
            box.click()
    assert not box.collapsed
    slicer.app.processEvents()


#
# Drawing
#


def outline_of(phantom, roi, grow=0.0):
    """Corners of a polygon about a ROI's voxels, world RAS in mm."""
    positions = phantom.exam().image.position_of(roi.indices)
    middle = positions.mean(0)
    area = len(positions) * phantom.exam().image.spacing[0] * phantom.exam().image.spacing[1]
    angle = np.arange(10) * 2 * np.pi / 10
    axes = phantom.affine[:3, :2] / np.linalg.norm(phantom.affine[:3, :2], axis=0)
    radius = np.sqrt(area / np.pi) + grow
    return middle + radius * (np.cos(angle)[:, None] * axes[:, 0] + np.sin(angle)[:, None] * axes[:, 1])


def by_right_click(corner):
    MiniSlicer.click("Red", corner, button="right")


def draw_outline(button, corners, close=by_right_click):
    """Click a ROI's button, click around it and close it; nobody clicks the button again."""
    look_at(corners[0])
    button.click()
    assert ui().segmentEditorWidget.activeEffect() is not None
    look_at(corners[0])
    for corner in corners:
        MiniSlicer.click("Red", corner)
    close(corners[0])
    slicer.app.processEvents()


def draw_splenium(phantom, grow=0.0):
    draw_outline(ui().drawSpleniumButton, outline_of(phantom, phantom.splenium, grow))


def draw_white_matter(phantom, number, close=by_right_click):
    choose_region((phantom.regions[number].hemisphere, phantom.regions[number].region))
    draw_outline(ui().drawWhiteMatterButton, outline_of(phantom, phantom.regions[number].white_matter), close)


def draw_line(phantom, number, points=None, button=None):
    """Place a region's line point by point and end by the right button."""
    region = phantom.regions[number]
    choose_region((region.hemisphere, region.region))
    points = region.pial_lines[0] if points is None else points
    look_at(points[0])
    (button or ui().drawLineButton).click()
    place(points)
    MiniSlicer.click("Red", points[-1], button="right")
    assert interaction().GetCurrentInteractionMode() == interaction().ViewTransform


def place(points):
    for point in points:
        MiniSlicer.click("Red", point)


def draw_region(phantom, number):
    draw_white_matter(phantom, number)
    draw_line(phantom, number)


def draw_exam(phantom):
    draw_splenium(phantom)
    for number in range(len(phantom.regions)):
        draw_region(phantom, number)
    settle()


#
# What the panel shows
#


def choose_region(key):
    """Click a region's row in the table."""
    table = ui().regionsTable
    item = table.item(KEYS.index(key), 0)
    table.scrollToItem(item)
    QTest.mouseClick(table.viewport(), LEFT_BUTTON, pos=table.visualItemRect(item).center())
    slicer.app.processEvents()


def cell(key, column):
    return ui().regionsTable.item(KEYS.index(key), column).text()


def state(key):
    return cell(key, STATE)


def numbers(key):
    """SH, Thk and SH/Thk that the table shows of a region; None where it shows none."""
    texts = [cell(key, column).split("\n")[0] for column in (SH, THK, RATIO)]
    return [float(text) for text in texts] if all(texts) else None


def shown(measurement):
    """Numbers as the table rounds them."""
    return [round(measurement.sh, 3), round(measurement.thk_mm, 2), round(measurement.sh_thk_per_mm, 3)]


def measured():
    """What the core says of the exam that is drawn: mapping key -> Measurement."""
    exam = exam_nodes.exam_from_parameters(parameters().parameterNode)
    return {(m.hemisphere, m.region): m for m in measure_exam(exam)}


def line(key, number=0):
    return widget().logic.lines(key)[number]


def points(key, number=0):
    return exam_nodes.points_from_curve(line(key, number))


def drag_point(key, number, step):
    """Drag a control point by a step in mm; returns where the hand let it go."""
    here = points(key)[number]
    look_at(here)
    MiniSlicer.drag("Red", here, here + step)
    return here + step


def voxels(segment_id):
    """How many voxels a segment covers; 0 where there is none."""
    node = parameters().references
    if not node or not node.GetSegmentation().GetSegment(segment_id):
        return 0
    drawn = slicer.util.arrayFromSegmentBinaryLabelmap(node, segment_id, parameters().inputVolume)
    return 0 if drawn is None else int((drawn > 0).sum())


def splenium_voxels():
    return voxels(parameters().spleniumSegmentID)


def white_matter_voxels(key):
    return voxels(getattr(parameters(), exam_nodes.parameter_prefix(*key) + "WhiteMatterSegmentID"))


#
# The window about the panel
#


def dock():
    """What holds the module panel."""
    return slicer.util.mainWindow().findChild(qt.QDockWidget, "PanelDockWidget")


def tool(name):
    """Click a button of Slicer's own tool bar."""
    action = slicer.util.mainWindow().findChild(qt.QAction, name)
    assert action.visible and action.enabled
    action.trigger()
    slicer.app.processEvents()


_messages = []
slicer.util.mainWindow().statusBar().messageChanged.connect(lambda text: text and _messages.append(text))


def told():
    """What the status bar said last; it takes a message away after some seconds, which a slow machine needs itself."""
    return _messages[-1] if _messages else ""


def flags():
    """What the box of flags says."""
    return ui().flagsBrowser.plainText


def in_words():
    """The values of the selected region with their intervals."""
    return ui().numbersView.plainText


def is_in_sight(shown):
    """Whether all of a widget is seen, without scrolling."""
    return shown.visible and shown.visibleRegion().boundingRect().size() == shown.size


def folder_of_export():
    """The one folder that the reading was exported to."""
    (folder,) = Path(ui().exportPathLineEdit.currentPath).iterdir()
    return folder
