"""Patients against others region by region, over regions, and the regions of a group against each other."""

import numpy as np
from scipy import stats

from .auc import area_over_strata
from .auc_test import area_p, contests_over_strata
from .comparison import comparisons
from .finding import Finding, ci_text, counted, disagreement, p_text
from .rank_sum import mann_whitney, van_elteren
from .resampling import CONFIDENCE
from .sample import sample
from .study import MARKERS, REGION_NAMES, SH, THK, matrix
from .ties import tied

MOST_PATHOLOGIC = "most pathologic region"
UNCENSORED = "before censoring"

EXACT = "Exact P of few subjects lie below .05 in less than 5 % of studies without any effect."
MANN_WHITNEY_METHOD = (
    "Mann-Whitney U, two-sided, exact with ties where feasible (else by permutation, or the normal approximation for "
    f"large groups). {EXACT} AUC interval symmetric in log odds (DeLong et al., Biometrics 1988;44:837), without "
    "overlap Newcombe's score (Stat Med 2006;25:559); of few subjects it covers from 93 to 99 %; "
    "rank-biserial correlation = 2 AUC - 1."
)


def group_findings(study, options):
    """Every marker by group: described, tested region by region, over the regions, and between the regions.

    What is taken of a whole subject stands under the selection of values.

    Parameters
    ----------
    study : Study
    options : CohortOptions

    Returns
    -------
    list of Finding
    """
    findings = [_censored(study)]
    regions = [REGION_NAMES[number] for number in study.regions]
    groups = study.groups
    for marker in MARKERS:
        findings += [
            _described(study, marker, place, group) for place in (*regions, MOST_PATHOLOGIC) for group in groups
        ]
        for uncensored in (False, True):
            for compared in comparisons(study):
                findings += [_compared(compared, marker, region, uncensored, options) for region in regions]
                findings.append(_compared_over_regions(compared, marker, uncensored, options))
            findings += [_regions_compared(study, marker, group, uncensored) for group in groups]
    return [*findings, _friedman_refused(study)]


def marker_name(marker, uncensored=False):
    """What findings call it, with its unit: 'SH/Thk (1/mm), before censoring'."""
    return f"{marker.name} ({marker.unit})" + (f", {UNCENSORED}" if uncensored else "")


def marker_labels(marker, uncensored=False):
    """The labels that tell a finding's marker."""
    return {
        "marker": marker.uncensored if uncensored else marker.column,
        "censoring": "none" if uncensored else "no_dark_layer",
    }


def _described(study, marker, place, group):
    """Median and mean of one group at one place."""
    values = tied(matrix(study.group(group), marker.column))
    if place == MOST_PATHOLOGIC:
        values = sample(values, np.ones(len(values), bool), "symmetric", marker.pathologic).values
    else:
        values = values[:, REGION_NAMES.index(place)]
        values = values[np.isfinite(values)]
    n, of = len(values), len(study.group(group))
    finding = {
        "analysis": "groups",
        "what": f"{marker_name(marker)}, {place}, {group}s",
        "quantity": "mean",
        "unit": marker.unit,
        "n": {f"{group}s": n},
        "labels": marker_labels(marker) | {"region": place, "group": group},
        "method": (
            "Mean with interval by Student's t, which of few values as skewed as SH/Thk covers from 80 to 94 % instead "
            "of 95 %; median with interval by order statistics (binomial), which covers 95 % or more."
        ),
    }
    if n == 0:
        return Finding(words=f"{finding['what']}: no value in {counted(of, group)}, so nothing to describe.", **finding)
    mean, (low, median, high) = float(values.mean()), (float(q) for q in np.quantile(values, [0.25, 0.5, 0.75]))
    words = f"{finding['what']}: n = {n} of {of}"
    if marker is THK and n < of:
        words += " (Thk is missing where there is no dark layer)"
    words += f"; median {median:.3f} (quartiles {low:.3f} to {high:.3f}"
    details = {"subjects": of, "mean": mean, "median": median, "quartiles": [low, high]}
    if n == 1:
        return Finding(words=f"{words}); one value has no spread.", estimate=mean, details=details, **finding)
    details["sd"] = float(values.std(ddof=1))
    as_mean = f"mean {mean:.3f} ± {details['sd']:.3f} (SD"
    if not np.ptp(values) > 0:
        words += f"); {as_mean}); all values are equal, so there is no interval."
        return Finding(words=words, estimate=mean, details=details, **finding)
    details["median_ci"] = interval = median_ci(values)
    words += f"; {ci_text(interval, 3) if interval else 'fewer than 6 values give no 95 % interval'})"
    ci = tuple(float(limit) for limit in stats.t.interval(CONFIDENCE, n - 1, mean, details["sd"] / np.sqrt(n)))
    words += f"; {as_mean}; {ci_text(ci, 3)})."
    return Finding(words=words, estimate=mean, ci=ci, details=details, **finding)


def median_ci(values):
    """95 % interval of the median by order statistics, None where too few values reach 95 %."""
    ci = stats.quantile_test(values, q=0.0, p=0.5).confidence_interval(CONFIDENCE)
    return (float(ci.low), float(ci.high)) if np.isfinite([ci.low, ci.high]).all() else None


