"""Files: what other programs, above all Slicer's own storage nodes, wrote is read, and what we write they read."""

import gzip
import hashlib
import json
import os
import stat
import tracemalloc
from dataclasses import replace
from pathlib import Path

import nibabel
import numpy as np
import pytest
import SimpleITK
import slicer
import vtk
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from M1SHThkLib.files.disk import read_json, replacing, sha256, write_json, write_text
from M1SHThkLib.files.exams import read_exam, write_exam
from M1SHThkLib.files.images import read_image, write_image
from M1SHThkLib.files.markups import read_curve, write_curve
from M1SHThkLib.files.parts import files_of
from M1SHThkLib.files.results import write_results, write_tsv
from M1SHThkLib.files.segments import LabelFile, write_segmentation
from M1SHThkLib.files.tables import read_table
from M1SHThkLib.measuring.columns import MEASUREMENT_COLUMNS
from M1SHThkLib.measuring.echoes import combine, r2star_map
from M1SHThkLib.measuring.exam import Exam, Region
from M1SHThkLib.measuring.image import Image
from M1SHThkLib.measuring.roi import Roi
from M1SHThkLib.measuring.settings import Settings
from scipy.spatial.transform import Rotation
from vtk.util.numpy_support import vtk_to_numpy

TURN = Rotation.from_euler("xyz", [12, -20, 35], degrees=True).as_matrix()


def oblique(spacing=(0.45, 0.5, 1.5), origin=(-31.5, 12.25, 47.0), flip=(1, 1, 1)):
    affine = np.eye(4)
    affine[:3, :3] = TURN * spacing * np.array(flip)
    affine[:3, 3] = origin
    return affine


def ramp(shape=(7, 8, 9), dtype=np.float32):
    return np.arange(np.prod(shape)).reshape(shape).astype(dtype)


def in_slicer(path):
    """Voxels and index -> RAS matrix of the volume that Slicer's own storage node loads."""
    volume, storage = nodes("vtkMRMLScalarVolumeNode", "vtkMRMLVolumeArchetypeStorageNode")
    storage.SetFileName(str(path))
    assert storage.ReadData(volume)
    matrix = vtk.vtkMatrix4x4()
    volume.GetIJKToRASMatrix(matrix)
    return slicer.util.arrayFromVolume(volume).T, array_of(matrix)


def assert_same_world(file, path):
    """Each voxel has the value that Slicer finds at its place; Slicer turns left-handed grids, so indices differ."""
    voxels, affine = in_slicer(path)
    indices = np.argwhere(np.ones(file.volumes[0].shape))
    in_world = indices @ file.affine[:3, :3].T + file.affine[:3, 3]
    there = (in_world - affine[:3, 3]) @ np.linalg.inv(affine[:3, :3]).T
    np.testing.assert_allclose(there, np.round(there), atol=1e-3)
    expected = voxels[tuple(np.round(there).astype(int).T)]
    np.testing.assert_allclose(file.volumes[0][tuple(indices.T)], expected, rtol=1e-6)


def nodes(*classes):
    """Nodes of these classes in a scene of their own."""
    scene = slicer.vtkMRMLScene()
    return [scene.AddNode(getattr(slicer, name)()) for name in classes]


def array_of(matrix):
    return np.array([[matrix.GetElement(row, column) for column in range(4)] for row in range(4)])


def matrix_of(array):
    matrix = vtk.vtkMatrix4x4()
    matrix.DeepCopy(np.ravel(array).tolist())
    return matrix


class TestNifti:
    @pytest.mark.parametrize("flip", [(1, 1, 1), (-1, 1, 1), (1, -1, -1), (-1, -1, -1)])
    def test_scaled_integers_on_an_oblique_flipped_grid(self, tmp_path, flip):
        affine = oblique(flip=flip)
        image = nibabel.Nifti1Image(ramp(dtype=np.int16), affine)
        image.header.set_slope_inter(0.25, -40)
        nibabel.save(image, tmp_path / "scaled.nii.gz")
        file = read_image(tmp_path / "scaled.nii.gz")
        np.testing.assert_allclose(file.volumes[0], ramp() * 0.25 - 40, atol=1e-4)
        assert file.volumes[0].dtype == np.float32
        np.testing.assert_allclose(file.affine, affine, atol=1e-5)
        assert_same_world(file, tmp_path / "scaled.nii.gz")
        assert file.warnings == ()

    @pytest.mark.parametrize("dtype", ["int16", ">i2", ">f4", "uint8", "float32", "float64"])
    def test_type_is_kept_in_native_byte_order(self, tmp_path, dtype):
        header = nibabel.Nifti1Header(endianness=">" if dtype.startswith(">") else "<")
        header.set_data_dtype(dtype)
        nibabel.save(nibabel.Nifti1Image(ramp((3, 4, 5), dtype), oblique(), header), tmp_path / "plain.nii")
        assert (tmp_path / "plain.nii").read_bytes()[:2] == (b"\0\0" if dtype.startswith(">") else b"\\\1")
        (volume,) = read_image(tmp_path / "plain.nii").volumes
        assert volume.dtype.isnative
        assert volume.dtype == np.dtype(dtype).newbyteorder("=")
        np.testing.assert_array_equal(volume, ramp((3, 4, 5)))

    def test_nan_is_kept(self, tmp_path):
        voxels = ramp()
        voxels[2, 3, 4] = np.nan
        nibabel.save(nibabel.Nifti1Image(voxels, oblique()), tmp_path / "nan.nii")
        np.testing.assert_array_equal(read_image(tmp_path / "nan.nii").volumes[0], voxels)

    def test_echoes(self, tmp_path):
        voxels = np.stack([ramp(), ramp() + 1000, ramp() + 2000], axis=-1)
        nibabel.save(nibabel.Nifti1Image(voxels, oblique()), tmp_path / "echoes.nii.gz")
        file = read_image(tmp_path / "echoes.nii.gz")
        assert len(file.volumes) == 3
        for number, volume in enumerate(file.volumes):
            np.testing.assert_array_equal(volume, ramp() + 1000 * number)
        np.testing.assert_allclose(file.affine, oblique(), atol=1e-5)

    @pytest.mark.parametrize("codes", [(1, 0), (0, 1), (2, 0), (0, 4)])
    def test_one_orientation(self, tmp_path, codes):
        image = nibabel.Nifti1Image(ramp(), oblique())
        image.set_sform(oblique(), codes[0])
        image.set_qform(oblique(), codes[1])
        nibabel.save(image, tmp_path / "one.nii")
        file = read_image(tmp_path / "one.nii")
        np.testing.assert_allclose(file.affine, oblique(), atol=1e-5)
        assert file.warnings == ()

    def test_no_orientation(self, tmp_path):
        image = nibabel.Nifti1Image(ramp(), None)
        image.header.set_zooms((0.5, 0.6, 2.0))
        nibabel.save(image, tmp_path / "nowhere.nii")
        file = read_image(tmp_path / "nowhere.nii")
        assert_same_world(file, tmp_path / "nowhere.nii")
        (warning,) = file.warnings
        assert str(tmp_path / "nowhere.nii") in warning
        assert "swapped" in warning

    @pytest.mark.parametrize("hdr", [True, False])
    def test_analyze(self, tmp_path, hdr):
        nibabel.save(nibabel.AnalyzeImage(ramp(dtype=np.int16), np.diag([-0.5, 0.6, 2, 1])), tmp_path / "old.img")
        path = tmp_path / ("old.hdr" if hdr else "old.img")
        file = read_image(path)
        np.testing.assert_array_equal(file.volumes[0], ramp())
        assert_same_world(file, path)
        (warning,) = file.warnings
        assert str(path) in warning
        assert "LEFT AND RIGHT MAY BE SWAPPED" in warning

    def test_scaled_analyze(self, tmp_path):
        nibabel.save(nibabel.AnalyzeImage(ramp(dtype=np.int16), np.eye(4)), tmp_path / "spm.img")
        header = bytearray((tmp_path / "spm.hdr").read_bytes())
        header[112:120] = np.array([0.5, 7], "<f4").tobytes()  # as SPM2 has it
        (tmp_path / "spm.hdr").write_bytes(header)
        np.testing.assert_array_equal(read_image(tmp_path / "spm.img").volumes[0], ramp() * 0.5 + 7)

    @pytest.mark.parametrize("endianness", "<>")
    def test_nifti_2(self, tmp_path, endianness):
        header = nibabel.Nifti2Header(endianness=endianness)
        nibabel.save(nibabel.Nifti2Image(ramp(), oblique(), header), tmp_path / "second.nii")
        file = read_image(tmp_path / "second.nii")
        np.testing.assert_array_equal(file.volumes[0], ramp())
        np.testing.assert_allclose(file.affine, oblique(), atol=1e-5)
        assert file.warnings == ()

    def test_nifti_pair_is_not_analyze(self, tmp_path):
        nibabel.save(nibabel.Nifti1Pair(ramp(), oblique()), tmp_path / "pair.img")
        file = read_image(tmp_path / "pair.hdr")
        np.testing.assert_allclose(file.affine, oblique(), atol=1e-5)
        assert file.warnings == ()


