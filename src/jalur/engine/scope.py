"""Where a programme lies outside of what the weights were learned on: flags for a note beside the verdict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

from jalur.engine.scale import Scale

FEW_DATES, FEW_FIGURES = 3, 5
EARLY, LATE = 0.05, 0.80  # levels, as shares of the capacity, between which the weights were learned
PLATEAU_LEVEL, PLATEAU_GAIN = 0.60, 0.02


@dataclass(frozen=True)
class Scope:
    """What is unusual about a series; every flag is False in the middle of what was learned.

    Attributes
    ----------
    few_dates : bool
        Fewer than three dates: the range is that of a typical series.
    few_figures : bool
        Fewer than five dates, the least that the weights were learned on.
    fast : bool
        Figures of less than four years: the clock of the series is faster than the calendar.
    plateau : bool
        A level above 60 % that gains less than a fiftieth of what is left to the capacity a year.
    falling : bool
        The recent pace is negative.
    pace_outside : bool
        A pace outside of where 98 % of the learning series lay.
    unsteady : bool
        A scatter above that of 99 % of the learning series. (Less scatter than in any of them is no warning: many
        figures of a steady count show it.)
    early, late : bool
        A level below 5 % or above 80 % of the capacity.
    """

    few_dates: bool
    few_figures: bool
    fast: bool
    plateau: bool
    falling: bool
    pace_outside: bool
    unsteady: bool
    early: bool
    late: bool

    @property
    def names(self) -> tuple[str, ...]:
        """The flags that are raised."""
        return tuple(f.name for f in fields(self) if getattr(self, f.name))

    @property
    def any(self) -> bool:
        """Whether any flag is raised."""
        return bool(self.names)


def scope_of(scale: Scale, dates: int, gain: float, ranges: Mapping[str, tuple[float, float]]) -> Scope:
    """Return the flags of a series.

    Parameters
    ----------
    scale : Scale
    dates : int
        Distinct dates with a figure.
    gain : float
        Recent gain in the level as a share of what is left to the capacity, a year.
    ranges : mapping
        Where 98 % of the learning series lay; see `jalur.engine.prior.Prior`.
    """

    def outside(name: str, value: float) -> bool:
        low, high = ranges.get(name, (-float("inf"), float("inf")))
        return not low <= value <= high

    return Scope(
        few_dates=dates < FEW_DATES,
        few_figures=dates < FEW_FIGURES,
        fast=scale.tempo < 1,
        plateau=scale.level > PLATEAU_LEVEL and gain < PLATEAU_GAIN,
        falling=scale.pace < 0,
        pace_outside=outside("pace", scale.pace * scale.tempo),
        unsteady=scale.scatter > ranges.get("scatter", (0.0, float("inf")))[1],
        early=scale.level < EARLY,
        late=scale.level > LATE,
    )
