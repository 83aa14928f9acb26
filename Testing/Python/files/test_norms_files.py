"""Norms on disk: what was written comes back, and holds no value of a person."""

import json

import numpy as np
import pytest
from cohort_builder import study_of
from M1SHThkLib.cohort.norms import make_norms, stand
from M1SHThkLib.files.norms import COLUMNS, read_norms, write_norms


@pytest.fixture(scope="module")
def norms():
    random = np.random.default_rng(0)
    values = 0.03 * np.exp(0.4 * random.normal(size=(30, 4)))
    return make_norms(
        [study_of([], values, age=list(random.uniform(30, 80, 30).round()))], {"program": "M1SHThk", "version": "9"}
    )


@pytest.fixture
def folder(norms, tmp_path):
    write_norms(tmp_path / "n", norms)
    return tmp_path / "n"


def test_come_back_as_they_were(norms, folder):
    again = read_norms(folder / "norms.tsv")
    assert again.protocols == norms.protocols and again.source == norms.source
    for one, other in zip(norms.curves, again.curves, strict=True):
        assert stand(one, 0.04, 55.0) == stand(other, 0.04, 55.0)
        np.testing.assert_array_equal(one.values, other.values)


def test_sidecar_tells_columns_protocol_and_program(folder):
    sidecar = json.loads((folder / "norms.json").read_text())
    assert list(sidecar["columns"]) == [column.name for column in COLUMNS]
    assert sidecar["field_strengths"] == [{"field_strength_t": 3.0, "protocol": "ten echoes, mean"}]
    assert (sidecar["program"], sidecar["version"]) == ("M1SHThk", "9")


def test_name_nobody(folder):
    text = (folder / "norms.tsv").read_text() + (folder / "norms.json").read_text()
    assert "sub-" not in text


def without_regions(text):
    return "".join(line for line in text.splitlines(True) if "hand knob" not in line and "lobule" not in line)


@pytest.mark.parametrize(
    ("file", "edit", "says"),
    [
        ("norms.json", lambda text: "{}", "norms.json: is no sidecar of norms"),
        ("norms.json", lambda text: text.replace("field_strengths", "fields"), "lacks the field strengths"),
        ("norms.json", lambda text: text.replace("3.0", "7.0"), "tells no protocol at 3 T"),
        ("norms.tsv", lambda text: text.replace("centile_50", "median"), "lacks the column centile_50"),
        ("norms.tsv", lambda text: text.replace("left hand knob", "left foot"), "place is 'left foot'"),
        ("norms.tsv", lambda text: without_regions(text), "tells of no region whose greatest is that of sh"),
        ("norms.tsv", lambda text: text.split("\n")[0] + "\n", "has no row below its header"),
    ],
)
def test_spoilt_files_are_named(folder, file, edit, says):
    path = folder / file
    path.write_text(edit(path.read_text()))
    with pytest.raises(ValueError, match=says):
        read_norms(folder / "norms.tsv")
