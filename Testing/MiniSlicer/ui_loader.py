"""Stand-in of the QUiLoader that Slicer's scripts use: knows the stand-ins, and makes the connections of the file.

PySide6 can load custom classes but connects no slot of theirs: `<connections>` are therefore taken out of the file and
made here. Stricter than Qt: an unknown class, object, signal, slot or property of a stand-in is an error.
"""

import xml.etree.ElementTree as ElementTree

from PySide6 import QtWidgets
from PySide6.QtCore import QBuffer, QObject
from PySide6.QtUiTools import QUiLoader as PlainLoader


def makeLoaderClass(widgetClasses):
    """A QUiLoader class that knows these widget classes by their names."""
    names = {cls.__name__ for cls in widgetClasses}

    class QUiLoader(QObject):
        def __init__(self, parent=None):
            super().__init__(parent)
            self._loader = PlainLoader(self)
            for cls in widgetClasses:
                self._loader.registerCustomWidget(cls)

        def load(self, device, parentWidget=None):
            root = ElementTree.fromstring(bytes(device.readAll()))
            _requireKnownClasses(root, names)
            connections = root.find("connections")
            if connections is not None:
                root.remove(connections)
            buffer = QBuffer()
            buffer.setData(ElementTree.tostring(root))
            widget = self._loader.load(buffer, parentWidget)
            if widget is None:
                raise ValueError(f"Qt cannot load the user interface: {self._loader.errorString()}")
            _requireKnownProperties(widget, names)
            for connection in connections if connections is not None else ():
                _connect(widget, {part.tag: part.text for part in connection})
            return widget

    return QUiLoader


def _requireKnownClasses(root, names):
    for element in root.iter("widget"):
        name = element.get("class")
        if name not in names and not hasattr(QtWidgets, name):
            raise ValueError(f"MiniSlicer has no widget class {name} (object {element.get('name')})")


def _requireKnownProperties(widget, names):
    for child in (widget, *widget.findChildren(QtWidgets.QWidget)):
        if type(child).__name__ in names:
            dynamic = [bytes(name).decode() for name in child.dynamicPropertyNames()]
            unknown = [name for name in dynamic if not name.startswith(("Slicer", "_"))]
            if unknown:
                raise ValueError(f"{type(child).__name__} {child.objectName} has no property {', '.join(unknown)}")


def _connect(widget, connection):
    sender, receiver = (_named(widget, connection[end]) for end in ("sender", "receiver"))
    slot = getattr(receiver, connection["slot"].split("(")[0])
    argumentCount = 0 if connection["slot"].endswith("()") else 1
    sender.connect(connection["signal"], lambda *arguments: slot(*arguments[:argumentCount]))


def _named(widget, name):
    found = widget if widget.objectName == name else widget.findChild(QObject, name)
    if found is None:
        raise ValueError(f"The file connects {name}, which is not in it")
    return found
