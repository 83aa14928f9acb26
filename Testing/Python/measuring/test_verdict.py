"""The verdict: absent only with evidence, undecided with what prevents it, and never a layer in sight called absent."""

from dataclasses import replace

import numpy as np
import pytest
from flat_cortex import BENEATH_ROI, LINE_SLICE, SURFACE_MM, VOXEL_MM, box, cortex_image, flat_line
from M1SHThkLib.digital_exam.phantom import PhantomOptions, make_phantom
from M1SHThkLib.measuring.absence import largest_hidden_sh
from M1SHThkLib.measuring.measurement import measure_exam
from M1SHThkLib.measuring.roi import Roi
from M1SHThkLib.measuring.settings import Settings
from M1SHThkLib.measuring.verdict import judge
from measured_cortex import measured, with_band, with_voxels

pytestmark = pytest.mark.filterwarnings("error")


def found_in(image, lines=None, **changes):
    return measured(image, lines, **{"white_matter": BENEATH_ROI, **changes})


WITH, WITHOUT = cortex_image(noise=1.0), cortex_image(noise=1.0, dip=0.0)
CLEAR, ABSENT = found_in(WITH), found_in(WITHOUT)


def values(found):
    return found.sh, found.thk_mm, found.sh_thk_per_mm


def changed(found, **layer):
    """What is judged of a measurement whose layer were different."""
    return judge(replace(found, layer=replace(found.layer, **layer)))


class TestAbsent:
    @pytest.mark.parametrize("seed", range(6))
    @pytest.mark.parametrize("averaging", ["mean", "trimmed"])
    def test_an_exam_without_a_layer(self, averaging, seed):
        found = found_in(cortex_image(noise=1.0, dip=0.0, seed=seed), averaging=averaging)
        assert "no_dark_layer" in found.flags and "undecided" not in found.flags
        assert (found.sh, found.sh_thk_per_mm) == (0, 0) and np.isnan(found.thk_mm)
        assert 0 < found.verdict.largest_hidden_sh < 0.06

    def test_keeps_its_fit_beside(self):
        assert ABSENT.sh == 0 < ABSENT.sh_fit
        assert ABSENT.sh_thk_fit_per_mm == pytest.approx(ABSENT.sh_fit / ABSENT.thk_fit_mm)

    @pytest.mark.parametrize("depth_max_mm", [4.0, 6.0, 8.0, 10.0])
    def test_does_not_depend_on_how_deep_one_samples(self, depth_max_mm):
        assert found_in(WITHOUT, depth_max_mm=depth_max_mm).sh == 0

    @pytest.mark.parametrize("layer", [{"is_dark_from_line": True}, {"is_parted": True}, {"edges_mm": (-1.0, 9.0)}])
    def test_what_is_absent_neither_touches_nor_merges_nor_is_a_vein(self, layer):
        verdict = changed(ABSENT, z=1.0, **layer)
        assert verdict.sh == 0
        of_a_layer = {"lobe_touches_pial_line", "second_dark_layer", "vein_suspected", "opposite_bank"}
        assert not of_a_layer & set(verdict.flags)

    def test_ringing_of_an_exam_without_noise_is_no_layer_and_no_vein(self):
        """Interpolation alone overshoots by a ten-thousandth of the splenium, in a line of 0.4 mm."""
        found = found_in(cortex_image(dip=0.0))
        assert found.lobe_z > 1000 and found.sh_fit < 2e-3 and found.thk_fit_mm < 1.58 * VOXEL_MM
        assert "no_dark_layer" in found.flags and "thinner_than_resolution" in found.flags
        assert "vein_suspected" not in found.flags and found.sh == 0


def with_a_loop():
    line = flat_line()
    return np.concatenate([line[:9], line[8] + [[2, -2, 0], [0, -4, 0], [-2, -2, 0]], line[8:]])


def moved(indices, by):
    line = flat_line()
    line[indices] += by
    return line


