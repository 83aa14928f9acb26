"""What is exported never takes another reading's place."""

import json

import MiniSlicer
import pytest
import reader
import slicer
from M1SHThkLib.files.clinical_table import CLINICAL_COLUMNS
from reader import KNOB, LOBULE


def export(base, button="exportResultsButton"):
    reader.enter_path(reader.ui().exportPathLineEdit, base)
    getattr(reader.ui(), button).click()


def subjects(base):
    """Subject and folder of every exported table."""
    tables = sorted(base.rglob("measurements.tsv"))
    return {str(path.parent.relative_to(base)): path.read_text().splitlines()[1].split("\t")[0] for path in tables}


def rows(base):
    (path,) = base.rglob("measurements.tsv")
    header, *lines = (line.split("\t") for line in path.read_text().splitlines())
    return [dict(zip(header, line, strict=True)) for line in lines]


def test_every_subject_observer_and_reading_has_a_folder_of_its_own(two_regions_drawn, tmp_path):
    for subject, observer, reading in (
        ("sub-01", "R1", ""),
        ("sub-01", "R2", ""),
        ("sub-01", "R1", "2"),
        ("b/c", "", ""),
    ):
        reader.open_scene(two_regions_drawn)
        for edit, text in (("subject", subject), ("observer", observer), ("session", reading)):
            reader.enter_text(getattr(reader.ui(), f"{edit}LineEdit"), text)
        export(tmp_path)
        export(tmp_path, "exportExamButton")
    found = subjects(tmp_path)
    assert sorted(found.values()) == ["b/c", "sub-01", "sub-01", "sub-01"]
    assert len(list(tmp_path.iterdir())) == len(list(tmp_path.rglob("exam.json"))) == 4
    assert "sub-01" in reader.told() or "b_c" in reader.told()


def test_nothing_is_overwritten_without_a_question(drawn, tmp_path, answers):
    asked, said = answers
    export(tmp_path)
    before = rows(tmp_path)
    assert asked == []
    reader.drag_point(KNOB, 4, [2.0, 1.0, 0.0])
    reader.settle()
    said[:] = [False, True]
    export(tmp_path)
    assert rows(tmp_path) == before and len(asked) == 1 and "sub-01" in asked[0]
    export(tmp_path)
    assert rows(tmp_path) != before and len(asked) == 2


def test_the_folder_does_not_outlast_the_scene(drawn, tmp_path, two_regions_drawn):
    export(tmp_path)
    MiniSlicer.closeScene()
    assert reader.ui().exportPathLineEdit.currentPath == ""
    reader.open_scene(two_regions_drawn)
    reader.enter_path(reader.ui().exportPathLineEdit, tmp_path)
    slicer.util.selectModule("")
    MiniSlicer.closeScene()
    slicer.util.selectModule("M1SHThk")
    assert reader.ui().exportPathLineEdit.currentPath == ""


@pytest.mark.parametrize("what", ["line", "references", "volume"])
@pytest.mark.parametrize("door", ["panel", "script"])
def test_what_was_deleted_in_another_module_is_neither_shown_nor_exported(drawn, tmp_path, what, door):
    reader.ui().acceptButton.click()
    node = reader.parameters()
    removed = {"line": reader.line(KNOB), "references": node.references, "volume": node.inputVolume}[what]
    left = [] if what != "line" else [LOBULE]
    slicer.util.selectModule("")
    slicer.mrmlScene.RemoveNode(removed)
    if door == "panel":
        slicer.util.selectModule("M1SHThk")
        reader.settle()
        assert [key for key in reader.KEYS if reader.numbers(key)] == left
        assert reader.state(KNOB) not in ("accepted", "measured")
        assert "left hand knob" not in reader.ui().greatestLabel.text
        copied = reader.ui().copyTableButton.click
    logic = slicer.util.getModuleLogic("M1SHThk")
    if left:
        logic.exportResults(str(tmp_path))
        assert [(row["hemisphere"], row["region"]) for row in rows(tmp_path)] == left
        assert len(logic.tableText().splitlines()) == 2
        if door == "panel":
            copied()
            assert len(slicer.app.clipboard().text().splitlines()) == 2
        assert [key for key in json.loads((tmp_path / "provenance.json").read_text())["settings"]] == [" ".join(LOBULE)]
    else:
        with pytest.raises(ValueError, match=r"measured|no volume|chosen"):
            logic.exportResults(str(tmp_path))
    tables = [node.measurementsTable, node.summaryTable]
    assert [table.GetNumberOfRows() for table in tables] == [len(left)] * 2


def test_the_report_names_nobody_unless_the_reader_says_so(drawn, tmp_path, answers):
    asked, said = answers
    said[:] = [False, True, True]
    export(tmp_path, "exportReportButton")
    (path,) = tmp_path.rglob("report.html")
    page = path.read_text(encoding="utf-8")
    assert "sub-01" not in page and "Left hand knob" in page and page.count("<svg") == 6
    export(tmp_path, "exportReportButton")
    assert "sub-01" in path.read_text(encoding="utf-8")
    assert "Overwrite" in asked[2]


def test_the_report_tells_what_was_read_by_eye_and_the_change_since_an_earlier_exam(
    drawn, tmp_path, answers, monkeypatch
):
    faults = []
    answers[1][:] = [False, False]
    monkeypatch.setattr(slicer.util, "errorDisplay", lambda text, *arguments, **options: faults.append(text))
    reader.ui().exportPathLineEdit.currentPath = str(tmp_path / "before")
    reader.ui().exportExamButton.click()
    (earlier,) = tmp_path.rglob("exam.json")
    tesla = reader.parameters().fieldStrength
    table = tmp_path / "clinical.tsv"
    known = {"subject": "sub-01", "group": "patient", "age": "61", "field_strength_t": f"{tesla:g}"}
    row = {**{column.name: "n/a" for column in CLINICAL_COLUMNS}, **known, "visual_R1_1": "pathologic"}
    table.write_text("\t".join(row) + "\n" + "\t".join(row.values()) + "\n")
    reader.ui().reportGroupBox.collapsed = False
    reader.enter_path(reader.ui().reportClinicalPathLineEdit, table)
    reader.enter_path(reader.ui().reportSincePathLineEdit, earlier)
    export(tmp_path / "now", "exportReportButton")
    assert faults == []
    (path,) = tmp_path.rglob("report.html")
    page = path.read_text(encoding="utf-8")
    assert "By eye" in page and "pathologic" in page and "0 (noise not known)" in page
    reader.enter_path(reader.ui().reportNormsPathLineEdit, table)
    path.unlink()
    reader.ui().exportReportButton.click()
    assert "clinical.json: there is no such file" in faults[-1] and not path.exists()
    reader.ui().reportGroupBox.collapsed = True
    for name in ("Norms", "Clinical", "Since"):
        getattr(reader.ui(), f"report{name}PathLineEdit").currentPath = ""
