"""A study: one programme at one vintage in one language, and the two ways in which it shows results.

`helpers.Study` puts the views together; each view asks the package one question a method and hands the answer to a
chart, a table or the catalogue. No statistics here.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd
from markupsafe import Markup, escape

from jalur import charts, files, ledger
from jalur.charts import parts as chart_parts
from jalur.study import tables as notebook_tables
from jalur.verdict.case import Case, Question
from jalur.verdict.judge import judge
from jalur.verdict.model import Verdict
from jalur.words.format import Format
from jalur.words.tables import Table


@dataclass(frozen=True)
class Shown:
    """A chart with its words: shown as a picture, read as its text alternative."""

    figure: Any
    alt: str

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[dict[str, Any], dict[str, Any]]:
        bundle = {"image/png": chart_parts.png(self.figure), "text/plain": self.alt}
        return bundle, {"image/png": {"alt": self.alt}}

    def save(self, path: str) -> None:
        """Write the chart as SVG or PNG, by the ending of `path`."""
        content = chart_parts.svg(self.figure) if path.endswith(".svg") else chart_parts.png(self.figure)
        with open(path, "wb") as out:
            out.write(content)


class Sentences(list[str]):
    """Sentences of the catalogue, one a line."""

    def _repr_html_(self) -> str:
        return str(Markup("<ul>{}</ul>").format(Markup("").join(Markup("<li>{}</li>").format(s) for s in self)))

    def __repr__(self) -> str:
        return "\n".join(str(escape(s).striptags()) for s in self)


@dataclass(frozen=True)
class StudyBase:
    """One programme at one vintage, in one language, with the choices of the parameters cell."""

    case: Case
    fmt: Format

    @property
    def programme(self) -> Any:
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
        """Every row of the ledger that had been published by the vintage, used or not."""
        return ledger.as_of(self.programme.observations, self.question.vintage)

    @cached_property
    def scale(self) -> Any:
        """One magnitude for the levels of the whole notebook."""
        return charts.scale_of(self.verdict, self.figures, self.fmt)

    @property
    def _nothing(self) -> Table:
        return notebook_tables.table(self.fmt, self.fmt.say("nb.caption.nothing"), ("content",), [])

    @property
    def path(self) -> Any:
        """The targets that are judged."""
        return self.case.path

    @cached_property
    def verdict(self) -> Verdict:
        """The verdict with its sensitivity."""
        return files.once("verdict", self.case, lambda: judge(self.case))
