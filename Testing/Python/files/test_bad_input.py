"""Files that cannot be used: one line that names the file, what is wrong and what would be right; nothing else."""

import gzip
import json
import sys

import nibabel
import numpy as np
import pytest
from M1SHThkLib.files.exams import read_exam, write_exam
from M1SHThkLib.files.images import read_image, write_image
from M1SHThkLib.files.markups import read_curve, write_curve
from M1SHThkLib.files.segments import LabelFile, write_segmentation
from M1SHThkLib.measuring.exam import Exam, Region
from M1SHThkLib.measuring.image import Image
from M1SHThkLib.measuring.roi import Roi

AFFINE = np.diag([-0.5, -0.5, 2, 1])
SHAPE = (30, 32, 12)
BOX = np.argwhere(np.ones((4, 4, 2)))
RIGHT = np.array([1, 0, 0])


def voxels(dtype=np.float32):
    return (np.arange(np.prod(SHAPE)).reshape(SHAPE) % 97 + 100).astype(dtype)


@pytest.fixture
def exam_path(tmp_path):
    image = Image(voxels(), AFFINE)
    line = image.position_of(np.array([[8, 10, 5], [12, 12, 5], [16, 13, 5], [20, 11, 5.0]]))
    regions = (
        Region("left", "hand_knob", (line,), Roi(BOX + np.array([9, 14, 4]))),
        Region("right", "hand_knob", (line + RIGHT,), Roi(BOX + np.array([14, 15, 4]))),
    )
    exam = Exam("sub-01", image, Roi(BOX), regions, field_strength_tesla=3.0)
    return write_exam(tmp_path, exam, [voxels(), voxels()], (13.0, 18.6))


def change(path, edit):
    content = json.loads(path.read_text())
    edit(content)
    path.write_text(json.dumps(content))


@pytest.fixture
def fault_of(capfd):
    """The message with which a call fails, once it is sure that it is one line and the only one."""

    def fault_of(function, *arguments, name):
        with pytest.raises(ValueError) as raised:
            function(*arguments)
        message = str(raised.value)
        assert "\n" not in message
        assert message.split(": ")[0].endswith(name), message
        printed = capfd.readouterr()
        assert printed.out + printed.err == "" or "MetaImage: " in printed.err  # ITK's reader of .mha prints by itself
        return message

    return fault_of


def region(key, value):
    return lambda exam: exam["regions"][1].update({key: value})


