"""Odd files: those of an exam or a study, each altered at random, go through the command line.

Right is a result, with nothing on standard error but warnings and notes; or exit status 2, one line on standard error
and nothing else. Whatever a library prints by itself, a traceback, a Python warning or a run without an end is a fault.
"""

import json
import os
import shutil
import sys
import tempfile
import threading
import traceback
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import SimpleITK
from alteration import altered
from M1SHThkLib.__main__ import main
from M1SHThkLib.digital_exam.phantom import PhantomOptions, make_phantom
from M1SHThkLib.files.clinical_table import CLINICAL_COLUMNS
from M1SHThkLib.files.disk import write_json
from M1SHThkLib.files.exams import write_exam
from M1SHThkLib.files.images import write_image
from M1SHThkLib.files.results import write_tsv
from M1SHThkLib.measuring.columns import MEASUREMENT_COLUMNS
from M1SHThkLib.measuring.image import Image
from M1SHThkLib.measuring.settings import Settings
from workers import spread

LONGEST_S = 120
IMAGES = (
    "t2star.nii",
    "t2star.nii.gz",
    "pair.hdr",
    "old.hdr",
    "t2star.nrrd",
    "t2star.nhdr",
    "t2star.mhd",
    "t2star.mha",
)
TABLES = ("measurements.tsv", "clinical.tsv", "provenance.json")
ALTERED = (*IMAGES, "left_hand_knob.mrk.json", "references.seg.nrrd", "labels.nii.gz", "sidecar", "exam.json", *TABLES)
TOLD = ("warning: ", "note: ")


def measure_odd_files(full):
    """How many altered files end in neither a result nor one line, with their seeds and what came instead."""
    files = 2000 if full else 60
    with tempfile.TemporaryDirectory() as folder:
        _write_sound(Path(folder))
        outcomes = spread(_tried, [(seed, folder) for seed in range(files)], "odd files")
    faults = [outcome for outcome in outcomes if outcome["fault"]]
    kinds = {kind: [outcome for outcome in outcomes if outcome["altered"] == kind] for kind in ALTERED}
    return {
        "odd_files_faults": len(faults),
        "odd_files": {
            "files": files,
            "refused": sum(outcome["status"] == 2 for outcome in outcomes),
            "by_file": {kind: len(found) for kind, found in kinds.items()},
            "faults": faults,
        },
    }


def _tried(task):
    """What became of one altered file: seed, and folder of the sound ones."""
    seed, sound = task
    sys.modules["matplotlib"] = None  # pictures take most of the time and read no file
    random = np.random.default_rng([seed, 10])
    name = ALTERED[seed % len(ALTERED)]
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder) / "study"
        shutil.copytree(sound, folder)
        path = folder / name
        if name in IMAGES:
            _name_in_exam(folder, image={"path": name, "echo_times_ms": [24.3]})
        elif name == "labels.nii.gz":
            _name_in_exam(folder, splenium={"path": name, "label": 3})
        elif name == "sidecar":
            path = folder / "t2star.json"
            needed = random.random() < 0.5
            write_json(
                path, {"EchoTime": 0.0243, "MagneticFieldStrength": 3, "ImageType": ["ORIGINAL", "PRIMARY", "M"]}
            )
            _name_in_exam(folder, image={"path": "t2star.nii"}, **({"field_strength_tesla": None} if needed else {}))
        path.write_bytes(altered(path, random))
        if name in TABLES:
            command = ["cohort", str(folder / TABLES[0]), "--clinical", str(folder / TABLES[1])]
        else:
            command = ["measure", str(folder / "exam.json")]
        status, out, err = _run([*command, "-o", str(folder / "out")])
    return {"seed": seed, "altered": name, "status": status, "fault": _fault(status, out, err)}


def _fault(status, out, err):
    """What is wrong with an outcome, in words; None where it is right."""
    lines = err.splitlines()
    if status == 0:
        strange = [line for line in lines if not line.startswith(TOLD)]
        return f"a result, and besides: {strange[-1]}" if strange else None
    if status == 2 and len(lines) == 1 and not out and "please report it" not in err:
        return None
    return f"status {status}, {len(lines)} lines: {' | '.join(lines[-3:])[-500:]}"


