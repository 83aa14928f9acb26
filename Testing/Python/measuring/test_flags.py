"""Flags: each raised by an input made for it, and by nothing else; what each says and what it takes away."""

from dataclasses import replace

import numpy as np
import pytest
from flat_cortex import (
    BENEATH_ROI,
    LINE_SLICE,
    SHAPE,
    SPLENIUM_SLICE,
    SURFACE_MM,
    VOXEL_MM,
    WHITE_MATTER,
    WHITE_MATTER_ROI,
    WHITE_MATTER_SLICE,
    box,
    cortex_image,
    flat_line,
    layered,
    round_depth,
    round_line,
)
from M1SHThkLib.measuring.flags import FLAGS, notes_as_text, notes_from_text, sentence
from M1SHThkLib.measuring.roi import Roi
from measured_cortex import NOISY, measured, with_band, with_voxels

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
NO_FLUID_OVER_HALF = with_voxels(NOISY, lambda voxels: voxels.__setitem__(np.s_[30:60, :21, LINE_SLICE], WHITE_MATTER))
DARK_OVER_A_TENTH = with_voxels(NOISY, lambda voxels: np.add.at(voxels, np.s_[20:32, 24:27, LINE_SLICE], -40.0))


def lean_by_40_degrees(voxels):
    """The slices above and below show the cortex 0.84 mm further in and out."""
    for k in (0, 2):
        moved = np.arange(SHAPE[1]) * VOXEL_MM - SURFACE_MM - (k - LINE_SLICE) * np.tan(np.radians(40))
        voxels[:, :, k] = layered(moved)


LEANING = with_voxels(NOISY, lean_by_40_degrees)
TOO_DEEP = np.array([0, 1.2, 0])  # mm: the layer begins above the line


def with_points_swapped():
    line = flat_line()
    line[[7, 8]] = line[[8, 7]]
    return line


def with_a_loop():
    line = flat_line()
    return np.concatenate([line[:9], line[8] + [[2, -2, 0], [0, -4, 0], [-2, -2, 0]], line[8:]])


def with_one_point_on_the_next_slice():
    line = flat_line()
    line[8, 2] += 1
    return line


def wobbling(deviation_mm, wavelength_mm=16.0):
    along = np.arange(4.0, 36.1)
    wobble = np.sqrt(2) * deviation_mm * np.sin(2 * np.pi * along / wavelength_mm)
    return np.column_stack([along, SURFACE_MM + wobble, np.full(len(along), float(LINE_SLICE))])


RAISED_BY = {
    "no_dark_layer": lambda: measured(cortex_image(noise=1.0, dip=0.0)),
    "undecided": lambda: measured(NOISY, depth_max_mm=2.0),
    "near_noise": lambda: measured(cortex_image(noise=4.0, dip=2.0)),
    "vein_suspected": lambda: measured(with_band(NOISY, 0.5, 1.5, -60.0)),
    "lobe_touches_pial_line": lambda: measured(cortex_image(noise=1.0, seed=19), [flat_line() + TOO_DEEP]),
    "second_dark_layer": lambda: measured(NOISY, depth_max_mm=3.2),
    "opposite_bank": lambda: measured(with_band(NOISY, 6.5, 8.0, -12.0), depth_max_mm=8.0),
    "thinner_than_resolution": lambda: measured(cortex_image(dip=0.0)),
    "line_folds": lambda: measured(NOISY, [with_a_loop()]),
    "line_doubles_back": lambda: measured(NOISY, [with_points_swapped()]),
    "lines_overlap": lambda: measured(NOISY, [flat_line(), flat_line()[:8] + [0.3, 0.2, 0]]),
    "line_strays": lambda: measured(NOISY, [wobbling(0.35)]),
    "edge_unclear": lambda: measured(NO_FLUID_OVER_HALF),
    "uneven_line": lambda: measured(DARK_OVER_A_TENTH),
    "tilted_cortex": lambda: measured(LEANING),
    "sparse_clicks": lambda: measured(cortex_image(round_depth(9.0), noise=1.0), [round_line(9.0, 3.0, 4)]),
    "off_slice": lambda: measured(NOISY, [with_one_point_on_the_next_slice()]),
    "short_line": lambda: measured(NOISY, [flat_line(np.arange(10.0, 19.6, 0.5))]),
    "crossing_normals": lambda: measured(cortex_image(round_depth(3.4), noise=1.0), [round_line(3.4, 4.0)]),
    "outside_image": lambda: measured(NOISY, [flat_line(np.arange(-3.0, 30.0))]),
    "few_normals": lambda: measured(NOISY, [flat_line(np.linspace(10.0, 12.4, 6))]),
    "white_matter_mismatch": lambda: measured(BIASED_WHITE_MATTER),
    "no_plateau": lambda: measured(NOISY, depth_max_mm=4.2),
    "unstable_white_matter": lambda: measured(SPECKLED, white_matter=Roi(box((45, 33, WHITE_MATTER_SLICE), (4, 3, 1)))),
    "white_matter_below_10_mm2": lambda: measured(
        NOISY, white_matter=Roi(box((45, 33, WHITE_MATTER_SLICE), (31, 2, 1)))
    ),
    "splenium_below_5_mm2": lambda: measured(NOISY, splenium=Roi(box((40, 20, SPLENIUM_SLICE), (31, 1, 1)))),
    "white_matter_on_another_slice": lambda: measured(NOISY),
    "roi_on_several_slices": lambda: measured(
        NOISY, white_matter=Roi(np.concatenate([WHITE_MATTER_ROI.indices, WHITE_MATTER_ROI.indices - [0, 0, 1]]))
    ),
    "splenium_in_fluid": lambda: measured(NOISY, splenium=Roi(box((40, 5, LINE_SLICE), (10, 5, 1)))),
    "low_snr": lambda: measured(cortex_image(noise=12.0, dip=40.0)),
    "fit_at_bound": lambda: measured(PEAKED),
    "poor_fit": lambda: measured(BRIGHT_BEYOND),
}


