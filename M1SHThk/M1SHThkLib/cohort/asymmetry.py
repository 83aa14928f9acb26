"""Right against left: the asymmetry of each region, and whether it goes with the side of onset and with the limbs."""

import numpy as np

from ..translation import Note as _
from .comparison import comparisons
from .correlation import rho_ci_text
from .finding import NO_ESTIMATE, Finding, ci_text, counted, disagreement, p_text, unanswered
from .groups import MANN_WHITNEY_METHOD, marker_labels, why_not_ranked
from .rank_correlation import clustered_p, spearman
from .rank_sum import mann_whitney
from .study import ALL_REGIONS, MARKERS, REGIONS_OF_BOTH, matrix
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
            region = REGIONS_OF_BOTH[ALL_REGIONS[left][1]]
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
    what = _("Asymmetry of {marker.name}, {region}, {compared}").format(
        marker=marker, region=region, compared=compared.name
    )
    n = {"patients": len(patients), compared.others: len(others)}
    labels = marker_labels(marker) | {"region": region, "against": compared.others}
    if reason := why_not_ranked(patients, others, compared.one):
        return Finding("asymmetry", what, "AUC", unanswered(what, reason), n, NO_ESTIMATE, labels=labels)
    test = mann_whitney(patients, others, options.permutations, options.seed)
    words = _(
        "{what}: the difference of both sides is {medians[0]:.0f} % of their mean in the median of "
        "{patients} patients and {medians[1]:.0f} % in that of {count} {others}, more in a patient "
        "with probability {test.auc:.2f} ({ci}); {ranked}.{doubt}"
    ).format(
        what=what,
        medians=[100 * np.median(own) for own in (patients, others)],
        patients=len(patients),
        count=len(others),
        others=compared.others,
        test=test,
        ci=ci_text(test.ci),
        ranked=test.in_words,
        doubt=disagreement(test.ci, 0.5, test.p),
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
    what = _("Asymmetry of {marker.name}, {region}, and the side of onset").format(marker=marker, region=region)
    n = {"left onset": len(left_onset), "right onset": len(right_onset)}
    labels = marker_labels(marker) | {"region": region, "covariate": "onset_side"}
    reason = ""
    if min(n.values()) < 2:
        reason = _("too few patients with a side of onset ({n[left onset]} left, {n[right onset]} right)").format(n=n)
    elif np.ptp(np.concatenate([left_onset, right_onset])) == 0:
        reason = _("the asymmetry is the same in all")
    if reason:
        return Finding("asymmetry", what, "AUC", unanswered(what, reason), n, NO_ESTIMATE, labels=labels)
    # Above one half where disease lies opposite: onset on the left, right hemisphere the more pathologic.
    test = mann_whitney(
        marker.pathologic * left_onset, marker.pathologic * right_onset, options.permutations, options.seed
    )
    words = _(
        "{what}: index (right - left) / mean, median {medians[0]:.2f} in {left} patients "
        "with onset on the left and {medians[1]:.2f} in {right} with onset on the right; "
        "the hemisphere opposite to the onset is the more pathologic one with probability {test.auc:.2f} "
        "({ci}); {ranked}.{doubt}"
    ).format(
        what=what,
        medians=[np.median(own) for own in (left_onset, right_onset)],
        left=len(left_onset),
        right=len(right_onset),
        test=test,
        ci=ci_text(test.ci),
        ranked=test.in_words,
        doubt=disagreement(test.ci, 0.5, test.p),
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
    what = _("Asymmetry of {marker.name}, {region}, and the difference of the limbs' scores").format(
        marker=marker, region=region
    )
    labels = marker_labels(marker) | {"region": region, "covariate": "limb difference"}
    result = spearman(index[:, None], difference[:, None])
    n = {"patients": int(np.isfinite(index + difference).sum())}
    if isinstance(result, str):
        return Finding("asymmetry", what, "Spearman rho", unanswered(what, result), n, NO_ESTIMATE, labels=labels)
    ci, (p, how) = result.ci, clustered_p(result, options.permutations, options.seed)
    words = _("{what} (left limb less right limb): rho = {rho:.2f} over {patients} ({ci}), {p} {how}.{doubt}").format(
        what=what,
        rho=result.rho,
        patients=counted(result.n, "patient"),
        ci=rho_ci_text(ci),
        p=p_text(p),
        how=how,
        doubt=disagreement(ci, 0, p),
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
