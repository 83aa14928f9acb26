"""What a reading list is drawn up from: a BIDS data set, DICOM series, exams; and what is refused there."""

import csv
import json
import shutil

import numpy as np
import pytest
from M1SHThkLib.__main__ import main
from M1SHThkLib.digital_exam.phantom import PhantomOptions, make_phantom
from M1SHThkLib.files.exams import read_exam, write_exam
from M1SHThkLib.files.images import read_image, write_image
from M1SHThkLib.files.reading_list import read_reading_list
from mr_series import write_series

AFFINE = np.array([[0.5, 0, 0, -10], [0, 0.5, 0, 5], [0, 0, 1, 3], [0, 0, 0, 1]])
TIMES_MS = (10.0, 20.0)


def echoes(seed=0):
    return list(np.random.default_rng(seed).integers(100, 900, (2, 6, 5, 4)).astype(np.float32))


def make(source, folder, *more):
    return main(["reading-list", "make", str(source), "-o", str(folder), "--reader", "R1", *more])


def rows_of(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def only_case(folder):
    """The case of a list of one, its image, and its row of the key."""
    (case,) = read_reading_list(folder).cases.values()
    (row,) = rows_of(folder.with_name(f"{folder.name}-key.tsv"))
    assert row["case"] == case.code
    return case, read_image(folder / case.image), row


def at_positions(image, affine, shape):
    """The image's voxels at the centres of another grid's."""
    indices = np.argwhere(np.ones(shape)) @ (matrix := np.linalg.inv(image.affine) @ affine)[:3, :3].T + matrix[:3, 3]
    assert indices == pytest.approx(indices.round(), abs=1e-3)
    return image.volumes[0][tuple(indices.round().astype(int).T)].reshape(shape)


@pytest.fixture
def dataset(tmp_path):
    """A scan of two echoes in BIDS; what both share stands at the top."""
    root = tmp_path / "bids"
    anat = root / "sub-01" / "ses-2" / "anat"
    anat.mkdir(parents=True)
    (root / "dataset_description.json").write_text('{"Name": "x", "BIDSVersion": "1.10.0"}')
    (root / "participants.tsv").write_text("participant_id\tgroup\nsub-01\tcontrol\n")
    (root / "MEGRE.json").write_text('{"MagneticFieldStrength": 7}')
    for number, (echo, time) in enumerate(zip(echoes(), TIMES_MS, strict=True), 1):
        image = anat / f"sub-01_ses-2_echo-{number}_part-mag_MEGRE.nii.gz"
        write_image(image, [echo], AFFINE)
        image.with_name(image.name.replace(".nii.gz", ".json")).write_text(json.dumps({"EchoTime": time / 1000}))
    return root


def second_echo(dataset):
    return dataset / "sub-01" / "ses-2" / "anat" / "sub-01_ses-2_echo-2_part-mag_MEGRE.nii.gz"


def test_a_scan_of_a_bids_data_set_is_read_echoes_combined(dataset, tmp_path):
    assert make(dataset, tmp_path / "list") == 0
    case, image, row = only_case(tmp_path / "list")
    assert image.volumes[0] == pytest.approx(np.mean(echoes(), axis=0)) and image.affine == pytest.approx(AFFINE)
    assert (case.echo_times_ms, case.field_strength_tesla, case.averaged_echoes) == ([10.0, 20.0], 7.0, 2)
    assert (row["subject"], row["session"], row["group"]) == ("sub-01", "ses-2", "control")


@pytest.mark.parametrize("enhanced", [False, True])
def test_a_dicom_series_is_read_where_it_lies(tmp_path, enhanced):
    write_series(tmp_path / "scan", AFFINE, echoes(), TIMES_MS, "Rossi^Mario", enhanced=enhanced)
    assert make(tmp_path / "scan", tmp_path / "list", "--field", "3") == 0
    case, image, row = only_case(tmp_path / "list")
    expected = np.mean(echoes(), axis=0)
    assert at_positions(image, AFFINE, expected.shape) == pytest.approx(expected, abs=0.3)
    assert (case.echo_times_ms, case.field_strength_tesla, case.averaged_echoes) == ([10.0, 20.0], 3.0, 2)
    assert (row["subject"], row["session"]) == ("4711", "20260101")
    content = b"".join(path.read_bytes() for path in (tmp_path / "list").glob("*.*"))
    assert b"4711" not in content and b"Rossi" not in content


def test_a_series_that_is_no_grid_is_told(tmp_path, capsys):
    for name in ("whole", "torn"):
        write_series(tmp_path / "scan" / name, AFFINE, echoes(), TIMES_MS, name)
    (tmp_path / "scan" / "torn" / "002.dcm").unlink()
    assert make(tmp_path / "scan", tmp_path / "list", "--field", "3") == 0
    told = capsys.readouterr().err
    assert "7 DICOM files are passed over" in told and "torn" in told and told.count("\n") == 1


def test_pixels_that_are_cut_short_are_told_with_their_file(tmp_path, capsys):
    write_series(tmp_path / "scan", AFFINE, echoes(), TIMES_MS)
    file = tmp_path / "scan" / "003.dcm"
    file.write_bytes(file.read_bytes()[:-20])
    assert make(tmp_path / "scan", tmp_path / "list", "--field", "3") == 2
    told = capsys.readouterr().err
    assert str(file) in told and told.count("\n") == 1


def test_an_exam_is_read_without_its_drawings_and_as_it_is_measured(tmp_path):
    knob = (("left", "hand_knob"),)
    phantom = make_phantom(PhantomOptions(field_strength=7, slices=2, cropped=True, echoes=(3, 4), regions=knob))
    path = write_exam(tmp_path / "exam", phantom.exam(), phantom.echoes, phantom.echo_times_ms)
    description = json.loads(path.read_text())
    path.write_text(json.dumps(description | {"settings": {"depth_max_mm": 5.0}}))
    assert make(tmp_path / "exam", tmp_path / "list") == 0
    case, image, row = only_case(tmp_path / "list")
    assert image.volumes[0] == pytest.approx(np.asarray(read_exam(path).image.voxels))
    assert case.settings == {"depth_max_mm": 5.0} and row["subject"] == description["subject"]
    assert not [file for file in (tmp_path / "list").rglob("*") if file.suffix not in (".gz", ".tsv", ".json", "")]


def shift(dataset):
    moved = AFFINE.copy()
    moved[0, 3] += 2
    write_image(second_echo(dataset), [echoes()[1]], moved)


def below_zero(dataset):
    write_image(second_echo(dataset), [echoes()[1] - 500], AFFINE)


def sidecar(content):
    def change(dataset):
        path = second_echo(dataset).with_suffix("").with_suffix(".json")
        path.write_text(json.dumps({"EchoTime": 0.02} | content))

    return change


def rename(dataset):
    image = second_echo(dataset)
    image.rename(image.with_name(image.name.replace("echo-2", "echo-b")))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (shift, "another grid"),
        (below_zero, "is below 0"),
        (sidecar({"ImageType": ["ORIGINAL", "PHASE"]}), "is a phase image"),
        (sidecar({"MagneticFieldStrength": "7"}), "MagneticFieldStrength"),
        (sidecar({"EchoTime": 20}), "BIDS wants seconds"),
        (rename, "its echo is 'b'"),
    ],
)
def test_an_image_that_an_exam_could_not_have_is_refused_and_nothing_left(dataset, tmp_path, capsys, change, told):
    if change.__qualname__.startswith("sidecar") and "Magnetic" in told:
        (dataset / "MEGRE.json").unlink()
    change(dataset)
    assert make(dataset, tmp_path / "list") == 2
    message = capsys.readouterr().err
    assert told in message and str(dataset) in message and message.count("\n") == 1
    assert not (tmp_path / "list").exists()


