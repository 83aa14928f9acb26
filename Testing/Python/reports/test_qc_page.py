"""A batch looked through: what is flagged stands first, a key gives the verdict, and the study leaves it out."""

import csv
import html
import json
import re
import shutil
import subprocess
from dataclasses import replace

import numpy as np
import pytest
from M1SHThkLib.__main__ import main
from M1SHThkLib.digital_exam.phantom import PhantomOptions, make_phantom
from M1SHThkLib.files.cohort_tables import read_studies
from M1SHThkLib.files.exams import write_exam
from M1SHThkLib.files.results import write_tsv
from M1SHThkLib.files.verdicts import COLUMNS, read_verdicts
from M1SHThkLib.measuring.settings import Settings
from study_files import write_study

KNOBS = (("left", "hand_knob"), ("right", "hand_knob"))
BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@pytest.fixture(scope="module")
def batch(tmp_path_factory):
    """Results of two subjects; the left hand knob of the second has no white matter to speak of."""
    folder = tmp_path_factory.mktemp("batch")
    phantom = make_phantom(PhantomOptions(field_strength=7, slices=2, cropped=True, regions=KNOBS))
    paths = []
    for number in (1, 2):
        exam = replace(phantom.exam(), subject=f"sub-<{number}>", observer="R1", settings=Settings(replicates=30))
        paths.append(write_exam(folder / f"{number}", exam))
    description = json.loads(paths[1].read_text())
    knob = description["regions"][0]
    knob["white_matter"] = description["splenium"]
    paths[1].write_text(json.dumps(description))
    assert main(["measure", *map(str, paths), "-o", str(folder / "out")]) == 0
    return folder


@pytest.fixture
def results(batch, tmp_path):
    """A copy of the results that a test may change, beside the exams."""
    shutil.copytree(batch / "out", tmp_path / "out")
    return tmp_path / "out"


def page_of(folder):
    assert main(["qc", str(folder)]) == 0
    return (folder / "qc.html").read_text(encoding="utf-8")


def keys_of(page):
    """Subject, hemisphere and region of the rows, in their order."""
    found = re.findall('data-key="(.*?)"', page)
    rows = [json.loads(key.replace("&quot;", '"').replace("&lt;", "<").replace("&gt;", ">")) for key in found]
    return [(row[0], row[3], row[4]) for row in rows]


def test_a_row_a_region_what_is_flagged_first(results):
    page = page_of(results)
    with open(results / "measurements.tsv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    flags = {(row["subject"], row["hemisphere"], row["region"]): row["flags"] for row in rows}
    assert sorted(keys_of(page)) == sorted(flags)
    counts = [0 if flags[key] == "n/a" else 1 + flags[key].count(",") for key in keys_of(page)]
    assert counts == sorted(counts, reverse=True) and counts[0] > counts[-1]
    assert keys_of(page)[0][:2] == ("sub-<2>", "left")
    assert page.count("<svg") == 3 * len(rows) and "sub-<" not in page.partition("<script")[0]


def test_an_exam_that_is_gone_or_changed_is_not_drawn_and_told(batch, results, capsys):
    line = batch / "1" / "left_hand_knob.mrk.json"
    content = line.read_bytes()
    try:
        line.write_bytes(content + b"\n")
        page = page_of(results)
        told = capsys.readouterr().out
        assert "changed since they were measured" in told and page.count("Not drawn") == 2 and page.count("<svg") == 6
        assert str(line.parent) in told and str(batch) not in page
        line.unlink()
        page = page_of(results)
        assert page.count("Not drawn") == 2 and str(batch) not in page
    finally:
        line.write_bytes(content)


def test_what_is_no_folder_of_results_is_told(tmp_path, capsys):
    assert main(["qc", str(tmp_path)]) == 2
    assert "provenance.json" in capsys.readouterr().err


def pressed(page, keys, folder, kept=None):
    """The table that the page saves after these keys, pressed in a real browser, and what the browser keeps of them."""
    before = f"localStorage.clear(); Object.assign(localStorage, {json.dumps(kept or {})});"
    script = """
      for (const [key, reason] of KEYS) {
        document.activeElement.dispatchEvent(new KeyboardEvent("keydown", {key, bubbles: true, cancelable: true}));
        if (reason) {
          document.activeElement.value = reason;
          document.activeElement.dispatchEvent(new Event("input", {bubbles: true}));
        }
      }
      const out = document.createElement("pre");
      out.id = "saved";
      out.textContent = table();
      out.dataset.kept = JSON.stringify(localStorage);
      document.body.append(out);
    """.replace("KEYS", json.dumps(keys))
    path = folder / "pressed.html"
    page = page.replace("<main>", f"<script>{before}</script><main>")
    path.write_text(page.replace("</body>", f"<script>{script}</script></body>"), encoding="utf-8")
    flags = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder / str(len(keys))}", "--dump-dom"]
    ran = subprocess.run([BROWSER, *flags, path.as_uri()], capture_output=True, text=True, timeout=300, check=True)
    kept, saved = re.search('<pre id="saved" data-kept="(.*?)">(.*?)</pre>', ran.stdout, re.DOTALL).groups()
    return html.unescape(saved), json.loads(html.unescape(kept))


