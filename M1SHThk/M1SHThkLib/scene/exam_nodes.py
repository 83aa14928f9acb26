"""An exam as MRML nodes: volume, segments and curves, named by the module's parameter node -> Exam, and back."""

import json
import math

import numpy as np
import slicer
import vtk
from vtk.util.numpy_support import numpy_to_vtk, vtk_to_numpy

from ..measuring.exam import HEMISPHERES, REGIONS, Exam, Region
from ..measuring.image import Image
from ..measuring.roi import roi_from_mask
from ..measuring.settings import Settings
from ..translation import tr as _

MODULE_NAME = "M1SHThk"
# Volume attribute: of how many echoes it is the mean.
AVERAGED_ECHOES = "M1SHThk.averaged_echoes"
_DEFAULTS = Settings().to_dict()
REGION_KEYS = tuple((hemisphere, region) for hemisphere in HEMISPHERES for region in REGIONS)


def parameter_prefix(hemisphere, region):
    """How the parameters of a region begin in the parameter node: ('left', 'hand_knob') -> 'leftHandKnob'."""
    return hemisphere + "".join(word.capitalize() for word in region.split("_"))


def setting_parameter(name):
    """The parameter that holds a setting: 'depth_max_mm' -> 'depthMaxMm'."""
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)


def image_from_volume(volume):
    """The image of a scalar volume node in world coordinates; voxels are shared with the node, not copied.

    Raises
    ------
    ValueError
        If the node is missing or empty, holds several components, or is under a transform that is not linear.
    """
    if volume is None:
        raise ValueError(_("no volume is chosen; choose the T2*-weighted volume"))
    name = f"volume '{volume.GetName()}'"
    data = volume.GetImageData()
    if data is None or data.GetPointData().GetScalars() is None or not data.GetNumberOfPoints():
        raise ValueError(_("{name}: is empty; load the image again").format(name=name))
    if data.GetNumberOfScalarComponents() != 1:
        raise ValueError(
            _("{name}: has {count} components; a scalar volume is needed").format(
                name=name, count=data.GetNumberOfScalarComponents()
            )
        )
    ijk_to_ras = vtk.vtkMatrix4x4()
    volume.GetIJKToRASMatrix(ijk_to_ras)
    averaged = int(volume.GetAttribute(AVERAGED_ECHOES) or 1)
    affine = _to_world(volume, name) @ _array(ijk_to_ras)
    return Image(_voxels(data), affine, name, averaged, volume.GetParentTransformNode() is None)


def roi_from_segment(segmentation, segment_id, image, purpose):
    """The image's voxels within a segment.

    Parameters
    ----------
    segmentation : vtkMRMLSegmentationNode
    segment_id : str
    image : Image
    purpose : str
        What the ROI is for, such as 'splenium'; messages begin with it.

    Raises
    ------
    ValueError
        If the node or segment is missing or empty, or lies outside the image.
    """
    if segmentation is None:
        raise ValueError(
            _("{purpose} ROI: no segmentation is chosen; draw the ROI in the segment editor").format(purpose=purpose)
        )
    segment = segmentation.GetSegmentation().GetSegment(segment_id) if segment_id else None
    if segment is None:
        where = f"segmentation '{segmentation.GetName()}'"
        raise ValueError(
            _("{purpose} ROI: {where} has no such segment; draw the ROI and choose its segment").format(
                purpose=purpose, where=where
            )
        )
    name = f"{purpose} ROI (segment '{segment.GetName()}')"
    labelmap = slicer.vtkOrientedImageData()
    drawn = segmentation.GetBinaryLabelmapRepresentation(segment_id, labelmap)
    scalars = labelmap.GetPointData().GetScalars()
    if not drawn or scalars is None or not labelmap.GetNumberOfPoints():
        raise ValueError(_("{name}: is empty; draw it on the image").format(name=name))
    image_to_world = vtk.vtkMatrix4x4()
    labelmap.GetImageToWorldMatrix(image_to_world)
    first_voxel = np.eye(4)
    first_voxel[:3, 3] = labelmap.GetExtent()[::2]
    affine = _to_world(segmentation, name) @ _array(image_to_world) @ first_voxel
    return roi_from_mask(_voxels(labelmap), affine, image, name)


