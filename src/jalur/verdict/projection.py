"""What the simulated paths say about the targets: chances, ranges, dates, pace and levers of one posterior."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from jalur.dates import calendar_day, decimal_year, months_between
from jalur.ledger.declared import WHOLE
from jalur.verdict import model as v
from jalur.verdict import pace
from jalur.verdict.case import LARGEST, Case

HORIZON_YEARS = 10  # first passage is followed until this long after the last milestone
QUANTILES = (0.05, 0.1, 0.2, 0.25, 0.5, 0.75, 0.9, 0.95)
LEVEL_CHANCES = {0.5: 0.5, 0.8: 0.2, 0.9: 0.1}  # chance of reaching a level -> the quantile that it is
FAN = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
FITTED_DATES = 24
FASTER_PERCENT = tuple(range(-50, 110, 10))


def project(case: Case) -> dict[str, Any]:
    """The parts of a verdict that need the engine.

    Parameters
    ----------
    case : Case
        Must carry a probability (its `problem` is None).

    Returns
    -------
    dict
        Fields of `jalur.verdict.model.Verdict`: milestones, current_pace, first_passage, levers, fitted, fan.
    """
    # One joint set of draws for everything that compares dates: the last figure, now and every milestone.
    times = np.unique([*case.path.times, case.last, case.now]).tolist()
    drawn = case.state().draws(times, n=case.question.draws, seed=case.question.seed)
    levels = dict(zip(times, drawn, strict=True))
    return dict(
        milestones=tuple(_milestone(case, k, levels) for k in range(len(case.path.dates))),
        current_pace=_current_pace(case),
        first_passage=_first_passage(case),
        levers=_levers(case, levels) if case.path.times[-1] > case.now else None,
        fitted=_fitted(case),
        fan=_fan(case),
    )


def _current_pace(case: Case) -> v.Pace | None:
    """Pace of the level over the twelve months to the vintage, given all figures; None where the record is shorter."""
    year_ago = case.now - 1
    if year_ago < case.first:
        return None
    state = case.state([year_ago] if year_ago < case.last else [])
    then, today = state.draws([year_ago, case.now], n=case.question.draws, seed=case.question.seed)
    return pace.growth(then, today, 12.0, case.ceiling)


def status_of(case: Case, k: int, probability: float) -> str:
    """Whether milestone `k` is open, past, met, or above the capacity."""
    if case.out_of_reach(case.path.targets[k]):
        return "exceeds_capacity"
    if case.path.dates[k] <= case.vintage:
        return "past"
    return "met" if v.sure(v.rounded(probability)) else "open"


def milestone(case: Case, k: int, probability: float) -> v.Milestone:
    """Milestone `k` with its chance and what follows from that alone."""
    return v.Milestone(
        date=case.path.dates[k],
        target=case.path.targets[k],
        target_id=case.path.ids[k],
        status=status_of(case, k, probability),
        probability=probability,
    )


def _milestone(case: Case, k: int, levels: dict[float, np.ndarray]) -> v.Milestone:
    """Milestone `k` with its ranges and, if it is open, the paces that lead to it."""
    t, day, target = float(case.path.times[k]), case.path.dates[k], case.path.targets[k]
    known = milestone(case, k, case.chances[k])
    wanted = sorted({*QUANTILES, *LEVEL_CHANCES}) if case.falls else QUANTILES
    q = dict(zip(wanted, (float(x) for x in case.state().quantile(t, np.array(wanted))), strict=True))
    known = replace(
        known,
        median=q[0.5],
        interval_50=(q[0.25], q[0.75]),
        interval_80=(q[0.1], q[0.9]),
        interval_90=(q[0.05], q[0.95]),
        levels={f"{chance:g}": q[chance if case.falls else passed] for chance, passed in LEVEL_CHANCES.items()},
    )
    if known.status != "open":
        return known
    last = case.last_figure
    assert last is not None
    required = pace.required_pace(last.date, last.value, day, target, case.ceiling, levels[case.last])
    since, start = stage_start(case, k)
    added = _projected(case, k, levels)
    return replace(
        known,
        required=required,
        required_monthly_additions=required.monthly_additions if required else None,
        stage_from=since,
        stage_required_monthly_additions=(target - start) / months_between(since, day),
        stage_projected_monthly_additions=float(np.median(added)),
        stage_projected_monthly_additions_80=pace.interval(added, 0.8),
        acceleration=_acceleration(case, t, target),
    )


def _before(case: Case, k: int) -> int | None:
    """The milestone before milestone `k` that is still to come; None where there is none."""
    return next((i for i in reversed(range(k)) if case.path.dates[i] > case.vintage), None)


def stage_start(case: Case, k: int) -> tuple[str, float]:
    """Where the stretch to milestone `k` starts: at the milestone before, else at the last figure (date, units)."""
    i, last = _before(case, k), case.last_figure
    if i is not None:
        return case.path.dates[i], case.path.targets[i]
    assert last is not None
    return last.date, last.value


def _projected(case: Case, k: int, levels: dict[float, np.ndarray]) -> np.ndarray:
    """Units a month that the projection gives over the stretch to milestone `k`, shape (draws,)."""
    i = _before(case, k)
    start = (case.vintage, case.now) if i is None else (case.path.dates[i], float(case.path.times[i]))
    added = levels[float(case.path.times[k])] - levels[start[1]]
    return added / months_between(start[0], case.path.dates[k])


def _acceleration(case: Case, t: float, target: float) -> float | None:
    """Time compression: with even odds at time s, the projection must run (s - now) / (t - now) times as fast."""
    state, now, horizon = case.state(), case.now, t + 2 * HORIZON_YEARS
    if state.probability(horizon, target) < 0.5:
        return None
    low, high = now, horizon
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if state.probability(middle, target) < 0.5 else (low, middle)
    return (high - now) / (t - now)


def _first_passage(case: Case) -> v.FirstPassage:
    """Dates by which the last target is reached, from the chance of being there on the first day of each quarter."""
    state, path, now = case.state(), case.path, case.now
    target, horizon_year = path.targets[-1], int(path.dates[-1][:4]) + HORIZON_YEARS
    days = [
        d
        for d in (date(y, m, 1) for y in range(int(case.vintage[:4]), horizon_year + 1) for m in (1, 4, 7, 10))
        if d.isoformat() > case.vintage
    ]
    days.append(date(horizon_year, 12, 31))
    times = np.array([decimal_year(d.isoformat()) for d in days])
    reached = np.maximum.accumulate([float(state.probability(t, target)) for t in times])
    at_start = float(state.probability(now, target)) if now >= state.t_last else 0.0
    grid_t, grid_p = np.concatenate([[now], times]), np.concatenate([[min(at_start, reached[0])], reached])

    def day_of(share: float) -> str | None:
        if share > grid_p[-1]:
            return None
        if share <= grid_p[0]:
            return case.vintage
        k = int(np.searchsorted(grid_p, share))
        t = grid_t[k - 1] + (grid_t[k] - grid_t[k - 1]) * (share - grid_p[k - 1]) / (grid_p[k] - grid_p[k - 1])
        return calendar_day(t)

    return v.FirstPassage(
        target=target,
        median=day_of(0.5),
        interval_50=(day_of(0.25), day_of(0.75)),
        interval_80=(day_of(0.1), day_of(0.9)),
        never_share=float(1 - grid_p[-1]),
        horizon=days[-1].isoformat(),
        distribution=tuple((d.isoformat(), float(p)) for d, p in zip(days, reached, strict=True)),
    )


def _fitted(case: Case) -> tuple[v.FittedRow, ...]:
    """Middle of the level along the published figures: each date's law given all figures, later ones too."""
    times = np.linspace(case.first, case.last, FITTED_DATES)
    state = case.state(times[:-1].tolist())
    return tuple(v.FittedRow(calendar_day(t), float(state.quantile(t, 0.5))) for t in times)


