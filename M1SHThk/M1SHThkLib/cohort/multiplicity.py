"""One question comes first; the P of all others are adjusted for their number."""

from dataclasses import replace

import numpy as np

from .finding import AS_IN_PAPER, EXPLORATORY, PRIMARY

# Readings of single subjects are answers about them, not tests of the study.
_NO_TESTS_OF_THE_STUDY = ("subject", "norms")


def with_standing(findings, primary):
    """The same findings, each that has a P with its standing, the exploratory ones with Holm's adjusted P.

    Holm, Scand J Stat 1979;6:65. What is made as in the paper, and is not what it claims, is no part of the family.

    Parameters
    ----------
    findings : sequence of Finding
        Of one study.
    primary : Primary

    Returns
    -------
    tuple of Finding
    """
    standings = [_standing(finding, primary) for finding in findings]
    family = [number for number, standing in enumerate(standings) if standing == EXPLORATORY]
    adjusted = dict(zip(family, holm([findings[number].p for number in family]), strict=True))
    return tuple(
        replace(
            finding, standing=standing, p_holm=adjusted.get(number), headline=finding.headline or standing == PRIMARY
        )
        for number, (finding, standing) in enumerate(zip(findings, standings, strict=True))
    )


def primary_finding(findings):
    """The primary endpoint among findings with their standing; None where it has no P."""
    return next((finding for finding in findings if finding.standing == PRIMARY), None)


def holm(ps):
    """P values adjusted by Holm's step-down method, in the order given."""
    ps = np.asarray(ps, float)
    order = np.argsort(ps)
    stepped = np.maximum.accumulate(ps[order] * (len(ps) - np.arange(len(ps))))
    adjusted = np.empty(len(ps))
    adjusted[order] = np.minimum(stepped, 1.0)
    return adjusted.tolist()


def _standing(finding, primary):
    if finding.p is None or finding.analysis in _NO_TESTS_OF_THE_STUDY:
        return None
    labels = {"marker": primary.marker, "selection": primary.selection, "against": primary.against}
    if finding.analysis == "selection" and labels.items() <= finding.labels.items():
        return PRIMARY
    return AS_IN_PAPER if finding.as_in_paper else EXPLORATORY
