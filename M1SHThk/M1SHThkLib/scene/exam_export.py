"""The scene's exam as files, written by Slicer's own storage nodes, from which the command line repeats the reading."""

from pathlib import Path

from ..measuring.exam import SCHEMA
from ..translation import tr as _
from .exam_nodes import (
    REGION_KEYS,
    exam_from_parameters,
    identity_from_parameters,
    parameter_prefix,
    region_lines,
    settings_from_parameters,
)
from .map_nodes import map_volumes, maps_from_parameters, said_of

IMAGE_FILE, REFERENCES_FILE = "t2star.nrrd", "references.seg.nrrd"


def write_exam_nodes(folder, node, accepted, whole):
    """Write volume, references and lines in world coordinates into a folder that exists.

    Parameters
    ----------
    folder : path
    node : vtkMRMLScriptedModuleNode
        The module's parameter node.
    accepted : mapping of (hemisphere, region) -> str
    whole : callable
        Takes a path; a context manager that gives the path of a file to write, which takes that name when it is whole
        (files.disk.replacing).

    Returns
    -------
    dict
        The content of `exam.json`.

    Raises
    ------
    ValueError
        If the exam is incomplete, its field strength unknown, or a file cannot be written.
    """
    folder = Path(folder)
    exam = exam_from_parameters(node)  # names what is missing before anything is written
    identity = identity_from_parameters(node)
    if identity["field_strength_tesla"] is None:
        raise ValueError(_("the field strength is unknown; give it in the Exam section, the exam file needs it"))
    references = node.GetNodeReference("references")
    _write(node.GetNodeReference("inputVolume"), folder / IMAGE_FILE, whole)
    _write(references, folder / REFERENCES_FILE, whole)
    regions = []
    for key in REGION_KEYS:
        names = []
        for number, line in enumerate(region_lines(node, key), 1):
            names.append(f"{key[0]}_{key[1]}" + (f"_{number}" if number > 1 else "") + ".mrk.json")
            _write(line, folder / names[-1], whole)
        if names:
            segment_id = node.GetParameter(f"{parameter_prefix(*key)}WhiteMatterSegmentID")
            white_matter = {"path": REFERENCES_FILE, "segment": segment_id}
            region = {"hemisphere": key[0], "region": key[1], "pial_lines": names, "white_matter": white_matter}
            regions.append({**region, "accepted": accepted[key]})
    maps = []
    for volume, one in zip(map_volumes(node), maps_from_parameters(node), strict=True):
        maps.append({"path": f"map_{one.name}.nrrd", **said_of(volume)})
        _write(volume, folder / maps[-1]["path"], whole)
    return {
        "schema": SCHEMA,
        **{name: value for name, value in identity.items() if value is not None},
        "image": {"path": IMAGE_FILE, **({"averaged_echoes": exam.image.echoes} if exam.image.echoes > 1 else {})},
        "splenium": {"path": REFERENCES_FILE, "segment": node.GetParameter("spleniumSegmentID")},
        "regions": regions,
        "settings": settings_from_parameters(node).to_dict(),
        **({"maps": maps} if maps else {}),
    }


def _write(node, path, whole):
    """Write a node in world coordinates; the node itself keeps its file and its transform."""
    scene, copy = node.GetScene(), None
    if node.GetParentTransformNode() is not None:
        copy = scene.AddNewNodeByClass(node.GetClassName())
        copy.CopyContent(node)
        copy.SetAndObserveTransformNodeID(node.GetTransformNodeID())
        copy.HardenTransform()
    storage = node.CreateDefaultStorageNode()
    storage.UnRegister(None)  # the reference that C++ hands over; Python holds its own
    try:
        with whole(path) as temporary:
            storage.SetFileName(str(temporary))
            if not storage.WriteData(copy or node):
                raise OSError("Slicer could not write it")
    finally:
        if copy is not None:
            scene.RemoveNode(copy)
