"""Forecasts that jalur is measured against.

All have the signature of `jalur.engine.outlook.forecast`: ``(t, y, future_t, capacity, draws, seed) -> (len(future_t),
draws)``, with ``t`` decimal years (increasing), ``y`` levels in any unit, ``future_t`` later years. They are the
usual choices, done properly, and nothing in them is tuned.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from jalur.errors import InputError

Array = NDArray[np.float64]
Forecast = Callable[..., Array]

LAST = 6  # values that the line and the growth rate look at


def line(
    t: ArrayLike, y: ArrayLike, future_t: ArrayLike, capacity: float = 100.0, draws: int = 2000, seed: int = 0
) -> Array:
    """Straight line: random walk with drift, estimated from the steps between the last six values.

    The spread on horizon h is ``s * sqrt(h * (1 + h / n))``: the steps' own and that of their estimated mean.

    Parameters
    ----------
    t, y : array_like, shape (n,)
        Decimal years (increasing) and levels, n >= 3.
    future_t : array_like, shape (m,)
        Later years.
    capacity : float
        Not used; part of the common signature.
    draws, seed : int

    Returns
    -------
    ndarray, shape (m, draws)

    Raises
    ------
    InputError
        For fewer than three values or years that do not increase.
    """
    time, level, ahead = _history(t, y, future_t)
    return level[-1] + _drifting_walk(time[-LAST:], level[-LAST:], ahead, draws, seed)


def cagr(
    t: ArrayLike, y: ArrayLike, future_t: ArrayLike, capacity: float = 100.0, draws: int = 2000, seed: int = 0
) -> Array:
    """Constant growth rate: the straight line of `line` through the logarithms, so a compound annual growth rate.

    Levels above the capacity are set to it, since no share of a population exceeds the population. Parameters and
    result as `line`; levels must be positive (zeros are taken as one millionth of the capacity).
    """
    time, level, ahead = _history(t, y, future_t)
    logs = np.log(np.maximum(level, 1e-6 * capacity))
    walk = logs[-1] + _drifting_walk(time[-LAST:], logs[-LAST:], ahead, draws, seed)
    return np.exp(np.minimum(walk, np.log(capacity)))


def damped_ets(
    t: ArrayLike, y: ArrayLike, future_t: ArrayLike, capacity: float = 100.0, draws: int = 2000, seed: int = 0
) -> Array:
    """Exponential smoothing with additive errors and a damped additive trend, ETS(A, Ad, N), by statsmodels.

    The method needs equal spacing: a history with gaps is first interpolated linearly on a grid of its median
    spacing, and the simulated paths are interpolated at `future_t`. Parameters and result as `line`.
    """
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    time, level, ahead = _history(t, y, future_t)
    spacing = float(np.median(np.diff(time)))
    count = round((time[-1] - time[0]) / spacing)
    even = np.interp(time[-1] - spacing * np.arange(count, -1, -1), time, level)
    steps = int(np.ceil(ahead.max() / spacing - 1e-9))
    with warnings.catch_warnings():  # short histories often do not converge fully; the start values then serve
        warnings.simplefilter("ignore")
        model = ETSModel(even, error="add", trend="add", damped_trend=True, initialization_method="estimated")
        fitted = model.fit(disp=False)
        rng = np.random.default_rng(seed)
        paths = np.asarray(fitted.simulate(steps, anchor="end", repetitions=draws, rng=rng), dtype=float)
    paths = np.vstack([np.full(draws, level[-1]), paths.reshape(steps, draws)])
    return _between_rows(paths, ahead / spacing)


def logistic_least_squares(
    t: ArrayLike, y: ArrayLike, future_t: ArrayLike, capacity: float = 100.0, draws: int = 2000, seed: int = 0
) -> Array:
    """Logistic curve with a fixed ceiling, fitted by least squares; normal parameters and independent normal errors.

    ``y = capacity / (1 + exp(-r (t - m)))``. The usual choice in market and policy reports; the draws take the
    parameter covariance and the residual variance of the fit at their word. Parameters and result as `line`.
    """
    from scipy.optimize import least_squares

    time, level, ahead = _history(t, y, future_t)
    share = np.clip(level / capacity, 1e-6, 1 - 1e-6)
    origin = time[-1]
    start = np.polyfit(time - origin, np.log(share / (1 - share)), 1)  # straight line on the logit scale

    def curve(rate: ArrayLike, offset: ArrayLike, years: ArrayLike) -> Array:
        logit = np.clip(np.asarray(rate) * np.asarray(years) + np.asarray(offset), -60, 60)
        return capacity / (1 + np.exp(-logit))

    fit = least_squares(lambda p: (curve(p[0], p[1], time - origin) - level) / capacity, start, x_scale="jac")
    variance = 2 * fit.cost / max(len(time) - 2, 1)
    covariance = np.linalg.pinv(fit.jac.T @ fit.jac) * variance
    rng = np.random.default_rng(seed)
    root = np.linalg.cholesky(covariance + 1e-18 * np.eye(2))
    parameters = fit.x[:, None] + root @ rng.standard_normal((2, draws))
    error = capacity * np.sqrt(variance) * rng.standard_normal((len(ahead), draws))
    return curve(parameters[0], parameters[1], ahead[:, None]) + error


#: name in the track record -> forecast
BASELINES: dict[str, Forecast] = {
    "line": line,
    "cagr": cagr,
    "damped_ets": damped_ets,
    "logistic": logistic_least_squares,
}


def _history(t: ArrayLike, y: ArrayLike, future_t: ArrayLike) -> tuple[Array, Array, Array]:
    """Checked history and the years ahead of its end."""
    time, level, later = (np.asarray(x, dtype=float) for x in (t, y, future_t))
    if time.shape != level.shape or time.ndim != 1 or len(time) < 3:
        raise InputError(f"a forecast needs at least three dated values, as many dates as values; given {time.shape}")
    if not (np.isfinite(time).all() and np.isfinite(level).all() and (np.diff(time) > 0).all()):
        raise InputError("dates must increase, and dates and values must be finite numbers")
    if later.ndim != 1 or not len(later) or (later <= time[-1]).any():
        raise InputError(f"the years to forecast must be later than the last figure of {time[-1]:g}")
    return time, level, later - time[-1]


def _drifting_walk(time: Array, level: Array, ahead: Array, draws: int, seed: int) -> Array:
    """Draws of the change from the last value on each horizon, shape (m, draws)."""
    step = np.diff(level) / np.diff(time)
    spread = step.std(ddof=1) * np.sqrt(ahead * (1 + ahead / len(step)))
    noise = np.random.default_rng(seed).standard_normal((len(ahead), draws))
    return step.mean() * ahead[:, None] + spread[:, None] * noise


def _between_rows(paths: Array, position: Array) -> Array:
    """Rows of `paths` (steps, draws) at fractional positions, linear in between."""
    low = np.minimum(np.floor(position + 1e-9).astype(int), len(paths) - 2)
    share = (position - low)[:, None]
    return (1 - share) * paths[low] + share * paths[low + 1]
