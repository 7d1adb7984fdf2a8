"""What would have to be true: one choice changed at a time. The notebook on scenarios."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import astuple, replace
from functools import cached_property
from typing import Any

import pandas as pd

from jalur import charts
from jalur.engine import prior
from jalur.study.base import (
    Listing,
    Picture,
    Room,
    Sentences,
    capacity_name,
    chance,
    frame,
    heads,
    maybe,
    named,
    signed,
    table,
)
from jalur.verdict import measured, scenarios
from jalur.verdict import model as v
from jalur.words import office
from jalur.words import sentences as text
from jalur.words.format import Format
from jalur.words.tables import Table, link

POINT = 0.01  # a change of a chance below this is none that a reader of whole per cent can see
MOST = 10  # figures in the table of influence

# What a variant is called in words, its name in the ledger, the chance of each target, of the whole path.
Variant = tuple[str, str, Sequence[float | None], float | None]


class Scenarios(Room):
    """What would have to be true: one choice changed at a time."""

    VIEWS = (
        "capacities", "sources", "figures", "shapes", "choices", "tornado", "wires", "levers", "faster",
        "retention", "findings",
    )  # fmt: skip

    def capacities(self) -> Listing:
        """The chance under every named capacity.

        Data: name, one column a target (named by its date), whole (chance of the path); missing under a capacity that
        the figures exceed.
        """
        rows = []
        for c in self.subject.verdict.capacities:
            words = f"{capacity_name(c.name, self.subject.programme, self.fmt)}: {self.fmt.level(c.units)}"
            rows.append((words, c.name, c.probabilities, c.joint_probability))
        return self._listing(rows, "capacities", "capacity")

    def sources(self) -> Listing:
        """The chance without each issuing body.

        Data: name (body left out; empty for this verdict), one column a target (named by its date), whole.
        """
        found = self.subject.verdict.sensitivity
        rows = [
            (self.fmt.body(s.name, start=True), s.name, s.probabilities, s.joint_probability)
            for s in (found.sources if found else ())
        ]
        return self._listing([self._this, *rows], "sources", "without")

    def figures(self) -> Listing:
        """The figures whose absence moves the chance of the last target most, each with its page.

        Data: every figure: name (id left out; empty for this verdict), one column a target (named by its date); no
        chance of the whole path is computed here.
        """
        verdict, shown = self.subject.verdict, self.subject.figures
        found, base = verdict.sensitivity, verdict.milestones[-1].probability if verdict.milestones else None
        rows: list[Variant] = []
        if found and base is not None:
            urls = dict(zip(shown["id"], shown["url"], strict=True))
            known = [s for s in found.figures if s.probabilities[-1] is not None]
            known.sort(key=lambda s: -abs((s.probabilities[-1] or 0) - base))
            rows = [(link(urls[s.name], s.name), s.name, s.probabilities, None) for s in known]
        words = self._table([self._this, *rows[:MOST]], "influence", "without")
        width = 1 + len(verdict.milestones)
        words = replace(words, head=words.head[:width], rows=tuple(row[:width] for row in words.rows))
        return Listing(words, self._frame([self._this, *rows]).drop(columns="whole"))

    def shapes(self) -> Listing:
        """The chance with other shapes of the growth curve, beside the score of each on other series.

        Data: name (family of the curve), one column a target (named by its date), whole, scaled_crps (on other series;
        lower is better).
        """
        found, fmt, record = self.subject.verdict.sensitivity, self.fmt, measured.record()
        family = prior.load().links[0].family
        _, _, single, joint = self._this
        own = fmt.say("nb.word.own_curve", name=fmt.say(f"chart.curve.{family}"))
        rows: list[Variant] = [(own, family, single, joint)]
        scores = [record["methods"]["jalur"]["scaled_crps"]]
        for s in found.shapes if found else ():
            rows.append((fmt.say(f"chart.curve.{s.name}"), s.name, s.probabilities, s.joint_probability))
            scores.append(record["jalur_variants"].get(f"shape_{s.name}", {}).get("scaled_crps"))
        data = self._frame(rows).assign(scaled_crps=pd.Series(scores, dtype=float))
        if found is None:
            return self.nothing(data[:0])
        words = self._table(rows, "shapes", "curve_shape")
        body = tuple(
            (*row, maybe(score, lambda x: fmt.number(x, 2))) for row, score in zip(words.rows, scores, strict=True)
        )
        head = (*words.head, fmt.say("nb.head.crps"))
        return Listing(replace(words, head=head, rows=body, numeric=frozenset(range(1, len(head)))), data)

    def choices(self) -> Listing:
        """The chance with each definition alone, and with later starts of the window.

        Data: name (definition or first day; empty for this verdict), one column a target (named by its date), whole.
        """
        rows = [self._this]
        for s in self._variants["definition"]:
            words = named(self.fmt, self.subject.programme.definitions, s.name)
            rows.append((f"{words} ({s.figures})", s.name, s.probabilities, s.joint_probability))
        for s in self._variants["window"]:
            words = self.fmt.say("nb.word.from", day=self.fmt.day(s.name))
            rows.append((f"{words} ({s.figures})", s.name, s.probabilities, s.joint_probability))
        return self._listing(rows, "choices", "option")

    def wires(self) -> Listing:
        """The next count: from which level on the verdict is another one.

        Data: chance (cut-off), level (units; missing where no count or any count brings the chance there), likely
        (chance of such a count).
        """
        found, kinds = self.subject.wires, dict.fromkeys(("chance", "level", "likely"), "number")
        if found is None:
            return self.nothing(frame([], **kinds))
        day, wires = found
        return Listing(office.wire_table(self.fmt, wires, day), frame(map(astuple, wires), **kinds))

    def tornado(self) -> Picture | Listing:
        """The swing of every choice, widest first.

        Data: choice, low, high (chance of the last target), low_name, high_name (the options that give them; empty for
        this verdict).
        """
        kinds = dict(choice="text", low="number", high="number", low_name="text", high_name="text")
        data = frame(((s.choice, s.low, s.high, s.low_name, s.high_name) for s in self.swings), **kinds)
        if not self.swings:
            return self.nothing(data)
        bars = [
            (
                self.fmt.say(f"nb.choice.{s.choice}"),
                s.low,
                s.high,
                self._option(s.choice, s.low_name),
                self._option(s.choice, s.high_name),
            )
            for s in self.swings
        ]
        last = self.subject.verdict.milestones[-1]
        return self.picture(charts.tornado_chart(bars, last.probability or 0.0, self.fmt, last.target), data)

    def levers(self) -> Listing:
        """The least change of each lever for a chance of 50 and 80 %.

        Data: lever (extra_monthly_additions in units a month, capacity_factor as a multiple, retention as the share
        still active after a year), half, most (the change for 50 and for 80 %; missing where none was found).
        """
        # A net count has subtracted those who left: staying active is no lever beside it.
        kept = (
            None
            if self.subject.programme.net or self.subject.case.falls
            else {f"{c:g}": scenarios.least_retention(self._retention, c) for c in (0.5, 0.8)}
        )
        found = self.subject.verdict.levers
        changes: dict[str, Any] = {}
        if found:
            changes = {name: getattr(found, name) for name in ("extra_monthly_additions", "capacity_factor")}
            changes |= {"retention": kept} if kept else {}
            changes = {name: by for name, by in changes.items() if by}
        rows = ((name, by["0.5"], by["0.8"]) for name, by in changes.items())
        shown = levers_table(self.subject.verdict, self.fmt, kept)
        return Listing(shown, frame(rows, lever="text", half="number", most="number"))

    def faster(self) -> Listing:
        """The chance of the whole path if the same futures ran faster or slower.

        Data: speed (per cent), whole.
        """
        found = self.subject.verdict.levers
        steps = found.faster if found else ()
        rows = [(signed(self.fmt, x) + "%", self.fmt.percent(p)) for x, p in steps]
        words = table(self.fmt, self.fmt.say("nb.caption.faster"), ("speed", "whole"), rows, (1,))
        return Listing(words, frame(steps, speed="number", whole="number"))

    def retention(self) -> Listing:
        """The chance of the path if only those still active counted.

        Data: rate (share still active a year later), one column a target (named by its date), whole.
        """
        rows: list[Variant] = [
            (self.fmt.percent(r.rate, certain=True), f"{r.rate:g}", r.probabilities, r.joint_probability)
            for r in self._retention
        ]
        data = self._frame(rows).rename(columns={"name": "rate"}).astype({"rate": float})
        if self.subject.programme.net or self.subject.case.falls:
            said = self.fmt.say("nb.word.net_already")
            caption = self.fmt.say("nb.caption.retention")
            return Listing(Table(caption, heads(self.fmt, "content"), ((said,),)), data)
        return Listing(self._table(rows, "retention", "retention"), data)

    def findings(self) -> Sentences:
        """What the notebook found."""
        verdict = self.subject.verdict
        return Sentences(found(verdict, self.swings, self.fmt, text.sentence(verdict, self.fmt)))

    @cached_property
    def swings(self) -> tuple[scenarios.Swing, ...]:
        """The swing of the chance of the last target for every choice, widest first."""
        return scenarios.tornado(self.subject.verdict, self._variants)

    @property
    def _this(self) -> Variant:
        verdict = self.subject.verdict
        chances = [m.probability for m in verdict.milestones]
        return self.fmt.say("nb.word.this_brief"), "", chances, verdict.joint_probability

    @cached_property
    def _variants(self) -> dict[str, tuple[Any, ...]]:
        case = self.subject.case
        starts = tuple(start for _, start in case.programme.periods[2:]) or (
            (pd.Timestamp(case.vintage) - pd.DateOffset(years=1)).date().isoformat(),
        )
        return {"definition": scenarios.by_definition(case), "window": scenarios.by_window(case, starts)}

    @cached_property
    def _retention(self) -> tuple[scenarios.Retention, ...]:
        return scenarios.by_retention(self.subject.case)

    def _option(self, choice: str, name: str) -> str:
        """One option of a choice in words."""
        if not name:
            return self.fmt.say("nb.word.this_brief")
        if choice == "capacity":
            return capacity_name(name, self.subject.programme, self.fmt)
        if choice == "definition":
            return named(self.fmt, self.subject.programme.definitions, name)
        if choice == "shape":
            return self.fmt.say(f"chart.curve.{name}")
        if choice == "window":
            return self.fmt.say("nb.word.from", day=self.fmt.short_day(name))
        return self.fmt.say("change.without", source=self.fmt.body(name) if choice == "source" else name)

    def _listing(self, rows: Sequence[Variant], caption: str, first: str) -> Listing:
        return Listing(self._table(rows, caption, first), self._frame(rows))

    def _table(self, rows: Sequence[Variant], caption: str, first: str) -> Table:
        written = ((words, single, joint) for words, _, single, joint in rows)
        return chances_table(written, self.subject.verdict, self.fmt, self.fmt.say(f"nb.caption.{caption}"), first)

    def _frame(self, rows: Sequence[Variant]) -> pd.DataFrame:
        dates = {m.date: "number" for m in self.subject.verdict.milestones}
        return frame(((name, *single, joint) for _, name, single, joint in rows), name="text", **dates, whole="number")


# tables


def chances_table(
    rows_: Iterable[tuple[str, Sequence[float | None], float | None]],
    verdict: v.Verdict,
    fmt: Format,
    caption: str,
    first: str,
) -> Table:
    """One row a variant: the chance of each target and of the whole path."""
    many = len(verdict.milestones) > 1
    rows = [
        (name, *(chance(fmt, p) for p in single), *([chance(fmt, joint)] if many else []))
        for name, single, joint in rows_
    ]
    columns = [f"{fmt.exact(m.target)}, {fmt.brief_date(m.date)}" for m in verdict.milestones]
    head = (fmt.say(f"nb.head.{first}"), *columns, *([fmt.say("nb.head.whole")] if many else []))
    body = tuple(rows) or ((fmt.say("nb.caption.nothing"), *("" for _ in head[1:])),)
    return Table(caption, head, body, frozenset(range(1, len(head))))


def levers_table(verdict: v.Verdict, fmt: Format, retention: dict[str, float | None] | None) -> Table:
    """Least change of each lever for 50 and 80 %; without a row for retention where that is None."""
    if verdict.levers is None:
        return table(fmt, fmt.say("nb.caption.levers"), ("lever", "half", "most"), [])
    say = fmt.say

    def cells(
        values: dict[str, float | None], write: Callable[[float], str], settled: Callable[[float], bool]
    ) -> list[str]:
        return [
            say("nb.word.never")
            if values[c] is None
            else say("nb.word.already")
            if settled(values[c] or 0)
            else write(values[c] or 0)
            for c in ("0.5", "0.8")
        ]

    extra = cells(
        verdict.levers.extra_monthly_additions, lambda x: say("nb.word.monthly", value=fmt.amount(x)), lambda x: x <= 0
    )
    rows = [(say("nb.lever.extra"), *extra)]
    if verdict.levers.capacity_factor:
        factors = verdict.levers.capacity_factor
        wider = cells(factors, lambda x: say("nb.word.times", value=fmt.number(x, 2)), lambda x: x <= 1)
        rows.append((say("nb.lever.capacity"), *wider))
    if retention is not None:
        kept = [
            maybe(retention.get(c), fmt.percent) if retention.get(c) is not None else say("nb.word.never")
            for c in ("0.5", "0.8")
        ]
        rows.append((say("nb.lever.retention"), *kept))
    return table(fmt, say("nb.caption.levers"), ("lever", "half", "most"), rows)


# findings


def found(verdict: v.Verdict, swings: Sequence[Any], fmt: Format, reason: str) -> list[str]:
    """Findings about the scenarios."""
    if not swings:
        return [reason]
    say, top = fmt.say, swings[0]
    moves = top.high - top.low >= POINT
    ends = {"low": fmt.percent(top.low), "high": fmt.percent(top.high)}
    said = [
        say("nb.finding.widest", choice=say(f"nb.choice.{top.choice}"), **ends)
        if moves
        else say("nb.finding.nothing_moves")
    ]
    found = verdict.sensitivity
    change = found.most_influential_change if found is not None else None
    if moves and found is not None and found.most_influential and change is not None and abs(change) < POINT:
        said.append(say("nb.finding.no_figure_moves"))
    elif moves and found is not None and found.most_influential and change is not None:
        before = verdict.milestones[-1].probability or 0.0
        after = before + change
        said.append(
            say(
                "nb.finding.influential",
                id=found.most_influential,
                before=fmt.percent(before),
                after=fmt.percent(after),
            )
        )
    extra = verdict.levers.extra_monthly_additions["0.5"] if verdict.levers else None
    if extra is not None and extra > 0:
        said.append(say("nb.finding.effort", extra=fmt.amount(extra)))
    return said
