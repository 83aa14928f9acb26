"""One subject read against the controls of a study."""

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from ..translation import Note as _
from .comparison import Comparison
from .cutoff import performance, why_none
from .finding import NO_ESTIMATE, Finding, ci_text, counted, p_text
from .proportions import clopper_pearson
from .repeatability import BETWEEN, WITHIN, repeatability_coefficient
from .sample import sample
from .standing import against_regression, crawford_howell
from .study import REGION_NAMES, SH_THK, matrix
from .ties import tied

# Fewer controls give a scatter that says nothing.
LEAST = 3
GREATEST = _("greatest")
CRAWFORD_HOWELL = "Crawford-Howell t, one-sided"
UNIT = SH_THK.unit
# A greater study reads its own subjects by their greatest values alone.
REGION_BY_REGION_UP_TO = 500


def subject_findings(study, options):
    """Every subject without a group, and every one with a group, against the (other) controls.

    Parameters
    ----------
    study : Study
    options : CohortOptions

    Returns
    -------
    list of Finding
        Of each subject without a group one is a main finding.
    """
    controls, findings = {}, []
    whole = len(study.subjects) <= REGION_BY_REGION_UP_TO
    for subject in (*study.to_read, *(subject for group in study.groups for subject in study.group(group))):
        protocol = subject.readings[0].protocol
        if protocol not in controls:
            controls[protocol] = Controls(study, protocol, options)
        own = controls[protocol].read(subject, study.field_strength_t, whole or subject.group is None)
        findings += own if subject.group else _with_headline(own)
    return findings


def read_against(subject, field_strength_t, study, options):
    """One subject, of the study or from elsewhere, against the controls: region by region, and greatest by greatest.

    The subject itself is left out of the controls, and out of those who choose the cut-off.

    Parameters
    ----------
    subject : Subject
    field_strength_t : float
        At which the subject was measured, tesla.
    study : Study
    options : CohortOptions

    Returns
    -------
    list of Finding
        One that says why, where field strength or protocol differ or there are too few controls.
    """
    return Controls(study, subject.readings[0].protocol, options).read(subject, field_strength_t)


def _with_headline(findings):
    """The same, one of them a main finding: the greatest value by its t, else by its rank, else why there is none."""
    of_greatest = [f for f in findings if f.labels.get("region") == GREATEST and f.estimate is not None]
    by_t = [f for f in of_greatest if f.test == CRAWFORD_HOWELL]
    chosen = [*by_t, *of_greatest, *findings][0]
    return [replace(f, headline=f is chosen) for f in findings]


