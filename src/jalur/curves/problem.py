"""A function with its data, as least squares needs them: residuals and Jacobians, in double and in more.

Certified values of regression problems are exact for the decimals that were published. So the data are read again
from their shortest decimal form into extended precision (64 bits of mantissa on x86), and residuals are formed
there, wherever the platform and the function go along.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from jalur.curves import derivatives
from jalur.errors import InputError

Array = NDArray[np.floating]

_HUGE_RESIDUAL = 1e150
_ROUNDINGS = 50


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
        result = derivatives.complex_step(self.model, b) if self.complex_works else None
        if result is None:
            if exact:
                result = derivatives.extrapolated(self._model_wide, b.astype(np.longdouble))
            else:
                result = derivatives.central(self.model, b)
        return np.where(np.isfinite(result), result, 0.0)

    def complex_step_is_right(self, b: Array) -> bool:
        """Whether the complex step agrees with extrapolated differences at a point."""
        with np.errstate(all="ignore"):
            by_step = derivatives.complex_step(self.model, b)
            if by_step is None:
                return False
            by_difference = derivatives.extrapolated(self._model_wide, b.astype(np.longdouble))
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
