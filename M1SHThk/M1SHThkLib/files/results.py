"""Results -> a folder of tables that any statistics program opens."""

import math
from pathlib import Path

import numpy as np

from ..translation import tr as _
from .disk import made_folder, naming, removed, write_json, write_text


def write_results(folder, measurement_columns, measurements, profile_columns, profiles, provenance, maps=None):
    """Writes `measurements.tsv` and `profiles.tsv`, each with its sidecar, `provenance.json`, and `maps.tsv`.

    Parameters
    ----------
    folder : path
        Made where it is missing.
    measurement_columns, measurements, profile_columns, profiles : see `write_table`
    provenance : plain data
    maps : (columns, rows), optional
        Without any, the `maps.tsv` of earlier results goes.

    Raises
    ------
    ValueError
        If a value cannot be written, or a file.
    """
    folder = made_folder(folder)
    if maps and maps[1]:
        write_table(folder / "maps.tsv", *maps)
    else:
        removed(folder / "maps.tsv", folder / "maps.json")
    write_table(folder / "profiles.tsv", profile_columns, profiles)
    write_table(folder / "measurements.tsv", measurement_columns, measurements)
    write_json(folder / "provenance.json", provenance)


def write_table(path, columns, rows):
    """Writes a table with a BIDS sidecar (`.json`) that gives each column's meaning and unit.

    Parameters
    ----------
    path : path
        Ending in `.tsv`.
    columns : sequence of objects with the attributes `name`, `unit` ('' for none) and `meaning`
    rows : see `write_tsv`

    Raises
    ------
    ValueError
        If a value cannot be written, or a file.
    """
    write_tsv(path, [column.name for column in columns], rows)
    sidecar = {}
    for column in columns:
        sidecar[column.name] = {"Description": column.meaning} | ({"Units": column.unit} if column.unit else {})
    write_json(Path(path).with_suffix(".json"), sidecar)


def write_tsv(path, columns, rows):
    """Writes a tab-separated table as BIDS has it: a header line, `n/a` for what is missing, full precision.

    Parameters
    ----------
    path : path
    columns : sequence of str
    rows : iterable of sequences of values, in the columns' order
        Text or numbers; None, NaN and empty text are missing.

    Raises
    ------
    ValueError
        If a row has too few or too many values, a text holds a tab or line break, or the file cannot be written.
    """
    columns = list(columns)
    lines = ["\t".join(columns)]
    with naming(path):
        for number, row in enumerate(rows, 1):
            cells = [_cell(value) for value in row]
            if len(cells) != len(columns):
                raise ValueError(
                    _("row {number} has {cells} values for {columns} columns").format(
                        number=number, cells=len(cells), columns=len(columns)
                    )
                )
            lines.append("\t".join(cells))
    write_text(path, "\n".join(lines) + "\n")


def _cell(value):
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "n/a"
    if not isinstance(value, str):
        return repr(value)
    if any(character in value for character in "\t\n\r"):
        raise ValueError(
            _("the text {value!r} holds a tab or line break, which would tear the table; take it out").format(
                value=value
            )
        )
    if value.startswith('"'):  # which readers of tables take for the begin of a quoted cell
        return '"' + value.replace('"', '""') + '"'
    return value or "n/a"
