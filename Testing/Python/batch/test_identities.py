"""Exams whose names, folders or paths are odd: measured, or failed alone with one line, and never one for another."""

import csv
import json
import os
import shutil
import warnings
from pathlib import Path

import pytest
import SimpleITK
from M1SHThkLib.__main__ import main
from M1SHThkLib.digital_exam.phantom import PhantomOptions, make_phantom
from M1SHThkLib.files.exams import write_exam
from M1SHThkLib.measuring.settings import Settings

pytestmark = pytest.mark.xdist_group("identities")  # what its tests share is made once


@pytest.fixture(scope="module")
def one(tmp_path_factory):
    """The folder of a small exam."""
    options = PhantomOptions(slices=2, cropped=True, echoes=(3,), regions=(("left", "hand_knob"),))
    phantom = make_phantom(options)
    folder = tmp_path_factory.mktemp("one")
    write_exam(folder, phantom.exam(Settings(replicates=0)), phantom.echoes, phantom.echo_times_ms)
    return folder


def copied(one, folder, **identity):
    """A copy of the exam, somebody else's."""
    shutil.copytree(one, folder)
    exam = Path(folder) / "exam.json"
    exam.write_text(json.dumps(json.loads(exam.read_text()) | identity), encoding="utf-8")
    return str(exam)


def rows_of(folder):
    with open(folder / "measurements.tsv", newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file, delimiter="\t"))


FOLDING = [
    {"subject": "sub 1"},
    {"subject": "sub-1"},
    {"subject": "sub:1"},
    {"subject": "sub_1"},
    {"subject": "sub", "session": "1"},
    {"subject": "sub", "observer": "1"},
    {"subject": "sub", "session": "1", "observer": "1"},
    {"subject": "s" * 250},
    {"subject": "s" * 251},
    {"subject": "患者" * 60},
    {"subject": r"a $\frac$ of it"},
]


def test_names_that_fold_to_the_same_text_share_neither_picture_nor_record(one, tmp_path, capfd):
    exams = [copied(one, tmp_path / f"{n}" / "exam", **identity) for n, identity in enumerate(FOLDING)]
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)  # such as of letters that a font lacks
        assert main(["measure", *exams, "-o", str(tmp_path / "out")]) == 0
    assert [row["subject"] for row in rows_of(tmp_path / "out")] == [identity["subject"] for identity in FOLDING]
    assert len(list((tmp_path / "out" / "exams").iterdir())) == len(FOLDING)
    assert len(list((tmp_path / "out" / "figures").iterdir())) == len(FOLDING)
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("name", ["L" * 222, "L" * 223, "L" * 255, "Ж" * 127, "漢" * 85])
def test_folders_with_the_longest_names(one, tmp_path, name):
    exams = [copied(one, tmp_path / folder, subject=f"sub-{n}") for n, folder in enumerate(["first", name, "third"])]
    assert main(["measure", *exams, "-o", str(tmp_path / "out")]) == 0
    assert [row["subject"] for row in rows_of(tmp_path / "out")] == ["sub-0", "sub-1", "sub-2"]
    assert main(["measure", *exams, "-o", str(tmp_path / "out"), "--resume"]) == 0


@pytest.mark.skipif(os.name == "nt", reason="names are Unicode there")
def test_a_folder_whose_name_is_no_utf_8(one, tmp_path, capsys):
    odd = os.fsdecode(os.fsencode(tmp_path) + b"/M\xfcller")
    exams = [copied(one, folder, subject=f"sub-{n}") for n, folder in enumerate([tmp_path / "1", odd, tmp_path / "3"])]
    command = ["measure", *exams, "-o", str(tmp_path / "out"), "--resume"]
    assert main(command) == 0
    assert [row["subject"] for row in rows_of(tmp_path / "out")] == ["sub-0", "sub-1", "sub-2"]
    provenance = json.loads((tmp_path / "out" / "provenance.json").read_text(encoding="utf-8"))
    assert provenance["exams"][1]["file"] == exams[1]
    capsys.readouterr()
    assert main(command) == 0
    assert "measured anew" not in capsys.readouterr().out


