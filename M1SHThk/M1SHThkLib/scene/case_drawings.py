"""What was drawn of a case, between the scene and plain data: kept outside the scene, so that a crash loses nothing."""

import base64

from . import exam_nodes, region_nodes, roi_nodes

_SPLENIUM = "splenium"


def drawings_of(logic):
    """Lines, ROIs and acceptances as plain data; what is not drawn is left out.

    Parameters
    ----------
    logic : SceneLogic

    Returns
    -------
    dict
        `lines`: by region ('left hand_knob') the control points of each line, world RAS in mm; `rois`: by region or
        'splenium' the voxels; `accepted`: by region the signature as text.
    """
    parameterNode = logic.getParameterNode()
    references = parameterNode.references
    rois = {_SPLENIUM: roi_nodes.voxels_of(references, parameterNode.spleniumSegmentID)}
    lines, accepted = {}, {}
    for key in exam_nodes.REGION_KEYS:
        name = " ".join(key)
        rois[name] = roi_nodes.voxels_of(references, logic.ofRegion(key, "WhiteMatterSegmentID"))
        lines[name] = [exam_nodes.points_from_curve(line).tolist() for line in logic.measuredLines(key)]
        if logic.ofRegion(key, "Accepted"):
            accepted[name] = logic.ofRegion(key, "Acceptance")
    return {
        "lines": {name: own for name, own in lines.items() if own},
        "rois": {name: _plain(own) for name, own in rois.items() if own != roi_nodes.NOTHING},
        "accepted": accepted,
    }


def restore_drawings(logic, drawings):
    """Draw again what `drawings_of` gave, in a scene whose volume is chosen and in which nothing is drawn."""
    parameterNode = logic.getParameterNode()
    for name, roi in drawings["rois"].items():
        key = None if name == _SPLENIUM else tuple(name.split(" "))
        segment = logic.spleniumSegment() if key is None else logic.whiteMatterSegment(key)
        roi_nodes.set_voxels(parameterNode.references, segment, _voxels(roi))
    for name, lines in drawings["lines"].items():
        for points in lines:
            region_nodes.set_points(logic.addLine(tuple(name.split(" "))), points)
    for name, signature in drawings["accepted"].items():
        key = tuple(name.split(" "))
        logic.setOfRegion(key, "Acceptance", signature)
        logic.setOfRegion(key, "Accepted", True)


def _plain(voxels):
    return {
        "mask": base64.b64encode(voxels.mask).decode(),
        "extent": list(voxels.extent),
        "grid": list(voxels.grid),
    }


def _voxels(plain):
    return roi_nodes.Voxels(base64.b64decode(plain["mask"]), tuple(plain["extent"]), tuple(plain["grid"]))
