"""What somebody thinks of every region of a batch: a table from the page of `qc` that `cohort` reads."""

from collections import Counter

from ..measuring.exam import HEMISPHERES, REGIONS
from ..translation import tr as _
from .tables import read_table

VERDICTS = ("accept", "redraw", "exclude")
LEFT_OUT = VERDICTS[1:]  # of the statistics
COLUMNS = ("subject", "session", "observer", "hemisphere", "region", "verdict", "reason")


def read_verdicts(path):
    """The verdicts of a table.

    Returns
    -------
    dict of (subject, session, observer, hemisphere, region) -> (verdict, reason)
        Session, observer and reason None where missing; regions without a verdict are not in it.

    Raises
    ------
    ValueError
        If the table lacks a column, or a row is faulty or stands twice.
    """
    _header, rows = read_table(path, COLUMNS)
    found = {}
    for row in rows:
        verdict = row.choice("verdict", VERDICTS)
        key = (row.required("subject"), row.name("session"), row.name("observer"))
        for column, choices in (("hemisphere", HEMISPHERES), ("region", REGIONS)):
            row.required(column)
            key += (row.choice(column, choices),)
        if verdict is None:
            continue
        if key in found:
            raise row.fault(_("has a verdict in another row too; keep one"))
        if verdict == "exclude" and row.text("reason") is None:
            raise row.fault(_("is excluded without a reason; give one"))
        found[key] = verdict, row.text("reason")
    return found


class Exclusions:
    """The regions that a study leaves out, and what came of them.

    Parameters
    ----------
    path : path, or None
        A table of verdicts; None = nothing is left out.
    """

    def __init__(self, path=None):
        self._path = path
        self._verdicts = read_verdicts(path) if path else {}
        self._met = set()

    def holds(self, *key):
        """Whether a region (subject, session, observer, hemisphere, region) is left out."""
        self._met.add(key)
        return self._verdicts.get(key, ("accept", None))[0] in LEFT_OUT

    def notes(self):
        """Sentences on what was left out, and on verdicts on regions that no table of measurements has."""
        told = [(key, own) for key, own in self._verdicts.items() if own[0] in LEFT_OUT]
        counts = Counter(verdict for key, (verdict, _reason) in told if key in self._met)
        reasons = Counter(reason for key, (verdict, reason) in told if key in self._met and verdict == "exclude")
        notes = []
        if counts:
            listed = ", ".join(f"{count} {reason}" for reason, count in reasons.items())
            notes.append(
                f"Left out by {self._path}: {counts['exclude']} regions excluded{f' ({listed})' if listed else ''}, "
                f"{counts['redraw']} to be redrawn."
            )
        if lost := len({key for key, _own in told} - self._met):
            notes.append(f"{self._path}: {lost} verdicts are on regions that the measurements do not have.")
        return notes
