"""Stand-ins of the modules, of their factory, and of `slicer.app.moduleManager()`."""

import importlib.util
import os
import sys

import slicer
from PySide6.QtCore import Property, Signal
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QVBoxLayout

from .core_object import CoreObject, stored
from .mrml_widgets import qSlicerWidget
from .scripted_file_reader import qSlicerScriptedFileReader


class qSlicerLoadableModule(CoreObject):
    """A module of the wheel: its logic, without its panel. Follows qSlicerAbstractCoreModule (Base/QTCore)."""

    def __init__(self, name, logic):
        super().__init__()
        self.setObjectName(name)
        self._logic = logic

    title = stored(str, "title", "")

    def logic(self):
        return self._logic

    def widgetRepresentation(self):
        return None


class qSlicerScriptedLoadableModule(CoreObject):
    """Follows qSlicerScriptedLoadableModule (Base/QTGUI/qSlicerScriptedLoadableModule.cxx).

    Unlike Slicer, which prints them, exceptions of the script are raised.
    """

    def __init__(self, path):
        super().__init__()
        name = os.path.splitext(os.path.basename(path))[0]
        self.setObjectName(name)
        self._path = path
        self._representation = None
        self._module = _executeFile(name, path)
        instance = getattr(self._module, name)(self)
        setattr(slicer.modules, name + "Instance", instance)
        if hasattr(instance, "setup"):
            instance.setup()
        if hasattr(self._module, name + "FileReader"):
            slicer.app.ioManager()._register(qSlicerScriptedFileReader(getattr(self._module, name + "FileReader")))

    title = stored(str, "title", "")
    categories = stored("QVariantList", "categories", ())
    contributors = stored("QVariantList", "contributors", ())
    dependencies = stored("QVariantList", "dependencies", ())
    associatedNodeTypes = stored("QVariantList", "associatedNodeTypes", ())
    helpText = stored(str, "helpText", "")
    acknowledgementText = stored(str, "acknowledgementText", "")
    hidden = stored(bool, "hidden", False)
    icon = stored(QIcon, "icon", QIcon())
    index = stored(int, "index", -1)

    @property
    def path(self):
        return self._path

    def widgetRepresentation(self):
        """The module's panel, made when first asked for; None if the script has no widget class."""
        if self._representation is None:
            self._representation = self.createNewWidgetRepresentation()
        return self._representation

    def createNewWidgetRepresentation(self):
        if not hasattr(self._module, self.name + "Widget"):
            return None
        representation = qSlicerScriptedLoadableModuleWidget(self.name, self._path)
        representation.setMRMLScene(slicer.mrmlScene)
        representation.setup()
        return representation


class qSlicerScriptedLoadableModuleWidget(qSlicerWidget):
    """Follows qSlicerScriptedLoadableModuleWidget and qSlicerAbstractModuleWidget (Base/QTGUI)."""

    def __init__(self, moduleName, path):
        super().__init__()
        QVBoxLayout(self)
        self._moduleName = moduleName
        self._path = path
        self._isEntered = False
        self._instantiate()

    def _instantiate(self):
        self._self = getattr(sys.modules[self._moduleName], self._moduleName + "Widget")(self)
        setattr(slicer.modules, self._moduleName + "Widget", self._self)

    def self(self):
        """The script's widget object."""
        return self._self

    def setup(self):
        self._self.setup()

    def reload(self):
        self._instantiate()
        self.setup()

    isEntered = Property(bool, lambda self: self._isEntered)

    def enter(self):
        self._isEntered = True
        self._callIfDefined("enter")

    def exit(self):
        self._isEntered = False
        self._callIfDefined("exit")

    def _callIfDefined(self, method):
        if hasattr(self._self, method):
            getattr(self._self, method)()


class FactoryManager(CoreObject):
    """Follows qSlicerModuleFactoryManager (Base/QTCore/qSlicerModuleFactoryManager.h)."""

    def __init__(self, modules):
        super().__init__()
        self._modules = modules

    def loadedModuleNames(self):
        return tuple(self._modules)

    def isLoaded(self, name):
        return name in self._modules


class ModuleManager(CoreObject):
    """Follows qSlicerModuleManager (Base/QTCore/qSlicerModuleManager.h)."""

    moduleLoaded = Signal(str)
    moduleAboutToBeUnloaded = Signal(str)

    def __init__(self):
        super().__init__()
        self._modules = {}
        self._factoryManager = FactoryManager(self._modules)

    def module(self, name):
        return self._modules.get(name)

    def modulesNames(self):
        return tuple(self._modules)

    def factoryManager(self):
        return self._factoryManager

    def _add(self, module):
        """Make the module known, as `slicer.modules.<lower case name>` and `slicer.moduleNames.<name>` too."""
        self._modules[module.name] = module
        setattr(slicer.modules, module.name.lower(), module)
        setattr(slicer.moduleNames, module.name, module.name)
        self.moduleLoaded.emit(module.name)


def _executeFile(name, path):
    """Slicer puts a module's folder on `sys.path` and executes its file once, under the module's name."""
    folder = os.path.dirname(path)
    if folder not in sys.path:
        sys.path.insert(0, folder)
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module
