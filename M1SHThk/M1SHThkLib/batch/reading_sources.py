"""What can be read in a folder: exams, scenes, BIDS data sets, images and DICOM series -> images without drawings.

Whatever was drawn before is left behind, since the readers of a list see the image alone.
"""

import hashlib
import os
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ..files.bids import read_dataset, read_groups
from ..files.disk import naming, read_json, sha256
from ..files.echo_images import read_echoes
from ..files.exam_maps import map_paths
from ..files.exam_schema import check_exam, is_exam_file
from ..files.metaimage import SUFFIXES as METAIMAGE_SUFFIXES
from ..files.nifti import is_nifti
from ..files.nrrd import SUFFIXES as NRRD_SUFFIXES
from ..files.parts import files_of
from ..files.sidecars import sidecar_echo_times, sidecar_field_strength
from ..measuring.echoes import averaged_echoes, checked_echo_times, combine, settings_for
from ..measuring.settings import Settings
from .scenes import SUFFIXES as SCENE_SUFFIXES
from .scenes import opened_scene, scene_files

_OTHER_IMAGES = (*NRRD_SUFFIXES, *METAIMAGE_SUFFIXES)
_DRAWINGS = (".seg.nrrd",)
_DICOM_MARK, _DICOM_OFFSET = b"DICM", 128


@dataclass(frozen=True)
class SourceImage:
    """An image to be read.

    Attributes
    ----------
    voxels : array, shape (I, J, K)
    affine : array, shape (4, 4)
        Voxel index -> world RAS in mm.
    echo_times_ms : list of float, or None
    echo_combination : str or None
    averaged_echoes : int
    field_strength_tesla : float or None
    settings : dict
        That differ from their defaults.
    warnings : tuple of str
    """

    voxels: np.ndarray
    affine: np.ndarray
    echo_times_ms: list | None
    echo_combination: str | None
    averaged_echoes: int
    field_strength_tesla: float | None
    settings: dict
    warnings: tuple = ()


@dataclass(frozen=True)
class Source:
    """Where an exam lies and whose it is; `image()` reads it, a SourceImage."""

    name: str
    subject: str
    session: str | None
    group: str | None
    files: tuple
    image: object = field(repr=False)

    def checksum(self):
        """SHA-256 of all its files."""
        return hashlib.sha256("".join(map(sha256, self.files)).encode()).hexdigest()


def find_sources(root, leave_out=None, warn=lambda words: None):
    """What there is to read: of a BIDS data set its T2*-weighted scans, else all exams, scenes, images and series.

    An image that an exam or a scene names is no source of its own.

    Parameters
    ----------
    root : path
        A folder.
    leave_out : path, optional
        A folder in it of which nothing is taken.
    warn : callable
        Hears in words what is passed over.

    Returns
    -------
    list of Source
        In the order of their names.

    Raises
    ------
    ValueError
        If there is nothing to read, or a file is faulty.
    """
    root = Path(root)
    if not os.path.isdir(root):
        raise ValueError(f"{root}: is no folder; name the folder of the exams, or a BIDS data set")
    if (root / "dataset_description.json").is_file():
        return _bids_sources(root)
    files = sorted(path for path in root.rglob("*") if path.is_file() and not _is_hidden(path.relative_to(root)))
    if leave_out is not None:
        files = [path for path in files if Path(leave_out).resolve() not in path.resolve().parents]
    exams = [path for path in files if path.suffix == ".json" and is_exam_file(path)]
    scenes = [path for path in files if path.suffix.lower() in SCENE_SUFFIXES]
    sources = [_exam_source(root, path) for path in exams] + [_scene_source(root, path) for path in scenes]
    named = {file.resolve() for path in exams for file in _named(path)}
    named |= {file.resolve() for path in scenes for file in scene_files(path)}
    images = [path for path in files if path.resolve() not in named and _is_image(path)]
    sources += [_image_source(root, path) for path in images]
    series = [path for path in files if _is_dicom(path)]
    sources += _dicom_sources(root, series, warn) if series else []
    if not sources:
        raise ValueError(
            f"{root}: holds no exam.json, no scene, no image and no DICOM series; there is nothing to read"
        )
    return sorted(sources, key=lambda source: source.name)


def _named(path):
    """All image and label files that an exam file names."""
    description = read_json(path)
    with naming(path):
        check_exam(description)
    rois = [description["splenium"], *(region["white_matter"] for region in description["regions"])]
    names = [*_listed(description["image"]["path"]), *map_paths(description), *(roi["path"] for roi in rois)]
    return [part for name in names for part in files_of(path.parent / name)]


def _listed(value):
    return value if isinstance(value, list) else [value]


def _is_hidden(path):
    return any(part.startswith(".") for part in path.parts)


def _is_image(path):
    name = path.name.lower()
    return (is_nifti(path) or name.endswith(_OTHER_IMAGES)) and not name.endswith(_DRAWINGS)


