"""The command line: python3 M1SHThk/M1SHThkLib COMMAND, from anywhere."""

import argparse
import platform
import re
import sys
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

if not __package__:
    # Run as a folder: its own files must not shadow modules of the standard library, and imports need the package.
    sys.path[0] = str(Path(__file__).resolve().parent.parent)
    __package__, __spec__ = "M1SHThkLib", None

import numpy as np
import scipy

from . import __version__
from .columns import MEASUREMENT_COLUMNS, PROFILE_COLUMNS, measurement_row, profile_rows
from .exam import GROUPS
from .exam_files import read_exam, write_exam
from .files import made_folder, replacing, write_json
from .flags import FLAGS
from .measurement import measure_exam
from .phantom import PhantomOptions, make_phantom
from .result_files import write_results
from .scene.saved import SUFFIXES as SCENE_SUFFIXES
from .scene.saved import opened_scene

NOTICE = "Research use only. Not a medical device."
NO_MATPLOTLIB = "Figures are left out: matplotlib is not installed here."


def main(arguments=None):
    """Run a command; returns the exit status: 0, or 2 for input that cannot be used."""
    options = _parser().parse_args(arguments)
    try:
        options.run(options)
    except ValueError as error:
        print(" ".join(str(error).split()), file=sys.stderr)
        return 2
    return 0


