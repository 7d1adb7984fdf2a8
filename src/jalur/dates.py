"""Days, numbers, rounding steps and records: the one way in which every room reads and goes through them."""

from __future__ import annotations

import calendar
import datetime as dt
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from jalur.errors import InputError, shown

if TYPE_CHECKING:
    import pandas as pd

DAYS_A_YEAR = 365.25
DAYS_A_MONTH = DAYS_A_YEAR / 12
_DAY = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")
_WHOLE = re.compile("[+-]?[0-9]{1,18}")
_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,4})?")


def today() -> dt.date:
    """Return the day on this machine's calendar: what is said to have been published later is a mistake."""
    return dt.date.today()


def written_day(text: str) -> dt.date:
    """Read a day written YYYY-MM-DD in plain digits; ValueError says what is allowed."""
    if not _DAY.fullmatch(text):
        raise ValueError("a date written YYYY-MM-DD, such as 2022-03-31")
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise ValueError("a day that exists in the calendar") from None


def parse_date(given: object, what: str) -> dt.date:
    """Read a date given by the user.

    Parameters
    ----------
    given : str or datetime.date
        YYYY-MM-DD.
    what : str
        What the date is, for the message.

    Raises
    ------
    InputError
        If it is no date, or none that exists.
    """
    if isinstance(given, dt.date):
        return to_date(given)
    try:
        return written_day(given if isinstance(given, str) else "")
    except ValueError as error:
        raise InputError(f"{what} is {shown(given)}; allowed is {error}") from None


def vintage_day(given: object) -> dt.date:
    """Read a vintage: any day until today. A day before the first figure is valid, and then no figure is known."""
    day, last = parse_date(given, "vintage"), today()
    if day > last:
        raise InputError(f"vintage is {shown(str(day))}, in the future; allowed is a day until today, {last}")
    return day


def to_date(day: object) -> dt.date:
    """Return an ISO text, a date, a timestamp or a numpy date as a date."""
    return dt.date.fromisoformat(str(day)[:10])


def iso(day: object) -> str:
    """Return the ISO text of anything that `to_date` takes."""
    return to_date(day).isoformat()


def decimal_year(day: object) -> float:
    """Return a date as a decimal year: 1 January is the whole number, the days of a year are equally long."""
    date = to_date(day)
    days = 366 if calendar.isleap(date.year) else 365
    return date.year + (date - dt.date(date.year, 1, 1)).days / days


def calendar_day(year: float) -> str:
    """Return the ISO date of a decimal year, to the day."""
    start, end = dt.date(int(year), 1, 1), dt.date(int(year) + 1, 1, 1)
    return iso(start + dt.timedelta(days=int((year - int(year)) * (end - start).days + 1e-6)))


def months_between(start: object, end: object) -> float:
    """Return the months of 365.25 / 12 days from one day to another."""
    return (to_date(end) - to_date(start)).days / DAYS_A_MONTH


def whole(text: str) -> int:
    """Read a whole number in plain digits; ValueError also for what Python takes: 1_000, digits of another script."""
    if not _WHOLE.fullmatch(text):
        raise ValueError("a whole number in digits")
    return int(text)


def number(text: str) -> float:
    """Read a finite number in plain digits with a decimal point; ValueError says what is allowed."""
    if not _NUMBER.fullmatch(text):
        raise ValueError("a number in digits with a decimal point, such as 17500000 or 0.73")
    if abs(value := float(text)) == float("inf"):
        raise ValueError("a finite number")
    return value


def half_width(decimals: Any) -> Any:
    """Return half the rounding step of figures stated to `decimals`, in their unit: 0.5 * 10**-decimals."""
    return 0.5 * 10.0 ** -(decimals.astype(float) if hasattr(decimals, "astype") else float(decimals))


def records(frame: pd.DataFrame) -> Iterator[Any]:
    """Go through a frame row by row, each with its columns as attributes and `Index` as its label."""
    return frame.itertuples()
