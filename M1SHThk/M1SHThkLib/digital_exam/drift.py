"""What changes slowly along a line, at random: a Gaussian process."""

import numpy as np


def drift(arc, correlation, random):
    """A Gaussian process of mean 0 and variance 1.

    Parameters
    ----------
    arc : array, shape (n,)
        Arc lengths in mm.
    correlation : float
        Length in mm: values a distance apart correlate by exp(-1/2 (distance / `correlation`)^2).
    random : numpy.random.Generator

    Returns
    -------
    array, shape (n,)
    """
    apart = np.subtract.outer(arc, arc) / correlation
    variances, directions = np.linalg.eigh(np.exp(-0.5 * apart**2))
    return directions @ (np.sqrt(np.maximum(variances, 0)) * random.standard_normal(len(arc)))
