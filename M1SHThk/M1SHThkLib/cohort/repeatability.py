"""How much a measurement changes when it is made again: by the same observer, and by another."""

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from ..translation import Note as _
from .agreement import (
    growth_of_difference,
    intraclass_correlations,
    limits_of_agreement,
    within_subject,
    within_subject_cv,
)
from .finding import NO_ESTIMATE, Finding, ci_text, counted, p_text
from .study import GROUPS, MARKERS, REGION_NAMES, SH_THK

# Fewer give no ICC worth its interval; pingouin 0.5 refuses them.
LEAST = 5
LEAST_FOR_GROWTH = 4
POOLED = _("all regions pooled")
EVERYBODY = _("all observers")
WITHIN, BETWEEN, BOTH = _("within observer"), _("between observers"), _("between observers and sessions")
TO_REPEATABILITY = 1.96 * np.sqrt(2)  # from the within-subject SD to what two readings differ by in 95 %
_GROWING = (
    " An SD of readings whose error grows with the value holds for such a mix of values alone, and its interval covers "
    "less than 95 %."
)


@dataclass(frozen=True)
class Repeat:
    """Pairs of readings made under the same two conditions.

    Attributes
    ----------
    kind : str
        WITHIN (the sessions differ), BETWEEN (the observers differ) or BOTH.
    names : (str, str)
        The two conditions.
    subjects : tuple of Subject
        Whose the pairs are; one may give several.
    pairs : tuple of (Reading, Reading)
    """

    kind: str
    names: tuple[str, str]
    subjects: tuple
    pairs: tuple

    def of_groups(self, *groups):
        """The pairs of subjects of some groups."""
        own = [number for number, subject in enumerate(self.subjects) if subject.group in groups]
        return Repeat(self.kind, self.names, *(tuple(all_[n] for n in own) for all_ in (self.subjects, self.pairs)))

    def values(self, column, regions):
        """Values of both readings, missing ones left out, and whose they are: shapes (n, 2) and (n,)."""
        values = [[reading.values[column][list(regions)] for reading in pair] for pair in self.pairs]
        values = np.array(values, float).reshape(-1, 2, len(regions)).transpose(0, 2, 1)
        names = {subject.name: number for number, subject in enumerate(self.subjects)}
        subject = np.array([names[subject.name] for subject in self.subjects], int)
        present = np.isfinite(values).all(axis=2)
        return values[present], subject[np.nonzero(present)[0]]


def repeats(study):
    """All pairs of readings of the same subject, grouped by what differs; and how many are left out, and why.

    Returns
    -------
    (list of Repeat, int, int)
        Left out: pairs of different protocols, and pairs of sessions whose dates differ, which are a change and no
        repetition.
    """
    groups, other_protocol, other_date = {}, 0, 0
    for subject in study.subjects:
        for pair in combinations(subject.readings, 2):
            if pair[0].protocol != pair[1].protocol:
                other_protocol += 1
            elif len({subject.dates.get(reading.session) for reading in pair} - {None}) > 1:
                other_date += 1
            else:
                pair = tuple(sorted(pair, key=_condition))
                groups.setdefault(tuple(map(_condition, pair)), []).append((subject, pair))
    return (
        [_repeat(conditions, *zip(*own, strict=True)) for conditions, own in sorted(groups.items())],
        other_protocol,
        other_date,
    )


def _condition(reading):
    return reading.session or "", reading.observer or ""


def _repeat(conditions, subjects, pairs):
    (session, observer), (other_session, other_observer) = conditions
    names = tuple(
        " ".join(filter(None, (own_observer, own_session))) or _("unnamed") for own_session, own_observer in conditions
    )
    kind = WITHIN if observer == other_observer else BETWEEN if session == other_session else BOTH
    return Repeat(kind, names, tuple(subjects), tuple(pairs))


def of_kind(found, kind):
    """All pairs of a kind in one Repeat, whoever the observers are; None where there is none."""
    own = [repeat for repeat in found if repeat.kind == kind]
    if not own:
        return None
    subjects, pairs = (
        tuple(part for repeat in own for part in getattr(repeat, name)) for name in ("subjects", "pairs")
    )
    return Repeat(kind, own[0].names if len(own) == 1 else (EVERYBODY, EVERYBODY), subjects, pairs)


