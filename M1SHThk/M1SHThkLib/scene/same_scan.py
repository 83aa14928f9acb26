"""Whether two volumes are images of one scan: same grid, same subject."""

from itertools import product

import numpy as np
import slicer

from .exam_nodes import image_from_volume

SAME_GRID_MM = 0.01


def is_same_scan(one, other):
    """Whether two volume nodes have the same grid, and do not belong to different subjects in the subject hierarchy."""
    subjects = {_subject_of(one), _subject_of(other)} - {None}
    return len(subjects) < 2 and _is_same_grid(one, other)


def _is_same_grid(one, other):
    """Axes may be in another order or run the other way: files are read so, and written anew."""
    try:
        first, second = image_from_volume(one), image_from_volume(other)
    except ValueError:
        return False
    apart = np.linalg.norm(_corners(first)[:, None] - _corners(second)[None], axis=2)
    return sorted(first.voxels.shape) == sorted(second.voxels.shape) and bool(apart.min(axis=1).max() <= SAME_GRID_MM)


def _corners(image):
    """Centers of the voxels at the corners, n x 3."""
    indices = np.array(list(product(*((0, count - 1) for count in image.voxels.shape))))
    return indices @ image.affine[:3, :3].T + image.affine[:3, 3]


def _subject_of(volume):
    """Item of the subject that the hierarchy puts a volume under; None where it puts it under none."""
    hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(volume.GetScene())
    item = hierarchy.GetItemByDataNode(volume)
    while item and item != hierarchy.GetSceneItemID():
        if hierarchy.GetItemLevel(item) == slicer.vtkMRMLSubjectHierarchyConstants.GetDICOMLevelPatient():
            return item
        item = hierarchy.GetItemParent(item)
    return None
