"""What has changed between the sessions of a subject, beside what a measurement made again differs by."""

import contextlib
import warnings
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.stats import t

from .adjusted import subject_part
from .agreement import within_subject
from .finding import p_text
from .repeatability import BETWEEN, TO_REPEATABILITY, WITHIN, repeatability_coefficient, repeats
from .study import MARKERS, REGION_NAMES, SH_THK

MEAN = "mean of the regions"
DAYS_A_YEAR = 365.25
FEWEST_SUBJECTS = 5  # of a group, for a slope


@dataclass(frozen=True)
class Noise:
    """What two readings differ by in 95 % without any change.

    Attributes
    ----------
    coefficients : dict of marker column to float
        Repeatability coefficients of one region, in the marker's unit.
    of_means : dict of marker column to float
        The same of the mean of the regions, which differs by less; as of one region where that was given.
    origin : str
        'given', or which repeats they come from.
    """

    coefficients: dict[str, float]
    of_means: dict[str, float]
    origin: str


@dataclass(frozen=True)
class Change:
    """The difference of one value between two sessions.

    Attributes
    ----------
    subject, group, observer : str or None
    field_strength_t : float
    marker, place : str
    sessions : (str, str)
        The earlier and the later.
    years : float
        Between them; nan where a date is not known.
    values : (float, float)
    noise : float
        The repeatability coefficient; nan where it is not known.
    """

    subject: str
    group: str | None
    observer: str | None
    field_strength_t: float
    marker: str
    place: str
    sessions: tuple[str, str]
    years: float
    values: tuple[float, float]
    noise: float

    @property
    def difference(self):
        return self.values[1] - self.values[0]

    @property
    def is_within_noise(self):
        """None where the repeatability coefficient is not known."""
        return None if not np.isfinite(self.noise) else bool(abs(self.difference) <= self.noise)

    @property
    def words(self):
        """'-0.01 per mm, within noise: RC 0.03'."""
        unit = next(marker.unit for marker in MARKERS if marker.column == self.marker).replace("1/", "per ")
        verdict = {True: "within noise", False: "beyond noise", None: "noise not known"}[self.is_within_noise]
        known = f": RC {self.noise:.2g}" if np.isfinite(self.noise) else ""
        return f"{self.difference:+.2g} {unit}, {verdict}{known}"


def noise_of(study, given_per_mm=None):
    """What readings differ by without change: of SH/Thk as given, else as the study's repeats show; None if neither."""
    if given_per_mm is not None:
        given = {SH_THK.column: given_per_mm}
        return Noise(given, given, "given")
    dated = any(subject.dates for subject in study.subjects)
    # Without dates the sessions themselves may be what has changed.
    for kind in (WITHIN, BETWEEN) if dated else (BETWEEN,):
        found = repeatability_coefficient(study, (kind,), (*study.groups, None))
        if found:
            coefficients, of_means = (
                {marker.column: _coefficient(study, kind, marker, pairs_of) for marker in MARKERS}
                for pairs_of in (_pairs_of_regions, _pairs_of_means)
            )
            coefficients[SH_THK.column] = found[0]
            return Noise(coefficients, of_means, f"{kind}, {found[3]} pairs of this study")
    return None


def _coefficient(study, kind, marker, pairs_of):
    """nan where fewer than two pairs tell."""
    pairs, subjects = [], []
    for repeat in repeats(study)[0]:
        if repeat.kind == kind:
            values, subject = pairs_of(repeat, marker.column, study.regions)
            # Two zeros agree by censoring, not by precision.
            kept = (values != 0).any(axis=1)
            pairs.append(values[kept])
            subjects.append(subject[kept])
    pairs = np.concatenate(pairs) if pairs else np.empty((0, 2))
    if len(pairs) < 2:
        return np.nan
    return TO_REPEATABILITY * within_subject(pairs, np.concatenate(subjects))[0]


def _pairs_of_regions(repeat, column, regions):
    return repeat.values(column, regions)


def _pairs_of_means(repeat, column, regions):
    """The mean of the regions that both readings have, and whose it is: shapes (n, 2) and (n,)."""
    values = np.array([[reading.values[column] for reading in pair] for pair in repeat.pairs])
    present = np.isfinite(values).all(axis=1, keepdims=True)
    some = present.any(axis=2)[:, 0]
    means = np.where(present, values, 0)[some].sum(axis=2) / present[some].sum(axis=2)
    names = {subject.name: number for number, subject in enumerate(repeat.subjects)}
    return means, np.array([names[subject.name] for subject in repeat.subjects], int)[some]


