"""The study on the command line: its options, norms and change."""

import csv
import json

import numpy as np
import pytest
from cohort_builder import reading_of, study_of
from M1SHThkLib.__main__ import main
from M1SHThkLib.batch import studies
from M1SHThkLib.cohort.norms import make_norms
from M1SHThkLib.digital_exam.phantom import PhantomOptions, make_phantom
from M1SHThkLib.files.clinical_table import CLINICAL_COLUMNS
from M1SHThkLib.files.exams import write_exam
from M1SHThkLib.files.norms import write_norms
from M1SHThkLib.files.results import write_tsv
from M1SHThkLib.measuring.columns import MEASUREMENT_COLUMNS
from study_files import LIMB_REGIONS, write_study


@pytest.fixture(scope="module")
def exam(tmp_path_factory):
    hand_knobs = (("left", "hand_knob"), ("right", "hand_knob"))
    phantom = make_phantom(PhantomOptions(field_strength=7, slices=2, cropped=True, echoes=(3, 4), regions=hand_knobs))
    folder = tmp_path_factory.mktemp("exam")
    return write_exam(folder, phantom.exam(), phantom.echoes, phantom.echo_times_ms)


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    return write_study(tmp_path_factory.mktemp("study"), patients=12, controls=12)


def rows_of(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def cohort(tables, folder, *more):
    return main(["cohort", str(tables[0]), "--clinical", str(tables[1]), "-o", str(folder), *more])


def follow(folder):
    """Tables of twelve subjects, each measured at two dates a year apart; patients rise by 0.02."""
    random = np.random.default_rng(0)
    measured, persons = [], []
    for number in range(12):
        group = "patient" if number < 6 else "control"
        base = random.uniform(0.05, 0.1)
        for session, rise in (("a", 0.0), ("b", 0.02 if number < 6 else 0.0)):
            for hemisphere, region in LIMB_REGIONS:
                value = round(base + rise + random.normal(0, 0.002), 5)
                who = {"subject": f"sub-{number}", "session": session, "observer": "R1", "field_strength_t": 3.0}
                measured.append(
                    who
                    | {"group": group, "hemisphere": hemisphere, "region": region, "sh_thk_per_mm": value}
                    | {
                        "sh": 1.5 * value,
                        "thk_mm": 1.5,
                        "sh_fit": 1.5 * value,
                        "thk_fit_mm": 1.5,
                        "sh_thk_fit_per_mm": value,
                    }
                )
        persons.append(
            {"subject": f"sub-{number}", "group": group, "age": 50, "sex": "F", "field_strength_t": 3.0}
            | {"date_a": "2023-01-01", "date_b": "2024-01-01"}
        )
    paths = folder / "measurements.tsv", folder / "clinical.tsv"
    for path, columns, rows in (
        (paths[0], [column.name for column in MEASUREMENT_COLUMNS], measured),
        (paths[1], [*(column.name for column in CLINICAL_COLUMNS), "date_a", "date_b"], persons),
    ):
        write_tsv(path, columns, [[row.get(name) for name in columns] for row in rows])
    return paths


class TestCohort:
    def test_answers_the_question_first(self, tables, tmp_path, capsys):
        assert cohort(tables, tmp_path / "out") == 0
        question, answer, *_ = capsys.readouterr().out.splitlines()
        assert (
            question == "Does SH/Thk (the most pathologic region of every subject) tell patients from controls at 3 T?"
        )
        assert "in 12 patients and 12 controls the AUC is" in answer

    def test_names_primary_endpoint_and_covariates(self, tables, tmp_path):
        chosen = (
            "--primary",
            "thk,clustered,controls",
            "--adjust",
            "age",
            "--adjust",
            "umn_limb_max",
            "--prevalence",
            "0.2",
        )
        assert cohort(tables, tmp_path / "out", *chosen) == 0
        record = json.loads((tmp_path / "out" / "cohort.json").read_text())
        assert record["options"]["primary"] == {"marker": "thk_mm", "selection": "clustered", "against": "controls"}
        assert record["options"]["adjust"] == ["age", "umn_limb_max"] and record["options"]["prevalence"] == 0.2
        (primary,) = [row for row in rows_of(tmp_path / "out" / "findings.tsv") if row["standing"] == "primary"]
        assert (primary["marker"], primary["selection"]) == ("thk_mm", "clustered")
        assert all(
            0 < float(row["p_holm"]) <= 1
            for row in rows_of(tmp_path / "out" / "findings.tsv")
            if row["p_holm"] != "n/a"
        )

    @pytest.mark.parametrize(
        ("arguments", "told"),
        [
            (["--primary", "sh_thk,paper,controls"], "symmetric, clustered"),
            (["--primary", "r2star,symmetric,controls"], "one of sh_thk, sh, thk"),
            (["--adjust", "height"], "lacks the column height"),
            (["--adjust", "umn_scale"], "umn_scale is 'paper'; it must be a number"),
            (["--prevalence", "1"], "below 1"),
            (["--norms", "none.tsv"], "none.json: there is no such file"),
        ],
    )
    def test_what_does_not_fit_is_refused(self, tables, tmp_path, capsys, arguments, told):
        try:
            status = cohort(tables, tmp_path / "out", *arguments)
        except SystemExit as error:
            status = error.code
        assert status == 2 and told in capsys.readouterr().err and not (tmp_path / "out").exists()

    def test_tells_what_comes_next_where_it_takes_long(self, tables, tmp_path, capsys, monkeypatch):
        monkeypatch.setattr(studies, "PATIENCE_S", -1.0)
        assert cohort(tables, tmp_path / "out") == 0
        told = capsys.readouterr().err
        assert "1 of 14 analyses done; next: Patients against others" in told
        assert "14 of 14 analyses done; next: Figures and report" in told


class TestNorms:
    def test_are_written_with_charts_and_read_by_cohort(self, tables, tmp_path, capsys):
        assert main(["norms", str(tables[0]), "--clinical", str(tables[1]), "-o", str(tmp_path / "norms")]) == 0
        assert "3 T: 12 controls" in capsys.readouterr().out
        assert (tmp_path / "norms" / "figures" / "norms_sh_thk_per_mm_3T.png").read_bytes()[:4] == b"\x89PNG"
        norms = ("--norms", str(tmp_path / "norms" / "norms.tsv"), "--read", "sub-P03")
        assert cohort(tables, tmp_path / "out", *norms) == 0
        own = [row for row in rows_of(tmp_path / "out" / "findings.tsv") if row["analysis"] == "norms"]
        # Patients are 50 to 61 years old, the controls of the norms 62 to 73.
        assert {row["subject"] for row in own} >= {"sub-P03", "sub-C05"}
        assert all("the norms hold from 62 to 73 years" in row["words"] for row in own if row["subject"] == "sub-P03")
        assert any(row["estimate"] != "n/a" for row in own if row["subject"] == "sub-C05")
        assert (tmp_path / "out" / "figures" / "norms_1_3T.png").is_file()

    def test_are_read_by_measure_at_the_subjects_age(self, exam, tmp_path, capsys):
        """Centiles of every region that the norms have, and a chart with the subject's dot."""
        random = np.random.default_rng(0)
        values = 0.05 * np.exp(0.4 * random.normal(size=(20, 2)))
        readings = [(reading_of(own, protocol=None),) for own in values]
        norms = make_norms(
            [study_of([], values, field_strength_t=7.0, age=list(random.uniform(40, 80, 20)), readings=readings)], {}
        )
        write_norms(tmp_path / "norms", norms)
        line = ["measure", str(exam), "-o", str(tmp_path / "out"), "--norms", str(tmp_path / "norms" / "norms.tsv")]
        assert main([*line, "--age", "60"]) == 0
        said = capsys.readouterr().out
        rows = {
            row["place"]: row for row in rows_of(tmp_path / "out" / "centiles.tsv") if row["marker"] == "sh_thk_per_mm"
        }
        assert set(rows) == {"left hand knob", "right hand knob", "most pathologic region"}
        for place, row in rows.items():
            assert float(row["ci_low"]) <= float(row["centile"]) <= float(row["ci_high"])
            assert f"SH/Thk, {place}, against the norms: {row['words']}" in said and "taken on trust" in row["words"]
        assert (tmp_path / "out" / "figures" / "norms_1.png").read_bytes()[:4] == b"\x89PNG"
        # Of another protocol, or at another age than the norms hold at, there is none.
        sidecar = tmp_path / "norms" / "norms.json"
        sidecar.write_text(sidecar.read_text().replace('"protocol": null', '"protocol": "one echo"'))
        assert main([*line, "--age", "60", "--resume"]) == 0
        assert "refused, since the norms were made with another protocol (one echo)" in capsys.readouterr().out

    def test_of_too_few_controls_are_none(self, tmp_path, capsys):
        measurements, clinical, _ = write_study(tmp_path, patients=2, controls=5)
        assert main(["norms", str(measurements), "--clinical", str(clinical), "-o", str(tmp_path / "norms")]) == 2
        assert "at least 10 controls" in capsys.readouterr().err and not (tmp_path / "norms").exists()

    @pytest.mark.parametrize(
        ("arguments", "told"), [(["--age", "50"], "belong together"), (["--age", "old"], "not a number")]
    )
    def test_are_read_at_an_age(self, tmp_path, capsys, arguments, told):
        try:
            status = main(["measure", "exam.json", "-o", str(tmp_path / "out"), *arguments])
        except SystemExit as error:
            status = error.code
        assert status == 2 and told in capsys.readouterr().err


class TestChange:
    def test_is_told_beside_the_noise(self, tmp_path, capsys):
        measurements, clinical = follow(tmp_path)
        line = ["change", str(measurements), "--clinical", str(clinical), "-o", str(tmp_path / "out"), "--rc", "0.012"]
        assert main(line) == 0
        said = capsys.readouterr().out
        assert "3 T: RC 0.012 1/mm (given)" in said
        rows = [row for row in rows_of(tmp_path / "out" / "change.tsv") if row["marker"] == "sh_thk_per_mm"]
        mean = {row["subject"]: row for row in rows if row["place"] == "mean of the regions"}
        assert len(mean) == 12 and float(mean["sub-0"]["years"]) == pytest.approx(1, abs=0.01)
        assert all("beyond noise" in mean[f"sub-{number}"]["words"] for number in range(6))
        assert all("within noise" in mean[f"sub-{number}"]["words"] for number in range(6, 12))
        slopes = {
            row["group"]: row for row in rows_of(tmp_path / "out" / "slopes.tsv") if row["marker"] == "sh_thk_per_mm"
        }
        assert float(slopes["patient"]["slope_per_year"]) == pytest.approx(0.02, abs=0.003)
        assert float(slopes["patients less controls"]["ci_low"]) > 0.01
        assert json.loads((tmp_path / "out" / "change.json").read_text())["difference"]

    def test_of_one_session_is_none(self, tables, tmp_path, capsys):
        line = ["change", str(tables[0]), "--clinical", str(tables[1]), "-o", str(tmp_path / "out")]
        assert main(line) == 2
        assert "no subject has two sessions" in capsys.readouterr().err and not (tmp_path / "out").exists()
