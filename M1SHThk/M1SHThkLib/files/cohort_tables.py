"""Tables of measurements and a clinical table -> studies, one a field strength."""

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ..cohort.study import ALL_REGIONS, LIMBS, MARKERS, REGION_NAMES, SH_THK, Reading, Study, Subject
from ..measuring.columns import Column
from ..measuring.exam import GROUPS, HEMISPHERES, REGIONS
from ..measuring.settings import Settings
from .disk import read_json, sha256
from .exam_schema import HIGHEST_FIELD_TESLA
from .measured_rows import DEEPEST_MM, check_measured
from .names import cleaned, seen
from .tables import Row, read_table

UMN_COLUMNS = tuple(f"umn_{side}_{limb}" for side, limb in LIMBS)  # in the order of ALL_REGIONS
CLINICAL_COLUMNS = tuple(
    Column(name, unit, meaning, None)
    for name, unit, meaning in (
        ("subject", "", "Subject, as in the measurements"),
        ("group", "", "patient or control; n/a = only read against the controls"),
        ("age", "years", "Age at the exam"),
        ("sex", "", "Sex"),
        ("field_strength_t", "T", "Field strength of the exam to which the row belongs"),
        ("umn_scale", "", "Name of the scale of the upper motor neuron scores"),
        ("umn_limb_max", "", "Greatest score that a limb can have on this scale"),
        ("umn_right_arm", "", "Upper motor neuron score of the right arm"),
        ("umn_left_arm", "", "Upper motor neuron score of the left arm"),
        ("umn_right_leg", "", "Upper motor neuron score of the right leg"),
        ("umn_left_leg", "", "Upper motor neuron score of the left leg"),
        ("umn_total", "", "Total upper motor neuron score, which may hold more than the limbs"),
    )
)
VALUES = (
    *(column for marker in MARKERS for column in (marker.column, marker.uncensored)),
    *(f"{SH_THK.column}_ci_{end}" for end in ("low", "high")),
)
MEASUREMENT_COLUMNS = (
    *("subject", "session", "observer", "group", "field_strength_t", "hemisphere", "region"),
    *VALUES,
    "flags",
)
VISUAL_WORDS = {"pathologic": True, "nonpathologic": False}

_VISUAL = re.compile(r"visual_([^_]+)_([^_]+)")
_HIGHEST_AGE = 130
_HIGHEST_VALUE = 1e6  # far beyond any image: whatever is greater has lost its decimal point
# Scanners give 2.89 T for 3 T: what lies within 5 % of one of these is this one.
_NOMINAL_T = (0.5, 1.0, 1.5, 3.0, 4.0, 4.7, 7.0, 9.4, 10.5, 11.7)
_NOMINAL_WITHIN = 0.05
_NO_PROTOCOL = ("replicates", "seed")  # settings that move the intervals alone


def visual_column(reader, session):
    """Name of the clinical table's column for a visual reading; reader and session without underscores."""
    return f"visual_{reader}_{session}"


def read_studies(measurement_paths, clinical_path, to_read=()):
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
        Its columns are CLINICAL_COLUMNS and any number of `visual_column`.
    to_read : sequence of str
        Subjects that take no part in the statistics and are only read against the controls, like those whose group is
        n/a in the clinical table. They may be missing from it.

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
    persons = _read_clinical(clinical_path)
    exams = _read_exams([Path(path) for path in measurement_paths], persons)
    for name in to_read:
        if name not in exams:
            raise ValueError(f"{measurement_paths[0]}: {name} is to be read but has no measurement; check the name")
    warnings = _left_out(persons, exams, to_read)
    subjects = {}
    for name in dict.fromkeys([*persons, *exams]):
        for tesla, own in exams.get(name, {}).items():
            person = _person_at(persons.get(name, {}), tesla, exams[name])
            if person is None and name in to_read:
                person = _Person(None, {})
            if person is not None:
                facts = person.facts | ({"group": None} if name in to_read else {})
                readings = tuple(exam.reading() for exam in own)
                subjects.setdefault(tesla, []).append(Subject(name=name, readings=readings, **{"group": None} | facts))
    if not subjects:
        reason = f" ({warnings[0].rstrip('.')})" if warnings else ""
        raise ValueError(f"{clinical_path}: no subject is left{reason}; name subjects and T as the measurements do")
    studies = tuple(Study(tesla, tuple(subjects[tesla])) for tesla in sorted(subjects))
    return studies, (*warnings, *_mixed(studies))


