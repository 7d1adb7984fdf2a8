"""Figures and days as they are written or spoken: 20,76 juta, 25,292,701, 0.73 %; Des 2020, 31/12/2020, TW IV 2020."""

from __future__ import annotations

import calendar
import datetime as dt
import re
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from jalur.errors import InputError, shown

_SCALES = {
    "thousand": 3, "ribu": 3, "rb": 3, "lakh": 5, "million": 6, "juta": 6, "jt": 6, "crore": 7,
    "billion": 9, "miliar": 9, "milyar": 9, "trillion": 12, "triliun": 12, "percent": 0, "persen": 0, "%": 0,
}  # fmt: skip
_FLOORS = ("more than", "at least", "over", "lebih dari", "sedikitnya", "minimal", ">")
_FIGURE = re.compile(r"([0-9][0-9.,]*)\s*([a-z%]*)")
_GROUPED = re.compile(r"[0-9]{1,3}([.,][0-9]{3})+")
# Whole parts by the mark between their thousands; the second form is the one of lakh and crore.
_WHOLE = {
    ",": re.compile(r"[0-9]+|[0-9]{1,3}(,[0-9]{3})+|[0-9]{1,2}(,[0-9]{2})*,[0-9]{3}"),
    ".": re.compile(r"[0-9]+|[0-9]{1,3}(\.[0-9]{3})+"),
}
ALLOWED = "a figure such as 20.76 million, '17,59 juta', 25,292,701, 52 thousand or 0.73 %"

_LANGUAGES = ("en", "id")
FIRST_YEAR, LAST_YEAR = 1990, 2100
PERIODS = "a date such as 2020-12-31, 31 December 2020, December 2020 or 2020"
_ISO = re.compile(r"([0-9]{4})-([0-9]{1,2})(?:-([0-9]{1,2}))?")
_DAY_IN_DIGITS = re.compile(r"([0-9]{1,2})([/.-])([0-9]{1,2})\2([0-9]{4})")
_DAY_IN_WORDS = re.compile(r"(?:([0-9]{1,2})(?:st|nd|rd|th)?[ -])?([a-z]+)\.?,?[ -]([0-9]{4})")
_AMERICAN = re.compile(r"([a-z]+)\.? ([0-9]{1,2}),? ([0-9]{4})")
_QUARTER = re.compile(r"(?:q|tw|triwulan|kuartal|quarter)[ .-]*(iv|iii|ii|i|[1-4])[ ,/-]*([0-9]{4})")
_QUARTER_AFTER = re.compile(r"([0-9]{4})[ ,/-]*(?:q|tw|triwulan|kuartal|quarter)[ .-]*(iv|iii|ii|i|[1-4])")
_ROMAN = {"i": 1, "ii": 2, "iii": 3, "iv": 4}


@dataclass(frozen=True)
class Stated:
    """A figure as stated.

    Attributes
    ----------
    value : str
        The number in single units or percent, without loss.
    decimals : int
        Decimals as stated, in the unit of the value: -4 for 20.76 million.
    qualifier : str
        exact for a number printed in full, at_least for a floor, else approx.
    short : str
        The number for an id: in millions from a hundred thousand up.
    """

    value: str
    decimals: int
    qualifier: str
    short: str


def power_of_ten(word: str) -> int | None:
    """Return the power of ten that a word for a number stands for, 6 for juta; None if it is no such word."""
    return _SCALES.get(word.lower()) or None


def decimal_mark(text: str) -> str | None:
    """Tell the decimal mark of the writer of a figure, where the figure itself shows it.

    Parameters
    ----------
    text : str
        As for `read_figure`.

    Returns
    -------
    str or None
        A point or a comma; empty if the figure has no mark; None if it has one that can be read either way, as the
        point of 1.234 can.
    """
    match = _FIGURE.fullmatch(_without_floor(text)[1])
    digits = match[1] if match else ""
    used = [mark for mark in digits if mark in ".,"]
    if not used:
        return ""
    other = "." if used[-1] == "," else ","
    if len(set(used)) == 2:
        return used[-1]
    if len(used) > 1:
        return other
    before, after = digits.split(used[0])
    undecided = len(after) == 3 and 1 <= len(before) <= 3 and before[0] != "0"
    return None if undecided else used[0]