def repeatability_coefficient(study, kinds, groups):
    """The repeatability coefficient of SH/Thk over all regions, of the first of some kinds that there is.

    Pairs of two zeros agree by censoring, not by precision, and are left out.

    Parameters
    ----------
    study : Study
    kinds, groups : sequences of str

    Returns
    -------
    (coefficient, (low, high), kind, pairs) or None
        In 1/mm.
    """
    found = repeats(study)[0]
    for kind in kinds:
        repeat = of_kind(found, kind)
        if repeat is None:
            continue
        values, subject = repeat.of_groups(*groups).values(SH_THK.column, study.regions)
        kept = (values != 0).any(axis=1)
        if len(np.unique(subject[kept])) >= 2:
            within, ci = within_subject(values[kept], subject[kept])
            coefficient, low, high = (float(TO_REPEATABILITY * end) for end in (within, *ci))
            return coefficient, (low, high), kind, int(kept.sum())
    return None


def repeatability_findings(study, options):
    """ICC, limits of agreement, repeatability, within-subject CV and growth, for every marker, region and group.

    Parameters
    ----------
    study : Study
    options : CohortOptions

    Returns
    -------
    list of Finding
    """
    found, other_protocol, other_date = repeats(study)
    findings = []
    for count, what, why in (
        (
            other_protocol,
            _("Protocols differ"),
            _("acquisition or settings differ, so that their difference is not repeatability alone"),
        ),
        (
            other_date,
            _("Sessions of different dates"),
            _("sessions have different dates: they may show a change, which 'change' analyses"),
        ),
    ):
        if count:
            words = _("Left out of the repeatability: {pairs} of readings whose {why}.").format(
                pairs=counted(count, "pair"), why=why
            )
            findings.append(Finding("repeatability", what, "ICC(2,1)", words, {"pairs": count}, NO_ESTIMATE))
    if not found:
        words = _("No subject was measured twice under the same protocol, so that the repeatability is not known.")
        findings.append(Finding("repeatability", _("Repeatability"), "ICC(2,1)", words, {"subjects": 0}, NO_ESTIMATE))
    together = [of_kind(found, kind) for kind in (WITHIN, BETWEEN)]
    together = [repeat for repeat in together if repeat and repeat.names == (EVERYBODY, EVERYBODY)]
    for repeat in (*together, *found):
        groups = [group for group in study.groups if any(subject.group == group for subject in repeat.subjects)]
        for group in groups:
            for marker in MARKERS:
                if repeat not in together:
                    for number in study.regions:
                        findings += _of_pairs(repeat.of_groups(group), group, marker, REGION_NAMES[number], (number,))
                findings += _of_pairs(repeat.of_groups(group), group, marker, POOLED, study.regions)
    return findings