def inputs_of(measurement_paths, clinical_path):
    """Path and SHA-256 of every file that `read_studies` reads, as plain data.

    Raises
    ------
    ValueError
        If a file is missing or cannot be read.
    """
    paths = [file for path in map(Path, measurement_paths) for file in (path, *_provenance_files(path))]
    return [{"path": path.as_posix(), "sha256": sha256(path)} for path in (*paths, Path(clinical_path))]


def _filled_table(path, needed):
    header, rows = read_table(path, needed)
    if not rows:
        raise ValueError(f"{path}: has no row below its header; fill it in")
    return header, rows


#
# The clinical table
#


@dataclass(frozen=True)
class _Person:
    """One row of the clinical table: where it stands, and its attributes of a Subject."""

    row: Row | None
    facts: dict


def _read_clinical(path):
    """Persons by subject and field strength (None where missing), in the order of the table."""
    header, rows = _filled_table(path, [column.name for column in CLINICAL_COLUMNS])
    visual = _visual_columns(path, header)
    persons = {}
    for row in rows:
        tesla = _field_strength(row)
        own = persons.setdefault(row.required("subject"), {})
        if tesla in own or (own and None in (tesla, *own)):
            line = own.get(tesla, next(iter(own.values()))).row.line
            raise row.fault(f"stands in line {line} too; keep one row for each field strength, which it names")
        own[tesla] = _Person(row, _facts(row, visual))
        groups = {person.facts["group"] for person in own.values()}
        if len(groups) > 1:
            raise row.fault("is of another group in another row; give the subject one group")
    return persons


def _visual_columns(path, header):
    columns = {}
    for name in header:
        if name.lower().startswith("visual"):
            match = _VISUAL.fullmatch(name)
            if match is None:
                raise ValueError(
                    f"{path}: the column '{name}' does not name one reader and one session; "
                    "call it visual_<reader>_<session>, both without underscores"
                )
            columns[name] = match.groups()
    return columns


def _facts(row, visual_columns):
    group = row.choice("group", GROUPS)
    limb_max = row.number("umn_limb_max", 0)
    scored = [column for column in UMN_COLUMNS if row.text(column) is not None]
    if scored and not limb_max > 0:
        raise row.fault(f"{scored[0]} is scored but umn_limb_max is {row.cells['umn_limb_max']}; give the scale's end")
    umn = np.array([row.number(column, 0, limb_max if scored else np.inf) for column in UMN_COLUMNS])
    total = row.number("umn_total", 0)
    if scored and total < np.nanmax(umn):
        raise row.fault(f"umn_total is {total:g}, below the {np.nanmax(umn):g} of one limb; correct one of them")
    words = {key: row.choice(column, VISUAL_WORDS) for column, key in visual_columns.items()}
    return {
        "group": group,
        "age": row.number("age", 0, _HIGHEST_AGE),
        "sex": row.text("sex"),
        "umn_scale": row.text("umn_scale"),
        "umn_limb_max": limb_max,
        "umn": umn,
        "umn_total": total,
        "visual": {key: VISUAL_WORDS[word] for key, word in words.items() if word},
    }


def _person_at(own, tesla, measured_at):
    """The person whose row serves a field strength, None if there is none."""
    if tesla in own or len(own) != 1:
        return own.get(tesla)
    ((named, person),) = own.items()
    if named is None and len(measured_at) == 1:
        return person
    if named is None or named in measured_at:
        return _Person(person.row, person.facts | {"visual": {}})
    return None


def _left_out(persons, exams, to_read):
    """Sentences on subjects, and rows of subjects, that only one of the tables has."""
    told = defaultdict(list)  # names by what befell them, for many share it
    for name, measured_at in exams.items():
        own = persons.get(name, {})
        for tesla in measured_at:
            if _person_at(own, tesla, measured_at) is None and name not in to_read:
                at = f" at {tesla:g} T" if own else ""
                told[f"Measured{at} but without a row{at} in the clinical table, left out"].append(name)
        visual = [person for named, person in own.items() if named is None and person.facts["visual"]]
        if visual and len(measured_at) > 1:
            told[
                "Measured at several field strengths, of which the row in the clinical table names none: visual "
                "readings are left out; give the row the field strength of the images that were read"
            ].append(name)
    for name, own in persons.items():
        for named in own:
            if name not in exams:
                told["In the clinical table but without a measurement, left out"].append(name)
            elif named is not None and named not in exams[name]:
                told[f"With a row at {named:g} T in the clinical table but without a measurement there"].append(name)
    return [f"{what}: {', '.join(dict.fromkeys(names))}." for what, names in told.items()]