EXAM_FAULTS = {
    "unknown schema": (lambda e: e.update(schema="m1shthk/exam-2"), "must be 'm1shthk/exam-1'"),
    "no schema": (lambda e: e.pop("schema"), "its schema is null; it must be 'm1shthk/exam-1'"),
    "unknown key": (lambda e: e.update(sesion="ses-1"), "unknown key 'sesion'; known are schema, subject"),
    "unknown key of image": (lambda e: e["image"].update(te=[1]), "image has the unknown key 'te'"),
    "unknown key of ROI": (lambda e: e["splenium"].update(lable=1), "splenium has the unknown key 'lable'"),
    "unknown key of region": (region("side", "left"), r"regions[1] has the unknown key 'side'"),
    "missing subject": (lambda e: e.pop("subject"), "the exam lacks 'subject'"),
    "missing image": (lambda e: e.pop("image"), "the exam lacks 'image'"),
    "missing path": (lambda e: e["image"].pop("path"), "image lacks 'path'"),
    "missing lines": (lambda e: e["regions"][0].pop("pial_lines"), "regions[0] lacks 'pial_lines'"),
    "missing field strength": (lambda e: e.pop("field_strength_tesla"), "lacks 'field_strength_tesla'"),
    "subject is a number": (lambda e: e.update(subject=1), "subject is 1; it must be text"),
    "subject is empty": (lambda e: e.update(subject=" "), 'subject is " "; it must be text'),
    "subject with a tab": (lambda e: e.update(subject="a\tb"), "must be text in one line"),
    "unknown group": (lambda e: e.update(group="sick"), 'group is "sick"; it must be patient or mimic or control'),
    "field strength is text": (lambda e: e.update(field_strength_tesla="3T"), "must be a positive number to 25 in T"),
    "field strength is negative": (lambda e: e.update(field_strength_tesla=-3), "field_strength_tesla is -3;"),
    "field strength in gauss": (lambda e: e.update(field_strength_tesla=30000), "field_strength_tesla is 30000;"),
    "field strength is true": (lambda e: e.update(field_strength_tesla=True), "field_strength_tesla is true;"),
    "field strength beyond all numbers": (lambda e: e.update(field_strength_tesla=10**400), "be a positive number to"),
    "echo time beyond all numbers": (lambda e: e["image"].update(echo_times_ms=[10**400]), "be a positive number in"),
    "label beyond all numbers": (region("white_matter", {"path": "a.nrrd", "label": 10**400}), "whole number from 1"),
    "image is text": (lambda e: e.update(image="t2star.nii.gz"), 'image is "t2star.nii.gz"; it must be an object'),
    "image path is a number": (lambda e: e["image"].update(path=3), "image.path[0] is 3; it must be text"),
    "no images": (lambda e: e["image"].update(path=[]), "image.path is []; it must be a list of one or more"),
    "image twice": (lambda e: e["image"].update(path=["t2star.nii.gz"] * 2), "names 't2star.nii.gz' twice"),
    "echo times are text": (
        lambda e: e["image"].update(echo_times_ms="13"),
        'echo_times_ms is "13"; it must be a list',
    ),
    "an echo time is text": (lambda e: e["image"].update(echo_times_ms=[13, "a"]), 'echo_times_ms[1] is "a";'),
    "too few echo times": (lambda e: e["image"].update(echo_times_ms=[13]), "1 echo times (13 ms) for 2 echoes"),
    "echo times in s": (lambda e: e["image"].update(echo_times_ms=[0.013, 0.0186]), "look like seconds"),
    "echo times swapped": (lambda e: e["image"].update(echo_times_ms=[18.6, 13]), "18.6, 13 ms do not increase"),
    "no echoes averaged": (lambda e: e["image"].update(averaged_echoes=0), "averaged_echoes is 0; it must be a whole"),
    "echoes without end": (lambda e: e["image"].update(averaged_echoes=10**400), "a whole number, 1 to 1000"),
    "unknown combination": (lambda e: e["image"].update(echo_combination="max"), "is 'max'; it must be mean, rss"),
    "combination is a list": (lambda e: e["image"].update(echo_combination=["mean"]), "it must be mean, rss"),
    "no region": (lambda e: e.update(regions=[]), "regions is []; it must be a list of 1 to 6 regions"),
    "eight regions": (lambda e: e.update(regions=e["regions"] * 4), "it must be a list of 1 to 6 regions"),
    "region twice": (lambda e: e.update(regions=e["regions"] * 2), "regions[2] is left hand_knob once more"),
    "unknown hemisphere": (region("hemisphere", "Left"), 'hemisphere is "Left"; it must be left or right'),
    "hemisphere is a list": (region("hemisphere", ["left"]), 'hemisphere is ["left"]; it must be left or right'),
    "unknown region": (region("region", "foot"), "it must be hand_knob or paracentral_lobule"),
    "lines are text": (region("pial_lines", "a.mrk.json"), "it must be a list of one or more paths"),
    "line twice": (region("pial_lines", ["a.mrk.json"] * 2), "regions[1].pial_lines names 'a.mrk.json' twice"),
    "segment and label": (lambda e: e["splenium"].update(label=1), "splenium must have either 'segment' or 'label'"),
    "no segment": (lambda e: e["splenium"].pop("segment"), "splenium must have either 'segment' or 'label'"),
    "segment is a number": (lambda e: e["splenium"].update(segment=1), "splenium.segment is 1; it must be text"),
    "label 0": (region("white_matter", {"path": "a.nrrd", "label": 0}), "it must be a whole number from 1"),
    "label is text": (region("white_matter", {"path": "a.nrrd", "label": "3"}), "must be a whole number from 1"),
    "settings are a list": (lambda e: e.update(settings=[1]), "settings is [1]; it must be an object"),
    "unknown setting": (lambda e: e.update(settings={"depth": 3}), "setting 'depth' is unknown; known are"),
    "illegal setting": (lambda e: e.update(settings={"depth_max_mm": 99}), "must be a number from 2.0 to 15.0 mm"),
    "dark map of R2*": (
        lambda e: (e["image"].update(echo_combination="r2star"), e.update(settings={"polarity": "dark"})),
        "leave it out or say 'bright'",
    ),
}


