"""Stand-in of `slicer.app`."""

import os

from PySide6.QtCore import Property, QCoreApplication, QEventLoop, QLocale, QSettings, Signal
from PySide6.QtWidgets import QApplication

from .core_object import CoreObject

SLICER_VERSION = (5, 12, 4)


class CommandOptions(CoreObject):
    """Follows qSlicerCommandOptions (Base/QTGUI/qSlicerCommandOptions.h) and its base qSlicerCoreCommandOptions."""

    def __init__(self, testingEnabled):
        super().__init__()
        self._noMainWindow = True
        self._testingEnabled = testingEnabled
        self._runPythonAndExit = False

    noMainWindow = Property(bool, lambda self: self._noMainWindow)
    testingEnabled = Property(bool, lambda self: self._testingEnabled)

    def _setRunPythonAndExit(self, value):
        self._runPythonAndExit = value

    runPythonAndExit = Property(bool, lambda self: self._runPythonAndExit, _setRunPythonAndExit)


class qSlicerApplication(QApplication):
    """Follows qSlicerApplication (Base/QTGUI/qSlicerApplication.cxx) and qSlicerCoreApplication (Base/QTCore)."""

    startupCompleted = Signal()
    mrmlSceneChanged = Signal(object)
    renderPaused = Signal(bool)
    _signatures = ("mrmlSceneChanged(vtkMRMLScene*)",)

    def __init__(self, temporaryPath, testingEnabled):
        super().__init__(["MiniSlicer"])
        QCoreApplication.setOrganizationName("MiniSlicer")
        QCoreApplication.setApplicationName("Slicer")
        # The settings of whoever runs the tests stay as they are.
        QSettings.setDefaultFormat(QSettings.Format.IniFormat)
        QSettings.setPath(
            QSettings.Format.IniFormat, QSettings.Scope.UserScope, os.path.join(temporaryPath, "settings")
        )
        self._temporaryPath = temporaryPath
        self._commandOptions = CommandOptions(testingEnabled)
        self._settings = QSettings()
        self._settings.setValue("Developer/SelfTestDisplayMessageDelay", 0)
        self._renderPauses = 0
        self._scene = self._layoutManager = self._moduleManager = self._ioManager = None

    temporaryPath = Property(str, lambda self: self._temporaryPath)
    slicerHome = Property(str, lambda self: self._temporaryPath)
    cachePath = Property(str, lambda self: os.path.join(self._temporaryPath, "cache"))
    defaultScenePath = Property(str, lambda self: self._temporaryPath)
    startupWorkingPath = Property(str, lambda self: os.getcwd())
    applicationVersion = Property(str, lambda self: ".".join(map(str, SLICER_VERSION)))
    majorVersion = Property(int, lambda self: SLICER_VERSION[0])
    minorVersion = Property(int, lambda self: SLICER_VERSION[1])
    repositoryRevision = Property(str, lambda self: "0")
    revision = Property(str, lambda self: "0")
    applicationLocaleName = Property(str, lambda self: "en_US")
    applicationLocale = Property(QLocale, lambda self: QLocale("en_US"))
    documentationBaseUrl = Property(str, lambda self: "https://slicer.readthedocs.io/en/latest/")
    mainApplicationName = Property(str, lambda self: "Slicer")

    def _begin(self, scene, moduleManager, ioManager):
        """Take what the start-up has made."""
        self._scene, self._moduleManager, self._ioManager = scene, moduleManager, ioManager

    def _takeLayoutManager(self, layoutManager):
        self._layoutManager = layoutManager
        self._commandOptions._noMainWindow = False

    def mrmlScene(self):
        return self._scene.mrmlScene

    def applicationLogic(self):
        return self._scene.applicationLogic

    def moduleLogic(self, moduleName):
        return self._scene.logics.get(moduleName)

    def moduleManager(self):
        return self._moduleManager

    def ioManager(self):
        return self._ioManager

    def coreIOManager(self):
        return self._ioManager

    def layoutManager(self):
        return self._layoutManager

    def commandOptions(self):
        return self._commandOptions

    def testingEnabled(self):
        return self._commandOptions.testingEnabled

    def settings(self):
        return self._settings

    def userSettings(self):
        return self._settings

    def revisionUserSettings(self):
        return self._settings

    def translate(self, context, key, disambiguation=None, n=-1):
        return QCoreApplication.translate(context, key, disambiguation, n)

    def moduleDocumentationUrl(self, moduleName):
        return f"{self.documentationBaseUrl}user_guide/modules/{moduleName.lower()}.html"

    def processEvents(self, flags=QEventLoop.ProcessEventsFlag.AllEvents):
        QCoreApplication.processEvents(flags)

    def setRenderPaused(self, pause):
        self._renderPauses = max(0, self._renderPauses + (1 if pause else -1))
        self.renderPaused.emit(self._renderPauses > 0)

    def pauseRender(self):
        self.setRenderPaused(True)

    def resumeRender(self):
        self.setRenderPaused(False)
