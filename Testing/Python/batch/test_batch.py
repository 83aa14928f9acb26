"""Many exams at once: the same tables whatever runs them and however often they are interrupted; who fails is named."""

import csv
import json
import math
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from dask_cluster import running_cluster
from M1SHThkLib.__main__ import main
from M1SHThkLib.batch.exams import _named
from M1SHThkLib.digital_exam.phantom import PhantomOptions, make_phantom
from M1SHThkLib.files.disk import read_json, write_json
from M1SHThkLib.files.exams import write_exam
from M1SHThkLib.files.results import write_tsv
from M1SHThkLib.measuring.columns import Column

HERE = Path(__file__).resolve().parent
pytestmark = pytest.mark.xdist_group("batch")  # what its tests share is made once
PROGRAM = HERE.parents[2] / "M1SHThk" / "M1SHThkLib"


@pytest.fixture(scope="module")
def exams(tmp_path_factory):
    """Four exams of one small digital exam, each with noise of its own."""
    folder = tmp_path_factory.mktemp("exams")
    options = PhantomOptions(slices=2, cropped=True, echoes=(3, 4), regions=(("left", "hand_knob"),))
    phantom = make_phantom(options)
    paths = []
    for number in range(4):
        noisy = phantom.with_noise(number)
        exam = replace(noisy.exam(), subject=f"sub-{number}")
        paths.append(write_exam(folder / exam.subject, exam, noisy.echoes, noisy.echo_times_ms))
    return [str(path) for path in paths]


@pytest.fixture(scope="module")
def reference(exams, tmp_path_factory):
    """Results of a plain run."""
    folder = tmp_path_factory.mktemp("reference")
    assert main(["measure", *exams, "-o", str(folder)]) == 0
    return folder


def tables_of(folder):
    return [(folder / name).read_bytes() for name in ("measurements.tsv", "profiles.tsv")]


def records_of(folder):
    return sorted((folder / "exams").glob("*.json"))


