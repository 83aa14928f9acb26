"""Tables of measurements and a clinical table -> studies, one a field strength."""

from pathlib import Path

from ..cohort.study import Study, Subject
from ..translation import told
from ..translation import tr as _
from .clinical_table import NO_COLUMN, Person, person_at, read_clinical
from .disk import sha256
from .measurement_tables import provenance_files, read_exams
from .names import seen
from .study_notes import left_out, mixed
from .verdicts import Exclusions


def read_studies(measurement_paths, clinical_path, to_read=(), adjust=(), exclude=None):
    """Reads measurements of many exams and the clinical table.

    A row of the clinical table belongs to the exam at its field strength. A subject measured at two field strengths
    has a row for each; or a single row, whose group, age, sex and scores then count at both, and whose visual readings
    count at the field strength that it names. A single row without a field strength counts at every one, its visual
    readings only where the subject was measured at one alone.

    Parameters
    ----------
    measurement_paths : sequence of paths
        `measurements.tsv` files. The protocol comes from the `provenance.json` beside each, if there is one.
    clinical_path : path
        Its columns are CLINICAL_COLUMNS, and as far as there are any OPTIONAL_COLUMNS, `visual_column` (pathologic or
        nonpathologic), `score_column` (0, 1 or 2), and date_<session> (year-month-day).
    to_read : sequence of str
        Subjects that take no part in the statistics and are only read against the controls, like those whose group is
        n/a in the clinical table. They may be missing from it.
    adjust : sequence of str
        What the statistics are to be adjusted for: 'age', 'sex', 'field', or further columns of numbers.
    exclude : path, optional
        A table of verdicts (see `verdicts.read_verdicts`): regions to be redrawn or excluded are left out.

    Returns
    -------
    studies : tuple of Study
        By field strength, the lowest first; subjects in the order of the clinical table, their readings in that of the
        measurements.
    warnings : tuple of str
        Who is left out, and what is missing or mixed.

    Raises
    ------
    ValueError
        In one line the file, the row or subject, what is wrong and what would be right.
    """
    to_read = [seen(name) for name in to_read]
    persons = read_clinical(clinical_path, [name for name in adjust if name not in NO_COLUMN])
    exclusions = Exclusions(exclude)
    exams = read_exams([Path(path) for path in measurement_paths], persons, exclusions)
    for name in to_read:
        if name not in exams:
            raise ValueError(
                _("{path}: {name} is to be read but has no measurement; check the name").format(
                    path=measurement_paths[0], name=name
                )
            )
    warnings = (*exclusions.notes(), *left_out(persons, exams, to_read))
    subjects = {}
    for name in dict.fromkeys([*persons, *exams]):
        for tesla, own in exams.get(name, {}).items():
            person = person_at(persons.get(name, {}), tesla, exams[name])
            if person is None and name in to_read:
                person = Person(None, {})
            if person is not None:
                facts = person.facts | ({"group": None} if name in to_read else {})
                readings = tuple(exam.reading() for exam in own)
                subjects.setdefault(tesla, []).append(Subject(name=name, readings=readings, **{"group": None} | facts))
    if not subjects:
        reason = f" ({told(warnings[0]).rstrip('.')})" if warnings else ""
        raise ValueError(
            _("{path}: no subject is left{reason}; name subjects and T as the measurements do").format(
                path=clinical_path, reason=reason
            )
        )
    studies = tuple(Study(tesla, tuple(subjects[tesla])) for tesla in sorted(subjects))
    return studies, (*warnings, *mixed(studies))


def inputs_of(measurement_paths, clinical_path, exclude=None):
    """Path and SHA-256 of every file that `read_studies` reads, as plain data.

    Raises
    ------
    ValueError
        If a file is missing or cannot be read.
    """
    paths = [file for path in map(Path, measurement_paths) for file in (path, *provenance_files(path))]
    further = [Path(exclude)] if exclude else []
    return [{"path": path.as_posix(), "sha256": sha256(path)} for path in (*paths, Path(clinical_path), *further)]
