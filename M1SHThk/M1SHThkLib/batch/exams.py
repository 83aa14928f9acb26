"""Many exams into one folder of results: each leaves a record as soon as it is measured, from which to go on."""

import hashlib
import math
import os
import sys
import warnings
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from .. import __version__
from ..digital_exam.virtual_study import VirtualSubject
from ..files.disk import made_folder, read_json, replacing, sha256, write_json
from ..files.exams import exam_inputs, read_exam
from ..files.names import file_name, plain_name, seen
from ..files.parts import files_of
from ..files.results import write_results
from ..measuring.columns import MEASUREMENT_COLUMNS, PROFILE_COLUMNS, measurement_row, profile_rows
from ..measuring.map_columns import MAP_COLUMNS, map_profiles, map_row, profile_columns_of, units_of
from ..measuring.maps import measure_maps
from ..measuring.measurement import measure_exam
from ..program import program
from .beside import BidsDerivatives, DicomObjects, lacking, write_beside
from .parallel import Failure, run
from .scenes import SUFFIXES as SCENE_SUFFIXES
from .scenes import opened_scene, scene_files


@dataclass(frozen=True)
class ExamFile:
    """An exam to measure: an `exam.json` or a scene, the folder for its pictures, and what to write of it beside."""

    path: Path
    figures: Path
    beside: tuple[DicomObjects | BidsDerivatives, ...] = ()

    @property
    def name(self):
        """What messages call it."""
        return str(self.path)

    @property
    def record_name(self):
        """Name of its record, which tells exams apart wherever they lie."""
        whole = Path(os.path.realpath(self.path))
        place = hashlib.sha256(os.fsencode(whole.as_posix())).hexdigest()[:12]
        return f"{plain_name(whole.parent.name)}_{plain_name(whole.stem)}_{place}"

    def identity(self):
        """Subject, session and observer, as far as they can be told without measuring; else None."""
        if self._is_scene:
            return None
        try:
            description = read_json(self.path)
        except ValueError:
            return None  # told when it is measured
        if not isinstance(description, dict):
            return None
        return _identity(description)

    def made_from(self):
        """What its results depend on: the version, and the SHA-256 of every input by name."""
        return _made_from(self._scene_inputs() if self._is_scene else exam_inputs(self.path))

    def read(self):
        """The Exam."""
        return self._exam_of_scene() if self._is_scene else read_exam(self.path)

    def measure(self):
        """Its record."""
        with np.errstate(all="ignore"):  # what is beyond all numbers ends in missing values and flags
            exam = self.read()
            measurements = measure_exam(exam)
            maps = [measure_maps(exam.maps, m) for m in measurements]
        figures = _draw(exam, measurements, maps, self.figures)
        record = _record(_made_from(exam.origin["inputs"]), [(exam, measurements)], figures, maps)
        return record | {"beside": write_beside(self.beside, exam, measurements)}

    @property
    def _is_scene(self):
        return self.path.suffix.lower() in SCENE_SUFFIXES

    def _scene_inputs(self):
        files = [part for file in scene_files(self.path) for part in files_of(file)]
        named = {Path(os.path.relpath(file, self.path.parent)).as_posix(): file for file in files}
        return [{"path": name, "sha256": sha256(file)} for name, file in named.items()]

    def _exam_of_scene(self):
        inputs = self._scene_inputs()
        with opened_scene(self.path) as scene:
            from ..scene.saved_exam import exam_from_scene

            exam = exam_from_scene(scene)
        return replace(exam, origin={**exam.origin, "file": str(self.path), "inputs": inputs})


@dataclass(frozen=True)
class VirtualExam:
    """The digital exam of a virtual subject."""

    subject: VirtualSubject

    @property
    def name(self):
        """What messages call it."""
        return self.subject.name

    @property
    def record_name(self):
        """Name of its record."""
        return self.subject.name

    def identity(self):
        """Subject, session and observer of the first reading."""
        return (self.subject.name, "", self.subject.observers[0])

    def made_from(self):
        """What its results depend on."""
        own = self.subject
        return {
            "version": __version__,
            "field strength": own.field_strength,
            "group": own.group,
            "seed": own.seed,
            "observers": list(own.observers),
        }

    def measure(self):
        """Its record, of all its readings."""
        read = [(exam, measure_exam(exam)) for exam in self.subject.readings()]
        return _record(self.made_from(), read, figures=[])


