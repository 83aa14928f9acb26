"""Several echoes in the scene: a sequence, chosen volumes or a 4D NIfTI file -> one volume to measure."""

import json

import numpy as np
import slicer

from ..measuring.echoes import averaged_echoes, checked_echo_times, combine
from ..measuring.magnitude import is_signed, part_of_image_type, part_of_name
from ..translation import tr as _
from .exam_nodes import add_volume, image_from_volume, set_image
from .scene_nodes import nodes_of_class

ECHO_TIME, IMAGE_TYPE = "EchoTime", "ImageType"  # attributes of a volume: in ms, and as DICOM writes it
_ECHO_TIMES = ("DICOM.EchoTime", ECHO_TIME)
_COMBINATION, _TIMES = "M1SHThk.echo_combination", "M1SHThk.echo_times_ms"
SOURCE_OF_IMAGE, SOURCE_OF_MAP = "M1SHThk.echoes", "M1SHThk.echoesOfMap"
_WARNINGS = "M1SHThk.warnings"
# Volume attributes: the DICOM instances that it was loaded from, and those from which it was combined.
_INSTANCES = ("DICOM.instanceUIDs", "M1SHThk.instanceUIDs")
_SAME_GRID_MM = 0.01


def add_echo_sequence(scene, name, echoes, affine, times_ms=None, warnings=()):
    """A sequence node, with a browser, of the echoes of one scan.

    Parameters
    ----------
    echoes : sequence of arrays, shape (I, J, K)
    affine : array, shape (4, 4)
        Voxel index -> world RAS in mm.
    times_ms : sequence of float, optional
        Each volume keeps its own.
    warnings : sequence of str
        Told when the echoes are combined.

    Returns
    -------
    vtkMRMLSequenceNode
    """
    sequence = scene.AddNewNodeByClass("vtkMRMLSequenceNode", name)
    sequence.SetIndexName("echo")
    sequence.SetIndexType(slicer.vtkMRMLSequenceNode.NumericIndex)
    for number, voxels in enumerate(echoes):
        volume = add_volume(scene, f"{sequence.GetName()} echo {number + 1}", voxels, affine)
        if times_ms:
            volume.SetAttribute(ECHO_TIME, repr(times_ms[number]))
        if warnings:
            volume.SetAttribute(_WARNINGS, "\n".join(warnings))
        sequence.SetDataNodeAtValue(volume, str(number + 1))
        scene.RemoveNode(volume)
    browser = scene.AddNewNodeByClass("vtkMRMLSequenceBrowserNode", f"{sequence.GetName()} browser")
    browser.SetAndObserveMasterSequenceNodeID(sequence.GetID())
    return sequence


def echo_volumes(sequence):
    """The volumes of a sequence, in its order.

    Raises
    ------
    ValueError
        If it holds fewer than two, or other nodes than scalar volumes.
    """
    volumes = [sequence.GetNthDataNode(index) for index in range(sequence.GetNumberOfDataNodes())]
    if len(volumes) < 2 or not all(volume.IsA("vtkMRMLScalarVolumeNode") for volume in volumes):
        raise ValueError(
            _("sequence '{name}': must hold two or more scalar volumes, one for each echo").format(
                name=sequence.GetName()
            )
        )
    return volumes


def echo_time_of(volume):
    """Echo time in ms that a volume carries, as an attribute from DICOM or BIDS; None where it carries none."""
    for name in _ECHO_TIMES:
        try:
            return float(volume.GetAttribute(name))
        except (TypeError, ValueError):
            pass
    return None


def echo_times_of(volumes):
    """Echo times in ms that the volumes carry; None where any lacks its own."""
    times = [echo_time_of(volume) for volume in volumes]
    return None if None in times else times


def instance_uids(volume):
    """The DICOM instances that a volume comes from, if it says so."""
    return [uid for name in _INSTANCES for uid in (volume.GetAttribute(name) or "").split()]


def in_order_of_time(volumes):
    """Volumes in the order of the echo times they carry; as they are where any lacks one."""
    times = echo_times_of(volumes)
    return [volumes[index] for index in np.argsort(times, kind="stable")] if times else list(volumes)


