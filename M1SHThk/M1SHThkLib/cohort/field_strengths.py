"""The same subjects at two field strengths."""

from itertools import combinations

import numpy as np

from .finding import Finding, ci_text, counted, disagreement, p_text
from .groups import EXACT, marker_labels, marker_name, median_ci
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
        strengths = f"{low.field_strength_t:g} T and {high.field_strength_t:g} T"
        if not pairs:
            findings.append(_unmatched(strengths))
            continue
        for marker in MARKERS:
            first, second = (matrix(subjects, marker.column) for subjects in zip(*pairs, strict=True))
            differences = _differences(first, second)
            findings.append(_paired(mean_present(differences), marker, "mean of the regions", strengths))
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
        what=f"The same subjects at {strengths}",
        quantity="median difference",
        words=f"No subject was measured at both {strengths}, so there is nothing to compare within subjects.",
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
        "what": f"{marker_name(marker)}, {place}, the same subjects at {higher} less {lower}",
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
        words = f"{finding['what']}: no subject has both values, so there is nothing to compare."
        return Finding(words=words, **finding)
    median = float(np.median(differences))
    if not len(changed):
        words = f"{finding['what']}: no difference in {counted(n, 'subject')}, so there is nothing to test."
        return Finding(words=words, estimate=median, **finding)
    statistic, p = signed_rank_p(changed)
    ci = median_ci(differences)
    smallest = 2.0 ** (1 - len(changed))
    words = (
        f"{finding['what']}: the median difference of {counted(n, 'subject')} is {median:.3f} {marker.unit} "
        f"({ci_text(ci, 3) if ci else 'fewer than 6 values give no 95 % interval'}); Wilcoxon signed-rank W = "
        f"{statistic:g}, {_exact_p_text(p)}; {counted(len(changed), 'subject')} with a difference "
        f"cannot go below {_exact_p_text(smallest)}.{disagreement(ci, 0, p)}"
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
