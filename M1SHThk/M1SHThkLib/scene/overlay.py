"""The overlay on the slice: the normals, and the edges of the measured layer, which is itself left to be seen.

Slice views cut meshes with the slice plane. Quadrilaterals that reach half a slice to each side are drawn as lines on
the slice that was measured and on no other; what lies in the plane itself would not be drawn.
"""

import numpy as np
import slicer
import vtk
from vtk.util.numpy_support import numpy_to_vtk, numpy_to_vtkIdTypeArray, vtk_to_numpy

from ..measuring.layer_voxels import next_is_neighbour
from ..measuring.verdict import LEAST_STRAY_MM
from .scene_nodes import nodes_of_class

# Unlike each other and the lines, for the colour-blind too.
COLORS = {"layer": (0.95, 0.12, 0.10), "normals": (1.0, 1.0, 0.75), "edge": (0.1, 1.0, 1.0)}
OPACITIES = {"layer": 0.9, "normals": 0.45, "edge": 1.0}
LINE_WIDTHS = {"layer": 2, "normals": 1, "edge": 3}
EVERY_NTH_NORMAL = 3
_ATTRIBUTE = "M1SHThk.Overlay"
_VIEW_NODE = "vtkMRMLSliceNodeRed"  # of the module's layout
DASH_MM = 0.8


def find_overlay_model(scene, name):
    """The model node for one part of the overlay that the scene has already, or None."""
    for model in nodes_of_class(scene, "vtkMRMLModelNode"):
        if model.GetAttribute(_ATTRIBUTE) == name:
            return model
    return None


def add_overlay_model(scene, name):
    """A model node for one part of the overlay, of MESHES; in the slice view alone, not selectable, not saved.

    Slicer cuts it anew for each view that it is shown in, also for those that are hidden.
    """
    model = slicer.vtkMRMLModelNode()
    model.SetName(_name_of(name))
    model.SetAttribute(_ATTRIBUTE, name)
    model.SetSaveWithScene(False)
    model.SetSelectable(False)
    # What is hidden only later gets an item in the subject hierarchy, which is saved without its node.
    model.SetHideFromEditors(True)
    model = scene.AddNode(model)
    model.CreateDefaultDisplayNodes()
    display = model.GetDisplayNode()
    display.SetSaveWithScene(False)
    display.SetColor(*COLORS[name])
    display.AddViewNodeID(_VIEW_NODE)
    display.SetVisibility2D(True)
    display.SetVisibility3D(False)
    display.SetSliceIntersectionOpacity(OPACITIES[name])
    display.SetLineWidth(LINE_WIDTHS[name])
    return model


def drop_orphans(scene):
    """Remove what earlier versions left in a saved scene's subject hierarchy: items of models that were not saved."""
    hierarchy, items = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(scene), vtk.vtkIdList()
    hierarchy.GetItemChildren(hierarchy.GetSceneItemID(), items)
    for item in map(items.GetId, range(items.GetNumberOfIds())):
        if hierarchy.GetItemName(item) in map(_name_of, MESHES) and not hierarchy.GetItemDataNode(item):
            hierarchy.RemoveItem(item)


def _name_of(part):
    return f"M1SHThk {part}"


def edges_mesh(measurement, slice_thickness_mm):
    """The measured layer's two edges and its ends as a vtkUnstructuredGrid of quadrilaterals.

    Empty where there is no thickness.
    """
    m = measurement
    if not np.isfinite(m.thk_mm):
        return vtk.vtkUnstructuredGrid()
    across = _across(m) * slice_thickness_mm / 2
    edges = np.stack([m.positions + depth * m.normals for depth in m.edges_mm])
    # Points by edge, normal and side of the slice.
    corners = np.stack([edges - across, edges + across], 2)
    numbers = np.arange(corners[..., 0].size).reshape(corners.shape[:3])
    goes_on = next_is_neighbour(m)
    first = np.flatnonzero(goes_on)
    along = [_quads(numbers[edge, first], numbers[edge, first + 1]) for edge in range(2)]
    is_end = ~(np.append(goes_on, False) & np.append(False, goes_on))
    ends = _quads(numbers[0, is_end], numbers[1, is_end])
    return _grid(corners.reshape(-1, 3), np.concatenate([*along, ends]), vtk.VTK_QUAD)


