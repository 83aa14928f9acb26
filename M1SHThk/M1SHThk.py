"""The M1SHThk module of 3D Slicer: SH/Thk of the deep layers of the primary motor cortex."""

import os
import sys
import tempfile
from contextlib import contextmanager
from typing import Annotated

import ctk
import numpy as np
import qt
import slicer
import vtk
from M1SHThkLib import __version__
from M1SHThkLib.columns import MEASUREMENT_COLUMNS, PROFILE_COLUMNS
from M1SHThkLib.files import made_folder, write_json
from M1SHThkLib.flags import FLAGS
from M1SHThkLib.line_history import LineHistory
from M1SHThkLib.measurement import SMALLEST_SPLENIUM_MM2, measure_exam, with_intervals
from M1SHThkLib.phantom import PhantomOptions, make_phantom
from M1SHThkLib.result_files import write_results
from M1SHThkLib.scene import echo_nodes, exam_export, exam_nodes, overlay, plot, reading, region_nodes, tables
from M1SHThkLib.settings import Settings
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
LAYOUT_ID, DEFAULT_LAYOUT_ID = 5018, 3  # ours; Slicer's four-up view
LAYOUT = """
<layout type="horizontal" split="true">
  <item splitSize="600">
    <view class="vtkMRMLSliceNode" singletontag="Red">
      <property name="orientation" action="default">Axial</property>
      <property name="viewlabel" action="default">R</property>
      <property name="viewcolor" action="default">#F34A33</property>
    </view>
  </item>
  <item splitSize="400">
    <layout type="vertical" split="true">
      <item splitSize="650">
        <view class="vtkMRMLPlotViewNode" singletontag="PlotView1">
          <property name="viewlabel" action="default">1</property>
        </view>
      </item>
      <item splitSize="350">
        <view class="vtkMRMLTableViewNode" singletontag="TableView1">
          <property name="viewlabel" action="default">T</property>
        </view>
      </item>
    </layout>
  </item>
</layout>
"""


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
        slicer.app.connect("startupCompleted()", registerLayoutAtStartup)


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


def registerLayoutAtStartup():
    """A layout that a loaded scene names must be known before; without a main window there is none."""
    if slicer.app.layoutManager():
        registerLayout()


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
    smoothingMm ... seed - The settings of the measurement, as M1SHThkLib.settings explains them.
    selectedRegion - Row of the region that is shown and drawn.
    results - The results in full precision, by region, which the tables show.
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


