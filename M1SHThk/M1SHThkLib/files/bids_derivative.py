"""Results as a BIDS derivative data set: its description, and masks of what was drawn and measured.

Source: the Brain Imaging Data Structure, version 1.10. What it has no name for, the tables of measurements above all,
is named in `.bidsignore`.
"""

import os
import re
from pathlib import Path

import numpy as np

from .. import HOMEPAGE, __version__
from ..measuring.columns import MEASUREMENT_COLUMNS, measurement_row
from ..measuring.layer_voxels import layer_voxels
from ..translation import tr as _
from .bids import DRAWINGS, KINDS
from .disk import made_folder, read_json, read_text, write_json, write_text
from .images import write_image
from .results import write_table, write_tsv

BIDS_VERSION = "1.10.0"
PROGRAM = "M1SHThk"
_NOT_BIDS = (
    *("measurements.*", "profiles.*", "maps.*", "provenance.json", "figures", "exams", "dicom", "*_measurements.*"),
    *("*exam.json", "t2star.*", "*.mrk.json", "*.nrrd", "*truth.json", *KINDS),
)
_README = """M1SHThk measurements

SH, Thk and SH/Thk of the deep layers of the primary motor cortex (Donatelli et al., AJNR 2018;39:63), by M1SHThk.
measurements.tsv has a row a region; its columns are explained in measurements.json. Masks of the splenium and of the
white matter, which were drawn, and of the measured layer lie with each subject. Files that end in _exam.json name
what was measured; `measure` repeats it. Research use only.
"""


def desc_of(observer, kind):
    """The desc label of an observer's drawings on a kind of image: letters and figures alone."""
    label = re.sub("[^A-Za-z0-9]", "", observer or "") or "drawn"
    return label if kind == "T2star" else label + kind


def check_own(folder):
    """Refuse a folder that holds a data set of others, whose description would be lost.

    Raises
    ------
    ValueError
        If it does, or its description cannot be read.
    """
    path = Path(folder) / "dataset_description.json"
    if not path.is_file():
        return
    description = read_json(path)
    programs = description.get("GeneratedBy") if isinstance(description, dict) else None
    programs = programs if isinstance(programs, list) else []
    if not any(isinstance(one, dict) and one.get("Name") == PROGRAM for one in programs):
        raise ValueError(
            _(
                "{folder}: holds another data set, which is not overwritten; choose a folder of its own, such as {own}"
            ).format(folder=folder, own=DRAWINGS.as_posix())
        )


def write_description(folder, root, descs, ignored=()):
    """Writes `dataset_description.json`, `descriptions.tsv`, `.bidsignore` and, where there is none, `README`.

    Parameters
    ----------
    folder : path
        Of the derivative data set.
    root : path
        Of the data set that was measured.
    descs : mapping of str -> str
        desc label -> what it stands for.
    ignored : sequence of str
        Folders in it, relative to it, that are no BIDS: those of drawings.
    """
    folder = made_folder(folder)
    write_json(
        folder / "dataset_description.json",
        {
            "Name": "M1SHThk measurements",
            "BIDSVersion": BIDS_VERSION,
            "DatasetType": "derivative",
            "GeneratedBy": [
                {
                    "Name": PROGRAM,
                    "Version": __version__,
                    "Description": "Hypointensity and thickness of the deep layers of the primary motor cortex",
                    "CodeURL": HOMEPAGE,
                }
            ],
            "DatasetLinks": {"raw": _relative(root, folder)},
            "SourceDatasets": [{"URL": _relative(root, folder)}],
        },
    )
    rows = [[f"desc-{desc}", meaning] for desc, meaning in sorted(descs.items())]
    write_tsv(folder / "descriptions.tsv", ["desc_id", "description"], rows)
    write_json(
        folder / "descriptions.json",
        {
            "desc_id": {"Description": "Label in the names of files"},
            "description": {"Description": "What the label stands for"},
        },
    )
    if not (folder / "README").exists():
        write_text(folder / "README", _README)
    listing = folder / ".bidsignore"
    before = read_text(listing).splitlines() if listing.is_file() else []
    write_text(listing, "\n".join(dict.fromkeys([*before, *_NOT_BIDS, *ignored])) + "\n")


def write_exam_derivatives(folder, stem, desc, sources, exam, measurements):
    """Writes masks of the ROIs and measured layers, and the exam's own table of measurements, each with its sidecar.

    Parameters
    ----------
    folder : path
        Of the session's derivatives.
    stem, desc : str
        'sub-01_ses-1', 'R1'.
    sources : sequence of str
        The images, relative to the data set that was measured.
    exam : Exam
    measurements : sequence of Measurement

    Returns
    -------
    list of str
        The files' names.
    """
    folder = made_folder(folder)
    masks = {"splenium": (exam.splenium, True)}
    for m, region in zip(measurements, exam.regions, strict=True):
        name = "".join(word.capitalize() for word in region.name.replace("_", " ").split())
        masks[f"{name[0].lower()}{name[1:]}WhiteMatter"] = region.white_matter, True
        masks[f"{name[0].lower()}{name[1:]}Layer"] = layer_voxels(exam.image, m), False
    names = []
    for label, (roi, is_drawn) in masks.items():
        if roi is None:
            continue
        mask = np.zeros(exam.image.voxels.shape, np.uint8)
        mask[tuple(roi.indices.T)] = 1
        path = folder / f"{stem}_label-{label}_desc-{desc}_mask.nii.gz"
        write_image(path, [mask], exam.image.affine)
        content = {
            "Description": _in_words(label, is_drawn),
            "Type": "ROI",
            "Manual": is_drawn,
            "Sources": [f"bids:raw:{source}" for source in sources],
        }
        write_json(path.with_name(path.name.replace(".nii.gz", ".json")), content)
        names.append(path.name)
    table = folder / f"{stem}_desc-{desc}_measurements.tsv"
    write_table(table, MEASUREMENT_COLUMNS, [measurement_row(exam, m) for m in measurements])
    return [*names, table.name]


def _in_words(label, is_drawn):
    words = re.sub("([A-Z])", lambda letter: " " + letter[0].lower(), label)
    return f"{words}, as {'drawn' if is_drawn else 'measured'}"


def _relative(path, folder):
    """A relative reference where the data sets lie side by side, else a URL of the file."""
    try:
        return Path(os.path.relpath(path, folder)).as_posix()
    except ValueError:  # another Windows drive
        return Path(path).absolute().as_uri()
