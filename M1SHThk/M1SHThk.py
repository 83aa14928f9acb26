"""The M1SHThk module of 3D Slicer: SH/Thk of the deep layers of the primary motor cortex."""

import json
import os
import tempfile
from typing import Annotated

import numpy as np
import slicer
import vtk
from M1SHThkLib.flags import FLAGS
from M1SHThkLib.measurement import measure_exam
from M1SHThkLib.phantom import PhantomOptions, make_phantom
from M1SHThkLib.scene import exam_nodes, plot, tables
from slicer.i18n import tr as _
from slicer.i18n import translate
from slicer.parameterNodeWrapper import Choice, WithinRange, parameterNodeWrapper
from slicer.ScriptedLoadableModule import (
    ScriptedLoadableModule,
    ScriptedLoadableModuleLogic,
    ScriptedLoadableModuleTest,
    ScriptedLoadableModuleWidget,
)
from slicer.util import VTKObservationMixin


class M1SHThk(ScriptedLoadableModule):
    """What the module selector shows."""

    def __init__(self, parent):
        ScriptedLoadableModule.__init__(self, parent)
        self.parent.title = _("M1 SH/Thk")
        self.parent.categories = [translate("qSlicerAbstractCoreModule", "Quantification")]
        self.parent.dependencies = []
        self.parent.contributors = ["M1SHThk contributors"]
        self.parent.helpText = _(
            "Measures signal hypointensity (SH) and thickness (Thk) of the deep layers of the primary motor cortex on "
            "T2*-weighted images, after Donatelli et al., AJNR Am J Neuroradiol 2018;39:63. Research use only. "
            "Not a medical device. Validated on digital exams only."
        )
        self.parent.acknowledgementText = _("The method is that of Donatelli et al., University of Pisa.")
        slicer.app.connect("startupCompleted()", registerSampleData)


def registerSampleData():
    """Offer a digital exam in the Sample Data module; it is made on this computer, not downloaded."""
    import SampleData

    iconPath = os.path.join(os.path.dirname(__file__), "Resources", "Icons", "M1SHThk.png")
    SampleData.SampleDataLogic.registerCustomSampleDataSource(
        category="M1SHThk",
        sampleName="M1SHThkDigitalExam",
        thumbnailFileName=iconPath,
        uris="https://github.com/M1SHThk/M1SHThk",
        fileNames="M1SHThkDigitalExam",
        nodeNames="M1SHThkDigitalExam",
        customDownloader=loadDigitalExam,
    )


def loadDigitalExam(source=None):
    """Make a digital exam (a simulated patient at 3T), drawn and ready to be measured; returns its volume node."""
    phantom = make_phantom(PhantomOptions(field_strength=3, group="patient", slices=6, cropped=True))
    logic = M1SHThkLogic()
    return logic.loadExam(phantom.exam())


