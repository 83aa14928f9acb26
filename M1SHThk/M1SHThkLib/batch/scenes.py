"""Saved Slicer scenes (.mrml, .mrb), opened without Slicer's application wherever its libraries can be imported."""

import importlib
import os
import tempfile
import zipfile
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree

from ..files.disk import existing
from ..files.quiet import quiet

SUFFIXES = (".mrml", ".mrb")
_NO_SCENE = "is not a scene that Slicer can read; save it again from Slicer"
_NAME_A_FILE = ("fileName", "fileListMember")  # attributes of storage nodes
# Each registers the node classes of its module with the scene.
_LOGICS = {
    "Volumes": "vtkSlicerVolumesLogic",
    "Transforms": "vtkSlicerTransformLogic",
    "Models": "vtkSlicerModelsLogic",
    "Markups": "vtkSlicerMarkupsLogic",
    "Segmentations": "vtkSlicerSegmentationsModuleLogic",
    "Sequences": "vtkSlicerSequencesLogic",
    "Tables": "vtkSlicerTablesLogic",
    "Texts": "vtkSlicerTextsLogic",
    "Plots": "vtkSlicerPlotsLogic",
}


@contextmanager
def opened_scene(path):
    """The vtkMRMLScene in a file, while it is needed; a bundle is unpacked into a folder that goes afterwards.

    Nodes that cannot be made, of modules that are not here, and nodes whose files cannot be read are passed over, as
    Slicer passes them over: what an exam needs of them is for its reader to find out.

    Raises
    ------
    ValueError
        If the file is missing, is no scene, or Slicer's libraries cannot be imported.
    """
    path = existing(path)
    _check_is_scene(path)
    try:
        import slicer

        logic_classes = _logic_classes(slicer)
    except (ImportError, AttributeError) as error:
        remedy = "run the command with Slicer's PythonSlicer, or export the exam from the module as exam.json"
        raise ValueError(
            f"{path}: a Slicer scene needs Slicer's libraries, which are missing here; {remedy}"
        ) from error
    with tempfile.TemporaryDirectory() as folder, quiet():
        application = slicer.vtkSlicerApplicationLogic()
        application.SetTemporaryPath(folder)
        scene = slicer.vtkMRMLScene()
        scene.SetRootDirectory(folder)
        application.SetMRMLScene(scene)
        remote, manager = slicer.vtkMRMLRemoteIOLogic(), slicer.vtkDataIOManagerLogic()
        remote.GetCacheManager().SetRemoteCacheDirectory(folder)
        manager.SetMRMLApplicationLogic(application)
        manager.SetAndObserveDataIOManager(remote.GetDataIOManager())
        application.SetMRMLSceneDataIO(scene, remote, manager)
        logics = [logic_class() for logic_class in logic_classes]
        for logic in logics:
            logic.SetMRMLApplicationLogic(application)
            logic.SetMRMLScene(scene)
        if path.suffix.lower() == ".mrb":
            # Cleared first: what is imported is dropped whole for one foreign node. Slicer finds no relative path.
            scene.ReadFromMRB(str(path.resolve()), True)
        else:
            scene.SetURL(str(path.resolve()))
            scene.Connect()
        yield scene
        scene.Clear(True)


def _logic_classes(slicer):
    """The classes of _LOGICS; PythonSlicer has their libraries on its path, but only the application imports them."""
    if not all(hasattr(slicer, name) for name in _LOGICS.values()):
        for module in _LOGICS:
            for kind in ("MRML", "Logic"):
                with suppress(ImportError):  # not every module has nodes of its own
                    library = importlib.import_module(f"vtkSlicer{module}Module{kind}Python")
                    vars(slicer).update({name: item for name, item in vars(library).items() if name.startswith("vtk")})
    return [getattr(slicer, name) for name in _LOGICS.values()]


def scene_files(path):
    """The files that a saved scene consists of: itself and, where it is no bundle, those that its nodes name.

    Raises
    ------
    ValueError
        If the scene is missing or no scene.
    """
    path = Path(path)
    if path.suffix.lower() == ".mrb" or not os.path.isfile(path):
        return [path]
    named = [unquote(value) for node in _nodes(path) for key, value in node.items() if key.startswith(_NAME_A_FILE)]
    files = dict.fromkeys(path.parent / name for name in named)
    return [path, *(file for file in files if os.path.isfile(file))]


def _check_is_scene(path):
    if path.suffix.lower() != ".mrb":
        _nodes(path)
        return
    try:
        with zipfile.ZipFile(path) as bundle:
            if any(name.lower().endswith(SUFFIXES[0]) for name in bundle.namelist()):
                return
    except (OSError, zipfile.BadZipFile):
        pass  # told below
    raise ValueError(f"{path}: {_NO_SCENE}")


def _nodes(path):
    try:
        root = ElementTree.parse(path).getroot()
    except (OSError, ElementTree.ParseError, LookupError, ValueError) as error:  # an encoding that is none, too
        raise ValueError(f"{path}: {_NO_SCENE}") from error
    if root.tag != "MRML":
        raise ValueError(f"{path}: {_NO_SCENE}")
    return list(root.iter())
