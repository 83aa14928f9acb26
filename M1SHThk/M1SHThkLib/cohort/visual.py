"""Analysis 5: how well readers tell patients from controls by eye, how they agree, and the measurement beside them."""

from itertools import combinations

import numpy as np
from scipy.stats import binomtest

from ..translation import Note as _
from ..translation import listed
from .comparison import Comparison, comparisons
from .cutoff import performance, why_none
from .finding import NO_ESTIMATE, Finding, ci_text, counted, disagreement, p_text, unanswered
from .kappa import kappa_finding
from .proportions import paired_difference_interval, wilson
from .sample import study_sample
from .study import SH_THK
from .terms import term

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
        words = _("No subject was read by eye, so that there is no accuracy of visual reading and no agreement.")
        return [Finding("visual", _("Visual reading"), "accuracy", words, {"subjects": len(everyone)}, NO_ESTIMATE)]
    findings = []
    for reader in sorted({key[0] for key in keys}):
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
    "sensitivity": _("patients read as pathologic"),
    "specificity": _("{others} read as nonpathologic"),
    "PPV": _("read as pathologic are patients"),
    "NPV": _("read as nonpathologic are {others}"),
    "accuracy": _("subjects read correctly"),
}


def _accuracy(reader, session, table, compared):
    """A finding for each measure of one reader in one session; the sensitivity is the same against whomever."""
    findings = []
    labels = {"reader": reader, "session": session, "against": compared.others}
    n = {"patients": table["sensitivity"][1], compared.others: table["specificity"][1]}
    against = "" if compared.others == "controls" else _(" against {others}").format(others=compared.others)
    read = _("{patients} and {others} read").format(
        patients=counted(n["patients"], "patient"), others=counted(n[compared.others], compared.one)
    )
    for measure, (right, total) in table.items():
        if against and measure == "sensitivity":
            continue
        what = _("Reader {reader}, session {session}: {measure}{against}").format(
            reader=reader, session=session, measure=term(measure), against=against
        )
        if total == 0:
            words = unanswered(what, _("none, since it would be a share of nobody ({read})").format(read=read))
            findings.append(Finding("visual", what, measure, words, n, WILSON, labels=labels))
            continue
        ci = wilson(right, total)
        words = _("{what} {share:.2f} ({right} of {total} {of}; {ci}, Wilson), {read}.").format(
            what=what,
            share=right / total,
            right=right,
            total=total,
            of=OF[measure].format(others=compared.others),
            ci=ci_text(ci),
            read=read,
        )
        method = WILSON
        if measure in ("PPV", "NPV"):
            words += _(" It holds for such a share of patients alone.")
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
    what = _("Reader {reader}: better session").format(reader=reader)
    n = {"patients": table["sensitivity"][1], "controls": table["specificity"][1]}
    labels = {"reader": reader, "session": better}
    details, shares = {}, []
    for measure in ("sensitivity", "specificity"):
        hits, of = table[measure]
        if of:
            details |= {measure: hits / of, f"{measure}_ci": wilson(hits, of)}
            shares.append(_share_text(measure, hits, of))
    ci = wilson(right, total)
    shares.append(_share_text("accuracy", right, total))
    words = _("Reader {reader}, better session {better}: {shares}.").format(
        reader=reader, better=better, shares=listed(shares, ", ")
    )
    others = {
        session: _share(other["accuracy"])
        for session, other in tables.items()
        if session != better and other["accuracy"][1]
    }
    if others:
        beside = listed(
            (
                _("{share:.2f} in session {session}").format(share=own, session=session)
                for session, own in others.items()
            ),
            ", ",
        )
        tie = _(", the first of equals") if right / total in others.values() else ""
        words += _(
            " It is the session of the greatest accuracy{tie}; {beside}. The better of several is biased upwards."
        ).format(tie=tie, beside=beside)
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