@parameterNodeWrapper
class M1SHThkParameterNode:
    """
    The inputs, settings and outputs of the module; a saved scene keeps them all.

    inputVolume - The T2*-weighted volume.
    references - The segmentation that holds the splenium and the white-matter segments.
    ...PialLines - The open curves of a region; several are pooled.
    ...WhiteMatterSegmentID - The segment of white matter beneath a region.
    fieldStrength - In tesla; 0 where it is unknown.
    smoothingMm ... seed - The settings of the measurement, as M1SHThkLib.settings explains them.
    shownRegion - Index of the measured region that the plot shows.
    results - The results in full precision, which the tables show.
    """

    inputVolume: slicer.vtkMRMLScalarVolumeNode
    references: slicer.vtkMRMLSegmentationNode
    spleniumSegmentID: str
    leftHandKnobPialLines: list[slicer.vtkMRMLMarkupsCurveNode]
    leftHandKnobWhiteMatterSegmentID: str
    leftParacentralLobulePialLines: list[slicer.vtkMRMLMarkupsCurveNode]
    leftParacentralLobuleWhiteMatterSegmentID: str
    rightHandKnobPialLines: list[slicer.vtkMRMLMarkupsCurveNode]
    rightHandKnobWhiteMatterSegmentID: str
    rightParacentralLobulePialLines: list[slicer.vtkMRMLMarkupsCurveNode]
    rightParacentralLobuleWhiteMatterSegmentID: str

    subject: str
    session: str
    observer: str
    group: Annotated[str, Choice(["", "patient", "control"])] = ""
    fieldStrength: Annotated[float, WithinRange(0, 25)] = 0.0

    smoothingMm: Annotated[float, WithinRange(0.0, 1.0)] = 0.05
    normalSpacingMm: Annotated[float, WithinRange(0.05, 2.0)] = 0.2
    depthMaxMm: Annotated[float, WithinRange(2.0, 15.0)] = 6.0
    depthStepMm: Annotated[float, WithinRange(0.02, 0.5)] = 0.1
    interpolation: Annotated[str, Choice(["linear", "cubic", "quintic"])] = "quintic"
    polarity: Annotated[str, Choice(["dark", "bright"])] = "dark"
    normalization: Annotated[str, Choice(["splenium", "none"])] = "splenium"
    baseline: Annotated[str, Choice(["roi", "plateau"])] = "roi"
    lobeFraction: Annotated[float, WithinRange(0.05, 0.95)] = 0.30
    windowFraction: Annotated[float, WithinRange(0.05, 0.95)] = 0.25
    widthFraction: Annotated[float, WithinRange(0.05, 0.95)] = 0.25
    replicates: Annotated[int, WithinRange(0, 100000)] = 1000
    seed: Annotated[int, WithinRange(0, 2**32 - 1)] = 0

    shownRegion: int = 0
    results: str
    measurementsTable: slicer.vtkMRMLTableNode
    profilesTable: slicer.vtkMRMLTableNode
    plotProfileTable: slicer.vtkMRMLTableNode
    plotNormalsTable: slicer.vtkMRMLTableNode
    plotMarksTable: slicer.vtkMRMLTableNode
    plotChart: slicer.vtkMRMLPlotChartNode


