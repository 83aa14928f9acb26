"""Several echoes in the window: a sequence, chosen volumes or a 4D NIfTI file become the volume that is measured."""

import json

import MiniSlicer
import numpy as np
import pytest

pytest.importorskip("slicer", reason="no slicer-core wheel for this machine")

import nibabel
import reader
import slicer
from M1SHThkLib.digital_exam.phantom import PhantomOptions, make_phantom
from M1SHThkLib.measuring.echoes import combine
from M1SHThkLib.scene import exam_nodes

KNOB = ("left", "hand_knob")


@pytest.fixture(scope="module")
def phantom():
    return make_phantom(
        PhantomOptions(
            field_strength=7,
            group="patient",
            slices=2,
            cropped=True,
            noise=0.0,
            regions=(KNOB,),
            control_spacing_mm=3.0,
            echoes=(1, 2, 3),
        )
    )


@pytest.fixture(autouse=True)
def empty():
    """The module, opened in an empty scene."""
    MiniSlicer.errors.clear()
    slicer.util.selectModule("")
    MiniSlicer.closeScene()
    slicer.util.mainWindow().resize(1200, 800)
    slicer.util.selectModule("M1SHThk")
    reader.unfold(reader.ui().echoesGroupBox)
    yield
    reader.go_home()
    MiniSlicer.raiseErrors()


def add_echoes(phantom, times=True, order=(0, 1, 2)):
    volumes = []
    for number in order:
        volume = exam_nodes.add_volume(slicer.mrmlScene, f"echo {number}", phantom.echoes[..., number], phantom.affine)
        if times:
            volume.SetAttribute("DICOM.EchoTime", str(phantom.echo_times_ms[number]))
        volumes.append(volume)
    slicer.app.processEvents()
    return volumes


def add_sequence(phantom):
    sequence = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSequenceNode", "multi-echo")
    for number, volume in enumerate(add_echoes(phantom)):
        sequence.SetDataNodeAtValue(volume, str(number))
        slicer.mrmlScene.RemoveNode(volume)
    slicer.app.processEvents()
    return sequence


def write_nifti(phantom, path, times=True):
    image = nibabel.Nifti1Image(phantom.echoes, phantom.affine)
    image.set_sform(phantom.affine, 1)
    nibabel.save(image, path)
    if times:
        seconds = [time / 1000 for time in phantom.echo_times_ms]
        path.with_name(path.name.replace(".nii.gz", ".json")).write_text(json.dumps({"EchoTime": seconds}))
    return path


def open_file(path):
    reader.enter_path(reader.ui().echoFilePathLineEdit, path)
    reader.ui().openEchoFileButton.click()
    slicer.app.processEvents()


def bring(phantom, source, tmp_path):
    if source == "sequence":
        reader.choose(reader.ui().echoSequenceSelector, add_sequence(phantom))
    elif source == "volumes":
        reader.check(reader.ui().echoVolumesSelector, add_echoes(phantom, order=(2, 0, 1)))
    else:
        open_file(write_nifti(phantom, tmp_path / "scan.nii.gz"))


def chosen():
    volume = reader.ui().inputVolumeSelector.currentNode()
    return exam_nodes.image_from_volume(volume), volume


@pytest.mark.parametrize("source", ["sequence", "volumes", "file"])
@pytest.mark.parametrize("method", ["mean", "echo-2", "r2star"])
def test_echoes_are_combined_from_every_source(phantom, tmp_path, source, method):
    bring(phantom, source, tmp_path)
    shown = [float(text) for text in reader.ui().echoTimesLineEdit.text.split(",")]
    np.testing.assert_allclose(shown, phantom.echo_times_ms, rtol=1e-5)
    assert "read from the data" in reader.ui().echoMessageLabel.text
    reader.choose_text(reader.ui().echoCombinationComboBox, method)
    reader.ui().combineEchoesButton.click()
    slicer.app.processEvents()
    image, volume = chosen()
    expected = combine(list(np.moveaxis(phantom.echoes, -1, 0)), method, phantom.echo_times_ms)
    # A file may hold the slices in another order; what counts is the value at a place.
    where = phantom.exam().image.position_of(np.argwhere(np.ones((9, 9, 2))) + [90, 60, 0])
    at = np.round(np.linalg.solve(image.affine, np.c_[where, np.ones(len(where))].T)[:3]).astype(int)
    np.testing.assert_allclose(
        image.voxels[tuple(at)], expected[90:99, 60:69].reshape(-1), rtol=1e-4 if method == "r2star" else 1e-5
    )
    assert volume.GetAttribute("M1SHThk.echo_combination") == method
    assert reader.parameters().polarity == ("bright" if method == "r2star" else "dark")


