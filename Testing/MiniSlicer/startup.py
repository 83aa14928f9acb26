"""Bringing the application up, and the module into it."""

import ctypes
import importlib
import os
import shutil
import sys
import tempfile
import traceback
import types

_state = {}
errors = []
# Slicer 5.12 writes it whenever a scene with a tilted slice is loaded; vtkMRMLSliceNode::CopyContent no longer does.
_COMPLAINTS_OF_THE_WHEEL = ("invalid orientation preset name: Reformat",)


def start(window=False, testing=True):
    """Make the application, with `slicer`, `qt` and `ctk` complete; a later call at most opens the window.

    `window`: with main window and views. `testing`: as Slicer's --testing, messages do not wait for a click.
    """
    if _state:
        if window and "mainWindow" not in _state:
            _showWindow(_state["app"])
        return _state["app"]
    _chooseDrawing(testing)
    _guardSingletons()
    sys.excepthook = _recordError
    _listenToVTK()
    temporaryPath = tempfile.mkdtemp(prefix="MiniSlicer-")
    from PySide6 import QtCore

    from .qt_manners import teachManners

    teachManners()
    QtCore.qInstallMessageHandler(_printMessage)
    slicer = _makeSlicerNamespace()
    from .application import qSlicerApplication

    app = qSlicerApplication(temporaryPath, testingEnabled=testing)
    app.aboutToQuit.connect(lambda: shutil.rmtree(temporaryPath, ignore_errors=True))
    slicer.app = app
    _state["app"] = app
    _makeScene(slicer, temporaryPath)
    _registerWidgets(slicer)
    _registerScripts(slicer)
    _makeModules(slicer)
    if window:
        _showWindow(app)
    return app


def _chooseDrawing(testing):
    """Tests open no windows on the screen; without a screen nothing does."""
    hasScreen = sys.platform != "linux" or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    if testing or not hasScreen:
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    if not hasScreen:
        # VTK would find out too, but complains first.
        os.environ.setdefault("VTK_DEFAULT_OPENGL_WINDOW", "vtkEGLRenderWindow")


def _guardSingletons():
    """PySide6 6.12 gives back references to None, True and False that it never took.

    Since Python 3.12 these live for ever; before, the process ends at the moment when the last reference is gone.
    """
    if sys.version_info < (3, 12):
        for singleton in (None, True, False):
            ctypes.c_ssize_t.from_address(id(singleton)).value += 1 << 40


def _recordError(kind, error, trace):
    """Qt and VTK hand an exception in a callback to this hook and go on: it is kept for `raiseErrors`."""
    traceback.print_exception(kind, error, trace)
    errors.append(error)


class ErrorOfVTK(RuntimeError):
    """What VTK wrote to its output window as an error: in Slicer it stands in the error log, whose icon turns red."""


def _listenToVTK():
    import vtk

    @vtk.calldata_type(vtk.VTK_STRING)
    def record(caller, event, text):
        if not any(complaint in text for complaint in _COMPLAINTS_OF_THE_WHEEL):
            errors.append(ErrorOfVTK(text.strip()))

    vtk.vtkOutputWindow.GetInstance().AddObserver("ErrorEvent", record)


def _printMessage(kind, context, message):
    # The offscreen platform says so at every window that is shown.
    if "propagateSizeHints" not in message:
        print(message, file=sys.stderr)


def raiseErrors():
    """Raise the first exception that a callback let through, or error that VTK wrote, since the last call."""
    if errors:
        first = errors[0]
        errors.clear()
        raise first


def _makeSlicerNamespace():
    import slicer
    import slicer.util

    # The wheel also puts every function of slicer.util directly into slicer; Slicer does not.
    for name, value in list(vars(slicer).items()):
        if getattr(value, "__module__", None) == "slicer.util":
            delattr(slicer, name)
    for name in ("modules", "moduleNames"):
        module = types.ModuleType(name)
        sys.modules[f"slicer.{name}"] = module
        setattr(slicer, name, module)
    return slicer


def _makeScene(slicer, temporaryPath):
    from .dicom_database import ctkDICOMDatabase
    from .scene import makeScene
    from .subject_hierarchy import keepSubjectHierarchy

    scene = makeScene(temporaryPath)
    slicer.mrmlScene = scene.mrmlScene
    slicer.dicomDatabase = ctkDICOMDatabase()
    _state["scene"] = scene
    keepSubjectHierarchy(scene.mrmlScene)


