"""Patients against others, adjusted for what else differs between them: covariance analysis and adjusted area."""

from dataclasses import replace

import numpy as np
from scipy.stats import t

from ..translation import Note as _
from ..translation import listed
from .auc import interval, wins
from .comparison import comparisons
from .finding import NO_ESTIMATE, Finding, ci_text, counted, p_text
from .sample import CLUSTERED, SYMMETRIC
from .selection import lack_regions
from .study import MARKERS, THK
from .ties import tied

# Beyond so many subjects the jackknife leaves out parts of so many of them at once.
_PARTS = 200
_VALUE = (
    "one value a subject, of SH and SH/Thk its square root: of the most pathologic region, or the mean over regions"
)
_ANCOVA = (
    f"Analysis of covariance: ordinary least squares on the group and the covariates, {_VALUE}; Student's t of the "
    "group's coefficient (R: lm). It takes both groups to scatter alike: where the greater group scatters more its "
    "interval covers up to 99 %, where the smaller does less than 95 %."
)
_AREA = (
    "Covariate-adjusted area (Janes and Pepe, Biometrika 2009;96:371): the others' linear regression on the "
    f"covariates, {_VALUE}, and the area between the residuals of patients and of others; interval symmetric in log "
    "odds from the jackknife of whole subjects, the regression fitted anew (R: AROC, AROC.sp with the empirical "
    "distribution), which of few subjects covers up to 99 %."
)
_COVARIATES = {"age": _("age"), "sex": _("sex")}
FEWEST_FREE = 3  # degrees of freedom below which nothing is fitted


