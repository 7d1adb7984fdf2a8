"""Fitted growth curves, as description: estimates, standard errors, profile intervals, residual diagnostics.

The verdict does not come from here. A least-squares curve takes the figures for independent and its own form for
true; its intervals are far too narrow for forecasts (docs/method.md has the measurements). What a fit shows is what
the figures say about the ceiling, and mostly that they say little.

``fit`` knows the families of ``jalur.curves.families``; ``fit_function`` takes any function; ``bootstrap`` refits a
family to many resamples at once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from jalur.curves.families import FAMILIES, Family, family_named, starting_points
from jalur.curves.least_squares import FunctionFit, Problem, covariance_from, finite_vector, fit_function, refine
from jalur.curves.solver import ScaledCurve, solve_batch
from jalur.curves.uncertainty import BootstrapResult, Interval, profile_intervals, refit_resamples
from jalur.errors import InputError

__all__ = ["FAMILIES", "BootstrapResult", "Diagnostics", "FitResult", "FunctionFit", "bootstrap", "fit", "fit_function"]

Array = NDArray[np.floating]


@dataclass(frozen=True)
class Diagnostics:
    """What the residuals, in order of time, say against independent normal errors.

    Attributes
    ----------
    durbin_watson : float
        About 2 without serial correlation, towards 0 with neighbouring residuals alike.
    ljung_box, ljung_box_p_value : float
        Statistic and p-value over ``lags`` autocorrelations.
    lags : int
    jarque_bera, jarque_bera_p_value : float
        Statistic and p-value of normality from skewness and kurtosis.
    """

    durbin_watson: float
    ljung_box: float
    ljung_box_p_value: float
    lags: int
    jarque_bera: float
    jarque_bera_p_value: float


@dataclass(frozen=True, eq=False)
class FitResult:
    """A growth curve fitted by least squares.

    Attributes
    ----------
    family : str
    params : dict
        Estimates by name, in the user's units (levels as y, rates per unit of t).
    standard_errors : dict
        Asymptotic standard errors; 0 for a capacity that was given, ``inf`` for a parameter that has run to its
        limit or along which the curve does not change.
    residual_sum_of_squares : float
        Weighted, if weights were given.
    aicc : float
        Akaike's criterion with small-sample correction, the error variance counted as a parameter; ``inf`` if
        there are too few figures for the correction.
    t, y, weights : ndarray, shape (n,)
        What was fitted.
    residuals : ndarray, shape (n,)
        ``y`` less the curve, unweighted.
    degrees_of_freedom : int
        Figures less free parameters.
    fixed : tuple of str
        Parameters that were given.
    at_limit : tuple of str
        Parameters that ran to the end of their range: the data put no finite value on them.
    """

    family: str
    params: dict[str, float]
    standard_errors: dict[str, float]
    residual_sum_of_squares: float
    aicc: float
    t: Array
    y: Array
    weights: Array
    residuals: Array
    degrees_of_freedom: int
    fixed: tuple[str, ...]
    at_limit: tuple[str, ...]
    scaled: ScaledCurve = field(repr=False)

    def predict(self, t: ArrayLike) -> Array:
        """Level of the fitted curve at the times t, in the unit of y."""
        return FAMILIES[self.family].curve(np.asarray(t, dtype=float), *np.array(list(self.params.values())))

    @cached_property
    def profile_intervals(self) -> dict[str, Interval]:
        """95 % profile intervals, name to (low, high); None on a side that never closes.

        A capacity whose upper side is None is not identified by the figures. Computed when first asked for. A
        capacity that was given has itself on both sides.
        """
        return self.profile(0.95)

    def profile(self, level: float) -> dict[str, Interval]:
        """Profile intervals at another confidence level, a share between 0 and 1."""
        if not 0.0 < level < 1.0:
            raise InputError(f"level must lie between 0 and 1, got {level}.")
        estimate = self.scaled.coordinates_of(np.array(list(self.params.values())))
        total = self.residual_sum_of_squares / self.scaled.top**2
        starts = _starts(self.scaled, self.params[self.fixed[0]] if self.fixed else None)
        found = profile_intervals(self.scaled, estimate, total, self.degrees_of_freedom, starts, level)
        return {name: found.get(name, (value, value)) for name, value in self.params.items()}

    def diagnostics(self) -> Diagnostics:
        """Durbin-Watson, Ljung-Box and Jarque-Bera of the weighted residuals in order of time (statsmodels)."""
        from statsmodels.stats.diagnostic import acorr_ljungbox
        from statsmodels.stats.stattools import durbin_watson, jarque_bera

        ordered = (self.residuals * np.sqrt(self.weights))[np.argsort(self.t, kind="stable")]
        lags = max(1, min(10, ordered.size // 5))
        if not np.any(ordered):
            return Diagnostics(np.nan, np.nan, np.nan, lags, np.nan, np.nan)
        box = acorr_ljungbox(ordered, lags=[lags])
        normality = jarque_bera(ordered)
        return Diagnostics(
            durbin_watson=float(durbin_watson(ordered)),
            ljung_box=float(box["lb_stat"].iloc[0]),
            ljung_box_p_value=float(box["lb_pvalue"].iloc[0]),
            lags=lags,
            jarque_bera=float(normality[0]),
            jarque_bera_p_value=float(normality[1]),
        )


def fit(
    family: str, t: ArrayLike, y: ArrayLike, capacity: float | None = None, *, weights: ArrayLike | None = None
) -> FitResult:
    """Fit a growth curve by least squares.

    Parameters
    ----------
    family : {'logistic', 'gompertz', 'richards', 'bass', 'weibull', 'saturating'}
    t : array_like, shape (n,)
        Times, for instance decimal years; in any order, repeats allowed.
    y : array_like, shape (n,)
        Levels.
    capacity : float, optional
        The ceiling, in the unit of y and not below its largest value. Free if not given.
    weights : array_like, shape (n,), optional
        Weights of the squared residuals, positive: inverse variances up to a common factor.

    Returns
    -------
    FitResult

    Raises
    ------
    InputError
        For an unknown family, values that are not finite, lengths that differ, too few figures or too few
        different times for the number of parameters, no positive level, a capacity below the largest level.
    """
    chosen = family_named(family)
    times, levels, weighing = checked_figures(chosen, t, y, capacity, weights)
    scaled = scaled_curve(chosen, times, levels, weighing, capacity)
    u = _best_of_starts(scaled, capacity)
    params = scaled.params(u)
    if capacity is not None:
        params[0] = capacity
    low, high = scaled.limits
    at_limit = scaled.free & ((u <= low + 1e-6) | (u >= high - 1e-6))
    if not at_limit.any():
        params = _refined(scaled, times, levels, weighing, params)
    return _result(scaled, times, levels, weighing, params, at_limit)


def bootstrap(
    family: str,
    t: ArrayLike,
    y: ArrayLike,
    replicates: int = 1000,
    seed: int = 0,
    capacity: float | None = None,
) -> BootstrapResult:
    """Residual bootstrap of a growth curve, all replicates fitted at once.

    The curve is fitted, its residuals (centred, and stretched by ``sqrt(n / degrees of freedom)``, since fitted
    residuals are too small) are drawn with replacement and added to the fitted curve, and the family is fitted
    again to every such resample, starting from the fit. The dates stay as they are. It assumes independent errors
    of one size; what it measures is the spread of the estimates, not the uncertainty of a forecast.

    Parameters
    ----------
    family : str
    t, y : array_like, shape (n,)
    replicates : int
        Number of resamples.
    seed : int
        Same seed, same resamples.
    capacity : float, optional
        The ceiling, held fixed if given. A resample may rise above it.

    Returns
    -------
    BootstrapResult

    Raises
    ------
    InputError
        As `fit`, and if replicates is not a positive whole number.
    """
    if isinstance(replicates, bool) or not isinstance(replicates, (int, np.integer)) or replicates < 1:
        raise InputError(f"replicates must be a positive whole number, got {replicates!r}.")
    fitted = fit(family, t, y, capacity)
    params = np.array(list(fitted.params.values()))
    return refit_resamples(fitted.scaled, params, fitted.residuals, int(replicates), seed)


def checked_figures(
    family: Family, t: ArrayLike, y: ArrayLike, capacity: float | None, weights: ArrayLike | None
) -> tuple[Array, Array, Array]:
    """Times, levels and weights as arrays, or an InputError that says what is wrong with them."""
    times, levels = finite_vector(t, "t"), finite_vector(y, "y")
    weighing = np.ones(levels.size) if weights is None else finite_vector(weights, "weights")
    if not times.size == levels.size == weighing.size:
        given = f"{times.size} times, {levels.size} levels" + ("" if weights is None else f", {weighing.size} weights")
        raise InputError(f"t, y and weights must have the same length, got {given}.")
    if np.any(weighing <= 0):
        raise InputError(f"weights must be positive, the smallest is {weighing.min():g}.")
    free = len(family.parameters) - (capacity is not None)
    different = np.unique(times).size
    if levels.size <= free or different < free:
        raise InputError(
            f"{family.name} has {free} free parameters and needs at least {free + 1} figures on {free} different "
            f"dates; got {levels.size} on {different}."
        )
    top = float(levels.max())
    if top <= 0:
        raise InputError(f"y must hold a level above zero, the largest is {top:g}.")
    if capacity is not None and not (np.isfinite(capacity) and capacity >= top):
        raise InputError(f"capacity must not lie below the largest level {top:g}, got {capacity:g}.")
    return times, levels, weighing


def scaled_curve(family: Family, times: Array, levels: Array, weights: Array, capacity: float | None) -> ScaledCurve:
    """The family with its figures in the coordinates of the solver."""
    first, span, top = float(times.min()), float(np.ptp(times)), float(levels.max())
    free = np.ones(len(family.parameters), dtype=bool)
    free[0] = capacity is None
    return ScaledCurve(
        family=family,
        t=(times - first) / span,
        y=levels / top,
        root_weights=np.sqrt(weights),
        first=first,
        span=span,
        top=top,
        free=free,
    )


def _starts(scaled: ScaledCurve, capacity: float | None) -> Array:
    """Starting coordinates (k, p) of the family for these figures."""
    order = np.argsort(scaled.t, kind="stable")
    ceiling = None if capacity is None else capacity / scaled.top
    return scaled.coordinates(starting_points(scaled.family, scaled.t[order], scaled.y[order], ceiling))


def _best_of_starts(scaled: ScaledCurve, capacity: float | None) -> Array:
    """Coordinates (p,) of the lowest minimum reached from the starts of the family."""
    starts = _starts(scaled, capacity)
    weighted = np.tile(scaled.y * scaled.root_weights, (len(starts), 1))
    found = solve_batch(scaled, weighted, starts, np.tile(scaled.free, (len(starts), 1)))
    return found.u[np.nanargmin(found.sums)]


def _refined(scaled: ScaledCurve, times: Array, levels: Array, weights: Array, params: Array) -> Array:
    """Parameters to the last digit, in the user's units; the given ones if the refinement leaves the solver's box."""
    family, free, root = scaled.family, scaled.free, np.sqrt(weights)
    launch = np.array([role == "launch" for role in family.roles.values()])
    positive = np.array([role not in ("time", "launch") for role in family.roles.values()])

    def filled(b: tuple[float, ...]) -> Array:
        # Plain concatenation of types: extended-precision trial values stay extended.
        full = params.astype(np.result_type(params, *b))
        full[free] = b
        return full

    def curve(t: Array, *b: float) -> Array:
        full = filled(b)
        if np.any(full[positive] <= 0) or np.any(full[launch] > scaled.first):
            return np.full(t.shape, np.nan)
        return root * family.curve(t, *full)

    def jacobian(t: Array, *b: float) -> Array:
        partials = family.partials(t, *filled(b))
        return np.column_stack([root * column for column, is_free in zip(partials, free, strict=True) if is_free])

    refined = filled(tuple(refine(Problem(curve, times, root * levels, params[free], jacobian)).params))
    low, high = scaled.limits
    u = scaled.coordinates_of(refined)
    return refined if np.all((low < u) & (u < high)) else params


def _result(
    scaled: ScaledCurve, times: Array, levels: Array, weights: Array, params: Array, at_limit: NDArray[np.bool_]
) -> FitResult:
    family, free = scaled.family, scaled.free
    names = family.parameters
    residuals = levels - family.curve(times, *params)
    total = float(np.sum(weights * residuals**2))
    n, k = levels.size, int(free.sum())
    jacobian = np.column_stack([p for p, is_free in zip(family.partials(times, *params), free, strict=True) if is_free])
    covariance = covariance_from(np.sqrt(weights)[:, None] * jacobian, total / (n - k))
    errors = np.zeros(params.size)
    errors[free] = np.sqrt(np.diag(covariance))
    errors[at_limit] = np.inf
    return FitResult(
        family=family.name,
        params=dict(zip(names, map(float, params), strict=True)),
        standard_errors=dict(zip(names, map(float, errors), strict=True)),
        residual_sum_of_squares=total,
        aicc=_aicc(total, weights, k + 1),
        t=times,
        y=levels,
        weights=weights,
        residuals=residuals,
        degrees_of_freedom=n - k,
        fixed=tuple(name for name, is_free in zip(names, free, strict=True) if not is_free),
        at_limit=tuple(name for name, is_there in zip(names, at_limit, strict=True) if is_there),
        scaled=scaled,
    )


def _aicc(total: float, weights: Array, k: int) -> float:
    """Akaike's criterion from a weighted sum of squares, k parameters with the variance among them."""
    n = weights.size
    if n - k - 1 <= 0:
        return float("inf")
    if total <= 0:
        return float("-inf")
    return float(n * np.log(total / n) - np.sum(np.log(weights)) + 2 * k + 2 * k * (k + 1) / (n - k - 1))