def _registerWidgets(slicer):
    """The stand-ins under `ctk` and `slicer`, and the loader of .ui files that knows them."""
    from . import (
        checkable_combo_box,
        checkable_node_combo_box,
        ctk_numbers,
        ctk_widgets,
        markups_place_widget,
        mrml_widgets,
        node_combo_box,
        plot_view,
        segment_editor,
        segment_editor_effects,
        segment_selector,
        singleton_view,
        slice_view,
        table_view,
    )
    from .ui_loader import makeLoaderClass

    widgets = []
    checkable = (checkable_combo_box, checkable_node_combo_box)
    selectors = (node_combo_box, *checkable, segment_selector, markups_place_widget, segment_editor)
    for module in (ctk_widgets, ctk_numbers, mrml_widgets, *selectors, slice_view, plot_view, table_view):
        for name, value in vars(module).items():
            isHere = isinstance(value, type) and value.__module__ == module.__name__
            if isHere and name.startswith(("ctk", "qMRML", "qSlicer")):
                setattr(sys.modules["ctk"] if name.startswith("ctk") else slicer, name, value)
                widgets.append(value)
    sys.modules["qt"].QUiLoader = makeLoaderClass(widgets)
    slicer.qSlicerSingletonViewFactory = singleton_view.qSlicerSingletonViewFactory
    slicer.qMRMLUtils = singleton_view.qMRMLUtils
    slicer.qSlicerSegmentEditorAbstractEffect = segment_editor_effects.qSlicerSegmentEditorAbstractEffect


def _registerScripts(slicer):
    """Slicer's Python that the wheel lacks."""
    for name, source in (("i18n", "translation"), ("ScriptedLoadableModule", "scripted_module")):
        module = importlib.import_module(f".{source}", __package__)
        sys.modules[f"slicer.{name}"] = module
        setattr(slicer, name, module)
    sys.modules["SampleData"] = importlib.import_module(".sample_data", __package__)
    wrapper = types.ModuleType("slicer.parameterNodeWrapper")
    for source in ("parameter_types", "parameter_gui", "parameter_node"):
        module = importlib.import_module(f".{source}", __package__)
        vars(wrapper).update({name: getattr(module, name) for name in module.__all__})
    sys.modules["slicer.parameterNodeWrapper"] = wrapper
    slicer.parameterNodeWrapper = wrapper


def _makeModules(slicer):
    from .io_manager import IOManager
    from .module_manager import (
        ModuleManager,
        qSlicerLoadableModule,
        qSlicerScriptedLoadableModule,
        qSlicerScriptedLoadableModuleWidget,
    )

    slicer.qSlicerScriptedLoadableModule = qSlicerScriptedLoadableModule
    slicer.qSlicerScriptedLoadableModuleWidget = qSlicerScriptedLoadableModuleWidget
    scene = _state["scene"]
    moduleManager = ModuleManager()
    slicer.app._begin(scene, moduleManager, IOManager(scene))
    for name, logic in scene.logics.items():
        moduleManager._add(qSlicerLoadableModule(name, logic))


def _showWindow(app):
    from .main_window import MainWindow

    mainWindow = MainWindow()
    _state["mainWindow"] = mainWindow
    app._takeLayoutManager(mainWindow._layoutManager)
    mainWindow.show()
    app.processEvents()
    raiseErrors()


def loadModule(path):
    """Load a scripted module as Slicer does at start-up, and finish the start-up: `startupCompleted` is emitted.

    Returns the module object; its `widgetRepresentation()` makes the panel.
    """
    from .module_manager import qSlicerScriptedLoadableModule

    app = _state["app"]
    module = qSlicerScriptedLoadableModule(os.path.abspath(os.fspath(path)))
    app.moduleManager()._add(module)
    app.startupCompleted.emit()
    app.processEvents()
    raiseErrors()
    return module


def runSelfTest(moduleName):
    """Run the module's self-test by the call that Slicer's `Reload and Test` makes; its exceptions come through."""
    import slicer

    slicer.selfTests[moduleName](msec=0)
    slicer.app.processEvents()
    raiseErrors()


def closeScene():
    """Close the scene as File / Close Scene does: StartCloseEvent, singletons reset, EndCloseEvent."""
    import slicer

    slicer.mrmlScene.Clear(0)
    slicer.app.processEvents()
