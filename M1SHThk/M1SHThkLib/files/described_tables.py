"""A table's file -> its columns with unit and meaning where these are known, and its cells as numbers or text."""

import math

from ..measuring.columns import Column
from .tables import read_table

# Names, though they may look like numbers: 007 is not 7.
_NAMES = ("subject", "session", "observer")


def read_described_table(path, known):
    """Columns and rows of a tab-separated table, all of it.

    Parameters
    ----------
    path : path
    known : sequence of Column
        Those among them that the table has lend it unit and meaning.

    Returns
    -------
    columns : list of Column
        `is_text` where a cell is no number.
    rows : list of lists
        Float or str; None where missing.

    Raises
    ------
    ValueError
        If the file cannot be read; in one line what and why.
    """
    header, rows = read_table(path, ())
    described = {column.name: column for column in known}
    columns = []
    for name in header:
        is_text = name in _NAMES or any(_number(row.text(name)) is None for row in rows if row.text(name) is not None)
        unit, meaning = (described[name].unit, described[name].meaning) if name in described else ("", "")
        columns.append(Column(name, unit, meaning, None, is_text))
    return columns, [
        [_text(row, column.name) if column.is_text else _number(row.text(column.name)) for column in columns]
        for row in rows
    ]


def _text(row, name):
    return row.name(name) if name in _NAMES else row.text(name)


def _number(text):
    try:
        value = float(text)
    except (TypeError, ValueError):
        return None
    return value if math.isfinite(value) else None