def too_few(patients, others, one="control"):
    """Why so many subjects of each group give no comparison, '' where they do; the arrays' first axis is subjects."""
    for subjects, group in ((patients, "patient"), (others, one)):
        if len(subjects) < 2:
            return f"{('no', 'only one')[len(subjects)]} {group} has a value, so there are no two groups to compare"
    return ""


def why_not_ranked(patients, others, one="control"):
    """Why values, one a subject, give no comparison by ranks; '' where they do."""
    if reason := too_few(patients, others, one):
        return reason
    if len(np.unique(np.concatenate([patients, others]))) == 1:
        return f"all {len(patients)} + {len(others)} values are equal, so ranks tell nothing"
    return ""


def _compared(compared, marker, region, uncensored, options):
    """Mann-Whitney of patients against others in one region."""
    values = compared.values(marker, uncensored)[:, REGION_NAMES.index(region)]
    patients, others = (own[np.isfinite(own)] for own in (values[compared.is_patient], values[~compared.is_patient]))
    finding = {
        "analysis": "groups",
        "what": f"{marker_name(marker, uncensored)}, {region}, {compared.name}",
        "quantity": "rank-biserial correlation",
        "n": {"patients": len(patients), compared.others: len(others)},
        "labels": marker_labels(marker, uncensored) | {"region": region, "against": compared.others},
        "method": MANN_WHITNEY_METHOD,
    }
    if reason := why_not_ranked(patients, others, compared.one):
        return Finding(words=f"{finding['what']}: {reason}.", **finding)
    medians = float(np.median(patients)), float(np.median(others))
    # Positive and above one half where disease has the expected direction.
    test = mann_whitney(marker.pathologic * patients, marker.pathologic * others, options.permutations, options.seed)
    direction = "greater" if marker.pathologic > 0 else "less"
    words = (
        f"{finding['what']}: median {medians[0]:.3f} in {len(patients)} patients and {medians[1]:.3f} in "
        f"{len(others)} {compared.others}; a patient's value is {direction} than a {compared.one}'s with probability "
        f"{test.auc:.2f} ({ci_text(test.ci)}), rank-biserial correlation {test.rank_biserial:.2f} "
        f"({ci_text(test.rank_biserial_ci)}); Mann-Whitney U = {test.u:g}, {p_text(test.p)} ({test.how})."
    )
    words += disagreement(test.rank_biserial_ci, 0, test.p)
    if test.smallest_p > 0.05:
        words += f" Groups this small, with these ties, cannot go below {p_text(test.smallest_p)}."
    return Finding(
        words=words,
        estimate=test.rank_biserial,
        ci=test.rank_biserial_ci,
        test="Mann-Whitney U",
        statistic=test.u,
        p=test.p,
        details={
            "median_patients": medians[0],
            "median_others": medians[1],
            "auc": test.auc,
            "auc_ci": list(test.ci),
            "how": test.how,
            "smallest_p": test.smallest_p,
        },
        **finding,
    )


def _compared_over_regions(compared, marker, uncensored, options):
    """The area within regions, whole subjects' labels permuted, and van Elteren's statistic."""
    values = compared.values(marker, uncensored)
    present = np.isfinite(values).any(axis=1)
    values, is_patient = marker.pathologic * values[present], compared.is_patient[present]
    patients, others = values[is_patient], values[~is_patient]
    finding = {
        "analysis": "groups",
        "what": f"{marker_name(marker, uncensored)}, stratified by region, {compared.name}",
        "quantity": "rank-biserial correlation",
        "n": {
            "patients": len(patients),
            compared.others: len(others),
            "values_of_patients": int(np.isfinite(patients).sum()),
            f"values_of_{compared.others.replace(' ', '_')}": int(np.isfinite(others).sum()),
        },
        "labels": marker_labels(marker, uncensored) | {"region": "stratified by region", "against": compared.others},
        "method": (
            "Mean of the regions' AUCs with the weights of van Elteren's stratified Wilcoxon statistic (Bull Int Stat "
            "Inst 1960;37:351); interval symmetric in log odds from the influence of whole subjects (Obuchowski, "
            "Biometrics 1997;53:567; quantile of Student), of few subjects it covers from 93 to 99 %; P from permuting "
            "the labels of whole subjects, the area divided by its standard error."
        ),
    }
    result, reason = van_elteren(values, is_patient), too_few(patients, others, compared.one)
    if reason or result is None:
        reason = reason or "no region has values of both groups that differ, so there is nothing to compare"
        return Finding(words=f"{finding['what']}: {reason}.", **finding)
    found = area_over_strata(values, is_patient)
    p, how = area_p(found, lambda: contests_over_strata(values, is_patient), options.permutations, options.seed)
    ci, estimate = tuple(2 * limit - 1 for limit in found.ci), 2 * found.auc - 1
    direction = "greater" if marker.pathologic > 0 else "less"
    newcombe = "" if found.has_overlap else ", Newcombe's, since the groups do not overlap"
    words = (
        f"{finding['what']}: {np.isfinite(patients).sum()} values of {len(patients)} patients and "
        f"{np.isfinite(others).sum()} of {len(others)} {compared.others}; within a region a patient's value is "
        f"{direction} than a {compared.one}'s with probability {found.auc:.2f}, rank-biserial correlation "
        f"{estimate:.2f} ({ci_text(ci)}{newcombe}), {p_text(p)} {how}; van Elteren's chi-square = "
        f"{result.chi_square:.2f}, whose usual {p_text(result.naive_p)} is not valid here, since the regions share "
        f"their subjects.{disagreement(ci, 0, p)}"
    )
    return Finding(
        words=words,
        estimate=estimate,
        ci=ci,
        test="AUC over regions, labels of whole subjects permuted",
        statistic=result.chi_square,
        p=p,
        details={"auc": found.auc, "auc_ci": list(found.ci), "naive_p_not_valid": result.naive_p},
        **finding,
    )


