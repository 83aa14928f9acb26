"""The M1SHThk module of 3D Slicer: SH/Thk of the deep layers of the primary motor cortex."""

import json
import os
import sys
import tempfile
from typing import Annotated

import ctk
import numpy as np
import qt
import slicer
import vtk
from M1SHThkLib.digital_exam.phantom import PhantomOptions, make_phantom
from M1SHThkLib.files.disk import made_folder, write_json
from M1SHThkLib.files.results import write_results, write_tsv
from M1SHThkLib.measuring.columns import MEASUREMENT_COLUMNS, PROFILE_COLUMNS
from M1SHThkLib.measuring.measurement import measure_exam
from M1SHThkLib.measuring.settings import Settings
from M1SHThkLib.panel.drawing import Drawing
from M1SHThkLib.panel.exam import ExamSection
from M1SHThkLib.panel.keys import Keys
from M1SHThkLib.panel.layout import ModuleLayout, register_layout
from M1SHThkLib.panel.line_edits import LineEdits
from M1SHThkLib.panel.live import LiveReading
from M1SHThkLib.panel.regions import RegionsSection
from M1SHThkLib.panel.results import ResultsSection
from M1SHThkLib.panel.study import StudySection
from M1SHThkLib.program import NOTICE, program
from M1SHThkLib.scene import echo_nodes, exam_export, exam_nodes, outputs, reading, region_nodes, tables
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