@pytest.mark.parametrize("case", EXAM_FAULTS)
def test_exam_file(exam_path, fault_of, case):
    edit, fault = EXAM_FAULTS[case]
    change(exam_path, edit)
    assert fault in fault_of(read_exam, exam_path, name="exam.json")


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b'{\n  "schema": "m1shthk/exam-1",\n  "subject" "sub-01"\n}', "line 3 is not valid JSON"),
        (b"", "line 1 is not valid JSON"),
        (b'{"schema": 1, "schema": 2}', "the key 'schema' stands twice"),
        (b'{\n"subject": "M\xfcller"}', "line 2 is not UTF-8"),
        (b"[]", "the exam is []; it must be an object"),
        (b"null", "the exam is null; it must be an object"),
    ],
)
def test_broken_json(exam_path, fault_of, content, fault):
    exam_path.write_bytes(content)
    assert fault in fault_of(read_exam, exam_path, name="exam.json")


def test_byte_order_mark_is_no_fault(exam_path):
    exam_path.write_bytes(b"\xef\xbb\xbf" + exam_path.read_bytes())
    assert read_exam(exam_path).subject == "sub-01"


def test_null_is_as_good_as_left_out(exam_path):
    change(exam_path, lambda e: e.update(session=None, observer=None, group=None, settings=None))
    change(exam_path, lambda e: e["image"].update(echo_combination=None, averaged_echoes=None))
    assert read_exam(exam_path).settings.depth_max_mm == 6


MISSING = ["t2star.nii.gz", "references.seg.nrrd", "left_hand_knob.mrk.json"]


class TestMissing:
    @pytest.mark.parametrize("name", [*MISSING, "exam.json"])
    def test_file(self, exam_path, fault_of, name):
        (exam_path.parent / name).unlink()
        assert "there is no such file; check" in fault_of(read_exam, exam_path, name=name)

    @pytest.mark.parametrize("name", MISSING)
    def test_folder_instead(self, exam_path, fault_of, name):
        (exam_path.parent / name).unlink()
        (exam_path.parent / name).mkdir()
        assert "is a folder" in fault_of(read_exam, exam_path, name=name)

    @pytest.mark.parametrize("name", ["a\0b", "x" * 300, "no/such/folder/a.nii.gz"])
    def test_impossible_path(self, exam_path, fault_of, name):
        assert "there is no such file" in fault_of(read_image, exam_path.parent / name, name=name)

    def test_data_of_an_analyze_header(self, tmp_path, fault_of):
        nibabel.save(nibabel.AnalyzeImage(voxels(np.int16), AFFINE), tmp_path / "old.img")
        (tmp_path / "old.img").unlink()
        assert "cannot be read as an image" in fault_of(read_image, tmp_path / "old.hdr", name="old.hdr")


