"""Stand-in of `slicer.app.ioManager()`: reads and writes files by the wheel's logics and storage nodes.

Follows qSlicerCoreIOManager (Base/QTCore/qSlicerCoreIOManager.cxx), qSlicerIOManager (Base/QTGUI) and the readers and
writers of the loadable modules (Modules/Loadable/*/qSlicer*Reader.cxx).
"""

import os

import slicer
import vtk
from PySide6.QtCore import Signal

from .core_object import CoreObject

# The first kind whose ending fits is the file's, hence the longer endings first.
_ENDINGS = (
    ("SceneFile", (".mrml", ".mrb")),
    ("MarkupsFile", (".mrk.json", ".fcsv")),
    ("SequenceFile", (".seq.nrrd", ".seq.nhdr", ".seq.mrb", ".mrb")),
    ("SegmentationFile", (".seg.nrrd", ".seg.nhdr", ".seg.vtm")),
    ("VolumeFile", (".nrrd", ".nhdr", ".nii", ".nii.gz", ".mha", ".mhd", ".hdr", ".img", ".img.gz")),
    ("TableFile", (".tsv", ".csv")),
    ("TransformFile", (".h5", ".tfm", ".mat")),
    ("ModelFile", (".vtk", ".vtp", ".vtu", ".stl", ".ply", ".obj")),
    ("TextFile", (".txt", ".json", ".xml")),
)
_WRITERS = (
    ("VolumeFile", "vtkMRMLVolumeNode"),
    ("MarkupsFile", "vtkMRMLMarkupsNode"),
    ("SegmentationFile", "vtkMRMLSegmentationNode"),
    ("TableFile", "vtkMRMLTableNode"),
    ("SequenceFile", "vtkMRMLSequenceNode"),
    ("TransformFile", "vtkMRMLTransformNode"),
    ("TextFile", "vtkMRMLTextNode"),
    ("ModelFile", "vtkMRMLModelNode"),
)


