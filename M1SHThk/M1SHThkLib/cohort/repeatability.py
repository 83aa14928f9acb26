"""Analysis 7: how much a measurement changes when it is made again."""

import warnings
from dataclasses import dataclass

import numpy as np
from scipy.stats import chi2, t

from .finding import NO_ESTIMATE, Finding, ci_text, counted
from .study import MARKERS, REGION_NAMES, SH_THK

# Fewer give no ICC worth its interval; pingouin 0.5 refuses them.
LEAST = 5
POOLED = "all regions pooled"
POOLING = (
    " Pooling counts a subject's regions as if they were subjects and adds the differences between regions: it "
    "inflates the ICC and narrows every interval."
)


@dataclass(frozen=True)
class Repeat:
    """Pairs of readings made under the same two conditions.

    Attributes
    ----------
    kind : str
        'between observers', 'between sessions' or 'between observers and sessions'.
    names : (str, str)
        The two conditions.
    pairs : tuple of (Reading, Reading)
        A subject each.
    """

    kind: str
    names: tuple[str, str]
    pairs: tuple

    def values(self, column):
        """Shape (subjects, regions, 2)."""
        return np.array([[reading.values[column] for reading in pair] for pair in self.pairs]).transpose(0, 2, 1)


def repeats(study):
    """Every reading beside the one that is analysed, grouped by what differs; and how many differ in protocol.

    Returns
    -------
    (list of Repeat, int)
        Pairs of different protocols are left out and counted.
    """
    groups, other_protocol = {}, 0
    for subject in study.subjects:
        first, *others = subject.readings
        for other in others:
            if other.protocol != first.protocol:
                other_protocol += 1
                continue
            pair = tuple(sorted((first, other), key=_condition))
            groups.setdefault(tuple(_condition(reading) for reading in pair), []).append(pair)
    return [_repeat(conditions, pairs) for conditions, pairs in sorted(groups.items())], other_protocol


def _condition(reading):
    return reading.session or "", reading.observer or ""


def _repeat(conditions, pairs):
    (session, observer), (other_session, other_observer) = conditions
    differ = [
        name
        for name, one, other in (("observers", observer, other_observer), ("sessions", session, other_session))
        if one != other
    ]
    names = tuple(
        " ".join(filter(None, (own_observer, own_session))) or "unnamed" for own_session, own_observer in conditions
    )
    return Repeat(f"between {' and '.join(differ) or 'readings of the same name'}", names, tuple(pairs))


def within_subject_sd(study):
    """SD of a measurement made again, of the square root of SH/Thk (square root of 1/mm).

    One-way analysis of variance over all regions and repeats (Bland and Altman, BMJ 1996;313:744). Two zeros agree by
    censoring, not by precision: such pairs are left out.

    Returns
    -------
    (sd, pairs) : (float, int)
        nan without pairs.
    """
    found, _ = repeats(study)
    pairs = np.concatenate([*(repeat.values(SH_THK.column).reshape(-1, 2) for repeat in found), np.empty((0, 2))])
    pairs = pairs[~np.isnan(pairs).any(axis=1) & (pairs != 0).any(axis=1)]
    differences = np.diff(np.sqrt(pairs))
    return (float(np.sqrt(np.mean(differences**2) / 2)) if len(pairs) else np.nan), len(pairs)


def repeatability_findings(study, options):
    """ICC, limits of agreement, repeatability and within-subject CV, for every marker and region.

    Parameters
    ----------
    study : Study
    options : CohortOptions

    Returns
    -------
    list of Finding
    """
    found, other_protocol = repeats(study)
    findings = []
    if other_protocol:
        words = (
            f"Left out of the repeatability: {counted(other_protocol, 'pair')} of readings whose acquisition or "
            "settings differ, so that their difference is not repeatability alone."
        )
        n = {"pairs": other_protocol}
        findings.append(Finding("repeatability", "Protocols differ", "ICC(2,1)", words, n, NO_ESTIMATE))
    if not found:
        words = "No subject was measured twice under the same protocol, so that the repeatability is not known."
        findings.append(Finding("repeatability", "Repeatability", "ICC(2,1)", words, {"subjects": 0}, NO_ESTIMATE))
    for repeat in found:
        for marker in MARKERS:
            values = repeat.values(marker.column)
            for index in study.regions:
                findings += _of_pairs(repeat, marker, REGION_NAMES[index], values[:, index])
            findings += _of_pairs(repeat, marker, POOLED, values.reshape(-1, 2))
    return findings


