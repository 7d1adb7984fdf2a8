"""What every room of a study stands on: one case in one language, and views that show a result and hold its numbers.

A view shows itself in a notebook, holds the numbers behind what it shows in `data`, and saves itself by the ending of a
file name. No statistics here: a view asks the package one question and hands the answer to a chart, a table or the
catalogue.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from markupsafe import Markup, escape

from jalur import charts, files, ledger, monitor
from jalur.errors import InputError, shown
from jalur.verdict.case import Case, Question, TargetPath
from jalur.verdict.judge import judge
from jalur.verdict.model import Verdict
from jalur.words.format import Format, Scale
from jalur.words.tables import Table

DASH = "\u2013"
PICTURES: dict[str, Callable[[Any], bytes]] = {"png": charts.png, "svg": charts.svg, "pdf": charts.pdf}


class View:
    """What a cell shows, and the numbers behind it.

    Attributes
    ----------
    data : DataFrame
        Numbers as numbers, in single units, shares between 0 and 1, dates as dates. The docstring of the method that
        made the view names its columns.
    """

    data: pd.DataFrame
    formats: ClassVar[tuple[str, ...]] = ("csv",)

    def save(self, path: str | Path) -> Path:
        """Write the view whole, by the ending of the name: .csv its numbers; a chart also as .png, .svg or .pdf.

        Raises
        ------
        InputError
            Another ending, or a place that cannot be written.
        """
        path = Path(path)
        kind = path.suffix.lower().removeprefix(".")
        if kind not in self.formats:
            allowed = ", ".join(f".{name}" for name in self.formats)
            raise InputError(
                f"this view cannot be saved as {shown(path.name)}; allowed is a name that ends in {allowed}"
            )
        try:
            files.write_whole(path, self._content(kind))
        except OSError as error:
            raise InputError(f"{shown(str(path))} cannot be written: {error.strerror}") from error
        return path

    def _content(self, kind: str) -> bytes:
        return self.data.to_csv(index=False).encode("utf-8")


@dataclass(frozen=True, repr=False)
class Picture(View):
    """A chart with its words: shown as a picture, read as its text alternative."""

    figure: Any
    alt: str
    data: pd.DataFrame
    formats: ClassVar[tuple[str, ...]] = (*PICTURES, "csv")

    def __repr__(self) -> str:
        return self.alt

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[dict[str, Any], dict[str, Any]]:
        return {"image/png": charts.png(self.figure), "text/plain": self.alt}, {"image/png": {"alt": self.alt}}

    def _content(self, kind: str) -> bytes:
        return PICTURES[kind](self.figure) if kind in PICTURES else super()._content(kind)


@dataclass(frozen=True, repr=False)
class Listing(View):
    """A table written in a language, and the same as numbers."""

    table: Table
    data: pd.DataFrame

    def __repr__(self) -> str:
        return str(self.table)

    def _repr_html_(self) -> str:
        return str(self.table.html(aligned=True))


class Sentences(list[str], View):
    """Sentences of the catalogue, one a line; `data` has them in the column sentence."""

    @property
    def data(self) -> pd.DataFrame:  # type: ignore[override]
        """The sentences as plain text."""
        return frame(([str(escape(s).striptags())] for s in self), sentence="text")

    def _repr_html_(self) -> str:
        return str(Markup("<ul>{}</ul>").format(Markup("").join(Markup("<li>{}</li>").format(s) for s in self)))

    def __repr__(self) -> str:
        return "\n".join(str(escape(s).striptags()) for s in self)


@dataclass(frozen=True, repr=False)
class Subject:
    """One programme at one vintage, in one language, with its verdict computed once for all rooms."""

    case: Case
    fmt: Format

    @property
    def programme(self) -> ledger.Programme:
        """What is studied."""
        return self.case.programme

    @property
    def question(self) -> Question:
        """What is asked of it."""
        return self.case.question

    @property
    def figures(self) -> pd.DataFrame:
        """The published figures that are used, by reference date."""
        return self.case.figures

    @cached_property
    def known(self) -> pd.DataFrame:
        """Every row that had been published by the vintage, used or not; rows that were added by code as well."""
        rows = ledger.as_of(self.programme.observations, self.question.vintage)
        added = self.figures[~self.figures["id"].isin(rows["id"])]
        return pd.concat([rows, added]) if len(added) else rows

    @property
    def path(self) -> TargetPath:
        """The targets that are judged."""
        return self.case.path

    @property
    def capacity(self) -> float | None:
        """Units that could ever join, as the question assumes."""
        return self.case.capacity

    @cached_property
    def verdict(self) -> Verdict:
        """The verdict with its sensitivity."""
        return files.once("verdict", self.case, lambda: judge(self.case))

    @cached_property
    def earlier(self) -> pd.DataFrame:
        """Targets of the programme whose date had passed, without those of the path that is judged."""
        table = monitor.earlier_targets(self.case)
        own = set(zip(self.path.dates, self.path.targets, strict=True))
        pairs = zip(table["target_date"], table["target"], strict=True)
        return table[np.array([pair not in own for pair in pairs], dtype=bool)].reset_index(drop=True)

    @cached_property
    def wires(self) -> tuple[str, tuple[monitor.TripWire, ...]] | None:
        """The date of the next count and its trip-wires; None where there is no chance or no date is left."""
        day = monitor.next_date(self.case)
        return (
            None if day is None else (day, files.once("wires", self.case, lambda: monitor.trip_wires(self.case, day)))
        )

    @cached_property
    def moved(self) -> monitor.Change | None:
        """What moved the verdict since the vintage before; None where one of the two has no chance."""
        before = self.case.at(monitor.previous_vintage(self.case))
        if before.problem or self.case.problem:
            return None
        return files.once("moved", self.case, lambda: monitor.what_moved(before, self.case))

    @cached_property
    def scale(self) -> Scale:
        """One magnitude for the levels of the whole notebook."""
        return charts.scale_of(self.verdict, self.figures, self.fmt)


@dataclass(frozen=True, repr=False)
class Room:
    """The views of one notebook on an open study."""

    subject: Subject
    VIEWS: ClassVar[tuple[str, ...]] = ()  # in the order in which the notebook shows them

    @property
    def fmt(self) -> Format:
        """Writes in the language of the study."""
        return self.subject.fmt

    def __repr__(self) -> str:
        return f"<{type(self).__name__.lower()} of a study: {', '.join(f'{name}()' for name in self.VIEWS)}>"

    def picture(self, chart: tuple[Any, str], data: pd.DataFrame) -> Picture:
        """A chart and its words with the numbers behind it."""
        return Picture(*chart, data)

    def nothing(self, data: pd.DataFrame) -> Listing:
        """What stands where there is nothing to show; the columns of the data stay."""
        return Listing(table(self.fmt, self.fmt.say("nb.caption.nothing"), ("content",), []), data)


# numbers

KINDS: dict[str, Any] = {"date": "datetime64[s]", "text": object, "number": float, "count": "Int64", "flag": "boolean"}


def frame(rows: Iterable[Sequence[Any]], **columns: str) -> pd.DataFrame:
    """Rows as a frame whose columns keep their names and types where there are no rows.

    Parameters
    ----------
    rows : iterable of sequence
    **columns : str
        Name of each column and its kind: date, text, number, count or flag.
    """
    out = pd.DataFrame([list(row) for row in rows], columns=list(columns), dtype=object)
    return out.astype({name: KINDS[kind] for name, kind in columns.items()})


def typed(data: pd.DataFrame, **columns: str) -> pd.DataFrame:
    """The same frame with the kinds (as in `frame`) of those of its columns that are named here."""
    texts = {name: pd.to_datetime(data[name]) for name, kind in columns.items() if kind == "date" and name in data}
    return data.assign(**texts).astype({name: KINDS[kind] for name, kind in columns.items() if name in data})


def ends(interval: Sequence[Any] | None) -> tuple[Any, Any]:
    """Both ends of an interval; two missing ones where there is none."""
    return (None, None) if interval is None else (interval[0], interval[1])


# words


def heads(fmt: Format, *keys: str) -> tuple[str, ...]:
    """Column headers of the catalogue."""
    return tuple(fmt.say(f"nb.head.{key}") for key in keys)


def table(
    fmt: Format, caption: str, columns: Sequence[str], rows: Iterable[Sequence[str]], numeric: Iterable[int] = ()
) -> Table:
    """A table from catalogue headers; one row that says so where there is nothing to show."""
    head = heads(fmt, *columns)
    body = tuple(tuple(row) for row in rows)
    if not body:
        body = ((fmt.say("nb.caption.nothing"), *("" for _ in head[1:])),)
    return Table(caption, head, body, frozenset(numeric))


def signed(fmt: Format, value: float, decimals: int = 0) -> str:
    """A change with its sign."""
    return ("+" if value > 0 else "") + fmt.number(value, decimals)


def maybe(value: Any, write: Callable[[Any], str]) -> str:
    """The written value, or a dash for None."""
    return DASH if value is None or (isinstance(value, float) and pd.isna(value)) else write(value)


def chance(fmt: Format, probability: float | None) -> str:
    """Whole per cent, or "not given"."""
    return fmt.say("nb.word.not_given") if probability is None else fmt.percent(probability)


def named(fmt: Format, words: dict[str, dict[str, str]], code: str) -> str:
    """Words of a code in the reader's language, the code itself where there are none."""
    return words.get(code, {}).get(fmt.lang, code.replace("_", " "))


def capacity_name(name: str, programme: Any, fmt: Format) -> str:
    """Title of a named capacity; the name itself where it is not declared."""
    return next((c.title[fmt.lang] for c in programme.capacities if c.name == name), name)


def stretch(factor: float | None, years: float | None, fmt: Format) -> str:
    """How steep a target is: "x1.71 in 3 years"."""
    if factor is None or years is None:
        return DASH
    many = "one" if years == 1 else "many"
    written = fmt.number(years, 0 if years == round(years) else 1)
    return fmt.say(f"nb.word.stretch.{many}", factor=fmt.number(factor, 2), years=written)
