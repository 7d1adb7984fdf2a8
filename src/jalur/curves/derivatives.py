"""Derivatives of a user's function, accurate enough for certified digits.

Two ways, tried in this order:

* the complex step, ``Im f(b + ih) / h`` (Squire and Trapp, SIAM Review 40, 1998): exact to rounding, no
  subtraction, but only for functions that carry complex numbers through analytically;
* central differences extrapolated to step zero (Ridders, Advances in Engineering Software 4, 1982): about
  twelve digits in double precision, for everything else.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating]
Model = Callable[..., object]

_STEP_IMAGINARY = 1e-25
_FIRST_STEP = 0.05
_SHRINK = 1.6
_LEVELS = 12


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


def central(evaluate: Model, b: Array) -> Array:
    """Jacobian by plain central differences: ten digits at best, two evaluations a parameter."""
    return _stack([_central_column(evaluate, b, j, 6e-6 * _size(b, j)) for j in range(b.size)])


def extrapolated(evaluate: Model, b: Array) -> Array:
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