def _of_pairs(repeat, marker, region, pairs):
    """The findings of one marker in one region; pairs (m, 2)."""
    pairs = pairs[~np.isnan(pairs).any(axis=1)]
    what = f"{marker.name}, {region}, {repeat.kind} ({repeat.names[0]} and {repeat.names[1]})"
    labels = {"marker": marker.column, "region": region, "kind": repeat.kind}
    labels |= {"first": repeat.names[0], "second": repeat.names[1]}
    caution = POOLING if region == POOLED else ""
    n = {"pairs": len(pairs)} if caution else {"subjects": len(pairs)}

    def finding(quantity, words, method, **numbers):
        return Finding(
            "repeatability", what, quantity, f"{what}: {words}{caution}", n, method, labels=labels, **numbers
        )

    if len(pairs) < 2:
        return [
            finding(
                "ICC(2,1)",
                f"no repeatability from {counted(len(pairs), 'pair')}; at least two are needed.",
                NO_ESTIMATE,
            )
        ]
    differences = np.diff(pairs)
    if np.ptp(differences) <= 1e-12 * np.abs(pairs).max():
        words = (
            f"the second reading minus the first is {differences[0, 0]:.3g} {marker.unit} in each of {len(pairs)} "
            "pairs, so that there is no scatter of which to give an ICC, limits or an interval."
        )
        method = "Second reading minus first, the same in every pair."
        return [finding("bias", words, method, estimate=float(differences[0, 0]), unit=marker.unit)]
    return [
        *_icc(pairs, finding, headline=marker is SH_THK and not caution),
        _limits(pairs, marker, finding),
        _repeatability(pairs, marker, finding),
        _wcv(pairs, finding),
    ]


def _icc(pairs, finding, headline):
    """ICC(2,1) and ICC(3,1), a finding each."""
    method = "Shrout and Fleiss, Psychol Bull 1979;86:420: {} (pingouin). Of two readings, one being the one analysed."
    models = {"ICC(2,1)": "two-way random effects, absolute agreement", "ICC(3,1)": "two-way mixed, consistency"}
    why = None
    if len(pairs) < LEAST:
        why = f"no ICC from {len(pairs)} pairs; at least {LEAST} are needed."
    elif np.ptp(pairs.sum(axis=1)) <= 1e-12 * np.abs(pairs).max():
        why = "no ICC, since every subject has the same mean and the ICC is of differences between subjects."
    else:
        try:
            values = intraclass_correlations(pairs)
        except ImportError:
            why = "the ICC needs pingouin, which is not installed."
    if why:
        return [finding("ICC(2,1)", why, method.format(models["ICC(2,1)"]))]
    found = []
    for (name, model), (icc, ci) in zip(models.items(), values, strict=True):
        words = f"{name} {icc:.3f} ({ci_text(ci, 3)}) from {len(pairs)} pairs."
        found.append(
            finding(name, words, method.format(model), estimate=icc, ci=ci, headline=headline and name == "ICC(2,1)")
        )
    return found


def intraclass_correlations(ratings):
    """ICC(2,1) and ICC(3,1), each with its 95 % interval.

    Parameters
    ----------
    ratings : array, shape (targets, raters)
        Nothing missing.

    Returns
    -------
    ((icc, (low, high)), (icc, (low, high)))

    Raises
    ------
    ImportError
        Where pingouin is not installed.
    """
    import pandas
    import pingouin

    target, rater = np.indices(ratings.shape)
    table = pandas.DataFrame({"target": target.ravel(), "rater": rater.ravel(), "rating": ratings.ravel()})
    # The column of intervals is CI95% up to 0.5 and CI95 after it, and rounded unless told otherwise.
    rounding = {key: digits for key, digits in pingouin.options.items() if key.startswith("round.column.CI95")}
    pingouin.options.update(dict.fromkeys(rounding))
    try:
        with warnings.catch_warnings():
            # What pingouin will have to change for a later pandas is no concern of the reader's.
            warnings.simplefilter("ignore", DeprecationWarning)
            result = pingouin.intraclass_corr(table, targets="target", raters="rater", ratings="rating")
    finally:
        pingouin.options.update(rounding)
    intervals = next(result[column] for column in result if column.startswith("CI95"))
    # ICC1, ICC2, ICC3... in every version, whatever their names.
    return tuple((float(result["ICC"].iloc[row]), tuple(map(float, intervals.iloc[row]))) for row in (1, 2))


def _limits(pairs, marker, finding):
    found = limits_of_agreement(pairs)
    unit = marker.unit
    words = (
        f"the second reading minus the first is {found['bias']:.3g} {unit} on average ({_ci(found['bias_ci'])}); 95 % "
        f"limits of agreement {found['low']:.3g} ({_ci(found['low_ci'])}) to {found['high']:.3g} {unit} "
        f"({_ci(found['high_ci'])}), {len(pairs)} pairs, SD of the differences {found['sd']:.3g} {unit}."
    )
    method = "Bland and Altman, Lancet 1986;1:307; intervals by t with their approximate error of a limit."
    details = {key: value for key, value in found.items() if key not in ("bias", "bias_ci")}
    details |= {"means": pairs.mean(axis=1).tolist(), "differences": np.diff(pairs)[:, 0].tolist()}
    return finding("bias", words, method, estimate=found["bias"], unit=unit, ci=found["bias_ci"], details=details)