LIVE_INTERVAL_MS, REST_INTERVAL_MS = 0, 300
SCALAR_VOLUME = "vtkMRMLScalarVolumeNode"


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
        # A layout that a loaded scene names must be known before.
        slicer.app.connect("startupCompleted()", register_layout)


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
    The inputs, settings, state and outputs of the module; a saved scene keeps them all.

    inputVolume - The T2*-weighted volume.
    echoSequence, echoVolumes, echoTimes, echoCombination - What the volume was combined from, where it was.
    references - The segmentation that holds the splenium and the white-matter segments.
    ...PialLines - The open curves of a region; several are pooled.
    ...WhiteMatterSegmentID - The segment of white matter beneath a region.
    ...Accepted - The reader has accepted the region; its lines are locked.
    fieldStrength - In tesla; 0 where it is unknown.
    smoothingMm ... seed - The settings of the measurement, as M1SHThkLib.measuring.settings explains them.
    selectedRegion - Row of the region that is shown and drawn.
    results - The results in full precision, by region, which the tables show.
    studyMeasurements, studyClinical - The tables that a study is analysed from.
    studySummary, studyRecord - What was found, in words and, as JSON, in full precision.
    studyTable, studyChart - Which of the study's tables and plots is shown.
    """

    inputVolume: slicer.vtkMRMLScalarVolumeNode
    echoSequence: slicer.vtkMRMLSequenceNode
    echoVolumes: list[slicer.vtkMRMLScalarVolumeNode]
    echoTimes: str
    echoCombination: str = "mean"
    references: slicer.vtkMRMLSegmentationNode
    spleniumSegmentID: str
    leftHandKnobPialLines: list[slicer.vtkMRMLMarkupsCurveNode]
    leftHandKnobWhiteMatterSegmentID: str
    leftHandKnobAccepted: bool = False
    leftParacentralLobulePialLines: list[slicer.vtkMRMLMarkupsCurveNode]
    leftParacentralLobuleWhiteMatterSegmentID: str
    leftParacentralLobuleAccepted: bool = False
    rightHandKnobPialLines: list[slicer.vtkMRMLMarkupsCurveNode]
    rightHandKnobWhiteMatterSegmentID: str
    rightHandKnobAccepted: bool = False
    rightParacentralLobulePialLines: list[slicer.vtkMRMLMarkupsCurveNode]
    rightParacentralLobuleWhiteMatterSegmentID: str
    rightParacentralLobuleAccepted: bool = False

    subject: str
    session: str
    observer: str
    group: Annotated[str, Choice(["", "patient", "control"])] = ""
    fieldStrength: Annotated[float, WithinRange(0, 25)] = 0.0

    smoothingMm: Annotated[float, WithinRange(0.0, 1.0)] = 0.03
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
    seed: Annotated[int, WithinRange(0, 2**31 - 1)] = 0

    overlayVisible: bool = True
    selectedRegion: int = 0
    results: str
    summaryTable: slicer.vtkMRMLTableNode
    measurementsTable: slicer.vtkMRMLTableNode
    profilesTable: slicer.vtkMRMLTableNode
    plotProfileTable: slicer.vtkMRMLTableNode
    plotNormalsTable: slicer.vtkMRMLTableNode
    plotMarksTable: slicer.vtkMRMLTableNode
    plotChart: slicer.vtkMRMLPlotChartNode

    studyMeasurements: list[str]
    studyClinical: str
    studySummary: str
    studyRecord: slicer.vtkMRMLTextNode
    studyTable: slicer.vtkMRMLTableNode
    studyChart: slicer.vtkMRMLPlotChartNode


class M1SHThkWidget(ScriptedLoadableModuleWidget, VTKObservationMixin):
    """The module's panel: a guided reading of the four regions, with live feedback.

    It listens to Slicer and to the scene, and hands what it hears on to its sections (M1SHThkLib.panel).
    """

    def __init__(self, parent=None):
        ScriptedLoadableModuleWidget.__init__(self, parent)
        VTKObservationMixin.__init__(self)
        self.logic = None
        self.parameterNode = None
        self.isUpdating = False
        self._parameterNodeGuiTag = None
        self._observedNodes = []

    #
    # Life cycle
    #

    def setup(self):
        """Called when the user opens the module the first time."""
        ScriptedLoadableModuleWidget.setup(self)
        uiWidget = slicer.util.loadUI(self.resourcePath("UI/M1SHThk.ui"))
        self.layout.addWidget(uiWidget)
        self.ui = slicer.util.childWidgetVariables(uiWidget)
        uiWidget.setMRMLScene(slicer.mrmlScene)
        self.logic = M1SHThkLogic()
        # The newest position wins: a timer that is started again while it runs fires once.
        self._liveTimer = self._timer(LIVE_INTERVAL_MS, self.onLive)
        self._restTimer = self._timer(REST_INTERVAL_MS, self.onRest)

        self.addObserver(slicer.mrmlScene, slicer.mrmlScene.StartCloseEvent, self.onSceneStartClose)
        self.addObserver(slicer.mrmlScene, slicer.mrmlScene.EndCloseEvent, self.onSceneEndClose)
        self.addObserver(slicer.mrmlScene, slicer.mrmlScene.EndImportEvent, self.onSceneEndImport)
        self.addObserver(slicer.mrmlScene, slicer.mrmlScene.NodeRemovedEvent, self.onNodeRemoved)

        self.exam = ExamSection(self)
        self.drawing = Drawing(self)
        self.regions = RegionsSection(self)
        self.lineEdits = LineEdits(self)
        self.live = LiveReading(self)
        self.results = ResultsSection(self)
        self.study = StudySection(self)
        self._moduleLayout = ModuleLayout()
        self.ui.exportPathLineEdit.filters = ctk.ctkPathLineEdit.Dirs
        self.ui.echoFilePathLineEdit.filters = ctk.ctkPathLineEdit.Files
        self.ui.studyClinicalPathLineEdit.filters = ctk.ctkPathLineEdit.Files
        self.ui.studyReportPathLineEdit.filters = ctk.ctkPathLineEdit.Dirs
        for button, action in (
            (self.ui.openEchoFileButton, self.exam.on_open_file),
            (self.ui.combineEchoesButton, self.exam.on_combine),
            (self.ui.drawSpleniumButton, self.drawing.on_draw_splenium),
            (self.ui.drawWhiteMatterButton, self.drawing.on_draw_white_matter),
            (self.ui.drawLineButton, self.drawing.on_draw_line),
            (self.ui.addLineButton, self.drawing.on_add_line),
            (self.ui.redrawLineButton, self.drawing.on_redraw_line),
            (self.ui.clearLineButton, self.drawing.on_clear_lines),
            (self.ui.acceptButton, self.regions.on_accept),
            (self.ui.undoButton, self.lineEdits.on_undo),
            (self.ui.redoButton, self.lineEdits.on_redo),
            (self.ui.measureButton, self.onMeasureButton),
            (self.ui.resetSettingsButton, self.onResetSettings),
            (self.ui.exportResultsButton, self.results.on_export_results),
            (self.ui.exportExamButton, self.results.on_export_exam),
            (self.ui.copyTableButton, self.results.on_copy),
            (self.ui.addMeasurementsButton, self.study.on_add_measurements),
            (self.ui.clearMeasurementsButton, self.study.on_clear_measurements),
            (self.ui.analyseStudyButton, self.study.on_analyse),
            (self.ui.saveStudyReportButton, self.study.on_save_report),
        ):
            button.connect("clicked(bool)", action)
        self.ui.inputVolumeSelector.connect("currentNodeChanged(vtkMRMLNode*)", self.exam.on_volume_chosen)
        self.ui.echoSequenceSelector.connect("currentNodeChanged(vtkMRMLNode*)", self.exam.on_echoes_chosen)
        self.ui.echoVolumesSelector.connect("checkedNodesChanged()", self.exam.on_echoes_chosen)
        self.ui.echoCombinationComboBox.connect("currentIndexChanged(int)", self.exam.on_combination_chosen)
        self.ui.regionsTable.connect("currentCellChanged(int,int,int,int)", self.regions.on_chosen)
        self.ui.studyClinicalPathLineEdit.connect("currentPathChanged(QString)", self.study.on_clinical_chosen)
        self.ui.studyChartSelector.connect("currentNodeChanged(vtkMRMLNode*)", self.study.on_chart_chosen)
        self.ui.studyTableSelector.connect("currentNodeChanged(vtkMRMLNode*)", self.study.on_table_chosen)
        self.ui.studyCollapsibleButton.connect("contentsCollapsed(bool)", self.study.on_folded)
        actions = {
            "Ctrl+Z": self.lineEdits.on_undo,
            "Ctrl+Shift+Z": self.lineEdits.on_redo,
            "PgDown": lambda: self.selectRegion(self.row + 1),
            "PgUp": lambda: self.selectRegion(self.row - 1),
            "D": self.ui.drawLineButton.click,
            "W": self.ui.drawWhiteMatterButton.click,
            "S": self.ui.drawSpleniumButton.click,
            "Shift+A": self.ui.acceptButton.click,
            "Esc": self.stopDrawing,
        }
        self._keys = Keys(slicer.util.mainWindow() or uiWidget, actions)
        self.initializeParameterNode()

    def _timer(self, interval, action):
        timer = qt.QTimer()
        timer.setSingleShot(True)
        timer.setInterval(interval)
        timer.connect("timeout()", action)
        return timer

    def cleanup(self):
        """Called when the application closes and the module widget is destroyed."""
        self.leave()
        self.removeObservers()
        self._keys.remove()

    def enter(self):
        """Called each time the user opens this module."""
        self.initializeParameterNode()
        self._keys.set_enabled(True)
        self._moduleLayout.show()
        self.logic.showChart()

    def exit(self):
        """Called each time the user opens a different module."""
        self.leave()
        self._moduleLayout.leave()

    def leave(self):
        """Let go of everything that the module holds on to while it is shown."""
        self._keys.set_enabled(False)
        self.onRest()
        self.setParameterNode(None)

    def onReload(self):
        """Developer's reload: the library's modules are loaded anew with the script."""
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
        self.setParameterNode(None)
        self.logic.readAnew()
        if self.parent.isEntered:
            self.initializeParameterNode()
            register_layout()
            self.logic.showChart()

    @vtk.calldata_type(vtk.VTK_OBJECT)
    def onNodeRemoved(self, caller, event, node):
        """A deleted line, segmentation or volume leaves a clear state."""
        if not self.parameterNode or slicer.mrmlScene.IsClosing() or slicer.mrmlScene.IsImporting():
            return
        if any(node is observed for observed in self._observedNodes):
            self.lineEdits.forget(node)
            self.stopDrawing()
            self.live.expect(exam_nodes.REGION_KEYS)
            self.updatePanel()
            self._liveTimer.start()

    def initializeParameterNode(self):
        """Show the scene's parameter node; with a single volume in the scene, choose it."""
        if slicer.mrmlScene.IsClosing() or slicer.mrmlScene.IsImporting():
            return
        self.setParameterNode(self.logic.getParameterNode())
        if not self.parameterNode.inputVolume and slicer.mrmlScene.GetNumberOfNodesByClass(SCALAR_VOLUME) == 1:
            self.parameterNode.inputVolume = slicer.mrmlScene.GetFirstNodeByClass(SCALAR_VOLUME)

    def setParameterNode(self, parameterNode):
        """Connect the panel to a parameter node, or to none: then nothing in the scene is held."""
        if parameterNode is self.parameterNode:
            return
        if self.parameterNode:
            self.stopDrawing()
            self._liveTimer.stop()
            self._restTimer.stop()
            self.parameterNode.disconnectGui(self._parameterNodeGuiTag)
            self._parameterNodeGuiTag = None
            self.removeObserver(self.parameterNode, vtk.vtkCommand.ModifiedEvent, self.onParameterNodeModified)
            self._observe([])
            self.logic.showOverlay(None)
            self.drawing.release_editor()
        self.parameterNode = parameterNode
        self.live.begin()
        if self.parameterNode:
            self.lineEdits.begin()
            # What the scene holds is shown, not chosen anew: views, echo times and window stay as they are.
            self.isUpdating = True
            try:
                self._parameterNodeGuiTag = self.parameterNode.connectGui(self.ui)
            finally:
                self.isUpdating = False
            self.addObserver(self.parameterNode, vtk.vtkCommand.ModifiedEvent, self.onParameterNodeModified)
            self.drawing.hold_editor()
            self._settingsShown = self._settings()
            self.updatePanel()
            drawn = [
                key for key in exam_nodes.REGION_KEYS if exam_nodes.region_lines(self.parameterNode.parameterNode, key)
            ]
            self.live.expect(drawn)
            self.live.show()
            self._liveTimer.start()

    #
    # From the scene to the panel
    #

    @property
    def row(self):
        """Row of the selected region."""
        return min(max(self.parameterNode.selectedRegion, 0), 3) if self.parameterNode else 0

    @property
    def key(self):
        """Hemisphere and name of the selected region."""
        return exam_nodes.REGION_KEYS[self.row]

    def onParameterNodeModified(self, caller=None, event=None):
        """A choice, setting or result has changed, by hand or by a script."""
        if self.isUpdating or not self.parameterNode:
            return
        settings = self._settings()
        if settings != self._settingsShown:
            self._settingsShown = settings
            self.live.expect(exam_nodes.REGION_KEYS)
            self._liveTimer.start()
        self.updatePanel()

    def _settings(self):
        """What every measurement depends on besides the drawings."""
        node = self.parameterNode
        names = [exam_nodes.setting_parameter(name) for name in Settings().to_dict()]
        chosen = (node.inputVolume, node.references, node.spleniumSegmentID, node.overlayVisible)
        return chosen + tuple(getattr(node, name) for name in names)

    def updatePanel(self):
        """Bring everything that is not connected by itself on the panel."""
        if self.isUpdating or not self.parameterNode:
            return
        self.isUpdating = True
        try:
            self._observe(self._nodesInUse())
            for key in exam_nodes.REGION_KEYS:
                for line in self.logic.lines(key):
                    line.SetLocked(self.logic.ofRegion(key, "Accepted"))
            self.drawing.show()
            self.exam.show()
            self.regions.show()
            self.results.show()
            self.study.show()
        finally:
            self.isUpdating = False

    def _nodesInUse(self):
        node = self.parameterNode
        lines = [line for key in exam_nodes.REGION_KEYS for line in self.logic.lines(key)]
        return [used for used in (node.inputVolume, node.references, *lines) if used]

    def _observe(self, nodes):
        """Observe these nodes and no others."""
        if len(nodes) == len(self._observedNodes) and all(map(lambda a, b: a is b, nodes, self._observedNodes)):
            return
        for node in self._observedNodes:
            for observed, event, callback in self._observations(node):
                if self.hasObserver(observed, event, callback):
                    self.removeObserver(observed, event, callback)
        self._observedNodes = list(nodes)
        for node in nodes:
            for observed, event, callback in self._observations(node):
                self.addObserver(observed, event, callback)
            if node.IsA("vtkMRMLMarkupsCurveNode"):
                self.lineEdits.start(node)

    def _observations(self, node):
        markups = slicer.vtkMRMLMarkupsNode
        if node.IsA("vtkMRMLMarkupsCurveNode"):
            moves = (
                markups.PointModifiedEvent,
                markups.PointAddedEvent,
                slicer.vtkMRMLTransformableNode.TransformModifiedEvent,
            )
            edits = (markups.PointPositionDefinedEvent, markups.PointPositionUndefinedEvent, markups.PointRemovedEvent)
            return [
                *((node, event, self.onLineMoved) for event in moves),
                *((node, event, self.onLineEdited) for event in edits),
                (node, markups.PointStartInteractionEvent, self.onDragStarted),
                (node, markups.PointEndInteractionEvent, self.onDragEnded),
            ]
        if node.IsA("vtkMRMLSegmentationNode"):
            segmentation = slicer.vtkSegmentation
            events = (
                segmentation.SourceRepresentationModified,
                segmentation.SegmentModified,
                segmentation.SegmentRemoved,
            )
            return [
                *((node, event, self.onReferencesEdited) for event in events),
                (node, slicer.vtkMRMLTransformableNode.TransformModifiedEvent, self.onReferencesEdited),
            ]
        return [
            (node, slicer.vtkMRMLVolumeNode.ImageDataModifiedEvent, self.onReferencesEdited),
            (node, slicer.vtkMRMLTransformableNode.TransformModifiedEvent, self.onReferencesEdited),
        ]

    def observeInteraction(self, observed):
        """Hear, or no longer hear, how the reader ends placing points."""
        node = slicer.app.applicationLogic().GetInteractionNode()
        if not node:
            return
        observation = (node, node.InteractionModeChangedEvent, self.onInteractionModeChanged)
        if self.hasObserver(*observation) != observed:
            (self.addObserver if observed else self.removeObserver)(*observation)

    #
    # Live feedback
    #

    def onLineMoved(self, line, event):
        """A point moves, in a drag or by a script: measure as soon as there is time."""
        self.touchLine(line)

    def onLineEdited(self, line, event):
        """A point was placed or removed: one step of the history."""
        if not self.lineEdits.dragging:
            self.lineEdits.record(line)
        self.touchLine(line)

    def onDragStarted(self, line, event):
        """One drag is one step of the history."""
        self.lineEdits.dragging = True

    def onDragEnded(self, line, event):
        """The point is where the reader wants it."""
        self.lineEdits.dragging = False
        self.lineEdits.record(line)
        self.touchLine(line)

    def onReferencesEdited(self, caller, event):
        """A ROI or the image has changed: every region rests on it."""
        self.live.expect(exam_nodes.REGION_KEYS)
        self._liveTimer.start()

    def onInteractionModeChanged(self, interaction, event):
        """The reader ended placing by the mouse or a key."""
        if interaction.GetCurrentInteractionMode() != interaction.Place:
            self.ui.drawLineButton.checked = False

    def touchLine(self, line):
        """Measure the regions that a line belongs to as soon as there is time."""
        keys = [key for key in exam_nodes.REGION_KEYS if any(line is own for own in self.logic.lines(key))]
        self.live.expect(keys)
        self._liveTimer.start()

    def onLive(self):
        """Measure and show the region that is drawn; the others, and all intervals, wait until the hand rests."""
        if not self.parameterNode:
            return
        if self.live.measure_selected():
            self.live.show()
        self._restTimer.start()

    def onRest(self):
        """Add the confidence intervals and keep the results in the scene."""
        if not self.parameterNode or self.lineEdits.dragging:
            return
        # What has changed since the last live update is not measured yet.
        waiting = self._liveTimer.isActive()
        self._liveTimer.stop()
        finished = self.live.finish(anew=waiting)
        if finished:
            self.logic.storeRegions(finished)
            self.logic.showChart()
        self.updatePanel()
        if waiting:
            self.live.show()
        else:
            self.live.show_numbers()

    def selectRegion(self, row):
        """Show a region: jump to its slice, make its line editable, plot its profile."""
        if not self.parameterNode or not 0 <= row < 4:
            return
        self.stopDrawing()
        self.parameterNode.selectedRegion = row
        lines = exam_nodes.region_lines(self.parameterNode.parameterNode, self.key)
        if lines:
            region_nodes.show_on_slices(exam_nodes.points_from_curve(lines[-1]))
            if self.live.read(self.key) is None:
                self.live.expect([self.key])
        self.live.show()
        self.updatePanel()
        self._liveTimer.start()

    def stopDrawing(self):
        """End whatever is being drawn; what was drawn stays."""
        self.drawing.stop()

    def onMeasureButton(self, unused=None):
        """Measure every region that is drawn, with intervals."""
        self.live.begin(exam_nodes.REGION_KEYS)
        with slicer.util.WaitCursor():
            self.onRest()
        self.live.show()
        if not any(self.live.read(key) for key in exam_nodes.REGION_KEYS):
            slicer.util.errorDisplay("\n".join(self.live.faults()))

    def onResetSettings(self, unused=None):
        """Give every setting its default."""
        self.logic.setSettings(Settings())


