"""How far the estimates of a growth curve can be trusted: profile intervals, and a residual bootstrap.

The profile interval of a parameter holds the values at which the sum of squares, minimised over all others, stays
below ``RSS (1 + t^2 / (n - p))``, t the Student quantile (Bates and Watts, Nonlinear Regression Analysis, 1988,
section 6.1). Unlike estimate plus or minus two standard errors it need not be symmetric and need not close: a side
along which the fit never gets clearly worse is open, and reported as None.

The bootstrap draws residuals, adds them to the fitted curve and fits all resamples together.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from jalur.curves.least_squares import covariance_from
from jalur.curves.solver import BatchFit, ScaledCurve, solve_batch
from jalur.errors import InputError

Array = NDArray[np.floating]
Mask = NDArray[np.bool_]
Index = NDArray[np.integer]

Interval = tuple[float | None, float | None]

_EXPANSIONS = 80
_REFINEMENTS = 60
# Rows fitted together: enough to make numpy's overhead small, few enough to stay in the processor's cache.
_ROWS = 500


def profile_intervals(
    scaled: ScaledCurve,
    estimate: Array,
    sum_of_squares: float,
    degrees_of_freedom: int,
    starts: Array,
    level: float = 0.95,
) -> dict[str, Interval]:
    """Profile interval of every free parameter, in the user's units.

    Parameters
    ----------
    scaled : ScaledCurve
    estimate : ndarray, shape (p,)
        Coordinates of the least-squares fit.
    sum_of_squares : float
        Weighted sum of squares there, in scaled levels.
    degrees_of_freedom : int
    starts : ndarray, shape (k, p)
        Other coordinates to start from before a side is taken to have ended.
    level : float
        Confidence of the interval.

    Returns
    -------
    dict
        Name to (low, high); None on a side that does not close before the limit of the parameter, or before
        another parameter has run to its limit on the way.
    """
    from scipy.special import stdtrit

    quantile = float(stdtrit(degrees_of_freedom, 0.5 + level / 2))
    walk = _Walk(scaled, estimate, sum_of_squares, degrees_of_freedom, quantile, starts)
    ends = walk.ends()
    found: dict[str, Interval] = {}
    for j, name in enumerate(scaled.family.parameters):
        if not scaled.free[j]:
            continue
        low, high = (_in_units(scaled, estimate, j, ends[row]) for row in np.flatnonzero(walk.parameter == j))
        found[name] = (low, high)
    return found


def _in_units(scaled: ScaledCurve, estimate: Array, j: int, u: float) -> float | None:
    if not np.isfinite(u):
        return None
    moved = estimate.copy()
    moved[j] = u
    return float(scaled.params(moved)[j])


class _Walk:
    """All sides of all parameters, walked outwards together: row by row the last point inside and the first outside.

    The height of a point is the root of its excess sum of squares less that at the end of the interval, nearly a
    straight line in the coordinate: negative inside, zero at the end.
    """

    def __init__(
        self,
        scaled: ScaledCurve,
        estimate: Array,
        sum_of_squares: float,
        freedom: int,
        quantile: float,
        starts: Array,
    ) -> None:
        self.scaled = scaled
        self.sum_of_squares = sum_of_squares
        free = np.flatnonzero(scaled.free)
        self.parameter = np.repeat(free, 2)
        self.side = np.tile([-1.0, 1.0], free.size)
        self.rows = np.arange(self.parameter.size)
        self.variance = sum_of_squares / freedom
        self.target = quantile * np.sqrt(self.variance)
        self.free = np.tile(scaled.free, (self.rows.size, 1))
        self.free[self.rows, self.parameter] = False
        self.nuisance = np.tile(estimate, (self.rows.size, 1))
        self.nuisance_outside = self.nuisance.copy()
        # The rate at which the others move with the parameter, from the last two points inside.
        self.drift = np.zeros_like(self.nuisance)
        self.starts = starts
        self.inside = estimate[self.parameter].astype(float)
        self.height_inside = np.full(self.rows.size, -self.target)
        self.estimate = self.inside.copy()
        self.first_step = self._first_steps(estimate, quantile)
        self.step = self.first_step.copy()

    def _first_steps(self, estimate: Array, quantile: float) -> Array:
        jacobian = self.scaled.evaluate(estimate[None, :])[1][0][self.scaled.free].T
        errors = np.full(estimate.size, np.inf)
        errors[self.scaled.free] = np.sqrt(np.diag(covariance_from(jacobian, self.variance)))
        return np.clip(quantile * errors[self.parameter], 1e-9, 1.0)

    def ends(self) -> Array:
        """Coordinates of the ends (rows,), infinite for an open side."""
        if self.sum_of_squares <= 1e-24 * float(np.sum((self.scaled.y * self.scaled.root_weights) ** 2)):
            # An exact fit leaves no room at all.
            return self.inside
        outside, height_outside = self._bracket()
        return self._close_in(outside, height_outside)

    def _bracket(self) -> tuple[Array, Array]:
        outside = np.full(self.rows.size, np.inf)
        height_outside = np.full(self.rows.size, np.inf)
        low, high = (limit[self.parameter] for limit in self.scaled.limits)
        walking = self.rows
        for _ in range(_EXPANSIONS):
            at = np.clip(self.inside + self.side * self.step, low, high)[walking]
            last = self.nuisance[walking]
            drifted = last + self.drift[walking] * (at - self.inside[walking])[:, None]
            fit, height = self._heights(walking, at, np.stack([last, drifted], axis=1))
            # A leap in height means that the way has been lost to a side valley: back, with half the step.
            least = 1e-2 * (self.first_step + np.abs(self.inside - self.estimate))[walking]
            leap = (height > 0.5 * self.target) & (self.step[walking] > least)
            beyond: Mask = (height >= 0) & ~leap
            if beyond.any():
                # And before a side counts as ended, look again from everywhere.
                fit, height = self._second_look(walking, at, fit, height, beyond)
                beyond &= height >= 0
            rows = walking[beyond]
            outside[rows], height_outside[rows], self.nuisance_outside[rows] = at[beyond], height[beyond], fit.u[beyond]
            at_limit = (at <= low[walking]) | (at >= high[walking])
            ahead = ~beyond & ~leap & ~at_limit & ~self._runs_away(walking, fit)
            self._move_inside(walking[ahead], at[ahead], height[ahead], fit.u[ahead])
            self.step[walking[ahead]] *= 2.0
            self.step[walking[leap]] *= 0.5
            walking = walking[ahead | leap]
            if not walking.size:
                break
        return outside, height_outside

    def _close_in(self, outside: Array, height_outside: Array) -> Array:
        """Regula falsi with the Illinois rule between the last point inside and the first outside."""
        ends = outside.copy()
        open_ = self.rows[np.isfinite(outside)]
        last = np.zeros(self.rows.size)
        for _ in range(_REFINEMENTS):
            a, b = self.inside[open_], outside[open_]
            ha, hb = self.height_inside[open_], height_outside[open_]
            at = a + (b - a) * (-ha / (hb - ha))
            near, far = self.nuisance[open_], self.nuisance_outside[open_]
            between = near + (far - near) * ((at - a) / (b - a))[:, None]
            fit, height = self._heights(open_, at, np.stack([near, between, far], axis=1))
            # A side that ends only because another parameter is held at its limit does not end at all.
            ends[open_] = np.where(self._runs_away(open_, fit), np.inf, at)
            within = height < 0
            rows = open_[within]
            # The Illinois rule: an end that stays twice in a row counts half.
            height_outside[rows[last[rows] < 0]] /= 2
            self._move_inside(rows, at[within], height[within], fit.u[within])
            last[rows] = -1
            rows = open_[~within]
            self.height_inside[rows[last[rows] > 0]] /= 2
            outside[rows], height_outside[rows] = at[~within], height[~within]
            self.nuisance_outside[rows] = fit.u[~within]
            last[rows] = 1
            closed = np.abs(self.inside[open_] - outside[open_]) <= 1e-12 * np.maximum(1.0, np.abs(at))
            open_ = open_[(np.abs(height) > 1e-8 * self.target) & ~closed]
            if not open_.size:
                break
        return ends

    def _heights(self, rows: Index, at: Array, starts: Array) -> tuple[BatchFit, Array]:
        """Best fits (rows,) with the parameter of each row held at a value, from starts (rows, k, p)."""
        k = starts.shape[1]
        begin = starts.copy()
        begin[np.arange(rows.size), :, self.parameter[rows]] = at[:, None]
        weighted = np.tile(self.scaled.y * self.scaled.root_weights, (rows.size * k, 1))
        flat = begin.reshape(rows.size * k, -1)
        tried = solve_batch(
            self.scaled, weighted, flat, np.repeat(self.free[rows], k, axis=0), iterations=50, gain=1e-9
        )
        best = np.arange(rows.size) * k + np.argmin(tried.sums.reshape(rows.size, k), axis=1)
        fit = BatchFit(tried.u[best], tried.sums[best], tried.gradient[best], tried.converged[best])
        return fit, np.sqrt(np.maximum(fit.sums - self.sum_of_squares, 0.0)) - self.target

    def _second_look(
        self, rows: Index, at: Array, fit: BatchFit, height: Array, beyond: Mask
    ) -> tuple[BatchFit, Array]:
        again = rows[beyond]
        starts = np.tile(self.starts, (again.size, 1, 1))
        held = ~self.scaled.free
        starts[:, :, held] = self.nuisance[again][:, None, held]
        other, other_height = self._heights(again, at[beyond], starts)
        better = other_height < height[beyond]
        place = np.flatnonzero(beyond)[better]
        for mine, new in zip((fit.u, fit.sums, fit.gradient), (other.u, other.sums, other.gradient), strict=True):
            mine[place] = new[better]
        height[place] = other_height[better]
        return fit, height

    def _move_inside(self, rows: Index, at: Array, height: Array, u: Array) -> None:
        self.drift[rows] = (u - self.nuisance[rows]) / (at - self.inside[rows])[:, None]
        self.inside[rows], self.height_inside[rows], self.nuisance[rows] = at, height, u

    def _runs_away(self, rows: Index, fit: BatchFit) -> Mask:
        """Whether another parameter sits at its limit and going beyond would lower the sum of squares noticeably.

        A launch is left out: that it cannot follow the first figure is part of the family, not a stand-in for never.
        """
        low, high = self.scaled.limits
        pushed = ((fit.u <= low) & (fit.gradient < 0)) | ((fit.u >= high) & (fit.gradient > 0))
        matters = np.abs(fit.gradient) > 0.05 * self.variance
        launch = np.array([role == "launch" for role in self.scaled.family.roles.values()])
        genuine = launch & (fit.u >= high)
        return np.any(pushed & matters & ~genuine & self.free[rows], axis=1)


@dataclass(frozen=True, eq=False)
class BootstrapResult:
    """Estimates from resamples.

    Attributes
    ----------
    family : str
    names : tuple of str
        Parameters, in the order of the columns of ``params``.
    params : ndarray, shape (replicates, p)
        Estimates in the user's units; a capacity that was given stands in its column unchanged.
    estimate : ndarray, shape (p,)
        The fit that the resamples were drawn from.
    converged : ndarray of bool, shape (replicates,)
        False where the fit did not settle.
    at_limit : ndarray of bool, shape (replicates,)
        True where a free parameter ran to the end of its range, for instance a ceiling without bound.
    seed : int
    """

    family: str
    names: tuple[str, ...]
    params: Array
    estimate: Array
    converged: NDArray[np.bool_]
    at_limit: NDArray[np.bool_]
    seed: int
    _curve: Array = field(repr=False)
    _pool: Array = field(repr=False)

    @property
    def standard_errors(self) -> dict[str, float]:
        """Standard deviation of each parameter over the resamples."""
        return dict(zip(self.names, map(float, np.std(self.params, axis=0, ddof=1)), strict=True))

    def interval(self, name: str, level: float = 0.9) -> tuple[float, float]:
        """Percentile interval of one parameter."""
        if name not in self.names:
            raise InputError(f"unknown parameter {name!r}; known are {', '.join(self.names)}.")
        low, high = np.quantile(self.params[:, self.names.index(name)], [0.5 - level / 2, 0.5 + level / 2])
        return float(low), float(high)

    def resamples(self) -> Array:
        """The resampled levels (replicates, n) that were fitted, in the user's units."""
        return _resample(self._curve, self._pool, len(self.params), self.seed)


