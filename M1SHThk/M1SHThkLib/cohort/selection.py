"""Which value stands for a subject: three rules side by side, and what each would show without any disease."""

import numpy as np

from .finding import Finding, ci_text, disagreement, p_text
from .groups import MANN_WHITNEY_METHOD, bootstrap_auc_interval, marker_labels, marker_name, too_few, why_not_ranked
from .rank_sum import mann_whitney, pairs_won
from .resampling import bootstrap_subjects, percentile_interval, permutation_p, permute_labels, times_drawn
from .sample import SELECTIONS, study_sample
from .study import MARKERS, SH_THK, matrix

_PERMUTATION = "AUC, labels of whole subjects permuted"
_CLUSTERED_METHOD = (
    "AUC over all pairs of values (Obuchowski, Biometrics 1997;53:567); interval by bootstrap of whole subjects within "
    "their group (percentiles), where all samples are alike by Newcombe's score (Stat Med 2006;25:559) from the number "
    "of subjects; P two-sided by permuting the labels of whole subjects."
)
_PAPER_METHOD = f"{_CLUSTERED_METHOD} The rule of selection is applied anew to every permutation."


def selection_findings(study, options):
    """AUC and, where it is valid, a test under each of the three rules of selection.

    Parameters
    ----------
    study : Study
    options : CohortOptions

    Returns
    -------
    list of Finding
        For every marker, with and without censoring, one finding a rule, in the order of SELECTIONS.
    """
    return [
        _selected(study, marker, selection, uncensored, options)
        for marker in MARKERS
        for uncensored in (False, True)
        for selection in SELECTIONS
    ]


def cluster_auc(values, patient_weights, control_weights, selection="clustered"):
    """AUC of a rule that takes several values a subject, under many groupings or weightings of subjects at once.

    The AUC over all pairs of a patient's and a control's value (Obuchowski, Biometrics 1997;53:567).

    Parameters
    ----------
    values : array, shape (subjects, regions)
        nan where missing; each subject has at least one value; greater is more pathologic.
    patient_weights, control_weights : arrays, shape (replicates, subjects)
        How often each subject counts as a patient and as a control.
    selection : str
        'clustered' (every value of both) or 'paper' (a patient's greatest value, every value of a control).

    Returns
    -------
    array, shape (replicates,)
        nan without a patient or without a control.
    """
    of_patient = np.nanmax(values, axis=1, keepdims=True) if selection == "paper" else values
    # Over regions first: who wins between whole subjects, and in how many pairs of values.
    won = pairs_won(of_patient.T[:, None], values.T).sum(axis=(0, 1))
    patient_values, control_values = np.isfinite(of_patient).sum(axis=1), np.isfinite(values).sum(axis=1)
    total = (patient_weights @ patient_values) * (control_weights @ control_values)
    sums = ((patient_weights @ won) * control_weights).sum(axis=1)
    return np.divide(sums, total, out=np.full(len(sums), np.nan), where=total > 0)


def _selected(study, marker, selection, uncensored, options):
    """One rule, one marker."""
    sample = study_sample(study, marker, selection, uncensored)
    patients, controls = np.unique(sample.subject[sample.is_patient]), np.unique(sample.subject[~sample.is_patient])
    finding = {
        "analysis": "selection",
        "what": f"{marker_name(marker, uncensored)}, selection '{selection}': {SELECTIONS[selection]}",
        "quantity": "AUC",
        "n": {
            "patients": len(patients),
            "controls": len(controls),
            "values_of_patients": len(sample.patients),
            "values_of_controls": len(sample.controls),
        },
        "labels": marker_labels(marker, uncensored) | {"selection": selection},
        "method": {"paper": _PAPER_METHOD, "symmetric": MANN_WHITNEY_METHOD, "clustered": _CLUSTERED_METHOD}[selection],
        "headline": marker is SH_THK and selection == "paper" and not uncensored,
    }
    if reason := too_few(patients, controls) or why_not_ranked(sample.patients, sample.controls):
        return Finding(words=f"{finding['what']}: {reason}.", **finding)
    medians = float(np.median(sample.patients)), float(np.median(sample.controls))
    column = marker.uncensored if uncensored else marker.column
    values = marker.pathologic * matrix(study.group("patient") + study.group("control"), column)
    is_patient = np.arange(len(values)) < len(study.group("patient"))
    present = np.isfinite(values).any(axis=1)
    analyse = {"paper": _paper, "symmetric": _symmetric, "clustered": _clustered}[selection]
    result, words, details = analyse(values[present], is_patient[present], options)
    return Finding(
        words=(
            f"{finding['what']}: {len(sample.patients)} values of {len(patients)} patients, median {medians[0]:.3f}, "
            f"and {len(sample.controls)} values of {len(controls)} controls, median {medians[1]:.3f}; {words}"
        ),
        details={"median_patients": medians[0], "median_controls": medians[1]} | details,
        **finding,
        **result,
    )


