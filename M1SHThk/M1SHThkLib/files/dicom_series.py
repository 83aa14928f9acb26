"""DICOM series of MR images: found in a folder, and held against the image of an exam.

pydicom is imported where it is used: not every Slicer ships it.
"""

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from ..measuring.echoes import combine
from ..measuring.magnitude import part_of_image_type
from ..translation import tr as _

REMEDY = "install it with: python3 -m pip install highdicom"
_LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])
_MR_IMAGES = ("1.2.840.10008.5.1.4.1.1.4", "1.2.840.10008.5.1.4.1.1.4.1")  # classic and enhanced
_LOOKED_AT = [
    *("SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID", "SeriesNumber", "SeriesDescription"),
    *("ImageType", "EchoTime", "Rows", "Columns", "NumberOfFrames", "SliceThickness", "RescaleSlope"),
    *("RescaleIntercept", "ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing"),
    *("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence"),
]
_MAY_BE_EMPTY = (  # and are taken out by some programs that take the name off a series
    *("PatientName", "PatientID", "PatientBirthDate", "PatientSex", "AccessionNumber", "StudyID", "StudyDate"),
    *("StudyTime", "ReferringPhysicianName"),
)
_SAME_GRID_VOXELS = 0.05
_SAME_IMAGE = 0.95  # correlation of what was measured and what the scanner wrote
_VOXELS_COMPARED = 1 << 17
_MOST_SLICES_APART = 1e-3  # in mm: positions of one slice in several echoes


@dataclass(frozen=True)
class Frame:
    """One slice of one echo: where it lies, and which frame of which dataset it is."""

    dataset: object
    number: int
    position: tuple
    orientation: tuple
    spacing: tuple
    echo_time_ms: float | None
    slope: float
    intercept: float


@dataclass(frozen=True)
class Series:
    """The magnitude images of one DICOM series, on one grid.

    Attributes
    ----------
    affine : array, shape (4, 4)
        (column, row, slice) -> world RAS in mm.
    shape : (int, int, int)
        Columns, rows, slices.
    echoes : tuple of tuple of Frame
        By echo time, each in the order of the slices.
    """

    affine: np.ndarray
    shape: tuple
    echoes: tuple

    @property
    def name(self):
        """What messages call it."""
        first = self.echoes[0][0].dataset
        return f"series {first.get('SeriesNumber', '')} '{first.get('SeriesDescription', '')}'"

    @cached_property
    def datasets(self):
        """All that the files of the first echo hold but the pixels, in the order of the slices."""
        names = dict.fromkeys(frame.dataset.filename for frame in self.echoes[0])
        datasets = tuple(_pydicom().dcmread(name, stop_before_pixels=True) for name in names)
        for dataset in datasets:
            for keyword in _MAY_BE_EMPTY:
                if keyword not in dataset:
                    setattr(dataset, keyword, None)
        return datasets

    @property
    def echo_times_ms(self):
        """One an echo, None where not known."""
        return tuple(frames[0].echo_time_ms for frames in self.echoes)

    def volume(self, number):
        """Voxels of an echo, shape (columns, rows, slices).

        Raises
        ------
        ValueError
            If a file holds no pixels that can be read.
        """
        files, slices = {}, []
        for frame in self.echoes[number]:
            name = frame.dataset.filename
            if name not in files:
                files = {name: _pixels(name)}  # one at a time: an enhanced image is large
            pixels = files[name][frame.number] if files[name].ndim == 3 else files[name]
            slices.append(pixels.T * frame.slope + frame.intercept)
        return np.stack(slices, -1)

    def index_of(self, image):
        """Matrix (4, 4) from the image's voxel indices to those of this grid; None where the grids differ."""
        matrix = np.linalg.inv(self.affine) @ image.affine
        rounded = np.round(matrix)
        corners = np.array(np.meshgrid(*[[0, size - 1] for size in image.voxels.shape])).reshape(3, -1)
        corners = np.vstack([corners, np.ones(8)])
        off = np.abs((matrix - rounded) @ corners).max()
        found = (rounded @ corners)[:3]
        within = (found >= 0).all() and (found < np.array(self.shape)[:, None]).all()
        return rounded.astype(int) if off < _SAME_GRID_VOXELS and within else None


