"""The user's hand: mouse and keys for tests, as Qt events sent to a view or widget, and the picture of the window."""

import time

import slicer
from PySide6.QtCore import QCoreApplication, QEvent, QPointF, Qt
from PySide6.QtGui import QEnterEvent, QKeyEvent, QMouseEvent

from .slice_view import qMRMLSliceView, qMRMLSliceWidget

_KEYS = {
    "Return": Qt.Key.Key_Return,
    "Enter": Qt.Key.Key_Enter,
    "Escape": Qt.Key.Key_Escape,
    "Delete": Qt.Key.Key_Delete,
    "Backspace": Qt.Key.Key_Backspace,
    "Space": Qt.Key.Key_Space,
    "PgUp": Qt.Key.Key_PageUp,
    "PgDown": Qt.Key.Key_PageDown,
}
_MODIFIERS = {
    "ctrl": Qt.KeyboardModifier.ControlModifier,
    "shift": Qt.KeyboardModifier.ShiftModifier,
    "alt": Qt.KeyboardModifier.AltModifier,
}
_BUTTONS = {
    "left": Qt.MouseButton.LeftButton,
    "right": Qt.MouseButton.RightButton,
    "middle": Qt.MouseButton.MiddleButton,
}
_NO_BUTTON = Qt.MouseButton.NoButton
_DOUBLE_CLICK_PIXELS = 5  # QPlatformTheme's


def move(view, ras, modifiers=()):
    """Move the pointer over the slice view (its name, widget or view) to a position in world RAS, mm."""
    view = _sliceView(view)
    _send(view, QEvent.Type.MouseMove, _position(view, ras), _NO_BUTTON, _NO_BUTTON, modifiers)


def click(view, ras, button="left", modifiers=()):
    """Move there and click; `button`: left, right or middle; `modifiers` of ctrl, shift, alt."""
    view = _sliceView(view)
    position = _position(view, ras)
    _send(view, QEvent.Type.MouseMove, position, _NO_BUTTON, _NO_BUTTON, modifiers)
    _send(view, QEvent.Type.MouseButtonPress, position, _BUTTONS[button], _BUTTONS[button], modifiers)
    _send(view, QEvent.Type.MouseButtonRelease, position, _BUTTONS[button], _NO_BUTTON, modifiers)


def doubleClick(view, ras, modifiers=()):
    """As Qt reports it: press, release, double click, release."""
    click(view, ras, modifiers=modifiers)
    view = _sliceView(view)
    position, left = _position(view, ras), Qt.MouseButton.LeftButton
    _send(view, QEvent.Type.MouseButtonDblClick, position, left, left, modifiers)
    _send(view, QEvent.Type.MouseButtonRelease, position, left, _NO_BUTTON, modifiers)


def clickFast(view, positions):
    """Click at one position after the other, so fast that the application does nothing between them.

    As Qt does it, a click that comes down where the last one was is reported as a double click.
    """
    view = _sliceView(view)
    left, last = Qt.MouseButton.LeftButton, None
    for ras in positions:
        position = _position(view, ras)
        isSecond = last is not None and (position - last).manhattanLength() <= _DOUBLE_CLICK_PIXELS
        kind = QEvent.Type.MouseButtonDblClick if isSecond else QEvent.Type.MouseButtonPress
        last = None if isSecond else position
        _post(view, QEvent.Type.MouseMove, position, _NO_BUTTON, _NO_BUTTON)
        _post(view, kind, position, left, left)
        _post(view, QEvent.Type.MouseButtonRelease, position, left, _NO_BUTTON)
    slicer.app.processEvents()


def drag(view, rasFrom, rasTo, steps=10, button="left", modifiers=()):
    """Press at one position, move in equal steps to the other, release there.

    The hand moves over the screen: a view that slides away under it meanwhile gets other positions.
    """
    view = _sliceView(view)
    held = _BUTTONS[button]
    start, end = _position(view, rasFrom), _position(view, rasTo)
    _send(view, QEvent.Type.MouseMove, start, _NO_BUTTON, _NO_BUTTON, modifiers)
    _send(view, QEvent.Type.MouseButtonPress, start, held, held, modifiers)
    for step in range(1, steps + 1):
        _send(view, QEvent.Type.MouseMove, start + (end - start) * (step / steps), _NO_BUTTON, held, modifiers)
    _send(view, QEvent.Type.MouseButtonRelease, end, held, _NO_BUTTON, modifiers)


