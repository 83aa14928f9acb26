"""The command line: python3 M1SHThk/M1SHThkLib COMMAND, from anywhere."""

import argparse
import errno
import io
import math
import os
import sys
from pathlib import Path

if not __package__:
    # Run as a folder: its own files must not shadow modules of the standard library, and imports need the package.
    sys.path[0] = str(Path(__file__).resolve().parent.parent)
    __package__, __spec__ = "M1SHThkLib", None

from . import __version__
from .batch.beside import BidsDerivatives, DicomObjects
from .batch.bids import bids_exams
from .batch.exams import ExamFile, VirtualExam, failure_text, measure_batch, write_batch
from .batch.reading_list_commands import add_reading_list
from .batch.studies import analyse_study, make_norms_of, norms_of, read_against_norms, tell_change
from .cohort.comparison import OTHERS
from .cohort.options import CohortOptions, Primary
from .cohort.study import MARKERS
from .digital_exam.phantom import PhantomOptions, make_phantom
from .digital_exam.subject import GROUPS as SIMULATED_GROUPS
from .digital_exam.virtual_study import FIELD_STRENGTHS, STUDY_SEED, draw_study
from .digital_exam.virtual_study import NOTICE as VIRTUAL_NOTICE
from .files.dicom import CARRIES_IDENTITY
from .files.disk import write_json
from .files.exams import write_exam
from .files.results import write_table
from .measuring.columns import Column
from .measuring.flags import notes_from_text, sentence
from .measuring.rounding import shown
from .program import NO_FIGURES, NOTICE

KEPT = " What was measured is kept: the same command with --resume goes on from there."
READER_LEFT = (errno.EPIPE, errno.EINVAL)  # the latter on Windows


def main(arguments=None):
    """Run a command.

    Returns
    -------
    int
        The exit status: 0; 1 where some exams failed; 2 for input that cannot be used, or output that cannot be
        written; 130 when interrupted; 141 when nobody reads on.
    """
    streams = [stream for stream in (sys.stdout, sys.stderr) if isinstance(stream, io.TextIOWrapper)]
    for stream in streams:
        stream.reconfigure(errors="backslashreplace")  # a name that a terminal cannot show is no fault
    try:
        try:
            return _run(arguments)
        finally:
            for stream in streams:
                stream.flush()  # now, while a refusal can still be told by the exit status
    except OSError:
        refusal = _refusal(sys.stdout) or _refusal(sys.stderr)
        if refusal is None:
            raise
        reader_left = refusal.errno in READER_LEFT
        if not reader_left:
            remedy = "make room there, or send it elsewhere"
            _refusal(sys.stderr, f"standard output: {refusal.strerror}; {remedy}")
        for stream in streams:  # Python must not fail of them again at its end
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        return 141 if reader_left else 2


def _run(arguments):
    options = _parser().parse_args(arguments)
    try:
        return options.run(options) or 0
    except ValueError as error:
        print(" ".join(str(error).split()), file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"Interrupted.{KEPT if hasattr(options, 'resume') else ''}", file=sys.stderr)
        return 130


def _refusal(stream, line=""):
    """Print a line; the error with which the stream refuses it, or None."""
    try:
        print(line, file=stream, flush=True)
    except OSError as error:
        return error
    return None


