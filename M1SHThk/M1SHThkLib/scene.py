"""The Slicer edge: MRML nodes <-> arrays; results -> tables and plots that are saved with the scene."""

import json
from contextlib import contextmanager

import numpy as np
import slicer
import vtk
from vtk.util.numpy_support import numpy_to_vtk, vtk_to_numpy

from .columns import MEASUREMENT_COLUMNS, PROFILE_COLUMNS, measurement_row, profile_rows
from .exam import HEMISPHERES, REGIONS, Exam, Region
from .image import Image
from .roi import roi_from_mask
from .settings import Settings

MODULE_NAME = "M1SHThk"
REGION_KEYS = tuple((hemisphere, region) for hemisphere in HEMISPHERES for region in REGIONS)


def parameter_prefix(hemisphere, region):
    """How the parameters of a region begin in the parameter node: ('left', 'hand_knob') -> 'leftHandKnob'."""
    return hemisphere + "".join(word.capitalize() for word in region.split("_"))


def setting_parameter(name):
    """The parameter that holds a setting: 'smoothing_mm' -> 'smoothingMm'."""
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
        raise ValueError("no volume is chosen; choose the T2*-weighted volume")
    name = f"volume '{volume.GetName()}'"
    data = volume.GetImageData()
    if data is None or data.GetPointData().GetScalars() is None or not data.GetNumberOfPoints():
        raise ValueError(f"{name}: is empty; load the image again")
    if data.GetNumberOfScalarComponents() != 1:
        raise ValueError(f"{name}: has {data.GetNumberOfScalarComponents()} components; a scalar volume is needed")
    ijk_to_ras = vtk.vtkMatrix4x4()
    volume.GetIJKToRASMatrix(ijk_to_ras)
    return Image(_voxels(data), _to_world(volume, name) @ _array(ijk_to_ras), name)


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
        raise ValueError(f"{purpose} ROI: no segmentation is chosen; draw the ROI in the segment editor")
    segment = segmentation.GetSegmentation().GetSegment(segment_id) if segment_id else None
    if segment is None:
        where = f"segmentation '{segmentation.GetName()}'"
        raise ValueError(f"{purpose} ROI: {where} has no such segment; draw the ROI and choose its segment")
    name = f"{purpose} ROI (segment '{segment.GetName()}')"
    labelmap = slicer.vtkOrientedImageData()
    drawn = segmentation.GetBinaryLabelmapRepresentation(segment_id, labelmap)
    scalars = labelmap.GetPointData().GetScalars()
    if not drawn or scalars is None or not labelmap.GetNumberOfPoints():
        raise ValueError(f"{name}: is empty; draw it on the image")
    image_to_world = vtk.vtkMatrix4x4()
    labelmap.GetImageToWorldMatrix(image_to_world)
    first_voxel = np.eye(4)
    first_voxel[:3, 3] = labelmap.GetExtent()[::2]
    affine = _to_world(segmentation, name) @ _array(image_to_world) @ first_voxel
    return roi_from_mask(_voxels(labelmap), affine, image, name)


def points_from_curve(curve):
    """Placed control points of a markups curve node in world RAS (mm), shape (n, 3), transforms applied.

    The point that hovers under the mouse while placing (preview) and points that were skipped are left out.

    Raises
    ------
    ValueError
        If the node is missing.
    """
    if curve is None:
        raise ValueError("a pial line was deleted; draw it again or take it off its region")
    points, position = [], [0.0, 0.0, 0.0]
    for index in range(curve.GetNumberOfControlPoints()):
        if curve.GetNthControlPointPositionStatus(index) == slicer.vtkMRMLMarkupsNode.PositionDefined:
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
        lines = _node_list(node, f"{prefix}PialLines")
        if not lines:
            continue
        name = f"{hemisphere} {region.replace('_', ' ')}"
        segment_id = node.GetParameter(f"{prefix}WhiteMatterSegmentID")
        white_matter = roi_from_segment(references, segment_id, image, f"{name} white-matter")
        regions.append(Region(hemisphere, region, tuple(points_from_curve(line) for line in lines), white_matter))
    if not regions:
        raise ValueError("no region has a pial line; draw one with a markups curve and choose it")
    field_strength = float(node.GetParameter("fieldStrength") or 0)
    return Exam(
        subject=node.GetParameter("subject") or "n/a",
        session=node.GetParameter("session") or None,
        observer=node.GetParameter("observer") or None,
        group=node.GetParameter("group") or None,
        field_strength_tesla=field_strength or None,
        image=image,
        splenium=splenium,
        regions=tuple(regions),
        settings=settings_from_parameters(node),
        origin={"volume": image.name},
    )


def exam_from_scene(scene):
    """The exam in a scene that the module saved.

    Raises
    ------
    ValueError
        If the scene holds no exam of the module, or a faulty one.
    """
    for index in range(scene.GetNumberOfNodesByClass("vtkMRMLScriptedModuleNode")):
        node = scene.GetNthNodeByClass(index, "vtkMRMLScriptedModuleNode")
        if node.GetAttribute("ModuleName") == MODULE_NAME:
            return exam_from_parameters(node)
    raise ValueError(f"the scene holds no exam of the {MODULE_NAME} module; measure in the module and save the scene")


