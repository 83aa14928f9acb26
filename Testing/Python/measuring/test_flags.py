"""Flags: each raised by an input made for it, and by nothing else; what each says."""

import numpy as np
import pytest
from flat_cortex import (
    LINE_SLICE,
    SPLENIUM_SLICE,
    WHITE_MATTER_ROI,
    WHITE_MATTER_SLICE,
    box,
    cortex_image,
    flat_line,
    round_depth,
    round_line,
)
from M1SHThkLib.measuring.flags import FLAGS
from M1SHThkLib.measuring.roi import Roi
from measured_cortex import NOISY, measured, with_voxels

pytestmark = pytest.mark.filterwarnings("error")


BIASED_WHITE_MATTER = with_voxels(
    cortex_image(noise=0.3), lambda voxels: np.add.at(voxels, tuple(WHITE_MATTER_ROI.indices.T), 4.0)
)
HOLE = with_voxels(NOISY, lambda voxels: voxels.__setitem__((30, 24, LINE_SLICE), np.nan))
BRIGHT_BEYOND = with_voxels(NOISY, lambda voxels: np.add.at(voxels, np.s_[:, 29:34, LINE_SLICE], 60.0))
PEAKED = with_voxels(
    cortex_image(noise=0.3, dip=0),
    lambda voxels: np.subtract.at(voxels, np.s_[:, :, LINE_SLICE], 20 / (1 + ((np.arange(60) - 26) * 0.4 / 0.3) ** 2)),
)
SPECKLED = cortex_image(noise=3.0, dip=6.0)

TOO_DEEP = np.array([0, 1.2, 0])  # mm: the layer begins above the line

RAISED_BY = {
    "no_dark_layer": lambda: measured(cortex_image(noise=1.0, dip=0.0)),
    "near_noise": lambda: measured(cortex_image(noise=4.0, dip=2.5)),
    "lobe_touches_pial_line": lambda: measured(cortex_image(noise=1.0, seed=19), [flat_line() + TOO_DEEP]),
    "second_dark_layer": lambda: measured(NOISY, depth_max_mm=3.2),
    "white_matter_mismatch": lambda: measured(BIASED_WHITE_MATTER),
    "unstable_white_matter": lambda: measured(SPECKLED, white_matter=Roi(box((45, 33, WHITE_MATTER_SLICE), (4, 3, 1)))),
    "splenium_below_5_mm2": lambda: measured(NOISY, splenium=Roi(box((40, 20, SPLENIUM_SLICE), (31, 1, 1)))),
    "crossing_normals": lambda: measured(cortex_image(round_depth(3.4), noise=1.0), [round_line(3.4, 4.0)]),
    "outside_image": lambda: measured(NOISY, [flat_line(np.arange(-3.0, 30.0))]),
    "fit_at_bound": lambda: measured(PEAKED),
    "poor_fit": lambda: measured(BRIGHT_BEYOND),
    "short_line": lambda: measured(NOISY, [flat_line(np.arange(10.0, 19.6, 0.5))]),
    "few_normals": lambda: measured(NOISY, [flat_line(np.arange(10.0, 21.1))]),
}


