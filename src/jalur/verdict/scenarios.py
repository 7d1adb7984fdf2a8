"""What would have to be true: other definitions, windows and retention, and the swing of each choice (tornado).

A scenario is arithmetic on the same simulated futures or the same engine on other evidence. None of them is an
estimate of how many firms stay: that cannot be learned from cumulative counts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from jalur.dates import DAYS_A_MONTH
from jalur.verdict import model as v
from jalur.verdict.case import Case
from jalur.verdict.sensitivity import variant

RETENTION_RATES = (1.0, 0.98, 0.95, 0.9, 0.8)
STEPS_A_YEAR = 4


def by_definition(case: Case) -> tuple[v.Variant, ...]:
    """Each definition of the default selection alone."""
    names = case.question.definitions or case.programme.selection.definitions
    return tuple(variant(case.asking(definitions=(name,)), "definition", name) for name in names)


def by_window(case: Case, starts: tuple[str, ...]) -> tuple[v.Variant, ...]:
    """The same figures from later first dates on, for example without the pandemic surge."""
    return tuple(variant(case.asking(since=day), "window", day) for day in starts if day < case.vintage)


@dataclass(frozen=True)
class Retention:
    """Chance of the path if only those still active counted, by the share that stays active each year.

    ``probabilities`` and ``medians`` hold one number for every milestone of the path, those past included.
    """

    rate: float
    probabilities: tuple[float, ...]
    joint_probability: float
    medians: tuple[float, ...]


def by_retention(case: Case, rates: tuple[float, ...] = RETENTION_RATES) -> tuple[Retention, ...]:
    """If a share leaves every year from the vintage on: an assumption, never an estimate.

    The stock of the active A follows dA = dN - a A dt from A = N at the vintage, with N the simulated count and
    a = -log(rate); solved exactly for N linear within a quarter. Milestones up to the vintage keep the level of their
    day, since nobody who leaves later changes it.

    If all stay, the chances are the exact ones of the verdict. Each other row moves them by the difference that the
    exits make among the same draws, so that it lies below by what leaving costs, not by the luck of the draws.

    Parameters
    ----------
    case : Case
    rates : tuple of float
        Shares of the active that are still active a year later, 0 < rate <= 1.

    Returns
    -------
    tuple of Retention
        Empty where exits change nothing or are subtracted already, and where there are no chances: with no milestone
        to come, for a net count, and for a case that cannot carry a probability.
    """
    if case.programme.net or case.problem or not (case.path.times > case.now).any():
        return ()
    path, now, targets = case.path, case.now, case.path.levels
    open_ = np.flatnonzero(path.times > now)
    single, joint, state = np.array(case.chances), case.joint, case.state()

    times = np.unique([now, *np.arange(now, path.times[-1], 1 / STEPS_A_YEAR), *path.times[open_]])
    drawn = state.draws([*path.times, *times], n=case.question.draws, seed=case.question.seed)

    def staying(rate: float) -> np.ndarray:
        levels = drawn[: len(targets)].copy()
        levels[open_] = active(times, drawn[len(targets) :], rate)[np.searchsorted(times, path.times[open_])]
        return levels

    met = staying(1.0) >= targets[:, None]
    rows = []
    for rate in rates:
        levels = staying(rate)
        kept = levels >= targets[:, None]
        chances = np.clip(single + (kept.mean(axis=1) - met.mean(axis=1)), 0.0, 1.0)
        whole = float(np.clip(joint + (kept.all(axis=0).mean() - met.all(axis=0).mean()), 0.0, chances.min()))
        found = Retention(rate, tuple(chances.tolist()), whole, tuple(np.median(levels, axis=1).tolist()))
        rows.append(v.rounded(found))
    return tuple(rows)


def active(times: np.ndarray, levels: np.ndarray, rate: float) -> np.ndarray:
    """Those still active on each date, if all are on the first and the share `rate` of them is a year later.

    Parameters
    ----------
    times : array, shape (dates,)
        Decimal years, increasing.
    levels : array, shape (dates, draws)
        Everyone who ever joined; taken as linear between the dates.
    rate : float
        0 < rate <= 1.

    Returns
    -------
    array, shape (dates, draws)
        Solution of dA = dN - a A dt with a = -log(rate).
    """
    out, loss = np.array(levels, float), -np.log(rate)
    for j in range(1, len(times)):
        step = times[j] - times[j - 1]
        kept = np.exp(-loss * step)
        gain = (1 - kept) / (loss * step) if loss > 0 else 1.0
        out[j] = out[j - 1] * kept + (levels[j] - levels[j - 1]) * gain
    return out


def least_retention(rows: tuple[Retention, ...], chance: float) -> float | None:
    """Smallest listed retention with which the path still has at least this chance; None if none has."""
    enough = [r.rate for r in rows if r.joint_probability >= chance]
    return min(enough) if enough else None


@dataclass(frozen=True)
class Swing:
    """One bar of the tornado: the lowest and highest chance of the last milestone over the options of a choice."""

    choice: str
    low: float
    high: float
    low_name: str
    high_name: str


def tornado(verdict: v.Verdict, groups: dict[str, tuple[v.Variant, ...]]) -> tuple[Swing, ...]:
    """Swing of the chance of the last milestone for each choice, widest first; it always holds the verdict's own."""
    base = verdict.milestones[-1].probability
    if base is None:
        return ()
    cases = {"capacity": [(c.name, c.probabilities[-1]) for c in verdict.capacities]}
    if verdict.sensitivity:
        cases["source"] = [(s.name, s.probabilities[-1]) for s in verdict.sensitivity.sources]
        cases["figure"] = [(s.name, s.probabilities[-1]) for s in verdict.sensitivity.figures]
        cases["shape"] = [(s.name, s.probabilities[-1]) for s in verdict.sensitivity.shapes]
    cases |= {choice: [(s.name, s.probabilities[-1]) for s in rows] for choice, rows in groups.items()}
    swings = []
    for choice, options in cases.items():
        known = [("", base), *((name, p) for name, p in options if p is not None)]
        low, high = min(known, key=lambda o: o[1]), max(known, key=lambda o: o[1])
        if len(known) > 1:
            swings.append(Swing(choice, low[1], high[1], low[0], high[0]))
    return tuple(sorted(swings, key=lambda s: s.low - s.high))


@dataclass(frozen=True)
class PeriodPace:
    """Pace of the published figures in a period, units a month with 90 % interval, and its change from the last."""

    name: str
    start: str
    end: str
    figures: int
    monthly: float | None
    monthly_90: v.Interval | None
    change: float | None
    change_90: v.Interval | None


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


def _ninety(centre: float, variance: float) -> v.Interval:
    half = 1.6448536269514722 * variance**0.5
    return centre - half, centre + half
