"""Tab-separated tables, as BIDS and spreadsheets write them, -> rows that name their place when a cell is faulty."""

import csv
import io
import math
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from ..translation import tr as _
from .disk import existing, naming, read_text
from .names import MISSING_NAME, cleaned, seen

MISSING = ("", MISSING_NAME, "na", "nan", "#n/a")  # in lower case; R and spreadsheets write all but the second


@dataclass(frozen=True)
class Row:
    """One row of a table: its cells by column, and where it stands.

    Every method raises ValueError for a faulty cell: in one line the file, the row, the fault and the remedy.
    """

    path: Path
    line: int
    cells: dict[str, str]

    def text(self, column):
        """A cell's text, None where missing."""
        cell = self.cells[column]
        return None if cell.lower() in MISSING else cell

    def name(self, column):
        """A cell's name as people see it, None where missing; NA may be somebody's initials."""
        name = seen(self.cells[column])
        return None if name.lower() in ("", MISSING_NAME) else name

    def required(self, column):
        """A cell's name, which must not be missing."""
        name = self.name(column)
        if name is None:
            raise self.fault(_("{column} is missing; fill it in").format(column=column))
        return name

    def choice(self, column, choices):
        """A cell's text, one of `choices`; None where missing."""
        text = self.text(column)
        if text is not None and text not in choices:
            raise self.fault(
                _("{column} is '{text}'; it must be {choices} or n/a").format(
                    column=column, text=text, choices=", ".join(choices)
                )
            )
        return text

    def number(self, column, lowest, highest=math.inf):
        """A cell's finite number within bounds, nan where missing."""
        text = self.text(column)
        if text is None:
            return math.nan
        try:
            value = float(text)
        except ValueError as error:
            raise self.fault(
                _("{column} is '{text}'; it must be a number (with a decimal point) or n/a").format(
                    column=column, text=text
                )
            ) from error
        if not math.isfinite(value) or not lowest <= value <= highest:
            least = "" if lowest == -math.inf else _(" and {lowest:g} or more").format(lowest=lowest)
            bounds = (
                _("finite{least}").format(least=least)
                if highest == math.inf
                else _("from {lowest:g} to {highest:g}").format(lowest=lowest, highest=highest)
            )
            raise self.fault(
                _("{column} is {text}; it must be {bounds}, or n/a").format(column=column, text=text, bounds=bounds)
            )
        return value

    def fault(self, message):
        """The error to raise: file, line and subject stand before the message."""
        subject = self.name("subject") if "subject" in self.cells else None
        where = ", ".join(filter(None, (_("line {line}").format(line=self.line), subject)))
        return ValueError(f"{self.path}: {where}: {message}")


def read_table(path, needed):
    """The header and the rows of a table: UTF-8, tab separated; blank lines and blank cells past the last column are
    passed over.

    Columns stand in any order, and there may be more than those needed. White space within a cell, line breaks of
    spreadsheets among it, counts as one blank; what cannot be seen is taken out, and letters are composed.

    Parameters
    ----------
    path : path
    needed : sequence of str
        Columns that must be there.

    Returns
    -------
    header : list of str
    rows : list of Row

    Raises
    ------
    ValueError
        If the file cannot be read, lacks a needed column or names one twice, or a row is too short or too long or
        holds a control character.
    """
    path = existing(path)
    text = read_text(path).replace("\0", "\1")  # Python 3.10 reads no NUL: a control character as faulty as any other
    reader = csv.reader(io.StringIO(text, newline=""), delimiter="\t", strict=True)
    lines, last = [], 0
    with naming(path):
        try:
            for cells in reader:
                lines.append((last + 1, [cleaned(cell) for cell in cells]))
                last = reader.line_num
        except csv.Error as error:
            raise ValueError(
                _("line {last} is torn ({error}); close or take out its quotation marks").format(
                    last=last + 1, error=error
                )
            ) from error
        lines = [(number, cells) for number, cells in lines if any(cells)]
        if not lines:
            raise ValueError(_("is empty; a table with a header line is needed"))
        header = lines[0][1]
        _check_header(header, needed)
    rows = []
    for number, cells in lines[1:]:
        row = Row(path, number, dict(zip(header, cells, strict=False)))
        if len(cells) < len(header):
            raise row.fault(
                _("has {cells} cells for {columns} columns; write n/a where a value is missing").format(
                    cells=len(cells), columns=len(header)
                )
            )
        if any(cells[len(header) :]):
            raise row.fault(
                _("has {cells} cells for {columns} columns; take out what has no column").format(
                    cells=len(cells), columns=len(header)
                )
            )
        unprintable = [character for cell in cells if not cell.isprintable() for character in cell]
        if any(unicodedata.category(character) == "Cc" for character in unprintable):
            raise row.fault(_("holds a control character; type the line anew"))
        rows.append(row)
    return header, rows


def filled_table(path, needed):
    """The same of a table that must have a row below its header."""
    header, rows = read_table(path, needed)
    if not rows:
        raise ValueError(_("{path}: has no row below its header; fill it in").format(path=path))
    return header, rows


def _check_header(header, needed):
    missing = [column for column in needed if column not in header]
    if missing:
        several = len(missing) > 1
        lacking = _("lacks the columns {missing}; {remedy}") if several else _("lacks the column {missing}; {remedy}")
        remedy = _("add it, with n/a where it is not known")
        if several:
            remedy = _("add them, with n/a where they are not known")
        if len(header) == 1 and any(separator in header[0] for separator in ",;"):
            remedy = _("save the table with tabs between the columns")
        elif alike := [name for name in header if name.lower() in missing]:
            remedy = _("write '{alike}' in small letters").format(alike=alike[0])
        raise ValueError(lacking.format(missing=", ".join(missing), remedy=remedy))
    repeated = [column for column in dict.fromkeys(header) if column and header.count(column) > 1]
    if repeated:
        raise ValueError(_("has the column '{repeated}' twice; keep one").format(repeated=repeated[0]))
