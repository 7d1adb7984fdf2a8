"""A plan in parts: what each channel promised, whether the parts add up to the whole, and what follows if they deliver.

The parts stand in a file of their own (`levers.yml` in the programme's folder, or any other): rows of the ledger's
targets, or units and a date of one's own. What they lead to is arithmetic from the last published figure; how likely it
is, and what the path's chance would then be, the engine says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from jalur.dates import decimal_year, iso, parse_date, records
from jalur.errors import InputError, shown
from jalur.ledger.tables import read_yaml
from jalur.monitor.claims import next_count
from jalur.verdict.case import Case
from jalur.verdict.model import rounded

LEVERS = "levers.yml"
SHARES = (0.5, 1.0, 1.5)  # of what every part has promised


class _Row(BaseModel):
    """One part as the file has it."""

    model_config = ConfigDict(extra="forbid", strict=True)

    title: dict[str, str]
    target: str | None = None
    whole: str | None = None
    units: float | None = Field(None, gt=0)
    date: str | None = None
    start: str | None = None
    delivers: float = Field(1.0, ge=0, le=10)


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    parts: list[_Row] = Field(min_length=1)


@dataclass(frozen=True)
class Part:
    """What one channel is to add, evenly from `start` to `date`.

    Attributes
    ----------
    title : mapping of str to str
        By language.
    date, start : str
        ISO dates.
    units : float
        As promised.
    delivers : float
        Share of it that the scenario counts on.
    whole : str or None
        Row of the target that states the sum of the parts of this date.
    """

    title: Mapping[str, str]
    date: str
    start: str
    units: float
    delivers: float
    whole: str | None


@dataclass(frozen=True)
class Sum:
    """The parts of one date beside the whole that was stated: units; `gap` is the whole minus the parts."""

    date: str
    parts: float
    whole: float
    gap: float


@dataclass(frozen=True)
class Delivery:
    """What follows where every part delivers one share of what the scenario counts on.

    Attributes
    ----------
    share : float
    levels : tuple of float
        The count on each date of the path, units: the last figure and what is delivered by then.
    reached : tuple of bool
        Whether that is the target or more.
    likely : float
        Chance of at least these levels, on all dates to come, by what is known now.
    path : float
        Chance of the whole path if the levels before the last date were counted as delivered.
    """

    share: float
    levels: tuple[float, ...]
    reached: tuple[bool, ...]
    likely: float
    path: float


def read_parts(case: Case, path: Path | None = None) -> tuple[Part, ...]:
    """Read the parts of a plan; one whose target was stated after the vintage is left out.

    Raises
    ------
    InputError
        For a file that is not there or not as described, or a row that the ledger's targets do not have.
    """
    file = path or Path(case.programme.folder) / LEVERS
    if not file.is_file():
        raise InputError(f"there is no plan in parts at {shown(str(file), 200)}; docs/office.md says how to write one")
    content, _, faults = read_yaml(file, file.name)
    if faults:
        raise InputError(str(faults[0]))
    try:
        rows = _File.model_validate(content).parts
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(step) for step in first["loc"]) or "the file"
        raise InputError(f"{file.name}, {place}: {first['msg']}; docs/office.md says what is allowed") from error
    found = [_part(case, row, file.name) for row in rows]
    return tuple(part for part in found if part is not None)


def _part(case: Case, row: _Row, label: str) -> Part | None:
    known = {str(target.id): target for target in records(case.programme.targets)}
    for name in (row.target, row.whole):
        if name is not None and name not in known:
            raise InputError(f"{label}: the target is {shown(name)}; allowed is an id of targets.csv")
    stated = None if row.target is None else known[row.target]
    if stated is not None and stated.stated_on > pd.Timestamp(case.vintage):
        return None
    date = row.date or (None if stated is None else iso(stated.target_date))
    units = row.units if row.units is not None else None if stated is None else float(stated.value)
    if date is None or units is None:
        raise InputError(f"{label}: a part has neither a target nor units and a date; allowed is one of the two")
    date = parse_date(date, f"{label}: the date of a part").isoformat()
    start = parse_date(row.start or f"{int(date[:4]) - 1}-12-31", f"{label}: the start of a part").isoformat()
    if not decimal_year(start) < decimal_year(date):
        raise InputError(f"{label}: a part starts on {start}; allowed is a day before {date}, when it is due")
    return Part(row.title, date, start, units, row.delivers, row.whole)


def sums(case: Case, parts: Sequence[Part]) -> tuple[Sum, ...]:
    """Each whole that was stated beside the sum of its parts, as promised."""
    known = dict(zip(case.programme.targets["id"], case.programme.targets["value"].astype(float), strict=True))
    found = []
    for name in dict.fromkeys(part.whole for part in parts if part.whole):
        whole = known[name]
        ours = [part for part in parts if part.whole == name]
        added = sum(part.units for part in ours)
        found.append(Sum(max(part.date for part in ours), added, whole, whole - added))
    return tuple(found)


def deliveries(case: Case, parts: Sequence[Part], shares: Sequence[float] = SHARES) -> tuple[Delivery, ...]:
    """What follows where every part delivers a share, for several shares.

    Parameters
    ----------
    case : Case
        Must carry a probability.
    parts : sequence of Part
    shares : sequence of float

    Raises
    ------
    InputError
        Where there is no chance, no part, or no date of the path lies ahead; where what is delivered exceeds the
        capacity.
    """
    if case.problem:
        raise InputError(f"nothing can be said of the plan: {case.problem.sentence}")
    if case.programme.direction == "down":
        raise InputError("the path leads down; allowed is a plan whose parts add to a count")
    ahead = np.flatnonzero(case.path.times > case.last)
    if not parts or not len(ahead):
        raise InputError(f"no part of the plan had been stated by {case.vintage}, or no target lies ahead of it")
    start, capacity = float(case.figures["value"].iloc[-1]), float(case.capacity or 0)
    found = []
    for share in shares:
        levels = [start + share * sum(_by(part, day, case.last) for part in parts) for day in case.path.dates]
        if max(levels) >= capacity:
            raise InputError(f"with {share:g} of every part the count is {max(levels):,.0f}; the capacity is lower")
        then = case
        for k in ahead[:-1]:
            then = next_count(then, case.path.dates[k], levels[k])
        likely = case.together(case.path.times[ahead], np.array([levels[k] for k in ahead]))
        reached = tuple(level >= target for level, target in zip(levels, case.path.targets, strict=True))
        whole = then.together(then.path.times, then.path.levels)
        found.append(Delivery(share, tuple(levels), reached, rounded(likely), rounded(whole)))
    return tuple(found)


def _by(part: Part, day: str, now: float) -> float:
    """Units that a part has added between the last figure and a day; what it added before stands in the figure."""
    begin, end, t = decimal_year(part.start), decimal_year(part.date), decimal_year(day)
    done = float(np.clip((np.array([now, t]) - begin) / (end - begin), 0.0, 1.0) @ np.array([-1.0, 1.0]))
    return part.delivers * part.units * max(done, 0.0)
