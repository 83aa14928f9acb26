"""An exam as files: `exam.json` with its image, segments and curves -> Exam, and back."""

import os
from pathlib import Path

import numpy as np

from ..measuring.echoes import checked_echo_times, combine, needed_boxes, settings_for
from ..measuring.exam import SCHEMA, Exam, Region
from ..measuring.image import Image
from ..measuring.roi import roi_from_mask
from ..measuring.settings import Settings
from .disk import existing, made_folder, naming, read_json, sha256, write_json
from .exam_schema import HIGHEST_FIELD_TESLA, check_exam, positive_number
from .images import farthest_corner, files_of, read_image, write_image
from .markups import read_curve, write_curve
from .segments import LabelFile, write_segmentation

_SAME_GRID_MM = 0.01


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
    echoes, affine, warnings = _read_echoes(image_paths)
    sidecars = _read_sidecars(image_paths)
    times, times_from, time_warnings = _echo_times(path, image_description, image_paths, sidecars, len(echoes), method)
    field_strength, field_from = _field_strength(path, description, sidecars)

    grid = Image(echoes[0], affine, str(image_paths[0]))
    rois = _Rois(grid, path.parent)
    splenium = rois.read(description["splenium"])
    regions = tuple(
        Region(
            region["hemisphere"],
            region["region"],
            tuple(read_curve(path.parent / name) for name in region["pial_lines"]),
            rois.read(region["white_matter"]),
        )
        for region in description["regions"]
    )

    boxes = None
    if method == "r2star":
        lines = [line for region in regions for line in region.pial_lines]
        references = [splenium, *(region.white_matter for region in regions)]
        boxes = needed_boxes(grid, lines, references, settings.depth_max_mm)
    with naming(image_paths[0]):
        voxels = combine(echoes, method, times, boxes)
    return Exam(
        subject=description["subject"],
        image=Image(voxels, affine, grid.name),
        splenium=splenium,
        regions=regions,
        settings=settings,
        session=description.get("session"),
        observer=description.get("observer"),
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
        warnings=tuple(dict.fromkeys([*warnings, *time_warnings, *rois.warnings])),
        accepted={(r["hemisphere"], r["region"]): r["accepted"] for r in description["regions"] if r.get("accepted")},
    )


