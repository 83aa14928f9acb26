"""MiniSlicer offers nothing that Slicer lacks, and has PythonQt's manners."""

# ruff: noqa: E402 (what Slicer brings can be imported once MiniSlicer has started)

import json
from pathlib import Path

import pytest

pytest.importorskip("slicer", reason="no slicer-core wheel for this machine")
import MiniSlicer

MiniSlicer.start()
import ctk
import qt
import slicer

API = json.loads((Path(__file__).resolve().parents[2] / "Data" / "slicer-api.json").read_text())
# Slicer's, but not in the file: it was taken from what Python could reach by name.
UNLISTED = {"qMRMLSliceView", "qSlicerSegmentEditorAbstractEffect"}
UNLISTED |= {"qSlicerSingletonViewFactory", "qMRMLUtils"}  # as their headers have them
UNLISTED |= {"qSlicerScriptedLoadableModule", "qSlicerScriptedLoadableModuleWidget"}


def namesOf(*keys):
    return {name for key in keys for kind in API[key].values() for name in kind}


def ownNames(cls):
    """The public names that MiniSlicer's classes define, not those inherited from PySide6."""
    own = [vars(base) for base in cls.__mro__ if base.__module__.startswith("MiniSlicer.")]
    return {name for names in own for name in names if not name.startswith("_")} - {"staticMetaObject"}


def standIns():
    classes = [value for namespace in (slicer, ctk) for value in vars(namespace).values() if isinstance(value, type)]
    return [cls for cls in classes if cls.__module__.startswith("MiniSlicer.") and cls.__name__ not in UNLISTED]


def test_every_widget_is_known_to_the_test():
    assert {cls.__name__ for cls in standIns()} >= {"qMRMLNodeComboBox", "ctkSliderWidget", "qMRMLSegmentEditorWidget"}


@pytest.mark.parametrize("cls", standIns(), ids=lambda cls: cls.__name__)
def test_a_widget_offers_nothing_that_slicer_lacks(cls):
    assert ownNames(cls) <= namesOf(cls.__name__, "QWidget")


@pytest.mark.parametrize("cls", standIns(), ids=lambda cls: cls.__name__)
def test_what_is_a_property_in_slicer_is_one_here(cls):
    properties = ownNames(cls) & set(API[cls.__name__]["properties"])
    widget = cls()
    assert [name for name in properties if callable(getattr(widget, name))] == []


@pytest.mark.parametrize("key", ["slicer.app", "slicer.app.ioManager()", "slicer.app.moduleManager()"])
def test_the_application_offers_nothing_that_slicer_lacks(key):
    manager = {"slicer.app": lambda: slicer.app}.get(key) or getattr(slicer.app, key.split(".")[-1][:-2])
    assert ownNames(type(manager())) <= namesOf(key)


def test_the_script_classes_offer_nothing_that_slicer_lacks():
    import slicer.parameterNodeWrapper
    import slicer.ScriptedLoadableModule as scripts

    for name in scripts.__all__:
        assert ownNames(getattr(scripts, name)) | {"__init__"} <= set(API[name])
    offered = {name for name in vars(slicer.parameterNodeWrapper) if not name.startswith("_")}
    assert offered <= set(API["slicer.parameterNodeWrapper"])


def test_the_functions_of_slicer_util_are_in_slicer_util_alone():
    assert hasattr(slicer.util, "loadVolume")
    assert not hasattr(slicer, "loadVolume")


@pytest.mark.parametrize("key", [key for key in API if key.startswith("qt.")])
def test_properties_and_methods_of_qt_are_as_in_pythonqt(key):
    instance = getattr(qt, key[3:])(*([None] if key == "qt.QShortcut" else []))
    qt5Only = {"autoCompletion", "autoCompletionCaseSensitivity", "menuRole", "geometry"}
    properties = [name for name in API[key]["properties"] if name not in qt5Only]
    assert [name for name in properties if not hasattr(instance, name)] == []
    assert [name for name in properties if callable(getattr(instance, name))] == []
    methods = [name for name in API[key]["methods"] if hasattr(instance, name)]
    assert [name for name in methods if not callable(getattr(instance, name))] == []