def settings_from_parameters(node):
    """The settings that the module's parameter node holds; what it does not hold has its default.

    Raises
    ------
    ValueError
        Names the setting that is out of its range.
    """
    defaults = Settings().to_dict()
    held = {name: node.GetParameter(setting_parameter(name)) for name in defaults}
    return Settings.from_dict({name: type(defaults[name])(text) for name, text in held.items() if text})


def _node_list(node, name):
    """A list of nodes as the parameter node wrapper keeps it; deleted nodes are left out."""
    count = int(node.GetParameter(f"{name}.len") or 0)
    nodes = (node.GetNodeReference(f"{name}.{index}") for index in range(count))
    return [found for found in nodes if found is not None]


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
        raise ValueError(f"{name}: is under a transform that is not linear; harden the transform first")
    return _array(matrix)


#
# Results -> MRML
#


def results_json(exam, measurements):
    """Everything that the tables hold, in full precision, as the text that the scene keeps."""
    return json.dumps(
        {
            "settings": exam.settings.to_dict(),
            "measurements": [measurement_row(exam, m) for m in measurements],
            "profiles": [row for m in measurements for row in profile_rows(exam, m)],
        }
    )


def fill_measurements_table(table, text):
    """Fill the measurements table node from `results_json`."""
    _fill_table(table, MEASUREMENT_COLUMNS, json.loads(text)["measurements"])


def fill_profiles_table(table, text):
    """Fill the profiles table node from `results_json`."""
    _fill_table(table, PROFILE_COLUMNS, json.loads(text)["profiles"])


def _fill_table(table, columns, rows):
    with _modifying(table):
        table.RemoveAllColumns()
        for index, column in enumerate(columns):
            array = vtk.vtkStringArray() if column.is_text else vtk.vtkDoubleArray()
            missing = "" if column.is_text else float("nan")
            array.SetName(column.name)
            for value in (row[index] for row in rows):
                array.InsertNextValue(missing if value is None else value)
            table.AddColumn(array)
            table.SetColumnUnitLabel(column.name, column.unit)
            table.SetColumnDescription(column.name, column.meaning)


def set_table_columns(table, columns):
    """Give a table node the columns of a mapping name -> array of numbers, shape (n,) each; the same n."""
    with _modifying(table):
        vtk_table = table.GetTable()
        for name, values in columns.items():
            array = numpy_to_vtk(np.ascontiguousarray(values, float), deep=True)
            array.SetName(name)
            if vtk_table.GetColumnByName(name):
                vtk_table.RemoveColumnByName(name)
            vtk_table.AddColumn(array)
        vtk_table.Modified()
        table.Modified()


@contextmanager
def _modifying(node):
    was_modifying = node.StartModify()
    try:
        yield
    finally:
        node.EndModify(was_modifying)


PROFILE_TABLE, NORMALS_TABLE, MARKS_TABLE = "profile", "normals", "marks"
_BLACK, _GREY, _RED, _BLUE = (0.0, 0.0, 0.0), (0.6, 0.6, 0.6), (0.84, 0.37, 0.0), (0.0, 0.45, 0.70)


def plot_tables(measurement):
    """The numbers behind the plot of one region: mapping table -> mapping column -> array.

    Depths in mm, everything else relative to the splenium. In the table of all normals a row of missing values parts
    one normal from the next; so one series draws them all.
    """
    m = measurement
    inside = m.lobe.window if m.lobe else np.zeros(len(m.depths_mm), bool)
    polarity = 1.0 if m.settings.polarity == "bright" else -1.0
    scale = m.splenium_intensity if m.settings.normalization == "splenium" else 1.0
    each = polarity * (m.intensities - m.white_matter_intensity) / scale
    gap = np.full((len(each), 1), np.nan)
    level = m.settings.width_fraction * m.sh_fit
    return {
        PROFILE_TABLE: {
            "depth_mm": m.depths_mm,
            "h": m.h,
            "h_low": m.h - 1.96 * m.h_se,
            "h_high": m.h + 1.96 * m.h_se,
            "fit": np.where(inside, m.fitted, np.nan),
        },
        NORMALS_TABLE: {
            "depth_mm": np.tile(np.append(m.depths_mm, np.nan), len(each)),
            "h": np.hstack([each, gap]).ravel(),
        },
        MARKS_TABLE: {
            "height_depth_mm": np.array([m.mode_mm, m.mode_mm]),
            "height": np.array([0.0, m.sh_fit]),
            "width_depth_mm": np.array(m.edges_mm),
            "width": np.array([level, level]),
        },
    }


