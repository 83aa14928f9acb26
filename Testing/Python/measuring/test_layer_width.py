"""The layer's width without blur: known layers beneath bright fluid, blurred by known amounts."""

from dataclasses import replace

import numpy as np
import pytest
from flat_cortex import BLUR_MM, SPLENIUM, SPLENIUM_ROI, WHITE_MATTER, cortex_image, flat_line
from M1SHThkLib.digital_exam.phantom import PhantomOptions, make_phantom
from M1SHThkLib.measuring.layer_width import MODEL_ERROR_MM
from M1SHThkLib.measuring.measurement import measure_exam
from M1SHThkLib.measuring.settings import Settings
from measured_cortex import measured, with_band

pytestmark = pytest.mark.filterwarnings("error")
INTERVALS = {
    "w_mm": "w_ci_mm",
    "dip": "dip_ci",
    "dip_per_mm": "dip_per_mm_ci",
    "blur_fwhm_mm": "blur_fwhm_ci_mm",
}
FWHM_MM = 2.3548 * BLUR_MM


def in_phantom(**options):
    """The hand knob of a patient at 7 T without noise, measured, and its truth."""
    fixed = {"field_strength": 7, "group": "patient", "seed": 31, "noise": 0.0, "slices": 2, "cropped": True}
    phantom = make_phantom(PhantomOptions(**fixed, regions=(("left", "hand_knob"),), **options))
    return measure_exam(phantom.exam(Settings(replicates=0)))[0], phantom.truth["regions"][0]


class TestWidth:
    @pytest.mark.parametrize("width", [0.9, 1.5, 2.2])
    def test_is_the_layer_s_own_where_the_blur_is_normal(self, width):
        found = measured(cortex_image(layer_mm=(1.6, 1.6 + width)))
        assert found.w_mm == pytest.approx(width, abs=0.02)
        assert found.dip == pytest.approx(12 / SPLENIUM, rel=0.03)
        assert found.dip_per_mm == pytest.approx(found.dip / found.w_mm)
        assert found.blur_fwhm_mm == pytest.approx(FWHM_MM, rel=0.03)
        assert found.thk_fit_mm > width + 0.25

    def test_is_that_of_a_scan_whose_filter_is_known(self):
        found, truth = in_phantom()
        assert found.w_mm == pytest.approx(truth["deep_layer_thickness_mm"], abs=0.06)
        assert found.dip == pytest.approx(truth["dip"], rel=0.05)

    def test_does_not_come_from_a_slope_of_the_white_matter(self):
        found, truth = in_phantom(white_matter_gradient=0.01)
        thickness = truth["deep_layer_thickness_mm"]
        assert found.w_mm == pytest.approx(thickness, abs=0.08) and found.thk_fit_mm > thickness + 0.3

    @pytest.mark.parametrize("splenium", [0.0, 1e-9, 0.02])
    def test_does_not_hang_on_the_splenium_of_a_map_of_susceptibility(self, splenium):
        image = cortex_image(noise=1.0, seed=3)
        voxels = (WHITE_MATTER - image.voxels) / 1000
        voxels[tuple(SPLENIUM_ROI.indices.T)] = splenium
        found = measured(replace(image, voxels=voxels), polarity="bright", normalization="none")
        assert found.w_mm == pytest.approx(measured(image).w_mm, abs=0.01)

    def test_does_not_depend_on_the_image_s_unit(self):
        image = cortex_image(noise=1.0)
        other = replace(image, voxels=7 * image.voxels)
        one, another = measured(image), measured(other)
        assert another.w_mm == pytest.approx(one.w_mm, rel=1e-4)
        assert another.dip == pytest.approx(one.dip, rel=1e-4)


