"""A BIDS data set is measured as its sidecars and drawings say; what comes of it is BIDS, by the official validator."""

import csv
import json
import shutil
import subprocess
import sysconfig
from dataclasses import replace

import nibabel
import numpy as np
import pytest
from M1SHThkLib.__main__ import main
from M1SHThkLib.digital_exam.phantom import PhantomOptions, make_phantom
from M1SHThkLib.files.exams import read_exam, write_exam
from M1SHThkLib.files.images import write_image
from M1SHThkLib.measuring.layer_voxels import layer_voxels
from M1SHThkLib.measuring.measurement import measure_exam

KNOB = (("left", "hand_knob"),)
README = "A data set of digital exams, for which nobody was scanned; the truth of each of them is known. " * 3


@pytest.fixture(scope="module")
def phantom():
    return make_phantom(PhantomOptions(field_strength=7, slices=2, cropped=True, echoes=(3, 4), regions=KNOB))


def echoes_of(phantom):
    return [echo.astype(np.float32) for echo in np.moveaxis(np.asarray(phantom.echoes), -1, 0)]


@pytest.fixture
def dataset(phantom, tmp_path):
    """One subject's two echoes, with metadata at several levels, and the drawings of two readers."""
    root = tmp_path / "bids"
    anat = root / "sub-01" / "ses-1" / "anat"
    anat.mkdir(parents=True)
    write(root / "dataset_description.json", {"Name": "digital exams", "BIDSVersion": "1.10.0"})
    (root / "README").write_text(README)
    (root / "participants.tsv").write_text("participant_id\tgroup\nsub-01\tcontrol\n")
    write(root / "MEGRE.json", {"MagneticFieldStrength": 3, "EchoTime": 0.5})
    for number, (echo, time) in enumerate(zip(echoes_of(phantom), phantom.echo_times_ms, strict=True), 1):
        stem = f"sub-01_ses-1_echo-{number}_part-mag_MEGRE"
        write_image(anat / f"{stem}.nii.gz", [echo], phantom.exam().image.affine)
        write(anat / f"{stem}.json", {"EchoTime": time / 1000, "MagneticFieldStrength": 7})
    write_image(anat / "sub-01_ses-1_echo-1_part-phase_MEGRE.nii.gz", [echo * 0 - 1], phantom.exam().image.affine)
    write(anat / "sub-01_ses-1_echo-1_part-phase_MEGRE.json", {"EchoTime": 0.01, "Units": "rad"})
    for observer in ("R1", "R2"):
        draw(root, phantom, "sub-01", "ses-1", observer, observer=observer)
    return root


def write(path, content):
    path.write_text(json.dumps(content))


def draw(root, phantom, *place, **identity):
    """Drawings as the module exports them, with an image of their own that must not be measured."""
    return write_exam(
        root.joinpath("derivatives", "m1shthk", *place), replace(phantom.with_noise(9).exam(), **identity)
    )