@pytest.mark.skipif(BROWSER is None, reason="no Chromium here")
def test_keys_give_verdicts_that_come_back_and_that_the_study_reads(results, tmp_path):
    page = page_of(results)
    first, second, third, fourth = keys_of(page)
    keys = ("r", "a", "ArrowDown", "k", "j", "a")
    saved = pressed(page, [("x", "vein over it"), ("Enter", ""), *((key, "") for key in keys)], tmp_path)[0]
    (results / "verdicts.tsv").write_text(saved, encoding="utf-8")
    rows = list(csv.DictReader(saved.splitlines(), delimiter="\t"))
    found = {(row["subject"], row["hemisphere"], row["region"]): (row["verdict"], row["reason"]) for row in rows}
    assert found == {
        first: ("exclude", "vein over it"),
        second: ("redraw", "n/a"),
        third: ("accept", "n/a"),
        fourth: ("accept", "n/a"),
    }
    assert pressed(page_of(results), [], tmp_path)[0] == saved


@pytest.mark.skipif(BROWSER is None, reason="no Chromium here")
def test_a_table_that_was_changed_since_counts_more_than_what_the_browser_keeps(results, tmp_path):
    keys = [("x", "vein over it"), ("Enter", ""), ("a", ""), ("r", "")]
    saved, kept = pressed(page_of(results), keys, tmp_path)
    assert pressed(page_of(results), [], tmp_path, kept)[0] == saved
    first, second, third, _ = (line.split("\t") for line in saved.splitlines())
    table = results / "verdicts.tsv"
    table.write_text("\n".join(map("\t".join, (first, [*second[:5], "accept", "n/a"], third))) + "\n")
    page = page_of(results)
    rows, kept = pressed(page, [], tmp_path, kept)
    assert [row.split("\t")[5] for row in rows.splitlines()[1:]] == ["accept", "accept", "redraw"]
    rows, kept = pressed(page, [("r", "")], tmp_path, kept)
    assert rows.splitlines()[1].split("\t")[5] == "redraw" and pressed(page, [], tmp_path, kept)[0] == rows


@pytest.mark.skipif(BROWSER is None, reason="no Chromium here")
def test_any_reason_comes_back(results, tmp_path):
    reasons = ['"vein" over it', 'dark "']
    keys = [press for reason in reasons for press in (("x", reason), ("Enter", ""))]
    saved, _ = pressed(page_of(results), [*keys, ("x", "N/A"), ("Enter", "")], tmp_path)
    saved, _, bare = saved.rpartition("sub")
    assert bare.endswith("exclude\tn/a\n")  # no reason, which the page asks for before it saves
    (results / "verdicts.tsv").write_text(saved, encoding="utf-8")
    given = read_verdicts(results / "verdicts.tsv")
    assert [reason for _, reason in given.values()] == reasons


def verdicts(path, *rows):
    write_tsv(path, COLUMNS, rows)
    return path


def test_what_is_excluded_or_to_be_redrawn_is_left_out_of_the_study_and_told(tmp_path):
    measurements, clinical, _ = write_study(tmp_path, patients=2, controls=2)
    table = verdicts(
        tmp_path / "verdicts.tsv",
        ("sub-P00", None, "R1", "left", "hand_knob", "exclude", "vein"),
        ("sub-P01", None, "R1", "right", "hand_knob", "redraw", None),
        ("sub-C00", None, "R1", "left", "hand_knob", "accept", None),
        ("sub-C00", None, "R2", "left", "hand_knob", "exclude", "not of this study"),
    )
    (study,), notes = read_studies([measurements], clinical, exclude=table)
    found = {own.name: own.readings[0].values["sh_thk_per_mm"][:4] for own in study.subjects}
    (whole,), _ = read_studies([measurements], clinical)
    before = {own.name: own.readings[0].values["sh_thk_per_mm"][:4] for own in whole.subjects}
    missing = {(name, int(n)) for name in found for n in np.flatnonzero(np.isnan(found[name]))}
    assert len(missing) == 2 and {name for name, _ in missing} == {"sub-P00", "sub-P01"}
    kept = [np.isfinite(found[name]) for name in found]
    assert all((found[name][k] == before[name][k]).all() for name, k in zip(found, kept, strict=True))
    assert any("1 regions excluded (1 vein), 1 to be redrawn" in note for note in notes)
    assert any("1 verdicts are on regions that the measurements do not have" in note for note in notes)


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (("sub-P00", None, "R1", "left", "hand_knob", "exclude", None), "without a reason"),
        (("sub-P00", None, "R1", "left", "hand_knob", "bad", "x"), "it must be accept, redraw, exclude"),
        (("sub-P00", None, "R1", "left", "knob", "accept", None), "region is 'knob'"),
        ((None, None, "R1", "left", "hand_knob", "accept", None), "subject is missing"),
    ],
)
def test_a_faulty_verdict_is_told_by_its_line(tmp_path, capsys, row, told):
    measurements, clinical, _ = write_study(tmp_path, patients=1, controls=1)
    table = verdicts(tmp_path / "verdicts.tsv", row)
    arguments = ["cohort", str(measurements), "--clinical", str(clinical), "-o", str(tmp_path / "out")]
    assert main([*arguments, "--exclude", str(table)]) == 2
    error = capsys.readouterr().err
    assert "line 2" in error and told in error and error.count("\n") == 1
