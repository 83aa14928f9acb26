"""Patients against controls, region by region and over regions; and the same subjects at two field strengths."""

from itertools import combinations

import numpy as np
from scipy import stats

from .finding import Finding, ci_text, counted, disagreement, p_text
from .rank_sum import auc_interval, mann_whitney, stratified_aucs, van_elteren
from .resampling import (
    CONFIDENCE,
    bootstrap_subjects,
    percentile_interval,
    permutation_p,
    permute_labels,
    times_drawn,
)
from .sample import study_sample
from .study import MARKERS, REGION_NAMES, SH, SH_THK, THK, matrix

MOST_PATHOLOGIC = "most pathologic region"
UNCENSORED = "before censoring"

MANN_WHITNEY_METHOD = (
    "Mann-Whitney U, two-sided; AUC interval by the score method of Newcombe (Stat Med 2006;25:559); "
    "rank-biserial correlation = 2 AUC - 1"
)


def group_findings(study, options):
    """Every marker by group: described, tested region by region, over the regions, and between the regions.

    Parameters
    ----------
    study : Study
    options : CohortOptions

    Returns
    -------
    list of Finding
    """
    findings = [_censored(study)]
    places = (*(REGION_NAMES[number] for number in study.regions), MOST_PATHOLOGIC)
    for marker in MARKERS:
        findings += [_described(study, marker, place, group) for place in places for group in ("patient", "control")]
        for uncensored in (False, True):
            findings += [_compared(study, marker, place, uncensored) for place in places]
            findings.append(_compared_over_regions(study, marker, uncensored, options))
            findings += [_regions_compared(study, marker, group, uncensored) for group in ("patient", "control")]
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


def _values(study, marker, place, uncensored=False):
    """Values of patients and of controls at a place, without missing ones."""
    if place == MOST_PATHOLOGIC:
        greatest = study_sample(study, marker, "symmetric", uncensored)
        return greatest.patients, greatest.controls
    column = marker.uncensored if uncensored else marker.column
    number = REGION_NAMES.index(place)
    own = [matrix(study.group(group), column)[:, number] for group in ("patient", "control")]
    return tuple(values[np.isfinite(values)] for values in own)


def _place_labels(place):
    return {"region": place} | ({"selection": "symmetric"} if place == MOST_PATHOLOGIC else {})


