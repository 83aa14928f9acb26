"""Patients against others region by region, over regions, and the regions of a group against each other."""

import numpy as np
from scipy import stats

from ..translation import Note as _
from ..translation import listed
from .auc import area_over_strata
from .auc_test import area_p, contests_over_strata
from .comparison import CONTROL, comparisons
from .finding import Finding, ci_text, counted, disagreement, p_text, unanswered
from .rank_sum import mann_whitney, van_elteren
from .resampling import CONFIDENCE
from .sample import sample
from .study import GROUPS, MARKERS, REGION_NAMES, SH, THK, matrix
from .ties import tied

MOST_PATHOLOGIC = _("most pathologic region")
UNCENSORED = _("before censoring")
STRATIFIED = _("stratified by region")

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
    name = _("{marker.name} ({unit})").format(marker=marker, unit=marker.unit)
    return listed((name, UNCENSORED), ", ") if uncensored else name


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
        "what": listed((marker_name(marker), place, GROUPS[group]), ", "),
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
        why = _("no value in {subjects}, so nothing to describe").format(subjects=counted(of, group))
        return Finding(words=unanswered(finding["what"], why), **finding)
    mean, (low, median, high) = float(values.mean()), (float(q) for q in np.quantile(values, [0.25, 0.5, 0.75]))
    words = _("{what}: n = {n} of {of}").format(what=finding["what"], n=n, of=of)
    if marker is THK and n < of:
        words += _(" (Thk is missing where there is no dark layer)")
    words += _("; median {median:.3f} (quartiles {low:.3f} to {high:.3f}").format(median=median, low=low, high=high)
    details = {"subjects": of, "mean": mean, "median": median, "quartiles": [low, high]}
    if n == 1:
        return Finding(
            words=_("{words}); one value has no spread.").format(words=words), estimate=mean, details=details, **finding
        )
    details["sd"] = float(values.std(ddof=1))
    as_mean = _("mean {mean:.3f} ± {details[sd]:.3f} (SD").format(mean=mean, details=details)
    if not np.ptp(values) > 0:
        words += _("); {as_mean}); all values are equal, so there is no interval.").format(as_mean=as_mean)
        return Finding(words=words, estimate=mean, details=details, **finding)
    details["median_ci"] = interval = median_ci(values)
    words += _("; {ci})").format(ci=median_ci_text(interval))
    ci = tuple(float(limit) for limit in stats.t.interval(CONFIDENCE, n - 1, mean, details["sd"] / np.sqrt(n)))
    words += _("; {as_mean}; {ci}).").format(as_mean=as_mean, ci=ci_text(ci, 3))
    return Finding(words=words, estimate=mean, ci=ci, details=details, **finding)


def median_ci(values):
    """95 % interval of the median by order statistics, None where too few values reach 95 %."""
    ci = stats.quantile_test(values, q=0.0, p=0.5).confidence_interval(CONFIDENCE)
    return (float(ci.low), float(ci.high)) if np.isfinite([ci.low, ci.high]).all() else None


def median_ci_text(ci):
    """The same in words."""
    return ci_text(ci, 3) if ci else _("fewer than 6 values give no 95 % interval")


def too_few(patients, others, one=CONTROL):
    """Why so many subjects of each group give no comparison, '' where they do; the arrays' first axis is subjects."""
    for subjects, group in ((patients, _("patient")), (others, one)):
        if len(subjects) == 0:
            return _("no {group} has a value, so there are no two groups to compare").format(group=group)
        if len(subjects) == 1:
            return _("only one {group} has a value, so there are no two groups to compare").format(group=group)
    return ""


def why_not_ranked(patients, others, one=CONTROL):
    """Why values, one a subject, give no comparison by ranks; '' where they do."""
    if reason := too_few(patients, others, one):
        return reason
    if len(np.unique(np.concatenate([patients, others]))) == 1:
        return _("all {patients} + {count} values are equal, so ranks tell nothing").format(
            patients=len(patients), count=len(others)
        )
    return ""


