"""BIDS sidecars: what nothing is needed of stops nothing; what is wrong is told in the sidecar's own unit; phase, real
and imaginary images among the echoes are refused by name."""

import json

import nibabel
import numpy as np
import pytest
from M1SHThkLib.files.exams import read_exam, write_exam
from M1SHThkLib.measuring.exam import Exam, Region
from M1SHThkLib.measuring.image import Image
from M1SHThkLib.measuring.roi import Roi

AFFINE = np.diag([-0.5, -0.5, 2, 1])
SHAPE = (30, 32, 12)
BOX = np.argwhere(np.ones((4, 4, 2)))
MAGNITUDE = (np.arange(np.prod(SHAPE)).reshape(SHAPE) % 97 + 100).astype(np.int16)
PHASE = (np.arange(np.prod(SHAPE)).reshape(SHAPE) * 37 % 4095).astype(np.int16)


@pytest.fixture
def exam_path(tmp_path):
    image = Image(MAGNITUDE, AFFINE)
    line = image.position_of(np.array([[8, 10, 5], [12, 12, 5], [16, 13, 5], [20, 11, 5.0]]))
    region = Region("left", "hand_knob", (line,), Roi(BOX + np.array([9, 14, 4])))
    return write_exam(tmp_path, Exam("sub-01", image, Roi(BOX), (region,), field_strength_tesla=3.0))


def change(path, edit):
    content = json.loads(path.read_text())
    edit(content)
    path.write_text(json.dumps(content))


def with_images(exam_path, images, **further):
    """The exam with these images, by name: voxels and sidecar."""
    for name, (voxels, sidecar) in images.items():
        nibabel.save(nibabel.Nifti1Image(voxels, AFFINE), exam_path.parent / name)
        if sidecar is not None:
            stem = name.removesuffix(".gz").rpartition(".")[0]
            (exam_path.parent / f"{stem}.json").write_text(json.dumps(sidecar))
    change(exam_path, lambda exam: exam["image"].update(path=list(images), **further))


def fault_of(path):
    with pytest.raises(ValueError) as raised:
        read_exam(path)
    assert "\n" not in str(raised.value)
    return str(raised.value)


BROKEN = {
    "Latin-1": b'{"InstitutionName": "M\xfcnchen"}',
    "a comma too many": b'{"FrameDuration": [1200,]}',
    "a key twice": b'{"a": 1, "a": 2}',
    "a list": b"[]",
    "nothing": b"",
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_sidecar_of_which_nothing_is_needed_is_a_warning(exam_path, case):
    change(exam_path, lambda exam: exam["image"].update(echo_times_ms=[13.0]))
    (exam_path.parent / "t2star.json").write_bytes(BROKEN[case])
    exam = read_exam(exam_path)
    (warning,) = exam.warnings
    assert warning.startswith(f"{exam_path.parent / 't2star.json'}: ") and warning.endswith("Nothing of it is needed.")


@pytest.mark.parametrize("case", BROKEN)
@pytest.mark.parametrize("needed", ["echo times", "field strength"])
def test_a_sidecar_of_which_something_is_needed_is_refused(exam_path, case, needed):
    if needed == "field strength":
        change(exam_path, lambda exam: exam["image"].update(echo_times_ms=[13.0]))
        change(exam_path, lambda exam: exam.pop("field_strength_tesla"))
    (exam_path.parent / "t2star.json").write_bytes(BROKEN[case])
    assert fault_of(exam_path).startswith(f"{exam_path.parent / 't2star.json'}: ")


def test_another_sidecar_may_give_the_field_strength(exam_path):
    images = {"a.nii": (MAGNITUDE, None), "b.nii": (MAGNITUDE, {"MagneticFieldStrength": 7})}
    with_images(exam_path, images, echo_times_ms=[13.0, 18.6])
    change(exam_path, lambda exam: exam.pop("field_strength_tesla"))
    (exam_path.parent / "a.json").write_text("{")
    exam = read_exam(exam_path)
    assert exam.field_strength_tesla == 7
    assert "a.json" in exam.warnings[0]


UNITS = {
    "ms": (18.6, "EchoTime is 18.6, beyond 1000 ms: BIDS wants seconds; is it 0.0186?"),
    "us": (18600, "EchoTime is 18600, beyond 1000 ms: BIDS wants seconds"),
    "too short": (0.0000186, "EchoTime is 1.86e-05, below 0.5 ms: BIDS wants seconds"),
}


@pytest.mark.parametrize("unit", UNITS)
def test_echo_times_in_another_unit_are_told_in_the_sidecar_s_own(exam_path, unit):
    time, told = UNITS[unit]
    with_images(exam_path, {"a.nii": (MAGNITUDE, {"EchoTime": time})})
    assert told in fault_of(exam_path)
    assert "in ms" not in fault_of(exam_path)


PARTS = {
    "ImageType": (
        "swi_2.nii.gz",
        {"ImageType": ["ORIGINAL", "PRIMARY", "P", "ND", "PHASE"]},
        "is a phase image (Image",
    ),
    "real": ("swi_2.nii.gz", {"ImageType": ["ORIGINAL", "PRIMARY", "R"]}, "is a real image (ImageType in swi_2.json)"),
    "imaginary": ("swi_2.nii.gz", {"ImageType": "ORIGINAL\\PRIMARY\\I"}, "is an imaginary image (ImageType in swi"),
    "name": ("swi_ph.nii.gz", {}, "is a phase image (by its name; if it is none, rename it)"),
    "BIDS name": ("sub-01_part-imag_T2starw.nii", None, "is an imaginary image (by its name"),
}


@pytest.mark.parametrize("case", PARTS)
@pytest.mark.parametrize("alone", [True, False])
def test_phase_real_and_imaginary_images_are_refused(exam_path, case, alone):
    name, sidecar, told = PARTS[case]
    magnitude = {} if alone else {"swi.nii.gz": (MAGNITUDE, {"ImageType": ["ORIGINAL", "PRIMARY", "M", "ND"]})}
    with_images(exam_path, {**magnitude, name: (PHASE, sidecar)})
    fault = fault_of(exam_path)
    assert fault.startswith(f"{exam_path.parent / name}: {told}") and fault.endswith("give the magnitude images")


def test_the_sidecar_knows_better_than_the_name(exam_path):
    with_images(exam_path, {"real_T2.nii": (MAGNITUDE, {"ImageType": ["ORIGINAL", "PRIMARY", "M"]})})
    assert read_exam(exam_path).image.voxels.max() == MAGNITUDE.max()


def test_values_tell_where_nothing_else_does(exam_path):
    with_images(exam_path, {"a.nii": (MAGNITUDE, None), "b.nii": (PHASE - 2047, None)}, echo_times_ms=[13.0, 18.6])
    assert "b.nii: much of it is below 0, as in phase, real and imaginary images" in fault_of(exam_path)
    both = np.stack([MAGNITUDE, PHASE - 2047], axis=-1)
    with_images(exam_path, {"both.nii": (both, None)})
    assert "both.nii: volume 2 is below 0" in fault_of(exam_path)


def test_maps_that_are_bright_in_iron_may_be_signed(exam_path):
    with_images(exam_path, {"sub-01_Chimap.nii": (PHASE - 2047, None)}, echo_times_ms=[13.0])
    assert "set 'polarity' to 'bright'" in fault_of(exam_path)
    change(exam_path, lambda exam: exam.update(settings={"polarity": "bright"}))
    assert read_exam(exam_path).image.voxels.min() < 0
