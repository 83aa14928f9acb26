"""Patients against others: which value stands for a subject, under three rules side by side."""

import numpy as np
from scipy.stats import norm

from ..translation import Note as _
from .auc import Area, area, area_like_with_like, wins
from .auc_test import PERMUTED_UP_TO, area_p, contests_clustered, contests_like_with_like, contests_paper
from .comparison import comparisons
from .finding import Finding, disagreement, p_text, unanswered
from .groups import EXACT, marker_labels, marker_name, too_few, why_not_ranked
from .rank_sum import mann_whitney, rank_sum_p
from .resampling import label_sets, permutation_p
from .sample import SELECTIONS, sample
from .study import MARKERS, THK

# Difference in the share of missing regions beyond which groups are not compared like with like.
UNEQUAL = 0.1

_INTERVAL = (
    "AUC over all pairs of values, its interval symmetric in log odds from its standard error ({}); where the groups "
    "do not overlap Newcombe's score (Stat Med 2006;25:559) from the number of subjects; of few subjects it covers "
    "from 93 to 99 %"
)
_METHODS = {
    "symmetric": (
        f"{_INTERVAL.format('DeLong et al., Biometrics 1988;44:837')}. Mann-Whitney U, two-sided. {EXACT} "
        "Where subjects lack "
        "regions, each patient meets each of the others over the regions that both have, and P comes from permuting "
        "the labels of whole subjects, the area divided by its standard error (Chung and Romano, Ann Stat 2013;41:484)."
    ),
    "clustered": (
        f"{_INTERVAL.format('Obuchowski, Biometrics 1997;53:567; quantile of Student')}. P two-sided by permuting the "
        "labels of whole subjects, the area divided by its standard error."
    ),
    "paper": (
        f"As in Donatelli et al. 2018. {_INTERVAL.format('Obuchowski, Biometrics 1997;53:567; quantile of Student')}. "
        "P two-sided by permuting the labels of whole subjects and applying the rule anew. What the rule gives without "
        "disease: the same AUC of each group's subjects among themselves."
    ),
}


def selection_findings(study, options):
    """AUC and test under each of the three rules of selection.

    Parameters
    ----------
    study : Study
    options : CohortOptions

    Returns
    -------
    list of Finding
        For every marker, comparison, and with and without censoring, one finding a rule, in the order of SELECTIONS.
    """
    return [
        _selected(compared, marker, selection, uncensored, options)
        for compared in comparisons(study)
        for marker in MARKERS
        for uncensored in (False, True)
        for selection in SELECTIONS
    ]


def selected_area(values, is_patient, selection):
    """The area of a rule of selection.

    Parameters
    ----------
    values : array, shape (subjects, regions)
        nan where missing; greater is more pathologic.
    is_patient : bool array, shape (subjects,)
    selection : str
        A key of SELECTIONS.

    Returns
    -------
    Area
    """
    if selection == "symmetric":
        return area_like_with_like(values, is_patient)
    taken = sample(values, is_patient, selection)
    return area(taken.values, taken.is_patient, taken.subject, len(values))


def lack_regions(values):
    """Whether some subjects that have a value, shape (subjects, regions), lack regions that others have."""
    present = np.isfinite(values)
    present = present[present.any(axis=1)]
    return bool((present != present[:1]).any())


