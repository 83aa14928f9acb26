"""Which values are equal: what differs by the rounding of its computation alone must not be ranked."""

import numpy as np

TOLERANCE = 1e-9  # of the values' scale; far above the rounding of sums and quotients, far below any measurement


def tied(values):
    """The same values, equal where they lie within TOLERANCE of the greatest absolute value from the next.

    Parameters
    ----------
    values : array
        nan where missing.

    Returns
    -------
    float array of the same shape
        Each value is that of the least of those that it is equal to.
    """
    values = np.array(values, float)
    present = np.isfinite(values)
    distinct, which = np.unique(values[present], return_inverse=True)
    if len(distinct) < 2:
        return values
    begins = np.append(True, np.diff(distinct) > TOLERANCE * np.abs(distinct).max())
    values[present] = distinct[begins][np.cumsum(begins) - 1][which]
    return values
