"""The module in the miniature Slicer: the same measurement from real MRML nodes."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import MiniSlicer
import numpy as np
import pytest

MiniSlicer.start(window=False)

import slicer  # noqa: E402  (after MiniSlicer has completed it)
import vtk  # noqa: E402

MODULE = Path(__file__).resolve().parents[3] / "M1SHThk" / "M1SHThk.py"
module = MiniSlicer.loadModule(str(MODULE))

from M1SHThkLib.__main__ import main  # noqa: E402
from M1SHThkLib.digital_exam.phantom import PhantomOptions, make_phantom  # noqa: E402
from M1SHThkLib.files.exams import read_exam  # noqa: E402
from M1SHThkLib.measuring.measurement import measure_exam  # noqa: E402
from M1SHThkLib.measuring.settings import Settings  # noqa: E402
from M1SHThkLib.scene.exam_nodes import setting_parameter  # noqa: E402
from M1SHThkLib.scene.tables import stored_values  # noqa: E402

KEYS = ("sh", "thk_mm", "sh_thk_per_mm", "lobe_z", "line_length_mm", "line_stray_mm", "snr")


def M1SHThk():
    import M1SHThk as script

    return script


@pytest.fixture(scope="module")
def phantom():
    regions = (("left", "hand_knob"), ("left", "paracentral_lobule"))
    return make_phantom(
        PhantomOptions(field_strength=7, group="patient", slices=3, cropped=True, regions=regions, obliquity=15.0)
    )


@pytest.fixture
def logic(phantom):
    MiniSlicer.closeScene()
    logic = M1SHThk().M1SHThkLogic()
    logic.loadExam(phantom.exam(Settings(replicates=50)))
    return logic


def numbers(measurements):
    return {m.name: [getattr(m, key) for key in KEYS] for m in measurements}


def assert_same(one, other, rtol=1e-9):
    assert list(one) == list(other)
    for name in one:
        np.testing.assert_allclose(one[name], other[name], rtol=rtol, atol=1e-9)


def test_self_test_passes():
    MiniSlicer.closeScene()
    MiniSlicer.runSelfTest("M1SHThk")


def test_nodes_give_the_numbers_of_the_arrays(phantom, logic):
    assert_same(numbers(logic.measure()), numbers(measure_exam(phantom.exam(Settings(replicates=50)))))


def test_a_common_transform_moves_everything_and_changes_nothing(logic):
    before = numbers(logic.measure())
    transform = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLTransformNode")
    motion = vtk.vtkTransform()
    motion.Translate(30, -20, 10)
    motion.RotateWXYZ(40, 1, 2, 3)
    transform.SetMatrixTransformToParent(motion.GetMatrix())
    parameters = logic.getParameterNode()
    nodes = [parameters.inputVolume, parameters.references, *parameters.leftHandKnobPialLines]
    for node in (*nodes, *parameters.leftParacentralLobulePialLines):
        node.SetAndObserveTransformNodeID(transform.GetID())
    assert_same(numbers(logic.measure()), before, rtol=1e-6)


def test_a_transform_of_the_volume_alone_is_not_ignored(logic):
    before = numbers(logic.measure())
    transform = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLTransformNode")
    motion = vtk.vtkTransform()
    motion.Translate(0.4, 0, 0)
    transform.SetMatrixTransformToParent(motion.GetMatrix())
    logic.getParameterNode().inputVolume.SetAndObserveTransformNodeID(transform.GetID())
    after = numbers(logic.measure())
    assert abs(after["left hand knob"][0] - before["left hand knob"][0]) > 1e-4


def test_a_warping_transform_is_refused_by_name(logic):
    transform = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLTransformNode")
    spline = vtk.vtkThinPlateSplineTransform()
    transform.SetAndObserveTransformToParent(spline)
    logic.getParameterNode().inputVolume.SetAndObserveTransformNodeID(transform.GetID())
    with pytest.raises(ValueError, match="harden"):
        logic.measure()


def test_the_point_that_hovers_while_drawing_does_not_count(logic):
    before = numbers(logic.measure())
    curve = logic.getParameterNode().leftHandKnobPialLines[0]
    curve.AddControlPoint(vtk.vtkVector3d(0, 0, 0))
    curve.SetNthControlPointPosition(
        curve.GetNumberOfControlPoints() - 1, 0, 0, 0, slicer.vtkMRMLMarkupsNode.PositionPreview
    )
    assert_same(numbers(logic.measure()), before)


def test_integer_voxels_are_not_rounded_between_them(phantom):
    MiniSlicer.closeScene()
    logic = M1SHThk().M1SHThkLogic()
    exam = phantom.exam(Settings(replicates=0))
    volume = logic.loadExam(exam)
    scaled = np.round(exam.image.voxels * 20000).astype(np.int16)
    slicer.util.updateVolumeFromArray(volume, scaled.transpose(2, 1, 0))
    for m, expected in zip(logic.measure(), measure_exam(exam), strict=True):
        assert m.sh == pytest.approx(expected.sh, rel=2e-3)


def test_tables_describe_themselves_and_hold_the_results(logic):
    measurements = logic.measure()
    parameters = logic.getParameterNode()
    table = parameters.measurementsTable
    assert table.GetNumberOfRows() == 2
    assert table.GetColumnUnitLabel("thk_mm") == "mm"
    assert "Thickness" in table.GetColumnDescription("thk_mm")
    assert table.GetTable().GetColumnByName("sh").GetValue(1) == measurements[1].sh
    assert table.GetTable().GetColumnByName("region").GetValue(1) == "paracentral_lobule"
    assert parameters.profilesTable.GetNumberOfRows() == sum(len(m.depths_mm) for m in measurements)


def test_the_plot_shows_the_profile_the_fit_and_both_marks(logic):
    m = logic.measure()[0]
    chart = logic.getParameterNode().plotChart
    series = {
        chart.GetNthPlotSeriesNode(n).GetName(): chart.GetNthPlotSeriesNode(n)
        for n in range(chart.GetNumberOfPlotSeriesNodes())
    }
    assert chart.GetXAxisTitle().endswith("(mm)")

    def column(node, name):
        return vtk.util.numpy_support.vtk_to_numpy(node.GetTableNode().GetTable().GetColumnByName(name))

    np.testing.assert_array_equal(column(series["Mean h"], series["Mean h"].GetYColumnName()), m.h)
    width = column(series["Thk, width"], series["Thk, width"].GetXColumnName())
    assert width[1] - width[0] == pytest.approx(m.thk_mm)
    assert column(series["SH, height"], "height")[1] == m.sh
    normals = column(series["Each normal"], "h")
    shown = np.isnan(normals).sum()  # a missing value parts one normal from the next
    assert 30 <= shown <= 60 and shown < m.n_normals


def test_another_region_changes_the_tables_and_makes_no_node(logic):
    logic.measure()
    count = slicer.mrmlScene.GetNumberOfNodes()
    logic.showRegion(logic.measureRegion(("left", "paracentral_lobule")))
    logic.showRegion(None)
    logic.measure()
    assert slicer.mrmlScene.GetNumberOfNodes() == count


def test_the_command_line_measures_the_saved_scene(logic, tmp_path):
    expected = numbers(logic.measure())
    assert slicer.util.saveScene(str(tmp_path / "reading.mrb"))
    assert main(["measure", str(tmp_path / "reading.mrb"), "-o", str(tmp_path / "out")]) == 0
    lines = (tmp_path / "out" / "measurements.tsv").read_text().splitlines()
    header = lines[0].split("\t")
    for line in lines[1:]:
        row = dict(zip(header, line.split("\t"), strict=True))
        name = f"{row['hemisphere']} {row['region'].replace('_', ' ')}"
        np.testing.assert_allclose([float(row[key]) for key in KEYS], expected[name], rtol=1e-9, atol=1e-9)


def test_a_scene_is_taken_over_only_while_all_its_files_are_those_of_then(logic, tmp_path, capsys):
    assert slicer.util.saveScene(str(tmp_path / "reading.mrb"))
    shutil.unpack_archive(tmp_path / "reading.mrb", tmp_path, "zip")
    (scene,) = tmp_path.glob("*/*.mrml")
    (line,) = scene.parent.glob("Data/*left*hand*knob*.mrk.json")
    command = ["measure", str(scene), "-o", str(tmp_path / "out"), "--resume"]
    assert main(command) == 0
    (record,) = (tmp_path / "out" / "exams").iterdir()
    written = record.stat().st_mtime_ns
    assert main(command) == 0
    assert record.stat().st_mtime_ns == written
    line.write_text(line.read_text() + "\n")
    capsys.readouterr()
    assert main(command) == 0
    assert f"changed since: {line.relative_to(scene.parent).as_posix()}" in capsys.readouterr().out


def test_a_scene_without_an_exam_is_refused_in_one_line(tmp_path, capsys):
    MiniSlicer.closeScene()
    assert slicer.util.saveScene(str(tmp_path / "empty.mrb"))
    assert main(["measure", str(tmp_path / "empty.mrb"), "-o", str(tmp_path / "out")]) == 2
    assert "empty.mrb" in capsys.readouterr().err


def keep_one_point(curve):
    while curve.GetNumberOfControlPoints() > 1:
        curve.RemoveNthControlPoint(1)


@pytest.mark.parametrize(
    ("spoil", "named"),
    [
        (lambda p: setattr(p, "inputVolume", None), "volume"),
        (lambda p: setattr(p, "spleniumSegmentID", "gone"), "splenium"),
        (lambda p: setattr(p, "leftHandKnobWhiteMatterSegmentID", ""), "left hand knob white-matter"),
        (lambda p: keep_one_point(p.leftHandKnobPialLines[0]), "left hand knob"),
        (lambda p: slicer.mrmlScene.RemoveNode(p.references), "segmentation"),
    ],
)
def test_faults_in_the_scene_are_named(logic, spoil, named):
    spoil(logic.getParameterNode())
    with pytest.raises(ValueError, match=named):
        logic.measure()


def test_a_value_that_is_not_legal_is_not_measured_with(logic):
    logic.getParameterNode().parameterNode.SetParameter("depthMaxMm", "99")
    assert logic.measure()[0].settings.depth_max_mm == Settings().depth_max_mm


def test_a_deleted_line_leaves_its_region_out(logic):
    slicer.mrmlScene.RemoveNode(logic.getParameterNode().leftHandKnobPialLines[0])
    assert [m.name for m in logic.measure()] == ["left paracentral lobule"]


def test_parameters_of_the_settings_agree_with_the_core(logic):
    node = M1SHThk().M1SHThkLogic().getParameterNode()
    MiniSlicer.closeScene()
    node = M1SHThk().M1SHThkLogic().getParameterNode()
    for name, default in Settings().to_dict().items():
        assert getattr(node, setting_parameter(name)) == default, name


def test_results_are_kept_in_full_precision(logic):
    measurements = logic.measure()
    kept = stored_values(logic.getParameterNode().results)
    assert [values["sh_thk_per_mm"] for values in kept.values()] == [m.sh_thk_per_mm for m in measurements]


def test_the_console_measures_and_exports_by_the_modules_logic(phantom, logic, tmp_path):
    by_name = slicer.util.getModuleLogic("M1SHThk")
    expected = numbers(logic.measure())
    assert_same(numbers(by_name.measure()), expected)
    assert {"measure", "exportResults", "exportExam", "analyseStudy", "loadExam"} <= set(dir(by_name))
    by_name.exportResults(str(tmp_path / "results"))
    assert main(["measure", by_name.exportExam(str(tmp_path / "exam")), "-o", str(tmp_path / "repeated")]) == 0
    results, repeated = (
        (tmp_path / folder / "measurements.tsv").read_text().splitlines() for folder in ("results", "repeated")
    )
    assert len(results) == len(repeated) == 3
    with pytest.raises(AttributeError, match="mesure"):
        by_name.mesure()


def test_of_how_many_echoes_the_image_is_the_mean_goes_with_the_exported_exam(phantom, logic, tmp_path):
    """Each echo was that much noisier: the command line raises the same flags."""
    exam = phantom.exam(Settings(replicates=0))
    assert not any("low_snr" in m.flags for m in logic.measure())
    logic.loadExam(replace(exam, image=replace(exam.image, echoes=100)))
    found = {m.name: m.flags for m in logic.measure()}
    assert all("low_snr" in flags for flags in found.values())
    exported = logic.exportExam(str(tmp_path / "exam"))
    assert json.loads(Path(exported).read_text())["image"]["averaged_echoes"] == 100
    repeated = read_exam(exported)
    assert repeated.image.echoes == 100
    assert {m.name: m.flags for m in measure_exam(repeated)} == found