class M1SHThkWidget(ScriptedLoadableModuleWidget, VTKObservationMixin):
    """The module's panel."""

    def __init__(self, parent=None):
        ScriptedLoadableModuleWidget.__init__(self, parent)
        VTKObservationMixin.__init__(self)
        self.logic = None
        self._parameterNode = None
        self._parameterNodeGuiTag = None
        self._updating = False

    def setup(self):
        """Called when the user opens the module the first time."""
        ScriptedLoadableModuleWidget.setup(self)
        uiWidget = slicer.util.loadUI(self.resourcePath("UI/M1SHThk.ui"))
        self.layout.addWidget(uiWidget)
        self.ui = slicer.util.childWidgetVariables(uiWidget)
        uiWidget.setMRMLScene(slicer.mrmlScene)
        self.logic = M1SHThkLogic()

        self.addObserver(slicer.mrmlScene, slicer.mrmlScene.StartCloseEvent, self.onSceneStartClose)
        self.addObserver(slicer.mrmlScene, slicer.mrmlScene.EndCloseEvent, self.onSceneEndClose)
        self.addObserver(slicer.mrmlScene, slicer.mrmlScene.EndImportEvent, self.onSceneEndImport)
        self.ui.measureButton.connect("clicked(bool)", self.onMeasureButton)
        self.ui.shownRegionComboBox.connect("currentIndexChanged(int)", self.onShownRegionChanged)
        self.ui.spleniumSelector.connect("currentSegmentChanged(QString)", self.onSelectionChanged)
        for selector in self._lineSelectors().values():
            selector.connect("currentNodeChanged(vtkMRMLNode*)", self.onSelectionChanged)
        for selector in self._whiteMatterSelectors().values():
            selector.connect("currentSegmentChanged(QString)", self.onSelectionChanged)
        self.initializeParameterNode()

    def cleanup(self):
        """Called when the application closes and the module widget is destroyed."""
        self.setParameterNode(None)
        self.removeObservers()

    def enter(self):
        """Called each time the user opens this module."""
        self.initializeParameterNode()

    def exit(self):
        """Called each time the user opens a different module."""
        self.setParameterNode(None)

    def onReload(self):
        """Developer's reload: the library's modules are loaded anew with the script."""
        import sys

        for name in [name for name in sys.modules if name.split(".")[0] == "M1SHThkLib"]:
            del sys.modules[name]
        ScriptedLoadableModuleWidget.onReload(self)

    def onSceneStartClose(self, caller, event):
        """Called just before the scene is closed."""
        self.setParameterNode(None)

    def onSceneEndClose(self, caller, event):
        """Called just after the scene is closed."""
        if self.parent.isEntered:
            self.initializeParameterNode()

    def onSceneEndImport(self, caller, event):
        """Called after a scene is loaded: its parameter node replaces the one that was shown."""
        if self.parent.isEntered:
            self.initializeParameterNode()

    def initializeParameterNode(self):
        """Show the scene's parameter node."""
        self.setParameterNode(self.logic.getParameterNode())
        if not self._parameterNode.inputVolume:
            self._parameterNode.inputVolume = slicer.mrmlScene.GetFirstNodeByClass("vtkMRMLScalarVolumeNode")

    def setParameterNode(self, parameterNode):
        """Connect the panel to a parameter node, or to none."""
        if self._parameterNode:
            self._parameterNode.disconnectGui(self._parameterNodeGuiTag)
            self._parameterNodeGuiTag = None
            self.removeObserver(self._parameterNode, vtk.vtkCommand.ModifiedEvent, self.onParameterNodeModified)
        self._parameterNode = parameterNode
        if self._parameterNode:
            self._parameterNodeGuiTag = self._parameterNode.connectGui(self.ui)
            self.addObserver(self._parameterNode, vtk.vtkCommand.ModifiedEvent, self.onParameterNodeModified)
            self.onParameterNodeModified()

    def _lineSelectors(self):
        prefixes = [exam_nodes.parameter_prefix(*key) for key in exam_nodes.REGION_KEYS]
        return {f"{prefix}PialLines": getattr(self.ui, f"{prefix}PialLineSelector") for prefix in prefixes}

    def _whiteMatterSelectors(self):
        prefixes = [exam_nodes.parameter_prefix(*key) for key in exam_nodes.REGION_KEYS]
        return {
            f"{prefix}WhiteMatterSegmentID": getattr(self.ui, f"{prefix}WhiteMatterSelector") for prefix in prefixes
        }

    def _segmentSelectors(self):
        return {"spleniumSegmentID": self.ui.spleniumSelector, **self._whiteMatterSelectors()}

    def onParameterNodeModified(self, caller=None, event=None):
        """Bring lines, segments and results on the panel."""
        if self._updating or not self._parameterNode:
            return
        self._updating = True
        try:
            for name, selector in self._lineSelectors().items():
                lines = [line for line in getattr(self._parameterNode, name) if line]
                selector.setCurrentNode(lines[0] if lines else None)
            for name, selector in self._segmentSelectors().items():
                selector.setCurrentNode(self._parameterNode.references)
                selector.setCurrentSegmentID(getattr(self._parameterNode, name))
            ready = self._parameterNode.inputVolume and self._parameterNode.references
            self.ui.measureButton.enabled = bool(ready)
            self.ui.measureButton.toolTip = (
                _("Measure every region that has a pial line.") if ready else _("Choose a volume and the references.")
            )
        finally:
            self._updating = False

    def onSelectionChanged(self, unused=None):
        """Keep the chosen lines and segments in the parameter node."""
        if self._updating or not self._parameterNode:
            return
        self._updating = True
        try:
            for name, selector in self._lineSelectors().items():
                line = selector.currentNode()
                if line not in list(getattr(self._parameterNode, name)) or line is None:
                    setattr(self._parameterNode, name, [line] if line else [])
            for name, selector in self._segmentSelectors().items():
                setattr(self._parameterNode, name, selector.currentSegmentID() or "")
        finally:
            self._updating = False

    def onMeasureButton(self):
        """Measure and show the first region."""
        try:
            with slicer.util.tryWithErrorDisplay(_("The measurement failed."), waitCursor=True):
                measurements = self._measured()
        except ValueError as error:
            slicer.util.errorDisplay(str(error))
            return
        self.ui.shownRegionComboBox.blockSignals(True)
        self.ui.shownRegionComboBox.clear()
        self.ui.shownRegionComboBox.addItems([m.name for m in measurements])
        self.ui.shownRegionComboBox.blockSignals(False)
        self.onShownRegionChanged(0)

    def onShownRegionChanged(self, index):
        """Plot a region and say its numbers and flags in words."""
        if not 0 <= index < len(self.logic.measurements):
            return
        self.logic.showRegion(index)
        self.ui.messageLabel.text = inWords(self.logic.measurements[index])


