"""Results as table nodes that describe themselves; the scene keeps them in full precision as JSON."""

import json
from contextlib import contextmanager
from types import SimpleNamespace

import numpy as np
import vtk
from vtk.util.numpy_support import numpy_to_vtk, vtk_to_numpy

from ..measuring.columns import MEASUREMENT_COLUMNS, PROFILE_COLUMNS, measurement_row, profile_rows
from ..measuring.map_columns import MAP_COLUMNS, map_profiles, map_row, profile_columns_of, units_of
from ..measuring.rounding import shown
from .exam_nodes import REGION_KEYS

# Results are kept without the subject and what the reader thinks of them: that stands in the parameter node.
_NOBODY = SimpleNamespace(subject=None, session=None, observer=None, group=None, field_strength_tesla=None, accepted={})


def updated_results(text, measurements, maps=()):
    """The results that the scene keeps as JSON, in full precision, with some regions measured anew.

    Parameters
    ----------
    text : str
        The results so far; may be empty.
    measurements : mapping of (hemisphere, region) -> Measurement or None
        None takes a region out.
    maps : mapping of (hemisphere, region) -> sequence of MapMeasurement
    """
    kept = _kept(text)
    for (hemisphere, region), m in measurements.items():
        kept.pop(f"{hemisphere} {region}", None)
        if m is not None:
            kept[f"{hemisphere} {region}"] = {
                "settings": m.settings.to_dict(),
                "row": dict(zip(_names(MEASUREMENT_COLUMNS), measurement_row(_NOBODY, m), strict=True)),
                "profiles": dict(
                    zip(_names(PROFILE_COLUMNS), zip(*profile_rows(_NOBODY, m), strict=True), strict=True)
                ),
            }
            if maps:
                seen = maps[hemisphere, region]
                entry = kept[f"{hemisphere} {region}"]
                entry["maps"] = [dict(zip(_names(MAP_COLUMNS), map_row(_NOBODY, m, one), strict=True)) for one in seen]
                entry["profiles"] |= map_profiles(seen)
    order = [f"{hemisphere} {region}" for hemisphere, region in REGION_KEYS]
    return json.dumps({name: kept[name] for name in order if name in kept}) if kept or text else ""


def measurement_rows(text, identity, accepted):
    """Rows of the measurements table.

    Parameters
    ----------
    text : str
    identity : mapping
        As `exam_nodes.identity_from_parameters` gives it.
    accepted : mapping of (hemisphere, region) -> str
    """
    rows = []
    for region in _kept(text).values():
        values = region["row"] | _said_of(region, identity, accepted)
        rows.append([values.get(name) for name in _names(MEASUREMENT_COLUMNS)])
    return rows


def map_rows(text, identity):
    """Rows of the maps' table of every region; the same arguments."""
    who = {name.replace("_tesla", "_t"): value for name, value in identity.items()}
    return [[(row | who).get(name) for name in _names(MAP_COLUMNS)] for row in _stored_maps(text)]


def profile_columns(text):
    """The columns of the profiles' table, those of maps included."""
    return (*PROFILE_COLUMNS, *profile_columns_of(units_of(_stored_maps(text))))


def _stored_maps(text):
    return [row for region in _kept(text).values() for row in region.get("maps", [])]


def all_profile_rows(text, identity, accepted):
    """Rows of the profiles table of every region, in the order of `profile_columns`; the same arguments."""
    rows = []
    for region in _kept(text).values():
        columns, said = region["profiles"], _said_of(region, identity, accepted)
        depths = range(len(columns["depth_mm"]))
        series = [
            [said[name] for _ in depths] if name in said else columns.get(name, [None for _ in depths])
            for name in _names(profile_columns(text))
        ]
        rows += map(list, zip(*series, strict=True))
    return rows


def _said_of(region, identity, accepted):
    who = {name.replace("_tesla", "_t"): value for name, value in identity.items()}
    return who | {"accepted": accepted[region["row"]["hemisphere"], region["row"]["region"]]}


def stored_values(text):
    """What is stored of each region: mapping (hemisphere, region) -> mapping of column -> value, None for missing."""
    nothing = dict.fromkeys(_names(MEASUREMENT_COLUMNS))
    rows = [nothing | region["row"] for region in _kept(text).values()]
    return {(row["hemisphere"], row["region"]): row for row in rows}


def stored_settings(text):
    """The settings that each region was measured with: mapping 'left hand_knob' -> plain mapping."""
    return {name: region["settings"] for name, region in _kept(text).items()}


