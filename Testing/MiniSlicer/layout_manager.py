"""Stand-in of `slicer.app.layoutManager()`: the wheel's layout logic says which views, Qt splitters show them."""

import slicer
import vtk
from PySide6.QtCore import Property, Qt, Signal
from PySide6.QtWidgets import QFrame, QLabel, QSplitter, QTabWidget, QVBoxLayout

from .core_object import CoreObject, Observations
from .plot_view import qMRMLPlotWidget
from .slice_view import qMRMLSliceWidget
from .table_view import qMRMLTableWidget


class LayoutManager(CoreObject):
    """Follows qMRMLLayoutManager (Libs/MRML/Widgets/qMRMLLayoutManager.cxx), qSlicerLayoutManager and ctkLayoutManager.

    Shows slice, plot and table views, and widgets of registered factories; where a layout has a 3D view there is a
    label.
    """

    layoutChanged = Signal(int)

    def __init__(self, viewport):
        super().__init__(viewport)
        self._viewport = viewport
        box = QVBoxLayout(viewport)
        box.setContentsMargins(0, 0, 0, 0)
        self._root = None
        self._scene = slicer.mrmlScene
        self._widgets = {}
        self._factories = {}
        self._sliceLogics = vtk.vtkCollection()
        slicer.app.applicationLogic().SetSliceLogics(self._sliceLogics)
        self._logic = slicer.vtkMRMLLayoutLogic()
        self._logic.SetMRMLApplicationLogic(slicer.app.applicationLogic())
        self._logic.SetMRMLScene(self._scene)
        self._observations = Observations(self)
        self._node = self._logic.GetLayoutNode()
        self._observations.add(self._node, "ModifiedEvent", self._onNodeModified)
        for event in (slicer.vtkMRMLScene.EndBatchProcessEvent, slicer.vtkMRMLScene.EndCloseEvent):
            self._observations.add(self._scene, event, self._onNodeModified)
        self._shown = None
        self.setLayout(slicer.vtkMRMLLayoutNode.SlicerLayoutConventionalView)

    def layoutLogic(self):
        return self._logic

    def mrmlScene(self):
        return self._scene

    def mrmlSliceLogics(self):
        return self._sliceLogics

    def setLayout(self, newLayout):
        if newLayout == self.layout:
            return
        if not self._node.IsLayoutDescription(newLayout):
            newLayout = slicer.vtkMRMLLayoutNode.SlicerLayoutConventionalView
        self._node.RemoveAllMaximizedViewNodes()
        self._node.SetViewArrangement(newLayout)

    layout = Property(int, lambda self: self._node.GetViewArrangement(), setLayout)

    def registerViewFactory(self, viewFactory):
        self._factories[viewFactory.tagName()] = viewFactory

    def viewport(self, viewportName=""):
        return self._viewport

    def sliceViewNames(self):
        return tuple(w.mrmlSliceNode().GetLayoutName() for w in self._of(qMRMLSliceWidget))

    def sliceWidget(self, name):
        return next((w for w in self._of(qMRMLSliceWidget) if w.mrmlSliceNode().GetLayoutName() == name), None)

    def plotWidget(self, id):
        return self._nth(qMRMLPlotWidget, id)

    def tableWidget(self, id):
        return self._nth(qMRMLTableWidget, id)

    def threeDWidget(self, name):
        return None

    plotViewCount = Property(int, lambda self: len(self._of(qMRMLPlotWidget)))
    tableViewCount = Property(int, lambda self: len(self._of(qMRMLTableWidget)))
    threeDViewCount = Property(int, lambda self: 0)

    def resetSliceViews(self):
        for widget in self._of(qMRMLSliceWidget):
            widget.fitSliceToBackground()

    def resetThreeDViews(self):
        """There are none."""

    def setRenderPaused(self, pause):
        slicer.app.setRenderPaused(pause)

    def pauseRender(self):
        self.setRenderPaused(True)

    def resumeRender(self):
        self.setRenderPaused(False)

    def _of(self, kind):
        return [widget for widget in self._widgets.values() if isinstance(widget, kind)]

    def _nth(self, kind, index):
        widgets = self._of(kind)
        return widgets[index] if 0 <= index < len(widgets) else None

    def _onNodeModified(self, caller, event):
        if not self._scene.IsBatchProcessing():
            self._update()

    def _update(self):
        """Build the splitters anew if the layout is another one; view widgets are made once and moved."""
        arrangement, description = self._node.GetViewArrangement(), self._node.GetCurrentLayoutDescription()
        if not description or (arrangement, description) == self._shown:
            return
        self._shown = (arrangement, description)
        for widget in [*self._widgets.values(), *(factory.widget() for factory in self._factories.values())]:
            widget.hide()
            widget.setParent(self._viewport)
        old, self._root = self._root, self._build(self._node.GetLayoutRootElement())
        self._viewport.layout().addWidget(self._root)
        if old is not None:
            self._viewport.layout().removeWidget(old)
            old.deleteLater()
        self.layoutChanged.emit(arrangement)

    def _build(self, element):
        if element.GetName() == "view":
            return self._view(element)
        if element.GetName() in self._factories:
            return self._factories[element.GetName()].widget()
        kind = element.GetAttribute("type") or "horizontal"
        items = [element.GetNestedElement(index) for index in range(element.GetNumberOfNestedElements())]
        items = [item for item in items if item.GetName() == "item"]
        children = [self._build(item.GetNestedElement(0)) for item in items]
        if kind == "tab":
            box = QTabWidget()
            for item, child in zip(items, children, strict=True):
                box.addTab(child, item.GetAttribute("name") or "")
            return box
        box = QSplitter(Qt.Orientation.Vertical if kind == "vertical" else Qt.Orientation.Horizontal)
        box.setChildrenCollapsible(False)
        for child in children:
            box.addWidget(child)
            child.show()
        # "splitSize" is a share of the whole; what is left out is like its neighbours.
        box.setSizes([int(item.GetAttribute("splitSize") or 500) * 1000 for item in items])
        return box

    def _view(self, element):
        viewNode = self._logic.GetViewFromElement(element)
        widget = self._widgets.get(viewNode.GetID())
        if widget is None:
            widget = self._widgets[viewNode.GetID()] = self._makeWidget(viewNode)
        widget.show()
        return widget

    def _makeWidget(self, viewNode):
        if isinstance(viewNode, slicer.vtkMRMLSliceNode):
            widget = qMRMLSliceWidget(self._viewport)
            self._sliceLogics.AddItem(widget.sliceLogic())
            widget.setObjectName(f"qMRMLSliceWidget{viewNode.GetLayoutName()}")
            widget.setMRMLSliceNode(viewNode)
        elif isinstance(viewNode, slicer.vtkMRMLPlotViewNode):
            widget = qMRMLPlotWidget(self._viewport)
            widget.setMRMLPlotViewNode(viewNode)
        elif isinstance(viewNode, slicer.vtkMRMLTableViewNode):
            widget = qMRMLTableWidget(self._viewport)
            widget.setMRMLTableViewNode(viewNode)
        else:
            return _placeholder(self._viewport)
        widget.setMRMLScene(self._scene)
        return widget


def _placeholder(parent):
    label = QLabel("3D view\n(not in MiniSlicer)", parent)
    label.setAlignment(Qt.AlignmentFlag.AlignCenter)
    label.setFrameShape(QFrame.Shape.StyledPanel)
    return label