def _selected(compared, marker, selection, uncensored, options):
    """One rule, one marker, one comparison."""
    values, is_patient = compared.values(marker, uncensored), compared.is_patient
    taken = sample(values, is_patient, selection, marker.pathologic)
    patients, others = np.unique(taken.subject[taken.is_patient]), np.unique(taken.subject[~taken.is_patient])
    finding = {
        "analysis": "selection",
        "what": _("{marker}, {compared}, selection '{selection}': {rule}").format(
            marker=marker_name(marker, uncensored),
            compared=compared.name,
            selection=selection,
            rule=SELECTIONS[selection],
        ),
        "quantity": "AUC",
        "n": {
            "patients": len(patients),
            compared.others: len(others),
            "values_of_patients": len(taken.patients),
            f"values_of_{compared.others.replace(' ', '_')}": len(taken.others),
        },
        "labels": marker_labels(marker, uncensored) | {"selection": selection, "against": compared.others},
        "method": _METHODS[selection],
        "as_in_paper": selection == "paper",
    }
    if reason := too_few(patients, others, compared.one) or why_not_ranked(taken.patients, taken.others, compared.one):
        return Finding(words=unanswered(finding["what"], reason), **finding)
    medians = float(np.median(taken.patients)), float(np.median(taken.others))
    values = marker.pathologic * values
    found = selected_area(values, is_patient, selection)
    analyse = {"paper": _paper, "symmetric": _symmetric, "clustered": _clustered}[selection]
    test, words, details = analyse(values, is_patient, found, options)
    return Finding(
        words=(
            _(
                "{what}: {values} values of {patients} patients, median {medians[0]:.3f}, and {their_values} values "
                "of {count} {others}, median {medians[1]:.3f}; AUC {auc:.2f} ({ci}), {words}{caution}"
            ).format(
                what=finding["what"],
                values=len(taken.patients),
                patients=len(patients),
                medians=medians,
                their_values=len(taken.others),
                count=len(others),
                others=compared.others,
                auc=found.auc,
                ci=found.ci_words,
                words=words,
                caution=_caution(compared, marker, selection, values),
            )
        ),
        estimate=found.auc,
        ci=found.ci,
        details={"median_patients": medians[0], "median_others": medians[1]} | details,
        **finding,
        **test,
    )


def _symmetric(values, is_patient, found, options):
    """One value a subject, and the Mann-Whitney test; over shared regions where some lack regions."""
    if lack_regions(values):
        p, how = area_p(found, lambda: contests_like_with_like(values), options.permutations, options.seed)
        words = _(
            "{p} {how}. Some subjects lack regions that others have: each patient meets each of the "
            "others over the regions that both have, so that nobody is the worse for having more of "
            "them. Without any effect of disease the AUC is 0.50.{doubt}"
        ).format(p=p_text(p), how=how, doubt=disagreement(found.ci, 0.5, p))
        return {"test": "AUC over shared regions, labels permuted", "statistic": found.auc, "p": p}, words, {}
    greatest = np.nanmax(values[found.takes_part], axis=1)
    test = mann_whitney(
        greatest[is_patient[found.takes_part]],
        greatest[~is_patient[found.takes_part]],
        options.permutations,
        options.seed,
    )
    words = _(
        "{ranked}, valid, since every subject gives one value chosen in "
        "the same way from the same regions. Without any effect of disease the AUC is 0.50.{doubt}"
    ).format(ranked=test.in_words, doubt=disagreement(found.ci, 0.5, test.p))
    if test.smallest_p > 0.05:
        words += _(" Groups this small, with these ties, cannot go below {p}.").format(p=p_text(test.smallest_p))
    details = {"smallest_p": test.smallest_p, "how": test.how}
    return {"test": "Mann-Whitney U", "statistic": test.u, "p": test.p}, words, details


def _clustered(values, is_patient, found, options):
    p, how = area_p(found, lambda: contests_clustered(values), options.permutations, options.seed)
    words = _(
        "over all pairs of regions, {p} {how}. Mann-Whitney is not valid here, since a subject's regions "
        "are not independent. Without any effect of disease the AUC is 0.50.{doubt}"
    ).format(p=p_text(p), how=how, doubt=disagreement(found.ci, 0.5, p))
    return {"test": "AUC, labels of whole subjects permuted", "statistic": found.auc, "p": p}, words, {}


def _paper(values, is_patient, found, options):
    null = null_of_papers_rule(values, is_patient)
    p, how = _papers_rule_p(values, is_patient, found, null, options)
    greatest = np.nanmax(values[found.takes_part & is_patient], axis=1)
    every = values[~is_patient]
    pooled = np.concatenate([greatest, every[np.isfinite(every)]])
    naive = rank_sum_p(pooled, np.arange(len(pooled)) < len(greatest), options.permutations, options.seed)[0]
    words = _(
        "as in the paper. Without any effect of disease this rule would give an AUC of {auc:.2f} "
        "(estimated within the groups) and not 0.50, because the most pathologic of several regions "
        "meets every region; against that, {p} {how}. The paper's Mann-Whitney test of these values "
        "gives {naive} and is not valid: the groups are selected differently, and a subject's regions are "
        "not independent."
    ).format(auc=null.auc, p=p_text(p), how=how, naive=p_text(naive))
    test = {"test": "AUC, labels of whole subjects permuted, rule applied anew", "statistic": found.auc, "p": p}
    return test, words, {"null_auc": null.auc, "naive_p_not_valid": naive}