def _parser():
    parser = argparse.ArgumentParser(
        prog="M1SHThk",
        description=f"Measures hypointensity and thickness of the deep layers of the primary motor cortex. {NOTICE}",
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    measure = commands.add_parser("measure", help="measure exams into one folder of results")
    measure.add_argument("exams", nargs="+", type=Path, metavar="EXAM", help="exam.json, or a scene (.mrml, .mrb)")
    measure.add_argument("-o", "--output", required=True, type=_folder, metavar="DIR", help="folder for the results")
    measure.add_argument(
        "--bids",
        action="store_true",
        help="EXAM is a BIDS data set with drawings below derivatives/m1shthk, and DIR becomes a derivative data set",
    )
    measure.add_argument("--norms", type=Path, metavar="NORMS.tsv", help="read the subject against norms; needs --age")
    measure.add_argument("--age", type=_number(0, 130), metavar="YEARS", help="of the one subject, for --norms")
    measure.add_argument(
        "--dicom",
        type=Path,
        metavar="SERIES_DIR",
        help="also write DICOM objects (SEG, and SR by TID 1500) into DIR/dicom; SERIES_DIR holds the series that the "
        "images were made from, whose patient's identity the objects carry; needs highdicom",
    )
    _add_parallel_arguments(measure)
    measure.set_defaults(run=_measure)

    cohort = commands.add_parser(
        "cohort",
        help="the statistics of a study",
        description=f"The statistics of a study: tables, cohort.json and report.html. {NOTICE}",
    )
    cohort.add_argument("measurements", nargs="*", type=Path, metavar="MEASUREMENTS.tsv", help="what 'measure' wrote")
    cohort.add_argument("--clinical", type=Path, metavar="CLINICAL.tsv", help="the subjects, a row each")
    cohort.add_argument("-o", "--output", required=True, type=_folder, metavar="DIR", help="folder for the results")
    cohort.add_argument(
        "--read", action="append", default=[], metavar="SUBJECT", help="read this subject against the controls"
    )
    cohort.add_argument(
        "--exclude",
        type=Path,
        metavar="VERDICTS.tsv",
        help="leave out what verdicts of 'qc' exclude or want redrawn",
    )
    statistics = cohort.add_argument_group("choices")
    defaults = CohortOptions()
    share = _number(0, 1)
    positive = _number(0, math.inf)
    statistics.add_argument("--cutoff", type=positive, metavar="X", help="a cut-off of SH/Thk in 1/mm")
    for name in ("sensitivity", "specificity", "power"):
        default = getattr(defaults, name)
        what = "of the sample sizes" if name == "power" else "at which the other is reported"
        statistics.add_argument(
            f"--{name}", type=share, default=default, metavar="X", help=f"{what} (default: {default})"
        )
    statistics.add_argument(
        "--primary",
        type=_primary,
        default=defaults.primary,
        metavar="ENDPOINT",
        help="what stands first, as MARKER,SELECTION,AGAINST: sh_thk, sh or thk; symmetric or clustered; controls, "
        "mimics or both (default: sh_thk,symmetric,controls)",
    )
    statistics.add_argument(
        "--adjust",
        action="append",
        metavar="NAME",
        help="adjust for age, sex, field, or a column of numbers of the clinical table; may be repeated (default: age)",
    )
    statistics.add_argument("--prevalence", type=share, metavar="X", help="share of patients, for predictive values")
    statistics.add_argument("--difference", type=positive, metavar="X", help="of SH/Thk in 1/mm, for sample sizes")
    statistics.add_argument("--auc", type=_number(0.5, 1), metavar="X", help="for sample sizes, from 0.5 to 1")
    statistics.add_argument("--other-auc", type=_number(0.5, 1), metavar="X", help="that it is compared with, likewise")
    virtual = cohort.add_argument_group("a virtual study, in place of tables", VIRTUAL_NOTICE)
    virtual.add_argument(
        "--simulate", type=int, choices=FIELD_STRENGTHS, help="simulate and measure the published study at 3T or 7T"
    )
    virtual.add_argument(
        "--seed",
        type=_whole,
        default=STUDY_SEED,
        metavar="N",
        help=f"same seed, same study (default: {STUDY_SEED}, which comes near the published one)",
    )
    _add_parallel_arguments(virtual)
    cohort.add_argument("--norms", type=Path, metavar="NORMS.tsv", help="read single subjects against norms too")
    cohort.set_defaults(run=_cohort)

    report = commands.add_parser(
        "report",
        help="one exam as a page to read or print",
        description=f"Measures one exam and writes report.html, which names nobody unless asked to. {NOTICE}",
    )
    report.add_argument("exam", type=Path, metavar="EXAM", help="exam.json, or a scene (.mrml, .mrb)")
    report.add_argument("-o", "--output", required=True, type=_folder, metavar="DIR", help="folder for the page")
    report.add_argument("--identity", action="store_true", help="name subject, session and observer")
    report.add_argument("--norms", type=Path, metavar="NORMS.tsv", help="read the subject against norms")
    report.add_argument("--age", type=_number(0, 130), metavar="YEARS", help="of the subject, for --norms")
    report.add_argument("--clinical", type=Path, metavar="CLINICAL.tsv", help="age, and what was read by eye")
    report.add_argument("--since", type=Path, metavar="EXAM", help="the subject's earlier exam, to tell the change")
    report.add_argument(
        "--rc", type=positive, metavar="X", help="repeatability coefficient of SH/Thk in 1/mm, for --since"
    )
    report.set_defaults(run=_report)

    qc = commands.add_parser(
        "qc",
        help="a batch as one page to look through",
        description=f"Writes qc.html into a folder of results: a row a region, flags first, verdicts by key. {NOTICE}",
    )
    qc.add_argument("results", type=_folder, metavar="DIR", help="folder that 'measure' wrote")
    qc.set_defaults(run=_qc)

    norms = commands.add_parser(
        "norms",
        help="centiles of controls against age, to share",
        description=f"Centiles of the controls' SH, Thk and SH/Thk against age, to share, with charts. {NOTICE}",
    )
    change = commands.add_parser(
        "change",
        help="what has changed between sessions",
        description="Differences between the sessions of a subject beside what readings differ by without change, and "
        f"slopes: change.tsv and slopes.tsv. Dates are the clinical table's columns date_<session>. {NOTICE}",
    )
    change.add_argument(
        "--rc", type=positive, metavar="X", help="repeatability coefficient of SH/Thk in 1/mm (default: as measured)"
    )
    for command, run in ((norms, make_norms_of), (change, tell_change)):
        command.add_argument(
            "measurements", nargs="+", type=Path, metavar="MEASUREMENTS.tsv", help="what 'measure' wrote"
        )
        command.add_argument(
            "--clinical", type=Path, required=True, metavar="CLINICAL.tsv", help="the subjects, a row each"
        )
        command.add_argument(
            "-o", "--output", required=True, type=_folder, metavar="DIR", help="folder for the results"
        )
        command.set_defaults(run=run)

    add_reading_list(commands, _folder, _whole, _number)

    phantom = commands.add_parser("phantom", help="write a digital exam with its truth")
    phantom.add_argument("-o", "--output", required=True, type=_folder, metavar="DIR", help="folder for the exam")
    phantom.add_argument("--field", type=int, choices=(3, 7), default=3, help="field strength in tesla (default: 3)")
    phantom.add_argument("--group", choices=SIMULATED_GROUPS, default="patient", help="default: patient")
    phantom.add_argument("--seed", type=_whole, default=0, metavar="N", help="same seed, same files (default: 0)")
    phantom.add_argument(
        "--tilt",
        type=float,
        default=0.0,
        metavar="DEGREES",
        help="by which the cortex leans through the slices (default: 0)",
    )
    phantom.add_argument(
        "--tilt-change",
        type=float,
        default=0.0,
        metavar="X",
        help="degrees a mm by which that changes with height (default: 0)",
    )
    phantom.set_defaults(run=_phantom)

    demo = commands.add_parser("demo", help="make a digital exam, measure it and draw it")
    demo.add_argument("-o", "--output", required=True, type=_folder, metavar="DIR", help="folder for everything")
    demo.set_defaults(run=_demo)
    return parser


def _add_parallel_arguments(parser):
    runs = parser.add_mutually_exclusive_group()
    runs.add_argument("--jobs", type=_positive, default=1, metavar="N", help="processes at once (default: 1)")
    runs.add_argument(
        "--dask",
        metavar="ADDRESS",
        help="measure on the dask.distributed cluster whose scheduler has this address, such as tcp://host:8786; "
        "its workers must reach exams and results under the same paths",
    )
    parser.add_argument(
        "--resume", action="store_true", help="go on with what is in DIR: measure what is missing or has changed"
    )


def _primary(text):
    markers = {column.removesuffix("_per_mm").removesuffix("_mm"): column for column in (m.column for m in MARKERS)}
    selections, others = (
        ("symmetric", "clustered"),
        {"controls": "controls", "mimics": "mimics", "both": list(OTHERS)[-1]},
    )
    parts = text.split(",")
    legal = len(parts) == 3 and parts[0] in markers and parts[1] in selections and parts[2] in others
    if not legal:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not MARKER,SELECTION,AGAINST such as sh_thk,symmetric,controls: one of {', '.join(markers)}; "
            f"of {', '.join(selections)}; of {', '.join(others)}"
        )
    return Primary(markers[parts[0]], parts[1], others[parts[2]])


