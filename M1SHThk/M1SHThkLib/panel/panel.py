"""The panel: its sections brought together, and in line with Slicer and the scene."""

import slicer

from ..scene import exam_nodes, region_nodes
from .annotation import Annotation
from .connections import connect
from .drawing import Drawing
from .edits import Edits
from .exam import ExamSection
from .folding import Folding
from .keys import Keys
from .layout import ModuleLayout
from .live import LiveReading
from .maps import MapsSection
from .nodes_in_use import NodesInUse
from .pace import Pace
from .reading_list import ReadingListSection
from .readings import ReadingsSection
from .references import ReferencesSection
from .region_state import RegionState
from .regions import RegionsSection
from .results import ResultsSection
from .scene_events import SceneEvents
from .settings import SettingsSection
from .snap import Snap
from .straightened_view import StraightenedView
from .study import StudySection
from .views import Views
from .where import WhereToClick


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
        self._reading_begun = ""
        self._gui_tag = None
        self._scene_events = SceneEvents(self)
        self.nodes_in_use = NodesInUse(self)
        self.views = Views(self)
        self.pace = Pace(self)
        self.exam = ExamSection(self)
        self.drawing = Drawing(self)
        self.edits = Edits(self)
        self.live = LiveReading(self)
        self.folding = Folding(self)
        self.annotation = Annotation(self)
        self.snap = Snap(self)
        self.straightened = StraightenedView(self)
        self.maps = MapsSection(self)
        self.references = ReferencesSection(self)
        self.regions = RegionsSection(self)
        self.where = WhereToClick(self)
        self.readings = ReadingsSection(self)
        self.settings = SettingsSection(self)
        self.results = ResultsSection(self)
        self.study = StudySection(self)
        self.reading_list = ReadingListSection(self)
        self._layout = ModuleLayout()
        self._keys = Keys(slicer.util.mainWindow() or widget, connect(self), except_in=(self.ui.regionsTable,))
        self.begin()

    #
    # Slicer's life cycle
    #

    def enter(self):
        """The module is shown."""
        self.begin()
        self._keys.set_enabled(True)
        self.show_layout()
        self.views.enter()
        self.logic.showChart()

    def show_layout(self):
        """Show the views; where there is no image, that of a study gives its room to plot and table."""
        if self._is_entered():
            self._layout.show(without_image=self.study.is_open and not self.parameterNode.inputVolume)

    def exit(self):
        """Another module is shown."""
        self._let_go()
        self._layout.leave()

    def remove(self):
        """The panel's end: nothing of it is left in Slicer."""
        self.reading_list.leave()
        self._let_go()
        self._scene_events.end()
        self.nodes_in_use.removeObservers()
        self.annotation.remove()
        self.straightened.remove()
        self._keys.remove()

    def _let_go(self):
        """Let go of everything that the panel holds on to while it is shown."""
        self.reading_list.keep()
        self._keys.set_enabled(False)
        self.views.exit()
        self.straightened.leave()
        self.pace.rest()
        self.hold(None)

    #
    # The scene
    #

    def begin(self):
        """Hold the scene's parameter node; a volume that is alone in the scene is chosen."""
        if slicer.mrmlScene.IsClosing() or slicer.mrmlScene.IsImporting():
            return
        self.hold(self.logic.getParameterNode())
        self.exam.choose_lone_volume()

    def end_before_other_scene(self):
        """The scene is about to be closed, or another to be loaded into it."""
        self.reading_list.scene_replaced()
        self.hold(None)
        self.logic.forgetReplacedValues()

    def begin_after_closing(self):
        """The scene was closed: begin an empty one where the module is shown."""
        self._begin_anew()
        self.results.forget_folders()
        if self._is_entered():
            self.begin()

    def begin_after_import(self):
        """A scene was loaded: its parameter node replaces the one that was held."""
        self.hold(None)
        self._begin_anew()
        self.logic.readAnew()
        if self._is_entered():
            self.begin()
            self.show_layout()
            self.views.enter()
            self.logic.showChart()

    def _begin_reading(self):
        """The reading was put away, by the reader or by an exam that has come."""
        self.drawing.stop()
        self._forget_other_reading()
        self.edits.catch_up()
        self.live.begin()
        self.pace.expect(exam_nodes.REGION_KEYS)
        self.live.show()

    def _forget_other_reading(self):
        """What the panel knew is of no use to another reading."""
        if self.parameterNode.readingBegun != self._reading_begun:
            self._reading_begun = self.parameterNode.readingBegun
            self._begin_anew()

    def _begin_anew(self):
        """What the panel knew is of no use to another scene."""
        self.exam.begin()
        self.edits.begin()
        self.folding.begin()
        self.readings.begin()

    def hold(self, parameterNode):
        """Connect the panel to a parameter node, or to none: then nothing in the scene is held."""
        if parameterNode is self.parameterNode:
            return
        if self.parameterNode:
            self.drawing.stop()
            self.pace.stop()
            self.parameterNode.disconnectGui(self._gui_tag)
            self._gui_tag = None
            self._scene_events.leave_parameters()
            self.nodes_in_use.observe([])
            self.logic.showOverlay(None)
            self.readings.hide()
            self.drawing.release_editor()
        self.parameterNode = parameterNode
        self.live.begin()
        if self.parameterNode:
            # What the scene holds is shown, not chosen anew: views, echo times and window stay as they are.
            self._forget_other_reading()
            self._connect()
            self._scene_events.follow_parameters(self.parameterNode)
            self.drawing.hold_editor()
            self.settings.begin()
            self.logic.dropVanished()
            self.edits.catch_up()
            self.update()
            # All of them: of what was deleted meanwhile nothing is left.
            self.pace.expect(exam_nodes.REGION_KEYS)
            self.live.show()
        self.annotation.show()
        self.straightened.show()

    def _connect(self):
        """Connect the widgets to their parameters: all of them, or none and nothing is held."""
        self.is_updating = True
        try:
            self._gui_tag = self.parameterNode.connectGui(self.ui)
        except Exception:
            # Slicer counts its connections, and tells no number of one that ends half way: the one before the next.
            following = self.parameterNode.connectParametersToGui({})
            for tag in (following - 1, following):
                self.parameterNode.disconnectGui(tag)
            self.parameterNode = None
            raise
        finally:
            self.is_updating = False
        self.ui.messageLabel.text = "\n".join(self.logic.replacedValues())
        self.ui.messageLabel.visible = bool(self.ui.messageLabel.text)

    def parameters_changed(self):
        """A choice, setting or result has changed, by hand or by a script."""
        if self.is_updating or not self.parameterNode:
            return
        if self.parameterNode.readingBegun != self._reading_begun:
            self._begin_reading()
        if self.settings.have_changed():
            self.pace.expect(exam_nodes.REGION_KEYS)
        self.update()

    def node_removed(self, node):
        """A deleted line, segmentation or volume leaves a clear state."""
        if not self.parameterNode or slicer.mrmlScene.IsClosing() or slicer.mrmlScene.IsImporting():
            return
        self.drawing.node_removed(node)
        if self.nodes_in_use.has(node):
            self.edits.record_line(node)
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
            chosen = (self.parameterNode.inputVolume, self.parameterNode.references, *self.logic.mapVolumes())
            drawn = [line for own in lines.values() for line in own]
            self.nodes_in_use.observe([node for node in (*chosen, *drawn) if node])
            for key, own in lines.items():
                for line in own:
                    region_nodes.lock(line, self.logic.ofRegion(key, "Accepted"))
            sections = (self.exam, self.maps, self.references, self.regions, self.readings, self.results, self.study)
            for section in (self.drawing, *sections, self.folding, self.reading_list):
                section.show()
            self.show_state()
        finally:
            self.is_updating = False

    def show_state(self):
        """Say what comes next, or what covers the measured volume."""
        if self.parameterNode:
            text = self.views.warning() or RegionState(self, self.key).sentence
            if self.ui.stateLabel.text != text:
                self.ui.stateLabel.text = text

    #
    # The selected region
    #

    @property
    def row(self):
        """Row of the selected region."""
        last = len(exam_nodes.REGION_KEYS) - 1
        return min(max(self.parameterNode.selectedRegion, 0), last) if self.parameterNode else 0

    @property
    def key(self):
        """Hemisphere and name of the selected region."""
        return exam_nodes.REGION_KEYS[self.row]

    def select_region(self, row):
        """Show a region: jump to its slice, make its line editable, plot its profile."""
        if not self.parameterNode or not 0 <= row < len(exam_nodes.REGION_KEYS):
            return
        self.drawing.stop()
        self.parameterNode.selectedRegion = row
        self.views.show_region()
        self.pace.expect([self.key] if self.live.read(self.key) is None else [])
        self.live.show()
        self.update()
