"""Several echoes in the scene: a sequence, chosen volumes or a 4D NIfTI file -> one volume to measure."""

import json

import numpy as np
import slicer

from ..measuring.echoes import averaged_echoes, checked_echo_times, combine
from ..measuring.magnitude import is_signed, part_of_name
from .exam_nodes import add_volume, image_from_volume

_ECHO_TIME_ATTRIBUTES = ("DICOM.EchoTime", "EchoTime")
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
            volume.SetAttribute("EchoTime", repr(times_ms[number]))
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
        raise ValueError(f"sequence '{sequence.GetName()}': must hold two or more scalar volumes, one for each echo")
    return volumes


def echo_times_of(volumes):
    """Echo times in ms that the volumes carry (DICOM or BIDS attributes); None where any lacks one."""
    times = []
    for volume in volumes:
        texts = [volume.GetAttribute(name) for name in _ECHO_TIME_ATTRIBUTES]
        found = next((text for text in texts if text), None)
        if found is None:
            return None
        times.append(float(found))
    return times


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
        raise ValueError(f"echo times '{text}': must be numbers in ms, separated by commas") from error


def combine_echoes(scene, volumes, times_ms, method, name):
    """A new volume node that combines the echoes; attributes tell how.

    Parameters
    ----------
    volumes : sequence of vtkMRMLScalarVolumeNode
        One an echo, on one grid; in the order of the echo times.
    times_ms : sequence of float, or None
        Needed for R2* alone.
    method : str
        mean, rss, echo-N or r2star.

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
        part = part_of_name(volume.GetName())
        if part not in (None, "magnitude") or is_signed(image.voxels):
            what = f"is a {part} image by its name" if part else "is below 0 in much of it, as no magnitude is"
            raise ValueError(f"{image.name}: {what}; choose the magnitude images")
        warnings += tuple((volume.GetAttribute(_WARNINGS) or "").splitlines())
    for image in images[1:]:
        same = image.voxels.shape == images[0].voxels.shape
        if not same or np.abs(image.affine - images[0].affine).max() > _SAME_GRID_MM:
            raise ValueError(f"{image.name}: lies on another grid than {images[0].name}; choose echoes of one scan")
    voxels = combine([image.voxels for image in images], method, times_ms)
    averaged = averaged_echoes(method, len(images))
    combined = add_volume(scene, f"{name} {method}", np.asarray(voxels), images[0].affine, averaged)
    combined.SetAttribute("M1SHThk.echo_combination", method)
    combined.SetAttribute(_INSTANCES[1], " ".join(uid for volume in volumes for uid in instance_uids(volume)))
    combined.SetAttribute("M1SHThk.echo_times_ms", json.dumps(times_ms and list(times_ms)))
    return combined, tuple(dict.fromkeys(warnings))
