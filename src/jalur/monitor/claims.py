"""What a new figure would say: whether a claim is plausible, and which next count would change the verdict.

A claim is placed in the predictive law given everything else that was known that day; a trip-wire is the count at
which the verdict crosses into another class, with the chance of such a count.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from jalur.dates import decimal_year, half_width, iso, parse_date, records
from jalur.engine.posterior import OFFSET_SD
from jalur.errors import InputError
from jalur.verdict.case import Case
from jalur.verdict.model import CLASSES, rounded

NEAR_DAYS = 92  # figures for dates this near to the claim's are set beside it
BEYOND = 0.025  # a claim outside the middle 95 % of the predictive law stands out
_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(41)
_WEIGHTS = _WEIGHTS / _WEIGHTS.sum()


@dataclass(frozen=True)
class Beside:
    """A published figure set beside a claim: row id, date, body, level in units, and how it relates.

    `relation` is ``repeats`` (the same number), ``contradicts`` (further apart than rounding and twice the reporting
    errors allow, though the dates are near), ``agrees``, or ``nearest`` (for the nearest date, none being near).
    """

    id: str
    date: str
    body: str
    value: float
    relation: str


@dataclass(frozen=True)
class Claim:
    """A claim against what was known.

    Attributes
    ----------
    value : float
        Units.
    date, body : str
    share_below : float
        Chance that a figure of this body for this date would be lower: near 0 or 1 the claim stands out.
    range_95 : tuple of float
        Middle 95 % of the figures that were to be expected, units.
    stands_out : bool
        Whether the claim lies outside that range.
    chance_before, chance_after : float or None
        Chance of the whole path without and with the claim; None where there is none.
    beside : tuple of Beside
    """

    value: float
    date: str
    body: str
    share_below: float
    range_95: tuple[float, float]
    stands_out: bool
    chance_before: float | None
    chance_after: float | None
    beside: tuple[Beside, ...]


def check_claim(case: Case, row: pd.Series) -> Claim:
    """Set a claim against the law that everything else known on the case's day implies.

    Parameters
    ----------
    case : Case
        Without the claim, at the vintage of the day on which it was made.
    row : Series
        The claim in the columns of the ledger (`as_of`, `value`, `decimals`, `speaker_org`, ...).

    Returns
    -------
    Claim

    Raises
    ------
    InputError
        Where the figures cannot carry a probability, or for a date before the first figure.

    Notes
    -----
    The predictive law of a figure is the law of the level, widened by the body's rounding, its reporting error and,
    for another body than the reference, a static offset (Gauss-Hermite quadrature over their normal sum). Wild
    figures, which the engine allows for one figure in twenty, are left out: they are what is looked for.
    """
    if case.problem:
        raise InputError(f"the claim cannot be set against anything: {case.problem.sentence}")
    t = decimal_year(row["as_of"])
    if t < case.first:
        raise InputError(
            f"the claim is for {iso(row['as_of'])}; allowed is a day from the first figure on "
            f"({iso(case.figures['as_of'].min())})"
        )
    state = case.state((t,) if t < case.last else ())
    value, body = float(row["value"]), str(row["speaker_org"])

    def error(level: float) -> float:
        relative = case.programme.reporting_error**2 + (OFFSET_SD**2 if _is_other(case, body) else 0.0)
        counted = case.ceiling - level if case.falls and case.ceiling is not None else level
        return float(np.sqrt(half_width(row["decimals"]) ** 2 / 3 + relative * counted**2))

    def below(level: float) -> float:
        return float(_WEIGHTS @ np.atleast_1d(state.cdf(t, np.maximum(level - error(level) * _NODES, 0.0))))

    low, high = (_solve(below, q, float(state.quantile(t, 0.5))) for q in (BEYOND, 1 - BEYOND))
    with_it = _with_row(case, row)
    share = below(value)
    return Claim(
        value=value, date=iso(row["as_of"]), body=body, share_below=rounded(share), range_95=(low, high),
        stands_out=not BEYOND <= share <= 1 - BEYOND, chance_before=case.joint,
        chance_after=None if with_it.problem else with_it.joint, beside=_beside(case, row),
    )  # fmt: skip


def _is_other(case: Case, body: str) -> bool:
    """Whether a body's figures may be off by a static share: where there is a reference and it is another one."""
    reference = case.programme.reference_source
    return reference in set(case.figures["speaker_org"]) and body != reference