class TestEveryFlag:
    def test_a_clean_exam_raises_none(self):
        assert measured(NOISY, white_matter=BENEATH_ROI).flags == ()

    @pytest.mark.parametrize("flag", FLAGS)
    def test_is_raised_by_the_input_made_for_it(self, flag):
        assert flag in RAISED_BY[flag]().flags

    @pytest.mark.parametrize("flag", FLAGS)
    def test_says_what_to_do(self, flag):
        assert flag in ("no_dark_layer", "thinner_than_resolution") or len(FLAGS[flag].rstrip(".").split(". ")) >= 2

    def test_are_in_the_documented_order(self):
        flags = measured(NOISY, [flat_line(np.arange(-1.0, 5.0))], depth_max_mm=3.2).flags
        assert len(flags) >= 3 and list(flags) == [flag for flag in FLAGS if flag in flags]

    @pytest.mark.parametrize("flag", ["lobe_touches_pial_line", "second_dark_layer"])
    def test_a_layer_that_touches_or_merges_keeps_its_height_and_loses_its_thickness(self, flag):
        found = RAISED_BY[flag]()
        assert found.sh == found.sh_fit > 0
        assert np.isnan([found.thk_mm, found.sh_thk_per_mm]).all()
        assert found.thk_fit_mm > 0

    @pytest.mark.parametrize("flag", ["undecided", "vein_suspected", "line_folds"])
    def test_without_a_layer_to_trust_all_three_values_are_missing(self, flag):
        found = RAISED_BY[flag]()
        assert np.isnan([found.sh, found.thk_mm, found.sh_thk_per_mm]).all()

    @pytest.mark.parametrize(
        "flag",
        ["line_strays", "edge_unclear", "uneven_line", "off_slice", "sparse_clicks", "lines_overlap", "opposite_bank"],
    )
    def test_a_layer_in_plain_sight_keeps_its_values_beside_a_warning(self, flag):
        found = RAISED_BY[flag]()
        assert (found.sh, found.thk_mm) == (found.sh_fit, found.thk_fit_mm) and found.sh > 0


class TestNotes:
    @pytest.mark.parametrize(
        ("flag", "note"),
        [
            ("off_slice", "1 of 17 points, up to 1.0 mm"),
            ("lines_overlap", "14 mm"),
            ("line_strays", "by 0.35 mm; on the edge SH/Thk would change by 18%"),
            ("vein_suspected", "it begins 0.5 mm beneath the line"),
            ("white_matter_below_10_mm2", "9.9 mm²"),
            ("low_snr", "8"),
        ],
    )
    def test_say_what_was_found_here(self, flag, note):
        assert RAISED_BY[flag]().notes[flag] == note

    def test_stand_in_brackets_behind_the_flag_s_sentences(self):
        assert sentence("low_snr", "8") == f"{FLAGS['low_snr']} (8.)"
        assert sentence("off_slice", "one point") == f"{FLAGS['off_slice']} (One point.)"
        assert sentence("short_line") == FLAGS["short_line"]

    def test_survive_a_table_s_cell(self):
        notes = {"undecided": "a layer: faint; or none", "off_slice": "2 of 9 points, up to 1.0 mm"}
        assert notes_from_text(notes_as_text(notes)) == notes
        assert notes_as_text({}) is None and notes_from_text(None) == notes_from_text("") == {}

    def test_all_of_one_exam_survive(self):
        notes = RAISED_BY["line_folds"]().notes
        assert len(notes) >= 3 and notes_from_text(notes_as_text(notes)) == notes


