"""Arithmetic of a path: how fast it asks the count to grow, and how fast the published figures grew.

No model here: these numbers can be given even where no probability can.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from jalur.dates import DAYS_A_MONTH, months_between
from jalur.verdict.model import Interval, Pace


def log_odds(level: float | np.ndarray, capacity: float) -> float | np.ndarray:
    """log(p / (1 - p)) of the share p = level / capacity: linear in time along a logistic curve."""
    p = np.asarray(level, float) / capacity
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.log(p) - np.log1p(-p)


def required_pace(
    start: str, level: float, end: str, target: float, capacity: float | None = None, levels: np.ndarray | None = None
) -> Pace | None:
    """Growth needed from `level` on `start` to `target` on `end`, in three currencies.

    Parameters
    ----------
    start, end : str
        ISO dates; None is returned where `end` is not later than `start`.
    level, target : float
        Units.
    capacity : float, optional
        Units; without it the link slope is None. None as well where the target is at or above the capacity.
    levels : ndarray, shape (draws,), optional
        Draws of the true level on `start`; with them each currency gets its 80 % interval.

    Returns
    -------
    Pace or None
    """
    months = months_between(start, end)
    if months <= 0:
        return None
    central = _currencies(np.array([level]), target, months, capacity)
    if levels is None:
        return Pace(*(None if x is None else float(x[0]) for x in central))  # type: ignore[arg-type]
    spread = _currencies(np.asarray(levels, float), target, months, capacity)
    return Pace(*(None if x is None else float(x[0]) for x in central), *(interval(x, 0.8) for x in spread))  # type: ignore[arg-type]


def growth(start_levels: np.ndarray, end_levels: np.ndarray, months: float, capacity: float | None) -> Pace:
    """Pace of jointly drawn levels `months` apart: medians and 80 % intervals in three currencies."""
    parts = _currencies(np.asarray(start_levels, float), np.asarray(end_levels, float), months, capacity)
    medians = (None if x is None or not np.isfinite(x).any() else float(np.nanmedian(x)) for x in parts)
    return Pace(*medians, *(interval(x, 0.8) for x in parts))  # type: ignore[arg-type]


def _currencies(
    level: np.ndarray, target: float | np.ndarray, months: float, capacity: float | None
) -> tuple[np.ndarray, np.ndarray | None, np.ndarray | None]:
    level, target = np.broadcast_arrays(level, np.asarray(target, float))
    slope: np.ndarray | None = None
    years = months / 12
    cagr = (target / level) ** (1 / years) - 1 if (level > 0).all() and (target > 0).all() else None
    if capacity is not None and (level > 0).all() and (level < capacity).all() and (target < capacity).all():
        slope = np.asarray(log_odds(target, capacity) - log_odds(level, capacity)) / years
    return (target - level) / months, cagr, slope


def interval(values: np.ndarray | None, share: float) -> Interval | None:
    """Central interval that holds `share` of `values`; None for None or where nothing is finite."""
    if values is None or not np.isfinite(values).any():
        return None
    low, high = np.nanquantile(values, [(1 - share) / 2, (1 + share) / 2])
    return float(low), float(high)


def published_pace(figures: pd.DataFrame, windows: tuple[int, ...] = (12, 6)) -> tuple[tuple[int, str, float], ...]:
    """Units a month over the last stretch of the published figures.

    For each window the last figure is compared with the latest figure at least that many calendar months older (the
    median where several refer to that day); half a year before the end of June is the end of December. A window is
    left out where no figure is that old or where the nearest one is more than half a window older still.

    Returns
    -------
    tuple of (months, since, units a month)
    """
    points = figures[figures["qualifier"] != "at_least"].groupby("as_of")["value"].median()
    if len(points) < 2:
        return ()
    last, level, found = points.index[-1], points.iloc[-1], []
    for months in windows:
        limit = last - pd.DateOffset(months=months)
        if last.is_month_end:
            limit += pd.offsets.MonthEnd(0)
        older = points[points.index <= limit]
        if len(older) and months_between(older.index[-1], last) <= 1.5 * months:
            pace = (level - older.iloc[-1]) / months_between(older.index[-1], last)
            found.append((months, older.index[-1].date().isoformat(), float(pace)))
    return tuple(found)


@dataclass(frozen=True)
class PeriodPace:
    """Pace of the published figures in a period, units a month with 90 % interval, and its change from the last."""

    name: str
    start: str
    end: str
    figures: int
    monthly: float | None
    monthly_90: Interval | None
    change: float | None
    change_90: Interval | None


def pace_by_period(figures: pd.DataFrame, breaks: tuple[tuple[str, str], ...]) -> tuple[PeriodPace, ...]:
    """Slope of the published figures in each period, by least squares with errors robust to unequal variance (HC3).

    Parameters
    ----------
    figures : DataFrame
        Columns as_of (datetime64), value (units).
    breaks : tuple of (name, first day)
        Periods in order of time; each ends the day before the next begins.

    Returns
    -------
    tuple of PeriodPace
        ``monthly`` is None where a period has fewer than four figures on three dates. The change is the difference
        of two independent slopes; its interval adds their variances. Empty without periods or figures.
    """
    from statsmodels.regression.linear_model import OLS  # a third of what statsmodels.api imports
    from statsmodels.tools.tools import add_constant

    if not breaks or figures.empty:
        return ()

    ends = [*(pd.Timestamp(day) - pd.Timedelta(days=1) for _, day in breaks[1:]), figures["as_of"].max()]
    rows: list[PeriodPace] = []
    before: tuple[float, float] | None = None
    for (name, start), end in zip(breaks, ends, strict=True):
        part = figures[(figures["as_of"] >= pd.Timestamp(start)) & (figures["as_of"] <= end)]
        if len(part) < 4 or part["as_of"].nunique() < 3:
            rows.append(PeriodPace(name, start, end.date().isoformat(), len(part), None, None, None, None))
            before = None
            continue
        months = (part["as_of"] - part["as_of"].iloc[0]).dt.days.to_numpy() / DAYS_A_MONTH
        fit = OLS(part["value"].to_numpy(float), add_constant(months)).fit(cov_type="HC3")
        slope, variance = float(fit.params[1]), float(fit.cov_params()[1, 1])
        change = (slope - before[0], variance + before[1]) if before else None
        rows.append(
            PeriodPace(
                name,
                start,
                end.date().isoformat(),
                len(part),
                slope,
                _ninety(slope, variance),
                change[0] if change else None,
                _ninety(*change) if change else None,
            )
        )
        before = (slope, variance)
    return tuple(rows)


def _ninety(centre: float, variance: float) -> Interval:
    half = 1.6448536269514722 * variance**0.5
    return centre - half, centre + half


def nice_amounts(target: float, steps: int = 40) -> tuple[float, ...]:
    """Round monthly amounts from zero up to about a thirtieth of a target, evenly spaced, for a slider.

    Examples
    --------
    >>> nice_amounts(30e6, steps=4)
    (0.0, 250000.0, 500000.0, 750000.0, 1000000.0)
    """
    rough = max(target / 30 / steps, 1.0)
    power = 10.0 ** np.floor(np.log10(rough))
    step = next(m * power for m in (1, 2, 2.5, 5, 10) if m * power >= rough and (m != 2.5 or power > 1))
    return tuple(float(k * step) for k in range(steps + 1))