def limits_of_agreement(pairs):
    """Bland-Altman bias and 95 % limits of agreement of the second minus the first, each with its 95 % interval.

    Bland and Altman, Lancet 1986;1:307: the error of a limit is sqrt(3 / n) SD.

    Parameters
    ----------
    pairs : array, shape (n, 2)
        At least two pairs.

    Returns
    -------
    dict
        'bias', 'sd', 'low', 'high', and 'bias_ci', 'low_ci', 'high_ci' as (low, high).
    """
    differences = np.diff(pairs)[:, 0]
    count, bias, sd = len(differences), float(differences.mean()), float(differences.std(ddof=1))
    quantile = t.ppf(0.975, count - 1)
    around = quantile * sd / np.sqrt(count)
    around_limit = quantile * sd * np.sqrt(3 / count)
    low, high = bias - 1.96 * sd, bias + 1.96 * sd
    return {
        "bias": bias,
        "bias_ci": (float(bias - around), float(bias + around)),
        "sd": sd,
        "low": low,
        "low_ci": (float(low - around_limit), float(low + around_limit)),
        "high": high,
        "high_ci": (float(high - around_limit), float(high + around_limit)),
    }


def _repeatability(pairs, marker, finding):
    within, ci = within_subject(pairs)
    factor = 1.96 * np.sqrt(2)
    coefficient, coefficient_ci = float(factor * within), tuple(float(factor * end) for end in ci)
    words = (
        f"within-subject SD {within:.3g} {marker.unit} ({_ci(ci)}), repeatability coefficient {coefficient:.3g} "
        f"{marker.unit} ({_ci(coefficient_ci)}): two readings of a subject differ by less in 95 % ({len(pairs)} pairs)."
    )
    method = "1.96 sqrt(2) within-subject SD (Bland and Altman, BMJ 1996;313:744); chi-squared interval."
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


def within_subject(pairs):
    """Within-subject SD and its 95 % interval from the chi-squared distribution, n degrees of freedom.

    Parameters
    ----------
    pairs : array, shape (n, 2)

    Returns
    -------
    (sd, (low, high))
    """
    squares = float((np.diff(pairs) ** 2).sum() / 2)
    low, high = (float(np.sqrt(squares / chi2.ppf(tail, len(pairs)))) for tail in (0.975, 0.025))
    return float(np.sqrt(squares / len(pairs))), (low, high)


def _wcv(pairs, finding):
    """Within-subject coefficient of variation, root mean square, of pairs without a zero."""
    method = (
        "Root mean square of the pairs' coefficients of variation, interval from the error of their squares' mean "
        "(Bland, An Introduction to Medical Statistics, 2015); pairs with a zero left out."
    )
    kept = pairs[(pairs != 0).all(axis=1)]
    zeros = len(pairs) - len(kept)
    excluded = f"left out for a zero: {zeros} of {len(pairs)} pairs"
    details = {"zeros": zeros, "pairs": len(kept)}
    if len(kept) < 2:
        words = f"no within-subject CV, since {counted(len(kept), 'pair')} without a zero cannot give one; {excluded}."
        return finding("wCV", words, method, details=details)
    wcv, ci = within_subject_cv(kept)
    words = f"within-subject CV {100 * wcv:.1f} % (95 % CI {100 * ci[0]:.1f} to {100 * ci[1]:.1f}); {excluded}."
    return finding("wCV", words, method, estimate=100 * wcv, unit="%", ci=(100 * ci[0], 100 * ci[1]), details=details)


def within_subject_cv(pairs):
    """Root mean square within-subject coefficient of variation and its 95 % interval, as fractions.

    Parameters
    ----------
    pairs : array, shape (n, 2)
        At least two pairs, none with a mean of zero.

    Returns
    -------
    (wcv, (low, high))
    """
    squares = np.diff(pairs)[:, 0] ** 2 / 2 / pairs.mean(axis=1) ** 2
    error = t.ppf(0.975, len(squares) - 1) * squares.std(ddof=1) / np.sqrt(len(squares))
    low, high = max(squares.mean() - error, 0), squares.mean() + error
    return float(np.sqrt(squares.mean())), (float(np.sqrt(low)), float(np.sqrt(high)))


def _ci(ci):
    return f"95 % CI {ci[0]:.3g} to {ci[1]:.3g}"
