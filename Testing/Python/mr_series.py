"""MR images as a scanner's DICOM files: a file a slice and echo, or all in one enhanced file."""

import numpy as np
import pydicom
from pydicom.dataset import Dataset, FileMetaDataset

CLASSIC, ENHANCED = "1.2.840.10008.5.1.4.1.1.4", "1.2.840.10008.5.1.4.1.1.4.1"


def write_series(folder, affine, echoes, times_ms, patient="Phantom^One", enhanced=False, study=None):
    """Write echoes, arrays of shape (I, J, K) on a RAS grid, with rows running from front to back as scanners have it.

    Slices have slopes of their own, as Philips writes them.
    """
    folder.mkdir(parents=True)
    rows = echoes[0].shape[1]
    flip = np.diag([1.0, -1.0, 1.0, 1.0])
    flip[1, 3] = rows - 1
    lps = np.diag([-1.0, -1.0, 1.0, 1.0]) @ affine @ flip
    uids = study or pydicom.uid.generate_uid(), pydicom.uid.generate_uid(), pydicom.uid.generate_uid()
    highest = max(float(echo.max()) for echo in echoes)
    slices = []
    for echo, time in zip(echoes, times_ms, strict=True):
        for number in range(echo.shape[2]):
            slope = highest / (3000 + 100 * number)
            pixels = (echo[:, ::-1, number].T / slope).clip(0).round().astype(np.uint16)
            slices.append((pixels, slope, time, [float(x) for x in lps[:3, 3] + number * lps[:3, 2]]))
    spacing = np.linalg.norm(lps[:3, :3], axis=0)
    grid = {
        "orientation": [float(x) for x in np.concatenate([lps[:3, 0] / spacing[0], lps[:3, 1] / spacing[1]])],
        "spacing": [float(spacing[1]), float(spacing[0])],
        "thickness": float(spacing[2]),
    }
    if enhanced:
        _enhanced(slices, grid, patient, uids).save_as(folder / "all.dcm", enforce_file_format=True)
        return
    for number, own in enumerate(slices, 1):
        _classic(own, number, grid, patient, uids).save_as(folder / f"{number:03d}.dcm", enforce_file_format=True)


def _of_patient(patient, uids, sop_class, pixels):
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID = sop_class
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID = pydicom.uid.generate_uid()
    dataset.SpecificCharacterSet = "ISO_IR 100"
    dataset.PatientName, dataset.PatientID, dataset.PatientSex = patient, "4711", "F"
    dataset.PatientBirthDate, dataset.AccessionNumber, dataset.StudyID = "19500101", "A1", "1"
    dataset.ReferringPhysicianName = ""
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID, dataset.FrameOfReferenceUID = uids
    dataset.StudyDate = dataset.SeriesDate = dataset.ContentDate = "20260101"
    dataset.StudyTime = dataset.SeriesTime = dataset.ContentTime = "120000"
    dataset.Modality, dataset.SeriesNumber, dataset.SeriesDescription = "MR", 5, "t2star"
    dataset.Manufacturer, dataset.PositionReferenceIndicator = "Test", ""
    dataset.Rows, dataset.Columns = pixels.shape
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 16, 16, 15, 0
    return dataset


def _classic(own, number, grid, patient, uids):
    pixels, slope, time, position = own
    dataset = _of_patient(patient, uids, CLASSIC, pixels)
    dataset.InstanceNumber, dataset.ImageType = number, ["ORIGINAL", "PRIMARY", "M"]
    dataset.ScanningSequence, dataset.SequenceVariant, dataset.ScanOptions = "GR", "NONE", ""
    dataset.MRAcquisitionType, dataset.EchoTime, dataset.EchoTrainLength = "2D", time, 1
    dataset.ImageOrientationPatient, dataset.ImagePositionPatient = grid["orientation"], position
    dataset.PixelSpacing, dataset.SliceThickness = grid["spacing"], grid["thickness"]
    dataset.RescaleSlope, dataset.RescaleIntercept = f"{slope:.9g}", "0"
    dataset.PixelData = pixels.tobytes()
    return dataset


def _enhanced(slices, grid, patient, uids):
    dataset = _of_patient(patient, uids, ENHANCED, slices[0][0])
    dataset.InstanceNumber, dataset.ImageType = 1, ["ORIGINAL", "PRIMARY", "M", "NONE"]
    dataset.NumberOfFrames = len(slices)
    measures = _item(PixelSpacing=grid["spacing"], SliceThickness=grid["thickness"])
    shared = Dataset()
    shared.PixelMeasuresSequence = [measures]
    shared.PlaneOrientationSequence = [_item(ImageOrientationPatient=grid["orientation"])]
    dataset.SharedFunctionalGroupsSequence = [shared]
    frames = []
    for _, slope, time, position in slices:
        frame = Dataset()
        frame.PlanePositionSequence = [_item(ImagePositionPatient=position)]
        frame.MREchoSequence = [_item(EffectiveEchoTime=time)]
        frame.PixelValueTransformationSequence = [_item(RescaleSlope=f"{slope:.9g}", RescaleIntercept="0")]
        frames.append(frame)
    dataset.PerFrameFunctionalGroupsSequence = frames
    dataset.PixelData = np.stack([own[0] for own in slices]).tobytes()
    return dataset


def _item(**values):
    item = Dataset()
    for name, value in values.items():
        setattr(item, name, value)
    return item
