"""How many subjects the next study needs, judged by the cohort at hand: one value a subject, the most pathologic."""

import math
from dataclasses import dataclass

import numpy as np
from scipy import stats

from ..translation import Note as _
from ..translation import listed
from .auc import area, covariance, score_interval
from .comparison import Comparison
from .finding import NO_ESTIMATE, Finding, counted
from .groups import marker_labels, marker_name, why_not_ranked
from .rank_sum import smallest_p
from .sample import study_sample
from .scores import score_sums
from .study import SH, SH_THK, THK
from .terms import term
from .ties import tied

ALPHA = 0.05
HALF_WIDTHS = (0.05, 0.10)
# Of Mann-Whitney against Student's t for normal values (Hodges and Lehmann, Ann Math Stat 1956;27:324).
RELATIVE_EFFICIENCY = 3 / math.pi
MOST_SUBJECTS = 1_000_000
# In SDs: beyond it the fewest subjects that can reach ALPHA suffice, and the noncentral t distribution overflows.
LARGEST_EFFECT = 5.0
ALIKE = 0.999  # correlation of two areas beyond which they are one

_WHAT = _("{marker}, most pathologic region of every subject").format(marker=marker_name(SH_THK))
_PERFECT = _("the groups do not overlap, so nothing is left to vary; give a wanted AUC between 0.5 and 1")


def sample_size_findings(study, options):
    """Sizes for a wanted difference of SH/Thk, an AUC against 0.5 and against another AUC, and widths of its interval.

    Parameters
    ----------
    study : Study
    options : CohortOptions

    Returns
    -------
    list of Finding
    """
    sample = study_sample(study, SH_THK, "symmetric")
    if reason := why_not_ranked(sample.patients, sample.others):
        aim = _Aim(_("size of the next study"), NO_ESTIMATE, {}, False)
        return [aim.missed(sample, _("{reason}; no size can be judged from this cohort").format(reason=reason))]
    cohort_auc = area(sample.values, sample.is_patient).auc
    return [
        _for_difference(sample, options),
        _for_auc(sample, cohort_auc, options),
        *(_for_half_width(sample, cohort_auc, options, half_width) for half_width in HALF_WIDTHS),
        _for_two_areas(study, sample, cohort_auc, options),
    ]


def smallest(enough):
    """The smallest whole number from 2 on with `enough(number)`, which stays true; None beyond MOST_SUBJECTS."""
    high = 2
    while not enough(high):
        if high > MOST_SUBJECTS:
            return None
        high *= 2
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def hanley_mcneil_variance(auc, patients, controls):
    """Variance of an AUC estimated from so many independent values (Hanley and McNeil, Radiology 1982;143:29)."""
    among_patients, among_controls = auc / (2 - auc) - auc**2, 2 * auc**2 / (1 + auc) - auc**2
    return (auc * (1 - auc) + (patients - 1) * among_patients + (controls - 1) * among_controls) / (patients * controls)


def auc_power(auc, patients, controls):
    """Power of the two-sided test, at ALPHA, that an AUC is not 0.5, 0-1; 0 for groups that cannot reach ALPHA.

    Normal approximation with the variance under each hypothesis (Obuchowski, Radiology 2003;229:3).
    """
    if smallest_p(patients, controls) > ALPHA:
        return 0.0
    under_null = math.sqrt((patients + controls + 1) / (12 * patients * controls))
    under_auc = math.sqrt(hanley_mcneil_variance(auc, patients, controls))
    return float(stats.norm.sf((stats.norm.isf(ALPHA / 2) * under_null - abs(auc - 0.5)) / under_auc))


