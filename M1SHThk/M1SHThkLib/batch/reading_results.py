"""A reading list's results collected: the trails checked, the key applied, tables as 'cohort' reads them."""

from dataclasses import dataclass
from pathlib import Path

from ..cohort.reading_order import FIRST
from ..cohort.trail_checks import Fault, trail_faults
from ..files.audit_trail import read_trail
from ..files.case_in_hand import QUALITY
from ..files.clinical_table import CLINICAL_COLUMNS, score_column, visual_column
from ..files.disk import existing, read_json, sha256
from ..files.reader_folder import READINGS, RECORD, TRAIL, checksums, reader_folder
from ..files.reading_list import BY_REGION, MEASUREMENT, read_key, read_reading_list
from ..files.results import write_results, write_table
from ..files.tables import read_table
from ..measuring.columns import MEASUREMENT_COLUMNS, PROFILE_COLUMNS, Column
from ..program import program

_READINGS = tuple(
    Column(name, unit, meaning, None)
    for name, unit, meaning in (
        ("subject", "", "Subject, as in the key"),
        ("session", "", "Session of the reading: 1 and 2, or the exam's own and, of repeats, with -repeat"),
        ("reader", "", "Who read"),
        ("case", "", "Code that the reader saw"),
        ("place", "", "Place in the reader's order"),
        *((name, "", f"{name.capitalize()} of the image: usable, doubtful or not usable") for name in QUALITY),
        ("comment", "", "What the reader noted"),
        ("score_sum", "", "Sum of the scores by eye"),
        ("minutes", "min", "Time that the case was open, without pauses"),
        ("minutes_drawing", "min", "Time spent drawing"),
        ("finished", "", "When the case was finished"),
        ("version", "", "Of the program that the case was read with"),
    )
)
_CHECKS = tuple(
    Column(name, "", meaning, None)
    for name, meaning in (
        ("reader", "Whose trail"),
        ("case", "Code, n/a where it concerns the whole list"),
        ("subject", "Subject, as in the key"),
        ("left_out", "Whether the case is left out of the tables for it"),
        ("fault", "What is not as the protocol has it"),
    )
)


@dataclass(frozen=True)
class KeyEntry:
    """Whose a case is."""

    subject: str
    session: str | None
    group: str | None
    reading: int

    @property
    def label(self):
        """Session of the reading, which tells repeats apart; without underscores, as columns of scores need it."""
        if self.session is None:
            return str(self.reading)
        session = self.session.replace("_", "-")
        return session if self.reading == FIRST else f"{session}-repeat"


@dataclass(frozen=True)
class Collected:
    """What was collected.

    Attributes
    ----------
    finished, planned : dict of reader -> int
    faults : list of (reader, Fault, bool)
        The last one: whether the case is left out.
    torn : int
        Lines of trails that were torn when the program was killed.
    """

    finished: dict
    planned: dict
    faults: list
    torn: int


def collect(folder, key, output, clinical=None):
    """Check the readers' trails and write the tables of what they read.

    Writes `measurements.tsv` and `profiles.tsv` with subjects in place of codes, `clinical.tsv` with the columns of the
    scores by eye, `readings.tsv` (image quality, comments, minutes), `checks.tsv` (what is not as the protocol has it)
    and `provenance.json`. A case whose image or files are not those that were read is left out.

    Parameters
    ----------
    folder, key, output : path
    clinical : path, optional
        A clinical table that the columns are added to; else one is made of the key.

    Returns
    -------
    Collected

    Raises
    ------
    ValueError
        If list or key are missing, faulty, or not of one another, or the tables, which tell whose a code is, would lie
        within the list.
    """
    listed, output = read_reading_list(folder), Path(output)
    if listed.folder.resolve() in (output.resolve(), *output.resolve().parents):
        raise ValueError(f"{output}: lies in the folder that the readers see; keep the results elsewhere, by -o")
    entries = _read_key(key, listed)
    faults, cases, trails, torn = [], [], {}, 0
    altered = {
        case.code: f"{case.image} is not the image that the list was drawn up with"
        for case in listed.cases.values()
        if not (listed.folder / case.image).is_file() or sha256(listed.folder / case.image) != case.sha256
    }
    for reader in listed.readers:
        trail = read_trail(reader_folder(listed, reader) / TRAIL)
        trails[reader] = trail.entries
        torn += trail.torn
        own = [Fault(None, fault) for fault in trail.faults]
        own += trail_faults(
            listed.turns_of(reader),
            trail.entries,
            lambda case, of=reader: listed.is_score_first(of),
            listed.protocol.repeat_after_days,
        )
        own += _list_faults(trail.entries, listed) + _stray_faults(listed, reader)
        faults += [(reader, fault, False) for fault in own]
        noted = {entry.get("case") for entry in trail.entries if entry["event"] == "case_finished"}
        for turn in listed.turns_of(reader):
            place = reader_folder(listed, reader) / turn.case
            if not place.is_dir():
                if turn.case in noted:
                    faults.append((reader, Fault(turn.case, "was finished, but its folder is gone; restore it"), True))
                continue
            wrong = _case_faults(listed, turn, place, trail.entries)
            wrong += [altered[turn.case]] if turn.case in altered else []
            faults += [(reader, Fault(turn.case, words), True) for words in wrong]
            if not wrong:
                cases.append((turn, place, read_json(place / RECORD)))
    faults += [(name, Fault(None, "has a folder, but is no reader of the list"), False) for name in _others(listed)]
    if not cases:
        reasons = "; ".join(f"{reader}, {fault.case}: {fault.words}" for reader, fault, _ in faults[:3])
        raise ValueError(f"{listed.folder}: no case can be collected: {reasons or 'none is finished yet'}")
    _write(output, listed, entries, cases, faults, clinical)
    planned = {reader: len(listed.turns_of(reader)) for reader in listed.readers}
    finished = {
        reader: sum((reader_folder(listed, reader) / turn.case).is_dir() for turn in listed.turns_of(reader))
        for reader in listed.readers
    }
    return Collected(finished, planned, faults, torn)