def read_figure(
    text: str, unit: str, qualifier: str | None = None, decimal: str | None = None, power: int = 0
) -> Stated:
    """Read a figure as it was said.

    Parameters
    ----------
    text : str
        Digits with a decimal point or comma before thousand, million, ribu, juta and so on; or a number in full, with
        or without marks between its thousands.
    unit : str
        For percent, a single point or comma is a decimal one.
    qualifier : str, optional
        Given by the user; otherwise it follows from the text.
    decimal : str, optional
        The decimal mark of the writer, a point or a comma; the other one parts the thousands.
    power : int
        Power of ten that is said elsewhere, as in the heading of a column: 3 for "in thousands".

    Examples
    --------
    >>> read_figure("20,76 juta", "UMKM")
    Stated(value='20760000', decimals=-4, qualifier='approx', short='20.76')
    >>> read_figure("25,292,701", "UMKM")
    Stated(value='25292701', decimals=0, qualifier='exact', short='25.292701')
    """
    floor, words = _without_floor(text)
    match = _FIGURE.fullmatch(words)
    if not match or (match[2] and match[2] not in _SCALES):
        raise InputError(f"value is {shown(text)}; allowed is {ALLOWED}")
    if match[2] in ("percent", "persen", "%") and unit != "percent":
        raise InputError(
            f"value is {shown(text)}, a share; allowed is a figure in the unit {unit}, or unit=percent with it"
        )
    digits, scale = match[1], _SCALES.get(match[2], 0)
    if power and scale:
        raise InputError(f"value is {shown(text)} where {10**power:,} are counted already; allowed is one of the two")
    scale += power
    marked = bool(match[2]) or bool(power) or unit == "percent"
    number = _number(digits, marked, scale > 0, text) if decimal is None else _number_by(decimal, digits, text)
    decimals = -int(number.as_tuple().exponent) - scale
    value = number.scaleb(scale)
    if not marked and "." not in str(number):
        zeros = (
            len(digits) - len(digits.rstrip("0.,")) - sum(mark in ".," for mark in digits[len(digits.rstrip("0.,")) :])
        )
        decimals = 0 if qualifier == "exact" else -zeros
    qualifier = qualifier or ("at_least" if floor else "exact" if decimals >= 0 and not marked else "approx")
    plain = format(value, "f")
    millions = value / 1_000_000
    short = format((millions if abs(value) >= 100_000 else value).normalize(), "f")
    return Stated(plain.rstrip("0").rstrip(".") if "." in plain else plain, decimals, qualifier, short)


def _without_floor(text: str) -> tuple[str, str]:
    """Part the words of a floor, such as more than, from the figure; both in small letters."""
    words = " ".join(text.lower().split())
    floor = next((f for f in _FLOORS if words.startswith(f)), "")
    return floor, words.removeprefix(floor).strip()


def _number_by(decimal: str, digits: str, text: str) -> Decimal:
    """Read the digits of a writer whose decimal mark is known."""
    mark = "." if decimal == "," else ","
    whole, _, fraction = digits.partition(decimal)
    if not _WHOLE[mark].fullmatch(whole) or not (fraction or "0").isdigit() or digits.endswith(decimal):
        word = "comma" if decimal == "," else "point"
        raise InputError(f"value is {shown(text)}; allowed is {ALLOWED}, here with a decimal {word}")
    return Decimal(f"{whole.replace(mark, '')}.{fraction}" if fraction else whole.replace(mark, ""))


def _number(digits: str, marked: bool, scaled: bool, text: str) -> Decimal:
    """Read the digits: with a word or percent, one mark is a decimal one; without, marks part the thousands.

    20,760 thousand is 20.76 million to one reader and 20.76 thousand to another, so a mark before three digits is
    refused beside a word; in percent it can only be a decimal one.
    """
    marks = {mark for mark in digits if mark in ".,"}
    if not marks:
        return Decimal(digits)
    count = sum(mark in ".," for mark in digits)
    grouped = bool(_GROUPED.fullmatch(digits)) and digits[0] != "0"
    if marked and count == 1 and digits[-1] not in ".," and not (scaled and grouped):
        return Decimal(digits.replace(",", "."))
    if not marked and grouped and len(marks) == 1:
        return Decimal(re.sub("[.,]", "", digits))
    raise InputError(f"value is {shown(text)}, whose points or commas can be read in two ways; allowed is {ALLOWED}")


