"""What a reader draws, as the history knows it: a line or a ROI, its state now, and how to give it another."""

from slicer.i18n import tr as _

from ..scene import exam_nodes, region_nodes, roi_nodes


class DrawnLine:
    """A pial line of a region; it stays the same drawing when its node was deleted and made anew.

    Attributes
    ----------
    key : (str, str)
        Hemisphere and region.
    node : vtkMRMLMarkupsCurveNode
    """

    def __init__(self, logic, key, node):
        self._logic = logic
        self.key = key
        self.node = node

    @property
    def title(self):
        """What it is in words."""
        return _("pial line, {region}").format(region=region_nodes.region_title(self.key))

    @property
    def is_locked(self):
        """Whether the region that rests on it is accepted."""
        return self._logic.ofRegion(self.key, "Accepted")

    @property
    def has_changed(self):
        """Whether it is not as it was when the region that rests on it was accepted."""
        return "line" in self._logic.changesSinceAccepted(self.key)

    def state(self):
        """Its placed points as tuples (R, A, S) in mm; empty where the node is gone."""
        if not any(self.node is line for line in self._logic.lines(self.key)):
            return ()
        return tuple(map(tuple, exam_nodes.points_from_curve(self.node).tolist()))

    def set_state(self, points):
        """Give it these points, in a new node where the old one is gone."""
        if not any(self.node is line for line in self._logic.lines(self.key)):
            self.node = self._logic.addLine(self.key)
        region_nodes.lock(self.node, False)  # that of an accepted region is locked again with the panel's update
        region_nodes.set_points(self.node, points)


class DrawnRoi:
    """The splenium (`key` None) or a region's white matter."""

    def __init__(self, logic, key):
        self._logic = logic
        self.key = key

    @property
    def title(self):
        """What it is in words."""
        if self.key is None:
            return _("splenium")
        return _("white matter, {region}").format(region=region_nodes.region_title(self.key))

    @property
    def is_locked(self):
        """Whether a region that rests on it is accepted."""
        return any(self._logic.ofRegion(key, "Accepted") for key in self._keys())

    @property
    def has_changed(self):
        """Whether it is not as it was when a region that rests on it was accepted."""
        part = "splenium" if self.key is None else "white matter"
        return any(part in self._logic.changesSinceAccepted(key) for key in self._keys())

    def _keys(self):
        """The regions that rest on it."""
        return exam_nodes.REGION_KEYS if self.key is None else [self.key]

    @property
    def segment_id(self):
        """Of its segment, which may be gone."""
        if self.key is None:
            return self._logic.getParameterNode().spleniumSegmentID
        return self._logic.ofRegion(self.key, "WhiteMatterSegmentID")

    @property
    def is_drawn(self):
        """Whether it covers voxels of the image."""
        try:
            self._logic.reference(self.key)
        except ValueError:
            return False
        return True

    def made_segment(self):
        """ID of its segment, made where it is missing.

        Raises
        ------
        ValueError
            If there is no volume to draw it on.
        """
        return self._logic.spleniumSegment() if self.key is None else self._logic.whiteMatterSegment(self.key)

    def state(self):
        """What it covers, as Voxels."""
        return roi_nodes.voxels_of(self._logic.getParameterNode().references, self.segment_id)

    def set_state(self, voxels):
        """Let it cover these Voxels; an empty one needs no segment."""
        if voxels != roi_nodes.NOTHING or self.state() != roi_nodes.NOTHING:
            segment_id = self.made_segment()
            roi_nodes.set_voxels(self._logic.getParameterNode().references, segment_id, voxels)