def _read_key(key, listed):
    entries = {}
    for row in read_key(key):
        if row.required("list_sha256") != listed.sha256:
            raise row.fault(f"is the key of another list than {listed.folder}, or that was changed; restore both")
        entries[row.required("case")] = KeyEntry(
            row.required("subject"), row.name("session"), row.text("group"), int(row.number("reading", 1, 2))
        )
    missing = sorted(set(listed.cases) - set(entries))
    if missing:
        raise ValueError(f"{key}: lacks the case {missing[0]}; restore the file that 'reading-list make' wrote")
    return entries


def _list_faults(entries, listed):
    """The list must have been the same at every start."""
    others = {e.get("list_sha256") for e in entries if e["event"] == "list_opened"} - {listed.sha256}
    return [Fault(None, "was read by a list that was changed since")] if others else []


def _stray_faults(listed, reader):
    """Folders among a reader's cases that are none."""
    known = {turn.case for turn in listed.turns_of(reader)}
    return [
        Fault(None, f"the folder {name} is no case of the reader's; nothing is taken from it")
        for name in _folders(reader_folder(listed, reader))
        if name not in known
    ]


def _others(listed):
    return [name for name in _folders(listed.folder / READINGS) if name not in listed.readers]


def _folders(place):
    """Names of the folders in a folder, but for hidden ones."""
    if not place.is_dir():
        return []
    return sorted(path.name for path in place.iterdir() if path.is_dir() and not path.name.startswith("."))


def _case_faults(listed, turn, place, entries):
    """Why a finished case is not what was read; empty where it is."""
    own = [entry for entry in entries if entry.get("case") == turn.case]
    finished = [entry for entry in own if entry["event"] == "case_finished"]
    if not finished:
        return ["has files, but the trail does not tell that it was finished"]
    before, now = finished[-1].get("files"), checksums(place)
    if not isinstance(before, dict):
        return ["the trail does not tell what its files were"]
    faults = [
        f"{name} was changed, added or taken away" for name in {**before, **now} if before.get(name) != now.get(name)
    ]
    case = listed.cases[turn.case]
    if any(entry.get("inputs") != {case.image: case.sha256} for entry in own if entry["event"] == "case_opened"):
        faults.append("another image than the list's was read")
    if not faults:
        faults += _record_faults(listed, turn, read_json(existing(place / RECORD)), own)
    return faults


def _record_faults(listed, turn, record, entries):
    faults = []
    locked = [entry for entry in entries if entry["event"] == "score_locked"]
    if locked and record.get("score") != locked[-1].get("score"):
        faults.append("its score is not the one that was locked")
    if (record.get("case"), record.get("reader")) != (turn.case, turn.reader):
        faults.append(f"its record is of {record.get('reader')}, {record.get('case')}")
    return faults


