"""Right against left: the asymmetry of each region, and whether it goes with the side of onset and with the limbs."""

import numpy as np

from .comparison import comparisons
from .finding import NO_ESTIMATE, Finding, ci_text, counted, disagreement, p_text
from .groups import MANN_WHITNEY_METHOD, marker_labels, why_not_ranked
from .rank_correlation import clustered_p, spearman
from .rank_sum import mann_whitney
from .study import ALL_REGIONS, MARKERS, matrix
from .ties import tied

_INDEX = "Asymmetry index: (right - left) / mean of both, missing where both are 0 or one is missing."


def asymmetry_findings(study, options):
    """Asymmetry index of every marker and pair of regions: its size by group, the side of onset, and the limbs' scores.

    Parameters
    ----------
    study : Study
    options : CohortOptions

    Returns
    -------
    list of Finding
    """
    findings = []
    for marker in MARKERS:
        for left, right in _pairs(study):
            region = ALL_REGIONS[left][1].replace("_", " ")
            findings += [_size(compared, marker, left, right, region, options) for compared in comparisons(study)]
            findings.append(_with_onset(study, marker, left, right, region, options))
            findings.append(_with_limbs(study, marker, left, right, region, options))
    return findings


def _pairs(study):
    """Numbers of the left and the right region of each kind that the study has."""
    return [
        (left, right)
        for left, (side, region) in enumerate(ALL_REGIONS)
        for right, (other_side, other) in enumerate(ALL_REGIONS)
        if (side, other_side) == ("left", "right") and region == other and {left, right} <= set(study.regions)
    ]


def asymmetry_index(left, right):
    """(right - left) / mean, nan where one is missing or both are 0; shapes alike."""
    both = tied(np.stack([left, right]))
    mean = both.mean(axis=0)
    return np.divide(both[1] - both[0], mean, out=np.full(mean.shape, np.nan), where=mean > 0)


def _size(compared, marker, left, right, region, options):
    """Whether patients are more asymmetric than others, whichever side is the greater."""
    values = compared.values(marker)
    size = np.abs(asymmetry_index(values[:, left], values[:, right]))
    patients, others = (own[np.isfinite(own)] for own in (size[compared.is_patient], size[~compared.is_patient]))
    what = f"Asymmetry of {marker.name}, {region}, {compared.name}"
    n = {"patients": len(patients), compared.others: len(others)}
    labels = marker_labels(marker) | {"region": region, "against": compared.others}
    if reason := why_not_ranked(patients, others, compared.one):
        return Finding("asymmetry", what, "AUC", f"{what}: {reason}.", n, NO_ESTIMATE, labels=labels)
    test = mann_whitney(patients, others, options.permutations, options.seed)
    words = (
        f"{what}: the difference of both sides is {100 * np.median(patients):.0f} % of their mean in the median of "
        f"{len(patients)} patients and {100 * np.median(others):.0f} % in that of {len(others)} {compared.others}, "
        f"more in a patient with probability {test.auc:.2f} ({ci_text(test.ci)}); Mann-Whitney U = {test.u:g}, "
        f"{p_text(test.p)} ({test.how}).{disagreement(test.ci, 0.5, test.p)}"
    )
    return Finding(
        "asymmetry",
        what,
        "AUC",
        words,
        n,
        f"{_INDEX} {MANN_WHITNEY_METHOD}",
        test.auc,
        ci=test.ci,
        test="Mann-Whitney U",
        statistic=test.u,
        p=test.p,
        labels=labels,
    )


def _with_onset(study, marker, left, right, region, options):
    """Whether the hemisphere opposite to the side of onset is the more pathologic one."""
    patients = [subject for subject in study.group("patient") if subject.onset_side in ("left", "right")]
    values = matrix(patients, marker.column)
    index = asymmetry_index(values[:, left], values[:, right])
    on_left = np.array([subject.onset_side == "left" for subject in patients], bool)
    left_onset, right_onset = (own[np.isfinite(own)] for own in (index[on_left], index[~on_left]))
    what = f"Asymmetry of {marker.name}, {region}, and the side of onset"
    n = {"left onset": len(left_onset), "right onset": len(right_onset)}
    labels = marker_labels(marker) | {"region": region, "covariate": "onset_side"}
    reason = ""
    if min(n.values()) < 2:
        reason = f"too few patients with a side of onset ({n['left onset']} left, {n['right onset']} right)"
    elif np.ptp(np.concatenate([left_onset, right_onset])) == 0:
        reason = "the asymmetry is the same in all"
    if reason:
        return Finding("asymmetry", what, "AUC", f"{what}: {reason}.", n, NO_ESTIMATE, labels=labels)
    # Above one half where disease lies opposite: onset on the left, right hemisphere the more pathologic.
    test = mann_whitney(
        marker.pathologic * left_onset, marker.pathologic * right_onset, options.permutations, options.seed
    )
    words = (
        f"{what}: index (right - left) / mean, median {np.median(left_onset):.2f} in {len(left_onset)} patients with "
        f"onset on the left and {np.median(right_onset):.2f} in {len(right_onset)} with onset on the right; the "
        f"hemisphere opposite to the onset is the more pathologic one with probability {test.auc:.2f} "
        f"({ci_text(test.ci)}); Mann-Whitney U = {test.u:g}, {p_text(test.p)} "
        f"({test.how}).{disagreement(test.ci, 0.5, test.p)}"
    )
    return Finding(
        "asymmetry",
        what,
        "AUC",
        words,
        n,
        f"{_INDEX} {MANN_WHITNEY_METHOD}",
        test.auc,
        ci=test.ci,
        test="Mann-Whitney U",
        statistic=test.u,
        p=test.p,
        labels=labels,
    )


def _with_limbs(study, marker, left, right, region, options):
    """The index against the difference of the scores of the limbs that both regions serve."""
    patients = study.group("patient")
    values = matrix(patients, marker.column)
    scores = np.array([patient.umn for patient in patients], float).reshape(values.shape)
    index = asymmetry_index(values[:, left], values[:, right])
    # The left region serves the right limb: the limbs' difference runs as the regions' does.
    difference = scores[:, right] - scores[:, left]
    what = f"Asymmetry of {marker.name}, {region}, and the difference of the limbs' scores"
    labels = marker_labels(marker) | {"region": region, "covariate": "limb difference"}
    result = spearman(index[:, None], difference[:, None])
    n = {"patients": int(np.isfinite(index + difference).sum())}
    if isinstance(result, str):
        return Finding("asymmetry", what, "Spearman rho", f"{what}: {result}.", n, NO_ESTIMATE, labels=labels)
    ci, (p, how) = result.ci, clustered_p(result, options.permutations, options.seed)
    words = (
        f"{what} (left limb less right limb): rho = {result.rho:.2f} over {counted(result.n, 'patient')} "
        f"({ci_text(ci) if ci else 'a perfect correlation has no interval'}), {p_text(p)} {how}."
        f"{disagreement(ci, 0, p)}"
    )
    return Finding(
        "asymmetry",
        what,
        "Spearman rho",
        words,
        n,
        f"{_INDEX} Spearman's rho, interval by Fisher's transform, P by permutation.",
        result.rho,
        ci=ci,
        test="Spearman, scores permuted",
        statistic=result.rho,
        p=p,
        labels=labels,
    )
