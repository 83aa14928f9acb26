"""A BIDS data set -> what there is to measure in it: images, what their sidecars say, and drawings.

Source: the Brain Imaging Data Structure, version 1.10.
"""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from ..measuring.exam import GROUPS, HEMISPHERES, REGIONS, SCHEMA, region_name
from ..translation import tr as _
from .disk import naming, read_json
from .exam_schema import check_exam
from .sidecars import Sidecar, sidecar_echo_times, sidecar_field_strength
from .tables import read_table

DRAWINGS = Path("derivatives", "m1shthk")
# Kinds of images that are measured apart: suffixes, the first that a session has, and settings that suit them.
KINDS = {
    "T2star": (("MEGRE", "T2starw"), {}),
    "R2starmap": (("R2starmap",), {"polarity": "bright"}),
    "Chimap": (("Chimap",), {"polarity": "bright", "normalization": "none"}),
}
_IMAGES = (".nii", ".nii.gz")
_OF_ONE_SCAN = ("echo", "part")  # entities in which the files of one acquisition differ
_HEMISPHERES = {"left": ("left", "hemi-l"), "right": ("right", "hemi-r")}


@dataclass(frozen=True)
class Acquisition:
    """The files of one scan.

    Attributes
    ----------
    entities : dict of str -> str
        But those in which the files differ: {'sub': '01', 'ses': '1', 'run': '2'}.
    suffix : str
    images : tuple of Path
        One an echo, in the order of the echoes, or a single one.
    metadata : tuple of Sidecar
        What all sidecars together say of each image.
    """

    entities: dict
    suffix: str
    images: tuple
    metadata: tuple

    @property
    def stem(self):
        """How the names of its derivatives begin: 'sub-01_ses-1_run-2'."""
        return "_".join(f"{key}-{value}" for key, value in self.entities.items())


@dataclass(frozen=True)
class Drawings:
    """What somebody drew of a session: members of an exam file, with absolute paths.

    `place` is the folder; `observer` None where not known.
    """

    place: Path
    observer: str | None
    members: dict


def read_dataset(root):
    """The acquisitions of a data set, by kind, that are measured: dict of str -> list of Acquisition.

    Raises
    ------
    ValueError
        If it is no BIDS data set, holds no such image, or a sidecar cannot be read.
    """
    root = Path(root)
    if not os.path.isfile(root / "dataset_description.json"):
        raise ValueError(
            _("{root}: is no BIDS data set (it has no dataset_description.json); name its topmost folder").format(
                root=root
            )
        )
    groups = {}
    for path in sorted([*root.glob("sub-*/anat/*.nii*"), *root.glob("sub-*/ses-*/anat/*.nii*")]):
        entities, suffix, extension = parsed(path.name)
        if extension in _IMAGES and entities.get("part", "mag") == "mag":
            if not entities.get("echo", "0").isdecimal():
                raise ValueError(
                    _("{path}: its echo is '{echo}'; BIDS wants a number, such as echo-1").format(
                        path=path, echo=entities["echo"]
                    )
                )
            key = tuple((name, value) for name, value in entities.items() if name not in _OF_ONE_SCAN)
            images, echo = groups.setdefault((key, suffix), {}), int(entities.get("echo", "0"))
            if echo in images:
                raise ValueError(
                    _("{path}: the same image is there twice, also as {other}; keep one").format(
                        path=path, other=images[echo].name
                    )
                )
            images[echo] = path
    found = {}
    for kind, (suffixes, _meaning) in KINDS.items():
        sessions = {}
        for (key, suffix), images in groups.items():
            if suffix in suffixes:
                paths = tuple(images[echo] for echo in sorted(images))
                metadata = tuple(_metadata(root, path) for path in paths)
                own = sessions.setdefault((dict(key)["sub"], dict(key).get("ses")), {})
                own.setdefault(suffix, []).append(Acquisition(dict(key), suffix, paths, metadata))
        found[kind] = [one for own in sessions.values() for one in own[min(own, key=suffixes.index)]]
    if not any(found.values()):
        wanted = ", ".join(f"*_{suffix}.nii.gz" for suffixes, _ in KINDS.values() for suffix in suffixes)
        raise ValueError(
            _("{root}: has none of {wanted} in sub-*/[ses-*/]anat; there is nothing to measure").format(
                root=root, wanted=wanted
            )
        )
    return found


def read_groups(root):
    """Group by subject ('sub-01'), of those whose group in `participants.tsv` is one of GROUPS."""
    path = Path(root) / "participants.tsv"
    if not path.is_file():
        return {}
    header, rows = read_table(path, ("participant_id",))
    if "group" not in header:
        return {}
    return {row.required("participant_id"): row.text("group") for row in rows if row.text("group") in GROUPS}


def read_drawings(root, subject, session):
    """The drawings of a session below `derivatives/m1shthk`, one for each `exam.json` or, in folders without one, each
    segmentation: a list of Drawings.

    Beside a segmentation, whose segments are called 'Splenium' and 'White matter left hand knob', the lines are curves
    whose names tell hemisphere and region: `left_hand_knob.mrk.json`, `..._hemi-L_label-handKnob.mrk.json`. Several
    readers have names with their `desc-`, or a folder each.

    Raises
    ------
    ValueError
        If a file cannot be read.
    """
    folder = Path(root) / DRAWINGS / f"sub-{subject}"
    folder = folder / f"ses-{session}" if session else folder
    found = []
    for place in sorted({path.parent for kind in ("exam.json", "*.seg.nrrd") for path in folder.rglob(kind)}):
        if (place / "exam.json").is_file():
            found.append(_of_exam_file(place / "exam.json"))
        else:
            found += [_of_names(file, folder) for file in sorted(place.glob("*.seg.nrrd"))]
    return found


