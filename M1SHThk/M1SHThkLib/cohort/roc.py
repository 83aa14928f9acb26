"""How well each marker tells patients from others: curves, cut-offs, and the comparison of markers."""

import numpy as np
from scipy.stats import norm

from ..translation import Note as _
from ..translation import listed
from .auc import QUANTILE, covariance
from .comparison import Comparison, comparisons
from .cutoff import RATES, RULES, Choice, performance, why_none
from .finding import NO_ESTIMATE, Finding, ci_text, counted, p_text, unanswered
from .sample import SELECTIONS, sample
from .selection import lack_regions, selected_area
from .study import DIP_PER_MM, MARKERS, SH_THK
from .terms import term

_TESTED = _(" Its test stands under the selection of values.")
_FAVOURS = _(
    " Its test stands under the selection of values, with the AUC that this rule gives without any effect of disease: "
    "not 0.50, since it favours the patients."
)
_SHARED = _(
    " The area is that of the comparison over shared regions; the curve takes the greatest of what each "
    "subject has and is not valid as far as one group lacks more regions than the other."
)


def roc_findings(study, options):
    """Areas under the curves, cut-offs and comparisons of markers, for every marker and selection of values.

    Cut-offs are chosen between patients and controls alone; what they do for mimics stands under what a cut-off does.

    Parameters
    ----------
    study : Study
    options : CohortOptions

    Returns
    -------
    list of Finding
    """
    findings = []
    has_dip = bool(np.isfinite(Comparison(study).values(DIP_PER_MM)).any())
    markers = (*MARKERS, DIP_PER_MM) if has_dip else MARKERS
    for compared in comparisons(study):
        for marker in markers:
            for selection in SELECTIONS:
                findings += _of_selection(compared, marker, selection, options)
    compared = Comparison(study)
    return findings + [marker_comparison(compared, SH_THK, other) for other in markers[1:]]


def _of_selection(compared, marker, selection, options):
    values = compared.values(marker)
    taken = sample(values, compared.is_patient, selection, marker.pathologic)
    labels = {"marker": marker.column, "selection": selection, "against": compared.others}
    what = _("{marker.name}, {compared} ({selection} selection)").format(
        marker=marker, compared=compared.name, selection=selection
    )
    n = _count(taken, compared.others)
    if why := why_none(taken, marker.name, compared.others):
        words = _("{what}: no ROC curve. {why}").format(what=what, why=why)
        return [Finding("roc", what, "AUC", words, n, NO_ESTIMATE, labels=labels)]
    found = [_area(compared, values, taken, marker, selection, what, labels, n)]
    if compared.others == "controls":
        for rule, level in _rules(marker, options):
            found += _cutoff(taken, marker, selection, rule, level, options, labels, n)
    return found


def _rules(marker, options):
    """Which cut-offs to judge, with the level that each needs; one that was given first."""
    rules = [("youden", None), ("sensitivity", options.sensitivity), ("specificity", options.specificity)]
    if marker is SH_THK and options.cutoff_per_mm is not None:
        rules.insert(0, ("given", options.cutoff_per_mm))
    return rules


def _count(taken, others):
    """Subjects of each group, and their values where these are more."""
    count = {}
    for name, own in (("patients", taken.is_patient), (others, ~taken.is_patient)):
        count[name] = len(np.unique(taken.subject[own]))
        if own.sum() > count[name]:
            count[f"values of {name}"] = int(own.sum())
    return count


def _count_text(n):
    parts = []
    for name in (name for name in n if not name.startswith("values of")):
        who = _("{n} {who}").format(n=n[name], who=term(name))
        if " " not in name:
            who = counted(n[name], name.removesuffix("s"))
        if f"values of {name}" in n:
            who += _(" ({n} values)").format(n=n[f"values of {name}"])
        parts.append(who)
    return _("{first} and {second}").format(first=parts[0], second=parts[1])