@pytest.mark.parametrize("qform_code", [1, 2, 4])
@pytest.mark.parametrize("sform_code", [1, 2, 4])
def test_two_orientations_are_settled_as_slicer_does(tmp_path, sform_code, qform_code):
    image = nibabel.Nifti1Image(ramp(), oblique())
    image.set_sform(oblique(), sform_code)
    image.set_qform(oblique(origin=(-30, 12, 47)), qform_code)
    nibabel.save(image, tmp_path / "two.nii")
    file = read_image(tmp_path / "two.nii")
    assert_same_world(file, tmp_path / "two.nii")
    (warning,) = file.warnings
    assert ("the sform is used" if sform_code == 1 else "the qform is used") in warning


def test_shear_is_refused_as_slicer_refuses_it(tmp_path):
    affine = oblique() @ [[1, 0.2, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]
    image = nibabel.Nifti1Image(ramp(), affine)
    image.set_qform(None, 0)
    nibabel.save(image, tmp_path / "sheared.nii")
    volume, storage = nodes("vtkMRMLScalarVolumeNode", "vtkMRMLVolumeArchetypeStorageNode")
    storage.SetFileName(str(tmp_path / "sheared.nii"))
    assert not storage.ReadData(volume)
    with pytest.raises(ValueError, match="orthonormal"):
        read_image(tmp_path / "sheared.nii")


class TestImages:
    @pytest.mark.parametrize("flip", [(1, 1, 1), (-1, 1, -1)])
    def test_all_formats_give_the_same_world(self, tmp_path, flip):
        write_image(tmp_path / "image.nii.gz", [ramp()], oblique(flip=flip))
        image = SimpleITK.ReadImage(str(tmp_path / "image.nii.gz"))
        for suffix in (".nrrd", ".mha", ".mhd", ".nhdr"):
            SimpleITK.WriteImage(image, str(tmp_path / f"image{suffix}"))
        for suffix in (".nii.gz", ".nrrd", ".mha", ".mhd", ".nhdr"):
            file = read_image(tmp_path / f"image{suffix}")
            np.testing.assert_array_equal(file.volumes[0], ramp())
            np.testing.assert_allclose(file.affine, oblique(flip=flip), atol=1e-5)
            assert_same_world(file, tmp_path / f"image{suffix}")
            assert file.warnings == ()

    @pytest.mark.parametrize("name", ["nan.nii.gz", "nan.nrrd", "nan.mha"])
    def test_nan_is_kept(self, tmp_path, name):
        voxels = ramp()
        voxels[2, 3, 4] = np.nan
        write_image(tmp_path / name, [voxels], oblique())
        np.testing.assert_array_equal(read_image(tmp_path / name).volumes[0], voxels)

    def test_volume_saved_by_slicer(self, tmp_path):
        volume, storage = nodes("vtkMRMLScalarVolumeNode", "vtkMRMLVolumeArchetypeStorageNode")
        data = vtk.vtkImageData()
        data.SetDimensions(7, 8, 9)
        data.AllocateScalars(vtk.VTK_SHORT, 1)
        volume.SetAndObserveImageData(data)
        volume.SetIJKToRASMatrix(matrix_of(oblique()))
        slicer.util.updateVolumeFromArray(volume, ramp(dtype=np.int16).T)
        for name in ("volume.nrrd", "volume.nii.gz", "volume.mha"):
            storage.SetFileName(str(tmp_path / name))
            assert storage.WriteData(volume)
            file = read_image(tmp_path / name)
            np.testing.assert_array_equal(file.volumes[0], ramp())
            np.testing.assert_allclose(file.affine, oblique(), atol=1e-5)

    def test_list_of_volumes_as_slicer_saves_a_sequence(self, tmp_path):
        image = SimpleITK.GetImageFromArray(np.stack([ramp().T, ramp().T + 1000], axis=-1), isVector=True)
        SimpleITK.WriteImage(image, str(tmp_path / "vectors.nrrd"), False)
        content = (tmp_path / "vectors.nrrd").read_bytes()
        (tmp_path / "sequence.nrrd").write_bytes(content.replace(b"kinds: vector", b"kinds: list"))
        for number, volume in enumerate(read_image(tmp_path / "sequence.nrrd").volumes):
            np.testing.assert_array_equal(volume, ramp() + 1000 * number)
        with pytest.raises(ValueError, match="vectors or colours"):
            read_image(tmp_path / "vectors.nrrd")

    @pytest.mark.parametrize("shape", [(4, 5, 6, 1), (4, 5, 6, 1, 1), (4, 5, 6, 2, 1)])
    def test_trailing_dimensions_of_one(self, tmp_path, shape):
        nibabel.save(nibabel.Nifti1Image(ramp(shape), oblique()), tmp_path / "image.nii")
        volumes = read_image(tmp_path / "image.nii").volumes
        assert [volume.shape for volume in volumes] == [(4, 5, 6)] * shape[3]
        np.testing.assert_array_equal(volumes[-1], ramp(shape)[:, :, :, -1].reshape(4, 5, 6))

    def test_result_does_not_follow_the_file(self, tmp_path):
        nibabel.save(nibabel.Nifti1Image(ramp(), oblique()), tmp_path / "image.nii")
        (volume,) = read_image(tmp_path / "image.nii").volumes
        nibabel.save(nibabel.Nifti1Image(ramp() * 0, oblique()), tmp_path / "image.nii")
        np.testing.assert_array_equal(volume, ramp())

    def test_memory_of_scaled_echoes(self, tmp_path):
        image = nibabel.Nifti1Image(np.ones((100, 100, 40, 6), np.int16), np.eye(4))
        image.header.set_slope_inter(0.5, 1)
        nibabel.save(image, tmp_path / "echoes.nii.gz")
        volumes = read_image(tmp_path / "echoes.nii.gz").volumes
        tracemalloc.start()
        combine(volumes)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < 3.2 * 400_000 * 4  # the sum, the scaled echo and the one before; not all six

    def test_written_in_several_types_and_echoes(self, tmp_path):
        for dtype in (np.uint8, np.int16, np.float32, np.float64):
            write_image(tmp_path / "one.nii.gz", [ramp((3, 4, 5), dtype)], oblique())
            (volume,) = read_image(tmp_path / "one.nii.gz").volumes
            assert volume.dtype == dtype
        write_image(tmp_path / "two.nii.gz", [ramp(), ramp() + 1], oblique())
        file = read_image(tmp_path / "two.nii.gz")
        np.testing.assert_array_equal(file.volumes[1], ramp() + 1)
        np.testing.assert_allclose(file.affine, oblique(), atol=1e-5)
        np.testing.assert_allclose(nibabel.load(tmp_path / "two.nii.gz").affine, oblique(), atol=1e-5)

    def test_shear_is_not_written(self, tmp_path):
        affine = oblique()
        affine[:3, 1] += 0.1 * affine[:3, 0]
        with pytest.raises(ValueError, match="sheared"):
            write_image(tmp_path / "sheared.nii.gz", [ramp()], affine)
        assert not list(tmp_path.iterdir())

    def test_files_of_one_image(self, tmp_path):
        nibabel.save(nibabel.AnalyzeImage(ramp(dtype=np.int16), np.eye(4)), tmp_path / "old.img")
        assert files_of(tmp_path / "old.hdr") == [tmp_path / "old.hdr", tmp_path / "old.img"]
        assert files_of(tmp_path / "old.img") == [tmp_path / "old.img", tmp_path / "old.hdr"]
        for header, data in (("a.mhd", "a.raw"), ("b.nhdr", "b.raw")):
            SimpleITK.WriteImage(SimpleITK.Image(2, 2, 2, SimpleITK.sitkInt16), str(tmp_path / header), False)
            assert files_of(tmp_path / header) == [tmp_path / header, tmp_path / data]
        assert files_of(tmp_path / "c.nii.gz") == [tmp_path / "c.nii.gz"]


class TestCurves:
    POINTS = ((-31.5, 12.25, 47.123456789012345), (0.1, -2.7, 47.0), (8.0, 3.0, 46.5))

    def saved_by_slicer(self, path, system):
        curve, storage = nodes("vtkMRMLMarkupsCurveNode", "vtkMRMLMarkupsJsonStorageNode")
        for point in self.POINTS:
            curve.AddControlPoint(*point)
        curve.AddControlPoint(1, 1, 1)
        curve.UnsetNthControlPointPosition(3)
        storage.SetCoordinateSystem(system)
        storage.SetFileName(str(path))
        assert storage.WriteData(curve)
        return path

    @pytest.mark.parametrize(("system", "name"), [(0, "RAS"), (1, "LPS")])
    def test_saved_by_slicer(self, tmp_path, system, name):
        path = self.saved_by_slicer(tmp_path / "line.mrk.json", system)
        assert f'"coordinateSystem": "{name}"' in path.read_text()
        np.testing.assert_allclose(read_curve(path).points, self.POINTS, rtol=1e-15)

    @pytest.mark.parametrize(("name", "code"), [("RAS", "0"), ("RAS", 0), ("LPS", "1"), ("LPS", 1)])
    def test_codes_of_old_files(self, tmp_path, name, code):
        path = self.saved_by_slicer(tmp_path / "line.mrk.json", 0 if name == "RAS" else 1)
        content = json.loads(path.read_text())
        content["markups"][0]["coordinateSystem"] = code
        path.write_text(json.dumps(content))
        np.testing.assert_allclose(read_curve(path).points, self.POINTS, rtol=1e-15)

    def test_what_slicer_takes_for_granted(self, tmp_path):
        points = [{"position": [-x, -y, z]} for x, y, z in self.POINTS]
        curve = {"type": "Curve", "coordinateUnits": ["mm", "UCUM", "millimeter"], "controlPoints": points}
        (tmp_path / "line.mrk.json").write_text(json.dumps({"markups": [curve]}))
        np.testing.assert_array_equal(read_curve(tmp_path / "line.mrk.json").points, self.POINTS)

    @pytest.mark.parametrize("status", ["undefined", "missing"])
    def test_points_without_a_place_do_not_count_and_are_told(self, tmp_path, status):
        write_curve(tmp_path / "line.mrk.json", self.POINTS)
        self.with_point(tmp_path / "line.mrk.json", 1, positionStatus=status)
        curve = read_curve(tmp_path / "line.mrk.json")
        np.testing.assert_array_equal(curve.points, self.POINTS[::2])
        (warning,) = curve.warnings
        assert warning == f"{tmp_path / 'line.mrk.json'}: 1 of 3 control points have no place and are left out."

    def test_points_in_preview_count_as_they_do_in_slicer_s_own_curve(self, tmp_path):
        path = tmp_path / "line.mrk.json"
        write_curve(path, np.linspace((0, 0, 0), (30, 0, 0), 7))
        for number in (1, 2, 4, 6):
            self.with_point(path, number, positionStatus="preview")
        node, storage = nodes("vtkMRMLMarkupsCurveNode", "vtkMRMLMarkupsJsonStorageNode")
        storage.SetFileName(str(path))
        assert storage.ReadData(node)
        assert node.GetCurveLengthWorld() == pytest.approx(30)
        curve = read_curve(path)
        np.testing.assert_array_equal(curve.points, slicer.util.arrayFromMarkupsControlPoints(node))
        assert curve.warnings == ()

    def test_the_point_that_hovered_while_slicer_saved_does_not_count(self, tmp_path):
        curve, storage = nodes("vtkMRMLMarkupsCurveNode", "vtkMRMLMarkupsJsonStorageNode")
        for point in self.POINTS:
            curve.AddControlPoint(*point)
        curve.AddControlPoint(5, 5, 5)
        curve.SetNthControlPointPositionWorld(3, 5, 5, 5, curve.PositionPreview)
        storage.SetFileName(str(tmp_path / "line.mrk.json"))
        assert storage.WriteData(curve)
        assert json.loads((tmp_path / "line.mrk.json").read_text())["markups"][0]["controlPoints"][3]["position"] == ""
        np.testing.assert_allclose(read_curve(tmp_path / "line.mrk.json").points, self.POINTS, rtol=1e-15)
        assert "1 of 4 control points" in read_curve(tmp_path / "line.mrk.json").warnings[0]

    @staticmethod
    def with_point(path, number, **changes):
        content = json.loads(path.read_text())
        content["markups"][0]["controlPoints"][number].update(changes)
        path.write_text(json.dumps(content))

    def test_read_by_slicer(self, tmp_path):
        write_curve(tmp_path / "left_hand_knob.mrk.json", self.POINTS)
        curve, storage = nodes("vtkMRMLMarkupsCurveNode", "vtkMRMLMarkupsJsonStorageNode")
        storage.SetFileName(str(tmp_path / "left_hand_knob.mrk.json"))
        assert storage.ReadData(curve)
        np.testing.assert_array_equal(slicer.util.arrayFromMarkupsControlPoints(curve), self.POINTS)
        for number in range(3):
            assert curve.GetNthControlPointPositionStatus(number) == curve.PositionDefined
            assert curve.GetNthControlPointLabel(number) == f"left_hand_knob-{number + 1}"
            assert curve.GetNthControlPointVisibility(number)
            orientation = curve.GetNthControlPointOrientationMatrix(number)
            assert np.array(orientation).ravel().tolist() == np.eye(3).ravel().tolist()

    def test_every_field_of_a_point_is_written(self, tmp_path):
        by_slicer = self.saved_by_slicer(tmp_path / "slicer.mrk.json", 1)
        write_curve(tmp_path / "ours.mrk.json", self.POINTS)
        theirs, ours = (read_json(path)["markups"][0] for path in (by_slicer, tmp_path / "ours.mrk.json"))
        assert list(ours) == [key for key in theirs if key != "display"]
        assert list(ours["controlPoints"][0]) == list(theirs["controlPoints"][0])

    def test_zero_has_no_sign(self, tmp_path):
        write_curve(tmp_path / "line.mrk.json", [[0, 0, 0], [1, 1, 1]])
        assert "-0.0" not in (tmp_path / "line.mrk.json").read_text()

    @settings(max_examples=50, deadline=None)
    @given(hnp.arrays(float, st.tuples(st.integers(2, 30), st.just(3)), elements=st.floats(-1e3, 1e3), unique=True))
    def test_nothing_is_lost(self, tmp_path_factory, points):
        path = tmp_path_factory.getbasetemp() / "any.mrk.json"
        write_curve(path, points)
        np.testing.assert_array_equal(read_curve(path).points, points)


class TestSegments:
    SHAPE = (12, 10, 8)
    SEGMENTS = (
        ("Splenium", (slice(2, 5), slice(3, 6), slice(4, 6))),
        ("White matter left hand knob", (slice(4, 9), slice(4, 9), slice(5, 7))),
        ("White matter right hand knob", (slice(9, 11), slice(1, 2), slice(2, 3))),
        ("Weiße Substanz", (slice(0, 12), slice(5, 6), slice(0, 8))),
    )

    def indices(self, box):
        mask = np.zeros(self.SHAPE, bool)
        mask[box] = True
        return np.argwhere(mask)

    def saved_by_slicer(self, path, affine, cropped):
        node, storage = nodes("vtkMRMLSegmentationNode", "vtkMRMLSegmentationStorageNode")
        for name, box in self.SEGMENTS:
            labelmap = slicer.vtkOrientedImageData()
            # A labelmap covers only a part of the grid, beginning at an index of its own.
            labelmap.SetExtent(*(bound for part in box for bound in (part.start, part.stop - 1)))
            labelmap.AllocateScalars(vtk.VTK_UNSIGNED_CHAR, 1)
            labelmap.GetPointData().GetScalars().Fill(1)
            labelmap.SetImageToWorldMatrix(matrix_of(affine))
            node.AddSegmentFromBinaryLabelmapRepresentation(labelmap, name)
        storage.SetCropToMinimumExtent(cropped)
        storage.SetFileName(str(path))
        assert storage.WriteData(node)
        return node

    @pytest.mark.parametrize("cropped", [True, False])
    @pytest.mark.parametrize("flip", [(1, 1, 1), (1, -1, -1)])
    def test_saved_by_slicer(self, tmp_path, flip, cropped):
        affine = oblique(flip=flip)
        node = self.saved_by_slicer(tmp_path / "roi.seg.nrrd", affine, cropped)
        assert "kinds: list" in (tmp_path / "roi.seg.nrrd").read_bytes()[:1000].decode(errors="replace")
        file = LabelFile(tmp_path / "roi.seg.nrrd")
        image = Image(np.zeros(self.SHAPE), affine)
        for name, box in self.SEGMENTS:
            for key in (name, node.GetSegmentation().GetSegmentIdBySegmentName(name)):
                mask, mask_affine = file.segment(key)
                assert mask.all()
                found = image.index_of(np.argwhere(mask) @ mask_affine[:3, :3].T + mask_affine[:3, 3])
                np.testing.assert_allclose(found, self.indices(box), atol=1e-4)

    @pytest.mark.parametrize("number", [1, 4])
    def test_read_by_slicer(self, tmp_path, number):
        segments = {name: self.indices(box) for name, box in self.SEGMENTS[:number]}
        write_segmentation(tmp_path / "roi.seg.nrrd", segments, self.SHAPE, oblique())
        node, storage = nodes("vtkMRMLSegmentationNode", "vtkMRMLSegmentationStorageNode")
        storage.SetFileName(str(tmp_path / "roi.seg.nrrd"))
        assert storage.ReadData(node)
        assert storage.GetUserMessages().GetNumberOfMessages() == 0
        segmentation = node.GetSegmentation()
        assert list(segmentation.GetSegmentIDs()) == [f"Segment_{n + 1}" for n in range(number)]
        colors = set()
        for identifier, (name, indices) in zip(segmentation.GetSegmentIDs(), segments.items(), strict=True):
            segment = segmentation.GetSegment(identifier)
            assert segment.GetName() == name
            colors.add(segment.GetColor())
            labelmap = slicer.vtkOrientedImageData()
            assert node.GetBinaryLabelmapRepresentation(identifier, labelmap)
            matrix = vtk.vtkMatrix4x4()
            labelmap.GetImageToWorldMatrix(matrix)
            np.testing.assert_allclose(array_of(matrix), oblique(), atol=1e-9)
            low = np.array(labelmap.GetExtent()[::2])
            shape = np.array(labelmap.GetExtent()[1::2]) - low + 1
            voxels = vtk_to_numpy(labelmap.GetPointData().GetScalars())
            np.testing.assert_array_equal(np.argwhere(voxels.reshape(shape, order="F")) + low, indices)
        assert len(colors) == number
        geometry = slicer.vtkOrientedImageData()
        parameter = segmentation.GetConversionParameter("Reference image geometry")
        assert slicer.vtkSegmentationConverter.DeserializeImageGeometry(parameter, geometry, False)
        assert geometry.GetExtent() == (0, 11, 0, 9, 0, 7)
        geometry.GetImageToWorldMatrix(matrix)
        np.testing.assert_allclose(array_of(matrix), oblique(), atol=1e-9)

    def test_every_header_field_is_written(self, tmp_path):
        self.saved_by_slicer(tmp_path / "slicer.seg.nrrd", oblique(), False)
        segments = {name: self.indices(box) for name, box in self.SEGMENTS}
        write_segmentation(tmp_path / "ours.seg.nrrd", segments, self.SHAPE, oblique())

        def keys(path):
            header = path.read_bytes().split(b"\n\n")[0].decode()
            return [line.split(":")[0] for line in header.splitlines()]

        assert keys(tmp_path / "ours.seg.nrrd") == keys(tmp_path / "slicer.seg.nrrd")

    @settings(max_examples=40, deadline=None)
    @given(hnp.arrays(bool, st.tuples(st.integers(1, 6), st.just(3), st.just(4), st.just(2))))
    def test_nothing_is_lost(self, tmp_path_factory, masks):
        path = tmp_path_factory.getbasetemp() / "any.seg.nrrd"
        segments = {f"number {n}": np.argwhere(mask) for n, mask in enumerate(masks) if mask.any()}
        if not segments:
            return
        write_segmentation(path, segments, masks.shape[1:], oblique())
        file = LabelFile(path)
        image = Image(np.zeros(masks.shape[1:]), oblique())
        for name, indices in segments.items():
            mask, affine = file.segment(name)
            found = image.index_of(np.argwhere(mask) @ affine[:3, :3].T + affine[:3, 3])
            np.testing.assert_allclose(found, indices, atol=1e-9)

    @pytest.mark.parametrize("name", ["labels.nii.gz", "labels.nrrd"])
    @pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.float32])
    def test_label_map(self, tmp_path, name, dtype):
        labels = np.zeros(self.SHAPE, dtype)
        labels[2:4, 3:5, 6:8] = 3
        labels[5:, 5:, 5:] = 200 if dtype == np.uint8 else 1024
        write_image(tmp_path / name, [labels], oblique())
        mask, affine = LabelFile(tmp_path / name).label(3)
        assert mask.shape == (2, 2, 2)
        assert mask.all()
        np.testing.assert_allclose(affine[:3, 3], (oblique() @ [2, 3, 6, 1])[:3], atol=1e-5)

    def test_label_of_a_segmentation_with_one_layer(self, tmp_path):
        segments = {name: self.indices(box) for name, box in (self.SEGMENTS[0], self.SEGMENTS[2])}
        write_segmentation(tmp_path / "roi.seg.nrrd", segments, self.SHAPE, oblique())
        mask, _ = LabelFile(tmp_path / "roi.seg.nrrd").label(2)
        assert mask.shape == (2, 1, 1)

    def test_masks_are_small(self, tmp_path):
        labels = np.zeros((200, 200, 100), np.uint8)
        labels[100:110, 100:110, 50] = 1
        write_image(tmp_path / "labels.nrrd", [labels], oblique())
        mask, _ = LabelFile(tmp_path / "labels.nrrd").label(1)
        assert mask.base is None
        assert mask.nbytes == 100