class M1SHThkWidget(ScriptedLoadableModuleWidget, VTKObservationMixin):
    """The module's panel: a guided reading of the four regions, with live feedback."""

    def __init__(self, parent=None):
        ScriptedLoadableModuleWidget.__init__(self, parent)
        VTKObservationMixin.__init__(self)
        self.logic = None
        self._parameterNode = None
        self._parameterNodeGuiTag = None
        self._updating = False
        self._history = LineHistory()
        self._observedNodes = []
        self._dragging = False
        self._pending = set()
        self._read = {}
        self._layoutBefore = None
        self._shortcuts = []

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

        self._setUpRegionsTable()
        self.ui.exportPathLineEdit.filters = ctk.ctkPathLineEdit.Dirs
        self.ui.echoFilePathLineEdit.filters = ctk.ctkPathLineEdit.Files
        for button, action in (
            (self.ui.openEchoFileButton, self.onOpenEchoFile),
            (self.ui.combineEchoesButton, self.onCombineEchoes),
            (self.ui.drawSpleniumButton, self.onDrawSplenium),
            (self.ui.drawWhiteMatterButton, self.onDrawWhiteMatter),
            (self.ui.drawLineButton, self.onDrawLine),
            (self.ui.addLineButton, self.onAddLine),
            (self.ui.redrawLineButton, self.onRedrawLine),
            (self.ui.clearLineButton, self.onClearLines),
            (self.ui.acceptButton, self.onAccept),
            (self.ui.undoButton, self.onUndo),
            (self.ui.redoButton, self.onRedo),
            (self.ui.measureButton, self.onMeasureButton),
            (self.ui.resetSettingsButton, self.onResetSettings),
            (self.ui.exportResultsButton, self.onExportResults),
            (self.ui.exportExamButton, self.onExportExam),
            (self.ui.copyTableButton, self.onCopyTable),
        ):
            button.connect("clicked(bool)", action)
        self.ui.inputVolumeSelector.connect("currentNodeChanged(vtkMRMLNode*)", self.onVolumeChosen)
        self.ui.echoSequenceSelector.connect("currentNodeChanged(vtkMRMLNode*)", self.onEchoesChosen)
        self.ui.echoVolumesSelector.connect("checkedNodesChanged()", self.onEchoesChosen)
        self.ui.echoCombinationComboBox.connect("currentIndexChanged(int)", self.onCombinationChosen)
        self.ui.regionsTable.connect("currentCellChanged(int,int,int,int)", self.onRegionChosen)
        for keys, action in (
            ("Ctrl+Z", self.onUndo),
            ("Ctrl+Shift+Z", self.onRedo),
            ("PgDown", lambda: self.selectRegion(self._row() + 1)),
            ("PgUp", lambda: self.selectRegion(self._row() - 1)),
            ("D", self.ui.drawLineButton.click),
            ("W", self.ui.drawWhiteMatterButton.click),
            ("S", self.ui.drawSpleniumButton.click),
            ("Shift+A", self.ui.acceptButton.click),
            ("Esc", self.stopDrawing),
        ):
            shortcut = qt.QShortcut(qt.QKeySequence(keys), slicer.util.mainWindow() or uiWidget)
            shortcut.setEnabled(False)
            shortcut.connect("activated()", action)
            self._shortcuts.append(shortcut)
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
        for shortcut in self._shortcuts:
            shortcut.setParent(None)
        self._shortcuts = []

    def enter(self):
        """Called each time the user opens this module."""
        self.initializeParameterNode()
        for shortcut in self._shortcuts:
            shortcut.setEnabled(True)
        layoutManager = slicer.app.layoutManager()
        if layoutManager and layoutManager.layout != LAYOUT_ID:
            self._layoutBefore = layoutManager.layout
            registerLayout()
            layoutManager.setLayout(LAYOUT_ID)
        self.logic.showChart()

    def exit(self):
        """Called each time the user opens a different module."""
        self.leave()
        layoutManager = slicer.app.layoutManager()
        # Whoever has changed the layout meanwhile keeps it; a layout of ours is never what we come back to.
        if layoutManager and layoutManager.layout == LAYOUT_ID:
            layoutManager.setLayout(self._layoutBefore or DEFAULT_LAYOUT_ID)

    def leave(self):
        """Let go of everything that the module holds on to while it is shown."""
        for shortcut in self._shortcuts:
            shortcut.setEnabled(False)
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
            registerLayout()
            self.logic.showChart()

    @vtk.calldata_type(vtk.VTK_OBJECT)
    def onNodeRemoved(self, caller, event, node):
        """A deleted line, segmentation or volume leaves a clear state."""
        if not self._parameterNode or slicer.mrmlScene.IsClosing() or slicer.mrmlScene.IsImporting():
            return
        if any(node is observed for observed in self._observedNodes):
            self._history.forget(node.GetID())
            self.stopDrawing()
            self._pending.update(exam_nodes.REGION_KEYS)
            self.updatePanel()
            self._liveTimer.start()

    def initializeParameterNode(self):
        """Show the scene's parameter node; with a single volume in the scene, choose it."""
        if slicer.mrmlScene.IsClosing() or slicer.mrmlScene.IsImporting():
            return
        self.setParameterNode(self.logic.getParameterNode())
        if not self._parameterNode.inputVolume and slicer.mrmlScene.GetNumberOfNodesByClass(SCALAR_VOLUME) == 1:
            self._parameterNode.inputVolume = slicer.mrmlScene.GetFirstNodeByClass(SCALAR_VOLUME)

    def setParameterNode(self, parameterNode):
        """Connect the panel to a parameter node, or to none: then nothing in the scene is held."""
        if parameterNode is self._parameterNode:
            return
        if self._parameterNode:
            self.stopDrawing()
            self._liveTimer.stop()
            self._restTimer.stop()
            self._parameterNode.disconnectGui(self._parameterNodeGuiTag)
            self._parameterNodeGuiTag = None
            self.removeObserver(self._parameterNode, vtk.vtkCommand.ModifiedEvent, self.onParameterNodeModified)
            self._observe([])
            self.logic.showOverlay(None)
            self.ui.segmentEditorWidget.setMRMLSegmentEditorNode(None)
            self.ui.segmentEditorWidget.removeViewObservations()
        self._parameterNode = parameterNode
        self._pending, self._read = set(), {}
        if self._parameterNode:
            self._history = LineHistory()
            # What the scene holds is shown, not chosen anew: views, echo times and window stay as they are.
            self._updating = True
            try:
                self._parameterNodeGuiTag = self._parameterNode.connectGui(self.ui)
            finally:
                self._updating = False
            self.addObserver(self._parameterNode, vtk.vtkCommand.ModifiedEvent, self.onParameterNodeModified)
            self.ui.segmentEditorWidget.setMRMLSegmentEditorNode(segmentEditorNode())
            self.ui.segmentEditorWidget.setupViewObservations()
            self._settingsShown = self._settings()
            self.updatePanel()
            for key in exam_nodes.REGION_KEYS:
                if exam_nodes.region_lines(self._parameterNode.parameterNode, key):
                    self._pending.add(key)
            self.showSelectedRegion()
            self._liveTimer.start()

    #
    # From the scene to the panel
    #

    def onParameterNodeModified(self, caller=None, event=None):
        """A choice, setting or result has changed, by hand or by a script."""
        if self._updating or not self._parameterNode:
            return
        settings = self._settings()
        if settings != self._settingsShown:
            self._settingsShown = settings
            self._pending.update(exam_nodes.REGION_KEYS)
            self._liveTimer.start()
        self.updatePanel()

    def _settings(self):
        """What every measurement depends on besides the drawings."""
        node = self._parameterNode
        names = [exam_nodes.setting_parameter(name) for name in Settings().to_dict()]
        chosen = (node.inputVolume, node.references, node.spleniumSegmentID, node.overlayVisible)
        return chosen + tuple(getattr(node, name) for name in names)

    def updatePanel(self):
        """Bring everything that is not connected by itself on the panel."""
        if self._updating or not self._parameterNode:
            return
        self._updating = True
        try:
            node = self._parameterNode
            self._observe(self._nodesInUse())
            for key in exam_nodes.REGION_KEYS:
                for line in self.logic.lines(key):
                    line.SetLocked(self.logic.ofRegion(key, "Accepted"))
            self.ui.segmentEditorWidget.setSegmentationNode(node.references)
            self.ui.segmentEditorWidget.setSourceVolumeNode(node.inputVolume)
            self._showEchoes()
            self._showCombinations()
            self._showSplenium()
            self._fillRegionsTable()
            self._showSelection()
            self._showGreatest()
        finally:
            self._updating = False

    def _nodesInUse(self):
        node = self._parameterNode
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
                self._history.start(node.GetID(), exam_nodes.points_from_curve(node))

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

    #
    # Live feedback
    #

    def onLineMoved(self, line, event):
        """A point moves, in a drag or by a script: measure as soon as there is time."""
        self._touch(line)

    def onLineEdited(self, line, event):
        """A point was placed or removed: one step of the history."""
        if not self._dragging:
            self._record(line)
        self._touch(line)

    def onDragStarted(self, line, event):
        """One drag is one step of the history."""
        self._dragging = True

    def onDragEnded(self, line, event):
        """The point is where the reader wants it."""
        self._dragging = False
        self._record(line)
        self._touch(line)

    def onReferencesEdited(self, caller, event):
        """A ROI or the image has changed: every region rests on it."""
        self._pending.update(exam_nodes.REGION_KEYS)
        self._liveTimer.start()

    def _record(self, line):
        if self._history.record(line.GetID(), exam_nodes.points_from_curve(line)):
            self._showHistory()

    def _touch(self, line):
        for key in exam_nodes.REGION_KEYS:
            if any(line is own for own in self.logic.lines(key)):
                self._pending.add(key)
        self._liveTimer.start()

    def onLive(self):
        """Measure and show the region that is drawn; the others, and all intervals, wait until the hand rests."""
        if not self._parameterNode:
            return
        key = self._key()
        if key in self._pending:
            self._measure(key)
            self.showSelectedRegion()
        self._restTimer.start()

    def onRest(self):
        """Add the confidence intervals and keep the results in the scene."""
        if not self._parameterNode or self._dragging:
            return
        # What has changed since the last live update is not measured yet.
        waiting = self._liveTimer.isActive()
        self._liveTimer.stop()
        finished = {}
        for key in exam_nodes.REGION_KEYS:
            if key in self._pending:
                isMeasured = key == self._key() and key in self._read and not waiting
                read = self._read[key] if isMeasured else self._measure(key)
                if isinstance(read, reading.Read):
                    read = reading.Read(read.image, with_intervals(read.measurement))
                self._read[key] = read
                finished[key] = read.measurement if isinstance(read, reading.Read) else None
        self._pending = set()
        if finished:
            self.logic.storeRegions(finished)
            self.logic.showChart()
        self.updatePanel()
        if waiting:
            self.showSelectedRegion()
        else:
            self.showNumbers()

    def _measure(self, key):
        """Measure a region now; what cannot be measured is remembered as the sentence that says why."""
        try:
            self._read[key] = self.logic.measureRegion(key)
        except ValueError as error:
            self._read[key] = str(error)
        return self._read[key]

    def showSelectedRegion(self):
        """Plot, overlay and numbers of the selected region."""
        read = self._read.get(self._key())
        self.logic.showRegion(read if isinstance(read, reading.Read) else None)
        self.showNumbers()

    def showNumbers(self):
        """Numbers and flags of the selected region in words."""
        read = self._read.get(self._key())
        if isinstance(read, reading.Read):
            self.ui.numbersLabel.text = inWords(read.measurement)
            self.ui.flagsLabel.text = "\n".join(_(FLAGS[flag]) for flag in read.measurement.flags)
            self._fillRow(self._row(), valuesOf(read.measurement))
        else:
            self.ui.numbersLabel.text = ""
            self.ui.flagsLabel.text = read[:1].upper() + read[1:] if read else ""

    #
    # Exam
    #

    def onVolumeChosen(self, volume):
        """Turn the views to the slices that were acquired, at a sensible window and level."""
        if self._updating or not self._parameterNode or not volume:
            return
        if self._parameterNode.references:
            region_nodes.fit_references(self._parameterNode.references, volume)
        if volume.GetDisplayNode():
            volume.GetDisplayNode().SetAutoWindowLevel(True)
        if slicer.app.layoutManager():
            slicer.util.setSliceViewerLayers(background=volume, fit=True, rotateToVolumePlane=True)

    def onEchoesChosen(self, unused=None):
        """Show the echo times that the data carry, and how many echoes there are to choose from."""
        if self._updating or not self._parameterNode:
            return
        self._parameterNode.echoSequence = self.ui.echoSequenceSelector.currentNode()
        self._parameterNode.echoVolumes = list(self.ui.echoVolumesSelector.checkedNodes())
        self.ui.echoMessageLabel.text = ""
        try:
            volumes = self.logic.echoes()
        except ValueError:
            return  # not chosen yet; Combine says what is missing
        times = echo_nodes.echo_times_of(volumes)
        if times:
            self._parameterNode.echoTimes = ", ".join(f"{time:g}" for time in times)
            self.ui.echoMessageLabel.text = _("Echo times were read from the data; check them.")
        else:
            self.ui.echoMessageLabel.text = _("The data carry no echo times; enter them for R2*.")
        self.updatePanel()

    def onOpenEchoFile(self, unused=None):
        """Open a 4D NIfTI file as a sequence."""
        with self.errorsInWords():
            path = self.ui.echoFilePathLineEdit.currentPath
            self._parameterNode.echoSequence = echo_nodes.open_nifti_sequence(slicer.mrmlScene, path)

    def _showEchoes(self):
        # Times that were read while the panel was being brought in line with the scene are not shown by themselves.
        if self.ui.echoTimesLineEdit.text != self._parameterNode.echoTimes:
            self.ui.echoTimesLineEdit.text = self._parameterNode.echoTimes
        selector = self.ui.echoVolumesSelector
        chosen = [volume for volume in self._parameterNode.echoVolumes if volume]
        for index in range(selector.nodeCount()):
            volume = selector.nodeFromIndex(index)
            isChosen = any(volume is other for other in chosen)
            if isChosen != any(volume is other for other in selector.checkedNodes()):
                (selector.check if isChosen else selector.uncheck)(volume)

    def _showCombinations(self):
        box, node = self.ui.echoCombinationComboBox, self._parameterNode
        count = node.echoSequence.GetNumberOfDataNodes() if node.echoSequence else len(node.echoVolumes)
        wanted = ["mean", "rss", *(f"echo-{number + 1}" for number in range(count)), "r2star"]
        if node.echoCombination not in wanted:
            wanted.append(node.echoCombination)
        if [box.itemText(index) for index in range(box.count)] != wanted:
            box.clear()
            box.addItems(wanted)
        box.setCurrentIndex(wanted.index(node.echoCombination))

    def onCombinationChosen(self, index):
        """Keep how the echoes shall be combined."""
        if not self._updating and self._parameterNode:
            self._parameterNode.echoCombination = self.ui.echoCombinationComboBox.currentText

    def onCombineEchoes(self, unused=None):
        """Combine the echoes and measure the outcome."""
        with self.errorsInWords():
            warnings = self.logic.combineEchoes()
            self.ui.echoMessageLabel.text = "\n".join([_("The combined volume is chosen."), *warnings])

    #
    # References
    #

    def onDrawSplenium(self, checked=True):
        """Draw the splenium in the segment editor."""
        self._drawSegment(checked, self.logic.spleniumSegment, self.ui.drawSpleniumButton)

    def onDrawWhiteMatter(self, checked=True):
        """Draw the selected region's white matter in the segment editor."""
        key = self._key()
        self._drawSegment(checked, lambda: self.logic.whiteMatterSegment(key), self.ui.drawWhiteMatterButton)

    def _drawSegment(self, checked, segment, button):
        self.stopDrawing()
        if not checked:
            return
        with self.errorsInWords():
            segmentID = segment()
            self.updatePanel()
            editor = self.ui.segmentEditorWidget
            editor.setCurrentSegmentID(segmentID)
            editor.setActiveEffectByName("Draw")
            button.checked = True

    def _showSplenium(self):
        try:
            splenium = self.logic.splenium()
        except ValueError:
            self.ui.spleniumLabel.text = _("Splenium: not drawn yet.")
            return
        text = _("Splenium: {area:.1f} mm2, mean intensity {mean:.4g}.").format(
            area=splenium.area_mm2, mean=splenium.mean
        )
        if splenium.area_mm2 < SMALLEST_SPLENIUM_MM2:
            text += " " + _("Too small: the method needs at least 5 mm2. Draw it larger.")
        self.ui.spleniumLabel.text = text

    #
    # Regions
    #

    def _setUpRegionsTable(self):
        table = self.ui.regionsTable
        table.setHorizontalHeaderLabels([_("Region"), _("State"), "SH", _("Thk,\nmm"), _("SH/Thk,\n1/mm")])
        table.verticalHeader().setVisible(False)
        table.horizontalHeader().setStretchLastSection(True)
        for row, key in enumerate(exam_nodes.REGION_KEYS):
            for column in range(5):
                table.setItem(row, column, qt.QTableWidgetItem(""))
            title = region_nodes.region_title(key).capitalize()
            table.item(row, 0).setText(title.replace(" lobule", ""))
            table.item(row, 0).setToolTip(title)

    def _fillRegionsTable(self):
        stored = tables.stored_values(self._parameterNode.results)
        for row, key in enumerate(exam_nodes.REGION_KEYS):
            self.ui.regionsTable.item(row, 1).setText(self._state(key, key in stored))
            self._fillRow(row, stored.get(key))
        self.ui.regionsTable.resizeColumnsToContents()
        self.ui.regionsTable.resizeRowsToContents()
        if self.ui.regionsTable.currentRow() != self._row():
            self.ui.regionsTable.setCurrentCell(self._row(), 0)

    def _state(self, key, measured):
        if self.logic.ofRegion(key, "Accepted"):
            return _("accepted")
        if measured:
            return _("measured")
        drawn = exam_nodes.region_lines(self._parameterNode.parameterNode, key)
        return _("drawn") if drawn else _("to do")

    def _fillRow(self, row, values):
        for column, name, digits in ((2, "sh", 3), (3, "thk_mm", 2), (4, "sh_thk_per_mm", 3)):
            item, text = self.ui.regionsTable.item(row, column), ""
            if values:
                # The interval of the marker alone: all three would not fit the panel; the others are in the tip.
                text = withInterval(values, name, digits, interval=name == "sh_thk_per_mm").replace(" [", "\n[")
                item.setToolTip(withInterval(values, name, digits))
            if item.text() != text:
                item.setText(text)

    def _row(self):
        return min(max(self._parameterNode.selectedRegion, 0), 3) if self._parameterNode else 0

    def _key(self):
        return exam_nodes.REGION_KEYS[self._row()]

    def onRegionChosen(self, row, column=0, previousRow=0, previousColumn=0):
        """A row was clicked."""
        if not self._updating and self._parameterNode and 0 <= row < 4 and row != self._row():
            self.selectRegion(row)

    def selectRegion(self, row):
        """Show a region: jump to its slice, make its line editable, plot its profile."""
        if not self._parameterNode or not 0 <= row < 4:
            return
        self.stopDrawing()
        self._parameterNode.selectedRegion = row
        key = self._key()
        lines = exam_nodes.region_lines(self._parameterNode.parameterNode, key)
        if lines:
            region_nodes.show_on_slices(exam_nodes.points_from_curve(lines[-1]))
            if not isinstance(self._read.get(key), reading.Read):
                self._pending.add(key)
        self.showSelectedRegion()
        self.updatePanel()
        self._liveTimer.start()

    def _showSelection(self):
        key = self._key()
        accepted = self.logic.ofRegion(key, "Accepted")
        measured = isinstance(self._read.get(key), reading.Read)
        self.ui.acceptButton.checked = accepted
        self.ui.acceptButton.text = _("Reopen") if accepted else _("Accept")
        self.ui.acceptButton.enabled = accepted or measured
        for button in (
            self.ui.drawLineButton,
            self.ui.addLineButton,
            self.ui.redrawLineButton,
            self.ui.clearLineButton,
        ):
            button.enabled = bool(self._parameterNode.inputVolume) and not accepted
        self._showHistory()

    def onDrawLine(self, checked=True):
        """Place points on the region's last line, after those that it has."""
        self.stopDrawing()
        if checked:
            key = self._key()
            lines = self.logic.lines(key)
            self._place(lines[-1] if lines else self.logic.addLine(key))

    def onAddLine(self, unused=None):
        """Start another line of the region."""
        self.stopDrawing()
        lines = self.logic.lines(self._key())
        empty = [line for line in lines if not line.GetNumberOfDefinedControlPoints()]
        self._place(empty[0] if empty else self.logic.addLine(self._key()))

    def onRedrawLine(self, unused=None):
        """Clear the line that was drawn last and draw it anew."""
        self.stopDrawing()
        lines = self.logic.lines(self._key())
        if lines:
            self.setPoints(lines[-1], np.empty((0, 3)))
        self._place(lines[-1] if lines else self.logic.addLine(self._key()))

    def onClearLines(self, unused=None):
        """Remove every point of the region's lines; undo brings them back."""
        self.stopDrawing()
        for line in self.logic.lines(self._key()):
            self.setPoints(line, np.empty((0, 3)))

    def _place(self, line):
        self.updatePanel()
        selection = slicer.app.applicationLogic().GetSelectionNode()
        selection.SetReferenceActivePlaceNodeClassName(line.GetClassName())
        selection.SetActivePlaceNodeID(line.GetID())
        interaction = slicer.app.applicationLogic().GetInteractionNode()
        interaction.SetPlaceModePersistence(1)
        interaction.SetCurrentInteractionMode(interaction.Place)
        if not self.hasObserver(interaction, interaction.InteractionModeChangedEvent, self.onInteractionModeChanged):
            self.addObserver(interaction, interaction.InteractionModeChangedEvent, self.onInteractionModeChanged)
        self.ui.drawLineButton.checked = True

    def onInteractionModeChanged(self, interaction, event):
        """The reader ended placing by the mouse or a key."""
        if interaction.GetCurrentInteractionMode() != interaction.Place:
            self.ui.drawLineButton.checked = False

    def stopDrawing(self):
        """End whatever is being drawn; what was drawn stays."""
        interaction = slicer.app.applicationLogic().GetInteractionNode()
        if interaction and interaction.GetCurrentInteractionMode() == interaction.Place:
            interaction.SetPlaceModePersistence(0)
            interaction.SetCurrentInteractionMode(interaction.ViewTransform)
        if interaction and self.hasObserver(
            interaction, interaction.InteractionModeChangedEvent, self.onInteractionModeChanged
        ):
            self.removeObserver(interaction, interaction.InteractionModeChangedEvent, self.onInteractionModeChanged)
        self.ui.segmentEditorWidget.setActiveEffect(None)
        for button in (self.ui.drawLineButton, self.ui.drawSpleniumButton, self.ui.drawWhiteMatterButton):
            button.checked = False

    def onAccept(self, checked=None):
        """Accept the region and lock its lines, or open it again."""
        key = self._key()
        accepted = self.logic.ofRegion(key, "Accepted")
        self.stopDrawing()
        self.onRest()
        if accepted or isinstance(self._read.get(key), reading.Read):
            self.logic.setOfRegion(key, "Accepted", not accepted)
        self.updatePanel()

    def setPoints(self, line, points):
        """Change a line's points as one step of the history."""
        self._dragging = True
        try:
            region_nodes.set_points(line, points)
        finally:
            self._dragging = False
        self._record(line)
        self._touch(line)

    def onUndo(self, unused=None):
        """Take back the last change of a line."""
        self._apply(self._history.undo, self._history.redo)

    def onRedo(self, unused=None):
        """Repeat the change of a line that was taken back."""
        self._apply(self._history.redo, self._history.undo)

    def _apply(self, move, back):
        if not self._parameterNode:
            return
        step = move()
        line = slicer.mrmlScene.GetNodeByID(step[0]) if step else None
        if line:
            for key in exam_nodes.REGION_KEYS:
                if any(line is own for own in self.logic.lines(key)) and key != self._key():
                    self.selectRegion(exam_nodes.REGION_KEYS.index(key))
            if line.GetLocked():
                back()
                slicer.util.showStatusMessage(_("The region is accepted; reopen it to change its line."), 5000)
            else:
                self.setPoints(line, step[1])
        self._showHistory()

    def _showHistory(self):
        self.ui.undoButton.enabled = self._history.can_undo
        self.ui.redoButton.enabled = self._history.can_redo

    def onMeasureButton(self, unused=None):
        """Measure every region that is drawn, with intervals."""
        self._pending.update(exam_nodes.REGION_KEYS)
        self._read = {}
        with slicer.util.WaitCursor():
            self.onRest()
        self.showSelectedRegion()
        if not any(isinstance(read, reading.Read) for read in self._read.values()):
            slicer.util.errorDisplay("\n".join(dict.fromkeys(self._read.values())))

    def onResetSettings(self, unused=None):
        """Give every setting its default."""
        self.logic.setSettings(Settings())

    #
    # Results
    #

    def _showGreatest(self):
        values = tables.stored_values(self._parameterNode.results)
        known = {key: v["sh_thk_per_mm"] for key, v in values.items() if v["sh_thk_per_mm"] is not None}
        if not known:
            self.ui.greatestLabel.text = _("No region is measured yet.")
            return
        key = max(known, key=known.get)
        self.ui.greatestLabel.text = _("Greatest SH/Thk: {value} per mm, {region}.").format(
            value=withInterval(values[key], "sh_thk_per_mm", 3), region=region_nodes.region_title(key)
        )

    def onExportResults(self, unused=None):
        """Write the results folder."""
        with self.errorsInWords():
            self.onRest()
            self.logic.exportResults(self._exportFolder())
            slicer.util.showStatusMessage(_("Results were written."), 3000)

    def onExportExam(self, unused=None):
        """Write the exam's files."""
        with self.errorsInWords():
            self.logic.exportExam(self._exportFolder())
            slicer.util.showStatusMessage(_("The exam was written."), 3000)

    def _exportFolder(self):
        folder = self.ui.exportPathLineEdit.currentPath
        if not folder:
            raise ValueError(_("No folder is chosen; choose one in the Results section."))
        return folder

    def onCopyTable(self, unused=None):
        """Copy the measurements, tab separated, to the clipboard."""
        with self.errorsInWords():
            slicer.app.clipboard().setText(self.logic.tableText())

    @contextmanager
    def errorsInWords(self):
        """What the user can mend is said in words; what nobody expected comes with its details."""
        try:
            yield
        except ValueError as error:
            slicer.util.errorDisplay(str(error))


