"""MiniSlicer loads a scripted module as Slicer does, and reads and writes Slicer's files."""

# ruff: noqa: E402 (what Slicer brings can be imported once MiniSlicer has started)

import sys

import numpy as np
import pytest

pytest.importorskip("slicer", reason="no slicer-core wheel for this machine")
import MiniSlicer

MiniSlicer.start()
import slicer

SCRIPT = """
import qt
import slicer
from slicer.i18n import tr as _
from slicer.ScriptedLoadableModule import *
from slicer.util import VTKObservationMixin

log = []

class {name}(ScriptedLoadableModule):
    def __init__(self, parent):
        super().__init__(parent)
        parent.title = _("A title")
        parent.categories = ["Quantification"]
        slicer.app.connect("startupCompleted()", lambda: log.append("startup"))

class {name}Widget(ScriptedLoadableModuleWidget, VTKObservationMixin):
    def __init__(self, parent=None):
        ScriptedLoadableModuleWidget.__init__(self, parent)
        VTKObservationMixin.__init__(self)
    def setup(self):
        super().setup()
        log.append("setup")
        self.layout.addWidget(qt.QPushButton("Measure"))
        self.logic = {name}Logic()
    def enter(self):
        log.append(f"enter {{self.parent.isEntered}}")
    def exit(self):
        log.append(f"exit {{self.parent.isEntered}}")
    def cleanup(self):
        log.append("cleanup")

class {name}Logic(ScriptedLoadableModuleLogic):
    pass

class {name}Test(ScriptedLoadableModuleTest):
    def setUp(self):
        slicer.mrmlScene.Clear()
    def test_one(self):
        self.delayDisplay("one")
        log.append("one")
    def test_two(self):
        self.assertEqual({value}, 1)
"""


def loadScript(folder, name, value=1, script=SCRIPT):
    path = folder / f"{name}.py"
    path.write_text(script.format(name=name, value=value))
    return MiniSlicer.loadModule(path)


def logOf(name):
    return sys.modules[name].log


def test_a_module_is_registered_and_told_of_the_start(tmp_path):
    module = loadScript(tmp_path, "Registered")
    assert slicer.modules.registered is module
    assert slicer.util.getModule("Registered") is module
    assert slicer.moduleNames.Registered == "Registered"
    assert type(slicer.modules.RegisteredInstance).__name__ == "Registered"
    assert (module.title, module.categories, module.path) == (
        "A title",
        ("Quantification",),
        str(tmp_path / "Registered.py"),
    )
    assert logOf("Registered") == ["startup"]
    assert not hasattr(slicer.modules, "RegisteredWidget")


def test_the_panel_is_made_once_entered_left_and_reloaded(tmp_path):
    module = loadScript(tmp_path, "Panelled")
    representation = module.widgetRepresentation()
    assert module.widgetRepresentation() is representation
    first = slicer.modules.PanelledWidget
    assert representation.self() is first
    assert first.parent is representation
    representation.enter()
    representation.exit()
    assert logOf("Panelled") == ["startup", "setup", "enter True", "exit False"]
    old = logOf("Panelled")
    slicer.util.reloadScriptedModule("Panelled")
    assert old[-1] == "cleanup"
    assert logOf("Panelled") == ["setup"]
    assert slicer.modules.PanelledWidget is not first


def test_a_mistake_in_setup_is_an_error(tmp_path):
    module = loadScript(tmp_path, "Mistaken", script=SCRIPT.replace('qt.QPushButton("Measure")', "qt.QPushButon()"))
    with pytest.raises(AttributeError, match="QPushButon"):
        module.widgetRepresentation()


def test_the_self_test_runs_every_test(tmp_path):
    loadScript(tmp_path, "Tested")
    MiniSlicer.runSelfTest("Tested")
    assert logOf("Tested") == ["startup", "one"]


def test_a_self_test_that_fails_is_an_error(tmp_path):
    loadScript(tmp_path, "Failing", value=2)
    with pytest.raises(AssertionError, match="2 != 1"):
        MiniSlicer.runSelfTest("Failing")


def test_a_logic_has_one_parameter_node_in_a_scene(tmp_path):
    loadScript(tmp_path, "Logical")
    logic = sys.modules["Logical"].LogicalLogic()
    node = logic.getParameterNode()
    assert logic.getParameterNode() is node
    assert (node.GetSingletonTag(), node.GetAttribute("ModuleName")) == ("Logical", "Logical")
    assert logic.getAllParameterNodes() == [node]
    logic.isSingletonParameterNode = False
    slicer.mrmlScene.AddNode(logic.createParameterNode())
    assert len(logic.getAllParameterNodes()) == 2


