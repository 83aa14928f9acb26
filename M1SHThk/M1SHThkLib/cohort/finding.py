"""One result of a study: its n, estimate, interval, test, P and method, and the same in words."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields

import numpy as np

from ..translation import Note as _

# In the order of the report.
ANALYSES = {
    "confounders": _("Age and sex of the groups"),
    "selection": _("Patients against others, by the value that stands for a subject"),
    "adjusted": _("Adjusted for covariates"),
    "groups": _("Region by region"),
    "roc": _("Telling patients from others"),
    "accuracy": _("What a cut-off does"),
    "correlation": _("Upper motor neuron score"),
    "asymmetry": _("Right against left"),
    "visual": _("Visual reading"),
    "scores": _("Scores of the regions by eye"),
    "added": _("What the measurement adds to the score"),
    "subject": _("Single subjects against the controls"),
    "norms": _("Single subjects against norms"),
    "repeatability": _("Repeatability"),
    "sample_size": _("Sample size"),
}
# What a finding with a P is to the study.
PRIMARY, EXPLORATORY, AS_IN_PAPER = _("primary"), _("exploratory"), _("as in the paper")

# What is counted in words.
_COUNTED = {
    "patient": (_("{n} patient"), _("{n} patients")),
    "control": (_("{n} control"), _("{n} controls")),
    "mimic": (_("{n} mimic"), _("{n} mimics")),
    "mimic or control": (_("{n} mimic or control"), _("{n} mimics or controls")),
    "subject": (_("{n} subject"), _("{n} subjects")),
    "region": (_("{n} region"), _("{n} regions")),
    "pair": (_("{n} pair"), _("{n} pairs")),
    "score": (_("{n} score"), _("{n} scores")),
    "further test": (_("{n} further test"), _("{n} further tests")),
}

# The method where nothing could be estimated.
NO_ESTIMATE = "No estimate; the words say why."


@dataclass(frozen=True)
class Finding:
    """One result.

    Attributes
    ----------
    analysis : str
        A key of ANALYSES.
    what : str
        What was asked, such as 'SH/Thk, left hand knob, patients against controls'.
    quantity : str
        What `estimate` is, such as 'AUC' or 'Spearman rho'.
    words : str
        The result in plain sentences that hold every number given here; or why there is none.
    n : dict of str to int
        How many of what, such as {'patients': 27, 'controls': 13}.
    estimate, statistic, p : float or None
    unit : str
        Of the estimate; '' for none.
    ci : (low, high) or None
        95 % confidence interval of the estimate.
    test : str or None
        Name of the test whose `statistic` and `p` are given.
    method : str
        How estimate, interval and P came about, with source.
    labels : dict of str to str
        What the finding belongs to: 'marker' (column name), 'region' (such as 'left hand knob'), 'group', 'selection',
        'reader', 'session', 'subject', 'cutoff'... as far as it applies.
    details : dict of str to number, text or list
        Further numbers, such as 'mean', 'sd', 'median', or the points of a curve.
    headline : bool
        Among the main findings that the command line prints.
    as_in_paper : bool
        Made as the paper made it: its interval and P are not what they claim.
    standing : str or None
        Of a finding with a P: PRIMARY, EXPLORATORY or AS_IN_PAPER.
    p_holm : float or None
        P of an exploratory finding, adjusted by Holm's method for all of them.
    """

    analysis: str
    what: str
    quantity: str
    words: str
    n: Mapping[str, int]
    method: str
    estimate: float | None = None
    unit: str = ""
    ci: tuple[float, float] | None = None
    test: str | None = None
    statistic: float | None = None
    p: float | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    details: Mapping[str, object] = field(default_factory=dict)
    headline: bool = False
    as_in_paper: bool = False
    standing: str | None = None
    p_holm: float | None = None

    def to_dict(self):
        """As plain JSON data; None for what is missing or not a finite number."""
        return {own.name: _plain(getattr(self, own.name)) for own in fields(self)}


def p_text(p):
    """'P = .034' or 'P < .001', as the journals of radiology print it; 'P = .0498', which three digits would hide."""
    digits = 4 if 0.0495 <= p < 0.0505 else 3
    return "P < .001" if p < 0.001 else f"P = {p:.{digits}f}".replace("0.", ".", 1)


def ci_text(ci, digits=2):
    """'95 % CI 0.42 to 0.69'."""
    return _("95 % CI {low} to {high}").format(low=f"{ci[0]:.{digits}f}", high=f"{ci[1]:.{digits}f}")


def counted(count, noun):
    """'1 patient', '2 patients', '2 mimics or controls'."""
    one, more = _COUNTED[noun]
    return (one if count == 1 else more).format(n=count)


def disagreement(ci, no_effect, p):
    """A sentence where only one of a 95 % interval and a P at .05 shows an effect, else ''.

    They differ near the border, since each is an approximation of its own.
    """
    if ci is None or (ci[0] <= no_effect <= ci[1]) == (p >= 0.05):
        return ""
    return _(
        " Interval and P are made in different ways and disagree about the 5 % level (no effect: {no_effect:.2f}): "
        "take the more cautious of the two."
    ).format(no_effect=no_effect)


def unanswered(what, why):
    """The words of a finding without an estimate: what was asked, and why there is no answer."""
    return _("{what}: {why}.").format(what=what, why=why)


def _plain(value):
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, np.ndarray):
        return _plain(value.tolist())
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not np.isfinite(value) else value


def find(findings, analysis, quantity, **labels):
    """The first finding of this kind with these labels, or None."""
    for finding in findings:
        if (finding.analysis, finding.quantity) == (analysis, quantity) and labels.items() <= finding.labels.items():
            return finding
    return None