@pytest.mark.skipif(os.name == "nt", reason="names are Unicode there")
def test_what_itk_alone_reads_fails_there_alone(one, tmp_path, capsys):
    odd = os.fsdecode(os.fsencode(tmp_path) + b"/M\xfcller")
    exams = [copied(one, tmp_path / "1", subject="sub-1"), copied(one, odd, subject="sub-2")]
    SimpleITK.WriteImage(SimpleITK.ReadImage(str(one / "t2star.nii.gz")), str(tmp_path / "t2star.gipl"))
    shutil.move(tmp_path / "t2star.gipl", odd)
    content = json.loads(Path(exams[1]).read_text())
    content["image"]["path"] = "t2star.gipl"
    Path(exams[1]).write_text(json.dumps(content))
    assert main(["measure", *exams, "-o", str(tmp_path / "out")]) == 1
    told = capsys.readouterr().err.splitlines()
    assert len(told) == 2 and "not UTF-8; rename the file or its folder" in told[0]
    assert [row["subject"] for row in rows_of(tmp_path / "out")] == ["sub-1"]


@pytest.mark.skipif(os.name == "nt", reason="names are Unicode there")
def test_results_go_into_a_folder_whose_name_is_no_utf_8(one, tmp_path):
    out = os.fsdecode(os.fsencode(tmp_path) + b"/\xff")
    assert main(["measure", str(one / "exam.json"), "-o", out]) == 0
    assert len(rows_of(Path(out))) == 1


def test_a_name_that_looks_like_another_is_the_same(one, tmp_path, capsys):
    exams = [copied(one, tmp_path / "1", subject="sub-Mü"), copied(one, tmp_path / "2", subject="sub-Mu\u0308\u200b")]
    assert main(["measure", *exams, "-o", str(tmp_path / "out")]) == 2
    assert "give them a session or an observer to tell them apart" in capsys.readouterr().err


def test_what_cannot_be_seen_in_a_name_is_not_written(one, tmp_path):
    exam = copied(one, tmp_path / "1", subject="sub-1\u200b", observer="\ufeffR1", session=None)
    assert main(["measure", exam, "-o", str(tmp_path / "out")]) == 0
    (row,) = rows_of(tmp_path / "out")
    assert (row["subject"], row["observer"], row["session"]) == ("sub-1", "R1", "n/a")


@pytest.mark.parametrize("key", ["subject", "session", "observer"])
@pytest.mark.parametrize("name", ["n/a", " N/A ", "\u200b"])
def test_what_a_table_would_read_as_missing_is_no_name(one, tmp_path, capsys, key, name):
    exam = copied(one, tmp_path / "1", **{key: name})
    assert main(["measure", exam, "-o", str(tmp_path / "out")]) == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1 and f"{exam}: {key} is " in told


def test_na_is_a_name(one, tmp_path):
    exam = copied(one, tmp_path / "1", subject="NaN", observer="NA")
    assert main(["measure", exam, "-o", str(tmp_path / "out")]) == 0
    (row,) = rows_of(tmp_path / "out")
    assert (row["subject"], row["observer"]) == ("NaN", "NA")


def test_files_with_invisible_letters_in_their_names_are_found(one, tmp_path):
    """As macOS and file managers write them."""
    exam = copied(one, tmp_path / "1")
    name = "left\u200ehand.mrk.json"
    (tmp_path / "1" / "left_hand_knob.mrk.json").rename(tmp_path / "1" / name)
    content = json.loads(Path(exam).read_text())
    content["regions"][0]["pial_lines"] = [name]
    Path(exam).write_text(json.dumps(content))
    assert main(["measure", exam, "-o", str(tmp_path / "out")]) == 0


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_links_that_lead_nowhere_are_told_as_such(one, tmp_path, capsys):
    exams = [copied(one, tmp_path / "1", subject="sub-1"), copied(one, tmp_path / "2", subject="sub-2")]
    (tmp_path / "1" / "t2star.nii.gz").unlink()
    (tmp_path / "1" / "t2star.nii.gz").symlink_to("../annex/objects/abc.nii.gz")
    (tmp_path / "loop.json").symlink_to("loop.json")
    assert main(["measure", *exams, str(tmp_path / "loop.json"), "-o", str(tmp_path / "out")]) == 1
    first, second, _ = capsys.readouterr().err.splitlines()
    assert "t2star.nii.gz: is a link to ../annex/objects/abc.nii.gz, which is not there; restore that file" in first
    assert "loop.json: is a link to loop.json, which is not there" in second
    assert [row["subject"] for row in rows_of(tmp_path / "out")] == ["sub-2"]


@pytest.mark.parametrize("name", ["", " "])
def test_an_empty_name_of_a_folder_is_no_folder(one, tmp_path, capsys, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        main(["measure", str(one / "exam.json"), "-o", name])
    assert ended.value.code == 2
    assert "name a folder" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
