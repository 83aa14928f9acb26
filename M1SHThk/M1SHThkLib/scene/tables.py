"""Results as table nodes that describe themselves; the scene keeps them in full precision as JSON."""

import json
from contextlib import contextmanager

import numpy as np
import vtk
from vtk.util.numpy_support import numpy_to_vtk

from ..columns import MEASUREMENT_COLUMNS, PROFILE_COLUMNS, measurement_row, profile_rows


def results_json(exam, measurements):
    """Everything that the tables hold, in full precision, as the text that the scene keeps."""
    return json.dumps(
        {
            "settings": exam.settings.to_dict(),
            "measurements": [measurement_row(exam, m) for m in measurements],
            "profiles": [row for m in measurements for row in profile_rows(exam, m)],
        }
    )


def fill_measurements_table(table, text):
    """Fill the measurements table node from `results_json`."""
    _fill_table(table, MEASUREMENT_COLUMNS, json.loads(text)["measurements"])


def fill_profiles_table(table, text):
    """Fill the profiles table node from `results_json`."""
    _fill_table(table, PROFILE_COLUMNS, json.loads(text)["profiles"])


def _fill_table(table, columns, rows):
    with _modifying(table):
        table.RemoveAllColumns()
        for index, column in enumerate(columns):
            array = vtk.vtkStringArray() if column.is_text else vtk.vtkDoubleArray()
            missing = "" if column.is_text else float("nan")
            array.SetName(column.name)
            for value in (row[index] for row in rows):
                array.InsertNextValue(missing if value is None else value)
            table.AddColumn(array)
            table.SetColumnUnitLabel(column.name, column.unit)
            table.SetColumnDescription(column.name, column.meaning)


def set_table_columns(table, columns):
    """Give a table node the columns of a mapping name -> array of numbers, shape (n,) each; the same n."""
    with _modifying(table):
        vtk_table = table.GetTable()
        for name, values in columns.items():
            array = numpy_to_vtk(np.ascontiguousarray(values, float), deep=True)
            array.SetName(name)
            if vtk_table.GetColumnByName(name):
                vtk_table.RemoveColumnByName(name)
            vtk_table.AddColumn(array)
        vtk_table.Modified()
        table.Modified()


@contextmanager
def _modifying(node):
    was_modifying = node.StartModify()
    try:
        yield
    finally:
        node.EndModify(was_modifying)