def _folder(text):
    if not text.strip():
        raise argparse.ArgumentTypeError("name a folder")  # an empty one would be that in which the command runs
    return Path(text)


def _whole(text):
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0 on")
    return int(text)


def _positive(text):
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 on")
    return int(text)


def _number(above, below):
    def number(text):
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not above < value < below:
            limit = f" and below {below:g}" if below < math.inf else ""
            raise argparse.ArgumentTypeError(f"{text!r} is not a number above {above:g}{limit}")
        return value

    return number


def _measure(options):
    norms = norms_of(options.norms)
    if (norms is None) != (options.age is None):
        raise ValueError("--norms and --age belong together: norms are read at an age")
    if options.bids:
        return _measure_bids(options)
    batch = _measure_files(
        options.exams, options.output, options.jobs, options.dask, options.resume, dicom=options.dicom
    )
    _print_results(batch)
    if norms and batch.records:
        read_against_norms(norms, options.age, options.output)
    return _print_end(batch, options.output)


def _measure_bids(options):
    if len(options.exams) > 1 or options.norms or options.dicom:
        raise ValueError("--bids measures one data set, without --norms and --dicom; leave the others out")
    (root,), folder = options.exams, options.output
    if options.dask:
        root, folder = root.absolute(), folder.absolute()
    exams, warnings = bids_exams(root, folder)
    for warning in warnings:
        print(f"warning: {warning}", file=sys.stderr)
    worst = 0
    for results, own in exams.items():
        batch = _measure_exams(own, results, options.jobs, options.dask, options.resume)
        _print_results(batch)
        worst = max(worst, _print_end(batch, results))
    return worst