class M1SHThkLogic(ScriptedLoadableModuleLogic):
    """Measures from MRML nodes and fills tables, plot and overlay; works without the panel."""

    def __init__(self):
        ScriptedLoadableModuleLogic.__init__(self)
        self._parameterNode = None
        self._reading = reading.Reading()
        self._outputs = outputs.Outputs()
        self._study = None

    def getParameterNode(self):
        """The scene's M1SHThkParameterNode; the same object as long as the node is the same."""
        node = super().getParameterNode()
        if self._parameterNode is None or self._parameterNode.parameterNode is not node:
            self._parameterNode = M1SHThkParameterNode(node)
        return self._parameterNode

    def readAnew(self):
        """After a scene was loaded: the wrapper was read while nodes that it refers to were still missing."""
        if self._parameterNode is not None:
            self._parameterNode.Modified()

    #
    # What is measured
    #

    def loadExam(self, exam):
        """Bring an exam in memory into the scene as nodes, chosen in the parameter node; returns the volume node."""
        parameterNode = self.getParameterNode()
        nodes = exam_nodes.add_exam(slicer.mrmlScene, exam)
        parameterNode.inputVolume = nodes["volume"]
        parameterNode.references = nodes["references"]
        parameterNode.spleniumSegmentID = nodes["splenium"]
        for key, (lines, whiteMatter) in nodes["regions"].items():
            for points in lines:
                region_nodes.set_points(self.addLine(key), points)
            self.setOfRegion(key, "WhiteMatterSegmentID", whiteMatter)
        parameterNode.subject = exam.subject
        parameterNode.session = exam.session or ""
        parameterNode.observer = exam.observer or ""
        parameterNode.group = exam.group or ""
        parameterNode.fieldStrength = exam.field_strength_tesla or 0.0
        self.setSettings(exam.settings)
        return nodes["volume"]

    def setSettings(self, settings):
        """Put M1SHThkLib.measuring.settings.Settings into the parameter node."""
        for name, value in settings.to_dict().items():
            setattr(self.getParameterNode(), exam_nodes.setting_parameter(name), value)

    def ofRegion(self, key, name):
        """A region's parameter: PialLines, WhiteMatterSegmentID or Accepted."""
        return getattr(self.getParameterNode(), exam_nodes.parameter_prefix(*key) + name)

    def setOfRegion(self, key, name, value):
        """Set a region's parameter."""
        setattr(self.getParameterNode(), exam_nodes.parameter_prefix(*key) + name, value)

    def lines(self, key):
        """The region's curve nodes that still exist, empty ones included."""
        return [line for line in self.ofRegion(key, "PialLines") if line]

    def addLine(self, key):
        """A new, empty pial line of a region."""
        lines = self.lines(key)
        line = region_nodes.add_pial_line(slicer.mrmlScene, key, len(lines) + 1)
        self.setOfRegion(key, "PialLines", [*lines, line])
        return line

    def spleniumSegment(self):
        """ID of the segment that the splenium is drawn in; made where it is missing."""
        return self._segment("spleniumSegmentID", "Splenium", region_nodes.SPLENIUM_COLOR)

    def whiteMatterSegment(self, key):
        """ID of the segment that a region's white matter is drawn in; made where it is missing."""
        name = exam_nodes.parameter_prefix(*key) + "WhiteMatterSegmentID"
        return self._segment(name, f"White matter {region_nodes.region_title(key)}", region_nodes.COLORS[key])

    def _segment(self, parameter, title, color):
        parameterNode = self.getParameterNode()
        if not parameterNode.inputVolume:
            raise ValueError(_("No volume is chosen; choose the T2*-weighted volume first."))
        if not parameterNode.references:
            parameterNode.references = region_nodes.add_references(slicer.mrmlScene, parameterNode.inputVolume)
        segmentation = parameterNode.references.GetSegmentation()
        if not segmentation.GetSegment(getattr(parameterNode, parameter)):
            setattr(
                parameterNode, parameter, region_nodes.add_reference_segment(parameterNode.references, title, color)
            )
        return getattr(parameterNode, parameter)

    def combineEchoes(self):
        """Combine the chosen echoes into a volume and choose it; returns warnings in words.

        :raises ValueError: says what is wrong with the echoes or their times
        """
        parameterNode = self.getParameterNode()
        volumes = self.echoes()
        times = echo_nodes.echo_times_from_text(parameterNode.echoTimes)
        source = parameterNode.echoSequence or volumes[0]
        method = parameterNode.echoCombination
        volume, warnings = echo_nodes.combine_echoes(slicer.mrmlScene, volumes, times, method, source.GetName())
        parameterNode.polarity = "bright" if method == "r2star" else "dark"
        parameterNode.inputVolume = volume
        return warnings

    def echoes(self):
        """The volumes of the chosen sequence, or the chosen volumes in the order of their echo times.

        :raises ValueError: if there are fewer than two
        """
        parameterNode = self.getParameterNode()
        if parameterNode.echoSequence:
            return echo_nodes.echo_volumes(parameterNode.echoSequence)
        volumes = [volume for volume in parameterNode.echoVolumes if volume]
        if len(volumes) < 2:
            raise ValueError(_("Choose a sequence, or two or more volumes, with one echo each."))
        return echo_nodes.in_order_of_time(volumes)

    #
    # Measuring
    #

    def measureRegion(self, key):
        """Measure a region as fast as a hand moves: no confidence intervals, nothing stored.

        :return: M1SHThkLib.scene.reading.Read: image and measurement
        :raises ValueError: says what is missing or faulty and what to do
        """
        return self._reading.measure(self.getParameterNode().parameterNode, key)

    def splenium(self):
        """Mean and area of the splenium: M1SHThkLib.measuring.measurement.Reference.

        :raises ValueError: if it is not drawn
        """
        return self._reading.splenium(self.getParameterNode().parameterNode)

    def storeRegions(self, measurements):
        """Keep measurements, by region, in the scene; a region without one (None) is taken out."""
        parameterNode = self.getParameterNode()
        stored = tables.updated_results(parameterNode.results, measurements)
        if stored != parameterNode.results:
            parameterNode.results = stored
            self.showTables()

    def measure(self):
        """Measure every region of the scene's exam that has a pial line, and fill the output nodes.

        :return: one M1SHThkLib.measuring.measurement.Measurement a region
        :raises ValueError: names the node that is missing or faulty and what to do
        """
        parameterNode = self.getParameterNode()
        exam = exam_nodes.exam_from_parameters(parameterNode.parameterNode)
        measurements = measure_exam(exam)
        byRegion = dict.fromkeys(exam_nodes.REGION_KEYS)
        byRegion.update({(m.hemisphere, m.region): m for m in measurements})
        self.storeRegions(byRegion)
        self.showRegion(reading.Read(exam.image, measurements[0]))
        return measurements

    #
    # Showing
    #

    def showTables(self):
        """Fill the tables from the results that the parameter node keeps in full precision."""
        self._outputs.show_tables(self.getParameterNode())

    def showRegion(self, read):
        """Show a measured region in plot and overlay; None empties both."""
        self._outputs.show_region(self.getParameterNode(), read)

    def showOverlay(self, read):
        """Show normals and layer of a measured region on its slice; None hides them."""
        self._outputs.show_overlay(self.getParameterNode(), read)

    def showChart(self):
        """Show the plot and the summary of the measurements in the layout's views; without any, those of the study."""
        parameterNode = self.getParameterNode()
        outputs.show_in_views(
            parameterNode.plotChart or parameterNode.studyChart, parameterNode.summaryTable or parameterNode.studyTable
        )

    #
    # Export
    #

    def exportResults(self, folder):
        """Write the stored results as the command line does: measurements.tsv, profiles.tsv, provenance.json.

        :raises ValueError: if nothing is measured, or the folder cannot be written
        """
        parameterNode = self.getParameterNode()
        identity = exam_nodes.identity_from_parameters(parameterNode.parameterNode)
        rows = tables.measurement_rows(parameterNode.results, identity)
        if not rows:
            raise ValueError(_("Nothing is measured yet; draw and measure a region first."))
        provenance = {
            **program(),
            "slicer": slicer.app.applicationVersion,
            **identity,
            **exam_nodes.origin_from_parameters(parameterNode.parameterNode),
            "settings": tables.stored_settings(parameterNode.results),
        }
        profiles = tables.all_profile_rows(parameterNode.results, identity)
        write_results(folder, MEASUREMENT_COLUMNS, rows, PROFILE_COLUMNS, profiles, provenance)

    def tableText(self):
        """The measurements as tab-separated text with a header line.

        :raises ValueError: if nothing is measured
        """
        parameterNode = self.getParameterNode()
        identity = exam_nodes.identity_from_parameters(parameterNode.parameterNode)
        rows = tables.measurement_rows(parameterNode.results, identity)
        if not rows:
            raise ValueError(_("Nothing is measured yet; draw and measure a region first."))
        cells = [["n/a" if value is None else str(value) for value in row] for row in rows]
        header = [column.name for column in MEASUREMENT_COLUMNS]
        return "\n".join("\t".join(row) for row in [header, *cells])

    def exportExam(self, folder):
        """Write exam.json with its files, from which the command line gives the same numbers; returns its path.

        :raises ValueError: if the exam is incomplete, or the folder cannot be written
        """
        description = exam_export.write_exam_nodes(made_folder(folder), self.getParameterNode().parameterNode)
        path = os.path.join(folder, "exam.json")
        write_json(path, description)
        return path

    #
    # Study
    #

    def analyseStudy(self, measurementPaths, clinicalPath):
        """Analyse a study as the command line does, and show what was found as tables and plots.

        :param measurementPaths: tables measurements.tsv
        :param clinicalPath: the clinical table
        :return: M1SHThkLib.cohort.analysis.Cohort
        :raises ValueError: names the file, what is wrong with it and what would be right
        """
        # Slicer starts without what only a study needs.
        from M1SHThkLib.cohort.analysis import analyse
        from M1SHThkLib.cohort.options import CohortOptions
        from M1SHThkLib.files.cohort_tables import CLINICAL_COLUMNS, inputs_of, read_studies
        from M1SHThkLib.files.described_tables import read_described_table
        from M1SHThkLib.scene import cohort_nodes

        if not measurementPaths or not clinicalPath:
            raise ValueError(_("Tables are missing; choose measurements and a clinical table in the Study section."))
        parameterNode = self.getParameterNode()
        parameterNode.studyMeasurements = [str(path) for path in measurementPaths]
        parameterNode.studyClinical = str(clinicalPath)
        inputs = inputs_of(measurementPaths, clinicalPath)
        studies, notes = read_studies(measurementPaths, clinicalPath)
        cohort = analyse(studies, CohortOptions(), notes=notes)
        tables = {}
        for number, path in enumerate(measurementPaths, 1):
            title = "measurements" if len(measurementPaths) == 1 else f"measurements {number}"
            tables[title] = read_described_table(path, MEASUREMENT_COLUMNS)
        tables["clinical table"] = read_described_table(clinicalPath, CLINICAL_COLUMNS)
        record = json.dumps({**program(), "inputs": inputs, **cohort.to_dict()}, allow_nan=False)
        findings, text, charts = cohort_nodes.show_cohort(slicer.mrmlScene, cohort, record, tables)
        parameterNode.studySummary = f"{NOTICE}\n\n{cohort_nodes.summary(cohort)}"
        parameterNode.studyRecord = text
        parameterNode.studyTable = findings
        parameterNode.studyChart = charts[0]
        self._study = inputs, cohort
        return cohort

    def saveStudyReport(self, folder):
        """Write the study's folder as the command line does: report.html, cohort.json, tables, and figures.

        Figures are drawn where matplotlib can be imported.

        :raises ValueError: if the study cannot be analysed, or the folder cannot be written
        """
        from M1SHThkLib.files.cohort_results import write_cohort
        from M1SHThkLib.files.cohort_tables import inputs_of
        from M1SHThkLib.reports.cohort_figures import draw_cohort
        from M1SHThkLib.reports.cohort_report import report_page

        parameterNode = self.getParameterNode()
        paths, clinicalPath = list(parameterNode.studyMeasurements), parameterNode.studyClinical
        # The scene keeps the results, not what the report is drawn from; after loading it, or with other files,
        # the study is analysed anew.
        if not paths or not clinicalPath or self._study is None or inputs_of(paths, clinicalPath) != self._study[0]:
            self.analyseStudy(paths, clinicalPath)
        inputs, cohort = self._study
        provenance = {**program(), "inputs": inputs}
        pictures = draw_cohort(cohort)
        write_cohort(folder, cohort, provenance, report_page(cohort, provenance, pictures), pictures or ())


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
        self.setUp()
        self.test_StudyIsAnalysed()

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
        kept = tables.stored_values(logic.getParameterNode().results)
        after = logic.measure()
        self.assertEqual([(m.hemisphere, m.region) for m in after], list(kept))
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

    def test_StudyIsAnalysed(self):
        self.delayDisplay("Analysing a small study")
        # Of 4 x 4 pairs the patient has the greater value in 14, and one is a tie.
        greatest = {"patient": (0.20, 0.12, 0.09, 0.06), "control": (0.08, 0.06, 0.05, 0.03)}
        measured = [column.name for column in MEASUREMENT_COLUMNS]
        with tempfile.TemporaryDirectory() as folder:
            rows, persons = [], []
            for group, values in greatest.items():
                for number, value in enumerate(values):
                    subject = f"{group}{number}"
                    persons.append({"subject": subject, "group": group, "field_strength_t": 3.0})
                    for which, (hemisphere, region) in enumerate(exam_nodes.REGION_KEYS):
                        row = {"subject": subject, "group": group, "field_strength_t": 3.0}
                        row |= {"hemisphere": hemisphere, "region": region, "thk_mm": 1.5}
                        rows.append(row | {"sh_thk_per_mm": value / (which + 1), "sh": 1.5 * value / (which + 1)})
            clinical = ["subject", "group", "age", "sex", "field_strength_t", "umn_scale", "umn_limb_max"]
            clinical += ["umn_right_arm", "umn_left_arm", "umn_right_leg", "umn_left_leg", "umn_total"]
            paths = [os.path.join(folder, name) for name in ("measurements.tsv", "clinical.tsv")]
            for path, columns, table in ((paths[0], measured, rows), (paths[1], clinical, persons)):
                write_tsv(path, columns, [[row.get(name) for name in columns] for row in table])
            logic = M1SHThkLogic()
            cohort = logic.analyseStudy(paths[:1], paths[1])
            logic.saveStudyReport(os.path.join(folder, "report"))
            self.assertTrue(os.path.getsize(os.path.join(folder, "report", "report.html")))
        (area,) = (
            finding.estimate
            for finding in cohort.findings[3.0]
            if (finding.analysis, finding.quantity, finding.labels.get("marker")) == ("roc", "AUC", "sh_thk_per_mm")
            and finding.labels["selection"] == "symmetric"
        )
        self.assertAlmostEqual(area, 14.5 / 16)
        parameterNode = logic.getParameterNode()
        words = parameterNode.studyTable.GetTable().GetColumnByName("In words")
        self.assertTrue(any("AUC 0.91" in words.GetValue(row) for row in range(words.GetNumberOfValues())))
        medians = parameterNode.studyChart.GetNthPlotSeriesNode(2).GetTableNode().GetTable().GetColumnByName("y")
        self.assertAlmostEqual(medians.GetValue(0), 0.055)
        self.delayDisplay("Test passed")
