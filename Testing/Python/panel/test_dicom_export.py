"""DICOM objects from the window: of the patient whose series was loaded, and only with consent."""

import sys

import pydicom
import pytest
import reader
import slicer
import vtk
from M1SHThkLib.files.dicom_series import files_in
from mr_series import write_series


class Database:
    """Slicer's DICOM database as far as the module asks it (ctkDICOMDatabase.fileForInstance)."""

    def __init__(self, folder):
        self.files = {str(pydicom.dcmread(path).SOPInstanceUID): str(path) for path in files_in(folder)}

    def fileForInstance(self, uid):
        return self.files.get(uid, "")


@pytest.fixture
def loaded(drawn, two_regions, tmp_path, monkeypatch):
    """The reading, its volume as if it had been loaded from the DICOM database."""
    exam = two_regions.exam()
    write_series(tmp_path / "series", exam.image.affine, [exam.image.voxels], [20.0])
    database = Database(tmp_path / "series")
    monkeypatch.setattr(slicer, "dicomDatabase", database, raising=False)
    reader.parameters().inputVolume.SetAttribute("DICOM.instanceUIDs", " ".join(database.files))
    reader.enter_path(reader.ui().exportPathLineEdit, tmp_path / "out")
    return tmp_path / "out"


def test_objects_are_written_with_the_identity_that_was_agreed_to(loaded, answers):
    asked, said = answers
    said[:] = [False, True]
    reader.ui().exportDicomButton.click()
    assert not list(loaded.rglob("*.dcm")) and "name" in asked[0]
    reader.ui().exportDicomButton.click()
    names = sorted(path.name for path in loaded.rglob("*.dcm"))
    assert [name.rpartition("_")[2] for name in names] == ["lines.dcm", "seg.dcm", "sr.dcm"]
    for path in loaded.rglob("*.dcm"):
        assert pydicom.dcmread(path).PatientName == "Phantom^One"


def test_objects_of_an_earlier_export_are_not_overwritten_unasked(loaded, answers):
    asked, said = answers
    said[:] = [True, False]
    reader.ui().exportDicomButton.click()
    before = {path: path.read_bytes() for path in loaded.rglob("*.dcm")}
    reader.ui().exportDicomButton.click()
    assert ["overwritten" in text for text in asked] == [False, True]
    assert {path: path.read_bytes() for path in loaded.rglob("*.dcm")} == before


def test_a_volume_of_no_known_patient_is_told(drawn, tmp_path, answers, caplog):
    answers[1][:] = [True]
    reader.enter_path(reader.ui().exportPathLineEdit, tmp_path)
    reader.ui().exportDicomButton.click()
    assert "not loaded from Slicer's DICOM database" in caplog.text
    assert not list(tmp_path.rglob("*.dcm"))


def test_highdicom_is_brought_with_consent_alone(loaded, answers, monkeypatch):
    asked, said = answers
    installed = []
    monkeypatch.setattr(slicer.util, "pip_install", lambda arguments: installed.append(arguments[0]))
    monkeypatch.setitem(sys.modules, "highdicom", None)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    said[:] = [False]
    reader.ui().exportDicomButton.click()
    assert "highdicom" in asked[0] and (len(asked), installed) == (1, [])
    said[:] = [True, False]
    reader.ui().exportDicomButton.click()
    assert installed == ["highdicom"]


def test_segments_drawn_at_the_window_have_the_standard_codes(drawn):
    references = reader.parameters().references.GetSegmentation()
    tags = []
    for number in range(references.GetNumberOfSegments()):
        segment, entry = references.GetNthSegment(number), vtk.reference("")
        segment.GetTag(segment.GetTerminologyEntryTagName(), entry)
        tags.append(str(entry))
    assert sum("SCT^23347006^" in tag for tag in tags) == 1
    assert sum("SCT^389080008^" in tag for tag in tags) == 2
    assert any("0035933" in tag and "24028007" in tag for tag in tags)
