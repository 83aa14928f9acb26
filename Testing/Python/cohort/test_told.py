"""Whatever a study finds is told in the reader's language, and stays English in files."""

import re
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from cohort_builder import clustered_normals, reading_of, study_of
from M1SHThkLib.cohort.analysis import analyse
from M1SHThkLib.cohort.boxes import places_in_short
from M1SHThkLib.cohort.finding import ANALYSES
from M1SHThkLib.cohort.first_page import first_page
from M1SHThkLib.cohort.options import CohortOptions
from M1SHThkLib.cohort.terms import term
from M1SHThkLib.files.clinical_table import Person
from M1SHThkLib.files.study_notes import left_out, mixed
from M1SHThkLib.translation import told

# What is written alike in every language, and the names that the studies here give.
ALIKE = {"mm", "Thk", "DeLong", "Fieller", "Obuchowski", "Wilson", "e"}
NAMES = {"sub", "ten", "echoes", "mean", "paper"}
CHOSEN = CohortOptions(replicates=20, permutations=99)
GIVEN = replace(CHOSEN, cutoff_per_mm=0.04, prevalence=0.3, adjust=("age", "sex"), difference_per_mm=0.01)

SESSIONS = ("A", "1"), ("A", "2"), ("B", "1")


def values_of(subjects, effect=0.0, seed=0):
    return 0.03 * np.exp(effect + 0.6 * clustered_normals(np.random.default_rng(seed), subjects, 0.6))


def people(patients, others):
    """Ages, sexes, scores and what readers saw, of patients and others."""
    random, total = np.random.default_rng(1), patients + others
    umn = random.integers(0, 9, (patients, 4)).astype(float)
    return {
        "age": [*random.normal(60, 8, total).round()],
        "sex": ["F", "M"] * total,
        "umn": umn,
        "umn_scale": ["paper", "PENN"] * total,
        "umn_total": umn.sum(axis=1),
        "onset_side": ["left", "right"] * patients,
        "visual": [dict(zip(SESSIONS, (n < patients, n % 3 > 0, n % 2 > 0), strict=True)) for n in range(total)],
        "scores": [
            {key: np.clip(random.integers(0, 3, 6) - (n >= patients), 0, 2.0) for key in SESSIONS} for n in range(total)
        ],
    }


def read_again():
    """Two observers, two sessions and dates, three protocols, zeros, and one subject that is only read."""
    random, dates = np.random.default_rng(2), {"1": date(2020, 1, 1), "3": date(2021, 1, 1)}
    readings = []
    for number, own in enumerate(values_of(18, seed=3)):
        own[0] *= number % 4 > 0
        made = [("A", "1", 1, "P1"), ("A", "2", random.lognormal(0, 0.1, 4), "P1"), ("B", "1", 1.1, "P1")]
        made += [("B", "3", 1, "P1"), ("B", "2", 1, "P2")]
        others = made if number % 3 == 0 else made[: 1 + number % 2]
        readings.append(tuple(reading_of(own * by, session=s, observer=o, protocol=p) for o, s, by, p in others))
    readings[5] = (reading_of(values_of(1)[0], protocol="P3"),)
    study = study_of(values_of(9), values_of(9), readings=readings, dates=[dates] * 18, **people(9, 9))
    only_read = (replace(own, group=None) if number in (1, 5, 12) else own for number, own in enumerate(study.subjects))
    return replace(study, subjects=tuple(only_read))


def with_mimics():
    study = read_again()
    mimics = {subject.name for subject in study.group("control")[:4]}
    subjects = (replace(own, group="mimic") if own.name in mimics else own for own in study.subjects)
    return replace(study, subjects=tuple(subjects))


def at_two_field_strengths(renamed=""):
    low, high = study_of(values_of(5), values_of(6)), study_of(values_of(5, seed=4), values_of(6, seed=5))
    named = tuple(replace(subject, name=f"{subject.name}{renamed}") for subject in high.subjects)
    return low, replace(high, subjects=named, field_strength_t=7.0)


