"""The notebooks' single import: opens a study from the parameters and shows its charts, tables and sentences.

No statistics here: each method asks the package one question and hands the answer to a chart, a table or the catalogue.
In a notebook::

    import helpers
    study = helpers.open_study("umkm_onboarding", "2022-03-31")
    study.verdict_sentence()
    study.without("2022-03-28-kkukm-17.59").verdict_sentence()
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import pandas as pd
from markupsafe import Markup, escape

from jalur import (
    brief,
    brief_text,
    chart_parts,
    charts,
    evidence,
    ledger,
    measured,
    notebook_findings,
    notebook_tables,
    reach,
    replay,
    scenarios,
)
from jalur.question import Question, capacity_of, path_of
from jalur.tables import Table, link
from jalur.verdict import Verdict
from jalur.wording import Format

NOTEBOOKS = (
    "01_evidence.ipynb",
    "02_growth_curves.ipynb",
    "03_reachability.ipynb",
    "04_track_record.ipynb",
    "05_scenarios.ipynb",
)


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
class Study:
    """One programme at one vintage, in one language, with the choices of the parameters cell."""

    programme: Any
    question: Question
    fmt: Format

    # evidence

    @cached_property
    def figures(self) -> pd.DataFrame:
        """The published figures that are used, by reference date."""
        return self.question.select(self.programme)

    @cached_property
    def known(self) -> pd.DataFrame:
        """Every row of the ledger that had been published by the vintage, used or not."""
        return ledger.as_of(self.programme.observations, self.question.vintage)

    @cached_property
    def scale(self) -> Any:
        """One magnitude for the levels of the whole notebook."""
        return charts.scale_of(self.verdict, self.figures, self.fmt)

    def figures_table(self) -> Table:
        """The figures used, each with the address of its page."""
        return notebook_tables.figures(self.figures, self.fmt, self.programme.definitions)

    def bodies_table(self) -> Table:
        """Each issuing body beside the reference body."""
        gaps = evidence.body_gaps(self.figures, self.programme.reference_source)
        return notebook_tables.bodies(gaps, self.fmt, self.programme.reference_source)

    def lags_table(self) -> Table:
        """Days from the reference date to the report, by body."""
        return notebook_tables.lags(ledger.lags(self.figures), self.fmt)

    def conflicts_table(self) -> Table:
        """Figures for the same period that differ beyond rounding."""
        return notebook_tables.conflicts(ledger.conflicts(self.figures), self.fmt, self.scale)

    def left_out_table(self) -> Table:
        """Rows known at the vintage that are not used, by reason."""
        rows = ledger.rejected(self.programme, self.question.vintage)
        return notebook_tables.left_out(rows[rows["code"] != "reported_later"], self.fmt)

    def explain(self, row: str | None = None) -> Table:
        """One figure in full; the last one used where no id is given."""
        if row is None and not len(self.figures):
            return notebook_tables.table(self.fmt, self.fmt.say("nb.caption.nothing"), ("field", "content"), [])
        found = ledger.explain(self.programme, row or self.figures["id"].iloc[-1], self.question.vintage)
        return notebook_tables.explanation(found, self.fmt)

    # verdict

    @cached_property
    def path(self) -> Any:
        """The targets that are judged."""
        return path_of(self.programme, self.question)

    @cached_property
    def capacity(self) -> float | None:
        """Units that could ever join, as the question assumes."""
        return capacity_of(self.programme, self.question)[1]

    @cached_property
    def verdict(self) -> Verdict:
        """The verdict with its sensitivity."""
        return reach.judge(self.programme, self.question)

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
        rows = scenarios.pace_by_period(self._history, self.programme.periods)
        return notebook_tables.periods(rows, self.fmt)

    @cached_property
    def _history(self) -> pd.DataFrame:
        """The selection with earlier figures too: the time before the surge lies before the first date used."""
        start = self.programme.periods[0][1] if self.programme.periods else None
        return replace(self.question, since=start).select(self.programme)

    # scenarios

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
        rows = [(s.name, s.probabilities, s.joint_probability) for s in found.sources] if found else []
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

    @cached_property
    def _choices(self) -> dict[str, tuple[Any, ...]]:
        starts = tuple(start for _, start in self.programme.periods[2:]) or (
            (pd.Timestamp(self.question.vintage) - pd.DateOffset(years=1)).date().isoformat(),
        )
        return {
            "definition": scenarios.by_definition(self.programme, self.question, self.path),
            "window": scenarios.by_window(self.programme, self.question, self.path, starts),
        }

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
        if self.verdict.joint_probability is None or self.capacity is None:
            return ()
        return scenarios.by_retention(self.programme, self.question, self.figures, self.path, self.capacity)

    def retention_table(self) -> Table:
        """The chance of the path if only those still active counted."""
        ahead = [m for m in self.verdict.milestones if m.date > self.question.vintage]
        rows = [(self.fmt.percent(r.rate, certain=True), r.probabilities, r.joint_probability) for r in self._retention]
        caption = self.fmt.say("nb.caption.retention")
        shown = replace(self.verdict, milestones=tuple(ahead))
        return notebook_tables.chances(rows, shown, self.fmt, caption, "retention")

    def levers_table(self) -> Table:
        """The least change of each lever for a chance of 50 and 80 %."""
        kept = {f"{c:g}": scenarios.least_retention(self._retention, c) for c in (0.5, 0.8)}
        return notebook_tables.levers(self.verdict, self.fmt, kept)

    def faster_table(self) -> Table:
        """The chance of the whole path if the same futures ran faster or slower."""
        found = self.verdict.levers
        rows = [
            (notebook_tables.signed(self.fmt, x) + "%", self.fmt.percent(p)) for x, p in (found.faster if found else ())
        ]
        return notebook_tables.table(self.fmt, self.fmt.say("nb.caption.faster"), ("speed", "whole"), rows, (1,))

    # track record

    @cached_property
    def _replayed(self) -> pd.DataFrame:
        """Verdicts at earlier and later vintages beside what was published since."""
        return replay.replay(self.programme, replay.vintages_of(self.programme, self.question.vintage))

    # brief

    @cached_property
    def _sections(self) -> dict[str, Any]:
        return brief.sections(self._material, self.fmt.lang)

    @property
    def _material(self) -> brief.Material:
        definitions, who = evidence.definition_rows(self.programme, self.question.vintage)
        return brief.Material(
            verdict=self.verdict,
            programme=self.programme,
            figures=self.figures,
            record=self._replayed,
            measured=notebook_findings.coverage(measured.record()),
            definitions=definitions,
            survey=who,
            total=len(ledger.select(self.programme, dt.date.today())),
            notebooks=NOTEBOOKS,
        )

    def section(self, name: str) -> Any:
        """One section of the brief: question, verdict, milestones, fan, take, change, record, trust or sources."""
        return self._sections[name]

    # working with the ledger

    def without(self, *rows: str) -> Study:
        """The same study with rows left out, by id."""
        return replace(self, question=replace(self.question, drop=(*self.question.drop, *rows)))

    def with_figures(self, extra: pd.DataFrame) -> Study:
        """The same study with rows added, in the columns of observations.csv."""
        return replace(self, question=replace(self.question, extra=extra))

    def at(self, vintage: str) -> Study:
        """The same study at another vintage."""
        return replace(self, question=replace(self.question, vintage=ledger.vintage_day(vintage).isoformat()))

    # the end of a notebook

    def findings(self, of: str) -> Sentences:
        """What a notebook found: evidence, curves, reachability, record or scenarios."""
        return Sentences(getattr(self, f"_found_{of}")())

    def _found_evidence(self) -> list[str]:
        reference, frame = self.programme.reference_source, self.figures
        rows = ledger.rejected(self.programme, self.question.vintage)
        unused = int((rows["code"] != "reported_later").sum())
        gaps = evidence.body_gaps(frame, reference)
        return notebook_findings.evidence(
            frame, ledger.conflicts(frame), ledger.lags(frame), gaps, unused, reference, self.fmt
        )

    def _found_reachability(self) -> list[str]:
        sentence = brief_text.sentence(self.verdict.to_dict(), self.fmt)
        return notebook_findings.reachability(self.verdict, sentence, self.fmt, self.scale)

    def _found_scenarios(self) -> list[str]:
        sentence = brief_text.sentence(self.verdict.to_dict(), self.fmt)
        return notebook_findings.scenarios(self.verdict, self.swings, self.fmt, sentence)

    def stamp(self) -> Sentences:
        """Versions, data and seed behind the results."""
        v = self.verdict
        words = {
            "version": v.package_version,
            "engine": v.engine_version,
            "data": v.data_hash[:12],
            "vintage": v.vintage,
        }
        return Sentences([self.fmt.say("nb.stamp", seed=v.seed, draws=v.draws, **words)])


def open_study(
    programme: str = "umkm_onboarding",
    vintage: str = "2022-03-31",
    *,
    lang: str = "en",
    seed: int = 0,
    draws: int = 20_000,
    capacity: str = "",
    capacity_share: float = 1.0,
    data: str = "",
) -> Study:
    """Open one programme at one vintage; the arguments are the parameters of every notebook.

    Raises
    ------
    InputError
        A parameter that does not fit: what was given and what is allowed.
    """
    question = Question(
        vintage=ledger.vintage_day(vintage).isoformat(),
        capacity=capacity or None,
        capacity_share=capacity_share,
        seed=seed,
        draws=draws,
    )
    return Study(ledger.load(programme, data or None), question, Format(lang))
