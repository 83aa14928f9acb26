"""Claims about groups and about values beside scores: P in a world without effects, intervals in one with."""

from dataclasses import replace

import numpy as np
from M1SHThkLib.cohort.adjusted import adjusted_area, ancova, jackknife_variance, subject_part
from M1SHThkLib.cohort.asymmetry import asymmetry_index
from M1SHThkLib.cohort.auc import area_over_strata, covariance, interval
from M1SHThkLib.cohort.auc_test import area_p, contests_clustered, contests_like_with_like, contests_over_strata
from M1SHThkLib.cohort.cutoff import performance
from M1SHThkLib.cohort.groups import median_ci
from M1SHThkLib.cohort.options import CohortOptions
from M1SHThkLib.cohort.proportions import ratio_interval, wilson
from M1SHThkLib.cohort.rank_correlation import permuted_p, spearman
from M1SHThkLib.cohort.rank_sum import mann_whitney, signed_rank_p
from M1SHThkLib.cohort.roc_band import roc_band
from M1SHThkLib.cohort.sample import sample
from M1SHThkLib.cohort.selection import _papers_rule_p, lack_regions, null_of_papers_rule, selected_area
from M1SHThkLib.cohort.study import LIMB_REGIONS, mean_present
from scipy import stats
from scipy.stats import binomtest, norm, t
from simulated_studies import draw

LIMBS = list(LIMB_REGIONS)
PERMUTATIONS = 199
CUTOFF = 0.055
AGEING = {"ageing": 0.02, "age_gap": 8.0}
PREVALENCE = 0.1


def _with_values(drawn):
    """Whoever has a value, and who of these is a patient."""
    keep = np.isfinite(drawn.values).any(axis=1)
    return drawn.values[keep], drawn.is_patient[keep]


def group_p(random, design):
    """P of every test of groups and of correlation, in a world without effects."""
    values, is_patient = _with_values(draw(random, design))
    found = {}
    region = values[:, 0]
    one, other = (own[np.isfinite(own)] for own in (region[is_patient], region[~is_patient]))
    if min(len(one), len(other)) > 1 and np.ptp(np.concatenate([one, other])) > 0:
        found["Mann-Whitney, one region"] = mann_whitney(one, other).p
    found["most pathologic region of each"] = _symmetric_p(values, is_patient)
    clustered = selected_area(values, is_patient, "clustered")
    found["every region, subject as cluster"] = area_p(clustered, lambda: contests_clustered(values), PERMUTATIONS, 0)[
        0
    ]
    strata = area_over_strata(values, is_patient)
    contests = lambda: contests_over_strata(values, is_patient)  # noqa: E731
    found["within regions (van Elteren's weights)"] = area_p(strata, contests, PERMUTATIONS, 0)[0]
    paper = selected_area(values, is_patient, "paper")
    options, null = CohortOptions(permutations=PERMUTATIONS), null_of_papers_rule(values, is_patient)
    found["the paper's rule, permuted"] = _papers_rule_p(values, is_patient, paper, null, options)[0]
    gaps = replace(design, controls_missing=0.5)
    found["most pathologic region, controls lack half"] = _symmetric_p(*_with_values(draw(random, gaps)))
    complete = values[:, LIMBS]
    complete = complete[np.isfinite(complete).all(axis=1)]
    if len(complete) > 9 and not (complete == complete[:, :1]).all():
        found["Friedman, regions within a group"] = float(stats.friedmanchisquare(*complete.T).pvalue)
    index = np.abs(asymmetry_index(values[:, 0], values[:, 1]))
    one, other = (own[np.isfinite(own)] for own in (index[is_patient], index[~is_patient]))
    if min(len(one), len(other)) > 1 and np.ptp(np.concatenate([one, other])) > 0:
        found["asymmetry, Mann-Whitney"] = mann_whitney(one, other).p
    return found | _adjusted_p(random, design) | _compared_p(random, design) | _correlated_p(random, design)


