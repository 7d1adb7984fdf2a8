"""Nonlinear least squares for any function, carried to the last digits that the data hold.

The search is scipy's (MINPACK's Levenberg-Marquardt, then the trust region reflective method, both with
parameters scaled by the columns of the Jacobian); points where the function overflows are rejected steps, not
errors. Where two searches disagree or end on a flat spot, more starts are drawn around the given one. The best
point is then polished by Gauss-Newton steps (QR, scaled columns) with residuals in extended precision: certified
values of regression problems are exact for the decimals that were published, so the data are read again from their
shortest decimal form into extended precision (64 bits of mantissa on x86), wherever platform and function go along.

Derivatives that the user does not give come in two ways, tried in this order:

* the complex step, ``Im f(b + ih) / h`` (Squire and Trapp, SIAM Review 40, 1998): exact to rounding, no
  subtraction, but only for functions that carry complex numbers through analytically;
* central differences extrapolated to step zero (Ridders, Advances in Engineering Software 4, 1982): about
  twelve digits in double precision, for everything else.

Checked against the certified values of NIST's StRD collection (https://www.itl.nist.gov/div898/strd/nls/).
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from jalur.errors import InputError

Array = NDArray[np.floating]
Model = Callable[..., object]

_SAME_SUM = 1e-7
_FLAT = 1e-11
_EXTRA_STARTS = 24
_SPREAD = (0.1, 0.3, 0.7, 1.5)
_HUGE_RESIDUAL = 1e150
_ROUNDINGS = 50
_STEP_IMAGINARY = 1e-25
_FIRST_STEP = 0.05
_SHRINK = 1.6
_LEVELS = 12


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


class Problem:
    """A function with its data: residuals and Jacobians in double and in extended precision."""

    def __init__(
        self,
        f: Callable[..., object],
        x: object,
        y: ArrayLike,
        start: Sequence[float] | Array,
        jac: Callable[..., object] | None = None,
    ) -> None:
        self.start = finite_vector(start, "start")
        self.y = finite_vector(y, "y")
        if self.y.size <= self.start.size:
            raise InputError(
                f"{self.y.size} values are too few for {self.start.size} parameters: at least {self.start.size + 1}."
            )
        self._f, self._jac = f, jac
        self._as_vector = self.start.size > 1 and _takes_two(f)
        self.x = _plain_array(x)
        self._check_shape()
        # Published data are decimals: the shortest decimal that reads back as the given double is what was printed,
        # and extended precision holds it more closely.
        self._x_wide = widen(self.x) if isinstance(self.x, np.ndarray) and self.x.dtype.kind == "f" else self.x
        self._y_wide = widen(self.y)
        self._wide_works = self._check_wide(self.start)
        precision = np.finfo(np.longdouble if self._wide_works else float).eps
        self.rounding = float(precision) * float(np.linalg.norm(self.y))
        self.complex_works = jac is None and self.complex_step_is_right(self.start)

    def _check_shape(self) -> None:
        try:
            shape = np.asarray(self._call(self.x, self.start)).shape
        except ArithmeticError:
            # A division by zero or an overflow at the start itself: other starts will be tried.
            return
        if shape not in {self.y.shape, ()}:
            raise InputError(f"the function returns values of shape {shape}, but y has shape {self.y.shape}.")

    def _call(self, x: object, b: Array, function: Callable[..., object] | None = None) -> object:
        f = self._f if function is None else function
        with np.errstate(all="ignore"):
            return f(x, b) if self._as_vector else f(x, *b)

    def model(self, b: Array) -> Array:
        """Values of the function (n,); NaN throughout where it fails."""
        try:
            value = np.asarray(self._call(self.x, b))
        except (ArithmeticError, ValueError):
            return np.full(self.y.shape, np.nan)
        return np.broadcast_to(value, self.y.shape)

    def residuals(self, b: Array) -> Array:
        """``f - y`` in double precision, huge where the function is not finite, so that no search goes there."""
        with np.errstate(all="ignore"):
            difference = np.asarray(self.model(b) - self.y, dtype=float)
        if not np.all(np.isfinite(difference)):
            return np.full(self.y.shape, _HUGE_RESIDUAL)
        return np.clip(difference, -_HUGE_RESIDUAL, _HUGE_RESIDUAL)

    def sum_of_squares(self, b: Array) -> float:
        """Sum of squared residuals in double precision."""
        difference = self.residuals(b)
        return float(difference @ difference)

    def jacobian(self, b: Array, *, exact: bool = False) -> Array:
        """Derivatives of the function (n, p); ``exact`` extrapolates where only differences are left."""
        if self._jac is not None:
            given = np.asarray(self._call(self.x, b, self._jac), dtype=float)
            if given.shape != (self.y.size, b.size):
                raise InputError(f"jac returns shape {given.shape}, expected {(self.y.size, b.size)}.")
            return given
        result = complex_step(self.model, b) if self.complex_works else None
        if result is None:
            if exact:
                result = extrapolated_differences(self._model_wide, b.astype(np.longdouble))
            else:
                result = central_differences(self.model, b)
        return np.where(np.isfinite(result), result, 0.0)

    def complex_step_is_right(self, b: Array) -> bool:
        """Whether the complex step agrees with extrapolated differences at a point."""
        with np.errstate(all="ignore"):
            by_step = complex_step(self.model, b)
            if by_step is None:
                return False
            by_difference = extrapolated_differences(self._model_wide, b.astype(np.longdouble))
            size = np.max(np.abs(by_step), axis=0) + np.max(np.abs(by_difference), axis=0)
            # Where differences are not finite (the function overflows nearby) there is nothing to compare.
            wrong = np.abs(by_step - by_difference) > 1e-4 * size
        return not bool(np.any(wrong))

    def residuals_wide(self, b: Array) -> Array:
        """``y - f`` in extended precision, where the platform and the function have it."""
        with np.errstate(all="ignore"):
            return self._y_wide - self._model_wide(b)

    def residuals_averaged(self, b: Array) -> Array:
        """``y - f`` in extended precision, with the rounding errors of a nearly exact fit averaged out.

        Residuals may be so small that even the extended rounding errors of the function count. Parameters that
        differ in their last bits, in pairs on either side, give the same curve with other rounding errors.
        """
        residual = self.residuals_wide(b)
        if self.rounding <= 1e-9 * float(np.sqrt(residual @ residual)):
            return residual
        generator = np.random.default_rng(0)
        total = residual.copy()
        for _ in range(_ROUNDINGS):
            nudge = b * 32 * np.finfo(b.dtype).eps * generator.standard_normal(b.size)
            total += self.residuals_wide(b + nudge) + self.residuals_wide(b - nudge)
        return total / (2 * _ROUNDINGS + 1)

    def _model_wide(self, b: Array) -> Array:
        if not self._wide_works:
            return self.model(b.astype(float))
        return np.broadcast_to(np.asarray(self._call(self._x_wide, b)), self.y.shape)

    def _check_wide(self, b: Array) -> bool:
        """Whether the function takes extended precision and gives the same values with it."""
        try:
            wide = np.asarray(self._call(self._x_wide, b.astype(np.longdouble)))
            double = np.asarray(self._call(self.x, b))
        except (TypeError, ValueError, ArithmeticError):
            return False
        both = np.isfinite(double) & np.isfinite(wide) if wide.shape == double.shape else np.array(False)
        if not np.any(both):
            return False
        return bool(np.all(np.abs(wide[both] - double[both]) <= 1e-9 * np.abs(double[both]) + 1e-300))


def widen(values: Array) -> Array:
    """Doubles as extended-precision numbers, read from their shortest decimal form."""
    flat = [np.longdouble(repr(v)) for v in values.ravel().tolist()]
    return np.array(flat, dtype=np.longdouble).reshape(values.shape)


def finite_vector(values: object, name: str) -> Array:
    """One-dimensional array of finite numbers, or an InputError that names what is wrong."""
    try:
        vector = np.array(values, dtype=float)
    except (TypeError, ValueError) as error:
        raise InputError(f"{name} must be a list of numbers: {error}.") from error
    if vector.ndim != 1 or vector.size == 0:
        raise InputError(f"{name} must be a list of numbers, got an array of shape {vector.shape}.")
    if not np.all(np.isfinite(vector)):
        where = int(np.flatnonzero(~np.isfinite(vector))[0])
        raise InputError(f"{name} must be finite: item {where} is {vector[where]}.")
    return vector


def _plain_array(x: object) -> object:
    """Lists, tuples and pandas Series of numbers as float arrays; anything else as it came."""
    if isinstance(x, np.ndarray):
        return x.astype(float) if x.dtype.kind in "iuf" else x
    if isinstance(x, (list, tuple)) or type(x).__name__ == "Series":
        try:
            return np.asarray(x, dtype=float)
        except (TypeError, ValueError):
            return x
    return x


def _takes_two(f: Callable[..., object]) -> bool:
    """Whether a function has exactly two positional arguments: x and the parameters as one array."""
    try:
        kinds = [p.kind for p in inspect.signature(f).parameters.values()]
    except (TypeError, ValueError):
        return False
    positional = {inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD}
    return len(kinds) == 2 and all(kind in positional for kind in kinds)


def complex_step(evaluate: Model, b: Array) -> Array | None:
    """Jacobian by the complex step, or None where the function does not carry complex numbers.

    Parameters
    ----------
    evaluate : callable
        Takes a complex parameter vector (p,), returns the n values of the model.
    b : ndarray, shape (p,)
        The point.

    Returns
    -------
    ndarray, shape (n, p), or None
    """
    columns = []
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("error", np.exceptions.ComplexWarning)
        for j in range(b.size):
            shifted = b.astype(complex)
            step = _STEP_IMAGINARY * max(abs(float(b[j])), 1e-30)
            shifted[j] += 1j * step
            try:
                value = np.asarray(evaluate(shifted))
            except (TypeError, ValueError, ArithmeticError, np.exceptions.ComplexWarning):
                return None
            # A parameter that a function ignores gives a real answer; then the column is zero.
            columns.append(value.imag / step if np.iscomplexobj(value) else np.zeros(value.shape))
    jacobian = np.column_stack(columns)
    return jacobian if np.all(np.isfinite(jacobian)) else None


def central_differences(evaluate: Model, b: Array) -> Array:
    """Jacobian by plain central differences: ten digits at best, two evaluations a parameter."""
    return _stack([_central_column(evaluate, b, j, 6e-6 * _size(b, j)) for j in range(b.size)])


def extrapolated_differences(evaluate: Model, b: Array) -> Array:
    """Jacobian by Ridders' extrapolated central differences, element by element the best of the tableau.

    Steps fall from 5 % of a parameter by a factor of 1.6; each row of the tableau removes one more even power of
    the step from the error, and the entry with the smallest estimated error is kept. Steps at which the function
    is not finite are passed over.
    """
    return _stack([_ridders_column(evaluate, b, j) for j in range(b.size)])


def _size(b: Array, j: int) -> float:
    """Length by which parameter j is varied: its own size, or a small part of the others' if it is zero."""
    own = abs(float(b[j]))
    return own if own > 0 else max(1e-3 * float(np.min(np.abs(b[b != 0]), initial=1.0)), 1e-8)