def _paper(values, is_patient, options):
    auc, ci, how = _auc_and_interval(values, is_patient, "paper", options)
    permuted = permute_labels(is_patient, options.permutations, options.seed)
    null = cluster_auc(values, permuted, ~permuted, "paper")
    mean, extent = float(null.mean()), percentile_interval(null)
    p = float(permutation_p(abs(auc - mean), np.abs(null - mean)))
    greatest, every = np.nanmax(values[is_patient], axis=1), values[~is_patient]
    naive = mann_whitney(greatest, every[np.isfinite(every)]).p
    words = (
        f"AUC {auc:.2f} ({ci_text(ci)}, {how}). Without any effect of disease this rule would give an AUC of "
        f"{mean:.2f} on average (95 % range {extent[0]:.2f} to {extent[1]:.2f}) and not 0.50, because a patient's most "
        f"pathologic of several regions meets every region of a control; against that, {p_text(p)} by permuting the "
        f"labels of whole subjects. The paper's Mann-Whitney test of these values gives {p_text(naive)} and is not "
        "valid: the groups are selected differently, and a control's regions are not independent."
        f"{disagreement(ci, mean, p)}"
    )
    result = {"estimate": auc, "ci": ci, "test": _PERMUTATION, "statistic": auc, "p": p}
    return result, words, {"null_auc": mean, "null_range": list(extent), "naive_p_not_valid": naive}


def _symmetric(values, is_patient, _options):
    greatest = np.nanmax(values, axis=1)
    test = mann_whitney(greatest[is_patient], greatest[~is_patient])
    words = (
        f"AUC {test.auc:.2f} ({ci_text(test.ci)}, Newcombe's); Mann-Whitney U = {test.u:g}, {p_text(test.p)}, valid, "
        "since every subject gives one value chosen in the same way. Without any effect of disease the AUC is 0.50."
        f"{disagreement(test.ci, 0.5, test.p)}"
    )
    return {"estimate": test.auc, "ci": test.ci, "test": "Mann-Whitney U", "statistic": test.u, "p": test.p}, words, {}


def _clustered(values, is_patient, options):
    auc, ci, how = _auc_and_interval(values, is_patient, "clustered", options)
    permuted = permute_labels(is_patient, options.permutations, options.seed)
    null = cluster_auc(values, permuted, ~permuted)
    p = float(permutation_p(abs(auc - 0.5), np.abs(null - 0.5)))
    words = (
        f"AUC {auc:.2f} ({ci_text(ci)}, {how}) over all pairs of regions, {p_text(p)} by permuting the labels of "
        "whole subjects. Mann-Whitney is not valid here, since a subject's regions are not independent. Without any "
        f"effect of disease the AUC is 0.50.{disagreement(ci, 0.5, p)}"
    )
    return {"estimate": auc, "ci": ci, "test": _PERMUTATION, "statistic": auc, "p": p}, words, {}


def _auc_and_interval(values, is_patient, selection, options):
    """AUC, its interval by cluster bootstrap, and what the interval is."""
    drawn = times_drawn(bootstrap_subjects(is_patient, options.replicates, options.seed))
    weights = np.concatenate([np.ones((1, len(values)), int), drawn])
    aucs = cluster_auc(values, weights * is_patient, weights * ~is_patient, selection)
    auc = float(aucs[0])
    return auc, *bootstrap_auc_interval(auc, aucs[1:], is_patient.sum(), (~is_patient).sum())