def _symmetric_p(values, is_patient):
    found = selected_area(values, is_patient, "symmetric")
    if lack_regions(values):
        return area_p(found, lambda: contests_like_with_like(values), PERMUTATIONS, 0)[0]
    greatest = np.nanmax(values, axis=1)
    return mann_whitney(greatest[is_patient], greatest[~is_patient]).p if np.ptp(greatest) > 0 else np.nan


def _adjusted_p(random, design):
    """Groups that differ in age alone."""
    drawn = draw(random, replace(design, **AGEING))
    found = {}
    for name, response, ages, is_patient in _to_adjust(drawn):
        estimate, error, freedom = ancova(response, ages, is_patient)
        found[f"analysis of covariance, {name}"] = float(2 * t.sf(abs(estimate / error), freedom))
    return found


def _to_adjust(drawn):
    """One value a subject, its age, and who is a patient, as the report takes them."""
    roots = np.sqrt(drawn.values[:, LIMBS])
    if np.isfinite(roots).all():
        yield "most pathologic region", roots.max(axis=1), drawn.ages[:, None], drawn.is_patient
    has = np.isfinite(roots).any(axis=1)
    yield "all regions", subject_part(roots[has]), drawn.ages[has, None], drawn.is_patient[has]


def _compared_p(random, design):
    """Two markers of the same area: SH/Thk, and the geometric mean of what is noise in it and of further noise."""
    first, second = draw(random, replace(design, missing=0.0, effect=0.5)), draw(random, replace(design, missing=0.0))
    one = first.values[:, LIMBS].max(axis=1)
    shift = np.where(first.is_patient, np.exp(0.5), 1.0)
    # Of two logarithms that scatter alike the mean scatters less by the root of one half.
    other = np.sqrt(one / shift * second.values[:, LIMBS].max(axis=1)) * shift**0.5**0.5
    return {} if design.digits is not None else {"DeLong, two markers": _difference(one, other, first.is_patient)[2]}


def _difference(one, other, is_patient):
    areas = [selected_area(own[:, None] * np.eye(1, 6) + _LACKING, is_patient, "symmetric") for own in (one, other)]
    difference = areas[0].auc - areas[1].auc
    error = np.sqrt(max(areas[0].variance + areas[1].variance - 2 * covariance(*areas), 0))
    return difference, error, float(2 * norm.sf(abs(difference / error))) if error > 1e-9 else np.nan


_LACKING = np.where(np.arange(6) == 0, 0.0, np.nan)


def _correlated_p(random, design):
    drawn = draw(random, design)
    values, limbs = (own[drawn.is_patient] for own in (drawn.values[:, LIMBS], drawn.limbs[:, LIMBS]))
    found = {}
    for name, x, y in (
        ("Spearman, patient as cluster", values, limbs),
        ("Spearman, scores missing where values are", values, np.where(np.isnan(values), np.nan, limbs)),
        ("Spearman, one pair a patient", mean_present(values)[:, None], limbs.sum(axis=1)[:, None]),
    ):
        result = spearman(x, y)
        if not isinstance(result, str):
            found[name] = permuted_p(result.values, result.scores, PERMUTATIONS, 0)
            if name == "Spearman, patient as cluster":
                found["Spearman, regions as if independent"] = result.naive_p
    both = draw(random, replace(design, digits=None)).values[:, :2]
    differences = (both[:, 1] - both[:, 0])[: design.controls]
    differences = differences[np.isfinite(differences)]
    if len(differences) > 5:
        found["Wilcoxon signed-rank, two field strengths"] = signed_rank_p(differences)[1]
    return found


def group_truth(random, design):
    """What the intervals must hold: the same estimates of very many subjects."""
    drawn = draw(random, design)
    values, is_patient = _with_values(drawn)
    truth = {name: selected_area(values, is_patient, name).auc for name in ("symmetric", "clustered", "paper")}
    truth["strata"] = area_over_strata(values, is_patient).auc
    region = values[:, :1]
    own = np.isfinite(region[:, 0])
    truth["region"] = area_over_strata(region[own], is_patient[own]).auc
    truth["mean"], truth["median"] = (float(function(region[own & is_patient])) for function in (np.mean, np.median))
    greatest = np.nanmax(values, axis=1)
    truth["greatest"] = [np.sort(greatest[group]) for group in (is_patient, ~is_patient)]
    truth["regions"] = [np.sort(own[np.isfinite(own)]) for own in (values[is_patient], values[~is_patient])]
    for name, *adjusted in _to_adjust(draw(random, replace(design, **AGEING))):
        truth[f"AUC adjusted for age, {name}"] = float(adjusted_area(*adjusted))
        truth[f"difference adjusted for age, {name}"] = ancova(*adjusted)[0]
    truth["difference"] = _two_markers(drawn)[0]
    patients = drawn.is_patient
    for name, x, y in _score_pairs(drawn.values[patients], drawn.limbs[patients]):
        truth[name] = spearman(x, y).rho
    return truth


