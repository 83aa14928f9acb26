"""What a ROI's segment covers, taken out of the scene and put back: for taking strokes back, and to tell a change."""

from dataclasses import dataclass

import numpy as np
import slicer
import vtk
from vtk.util.numpy_support import numpy_to_vtk, vtk_to_numpy


@dataclass(frozen=True)
class Voxels:
    """What a segment covers: equal where the same voxels of the same grid are covered.

    Attributes
    ----------
    mask : bytes
        A byte a voxel of the box about what is covered, first index fastest; empty where nothing is.
    extent : tuple of int
        First and last index of the box along each axis; () where nothing is covered.
    grid : tuple of float
        The matrix from voxel index to the segmentation's coordinates, row by row.
    """

    mask: bytes = b""
    extent: tuple = ()
    grid: tuple = ()


NOTHING = Voxels()


def voxels_of(segmentation, segment_id):
    """The Voxels of a segment; NOTHING where there is no such node or segment, or it is empty."""
    if segmentation is None or not segment_id or not segmentation.GetSegmentation().GetSegment(segment_id):
        return NOTHING
    labelmap = slicer.vtkOrientedImageData()
    if not segmentation.GetBinaryLabelmapRepresentation(segment_id, labelmap) or not labelmap.GetNumberOfPoints():
        return NOTHING
    mask = vtk_to_numpy(labelmap.GetPointData().GetScalars()).reshape(labelmap.GetDimensions()[::-1]) != 0
    if not mask.any():
        return NOTHING
    first = np.array(labelmap.GetExtent()[::2])
    covered = np.argwhere(mask)[:, ::-1]
    low, high = covered.min(0), covered.max(0)
    (i, j, k), (i_end, j_end, k_end) = low, high + 1
    box = np.ascontiguousarray(mask[k:k_end, j:j_end, i:i_end], np.uint8)
    extent = np.column_stack([first + low, first + high]).ravel()
    matrix = vtk.vtkMatrix4x4()
    labelmap.GetImageToWorldMatrix(matrix)
    grid = tuple(matrix.GetElement(row, column) for row in range(4) for column in range(4))
    return Voxels(box.tobytes(), tuple(map(int, extent)), grid)


def set_voxels(segmentation, segment_id, voxels):
    """Let a segment cover these Voxels and no others; the node's other segments stay as they are."""
    logic = slicer.vtkSlicerSegmentationsModuleLogic
    if voxels == NOTHING:
        logic.ClearSegment(segmentation, segment_id)
        return
    labelmap = slicer.vtkOrientedImageData()
    labelmap.SetExtent(voxels.extent)
    labelmap.GetPointData().SetScalars(numpy_to_vtk(np.frombuffer(voxels.mask, np.uint8), deep=True))
    matrix = vtk.vtkMatrix4x4()
    matrix.DeepCopy(voxels.grid)
    labelmap.SetImageToWorldMatrix(matrix)
    logic.SetBinaryLabelmapToSegment(labelmap, segmentation, segment_id)
