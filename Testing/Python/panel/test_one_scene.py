"""One exam, one scene, one truth: nothing of the last exam is taken for the next one's."""

import json
import re
import zipfile

import MiniSlicer
import numpy as np
import pytest
import reader
import slicer
import vtk
from M1SHThkLib.digital_exam.phantom import PhantomOptions, make_phantom
from M1SHThkLib.files.exams import write_exam
from M1SHThkLib.measuring.measurement import measure_exam
from M1SHThkLib.panel.layout import LAYOUT_ID
from M1SHThkLib.scene import exam_nodes, known_values
from M1SHThkLib.scene.readings import archived_readings
from reader import KNOB, LOBULE


@pytest.fixture(scope="module")
def control():
    return make_phantom(
        PhantomOptions(field_strength=3, group="control", slices=3, cropped=True, regions=(KNOB,), seed=5)
    )


def logic():
    return slicer.util.getModuleLogic("M1SHThk")


def values(measurement):
    return [measurement.sh, measurement.thk_mm, measurement.sh_thk_per_mm]


#
# A second exam
#


@pytest.mark.parametrize("where", ["in the module", "in another module"])
def test_a_second_exam_gives_its_own_numbers(control, drawn, where):
    alone = measure_exam(control.exam())[0]
    if where != "in the module":
        slicer.util.selectModule("")
    logic().loadExam(control.exam())
    slicer.util.selectModule("M1SHThk")
    reader.settle()
    assert reader.numbers(KNOB) == reader.shown(alone)
    assert [reader.numbers(key) is None for key in reader.KEYS] == [key != KNOB for key in reader.KEYS]
    assert len(reader.widget().logic.lines(KNOB)) == 1 and not reader.ui().undoButton.enabled
    (put_away,) = archived_readings(slicer.mrmlScene)
    assert set(put_away.results) == {KNOB, LOBULE}
    assert reader.ui().subjectLineEdit.text == control.exam().subject


def test_the_sample_loaded_twice_is_one_exam_at_a_time(two_regions):
    import SampleData

    reader.start_reading(two_regions)
    source, *_ = SampleData.SampleDataLogic.sampleDataSourcesByCategory("M1SHThk")
    source.customDownloader(source)
    reader.settle()
    once = [reader.numbers(key) for key in reader.KEYS]
    source.customDownloader(source)
    reader.settle()
    assert [reader.numbers(key) for key in reader.KEYS] == once
    assert len(reader.widget().logic.lines(KNOB)) == 1


#
# Another volume
#


def other_volume(phantom):
    volume = exam_nodes.add_volume(slicer.mrmlScene, "another", phantom.mean, phantom.affine)
    slicer.app.processEvents()
    return volume


def put_under(subject, volume):
    hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(slicer.mrmlScene)
    item = hierarchy.CreateSubjectItem(hierarchy.GetSceneItemID(), subject)
    hierarchy.SetItemParent(hierarchy.GetItemByDataNode(volume), item)


@pytest.mark.parametrize("new_reading", [True, False])
def test_a_volume_of_another_geometry_asks(control, drawn, answers, new_reading):
    asked, said = answers
    reader.ui().acceptButton.click()
    reader.choose_region(KNOB)
    volume = other_volume(control)
    said[:] = [new_reading]
    reader.choose(reader.ui().inputVolumeSelector, volume)
    reader.settle()
    assert len(asked) == 1 and "another" in asked[0]
    assert reader.parameters().inputVolume is volume
    if new_reading:
        assert [reader.state(key) for key in reader.KEYS] == ["to do"] * len(reader.KEYS)
        assert (reader.ui().subjectLineEdit.text, reader.ui().fieldStrengthSpinBox.value) == ("", 0.0)
        assert reader.ui().observerLineEdit.text == "R1" and len(archived_readings(slicer.mrmlScene)) == 1
    else:
        assert reader.state(KNOB) == "changed since accepted" and "image" in reader.ui().stateLabel.text
        assert reader.ui().subjectLineEdit.text == "sub-01"


