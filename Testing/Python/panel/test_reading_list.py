"""A study read by its list at the window: blinded, the score first, nothing lost; then collected."""

import csv
import json
from dataclasses import replace

import MiniSlicer
import numpy as np
import pytest
import reader
import slicer
from M1SHThkLib.__main__ import main
from M1SHThkLib.digital_exam.phantom import PhantomOptions, make_phantom
from M1SHThkLib.files.audit_trail import read_trail
from M1SHThkLib.files.exams import write_exam
from M1SHThkLib.files.reader_folder import ReaderFolder
from M1SHThkLib.files.reading_list import read_reading_list
from M1SHThkLib.measuring.settings import Settings
from reader import KNOB

SUBJECTS = 2
SETTINGS = Settings(replicates=0)


def phantom_of(number):
    """A digital exam of the left hand knob, quick to draw."""
    group = "patient" if number % 2 else "control"
    return make_phantom(
        PhantomOptions(
            field_strength=7,
            group=group,
            seed=number,
            slices=2,
            cropped=True,
            noise=0.0,
            regions=(KNOB,),
            control_spacing_mm=4.0,
            echoes=(3,),
        )
    )


def make_list(folder, exams, *more):
    source = folder / "hospital"
    for number, phantom in exams.items():
        exam = replace(phantom.exam(SETTINGS), subject=f"Rossi{number:02d}")
        write_exam(source / f"Rossi{number:02d}", exam, compact=True)
    listed = folder / "list"
    command = [
        "reading-list",
        "make",
        str(source),
        "-o",
        str(listed),
        "--reader",
        "R1",
        "--reader",
        "R2",
        "--seed",
        "3",
    ]
    assert main([*command, *more]) == 0
    return listed


@pytest.fixture(scope="module")
def exams():
    return {number: phantom_of(number) for number in range(SUBJECTS)}


@pytest.fixture
def study(exams, tmp_path):
    return make_list(tmp_path, exams, "--ask", "both", "--ask", "R2=score")


@pytest.fixture(autouse=True)
def window():
    slicer.util.selectModule("")
    MiniSlicer.closeScene()
    slicer.util.mainWindow().resize(*reader.SIZES[1])
    slicer.util.selectModule("M1SHThk")
    reader.settle()
    yield
    reader.ui().readingListPathLineEdit.currentPath = ""
    reader.ui().readingListCollapsibleButton.collapsed = True


@pytest.fixture
def answers(monkeypatch):
    """What the reader says to questions, in turn; what was asked is kept."""
    asked, said = [], []

    def answer(text, *arguments, **options):
        asked.append(text)
        return said.pop(0) if said else True

    monkeypatch.setattr(slicer.util, "confirmOkCancelDisplay", answer)
    return asked, said


@pytest.fixture
def faults(monkeypatch):
    told = []
    monkeypatch.setattr(slicer.util, "errorDisplay", lambda text, *arguments, **options: told.append(text))
    return told


def open_list(folder, who="R1"):
    ui = reader.ui()
    reader.unfold(ui.readingListCollapsibleButton)
    reader.enter_path(ui.readingListPathLineEdit, folder / "reading-list.tsv")
    reader.choose_text(ui.readingReaderComboBox, who)


def next_case():
    reader.ui().readingNextButton.click()
    reader.settle()
    return reader.parameters().subject


def score(values=(1, 0, 2, 0)):
    ui = reader.ui()
    boxes = [getattr(ui, f"readingScore{number}ComboBox") for number in range(6)]
    for box, value in zip([box for box in boxes if box.visible], values, strict=True):
        reader.choose_text(box, str(value))


def lock():
    reader.ui().readingLockButton.click()
    reader.settle()


def subject_of(folder, case):
    with open(folder.with_name("list-key.tsv"), newline="") as file:
        (row,) = [row for row in csv.DictReader(file, delimiter="\t") if row["case"] == case]
    return row["subject"]


def exam_of(folder, case, exams):
    return exams[int(subject_of(folder, case)[-2:])]


def draw(phantom):
    reader.draw_splenium(phantom)
    reader.draw_region(phantom, 0)
    reader.settle()


def accept():
    reader.choose_region(KNOB)
    reader.ui().acceptButton.click()
    reader.settle()


def events(folder, who="R1"):
    return [entry["event"] for entry in read_trail(folder / "readings" / who / "trail.jsonl").entries]


def seen_texts():
    """All that the window says."""
    window = slicer.util.mainWindow()
    labels = [label.text for label in window.findChildren(reader.qt.QLabel) if label.visible]
    edits = [edit.text for edit in window.findChildren(reader.qt.QLineEdit) if edit.visible]
    nodes = [node.GetName() or "" for node in slicer.util.getNodesByClass("vtkMRMLNode")]
    return " ".join(map(str, [*labels, *edits, *nodes]))