#
# The measurements
#


@dataclass(frozen=True)
class _Exam:
    """One exam's rows of the measurements, by region."""

    session: str | None
    observer: str | None
    protocol: str | None
    depth_mm: float
    rows: dict = field(default_factory=dict)

    def reading(self):
        """The same as numbers."""
        rows = [self.rows.get(key) for key in ALL_REGIONS]
        values = {name: np.array([_value(row, name) if row else np.nan for row in rows]) for name in VALUES}
        for row in filter(None, rows):
            check_measured(row, self.depth_mm)
        flags = tuple(tuple((row.text("flags") or "").split(",")) if row and row.text("flags") else () for row in rows)
        return Reading(self.session, self.observer, self.protocol, values, flags)


def _value(row, name):
    """A value; only the ends of an interval may lie below 0."""
    return row.number(name, -_HIGHEST_VALUE if "_ci_" in name else 0, _HIGHEST_VALUE)


def _read_exams(paths, persons):
    """Exams by subject and field strength: dict of dict of list."""
    exams, groups = {}, {}
    for path in paths:
        _, rows = _filled_table(path, MEASUREMENT_COLUMNS)
        protocols = _protocols(path)
        for row in rows:
            name = row.required("subject")
            own = persons.get(name, {})
            group = row.choice("group", GROUPS)
            _check_group(row, group, own, groups)
            tesla = _field_strength(row) or (next(iter(own)) if len(own) == 1 else None)
            if tesla is None:
                raise row.fault("field_strength_t is missing; fill it in, here or in the clinical table")
            key = _region(row)
            session, observer = row.name("session"), row.name("observer")
            readings = exams.setdefault(name, {}).setdefault(tesla, [])
            exam = next((exam for exam in readings if (exam.session, exam.observer) == (session, observer)), None)
            if exam is None:
                exam = _Exam(session, observer, *protocols.get((name, session, observer), (None, DEEPEST_MM)))
                readings.append(exam)
            if key in exam.rows:
                first = exam.rows[key]
                raise row.fault(
                    f"{REGION_NAMES[ALL_REGIONS.index(key)]} of this session and observer stands in line {first.line} "
                    f"of {first.path} too; keep one, or tell them apart by session or observer"
                )
            exam.rows[key] = row
    return exams


def _check_group(row, group, own, groups):
    """A subject is of one group in all the measurements and in the clinical table; n/a contradicts none."""
    name = row.cells["subject"]
    if group is None:
        return
    if groups.setdefault(name, group) != group:
        raise row.fault(f"group is {group}, but {groups[name]} in another row; give the subject one group")
    for person in own.values():
        clinical = person.facts["group"]
        if clinical not in (None, group):
            raise row.fault(
                f"group is {group}, but {clinical} in line {person.row.line} of {person.row.path}; correct one of them"
            )


def _region(row):
    key = []
    for column, choices in (("hemisphere", HEMISPHERES), ("region", REGIONS)):
        row.required(column)
        key.append(row.choice(column, choices))
    return tuple(key)


def _field_strength(row):
    """Nominal field strength in tesla, None where missing."""
    tesla = row.number("field_strength_t", 0, HIGHEST_FIELD_TESLA)
    if tesla == 0:
        raise row.fault("field_strength_t is 0; it must be a positive number in T, or n/a")
    nominal = min(_NOMINAL_T, key=lambda value: abs(value - tesla))
    if abs(tesla - nominal) <= _NOMINAL_WITHIN * nominal:
        return nominal
    return None if np.isnan(tesla) else tesla


def _provenance_files(path):
    beside = path.parent / "provenance.json"
    return [beside] if beside.is_file() else []