def refit_resamples(
    scaled: ScaledCurve, params: Array, residuals: Array, replicates: int, seed: int
) -> BootstrapResult:
    """Draw residuals, add them to the fitted curve, fit every resample.

    Parameters
    ----------
    scaled : ScaledCurve
        The figures in the solver's coordinates.
    params : ndarray, shape (p,)
        The fit, in the user's units.
    residuals : ndarray, shape (n,)
    replicates : int
    seed : int

    Returns
    -------
    BootstrapResult
    """
    n = residuals.size
    curve = scaled.y * scaled.top - residuals
    pool = (residuals - residuals.mean()) * np.sqrt(n / (n - int(scaled.free.sum())))
    resampled = _resample(curve, pool, replicates, seed) / scaled.top * scaled.root_weights
    begin = scaled.coordinates_of(params)
    u = np.empty((replicates, begin.size))
    converged = np.empty(replicates, dtype=bool)
    for first in range(0, replicates, _ROWS):
        rows = slice(first, min(first + _ROWS, replicates))
        size = rows.stop - rows.start
        found = solve_batch(
            scaled, resampled[rows], np.tile(begin, (size, 1)), np.tile(scaled.free, (size, 1)), gain=1e-9, near=True
        )
        u[rows], converged[rows] = found.u, found.converged
    low, high = scaled.limits
    estimates = scaled.params(u)
    estimates[:, ~scaled.free] = params[~scaled.free]
    return BootstrapResult(
        family=scaled.family.name,
        names=scaled.family.parameters,
        params=estimates,
        estimate=params,
        converged=converged,
        at_limit=np.any(scaled.free & ((u <= low) | (u >= high)), axis=1),
        seed=seed,
        _curve=curve,
        _pool=pool,
    )


def _resample(curve: Array, pool: Array, replicates: int, seed: int) -> Array:
    drawn = np.random.default_rng(seed).integers(0, pool.size, (replicates, pool.size))
    return curve + pool[drawn]
