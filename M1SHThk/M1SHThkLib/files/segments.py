"""Segments of a Slicer segmentation (`.seg.nrrd`), labels of a label map -> masks, and back."""

import gzip
from collections import Counter
from dataclasses import dataclass

import numpy as np

from ..translation import tr as _
from .disk import naming, replacing
from .images import read_image

_COLORS = ((0.9, 0.3, 0.2), (0.9, 0.8, 0.3), (0.4, 0.8, 0.3), (0.3, 0.7, 0.9), (0.6, 0.4, 0.9))
_TISSUE = (  # what Slicer takes a new segment for
    "Segmentation category and type - 3D Slicer General Anatomy list~SCT^85756007^Tissue~SCT^85756007^Tissue~^^"
    "~Anatomic codes - DICOM master list~^^~^^"
)
_MOST_SHOWN = 12
_HAIR = 0.01  # by which a label in floating point may miss its whole number


@dataclass(frozen=True)
class _Segment:
    id: str
    name: str
    label: int
    layer: int


class LabelFile:
    """A segmentation or label map, read once, whose segments and labels are handed out as small masks.

    Raises
    ------
    ValueError
        If the file is missing or damaged, or holds no whole numbers.
    """

    def __init__(self, path):
        self.path = path
        file = read_image(path)
        self._layers = file.volumes
        self._affine = file.affine
        self.warnings = file.warnings
        with naming(path):
            self._segments = _segments(file.fields)

    def segment(self, name):
        """Mask and affine of the segment of that ID or, if there is none, of that name.

        Returns
        -------
        mask : bool array, shape (A, B, C)
            The box around the segment; without voxels where the segment is empty.
        affine : array, shape (4, 4)
            Mask index -> world RAS in mm.

        Raises
        ------
        ValueError
            If there is no such segment, or several have the name.
        """
        found = [s for s in self._segments if s.id == name] or [s for s in self._segments if s.name == name]
        if not self._segments:
            raise ValueError(
                _("{path}: holds no segments; give a label, or save a segmentation from Slicer").format(path=self.path)
            )
        if not found:
            names = ", ".join(f"'{segment.name}'" for segment in self._segments)
            raise ValueError(
                _("{path}: has no segment '{name}'; it has {names}").format(path=self.path, name=name, names=names)
            )
        if len(found) > 1:
            ids = ", ".join(segment.id for segment in found)
            raise ValueError(
                _("{path}: {count} segments are called '{name}'; give the ID of one: {ids}").format(
                    path=self.path, count=len(found), name=name, ids=ids
                )
            )
        (segment,) = found
        if segment.layer >= len(self._layers):
            raise ValueError(
                _("{path}: lacks the voxels of segment '{name}'; save it from Slicer again").format(
                    path=self.path, name=name
                )
            )
        return self._boxed(self._voxels_of(segment.layer, segment.label))

    def label(self, value):
        """Mask and affine, as for `segment`, of the voxels of that value; in floating point, of what rounds to it.

        Raises
        ------
        ValueError
            If no voxel has the value, or segments overlap, so that a value alone is not clear.
        """
        if len(self._layers) > 1:
            raise ValueError(
                _("{path}: has several layers of labels; name a segment instead of label {label}").format(
                    path=self.path, label=value
                )
            )
        mask = self._voxels_of(0, value)
        if not mask.any():
            raise ValueError(
                _("{path}: no voxel has the label {label}; there are {layers}").format(
                    path=self.path, label=value, layers=_shown_labels(self._layers[0])
                )
            )
        return self._boxed(mask)

    def _voxels_of(self, layer, label):
        voxels = self._layers[layer]
        if voxels.dtype.kind != "f":
            return voxels == label
        mask = np.abs(voxels - label) <= _HAIR
        lowest = voxels[mask].min(initial=label)
        if lowest < label:
            shown = _("label {label} is stored as {stored!r}; Slicer drops decimals and shows {shown}.").format(
                label=label, stored=float(lowest), shown=label - 1
            )
            self.warnings = tuple(dict.fromkeys((*self.warnings, f"{self.path}: {shown}")))
        return mask

    def _boxed(self, mask):
        if not mask.any():
            return np.zeros((0, 0, 0), bool), self._affine
        extents = [np.flatnonzero(mask.any(axis=others))[[0, -1]] for others in ((1, 2), (0, 2), (0, 1))]
        affine = self._affine.copy()
        affine[:3, 3] += affine[:3, :3] @ [first for first, _ in extents]
        return mask[tuple(slice(first, last + 1) for first, last in extents)].copy(), affine