@dataclass(frozen=True)
class Controls:
    """The controls of a study that were measured with one protocol, whom subjects are read against one by one."""

    study: object
    protocol: str | None
    options: object
    _cutoffs: dict = field(default_factory=dict)

    @cached_property
    def same(self):
        """The study's subjects of this protocol."""
        own = tuple(subject for subject in self.study.subjects if subject.readings[0].protocol == self.protocol)
        return replace(self.study, subjects=own)

    @cached_property
    def subjects(self):
        return self.same.group("control")

    @cached_property
    def values(self):
        """SH/Thk of the controls, shape (controls, regions)."""
        return matrix(self.subjects, SH_THK.column)

    @cached_property
    def ages(self):
        return np.array([control.age for control in self.subjects])

    @cached_property
    def noise(self):
        """The repeatability coefficient with its kind, or None."""
        return repeatability_coefficient(self.study, (BETWEEN, WITHIN), self.study.groups)

    @cached_property
    def chosen(self):
        """Youden's cut-off of all, and of each subject that took part in its choice the one chosen without it."""
        compared = Comparison(self.same)
        taken = sample(compared.values(SH_THK), compared.is_patient, "symmetric")
        if why_none(taken, SH_THK.name):
            return np.nan, {}
        found = performance(taken, 1, "youden", None, 2, self.options.seed)
        if sum(rate.estimate for rate in found.rates) <= 1 + 1e-9:
            return np.nan, {}
        without = zip(found.subject, found.cutoffs_left_out, strict=True)
        return found.cutoff, {id(compared.subjects[number]): float(cutoff) for number, cutoff in without}

    def read(self, subject, field_strength_t, region_by_region=True):
        """The findings of one subject, or the one that says why there is none."""
        what = _("{name} against the controls").format(name=subject.name)

        def refusal(words, controls=0):
            n = {"controls": controls}
            labels = {"subject": subject.name} | ({"group": subject.group} if subject.group else {})
            words = _("{what}: {words}").format(what=what, words=words)
            return [Finding("subject", what, "percentile", words, n, NO_ESTIMATE, labels=labels)]

        if field_strength_t != self.study.field_strength_t:
            return refusal(
                _(
                    "refused, since the subject was measured at {field:g} T and the controls at "
                    "{their_field:g} T; SH/Thk rises with the field strength."
                ).format(field=field_strength_t, their_field=self.study.field_strength_t)
            )
        others = np.array([control is not subject for control in self.subjects], bool)
        count = int(others.sum())
        total = len(self.study.group("control")) - (subject.group == "control" and count < len(others))
        if total and not count:
            return refusal(
                _(
                    "refused, since none of the {total} controls was measured with the subject's protocol "
                    "({protocol}); values of different protocols are not compared."
                ).format(total=total, protocol=self.protocol or _("not known"))
            )
        if count < LEAST:
            return refusal(
                _(
                    "not read, since there are too few controls at {field:g} T ({count}); at "
                    "least {least} are needed, and those of another field strength do not serve, since "
                    "SH/Thk rises with it."
                ).format(field=field_strength_t, count=count, least=LEAST),
                count,
            )
        notes = ""
        if count < total:
            notes += _(" Only the {count} of {total} controls measured with the subject's protocol serve.").format(
                count=count, total=total
            )
        if self.protocol is None:
            notes += _(" Protocols are not known: that they agree is taken on trust.")
        own = matrix([subject], SH_THK.column)[0]
        if np.isnan(own).all():
            return refusal(_("not read, since no region was measured in this subject."), count)
        of_controls, ages = self.values[others], self.ages[others]
        reading, findings = _Reading(subject, notes), []
        for number in self.study.regions if region_by_region else ():
            findings += reading.at(REGION_NAMES[number], own[number], of_controls[:, number], ages)
        # Like with like: the greatest of the same regions. A control that lacks one of them has none.
        measured = ~np.isnan(own)
        greatest = of_controls[:, measured].max(axis=1)
        lacking = int(np.isnan(greatest).sum())
        if not measured[list(self.study.regions)].all():
            notes += _(" The greatest is that of {regions} measured in this subject.").format(
                regions=counted(int(measured.sum()), "region")
            )
        left_out = (
            _(" Left out for lack of such a region: {controls}.").format(controls=counted(lacking, "control"))
            if lacking
            else ""
        )
        findings += _Reading(subject, notes + left_out).at(GREATEST, own[measured].max(), greatest, ages)
        return findings + self._sides(subject, notes)

    def _sides(self, subject, notes):
        """On which side of each cut-off the subject's greatest value lies, and whether by more than noise."""
        cutoffs = {}
        if self.options.cutoff_per_mm is not None:
            cutoffs["given"] = self.options.cutoff_per_mm, _("given beforehand")
        youden, without = self.chosen
        youden = without.get(id(subject), youden)
        if np.isfinite(youden):
            cutoffs["youden"] = youden, _("Youden's, chosen by the other subjects of the study")
        reading = _Reading(subject, notes)
        return [_side(reading, name, cutoff, origin, self.noise) for name, (cutoff, origin) in cutoffs.items()]