def echo_times_from_text(text):
    """Echo times in ms from a line such as '13, 18.6, 24.3'; None where it is empty.

    Raises
    ------
    ValueError
        If a part is no number.
    """
    parts = text.replace(";", ",").replace(",", " ").split()
    try:
        return [float(part) for part in parts] or None
    except ValueError as error:
        raise ValueError(
            _("echo times '{text}': must be numbers in ms, separated by commas").format(text=text)
        ) from error


def combine_echoes(scene, volumes, times_ms, method, source, purpose=SOURCE_OF_IMAGE):
    """Combine the echoes into a volume node, whose attributes tell how; it replaces the last result of the same source.

    Parameters
    ----------
    volumes : sequence of vtkMRMLScalarVolumeNode
        One an echo, on one grid; in the order of the echo times.
    times_ms : sequence of float, or None
        Needed for R2* alone.
    method : str
        mean, rss, echo-N or r2star.
    source : vtkMRMLNode
        The sequence, or the first volume: what the result is named for.
    purpose : str
        By which the result refers to its source: `SOURCE_OF_IMAGE` or `SOURCE_OF_MAP`.

    Returns
    -------
    volume : vtkMRMLScalarVolumeNode
    warnings : tuple of str
        Sentences for the user.

    Raises
    ------
    ValueError
        If the echoes or their times do not fit.
    """
    warnings = ()
    if times_ms is not None:
        times_ms, warnings = checked_echo_times(times_ms, len(volumes), method)
    images = [image_from_volume(volume) for volume in volumes]
    for volume, image in zip(volumes, images, strict=True):
        _check_is_magnitude(volume, image)
        warnings += tuple((volume.GetAttribute(_WARNINGS) or "").splitlines())
    for image in images[1:]:
        if not _is_same_grid(image, images[0]):
            raise ValueError(
                _("{name}: lies on another grid than {other}; choose echoes of one scan").format(
                    name=image.name, other=images[0].name
                )
            )
    voxels = np.asarray(combine([image.voxels for image in images], method, times_ms))
    averaged = averaged_echoes(method, len(images))
    name = f"{source.GetName()} {method}"
    combined = _last_result(scene, source, purpose)
    if combined is None or not _is_same_grid(image_from_volume(combined), images[0]):
        combined = add_volume(scene, name, voxels, images[0].affine, averaged)
        combined.SetNodeReferenceID(purpose, source.GetID())
    else:
        combined.SetName(name)
        set_image(combined, voxels, images[0].affine, averaged)
    combined.SetAttribute(_COMBINATION, method)
    combined.SetAttribute(_TIMES, json.dumps(times_ms and list(times_ms)))
    combined.SetAttribute(_INSTANCES[1], " ".join(uid for volume in volumes for uid in instance_uids(volume)))
    return combined, tuple(dict.fromkeys(warnings))


def _check_is_magnitude(volume, image):
    says = part_of_image_type(volume.GetAttribute(IMAGE_TYPE))
    named = part_of_name(volume.GetName())
    for part, source in ((says, "its ImageType"), (named, "its name")):
        if part not in (None, "magnitude"):
            raise ValueError(
                _("{name}: is a {part} image by {source}; choose the magnitude images").format(
                    name=image.name, part=part, source=source
                )
            )
    if is_signed(image.voxels):
        raise ValueError(
            _("{name}: is below 0 in much of it, as no magnitude is; choose the magnitude images").format(
                name=image.name
            )
        )


def _is_same_grid(one, other):
    same = one.voxels.shape == other.voxels.shape
    return same and bool(np.abs(one.affine - other.affine).max() <= _SAME_GRID_MM)


def _last_result(scene, source, purpose):
    """The volume that the same source was combined into last time for that purpose, or None."""
    for volume in nodes_of_class(scene, "vtkMRMLScalarVolumeNode"):
        if volume.GetNodeReference(purpose) is source:
            return volume
    return None
