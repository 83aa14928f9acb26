"""What SH/Thk and its interval take without this project: a probe filter of VTK for every normal, SciPy's curve_fit.

The line's spline and the bootstrap's draws are the project's own here too; sampling and fits are not.
"""

import numpy as np
from M1SHThkLib.measuring import double_sigmoid
from M1SHThkLib.measuring.hypointensity import find_lobe, hypointensity
from M1SHThkLib.measuring.pial_line import smooth_pial_line
from M1SHThkLib.measuring.profile_noise import interval
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
    line = smooth_pial_line(
        points,
        exam.white_matter.positions,
        exam.image.affine,
        settings.smoothing_length_mm,
        settings.normal_spacing_mm,
    )
    depths = np.linspace(0, settings.depth_max_mm, round(settings.depth_max_mm / settings.depth_step_mm) + 1)
    outer = exam.image.index_of(line.positions)
    inner = exam.image.index_of(line.positions + settings.depth_max_mm * line.normals)
    profiles = [_probed(volume, *ends, len(depths)) for ends in zip(outer, inner, strict=True)]
    h = hypointensity(np.mean(profiles, axis=0), exam.white_matter.mean, exam.splenium.mean)
    lobe = find_lobe(depths, h)
    top = depths[lobe.top]
    return _fitted(depths, h, lobe, (1.2 * h[lobe.top], 5.0, top - 0.6, 5.0, top + 0.6), settings)


def bootstrap_and_fit(measurement):
    """95 % interval of SH/Thk: as many curve_fits as there are replicates, each from the measurement's own fit."""
    settings, lobe = measurement.settings, measurement.lobe
    random = np.random.default_rng(settings.seed)
    profiles, white_matter, splenium = (
        source.replicates(settings.replicates, random)
        for source in (measurement.noise, measurement.white_matter.noise, measurement.splenium.noise)
    )
    h = hypointensity(profiles, white_matter[:, None], splenium[:, None])
    fits = [_fitted(measurement.depths_mm, one, lobe, measurement.parameters, settings) for one in h]
    return interval(np.array(fits))


def _fitted(depths, h, lobe, start, settings):
    """SH/Thk of the least-squares fit of F, within the bounds that keep the measurement's own fit sound."""
    amplitude, slope = h[lobe.top] * np.array(double_sigmoid.AMPLITUDE_OF_PEAK), double_sigmoid.SLOPE_PER_MM
    centre, distance = (-2.0, depths[-1]), (double_sigmoid.SMALLEST_DISTANCE_MM, depths[-1])
    lowest, highest = np.transpose([amplitude, slope, centre, slope, distance])
    a, b1, c1, b2, c2 = start
    (a, b1, c1, b2, apart), _ = curve_fit(
        lambda x, a, b1, c1, b2, apart: double_sigmoid.double_sigmoid(x, (a, b1, c1, b2, c1 + apart)),
        depths[lobe.window],
        h[lobe.window],
        np.clip((a, b1, c1, b2, c2 - c1), lowest, highest),
        bounds=(lowest, highest),
    )
    fitted = a, b1, c1, b2, c1 + apart
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
