"""Accessible tables: a caption, scoped headers on both sides, no empty corner; as HTML or as a data frame.

pandas' own HTML has neither scopes nor a named corner, so screen readers cannot say which cell they are in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
from markupsafe import Markup, escape


@dataclass(frozen=True)
class Table:
    """Texts of a table, already written in a language.

    Attributes
    ----------
    caption : str
        What the table shows; may be Markup.
    head : tuple of str
        One header a column; the first heads the row names.
    rows : tuple of tuple of str
        The first cell names the row. Cells that are Markup are kept as they are, all others are escaped.
    numeric : frozenset of int
        Columns that are set to the right, with figures of one width.
    """

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: frozenset[int] = frozenset()

    def html(self, css: str = "plain", hide_caption: bool = False) -> Markup:
        """The table as HTML with scoped headers."""

        def tag(column: int) -> Markup:
            return Markup(' class="num"') if column in self.numeric else Markup("")

        head = Markup("").join(
            Markup('<th scope="col"{}>{}</th>').format(tag(k), cell) for k, cell in enumerate(self.head)
        )
        body = Markup("").join(
            Markup("<tr>{}</tr>\n").format(
                Markup('<th scope="row">{}</th>').format(row[0])
                + Markup("").join(
                    Markup("<td{}>{}</td>").format(tag(k), cell) for k, cell in enumerate(row[1:], start=1)
                )
            )
            for row in self.rows
        )
        caption = Markup('<caption class="sr">{}</caption>' if hide_caption else "<caption>{}</caption>").format(
            self.caption
        )
        return Markup('<table class="{}">\n{}\n<thead><tr>{}</tr></thead>\n<tbody>\n{}</tbody>\n</table>').format(
            css, caption, head, body
        )

    def frame(self) -> pd.DataFrame:
        """The same texts as a data frame."""
        return pd.DataFrame(
            [[str(Markup(escape(cell)).striptags()) for cell in row] for row in self.rows], columns=list(self.head)
        )

    def _repr_html_(self) -> str:
        return str(self.html())


def from_frame(frame: pd.DataFrame, caption: str = "", numeric: Sequence[str] = ()) -> Table:
    """A table of texts from a data frame whose first column names the rows."""
    columns = [str(c) for c in frame.columns]
    rows = tuple(
        tuple("" if pd.isna(cell) else cell if isinstance(cell, Markup) else str(cell) for cell in row)
        for row in frame.itertuples(index=False)
    )
    return Table(caption, tuple(columns), rows, frozenset(columns.index(c) for c in numeric))


def link(url: str, words: str) -> Markup:
    """A link to another site: https or http only, no referrer, no hold on this window; others show as text."""
    if not url.lower().startswith(("https://", "http://")):
        return Markup("{}").format(words)
    return Markup('<a href="{}" rel="noopener noreferrer">{}</a>').format(url, words)