def _measure_files(paths, folder, jobs=1, dask=None, resume=False, dicom=None):
    """Measure exams and write one results folder; results keep the exams' order."""
    if dask:  # its workers have a working folder of their own
        paths, folder, dicom = [path.absolute() for path in paths], folder.absolute(), dicom and dicom.absolute()
    beside = (DicomObjects(dicom, folder / "dicom"),) if dicom else ()
    return _measure_exams([ExamFile(path, folder / "figures", beside) for path in paths], folder, jobs, dask, resume)


def _measure_exams(exams, folder, jobs, dask, resume):
    batch = measure_batch(exams, folder, jobs, dask, resume)
    for warning in dict.fromkeys(warning for exam in batch.readings for warning in exam["warnings"]):
        print(f"warning: {warning}", file=sys.stderr)
    write_batch(folder, batch)
    return batch


def _print_end(batch, folder):
    """Name what failed and where the results are; the exit status."""
    for name, reason in batch.failures.items():
        print(failure_text(name, reason), file=sys.stderr)
    objects, faults = batch.written_beside(DicomObjects.kind)
    faults += batch.written_beside(BidsDerivatives.kind)[1]
    for fault in faults:
        print(f"written beside the tables is not all: {fault}", file=sys.stderr)
    if objects:
        print(f"{DicomObjects.kind}: {folder / 'dicom'}. {CARRIES_IDENTITY}")
    print(f"Results: {folder}")
    if not batch.failures:
        return 1 if faults else 0
    print(
        f"{len(batch.failures)} of {len(batch.failures) + len(batch.records)} exams could not be measured and are "
        f"left out of the tables: {', '.join(batch.failures)}",
        file=sys.stderr,
    )
    return 1


def _cohort(options):
    if options.simulate is None:
        if not options.measurements or options.clinical is None:
            raise ValueError("cohort needs MEASUREMENTS.tsv and --clinical CLINICAL.tsv, or --simulate 3 or 7")
        if options.dask or options.resume or options.jobs > 1:
            raise ValueError("--jobs, --dask and --resume belong to --simulate; leave them out, or simulate")
        return analyse_study(options, options.measurements, options.clinical)
    if options.measurements or options.clinical:
        raise ValueError("--simulate makes its own tables; leave out either it or MEASUREMENTS.tsv and --clinical")
    batch = _simulate(options.simulate, options.seed, options.output, options.jobs, options.dask, options.resume)
    virtual = {"field strength": options.simulate, "seed": options.seed, "notice": VIRTUAL_NOTICE}
    analyse_study(options, [options.output / "measurements.tsv"], options.output / "clinical.tsv", virtual)
    return _print_end(batch, options.output)