def _of_pairs(repeat, group, marker, region, regions):
    """The findings of one marker in one region, or in all, of one group."""
    values, subject = repeat.values(marker.column, regions)
    zeros = (values == 0).all(axis=1)
    one_zero = int(((values == 0).any(axis=1) & ~zeros).sum())
    first, second = repeat.names
    names = first if first == second else _("{first} and {second}").format(first=first, second=second)
    what = _("{marker.name}, {region}, {kind} ({names}), {group}").format(
        marker=marker, region=region, kind=repeat.kind, names=names, group=GROUPS[group]
    )
    labels = {"marker": marker.column, "region": region, "kind": repeat.kind}
    labels |= {"first": first, "second": second, "group": group}
    apart = ""
    if zeros.any():
        pairs = counted(int(zeros.sum()), "pair")
        apart += _(" Apart from these: {pairs} of two zeros, alike by censoring.").format(pairs=pairs)
    if one_zero:
        apart += _(" In {pairs} one reading found no dark layer.").format(pairs=counted(one_zero, "pair"))
    values, subject = values[~zeros], subject[~zeros]
    subjects = len(np.unique(subject))
    n = {"subjects": subjects} if subjects == len(values) else {"subjects": subjects, "pairs": len(values)}

    def finding(quantity, words, method, **numbers):
        words = _("{what}: {words}{apart}").format(what=what, words=words, apart=apart)
        details = {"zero_pairs": int(zeros.sum()), "one_zero": one_zero} | numbers.pop("details", {})
        return Finding("repeatability", what, quantity, words, n, method, labels=labels, details=details, **numbers)

    if subjects < 2:
        whose = counted(subjects, "subject")
        words = _("no repeatability from {pairs} of {whose}; at least two are needed.").format(
            pairs=counted(len(values), "pair"), whose=whose
        )
        return [finding("ICC(2,1)", words, NO_ESTIMATE)]
    differences = np.diff(values)
    if np.ptp(differences) <= 1e-12 * np.abs(values).max():
        words = _(
            "the second reading minus the first is {difference:.3g} {unit} in each of {pairs} pairs, "
            "so that there is no scatter of which to give an ICC, limits or an interval."
        ).format(difference=differences[0, 0], unit=marker.unit, pairs=len(values))
        method = "Second reading minus first, the same in every pair."
        return [finding("bias", words, method, estimate=float(differences[0, 0]), unit=marker.unit)]
    # The ICC is of differences between subjects; regions in one pool would take their place.
    icc = _icc(values, finding) if region != POOLED else []
    return [
        *icc,
        _limits(values, subject, marker, finding),
        _repeatability(values, subject, marker, finding),
        _wcv(values, subject, int(zeros.sum()), finding),
        *_growth(values, subject, marker, finding),
    ]


def _icc(pairs, finding):
    """ICC(2,1) and ICC(3,1), a finding each."""
    method = "Shrout and Fleiss, Psychol Bull 1979;86:420: {} (pingouin). Of normal values; skewed ones cover less."
    models = {"ICC(2,1)": "two-way random effects, absolute agreement", "ICC(3,1)": "two-way mixed, consistency"}
    why = None
    if len(pairs) < LEAST:
        why = _("no ICC from {pairs} pairs; at least {least} are needed.").format(pairs=len(pairs), least=LEAST)
    elif np.ptp(pairs.sum(axis=1)) <= 1e-12 * np.abs(pairs).max():
        why = _("no ICC, since every subject has the same mean and the ICC is of differences between subjects.")
    else:
        try:
            values = intraclass_correlations(pairs)
        except ImportError:
            why = _("the ICC needs pingouin, which is not installed.")
    if why:
        return [finding("ICC(2,1)", why, method.format(models["ICC(2,1)"]))]
    return [
        finding(
            name,
            _("{name} {icc:.3f} ({ci}) from {pairs} pairs.").format(
                name=name, icc=icc, ci=ci_text(ci, 3), pairs=len(pairs)
            ),
            method.format(model),
            estimate=icc,
            ci=ci,
        )
        for (name, model), (icc, ci) in zip(models.items(), values, strict=True)
    ]


def _limits(pairs, subject, marker, finding):
    found = limits_of_agreement(pairs, subject)
    unit = marker.unit
    words = _(
        "the second reading minus the first is {found[bias]:.3g} {unit} on average ({bias_ci}); 95 % "
        "limits of agreement {found[low]:.3g} ({low_ci}) to {found[high]:.3g} {unit} ({high_ci}), "
        "{pairs} pairs, SD of the differences {found[sd]:.3g} {unit}."
    ).format(
        found=found,
        unit=unit,
        bias_ci=_ci(found["bias_ci"]),
        low_ci=_ci(found["low_ci"]),
        high_ci=_ci(found["high_ci"]),
        pairs=len(pairs),
    )
    method = (
        "Bland and Altman, Lancet 1986;1:307; intervals by t with their approximate error of a limit, which of few "
        "subjects covers from 90 to 95 %."
    )
    details = {key: value for key, value in found.items() if key not in ("bias", "bias_ci")}
    details |= {"means": pairs.mean(axis=1).tolist(), "differences": np.diff(pairs)[:, 0].tolist()}
    return finding("bias", words, method, estimate=found["bias"], unit=unit, ci=found["bias_ci"], details=details)