def write_segmentation(path, segments, shape, affine, terminology=None):
    """Writes segments as Slicer's vtkMRMLSegmentationStorageNode does; the same content gives the same bytes.

    Parameters
    ----------
    path : path
        Ending in `.seg.nrrd`.
    segments : dict of str -> int array of shape (n, 3)
        Voxel indices of each segment, by name; segments may overlap.
    shape : (int, int, int)
        Size of the grid.
    affine : array, shape (4, 4)
        Voxel index -> world RAS in mm.
    terminology : mapping of str -> str, optional
        The entries of segments, by name (see `codes.terminology`).

    Raises
    ------
    ValueError
        If a segment is empty or the file cannot be written.
    """
    with naming(path):
        layers, fields = _layered(segments, shape, terminology or {})
    fields["Segmentation_ConversionParameters"] = _reference_geometry(shape, affine)
    header = _header(layers, affine) + "".join(f"{key}:={value}\n" for key, value in sorted(fields.items()))
    voxels = np.stack(layers) if len(layers) > 1 else layers[0]
    with replacing(path) as temporary, open(temporary, "wb") as file:
        file.write(header.encode() + b"\n")
        with gzip.GzipFile("", "wb", fileobj=file, mtime=0) as compressed:
            compressed.write(voxels.tobytes(order="F"))


def _segments(fields):
    if "Segmentation_Extent" in fields:
        raise ValueError(_("was saved by Slicer 4; open it in Slicer 5 and save it again"))
    segments = []
    while (key := f"Segment{len(segments)}") + "_ID" in fields:
        identifier = fields[key + "_ID"]
        label = fields.get(key + "_LabelValue", "1")
        layer = fields.get(key + "_Layer", str(len(segments)))
        if not (label.isdecimal() and layer.isdecimal()):
            raise ValueError(
                _("{key} has the label value '{label}' and layer '{layer}'; save it from Slicer again").format(
                    key=key, label=label, layer=layer
                )
            )
        segments.append(_Segment(identifier, fields.get(key + "_Name", identifier), int(label), int(layer)))
    return segments


def _shown_labels(voxels):
    values = np.unique(voxels)
    values = values[(values != 0) & np.isfinite(values)]
    if not len(values):
        return "none but 0"
    more = " ..." if len(values) > _MOST_SHOWN else ""
    return ", ".join(f"{value:g}" for value in values[:_MOST_SHOWN]) + more


def _layered(segments, shape, terminology):
    """Label maps, each of as many segments as do not overlap, and the header fields that tell which is where."""
    layers, fields, labels = [], _SEGMENTATION_FIELDS.copy(), Counter()
    for number, (name, indices) in enumerate(segments.items()):
        if not len(indices):
            raise ValueError(_("segment '{name}' is empty; leave it out or draw it").format(name=name))
        voxels = tuple(np.asarray(indices).T)
        free = (layer for layer, map_ in enumerate(layers) if not map_[voxels].any())
        layer = next(free, len(layers))
        if layer == len(layers):
            layers.append(np.zeros(shape, np.uint8))
        labels[layer] += 1
        layers[layer][voxels] = labels[layer]
        color = _COLORS[number % len(_COLORS)]
        fields |= {
            f"Segment{number}_Color": " ".join(f"{part:g}" for part in color),
            f"Segment{number}_ColorAutoGenerated": "0",
            f"Segment{number}_Extent": " ".join(f"{axis.min()} {axis.max()}" for axis in voxels),
            f"Segment{number}_ID": f"Segment_{number + 1}",
            f"Segment{number}_LabelValue": labels[layer],
            f"Segment{number}_Layer": layer,
            f"Segment{number}_Name": name,
            f"Segment{number}_NameAutoGenerated": "0",
            f"Segment{number}_Tags": f"TerminologyEntry:{terminology.get(name, _TISSUE)}|",
        }
    return layers, fields


_SEGMENTATION_FIELDS = {
    "Segmentation_ContainedRepresentationNames": "Binary labelmap|",
    "Segmentation_MasterRepresentation": "Binary labelmap",
    "Segmentation_ReferenceImageExtentOffset": "0 0 0",
}


def _reference_geometry(shape, affine):
    """The conversion parameter that makes Slicer's segment editor go on drawing on this grid."""
    numbers = [*(repr(float(number)) for number in np.ravel(affine)), *(f"0;{size - 1}" for size in shape)]
    return f"Reference image geometry|{';'.join(numbers)};|&"


def _header(layers, affine):
    def vector(numbers):
        return "(" + ",".join(repr(float(number) + 0.0) for number in numbers) + ")"

    lps = np.diag([-1.0, -1.0, 1.0, 1.0]) @ affine
    several = len(layers) > 1
    sizes = [len(layers)] * several + list(layers[0].shape)
    directions = ["none"] * several + [vector(lps[:3, axis]) for axis in range(3)]
    kinds = ["list"] * several + ["domain"] * 3
    return (
        "NRRD0004\n"
        "# Complete NRRD file format specification at:\n"
        "# http://teem.sourceforge.net/nrrd/format.html\n"
        "type: unsigned char\n"
        f"dimension: {len(sizes)}\n"
        "space: left-posterior-superior\n"
        f"sizes: {' '.join(map(str, sizes))}\n"
        f"space directions: {' '.join(directions)}\n"
        f"kinds: {' '.join(kinds)}\n"
        "encoding: gzip\n"
        f"space origin: {vector(lps[:3, 3])}\n"
    )