def test_a_combined_volume_is_read_like_any_other(phantom, tmp_path):
    bring(phantom, "file", tmp_path)
    reader.ui().combineEchoesButton.click()
    slicer.app.processEvents()
    reader.draw_exam(phantom)
    truth = phantom.region_truths[0].layer()
    wanted = [truth.height, truth.edges_mm[1] - truth.edges_mm[0]]
    np.testing.assert_allclose(reader.numbers(KNOB)[:2], wanted, rtol=0.05)
    assert reader.numbers(KNOB) == reader.shown(reader.measured()[KNOB])


@pytest.mark.parametrize(
    ("times", "said"),
    [
        ("5, 10", "2 echo times"),
        ("5, 10, 15, 20", "4 echo times"),
        ("15, 10, 5", "do not increase"),
        ("0.005, 0.010, 0.015", "seconds"),
        ("five", "must be numbers"),
        ("-5, 10, 15", "positive"),
    ],
)
def test_wrong_echo_times_are_refused_in_words(phantom, caplog, times, said):
    reader.choose(reader.ui().echoSequenceSelector, add_sequence(phantom))
    reader.choose_text(reader.ui().echoCombinationComboBox, "r2star")
    before = slicer.mrmlScene.GetNumberOfNodes()
    reader.enter_text(reader.ui().echoTimesLineEdit, times)
    reader.ui().combineEchoesButton.click()
    assert said in caplog.text and "Traceback" not in caplog.text
    assert slicer.mrmlScene.GetNumberOfNodes() == before


def test_without_echo_times_the_mean_is_made_and_r2star_refused(phantom, caplog):
    reader.check(reader.ui().echoVolumesSelector, add_echoes(phantom, times=False))
    assert "carry no echo times" in reader.ui().echoMessageLabel.text
    reader.choose_text(reader.ui().echoCombinationComboBox, "r2star")
    reader.ui().combineEchoesButton.click()
    assert "needs the echo times" in caplog.text
    reader.choose_text(reader.ui().echoCombinationComboBox, "mean")
    reader.ui().combineEchoesButton.click()
    np.testing.assert_allclose(chosen()[0].voxels, phantom.mean, rtol=1e-5)


@pytest.mark.parametrize("fault", ["missing", "single", "other", "complex", "truncated"])
def test_a_file_that_is_no_set_of_echoes_is_refused_by_name(phantom, tmp_path, caplog, fault):
    path = tmp_path / f"{fault}.nii.gz"
    if fault == "single":
        nibabel.save(nibabel.Nifti1Image(phantom.mean, phantom.affine), path)
    elif fault == "complex":
        nibabel.save(nibabel.Nifti1Image(phantom.echoes[:40, :40].astype(np.complex64), phantom.affine), path)
    elif fault == "truncated":
        path = path.with_suffix("")
        write_nifti(phantom, path, times=False)
        path.write_bytes(path.read_bytes()[:-1000])
    elif fault == "other":
        path.write_text("no image")
    open_file(path)
    assert path.name in caplog.text and "Traceback" not in caplog.text
    assert reader.parameters().echoSequence is None


def test_echoes_on_different_grids_are_refused(phantom, caplog):
    volumes = add_echoes(phantom)
    volumes[1].SetOrigin(0, 0, 0)
    reader.check(reader.ui().echoVolumesSelector, volumes)
    reader.ui().combineEchoesButton.click()
    assert "another grid" in caplog.text


@pytest.mark.parametrize("source", ["sequence", "volumes"])
def test_chosen_echoes_and_edited_times_come_back_with_the_scene(phantom, tmp_path, source):
    bring(phantom, source, tmp_path)
    reader.choose_text(reader.ui().echoCombinationComboBox, "rss")
    reader.enter_text(reader.ui().echoTimesLineEdit, "6, 12, 18")
    path = str(tmp_path / "echoes.mrb")
    assert slicer.util.saveScene(path)
    reader.open_scene(path)
    ui = reader.ui()
    sequence = ui.echoSequenceSelector.currentNode()
    assert (sequence is not None and sequence.GetName()) == (source == "sequence" and "multi-echo")
    names = {volume.GetName() for volume in ui.echoVolumesSelector.checkedNodes()}
    assert names == ({"echo 0", "echo 1", "echo 2"} if source == "volumes" else set())
    assert (ui.echoCombinationComboBox.currentText, ui.echoTimesLineEdit.text) == ("rss", "6, 12, 18")


