"""What the simulated paths say about the targets: chances, ranges, dates, pace and levers of one posterior."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from jalur.engine import outlook
from jalur.verdict import model as v
from jalur.verdict import pace
from jalur.verdict.case import Question, TargetPath, condition, first_point, probabilities

HORIZON_YEARS = 10  # first passage is followed until this long after the last milestone
QUANTILES = (0.05, 0.1, 0.2, 0.25, 0.5, 0.75, 0.9, 0.95)
LEVEL_CHANCES = {0.5: 0.5, 0.8: 0.2, 0.9: 0.1}  # chance of reaching a level -> the quantile that it is
FAN = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
FITTED_DATES = 24
FASTER_PERCENT = tuple(range(-50, 110, 10))


def project(
    programme: Any, question: Question, figures: pd.DataFrame, path: TargetPath, capacity: float
) -> dict[str, Any]:
    """The parts of a verdict that need the engine.

    Parameters
    ----------
    programme, question, figures, path, capacity
        As prepared by `jalur.verdict.case`; the figures must carry a probability (`why_not` gave None).

    Returns
    -------
    dict
        Fields of `jalur.verdict.model.Verdict`: milestones, joint_probability, probability_class, current_pace,
        first_passage, levers, fan.
    """
    now, last = outlook.decimal_year(question.vintage), outlook.decimal_year(figures["as_of"].max())
    first = outlook.decimal_year(first_point(figures))
    state = condition(programme, figures, capacity, [t for t in path.times if t < last])
    # One joint set of draws for everything that compares dates: the last figure, now and every milestone.
    times = np.unique([*path.times, last, now])
    levels = dict(zip(times.tolist(), state.draws(times, n=question.draws, seed=question.seed), strict=True))
    joint = float(state.joint_probability(path.times, np.array(path.targets), seed=question.seed))
    milestones = tuple(
        _milestone(state, question, figures, path, k, capacity, levels, now, last) for k in range(len(path.dates))
    )
    levers = None
    if path.times[-1] > now:
        levers = _levers(state, programme, question, figures, path, capacity, levels, now, joint)
    return dict(
        milestones=milestones,
        joint_probability=joint,
        probability_class=v.probability_class(joint),
        current_pace=_current_pace(programme, question, figures, capacity, first, last, now),
        first_passage=_first_passage(state, question, path, now),
        levers=levers,
        fitted=_fitted(programme, figures, capacity, first, last),
        fan=_fan(state, question, path, last),
    )


def _current_pace(
    programme: Any, question: Question, figures: pd.DataFrame, capacity: float, first: float, last: float, now: float
) -> v.Pace | None:
    """Pace of the level over the twelve months to the vintage, given all figures; None where the record is shorter."""
    year_ago = now - 1
    if year_ago < first:
        return None
    state = condition(programme, figures, capacity, [year_ago] if year_ago < last else [])
    then, today = state.draws([year_ago, now], n=question.draws, seed=question.seed)
    return pace.growth(then, today, 12.0, capacity)


def status_of(path: TargetPath, k: int, vintage: str, capacity: float, probability: float) -> str:
    """Whether milestone `k` is open, past, met, or above the capacity."""
    if path.targets[k] > capacity:
        return "exceeds_capacity"
    if path.dates[k] <= vintage:
        return "past"
    return "met" if probability > 0.995 else "open"


def _milestone(
    state: Any,
    question: Question,
    figures: pd.DataFrame,
    path: TargetPath,
    k: int,
    capacity: float,
    levels: dict[float, np.ndarray],
    now: float,
    last: float,
) -> v.Milestone:
    t, day, target = float(path.times[k]), path.dates[k], path.targets[k]
    probability = float(state.probability(t, target))
    status = status_of(path, k, question.vintage, capacity, probability)
    start, level = figures["as_of"].iloc[-1].date().isoformat(), float(figures["value"].iloc[-1])
    ahead = status == "open"
    q = dict(zip(QUANTILES, (float(x) for x in state.quantile(t, np.array(QUANTILES))), strict=True))
    required = pace.required_pace(start, level, day, target, capacity, levels[last]) if ahead else None
    stage = _stage(path, k, question.vintage, levels, now, start, level) if ahead else None
    return v.Milestone(
        date=day,
        target=target,
        target_id=path.ids[k],
        status=status,
        probability=probability,
        probability_class=v.probability_class(probability),
        median=q[0.5],
        interval_50=(q[0.25], q[0.75]),
        interval_80=(q[0.1], q[0.9]),
        interval_90=(q[0.05], q[0.95]),
        required=required,
        required_monthly_additions=required.monthly_additions if required else None,
        stage_from=stage[0] if stage else None,
        stage_required_monthly_additions=stage[1] if stage else None,
        stage_projected_monthly_additions=stage[2] if stage else None,
        stage_projected_monthly_additions_80=stage[3] if stage else None,
        acceleration=_acceleration(state, t, target, now) if ahead else None,
        levels={f"{chance:g}": q[exceeded] for chance, exceeded in LEVEL_CHANCES.items()},
    )


def _stage(
    path: TargetPath, k: int, vintage: str, levels: dict[float, np.ndarray], now: float, start: str, level: float
) -> tuple[str, float, float, v.Interval | None]:
    """Pace over the stretch that leads to a milestone: asked for, and projected (median, 80 % interval)."""
    before = [i for i in range(k) if path.dates[i] > vintage]
    if before:
        since, from_level, from_draws = (
            path.dates[before[-1]],
            path.targets[before[-1]],
            levels[float(path.times[before[-1]])],
        )
        months_drawn = pace.months_between(since, path.dates[k])
    else:
        since, from_level, from_draws = start, level, levels[now]
        months_drawn = pace.months_between(vintage, path.dates[k])
    needed = (path.targets[k] - from_level) / pace.months_between(since, path.dates[k])
    added = (levels[float(path.times[k])] - from_draws) / months_drawn
    return since, needed, float(np.median(added)), pace.interval(added, 0.8)


def _acceleration(state: Any, t: float, target: float, now: float) -> float | None:
    """Time compression: with even odds at time s, the projection must run (s - now) / (t - now) times as fast."""
    horizon = t + 2 * HORIZON_YEARS
    if state.probability(horizon, target) < 0.5:
        return None
    low, high = now, horizon
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if state.probability(middle, target) < 0.5 else (low, middle)
    return (high - now) / (t - now)


def _first_passage(state: Any, question: Question, path: TargetPath, now: float) -> v.FirstPassage | None:
    """Dates by which the last target is reached, from the chance of being there on the first day of each quarter."""
    target, horizon_year = path.targets[-1], int(path.dates[-1][:4]) + HORIZON_YEARS
    days = [
        d
        for d in (date(y, m, 1) for y in range(int(question.vintage[:4]), horizon_year + 1) for m in (1, 4, 7, 10))
        if d.isoformat() > question.vintage
    ]
    days.append(date(horizon_year, 12, 31))
    times = np.array([outlook.decimal_year(d.isoformat()) for d in days])
    reached = np.maximum.accumulate([float(state.probability(t, target)) for t in times])
    at_start = float(state.probability(now, target)) if now >= state.t_last else 0.0
    grid_t, grid_p = np.concatenate([[now], times]), np.concatenate([[min(at_start, reached[0])], reached])

    def day_of(share: float) -> str | None:
        if share > grid_p[-1]:
            return None
        if share <= grid_p[0]:
            return question.vintage
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


def _fitted(
    programme: Any, figures: pd.DataFrame, capacity: float, first: float, last: float
) -> tuple[v.FittedRow, ...]:
    """Middle of the level along the published figures: each date's law given all figures, later ones too."""
    times = np.linspace(first, last, FITTED_DATES)
    state = condition(programme, figures, capacity, times[:-1].tolist())
    return tuple(v.FittedRow(calendar_day(t), float(state.quantile(t, 0.5))) for t in times)