class TestIntervals:
    def test_hold_the_values_and_are_as_wide_as_repeated_exams_scatter(self):
        """By noise, and for the width by what the model leaves out besides."""
        exams = [measured(cortex_image(noise=2.0, seed=seed), replicates=100) for seed in range(20)]
        for name, interval in INTERVALS.items():
            low, high = np.transpose([getattr(found, interval) for found in exams])
            values = np.array([getattr(found, name) for found in exams])
            assert ((low < values) & (values < high)).all(), name
            beside = {"w_mm": 1.0, "dip_per_mm": values.mean() / 1.5}.get(name, 0.0) * MODEL_ERROR_MM
            scatter = np.hypot(values.std(), beside)
            assert 1.96 * scatter * 0.7 < (high - low).mean() / 2 < 1.96 * scatter * 1.6, name

    def test_let_the_dip_move_against_the_width_where_the_model_is_wrong(self):
        """A layer taken for wider is taken for less dark: without noise, too, the dip has an interval, half as wide."""
        found = measured(cortex_image(noise=0.02), replicates=200)
        width, dip = (np.ptp(own) / value for own, value in ((found.w_ci_mm, found.w_mm), (found.dip_ci, found.dip)))
        assert 0.3 * width < dip < 0.7 * width
        assert np.ptp(found.dip_per_mm_ci) / found.dip_per_mm == pytest.approx(width + dip, rel=0.1)

    def test_are_left_out_without_replicates(self):
        found = measured(cortex_image(noise=1.0))
        assert np.isfinite(found.w_mm) and np.isnan([*found.w_ci_mm, *found.dip_ci, *found.blur_fwhm_ci_mm]).all()


class TestWithheld:
    def test_where_the_layer_is_much_narrower_than_the_blur(self):
        found = measured(cortex_image(layer_mm=(1.6, 2.0), dip=40.0))
        assert np.isnan([found.w_mm, found.dip, found.dip_per_mm]).all()
        assert "narrower than 0.6 of the blur" in found.withheld["w_mm"] or "bound" in found.withheld["w_mm"]
        assert np.isfinite(found.thk_fit_mm)

    def test_where_noise_leaves_it_open(self):
        found = measured(cortex_image(noise=12.0, seed=3), replicates=100)
        assert np.isnan(found.w_mm) and found.withheld["w_mm"]

    def test_where_only_noise_makes_a_thin_layer_look_wide(self):
        found = measured(cortex_image(layer_mm=(1.6, 2.7), noise=2.0, seed=1), replicates=200)
        assert "its interval runs from 0.97 to 1.46 mm" in found.withheld["w_mm"]

    def test_where_the_pial_edge_is_dark(self):
        dark = with_band(cortex_image(noise=1.0), -3.0, 0.2, -140.0)
        found = measured(dark, replicates=50)
        assert np.isnan(found.w_mm) and found.withheld["w_mm"]

    @pytest.mark.parametrize("fluid_mm", [1.0, 1.4, 1.8])
    @pytest.mark.parametrize("change", [-30.0, -90.0])
    def test_where_other_tissue_lies_near_the_pial_edge(self, fluid_mm, change):
        """The edge is then seen as 0.9 to 1.1 mm wide instead of 1.18, and a layer of 1.5 mm as 1.7 mm."""
        found = measured(with_band(cortex_image(noise=0.5), -fluid_mm - 3, -fluid_mm, change))
        assert np.isfinite(found.thk_mm) and np.isnan([found.w_mm, found.dip, found.blur_fwhm_mm]).all()
        assert "from the pial edge" in found.withheld["w_mm"]

    def test_not_where_it_lies_further_off_or_the_line_lies_deeper(self):
        image = with_band(cortex_image(), -6.2, -3.2, -90.0)
        assert measured(image).w_mm == pytest.approx(1.5, abs=0.04)
        assert measured(cortex_image(), [flat_line() + [0, 0.4, 0]]).w_mm == pytest.approx(1.5, abs=0.04)

    def test_and_no_blur_is_given_of_a_fit_that_failed(self):
        found = measured(with_band(cortex_image(noise=1.5, seed=5), -4.0, -1.0, 80.0))
        assert "bound" in found.withheld["w_mm"] and np.isnan(found.blur_fwhm_mm)

    def test_where_there_is_no_layer(self):
        found = measured(cortex_image(noise=1.0, dip=0.0))
        assert np.isnan(found.w_mm) and found.withheld["w_mm"] == "there is no dark layer"
        assert (found.dip, found.dip_per_mm) == (0, 0) == (found.sh, found.sh_thk_per_mm)
