"""Where one value stands among a small sample of controls, whose mean and scatter are themselves uncertain."""

from dataclasses import dataclass

import numpy as np
from scipy.special import nctdtrinc
from scipy.stats import norm, t

from ..translation import Note as _


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
        return _("an estimated {below} % of the control population lie below (95 % CI {low} to {high})").format(
            below=below, low=low, high=high
        )


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
