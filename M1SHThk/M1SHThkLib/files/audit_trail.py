"""An audit trail: JSON lines that are only ever appended, each with the SHA-256 of the line before it.

A line that was changed, taken out or put in later breaks the chain. A line that was torn when the program was killed
while it wrote is passed over: the chain goes on from the last whole line.
"""

import hashlib
import json
import os
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from .. import __version__
from ..translation import tr as _

_START = "0" * 64


@dataclass(frozen=True)
class Trail:
    """What a trail holds.

    Attributes
    ----------
    entries : tuple of dict
        `number`, `time` (ISO 8601 with its offset), `who`, `event`, `version`, and what belongs to the event.
    faults : tuple of str
        Where the chain is broken.
    torn : int
        How many lines were torn.
    last : str
        SHA-256 of the last whole line.
    ends_whole : bool
        Whether the next line may follow as it is.
    """

    entries: tuple
    faults: tuple
    torn: int
    last: str
    ends_whole: bool


def read_trail(path):
    """A Trail; an empty one where there is no file.

    Raises
    ------
    ValueError
        If the file cannot be read.
    """
    path = Path(path)
    try:
        content = path.read_bytes() if path.exists() else b""
    except OSError as error:
        raise ValueError(
            _("{path}: cannot be read ({reason}); check your right to read it").format(path=path, reason=error.strerror)
        ) from error
    entries, faults, torn, last, count = [], [], 0, _START, 0
    for number, line in enumerate(content.split(b"\n"), 1):
        if not line:
            continue
        try:
            entry = _checked(json.loads(line.decode()))
        except (ValueError, TypeError, KeyError):
            torn += 1
            continue
        count += 1
        if entry["previous"] != last or entry["number"] != count:
            faults.append(f"{path}: line {number} does not follow the line before it; the trail was changed")
        last, count = hashlib.sha256(line).hexdigest(), entry["number"]
        entries.append(entry)
    return Trail(tuple(entries), tuple(faults), torn, last, not content or content.endswith(b"\n"))


def _checked(entry):
    """The entry, if it has what every entry has."""
    texts = (entry["event"], entry["time"], entry["previous"], entry.get("case", ""))
    if not all(isinstance(text, str) for text in texts) or type(entry["number"]) is not int:
        raise TypeError("text and a number are wanted")
    if datetime.fromisoformat(entry["time"]).tzinfo is None:
        raise TypeError("moments are compared across time zones")
    return entry


class TrailWriter:
    """Appends to a trail that nobody else writes meanwhile; every line is on the disk before the next thing is done.

    Parameters
    ----------
    path : path
    who : str

    Attributes
    ----------
    entries : list of dict
        All of the trail.
    """

    def __init__(self, path, who):
        self._path, self._who = Path(path), who
        trail = read_trail(path)
        self.entries = list(trail.entries)
        self._last, self._ends_whole = trail.last, trail.ends_whole

    def append(self, event, **facts):
        """Add an entry of this moment.

        Raises
        ------
        ValueError
            If the file cannot be written.
        """
        entry = {
            "number": len(self.entries) + 1,
            "time": datetime.now().astimezone().isoformat(timespec="milliseconds"),
            "who": self._who,
            "event": event,
            **facts,
            "version": __version__,
            "previous": self._last,
        }
        line = json.dumps(entry, ensure_ascii=True, allow_nan=False).encode()
        try:
            file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0), 0o666)
            size = os.fstat(file).st_size
            try:
                _write_all(file, line + b"\n" if self._ends_whole else b"\n" + line + b"\n")
                os.fsync(file)
            except OSError:
                with suppress(OSError):
                    os.ftruncate(file, size)  # a share may tell late: what is not sure to be there must not be found
                raise
            finally:
                os.close(file)
        except OSError as error:
            self._ends_whole = False  # part of it may be there
            remedy = _("make room there and try again")
            raise ValueError(
                _("{path}: cannot be written ({reason}); {remedy}").format(
                    path=self._path, reason=error.strerror, remedy=remedy
                )
            ) from error
        self._last, self._ends_whole = hashlib.sha256(line).hexdigest(), True
        self.entries.append(entry)
        return entry


def _write_all(file, content):
    while content:
        content = content[os.write(file, content) :]
