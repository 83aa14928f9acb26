"""Whether a reading went as its protocol says, told from the audit trail: order, blinding, the score before numbers."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from .reading_order import FIRST, REPEAT

_DRAWN = ("drawing_begun", "region_accepted")
_CLOCKS_DIFFER = timedelta(minutes=15)
_WORK = {*_DRAWN, "region_reopened", "score_locked"}


@dataclass(frozen=True)
class Fault:
    """What went otherwise; `case` is None where it concerns the whole list."""

    case: str | None
    words: str


def trail_faults(turns, entries, score_first, repeat_after_days):
    """What in a reader's trail differs from the protocol.

    Parameters
    ----------
    turns : sequence of Turn
        Of the reader, in order.
    entries : sequence of dict
        The trail: `event`, `time` (ISO 8601) and, where it is about one, `case`.
    score_first : callable
        Of a case: whether its score has to be locked before anything is drawn.
    repeat_after_days : float

    Returns
    -------
    list of Fault
    """
    known = {turn.case: turn for turn in turns}
    faults = [
        Fault(entry["case"], f"{entry['event'].replace('_', ' ')}, though it is not on the reader's list")
        for entry in entries
        if entry.get("case") and entry["case"] not in known
    ]
    entries = [entry for entry in entries if entry.get("case") is None or entry["case"] in known]
    faults += _order_faults(turns, entries)
    for case in known:
        faults += _case_faults(case, [entry for entry in entries if entry.get("case") == case], score_first(case))
    return faults + _waiting_faults(known, entries, repeat_after_days) + _clock_faults(entries)


def _order_faults(turns, entries):
    faults, finished, unfinished = [], set(), None
    places = {turn.case: turn.place for turn in turns}
    begun = set()
    for entry in entries:
        case, event = entry.get("case"), entry["event"]
        if event == "case_opened" and case not in begun:
            begun.add(case)
            if places[case] != len(begun):
                faults.append(Fault(case, f"was opened as number {len(begun)}, its place is {places[case]}"))
            if unfinished:
                faults.append(Fault(case, f"was opened before {unfinished} was finished"))
            unfinished = case
        elif event == "case_finished":
            if case in finished:
                faults.append(Fault(case, "was finished twice"))
            finished.add(case)
            unfinished = None if unfinished == case else unfinished
    return faults


def _case_faults(case, entries, score_first):
    faults = []
    events = [entry["event"] for entry in entries]
    if "case_finished" in events:
        end = events.index("case_finished")
        if "case_opened" not in events[:end]:
            faults.append(Fault(case, "was finished without having been opened"))
        if _WORK & set(events[end:]):
            faults.append(Fault(case, "was worked on after it was finished"))
    if events.count("score_locked") > 1:
        faults.append(Fault(case, "its score was locked more than once"))
    if score_first:
        drawn = [number for number, event in enumerate(events) if event in _DRAWN]
        locked = events.index("score_locked") if "score_locked" in events else len(events)
        if drawn and drawn[0] < locked:
            faults.append(Fault(case, "was drawn before its score was locked"))
        if "case_finished" in events and "score_locked" not in events:
            faults.append(Fault(case, "was finished without a locked score"))
    for entry in entries:
        if entry["event"] == "other_data":
            faults.append(Fault(case, "other data came into the scene while it was read: the reader may be unblinded"))
    return faults


def _waiting_faults(known, entries, days):
    ends = [_time(e) for e in entries if e["event"] == "case_finished" and known[e["case"]].block == FIRST]
    begins = [e for e in entries if e["event"] == "case_opened" and known[e["case"]].block == REPEAT]
    if not begins or not ends or _time(begins[0]) >= max(ends) + timedelta(days=days):
        return []
    return [Fault(begins[0]["case"], f"was read again before {days:g} days had passed")]


def _clock_faults(entries):
    """Computers on one share are not of one second; what goes back further was set back."""
    times = [_time(entry) for entry in entries]
    back = [then for then, now in pairwise(times) if now < then - _CLOCKS_DIFFER]
    if not back:
        return []
    return (
        [Fault(None, f"the clock was set back after {back[0]:%Y-%m-%d %H:%M}; times are not certain")] if back else []
    )


def _time(entry):
    return datetime.fromisoformat(entry["time"])


def may_be_opened(turn, entries, blocks, repeat_after_days):
    """When a case may be opened: None for now, or the datetime before which it may not.

    Parameters
    ----------
    turn : Turn
        The next one.
    entries : sequence of dict
        The reader's trail.
    blocks : mapping of case -> block
    repeat_after_days : float
    """
    if turn.block == FIRST or not repeat_after_days:
        return None
    ends = [_time(entry) for entry in entries if entry["event"] == "case_finished" and blocks[entry["case"]] == FIRST]
    when = max(ends) + timedelta(days=repeat_after_days) if ends else None
    return when if when and when > datetime.now(when.tzinfo) else None