def _simulate(field_strength, seed, folder, jobs=1, dask=None, resume=False):
    """Measure a virtual study; leaves its two tables as those of a real one."""
    from .files.clinical_table import CLINICAL_COLUMNS, visual_column

    print(VIRTUAL_NOTICE)
    subjects = draw_study(field_strength, seed)
    batch = measure_batch([VirtualExam(subject) for subject in subjects], folder, jobs, dask, resume)
    write_batch(folder, batch)
    visual = tuple(
        Column(visual_column(*key), "", f"Visual reading by {key[0]} in session {key[1]}, simulated", None)
        for key in subjects[0].visual
    )
    columns = (*CLINICAL_COLUMNS, *visual)
    rows = [subject.clinical() for subject in subjects if subject.name not in batch.failures]
    write_table(folder / "clinical.tsv", columns, [[row.get(column.name) for column in columns] for row in rows])
    return batch


def _qc(options):
    from .batch.qc import write_qc

    write_qc(options)


def _report(options):
    from .batch.report import write_report

    write_report(options)


def _phantom(options):
    # Cropped to what is drawn on: the head around it is three quarters of the voxels, and mostly noise.
    of = PhantomOptions(
        field_strength=options.field,
        group=options.group,
        seed=options.seed,
        cropped=True,
        tilt=options.tilt,
        tilt_change=options.tilt_change,
    )
    phantom = make_phantom(of)
    exam = _write_phantom(options.output, phantom)
    print(f"Digital exam: {exam}\nIts truth: {options.output / 'truth.json'}")


def _demo(options):
    print("Making a digital exam: a patient at 3T, simulated; the brain is simplified and its truth is known.")
    phantom = make_phantom(PhantomOptions(field_strength=3, group="patient", slices=6, cropped=True))
    exam = _write_phantom(options.output / "exam", phantom)
    print("Measuring it ...")
    batch = _measure_files([exam], options.output / "results")
    _print_results(batch)
    print(f"Digital exam:  {exam}, with its truth in truth.json beside it")
    print(f"Measurements:  {options.output / 'results' / 'measurements.tsv'}, columns explained in measurements.json")
    if batch.records[0]["figures"]:
        print(f"Pictures:      {options.output / 'results' / 'figures'}, one a region")


def _write_phantom(folder, phantom):
    path = write_exam(folder, phantom.exam(), phantom.echoes, phantom.echo_times_ms, compact=True)
    write_json(folder / "truth.json", phantom.truth)
    return path


def _print_results(batch):
    for record in batch.records:
        for cell in record["measurements"]:
            who = " ".join(str(cell[name]) for name in ("subject", "session", "observer") if cell[name])
            region = f"{cell['hemisphere']} {cell['region'].replace('_', ' ')}"
            print(
                f"{who}, {region}: "
                f"SH {_value(cell, 'sh', 3)}, Thk {_value(cell, 'thk_mm', 2, ' mm')}, "
                f"SH/Thk {_value(cell, 'sh_thk_per_mm', 3, ' per mm')}"
            )
            notes = notes_from_text(cell["flag_notes"])
            for flag in cell["flags"].split(",") if cell["flags"] else ():
                print(f"    {flag}: {sentence(flag, notes.get(flag))}")
    if not all(record["figures"] for record in batch.records):
        print(NO_FIGURES)
    print(f"In brackets 95 % confidence intervals: noise at the line as drawn, not redrawing. {NOTICE}")


def _value(cell, name, digits, unit=""):
    if cell[name] is None:
        return "missing"
    low, high = cell[f"{name}_ci_low"], cell[f"{name}_ci_high"]
    if low is None:
        return f"{shown(cell[name], digits)}{unit}"
    value, low, high = shown(cell[name], digits, low, high)
    return f"{value}{unit} [{low}, {high}]"


if __name__ == "__main__":
    sys.exit(main())