def _quads(start, end):
    """Quadrilaterals from pairs of corners, shape (n, 2), to pairs of corners."""
    return np.column_stack([start, end[:, ::-1]])


def normals_mesh(measurement, slice_thickness_mm):
    """Every third normal, from the pial line to the sampled depth, as a vtkUnstructuredGrid of quadrilaterals."""
    m = measurement
    shown = np.arange(0, len(m.positions), EVERY_NTH_NORMAL)
    across = (_across(m) * slice_thickness_mm / 2)[shown]
    sampled = np.isfinite(m.intensities[shown])
    deepest = m.depths_mm[sampled.shape[1] - 1 - sampled[:, ::-1].argmax(1)]
    foot = m.positions[shown]
    tip = foot + deepest[:, None] * m.normals[shown]
    corners = np.stack([foot - across, tip - across, tip + across, foot + across], 1)
    quads = np.arange(4 * len(shown)).reshape(-1, 4)
    return _grid(corners.reshape(-1, 3), quads, vtk.VTK_QUAD)


def pial_edge_mesh(measurement, slice_thickness_mm):
    """Where the lines would lie on the pial edge, dashed; empty where they lie there, or no edge was made out."""
    m = measurement
    if m.alignment is None or m.alignment.refusal or m.alignment.stray_mm < LEAST_STRAY_MM:
        return vtk.vtkUnstructuredGrid()
    corners, quads, count = [], [], 0
    for line in m.alignment.lines:
        across = line.across * slice_thickness_mm / 2
        dash = max(round(DASH_MM / m.settings.normal_spacing_mm), 1)
        (first,) = np.nonzero(np.arange(len(line.positions) - 1) // dash % 2 == 0)
        numbers = count + np.arange(2 * len(line.positions)).reshape(2, -1)
        corners += [line.positions - across, line.positions + across]
        quads.append(_quads(numbers[:, first].T, numbers[:, first + 1].T))
        count += numbers.size
    return _grid(np.concatenate(corners), np.concatenate(quads), vtk.VTK_QUAD)


def set_mesh(model, mesh):
    """Give a model node a mesh; where only points have moved, they are moved in the mesh that it has."""
    known = model.GetMesh()
    if known is None or not _have_same_cells(known, mesh):
        model.SetAndObserveMesh(mesh)
    elif mesh.GetNumberOfCells():
        vtk_to_numpy(known.GetPoints().GetData())[:] = vtk_to_numpy(mesh.GetPoints().GetData())
        known.GetPoints().Modified()
        known.Modified()


def _have_same_cells(one, other):
    if one.GetNumberOfPoints() != other.GetNumberOfPoints() or one.GetNumberOfCells() != other.GetNumberOfCells():
        return False
    if not one.GetNumberOfCells():
        return True
    corners = [vtk_to_numpy(grid.GetCells().GetConnectivityArray()) for grid in (one, other)]
    return np.array_equal(*corners)


MESHES = {"normals": normals_mesh, "layer": edges_mesh, "edge": pial_edge_mesh}


def slice_thickness(image, measurement):
    """Distance in mm between the image's slices in the direction that the line's slice faces."""
    across = _across(measurement)[0]
    axes = image.affine[:3, :3] / image.spacing
    return float(image.spacing[np.argmax(np.abs(across @ axes))])


def _across(m):
    """Unit vectors perpendicular to the slice at every normal, shape (n, 3)."""
    tangents = np.gradient(m.positions, axis=0) if len(m.positions) > 1 else np.roll(m.normals, 1, axis=1)
    across = np.cross(tangents, m.normals)
    return across / np.linalg.norm(across, axis=1, keepdims=True)


def _grid(points, cells, cell_type):
    grid = vtk.vtkUnstructuredGrid()
    vtk_points = vtk.vtkPoints()
    vtk_points.SetData(numpy_to_vtk(np.ascontiguousarray(points, np.float32), deep=True))
    array = vtk.vtkCellArray()
    offsets = np.arange(0, cells.size + 1, cells.shape[1])
    array.SetData(
        numpy_to_vtkIdTypeArray(offsets.astype(np.int64), deep=True),
        numpy_to_vtkIdTypeArray(cells.ravel().astype(np.int64), deep=True),
    )
    grid.SetPoints(vtk_points)
    grid.SetCells(cell_type, array)
    return grid
