"""A VTK render window in a Qt widget without a GPU: drawn off-screen and painted, with Qt's events handed to VTK.

Follows ctkVTKRenderView (CTK: Libs/Visualization/VTK/Widgets/ctkVTKAbstractView.cpp) and VTK's QVTKInteractorAdapter
(GUISupport/Qt/QVTKInteractorAdapter.cxx), which Slicer's views are made of.
"""

import vtk
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QWidget

_BUTTONS = {
    Qt.MouseButton.LeftButton: "LeftButton",
    Qt.MouseButton.MiddleButton: "MiddleButton",
    Qt.MouseButton.RightButton: "RightButton",
}
_KEYS = {
    Qt.Key.Key_Return: "Return",
    Qt.Key.Key_Enter: "KP_Enter",
    Qt.Key.Key_Escape: "Escape",
    Qt.Key.Key_Delete: "Delete",
    Qt.Key.Key_Backspace: "BackSpace",
    Qt.Key.Key_Space: "space",
    Qt.Key.Key_Left: "Left",
    Qt.Key.Key_Right: "Right",
    Qt.Key.Key_Up: "Up",
    Qt.Key.Key_Down: "Down",
    Qt.Key.Key_Shift: "Shift_L",
    Qt.Key.Key_Control: "Control_L",
}


class RenderView(QWidget):
    """Renders when it is painted, and only if something asked for it since."""

    def __init__(self, parent=None):
        super().__init__(parent)
        self._renderWindow = vtk.vtkRenderWindow()
        self._renderWindow.SetOffScreenRendering(True)
        self._renderWindow.SetMultiSamples(0)
        self._interactor = vtk.vtkGenericRenderWindowInteractor()
        self._interactor.SetRenderWindow(self._renderWindow)
        self._interactor.SetInteractorStyle(vtk.vtkInteractorStyleUser())
        self._interactor.EnableRenderOff()
        self._interactor.AddObserver("RenderEvent", lambda caller, event: self._scheduleRender())
        self._image = None
        self._needsRender = True
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(80, 60)

    def renderWindow(self):
        return self._renderWindow

    def _scheduleRender(self):
        self._needsRender = True
        self.update()

    def _render(self):
        """Render now; the picture is painted when Qt next paints."""
        self._needsRender = False
        self._renderWindow.SetSize(*self._deviceSize())
        self._renderWindow.Render()
        width, height = self._renderWindow.GetSize()
        pixels = vtk.vtkUnsignedCharArray()
        self._renderWindow.GetRGBACharPixelData(0, 0, width - 1, height - 1, False, pixels)
        image = QImage(bytes(pixels), width, height, QImage.Format.Format_RGBX8888)
        self._image = image.flipped(Qt.Orientation.Vertical)  # VTK's first row is the lowest
        self._image.setDevicePixelRatio(self.devicePixelRatioF())
        self.update()

    def _deviceSize(self):
        ratio = self.devicePixelRatioF()
        return max(1, round(self.width * ratio)), max(1, round(self.height * ratio))

    def paintEvent(self, event):
        if self._needsRender:
            self._render()
        QPainter(self).drawImage(0, 0, self._image)

    def resizeEvent(self, event):
        width, height = self._deviceSize()
        self._renderWindow.SetSize(width, height)
        self._interactor.SetSize(width, height)
        self._interactor.InvokeEvent("ConfigureEvent")
        self._scheduleRender()

    def _tell(self, event, name, position=None):
        """Hand one event to VTK, with the position that it always needs and the modifiers."""
        if position is not None:
            ratio = self.devicePixelRatioF()
            x, y = round(position.x() * ratio), self._deviceSize()[1] - 1 - round(position.y() * ratio)
        else:
            x, y = self._interactor.GetEventPosition()
        control, shift, alt = _modifiers(event)
        repeat = int(event.type() == QEvent.Type.MouseButtonDblClick)
        self._interactor.SetEventInformation(x, y, control, shift, chr(0), repeat, None)
        self._interactor.SetAltKey(alt)
        self._interactor.InvokeEvent(name)

    def enterEvent(self, event):
        self._tell(event, "EnterEvent", event.position())

    def leaveEvent(self, event):
        self._tell(event, "LeaveEvent")

    def mousePressEvent(self, event):
        self.setFocus()
        self._tell(event, f"{_BUTTONS[event.button()]}PressEvent", event.localPos())

    def mouseDoubleClickEvent(self, event):
        self._tell(event, f"{_BUTTONS[event.button()]}DoubleClickEvent", event.localPos())

    def mouseMoveEvent(self, event):
        self._tell(event, "MouseMoveEvent", event.localPos())

    def mouseReleaseEvent(self, event):
        self._tell(event, f"{_BUTTONS[event.button()]}ReleaseEvent", event.localPos())

    def wheelEvent(self, event):
        direction = "Forward" if event.angleDelta().y() > 0 else "Backward"
        self._tell(event, f"MouseWheel{direction}Event", event.position())

    def keyPressEvent(self, event):
        self._tellKey(event, "KeyPressEvent")
        if event.text():
            self._interactor.InvokeEvent("CharEvent")

    def keyReleaseEvent(self, event):
        self._tellKey(event, "KeyReleaseEvent")

    def _tellKey(self, event, name):
        symbol = _KEYS.get(Qt.Key(event.key()), event.text() or chr(event.key() & 0x7F).lower())
        character = event.text()[:1] if event.text().isascii() and event.text() else chr(0)
        control, shift, alt = _modifiers(event)
        self._interactor.SetKeyEventInformation(control, shift, character, 0, symbol)
        self._interactor.SetAltKey(alt)
        self._interactor.InvokeEvent(name)


def _modifiers(event):
    held = event.modifiers() if hasattr(event, "modifiers") else Qt.KeyboardModifier.NoModifier
    keys = (Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.AltModifier)
    return tuple(int(bool(held & key)) for key in keys)
