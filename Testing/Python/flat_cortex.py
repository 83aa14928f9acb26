"""Cortex in closed form: bright fluid, cortex as bright as white matter, in it one dark layer; flat, or about a centre.

Every border is the step response of a Gaussian point spread across it, so the intensity at any depth is known exactly.
"""

import numpy as np
from M1SHThkLib.measuring.exam import Exam, Region
from M1SHThkLib.measuring.image import Image
from M1SHThkLib.measuring.roi import Roi
from M1SHThkLib.measuring.settings import Settings
from scipy.special import ndtr

WHITE_MATTER, SPLENIUM, FLUID = 100.0, 80.0, 200.0
BLUR_MM = 0.5
LAYER_MM = (1.6, 3.1)

VOXEL_MM = 0.4
SHAPE = (100, 60, 5)
AFFINE = np.diag([VOXEL_MM, VOXEL_MM, 1.0, 1.0])
LINE_SLICE, WHITE_MATTER_SLICE, SPLENIUM_SLICE = 1, 3, 4  # the latter two hold nothing else
SURFACE_MM = 8.0  # where the flat cortex begins, along j
CENTRE_MM = np.array([20.0, 14.0])  # of the round cortex, along i and j
LINE_MM = np.arange(4.0, 36.1, 2.0)


def layered(depth, dip=12.0, layer_mm=LAYER_MM, fluid=FLUID):
    """Intensity at a depth in mm."""
    superficial, deep = ((depth - border) / BLUR_MM for border in layer_mm)
    return WHITE_MATTER - dip * (ndtr(superficial) - ndtr(deep)) + (fluid - WHITE_MATTER) * ndtr(-depth / BLUR_MM)


def true_h(depth, **layers):
    """Hypointensity at a depth in mm."""
    return (WHITE_MATTER - layered(depth, **layers)) / SPLENIUM


def box(lowest, size):
    return np.argwhere(np.ones(size)) + np.asarray(lowest)


WHITE_MATTER_ROI = Roi(box((45, 33, WHITE_MATTER_SLICE), (10, 7, 1)), "white matter")
# On the line's own slice, deep beneath the flat cortex; beneath the round one there is no room for it.
BENEATH_ROI = Roi(box((45, 48, LINE_SLICE), (10, 7, 1)), "white matter")
SPLENIUM_ROI = Roi(box((40, 20, SPLENIUM_SLICE), (10, 10, 1)), "splenium")


def flat_depth(i_mm, j_mm):
    return np.broadcast_to(j_mm - SURFACE_MM, np.broadcast_shapes(i_mm.shape, j_mm.shape))


def round_depth(radius):
    """Depth beneath a circle about CENTRE_MM."""
    return lambda i_mm, j_mm: radius - np.hypot(i_mm - CENTRE_MM[0], j_mm - CENTRE_MM[1])


def flat_line(along_mm=LINE_MM, line_slice=LINE_SLICE):
    """Control points on the flat cortex."""
    return np.stack([along_mm, np.full(len(along_mm), SURFACE_MM), np.full(len(along_mm), float(line_slice))], -1)


def round_line(radius, angle, count=200):
    """Control points on the round cortex."""
    turn = np.linspace(-angle / 2, angle / 2, count)
    around = CENTRE_MM + radius * np.stack([np.sin(turn), -np.cos(turn)], -1)
    return np.column_stack([around, np.full(count, float(LINE_SLICE))])


def cortex_image(depth=flat_depth, noise=0.0, seed=0, **layers):
    """The image, with white noise in every voxel."""
    i_mm, j_mm = np.meshgrid(np.arange(SHAPE[0]) * VOXEL_MM, np.arange(SHAPE[1]) * VOXEL_MM, indexing="ij")
    voxels = np.repeat(layered(depth(i_mm, j_mm), **layers)[:, :, None], SHAPE[2], axis=2)
    voxels[:, :, WHITE_MATTER_SLICE], voxels[:, :, SPLENIUM_SLICE] = WHITE_MATTER, SPLENIUM
    return Image(voxels + noise * np.random.default_rng(seed).normal(size=SHAPE), AFFINE, "scan")


def cortex_exam(image=None, lines=None, white_matter=WHITE_MATTER_ROI, splenium=SPLENIUM_ROI, **settings):
    """An exam of one region; without a bootstrap unless asked for."""
    region = Region("left", "hand_knob", (flat_line(),) if lines is None else tuple(lines), white_matter)
    image = cortex_image(noise=1.0) if image is None else image
    return Exam("sub-01", image, splenium, (region,), Settings(**{"replicates": 0, **settings}))