def rows_of(folder):
    with open(folder / "measurements.tsv", newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def errors_of(folder):
    """What the official validator has against a data set."""
    program = shutil.which("bids-validator-deno", path=sysconfig.get_path("scripts"))
    ran = subprocess.run([program, "--format", "json", folder], capture_output=True, text=True)
    issues = json.loads(ran.stdout)["issues"]["issues"]
    return [(issue["code"], issue.get("location")) for issue in issues if issue["severity"] == "error"]


def test_the_raw_images_are_measured_as_their_sidecars_say(dataset, phantom, tmp_path):
    assert main(["measure", str(dataset), "--bids", "-o", str(tmp_path / "out")]) == 0
    rows = rows_of(tmp_path / "out")
    assert [(row["subject"], row["session"], row["observer"]) for row in rows] == [
        ("sub-01", "ses-1", "R1"),
        ("sub-01", "ses-1", "R2"),
    ]
    assert {(row["group"], float(row["field_strength_t"])) for row in rows} == {("control", 7.0)}
    path = write_exam(tmp_path / "plain", replace(phantom.exam(), observer="R1"), phantom.echoes, phantom.echo_times_ms)
    main(["measure", str(path), "-o", str(tmp_path / "plain-out")])
    (plain,) = rows_of(tmp_path / "plain-out")
    assert float(rows[0]["sh_thk_per_mm"]) == pytest.approx(float(plain["sh_thk_per_mm"]), rel=1e-5)
    provenance = json.loads((tmp_path / "out" / "provenance.json").read_text())
    assert provenance["exams"][0]["echo_times_ms"] == pytest.approx(phantom.echo_times_ms)


def test_results_are_a_derivative_data_set_that_the_official_validator_accepts(dataset, tmp_path):
    assert errors_of(dataset) == []
    for out in (tmp_path / "out", dataset / "derivatives" / "m1shthk"):
        assert main(["measure", str(dataset), "--bids", "-o", str(out)]) == 0
        assert errors_of(out) == []
        description = json.loads((out / "dataset_description.json").read_text())
        assert description["DatasetType"] == "derivative" and description["GeneratedBy"][0]["Name"] == "M1SHThk"
        assert (out / "descriptions.tsv").read_text().splitlines()[1].startswith("desc-R1\t")
        assert (out / description["DatasetLinks"]["raw"]).resolve() == dataset.resolve()


def test_the_derivatives_do_not_depend_on_each_other_or_on_a_second_run(dataset):
    out = dataset / "derivatives" / "m1shthk"
    arguments = ["measure", str(dataset), "--bids", "-o", str(out)]
    assert main(arguments) == 0
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    assert main([*arguments, "--resume"]) == 0
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before


def test_masks_are_what_was_drawn_and_measured(dataset, tmp_path):
    assert main(["measure", str(dataset), "--bids", "-o", str(tmp_path / "out")]) == 0
    anat = tmp_path / "out" / "sub-01" / "ses-1" / "anat"
    exam = read_exam(anat / "sub-01_ses-1_desc-R1_exam.json")
    (m,) = measure_exam(exam)
    for label, roi in (
        ("splenium", exam.splenium),
        ("leftHandKnobWhiteMatter", exam.regions[0].white_matter),
        ("leftHandKnobLayer", layer_voxels(exam.image, m)),
    ):
        stem = anat / f"sub-01_ses-1_label-{label}_desc-R1_mask"
        mask = nibabel.load(f"{stem}.nii.gz")
        assert mask.affine == pytest.approx(exam.image.affine)
        assert sorted(map(tuple, np.argwhere(mask.get_fdata()))) == sorted(map(tuple, roi.indices))
        sidecar = json.loads(stem.with_name(stem.name + ".json").read_text())
        assert sidecar["Sources"][0] == "bids:raw:sub-01/ses-1/anat/sub-01_ses-1_echo-1_part-mag_MEGRE.nii.gz"
        assert sidecar["Manual"] == ("Layer" not in label)


def test_drawings_need_no_exam_file(dataset, phantom, tmp_path):
    place = dataset / "derivatives" / "m1shthk" / "sub-01" / "ses-1"
    shutil.rmtree(place / "R2")
    (place / "R1" / "exam.json").unlink()
    (place / "R1" / "left_hand_knob.mrk.json").rename(place / "R1" / "sub-01_hemi-L_label-handKnob.mrk.json")
    assert main(["measure", str(dataset), "--bids", "-o", str(tmp_path / "out")]) == 0
    (row,) = rows_of(tmp_path / "out")
    assert (row["observer"], row["hemisphere"], row["region"]) == ("R1", "left", "hand_knob")


def test_maps_are_measured_apart_and_bright(dataset, phantom, tmp_path):
    anat, image = dataset / "sub-01" / "ses-1" / "anat", phantom.exam().image
    darkest = image.voxels.max() - image.voxels.astype(np.float32)
    for suffix in ("R2starmap", "Chimap"):
        write_image(anat / f"sub-01_ses-1_{suffix}.nii.gz", [darkest], image.affine)
        write(anat / f"sub-01_ses-1_{suffix}.json", {"MagneticFieldStrength": 7, "Units": "1/s"})
    out = tmp_path / "out"
    assert main(["measure", str(dataset), "--bids", "-o", str(out)]) == 0
    assert len(rows_of(out)) == 2
    settings = {}
    for kind in ("R2starmap", "Chimap"):
        assert len(rows_of(out / kind)) == 2 and float(rows_of(out / kind)[0]["sh_fit"]) > 0
        provenance = json.loads((out / kind / "provenance.json").read_text())
        settings[kind] = provenance["exams"][0]["settings"]
    assert {kind: own["polarity"] for kind, own in settings.items()} == {"R2starmap": "bright", "Chimap": "bright"}
    assert settings["Chimap"]["normalization"] == "none" and settings["R2starmap"]["normalization"] == "splenium"
    assert errors_of(out) == []


def test_t2starw_is_measured_where_there_is_no_megre(dataset, phantom, tmp_path):
    anat = dataset / "sub-01" / "ses-1" / "anat"
    for path in anat.iterdir():
        path.unlink()
    write_image(anat / "sub-01_ses-1_T2starw.nii.gz", [phantom.exam().image.voxels], phantom.exam().image.affine)
    write(anat / "sub-01_ses-1_T2starw.json", {"EchoTime": 0.02, "MagneticFieldStrength": 7})
    assert main(["measure", str(dataset), "--bids", "-o", str(tmp_path / "out")]) == 0
    assert len(rows_of(tmp_path / "out")) == 2


def second_run(dataset, phantom):
    """A second scan of the session, of which nothing in the drawings' place tells the first."""
    anat = dataset / "sub-01" / "ses-1" / "anat"
    for path in list(anat.iterdir()):
        first = path.name.replace("ses-1_", "ses-1_run-1_")
        shutil.copy(path, anat / first.replace("run-1", "run-2"))
        path.rename(anat / first)


def test_drawings_that_may_belong_to_two_scans_are_refused(dataset, phantom, tmp_path, capsys):
    second_run(dataset, phantom)
    assert main(["measure", str(dataset), "--bids", "-o", str(tmp_path / "out")]) == 2
    told = capsys.readouterr().err
    assert "2 scans" in told and "run-1" in told and told.count("\n") == 1


def test_drawings_belong_to_the_scan_that_their_folder_names(dataset, phantom, tmp_path, capsys):
    second_run(dataset, phantom)
    place = dataset / "derivatives" / "m1shthk" / "sub-01" / "ses-1"
    (place / "R1").rename(place / "R1_run-2")
    shutil.rmtree(place / "R2")
    assert main(["measure", str(dataset), "--bids", "-o", str(tmp_path / "out")]) == 0
    (row,) = rows_of(tmp_path / "out")
    assert row["session"] == "ses-1_run-2"
    assert "run-1 (MEGRE) has no drawings" in capsys.readouterr().err


@pytest.mark.parametrize(
    "twin", ["_echo-1_part-mag_MEGRE.nii", "_echo-1_MEGRE.nii.gz", "_echo-01_part-mag_MEGRE.nii.gz"]
)
def test_an_echo_that_is_there_twice_is_not_counted_twice(dataset, tmp_path, capsys, twin):
    anat = dataset / "sub-01" / "ses-1" / "anat"
    for path in dataset.rglob("*MEGRE.json"):
        path.unlink()  # else equal echo times would tell
    nibabel.save(nibabel.load(anat / "sub-01_ses-1_echo-1_part-mag_MEGRE.nii.gz"), anat / f"sub-01_ses-1{twin}")
    assert main(["measure", str(dataset), "--bids", "-o", str(tmp_path / "out")]) == 2
    told = capsys.readouterr().err
    assert twin in told and "twice" in told and told.count("\n") == 1 and not (tmp_path / "out").exists()


@pytest.mark.parametrize("place", [".", "derivatives/others"])
def test_a_data_set_that_another_program_wrote_is_not_overwritten(dataset, capsys, place):
    out = dataset / place
    out.mkdir(exist_ok=True)
    description = {"Name": "another", "BIDSVersion": "1.10.0", "GeneratedBy": [{"Name": "others"}]}
    write(out / "dataset_description.json", description)
    before = {path: path.read_bytes() for path in dataset.rglob("*") if path.is_file()}
    assert main(["measure", str(dataset), "--bids", "-o", str(out)]) == 2
    told = capsys.readouterr().err
    assert f"{out}: holds another data set" in told and told.count("\n") == 1
    assert {path: path.read_bytes() for path in dataset.rglob("*") if path.is_file()} == before


def test_a_readme_of_ones_own_stays(dataset):
    out = dataset / "derivatives" / "m1shthk"
    (out / "README").write_text("Drawn in May")
    assert main(["measure", str(dataset), "--bids", "-o", str(out)]) == 0
    assert (out / "README").read_text() == "Drawn in May"


def test_the_group_is_that_of_the_participants_and_a_contradiction_is_told(dataset, tmp_path, capsys):
    (dataset / "participants.tsv").write_text("participant_id\tgroup\nsub-01\tpatient\n")
    assert main(["measure", str(dataset), "--bids", "-o", str(tmp_path / "out")]) == 0
    assert {row["group"] for row in rows_of(tmp_path / "out")} == {"patient"}
    told = capsys.readouterr().err
    assert "R1" in told and "control" in told and "participants.tsv" in told


def test_what_is_no_data_set_or_has_no_drawings_is_told(dataset, tmp_path, capsys):
    assert main(["measure", str(tmp_path), "--bids", "-o", str(tmp_path / "out")]) == 2
    assert "dataset_description.json" in capsys.readouterr().err
    shutil.rmtree(dataset / "derivatives")
    assert main(["measure", str(dataset), "--bids", "-o", str(tmp_path / "out")]) == 2
    told = capsys.readouterr().err
    assert "derivatives/m1shthk/sub-LABEL" in told and told.count("\n") == 1
    assert not (tmp_path / "out").exists()
