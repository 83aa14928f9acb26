"""One region's profile as table nodes and a plot chart node."""

import numpy as np
import slicer

PROFILE_TABLE, NORMALS_TABLE, MARKS_TABLE = "profile", "normals", "marks"
_COLUMNS = {
    PROFILE_TABLE: ("depth_mm", "h", "h_low", "h_high", "fit"),
    NORMALS_TABLE: ("depth_mm", "h"),
    MARKS_TABLE: ("height_depth_mm", "height", "width_depth_mm", "width"),
}
_BLACK, _GREY, _RED, _BLUE = (0.0, 0.0, 0.0), (0.6, 0.6, 0.6), (0.84, 0.37, 0.0), (0.0, 0.45, 0.70)


def plot_tables(measurement):
    """The numbers behind the plot of one region: mapping table -> mapping column -> array.

    Depths in mm, everything else relative to the splenium. In the table of all normals a row of missing values parts
    one normal from the next; so one series draws them all. Without a measurement (None) everything is missing.
    """
    m = measurement
    if m is None:
        nothing = np.full(2, np.nan)
        return {table: dict.fromkeys(columns, nothing) for table, columns in _COLUMNS.items()}
    inside = m.lobe.window if m.lobe else np.zeros(len(m.depths_mm), bool)
    polarity = 1.0 if m.settings.polarity == "bright" else -1.0
    scale = m.splenium_intensity if m.settings.normalization == "splenium" else 1.0
    each = polarity * (m.intensities - m.white_matter_intensity) / scale
    gap = np.full((len(each), 1), np.nan)
    level = m.settings.width_fraction * m.sh_fit
    return {
        PROFILE_TABLE: {
            "depth_mm": m.depths_mm,
            "h": m.h,
            "h_low": m.h - 1.96 * m.h_se,
            "h_high": m.h + 1.96 * m.h_se,
            "fit": np.where(inside, m.fitted, np.nan),
        },
        NORMALS_TABLE: {
            "depth_mm": np.tile(np.append(m.depths_mm, np.nan), len(each)),
            "h": np.hstack([each, gap]).ravel(),
        },
        MARKS_TABLE: {
            "height_depth_mm": np.array([m.mode_mm, m.mode_mm]),
            "height": np.array([0.0, m.sh_fit]),
            "width_depth_mm": np.array(m.edges_mm),
            "width": np.array([level, level]),
        },
    }


def make_plot(scene, tables):
    """Plot series and chart nodes that show the tables; made once, after which only the tables change.

    Parameters
    ----------
    scene : vtkMRMLScene
    tables : mapping of PROFILE_TABLE, NORMALS_TABLE and MARKS_TABLE to table nodes
        With the columns of `plot_tables`.

    Returns
    -------
    vtkMRMLPlotChartNode
    """
    chart = scene.AddNewNodeByClass("vtkMRMLPlotChartNode", "M1SHThk profile")
    series = slicer.vtkMRMLPlotSeriesNode
    solid, dashed = series.LineStyleSolid, series.LineStyleDash
    profile, normals, marks = (tables[name] for name in (PROFILE_TABLE, NORMALS_TABLE, MARKS_TABLE))
    for name, table, x, y, color, width, style, opacity in (
        ("Each normal", normals, "depth_mm", "h", _GREY, 1, solid, 0.25),
        ("Mean h", profile, "depth_mm", "h", _BLACK, 3, solid, 1.0),
        ("95 % low", profile, "depth_mm", "h_low", _BLACK, 1, dashed, 1.0),
        ("95 % high", profile, "depth_mm", "h_high", _BLACK, 1, dashed, 1.0),
        ("Double sigmoid F", profile, "depth_mm", "fit", _RED, 3, solid, 1.0),
        ("SH, height", marks, "height_depth_mm", "height", _BLUE, 2, solid, 1.0),
        ("Thk, width", marks, "width_depth_mm", "width", _BLUE, 2, solid, 1.0),
    ):
        node = scene.AddNewNodeByClass("vtkMRMLPlotSeriesNode", name)
        node.SetHideFromEditors(True)
        node.SetAndObserveTableNodeID(table.GetID())
        node.SetPlotType(series.PlotTypeScatter)
        node.SetXColumnName(x)
        node.SetYColumnName(y)
        node.SetMarkerStyle(series.MarkerStyleNone)
        node.SetLineStyle(style)
        node.SetLineWidth(width)
        node.SetColor(*color)
        node.SetOpacity(opacity)
        chart.AddAndObservePlotSeriesNodeID(node.GetID())
    chart.SetXAxisTitle("Depth from the pial line (mm)")
    chart.SetYAxisTitle("Hypointensity h (relative to the splenium)")
    chart.SetLegendVisibility(False)
    chart.SetYAxisRangeAuto(False)
    return chart


def name_plot(chart, measurement):
    """Give the chart the region's name, its axis the unit of h, and the layer most of its height.

    The range moves in steps, so that it rests while a point is dragged.
    """
    title = measurement.name.capitalize() if measurement else ""
    relative = measurement is None or measurement.settings.normalization == "splenium"
    axis = "Hypointensity h (relative to the splenium)" if relative else "Hypointensity h (image unit)"
    if (chart.GetTitle(), chart.GetYAxisTitle()) != (title, axis):
        chart.SetTitle(title)
        chart.SetYAxisTitle(axis)
    if measurement is not None:
        inner = measurement.h[measurement.depths_mm > 0.5]
        top = max(float(inner.max(initial=0.0)), 3 * float(np.median(measurement.h_se)), 1e-9)
        step = 10.0 ** np.floor(np.log10(top)) / 2
        highest = step * np.ceil(1.3 * top / step)
        if tuple(chart.GetYAxisRange()) != (-highest, highest):
            chart.SetYAxisRange(-highest, highest)
