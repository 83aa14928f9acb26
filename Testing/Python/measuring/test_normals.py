"""Normals and the intensities along them: which are kept, where they end, and what lies twice beneath two lines."""

import numpy as np
import pytest
from flat_cortex import (
    BENEATH_ROI,
    CENTRE_MM,
    SURFACE_MM,
    VOXEL_MM,
    cortex_exam,
    cortex_image,
    flat_line,
    layered,
    round_depth,
    round_line,
)
from M1SHThkLib.measuring.measurement import evaluate_roi
from M1SHThkLib.measuring.normals import sampled_normals, smooth_lines


def normals_of(image, lines, **settings):
    exam = cortex_exam(image, lines, white_matter=BENEATH_ROI, **settings)
    (region,) = exam.regions
    smooth = smooth_lines(region, evaluate_roi(region.white_matter, image), image.affine, exam.settings)
    return sampled_normals(image, smooth, exam.settings, region.name)


def shortened(image, depth_mm):
    """The image cut off at a depth beneath the flat cortex."""
    rows = int((SURFACE_MM + depth_mm) / VOXEL_MM)
    return type(image)(image.voxels[:, :rows], image.affine, image.name)


class TestSamples:
    def test_are_those_of_the_depth_on_every_normal(self):
        found = normals_of(cortex_image(), [flat_line()])
        np.testing.assert_allclose(found.intensities, np.tile(layered(found.depths_mm), (161, 1)), atol=0.05)
        assert np.isinf(found.ends_mm).all() and np.isinf(found.crossings_mm).all() and found.left_out == 0
        assert found.length_mm == pytest.approx(32)

    @pytest.mark.parametrize(("depth_max", "step", "count"), [(6.0, 0.1, 61), (4.0, 0.02, 201), (10.0, 0.2, 51)])
    def test_reach_the_depth_that_is_asked_for(self, depth_max, step, count):
        depths = normals_of(cortex_image(), [flat_line()], depth_max_mm=depth_max, depth_step_mm=step).depths_mm
        assert len(depths) == count and depths[-1] == pytest.approx(depth_max)

    def test_end_where_normals_cross(self):
        found = normals_of(cortex_image(round_depth(5.0)), [round_line(5.0, 2.0)])
        np.testing.assert_allclose(found.crossings_mm, 5.0, atol=0.1)
        np.testing.assert_array_equal(np.isfinite(found.intensities), found.depths_mm <= found.crossings_mm[:, None])
        np.testing.assert_allclose(found.ends_mm, found.crossings_mm, atol=0.11)


class TestNormalsThatLeaveTheImage:
    @pytest.mark.parametrize("depth_mm", [4.5, 5.5])
    def test_past_the_cortex_are_kept_and_end_there(self, depth_mm):
        image = shortened(cortex_image(), depth_mm)
        found = normals_of_uncut(image)
        assert (len(found.positions), found.left_out) == (161, 0)
        ends = (image.voxels.shape[1] - 0.5) * VOXEL_MM - SURFACE_MM
        np.testing.assert_allclose(found.ends_mm, ends, atol=0.11)
        assert np.isnan(found.intensities[:, found.depths_mm > ends + 0.01]).all()
        assert np.isfinite(found.intensities[:, found.depths_mm < ends - 0.01]).all()

    def test_within_the_cortex_are_left_out_and_counted(self):
        """From -3 mm on, each 0.2 mm: the voxels end at -0.2 mm."""
        found = normals_of(cortex_image(), [flat_line(np.arange(-3.0, 30.0))])
        assert (len(found.positions), found.left_out) == (147, 14)
        assert (found.positions[:, 0] >= -VOXEL_MM / 2 - 1e-9).all()

    def test_before_4_mm_all_of_them_is_refused(self):
        with pytest.raises(ValueError, match=r"^pial line of the left hand knob: every normal leaves scan; draw the"):
            normals_of_uncut(shortened(cortex_image(), 3.5))

    def test_beyond_a_crossing_does_not_count(self):
        """On a bank of 3 mm the normals cross before they leave an image that ends 0.4 mm past its centre."""
        whole = cortex_image(round_depth(3.0))
        image = type(whole)(whole.voxels[:, : int((CENTRE_MM[1] + 0.4) / VOXEL_MM) + 1], whole.affine, whole.name)
        found = normals_of_uncut(image, round_line(3.0, 3.0))
        assert found.left_out == 0 and (found.ends_mm < 3.2).all()


def normals_of_uncut(image, points=None):
    """Normals in an image that no longer holds the white matter's voxels: these come from the whole one."""
    whole = cortex_image()
    exam = cortex_exam(image, [flat_line() if points is None else points], white_matter=BENEATH_ROI)
    (region,) = exam.regions
    smooth = smooth_lines(region, evaluate_roi(region.white_matter, whole), image.affine, exam.settings)
    return sampled_normals(image, smooth, exam.settings, region.name)


class TestOverlap:
    def test_of_lines_over_the_same_stretch_is_measured(self):
        found = normals_of(cortex_image(), [flat_line(), flat_line(np.arange(4.0, 18.1)) + [0, 0.2, 0]])
        assert found.overlap_mm == pytest.approx(14, abs=0.5)

    def test_of_lines_on_neighbouring_slices_is_none(self):
        assert normals_of(cortex_image(), [flat_line(), flat_line(line_slice=2)]).overlap_mm == 0
