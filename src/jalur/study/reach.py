"""Views of a study: the verdict, and what would change it."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import Any

import pandas as pd

from jalur import charts
from jalur import charts as charts_evidence
from jalur.engine import prior
from jalur.study import findings as notebook_findings
from jalur.study import tables as notebook_tables
from jalur.study.base import Sentences, Shown, StudyBase
from jalur.verdict import measured, pace, scenarios
from jalur.words import sentences as brief_text
from jalur.words.tables import Table, link


class ReachViews(StudyBase):
    """The verdict: how likely, by when, at what pace."""

    def verdict_sentence(self) -> Sentences:
        """The verdict in one sentence."""
        return Sentences([brief_text.sentence(self.verdict.to_dict(), self.fmt)])

    def title(self) -> Sentences:
        """What is studied, and as known on which day."""
        words = {"title": self.programme.title[self.fmt.lang], "vintage": self.fmt.day(self.question.vintage)}
        return Sentences([self.fmt.say("nb.title", **words)])

    def limits(self) -> Sentences:
        """The limits of the claim."""
        return Sentences(
            notebook_findings.limits(self.verdict, self.programme, self.figures, self.fmt, measured.record())
        )

    def fan_chart(self) -> Shown:
        """Published figures, official path and projection."""
        source = self.programme.reference_source
        return Shown(*charts.fan_chart(self.verdict, self.figures, self.fmt, reference_source=source))

    def pace_chart(self) -> Shown | Table:
        """Units added a month: published, required, projected."""
        if not charts.stages(self.verdict) and not self.verdict.published_pace:
            return self._nothing
        return Shown(*charts.pace_chart(self.verdict, self.fmt, self.programme.noun[self.fmt.lang]))

    def first_passage_chart(self) -> Shown | Table:
        """Share of the futures that have reached the last target, by date."""
        if self.verdict.first_passage is None:
            return self._nothing
        return Shown(*charts_evidence.passage_chart(self.verdict, self.fmt))

    def milestones_table(self) -> Table:
        """Each target: chance, words, middle and range."""
        return notebook_tables.milestones(self.verdict, self.fmt, self.scale)

    def pace_table(self) -> Table:
        """Pace in three currencies, current and required."""
        return notebook_tables.pace(self.verdict, self.fmt)

    def levels_table(self) -> Table:
        """Levels that are reached with a chance of 50, 80 and 90 %."""
        return notebook_tables.levels(self.verdict, self.fmt, self.scale)

    def labels_table(self) -> Table:
        """Official-style labels with their measured hit rates."""
        return notebook_tables.labels(self.verdict, self.fmt)

    def surge_table(self) -> Table:
        """Pace before, during and after the surge."""
        rows = pace.pace_by_period(self._history, self.programme.periods)
        return notebook_tables.periods(rows, self.fmt) if rows else self._nothing

    @cached_property
    def _history(self) -> pd.DataFrame:
        """The selection with earlier figures too: the time before the surge lies before the first date used."""
        start = self.programme.periods[0][1] if self.programme.periods else None
        return self.case.asking(since=start).figures

    def _found_reachability(self) -> list[str]:
        sentence = brief_text.sentence(self.verdict.to_dict(), self.fmt)
        return notebook_findings.reachability(self.verdict, sentence, self.fmt, self.scale)


class ScenarioViews(StudyBase):
    """What would have to be true: one choice changed at a time."""

    def _chances(self, rows: Any, caption: str, first: str) -> Table:
        variants = [(name, list(single), joint) for name, single, joint in rows]
        return notebook_tables.chances(variants, self.verdict, self.fmt, self.fmt.say(f"nb.caption.{caption}"), first)

    @property
    def _this(self) -> tuple[str, list[float | None], float | None]:
        chances = [m.probability for m in self.verdict.milestones]
        return self.fmt.say("nb.word.this_brief"), chances, self.verdict.joint_probability

    def capacities_table(self) -> Table:
        """The chance under every named capacity."""
        rows = []
        for c in self.verdict.capacities:
            name = notebook_findings.capacity_name(c.name, self.programme, self.fmt)
            rows.append((f"{name}: {self.fmt.level(c.units)}", c.probabilities, c.joint_probability))
        return self._chances(rows, "capacities", "capacity")

    def sources_table(self) -> Table:
        """The chance without each issuing body."""
        found = self.verdict.sensitivity
        rows = [
            (self.fmt.body(s.name, start=True), s.probabilities, s.joint_probability)
            for s in (found.sources if found else ())
        ]
        return self._chances([self._this, *rows], "sources", "without")

    def influence_table(self, most: int = 10) -> Table:
        """The figures whose absence moves the chance of the last target most, each with its page."""
        found, base = (
            self.verdict.sensitivity,
            self.verdict.milestones[-1].probability if self.verdict.milestones else None,
        )
        rows = []
        if found and base is not None:
            known = [s for s in found.figures if s.probabilities[-1] is not None]
            urls = dict(zip(self.figures["id"], self.figures["url"], strict=True))
            for s in sorted(known, key=lambda s: -abs((s.probabilities[-1] or 0) - base))[:most]:
                rows.append((link(urls[s.name], s.name), s.probabilities, s.joint_probability))
        table = self._chances([self._this, *rows], "influence", "without")
        # Without a figure only the single dates are computed: the joint column would be empty.
        width = 1 + len(self.verdict.milestones)
        return replace(table, head=table.head[:width], rows=tuple(row[:width] for row in table.rows))

    def shapes_table(self) -> Table:
        """The chance with other shapes of the growth curve, beside the score of each on other series."""
        found, fmt = self.verdict.sensitivity, self.fmt
        if found is None:
            return self._nothing
        own = fmt.say("nb.word.own_curve", name=fmt.say(f"chart.curve.{prior.load().links[0].family}"))
        rows = [(own, *self._this[1:])]
        scores = [measured.record()["methods"]["jalur"]["scaled_crps"]]
        measured_shapes = measured.record()["jalur_variants"]
        for s in found.shapes:
            rows.append((fmt.say(f"chart.curve.{s.name}"), list(s.probabilities), s.joint_probability))
            scores.append(measured_shapes.get(f"shape_{s.name}", {}).get("scaled_crps"))
        table = self._chances(rows, "shapes", "curve_shape")
        body = tuple(
            (*row, notebook_tables.maybe(score, lambda x: fmt.number(x, 2)))
            for row, score in zip(table.rows, scores, strict=True)
        )
        head = (*table.head, fmt.say("nb.head.crps"))
        return replace(table, head=head, rows=body, numeric=frozenset(range(1, len(head))))

    @cached_property
    def _choices(self) -> dict[str, tuple[Any, ...]]:
        starts = tuple(start for _, start in self.programme.periods[2:]) or (
            (pd.Timestamp(self.question.vintage) - pd.DateOffset(years=1)).date().isoformat(),
        )
        return {
            "definition": scenarios.by_definition(self.case),
            "window": scenarios.by_window(self.case, starts),
        }

    def tornado_chart(self) -> Shown | Table:
        """The swing of every choice, widest first."""
        if not self.swings:
            return self._nothing
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
        last = self.verdict.milestones[-1]
        return Shown(*charts_evidence.tornado_chart(bars, last.probability or 0.0, self.fmt, last.target))

    def _option(self, choice: str, name: str) -> str:
        """One option of a choice in words."""
        if not name:
            return self.fmt.say("nb.word.this_brief")
        if choice == "capacity":
            return notebook_findings.capacity_name(name, self.programme, self.fmt)
        if choice == "definition":
            return notebook_tables.named(self.fmt, self.programme.definitions, name)
        if choice == "shape":
            return self.fmt.say(f"chart.curve.{name}")
        if choice == "window":
            return self.fmt.say("nb.word.from", day=self.fmt.short_day(name))
        return self.fmt.say("change.without", source=self.fmt.body(name) if choice == "source" else name)

    def choices_table(self) -> Table:
        """The chance with each definition alone, and with later starts of the window."""
        rows = [self._this]
        for s in self._choices["definition"]:
            name = notebook_tables.named(self.fmt, self.programme.definitions, s.name)
            rows.append((f"{name} ({s.figures})", list(s.probabilities), s.joint_probability))
        for s in self._choices["window"]:
            start = self.fmt.say("nb.word.from", day=self.fmt.day(s.name))
            rows.append((f"{start} ({s.figures})", list(s.probabilities), s.joint_probability))
        return self._chances(rows, "choices", "option")

    @cached_property
    def swings(self) -> tuple[scenarios.Swing, ...]:
        """The swing of the chance of the last target for every choice, widest first."""
        return scenarios.tornado(self.verdict, self._choices)

    @cached_property
    def _retention(self) -> tuple[scenarios.Retention, ...]:
        return scenarios.by_retention(self.case)

    def retention_table(self) -> Table:
        """The chance of the path if only those still active counted."""
        caption = self.fmt.say("nb.caption.retention")
        if self.programme.net:
            said = self.fmt.say("nb.word.net_already")
            return Table(caption, notebook_tables.heads(self.fmt, "content"), ((said,),))
        rows = [(self.fmt.percent(r.rate, certain=True), r.probabilities, r.joint_probability) for r in self._retention]
        return notebook_tables.chances(rows, self.verdict, self.fmt, caption, "retention")

    def levers_table(self) -> Table:
        """The least change of each lever for a chance of 50 and 80 %."""
        # A net count has subtracted those who left: staying active is no lever beside it.
        kept = (
            None
            if self.programme.net
            else {f"{c:g}": scenarios.least_retention(self._retention, c) for c in (0.5, 0.8)}
        )
        return notebook_tables.levers(self.verdict, self.fmt, kept)

    def faster_table(self) -> Table:
        """The chance of the whole path if the same futures ran faster or slower."""
        found = self.verdict.levers
        rows = [
            (notebook_tables.signed(self.fmt, x) + "%", self.fmt.percent(p)) for x, p in (found.faster if found else ())
        ]
        return notebook_tables.table(self.fmt, self.fmt.say("nb.caption.faster"), ("speed", "whole"), rows, (1,))

    def _found_scenarios(self) -> list[str]:
        sentence = brief_text.sentence(self.verdict.to_dict(), self.fmt)
        return notebook_findings.scenarios(self.verdict, self.swings, self.fmt, sentence)
