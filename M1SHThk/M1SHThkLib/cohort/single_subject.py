"""Analysis 6: one subject read against the controls of a study."""

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import nctdtrinc
from scipy.stats import beta, norm, t

from .cutoff import why_none, youden_cutoff
from .finding import NO_ESTIMATE, Finding, counted, p_text
from .repeatability import within_subject_sd
from .sample import study_sample
from .study import REGION_NAMES, SH_THK, matrix

# Fewer controls give a scatter that says nothing.
LEAST = 3
GREATEST = "greatest"
CRAWFORD_HOWELL = "Crawford-Howell t, one-sided"
UNIT = SH_THK.unit


def subject_findings(study, options):
    """Every subject without a group, every patient and every control against the (other) controls.

    Parameters
    ----------
    study : Study
    options : CohortOptions

    Returns
    -------
    list of Finding
        Of each subject without a group one belongs on the first page.
    """
    findings = []
    for subject in study.to_read:
        findings += _with_headline(read_against(subject, study.field_strength_t, study, options))
    for subject in study.group("patient") + study.group("control"):
        findings += read_against(subject, study.field_strength_t, study, options)
    return findings


def _with_headline(findings):
    """The same, one for the first page: the greatest value by its t, else by its rank, else why there is none."""
    of_greatest = [f for f in findings if f.labels.get("region") == GREATEST and f.estimate is not None]
    by_t = [f for f in of_greatest if f.test == CRAWFORD_HOWELL]
    chosen = [*by_t, *of_greatest, *findings][0]
    return [replace(f, headline=f is chosen) for f in findings]


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
    what = f"{subject.name} against the controls"

    def refusal(words, controls=0):
        n = {"controls": controls}
        labels = {"subject": subject.name}
        return [Finding("subject", what, "percentile", f"{what}: {words}", n, NO_ESTIMATE, labels=labels)]

    if field_strength_t != study.field_strength_t:
        return refusal(
            f"refused, since the subject was measured at {field_strength_t:g} T and the controls at "
            f"{study.field_strength_t:g} T; SH/Thk rises with the field strength."
        )
    protocol = subject.readings[0].protocol
    others = tuple(other for other in study.subjects if other is not subject)
    same = replace(study, subjects=tuple(other for other in others if other.readings[0].protocol == protocol))
    total = sum(other.group == "control" for other in others)
    controls = same.group("control")
    if total and not controls:
        return refusal(
            f"refused, since none of the {total} controls was measured with the subject's protocol "
            f"({protocol or 'not known'}); values of different protocols are not compared."
        )
    if len(controls) < LEAST:
        return refusal(
            f"not read, since there are too few controls at {field_strength_t:g} T ({len(controls)}); at least {LEAST} "
            "are needed, and those of another field strength do not serve, since SH/Thk rises with it.",
            len(controls),
        )
    notes = ""
    if len(controls) < total:
        notes += f" Only the {len(controls)} of {total} controls measured with the subject's protocol serve."
    if protocol is None:
        notes += " Protocols are not known: that they agree is taken on trust."
    own, of_controls = matrix([subject], SH_THK.column)[0], matrix(controls, SH_THK.column)
    if np.isnan(own).all():
        return refusal("not read, since no region was measured in this subject.", len(controls))
    ages = np.array([control.age for control in controls])
    reading = _Reading(subject, notes)
    findings = []
    for index in study.regions:
        findings += reading.at(REGION_NAMES[index], own[index], of_controls[:, index], ages)
    # Like with like: the greatest of the same regions. A control that lacks one of them has none.
    measured = ~np.isnan(own)
    greatest = of_controls[:, measured].max(axis=1)
    lacking = int(np.isnan(greatest).sum())
    if not measured.all():
        notes += f" The greatest is that of {counted(int(measured.sum()), 'region')} measured in this subject."
    left_out = f" Left out for lack of such a region: {counted(lacking, 'control')}." if lacking else ""
    findings += _Reading(subject, notes + left_out).at(GREATEST, own[measured].max(), greatest, ages)
    return findings + _sides(subject, same, within_subject_sd(study), options, notes)


