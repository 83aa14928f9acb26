"""Studies drawn at random from distributions that are known, in memory and as the tables that people have.

SH/Thk is lognormal with a part that a subject's regions share; nothing here was measured.
"""

from dataclasses import dataclass

import numpy as np
from M1SHThkLib.cohort.study import ALL_REGIONS, LIMBS, SH, SH_THK, THK, Reading, Study, Subject
from M1SHThkLib.files.clinical_table import CLINICAL_COLUMNS, score_column, visual_column
from M1SHThkLib.files.results import write_tsv
from M1SHThkLib.measuring.columns import MEASUREMENT_COLUMNS

MEDIAN_PER_MM = 0.03
READERS, SESSIONS = ("A", "B"), ("1", "2")
PROTOCOL = "ten echoes, mean"


@dataclass(frozen=True)
class Design:
    """What a study is like.

    Attributes
    ----------
    patients, controls, mimics : int
    regions : int
        4, or 6 with the orofacial ones.
    effect, mimics_effect : float
        By how much the logarithm of SH/Thk is greater in patients, and in mimics.
    spread, controls_spread : float
        SD of that logarithm.
    correlation : float
        Between a subject's regions, and between its limbs' scores.
    missing, controls_missing : float
        Share of regions that are missing at random.
    digits : int or None
        Decimals that SH/Thk is rounded to, which makes ties.
    score : float
        Correlation of the limbs' scores with the logarithm of SH/Thk.
    age_gap : float
        Years by which patients are older; SH/Thk grows with age by `ageing` of the logarithm a year.
    ageing : float
    repeats : float
        Share of subjects that both observers measured in both sessions.
    eyes : bool
        Whether readers called and scored.
    """

    patients: int = 27
    controls: int = 13
    mimics: int = 0
    regions: int = 4
    effect: float = 0.0
    mimics_effect: float = 0.0
    spread: float = 0.6
    controls_spread: float = 0.6
    correlation: float = 0.6
    missing: float = 0.0
    controls_missing: float | None = None
    digits: int | None = None
    score: float = 0.0
    age_gap: float = 0.0
    ageing: float = 0.0
    repeats: float = 0.0
    eyes: bool = False


def clustered(random, subjects, regions, correlation):
    """Standard normal values that correlate within the subject, shape (subjects, regions)."""
    shared = random.normal(size=(subjects, 1))
    return np.sqrt(correlation) * shared + np.sqrt(1 - correlation) * random.normal(size=(subjects, regions))


@dataclass(frozen=True)
class Drawn:
    """The numbers of a study, a row a subject, patients first, then mimics and controls.

    Attributes
    ----------
    of : int array, shape (subjects,)
        0 = patient, 1 = mimic, 2 = control.
    values, thk, limbs : arrays, shape (subjects, all regions)
        SH/Thk, Thk, and the scores of the limbs that the regions serve; nan where missing.
    ages : array, shape (subjects,)
    """

    of: np.ndarray
    values: np.ndarray
    thk: np.ndarray
    limbs: np.ndarray
    ages: np.ndarray

    @property
    def is_patient(self):
        return self.of == 0


def draw(random, design):
    """The numbers of a study of a Design."""
    of = np.repeat([0, 1, 2], [design.patients, design.mimics, design.controls])
    total, regions = len(of), len(ALL_REGIONS)
    latent = clustered(random, total, regions, design.correlation)
    ages = np.round(random.normal(np.where(of == 0, 58 + design.age_gap, 58), 10), 1)
    spread = np.where(of == 0, design.spread, design.controls_spread)[:, None]
    shift = np.array([design.effect, design.mimics_effect, 0.0])[of] + design.ageing * (ages - 58)
    values = MEDIAN_PER_MM * np.exp(shift[:, None] + spread * latent)
    if design.digits is not None:
        values = np.round(values, design.digits)
    own_missing = design.missing if design.controls_missing is None else design.controls_missing
    lost = random.random(values.shape) < np.where(of == 2, own_missing, design.missing)[:, None]
    lost[:, design.regions :] = True
    values[lost] = np.nan
    thk = np.where(np.isnan(values), np.nan, random.uniform(1, 2, values.shape))
    limbs = design.score * latent + np.sqrt(1 - design.score**2) * clustered(random, total, regions, design.correlation)
    limbs = np.clip(np.round(3 + 2.5 * limbs), 0, 8)
    limbs[:, 4:] = limbs[:, 4:5]
    limbs[:, design.regions :] = np.nan
    return Drawn(of, values, thk, limbs, ages)


