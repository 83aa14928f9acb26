"""The exam that a saved scene holds, and what of it is not there."""

from dataclasses import replace

from ..translation import tr as _
from .acceptance import Acceptances
from .exam_nodes import (
    MODULE_NAME,
    REGION_KEYS,
    exam_from_parameters,
    identity_from_parameters,
    image_from_volume,
    list_length,
    origin_from_parameters,
    parameter_prefix,
    points_from_curve,
    settings_from_parameters,
)
from .map_nodes import PARAMETER, maps_from_parameters
from .reading import Reading
from .region_nodes import region_title
from .scene_nodes import nodes_of_class


def exam_from_scene(scene):
    """The exam in a scene that the module saved.

    Raises
    ------
    ValueError
        If the scene holds no exam of the module, a faulty one, or one of which a file is missing or damaged.
    """
    for node in nodes_of_class(scene, "vtkMRMLScriptedModuleNode"):
        if node.GetAttribute("ModuleName") == MODULE_NAME:
            warnings = [warning for named in _named_nodes(node) for warning in _not_read(*named)]
            accepted = Acceptances(Reading()).by_region(node)
            maps = maps_from_parameters(node)
            return replace(exam_from_parameters(node), warnings=tuple(warnings), accepted=accepted, maps=maps)
    raise ValueError(
        _("the scene holds no exam of the {module} module; measure in the module and save the scene").format(
            module=MODULE_NAME
        )
    )


def _named_nodes(node):
    """Purpose and node, None where it is gone, of all that an exam's parameter node names."""
    names = [(_("the volume"), "inputVolume"), (_("the references"), "references")]
    for key in REGION_KEYS:
        lines = f"{parameter_prefix(*key)}PialLines"
        names += [
            (_("the {region}").format(region=region_title(key)), f"{lines}.{n}")
            for n in range(list_length(node, lines))
        ]
    names += [(_("the list of maps"), f"{PARAMETER}.{n}") for n in range(list_length(node, PARAMETER))]
    return [(purpose, node.GetNodeReference(name)) for purpose, name in names if node.GetNodeReferenceID(name)]


def _not_read(purpose, node):
    """Sentences on what a saved scene lacks of a node; raises ValueError where its file could not be read."""
    if node is None:
        return [_("{purpose} names a node that is not in the scene; it is left out.").format(purpose=purpose)]
    storage = node.GetStorageNode()
    if storage is not None and storage.GetReadState() != storage.Idle:
        file = storage.GetFullNameFromFileName()
        raise ValueError(
            _("{file}: is missing or damaged, and the scene's '{name}' lies in it; restore it").format(
                file=file, name=node.GetName()
            )
        )
    if not node.IsA("vtkMRMLMarkupsNode"):
        return []
    left_out = node.GetNumberOfControlPoints() - len(points_from_curve(node))
    whole = node.GetNumberOfControlPoints()
    told = _("{left_out} of {whole} control points of '{name}' have no place and are left out.")
    return [told.format(left_out=left_out, whole=whole, name=node.GetName())] if left_out else []


def undrawn_exam(scene):
    """The image of a scene that the module saved, without what was drawn on it.

    Returns
    -------
    identity : dict
    voxels : array, shape (I, J, K)
        A copy, which outlives the scene.
    affine : array, shape (4, 4)
    averaged_echoes : int
    origin : dict
    settings : Settings

    Raises
    ------
    ValueError
        If the scene holds no exam of the module, or its image cannot be read.
    """
    for node in nodes_of_class(scene, "vtkMRMLScriptedModuleNode"):
        if node.GetAttribute("ModuleName") == MODULE_NAME:
            volume = node.GetNodeReference("inputVolume")
            _not_read("the volume", volume)
            image = image_from_volume(volume)
            origin, settings = origin_from_parameters(node), settings_from_parameters(node)
            return identity_from_parameters(node), image.voxels.copy(), image.affine, image.echoes, origin, settings
    raise ValueError(
        _("the scene holds no exam of the {module} module; choose the volume in it and save the scene").format(
            module=MODULE_NAME
        )
    )
