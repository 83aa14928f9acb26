"""Readings that were put away: kept whole in the scene, hidden, in a folder each of the subject hierarchy.

A text node holds what was read and refers to the nodes that were drawn.
"""

import json
from dataclasses import dataclass
from datetime import datetime

import slicer

from . import exam_nodes, region_nodes, tables
from .scene_nodes import nodes_of_class

_ATTRIBUTE, _REFERENCES = "M1SHThk.Reading", "references"


@dataclass(frozen=True)
class ArchivedReading:
    """One reading that was put away.

    Attributes
    ----------
    node : vtkMRMLTextNode
    title : str
        Whose it is and when it was put away.
    results : mapping of (hemisphere, region) -> mapping of column -> value
    """

    node: object
    title: str
    results: dict

    def lines(self, key):
        """The curve nodes of a region that are still in the scene."""
        role = _role(key)
        count = self.node.GetNumberOfNodeReferences(role)
        lines = (self.node.GetNthNodeReference(role, number) for number in range(count))
        return [line for line in lines if line is not None]

    def show_lines(self, key):
        """Show the lines of this region and no others; None hides them all."""
        for other in exam_nodes.REGION_KEYS:
            for line in self.lines(other):
                line.SetDisplayVisibility(other == key)


def archive(scene, parameters):
    """Put the reading that the parameter node describes away; the parameter node is left to describe none.

    Parameters
    ----------
    scene : vtkMRMLScene
    parameters : M1SHThkParameterNode
    """
    node, references = parameters.parameterNode, parameters.references
    identity = exam_nodes.identity_from_parameters(node)
    time = datetime.now().astimezone().isoformat(timespec="seconds")
    who = " ".join(identity[name] for name in ("observer", "session") if identity[name])
    title = f"{who or 'Reading'}, {time[:16].replace('T', ' ')}"
    record = scene.AddNewNodeByClass("vtkMRMLTextNode", f"Reading {title}")
    record.SetAttribute(_ATTRIBUTE, title)
    drawn = [] if references is None else [references]
    for key in exam_nodes.REGION_KEYS:
        for line in exam_nodes.region_curves(node, key):
            record.AddNodeReferenceID(_role(key), line.GetID())
            drawn.append(line)
    if references is not None:
        record.SetNodeReferenceID(_REFERENCES, references.GetID())
    said = {" ".join(key): _of_region(node, key) for key in exam_nodes.REGION_KEYS}
    record.SetText(json.dumps({**identity, "time": time, "results": parameters.results, "regions": said}))
    _put_away(scene, record, drawn, parameters.inputVolume)
    _forget(parameters)


def archived_readings(scene):
    """The ArchivedReadings of a scene, oldest first."""
    records = [node for node in nodes_of_class(scene, "vtkMRMLTextNode") if node.GetAttribute(_ATTRIBUTE)]
    return [
        ArchivedReading(
            record, record.GetAttribute(_ATTRIBUTE), tables.stored_values(json.loads(record.GetText())["results"])
        )
        for record in records
    ]


def _role(key):
    return f"{exam_nodes.parameter_prefix(*key)}PialLines"


def _of_region(node, key):
    prefix = exam_nodes.parameter_prefix(*key)
    return {name: node.GetParameter(prefix + name) for name in ("WhiteMatterSegmentID", "Accepted", "Acceptance")}


def _put_away(scene, record, drawn, volume):
    """Hide and lock what was drawn, in a folder beside the volume."""
    hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(scene)
    beside = hierarchy.GetItemByDataNode(volume) if volume else 0
    parent = hierarchy.GetItemParent(beside) if beside else hierarchy.GetSceneItemID()
    folder = hierarchy.CreateFolderItem(parent, record.GetName())
    for node in (record, *drawn):
        item = hierarchy.GetItemByDataNode(node)
        if item:
            hierarchy.SetItemParent(item, folder)
    for node in drawn:
        node.SetDisplayVisibility(False)
        if node.IsA("vtkMRMLMarkupsCurveNode"):
            region_nodes.lock(node, True)


def _forget(parameters):
    parameters.references = None
    parameters.spleniumSegmentID = ""
    for key in exam_nodes.REGION_KEYS:
        prefix = exam_nodes.parameter_prefix(*key)
        setattr(parameters, f"{prefix}PialLines", [])
        setattr(parameters, f"{prefix}WhiteMatterSegmentID", "")
        setattr(parameters, f"{prefix}Accepted", False)
        setattr(parameters, f"{prefix}Acceptance", "")
    parameters.results = ""
