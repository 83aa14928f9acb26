"""A cohort's results as files: everything that was found stands in words in a page that needs nothing else."""

import csv
import json
import re
import struct
import sys
import xml.etree.ElementTree as ET
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from cohort_builder import clustered_normals, reading_of, study_of
from M1SHThkLib.cohort.analysis import analyse
from M1SHThkLib.cohort.norms import make_norms
from M1SHThkLib.cohort.options import CohortOptions
from M1SHThkLib.cohort.stard import TO_FILL_IN, checklist
from M1SHThkLib.cohort.study import matrix
from M1SHThkLib.files.cohort_results import write_cohort
from M1SHThkLib.program import NO_FIGURES, NOTICE
from M1SHThkLib.reports.cohort_figures import draw_cohort
from M1SHThkLib.reports.cohort_report import report_page

OPTIONS = CohortOptions(replicates=50, permutations=99)
PROVENANCE = {
    "program": "M1SHThk",
    "version": "0",
    "notice": NOTICE,
    "inputs": [{"path": "measurements.tsv", "sha256": "ab" * 32}],
}


def full_study():
    """As many as in the paper at 3T, with every column of both tables filled."""
    random = np.random.default_rng(1)
    patients = 0.07 * np.exp(0.7 * clustered_normals(random, 27, 0.6))
    controls = 0.03 * np.exp(0.35 * clustered_normals(random, 13, 0.6))
    controls[controls < 0.02] = 0
    scores = np.clip(np.round(40 * patients + random.normal(0, 1.5, patients.shape)), 0, 8)
    readings = [
        tuple(reading_of(own * np.exp(0.1 * random.normal(size=4)), observer=observer) for observer in ("R1", "R2"))
        for own in np.concatenate([patients, controls])
    ]
    return study_of(
        patients,
        controls,
        readings=readings,
        umn=list(scores),
        umn_total=list(scores.sum(axis=1) + 1),
        age=list(random.normal(58, 10, 40).round()),
        sex=["F", "M"] * 20,
        visual=[
            {(reader, session): random.random() < (0.6 if number < 27 else 0.1) for reader in "ab" for session in "12"}
            for number in range(40)
        ],
    )


@pytest.fixture(scope="module")
def full():
    study = full_study()
    unread = replace(study.subjects[0], name="sub-<script>&", group=None)
    study = replace(study, subjects=(*study.subjects, unread))
    return analyse((study,), OPTIONS, notes=("sub-99 is in the clinical table but has no measurement: left out.",))


@pytest.fixture(scope="module")
def pictures(full):
    return draw_cohort(full)


@pytest.fixture(scope="module")
def minimal():
    """Two patients and a control, without scores and visual readings."""
    nothing = {"umn_scale": [None] * 3, "umn_limb_max": [np.nan] * 3}
    return analyse((study_of([[0.1, 0.1, 0.2, np.nan], [0.05] * 4], [[0, 0.02, 0.03, 0.01]], **nothing),), OPTIONS)


@pytest.fixture(scope="module")
def both():
    """Subjects measured at two field strengths."""
    random = np.random.default_rng(2)
    studies = [
        study_of(*(0.1 * np.exp(clustered_normals(random, n, 0.6)) for n in (7, 6)), field_strength_t=tesla)
        for tesla in (3.0, 7.0)
    ]
    return analyse(studies, OPTIONS)


@pytest.fixture(scope="module")
def crowded():
    """As many as in the paper at two field strengths, and a long note."""
    studies = [replace(full_study(), field_strength_t=tesla) for tesla in (3.0, 7.0)]
    names = ", ".join(subject.name for subject in studies[0].subjects)
    return analyse(studies, OPTIONS, notes=(f"Told of many: {names}.",))


@pytest.fixture(scope="module")
def few_pictures(minimal):
    return draw_cohort(minimal)


@pytest.fixture(scope="module", params=["full", "minimal", "both"])
def reported(request):
    """A cohort, and its report as a tree."""
    cohort = request.getfixturevalue(request.param)
    pictures = {"full": "pictures", "minimal": "few_pictures"}.get(request.param)
    drawn = request.getfixturevalue(pictures) if pictures else None
    return cohort, ET.fromstring(report_page(cohort, PROVENANCE, drawn))


def text_of(tree):
    return " ".join(" ".join(tree.itertext()).split())


def section(tree, name):
    return next(element for element in tree.iter("section") if element.get("id") == name)


