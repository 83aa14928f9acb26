"""Bounded nonlinear least squares of many small problems at once: Levenberg-Marquardt."""

import numpy as np

# Below the smallest a system may be singular, above the largest a step is none.
_DAMPING_SMALLEST, _DAMPING_START, _DAMPING_LARGEST = 1e-12, 1e-3, 1e12


def levenberg_marquardt(normal_equations, begin, lowest, highest, tolerance, iterations):
    """Parameters that minimise sums of squares; one that pushes against a bound is held there.

    Parameters
    ----------
    normal_equations : callable
        (parameters, shape (k, p); numbers of the problems, shape (k,)) -> sums of squares, shape (k,), half their
        gradients, shape (k, p), and J'J, shape (k, p, p).
    begin, lowest, highest : arrays, shape (n, p)
    tolerance : float
        A problem is solved when a step lowers its sum of squares by less than this part.
    iterations : int
        After so many no more steps are taken.

    Returns
    -------
    array, shape (n, p)
    """
    solved = np.clip(begin, lowest, highest)
    # Of the problems that are not solved yet:
    those, p, low, high = np.arange(len(solved)), solved.copy(), lowest, highest
    cost, gradient, hessian = normal_equations(p, those)
    damping = np.full(len(p), _DAMPING_START)
    diagonal = np.arange(p.shape[1])
    for _ in range(iterations):
        if not len(those):
            break
        held = ((p <= low) & (gradient > 0)) | ((p >= high) & (gradient < 0))
        g, h = gradient, hessian.copy()
        if held.any():
            g = np.where(held, 0.0, gradient)
            h[held[:, :, None] | held[:, None, :]] = 0.0
        scale = h[:, diagonal, diagonal]
        # A parameter without influence (or held) gets a unit diagonal, so that every system can be solved.
        scale = np.where(scale > 1e-12 * scale.max(1, keepdims=True) + 1e-300, scale, 1.0)
        h[:, diagonal, diagonal] = scale * (1 + damping[:, None])
        trial = np.clip(p - np.linalg.solve(h, g[..., None])[..., 0], low, high)
        new = normal_equations(trial, those)
        gain = cost - new[0]
        better = gain >= 0
        if better.all():
            p, (cost, gradient, hessian) = trial, new
        else:
            for own, stepped in zip((p, cost, gradient, hessian), (trial, *new), strict=True):
                np.copyto(own.T, stepped.T, where=better)
        damping = np.where(better, np.maximum(damping * 0.2, _DAMPING_SMALLEST), damping * 8.0)
        done = better & (gain <= tolerance * new[0]) | (damping > _DAMPING_LARGEST)
        if done.any():
            solved[those] = p
            those, p, low, high, cost, gradient, hessian, damping = (
                own[~done] for own in (those, p, low, high, cost, gradient, hessian, damping)
            )
    solved[those] = p
    return solved
