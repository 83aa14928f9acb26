"""A reading study on the command line: the list is drawn up, read, and collected; readers are played by a script."""

import csv
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from full_disk import little_room
from M1SHThkLib.__main__ import main
from M1SHThkLib.files.audit_trail import read_trail
from M1SHThkLib.files.case_in_hand import CaseInHand
from M1SHThkLib.files.images import read_image, write_image
from M1SHThkLib.files.reader_folder import ReaderFolder
from M1SHThkLib.files.reading_list import read_reading_list

NAMES = [f"Rossi_{number}" for number in range(12)]
REGIONS = (("left", "hand_knob"), ("right", "hand_knob"))


def volume(number, name="scan"):
    """Voxels that no two exams share."""
    return np.random.default_rng([number, len(name)]).integers(100, 900, (6, 5, 4)).astype(np.float32)


@pytest.fixture(scope="module")
def exams(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hospital")
    for number, name in enumerate(NAMES):
        write_image(folder / f"{name}.nii.gz", [volume(number)], np.diag([0.5, 0.5, 1.0, 1.0]))
        (folder / f"{name}.json").write_text(json.dumps({"EchoTime": 0.02, "MagneticFieldStrength": 3}))
    return folder


def make(exams, folder, *more):
    readers = ["--reader", "R1", "--reader", "R2"]
    return main(["reading-list", "make", str(exams), "-o", str(folder), *readers, *more])


@pytest.fixture
def scored(exams, tmp_path):
    """A list that asks for scores alone; a quarter is read again at once."""
    assert make(exams, tmp_path / "list", "--ask", "score", "--repeat", "0.25", "--seed", "7") == 0
    return tmp_path / "list"


def rows_of(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def key_of(folder):
    return {row["case"]: row for row in rows_of(folder.with_name(f"{folder.name}-key.tsv"))}


def score_of(subject, region):
    """What both readers see of a subject."""
    return (NAMES.index(subject) + REGION_NUMBERS[region]) % 3


REGION_NUMBERS = {
    ("left", "hand_knob"): 0,
    ("right", "hand_knob"): 1,
    ("left", "paracentral_lobule"): 2,
    ("right", "paracentral_lobule"): 3,
}


def read_next(folder, key, finish=True):
    """Score the next case of a reader; returns its code."""
    case = CaseInHand(folder, folder.next_turn)
    for region in case.regions:
        case.set_score(region, score_of(key[case.turn.case]["subject"], region))
    case.lock_score()
    if finish:
        case.finish()
    return case.turn.case


def read_all(folder, reader, cases=None):
    """Read a list, or so many cases of it, as somebody who opens and closes it once."""
    readings, key = ReaderFolder(read_reading_list(folder), reader), key_of(folder)
    try:
        while readings.next_turn and cases != 0:
            read_next(readings, key)
            cases = cases and cases - 1
    finally:
        readings.close()


def collect(folder, out, *more):
    return main(["reading-list", "collect", str(folder), "-o", str(out), *more])


class TestMake:
    def test_no_name_is_in_the_list(self, scored):
        content = b"".join(path.read_bytes() for path in scored.rglob("*") if path.is_file())
        names = " ".join(str(path.relative_to(scored)) for path in scored.rglob("*"))
        assert b"Rossi" not in content and "Rossi" not in names

    def test_images_are_those_of_the_key_echoes_combined(self, scored, exams):
        listed = read_reading_list(scored)
        for code, row in key_of(scored).items():
            case = listed.cases[code]
            np.testing.assert_array_equal(
                read_image(scored / case.image).volumes[0], volume(NAMES.index(row["subject"]))
            )
            assert (case.field_strength_tesla, case.echo_times_ms) == (3.0, [20.0])

    def test_every_reader_reads_all_in_an_order_of_his_own_and_a_quarter_again(self, scored):
        listed, key = read_reading_list(scored), key_of(scored)
        orders = {reader: [turn.case for turn in listed.turns_of(reader)] for reader in ("R1", "R2")}
        assert orders["R1"] != orders["R2"]
        for order in orders.values():
            first, again = order[:12], order[12:]
            assert sorted(key[case]["subject"] for case in first) == sorted(NAMES)
            assert len({key[case]["subject"] for case in again}) == len(again) == 3
            assert not set(first) & set(again)
        assert {key[case]["reading"] for case in orders["R1"][:12]} == {"1"}

    def test_the_same_seed_gives_the_same_list_and_is_not_told_to_readers(self, exams, scored, tmp_path):
        assert make(exams, tmp_path / "again", "--ask", "score", "--repeat", "0.25", "--seed", "7") == 0
        assert make(exams, tmp_path / "other", "--ask", "score", "--repeat", "0.25") == 0
        table = (scored / "reading-list.tsv").read_bytes()
        assert (tmp_path / "again" / "reading-list.tsv").read_bytes() == table
        assert (tmp_path / "other" / "reading-list.tsv").read_bytes() != table
        assert "seed" not in (scored / "reading-list.json").read_text()

    def test_a_reader_may_be_asked_for_less(self, exams, tmp_path):
        assert make(exams, tmp_path / "list", "--ask", "both", "--ask", "R2=score") == 0
        assert read_reading_list(tmp_path / "list").ask == {"R1": "both", "R2": "score"}

    def test_nothing_is_overwritten(self, exams, scored, capsys):
        assert make(exams, scored) == 2
        assert "already" in capsys.readouterr().err

    @pytest.mark.parametrize(
        ("more", "told"),
        [
            (("--reader", "r1"), "same name"),
            (("--reader", "R_3"), "R_3"),
            (("--ask", "everything"), "everything"),
            (("--ask", "R9=score"), "R9"),
        ],
    )
    def test_what_cannot_be_used_is_told_in_one_line(self, exams, tmp_path, capsys, more, told):
        assert make(exams, tmp_path / "list", *more) == 2
        message = capsys.readouterr().err
        assert told in message and message.count("\n") == 1 and not (tmp_path / "list").exists()

    def test_the_key_is_not_put_where_readers_see_it(self, exams, tmp_path, capsys):
        assert make(exams, tmp_path / "list", "--key", str(tmp_path / "list" / "key.tsv")) == 2
        assert "keep the key elsewhere" in capsys.readouterr().err

    def test_a_list_that_was_changed_is_not_read(self, scored):
        table = scored / "reading-list.tsv"
        table.write_text(table.read_text().replace("R2", "R3"))
        with pytest.raises(ValueError, match="was changed"):
            read_reading_list(scored)


class TestFullDisk:
    def test_make_leaves_nothing_and_says_what_to_do(self, exams, tmp_path, capsys):
        with little_room(2000):
            assert make(exams, tmp_path / "list") == 2
        told = capsys.readouterr().err
        assert "cannot be written" in told and "make room there" in told and told.count("\n") == 1
        assert not list(tmp_path.iterdir())

    def test_collect_leaves_no_torso_and_says_what_to_do(self, scored, tmp_path, capsys):
        read_all(scored, "R1", cases=3)
        with little_room(600):
            assert collect(scored, tmp_path / "out") == 2
        told = capsys.readouterr().err
        assert "cannot be written" in told and "make room there" in told and told.count("\n") == 1
        for path in (tmp_path / "out").glob("*.tsv"):
            assert path.read_text().endswith("\n")
        assert collect(scored, tmp_path / "out") == 0

    def test_a_case_that_the_trail_had_no_room_for_is_finished_later(self, scored, tmp_path):
        read_all(scored, "R1", cases=3)
        folder = ReaderFolder(read_reading_list(scored), "R1")
        case = CaseInHand(folder, folder.next_turn)
        for region in case.regions:
            case.set_score(region, 1)
        case.lock_score()
        told = r"trail\.jsonl: cannot be written .*; make room there and"
        with little_room((folder.folder / "trail.jsonl").stat().st_size), pytest.raises(ValueError, match=told):
            case.finish()
        case.set_comment("later")
        case.finish()
        assert json.loads((folder.folder / case.turn.case / "reading.json").read_text())["comment"] == "later"
        folder.close()
        assert collect(scored, tmp_path / "out") == 0 and len(rows_of(tmp_path / "out" / "readings.tsv")) == 4

    def test_a_share_that_says_so_when_all_is_written_breaks_no_chain(self, scored, monkeypatch):
        folder = ReaderFolder(read_reading_list(scored), "R1")
        with monkeypatch.context() as share:
            share.setattr(os, "fsync", lambda file: (_ for _ in ()).throw(OSError(28, "No space left on device")))
            with pytest.raises(ValueError, match="make room there"):
                folder.note("paused")
        folder.note("continued")
        trail = read_trail(folder.folder / "trail.jsonl")
        assert [entry["event"] for entry in trail.entries] == ["list_opened", "continued"]
        assert (trail.faults, trail.torn) == ((), 0)

    def test_whatever_had_no_room_is_kept_when_there_is(self, scored, tmp_path):
        folder = ReaderFolder(read_reading_list(scored), "R1")
        with little_room(100), pytest.raises(ValueError, match="make room there"):
            CaseInHand(folder, folder.next_turn)
        case = CaseInHand(folder, folder.next_turn)
        with little_room(100):
            for region in case.regions:
                with pytest.raises(ValueError, match=r"case-in-hand\.json: cannot be written .*; make room"):
                    case.set_score(region, 2)
            with pytest.raises(ValueError, match="make room"):
                case.lock_score()
            with pytest.raises(ValueError, match="make room"):
                case.finish()
        assert not (folder.folder / case.turn.case).exists() and not case.is_locked
        case.finish()
        folder.close()
        assert collect(scored, tmp_path / "out") == 0
        assert [row["score_sum"] for row in rows_of(tmp_path / "out" / "readings.tsv")] == ["8"]


class TestReading:
    def test_two_readers_write_side_by_side_and_nobody_twice(self, scored):
        one, two = (ReaderFolder(read_reading_list(scored), reader) for reader in ("R1", "R2"))
        key = key_of(scored)
        for _ in range(3):
            read_next(one, key)
            read_next(two, key)
        with pytest.raises(ValueError, match="another window"):
            ReaderFolder(read_reading_list(scored), "R1")
        one.close(), two.close()
        assert [len(ReaderFolder(read_reading_list(scored), reader).finished) for reader in ("R1", "R2")] == [3, 3]

    def test_a_locked_score_stands(self, scored):
        folder = ReaderFolder(read_reading_list(scored), "R1")
        read_next(folder, key_of(scored), finish=False)
        folder.close()
        again = CaseInHand(ReaderFolder(read_reading_list(scored), "R1"), folder.next_turn)
        assert again.is_locked and again.score_sum is not None
        with pytest.raises(ValueError, match="locked"):
            again.set_score(REGIONS[0], 1)

    def test_repeats_wait(self, exams, tmp_path):
        make(exams, tmp_path / "list", "--ask", "score", "--repeat", "0.25", "--after", "28")
        read_all(tmp_path / "list", "R1", cases=12)
        folder = ReaderFolder(read_reading_list(tmp_path / "list"), "R1")
        with pytest.raises(ValueError, match="allows from"):
            CaseInHand(folder, folder.next_turn)

    def test_a_case_whose_files_were_taken_away_is_not_read_again(self, scored):
        read_all(scored, "R1", cases=2)
        first, _, third = read_reading_list(scored).turns_of("R1")[:3]
        shutil.rmtree(scored / "readings" / "R1" / first.case)
        folder = ReaderFolder(read_reading_list(scored), "R1")
        assert folder.next_turn == third and len(folder.finished) == 2

    @pytest.mark.parametrize(
        "kept", ['{"score": 7}', '{"quality": null}', '{"seconds": "long"}', '{"drawings": []}', "{"]
    )
    def test_a_case_in_hand_that_is_damaged_is_told_with_its_file(self, scored, kept):
        folder = ReaderFolder(read_reading_list(scored), "R1")
        (folder.folder / "case-in-hand.json").write_text(kept.replace("{", f'{{"case": "{folder.next_turn.case}", ', 1))
        with pytest.raises(ValueError, match=r"case-in-hand\.json: .*(damaged|not valid JSON)"):
            CaseInHand(folder, folder.next_turn)

    def test_a_case_in_hand_of_another_version_is_gone_on_with(self, scored):
        folder = ReaderFolder(read_reading_list(scored), "R1")
        kept = {"case": folder.next_turn.case, "comment": "blurred", "seconds": 3, "of_a_later_version": [1]}
        (folder.folder / "case-in-hand.json").write_text(json.dumps(kept))
        case = CaseInHand(folder, folder.next_turn)
        assert case.comment == "blurred" and case.seconds >= 3 and not case.is_locked

    def test_pauses_do_not_count(self, scored, monkeypatch):
        now = [100.0]
        monkeypatch.setattr("time.monotonic", lambda: now[0])
        folder = ReaderFolder(read_reading_list(scored), "R1")
        case = CaseInHand(folder, folder.next_turn)
        now[0] += 60
        case.set_paused(True)
        now[0] += 1000
        case.set_paused(False)
        case.set_drawing(True)
        now[0] += 30
        case.set_drawing(False)
        case.leave()
        folder.close()
        folder = ReaderFolder(read_reading_list(scored), "R1")
        assert CaseInHand(folder, folder.next_turn).seconds == pytest.approx(90)

    def test_another_image_is_not_read(self, scored):
        listed = read_reading_list(scored)
        turn = listed.turns_of("R1")[0]
        shutil.copy(scored / listed.cases[listed.turns_of("R1")[1].case].image, scored / listed.cases[turn.case].image)
        with pytest.raises(ValueError, match="not the image"):
            CaseInHand(ReaderFolder(listed, "R1"), turn)


STEPS = """
import sys
sys.path.insert(0, {library!r})
from M1SHThkLib.files.case_in_hand import CaseInHand
from M1SHThkLib.files.reader_folder import ReaderFolder
from M1SHThkLib.files.reading_list import read_reading_list
folder = ReaderFolder(read_reading_list({folder!r}), "R1")
while folder.next_turn:
    case = CaseInHand(folder, folder.next_turn)
    points = (case.drawings or {{"lines": []}})["lines"]
    for region in case.regions:
        if not case.is_locked:
            case.set_score(region, 1)
    case.lock_score()
    while len(points) < {points}:
        points.append([0.1 * len(points), 1.0, 2.0])
        case.keep({{"lines": points}})
        print(case.turn.case, len(points), flush=True)
    case.finish(lines=points)
    print(case.turn.case, "finished", flush=True)
"""


@pytest.fixture
def short(exams, tmp_path):
    """A list of three exams."""
    (tmp_path / "three").mkdir()
    for name in NAMES[:3]:
        shutil.copy(exams / f"{name}.nii.gz", tmp_path / "three")
    assert make(tmp_path / "three", tmp_path / "list", "--ask", "score") == 0
    return tmp_path / "list"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no kill -9")
def test_killed_at_ten_random_moments_nothing_is_lost(short, tmp_path):
    library = str(Path(sys.modules["M1SHThkLib"].__file__).parents[1])
    points, readings = 60, short / "readings" / "R1"
    code = STEPS.format(library=library, folder=str(short), points=points)
    moments, told = random.Random(4), {}
    for kill in range(11):
        is_last = kill == 10
        child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
        for _ in range(1000 if is_last else moments.randrange(0, 5)):
            line = child.stdout.readline().split()
            if not line:
                break
            told.update([line])
        if not is_last:
            time.sleep(moments.uniform(0, 0.001))
            child.send_signal(signal.SIGKILL)
        rest = [line.split() for line in child.stdout.read().splitlines()]
        told.update(line for line in rest if len(line) == 2)
        assert child.wait() == (0 if is_last else -signal.SIGKILL)
        for name, step in told.items():
            if (readings / name).exists():
                assert len(json.loads((readings / name / "reading.json").read_text())["lines"]) == points
            else:
                kept = json.loads((readings / "case-in-hand.json").read_text())
                assert step != "finished"
                assert kept["case"] == name and len(kept["drawings"]["lines"]) >= int(step)
    trail = read_trail(readings / "trail.jsonl")
    assert trail.faults == ()
    assert sum(entry["event"] == "case_finished" for entry in trail.entries) == 3
    assert sum(entry["event"] == "list_opened" for entry in trail.entries) > 5
    assert collect(short, tmp_path / "out") == 0


class TestCollect:
    def test_a_study_of_twelve_by_two_readers(self, scored, tmp_path, capsys):
        read_all(scored, "R1", cases=5)
        read_all(scored, "R2")
        read_all(scored, "R1")
        assert collect(scored, tmp_path / "out") == 0
        assert "R1: 15 of 15" in capsys.readouterr().out
        clinical = rows_of(tmp_path / "out" / "clinical.tsv")
        assert [row["subject"] for row in clinical] == sorted(NAMES)
        for row in clinical:
            for region in REGION_NUMBERS:
                for reader in ("R1", "R2"):
                    given = row[f"score_{reader}_1_{'_'.join(region)}"]
                    assert int(given) == score_of(row["subject"], region)
        again = [row for row in clinical if row["score_R1_2_left_hand_knob"] != "n/a"]
        assert len(again) == 3
        readings = rows_of(tmp_path / "out" / "readings.tsv")
        assert len(readings) == 30 and {row["motion"] for row in readings} == {"usable"}

    def test_columns_are_added_to_a_clinical_table(self, scored, tmp_path):
        read_all(scored, "R1"), read_all(scored, "R2")
        table = tmp_path / "clinical.tsv"
        table.write_text("subject\tgroup\tage\n" + "".join(f"{name}\tpatient\t50\n" for name in reversed(NAMES)))
        assert collect(scored, tmp_path / "out", "--clinical", str(table)) == 0
        rows = rows_of(tmp_path / "out" / "clinical.tsv")
        assert [row["subject"] for row in rows] == NAMES[::-1] and rows[0]["age"] == "50"
        assert rows[0]["score_R2_1_right_hand_knob"] == str(score_of(NAMES[-1], ("right", "hand_knob")))

    def test_what_lies_among_the_readings_and_is_none_is_told(self, scored, tmp_path, capsys):
        read_all(scored, "R1", cases=2)
        shutil.copytree(scored / "readings" / "R1", scored / "readings" / "R9")
        (scored / "readings" / "R1" / "old").mkdir()
        assert collect(scored, tmp_path / "out") == 1
        told = capsys.readouterr().err
        assert "R9: has a folder" in told and "the folder old is no case" in told

    @pytest.mark.parametrize("place", [".", "results", "readings/R1/results"])
    def test_whose_a_code_is_is_not_put_where_readers_see_it(self, scored, capsys, place):
        read_all(scored, "R1", cases=2)
        before = sorted(scored.rglob("*"))
        assert collect(scored, scored / place) == 2
        assert "keep the results elsewhere" in capsys.readouterr().err and sorted(scored.rglob("*")) == before

    def test_a_list_that_was_moved_needs_its_key_named(self, scored, tmp_path, capsys):
        read_all(scored, "R1", cases=2)
        moved = scored.rename(tmp_path / "moved")
        assert collect(moved, tmp_path / "out") == 2
        assert "--key" in capsys.readouterr().err and not (tmp_path / "out").exists()
        assert collect(moved, tmp_path / "out", "--key", str(tmp_path / "list-key.tsv")) == 0

    def test_a_key_drawn_up_before_its_rows_had_checksums_is_read(self, scored, tmp_path):
        read_all(scored, "R1", cases=2)
        key = scored.with_name("list-key.tsv")
        key.write_text("".join(line.rpartition("\t")[0] + "\n" for line in key.read_text().splitlines()))
        assert "list_sha256" in key.read_text() and "row_sha256" not in key.read_text()
        assert collect(scored, tmp_path / "out") == 0

    def test_a_clock_that_was_set_back_is_told(self, scored, tmp_path, capsys, monkeypatch):
        read_all(scored, "R1", cases=1)

        class EarlierDay(datetime):
            @classmethod
            def now(cls, tz=None):
                return datetime.now(tz) - timedelta(days=30)

        monkeypatch.setattr("M1SHThkLib.files.audit_trail.datetime", EarlierDay)
        read_all(scored, "R1", cases=1)
        assert collect(scored, tmp_path / "out") == 1 and "the clock was set back" in capsys.readouterr().err

    def test_a_key_of_another_list_is_refused(self, exams, scored, tmp_path, capsys):
        make(exams, tmp_path / "other", "--ask", "score", "--repeat", "0.25", "--seed", "8")
        read_all(scored, "R1")
        assert collect(scored, tmp_path / "out", "--key", str(tmp_path / "other-key.tsv")) == 2
        assert "another list" in capsys.readouterr().err

    def test_nothing_read_is_told(self, scored, tmp_path, capsys):
        assert collect(scored, tmp_path / "out") == 2
        assert "no case can be collected" in capsys.readouterr().err

    @pytest.mark.parametrize("what", ["record", "added", "image", "taken", "trail", "line", "list", "key"])
    def test_what_was_changed_is_found_and_left_out(self, scored, tmp_path, capsys, what):
        read_all(scored, "R1", cases=4)
        listed = read_reading_list(scored)
        case = listed.turns_of("R1")[1].case
        folder = scored / "readings" / "R1"
        record = folder / case / "reading.json"
        if what == "record":
            record.write_text(record.read_text().replace('"seconds"', '"second"'))
        elif what == "added":
            (folder / case / "note.txt").write_text("the patient is a control")
        elif what == "image":
            other = scored / listed.cases[listed.turns_of("R1")[2].case].image
            shutil.copy(other, scored / listed.cases[case].image)
        elif what == "taken":
            shutil.rmtree(folder / case)
        elif what == "line":
            entries = (folder / "trail.jsonl").read_bytes().split(b"\n")
            entries[2] = b'{"number": [], "event": 1, "time": "noon", "previous": "", "case": ["x"]}'
            (folder / "trail.jsonl").write_bytes(b"\n".join(entries))
        elif what == "key":
            key = scored.with_name("list-key.tsv")
            first, second = (row["subject"] for row in rows_of(key)[:2])
            key.write_text(key.read_text().replace(first, "Bianchi", 1).replace(second, first, 1))
        elif what == "trail":
            lines = (folder / "trail.jsonl").read_bytes().split(b"\n")
            (folder / "trail.jsonl").write_bytes(b"\n".join(lines[:3] + lines[4:]))
        else:
            description = scored / "reading-list.json"
            description.write_text(description.read_text().replace('"score_first": true', '"score_first": false'))
        status, message = collect(scored, tmp_path / "out"), capsys.readouterr().err
        if what in ("list", "key"):
            assert status == 2 and {"list": "another list", "key": "was changed since it was drawn up"}[what] in message
            return
        assert status == 1
        subject = key_of(scored)[case]["subject"]
        cases = {row["subject"] for row in rows_of(tmp_path / "out" / "readings.tsv")}
        if what in ("trail", "line"):
            assert message.count("does not follow the line before it") == 1
        else:
            assert case in message and "left out" in message and subject not in cases
        checks = rows_of(tmp_path / "out" / "checks.tsv")
        assert what in ("trail", "line") or {row["subject"] for row in checks if row["left_out"] == "yes"} == {subject}
