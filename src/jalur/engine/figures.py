"""Published figures as the engine reads them: dates, levels, rounding, issuing bodies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from jalur.dates import decimal_year, half_width
from jalur.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

Array = npt.NDArray[np.float64]

SMALLEST, LARGEST = 1e-7, 1 - 1e-6  # shares of the capacity at which figures enter a link
EXACT_ERROR = 2e-4  # standard deviation of an exact series' figures, as a share of the capacity


@dataclass(frozen=True)
class Figures:
    """Published figures in order of their dates; arrays of shape (n,).

    Attributes
    ----------
    t : array
        Dates as decimal years, nondecreasing.
    y : array
        Levels in the unit of the count.
    half_width : array
        Half the width of the rounding interval, in the unit of the count.
    floor : array of bool
        True where the figure says "at least".
    source : tuple of str
        Issuing body of each figure.
    ids : tuple of str
    """

    t: Array
    y: Array
    half_width: Array
    floor: npt.NDArray[np.bool_]
    source: tuple[str, ...]
    ids: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.t)


def figures_from(frame: pd.DataFrame) -> Figures:
    """Return the figures of a ledger frame (columns as_of, value, decimals, qualifier, speaker_org, id)."""
    t = np.array([decimal_year(d) for d in frame["as_of"]], float)
    order = np.argsort(t, kind="stable")
    decimals = np.nan_to_num(frame["decimals"].to_numpy(float))
    return Figures(
        t=t[order],
        y=frame["value"].to_numpy(float)[order],
        half_width=half_width(decimals)[order],
        floor=(frame["qualifier"].to_numpy() == "at_least")[order],
        source=tuple(frame["speaker_org"].astype(str).to_numpy()[order]),
        ids=tuple(frame["id"].astype(str).to_numpy()[order]),
    )


def exact_figures(t: npt.ArrayLike, y: npt.ArrayLike, capacity: float) -> Figures:
    """Return an exact series as figures: its error is two hundredths of a per cent of the capacity."""
    years = np.asarray(t, float)
    level = np.clip(np.asarray(y, float), SMALLEST * capacity, LARGEST * capacity)
    n = len(level)
    width = np.full(n, EXACT_ERROR * 3**0.5 * capacity)
    return Figures(years, level, width, np.zeros(n, bool), ("",) * n, tuple(f"{x:g}" for x in years))


def checked(figures: Figures, lowest_capacity: float) -> Figures:
    """Return the figures fit for filtering: points before floors on one day, no floor before the first point.

    Nothing anchors a figure "at least" that comes before any other, so it is dropped.

    Raises
    ------
    InputError
        Without a figure that states a level, with values that are not finite or negative, out of order, or with a
        figure at or above the (lowest) capacity.
    """
    t, y = np.asarray(figures.t, float), np.asarray(figures.y, float)
    if not (np.isfinite(lowest_capacity) and lowest_capacity > 0):
        raise InputError(f"the capacity must be a positive number, not {lowest_capacity!r}")
    if not (np.all(np.isfinite(t)) and np.all(np.isfinite(y)) and np.all(np.isfinite(figures.half_width))):
        raise InputError("dates, levels and rounding of the figures must be finite numbers")
    if np.any(y < 0) or np.any(np.asarray(figures.half_width) < 0):
        raise InputError(f"levels cannot be negative; the lowest figure is {y.min():g}")
    if np.any(np.diff(t) < 0):
        raise InputError("the figures must be in the order of their dates")
    floor = np.asarray(figures.floor, bool)
    if np.all(floor):
        raise InputError("no figure states a level" + ("" if len(t) == 0 else " (all say 'at least')"))
    if y.max() >= lowest_capacity:
        i = int(np.argmax(y))
        raise InputError(f"the figure {figures.ids[i]} ({y[i]:g}) is not below the capacity ({lowest_capacity:g})")
    order = np.lexsort((floor, t))
    order = order[int(np.argmin(floor[order])) :]
    return Figures(
        t[order], y[order], np.asarray(figures.half_width, float)[order], floor[order],
        tuple(figures.source[i] for i in order), tuple(figures.ids[i] for i in order),
    )  # fmt: skip