def changes(study, noise):
    """Every subject's changes from one session to the next, by the same observer and protocol.

    Parameters
    ----------
    study : Study
    noise : Noise or None

    Returns
    -------
    list of Change
    """
    found = []
    for subject in study.subjects:
        for observer, readings in _series(subject).items():
            for one, other in pairwise(readings):
                days = [subject.dates.get(reading.session) for reading in (one, other)]
                years = (days[1] - days[0]).days / DAYS_A_YEAR if None not in days else np.nan
                for marker in MARKERS:
                    before, after = (reading.values[marker.column] for reading in (one, other))
                    places = [(REGION_NAMES[number], before[number], after[number]) for number in study.regions]
                    both = np.isfinite(before) & np.isfinite(after)
                    # The mean of the same regions.
                    if both.any():
                        places.append((MEAN, before[both].mean(), after[both].mean()))
                    found += [
                        Change(
                            subject.name,
                            subject.group,
                            observer,
                            study.field_strength_t,
                            marker.column,
                            place,
                            (one.session or "", other.session or ""),
                            float(years),
                            (float(first), float(second)),
                            _limit(noise, marker, place),
                        )
                        for place, first, second in places
                        if np.isfinite([first, second]).all()
                    ]
    return found


def _limit(noise, marker, place):
    if noise is None:
        return np.nan
    return float((noise.of_means if place == MEAN else noise.coefficients).get(marker.column, np.nan))


def _series(subject):
    """The readings of each observer with one protocol, by date, else as the tables have them; two sessions at least."""
    series = {}
    for reading in subject.readings:
        series.setdefault((reading.observer, reading.protocol), []).append(reading)
    ordered = {}
    for (observer, _), readings in series.items():
        if len({reading.session for reading in readings}) < 2:
            continue
        if all(reading.session in subject.dates for reading in readings):
            readings = sorted(readings, key=lambda reading: subject.dates[reading.session])
            days = [subject.dates[reading.session] for reading in readings]
            # Of sessions of one day the first: the others are repetitions.
            readings = [reading for number, reading in enumerate(readings) if days[number] not in days[:number]]
        if len(readings) > 1:
            ordered.setdefault(observer, readings)
    return ordered


@dataclass(frozen=True)
class Slope:
    """The change a year of a group, or the difference between two groups.

    Attributes
    ----------
    marker, group : str
    subjects, sessions : int
    slope : float
        In the marker's unit a year.
    ci : (low, high)
    p : float
    words : str
        Where there is none, why.
    """

    marker: str
    group: str
    subjects: int
    sessions: int
    slope: float = np.nan
    ci: tuple[float, float] = (np.nan, np.nan)
    p: float = np.nan
    words: str = ""


def slopes(study):
    """The change of each marker a year, group by group and between patients and controls.

    A mixed model of the mean over regions (of the sessions' part in an additive model of sessions and regions where
    regions are missing) with a random intercept, and a random slope where some subjects have three
    sessions (statsmodels, MixedLM, restricted maximum likelihood); intervals and P by Student's t with as many degrees
    of freedom as subjects less the groups.

    Parameters
    ----------
    study : Study

    Returns
    -------
    list of Slope
    """
    found = []
    for marker in MARKERS:
        by_group = {group: _dated(study, group, marker) for group in study.groups}
        for group, rows in by_group.items():
            if rows:
                found.append(_slope(marker, group, {group: rows}))
        if by_group["patient"] and by_group["control"]:
            both = {group: by_group[group] for group in ("patient", "control")}
            found.append(_slope(marker, "patients less controls", both))
    return found


def _dated(study, group, marker):
    """(subject, years since the first session, mean over regions) of each dated session."""
    rows = []
    for subject in study.group(group):
        for readings in list(_series(subject).values())[:1]:
            if not all(reading.session in subject.dates for reading in readings):
                continue
            days = [subject.dates[reading.session] for reading in readings]
            values = np.array([reading.values[marker.column] for reading in readings])
            values = _of_the_same_regions(values)
            own = [
                (subject.name, (day - days[0]).days / DAYS_A_YEAR, value)
                for day, value in zip(days, values, strict=True)
                if np.isfinite(value)
            ]
            rows += own if len(own) > 1 else []
    return rows


