"""Figures as they are written or spoken: 20.76 million, 20,76 juta, 25,292,701, 52 ribu, 0.73 %."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from jalur.errors import InputError, shown

_SCALES = {
    "thousand": 3, "ribu": 3, "million": 6, "juta": 6, "billion": 9, "miliar": 9, "milyar": 9,
    "trillion": 12, "triliun": 12, "percent": 0, "persen": 0, "%": 0,
}  # fmt: skip
_FLOORS = ("more than", "at least", "over", "lebih dari", "sedikitnya", "minimal", ">")
_FIGURE = re.compile(r"([0-9][0-9.,]*)\s*([a-z%]*)")
_GROUPED = re.compile(r"[0-9]{1,3}([.,][0-9]{3})+")
ALLOWED = "a figure such as 20.76 million, '17,59 juta', 25,292,701, 52 thousand or 0.73 %"


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


def read_figure(text: str, unit: str, qualifier: str | None = None) -> Stated:
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

    Examples
    --------
    >>> read_figure("20,76 juta", "UMKM")
    Stated(value='20760000', decimals=-4, qualifier='approx', short='20.76')
    >>> read_figure("25,292,701", "UMKM")
    Stated(value='25292701', decimals=0, qualifier='exact', short='25.292701')
    """
    words = " ".join(text.lower().split())
    floor = next((f for f in _FLOORS if words.startswith(f)), "")
    match = _FIGURE.fullmatch(words.removeprefix(floor).strip())
    if not match or (match[2] and match[2] not in _SCALES):
        raise InputError(f"value is {shown(text)}; allowed is {ALLOWED}")
    if match[2] in ("percent", "persen", "%") and unit != "percent":
        raise InputError(
            f"value is {shown(text)}, a share; allowed is a figure in the unit {unit}, or unit=percent with it"
        )
    digits, scale = match[1], _SCALES.get(match[2], 0)
    marked = bool(match[2]) or unit == "percent"
    number = _number(digits, marked, text)
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


def _number(digits: str, marked: bool, text: str) -> Decimal:
    """Read the digits: with a word or percent, one mark is a decimal one; without, marks part the thousands."""
    marks = {mark for mark in digits if mark in ".,"}
    if not marks:
        return Decimal(digits)
    count = sum(mark in ".," for mark in digits)
    if marked and count == 1 and digits[-1] not in ".,":
        return Decimal(digits.replace(",", "."))
    if not marked and _GROUPED.fullmatch(digits) and len(marks) == 1 and (count > 1 or digits[0] != "0"):
        return Decimal(re.sub("[.,]", "", digits))
    raise InputError(f"value is {shown(text)}, whose points or commas can be read in two ways; allowed is {ALLOWED}")