def rows_of(folder):
    with open(folder / "measurements.tsv", newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def altered(record):
    """The record with another SH, by which it is known again."""
    content = json.loads(record.read_text())
    content["measurements"][0]["sh"] = 0.125
    record.write_text(json.dumps(content))


@pytest.mark.parametrize("by", ("two processes", "dask"))
def test_tables_are_the_same_whatever_runs_the_exams(by, exams, reference, tmp_path):
    out = tmp_path / "out"
    if by == "dask":
        (tmp_path / "cluster").mkdir()
        with running_cluster(tmp_path / "cluster", []) as address:
            assert main(["measure", *exams, "-o", str(out), "--dask", address]) == 0
    else:
        assert main(["measure", *exams, "-o", str(out), "--jobs", "2"]) == 0
    assert tables_of(out) == tables_of(reference)
    assert sorted(path.name for path in (out / "figures").iterdir()) == [
        f"sub-{number}_left_hand_knob.png" for number in range(4)
    ]


def test_killed_in_mid_run_it_goes_on_and_ends_with_the_same_tables(exams, reference, tmp_path):
    command = [sys.executable, str(PROGRAM), "measure", *exams, "-o", str(tmp_path)]
    run = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while not records_of(tmp_path) and run.poll() is None:
        time.sleep(0.01)
    run.kill()
    run.wait()
    done = records_of(tmp_path)
    assert 1 <= len(done) < 4
    written = {record: record.stat().st_mtime_ns for record in done}
    assert main(["measure", *exams, "-o", str(tmp_path), "--resume"]) == 0
    assert tables_of(tmp_path) == tables_of(reference)
    assert {record: record.stat().st_mtime_ns for record in done} == written


def test_a_record_is_plain_and_says_what_it_was_made_from(exams, reference):
    records = [json.loads(record.read_text()) for record in records_of(reference)]
    assert len(records) == 4
    for record in records:
        (reading,) = record["readings"]
        assert record["made_from"]["version"]
        assert len(record["made_from"]["exam.json"]) == 64
        assert {file["path"]: file["sha256"] for file in reading["inputs"]}.items() <= record["made_from"].items()
        assert reading["settings"]["depth_max_mm"] == 6.0
        assert (len(record["measurements"]), len(record["profiles"])) == (1, 61)


def test_resume_measures_what_changed_and_nothing_else(exams, tmp_path, capsys):
    private = []
    for exam in exams[:3]:
        copy = tmp_path / Path(exam).parent.name
        copy.mkdir()
        for file in Path(exam).parent.iterdir():
            (copy / file.name).write_bytes(file.read_bytes())
        private.append(str(copy / "exam.json"))
    out = tmp_path / "out"
    assert main(["measure", *private, "-o", str(out)]) == 0
    records = records_of(out)
    for record in records:
        altered(record)
    line = Path(private[1]).parent / "left_hand_knob.mrk.json"
    line.write_text(line.read_text() + "\n")
    (out / "figures" / "sub-2_left_hand_knob.png").unlink()
    capsys.readouterr()

    assert main(["measure", *private, "-o", str(out), "--resume"]) == 0
    taken_over = [float(row["sh"]) == 0.125 for row in rows_of(out)]
    assert taken_over == [True, False, False]
    printed = capsys.readouterr().out
    assert f"{private[1]}: measured anew; changed since: left_hand_knob.mrk.json" in printed
    assert f"{private[2]}: measured anew; changed since: sub-2_left_hand_knob.png" in printed
    assert f"{private[0]}: measured anew" not in printed

    for record in records:
        altered(record)
    records[0].write_text("{")
    content = json.loads(records[1].read_text())
    content["made_from"]["version"] = "0.0.1"
    records[1].write_text(json.dumps(content))
    assert main(["measure", *private, "-o", str(out), "--resume"]) == 0
    assert [float(row["sh"]) == 0.125 for row in rows_of(out)].count(True) == 1
    printed = capsys.readouterr().out
    assert "changed since: version" in printed and "changed since: its record" in printed

    assert main(["measure", *private, "-o", str(out)]) == 0
    assert not any(float(row["sh"]) == 0.125 for row in rows_of(out))


def test_an_exam_that_fails_is_named_and_the_rest_goes_on(exams, tmp_path, capsys):
    missing = str(tmp_path / "none.json")
    assert main(["measure", exams[1], missing, exams[0], "-o", str(tmp_path / "out"), "--jobs", "2"]) == 1
    assert [row["subject"] for row in rows_of(tmp_path / "out")] == ["sub-1", "sub-0"]
    provenance = json.loads((tmp_path / "out" / "provenance.json").read_text())
    assert list(provenance["failed"]) == [missing]
    told = capsys.readouterr().err.splitlines()
    assert told == [
        f"{missing}: there is no such file; check its name and folder",
        f"1 of 3 exams could not be measured and are left out of the tables: {missing}",
    ]


def test_without_a_single_result_one_line_names_them_all_and_nothing_is_written(tmp_path, capsys):
    names = [str(tmp_path / f"{number}.json") for number in range(2)]
    assert main(["measure", *names, "-o", str(tmp_path / "out")]) == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert all(name in told for name in names)
    assert [path for path in (tmp_path / "out").rglob("*") if path.is_file()] == []


def test_exams_that_cannot_be_told_apart_are_refused_before_any_is_measured(exams, tmp_path, capsys):
    assert main(["measure", *exams, exams[2], "-o", str(tmp_path / "out")]) == 2
    told = capsys.readouterr().err
    assert exams[2] in told and "session" in told
    assert not (tmp_path / "out").exists()


def test_infinite_significance_survives_the_record(tmp_path):
    rows = [[math.inf, -math.inf, 0.1, None, "text"]]
    columns = [Column(name, "", "", None) for name in "abcde"]
    write_json(tmp_path / "record.json", [_named(columns, row) for row in rows])  # JSON has no infinity
    write_tsv(tmp_path / "first.tsv", "abcde", rows)
    write_tsv(tmp_path / "again.tsv", "abcde", [list(row.values()) for row in read_json(tmp_path / "record.json")])
    assert (tmp_path / "again.tsv").read_bytes() == (tmp_path / "first.tsv").read_bytes()
