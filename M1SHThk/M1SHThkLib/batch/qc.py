"""A batch that was measured as one page to look through, what is flagged first."""

import os
from pathlib import Path

import numpy as np

from ..files.disk import read_json, sha256, write_text
from ..files.names import seen
from ..files.tables import MISSING, filled_table
from ..files.verdicts import COLUMNS, read_verdicts
from ..measuring.flags import FLAGS, notes_from_text
from ..measuring.measurement import evaluate_roi, measure_region
from ..measuring.rounding import shown
from ..program import NOTICE
from ..reports.qc_page import qc_page, qc_row
from .exams import ExamFile

PAGE, VERDICTS = "qc.html", "verdicts.tsv"
_KEY = COLUMNS[:5]
_NUMBERS = (("SH/Thk", "sh_thk_per_mm", 3, " 1/mm"), ("SH", "sh", 3, ""), ("Thk", "thk_mm", 2, " mm"))


def write_qc(options):
    """The command `qc`."""
    folder = options.results
    table, provenance = folder / "measurements.tsv", folder / "provenance.json"
    if not os.path.isfile(provenance):
        raise ValueError(f"{folder}: is no folder of results (it has no provenance.json); name what 'measure -o' wrote")
    _, rows = filled_table(table, (*_KEY, *(name for _, name, _, _ in _NUMBERS), "flags", "flag_notes"))
    found = [(row, _key(row), _flags(row)) for row in rows]
    # What is flagged comes first, and most of all what has lost its value; else in the table's order.
    found.sort(key=lambda own: (own[0].text("sh_thk_per_mm") is not None, not own[2], -len(own[2])))
    drawn = _Drawn(folder, read_json(provenance).get("exams", []))
    page = [qc_row(key, (_numbers(row), flags, _notes(row)), *drawn.of(key)) for row, key, flags in found]
    before = folder / VERDICTS
    verdicts = [
        [*(part or "" for part in key), verdict, reason or ""]
        for key, (verdict, reason) in (read_verdicts(before) if before.is_file() else {}).items()
    ]
    name = f"{folder.resolve().name} {sha256(table)[:8]}"
    write_text(folder / PAGE, qc_page(page, name, COLUMNS, verdicts, MISSING))
    flagged = sum(bool(flags) for _, _, flags in found)
    print(f"Quality: {folder / PAGE}, {len(found)} regions, {flagged} flagged.")
    print(f"Save its verdicts as {before}; 'cohort --exclude {before}' leaves out what is to be redrawn or excluded.")
    for reason in drawn.faults:
        print(f"not drawn: {reason}")
    print(NOTICE)


def _key(row):
    return {name: row.name(name) or "" for name in _KEY}


def _flags(row):
    return [flag for flag in (row.text("flags") or "").split(",") if flag in FLAGS]


def _notes(row):
    return notes_from_text(row.text("flag_notes"))


def _numbers(row):
    told = []
    for title, name, digits, unit in _NUMBERS:
        value = row.number(name, -np.inf)
        told.append(f"{title} {shown(value, digits)}{unit}" if np.isfinite(value) else f"{title} missing")
    return ", ".join(told)


class _Drawn:
    """Regions measured once more for their pictures, without intervals; an exam is read once for its regions.

    `faults` are the reasons for which exams cannot be drawn.
    """

    def __init__(self, folder, exams):
        self._folder = folder
        self._exams = {tuple(seen(own.get(part) or "") for part in _KEY[:3]): own for own in exams}
        self._last = None, None
        self.faults = []

    def of(self, key):
        """Measurement, Image and '' of a region; or None twice, and why."""
        who = tuple(key[part] for part in _KEY[:3])
        if self._last[0] != who:
            self._last = who, self._read(who)
        exam, why = self._last[1]
        if exam is None:
            return None, None, why
        region = next((r for r in exam.regions if (r.hemisphere, r.region) == (key["hemisphere"], key["region"])), None)
        if region is None:
            return None, None, "the exam no longer has this region"
        with np.errstate(all="ignore"):
            splenium = evaluate_roi(exam.splenium, exam.image)
            white_matter = evaluate_roi(region.white_matter, exam.image)
            return measure_region(exam.image, region, splenium, white_matter, exam.settings), exam.image, ""

    def _read(self, who):
        own = self._exams.get(who)
        file = own and own.get("file")
        if not file:
            return None, "the results do not name its exam"
        path = next((place for place in (Path(file), self._folder / file) if os.path.isfile(place)), Path(file))
        try:
            exam = ExamFile(path, self._folder).read()
        except ValueError as error:
            self.faults.append(str(error))
            return None, "its files cannot be read; the command says why"
        if exam.origin.get("inputs") != own.get("inputs"):
            why = "its files have changed since they were measured; measure it anew"
            self.faults.append(f"{path}: {why}")
            return None, why
        return exam, ""
