"""Saved scenes as real studies have them: nodes of modules that are not here, files that went astray, old spellings."""

import csv
import importlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

import MiniSlicer
import numpy as np
import pytest

MiniSlicer.start(window=False)

import slicer  # noqa: E402  (after MiniSlicer has completed it)

MODULE = Path(__file__).resolve().parents[3] / "M1SHThk" / "M1SHThk.py"
MiniSlicer.loadModule(str(MODULE))

from M1SHThkLib.__main__ import main  # noqa: E402
from M1SHThkLib.digital_exam.phantom import PhantomOptions, make_phantom  # noqa: E402
from M1SHThkLib.files.images import read_image  # noqa: E402
from M1SHThkLib.files.reading_list import read_reading_list  # noqa: E402
from M1SHThkLib.measuring.settings import Settings  # noqa: E402
from M1SHThkLib.scene.exam_nodes import points_from_curve  # noqa: E402

pytestmark = pytest.mark.xdist_group("saved scenes")  # what its tests share is made once


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A scene with two regions as Slicer saves it, unpacked; and what the command line measures in it."""
    import M1SHThk

    folder = tmp_path_factory.mktemp("saved")
    regions = (("left", "hand_knob"), ("right", "hand_knob"))
    phantom = make_phantom(PhantomOptions(field_strength=7, slices=3, cropped=True, regions=regions))
    MiniSlicer.closeScene()
    M1SHThk.M1SHThkLogic().loadExam(phantom.exam(Settings(replicates=0)))
    assert slicer.util.saveScene(str(folder / "reading.mrb"))
    shutil.unpack_archive(folder / "reading.mrb", folder, "zip")
    (scene,) = folder.glob("*/*.mrml")
    return scene, measured(scene, folder / "out")


@pytest.fixture
def scene(saved, tmp_path):
    """A copy of the scene, to be spoilt."""
    shutil.copytree(saved[0].parent, tmp_path / "scene")
    return tmp_path / "scene" / saved[0].name


def measured(scene, out):
    """SH/Thk by region, as the command line writes it."""
    assert main(["measure", str(scene), "-o", str(out)]) == 0
    with open(out / "measurements.tsv", newline="", encoding="utf-8") as file:
        return {
            f"{row['hemisphere']} {row['region']}": row["sh_thk_per_mm"] for row in csv.DictReader(file, delimiter="\t")
        }


def change(scene, old, new):
    text = scene.read_text(encoding="utf-8")
    assert old in text
    scene.write_text(text.replace(old, new, 1), encoding="utf-8")


def bundled(scene, folder):
    """The scene and its files as a bundle."""
    archive = shutil.make_archive(str(folder / "bundle"), "zip", scene.parent.parent, scene.parent.name)
    return Path(archive).rename(folder / "bundle.mrb")


FOREIGN = {
    "volume rendering": '<VolumeRendering id="vtkMRMLGPURayCastVolumeRenderingDisplayNode1" name="VolumeRendering" />',
    "command line module": '<CommandLineModule id="vtkMRMLCommandLineModuleNode1" name="CLI" title="Resample" />',
    "crop volume": '<CropVolumeParameters id="vtkMRMLCropVolumeParametersNode1" name="CropVolume" />',
    "scene view": '<SceneView id="vtkMRMLSceneViewNode1" name="View"><Volume id="v" name="T2"></Volume></SceneView>',
    "nothing that was ever heard of": '<SomebodysNode id="vtkMRMLSomebodysNode1" name="Somebody"></SomebodysNode>',
    "model without its file": (
        '<ModelStorage id="vtkMRMLModelStorageNode9" name="S" fileName="gone.vtk" ></ModelStorage>'
        '<Model id="vtkMRMLModelNode9" name="Brain" references="storage:vtkMRMLModelStorageNode9;" ></Model>'
    ),
}


@pytest.mark.parametrize("kind", FOREIGN)
@pytest.mark.parametrize("as_bundle", [False, True])
def test_a_node_that_the_exam_does_not_need_changes_nothing(saved, scene, tmp_path, capfd, kind, as_bundle):
    change(scene, "</MRML>", FOREIGN[kind] + "</MRML>")
    path = bundled(scene, tmp_path) if as_bundle else scene
    capfd.readouterr()
    assert measured(path, tmp_path / "out") == saved[1]
    printed = capfd.readouterr()
    assert printed.err == ""  # of VTK not a word
    assert all(line.startswith(("phantom-0", "    ", "In brackets", "Results")) for line in printed.out.splitlines())


@pytest.mark.parametrize("kind", ["volume", "references", "line"])
@pytest.mark.parametrize("as_bundle", [False, True])
def test_a_missing_file_of_the_exam_itself_is_named(scene, tmp_path, capfd, kind, as_bundle):
    pattern = {"volume": "*.nrrd", "references": "*.seg.nrrd", "line": "*left*.mrk.json"}[kind]
    files = [file for file in (scene.parent / "Data").glob(pattern) if kind != "volume" or ".seg." not in file.name]
    files[0].unlink()
    path = bundled(scene, tmp_path) if as_bundle else scene
    assert main(["measure", str(path), "-o", str(tmp_path / "out")]) == 2
    printed = capfd.readouterr()
    assert printed.out == "" and printed.err.count("\n") == 1
    assert files[0].name in printed.err and "is missing or damaged" in printed.err


def test_a_bundle_is_found_from_the_folder_that_it_lies_in(saved, scene, tmp_path, monkeypatch):
    monkeypatch.chdir(bundled(scene, tmp_path).parent)
    assert measured(Path("bundle.mrb"), tmp_path / "out") == saved[1]


@pytest.mark.parametrize("as_bundle", [False, True])
def test_a_reading_list_takes_the_image_of_a_scene_and_no_drawing(scene, tmp_path, capfd, as_bundle):
    if as_bundle:
        (tmp_path / "hospital").mkdir()
        shutil.move(bundled(scene, tmp_path), tmp_path / "hospital" / "reading.mrb")
    source = tmp_path / "hospital" if as_bundle else scene.parent
    line = ["reading-list", "make", str(source), "-o", str(tmp_path / "list"), "--reader", "R1"]
    assert main(line) == 0 and capfd.readouterr().err == ""
    (case,) = read_reading_list(tmp_path / "list").cases.values()
    volume = next(file for file in (scene.parent / "Data").glob("*.nrrd") if ".seg." not in file.name)
    copied, original = read_image(tmp_path / "list" / case.image), read_image(volume)
    matrix = np.linalg.inv(copied.affine) @ original.affine  # the slices may be counted from the other end
    found = np.argwhere(np.ones(original.volumes[0].shape)) @ matrix[:3, :3].T + matrix[:3, 3]
    assert np.abs(found - found.round()).max() < 1e-3
    at_same_places = copied.volumes[0][tuple(found.round().astype(int).T)]
    np.testing.assert_array_equal(at_same_places, original.volumes[0].ravel())
    assert case.field_strength_tesla == 7 and case.averaged_echoes > 1 and case.settings["replicates"] == 0
    assert len([file for file in (tmp_path / "list").rglob("*") if file.is_file()]) == 3
    (row,) = csv.DictReader((tmp_path / "list-key.tsv").open(encoding="utf-8"), delimiter="\t")
    assert (row["subject"], row["case"]) == ("phantom-0", case.code)


@pytest.fixture
def python_slicer(monkeypatch):
    """PythonSlicer: the libraries of Slicer's modules are on its path, but nobody has imported them."""
    for name in [name for name in vars(slicer) if name.startswith(("vtkSlicer", "vtkMRMLMarkups"))]:
        module = getattr(getattr(slicer, name), "__module__", "")
        if "Module" in module:
            monkeypatch.delattr(slicer, name)
            library = module.rpartition(".")[2] + "Python"
            monkeypatch.setitem(sys.modules, library, importlib.import_module(module))