def _protocols(path):
    """What must agree for values to be compared, and the sampled depth, by (subject, session, observer)."""
    protocols = {}
    for file in _provenance_files(path):
        content = read_json(file)
        try:
            for exam in content["exams"]:
                who = tuple(seen(exam.get(key) or "") or None for key in ("subject", "session", "observer"))
                protocols[who] = _protocol(exam), float(exam["settings"].get("depth_max_mm", DEEPEST_MM))
        except (TypeError, ValueError, KeyError, AttributeError, OverflowError) as error:
            raise ValueError(f"{file}: is not the record that 'measure' wrote; restore it or take it away") from error
    return protocols


def _protocol(exam):
    times = exam.get("echo_times_ms")
    echoes = f"echoes at {', '.join(f'{time:g}' for time in times)} ms" if times else "echo times not known"
    defaults = Settings().to_dict()
    changed = [
        f"{name} {value}"
        for name, value in sorted(exam["settings"].items())
        if name not in _NO_PROTOCOL and value != defaults.get(name)
    ]
    combination = f"combined by {exam.get('echo_combination') or 'a way not known'}"
    return cleaned(f"{echoes}, {combination}; {', '.join(changed) or 'default settings'}")


#
# What a study should not mix, or mixes
#


def _mixed(studies):
    sentences = []
    if len(studies) > 1:
        fields = [f"{study.field_strength_t:g} T" for study in studies]
        names = [", ".join(subject.name for subject in study.subjects) for study in studies]
        who = "; ".join(f"{at}: {own}" for at, own in zip(fields, names, strict=True))
        sentences.append(
            f"Measured at {' and '.join(fields)}: each field strength is analysed apart, they are never pooled ({who})."
        )
    for study in studies:
        at = f"At {study.field_strength_t:g} T"
        for tell in (_only_read, _missing_regions, _several_readings, _several_protocols, _several_scales):
            sentence = tell(study)
            if sentence:
                sentences.append(f"{at}, {sentence}")
    return sentences


def _only_read(study):
    names = ", ".join(subject.name for subject in study.to_read)
    return names and f"only read against the controls (they have no group, or are chosen to be read): {names}."


def _missing_regions(study):
    missing = []
    for subject in study.subjects:
        values = np.array([subject.readings[0].values[column] for column in VALUES])
        regions = [name for name, absent in zip(REGION_NAMES, np.isnan(values).all(axis=0), strict=True) if absent]
        if regions:
            missing.append(f"{subject.name} ({', '.join(regions)})")
    return missing and f"regions were not measured in {', '.join(missing)}."


def _several_readings(study):
    several = [subject.name for subject in study.subjects if len(subject.readings) > 1]
    if not several:
        return None
    first = Counter(_reading_name(subject.readings[0]) for subject in study.subjects)
    analysed = ", ".join(f"{name} of {count}" for name, count in first.items())
    return (
        f"{_count(several)} measured more than once ({', '.join(several)}): the first reading in the tables is "
        f"analysed ({analysed}), the others serve repeatability."
    )


def _reading_name(reading):
    parts = [part for part in (reading.session, reading.observer) if part]
    return " by ".join(parts) or "one without session and observer"


def _several_protocols(study):
    by_protocol = {}
    for subject in study.subjects:
        by_protocol.setdefault(subject.readings[0].protocol, []).append(subject.name)
    unknown = by_protocol.pop(None, [])
    if len(by_protocol) > 1:
        every = by_protocol | ({"not known": unknown} if unknown else {})
        listed = "; ".join(f"{protocol}: {', '.join(names)}" for protocol, names in every.items())
        return f"protocols are mixed, so that values differ by more than disease ({listed})."
    if unknown:
        who = "all subjects" if not by_protocol else ", ".join(unknown)
        return f"the protocol of {who} is not known: no provenance.json beside the measurements tells it."
    return None


def _several_scales(study):
    scales = {}
    for subject in study.subjects:
        if np.isfinite(subject.umn).any():
            scale = f"{subject.umn_scale or 'a scale without name'} to {subject.umn_limb_max:g}"
            scales.setdefault(scale, []).append(subject.name)
    listed = "; ".join(f"{scale}: {', '.join(names)}" for scale, names in scales.items())
    return (
        len(scales) > 1 and f"upper motor neuron scores are on several scales ({listed}), which are correlated apart."
    )


def _count(names):
    return "1 subject was" if len(names) == 1 else f"{len(names)} subjects were"
