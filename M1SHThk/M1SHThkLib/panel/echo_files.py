"""A 4D NIfTI file, which Slicer's own readers refuse or turn, into the scene: as the command line reads it."""

from ..files.disk import existing
from ..files.nifti import is_nifti, read_nifti
from ..files.sidecars import read_sidecars, sidecar_echo_times
from ..scene.echo_nodes import add_echo_sequence


def open_echo_file(scene, path):
    """Read a 4D NIfTI file into a sequence node with a browser.

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
    times, faults = _sidecar_times(path, len(file.volumes))
    name = path.name.split(".")[0]
    return add_echo_sequence(scene, name, file.volumes, file.affine, times, (*file.warnings, *faults))


def is_turned(sequence):
    """Whether Slicer itself has opened a sequence from a 4D NIfTI file, of which it loses the rotation."""
    storage = sequence and sequence.GetStorageNode()
    return bool(storage and is_nifti(storage.GetFileName() or ""))


def _sidecar_times(path, count):
    """Echo times in ms, or None, and what there is to say of a sidecar that cannot be read."""
    sidecars = read_sidecars([path])
    if sidecars[0] and sidecars[0].fault:
        return None, (sidecars[0].fault,)
    times, _ = sidecar_echo_times(sidecars)
    return times if times and len(times) == count else None, ()
