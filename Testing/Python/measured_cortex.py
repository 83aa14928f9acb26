"""The flat cortex, measured; what may be drawn into it; and when two measurements are the same."""

from dataclasses import replace

import numpy as np
from flat_cortex import BLUR_MM, LINE_SLICE, SHAPE, SURFACE_MM, VOXEL_MM, cortex_exam, cortex_image
from M1SHThkLib.measuring.measurement import measure_exam
from scipy.special import ndtr

NOISY = cortex_image(noise=1.0)
MARKER = ("sh", "thk_mm", "sh_thk_per_mm", "sh_fit", "thk_fit_mm", "sh_thk_fit_per_mm")
RELATIVE = (*MARKER, "c2_c1_mm", "area_mm", "mode_mm", "lobe_z")
LENGTHS = ("line_length_mm", "splenium_area_mm2", "white_matter_area_mm2", "n_normals", "n_normals_left_out")
OF_THE_LAYER = ("plateau", "plateau_se", "r_squared", "rmse")
INTENSITIES = ("splenium_intensity", "white_matter_intensity")


def measured(image=None, lines=None, **changes):
    """The one region of the exam with these settings and ROIs."""
    (measurement,) = measure_exam(cortex_exam(image, lines, **changes))
    return measurement


def with_voxels(image, change):
    """The image with `change` made to a copy of its voxels."""
    voxels = image.voxels.copy()
    change(voxels)
    return replace(image, voxels=voxels)


def with_band(image, from_mm, to_mm, change):
    """The image with a blurred band of other intensity between two depths of the flat cortex."""
    depth = np.arange(SHAPE[1]) * VOXEL_MM - SURFACE_MM

    def add(voxels):
        voxels[:, :, LINE_SLICE] += change * (ndtr((depth - from_mm) / BLUR_MM) - ndtr((depth - to_mm) / BLUR_MM))

    return with_voxels(image, add)


def assert_same(one, other, names=RELATIVE + LENGTHS + INTENSITIES, rtol=1e-5):
    """The same values to a part of them, and the same flags."""
    for name in names:
        np.testing.assert_allclose(getattr(one, name), getattr(other, name), rtol=rtol, atol=1e-9, err_msg=name)
    if "lobe_z" in names:
        for name in OF_THE_LAYER:
            values = getattr(one.layer, name), getattr(other.layer, name)
            np.testing.assert_allclose(*values, rtol=rtol, atol=1e-9, err_msg=name)
    assert one.flags == other.flags
