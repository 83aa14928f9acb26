"""Names are matched as people see them, and different names never become one file."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from M1SHThkLib.__main__ import main
from M1SHThkLib.files.described_tables import read_described_table
from M1SHThkLib.files.names import cleaned, file_name, plain_name, seen
from M1SHThkLib.files.tables import read_table
from study_files import write_study

ALIKE = {
    "zero-width space": "sub-P00\u200b",
    "byte order mark": "\ufeffsub-P00",
    "right-to-left mark": "sub-P00\u200f",
    "soft hyphen": "sub\u00ad-P00",
    "variation selector": "sub-P00\ufe0f",
    "no-break space at the end": "sub-P00\u00a0",
    "Hangul filler": "sub-P00\u3164",
    "non-breaking hyphen": "sub\u2011P00",
    "en dash": "sub\u2013P00",
    "minus sign": "sub\u2212P00",
    "full width": "ｓｕｂ－Ｐ００",
}


@pytest.mark.parametrize("case", ALIKE)
def test_what_looks_alike_is_the_same_name(case):
    assert seen(ALIKE[case]) == "sub-P00"


@pytest.mark.parametrize(("one", "other"), [("sub-1", "sub-l"), ("sub-1", "sub_1"), ("sub-A", "sub-a"), ("a b", "ab")])
def test_what_looks_different_stays_different(one, other):
    assert seen(one) != seen(other)


@given(st.text())
def test_letters_are_composed_and_what_is_clean_stays(text):
    assert cleaned(unicodedata.normalize("NFD", text)) == cleaned(text)
    assert cleaned(cleaned(text)) == cleaned(text)
    assert seen(seen(text)) == seen(text)


@pytest.mark.parametrize("case", ["zero-width space", "byte order mark", "non-breaking hyphen", "full width"])
@pytest.mark.parametrize("where", [0, 1])
def test_a_study_finds_its_subjects_by_what_is_seen(tmp_path, capsys, case, where):
    *paths, _ = write_study(tmp_path)
    text = paths[where].read_text(encoding="utf-8")
    paths[where].write_text(text.replace("sub-P00", ALIKE[case]), encoding="utf-8")
    assert main(["cohort", str(paths[0]), "--clinical", str(paths[1]), "-o", str(tmp_path / "study")]) == 0
    assert "left out" not in capsys.readouterr().err


def test_a_study_finds_letters_however_they_are_composed(tmp_path, capsys):
    measurements, clinical, _ = write_study(tmp_path)
    measurements.write_text(measurements.read_text().replace("sub-P00", "sub-Mu\u0308"), encoding="utf-8")
    clinical.write_text(clinical.read_text().replace("sub-P00", "sub-M\u00fc"), encoding="utf-8")
    command = ["cohort", str(measurements), "--clinical", str(clinical), "-o", str(tmp_path / "study")]
    assert main([*command, "--read", "sub-Mu\u0308\u200b"]) == 0
    told = capsys.readouterr()
    assert "left out" not in told.err and "only read against the controls" in told.err


def test_na_is_a_name_where_a_name_stands(tmp_path):
    (tmp_path / "table.tsv").write_text("subject\tobserver\tsession\tage\nNA\tnan\tn/a\tNA\nNaN\tN/A\t\t#N/A\n")
    _, rows = read_table(tmp_path / "table.tsv", ["subject"])
    names = [[row.name(column) for column in ("subject", "observer", "session")] for row in rows]
    assert names == [["NA", "nan", None], ["NaN", None, None]]
    assert [row.text("age") for row in rows] == [None, None]
    _, described = read_described_table(tmp_path / "table.tsv", [])
    assert described == [["NA", "nan", None, None], ["NaN", None, None, None]]


def test_an_observer_called_na_has_a_protocol(tmp_path, capsys):
    measurements, clinical, _ = write_study(tmp_path)
    measurements.write_text(measurements.read_text().replace("\tR1\t", "\tNA\t").replace("sub-P00", "NA"))
    clinical.write_text(clinical.read_text().replace("sub-P00", "NA"))
    subjects = {line.split("\t")[0] for line in measurements.read_text().splitlines()[1:]}
    exams = ", ".join(f'{{"subject": "{name}", "observer": "NA", "settings": {{}}}}' for name in sorted(subjects))
    (tmp_path / "provenance.json").write_text(f'{{"exams": [{exams}]}}')
    assert main(["cohort", str(measurements), "--clinical", str(clinical), "-o", str(tmp_path / "study")]) == 0
    told = capsys.readouterr().err
    assert "protocol" not in told and "left out" not in told


DIFFERENT = [
    ("sub 1",),
    ("sub-1",),
    ("sub/1",),
    ("sub:1",),
    ("sub_1",),
    ("sub", "1"),
    ("sub", None, "1"),
    ("sub", "1", None),
    ("sub", "1", "1"),
    ("s" * 300,),
    ("s" * 300 + "t",),
    ("ü" * 300,),
    ("\udcff",),
    ("\udcfe",),
    ("",),
]


def test_different_names_never_share_a_file():
    names = [file_name(*parts) for parts in DIFFERENT]
    assert names[5] == names[7] == "sub_1"  # a part that is missing at the end
    assert len(set(names)) == len(names) - 1


@given(st.lists(st.tuples(st.text("ab_-. /", min_size=1), st.text("ab_", max_size=2)), min_size=2, unique=True))
def test_of_any_names(parts):
    assert len({file_name(*some) for some in parts}) == len(parts)


@given(st.text())
def test_every_file_system_takes_the_name(text):
    for name in (plain_name(text), file_name(text, text)):
        assert len(name.encode()) <= 110
        assert not set(name) & set('/\\:*?"<>| \0\n')


def test_plain_names_stay_plain():
    assert file_name("sub-01", None, None) == "sub-01"
    assert file_name("sub-01", "ses-2", "r1") == "sub-01_ses-2_r1"
    assert file_name("sub-01", None, "r1") == "sub-01__r1"