def _regions_compared(study, marker, group, uncensored):
    """Friedman's test of the regions within the subjects of one group."""
    values = tied(matrix(study.group(group), marker.uncensored if uncensored else marker.column))[:, study.regions]
    complete = values[np.isfinite(values).all(axis=1)]
    n = len(complete)
    finding = {
        "analysis": "groups",
        "what": f"{marker_name(marker, uncensored)}, differences between the regions within {group}s",
        "quantity": "Kendall's W",
        "n": {f"{group}s": n},
        "labels": marker_labels(marker, uncensored) | {"group": group},
        "method": (
            "Friedman's test, subjects as blocks and regions as treatments, P by chi-square (rough below 10 subjects); "
            "Kendall's W as its effect size."
        ),
    }
    of = f"all {len(study.regions)} regions are there in {n} of {counted(len(values), group)}"
    if n < 2:
        return Finding(words=f"{finding['what']}: {of}, too few for Friedman's test.", **finding)
    if (complete == complete[:, :1]).all():
        return Finding(words=f"{finding['what']}: within every subject all regions are equal.", **finding)
    test = stats.friedmanchisquare(*complete.T)
    statistic, p = float(test.statistic), float(test.pvalue)
    freedom = len(study.regions) - 1
    concordance = statistic / (n * freedom)
    medians = [float(median) for median in np.median(complete, axis=0)]
    named = zip(study.regions, medians, strict=True)
    listed = ", ".join(f"{REGION_NAMES[number]} {median:.3f}" for number, median in named)
    words = (
        f"{finding['what']}: {of}; medians: {listed}; Friedman chi-square = {statistic:.2f} ({freedom} degrees of "
        f"freedom), {p_text(p)}, Kendall's W = {concordance:.2f}. W has no simple interval."
    )
    return Finding(
        words=words,
        estimate=concordance,
        test="Friedman",
        statistic=statistic,
        p=p,
        details={"medians": medians},
        **finding,
    )


def _friedman_refused(study):
    n = {f"{group}s": len(study.group(group)) for group in ("patient", "control")}
    return Finding(
        analysis="groups",
        what="Friedman's test, patients against controls",
        quantity="none",
        words=(
            f"Friedman's test of {counted(n['patients'], 'patient')} against {counted(n['controls'], 'control')}, "
            "which the paper names, is not computed: it needs complete blocks of matched values, and patients and "
            "controls are different, unmatched people. Van Elteren's statistic compares the groups over the regions "
            "instead."
        ),
        n=n,
        method="None: two unpaired groups are no complete block design.",
    )


def _censored(study):
    """How many values `no_dark_layer` censors, by group and region."""
    n, details, parts = {}, {}, []
    names = [REGION_NAMES[number] for number in study.regions]
    for group in study.groups:
        subjects = study.group(group)
        measured = np.isfinite(matrix(subjects, SH.column)[:, study.regions])
        flags = [subject.readings[0].flags for subject in subjects]
        censored = [["no_dark_layer" in own[number] for number in study.regions] for own in flags]
        censored = np.array(censored, bool).reshape(measured.shape)
        by_region = censored.sum(axis=0)
        n |= {
            f"{group}s": len(subjects),
            f"regions_of_{group}s": int((measured | censored).sum()),
            f"censored_regions_of_{group}s": int(censored.sum()),
            f"{group}s_with_censored_regions": int(censored.any(axis=1).sum()),
        }
        details[f"by_region_{group}s"] = by_region.tolist()
        listed = ", ".join(f"{name} {count}" for name, count in zip(names, by_region, strict=True))
        parts.append(
            f"{censored.sum()} of {n[f'regions_of_{group}s']} regions of {group}s ({listed}), in "
            f"{n[f'{group}s_with_censored_regions']} of {counted(len(subjects), group)}"
        )
    return Finding(
        analysis="groups",
        what="Values censored because no dark layer was found",
        quantity="count",
        words=(
            f"No dark layer was found in {'; in '.join(parts)}. There SH and SH/Thk count as 0 and Thk is "
            "missing; every comparison of groups is repeated with the values before censoring."
        ),
        n=n,
        method="Count of the flag no_dark_layer.",
        details=details,
    )
