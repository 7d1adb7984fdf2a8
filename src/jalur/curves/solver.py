"""Least squares for many copies of one growth curve at once.

One batched Levenberg-Marquardt in numpy serves the several starts of a fit, the profile intervals and the
bootstrap: every row has its own figures, starting values and fixed parameters, and all rows step together.

It works in coordinates where one step means about the same everywhere: time runs from 0 to 1 over the figures,
the largest figure is 1, positive parameters are logarithms. Each coordinate has wide limits that stand for "never":
a ceiling a hundred thousand times the largest figure cannot be told from none.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from jalur.curves.families import Family

Array = NDArray[np.floating]
Mask = NDArray[np.bool_]

_LIMITS = {
    "level": (np.log(1e-2), np.log(1e5)),
    "rate": (np.log(1e-10), np.log(1e5)),
    "duration": (np.log(1e-5), np.log(1e5)),
    "shape": (np.log(1e-5), np.log(1e2)),
    "launch": (-1e3, 0.0),
    "time": (-1e3, 1e3),
}
_DATED = ("time", "launch")
_LONGEST_STEPS = (2.0, 20.0)
_FIRST_DAMPING = 1e-3
_LITTLE_DAMPING = 1e-7
_EASE = 5.0
_TIGHTEN = 3.0
_LEAST_DAMPING = 1e-12
_MOST_DAMPING = 1e12


@dataclass(frozen=True, eq=False)
class ScaledCurve:
    """A family with its figures in scaled coordinates.

    Attributes
    ----------
    family : Family
    t, y : ndarray, shape (n,)
        Times and levels, scaled.
    root_weights : ndarray, shape (n,)
        Square roots of the weights.
    first, span, top : float
        First time, length of time, largest level, in the user's units.
    free : ndarray of bool, shape (p,)
        False for a parameter held fixed.
    """

    family: Family
    t: Array
    y: Array
    root_weights: Array
    first: float
    span: float
    top: float
    free: Mask

    @cached_property
    def logarithmic(self) -> Mask:
        """Which coordinates are logarithms: all but dates."""
        return np.array([role not in _DATED for role in self.family.roles.values()])

    @cached_property
    def limits(self) -> tuple[Array, Array]:
        """Lowest and highest value of each coordinate, shapes (p,)."""
        both = np.array([_LIMITS[role] for role in self.family.roles.values()])
        return both[:, 0], both[:, 1]

    def scaled_params(self, u: Array) -> Array:
        """Parameters in scaled units from coordinates (..., p)."""
        return np.where(self.logarithmic, np.exp(np.where(self.logarithmic, u, 0.0)), u)

    def coordinates(self, scaled_params: Array) -> Array:
        """Coordinates from parameters in scaled units (..., p), moved inside the limits."""
        size = np.where(self.logarithmic, np.maximum(scaled_params, np.exp(-100.0)), 1.0)
        return np.clip(np.where(self.logarithmic, np.log(size), scaled_params), *self.limits)

    def params(self, u: Array) -> Array:
        """Parameters in the user's units from coordinates (..., p)."""
        return self._units[0] * self.scaled_params(u) + self._units[1]

    def coordinates_of(self, params: Array) -> Array:
        """Coordinates from parameters in the user's units (..., p)."""
        unit, origin = self._units
        return self.coordinates((params - origin) / unit)

    @cached_property
    def _units(self) -> tuple[Array, Array]:
        unit = {"level": self.top, "rate": 1.0 / self.span, "shape": 1.0}
        roles = self.family.roles.values()
        return (
            np.array([unit.get(role, self.span) for role in roles]),
            np.array([self.first if role in _DATED else 0.0 for role in roles]),
        )

    def values(self, u: Array) -> Array:
        """Weighted curves (rows, n) at coordinates (rows, p)."""
        return self.family.curve(self.t, *self.scaled_params(u).T[:, :, None]) * self.root_weights

    def evaluate(self, u: Array) -> tuple[Array, Array]:
        """Weighted curves (rows, n) and their derivatives by each coordinate (rows, p, n)."""
        params = self.scaled_params(u)
        chain = np.where(self.logarithmic, params, 1.0)
        jacobian = np.empty((*u.shape, self.t.size))
        for j, column in enumerate(self.family.partials(self.t, *params.T[:, :, None])):
            np.multiply(column, chain[:, j, None] * self.root_weights, out=jacobian[:, j])
        # The ceiling, first and logarithmic, is a factor: its derivative is the curve itself.
        return jacobian[:, 0], jacobian