@dataclass(frozen=True)
class _Reading:
    """Whom the findings are of, and what is to be said with each."""

    subject: object
    notes: str

    def finding(self, place, quantity, words, n, method, **numbers):
        what = _("{name}, SH/Thk, {place}").format(name=self.subject.name, place=place)
        labels = {"subject": self.subject.name, "marker": SH_THK.column, "region": place}
        if self.subject.group:
            labels["group"] = self.subject.group
        words = _("{what}: {words}{notes}").format(what=what, words=words, notes=self.notes)
        return Finding("subject", what, quantity, words, n, method, labels=labels, **numbers)

    def at(self, place, value, controls, ages):
        """The findings of one region or of the greatest."""
        known = ~np.isnan(controls)
        ages = ages[known]
        value, *controls = tied(np.append(value, controls[known]))
        controls = np.array(controls)
        n = {"controls": len(controls)}
        if np.isnan(value):
            return [self.finding(place, "percentile", _("not measured in this subject."), n, NO_ESTIMATE)]
        if len(controls) < LEAST:
            words = _(
                "{value:.3g} {unit}; not read, since too few controls have a value here ({controls}); at "
                "least {least} are needed."
            ).format(value=value, unit=UNIT, controls=len(controls), least=LEAST)
            return [self.finding(place, "percentile", words, n, NO_ESTIMATE)]
        findings = [self._percentile(place, value, controls, n), self._crawford_howell(place, value, controls, n)]
        if np.isfinite(self.subject.age):
            findings.append(self._at_age(place, value, controls, ages))
        return findings

    def _percentile(self, place, value, controls, n):
        percent, ci = percentile(value, controls)
        below, count = int((controls < value).sum()), len(controls)
        ties = int((controls == value).sum())
        if below == count:
            words = _(
                "above all {count} controls: percentile {percent:.0f} at least, so few controls can tell no more"
            ).format(count=count, percent=percent)
        elif below + ties == 0:
            words = _(
                "below all {count} controls: percentile {percent:.0f} at most, so few controls can tell no more"
            ).format(count=count, percent=percent)
        else:
            words = _("above {below} of {count} controls").format(below=below, count=count)
            words += _(" and equal to {ties}").format(ties=ties) if ties else ""
            words += _(": percentile {percent:.0f}").format(percent=percent)
        words += _(" (95 % CI {ci[0]:.0f} to {ci[1]:.0f}, Clopper and Pearson)").format(ci=ci)
        method = (
            "Share of the controls below, half of the equal ones counted, no further out than 1 / (n + 1) from either "
            "end; Clopper and Pearson's interval, which covers 95 % or more."
        )
        details = {"value": float(value), "below": below}
        words = _("{value:.3g} {unit}, {words}.").format(value=value, unit=UNIT, words=words)
        return self.finding(place, "percentile", words, n, method, estimate=percent, unit="%", ci=ci, details=details)

    def _crawford_howell(self, place, value, controls, n):
        method = (
            "Crawford and Howell, Clin Neuropsychol 1998;12:482, on the square root of SH/Thk; interval: Crawford and "
            "Garthwaite, Neuropsychologia 2002;40:1196."
        )
        roots = np.sqrt(controls)
        quantity = "percentage of the control population below"
        if np.ptp(roots) == 0:
            words = _("no t, since all {controls} controls have the same value ({value:.3g} {unit}).").format(
                controls=len(controls), value=controls[0], unit=UNIT
            )
            return self.finding(place, quantity, words, n, method)
        found = crawford_howell(np.sqrt(value), roots)
        zeros = int((controls == 0).sum())
        censored = (
            _(" At zero, where normality fails: {controls}.").format(controls=counted(zeros, "control"))
            if zeros
            else ""
        )
        words = _(
            "{value:.3g} {unit} against {controls} controls (mean of the square root {mean:.3g}, SD {sd:.3g}): "
            "Crawford-Howell t({freedom}) = {t:.2f}, one-sided {p} that a control "
            "is as high; {words}.{censored}"
        ).format(
            value=value,
            unit=UNIT,
            controls=len(controls),
            mean=roots.mean(),
            sd=roots.std(ddof=1),
            freedom=len(controls) - 1,
            t=found.t,
            p=p_text(found.p),
            words=found.words,
            censored=censored,
        )
        details = {"value": float(value), "mean_root": float(roots.mean()), "sd_root": float(roots.std(ddof=1))}
        details["controls_at_zero"] = zeros
        return self.finding(
            place,
            quantity,
            words,
            n,
            method,
            estimate=found.below,
            unit="%",
            ci=found.ci,
            test=CRAWFORD_HOWELL,
            statistic=found.t,
            p=found.p,
            details=details,
        )

    def _at_age(self, place, value, controls, ages):
        """The same against the controls' linear regression on age."""
        method = (
            "Linear regression of the square root of SH/Thk on age in the controls; t of the prediction's error "
            "(Crawford and Garthwaite, Neuropsychology 2006;20:259)."
        )
        known = np.isfinite(ages)
        controls, ages, age = controls[known], ages[known], self.subject.age
        n = {"controls": len(controls)}
        quantity = "percentage of the control population of that age below"
        why = None
        if len(controls) < LEAST + 1:
            why = _("too few controls have an age and a value ({controls}); at least {least} are needed").format(
                controls=len(controls), least=LEAST + 1
            )
        elif np.ptp(ages) == 0:
            why = _("all {controls} controls have the same age ({ages[0]:.3g} years)").format(
                controls=len(controls), ages=ages
            )
        else:
            found = against_regression(age, np.sqrt(value), ages, np.sqrt(controls))
            if found is None:
                why = _("the {controls} controls lie on a line without scatter").format(controls=len(controls))
        if why:
            return self.finding(place, quantity, _("not adjusted for age, since {why}.").format(why=why), n, method)
        # Back from the square root; below zero there is none.
        expected, low, high = (max(end, 0) ** 2 for end in (found.expected, *found.prediction))
        words = _(
            "at {age:.3g} years the {controls} controls lead to expect {expected:.3g} {unit} (95 % "
            "prediction interval {low:.3g} to {high:.3g}); measured {value:.3g} {unit}, t({freedom}) = "
            "{t:.2f}, one-sided {p} that a control of that age is as high; {words}."
        ).format(
            age=age,
            controls=len(controls),
            expected=expected,
            unit=UNIT,
            low=low,
            high=high,
            value=value,
            freedom=len(controls) - 2,
            t=found.t,
            p=p_text(found.p),
            words=found.words,
        )
        if not ages.min() <= age <= ages.max():
            words += _(
                " The age lies outside the controls' ({low:.3g} to {high:.3g} years): the line "
                "is extended beyond its data."
            ).format(low=ages.min(), high=ages.max())
        details = {"value": float(value), "age": float(age), "expected": expected, "prediction_interval": (low, high)}
        return self.finding(
            place,
            quantity,
            words,
            n,
            method,
            estimate=found.below,
            unit="%",
            ci=found.ci,
            test="t of the prediction, one-sided",
            statistic=found.t,
            p=found.p,
            details=details,
        )