@dataclass(frozen=True)
class Batch:
    """What came of many exams.

    Attributes
    ----------
    records : list of dict
        Of the exams that were measured, in their order: `made_from`, `readings` (whose, and the settings and inputs),
        `measurements`, `profiles` and `maps` (a dict a row of each table), `figures`, and what was written `beside`.
    failures : dict of str to str
        Exams without results, and why.
    """

    records: list
    failures: dict

    def written_beside(self, kind):
        """Names of the files of a kind (see `beside`) that were written of all exams, and the faults in their place."""
        told = [record["beside"][kind] for record in self.records if kind in record.get("beside", {})]
        return [name for own in told for name in own["files"]], [own["fault"] for own in told if own["fault"]]

    @property
    def readings(self):
        """Of all records."""
        return [reading for record in self.records for reading in record["readings"]]


def measure_batch(tasks, folder, jobs=1, dask=None, resume=False):
    """Measures exams, each of which leaves its record in the folder `exams` as soon as it is done.

    Parameters
    ----------
    tasks : sequence of ExamFile or VirtualExam
    folder : path
        Made where it is missing.
    jobs, dask : see `parallel.run`
    resume : bool
        Take over the records of exams whose inputs, and this program, are those of then.

    Returns
    -------
    Batch

    Raises
    ------
    ValueError
        If two exams cannot be told apart, none could be measured, the cluster cannot be reached, or a record cannot be
        written.
    """
    _check_identities((task.name, task.identity()) for task in tasks)
    records = made_folder(made_folder(folder) / "exams")
    paths = [records / f"{task.record_name}.json" for task in tasks]
    outcomes = [_taken_over(task, path) if resume else None for task, path in zip(tasks, paths, strict=True)]
    missing = [number for number, outcome in enumerate(outcomes) if outcome is None]
    _show_progress(len(tasks) - len(missing), len(tasks))

    def keep(position, outcome):
        number = missing[position]
        outcomes[number] = outcome
        if not isinstance(outcome, Failure):
            write_json(paths[number], outcome)
        _show_progress(sum(one is not None for one in outcomes), len(tasks))

    run(_measure, [tasks[number] for number in missing], jobs, dask, keep)
    batch = Batch([], {})
    for task, outcome in zip(tasks, outcomes, strict=True):
        if isinstance(outcome, Failure):
            batch.failures[task.name] = outcome.reason
        else:
            batch.records.append(outcome)
    if not batch.records:
        raise ValueError(_none_measured(batch.failures))
    _check_identities(
        (task.name, _identity(reading))
        for task, outcome in zip(tasks, outcomes, strict=True)
        if not isinstance(outcome, Failure)
        for reading in outcome["readings"]
    )
    return batch


def write_batch(folder, batch):
    """Writes the tables of all records, with their sidecars and provenance."""
    maps = [row for record in batch.records for row in record["maps"]]
    columns_of = {
        "measurements": MEASUREMENT_COLUMNS,
        "profiles": (*PROFILE_COLUMNS, *profile_columns_of(units_of(maps))),
        "maps": MAP_COLUMNS,
    }
    tables = {
        table: (columns, [[row.get(c.name) for c in columns] for record in batch.records for row in record[table]])
        for table, columns in columns_of.items()
    }
    write_results(
        folder,
        *tables["measurements"],
        *tables["profiles"],
        {
            **program(),
            "exams": batch.readings,
            "failed": batch.failures,
        },
        tables["maps"],
    )


def _identity(described):
    """Subject, session and observer, as people see them; '' for what is missing."""
    return tuple(seen(str(described.get(key) or "")) for key in ("subject", "session", "observer"))


def _measure(task):
    return task.measure()


def _made_from(inputs):
    return {"version": __version__} | {file["path"]: file["sha256"] for file in inputs}


