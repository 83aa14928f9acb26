"""What Slicer and the files beside a volume know of its acquisition: echo time, field strength, what it holds."""

import math

import slicer

from ..files.sidecars import read_sidecars, sidecar_echo_times, sidecar_field_strength
from ..scene.echo_nodes import ECHO_TIME, IMAGE_TYPE, echo_time_of

_DICOM_ECHO_TIME, _DICOM_FIELD_STRENGTH, _DICOM_IMAGE_TYPE = "0018,0081", "0018,0087", "0008,0008"
_LABELS, _LABELLED_BY = "MultiVolume.FrameLabels", "MultiVolume.FrameIdentifyingDICOMTagName"


def note_echoes(volumes, sequence=None):
    """Let each volume carry its echo time in ms, and its ImageType, wherever they can be found.

    Of a sequence by the labels that the multi-volume importer gave it; else by the DICOM database; else by the
    sequence's index; else by the BIDS sidecar beside the file that it was read from.

    Parameters
    ----------
    volumes : sequence of vtkMRMLScalarVolumeNode
        Those of the sequence, if there is one, in its order.
    sequence : vtkMRMLSequenceNode, optional

    Raises
    ------
    ValueError
        If a sidecar cannot be read, or its times are no seconds.
    """
    for volume in volumes:
        if not volume.GetAttribute(IMAGE_TYPE):
            volume.SetAttribute(
                IMAGE_TYPE, _in_dicom(volume, _DICOM_IMAGE_TYPE) or _type_in_sidecar(sequence or volume)
            )
    if all(echo_time_of(volume) for volume in volumes):
        return
    sources = (_of_labels, _in_database, _of_index, _in_sidecars)
    times = next(filter(None, (source(volumes, sequence) for source in sources)), None)
    for volume, time in zip(volumes, times or (), strict=False):
        volume.SetAttribute(ECHO_TIME, repr(time))


def field_strength_of(volume):
    """Field strength in tesla that DICOM database or sidecar give; None where neither does.

    Raises
    ------
    ValueError
        If the sidecar cannot be read, or holds no number of tesla.
    """
    return _number(_in_dicom(volume, _DICOM_FIELD_STRENGTH)) or sidecar_field_strength(_sidecars([volume]))[0]


def _of_labels(volumes, sequence):
    if sequence is None or (sequence.GetAttribute(_LABELLED_BY) or "") != "EchoTime":
        return None
    return _all_of(map(_number, (sequence.GetAttribute(_LABELS) or "").split(",")), volumes)


def _in_database(volumes, sequence):
    return _all_of((_number(_in_dicom(volume, _DICOM_ECHO_TIME)) for volume in volumes), volumes)


def _of_index(volumes, sequence):
    if sequence is None or (sequence.GetIndexName() or "").replace(" ", "").lower() not in ("echotime", "te"):
        return None
    factor = 1000.0 if sequence.GetIndexUnit() == "s" else 1.0
    values = [_number(sequence.GetNthIndexValue(number)) for number in range(len(volumes))]
    return _all_of((value and round(factor * value, 9) for value in values), volumes)


def _in_sidecars(volumes, sequence):
    sidecars = _sidecars(volumes if sequence is None else [sequence])
    return _all_of(sidecar_echo_times(sidecars)[0] or (), volumes)


def _type_in_sidecar(node):
    """ImageType as DICOM writes it, of the sidecar beside a node's file; None where it says none."""
    (sidecar,) = _sidecars([node])
    values = sidecar.content.get("ImageType") if sidecar else None
    return "\\".join(map(str, values)) if isinstance(values, list) else None


def _all_of(times, volumes):
    """The times in ms, if every volume has one."""
    times = list(times)
    return times if len(times) == len(volumes) and all(times) else None


def _in_dicom(volume, tag):
    """What all of a volume's DICOM files say alike, as its first and last do; '' where they do not or it has none."""
    identifiers = (volume.GetAttribute("DICOM.instanceUIDs") or "").split()
    database = getattr(slicer, "dicomDatabase", None)
    if not identifiers or not database:
        return ""
    found = {database.instanceValue(identifier, tag) for identifier in (identifiers[0], identifiers[-1])}
    return found.pop() if len(found) == 1 else ""


def _sidecars(nodes):
    """The sidecar beside the file of each node; None where there is none."""
    storages = [node.GetStorageNode() for node in nodes]
    paths = [storage.GetFullNameFromFileName() if storage else None for storage in storages]
    return [read_sidecars([path])[0] if path else None for path in paths]


def _number(text):
    try:
        value = float(text)
    except (TypeError, ValueError):
        return None
    return value if math.isfinite(value) and value > 0 else None
