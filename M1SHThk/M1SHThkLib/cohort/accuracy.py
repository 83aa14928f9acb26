"""What a cut-off of SH/Thk does: who is called what, and what a call is worth at one prevalence and another."""

import numpy as np

from ..translation import Note as _
from ..translation import listed
from .comparison import Comparison, comparisons
from .cutoff import RATES, RULES, performance, why_none
from .finding import NO_ESTIMATE, Finding, ci_text
from .proportions import ratio_interval, wilson
from .sample import sample
from .study import SH_THK

_METHODS = {
    "ratio": (
        "Likelihood ratio from sensitivity and specificity; score interval of the ratio of two shares (Koopman, "
        "Biometrics 1984;40:513)."
    ),
    "predictive": (
        "Bayes' theorem; interval: that of the likelihood ratio (Koopman, Biometrics 1984;40:513), carried over to the "
        "prevalence, which is taken as known."
    ),
    "share": "Wilson's interval, which of few subjects covers from 90 to 99 %.",
}


def accuracy_findings(study, options):
    """The chosen cut-off of SH/Thk against controls, mimics and both, one value a subject.

    The cut-off is the one that was given, else Youden's, chosen between patients and controls, whose shares are
    corrected for optimism; mimics had no part in the choice.

    Parameters
    ----------
    study : Study
    options : CohortOptions

    Returns
    -------
    list of Finding
    """
    chosen = chosen_performance(study, options)
    if isinstance(chosen, str):
        what = _("The chosen cut-off of SH/Thk")
        words = _("{what}: none. {why}").format(what=what, why=chosen)
        return [Finding("accuracy", what, "accuracy", words, {}, NO_ESTIMATE)]
    return [finding for compared in comparisons(study) for finding in _against(compared, chosen, options)]


def chosen_performance(study, options):
    """What the chosen cut-off does between patients and controls: a Performance, or in words why there is none."""
    compared = Comparison(study)
    taken = sample(compared.values(SH_THK), compared.is_patient, "symmetric")
    if why := why_none(taken, SH_THK.name):
        return why
    if options.cutoff_per_mm is not None:
        return performance(taken, 1, "given", options.cutoff_per_mm, options.replicates, options.seed)
    found = performance(taken, 1, "youden", None, options.replicates, options.seed)
    if sum(rate.estimate for rate in found.rates) <= 1 + 1e-9:
        return _("No cut-off does better than chance.")
    return found


def _against(compared, chosen, options):
    """A finding each of the cut-off's measures between patients and others."""
    taken = sample(compared.values(SH_THK), compared.is_patient, "symmetric")
    called = taken.values >= chosen.cutoff
    patients, others = called[taken.is_patient], called[~taken.is_patient]
    n = {"patients": len(patients), compared.others: len(others)}
    rule = "youden" if chosen.corrected else "given"
    what = _("SH/Thk at or above {cutoff:.3g} {unit}, {compared}").format(
        cutoff=chosen.cutoff, unit=SH_THK.unit, compared=compared.name
    )
    table = [[int(patients.sum()), int((~patients).sum())], [int(others.sum()), int((~others).sum())]]
    labels = {"marker": SH_THK.column, "selection": "symmetric", "against": compared.others, "cutoff": rule}
    if min(n.values()) == 0:
        words = _("{what}: none, for want of patients or {others} with a value.").format(
            what=what, others=compared.others
        )
        return [Finding("accuracy", what, "accuracy", words, n, NO_ESTIMATE, labels=labels)]
    shares, honest = _shares(compared, chosen, patients, others)
    origin = _(
        "{rule}; the table as it stands; all else from a sensitivity of {shares[0]:.2f} and a "
        "specificity of {shares[1]:.2f}{honest}"
    ).format(rule=RULES[rule], shares=shares, honest=honest)
    counts = _(
        "of {patients} patients {own[0]} are at or above it and {own[1]} below, of {count} {others} {their[0]} and "
        "{their[1]}"
    ).format(patients=len(patients), own=table[0], count=len(others), others=compared.others, their=table[1])
    details = {"cutoff": chosen.cutoff, "table": table, "sensitivity": shares[0], "specificity": shares[1]}
    findings = []
    for quantity, estimate, ci, method, told in _measures(shares, n, compared, options):
        shown = ci_text(ci) if np.isfinite(ci[1]) else _("95 % CI {ci[0]:.2f} to no upper limit").format(ci=ci)
        values = {"what": what, "origin": origin, "counts": counts, "told": told}
        comma = "," if quantity in ("PPV", "NPV") else ""
        words = _("{what} ({origin}): {counts}. {told}{comma} {estimate:.2f} ({shown}).").format(
            comma=comma, estimate=estimate, shown=shown, **values
        )
        if np.isnan(estimate):
            nobody = _("{what} ({origin}): {counts}. {told}: none, since nobody is called pathologic.")
            everybody = _("{what} ({origin}): {counts}. {told}: none, since everybody is called pathologic.")
            words = (nobody if shares[0] == 0 else everybody).format(**values)
        elif np.isinf(estimate):
            words = _("{what} ({origin}): {counts}. {told} has no upper bound (95 % CI from {ci[0]:.2f}).").format(
                ci=ci, **values
            )
        numbers = {"estimate": float(estimate), "ci": ci} if np.isfinite([estimate, *ci]).all() else {}
        findings.append(
            Finding(
                "accuracy",
                listed((what, told), ": "),
                quantity,
                words,
                n,
                method,
                labels=labels | ({"prevalence": "given"} if "given" in told else {}),
                details=details | {"ci_low": ci[0]},
                **numbers,
            )
        )
    return findings