class TestFlags:
    def test_a_clean_exam_raises_none(self):
        assert measured(NOISY).flags == ()

    @pytest.mark.parametrize("flag", FLAGS)
    def test_is_raised_by_the_input_made_for_it(self, flag):
        assert flag in RAISED_BY[flag]().flags

    def test_a_line_drawn_too_deep_never_passes_for_no_layer(self):
        for seed in range(10):
            found = measured(cortex_image(noise=1.0, seed=seed), [flat_line() + TOO_DEEP])
            assert found.flags == ("lobe_touches_pial_line",)

    def test_a_line_drawn_too_deep_into_a_layer_without_noise(self):
        assert measured(cortex_image(), [flat_line() + TOO_DEEP]).sh > 0.1

    @pytest.mark.parametrize("flag", FLAGS)
    def test_says_what_to_do(self, flag):
        assert len(FLAGS[flag].rstrip(".").split(". ")) >= 2

    def test_are_in_the_documented_order(self):
        flags = measured(NOISY, [flat_line(np.arange(-1.0, 5.0))], depth_max_mm=3.2).flags
        assert len(flags) >= 3 and list(flags) == [flag for flag in FLAGS if flag in flags]

    def test_near_noise_keeps_its_values(self):
        found = RAISED_BY["near_noise"]()
        assert 2 <= found.lobe_z < 3 and found.sh == found.sh_fit and found.thk_mm == found.thk_fit_mm

    def test_an_absent_layer_keeps_its_fit_beside(self):
        found = measured(cortex_image(noise=4.0, dip=0.5, seed=1))
        assert "no_dark_layer" in found.flags and 0 < found.lobe_z < 2
        assert (found.sh, found.sh_thk_per_mm) == (0, 0) and np.isnan(found.thk_mm)
        assert found.sh_fit > 0 and found.sh_thk_fit_per_mm == pytest.approx(found.sh_fit / found.thk_fit_mm)

    @pytest.mark.parametrize("flag", ["lobe_touches_pial_line", "second_dark_layer"])
    def test_a_layer_that_touches_or_merges_keeps_its_height_and_loses_its_thickness(self, flag):
        found = RAISED_BY[flag]()
        assert found.sh == found.sh_fit > 0
        assert np.isnan([found.thk_mm, found.sh_thk_per_mm]).all()
        assert found.thk_fit_mm > 0

    @pytest.mark.parametrize(("voxels", "raised"), [(31, True), (32, False)])
    def test_the_splenium_s_5_mm2_are_counted_in_its_plane(self, voxels, raised):
        """A voxel covers 0.16 mm2: 31 are 4.96 mm2, 32 are 5.12; slices do not add up."""
        roi = Roi(np.concatenate([box((40, 20, k), (8, 4, 1))[:voxels] for k in (3, 4)]))
        assert ("splenium_below_5_mm2" in measured(NOISY, splenium=roi).flags) == raised

    @pytest.mark.parametrize(("length", "raised"), [(9.8, True), (10.2, False)])
    def test_a_line_is_short_below_10_mm(self, length, raised):
        line = flat_line(np.linspace(10, 10 + length, 8))
        assert ("short_line" in measured(NOISY, [line]).flags) == raised

    def test_few_normals_goes_with_the_length_of_the_line_and_not_with_the_number_of_normals(self):
        line = flat_line(np.arange(10.0, 21.1))
        found = measured(NOISY, [line], normal_spacing_mm=0.05)
        assert found.n_normals > 200 and "few_normals" in found.flags

    def test_two_lines_help_against_few_normals(self):
        lines = [flat_line(np.arange(10.0, 21.1), line_slice) for line_slice in (1, 2)]
        assert "few_normals" not in measured(NOISY, lines).flags

    def test_normals_that_cross_deeper_than_the_layer_do_not_matter(self):
        image = cortex_image(round_depth(5.0), noise=1.0)
        assert "crossing_normals" not in measured(image, [round_line(5.0, 3.0)]).flags

    def test_normals_that_leave_the_image_are_left_out_and_counted(self):
        """From -3 mm on, each 0.2 mm: the voxels end at -0.2 mm."""
        found = measured(NOISY, [flat_line(np.arange(-3.0, 30.0))])
        inside = measured(NOISY, [flat_line(np.arange(0.0, 30.0))])
        assert found.n_normals + found.n_normals_left_out == 161
        assert found.n_normals_left_out == 14
        assert found.sh == pytest.approx(inside.sh, rel=0.02)

    def test_samples_beside_a_voxel_without_a_value_are_left_out_and_the_rest_kept(self):
        found = measured(HOLE)
        assert "outside_image" in found.flags and found.n_normals == 161
        assert found.n_per_depth.min() < 161 and found.n_per_depth[-1] == 161
        assert found.sh == pytest.approx(measured(NOISY).sh, rel=0.02)

    @pytest.mark.parametrize("size", [(1, 1, 1), (2, 1, 1)])
    def test_white_matter_of_a_voxel_or_two_is_unstable(self, size):
        roi = Roi(box((45, 33, WHITE_MATTER_SLICE), size))
        assert "unstable_white_matter" in measured(cortex_image(noise=4.0), white_matter=roi).flags