def test_properties_are_attributes():
    button = qt.QPushButton("Measure")
    assert (button.text, button.enabled) == ("Measure", True)
    button.enabled = False
    button.toolTip = "Needs a volume"
    button.name = "measureButton"
    assert (button.isEnabled(), button.toolTip, button.objectName) == (False, "Needs a volume", "measureButton")


@pytest.mark.parametrize(
    ("attribute", "value", "error"),
    [("txt", "Measure", AttributeError), ("text", 5, ValueError), ("setText", "Measure", AttributeError)],
)
def test_a_wrong_assignment_is_an_error(attribute, value, error):
    with pytest.raises(error, match=attribute):
        setattr(qt.QPushButton(), attribute, value)


def test_signals_are_connected_by_their_signature():
    button = qt.QPushButton()
    heard = []

    def hear(*arguments):
        heard.append(arguments)

    assert button.connect("clicked()", hear)
    button.click()
    assert button.disconnect("clicked()", hear)
    button.connect("clicked(bool)", hear)
    button.click()
    assert heard == [(), (False,)]


@pytest.mark.parametrize("signature", ["clickd()", "clicked(QString)"])
def test_an_unknown_signal_is_an_error(signature):
    with pytest.raises(ValueError, match="no signal"):
        qt.QPushButton().connect(signature, print)


def test_a_stand_in_knows_its_signals_by_their_c_signature():
    selector = slicer.qMRMLNodeComboBox()
    assert selector.connect("currentNodeChanged(vtkMRMLNode*)", print)
    with pytest.raises(ValueError, match="no signal"):
        selector.connect("currentNodeChanged(vtkMRMLScalarVolumeNode*)", print)


def test_children_are_found_by_class_name_too():
    widget = qt.QWidget()
    label = qt.QLabel(widget)
    label.name = "result"
    assert widget.findChildren("QLabel") == (label,)
    assert widget.findChild(qt.QLabel, "result") is label


def test_a_file_dialog_returns_the_name_alone(monkeypatch):
    from MiniSlicer import qt_manners

    chosen = qt_manners._firstOf(lambda parent, title: ("/data/table.tsv", "Table (*.tsv)"))
    assert chosen.__func__(None, "Export") == "/data/table.tsv"
    assert qt.QFileDialog.getSaveFileName.__module__ == "MiniSlicer.qt_manners"


def test_an_exception_in_a_slot_is_raised_later():
    button = qt.QPushButton()
    button.connect("clicked()", lambda: 1 / 0)
    button.click()
    with pytest.raises(ZeroDivisionError):
        MiniSlicer.raiseErrors()


def test_an_exception_in_an_observer_is_raised_later():
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLTextNode")
    node.AddObserver("ModifiedEvent", lambda caller, event: [][0])
    node.Modified()
    with pytest.raises(IndexError):
        MiniSlicer.raiseErrors()


UI = """<ui version="4.0"><class>Panel</class><widget class="qMRMLWidget" name="Panel">
<layout class="QVBoxLayout" name="layout"><item><widget class="{selector}" name="selector">
<property name="nodeTypes"><stringlist><string>vtkMRMLScalarVolumeNode</string></stringlist></property>
<property name="{property}"><bool>true</bool></property>
<property name="SlicerParameterName" stdset="0"><string>volume</string></property></widget></item>
<item><widget class="QCheckBox" name="shown"/></item>
<item><widget class="QLabel" name="label"/></item></layout></widget>
<connections><connection><sender>Panel</sender><signal>mrmlSceneChanged(vtkMRMLScene*)</signal>
<receiver>{receiver}</receiver><slot>setMRMLScene(vtkMRMLScene*)</slot></connection>
<connection><sender>shown</sender><signal>toggled(bool)</signal><receiver>label</receiver>
<slot>setEnabled(bool)</slot></connection></connections></ui>"""


def loadUI(folder, **changes):
    text = UI.format(**{"selector": "qMRMLNodeComboBox", "property": "noneEnabled", "receiver": "selector", **changes})
    path = folder / "Panel.ui"
    path.write_text(text)
    return slicer.util.loadUI(str(path))