def exam_of(acquisition, drawings, group, settings, path):
    """The exam file (its content) that measures an acquisition by drawings.

    Parameters
    ----------
    acquisition : Acquisition
    drawings : Drawings
    group : str, or None
        As the participants' table has it, else the drawings' own.
    settings : dict
        That suit the kind of image; those of the drawings come first.
    path : Path
        Of the exam file, to which all paths in it are relative.

    Raises
    ------
    ValueError
        If the sidecars' values cannot be used.
    """

    def relative(file):
        return Path(os.path.relpath(file, path.parent)).as_posix()

    def roi(described):
        return {**described, "path": relative(described["path"])}

    members = drawings.members
    image = {"path": [relative(file) for file in acquisition.images]}
    times, _source = sidecar_echo_times(acquisition.metadata)
    if times:
        image["echo_times_ms"] = times
    if members.get("echo_combination") and len(acquisition.images) > 1:
        image["echo_combination"] = members["echo_combination"]
    others = [f"{key}-{value}" for key, value in acquisition.entities.items() if key != "sub"]
    tesla, _source = sidecar_field_strength(acquisition.metadata)
    exam = {
        "schema": SCHEMA,
        "subject": f"sub-{acquisition.entities['sub']}",
        "session": "_".join(others) or None,
        "observer": drawings.observer,
        "group": group or members.get("group"),
        "field_strength_tesla": tesla or members.get("field_strength_tesla"),
        "image": image,
        "splenium": roi(members["splenium"]),
        "regions": [
            {
                **region,
                "pial_lines": [relative(line) for line in region["pial_lines"]],
                "white_matter": roi(region["white_matter"]),
            }
            for region in members["regions"]
        ],
        "settings": {**settings, **members.get("settings", {})},
    }
    return {key: value for key, value in exam.items() if value not in (None, {})}


def parsed(name):
    """Entities, suffix and extension of a file's name: 'sub-01_echo-1_MEGRE.nii.gz' -> {'sub': '01', ...}, 'MEGRE',
    '.nii.gz'."""
    stem, dot, extension = name.partition(".")
    *parts, suffix = stem.split("_")
    entities = dict(part.split("-", 1) for part in parts if "-" in part)
    return entities, suffix, dot + extension


def _metadata(root, image):
    """What sidecars say of an image, those nearer to it first to be believed (BIDS's inheritance principle)."""
    entities, suffix, _extension = parsed(image.name)
    folders = [root, *reversed(image.relative_to(root).parents[:-1])]
    merged = {}
    for folder in dict.fromkeys(root / part for part in folders):
        sidecars = []
        for path in folder.glob(f"*{suffix}.json"):
            own, own_suffix, _extension = parsed(path.name)
            if own_suffix == suffix and own.items() <= entities.items():
                sidecars.append((len(own), path))
        for _count, path in sorted(sidecars):
            content = read_json(path)
            if not isinstance(content, dict):
                raise ValueError(_("{path}: is no BIDS sidecar; one JSON object is needed").format(path=path))
            merged |= content
    return Sidecar(image, merged)


def _of_exam_file(path):
    description = read_json(path)
    with naming(path):
        check_exam(description)

    def absolute(roi):
        return {**roi, "path": path.parent / roi["path"]}

    members = {
        "splenium": absolute(description["splenium"]),
        "regions": [
            {
                **region,
                "pial_lines": [path.parent / line for line in region["pial_lines"]],
                "white_matter": absolute(region["white_matter"]),
            }
            for region in description["regions"]
        ],
        "settings": description.get("settings") or {},
        "group": description.get("group"),
        "field_strength_tesla": description.get("field_strength_tesla"),
        "echo_combination": description["image"].get("echo_combination"),
    }
    return Drawings(path.parent, description.get("observer"), members)


def _of_names(file, folder):
    observer = parsed(file.name)[0].get("desc")
    lines = {}
    for path in sorted(file.parent.glob("*.mrk.json")):
        region = _region_of_name(path.name)
        if region and parsed(path.name)[0].get("desc") == observer:
            lines.setdefault(region, []).append(path)
    if not lines:
        raise ValueError(
            _(
                "{file}: no pial line lies beside it; name curves by hemisphere and region, as left_hand_knob.mrk.json"
            ).format(file=file)
        )
    if observer is None and file.parent != folder and file.parent.name != "anat":
        observer = file.parent.name
    regions = [
        {
            "hemisphere": hemisphere,
            "region": region,
            "pial_lines": paths,
            "white_matter": {"path": file, "segment": f"White matter {region_name(hemisphere, region)}"},
        }
        for (hemisphere, region), paths in lines.items()
    ]
    return Drawings(file.parent, observer, {"splenium": {"path": file, "segment": "Splenium"}, "regions": regions})


def _region_of_name(name):
    """(hemisphere, region) that a curve's name tells, None where it tells none."""
    lower = name.lower()
    sides = [side for side in HEMISPHERES if any(word in lower for word in _HEMISPHERES[side])]
    letters = re.sub("[^a-z]", "", lower)
    regions = [region for region in REGIONS if region.replace("_", "") in letters]
    return (sides[0], regions[0]) if len(sides) == len(regions) == 1 else None
