"""The image files of one scan -> its echoes on one grid, with the sidecars beside them."""

from dataclasses import dataclass

import numpy as np

from ..measuring.magnitude import is_signed, part_of_name
from ..translation import tr as _
from .images import read_image
from .nifti_geometry import farthest_corner
from .sidecars import read_sidecars

_SAME_GRID_MM = 0.01


@dataclass(frozen=True)
class EchoImages:
    """The echoes of one scan.

    Attributes
    ----------
    echoes : sequence of arrays, shape (I, J, K)
    affine : array, shape (4, 4)
        Voxel index -> world RAS in mm.
    sidecars : list of Sidecar or None
        One a file.
    warnings : tuple of str
    in_scanner_frame : bool
    """

    echoes: list
    affine: np.ndarray
    sidecars: list
    warnings: tuple
    in_scanner_frame: bool


def read_echoes(paths, settings, method):
    """Reads one 3D or 4D image, or several 3D images on one grid.

    Parameters
    ----------
    paths : sequence of Path
        Of one file, or of one an echo.
    settings : Settings
    method : str
        How the echoes are to be combined.

    Returns
    -------
    EchoImages

    Raises
    ------
    ValueError
        If a file cannot be read, they lie on different grids, or one is no magnitude image where one is needed.
    """
    files = [read_image(path) for path in paths]
    sidecars = read_sidecars(paths)
    if settings.polarity == "dark" or method == "r2star":
        _check_magnitude(paths, sidecars, files)
    warnings = [
        *(warning for file in files for warning in file.warnings),
        *(
            _("{fault}. Nothing of it is needed.").format(fault=sidecar.fault)
            for sidecar in sidecars
            if sidecar and sidecar.fault
        ),
    ]
    in_scanner_frame = all(file.in_scanner_frame for file in files)
    return EchoImages(*_on_one_grid(paths, files), sidecars, tuple(warnings), in_scanner_frame)


def _on_one_grid(paths, files):
    """Volumes and affine."""
    first = files[0]
    if len(files) == 1:
        return first.volumes, first.affine
    volumes = []
    for path, file in zip(paths, files, strict=True):
        if len(file.volumes) > 1:
            raise ValueError(
                _("{path}: holds {count} volumes; in a list each image holds one echo").format(
                    path=path, count=len(file.volumes)
                )
            )
        volumes.append(file.volumes[0])
        shape = volumes[0].shape
        if volumes[-1].shape != shape or farthest_corner(file.affine, first.affine, shape) > _SAME_GRID_MM:
            raise ValueError(
                _("{path}: lies on another grid than {paths}; give echoes of one scan").format(
                    path=path, paths=paths[0]
                )
            )
    return volumes, first.affine


def _check_magnitude(paths, sidecars, files):
    """Refuses phase, real and imaginary images: by their sidecar or else by their name, and by their values."""
    remedy = _("give the magnitude images")
    for path, sidecar, file in zip(paths, sidecars, files, strict=True):
        part = sidecar and sidecar.part
        reason = (
            _("ImageType in {name}").format(name=sidecar.path.name)
            if part
            else _("by its name; if it is none, rename it")
        )
        part = part or part_of_name(path.name)
        if part not in (None, "magnitude"):
            kinds = {"phase": _("a phase image"), "real": _("a real image"), "imaginary": _("an imaginary image")}
            raise ValueError(
                _("{path}: is {kind} ({reason}); {remedy}").format(
                    path=path, kind=kinds[part], reason=reason, remedy=remedy
                )
            )
        for number, volume in enumerate(file.volumes, 1):
            if is_signed(volume):
                which = _("volume {number}").format(number=number) if len(file.volumes) > 1 else _("much of it")
                raise ValueError(
                    _(
                        "{path}: {which} is below 0, as in phase, real and imaginary images; {remedy}, or for a "
                        "map that is bright in iron set 'polarity' to 'bright'"
                    ).format(path=path, which=which, remedy=remedy)
                )
