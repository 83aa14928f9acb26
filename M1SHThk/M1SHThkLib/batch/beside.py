"""What is written of an exam beside its row in the tables, where it is asked for: DICOM objects, BIDS derivatives."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from ..files.bids_derivative import write_exam_derivatives
from ..files.dicom import write_dicom
from ..files.dicom_series import files_in, read_series, series_of
from ..files.names import file_name


@dataclass(frozen=True)
class DicomObjects:
    """DICOM objects of the series that an exam's image was made from.

    Attributes
    ----------
    source : Path
        Folder that holds the series, among others.
    folder : Path
        For the objects.
    """

    source: Path
    folder: Path
    kind = "DICOM objects"

    def write(self, exam, measurements):
        """The names of the files that were written."""
        series = series_of(exam, _series_in(self.source), self.source)
        stem = file_name(exam.subject, exam.session, exam.observer)
        return write_dicom(self.folder, stem, exam, measurements, series)


@dataclass(frozen=True)
class BidsDerivatives:
    """Masks and a table in a BIDS derivative data set: see `write_exam_derivatives`."""

    folder: Path
    stem: str
    desc: str
    sources: tuple[str, ...]
    kind = "BIDS derivatives"

    def write(self, exam, measurements):
        """The names of the files that were written."""
        return write_exam_derivatives(self.folder, self.stem, self.desc, self.sources, exam, measurements)


def write_beside(several, exam, measurements):
    """Writes all that is asked for of an exam.

    An exam that was measured stays measured: what is wrong is told in place of the files.

    Returns
    -------
    dict
        By kind: the `files`' names, and the `fault`, None where there is none.
    """
    told = {}
    for one in several:
        try:
            told[one.kind] = {"files": one.write(exam, measurements), "fault": None}
        except ValueError as error:
            told[one.kind] = {"files": [], "fault": " ".join(str(error).split())}
    return told


def lacking(several, told):
    """What of it was not written, or is gone, in words."""
    missing = []
    for one in several:
        names = told.get(one.kind, {}).get("files")
        missing += [name for name in names if not (one.folder / name).is_file()] if names else [f"its {one.kind}"]
    return missing


@lru_cache(maxsize=1)  # of a whole study, for one exam after the other
def _series_in(folder):
    return read_series(files_in(folder))