def box_roi(low, high, name="ROI"):
    ranges = [np.arange(a, b) for a, b in zip(low, high, strict=True)]
    return Roi(np.stack(np.meshgrid(*ranges, indexing="ij"), -1).reshape(-1, 3), name)


def small_exam(shape=(30, 32, 12), **changes):
    image = Image(ramp(shape) % 97 + 100, oblique())
    line = image.position_of(np.array([[8, 10, 5], [12, 12, 5], [16, 13, 5], [20, 11, 5.0]]))
    regions = (
        Region("left", "hand_knob", (line, line + 0.25), box_roi((7, 7, 4), (12, 12, 6))),
        Region("right", "paracentral_lobule", (line - 1,), box_roi((10, 10, 4), (15, 12, 7))),
    )
    exam = Exam("sub-01", image, box_roi((2, 2, 4), (8, 8, 6)), regions, field_strength_tesla=3.0)
    return replace(exam, **changes)


def assert_same_measurement(found, exam):
    np.testing.assert_allclose(found.image.affine, exam.image.affine, atol=1e-6)
    assert found.settings == exam.settings
    for name in ("subject", "session", "observer", "group", "field_strength_tesla"):
        assert getattr(found, name) == getattr(exam, name)
    rois = [(found.splenium, exam.splenium)]
    for ours, theirs in zip(found.regions, exam.regions, strict=True):
        assert (ours.hemisphere, ours.region) == (theirs.hemisphere, theirs.region)
        for line, expected in zip(ours.pial_lines, theirs.pial_lines, strict=True):
            np.testing.assert_array_equal(line, expected)
        rois.append((ours.white_matter, theirs.white_matter))
    for roi, expected in rois:
        np.testing.assert_array_equal(np.unique(roi.indices, axis=0), np.unique(expected.indices, axis=0))