def keyPress(target, key, modifiers=()):
    """Press and release a key over a slice view (by name) or a widget: a character, or Return, Escape, Delete, ...

    As in Qt the widget that has the focus may claim the key for itself; else the window's shortcuts (QShortcut,
    QAction) come first.
    """
    widget = _sliceView(target) if isinstance(target, str) else target
    code = _KEYS.get(key) or Qt.Key(ord(key.upper()))
    text = {"Return": "\r", "Enter": "\r", "Escape": "\x1b", "Space": " "}.get(key, key if len(key) == 1 else "")
    held = _held(modifiers)
    if held & Qt.KeyboardModifier.ControlModifier:
        text = ""
    widget.window().activateWindow()
    widget.setFocus()
    claim = QKeyEvent(QEvent.Type.ShortcutOverride, code, held, text)
    claim.ignore()
    QCoreApplication.sendEvent(widget, claim)
    if claim.isAccepted() or not _triggerShortcut(widget, code, held):
        QCoreApplication.sendEvent(widget, QKeyEvent(QEvent.Type.KeyPress, code, held, text))
        QCoreApplication.sendEvent(widget, QKeyEvent(QEvent.Type.KeyRelease, code, held, text))
    slicer.app.processEvents()


def wait(seconds):
    """Let the application live for a while: timers fire, views are drawn."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        slicer.app.processEvents()
        time.sleep(0.005)


def screenshot(path):
    """Save the picture of the main window as a PNG file."""
    slicer.app.processEvents()
    picture = slicer.util.mainWindow().grab()
    if not picture.save(str(path), "PNG"):
        raise OSError(f"Cannot write the picture {path}")


def _triggerShortcut(widget, code, held):
    """Qt's shortcuts listen to the window system, which has no keyboard here."""
    from PySide6.QtGui import QAction, QKeySequence, QShortcut

    pressed = QKeySequence(code.value | held.value)
    shortcuts, actions = (widget.window().findChildren(kind) for kind in (QShortcut, QAction))
    claims = [shortcut.activated.emit for shortcut in shortcuts if shortcut.isEnabled() and shortcut.key == pressed]
    claims += [
        action.trigger
        for action in actions
        if action.isEnabled() and pressed in action.shortcuts() and action.associatedObjects()
    ]
    if len(claims) == 1:  # of several, Qt lets none have the key
        claims[0]()
    return bool(claims)


def _sliceView(view):
    # What is about to be laid out anew would move under the pointer.
    slicer.app.processEvents()
    if isinstance(view, str):
        view = slicer.app.layoutManager().sliceWidget(view)
    view = view.sliceView() if isinstance(view, qMRMLSliceWidget) else view
    if not isinstance(view, qMRMLSliceView):
        raise TypeError(f"Not a slice view: {view!r}")
    return view


def _position(view, ras):
    """On the screen. Qt counts from the upper left in logical pixels, VTK from the lower left in the screen's own."""
    x, y, _ = view.convertRASToXYZ(ras)
    ratio = view.devicePixelRatioF()
    return view.mapToGlobal(QPointF(x / ratio, (view.height * ratio - 1 - y) / ratio))


def _held(modifiers):
    held = Qt.KeyboardModifier.NoModifier
    for name in (modifiers,) if isinstance(modifiers, str) else modifiers:
        held |= _MODIFIERS[name]
    return held


def _send(view, kind, onScreen, button, buttons, modifiers=()):
    _post(view, kind, onScreen, button, buttons, modifiers)
    slicer.app.processEvents()


def _post(view, kind, onScreen, button, buttons, modifiers=()):
    position = view.mapFromGlobal(onScreen)
    # A button that is held keeps the mouse to the view, wherever it goes.
    isHeld = kind is QEvent.Type.MouseButtonRelease or (kind is QEvent.Type.MouseMove and buttons is not _NO_BUTTON)
    if not isHeld and not view.rect.contains(position.toPoint()):
        raise ValueError(f"{position} is outside the view of {view.width} x {view.height} pixels")
    inWindow = view.mapTo(view.window(), position)
    if not vars(view).get("_entered"):
        view._entered = True
        QCoreApplication.sendEvent(view, QEnterEvent(position, inWindow, onScreen))
    QCoreApplication.sendEvent(view, QMouseEvent(kind, position, inWindow, onScreen, button, buttons, _held(modifiers)))
