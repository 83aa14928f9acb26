"""Segments and labels that other programs have written again: read as Slicer reads them."""

import numpy as np
import pytest
import SimpleITK
import slicer
from M1SHThkLib.files.images import read_image, write_image
from M1SHThkLib.files.segments import LabelFile, write_segmentation
from vtk.util.numpy_support import vtk_to_numpy

AFFINE = np.diag([-0.5, -0.5, 2, 1])
SHAPE = (12, 10, 8)
SEGMENTS = {
    "Splenium": np.argwhere(np.ones((3, 3, 2))) + [2, 3, 4],
    "White matter": np.argwhere(np.ones((5, 5, 2))) + [4, 4, 5],  # overlaps the first
}


def in_slicer(path):
    """Number of voxels of each segment, by name, as Slicer's own storage node reads it."""
    scene = slicer.vtkMRMLScene()
    node, storage = (
        scene.AddNode(getattr(slicer, name)()) for name in ("vtkMRMLSegmentationNode", "vtkMRMLSegmentationStorageNode")
    )
    storage.SetFileName(str(path))
    assert storage.ReadData(node)
    counts = {}
    for identifier in node.GetSegmentation().GetSegmentIDs():
        labelmap = slicer.vtkOrientedImageData()
        node.GetBinaryLabelmapRepresentation(identifier, labelmap)
        segment = node.GetSegmentation().GetSegment(identifier)
        counts[segment.GetName()] = np.count_nonzero(vtk_to_numpy(labelmap.GetPointData().GetScalars()))
    return counts


@pytest.mark.parametrize("kept", [1, 2])
def test_a_segmentation_that_simpleitk_has_written_again(tmp_path, kept):
    """Its list of layers is then called a vector."""
    segments = dict(list(SEGMENTS.items())[:kept])
    write_segmentation(tmp_path / "first.seg.nrrd", segments, SHAPE, AFFINE)
    SimpleITK.WriteImage(SimpleITK.ReadImage(str(tmp_path / "first.seg.nrrd")), str(tmp_path / "again.seg.nrrd"))
    assert (b"kinds: vector" in (tmp_path / "again.seg.nrrd").read_bytes()) == (kept == 2)
    assert in_slicer(tmp_path / "again.seg.nrrd") == {name: len(voxels) for name, voxels in segments.items()}
    first, again = LabelFile(tmp_path / "first.seg.nrrd"), LabelFile(tmp_path / "again.seg.nrrd")
    for name in segments:
        for one, other in zip(first.segment(name), again.segment(name), strict=True):
            np.testing.assert_array_equal(one, other)


def test_colours_are_no_layers(tmp_path):
    colours = SimpleITK.GetImageFromArray(np.ones((*SHAPE, 3), np.uint8), isVector=True)
    SimpleITK.WriteImage(colours, str(tmp_path / "colours.nrrd"))
    with pytest.raises(ValueError, match="holds vectors or colours"):
        read_image(tmp_path / "colours.nrrd")


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz", ".nrrd", ".mha"])
@pytest.mark.parametrize("off", [0, 2e-7, -2e-7, 0.004, -0.004])
def test_labels_in_floating_point_a_hair_off(tmp_path, suffix, off):
    labels = np.zeros(SHAPE, np.float32)
    labels[2:5, 3:6, 4:6], labels[6:, 6:, 6:], labels[0, 0, 0] = 3, 2, 2.6
    path = tmp_path / f"labels{suffix}"
    write_image(path, [labels + np.float32(off) * (labels > 0)], AFFINE)
    file = LabelFile(path)
    mask, affine = file.label(3)
    assert mask.shape == (3, 3, 2) and mask.all()
    np.testing.assert_allclose(affine[:3, 3], AFFINE[:3, :3] @ [2, 3, 4])
    assert file.label(2)[0].sum() == (labels == 2).sum()
    cut = [warning for warning in file.warnings if "label 3 is stored as 2.99" in warning]
    assert len(cut) == (np.float32(3) + np.float32(off) < 3)
    assert all("Slicer drops decimals and shows 2" in warning for warning in cut)


def test_slicer_drops_the_decimals_as_the_warning_says(tmp_path):
    labels = np.zeros(SHAPE, np.float32)
    labels[2:5, 3:6, 4:6] = 3 - 2e-7
    SimpleITK.WriteImage(SimpleITK.GetImageFromArray(labels.T), str(tmp_path / "labels.nii.gz"))
    assert in_slicer(tmp_path / "labels.nii.gz") == {"Segment_2": 18}