def write_exam(folder, exam, echoes=None, echo_times_ms=None, echo_combination="mean"):
    """Writes an exam as files that `read_exam` and Slicer read; the same exam gives the same bytes.

    Writes `t2star.nii.gz`, `references.seg.nrrd`, a `.mrk.json` a pial line and, last, `exam.json`. Each file is whole
    or as it was before.

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
    if echoes is None:
        echoes = [exam.image.voxels]
    elif isinstance(echoes, np.ndarray):
        echoes = np.moveaxis(echoes, -1, 0)
    with naming(exam_path):
        if exam.field_strength_tesla is None:
            raise ValueError("the exam lacks the field strength; add it")
        if any(echo.shape != exam.image.voxels.shape for echo in echoes):
            raise ValueError("the echoes lie on another grid than the exam's image; give echoes of one scan")
        if echo_times_ms is not None:
            echo_times_ms = list(checked_echo_times(echo_times_ms, len(echoes), echo_combination)[0])
    segments = {"Splenium": exam.splenium.indices}
    lines = {}
    regions = []
    for region in exam.regions:
        segment = f"White matter {region.name}"
        segments[segment] = region.white_matter.indices
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
        },
        "splenium": {"path": "references.seg.nrrd", "segment": "Splenium"},
        "regions": regions,
        "settings": _changed(exam.settings),
    }
    description = _without_missing(description)
    with naming(exam_path):
        check_exam(description)
    write_image(folder / "t2star.nii.gz", echoes, exam.image.affine)
    write_segmentation(folder / "references.seg.nrrd", segments, exam.image.voxels.shape, exam.image.affine)
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
    sidecars = [sidecar for sidecar in map(_sidecar_of, images) if sidecar.is_file()]
    drawn = [description["splenium"]["path"]]
    for region in regions:
        drawn += [*region["pial_lines"], region["white_matter"]["path"]]
    named = [path, *images, *sidecars, *(folder / name for name in drawn)]
    files = dict.fromkeys(file for one in named for file in files_of(existing(one)))
    return [{"path": _relative(file, folder), "sha256": sha256(file)} for file in files]


def _relative(path, folder):
    if path.drive != folder.drive:  # another Windows drive cannot be reached by a relative path
        return path.as_posix()
    return Path(os.path.relpath(path, folder)).as_posix()


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


def _read_echoes(paths):
    """Volumes, affine and warnings of one 3D or 4D image, or of several 3D images on one grid."""
    files = [read_image(path) for path in paths]
    first = files[0]
    if len(files) == 1:
        return first.volumes, first.affine, first.warnings
    volumes = []
    for path, file in zip(paths, files, strict=True):
        if len(file.volumes) > 1:
            raise ValueError(f"{path}: holds {len(file.volumes)} volumes; in a list each image holds one echo")
        volumes.append(file.volumes[0])
        shape = volumes[0].shape
        if volumes[-1].shape != shape or farthest_corner(file.affine, first.affine, shape) > _SAME_GRID_MM:
            raise ValueError(f"{path}: lies on another grid than {paths[0]}; give echoes of one scan")
    return volumes, first.affine, [warning for file in files for warning in file.warnings]


def _read_sidecars(image_paths):
    """The BIDS sidecar, its path and its content, of each image that has one beside it."""
    sidecars = []
    for image in image_paths:
        path = _sidecar_of(image)
        if path.is_file():
            sidecars.append((path, read_json(path)))
            if not isinstance(sidecars[-1][1], dict):
                raise ValueError(f"{path}: is no BIDS sidecar; one JSON object is needed")
    return sidecars


def _sidecar_of(image):
    name = image.name
    stem = name[: -len(".nii.gz")] if name.lower().endswith(".nii.gz") else image.stem
    return image.with_name(stem + ".json")


def _echo_times(path, image_description, image_paths, sidecars, n_echoes, method):
    """Echo times in ms or None, the file that they come from or None, and warnings."""
    times, source = image_description.get("echo_times_ms"), path
    if times is None:
        times, source = _sidecar_echo_times(image_paths, sidecars)
    if times is None:
        if method == "r2star":
            raise ValueError(f"{path}: R2* needs the echo times; give them in image.echo_times_ms")
        warning = f"{path}: the times of the {n_echoes} echoes are not known; give them in image.echo_times_ms."
        return None, None, (warning,) if n_echoes > 1 else ()
    with naming(source):
        times, warnings = checked_echo_times(times, n_echoes, method)
    return times, source.name, tuple(f"{source}: {warning}" for warning in warnings)


def _sidecar_echo_times(image_paths, sidecars):
    if not sidecars or len(sidecars) < len(image_paths):
        return None, None
    times = []
    for path, content in sidecars:
        seconds = content.get("EchoTime")
        if seconds is None:
            return None, None
        with naming(path):
            times += [positive_number(time, "EchoTime", "s") * 1000 for time in _listed(seconds)]
    # 1000 * 0.0186 is not quite 18.6.
    return [round(time, 9) for time in times], sidecars[0][0]


def _field_strength(path, description, sidecars):
    """Field strength in tesla, and the file that it comes from."""
    if description.get("field_strength_tesla") is not None:
        return float(description["field_strength_tesla"]), path.name
    for sidecar, content in sidecars:
        if "MagneticFieldStrength" in content:
            with naming(sidecar):
                value = positive_number(
                    content["MagneticFieldStrength"], "MagneticFieldStrength", "T", HIGHEST_FIELD_TESLA
                )
            return value, sidecar.name
    raise ValueError(f"{path}: lacks 'field_strength_tesla', and the image has no BIDS sidecar that gives it; add it")


def _listed(value):
    return value if isinstance(value, list) else [value]


def _counted(lines):
    return range(1, len(lines) + 1)


def _changed(settings):
    """The settings that differ from their defaults, None if there are none."""
    defaults = Settings().to_dict()
    return {name: value for name, value in settings.to_dict().items() if value != defaults[name]} or None


def _without_missing(value):
    if not isinstance(value, dict):
        return value
    return {key: _without_missing(member) for key, member in value.items() if member is not None}
