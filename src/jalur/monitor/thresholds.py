"""Trip-wires: which next count would change the verdict, and how likely such a count is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from jalur.dates import decimal_year, iso, parse_date
from jalur.errors import InputError
from jalur.verdict.case import Case
from jalur.verdict.model import CLASSES

EVEN = 0.5
CUTS = tuple(sorted({EVEN, *(cut for cut, _ in CLASSES if cut > 0)}))
_STEPS = 24  # levels at which the chance is looked at before a crossing is narrowed down
_BODY_WINDOW = 10  # of a body's last figures, those whose rounding is taken


@dataclass(frozen=True)
class TripWire:
    """The least next count with which the chance of the whole path reaches a cut-off.

    Attributes
    ----------
    chance : float
        The cut-off: 0.5 for even odds, the others part the classes of the verdict.
    level : float or None
        Units, on the rounding that the body uses; None where no count that is to be expected brings the chance there
        (`likely` is then 0), or where every one does (`likely` is then 1).
    likely : float
        Chance that the count will stand at the level or above on that date, by all that is known now.
    """

    chance: float
    level: float | None
    likely: float


def next_count(case: Case, day: str, value: float, body: str | None = None) -> Case:
    """The case with one more figure, as if a body stated `value` (units) for `day` on that day.

    The figure is stated as the body's last ones are: with their rounding, as a level.

    Raises
    ------
    InputError
        For a body without a figure among those used.
    """
    row = _template(case, body)
    row |= {"id": f"if-{day}-{value:.0f}", "as_of": pd.Timestamp(day), "reported_on": pd.Timestamp(day), "value": value}
    figures = pd.concat([case.figures, pd.DataFrame([row])[case.figures.columns].astype(case.figures.dtypes)])
    ordered = figures.sort_values(["as_of", "reported_on", "id"], kind="stable").reset_index(drop=True)
    return case.with_exactly(ordered)


def _template(case: Case, body: str | None) -> dict[str, Any]:
    figures = case.figures
    bodies = sorted(set(figures["speaker_org"]))
    if body is None:
        body = case.programme.reference_source if case.programme.reference_source in bodies else None
        body = body or str(figures["speaker_org"].value_counts().sort_index(kind="stable").idxmax())
    if body not in bodies:
        raise InputError(f"the body is {body!r}; allowed is one whose figures are used: {', '.join(bodies)}")
    rows = figures[(figures["speaker_org"] == body) & (figures["qualifier"] != "at_least")]
    rows = rows if len(rows) else figures[figures["speaker_org"] == body]
    row = dict(rows.iloc[-1])
    row["decimals"] = int(rows["decimals"].iloc[-_BODY_WINDOW:].median())
    row["qualifier"] = "approx"
    return row


def trip_wires(case: Case, day: str, body: str | None = None, cuts: tuple[float, ...] = CUTS) -> tuple[TripWire, ...]:
    """Thresholds of the next count for each cut-off of the chance of the whole path.

    Parameters
    ----------
    case : Case
        Must carry a probability.
    day : str
        Date of the next count, after the last figure and before the last target.
    body : str, optional
        Who states it; the reference body by default.
    cuts : tuple of float

    Returns
    -------
    tuple of TripWire
        In the order of the cut-offs; their levels never fall.

    Raises
    ------
    InputError
        For a date out of range, an unknown body, or where there is no chance.

    Notes
    -----
    A count far above all that was expected is taken for a wild figure in part, so the chance need not rise with the
    count for ever. The threshold is the lowest level at which the cut-off is first reached; it is looked for from the
    lowest to the highest level that the predictive law allows (0.1 to 99.9 %), on a grid, then by bisection on the
    levels that the body's rounding allows.
    """
    if case.problem:
        raise InputError(f"there is no chance at {case.vintage} that a figure could change: {case.problem.sentence}")
    date = parse_date(day, "the day of the next count")
    t = decimal_year(date)
    if not case.last < t <= case.path.times[-1]:
        raise InputError(
            f"the next count is for {date}; allowed is a day after the last figure "
            f"({iso(case.figures['as_of'].max())}) "
            f"and not after the last target ({case.path.dates[-1]})"
        )
    step = 10.0 ** -_template(case, body)["decimals"]
    state = case.state(())
    low, high = (state.quantile(t, q) for q in (0.001, 0.999))
    ticks = np.unique(np.round(np.linspace(low, high, _STEPS) / step))
    assert case.capacity is not None
    ticks = ticks[(ticks > 0) & (ticks * step < case.capacity)]

    known: dict[float, float] = {}

    def chance(tick: float) -> float:
        if tick not in known:
            then = next_count(case, date.isoformat(), tick * step, body)
            known[tick] = then.together(then.path.times, then.path.levels)
        return known[tick]

    found = []
    for cut in sorted(cuts):
        tick = _first_reached(chance, ticks, cut)
        if tick is None or tick == ticks[0]:
            found.append(TripWire(cut, None, 0.0 if tick is None else 1.0))
        else:
            found.append(TripWire(cut, float(tick * step), state.probability(t, float(tick * step))))
    return tuple(found)


def _first_reached(chance: Any, ticks: np.ndarray, cut: float) -> float | None:
    """The lowest whole tick at which the chance reaches the cut, narrowed down between two points of the grid."""
    reached = next((k for k, tick in enumerate(ticks) if chance(tick) >= cut), None)
    if reached is None:
        return None
    if reached == 0:
        return float(ticks[0])
    low, high = float(ticks[reached - 1]), float(ticks[reached])
    while high - low > 1:
        middle = float(np.floor((low + high) / 2))
        low, high = (low, middle) if chance(middle) >= cut else (middle, high)
    return high