class TestImage:
    @pytest.mark.parametrize("shape", [(8, 9), (4, 5, 6, 1, 2), (4, 5, 6, 2, 2)])
    def test_dimensions(self, tmp_path, fault_of, shape):
        nibabel.save(nibabel.Nifti1Image(np.zeros(shape, np.float32), AFFINE), tmp_path / "image.nii")
        fault = fault_of(read_image, tmp_path / "image.nii", name="image.nii")
        assert f"has {len(shape)} dimensions; a 3D image, or a 4D one" in fault

    def test_complex(self, tmp_path, fault_of):
        nibabel.save(nibabel.Nifti1Image(voxels(np.complex64), AFFINE), tmp_path / "image.nii")
        assert "complex numbers; export the magnitude" in fault_of(read_image, tmp_path / "image.nii", name="image.nii")

    def test_colours(self, tmp_path, fault_of):
        colours = np.zeros((4, 5, 6), [("R", "u1"), ("G", "u1"), ("B", "u1")])
        nibabel.save(nibabel.Nifti1Image(colours, AFFINE), tmp_path / "image.nii")
        assert "holds vectors or colours" in fault_of(read_image, tmp_path / "image.nii", name="image.nii")

    @pytest.mark.parametrize("suffix", [".nii", ".nii.gz", ".nrrd", ".mha", ".hdr"])
    @pytest.mark.parametrize("content", [b"", b"not an image\n" * 100, bytes(1000)])
    def test_something_else(self, tmp_path, fault_of, suffix, content):
        path = tmp_path / f"image{suffix}"
        path.write_bytes(content)
        assert "cannot be read as an image" in fault_of(read_image, path, name=path.name)

    @pytest.mark.parametrize("suffix", [".nii", ".nii.gz", ".nrrd", ".mha"])
    @pytest.mark.parametrize("part", [0.02, 0.5, 0.98])
    def test_cut_short(self, tmp_path, fault_of, suffix, part):
        path = tmp_path / f"image{suffix}"
        write_image(path, [np.random.default_rng(0).normal(size=SHAPE)], AFFINE)
        path.write_bytes(path.read_bytes()[: int(part * path.stat().st_size)])
        assert "cannot be read as an image" in fault_of(read_image, path, name=path.name)

    @pytest.mark.parametrize("number", [0, np.nan])
    def test_impossible_orientation(self, tmp_path, fault_of, number):
        image = nibabel.Nifti1Image(voxels(), AFFINE)
        image.set_sform(AFFINE, 1)
        image.set_qform(None, 0)
        nibabel.save(image, tmp_path / "image.nii")
        content = bytearray((tmp_path / "image.nii").read_bytes())
        content[280:296] = np.full(4, number, "<f4").tobytes()  # srow_x
        (tmp_path / "image.nii").write_bytes(content)
        fault = fault_of(read_image, tmp_path / "image.nii", name="image.nii")
        assert "cannot be inverted" in fault or "orthonormal" in fault

    @pytest.mark.parametrize("value", [1e60, -1e300])
    def test_intensities_beyond_all_computing(self, exam_path, fault_of, value):
        odd = voxels(np.float64)
        odd[1, 2, 3] = value
        nibabel.save(nibabel.Nifti1Image(odd, AFFINE), exam_path.parent / "odd.nii")
        change(exam_path, lambda e: e["image"].update(path="odd.nii", echo_times_ms=[13]))
        change(exam_path, lambda e: e.update(settings={"polarity": "bright"}))
        assert "holds intensities beyond 1e+50" in fault_of(read_exam, exam_path, name="odd.nii")

    def test_negative_size(self, tmp_path, fault_of):
        nibabel.save(nibabel.Nifti1Image(voxels(), AFFINE), tmp_path / "image.nii")
        content = bytearray((tmp_path / "image.nii").read_bytes())
        content[42:44] = (-1).to_bytes(2, "little", signed=True)
        (tmp_path / "image.nii").write_bytes(content)
        assert "cannot be read as an image" in fault_of(read_image, tmp_path / "image.nii", name="image.nii")


