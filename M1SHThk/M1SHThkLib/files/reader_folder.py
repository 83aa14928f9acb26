"""What a reader leaves of a reading list: the audit trail, a folder a finished case, and the case in hand.

The case in hand is written anew at every step, and a finished case takes its name when it is whole: a crash at any
moment loses at most the step that was not written yet. Every reader has a folder of his own, and only one program
writes it at a time.
"""

import errno
import os
import shutil
import uuid
from contextlib import suppress
from pathlib import Path

from ..cohort.trail_checks import may_be_opened
from ..translation import tr as _
from .audit_trail import TrailWriter
from .disk import made_folder, read_json, removed, sha256, write_json

READINGS, TRAIL, IN_HAND, RECORD = "readings", "trail.jsonl", "case-in-hand.json", "reading.json"
_LOCK = "in-use"
_HELD = (errno.EWOULDBLOCK, errno.EACCES, errno.EDEADLK)  # the last two on Windows


def reader_folder(reading_list, reader):
    """Where a reader's results lie."""
    return reading_list.folder / READINGS / reader


class ReaderFolder:
    """A reader's folder while he reads; `close` lets others have it.

    Parameters
    ----------
    reading_list : ReadingList
    reader : str

    Raises
    ------
    ValueError
        If the reader is not on the list, the folder cannot be written, or it is open elsewhere.

    Attributes
    ----------
    reading_list : ReadingList
    reader : str
    folder : Path
    turns : list of Turn
        In order.
    """

    def __init__(self, reading_list, reader):
        self.reading_list, self.reader = reading_list, reader
        self.turns = reading_list.turns_of(reader)
        if not self.turns:
            raise ValueError(
                _("{folder}: has no reader '{reader}'; it has {readers}").format(
                    folder=reading_list.folder, reader=reader, readers=", ".join(reading_list.readers)
                )
            )
        self.folder = made_folder(reader_folder(reading_list, reader))
        self._lock = _locked(self.folder / _LOCK)
        try:
            self._trail = TrailWriter(self.folder / TRAIL, reader)
            self._recover()
            self.note("list_opened", list_sha256=reading_list.sha256)
        except ValueError:
            self.close()
            raise

    def close(self):
        """Let others have the folder."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def note(self, event, **facts):
        """Append to the trail."""
        self._trail.append(event, **facts)

    @property
    def entries(self):
        """The trail so far."""
        return self._trail.entries

    @property
    def finished(self):
        """Turns that are finished, in order."""
        noted = self._noted_finished()  # and stay so if somebody takes their files away
        return [turn for turn in self.turns if turn.case in noted or (self.folder / turn.case).is_dir()]

    @property
    def next_turn(self):
        """The Turn to go on with; None when all is read."""
        finished = self.finished
        return next((turn for turn in self.turns if turn not in finished), None)

    def waits_until(self, turn):
        """The datetime before which a turn may not be opened; None where it may."""
        blocks = {own.case: own.block for own in self.turns}
        return may_be_opened(turn, self.entries, blocks, self.reading_list.protocol.repeat_after_days)

    #
    # The case in hand
    #

    def in_hand(self, case):
        """What was kept of a case that is not finished; None where nothing was."""
        path = self.folder / IN_HAND
        content = read_json(path) if path.is_file() else None
        return content if isinstance(content, dict) and content.get("case") == case else None

    def keep(self, content):
        """Write the case in hand, whole or not at all."""
        write_json(self.folder / IN_HAND, content)

    #
    # Finished cases
    #

    def finish(self, case, write):
        """Let `write`, which takes a folder, write a finished case; nothing of it is seen before all of it is there.

        Raises
        ------
        ValueError
            If a file cannot be written, or the case was finished before.
        """
        final, part = self.folder / case, made_folder(self.folder / f".{case}-{uuid.uuid4().hex[:8]}")
        try:
            write(part)
            for path in part.rglob("*"):
                if path.is_file():
                    _flush(path)
            if case in self._noted_finished():
                raise ValueError(_("{final}: was finished before; nothing is overwritten").format(final=final))
            if final.exists():  # the trail had no room to note it: it is finished anew, and stays in hand meanwhile
                os.rename(final, self.folder / f".{case}-{uuid.uuid4().hex[:8]}")
            os.rename(part, final)
            _flush_folder(self.folder)
        except OSError as error:
            remedy = _("make room there and finish the case again")
            raise ValueError(
                _("{final}: cannot be written ({reason}); {remedy}").format(
                    final=final, reason=error.strerror or error, remedy=remedy
                )
            ) from error
        finally:
            shutil.rmtree(part, ignore_errors=True)
        self._note_finished(case)
        removed(self.folder / IN_HAND)

    def _recover(self):
        """Take up what a program that was killed has left."""
        for part in self.folder.glob(".*-*"):
            if part.is_dir():
                shutil.rmtree(part, ignore_errors=True)
            else:
                removed(part)
        noted = self._noted_finished()
        for turn in self.finished:
            if turn.case not in noted:
                self._note_finished(turn.case, recovered=True)
            if self.in_hand(turn.case):
                removed(self.folder / IN_HAND)

    def _noted_finished(self):
        return {entry.get("case") for entry in self.entries if entry["event"] == "case_finished"}

    def _note_finished(self, case, **more):
        record = read_json(self.folder / case / RECORD)
        times = {name: record.get(name) for name in ("seconds", "seconds_drawing")}
        self.note("case_finished", case=case, files=checksums(self.folder / case), **times, **more)


def checksums(folder):
    """SHA-256 of every file in a folder, by its path within it."""
    files = sorted(path for path in Path(folder).rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): sha256(path) for path in files}


def _locked(path):
    """An open file that nobody else can lock; the system lets go of it however the program ends."""
    try:
        file = open(path, "a+b")  # noqa: SIM115  (it stays open as long as the folder is)
    except OSError as error:
        raise ValueError(
            _("{path}: cannot be written ({reason}); ask for the right to write there").format(
                path=path, reason=error.strerror
            )
        ) from error
    try:
        if os.name == "nt":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        file.close()
        if error.errno in _HELD:
            fault = _("is read in another window or on another computer; close the list there first")
        else:
            fault = _("cannot be locked ({reason}); put the list on a disk or share that can lock files").format(
                reason=error.strerror
            )
        raise ValueError(f"{path.parent}: {fault}") from error
    return file


def _flush(path):
    with open(path, "r+b") as file:
        os.fsync(file.fileno())


def _flush_folder(path):
    """The names in a folder onto the disk; Windows does it by itself."""
    if os.name == "nt":
        return
    with suppress(OSError):  # some shares cannot, and keep names at once
        folder = os.open(path, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
