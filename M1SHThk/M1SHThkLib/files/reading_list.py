"""A reading list: `reading-list.tsv`, who reads which case when, and `reading-list.json`, the protocol and the cases.

Neither names anybody: cases have codes, and images that carry no name lie beside the list. Whose they are stands in the
key, a file of its own that is kept elsewhere.
"""

import hashlib
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from ..cohort.reading_order import FIRST, REPEAT, Turn
from ..measuring.exam import HEMISPHERES, REGIONS
from ..measuring.settings import Settings
from ..translation import tr as _
from .disk import existing, naming, read_json, sha256, write_json
from .exam_schema import positive_number
from .names import MISSING_NAME, seen
from .results import write_tsv
from .tables import filled_table

SCHEMA = "m1shthk/reading-list-1"
TABLE, DESCRIPTION = "reading-list.tsv", "reading-list.json"
COLUMNS = ("reader", "place", "block", "case", "ask")
SCORE, MEASUREMENT, BOTH = ASK = ("score", "measurement", "both")
BY_REGION, VERDICT = SCORES = ("regions", "verdict")
KEY_COLUMNS = ("case", "subject", "session", "group", "reading", "source", "source_sha256", "seed", "list_sha256")
KEY_ROW_SHA256 = "row_sha256"  # older keys lack it


@dataclass(frozen=True)
class Protocol:
    """How a list is read.

    Attributes
    ----------
    score : str
        `regions`: 0, 1 or 2 a region; `verdict`: pathologic or nonpathologic.
    score_first : bool
        The score is locked before anything is drawn and numbers appear.
    regions : tuple of (hemisphere, region)
        That are scored and measured.
    repeat_after_days : float
        How long after a reader's last first reading the repeats may begin.
    """

    score: str
    score_first: bool
    regions: tuple
    repeat_after_days: float


@dataclass(frozen=True)
class Case:
    """An exam under its code.

    Attributes
    ----------
    code : str
    image : str
        Path of the image, echoes combined, relative to the list.
    sha256 : str
    echo_times_ms : list of float, or None
    echo_combination : str or None
    averaged_echoes : int
    field_strength_tesla : float or None
    settings : dict
        That differ from their defaults.
    """

    code: str
    image: str
    sha256: str
    echo_times_ms: list | None
    echo_combination: str | None
    averaged_echoes: int
    field_strength_tesla: float | None
    settings: dict


@dataclass(frozen=True)
class ReadingList:
    """A list as it was drawn up.

    Attributes
    ----------
    folder : Path
    protocol : Protocol
    cases : dict of str -> Case
    turns : tuple of Turn
    ask : dict of reader -> one of ASK
    sha256 : str
        Of the list's JSON file, which holds that of its table.
    """

    folder: Path
    protocol: Protocol
    cases: dict
    turns: tuple
    ask: dict
    sha256: str

    @property
    def readers(self):
        """In the order of the table."""
        return list(dict.fromkeys(turn.reader for turn in self.turns))

    def turns_of(self, reader):
        """In the order of reading."""
        return sorted((turn for turn in self.turns if turn.reader == reader), key=lambda turn: turn.place)

    def asks_score(self, reader):
        """Whether a visual score is asked of a reader."""
        return self.ask[reader] != MEASUREMENT

    def asks_measurement(self, reader):
        """Whether a measurement is asked of a reader."""
        return self.ask[reader] != SCORE

    def is_score_first(self, reader):
        """Whether a reader's score has to be locked before anything is drawn."""
        return self.protocol.score_first and self.ask[reader] == BOTH


def key_beside(folder):
    """Where a list's key lies unless it is told otherwise: `<name>-key.tsv` beside its folder."""
    folder = Path(folder)
    return Path(os.path.normpath(folder / os.pardir)) / f"{folder.resolve().name}-key.tsv"


def write_key(path, rows):
    """Writes a key, each row with the SHA-256 of its cells: spreadsheets sort single columns.

    Parameters
    ----------
    path : path
    rows : sequence of sequences
        Cells of KEY_COLUMNS.

    Raises
    ------
    ValueError
        If the file cannot be written.
    """
    write_tsv(path, (*KEY_COLUMNS, KEY_ROW_SHA256), [[*row, _row_sha256(row)] for row in rows])


