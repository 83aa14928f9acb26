"""The scene's exam: drawn, measured and shown through MRML nodes, with the panel or without it."""

from datetime import datetime

import slicer
from slicer.i18n import tr as _

from ..measuring.maps import measure_maps
from ..measuring.measurement import measure_exam
from . import acceptance, echo_nodes, exam_nodes, map_nodes, outputs, overlay, reading, readings, region_nodes, tables
from .known_values import KnownValues
from .parameter_node import M1SHThkParameterNode


class SceneLogic:
    """Measures from MRML nodes and fills tables, plot and overlay.

    Parameters
    ----------
    find_node : callable
        Gives the scene's vtkMRMLScriptedModuleNode of the module, made where it is missing.
    """

    def __init__(self, find_node):
        self._find_node = find_node
        self._parameterNode = self._known = None
        self._reading = reading.Reading()
        self._acceptances = acceptance.Acceptances(self._reading)
        self._outputs = outputs.Outputs()
        self.mapFault = ""
        self._mapsSeen = {}

    def getParameterNode(self):
        """The scene's M1SHThkParameterNode; the same object as long as the node is the same."""
        node = self._find_node()
        if self._parameterNode is None or self._parameterNode.parameterNode is not node:
            self._known = KnownValues(node, M1SHThkParameterNode)
            self._parameterNode = M1SHThkParameterNode(node)
        return self._parameterNode

    def readAnew(self):
        """After a scene was loaded: the wrapper was read while nodes that it refers to were still missing."""
        overlay.drop_orphans(slicer.mrmlScene)
        self.getParameterNode().Modified()

    def replacedValues(self):
        """A sentence for each value in the scene that this version does not know and has replaced."""
        self.getParameterNode()
        return tuple(self._known.replaced)

    def forgetReplacedValues(self):
        """Another scene comes; Slicer keeps the parameter node."""
        if self._known is not None:
            self._known.replaced.clear()

    #
    # What is measured
    #

    def loadExam(self, exam):
        """Bring an exam in memory into the scene as nodes, chosen in the parameter node; returns the volume node.

        It is a reading of its own: the one that the scene holds is put away first.
        """
        parameterNode = self.getParameterNode()
        self._putAway()
        parameterNode.echoSequence, parameterNode.echoVolumes, parameterNode.echoTimes = None, [], ""
        nodes = exam_nodes.add_exam(slicer.mrmlScene, exam)
        parameterNode.inputVolume = nodes["volume"]
        parameterNode.references = nodes["references"]
        parameterNode.spleniumSegmentID = nodes["splenium"]
        region_nodes.tag_segment(nodes["references"], nodes["splenium"])
        for key, (lines, whiteMatter) in nodes["regions"].items():
            for points in lines:
                region_nodes.set_points(self.addLine(key), points)
            self.setOfRegion(key, "WhiteMatterSegmentID", whiteMatter)
            region_nodes.tag_segment(nodes["references"], whiteMatter, key)
        parameterNode.subject = exam.subject
        parameterNode.session = exam.session or ""
        parameterNode.observer = exam.observer or ""
        parameterNode.group = exam.group or ""
        parameterNode.fieldStrength = exam.field_strength_tesla or 0.0
        self.setSettings(exam.settings)
        parameterNode.mapVolumes = [map_nodes.add_map(slicer.mrmlScene, one) for one in exam.maps]
        self._begin()
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
        return exam_nodes.region_curves(self._node(), key)

    def measuredLines(self, key):
        """The region's curve nodes that hold a point, as they are measured."""
        return exam_nodes.region_lines(self._node(), key)

    def addLine(self, key):
        """A new, empty pial line of a region."""
        lines = self.lines(key)
        line = region_nodes.add_pial_line(slicer.mrmlScene, key, len(lines) + 1)
        self.setOfRegion(key, "PialLines", [*lines, line])
        return line

    def spleniumSegment(self):
        """ID of the segment that the splenium is drawn in; made where it is missing."""
        return self._segment("spleniumSegmentID", "Splenium", None)

    def whiteMatterSegment(self, key):
        """ID of the segment that a region's white matter is drawn in; made where it is missing."""
        name = exam_nodes.parameter_prefix(*key) + "WhiteMatterSegmentID"
        return self._segment(name, f"White matter {region_nodes.region_name(key)}", key)

    def _segment(self, parameter, title, key):
        parameterNode = self.getParameterNode()
        if not parameterNode.inputVolume:
            raise ValueError(_("No volume is chosen; choose the T2*-weighted volume first."))
        if not parameterNode.references:
            parameterNode.references = region_nodes.add_references(slicer.mrmlScene, parameterNode.inputVolume)
        segmentation = parameterNode.references.GetSegmentation()
        if not segmentation.GetSegment(getattr(parameterNode, parameter)):
            setattr(
                parameterNode,
                parameter,
                region_nodes.add_reference_segment(parameterNode.references, title, key),
            )
        return getattr(parameterNode, parameter)

    def combineEchoes(self):
        """Combine the chosen echoes into a volume and choose it; returns warnings in words.

        :raises ValueError: says what is wrong with the echoes or their times
        """
        parameterNode = self.getParameterNode()
        method = parameterNode.echoCombination
        volume, warnings = self._combined(method, echo_nodes.SOURCE_OF_IMAGE)
        parameterNode.polarity = "bright" if method == "r2star" else "dark"
        parameterNode.inputVolume = volume
        return warnings

    def addR2StarMap(self):
        """Compute R2* from the chosen echoes and take it along as a map; returns warnings in words.

        :raises ValueError: says what is wrong with the echoes or their times
        """
        volume, warnings = self._combined("r2star", echo_nodes.SOURCE_OF_MAP)
        others = [other for other in self.mapVolumes() if other is not volume]
        self.getParameterNode().mapVolumes = [*others, volume]
        return warnings

    def _combined(self, method, purpose):
        """The chosen echoes as one volume, and warnings in words."""
        parameterNode, volumes = self.getParameterNode(), self.echoes()
        times = echo_nodes.echo_times_from_text(parameterNode.echoTimes)
        source = parameterNode.echoSequence or volumes[0]
        return echo_nodes.combine_echoes(slicer.mrmlScene, volumes, times, method, source, purpose)

    def mapVolumes(self):
        """The volumes that are taken along as maps and still exist."""
        return map_nodes.map_volumes(self._node())

    def maps(self):
        """The same as M1SHThkLib.measuring.maps.ExamMap.

        :raises ValueError: names the volume that cannot be one
        """
        return map_nodes.maps_from_parameters(self._node())

    def seenInMaps(self, key):
        """What a region's maps hold (MapMeasurement), as it was measured last; empty where nothing was."""
        return self._mapsSeen.get(key, ())

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

    def image(self):
        """The chosen volume as M1SHThkLib.measuring.image.Image.

        :raises ValueError: if there is none
        """
        return exam_nodes.image_from_volume(self.getParameterNode().inputVolume)

    def reference(self, key=None):
        """The splenium, or a region's white matter: its voxels and their mean and area.

        :return: M1SHThkLib.measuring.roi.Roi, M1SHThkLib.measuring.measurement.Reference
        :raises ValueError: if it is not drawn
        """
        return self._reading.reference(self.getParameterNode().parameterNode, key)

    def dropVanished(self):
        """Take out the results of regions whose volume, lines or ROIs are no longer in the scene."""
        stored = tables.stored_values(self.getParameterNode().results)
        self.storeRegions({key: None for key in stored if not self._reading.is_drawn(self._node(), key)})

    def storeRegions(self, measurements):
        """Keep measurements, by region, in the scene; a region without one (None) is taken out."""
        parameterNode = self.getParameterNode()
        self.mapFault, maps = "", ()
        try:
            maps = self.maps()
        except ValueError as error:
            self.mapFault = str(error)  # the regions are measured nevertheless
        for key, m in measurements.items():
            self._mapsSeen[key] = measure_maps(maps, m) if m is not None else ()
        stored = tables.updated_results(parameterNode.results, measurements, self._mapsSeen if maps else ())
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
        self.maps()  # tells what is wrong with them before anything is measured
        measurements = measure_exam(exam)
        byRegion = dict.fromkeys(exam_nodes.REGION_KEYS)
        byRegion.update({(m.hemisphere, m.region): m for m in measurements})
        self.storeRegions(byRegion)
        shown = reading.Read(exam.image, measurements[0])
        self.showRegion(shown)
        self.showMaps(shown)
        return measurements

    #
    # Accepting
    #

    def accept(self, key):
        """Sign a measured region: its values, settings, drawings and image are kept, and its drawings are locked.

        :raises ValueError: if it is not measured
        """
        values = tables.stored_values(self.getParameterNode().results).get(key)
        if values is None:
            raise ValueError(_("The region is not measured yet; draw what is missing first."))
        self.setOfRegion(key, "Acceptance", self._acceptances.sign(self._node(), key, values).to_text())
        self.setOfRegion(key, "Accepted", True)
        self.showTables()

    def reopen(self, key):
        """Let an accepted region be drawn again."""
        self.setOfRegion(key, "Accepted", False)
        self.setOfRegion(key, "Acceptance", "")
        self.showTables()

    def signature(self, key):
        """What was accepted: M1SHThkLib.scene.acceptance.Signature; None where there is no record of it."""
        return acceptance.signature_of(self._node(), key)

    def changesSinceAccepted(self, key):
        """What has changed since an accepted region was signed, in words; empty where nothing has."""
        return self._acceptances.changes(self._node(), key)

    def accepted(self):
        """What the tables say of every region: mapping of (hemisphere, region) -> 'yes', 'no' or 'changed'."""
        return self._acceptances.by_region(self._node())

    def _node(self):
        return self.getParameterNode().parameterNode

    #
    # Readings
    #

    def newReading(self, observer):
        """Put the reading away, hidden in a folder of the subject hierarchy, and start blank on the same volume."""
        self._putAway()
        self.getParameterNode().observer = observer
        self._begin()

    def newExam(self, volume):
        """Put the reading away and start blank on another volume, of which nothing is known yet but the observer."""
        self._putAway()
        parameterNode = self.getParameterNode()
        for name in ("subject", "session", "group", "echoTimes"):
            setattr(parameterNode, name, "")
        parameterNode.fieldStrength = 0.0
        parameterNode.echoSequence, parameterNode.echoVolumes = None, []
        parameterNode.inputVolume = volume
        self._begin()

    def isBegun(self):
        """Whether anything is drawn or measured, so that there is a reading to put away."""
        parameterNode = self.getParameterNode()
        drawn = any(exam_nodes.region_lines(self._node(), key) for key in exam_nodes.REGION_KEYS)
        return bool(drawn or parameterNode.results or self._node().GetNodeReference("references"))

    def _putAway(self):
        if self.isBegun():
            readings.archive(slicer.mrmlScene, self.getParameterNode())
            self.showTables()

    def _begin(self):
        self.getParameterNode().readingBegun = datetime.now().astimezone().isoformat()

    #
    # Showing
    #

    def showTables(self):
        """Fill the tables from the results that the parameter node keeps in full precision."""
        self._outputs.show_tables(self.getParameterNode(), self.accepted())

    def showRegion(self, read):
        """Show a measured region in plot and overlay; None empties both."""
        self._outputs.show_region(self.getParameterNode(), read)

    def showOverlay(self, read):
        """Show normals and layer of a measured region on its slice; None hides them."""
        self._outputs.show_overlay(self.getParameterNode(), read)

    def showMaps(self, read):
        """Show what a measured region's maps hold in the plot; None shows none."""
        m = read.measurement if read else None
        seen = self.seenInMaps((m.hemisphere, m.region)) if m else ()
        self._outputs.show_maps(self.getParameterNode(), read, seen)

    def showChart(self):
        """Show the plot and the summary of the measurements in the layout's views; without any, those of the study."""
        parameterNode = self.getParameterNode()
        outputs.show_in_views(
            parameterNode.plotChart or parameterNode.studyChart, parameterNode.summaryTable or parameterNode.studyTable
        )