class IOManager(CoreObject):
    """File types are named as Slicer names them: VolumeFile, MarkupsFile, SegmentationFile, TableFile, ..."""

    newFileLoaded = Signal(dict)
    fileSaved = Signal(dict)

    def __init__(self, scene):
        super().__init__()
        self._scene = scene.mrmlScene
        self._applicationLogic = scene.applicationLogic
        self._logics = scene.logics
        self._scriptedReaders = []

    def _register(self, scriptedReader):
        self._scriptedReaders.append(scriptedReader)

    def fileType(self, file):
        for reader in self._scriptedReaders:
            if reader._confidence(file) > 0.5:
                return reader._fileType()
        for kind, endings in _ENDINGS:
            if file.lower().endswith(endings):
                return kind
        return "NoFile"

    def fileWriterFileType(self, object, extension=""):
        for kind, className in _WRITERS:
            if object.IsA(className):
                return kind
        return "NoFile"

    def registeredFileReaderCount(self, fileType):
        return int(fileType in dict(_ENDINGS))

    def loadNodes(self, fileType, parameters, loadedNodes=None, userMessages=None):
        """Load `parameters["fileName"]`; False if it cannot be, with the reason in `userMessages`."""
        path = parameters["fileName"]
        if not os.path.exists(path):
            if userMessages:
                userMessages.AddMessage(vtk.vtkCommand.ErrorEvent, f"No such file: {path}")
            return False
        if fileType == "SceneFile":
            return self.loadScene(path, parameters.get("clear", False), userMessages)
        scripted = next((reader for reader in self._scriptedReaders if reader._fileType() == fileType), None)
        if scripted:
            nodes = self._readScripted(scripted, parameters, userMessages)
        else:
            nodes = self._read(fileType, path, parameters, userMessages)
        for node in nodes:
            if loadedNodes is not None:
                loadedNodes.AddItem(node)
        if nodes:
            self.newFileLoaded.emit({**parameters, "fileType": fileType, "nodeIDs": [node.GetID() for node in nodes]})
        return bool(nodes)

    def _readScripted(self, reader, parameters, userMessages):
        identifiers = reader._load(parameters)
        if userMessages:
            userMessages.AddMessages(reader.userMessages())
        return [self._scene.GetNodeByID(identifier) for identifier in identifiers or ()]

    def _read(self, fileType, path, parameters, userMessages):
        name = parameters.get("name", os.path.basename(path).split(".")[0])
        if fileType == "VolumeFile":
            options = sum(
                bit
                for key, bit in (("labelmap", 1), ("center", 2), ("singleFile", 4), ("autoWindowLevel", 8))
                if parameters.get(key)
            )
            node = self._logics["Volumes"].AddArchetypeVolume(path, name, options)
            self._show(node, parameters)
        elif fileType == "MarkupsFile":
            identifiers = self._logics["Markups"].LoadMarkups(path, name, userMessages) or ""
            return [self._scene.GetNodeByID(identifier) for identifier in identifiers.split(",") if identifier]
        elif fileType == "SegmentationFile":
            node = self._logics["Segmentations"].LoadSegmentationFromFile(path, True, name)
        elif fileType == "TableFile":
            node = self._logics["Tables"].AddTable(path, name, True, "", userMessages)
        elif fileType in ("SequenceFile", "VolumeSequenceFile"):
            return self._readSequence(path, parameters, userMessages)
        elif fileType == "TransformFile":
            node = self._logics["Transforms"].AddTransform(path, self._scene, userMessages)
        elif fileType == "ModelFile":
            node = self._logics["Models"].AddModel(path)
        elif fileType == "TextFile":
            node = self._readText(path, name)
        else:
            node = None
        return [node] if node is not None else []

    def _readSequence(self, path, parameters, userMessages):
        sequence = self._logics["Sequences"].AddSequence(path, userMessages)
        if sequence is None:
            return []
        if "name" in parameters:
            sequence.SetName(self._scene.GetUniqueNameByString(parameters["name"]))
        if not parameters.get("show", True):
            return [sequence]
        browser = self._scene.AddNewNodeByClass("vtkMRMLSequenceBrowserNode", sequence.GetName() + " browser")
        browser.SetAndObserveMasterSequenceNodeID(sequence.GetID())
        self._logics["Sequences"].UpdateProxyNodesFromSequences(browser)
        self._show(browser.GetProxyNode(sequence), parameters)
        return [sequence, browser]

    def _readText(self, path, name):
        node = self._scene.AddNewNodeByClass("vtkMRMLTextNode", name)
        node.AddDefaultStorageNode(path)
        if node.GetStorageNode().ReadData(node):
            return node
        self._scene.RemoveNode(node)
        return None

    def _show(self, node, parameters):
        """Volumes come up in the slice views, as every reader of Slicer's brings them."""
        if not parameters.get("show", True) or not isinstance(node, slicer.vtkMRMLVolumeNode):
            return
        selection = self._applicationLogic.GetSelectionNode()
        if isinstance(node, slicer.vtkMRMLLabelMapVolumeNode):
            selection.SetActiveLabelVolumeID(node.GetID())
        else:
            selection.SetActiveVolumeID(node.GetID())
        self._applicationLogic.PropagateVolumeSelection()

    def loadScene(self, fileName, clear=True, userMessages=None):
        if fileName.lower().endswith(".mrb"):
            return bool(self._scene.ReadFromMRB(fileName, clear, userMessages))
        self._scene.SetURL(fileName)
        return bool(self._scene.Connect(userMessages) if clear else self._scene.Import(userMessages))

    def saveScene(self, fileName, screenShot=None, userMessages=None):
        return self.saveNodes("SceneFile", {"fileName": fileName}, userMessages)

    def saveNodes(self, fileType, parameters, userMessages=None, scene=None):
        """Write the node `parameters["nodeID"]`, or the scene if the type is SceneFile, to `parameters["fileName"]`."""
        path = parameters["fileName"]
        if fileType == "SceneFile":
            written = self._writeScene(path, userMessages)
        else:
            written = self._writeNode(self._scene.GetNodeByID(parameters["nodeID"]), path)
        if written:
            self.fileSaved.emit({**parameters, "fileType": fileType})
        return written

    def _writeScene(self, path, userMessages):
        if path.lower().endswith(".mrb"):
            return bool(self._scene.WriteToMRB(path, None, userMessages))
        if path.lower().endswith(".mrml"):
            self._scene.SetURL(path)
            return bool(self._scene.Commit(path, userMessages))
        return bool(self._applicationLogic.SaveSceneToSlicerDataBundleDirectory(path, None, userMessages))

    def _writeNode(self, node, path):
        if not node.GetStorageNode():
            node.AddDefaultStorageNode(path)
        storage = node.GetStorageNode()
        storage.SetFileName(path)
        return bool(storage.WriteData(node))
