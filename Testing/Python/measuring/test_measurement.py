"""A region measured: against closed forms, and what is refused with its reason."""

import numpy as np
import pytest
from flat_cortex import (
    BENEATH_ROI,
    LAYER_MM,
    LINE_SLICE,
    SPLENIUM,
    SPLENIUM_SLICE,
    WHITE_MATTER,
    WHITE_MATTER_SLICE,
    cortex_exam,
    cortex_image,
    flat_line,
    layered,
    round_depth,
    round_line,
    true_h,
)
from M1SHThkLib.measuring.measurement import evaluate_roi, measure_region
from measured_cortex import NOISY, assert_same, measured, with_voxels
from scipy.optimize import curve_fit

pytestmark = pytest.mark.filterwarnings("error")

ROUND_RADIUS = 9.0


def fit_by_scipy(h, begin_mm):
    """Height and width at a quarter of it, found on a fine grid, of F fitted by scipy to h from a depth to 6 mm."""

    def curve(x, a, b1, c1, b2, c2):
        return a / (1 + np.exp(-b1 * (x - c1))) - a / (1 + np.exp(-b2 * (x - c2)))

    x = np.arange(0, 6.01, 0.1)
    x = x[x > begin_mm]
    parameters, _ = curve_fit(curve, x, h(x), [0.15, 4, LAYER_MM[0], 4, LAYER_MM[1]])
    fine = np.arange(0, 6, 1e-4)
    values = curve(fine, *parameters)
    wide = fine[values >= values.max() / 4]
    return values.max(), wide[-1] - wide[0]


class TestClosedForm:
    @pytest.mark.parametrize(
        ("image", "line", "accuracy"),
        [
            (cortex_image(), flat_line(), 5e-4),
            (cortex_image(round_depth(ROUND_RADIUS)), round_line(ROUND_RADIUS, 2.0), 2e-3),
        ],
        ids=["flat", "round"],
    )
    def test_without_noise_h_is_that_of_the_layers_and_the_marker_that_of_scipy_s_fit_to_it(
        self, image, line, accuracy
    ):
        found = measured(image, [line])
        np.testing.assert_allclose(found.h, true_h(found.depths_mm), atol=accuracy)
        np.testing.assert_allclose(found.profile, layered(found.depths_mm), atol=100 * accuracy)
        x = np.arange(0, 2, 1e-4)
        sh, thk = fit_by_scipy(true_h, x[true_h(x) <= 0].max())
        assert found.sh == pytest.approx(sh, rel=0.005)
        assert found.thk_mm == pytest.approx(thk, rel=0.01)
        assert found.sh_thk_per_mm == pytest.approx(sh / thk, rel=0.015)

    def test_references_lengths_and_counts(self):
        found = measured(cortex_image())
        assert (found.splenium_intensity, found.white_matter_intensity) == pytest.approx((SPLENIUM, WHITE_MATTER))
        assert found.splenium_area_mm2 == pytest.approx(100 * 0.16)
        assert found.line_length_mm == pytest.approx(32)
        assert (found.n_normals, found.n_normals_left_out) == (161, 0)
        np.testing.assert_allclose(found.depths_mm, np.arange(61) / 10)
        assert (found.n_per_depth == 161).all()
        assert found.name == "left hand knob"

    def test_the_area_under_f_is_nearly_the_dip_times_the_layer_s_thickness(self):
        assert measured(cortex_image()).area_mm == pytest.approx(12 / SPLENIUM * 1.5, rel=0.03)

    def test_derived_values_are_those_of_the_parameters(self):
        found = measured()
        a, _, c1, _, c2 = found.parameters
        assert found.c2_c1_mm == c2 - c1 and found.area_mm == pytest.approx(a * (c2 - c1))
        assert found.thk_fit_mm == found.edges_mm[1] - found.edges_mm[0] == found.thk_mm
        assert found.sh_thk_per_mm == found.sh / found.thk_mm
        assert found.fitted.max() == pytest.approx(found.sh, rel=1e-3)

    def test_standard_error_of_h_adds_up_that_of_the_profile_and_of_both_references(self):
        """h = (W - P) / S: its variance is (var P + var W + h^2 var S) / S^2."""
        found = measured()
        white_matter, splenium = found.white_matter.noise.standard_error, found.splenium.noise.standard_error
        variance = np.diag(found.noise.covariance) + white_matter**2 + found.h**2 * splenium**2
        np.testing.assert_allclose(found.h_se, np.sqrt(variance) / found.splenium_intensity)

    def test_significance_goes_inversely_with_the_noise(self):
        weak, strong = (measured(cortex_image(noise=noise)).lobe_z for noise in (0.5, 1.0))
        assert weak == pytest.approx(2 * strong, rel=0.05)

    def test_a_curved_line_s_normals_end_where_they_cross(self):
        """Normals of a circle of 5 mm meet at 5 mm; beyond there is nothing to sample."""
        found = measured(cortex_image(round_depth(5.0)), [round_line(5.0, 2.0)])
        assert found.depths_mm[-1] == pytest.approx(5.0, abs=0.11)


class TestRefused:
    """Each with the region or the ROI, what is wrong, and what to do."""

    @pytest.mark.parametrize(
        ("line", "fault"),
        [
            (flat_line()[:1], "has one control point; draw the line with three or more"),
            (flat_line(line_slice=101), "every normal leaves scan; draw the line on this image, or sample less deep"),
            (flat_line() * [1, np.nan, 1], "has control points that are not finite numbers; draw it again"),
        ],
    )
    def test_line(self, line, fault):
        with pytest.raises(ValueError, match=f"^pial line of the left hand knob: {fault}$"):
            measured(NOISY, [line])

    def test_line_on_no_valid_voxel(self):
        def empty(voxels):
            voxels[:, 15:40, LINE_SLICE] = np.nan

        with pytest.raises(ValueError, match=r"^pial line of the left hand knob: scan has no valid voxel there; draw"):
            measured(with_voxels(NOISY, empty))

    @pytest.mark.parametrize("roi", ["splenium", "white matter"])
    def test_roi_without_a_number(self, roi):
        def empty(voxels):
            voxels[:, :, [WHITE_MATTER_SLICE, SPLENIUM_SLICE]] = np.nan

        exam = cortex_exam(with_voxels(NOISY, empty))
        bad = exam.splenium if roi == "splenium" else exam.regions[0].white_matter
        with pytest.raises(ValueError, match=f"^{roi}: every voxel of scan in it is not a number; draw it on valid"):
            evaluate_roi(bad, exam.image)

    def test_profile_of_hardly_any_depth(self):
        def all_but_the_surface(voxels):
            voxels[:, 20:, LINE_SLICE] = np.nan

        with pytest.raises(ValueError, match=r"^left hand knob: the normals meet hardly any valid voxel of scan; draw"):
            measured(with_voxels(NOISY, all_but_the_surface), [flat_line() - [0, 0.5, 0]])

    def test_a_region_without_a_line(self):
        with pytest.raises(ValueError, match="left hand knob"):
            measured(NOISY, [])


def test_one_region_alone_is_measured_as_within_the_exam():
    exam = cortex_exam(NOISY, white_matter=BENEATH_ROI)
    region = exam.regions[0]
    references = [evaluate_roi(roi, exam.image) for roi in (exam.splenium, region.white_matter)]
    assert_same(
        measure_region(exam.image, region, *references, exam.settings),
        measured(NOISY, white_matter=BENEATH_ROI),
        rtol=0,
    )