class TestLine:
    def test_drawn_too_deep_never_passes_for_no_layer(self):
        for seed in range(10):
            found = measured(cortex_image(noise=1.0, seed=seed), [flat_line() + TOO_DEEP], white_matter=BENEATH_ROI)
            assert found.flags == ("lobe_touches_pial_line",)

    def test_drawn_too_deep_into_a_layer_without_noise(self):
        assert measured(cortex_image(), [flat_line() + TOO_DEEP]).sh > 0.1

    @pytest.mark.parametrize(("length", "raised"), [(9.8, True), (10.2, False)])
    def test_is_short_below_10_mm(self, length, raised):
        line = flat_line(np.linspace(10, 10 + length, 8))
        assert ("short_line" in measured(NOISY, [line]).flags) == raised

    @pytest.mark.parametrize(("deviation", "raised"), [(0.2, False), (0.3, True)])
    def test_strays_from_a_quarter_of_a_millimetre_on_or_where_sh_thk_changes_by_8_percent(self, deviation, raised):
        """At SD 0.2 mm SH/Thk of this layer changes by 7 %."""
        found = measured(NOISY, [wobbling(deviation)])
        assert ("line_strays" in found.flags) == raised
        assert found.line_stray_mm == pytest.approx(deviation, abs=0.01)

    def test_does_not_stray_once_it_was_moved_onto_the_edge(self):
        found = measured(NOISY, [wobbling(0.3)], alignment="edge", white_matter=BENEATH_ROI)
        flat = measured(NOISY, white_matter=BENEATH_ROI)
        assert found.flags == ()
        assert found.sh_thk_per_mm == pytest.approx(flat.sh_thk_per_mm, rel=0.01)
        drawn = measured(NOISY, [wobbling(0.3)], white_matter=BENEATH_ROI)
        assert drawn.sh_thk_aligned_per_mm == pytest.approx(found.sh_thk_per_mm, rel=1e-9)

    def test_is_uneven_to_the_mean_alone(self):
        assert "uneven_line" in RAISED_BY["uneven_line"]().flags
        found = measured(DARK_OVER_A_TENTH, averaging="trimmed")
        assert found.notes["uneven_line"] == "the outer 20 % are left out already"
        assert abs(found.sh / measured(NOISY).sh - 1) < 0.3 < measured(DARK_OVER_A_TENTH).sh / measured(NOISY).sh - 1

    @pytest.mark.parametrize("bare_mm", [4.0, 8.0, 12.0])
    def test_is_uneven_where_the_line_runs_on_past_the_layer_s_end(self, bare_mm):
        """Of 32 mm; a third of it moves the trimmed mean as it moves the mean."""
        layer, bare = (cortex_image(noise=1.0, dip=dip).voxels for dip in (12.0, 0.0))
        along = np.arange(layer.shape[0])[:, None, None] * VOXEL_MM
        found = measured(replace(NOISY, voxels=np.where(along < 36.0 - bare_mm, layer, bare)))
        assert found.sh < (1.02 - bare_mm / 32) * measured(NOISY).sh
        assert "uneven_line" in found.flags
        told = float(found.notes["uneven_line"].removeprefix("hardly any layer over ").removesuffix(" mm of it"))
        assert told == pytest.approx(bare_mm, abs=1.0)

    @pytest.mark.parametrize("dip", [3.0, 12.0])
    def test_is_not_uneven_where_the_layer_s_darkness_varies_by_a_third(self, dip):
        for seed in range(5):
            layer, bare = (cortex_image(noise=1.0, dip=own, seed=seed).voxels for own in (dip, 0.0))
            along = np.arange(layer.shape[0])[:, None, None] * VOXEL_MM
            part = 1 + 0.47 * np.sin(2 * np.pi * along / 12.0)
            assert "uneven_line" not in measured(replace(NOISY, voxels=bare + part * (layer - bare))).flags

    def test_few_normals_goes_with_the_length_of_the_line_and_not_with_the_number_of_normals(self):
        found = measured(NOISY, [flat_line(np.linspace(10.0, 12.4, 6))], normal_spacing_mm=0.05)
        assert found.n_normals > 45 and "few_normals" in found.flags
        for length in (5.0, 11.0, 26.0):
            assert "few_normals" not in measured(NOISY, [flat_line(np.linspace(8.0, 8.0 + length, 12))]).flags

    def test_two_lines_help_against_few_normals(self):
        lines = [flat_line(np.linspace(10.0, 12.4, 6), line_slice) for line_slice in (1, 2)]
        assert "few_normals" not in measured(NOISY, lines).flags


