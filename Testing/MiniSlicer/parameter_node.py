"""Stand-in of `slicer.parameterNodeWrapper.parameterNodeWrapper` (Base/Python/slicer/parameterNodeWrapper/wrapper.py).

Every parameter is cached, and read anew whenever the node is modified, as in Slicer: a value that changed without a
ModifiedEvent is an old one there too.
"""

import typing
import weakref
from dataclasses import dataclass

import qt
import slicer
import vtk

from .parameter_gui import createGuiConnector
from .parameter_serializers import createSerializer, validate
from .parameter_types import Default, findFirstAnnotation, splitAnnotations

__all__ = [
    "SlicerParameterNamePropertyName",
    "findChildWidgetForParameter",
    "isParameterNodeWrapper",
    "parameterNodeWrapper",
]

SlicerParameterNamePropertyName = "SlicerParameterName"


@dataclass
class ParameterInfo:
    """A parameter as declared."""

    basename: str
    serializer: object
    default: Default
    unalteredType: object


def parameterNodeWrapper(classtype=None):
    """Class decorator: annotated names become attributes that live in the vtkMRMLScriptedModuleNode given it."""
    return _wrap if classtype is None else _wrap(classtype)


def isParameterNodeWrapper(classOrObj):
    return getattr(classOrObj, "_is_parameter_node_wrapper", False)


def findChildWidgetForParameter(widget, parameter):
    children = widget.findChildren(qt.QWidget)
    return next((child for child in children if child.property(SlicerParameterNamePropertyName) == parameter), None)


def _wrap(cls):
    hints = typing.get_type_hints(cls, include_extras=True)
    parameters = {name: _declare(cls, name, hint) for name, hint in hints.items()}
    for name in vars(_Wrapper):
        if name in parameters:
            raise ValueError(f"Cannot use reserved name '{name}' in a parameterNodeWrapper")
        if not name.startswith("__") and hasattr(cls, name):
            raise ValueError(f"Cannot use reserved name '{name}' in a parameterNodeWrapper")
    for name, value in vars(_Wrapper).items():
        if name == "__init__" or not name.startswith("__"):
            setattr(cls, name, value)
    for name in parameters:
        setattr(cls, name, _attribute(name))
    cls.allParameters = parameters
    cls._is_parameter_node_wrapper = True
    return cls


def _declare(cls, name, hint):
    serializer = createSerializer(hint)
    default = findFirstAnnotation(splitAnnotations(hint)[1], Default)
    if hasattr(cls, name):
        default = Default(getattr(cls, name))
    return ParameterInfo(name, serializer, default or Default(serializer.default()), hint)


def _attribute(name):
    return property(lambda self: self.getValue(name), lambda self, value: self.setValue(name, value))


class _Wrapper:
    """What the decorated class is given."""

    def __init__(self, parameterNode, prefix=None):
        self.parameterNode = parameterNode
        self._prefix = prefix or ""
        self._cache = {}
        self._connections = {}
        self._observers = {}
        self._nextGuiTag = 0
        self._updatingGui = False
        for name, info in self.allParameters.items():
            if not info.serializer.isIn(parameterNode, self._prefix + name):
                validate(info.serializer, info.default.value)
                info.serializer.write(parameterNode, self._prefix + name, info.default.value)
        self._readAll()
        # The observation must not keep the wrapper alive, and ends with it.
        this = weakref.ref(self)
        onModified = lambda caller, event: this() and this()._readAll()  # noqa: E731
        # Before the others: VTK calls the first of equal priority last.
        tag = parameterNode.AddObserver(vtk.vtkCommand.ModifiedEvent, onModified, 1.0)
        weakref.finalize(self, parameterNode.RemoveObserver, tag).atexit = False

    def _readAll(self):
        for name in self.allParameters:
            self._read(name)

    def _read(self, name):
        info = self._info(name)
        if not info.serializer.isIn(self.parameterNode, self._prefix + name):
            info.serializer.write(self.parameterNode, self._prefix + name, info.default.value)
        self._cache[name] = info.serializer.read(self.parameterNode, self._prefix + name)

    def _info(self, name):
        if name not in self.allParameters:
            raise ValueError(f"Cannot find a param with the given name: {name}, found: {list(self.allParameters)}")
        return self.allParameters[name]

    def getValue(self, name):
        self._info(name)
        return self._cache[name]

    def setValue(self, name, value):
        serializer = self._info(name).serializer
        validate(serializer, value)
        # Observers of the node are told when the new value can be read.
        with slicer.util.NodeModify(self.parameterNode):
            serializer.write(self.parameterNode, self._prefix + name, value)
            self._read(name)

    def default(self, name):
        return self._info(name).default

    def isCached(self, name):
        self._info(name)
        return True

    @classmethod
    def dataType(cls, name):
        return cls.allParameters[name].unalteredType

    def connectGui(self, gui):
        """Bind every widget with the dynamic property SlicerParameterName; `gui` is a widget or holds widgets."""
        isWidget = isinstance(gui, qt.QWidget)
        widgets = gui.findChildren(qt.QWidget) if isWidget else vars(gui).values()
        named = {widget.property(SlicerParameterNamePropertyName): widget for widget in widgets}
        return self.connectParametersToGui({name: widget for name, widget in named.items() if name})

    def connectParametersToGui(self, mapping):
        """Bind `{parameter's name: widget}` both ways; the returned tag is for `disconnectGui`."""
        tag = self._nextGuiTag
        self._nextGuiTag += 1
        connectors = {name: createGuiConnector(widget, self.dataType(name)) for name, widget in mapping.items()}
        self._connections[tag] = connectors
        # As in Slicer a value that its widget cannot show ends this half way: the widgets before it stay connected, and
        # the tag, by which they could be disconnected, is lost.
        for name, connector in connectors.items():
            connector.write(self.getValue(name))
            connector.onChanged(lambda name=name, connector=connector: self._takeFromGui(name, connector))
        self._observers[tag] = self.AddObserver(vtk.vtkCommand.ModifiedEvent, lambda caller, event: self._updateGui())
        return tag

    def disconnectGui(self, guiTag):
        for connector in self._connections.pop(guiTag, {}).values():
            connector.onChanged(None)
        if guiTag in self._observers:
            self.RemoveObserver(self._observers.pop(guiTag))

    def _takeFromGui(self, name, connector):
        if not self._updatingGui:
            self.setValue(name, connector.read())

    def _updateGui(self):
        if self._updatingGui:
            return
        self._updatingGui = True
        try:
            with slicer.util.NodeModify(self):
                for connectors in list(self._connections.values()):
                    for name, connector in connectors.items():
                        connector.write(self.getValue(name))
        finally:
            self._updatingGui = False

    def StartModify(self):
        return self.parameterNode.StartModify()

    def EndModify(self, wasModified):
        return self.parameterNode.EndModify(wasModified)

    def AddObserver(self, event, callback, priority=0.0):
        return self.parameterNode.AddObserver(event, callback, priority)

    def RemoveObserver(self, tag):
        return self.parameterNode.RemoveObserver(tag)

    def Modified(self):
        return self.parameterNode.Modified()
