"""The result tables' columns: complete, described, and each the value that it says."""

from dataclasses import replace

import numpy as np
import pytest
from flat_cortex import BENEATH_ROI, cortex_exam, cortex_image
from M1SHThkLib.measuring.columns import MEASUREMENT_COLUMNS, PROFILE_COLUMNS, measurement_row, profile_rows
from M1SHThkLib.measuring.flags import notes_from_text
from M1SHThkLib.measuring.measurement import measure_exam

# What other programs rely on, in this order among the columns.
# fmt: off
PROMISED = [
    "subject", "session", "observer", "group", "field_strength_t", "hemisphere", "region",
    "splenium_intensity", "splenium_area_mm2", "white_matter_intensity", "n_normals", "line_length_mm",
    "sh", "thk_mm", "sh_thk_per_mm", "a", "b1_per_mm", "c1_mm", "b2_per_mm", "c2_mm", "c2_c1_mm", "area_mm", "lobe_z",
    "wm_plateau", "sh_fit", "thk_fit_mm", "sh_thk_fit_per_mm", "r_squared", "rmse", "flags",
]
# fmt: on
INTERVALS = [f"{name}_ci_{end}" for name in ("sh", "thk_mm", "sh_thk_per_mm") for end in ("low", "high")]
UNIT_SUFFIXES = {"_per_mm": "1/mm", "_mm2": "mm2", "_mm": "mm", "_t": "T"}

EXAM = replace(
    cortex_exam(cortex_image(noise=1.0), white_matter=BENEATH_ROI, replicates=50),
    session="ses-1",
    observer="R1",
    group="patient",
    field_strength_tesla=3.0,
)
(FOUND,) = measure_exam(EXAM)
ABSENT_EXAM = cortex_exam(cortex_image(noise=1.0, dip=0.0))
(ABSENT,) = measure_exam(ABSENT_EXAM)


def row(exam=EXAM, measurement=FOUND):
    names = [column.name for column in MEASUREMENT_COLUMNS]
    return dict(zip(names, measurement_row(exam, measurement), strict=True))


def rows(exam=EXAM, measurement=FOUND):
    names = [column.name for column in PROFILE_COLUMNS]
    return [dict(zip(names, values, strict=True)) for values in profile_rows(exam, measurement)]


@pytest.mark.parametrize("columns", [MEASUREMENT_COLUMNS, PROFILE_COLUMNS], ids=["measurements", "profiles"])
class TestEveryColumn:
    def test_has_a_name_of_its_own_without_blanks(self, columns):
        names = [column.name for column in columns]
        assert len(set(names)) == len(names) and all(name.isidentifier() for name in names)

    def test_has_a_meaning_of_its_own(self, columns):
        meanings = [column.meaning for column in columns]
        assert all(meanings) and len(set(meanings)) == len(meanings)

    def test_has_the_unit_that_its_name_ends_on(self, columns):
        for column in columns:
            name = column.name.split("_ci_")[0]
            for suffix, unit in UNIT_SUFFIXES.items():
                if name.endswith(suffix):
                    assert column.unit == unit, column.name
                    break

    def test_of_text_has_no_unit_and_gives_text(self, columns):
        for column in columns:
            if column.is_text:
                value = column.value(EXAM, FOUND)
                assert column.unit == "" and (value is None or isinstance(value, str)), column.name


def test_the_promised_columns_are_there_in_their_order():
    names = [column.name for column in MEASUREMENT_COLUMNS]
    assert [name for name in names if name in PROMISED] == PROMISED
    assert set(INTERVALS) <= set(names)


def test_intervals_stand_behind_their_value():
    names = [column.name for column in MEASUREMENT_COLUMNS]
    for name in ("sh", "thk_mm", "sh_thk_per_mm"):
        at = names.index(name)
        assert names[at + 1 : at + 3] == [f"{name}_ci_low", f"{name}_ci_high"]