@dataclass(frozen=True, eq=False)
class BatchFit:
    """Solutions of a batch: coordinates (rows, p), sums of squares (rows,), gradients (rows, p), flags (rows,)."""

    u: Array
    sums: Array
    gradient: Array
    converged: Mask


def solve_batch(
    scaled: ScaledCurve,
    weighted: Array,
    u: Array,
    free: Mask,
    *,
    iterations: int = 100,
    gain: float = 1e-11,
    near: bool = False,
) -> BatchFit:
    """Levenberg-Marquardt for all rows together.

    Parameters
    ----------
    scaled : ScaledCurve
    weighted : ndarray, shape (rows, n)
        Scaled levels times the root weights, one set a row.
    u : ndarray, shape (rows, p)
        Starting coordinates.
    free : ndarray of bool, shape (rows, p)
        Parameters that may move, a row each.
    iterations : int
        Most steps of a row.
    gain : float
        A row is done when steps promise to lower its sum of squares by less than this share: one step with hardly
        any damping, or three in a row, since a damped step promises little anywhere.
    near : bool
        Whether the starts lie close to the minimum. Otherwise steps also follow the curvature of the family
        (geodesic acceleration: Transtrum and Sethna, arXiv:1201.5885), which costs one more evaluation a step and
        saves many in the long bent valleys that weakly identified parameters make.

    Returns
    -------
    BatchFit
    """
    low, high = scaled.limits
    longest = np.where(scaled.logarithmic, *_LONGEST_STEPS)
    result = BatchFit(np.clip(u, low, high), np.empty(len(u)), np.empty(u.shape), np.zeros(len(u), dtype=bool))
    # Everything below holds the rows still at work only; a row that is done is written to the result and dropped.
    rows = np.arange(len(u))
    u = result.u.copy()
    # Resamples all start from the same fit: one curve and one Jacobian then do for every row.
    distinct = u[:1] if np.all(u == u[0]) else u
    curve, jacobian = scaled.evaluate(distinct)
    jacobian = np.broadcast_to(jacobian, (*u.shape, scaled.t.size))
    residual: Array = weighted - curve
    sums, normal, gradient = _equations(residual, jacobian)
    rounding = 1e-28 * _dot(weighted, weighted)
    damping = np.full(len(u), _LITTLE_DAMPING if near else _FIRST_DAMPING)
    patience = np.zeros(len(u), dtype=int)
    for turn in range(iterations + 1):
        # At a limit, a coordinate that would leave the box stays where it is.
        held = ~free | ((u <= low) & (gradient < 0)) | ((u >= high) & (gradient > 0))
        slope = np.where(held, 0.0, gradient)
        solve = _DampedSystem(normal, held, damping)
        step = solve(slope)
        little = _dot(step, slope) <= gain * sums + rounding
        done = little & ((patience == 2) | (damping <= _LITTLE_DAMPING))
        leaving = done | (damping > _MOST_DAMPING) | (turn == iterations)
        step = np.clip(step, -longest, longest)
        if not near:
            step += _acceleration(scaled, u, step, weighted - residual, jacobian, solve)
        trial = np.clip(u + step, low, high)
        if leaving.any():
            out = rows[leaving]
            # Close to the minimum the last step is worth taking unseen; in a flat valley it may be long.
            result.u[out] = (trial if near else u)[leaving]
            result.sums[out], result.gradient[out] = sums[leaving], gradient[leaving]
            result.converged[out] = done[leaving]
            stay = ~leaving
            rows, weighted, free, rounding, damping, patience = (
                array[stay] for array in (rows, weighted, free, rounding, damping, patience)
            )
            u, residual, jacobian, sums, normal, gradient, trial, little = (
                array[stay] for array in (u, residual, jacobian, sums, normal, gradient, trial, little)
            )
        if not rows.size:
            break
        curve, trial_jacobian = scaled.evaluate(trial)
        trial_residual = weighted - curve
        trial_sums, trial_normal, trial_gradient = _equations(trial_residual, trial_jacobian)
        accepted = trial_sums <= sums * (1.0 + 1e-14)
        u, residual, jacobian = (
            _chosen(accepted, new, old)
            for new, old in ((trial, u), (trial_residual, residual), (trial_jacobian, jacobian))
        )
        sums, normal, gradient = (
            _chosen(accepted, new, old)
            for new, old in ((trial_sums, sums), (trial_normal, normal), (trial_gradient, gradient))
        )
        patience = np.where(little & accepted, patience + 1, 0)
        damping = np.where(accepted, np.maximum(damping / _EASE, _LEAST_DAMPING), damping * _TIGHTEN)
    return result


