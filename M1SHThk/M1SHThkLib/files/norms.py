"""Norms -> a small table to share with its sidecar, and back."""

import math
from pathlib import Path

import numpy as np

from ..cohort.norms import CENTILES, GREATEST, Curve, Norms
from ..cohort.study import MARKERS, REGION_NAMES
from ..measuring.columns import Column
from ..translation import tr as _
from .disk import made_folder, read_json, write_json
from .results import write_tsv
from .tables import filled_table

SCHEMA = "m1shthk/norms-1"
_NAMED = {centile: f"centile_{centile:g}" for centile in CENTILES}
COLUMNS = (
    Column("field_strength_t", "T", "Field strength", None),
    Column("marker", "", "Column of the measurements: sh_thk_per_mm in 1/mm, sh in splenium intensity, thk_mm", None),
    Column("place", "", "Region of the motor cortex, or the most pathologic region", None),
    Column("n", "", "Number of controls", None),
    Column("age_mean", "years", "Mean age of these controls", None),
    Column("age_sd", "years", "Standard deviation of their ages", None),
    Column("age", "years", "Age at which the row's values hold; between rows they lie on a line", None),
    Column("expected", "", "Mean of the square root of the value (of thk_mm: of the value itself), for z", None),
    Column("sd", "", "Standard deviation about it", None),
    *(Column(name, "", f"{centile:g} % of controls of that age lie below", None) for centile, name in _NAMED.items()),
)


def write_norms(folder, norms):
    """Writes `norms.tsv` and its sidecar `norms.json`, which says by what, of whom and with which protocol.

    Raises
    ------
    ValueError
        If a file cannot be written.
    """
    folder = made_folder(Path(folder))
    rows = []
    for curve in norms.curves:
        head = (curve.field_strength_t, curve.marker, curve.place, curve.n, curve.age_mean, curve.age_sd)
        rows += [
            [*head, age, expected, sd, *values]
            for age, expected, sd, values in zip(curve.ages, curve.expected, curve.sd, curve.values, strict=True)
        ]
    write_tsv(folder / "norms.tsv", [column.name for column in COLUMNS], rows)
    columns = {
        column.name: {"Description": column.meaning} | ({"Units": column.unit} if column.unit else {})
        for column in COLUMNS
    }
    fields = [{"field_strength_t": tesla, "protocol": protocol} for tesla, protocol in norms.protocols.items()]
    write_json(folder / "norms.json", {"schema": SCHEMA, **norms.source, "field_strengths": fields, "columns": columns})


def read_norms(path):
    """Norms from `norms.tsv`, with the sidecar beside it.

    Raises
    ------
    ValueError
        In one line the file, what is wrong and what would be right.
    """
    path = Path(path)
    sidecar = path.with_suffix(".json")
    content = read_json(sidecar)
    if not isinstance(content, dict) or content.get("schema") != SCHEMA:
        raise ValueError(
            _("{sidecar}: is no sidecar of norms ({schema}); keep it beside the table that 'norms' wrote").format(
                sidecar=sidecar, schema=SCHEMA
            )
        )
    try:
        protocols = {float(own["field_strength_t"]): own["protocol"] for own in content["field_strengths"]}
    except (TypeError, ValueError, KeyError) as error:
        raise ValueError(
            _("{sidecar}: lacks the field strengths with their protocols; write the norms anew").format(sidecar=sidecar)
        ) from error
    _header, rows = filled_table(path, [column.name for column in COLUMNS])
    curves = {}
    for row in rows:
        marker = row.choice("marker", [marker.column for marker in MARKERS])
        place = row.choice("place", (*REGION_NAMES, GREATEST))
        head = (row.number("field_strength_t", 0), marker, place, int(row.number("n", 1)))
        head += (row.number("age_mean", 0), row.number("age_sd", 0))
        if None in head or any(isinstance(own, float) and math.isnan(own) for own in head):
            raise row.fault(_("field strength, marker, place, n or the ages are missing; write the norms anew"))
        numbers = [row.number(name, 0) for name in ("age", "expected", "sd", *_NAMED.values())]
        curves.setdefault(head, []).append(numbers)
    for tesla, marker, place, *_ages in curves:
        if place == GREATEST and not any(own[:2] == (tesla, marker) and own[2] != GREATEST for own in curves):
            raise ValueError(
                _("{path}: tells of no region whose greatest is that of {marker}; write the norms anew").format(
                    path=path, marker=marker
                )
            )
    missing = sorted({head[0] for head in curves} - set(protocols))
    if missing:
        raise ValueError(
            _("{sidecar}: tells no protocol at {tesla:g} T, which the table has; write the norms anew").format(
                sidecar=sidecar, tesla=missing[0]
            )
        )
    source = {key: value for key, value in content.items() if key not in ("schema", "field_strengths", "columns")}
    return Norms(tuple(_curve(head, rows) for head, rows in curves.items()), protocols, source)


def _curve(head, rows):
    ages, expected, sd, *values = np.array(sorted(rows), float).T
    return Curve(*head, ages=ages, values=np.array(values).T, expected=expected, sd=sd)
