"""What the measurement adds to what readers see: do both together tell patients better than the score alone?"""

import numpy as np

from ..translation import Note as _
from .auc import area
from .comparison import comparisons
from .finding import NO_ESTIMATE, Finding, ci_text, p_text
from .logistic import fit, likelihood_ratio
from .resampling import bootstrap_subjects
from .scores import score_sums
from .selection import UNEQUAL, missing_shares
from .study import SH_THK
from .visual import read_as_pathologic

FEWEST = 5  # subjects of each group
OPTIMISM_REPLICATES = 100
_METHOD = (
    "Logistic regression of the group on the score, and on the score and the root of the most pathologic region's "
    "SH/Thk, with Firth's penalty (Biometrika 1993;80:27; R: logistf); nested models by the penalised likelihood-ratio "
    "test, chi-square with 1 degree of freedom, whose P lies below .05 in 3 to 5 % of studies where nothing is added. "
    "AUC of both: of the fitted model, less its optimism (Harrell et al., Stat Med 1996;15:361). No interval of the "
    "difference of the two areas and no DeLong test: for nested models on the same data neither holds (Demler et al., "
    "Stat Med 2012;31:2577)."
)
_NRI = (
    "Category-free net reclassification (Pencina et al., Stat Med 2011;30:11), of the fitted models. It is often "
    "positive for a marker that adds nothing (Pepe et al., Stat Biosci 2015;7:282), has no valid P or interval on the "
    "data that fitted the models, and holds for this study's mix of groups alone: not a reason to prefer either."
)


def added_findings(study, options):
    """For every reader's first session, by its sum score or else its call, what SH/Thk adds to it.

    Parameters
    ----------
    study : Study
    options : CohortOptions

    Returns
    -------
    list of Finding
    """
    findings = []
    for compared in comparisons(study):
        sums = score_sums(compared.subjects)
        calls = {key for subject in compared.subjects for key in subject.visual} - set(sums)
        readings = [(key, values, _("sum score")) for key, values in sums.items()]
        readings += [
            (key, read_as_pathologic(compared.subjects, key), _("call as pathologic")) for key in sorted(calls)
        ]
        for reader in dict.fromkeys(own[0][0] for own in readings):
            key, values, name = next(own for own in readings if own[0][0] == reader)
            findings += _added(compared, key, values, name, options)
    if not findings:
        words = _("Nobody read the images by eye, so that there is nothing to which a measurement could add.")
        findings = [Finding("added", _("What SH/Thk adds to a reader"), "chi-square", words, {}, NO_ESTIMATE)]
    return findings


def _added(compared, key, score, name, options):
    measured = np.sqrt(np.maximum(compared.most_pathologic(SH_THK), 0))
    both = np.isfinite(score) & np.isfinite(measured)
    is_patient, score, measured = compared.is_patient[both], score[both], measured[both]
    reader, session = key
    what = _("What SH/Thk adds to the {name} of reader {reader}, session {session}, {compared}").format(
        name=name, reader=reader, session=session, compared=compared.name
    )
    n = {"patients": int(is_patient.sum()), compared.others: int((~is_patient).sum())}
    labels = {"reader": reader, "session": session, "against": compared.others, "marker": SH_THK.column}
    why = ""
    if min(n.values()) < FEWEST:
        why = _("at least {fewest} patients and {fewest} {others} need both").format(
            fewest=FEWEST, others=compared.others
        )
    elif np.ptp(measured) == 0 or np.ptp(score) == 0:
        why = _("the score or SH/Thk is the same in everybody")
    if why:
        words = _("{what}: not answered, since {why}.").format(what=what, why=why)
        return [Finding("added", what, "AUC", words, n, NO_ESTIMATE, labels=labels)]
    outcome, design = is_patient.astype(float), _design(score, measured)
    chi_square, p = likelihood_ratio(design, outcome, (2,))
    alone = area(score, is_patient)
    together = design @ fit(design, outcome)[0]
    apparent = area(together, is_patient).auc
    corrected = float(np.clip(apparent - _optimism(score, measured, is_patient, options.seed), 0, 1))
    answer = _("adds to it") if p < 0.05 else _("was not shown to add to it")
    words = _(
        "{what}: SH/Thk {answer} (likelihood-ratio chi-square {chi_square:.2f}, {p}). AUC of the score "
        "alone {auc:.2f} ({ci}); of both together {corrected:.2f}, corrected for optimism "
        "({apparent:.2f} as fitted): {gain:+.2f}."
    ).format(
        what=what,
        answer=answer,
        chi_square=chi_square,
        p=p_text(p),
        auc=alone.auc,
        ci=ci_text(alone.ci),
        corrected=corrected,
        apparent=apparent,
        gain=corrected - alone.auc,
    )
    shares = missing_shares(compared, compared.values(SH_THK))
    if abs(shares[0] - shares[1]) > UNEQUAL:
        words += _(
            " Not like with like, so that P is not valid: {own:.0f} % of the patients' regions and "
            "{their:.0f} % of those of the others are missing, and the greatest of fewer regions is "
            "less."
        ).format(own=100 * shares[0], their=100 * shares[1])
    details = {"auc_of_score": alone.auc, "auc_of_score_ci": alone.ci, "auc_as_fitted": apparent}
    finding = Finding(
        "added",
        what,
        "AUC of both together",
        words,
        n,
        _METHOD,
        corrected,
        test="penalised likelihood-ratio test",
        statistic=chi_square,
        p=p,
        labels=labels,
        details=details,
    )
    return [finding, _reclassified(what, design, outcome, together, n, labels)]


def _design(score, measured):
    """Constant, score and measurement, the latter two in their own SDs."""
    columns = [(own - own.mean()) / (own.std() or 1.0) for own in (score, measured)]
    return np.column_stack([np.ones(len(score)), *columns])


def _optimism(score, measured, is_patient, seed):
    """How much better the fitted model does on drawn subjects than, so fitted, on the sample."""
    optimism = []
    for drawn in bootstrap_subjects(is_patient, OPTIMISM_REPLICATES, seed):
        design = _design(score, measured)
        if min(np.ptp(score[drawn]), np.ptp(measured[drawn])) == 0:
            continue
        coefficients, _ = fit(design[drawn], is_patient[drawn].astype(float))
        linear = design @ coefficients
        optimism.append(area(linear[drawn], is_patient[drawn]).auc - area(linear, is_patient).auc)
    return float(np.mean(optimism)) if optimism else 0.0


def _reclassified(what, design, outcome, together, n, labels):
    alone = design[:, :2] @ fit(design[:, :2], outcome)[0]
    moved = np.sign(np.round(together - alone, 12))
    of_patients, of_others = moved[outcome == 1].mean(), -moved[outcome == 0].mean()
    nri = float(of_patients + of_others)
    words = _(
        "{what}: net reclassification {nri:.2f} ({of_patients:.2f} among patients, {of_others:.2f} among "
        "the others). It tends to be positive even for a marker that adds nothing, and says nothing that "
        "the likelihood-ratio test does not say better."
    ).format(what=what, nri=nri, of_patients=of_patients, of_others=of_others)
    return Finding("added", what, "net reclassification", words, n, _NRI, nri, labels=labels)
