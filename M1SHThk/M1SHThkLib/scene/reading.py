"""A reading in the scene, measured region by region while it is drawn."""

from dataclasses import dataclass

from ..measuring.exam import Region
from ..measuring.image import Image
from ..measuring.measurement import Measurement, evaluate_roi, measure_region
from ..translation import tr as _
from .exam_nodes import (
    image_from_volume,
    parameter_prefix,
    points_from_curve,
    region_lines,
    roi_from_segment,
    settings_from_parameters,
)
from .region_nodes import region_title


@dataclass(frozen=True)
class Read:
    """A measured region and the image that it was measured in."""

    image: Image
    measurement: Measurement


class Reading:
    """Measures regions of the scene's exam; ROIs are evaluated again only when they or the image have changed."""

    def __init__(self):
        self._references = {}

    def measure(self, node, key):
        """One region without confidence intervals: fast enough to follow a point that is dragged.

        Parameters
        ----------
        node : vtkMRMLScriptedModuleNode
            The module's parameter node.
        key : (str, str)
            Hemisphere and region.

        Returns
        -------
        Read

        Raises
        ------
        ValueError
            Says in words for the user what is missing or faulty, and what to do.
        """
        image = image_from_volume(node.GetNodeReference("inputVolume"))
        hemisphere, name = key
        lines = region_lines(node, key)
        if not lines:
            raise ValueError(_("the {region} has no pial line; draw it").format(region=region_title(key)))
        splenium = self._reference(node, image, None)[1]
        roi, white_matter = self._reference(node, image, key)
        region = Region(hemisphere, name, tuple(points_from_curve(line) for line in lines), roi)
        return Read(image, measure_region(image, region, splenium, white_matter, settings_from_parameters(node)))

    def is_drawn(self, node, key):
        """Whether all that a region rests on is in the scene."""
        try:
            self.reference(node, None)
            self.reference(node, key)
        except ValueError:
            return False
        return bool(region_lines(node, key))

    def reference(self, node, key):
        """The splenium (`key` None) or a region's white matter: the Roi and what it gives, a Reference.

        Raises
        ------
        ValueError
            If it is not drawn, or the volume is missing.
        """
        return self._reference(node, image_from_volume(node.GetNodeReference("inputVolume")), key)

    def _reference(self, node, image, key):
        if key is None:
            segment_id, purpose = node.GetParameter("spleniumSegmentID"), "splenium"
        else:
            segment_id = node.GetParameter(f"{parameter_prefix(*key)}WhiteMatterSegmentID")
            purpose = f"{key[0]} {key[1].replace('_', ' ')} white-matter"
        segmentation = node.GetNodeReference("references")
        stamp = self._stamp(node.GetNodeReference("inputVolume"), image, segmentation, segment_id)
        kept = self._references.get(purpose)
        if kept is None or kept[0] != stamp:
            roi = roi_from_segment(segmentation, segment_id, image, purpose)
            kept = self._references[purpose] = stamp, (roi, evaluate_roi(roi, image))
        return kept[1]

    @staticmethod
    def _stamp(volume, image, segmentation, segment_id):
        """What a ROI's mean depends on, as a value that changes with it."""
        segment = segmentation.GetSegmentation().GetSegment(segment_id) if segmentation and segment_id else None
        labelmap = segment.GetRepresentation("Binary labelmap") if segment else None
        transform = segmentation.GetParentTransformNode() if segmentation else None
        return (
            volume.GetID(),
            volume.GetImageData().GetMTime(),
            image.affine.tobytes(),
            segment_id,
            segment.GetName() if segment else None,
            labelmap.GetMTime() if labelmap else None,
            transform.GetTransformToWorldMTime() if transform else None,
        )