def draw_study(random, design):
    """A Study of a Design."""
    drawn = draw(random, design)
    twice = random.random(len(drawn.of)) < design.repeats
    subjects = []
    for number, of in enumerate(drawn.of):
        values, scores = drawn.values[number], drawn.limbs[number]
        subjects.append(
            Subject(
                f"sub-{number:05d}",
                ("patient", "mimic", "control")[of],
                _readings(random, values, drawn.thk[number], twice[number]),
                age=float(drawn.ages[number]),
                sex="FM"[number % 2],
                umn_scale="paper",
                umn_limb_max=8.0,
                umn=np.full(len(scores), np.nan) if of else scores,
                umn_total=np.nan if of else float(np.nansum(scores)),
                **(_seen(random, values) if design.eyes else {}),
            )
        )
    return Study(3.0, tuple(subjects))


def reading_of(values, thk, observer=None, session=None):
    """A Reading of SH/Thk and Thk of all regions, nan where missing."""
    columns = {SH_THK.column: values, SH.column: values * thk, THK.column: np.where(values > 0, thk, np.nan)}
    columns |= {SH_THK.uncensored: values, SH.uncensored: values * thk, THK.uncensored: thk}
    columns |= {f"{SH_THK.column}_ci_low": 0.9 * values, f"{SH_THK.column}_ci_high": 1.1 * values}
    return Reading(session, observer, PROTOCOL, columns, ((),) * len(ALL_REGIONS))


def _readings(random, values, thk, is_repeated):
    first = reading_of(values, thk, "R1", "1")
    if not is_repeated:
        return (first,)
    noisy = [values * np.exp(random.normal(0, 0.1, values.shape)) for _ in range(3)]
    others = zip(noisy, (("R1", "2"), ("R2", "1"), ("R2", "2")), strict=True)
    return (first, *(reading_of(own, thk, *who) for own, who in others))


def _seen(random, values):
    """Calls and scores of each reader and session, which follow SH/Thk."""
    visual, scores = {}, {}
    for reader in READERS:
        for session in SESSIONS:
            darkness = values / MEDIAN_PER_MM + random.normal(0, 0.5, values.shape)
            own = np.where(np.isnan(values), np.nan, np.digitize(np.nan_to_num(darkness), (1.2, 2.2)))
            scores[reader, session], visual[reader, session] = own, bool(np.nansum(own) > 3)
    return {"visual": visual, "scores": scores}


def write_tables(folder, study):
    """Writes `measurements.tsv` and `clinical.tsv` of a study, as people have them.

    Returns
    -------
    (measurements, clinical) : paths
    """
    measured, persons = [], []
    for subject in study.subjects:
        for reading in subject.readings:
            for number, (hemisphere, region) in enumerate(ALL_REGIONS):
                own = {name: column[number] for name, column in reading.values.items()}
                if np.isfinite(own[SH_THK.column]):
                    who = {"subject": subject.name, "session": reading.session, "observer": reading.observer}
                    who |= {"group": subject.group, "field_strength_t": study.field_strength_t}
                    measured.append(who | {"hemisphere": hemisphere, "region": region} | own)
        person = {"subject": subject.name, "group": subject.group, "age": subject.age, "sex": subject.sex}
        person |= {"field_strength_t": study.field_strength_t, "umn_scale": "paper", "umn_limb_max": 8}
        person |= {f"umn_{limb.replace(' ', '_')}": score for limb, score in zip(LIMBS, subject.umn, strict=True)}
        person["umn_total"] = subject.umn_total
        for key, seen in subject.visual.items():
            person[visual_column(*key)] = "pathologic" if seen else "nonpathologic"
        for key, scores in subject.scores.items():
            for place, score in zip(ALL_REGIONS, scores, strict=True):
                person[score_column(*key, *place)] = None if np.isnan(score) else int(score)
        persons.append(person)
    columns = list(
        dict.fromkeys([*(column.name for column in CLINICAL_COLUMNS), *(name for own in persons for name in own)])
    )
    paths = folder / "measurements.tsv", folder / "clinical.tsv"
    for path, names, rows in (
        (paths[0], [column.name for column in MEASUREMENT_COLUMNS], measured),
        (paths[1], columns, persons),
    ):
        write_tsv(path, names, [[row.get(name) for name in names] for row in rows])
    return paths
