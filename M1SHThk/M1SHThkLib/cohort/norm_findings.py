"""The subjects of a study against norms that were made elsewhere."""

from ..translation import Note as _
from .finding import NO_ESTIMATE, Finding, unanswered
from .norms import GREATEST, Centile, read_against
from .study import MARKERS, SH_THK

_METHOD = (
    "Centiles by quantile regression on age in the controls of the norms; interval: Wilson's, from as "
    "many controls as the regression's leverage at that age leaves; z in SDs of the square root (of Thk: of the value)."
)


def norm_findings(study, norms):
    """Every subject against norms: who is only read in every marker and region, the others by the greatest SH/Thk.

    Whoever lacks a region of the norms has no greatest of theirs, and is read by SH/Thk of each region.

    Parameters
    ----------
    study : Study
    norms : Norms

    Returns
    -------
    list of Finding
    """
    findings = []
    for subject in study.subjects:
        results, why = read_against(norms, subject, study.field_strength_t)
        labels = {"subject": subject.name} | ({"group": subject.group} if subject.group else {})
        if why:
            what = _("{name} against the norms").format(name=subject.name)
            findings.append(Finding("norms", what, "centile", unanswered(what, why), {}, NO_ESTIMATE, labels=labels))
        sh_thk = [(curve, result) for curve, result in results if curve.marker == SH_THK.column]
        greatest = [own for own in sh_thk if own[0].place == GREATEST and isinstance(own[1], Centile)]
        for curve, result in results if subject.group is None else greatest or sh_thk:
            findings.append(_finding(subject, curve, result, labels))
    return findings


def _finding(subject, curve, result, labels):
    marker = next(marker for marker in MARKERS if marker.column == curve.marker)
    what = _("{name}, {marker.name}, {place}, against the norms").format(
        name=subject.name, marker=marker, place=curve.place
    )
    n = {"controls of the norms": curve.n}
    labels = labels | {"marker": curve.marker, "region": curve.place}
    if not isinstance(result, Centile):
        return Finding("norms", what, "centile", unanswered(what, result), n, NO_ESTIMATE, labels=labels)
    words = _("{what}: {value:.3g} {unit} at {age:g} years, {words}.").format(
        what=what, value=result.value, unit=marker.unit, age=result.age, words=result.words
    )
    return Finding(
        "norms",
        what,
        "centile",
        words,
        n,
        _METHOD,
        result.centile,
        unit="%",
        ci=result.ci,
        labels=labels,
        details={"value": result.value, "age": result.age, "z": result.z, "is_beyond": result.is_beyond},
        headline=subject.group is None and (curve.place, curve.marker) == (GREATEST, SH_THK.column),
    )
