"""Stand-ins of the plot view: a VTK chart of what vtkMRMLPlotChartNode and its series say."""

import slicer
import vtk
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLabel, QVBoxLayout

from .core_object import Observations
from .mrml_widgets import qMRMLWidget
from .render_view import RenderView

_SERIES = slicer.vtkMRMLPlotSeriesNode
_LINE_STYLES = {
    _SERIES.LineStyleNone: vtk.vtkPen.NO_PEN,
    _SERIES.LineStyleSolid: vtk.vtkPen.SOLID_LINE,
    _SERIES.LineStyleDash: vtk.vtkPen.DASH_LINE,
    _SERIES.LineStyleDot: vtk.vtkPen.DOT_LINE,
    _SERIES.LineStyleDashDot: vtk.vtkPen.DASH_DOT_LINE,
    _SERIES.LineStyleDashDotDot: vtk.vtkPen.DASH_DOT_DOT_LINE,
}
_MARKERS = {
    _SERIES.MarkerStyleNone: vtk.vtkPlotPoints.NONE,
    _SERIES.MarkerStyleCross: vtk.vtkPlotPoints.CROSS,
    _SERIES.MarkerStylePlus: vtk.vtkPlotPoints.PLUS,
    _SERIES.MarkerStyleSquare: vtk.vtkPlotPoints.SQUARE,
    _SERIES.MarkerStyleCircle: vtk.vtkPlotPoints.CIRCLE,
    _SERIES.MarkerStyleDiamond: vtk.vtkPlotPoints.DIAMOND,
}


class qMRMLPlotView(RenderView):
    """Follows qMRMLPlotView (Libs/MRML/Widgets/qMRMLPlotView.cxx) and ctkVTKChartView."""

    mrmlSceneChanged = Signal(object)
    _signatures = ("mrmlSceneChanged(vtkMRMLScene*)",)

    def __init__(self, parent=None):
        super().__init__(parent)
        self._scene = self._viewNode = self._chartNode = None
        self._plots = {}
        self._viewObservations = Observations(self)
        self._chartObservations = Observations(self)
        self._contextView = vtk.vtkContextView()
        self._contextView.SetRenderWindow(self._renderWindow)
        self._contextView.SetInteractor(self._interactor)
        self._chart = vtk.vtkChartXY()
        self._chart.GetBackgroundBrush().SetColor(255, 253, 246, 255)
        self._contextView.GetScene().AddItem(self._chart)

    def chart(self):
        return self._chart

    def scene(self):
        return self._contextView.GetScene()

    def setMRMLScene(self, newScene):
        if newScene is not self._scene:
            self._scene = newScene
            self._onViewNodeModified()
            self.mrmlSceneChanged.emit(newScene)

    def setMRMLPlotViewNode(self, newPlotViewNode):
        self._viewObservations.clear()
        self._viewNode = newPlotViewNode
        if newPlotViewNode:
            self._viewObservations.add(newPlotViewNode, "ModifiedEvent", self._onViewNodeModified)
            chartChanged = slicer.vtkMRMLPlotViewNode.PlotChartNodeChangedEvent
            self._viewObservations.add(newPlotViewNode, chartChanged, self._onViewNodeModified)
        self._onViewNodeModified()

    def fitToContent(self):
        """Axes that the chart node fixes are fitted too, and written back to it."""
        if self._chartNode is None:
            return
        self._chart.RecalculateBounds()
        for axis, write in ((vtk.vtkAxis.BOTTOM, "SetXAxisRange"), (vtk.vtkAxis.LEFT, "SetYAxisRange")):
            getattr(self._chartNode, write)(*self._chart.GetAxis(axis).GetRange())
        self._scheduleRender()

    def _onViewNodeModified(self, caller=None, event=None):
        chartNode = self._viewNode.GetPlotChartNode() if self._viewNode and self._scene else None
        if chartNode is not self._chartNode:
            self._chartObservations.clear()
            self._chartNode = chartNode
            if chartNode:
                self._chartObservations.add(chartNode, "ModifiedEvent", self._onChartNodeModified)
        self._onChartNodeModified()

    def _onChartNodeModified(self, caller=None, event=None):
        chartNode = self._chartNode
        if chartNode is None:
            self._takeSeries([])
        else:
            self._takeSeries([chartNode.GetNthPlotSeriesNode(n) for n in range(chartNode.GetNumberOfPlotSeriesNodes())])
            self._takeTexts()
            self._takeAxes()
        self.scene().SetDirty(True)
        self._scheduleRender()

    def _takeSeries(self, seriesNodes):
        """One plot a series, kept while it lasts: making plots anew is what takes the time."""
        wanted = {node.GetID(): node for node in seriesNodes if node is not None and _isPlottable(node)}
        for identifier in [known for known in self._plots if known not in wanted]:
            plot = self._plots.pop(identifier)
            # VTK sets up a plot again only after it has left its corner.
            self._chart.SetPlotCorner(plot, 1)
            self._chart.RemovePlotInstance(plot)
        for identifier, node in wanted.items():
            if not isinstance(self._plots.get(identifier), _plotClass(node)):
                if identifier in self._plots:
                    self._chart.RemovePlotInstance(self._plots[identifier])
                self._plots[identifier] = _plotClass(node)()
                self._chart.AddPlot(self._plots[identifier])
            _updatePlot(self._plots[identifier], node)

    def _takeTexts(self):
        node, chart = self._chartNode, self._chart
        font = chart.GetTitleProperties().GetFontFamilyFromString(node.GetFontType() or "Arial")
        chart.SetTitle(node.GetTitle() or "" if node.GetTitleVisibility() else "")
        chart.SetShowLegend(node.GetLegendVisibility())
        texts = [
            (chart.GetTitleProperties(), node.GetTitleFontSize()),
            (chart.GetLegend().GetLabelProperties(), node.GetLegendFontSize()),
        ]
        for index in range(4):
            axis = chart.GetAxis(index)
            texts.append((axis.GetTitleProperties(), node.GetAxisTitleFontSize()))
            texts.append((axis.GetLabelProperties(), node.GetAxisLabelFontSize()))
            axis.GetTitleProperties().SetBold(False)
        for properties, size in texts:
            properties.SetFontFamily(font)
            properties.SetFontSize(size)

    def _takeAxes(self):
        for index in range(4):
            axis = self._chart.GetAxis(index)
            letter = "X" if index in (vtk.vtkAxis.BOTTOM, vtk.vtkAxis.TOP) else "Y"
            said = {
                key: getattr(self._chartNode, f"Get{letter}Axis{key}")
                for key in ("Title", "TitleVisibility", "LogScale", "RangeAuto", "Range")
            }
            axis.SetTitle(said["Title"]() or "" if said["TitleVisibility"]() else "")
            axis.SetLogScale(said["LogScale"]())
            axis.SetGridVisible(self._chartNode.GetGridVisibility())
            if said["RangeAuto"]():
                axis.SetBehavior(vtk.vtkAxis.AUTO)
            else:
                axis.SetBehavior(vtk.vtkAxis.FIXED)
                axis.SetUnscaledRange(said["Range"]())
            axis.Update()
        self._chart.RecalculateBounds()


