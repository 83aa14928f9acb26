"""The same subjects at two field strengths."""

from itertools import combinations

import numpy as np

from ..translation import Note as _
from .finding import Finding, counted, disagreement, p_text, unanswered
from .groups import EXACT, marker_labels, marker_name, median_ci, median_ci_text
from .rank_sum import signed_rank_p
from .study import MARKERS, REGION_NAMES, matrix, mean_present
from .ties import tied


def field_strength_findings(studies, options):
    """The same subjects, matched by name, at two field strengths: Wilcoxon signed-rank.

    Parameters
    ----------
    studies : sequence of Study
        One a field strength.
    options : CohortOptions

    Returns
    -------
    list of Finding
        Empty for fewer than two studies.
    """
    findings = []
    for low, high in combinations(sorted(studies, key=lambda study: study.field_strength_t), 2):
        at_high = {subject.name: subject for subject in high.subjects}
        pairs = [(subject, at_high[subject.name]) for subject in low.subjects if subject.name in at_high]
        strengths = _("{low:g} T and {high:g} T").format(low=low.field_strength_t, high=high.field_strength_t)
        if not pairs:
            findings.append(_unmatched(strengths))
            continue
        for marker in MARKERS:
            first, second = (matrix(subjects, marker.column) for subjects in zip(*pairs, strict=True))
            differences = _differences(first, second)
            findings.append(_paired(mean_present(differences), marker, _("mean of the regions"), strengths))
            findings += [
                _paired(differences[:, number], marker, REGION_NAMES[number], strengths) for number in low.regions
            ]
    return findings


def _differences(first, second):
    """Second minus first; what differs by rounding alone is no difference."""
    both = tied(np.stack([first, second]))
    return both[1] - both[0]


def _unmatched(strengths):
    return Finding(
        analysis="groups",
        what=_("The same subjects at {strengths}").format(strengths=strengths),
        quantity="median difference",
        words=_("No subject was measured at both {strengths}, so there is nothing to compare within subjects.").format(
            strengths=strengths
        ),
        n={"subjects": 0},
        method="Subjects matched by name.",
    )


def _paired(differences, marker, place, strengths):
    """Signed-rank test of one difference a subject, nan where missing."""
    differences = differences[np.isfinite(differences)]
    n, changed = len(differences), differences[differences != 0]
    lower, higher = strengths.split(" and ")
    finding = {
        "analysis": "groups",
        "what": _("{marker}, {place}, the same subjects at {higher} less {lower}").format(
            marker=marker_name(marker), place=place, higher=higher, lower=lower
        ),
        "quantity": "median difference",
        "unit": marker.unit,
        "n": {"subjects": n},
        "labels": marker_labels(marker) | {"region": place, "field_strengths": strengths},
        "method": (
            "Wilcoxon signed-rank, two-sided, exact with midranks for ties, one difference a subject, differences of 0 "
            f"left out; median with interval by order statistics, which covers 95 % or more. {EXACT}"
        ),
    }
    if n == 0:
        words = unanswered(finding["what"], _("no subject has both values, so there is nothing to compare"))
        return Finding(words=words, **finding)
    median = float(np.median(differences))
    if not len(changed):
        why = _("no difference in {subjects}, so there is nothing to test").format(subjects=counted(n, "subject"))
        words = unanswered(finding["what"], why)
        return Finding(words=words, estimate=median, **finding)
    statistic, p = signed_rank_p(changed)
    ci = median_ci(differences)
    smallest = 2.0 ** (1 - len(changed))
    words = _(
        "{what}: the median difference of {subjects} is {median:.3f} {unit} ({ci}); Wilcoxon "
        "signed-rank W = {statistic:g}, {p}; {changed} with a difference cannot go below {least}.{doubt}"
    ).format(
        what=finding["what"],
        subjects=counted(n, "subject"),
        median=median,
        unit=marker.unit,
        ci=median_ci_text(ci),
        statistic=statistic,
        p=_exact_p_text(p),
        changed=counted(len(changed), "subject"),
        least=_exact_p_text(smallest),
        doubt=disagreement(ci, 0, p),
    )
    return Finding(
        words=words,
        estimate=median,
        ci=ci,
        test="Wilcoxon signed-rank",
        statistic=statistic,
        p=p,
        details={"smallest_p": smallest},
        **finding,
    )


def _exact_p_text(p):
    """With a fourth digit, since few subjects give few values of P: 'P = .0625'."""
    return p_text(p) if p < 0.001 else f"P = {p:.4f}".replace("0.", ".", 1)
