"""Files of a small study, as the command line and a spreadsheet write them."""

import numpy as np
from M1SHThkLib.digital_exam.subject import LIMB_REGIONS
from M1SHThkLib.files.clinical_table import CLINICAL_COLUMNS, visual_column
from M1SHThkLib.files.results import write_tsv
from M1SHThkLib.measuring.columns import MEASUREMENT_COLUMNS

LIMBS = ("right_arm", "left_arm", "right_leg", "left_leg")  # in the order of LIMB_REGIONS
READING = visual_column("R1", "1")


def write_study(folder, patients=9, controls=8, tesla=3.0, seed=1):
    """Writes measurements.tsv and clinical.tsv; returns their paths and SH/Thk, shape (subjects, 4), patients first.

    A patient's SH/Thk follows the score of the limb; nobody's is missing or 0.
    """
    random = np.random.default_rng(seed)
    scores = random.integers(0, 9, (patients, 4))
    values = np.round(random.lognormal(-3.0, 0.45, (patients + controls, 4)), 4)
    values[:patients] += 0.004 * scores
    names = [f"sub-P{n:02d}" for n in range(patients)] + [f"sub-C{n:02d}" for n in range(controls)]
    measured, persons = [], []
    for number, name in enumerate(names):
        is_patient = number < patients
        group = "patient" if is_patient else "control"
        for (hemisphere, region), value in zip(LIMB_REGIONS, values[number], strict=True):
            own = {"subject": name, "observer": "R1", "group": group, "field_strength_t": tesla}
            own |= {"hemisphere": hemisphere, "region": region}
            thk = np.round(random.normal(1.6, 0.2), 3)
            own |= {"sh": thk * value, "sh_fit": thk * value, "thk_mm": thk, "thk_fit_mm": thk}
            measured.append(own | {"sh_thk_per_mm": value, "sh_thk_fit_per_mm": value})
        person = {"subject": name, "group": group, "age": 50 + number, "sex": "F", "field_strength_t": tesla}
        person |= {"umn_scale": "paper", "umn_limb_max": 8}
        if is_patient:
            person |= {f"umn_{limb}": int(score) for limb, score in zip(LIMBS, scores[number], strict=True)}
            person["umn_total"] = int(scores[number].sum())
        persons.append(person | {READING: "pathologic" if is_patient and number % 3 else "nonpathologic"})
    paths = folder / "measurements.tsv", folder / "clinical.tsv"
    for path, columns, rows in (
        (paths[0], [column.name for column in MEASUREMENT_COLUMNS], measured),
        (paths[1], [*(column.name for column in CLINICAL_COLUMNS), READING], persons),
    ):
        write_tsv(path, columns, [[row.get(name) for name in columns] for row in rows])
    return *paths, values
