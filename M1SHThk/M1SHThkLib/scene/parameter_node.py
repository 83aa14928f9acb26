"""What a scene keeps of a reading and of a study, as Slicer's parameter node wrapper writes it."""

from typing import Annotated

import slicer
from slicer.parameterNodeWrapper import Choice, WithinRange, parameterNodeWrapper


@parameterNodeWrapper
class M1SHThkParameterNode:
    """
    The inputs, settings, state and outputs of the module; a saved scene keeps them all.

    inputVolume - The T2*-weighted volume.
    echoSequence, echoVolumes, echoTimes, echoCombination - What the volume was combined from, where it was.
    mapVolumes - Further volumes that are sampled on the same normals (M1SHThkLib.scene.map_nodes says what is known of
    each).
    references - The segmentation that holds the splenium and the white-matter segments.
    ...PialLines - The open curves of a region; several are pooled.
    ...WhiteMatterSegmentID - The segment of white matter beneath a region.
    ...Accepted - The reader has accepted the region; what is drawn of it is locked.
    ...Acceptance - What was accepted and when, as JSON (M1SHThkLib.scene.acceptance).
    fieldStrength - In tesla; 0 where it is unknown.
    smoothingLengthMm ... seed - The settings of the measurement, as M1SHThkLib.measuring.settings explains them.
    selectedRegion - Row of the region that is shown and drawn.
    readingBegun - When the reading was begun, if it is not the one that an empty scene begins with.
    results - The results in full precision, by region, which the tables show.
    studyMeasurements, studyClinical - The tables that a study is analysed from.
    studySummary, studyRecord - What was found, in words and, as JSON, in full precision.
    studyTable, studyChart - Which of the study's tables and plots is shown.
    """

    inputVolume: slicer.vtkMRMLScalarVolumeNode
    echoSequence: slicer.vtkMRMLSequenceNode
    echoVolumes: list[slicer.vtkMRMLScalarVolumeNode]
    echoTimes: str
    echoCombination: str = "mean"
    mapVolumes: list[slicer.vtkMRMLScalarVolumeNode]
    references: slicer.vtkMRMLSegmentationNode
    spleniumSegmentID: str
    leftHandKnobPialLines: list[slicer.vtkMRMLMarkupsCurveNode]
    leftHandKnobWhiteMatterSegmentID: str
    leftHandKnobAccepted: bool = False
    leftHandKnobAcceptance: str
    leftParacentralLobulePialLines: list[slicer.vtkMRMLMarkupsCurveNode]
    leftParacentralLobuleWhiteMatterSegmentID: str
    leftParacentralLobuleAccepted: bool = False
    leftParacentralLobuleAcceptance: str
    leftOrofacialPialLines: list[slicer.vtkMRMLMarkupsCurveNode]
    leftOrofacialWhiteMatterSegmentID: str
    leftOrofacialAccepted: bool = False
    leftOrofacialAcceptance: str
    rightHandKnobPialLines: list[slicer.vtkMRMLMarkupsCurveNode]
    rightHandKnobWhiteMatterSegmentID: str
    rightHandKnobAccepted: bool = False
    rightHandKnobAcceptance: str
    rightParacentralLobulePialLines: list[slicer.vtkMRMLMarkupsCurveNode]
    rightParacentralLobuleWhiteMatterSegmentID: str
    rightParacentralLobuleAccepted: bool = False
    rightParacentralLobuleAcceptance: str
    rightOrofacialPialLines: list[slicer.vtkMRMLMarkupsCurveNode]
    rightOrofacialWhiteMatterSegmentID: str
    rightOrofacialAccepted: bool = False
    rightOrofacialAcceptance: str

    subject: str
    session: str
    observer: str
    group: Annotated[str, Choice(["", "patient", "mimic", "control"])] = ""
    fieldStrength: Annotated[float, WithinRange(0, 25)] = 0.0

    smoothingLengthMm: Annotated[float, WithinRange(1.0, 20.0)] = 5.0
    alignment: Annotated[str, Choice(["none", "edge"])] = "none"
    averaging: Annotated[str, Choice(["mean", "trimmed"])] = "mean"
    normalSpacingMm: Annotated[float, WithinRange(0.05, 2.0)] = 0.2
    depthMaxMm: Annotated[float, WithinRange(2.0, 15.0)] = 6.0
    depthStepMm: Annotated[float, WithinRange(0.02, 0.2)] = 0.1
    interpolation: Annotated[str, Choice(["linear", "cubic", "quintic"])] = "quintic"
    polarity: Annotated[str, Choice(["dark", "bright"])] = "dark"
    normalization: Annotated[str, Choice(["splenium", "none"])] = "splenium"
    baseline: Annotated[str, Choice(["roi", "plateau"])] = "roi"
    lobeFraction: Annotated[float, WithinRange(0.05, 0.95)] = 0.30
    windowFraction: Annotated[float, WithinRange(0.05, 0.95)] = 0.25
    widthFraction: Annotated[float, WithinRange(0.05, 0.95)] = 0.25
    stepResponse: Annotated[str, Choice(["normal", "tukey"])] = "normal"
    tukeyTaper: Annotated[float, WithinRange(0.0, 1.0)] = 0.75
    replicates: Annotated[int, WithinRange(0, 100000)] = 1000
    seed: Annotated[int, WithinRange(0, 2**31 - 1)] = 0

    overlayVisible: bool = True
    selectedRegion: int = 0
    readingBegun: str
    results: str
    summaryTable: slicer.vtkMRMLTableNode
    measurementsTable: slicer.vtkMRMLTableNode
    profilesTable: slicer.vtkMRMLTableNode
    mapsTable: slicer.vtkMRMLTableNode
    plotProfileTable: slicer.vtkMRMLTableNode
    plotNormalsTable: slicer.vtkMRMLTableNode
    plotMarksTable: slicer.vtkMRMLTableNode
    plotMapsTable: slicer.vtkMRMLTableNode
    plotChart: slicer.vtkMRMLPlotChartNode

    studyMeasurements: list[str]
    studyClinical: str
    studySummary: str
    studyRecord: slicer.vtkMRMLTextNode
    studyTable: slicer.vtkMRMLTableNode
    studyChart: slicer.vtkMRMLPlotChartNode
