"""The command line as users meet it: what it writes, what it says, and how it refuses."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import nibabel
import numpy as np
import pytest
from M1SHThkLib.__main__ import main
from M1SHThkLib.digital_exam.phantom import PhantomOptions, make_phantom
from M1SHThkLib.files.clinical_table import CLINICAL_COLUMNS
from M1SHThkLib.files.exams import write_exam
from M1SHThkLib.files.results import write_tsv
from M1SHThkLib.measuring.columns import MEASUREMENT_COLUMNS

PROGRAM = Path(__file__).resolve().parents[3] / "M1SHThk" / "M1SHThkLib"


@pytest.fixture(scope="module")
def phantom():
    hand_knobs = (("left", "hand_knob"), ("right", "hand_knob"))
    return make_phantom(PhantomOptions(field_strength=7, slices=2, cropped=True, echoes=(3, 4), regions=hand_knobs))


@pytest.fixture
def exam(phantom, tmp_path):
    return write_exam(tmp_path / "exam", phantom.exam(), phantom.echoes, phantom.echo_times_ms)


def rows_of(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def changed(exam, change):
    """The exam file with its description changed in place."""
    description = json.loads(exam.read_text())
    change(description)
    exam.write_text(json.dumps(description))
    return exam


def test_measure_writes_one_row_a_region_and_one_a_depth(exam, tmp_path, capsys):
    assert main(["measure", str(exam), "-o", str(tmp_path / "out")]) == 0
    rows = rows_of(tmp_path / "out" / "measurements.tsv")
    assert [(row["hemisphere"], row["region"]) for row in rows] == [("left", "hand_knob"), ("right", "hand_knob")]
    for row in rows:
        assert float(row["sh_thk_per_mm"]) == pytest.approx(float(row["sh"]) / float(row["thk_mm"]), rel=1e-12)
        assert float(row["sh_thk_per_mm_ci_low"]) < float(row["sh_thk_per_mm"]) < float(row["sh_thk_per_mm_ci_high"])
    profiles = rows_of(tmp_path / "out" / "profiles.tsv")
    assert [float(row["depth_mm"]) for row in profiles[:3]] == pytest.approx([0, 0.1, 0.2])
    sidecar = json.loads((tmp_path / "out" / "measurements.json").read_text())
    assert list(sidecar) == list(rows[0])
    assert sidecar["thk_mm"]["Units"] == "mm"
    assert sorted(path.name for path in (tmp_path / "out" / "figures").iterdir()) == [
        "phantom-0_left_hand_knob.png",
        "phantom-0_right_hand_knob.png",
    ]
    assert "SH/Thk" in capsys.readouterr().out


def test_provenance_holds_settings_version_and_checksums(exam, tmp_path):
    changed(exam, lambda e: e.update(settings={"depth_max_mm": 5.0}))
    assert main(["measure", str(exam), "-o", str(tmp_path / "out")]) == 0
    provenance = json.loads((tmp_path / "out" / "provenance.json").read_text())
    assert provenance["version"]
    assert provenance["exams"][0]["settings"]["depth_max_mm"] == 5.0
    assert {len(file["sha256"]) for file in provenance["exams"][0]["inputs"]} == {64}
    assert max(float(row["depth_mm"]) for row in rows_of(tmp_path / "out" / "profiles.tsv")) == pytest.approx(5.0)


def test_several_exams_keep_their_order_whatever_runs_them(phantom, exam, tmp_path):
    other = write_exam(tmp_path / "other", phantom.with_noise(5).exam(), phantom.with_noise(5).echoes)
    changed(other, lambda e: e.update(session="ses-2"))
    assert main(["measure", str(other), str(exam), "-o", str(tmp_path / "one")]) == 0
    assert main(["measure", str(other), str(exam), "-o", str(tmp_path / "two"), "--jobs", "2"]) == 0
    one = (tmp_path / "one" / "measurements.tsv").read_text()
    assert one == (tmp_path / "two" / "measurements.tsv").read_text()
    assert [row["session"] for row in rows_of(tmp_path / "one" / "measurements.tsv")] == ["ses-2"] * 2 + ["n/a"] * 2


def test_numbers_do_not_hang_on_the_threads_of_the_linear_algebra(exam, tmp_path):
    for threads in ("1", "4"):
        counts = {name: threads for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}
        command = [sys.executable, str(PROGRAM), "measure", str(exam), "-o", str(tmp_path / threads)]
        subprocess.run(command, env={**os.environ, **counts}, check=True)
    one, four = ((tmp_path / threads / "measurements.tsv").read_text() for threads in ("1", "4"))
    assert one == four


def test_exams_that_cannot_be_told_apart_are_refused(exam, tmp_path, capsys):
    assert main(["measure", str(exam), str(exam), "-o", str(tmp_path / "out")]) == 2
    assert "session" in capsys.readouterr().err


def test_phantom_gives_the_same_files_for_the_same_seed(tmp_path):
    # The whole head takes long; a fresh process must not change a byte of the cropped one either.
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); from pathlib import Path;"
        "from M1SHThkLib.__main__ import _write_phantom; from M1SHThkLib.digital_exam.phantom import *;"
        "_write_phantom(Path(sys.argv[2]), make_phantom(PhantomOptions("
        "seed=4, slices=2, cropped=True, echoes=(1, 2), regions=(('left', 'hand_knob'),))))"
    )
    for name in ("first", "second"):
        subprocess.run([sys.executable, "-c", code, str(PROGRAM.parent), str(tmp_path / name)], check=True)
    files = sorted(path.name for path in (tmp_path / "first").iterdir())
    assert "truth.json" in files and "exam.json" in files
    for file in files:
        assert (tmp_path / "first" / file).read_bytes() == (tmp_path / "second" / file).read_bytes()


def test_runs_as_a_folder_from_anywhere(tmp_path):
    run = subprocess.run([sys.executable, str(PROGRAM), "--version"], cwd=tmp_path, capture_output=True, text=True)
    assert (run.returncode, run.stderr) == (0, "")


def an_image(exam, shape, affine=None):
    path = exam.parent / "other.nii"
    nibabel.Nifti1Image(np.ones(shape, np.float32), np.eye(4) if affine is None else affine).to_filename(path)
    return path.name


def the_nan_image(exam):
    image = nibabel.load(exam.parent / "t2star.nii.gz")
    path = exam.parent / "nan.nii"
    nibabel.Nifti1Image(np.full(image.shape[:3], np.nan, np.float32), image.affine).to_filename(path)
    return path.name


def the_far_line(exam):
    line = json.loads((exam.parent / "left_hand_knob.mrk.json").read_text())
    for point in line["markups"][0]["controlPoints"]:
        point["position"][1] += 5000
    (exam.parent / "far.mrk.json").write_text(json.dumps(line))
    return "far.mrk.json"


def the_single_point(exam):
    line = json.loads((exam.parent / "left_hand_knob.mrk.json").read_text())
    del line["markups"][0]["controlPoints"][1:]
    (exam.parent / "point.mrk.json").write_text(json.dumps(line))
    return "point.mrk.json"


BAD_INPUT = {
    "missing image": (lambda e, x: e["image"].update(path="none.nii.gz"), "none.nii.gz"),
    "2D image": (lambda e, x: e["image"].update(path=an_image(x, (8, 8))), "other.nii"),
    "5D image": (lambda e, x: e["image"].update(path=an_image(x, (8, 8, 3, 2, 2))), "other.nii"),
    "NaN alone": (lambda e, x: e["image"].update(path=the_nan_image(x), echo_times_ms=None), "nan.nii"),
    "missing segment": (lambda e, x: e["splenium"].update(segment="Genu"), "Genu"),
    "missing line": (lambda e, x: e["regions"][0].update(pial_lines=["none.mrk.json"]), "none.mrk.json"),
    "line off the image": (lambda e, x: e["regions"][0].update(pial_lines=[the_far_line(x)]), "left hand knob"),
    "one control point": (lambda e, x: e["regions"][0].update(pial_lines=[the_single_point(x)]), "one control point"),
    "too few echo times": (lambda e, x: e["image"].update(echo_times_ms=[5.0]), "echo"),
    "unknown key": (lambda e, x: e.update(colour="red"), "colour"),
    "unknown setting": (lambda e, x: e.update(settings={"depth": 3}), "depth"),
    "setting out of range": (lambda e, x: e.update(settings={"depth_max_mm": 300}), "depth_max_mm"),
    "other schema": (lambda e, x: e.update(schema="m1shthk/exam-9"), "exam-9"),
}


@pytest.mark.parametrize("fault", BAD_INPUT)
def test_bad_input_ends_with_one_line_and_loses_nothing(fault, exam, tmp_path, capsys):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "measurements.tsv").write_text("what was there before")
    change, named = BAD_INPUT[fault]
    changed(exam, lambda description: change(description, exam))
    description = json.loads(exam.read_text())
    if description["image"].get("echo_times_ms", 0) is None:
        changed(exam, lambda e: e["image"].pop("echo_times_ms"))
    assert main(["measure", str(exam), "-o", str(tmp_path / "out")]) == 2
    message = capsys.readouterr().err
    assert message.count("\n") == 1, message
    assert named in message
    assert str(exam.parent) in message
    assert (tmp_path / "out" / "measurements.tsv").read_text() == "what was there before"
    assert not [path for path in tmp_path.rglob(".*") if path.is_file()]


def test_broken_json_names_file_and_line(exam, tmp_path, capsys):
    exam.write_text('{\n"schema": "m1shthk/exam-1",\n"subject": \n}')
    assert main(["measure", str(exam), "-o", str(tmp_path / "out")]) == 2
    message = capsys.readouterr().err
    assert str(exam) in message and "line 4" in message and message.count("\n") == 1


def test_no_file_is_named_with_its_remedy(tmp_path, capsys):
    assert main(["measure", str(tmp_path / "none.mrb"), "-o", str(tmp_path / "out")]) == 2
    assert str(tmp_path / "none.mrb") in capsys.readouterr().err


@pytest.fixture
def cohort_command(tmp_path):
    """A command that takes no time and tells of a subject whose name needs more than ASCII."""
    write_tsv(
        tmp_path / "clinical.tsv", [column.name for column in CLINICAL_COLUMNS], [["Łu", "patient", *[None] * 10]]
    )
    columns = [column.name for column in MEASUREMENT_COLUMNS]
    row = {"subject": "Łu", "field_strength_t": 3.0, "hemisphere": "left", "region": "hand_knob", "sh_thk_per_mm": 0.1}
    write_tsv(tmp_path / "measurements.tsv", columns, [[row.get(name) for name in columns]])
    command = [sys.executable, str(PROGRAM), "cohort", tmp_path / "measurements.tsv"]
    return [*command, "--clinical", tmp_path / "clinical.tsv", "-o", tmp_path / "study"]


@pytest.fixture(params=("at the end", "at once"))
def output_written(request):
    """The environment of a program whose output is written when its buffer is full and at the end, or line by line."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    return environment | ({"PYTHONUNBUFFERED": "1"} if request.param == "at once" else {})


