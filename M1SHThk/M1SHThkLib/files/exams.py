"""An exam as files: `exam.json` with its image, segments and curves -> Exam, and back."""

import os
from pathlib import Path

import numpy as np

from ..measuring import codes
from ..measuring.echoes import averaged_echoes, checked_echo_times, combine, needed_boxes, settings_for
from ..measuring.exam import SCHEMA, Exam, Region
from ..measuring.image import Image
from ..measuring.roi import roi_from_mask
from ..translation import tr as _
from .disk import existing, made_folder, naming, read_json, sha256, write_json
from .echo_images import read_echoes
from .exam_maps import described_map, map_paths, needs_echo_times, read_maps
from .exam_schema import check_exam
from .images import write_image
from .markups import read_curve, write_curve
from .names import cleaned
from .parts import files_of
from .segments import LabelFile, write_segmentation
from .sidecars import sidecar_echo_times, sidecar_field_strength, sidecar_path

_FARTHEST_OFF_MM = 50.0  # that a point of a line may lie off the image
_GREATEST = 1e50  # intensity; its square and sums of squares are numbers still


def read_exam(path):
    """Reads an exam and all that it names; paths in it are relative to the file itself.

    Echo times and field strength that it leaves out are taken from the BIDS sidecars beside the images.

    Parameters
    ----------
    path : path
        An `exam.json`.

    Returns
    -------
    Exam
        `origin` holds `file`, `description` (the exam file's content), `echo_times_ms` and `echo_times_from`,
        `echo_combination`, `field_strength_from`, and `inputs`: path, relative to the exam, and SHA-256 of every file
        that was read.

    Raises
    ------
    ValueError
        In one line the file, what is wrong with it and what would be right.
    """
    path = Path(path)
    description = _read_description(path)
    inputs = _checksums(path, description)  # before reading: what changes meanwhile does not pass for what was read
    image_description = description["image"]
    method = image_description.get("echo_combination") or "mean"
    with naming(path):
        settings = settings_for(method, description.get("settings") or {})

    image_paths = [path.parent / name for name in _listed(image_description["path"])]
    images = read_echoes(image_paths, settings, method)
    echoes, affine, sidecars = images.echoes, images.affine, images.sidecars
    times_for = "r2star" if needs_echo_times(description) else method
    times, times_from, warnings = _echo_times(path, image_description, sidecars, len(echoes), times_for)
    field_strength, field_from = _field_strength(path, description, sidecars)

    grid = Image(echoes[0], affine, str(image_paths[0]))
    rois = _Rois(grid, path.parent)
    splenium = rois.read(description["splenium"])
    curves = _Curves(grid, path.parent)
    regions = tuple(
        Region(
            region["hemisphere"],
            region["region"],
            tuple(curves.read(name, f"{region['hemisphere']} {region['region']}") for name in region["pial_lines"]),
            rois.read(region["white_matter"]),
        )
        for region in description["regions"]
    )

    lines = [line for region in regions for line in region.pial_lines]
    references = [splenium, *(region.white_matter for region in regions)]
    boxes = needed_boxes(grid, lines, references, settings.depth_max_mm)
    # The image itself may be a mean already, as one that Slicer combined.
    averaged = (image_description.get("averaged_echoes") or 1) * averaged_echoes(method, len(echoes))
    with naming(image_paths[0]):
        voxels = combine(echoes, method, times, boxes if method == "r2star" else None)
        _check_size_of_numbers(voxels)
    maps, of_maps = read_maps(description, path.parent, echoes, affine, times, boxes)
    return Exam(
        subject=cleaned(description["subject"]),
        image=Image(voxels, affine, grid.name, averaged, images.in_scanner_frame),
        splenium=splenium,
        regions=regions,
        settings=settings,
        session=cleaned(description.get("session") or "") or None,
        observer=cleaned(description.get("observer") or "") or None,
        group=description.get("group"),
        field_strength_tesla=field_strength,
        origin={
            "file": str(path),
            "description": description,
            "echo_times_ms": times and list(times),
            "echo_times_from": times_from,
            "echo_combination": method,
            "field_strength_from": field_from,
            "inputs": inputs,
        },
        warnings=tuple(dict.fromkeys([*images.warnings, *warnings, *of_maps, *rois.warnings, *curves.warnings])),
        accepted={(r["hemisphere"], r["region"]): r["accepted"] for r in description["regions"] if r.get("accepted")},
        maps=maps,
    )