def inWords(measurement):
    """SH, Thk and SH/Thk with their intervals, and each flag as a sentence."""

    def number(value, interval, digits, unit):
        if not np.isfinite(value):
            return _("missing")
        limits = f" ({interval[0]:.{digits}f} - {interval[1]:.{digits}f})" if np.isfinite(interval[0]) else ""
        return f"{value:.{digits}f}{unit}{limits}"

    m = measurement
    lines = [
        f"SH {number(m.sh, m.sh_ci, 3, '')}",
        f"Thk {number(m.thk_mm, m.thk_ci_mm, 2, ' mm')}",
        f"SH/Thk {number(m.sh_thk_per_mm, m.sh_thk_ci_per_mm, 3, ' per mm')}",
    ]
    return "\n".join(lines + [_(FLAGS[flag]) for flag in m.flags])


class M1SHThkLogic(ScriptedLoadableModuleLogic):
    """Measures from MRML nodes and fills tables and plots; works without the panel."""

    def __init__(self):
        ScriptedLoadableModuleLogic.__init__(self)
        self._parameterNode = None
        self.exam = None
        self.measurements = ()

    def getParameterNode(self):
        """The scene's M1SHThkParameterNode; the same object as long as the node is the same."""
        node = super().getParameterNode()
        if self._parameterNode is None or self._parameterNode.parameterNode is not node:
            self._parameterNode = M1SHThkParameterNode(node)
        return self._parameterNode

    def loadExam(self, exam):
        """Bring an exam in memory into the scene as nodes, chosen in the parameter node; returns the volume node."""
        parameterNode = self.getParameterNode()
        nodes = exam_nodes.add_exam(slicer.mrmlScene, exam)
        parameterNode.inputVolume = nodes["volume"]
        parameterNode.references = nodes["references"]
        parameterNode.spleniumSegmentID = nodes["splenium"]
        for (hemisphere, region), (lines, whiteMatter) in nodes["regions"].items():
            prefix = exam_nodes.parameter_prefix(hemisphere, region)
            setattr(parameterNode, f"{prefix}PialLines", lines)
            setattr(parameterNode, f"{prefix}WhiteMatterSegmentID", whiteMatter)
        parameterNode.subject = exam.subject
        parameterNode.session = exam.session or ""
        parameterNode.observer = exam.observer or ""
        parameterNode.group = exam.group or ""
        parameterNode.fieldStrength = exam.field_strength_tesla or 0.0
        for name, value in exam.settings.to_dict().items():
            setattr(parameterNode, exam_nodes.setting_parameter(name), value)
        return nodes["volume"]

    def measure(self):
        """Measure every region of the scene's exam that has a pial line, and fill the output nodes.

        :return: one M1SHThkLib.measurement.Measurement a region
        :raises ValueError: names the node that is missing or faulty and what to do
        """
        parameterNode = self.getParameterNode()
        self.exam = exam_nodes.exam_from_parameters(parameterNode.parameterNode)
        self.measurements = measure_exam(self.exam)
        parameterNode.results = tables.results_json(self.exam, self.measurements)
        self.showTables()
        self.showRegion(0)
        return self.measurements

    def showTables(self):
        """Fill the tables from the results that the parameter node keeps in full precision."""
        parameterNode = self.getParameterNode()
        for name, title, fill in (
            ("measurementsTable", "M1SHThk measurements", tables.fill_measurements_table),
            ("profilesTable", "M1SHThk profiles", tables.fill_profiles_table),
        ):
            fill(self._outputNode(name, "vtkMRMLTableNode", title), parameterNode.results)

    def showRegion(self, index):
        """Show the profile of a measured region in the plot."""
        parameterNode = self.getParameterNode()
        names = {
            plot.PROFILE_TABLE: "plotProfileTable",
            plot.NORMALS_TABLE: "plotNormalsTable",
            plot.MARKS_TABLE: "plotMarksTable",
        }
        tableNodes = {
            key: self._outputNode(name, "vtkMRMLTableNode", f"M1SHThk plot {key}", hidden=True)
            for key, name in names.items()
        }
        for key, columns in plot.plot_tables(self.measurements[index]).items():
            tables.set_table_columns(tableNodes[key], columns)
        if not parameterNode.plotChart:
            parameterNode.plotChart = plot.make_plot(slicer.mrmlScene, tableNodes)
        parameterNode.plotChart.SetTitle(self.measurements[index].name)
        parameterNode.shownRegion = index

    def _outputNode(self, name, className, title, hidden=False):
        parameterNode = self.getParameterNode()
        if not getattr(parameterNode, name):
            node = slicer.mrmlScene.AddNewNodeByClass(className, title)
            node.SetHideFromEditors(hidden)
            setattr(parameterNode, name, node)
        return getattr(parameterNode, name)


