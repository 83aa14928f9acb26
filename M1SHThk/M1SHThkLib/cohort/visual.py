"""Analysis 5: how well readers tell patients from controls by eye, how they agree, and the measurement beside them."""

from itertools import combinations

import numpy as np
from scipy.stats import binomtest, norm

from .cutoff import performance, why_none, wilson
from .finding import NO_ESTIMATE, Finding, ci_text, counted, disagreement, p_text
from .sample import study_sample
from .study import SH_THK

WILSON = "Wilson's interval of a proportion, one reading a subject."


def visual_findings(study, options):
    """Accuracy of every reader and session, agreement, and the measurement against every reader's better session.

    Parameters
    ----------
    study : Study
    options : CohortOptions

    Returns
    -------
    list of Finding
    """
    subjects = study.group("patient") + study.group("control")
    keys = sorted({key for subject in subjects for key in subject.visual})
    if not keys:
        words = "No subject was read by eye, so that there is no accuracy of visual reading and no agreement."
        return [Finding("visual", "Visual reading", "accuracy", words, {"subjects": len(subjects)}, NO_ESTIMATE)]
    is_patient = np.array([subject.group == "patient" for subject in subjects])
    # 1 = read as pathologic, nan = not read.
    readings = {key: np.array([subject.visual.get(key, np.nan) for subject in subjects], float) for key in keys}
    findings = []
    for reader in sorted({reader for reader, _ in keys}):
        sessions = {session: values for (other, session), values in readings.items() if other == reader}
        tables = {session: _counts(values, is_patient) for session, values in sessions.items()}
        for session, table in tables.items():
            findings += _accuracy(reader, session, table)
        better = max(tables, key=lambda session: _share(tables[session]["accuracy"]))
        findings.append(_better(reader, better, tables))
        findings += _against_measurement(study, options, is_patient, reader, better, sessions[better])
    return findings + _agreement(readings)


def _counts(values, is_patient):
    """(right, of how many) of each measure of accuracy."""
    read = ~np.isnan(values)
    called = values == 1
    true_positive, false_negative = int((called & is_patient).sum()), int((read & ~called & is_patient).sum())
    true_negative, false_positive = int((read & ~called & ~is_patient).sum()), int((called & ~is_patient).sum())
    patients, controls = true_positive + false_negative, true_negative + false_positive
    return {
        "sensitivity": (true_positive, patients),
        "specificity": (true_negative, controls),
        "PPV": (true_positive, true_positive + false_positive),
        "NPV": (true_negative, true_negative + false_negative),
        "accuracy": (true_positive + true_negative, patients + controls),
    }


def _share(counts):
    right, total = counts
    return right / total if total else np.nan


OF = {
    "sensitivity": "patients read as pathologic",
    "specificity": "controls read as nonpathologic",
    "PPV": "read as pathologic are patients",
    "NPV": "read as nonpathologic are controls",
    "accuracy": "subjects read correctly",
}


def _accuracy(reader, session, table):
    """A finding for each measure of one reader in one session."""
    findings = []
    labels = {"reader": reader, "session": session}
    n = {"patients": table["sensitivity"][1], "controls": table["specificity"][1]}
    for measure, (right, total) in table.items():
        what = f"Reader {reader}, session {session}: {measure}"
        if total == 0:
            words = (
                f"{what}: none, since it would be a share of nobody ({counted(n['patients'], 'patient')} and "
                f"{counted(n['controls'], 'control')} read)."
            )
            findings.append(Finding("visual", what, measure, words, n, WILSON, labels=labels))
            continue
        ci = wilson(right, total)
        words = (
            f"{what} {right / total:.2f} ({right} of {total} {OF[measure]}; {ci_text(ci)}, Wilson), "
            f"{counted(n['patients'], 'patient')} and {counted(n['controls'], 'control')} read."
        )
        method = WILSON
        if measure in ("PPV", "NPV"):
            words += " It holds for such a share of patients alone."
            method += f" Holds for a share of patients as in this study ({n['patients']} of {sum(n.values())}) alone."
        details = {"right": right, "of": total}
        findings.append(
            Finding("visual", what, measure, words, n, method, right / total, ci=ci, labels=labels, details=details)
        )
    return findings


