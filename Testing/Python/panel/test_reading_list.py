"""A study read by its list at the window: blinded, the score first, nothing lost; then collected."""

import csv
import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import MiniSlicer
import numpy as np
import pytest
import reader
import slicer
from full_disk import little_room
from M1SHThkLib.__main__ import main
from M1SHThkLib.digital_exam.phantom import PhantomOptions, make_phantom
from M1SHThkLib.files.audit_trail import read_trail
from M1SHThkLib.files.exams import write_exam
from M1SHThkLib.files.reader_folder import ReaderFolder
from M1SHThkLib.files.reading_list import read_reading_list
from M1SHThkLib.measuring.settings import Settings
from M1SHThkLib.scene.case_drawings import drawings_of, restore_drawings
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


def top(widget):
    return widget.mapTo(widget.window(), reader.qt.QPoint(0, 0)).y()


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
    assert "Draw and accept" in ui.readingProgressLabel.text
    assert top(ui.readingListCollapsibleButton) < top(ui.referencesCollapsibleButton)
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
    reader.settle()
    assert top(ui.readingNextButton) < top(ui.examCollapsibleButton)
    reader.choose_text(ui.readingReaderComboBox, "R2")
    reader.settle()
    assert top(ui.resultsCollapsibleButton) < top(ui.readingListCollapsibleButton) < top(ui.studyCollapsibleButton)


@pytest.mark.parametrize("size", reader.SIZES, ids=str)
def test_table_buttons_numbers_and_flags_of_a_case_are_in_sight_while_drawing(study, exams, answers, size):
    slicer.util.mainWindow().resize(*size)
    open_list(study)
    case = next_case()
    score(), lock()
    exam, ui = exam_of(study, case, exams), reader.ui()
    reader.draw_splenium(exam)
    reader.draw_white_matter(exam, 0)
    points = exam.regions[0].pial_lines[0]
    reader.look_at(points[0])
    MiniSlicer.keyPress("Red", "d")
    reader.place(points[:4])
    reader.settle()
    assert ui.numbersView.plainText and reader.flags()
    for widget in (ui.regionsTable, ui.drawLineButton, ui.undoButton, ui.acceptButton, ui.numbersView, ui.flagsBrowser):
        assert reader.is_in_sight(widget), widget.objectName
    MiniSlicer.keyPress("Red", "Escape")


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
    composite = reader.red().mrmlSliceCompositeNode()
    image = composite.GetBackgroundVolumeID()
    reader.ui().readingPauseButton.click()
    assert "Paused" in reader.ui().readingProgressLabel.text and not reader.ui().readingLockButton.visible
    reader.settle()
    assert image and composite.GetBackgroundVolumeID() is None
    reader.ui().readingPauseButton.click()
    reader.settle()
    assert reader.ui().readingLockButton.visible and composite.GetBackgroundVolumeID() == image
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


def test_a_full_disk_loses_nothing(study, exams, answers, faults, capsys):
    open_list(study)
    case, folder = next_case(), study / "readings" / "R1"
    score(), lock()
    with little_room(100):
        draw(exam_of(study, case, exams))
    assert faults and all("cannot be written" in told and "make room" in told for told in faults)
    faults.clear()
    accept()
    assert not faults
    points = reader.points(KNOB)
    with little_room(40_000):
        reader.ui().readingFinishButton.click()
    MiniSlicer.errors.clear()  # Slicer's own, of what it could not write
    assert "make room" in faults[-1] and len(faults) == 1
    assert not (folder / case).exists() and not [path for path in folder.iterdir() if path.is_dir()]
    slicer.util.selectModule("")
    MiniSlicer.closeScene()
    slicer.util.selectModule("M1SHThk")
    assert next_case() == case
    np.testing.assert_array_equal(reader.points(KNOB), points)
    reader.ui().readingFinishButton.click()
    assert len(faults) == 1 and (folder / case / "scene.mrb").is_file()
    assert main(["reading-list", "collect", str(study), "-o", str(study.parent / "out")]) == 0


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


#
# A study rehearsed: twelve exams, two readers, repeats, a kill in the middle
#

