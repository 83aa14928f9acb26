"""Several echoes in the scene: a sequence, chosen volumes or a 4D NIfTI file -> one volume to measure."""

import json
from pathlib import Path

import numpy as np
import slicer
import vtk
from vtk.util.numpy_support import vtk_to_numpy

from ..measuring.echoes import averaged_echoes, checked_echo_times, combine
from .exam_nodes import add_volume, image_from_volume

_ECHO_TIME_ATTRIBUTES = ("DICOM.EchoTime", "EchoTime")
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
        If the file is missing, is no NIfTI file, or holds a single volume.
    """
    path = Path(path)
    reader = vtk.vtkNIFTIImageReader()
    if not path.is_file() or not reader.CanReadFile(str(path)):
        raise ValueError(f"{path}: is not a NIfTI file that can be read; choose a .nii or .nii.gz file")
    reader.SetFileName(str(path))
    reader.TimeAsVectorOn()
    reader.Update()
    data = reader.GetOutput()
    count = data.GetNumberOfScalarComponents()
    if count < 2:
        raise ValueError(f"{path}: holds one volume; open it with Slicer's Add Data and choose it as the volume")
    values = vtk_to_numpy(data.GetPointData().GetScalars()).reshape(*data.GetDimensions()[::-1], count)
    if (reader.GetRescaleSlope(), reader.GetRescaleIntercept()) not in ((1.0, 0.0), (0.0, 0.0)):
        values = (values * reader.GetRescaleSlope() + reader.GetRescaleIntercept()).astype(np.float32)
    affine = _nifti_affine(reader, data)
    times = _sidecar_echo_times(path, count)
    sequence = scene.AddNewNodeByClass("vtkMRMLSequenceNode", path.name.split(".")[0])
    sequence.SetIndexName("echo")
    sequence.SetIndexType(slicer.vtkMRMLSequenceNode.NumericIndex)
    for echo in range(count):
        volume = add_volume(scene, f"{sequence.GetName()} echo {echo + 1}", values[..., echo].T, affine)
        if times:
            volume.SetAttribute("EchoTime", repr(times[echo]))
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
    for image in images[1:]:
        same = image.voxels.shape == images[0].voxels.shape
        if not same or np.abs(image.affine - images[0].affine).max() > _SAME_GRID_MM:
            raise ValueError(f"{image.name}: lies on another grid than {images[0].name}; choose echoes of one scan")
    voxels = combine([image.voxels for image in images], method, times_ms)
    averaged = averaged_echoes(method, len(images))
    combined = add_volume(scene, f"{name} {method}", np.asarray(voxels), images[0].affine, averaged)
    combined.SetAttribute("M1SHThk.echo_combination", method)
    combined.SetAttribute("M1SHThk.echo_times_ms", json.dumps(times_ms and list(times_ms)))
    return combined, warnings


def _nifti_affine(reader, data):
    """Voxel index -> world RAS; the reader may have put the slices in reverse, which its matrices account for."""
    matrix = reader.GetSFormMatrix() or reader.GetQFormMatrix()
    spacing, origin = np.diag([*data.GetSpacing(), 1.0]), np.eye(4)
    origin[:3, 3] = data.GetOrigin()
    form = np.eye(4)
    if matrix is not None:
        form = np.array([[matrix.GetElement(row, column) for column in range(4)] for row in range(4)])
    return form @ origin @ spacing


def _sidecar_echo_times(path, count):
    sidecar = path.with_name(path.name.split(".nii")[0] + ".json")
    if not sidecar.is_file():
        return None
    try:
        seconds = json.loads(sidecar.read_text(encoding="utf-8")).get("EchoTime")
    except ValueError as error:
        raise ValueError(f"{sidecar}: is not valid JSON; correct or remove it") from error
    return [1000 * time for time in seconds] if isinstance(seconds, list) and len(seconds) == count else None
