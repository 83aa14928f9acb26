"""Does the marker go with the upper motor neuron score of the limb that the region serves?"""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from .finding import NO_ESTIMATE, Finding, ci_text, counted, disagreement, p_text
from .groups import bootstrap_interval, marker_labels, marker_name, mean_present
from .resampling import CONFIDENCE, bootstrap_subjects, permutation_p, times_drawn
from .study import LIMB_REGIONS, LIMBS, MARKERS, SH_THK, matrix

# Which regions' values meet their limbs' scores.
LIMB_GROUPS = {
    "all limbs": LIMB_REGIONS,
    "upper limbs": tuple(i for i, limb in enumerate(LIMBS) if limb.endswith("arm")),
    "lower limbs": tuple(i for i, limb in enumerate(LIMBS) if limb.endswith("leg")),
    "bulbar": tuple(i for i, limb in enumerate(LIMBS) if limb == "bulbar"),
}
FEWEST_SUBJECTS = 4
# Fewer whole patients drawn anew scatter less than patients do (Cameron et al., Rev Econ Stat 2008;90:414).
_ENOUGH_CLUSTERS = 10
_PERFECT = "a perfect correlation has no interval"

_FIELLER = (
    "Spearman's rho; interval by Fisher's transform with the standard error sqrt(1.06/(n - 3)) (Fieller, Hartley and "
    "Pearson, Biometrika 1957;44:470), made for n of 10 and more and rho up to 0.8"
)


def correlation_findings(study, options):
    """Spearman's rho of every marker with the contralateral limb's score, among patients.

    Parameters
    ----------
    study : Study
    options : CohortOptions

    Returns
    -------
    list of Finding
        Apart for each scale of the score, which are never pooled.
    """
    scales = {}
    for patient in study.group("patient"):
        if np.isfinite(patient.umn).any() or np.isfinite(patient.umn_total):
            scales.setdefault(_scale_name(patient), []).append(patient)
    if not scales:
        return [_no_scores(len(study.group("patient")))]
    findings = [_not_pooled(scales)] if len(scales) > 1 else []
    for scale, patients in scales.items():
        for marker in MARKERS:
            for uncensored in (False, True):
                findings += _correlated(patients, marker, uncensored, scale, options)
    return findings


def _scale_name(subject):
    """What a score's scale is told apart by: 'Penn UMN score, 0 to 8 a limb'."""
    name = subject.umn_scale or "scale not named"
    return f"{name}, 0 to {subject.umn_limb_max:g} a limb" if np.isfinite(subject.umn_limb_max) else name


def _no_scores(patients):
    return Finding(
        analysis="correlation",
        what="Marker and upper motor neuron score",
        quantity="Spearman rho",
        words=(
            f"None of {counted(patients, 'patient')} has an upper motor neuron score, so there is nothing to correlate."
        ),
        n={"patients": patients},
        method=NO_ESTIMATE,
    )


def _not_pooled(scales):
    listed = "; ".join(f"{counted(len(patients), 'patient')} by '{scale}'" for scale, patients in scales.items())
    return Finding(
        analysis="correlation",
        what="Upper motor neuron score, different scales",
        quantity="none",
        words=f"The score was taken on different scales, which are not pooled but analysed apart: {listed}.",
        n={scale: len(patients) for scale, patients in scales.items()},
        method="None: scores of different scales do not rank against each other.",
    )


def _correlated(patients, marker, uncensored, scale, options):
    values = matrix(patients, marker.uncensored if uncensored else marker.column)
    scores = np.array([patient.umn for patient in patients], float)
    findings = []
    for limbs, columns in LIMB_GROUPS.items():
        if limbs == "bulbar" and not np.isfinite(scores[:, columns]).any():
            continue
        finding = {
            "analysis": "correlation",
            "what": f"{marker_name(marker, uncensored)} and the contralateral limb's score ({scale}), {limbs}",
            "quantity": "Spearman rho",
            "labels": marker_labels(marker, uncensored) | {"limbs": limbs, "scale": scale},
            "headline": marker is SH_THK and limbs == "all limbs" and not uncensored,
        }
        findings += _of_regions(values[:, columns], scores[:, columns], finding, options)
    finding = {
        "analysis": "correlation",
        "quantity": "Spearman rho",
        "labels": marker_labels(marker, uncensored) | {"limbs": "mean of the subject", "scale": scale},
    }
    return [*findings, _of_subjects(patients, values, scores, finding, marker_name(marker, uncensored), options)]