def test_the_reader_sees_codes_and_the_score_comes_first(study, exams, answers):
    open_list(study)
    case = next_case()
    assert subject_of(study, case) not in seen_texts() and "Rossi" not in seen_texts()
    ui = reader.ui()
    assert not ui.examCollapsibleButton.visible and not ui.resultsCollapsibleButton.visible
    assert not ui.regionsCollapsibleButton.visible and not ui.referencesCollapsibleButton.visible
    MiniSlicer.keyPress("Red", "d")
    assert reader.interaction().GetCurrentInteractionMode() == reader.interaction().ViewTransform
    assert not ui.readingLockButton.enabled
    score()
    assert ui.readingSumValueLabel.text == "3" and ui.readingLockButton.enabled
    lock()
    assert ui.regionsCollapsibleButton.visible and not ui.readingScore0ComboBox.enabled
    draw(exam_of(study, case, exams))
    assert reader.numbers(KNOB)
    accept()
    ui.readingFinishButton.click()
    reader.settle()
    folder = study / "readings" / "R1" / case
    assert {"scene.mrb", "exam.json", "measurements.tsv", "reading.json"} <= {path.name for path in folder.iterdir()}
    record = json.loads((folder / "reading.json").read_text())
    assert record["score_sum"] == 3 and record["regions"] == ["left hand_knob"]
    assert record["seconds"] >= record["seconds_drawing"] > 0
    assert "Case 2 of 2" in ui.readingProgressLabel.text and "minutes a case" in ui.readingProgressLabel.text
    assert events(study)[:3] == ["list_opened", "case_opened", "score_locked"]
    assert {"drawing_begun", "region_accepted"} <= set(events(study)) and events(study)[-1] == "case_finished"
    assert ui.examCollapsibleButton.visible and not slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode")


def test_what_was_finished_is_what_was_seen(study, exams, answers):
    open_list(study)
    case = next_case()
    score(), lock()
    draw(exam_of(study, case, exams))
    seen = reader.measured()[KNOB]
    accept()
    reader.ui().readingFinishButton.click()
    folder = study / "readings" / "R1" / case
    assert main(["measure", str(folder / "exam.json"), "-o", str(folder.parent.parent / "again")]) == 0
    for place in (folder, folder.parent.parent / "again"):
        with open(place / "measurements.tsv", newline="") as file:
            (row,) = csv.DictReader(file, delimiter="\t")
        assert row["subject"] == case and float(row["sh_thk_per_mm"]) == pytest.approx(seen.sh_thk_per_mm, rel=1e-6)


def test_a_case_that_is_left_comes_back_as_it_was(study, exams, answers):
    open_list(study)
    case = next_case()
    score((0, 1, 1, 2)), lock()
    reader.choose_text(reader.ui().readingMotionComboBox, "doubtful")
    draw(exam_of(study, case, exams))
    accept()
    points, values = reader.points(KNOB), reader.numbers(KNOB)
    slicer.util.selectModule("")
    MiniSlicer.closeScene()
    slicer.util.selectModule("M1SHThk")
    assert reader.ui().examCollapsibleButton.visible
    assert next_case() == case
    np.testing.assert_array_equal(reader.points(KNOB), points)
    assert reader.numbers(KNOB) == values and reader.state(KNOB) == "accepted"
    ui = reader.ui()
    assert ui.readingSumValueLabel.text == "4" and ui.readingMotionComboBox.currentText == "doubtful"
    assert not ui.undoButton.enabled


def test_pause_hides_the_case(study, answers):
    open_list(study)
    next_case()
    reader.ui().readingPauseButton.click()
    assert "Paused" in reader.ui().readingProgressLabel.text and not reader.ui().readingLockButton.visible
    reader.ui().readingPauseButton.click()
    assert reader.ui().readingLockButton.visible
    assert events(study)[-2:] == ["paused", "continued"]


def test_what_is_drawn_has_to_be_accepted(study, exams, answers, faults):
    open_list(study)
    case = next_case()
    score(), lock()
    draw(exam_of(study, case, exams))
    reader.ui().readingFinishButton.click()
    assert "left hand knob" in faults[-1] and not (study / "readings" / "R1" / case).exists()
    accept()
    answers[1][:] = [False]
    reader.ui().readingFinishButton.click()
    assert "right hand knob" in answers[0][-1] and not (study / "readings" / "R1" / case).exists()


def test_other_data_in_the_scene_is_told_at_the_end(study, exams, answers, capsys):
    open_list(study)
    next_case()
    reader.exam_nodes.add_volume(slicer.mrmlScene, "Rossi", exams[0].mean, exams[0].affine)
    reader.settle()
    score(), lock()
    reader.ui().readingFinishButton.click()
    assert main(["reading-list", "collect", str(study), "-o", str(study.parent / "out")]) == 1
    assert "unblinded" in capsys.readouterr().err


def test_a_reader_who_reads_elsewhere_is_told(study, faults):
    elsewhere = ReaderFolder(read_reading_list(study), "R1")
    open_list(study)
    reader.ui().readingNextButton.click()
    assert "another window" in faults[-1] and not slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode")
    elsewhere.close()