def points_from_curve(curve):
    """Placed control points of a markups curve node in world RAS (mm), shape (n, 3), transforms applied.

    Points in preview count, as in Slicer's own curve, unless there is just one: the point that hovers under the mouse
    while placing. That one and points that were skipped are left out.

    Raises
    ------
    ValueError
        If the node is missing.
    """
    if curve is None:
        raise ValueError(_("a pial line was deleted; draw it again or take it off its region"))
    kinds = slicer.vtkMRMLMarkupsNode
    statuses = [curve.GetNthControlPointPositionStatus(index) for index in range(curve.GetNumberOfControlPoints())]
    hovers = statuses.count(kinds.PositionPreview) == 1
    placed = (kinds.PositionDefined,) if hovers else (kinds.PositionDefined, kinds.PositionPreview)
    points, position = [], [0.0, 0.0, 0.0]
    for index, status in enumerate(statuses):
        if status in placed:
            curve.GetNthControlPointPositionWorld(index, position)
            points.append(list(position))
    return np.array(points).reshape(-1, 3)


def exam_from_parameters(node):
    """The exam that the module's parameter node describes; regions without a line or white matter are left out.

    Parameters
    ----------
    node : vtkMRMLScriptedModuleNode
        As Slicer's parameter node wrapper writes it.

    Raises
    ------
    ValueError
        Names the node that is missing or faulty and what to do.
    """
    image = image_from_volume(node.GetNodeReference("inputVolume"))
    references = node.GetNodeReference("references")
    splenium = roi_from_segment(references, node.GetParameter("spleniumSegmentID"), image, "splenium")
    regions = []
    for hemisphere, region in REGION_KEYS:
        prefix = parameter_prefix(hemisphere, region)
        lines = region_lines(node, (hemisphere, region))
        if not lines:
            continue
        name = f"{hemisphere} {region.replace('_', ' ')}"
        segment_id = node.GetParameter(f"{prefix}WhiteMatterSegmentID")
        white_matter = roi_from_segment(references, segment_id, image, f"{name} white-matter")
        regions.append(Region(hemisphere, region, tuple(points_from_curve(line) for line in lines), white_matter))
    if not regions:
        raise ValueError(_("no region has a pial line; draw one with a markups curve and choose it"))
    return Exam(
        **identity_from_parameters(node),
        image=image,
        splenium=splenium,
        regions=tuple(regions),
        settings=settings_from_parameters(node),
        origin=origin_from_parameters(node),
    )


def identity_from_parameters(node):
    """Whose exam it is: subject, session, observer, group and field_strength_tesla, None where unknown.

    Raises
    ------
    ValueError
        If the field strength is no number.
    """
    tesla = _number(node.GetParameter("fieldStrength") or "0", _("the field strength"), "T")
    return {
        "subject": node.GetParameter("subject") or "unnamed",
        "session": node.GetParameter("session") or None,
        "observer": node.GetParameter("observer") or None,
        "group": node.GetParameter("group") or None,
        "field_strength_tesla": tesla or None,
    }


def origin_from_parameters(node):
    """Where the image came from, as plain JSON data: the volume's name and how its echoes were combined."""
    volume = node.GetNodeReference("inputVolume")
    return {
        "volume": volume.GetName(),
        "echo_combination": volume.GetAttribute("M1SHThk.echo_combination"),
        "echo_times_ms": json.loads(volume.GetAttribute("M1SHThk.echo_times_ms") or "null"),
    }


def settings_from_parameters(node):
    """The settings that the module's parameter node holds; what it does not hold has its default.

    Raises
    ------
    ValueError
        Names the setting that is out of its range.
    """
    held = {name: node.GetParameter(setting_parameter(name)) for name in _DEFAULTS}
    return Settings.from_dict({name: _setting(name, text) for name, text in held.items() if text})


def _setting(name, text):
    kind = type(_DEFAULTS[name])
    if kind is str:
        return text
    value = _number(text, f"setting '{name}'")
    return int(value) if value.is_integer() and kind is int else value


def region_lines(node, key):
    """The curve nodes of a region that hold a placed point."""
    return [curve for curve in region_curves(node, key) if len(points_from_curve(curve))]


def region_curves(node, key):
    """The curve nodes of a region that are in the scene, as the parameter node wrapper lists them."""
    name = f"{parameter_prefix(*key)}PialLines"
    curves = (node.GetNodeReference(f"{name}.{index}") for index in range(list_length(node, name)))
    return [curve for curve in curves if curve is not None]