def wobbling():
    along = np.arange(4.0, 36.1)
    return np.column_stack([along, SURFACE_MM + 0.5 * np.sin(along * 2 * np.pi / 16), np.full(33, float(LINE_SLICE))])


def swapped():
    line = flat_line(np.arange(4.0, 36.1, 1.0))
    line[[15, 16]] = line[[16, 15]]
    return line


def empty_below(voxels):
    voxels[:, int((SURFACE_MM + 1.2) / VOXEL_MM) + 1 : 46, LINE_SLICE] = np.nan


def without_fluid(voxels):
    voxels[30:60, :21, LINE_SLICE] = 100.0


def without_fluid_over_a_sixth(voxels):
    voxels[43:50, :21, LINE_SLICE] = 100.0


def dark_stretch(voxels):
    voxels[20:32, 24:27, LINE_SLICE] -= 40.0


def brighter_at_both_ends(voxels):
    """As a coil sees it that lies near both."""
    along = np.arange(len(voxels)) * VOXEL_MM
    voxels *= (1 + 0.1 * ((along - 20) / 16) ** 2)[:, None, None]


def darker_where_the_roi_lies(voxels):
    voxels[45:55, 48:55, LINE_SLICE] *= 0.94


ONE_VOXEL = Roi(box((45, 50, LINE_SLICE), (1, 1, 1)))

# What prevents a decision, how it comes about, and how the note names it.
DOUBTS = {
    "shallow": (None, [flat_line()], {"depth_max_mm": 2.0}, "the profile ends at 2.0 mm, and cortex may be 4 mm thick"),
    "no data": (empty_below, [flat_line()], {}, "the profile ends at "),
    "folded": (None, [with_a_loop()], {}, "line_folds"),
    "swapped": (None, [swapped()], {}, "line_doubles_back"),
    "twice": (None, [flat_line(), flat_line(np.arange(5.0, 35.1, 2.0))], {}, "lines_overlap"),
    "off the slice": (None, [moved(8, [0, 0, 1])], {}, "off_slice"),
    "few clicks": (None, [flat_line()[::8]], {}, "sparse_clicks"),
    "partly no edge": (without_fluid_over_a_sixth, [flat_line()], {}, "the pial edge is unclear on 1"),
    "no edge": (without_fluid, [flat_line()], {}, "edge_unclear"),
    "stray": (None, [wobbling()], {}, "line_strays"),
    "uneven": (dark_stretch, [flat_line()], {}, "uneven_line"),
    "brighter ends": (brighter_at_both_ends, [flat_line()], {}, "the cortex changes along the line by "),
    "within the cortex": (None, [flat_line() + [0, 4, 0]], {}, "is it on the pial surface?"),
    "noisy white matter": (None, [flat_line()], {"white_matter": ONE_VOXEL}, "could hide"),
}


