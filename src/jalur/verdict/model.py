"""The verdict as data: frozen results that the notebooks, the brief and `verdict.json` show.

Levels are in single units of the programme (`unit`), dates are ISO strings, probabilities are shares between 0 and 1,
and `None` means that the quantity cannot be given: `reason` then says why.

Numbers are rounded once, where a result is made, so that words, tables, charts and `verdict.json` all say the same:
chances to four decimals, levels to seven digits. What follows from a chance alone, its class and whether it counts as
settled, follows from the rounded one.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, fields, is_dataclass, replace
from typing import Any

SCHEMA_VERSION = "1.3"

# Cut-offs of the words tied to probability: the same for every language and output.
CLASSES = ((0.9, "very_likely"), (0.66, "likely"), (0.33, "uncertain"), (0.1, "unlikely"), (0.0, "very_unlikely"))

# A chance from the first on is printed as ">99%", one below the second as "<1%": what a reader cannot tell from a fact.
SURE, RULED_OUT = 0.995, 0.005

CAPACITY_TOLERANCE = 0.2  # a probability that moves by more than this across the named capacities is not known

Interval = tuple[float, float]


def rounded(value: Any) -> Any:
    """A result with every number as it is shown: up to 1 to four decimals, beyond to seven significant digits."""
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{f.name: rounded(getattr(value, f.name)) for f in fields(value) if f.init})
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return tuple(map(rounded, value))
    if value is None or isinstance(value, (bool, str, int)):
        return value
    value = float(value)
    return round(value, 4) if abs(value) <= 1 else float(f"{value:.7g}")


def sure(probability: float) -> bool:
    """Whether a chance counts as reached: it is printed as ">99%"."""
    return probability >= SURE


def ruled_out(probability: float) -> bool:
    """Whether a chance counts as missed: it is printed as "<1%"."""
    return probability < RULED_OUT


def probability_class(probability: float | None) -> str:
    """Name of the verdict class of a probability.

    Parameters
    ----------
    probability : float or None
        Share between 0 and 1; None where no probability can be given.

    Returns
    -------
    str
        ``very_likely`` (>= 0.9), ``likely``, ``uncertain_met`` / ``uncertain_even`` / ``uncertain_missed``
        (0.33 to 0.66, by which way it leans: above 0.55, between, below 0.45), ``unlikely``, ``very_unlikely``
        (< 0.1) or ``not_assessed``. A verdict may also be ``already_reached``, where the last figure stands at the
        last target, or ``impossible``, where a target lies beyond the capacity: its chance is exactly 0.
    """
    if probability is None:
        return "not_assessed"
    name = next(name for cut, name in CLASSES if probability >= cut)
    if name != "uncertain":
        return name
    return "uncertain_met" if probability > 0.55 else "uncertain_missed" if probability < 0.45 else "uncertain_even"


@dataclass(frozen=True)
class Figure:
    """A published figure: ledger row id, reference date, level in units."""

    id: str
    date: str
    value: float


@dataclass(frozen=True)
class Pace:
    """Growth in three currencies; intervals hold 80 % of the simulated paths where they are given.

    Attributes
    ----------
    monthly_additions : float
        Units a month (30.4375 days).
    cagr : float or None
        Compound annual growth rate as a share; None where a level is not positive.
    link_slope : float or None
        Change of log(p / (1 - p)) a year, p the share of the capacity; None without a capacity.
    """

    monthly_additions: float
    cagr: float | None
    link_slope: float | None
    monthly_additions_80: Interval | None = None
    cagr_80: Interval | None = None
    link_slope_80: Interval | None = None


@dataclass(frozen=True, kw_only=True)
class Milestone:
    """One dated official target and what the figures say about it; None is what cannot be given.

    ``required`` leads from the last published figure to the target; ``stage_required_monthly_additions`` from the
    milestone before (for the first open milestone, from the last published figure);
    ``stage_projected_monthly_additions`` is what the projection gives over that stretch (median and 80 % interval).
    ``acceleration`` is how many times faster the projection would have to run for even odds.
    """

    date: str
    target: float
    target_id: str = ""
    status: str
    probability: float | None = None
    probability_class: str = field(init=False)
    median: float | None = None
    interval_50: Interval | None = None
    interval_80: Interval | None = None
    interval_90: Interval | None = None
    required: Pace | None = None
    required_monthly_additions: float | None = None
    stage_from: str | None = None
    stage_required_monthly_additions: float | None = None
    stage_projected_monthly_additions: float | None = None
    stage_projected_monthly_additions_80: Interval | None = None
    acceleration: float | None = None
    levels: dict[str, float] | None = None

    def __post_init__(self) -> None:
        """Round the chance and name its class."""
        object.__setattr__(self, "probability", rounded(self.probability))
        name = "impossible" if self.impossible else probability_class(self.probability)
        object.__setattr__(self, "probability_class", name)

    @property
    def impossible(self) -> bool:
        """Whether the chance is exactly 0, since the target lies beyond the capacity."""
        return self.status == "exceeds_capacity" and self.probability is not None


@dataclass(frozen=True)
class FirstPassage:
    """When the last target of the path is first reached: dates of quantiles (None: not by the horizon)."""

    target: float
    median: str | None
    interval_50: tuple[str | None, str | None]
    interval_80: tuple[str | None, str | None]
    never_share: float
    horizon: str
    distribution: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class CapacityCase:
    """The probabilities under one named capacity; None where the published figures exceed it.

    Of a capacity that grows, ``units`` is the median on the date of the last target and ``units_80`` its 80 % interval.
    """

    name: str
    units: float
    share: float
    as_of: str | None
    source: str
    url: str
    used: bool
    probabilities: tuple[float | None, ...] = ()
    joint_probability: float | None = None
    note: str | None = None
    units_80: Interval | None = None


@dataclass(frozen=True)
class FanRow:
    """Quantiles of the level on one date."""

    date: str
    q05: float
    q10: float
    q25: float
    q50: float
    q75: float
    q90: float
    q95: float


@dataclass(frozen=True)
class FittedRow:
    """Middle of the level on a date within the published figures, given all of them."""

    date: str
    level: float


@dataclass(frozen=True)
class LabelRow:
    """An official-style progress label for the last target and how often such labels came true."""

    method: str
    value: float | None
    label: str
    on_track: bool | None
    rule: str
    stretch: float | None
    horizon_years: float | None
    cases: int | None
    on_track_cases: int | None
    hit_rate: float | None
    base_rate: float | None


@dataclass(frozen=True)
class Levers:
    """Least change of one lever that lifts the chance of the path to 0.5 and 0.8; None: not by this lever alone."""

    extra_monthly_additions: dict[str, float | None]
    capacity_factor: dict[str, float | None]
    capacity_factor_limit: float
    faster: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Variant:
    """The probabilities when one choice about the evidence is made differently."""

    kind: str
    name: str
    figures: int
    probabilities: tuple[float | None, ...]
    joint_probability: float | None


@dataclass(frozen=True)
class Sensitivity:
    """Each source and each figure left out in turn, other shapes of growth, the ranges, the most influential figure."""

    sources: tuple[Variant, ...]
    figures: tuple[Variant, ...]
    shapes: tuple[Variant, ...]
    range_sources: tuple[Interval, ...] | None
    range_figures: tuple[Interval, ...] | None
    range_shapes: tuple[Interval, ...] | None
    joint_range_sources: Interval | None
    joint_range_figures: Interval | None
    joint_range_shapes: Interval | None
    most_influential: str | None
    most_influential_change: float | None


@dataclass(frozen=True)
class Outside:
    """How often official targets of other programmes were met that asked for about as much as the last target here.

    Attributes
    ----------
    share, low, high : float
        Chance by the stretch alone, and where nine in ten families of programmes lie.
    stretch : float or None
        Required over recent pace; None where the count stood still, or no recent pace is known.
    standing : bool
        Whether the count stood still.
    stretch_from, stretch_to : float or None
        The counted stretches; None where they are open.
    met, cases, families : int
        Targets met, targets, and families of programmes among them.
    combined : float or None
        Together with the engine's chance of the last target; only where that scored better on other families.
    alone : bool
        Whether it stands in for an engine that gives no chance, since there are too few dates.
    """

    share: float
    low: float
    high: float
    stretch: float | None
    standing: bool
    stretch_from: float | None
    stretch_to: float | None
    met: int
    cases: int
    families: int
    combined: float | None
    alone: bool


@dataclass(frozen=True)
class ScopeNote:
    """Where the series lies outside of what was learned, and how many official targets there had outcomes in our range.

    `cases`, `families` and `holds` (share within the 90 % range) are None where no official target lay there.
    """

    name: str
    cases: int | None
    families: int | None
    holds: float | None


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """The answer for one programme at one vintage, as far as it was asked for; None is what cannot be given.

    See `jalur/verdict/schema/verdict.json` for the documented JSON form.
    """

    schema_version: str = SCHEMA_VERSION
    programme: str
    vintage: str
    unit: str
    direction: str = "up"
    announced: str | None = None
    announced_after_vintage: bool = False
    base: Figure | None = None
    figures_used: tuple[str, ...] = ()
    last_figure: Figure | None = None
    milestones: tuple[Milestone, ...] = ()
    joint_probability: float | None = None
    probability_class: str = field(init=False)
    reason_code: str | None = None
    reason: str | None = None
    current_pace: Pace | None = None
    published_pace: tuple[tuple[int, str, float], ...] = ()
    first_passage: FirstPassage | None = None
    levers: Levers | None = None
    labels: tuple[LabelRow, ...] = ()
    capacity: CapacityCase | None = None
    capacities: tuple[CapacityCase, ...] = ()
    capacity_range: float | None = None
    data_cannot_tell: bool = False
    sensitivity: Sensitivity | None = None
    kind_class: str | None = None
    without_class: float | None = None
    outside: Outside | None = None
    scope: tuple[ScopeNote, ...] = ()
    fitted: tuple[FittedRow, ...] = ()
    fan: tuple[FanRow, ...] = ()
    seed: int = 0
    draws: int = 0
    engine_version: str
    package_version: str
    data_hash: str

    def __post_init__(self) -> None:
        """Round every number and name the class of the chance."""
        for one in fields(self):
            if one.init:
                object.__setattr__(self, one.name, rounded(getattr(self, one.name)))
        p = self.joint_probability
        name = probability_class(p)
        if p is not None and any(m.status == "exceeds_capacity" for m in self.milestones):
            name = "impossible"
        elif self.reached and (sure(p) if p is not None else self.in_time):
            name = "already_reached"
        object.__setattr__(self, "probability_class", name)

    @property
    def reached(self) -> bool:
        """Whether the last published figure stands at the last target or beyond it, and so at every other."""
        last = self.last_figure
        if last is None or not self.milestones:
            return False
        return all(self.reaches(last.value, m.target) for m in self.milestones)

    @property
    def in_time(self) -> bool:
        """Whether the last published figure is of a day not later than the last target."""
        last = self.last_figure
        return last is not None and bool(self.milestones) and last.date <= self.milestones[-1].date

    @property
    def sign(self) -> int:
        """1 where the path leads up, -1 where it leads down: times a change, above 0 if that is towards the target."""
        return -1 if self.direction == "down" else 1

    def reaches(self, level: float, target: float) -> bool:
        """Whether a level stands at the target or beyond it, in the direction of the path."""
        return self.sign * level >= self.sign * target

    def to_dict(self) -> dict[str, Any]:
        """Plain dict for JSON, tuples as lists."""
        return _plain(self)

    def to_json(self, indent: int | None = 2) -> str:
        """JSON text, the same bytes for the same verdict."""
        return json.dumps(self.to_dict(), indent=indent, ensure_ascii=False, allow_nan=False)


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: _plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return list(map(_plain, value)) if isinstance(value, tuple) else value
