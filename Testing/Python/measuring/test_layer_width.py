"""The layer's width without blur: known layers beneath bright fluid, blurred by known amounts."""

from dataclasses import replace

import numpy as np
import pytest
from flat_cortex import BLUR_MM, SPLENIUM, cortex_image
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
        options = PhantomOptions(
            field_strength=7,
            group="patient",
            seed=31,
            noise=0.0,
            slices=2,
            cropped=True,
            regions=(("left", "hand_knob"),),
        )
        phantom = make_phantom(options)
        found = measure_exam(phantom.exam(Settings(replicates=0)))[0]
        truth = phantom.truth["regions"][0]
        assert found.w_mm == pytest.approx(truth["deep_layer_thickness_mm"], abs=0.06)
        assert found.dip == pytest.approx(truth["dip"], rel=0.05)

    def test_does_not_come_from_a_slope_of_the_white_matter(self):
        options = PhantomOptions(
            field_strength=7,
            group="patient",
            seed=31,
            noise=0.0,
            slices=2,
            cropped=True,
            regions=(("left", "hand_knob"),),
            white_matter_gradient=0.01,
        )
        phantom = make_phantom(options)
        found = measure_exam(phantom.exam(Settings(replicates=0)))[0]
        thickness = phantom.truth["regions"][0]["deep_layer_thickness_mm"]
        assert found.w_mm == pytest.approx(thickness, abs=0.08) and found.thk_fit_mm > thickness + 0.3

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

    def test_where_the_pial_edge_is_dark(self):
        dark = with_band(cortex_image(noise=1.0), -3.0, 0.2, -140.0)
        found = measured(dark, replicates=50)
        assert np.isnan(found.w_mm) and found.withheld["w_mm"]

    def test_where_there_is_no_layer(self):
        found = measured(cortex_image(noise=1.0, dip=0.0))
        assert np.isnan(found.w_mm) and found.withheld["w_mm"] == "there is no dark layer"
        assert (found.dip, found.dip_per_mm) == (0, 0) == (found.sh, found.sh_thk_per_mm)