def list_length(node, name):
    """How long a list in the parameter node is."""
    return int(_number(node.GetParameter(f"{name}.len") or "0", _("the length of {name}").format(name=name)))


def _number(text, name, unit=""):
    """A parameter's number; a decimal comma is one of many countries."""
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        wanted = _("a number in {unit}").format(unit=unit) if unit else _("a number")
        raise ValueError(_("{name} is '{text}'; it must be {wanted}").format(name=name, text=text, wanted=wanted))
    return value


def _voxels(data):
    """Scalars of a vtkImageData as an array (i, j, k) that shares its memory."""
    return vtk_to_numpy(data.GetPointData().GetScalars()).reshape(data.GetDimensions()[::-1]).T


def _array(matrix):
    return np.array([[matrix.GetElement(row, column) for column in range(4)] for row in range(4)])


def _to_world(node, name):
    """Matrix, shape (4, 4), from a node's own coordinates to the world."""
    transform = node.GetParentTransformNode()
    matrix = vtk.vtkMatrix4x4()
    if transform is not None and not transform.GetMatrixTransformToWorld(matrix):
        raise ValueError(
            _("{name}: is under a transform that is not linear; harden the transform first").format(name=name)
        )
    return _array(matrix)


def add_exam(scene, exam):
    """Bring the image and the ROIs of an exam in memory into a scene.

    Returns
    -------
    mapping
        `volume` and `references`: nodes; `splenium`: segment ID; `regions`: (hemisphere, region) -> (control points of
        each line, segment ID of the white matter).
    """
    volume = add_volume(scene, exam.subject, exam.image.voxels, exam.image.affine, exam.image.echoes)
    references = scene.AddNewNodeByClass("vtkMRMLSegmentationNode", "References")
    references.CreateDefaultDisplayNodes()
    references.SetReferenceImageGeometryParameterFromVolumeNode(volume)
    added = {"volume": volume, "references": references, "regions": {}}
    added["splenium"] = _add_segment(references, "Splenium", exam.splenium, exam.image)
    for region in exam.regions:
        name = f"White matter {region.name}"
        white_matter = _add_segment(references, name, region.white_matter, exam.image)
        added["regions"][region.hemisphere, region.region] = region.pial_lines, white_matter
    return added


def add_volume(scene, name, voxels, affine, averaged_echoes=1):
    """A scalar volume node with a copy of the voxels, shape (I, J, K); affine: voxel index -> world RAS in mm.

    `averaged_echoes`: of how many echoes it is the mean.
    """
    volume = scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", name)
    set_image(volume, voxels, affine, averaged_echoes)
    volume.CreateDefaultDisplayNodes()
    return volume


def set_image(volume, voxels, affine, averaged_echoes=1):
    """Give a volume node other voxels; parameters as for `add_volume`."""
    volume.SetIJKToRASMatrix(_vtk_matrix(affine))
    volume.SetAndObserveImageData(_image_data(voxels, vtk.vtkImageData()))
    volume.SetAttribute(AVERAGED_ECHOES, str(averaged_echoes) if averaged_echoes > 1 else None)


def _add_segment(segmentation, name, roi, image):
    lowest, highest = roi.indices.min(0), roi.indices.max(0)
    mask = np.zeros(highest - lowest + 1, np.uint8)
    mask[tuple((roi.indices - lowest).T)] = 1
    labelmap = _image_data(mask, slicer.vtkOrientedImageData())
    affine = image.affine.copy()
    affine[:3, 3] = image.position_of(lowest)
    labelmap.SetImageToWorldMatrix(_vtk_matrix(affine))
    return segmentation.AddSegmentFromBinaryLabelmapRepresentation(labelmap, name)


def _image_data(voxels, data):
    """Put an array (i, j, k) into a vtkImageData; it is copied."""
    data.SetDimensions(voxels.shape)
    data.GetPointData().SetScalars(numpy_to_vtk(np.ravel(voxels, order="F"), deep=True))
    return data


def _vtk_matrix(affine):
    matrix = vtk.vtkMatrix4x4()
    matrix.DeepCopy(np.ravel(affine).tolist())
    return matrix