def _record(made_from, read, figures, maps=()):
    """`maps`: what was seen in the maps of the first reading's exam, by region."""
    profiles = [
        [_named(PROFILE_COLUMNS, row) for row in profile_rows(exam, m)]
        for exam, measurements in read
        for m in measurements
    ]
    for rows, of_region in zip(profiles, maps, strict=False):
        for name, values in map_profiles(of_region).items():
            for row, value in zip(rows, values, strict=True):
                row[name] = value
    return {
        "made_from": made_from,
        "readings": [
            {
                "subject": exam.subject,
                "session": exam.session,
                "observer": exam.observer,
                **exam.origin,
                "settings": exam.settings.to_dict(),
                "warnings": list(exam.warnings),
            }
            for exam, _ in read
        ],
        "measurements": [
            _named(MEASUREMENT_COLUMNS, measurement_row(exam, m)) for exam, measurements in read for m in measurements
        ],
        "profiles": [row for rows in profiles for row in rows],
        "maps": [
            _named(MAP_COLUMNS, map_row(read[0][0], m, one))
            for m, of_region in zip(read[0][1], maps, strict=False)
            for one in of_region
        ],
        "figures": figures,
    }


def _named(columns, row):
    # JSON has no infinity, such as z without noise; its text is what the table holds.
    values = [repr(value) if isinstance(value, float) and math.isinf(value) else value for value in row]
    return dict(zip((column.name for column in columns), values, strict=True))


def _taken_over(task, path):
    """The record of an exam that was measured before, or None where it has to be measured, anew or at all."""
    if not path.is_file():
        return None
    try:
        now = task.made_from()
    except ValueError:
        return None  # measuring it will say what is wrong
    try:
        record = read_json(path)
        before = record["made_from"]
        changed = [name for name in {**before, **now} if before.get(name) != now.get(name)]
        record.setdefault("maps", [])  # of before there were any
        changed += [name for name in record["figures"] if not (task.figures / name).is_file()]
        changed += lacking(getattr(task, "beside", ()), record.get("beside", {}))
    except (ValueError, TypeError, KeyError, AttributeError):
        changed = ["its record"]
    if not changed:
        return record
    print(f"{task.name}: measured anew; changed since: {', '.join(changed)}", flush=True)
    return None


def _check_identities(named):
    seen = {}
    for name, identity in named:
        if identity is None:
            continue
        if identity in seen:
            who = ", ".join(part for part in identity if part)
            raise ValueError(
                f"{name}: is {who}, as {seen[identity]} is; give them a session or an observer to tell them apart"
            )
        seen[identity] = name


def _none_measured(failures):
    reasons = [failure_text(name, reason) for name, reason in failures.items()]
    if len(reasons) == 1:
        return reasons[0]
    further = f"; and {len(reasons) - 3} more" if len(reasons) > 3 else ""
    return f"none of the {len(reasons)} exams could be measured: {'; '.join(reasons[:3])}{further}"


def failure_text(name, reason):
    """Exam and reason in one line; most reasons name the exam, or a file of it, themselves."""
    return reason if reason.startswith(f"{name}: ") else f"{name}: {reason}"


def _draw(exam, measurements, maps, folder):
    """Draw every region; the names of the pictures, or none where matplotlib is missing."""
    try:
        import matplotlib
    except ImportError:
        return []
    from ..reports.map_figure import draw_maps
    from ..reports.region_figure import draw_measurement

    names = []
    with matplotlib.rc_context({"text.parse_math": False}), warnings.catch_warnings():
        # Letters that the font lacks are boxes in the picture; the tables have the name in full.
        warnings.filterwarnings("ignore", "Glyph .* missing from font")
        for m, of_region in zip(measurements, maps, strict=True):
            stem = f"{file_name(exam.subject, exam.session, exam.observer)}_{m.hemisphere}_{m.region}"
            figures = {f"{stem}.png": draw_measurement(exam, m)}
            if of_region:
                figures[f"{stem}_maps.png"] = draw_maps(exam, m, of_region)
            for name, figure in figures.items():
                with replacing(made_folder(folder) / name) as temporary:
                    figure.savefig(temporary, format="png")
                names.append(name)
    return names


def _show_progress(done, total):
    if sys.stderr.isatty() and total > 1:
        print(f"\rMeasured {done} of {total} exams", end="\n" if done == total else "", file=sys.stderr, flush=True)
