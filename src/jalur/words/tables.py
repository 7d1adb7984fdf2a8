"""Accessible tables: a caption, scoped headers on both sides, no empty corner; as HTML or as a data frame.

pandas' own HTML has neither scopes nor a named corner, so screen readers cannot say which cell they are in.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

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

    def html(self, css: str = "plain", hide_caption: bool = False, aligned: bool = False) -> Markup:
        """The table as HTML with scoped headers.

        Parameters
        ----------
        css : str
            Class of the table.
        hide_caption : bool
            Leave the caption to screen readers.
        aligned : bool
            Write the alignment into every cell: JupyterLab and nbconvert set all cells of a table to the right.
        """

        def tag(column: int) -> Markup:
            numeric = column in self.numeric
            side = Markup(' style="text-align:{}"').format("right" if numeric else "left") if aligned else Markup("")
            return (Markup(' class="num"') if numeric else Markup("")) + side

        head = Markup("").join(
            Markup('<th scope="col"{}>{}</th>').format(tag(k), cell) for k, cell in enumerate(self.head)
        )
        body = Markup("").join(
            Markup("<tr>{}</tr>\n").format(
                Markup('<th scope="row"{}>{}</th>').format(tag(0), row[0])
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

    def __str__(self) -> str:
        return f"{self.caption}\n{self.frame().to_string(index=False)}"


def link(url: str, words: str) -> Markup:
    """A link to another site: https or http only, no referrer, no hold on this window; others show as text."""
    if not url.lower().startswith(("https://", "http://")):
        return Markup("{}").format(words)
    return Markup('<a href="{}" rel="noopener noreferrer">{}</a>').format(url, words)


def plain(text: Any) -> str:
    """Plain text of what may hold tags; the number of a source stands in brackets."""
    cited = re.sub(r"<sup>(.*?)</sup>", r" [\1]", str(escape(text)))
    return Markup(cited).striptags().replace("\u00ad", "")