class TestMeasurementRow:
    def test_who_what_and_where(self):
        identity = dict(list(row().items())[:7])
        assert identity == {
            "subject": "sub-01",
            "session": "ses-1",
            "observer": "R1",
            "group": "patient",
            "field_strength_t": 3.0,
            "hemisphere": "left",
            "region": "hand_knob",
        }

    def test_values_are_the_measurement_s_with_every_digit(self):
        found = row()
        for name in ("sh", "thk_mm", "sh_thk_per_mm", "sh_fit", "lobe_z", "n_normals", "snr", "line_stray_mm"):
            assert found[name] == getattr(FOUND, name), name
        for name, of_layer in (("wm_plateau", "plateau"), ("wm_plateau_se", "plateau_se"), ("r_squared", "r_squared")):
            assert found[name] == getattr(FOUND.layer, of_layer), name
        parameters = [found[name] for name in ("a", "b1_per_mm", "c1_mm", "b2_per_mm", "c2_mm")]
        np.testing.assert_array_equal(parameters, FOUND.parameters)
        assert (found["sh_ci_low"], found["sh_ci_high"]) == FOUND.sh_ci
        assert (found["thk_mm_ci_low"], found["thk_mm_ci_high"]) == FOUND.thk_ci_mm
        assert (found["sh_thk_per_mm_ci_low"], found["sh_thk_per_mm_ci_high"]) == FOUND.sh_thk_ci_per_mm

    def test_the_marker_is_the_height_over_the_width_of_f(self):
        found = row()
        assert found["sh_thk_per_mm"] == pytest.approx(found["sh"] / found["thk_mm"])
        assert found["c2_c1_mm"] == pytest.approx(found["c2_mm"] - found["c1_mm"])
        assert found["area_mm"] == pytest.approx(found["a"] * found["c2_c1_mm"])

    def test_what_is_missing_is_none_and_nothing_is_nan(self):
        found = row(ABSENT_EXAM, ABSENT)
        assert "no_dark_layer" in found["flags"].split(",")
        assert (found["sh"], found["sh_thk_per_mm"]) == (0, 0)
        missing = {"thk_mm", "thk_mm_ci_low", "thk_mm_ci_high", "session", "observer", "group", "field_strength_t"}
        assert missing <= {name for name, value in found.items() if value is None}
        assert not any(isinstance(value, float) and np.isnan(value) for value in found.values())

    def test_flags_are_joined_by_commas_and_none_where_there_are_none(self):
        assert row()["flags"] is None
        flagged = replace(FOUND, verdict=replace(FOUND.verdict, flags=("near_noise", "short_line")))
        assert row(measurement=flagged)["flags"] == "near_noise,short_line"

    def test_what_flags_found_stands_beside_them(self):
        assert row()["flag_notes"] is None
        notes = {"off_slice": "2 of 9 points, up to 1.0 mm", "low_snr": "7"}
        found = row(measurement=replace(FOUND, verdict=replace(FOUND.verdict, flags=tuple(notes), notes=notes)))
        assert notes_from_text(found["flag_notes"]) == notes

    def test_what_could_hide_stands_where_no_layer_was_found_alone(self):
        assert row()["largest_hidden_sh"] is None
        assert row(ABSENT_EXAM, ABSENT)["largest_hidden_sh"] == row(ABSENT_EXAM, ABSENT)["sh_ci_high"] > 0

    def test_values_are_plain_python(self):
        assert {type(value) for value in row().values()} <= {str, int, float, type(None)}


class TestProfileRows:
    def test_one_a_depth_in_order(self):
        assert [r["depth_mm"] for r in rows()] == FOUND.depths_mm.tolist()

    def test_values_are_those_of_the_depth(self):
        for name, series in (
            ("n_normals", FOUND.n_per_depth),
            ("intensity", FOUND.profile),
            ("h", FOUND.h),
            ("h_se", FOUND.h_se),
            ("fit", FOUND.fitted),
            ("in_window", FOUND.lobe.window),
        ):
            np.testing.assert_array_equal([r[name] for r in rows()], series, err_msg=name)

    def test_tell_whose_they_are_by_the_measurements_own_names_and_values(self):
        of_measurement = row()
        names = [column.name for column in PROFILE_COLUMNS[:6]]
        assert names == ["subject", "session", "observer", "group", "hemisphere", "region"]
        assert all(r[name] == of_measurement[name] for r in rows() for name in names)

    def test_without_a_layer_there_is_no_fit_and_no_window(self):
        exam = cortex_exam(cortex_image(dip=-5.0, layer_mm=(1.6, 9.0)))
        (bright,) = measure_exam(exam)
        assert bright.lobe is None
        assert all(r["fit"] is None and r["in_window"] == 0 and r["h"] is not None for r in rows(exam, bright))