def test_a_ui_file_is_loaded_with_its_properties_and_connections(tmp_path):
    volume = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "T2*")
    panel = loadUI(tmp_path)
    ui = slicer.util.childWidgetVariables(panel)
    assert ui.selector.nodeTypes == ("vtkMRMLScalarVolumeNode",)
    assert ui.selector.noneEnabled
    assert ui.selector.property("SlicerParameterName") == "volume"
    panel.setMRMLScene(slicer.mrmlScene)
    ui.selector.setCurrentNode(volume)
    assert ui.selector.currentNode() is volume
    ui.shown.checked = True
    ui.shown.checked = False
    assert not ui.label.enabled
    with pytest.raises(AttributeError):
        panel.selector  # noqa: B018


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"selector": "qMRMLNodeSelector"}, "no widget class qMRMLNodeSelector"),
        ({"property": "noneEnable"}, "no property noneEnable"),
        ({"receiver": "selecter"}, "connects selecter"),
    ],
)
def test_a_mistake_in_a_ui_file_is_an_error(tmp_path, change, message):
    with pytest.raises(ValueError, match=message):
        loadUI(tmp_path, **change)


@pytest.fixture
def selector():
    box = slicer.qMRMLNodeComboBox()
    box.nodeTypes = ["vtkMRMLMarkupsCurveNode"]
    box.setMRMLScene(slicer.mrmlScene)
    return box


def addCurve(name, **attributes):
    node = slicer.vtkMRMLMarkupsCurveNode()
    node.SetName(name)
    for key, value in attributes.items():
        node.SetAttribute(key, value)
    return slicer.mrmlScene.AddNode(node)


def namesIn(box):
    return [box.nodeFromIndex(index).GetName() for index in range(box.nodeCount())]


def test_a_node_selector_follows_the_scene(selector):
    heard = []
    selector.connect("currentNodeChanged(vtkMRMLNode*)", lambda node: heard.append(node and node.GetName()))
    left, right = addCurve("left"), addCurve("right")
    slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "other")
    assert (namesIn(selector), selector.currentNode()) == (["left", "right"], None)
    selector.setCurrentNode(left)
    right.SetName("right hand knob")
    assert namesIn(selector) == ["left", "right hand knob"]
    right.SetHideFromEditors(True)
    right.Modified()
    assert namesIn(selector) == ["left"]
    slicer.mrmlScene.RemoveNode(left)
    assert (selector.currentNode(), selector.currentNodeID) == (None, "")
    assert heard == ["left", None]


def test_the_neighbour_follows_a_removed_node(selector):
    nodes = [addCurve(name) for name in "abc"]
    selector.setCurrentNode(nodes[1])
    slicer.mrmlScene.RemoveNode(nodes[1])
    assert selector.currentNode() is nodes[2]


def test_a_node_selector_filters_by_attribute_and_makes_nodes_with_it(selector):
    addCurve("any")
    selector.addAttribute("vtkMRMLMarkupsCurveNode", "M1SHThk.Region", "hand_knob")
    addCurve("knob", **{"M1SHThk.Region": "hand_knob"})
    selector.baseName = "Pial line"
    made = selector.addNode()
    assert namesIn(selector) == ["knob", "Pial line"]
    assert (made.GetAttribute("M1SHThk.Region"), selector.currentNode()) == ("hand_knob", made)


def test_nodes_are_checked_one_by_one():
    box = slicer.qMRMLCheckableNodeComboBox()
    box.nodeTypes = ["vtkMRMLMarkupsCurveNode"]
    box.setMRMLScene(slicer.mrmlScene)
    first, second, third = (addCurve(name) for name in "abc")
    heard = []
    box.connect("checkedNodesChanged()", lambda: heard.append([node.GetName() for node in box.checkedNodes()]))
    box.setCheckState(third, qt.Qt.Checked)
    box.check(first)
    box.check(first)
    third.SetName("C")
    assert (heard, box.checkedNodes()) == ([["c"], ["a", "c"]], (first, third))
    assert box.uncheckedNodes() == (second,)
    slicer.mrmlScene.RemoveNode(first)
    box.uncheck(second)
    assert (box.checkedNodes(), box.checkState(third)) == ((third,), qt.Qt.Checked)
    box.check(second)
    assert box.allChecked() and not box.noneChecked()