def _solve(below: Callable[[float], float], wanted: float, start: float) -> float:
    """Level with `below` equal to a probability; `below` rises with the level."""
    from scipy.optimize import brentq

    low, high = start, start
    while below(low) > wanted and low > 1e-6:
        low *= 0.8
    while below(high) < wanted:
        high *= 1.25
    return float(brentq(lambda level: below(level) - wanted, low, high, xtol=1e-6 * start))


def _with_row(case: Case, row: pd.Series) -> Case:
    figures = case.figures
    added = pd.concat([figures, pd.DataFrame([row])[figures.columns].astype(figures.dtypes)])
    return case.with_exactly(added.sort_values(["as_of", "reported_on", "id"], kind="stable").reset_index(drop=True))


def _beside(case: Case, row: pd.Series) -> tuple[Beside, ...]:
    """Figures for near dates, the nearest first, and the same number wherever it stands."""
    figures, value = case.figures, float(row["value"])
    days = (figures["as_of"] - pd.Timestamp(row["as_of"])).dt.days.abs()
    found = []
    for one, away in sorted(zip(records(figures), days, strict=True), key=lambda pair: pair[1]):
        own, other = half_width(row["decimals"]), half_width(one.decimals)
        same = abs(one.value - value) <= 1e-9 * value
        if not same and away > NEAR_DAYS:
            continue
        apart = own + other + 2 * case.programme.reporting_error * (value + one.value)
        relation = "repeats" if same else "contradicts" if abs(one.value - value) > apart else "agrees"
        found.append(_set_beside(one, relation))
    if found or not len(figures):
        return tuple(found)
    return (_set_beside(next(records(figures.loc[[days.idxmin()]])), "nearest"),)


def _set_beside(row: Any, relation: str) -> Beside:
    return Beside(str(row.id), iso(row.as_of), str(row.speaker_org), float(row.value), relation)


def leave_each_out(case: Case) -> pd.DataFrame:
    """Check every figure of a case as if it were a new claim, against all the others known on the case's day.

    Returns
    -------
    DataFrame
        Columns id, date, body, value (units), share_below, low_95, high_95 (units), stands_out. The first figure is
        left out: nothing comes before it.
    """
    rows = []
    for row in (case.figures.iloc[k] for k in range(1, len(case.figures))):
        less = case.without(row["id"])
        if less.problem or decimal_year(row["as_of"]) < less.first or not less.fits(float(row["value"])):
            continue
        one = check_claim(less, row)
        rows.append((row["id"], one.date, one.body, one.value, one.share_below, *one.range_95, one.stands_out))
    return pd.DataFrame(rows, columns=["id", "date", "body", "value", "share_below", "low_95", "high_95", "stands_out"])


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
        Chance that the count will stand at the level or beyond on that date, by all that is known now.
    """

    chance: float
    level: float | None
    likely: float


def next_date(case: Case) -> str | None:
    """The first end of a quarter after the vintage and after the last figure; None where it lies after the last target.

    Returns
    -------
    str or None
        ISO date.
    """
    if case.problem:
        return None
    known = max(pd.Timestamp(case.vintage), case.figures["as_of"].max())
    day = iso(known + pd.offsets.QuarterEnd())
    return day if day <= case.path.dates[-1] else None


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
        In the order of the cut-offs; their levels go in the direction of the path.

    Raises
    ------
    InputError
        For a date out of range, an unknown body, or where there is no chance.

    Notes
    -----
    A count far beyond all that was expected is taken for a wild figure in part, so the chance need not rise with the
    count for ever. The threshold is the first level at which the cut-off is reached; it is looked for from the lowest
    to the highest level that the predictive law allows (0.1 to 99.9 %), or back where the path leads down, on a grid,
    then by bisection on the levels that the body's rounding allows.
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
    ticks = np.array([tick for tick in ticks if tick > 0 and case.fits(float(tick * step))])
    ticks = ticks[::-1] if case.falls else ticks

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
    """The first whole tick at which the chance reaches the cut, narrowed down between two points of the grid."""
    reached = next((k for k, tick in enumerate(ticks) if chance(tick) >= cut), None)
    if reached is None:
        return None
    if reached == 0:
        return float(ticks[0])
    low, high = float(ticks[reached - 1]), float(ticks[reached])
    while abs(high - low) > 1:
        middle = float(np.floor((low + high) / 2))
        low, high = (low, middle) if chance(middle) >= cut else (middle, high)
    return high
