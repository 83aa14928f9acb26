"""The nodes that a reader draws on: segments for the references, a curve for each pial line, told apart by colour."""

import numpy as np
import slicer
import vtk

from ..cohort.study import ALL_REGIONS, REGION_NAMES
from ..measuring import codes
from ..translation import told
from .exam_nodes import REGION_KEYS, points_from_curve

SPLENIUM_COLOR = (0.75, 0.75, 0.75)
# Colours that differ for the colour-blind too (Wong, Nature Methods 2011;8:441).
COLORS = dict(
    zip(
        REGION_KEYS,
        (
            (0.90, 0.62, 0.0),
            (0.34, 0.71, 0.91),
            (0.94, 0.89, 0.26),
            (0.0, 0.62, 0.45),
            (0.80, 0.47, 0.65),
            (0.0, 0.45, 0.70),
        ),
        strict=True,
    )
)

_NAMES = dict(zip(ALL_REGIONS, REGION_NAMES, strict=True))


def region_title(key):
    """('left', 'hand_knob') -> 'left hand knob', in the reader's language."""
    return told(_NAMES[tuple(key)])


def region_name(key):
    """('left', 'hand_knob') -> 'left hand knob', as nodes and segments are named in every language."""
    return str(_NAMES[tuple(key)])


def add_references(scene, volume):
    """A segmentation node for the splenium and the white-matter segments, on the volume's grid."""
    segmentation = scene.AddNewNodeByClass("vtkMRMLSegmentationNode", "M1SHThk references")
    segmentation.CreateDefaultDisplayNodes()
    fit_references(segmentation, volume)
    return segmentation


def fit_references(segmentation, volume):
    """Let segments be drawn on the volume's grid, wherever a transform has moved it."""
    segmentation.SetReferenceImageGeometryParameterFromVolumeNode(volume)
    transform = volume.GetParentTransformNode()
    segmentation.SetAndObserveTransformNodeID(transform.GetID() if transform else None)


def add_reference_segment(segmentation, name, key=None):
    """An empty segment for a region's white matter, or without a region for the splenium; returns its ID."""
    identifier = segmentation.GetSegmentation().AddEmptySegment("", name)
    tag_segment(segmentation, identifier, key)
    return identifier


def tag_segment(segmentation, identifier, key=None):
    """Tell in standard terms what a segment holds: a region's white matter, or without a region the splenium.

    White matter has the colour of its region's lines, wherever it came from.
    """
    entry = codes.terminology(codes.WHITE_MATTER, key[1], key[0]) if key else codes.terminology(codes.SPLENIUM)
    segment = segmentation.GetSegmentation().GetSegment(identifier)
    segment.SetTag(segment.GetTerminologyEntryTagName(), entry)
    segment.SetColor(*(COLORS[key] if key else SPLENIUM_COLOR))


def add_pial_line(scene, key, number):
    """An empty curve node named and coloured for its region; `number` counts the region's lines from 1."""
    title = f"Pial line {region_name(key)}" + (f" {number}" if number > 1 else "")
    curve = scene.AddNewNodeByClass("vtkMRMLMarkupsCurveNode", title)
    curve.CreateDefaultDisplayNodes()
    display = curve.GetDisplayNode()
    display.SetColor(*COLORS[key])
    display.SetSelectedColor(*COLORS[key])
    display.SetPropertiesLabelVisibility(False)
    display.SetPointLabelsVisibility(False)
    display.SetGlyphScale(1.5)
    display.SetLineThickness(0.2)
    return curve


def set_points(curve, points):
    """Give a curve these placed control points, shape (n, 3), world RAS in mm; a point that hovers is dropped."""
    if np.array_equal(points_from_curve(curve), points) and curve.GetNumberOfControlPoints() == len(points):
        return
    was_modifying = curve.StartModify()
    try:
        while curve.GetNumberOfControlPoints() > len(points):
            curve.RemoveNthControlPoint(curve.GetNumberOfControlPoints() - 1)
        for index, point in enumerate(points):
            if index < curve.GetNumberOfControlPoints():
                curve.SetNthControlPointPositionWorld(index, *point)
            else:
                curve.AddControlPointWorld(vtk.vtkVector3d(*point))
    finally:
        curve.EndModify(was_modifying)


def lock(curve, locked):
    """Guard a line against the mouse, against Slicer's place button, and against points added or deleted."""
    if bool(curve.GetLocked()) != locked:
        curve.SetLocked(locked)
    if bool(curve.GetFixedNumberOfControlPoints()) != locked:
        curve.SetFixedNumberOfControlPoints(locked)
    selection = slicer.mrmlScene.GetNodeByID("vtkMRMLSelectionNodeSingleton")
    if locked and selection and selection.GetActivePlaceNodeID() == curve.GetID():
        selection.SetActivePlaceNodeID(None)