KILLED = """
import os, signal, sys
sys.path[:0] = {paths!r}
import reader, test_reading_list as reading
exam = reading.phantom_of(1)
reading.reader.slicer.util.mainWindow().resize(*reader.SIZES[1])
reading.reader.slicer.util.selectModule("M1SHThk")
reading.open_list(reading.Path({folder!r}))
for number in range(2):
    case = reading.next_case()
    reading.score()
    reading.lock()
    reader.draw_splenium(exam)
    if number == 1:
        reader.draw_white_matter(exam, 0)
        reader.look_at(exam.regions[0].pial_lines[0][0])
        reader.ui().drawLineButton.click()
        reader.place(exam.regions[0].pial_lines[0][:4])
        reader.slicer.app.processEvents()
        print(case, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
    reader.draw_region(exam, 0)
    reader.settle()
    reading.accept()
    reader.slicer.util.confirmOkCancelDisplay = lambda *arguments, **options: True
    reader.ui().readingFinishButton.click()
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows has no kill -9")
def test_a_blinded_study_of_twelve_exams_and_two_readers(tmp_path, answers):
    phantom = phantom_of(1)
    exam, source = phantom.exam(SETTINGS), tmp_path / "hospital"
    for number in range(12):
        image = replace(exam.image, voxels=exam.image.voxels * np.float32(1 + 0.01 * number))
        who = {"subject": f"Rossi{number:02d}", "group": ("patient", "control")[number % 2]}
        write_exam(source / who["subject"], replace(exam, image=image, **who), compact=True)
    folder = tmp_path / "list"
    command = ["reading-list", "make", str(source), "-o", str(folder), "--seed", "3"]
    command += ["--reader", "R1", "--reader", "R2", "--ask", "both", "--ask", "R2=score", "--repeat", "0.25"]
    assert main(command) == 0

    paths = [path for path in sys.path if "site-packages" not in path and path] + [str(Path(__file__).parent)]
    code = KILLED.format(paths=paths, folder=str(folder))
    killed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    case = killed.stdout.split()[-1]

    open_list(folder)
    assert next_case() == case
    assert "Case 2 of 15" in reader.ui().readingProgressLabel.text and reader.ui().readingSumValueLabel.text == "3"
    assert not reader.ui().readingScore0ComboBox.enabled and reader.splenium_voxels() > 0
    np.testing.assert_allclose(reader.points(KNOB), phantom.regions[0].pial_lines[0][:4], atol=0.3)
    reader.draw_line(phantom, 0, phantom.regions[0].pial_lines[0][4:])
    reader.settle()
    drawings = {**drawings_of(reader.widget().logic), "accepted": {}}
    accept()
    reader.ui().readingFinishButton.click()
    for _ in range(13):  # the same line on the same cortex: drawn by a script, as fast as it can be
        next_case()
        score(), lock()
        restore_drawings(reader.widget().logic, drawings)
        reader.settle()
        accept()
        reader.ui().readingFinishButton.click()
    open_list(folder, "R2")
    for number in range(15):
        next_case()
        score((number % 3, 0, 1, 0))
        reader.ui().readingFinishButton.click()
    assert "All 15 cases are read" in reader.ui().readingProgressLabel.text

    out = tmp_path / "out"
    assert main(["reading-list", "collect", str(folder), "-o", str(out)]) == 0
    with open(out / "measurements.tsv", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    assert sorted({row["subject"] for row in rows}) == [f"Rossi{number:02d}" for number in range(12)]
    assert len(rows) == 15 and sum(row["session"] == "2" for row in rows) == 3
    values = [float(row["sh_thk_per_mm"]) for row in rows if row["accepted"] == "yes"]
    assert len(values) == 15 and np.ptp(values[2:]) < 0.02 * np.mean(values)
    study = [
        "cohort",
        str(out / "measurements.tsv"),
        "--clinical",
        str(out / "clinical.tsv"),
        "-o",
        str(tmp_path / "s"),
    ]
    assert main(study) == 0 and "R2" in (tmp_path / "s" / "findings.tsv").read_text()