class TestEchoes:
    def list_of(self, exam_path, *images):
        names = []
        for number, (array, affine) in enumerate(images):
            names.append(f"echo-{number}.nii.gz")
            write_image(exam_path.parent / names[-1], array, affine)
        change(exam_path, lambda e: e["image"].update(path=names))

    def test_another_size(self, exam_path, fault_of):
        self.list_of(exam_path, ([voxels()], AFFINE), ([voxels()[1:]], AFFINE))
        assert "lies on another grid than" in fault_of(read_exam, exam_path, name="echo-1.nii.gz")

    @pytest.mark.parametrize("scale", [(1, 1, 1, 1), (1.02, 1, 1, 1)])
    def test_another_place(self, exam_path, fault_of, scale):
        moved = AFFINE @ np.diag(scale)
        moved[0, 3] = 0.3 * (scale[0] == 1)
        self.list_of(exam_path, ([voxels()], AFFINE), ([voxels()], moved))
        assert "lies on another grid than" in fault_of(read_exam, exam_path, name="echo-1.nii.gz")

    def test_many_volumes_in_a_list(self, exam_path, fault_of):
        self.list_of(exam_path, ([voxels()], AFFINE), ([voxels(), voxels()], AFFINE))
        assert "holds 2 volumes" in fault_of(read_exam, exam_path, name="echo-1.nii.gz")

    def test_missing_echo(self, exam_path, fault_of):
        change(exam_path, lambda e: e["image"].update(echo_combination="echo-3"))
        assert "only 2 echo" in fault_of(read_exam, exam_path, name="t2star.nii.gz")

    def test_r2star_of_one_echo(self, exam_path, fault_of):
        self.list_of(exam_path, ([voxels()], AFFINE))
        change(exam_path, lambda e: e["image"].update(echo_combination="r2star", echo_times_ms=[13]))
        assert "at least two echoes" in fault_of(read_exam, exam_path, name="echo-0.nii.gz")

    def test_r2star_without_times(self, exam_path, fault_of):
        change(exam_path, lambda e: e["image"].update(echo_combination="r2star"))
        change(exam_path, lambda e: e["image"].pop("echo_times_ms"))
        assert "R2* needs the echo times; give them" in fault_of(read_exam, exam_path, name="exam.json")

    @pytest.mark.parametrize(
        ("content", "fault"),
        [
            ('{"EchoTime": "13 ms"}', 'EchoTime is "13 ms"; it must be a positive number in s'),
            ('{"EchoTime": [13, 18.6]}', "beyond 1000 ms"),
            ('{"EchoTime": [0.0186, 0.013]}', "do not increase"),
            ('{"EchoTime": [0.013]}', "1 echo times (13 ms) for 2 echoes"),
            ('{"EchoTime": }', "line 1 is not valid JSON"),
            ("[]", "is no BIDS sidecar"),
        ],
    )
    def test_sidecar(self, exam_path, fault_of, content, fault):
        change(exam_path, lambda e: e["image"].pop("echo_times_ms"))
        (exam_path.parent / "t2star.json").write_text(content)
        assert fault in fault_of(read_exam, exam_path, name="t2star.json")

    def test_field_strength_of_a_sidecar(self, exam_path, fault_of):
        change(exam_path, lambda e: e.pop("field_strength_tesla"))
        (exam_path.parent / "t2star.json").write_text('{"MagneticFieldStrength": "3T"}')
        assert 'MagneticFieldStrength is "3T"' in fault_of(read_exam, exam_path, name="t2star.json")


def markup(**changes):
    return lambda content: content["markups"][0].update(changes)


def point(number, **changes):
    return lambda content: content["markups"][0]["controlPoints"][number].update(changes)


def only(count):
    def cut(content):
        del content["markups"][0]["controlPoints"][count:]

    return cut


CURVE_FAULTS = {
    "closed": (markup(type="ClosedCurve"), "type ClosedCurve; draw the pial line as an open curve"),
    "points": (markup(type="Fiducial"), "type Fiducial; draw the pial line as an open curve"),
    "no type": (lambda c: c["markups"][0].pop("type"), "open curve"),
    "two": (lambda c: c["markups"].append(c["markups"][0]), "holds 2 markups; save each curve in a file of its own"),
    "none": (lambda c: c["markups"].clear(), "holds 0 markups"),
    "no markups": (lambda c: c.pop("markups"), "is not a Slicer markups file"),
    "markups are text": (lambda c: c.update(markups="x"), "is not a Slicer markups file"),
    "a markup is text": (lambda c: c.update(markups=["x"]), "is not a Slicer markups file"),
    "unknown system": (markup(coordinateSystem="XYZ"), "coordinateSystem is XYZ; it must be LPS or RAS"),
    "unit": (markup(coordinateUnits="um"), "coordinateUnits are um; they must be mm"),
    "coded unit": (markup(coordinateUnits=["um", "UCUM"]), "they must be mm"),
    "no points": (lambda c: c["markups"][0].pop("controlPoints"), "has no list of controlPoints"),
    "one point": (only(1), "has only one control point; draw the pial line with at least two"),
    "nothing drawn": (only(0), "has only no control point; draw the pial line with at least two"),
    "one place": (
        lambda c: (only(2)(c), point(1, position=[-0.0, 1, 2])(c), point(0, position=[0, 1, 2])(c)),
        "only one",
    ),
    "not placed": (lambda c: (only(2)(c), point(1, positionStatus="undefined")(c)), "has only one control point"),
    "unknown status": (point(1, positionStatus="fuzzy"), "control point 2 has the positionStatus fuzzy"),
    "no position": (point(1, position=""), "control point 2 has the position ; it must be three numbers"),
    "two coordinates": (point(1, position=[1, 2]), "it must be three numbers"),
    "text coordinate": (point(1, position=[1, 2, "3"]), "it must be three numbers"),
    "NaN coordinate": (point(1, position=[1, 2, float("nan")]), "it must be three numbers"),
    "whole number beyond all others": (point(1, position=[1, 2, 10**400]), "beyond any scanner"),
    "out of this world": (point(1, position=[1e300, 2, 3]), "control point 2 is at [1e+300, 2, 3], beyond any scanner"),
    "endless type": (markup(type="x" * 5000), f"of type {'x' * 80}; draw the pial line"),
    "point is text": (lambda c: c["markups"][0]["controlPoints"].append("x"), "control point 4"),
}