def _score_pairs(values, limbs):
    values, limbs = values[:, LIMBS], limbs[:, LIMBS]
    yield "rho, patient as cluster", values, limbs
    yield "rho, one pair a patient", mean_present(values)[:, None], limbs.sum(axis=1)[:, None]


def _two_markers(drawn):
    """Difference of the areas of SH/Thk and SH, and its error."""
    sh = drawn.values * drawn.thk
    keep = np.isfinite(sh).any(axis=1)
    one, other = (np.nanmax(own[keep], axis=1) for own in (drawn.values, sh))
    return _difference(one, other, drawn.is_patient[keep])


def group_covered(random, design, truth):
    """Whether every interval of groups and of correlation holds the truth, in a world with effects."""
    drawn = draw(random, design)
    values, is_patient = _with_values(drawn)
    found = {}

    def holds(name, ci, true):
        found[name] = None if ci is None else ci[0] - 1e-12 <= true <= ci[1] + 1e-12

    for name in ("symmetric", "clustered", "paper"):
        holds(f"AUC, {name}", selected_area(values, is_patient, name).ci, truth[name])
    holds("AUC, within regions", area_over_strata(values, is_patient).ci, truth["strata"])
    region = values[:, 0]
    own = np.isfinite(region)
    if min(own[is_patient].sum(), own[~is_patient].sum()) > 1:
        holds("AUC, one region", area_over_strata(region[own][:, None], is_patient[own]).ci, truth["region"])
    patients = region[own & is_patient]
    if len(patients) > 2 and np.ptp(patients) > 0:
        reach = t.ppf(0.975, len(patients) - 1) * patients.std(ddof=1) / np.sqrt(len(patients))
        holds("mean (Student)", (patients.mean() - reach, patients.mean() + reach), truth["mean"])
        holds("median", median_ci(patients), truth["median"])
    difference, error, _ = _two_markers(drawn)
    if error > 1e-9:
        holds("difference of two AUCs", (difference - 1.96 * error, difference + 1.96 * error), truth["difference"])
    for name, *adjusted in _to_adjust(draw(random, replace(design, **AGEING))):
        auc, variance, of = float(adjusted_area(*adjusted)), jackknife_variance(*adjusted, 0), adjusted[-1]
        auc_name, difference_name = f"AUC adjusted for age, {name}", f"difference adjusted for age, {name}"
        holds(auc_name, interval(auc, variance, of.sum(), (~of).sum()), truth[auc_name])
        estimate, error, freedom = ancova(*adjusted)
        reach = t.ppf(0.975, freedom) * error
        holds(difference_name, (estimate - reach, estimate + reach), truth[difference_name])
    patients = drawn.is_patient
    for name, x, y in _score_pairs(drawn.values[patients], drawn.limbs[patients]):
        result = spearman(x, y)
        if not isinstance(result, str):
            holds(name, result.ci, truth[name])
    return found | _cutoffs_covered(values, is_patient, truth, random)


