"""The page of one exam as somebody reads it: who is named, what is told, and that it needs nothing but itself."""

import base64
import csv
import html
import io
import json
import re
from dataclasses import replace
from types import SimpleNamespace

import matplotlib.image
import numpy as np
import pytest
from M1SHThkLib.__main__ import main
from M1SHThkLib.cohort.norms import CENTILES, Curve, Norms
from M1SHThkLib.digital_exam.phantom import PhantomOptions, make_phantom
from M1SHThkLib.files.clinical_table import CLINICAL_COLUMNS
from M1SHThkLib.files.exams import write_exam
from M1SHThkLib.files.norms import write_norms
from M1SHThkLib.files.results import write_tsv
from M1SHThkLib.measuring.flags import FLAGS
from M1SHThkLib.measuring.settings import Settings
from M1SHThkLib.reports.subject_page import numbers
from M1SHThkLib.reports.subject_style import CSS
from M1SHThkLib.reports.svg import grey_picture

KNOBS = (("left", "hand_knob"), ("right", "hand_knob"))


@pytest.fixture(scope="module")
def phantom():
    return make_phantom(PhantomOptions(field_strength=7, slices=2, cropped=True, echoes=(3, 4), regions=KNOBS))


@pytest.fixture(scope="module")
def exam(phantom, tmp_path_factory):
    return written(phantom, tmp_path_factory.mktemp("exam"))


def written(phantom, folder, depth_max_mm=5.0, **identity):
    settings = Settings(replicates=30, depth_max_mm=depth_max_mm)
    named = {"subject": "sub-<7>", "session": "ses-2", "observer": "R9"} | identity
    return write_exam(
        folder, replace(phantom.exam(), settings=settings, **named), phantom.echoes, phantom.echo_times_ms
    )