@dataclass(frozen=True)
class Correlation:
    """Spearman's rho of values that come in clusters.

    Attributes
    ----------
    rho : float
    n, subjects : int
        Pairs of values, and subjects that give at least one.
    naive_p : float
        By Student's t, as if all pairs were independent.
    values, scores : arrays, shape (subjects, k)
        Of those subjects; nan where either is missing.
    """

    rho: float
    n: int
    subjects: int
    naive_p: float
    values: np.ndarray
    scores: np.ndarray


def spearman(values, scores):
    """Spearman's rho over all pairs, or in words why there is none.

    Parameters
    ----------
    values, scores : arrays, shape (subjects, k)
        nan where missing.
    """
    paired = np.isfinite(values) & np.isfinite(scores)
    keep = paired.any(axis=1)
    values, scores = (np.where(paired, own, np.nan)[keep] for own in (values, scores))
    x, y = values[paired[keep]], scores[paired[keep]]
    if keep.sum() < FEWEST_SUBJECTS:
        return f"too few patients have both a value and a score ({keep.sum()}); {FEWEST_SUBJECTS} are needed"
    for own, name in ((x, "values"), (y, "scores")):
        if not np.ptp(own) > 0:
            return f"all {len(own)} {name} are equal, so nothing can go with them"
    test = stats.spearmanr(x, y)
    return Correlation(float(test.statistic), len(x), int(keep.sum()), float(test.pvalue), values, scores)


def fieller_interval(rho, n, confidence=CONFIDENCE):
    """Interval of Spearman's rho of n > 3 independent pairs, (low, high); None for a perfect correlation.

    Fisher's transform with the standard error sqrt(1.06 / (n - 3)) (Fieller, Hartley and Pearson, Biometrika
    1957;44:470).
    """
    if abs(rho) >= 1 - 1e-12:
        return None
    reach = stats.norm.ppf((1 + confidence) / 2) * np.sqrt(1.06 / (n - 3))
    low, high = np.tanh(np.arctanh(rho) + np.array([-reach, reach]))
    return float(low), float(high)


def weighted_rhos(values, scores, weights):
    """Spearman's rho under many weightings of the subjects at once.

    Parameters
    ----------
    values, scores : arrays, shape (subjects, k)
        nan where either is missing.
    weights : int array, shape (replicates, subjects)
        How often each subject counts.

    Returns
    -------
    array, shape (replicates,)
        nan where all values or all scores that count are equal.
    """
    paired = np.isfinite(values)
    counts = weights[:, np.nonzero(paired)[0]]
    x, y = (_centred_ranks(own[paired], counts) for own in (values, scores))
    covariance = (counts * x * y).sum(axis=1)
    spread = np.sqrt((counts * x * x).sum(axis=1) * (counts * y * y).sum(axis=1))
    return np.divide(covariance, spread, out=np.full(len(weights), np.nan), where=spread > 1e-9)


def _centred_ranks(values, counts):
    """Midranks less their mean of values that count so often, shapes (m,) and (replicates, m)."""
    _, which = np.unique(values, return_inverse=True)
    of_each = counts.astype(float) @ np.eye(which.max() + 1)[which]  # products of integers would be far slower
    midranks = np.cumsum(of_each, axis=1) - (of_each - 1) / 2
    return midranks[:, which] - (counts.sum(axis=1, keepdims=True) + 1) / 2


def permuted_p(values, scores, permutations, seed):
    """P of Spearman's rho by dealing whole subjects' scores anew to the subjects.

    Parameters
    ----------
    values, scores : arrays, shape (subjects, k)
        nan where either is missing: what is missing adds nothing to the statistic, the sum of products of centred
        ranks, which ranks like rho where all is there.
    permutations, seed : int
    """
    x, y = (_all_centred_ranks(own) for own in (values, scores))
    # What the values of one subject and the scores of another add.
    products = x @ y.T
    subjects = np.arange(len(values))
    dealt = np.random.default_rng(seed).permuted(np.tile(subjects, (permutations, 1)), axis=1)
    return float(permutation_p(abs(products.trace()), np.abs(products[subjects, dealt].sum(axis=1))))


