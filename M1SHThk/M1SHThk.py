"""The M1SHThk module of 3D Slicer: SH/Thk of the deep layers of the primary motor cortex.

Slicer runs this file at every start, for everybody. It therefore brings nothing that Slicer has not loaded already: all
that the module does lies in M1SHThkLib, which is imported when the module is opened or asked for something.
"""

import os
import sys

import slicer
import vtk
from slicer.i18n import tr as _
from slicer.i18n import translate
from slicer.ScriptedLoadableModule import (
    ScriptedLoadableModule,
    ScriptedLoadableModuleLogic,
    ScriptedLoadableModuleTest,
    ScriptedLoadableModuleWidget,
)


class M1SHThk(ScriptedLoadableModule):
    """What the module selector shows."""

    def __init__(self, parent):
        ScriptedLoadableModule.__init__(self, parent)
        self.parent.title = _("M1 SH/Thk")
        self.parent.categories = [translate("qSlicerAbstractCoreModule", "Quantification")]
        self.parent.dependencies = []
        self.parent.contributors = ["M1SHThk contributors"]
        self.parent.helpText = _(
            "Measures signal hypointensity (SH) and thickness (Thk) of the deep layers of the primary motor cortex on "
            "T2*-weighted images, after Donatelli et al., AJNR Am J Neuroradiol 2018;39:63. Research use only. "
            "Not a medical device. Validated on digital exams only."
        )
        self.parent.acknowledgementText = _("The method is that of Donatelli et al., University of Pisa.")
        slicer.app.connect("startupCompleted()", registerSampleData)
        # A layout that a loaded scene names must be known before.
        slicer.app.connect("startupCompleted()", registerLayout)


def registerLayout():
    """Make the module's layout of the views known."""
    from M1SHThkLib.panel.layout import register_layouts

    register_layouts()


def registerSampleData():
    """Offer a digital exam in the Sample Data module; it is made on this computer, not downloaded."""
    import SampleData

    iconPath = os.path.join(os.path.dirname(__file__), "Resources", "Icons", "M1SHThk.png")
    SampleData.SampleDataLogic.registerCustomSampleDataSource(
        category="M1SHThk",
        sampleName="M1SHThkDigitalExam",
        thumbnailFileName=iconPath,
        uris="https://github.com/M1SHThk/M1SHThk",
        fileNames="M1SHThkDigitalExam",
        nodeNames="M1SHThkDigitalExam",
        customDownloader=loadDigitalExam,
    )


def loadDigitalExam(source=None):
    """Make a digital exam (a simulated patient at 3T), drawn and ready to be measured; returns its volume node."""
    from M1SHThkLib.digital_exam.phantom import PhantomOptions, make_phantom

    phantom = make_phantom(PhantomOptions(field_strength=3, group="patient", slices=6, cropped=True))
    return M1SHThkLogic().loadExam(phantom.exam())


class M1SHThkWidget(ScriptedLoadableModuleWidget):
    """Hands Slicer's life cycle to the panel (M1SHThkLib.panel)."""

    def __init__(self, parent=None):
        self.ui = self.logic = self.panel = None
        ScriptedLoadableModuleWidget.__init__(self, parent)

    def setup(self):
        """Called when the user opens the module the first time."""
        from M1SHThkLib.panel.panel import Panel

        ScriptedLoadableModuleWidget.setup(self)
        uiWidget = slicer.util.loadUI(self.resourcePath("UI/M1SHThk.ui"))
        self.layout.addWidget(uiWidget)
        self.logic = M1SHThkLogic()
        self.panel = Panel(uiWidget, self.logic, is_entered=lambda: self.parent.isEntered)
        self.ui = self.panel.ui

    def cleanup(self):
        """Called when the application closes and the module widget is destroyed."""
        if self.panel is not None:  # else the set-up has failed
            self.panel.remove()

    def enter(self):
        """Called each time the user opens this module."""
        self.panel.enter()

    def exit(self):
        """Called each time the user opens a different module."""
        self.panel.exit()

    def onReload(self):
        """Developer's reload: the library's modules are loaded anew with the script."""
        for name in [name for name in sys.modules if name.split(".")[0] == "M1SHThkLib"]:
            del sys.modules[name]
        ScriptedLoadableModuleWidget.onReload(self)


class M1SHThkLogic(ScriptedLoadableModuleLogic):
    """Measures from MRML nodes, exports, analyses studies; works without the panel.

    What it can be asked for stands in M1SHThkLib.panel.logic.ModuleLogic and M1SHThkLib.scene.logic.SceneLogic, for
    example `slicer.util.getModuleLogic("M1SHThk").measure()`.
    """

    def __init__(self):
        from M1SHThkLib.panel.logic import ModuleLogic

        ScriptedLoadableModuleLogic.__init__(self)
        self._logic = ModuleLogic(super().getParameterNode)

    def getParameterNode(self):
        """The scene's M1SHThkParameterNode; the same object as long as the node is the same."""
        return self._logic.getParameterNode()

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._logic, name)

    def __dir__(self):
        return sorted({*super().__dir__(), *dir(self._logic)})


class M1SHThkTest(ScriptedLoadableModuleTest):
    """Self-test: a digital exam, whose truth is known, measured through the scene; its tests lie in M1SHThkLib."""

    def runTest(self):
        from M1SHThkLib.panel.self_test import TESTS

        for test in TESTS:
            slicer.mrmlScene.Clear()
            test(self, sys.modules[__name__])
            self.delayDisplay("Test passed")


class M1SHThkFileReader:
    """Lets Slicer open an exam file: by Add Data, by dropping it, by slicer.util.loadNodeFromFile."""

    def __init__(self, parent):
        self.parent = parent

    def description(self):
        return _("M1SHThk exam")

    def fileType(self):
        return "M1SHThkExam"

    def extensions(self):
        return [_("M1SHThk exam") + " (*.json)"]

    def canLoadFileConfidence(self, filePath):
        """Called for every file that is dropped or added."""
        from M1SHThkLib.files.exam_schema import is_exam_file

        return 0.9 if self.parent.supportedNameFilters(filePath) and is_exam_file(filePath) else 0.0

    def load(self, properties):
        try:
            volume = M1SHThkLogic().loadExamFile(properties["fileName"])
        except ValueError as error:
            self.parent.userMessages().AddMessage(vtk.vtkCommand.ErrorEvent, str(error))
            return False
        self.parent.loadedNodes = [volume.GetID()]
        return True