def _better(reader, better, tables):
    """The session that stands for a reader, as in the paper."""
    table = tables[better]
    right, total = table["accuracy"]
    what = f"Reader {reader}: better session"
    n = {"patients": table["sensitivity"][1], "controls": table["specificity"][1]}
    labels = {"reader": reader, "session": better}
    details, shares = {}, []
    for measure in ("sensitivity", "specificity"):
        hits, of = table[measure]
        if of:
            details |= {measure: hits / of, f"{measure}_ci": wilson(hits, of)}
            shares.append(f"{measure} {hits / of:.2f} ({hits} of {of}; {ci_text(wilson(hits, of))})")
    ci = wilson(right, total)
    shares.append(f"accuracy {right / total:.2f} ({right} of {total}; {ci_text(ci)})")
    words = f"Reader {reader}, better session {better}: {', '.join(shares)}."
    others = {session: _share(other["accuracy"]) for session, other in tables.items() if session != better}
    if others:
        beside = ", ".join(f"{share:.2f} in session {session}" for session, share in others.items())
        tie = ", the first of equals" if right / total in others.values() else ""
        words += f" It is the session of the greatest accuracy{tie}; {beside}. The better of several is biased upwards."
    method = f"{WILSON} The session of the greatest accuracy, as in Donatelli et al. 2018."
    details |= {f"accuracy_{session}": share for session, share in others.items()}
    return Finding(
        "visual",
        what,
        "accuracy",
        words,
        n,
        method,
        right / total,
        ci=ci,
        labels=labels,
        details=details,
        headline=True,
    )


def _agreement(readings):
    """Cohen's kappa between the sessions of a reader, and between readers in a session."""
    findings = []
    for (one, first), (other, second) in combinations(readings, 2):
        if one == other:
            what = f"Reader {one}: agreement between sessions {first} and {second}"
            labels = {"reader": one, "kind": "within reader"}
        elif first == second:
            what = f"Readers {one} and {other}: agreement in session {first}"
            labels = {"session": first, "kind": "between readers"}
        else:
            continue
        findings.append(_kappa(what, labels, readings[one, first], readings[other, second]))
    return findings


def _kappa(what, labels, one, other):
    method = "Cohen's kappa, interval from its large-sample error (Fleiss, Cohen and Everitt 1969; statsmodels)."
    both = ~np.isnan(one) & ~np.isnan(other)
    one, other = one[both] == 1, other[both] == 1
    table = [[int(((one == a) & (other == b)).sum()) for b in (True, False)] for a in (True, False)]
    n = {"subjects": int(both.sum())}
    details = {"table": table}
    equal = table[0][0] + table[1][1]

    def none(words, **numbers):
        return Finding("visual", what, "kappa", words, n, method, labels=labels, details=details, **numbers)

    if not n["subjects"]:
        return none(f"{what}: no kappa, since no subject was read both times.")
    (yes, only_one), (only_other, no) = table
    lead = (
        f"{what}, the same in {equal} of {counted(n['subjects'], 'subject')} (pathologic in both {yes}, in the first "
        f"alone {only_one}, in the second alone {only_other}, in neither {no})"
    )
    if len(set(one)) == 1 or len(set(other)) == 1:
        return none(f"{lead}: no kappa, since one of the two called every subject the same.")
    try:
        from statsmodels.stats.inter_rater import cohens_kappa
    except ImportError:
        return none(f"{lead}: kappa needs statsmodels, which is not installed.")
    result = cohens_kappa(table)
    kappa = float(result.kappa)
    if equal == n["subjects"]:
        return none(
            f"{lead}: kappa {kappa:.2f}; perfect agreement gives no standard error and no interval.", estimate=kappa
        )
    ci = max(float(result.kappa_low), -1.0), min(float(result.kappa_upp), 1.0)
    return none(f"{lead}: kappa {kappa:.2f} ({ci_text(ci)}).", estimate=kappa, ci=ci)


