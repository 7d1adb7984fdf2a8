"""Rules between the columns of a ledger that a Table Schema cannot say; one function for each kind of table."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
import pandas as pd

from jalur.dates import records
from jalur.errors import Fault, shown


def observation_faults(frame: pd.DataFrame, label: str) -> list[Fault]:
    """Check the rows of observations.csv against each other.

    Parameters
    ----------
    frame : DataFrame
        As read by `jalur.ledger.tables.read_table`; the index is the row in the file. Cells that could not be read are
        missing and break no rule here.
    label : str
        How messages name the file.
    """
    faults: list[Fault] = []

    def refuse(mask: pd.Series, column: str, given: str, allowed: str) -> None:
        for row in records(frame[mask]) if mask.any() else ():
            values = {key: _text(value) for key, value in row._asdict().items()}
            faults.append(Fault(label, row.Index, column, given.format(**values), allowed.format(**values)))

    flow = frame["kind"] == "flow"
    refuse(
        frame["reported_on"] < frame["as_of"],
        "reported_on",
        "{reported_on}",
        "the day the figure refers to, {as_of}, or a later day",
    )
    refuse(flow & frame["flow_since"].isna(), "flow_since", "nothing", "a date, since kind is flow")
    refuse(~flow & frame["flow_since"].notna(), "flow_since", "{flow_since}", "nothing, since kind is level")
    refuse(
        flow & (frame["flow_since"] > frame["as_of"]),
        "flow_since",
        "{flow_since}",
        "the day the flow ends, {as_of}, or an earlier day",
    )
    refuse((frame["unit"] == "percent") & (frame["value"] > 100), "value", "{value}", "at most 100 percent")
    for day, precision in (("as_of", "as_of_precision"), ("reported_on", "reported_precision")):
        month_end, year_end = frame[day].dt.is_month_end, frame[day].dt.is_year_end
        refuse(
            (frame[precision] == "month") & ~month_end,
            day,
            f"{{{day}}}",
            f"the last day of the month, since {precision} is month",
        )
        refuse((frame[precision] == "year") & ~year_end, day, f"{{{day}}}", f"31 December, since {precision} is year")
    lag = (frame["reported_on"] - frame["as_of"]).dt.days
    for row, stated, true in zip(frame.index, frame["lag_days"], lag, strict=True):
        if stated >= 0 and true >= 0 and stated != true:
            faults.append(
                Fault(label, row, "lag_days", str(int(stated)), f"{true:.0f}, the days from as_of to reported_on")
            )
    with np.errstate(all="ignore"):  # values out of bounds have a fault of their own
        steps = frame["value"] * 10.0 ** frame["decimals"].astype(float)
        finer = (frame["role"] != "derived") & ((steps - steps.round()).abs() > 1e-6 * steps.clip(lower=1))
    refuse(finer, "decimals", "{decimals}", "decimals that hold every digit of the value {value}")
    return sorted(faults + _repeat_faults(frame, label), key=lambda fault: fault.row or 0)


def _repeat_faults(frame: pd.DataFrame, label: str) -> list[Fault]:
    """Check that each repeat names a row that exists, is not itself and is not a repeat."""
    roles = dict(zip(frame["id"], frame["role"], strict=True))
    faults = []
    for row in records(frame[(frame["role"] == "repeat") | frame["repeats"].notna()]):
        if row.role != "repeat":
            if row.repeats is not None:
                faults.append(
                    Fault(label, row.Index, "repeats", shown(row.repeats), f"nothing, since role is {row.role}")
                )
        elif row.repeats is None:
            faults.append(
                Fault(
                    label, row.Index, "repeats", "nothing", "the id of the row that is repeated, since role is repeat"
                )
            )
        elif row.repeats not in roles or row.repeats == row.id:
            faults.append(Fault(label, row.Index, "repeats", shown(row.repeats), "the id of another row of this file"))
        elif roles[row.repeats] == "repeat":
            faults.append(
                Fault(label, row.Index, "repeats", shown(row.repeats), "the id of a row that is not itself a repeat")
            )
    return faults


def unit_faults(frame: pd.DataFrame, definitions: Iterable[str], unit: str, label: str) -> list[Fault]:
    """Check that the rows of the selected definitions are in the unit of the programme."""
    wrong = frame[frame["definition"].isin(list(definitions)) & (frame["unit"] != unit)]
    return [
        Fault(
            label,
            row.Index,
            "unit",
            shown(row.unit),
            f"{unit}, the unit of the programme, since {row.definition} is a selected definition",
        )
        for row in records(wrong)
    ]


def _text(value: object) -> str:
    """Write a cell as it stands in the table."""
    if isinstance(value, pd.Timestamp):
        return value.date().isoformat()
    if isinstance(value, float) and math.isfinite(value) and value == int(value):
        return str(int(value))
    return str(value)