def _fan(case: Case) -> tuple[v.FanRow, ...]:
    """Quantiles at the vintage and at each later month's end up to the last milestone (at least one year)."""
    end = max(pd.Timestamp(case.path.dates[-1]), pd.Timestamp(case.vintage) + pd.DateOffset(years=1))
    months = pd.date_range(case.vintage, end + pd.offsets.MonthEnd(0), freq="ME")
    days = sorted({case.vintage, *(d.date().isoformat() for d in months)})
    rows = []
    for day in days:
        t = decimal_year(day)
        if t >= case.last:
            rows.append(v.FanRow(day, *(float(x) for x in case.state().quantile(t, np.array(FAN)))))
    return tuple(rows)


def _levers(case: Case, levels: dict[float, np.ndarray]) -> v.Levers:
    """Least extra units a month towards the target, least widening of the capacity, and what another speed gives."""
    path, now, capacity = case.path, case.now, case.capacity
    assert capacity is not None
    sign = -1 if case.falls else 1
    open_ = [k for k, t in enumerate(path.times) if t > now]
    months = {k: (path.times[k] - now) * 12 for k in open_}
    settled = np.ones(case.question.draws, bool)
    for k in set(range(len(path.dates))) - set(open_):
        settled &= sign * levels[float(path.times[k])] >= sign * path.targets[k]
    short = np.max([sign * (path.targets[k] - levels[float(path.times[k])]) / months[k] for k in open_], axis=0)
    # Extra units cannot come from beyond the capacity.
    possible = settled & (not any(case.out_of_reach(path.targets[k]) for k in open_))
    short = np.where(possible, np.maximum(short, 0), np.inf)
    extra = {f"{chance:g}": _finite(np.quantile(short, chance, method="higher")) for chance in (0.5, 0.8)}
    faster = tuple((float(x), case.joint if x == 0 else _faster(case, 1 + x / 100)) for x in FASTER_PERCENT)
    # The whole that a level falls from is known, and a capacity that grows is counted: nothing is there to be opened.
    if case.falls or case.population is not None:
        return v.Levers(extra, {}, 1.0, faster)
    if case.programme.of_shares and capacity >= WHOLE:  # no more than all of the eligible
        return v.Levers(extra, {}, 1.0, faster)
    largest = WHOLE if case.programme.of_shares else LARGEST
    limit = min(max([2.0 * capacity, *(c.units for c in case.programme.capacities)]), largest) / capacity

    def wider(factor: float) -> float:
        return case.with_capacity(factor * capacity).joint

    factors = {f"{chance:g}": 1.0 if case.joint >= chance else _least(wider, chance, limit) for chance in (0.5, 0.8)}
    return v.Levers(extra, factors, limit, faster)


def _faster(case: Case, factor: float) -> float:
    """Chance of the whole path if the same futures ran `factor` times as fast from the vintage on."""
    times, now = case.path.times, case.now
    return case.together(np.where(times > now, now + (times - now) * factor, times), case.path.levels)


def _finite(x: float) -> float | None:
    return float(x) if np.isfinite(x) else None


def _least(chance_of: Any, chance: float, limit: float) -> float | None:
    """Smallest factor from 1 to `limit` that lifts the chance to `chance`, to 1 %; None if not even the limit does."""
    if chance_of(limit) < chance:
        return None
    low, high = 1.0, limit
    while high / low > 1.01:
        middle = (low * high) ** 0.5
        low, high = (middle, high) if chance_of(middle) < chance else (low, middle)
    return high
