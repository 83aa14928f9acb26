"""Volumes of the scene that are taken along as maps: what is said of each is kept with the volume."""

import json
import re

from ..measuring.maps import NO_UNIT, ExamMap, checked_map, checked_names
from .exam_nodes import add_volume, image_from_volume, list_length

_ATTRIBUTE = "M1SHThk.map"
PARAMETER = "mapVolumes"


def map_volumes(node):
    """The volumes that the module's parameter node lists as maps and that are in the scene."""
    volumes = (node.GetNodeReference(f"{PARAMETER}.{index}") for index in range(list_length(node, PARAMETER)))
    return [volume for volume in volumes if volume is not None]


def said_of(volume):
    """What is said of a map: mapping with name, unit, polarity and normalization."""
    is_r2star = volume.GetAttribute("M1SHThk.echo_combination") == "r2star"
    name = "r2star" if is_r2star else re.sub(r"[^A-Za-z0-9_-]+", "_", volume.GetName()).strip("_-")[:40] or "map"
    usual = {"name": name, "unit": "1/s" if is_r2star else NO_UNIT, "polarity": "bright", "normalization": "none"}
    return usual | json.loads(volume.GetAttribute(_ATTRIBUTE) or "{}")


def say_of(volume, **values):
    """Keep what is said of a map.

    Raises
    ------
    ValueError
        If it cannot be said of a map; nothing is kept then.
    """
    said = said_of(volume) | values
    checked_map(said["name"], said["polarity"], said["normalization"])
    volume.SetAttribute(_ATTRIBUTE, json.dumps(said))


def add_map(scene, exam_map):
    """A volume node of a map in memory, with what is said of it."""
    volume = add_volume(scene, exam_map.name, exam_map.image.voxels, exam_map.image.affine, exam_map.image.echoes)
    say_of(
        volume,
        name=exam_map.name,
        unit=exam_map.unit,
        polarity=exam_map.polarity,
        normalization=exam_map.normalization,
    )
    return volume


def maps_from_parameters(node):
    """The maps that the module's parameter node lists.

    Returns
    -------
    tuple of ExamMap

    Raises
    ------
    ValueError
        Names the volume that cannot be one, or the name that two have.
    """
    volumes = map_volumes(node)
    maps = tuple(ExamMap(image=image_from_volume(volume), **said_of(volume)) for volume in volumes)
    checked_names([one.name for one in maps])
    return maps