class qMRMLPlotWidget(qMRMLWidget):
    """Follows qMRMLPlotWidget (Libs/MRML/Widgets/qMRMLPlotWidget.cxx): a label above the view."""

    def __init__(self, parent=None):
        super().__init__(parent)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        self._label = QLabel("P", self)
        self._label.setStyleSheet("background: #e1e1ff; font-weight: bold; padding-left: 8px")
        self._view = qMRMLPlotView(self)
        layout.addWidget(self._label)
        layout.addWidget(self._view, 1)
        self._viewNode = None

    def _onSceneSet(self):
        self._view.setMRMLScene(self._scene)

    def setMRMLPlotViewNode(self, newPlotViewNode):
        self._viewNode = newPlotViewNode
        self._view.setMRMLPlotViewNode(newPlotViewNode)

    def mrmlPlotViewNode(self):
        return self._viewNode

    def mrmlAbstractViewNode(self):
        return self._viewNode

    def plotView(self):
        return self._view

    def viewWidget(self):
        return self._view


def _isPlottable(node):
    tableNode = node.GetTableNode()
    needed = [node.GetYColumnName()] + ([node.GetXColumnName()] if node.IsXColumnRequired() else [])
    if tableNode is None or tableNode.GetTable() is None:
        return False
    columns = [tableNode.GetTable().GetColumnByName(name) if name else None for name in needed]
    return all(column is not None and column.GetDataType() not in (vtk.VTK_STRING, vtk.VTK_BIT) for column in columns)


def _plotClass(node):
    bars = (_SERIES.PlotTypeBar, _SERIES.PlotTypeScatterBar)
    return vtk.vtkPlotBar if node.GetPlotType() in bars else vtk.vtkPlotLine


def _updatePlot(plot, node):
    plot.SetWidth(node.GetLineWidth())
    plot.SetColorF(*node.GetColor())
    plot.SetOpacity(node.GetOpacity())
    plot.GetPen().SetOpacityF(node.GetOpacity())
    isBar = node.GetPlotType() == _SERIES.PlotTypeBar
    plot.GetPen().SetLineType(vtk.vtkPen.SOLID_LINE if isBar else _LINE_STYLES[node.GetLineStyle()])
    if isinstance(plot, vtk.vtkPlotLine):
        plot.SetMarkerSize(node.GetMarkerSize())
        plot.SetMarkerStyle(_MARKERS[node.GetMarkerStyle()])
    xColumn = node.GetXColumnName() if node.IsXColumnRequired() else node.GetYColumnName()
    plot.SetUseIndexForXSeries(not node.IsXColumnRequired())
    plot.SetInputData(node.GetTableNode().GetTable(), xColumn, node.GetYColumnName())
    plot.SetLabel(node.GetName() or node.GetYColumnName())