STUDIES = {
    "like the paper's": lambda: study_of(
        values_of(12, 0.8), values_of(9, seed=1), thk=1 + values_of(21, 3, seed=6), **people(12, 9)
    ),
    "of six regions": lambda: study_of(*(np.c_[own, own[:, :2] ** 1.1] for own in (values_of(7, -1), values_of(6)))),
    "read again": read_again,
    "with mimics": with_mimics,
    "at two field strengths": at_two_field_strengths,
    "others at another field strength": lambda: at_two_field_strengths("X"),
    "few": lambda: study_of(values_of(2, 2), values_of(3)),
    "one patient": lambda: study_of(values_of(1), values_of(5), age=[60.0] * 6, visual=[{("A", "1"): True}] * 6),
    "no controls": lambda: study_of(values_of(4), umn=np.ones((4, 4)), umn_scale=[None] * 4),
    "in one order": lambda: study_of(
        (order := np.arange(1, 25).reshape(6, 4) / 500), order**1.1, umn=order, age=[*order[:, 0], *order[:, 0] ** 1.1]
    ),
    "of no protocol": lambda: study_of(
        values_of(4), values_of(5), readings=[(reading_of(own, protocol=None),) for own in values_of(9)]
    ),
    "no patients": lambda: study_of(controls=values_of(4), age=[50.0, 60.0, 70.0, 80.0]),
    "no layer": lambda: study_of(np.zeros((4, 4)), np.zeros((4, 4))),
    "equal in each group": lambda: study_of(np.full((5, 4), 0.04), np.full((5, 4), 0.03), age=[50.0] * 10),
    "apart": lambda: study_of(values_of(8, 6), values_of(7), age=[80.0] * 8 + [40.0, 41.0] * 4),
    "with gaps": lambda: study_of(np.where(np.eye(8, 4), np.nan, values_of(8)), values_of(7), age=range(50, 65)),
    "great": lambda: study_of(values_of(60, 0.4), values_of(55), **people(60, 55)),
}


def untold(texts):
    """Words that a language of capitals leaves small."""
    words = (word for text in texts for word in re.findall(r"[A-Za-z]*[a-z][A-Za-z]*", told(text)))
    return sorted({word for word in words if word not in ALIKE | NAMES})


def texts_of(cohort):
    """All that is shown of a study in Slicer."""
    for _field, finding in cohort.all_findings():
        yield from (finding.words, finding.what, finding.unit, finding.standing or "", ANALYSES[finding.analysis])
        yield from (term(finding.quantity), term(finding.test or ""), *map(term, finding.n))
    for study in cohort.studies:
        page = first_page(study, cohort.findings[study.field_strength_t], cohort.options)
        yield from (page.question, page.answer, *page.cautions, *(cell for row in page.rows for cell in row))
        yield places_in_short(study)
    yield from mixed(cohort.studies)


@pytest.mark.parametrize(
    ("name", "options"),
    [*((name, CHOSEN) for name in STUDIES), *((name, GIVEN) for name in ("with mimics", "few", "no layer", "apart"))],
)
def test_every_word_of_a_study_can_be_told_in_another_language(shouting, name, options):
    studies = STUDIES[name]()
    cohort = analyse(studies if isinstance(studies, tuple) else (studies,), options)
    assert untold(texts_of(cohort)) == []


def test_who_is_missing_from_a_table_can_be_told_in_another_language(shouting):
    persons = {"A": {None: Person(None, {"visual": {("A", "1"): True}, "scores": {}})}}
    persons |= {name: {3.0: Person(None, {})} for name in ("B", "C")}
    sentences = left_out(persons, {"A": [3.0, 7.0], "B": [7.0], "D": [3.0]}, [])
    assert len(sentences) == 5
    assert untold(sentences) == []


def test_files_keep_what_is_told_in_english(shouting):
    (finding, *_rest) = analyse((STUDIES["few"](),), CHOSEN).findings[3.0]
    assert finding.to_dict()["words"].startswith("Age, patients against controls: not compared; it is given for 0 ")
    assert told(finding.words).startswith("AGE, PATIENTS AGAINST CONTROLS: NOT COMPARED; IT IS GIVEN FOR 0 ")
