"""Several echoes in the scene: a sequence, chosen volumes or a 4D NIfTI file -> one volume to measure."""

import json

import numpy as np
import slicer

from ..files.disk import existing
from ..files.nifti import is_nifti, read_nifti
from ..files.sidecars import read_sidecars, sidecar_echo_times
from ..measuring.echoes import averaged_echoes, checked_echo_times, combine
from ..measuring.magnitude import is_signed, part_of_name
from .exam_nodes import add_volume, image_from_volume

_ECHO_TIME_ATTRIBUTES = ("DICOM.EchoTime", "EchoTime")
_WARNINGS = "M1SHThk.warnings"
_SAME_GRID_MM = 0.01


def open_nifti_sequence(scene, path):
    """Read a 4D NIfTI file, which Slicer's own readers refuse, into a sequence node with a browser.

    Echo times are taken from the BIDS sidecar beside the file where it lists them.

    Returns
    -------
    vtkMRMLSequenceNode

    Raises
    ------
    ValueError
        If the file is missing or damaged, is no NIfTI file, or holds a single volume, or its sidecar's times are no
        seconds.
    """
    path = existing(path)
    if not is_nifti(path):
        raise ValueError(f"{path}: is not a NIfTI file; choose a .nii or .nii.gz file")
    file = read_nifti(path)
    if len(file.volumes) < 2:
        raise ValueError(f"{path}: holds one volume; open it with Slicer's Add Data and choose it as the volume")
    times, warnings = _sidecar_times(path, len(file.volumes))
    warnings = "\n".join([*file.warnings, *warnings])
    sequence = scene.AddNewNodeByClass("vtkMRMLSequenceNode", path.name.split(".")[0])
    sequence.SetIndexName("echo")
    sequence.SetIndexType(slicer.vtkMRMLSequenceNode.NumericIndex)
    for echo, voxels in enumerate(file.volumes):
        volume = add_volume(scene, f"{sequence.GetName()} echo {echo + 1}", voxels, file.affine)
        if times:
            volume.SetAttribute("EchoTime", repr(times[echo]))
        if warnings:
            volume.SetAttribute(_WARNINGS, warnings)
        sequence.SetDataNodeAtValue(volume, str(echo + 1))
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
    combined.SetAttribute("M1SHThk.echo_times_ms", json.dumps(times_ms and list(times_ms)))
    return combined, tuple(dict.fromkeys(warnings))


def _sidecar_times(path, count):
    """Echo times in ms of a 4D file, or None, and what there is to say of a sidecar that cannot be read."""
    sidecars = read_sidecars([path])
    if sidecars[0] and sidecars[0].fault:
        return None, (sidecars[0].fault,)
    times, _ = sidecar_echo_times(sidecars)
    return times if times and len(times) == count else None, ()