def _repeatability(pairs, subject, marker, finding):
    within, ci = within_subject(pairs, subject)
    coefficient, coefficient_ci = float(TO_REPEATABILITY * within), tuple(float(TO_REPEATABILITY * end) for end in ci)
    words = _(
        "within-subject SD {within:.3g} {unit} ({ci}), repeatability coefficient {coefficient:.3g} "
        "{unit} ({coefficient_ci}): two readings of a subject differ by less in 95 % ({pairs} pairs)."
    ).format(
        within=within,
        unit=marker.unit,
        ci=_ci(ci),
        coefficient=coefficient,
        coefficient_ci=_ci(coefficient_ci),
        pairs=len(pairs),
    )
    method = (
        "1.96 sqrt(2) within-subject SD (Bland and Altman, BMJ 1996;313:744); chi-squared interval, degrees of freedom "
        f"after Satterthwaite (Biometrics 1946;2:110), whole subjects being independent.{_GROWING}"
    )
    details = {"within_subject_sd": within, "within_subject_sd_ci": ci}
    return finding(
        "repeatability coefficient",
        words,
        method,
        estimate=coefficient,
        unit=marker.unit,
        ci=coefficient_ci,
        details=details,
    )


def _wcv(pairs, subject, apart, finding):
    """Within-subject coefficient of variation, root mean square, of pairs without a zero."""
    method = (
        "Root mean square of the pairs' coefficients of variation (Bland, An Introduction to Medical Statistics, "
        "2015), chi-squared interval, degrees of freedom after Satterthwaite, which covers from 89 to 96 %; pairs "
        "with a zero left out."
    )
    has_none = (pairs != 0).all(axis=1)
    kept = pairs[has_none]
    zeros = apart + len(pairs) - len(kept)
    excluded = _("left out for a zero: {zeros} of {pairs} pairs").format(zeros=zeros, pairs=apart + len(pairs))
    details = {"zeros": zeros, "pairs": len(kept)}
    if len(kept) < 2:
        words = _("no within-subject CV, since {pairs} without a zero cannot give one; {excluded}.").format(
            pairs=counted(len(kept), "pair"), excluded=excluded
        )
        return finding("wCV", words, method, details=details)
    wcv, ci = within_subject_cv(kept, subject[has_none])
    words = _("within-subject CV {wcv:.1f} % (95 % CI {low:.1f} to {high:.1f}); {excluded}.").format(
        wcv=100 * wcv, low=100 * ci[0], high=100 * ci[1], excluded=excluded
    )
    return finding("wCV", words, method, estimate=100 * wcv, unit="%", ci=(100 * ci[0], 100 * ci[1]), details=details)


def _growth(pairs, subject, marker, finding):
    """Whether the bias grows with the mean, which limits of agreement take no account of."""
    if len(np.unique(subject)) < LEAST_FOR_GROWTH or np.ptp(pairs.mean(axis=1)) <= 1e-12 * np.abs(pairs).max():
        return []
    slope, ci, statistic, p, subjects = growth_of_difference(pairs, subject)
    if not np.isfinite([slope, *ci, statistic]).all():
        return []
    apart, means = np.abs(np.diff(pairs)[:, 0]), pairs.mean(axis=1)
    spread = np.corrcoef(apart, means)[0, 1] if np.ptp(apart) > 0 else 0.0
    grows = _("; the differences scatter more where the mean is greater") if spread > 0.4 else ""
    words = _(
        "the difference changes by {slope:.2f} for each unit of the mean ({ci}), t({freedom}) = "
        "{statistic:.2f}, {p}{grows}."
    ).format(slope=slope, ci=ci_text(ci), freedom=subjects - 2, statistic=statistic, p=p_text(p), grows=grows)
    if p < 0.05:
        words += _(
            " The bias grows with the mean: one bias and one pair of limits do not hold for small and great values."
        )
    method = (
        "Regression of the difference on the mean of both readings (Bland and Altman, Lancet 1986;1:307); where "
        "subjects give several pairs, error by leaving out one subject after the other."
    )
    return [
        finding(
            "slope of the difference on the mean",
            words,
            method,
            estimate=slope,
            ci=ci,
            test="regression of the difference on the mean",
            statistic=statistic,
            p=p,
            details={"spread_with_mean": float(spread)},
        )
    ]


def _ci(ci):
    return _("95 % CI {ci[0]:.3g} to {ci[1]:.3g}").format(ci=ci)