def _of_the_same_regions(values):
    """The subject's part of each session, shape (sessions,); `values` (sessions, regions), nan where missing.

    A mean of whatever a session has would change with its regions: those of one session alone tell nothing, and of the
    others every session is compared within those that it has.
    """
    often = np.isfinite(values).sum(axis=0) > 1
    return subject_part(np.where(often, values, np.nan))


def _slope(marker, name, groups):
    subjects = {group: len({row[0] for row in rows}) for group, rows in groups.items()}
    rows = [(group, *row) for group, own in groups.items() for row in own]
    slope = Slope(marker.column, name, sum(subjects.values()), len(rows))
    few = [f"{count} {group}s" for group, count in subjects.items() if count < FEWEST_SUBJECTS]
    if few:
        return _without(slope, f"no slope: {', '.join(few)} with two dated sessions, {FEWEST_SUBJECTS} are needed")
    values = np.array([row[3] for row in rows])
    years = np.array([row[2] for row in rows])
    if np.ptp(values) == 0 or np.ptp(years) == 0:
        return _without(slope, "no slope: all values or all dates are the same")
    try:
        from statsmodels.regression.mixed_linear_model import MixedLM
    except ImportError:
        return _without(slope, "no slope: it needs statsmodels, which is not installed")
    columns = [np.ones(len(rows)), years]
    if len(groups) > 1:
        is_patient = np.array([row[0] == "patient" for row in rows], float)
        columns += [is_patient, is_patient * years]
    own = np.array([row[1] for row in rows])
    most = max(np.unique(own, return_counts=True)[1])
    random = np.column_stack([np.ones(len(rows)), years]) if most > 2 else np.ones((len(rows), 1))
    scale = values.std()
    with warnings.catch_warnings():
        # A variance at zero is no fault of the slope; its doubts are those of the variance.
        warnings.simplefilter("ignore")
        fit = _fit(MixedLM(values / scale, np.column_stack(columns), own, random))
    if fit is None:
        return _without(slope, "no slope: its model cannot be fitted to these values")
    estimate, error = fit.fe_params[-1] * scale, _standard_error(fit, np.column_stack(columns), random, own) * scale
    freedom = sum(subjects.values()) - len(groups)
    reach = t.ppf(0.975, freedom) * error
    p = float(2 * t.sf(abs(estimate / error), freedom)) if error > 0 else np.nan
    ci = float(estimate - reach), float(estimate + reach)
    words = (
        f"{marker.name}, {name}: {estimate:+.3g} {marker.unit} a year (95 % CI {ci[0]:.3g} to {ci[1]:.3g}), "
        f"{p_text(p)}, {len(rows)} sessions of {sum(subjects.values())} subjects."
    )
    return Slope(marker.column, name, slope.subjects, slope.sessions, float(estimate), ci, p, words)


def _fit(model):
    """The likelier of two optimisers' fits.

    Powell's method may stay where a variance is zero, with an infinite likelihood or at a singular matrix that
    statsmodels cannot use; conjugate gradients stop before the maximum more often. Either makes a slope's error wrong
    by a fifth and more.
    """
    fits = []
    for method in ("powell", "cg"):
        with contextlib.suppress(np.linalg.LinAlgError):
            fits.append(model.fit(reml=True, method=method))
    return max(fits, key=lambda fit: fit.llf if np.isfinite(fit.llf) else -np.inf, default=None)


def _standard_error(fit, design, random, subject):
    """Of the last coefficient, by generalised least squares with the fitted variances, as in R's lme4 and nlme.

    statsmodels' own goes by the likelihood's curvature, which means nothing where a variance lies at zero.
    """
    information = 0.0
    for own in np.unique(subject):
        rows = subject == own
        covariance = random[rows] @ np.asarray(fit.cov_re) @ random[rows].T + fit.scale * np.eye(rows.sum())
        information = information + design[rows].T @ np.linalg.solve(covariance, design[rows])
    return np.sqrt(np.linalg.inv(information)[-1, -1])


def _without(slope, why):
    marker = next(marker for marker in MARKERS if marker.column == slope.marker)
    return Slope(
        slope.marker, slope.group, slope.subjects, slope.sessions, words=f"{marker.name}, {slope.group}: {why}."
    )