def _described(study, marker, place, group):
    """Median and mean of one group at one place."""
    values = _values(study, marker, place)[group == "control"]
    n, of = len(values), len(study.group(group))
    finding = {
        "analysis": "groups",
        "what": f"{marker_name(marker)}, {place}, {group}s",
        "quantity": "mean",
        "unit": marker.unit,
        "n": {f"{group}s": n},
        "labels": marker_labels(marker) | _place_labels(place) | {"group": group},
        "method": "Mean with interval by Student's t; median with interval by order statistics (binomial).",
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
    median_ci = _median_ci(values)
    details["median_ci"] = median_ci
    words += f"; {ci_text(median_ci, 3) if median_ci else 'fewer than 6 values give no 95 % interval'})"
    ci = tuple(float(limit) for limit in stats.t.interval(CONFIDENCE, n - 1, mean, details["sd"] / np.sqrt(n)))
    words += f"; {as_mean}; {ci_text(ci, 3)})."
    return Finding(words=words, estimate=mean, ci=ci, details=details, **finding)


def _median_ci(values):
    """95 % interval of the median by order statistics, None where too few values reach 95 %."""
    ci = stats.quantile_test(values, q=0.0, p=0.5).confidence_interval(CONFIDENCE)
    return (float(ci.low), float(ci.high)) if np.isfinite([ci.low, ci.high]).all() else None


def too_few(patients, controls):
    """Why so many subjects of each group give no comparison, '' where they do; the arrays' first axis is subjects."""
    for subjects, group in ((patients, "patient"), (controls, "control")):
        if len(subjects) < 2:
            return f"{('no', 'only one')[len(subjects)]} {group} has a value, so there are no two groups to compare"
    return ""


def why_not_ranked(patients, controls):
    """Why values, one a subject, give no comparison by ranks; '' where they do."""
    if reason := too_few(patients, controls):
        return reason
    if len(np.unique(np.concatenate([patients, controls]))) == 1:
        return f"all {len(patients)} + {len(controls)} values are equal, so ranks tell nothing"
    return ""


def _compared(study, marker, place, uncensored):
    """Mann-Whitney of patients against controls at one place."""
    patients, controls = _values(study, marker, place, uncensored)
    finding = {
        "analysis": "groups",
        "what": f"{marker_name(marker, uncensored)}, {place}, patients against controls",
        "quantity": "rank-biserial correlation",
        "n": {"patients": len(patients), "controls": len(controls)},
        "labels": marker_labels(marker, uncensored) | _place_labels(place),
        "method": MANN_WHITNEY_METHOD,
        "headline": marker is SH_THK and place == MOST_PATHOLOGIC and not uncensored,
    }
    if reason := why_not_ranked(patients, controls):
        return Finding(words=f"{finding['what']}: {reason}.", **finding)
    medians = float(np.median(patients)), float(np.median(controls))
    # Positive and above one half where disease has the expected direction.
    test = mann_whitney(marker.pathologic * patients, marker.pathologic * controls)
    direction = "greater" if marker.pathologic > 0 else "less"
    words = (
        f"{finding['what']}: median {medians[0]:.3f} in {len(patients)} patients and {medians[1]:.3f} in "
        f"{len(controls)} controls; a patient's value is {direction} than a control's with probability {test.auc:.2f} "
        f"({ci_text(test.ci)}), rank-biserial correlation {test.rank_biserial:.2f} ({ci_text(test.rank_biserial_ci)}); "
        f"Mann-Whitney U = {test.u:g}, {p_text(test.p)} ({'exact' if test.exact else 'normal approximation'})."
    )
    words += disagreement(test.rank_biserial_ci, 0, test.p)
    if test.smallest_p > 0.05:
        words += f" Groups this small cannot go below {p_text(test.smallest_p)}."
    return Finding(
        words=words,
        estimate=test.rank_biserial,
        ci=test.rank_biserial_ci,
        test="Mann-Whitney U",
        statistic=test.u,
        p=test.p,
        details={
            "median_patients": medians[0],
            "median_controls": medians[1],
            "auc": test.auc,
            "auc_ci": list(test.ci),
            "exact": test.exact,
            "smallest_p": test.smallest_p,
        },
        **finding,
    )


def _compared_over_regions(study, marker, uncensored, options):
    """Van Elteren's statistic over the regions, whole subjects permuted and drawn."""
    column = marker.uncensored if uncensored else marker.column
    patients, controls = (matrix(study.group(group), column) for group in ("patient", "control"))
    patients, controls = (own[np.isfinite(own).any(axis=1)] for own in (patients, controls))
    finding = {
        "analysis": "groups",
        "what": f"{marker_name(marker, uncensored)}, stratified by region, patients against controls",
        "quantity": "rank-biserial correlation",
        "n": {
            "patients": len(patients),
            "controls": len(controls),
            "values_of_patients": int(np.isfinite(patients).sum()),
            "values_of_controls": int(np.isfinite(controls).sum()),
        },
        "labels": marker_labels(marker, uncensored) | {"region": "stratified by region"},
        "method": (
            "Van Elteren's stratified Wilcoxon statistic (Bull Int Stat Inst 1960;37:351) with midranks; P from "
            f"{options.permutations} permutations of the labels of whole subjects; interval from {options.replicates} "
            "bootstrap samples of whole subjects (percentiles); where these are all alike, the score interval of "
            "Newcombe (Stat Med 2006;25:559) from the number of subjects."
        ),
        "headline": marker is SH_THK and not uncensored,
    }
    values = marker.pathologic * np.concatenate([patients, controls])
    is_patient = np.arange(len(values)) < len(patients)
    result, reason = van_elteren(values, is_patient), too_few(patients, controls)
    if reason or result is None:
        reason = reason or "no region has values of both groups that differ, so there is nothing to compare"
        return Finding(words=f"{finding['what']}: {reason}.", **finding)
    permuted = permute_labels(is_patient, options.permutations, options.seed) @ result.scores
    p = float(permutation_p(abs(result.scores[is_patient].sum()), np.abs(permuted)))
    weights = times_drawn(bootstrap_subjects(is_patient, options.replicates, options.seed))
    replicates = stratified_aucs(
        values[is_patient], values[~is_patient], weights[:, is_patient], weights[:, ~is_patient]
    )
    auc_ci, how = bootstrap_auc_interval(result.auc, replicates, len(patients), len(controls))
    ci, estimate = tuple(2 * limit - 1 for limit in auc_ci), 2 * result.auc - 1
    direction = "greater" if marker.pathologic > 0 else "less"
    words = (
        f"{finding['what']}: {finding['n']['values_of_patients']} values of {len(patients)} patients and "
        f"{finding['n']['values_of_controls']} of {len(controls)} controls; within a region a patient's value is "
        f"{direction} than a control's with probability {result.auc:.2f}, rank-biserial correlation {estimate:.2f} "
        f"({ci_text(ci)}, {how}); van Elteren's chi-square = {result.chi_square:.2f}, {p_text(p)} by permuting the "
        f"labels of whole subjects. The usual {p_text(result.naive_p)} of this chi-square is not valid here, since the "
        f"regions share their subjects.{disagreement(ci, 0, p)}"
    )
    return Finding(
        words=words,
        estimate=estimate,
        ci=ci,
        test="van Elteren, labels of whole subjects permuted",
        statistic=result.chi_square,
        p=p,
        details={"auc": result.auc, "naive_p_not_valid": result.naive_p},
        **finding,
    )


def bootstrap_interval(replicates):
    """Percentile interval of a bootstrap, or None and the reason; shape (replicates,)."""
    low, high = percentile_interval(replicates)
    return (
        ((low, high), "") if high - low > 1e-12 else (None, "no interval, since every bootstrap sample gives the same")
    )


def bootstrap_auc_interval(auc, replicates, patients, controls):
    """Percentile interval of an AUC's replicates, and what it is; from the number of subjects where these are alike."""
    ci, _ = bootstrap_interval(replicates)
    if ci:
        return ci, "bootstrap of whole subjects"
    return auc_interval(auc, patients, controls), "Newcombe's, since every bootstrap sample gives the same"


def _regions_compared(study, marker, group, uncensored):
    """Friedman's test of the regions within the subjects of one group."""
    values = matrix(study.group(group), marker.uncensored if uncensored else marker.column)[:, study.regions]
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
    for group in ("patient", "control"):
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
            f"No dark layer was found in {parts[0]}; and in {parts[1]}. There SH and SH/Thk count as 0 and Thk is "
            "missing; every comparison of groups is repeated with the values before censoring."
        ),
        n=n,
        method="Count of the flag no_dark_layer.",
        details=details,
        headline=True,
    )


