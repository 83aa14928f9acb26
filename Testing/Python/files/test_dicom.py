"""What `measure --dicom` writes is read back by dcmqi, on which Slicer's plug-in for TID 1500 rests, and highdicom."""

import csv
import json
import shutil
import subprocess
import sys
import sysconfig

import highdicom
import nibabel
import numpy as np
import pydicom
import pytest
from M1SHThkLib.__main__ import main
from M1SHThkLib.digital_exam.phantom import PhantomOptions, make_phantom
from M1SHThkLib.files import nrrd
from M1SHThkLib.files.exams import read_exam, write_exam
from M1SHThkLib.files.nrrd import read_nrrd
from M1SHThkLib.measuring import codes
from M1SHThkLib.measuring.flags import FLAGS
from M1SHThkLib.measuring.layer_voxels import layer_voxels
from M1SHThkLib.measuring.measurement import measure_exam
from mr_series import write_series

REGIONS = (("left", "hand_knob"), ("right", "paracentral_lobule"))


@pytest.fixture(scope="module")
def phantom():
    return make_phantom(PhantomOptions(field_strength=7, slices=4, cropped=True, echoes=(3, 4), regions=REGIONS))


@pytest.fixture(scope="module")
def exam(phantom, tmp_path_factory):
    path = write_exam(
        tmp_path_factory.mktemp("exam"), phantom.exam(), phantom.echoes, phantom.echo_times_ms, compact=True
    )
    description = json.loads(path.read_text())
    path.write_text(json.dumps(description | {"observer": "R^1"}))
    return path


def echoes_of(phantom):
    return list(np.moveaxis(np.asarray(phantom.echoes), -1, 0))


@pytest.fixture(scope="module", params=["classic", "enhanced"])
def written(request, phantom, exam, tmp_path_factory):
    """The folder of results of an exam with its DICOM series."""
    folder = tmp_path_factory.mktemp(request.param)
    affine, enhanced = phantom.exam().image.affine, request.param == "enhanced"
    write_series(folder / "series", affine, echoes_of(phantom), phantom.echo_times_ms, enhanced=enhanced)
    (folder / "series" / "notes.txt").write_text("no DICOM")
    assert main(["measure", str(exam), "-o", str(folder / "out"), "--dicom", str(folder / "series")]) == 0
    return folder / "out"


def the_file(folder, kind):
    (path,) = (folder / "dicom").glob(f"*_{kind}.dcm")
    return path