def read_key(path):
    """The rows of a key, each a tables.Row.

    Raises
    ------
    ValueError
        If the file is missing or faulty, or a row was changed.
    """
    _header, rows = filled_table(path, KEY_COLUMNS)
    for row in rows:
        cells = [row.cells[column] for column in KEY_COLUMNS]
        if row.cells.get(KEY_ROW_SHA256, _row_sha256(cells)) != _row_sha256(cells):
            raise row.fault(_("was changed since it was drawn up; restore the file that 'reading-list make' wrote"))
    return rows


def _row_sha256(cells):
    texts = ["" if cell is None else seen(str(cell)) for cell in cells]
    return hashlib.sha256("\t".join(text or MISSING_NAME for text in texts).encode()).hexdigest()


def write_reading_list(folder, protocol, cases, turns, ask):
    """Writes table and description of a list into a folder that exists; returns the description's SHA-256.

    Raises
    ------
    ValueError
        If a file cannot be written.
    """
    folder = Path(folder)
    rows = [[turn.reader, turn.place, turn.block, turn.case, ask[turn.reader]] for turn in turns]
    write_tsv(folder / TABLE, COLUMNS, rows)
    description = {
        "schema": SCHEMA,
        "protocol": {**asdict(protocol), "regions": [list(key) for key in protocol.regions]},
        "cases": [asdict(case) for case in cases],
        "table_sha256": sha256(folder / TABLE),
    }
    write_json(folder / DESCRIPTION, description)
    return sha256(folder / DESCRIPTION)


def read_reading_list(path):
    """A ReadingList from its folder, its table or its description.

    Raises
    ------
    ValueError
        If a file is missing or faulty, or the table is not the one that was drawn up.
    """
    path = Path(path)
    folder = path if os.path.isdir(path) else path.parent
    description = existing(folder / DESCRIPTION)
    content = read_json(description)
    with naming(description):
        if not isinstance(content, dict) or content.get("schema") != SCHEMA:
            raise ValueError(
                _("is no reading list of this version; its schema must be '{schema}'").format(schema=SCHEMA)
            )
        try:
            protocol = _protocol(content["protocol"])
            cases = {case["code"]: Case(**case) for case in content["cases"]}
            for case in cases.values():
                Settings.from_dict(case.settings)
                if case.field_strength_tesla is not None:
                    positive_number(case.field_strength_tesla, "field_strength_tesla", "T")
            table_sha256 = content["table_sha256"]
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(
                _("lacks or misspells {error}; restore the file that 'reading-list make' wrote").format(error=error)
            ) from error
    table = existing(folder / TABLE)
    if sha256(table) != table_sha256:
        raise ValueError(
            _("{table}: was changed since it was drawn up; restore the file that 'reading-list make' wrote").format(
                table=table
            )
        )
    turns, ask = [], {}
    for row in filled_table(table, COLUMNS)[1]:
        reader, case = row.required("reader"), row.required("case")
        if case not in cases:
            raise row.fault(
                _("the case {case} is not in {description}; restore both files").format(
                    case=case, description=DESCRIPTION
                )
            )
        turns.append(Turn(reader, int(row.number("place", 1)), int(row.number("block", FIRST, REPEAT)), case))
        ask[reader] = row.choice("ask", ASK)
    return ReadingList(folder, protocol, cases, tuple(turns), ask, sha256(description))


def _protocol(content):
    regions = tuple(map(tuple, content["regions"]))
    if not regions or any(len(key) != 2 or key[0] not in HEMISPHERES or key[1] not in REGIONS for key in regions):
        raise ValueError(
            _("protocol.regions is {regions}; hemispheres and regions are needed").format(regions=content["regions"])
        )
    if content["score"] not in SCORES:
        raise ValueError(
            _("protocol.score is {score}; it must be {choices}").format(
                score=content["score"], choices=_(" or ").join(SCORES)
            )
        )
    return Protocol(content["score"], bool(content["score_first"]), regions, float(content["repeat_after_days"]))
