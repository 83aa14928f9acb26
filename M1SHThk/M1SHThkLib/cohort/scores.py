"""Ordinal scores of the regions by eye: their sum, how readers agree, and the limb that each region serves."""

from itertools import combinations

import numpy as np

from ..translation import Note as _
from ..translation import listed
from .comparison import comparisons
from .correlation import LIMB_GROUPS, rho_ci_text
from .cutoff import performance, why_none
from .finding import NO_ESTIMATE, Finding, ci_text, counted, disagreement, p_text, unanswered
from .groups import EXACT, too_few
from .kappa import METHOD, kappa, without_interval
from .rank_correlation import clustered_p, spearman
from .rank_sum import mann_whitney
from .roc import curve_of
from .sample import Sample
from .study import REGION_NAMES
from .terms import term

GREATEST_SCORE = 2
_SUM_METHOD = (
    "Sum of a reader's scores over the regions; Mann-Whitney U, exact with ties where feasible; AUC interval symmetric "
    f"in log odds (DeLong et al., Biometrics 1988;44:837). {EXACT}"
)


def score_findings(study, options):
    """Every reading's sum against the groups, agreement of readings, and scores against limbs.

    Parameters
    ----------
    study : Study
    options : CohortOptions

    Returns
    -------
    list of Finding
    """
    subjects = [subject for group in study.groups for subject in study.group(group)]
    keys = score_keys(subjects)
    if not keys:
        words = _("No region was scored by eye, so that there is no sum score and no weighted agreement.")
        return [Finding("scores", _("Scores by eye"), "AUC", words, {"subjects": len(subjects)}, NO_ESTIMATE)]
    findings = []
    for key in keys:
        for compared in comparisons(study):
            findings += _sum_against_groups(compared, key, options)
    findings += _agreement(study, subjects, keys)
    for key in keys:
        findings += _against_limbs(study, key, options)
    return findings


def score_keys(subjects):
    """(reader, session) of every reading that scored a region, in order."""
    return sorted({key for subject in subjects for key in subject.scores})


def scores_of(subjects, key):
    """Scores of one reading, shape (subjects, regions), nan where missing."""
    missing = np.full(len(REGION_NAMES), np.nan)
    return np.array([subject.scores.get(key, missing) for subject in subjects], float).reshape(-1, len(REGION_NAMES))


def score_sums(subjects):
    """Sums over the regions by (reader, session), shape (subjects,): nan where a region is missing that others have."""
    sums = {}
    for key in score_keys(subjects):
        scores = scores_of(subjects, key)
        sums[key] = scores[:, np.isfinite(scores).any(axis=0)].sum(axis=1)
    return sums


def _sum_against_groups(compared, key, options):
    reader, session = key
    scores = score_sums(compared.subjects).get(key, np.full(len(compared.subjects), np.nan))
    present = np.isfinite(scores)
    patients, others = scores[present & compared.is_patient], scores[present & ~compared.is_patient]
    what = _("Sum score of reader {reader}, session {session}, {compared}").format(
        reader=reader, session=session, compared=compared.name
    )
    n = {"patients": len(patients), compared.others: len(others)}
    labels = {"reader": reader, "session": session, "against": compared.others}
    reason = too_few(patients, others, compared.one)
    if not reason and np.ptp(np.concatenate([patients, others])) == 0:
        reason = _("all sums are equal")
    if reason:
        return [Finding("scores", what, "AUC", unanswered(what, reason), n, NO_ESTIMATE, labels=labels)]
    test = mann_whitney(patients, others, options.permutations, options.seed)
    taken = Sample(scores[present], compared.is_patient[present], np.flatnonzero(present), np.zeros(present.sum(), int))
    words = _(
        "{what}: median {medians[0]:g} in {patients} patients and {medians[1]:g} in {count} "
        "{others}; AUC {test.auc:.2f} ({ci}), {ranked}.{doubt}"
    ).format(
        what=what,
        medians=[np.median(own) for own in (patients, others)],
        patients=len(patients),
        count=len(others),
        others=compared.others,
        test=test,
        ci=ci_text(test.ci),
        ranked=test.in_words,
        doubt=disagreement(test.ci, 0.5, test.p),
    )
    findings = [
        Finding(
            "scores",
            what,
            "AUC",
            words,
            n,
            _SUM_METHOD,
            test.auc,
            ci=test.ci,
            test="Mann-Whitney U",
            statistic=test.u,
            p=test.p,
            labels=labels,
            details=curve_of(taken, 1),
        )
    ]
    if compared.others != "controls" or why_none(taken, _("The sum score")):
        return findings
    found = performance(taken, 1, "youden", None, options.replicates, options.seed)
    if sum(rate.estimate for rate in found.rates) <= 1 + 1e-9:
        return findings
    for name, rate, (share, ci) in zip(("sensitivity", "specificity"), found.rates, found.honest, strict=True):
        words = _(
            "{what}, at {cutoff:.3g} or more (Youden): {name} {share:.2f} ({ci}, Wilson), corrected for "
            "the optimism of a cut-off that the same data chose; as it stands {rate.estimate:.2f} "
            "({rate.correct} of {rate.values})."
        ).format(what=what, cutoff=found.cutoff, name=term(name), share=share, ci=ci_text(ci), rate=rate)
        method = "Optimism: Harrell et al., Stat Med 1996;15:361; Wilson's interval about the corrected share."
        details = {"cutoff": found.cutoff, "apparent": rate.estimate}
        findings.append(
            Finding(
                "scores",
                what,
                name,
                words,
                n,
                method,
                share,
                ci=ci,
                labels=labels | {"cutoff": "youden"},
                details=details,
            )
        )
    return findings


