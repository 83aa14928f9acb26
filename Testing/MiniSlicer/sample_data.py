"""Stand-in of the module SampleData (Modules/Scripted/SampleData/SampleData.py): sources are registered and kept."""

import slicer


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
            uris, fileNames, nodeNames = [uris], [fileNames], [nodeNames]
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

    @staticmethod
    def sampleDataSourcesByCategory(category=None):
        if not hasattr(slicer.modules, "sampleDataSources"):
            slicer.modules.sampleDataSources = {}
        sources = slicer.modules.sampleDataSources
        return sources if category is None else sources.get(category, [])