def in_dicom(volume, number, **values):
    """Let the volume come from two DICOM files that hold these values."""
    tags = {"time": "0018,0081", "tesla": "0018,0087", "image_type": "0008,0008"}
    identifiers = [f"1.2.{number}.{file}" for file in range(2)]
    volume.SetAttribute("DICOM.instanceUIDs", " ".join(identifiers))
    for identifier in identifiers:
        slicer.dicomDatabase._values.update({(identifier, tags[name]): value for name, value in values.items()})


def beside(volume, path, **sidecar):
    """Let the volume, or the sequence, come from a NIfTI file with a sidecar beside it."""
    storage = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLNRRDStorageNode")
    storage.SetFileName(str(path))
    volume.SetAndObserveStorageNodeID(storage.GetID())
    path.with_name(path.name.replace(".nii.gz", ".json")).write_text(json.dumps(sidecar))


def r2star():
    """R2* in 1/s of the middle of the image, combined now."""
    reader.choose_text(reader.ui().echoCombinationComboBox, "r2star")
    reader.ui().combineEchoesButton.click()
    slicer.app.processEvents()
    voxels = chosen()[0].voxels
    return float(np.median(voxels[np.isfinite(voxels)]))


def test_echoes_of_dicom_are_ordered_by_the_times_of_the_database(phantom):
    """Four volumes of one name cannot be told apart; in the wrong order R2* is another."""
    order = (2, 0, 1)
    volumes = add_echoes(phantom, times=False, order=order)
    for number, volume in zip(order, volumes, strict=True):
        volume.SetName("swi")
        in_dicom(volume, number, time=str(phantom.echo_times_ms[number]), tesla="7", image_type="ORIGINAL\\PRIMARY\\M")
    reader.check(reader.ui().echoVolumesSelector, volumes)
    shown = [float(text) for text in reader.ui().echoTimesLineEdit.text.split(",")]
    np.testing.assert_allclose(shown, phantom.echo_times_ms, rtol=1e-5)
    told = ", ".join(f"swi ({time:g} ms)" for time in phantom.echo_times_ms)
    assert told in reader.ui().echoMessageLabel.text
    assert reader.ui().fieldStrengthSpinBox.value == 7
    expected = combine(list(np.moveaxis(phantom.echoes, -1, 0)), "r2star", phantom.echo_times_ms)
    assert r2star() == pytest.approx(float(np.median(expected)), rel=1e-4)


@pytest.mark.parametrize("known", ["labels", "index in ms", "index in s", "sidecar"])
def test_times_of_a_sequence_are_found_wherever_they_are(phantom, tmp_path, known):
    sequence = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSequenceNode", "multi-echo")
    factor = 0.001 if known == "index in s" else 1
    for number, volume in enumerate(add_echoes(phantom, times=False)):
        value = repr(factor * phantom.echo_times_ms[number]) if known.startswith("index") else str(number)
        sequence.SetDataNodeAtValue(volume, value)
        slicer.mrmlScene.RemoveNode(volume)
    if known == "labels":
        sequence.SetAttribute("MultiVolume.FrameIdentifyingDICOMTagName", "EchoTime")
        sequence.SetAttribute("MultiVolume.FrameLabels", ",".join(map(str, phantom.echo_times_ms)))
    elif known == "sidecar":
        beside(sequence, tmp_path / "scan.nii.gz", EchoTime=[time / 1000 for time in phantom.echo_times_ms])
    else:
        sequence.SetIndexName("Echo Time")
        sequence.SetIndexUnit(known.rpartition(" ")[2])
    slicer.app.processEvents()
    reader.choose(reader.ui().echoSequenceSelector, sequence)
    shown = [float(text) for text in reader.ui().echoTimesLineEdit.text.split(",")]
    np.testing.assert_allclose(shown, phantom.echo_times_ms, rtol=1e-5)
    assert ("loses the rotation" in reader.ui().echoMessageLabel.text) == (known == "sidecar")