def _cutoffs_covered(values, is_patient, truth, random):
    taken = sample(values, is_patient, "symmetric")
    if np.ptp(taken.values) == 0:
        return {}

    def shares(cutoff):
        """True sensitivity and specificity at a cut-off."""
        above = [1 - np.searchsorted(own, cutoff - 1e-12) / len(own) for own in truth["greatest"]]
        return above[0], 1 - above[1]

    found = {}
    for rule, level in (("youden", None), ("sensitivity", 0.9), ("specificity", 0.9), ("given", CUTOFF)):
        got = performance(taken, 1, rule, level, 100, 0)
        told = {"youden": "Youden's cut-off", "given": "given cut-off"}.get(rule, f"cut-off for a {rule} of 0.9")
        for name, (_, ci), true in zip(("sensitivity", "specificity"), got.honest, shares(got.cutoff), strict=True):
            found[f"{name}, {told}"] = ci[0] <= true <= ci[1]
        if rule in ("youden", "given"):
            found |= _ratios_covered(got, *shares(got.cutoff), told)
    for rule, told in (("youden", "Youden's cut-off"), ("given", "given cut-off")):
        got = performance(sample(values, is_patient, "clustered"), 1, rule, CUTOFF, 100, 0)
        above = [1 - np.searchsorted(own, got.cutoff - 1e-12) / len(own) for own in truth["regions"]]
        shares_there = above[0], 1 - above[1]
        for name, (_, ci), true in zip(("sensitivity", "specificity"), got.honest, shares_there, strict=True):
            found[f"{name} over regions, {told}"] = ci[0] <= true <= ci[1]
    rates, low, high = roc_band(taken, 1, 0)
    at = np.flatnonzero(rates >= 0.25 - 1e-9)[0]
    true = _sensitivity_at(rates[at], *truth["greatest"])
    found["ROC band at a false positive rate of 0.25"] = low[at] <= true <= high[at]
    return found


def effect_p(random, design, truth):
    """P of a measurement against a reader who is as sensitive as the measurement at its own cut-off truly is."""
    values, is_patient = _with_values(draw(random, design))
    taken = sample(values, is_patient, "symmetric")
    if np.ptp(taken.values) == 0:
        return {}
    got = performance(taken, 1, "youden", None, 100, 0)
    sensitivity = 1 - np.searchsorted(truth["greatest"][0], got.cutoff - 1e-12) / len(truth["greatest"][0])
    reader = random.random(int(is_patient.sum())) < sensitivity
    found = {}
    for name, called in (("Youden's cut-off", got.called), ("subjects left out", got.called_left_out)):
        measured = called[is_patient[got.subject]] > 0
        alone, other = int((measured & ~reader).sum()), int((~measured & reader).sum())
        found[f"McNemar, {name}"] = float(binomtest(alone, alone + other).pvalue) if alone + other else 1.0
    return found


def _sensitivity_at(rate, patients, others):
    """Of the true curve, sloping where values tie."""
    cuts = np.unique(np.concatenate([patients, others]))[::-1]
    sensitivity, false = (np.append(0, 1 - np.searchsorted(own, cuts) / len(own)) for own in (patients, others))
    return float(np.interp(rate, false + 1e-12 * np.arange(len(false)), sensitivity))


def _ratios_covered(got, sensitivity, specificity, told):
    """Likelihood ratios, predictive values and accuracy, from the shares to go by."""
    (seen, _), (not_seen, _) = got.honest
    patients, others = (rate.subjects for rate in got.rates)
    hits, false = seen * patients, (1 - not_seen) * others
    odds = PREVALENCE / (1 - PREVALENCE)
    positive = ratio_interval(hits, patients, false, others)
    negative = ratio_interval(patients - hits, patients, others - false, others)
    ratio = sensitivity / (1 - specificity) if specificity < 1 else np.inf
    other_ratio = (1 - sensitivity) / specificity if specificity > 0 else np.inf
    right = hits + others - false
    low, high = wilson(right, patients + others)
    mix = (sensitivity * patients + specificity * others) / (patients + others)

    def of(odds_ratio):
        return odds * odds_ratio / (1 + odds * odds_ratio) if np.isfinite(odds_ratio) else 1.0

    return {
        f"likelihood ratio +, {told}": positive[0] <= ratio <= positive[1],
        f"likelihood ratio -, {told}": negative[0] <= other_ratio <= negative[1],
        f"PPV, {told}": of(positive[0]) <= of(ratio) <= of(positive[1]),
        f"NPV, {told}": 1 - of(negative[1]) <= 1 - of(other_ratio) <= 1 - of(negative[0]),
        f"accuracy, {told}": low <= mix <= high,
    }
