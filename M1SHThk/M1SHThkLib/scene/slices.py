"""Slices: which one a drawing lies on, what it is called, and how the views turn to it."""

import numpy as np
import slicer

from ..translation import tr as _
from .exam_nodes import points_from_curve
from .scene_nodes import nodes_of_class

MARGIN_MM = 15.0  # about what a slice view turns to


def show_on_slices(points, middle=None):
    """Bring points, shape (n, 3), world RAS in mm, to the middle of every slice view, near enough to be read.

    The slices are those of `middle`, or of the points' own.
    """
    slice_node = slicer.vtkMRMLSliceNode
    if middle is None:
        middle = points.mean(0)  # lies in their plane, however that is tilted
    slice_node.JumpAllSlices(slicer.mrmlScene, *middle, slice_node.CenteredJumpSlice)
    needed = np.ptp(points, axis=0).max() + 2 * MARGIN_MM
    for node in nodes_of_class(slicer.mrmlScene, "vtkMRMLSliceNode"):
        width, height, depth = node.GetFieldOfView()
        smallest = min(width, height)
        if smallest > 2 * needed:
            node.SetFieldOfView(width * needed / smallest, height * needed / smallest, depth)


def is_on_shown_slice(curve, image):
    """Whether a curve lies on the slice that the red view shows; so it does where there is no such view."""
    node = slicer.mrmlScene.GetSingletonNode("Red", "vtkMRMLSliceNode")
    if node is None:
        return True
    normal, origin = (_column(node.GetSliceToRAS(), number) for number in (2, 3))
    axes = image.affine[:3, :3] / image.spacing
    between_slices = image.spacing[np.argmax(np.abs(normal @ axes))]
    return abs(np.median((points_from_curve(curve) - origin) @ normal)) < between_slices / 2


def slice_of_line(curve):
    """Name of the slice that a curve lies on, such as 'S 18'."""
    points = points_from_curve(curve)
    return slice_name(np.median(points, axis=0), np.argmin(np.ptp(points, axis=0)))


def slices_in_words(roi, image):
    """The slices of a ROI: 'slice S 18', or 'slices S 18 and S 19.5'."""
    middles = roi.slices(image)
    across = np.argmax(np.abs(image.affine[:3, roi.slice_axis(image)]))
    names = [slice_name(middle, across) for middle in sorted(middles, key=lambda middle: middle[across])]
    if len(names) == 1:
        return _("slice {name}").format(name=names[0])
    return _("slices {names} and {last}").format(names=", ".join(names[:-1]), last=names[-1])


def slice_name(position, across):
    """Where a slice lies, as Slicer's data probe says it: direction and mm, such as 'S 18' for RAS (_, _, 18)."""
    return f"{'LPI'[across] if position[across] < 0 else 'RAS'[across]} {round(abs(float(position[across])), 1):g}"


def _column(matrix, number):
    return np.array([matrix.GetElement(row, number) for row in range(3)])