def rows_of(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


class TestReport:
    """The tree itself says that the page is well-formed."""

    def test_holds_the_words_of_every_finding(self, reported):
        cohort, tree = reported
        cells = {element.text for element in tree.iter("td")}
        assert len(cohort.all_findings()) > 50
        assert {finding.words for _, finding in cohort.all_findings()} <= cells

    def test_begins_with_the_question_its_answer_and_a_table(self, full):
        tree = ET.fromstring(report_page(full, PROVENANCE))
        first = section(tree, "first-3T")
        assert next(tree.iter("section")) is first
        (primary,) = [f for _, f in full.all_findings() if f.standing == "primary"]
        answer = next(element.text for element in first.iter("p") if element.get("class") == "answer")
        assert answer.startswith("Yes: in 27 patients and 13 controls") and f"AUC is {primary.estimate:.2f} (" in answer
        rows = {
            row.find("th").text: [cell.text for cell in row.findall("td")]
            for row in first.iter("tr")
            if row.find("td") is not None
        }
        (sensitivity,) = [f for _, f in full.all_findings() if (f.analysis, f.quantity) == ("accuracy", "sensitivity")]
        assert rows["Sensitivity"][0].startswith(f"{sensitivity.estimate:.2f} (")
        assert rows["Patients"][0] == "27" and "Reader a by eye" in rows
        assert full.notes[0] in text_of(first) and NO_FIGURES in text_of(first)
        assert NOTICE in text_of(next(tree.iter("header"))) and "simulated" not in text_of(first)

    def test_gives_each_field_strength_a_first_page(self, both):
        tree = ET.fromstring(report_page(both, PROVENANCE))
        firsts = list(tree.iter("section"))[:2]
        assert [own.get("id") for own in firsts] == ["first-3T", "first-7T"]
        for own, tesla in zip(firsts, ("3 T", "7 T"), strict=True):
            assert f"tell patients from controls at {tesla}?" in own.find("h2").text

    def test_shows_the_cutoff_that_was_given(self, full):
        cohort = analyse(full.studies, replace(OPTIONS, cutoff_per_mm=0.0612))
        first = text_of(section(ET.fromstring(report_page(cohort, PROVENANCE)), "first-3T"))
        assert "at 0.0612 1/mm or more, given" in first and "corrected for its choice" not in first

    def test_says_at_once_where_groups_differ_in_age(self):
        """Values made of age alone: an AUC near one, and nothing left of it once age is taken into account."""
        random = np.random.default_rng(5)
        ages = np.concatenate([random.normal(68, 6, 27), random.normal(45, 12, 13)]).round()
        values = 0.001 * ages[:, None] + random.normal(0, 0.004, (40, 4))
        cohort = analyse((study_of(values[:27], values[27:], age=list(ages)),), OPTIONS)
        first = section(ET.fromstring(report_page(cohort, PROVENANCE)), "first-3T")
        caution, unknown = [text_of(p) for p in first.iter("p") if p.get("class") == "caution"]
        assert unknown.startswith("Whether the groups differ in sex is not known")
        assert caution.startswith("The groups differ in age (")
        adjusted = float(re.search(r"Adjusted for age the AUC is (0\.\d\d)", caution).group(1))
        assert adjusted < 0.75

    def test_valid_results_stand_before_those_of_the_paper(self, full):
        tree = ET.fromstring(report_page(full, PROVENANCE))
        for analysis in ("selection", "correlation"):
            rows = [text_of(body) for body in section(tree, f"field-3T-{analysis}").iter("tbody")]
            marked = ["as in the paper" in row for row in rows]
            assert any(marked) and not marked[0]

    def test_prints_single_subjects_and_no_words_twice(self, full):
        """What is folded up on screen is left out on paper; a row a subject is not."""
        subjects = section(ET.fromstring(report_page(full, PROVENANCE)), "field-3T-subject")
        printed = [
            row.find("th").text for row in subjects.find("div").find("table").iter("tr") if row.find("td") is not None
        ]
        assert len(printed) == 41 and {subject.name for subject in full.studies[0].subjects} == set(printed)

    @pytest.mark.parametrize(
        ("marker", "analysis"),
        [
            ("SH (splenium intensity)", "groups"),
            ("SH/Thk (1/mm)", "groups"),
            ("SH (splenium intensity)", "selection"),
            ("Thk (mm)", "selection"),
            ("SH/Thk (1/mm)", "selection"),
        ],
    )
    def test_prints_sh_and_thk_beside_their_ratio(self, full, marker, analysis):
        printed = section(ET.fromstring(report_page(full, PROVENANCE)), f"field-3T-{analysis}")
        for folded in printed.findall("details"):
            printed.remove(folded)
        assert any(text_of(row).strip().startswith(f"{marker}, ") for row in printed.iter("tr"))

    def test_prints_the_methods_of_what_is_printed_alone(self, full):
        tree = ET.fromstring(report_page(full, PROVENANCE))
        methods = {item.get("id"): item for item in section(tree, "methods").iter("li") if item.get("id")}
        for parent in list(tree.iter()):
            for folded in parent.findall("details"):
                parent.remove(folded)
        printed = {link.get("href")[1:] for link in tree.iter("a") if link.get("href").startswith("#method-")}
        on_paper = {name for name, item in methods.items() if item.get("class") != "on-screen"}
        assert printed <= on_paper < set(methods)
        assert all(name == f"method-{item.get('value')}" for name, item in methods.items())

    def test_says_how_many_values_a_group_gives_where_it_is_several_a_subject(self, full):
        rows = [
            text_of(body)
            for body in section(ET.fromstring(report_page(full, PROVENANCE)), "field-3T-selection").iter("tbody")
        ]
        assert "27 patients, 13 controls" in rows[0] and "27 patients (108 values), 13 controls (52 values)" in rows[1]

    def test_tells_long_notes_in_full_behind(self, crowded):
        tree = ET.fromstring(report_page(crowded, PROVENANCE))
        (note,) = crowded.notes
        first = text_of(section(tree, "first-3T"))
        assert note not in first and note[:100] in first and "Notes on the data" in first
        assert note in text_of(section(tree, "notes"))

    def test_gives_intervals_as_many_digits_as_their_estimates(self, reported):
        cohort, tree = reported
        rows = [body.findall("tr") for body in tree.iter("tbody") if (body.get("class") or "").startswith("finding")]
        shown = {words.find("td").text: numbers.findall("td")[2].text for numbers, words in rows}
        assert len(rows) == len(cohort.all_findings())
        for _, finding in cohort.all_findings():
            if finding.ci:
                limits = [float(text) for text in shown[finding.words].split(" to ")]
                assert limits == pytest.approx(finding.ci, rel=0.005)

    def test_needs_no_other_file_no_script_and_no_network(self, reported):
        _, tree = reported
        assert not {element.tag for element in tree.iter()} & {"script", "link", "iframe", "object", "base"}
        targets = [element.get(name) for element in tree.iter() for name in ("src", "href") if element.get(name)]
        assert all(target.startswith(("data:image/png;base64,", "#")) for target in targets)
        assert not re.search(r"url\(|@import|https?:", ET.tostring(tree, "unicode"))

    def test_leads_only_to_places_that_are_there(self, reported):
        _, tree = reported
        names = [element.get("id") for element in tree.iter() if element.get("id")]
        assert len(set(names)) == len(names)
        assert {element.get("href")[1:] for element in tree.iter("a")} <= set(names)

    def test_can_be_read_aloud(self, reported):
        """Language, title, alternative texts, and headers that say what they head."""
        _, tree = reported
        assert tree.get("lang") == "en" and tree.find("head/title").text
        assert all(element.get("alt") for element in tree.iter("img"))
        assert all(element.get("scope") in ("col", "row", "rowgroup") for element in tree.iter("th"))
        levels = [int(element.tag[1]) for element in tree.iter() if re.fullmatch("h[1-6]", element.tag)]
        assert levels[0] == 1 and all(b - a <= 1 for a, b in pairwise(levels))

    def test_keeps_field_strengths_apart(self, both):
        tree = ET.fromstring(report_page(both, PROVENANCE))
        across = {finding.words for field, finding in both.all_findings() if field is None}
        for name, wanted in (
            ("field-3T", both.findings[3.0]),
            ("field-7T", both.findings[7.0]),
            ("across", both.across),
        ):
            cells = {element.text for element in section(tree, name).iter("td")}
            assert {finding.words for finding in wanted} <= cells
            assert (across <= cells) == (name == "across")
        assert any("Wilcoxon" in words for words in across)

    def test_takes_names_as_text(self, full):
        assert "sub-<script>&" in text_of(ET.fromstring(report_page(full, PROVENANCE)))

    def test_says_of_a_virtual_study_what_it_is_and_sets_it_beside_the_paper(self, full):
        virtual = {"notice": "Simulated; not the biology.", "seed": 5}
        cohort = analyse(full.studies, OPTIONS, virtual)
        tree = ET.fromstring(report_page(cohort, PROVENANCE))
        assert virtual["notice"] in text_of(section(tree, "first-3T"))
        assert "virtual study: seed" in text_of(section(tree, "settings"))
        beside = section(tree, "paper")
        area = next(row for row in beside.iter("tr") if text_of(row).startswith("AUC"))
        assert [cell.text for cell in area][1] == "0.89"
        (found,) = [
            finding
            for _, finding in cohort.all_findings()
            if (finding.analysis, finding.quantity) == ("roc", "AUC")
            and (finding.labels["marker"], finding.labels["selection"]) == ("sh_thk_per_mm", "paper")
        ]
        assert [cell.text for cell in area][2].startswith(f"{found.estimate:.2f} ")

    def test_sets_no_real_study_beside_the_paper(self, full):
        assert not full.beside_the_paper
        assert "Beside the paper" not in report_page(full, PROVENANCE)

    def test_ends_with_settings_and_inputs(self, full):
        settings = text_of(section(ET.fromstring(report_page(full, PROVENANCE)), "settings"))
        assert "ab" * 32 in settings and "permutations 99" in settings


class TestChecklist:
    def test_has_all_items_of_stard_2015(self, full):
        """30 items, of which 10, 12, 13 and 21 have two parts."""
        numbers = [item.number for item in checklist(full)]
        parts = {number: "ab" if number in (10, 12, 13, 21) else [""] for number in range(1, 31)}
        assert numbers == [f"{number}{part}" for number in parts for part in parts[number]]
        assert len(numbers) == 34

    def test_is_filled_from_the_data(self, full):
        answers = {item.number: item.answer for item in checklist(full)}
        assert answers["1"] == answers["30"] == TO_FILL_IN
        assert "27 patients, 13 controls, 1 only read" in answers["19"] and "sub-99" in answers["19"]
        totals = [subject.umn_total for subject in full.studies[0].group("patient")]
        assert f"median {np.median(totals):g}" in answers["21a"] and "n = 27" in answers["21a"]
        assert "sex 14 F, 13 M" in answers["20"]
        assert re.search(r"or more: \d+ of 27 patients, \d+ of 13 controls\.", answers["23"])
        assert "Primary endpoint" in answers["4"]

    def test_of_missing_data_says_so(self, minimal):
        answers = {item.number: item.answer for item in checklist(minimal)}
        assert "age not given; sex not given" in answers["20"]
        assert "1 of 12 regions" in answers["16"]
        assert "of 4 measured regions of controls: no_dark_layer 1" in answers["15"]
        assert "patients: 1 not measured, 0 measured without SH/Thk, of 8" in answers["19"]
        assert answers["21a"].startswith("No upper motor neuron scores")


class TestFigures:
    def test_of_every_kind(self, pictures):
        kinds = {picture.name.split("_")[0]: picture.analysis for picture in pictures}
        kinds_expected = {"first": "first", "groups": "groups", "roc": "roc", "umn": "correlation"}
        assert kinds == kinds_expected | {"agreement": "repeatability"}

    def test_are_as_sharp_as_print_asks(self, pictures):
        for picture in pictures:
            width, _ = struct.unpack(">II", picture.png[16:24])
            assert width == 1420  # 7.1 inches at 200 dpi

    def test_are_the_same_every_time(self, full, pictures):
        assert draw_cohort(full) == pictures

    def test_of_nothing_are_left_out(self, few_pictures):
        assert {picture.analysis for picture in few_pictures} <= {"first", "groups", "roc"}

    def test_are_none_without_matplotlib(self, full, monkeypatch):
        monkeypatch.setitem(sys.modules, "matplotlib", None)
        assert draw_cohort(full) is None


@pytest.fixture(scope="module")
def folder(full, pictures, tmp_path_factory):
    folder = tmp_path_factory.mktemp("results") / "cohort"
    write_cohort(folder, full, PROVENANCE, report_page(full, PROVENANCE, pictures), pictures)
    return folder


class TestFolder:
    def test_holds_whole_files_alone(self, folder, pictures):
        tables = [f"{name}.{suffix}" for name in ("findings", "roc", "values") for suffix in ("json", "tsv")]
        assert sorted(path.name for path in folder.iterdir()) == sorted(
            ["cohort.json", "figures", "report.html", *tables]
        )
        assert {path.stem for path in (folder / "figures").iterdir()} == {picture.name for picture in pictures}

    @pytest.mark.parametrize("name", ["findings", "roc", "values"])
    def test_tables_have_a_sidecar_for_every_column(self, folder, name):
        rows = rows_of(folder / f"{name}.tsv")
        assert list(json.loads((folder / f"{name}.json").read_text())) == list(rows[0])

    def test_findings_are_all_there_with_every_digit(self, full, folder):
        found = full.all_findings()
        record = json.loads((folder / "cohort.json").read_text())
        rows = rows_of(folder / "findings.tsv")
        assert len(rows) == len(record["findings"]) == len(found)
        for row, entry, (field, finding) in zip(rows, record["findings"], found, strict=True):
            assert row["words"] == entry["words"] == finding.words
            assert float(row["field_strength_t"]) == entry["field_strength_t"] == field
            if finding.estimate is not None:
                assert float(row["estimate"]) == entry["estimate"] == finding.estimate

    def test_record_says_from_what_by_what_and_of_whom(self, full, folder):
        record = json.loads((folder / "cohort.json").read_text())
        assert record["inputs"] == PROVENANCE["inputs"] and record["notice"] == NOTICE
        assert record["options"]["permutations"] == 99
        (study,) = record["studies"]
        assert [len(study[group]) for group in ("patients", "controls", "only_read")] == [27, 13, 1]
        assert record["notes"] == list(full.notes)

    def test_values_are_one_row_a_subject_and_region(self, full, folder):
        rows = rows_of(folder / "values.tsv")
        assert len(rows) == 41 * 4
        first = full.studies[0].subjects[0]
        assert [float(row["sh_thk_per_mm"]) for row in rows[:4]] == list(first.readings[0].values["sh_thk_per_mm"][:4])
        assert (rows[0]["region"], rows[0]["limb"]) == ("left hand knob", "right arm")
        assert [float(row["umn_limb"]) for row in rows[:4]] == list(first.umn[:4])

    def test_roc_points_are_what_their_cutoffs_give(self, full, folder):
        rows = [r for r in rows_of(folder / "roc.tsv") if (r["marker"], r["selection"]) == ("sh_thk_per_mm", "paper")]
        patients, controls = (matrix(full.studies[0].group(name), "sh_thk_per_mm") for name in ("patient", "control"))
        for row in rows:
            cutoff = float(row["cutoff"])
            assert float(row["sensitivity"]) == pytest.approx((patients[:, :4].max(axis=1) >= cutoff).mean())
            assert float(row["false_positive_rate"]) == pytest.approx((controls[:, :4] >= cutoff).mean())
        assert float(rows[0]["sensitivity"]) == 0 and float(rows[-1]["false_positive_rate"]) == 1

    def test_nothing_is_half_written(self, full, tmp_path):
        """Text that would tear a table is refused; what was there before stays, and no other file appears."""
        torn = replace(full.across[0] if full.across else full.all_findings()[0][1], words="two\tcells")
        (tmp_path / "report.html").write_text("before")
        with pytest.raises(ValueError, match=r"findings.tsv: .*tear the table"):
            write_cohort(tmp_path, replace(full, across=(torn,)), PROVENANCE, "after")
        assert [path.name for path in tmp_path.iterdir()] == ["report.html"]
        assert (tmp_path / "report.html").read_text() == "before"


@pytest.fixture(scope="module")
def norms():
    random = np.random.default_rng(0)
    controls, ages = random.lognormal(-3.5, 0.4, (30, 6)), random.uniform(30, 80, 30)
    return make_norms([study_of([], controls, age=list(ages))], {})


class TestNorms:
    def rows(self, study, norms):
        cohort = analyse((study,), CohortOptions(replicates=20, permutations=99), norms=norms)
        found = section(ET.fromstring(report_page(cohort, PROVENANCE)), f"field-{study.field_strength_t:g}T-norms")
        return found, [[cell.text for cell in row] for row in found.iter("tr") if row.find("td") is not None]

    def test_take_a_row_a_subject(self, norms):
        """One measured in the six regions of the norms, one in four of them."""
        four = [0.02, 0.03, 0.04, 0.03, np.nan, np.nan]
        _, rows = self.rows(study_of([[0.05] * 6, four], [[0.02] * 6] * 3, age=[55.0] * 5), norms)
        by_name = {row[0]: row for row in rows[:5]}
        assert by_name["sub-P01"][1:4] == ["patient", "most pathologic region", "0.05"]
        assert by_name["sub-P02"][2] == "left paracentral lobule (highest of 4)"

    def test_why_somebody_is_not_read_reaches_to_the_end_of_the_table(self, norms):
        found, _ = self.rows(study_of([[0.05] * 6], [[0.02] * 6] * 3, age=[95.0, 55.0, 55.0, 55.0]), norms)
        (cell,) = [cell for cell in found.find("div").iter("td") if cell.get("colspan")]
        assert cell.text.startswith("not read, since the norms hold") and cell.get("colspan") == "4"

    def test_that_refuse_everybody_take_a_sentence(self, norms):
        study = study_of([[0.05] * 6] * 2, [[0.02] * 6] * 3, age=[55.0] * 5, field_strength_t=7.0)
        found, rows = self.rows(study, norms)
        assert not rows and "5 subjects: refused, since the norms hold at 3 T" in text_of(found)