class TestCurve:
    @pytest.mark.parametrize("case", CURVE_FAULTS)
    def test_fault(self, tmp_path, fault_of, case):
        edit, fault = CURVE_FAULTS[case]
        path = tmp_path / "line.mrk.json"
        write_curve(path, [[0, 1, 2], [3, 4, 5], [6, 7, 8]])
        change(path, edit)
        assert fault in fault_of(read_curve, path, name="line.mrk.json")

    @pytest.mark.parametrize("content", ["[]", "3", '"text"', "null"])
    def test_not_an_object(self, tmp_path, fault_of, content):
        (tmp_path / "line.mrk.json").write_text(content)
        assert "is not a Slicer markups file" in fault_of(read_curve, tmp_path / "line.mrk.json", name="line.mrk.json")

    def test_old_list_of_points(self, tmp_path, fault_of):
        (tmp_path / "line.fcsv").write_text("# Markups fiducial file version = 4.11\n")
        assert "save it as .mrk.json" in fault_of(read_curve, tmp_path / "line.fcsv", name="line.fcsv")

    def test_broken(self, exam_path, fault_of):
        (exam_path.parent / "left_hand_knob.mrk.json").write_text('{\n"markups": [}')
        fault = fault_of(read_exam, exam_path, name="left_hand_knob.mrk.json")
        assert "line 2 is not valid JSON" in fault

    @pytest.mark.parametrize("far", [70, 5000])
    def test_a_point_that_lies_far_off_the_image(self, exam_path, fault_of, far):
        change(exam_path.parent / "right_hand_knob.mrk.json", point(2, position=[far, 0, 0]))  # LPS
        fault = fault_of(read_exam, exam_path, name="right_hand_knob.mrk.json")
        assert "control point 3 of the right hand knob lies" in fault and "place it on this image" in fault


