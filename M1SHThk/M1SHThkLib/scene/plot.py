"""One region's profile as table nodes and a plot chart node."""

import numpy as np
import slicer

from ..measuring.rounding import shown
from ..measuring.settings import Settings
from ..translation import tr as _
from .region_nodes import region_title

PROFILE_TABLE, NORMALS_TABLE, MARKS_TABLE = "profile", "normals", "marks"
_COLUMNS = {
    PROFILE_TABLE: ("depth_mm", "h", "h_low", "h_high", "fit"),
    NORMALS_TABLE: ("depth_mm", "h"),
    MARKS_TABLE: ("height_depth_mm", "height", "width_depth_mm", "width"),
}
MOST_NORMALS = 60  # drawn one by one: more cost time at every move and show nothing more
OUT_OF_SIGHT = -1e5  # beyond the ranges of both axes
_BLACK, _GREY, _RED, _BLUE = (0.0, 0.0, 0.0), (0.6, 0.6, 0.6), (0.84, 0.37, 0.0), (0.0, 0.45, 0.70)


def plot_tables(measurement):
    """The numbers behind the plot of one region: mapping table -> mapping column -> array.

    Depths in mm, everything else relative to the splenium. In the table of all normals a row of missing values parts
    one normal from the next; so one series draws them all. What is missing, as everything is without a measurement
    (None), lies out of sight: Slicer's plots write an error where there is no line to draw.
    """
    m = measurement
    if m is None:
        nothing = np.full(2, OUT_OF_SIGHT)
        return {table: dict.fromkeys(columns, nothing) for table, columns in _COLUMNS.items()}
    inside = m.lobe.window if m.lobe else np.zeros(len(m.depths_mm), bool)
    polarity = 1.0 if m.settings.polarity == "bright" else -1.0
    scale = m.splenium_intensity if m.settings.normalization == "splenium" else 1.0
    shown = m.intensities[:: -(-len(m.intensities) // MOST_NORMALS)]
    each = polarity * (shown - m.white_matter_intensity) / scale
    gap = np.full((len(each), 1), np.nan)
    level = m.settings.width_fraction * m.sh_fit
    return {
        PROFILE_TABLE: {
            "depth_mm": m.depths_mm,
            "h": _drawable(m.h),
            "h_low": _drawable(m.h - 1.96 * m.h_se),
            "h_high": _drawable(m.h + 1.96 * m.h_se),
            "fit": _drawable(np.where(inside, m.fitted, np.nan)),
        },
        NORMALS_TABLE: {
            "depth_mm": np.tile(np.append(m.depths_mm, np.nan), len(each)),
            "h": np.hstack([each, gap]).ravel(),
        },
        MARKS_TABLE: {
            "height_depth_mm": _drawable(np.array([m.mode_mm, m.mode_mm])),
            "height": _drawable(np.array([0.0, m.sh_fit])),
            "width_depth_mm": _drawable(np.array(m.edges_mm)),
            "width": _drawable(np.array([level, level])),
        },
    }


def _drawable(values):
    """The values, or as many out of sight where fewer than two of them are known."""
    return values if np.isfinite(values).sum() > 1 else np.full(len(values), OUT_OF_SIGHT)


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
        (_("Each normal"), normals, "depth_mm", "h", _GREY, 1, solid, 0.25),
        (_("Mean h"), profile, "depth_mm", "h", _BLACK, 3, solid, 1.0),
        (_("95 % low"), profile, "depth_mm", "h_low", _BLACK, 1, dashed, 1.0),
        (_("95 % high"), profile, "depth_mm", "h_high", _BLACK, 1, dashed, 1.0),
        (_("Double sigmoid F"), profile, "depth_mm", "fit", _RED, 3, solid, 1.0),
        (_("SH, height"), marks, "height_depth_mm", "height", _BLUE, 2, solid, 1.0),
        (_("Thk, width"), marks, "width_depth_mm", "width", _BLUE, 2, solid, 1.0),
    ):
        node = scene.AddNewNodeByClass("vtkMRMLPlotSeriesNode", name)
        draw_line(node, table, x, y, color, style, width)
        node.SetOpacity(opacity)
        chart.AddAndObservePlotSeriesNodeID(node.GetID())
    chart.SetXAxisTitle(_("Depth from the pial line (mm)"))
    chart.SetYAxisTitle(_("Hypointensity h (relative to the splenium)"))
    chart.SetLegendVisibility(True)
    chart.SetTitleFontSize(12)
    chart.SetAxisTitleFontSize(12)
    chart.SetLegendFontSize(11)
    chart.SetXAxisRangeAuto(False)
    chart.SetXAxisRange(0.0, Settings().depth_max_mm)
    chart.SetYAxisRangeAuto(False)
    chart.SetYAxisRange(-1.0, 1.0)
    return chart


def draw_line(series, table, x, y, color, style=slicer.vtkMRMLPlotSeriesNode.LineStyleSolid, width=2):
    """Let a series node join the points of two columns of a table node by a line; it is not offered for itself."""
    series.SetHideFromEditors(True)
    series.SetAndObserveTableNodeID(table.GetID())
    series.SetPlotType(series.PlotTypeScatter)
    series.SetXColumnName(x)
    series.SetYColumnName(y)
    series.SetMarkerStyle(series.MarkerStyleNone)
    series.SetLineStyle(style)
    series.SetLineWidth(width)
    series.SetColor(*color)


def update_plot(chart, measurement):
    """Show what the tables hold now, with the region's name and values, and the layer most of the height.

    The range moves in steps, so that it rests while a point is dragged.
    """
    was_modifying = chart.StartModify()
    relative = measurement is None or measurement.settings.normalization == "splenium"
    chart.SetTitle(title_of(measurement) if measurement else _("No line is measured yet"))
    in_splenium, in_image_unit = _("Hypointensity h (relative to the splenium)"), _("Hypointensity h (image unit)")
    chart.SetYAxisTitle(in_splenium if relative else in_image_unit)
    if measurement is not None:
        chart.SetXAxisRange(0.0, float(measurement.depths_mm[-1]))
        inner = measurement.h[measurement.depths_mm > 0.5]
        top = max(float(inner.max(initial=0.0)), 3 * float(np.median(measurement.h_se)), 1e-9)
        step = 10.0 ** np.floor(np.log10(top)) / 2
        highest = step * np.ceil(1.3 * top / step)
        chart.SetYAxisRange(-highest, highest)
    chart.Modified()
    chart.EndModify(was_modifying)


def title_of(measurement):
    """Region and values, short enough for a narrow view: 'Left hand knob: SH 0.057, Thk 1.10 mm, SH/Thk 0.052'."""
    m = measurement
    sh, thk, ratio = (
        shown(value, digits) if np.isfinite(value) else _("missing")
        for value, digits in ((m.sh, 3), (m.thk_mm, 2), (m.sh_thk_per_mm, 3))
    )
    region = region_title((m.hemisphere, m.region)).capitalize().removesuffix(" lobule")
    return _("{region}: SH {sh}, Thk {thk} mm, SH/Thk {ratio}").format(region=region, sh=sh, thk=thk, ratio=ratio)
