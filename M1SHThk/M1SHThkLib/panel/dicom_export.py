"""The scene's exam as DICOM objects of the patient whose series Slicer's DICOM database holds."""

import importlib
import importlib.util
import subprocess
import tempfile
from pathlib import Path

import slicer
from slicer.i18n import tr as _

from ..files.dicom import write_dicom
from ..files.dicom_series import read_series, series_of
from ..files.names import file_name
from ..measuring.measurement import measure_exam
from ..scene.echo_nodes import instance_uids
from ..scene.exam_nodes import exam_from_parameters
from .libraries import constraints_text

PACKAGE = "highdicom"


def write_objects(node, folder):
    """Write the DICOM objects of the exam that the module's parameter node describes; returns their names.

    :param node: vtkMRMLScriptedModuleNode
    :param folder: made where it is missing
    :raises ValueError: if the exam is incomplete, its volume comes from no DICOM database, or highdicom is missing
    """
    exam = exam_from_parameters(node)
    volume = node.GetNodeReference("inputVolume")
    files = [file for uid in instance_uids(volume) if (file := _file_of(uid))]
    if not files:
        raise ValueError(
            _(
                "Volume '{name}' was not loaded from Slicer's DICOM database, so that its patient is not known; load "
                "it there, or write DICOM objects with 'measure --dicom' on the command line."
            ).format(name=volume.GetName())
        )
    series = series_of(exam, read_series(files), volume.GetName())
    stem = file_name(exam.subject, exam.session, exam.observer)
    return write_dicom(folder, stem, exam, measure_exam(exam), series)


def bring_highdicom():
    """Whether highdicom is there, if need be after asking; never over Slicer's own packages."""
    if importlib.util.find_spec(PACKAGE) is None:
        text = _(
            "DICOM objects are written by the Python package {name}, which this Slicer does not have.\n\n"
            "Install it from the Python Package Index, for this Slicer? Slicer's own packages stay as they are."
        ).format(name=PACKAGE)
        if not slicer.util.confirmOkCancelDisplay(text, "M1SHThk"):
            return False
        with tempfile.TemporaryDirectory() as folder, slicer.util.WaitCursor():
            constraints = Path(folder) / "constraints.txt"
            constraints.write_text(constraints_text(), encoding="utf-8")
            try:
                slicer.util.pip_install([PACKAGE, "--constraint", str(constraints)])
            except subprocess.CalledProcessError as error:
                raise ValueError(
                    _("{name} could not be installed; the error log says why.").format(name=PACKAGE)
                ) from error
        importlib.invalidate_caches()
    return True


def _file_of(uid):
    """The file of an instance in Slicer's DICOM database; '' where it is not there."""
    database = getattr(slicer, "dicomDatabase", None)  # only once the DICOM module has set one up
    return database.fileForInstance(uid) if database else ""
