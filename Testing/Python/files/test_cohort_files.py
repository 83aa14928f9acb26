"""Studies from tables: limbs meet the other side's regions, and what the tables do not agree about is told by name."""

import csv
import json
import re
from datetime import date

import numpy as np
import pytest
from M1SHThkLib.cohort.study import SH_THK
from M1SHThkLib.files.clinical_table import CLINICAL_COLUMNS
from M1SHThkLib.files.cohort_tables import inputs_of, read_studies
from M1SHThkLib.files.disk import sha256
from M1SHThkLib.files.results import write_tsv
from M1SHThkLib.measuring.columns import MEASUREMENT_COLUMNS
from M1SHThkLib.measuring.settings import Settings

REGIONS = [(side, region) for region in ("hand_knob", "paracentral_lobule") for side in ("left", "right")]
UMN = {"umn_right_arm": 1, "umn_left_arm": 2, "umn_right_leg": 3, "umn_left_leg": 4, "umn_total": 12}
NAMES = {"measurements": [column.name for column in MEASUREMENT_COLUMNS]}
NAMES["clinical"] = [column.name for column in CLINICAL_COLUMNS]


def exam(subject, group=None, tesla=3.0, session=None, observer="R1", sh_thk=0.1, regions=REGIONS, **cells):
    """Rows of the measurements."""
    return [
        dict.fromkeys(NAMES["measurements"])
        | {"subject": subject, "session": session, "observer": observer, "group": group, "field_strength_t": tesla}
        | {"hemisphere": side, "region": region, "sh": 1.5 * ratio, "thk_mm": 1.5, "sh_thk_per_mm": ratio}
        | cells
        for ratio, (side, region) in zip(sh_thk + 0.01 * np.arange(len(regions)), regions, strict=True)
    ]


def person(subject, group="patient", tesla=3.0, **cells):
    """A row of the clinical table."""
    own = {"subject": subject, "group": group, "age": 60, "sex": "F", "field_strength_t": tesla, "umn_scale": "paper"}
    return {"umn_limb_max": 8} | own | (UMN if group == "patient" else {}) | cells


@pytest.fixture
def tables(tmp_path):
    """Writes both tables and gives the arguments of `read_studies`."""

    def write(exams, persons):
        rows = [row for own in exams for row in own]
        write_rows(tmp_path / "measurements.tsv", NAMES["measurements"], rows)
        columns = list(dict.fromkeys([*NAMES["clinical"], *(name for row in persons for name in row)]))
        write_rows(tmp_path / "clinical.tsv", columns, persons)
        return [tmp_path / "measurements.tsv"], tmp_path / "clinical.tsv"

    return write


def write_rows(path, columns, rows):
    write_tsv(path, columns, [[row.get(name) for name in columns] for row in rows])


def write_provenance(path, exams):
    """What `measure` writes beside its table, as far as it counts here."""
    settings = Settings().to_dict()
    records = [
        {"subject": subject, "session": None, "observer": "R1", "echo_combination": "mean", "echo_times_ms": times}
        | {"settings": settings | changed}
        for subject, times, changed in exams
    ]
    path.write_text(json.dumps({"program": "M1SHThk", "exams": records}))


def test_a_hemisphere_meets_the_limb_of_the_other_side(tables):
    (study,), warnings = read_studies(*tables([exam("sub-1"), exam("sub-2")], [person("sub-1"), person("sub-2")]))
    # The left hand knob meets the right arm, the right hand knob the left arm; then the paracentral lobules the legs.
    np.testing.assert_array_equal(study.subjects[0].umn, [1, 2, 3, 4, np.nan, np.nan])
    assert study.subjects[0].umn_total == 12 and study.subjects[0].umn_limb_max == 8
    assert "provenance" in warnings[0]


