"""Saved Slicer scenes (.mrml, .mrb), opened without Slicer's application wherever its libraries can be imported."""

import tempfile
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree

SUFFIXES = (".mrml", ".mrb")
_NAME_A_FILE = ("fileName", "fileListMember")  # attributes of storage nodes
# Each registers the node classes of its module with the scene.
_LOGICS = (
    "vtkSlicerVolumesLogic",
    "vtkSlicerTransformLogic",
    "vtkSlicerModelsLogic",
    "vtkSlicerMarkupsLogic",
    "vtkSlicerSegmentationsModuleLogic",
    "vtkSlicerSequencesLogic",
    "vtkSlicerTablesLogic",
    "vtkSlicerTextsLogic",
    "vtkSlicerPlotsLogic",
)


@contextmanager
def opened_scene(path):
    """The vtkMRMLScene in a file, while it is needed; a bundle is unpacked into a folder that goes afterwards.

    Raises
    ------
    ValueError
        If the file is missing, is no scene, or Slicer's libraries cannot be imported.
    """
    path = Path(path)
    if not path.is_file():
        raise ValueError(f"{path}: there is no such file; check its name and folder")
    try:
        import slicer
    except ImportError as error:
        remedy = "run the command with Slicer's PythonSlicer, or export the exam from the module as exam.json"
        raise ValueError(
            f"{path}: a Slicer scene needs Slicer's libraries, which are missing here; {remedy}"
        ) from error
    with tempfile.TemporaryDirectory() as folder:
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
        logics = [getattr(slicer, name)() for name in _LOGICS]
        for logic in logics:
            logic.SetMRMLApplicationLogic(application)
            logic.SetMRMLScene(scene)
        if not _read(scene, path):
            raise ValueError(f"{path}: is not a scene that Slicer can read; save it again from Slicer")
        yield scene
        scene.Clear(True)


def scene_files(path):
    """The files that a saved scene consists of: itself and, where it is no bundle, those that its nodes name.

    Raises
    ------
    ValueError
        If the scene is missing or no scene.
    """
    path = Path(path)
    if path.suffix.lower() == ".mrb" or not path.is_file():
        return [path]
    try:
        nodes = list(ElementTree.parse(path).iter())
    except ElementTree.ParseError as error:
        raise ValueError(f"{path}: is not a scene that Slicer can read; save it again from Slicer") from error
    named = [unquote(value) for node in nodes for key, value in node.items() if key.startswith(_NAME_A_FILE)]
    return [path, *(file for file in dict.fromkeys(path.parent / name for name in named) if file.is_file())]


def _read(scene, path):
    if path.suffix.lower() == ".mrb":
        return scene.ReadFromMRB(str(path.resolve()))
    scene.SetURL(str(path.resolve()))
    return scene.Connect()
