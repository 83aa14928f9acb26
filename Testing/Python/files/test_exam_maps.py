"""Maps in an exam file: what may stand there, and what comes out of the command line."""

import csv
import json
from dataclasses import replace

import numpy as np
import pytest
from flat_cortex import SPLENIUM_ROI, WHITE_MATTER_ROI, cortex_exam, cortex_image
from M1SHThkLib.__main__ import main
from M1SHThkLib.files.exams import exam_inputs, read_exam, write_exam
from M1SHThkLib.files.nifti import write_nifti
from M1SHThkLib.measuring.image import Image
from M1SHThkLib.measuring.maps import ExamMap

TIMES_MS = [4.0, 9.0, 14.0, 19.0]
RATES = {"cortex": 30.0, "layer": 60.0}


@pytest.fixture
def exam_file(tmp_path):
    """An exam of four echoes in which R2* is 30 per s, and 60 in the layer."""
    clean = cortex_image().voxels
    in_layer = (100 - clean) / 12 * (clean < 99)
    rate = RATES["cortex"] + 30 * np.clip(in_layer, 0, 1)
    rate[tuple(SPLENIUM_ROI.indices.T)] = rate[tuple(WHITE_MATTER_ROI.indices.T)] = 30.0
    noise = np.random.default_rng(0)
    echoes = [1000 * np.exp(-t * rate / 1000) + noise.normal(0, 1, rate.shape) for t in TIMES_MS]
    exam = cortex_exam(Image(np.mean(echoes, 0), cortex_image().affine, "scan"), replicates=0)
    return write_exam(tmp_path / "exam", replace(exam, field_strength_tesla=7.0), echoes, TIMES_MS)


def changed(path, **members):
    description = json.loads(path.read_text()) | members
    path.write_text(json.dumps(description))
    return path


def rows_of(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


class TestExamFile:
    def test_r2star_of_its_own_echoes(self, exam_file, tmp_path):
        changed(exam_file, maps=[{"name": "r2star", "from": "echoes"}])
        assert main(["measure", str(exam_file), "-o", str(tmp_path / "out")]) == 0
        (row,) = rows_of(tmp_path / "out" / "maps.tsv")
        assert (row["map"], row["unit"], row["polarity"], row["normalization"]) == ("r2star", "1/s", "bright", "none")
        assert float(row["white_matter"]) == pytest.approx(30, rel=0.02)
        # A band of 1.5 mm through a blur of 1.2 mm (FWHM).
        assert 50 < float(row["layer"]) < float(row["peak"]) < 60
        assert float(row["superficial"]) == pytest.approx(30, rel=0.1)
        profile = rows_of(tmp_path / "out" / "profiles.tsv")
        peak = max(profile[10:], key=lambda row: float(row["map_r2star"]))
        assert float(peak["map_r2star"]) == pytest.approx(float(row["peak"]), rel=0.01)
        described = json.loads((tmp_path / "out" / "maps.json").read_text())
        assert set(described) == set(row)
        assert json.loads((tmp_path / "out" / "profiles.json").read_text())["map_r2star"]["Units"] == "1/s"
        names = {path.name for path in (tmp_path / "out" / "figures").iterdir()}
        assert names == {"sub-01_left_hand_knob.png", "sub-01_left_hand_knob_maps.png"}

    def test_an_image_of_its_own_and_an_echo(self, exam_file, tmp_path):
        image = cortex_image()
        write_nifti(exam_file.parent / "chi.nii.gz", [image.voxels * 1e-3], image.affine)
        maps = [
            {"name": "qsm", "path": "chi.nii.gz", "unit": "ppm", "polarity": "dark"},
            {"name": "late", "from": "echoes", "echo_combination": "echo-4"},
        ]
        qsm, late = read_exam(changed(exam_file, maps=maps)).maps
        assert (qsm.unit, qsm.polarity, qsm.normalization) == ("ppm", "dark", "none")
        assert (late.unit, late.polarity, late.normalization) == ("image unit", "dark", "splenium")
        np.testing.assert_allclose(qsm.image.voxels, image.voxels * 1e-3, rtol=1e-5)
        assert "chi.nii.gz" in [file["path"] for file in exam_inputs(exam_file)]

    def test_what_was_measured_stays_as_it_was_without_maps(self, exam_file, tmp_path):
        assert main(["measure", str(exam_file), "-o", str(tmp_path / "without")]) == 0
        changed(exam_file, maps=[{"name": "r2star", "from": "echoes"}])
        assert main(["measure", str(exam_file), "-o", str(tmp_path / "with")]) == 0
        texts = [(tmp_path / folder / "measurements.tsv").read_text() for folder in ("without", "with")]
        assert texts[0] == texts[1]
        assert not (tmp_path / "without" / "maps.tsv").exists()

    def test_maps_of_earlier_results_do_not_stay(self, exam_file, tmp_path):
        changed(exam_file, maps=[{"name": "r2star", "from": "echoes"}])
        assert main(["measure", str(exam_file), "-o", str(tmp_path / "out")]) == 0
        changed(exam_file, maps=None)
        assert main(["measure", str(exam_file), "-o", str(tmp_path / "out")]) == 0
        assert not (tmp_path / "out" / "maps.tsv").exists()

    def test_written_and_read_again(self, exam_file, tmp_path):
        exam = read_exam(exam_file)
        extra = ExamMap("swi", exam.image, "a.u.", "dark", "splenium")
        (again,) = read_exam(write_exam(tmp_path / "again", replace(exam, maps=(extra,)))).maps
        assert (again.name, again.unit, again.polarity, again.normalization) == ("swi", "a.u.", "dark", "splenium")
        np.testing.assert_allclose(again.image.voxels, exam.image.voxels, rtol=1e-5)


FAULTS = {
    "no list": ({"name": "a"}, "maps is"),
    "no name": ([{"path": "a.nii"}], "lacks 'name'"),
    "unknown key": ([{"name": "a", "path": "a.nii", "units": "x"}], "unknown key 'units'"),
    "neither": ([{"name": "a"}], "either 'path' or 'from'"),
    "both": ([{"name": "a", "path": "b", "from": "echoes"}], "either 'path' or 'from'"),
    "from nowhere": ([{"name": "a", "from": "phase"}], "must be echoes"),
    "twice": ([{"name": "a", "from": "echoes"}, {"name": "A", "path": "b"}], "two maps"),
    "bad name": ([{"name": "a/b", "path": "b"}], "letters, digits"),
    "bad polarity": ([{"name": "a", "path": "b", "polarity": "grey"}], "bright"),
    "combination of a file": ([{"name": "a", "path": "b", "echo_combination": "mean"}], "goes with 'from'"),
    "missing file": ([{"name": "a", "path": "nowhere.nii"}], "nowhere.nii"),
    "no such echo": ([{"name": "a", "from": "echoes", "echo_combination": "echo-9"}], "only 4 echo"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_faulty_map_is_named_in_one_line(exam_file, fault, tmp_path, capsys):
    maps, words = FAULTS[fault]
    changed(exam_file, maps=maps)
    assert main(["measure", str(exam_file), "-o", str(tmp_path / "out")]) == 2
    told = capsys.readouterr().err.strip()
    assert words in told and "\n" not in told