def _all_centred_ranks(values):
    """Midranks over all that is there less their mean, 0 where missing."""
    present = np.isfinite(values)
    ranks = np.zeros(values.shape)
    ranks[present] = stats.rankdata(values[present]) - (present.sum() + 1) / 2
    return ranks


def _of_regions(values, scores, finding, options):
    """Regions as if independent, as in the paper; and the same rho with the subject as the cluster."""
    result = spearman(values, scores)
    if isinstance(result, str):
        words, n = f"{finding['what']}: {result}.", {"patients": int(np.isfinite(values + scores).any(axis=1).sum())}
        return [Finding(words=words, n=n, method=f"{_FIELLER}.", **finding)]
    n = {"patients": result.subjects, "regions": result.n}
    start = f"{finding['what']}: rho = {result.rho:.2f} over {result.n} regions of {result.subjects} patients"
    fieller = fieller_interval(result.rho, result.n)
    as_printed = f"{ci_text(fieller)}, Fieller" if fieller else _PERFECT
    paper = Finding(
        words=(
            f"{start}, taken as independent as in the paper ({as_printed}), {p_text(result.naive_p)}. Regions of one "
            "patient are not independent: the interval is too narrow and P too small."
        ),
        n=n,
        estimate=result.rho,
        ci=fieller,
        test="Spearman, regions as if independent",
        statistic=result.rho,
        p=result.naive_p,
        method=f"{_FIELLER}; every region as if independent.",
        **finding | {"labels": finding["labels"] | {"unit": "region"}},
    )
    drawn = bootstrap_subjects(np.ones(result.subjects, bool), options.replicates, options.seed)
    ci, why = bootstrap_interval(weighted_rhos(result.values, result.scores, times_drawn(drawn)))
    is_narrow = ci and result.subjects < _ENOUGH_CLUSTERS
    few = f" From fewer than {_ENOUGH_CLUSTERS} patients this interval is too narrow." if is_narrow else ""
    p = permuted_p(result.values, result.scores, options.permutations, options.seed)
    clustered = Finding(
        words=(
            f"{start}, the patient as the cluster ({f'{ci_text(ci)}, bootstrap of whole patients' if ci else why}), "
            f"{p_text(p)} by permuting the scores of whole patients.{few}{disagreement(ci, 0, p)}"
        ),
        n=n,
        estimate=result.rho,
        ci=ci,
        test="Spearman, scores of whole patients permuted",
        statistic=result.rho,
        p=p,
        method=(
            f"Spearman's rho; interval from {options.replicates} bootstrap samples of whole patients (percentiles); P "
            f"from {options.permutations} permutations of whole patients' scores."
        ),
        **finding | {"labels": finding["labels"] | {"unit": "subject"}},
    )
    return [paper, clustered]


def _of_subjects(patients, values, scores, finding, name, options):
    """One pair a patient: the mean of the regions against the total score, or the mean score of the limbs."""
    totals = np.array([patient.umn_total for patient in patients], float)
    if np.isfinite(totals).any():
        score_name = "total score"
    else:
        totals, score_name = mean_present(scores[:, LIMB_REGIONS]), "mean score of the limbs"
    finding["what"] = f"{name}, mean of the regions, and the {score_name} ({finding['labels']['scale']})"
    finding["method"] = (
        f"{_FIELLER}; one pair a patient; P from {options.permutations} permutations of the scores, since Student's t "
        "is too sure of few patients."
    )
    result = spearman(mean_present(values)[:, None], totals[:, None])
    if isinstance(result, str):
        n = {"patients": int(np.isfinite(mean_present(values) + totals).sum())}
        return Finding(words=f"{finding['what']}: {result}.", n=n, **finding)
    ci = fieller_interval(result.rho, result.n)
    p = permuted_p(result.values, result.scores, options.permutations, options.seed)
    return Finding(
        words=(
            f"{finding['what']}: rho = {result.rho:.2f} over {result.n} patients "
            f"({f'{ci_text(ci)}, Fieller' if ci else _PERFECT}), {p_text(p)} by permuting the scores."
            f"{disagreement(ci, 0, p)}"
        ),
        n={"patients": result.n},
        estimate=result.rho,
        ci=ci,
        test="Spearman, scores permuted",
        statistic=result.rho,
        p=p,
        **finding,
    )
