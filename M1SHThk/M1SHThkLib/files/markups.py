"""Curves that Slicer's markups save (`.mrk.json`) -> control points in world RAS, and back."""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..translation import tr as _
from .disk import naming, read_json, write_json

_SCHEMA = (
    "https://raw.githubusercontent.com/slicer/slicer/master/Modules/Loadable/Markups/Resources/Schema/"
    "markups-schema-v1.0.3.json#"
)
# Files of old scenes hold the number, as vtkMRMLMarkupsStorageNode::GetCoordinateSystemFromString still reads it.
_FROM_RAS = {"RAS": 1.0, "0": 1.0, "LPS": -1.0, "1": -1.0}
_PLACED = ("defined", "preview")
_NOT_PLACED = ("undefined", "missing")
_LONGEST_SHOWN = 80
_FARTHEST_MM = 1e4  # far beyond any scanner


@dataclass(frozen=True)
class Curve:
    """What a curve's file holds.

    Attributes
    ----------
    points : array, shape (n, 3)
        World RAS in mm.
    warnings : tuple of str
        Sentences for the user.
    """

    points: np.ndarray
    warnings: tuple[str, ...] = ()


def read_curve(path):
    """The placed control points of the open curve in a markups file, in drawing order.

    A point in preview counts where it has a position, as it does in Slicer's own curve: programs write that of real
    points. The one that hovers while Slicer draws is saved without.

    Returns
    -------
    Curve
        Of at least two points, in world RAS whichever of RAS and LPS the file is in.

    Raises
    ------
    ValueError
        If the file is missing or damaged, does not hold exactly one open curve in mm, or has fewer than two different
        points.
    """
    path = Path(path)
    if path.suffix.lower() == ".fcsv":
        raise ValueError(
            _("{path}: is a list of points of an old Slicer; draw an open curve and save it as .mrk.json").format(
                path=path
            )
        )
    content = read_json(path)
    with naming(path):
        points, left_out = _points(_one_curve(content))
    if not left_out:
        return Curve(points)
    whole = len(points) + left_out
    told = _("{path}: {left_out} of {whole} control points have no place and are left out.")
    return Curve(points, (told.format(path=path, left_out=left_out, whole=whole),))


def write_curve(path, points):
    """Writes control points as a Slicer markups curve.

    Parameters
    ----------
    path : path
        Ending in `.mrk.json`.
    points : array, shape (n, 3)
        World RAS in mm.

    Raises
    ------
    ValueError
        If the file cannot be written.
    """
    name = Path(path).name.removesuffix(".mrk.json")
    lps = np.asarray(points, float) * [-1, -1, 1] + 0.0  # + 0.0 so that no coordinate is -0.0
    curve = {
        "type": "Curve",
        "coordinateSystem": "LPS",
        "coordinateUnits": "mm",
        "locked": False,
        "fixedNumberOfControlPoints": False,
        "labelFormat": "%N-%d",
        "lastUsedControlPointNumber": len(lps),
        "controlPoints": [_control_point(name, number, point) for number, point in enumerate(lps.tolist(), 1)],
        "measurements": [],
    }
    write_json(path, {"@schema": _SCHEMA, "markups": [curve]})


def _control_point(name, number, position):
    return {
        "id": str(number),
        "label": f"{name}-{number}",
        "description": "",
        "associatedNodeID": "",
        "position": position,
        "orientation": [-1.0, 0.0, 0.0, 0.0, -1.0, 0.0, 0.0, 0.0, 1.0],
        "selected": True,
        "locked": False,
        "visibility": True,
        "positionStatus": "defined",
    }


def _one_curve(content):
    markups = content.get("markups") if isinstance(content, dict) else None
    if not isinstance(markups, list) or not all(isinstance(markup, dict) for markup in markups):
        raise ValueError(_("is not a Slicer markups file; save an open curve from Slicer as .mrk.json"))
    if len(markups) != 1:
        raise ValueError(_("holds {count} markups; save each curve in a file of its own").format(count=len(markups)))
    kind = markups[0].get("type")
    if kind != "Curve":
        raise ValueError(
            _("holds a markup of type {kind}; draw the pial line as an open curve (type Curve)").format(
                kind=_shown(kind)
            )
        )
    return markups[0]


def _points(curve):
    system = str(curve.get("coordinateSystem", "LPS"))
    if system not in _FROM_RAS:
        raise ValueError(_("its coordinateSystem is {system}; it must be LPS or RAS").format(system=_shown(system)))
    unit = curve.get("coordinateUnits", "mm")
    if unit != "mm" and not (isinstance(unit, list) and unit[:2] == ["mm", "UCUM"]):
        raise ValueError(_("its coordinateUnits are {unit}; they must be mm").format(unit=_shown(unit)))
    control_points = curve.get("controlPoints")
    if not isinstance(control_points, list):
        raise ValueError(_("has no list of controlPoints; save the curve from Slicer again"))
    placed = [_position(point, number) for number, point in enumerate(control_points, 1) if _is_placed(point, number)]
    points = np.array(placed, float).reshape(-1, 3)
    different = len(np.unique(points, axis=0))
    if different < 2:
        count = {0: _("no control point"), 1: _("one control point")}[different]
        without = (
            _(" with a place, of {count}").format(count=len(control_points))
            if len(control_points) > len(points)
            else ""
        )
        raise ValueError(
            _("has only {count}{without}; draw the pial line with at least two, better five or more").format(
                count=count, without=without
            )
        )
    return points * [_FROM_RAS[system], _FROM_RAS[system], 1], len(control_points) - len(points)


def _is_placed(point, number):
    status = point.get("positionStatus", "defined") if isinstance(point, dict) else None
    if status not in _PLACED + _NOT_PLACED:
        told = _("control point {number} has the positionStatus {status}").format(number=number, status=_shown(status))
        raise ValueError(_("{told}; save the curve from Slicer again").format(told=told))
    return status == "defined" or (status == "preview" and point.get("position") not in (None, ""))


def _position(point, number):
    position = point.get("position")
    is_vector = isinstance(position, list) and len(position) == 3
    if not is_vector or not all(type(x) in (int, float) and abs(x) < math.inf for x in position):
        raise ValueError(
            _("control point {number} has the position {position}; it must be three numbers").format(
                number=number, position=_shown(position)
            )
        )
    if max(map(abs, position)) > _FARTHEST_MM:
        raise ValueError(
            _("control point {number} is at {position}, beyond any scanner; place it on the image").format(
                number=number, position=_shown(position)
            )
        )
    return position


def _shown(value):
    return str(value)[:_LONGEST_SHOWN]