def percentile(value, controls):
    """Percentile of a value among controls with its 95 % interval.

    Where values are equal, half of them count as below. The estimate lies no further out than 1 / (n + 1) from 0 and
    100, for so few controls can tell no more; the interval is Clopper and Pearson's (Biometrika 1934;26:404).

    Parameters
    ----------
    value : float
    controls : array, shape (n,)

    Returns
    -------
    (percentile, (low, high))
        In %.
    """
    controls = np.asarray(controls, float)
    count = len(controls)
    below = (controls < value).sum() + (controls == value).sum() / 2
    estimate = 100 * np.clip(below / count, 1 / (count + 1), count / (count + 1))
    return float(estimate), tuple(100 * end for end in clopper_pearson(below, count))


def _side(reading, name, cutoff, origin, noise):
    first = reading.subject.readings[0]
    values = first.values[SH_THK.column]
    place = np.nanargmax(values)
    value = float(values[place])
    above, apart = value >= cutoff, value - cutoff
    words = _(
        "{value:.3g} {unit} in the {region} is {side} the cut-off of {cutoff:.3g} {unit} "
        "({origin}), by {apart:.2g} {unit}"
    ).format(
        value=value,
        unit=UNIT,
        region=REGION_NAMES[place],
        side=_("at or above") if above else _("below"),
        cutoff=cutoff,
        origin=origin,
        apart=abs(apart),
    )
    details = {"value": value, "cutoff": float(cutoff), "above": bool(above)}
    n = {"subjects": 1}
    if noise:
        coefficient, _ci, kind, pairs = noise
        n["pairs of readings"] = pairs
        within = abs(apart) <= coefficient
        details |= {"repeatability_coefficient": coefficient, "within_noise": bool(within)}
        words += _(
            ": {size}, since two readings of a subject differ by up to {coefficient:.2g} {unit} in 95 % "
            "({kind}, {pairs} of readings)."
        ).format(
            size=_("within the noise") if within else _("more than the noise"),
            coefficient=coefficient,
            unit=UNIT,
            kind=kind,
            pairs=counted(pairs, "pair"),
        )
    else:
        low, high = (float(first.values[f"{SH_THK.column}_ci_{end}"][place]) for end in ("low", "high"))
        words += _("; how much a reading made again would differ is not known")
        if high > low:
            details |= {"imaging_noise": (low, high), "within_noise": bool(low <= cutoff <= high)}
            words += _(" (imaging noise only, redrawing the line not included: {ci})").format(
                ci=ci_text((low, high), 3)
            )
        words += "."
    method = (
        "Difference from the cut-off beside the repeatability coefficient. No probability: how the true values of "
        "people are spread, on which it would depend, is not known."
    )
    finding = reading.finding(
        GREATEST, "distance from the cut-off", words, n, method, estimate=apart, unit=UNIT, details=details
    )
    return replace(finding, labels={**finding.labels, "cutoff": name})