def test_values_flags_and_who_read(tables):
    paths = tables(
        [exam("sub-1", session="a", regions=REGIONS[::-1], flags="near_noise,short_line")], [person("sub-1")]
    )
    (study,), _ = read_studies(*paths)
    (reading,) = study.subjects[0].readings
    np.testing.assert_allclose(reading.values[SH_THK.column], [0.13, 0.12, 0.11, 0.1, np.nan, np.nan])
    assert np.isnan(reading.values[SH_THK.uncensored]).all()
    assert (reading.session, reading.observer, reading.protocol) == ("a", "R1", None)
    assert reading.flags == (("near_noise", "short_line"),) * 4 + ((), ())


def test_regions_that_were_not_measured_are_missing_and_told(tables):
    paths = tables([exam("sub-1", regions=REGIONS[1:])], [person("sub-1")])
    (study,), warnings = read_studies(*paths)
    absent = np.isnan(study.subjects[0].readings[0].values[SH_THK.column])
    assert absent.tolist() == [True, False, False, False, True, True]
    assert any("sub-1 (left hand knob)" in warning for warning in warnings)


def test_tables_as_spreadsheets_write_them(tables):
    """Byte order mark, Windows line ends, quoted cells, other order, further columns, NA and blank cells."""
    (measurements,), clinical = tables([exam("sub-1", flags="near_noise,short_line")], [person("sub-1", "control")])
    with open(measurements, newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    with open(measurements, "w", newline="", encoding="utf-8-sig") as file:
        columns = ["site", *reversed(rows[0])]
        writer = csv.DictWriter(file, columns, delimiter="\t", lineterminator="\r\n", quoting=csv.QUOTE_ALL)
        writer.writeheader()
        writer.writerows(
            {"site": "Pisa"} | {key: "NA" if cell == "n/a" else cell for key, cell in row.items()} for row in rows
        )
    clinical.write_bytes(
        b"\xef\xbb\xbf" + clinical.read_bytes().replace(b"\n", b"\r\n").replace(b"n/a", b" ") + b"\r\n"
    )
    (study,), _ = read_studies([measurements], clinical)
    (subject,) = study.subjects
    assert (subject.group, subject.age, subject.sex) == ("control", 60, "F")
    assert np.isnan(subject.umn).all() and np.isnan(subject.umn_total)
    assert subject.readings[0].flags[0] == ("near_noise", "short_line")


def test_cells_of_spreadsheets(tables):
    """Line breaks within a cell, blank cells past the last column, Excel's #N/A."""
    measurements, clinical = tables([exam("sub 1")], [person("sub 1", age="#N/A", umn_scale="paper")])
    clinical.write_text(clinical.read_text().rstrip("\n").replace("paper", '"of the\n paper"') + "\t\t \n\t\t\n")
    ((subject,),) = (study.subjects for study in read_studies(measurements, clinical)[0])
    assert subject.umn_scale == "of the paper" and np.isnan(subject.age)


def test_visual_readings(tables):
    cells = {"visual_r1_1": "pathologic", "visual_r1_2": "nonpathologic", "visual_r2_1": None}
    (study,), _ = read_studies(*tables([exam("sub-1")], [person("sub-1", **cells)]))
    assert study.subjects[0].visual == {("r1", "1"): True, ("r1", "2"): False}


class TestFieldStrengths:
    def test_are_studies_apart(self, tables):
        paths = tables([exam("sub-7", tesla=7.0), exam("sub-3")], [person("sub-7", tesla=7), person("sub-3")])
        studies, warnings = read_studies(*paths)
        assert [(s.field_strength_t, [p.name for p in s.subjects]) for s in studies] == [(3, ["sub-3"]), (7, ["sub-7"])]
        assert any("3 T and 7 T" in w and w.endswith("never pooled (3 T: sub-3; 7 T: sub-7).") for w in warnings)

    @pytest.mark.parametrize("named", [3.0, 7.0, None])
    def test_one_row_serves_a_subject_measured_at_both(self, tables, named):
        row = person("sub-1", "control", named, visual_r1_1="pathologic")
        studies, warnings = read_studies(*tables([exam("sub-1"), exam("sub-1", tesla=7.0)], [row]))
        assert [study.subjects[0].group for study in studies] == ["control", "control"]
        read = [study.field_strength_t for study in studies if study.subjects[0].visual]
        assert read == ([named] if named else [])
        assert any("visual readings are left out" in warning for warning in warnings) == (named is None)

    def test_each_row_serves_its_own(self, tables):
        rows = [person("sub-1", tesla=3, age=60), person("sub-1", tesla=7, age=61)]
        studies, _ = read_studies(*tables([exam("sub-1"), exam("sub-1", tesla=7.0)], rows))
        assert [study.subjects[0].age for study in studies] == [60, 61]

    def test_a_row_at_another_field_strength_does_not_serve(self, tables):
        paths = tables([exam("sub-1", tesla=7.0), exam("sub-2")], [person("sub-1"), person("sub-2")])
        studies, warnings = read_studies(*paths)
        assert [study.field_strength_t for study in studies] == [3]
        assert any("Measured at 7 T but without a row at 7 T" in warning and "sub-1" in warning for warning in warnings)

    def test_what_scanners_call_three_tesla(self, tables):
        """Siemens gives 2.89362 T."""
        paths = tables([exam("sub-1", tesla=2.89362), exam("sub-2")], [person("sub-1"), person("sub-2")])
        (study,), _ = read_studies(*paths)
        assert study.field_strength_t == 3 and len(study.subjects) == 2

    def test_missing_in_the_measurements_comes_from_the_clinical_table(self, tables):
        (study,), _ = read_studies(*tables([exam("sub-1", tesla=None)], [person("sub-1", tesla=7)]))
        assert study.field_strength_t == 7


class TestReadings:
    def test_the_first_is_analysed_and_the_note_says_which(self, tables):
        exams = [exam("sub-1", observer="R2"), exam("sub-1", observer="R1"), exam("sub-2", observer="R1")]
        (study,), warnings = read_studies(*tables(exams, [person("sub-1"), person("sub-2")]))
        assert [reading.observer for reading in study.subjects[0].readings] == ["R2", "R1"]
        (told,) = [warning for warning in warnings if "more than once" in warning]
        assert "sub-1" in told and "R2 of 1" in told and "R1 of 1" in told

    def test_of_two_tables_are_in_the_order_of_the_tables(self, tables, tmp_path):
        (first,), clinical = tables([exam("sub-1", session="b")], [person("sub-1")])
        write_rows(tmp_path / "second.tsv", NAMES["measurements"], exam("sub-1", session="a"))
        (study,), _ = read_studies([first, tmp_path / "second.tsv"], clinical)
        assert [reading.session for reading in study.subjects[0].readings] == ["b", "a"]


class TestProtocol:
    def test_is_the_echoes_and_the_changed_settings(self, tables, tmp_path):
        write_provenance(tmp_path / "provenance.json", [("sub-1", [13, 18.6], {"depth_max_mm": 5.0, "seed": 4})])
        (study,), warnings = read_studies(*tables([exam("sub-1")], [person("sub-1")]))
        protocol = study.subjects[0].readings[0].protocol
        assert protocol == "echoes at 13, 18.6 ms, combined by mean; depth_max_mm 5.0"
        assert not warnings

    def test_mixed_protocols_are_told_by_name(self, tables, tmp_path):
        write_provenance(tmp_path / "provenance.json", [("sub-1", [13, 18.6], {}), ("sub-2", [13], {})])
        _, warnings = read_studies(*tables([exam("sub-1"), exam("sub-2")], [person("sub-1"), person("sub-2")]))
        assert any(
            "protocols are mixed" in warning and "13 ms, combined by mean; default settings: sub-2" in warning
            for warning in warnings
        )

    def test_not_known_beside_known_ones_is_told_by_name(self, tables, tmp_path):
        write_provenance(tmp_path / "provenance.json", [("sub-1", [13, 18.6], {}), ("sub-2", [13], {})])
        names = ["sub-1", "sub-2", "sub-3"]
        _, warnings = read_studies(*tables([exam(name) for name in names], [person(name) for name in names]))
        assert any("protocols are mixed" in warning and "not known: sub-3" in warning for warning in warnings)

    @pytest.mark.parametrize(
        "record", ["[1]", '{"exams": [{"subject": "sub-1", "settings": {}, "echo_times_ms": ["13"]}]}']
    )
    def test_a_foreign_provenance_is_refused(self, tables, tmp_path, record):
        (tmp_path / "provenance.json").write_text(record)
        with pytest.raises(ValueError, match=r"provenance.json: is not the record"):
            read_studies(*tables([exam("sub-1")], [person("sub-1")]))

    def test_a_folder_is_no_input(self, monkeypatch, tmp_path):
        monkeypatch.chdir(tmp_path)
        with pytest.raises(ValueError, match="is a folder; name a file"):
            inputs_of(["."], "clinical.tsv")

    def test_inputs_are_all_files_that_are_read(self, tables, tmp_path):
        write_provenance(tmp_path / "provenance.json", [])
        measurements, clinical = tables([exam("sub-1")], [person("sub-1")])
        assert inputs_of(measurements, clinical) == [
            {"path": (tmp_path / name).as_posix(), "sha256": sha256(tmp_path / name)}
            for name in ("measurements.tsv", "provenance.json", "clinical.tsv")
        ]


class TestWhoIsLeftOut:
    def test_subjects_in_one_table_only_are_told_by_name(self, tables):
        paths = tables([exam("sub-1"), exam("sub-m"), exam("sub-n")], [person("sub-1"), person("sub-c")])
        (study,), warnings = read_studies(*paths)
        assert [subject.name for subject in study.subjects] == ["sub-1"]
        assert any(w.startswith("Measured but without a row") and w.endswith(": sub-m, sub-n.") for w in warnings)
        assert "In the clinical table but without a measurement, left out: sub-c." in warnings

    def test_nobody_left_is_refused_and_why(self, tables):
        with pytest.raises(ValueError, match=r"clinical.tsv: no subject is left \(Measured but without .*: sub-1\)"):
            read_studies(*tables([exam("sub-1")], [person("sub-2")]))

    @pytest.mark.parametrize(("exams", "persons"), [([], [person("sub-1")]), ([exam("sub-1")], [])])
    def test_a_header_alone_is_refused(self, tables, exams, persons):
        with pytest.raises(ValueError, match=f"{'clinical' if exams else 'measurements'}.tsv: has no row"):
            read_studies(*tables(exams, persons))

    def test_whom_to_read_has_no_group_and_needs_no_clinical_row(self, tables):
        exams = [exam("sub-1"), exam("sub-2", "patient"), exam("sub-3"), exam("sub-4", "patient")]
        paths = tables(exams, [person("sub-1", "control"), person("sub-2", None), person("sub-4")])
        (study,), warnings = read_studies(*paths, to_read=["sub-3", "sub-4"])
        assert [s.name for s in study.to_read] == ["sub-2", "sub-4", "sub-3"]
        assert [s.name for s in study.subjects if s.group] == ["sub-1"]
        assert any("only read" in warning and "sub-2, sub-4, sub-3" in warning for warning in warnings)

    def test_whom_to_read_must_be_measured(self, tables):
        with pytest.raises(ValueError, match="sub-9 is to be read"):
            read_studies(*tables([exam("sub-1")], [person("sub-1")]), to_read=["sub-9"])


def test_several_scales_are_told(tables):
    rows = [person("sub-1"), person("sub-2", umn_scale="Penn", umn_limb_max=32)]
    _, warnings = read_studies(*tables([exam("sub-1"), exam("sub-2")], rows))
    assert any("several scales" in warning and "Penn to 32: sub-2" in warning for warning in warnings)


FAULTS = {
    "subject twice": ([exam("sub-1")], [person("sub-1"), person("sub-1")], r"clinical.tsv: line 3, sub-1: .*line 2"),
    "subject twice, once without field": (
        [exam("sub-1")],
        [person("sub-1"), person("sub-1", tesla=None)],
        r"line 3, sub-1: stands in line 2 too",
    ),
    "region twice": (
        [exam("sub-1"), exam("sub-1", regions=REGIONS[:1])],
        [person("sub-1")],
        r"measurements.tsv: line 6, sub-1: left hand knob .* line 2",
    ),
    "unknown group": ([exam("sub-1")], [person("sub-1", "ALS")], r"group is 'ALS'; it must be patient, mimic, control"),
    "unknown group measured": ([exam("sub-1", "HS")], [person("sub-1")], r"measurements.tsv: line 2.*group is 'HS'"),
    "groups contradict": ([exam("sub-1", "control")], [person("sub-1")], r"group is control, but patient in line 2 of"),
    "groups contradict in the measurements": (
        [exam("sub-1", "control"), exam("sub-1", "patient", session="b")],
        [person("sub-1", None)],
        r"line 6, sub-1: group is patient, but control",
    ),
    "groups contradict at two fields": (
        [exam("sub-1")],
        [person("sub-1"), person("sub-1", "control", 7)],
        r"line 3, sub-1: is of another group",
    ),
    "score above the scale": ([exam("sub-1")], [person("sub-1", umn_left_leg=9)], r"umn_left_leg is 9; .*0 to 8"),
    "score below 0": ([exam("sub-1")], [person("sub-1", umn_left_arm=-1)], r"umn_left_arm is -1; .*0 to 8"),
    "score without scale": ([exam("sub-1")], [person("sub-1", umn_limb_max=None)], r"umn_limb_max is n/a"),
    "total below a limb": ([exam("sub-1")], [person("sub-1", umn_total=3)], r"umn_total is 3, below the 4"),
    "total below 0": (
        [exam("sub-1")],
        [person("sub-1", "control", umn_total=-3)],
        r"umn_total is -3; it must be finite and 0 or more",
    ),
    "no number": ([exam("sub-1")], [person("sub-1", age="about 60")], r"age is 'about 60'; it must be a number"),
    "decimal comma": ([exam("sub-1", sh="0,15")], [person("sub-1")], r"sh is '0,15'; .*decimal point"),
    "infinite": ([exam("sub-1", sh="inf")], [person("sub-1")], r"sh is inf; it must be from 0 to 1e\+06"),
    "negative": ([exam("sub-1", sh_thk_per_mm=-0.1)], [person("sub-1")], r"sh_thk_per_mm is -0.1; .*0 to"),
    "decimal point lost": ([exam("sub-1", thk_mm=1.5e15)], [person("sub-1")], r"thk_mm is 15\d+.0; .*0 to"),
    "negative age": ([exam("sub-1")], [person("sub-1", age=-5)], r"line 2, sub-1: age is -5"),
    "visual word": ([exam("sub-1")], [person("sub-1", visual_a_1="yes")], r"visual_a_1 is 'yes'; .*nonpathologic"),
    "visual column": ([exam("sub-1")], [person("sub-1", visual_a_b_1="n/a")], r"column 'visual_a_b_1' does not name"),
    "unknown region": (
        [exam("sub-1", regions=[("left", "knob")])],
        [person("sub-1")],
        r"region is 'knob'; .*hand_knob",
    ),
    "unknown hemisphere": ([exam("sub-1", regions=[("L", "hand_knob")])], [person("sub-1")], r"hemisphere is 'L'"),
    "no subject": ([exam(None)], [person("sub-1")], r"measurements.tsv: line 2: subject is missing"),
    "no field": ([exam("sub-1", tesla=None)], [person("sub-1", tesla=None)], r"field_strength_t is missing"),
    "field of 0": ([exam("sub-1", tesla=0)], [person("sub-1")], r"field_strength_t is 0"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_faults_are_named_in_one_line(tables, fault):
    exams, persons, message = FAULTS[fault]
    with pytest.raises(ValueError, match=message) as raised:
        read_studies(*tables(exams, persons))
    assert "\n" not in str(raised.value)


def test_the_paper_s_total_exceeds_the_limbs_sum(tables):
    """Donatelli et al.: 0-8 a limb, 0-33 in total."""
    limbs = dict.fromkeys(("umn_right_arm", "umn_left_arm", "umn_right_leg", "umn_left_leg"), 8)
    (study,), _ = read_studies(*tables([exam("sub-1")], [person("sub-1", umn_total=33, **limbs)]))
    assert study.subjects[0].umn_total == 33


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_unicode_text_of_spreadsheets_is_read(tables, encoding):
    measurements, clinical = tables([exam("Łu")], [person("Łu")])
    clinical.write_bytes(("\ufeff" + clinical.read_text(encoding="utf-8")).encode(encoding))
    (study,), _ = read_studies(measurements, clinical)
    assert study.subjects[0].name == "Łu"


@pytest.mark.parametrize("table", ["measurements", "clinical"])
def test_a_missing_column_is_told_by_name(tables, table):
    (measurements,), clinical = tables([exam("sub-1")], [person("sub-1")])
    path = {"measurements": measurements, "clinical": clinical}[table]
    path.write_text(path.read_text().replace("field_strength_t", "tesla", 1))
    with pytest.raises(ValueError, match=rf"{table}.tsv: lacks the column field_strength_t; add it"):
        read_studies([measurements], clinical)
    path.write_text(path.read_text().replace("tesla", "Field_strength_T", 1))
    with pytest.raises(ValueError, match=r"lacks the column field_strength_t; write 'Field_strength_T' in small"):
        read_studies([measurements], clinical)


def test_other_separators_and_ragged_rows_are_told(tables):
    measurements, clinical = tables([exam("sub-1")], [person("sub-1")])
    good = clinical.read_text()
    clinical.write_text(good.replace("\t", ","))
    with pytest.raises(ValueError, match="save the table with tabs"):
        read_studies(measurements, clinical)
    clinical.write_text(good.rstrip("\n") + "\tx\n")
    with pytest.raises(ValueError, match="line 2, sub-1: has 13 cells for 12 columns; take out"):
        read_studies(measurements, clinical)
    clinical.write_text(good.rstrip("\n").rpartition("\t")[0] + "\n")
    with pytest.raises(ValueError, match="line 2, sub-1: has 11 cells for 12 columns; write n/a"):
        read_studies(measurements, clinical)
    clinical.write_text(good.replace("sub-1", '"sub-1') + "x\n")
    with pytest.raises(ValueError, match="line 2 is torn"):
        read_studies(measurements, clinical)
    clinical.write_text(good.replace("sub-1", "sub\0-1"))
    with pytest.raises(ValueError, match=r"line 2.* holds a control character"):
        read_studies(measurements, clinical)
    clinical.write_text("")
    with pytest.raises(ValueError, match="is empty"):
        read_studies(measurements, clinical)


class TestOrofacial:
    """The face's area joins the four of the paper; its partner is one bulbar score for both hemispheres."""

    SIX = (*REGIONS, ("left", "orofacial"), ("right", "orofacial"))

    def test_both_hemispheres_meet_the_bulbar_score(self, tables):
        rows = [person("sub-1", umn_bulbar=3), person("sub-2", "control")]
        (study,), _ = read_studies(*tables([exam("sub-1", regions=self.SIX), exam("sub-2", regions=self.SIX)], rows))
        np.testing.assert_array_equal(study.subjects[0].umn, [1, 2, 3, 4, 3, 3])
        assert study.regions == tuple(range(6))
        np.testing.assert_allclose(study.subjects[0].readings[0].values[SH_THK.column], 0.1 + 0.01 * np.arange(6))

    def test_an_exam_of_four_regions_stays_whole_beside_one_of_six(self, tables):
        exams = [exam("sub-1", regions=self.SIX), exam("sub-2"), exam("sub-3", regions=self.SIX[:5])]
        _, warnings = read_studies(*tables(exams, [person("sub-1"), person("sub-2"), person("sub-3")]))
        (told,) = [warning for warning in warnings if "were not measured" in warning]
        assert "sub-2" not in told and "sub-3 (right orofacial)" in told

    def test_a_study_of_four_regions_has_four(self, tables):
        (study,), warnings = read_studies(*tables([exam("sub-1")], [person("sub-1")]))
        assert study.regions == (0, 1, 2, 3)
        assert not any("were not measured" in warning for warning in warnings)


def test_a_mimic_is_a_group(tables):
    (study,), _ = read_studies(
        *tables([exam("sub-1", "mimic"), exam("sub-2")], [person("sub-1", "mimic", umn_total=None), person("sub-2")])
    )
    assert [subject.name for subject in study.group("mimic")] == ["sub-1"]


class TestEyesAndDates:
    """Columns whose names say what they hold."""

    def test_scores_by_reader_session_and_region(self, tables):
        cells = {"score_A_1_left_hand_knob": 2, "score_A_1_right_orofacial": 0, "score_B_2_left_hand_knob": 1}
        (study,), _ = read_studies(*tables([exam("sub-1"), exam("sub-2")], [person("sub-1", **cells), person("sub-2")]))
        scores = study.subjects[0].scores
        assert set(scores) == {("A", "1"), ("B", "2")}
        np.testing.assert_array_equal(scores["A", "1"], [2, np.nan, np.nan, np.nan, np.nan, 0])
        assert study.subjects[1].scores == {}

    def test_side_of_onset_and_dates_of_sessions(self, tables):
        cells = {"onset_side": "left", "date_a": "2023-01-31", "date_b": None}
        (study,), _ = read_studies(*tables([exam("sub-1", session="a")], [person("sub-1", **cells)]))
        assert study.subjects[0].onset_side == "left" and study.subjects[0].dates == {"a": date(2023, 1, 31)}

    def test_covariates_are_columns_of_numbers_that_were_asked_for(self, tables):
        rows = [person("sub-1", education=12.5), person("sub-2", education=None)]
        paths = tables([exam("sub-1"), exam("sub-2")], rows)
        (study,), _ = read_studies(*paths, adjust=["age", "education"])
        assert study.subjects[0].covariates == {"education": 12.5}
        assert np.isnan(study.subjects[1].covariates["education"])
        assert read_studies(*paths)[0][0].subjects[0].covariates == {}
        with pytest.raises(ValueError, match=r"clinical.tsv: lacks the column height"):
            read_studies(*paths, adjust=["height"])

    @pytest.mark.parametrize(
        ("cells", "says"),
        [
            ({"score_A_1_left_hand_knob": 3}, "line 2, sub-1: score_A_1_left_hand_knob is '3'; it must be 0, 1, 2"),
            ({"score_A_left_hand_knob": 1}, "'score_A_left_hand_knob' does not name reader, session, hemisphere"),
            ({"date_a": "31.1.2023"}, "date_a is '31.1.2023'; it must be a date as 2024-01-31"),
            ({"onset_side": "top"}, "onset_side is 'top'; it must be left, right, both"),
        ],
    )
    def test_what_is_wrong_is_said_in_words(self, tables, cells, says):
        with pytest.raises(ValueError, match=re.escape(says)):
            read_studies(*tables([exam("sub-1")], [person("sub-1", **cells)]))

    def test_names_of_thousands_are_not_all_told(self, tables):
        exams = [exam(f"sub-{number}", regions=REGIONS[1:]) for number in range(130)]
        _, warnings = read_studies(*tables(exams, [person(f"sub-{number}") for number in range(130)]))
        (told,) = [warning for warning in warnings if "were not measured" in warning]
        assert "sub-99 (" in told and "sub-100 (" not in told and told.endswith("and 30 more.")
