"""Analysis 5: how well readers tell patients from controls by eye, how they agree, and the measurement beside them."""

from itertools import combinations

import numpy as np
from scipy.stats import binomtest

from .comparison import Comparison, comparisons
from .cutoff import performance, why_none
from .finding import NO_ESTIMATE, Finding, ci_text, counted, disagreement, p_text
from .kappa import kappa_finding
from .proportions import paired_difference_interval, wilson
from .sample import study_sample
from .study import SH_THK

WILSON = "Wilson's interval of a proportion, one reading a subject, which of few subjects covers from 90 to 99 %."


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
    compared = Comparison(study)
    everyone = [subject for group in study.groups for subject in study.group(group)]
    keys = sorted({key for subject in everyone for key in subject.visual})
    if not keys:
        words = "No subject was read by eye, so that there is no accuracy of visual reading and no agreement."
        return [Finding("visual", "Visual reading", "accuracy", words, {"subjects": len(everyone)}, NO_ESTIMATE)]
    findings = []
    for reader in sorted({reader for reader, _ in keys}):
        sessions = [session for other, session in keys if other == reader]
        for other in comparisons(study):
            for session in sessions:
                table = _counts(read_as_pathologic(other.subjects, (reader, session)), other.is_patient)
                findings += _accuracy(reader, session, table, other)
        tables = {
            session: _counts(read_as_pathologic(compared.subjects, (reader, session)), compared.is_patient)
            for session in sessions
        }
        better = max(tables, key=lambda session: _share(tables[session]["accuracy"]))
        if not tables[better]["accuracy"][1]:
            continue  # a reader of mimics alone
        findings.append(_better(reader, better, tables))
        readings = read_as_pathologic(compared.subjects, (reader, better))
        findings += _against_measurement(study, options, compared.is_patient, reader, better, readings)
    return findings + _agreement({key: read_as_pathologic(everyone, key) for key in keys})


def read_as_pathologic(subjects, key):
    """1 where (reader, session) read a subject as pathologic, 0 where not, nan where not read; shape (subjects,)."""
    return np.array([subject.visual.get(key, np.nan) for subject in subjects], float)


def _counts(values, is_patient):
    """(right, of how many) of each measure of accuracy."""
    read = ~np.isnan(values)
    called = values == 1
    true_positive, false_negative = int((called & is_patient).sum()), int((read & ~called & is_patient).sum())
    true_negative, false_positive = int((read & ~called & ~is_patient).sum()), int((called & ~is_patient).sum())
    patients, others = true_positive + false_negative, true_negative + false_positive
    return {
        "sensitivity": (true_positive, patients),
        "specificity": (true_negative, others),
        "PPV": (true_positive, true_positive + false_positive),
        "NPV": (true_negative, true_negative + false_negative),
        "accuracy": (true_positive + true_negative, patients + others),
    }


def _share(counts):
    """-1 of none, so that it is less than any."""
    right, total = counts
    return right / total if total else -1.0


OF = {
    "sensitivity": "patients read as pathologic",
    "specificity": "{} read as nonpathologic",
    "PPV": "read as pathologic are patients",
    "NPV": "read as nonpathologic are {}",
    "accuracy": "subjects read correctly",
}


def _accuracy(reader, session, table, compared):
    """A finding for each measure of one reader in one session; the sensitivity is the same against whomever."""
    findings = []
    labels = {"reader": reader, "session": session, "against": compared.others}
    n = {"patients": table["sensitivity"][1], compared.others: table["specificity"][1]}
    against = "" if compared.others == "controls" else f" against {compared.others}"
    read = f"{counted(n['patients'], 'patient')} and {counted(n[compared.others], compared.one)} read"
    for measure, (right, total) in table.items():
        if against and measure == "sensitivity":
            continue
        what = f"Reader {reader}, session {session}: {measure}{against}"
        if total == 0:
            words = f"{what}: none, since it would be a share of nobody ({read})."
            findings.append(Finding("visual", what, measure, words, n, WILSON, labels=labels))
            continue
        ci = wilson(right, total)
        words = (
            f"{what} {right / total:.2f} ({right} of {total} {OF[measure].format(compared.others)}; "
            f"{ci_text(ci)}, Wilson), {read}."
        )
        method = WILSON
        if measure in ("PPV", "NPV"):
            words += " It holds for such a share of patients alone."
            method += " Holds for such a share of patients as these readings have alone."
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
    others = {
        session: _share(other["accuracy"])
        for session, other in tables.items()
        if session != better and other["accuracy"][1]
    }
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
        as_in_paper=True,
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
        findings.append(kappa_finding(what, labels, readings[one, first], readings[other, second]))
    return findings


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
        "Exact McNemar test (binomial, two-sided), one value a subject. Interval of the "
        "difference: Bonett and Price, J Educ Behav Stat 2012;37:479. "
        "Both err on the cautious side: without a difference P lies below .05 in 0 to 4 % of studies."
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
        as_in_paper=labels["cutoff"] == "youden",
    )