def _central_column(evaluate: Model, b: Array, j: int, step: float) -> Array:
    above, below = b.copy(), b.copy()
    above[j] += step
    below[j] -= step
    with np.errstate(all="ignore"):
        return (np.asarray(evaluate(above)) - np.asarray(evaluate(below))) / (above[j] - below[j])


def _ridders_column(evaluate: Model, b: Array, j: int) -> Array:
    step = _FIRST_STEP * _size(b, j)
    previous: list[Array] = []
    best = best_error = None
    for _ in range(_LEVELS):
        row = [_central_column(evaluate, b, j, step)]
        step /= _SHRINK
        if not np.all(np.isfinite(row[0])):
            continue
        factor = 1.0
        for k, old in enumerate(previous):
            factor *= _SHRINK**2
            row.append((factor * row[k] - old) / (factor - 1.0))
            error = np.maximum(np.abs(row[k + 1] - row[k]), np.abs(row[k + 1] - old))
            if best is None or best_error is None:
                best, best_error = row[k + 1].copy(), error
            else:
                better = error < best_error
                best = np.where(better, row[k + 1], best)
                best_error = np.where(better, error, best_error)
        previous = row
    if best is None:
        return _central_column(evaluate, b, j, 6e-6 * _size(b, j))
    return best


def _stack(columns: list[Array]) -> Array:
    return np.column_stack(columns).astype(float)