def test_a_scene_is_measured_where_no_application_has_imported_the_modules(saved, tmp_path, python_slicer):
    assert not hasattr(slicer, "vtkSlicerVolumesLogic") and not hasattr(slicer, "vtkSlicerMarkupsLogic")
    assert measured(saved[0], tmp_path / "out") == saved[1]


@pytest.mark.parametrize(
    ("name", "content"),
    [("torn.mrml", b"<MRML version='4'><Volume"), ("page.mrml", b"<html></html>"), ("torn.mrb", b"PK\3\4")]
    + [("text.mrml", b"no scene"), ("empty.mrb", b""), ("odd.mrml", b'<?xml version="1.0" encoding="x"?><MRML/>')],
)
def test_what_is_no_scene_is_told_so(tmp_path, capfd, name, content):
    (tmp_path / name).write_bytes(content)
    assert main(["measure", str(tmp_path / name), "-o", str(tmp_path / "out")]) == 2
    told = f"{tmp_path / name}: is not a scene that Slicer can read; save it again from Slicer\n"
    assert capfd.readouterr() == ("", told)


@pytest.mark.parametrize(("written", "tesla"), [("3,0", "3.0"), ("2.89", "2.89")])
def test_a_decimal_comma_is_one_of_many_countries(scene, tmp_path, written, tesla):
    change(scene, "fieldStrength 7.0", f"fieldStrength {written}")
    measured(scene, tmp_path / "out")
    header, first, *_ = (tmp_path / "out" / "measurements.tsv").read_text().splitlines()
    assert dict(zip(header.split("\t"), first.split("\t"), strict=True))["field_strength_t"] == tesla


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("fieldStrength 7.0", "fieldStrength three", "the field strength is 'three'; it must be a number in T"),
        ("depthMaxMm 6.0", "depthMaxMm deep", "setting 'depth_max_mm' is 'deep'; it must be a number"),
        ("replicates 0", "replicates many", "setting 'replicates' is 'many'; it must be a number"),
    ],
)
def test_parameters_that_are_no_numbers_are_told_in_words(scene, tmp_path, capfd, old, new, told):
    change(scene, old, new)
    assert main(["measure", str(scene), "-o", str(tmp_path / "out")]) == 2
    assert capfd.readouterr().err == f"{scene}: {told}\n"