def _compared(compared, marker, region, uncensored, options):
    """Mann-Whitney of patients against others in one region."""
    values = compared.values(marker, uncensored)[:, REGION_NAMES.index(region)]
    patients, others = (own[np.isfinite(own)] for own in (values[compared.is_patient], values[~compared.is_patient]))
    finding = {
        "analysis": "groups",
        "what": listed((marker_name(marker, uncensored), region, compared.name), ", "),
        "quantity": "rank-biserial correlation",
        "n": {"patients": len(patients), compared.others: len(others)},
        "labels": marker_labels(marker, uncensored) | {"region": region, "against": compared.others},
        "method": MANN_WHITNEY_METHOD,
    }
    if reason := why_not_ranked(patients, others, compared.one):
        return Finding(words=unanswered(finding["what"], reason), **finding)
    medians = float(np.median(patients)), float(np.median(others))
    # Positive and above one half where disease has the expected direction.
    test = mann_whitney(marker.pathologic * patients, marker.pathologic * others, options.permutations, options.seed)
    direction = _("greater") if marker.pathologic > 0 else _("less")
    words = _(
        "{what}: median {medians[0]:.3f} in {patients} patients and {medians[1]:.3f} in {count} "
        "{others}; a patient's value is {direction} than a {one}'s with probability {test.auc:.2f} "
        "({ci}), rank-biserial correlation {test.rank_biserial:.2f} ({rank_biserial_ci}); {ranked}."
    ).format(
        what=finding["what"],
        medians=medians,
        patients=len(patients),
        count=len(others),
        others=compared.others,
        direction=direction,
        one=compared.one,
        test=test,
        ci=ci_text(test.ci),
        rank_biserial_ci=ci_text(test.rank_biserial_ci),
        ranked=test.in_words,
    )
    words += disagreement(test.rank_biserial_ci, 0, test.p)
    if test.smallest_p > 0.05:
        words += _(" Groups this small, with these ties, cannot go below {p}.").format(p=p_text(test.smallest_p))
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
        "what": listed((marker_name(marker, uncensored), STRATIFIED, compared.name), ", "),
        "quantity": "rank-biserial correlation",
        "n": {
            "patients": len(patients),
            compared.others: len(others),
            "values_of_patients": int(np.isfinite(patients).sum()),
            f"values_of_{compared.others.replace(' ', '_')}": int(np.isfinite(others).sum()),
        },
        "labels": marker_labels(marker, uncensored) | {"region": STRATIFIED, "against": compared.others},
        "method": (
            "Mean of the regions' AUCs with the weights of van Elteren's stratified Wilcoxon statistic (Bull Int Stat "
            "Inst 1960;37:351); interval symmetric in log odds from the influence of whole subjects (Obuchowski, "
            "Biometrics 1997;53:567; quantile of Student), of few subjects it covers from 93 to 99 %; P from permuting "
            "the labels of whole subjects, the area divided by its standard error."
        ),
    }
    result, reason = van_elteren(values, is_patient), too_few(patients, others, compared.one)
    if reason or result is None:
        reason = reason or _("no region has values of both groups that differ, so there is nothing to compare")
        return Finding(words=unanswered(finding["what"], reason), **finding)
    found = area_over_strata(values, is_patient)
    p, how = area_p(found, lambda: contests_over_strata(values, is_patient), options.permutations, options.seed)
    ci, estimate = tuple(2 * limit - 1 for limit in found.ci), 2 * found.auc - 1
    direction = _("greater") if marker.pathologic > 0 else _("less")
    newcombe = "" if found.has_overlap else _(", Newcombe's, since the groups do not overlap")
    words = _(
        "{what}: {values} values of {patients} patients and {their_values} of {count} {others}; "
        "within a region a patient's value is {direction} than a {one}'s with probability {auc:.2f}, "
        "rank-biserial correlation {estimate:.2f} ({ci}{newcombe}), {p} {how}; van Elteren's chi-square "
        "= {chi_square:.2f}, whose usual {naive} is not valid here, since the regions share their "
        "subjects.{doubt}"
    ).format(
        what=finding["what"],
        values=np.isfinite(patients).sum(),
        patients=len(patients),
        their_values=np.isfinite(others).sum(),
        count=len(others),
        others=compared.others,
        direction=direction,
        one=compared.one,
        auc=found.auc,
        estimate=estimate,
        ci=ci_text(ci),
        newcombe=newcombe,
        p=p_text(p),
        how=how,
        chi_square=result.chi_square,
        naive=p_text(result.naive_p),
        doubt=disagreement(ci, 0, p),
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
        "what": _("{marker}, differences between the regions within {group}").format(
            marker=marker_name(marker, uncensored), group=GROUPS[group]
        ),
        "quantity": "Kendall's W",
        "n": {f"{group}s": n},
        "labels": marker_labels(marker, uncensored) | {"group": group},
        "method": (
            "Friedman's test, subjects as blocks and regions as treatments, P by chi-square (rough below 10 subjects); "
            "Kendall's W as its effect size."
        ),
    }
    of = _("all {regions} regions are there in {n} of {subjects}").format(
        regions=len(study.regions), n=n, subjects=counted(len(values), group)
    )
    if n < 2:
        why = _("{of}, too few for Friedman's test").format(of=of)
        return Finding(words=unanswered(finding["what"], why), **finding)
    if (complete == complete[:, :1]).all():
        return Finding(words=unanswered(finding["what"], _("within every subject all regions are equal")), **finding)
    test = stats.friedmanchisquare(*complete.T)
    statistic, p = float(test.statistic), float(test.pvalue)
    freedom = len(study.regions) - 1
    concordance = statistic / (n * freedom)
    medians = [float(median) for median in np.median(complete, axis=0)]
    by_region = listed(
        (
            _("{region} {median:.3f}").format(region=REGION_NAMES[number], median=median)
            for number, median in zip(study.regions, medians, strict=True)
        ),
        ", ",
    )
    words = _(
        "{what}: {of}; medians: {by_region}; Friedman chi-square = {statistic:.2f} ({freedom} degrees of "
        "freedom), {p}, Kendall's W = {concordance:.2f}. W has no simple interval."
    ).format(
        what=finding["what"],
        of=of,
        by_region=by_region,
        statistic=statistic,
        freedom=freedom,
        p=p_text(p),
        concordance=concordance,
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
        what=_("Friedman's test, patients against controls"),
        quantity="none",
        words=(
            _(
                "Friedman's test of {patients} against {controls}, which the paper names, is not computed: "
                "it needs complete blocks of matched values, and patients and controls are different, "
                "unmatched people. Van Elteren's statistic compares the groups over the regions instead."
            ).format(patients=counted(n["patients"], "patient"), controls=counted(n["controls"], "control"))
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
        counts = listed(
            (
                _("{region} {count}").format(region=name, count=count)
                for name, count in zip(names, by_region, strict=True)
            ),
            ", ",
        )
        parts.append(
            _("in {censored} of {of} regions of {group} ({counts}), in {some} of {subjects}").format(
                censored=censored.sum(),
                of=n[f"regions_of_{group}s"],
                group=GROUPS[group],
                counts=counts,
                some=n[f"{group}s_with_censored_regions"],
                subjects=counted(len(subjects), group),
            )
        )
    return Finding(
        analysis="groups",
        what=_("Values censored because no dark layer was found"),
        quantity="count",
        words=(
            _(
                "No dark layer was found {where}. There SH and SH/Thk count as 0 and Thk is missing; "
                "every comparison of groups is repeated with the values before censoring."
            ).format(where=listed(parts))
        ),
        n=n,
        method="Count of the flag no_dark_layer.",
        details=details,
    )
