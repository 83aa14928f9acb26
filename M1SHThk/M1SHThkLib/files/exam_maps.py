"""The maps of an exam file -> ExamMaps: images of their own, or what the exam's own echoes tell."""

from ..measuring.echoes import averaged_echoes, combine
from ..measuring.image import Image
from ..measuring.maps import NO_UNIT, ExamMap
from ..translation import tr as _
from .disk import naming
from .images import read_image


def map_paths(description):
    """Names of the image files of the maps in an exam file, in its order."""
    return [one["path"] for one in description.get("maps") or [] if one.get("path") is not None]


def needs_echo_times(description):
    """Whether a map of R2* is asked for."""
    return any(
        one.get("from") is not None and (one.get("echo_combination") or "r2star") == "r2star"
        for one in description.get("maps") or []
    )


def described_map(exam_map, path):
    """What an exam file says of a map whose image lies at `path`, a name relative to it."""
    return {
        "name": exam_map.name,
        "path": path,
        "unit": exam_map.unit,
        "polarity": exam_map.polarity,
        "normalization": exam_map.normalization,
    }


def read_maps(description, folder, echoes, affine, echo_times_ms, boxes):
    """The maps of an exam file.

    Parameters
    ----------
    description : mapping
        The exam file's content, checked.
    folder : Path
        That of the exam file.
    echoes : sequence of arrays, shape (I, J, K)
    affine : array, shape (4, 4)
        Of the echoes.
    echo_times_ms : sequence of float, or None
    boxes : sequence of index boxes
        The voxels that are needed of R2* (see `echoes.needed_boxes`).

    Returns
    -------
    maps : tuple of ExamMap
    warnings : tuple of str
        Sentences for the user.

    Raises
    ------
    ValueError
        In one line the file, what is wrong with it and what would be right.
    """
    warnings = []
    maps = tuple(
        _read(one, folder, echoes, affine, echo_times_ms, boxes, warnings) for one in description.get("maps") or []
    )
    return maps, tuple(warnings)


def _read(one, folder, echoes, affine, echo_times_ms, boxes, warnings):
    if one.get("path") is not None:
        path = folder / one["path"]
        file = read_image(path)
        if len(file.volumes) > 1:
            raise ValueError(
                _("{path}: holds {count} volumes; a map holds one").format(path=path, count=len(file.volumes))
            )
        warnings += file.warnings
        image, is_map = Image(file.volumes[0], file.affine, str(path)), True
    else:
        method = one.get("echo_combination") or "r2star"
        with naming(f"map '{one['name']}'"):
            voxels = combine(echoes, method, echo_times_ms, boxes if method == "r2star" else None)
        image = Image(voxels, affine, f"map '{one['name']}'", averaged_echoes(method, len(echoes)))
        is_map = method == "r2star"
    return ExamMap(
        name=one["name"],
        image=image,
        unit=one.get("unit") or ("1/s" if is_map and one.get("from") else NO_UNIT),
        # An echo is darkened by iron, and means nothing but beside the splenium.
        polarity=one.get("polarity") or ("bright" if is_map else "dark"),
        normalization=one.get("normalization") or ("none" if is_map else "splenium"),
    )