def registerLayout():
    """Make the module's layout known: a large slice view, the plot and the table."""
    layoutNode = slicer.app.layoutManager().layoutLogic().GetLayoutNode()
    if layoutNode.IsLayoutDescription(LAYOUT_ID):
        layoutNode.SetLayoutDescription(LAYOUT_ID, LAYOUT)
    else:
        layoutNode.AddLayoutDescription(LAYOUT_ID, LAYOUT)


def segmentEditorNode():
    """The module's own segment editor state; drawing one ROI leaves the others as they are."""
    node = slicer.mrmlScene.GetSingletonNode("M1SHThk", "vtkMRMLSegmentEditorNode")
    if not node:
        node = slicer.vtkMRMLSegmentEditorNode()
        node.SetSingletonTag("M1SHThk")
        node = slicer.mrmlScene.AddNode(node)
    node.SetOverwriteMode(slicer.vtkMRMLSegmentEditorNode.OverwriteNone)
    return node


def valuesOf(measurement):
    """What the regions' table shows of a measurement, as the stored results hold it."""
    values = {name: getattr(measurement, name) for name in ("sh", "thk_mm", "sh_thk_per_mm")}
    intervals = {
        "sh": measurement.sh_ci,
        "thk_mm": measurement.thk_ci_mm,
        "sh_thk_per_mm": measurement.sh_thk_ci_per_mm,
    }
    for name, (low, high) in intervals.items():
        values[f"{name}_ci_low"], values[f"{name}_ci_high"] = low, high
    return {name: value if np.isfinite(value) else None for name, value in values.items()}