@cache
def months() -> dict[str, int]:
    """Return the numbers of the months by their names and abbreviations, in small letters, in all languages."""
    from babel.dates import get_month_names

    names = {"agt": 8, "agu": 8, "nop": 11, "pebruari": 2, "sept": 9}  # spellings that CLDR does not give
    for language in _LANGUAGES:
        for width in ("wide", "abbreviated"):
            for number, name in get_month_names(width, locale=language).items():
                names[name.lower().rstrip(".")] = number
    return names


def read_period(text: str, day_first: bool | None = None) -> tuple[dt.date, str]:
    """Read a day or a period; a period is dated at its last day.

    Parameters
    ----------
    text : str
    day_first : bool, optional
        Whether 3/4/2020 is in April (True) or in March (False); None if nobody said so, and it is then refused.

    Returns
    -------
    day : datetime.date
    precision : str
        day, month or year; a quarter is a month, its last one.

    Raises
    ------
    ValueError
        Says what is allowed.

    Examples
    --------
    >>> read_period("Des 2020")
    (datetime.date(2020, 12, 31), 'month')
    >>> read_period("31/12/2020")
    (datetime.date(2020, 12, 31), 'day')
    """
    words = " ".join(text.lower().split())
    if re.fullmatch(r"[0-9]{4}(\.0)?", words):
        return _end(int(words[:4]))
    if match := _ISO.fullmatch(words):
        return _end(int(match[1]), int(match[2]), int(match[3]) if match[3] else None)
    if match := _DAY_IN_DIGITS.fullmatch(words):
        first, second, year = int(match[1]), int(match[3]), int(match[4])
        if day_first is None and first != second and max(first, second) <= 12:
            raise ValueError(f"{PERIODS}; the day and the month of this one can be read in two ways")
        if day_first is None:
            day_first = first > 12
        return _end(year, *((second, first) if day_first else (first, second)))
    if match := _QUARTER.fullmatch(words):
        return _end(int(match[2]), 3 * _quarter(match[1]))
    if match := _QUARTER_AFTER.fullmatch(words):
        return _end(int(match[1]), 3 * _quarter(match[2]))
    if (match := _DAY_IN_WORDS.fullmatch(words)) and match[2] in months():
        return _end(int(match[3]), months()[match[2]], int(match[1]) if match[1] else None)
    if (match := _AMERICAN.fullmatch(words)) and match[1] in months():
        return _end(int(match[3]), months()[match[1]], int(match[2]))
    raise ValueError(PERIODS)


def month_number(text: str) -> int | None:
    """Return the number of a month from its name or its digits; None if it is neither."""
    words = text.lower().strip().rstrip(".")
    if words in months():
        return months()[words]
    return int(words) if re.fullmatch(r"0?[1-9]|1[0-2]", words) else None


def period_of(day: dt.date, precision: str) -> tuple[dt.date, str]:
    """Date a stored day at the end of the period that is shown of it."""
    if precision == "year":
        return _end(day.year)
    return _end(day.year, day.month, day.day if precision == "day" else None)


def _quarter(text: str) -> int:
    return _ROMAN.get(text) or int(text)


def _end(year: int, month: int | None = None, day: int | None = None) -> tuple[dt.date, str]:
    """Give the day, or the last one of the month or the year."""
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise ValueError(f"a year from {FIRST_YEAR} to {LAST_YEAR}")
    if month is None:
        return dt.date(year, 12, 31), "year"
    if not 1 <= month <= 12:
        raise ValueError("a month from 1 to 12")
    if day is None:
        return dt.date(year, month, calendar.monthrange(year, month)[1]), "month"
    try:
        return dt.date(year, month, day), "day"
    except ValueError:
        raise ValueError("a day that exists in the calendar") from None
