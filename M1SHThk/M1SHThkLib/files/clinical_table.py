"""The clinical table of a study: a row a subject and field strength -> persons and what is known of them."""

import re
from dataclasses import dataclass
from datetime import date

import numpy as np

from ..cohort.scores import GREATEST_SCORE
from ..cohort.study import ALL_REGIONS, LIMB_REGIONS, LIMBS
from ..measuring.columns import Column
from ..measuring.exam import GROUPS, HEMISPHERES, REGIONS
from ..translation import tr as _
from .nominal_field import field_strength
from .tables import Row, filled_table

UMN_COLUMNS = tuple(f"umn_{limb.replace(' ', '_')}" for limb in LIMBS)  # in the order of ALL_REGIONS
CLINICAL_COLUMNS = tuple(
    Column(name, unit, meaning, None)
    for name, unit, meaning in (
        ("subject", "", "Subject, as in the measurements"),
        ("group", "", "patient, mimic or control; n/a = only read against the controls"),
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
# Which a table may lack, beside readings by eye, dates of sessions and covariates.
OPTIONAL_COLUMNS = (
    Column("umn_bulbar", "", "Upper motor neuron score of the bulbar muscles", None),
    Column("onset_side", "", "Side on which the disease began: left, right or both", None),
)
VISUAL_WORDS = {"pathologic": True, "nonpathologic": False}
SCORES = tuple(str(score) for score in range(GREATEST_SCORE + 1))


_VISUAL = re.compile(r"visual_([^_]+)_([^_]+)")
_SCORE = re.compile(rf"score_([^_]+)_([^_]+)_({'|'.join(HEMISPHERES)})_({'|'.join(REGIONS)})")
_DATE = re.compile(r"date_(.+)")
NO_COLUMN = ("age", "sex", "field")  # what can be adjusted for without naming a column
_HIGHEST_AGE = 130


def visual_column(reader, session):
    """Name of the clinical table's column for a visual reading; reader and session without underscores."""
    return f"visual_{reader}_{session}"


def score_column(reader, session, hemisphere, region):
    """Name of the clinical table's column for a score by eye; reader and session without underscores."""
    return f"score_{reader}_{session}_{hemisphere}_{region}"


@dataclass(frozen=True)
class Person:
    """One row of the clinical table: where it stands, and its attributes of a Subject."""

    row: Row | None
    facts: dict


def read_clinical(path, covariates):
    """Persons by subject and field strength (None where missing), in the order of the table."""
    header, rows = filled_table(path, [*(column.name for column in CLINICAL_COLUMNS), *covariates])
    further = _FurtherColumns.of(path, header, covariates)
    persons = {}
    for row in rows:
        tesla = field_strength(row)
        own = persons.setdefault(row.required("subject"), {})
        if tesla in own or (own and None in (tesla, *own)):
            line = own.get(tesla, next(iter(own.values()))).row.line
            raise row.fault(
                _("stands in line {line} too; keep one row for each field strength, which it names").format(line=line)
            )
        own[tesla] = Person(row, _facts(row, further))
        groups = {person.facts["group"] for person in own.values()}
        if len(groups) > 1:
            raise row.fault(_("is of another group in another row; give the subject one group"))
    return persons


@dataclass(frozen=True)
class _FurtherColumns:
    """Columns whose names say what they hold: readings by eye, scores by eye, dates, and covariates."""

    visual: dict
    scores: dict
    dates: dict
    covariates: tuple

    @classmethod
    def of(cls, path, header, covariates):
        found = {"visual": {}, "score": {}, "date": {}}
        remedies = {
            "visual": _(
                "does not name one reader and one session; call it visual_<reader>_<session>, both without underscores"
            ),
            "score": _(
                "does not name reader, session, hemisphere and region; call it "
                "score_<reader>_<session>_<hemisphere>_<region>, the last one of {regions}"
            ).format(regions=", ".join(REGIONS)),
        }
        for name in header:
            for kind, pattern in (("visual", _VISUAL), ("score", _SCORE), ("date", _DATE)):
                match = pattern.fullmatch(name)
                if match:
                    found[kind][name] = match.groups()
                elif kind in remedies and name.lower().startswith(kind if kind == "visual" else f"{kind}_"):
                    raise ValueError(
                        _("{path}: the column '{name}' {remedy}").format(path=path, name=name, remedy=remedies[kind])
                    )
        return cls(found["visual"], found["score"], found["date"], tuple(covariates))


def _facts(row, further):
    group = row.choice("group", GROUPS)
    limb_max = row.number("umn_limb_max", 0)
    limbs = [UMN_COLUMNS[number] for number in LIMB_REGIONS]
    scored = [column for column in limbs if row.text(column) is not None]
    if scored and not limb_max > 0:
        raise row.fault(
            _("{column} is scored but umn_limb_max is {end}; give the scale's end").format(
                column=scored[0], end=row.cells["umn_limb_max"]
            )
        )
    umn = [row.number(column, 0, limb_max if scored else np.inf) for column in limbs]
    bulbar = row.number("umn_bulbar", 0) if "umn_bulbar" in row.cells else np.nan
    umn = np.array([*umn, bulbar, bulbar])
    total = row.number("umn_total", 0)
    if scored and total < np.nanmax(umn):
        raise row.fault(
            _("umn_total is {total:g}, below the {limb:g} of one limb; correct one of them").format(
                total=total, limb=np.nanmax(umn)
            )
        )
    words = {key: row.choice(column, VISUAL_WORDS) for column, key in further.visual.items()}
    return {
        "group": group,
        "age": row.number("age", 0, _HIGHEST_AGE),
        "sex": row.text("sex"),
        "umn_scale": row.text("umn_scale"),
        "umn_limb_max": limb_max,
        "umn": umn,
        "umn_total": total,
        "visual": {key: VISUAL_WORDS[word] for key, word in words.items() if word},
        "scores": _scores(row, further.scores),
        "onset_side": row.choice("onset_side", ("left", "right", "both")) if "onset_side" in row.cells else None,
        "dates": {session: _date(row, column) for column, (session,) in further.dates.items() if row.text(column)},
        "covariates": {name: row.number(name, -np.inf) for name in further.covariates},
    }


def _scores(row, columns):
    scores = {}
    for column, (reader, session, *region) in columns.items():
        score = row.choice(column, SCORES)
        if score is not None:
            own = scores.setdefault((reader, session), np.full(len(ALL_REGIONS), np.nan))
            own[ALL_REGIONS.index(tuple(region))] = float(score)
    return scores


def _date(row, column):
    text = row.text(column)
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise row.fault(
            _("{column} is '{text}'; it must be a date as 2024-01-31, or n/a").format(column=column, text=text)
        ) from error


def person_at(own, tesla, measured_at):
    """The person whose row serves a field strength, None if there is none."""
    if tesla in own or len(own) != 1:
        return own.get(tesla)
    ((named, person),) = own.items()
    if named is None and len(measured_at) == 1:
        return person
    if named is None or named in measured_at:
        return Person(person.row, person.facts | {"visual": {}, "scores": {}})
    return None
