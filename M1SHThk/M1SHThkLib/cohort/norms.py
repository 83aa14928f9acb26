"""Norms: centiles of healthy people's values against age, and where a subject stands among them.

The centiles are quantile regressions on age (Koenker and Bassett, Econometrica 1978;46:33; statsmodels), put into order
where they cross (Chernozhukov et al., Econometrica 2010;78:1093). They hold no value of a single person.
"""

import warnings
from dataclasses import dataclass, field, replace

import numpy as np
from scipy.stats import norm

from ..translation import tr as _
from .proportions import wilson
from .study import MARKERS, REGION_NAMES, THK, matrix
from .ties import tied

CENTILES = (2.5, 5.0, 10.0, 25.0, 50.0, 75.0, 90.0, 95.0, 97.5)
GREATEST = "most pathologic region"
FEWEST = 10  # controls with a value and an age
AGE_STEP = 5.0  # years between the rows of a table
_ON_TRUST = "; the protocol of the norms is not known: that it is the subject's is taken on trust"
ALIKE = 1e-3  # of the greatest centile: nearer curves run through one value; a fit is no surer than that


@dataclass(frozen=True)
class Curve:
    """The centiles of one marker in one place at one field strength.

    Attributes
    ----------
    field_strength_t : float
    marker : str
        Its column in the measurements.
    place : str
        A region, or GREATEST, which is that of all regions with a curve of the same marker and field strength.
    n : int
        Controls.
    age_mean, age_sd : float
        Of these controls, years.
    ages : array, shape (k,)
        Rising, years.
    values : array, shape (k, centiles)
        At these ages and CENTILES, rising; nan for centiles beyond what so many controls tell.
    expected, sd : arrays, shape (k,)
        Mean and SD of the square root (of Thk: of the value itself), for z.
    """

    field_strength_t: float
    marker: str
    place: str
    n: int
    age_mean: float
    age_sd: float
    ages: np.ndarray
    values: np.ndarray
    expected: np.ndarray
    sd: np.ndarray


@dataclass(frozen=True)
class Norms:
    """Curves, and what they hold for.

    Attributes
    ----------
    curves : tuple of Curve
    protocols : dict of field strength (tesla) to str or None
        The one protocol of all controls; None = not known.
    source : dict
        Plain data: program, version, and whatever else tells where they come from.
    """

    curves: tuple[Curve, ...]
    protocols: dict[float, str | None]
    source: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Centile:
    """Where a value stands.

    Attributes
    ----------
    value, age : float
    centile : float
        %, no further out than the outermost curve.
    ci : (low, high)
        95 %.
    z : float
        In SDs of the square root (of Thk: of the value itself).
    is_beyond : int
        1 above the highest curve, -1 below the lowest, 0 between them.
    caution : str
        What is to be borne in mind, '' for nothing.
    """

    value: float
    age: float
    centile: float
    ci: tuple[float, float]
    z: float
    is_beyond: int
    caution: str = ""

    @property
    def words(self):
        """'centile 93 (95 % CI 82 to 98), z = 1.52'."""
        beyond = {1: "above the highest curve, centile ", -1: "below the lowest curve, centile ", 0: "centile "}
        interval = f"95 % CI {self.ci[0]:.0f} to {self.ci[1]:.0f}"
        return f"{beyond[self.is_beyond]}{self.centile:.3g} ({interval}), z = {self.z:.2f}{self.caution}"


def make_norms(studies, source):
    """Norms from the controls of studies.

    Parameters
    ----------
    studies : sequence of Study
        One a field strength.
    source : dict
        See Norms.

    Raises
    ------
    ValueError
        If controls of one field strength were measured with several protocols, or no place has enough of them with an
        age, or statsmodels is missing.
    """
    curves, protocols = [], {}
    for study in studies:
        controls = study.group("control")
        used = {control.readings[0].protocol for control in controls}
        at = f"{study.field_strength_t:g} T"
        if len(used) > 1:
            listed = "; ".join(sorted(str(protocol or "not known") for protocol in used))
            raise ValueError(
                _("the controls at {at} have several protocols ({listed}); make norms of one at a time").format(
                    at=at, listed=listed
                )
            )
        ages = np.array([control.age for control in controls], float)
        for marker in MARKERS:
            for place, values in _places(study, controls, marker, ages):
                known = np.isfinite(values) & np.isfinite(ages)
                curves.append(_curve(study.field_strength_t, marker, place, ages[known], values[known]))
        if controls:
            protocols[study.field_strength_t] = next(iter(used))
    if not curves:
        raise ValueError(
            _(
                "no norms: at least {fewest} controls with a value and different ages are needed at one field strength"
            ).format(fewest=FEWEST)
        )
    return Norms(tuple(curves), protocols, source)


def _places(study, subjects, marker, ages):
    """Every place that enough controls tell of, with their values."""
    values = tied(matrix(subjects, marker.column))
    regions = [number for number in study.regions if _are_enough(values[:, number], ages)]
    for number in regions:
        yield REGION_NAMES[number], values[:, number]
    if regions and _are_enough(greatest := _greatest(values[:, regions], marker), ages):
        yield GREATEST, greatest


def _are_enough(values, ages):
    known = np.isfinite(values) & np.isfinite(ages)
    return known.sum() >= FEWEST and np.ptp(ages[known]) > 0


def _greatest(values, marker):
    """The most pathologic of all regions, nan where one is missing: the greatest of fewer is less."""
    return marker.pathologic * (marker.pathologic * values).max(axis=1)