def _area(compared, values, taken, marker, selection, what, labels, n):
    found = selected_area(marker.pathologic * values, compared.is_patient, selection)
    name, source = "DeLong", "DeLong et al., Biometrics 1988;44:837"
    if found.is_clustered:
        name, source = "Obuchowski", "clustered data: Obuchowski, Biometrics 1997;53:567, quantile of Student"
    method = f"Empirical area ({source}); interval symmetric in log odds. Selection: {SELECTIONS[selection]}."
    words = _("{what}, {subjects}: AUC {auc:.2f} ({ci}, {name}).").format(
        what=what, subjects=_count_text(n), auc=found.auc, ci=ci_text(found.ci), name=name
    )
    if not found.has_overlap:
        method = f"Empirical area; score interval (Newcombe, Stat Med 2006;25:559). Selection: {SELECTIONS[selection]}."
        words = _(
            "{what}, {subjects}: AUC {auc:.2f} ({ci}). The groups do not overlap, so that {name}'s "
            "variance is zero: the interval is Newcombe's, from the number of subjects."
        ).format(what=what, subjects=_count_text(n), auc=found.auc, ci=ci_text(found.ci), name=name)
    words += _FAVOURS if selection == "paper" else _TESTED
    if selection == "symmetric" and lack_regions(values):
        words += _SHARED
    return Finding(
        "roc",
        what,
        "AUC",
        words,
        n,
        method,
        found.auc,
        ci=found.ci,
        labels=labels,
        details=curve_of(taken, marker.pathologic),
        as_in_paper=selection == "paper",
    )


def curve_of(taken, pathologic):
    """The points of a sample's curve, and the cut-off at each, from 'none is pathologic' to 'all are'."""
    choice = Choice(taken, pathologic)
    sensitivity, specificity = choice.curve
    return {
        "false_positive_rate": (1 - specificity).tolist(),
        "sensitivity": sensitivity.tolist(),
        "cutoff": choice.cutoffs.tolist(),
    }


def _cutoff(taken, marker, selection, rule, level, options, labels, n):
    """Sensitivity and specificity at one cut-off, a finding each; or one that says why there is none."""
    found = performance(taken, marker.pathologic, rule, level, options.replicates, options.seed)
    names = ("sensitivity", "specificity")
    what = _("{marker.name} ({selection} selection), {rule}").format(
        marker=marker, selection=selection, rule=RULES[rule] + (f" {level:g}" if rule in names else "")
    )
    labels = {**labels, "cutoff": rule}
    shares = [rate.estimate for rate in found.rates]
    if rule == "youden" and sum(shares) <= 1 + 1e-9:
        why = _("no cut-off does better than chance in {subjects}").format(subjects=_count_text(n))
        return [Finding("roc", what, "sensitivity", unanswered(what, why), n, NO_ESTIMATE, labels=labels)]
    if rule in names and shares[1 - names.index(rule)] == 0:
        why = _("reached only by calling every one of {subjects} {called}").format(
            subjects=_count_text(n), called=_("pathologic") if rule == "sensitivity" else _("healthy")
        )
        return [Finding("roc", what, rule, unanswered(what, why), n, NO_ESTIMATE, labels=labels)]

    side = _("above") if marker.pathologic > 0 else _("below")
    details = {"cutoff": found.cutoff}
    lead = _("{what}, {subjects}: pathologic at or {side} {cutoff:.3g} {unit}").format(
        what=what, subjects=_count_text(n), side=side, cutoff=found.cutoff, unit=marker.unit
    )
    if found.drawn_cutoffs:
        details["drawn_cutoffs"] = found.drawn_cutoffs
        lead += _(" (from {ends[0]:.3g} to {ends[1]:.3g} in 95 % of samples drawn anew)").format(
            ends=found.drawn_cutoffs
        )
    return [
        _rate(name, index, found, listed((what, term(name)), ": "), lead + ".", n, selection, labels, details)
        for index, name in enumerate(names)
    ]