class TestUndecided:
    @pytest.mark.parametrize("doubt", DOUBTS)
    def test_without_evidence_all_three_are_missing_and_the_note_says_why(self, doubt):
        change, lines, changes, note = DOUBTS[doubt]
        noise = 6.0 if doubt == "noisy white matter" else 1.0
        image = cortex_image(noise=noise, dip=0.0)
        found = found_in(with_voxels(image, change) if change else image, lines, **changes)
        assert "no_dark_layer" not in found.flags
        assert np.isnan(values(found)).all() and note in found.notes["undecided"]

    @pytest.mark.parametrize("doubt", DOUBTS)
    def test_a_layer_in_plain_sight_is_never_called_absent(self, doubt):
        change, lines, changes, _ = DOUBTS[doubt]
        found = found_in(with_voxels(WITH, change) if change else WITH, lines, **changes)
        assert found.sh != 0 and "no_dark_layer" not in found.flags

    @pytest.mark.parametrize("seed", range(3))
    def test_a_faint_layer_that_a_dark_white_matter_roi_hides_is_not_called_absent(self, seed):
        image = cortex_image(noise=0.5, dip=4.0, seed=seed)
        assert found_in(image).sh == pytest.approx(0.05, abs=0.01)
        found = found_in(with_voxels(image, darker_where_the_roi_lies))
        assert np.isnan(values(found)).all()
        assert "against the white matter beneath the line, or" in found.notes["undecided"]

    @pytest.mark.parametrize("seed", [0, 1, 5])
    def test_a_faint_layer_beneath_a_third_of_the_line_is_not_called_absent(self, seed):
        image, with_layer = (cortex_image(noise=2.0, dip=dip, seed=seed) for dip in (0.0, 4.0))

        def layer_in_the_middle(voxels):
            voxels[37:63] = with_layer.voxels[37:63]

        found = found_in(with_voxels(image, layer_in_the_middle))
        assert np.isnan(values(found)).all() and "a third of it" in found.notes["undecided"]

    @pytest.mark.parametrize("length_mm", [0.1, 0.5, 2.0])
    @pytest.mark.parametrize("normal_spacing_mm", [0.2, 2.0])
    def test_a_line_just_begun_is_no_evidence(self, length_mm, normal_spacing_mm):
        """Two normals and more."""
        line = flat_line(np.linspace(18, 18 + length_mm, 5))
        found = found_in(WITHOUT, [line], normal_spacing_mm=normal_spacing_mm)
        assert found.n_normals >= 2 and "undecided" in found.flags

    def test_names_everything_that_prevents_it(self):
        note = found_in(WITHOUT, [moved(8, [0, 0, 1])], depth_max_mm=2.0).notes["undecided"]
        assert note.startswith("the profile ends at 2.0 mm") and "; off_slice" in note

    @pytest.mark.parametrize(("height", "is_absent"), [(0.02, True), (0.04, False)])
    def test_a_thin_dark_line_that_stands_out_is_no_evidence_of_absence(self, height, is_absent):
        """Ringing is faint; what is dark and thin may be a vein."""
        verdict = changed(ABSENT, z=20.0, height=height, edges_mm=(2.0, 2.4))
        assert ("no_dark_layer" in verdict.flags) == is_absent
        assert is_absent or verdict.notes["undecided"] == "thinner_than_resolution"


class TestZ:
    """A clear layer, judged as if its z were another."""

    @pytest.mark.parametrize(
        ("z", "flag"),
        [(1.999, "undecided"), (np.nan, "undecided"), (2.0, "near_noise"), (2.999, "near_noise"), (3.0, None)],
    )
    def test_below_2_undecided_and_below_3_near_noise(self, z, flag):
        verdict = changed(CLEAR, z=z)
        assert verdict.flags == ((flag,) if flag else ())
        assert np.isnan(verdict.sh) == (flag == "undecided")
        if flag != "undecided":
            assert (verdict.sh, verdict.thk_mm) == (CLEAR.layer.height, CLEAR.layer.width_mm)

    @pytest.mark.parametrize(("z", "is_absent"), [(2.5, True), (3.0, False)])
    def test_what_hardly_stands_out_and_excludes_4_percent_is_a_ripple(self, z, is_absent):
        verdict = changed(ABSENT, z=z, height=0.02, edges_mm=(1.5, 3.0))
        assert ("no_dark_layer" in verdict.flags) == is_absent

    @pytest.mark.parametrize("offset", [0.0, 1.0, -1.0, 3.0, -3.0])
    def test_is_the_same_however_deep_one_samples_and_though_white_matter_is_off(self, offset):
        """By 1 and 3 % of white matter, 8 and 25 % of SH."""

        def bias(voxels):
            voxels[tuple(BENEATH_ROI.indices.T)] += offset

        image = with_voxels(cortex_image(noise=0.5), bias)
        z = [found_in(image, depth_max_mm=depth).lobe_z for depth in (4.0, 5.0, 6.0, 8.0, 10.0)]
        assert z == pytest.approx([z[0]] * 5, rel=0.02)