def _kept(text):
    """What is kept; scenes of before the columns were kept by name are measured anew."""
    kept = json.loads(text) if text else {}
    return {name: region for name, region in kept.items() if isinstance(region["row"], dict)}


def _names(columns):
    return [column.name for column in columns]


def fill_measurements_table(table, text, identity, accepted):
    """Fill the measurements table node from the kept results."""
    fill_table(table, MEASUREMENT_COLUMNS, measurement_rows(text, identity, accepted))


def fill_summary_table(table, text, identity, accepted):
    """Fill the table that the module's layout shows: a row a region, numbers rounded for reading."""
    header = ("Region", "SH", "Thk, mm", "SH/Thk, 1/mm", "Accepted", "Flags")
    with _modifying(table):
        table.SetLocked(True)
        table.RemoveAllColumns()
        table.SetUseColumnTitleAsColumnHeader(True)
        columns = {name: [] for name in header}
        for (hemisphere, region), values in stored_values(text).items():
            low, high = values["sh_thk_per_mm_ci_low"], values["sh_thk_per_mm_ci_high"]
            sh, thk, ratio = (
                "missing" if values[name] is None else shown(values[name], digits)
                for name, digits in (("sh", 3), ("thk_mm", 2), ("sh_thk_per_mm", 3))
            )
            if low is not None:
                ratio = "{} [{}, {}]".format(*shown(values["sh_thk_per_mm"], 3, low, high))
            cells = (
                f"{hemisphere} {region.replace('_', ' ').replace(' lobule', '')}",
                sh,
                thk,
                ratio,
                accepted[hemisphere, region],
                (values["flags"] or "").replace(",", ", ").replace("_", " "),
            )
            for name, cell in zip(header, cells, strict=True):
                columns[name].append(cell)
        for name, cells in columns.items():
            array = vtk.vtkStringArray()
            array.SetName(name)
            for cell in cells:
                array.InsertNextValue(cell)
            table.AddColumn(array)
            table.SetColumnTitle(name, name)


def fill_profiles_table(table, text, identity, accepted):
    """Fill the profiles table node from the kept results."""
    fill_table(table, profile_columns(text), all_profile_rows(text, identity, accepted))


def fill_maps_table(table, text, identity, accepted):
    """Fill the maps' table node from the kept results."""
    fill_table(table, MAP_COLUMNS, map_rows(text, identity))


def fill_table(table, columns, rows):
    """Fill a table node with columns (Column) that describe themselves, from rows in their order; None is missing.

    Nobody edits it by a double-click.
    """
    with _modifying(table):
        table.SetLocked(True)
        table.RemoveAllColumns()
        table.SetUseColumnTitleAsColumnHeader(True)
        for index, column in enumerate(columns):
            array = vtk.vtkStringArray() if column.is_text else vtk.vtkDoubleArray()
            missing = "" if column.is_text else float("nan")
            array.SetName(column.name)
            for value in (row[index] for row in rows):
                array.InsertNextValue(missing if value is None else value)
            table.AddColumn(array)
            table.SetColumnTitle(column.name, column.name)
            table.SetColumnUnitLabel(column.name, column.unit)
            table.SetColumnDescription(column.name, column.meaning)


def set_table_columns(table, columns):
    """Give a table node the columns of a mapping name -> array of numbers, shape (n,) each; the same n.

    Arrays of the length that the table has already are overwritten in place, and nobody is told: of a drag every series
    of the chart would tell the chart for itself.
    """
    with _quiet(table):
        vtk_table = table.GetTable()
        rows = len(next(iter(columns.values())))
        if vtk_table.GetNumberOfRows() != rows or vtk_table.GetNumberOfColumns() != len(columns):
            vtk_table.Initialize()
        for name, values in columns.items():
            column = vtk_table.GetColumnByName(name)
            if column is None:
                column = numpy_to_vtk(np.ascontiguousarray(values, float), deep=True)
                column.SetName(name)
                vtk_table.AddColumn(column)
            else:
                vtk_to_numpy(column)[:] = values
                column.Modified()
        vtk_table.Modified()


@contextmanager
def _quiet(node):
    was_modifying = node.StartModify()
    try:
        yield
    finally:
        node.SetDisableModifiedEvent(was_modifying)


@contextmanager
def _modifying(node):
    was_modifying = node.StartModify()
    try:
        yield
    finally:
        node.EndModify(was_modifying)