class TestExam:
    def test_round_trip(self, tmp_path):
        exam = small_exam(session="ses-1", observer="R1", group="patient", settings=Settings(depth_max_mm=5.0))
        found = read_exam(write_exam(tmp_path / "new" / "folder", exam))
        assert_same_measurement(found, exam)
        np.testing.assert_array_equal(found.image.voxels, exam.image.voxels)
        assert found.warnings == ()
        assert found.origin["echo_times_ms"] is None
        assert found.origin["field_strength_from"] == "exam.json"

    @pytest.mark.parametrize("method", ["mean", "rss", "echo-2", "r2star"])
    def test_echoes(self, tmp_path, method):
        polarity = "bright" if method == "r2star" else "dark"
        exam = small_exam((100, 32, 12), settings=Settings(polarity=polarity))
        echoes = [exam.image.voxels * factor for factor in (1.0, 0.8, 0.5)]
        path = write_exam(tmp_path, exam, np.stack(echoes, axis=-1), (13.0, 18.6, 24.2), method)
        found = read_exam(path)
        assert_same_measurement(found, exam)
        if method == "r2star":
            known = np.isfinite(found.image.voxels)
            assert known[:40].all()
            assert not known[60:].any()
            expected = r2star_map(echoes, (13.0, 18.6, 24.2), known)
            np.testing.assert_allclose(found.image.voxels, expected, rtol=1e-4)
            for roi in (exam.splenium, *(region.white_matter for region in exam.regions)):
                assert np.isfinite(roi.intensities(found.image)).all()
        else:
            np.testing.assert_allclose(found.image.voxels, combine(echoes, method), rtol=1e-6)
        assert found.origin["echo_combination"] == method
        assert found.origin["echo_times_ms"] == [13.0, 18.6, 24.2]
        assert found.origin["echo_times_from"] == "exam.json"

    def test_only_changed_settings_are_written(self, tmp_path):
        assert "settings" not in read_json(write_exam(tmp_path, small_exam()))
        path = write_exam(tmp_path, small_exam(settings=Settings(depth_max_mm=5.0)))
        assert read_json(path)["settings"] == {"depth_max_mm": 5.0}

    def test_each_file_of_rois_is_read_once(self, tmp_path, monkeypatch):
        path = write_exam(tmp_path, small_exam())
        read = []
        monkeypatch.setattr("M1SHThkLib.files.segments.read_image", lambda path: read.append(path) or read_image(path))
        read_exam(path)
        assert read == [tmp_path / "references.seg.nrrd"]

    def test_label_map_without_orientation_is_warned_of(self, tmp_path):
        path = write_exam(tmp_path, small_exam(image=Image(ramp((30, 32, 12)), np.diag([-0.5, -0.5, 2, 1]))))
        labels = nibabel.Nifti1Image(np.ones((30, 32, 12), np.uint8), None)
        labels.header.set_zooms((0.5, 0.5, 2))
        nibabel.save(labels, tmp_path / "labels.nii")
        self.change(path, lambda exam: exam.update(splenium={"path": "labels.nii", "label": 1}))
        (warning,) = read_exam(path).warnings
        assert "labels.nii: neither sform nor qform" in warning

    def test_r2star_without_polarity_is_bright(self, tmp_path):
        path = write_exam(tmp_path, small_exam(), [ramp((30, 32, 12)) + 5] * 2, (13.0, 18.6), "mean")
        self.change(path, lambda exam: exam["image"].update(echo_combination="r2star"))
        assert read_exam(path).settings.polarity == "bright"
        self.change(path, lambda exam: exam.update(settings={"polarity": "dark"}))
        with pytest.raises(ValueError, match=r"exam\.json: setting 'polarity' is 'dark'"):
            read_exam(path)

    @staticmethod
    def change(path, edit):
        exam = json.loads(path.read_text())
        edit(exam)
        path.write_text(json.dumps(exam))

    def single_echoes(self, tmp_path, sidecars):
        path = write_exam(tmp_path, small_exam())
        names = []
        for number, sidecar in enumerate(sidecars, 1):
            names.append(f"sub-01_echo-{number}_MEGRE.nii.gz")
            write_image(tmp_path / names[-1], [small_exam().image.voxels / number], oblique())
            if sidecar is not None:
                (tmp_path / f"sub-01_echo-{number}_MEGRE.json").write_text(json.dumps(sidecar))
        self.change(path, lambda exam: exam["image"].update(path=names))
        return path

    def test_single_echo_images_with_bids_sidecars(self, tmp_path):
        path = self.single_echoes(tmp_path, [{"EchoTime": 0.013}, {"EchoTime": 0.0186, "MagneticFieldStrength": 7}])
        self.change(path, lambda exam: exam.pop("field_strength_tesla"))
        exam = read_exam(path)
        np.testing.assert_allclose(exam.image.voxels, small_exam().image.voxels * 0.75, rtol=1e-6)
        assert exam.origin["echo_times_ms"] == [13.0, 18.6]
        assert exam.origin["echo_times_from"] == "sub-01_echo-1_MEGRE.json"
        assert exam.field_strength_tesla == 7
        assert exam.origin["field_strength_from"] == "sub-01_echo-2_MEGRE.json"
        assert {"sub-01_echo-2_MEGRE.json", "sub-01_echo-2_MEGRE.nii.gz"} <= {i["path"] for i in exam.origin["inputs"]}

    def test_the_exam_comes_before_the_sidecars(self, tmp_path):
        path = self.single_echoes(tmp_path, [{"EchoTime": 0.013, "MagneticFieldStrength": 7}, {"EchoTime": 0.0186}])
        self.change(path, lambda exam: exam["image"].update(echo_times_ms=[14, 20]))
        exam = read_exam(path)
        assert exam.origin["echo_times_ms"] == [14, 20]
        assert exam.origin["echo_times_from"] == "exam.json"
        assert exam.field_strength_tesla == 3

    @pytest.mark.parametrize("sidecars", [[None, None], [{"EchoTime": 0.013}, None], [{"EchoTime": 0.013}, {}]])
    def test_unknown_echo_times(self, tmp_path, sidecars):
        path = self.single_echoes(tmp_path, sidecars)
        exam = read_exam(path)
        assert exam.origin["echo_times_ms"] is exam.origin["echo_times_from"] is None
        (warning,) = exam.warnings
        assert "times of the 2 echoes are not known" in warning
        self.change(path, lambda exam: exam["image"].update(echo_combination="r2star"))
        with pytest.raises(ValueError, match="R2\\* needs the echo times"):
            read_exam(path)

    def test_sidecar_with_a_list_for_a_4d_image(self, tmp_path):
        voxels = small_exam().image.voxels
        path = write_exam(tmp_path, small_exam(), [voxels, voxels])
        write_json(tmp_path / "t2star.json", {"EchoTime": [0.013, 0.0186]})
        assert read_exam(path).origin["echo_times_ms"] == [13.0, 18.6]

    def test_equal_echo_times_are_warned_of(self, tmp_path):
        path = self.single_echoes(tmp_path, [{"EchoTime": 0.013}, {"EchoTime": 0.013}])
        (warning,) = read_exam(path).warnings
        assert "sub-01_echo-1_MEGRE.json" in warning
        assert "all 2 echo times are 13 ms" in warning

    def test_analyze_is_warned_of_and_hashed_whole(self, tmp_path):
        path = write_exam(tmp_path, small_exam(image=Image(ramp((30, 32, 12)), np.diag([-0.5, -0.5, 2, 1]))))
        nibabel.save(nibabel.AnalyzeImage(ramp((30, 32, 12)), np.diag([-0.5, 0.5, 2, 1])), tmp_path / "old.img")
        self.change(path, lambda exam: exam["image"].update(path="old.hdr"))
        exam = read_exam(path)
        assert any("LEFT AND RIGHT MAY BE SWAPPED" in warning for warning in exam.warnings)
        assert {"old.hdr", "old.img"} <= {entry["path"] for entry in exam.origin["inputs"]}
        np.testing.assert_array_equal(np.unique(exam.splenium.indices, axis=0), small_exam().splenium.indices)

    def test_checksums_of_all_inputs(self, tmp_path):
        path = write_exam(tmp_path / "exam", small_exam())
        (tmp_path / "exam" / "t2star.nii.gz").rename(tmp_path / "t2star.nii.gz")
        self.change(path, lambda exam: exam["image"].update(path="../t2star.nii.gz"))
        inputs = {entry["path"]: entry["sha256"] for entry in read_exam(path).origin["inputs"]}
        assert list(inputs) == [
            "exam.json",
            "../t2star.nii.gz",
            "references.seg.nrrd",
            "left_hand_knob.mrk.json",
            "left_hand_knob_2.mrk.json",
            "right_paracentral_lobule.mrk.json",
        ]
        for name, checksum in inputs.items():
            assert checksum == hashlib.sha256((tmp_path / "exam" / name).read_bytes()).hexdigest()

    def test_paths_are_relative_to_the_exam_file(self, tmp_path, monkeypatch):
        path = write_exam(tmp_path / "exam", small_exam())
        monkeypatch.chdir(tmp_path)
        assert read_exam(Path("exam/exam.json")).origin["inputs"] == read_exam(path).origin["inputs"]
        monkeypatch.chdir(tmp_path / "exam")
        assert read_exam("exam.json").image.name == "t2star.nii.gz"

    def test_labels_and_coarser_masks(self, tmp_path):
        path = write_exam(tmp_path, small_exam())
        coarse = oblique() @ np.diag([2, 2, 2, 1])
        coarse[:3, 3] += oblique()[:3, :3] @ [0.5, 0.5, 0.5]
        labels = np.zeros((15, 16, 6), np.uint8)
        labels[1:4, 1:4, 2:3] = 3
        write_image(tmp_path / "labels.nii.gz", [labels], coarse)
        self.change(path, lambda exam: exam.update(splenium={"path": "labels.nii.gz", "label": 3}))
        found = np.unique(read_exam(path).splenium.indices, axis=0)
        np.testing.assert_array_equal(found, small_exam().splenium.indices)

    def test_same_exam_same_bytes(self, tmp_path):
        for folder in ("a", "b"):
            write_exam(tmp_path / folder, small_exam(), [small_exam().image.voxels] * 2, (13, 18.6))
        for file in (tmp_path / "a").iterdir():
            assert file.read_bytes() == (tmp_path / "b" / file.name).read_bytes()
        # No time of writing in the gzip header, which would differ a second later.
        assert (tmp_path / "a" / "t2star.nii.gz").read_bytes()[4:8] == bytes(4)
        content = (tmp_path / "a" / "references.seg.nrrd").read_bytes()
        packed = content[content.index(b"\n\n") + 2 :]
        assert packed[4:8] == bytes(4)
        assert len(gzip.decompress(packed)) % small_exam().image.voxels.size == 0

    def test_an_exam_that_its_own_reader_refuses_is_not_written(self, tmp_path):
        voxels = small_exam().image.voxels
        for exam, echoes, times, fault in (
            (small_exam(group="sick"), None, None, "group is"),
            (small_exam(field_strength_tesla=None), None, None, "lacks the field strength"),
            (small_exam(), [voxels, voxels[1:]], None, "another grid"),
            (small_exam(), [voxels, voxels], [13], "1 echo times"),
        ):
            with pytest.raises(ValueError, match=fault):
                write_exam(tmp_path / "new", exam, echoes, times)
        assert not list((tmp_path / "new").iterdir())