class TestTouchingAndMerging:
    @pytest.mark.parametrize(("left", "touches"), [(-0.01, True), (0.81, False)])
    def test_touches_where_f_s_edge_lies_above_the_pial_line(self, left, touches):
        verdict = changed(CLEAR, edges_mm=(left, 3.0))
        assert ("lobe_touches_pial_line" in verdict.flags) == touches
        assert verdict.sh == CLEAR.layer.height
        assert np.isnan([verdict.thk_mm, verdict.sh_thk_per_mm]).all() == touches

    @pytest.mark.parametrize(("left", "vein"), [(0.79, True), (0.8, False)])
    def test_a_layer_that_begins_nearer_than_superficial_cortex_is_thick_is_a_vein(self, left, vein):
        verdict = changed(CLEAR, edges_mm=(left, 3.0))
        assert ("vein_suspected" in verdict.flags) == vein
        assert np.isnan([verdict.sh, verdict.thk_mm]).all() == vein

    @pytest.mark.parametrize(("right", "second"), [(6.01, True), (6.0, False)])
    def test_second_where_f_s_edge_leaves_the_window(self, right, second):
        assert CLEAR.layer.window_end_mm == pytest.approx(6)
        verdict = changed(CLEAR, edges_mm=(1.0, right), window_end_mm=6.0)
        assert ("second_dark_layer" in verdict.flags) == second and verdict.sh == CLEAR.layer.height
        assert np.isnan([verdict.thk_mm, verdict.sh_thk_per_mm]).all() == second

    def test_second_where_the_lobe_is_parted(self):
        verdict = changed(CLEAR, is_parted=True)
        assert verdict.flags == ("second_dark_layer",) and np.isnan(verdict.thk_mm)


class TestWhiteMatterMismatch:
    @pytest.mark.parametrize(("baseline", "raised"), [("roi", True), ("plateau", False)])
    def test_is_said_of_the_roi_and_never_of_the_plateau(self, baseline, raised):
        """What remains of a plateau once it was taken for the baseline is noise, and it cannot advise itself."""
        found = found_in(WITH, baseline=baseline)
        assert ("white_matter_mismatch" in changed(found, plateau=0.05).flags) == raised


class TestPlateau:
    @pytest.mark.parametrize("depth_max_mm", [5.5, 7.0, 10.0])
    def test_holds_though_the_roi_lies_a_quarter_of_the_layer_too_high(self, depth_max_mm):
        """Against the ROI's mean white matter then looks like a layer that never ends."""

        def too_bright(voxels):
            voxels[tuple(BENEATH_ROI.indices.T)] += 4.5

        image = with_band(cortex_image(noise=0.5), 3.9, 4.4, 8.0)  # the layer's undershoot
        right = found_in(image, baseline="plateau")
        found = found_in(with_voxels(image, too_bright), baseline="plateau", depth_max_mm=depth_max_mm)
        assert found.flags == () and found.sh_thk_per_mm == pytest.approx(right.sh_thk_per_mm, rel=0.04)

    def test_without_a_layer_there_is_none(self):
        """Past a ripple of noise, what lies deeper than white matter would make a layer of all above it."""
        options = PhantomOptions(
            field_strength=7,
            group="patient",
            seed=990025,
            deep_layer="isointense",
            line_length_mm=25.0,
            slices=3,
            cropped=True,
        )
        phantom = make_phantom(options)
        for depth_max_mm in (6.0, 7.0, 10.0):
            found = measure_exam(phantom.exam(Settings(baseline="plateau", depth_max_mm=depth_max_mm)))[1]
            assert "no_dark_layer" in found.flags and found.sh == 0


