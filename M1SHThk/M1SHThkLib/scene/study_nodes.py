"""The nodes that show a study, known by their purpose: a new analysis fills them anew."""

import slicer

from ..measuring.columns import Column
from .plot import draw_line
from .scene_nodes import nodes_of_class
from .tables import fill_table

# What a node of a study is for, and whether it is offered to be shown.
ATTRIBUTE, SHOWN = "M1SHThk.Study", "M1SHThk.StudyShown"
_POINTS = (Column("x", "", "", None), Column("y", "", "", None), Column("what", "", "", None, is_text=True))
_SERIES = slicer.vtkMRMLPlotSeriesNode


class StudyNodes:
    """The scene's nodes of a study, by what they are for."""

    _CLASSES = ("vtkMRMLTableNode", "vtkMRMLTextNode", "vtkMRMLPlotSeriesNode", "vtkMRMLPlotChartNode")

    def __init__(self, scene):
        self._scene = scene
        found = [node for name in self._CLASSES for node in nodes_of_class(scene, name)]
        self._unused = {node.GetAttribute(ATTRIBUTE): node for node in found if node.GetAttribute(ATTRIBUTE)}

    def node(self, class_name, purpose, name, hidden=False):
        """The node of a purpose; `hidden`: it serves another one and is not offered for itself."""
        node = self._unused.pop(f"{class_name} {purpose}", None)
        if node is None:
            node = self._scene.AddNewNodeByClass(class_name, name)
            node.SetAttribute(ATTRIBUTE, f"{class_name} {purpose}")
        node.SetName(name)
        node.SetHideFromEditors(hidden)
        if not hidden:
            node.SetAttribute(SHOWN, "1")
        return node

    def table(self, purpose, name, columns, rows, hidden=False):
        """A filled table node."""
        node = self.node("vtkMRMLTableNode", purpose, name, hidden)
        fill_table(node, columns, rows)
        return node

    def series(self, purpose, name, rows, color, line=_SERIES.LineStyleSolid, width=2, marker=_SERIES.MarkerStyleNone):
        """A series of points (x, y, what), joined by lines but where a value is missing."""
        table = self.table(purpose, f"Study {purpose}", _POINTS, rows, hidden=True)
        node = self.node("vtkMRMLPlotSeriesNode", purpose, name, hidden=True)
        draw_line(node, table, "x", "y", color, line, width)
        node.SetLabelColumnName("what")
        node.SetMarkerStyle(marker)
        node.SetMarkerSize(7)
        return node

    def chart(self, purpose, title, x_title, y_title, series):
        """A chart of series."""
        chart = self.node("vtkMRMLPlotChartNode", purpose, f"Study {title}")
        chart.RemoveAllPlotSeriesNodeIDs()
        for node in series:
            # Slicer's plots write an error where there is no line to draw.
            if node.GetTableNode().GetNumberOfRows() > 1:
                chart.AddAndObservePlotSeriesNodeID(node.GetID())
        chart.SetTitle(title)
        chart.SetXAxisTitle(x_title)
        chart.SetYAxisTitle(y_title)
        chart.SetTitleFontSize(14)
        chart.SetAxisTitleFontSize(11)
        chart.SetLegendFontSize(11)
        chart.SetLegendVisibility(True)
        return chart

    def remove_unused(self):
        """Remove what the study has no use for."""
        for node in self._unused.values():
            self._scene.RemoveNode(node)
        self._unused = {}
