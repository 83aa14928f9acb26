"""A region measured: against closed forms, under changes that must not matter, and with each flag's own input."""

from dataclasses import replace

import numpy as np
import pytest
from flat_cortex import (
    AFFINE,
    BLUR_MM,
    CENTRE_MM,
    LAYER_MM,
    LINE_SLICE,
    SHAPE,
    SPLENIUM,
    SPLENIUM_SLICE,
    SURFACE_MM,
    VOXEL_MM,
    WHITE_MATTER,
    WHITE_MATTER_ROI,
    WHITE_MATTER_SLICE,
    box,
    cortex_exam,
    cortex_image,
    flat_line,
    layered,
    round_depth,
    round_line,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from M1SHThkLib.measuring.exam import Region
from M1SHThkLib.measuring.flags import FLAGS
from M1SHThkLib.measuring.image import Image
from M1SHThkLib.measuring.measurement import evaluate_roi, measure_exam, measure_region
from M1SHThkLib.measuring.roi import Roi
from scipy.optimize import curve_fit
from scipy.spatial.transform import Rotation
from scipy.special import ndtr

pytestmark = pytest.mark.filterwarnings("error")

NOISY = cortex_image(noise=1.0)
ROUND_RADIUS = 9.0
MARKER = ("sh", "thk_mm", "sh_thk_per_mm", "sh_fit", "thk_fit_mm", "sh_thk_fit_per_mm")
RELATIVE = (*MARKER, "c2_c1_mm", "area_mm", "mode_mm", "lobe_z", "wm_plateau", "wm_plateau_se", "r_squared", "rmse")
LENGTHS = ("line_length_mm", "splenium_area_mm2", "n_normals", "n_normals_left_out")
INTENSITIES = ("splenium_intensity", "white_matter_intensity")


def measured(image=None, lines=None, **changes):
    (measurement,) = measure_exam(cortex_exam(image, lines, **changes))
    return measurement


def with_voxels(image, change):
    voxels = image.voxels.copy()
    change(voxels)
    return replace(image, voxels=voxels)


def assert_same(one, other, names=RELATIVE + LENGTHS + INTENSITIES, rtol=1e-5):
    for name in names:
        np.testing.assert_allclose(getattr(one, name), getattr(other, name), rtol=rtol, atol=1e-9, err_msg=name)
    assert one.flags == other.flags


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


def true_h(x):
    return (WHITE_MATTER - layered(x)) / SPLENIUM


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
        found = measured(image, [line], smoothing_mm=0)
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
        profile, white_matter, splenium = found.sources.profile, found.sources.white_matter, found.sources.splenium
        variance = np.diag(profile.covariance) + white_matter.standard_error**2
        variance += found.h**2 * splenium.standard_error**2
        np.testing.assert_allclose(found.h_se, np.sqrt(variance) / found.splenium_intensity)

    def test_significance_goes_inversely_with_the_noise(self):
        weak, strong = (measured(cortex_image(noise=noise)).lobe_z for noise in (0.5, 1.0))
        assert weak == pytest.approx(2 * strong, rel=0.05)

    def test_a_curved_line_s_normals_end_where_they_cross(self):
        """Normals of a circle of 5 mm meet at 5 mm; beyond there is nothing to sample."""
        found = measured(cortex_image(round_depth(5.0)), [round_line(5.0, 2.0)], smoothing_mm=0)
        assert found.depths_mm[-1] == pytest.approx(5.0, abs=0.11)


def world_turned(exam, rotation, offset):
    """The same exam in a world turned and moved: the image's affine and the points together."""
    matrix = np.eye(4)
    matrix[:3, :3], matrix[:3, 3] = rotation.as_matrix(), offset
    regions = [
        replace(region, pial_lines=tuple(rotation.apply(points) + offset for points in region.pial_lines))
        for region in exam.regions
    ]
    return replace(exam, image=replace(exam.image, affine=matrix @ exam.image.affine), regions=tuple(regions))


class TestWhatMustNotMatter:
    ROUND = cortex_exam(
        cortex_image(round_depth(ROUND_RADIUS), noise=1.0), [round_line(ROUND_RADIUS, 2.4, 9)], smoothing_mm=0.1
    )

    @settings(max_examples=15)
    @given(
        st.tuples(*[st.floats(-1, 1)] * 4).filter(lambda q: np.linalg.norm(q) > 0.1).map(Rotation.from_quat),
        st.tuples(*[st.floats(-200, 200)] * 3).map(np.array),
    )
    def test_where_the_world_lies(self, rotation, offset):
        (here,), (there,) = measure_exam(self.ROUND), measure_exam(world_turned(self.ROUND, rotation, offset))
        assert_same(there, here)
        np.testing.assert_allclose(there.h, here.h, atol=1e-7)
        np.testing.assert_allclose(there.positions, rotation.apply(here.positions) + offset, atol=1e-6)

    @settings(max_examples=10)
    @given(st.floats(1e-3, 1e5))
    def test_the_unit_of_the_image(self, unit):
        here, there = measured(NOISY), measured(replace(NOISY, voxels=unit * NOISY.voxels))
        assert_same(there, here, RELATIVE + LENGTHS)
        for name in INTENSITIES:
            assert getattr(there, name) == pytest.approx(unit * getattr(here, name))

    def test_the_drawing_direction(self):
        (forth,) = measure_exam(self.ROUND)
        (line,) = self.ROUND.regions[0].pial_lines
        (back,) = measure_exam(replace(self.ROUND, regions=(replace(self.ROUND.regions[0], pial_lines=(line[::-1],)),)))
        assert_same(back, forth)

    @pytest.mark.parametrize("order", [(1, 0, 2), (2, 1, 0), (2, 0, 1)])
    def test_the_order_of_the_image_s_axes(self, order):
        grid = AFFINE.copy()
        grid[:, :3] = AFFINE[:, list(order)]
        image = Image(NOISY.voxels.transpose(order), grid)
        exam = cortex_exam(NOISY)
        region = exam.regions[0]
        region = replace(region, white_matter=Roi(region.white_matter.indices[:, list(order)]))
        (found,) = measure_exam(
            replace(exam, image=image, splenium=Roi(exam.splenium.indices[:, list(order)]), regions=(region,))
        )
        assert_same(found, measured(NOISY))

    def test_a_flipped_axis(self):
        grid = AFFINE.copy()
        grid[0, 0], grid[0, 3] = -0.4, 0.4 * (SHAPE[0] - 1)
        exam = cortex_exam(NOISY)

        def mirrored(roi):
            return Roi(np.column_stack([SHAPE[0] - 1 - roi.indices[:, 0], roi.indices[:, 1:]]))

        region = replace(exam.regions[0], white_matter=mirrored(exam.regions[0].white_matter))
        exam = replace(exam, image=Image(NOISY.voxels[::-1], grid), splenium=mirrored(exam.splenium), regions=(region,))
        assert_same(measure_exam(exam)[0], measured(NOISY))

    @pytest.mark.parametrize("stored", ["int16", ">i2", "int32", "float32"])
    def test_the_type_of_the_voxels(self, stored):
        whole = np.round(100 * NOISY.voxels)
        typed, as_float = (measured(replace(NOISY, voxels=whole.astype(kind))) for kind in (stored, float))
        assert_same(typed, as_float, rtol=1e-4)

    def test_the_order_of_the_regions_and_the_company_they_are_in(self):
        exam = cortex_exam(NOISY, replicates=50)
        first = exam.regions[0]
        second = Region("right", "paracentral_lobule", (flat_line(np.arange(6.0, 30.0)),), first.white_matter)
        together = measure_exam(replace(exam, regions=(first, second)))
        turned = measure_exam(replace(exam, regions=(second, first)))
        (alone,) = measure_exam(replace(exam, regions=(second,)))
        for one, other in ((together[0], turned[1]), (together[1], turned[0]), (together[1], alone)):
            assert_same(one, other, rtol=0)
            assert (one.hemisphere, one.sh_ci, one.thk_ci_mm) == (other.hemisphere, other.sh_ci, other.thk_ci_mm)

    def test_the_spacing_of_normals_and_depths_on_a_clean_image(self):
        image = cortex_image(round_depth(ROUND_RADIUS))
        line = round_line(ROUND_RADIUS, 2.0)
        usual, fine = measured(image, [line]), measured(image, [line], normal_spacing_mm=0.05, depth_step_mm=0.05)
        assert_same(fine, usual, ("sh", "thk_mm"), rtol=0.01)

    def test_voxels_away_from_the_line_and_the_rois(self):
        def spoil(voxels):
            voxels[:, :, [0, 2]] = voxels[:, 56:, LINE_SLICE] = np.nan

        assert_same(measured(with_voxels(NOISY, spoil)), measured(NOISY))

    def test_an_image_that_is_scaled_but_not_copied_stays_as_it_is(self):
        before = NOISY.voxels.copy()
        measured(NOISY, replicates=20, baseline="plateau")
        np.testing.assert_array_equal(NOISY.voxels, before)


class TestPolarityAndNormalization:
    def test_without_the_splenium_h_and_sh_keep_the_image_s_unit(self):
        relative, absolute = measured(NOISY), measured(NOISY, normalization="none")
        np.testing.assert_allclose(absolute.h, relative.h * relative.splenium_intensity)
        assert absolute.sh == pytest.approx(relative.sh * relative.splenium_intensity, rel=1e-5)
        assert absolute.thk_mm == pytest.approx(relative.thk_mm, rel=1e-5)

    def test_without_the_splenium_its_noise_does_not_count(self):
        def spoil(voxels):
            voxels[:, :, SPLENIUM_SLICE] += np.random.default_rng(1).normal(0, 40, SHAPE[:2])

        steady, wild = (measured(image, normalization="none") for image in (NOISY, with_voxels(NOISY, spoil)))
        assert_same(steady, wild, RELATIVE)
        assert measured(with_voxels(NOISY, spoil)).lobe_z < 0.9 * measured(NOISY).lobe_z

    def test_a_negated_image_is_measured_alike_by_bright_polarity(self):
        dark = measured(NOISY, normalization="none")
        for offset in (0, 500):
            turned = replace(NOISY, voxels=offset - NOISY.voxels)
            assert_same(measured(turned, normalization="none", polarity="bright"), dark, RELATIVE + LENGTHS)

    def test_a_bright_map_is_divided_by_its_splenium_where_asked(self):
        rates = replace(NOISY, voxels=300 - NOISY.voxels)
        found = measured(rates, polarity="bright")
        assert found.sh == pytest.approx(measured(NOISY, normalization="none").sh / found.splenium_intensity, rel=1e-5)

    def test_magnitudes_have_no_sign(self):
        assert_same(measured(replace(NOISY, voxels=np.abs(NOISY.voxels))), measured(NOISY))

    @pytest.mark.parametrize("mean", [0.0, -80.0])
    def test_a_splenium_that_is_not_positive_cannot_divide(self, mean):
        def spoil(voxels):
            voxels[:, :, SPLENIUM_SLICE] = mean

        image = with_voxels(NOISY, spoil)
        with pytest.raises(ValueError, match=f"^splenium ROI: its mean intensity is {mean:g}; draw it on tissue"):
            measured(image)
        assert measured(image, normalization="none").sh > 0


class TestWhiteMatter:
    """A control's faint layer, with the white-matter ROI in error by a part of the splenium's intensity."""

    @staticmethod
    def biased(share, **changes):
        def bias(voxels):
            voxels[tuple(WHITE_MATTER_ROI.indices.T)] += share * SPLENIUM

        return measured(with_voxels(cortex_image(noise=0.3, dip=5.0), bias), **changes)

    @pytest.mark.parametrize("share", [0.02, -0.02])
    def test_a_plateau_baseline_repairs_what_the_roi_spoils(self, share):
        clean, spoilt, repaired = self.biased(0), self.biased(share), self.biased(share, baseline="plateau")
        assert abs(spoilt.thk_mm / clean.thk_mm - 1) > 0.1
        assert repaired.thk_mm == pytest.approx(clean.thk_mm, rel=0.03)
        assert repaired.sh == pytest.approx(clean.sh, rel=0.03)

    @pytest.mark.parametrize("share", [0.02, -0.01])
    def test_the_plateau_tells_the_error(self, share):
        found = self.biased(share)
        assert found.wm_plateau == pytest.approx(share, abs=1e-3)
        assert "white_matter_mismatch" in found.flags

    def test_a_plateau_baseline_changes_nothing_where_the_roi_suits(self):
        assert_same(measured(NOISY, baseline="plateau"), measured(NOISY), MARKER, rtol=0.02)

    def test_a_plateau_baseline_s_intervals_are_about_the_repaired_values(self):
        found = self.biased(0.02, baseline="plateau", replicates=200)
        assert found.sh_ci[0] < found.sh < found.sh_ci[1]
        assert found.thk_ci_mm[0] < found.thk_mm < found.thk_ci_mm[1]


def with_band(image, from_mm, to_mm, change):
    """The image with a blurred band of other intensity between two depths of the flat cortex."""
    depth = np.arange(SHAPE[1]) * VOXEL_MM - SURFACE_MM

    def add(voxels):
        voxels[:, :, LINE_SLICE] += change * (ndtr((depth - from_mm) / BLUR_MM) - ndtr((depth - to_mm) / BLUR_MM))

    return with_voxels(image, add)


class TestRightLayer:
    @pytest.mark.parametrize(
        "image",
        [
            with_band(cortex_image(noise=1.0, fluid=0.0), 0.2, 1.3, 20.0),
            with_band(with_band(NOISY, -1.5, 0.2, -160.0), 0.5, 1.1, 40.0),
            with_band(NOISY, 5.1, 6.6, -12.0),
            with_band(NOISY, 5.1, 6.6, -30.0),
        ],
        ids=["dark fluid", "vein at the pial line", "opposite bank", "darker opposite bank"],
    )
    def test_other_darkness_is_not_taken_for_the_deep_layers(self, image):
        found, alone = measured(image, replicates=100), measured(NOISY)
        assert set(found.flags) <= {"white_matter_mismatch"}
        assert found.sh == pytest.approx(alone.sh, rel=0.1)
        assert found.mode_mm == pytest.approx(alone.mode_mm, abs=0.3)
        assert found.sh_ci[0] < found.sh < found.sh_ci[1] < 2 * found.sh

    @pytest.mark.parametrize("change", [-12.0, -30.0])
    def test_an_opposite_bank_is_not_taken_for_white_matter(self, change):
        found = measured(with_band(NOISY, 5.1, 6.6, change), baseline="plateau")
        assert found.flags == ()
        assert found.sh == pytest.approx(measured(NOISY).sh, rel=0.1)


class TestSeveralLines:
    def test_pooled_lines_are_the_union_of_their_normals(self):
        lines = [flat_line(np.arange(4.0, 20.1)), flat_line(np.arange(22.0, 36.1), line_slice=2)]
        one, other, both = measured(NOISY, lines[:1]), measured(NOISY, lines[1:]), measured(NOISY, lines)
        assert both.n_normals == one.n_normals + other.n_normals
        assert both.line_length_mm == pytest.approx(one.line_length_mm + other.line_length_mm)
        np.testing.assert_allclose(both.intensities, np.concatenate([one.intensities, other.intensities]))
        pooled = (one.n_normals * one.profile + other.n_normals * other.profile) / both.n_normals
        np.testing.assert_allclose(both.profile, pooled)
        np.testing.assert_allclose(both.positions, np.concatenate([one.positions, other.positions]))

    def test_the_order_of_the_lines_does_not_matter(self):
        lines = [flat_line(np.arange(4.0, 20.1)), flat_line(np.arange(22.0, 36.1), line_slice=2)]
        assert_same(measured(NOISY, lines[::-1]), measured(NOISY, lines), MARKER + LENGTHS)

    def test_crossings_are_sought_within_each_line_alone(self):
        """Two lines on opposite banks of a round gyrus: their normals meet at the centre, and both keep them."""
        image = cortex_image(round_depth(ROUND_RADIUS))
        line = round_line(ROUND_RADIUS, 1.0)
        opposite = line * [1, -1, 1] + [0, 2 * CENTRE_MM[1], 0]
        found = measured(image, [line, opposite], smoothing_mm=0)
        assert (found.n_per_depth == found.n_normals).all()
        np.testing.assert_allclose(found.h, true_h(found.depths_mm), atol=5e-3)


class TestIntervals:
    def test_hold_the_measured_values_and_are_the_same_again(self):
        found, again, other = (measured(NOISY, replicates=200, seed=seed) for seed in (1, 1, 2))
        for name, marker in (("sh_ci", "sh"), ("thk_ci_mm", "thk_mm"), ("sh_thk_ci_per_mm", "sh_thk_per_mm")):
            low, high = getattr(found, name)
            assert low < getattr(found, marker) < high
            assert getattr(again, name) == (low, high) != getattr(other, name)

    def test_are_left_out_where_no_replicates_are_asked_for(self):
        found = measured(NOISY, replicates=0)
        assert np.isnan([*found.sh_ci, *found.thk_ci_mm, *found.sh_thk_ci_per_mm]).all()

    def test_do_not_change_what_was_measured(self):
        assert_same(measured(NOISY, replicates=50), measured(NOISY), rtol=0)

    def test_are_as_wide_as_repeated_exams_scatter(self):
        """Half of a 95 % interval is 1.96 standard deviations, more where the blocks are few."""
        exams = [measured(cortex_image(noise=3.0, seed=seed), replicates=100) for seed in range(25)]
        for name, marker in (("sh_ci", "sh"), ("thk_ci_mm", "thk_mm"), ("sh_thk_ci_per_mm", "sh_thk_per_mm")):
            scatter = np.std([getattr(found, marker) for found in exams])
            half = np.mean([np.diff(getattr(found, name)) for found in exams]) / 2
            assert 1.96 * scatter * 0.75 < half < 1.96 * scatter * 1.5, marker

    def test_an_absent_layer_s_begin_at_zero_and_it_has_none_of_thickness(self):
        found = measured(cortex_image(noise=4.0, dip=0.5, seed=1), replicates=100)
        assert found.flags[0] == "no_dark_layer" and found.sh == found.sh_ci[0] == found.sh_thk_ci_per_mm[0] == 0
        assert np.isnan([found.thk_mm, *found.thk_ci_mm]).all()
        assert found.sh_fit > 0 and found.sh_ci[1] > 0


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
    exam = cortex_exam(NOISY)
    region = exam.regions[0]
    references = [evaluate_roi(roi, exam.image) for roi in (exam.splenium, region.white_matter)]
    assert_same(measure_region(exam.image, region, *references, exam.settings), measured(NOISY), rtol=0)