class TestWholeWrites:
    def test_failure_leaves_what_was_there(self, tmp_path):
        (tmp_path / "file.txt").write_text("before")
        with pytest.raises(KeyboardInterrupt), replacing(tmp_path / "file.txt") as temporary:
            temporary.write_text("half")
            raise KeyboardInterrupt
        assert [file.name for file in tmp_path.iterdir()] == ["file.txt"]
        assert (tmp_path / "file.txt").read_text() == "before"

    @pytest.mark.parametrize("failing", ["fsync", "replace"])
    def test_full_disk(self, tmp_path, monkeypatch, failing):
        def fail(*_):
            raise OSError(28, "No space left on device")

        (tmp_path / "file.txt").write_text("before")
        monkeypatch.setattr(os, failing, fail)
        said = r"file\.txt: cannot be written \(No space left on device\); make room there, or choose"
        with pytest.raises(ValueError, match=said):
            write_text(tmp_path / "file.txt", "after")
        assert [file.name for file in tmp_path.iterdir()] == ["file.txt"]
        assert (tmp_path / "file.txt").read_text() == "before"

    def test_bytes_are_on_the_disk_before_the_name_is(self, tmp_path, monkeypatch):
        calls = []
        real_replace, real_sync = os.replace, os.fsync
        monkeypatch.setattr(os, "fsync", lambda number: calls.append("fsync") or real_sync(number))
        monkeypatch.setattr(os, "replace", lambda *paths: calls.append("replace") or real_replace(*paths))
        write_text(tmp_path / "file.txt", "after")
        assert calls == ["fsync", "replace"]

    def test_image_that_cannot_be_written(self, tmp_path):
        write_image(tmp_path / "image.nrrd", [ramp()], oblique())
        before = (tmp_path / "image.nrrd").read_bytes()
        with pytest.raises(ValueError, match=r"image\.xyz: cannot be written"):
            write_image(tmp_path / "image.xyz", [ramp()], oblique())
        with pytest.raises(ValueError, match="cannot be written"):
            write_image(tmp_path / "missing" / "image.nrrd", [ramp()], oblique())
        assert [file.name for file in tmp_path.iterdir()] == ["image.nrrd"]
        assert (tmp_path / "image.nrrd").read_bytes() == before

    @pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
    def test_others_may_read_it_as_they_may_other_files(self, tmp_path):
        (tmp_path / "usual.txt").write_text("")
        write_text(tmp_path / "file.txt", "text")
        modes = {stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("usual.txt", "file.txt")}
        assert len(modes) == 1

    def test_folder_that_cannot_be_made(self, tmp_path):
        (tmp_path / "taken").write_text("")
        with pytest.raises(ValueError, match="taken: this folder cannot be made"):
            write_exam(tmp_path / "taken", small_exam())