class TestThinnerThanResolution:
    """A line seen through the point spread of its own voxels is 1.58 voxels wide at a quarter of its height."""

    @pytest.mark.parametrize(("voxels", "thin"), [(1.57, True), (1.59, False)])
    def test_below_the_width_of_a_line(self, voxels, thin):
        verdict = changed(CLEAR, edges_mm=(1.5, 1.5 + voxels * VOXEL_MM))
        assert ("thinner_than_resolution" in verdict.flags) == thin
        assert np.isnan(verdict.sh_thk_per_mm) == thin


X = np.arange(61) * 0.1


class TestLargestHiddenSh:
    """Upper 95 % limit of a peak of 1.4 times the mean of h over any millimetre, from 0.8 to 5 mm."""

    @staticmethod
    def of(h, standard_error=0.01, x=X):
        return largest_hidden_sh(x, h, np.full((1, len(x)), standard_error))

    def test_of_an_even_profile(self):
        assert self.of(np.full(61, 0.02)) == pytest.approx(1.4 * (0.02 + 1.96 * 0.01))

    def test_a_millimetre_of_darkness_counts_where_it_is_greatest(self):
        assert self.of(np.where((X > 3.95) & (X < 5.05), 0.1, 0.0)) == pytest.approx(1.4 * (0.1 + 0.0196))

    def test_half_a_millimetre_is_averaged_with_its_neighbours(self):
        """Eleven samples to a millimetre, of which five are dark."""
        assert self.of(np.where((X > 1.95) & (X < 2.45), 0.11, 0.0)) == pytest.approx(1.4 * (0.05 + 0.0196))

    @pytest.mark.parametrize("dark", [X < 0.75, X > 5.05], ids=["fluid or a vein", "another bank"])
    def test_darkness_elsewhere_does_not_count(self, dark):
        assert self.of(np.where(dark, 0.5, 0.0)) == pytest.approx(1.4 * 0.0196)

    def test_errors_of_the_depths_add_up_by_their_covariance(self):
        own = np.where(X < 3.5, 0.01, 0.0) * np.eye(61)  # white matter beneath without any
        assert largest_hidden_sh(X, np.zeros(61), own) == pytest.approx(1.4 * 1.96 * 0.01 / np.sqrt(11))

    def test_a_roi_that_is_too_dark_hides_nothing_that_white_matter_beneath_shows(self):
        """The ROI's mean is off by as much as the layer is dark; its error does not touch the difference."""
        layer = np.where((X > 1.95) & (X < 3.05), 0.03, 0.0) - 0.03
        assert self.of(layer) == pytest.approx(1.4 * 0.03)

    def test_is_never_below_zero_and_unknown_where_the_profile_is_too_short(self):
        assert self.of(np.full(61, -0.2)) == pytest.approx(0, abs=1e-12)
        assert self.of(np.zeros(17), x=X[:17]) == np.inf


class TestOvershoot:
    """Beneath bright cortex a point spread overshoots, and without noise it does so beyond any noise."""

    @pytest.mark.parametrize(("height", "is_absent"), [(0.009, True), (0.011, False)])
    def test_what_is_fainter_than_1_percent_is_no_layer(self, height, is_absent):
        found = found_in(cortex_image(noise=0.05, dip=0.0))
        assert found.verdict.largest_hidden_sh < 0.01
        verdict = changed(found, z=20.0, height=height, edges_mm=(1.5, 2.5))
        assert ("no_dark_layer" in verdict.flags) == is_absent

    @pytest.mark.parametrize("deep_layer", ["isointense", "bright"])
    def test_a_digital_exam_without_layer_and_noise_is_called_absent(self, deep_layer):
        options = PhantomOptions(
            seed=881,
            noise=0.0,
            deep_layer=deep_layer,
            regions=(("left", "paracentral_lobule"),),
            slices=2,
            cropped=True,
        )
        (found,) = measure_exam(make_phantom(options).exam())
        assert found.lobe_z > 3 and found.thk_fit_mm > 1.58 * found.in_plane_spacing_mm
        assert "no_dark_layer" in found.flags and found.sh_thk_per_mm == 0