def _is_dicom(path):
    with open(path, "rb") as file:
        return file.read(_DICOM_OFFSET + len(_DICOM_MARK))[_DICOM_OFFSET:] == _DICOM_MARK


def _combined(paths, method, times, settings, tesla, averaged=1):
    """The image of one file or of one file an echo; what is not given comes from the sidecars."""
    images = read_echoes(paths, settings, method)
    if times is None:
        times, _ = sidecar_echo_times(images.sidecars)
    warnings = images.warnings
    if times is not None:
        with naming(paths[0]):
            times, of_times = checked_echo_times(times, len(images.echoes), method)
        times, warnings = list(times), (*warnings, *(f"{paths[0]}: {warning}" for warning in of_times))
    if tesla is None:
        tesla, _ = sidecar_field_strength(images.sidecars)
    with naming(paths[0]):
        voxels = combine(images.echoes, method, times)
    return SourceImage(
        np.asarray(voxels),
        images.affine,
        times,
        method,
        averaged * averaged_echoes(method, len(images.echoes)),
        tesla,
        settings.changed(),
        warnings,
    )


def _exam_source(root, path):
    description = read_json(path)
    with naming(path):
        check_exam(description)
    of_image = description["image"]
    method = of_image.get("echo_combination") or "mean"
    with naming(path):
        settings = settings_for(method, description.get("settings") or {})
    paths = [path.parent / name for name in _listed(of_image["path"])]

    def image():
        times, tesla = of_image.get("echo_times_ms"), description.get("field_strength_tesla")
        return _combined(paths, method, times, settings, tesla, of_image.get("averaged_echoes") or 1)

    files = (path, *(part for own in paths for part in files_of(own)))
    name = path.relative_to(root).as_posix()
    return Source(name, description["subject"], description.get("session"), description.get("group"), files, image)


def _scene_source(root, path):
    """Opened for whose it is, and again for its image: only one is held at a time."""

    def opened():
        with opened_scene(path) as scene:
            from ..scene.saved_exam import undrawn_exam

            with naming(path):
                return undrawn_exam(scene)

    identity = opened()[0]

    def image():
        _, voxels, affine, averaged, origin, settings = opened()
        times, method = origin["echo_times_ms"], origin["echo_combination"]
        tesla = identity["field_strength_tesla"]
        return SourceImage(voxels, affine, times, method, averaged, tesla, settings.changed())

    name, files = path.relative_to(root).as_posix(), tuple(scene_files(path))
    return Source(name, identity["subject"], identity["session"], identity["group"], files, image)


def _image_source(root, path):
    name = path.relative_to(root).as_posix()
    subject = name.split(".")[0].replace("/", " ")
    files = tuple(files_of(path))
    return Source(name, subject, None, None, files, lambda: _combined([path], "mean", None, Settings(), None))


def _bids_sources(root):
    groups, sources = read_groups(root), []
    for acquisition in read_dataset(root)["T2star"]:
        subject = f"sub-{acquisition.entities['sub']}"
        others = [f"{key}-{value}" for key, value in acquisition.entities.items() if key != "sub"]
        sources.append(
            Source(
                acquisition.images[0].relative_to(root).as_posix(),
                subject,
                "_".join(others) or None,
                groups.get(subject),
                acquisition.images,
                lambda own=acquisition: _image_of(own),
            )
        )
    if not sources:
        raise ValueError(f"{root}: has no T2*-weighted image (MEGRE or T2starw); there is nothing to read")
    return sorted(sources, key=lambda source: source.name)


def _image_of(acquisition):
    """A scan's echoes combined; its sidecars may lie higher up in the data set."""
    times, _ = sidecar_echo_times(acquisition.metadata)
    tesla, _ = sidecar_field_strength(acquisition.metadata)
    return _combined(acquisition.images, "mean", times, Settings(), tesla)


def _dicom_sources(root, paths, warn):
    from ..files.dicom_series import read_series

    sources, taken = [], set()
    for series in read_series(paths):
        first = series.datasets[0]
        files = tuple(dict.fromkeys(Path(frame.dataset.filename) for echo in series.echoes for frame in echo))
        taken.update(files)
        name = f"{files[0].parent.relative_to(root).as_posix()} {series.name}"
        subject = str(first.get("PatientID") or first.get("PatientName") or files[0].parent.name)
        session = str(first.get("StudyDate") or "") or None
        sources.append(Source(name, subject, session, None, files, lambda own=series: _image_of_series(own)))
    if left := [path for path in paths if path not in taken]:
        warn(f"{len(left)} DICOM files are passed over, such as {left[0]}: no magnitude images on one regular grid")
    return sources


def _image_of_series(series):
    echoes = [series.volume(number) for number in range(len(series.echoes))]
    times = None if None in series.echo_times_ms else list(series.echo_times_ms)
    tesla = series.datasets[0].get("MagneticFieldStrength")
    return SourceImage(
        np.asarray(combine(echoes)),
        series.affine,
        times,
        "mean",
        len(echoes),
        None if tesla is None else float(tesla),
        {},
    )
