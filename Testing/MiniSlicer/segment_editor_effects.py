"""Stand-ins of the segment editor's effects: Draw, the one with which a closed outline fills a segment."""

import slicer
import vtk
from PySide6.QtCore import Property

from .core_object import CoreObject

_LOGIC = slicer.vtkSlicerSegmentEditorLogic


class qSlicerSegmentEditorAbstractEffect(CoreObject):
    """Follows qSlicerSegmentEditorAbstractEffect (Modules/Loadable/Segmentations/EditorEffects)."""

    ModificationModeSet = _LOGIC.ModificationModeSet
    ModificationModeAdd = _LOGIC.ModificationModeAdd
    ModificationModeRemove = _LOGIC.ModificationModeRemove
    ModificationModeRemoveAll = _LOGIC.ModificationModeRemoveAll
    _name = ""

    def __init__(self, editor, logic):
        super().__init__(editor)
        self.setObjectName(self._name)
        self._logic = logic
        self._active = False

    title = Property(str, lambda self: self._name)
    perSegment = Property(bool, lambda self: True)
    requireSegments = Property(bool, lambda self: True)

    def helpText(self):
        return ""

    def activate(self):
        self._active = True

    def deactivate(self):
        self._active = False

    def active(self):
        return self._active

    def parameterSetNode(self):
        return self._logic.GetSegmentEditorNode()

    def parameter(self, name):
        return self.parameterSetNode().GetAttribute(f"{self._name}.{name}") or ""

    def setParameter(self, name, value):
        self.parameterSetNode().SetAttribute(f"{self._name}.{name}", str(value))

    def defaultModifierLabelmap(self):
        self._logic.ResetModifierLabelmapToDefault()
        return self._logic.GetModifierLabelmap()

    def saveStateForUndo(self):
        self._logic.SaveStateForUndo()

    def modifySelectedSegmentByLabelmap(self, modifierLabelmap, modificationMode, bypassMasking=False):
        node = self.parameterSetNode()
        segmentID = node.GetSelectedSegmentID() or ""
        self._logic.ModifySegmentByLabelmap(
            node.GetSegmentationNode(), segmentID, modifierLabelmap, modificationMode, self.perSegment, bypassMasking
        )

    def processInteractionEvents(self, callerInteractor, event, viewWidget):
        """True if no one else is to see the event."""
        return False

    def processViewNodeEvents(self, callerViewNode, event, viewWidget):
        """The slice has moved."""


class Draw(qSlicerSegmentEditorAbstractEffect):
    """Follows SegmentEditorDrawEffect.py (Segmentations/EditorEffects/Python/SegmentEditorEffects).

    Left click or drag adds points; right click, double click, Enter or A closes and fills; X takes the last point back.
    """

    _name = "Draw"

    def __init__(self, editor, logic):
        super().__init__(editor, logic)
        self._outlines = {}

    def helpText(self):
        return "Draw segment outline in slice viewers."

    def deactivate(self):
        for outline in self._outlines.values():
            outline.remove()
        self._outlines = {}
        super().deactivate()

    def processInteractionEvents(self, callerInteractor, event, viewWidget):
        name = viewWidget.mrmlSliceNode().GetLayoutName()
        if name not in self._outlines:
            self._outlines[name] = _Outline(viewWidget)
        outline = self._outlines[name]
        withModifier = (
            callerInteractor.GetShiftKey() or callerInteractor.GetControlKey() or callerInteractor.GetAltKey()
        )
        handled = self._process(outline, callerInteractor, event, withModifier)
        outline.place()
        return handled

    def _process(self, outline, interactor, event, withModifier):
        if event == "LeftButtonPressEvent" and not withModifier:
            outline.state = "drawing"
            outline.add(interactor.GetEventPosition())
        elif event == "MouseMoveEvent" and outline.state == "drawing":
            outline.add(interactor.GetEventPosition())
        elif event == "LeftButtonReleaseEvent" and outline.state == "drawing":
            outline.state = "moving"
        elif event == "RightButtonPressEvent" and not withModifier:
            outline.state = "finishing"
        elif (event == "RightButtonReleaseEvent" and outline.state == "finishing") or (
            event == "LeftButtonDoubleClickEvent" and not withModifier
        ):
            wasDrawn = len(outline.points) > 1
            self._apply(outline)
            return wasDrawn
        elif event == "KeyPressEvent" and interactor.GetKeySym() in ("a", "Return"):
            self._apply(outline)
        elif event == "KeyPressEvent" and interactor.GetKeySym() == "x":
            outline.points = outline.points[:-1]
        else:
            return False
        return True

    def processViewNodeEvents(self, callerViewNode, event, viewWidget):
        if callerViewNode.GetLayoutName() in self._outlines:
            self._outlines[callerViewNode.GetLayoutName()].place()

    def _apply(self, outline):
        if len(outline.points) > 1:
            labelmap = self.defaultModifierLabelmap()
            node = self.parameterSetNode()
            _LOGIC.AppendPolyMask(labelmap, outline.closed(), outline.sliceNode, node.GetSegmentationNode())
            outline.clear()
            self.saveStateForUndo()
            self.modifySelectedSegmentByLabelmap(labelmap, self.ModificationModeAdd)
        else:
            outline.clear()


class _Outline:
    """The line drawn so far in one slice view; its points are in world RAS and stay on the slice of the first."""

    def __init__(self, sliceWidget):
        self.view = sliceWidget.sliceView()
        self.logic = sliceWidget.sliceLogic()
        self.sliceNode = sliceWidget.mrmlSliceNode()
        self.actor = vtk.vtkActor2D()
        self.actor.SetMapper(vtk.vtkPolyDataMapper2D())
        self.actor.GetProperty().SetColor(1, 1, 0)
        self.view._renderer.AddViewProp(self.actor)
        self.clear()

    def clear(self):
        self.points = []
        self.state = ""
        self.offset = None

    def remove(self):
        self.view._renderer.RemoveViewProp(self.actor)
        self.view.scheduleRender()

    def add(self, position):
        if self.offset is None:
            self.offset = self.logic.GetSliceOffset()
        if self.offset == self.logic.GetSliceOffset():
            self.points.append(self.view.convertXYZToRAS((*position, 0)))

    def place(self):
        """Draw the line where its points lie in the view now."""
        self.actor.GetMapper().SetInputData(self._line(isClosed=False))
        self.view.scheduleRender()

    def closed(self):
        return self._line(isClosed=True)

    def _line(self, isClosed):
        points, cells = vtk.vtkPoints(), vtk.vtkCellArray()
        for point in self.points:
            points.InsertNextPoint(self.view.convertRASToXYZ(point))
        count = len(self.points)
        for index in range(count if isClosed else count - 1):
            cells.InsertNextCell(2, (index, (index + 1) % count))
        line = vtk.vtkPolyData()
        line.SetPoints(points)
        line.SetLines(cells)
        return line


EFFECTS = (Draw,)
