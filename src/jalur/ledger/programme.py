"""What a programme is: the figures selected, how many could ever join, the official path, and its tables."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from jalur.errors import InputError, shown

SLUG = re.compile(r"[a-z][a-z0-9_]{0,63}")


@dataclass(frozen=True)
class Selection:
    """Default selection of rows: roles, kinds and definitions used, and the first reference day (None: all)."""

    definitions: tuple[str, ...]
    roles: tuple[str, ...] = ("observation",)
    kinds: tuple[str, ...] = ("level",)
    since: dt.date | None = None


@dataclass(frozen=True)
class Capacity:
    """How many could ever join.

    Attributes
    ----------
    name : str
    title : dict
        Words in both languages.
    units : float
        Eligible units times `share`.
    as_of : datetime.date or None
        Day that the oldest of the counts refers to.
    source, url : str
        Body and address behind the counts.
    share : float
        Share of the eligible units, 0 < share <= 1.
    default : bool
        Whether it is used when none is named.
    ids : tuple of str
        Rows of denominators.csv and proxies.csv behind it.
    known_on : datetime.date or None
        Day from which it was known; None where the pages do not show it.
    assumption : bool
        Whether the units are assumed and not counted by anyone.
    """

    name: str
    title: dict[str, str]
    units: float
    as_of: dt.date | None
    source: str
    url: str
    share: float = 1.0
    default: bool = False
    ids: tuple[str, ...] = ()
    known_on: dt.date | None = None
    assumption: bool = False


@dataclass(frozen=True)
class Target:
    """One milestone of the official path, in the unit of the programme."""

    date: dt.date
    value: float
    id: str
    stated_on: dt.date | None
    speaker_org: str
    publisher: str
    url: str
    note: str


@dataclass(frozen=True)
class OfficialPath:
    """The official path: announcement, the level it counted from, and the milestones in the order of their dates."""

    announced: dt.date
    milestones: tuple[Target, ...]
    speaker: str = ""
    url: str = ""
    base_date: dt.date | None = None
    base_value: float | None = None


@dataclass(frozen=True)
class Comparison:
    """Another measure of the same thing: a name, words in both languages, and the rows that hold it."""

    name: str
    title: dict[str, str]
    rows: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Programme:
    """One programme, read and checked.

    Attributes
    ----------
    name : str
        Name of its folder.
    title, noun, subject : dict
        Words by language.
    unit : str
        Unit of the selected figures and of the path.
    selection : Selection
    capacities : tuple of Capacity
    reference_source : str or None
        Body whose count the others are measured against.
    reporting_error : float
        Share of the level.
    net : bool
        Whether the count may fall.
    path : OfficialPath or None
    observations, targets : DataFrame
        All rows; the index is the row in the file.
    folder : Path
    definitions : dict
        Words for the definitions, by definition and language; may be empty.
    comparisons : tuple of Comparison
    periods : tuple of (name, ISO date)
        Stretches of time whose pace is compared; may be empty.
    replay : tuple of ISO dates
        Vintages at which the verdict is replayed; may be empty.
    """

    name: str
    title: dict[str, str]
    noun: dict[str, str]
    subject: dict[str, str]
    unit: str
    selection: Selection
    capacities: tuple[Capacity, ...]
    reference_source: str | None
    reporting_error: float
    net: bool
    path: OfficialPath | None
    observations: pd.DataFrame
    targets: pd.DataFrame
    folder: Path
    definitions: dict[str, dict[str, str]] = field(default_factory=dict)
    comparisons: tuple[Comparison, ...] = ()
    periods: tuple[tuple[str, str], ...] = ()
    replay: tuple[str, ...] = ()


def checked_name(name: str) -> str:
    """Return the name of a programme if it is one (small letters, digits, _), so that no path can hide in it."""
    if not isinstance(name, str) or not SLUG.fullmatch(name):
        raise InputError(
            f"programme is {shown(name)}; allowed is a name in small letters, digits and _, "
            "beginning with a letter, at most 64 long"
        )
    return name
