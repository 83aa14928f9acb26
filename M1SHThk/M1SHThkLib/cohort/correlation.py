"""Does the marker go with the upper motor neuron score of the limb that the region serves?"""

import numpy as np

from ..translation import Note as _
from ..translation import listed
from .finding import NO_ESTIMATE, Finding, ci_text, counted, disagreement, p_text, unanswered
from .groups import marker_labels, marker_name
from .rank_correlation import PERMUTED, clustered_p, fieller_interval, spearman
from .study import LIMB_REGIONS, LIMBS, MARKERS, matrix, mean_present

# Which regions' values meet their limbs' scores.
LIMB_GROUPS = {
    _("all limbs"): LIMB_REGIONS,
    _("upper limbs"): tuple(i for i, limb in enumerate(LIMBS) if limb.endswith("arm")),
    _("lower limbs"): tuple(i for i, limb in enumerate(LIMBS) if limb.endswith("leg")),
    _("bulbar"): tuple(i for i, limb in enumerate(LIMBS) if limb == "bulbar"),
}

_FIELLER = (
    "Spearman's rho; interval by Fisher's transform with the standard error sqrt(1.06/(n - 3)) (Fieller, Hartley and "
    "Pearson, Biometrika 1957;44:470), made for n of 10 and more and rho up to 0.8"
)
_CLUSTERED = (
    "Spearman's rho; interval by Fisher's transform with the standard error from the influence of whole patients, "
    "quantile of Student, which covers from 90 to 96 %; P from {} permutations of whole patients' "
    "scores as they are, beyond 100 patients from the standard error"
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
    name = subject.umn_scale or _("scale not named")
    if not np.isfinite(subject.umn_limb_max):
        return name
    return _("{name}, 0 to {greatest:g} a limb").format(name=name, greatest=subject.umn_limb_max)


def rho_ci_text(ci):
    """The interval of a correlation, or that it has none."""
    return ci_text(ci) if ci else _("a perfect correlation has no interval")


def _no_scores(patients):
    return Finding(
        analysis="correlation",
        what=_("Marker and upper motor neuron score"),
        quantity="Spearman rho",
        words=(
            _("None of {patients} has an upper motor neuron score, so there is nothing to correlate.").format(
                patients=counted(patients, "patient")
            )
        ),
        n={"patients": patients},
        method=NO_ESTIMATE,
    )


def _not_pooled(scales):
    by_scale = listed(
        _("{patients} by '{scale}'").format(patients=counted(len(patients), "patient"), scale=scale)
        for scale, patients in scales.items()
    )
    return Finding(
        analysis="correlation",
        what=_("Upper motor neuron score, different scales"),
        quantity="none",
        words=_("The score was taken on different scales, which are not pooled but analysed apart: {by_scale}.").format(
            by_scale=by_scale
        ),
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
            "what": _("{marker} and the contralateral limb's score ({scale}), {limbs}").format(
                marker=marker_name(marker, uncensored), scale=scale, limbs=limbs
            ),
            "quantity": "Spearman rho",
            "labels": marker_labels(marker, uncensored) | {"limbs": limbs, "scale": scale},
        }
        findings += _of_regions(values[:, columns], scores[:, columns], finding, options)
    finding = {
        "analysis": "correlation",
        "quantity": "Spearman rho",
        "labels": marker_labels(marker, uncensored) | {"limbs": _("mean of the subject"), "scale": scale},
    }
    return [*findings, _of_subjects(patients, values, scores, finding, marker_name(marker, uncensored), options)]


def _of_regions(values, scores, finding, options):
    """The patient as the cluster; and regions as if independent, as in the paper."""
    result = spearman(values, scores)
    if isinstance(result, str):
        n = {"patients": int(np.isfinite(values + scores).any(axis=1).sum())}
        return [Finding(words=unanswered(finding["what"], result), n=n, method=NO_ESTIMATE, **finding)]
    n = {"patients": result.subjects, "regions": result.n}
    start = _("{what}: rho = {rho:.2f} over {n} regions of {subjects} patients").format(
        what=finding["what"], rho=result.rho, n=result.n, subjects=result.subjects
    )
    ci, (p, how) = result.ci, clustered_p(result, options.permutations, options.seed)
    clustered = Finding(
        words=(
            _("{start}, the patient as the cluster ({ci}), {p} {how}.{doubt}").format(
                start=start, ci=rho_ci_text(ci), p=p_text(p), how=how, doubt=disagreement(ci, 0, p)
            )
        ),
        n=n,
        estimate=result.rho,
        ci=ci,
        test="Spearman, scores of whole patients permuted",
        statistic=result.rho,
        p=p,
        method=f"{_CLUSTERED.format(options.permutations)}.",
        **finding | {"labels": finding["labels"] | {"unit": "subject"}},
    )
    fieller = fieller_interval(result.rho, result.n)
    as_printed = rho_ci_text(fieller) + (", Fieller" if fieller else "")
    paper = Finding(
        words=(
            _(
                "{start}, taken as independent as in the paper ({as_printed}), {p}. Regions of one patient "
                "are not independent: the interval is too narrow and P too small."
            ).format(start=start, as_printed=as_printed, p=p_text(result.naive_p))
        ),
        n=n,
        estimate=result.rho,
        ci=fieller,
        test="Spearman, regions as if independent",
        statistic=result.rho,
        p=result.naive_p,
        method=f"{_FIELLER}; every region as if independent.",
        as_in_paper=True,
        **finding | {"labels": finding["labels"] | {"unit": "region"}},
    )
    return [clustered, paper]


def _of_subjects(patients, values, scores, finding, name, options):
    """One pair a patient: the mean of the regions against the total score, or the mean score of the limbs."""
    totals = np.array([patient.umn_total for patient in patients], float)
    if np.isfinite(totals).any():
        score_name = _("total score")
    else:
        totals, score_name = mean_present(scores[:, LIMB_REGIONS]), _("mean score of the limbs")
    finding["what"] = _("{name}, mean of the regions, and the {score_name} ({scale})").format(
        name=name, score_name=score_name, scale=finding["labels"]["scale"]
    )
    finding["method"] = f"{_CLUSTERED.format(options.permutations)}; one pair a patient."
    result = spearman(mean_present(values)[:, None], totals[:, None])
    if isinstance(result, str):
        n = {"patients": int(np.isfinite(mean_present(values) + totals).sum())}
        return Finding(words=unanswered(finding["what"], result), n=n, **finding)
    ci, (p, how) = result.ci, clustered_p(result, options.permutations, options.seed)
    return Finding(
        words=(
            _("{what}: rho = {rho:.2f} over {n} patients ({ci}), {p} {how}.{doubt}").format(
                what=finding["what"],
                rho=result.rho,
                n=result.n,
                ci=rho_ci_text(ci),
                p=p_text(p),
                how=_("by permuting the scores") if how == PERMUTED else how,
                doubt=disagreement(ci, 0, p),
            )
        ),
        n={"patients": result.n},
        estimate=result.rho,
        ci=ci,
        test="Spearman, scores permuted",
        statistic=result.rho,
        p=p,
        **finding,
    )
