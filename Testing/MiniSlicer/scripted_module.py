"""Stand-in of `slicer.ScriptedLoadableModule` (Slicer: Base/Python/slicer/ScriptedLoadableModule.py)."""

import logging
import os
import sys
import unittest

import qt
import slicer

__all__ = [
    "ScriptedLoadableModule",
    "ScriptedLoadableModuleLogic",
    "ScriptedLoadableModuleTest",
    "ScriptedLoadableModuleWidget",
]


class ScriptedLoadableModule:
    """What a module says about itself; `parent` is the qSlicerScriptedLoadableModule."""

    def __init__(self, parent):
        super().__init__()
        self.parent = parent
        self.moduleName = type(self).__name__
        parent.title = ""
        parent.categories = []
        parent.dependencies = []
        parent.contributors = []
        parent.helpText = ""
        parent.acknowledgementText = ""
        for extension in (".svg", ".png"):
            iconPath = self.resourcePath(f"Icons/{self.moduleName}{extension}")
            if os.path.isfile(iconPath):
                parent.icon = qt.QIcon(iconPath)
                break
        if not hasattr(slicer, "selfTests"):
            slicer.selfTests = {}
        slicer.selfTests[self.moduleName] = self.runTest

    def resourcePath(self, filename):
        return os.path.join(os.path.dirname(self.parent.path), "Resources", filename)

    def getDefaultModuleDocumentationLink(self, docPage=None):
        app = slicer.app
        url = app.documentationBaseUrl + docPage if docPage else app.moduleDocumentationUrl(self.moduleName)
        return f'<p>For more information, see the <a href="{url}">online documentation</a>.</p>'

    def runTest(self, msec=100, **kwargs):
        testClass = getattr(sys.modules[self.__module__], self.moduleName + "Test", None)
        if testClass is None:
            raise AssertionError(f"Test case class not found: {self.__module__}.{self.moduleName}Test")
        test = testClass()
        test.messageDelay = msec
        test.runTest(**kwargs)


class ScriptedLoadableModuleWidget:
    """A module's panel; `parent` is the qSlicerScriptedLoadableModuleWidget (made here, and set up, if None)."""

    def __init__(self, parent=None):
        super().__init__()
        self.moduleName = type(self).__name__.removesuffix("Widget")
        self.developerMode = slicer.util.settingsValue("Developer/DeveloperMode", False, converter=slicer.util.toBool)
        if parent:
            self.parent = parent
        else:
            self.parent = slicer.qMRMLWidget()
            self.parent.setLayout(qt.QVBoxLayout())
            self.parent.setMRMLScene(slicer.mrmlScene)
        self.layout = self.parent.layout()
        if not parent:
            self.setup()
            self.parent.show()
        slicer.app.moduleManager().connect("moduleAboutToBeUnloaded(QString)", self._onModuleAboutToBeUnloaded)

    def resourcePath(self, filename):
        return os.path.join(os.path.dirname(slicer.util.modulePath(self.moduleName)), "Resources", filename)

    def cleanup(self):
        """For subclasses: called before the module is unloaded or reloaded."""

    def _onModuleAboutToBeUnloaded(self, moduleName):
        if moduleName == self.moduleName:
            self.cleanup()
            slicer.app.moduleManager().disconnect("moduleAboutToBeUnloaded(QString)", self._onModuleAboutToBeUnloaded)

    def setupDeveloperSection(self):
        """Slicer's Reload & Test section, here without its buttons."""

    def setup(self):
        self.setupDeveloperSection()

    def onReload(self):
        slicer.util.reloadScriptedModule(self.moduleName)

    def onTest(self, **kwargs):
        with slicer.util.tryWithErrorDisplay("Test failed."):
            delay = slicer.app.userSettings().value("Developer/SelfTestDisplayMessageDelay")
            slicer.selfTests[self.moduleName](msec=int(delay), **kwargs)

    def onReloadAndTest(self, **kwargs):
        with slicer.util.tryWithErrorDisplay("Reload and Test failed."):
            self.onReload()
            delay = slicer.app.userSettings().value("Developer/SelfTestDisplayMessageDelay")
            slicer.selfTests[self.moduleName](msec=int(delay), **kwargs)


class ScriptedLoadableModuleLogic:
    """A module's work; keeps the parameter node, of which there is one in a scene if `isSingletonParameterNode`."""

    def __init__(self, parent=None):
        super().__init__()
        self.moduleName = type(self).__name__.removesuffix("Logic")
        self.isSingletonParameterNode = True

    def getParameterNode(self):
        """The module's first vtkMRMLScriptedModuleNode, added to the scene if there is none."""
        if self.isSingletonParameterNode:
            node = slicer.mrmlScene.GetSingletonNode(self.moduleName, "vtkMRMLScriptedModuleNode")
            if node:
                # Closing the scene may have taken the attribute away.
                if node.GetAttribute("ModuleName") != self.moduleName:
                    node.SetAttribute("ModuleName", self.moduleName)
                return node
        elif self.getAllParameterNodes():
            return self.getAllParameterNodes()[0]
        return slicer.mrmlScene.AddNode(self.createParameterNode())

    def getAllParameterNodes(self):
        nodes = slicer.util.getNodesByClass("vtkMRMLScriptedModuleNode")
        return [node for node in nodes if node.GetAttribute("ModuleName") == self.moduleName]

    def createParameterNode(self):
        """A new parameter node, not yet in the scene."""
        node = slicer.mrmlScene.CreateNodeByClass("vtkMRMLScriptedModuleNode")
        node.UnRegister(None)
        if self.isSingletonParameterNode:
            node.SetSingletonTag(self.moduleName)
        node.SetAttribute("ModuleName", self.moduleName)
        node.SetName(slicer.mrmlScene.GenerateUniqueName(self.moduleName))
        return node


class ScriptedLoadableModuleTest(unittest.TestCase):
    """A module's self-test: `runTest` runs every method with "test" in its name, unless it is overridden."""

    def __init__(self, *args, **kwargs):
        self.moduleTestNames = []
        super().__init__(*args, **kwargs)
        self.enableScreenshots = False
        self.screenshotScaleFactor = 1.0
        if not self.moduleTestNames:
            self.moduleTestNames = [name for name in dir(self) if "test" in name and callable(getattr(self, name))]

    def delayDisplay(self, message, requestedDelay=None, msec=None):
        """Show the message; the runner's `messageDelay` goes before `msec`, and that before `requestedDelay`."""
        delays = (getattr(self, "messageDelay", None), msec, requestedDelay, 100)
        slicer.util.delayDisplay(message, next(delay for delay in delays if delay is not None))

    def takeScreenshot(self, name, description, type=-1):
        """Only says the description: screenshots are off by default in Slicer too."""
        self.delayDisplay(description)

    def setUp(self):
        pass

    def tearDown(self):
        pass

    def runTest(self):
        if not self.moduleTestNames:
            logging.warning(f"No test is defined in {type(self).__name__}")
            return
        self.setUpClass()
        for name in self.moduleTestNames:
            self.setUp()
            logging.info(f"Running {name}")
            getattr(self, name)()
            self.tearDown()
        self.tearDownClass()
