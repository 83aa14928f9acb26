"""What SH/Thk takes without this project: a probe filter of VTK for every normal and SciPy's curve_fit."""

import numpy as np
from M1SHThkLib import double_sigmoid
from M1SHThkLib.hypointensity import find_lobe, hypointensity
from M1SHThkLib.pial_line import smooth_pial_line
from scipy.optimize import curve_fit
from vtkmodules.util.numpy_support import numpy_to_vtk, vtk_to_numpy
from vtkmodules.vtkCommonDataModel import vtkImageData
from vtkmodules.vtkFiltersCore import vtkProbeFilter
from vtkmodules.vtkFiltersSources import vtkLineSource


def vtk_image(image):
    """An image's voxels as VTK holds them, at their indices."""
    volume = vtkImageData()
    volume.SetDimensions(image.voxels.shape)
    volume.GetPointData().SetScalars(numpy_to_vtk(image.voxels.ravel(order="F"), deep=True))
    return volume


def probe_and_fit(volume, exam, points):
    """SH/Thk of a line through the points."""
    settings = exam.settings
    line = smooth_pial_line(points, exam.white_matter.positions, (), settings.smoothing_mm, settings.normal_spacing_mm)
    depths = np.linspace(0, settings.depth_max_mm, round(settings.depth_max_mm / settings.depth_step_mm) + 1)
    outer = exam.image.index_of(line.positions)
    inner = exam.image.index_of(line.positions + settings.depth_max_mm * line.normals)
    profiles = [_probed(volume, *ends, len(depths)) for ends in zip(outer, inner, strict=True)]
    h = hypointensity(np.mean(profiles, axis=0), exam.white_matter.mean, exam.splenium.mean)
    lobe = find_lobe(depths, h, np.zeros_like(h))
    top = depths[lobe.top]
    fitted, _ = curve_fit(
        lambda x, *parameters: double_sigmoid.double_sigmoid(x, parameters),
        depths[lobe.window],
        h[lobe.window],
        (1.2 * h[lobe.top], 5.0, top - 0.6, 5.0, top + 0.6),
        maxfev=10_000,
    )
    return double_sigmoid.mode_and_height(fitted)[1] / double_sigmoid.width(fitted, settings.width_fraction)


def _probed(volume, outer, inner, count):
    normal = vtkLineSource()
    normal.SetPoint1(outer)
    normal.SetPoint2(inner)
    normal.SetResolution(count - 1)
    probe = vtkProbeFilter()
    probe.SetInputConnection(normal.GetOutputPort())
    probe.SetSourceData(volume)
    probe.Update()
    return vtk_to_numpy(probe.GetOutput().GetPointData().GetScalars())