def _run(arguments):
    """Exit status and what came out, of the whole process: libraries in C write past Python's streams."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        with _redirected(1, out), _redirected(2, err), _limited():
            try:
                status = main(arguments)
            except SystemExit as ended:
                status = ended.code
            except BaseException:
                traceback.print_exc()
                status = 1
        texts = []
        for file in (out, err):
            file.seek(0)
            texts.append(file.read().decode(errors="replace"))
    return status, *texts


@contextmanager
def _redirected(number, file):
    stream = {1: sys.stdout, 2: sys.stderr}[number]
    stream.flush()
    kept = os.dup(number)
    os.dup2(file.fileno(), number)
    try:
        yield
        stream.flush()
    finally:
        os.dup2(kept, number)
        os.close(kept)


@contextmanager
def _limited():
    """The process ends, and the benchmark with it, where a run has no end."""
    clock = threading.Timer(LONGEST_S, os._exit, [1])
    clock.start()
    try:
        yield
    finally:
        clock.cancel()


def _name_in_exam(folder, **members):
    exam = json.loads((folder / "exam.json").read_text(encoding="utf-8")) | members
    write_json(folder / "exam.json", {key: value for key, value in exam.items() if value is not None})


def _write_sound(folder):
    """A small exam in every format and a small study, nothing wrong with either."""
    options = PhantomOptions(slices=2, cropped=True, echoes=(3,), regions=(("left", "hand_knob"),))
    phantom = make_phantom(options)
    # Where Analyze, which has no orientation, lies; the same exam, seen in a mirror.
    affine = np.diag([-1.0, -1.0, 1.0, 1.0] * np.abs(np.diag(phantom.affine)))
    moved = affine @ np.linalg.inv(phantom.affine)
    exam = phantom.exam(Settings(replicates=20))
    regions = tuple(
        replace(region, pial_lines=tuple(line @ moved[:3, :3].T + moved[:3, 3] for line in region.pial_lines))
        for region in exam.regions
    )
    exam = replace(exam, image=Image(exam.image.voxels, affine), regions=regions)
    write_exam(folder, exam, phantom.echoes, phantom.echo_times_ms, compact=True)
    _write_images(folder, phantom.echoes[..., 0], affine)
    labels = np.zeros(phantom.echoes.shape[:3], np.float32)
    labels[tuple(exam.splenium.indices.T)] = 3
    write_image(folder / "labels.nii.gz", [labels], affine)
    _write_study(folder)


def _write_images(folder, voxels, affine):
    """The image in every format; of header and voxels, the header is altered."""
    write_image(folder / "t2star.nii", [voxels], affine, compact=True)
    read = SimpleITK.ReadImage(str(folder / "t2star.nii"))
    whole = SimpleITK.GetImageFromArray(SimpleITK.GetArrayFromImage(read))  # without what NIfTI alone has fields for
    whole.CopyInformation(read)
    for name in ("t2star.nrrd", "t2star.mha", "t2star.nhdr", "t2star.mhd"):
        SimpleITK.WriteImage(whole, str(folder / name), True)
    content = (folder / "t2star.nii").read_bytes()
    pair = bytearray(content[:348])
    pair[344:348], pair[108:112] = b"ni1\0", bytes(4)
    for name, header in (("pair", bytes(pair)), ("old", bytes(pair[:344]) + bytes(4))):
        (folder / f"{name}.hdr").write_bytes(header)
        (folder / f"{name}.img").write_bytes(content[352:])


def _write_study(folder):
    random = np.random.default_rng(0)
    measured, persons = [], []
    for number in range(8):
        group = "patient" if number < 4 else "control"
        who = {"subject": f"sub-{number}", "group": group, "field_strength_t": 3.0}
        for side in ("left", "right"):
            for region in ("hand_knob", "paracentral_lobule"):
                sh, thk = random.uniform(0.05, 0.2), random.uniform(1, 2)
                values = {"sh": sh, "thk_mm": thk, "sh_thk_per_mm": sh / thk}
                fits = {"sh_fit": sh, "thk_fit_mm": thk, "sh_thk_fit_per_mm": sh / thk}
                measured.append(who | {"observer": "R1", "hemisphere": side, "region": region} | values | fits)
        persons.append(who | {"age": 60 + number, "sex": "F"})
    for name, columns, rows in (
        ("measurements.tsv", MEASUREMENT_COLUMNS, measured),
        ("clinical.tsv", CLINICAL_COLUMNS, persons),
    ):
        names = [column.name for column in columns]
        write_tsv(folder / name, names, [[row.get(key) for key in names] for row in rows])
    exams = [{"subject": f"sub-{n}", "observer": "R1", "settings": Settings().to_dict()} for n in range(8)]
    write_json(folder / "provenance.json", {"exams": exams})
