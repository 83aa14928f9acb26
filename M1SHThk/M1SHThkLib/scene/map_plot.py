"""The profiles of maps in the plot of a region, over its depth axis: each in a scale of its own, iron upwards."""

import numpy as np

from .plot import OUT_OF_SIGHT, draw_line
from .tables import set_table_columns

_DEPTH = "depth_mm"
_OF_CHART = "M1SHThk.map"  # attribute of a series node
_COLORS = ((0.0, 0.62, 0.45), (0.80, 0.47, 0.65), (0.34, 0.71, 0.91), (0.94, 0.89, 0.26))
_FLUID_MM = 0.5
_LONGEST_NAME = 12  # in the legend, which would cover the curves


def scaled(measurement, one):
    """A map's profile less its white matter, iron upwards, as high as h where it is highest beneath the fluid.

    Parameters
    ----------
    measurement : Measurement
    one : MapMeasurement

    Returns
    -------
    array, shape (d,)
    """
    m = measurement
    sign = 1.0 if one.map.polarity == "bright" else -1.0
    above = sign * (one.profile - one.white_matter)
    beneath = m.depths_mm > _FLUID_MM
    size = np.nanmax(np.abs(above[beneath]), initial=0.0)
    return above * (np.abs(m.h[beneath]).max(initial=0.0) / size if size > 0 else 0.0)


def show(chart, table, measurement, seen):
    """Show maps in a chart; their series are made anew where others were shown.

    Parameters
    ----------
    chart : vtkMRMLPlotChartNode
    table : vtkMRMLTableNode
    measurement : Measurement or None
    seen : sequence of MapMeasurement
    """
    names = [one.map.name for one in seen]
    known = {node.GetAttribute(_OF_CHART): node for node in _series(chart)}
    if list(known) != names:
        for node in known.values():
            chart.RemovePlotSeriesNodeID(node.GetID())
            node.GetScene().RemoveNode(node)
        table.RemoveAllColumns()
    columns = {_DEPTH: np.zeros(2)}
    if measurement is not None:
        columns = {_DEPTH: measurement.depths_mm}
        for one in seen:
            values = scaled(measurement, one)
            columns[one.map.name] = values if np.isfinite(values).sum() > 1 else np.full(len(values), OUT_OF_SIGHT)
    set_table_columns(table, columns)
    if list(known) != names:
        for number, name in enumerate(names):
            _add_series(chart, table, name, _COLORS[number % len(_COLORS)])
    chart.Modified()


def hide(table):
    """Put what the table holds out of sight."""
    names = [table.GetColumnName(number) for number in range(table.GetNumberOfColumns())]
    if len(names) < 2:
        return
    first = table.GetTable().GetColumnByName(names[1])
    if first.GetNumberOfValues() and first.GetValue(0) == OUT_OF_SIGHT:
        return
    count = table.GetNumberOfRows()
    depths = [table.GetTable().GetColumnByName(_DEPTH).GetValue(row) for row in range(count)]
    set_table_columns(table, {_DEPTH: np.array(depths)} | dict.fromkeys(names[1:], np.full(count, OUT_OF_SIGHT)))


def _series(chart):
    """The maps' series nodes of a chart."""
    nodes = [chart.GetNthPlotSeriesNode(number) for number in range(chart.GetNumberOfPlotSeriesNodes())]
    return [node for node in nodes if node is not None and node.GetAttribute(_OF_CHART)]


def _add_series(chart, table, name, color):
    shown = name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"
    node = chart.GetScene().AddNewNodeByClass("vtkMRMLPlotSeriesNode", f"{shown} (own scale)")
    node.SetAttribute(_OF_CHART, name)
    draw_line(node, table, _DEPTH, name, color)
    chart.AddAndObservePlotSeriesNodeID(node.GetID())
