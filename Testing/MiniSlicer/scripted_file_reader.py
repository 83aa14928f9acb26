"""Stand-in of what a scripted module's file reader is given as its parent."""

import slicer
from PySide6.QtCore import QRegularExpression

from .core_object import CoreObject, stored


class qSlicerScriptedFileReader(CoreObject):
    """Follows qSlicerScriptedFileReader (Base/QTCore/qSlicerScriptedFileReader.cxx) and its base qSlicerFileReader."""

    loadedNodes = stored("QStringList", "loadedNodes", ())

    def __init__(self, readerClass):
        super().__init__()
        self._messages = slicer.vtkMRMLMessageCollection()
        self._self = readerClass(self)

    def userMessages(self):
        return self._messages

    def supportedNameFilters(self, fileName):
        """Those of the reader's filters, such as "Exam (*.json)", that a file's name fits."""
        found = []
        for nameFilter in self._self.extensions():
            patterns = nameFilter.partition("(")[2].rstrip(")").split()
            wildcards = map(QRegularExpression.wildcardToRegularExpression, patterns)
            if any(
                QRegularExpression(wildcard).match(fileName.rsplit("/", 1)[-1]).hasMatch() for wildcard in wildcards
            ):
                found.append(nameFilter)
        return tuple(found)

    def _fileType(self):
        return self._self.fileType()

    def _confidence(self, fileName):
        confidence = self._self.canLoadFileConfidence(fileName)
        if not isinstance(confidence, float):
            raise TypeError(f"canLoadFileConfidence is expected to return a float, not {confidence!r}")
        return confidence

    def _load(self, properties):
        """IDs of the nodes; None if the file could not be loaded."""
        self._messages.ClearMessages()
        self.loadedNodes = []
        loaded = self._self.load(properties)
        if not isinstance(loaded, bool):
            raise TypeError(f"load is expected to return a bool, not {loaded!r}")
        return self.loadedNodes if loaded else None