def _write(output, listed, entries, cases, faults, clinical):
    measured, profiles, exams = [], [], []
    for turn, place, record in cases:
        if not record.get("measured"):
            continue
        who = _who(entries[turn.case], turn)
        measured += _with_identity(place / "measurements.tsv", MEASUREMENT_COLUMNS, who)
        profiles += _with_identity(place / "profiles.tsv", PROFILE_COLUMNS, who)
        case = listed.cases[turn.case]
        exams.append(
            {
                **{name: who[name] for name in ("subject", "session", "observer")},
                "case": turn.case,
                "version": record.get("version"),
                "echo_times_ms": case.echo_times_ms,
                "echo_combination": case.echo_combination,
                "settings": record["settings"],
                "inputs": [{"path": case.image, "sha256": case.sha256}],
            }
        )
    provenance = {**program(), "reading_list_sha256": listed.sha256, "exams": exams}
    write_results(output, MEASUREMENT_COLUMNS, measured, PROFILE_COLUMNS, profiles, provenance)
    write_table(output / "readings.tsv", _READINGS, [_reading_row(entries[turn.case], turn, r) for turn, _, r in cases])
    write_table(
        output / "checks.tsv",
        _CHECKS,
        [
            [reader, f.case, entries[f.case].subject if f.case in entries else None, "yes" if out else "no", f.words]
            for reader, f, out in faults
        ],
    )
    write_table(output / "clinical.tsv", *_clinical(listed, entries, cases, clinical))


def _who(entry, turn):
    return {"subject": entry.subject, "session": entry.label, "observer": turn.reader, "group": entry.group}


def _with_identity(path, columns, who):
    """A table's rows with their cells as they stand, but for whose they are."""
    _, rows = read_table(path, ())
    return [
        [who[c.name] if c.name in who else row.text(c.name) if c.name in row.cells else None for c in columns]
        for row in rows
    ]


def _reading_row(entry, turn, record):
    quality = record.get("quality", {})
    scores = [score for score in (record.get("score") or {}).get("regions", {}).values() if score is not None]
    return [
        entry.subject,
        entry.label,
        turn.reader,
        turn.case,
        turn.place,
        *(quality.get(name) for name in QUALITY),
        " ".join((record.get("comment") or "").split()) or None,
        sum(scores) if scores else None,
        round(record["seconds"] / 60, 2),
        round(record["seconds_drawing"] / 60, 2),
        record["finished"],
        record.get("version"),
    ]


def _clinical(listed, entries, cases, clinical):
    """Columns and rows of the clinical table with the scores by eye."""
    columns, values = {}, {}
    for turn, _, record in cases:
        if listed.ask[turn.reader] == MEASUREMENT or not record.get("score"):
            continue
        entry = entries[turn.case]
        own = values.setdefault((entry.subject, listed.cases[turn.case].field_strength_tesla), {})
        if listed.protocol.score == BY_REGION:
            for region, score in record["score"]["regions"].items():
                name = score_column(turn.reader, entry.label, *region.split(" "))
                columns[name] = f"Score by eye of {region.replace('_', ' ')} by {turn.reader}, {entry.label}: 0, 1 or 2"
                own[name] = score
        else:
            name = visual_column(turn.reader, entry.label)
            columns[name] = f"Visual reading by {turn.reader}, {entry.label}"
            own[name] = record["score"]["verdict"]
    added = [Column(name, "", columns[name], None) for name in sorted(columns)]
    if clinical is None:
        subjects = {}
        for code, entry in sorted(entries.items()):
            subjects[entry.subject, listed.cases[code].field_strength_tesla] = entry.group
        rows = [
            {"subject": subject, "group": group, "field_strength_t": tesla} | values.get((subject, tesla), {})
            for (subject, tesla), group in sorted(subjects.items(), key=str)
        ]
        header = [*CLINICAL_COLUMNS, *added]
        return header, [[row.get(column.name) for column in header] for row in rows]
    return _added_to(clinical, added, values)


def _added_to(clinical, added, values):
    """The columns added to a clinical table, which keeps its own."""
    names, rows = read_table(clinical, ["subject"])
    known = {column.name: column for column in CLINICAL_COLUMNS}
    header = [known.get(name, Column(name, "", "As in the clinical table", None)) for name in names]
    twice = [column.name for column in added if column.name in names]
    if twice:
        raise ValueError(f"{clinical}: has the column {twice[0]} already; take it out, or give another table")
    filled = []
    for row in rows:
        subject = row.required("subject")
        fields = [tesla for name, tesla in values if name == subject]
        tesla = row.number("field_strength_t", 0) if row.cells.get("field_strength_t") else None
        own = {}
        for one in fields:
            if len(fields) == 1 or (one is not None and tesla is not None and abs(one - tesla) < 0.5):
                own |= values[subject, one]
        filled.append([row.text(name) for name in names] + [own.get(column.name) for column in added])
    known_subjects = {row.required("subject") for row in rows}
    lacking = sorted({subject for subject, _ in values} - known_subjects)
    if lacking:
        raise ValueError(f"{clinical}: lacks {lacking[0]}, who was read; add the row")
    return [*header, *added], filled