def _agreement(study, subjects, keys):
    """Weighted kappa between the sessions of a reader, and between readers in a session."""
    findings = []
    for (one, first), (other, second) in combinations(keys, 2):
        if one == other:
            what, labels = (
                _("Reader {one}: scores in sessions {first} and {second}").format(one=one, first=first, second=second),
                {"reader": one, "kind": "within reader"},
            )
        elif first == second:
            what, labels = (
                _("Readers {one} and {other}: scores in session {first}").format(one=one, other=other, first=first),
                {"session": first, "kind": "between readers"},
            )
        else:
            continue
        readings = [scores_of(subjects, key) for key in ((one, first), (other, second))]
        scored = [
            number for number in study.regions if np.isfinite(readings[0][:, number] + readings[1][:, number]).any()
        ]
        places = [(_("all regions"), scored), *((REGION_NAMES[number], [number]) for number in scored)]
        for place, regions in places if scored else ():
            for weights in (_("linear"), _("quadratic")):
                findings.append(
                    _weighted_kappa(listed((what, place), ", "), labels | {"region": place}, readings, regions, weights)
                )
    return findings


def _weighted_kappa(what, labels, readings, regions, weights):
    one, other = (np.where(np.isfinite(own[:, regions]), own[:, regions], -1).astype(int) for own in readings)
    both = (one >= 0) & (other >= 0)
    n = {"subjects": int(both.any(axis=1).sum()), "scores": int(both.sum())}
    what = _("{what}: {weights} weights").format(what=what, weights=weights)
    clustered = " with whole subjects taken as independent" if len(regions) > 1 else ""
    method = METHOD.format(f" with {weights} weights, categories 0, 1, 2", clustered)
    labels = labels | {"weights": weights}
    value, error, ci = kappa(one, other, GREATEST_SCORE + 1, weights)
    alike = int((one[both] == other[both]).sum())
    equal = _("the same in {alike} of {scores} of {subjects}").format(
        alike=alike, scores=counted(n["scores"], "score"), subjects=counted(n["subjects"], "subject")
    )
    if not np.isfinite(value):
        words = _("{what}: {equal}; no kappa, since both readings gave one and the same score throughout.").format(
            what=what, equal=equal
        )
        return Finding("scores", what, "weighted kappa", words, n, method, labels=labels)
    if ci is None:
        words = _("{what}: {equal}; kappa {value:.2f}; {why}.").format(
            what=what, equal=equal, value=value, why=without_interval(value)
        )
        return Finding("scores", what, "weighted kappa", words, n, method, value, labels=labels)
    words = _("{what}: {equal}; kappa {value:.2f} ({ci}).").format(what=what, equal=equal, value=value, ci=ci_text(ci))
    return Finding(
        "scores", what, "weighted kappa", words, n, method, value, ci=ci, labels=labels, details={"error": error}
    )


def _against_limbs(study, key, options):
    """Each region's score against the score of the limb that it serves, among patients."""
    patients = study.group("patient")
    scores, limbs = (
        scores_of(patients, key),
        np.array([patient.umn for patient in patients], float).reshape(-1, len(REGION_NAMES)),
    )
    reader, session = key
    findings = []
    groups = LIMB_GROUPS | {REGION_NAMES[number]: (number,) for number in study.regions}
    for name, columns in groups.items():
        own, limb = scores[:, columns], limbs[:, columns]
        if not np.isfinite(own + limb).any():
            continue
        what = _("Score of reader {reader}, session {session}, and the score of the limb, {name}").format(
            reader=reader, session=session, name=name
        )
        labels = {"reader": reader, "session": session, "limbs": name}
        result = spearman(own, limb)
        n = {"patients": int(np.isfinite(own + limb).any(axis=1).sum())}
        if isinstance(result, str):
            findings.append(
                Finding("scores", what, "Spearman rho", unanswered(what, result), n, NO_ESTIMATE, labels=labels)
            )
            continue
        ci, (p, how) = result.ci, clustered_p(result, options.permutations, options.seed)
        words = _("{what}: rho = {rho:.2f} over {n} regions of {subjects} patients ({ci}), {p} {how}.{doubt}").format(
            what=what,
            rho=result.rho,
            n=result.n,
            subjects=result.subjects,
            ci=rho_ci_text(ci),
            p=p_text(p),
            how=how,
            doubt=disagreement(ci, 0, p),
        )
        method = (
            "Spearman's rho, the patient as the cluster; interval by Fisher's transform, which covers from 90 to 96 %; "
            "P by permuting whole patients' scores."
        )
        findings.append(
            Finding(
                "scores",
                what,
                "Spearman rho",
                words,
                n | {"regions": result.n},
                method,
                result.rho,
                ci=ci,
                test="Spearman, scores of whole patients permuted",
                statistic=result.rho,
                p=p,
                labels=labels,
            )
        )
    return findings