class TestNormals:
    def test_that_cross_deeper_than_the_layer_do_not_matter(self):
        image = cortex_image(round_depth(5.0), noise=1.0)
        assert "crossing_normals" not in measured(image, [round_line(5.0, 3.0)]).flags

    def test_that_cross_are_said_where_no_layer_is_found(self):
        image = cortex_image(round_depth(3.4), noise=1.0, dip=0.0)
        found = measured(image, [round_line(3.4, 3.0)])
        assert "crossing_normals" in found.flags and "undecided" in found.flags
        assert found.notes["undecided"].startswith("the profile ends at 3.3 mm, and cortex may be 4 mm thick")

    def test_that_leave_the_image_are_left_out_and_counted(self):
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


class TestReferences:
    @pytest.mark.parametrize(("voxels", "raised"), [(31, True), (32, False)])
    def test_the_splenium_s_5_mm2_are_counted_in_its_plane(self, voxels, raised):
        """A voxel covers 0.16 mm2: 31 are 4.96 mm2, 32 are 5.12."""
        roi = Roi(box((40, 20, SPLENIUM_SLICE), (8, 4, 1))[:voxels])
        assert ("splenium_below_5_mm2" in measured(NOISY, splenium=roi).flags) == raised

    @pytest.mark.parametrize(("voxels", "raised"), [(62, True), (63, False)])
    def test_the_white_matter_s_10_mm2_are_counted_in_its_plane(self, voxels, raised):
        roi = Roi(box((45, 33, WHITE_MATTER_SLICE), (9, 7, 1))[:voxels])
        assert ("white_matter_below_10_mm2" in measured(NOISY, white_matter=roi).flags) == raised

    def test_white_matter_of_two_voxels_is_unstable(self):
        roi = Roi(box((45, 33, WHITE_MATTER_SLICE), (2, 1, 1)))
        assert "unstable_white_matter" in measured(cortex_image(noise=2.0), white_matter=roi).flags

    def test_white_matter_of_a_voxel_decides_nothing_in_much_noise(self):
        roi = Roi(box((45, 33, WHITE_MATTER_SLICE), (1, 1, 1)))
        found = measured(cortex_image(noise=4.0), white_matter=roi)
        assert "undecided" in found.flags and "could hide in the noise" in found.notes["undecided"]

    def test_a_mismatch_is_never_said_of_the_plateau_itself(self):
        assert "white_matter_mismatch" in measured(BIASED_WHITE_MATTER).flags
        assert "white_matter_mismatch" not in measured(BIASED_WHITE_MATTER, baseline="plateau").flags

    @pytest.mark.parametrize("baseline", ["roi", "plateau"])
    def test_white_matter_that_the_plateau_stands_for_plays_no_part(self, baseline):
        """Neither its mean nor its error: with a ROI of two voxels and one of seventy the layer is as significant."""
        few, many = (
            measured(
                cortex_image(noise=2.0),
                white_matter=Roi(box((45, 33, WHITE_MATTER_SLICE), (columns, rows, 1))),
                baseline=baseline,
            )
            for columns, rows in ((2, 1), (10, 7))
        )
        is_plateau = baseline == "plateau"
        assert ("unstable_white_matter" not in few.flags) == is_plateau
        assert (few.lobe_z == pytest.approx(many.lobe_z, rel=0.02)) == is_plateau

    @pytest.mark.parametrize(
        ("baseline", "note"), [("roi", None), ("plateau", "the white-matter ROI's mean was taken")]
    )
    def test_what_stands_for_a_plateau_that_is_missing_is_said(self, baseline, note):
        found = measured(NOISY, depth_max_mm=4.2, baseline=baseline)
        assert "no_plateau" in found.flags and (found.notes.get("no_plateau") or "").startswith(note or "")
        assert ("no_plateau" in found.notes) == bool(note)

    def test_a_map_that_iron_brightens_has_no_signal_to_noise_ratio(self):
        image = cortex_image(noise=12.0, dip=40.0)
        rates = type(image)(160.0 - image.voxels, image.affine, image.name)
        found = measured(rates, polarity="bright", normalization="none")
        assert found.snr < 10 and "low_snr" not in found.flags

    @pytest.mark.parametrize(("noise", "raised"), [(9.0, False), (11.0, True)])
    def test_signal_to_noise_is_low_below_10(self, noise, raised):
        found = measured(cortex_image(noise=noise, dip=40.0))
        assert found.snr == pytest.approx(WHITE_MATTER / noise, rel=0.1)
        assert ("low_snr" in found.flags) == raised

    def test_an_average_of_echoes_was_as_noisy_in_each(self):
        image = cortex_image(noise=4.0, dip=40.0)
        averaged = type(image)(image.voxels, image.affine, image.name, echoes=9)
        assert measured(averaged).snr == pytest.approx(measured(image).snr / 3)
        assert "low_snr" in measured(averaged).flags and "low_snr" not in measured(image).flags