class TestRoi:
    def test_unknown_segment(self, exam_path, fault_of):
        change(exam_path, lambda e: e["splenium"].update(segment="splenium"))
        fault = fault_of(read_exam, exam_path, name="references.seg.nrrd")
        assert "no segment 'splenium'; it has 'Splenium', 'White matter left hand knob', 'White" in fault

    def test_two_of_one_name(self, exam_path, fault_of):
        path = exam_path.parent / "references.seg.nrrd"
        content = path.read_bytes()
        path.write_bytes(content.replace(b"Name:=White matter left hand knob", b"Name:=Splenium"))
        fault = fault_of(read_exam, exam_path, name="references.seg.nrrd")
        assert "2 segments are called 'Splenium'; give the ID of one: Segment_1, Segment_2" in fault
        change(exam_path, lambda e: e["splenium"].update(segment="Segment_1"))
        change(exam_path, lambda e: e["regions"][0]["white_matter"].update(segment="Segment_2"))
        assert len(read_exam(exam_path).splenium.indices) == len(BOX)

    def test_empty_segment(self, exam_path, fault_of):
        path = exam_path.parent / "references.seg.nrrd"
        header, packed = path.read_bytes().split(b"\n\n", 1)
        path.write_bytes(header + b"\n\n" + gzip.compress(bytes(len(gzip.decompress(packed)))))
        fault = fault_of(read_exam, exam_path, name="references.seg.nrrd")
        assert "segment 'Splenium': is empty; draw it" in fault

    def test_empty_segment_is_not_written(self, tmp_path, fault_of):
        path = tmp_path / "roi.seg.nrrd"
        nothing = {"Splenium": np.zeros((0, 3), int)}
        assert "'Splenium' is empty" in fault_of(write_segmentation, path, nothing, SHAPE, AFFINE, name="roi.seg.nrrd")
        assert not path.exists()

    def test_elsewhere(self, exam_path, fault_of):
        far = AFFINE.copy()
        far[:3, 3] = 500
        write_segmentation(exam_path.parent / "references.seg.nrrd", {"Splenium": BOX}, SHAPE, far)
        fault = fault_of(read_exam, exam_path, name="references.seg.nrrd")
        assert "segment 'Splenium': covers no voxel of" in fault
        assert "t2star.nii.gz" in fault

    def test_no_segments(self, exam_path, fault_of):
        write_image(exam_path.parent / "labels.nrrd", [voxels(np.uint8)], AFFINE)
        change(exam_path, lambda e: e["splenium"].update(path="labels.nrrd"))
        assert "holds no segments; give a label" in fault_of(read_exam, exam_path, name="labels.nrrd")

    def test_unknown_label(self, exam_path, fault_of):
        labels = np.zeros(SHAPE, np.uint8)
        labels[1:3], labels[3:5] = 2, 7
        write_image(exam_path.parent / "labels.nrrd", [labels], AFFINE)
        change(exam_path, lambda e: e.update(splenium={"path": "labels.nrrd", "label": 3}))
        assert "no voxel has the label 3; there are 2, 7" in fault_of(read_exam, exam_path, name="labels.nrrd")

    @pytest.mark.parametrize(("array", "there"), [(np.zeros(SHAPE), "none but 0"), (voxels(), "100, 101, 102")])
    def test_labels_that_are_none(self, tmp_path, fault_of, array, there):
        write_image(tmp_path / "labels.nrrd", [array], AFFINE)
        assert f"there are {there}" in fault_of(LabelFile(tmp_path / "labels.nrrd").label, 3, name="labels.nrrd")

    def test_label_of_overlapping_segments(self, exam_path, fault_of):
        segments = {"one": BOX, "other": BOX + 1}
        path = exam_path.parent / "both.seg.nrrd"
        write_segmentation(path, segments, SHAPE, AFFINE)
        assert "has several layers" in fault_of(LabelFile(path).label, 1, name="both.seg.nrrd")

    def test_segmentation_of_slicer_4(self, tmp_path, fault_of):
        path = tmp_path / "old.seg.nrrd"
        write_segmentation(path, {"one": BOX}, SHAPE, AFFINE)
        path.write_bytes(
            path.read_bytes().replace(b"Segmentation_Master", b"Segmentation_Extent:=0 1\nSegmentation_Master")
        )
        assert "Slicer 4; open it in Slicer 5" in fault_of(LabelFile, path, name="old.seg.nrrd")

    @pytest.mark.parametrize(
        ("old", "new", "fault"),
        [
            (b"LabelValue:=1", b"LabelValue:=x", "label value 'x'"),
            (b"Layer:=0", b"Layer:=9", "lacks the voxels of segment"),
        ],
    )
    def test_damaged_header(self, tmp_path, fault_of, old, new, fault):
        path = tmp_path / "roi.seg.nrrd"
        write_segmentation(path, {"one": BOX}, SHAPE, AFFINE)
        path.write_bytes(path.read_bytes().replace(old, new))
        assert fault in fault_of(lambda: LabelFile(path).segment("one"), name="roi.seg.nrrd")


def test_without_simpleitk(exam_path, fault_of, monkeypatch, tmp_path):
    """As in the Slicer that lacks it: only what neither Slicer nor this program writes needs it."""
    write_image(tmp_path / "image.gipl", [voxels()], AFFINE)
    monkeypatch.setitem(sys.modules, "SimpleITK", None)
    assert read_exam(exam_path).warnings == ()
    fault = fault_of(read_image, tmp_path / "image.gipl", name="image.gipl")
    assert "install it with: python3 -m pip install SimpleITK" in fault


def test_nothing_is_written_by_reading(exam_path):
    before = {file: file.read_bytes() for file in exam_path.parent.iterdir()}
    read_exam(exam_path)
    change(exam_path, lambda e: e.update(group="sick"))
    with pytest.raises(ValueError):
        read_exam(exam_path)
    before[exam_path] = exam_path.read_bytes()
    assert {file: file.read_bytes() for file in exam_path.parent.iterdir()} == before
