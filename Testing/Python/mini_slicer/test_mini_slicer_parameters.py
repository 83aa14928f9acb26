"""MiniSlicer's parameter nodes lie in the scene as Slicer's, and follow node and panel."""

# ruff: noqa: E402 (what Slicer brings can be imported once MiniSlicer has started)

from typing import Annotated, Optional

import pytest

pytest.importorskip("slicer", reason="no slicer-core wheel for this machine")
import MiniSlicer

MiniSlicer.start()
import ctk
import qt
import slicer
from slicer.parameterNodeWrapper import Choice, Default, Maximum, Minimum, WithinRange, parameterNodeWrapper


@parameterNodeWrapper
class Parameters:
    volume: slicer.vtkMRMLScalarVolumeNode
    curves: list[slicer.vtkMRMLMarkupsCurveNode]
    anyNode: slicer.vtkMRMLTableNode | slicer.vtkMRMLTextNode | None
    optional: Optional[float]  # noqa: UP045
    depth: Annotated[float, WithinRange(2, 10)] = 6.0
    count: Annotated[int, Minimum(1), Maximum(9)] = 3
    side: Annotated[str, Choice(["left", "right"]), Default("right")]
    names: list[str] = ["a", "b"]  # noqa: RUF012
    on: bool = True
    note: str


@pytest.fixture
def node():
    return slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScriptedModuleNode", "Parameters")


def valuesIn(node):
    return {name: node.GetParameter(name) for name in node.GetParameterNames()}


def referencesOf(node):
    roles = [node.GetNthNodeReferenceRole(index) for index in range(node.GetNumberOfNodeReferenceRoles())]
    return {role: node.GetNodeReferenceID(role) for role in roles if node.GetNodeReferenceID(role)}


def addNode(className="vtkMRMLMarkupsCurveNode"):
    return slicer.mrmlScene.AddNewNodeByClass(className)


DEFAULTS = {
    "volume": "",
    "curves.len": "0",
    "anyNode.2": "True",
    "optional.1": "True",
    "depth": "6.0",
    "count": "3",
    "side": "right",
    "names.len": "2",
    "names.0": "a",
    "names.1": "b",
    "on": "True",
    "note": "",
}


def test_defaults_are_written_as_slicer_writes_them(node):
    Parameters(node)
    assert (valuesIn(node), referencesOf(node)) == (DEFAULTS, {})


def test_values_are_written_as_slicer_writes_them(node):
    parameters = Parameters(node)
    volume, curve, table = addNode("vtkMRMLScalarVolumeNode"), addNode(), addNode("vtkMRMLTableNode")
    parameters.volume = volume
    parameters.curves = [curve, curve]
    parameters.anyNode = table
    parameters.optional = 1 / 3
    parameters.depth = 5
    parameters.names = ["c"]
    parameters.on = False
    expected = {
        **{name: value for name, value in DEFAULTS.items() if name not in ("names.1", "optional.1", "anyNode.2")},
        **{"curves.len": "2", "curves.0": "", "curves.1": "", "anyNode.0": "", "optional.0": "0.3333333333333333"},
        **{"depth": "5", "names.len": "1", "names.0": "c", "on": "False"},
    }
    assert valuesIn(node) == expected
    assert referencesOf(node) == {
        "volume": volume.GetID(),
        "curves.0": curve.GetID(),
        "curves.1": curve.GetID(),
        "anyNode.0": table.GetID(),
    }


def test_what_one_wrapper_writes_another_reads(node):
    first = Parameters(node)
    curve = addNode()
    first.curves, first.optional, first.depth, first.side, first.on = [curve], 2.5, 4, "left", False
    second = Parameters(node)
    assert (second.curves, second.optional, second.depth, second.side, second.on) == ([curve], 2.5, 4.0, "left", False)
    assert isinstance(second.depth, float)


def test_two_wrappers_of_a_node_agree(node):
    first, second = Parameters(node), Parameters(node)
    first.depth = 3.0
    assert second.depth == 3.0


@pytest.mark.parametrize(
    ("name", "value", "error"),
    [
        ("depth", 11, ValueError),
        ("depth", "deep", TypeError),
        ("depth", None, ValueError),
        ("count", 0, ValueError),
        ("count", 10, ValueError),
        ("count", 2.5, TypeError),
        ("side", "up", ValueError),
        ("on", 1, TypeError),
        ("note", 5, TypeError),
        ("names", ["a", 1], TypeError),
        ("optional", "x", TypeError),
    ],
)
def test_a_wrong_value_is_refused_and_changes_nothing(node, name, value, error):
    parameters = Parameters(node)
    with pytest.raises(error):
        setattr(parameters, name, value)
    assert valuesIn(node) == DEFAULTS


def test_a_node_of_another_class_is_refused(node):
    with pytest.raises(TypeError):
        Parameters(node).volume = addNode()


def test_a_removed_node_reads_back_as_none_in_lists_too(node):
    parameters = Parameters(node)
    volume, first, second = addNode("vtkMRMLScalarVolumeNode"), addNode(), addNode()
    parameters.volume = volume
    parameters.curves = [first, second]
    slicer.mrmlScene.RemoveNode(volume)
    slicer.mrmlScene.RemoveNode(first)
    assert parameters.volume is None
    assert parameters.curves == [None, second]