def test_output_may_be_cut_short_or_shown_on_a_simple_terminal(cohort_command, output_written):
    """As `... | head -1` and a console without the letter do."""
    ascii_alone = {**output_written, "PYTHONIOENCODING": "ascii"}
    shown = subprocess.run(cohort_command, env=ascii_alone, capture_output=True, text=True)
    assert shown.returncode == 0 and "\\u0141u" in shown.stdout + shown.stderr
    reader, writer = os.pipe()
    os.close(reader)
    cut = subprocess.run(cohort_command, env=output_written, stdout=writer, stderr=subprocess.PIPE, text=True)
    both = subprocess.run(cohort_command, env=output_written, stdout=writer, stderr=writer)
    os.close(writer)
    assert cut.returncode == both.returncode == 141
    assert "Traceback" not in cut.stderr and "Exception" not in cut.stderr


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no disk that is always full")
def test_output_that_a_full_disk_refuses_is_told_in_one_line(cohort_command, output_written, tmp_path):
    with open("/dev/full", "w") as full:
        told = subprocess.run(cohort_command, env=output_written, stdout=full, stderr=subprocess.PIPE, text=True)
        untold = subprocess.run(cohort_command, env=output_written, stdout=full, stderr=full)
    assert told.returncode == untold.returncode == 2
    assert [line for line in told.stderr.splitlines() if not line.startswith("note: ")] == [
        "standard output: No space left on device; make room there, or send it elsewhere"
    ]
    assert (tmp_path / "study" / "report.html").is_file()