def read_series(paths):
    """The MR series among DICOM files, one Series a grid; other files, and phase images, are passed over.

    Raises
    ------
    ValueError
        If pydicom is missing.
    """
    pydicom = _pydicom()
    groups = {}
    for path in paths:
        try:
            dataset = pydicom.dcmread(path, stop_before_pixels=True, specific_tags=_LOOKED_AT)
        except (pydicom.errors.InvalidDicomError, OSError, EOFError):
            continue
        if dataset.get("SOPClassUID") not in _MR_IMAGES or not _is_magnitude(dataset.get("ImageType")):
            continue
        dataset.filename = str(path)
        for frame in _frames(dataset):
            key = (dataset.SeriesInstanceUID, np.round(frame.orientation, 4).tobytes(), dataset.Rows, dataset.Columns)
            groups.setdefault(key, []).append(frame)
    return [series for frames in groups.values() if (series := _series(frames)) is not None]


def files_in(folder):
    """All files of a folder and of the folders in it, in order.

    Raises
    ------
    ValueError
        If there is no such folder.
    """
    if not os.path.isdir(folder):
        raise ValueError(
            _("{folder}: there is no such folder; name the one that holds the DICOM series").format(folder=folder)
        )
    return sorted(path for path in Path(folder).rglob("*") if path.is_file())


def series_of(exam, all_series, where):
    """The series that the exam's image was made from: the same grid, and the same picture.

    A report about one patient that carries the identity of another is the worst that a mix-up of folders could do: so
    the voxels are compared too.

    Parameters
    ----------
    exam : Exam
    all_series : sequence of Series
    where : str
        What messages call the place in which they were found.

    Returns
    -------
    Series
        Of several that show the same, the one that agrees best.

    Raises
    ------
    ValueError
        If there is none, or if series of different patients agree.
    """
    on_grid = [series for series in all_series if series.index_of(exam.image) is not None]
    if not on_grid:
        raise ValueError(
            _(
                "{where}: of its {count} MR series none lies on the grid of {name}; name the folder of "
                "the series that the image was made from"
            ).format(where=where, count=len(all_series), name=exam.image.name)
        )
    agreement = [(_agreement(exam, series), series) for series in on_grid]
    best, series = max(agreement, key=lambda pair: pair[0])
    if best < _SAME_IMAGE:
        raise ValueError(
            _(
                "{where}: {name} lies on the grid of {image} but shows another picture (correlation "
                "{best:.2f}); name the folder of the series that the image was made from"
            ).format(where=where, name=series.name, image=exam.image.name, best=best)
        )
    studies = {own.echoes[0][0].dataset.StudyInstanceUID for found, own in agreement if found > best - 1e-6}
    if len(studies) > 1:
        raise ValueError(
            _("{where}: series of {count} studies show this image; leave the right one alone in it").format(
                where=where, count=len(studies)
            )
        )
    return series


def _agreement(exam, series):
    """Correlation of the exam's image with the series combined in the same way, over voxels all over the image."""
    step = max(1, round((exam.image.voxels.size / _VOXELS_COMPARED) ** (1 / 3)))
    indices = np.stack(np.meshgrid(*[np.arange(0, size, step) for size in exam.image.voxels.shape]), -1).reshape(-1, 3)
    matrix = series.index_of(exam.image)
    there = tuple((indices @ matrix[:3, :3].T + matrix[:3, 3]).T)
    echoes = [series.volume(number)[there].reshape(-1, 1, 1) for number in range(len(series.echoes))]
    method, times = exam.origin.get("echo_combination") or "mean", series.echo_times_ms
    if method.startswith("echo-") and int(method.removeprefix("echo-")) > len(echoes):
        method = "mean"  # one echo of several that have a series each
    if method == "r2star" and (len(echoes) < 2 or None in times):
        return 0.0
    one = exam.image.voxels[tuple(indices.T)].astype(float)
    other = np.ravel(combine(echoes, method, times)).astype(float)
    valid = np.isfinite(one) & np.isfinite(other)
    if valid.sum() < 2 or not np.ptp(one[valid]) or not np.ptp(other[valid]):
        return 0.0
    return float(np.corrcoef(one[valid], other[valid])[0, 1])


