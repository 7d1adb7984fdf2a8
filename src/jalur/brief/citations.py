"""Citations of the brief: numbers in the text that lead to ledger rows and to the pages they were read on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from markupsafe import Markup

from jalur.verdict.model import CapacityCase, Milestone, Verdict
from jalur.words.format import Format


@dataclass(frozen=True)
class Source:
    """One entry of the list: what it says, who printed it, where, and the row of the ledger."""

    line: str
    publisher: str
    url: str
    row: str
    later: bool = False

    @property
    def linked(self) -> bool:
        """Whether the address may become a link."""
        return self.url.lower().startswith(("https://", "http://"))


class Sources:
    """Numbers sources in the order in which the page cites them; the same row has one number."""

    def __init__(self, verdict: Verdict, programme: Any, figures: pd.DataFrame, fmt: Format) -> None:
        self.v, self.programme, self.figures, self.fmt = verdict, programme, figures, fmt
        self._items: dict[str, Source] = {}

    def cite(self, *sources: Source) -> Markup:
        """Superscript numbers that lead to the list; empty for no source."""
        numbers = []
        for source in sources:
            self._items.setdefault(source.row, source)
            numbers.append(list(self._items).index(source.row) + 1)
        if not numbers:
            return Markup("")
        links = Markup(",").join(Markup('<a href="#source-{}">{}</a>').format(k, k) for k in sorted(set(numbers)))
        return Markup("<sup>{}</sup>").format(links)

    def listed(self) -> list[Source]:
        """All sources cited so far."""
        return list(self._items.values())

    def path(self) -> Markup:
        """Where the targets were announced."""
        fmt = self.fmt
        groups: dict[tuple[Any, ...], list[tuple[Milestone, Any]]] = {}
        path = getattr(self.programme, "path", None)
        by_id = {t.id: t for t in path.milestones} if path else {}
        for m in self.v.milestones:  # targets of one announcement are one source
            target = by_id.get(m.target_id)
            if target is not None:
                groups.setdefault((target.url, target.speaker_org, target.stated_on), []).append((m, target))
        found = []
        for (url, body, stated), pairs in groups.items():
            words = fmt.say(
                "sources.target",
                value=fmt.path(m.target for m, _ in pairs),
                when=fmt.deadlines(m.date for m, _ in pairs),
            )
            said = f"{words}, {fmt.body(body)}"
            said += f", {fmt.short_day(stated)}" if stated else ""
            found.append(Source(said, pairs[0][1].publisher, url, ", ".join(t.id for _, t in pairs)))
        return self.cite(*found)

    def figure(self, row: Any) -> Source:
        """A published figure as a source."""
        fmt = self.fmt
        later = pd.Timestamp(row["reported_on"]) > pd.Timestamp(self.v.vintage)
        return Source(
            f"{fmt.stated(row)}, {fmt.short_day(row['as_of'])}, {fmt.body(str(row['speaker_org']))}",
            str(row["publisher"]),
            str(row["url"]),
            str(row["id"]),
            bool(later),
        )

    def last_figure(self) -> Markup | None:
        """The last published figure, as stated, with its number."""
        if not len(self.figures):
            return None
        row = self.figures.iloc[-1]
        return Markup("{}{}").format(self.fmt.stated(row), self.cite(self.figure(row)))

    def rows(self, ids: Sequence[str]) -> Markup:
        """Numbers of published figures by id; ids that are not among the figures are left out."""
        known = self.figures.set_index("id", drop=False)
        return self.cite(*(self.figure(known.loc[i]) for i in ids if i in known.index))

    def capacity(self, case: CapacityCase) -> Markup:
        """Where a capacity comes from."""
        fmt = self.fmt
        if not case.url:
            return Markup("")
        declared = next((c for c in self.programme.capacities if c.name == case.name), None)
        ids = " + ".join(getattr(declared, "ids", ()) or ()) or case.name
        value = fmt.say("sources.capacity", value=fmt.level(case.units), noun=self.programme.noun[fmt.lang])
        when = f", {case.as_of[:4]}" if case.as_of else ""
        return self.cite(Source(value + when, case.source, case.url, ids))

    def definitions(self, rows: Sequence[Mapping[str, Any]]) -> Markup:
        """Sources of a comparison."""
        found = []
        for r in rows:
            for source in r.get("sources", ()):
                found.append(
                    Source(
                        source["line"][self.fmt.lang],
                        source["publisher"],
                        source["url"],
                        source["row"],
                        source["later"],
                    )
                )
        return self.cite(*found)