def _curve(field_strength_t, marker, place, ages, values):
    try:
        from statsmodels.regression.quantile_regression import QuantReg
    except ImportError as error:
        raise ValueError(_("norms need statsmodels, which is not installed; install it")) from error
    low, high = ages.min(), ages.max()
    grid = np.unique([low, *np.arange(np.ceil(low / AGE_STEP) * AGE_STEP, high, AGE_STEP), high])
    design, at = (np.column_stack([np.ones(len(own)), own - ages.mean()]) for own in (ages, grid))
    centiles = np.full((len(grid), len(CENTILES)), np.nan)
    for number, centile in enumerate(CENTILES):
        share = centile / 100
        if len(values) * min(share, 1 - share) >= 1:
            with warnings.catch_warnings():
                # Its own doubts about the last digits of a small sample's fit; the points are few, the lines firm.
                warnings.simplefilter("ignore")
                centiles[:, number] = at @ np.asarray(QuantReg(values, design).fit(q=share, max_iter=5000).params)
    told = np.isfinite(centiles[0])
    centiles[:, told] = np.sort(np.maximum(centiles[:, told], 0), axis=1)
    transformed = _transformed(values, marker.column)
    coefficients, *_residuals = np.linalg.lstsq(design, transformed, rcond=None)
    residuals = transformed - design @ coefficients
    sd = np.sqrt(residuals @ residuals / (len(values) - 2))
    return Curve(
        field_strength_t,
        marker.column,
        place,
        len(values),
        float(ages.mean()),
        float(ages.std()),
        grid,
        centiles,
        at @ coefficients,
        np.full(len(grid), sd),
    )


def _transformed(values, column):
    return np.asarray(values, float) if column == THK.column else np.sqrt(np.maximum(values, 0))


def stand(curve, value, age):
    """Where a value stands among a Curve's centiles at an age; or in words why nowhere.

    The interval is Wilson's of the centile, from as many controls as the regression's leverage at that age
    leaves: 1 / (1 / n + (age - mean)^2 / (n SD^2)).

    Returns
    -------
    Centile or str
    """
    if not np.isfinite(value):
        return "not measured"
    if not np.isfinite(age):
        return "not read, since the age is not known"
    if not curve.ages[0] <= age <= curve.ages[-1]:
        return (
            f"not read, since the norms hold from {curve.ages[0]:g} to {curve.ages[-1]:g} years and the subject is "
            f"{age:g}"
        )
    told = np.isfinite(curve.values[0])
    shares = np.array(CENTILES)[told] / 100
    values = np.array([np.interp(age, curve.ages, column) for column in curve.values[:, told].T])
    centile, beyond = _between(value, values, shares)
    worth = 1 / (1 / curve.n + ((age - curve.age_mean) / curve.age_sd) ** 2 / curve.n)
    low, high = wilson(centile * worth, worth)
    expected, sd = (np.interp(age, curve.ages, own) for own in (curve.expected, curve.sd))
    transformed = float(_transformed(value, curve.marker))
    z = (transformed - expected) / sd if sd > 0 else norm.ppf(centile)
    return Centile(
        float(value),
        float(age),
        100 * centile,
        (100 * (0.0 if beyond < 0 else low), 100 * (1.0 if beyond > 0 else high)),
        float(z),
        beyond,
    )


def _between(value, values, shares):
    """The share of a value between rising values of known shares; and 1 or -1 where it lies beyond them, else 0."""
    scale = ALIKE * np.abs(values).max()
    if value > values[-1] + scale:
        return float(shares[-1]), 1
    if value < values[0] - scale:
        return float(shares[0]), -1
    equal = np.abs(values - value) <= scale
    if equal.sum() > 1:
        # Several curves run through it, as through 0: its centile is the middle of theirs; the lowest begin at nothing.
        lowest = 0.0 if equal[0] else shares[equal][0]
        return float((lowest + shares[equal][-1]) / 2), 0
    return float(np.interp(value, values, shares)), 0


def read_against(norms, subject, field_strength_t):
    """One subject against norms, by its first reading.

    Parameters
    ----------
    norms : Norms
    subject : Subject
    field_strength_t : float

    Returns
    -------
    (results, why) : (list of (Curve, Centile or str), str)
        `why` the subject is refused altogether, '' where it is not.
    """
    own = [curve for curve in norms.curves if curve.field_strength_t == field_strength_t]
    if not own:
        held = " and ".join(f"{field:g} T" for field in sorted({curve.field_strength_t for curve in norms.curves}))
        return [], f"refused, since the norms hold at {held} and the subject was measured at {field_strength_t:g} T"
    protocol, wanted = subject.readings[0].protocol, norms.protocols[field_strength_t]
    if wanted is not None and protocol != wanted:
        return [], (
            f"refused, since the norms were made with another protocol ({wanted}) than the subject's "
            f"({protocol or 'not known'})"
        )
    results = []
    for curve in own:
        marker = next(marker for marker in MARKERS if marker.column == curve.marker)
        values = matrix([subject], marker.column)
        places = [other.place for other in own if other.marker == curve.marker and other.place != GREATEST]
        if curve.place != GREATEST:
            places = [curve.place]
        values = values[:, [REGION_NAMES.index(place) for place in places]]
        lacking = [place for place, value in zip(places, values[0], strict=True) if not np.isfinite(value)]
        if lacking and curve.place == GREATEST:
            result = f"not read, since the norms' are the greatest of {len(places)} regions and {lacking[0]} is missing"
        else:
            result = stand(curve, _greatest(values, marker)[0], subject.age)
        if wanted is None and isinstance(result, Centile):
            result = replace(result, caution=_ON_TRUST)
        results.append((curve, result))
    return results, ""