def make_plot(scene, tables):
    """Plot series and chart nodes that show the tables; made once, after which only the tables change.

    Parameters
    ----------
    scene : vtkMRMLScene
    tables : mapping of PROFILE_TABLE, NORMALS_TABLE and MARKS_TABLE to table nodes
        With the columns of `plot_tables`.

    Returns
    -------
    vtkMRMLPlotChartNode
    """
    chart = scene.AddNewNodeByClass("vtkMRMLPlotChartNode", "M1SHThk profile")
    series = slicer.vtkMRMLPlotSeriesNode
    solid, dashed = series.LineStyleSolid, series.LineStyleDash
    profile, normals, marks = (tables[name] for name in (PROFILE_TABLE, NORMALS_TABLE, MARKS_TABLE))
    for name, table, x, y, color, width, style, opacity in (
        ("Each normal", normals, "depth_mm", "h", _GREY, 1, solid, 0.25),
        ("Mean h", profile, "depth_mm", "h", _BLACK, 3, solid, 1.0),
        ("95 % low", profile, "depth_mm", "h_low", _BLACK, 1, dashed, 1.0),
        ("95 % high", profile, "depth_mm", "h_high", _BLACK, 1, dashed, 1.0),
        ("Double sigmoid F", profile, "depth_mm", "fit", _RED, 3, solid, 1.0),
        ("SH, height", marks, "height_depth_mm", "height", _BLUE, 2, solid, 1.0),
        ("Thk, width", marks, "width_depth_mm", "width", _BLUE, 2, solid, 1.0),
    ):
        node = scene.AddNewNodeByClass("vtkMRMLPlotSeriesNode", name)
        node.SetHideFromEditors(True)
        node.SetAndObserveTableNodeID(table.GetID())
        node.SetPlotType(series.PlotTypeScatter)
        node.SetXColumnName(x)
        node.SetYColumnName(y)
        node.SetMarkerStyle(series.MarkerStyleNone)
        node.SetLineStyle(style)
        node.SetLineWidth(width)
        node.SetColor(*color)
        node.SetOpacity(opacity)
        chart.AddAndObservePlotSeriesNodeID(node.GetID())
    chart.SetXAxisTitle("Depth from the pial line (mm)")
    chart.SetYAxisTitle("Hypointensity h (relative to the splenium)")
    chart.SetLegendVisibility(True)
    return chart


#
# Exam -> MRML
#


def add_exam(scene, exam):
    """Bring an exam in memory into a scene.

    Returns
    -------
    mapping
        `volume` and `references`: nodes; `splenium`: segment ID; `regions`: (hemisphere, region) -> (curve nodes,
        segment ID of the white matter).
    """
    volume = scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", exam.image.name)
    volume.SetIJKToRASMatrix(_vtk_matrix(exam.image.affine))
    volume.SetAndObserveImageData(_image_data(exam.image.voxels, vtk.vtkImageData()))
    volume.CreateDefaultDisplayNodes()
    references = scene.AddNewNodeByClass("vtkMRMLSegmentationNode", "References")
    references.CreateDefaultDisplayNodes()
    references.SetReferenceImageGeometryParameterFromVolumeNode(volume)
    added = {"volume": volume, "references": references, "regions": {}}
    added["splenium"] = _add_segment(references, "Splenium", (1.0, 0.8, 0.2), exam.splenium, exam.image)
    for region in exam.regions:
        name = f"White matter {region.name}"
        white_matter = _add_segment(references, name, (0.3, 0.7, 1.0), region.white_matter, exam.image)
        lines = [_add_curve(scene, f"Pial line {region.name}", points) for points in region.pial_lines]
        added["regions"][region.hemisphere, region.region] = lines, white_matter
    return added


def _add_segment(segmentation, name, color, roi, image):
    lowest, highest = roi.indices.min(0), roi.indices.max(0)
    mask = np.zeros(highest - lowest + 1, np.uint8)
    mask[tuple((roi.indices - lowest).T)] = 1
    labelmap = _image_data(mask, slicer.vtkOrientedImageData())
    affine = image.affine.copy()
    affine[:3, 3] = image.position_of(lowest)
    labelmap.SetImageToWorldMatrix(_vtk_matrix(affine))
    return segmentation.AddSegmentFromBinaryLabelmapRepresentation(labelmap, name, color)


def _add_curve(scene, name, points):
    curve = scene.AddNewNodeByClass("vtkMRMLMarkupsCurveNode", name)
    curve.CreateDefaultDisplayNodes()
    for point in points:
        curve.AddControlPointWorld(vtk.vtkVector3d(*point))
    return curve


def _image_data(voxels, data):
    """Put an array (i, j, k) into a vtkImageData; it is copied."""
    data.SetDimensions(voxels.shape)
    data.GetPointData().SetScalars(numpy_to_vtk(np.ravel(voxels, order="F"), deep=True))
    return data


def _vtk_matrix(affine):
    matrix = vtk.vtkMatrix4x4()
    matrix.DeepCopy(np.ravel(affine).tolist())
    return matrix