def _equations(residual: Array, jacobian: Array) -> tuple[Array, Array, Array]:
    """Sums of squares (rows,), normal matrices (rows, p, p) and gradients (rows, p)."""
    return _dot(residual, residual), jacobian @ jacobian.transpose(0, 2, 1), _along(jacobian, residual)


def _chosen(accepted: Mask, new: Array, old: Array) -> Array:
    """New values of the accepted rows, old ones of the others."""
    if accepted.all():
        return new
    return np.where(accepted.reshape(-1, *(1,) * (new.ndim - 1)), new, old)


def _dot(a: Array, b: Array) -> Array:
    """Inner product of each row, (rows, n) to (rows,)."""
    return np.einsum("bn,bn->b", a, b)


def _along(jacobian: Array, values: Array) -> Array:
    """Product of each row's Jacobian (rows, p, n) with its values (rows, n)."""
    return (jacobian @ values[:, :, None])[:, :, 0]


class _DampedSystem:
    """Solver of ``(A + damping diag A) step = slope`` for each row, held coordinates left out."""

    def __init__(self, normal: Array, held: Mask, damping: Array) -> None:
        index = np.arange(normal.shape[1])
        diagonal = normal[:, index, index]
        # A coordinate without influence here must not make the system singular.
        diagonal = np.maximum(diagonal, 1e-30 * np.max(diagonal, axis=1, keepdims=True) + 1e-300)
        # Scaled to a unit diagonal, which spares half the digits that badly sized columns would cost.
        self._root = np.sqrt(diagonal)
        matrix = normal / (self._root[:, :, None] * self._root[:, None, :])
        if held.any():
            matrix[held[:, :, None] | held[:, None, :]] = 0.0
        matrix[:, index, index] = 1.0 + damping[:, None]
        self._inverse = np.linalg.inv(matrix)
        self._held = held

    def __call__(self, slope: Array) -> Array:
        step = (self._inverse @ (np.where(self._held, 0.0, slope) / self._root)[:, :, None])[:, :, 0]
        return step / self._root

    def length(self, step: Array) -> Array:
        """Length of steps (rows,), each coordinate in units of its influence on the curve."""
        return np.linalg.norm(step * self._root, axis=1)


def _acceleration(
    scaled: ScaledCurve, u: Array, step: Array, curve: Array, jacobian: Array, solve: _DampedSystem
) -> Array:
    """Second-order part of the steps; zero where it is not small beside the first."""
    ahead = 0.1
    further = scaled.values(u + ahead * step)
    along = np.einsum("bpn,bp->bn", jacobian, step)
    bending = (2.0 / ahead) * ((further - curve) / ahead - along)
    second = -0.5 * solve(_along(jacobian, bending))
    small = 2.0 * solve.length(second) <= 0.75 * solve.length(step)
    return np.where(small[:, None], second, 0.0)
