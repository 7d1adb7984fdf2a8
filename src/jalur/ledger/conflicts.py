"""Figures set against each other: conflicts on the same period, and the lag between a day and its report."""

from __future__ import annotations

from typing import Any

import pandas as pd

from jalur.dates import half_width

CONFLICT_COLUMNS = [
    "period_start", "period_end", "id_low", "id_high", "value_low", "value_high", "difference", "relative",
    "body_low", "body_high", "definition_low", "definition_high", "url_low", "url_high", "same_body",
]  # fmt: skip


def lags(frame: pd.DataFrame) -> pd.DataFrame:
    """Days between the day a figure refers to and the day it was reported.

    Returns
    -------
    DataFrame
        Columns id, as_of, reported_on, lag_days, speaker_org, url; the longest lag first.
    """
    out = frame[["id", "as_of", "reported_on", "speaker_org", "url"]].copy()
    out.insert(3, "lag_days", (frame["reported_on"] - frame["as_of"]).dt.days)
    return out.sort_values(["lag_days", "as_of", "id"], ascending=[False, True, True]).reset_index(drop=True)


def conflicts(frame: pd.DataFrame) -> pd.DataFrame:
    """Find figures for the same period that differ beyond rounding.

    Two figures are compared if kind, unit and, for flows, the start agree and their periods overlap: a day, the month
    of a figure known by month, December for one known by year (levels are dated at the end of their period). They
    conflict if the rounding intervals do not meet; a floor ("more than") conflicts only with a figure below it.

    Parameters
    ----------
    frame : DataFrame
        Rows of observations.csv, such as those of `select`.

    Returns
    -------
    DataFrame
        One row a pair: period_start, period_end (the overlap), id_low, id_high, value_low, value_high, difference,
        relative (difference over the lower value), body_low, body_high, definition_low, definition_high, url_low,
        url_high, same_body; the largest relative difference first.
    """
    rows = frame.reset_index(drop=True)
    ends = rows["as_of"]
    months = rows["as_of_precision"] != "day"
    starts = ends.where(~months, ends.dt.to_period("M").dt.start_time.astype(ends.dtype))
    width = half_width(rows["decimals"])
    pairs = []
    for i in range(len(rows)):
        same = (rows["kind"] == rows["kind"][i]) & (rows["unit"] == rows["unit"][i])
        since = rows["flow_since"]
        same &= (since == since[i]) | (since.isna() & pd.isna(since[i]))
        same &= (starts <= ends[i]) & (ends >= starts[i]) & (rows["value"] > rows["value"][i])
        for j in rows.index[same]:
            floor = rows["qualifier"][i] == "at_least"
            if rows["value"][j] - width[j] <= rows["value"][i] + width[i] or floor:
                continue
            difference = rows["value"][j] - rows["value"][i]
            pair: dict[str, Any] = {"period_start": max(starts[i], starts[j]), "period_end": min(ends[i], ends[j])}
            for column, name in (
                ("id", "id"),
                ("value", "value"),
                ("speaker_org", "body"),
                ("definition", "definition"),
                ("url", "url"),
            ):
                pair |= {f"{name}_low": rows[column][i], f"{name}_high": rows[column][j]}
            base = rows["value"][i]
            pair |= {
                "difference": difference,
                "relative": difference / base if base else float("inf"),
                "same_body": pair["body_low"] == pair["body_high"],
            }
            pairs.append(pair)
    table = pd.DataFrame(pairs, columns=CONFLICT_COLUMNS)
    return table.sort_values(["relative", "id_low", "id_high"], ascending=[False, True, True]).reset_index(drop=True)
