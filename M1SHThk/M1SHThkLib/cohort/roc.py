"""How well each marker tells patients from others: curves, cut-offs, and the comparison of markers."""

import numpy as np
from scipy.stats import norm

from .auc import QUANTILE, covariance
from .comparison import Comparison, comparisons
from .cutoff import RULES, Choice, performance, why_none
from .finding import NO_ESTIMATE, Finding, ci_text, counted, p_text
from .sample import SELECTIONS, sample
from .selection import lack_regions, selected_area
from .study import DIP_PER_MM, MARKERS, SH_THK

_TESTED = " Its test stands under the selection of values"
_FAVOURS = ", with the AUC that this rule gives without any effect of disease: not 0.50, since it favours the patients"
_SHARED = (
    " The area is that of the comparison over shared regions; the curve takes the greatest of what each subject has "
    "and is not valid as far as one group lacks more regions than the other."
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
    what = f"{marker.name}, {compared.name} ({selection} selection)"
    n = _count(taken, compared.others)
    if why := why_none(taken, marker.name, compared.others):
        return [Finding("roc", what, "AUC", f"{what}: no ROC curve. {why}", n, NO_ESTIMATE, labels=labels)]
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
    names = [name for name in n if not name.startswith("values of")]
    return " and ".join(
        (counted(n[name], name.removesuffix("s")) if " " not in name else f"{n[name]} {name}")
        + (f" ({n[f'values of {name}']} values)" if f"values of {name}" in n else "")
        for name in names
    )


def _area(compared, values, taken, marker, selection, what, labels, n):
    found = selected_area(marker.pathologic * values, compared.is_patient, selection)
    name, source = "DeLong", "DeLong et al., Biometrics 1988;44:837"
    if found.is_clustered:
        name, source = "Obuchowski", "clustered data: Obuchowski, Biometrics 1997;53:567, quantile of Student"
    method = f"Empirical area ({source}); interval symmetric in log odds. Selection: {SELECTIONS[selection]}."
    words = f"{what}, {_count_text(n)}: AUC {found.auc:.2f} ({ci_text(found.ci)}, {name})."
    if not found.has_overlap:
        method = f"Empirical area; score interval (Newcombe, Stat Med 2006;25:559). Selection: {SELECTIONS[selection]}."
        words = (
            f"{what}, {_count_text(n)}: AUC {found.auc:.2f} ({ci_text(found.ci)}). The groups do not overlap, so that "
            f"{name}'s variance is zero: the interval is Newcombe's, from the number of subjects."
        )
    words += f"{_TESTED}{_FAVOURS if selection == 'paper' else ''}."
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
    what = f"{marker.name} ({selection} selection), {RULES[rule]}" + (f" {level:g}" if rule in names else "")
    labels = {**labels, "cutoff": rule}
    shares = [rate.estimate for rate in found.rates]
    if rule == "youden" and sum(shares) <= 1 + 1e-9:
        why = f"{what}: no cut-off does better than chance in {_count_text(n)}."
        return [Finding("roc", what, "sensitivity", why, n, NO_ESTIMATE, labels=labels)]
    if rule in names and shares[1 - names.index(rule)] == 0:
        called = "pathologic" if rule == "sensitivity" else "healthy"
        why = f"{what}: reached only by calling every one of {_count_text(n)} {called}."
        return [Finding("roc", what, rule, why, n, NO_ESTIMATE, labels=labels)]

    side = "above" if marker.pathologic > 0 else "below"
    details = {"cutoff": found.cutoff}
    lead = f"{what}, {_count_text(n)}: pathologic at or {side} {found.cutoff:.3g} {marker.unit}"
    if found.drawn_cutoffs:
        details["drawn_cutoffs"] = found.drawn_cutoffs
        lead += " (from {:.3g} to {:.3g} in 95 % of samples drawn anew)".format(*found.drawn_cutoffs)
    return [
        _rate(name, index, found, f"{what}: {name}", f"{lead}.", n, selection, labels, details)
        for index, name in enumerate(names)
    ]


def _rate(name, index, found, what, lead, n, selection, labels, details):
    rate, group = found.rates[index], "controls" if index else "patients"
    one = group if rate.values == rate.subjects else f"values of {rate.subjects} {group}"
    seen = f"{rate.correct} of {rate.values} {one}"
    details = {**details, "correct": rate.correct, "of": rate.values, "apparent": rate.estimate}
    estimate, ci = found.honest[index]
    method = f"{rate.ci_name}. Selection: {SELECTIONS[selection]}."
    if found.corrected:
        details["left_out"] = found.left_out[index]
        words = (
            f"{lead} {name.capitalize()} {estimate:.2f} ({ci_text(ci)}, Wilson), corrected for the optimism of a "
            f"cut-off that the same data chose: as it stands {rate.estimate:.2f} ({seen}); each subject classified "
            f"without itself {found.left_out[index]:.2f}."
        )
        method = (
            f"Optimism: Harrell et al., Stat Med 1996;15:361, whole subjects drawn; interval: {method} Cut-offs lie "
            "halfway between neighbouring values. Of few subjects, or where nothing tells the groups apart, this "
            "interval of the specificity covers from 84 to 95 %. That of a wanted share covers up to 100 %."
        )
    else:
        words = f"{lead} {name.capitalize()} {estimate:.2f} ({seen}; {ci_text(ci)}, {rate.ci_name})."
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
    what = f"{one.name} against {other.name}: areas under the ROC curves (symmetric selection)"
    labels = {"marker": one.column, "other_marker": other.column, "selection": "symmetric", "against": compared.others}
    method = (
        "Paired comparison of two areas (DeLong et al., Biometrics 1988;44:837). "
        f"Selection: {SELECTIONS['symmetric']}, by each marker. Of few subjects, and of areas that are much alike, it "
        "errs on the cautious side: the interval covers up to 100 %, and P lies below .05 in less than 5 %."
    )

    def finding(words, **numbers):
        return Finding("roc", what, "difference of AUC", f"{what}. {words}", n, method, labels=labels, **numbers)

    if min(n.values()) < 2:
        return finding(f"No comparison: it needs two patients and two controls with both; there are {_count_text(n)}.")
    first, second = (
        selected_area(marker.pathologic * compared.values(marker)[both], is_patient, "symmetric")
        for marker in (one, other)
    )
    return finding(**compare_areas(first, second, f"{_count_text(n)} with both"))


def compare_areas(first, second, whose):
    """The difference of two areas of the same subjects: words, estimate, interval, test and details of a finding."""
    difference = first.auc - second.auc
    error = float(np.sqrt(max(first.variance + second.variance - 2 * covariance(first, second), 0)))
    both_areas = f"{whose}: AUC {first.auc:.2f} and {second.auc:.2f}, difference {difference:.2f}"
    details = {"auc": first.auc, "other_auc": second.auc, "error": error}
    if error < 1e-9:
        words = f"{both_areas}. No test: the difference does not vary between subjects."
        return {"words": words, "estimate": difference, "details": details}
    z = difference / error
    p = float(2 * norm.sf(abs(z)))
    ends = difference - QUANTILE * error, difference + QUANTILE * error
    ci = tuple(float(end) for end in np.clip(ends, -1, 1))
    words = f"{both_areas} ({ci_text(ci)}; DeLong's test, z = {z:.2f}, {p_text(p)})."
    test = {"test": "DeLong's test", "statistic": z, "p": p}
    return {"words": words, "estimate": difference, "ci": ci, "details": details} | test