def test_a_list_writes_its_changes(node):
    parameters = Parameters(node)
    parameters.names.append("c")
    del parameters.names[0]
    parameters.names[0] = "B"
    assert (node.GetParameter("names.len"), node.GetParameter("names.0"), node.GetParameter("names.1")) == (
        "2",
        "B",
        "c",
    )
    assert Parameters(node).names == ["B", "c"]


def test_observers_read_the_new_value_once_per_change(node):
    parameters = Parameters(node)
    seen = []
    parameters.AddObserver("ModifiedEvent", lambda caller, event: seen.append((parameters.depth, parameters.side)))
    parameters.depth = 4.0
    with slicer.util.NodeModify(parameters):
        parameters.depth = 5.0
        parameters.side = "left"
        assert parameters.depth == 5.0
    assert seen == [(4.0, "right"), (5.0, "left")]


def test_a_wrapper_that_is_gone_observes_nothing(node):
    parameters = Parameters(node)
    assert node.HasObserver("ModifiedEvent")
    del parameters
    assert not node.HasObserver("ModifiedEvent")


def test_reserved_names_are_refused():
    with pytest.raises(ValueError, match="reserved"):

        @parameterNodeWrapper
        class Wrong:
            connectGui: str


def test_a_type_that_slicer_would_serialise_and_minislicer_not_is_an_error():
    with pytest.raises(TypeError, match="dict"):

        @parameterNodeWrapper
        class Wrong:
            table: dict[str, int]


@pytest.fixture
def panel():
    widget = qt.QWidget()
    box = qt.QVBoxLayout(widget)
    children = {
        "volume": slicer.qMRMLNodeComboBox(),
        "depth": ctk.ctkSliderWidget(),
        "count": qt.QSpinBox(),
        "side": qt.QComboBox(),
        "on": qt.QCheckBox(),
        "note": qt.QLineEdit(),
    }
    for name, child in children.items():
        child.name = name
        child.setProperty("SlicerParameterName", name)
        box.addWidget(child)
    children["volume"].noneEnabled = True
    children["volume"].setMRMLScene(slicer.mrmlScene)
    return widget


def test_the_panel_takes_values_and_ranges_from_the_node(node, panel):
    parameters = Parameters(node)
    parameters.connectGui(panel)
    ui = slicer.util.childWidgetVariables(panel)
    assert (ui.depth.value, ui.depth.minimum, ui.depth.maximum) == (6.0, 2.0, 10.0)
    assert (ui.count.value, ui.count.minimum, ui.count.maximum) == (3, 1, 9)
    assert ([ui.side.itemText(index) for index in range(2)], ui.side.currentText) == (["left", "right"], "right")
    assert (ui.on.checked, ui.note.text, ui.volume.currentNode()) == (True, "", None)
    volume = addNode("vtkMRMLScalarVolumeNode")
    parameters.volume, parameters.depth, parameters.side, parameters.note = volume, 3.5, "left", "seen"
    assert (ui.volume.currentNode(), ui.depth.value, ui.side.currentIndex, ui.note.text) == (volume, 3.5, 0, "seen")
    slicer.mrmlScene.RemoveNode(volume)
    assert ui.volume.currentNode() is None


def test_the_node_takes_values_from_the_panel(node, panel):
    parameters = Parameters(node)
    volume = addNode("vtkMRMLScalarVolumeNode")
    ui = slicer.util.childWidgetVariables(panel)
    parameters.connectGui(ui)
    ui.volume.setCurrentNode(volume)
    ui.depth.value, ui.count.value, ui.side.currentIndex, ui.on.checked, ui.note.text = 2.5, 7, 0, False, "x"
    found = parameters.volume, parameters.depth, parameters.count, parameters.side, parameters.on, parameters.note
    assert found == (volume, 2.5, 7, "left", False, "x")


def test_a_disconnected_panel_is_left_alone(node, panel):
    parameters = Parameters(node)
    tag = parameters.connectGui(panel)
    parameters.disconnectGui(tag)
    ui = slicer.util.childWidgetVariables(panel)
    parameters.depth = 3.0
    ui.count.value = 5
    assert (ui.depth.value, parameters.count) == (6.0, 3)


def test_a_widget_that_slicer_cannot_connect_is_an_error(node):
    button = qt.QProgressBar()
    button.setProperty("SlicerParameterName", "depth")
    parent = qt.QWidget()
    qt.QVBoxLayout(parent).addWidget(button)
    with pytest.raises(RuntimeError, match="Unable to create GUI connector"):
        Parameters(node).connectGui(parent)


def test_a_saved_scene_brings_the_parameters_back(node, tmp_path):
    parameters = Parameters(node)
    curve = addNode()
    curve.AddControlPoint(1.0, 2.0, 1 / 3)
    parameters.curves, parameters.optional = [curve], 0.1 + 0.2
    path = str(tmp_path / "exam.mrb")
    assert slicer.util.saveScene(path)
    MiniSlicer.closeScene()
    assert slicer.mrmlScene.GetFirstNodeByName("Parameters") is None
    slicer.util.loadScene(path)
    again = Parameters(slicer.util.getNode("Parameters"))
    assert again.optional == 0.1 + 0.2
    assert list(slicer.util.arrayFromMarkupsControlPoints(again.curves[0])[0]) == [1.0, 2.0, 1 / 3]
