"""PySide6 with PythonQt's manners, and the modules `qt` and `ctk` that Slicer's scripts import.

Slicer wraps Qt with PythonQt (Base/QTCore/qSlicerCorePythonManager.cxx; PythonQt: src/PythonQtInstanceWrapper.cpp):
properties are attributes (`button.enabled = False`, `label.text`) and their getters no methods, setters stay, signals
are connected by their C++ signature, and a C++ object takes no attribute that it does not have.
The classes of PySide6 themselves are taught, so that objects which Qt hands out behave like those made in Python.
"""

import sys
import types

from PySide6 import QtCore, QtGui, QtUiTools, QtWidgets
from PySide6.QtCore import SIGNAL, QObject

_STRICT_MODULES = ("PySide6.", "MiniSlicer.")
# Qt calls these back through Python; their getter ends that, where the property would go round for ever.
_VIRTUAL_GETTERS = ("sizeHint", "minimumSizeHint")
_connect = QObject.connect
_disconnect = QObject.disconnect
_findChild = QObject.findChild
_findChildren = QObject.findChildren


class QtProperty:
    """A Qt property as a Python attribute; on the class itself, what PySide6 has under that name."""

    def __init__(self, name, typeName, onClass):
        self.name = name
        self.typeName = typeName
        self.onClass = onClass

    def __get__(self, instance, owner):
        if instance is None:
            if self.onClass is None:
                raise AttributeError(self.name)
            return self.onClass
        if self.name in _VIRTUAL_GETTERS:
            return self.onClass(instance)
        value = QObject.property(instance, self.name)
        return tuple(value) if isinstance(value, list) else value

    def __set__(self, instance, value):
        accepted = {"QString": str, "bool": (bool, int), "int": (int, float), "double": (int, float)}.get(self.typeName)
        if accepted and not isinstance(value, accepted):
            raise ValueError(f"Property '{self.name}' of type '{self.typeName}' does not accept {value!r}")
        if not QObject.setProperty(instance, self.name, value):
            raise AttributeError(f"Property '{self.name}' cannot be set to {value!r}")


def teachManners():
    """Teach every QObject class of PySide6; to be called once, before anything is made of them."""
    values = [value for module in (QtCore, QtGui, QtUiTools, QtWidgets) for value in _public(module).values()]
    classes = [value for value in values if isinstance(value, type) and issubclass(value, QObject)]
    originals = {cls: cls.__getattribute__ for cls in classes}
    for cls in classes:
        _teachProperties(cls)
        cls.__getattribute__ = _attributeGetter(originals[cls])
        cls.__setattr__ = setAttribute
    QObject.findChild = findChild
    QObject.findChildren = findChildren
    QObject.className = lambda self: self.metaObject().className()
    QObject.delete = QObject.deleteLater
    # PythonQtClassInfo::member gives the object name under this second name.
    QObject.name = QtProperty("objectName", "QString", None)
    for cls in (QtWidgets.QDialog, QtWidgets.QMenu, QtWidgets.QApplication):
        cls.exec_ = cls.exec
    # PythonQt returns the file's name or the text alone, without the filter that was chosen or how the dialog ended.
    for name in ("getOpenFileName", "getOpenFileNames", "getSaveFileName"):
        setattr(QtWidgets.QFileDialog, name, _firstOf(getattr(QtWidgets.QFileDialog, name)))
    QtWidgets.QInputDialog.getText = _firstOf(QtWidgets.QInputDialog.getText)
    _teachMouseEvent()
    sys.modules["qt"] = _namespace("qt", (QtCore, QtGui, QtWidgets))
    sys.modules["ctk"] = types.ModuleType("ctk")


def _teachMouseEvent():
    """Slicer's is Qt 5: a mouse event says where it was under the older names, and under them alone."""
    position = QtGui.QMouseEvent.position
    QtGui.QMouseEvent.localPos = position
    QtGui.QMouseEvent.pos = lambda self: position(self).toPoint()
    QtGui.QMouseEvent.position = _Missing("position")


class _Missing:
    """What the class above has, and this one has not."""

    def __init__(self, name):
        self.name = name

    def __get__(self, instance, owner):
        raise AttributeError(self.name)