def adjusted_findings(study, options):
    """Every marker against every other group, adjusted for the chosen covariates.

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
        for marker in MARKERS:
            for selection in (SYMMETRIC, CLUSTERED):
                findings += _adjusted(compared, marker, selection, options)
    return findings


def covariates_of(subjects, names):
    """Covariates of subjects as columns of numbers, and what each is.

    Returns
    -------
    (columns, names) : (array of shape (subjects, k), list of str)
        nan where missing. A text covariate gives a column for each of its values but the first, 1 where it is that one.
    """
    columns, found = [], []
    for name in names:
        if name == "sex":
            sexes = [subject.sex for subject in subjects]
            known = sorted({sex for sex in sexes if sex})
            for sex in known[1:] or known:
                columns.append([np.nan if own is None else float(own == sex) for own in sexes])
                found.append(_("sex ({sex})").format(sex=sex))
        elif name == "age":
            columns.append([subject.age for subject in subjects])
            found.append(_COVARIATES[name])
        else:
            columns.append([subject.covariates.get(name, np.nan) for subject in subjects])
            found.append(name)
    return np.array(columns, float).reshape(len(found), len(subjects)).T, found


def _adjusted(compared, marker, selection, options):
    """Analysis of covariance and the adjusted area, of one value a subject."""
    names = [name for name in options.adjust if name != "field"]
    columns, found = covariates_of(compared.subjects, names)
    response, transform = subject_values(compared, marker, selection)
    response = tied(response)
    has_value = np.isfinite(response)
    complete = np.isfinite(columns).all(axis=1) & has_value
    is_patient = compared.is_patient[complete]
    columns, response = columns[complete], response[complete]
    told = listed((_COVARIATES.get(name, name) for name in names), ", ") or _("nothing")
    varying = [number for number in range(columns.shape[1]) if np.ptp(columns[:, number]) > 0] if len(columns) else []
    constant = [found[number] for number in range(len(found)) if number not in varying]
    columns = columns[:, varying]
    what = _("{marker.name} ({unit}), {compared} ({selection} selection), adjusted for {told}").format(
        marker=marker, unit=marker.unit, compared=compared.name, selection=selection, told=told
    )
    n = {"patients": int(is_patient.sum()), compared.others: int((~is_patient).sum())}
    labels = {
        "marker": marker.column,
        "selection": selection,
        "against": compared.others,
        "adjusted_for": listed((found[number] for number in varying), ", "),
    }
    why = ""
    if not names:
        why = _("each field strength is analysed apart and no other covariate is named")
    elif not has_value.any():
        why = _("{marker.name} has no value in anybody").format(marker=marker)
    elif not varying:
        why = _("nothing to adjust for: {covariates} is not given or the same in everybody").format(
            covariates=listed(constant, ", ") or told
        )
    elif min(n.values()) - columns.shape[1] - 1 < FEWEST_FREE:
        why = _(
            "too few subjects with all covariates: {patients} and {others}; at least {least} of each are needed"
        ).format(
            patients=counted(n["patients"], "patient"),
            others=counted(n[compared.others], compared.one),
            least=FEWEST_FREE + columns.shape[1] + 1,
        )
    elif np.ptp(response) == 0:
        why = _("all values are equal")
    elif _rank(columns, is_patient) == _rank(columns):
        why = _("who is a patient follows from {covariates}: nothing can tell the one from the other").format(
            covariates=labels["adjusted_for"]
        )
    if why:
        words = _("{what}: not done, since {why}.").format(what=what, why=why)
        return [Finding("adjusted", what, "adjusted difference", words, n, NO_ESTIMATE, labels=labels)]
    note = (
        _(" Left out as the same in everybody: {covariates}.").format(covariates=listed(constant, ", "))
        if constant
        else ""
    )
    note += _overlap(columns, is_patient, compared)
    if selection == "symmetric" and lack_regions(compared.values(marker)[complete]):
        note += _(
            " Some subjects lack regions, so that theirs is the greatest of fewer: the clustered "
            "selection, which allows for the region, is the one to read."
        )
    difference = _ancova(what, response, transform, columns, is_patient, n, labels, note)
    if _rank(columns[~is_patient]) < _rank(columns):
        note = _(
            " No adjusted AUC: the {others} alone cannot tell what {covariates} does, which is the same in all of them "
            "or follows from the rest."
        ).format(others=compared.others, covariates=labels["adjusted_for"])
        return [replace(difference, words=difference.words + note)]
    return [
        difference,
        _adjusted_area(what, response, columns, is_patient, marker, compared, n, labels, told, note),
    ]


def _rank(*columns):
    """Of the covariates and the constant; how many of them are no sum of the others."""
    columns = np.column_stack(columns).astype(float)
    spread = columns.std(axis=0)
    return np.linalg.matrix_rank(np.column_stack([np.ones(len(columns)), columns / np.where(spread > 0, spread, 1)]))


def subject_values(compared, marker, selection):
    """One value a subject, shape (subjects,), and what it is: square roots where the marker is a depth or a ratio.

    Symmetric: the most pathologic region. Clustered: `subject_part`, so that whoever lacks a region is compared within
    those it has.
    """
    values = compared.values(marker)
    values, name = (
        (values, marker.name)
        if marker is THK
        else (np.sqrt(np.maximum(values, 0)), _("the root of {marker.name}").format(marker=marker))
    )
    present = np.isfinite(values)
    some = present.any(axis=1)
    if selection == "symmetric":
        extreme = marker.pathologic * np.where(present, marker.pathologic * values, -np.inf).max(axis=1)
        return np.where(some, extreme, np.nan), _("{name} of the most pathologic region").format(name=name)
    return subject_part(values), _("the mean over regions of {name}").format(name=name)


def subject_part(values):
    """The subject's part of an additive model of subjects and regions, by least squares.

    Parameters
    ----------
    values : array, shape (subjects, regions)
        nan where missing.

    Returns
    -------
    array, shape (subjects,)
        The mean over regions where none is missing; nan without any value.
    """
    present = np.isfinite(values)
    some = present.any(axis=1)
    filled, count = np.where(present, values, 0.0), np.maximum(present.sum(axis=1), 1)
    regions = np.zeros(values.shape[1])
    subjects = np.zeros(len(values))
    for _round in range(100):  # alternating least squares; exact after two rounds where nothing is missing
        subjects = (filled - present * regions).sum(axis=1) / count
        before = regions
        regions = (filled - present * subjects[:, None])[some].sum(axis=0) / np.maximum(present.sum(axis=0), 1)
        regions -= regions[present.any(axis=0)].mean() if present.any() else 0.0
        if np.abs(regions - before).max() < 1e-12:
            break
    return np.where(some, subjects, np.nan)


def ancova(response, columns, is_patient):
    """The group's coefficient: estimate, standard error, degrees of freedom.

    Parameters
    ----------
    response : array, shape (n,)
    columns : array, shape (n, k)
    is_patient : bool array, shape (n,)
    """
    design = np.column_stack([is_patient, np.ones(len(response)), columns - columns.mean(axis=0)])
    coefficients, *_ = np.linalg.lstsq(design, response, rcond=None)
    freedom = len(response) - np.linalg.matrix_rank(design)
    residuals = response - design @ coefficients
    variance = residuals @ residuals / freedom * np.linalg.pinv(design.T @ design)[0, 0]
    return float(coefficients[0]), float(np.sqrt(variance)), int(freedom)


def adjusted_area(response, columns, is_patient):
    """The covariate-adjusted area; greater response is more pathologic."""
    design = np.column_stack([np.ones(len(response)), columns])
    coefficients, *_ = np.linalg.lstsq(design[~is_patient], response[~is_patient], rcond=None)
    residuals = response - design @ coefficients
    return wins(residuals[is_patient], residuals[~is_patient]).mean() / (~is_patient).sum()


def jackknife_variance(response, columns, is_patient, seed):
    """Variance of the adjusted area: subjects, or parts of large groups, left out one after the other."""
    design = np.column_stack([np.ones(len(response)), columns])
    _, scale, turned = np.linalg.svd(design[~is_patient], full_matrices=False)
    kept = scale > 1e-12 * scale.max()
    # Coordinates that are orthonormal over the others: what leaving some of them out does to the regression is small.
    design = design @ turned[kept].T / scale[kept]
    patients, others = (np.column_stack([design, response])[group] for group in (is_patient, ~is_patient))
    squares, products = others[:, :-1].T @ others[:, :-1], others[:, :-1].T @ others[:, -1]

    def residuals(rows, coefficients):
        return rows[:, -1] - rows[:, :-1] @ coefficients

    coefficients = np.linalg.lstsq(squares, products, rcond=None)[0]
    won = wins(residuals(patients, coefficients), residuals(others, coefficients))
    areas = [[np.delete(won, part).mean() / len(others) for part in _parts(len(patients), seed)], []]
    for part in _parts(len(others), seed):
        left_out, remaining = others[part], np.delete(others, part, axis=0)
        coefficients, *_ = np.linalg.lstsq(
            squares - left_out[:, :-1].T @ left_out[:, :-1], products - left_out[:, :-1].T @ left_out[:, -1], rcond=None
        )
        won = wins(residuals(patients, coefficients), residuals(remaining, coefficients))
        areas[1].append(won.mean() / len(remaining))
    return float(sum((len(own) - 1) * np.var(own) for own in areas))


def _parts(count, seed):
    """Which of so many are left out together, one after the other."""
    numbers = np.arange(count) if count <= _PARTS else np.random.default_rng(seed).permutation(count)
    return np.array_split(numbers, min(count, _PARTS))


def _ancova(what, response, transform, columns, is_patient, n, labels, note):
    estimate, error, freedom = ancova(response, columns, is_patient)
    reach = t.ppf(0.975, freedom) * error
    if not error > 1e-12 * np.abs(response).max():
        words = _("{what}: the covariates explain everything, so that nothing is left to compare.{note}").format(
            what=what, note=note
        )
        return Finding("adjusted", what, "adjusted difference", words, n, _ANCOVA, labels=labels)
    p = float(2 * t.sf(abs(estimate / error), freedom))
    ci = float(estimate - reach), float(estimate + reach)
    words = _(
        "{what}: {transform} is {size:.3f} {direction} in patients (difference {estimate:.3f}, {ci}), "
        "t({freedom}) = {t:.2f}, {p}.{note}"
    ).format(
        what=what,
        transform=transform,
        size=abs(estimate),
        direction=_("greater") if estimate > 0 else _("less"),
        estimate=estimate,
        ci=ci_text(ci, 3),
        freedom=freedom,
        t=estimate / error,
        p=p_text(p),
        note=note,
    )
    return Finding(
        "adjusted",
        what,
        "adjusted difference",
        words,
        n,
        _ANCOVA,
        estimate,
        unit=_("of {transform}").format(transform=transform),
        ci=ci,
        test="analysis of covariance",
        statistic=estimate / error,
        p=p,
        labels=labels,
    )


def _adjusted_area(what, response, columns, is_patient, marker, compared, n, labels, told, note):
    oriented = marker.pathologic * response
    auc = float(adjusted_area(oriented, columns, is_patient))
    variance = jackknife_variance(oriented, columns, is_patient, 0)
    ci = interval(auc, variance, n["patients"], n[compared.others])
    words = _(
        "{what}: AUC {auc:.2f} ({ci}), each value taken as it lies among {others} of the same {told}.{note}"
    ).format(what=what, auc=auc, ci=ci_text(ci), others=compared.others, told=told, note=note)
    return Finding("adjusted", what, "adjusted AUC", words, n, _AREA, auc, ci=ci, labels=labels)


def _overlap(columns, is_patient, compared):
    """A caution where the covariates of the groups hardly overlap."""
    lows, highs = columns[~is_patient].min(axis=0), columns[~is_patient].max(axis=0)
    outside = int(((columns[is_patient] < lows) | (columns[is_patient] > highs)).any(axis=1).sum())
    if outside <= 0.25 * is_patient.sum():
        return ""
    return _(
        " {outside} of {patients} lie outside the range of the {others}: the adjustment extends a line beyond its data."
    ).format(outside=outside, patients=counted(int(is_patient.sum()), "patient"), others=compared.others)