def null_of_papers_rule(values, is_patient):
    """What the paper's rule gives without any effect: the greatest of one subject against every region of another.

    Of each group's subjects among themselves, since disease widens the spread between the subjects of both groups taken
    together; the groups weighed by their subjects.

    Parameters
    ----------
    values : array, shape (subjects, regions)
        nan where missing; greater is more pathologic.
    is_patient : bool array, shape (subjects,)

    Returns
    -------
    Area
        `auc` is nan where no group has two subjects with a value.
    """
    present = np.isfinite(values)
    takes_part = present.any(axis=1)
    weights = [(group & takes_part).sum() for group in (is_patient, ~is_patient)]
    weights = [weight if weight > 1 else 0 for weight in weights]
    auc, influence = 0.0, np.zeros(len(values))
    for group, weight in zip((is_patient, ~is_patient), weights, strict=True):
        if not weight:
            continue
        mine = group & takes_part
        own, there = values[mine], present[mine]
        greatest, count = np.nanmax(own, axis=1), there.sum(axis=1)
        of_itself = ((greatest[:, None] > own) + 0.5 * (greatest[:, None] == own)).sum(axis=1)
        won = wins(greatest, own[there]) - of_itself
        lost = (len(own) * there - wins(own, greatest) * there).sum(axis=1) - of_itself
        total = count.sum() * (len(own) - 1)
        among = won.sum() / total
        auc += weight / sum(weights) * among
        contests = count.sum() - count + count * (len(own) - 1)
        influence[mine] = weight / sum(weights) * (won + lost - among * contests) / total
    return Area(auc if sum(weights) else np.nan, influence, is_patient, takes_part, True)


def _papers_rule_p(values, is_patient, found, null, options):
    """P, two-sided, of the paper's rule against what it gives without disease; and how it came about."""
    keep = found.takes_part
    if keep.sum() > PERMUTED_UP_TO:
        beyond = Area(found.auc - null.auc, found.influence - null.influence, is_patient, keep)
        z = beyond.auc / np.sqrt(beyond.variance) if beyond.variance > 0 else np.inf
        return float(2 * norm.sf(abs(z))), _("by its standard error")
    won, of = contests_paper(values[keep])
    labels, every = label_sets(is_patient[keep], options.permutations, options.seed)
    patient, control = labels.astype(float), (~labels).astype(float)
    aucs = ((patient @ won) * control).sum(axis=1) / ((patient @ of) * control).sum(axis=1)
    p = permutation_p(abs(found.auc - aucs.mean()), np.abs(aucs - aucs.mean()), every)
    return float(p), _("by permuting the labels of whole subjects")


def missing_shares(compared, values):
    """Share of the regions that patients lack, and that the others lack, of those who have a value."""
    present = np.isfinite(values[:, compared.study.regions])
    some = present.any(axis=1)
    return [1 - present[some & group].mean() for group in (compared.is_patient, ~compared.is_patient)]


def _caution(compared, marker, selection, values):
    """What is to be borne in mind where values are missing; '' where none is."""
    shares = missing_shares(compared, values)
    lacking = _("{own:.0f} % of the patients' regions and {their:.0f} % of those of the others").format(
        own=100 * shares[0], their=100 * shares[1]
    )
    if marker is THK and max(shares) > 0:
        return _(
            " Thk is missing where there is no dark layer: in {lacking}. What is compared is the "
            "thickness of layers that are there, which is not the thickness of all."
        ).format(lacking=lacking)
    if selection != "symmetric" and abs(shares[0] - shares[1]) > UNEQUAL:
        return _(" Not like with like: {lacking} are missing.").format(lacking=lacking)
    return ""