def _for_difference(sample, options):
    patients, controls = sample.patients, sample.others
    freedom = len(patients) + len(controls) - 2
    squares = (len(patients) - 1) * patients.var(ddof=1) + (len(controls) - 1) * controls.var(ddof=1)
    sd = math.sqrt(squares / freedom)
    as_seen = options.difference_per_mm is None
    difference = float(patients.mean() - controls.mean()) if as_seen else options.difference_per_mm
    aim = _Aim(
        _("to show a difference of {difference:.3g} {unit} between the groups' means").format(
            difference=difference, unit=SH_THK.unit
        ),
        "Student's t for the difference over the pooled SD (statsmodels, TTestIndPower), divided by 3/pi for "
        "Mann-Whitney (Hodges and Lehmann, Ann Math Stat 1956;27:324).",
        {"difference": difference, "sd": sd, "alpha": ALPHA, "power": options.power},
        as_seen,
    )
    if not sd > 0:
        return aim.missed(sample, _("within each group all values are equal, so there is no spread to plan with"))
    if abs(difference) < 1e-9 * sd:
        return aim.missed(sample, _("there is no difference to show"))
    try:
        from statsmodels.stats.power import TTestIndPower
    except ImportError:
        return aim.missed(sample, _("not computed, because the optional library statsmodels is not installed"))

    effect = min(abs(difference) / sd, LARGEST_EFFECT)

    def enough(patients, controls):
        # As many values for Student's t as Mann-Whitney makes of these.
        power = TTestIndPower().power(effect, RELATIVE_EFFICIENCY * patients, ALPHA, ratio=controls / patients)
        return power >= options.power and smallest_p(patients, controls) <= ALPHA

    spread = _("with the cohort's pooled SD of {sd:.3g} {unit}").format(sd=sd, unit=SH_THK.unit)
    has = _("{spread}, a two-sided Mann-Whitney test at P = .05 has a power of {power:g} with").format(
        spread=spread, power=options.power
    )
    return aim.found(sample, enough, has)


def _for_auc(sample, cohort_auc, options):
    auc = cohort_auc if options.auc is None else options.auc
    aim = _Aim(
        _("to show that an AUC of {auc:.2f} is greater than 0.50").format(auc=auc),
        "Normal approximation with the variance of Hanley and McNeil (Radiology 1982;143:29), and with that of "
        "Mann-Whitney's U under an AUC of 0.5 (Obuchowski, Radiology 2003;229:3).",
        {"auc": auc, "alpha": ALPHA, "power": options.power},
        options.auc is None,
    )
    if auc <= 0.5:
        return aim.missed(sample, _("it is not, so no size can show it"))
    if auc >= 1:
        return aim.missed(sample, _PERFECT)
    return aim.found(
        sample,
        lambda patients, controls: auc_power(auc, patients, controls) >= options.power,
        _("a two-sided test at P = .05 has a power of {power:g} with").format(power=options.power),
    )


def _for_half_width(sample, cohort_auc, options, half_width):
    auc = cohort_auc if options.auc is None else options.auc
    aim = _Aim(
        _("to know an AUC of {auc:.2f} with a 95 % CI no wider than ± {half_width:.2f}").format(
            auc=auc, half_width=half_width
        ),
        "Half the width of the score interval of Newcombe (Stat Med 2006;25:559), which takes the variance of Hanley "
        "and McNeil (Radiology 1982;143:29).",
        {"auc": auc, "half_width": half_width},
        options.auc is None,
    )

    def enough(patients, controls):
        low, high = score_interval(auc, patients, controls)
        return high - low <= 2 * half_width

    return aim.found(
        sample,
        enough,
        _("this takes"),
    )


def two_areas_power(auc, other, correlation, patients, controls):
    """Power of the two-sided test, at ALPHA, that two areas of the same subjects differ, 0-1.

    Obuchowski and McClish, Stat Med 1997;16:1529, for the variance of Hanley and McNeil: under no difference both areas
    are their mean.

    Parameters
    ----------
    auc, other : float
    correlation : float
        Between the two estimated areas.
    patients, controls : int
    """

    def error(one, two):
        variances = [hanley_mcneil_variance(own, patients, controls) for own in (one, two)]
        covariance = correlation * math.sqrt(variances[0] * variances[1])
        return math.sqrt(max(sum(variances) - 2 * covariance, 1e-300))

    mean = (auc + other) / 2
    return float(stats.norm.sf((stats.norm.isf(ALPHA / 2) * error(mean, mean) - abs(auc - other)) / error(auc, other)))


