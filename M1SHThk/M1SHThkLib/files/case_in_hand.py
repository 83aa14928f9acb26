"""The case that a reader has in hand: score, marks, drawings and the time that it takes, kept at every step."""

import copy
import time
from datetime import datetime

from .. import __version__
from ..cohort.scores import GREATEST_SCORE
from ..translation import tr as _
from .clinical_table import VISUAL_WORDS
from .disk import sha256, write_json
from .reader_folder import IN_HAND, RECORD
from .reading_list import BY_REGION

QUALITY = ("motion", "artefact", "coverage")
USABLE, DOUBTFUL, NOT_USABLE = MARKS = ("usable", "doubtful", "not usable")
_EMPTY = {
    "score": None,
    "is_locked": False,
    "quality": {},
    "comment": "",
    "drawings": None,
    "seconds": 0.0,
    "seconds_drawing": 0.0,
}
_KINDS = {float: (int, float), type(None): (dict, type(None))}  # what may stand in place of what is empty


class CaseInHand:
    """A case from the moment that it is opened, or taken up again, until it is finished.

    Parameters
    ----------
    folder : ReaderFolder
    turn : Turn

    Raises
    ------
    ValueError
        If it may not be opened yet, or its image is not the one that the list was drawn up with.

    Attributes
    ----------
    turn : Turn
    case : Case
    drawings : plain data, or None
        What was drawn, as whoever keeps it has given it.
    is_paused : bool
    """

    def __init__(self, folder, turn):
        self._folder, self.turn = folder, turn
        self._list = folder.reading_list
        self.case = self._list.cases[turn.case]
        waits = folder.waits_until(turn)
        if waits:
            raise ValueError(
                _("the next case is read again, which the protocol allows from {waits:%Y-%m-%d %H:%M} on").format(
                    waits=waits
                )
            )
        found = sha256(self.image)
        if found != self.case.sha256:
            raise ValueError(
                _("{image}: is not the image that the list was drawn up with; restore it").format(image=self.image)
            )
        kept = folder.in_hand(turn.case)
        _check_kept(kept or {}, folder.folder / IN_HAND)
        self._state = {**copy.deepcopy(_EMPTY), **(kept or {}), "case": turn.case}
        self._kept = copy.deepcopy(self._state) if kept else None
        locked = [entry for entry in folder.entries if _is_lock_of(entry, turn.case)]
        if locked:  # though the program may have been killed before it was kept
            self._state |= {"score": locked[-1]["score"], "is_locked": True}
        self._is_drawing = self.is_paused = False
        self._since = time.monotonic()
        self.note("case_resumed" if kept else "case_opened", inputs={self.case.image: found})
        self.keep()

    @property
    def image(self):
        """Path of the image."""
        return self._list.folder / self.case.image

    def note(self, event, **facts):
        """Append to the trail what happened to this case."""
        self._folder.note(event, case=self.turn.case, **facts)

    #
    # The score by eye, and marks
    #

    @property
    def asks_score(self):
        """Whether a score is asked."""
        return self._list.asks_score(self.turn.reader)

    @property
    def asks_measurement(self):
        """Whether a measurement is asked."""
        return self._list.asks_measurement(self.turn.reader)

    @property
    def regions(self):
        """Those that are scored and measured."""
        return self._list.protocol.regions

    @property
    def is_by_region(self):
        """Whether the regions are scored one by one; else there is one verdict."""
        return self._list.protocol.score == BY_REGION

    @property
    def score(self):
        """`{"regions": {"left hand_knob": 0 ...}}` or `{"verdict": "pathologic"}`, None before anything was given."""
        return self._state["score"]

    @property
    def is_locked(self):
        """Whether the score can no longer be changed."""
        return self._state["is_locked"]

    @property
    def may_draw(self):
        """Whether references and regions may be drawn, and numbers seen."""
        return self.asks_measurement and (self.is_locked or not self._list.is_score_first(self.turn.reader))

    @property
    def score_sum(self):
        """Sum of the regions' scores; None where one is missing."""
        given = (self.score or {}).get("regions", {})
        scores = [given.get(" ".join(key)) for key in self.regions]
        return None if None in scores else sum(scores)

    @property
    def is_scored(self):
        """Whether the score is complete."""
        return self.score_sum is not None if self.is_by_region else bool((self.score or {}).get("verdict"))

    def set_score(self, key, value):
        """Score a region, or with `key` None give the verdict; None takes it back.

        Raises
        ------
        ValueError
            If the score is locked, or the value is none.
        """
        if self.is_locked:
            raise ValueError(_("the score is locked, as the protocol has it"))
        allowed = range(GREATEST_SCORE + 1) if key else VISUAL_WORDS
        if value is not None and value not in allowed:
            raise ValueError(
                _("the score is {value!r}; it must be one of {listed}").format(
                    value=value, listed=", ".join(map(str, allowed))
                )
            )
        if key:
            self._state["score"] = {"regions": {**(self.score or {}).get("regions", {}), " ".join(key): value}}
        else:
            self._state["score"] = {"verdict": value}
        self.keep()

    def lock_score(self):
        """From now on the score stands.

        Raises
        ------
        ValueError
            If it is not complete.
        """
        if not self.is_scored:
            raise ValueError(_("the score is not complete; score every region first"))
        if not self.is_locked:
            # The trail first: a score that is locked on disk alone would pass for one that never was.
            self.note("score_locked", score=self.score)
            self._state["is_locked"] = True
            self.keep()

    @property
    def quality(self):
        """Marks by name, of QUALITY; 'usable' where none was given."""
        return {name: self._state["quality"].get(name, USABLE) for name in QUALITY}

    @property
    def comment(self):
        """What the reader noted."""
        return self._state["comment"]

    def mark(self, name, mark):
        """Mark the image's quality."""
        self._state["quality"][name] = mark
        self.keep()

    def set_comment(self, text):
        """Note something."""
        self._state["comment"] = text
        self.keep()

    #
    # Drawing and time
    #

    @property
    def drawings(self):
        """What was drawn."""
        return self._state["drawings"]

    def set_drawing(self, is_drawing):
        """The hand begins or ends drawing."""
        self._tick()
        self._is_drawing = is_drawing

    def set_paused(self, is_paused):
        """The reader rests, or goes on."""
        if is_paused != self.is_paused:
            self._tick()
            self.is_paused = is_paused
            self.note("paused" if is_paused else "continued")
            self.keep()

    def keep(self, drawings=None):
        """Write what there is, if anything has changed but the time."""
        self._tick()
        if drawings is not None:
            if _is_empty(self._state["drawings"]) and not _is_empty(drawings):
                self.note("drawing_begun")
            self._state["drawings"] = copy.deepcopy(drawings)
        if _without_time(self._state) != _without_time(self._kept):
            self._folder.keep(self._state)
            self._kept = copy.deepcopy(self._state)

    def leave(self):
        """Close the case unfinished; it is taken up again later."""
        self._tick()
        self._folder.keep(self._state)
        self.note("case_left")

    @property
    def seconds(self):
        """How long the case has been open, without pauses."""
        self._tick()
        return self._state["seconds"]

    def _tick(self):
        now = time.monotonic()
        if not self.is_paused:
            self._state["seconds"] += now - self._since
            if self._is_drawing:
                self._state["seconds_drawing"] += now - self._since
        self._since = now

    #
    # The end
    #

    def finish(self, write=None, **more):
        """Write the case's folder.

        Parameters
        ----------
        write : callable, optional
            Takes a folder and writes scene, exam and measurements into it.
        more : plain data
            That the record is to hold too.

        Raises
        ------
        ValueError
            If a score is missing, or a file cannot be written.
        """
        if self.asks_score:
            self.lock_score()
        self._tick()
        record = {
            "case": self.turn.case,
            "reader": self.turn.reader,
            "place": self.turn.place,
            "score": self.score if self.asks_score else None,
            "score_sum": self.score_sum,
            "quality": self.quality,
            "comment": self.comment,
            "seconds": round(self._state["seconds"], 1),
            "seconds_drawing": round(self._state["seconds_drawing"], 1),
            "finished": datetime.now().astimezone().isoformat(timespec="seconds"),
            "version": __version__,
            "measured": write is not None,
            "settings": self.case.settings,
            **more,
        }

        def write_all(folder):
            if write:
                write(folder)
            write_json(folder / RECORD, record)

        self._folder.finish(self.turn.case, write_all)


def _check_kept(kept, path):
    """What was kept must be what this program, or another version of it, can have written."""
    for name, empty in _EMPTY.items():
        if not isinstance(kept.get(name, empty), _KINDS.get(type(empty), type(empty))):
            raise ValueError(
                _("{path}: {name} is damaged; restore it from a backup, or take it away and read the case anew").format(
                    path=path, name=name
                )
            )


def _is_empty(drawings):
    return not any((drawings or {}).values())


def _is_lock_of(entry, case):
    return entry["event"] == "score_locked" and entry.get("case") == case


def _without_time(state):
    return state and {name: value for name, value in state.items() if not name.startswith("seconds")}