def field_strength_findings(studies, options):
    """The same subjects, matched by name, at two field strengths: Wilcoxon signed-rank.

    Parameters
    ----------
    studies : sequence of Study
        One a field strength.
    options : CohortOptions

    Returns
    -------
    list of Finding
        Empty for fewer than two studies.
    """
    findings = []
    for low, high in combinations(sorted(studies, key=lambda study: study.field_strength_t), 2):
        at_high = {subject.name: subject for subject in high.subjects}
        pairs = [(subject, at_high[subject.name]) for subject in low.subjects if subject.name in at_high]
        strengths = f"{low.field_strength_t:g} T and {high.field_strength_t:g} T"
        if not pairs:
            findings.append(_unmatched(strengths))
            continue
        for marker in MARKERS:
            first, second = (matrix(subjects, marker.column) for subjects in zip(*pairs, strict=True))
            differences = second - first
            findings.append(_paired(mean_present(differences), marker, "mean of the regions", strengths))
            findings += [
                _paired(differences[:, number], marker, REGION_NAMES[number], strengths) for number in low.regions
            ]
    return findings


def mean_present(values):
    """Mean over regions of what is there, nan where nothing is; shape (subjects,)."""
    present = np.isfinite(values)
    count = present.sum(axis=1)
    return np.divide(np.where(present, values, 0).sum(axis=1), count, out=np.full(len(values), np.nan), where=count > 0)


def _unmatched(strengths):
    return Finding(
        analysis="groups",
        what=f"The same subjects at {strengths}",
        quantity="median difference",
        words=f"No subject was measured at both {strengths}, so there is nothing to compare within subjects.",
        n={"subjects": 0},
        method="Subjects matched by name.",
    )


def _paired(differences, marker, place, strengths):
    """Signed-rank test of one difference a subject, nan where missing."""
    differences = differences[np.isfinite(differences)]
    n, changed = len(differences), differences[differences != 0]
    finding = {
        "analysis": "groups",
        "what": f"{marker_name(marker)}, {place}, the same subjects at {strengths}",
        "quantity": "median difference (higher minus lower field strength)",
        "unit": marker.unit,
        "n": {"subjects": n},
        "labels": marker_labels(marker) | {"region": place, "field_strengths": strengths},
        "method": (
            "Wilcoxon signed-rank, two-sided, one difference a subject, differences of 0 left out; "
            "median with interval by order statistics."
        ),
    }
    if n == 0:
        words = f"{finding['what']}: no subject has both values, so there is nothing to compare."
        return Finding(words=words, **finding)
    median = float(np.median(differences))
    if not len(changed):
        words = f"{finding['what']}: no difference in {counted(n, 'subject')}, so there is nothing to test."
        return Finding(words=words, estimate=median, **finding)
    test = stats.wilcoxon(changed)
    ci = _median_ci(differences)
    smallest = 2.0 ** (1 - len(changed))
    words = (
        f"{finding['what']}: the median difference of {counted(n, 'subject')} is {median:.3f} {marker.unit} "
        f"({ci_text(ci, 3) if ci else 'fewer than 6 values give no 95 % interval'}); Wilcoxon signed-rank W = "
        f"{test.statistic:g}, {_exact_p_text(test.pvalue)}; {counted(len(changed), 'subject')} with a difference "
        f"cannot go below {_exact_p_text(smallest)}.{disagreement(ci, 0, test.pvalue)}"
    )
    return Finding(
        words=words,
        estimate=median,
        ci=ci,
        test="Wilcoxon signed-rank",
        statistic=float(test.statistic),
        p=float(test.pvalue),
        details={"smallest_p": smallest},
        **finding,
    )


def _exact_p_text(p):
    """With a fourth digit, since few subjects give few values of P: 'P = .0625'."""
    return p_text(p) if p < 0.001 else f"P = {p:.4f}".replace("0.", ".", 1)
