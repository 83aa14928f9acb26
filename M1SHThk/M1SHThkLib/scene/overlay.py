"""The overlay on the slice: the normals, and the measured layer as a translucent band.

Slice views cut meshes with the slice plane. Hexahedra that reach half a slice to each side are drawn filled on the
slice that was measured and on no other. What lies in the plane itself is not drawn, so normals are extruded too.
"""

import numpy as np
import vtk
from vtk.util.numpy_support import numpy_to_vtk, numpy_to_vtkIdTypeArray

COLORS = {"layer": (0.34, 0.71, 0.91), "normals": (0.90, 0.62, 0.0)}
OPACITIES = {"layer": 0.5, "normals": 0.7}
EVERY_NTH_NORMAL = 3


def add_overlay_model(scene, name):
    """A model node for one part of the overlay, 'normals' or 'layer'; on slices alone, not selectable, not saved."""
    model = scene.AddNewNodeByClass("vtkMRMLModelNode", f"M1SHThk {name}")
    model.SetHideFromEditors(True)
    model.SetSaveWithScene(False)
    model.SetSelectable(False)
    model.CreateDefaultDisplayNodes()
    display = model.GetDisplayNode()
    display.SetSaveWithScene(False)
    display.SetColor(*COLORS[name])
    display.SetVisibility2D(True)
    display.SetVisibility3D(False)
    display.SetSliceIntersectionOpacity(OPACITIES[name])
    return model


def band_mesh(measurement, slice_thickness_mm):
    """The measured layer as a vtkUnstructuredGrid of hexahedra; empty where there is no thickness."""
    m = measurement
    if not np.isfinite(m.thk_mm):
        return vtk.vtkUnstructuredGrid()
    across = _across(m) * slice_thickness_mm / 2
    superficial, deep = (m.positions + depth * m.normals for depth in m.edges_mm)
    corners = np.stack([superficial - across, deep - across, superficial + across, deep + across], 1)
    first = np.flatnonzero(_next_is_neighbour(m))
    hexahedra = 4 * first[:, None] + np.array([0, 1, 5, 4, 2, 3, 7, 6])
    return _grid(corners.reshape(-1, 3), hexahedra, vtk.VTK_HEXAHEDRON)


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


MESHES = {"normals": normals_mesh, "layer": band_mesh}


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


def _next_is_neighbour(m):
    """Whether the next normal stands on the same line, shape (n - 1,)."""
    apart = np.linalg.norm(np.diff(m.positions, axis=0), axis=1)
    return apart < 2.5 * m.settings.normal_spacing_mm


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