def write_exam(folder, exam, echoes=None, echo_times_ms=None, echo_combination="mean", compact=False):
    """Writes an exam as files that `read_exam` and Slicer read; the same exam gives the same bytes.

    Writes `t2star.nii.gz`, `references.seg.nrrd`, a `.mrk.json` a pial line, a `map_*.nii.gz` a map and, last,
    `exam.json`. Each file is whole or as it was before.

    Parameters
    ----------
    folder : path
        Made where it is missing.
    exam : Exam
        Its `origin` and `warnings` are not written.
    echoes : sequence of arrays of shape (I, J, K), or one array of shape (I, J, K, E), optional
        The image's echoes, on the grid of `exam.image`, which alone is written by default.
    echo_times_ms : sequence of float, optional
        One an echo, in ms.
    echo_combination : str
        How `read_exam` is to combine them.
    compact : bool
        Store the image in half the space or less, as `write_nifti` does.

    Returns
    -------
    Path
        The exam file.

    Raises
    ------
    ValueError
        If `read_exam` would refuse the exam, or a file cannot be written.
    """
    folder = made_folder(folder)
    exam_path = folder / "exam.json"
    averaged = None
    if echoes is None:
        echoes, averaged = [exam.image.voxels], exam.image.echoes if exam.image.echoes > 1 else None
    elif isinstance(echoes, np.ndarray):
        echoes = np.moveaxis(echoes, -1, 0)
    with naming(exam_path):
        if exam.field_strength_tesla is None:
            raise ValueError(_("the exam lacks the field strength; add it"))
        if any(echo.shape != exam.image.voxels.shape for echo in echoes):
            raise ValueError(_("the echoes lie on another grid than the exam's image; give echoes of one scan"))
        if echo_times_ms is not None:
            echo_times_ms = list(checked_echo_times(echo_times_ms, len(echoes), echo_combination)[0])
    segments = {"Splenium": exam.splenium.indices}
    terminology = {"Splenium": codes.terminology(codes.SPLENIUM)}
    lines = {}
    regions = []
    for region in exam.regions:
        segment = f"White matter {region.name}"
        segments[segment] = region.white_matter.indices
        terminology[segment] = codes.terminology(codes.WHITE_MATTER, region.region, region.hemisphere)
        stem = f"{region.hemisphere}_{region.region}"
        names = [f"{stem}{f'_{number}' if number > 1 else ''}.mrk.json" for number in _counted(region.pial_lines)]
        lines.update(zip(names, region.pial_lines, strict=True))
        regions.append(
            {
                "hemisphere": region.hemisphere,
                "region": region.region,
                "pial_lines": names,
                "white_matter": {"path": "references.seg.nrrd", "segment": segment},
            }
        )
    description = {
        "schema": SCHEMA,
        "subject": exam.subject,
        "session": exam.session,
        "observer": exam.observer,
        "group": exam.group,
        "field_strength_tesla": exam.field_strength_tesla,
        "image": {
            "path": "t2star.nii.gz",
            "echo_times_ms": echo_times_ms,
            "echo_combination": echo_combination,
            "averaged_echoes": averaged,
        },
        "splenium": {"path": "references.seg.nrrd", "segment": "Splenium"},
        "regions": regions,
        "settings": exam.settings.changed() or None,
        "maps": [described_map(one, f"map_{one.name}.nii.gz") for one in exam.maps] or None,
    }
    description = _without_missing(description)
    with naming(exam_path):
        check_exam(description)
    write_image(folder / "t2star.nii.gz", echoes, exam.image.affine, compact)
    references, shape = folder / "references.seg.nrrd", exam.image.voxels.shape
    write_segmentation(references, segments, shape, exam.image.affine, terminology)
    for one in exam.maps:
        write_image(folder / f"map_{one.name}.nii.gz", [one.image.voxels], one.image.affine, compact)
    for name, points in lines.items():
        write_curve(folder / name, points)
    write_json(exam_path, description)
    return exam_path


def exam_inputs(path):
    """Every file that `read_exam` reads, in this order.

    Parameters
    ----------
    path : path
        An `exam.json`.

    Returns
    -------
    list of dict
        `path`, relative to the exam, and `sha256`.

    Raises
    ------
    ValueError
        If the exam is faulty, or a file is missing or cannot be read.
    """
    path = Path(path)
    return _checksums(path, _read_description(path))


def _read_description(path):
    description = read_json(path)
    with naming(path):
        check_exam(description)
    return description


