"""Flows as levels: what was added in one period after another, summed from a base level that somebody states.

A flow says how much was added from `flow_since` to `as_of`, both days included. The first flow starts on the day after
the base, each other one on the day after the flow before it, so that nothing is counted twice and nothing is left out:
what leaves a gap or overlaps is named and never summed.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

from jalur.dates import half_width, iso, records
from jalur.errors import Fault, shown

_DAY = pd.Timedelta(days=1)
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


def levels(chain: pd.DataFrame, base: Base) -> pd.DataFrame:
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