def _series(frames):
    """A Series of frames of one orientation, None where they do not make a regular grid."""
    first = frames[0]
    columns, rows = np.array(first.orientation).reshape(2, 3)
    across = np.cross(columns, rows)
    by_echo = {}
    for frame in frames:
        by_echo.setdefault(frame.echo_time_ms, []).append(frame)
    echoes = [
        sorted(own, key=lambda frame: float(across @ frame.position))
        for _, own in sorted(by_echo.items(), key=lambda item: item[0] or 0.0)
    ]
    count = len(echoes[0])
    if any(len(own) != count for own in echoes):
        return None
    positions = np.array([[frame.position for frame in own] for own in echoes])
    if np.abs(positions - positions[0]).max() > _MOST_SLICES_APART:
        return None
    steps = np.diff(positions[0], axis=0)
    if count == 1:
        thickness = float(first.dataset.get("SliceThickness") or 1.0)
        step = across * thickness
    else:
        step = steps.mean(0)
        if np.linalg.norm(step) < 1e-3 or np.abs(steps - step).max() > 0.01 * np.linalg.norm(step):
            return None
    affine = np.eye(4)
    row_spacing, column_spacing = first.spacing
    affine[:3, 0], affine[:3, 1], affine[:3, 2] = columns * column_spacing, rows * row_spacing, step
    affine[:3, 3] = positions[0, 0]
    shape = (int(first.dataset.Columns), int(first.dataset.Rows), count)
    return Series(_LPS_TO_RAS @ affine, shape, tuple(tuple(own) for own in echoes))


def _frames(dataset):
    """The magnitude frames of a classic or an enhanced MR image; none where it does not say where they lie."""
    if "PerFrameFunctionalGroupsSequence" not in dataset:
        return [_frame(dataset, 0, lambda sequence, key: dataset.get(key))]
    (shared,) = dataset.SharedFunctionalGroupsSequence
    frames = []
    for number, own in enumerate(dataset.PerFrameFunctionalGroupsSequence):

        def value(sequence, key, groups=(own, shared)):
            found = (group[sequence][0] for group in groups if sequence in group and group[sequence].value)
            return next((item[key].value for item in found if key in item), None)

        if _is_magnitude(value("MRImageFrameTypeSequence", "FrameType")):
            frames.append(_frame(dataset, number, value))
    return frames


def _frame(dataset, number, value):
    """One frame; `value` gives what stands under a key, which enhanced images keep in a functional group's sequence."""
    place = (
        value("PlanePositionSequence", "ImagePositionPatient"),
        value("PlaneOrientationSequence", "ImageOrientationPatient"),
        value("PixelMeasuresSequence", "PixelSpacing"),
    )
    if None in place:
        raise ValueError(
            _("{filename}: does not say where its slices lie; export the series again").format(
                filename=dataset.filename
            )
        )
    enhanced, classic = value("MREchoSequence", "EffectiveEchoTime"), dataset.get("EchoTime")
    echo_time = classic if enhanced is None else enhanced
    slope = value("PixelValueTransformationSequence", "RescaleSlope")
    intercept = value("PixelValueTransformationSequence", "RescaleIntercept")
    return Frame(
        dataset,
        number,
        *(tuple(map(float, values)) for values in place),
        None if echo_time is None else float(echo_time),
        1.0 if slope is None else float(slope),
        0.0 if intercept is None else float(intercept),
    )


def _pixels(name):
    try:
        return _pydicom().dcmread(name).pixel_array
    except (AttributeError, NotImplementedError, OSError, RuntimeError, ValueError) as error:
        told = " ".join(str(error).split())
        raise ValueError(
            _("{name}: its pixels cannot be read ({told}); export the series again").format(name=name, told=told)
        ) from error


def _is_magnitude(image_type):
    return part_of_image_type(list(image_type or [])) in (None, "magnitude")


def _pydicom():
    try:
        import pydicom
    except ImportError as error:
        raise ValueError(
            _("DICOM files need pydicom, which is missing here; {remedy}").format(remedy=REMEDY)
        ) from error
    return pydicom