def test_what_is_odd_about_an_image_is_told(dataset, tmp_path, capsys):
    sidecar({"EchoTime": 0.01})(dataset)
    assert make(dataset, tmp_path / "list") == 0
    assert "all 2 echo times are 10 ms" in capsys.readouterr().err


def test_a_list_without_its_key_does_not_stay(dataset, tmp_path, capsys):
    assert make(dataset, tmp_path / "list", "--key", str(tmp_path / "nowhere" / "key.tsv")) == 2
    assert "there is no folder" in capsys.readouterr().err and not (tmp_path / "list").exists()
    # Found out when it comes to be written: a name that no file system takes.
    (tmp_path / "list").mkdir()
    (tmp_path / "list" / "notes.txt").write_text("mine")
    assert make(dataset, tmp_path / "list", "--key", str(tmp_path / ("k" * 300 + ".tsv"))) == 2
    assert [path.name for path in (tmp_path / "list").iterdir()] == ["notes.txt"]


def test_a_list_may_be_the_folder_in_which_the_command_runs(dataset, tmp_path, capsys, monkeypatch):
    (tmp_path / "list").mkdir()
    monkeypatch.chdir(tmp_path / "list")
    assert make(dataset, ".") == 0 and (tmp_path / "list-key.tsv").is_file()
    assert main(["reading-list", "collect", ".", "-o", str(tmp_path / "out")]) == 2
    assert "none is finished yet" in capsys.readouterr().err


def test_the_list_itself_is_no_source(dataset, tmp_path):
    hospital = tmp_path / "hospital"
    hospital.mkdir()
    shutil.copy(second_echo(dataset), hospital / "one.nii.gz")
    assert make(hospital, hospital / "list", "--field", "7") == 0
    shutil.move(hospital / "list" / "reading-list.json", tmp_path / "away.json")
    (hospital / "list-key.tsv").unlink()
    assert make(hospital, hospital / "list", "--field", "7") == 0
    assert len(read_reading_list(hospital / "list").cases) == 1
