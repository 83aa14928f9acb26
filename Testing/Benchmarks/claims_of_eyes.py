"""Claims about readers: agreement, calls and scores against groups, the measurement beside them."""

from functools import cache

import numpy as np
from M1SHThkLib.cohort.auc import area
from M1SHThkLib.cohort.kappa import kappa
from M1SHThkLib.cohort.logistic import likelihood_ratio
from M1SHThkLib.cohort.proportions import paired_difference_interval, wilson
from M1SHThkLib.cohort.rank_sum import mann_whitney
from scipy.stats import binomtest, norm
from simulated_studies import clustered

CALLED = 0.9  # latent darkness, in SDs of controls, above which a reader calls a subject pathologic
STEPS = (0.3, 1.3)  # and at which a region's score rises to 1 and 2
EFFECT, NOISE, REGIONS = 1.2, 0.5, 6


def _read(random, patients, controls, effect):
    """Two readings of the latent darkness of regions, and who is a patient: shapes (2, subjects, regions)."""
    is_patient = np.arange(patients + controls) < patients
    dark = clustered(random, len(is_patient), REGIONS, 0.6) + effect * is_patient[:, None]
    return dark + NOISE * random.normal(size=(2, *dark.shape)), is_patient


def _scores(readings):
    return np.digitize(readings, STEPS)


def eyes_p(random, design):
    """P of the tests of readers, in a world without effects, and of what a measurement adds that adds nothing."""
    readings, is_patient = _read(random, design.patients, design.controls, 0.0)
    sums = _scores(readings).sum(axis=2)
    found = {}
    if np.ptp(sums[0]) > 0:
        found["sum score, Mann-Whitney"] = mann_whitney(sums[0][is_patient], sums[0][~is_patient]).p
    readings, is_patient = _read(random, design.patients, design.controls, EFFECT)
    score = _scores(readings)[0].sum(axis=1)
    # A measurement that follows the score, and nothing else.
    measured = 0.5 * (score - score.mean()) / (score.std() or 1) + random.normal(size=len(score))
    columns = [(own - own.mean()) / (own.std() or 1) for own in (score, measured)]
    design_matrix = np.column_stack([np.ones(len(score)), *columns])
    found["what SH/Thk adds, likelihood ratio"] = likelihood_ratio(design_matrix, is_patient.astype(float), (2,))[1]
    # Measurement and reader as sensitive as each other.
    calls, measured = random.random((2, design.patients)) < 0.7
    alone, other = int((calls & ~measured).sum()), int((~calls & measured).sum())
    if alone + other:
        found["McNemar, given cut-off"] = float(binomtest(alone, alone + other).pvalue)
    return found


@cache
def _truth():
    random = np.random.default_rng(5)
    readings, is_patient = _read(random, 40_000, 40_000, EFFECT)
    scores = _scores(readings)
    truth = {"sum": area(scores[0].sum(axis=1), is_patient).auc}
    return truth


def _kappas(readings, is_patient, share):
    """Kappa of calls and of scores; patients and controls mixed as in the study."""
    calls = (readings.max(axis=2) > CALLED + 0.6).astype(int)
    yield "kappa of calls", calls[0][:, None], calls[1][:, None], 2, None
    scores = _scores(readings)
    yield "kappa of scores, linear weights", *scores, 3, "linear"
    yield "kappa of scores, quadratic weights", *scores, 3, "quadratic"
    yield "kappa of one region's scores, quadratic weights", scores[0][:, :1], scores[1][:, :1], 3, "quadratic"


@cache
def _true_kappas(patients, controls):
    random = np.random.default_rng(6)
    readings, is_patient = _read(
        random, 40_000 * patients // (patients + controls), 40_000 * controls // (patients + controls), EFFECT
    )
    return {name: kappa(*own)[0] for name, *own in _kappas(readings, is_patient, None)}


def eyes_covered(random, design, truth):
    """Whether the intervals of readers hold the truth."""
    readings, is_patient = _read(random, design.patients, design.controls, EFFECT)
    found = {}
    true = _true_kappas(design.patients, design.controls)
    for name, *own in _kappas(readings, is_patient, None):
        ci = kappa(*own)[2]
        found[name] = None if ci is None else ci[0] <= true[name] <= ci[1]
    sums = _scores(readings)[0].sum(axis=1)
    low, high = area(sums, is_patient).ci
    found["AUC, sum score"] = low <= _truth()["sum"] <= high
    right = int((random.random(design.patients) < 0.7).sum())
    low, high = wilson(right, design.patients)
    found["sensitivity of a reader"] = low <= 0.7 <= high
    both = random.multivariate_normal([0, 0], [[1, 0.5], [0.5, 1]], design.patients)
    measured, called = both[:, 0] < norm.ppf(0.8), both[:, 1] < norm.ppf(0.6)
    low, high = paired_difference_interval(
        int((measured & ~called).sum()), int((~measured & called).sum()), design.patients
    )
    found["difference of sensitivities, paired"] = low <= 0.2 <= high
    return found