def page_of(exam, folder, *options):
    assert main(["report", str(exam), "-o", str(folder), *map(str, options)]) == 0
    return (folder / "report.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def page(exam, tmp_path_factory):
    return page_of(exam, tmp_path_factory.mktemp("page"))


def words_of(page):
    """What is read on it."""
    return re.sub(r"\s+", " ", html.unescape(re.sub("<style>.*?</style>|<[^>]*>", " ", page, flags=re.DOTALL)))


def test_nobody_is_named_unasked(exam, page, tmp_path):
    pictures = re.compile('"data:[^"]*"')
    assert not [name for name in ("sub-", "ses-2", "R9") if name in pictures.sub("", page)]
    named = page_of(exam, tmp_path, "--identity")
    assert "sub-&lt;7&gt;, ses-2, R9" in named and "sub-<7>" not in named


def test_warnings_are_told_without_the_names_of_files(phantom, tmp_path, capsys):
    path = written(phantom, tmp_path / "Rossi_Mario")
    description = json.loads(path.read_text())
    del description["image"]["echo_times_ms"]
    path.write_text(json.dumps(description))
    page = page_of(path, tmp_path)
    told = capsys.readouterr().err
    assert told.startswith("warning: ") and "Rossi_Mario" in told and "echoes are not known" in told
    assert "Rossi" not in page and "There was 1 warning" in page
    assert "echoes are not known" in page_of(path, tmp_path, "--identity")


def test_small_numbers_keep_two_digits():
    m = SimpleNamespace(sh=0.0, sh_ci=(0.0, 0.00123), thk_mm=np.nan, thk_ci_mm=(np.nan, np.nan))
    m.sh_thk_per_mm, m.sh_thk_ci_per_mm = 0.000456, (np.nan, np.nan)
    assert numbers(m) == ["0.00046 1/mm", "0 (0 to 0.0012)", "missing"]


def test_numbers_are_those_of_the_tables(exam, page, tmp_path):
    assert main(["measure", str(exam), "-o", str(tmp_path)]) == 0
    with open(tmp_path / "measurements.tsv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    words = words_of(page)
    for row in rows:
        for name, digits in (("sh", 3), ("thk_mm", 2), ("sh_thk_per_mm", 3)):
            value, low, high = (float(row[name + end]) for end in ("", "_ci_low", "_ci_high"))
            unit = {"sh": "", "thk_mm": " mm", "sh_thk_per_mm": " 1/mm"}[name]
            assert f"{value:.{digits}f}{unit} ({low:.{digits}f} to {high:.{digits}f})" in words
        for flag in row["flags"].split(",") if row["flags"] != "n/a" else ():
            assert FLAGS[flag].split(". ")[0] in words
        assert (
            f"SH/Thk {float(row['sh_thk_per_mm']):.3f} 1/mm (" in words and f"), SH {float(row['sh']):.3f} (" in words
        )
        assert f"), Thk {float(row['thk_mm']):.2f} mm (" in words
    ratios = ", ".join(f"{float(row['snr']):.0f}" for row in rows)
    assert f"in an echo, by region: {ratios}." in words
    left, right = (float(row["sh_thk_per_mm"]) for row in rows)
    assert f"{100 * (right - left) / (0.5 * (right + left)):+.0f} %" in words


def test_settings_that_differ_and_research_use_are_told(page):
    words = words_of(page)
    assert "depth max mm 5.0 6.0" in words and "replicates 30 1000" in words and "baseline" not in words
    assert "Echoes at" in words and words.count("Research use only. Not a medical device.") == 2


def test_page_needs_nothing_but_itself(page):
    assert not re.findall(r'(?:src|href)="(?!data:|#)', page) and "url(" not in page and "@import" not in page
    assert page.count("<svg") == 3 * len(KNOBS)
    assert all(title.strip() for title in re.findall("<svg[^>]*><title>(.*?)</title>", page))


def test_on_a_phone_flags_have_a_row_of_their_own():
    (narrow,) = re.findall(r"@media \(max-width: 30rem\) {(.*?)\n(?=@)", CSS, re.DOTALL)
    assert re.search(r"\.numbers tr {[^}]*display: grid", narrow)
    assert re.search(r"\.numbers td:last-child {[^}]*grid-column: 1 / -1", narrow)


def test_a_grey_picture_is_the_values_between_black_and_white():
    values = np.array([[0.0, 1.0, 2.0], [3.0, -5.0, np.nan]])
    data = base64.b64decode(grey_picture(values, 0.0, 2.0).removeprefix("data:image/png;base64,"))
    shown = matplotlib.image.imread(io.BytesIO(data), format="png")
    assert np.round(255 * shown).tolist() == [[0, 128, 255], [255, 0, 128]]


def clinical(path, **cells):
    row = {"subject": "sub-<7>", "group": "n/a", "field_strength_t": 7} | cells
    columns = list(dict.fromkeys([*(column.name for column in CLINICAL_COLUMNS), *row]))
    write_tsv(path, columns, [[row.get(name) for name in columns]])
    return path


def test_readings_by_eye_are_shown(exam, tmp_path):
    table = clinical(
        tmp_path / "clinical.tsv",
        visual_R1_1="pathologic",
        score_R2_1_left_hand_knob=2,
        score_R2_1_right_hand_knob=1,
    )
    words = words_of(page_of(exam, tmp_path, "--clinical", table))
    assert "R1, session 1 pathologic" in words
    assert "left hand knob 2, right hand knob 1; sum of 2 regions: 3" in words


def test_change_is_told_beside_its_noise(exam, phantom, tmp_path):
    before = written(phantom.with_noise(3), tmp_path / "before", session="ses-1")
    words = words_of(page_of(exam, tmp_path, "--since", before, "--rc", "5"))
    assert words.count("(within noise)") == len(KNOBS)
    words = words_of(page_of(exam, tmp_path, "--since", before, "--rc", "1e-9"))
    assert words.count("(beyond noise)") == len(KNOBS)
    assert words_of(page_of(exam, tmp_path, "--since", before)).count("(noise not known)") == len(KNOBS)


def test_an_exam_of_somebody_else_or_of_another_protocol_is_no_earlier_one(exam, phantom, tmp_path, capsys):
    other = written(phantom, tmp_path / "other", subject="sub-8")
    assert main(["report", str(exam), "-o", str(tmp_path), "--since", str(other)]) == 2
    assert "is of sub-8" in capsys.readouterr().err
    deeper = written(phantom, tmp_path / "deeper", depth_max_mm=6.0)
    assert main(["report", str(exam), "-o", str(tmp_path), "--since", str(deeper)]) == 2
    assert "another protocol" in capsys.readouterr().err
    assert not (tmp_path / "report.html").exists()


@pytest.fixture
def norms(tmp_path):
    """Norms of two places at 7 T, of controls that nobody measured."""
    ages, spread = np.arange(40.0, 81.0, 5.0), np.linspace(-2, 2, len(CENTILES))
    curves = [
        Curve(7.0, "sh_thk_per_mm", place, 40, 60.0, 10.0, ages, values, 0.3 + 0 * ages, 0.05 + 0 * ages)
        for place in ("left hand knob", "right hand knob")
        for values in [np.maximum(0.09 + 0.03 * spread, 0.0) + 0 * ages[:, None]]
    ]
    write_norms(tmp_path / "norms", Norms(tuple(curves), {7.0: None}, {"program": "test"}))
    return tmp_path / "norms" / "norms.tsv"


def test_place_among_norms_is_that_of_the_command_line(exam, norms, tmp_path, capsys):
    assert main(["measure", str(exam), "-o", str(tmp_path), "--norms", str(norms), "--age", "60"]) == 0
    told = re.findall(r"SH/Thk, (.*), against the norms: (.*)\.", capsys.readouterr().out)
    words = words_of(page_of(exam, tmp_path, "--norms", norms, "--age", "60"))
    assert len(told) == len(KNOBS)
    for place, standing in told:
        assert f"{place} {standing}" in words


def test_norms_need_an_age(exam, norms, tmp_path, capsys):
    assert main(["report", str(exam), "-o", str(tmp_path / "out"), "--norms", str(norms)]) == 2
    assert "--age" in capsys.readouterr().err
    page = page_of(exam, tmp_path, "--norms", norms, "--clinical", clinical(tmp_path / "clinical.tsv", age=50))
    assert "centile" in page