def test_points_in_preview_count_and_points_without_a_place_are_told(saved, scene, tmp_path, capfd):
    (line,) = (scene.parent / "Data").glob("*left*.mrk.json")
    content = json.loads(line.read_text())
    points = content["markups"][0]["controlPoints"]
    for number in range(2, len(points), 2):
        points[number]["positionStatus"] = "preview"
    points.append({**points[0], "id": "99", "position": "", "positionStatus": "undefined"})
    line.write_text(json.dumps(content))
    assert measured(scene, tmp_path / "out") == saved[1]
    count = len(points)
    assert f"1 of {count} control points of 'Pial line left hand knob' have no place" in capfd.readouterr().err


def test_a_point_that_hovers_does_not_count():
    curve = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLMarkupsCurveNode")
    for number in range(3):
        curve.AddControlPoint(number, 0, 0)
    curve.SetNthControlPointPositionWorld(2, 2, 0, 0, curve.PositionPreview)
    assert len(points_from_curve(curve)) == 2
    curve.SetNthControlPointPositionWorld(1, 1, 0, 0, curve.PositionPreview)
    assert len(points_from_curve(curve)) == 3
    slicer.mrmlScene.RemoveNode(curve)


def test_detached_data_of_a_scene_s_volume_is_noticed_by_resume(scene, tmp_path, capsys):
    """A volume saved as .nhdr has its voxels in a file of their own, which no node names."""
    import SimpleITK

    (volume,) = (file for file in (scene.parent / "Data").glob("*.nrrd") if ".seg." not in file.name)
    SimpleITK.WriteImage(SimpleITK.ReadImage(str(volume)), str(volume.with_suffix(".nhdr")), False)
    change(scene, f"Data/{volume.name}", f"Data/{volume.stem}.nhdr")
    volume.unlink()
    command = ["measure", str(scene), "-o", str(tmp_path / "out"), "--resume"]
    assert main(command) == 0
    voxels = volume.with_suffix(".raw")
    content = bytearray(voxels.read_bytes())
    content[0] ^= 1
    voxels.write_bytes(content)
    capsys.readouterr()
    assert main(command) == 0
    assert f"measured anew; changed since: Data/{voxels.name}" in capsys.readouterr().out


def test_an_export_that_does_not_fit_keeps_the_file_that_was_there(tmp_path):
    """In a process of its own, which cannot write more than 30 kB into a file."""
    code = """
import resource, sys
import numpy as np, slicer
from M1SHThkLib.files.disk import replacing
from M1SHThkLib.scene.exam_export import _write
from M1SHThkLib.scene.exam_nodes import add_volume
noise = np.random.default_rng(0).normal(size=(60, 60, 30)).astype(np.float32)
scene = slicer.vtkMRMLScene()
volume = add_volume(scene, "noise", noise, np.eye(4))
resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, 30_000))
try:
    _write(volume, sys.argv[1], replacing)
except ValueError as error:
    print(error)
"""
    (tmp_path / "t2star.nrrd").write_text("before")
    program = f"import sys; sys.path.insert(0, {str(MODULE.parent)!r}){code}"
    run = subprocess.run([sys.executable, "-c", program, tmp_path / "t2star.nrrd"], capture_output=True, text=True)
    assert run.stdout.splitlines()[-1].startswith(f"{tmp_path / 't2star.nrrd'}: cannot be written (Slicer could not")
    assert (tmp_path / "t2star.nrrd").read_text() == "before"