def test_times_of_chosen_volumes_are_found_in_the_sidecars_beside_them(phantom, tmp_path):
    volumes = add_echoes(phantom, times=False, order=(1, 0, 2))
    for number, volume in zip((1, 0, 2), volumes, strict=True):
        time = phantom.echo_times_ms[number] / 1000
        beside(volume, tmp_path / f"echo-{number}.nii.gz", EchoTime=time, MagneticFieldStrength=7)
    reader.check(reader.ui().echoVolumesSelector, volumes)
    shown = [float(text) for text in reader.ui().echoTimesLineEdit.text.split(",")]
    np.testing.assert_allclose(shown, phantom.echo_times_ms, rtol=1e-5)
    assert reader.ui().fieldStrengthSpinBox.value == 7


def test_times_of_the_last_patient_are_never_used_for_the_next(phantom, caplog):
    reader.check(reader.ui().echoVolumesSelector, add_echoes(phantom))
    assert reader.ui().echoTimesLineEdit.text
    sequence = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSequenceNode", "next patient")
    for number, volume in enumerate(add_echoes(phantom, times=False)):
        sequence.SetDataNodeAtValue(volume, str(number))
        slicer.mrmlScene.RemoveNode(volume)
    slicer.app.processEvents()
    reader.choose(reader.ui().echoSequenceSelector, sequence)
    assert reader.ui().echoTimesLineEdit.text == "" and reader.parameters().echoTimes == ""
    reader.choose_text(reader.ui().echoCombinationComboBox, "r2star")
    reader.ui().combineEchoesButton.click()
    assert "needs the echo times" in caplog.text and reader.parameters().inputVolume is None


@pytest.mark.parametrize(
    ("where", "image_type"), [("dicom", "ORIGINAL\\PRIMARY\\P\\ND"), ("sidecar", ["ORIGINAL", "REAL"])]
)
def test_parts_among_the_echoes_are_refused_by_their_image_type(phantom, tmp_path, caplog, where, image_type):
    volumes = add_echoes(phantom)
    if where == "dicom":
        in_dicom(volumes[1], 1, image_type="ORIGINAL\\PRIMARY\\P\\ND")
    else:
        beside(volumes[1], tmp_path / "swi.nii.gz", ImageType=["ORIGINAL", "REAL"])
    reader.check(reader.ui().echoVolumesSelector, volumes)
    reader.ui().combineEchoesButton.click()
    part = "phase" if where == "dicom" else "real"
    assert f"is a {part} image by its ImageType" in caplog.text and reader.parameters().inputVolume is None


def numbers():
    """What the table shows of the region, as text."""
    return [reader.cell(KNOB, column) for column in (reader.SH, reader.THK, reader.RATIO)]


def test_every_combination_replaces_the_last_one(phantom, tmp_path):
    bring(phantom, "file", tmp_path)
    reader.ui().combineEchoesButton.click()
    slicer.app.processEvents()
    first, count = chosen()[1], slicer.mrmlScene.GetNumberOfNodes()
    reader.enter_text(reader.ui().replicatesSpinBox.lineEdit(), "50")
    reader.draw_exam(phantom)
    reader.ui().acceptButton.click()
    reader.choose_region(KNOB)
    before, nodes = numbers(), slicer.mrmlScene.GetNumberOfNodes()
    reader.unfold(reader.ui().examCollapsibleButton)
    for method in ("echo-1", "mean", "echo-3"):
        reader.choose_text(reader.ui().echoCombinationComboBox, method)
        reader.ui().combineEchoesButton.click()
        reader.settle()
        assert chosen()[1] is first and first.GetName().endswith(method)
        assert slicer.mrmlScene.GetNumberOfNodes() == nodes > count
        assert reader.state(KNOB) == ("accepted" if method == "mean" else "changed since accepted")
        assert (numbers() == before) == (method == "mean")


def test_a_deleted_echo_is_no_error(phantom, caplog):
    volumes = add_echoes(phantom)
    reader.check(reader.ui().echoVolumesSelector, volumes)
    slicer.mrmlScene.RemoveNode(volumes[0])
    slicer.mrmlScene.RemoveNode(volumes[1])
    reader.settle()
    reader.ui().combineEchoesButton.click()
    assert "two or more volumes" in caplog.text
    sequence = add_sequence(phantom)
    reader.choose(reader.ui().echoSequenceSelector, sequence)
    slicer.mrmlScene.RemoveNode(sequence)
    reader.settle()
    assert reader.ui().echoSequenceSelector.currentNode() is None