def test_a_volume_of_another_subject_asks(two_regions, drawn, answers):
    asked, said = answers
    said[:] = [True]
    volume = other_volume(two_regions)
    put_under("sub-01", reader.parameters().inputVolume)
    put_under("somebody else", volume)
    reader.choose(reader.ui().inputVolumeSelector, volume)
    reader.settle()
    assert len(asked) == 1 and reader.ui().subjectLineEdit.text == ""


def test_another_image_of_the_same_scan_asks_nothing(two_regions, drawn, answers):
    reader.choose(reader.ui().inputVolumeSelector, other_volume(two_regions))
    reader.settle()
    assert answers[0] == [] and reader.ui().subjectLineEdit.text == "sub-01"
    assert reader.numbers(KNOB) == reader.shown(reader.measured()[KNOB])


#
# Values of another version
#


def of_another_version(scene, folder, **parameters):
    """A copy of a saved scene with these values in place of those of the parameter node; its path."""
    path = folder / "other.mrb"
    with zipfile.ZipFile(scene) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name.endswith(".mrml"):
                for parameter, value in parameters.items():
                    pattern = rf'(parameter\d+= "{parameter}) [^"]*"'.encode()
                    content, count = re.subn(pattern, rf'\1 {value}"'.encode(), content)
                    assert count == 1
            new.writestr(name, content)
    return str(path)


def test_values_that_this_version_does_not_know_are_told_and_replaced(two_regions_drawn, blank, tmp_path):
    unknown = {
        "group": ("volunteer", ""),
        "interpolation": ("sinc", "quintic"),
        "fieldStrength": ("3,0", 0.0),
        "depthMaxMm": ("99", 6.0),
        "replicates": ("many", 1000),
    }
    reader.open_scene(of_another_version(two_regions_drawn, tmp_path, **{name: v for name, (v, _) in unknown.items()}))
    for name, (value, default) in unknown.items():
        assert getattr(reader.parameters(), name) == default
        assert f"{name} was '{value}'" in reader.ui().messageLabel.text
    assert reader.numbers(KNOB) == reader.shown(reader.measured()[KNOB])


def test_the_next_scene_is_measured_with_its_own_settings(two_regions_drawn, drawn, tmp_path):
    expected = reader.numbers(KNOB)
    reader.open_scene(of_another_version(two_regions_drawn, tmp_path, group="volunteer"))
    assert reader.ui().messageLabel.text
    reader.open_scene(two_regions_drawn)
    reader.choose_region(KNOB)
    reader.settle()
    assert reader.parameters().interpolation == "quintic" and reader.numbers(KNOB) == expected
    assert reader.ui().messageLabel.text == ""


def test_a_connection_that_fails_leaves_nothing_connected(drawn, monkeypatch):
    """As if a value that no widget can show had come through."""
    node = reader.parameters().parameterNode
    slicer.util.selectModule("")
    with monkeypatch.context() as patch:
        patch.setattr(known_values, "_is_known", lambda *unused: True)
        node.SetParameter("polarity", "neither")
        with pytest.raises(ValueError, match="neither"):
            reader.widget().panel.begin()
    node.SetParameter("polarity", "dark")
    ui, before = reader.ui(), {name: node.GetParameter(name) for name in node.GetParameterNames()}
    for name in ("subject", "session", "observer", "echoTimes"):
        reader.enter_text(getattr(ui, f"{name}LineEdit"), "5, 10")
    ui.overlayCheckBox.checked = not ui.overlayCheckBox.checked
    for box in (ui.groupComboBox, ui.alignmentComboBox, ui.interpolationComboBox, ui.normalizationComboBox):
        box.currentIndex = (box.currentIndex + 1) % box.count
    assert {name: node.GetParameter(name) for name in node.GetParameterNames()} == before


#
# What a scene looks like elsewhere
#


def written(path):
    """The description of the scene in an .mrb file."""
    with zipfile.ZipFile(path) as bundle:
        (name,) = [name for name in bundle.namelist() if name.endswith(".mrml")]
        return bundle.read(name).decode()