def _checksums(path, description):
    folder, regions = path.parent, description["regions"]
    images = [folder / name for name in _listed(description["image"]["path"])]
    sidecars = [sidecar for sidecar in map(sidecar_path, images) if sidecar]
    maps = [folder / name for name in map_paths(description)]
    drawn = [description["splenium"]["path"]]
    for region in regions:
        drawn += [*region["pial_lines"], region["white_matter"]["path"]]
    named = [path, *images, *sidecars, *maps, *(folder / name for name in drawn)]
    files = dict.fromkeys(file for one in named for file in files_of(existing(one)))
    return [{"path": _relative(file, folder), "sha256": sha256(file)} for file in files]


def _relative(path, folder):
    if path.drive != folder.drive:  # another Windows drive cannot be reached by a relative path
        return path.as_posix()
    return Path(os.path.relpath(path, folder)).as_posix()


class _Curves:
    """Reads pial lines that were drawn on the image."""

    def __init__(self, grid, folder):
        self._grid = grid
        self._folder = folder
        self.warnings = []

    def read(self, name, region):
        path = self._folder / name
        curve = read_curve(path)
        self.warnings += curve.warnings
        indices = self._grid.index_of(curve.points)
        inside = np.clip(indices, 0, np.array(self._grid.voxels.shape) - 1)
        off = np.linalg.norm(self._grid.position_of(inside) - curve.points, axis=1)
        if off.max() > _FARTHEST_OFF_MM:
            number = int(off.argmax())
            raise ValueError(
                _(
                    "{path}: control point {number} of the {region} lies {off:.0f} mm off {name}; place it "
                    "on this image"
                ).format(
                    path=path, number=number + 1, region=region.replace("_", " "), off=off[number], name=self._grid.name
                )
            )
        return curve.points


class _Rois:
    """Reads ROIs onto the image's grid; each file once, however many ROIs it holds."""

    def __init__(self, grid, folder):
        self._grid = grid
        self._folder = folder
        self._files = {}

    @property
    def warnings(self):
        return [warning for file in self._files.values() for warning in file.warnings]

    def read(self, description):
        path = self._folder / description["path"]
        if path not in self._files:
            self._files[path] = LabelFile(path)
        if "segment" in description:
            name = f"{path}: segment '{description['segment']}'"
            mask, affine = self._files[path].segment(description["segment"])
        else:
            name = f"{path}: label {description['label']}"
            mask, affine = self._files[path].label(description["label"])
        return roi_from_mask(mask, affine, self._grid, name)


def _check_size_of_numbers(voxels):
    if voxels.dtype.itemsize > 4 and np.abs(voxels[np.isfinite(voxels)]).max(initial=0) > _GREATEST:
        raise ValueError(
            _("holds intensities beyond {greatest:g}, with which nothing can be computed; export it again").format(
                greatest=_GREATEST
            )
        )


def _echo_times(path, image_description, sidecars, n_echoes, method):
    """Echo times in ms or None, the file that they come from or None, and warnings."""
    times, source = image_description.get("echo_times_ms"), path
    if times is None:
        times, source = sidecar_echo_times(sidecars)
    if times is None:
        if method == "r2star":
            raise ValueError(_("{path}: R2* needs the echo times; give them in image.echo_times_ms").format(path=path))
        warning = _(
            "{path}: the times of the {n_echoes} echoes are not known; give them in image.echo_times_ms."
        ).format(path=path, n_echoes=n_echoes)
        return None, None, (warning,) if n_echoes > 1 else ()
    with naming(source):
        times, warnings = checked_echo_times(times, n_echoes, method)
    return times, source.name, tuple(f"{source}: {warning}" for warning in warnings)


def _field_strength(path, description, sidecars):
    """Field strength in tesla, and the file that it comes from."""
    if description.get("field_strength_tesla") is not None:
        return float(description["field_strength_tesla"]), path.name
    tesla, source = sidecar_field_strength(sidecars)
    if tesla is None:
        raise ValueError(
            _("{path}: lacks 'field_strength_tesla', and the image has no BIDS sidecar that gives it; add it").format(
                path=path
            )
        )
    return tesla, source.name


def _listed(value):
    return value if isinstance(value, list) else [value]


def _counted(lines):
    return range(1, len(lines) + 1)


def _without_missing(value):
    if not isinstance(value, dict):
        return value
    return {key: _without_missing(member) for key, member in value.items() if member is not None}
