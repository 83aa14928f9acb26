"""The panel: its sections brought together, and in line with Slicer and the scene."""

import slicer

from ..scene import exam_nodes, region_nodes
from .connections import connect
from .drawing import Drawing
from .exam import ExamSection
from .keys import Keys
from .layout import ModuleLayout, register_layout
from .line_edits import LineEdits
from .live import LiveReading
from .nodes_in_use import NodesInUse
from .pace import Pace
from .regions import RegionsSection
from .results import ResultsSection
from .scene_events import SceneEvents
from .settings import SettingsSection
from .study import StudySection

SCALAR_VOLUME = "vtkMRMLScalarVolumeNode"


class Panel:
    """A guided reading of the four regions, with live feedback.

    Parameters
    ----------
    widget : qMRMLWidget
        What is seen, as loaded from the .ui file.
    logic : M1SHThkLogic
    is_entered : callable
        Whether the module is the one that is shown.

    Attributes
    ----------
    ui : the widgets by name
    logic : M1SHThkLogic
    parameterNode : M1SHThkParameterNode, or None
        None while another module is shown.
    is_updating : bool
        The panel is being brought in line with the scene: what the widgets signal is no choice of the reader's.
    """

    def __init__(self, widget, logic, is_entered):
        self.ui = slicer.util.childWidgetVariables(widget)
        widget.setMRMLScene(slicer.mrmlScene)
        self.logic = logic
        self.parameterNode = None
        self.is_updating = False
        self._is_entered = is_entered
        self._gui_tag = None
        self._scene_events = SceneEvents(self)
        self.nodes_in_use = NodesInUse(self)
        self.pace = Pace(self)
        self.exam = ExamSection(self)
        self.drawing = Drawing(self)
        self.regions = RegionsSection(self)
        self.line_edits = LineEdits(self)
        self.live = LiveReading(self)
        self.settings = SettingsSection(self)
        self.results = ResultsSection(self)
        self.study = StudySection(self)
        self._layout = ModuleLayout()
        self._keys = Keys(slicer.util.mainWindow() or widget, connect(self))
        self.begin()

    #
    # Slicer's life cycle
    #

    def enter(self):
        """The module is shown."""
        self.begin()
        self._keys.set_enabled(True)
        self._layout.show()
        self.logic.showChart()

    def exit(self):
        """Another module is shown."""
        self._let_go()
        self._layout.leave()

    def remove(self):
        """The panel's end: nothing of it is left in Slicer."""
        self._let_go()
        self._scene_events.removeObservers()
        self.nodes_in_use.removeObservers()
        self._keys.remove()

    def _let_go(self):
        """Let go of everything that the panel holds on to while it is shown."""
        self._keys.set_enabled(False)
        self.pace.rest()
        self.hold(None)

    #
    # The scene
    #

    def begin(self):
        """Hold the scene's parameter node; with a single volume in the scene, choose it."""
        if slicer.mrmlScene.IsClosing() or slicer.mrmlScene.IsImporting():
            return
        self.hold(self.logic.getParameterNode())
        if not self.parameterNode.inputVolume and slicer.mrmlScene.GetNumberOfNodesByClass(SCALAR_VOLUME) == 1:
            self.parameterNode.inputVolume = slicer.mrmlScene.GetFirstNodeByClass(SCALAR_VOLUME)

    def begin_after_closing(self):
        """The scene was closed: begin an empty one where the module is shown."""
        if self._is_entered():
            self.begin()

    def begin_after_import(self):
        """A scene was loaded: its parameter node replaces the one that was held."""
        self.hold(None)
        self.logic.readAnew()
        if self._is_entered():
            self.begin()
            register_layout()
            self.logic.showChart()

    def hold(self, parameterNode):
        """Connect the panel to a parameter node, or to none: then nothing in the scene is held."""
        if parameterNode is self.parameterNode:
            return
        if self.parameterNode:
            self.drawing.stop()
            self.pace.stop()
            self.parameterNode.disconnectGui(self._gui_tag)
            self._gui_tag = None
            self._scene_events.leave_parameters(self.parameterNode)
            self.nodes_in_use.observe([])
            self.logic.showOverlay(None)
            self.drawing.release_editor()
        self.parameterNode = parameterNode
        self.live.begin()
        if self.parameterNode:
            self.line_edits.begin()
            # What the scene holds is shown, not chosen anew: views, echo times and window stay as they are.
            self.is_updating = True
            try:
                self._gui_tag = self.parameterNode.connectGui(self.ui)
            finally:
                self.is_updating = False
            self._scene_events.follow_parameters(self.parameterNode)
            self.drawing.hold_editor()
            self.settings.begin()
            self.update()
            node = self.parameterNode.parameterNode
            self.pace.expect([key for key in exam_nodes.REGION_KEYS if exam_nodes.region_lines(node, key)])
            self.live.show()

    def parameters_changed(self):
        """A choice, setting or result has changed, by hand or by a script."""
        if self.is_updating or not self.parameterNode:
            return
        if self.settings.have_changed():
            self.pace.expect(exam_nodes.REGION_KEYS)
        self.update()

    def node_removed(self, node):
        """A deleted line, segmentation or volume leaves a clear state."""
        if not self.parameterNode or slicer.mrmlScene.IsClosing() or slicer.mrmlScene.IsImporting():
            return
        if self.nodes_in_use.has(node):
            self.line_edits.forget(node)
            self.drawing.stop()
            self.pace.expect(exam_nodes.REGION_KEYS)
            self.update()

    def update(self):
        """Bring everything that is not connected by itself in line with the scene."""
        if self.is_updating or not self.parameterNode:
            return
        self.is_updating = True
        try:
            lines = {key: self.logic.lines(key) for key in exam_nodes.REGION_KEYS}
            chosen = (self.parameterNode.inputVolume, self.parameterNode.references)
            drawn = [line for own in lines.values() for line in own]
            self.nodes_in_use.observe([node for node in (*chosen, *drawn) if node])
            for key, own in lines.items():
                for line in own:
                    line.SetLocked(self.logic.ofRegion(key, "Accepted"))
            for section in (self.drawing, self.exam, self.regions, self.results, self.study):
                section.show()
        finally:
            self.is_updating = False

    #
    # The selected region
    #

    @property
    def row(self):
        """Row of the selected region."""
        return min(max(self.parameterNode.selectedRegion, 0), 3) if self.parameterNode else 0

    @property
    def key(self):
        """Hemisphere and name of the selected region."""
        return exam_nodes.REGION_KEYS[self.row]

    def select_region(self, row):
        """Show a region: jump to its slice, make its line editable, plot its profile."""
        if not self.parameterNode or not 0 <= row < 4:
            return
        self.drawing.stop()
        self.parameterNode.selectedRegion = row
        lines = exam_nodes.region_lines(self.parameterNode.parameterNode, self.key)
        if lines:
            region_nodes.show_on_slices(exam_nodes.points_from_curve(lines[-1]))
        self.pace.expect([self.key] if lines and self.live.read(self.key) is None else [])
        self.live.show()
        self.update()