def test_closing_the_scene_tells_its_observers():
    heard = []
    scene = slicer.mrmlScene
    tags = [
        scene.AddObserver(event, lambda caller, name: heard.append(name))
        for event in (scene.StartCloseEvent, scene.EndCloseEvent)
    ]
    scene.AddNewNodeByClass("vtkMRMLTextNode", "gone")
    MiniSlicer.closeScene()
    for tag in tags:
        scene.RemoveObserver(tag)
    assert len(heard) == 2
    assert scene.GetFirstNodeByName("gone") is None


def makeVolume():
    voxels = np.arange(24, dtype=np.int16).reshape(2, 3, 4)
    return slicer.util.addVolumeFromArray(voxels, name="T2*"), voxels


def test_a_volume_comes_back_from_its_file(tmp_path):
    volume, voxels = makeVolume()
    volume.SetSpacing(0.5, 0.5, 1.0)
    path = str(tmp_path / "t2star.nii.gz")
    assert slicer.util.saveNode(volume, path)
    loaded = slicer.util.loadVolume(path, properties={"name": "again"})
    assert (slicer.util.arrayFromVolume(loaded) == voxels).all()
    assert (loaded.GetName(), loaded.GetSpacing()) == ("again", (0.5, 0.5, 1.0))
    assert slicer.app.applicationLogic().GetSelectionNode().GetActiveVolumeID() == loaded.GetID()


def test_a_curve_a_segmentation_and_a_table_come_back_from_their_files(tmp_path):
    volume, _ = makeVolume()
    curve = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLMarkupsCurveNode", "pial")
    curve.AddControlPoint(1, 2, 3)
    segmentation = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", "references")
    segmentation.SetReferenceImageGeometryParameterFromVolumeNode(volume)
    segmentID = segmentation.GetSegmentation().AddEmptySegment("S", "Splenium")
    drawn = np.zeros((2, 3, 4), np.uint8)
    drawn[1, 1, 1:3] = 1
    slicer.util.updateSegmentBinaryLabelmapFromArray(drawn, segmentation, segmentID, volume)
    table = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLTableNode", "table")
    slicer.util.updateTableFromArray(table, (np.array([1.0, 2.5]),), ["thk_mm"])
    paths = {node: str(tmp_path / name) for node, name in ((curve, "a.mrk.json"), (segmentation, "b.seg.nrrd"))}
    paths[table] = str(tmp_path / "c.tsv")
    for node, path in paths.items():
        assert slicer.util.saveNode(node, path)
    points = slicer.util.arrayFromMarkupsControlPoints(slicer.util.loadMarkups(paths[curve]))
    assert points.tolist() == [[1, 2, 3]]
    loaded = slicer.util.loadSegmentation(paths[segmentation])
    assert (slicer.util.arrayFromSegmentBinaryLabelmap(loaded, "S", volume) == drawn).all()
    assert slicer.util.arrayFromTableColumn(slicer.util.loadTable(paths[table]), "thk_mm").tolist() == [1.0, 2.5]


def test_a_missing_file_is_an_error(tmp_path):
    with pytest.raises(RuntimeError, match="No such file"):
        slicer.util.loadVolume(str(tmp_path / "none.nrrd"))


@pytest.mark.parametrize("ending", ["mrb", "mrml"])
def test_a_scene_comes_back_from_its_file(tmp_path, ending):
    text = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLTextNode", "result")
    text.SetText("0.333333333333333315")
    text.SetForceCreateStorageNode(text.CreateStorageNodeNever)
    path = str(tmp_path / f"exam.{ending}")
    assert slicer.util.saveScene(path)
    MiniSlicer.closeScene()
    slicer.util.loadScene(path)
    assert slicer.util.getNode("result").GetText() == "0.333333333333333315"


def test_data_nodes_are_in_the_subject_hierarchy_while_they_live():
    hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(slicer.mrmlScene)
    before = hierarchy.GetNumberOfItems()
    volume, _ = makeVolume()
    assert hierarchy.GetItemDataNode(hierarchy.GetItemByDataNode(volume)) is volume
    slicer.mrmlScene.RemoveNode(volume)
    assert hierarchy.GetNumberOfItems() == before


def test_sample_data_is_registered_once():
    import SampleData

    for _ in range(2):
        SampleData.SampleDataLogic.registerCustomSampleDataSource(
            category="Test", sampleName="Exam", uris="https://x", fileNames="x", nodeNames="x", customDownloader=print
        )
    (source,) = SampleData.SampleDataLogic.sampleDataSourcesByCategory("Test")
    assert (source.sampleName, source.uris, source.customDownloader) == ("Exam", ["https://x"], print)


def test_messages_of_a_test_run_do_not_wait(caplog):
    assert slicer.app.testingEnabled()
    slicer.util.errorDisplay("No splenium")
    assert "No splenium" in caplog.text
