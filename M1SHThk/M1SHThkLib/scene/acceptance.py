"""Accepting a region is a signature: what it rested on is kept, so that any change afterwards is told by its name."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from . import exam_nodes, tables

SAME_PLACE_MM = 1e-4  # a saved scene keeps positions to 1e-12 mm
SAME_VALUE = 1e-6
_VALUES = ("sh", "thk_mm", "sh_thk_per_mm")


@dataclass(frozen=True)
class Signature:
    """What was accepted.

    Attributes
    ----------
    time : str
        ISO 8601, local time with its offset.
    values : mapping
        The row of the measurements table.
    settings : mapping
    fingerprint : mapping
        Line, ROIs and image, as `Acceptances` gives it.
    """

    time: str
    values: dict
    settings: dict
    fingerprint: dict

    def to_text(self):
        """As JSON, which the parameter node keeps."""
        return json.dumps(vars(self))


class Acceptances:
    """Signs regions, and tells what has changed since.

    Every method takes the module's parameter node (vtkMRMLScriptedModuleNode) and, of a region, hemisphere and name.

    Parameters
    ----------
    reading : reading.Reading
        Knows the ROIs.
    """

    def __init__(self, reading):
        self._reading = reading
        self._image = None

    def sign(self, node, key, values):
        """The Signature of a region that is accepted now; `values`: its row of the measurements table."""
        time = datetime.now().astimezone().isoformat(timespec="seconds")
        return Signature(
            time, values, exam_nodes.settings_from_parameters(node).to_dict(), self._fingerprint(node, key)
        )

    def changes(self, node, key):
        """What differs from what was signed, in words; empty where nothing does, or nothing was signed."""
        signature = signature_of(node, key)
        if not _is_accepted(node, key) or signature is None:
            return []
        now = self._fingerprint(node, key)
        changed = [name for name, part in now.items() if not _is_same(signature.fingerprint[name], part)]
        if exam_nodes.settings_from_parameters(node).to_dict() != signature.settings:
            changed.append("settings")
        values = tables.stored_values(node.GetParameter("results")).get(key)
        # Where neither drawings nor settings explain it, another version of the program measures otherwise.
        if not changed and values and not all(_is_close(signature.values[name], values[name]) for name in _VALUES):
            changed.append("values")
        return changed

    def by_region(self, node):
        """Mapping of (hemisphere, region) -> one of M1SHThkLib.measuring.exam.ACCEPTED."""
        return {
            key: ("changed" if self.changes(node, key) else "yes") if _is_accepted(node, key) else "no"
            for key in exam_nodes.REGION_KEYS
        }

    def _fingerprint(self, node, key):
        """Line, ROIs and image of a region as plain JSON data; a part that is missing is None."""
        lines = [exam_nodes.points_from_curve(line).tolist() for line in exam_nodes.region_lines(node, key)]
        return {
            "line": lines or None,
            "white matter": self._digest_of_roi(node, key),
            "splenium": self._digest_of_roi(node, None),
            "image": self._digest_of_image(node.GetNodeReference("inputVolume")),
        }

    def _digest_of_roi(self, node, key):
        """Of the image's voxels that a ROI covers."""
        try:
            roi, _ = self._reading.reference(node, key)
            image = exam_nodes.image_from_volume(node.GetNodeReference("inputVolume"))
        except ValueError:
            return None
        last = np.array(image.voxels.shape) - 1
        indices = np.where(_reversed_axes(image), last - roi.indices, roi.indices)
        return _digest(indices[np.lexsort(indices.T)].astype("<i8"))

    def _digest_of_image(self, volume):
        """Taken once for every state of the image."""
        try:
            image = exam_nodes.image_from_volume(volume)
        except ValueError:
            return None
        is_reversed = _reversed_axes(image)
        stamp = volume.GetID(), volume.GetImageData().GetMTime()
        if self._image is None or self._image[0] != stamp:
            self._image = stamp, _digest(np.flip(image.voxels, np.flatnonzero(is_reversed)).T)
        last = (np.array(image.voxels.shape) - 1) * is_reversed
        return {
            "voxels": self._image[1],
            "first voxel": image.position_of(last).ravel().tolist(),
            "axes": (image.affine[:3, :3] * np.where(is_reversed, -1, 1)).tolist(),
        }


def signature_of(node, key):
    """The Signature of a region; None where it is not accepted, or was accepted before there were signatures."""
    text = node.GetParameter(f"{exam_nodes.parameter_prefix(*key)}Acceptance")
    return Signature(**json.loads(text)) if text else None


def _reversed_axes(image):
    """Which axes run from right to left, front to back or top to bottom, shape (3,).

    Slicer reverses one when it loads a volume whose axes it saved as a left-handed system; it is the same image.
    """
    axes = image.affine[:3, :3]
    return axes[np.abs(axes).argmax(0), range(3)] < 0


def _is_accepted(node, key):
    return node.GetParameter(f"{exam_nodes.parameter_prefix(*key)}Accepted") == "True"


def _is_close(before, now):
    if before is None or now is None:
        return before is now
    return abs(before - now) <= SAME_VALUE * abs(before)


def _is_same(signed, part):
    """Numbers within SAME_PLACE_MM of each other are the same place."""
    if isinstance(signed, list) and isinstance(part, list):
        return len(signed) == len(part) and all(map(_is_same, signed, part))
    if isinstance(signed, dict) and isinstance(part, dict):
        return signed.keys() == part.keys() and all(_is_same(signed[name], part[name]) for name in signed)
    if isinstance(signed, float) and isinstance(part, float):
        return abs(signed - part) <= SAME_PLACE_MM
    return signed == part


def _digest(array):
    return hashlib.blake2b(np.ascontiguousarray(array), digest_size=16).hexdigest()