def _shares(compared, chosen, patients, others):
    """Sensitivity and specificity to go by, and what was done for them."""
    sensitivity, specificity = (share for share, _ci in chosen.honest)
    if compared.others == "controls":
        return (sensitivity, specificity), _(", corrected for optimism") if chosen.corrected else ""
    seen = float((~others).mean())
    if compared.others == "mimics":
        how = _(", the former corrected for optimism; mimics had no part in the choice") if chosen.corrected else ""
        return (sensitivity, seen), how
    # Of both: the mimics' as seen, the controls' as corrected.
    taken = len(others)
    controls = len(chosen.subject) - len(patients)
    apparent = chosen.rates[1].estimate
    specificity = seen + controls / taken * (specificity - apparent)
    return (sensitivity, specificity), _(", corrected for optimism as far as controls go") if chosen.corrected else ""


def _measures(shares, n, compared, options):
    """(quantity, estimate, interval, method, name in words) of each measure."""
    (sensitivity, specificity), patients, others = shares, n["patients"], n[compared.others]
    hits, false = sensitivity * patients, (1 - specificity) * others
    positive = ratio_interval(hits, patients, false, others)
    negative = ratio_interval(patients - hits, patients, others - false, others)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = np.divide(sensitivity, 1 - specificity), np.divide(1 - sensitivity, specificity)
    yield "sensitivity", sensitivity, wilson(hits, patients), _METHODS["share"], RATES[0]
    yield "specificity", specificity, wilson(others - false, others), _METHODS["share"], RATES[1]
    yield "likelihood ratio +", ratios[0], positive, _METHODS["ratio"], _("Positive likelihood ratio")
    yield "likelihood ratio -", ratios[1], negative, _METHODS["ratio"], _("Negative likelihood ratio")
    right = hits + others - false
    accuracy = right / (patients + others)
    yield "accuracy", accuracy, wilson(right, patients + others), _METHODS["share"], _("Accuracy in this study's mix")
    prevalences = [(patients / (patients + others), _("in this study's mix"))]
    if options.prevalence is not None:
        prevalences.append((options.prevalence, _("at the given prevalence")))
    for prevalence, where in prevalences:
        odds = prevalence / (1 - prevalence)
        told = _("{where}, {prevalence:.3g} % patients").format(where=where, prevalence=100 * prevalence)
        ppv = tuple(_of_odds(odds * ratio) for ratio in (ratios[0], *positive))
        yield "PPV", ppv[0], ppv[1:], _METHODS["predictive"], _("Positive predictive value {told}").format(told=told)
        npv = tuple(1 - _of_odds(odds * ratio) for ratio in (ratios[1], *reversed(negative)))
        yield "NPV", npv[0], npv[1:], _METHODS["predictive"], _("Negative predictive value {told}").format(told=told)


def _of_odds(odds):
    return 1.0 if odds == np.inf else float(odds / (1 + odds))
