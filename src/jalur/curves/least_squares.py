"""Nonlinear least squares for any function, carried to the last digits that the data hold.

The search is scipy's (MINPACK's Levenberg-Marquardt, then the trust region reflective method, both with
parameters scaled by the columns of the Jacobian); points where the function overflows are rejected steps, not
errors. Where two searches disagree or end on a flat spot, more starts are drawn around the given one. The best
point is then polished by Gauss-Newton steps (QR, scaled columns) with residuals in extended precision.

Checked against the certified values of NIST's StRD collection (https://www.itl.nist.gov/div898/strd/nls/).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from jalur.curves.problem import Problem
from jalur.errors import InputError

Array = NDArray[np.floating]

_SAME_SUM = 1e-7
_FLAT = 1e-11
_EXTRA_STARTS = 24
_SPREAD = (0.1, 0.3, 0.7, 1.5)


@dataclass(frozen=True, eq=False)
class FunctionFit:
    """Least-squares fit of a function.

    Attributes
    ----------
    params : ndarray, shape (p,)
        Estimates, in the order of the function's arguments.
    standard_errors : ndarray, shape (p,)
        Square roots of the diagonal of ``covariance``; ``inf`` for a parameter that the data do not identify.
    residual_sum_of_squares : float
    covariance : ndarray, shape (p, p)
        ``RSS / (n - p) * inv(J'J)``, J the Jacobian at the estimates.
    residuals : ndarray, shape (n,)
        ``y - f(x, *params)``.
    degrees_of_freedom : int
        ``n - p``.
    converged : bool
        True if the last Gauss-Newton step was negligible beside the standard errors.
    """

    params: Array
    standard_errors: Array
    residual_sum_of_squares: float
    covariance: Array
    residuals: Array
    degrees_of_freedom: int
    converged: bool


def fit_function(
    f: Callable[..., object],
    x: object,
    y: ArrayLike,
    start: Sequence[float] | Array,
    *,
    jac: Callable[..., object] | None = None,
) -> FunctionFit:
    """Fit ``y = f(x, *params) + error`` by least squares.

    Parameters
    ----------
    f : callable
        ``f(x, b1, ..., bp)``, as for scipy's ``curve_fit``. A function of exactly two arguments gets the parameters
        as one array, if ``start`` holds more than one.
    x : anything
        Handed to ``f``: an array (n,), an array (k, n) for several predictors, or whatever ``f`` understands.
        Lists and tuples of numbers arrive as arrays.
    y : array_like, shape (n,)
        Observed values, finite, more of them than parameters.
    start : sequence of p floats
        Starting values. Their order of magnitude may be far off; their sign should be right.
    jac : callable, optional
        ``jac(x, b1, ..., bp)``, array (n, p) of derivatives. Without it they are computed: by the complex step if
        ``f`` carries complex numbers, otherwise by extrapolated central differences.

    Returns
    -------
    FunctionFit

    Raises
    ------
    InputError
        If y or start is not finite, there are too few values, the function gives another number of values than y
        has, or no finite value anywhere near the start.
    """
    problem = Problem(f, x, y, start, jac)
    beginning = problem.start
    candidates = _search(problem, beginning)
    fitted = polish(problem, _best(problem, candidates))
    if problem.complex_works and not problem.complex_step_is_right(fitted.params):
        # The function takes complex numbers but is not analytic (abs, real, a rounded intermediate result).
        problem.complex_works = False
        fitted = polish(problem, _best(problem, [*candidates, *_search(problem, beginning)]))
    return fitted


def _search(problem: Problem, start: Array) -> list[Array]:
    """Candidate minima: two scipy methods from the start, more starts where they disagree or end on a flat spot."""
    candidates = _from(problem, start, ("lm", "trf"))
    sums = [problem.sum_of_squares(b) for b in candidates]
    if len(sums) == 2 and _agree(problem, sums) and not _flat(problem, candidates[0]):
        return candidates
    generator = np.random.default_rng(0)
    for trial in range(_EXTRA_STARTS):
        noise = _SPREAD[trial % len(_SPREAD)] * generator.standard_normal(start.size)
        nearby = np.where(start == 0, noise, start * np.exp(noise))
        candidates += _from(problem, nearby, ("lm",) if trial % 3 else ("lm", "dogbox"), 500)
    if not candidates:
        raise InputError(
            "the function gives no finite values at the start or near it: "
            f"start = {', '.join(f'{v:.6g}' for v in start)}."
        )
    return candidates


def _from(problem: Problem, start: Array, methods: tuple[str, ...], evaluations: int = 2000) -> list[Array]:
    from scipy.optimize import least_squares

    if not np.all(np.isfinite(problem.model(start))):
        return []
    found = []
    for method in methods:
        try:
            with np.errstate(all="ignore"):
                result = least_squares(
                    problem.residuals,
                    start,
                    jac=problem.jacobian,
                    method=method,
                    x_scale="jac",
                    ftol=1e-14,
                    xtol=1e-14,
                    gtol=1e-15,
                    max_nfev=evaluations,
                )
        except InputError:
            raise
        except (ValueError, ArithmeticError, np.linalg.LinAlgError):
            # A breakdown inside one method (a singular step, an infinite bound) leaves the field to the others.
            continue
        if np.all(np.isfinite(result.x)) and np.all(np.isfinite(problem.model(result.x))):
            found.append(np.asarray(result.x, dtype=float))
    return found


def _best(problem: Problem, candidates: list[Array]) -> Array:
    return min(candidates, key=problem.sum_of_squares)


def _agree(problem: Problem, sums: list[float]) -> bool:
    # Sums that are rounding errors of the data (an exact fit in all but name) agree whatever their ratio.
    rounding = 1e3 * np.finfo(float).eps * float(np.linalg.norm(problem.y))
    return bool(max(sums) - min(sums) <= _SAME_SUM * max(sums) + rounding**2)


def _flat(problem: Problem, b: Array) -> bool:
    """Whether some combination of the parameters makes no difference at b (the Jacobian loses rank)."""
    scaled, norms = _scaled(problem.jacobian(b))
    if bool(np.any(norms * np.abs(b) <= _FLAT * np.linalg.norm(problem.y))):
        return True
    singular = np.linalg.svd(scaled, compute_uv=False)
    return bool(singular[-1] <= _FLAT * singular[0])


def _scaled(jacobian: Array) -> tuple[Array, Array]:
    """Jacobian with columns of length one, and their lengths (1 for a column of zeros)."""
    peak = np.max(np.abs(jacobian), axis=0)
    safe = np.where(peak > 0, peak, 1.0)
    norms = safe * np.linalg.norm(jacobian / safe, axis=0)
    norms = np.where(norms > 0, norms, 1.0)
    return jacobian / norms, norms


def refine(problem: Problem) -> FunctionFit:
    """The minimum next to the problem's start, to the last digit."""
    return polish(problem, _best(problem, [problem.start, *_from(problem, problem.start, ("lm",), 50)]))


def polish(problem: Problem, b: Array, steps: int = 60) -> FunctionFit:
    """Gauss-Newton steps with extended residuals until they stop getting smaller, then the covariance.

    Parameters
    ----------
    problem : Problem
    b : ndarray, shape (p,)
        A point near the minimum.
    steps : int
        Most steps to take.
    """
    here = b.astype(np.longdouble)
    residual = problem.residuals_wide(here)
    total = _square(residual)
    last = np.inf
    converged = False
    worse = 0
    for _ in range(steps):
        scaled, norms = _scaled(problem.jacobian(here.astype(float), exact=True))
        q, r = np.linalg.qr(scaled)
        if np.min(np.abs(np.diag(r))) <= 1e-14 * np.max(np.abs(np.diag(r))):
            break
        size = float(np.max(np.abs(residual))) or 1.0
        projected = q.T @ (residual / size).astype(float)
        move = np.linalg.solve(r, projected) * size / norms
        trial, factor = here + move, 1.0
        trial_residual = problem.residuals_wide(trial)
        noise = problem.rounding / (float(np.sqrt(total)) or 1.0)
        while not _no_worse(trial_residual, total, noise) and factor > 1e-6:
            factor /= 2
            trial = here + factor * move
            trial_residual = problem.residuals_wide(trial)
        if not _no_worse(trial_residual, total, noise):
            break
        here, residual = trial, trial_residual
        total = min(total, _square(residual))
        # How far the step moves the curve, in units of the residuals: scale-free, and zero at the minimum.
        length = size * float(np.linalg.norm(projected)) / (float(np.sqrt(total)) or 1.0)
        converged = converged or length < 1e-7 + 100 * noise
        if length <= 1e-16:
            break
        worse = worse + 1 if length >= 0.9 * last else 0
        if worse == 3:
            break
        last = length
    return _summary(problem, here, converged)


def _square(residual: Array) -> np.longdouble:
    return np.longdouble(np.dot(residual, residual))


def _no_worse(residual: Array, total: np.longdouble, noise: float) -> bool:
    """Whether a sum of squares is not above another by more than rounding (noise is relative to its root)."""
    value = _square(residual)
    return bool(np.isfinite(value) and value <= total * (1 + 1e-13 + 10 * noise))


def _summary(problem: Problem, b: Array, converged: bool) -> FunctionFit:
    residual = problem.residuals_averaged(b)
    total = float(_square(residual))
    freedom = residual.size - b.size
    covariance = covariance_from(problem.jacobian(b.astype(float), exact=True), total / freedom)
    return FunctionFit(
        params=b.astype(float),
        standard_errors=np.sqrt(np.diag(covariance)),
        residual_sum_of_squares=total,
        covariance=covariance,
        residuals=residual.astype(float),
        degrees_of_freedom=freedom,
        converged=converged,
    )


def covariance_from(jacobian: Array, variance: float) -> Array:
    """``variance * inv(J'J)`` by a singular value decomposition of the scaled Jacobian.

    A direction along which the function does not change has no finite variance: the parameters that take part in
    it get ``inf`` on the diagonal.
    """
    scaled, norms = _scaled(jacobian)
    _, singular, rows = np.linalg.svd(scaled, full_matrices=False)
    lost = singular <= max(jacobian.shape) * np.finfo(float).eps * singular[0]
    kept = np.where(lost, 1.0, singular)
    weights = np.where(lost, 0.0, 1.0 / kept)
    half = rows.T * weights / norms[:, None]
    covariance = variance * (half @ half.T)
    unidentified = np.any(np.abs(rows[lost]) > 1e-6, axis=0) | ~np.any(jacobian, axis=0)
    covariance[np.diag_indices_from(covariance)] = np.where(unidentified, np.inf, np.diag(covariance))
    return covariance