def _rate(name, index, found, what, lead, n, selection, labels, details):
    rate, of = found.rates[index], term("controls" if index else "patients")
    if rate.values > rate.subjects:
        of = _("values of {rate.subjects} {group}").format(rate=rate, group=of)
    seen = _("{rate.correct} of {rate.values} {of}").format(rate=rate, of=of)
    details = {**details, "correct": rate.correct, "of": rate.values, "apparent": rate.estimate}
    estimate, ci = found.honest[index]
    method = f"{rate.ci_name}. Selection: {SELECTIONS[selection]}."
    if found.corrected:
        details["left_out"] = found.left_out[index]
        words = _(
            "{lead} {name} {estimate:.2f} ({ci}, Wilson), corrected for the optimism of a cut-off that "
            "the same data chose: as it stands {rate.estimate:.2f} ({seen}); each subject classified "
            "without itself {left_out:.2f}."
        ).format(
            lead=lead,
            name=RATES[index],
            estimate=estimate,
            ci=ci_text(ci),
            rate=rate,
            seen=seen,
            left_out=found.left_out[index],
        )
        method = (
            f"Optimism: Harrell et al., Stat Med 1996;15:361, whole subjects drawn; interval: {method} Cut-offs lie "
            "halfway between neighbouring values. Of few subjects, or where nothing tells the groups apart, this "
            "interval of the specificity covers from 84 to 95 %. That of a wanted share covers up to 100 %."
        )
    else:
        words = _("{lead} {name} {estimate:.2f} ({seen}; {ci}, {source}).").format(
            lead=lead, name=RATES[index], estimate=estimate, seen=seen, ci=ci_text(ci), source=rate.ci_name
        )
        method = f"Interval at the cut-off as it stands, which of few subjects covers from 90 to 99 %: {method}"
    return Finding(
        "roc",
        what,
        name,
        words,
        n,
        method,
        estimate,
        ci=ci,
        labels=labels,
        details=details,
        as_in_paper=selection == "paper",
    )


def marker_comparison(compared, one, other):
    """Comparison of two markers' areas, in subjects that have both, each by its own most pathologic region."""
    both = np.array([np.isfinite(compared.values(marker)).any(axis=1) for marker in (one, other)]).all(axis=0)
    is_patient = compared.is_patient[both]
    n = {"patients": int(is_patient.sum()), compared.others: int((~is_patient).sum())}
    what = _("{one.name} against {other.name}: areas under the ROC curves (symmetric selection)").format(
        one=one, other=other
    )
    labels = {"marker": one.column, "other_marker": other.column, "selection": "symmetric", "against": compared.others}
    method = (
        "Paired comparison of two areas (DeLong et al., Biometrics 1988;44:837). "
        f"Selection: {SELECTIONS['symmetric']}, by each marker. Of few subjects, and of areas that are much alike, it "
        "errs on the cautious side: the interval covers up to 100 %, and P lies below .05 in less than 5 %."
    )

    def finding(words, **numbers):
        words = listed((what, words), ". ")
        return Finding("roc", what, "difference of AUC", words, n, method, labels=labels, **numbers)

    if min(n.values()) < 2:
        words = _("No comparison: it needs two patients and two controls with both; there are {subjects}.")
        return finding(words.format(subjects=_count_text(n)))
    first, second = (
        selected_area(marker.pathologic * compared.values(marker)[both], is_patient, "symmetric")
        for marker in (one, other)
    )
    return finding(**compare_areas(first, second, _("{subjects} with both").format(subjects=_count_text(n))))


def compare_areas(first, second, whose):
    """The difference of two areas of the same subjects: words, estimate, interval, test and details of a finding."""
    difference = first.auc - second.auc
    error = float(np.sqrt(max(first.variance + second.variance - 2 * covariance(first, second), 0)))
    both_areas = _("{whose}: AUC {auc:.2f} and {other:.2f}, difference {difference:.2f}").format(
        whose=whose, auc=first.auc, other=second.auc, difference=difference
    )
    details = {"auc": first.auc, "other_auc": second.auc, "error": error}
    if error < 1e-9:
        words = _("{both_areas}. No test: the difference does not vary between subjects.").format(both_areas=both_areas)
        return {"words": words, "estimate": difference, "details": details}
    z = difference / error
    p = float(2 * norm.sf(abs(z)))
    ends = difference - QUANTILE * error, difference + QUANTILE * error
    ci = tuple(float(end) for end in np.clip(ends, -1, 1))
    words = _("{both_areas} ({ci}; DeLong's test, z = {z:.2f}, {p}).").format(
        both_areas=both_areas, ci=ci_text(ci), z=z, p=p_text(p)
    )
    test = {"test": "DeLong's test", "statistic": z, "p": p}
    return {"words": words, "estimate": difference, "ci": ci, "details": details} | test