class TestResults:
    def test_tsv(self, tmp_path):
        third = 1 / 3
        rows = [
            ["sub-01", np.float64(third), 3, None, ""],
            ["Müller", np.float32(0.5), np.int64(-4), float("nan"), "a,b"],
        ]
        write_tsv(tmp_path / "table.tsv", ["name", "value", "count", "missing", "flags"], rows)
        assert (tmp_path / "table.tsv").read_bytes().decode() == (
            "name\tvalue\tcount\tmissing\tflags\nsub-01\t0.3333333333333333\t3\tn/a\tn/a\nMüller\t0.5\t-4\tn/a\ta,b\n"
        )

    @pytest.mark.parametrize("text", ["a\tb", "a\nb", "a\rb"])
    def test_tsv_is_not_torn(self, tmp_path, text):
        with pytest.raises(ValueError, match=r"table\.tsv: the text .* tab or line break"):
            write_tsv(tmp_path / "table.tsv", ["name"], [[text]])
        with pytest.raises(ValueError, match=r"row 2 has 1 values for 2 columns"):
            write_tsv(tmp_path / "table.tsv", ["a", "b"], [[1, 2], [1]])
        assert not list(tmp_path.iterdir())

    def test_names_with_quotation_marks_are_read_back(self, tmp_path):
        names = ['"A" Rossi', '"B', 'C"', '"', 'D "d"']
        write_tsv(tmp_path / "table.tsv", ["subject", "place"], [[name, 1] for name in names])
        _, rows = read_table(tmp_path / "table.tsv", ["subject", "place"])
        assert [row.name("subject") for row in rows] == names

    @given(st.floats(allow_nan=False))
    def test_full_precision(self, tmp_path_factory, value):
        path = tmp_path_factory.getbasetemp() / "precision.tsv"
        write_tsv(path, ["value"], [[value]])
        assert float(path.read_text().splitlines()[1]) == value

    def test_folder(self, tmp_path):
        row = ["x"] * len(MEASUREMENT_COLUMNS)
        columns = MEASUREMENT_COLUMNS[:5]
        write_results(tmp_path / "out", MEASUREMENT_COLUMNS, [row], columns, [row[:5]] * 2, {"version": "1"})
        names = ["measurements.json", "measurements.tsv", "profiles.json", "profiles.tsv", "provenance.json"]
        assert sorted(file.name for file in (tmp_path / "out").iterdir()) == names
        sidecar = read_json(tmp_path / "out" / "measurements.json")
        assert list(sidecar) == [column.name for column in MEASUREMENT_COLUMNS]
        assert sidecar["thk_mm"]["Units"] == "mm"
        assert "Units" not in sidecar["flags"]
        assert all(entry["Description"] for entry in sidecar.values())

    def test_json(self, tmp_path):
        write_json(tmp_path / "a.json", {"ä": np.float64(1 / 3), "b": np.arange(2), "c": np.int64(7)})
        assert read_json(tmp_path / "a.json") == {"ä": 1 / 3, "b": [0, 1], "c": 7}
        assert b"\r" not in (tmp_path / "a.json").read_bytes()
        with pytest.raises(ValueError, match=r"b\.json: Out of range float"):
            write_json(tmp_path / "b.json", {"value": float("nan")})
        assert sha256(tmp_path / "a.json") == hashlib.sha256((tmp_path / "a.json").read_bytes()).hexdigest()