def _against_measurement(study, options, is_patient, reader, session, readings):
    """McNemar's test of the measurement at a cut-off against a reader, patients and controls apart."""
    sample = study_sample(study, SH_THK, "symmetric")
    what = f"{SH_THK.name} against reader {reader}, session {session}"
    labels = {"reader": reader, "session": session, "marker": SH_THK.column, "selection": "symmetric"}
    why = why_none(sample, SH_THK.name)
    youden = None if why else performance(sample, SH_THK.pathologic, "youden", None, options.replicates, options.seed)
    if youden and sum(rate.estimate for rate in youden.rates) <= 1 + 1e-9:
        why = f"No cut-off of {SH_THK.name} does better than chance."
    calls = {}
    if not why:
        at = f"cut-off {youden.cutoff:.3g} 1/mm"
        calls |= {
            "youden": (youden.called, f"Youden's {at}, chosen on the same subjects, which favours the measurement"),
            "left_out": (youden.called_left_out, "Youden's cut-off, for each subject chosen without it"),
        }
    if options.cutoff_per_mm is not None and len(sample.values):
        given = sample.values >= options.cutoff_per_mm
        calls["given"] = given, f"cut-off {options.cutoff_per_mm:.3g} 1/mm, given beforehand"
    if "youden" not in calls:
        words = f"{what}: no comparison at Youden's cut-off. {why}"
        n = {"patients": int(is_patient.sum()), "controls": int((~is_patient).sum())}
        labels_here = {**labels, "cutoff": "youden"}
        yield Finding("visual", what, "difference of sensitivity", words, n, NO_ESTIMATE, labels=labels_here)
    for cutoff, (called, how) in calls.items():
        measured = np.full(len(is_patient), np.nan)
        measured[sample.subject] = called
        for group, own in (("patients", is_patient), ("controls", ~is_patient)):
            both = own & ~np.isnan(measured) & ~np.isnan(readings)
            right = float(group == "patients")
            yield _mcnemar(
                what, how, group, measured[both] == right, readings[both] == right, {**labels, "cutoff": cutoff}
            )


def _mcnemar(what, how, group, measurement, reader, labels):
    """One table of who is right; bool arrays."""
    quantity = "sensitivity" if group == "patients" else "specificity"
    what = f"{what}: {quantity}"
    alone, other_alone = int((measurement & ~reader).sum()), int((~measurement & reader).sum())
    count = len(reader)
    n = {group: count}
    method = (
        f"Exact McNemar test (binomial, two-sided), one value a subject; measurement: {how}. Interval of the "
        "difference: Bonett and Price, J Educ Behav Stat 2012;37:479."
    )
    details = {"measurement_alone_right": alone, "reader_alone_right": other_alone}
    labels = {**labels, "group": group}
    quantity = f"difference of {quantity}"
    if count == 0:
        words = f"{what}: no comparison, since none of the {group} has both a reading and a value."
        return Finding("visual", what, quantity, words, n, method, labels=labels)
    difference = (alone - other_alone) / count
    ci = paired_difference_interval(alone, other_alone, count)
    details |= {"measurement": float(measurement.mean()), "reader": float(reader.mean())}
    words = (
        f"{what} of the measurement {measurement.mean():.2f}, of the reader {reader.mean():.2f} in "
        f"{counted(count, group.removesuffix('s'))}, difference {difference:.2f} ({ci_text(ci)}, Bonett and Price); "
        f"measurement: {how}. The measurement alone is right in {alone}, the reader alone in {other_alone}"
    )
    if alone + other_alone == 0:
        words += ": they never differ, so that there is nothing to test."
        return Finding("visual", what, quantity, words, n, method, difference, ci=ci, labels=labels, details=details)
    p = float(binomtest(alone, alone + other_alone).pvalue)
    return Finding(
        "visual",
        what,
        quantity,
        f"{words} (exact McNemar test, {p_text(p)}).{disagreement(ci, 0, p)}",
        n,
        method,
        difference,
        ci=ci,
        test="exact McNemar",
        statistic=float(alone),
        p=p,
        labels=labels,
        details=details,
    )


def paired_difference_interval(one_alone, other_alone, count):
    """95 % interval of the difference of two proportions in the same subjects, within -1 to 1.

    Wald's interval after adding a half to each cell (Bonett and Price, J Educ Behav Stat 2012;37:479).

    Parameters
    ----------
    one_alone, other_alone : int
        Subjects in whom only the one, only the other holds.
    count : int
        All subjects.

    Returns
    -------
    (low, high)
    """
    one, other = (one_alone + 1) / (count + 2), (other_alone + 1) / (count + 2)
    half = norm.ppf(0.975) * np.sqrt((one + other - (one - other) ** 2) / (count + 2))
    return float(max(one - other - half, -1)), float(min(one - other + half, 1))