def rows_of(folder):
    with open(folder / "measurements.tsv", newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def dcmqi(tool, **options):
    program = shutil.which(tool, path=sysconfig.get_path("scripts"))
    if program is None:
        pytest.skip("dcmqi is not built for this machine")
    arguments = [text for name, value in options.items() for text in (f"--{name}", str(value))]
    subprocess.run([program, *arguments], check=True, capture_output=True)


def table_of(report, path):
    """Tracking identifier -> (quantity, unit, limit) -> value: the table that Slicer's plug-in makes of the JSON."""
    dcmqi("tid1500reader", inputDICOM=report, outputMetadata=path)
    groups = json.loads(path.read_text())["Measurements"]
    return {
        group["TrackingIdentifier"]: {
            (
                item["quantity"]["CodeMeaning"],
                item["units"]["CodeValue"],
                item.get("derivationModifier", {}).get("CodeValue"),
            ): float(item["value"])
            for item in group["measurementItems"]
        }
        for group in groups
    }


def test_dcmqi_reads_every_value_and_both_limits_of_every_region(written, tmp_path):
    table = table_of(the_file(written, "sr"), tmp_path / "sr.json")
    names = {"sh": ("Signal hypointensity", "1"), "thk_mm": ("Thickness", "mm"), "sh_thk_per_mm": ("SH/Thk", "/mm")}
    rows = rows_of(written)
    assert sorted(table) == sorted(f"M1SHThk {r['hemisphere']} {r['region'].replace('_', ' ')}" for r in rows)
    for row in rows:
        found = table[f"M1SHThk {row['hemisphere']} {row['region'].replace('_', ' ')}"]
        for column, (quantity, unit) in names.items():
            for limit, end in ((None, ""), ("CI95LOW", "_ci_low"), ("CI95HIGH", "_ci_high")):
                assert found[quantity, unit, limit] == pytest.approx(float(row[column + end]), rel=1e-9)


def test_report_says_what_where_how_and_who(written, tmp_path):
    dcmqi("tid1500reader", inputDICOM=the_file(written, "sr"), outputMetadata=tmp_path / "sr.json")
    report = json.loads((tmp_path / "sr.json").read_text())
    knob, lobule = report["Measurements"]
    assert (knob["FindingSite"]["CodeValue"], knob["Laterality"]["CodeValue"]) == ("61894", "7771000")
    assert (lobule["FindingSite"]["CodeValue"], lobule["Laterality"]["CodeValue"]) == ("0035933", "24028007")
    assert knob["measurementMethod"]["CodeValue"] == "DONATELLI2018"
    assert knob["measurementAlgorithmIdentification"]["AlgorithmName"] == "M1SHThk"
    assert report["observerContext"]["ObserverType"] == "PERSON"
    assert report["observerContext"]["PersonObserverName"] == "R 1^"
    read = highdicom.sr.srread(the_file(written, "sr"))
    for group, row in zip(read.content.get_volumetric_roi_measurement_groups(), rows_of(written), strict=True):
        told = {e.value.meaning for e in group.get_qualitative_evaluations(codes_flag())}
        assert told == {flag.replace("_", " ") for flag in row["flags"].split(",") if flag != "n/a"}
        quantity = highdicom.sr.CodedConcept(*codes.QUANTITY)
        assert [e.value.value for e in group.get_qualitative_evaluations(quantity)] == ["110806"]


def codes_flag():
    return highdicom.sr.CodedConcept(*codes.FLAG)


def test_every_flag_has_a_code_of_its_own_that_dicom_takes():
    found = [codes.flag_code(flag) for flag in FLAGS]
    assert len({value for value, _, _ in found}) == len(FLAGS)
    assert all(len(value) <= 16 and len(meaning) <= 64 for value, _, meaning in found)


def test_segments_lie_where_they_were_drawn_and_measured(written, exam, tmp_path):
    dcmqi("segimage2itkimage", inputDICOM=the_file(written, "seg"), outputDirectory=tmp_path, outputType="nrrd")
    told = json.loads((tmp_path / "meta.json").read_text())["segmentAttributes"]
    labels = [segment["SegmentLabel"] for (segment,) in told]
    kinds = [segment["SegmentedPropertyTypeCodeSequence"]["CodeValue"] for (segment,) in told]
    assert kinds == ["23347006", "389080008", "DEEPLAYERS", "389080008", "DEEPLAYERS"]
    sides = [segment.get("AnatomicRegionModifierSequence", {}).get("CodeMeaning") for (segment,) in told]
    assert sides == [None, "Left", "Left", "Right", "Right"]
    read = read_exam(exam)
    measured = measure_exam(read)
    expected = {"Splenium": read.splenium}
    for region, m in zip(read.regions, measured, strict=True):
        expected[f"White matter {region.name}"] = region.white_matter
        expected[f"Measured layer {region.name}"] = layer_voxels(read.image, m)
    assert sorted(labels) == sorted(expected)
    for number, label in enumerate(labels, 1):
        file = read_nrrd(tmp_path / f"{number}.nrrd")
        indices = np.argwhere(file.volumes[0])
        found = indices @ file.affine[:3, :3].T + file.affine[:3, 3]
        wanted = expected[label].positions(read.image)
        order = [np.lexsort(np.round(points, 2).T) for points in (found, wanted)]
        assert found[order[0]] == pytest.approx(wanted[order[1]], abs=1e-3), label


def test_layer_covers_thickness_times_length(exam):
    read = read_exam(exam)
    for m in measure_exam(read):
        layer = layer_voxels(read.image, m)
        assert layer.in_plane_area(read.image) == pytest.approx(m.thk_mm * m.line_length_mm, rel=0.08)
        assert len(np.unique(layer.indices[:, 2])) == 1


def test_pial_lines_come_back_with_every_point(written, exam):
    read = highdicom.sr.srread(the_file(written, "lines"))
    groups = read.content.get_planar_roi_measurement_groups()
    exam = read_exam(exam)
    assert len(groups) == len(exam.regions)
    for group, region in zip(groups, exam.regions, strict=True):
        (line,) = region.pial_lines
        (item,) = [item for item in group[0].ContentSequence if item.ValueType == "SCOORD"]
        points = np.reshape(item.GraphicData, (-1, 2))
        assert item.GraphicType == "POLYLINE" and len(points) == len(line)
        steps = np.linalg.norm(np.diff(points, axis=0), axis=1) * exam.image.spacing[0]
        flat = line[:, :2]
        assert steps == pytest.approx(np.linalg.norm(np.diff(flat, axis=0), axis=1), abs=0.01)


def test_objects_carry_the_identity_of_their_series_and_say_so(written, capsys, exam):
    for kind in ("seg", "sr", "lines"):
        dataset = pydicom.dcmread(the_file(written, kind))
        assert (dataset.PatientName, dataset.PatientID) == ("Phantom^One", "4711")
    assert not any(b"Phantom^One" in path.read_bytes() for path in written.glob("*.tsv"))
    main(["measure", str(exam), "-o", str(written), "--dicom", str(written.parent / "series"), "--resume"])
    assert "carry the patient's identity" in capsys.readouterr().out


def test_names_come_through_in_any_script(phantom, exam, tmp_path):
    plain = exam.parent / "named.json"
    plain.write_text(json.dumps(json.loads(exam.read_text()) | {"observer": "山田 太郎"}))
    affine = phantom.exam().image.affine
    write_series(tmp_path / "series", affine, echoes_of(phantom), phantom.echo_times_ms, "Müller^Jörg")
    assert main(["measure", str(plain), "-o", str(tmp_path), "--dicom", str(tmp_path / "series")]) == 0
    seg, sr, lines = (pydicom.dcmread(the_file(tmp_path, kind)) for kind in ("seg", "sr", "lines"))
    assert {str(dataset.PatientName) for dataset in (seg, sr, lines)} == {"Müller^Jörg"}
    names = [seg.ContentCreatorName]
    names += [item.PersonName for own in (sr, lines) for item in own.ContentSequence if item.ValueType == "PNAME"]
    assert list(map(str, names)) == ["山田 太郎^"] * 3


def test_every_list_of_series_says_research_use_only(written):
    for kind in ("seg", "sr", "lines"):
        assert pydicom.dcmread(the_file(written, kind)).SeriesDescription.endswith(", research use only")


def test_nothing_of_the_kind_is_written_unasked(exam, tmp_path):
    assert main(["measure", str(exam), "-o", str(tmp_path / "out")]) == 0
    assert not list(tmp_path.rglob("*.dcm"))


def test_resume_writes_what_is_missing(written, exam):
    arguments = ["measure", str(exam), "-o", str(written), "--dicom", str(written.parent / "series"), "--resume"]
    report = the_file(written, "sr")
    before = report.read_bytes()
    assert main(arguments) == 0 and report.read_bytes() == before
    report.unlink()
    assert main(arguments) == 0 and report.exists()


def refused(exam, series, out, capsys):
    """What is told; the exam is measured all the same."""
    assert main(["measure", str(exam), "-o", str(out), "--dicom", str(series)]) == 1
    assert len(rows_of(out)) == len(REGIONS) and not list(out.rglob("*.dcm"))
    return capsys.readouterr().err


def test_another_patients_series_on_the_same_grid_is_refused(phantom, exam, tmp_path, capsys):
    affine, rng = phantom.exam().image.affine, np.random.default_rng(0)
    others = [echo[:, ::-1] * 0.7 + rng.normal(0, 0.1 * echo.std(), echo.shape) for echo in echoes_of(phantom)]
    write_series(tmp_path / "series", affine, others, phantom.echo_times_ms, "Somebody^Else")
    assert "shows another picture" in refused(exam, tmp_path / "series", tmp_path / "out", capsys)


def test_a_series_on_another_grid_is_refused(phantom, exam, tmp_path, capsys):
    affine = phantom.exam().image.affine.copy()
    affine[0, 3] += 0.2
    write_series(tmp_path / "series", affine, echoes_of(phantom), phantom.echo_times_ms)
    told = refused(exam, tmp_path / "series", tmp_path / "out", capsys)
    assert "none lies on the grid" in told and "t2star.nii.gz" in told


def test_two_patients_with_one_picture_are_not_chosen_between(phantom, exam, tmp_path, capsys):
    affine = phantom.exam().image.affine
    for name in ("one", "other"):
        write_series(tmp_path / "series" / name, affine, echoes_of(phantom), phantom.echo_times_ms, name)
    assert "2 studies show this image" in refused(exam, tmp_path / "series", tmp_path / "out", capsys)


def test_the_exams_own_series_is_found_among_others(phantom, exam, tmp_path):
    affine, rng = phantom.exam().image.affine, np.random.default_rng(0)
    noise = [rng.normal(100, 10, echo.shape) for echo in echoes_of(phantom)]
    write_series(tmp_path / "series" / "a", affine, noise, phantom.echo_times_ms, "Somebody^Else")
    write_series(tmp_path / "series" / "b", affine, echoes_of(phantom), phantom.echo_times_ms, "Right^One")
    assert main(["measure", str(exam), "-o", str(tmp_path), "--dicom", str(tmp_path / "series")]) == 0
    assert pydicom.dcmread(the_file(tmp_path, "sr")).PatientName == "Right^One"


def test_a_region_without_thickness_refers_to_its_white_matter(phantom, exam, tmp_path):
    flat = exam.parent / "flat.nii.gz"
    rng = np.random.default_rng(0)
    voxels = 1000 + rng.normal(0, 20, phantom.exam().image.voxels.shape)
    nibabel.save(nibabel.Nifti1Image(voxels.astype(np.float32), phantom.exam().image.affine), flat)
    description = json.loads(exam.read_text())
    description["image"] = {"path": flat.name}
    plain = exam.parent / "flat.json"
    plain.write_text(json.dumps(description))
    write_series(tmp_path / "series", phantom.exam().image.affine, [voxels], [20.0])
    assert main(["measure", str(plain), "-o", str(tmp_path), "--dicom", str(tmp_path / "series")]) == 0
    assert all(row["thk_mm"] == "n/a" for row in rows_of(tmp_path))
    table = table_of(the_file(tmp_path, "sr"), tmp_path / "sr.json")
    assert len(table) == len(REGIONS)
    assert not any("Thickness" in key for found in table.values() for key in found)
    groups = json.loads((tmp_path / "sr.json").read_text())["Measurements"]
    assert [group["ReferencedSegment"] for group in groups] == [2, 3]


def test_no_value_comes_under_anothers_heading(phantom, exam, tmp_path):
    """Slicer's plug-in fills a report's table by place, under the headings of the first group."""
    image, (first, second) = phantom.exam().image, phantom.exam().regions
    levels = [round(image.index_of(region.pial_lines[0])[0, 2]) for region in (first, second)]
    voxels = image.voxels.copy()
    flat = voxels[:, :, levels[0]].shape
    voxels[:, :, levels[0]] = voxels.mean() + np.random.default_rng(0).normal(0, 0.02 * voxels.mean(), flat)
    nibabel.save(nibabel.Nifti1Image(voxels.astype(np.float32), image.affine), exam.parent / "half.nii.gz")
    plain = exam.parent / "half.json"
    plain.write_text(json.dumps(json.loads(exam.read_text()) | {"image": {"path": "half.nii.gz"}}))
    write_series(tmp_path / "series", image.affine, [voxels], [20.0])
    assert main(["measure", str(plain), "-o", str(tmp_path), "--dicom", str(tmp_path / "series")]) == 0
    assert [row["thk_mm"] == "n/a" for row in rows_of(tmp_path)] == [True, False] and levels[0] != levels[1]
    found = []
    for report in sorted((tmp_path / "dicom").glob("*_sr*.dcm")):
        table = table_of(report, tmp_path / "sr.json")
        assert len({tuple(values) for values in table.values()}) == 1
        found += table
    assert found == ["M1SHThk left hand knob", "M1SHThk right paracentral lobule"]  # sr-2 is read before sr
    write_series(tmp_path / "whole", image.affine, echoes_of(phantom), phantom.echo_times_ms)
    assert main(["measure", str(exam), "-o", str(tmp_path), "--dicom", str(tmp_path / "whole")]) == 0
    assert len(list((tmp_path / "dicom").glob("*_sr*.dcm"))) == 1


def test_a_series_whose_names_were_taken_out_is_written_without(phantom, exam, tmp_path):
    write_series(tmp_path / "series", phantom.exam().image.affine, echoes_of(phantom), phantom.echo_times_ms)
    for path in (tmp_path / "series").iterdir():
        dataset = pydicom.dcmread(path)
        for keyword in ("PatientName", "PatientID", "PatientBirthDate", "PatientSex", "AccessionNumber", "StudyDate"):
            delattr(dataset, keyword)
        dataset.save_as(path)
    assert main(["measure", str(exam), "-o", str(tmp_path), "--dicom", str(tmp_path / "series")]) == 0
    assert {str(pydicom.dcmread(path).PatientName) for path in tmp_path.rglob("dicom/*.dcm")} == {""}


def test_segments_of_an_exam_file_have_the_same_codes(exam):
    fields = nrrd.read_nrrd(exam.parent / "references.seg.nrrd").fields
    tags = {fields[f"Segment{n}_Name"]: fields[f"Segment{n}_Tags"] for n in range(3)}
    assert "SCT^23347006^Splenium of corpus callosum" in tags["Splenium"]
    knob = tags["White matter left hand knob"]
    assert "SCT^389080008^White matter" in knob and knob.endswith("~FMA^61894^Precentral gyrus~SCT^7771000^Left|")


@pytest.mark.parametrize("package", ["pydicom", "highdicom"])
def test_without_the_library_the_remedy_is_told(package, phantom, exam, tmp_path, capsys, monkeypatch):
    write_series(tmp_path / "series", phantom.exam().image.affine, echoes_of(phantom), phantom.echo_times_ms)
    monkeypatch.setitem(sys.modules, package, None)
    told = refused(exam, tmp_path / "series", tmp_path / "out", capsys)
    assert package in told and "pip install highdicom" in told
