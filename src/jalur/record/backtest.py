"""Rolling-origin backtests: how often forecasts and official labels came true on series with known outcomes.

A rolling origin stands at a year of a series, sees only what came before, and is asked for the years that follow.
`backtest` scores any forecast function that way; `label_hit_rates` counts what became of official labels. A series
is a tidy table with one value a row: ``group, series, year, value_percent, capacity``.

The forecasts that jalur is measured against stand here too. All have the signature of
`jalur.engine.outlook.forecast`: ``(t, y, future_t, capacity, draws, seed) -> (len(future_t), draws)``, with ``t``
decimal years (increasing), ``y`` levels in any unit, ``future_t`` later years. They are the usual choices, done
properly, and nothing in them is tuned.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from jalur.engine.figures import exact_figures
from jalur.engine.outlook import condition
from jalur.engine.prior import Prior
from jalur.errors import InputError
from jalur.record import scores
from jalur.record.series import series_from
from jalur.verdict import labels

Array = NDArray[np.float64]
Forecast = Callable[..., Array]

STRETCHES = (1.15, 1.3, 1.5, 1.75)  # targets as multiples of the level at the origin
HELD = tuple(f"in_{round(100 * q)}" for q in scores.COVERAGE_LEVELS)
LAST = 6  # values that the line and the growth rate look at
LARGEST_TARGET = 0.95  # of the capacity; a target above is not asked for


@dataclass(frozen=True)
class Origin:
    """One forecasting task: the history up to a year, and what came after.

    Attributes
    ----------
    group, series : str
    t, y : tuple of float
        Years and levels up to and including the origin ``t[-1]``.
    future_t, future_y : tuple of float
        The years asked for and what happened.
    capacity : float
        In the unit of the levels.
    """

    group: str
    series: str
    t: tuple[float, ...]
    y: tuple[float, ...]
    future_t: tuple[float, ...]
    future_y: tuple[float, ...]
    capacity: float

    def level_after(self, years: float) -> float:
        """What the level was that many years after the origin, linear between the yearly values."""
        return float(np.interp(self.t[-1] + years, (self.t[-1], *self.future_t), (self.y[-1], *self.future_y)))


@dataclass(frozen=True)
class Backtest:
    """Scores of one forecast function, one row a case.

    Attributes
    ----------
    levels : DataFrame
        group, series, origin, horizon (years), observed, median, crps and absolute_error (both divided by the mean
        absolute step of the last six values), in_50, in_80, in_90 (whether the interval held), pit.
    targets : DataFrame
        group, series, origin, stretch, target, probability, happened: reaching ``stretch`` times the level at the
        origin by the last year asked for.
    tasks, failures : int
        A task on which the function raised is scored with the straight line, so that giving up on hard cases does
        not help.
    """

    levels: pd.DataFrame
    targets: pd.DataFrame
    tasks: int
    failures: int

    def summary(self) -> dict[str, Any]:
        """Mean scores, each kind of series counting alike: what `track_record.json` holds for each method."""
        levels, targets = self.levels, self.targets
        w, v = kinds_alike(levels["group"]), kinds_alike(targets["group"])

        def mean(table: pd.DataFrame, column: str, weight: Array, where: Any = slice(None)) -> float:
            return float(np.average(table[column].to_numpy(float)[where], weights=weight[where]))

        horizons = {float(h): (levels["horizon"] == h).to_numpy() for h in sorted(levels["horizon"].unique())}
        stretches = {float(s): (targets["stretch"] == s).to_numpy() for s in sorted(targets["stretch"].unique())}
        return {
            "tasks": self.tasks,
            "series": int(levels.groupby(["group", "series"]).ngroups),
            "kinds": int(levels["group"].nunique()),
            "failures": self.failures,
            "scaled_crps": mean(levels, "crps", w),
            "scaled_crps_by_horizon": {f"{h:g}": mean(levels, "crps", w, of) for h, of in horizons.items()},
            "scaled_absolute_error": mean(levels, "absolute_error", w),
            **{name.replace("in_", "coverage_"): mean(levels, name, w) for name in HELD},
            "pit_histogram": list(scores.pit_histogram(levels["pit"], weight=w)),
            **scores.verdict_scores(targets["probability"], targets["happened"], targets["stretch"], v),
            "by_stretch": [
                {
                    "stretch": s,
                    "cases": int(of.sum()),
                    "said": mean(targets, "probability", v, of),
                    "happened": mean(targets, "happened", v, of),
                }
                for s, of in stretches.items()
            ],
        }  # fmt: skip

    def part(self, groups: Sequence[str]) -> Backtest:
        """The rows of some kinds of series."""
        levels, targets = (table[table["group"].isin(groups)] for table in (self.levels, self.targets))
        return Backtest(levels, targets, levels.groupby(["group", "series", "origin"]).ngroups, 0)


def kinds_alike(group: pd.Series) -> Array:
    """How much each row counts so that every kind of series counts alike; adds up to one."""
    counts = group.map(group.value_counts()).to_numpy(float)
    return 1 / counts / group.nunique()


def rolling_origins(
    frame: pd.DataFrame,
    horizon: int = 3,
    *,
    lowest: float = 0.05,
    highest: float = 0.80,
    shortest: int = 5,
    per_series: int | None = None,
) -> list[Origin]:
    """Every year of every series from which the next `horizon` years can be asked for.

    An origin counts when its level is between `lowest` and `highest` of the capacity, at least `shortest` values lie
    at or before it, and all of the next `horizon` years have a value. Values at or below zero or at or above the
    capacity are left out.

    Parameters
    ----------
    frame : DataFrame
        Columns group, series, year, value_percent, capacity; any order of rows, any index.
    horizon : int
        Years ahead.
    per_series : int, optional
        Take this many origins of each series, at equal distances from its first one on (positions 0, 1/n, 2/n ... of
        the list), since neighbours say nearly the same. All by default.

    Returns
    -------
    list of Origin
        In the order of group, series, year.
    """
    found: list[Origin] = []
    for one in series_from(frame):
        value = dict(zip(one.t.tolist(), one.y.tolist(), strict=True))
        mine = []
        for year in value:
            future = tuple(year + step for step in range(1, horizon + 1))
            known = one.t <= year
            if known.sum() < shortest or not lowest * one.capacity <= value[year] <= highest * one.capacity:
                continue
            if all(later in value for later in future):
                happened = tuple(value[later] for later in future)
                past = (tuple(one.t[known].tolist()), tuple(one.y[known].tolist()))
                mine.append(Origin(one.group, one.name, *past, future, happened, one.capacity))
        if per_series is not None and len(mine) > per_series:
            mine = [mine[k * len(mine) // per_series] for k in range(per_series)]
        found += mine
    return found


def origins_from_tasks(paths: Iterable[str | Path]) -> list[Origin]:
    """Tasks from JSON files: lists of objects with group, series, t, y, future_t, future_y and ceiling."""
    found = []
    for path in paths:
        for task in json.loads(Path(path).read_text(encoding="utf-8")):
            t, y, future_t, future_y = (tuple(map(float, task[name])) for name in ("t", "y", "future_t", "future_y"))
            found.append(Origin(task["group"], task["series"], t, y, future_t, future_y, float(task["ceiling"])))
    return found


def backtest(
    origins: pd.DataFrame | Sequence[Origin],
    forecast: Forecast | Callable[[Origin], Forecast],
    *,
    stretches: Sequence[float] = STRETCHES,
    draws: int = 2000,
    per_origin: bool = False,
) -> Backtest:
    """Score a forecast function on rolling origins.

    Parameters
    ----------
    origins : DataFrame or sequence of Origin
        A tidy frame is turned into all its `rolling_origins`.
    forecast : callable
        ``(t, y, future_t, capacity, draws, seed) -> (len(future_t), draws)``. It is handed the history and the years
        asked for, never what happened. With `per_origin` a function of the origin's series that returns such a
        forecast instead: that is how weights that did not see a series are used on it.
    stretches : sequence of float
        Targets, as multiples of the level at the origin; those above 0.95 of the capacity are left out.
    draws : int
        Per forecast; the position of the task is its seed.
    """
    tasks = rolling_origins(origins) if isinstance(origins, pd.DataFrame) else list(origins)
    levels: list[dict[str, Any]] = []
    targets: list[dict[str, Any]] = []
    failures = 0
    for seed, task in enumerate(tasks):
        method = forecast(task) if per_origin else forecast
        sample, failed = _sample(method, task, draws, seed)
        failures += failed
        who = {"group": task.group, "series": task.series, "origin": task.t[-1]}
        levels += _level_rows(who, task, sample)
        for stretch in stretches:
            target = stretch * task.y[-1]
            if target < LARGEST_TARGET * task.capacity:
                said, happened = float((sample[-1] >= target).mean()), task.future_y[-1] >= target
                row = {"stretch": stretch, "target": target, "probability": said, "happened": happened}
                targets.append({**who, **row})
    return Backtest(pd.DataFrame(levels), pd.DataFrame(targets), len(tasks), failures)


def _sample(method: Any, task: Origin, draws: int, seed: int) -> tuple[np.ndarray, int]:
    """Draws of one forecast and whether it failed (then those of the straight line)."""
    past = (np.array(task.t), np.array(task.y), np.array(task.future_t))  # copies: nothing can reach the task itself
    try:
        sample = np.asarray(method(*past, capacity=task.capacity, draws=draws, seed=seed), dtype=float)
        if sample.ndim == 2 and len(sample) == len(task.future_t) and np.isfinite(sample).all():
            return sample, 0
    except (ValueError, ArithmeticError, RuntimeError, np.linalg.LinAlgError):
        pass  # counted below, and scored with the line
    return line(task.t, task.y, task.future_t, task.capacity, draws, seed), 1


def _level_rows(who: dict[str, Any], task: Origin, sample: np.ndarray) -> Iterator[dict[str, Any]]:
    observed = np.array(task.future_y)
    scale = scores.step_scale(task.y)
    middle = np.median(sample, axis=1)
    columns = {
        "horizon": np.array(task.future_t) - task.t[-1],
        "observed": observed,
        "median": middle,
        "crps": scores.crps(sample, observed) / scale,
        "absolute_error": np.abs(middle - observed) / scale,
        **{name: scores.covered(sample, observed, q) for name, q in zip(HELD, scores.COVERAGE_LEVELS, strict=True)},
        "pit": scores.pit(sample, observed),
    }
    for k in range(len(observed)):
        yield {**who, **{name: column[k].item() for name, column in columns.items()}}


def label_hit_rates(
    frame: pd.DataFrame | Sequence[Origin],
    stretches: Sequence[float] = (*STRETCHES, 1.71),
    horizon: float = 3.0,
    base_years: int = 2,
) -> pd.DataFrame:
    """How often a target was reached after an official label said "on track", for each stretch apart.

    The label is given at the origin: base `base_years` earlier, the figure now at the origin, target ``stretch``
    times the figure now, due `horizon` years later. ESCAP's regression uses the values from the base on. Whether the
    target was reached is read `horizon` years later (linear between yearly values). Targets above 0.95 of the
    capacity and origins without a value in the base year are left out.

    Returns
    -------
    DataFrame
        method, stretch, horizon, base_years, cases, series, on_track (cases so labelled), hits (of those, reached),
        hit_rate, hit_rate_95_low, hit_rate_95_high, reached (of all cases), base_rate. A hit rate without its stretch,
        horizon and base rate says nothing.
    """
    ahead = int(np.ceil(horizon))
    tasks = rolling_origins(frame, ahead) if isinstance(frame, pd.DataFrame) else list(frame)
    rows = []
    for stretch in stretches:
        cases: list[tuple[str, str]] = []
        reached: list[bool] = []
        said: dict[str, list[bool]] = {method: [] for method in labels.METHODS}
        for task in tasks:
            now, target = (task.t[-1], task.y[-1]), stretch * task.y[-1]
            start = task.t[-1] - base_years
            if start not in task.t or target >= LARGEST_TARGET * task.capacity:
                continue
            history = [point for point in zip(task.t, task.y, strict=True) if point[0] >= start]
            given = labels.official_labels(history[0], now, (now[0] + horizon, target), history)
            cases.append((task.group, task.series))
            reached.append(task.level_after(horizon) >= target)
            for label in given:
                said[label.method].append(bool(label.on_track))
        for method in labels.METHODS:
            counts = _hits(np.array(said[method], bool), np.array(reached, bool), len(set(cases)))
            cell = {"method": method, "stretch": float(stretch), "horizon": float(horizon), "base_years": base_years}
            rows.append({**cell, **counts})
    return pd.DataFrame(rows)


def _hits(said: np.ndarray, reached: np.ndarray, series: int) -> dict[str, Any]:
    hits = int((said & reached).sum())
    low, high = scores.wilson(hits, int(said.sum()))
    return {
        "cases": len(said),
        "series": series,
        "on_track": int(said.sum()),
        "hits": hits,
        "hit_rate": hits / int(said.sum()) if said.any() else None,
        "hit_rate_95_low": low,
        "hit_rate_95_high": high,
        "reached": int(reached.sum()),
        "base_rate": float(reached.mean()) if len(reached) else None,
    }


def forecast_with(
    prior: Prior,
    t: ArrayLike,
    y: ArrayLike,
    future_t: Sequence[float],
    capacity: float = 100.0,
    draws: int = 2000,
    seed: int = 0,
    *,
    kind_class: str | None = None,
) -> Array:
    """`jalur.engine.outlook.forecast` with given prior weights; the other parameters and the result as there."""
    figures = exact_figures(t, y, capacity)
    state = condition(figures, capacity, reporting_error=0.0, net=True, wild=0.0, prior=prior, kind_class=kind_class)
    return state.draws(future_t, draws, seed)


# --- the forecasts to compare with -----------------------------------------------------------------------------------


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
