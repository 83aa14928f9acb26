"""The MRML scene with the logics that keep it: what the application has made before any module is loaded.

Follows Slicer's qSlicerCoreApplicationPrivate::init and ::initDataIO (Base/QTCore/qSlicerCoreApplication.cxx) and the
`setup()` of the loadable modules (Modules/Loadable/*/qSlicer*Module.cxx). The Terminologies logic is left out: it
complains about the files that only an installed Slicer has.
"""

import os
from dataclasses import dataclass

import slicer

LOGICS = {
    "Colors": "vtkSlicerColorLogic",
    "Units": "vtkSlicerUnitsLogic",
    "SubjectHierarchy": "vtkSlicerSubjectHierarchyModuleLogic",
    "Transforms": "vtkSlicerTransformLogic",
    "Volumes": "vtkSlicerVolumesLogic",
    "Models": "vtkSlicerModelsLogic",
    "Markups": "vtkSlicerMarkupsLogic",
    "Segmentations": "vtkSlicerSegmentationsModuleLogic",
    "Sequences": "vtkSlicerSequencesLogic",
    "Tables": "vtkSlicerTablesLogic",
    "Texts": "vtkSlicerTextsLogic",
    "Plots": "vtkSlicerPlotsLogic",
    "SceneViews": "vtkSlicerSceneViewsModuleLogic",
}


@dataclass(frozen=True)
class Scene:
    """The scene and what lives as long as it does; `logics` are by module name."""

    mrmlScene: object
    applicationLogic: object
    logics: dict
    dataInputOutput: tuple


def makeScene(temporaryPath):
    """Make the scene with every node class of the wheel registered; caches and logs go below `temporaryPath`."""
    applicationLogic = slicer.vtkSlicerApplicationLogic()
    applicationLogic.SetTemporaryPath(temporaryPath)
    applicationLogic.SetHomeDirectory(temporaryPath)
    applicationLogic.SetShareDirectory("share")
    os.makedirs(os.path.join(temporaryPath, "share", "ColorFiles"))
    mrmlScene = slicer.vtkMRMLScene()
    mrmlScene.SetRootDirectory(temporaryPath)
    crosshair = slicer.vtkMRMLCrosshairNode()
    crosshair.SetCrosshairName("default")
    mrmlScene.AddNode(crosshair)
    applicationLogic.SetMRMLScene(mrmlScene)
    dataInputOutput = _connectDataInputOutput(mrmlScene, applicationLogic, os.path.join(temporaryPath, "cache"))
    slicer.vtkMRMLSliceViewDisplayableManagerFactory.GetInstance().SetMRMLApplicationLogic(applicationLogic)
    return Scene(mrmlScene, applicationLogic, _makeLogics(mrmlScene, applicationLogic), dataInputOutput)


def _connectDataInputOutput(mrmlScene, applicationLogic, cachePath):
    """Without a cache manager and a data manager a scene cannot be read from an .mrb."""
    os.makedirs(cachePath, exist_ok=True)
    remote = slicer.vtkMRMLRemoteIOLogic()
    remote.GetCacheManager().SetRemoteCacheDirectory(cachePath)
    manager = slicer.vtkDataIOManagerLogic()
    manager.SetMRMLApplicationLogic(applicationLogic)
    manager.SetAndObserveDataIOManager(remote.GetDataIOManager())
    applicationLogic.SetMRMLSceneDataIO(mrmlScene, remote, manager)
    return remote, manager


def _makeLogics(mrmlScene, applicationLogic):
    logics = {name: getattr(slicer, className)() for name, className in LOGICS.items()}
    applicationLogic.SetColorLogic(logics["Colors"])
    for name, logic in logics.items():
        logic.SetMRMLApplicationLogic(applicationLogic)
        applicationLogic.SetModuleLogic(name, logic)
    for logic in logics.values():
        logic.SetMRMLScene(mrmlScene)
    return logics