def test_a_scene_saved_in_the_module_names_no_layout_of_ours(drawn, tmp_path):
    path = str(tmp_path / "scene.mrb")
    assert slicer.util.saveScene(path)
    assert "<Layout" not in written(path)
    slicer.util.selectModule("")
    assert slicer.util.saveScene(path)
    assert "<Layout" in written(path) and f'currentViewArrangement="{LAYOUT_ID}"' not in written(path)
    reader.open_scene(path)
    assert slicer.app.layoutManager().layout == LAYOUT_ID
    assert reader.numbers(KNOB)


def test_reloading_leaves_no_node_behind(drawn):
    count = slicer.mrmlScene.GetNumberOfNodes()
    for _ in range(3):
        reader.widget().onReload()
        slicer.util.selectModule("")
        slicer.util.selectModule("M1SHThk")
        reader.settle()
    assert slicer.mrmlScene.GetNumberOfNodes() == count


def test_saving_and_opening_adds_nothing_to_the_subject_hierarchy(drawn, tmp_path):
    """A node that is not saved with the scene would leave its item there, one more each time, as it once did."""

    def hierarchy():
        return slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(slicer.mrmlScene)

    def names():
        items = vtk.vtkIdList()
        hierarchy().GetItemChildren(hierarchy().GetSceneItemID(), items, True)
        return sorted(hierarchy().GetItemName(items.GetId(number)) for number in range(items.GetNumberOfIds()))

    before = names()
    assert not {"M1SHThk normals", "M1SHThk layer", "M1SHThk edge"} & set(before)
    for number in range(2):
        hierarchy().CreateFolderItem(hierarchy().GetSceneItemID(), "M1SHThk normals")
        path = str(tmp_path / f"{number}.mrb")
        assert slicer.util.saveScene(path)
        reader.open_scene(path)
        assert names() == before


def test_removing_the_volume_ends_the_drawing(drawn):
    for button in (reader.ui().drawWhiteMatterButton, reader.ui().drawLineButton):
        button.click()
        assert button.checked
        if button is reader.ui().drawLineButton:
            slicer.mrmlScene.RemoveNode(reader.parameters().inputVolume)
            assert not button.checked
            assert reader.interaction().GetCurrentInteractionMode() == reader.interaction().ViewTransform


#
# An exam file
#


@pytest.fixture(scope="module")
def exam_file(control, tmp_path_factory):
    folder = tmp_path_factory.mktemp("exam")
    write_exam(folder, control.exam())
    return folder / "exam.json"


def test_an_exam_file_is_opened_as_any_file(control, exam_file, blank):
    slicer.util.selectModule("")
    MiniSlicer.closeScene()
    assert slicer.app.coreIOManager().fileType(str(exam_file)) == "M1SHThkExam"
    volume = slicer.util.loadNodeFromFile(str(exam_file), "M1SHThkExam")
    assert volume is logic().getParameterNode().inputVolume
    assert volume.GetName() == control.exam().subject
    slicer.util.selectModule("M1SHThk")
    reader.settle()
    alone = measure_exam(control.exam())[0]
    np.testing.assert_allclose(reader.numbers(KNOB), reader.shown(alone), atol=1e-3)


def test_other_json_files_are_left_to_others(tmp_path, blank):
    for name, text in (("a.json", "{}"), ("b.json", "[1, 2"), ("c.json", json.dumps({"schema": "other"}))):
        (tmp_path / name).write_text(text)
        assert slicer.app.coreIOManager().fileType(str(tmp_path / name)) == "TextFile"


def test_an_exam_file_that_cannot_be_read_is_told_in_words(exam_file, tmp_path, blank, caplog):
    description = json.loads(exam_file.read_text())
    description["image"]["path"] = "missing.nii.gz"
    (tmp_path / "exam.json").write_text(json.dumps(description))
    with pytest.raises(RuntimeError):
        slicer.util.loadNodeFromFile(str(tmp_path / "exam.json"), "M1SHThkExam")
    with pytest.raises(ValueError, match=r"missing\.nii\.gz"):
        logic().loadExamFile(str(tmp_path / "exam.json"))


def test_the_logic_loads_an_exam_file(control, exam_file, blank):
    volume = logic().loadExamFile(str(exam_file))
    assert volume.GetName() == control.exam().subject
    assert values(logic().measure()[0]) == pytest.approx(values(measure_exam(control.exam())[0]), rel=1e-3)
