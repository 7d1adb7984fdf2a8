"""Adoption series with known outcomes: a table with one value a row, checked row by row and cut into series.

The columns are ``group`` (kind of series), ``series`` (name), ``year`` (decimal years are fine, so a series may be
monthly), ``value_percent`` (level, in the unit of the capacity) and ``capacity`` (ceiling, in the same unit); other
columns are ignored. One impossible row in an otherwise good series would move the weights that are learned from it,
so every row that cannot be true is refused by its line.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from jalur.dates import number
from jalur.errors import Fault, InputError, shown

Array = npt.NDArray[np.float64]

TEXTS = ("group", "series")
NUMBERS = ("year", "value_percent", "capacity")
COLUMNS = TEXTS + NUMBERS
FIRST_YEAR, LAST_YEAR = 1500, 2200
LARGEST = 1e15  # as in the ledger
SHARE = 100.0  # a series of this capacity holds shares in per cent
OVERSHOOT = 2.0  # any other capacity is an estimate (one line a household, say), which a level may pass, within reason


class Series(NamedTuple):
    """One adoption series: years increasing, values above zero and below the capacity."""

    group: str
    name: str
    t: Array
    y: Array
    capacity: float


def read_table(path: str | Path) -> pd.DataFrame:
    """Read a table of adoption series and check every row.

    Parameters
    ----------
    path : path
        CSV file in UTF-8 with a header; lines without any value are passed over.

    Returns
    -------
    DataFrame
        The columns of `COLUMNS` as text and floats, and whatever else the file holds as text; any order of rows. A
        level of 0, or at or above the capacity, is allowed here, and left out by `series_from`.

    Raises
    ------
    InputError
        If the file cannot be read, a column is missing or a row is impossible (see `row_faults`): the first fault
        with its row and column, and how many there are.
    """
    try:
        frame = pd.read_csv(path, dtype=str, keep_default_na=False, skip_blank_lines=False, encoding="utf-8")
    except (OSError, UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise InputError(f"{path} cannot be read as a CSV table: {error}") from error
    missing = [name for name in COLUMNS if name not in frame.columns]
    if missing:
        raise InputError(f"{path} lacks the column(s) {', '.join(missing)}; needed are {', '.join(COLUMNS)}")
    # Numbered as an editor shows them, the header being row 1, before the empty lines go.
    frame.index = pd.RangeIndex(2, len(frame) + 2)
    frame = frame.fillna("")
    frame = frame[(frame != "").any(axis=1)]
    faults = list(row_faults(frame, str(path)))
    if faults:
        others = len(faults) - 1
        more = f" ({others} more {'fault' if others == 1 else 'faults'} in the table)" if others else ""
        raise InputError(f"{faults[0]}{more}", faults)
    numbers = {name: [_number(text) for text in frame[name]] for name in NUMBERS}
    return frame.assign(**numbers).reset_index(drop=True)


def row_faults(frame: pd.DataFrame, file: str) -> Iterator[Fault]:
    """Every reason for which a row cannot be true.

    Refused are: a kind or name that is empty; a year, level or capacity that is not a finite number; a year outside
    1500 to 2200; a capacity that is not above zero, or not the same in a whole series; a level below zero, above 100
    where the capacity is 100 (a share), above twice any other capacity (which is an estimate that a level may pass);
    a year that stands twice in a series.

    Parameters
    ----------
    frame : DataFrame
        The columns of `COLUMNS` as text, as they stand in the file; the index is the number of the row.
    file : str
        Name of the file in the faults.

    Yields
    ------
    Fault
        In the order of the rows; one a row at most.
    """
    first_year: dict[tuple[str, str, float], int] = {}
    first_capacity: dict[tuple[str, str], tuple[int, float]] = {}
    for line, group, name, *texts in frame[list(COLUMNS)].itertuples(name=None):
        cells = dict(zip(COLUMNS, (group, name, *texts), strict=True))
        year, level, capacity = map(_number, texts)
        found = _impossible(group, name, year, level, capacity)
        if found is None:
            other_line, other = first_capacity.setdefault((group, name), (line, capacity))
            earlier = first_year.setdefault((group, name, year), line)
            if other != capacity:
                found = "capacity", f"one capacity for a series, {other:g} as in row {other_line}"
            elif earlier != line:
                found = "year", f"each year once in a series; row {earlier} of {shown(name)} has it already"
        if found is not None:
            column, allowed = found
            yield Fault(file, line, column, shown(cells[column]), allowed)


def _number(text: str) -> float:
    """Read a number in plain digits; nan for whatever else stands there, which is in no range."""
    try:
        return number(text.strip())
    except ValueError:
        return np.nan


def _impossible(group: str, name: str, year: float, level: float, capacity: float) -> tuple[str, str] | None:
    """Column at fault and what it may hold, for a row by itself; None where nothing is wrong."""
    for column, text in zip(TEXTS, (group, name), strict=True):
        if not text.strip():
            return column, "a name"
    if not FIRST_YEAR <= year <= LAST_YEAR:
        return "year", f"a year from {FIRST_YEAR} to {LAST_YEAR}, such as 2001 or 2001.25"
    if not 0 < capacity <= LARGEST:
        return "capacity", "a number above zero, at most 1e15"
    most = capacity if capacity == SHARE else OVERSHOOT * capacity
    if not 0 <= level <= most:
        reason = "a share in per cent" if capacity == SHARE else f"at most twice the capacity of {capacity:g}"
        return "value_percent", f"a number from 0 to {most:g}, {reason}"
    return None


def series_from(frame: pd.DataFrame) -> list[Series]:
    """Return the series of a checked table, in the order of group and name, without levels at their bounds."""
    out = []
    for (group, name), rows in frame.groupby(["group", "series"], sort=True):
        capacity = float(rows["capacity"].iloc[0])
        rows = rows[(rows["value_percent"] > 0) & (rows["value_percent"] < capacity)].sort_values("year")
        t, y = rows["year"].to_numpy(float), rows["value_percent"].to_numpy(float)
        out.append(Series(str(group), str(name), t, y, capacity))
    return out


def read_series(path: str | Path) -> list[Series]:
    """Read a table of adoption series; see `read_table` for its errors."""
    return series_from(read_table(path))
