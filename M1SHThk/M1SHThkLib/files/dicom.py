"""An exam that was measured -> DICOM objects of the patient whose series it was made from."""

from glob import escape

from ..translation import tr as _
from .dicom_reports import line_report, measurement_reports
from .dicom_segments import segmentation, segments_of
from .dicom_series import REMEDY
from .disk import made_folder, removed, replacing

CARRIES_IDENTITY = "DICOM objects carry the patient's identity as their series does."


def write_dicom(folder, stem, exam, measurements, series):
    """Writes a segmentation and structured reports: `<stem>_seg.dcm`, `<stem>_sr.dcm`, `<stem>_lines.dcm`.

    Regions that lack values come into `<stem>_sr-2.dcm` and so on. All carry the identity of the patient that the
    series carries.

    Parameters
    ----------
    folder : path
        Made where it is missing.
    stem : str
    exam : Exam
    measurements : sequence of Measurement
        In the order of the exam's regions.
    series : dicom_series.Series
        See `dicom_series.series_of`.

    Returns
    -------
    list of str
        The files' names.

    Raises
    ------
    ValueError
        If highdicom is missing, the series lacks what such objects need, or a file cannot be written.
    """
    try:
        import highdicom  # noqa: F401
    except ImportError as error:
        raise ValueError(
            _("DICOM objects need highdicom, which is missing here; {remedy}").format(remedy=REMEDY)
        ) from error
    segments = segments_of(exam, measurements)
    try:
        seg = segmentation(exam, segments, series)
        objects = {f"{stem}_seg.dcm": seg, f"{stem}_lines.dcm": line_report(exam, series)}
        for number, report in enumerate(measurement_reports(exam, measurements, series, seg, segments), 1):
            objects[f"{stem}_sr-{number}.dcm" if number > 1 else f"{stem}_sr.dcm"] = report
    except AttributeError as error:
        missing = str(error).rpartition("attribute ")[2]
        raise ValueError(
            _("{name} lacks {missing}, which DICOM objects need; export the series again").format(
                name=series.name, missing=missing
            )
        ) from error
    folder = made_folder(folder)
    removed(*(path for path in folder.glob(f"{escape(stem)}_sr-*.dcm") if path.name not in objects))
    for name, dataset in objects.items():
        with replacing(folder / name) as temporary:
            dataset.save_as(temporary)
    return list(objects)