@dataclass(frozen=True)
class _Reading:
    """Whom the findings are of, and what is to be said with each."""

    subject: object
    notes: str

    def finding(self, place, quantity, words, n, method, **numbers):
        what = f"{self.subject.name}, SH/Thk, {place}"
        labels = {"subject": self.subject.name, "marker": SH_THK.column, "region": place}
        if self.subject.group:
            labels["group"] = self.subject.group
        return Finding("subject", what, quantity, f"{what}: {words}{self.notes}", n, method, labels=labels, **numbers)

    def at(self, place, value, controls, ages):
        """The findings of one region or of the greatest."""
        known = ~np.isnan(controls)
        controls, ages = controls[known], ages[known]
        n = {"controls": len(controls)}
        if np.isnan(value):
            return [self.finding(place, "percentile", "not measured in this subject.", n, NO_ESTIMATE)]
        if len(controls) < LEAST:
            words = (
                f"{value:.3g} {UNIT}; not read, since too few controls have a value here ({len(controls)}); at least "
                f"{LEAST} are needed."
            )
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
            words = f"above all {count} controls: percentile {percent:.0f} at least, so few controls can tell no more"
        elif below + ties == 0:
            words = f"below all {count} controls: percentile {percent:.0f} at most, so few controls can tell no more"
        else:
            words = f"above {below} of {count} controls" + (f" and equal to {ties}" if ties else "")
            words += f": percentile {percent:.0f}"
        words += f" (95 % CI {ci[0]:.0f} to {ci[1]:.0f}, Clopper and Pearson)"
        method = (
            "Share of the controls below, half of the equal ones counted, no further out than 1 / (n + 1) from either "
            "end; Clopper and Pearson's interval, cut likewise."
        )
        details = {"value": float(value), "below": below}
        words = f"{value:.3g} {UNIT}, {words}."
        return self.finding(place, "percentile", words, n, method, estimate=percent, unit="%", ci=ci, details=details)

    def _crawford_howell(self, place, value, controls, n):
        method = (
            "Crawford and Howell, Clin Neuropsychol 1998;12:482, on the square root of SH/Thk; interval: Crawford and "
            "Garthwaite, Neuropsychologia 2002;40:1196."
        )
        roots = np.sqrt(controls)
        quantity = "percentage of the control population below"
        if np.ptp(roots) == 0:
            words = f"no t, since all {len(controls)} controls have the same value ({controls[0]:.3g} {UNIT})."
            return self.finding(place, quantity, words, n, method)
        found = crawford_howell(np.sqrt(value), roots)
        zeros = int((controls == 0).sum())
        censored = f" At zero, where normality fails: {counted(zeros, 'control')}." if zeros else ""
        words = (
            f"{value:.3g} {UNIT} against {len(controls)} controls (mean of the square root {roots.mean():.3g}, SD "
            f"{roots.std(ddof=1):.3g}): Crawford-Howell t({len(controls) - 1}) = {found.t:.2f}, one-sided "
            f"{p_text(found.p)} that a control is as high; {found.words}.{censored}"
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
            why = f"too few controls have an age and a value ({len(controls)}); at least {LEAST + 1} are needed"
        elif np.ptp(ages) == 0:
            why = f"all {len(controls)} controls have the same age ({ages[0]:.3g} years)"
        else:
            found = against_regression(age, np.sqrt(value), ages, np.sqrt(controls))
            if found is None:
                why = f"the {len(controls)} controls lie on a line without scatter"
        if why:
            return self.finding(place, quantity, f"not adjusted for age, since {why}.", n, method)
        # Back from the square root; below zero there is none.
        expected, low, high = (max(end, 0) ** 2 for end in (found.expected, *found.prediction))
        words = (
            f"at {age:.3g} years the {len(controls)} controls lead to expect {expected:.3g} {UNIT} (95 % prediction "
            f"interval {low:.3g} to {high:.3g}); measured {value:.3g} {UNIT}, t({len(controls) - 2}) = {found.t:.2f}, "
            f"one-sided {p_text(found.p)} that a control of that age is as high; {found.words}."
        )
        if not ages.min() <= age <= ages.max():
            words += (
                f" The age lies outside the controls' ({ages.min():.3g} to {ages.max():.3g} years): the line is "
                "extended beyond its data."
            )
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
    """Percentile of a value among controls with its 95 % interval, none beyond 1 / (n + 1) from 0 and 100.

    Clopper and Pearson, Biometrika 1934;26:404; where values are equal, half of them count as below.

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
    low = beta.ppf(0.025, below, count - below + 1) if below else 0.0
    high = beta.ppf(0.975, below + 1, count - below) if below < count else 1.0
    ends = 100 * np.clip([below / count, low, high], 1 / (count + 1), count / (count + 1))
    return float(ends[0]), (float(ends[1]), float(ends[2]))


@dataclass(frozen=True)
class Standing:
    """Where a value stands among what is expected.

    Attributes
    ----------
    t, p : float
        p is one-sided: that a control is as high.
    below : float
        Percentage of the population below.
    ci : (low, high)
        95 %, of that percentage.
    expected : float
    prediction : (low, high)
        95 % prediction interval of one control.
    """

    t: float
    p: float
    below: float
    ci: tuple[float, float]
    expected: float
    prediction: tuple[float, float]

    @property
    def words(self):
        """'an estimated 97.2 % of the control population lie below (95 % CI 88.1 to 99.9)'."""
        below, low, high = (_percent(value) for value in (self.below, *self.ci))
        return f"an estimated {below} % of the control population lie below (95 % CI {low} to {high})"


def _percent(value):
    """Not 100 % of a population, of which a sample is all that is known."""
    return "> 99.9" if value > 99.95 else "< 0.1" if value < 0.05 else f"{value:.1f}"


def _standing(value, expected, sd, error, df):
    """`error`: standard error of what is expected, in SD."""
    from_expected = (value - expected) / sd
    widened = np.sqrt(1 + error**2)
    statistic = from_expected / widened
    # The distance in SD divided by its error is noncentral t, whose noncentrality is the true one divided likewise.
    ends = (100 * norm.cdf(error * nctdtrinc(df, tail, from_expected / error)) for tail in (0.975, 0.025))
    half = t.ppf(0.975, df) * sd * widened
    return Standing(
        t=float(statistic),
        p=float(t.sf(statistic, df)),
        below=float(100 * t.cdf(statistic, df)),
        ci=tuple(float(end) for end in ends),
        expected=float(expected),
        prediction=(float(expected - half), float(expected + half)),
    )


def crawford_howell(value, controls):
    """A value against a small sample of controls.

    t: Crawford and Howell, Clin Neuropsychol 1998;12:482. Interval of the percentage below: Crawford and Garthwaite,
    Neuropsychologia 2002;40:1196.

    Parameters
    ----------
    value : float
    controls : array, shape (n,)
        At least two different ones.

    Returns
    -------
    Standing
    """
    controls = np.asarray(controls, float)
    count = len(controls)
    return _standing(value, controls.mean(), controls.std(ddof=1), 1 / np.sqrt(count), count - 1)


def against_regression(at, value, predictor, controls):
    """A value against controls' linear regression, with the error of the prediction.

    Crawford and Garthwaite, Neuropsychology 2006;20:259.

    Parameters
    ----------
    at : float
        The predictor of the value.
    value : float
    predictor, controls : arrays, shape (n,)
        At least three, the predictors not all equal.

    Returns
    -------
    Standing or None
        None where the controls lie on a line.
    """
    predictor, controls = np.asarray(predictor, float), np.asarray(controls, float)
    count, centred = len(controls), predictor - predictor.mean()
    slope = centred @ controls / (centred @ centred)
    residuals = controls - controls.mean() - slope * centred
    sd = np.sqrt(residuals @ residuals / (count - 2))
    if sd <= 1e-9 * np.abs(controls).max():
        return None
    distance = at - predictor.mean()
    error = np.sqrt(1 / count + distance**2 / (centred @ centred))
    return _standing(value, controls.mean() + slope * distance, sd, error, count - 2)


def _sides(subject, same, repeat, options, notes):
    """On which side of each cut-off the subject's greatest value lies, and with what probability."""
    sample = study_sample(same, SH_THK, "symmetric")
    cutoffs = {}
    if options.cutoff_per_mm is not None:
        cutoffs["given"] = options.cutoff_per_mm, "given beforehand"
    if not why_none(sample, SH_THK.name):
        youden = youden_cutoff(sample, SH_THK.pathologic)
        if np.isfinite(youden):
            cutoffs["youden"] = youden, "Youden's, chosen by the other subjects of the study"
    reading = _Reading(subject, notes)
    return [_side(reading, name, cutoff, origin, *repeat) for name, (cutoff, origin) in cutoffs.items()]


def _side(reading, name, cutoff, origin, repeat_sd, pairs):
    first = reading.subject.readings[0]
    values = first.values[SH_THK.column]
    place = np.nanargmax(values)
    value, root = float(values[place]), np.sqrt(values[place])
    above = value >= cutoff
    sd, source, n = repeat_sd, "repeatability", {"subjects": 1, "pairs of readings": pairs}
    if not sd > 0:
        low, high = (first.values[f"{SH_THK.column}_ci_{end}"][place] for end in ("low", "high"))
        source, n = "imaging noise only", {"subjects": 1}
        sd = (np.sqrt(max(high, 0)) - np.sqrt(max(low, 0))) / (2 * norm.ppf(0.975)) if high > low else np.nan
    words = (
        f"{value:.3g} {UNIT} in the {REGION_NAMES[place]} is {'at or above' if above else 'below'} the cut-off of "
        f"{cutoff:.3g} {UNIT} ({origin})"
    )
    details = {"value": value, "cutoff": float(cutoff), "above": bool(above), "basis": source}
    probability = None
    if sd > 0:
        probability = float(norm.cdf((root - np.sqrt(cutoff)) / sd))
        details["sd_root"] = float(sd)
        shown = "> .99" if probability > 0.995 else "< .01" if probability < 0.005 else f"{probability:.2f}"
        words += f"; the true value is above it with a probability of {shown} ("
        words += (
            f"from the repeatability: SD {sd:.3g} of the square root, {counted(pairs, 'pair')} of readings)."
            if source == "repeatability"
            else f"imaging noise only: SD {sd:.3g} of the square root, redrawing the line not included)."
        )
    else:
        words += "; its probability is not known, for want of a repeatability and of an interval of the measurement."
    method = "Normal error of the square root of SH/Thk, no prior knowledge of the subject."
    finding = reading.finding(
        GREATEST,
        "probability of lying above the cut-off",
        words,
        n,
        method,
        estimate=probability,
        details=details,
    )
    return replace(finding, labels={**finding.labels, "cutoff": name})