def _firstOf(function):
    return staticmethod(lambda *arguments, **options: function(*arguments, **options)[0])


def _attributeGetter(original):
    """The class's own look-up, but for the two methods that PySide6 looks up in no dictionary."""

    def getAttribute(self, name):
        if name in ("connect", "disconnect"):
            return types.MethodType(connect if name == "connect" else disconnect, self)
        return original(self, name)

    return getAttribute


def _teachProperties(cls):
    metaObject = cls.staticMetaObject
    for index in range(metaObject.propertyOffset(), metaObject.propertyCount()):
        meta = metaObject.property(index)
        if (cls, meta.name()) == (QtCore.QTimer, "singleShot"):
            continue  # here PythonQt has the static method
        setattr(cls, meta.name(), QtProperty(meta.name(), meta.typeName(), getattr(cls, meta.name(), None)))
    for name in _VIRTUAL_GETTERS:
        if name in vars(cls) and not isinstance(vars(cls)[name], QtProperty):
            setattr(cls, name, QtProperty(name, "QSize", getattr(cls, name)))


def setAttribute(self, name, value):
    """Set an attribute that exists; scripts' own subclasses take new ones, `_private` ones are a stand-in's state."""
    cls = type(self)
    known = next((vars(base)[name] for base in cls.__mro__ if name in vars(base)), None)
    if isinstance(known, QtCore.Property):
        if known.fset is None:
            raise AttributeError(f"Property '{name}' of {cls.__name__} is read-only")
        known.fset(self, value)
    elif hasattr(type(known), "__set__"):
        known.__set__(self, value)
    elif known is None and cls.__module__.startswith(_STRICT_MODULES) and not name.startswith("_"):
        if isinstance(value, QObject) and value.objectName == name:
            return  # PySide6's QUiLoader hangs the children of a .ui file onto its root; Slicer's does not.
        raise AttributeError(f"Attribute '{name}' of {cls.__name__} does not exist, and C++ objects take no new ones")
    elif callable(known) and cls.__module__.startswith("PySide6.") and not isinstance(value, QtCore.SignalInstance):
        raise AttributeError(f"'{name}' of {cls.__name__} is a method")
    else:
        vars(self)[name] = value


def connect(self, signature, receiver, *ignored):
    """Connect a signal by its C++ signature: `button.connect("clicked(bool)", f)`; an unknown signature is an error."""
    if not isinstance(signature, str):
        return _connect(self, signature, receiver, *ignored)
    standIn = _standInSignal(self, signature)
    if standIn:
        standIn.connect(receiver)
    elif self.metaObject().indexOfSignal(QtCore.QMetaObject.normalizedSignature(signature).toStdString()) < 0:
        raise ValueError(f"{self.className()} has no signal {signature}")
    else:
        _connect(self, SIGNAL(signature), receiver)
    return True


def disconnect(self, signature, receiver=None):
    """Undo `connect` with the same arguments."""
    if not isinstance(signature, str):
        return _disconnect(self, signature, receiver)
    standIn = _standInSignal(self, signature)
    if standIn:
        return standIn.disconnect(receiver)
    return _disconnect(self, SIGNAL(signature), receiver)


def _standInSignal(self, signature):
    """The stand-in's own signal of that C++ signature (in `_signatures`); PySide6 calls its argument PyObject."""
    for known in getattr(type(self), "_signatures", ()):
        if known.replace(" ", "") == signature.replace(" ", ""):
            return getattr(self, known.split("(")[0])
    return None


def _byClassName(wanted):
    return getattr(sys.modules["qt"], wanted, QObject) if isinstance(wanted, str) else wanted


def findChild(self, wanted, name=None):
    """As Qt's, with the class also by its name."""
    return _findChild(self, _byClassName(wanted), name)


def findChildren(self, wanted, name=None):
    """As Qt's, with the class also by its name."""
    return tuple(_findChildren(self, _byClassName(wanted), name))


def _namespace(name, modules):
    """One module with the public names of several."""
    merged = types.ModuleType(name)
    for module in modules:
        vars(merged).update(_public(module))
    return merged


def _public(module):
    """Names and values; by `dir`, since PySide6 makes its classes when they are first asked for."""
    return {name: getattr(module, name) for name in dir(module) if not name.startswith("_")}