def test_a_click_in_the_open_list_checks_an_item():
    box = ctk.ctkCheckableComboBox()
    box.addItems(["13 ms", "18.6 ms"])
    box.show()
    box.showPopup()
    slicer.app.processEvents()
    for row in (0, 1, 0):
        position = qt.QPointF(box.view().visualRect(box.model().index(row, 0)).center())
        left, none = qt.Qt.LeftButton, qt.Qt.NoModifier
        release = qt.QMouseEvent(qt.QEvent.MouseButtonRelease, position, position, left, qt.Qt.NoButton, none)
        qt.QCoreApplication.sendEvent(box.view().viewport(), release)
    assert [index.row() for index in box.checkedIndexes()] == [1]
    box.close()


def test_a_node_chosen_before_the_scene_is_set_is_kept():
    curve = addCurve("early")
    box = slicer.qMRMLNodeComboBox()
    box.nodeTypes = ["vtkMRMLMarkupsCurveNode"]
    box.setCurrentNode(curve)
    box.setMRMLScene(slicer.mrmlScene)
    assert box.currentNode() is curve


def test_a_segment_selector_follows_the_segmentation():
    segmentation = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode")
    segmentation.GetSegmentation().AddEmptySegment("S", "Splenium")
    selector = slicer.qMRMLSegmentSelectorWidget()
    selector.setMRMLScene(slicer.mrmlScene)
    selector.setCurrentNode(segmentation)
    segmentation.GetSegmentation().AddEmptySegment("W", "White matter")
    assert selector.currentSegmentID() == "S"
    heard = []
    selector.connect("currentSegmentChanged(QString)", heard.append)
    selector.setCurrentSegmentID("W")
    segmentation.GetSegmentation().RemoveSegment("W")
    assert (heard, selector.currentSegmentID()) == (["W", "S"], "S")
    selector.setCurrentSegmentID("none such")
    assert selector.currentSegmentID() == "S"


def test_a_segment_selector_has_slicers_weaknesses():
    segmentation = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode")
    selector = slicer.qMRMLSegmentSelectorWidget()
    selector.noneEnabled = True
    selector.setMRMLScene(slicer.mrmlScene)
    selector.setCurrentNode(segmentation)
    segmentation.GetSegmentation().AddEmptySegment("S", "Splenium")
    segmentation.GetSegmentation().AddEmptySegment("W", "White matter")
    assert selector.currentSegmentID() == ""
    selector.setCurrentSegmentID("W")
    segmentation.GetSegmentation().RemoveSegment("W")
    assert selector.currentSegmentID() == "S"
    heard = []
    selector.connect("currentSegmentChanged(QString)", heard.append)
    slicer.mrmlScene.RemoveNode(segmentation)
    assert (selector.currentNode(), selector.currentSegmentID(), heard) == (None, "S", [])


@pytest.mark.parametrize("cls", [ctk.ctkCollapsibleButton, ctk.ctkCollapsibleGroupBox])
def test_what_is_collapsed_hides_its_contents(cls):
    button = cls("Inputs")
    box = qt.QVBoxLayout(button)
    label, hidden, late = qt.QLabel("Volume"), qt.QLabel("Advanced"), qt.QLabel("Late")
    box.addWidget(label)
    box.addWidget(hidden)
    hidden.hide()
    button.collapsed = True
    box.addWidget(late)
    button.show()
    slicer.app.processEvents()
    assert (button.checked, label.visible, late.visible) == (False, False, False)
    height = button.sizeHint.height()
    button.collapsed = False
    slicer.app.processEvents()
    assert (label.visible, late.visible, hidden.visible) == (True, True, False)
    assert button.sizeHint.height() > height
    button.close()


def test_slider_and_spin_box_agree():
    slider = ctk.ctkSliderWidget()
    slider.minimum, slider.maximum, slider.decimals = 2.0, 10.0, 1
    heard = []
    slider.connect("valueChanged(double)", heard.append)
    slider.findChild(qt.QSlider).setValue(5000)
    assert (slider.value, heard) == (6.0, [6.0])
    slider.value = 50
    assert slider.value == 10.0