def calendar_day(t: float) -> str:
    """ISO date of a decimal year, to the day."""
    year = int(t)
    start = pd.Timestamp(year, 1, 1)
    length = (pd.Timestamp(year + 1, 1, 1) - start).days
    return (start + pd.Timedelta(days=int((t - year) * length + 1e-6))).date().isoformat()


def _fan(state: Any, question: Question, path: TargetPath, last: float) -> tuple[v.FanRow, ...]:
    """Quantiles at the vintage and at each later month's end up to the last milestone (at least one year)."""
    end = max(pd.Timestamp(path.dates[-1]), pd.Timestamp(question.vintage) + pd.DateOffset(years=1))
    months = pd.date_range(question.vintage, end + pd.offsets.MonthEnd(0), freq="ME")
    days = sorted({question.vintage, *(d.date().isoformat() for d in months)})
    rows = []
    for day in days:
        t = outlook.decimal_year(day)
        if t >= last:
            rows.append(v.FanRow(day, *(float(x) for x in state.quantile(t, np.array(FAN)))))
    return tuple(rows)


def _levers(
    state: Any,
    programme: Any,
    question: Question,
    figures: pd.DataFrame,
    path: TargetPath,
    capacity: float,
    levels: dict[float, np.ndarray],
    now: float,
    joint: float,
) -> v.Levers:
    """Least extra additions a month, least widening of the capacity, and what a faster or slower run would give."""
    open_ = [k for k, t in enumerate(path.times) if t > now]
    months = {k: (path.times[k] - now) * 12 for k in open_}
    settled = np.ones(question.draws, bool)
    for k in set(range(len(path.dates))) - set(open_):
        settled &= levels[float(path.times[k])] >= path.targets[k]
    short = np.max([(path.targets[k] - levels[float(path.times[k])]) / months[k] for k in open_], axis=0)
    # Extra units cannot come from beyond the capacity.
    possible = settled & (max(path.targets[k] for k in open_) <= capacity)
    short = np.where(possible, np.maximum(short, 0), np.inf)
    extra = {f"{chance:g}": _finite(np.quantile(short, chance, method="higher")) for chance in (0.5, 0.8)}
    limit = max([2.0 * capacity, *(c.units for c in programme.capacities)]) / capacity

    def with_capacity(factor: float) -> float:
        return probabilities(programme, figures, factor * capacity, path, question.seed)[1] or 0.0

    wider = {f"{chance:g}": 1.0 if joint >= chance else _least(with_capacity, chance, limit) for chance in (0.5, 0.8)}
    faster = tuple(
        (float(x), joint if x == 0 else _faster(state, path, now, 1 + x / 100, question.seed)) for x in FASTER_PERCENT
    )
    return v.Levers(extra, wider, limit, faster)


def _faster(state: Any, path: TargetPath, now: float, factor: float, seed: int) -> float:
    """Chance of the whole path if the same futures ran `factor` times as fast from the vintage on."""
    times = np.where(path.times > now, now + (path.times - now) * factor, path.times)
    return float(state.joint_probability(times, np.array(path.targets), seed=seed))


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
