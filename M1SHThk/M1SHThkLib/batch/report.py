"""The page of one exam: measured, with what else is known of the subject beside it."""

import sys
from pathlib import Path

import numpy as np

from ..cohort.norms import read_against
from ..cohort.study import ALL_REGIONS, REGION_NAMES, SH_THK, Reading, Subject
from ..files.clinical_table import person_at, read_clinical
from ..files.disk import made_folder, write_text
from ..files.measurement_tables import VALUES, protocol_of
from ..files.names import seen
from ..files.norms import read_norms
from ..measuring.columns import MEASUREMENT_COLUMNS
from ..measuring.measurement import measure_exam
from ..program import NOTICE, program
from ..reports.subject_page import subject_page
from .exams import ExamFile

PAGE = "report.html"


def write_report(options):
    """The command `report`."""
    exam, measurements = _measured(options.exam)
    if options.rc is not None and not options.since:
        raise ValueError("--rc says what a change is held against; give the earlier exam with --since")
    beside = known_beside(
        exam, measurements, options.norms, options.clinical, options.since, age=options.age, rc=options.rc
    )
    page = subject_page(exam, measurements, program(), identity=options.identity, **beside)
    for warning in exam.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    path = made_folder(options.output) / PAGE
    write_text(path, page)
    named = "" if options.identity else " It names nobody; --identity names subject, session and observer."
    print(f"Report: {path}.{named} {NOTICE}")


def known_beside(exam, measurements, norms=None, clinical=None, since=None, age=None, rc=None):
    """What else is known of a subject, as `subject_page` takes it.

    Parameters
    ----------
    exam : Exam
    measurements : sequence of Measurement
    norms, clinical : path, optional
        `norms.tsv`, and a clinical table with the subject's age and what was read by eye.
    since : path, optional
        An earlier exam of the subject.
    age : float, optional
        In years; else that of the clinical table.
    rc : float, optional
        Repeatability coefficient of SH/Thk, in 1/mm.

    Raises
    ------
    ValueError
        If a file cannot be used, is of somebody else or of another protocol, or the age is not known.
    """
    centiles, person = norms and read_norms(norms), _person(clinical, exam)
    age = person.get("age", np.nan) if age is None else age
    if norms and np.isnan(age):
        raise ValueError(
            f"{norms}: norms need the subject's age; give --age, or a clinical table (--clinical) that has it"
        )
    return {
        "norms": among_norms(centiles, exam, measurements, age) if norms else (),
        "eye": _by_eye(person),
        "since": since and _since(since, rc, exam, measurements),
    }


def reading_of(exam, measurements):
    """An exam that was measured as the cohort's Reading."""
    known = {column.name: column for column in MEASUREMENT_COLUMNS}
    by_region = {(m.hemisphere, m.region): m for m in measurements}
    measured = [by_region.get(key) for key in ALL_REGIONS]
    values = {name: np.array([known[name].value(exam, m) if m else np.nan for m in measured], float) for name in VALUES}
    flags = tuple(tuple(m.flags) if m else () for m in measured)
    return Reading(exam.session, exam.observer, _protocol(exam), values, flags)


def among_norms(norms, exam, measurements, age):
    """Place and words of the exam's SH/Thk among norms."""
    subject = Subject(exam.subject, None, (reading_of(exam, measurements),), age=age)
    results, why = read_against(norms, subject, exam.field_strength_tesla)
    if why:
        return [("All regions", why)]
    return [
        (curve.place, getattr(result, "words", result)) for curve, result in results if curve.marker == SH_THK.column
    ]


def _measured(path):
    exam = ExamFile(Path(path), Path()).read()
    with np.errstate(all="ignore"):
        return exam, measure_exam(exam)


def _protocol(exam, combination=None):
    """As one text; `combination` is taken where the exam does not tell its own."""
    combination = exam.origin.get("echo_combination") or combination
    return protocol_of({**exam.origin, "echo_combination": combination, "settings": exam.settings.to_dict()})


def _person(path, exam):
    if not path:
        return {}
    persons = read_clinical(path, ())
    tesla = exam.field_strength_tesla
    if tesla is None:
        raise ValueError(f"{path}: has a row for each field strength, and the exam's is not known; enter it")
    person = person_at(persons.get(seen(exam.subject), {}), tesla, [tesla])
    if person is None:
        raise ValueError(f"{path}: has no row of {exam.subject} at {tesla:g} T; add it, or leave --clinical out")
    return person.facts


def _by_eye(person):
    words = {True: "pathologic", False: "nonpathologic"}
    found = [
        (f"{reader}, session {session}", words[is_so]) for (reader, session), is_so in person.get("visual", {}).items()
    ]
    for (reader, session), scores in person.get("scores", {}).items():
        told = [f"{REGION_NAMES[n]} {score:g}" for n, score in enumerate(scores) if np.isfinite(score)]
        total = f"sum of {len(told)} regions: {np.nansum(scores):g}"  # some may not have been scored
        found.append((f"{reader}, session {session}", f"{', '.join(told)}; {total}"))
    return found


def _since(path, noise, exam, measurements):
    before, then = _measured(path)
    if seen(before.subject) != seen(exam.subject):
        raise ValueError(f"{path}: is of {before.subject}, not of {exam.subject}; give an earlier exam of one subject")
    # A volume that Slicer loaded does not tell how its echoes were combined; an exam file always does.
    known = next((own.origin["echo_combination"] for own in (before, exam) if own.origin.get("echo_combination")), None)
    old, new = _protocol(before, known), _protocol(exam, known)
    if old != new or before.field_strength_tesla != exam.field_strength_tesla:
        raise ValueError(
            f"{path}: was measured with another protocol ({old}) than the exam ({new}); "
            "a difference would be that of the protocols"
        )
    earlier = {(m.hemisphere, m.region): m for m in then}
    both = [(m, earlier[m.hemisphere, m.region]) for m in measurements if (m.hemisphere, m.region) in earlier]
    rows = [(m.name, old.sh_thk_per_mm, m.sh_thk_per_mm, np.nan if noise is None else noise) for m, old in both]
    if not rows:
        raise ValueError(f"{path}: has no region of the exam's; there is no change to tell")
    return "Before", rows