class M1SHThkTest(ScriptedLoadableModuleTest):
    """Self-test: a digital exam, whose truth is known, measured through the scene."""

    def setUp(self):
        slicer.mrmlScene.Clear()

    def runTest(self):
        self.setUp()
        self.test_MeasuresWhatTheDigitalExamHolds()
        self.setUp()
        self.test_SavedSceneGivesTheSameNumbers()
        self.setUp()
        self.test_MissingInputIsNamed()

    def test_MeasuresWhatTheDigitalExamHolds(self):
        self.delayDisplay("Measuring a digital exam")
        phantom = make_phantom(PhantomOptions(field_strength=7, group="patient", noise=0.0, slices=3, cropped=True))
        logic = M1SHThkLogic()
        logic.loadExam(phantom.exam())
        measurements = logic.measure()
        self.assertEqual(len(measurements), 4)
        truths = {(truth.hemisphere, truth.region): truth for truth in phantom.region_truths}
        for measurement in measurements:
            layer = truths[measurement.hemisphere, measurement.region].layer()
            self.assertAlmostEqual(measurement.sh / layer.height, 1, delta=0.02)
            self.assertAlmostEqual(measurement.thk_mm / (layer.edges_mm[1] - layer.edges_mm[0]), 1, delta=0.03)
        expected = {m.name: m for m in measure_exam(phantom.exam())}
        table = logic.getParameterNode().measurementsTable.GetTable()
        for row, measurement in enumerate(measurements):
            same = expected[measurement.name]
            for name, value in (("sh", same.sh), ("thk_mm", same.thk_mm), ("sh_thk_per_mm", same.sh_thk_per_mm)):
                self.assertAlmostEqual(table.GetColumnByName(name).GetValue(row), value, places=6)
        self.delayDisplay("Test passed")

    def test_SavedSceneGivesTheSameNumbers(self):
        self.delayDisplay("Saving and loading a scene")
        loadDigitalExam()
        before = M1SHThkLogic().measure()
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "exam.mrb")
            self.assertTrue(slicer.util.saveScene(path))
            slicer.mrmlScene.Clear()
            slicer.util.loadScene(path)
        logic = M1SHThkLogic()
        kept = json.loads(logic.getParameterNode().results)
        after = logic.measure()
        self.assertEqual(len(after), len(kept["measurements"]))
        for first, second in zip(before, after, strict=True):
            # A volume file keeps the orientation to the last digit but one.
            for name in ("sh", "thk_mm", "sh_thk_per_mm", "lobe_z", "sh_thk_ci_per_mm"):
                np.testing.assert_allclose(getattr(second, name), getattr(first, name), rtol=1e-9)
        self.delayDisplay("Test passed")

    def test_MissingInputIsNamed(self):
        self.delayDisplay("Measuring an incomplete exam")
        loadDigitalExam()
        logic = M1SHThkLogic()
        logic.getParameterNode().spleniumSegmentID = ""
        with self.assertRaisesRegex(ValueError, "splenium"):
            logic.measure()
        self.delayDisplay("Test passed")
