"""Stand-in of the module SampleData (Modules/Scripted/SampleData/SampleData.py).

Sources are registered and kept, and loaded from where they lie on this computer; nothing is fetched from the net.
"""

import os
import urllib.parse
import urllib.request

import slicer


def downloadSample(sampleName):
    return SampleDataLogic().downloadSamples(sampleName)[0]


def downloadSamples(sampleName):
    return SampleDataLogic().downloadSamples(sampleName)


class SampleDataSource:
    """A row of the module Sample Data; single values become lists of one, and the lists must be of one length."""

    def __init__(
        self,
        sampleName=None,
        sampleDescription=None,
        uris=None,
        fileNames=None,
        nodeNames=None,
        checksums=None,
        loadFiles=None,
        customDownloader=None,
        thumbnailFileName=None,
        loadFileProperties=None,
    ):
        if isinstance(uris, str):
            uris, fileNames, nodeNames, checksums = [uris], [fileNames], [nodeNames], [checksums]
        elif nodeNames is None:
            nodeNames = [None] * len(uris)
        if not len(uris) == len(fileNames) == len(nodeNames):
            raise ValueError("All fields of sample data source must have the same length")
        self.sampleName = sampleName
        self.sampleDescription = sampleDescription or sampleName
        self.uris = uris
        self.fileNames = fileNames
        self.nodeNames = nodeNames
        self.checksums = checksums
        self.loadFiles = loadFiles
        self.customDownloader = customDownloader
        self.thumbnailFileName = thumbnailFileName
        self.loadFileProperties = loadFileProperties or {}


class SampleDataLogic:
    """Sources lie in `slicer.modules.sampleDataSources`, by category."""

    @staticmethod
    def registerCustomSampleDataSource(
        category="Custom", sampleName=None, uris=None, fileNames=None, nodeNames=None, **rest
    ):
        """`rest`: customDownloader, thumbnailFileName, loadFiles, loadFileProperties, checksums."""
        source = SampleDataSource(sampleName, None, uris, fileNames, nodeNames, **rest)
        sources = SampleDataLogic.sampleDataSourcesByCategory().setdefault(category, [])
        if not any(vars(known) == vars(source) for known in sources):
            sources.append(source)

    def downloadSamples(self, sampleName):
        """Nodes of a sample; none for an unknown one. A source's customDownloader is called by its button alone."""
        source = self.sourceForSampleName(sampleName)
        return self.downloadFromSource(source) if source else []

    def sourceForSampleName(self, sampleName):
        sources = (source for known in self.sampleDataSourcesByCategory().values() for source in known)
        return next((source for source in sources if source.sampleName == sampleName), None)

    def downloadFromSource(self, source):
        """Each file into the cache, if it is not there with its checksum, and from there into the scene."""
        nodes = []
        for number, uri in enumerate(source.uris):
            path = self._intoCache(uri, source.fileNames[number], (source.checksums or [None])[number])
            properties = {**source.loadFileProperties, "fileName": path, "name": source.nodeNames[number]}
            node = slicer.util.loadNodeFromFile(path, slicer.app.coreIOManager().fileType(path), properties)
            nodes.append(node)
        return nodes

    def _intoCache(self, uri, fileName, checksum):
        path = f"{slicer.mrmlScene.GetCacheManager().GetRemoteCacheDirectory()}/{fileName}"
        algorithm, digest = slicer.util.extractAlgoAndDigest(checksum)
        known = os.path.exists(path) and algorithm and slicer.util.computeChecksum(algorithm, path) == digest
        if not known:
            if urllib.parse.urlsplit(uri).scheme != "file":
                raise ValueError(f"MiniSlicer fetches nothing from the net: {uri}")
            urllib.request.urlretrieve(uri, path)
            if algorithm and slicer.util.computeChecksum(algorithm, path) != digest:
                raise ValueError(f"{path} is not the file that its checksum promises")
        return path

    @staticmethod
    def sampleDataSourcesByCategory(category=None):
        if not hasattr(slicer.modules, "sampleDataSources"):
            slicer.modules.sampleDataSources = {}
        sources = slicer.modules.sampleDataSources
        return sources if category is None else sources.get(category, [])
