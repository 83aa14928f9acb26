"""Whether the groups differ in age and sex, before anything else is compared."""

import numpy as np

from ..translation import Note as _
from ..translation import listed
from .comparison import BOTH, Comparison, comparisons
from .finding import Finding, counted
from .terms import term

# A standardised difference beyond it is a confounder to be reckoned with (Ho et al., Polit Anal 2007;15:199).
LARGEST = 0.25
_METHOD = (
    "Standardised difference: of the means over the root of the mean variance; of shares likewise (Austin, Stat Med "
    "2009;28:3083). It does not grow with the number of subjects, and has no P."
)


def confounder_findings(study, options):
    """Age and sex of patients and of those whom they are compared with.

    Parameters
    ----------
    study : Study
    options : CohortOptions

    Returns
    -------
    list of Finding
        The estimate is the standardised difference, nan-free; none where it cannot be told.
    """
    return [finding for compared in comparisons(study) for finding in (_age(compared), _sex(compared))]


def differing(study):
    """Words on what differs too much between the groups, one a comparison and variable; () where nothing does.

    Controls and mimics taken together are told where they differ from the patients though neither alone does.
    """
    differ = {
        (finding.labels["covariate"], finding.labels["against"]): finding.details["in_short"]
        for finding in confounder_findings(study, None)
        if finding.estimate is not None and abs(finding.estimate) > LARGEST
    }
    alone = {covariate for covariate, against in differ if against != BOTH}
    return tuple(words for (covariate, against), words in differ.items() if against != BOTH or covariate not in alone)


def not_compared(study, against):
    """Names of what is not given for enough of the patients and of those whom they are compared with."""
    compared = Comparison(study, against)
    if not 0 < compared.is_patient.sum() < len(compared.subjects):
        return []
    return [own.labels["covariate"] for own in (_age(compared), _sex(compared)) if own.estimate is None]


def _age(compared):
    ages = np.array([subject.age for subject in compared.subjects], float)
    patients, others = (own[np.isfinite(own)] for own in (ages[compared.is_patient], ages[~compared.is_patient]))
    what = _("Age, {compared}").format(compared=compared.name)
    n = {"patients": len(patients), compared.others: len(others)}
    labels = {"against": compared.others, "covariate": "age"}
    if min(len(patients), len(others)) < 2:
        words = _("{what}: not compared; it is given for {patients} and {others}.").format(
            what=what, patients=counted(len(patients), "patient"), others=counted(len(others), compared.one)
        )
        return Finding("confounders", what, "standardised difference", words, n, _METHOD, labels=labels)
    means, deviations = [own.mean() for own in (patients, others)], [own.std(ddof=1) for own in (patients, others)]
    spread = np.sqrt(np.mean(np.square(deviations)))
    difference = _standardised(means[0] - means[1], spread)
    low, high = max(patients.min(), others.min()), min(patients.max(), others.max())
    within = int(((patients >= low) & (patients <= high)).sum() + ((others >= low) & (others <= high)).sum())
    told = [
        _("{mean:.0f} ± {sd:.0f} years").format(mean=mean, sd=sd) for mean, sd in zip(means, deviations, strict=True)
    ]
    words = _(
        "{what}: {own} (mean ± SD) in {patients} patients, {their} in {count} {others}; standardised difference "
        "{difference:.2f}. {within} of {all} lie between the ages that both groups reach."
    ).format(
        what=what,
        own=told[0],
        patients=len(patients),
        their=told[1],
        count=len(others),
        others=compared.others,
        difference=difference,
        within=within,
        all=len(patients) + len(others),
    )
    return Finding(
        "confounders",
        what,
        "standardised difference",
        words,
        n,
        _METHOD,
        difference,
        labels=labels,
        details={
            "means": means,
            "sds": deviations,
            "in_both": within,
            "in_short": _(
                "age ({own} in patients, {their} in {others}, standardised difference {difference:.1f})"
            ).format(own=told[0], their=told[1], others=compared.others, difference=difference),
        },
    )


def _sex(compared):
    what = _("Sex, {compared}").format(compared=compared.name)
    given = [
        (subject.sex, own) for subject, own in zip(compared.subjects, compared.is_patient, strict=True) if subject.sex
    ]
    sexes = sorted({sex for sex, _ in given})
    groups = [[sex for sex, own in given if own == is_patient] for is_patient in (True, False)]
    n = {"patients": len(groups[0]), compared.others: len(groups[1])}
    labels = {"against": compared.others, "covariate": "sex"}
    if not all(groups):
        words = _("{what}: not compared; it is given for {patients} and {others}.").format(
            what=what, patients=counted(n["patients"], "patient"), others=counted(n[compared.others], compared.one)
        )
        return Finding("confounders", what, "standardised difference", words, n, _METHOD, labels=labels)
    shares = {sex: [own.count(sex) / len(own) for own in groups] for sex in sexes}
    differences = {
        sex: _standardised(one - other, np.sqrt((one * (1 - one) + other * (1 - other)) / 2))
        for sex, (one, other) in shares.items()
    }
    greatest = max(differences, key=lambda sex: abs(differences[sex]))
    one, other = shares[greatest]
    told = _("{one:.0f} % {greatest} of patients, {other:.0f} % of {others}").format(
        one=100 * one, greatest=greatest, other=100 * other, others=compared.others
    )
    counts = listed(
        _("{sexes} of {count} {group}").format(
            sexes=", ".join(f"{own.count(sex)} {sex}" for sex in sexes), count=len(own), group=term(name)
        )
        for own, name in zip(groups, n, strict=True)
    )
    words = _("{what}: {counts}; {told}, standardised difference {difference:.2f}.").format(
        what=what, counts=counts, told=told, difference=differences[greatest]
    )
    return Finding(
        "confounders",
        what,
        "standardised difference",
        words,
        n,
        _METHOD,
        differences[greatest],
        labels=labels,
        details={
            "in_short": _("sex ({told}, standardised difference {difference:.1f})").format(
                told=told, difference=differences[greatest]
            )
        },
    )


def _standardised(difference, spread):
    """Over the spread; 10, beyond any that matters, where nothing varies within the groups but they differ."""
    if spread > 0:
        return float(np.clip(difference / spread, -10, 10))
    return 0.0 if difference == 0 else float(np.copysign(10, difference))
