"""Which figures a programme uses, and the levels that they state: levels as they stand, flows as a running sum.

A flow says how much was added from `flow_since` to `as_of`, both days included. The first flow starts on the day after
the base, each other one on the day after the flow before it, so that nothing is counted twice and nothing is left out:
what leaves a gap or overlaps is named and never summed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from jalur.dates import half_width, iso, records
from jalur.errors import Fault, shown
from jalur.ledger.tables import end_of

_DAY = pd.Timedelta(days=1)
COUNTS = "denominators: rows of one series for two dates or more, each published on a known day"
_QUALIFIERS = ("exact", "approx", "at_least")  # a sum is as sure as the least sure of its parts


@dataclass(frozen=True)
class Base:
    """The level that the flows of a programme are added to.

    Attributes
    ----------
    date : datetime.date
        Day at whose end the level stood.
    value : float
        Units.
    source, url : str
        Body and address behind it.
    known_on : datetime.date
        Day from which it was known; nothing can be summed before.
    """

    date: dt.date
    value: float
    source: str
    known_on: dt.date
    url: str = ""


@dataclass(frozen=True)
class Selection:
    """Default selection of rows: roles, kinds and definitions used, and the first reference day (None: all).

    Levels stand as they are; flows are added up from `base`, which levels do not have.
    """

    definitions: tuple[str, ...]
    roles: tuple[str, ...] = ("observation",)
    kinds: tuple[str, ...] = ("level",)
    since: dt.date | None = None
    base: Base | None = None

    def declared(self, frame: pd.DataFrame, unit: str) -> pd.Series:
        """Which rows are of the declared roles, kinds and definitions and in the unit, on whatever day."""
        used = (frame["unit"] == unit) & frame["role"].isin(self.roles) & frame["kind"].isin(self.kinds)
        return used & frame["definition"].isin(self.definitions)


class Count(NamedTuple):
    """How many were eligible on a day, and the day from which that was known."""

    date: dt.date
    units: float
    known_on: dt.date


def in_order(flows: pd.DataFrame, base: Base) -> pd.DataFrame:
    """The flows that end after the base, in the order in which they are added up."""
    later = flows[flows["as_of"] > pd.Timestamp(base.date)]
    return later.sort_values(["flow_since", "as_of", "id"], kind="stable")


def problems(flows: pd.DataFrame, base: Base, label: str) -> list[Fault]:
    """Find gaps and overlaps between flows, whatever day they were published on.

    Parameters
    ----------
    flows : DataFrame
        Rows of observations.csv that are to be added up; the index is the row in the file.
    base : Base
    label : str
        How messages name the file.
    """
    end, before, found = pd.Timestamp(base.date), f"the base of {base.date}", []
    for row in records(in_order(flows, base)):
        wanted = end + _DAY
        if row.flow_since != wanted:
            if row.flow_since > wanted:
                given = f"{iso(row.flow_since)}, a gap after {before}, which ends on {iso(end)}"
            else:
                given = f"{iso(row.flow_since)}, an overlap with {before}, which ends on {iso(end)}"
            allowed = f"{iso(wanted)}, the day after it, since flows are added up one after the other"
            found.append(Fault(label, int(row.Index), "flow_since", given, allowed))
        if row.as_of > end:
            end, before = row.as_of, f"row {row.Index} ({shown(row.id)})"
    return found


def unbroken(flows: pd.DataFrame, base: Base, day: dt.date) -> pd.DataFrame:
    """The flows that could be added up on a day: up to the first that had not been published, in order of time."""
    ordered = in_order(flows, base)
    if base.known_on > day:
        return ordered.iloc[:0]
    return ordered[(ordered["reported_on"] <= pd.Timestamp(day)).cummin()]


def summed(chain: pd.DataFrame, base: Base) -> pd.DataFrame:
    """The level at the end of each flow of an unbroken chain, in the columns of observations.csv.

    A level is known from the day on which the last of its parts was; rounding errors of independent flows add up by
    their squares, and `decimals` are those of the rounding step that holds the result. The note keeps the flow.
    """
    out = chain.copy()
    if not len(chain):
        return out
    known = chain["reported_on"].cummax()
    known = known.where(known > pd.Timestamp(base.known_on), pd.Timestamp(base.known_on))
    rounding = np.sqrt((half_width(chain["decimals"]) ** 2).cumsum())
    worst = chain["qualifier"].map(_QUALIFIERS.index).cummax()
    added = [f"{r.value:.15g} added since {iso(r.flow_since)}" for r in records(chain)]
    out["value"] = base.value + chain["value"].cumsum()
    out["decimals"] = np.floor(1e-9 - np.log10(2 * rounding)).astype("int64")
    out["qualifier"] = worst.map(dict(enumerate(_QUALIFIERS)))
    out["reported_on"] = known
    out["lag_days"] = (known - chain["as_of"]).dt.days
    out["kind"], out["flow_since"] = "level", pd.NaT
    out["note"] = [f"{flow}; {note}" if note else flow for flow, note in zip(added, chain["note"], strict=True)]
    return out


def largest(frame: pd.DataFrame, selection: Selection, unit: str) -> float:
    """Return the largest figure that the default selection may use; 0 without any."""
    used = frame[selection.declared(frame, unit)]
    if selection.base is not None:
        used = summed(in_order(used, selection.base), selection.base)
    return float(used["value"].max()) if len(used) else 0.0


def last_known(frame: pd.DataFrame, selection: Selection, unit: str, day: dt.date) -> tuple[float, str] | None:
    """Return the level of the latest figure that had been published on a day, and its row id; None without any.

    Floors ("more than") are passed over: they say nothing about where the level stood.
    """
    used = frame[selection.declared(frame, unit)]
    if selection.base is not None:
        used = summed(unbroken(used, selection.base, day), selection.base)
    used = used[(used["reported_on"] <= pd.Timestamp(day)) & (used["qualifier"] != "at_least")]
    if not len(used):
        return None
    row = used.sort_values(["as_of", "reported_on", "id"], kind="stable").iloc[-1]
    return float(row["value"]), str(row["id"])


def against(
    steps: Sequence[tuple[int, str, float]], start: tuple[float, str] | None, stated: bool, falls: bool, label: str
) -> list[Fault]:
    """Find targets that lie against the direction of their path.

    Parameters
    ----------
    steps : sequence of (row, id, units)
        The targets in the order of their dates.
    start : (units, words) or None
        Where the path starts. The last target must lie beyond it.
    stated : bool
        Whether the start belongs to the path; no target may then lie on the wrong side of it.
    falls : bool
        Whether the path leads down.
    label : str
        How messages name the file.
    """
    wanted, other = ("below", "up where it is to rise") if falls else ("above", "down where it is to fall")
    before, found = start if stated else None, []
    for row, name, value in steps:
        ends = [(before, False), (start if name == steps[-1][1] else None, True)]
        for reference, words, strict in [(*end, strict) for end, strict in ends if end is not None]:
            ahead = reference - value if falls else value - reference
            if ahead < 0 or (strict and ahead == 0):
                side = "at" if ahead == 0 else "above" if falls else "below"
                given = f"{value:.15g}, {side} {words}, {reference:.15g}"
                allowed = f"a target {wanted} it, or in programme.yml direction: {other}"
                found.append(Fault(label, row, "value", given, allowed))
                break
        before = (value, f"the target before it, {name}")
    return found


def counts_of(rows: Sequence[Any], share: float) -> tuple[tuple[Count, ...], str | None]:
    """Return the dated counts of a capacity that grows, and what is wrong with their rows; None where nothing is.

    Parameters
    ----------
    rows : sequence of rows of denominators.csv or proxies.csv
    share : float
        Of each count.
    """
    days = [row.as_of for row in rows]
    known = [end_of(row.reported_on) if row.reported_on else None for row in rows]
    wrong = None
    if len(set(days)) < 2 or len(set(days)) < len(days):
        wrong = f"{len(days)} rows for {len(set(days))} dates"
    elif len({(row.series, row.unit) for row in rows}) > 1:
        wrong = "rows of several series or units"
    elif None in known:
        wrong = f"the row {rows[known.index(None)].id} without a day of publication"
    elif min(row.value for row in rows) <= 0:
        wrong = "a count of 0"
    if wrong:
        return (), wrong
    found = (Count(row.as_of.date(), row.value * share, day) for row, day in zip(rows, known, strict=True) if day)
    return tuple(sorted(found)), None