def _share_text(measure, hits, of):
    share = _("{measure} {share:.2f} ({hits} of {of}; {ci})")
    return share.format(measure=term(measure), share=hits / of, hits=hits, of=of, ci=ci_text(wilson(hits, of)))


def _agreement(readings):
    """Cohen's kappa between the sessions of a reader, and between readers in a session."""
    findings = []
    for (one, first), (other, second) in combinations(readings, 2):
        if one == other:
            what = _("Reader {one}: agreement between sessions {first} and {second}").format(
                one=one, first=first, second=second
            )
            labels = {"reader": one, "kind": "within reader"}
        elif first == second:
            what = _("Readers {one} and {other}: agreement in session {first}").format(
                one=one, other=other, first=first
            )
            labels = {"session": first, "kind": "between readers"}
        else:
            continue
        findings.append(kappa_finding(what, labels, readings[one, first], readings[other, second]))
    return findings


def _against_measurement(study, options, is_patient, reader, session, readings):
    """McNemar's test of the measurement at a cut-off against a reader, patients and controls apart."""
    sample = study_sample(study, SH_THK, "symmetric")
    what = _("{name} against reader {reader}, session {session}").format(
        name=SH_THK.name, reader=reader, session=session
    )
    labels = {"reader": reader, "session": session, "marker": SH_THK.column, "selection": "symmetric"}
    why = why_none(sample, SH_THK.name)
    youden = None if why else performance(sample, SH_THK.pathologic, "youden", None, options.replicates, options.seed)
    if youden and sum(rate.estimate for rate in youden.rates) <= 1 + 1e-9:
        why = _("No cut-off of {name} does better than chance.").format(name=SH_THK.name)
    calls = {}
    if not why:
        at = _("cut-off {cutoff:.3g} 1/mm").format(cutoff=youden.cutoff)
        calls |= {
            "youden": (
                youden.called,
                _("Youden's {at}, chosen on the same subjects, which favours the measurement").format(at=at),
            ),
            "left_out": (youden.called_left_out, _("Youden's cut-off, for each subject chosen without it")),
        }
    if options.cutoff_per_mm is not None and len(sample.values):
        given = sample.values >= options.cutoff_per_mm
        calls["given"] = (
            given,
            _("cut-off {cutoff_per_mm:.3g} 1/mm, given beforehand").format(cutoff_per_mm=options.cutoff_per_mm),
        )
    if "youden" not in calls:
        words = _("{what}: no comparison at Youden's cut-off. {why}").format(what=what, why=why)
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
    what = listed((what, term(quantity)), ": ")
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
        why = _("no comparison, since none of the {group} has both a reading and a value").format(group=term(group))
        words = unanswered(what, why)
        return Finding("visual", what, quantity, words, n, method, labels=labels)
    difference = (alone - other_alone) / count
    ci = paired_difference_interval(alone, other_alone, count)
    details |= {"measurement": float(measurement.mean()), "reader": float(reader.mean())}
    words = _(
        "{what} of the measurement {measured:.2f}, of the reader {read:.2f} in {subjects}, "
        "difference {difference:.2f} ({ci}, Bonett and Price); measurement: {how}. The measurement alone "
        "is right in {alone}, the reader alone in {other_alone}"
    ).format(
        what=what,
        measured=measurement.mean(),
        read=reader.mean(),
        subjects=counted(count, group.removesuffix("s")),
        difference=difference,
        ci=ci_text(ci),
        how=how,
        alone=alone,
        other_alone=other_alone,
    )
    if alone + other_alone == 0:
        words += _(": they never differ, so that there is nothing to test.")
        return Finding("visual", what, quantity, words, n, method, difference, ci=ci, labels=labels, details=details)
    p = float(binomtest(alone, alone + other_alone).pvalue)
    return Finding(
        "visual",
        what,
        quantity,
        _("{words} (exact McNemar test, {p}).{doubt}").format(words=words, p=p_text(p), doubt=disagreement(ci, 0, p)),
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