def _for_two_areas(study, sample, cohort_auc, options):
    """Against the sum of a reader's scores where there are any, else against the better of SH and Thk; or as given."""
    rival, name = _rival(study)
    auc = cohort_auc if options.auc is None else options.auc
    other = rival[1] if options.other_auc is None else options.other_auc
    aim = _Aim(
        _("to show that an AUC of {auc:.2f} differs from one of {other:.2f} in the same subjects ({name})").format(
            auc=auc, other=other, name=name
        ),
        "Normal approximation with the variance of Hanley and McNeil (Radiology 1982;143:29) and the correlation that "
        "this cohort's areas have (Obuchowski and McClish, Stat Med 1997;16:1529).",
        {"auc": auc, "other_auc": other, "correlation": rival[2], "alpha": ALPHA, "power": options.power},
        options.auc is None and options.other_auc is None,
    )
    if not np.isfinite([other, rival[2]]).all():
        return aim.missed(sample, _("there are too few subjects with both"))
    if max(auc, other) >= 1 or min(auc, other) <= 0:
        return aim.missed(sample, _PERFECT)
    if abs(auc - other) < 1e-9:
        return aim.missed(sample, _("the two are equal"))
    if rival[2] > ALIKE:
        return aim.missed(sample, _("in this cohort both put all subjects into the same order"))
    return aim.found(
        sample,
        lambda patients, controls: two_areas_power(auc, other, rival[2], patients, controls) >= options.power,
        _(
            "a two-sided test at P = .05 of areas that correlate by {correlation:.2f} has a power of {power:g} with"
        ).format(correlation=rival[2], power=options.power),
    )


def _rival(study):
    """((area of SH/Thk, area of its rival, correlation of both), name of the rival); nan where there are none."""
    compared = Comparison(study)
    rivals = [
        (values, _("the sum of reader {reader}'s scores").format(reader=reader))
        for (reader, _session), values in score_sums(compared.subjects).items()
    ]
    rivals = rivals[:1] or [
        (marker.pathologic * compared.most_pathologic(marker), _("{marker.name} alone").format(marker=marker))
        for marker in (SH, THK)
    ]
    found = []
    for values, name in rivals:
        own = compared.most_pathologic(SH_THK)
        both = np.isfinite(own) & np.isfinite(values)
        is_patient = compared.is_patient[both]
        if min(is_patient.sum(), (~is_patient).sum()) < 2:
            found.append(((np.nan, np.nan, np.nan), name))
            continue
        one, other = (area(tied(column[both]), is_patient) for column in (own, values))
        scale = math.sqrt(one.variance * other.variance)
        found.append(((one.auc, other.auc, covariance(one, other) / scale if scale > 0 else np.nan), name))
    return max(found, key=lambda pair: np.nan_to_num(pair[0][1], nan=-1.0))


@dataclass(frozen=True)
class _Aim:
    """What the sizes are for: in words, by which method, given what, and whether the cohort itself gave the effect."""

    wanted: str
    method: str
    given: dict
    as_seen: bool

    def missed(self, sample, why):
        """The finding that there is no size."""
        return self._finding(sample, why, {})

    def found(self, sample, enough, has):
        """The finding of the smallest sizes with `enough(patients, controls)`, in equal groups and in the ratio."""
        ratio = len(sample.others) / len(sample.patients)

        def controls_of(patients):
            return max(2, math.ceil(patients * ratio - 1e-9))

        each = smallest(lambda patients: enough(patients, patients))
        patients = smallest(lambda patients: enough(patients, controls_of(patients)))
        if each is None or patients is None:
            return self.missed(
                sample,
                _("more than {most} patients are needed, so there is no sensible size").format(most=MOST_SUBJECTS),
            )
        controls = controls_of(patients)
        words = _(
            "{has} {each} patients and {each} controls, or, in this cohort's ratio, {patients} patients "
            "and {controls} controls"
        ).format(has=has, each=each, patients=patients, controls=controls)
        if self.as_seen:
            words += _(
                ". An effect seen in a small cohort is uncertain and tends to be too large, so a study "
                "planned on it tends to be too small"
            )
        details = {"each_group": each, "patients_in_ratio": patients, "controls_in_ratio": controls}
        return self._finding(sample, words, details, estimate=float(each), unit=term("subjects"))

    def _finding(self, sample, words, details, **more):
        what = listed((_WHAT, self.wanted), ", ")
        return Finding(
            analysis="sample_size",
            what=what,
            quantity="subjects in each group",
            words=(
                _("{what}: {words}. This cohort: {patients} and {controls} with a value.").format(
                    what=what,
                    words=words,
                    patients=counted(len(sample.patients), "patient"),
                    controls=counted(len(sample.others), "control"),
                )
            ),
            n={"patients": len(sample.patients), "controls": len(sample.others)},
            method=self.method,
            labels=marker_labels(SH_THK) | {"selection": "symmetric"},
            details=self.given | details,
            **more,
        )
