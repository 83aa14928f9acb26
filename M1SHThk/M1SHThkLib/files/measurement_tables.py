"""Tables of measurements of many exams -> readings by subject and field strength, with the protocol of each."""

from dataclasses import dataclass, field

import numpy as np

from ..cohort.study import ALL_REGIONS, DIP_PER_MM, MARKERS, REGION_NAMES, SH_THK, Reading, Subject
from ..measuring.exam import GROUPS, HEMISPHERES, REGIONS
from ..measuring.settings import Settings
from ..translation import tr as _
from .disk import read_json
from .measured_rows import DEEPEST_MM, check_measured
from .names import cleaned, seen
from .nominal_field import field_strength
from .tables import filled_table
from .verdicts import Exclusions

VALUES = (
    *(column for marker in MARKERS for column in (marker.column, marker.uncensored)),
    *(f"{SH_THK.column}_ci_{end}" for end in ("low", "high")),
)
MEASUREMENT_COLUMNS = (
    *("subject", "session", "observer", "group", "field_strength_t", "hemisphere", "region"),
    *VALUES,
    "flags",
)
_HIGHEST_VALUE = 1e6  # far beyond any image: whatever is greater has lost its decimal point
_NO_PROTOCOL = ("replicates", "seed")  # settings that move the intervals alone


@dataclass(frozen=True)
class MeasuredExam:
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
        further = [row.number(DIP_PER_MM.column, 0, _HIGHEST_VALUE) if _has_dip(row) else np.nan for row in rows]
        values[DIP_PER_MM.column] = np.array(further)
        for row in filter(None, rows):
            check_measured(row, self.depth_mm)
        flags = tuple(tuple((row.text("flags") or "").split(",")) if row and row.text("flags") else () for row in rows)
        return Reading(self.session, self.observer, self.protocol, values, flags)


def _has_dip(row):
    return row is not None and DIP_PER_MM.column in row.cells


def _value(row, name):
    """A value; only the ends of an interval may lie below 0."""
    return row.number(name, -_HIGHEST_VALUE if "_ci_" in name else 0, _HIGHEST_VALUE)


def read_exams(paths, persons, exclusions):
    """Exams by subject and field strength: dict of dict of list; without the regions that are excluded."""
    exams, groups = {}, {}
    for path in paths:
        _header, rows = filled_table(path, MEASUREMENT_COLUMNS)
        protocols = _protocols(path)
        for row in rows:
            name = row.required("subject")
            own = persons.get(name, {})
            group = row.choice("group", GROUPS)
            _check_group(row, group, own, groups)
            tesla = field_strength(row) or (next(iter(own)) if len(own) == 1 else None)
            if tesla is None:
                raise row.fault(_("field_strength_t is missing; fill it in, here or in the clinical table"))
            key = _region(row)
            session, observer = row.name("session"), row.name("observer")
            if exclusions.holds(name, session, observer, *key):
                continue
            readings = exams.setdefault(name, {}).setdefault(tesla, [])
            exam = next((exam for exam in readings if (exam.session, exam.observer) == (session, observer)), None)
            if exam is None:
                exam = MeasuredExam(session, observer, *protocols.get((name, session, observer), (None, DEEPEST_MM)))
                readings.append(exam)
            if key in exam.rows:
                first = exam.rows[key]
                raise row.fault(
                    _(
                        "{region} of this session and observer stands in line {line} of {path} too; keep "
                        "one, or tell them apart by session or observer"
                    ).format(region=REGION_NAMES[ALL_REGIONS.index(key)], line=first.line, path=first.path)
                )
            exam.rows[key] = row
    return exams


def _check_group(row, group, own, groups):
    """A subject is of one group in all the measurements and in the clinical table; n/a contradicts none."""
    name = row.cells["subject"]
    if group is None:
        return
    if groups.setdefault(name, group) != group:
        raise row.fault(
            _("group is {group}, but {other} in another row; give the subject one group").format(
                group=group, other=groups[name]
            )
        )
    for person in own.values():
        clinical = person.facts["group"]
        if clinical not in (None, group):
            raise row.fault(
                _("group is {group}, but {clinical} in line {line} of {path}; correct one of them").format(
                    group=group, clinical=clinical, line=person.row.line, path=person.row.path
                )
            )


def _region(row):
    key = []
    for column, choices in (("hemisphere", HEMISPHERES), ("region", REGIONS)):
        row.required(column)
        key.append(row.choice(column, choices))
    return tuple(key)


def read_measured(path, age):
    """The one subject of a table of measurements, at each field strength, with nothing else known but the age.

    Parameters
    ----------
    path : path
        A `measurements.tsv`; the protocol comes from the `provenance.json` beside it.
    age : float
        Years.

    Returns
    -------
    list of (field strength in tesla, Subject)

    Raises
    ------
    ValueError
        If there are several subjects, whose ages differ.
    """
    exams = read_exams([path], {}, Exclusions())
    if len(exams) > 1:
        raise ValueError(
            _("{path}: holds {count} subjects, but one age is given; measure one subject at a time").format(
                path=path, count=len(exams)
            )
        )
    return [
        (tesla, Subject(name, None, tuple(exam.reading() for exam in own), age=age))
        for name, by_field in exams.items()
        for tesla, own in by_field.items()
    ]


def provenance_files(path):
    beside = path.parent / "provenance.json"
    return [beside] if beside.is_file() else []


def _protocols(path):
    """What must agree for values to be compared, and the sampled depth, by (subject, session, observer)."""
    protocols = {}
    for file in provenance_files(path):
        content = read_json(file)
        try:
            for exam in content["exams"]:
                who = tuple(seen(exam.get(key) or "") or None for key in ("subject", "session", "observer"))
                protocols[who] = protocol_of(exam), float(exam["settings"].get("depth_max_mm", DEEPEST_MM))
        except (TypeError, ValueError, KeyError, AttributeError, OverflowError) as error:
            raise ValueError(
                _("{file}: is not the record that 'measure' wrote; restore it or take it away").format(file=file)
            ) from error
    return protocols


def protocol_of(exam):
    """What must agree for values to be compared, of an exam as `provenance.json` describes it, as one text."""
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
