"""Claims about readers: agreement, calls and scores against groups, the measurement beside them."""

from functools import cache

import numpy as np
from claims_of_groups import PERMUTATIONS
from M1SHThkLib.cohort.auc import area
from M1SHThkLib.cohort.cutoff import performance
from M1SHThkLib.cohort.kappa import kappa
from M1SHThkLib.cohort.logistic import likelihood_ratio
from M1SHThkLib.cohort.proportions import paired_difference_interval, wilson
from M1SHThkLib.cohort.rank_correlation import permuted_p, spearman
from M1SHThkLib.cohort.rank_sum import mann_whitney
from M1SHThkLib.cohort.sample import Sample
from scipy.stats import binomtest, norm
from simulated_studies import clustered

CALLED = 0.9  # latent darkness, in SDs of controls, above which a reader calls a subject pathologic
STEPS = (0.3, 1.3)  # and at which a region's score rises to 1 and 2
EFFECT, NOISE, REGIONS = 1.2, 0.5, 6


def _read(random, patients, controls, effect, missing=0.0):
    """Two readings of the latent darkness of regions, and who is a patient: shapes (2, subjects, regions).

    A region that is missing is so in both.
    """
    is_patient = np.arange(patients + controls) < patients
    dark = clustered(random, len(is_patient), REGIONS, 0.6) + effect * is_patient[:, None]
    dark[random.random(dark.shape) < missing] = np.nan
    return dark + NOISE * random.normal(size=(2, *dark.shape)), is_patient


def _scores(readings):
    """0, 1, 2; nan where missing."""
    return np.where(np.isnan(readings), np.nan, np.digitize(readings, STEPS))


def _sums(random, patients, controls, effect, missing):
    """Sum scores of a reading, of subjects that lack no region, and who is a patient."""
    readings, is_patient = _read(random, patients, controls, effect, missing / REGIONS)
    sums = _scores(readings)[0].sum(axis=1)
    return sums[np.isfinite(sums)], is_patient[np.isfinite(sums)]


def eyes_p(random, design):
    """P of the tests of readers, in a world without effects, and of what a measurement adds that adds nothing."""
    sums, is_patient = _sums(random, design.patients, design.controls, 0.0, design.missing)
    found = {}
    if np.ptp(sums) > 0 and 1 < is_patient.sum() < len(sums) - 1:
        found["sum score, Mann-Whitney"] = mann_whitney(sums[is_patient], sums[~is_patient]).p
    scores = _scores(_read(random, design.patients, 0, 0.0, design.missing)[0])[0]
    limbs = np.clip(np.round(3 + 2 * clustered(random, design.patients, REGIONS, 0.6)), 0, 8)
    result = spearman(scores, limbs)
    if not isinstance(result, str):
        found["scores and limbs, Spearman"] = permuted_p(result.values, result.scores, PERMUTATIONS, 0)
    # A measurement that follows the score, and nothing else.
    score, is_patient = _sums(random, design.patients, design.controls, EFFECT, 0.0)
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
    sums, is_patient = _sums(np.random.default_rng(5), 40_000, 40_000, EFFECT, 0.0)
    return area(sums, is_patient).auc, [np.sort(sums[own]) for own in (is_patient, ~is_patient)]


def _kappas(readings):
    """Kappa of calls and of scores; patients and controls mixed as in the study."""
    calls = (np.nanmax(readings, axis=2, initial=-9) > CALLED + 0.6).astype(int)
    yield "kappa of calls", calls[0][:, None], calls[1][:, None], 2, None
    scores = np.nan_to_num(_scores(readings), nan=-1).astype(int)
    yield "kappa of scores, linear weights", *scores, 3, "linear"
    yield "kappa of scores, quadratic weights", *scores, 3, "quadratic"
    yield "kappa of one region's scores, quadratic weights", scores[0][:, :1], scores[1][:, :1], 3, "quadratic"


@cache
def _true_kappas(patients, controls, missing):
    each = 80_000 // (patients + controls)
    readings, _ = _read(np.random.default_rng(6), each * patients, each * controls, EFFECT, missing)
    return {name: kappa(*own)[0] for name, *own in _kappas(readings)}


def eyes_covered(random, design, truth):
    """Whether the intervals of readers hold the truth."""
    readings, _ = _read(random, design.patients, design.controls, EFFECT, design.missing)
    found = {}
    true = _true_kappas(design.patients, design.controls, design.missing)
    for name, *own in _kappas(readings):
        ci = kappa(*own)[2]
        found[name] = None if ci is None else ci[0] <= true[name] <= ci[1]
    found |= _sums_covered(*_sums(random, design.patients, design.controls, EFFECT, design.missing))
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


def _sums_covered(sums, is_patient):
    auc, (patients, controls) = _truth()
    if np.ptp(sums) == 0 or not 1 < is_patient.sum() < len(sums) - 1:
        return {}
    low, high = area(sums, is_patient).ci
    found = {"AUC, sum score": low <= auc <= high}
    taken = Sample(sums, is_patient, np.arange(len(sums)), np.zeros(len(sums), int))
    got = performance(taken, 1, "youden", None, 100, 0)
    above = [1 - np.searchsorted(own, got.cutoff - 1e-9) / len(own) for own in (patients, controls)]
    for name, (_, ci), true in zip(("sensitivity", "specificity"), got.honest, (above[0], 1 - above[1]), strict=True):
        found[f"{name}, Youden's cut-off of the sum score"] = ci[0] <= true <= ci[1]
    return found
