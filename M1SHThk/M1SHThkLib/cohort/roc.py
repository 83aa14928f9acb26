"""Analysis 3: how well each marker tells patients from controls."""

import numpy as np
from scipy.stats import norm

from .auc import QUANTILE, areas, interval
from .cutoff import RULES, Choice, performance, why_none
from .finding import NO_ESTIMATE, Finding, ci_text, counted, p_text
from .sample import SELECTIONS, study_sample
from .study import MARKERS, SH, SH_THK, THK

GROUPS = ("patients", "controls")
_TESTED = " Its test stands under the selection of values"
_FAVOURS = ", with the AUC that this rule gives without any effect of disease: not 0.50, since it favours the patients"


def roc_findings(study, options):
    """Areas under the curves, cut-offs and comparisons of markers, for every marker and selection of values.

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
        for selection in SELECTIONS:
            sample = study_sample(study, marker, selection)
            labels = {"marker": marker.column, "selection": selection}
            what = f"{marker.name}, patients against controls ({selection} selection)"
            why = why_none(sample, marker.name)
            if why:
                words = f"{what}: no ROC curve. {why}"
                findings.append(Finding("roc", what, "AUC", words, _count(sample), NO_ESTIMATE, labels=labels))
                continue
            findings.append(_area(sample, marker, selection, what, labels))
            for rule, level in _rules(marker, options):
                findings += _cutoff(sample, marker, selection, rule, level, options, labels)
    return findings + [_comparison(study, SH_THK, other) for other in (SH, THK)]


def _rules(marker, options):
    """Which cut-offs to judge, with the level that each needs."""
    rules = [("youden", None), ("sensitivity", options.sensitivity), ("specificity", options.specificity)]
    if marker is SH_THK and options.cutoff_per_mm is not None:
        rules.append(("given", options.cutoff_per_mm))
    return rules


def _count(sample):
    """Subjects of each group, and their values where these are more."""
    count = {}
    for name, own in zip(GROUPS, (sample.is_patient, ~sample.is_patient), strict=True):
        count[name] = len(np.unique(sample.subject[own]))
        if own.sum() > count[name]:
            count[f"values of {name}"] = int(own.sum())
    return count


def _count_text(n):
    return " and ".join(
        counted(n[name], name.removesuffix("s"))
        + (f" ({n[f'values of {name}']} values)" if f"values of {name}" in n else "")
        for name in GROUPS
    )


def _area(sample, marker, selection, what, labels):
    auc, covariance = areas(marker.pathologic * sample.values[None], sample.is_patient, sample.subject)
    auc, variance = float(auc[0]), float(covariance[0, 0])
    n = _count(sample)
    ci = interval(auc, variance, n["patients"], n["controls"])
    name, source = "DeLong", "DeLong et al., Biometrics 1988;44:837"
    if not sample.has_one_value_a_subject:
        name, source = "Obuchowski", "clustered data: Obuchowski, Biometrics 1997;53:567"
    method = f"Empirical area ({source}); interval symmetric in log odds. Selection: {SELECTIONS[selection]}."
    words = f"{what}, {_count_text(n)}: AUC {auc:.2f} ({ci_text(ci)}, {name})."
    if variance == 0:
        method = f"Empirical area; score interval (Newcombe, Stat Med 2006;25:559). Selection: {SELECTIONS[selection]}."
        words = (
            f"{what}, {_count_text(n)}: AUC {auc:.2f} ({ci_text(ci)}). The groups do not overlap, so that {name}'s "
            "variance is zero: the interval is Newcombe's, from the number of subjects."
        )
    words += f"{_TESTED}{_FAVOURS if selection == 'paper' else ''}."
    headline = marker is SH_THK and selection == "symmetric"
    return Finding(
        "roc",
        what,
        "AUC",
        words,
        n,
        method,
        auc,
        ci=ci,
        labels=labels,
        details=_curve(sample, marker),
        headline=headline,
    )


def _curve(sample, marker):
    """The points of the curve, and the cut-off at each, from 'none is pathologic' to 'all are'."""
    choice = Choice(sample, marker.pathologic)
    sensitivity, specificity = choice.rates(choice.called(choice.cutoffs))
    return {
        "false_positive_rate": (1 - specificity).tolist(),
        "sensitivity": sensitivity.tolist(),
        "cutoff": choice.cutoffs.tolist(),
    }


def _cutoff(sample, marker, selection, rule, level, options, labels):
    """Sensitivity and specificity at one cut-off, a finding each; or one that says why there is none."""
    found = performance(sample, marker.pathologic, rule, level, options.replicates, options.seed)
    names = ("sensitivity", "specificity")
    what = f"{marker.name} ({selection} selection), {RULES[rule]}" + (f" {level:g}" if rule in names else "")
    labels = {**labels, "cutoff": rule}
    n = _count(sample)
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
    if found.cutoff_ci:
        details["cutoff_ci"] = found.cutoff_ci
        lead += f" (95 % CI {found.cutoff_ci[0]:.3g} to {found.cutoff_ci[1]:.3g})"
    return [
        _rate(name, index, found, f"{what}: {name}", f"{lead}.", n, selection, labels, details, options)
        for index, name in enumerate(names)
    ]


def _rate(name, index, found, what, lead, n, selection, labels, details, options):
    group = GROUPS[index]
    rate = found.rates[index]
    one = group if rate.values == rate.subjects else f"values of {rate.subjects} {group}"
    words = (
        f"{lead} {name.capitalize()} {rate.estimate:.2f} ({rate.correct} of {rate.values} {one}; "
        f"{ci_text(rate.ci)}, {rate.ci_name})."
    )
    method = f"Interval at the cut-off as it stands: {rate.ci_name}. Selection: {SELECTIONS[selection]}."
    details = {**details, "correct": rate.correct, "of": rate.values}
    if found.corrected:
        left_out = found.left_out[index]
        corrected_ci = found.corrected_ci[index]
        interval_text = "no interval, since every bootstrap replicate gives the same"
        if corrected_ci:
            interval_text = (
                f"{ci_text(corrected_ci)}, the cut-off chosen anew in each of {options.replicates} bootstrap"
            )
            interval_text += " replicates"
        details |= {
            "corrected": found.corrected[index],
            "corrected_ci": corrected_ci,
            "left_out": left_out.estimate,
            "left_out_ci": left_out.ci,
            "left_out_correct": left_out.correct,
        }
        words += (
            f" The same data chose the cut-off: corrected for this optimism {found.corrected[index]:.2f} "
            f"({interval_text}); each subject classified without itself {left_out.estimate:.2f} ({left_out.correct} of "
            f"{left_out.values}; {ci_text(left_out.ci)}, {left_out.ci_name})."
        )
        method += (
            " Optimism: Harrell et al., Stat Med 1996;15:361, whole subjects drawn; its interval is the basic "
            "bootstrap's (Davison and Hinkley 1997). Cut-offs lie halfway between neighbouring values."
        )
    headline = labels["cutoff"] == "youden" and labels["marker"] == SH_THK.column and selection == "symmetric"
    return Finding(
        "roc",
        what,
        name,
        words,
        n,
        method,
        rate.estimate,
        ci=rate.ci,
        labels=labels,
        details=details,
        headline=headline,
    )


def _comparison(study, one, other):
    """DeLong's comparison of two markers, in subjects that have both."""
    samples = [study_sample(study, marker, "symmetric") for marker in (one, other)]
    both = np.intersect1d(samples[0].subject, samples[1].subject)
    # One value a subject, in the subjects' order.
    values = np.array(
        [
            marker.pathologic * sample.values[np.isin(sample.subject, both)]
            for marker, sample in zip((one, other), samples, strict=True)
        ]
    )
    is_patient = samples[0].is_patient[np.isin(samples[0].subject, both)]
    n = {"patients": int(is_patient.sum()), "controls": int((~is_patient).sum())}
    what = f"{one.name} against {other.name}: areas under the ROC curves (symmetric selection)"
    labels = {"marker": one.column, "other_marker": other.column, "selection": "symmetric"}
    method = (
        "Paired comparison of two areas (DeLong et al., Biometrics 1988;44:837). "
        f"Selection: {SELECTIONS['symmetric']}, by each marker."
    )

    def finding(words, **numbers):
        return Finding("roc", what, "difference of AUC", f"{what}. {words}", n, method, labels=labels, **numbers)

    if min(n.values()) < 2:
        return finding(f"No comparison: it needs two patients and two controls with both; there are {_count_text(n)}.")
    auc, covariance = areas(values, is_patient, both)
    difference = float(auc[0] - auc[1])
    error = float(np.sqrt(max(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1], 0)))
    both_areas = f"{_count_text(n)} with both: AUC {auc[0]:.2f} and {auc[1]:.2f}, difference {difference:.2f}"
    details = {"auc": float(auc[0]), "other_auc": float(auc[1])}
    if error < 1e-12:
        words = f"{both_areas}. No test: the difference does not vary between subjects."
        return finding(words, estimate=difference, details=details)
    z = difference / error
    p = float(2 * norm.sf(abs(z)))
    ends = difference - QUANTILE * error, difference + QUANTILE * error
    ci = tuple(float(end) for end in np.clip(ends, -1, 1))
    words = f"{both_areas} ({ci_text(ci)}; DeLong's test, z = {z:.2f}, {p_text(p)})."
    return finding(words, estimate=difference, ci=ci, test="DeLong's test", statistic=z, p=p, details=details)