def withInterval(values, name, digits, interval=True):
    """A value with its 95 % interval in brackets, where it is wanted and known."""
    if values[name] is None:
        return _("missing")
    low, high = values[f"{name}_ci_low"], values[f"{name}_ci_high"]
    limits = f" [{low:.{digits}f}, {high:.{digits}f}]" if interval and low is not None else ""
    return f"{values[name]:.{digits}f}{limits}"


def inWords(measurement):
    """SH, Thk and SH/Thk of a region with their intervals."""
    values = valuesOf(measurement)
    return _("{region}: SH {sh}, Thk {thk} mm, SH/Thk {ratio} per mm").format(
        region=measurement.name.capitalize(),
        sh=withInterval(values, "sh", 3),
        thk=withInterval(values, "thk_mm", 2),
        ratio=withInterval(values, "sh_thk_per_mm", 3),
    )


class M1SHThkLogic(ScriptedLoadableModuleLogic):
    """Measures from MRML nodes and fills tables, plot and overlay; works without the panel."""

    def __init__(self):
        ScriptedLoadableModuleLogic.__init__(self)
        self._parameterNode = None
        self._reading = reading.Reading()
        self._overlay = {}

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
        """Put M1SHThkLib.settings.Settings into the parameter node."""
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
        """Mean and area of the splenium: M1SHThkLib.measurement.Reference.

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

        :return: one M1SHThkLib.measurement.Measurement a region
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
        parameterNode = self.getParameterNode()
        identity = exam_nodes.identity_from_parameters(parameterNode.parameterNode)
        for name, title, fill in (
            ("measurementsTable", "M1SHThk measurements", tables.fill_measurements_table),
            ("profilesTable", "M1SHThk profiles", tables.fill_profiles_table),
        ):
            fill(self._outputNode(name, "vtkMRMLTableNode", title), parameterNode.results, identity)
        summary = self._outputNode("summaryTable", "vtkMRMLTableNode", "M1SHThk summary")
        tables.fill_summary_table(summary, parameterNode.results)

    def showRegion(self, read):
        """Show a measured region in plot and overlay; None empties both."""
        parameterNode = self.getParameterNode()
        if read is None and not parameterNode.plotChart:
            self.showOverlay(None)
            return
        names = {
            plot.PROFILE_TABLE: "plotProfileTable",
            plot.NORMALS_TABLE: "plotNormalsTable",
            plot.MARKS_TABLE: "plotMarksTable",
        }
        tableNodes = {
            key: self._outputNode(name, "vtkMRMLTableNode", f"M1SHThk plot {key}", hidden=True)
            for key, name in names.items()
        }
        for key, columns in plot.plot_tables(read.measurement if read else None).items():
            tables.set_table_columns(tableNodes[key], columns)
        if not parameterNode.plotChart:
            parameterNode.plotChart = plot.make_plot(slicer.mrmlScene, tableNodes)
        plot.name_plot(parameterNode.plotChart, read.measurement if read else None)
        self.showOverlay(read)

    def showOverlay(self, read):
        """Show normals and layer of a measured region on its slice; None hides them."""
        for name in ("normals", "layer"):
            model = self._overlayModel(name, create=read is not None)
            if model is None:
                continue
            visible = read is not None and self.getParameterNode().overlayVisible
            if visible:
                thickness = overlay.slice_thickness(read.image, read.measurement)
                model.SetAndObserveMesh(overlay.MESHES[name](read.measurement, thickness))
            if bool(model.GetDisplayNode().GetVisibility()) != visible:
                model.GetDisplayNode().SetVisibility(visible)

    def _overlayModel(self, name, create):
        model = self._overlay.get(name)
        if model is not None and slicer.mrmlScene.IsNodePresent(model):
            return model
        if create:
            self._overlay[name] = overlay.add_overlay_model(slicer.mrmlScene, name)
            return self._overlay[name]
        return None

    def showChart(self):
        """Show the plot and the summary of the measurements in the layout's views."""
        parameterNode = self.getParameterNode()
        selection = slicer.app.applicationLogic().GetSelectionNode()
        if parameterNode.plotChart:
            selection.SetActivePlotChartID(parameterNode.plotChart.GetID())
            slicer.app.applicationLogic().PropagatePlotChartSelection()
        if parameterNode.summaryTable:
            selection.SetActiveTableID(parameterNode.summaryTable.GetID())
            slicer.app.applicationLogic().PropagateTableSelection()

    def _outputNode(self, name, className, title, hidden=False):
        parameterNode = self.getParameterNode()
        if not getattr(parameterNode, name):
            node = slicer.mrmlScene.AddNewNodeByClass(className, title)
            node.SetHideFromEditors(hidden)
            setattr(parameterNode, name, node)
        return getattr(parameterNode, name)

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
            "program": "M1SHThk",
            "version": __version__,
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