def _parser():
    parser = argparse.ArgumentParser(
        prog="M1SHThk",
        description=f"Measures hypointensity and thickness of the deep layers of the primary motor cortex. {NOTICE}",
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    measure = commands.add_parser("measure", help="measure exams into one folder of results")
    measure.add_argument("exams", nargs="+", type=Path, metavar="EXAM", help="exam.json, or a scene (.mrml, .mrb)")
    measure.add_argument("-o", "--output", required=True, type=Path, metavar="DIR", help="folder for the results")
    measure.add_argument("--jobs", type=_positive, default=1, metavar="N", help="processes at once (default: 1)")
    measure.set_defaults(run=_measure)

    phantom = commands.add_parser("phantom", help="write a digital exam with its truth")
    phantom.add_argument("-o", "--output", required=True, type=Path, metavar="DIR", help="folder for the exam")
    phantom.add_argument("--field", type=int, choices=(3, 7), default=3, help="field strength in tesla (default: 3)")
    phantom.add_argument("--group", choices=GROUPS, default="patient", help="default: patient")
    phantom.add_argument("--seed", type=int, default=0, metavar="N", help="same seed, same files (default: 0)")
    phantom.set_defaults(run=_phantom)

    demo = commands.add_parser("demo", help="make a digital exam, measure it and draw it")
    demo.add_argument("-o", "--output", required=True, type=Path, metavar="DIR", help="folder for everything")
    demo.set_defaults(run=_demo)
    return parser


def _positive(text):
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 on")
    return int(text)


def _measure(options):
    measured = _measure_files(options.exams, options.output, options.jobs)
    _print_results(measured)
    print(f"Results: {options.output}")


def _phantom(options):
    phantom = make_phantom(PhantomOptions(field_strength=options.field, group=options.group, seed=options.seed))
    exam = _write_phantom(options.output, phantom)
    print(f"Digital exam: {exam}\nIts truth: {options.output / 'truth.json'}")


def _demo(options):
    print("Making a digital exam: a patient at 3T, simulated; the brain is simplified and its truth is known.")
    phantom = make_phantom(PhantomOptions(field_strength=3, group="patient", slices=6, cropped=True))
    exam = _write_phantom(options.output / "exam", phantom)
    print("Measuring it ...")
    measured = _measure_files([exam], options.output / "results", jobs=1)
    _print_results(measured)
    print(f"Digital exam:  {exam}, with its truth in truth.json beside it")
    print(f"Measurements:  {options.output / 'results' / 'measurements.tsv'}, columns explained in measurements.json")
    if measured[0].figures:
        print(f"Pictures:      {options.output / 'results' / 'figures'}, one a region")


def _write_phantom(folder, phantom):
    path = write_exam(folder, phantom.exam(), phantom.echoes, phantom.echo_times_ms)
    write_json(folder / "truth.json", phantom.truth)
    return path


@dataclass(frozen=True)
class _Measured:
    """What is left of an exam that was measured: rows of both tables, provenance, warnings and figures' names."""

    identity: tuple
    rows: list
    profiles: list
    provenance: dict
    warnings: tuple
    figures: list


def _measure_files(paths, folder, jobs):
    """Measure exams, in parallel where asked for, and write one results folder; results keep the exams' order."""
    figures = made_folder(made_folder(folder) / "figures")
    measured = [None] * len(paths)
    if jobs == 1:
        for number, path in enumerate(paths):
            measured[number] = _measure_file(path, figures)
            _progress(number + 1, len(paths))
    else:
        with ProcessPoolExecutor(min(jobs, len(paths))) as pool:
            running = {pool.submit(_measure_file, path, figures): number for number, path in enumerate(paths)}
            for done, future in enumerate(as_completed(running), 1):
                measured[running[future]] = future.result()
                _progress(done, len(paths))
    _check_identities(paths, measured)
    for warning in dict.fromkeys(warning for exam in measured for warning in exam.warnings):
        print(f"warning: {warning}", file=sys.stderr)
    write_results(
        folder,
        MEASUREMENT_COLUMNS,
        [row for exam in measured for row in exam.rows],
        PROFILE_COLUMNS,
        [row for exam in measured for row in exam.profiles],
        {
            "program": "M1SHThk",
            "version": __version__,
            "notice": NOTICE,
            "python": platform.python_version(),
            "numpy": np.__version__,
            "scipy": scipy.__version__,
            "exams": [exam.provenance for exam in measured],
        },
    )
    return measured


def _measure_file(path, figures):
    exam = _exam_of(path)
    try:
        measurements = measure_exam(exam)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
    return _Measured(
        identity=(exam.subject, exam.session, exam.observer),
        rows=[measurement_row(exam, m) for m in measurements],
        profiles=[row for m in measurements for row in profile_rows(exam, m)],
        provenance={
            "subject": exam.subject,
            "session": exam.session,
            "observer": exam.observer,
            **exam.origin,
            "settings": exam.settings.to_dict(),
            "warnings": list(exam.warnings),
        },
        warnings=exam.warnings,
        figures=_draw(exam, measurements, figures),
    )


def _exam_of(path):
    if path.suffix.lower() not in SCENE_SUFFIXES:
        return read_exam(path)
    with opened_scene(path) as scene:
        from .scene.exam_nodes import exam_from_scene

        try:
            return exam_from_scene(scene)
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from error


def _draw(exam, measurements, folder):
    """Draw every region; the names of the pictures, or none where matplotlib is missing."""
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        return []
    from .figures import draw_measurement

    names = []
    for m in measurements:
        parts = (exam.subject, exam.session, exam.observer, m.hemisphere, m.region)
        name = "_".join(re.sub(r"[^\w.-]+", "-", part) for part in parts if part) + ".png"
        with replacing(folder / name) as temporary:
            draw_measurement(exam, m).savefig(temporary, format="png")
        names.append(name)
    return names


def _check_identities(paths, measured):
    seen = {}
    for path, exam in zip(paths, measured, strict=True):
        if exam.identity in seen:
            who = ", ".join(str(part) for part in exam.identity if part)
            raise ValueError(
                f"{path}: is {who}, as {seen[exam.identity]} is; give them a session or an observer to tell them apart"
            )
        seen[exam.identity] = path


def _progress(done, total):
    if sys.stderr.isatty() and total > 1:
        print(f"\rMeasured {done} of {total} exams", end="\n" if done == total else "", file=sys.stderr, flush=True)


def _print_results(measured):
    names = [column.name for column in MEASUREMENT_COLUMNS]
    for exam in measured:
        for row in exam.rows:
            cell = dict(zip(names, row, strict=True))
            who = " ".join(str(cell[name]) for name in ("subject", "session", "observer") if cell[name])
            region = f"{cell['hemisphere']} {cell['region'].replace('_', ' ')}"
            print(
                f"{who}, {region}: "
                f"SH {_number(cell, 'sh', 3)}, Thk {_number(cell, 'thk_mm', 2, ' mm')}, "
                f"SH/Thk {_number(cell, 'sh_thk_per_mm', 3, ' per mm')}"
            )
            for flag in (cell["flags"] or "").split(",") if cell["flags"] else ():
                print(f"    {flag}: {FLAGS[flag]}")
    if not all(exam.figures for exam in measured):
        print(NO_MATPLOTLIB)
    print(f"In brackets 95 % confidence intervals: noise at the line as drawn, not redrawing. {NOTICE}")


def _number(cell, name, digits, unit=""):
    if cell[name] is None:
        return "missing"
    low, high = cell[f"{name}_ci_low"], cell[f"{name}_ci_high"]
    interval = "" if low is None else f" [{low:.{digits}f}, {high:.{digits}f}]"
    return f"{cell[name]:.{digits}f}{unit}{interval}"


if __name__ == "__main__":
    sys.exit(main())
