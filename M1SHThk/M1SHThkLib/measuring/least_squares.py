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
    p = np.clip(begin, lowest, highest)
    active = np.arange(len(p))
    cost, gradient, hessian = normal_equations(p, active)
    damping = np.full(len(p), _DAMPING_START)
    diagonal = np.arange(p.shape[1])
    for _ in range(iterations):
        if not len(active):
            break
        now, low, high, lam = p[active], lowest[active], highest[active], damping[active]
        g, h = gradient[active], hessian[active]
        held = ((now <= low) & (g > 0)) | ((now >= high) & (g < 0))
        g = np.where(held, 0.0, g)
        h = np.where(held[:, :, None] | held[:, None, :], 0.0, h)
        scale = h[:, diagonal, diagonal]
        # A parameter without influence (or held) gets a unit diagonal, so that every system can be solved.
        scale = np.where(scale > 1e-12 * scale.max(1, keepdims=True) + 1e-300, scale, 1.0)
        h[:, diagonal, diagonal] = scale * (1 + lam[:, None])
        trial = np.clip(now - np.linalg.solve(h, g[..., None])[..., 0], low, high)
        new_cost, new_gradient, new_hessian = normal_equations(trial, active)
        gain = cost[active] - new_cost
        better = gain >= 0
        accepted = active[better]
        p[accepted], cost[accepted] = trial[better], new_cost[better]
        gradient[accepted], hessian[accepted] = new_gradient[better], new_hessian[better]
        lam = np.where(better, np.maximum(lam * 0.2, _DAMPING_SMALLEST), lam * 8.0)
        damping[active] = lam
        done = better & (gain <= tolerance * new_cost) | (lam > _DAMPING_LARGEST)
        active = active[~done]
    return p
