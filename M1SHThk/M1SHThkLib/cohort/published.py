"""The results that Donatelli et al. published (AJNR 2018;39:63), and a study's results beside them."""

import numpy as np

from ..translation import tr as _
from .finding import ci_text, find, p_text
from .sample import study_sample
from .study import SH_THK

# By field strength in tesla. SH/Thk in 1/mm: mean, standard deviation, 95 % confidence interval. Spearman rho with its
# interval. Visual readers: sensitivity, specificity and accuracy of their better session; kappas by reader within
# readers, by session between them.
PUBLISHED = {
    3: {
        "patients": (0.11, 0.09, (0.07, 0.14)),
        "controls": (0.03, 0.02, (0.02, 0.03)),
        "auc": 0.89,
        "sensitivity": 0.81,
        "specificity": 0.84,
        "rho": (0.57, (0.42, 0.69)),
        "visual": {"R1": (0.56, 0.92, 0.68), "R2": (0.63, 0.85, 0.70)},
        "within_readers": {"R1": 0.74, "R2": 0.85},
        "between_readers": {"1": 0.80, "2": 0.70},
    },
    7: {
        "patients": (0.25, 0.12, (0.20, 0.31)),
        "controls": (0.08, 0.04, (0.07, 0.09)),
        "auc": 0.94,
        "sensitivity": 0.89,
        "specificity": 0.86,
        "rho": (0.57, (0.39, 0.71)),
        "visual": {"R1": (0.68, 0.89, 0.78), "R2": (0.63, 1.00, 0.81)},
        "within_readers": {"R1": 0.83, "R2": 0.81},
        "between_readers": {"1": 0.65, "2": 0.77},
    },
}
_NONE = "no estimate"


def beside_the_paper(study, findings):
    """A study's results beside the published ones.

    Parameters
    ----------
    study : Study
        At one of the field strengths of PUBLISHED.
    findings : sequence of Finding
        Of this study.

    Returns
    -------
    tuple of dict
        A row a published result: 'Quantity', 'Paper', 'This study' and 'Same direction', all text; the last is 'yes' or
        'no', or empty where a result has no direction.

    Raises
    ------
    ValueError
        If nothing was published at this field strength.
    """
    if study.field_strength_t not in PUBLISHED:
        raise ValueError(
            _("nothing was published at {field_strength_t:g} T; 3 and 7 T can be compared").format(
                field_strength_t=study.field_strength_t
            )
        )
    paper = PUBLISHED[study.field_strength_t]
    values = study_sample(study, SH_THK, "paper")
    means = _mean(values.patients), _mean(values.others)
    rows = [
        _row("SH/Thk of patients, greatest region, mean", _mean_text(paper["patients"]), _mean_text(means[0])),
        _row("SH/Thk of controls, every region, mean", _mean_text(paper["controls"]), _mean_text(means[1])),
    ]
    selected = find(findings, "selection", "AUC", selection="paper", marker=SH_THK.column, against="controls")
    p = None if selected is None else selected.details.get("naive_p_not_valid")
    greater = None if None in means else bool(means[0][0] > means[1][0])
    published = "patients greater, P < .001"
    found = _NONE
    if greater is not None and p is not None:
        found = f"{'patients' if greater else 'controls'} greater, {p_text(p)} (as in the paper; not valid)"
    rows.append(_row("Patients against controls, the paper's rule", published, found, greater))

    roc = {"marker": SH_THK.column, "selection": "paper", "against": "controls"}
    auc = find(findings, "roc", "AUC", **roc)
    rows.append(_estimate_row("AUC, the paper's rule", paper["auc"], auc, above=0.5))
    at_youden = {name: find(findings, "roc", name, cutoff="youden", **roc) for name in ("sensitivity", "specificity")}
    for name, finding in at_youden.items():
        rows.append(_apparent_row(f"{name.capitalize()}, the paper's rule, Youden cut-off", paper[name], finding))
    rho = find(findings, "correlation", "Spearman rho", marker=SH_THK.column, limbs="all limbs", unit="region")
    rows.append(_estimate_row("Spearman rho with the limb's UMN score", paper["rho"][0], rho, 0, paper["rho"][1]))
    rows += _visual_rows(paper, findings, at_youden["sensitivity"])
    return tuple(rows)


def _visual_rows(paper, findings, measured):
    """What readers saw, how they agree, and whether the measurement is more sensitive than each."""
    rows = []
    for reader, shares in paper["visual"].items():
        best = _better_session(findings, reader)
        found = [None] * 3
        if best is not None:
            found = [best.details.get("sensitivity"), best.details.get("specificity"), best.estimate]
        name = f"Visual reader {reader}, better session: sensitivity, specificity, accuracy"
        rows.append(_row(name, _shares_text(shares), _shares_text(found)))
        more = None
        shown = None if measured is None else measured.details.get("apparent")
        if None not in (shown, found[0]):
            more = bool(shown > found[0])
        here = _NONE if more is None else f"{shown:.2f} against {found[0]:.2f}"
        published = f"{paper['sensitivity']:.2f} against {shares[0]:.2f}"
        rows.append(_row(f"Sensitivity, measurement against visual reader {reader}", published, here, more))
    for reader, kappa in paper["within_readers"].items():
        finding = find(findings, "visual", "kappa", kind="within reader", reader=reader)
        rows.append(_estimate_row(f"Kappa within reader {reader}", kappa, finding, above=0))
    for session, kappa in paper["between_readers"].items():
        finding = find(findings, "visual", "kappa", kind="between readers", session=session)
        rows.append(_estimate_row(f"Kappa between readers, session {session}", kappa, finding, above=0))
    return rows


def _better_session(findings, reader):
    """A reader's finding on the session of the greatest accuracy, or None."""
    own = [finding for finding in findings if finding.analysis == "visual" and finding.labels.get("reader") == reader]
    return next((finding for finding in own if finding.what.endswith("better session")), None)


def _mean(values):
    """Mean, standard deviation and interval of the mean by Student's t, as in the paper; None below two values."""
    from scipy.stats import t

    if len(values) < 2:
        return None
    mean, deviation = float(np.mean(values)), float(np.std(values, ddof=1))
    half = float(t.ppf(0.975, len(values) - 1)) * deviation / np.sqrt(len(values))
    return mean, deviation, (mean - half, mean + half)


def _mean_text(summary):
    if summary is None:
        return _NONE
    mean, deviation, ci = summary
    return f"{mean:.2f} +- {deviation:.2f} ({ci_text(ci)})"


def _shares_text(shares):
    return ", ".join(_NONE if share is None else f"{share:.2f}" for share in shares)


def _estimate_row(quantity, published, finding, above=None, published_ci=None):
    """`above` is the value of no effect, beyond which the published result lies; None = it has no direction."""
    paper = f"{published:.2f}" + (f" ({ci_text(published_ci)})" if published_ci else "")
    if finding is None or finding.estimate is None:
        return _row(quantity, paper, _NONE)
    here = f"{finding.estimate:.2f}" + (f" ({ci_text(finding.ci)})" if finding.ci else "")
    return _row(quantity, paper, here, None if above is None else bool(finding.estimate > above))


def _apparent_row(quantity, published, finding):
    """Of a cut-off as it stands, which is what the paper prints."""
    seen = None if finding is None else finding.details.get("apparent")
    return _row(quantity, f"{published:.2f}", _NONE if seen is None else f"{seen:.2f}")


def _row(quantity, paper, here, same_direction=None):
    words = {True: "yes", False: "no", None: ""}
    return {"Quantity": quantity, "Paper": paper, "This study": here, "Same direction": words[same_direction]}
