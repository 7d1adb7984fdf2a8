"""Vintages and programmes side by side: the notebook of comparisons.

Every number is a verdict's own, asked again at another day or for another programme of the data folder; what moved the
chance between two days comes from `jalur.monitor`.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any

import pandas as pd

from jalur import charts, files, ledger
from jalur.dates import iso, records
from jalur.errors import InputError
from jalur.monitor import Change, what_moved
from jalur.record.replay import vintages_of
from jalur.study.base import DASH, Listing, Picture, Room, Sentences, chance, frame, maybe
from jalur.verdict.case import Case
from jalur.verdict.pace import published_pace, required_pace
from jalur.words import office
from jalur.words.format import Format
from jalur.words.tables import Table

STATEMENTS = 5  # the latest ones whose effect is shown; so many are divided exactly, in every order
KINDS = dict(
    programme="text", vintage="date", figures="count", last_date="date", last_value="number", recent="number",
    required="number", reached="flag", target="number", target_date="date", probability="number", whole="number",
    median="number", low_90="number", high_90="number", capacity="number", kind_class="text", reason="text",
    direction="text",
    unit="text",
)  # fmt: skip
POINT = 0.005  # a difference of chances below half a point prints as none


class Compare(Room):
    """Vintages and programmes side by side."""

    VIEWS = ("vintages", "course", "moved", "changes", "programmes", "ranges", "findings")

    def vintages(self) -> Listing:
        """The programme at several days: what was known, what was needed, and what would have been said.

        Data: one row a day: programme, vintage, figures, last_date, last_value (units), recent (units a month over the
        last twelve months as published), required (units a month from the last figure to the last target), reached
        (whether the last figure is there already), target, target_date, probability (of the last target), whole (of
        the path), median, low_90, high_90 (units, on the date of the last target), capacity (units), kind_class, reason
        (code, where there is no chance), direction (up, or down: paces are then below 0), unit.
        """
        return Listing(vintages_table(self._vintages, self.fmt), self._vintages)

    def course(self) -> Picture | Listing:
        """The chance of each target and of the whole path, by the day on which it would have been given.

        Data: vintage, date (of the target; missing for the whole path), target (units), probability.
        """
        rows = [row for case in self._cases for row in course_rows(case)]
        data = frame(rows, vintage="date", date="date", target="number", probability="number")
        if data["vintage"].nunique() < 2:
            return self.nothing(data)
        return self.picture(charts.course_chart(data, self.fmt, self.subject.question.vintage), data)

    def moved(self) -> Picture | Listing:
        """What the latest statements before this vintage did to the chance of the whole path.

        Data: one row a statement: kind, reported_on, speaker_org, ids (of its figures), level (units, of the last one),
        points (change of the chance, as a share), running (the chance so far).
        """
        data = self._change_data
        if self.change is None:
            return self.nothing(data)
        return self.picture(charts.waterfall_chart(self.change, self.fmt), data)

    def changes(self) -> Listing:
        """The same as a table.

        Data: as `moved`: kind, reported_on, speaker_org, ids, level, points, running.
        """
        if self.change is None:
            return self.nothing(self._change_data)
        return Listing(office.change_table(self.fmt, self.change), self._change_data)

    def programmes(self) -> Listing:
        """Every programme of the data folder as known on this vintage.

        Data: as `vintages`, one row a programme: programme, vintage, figures, last_date, last_value, recent, required,
        reached, target, target_date, probability, whole, median, low_90, high_90, capacity, kind_class, reason,
        direction, unit.
        """
        data = self._programmes
        return Listing(programmes_table(data, self._titles, self.fmt), data)

    def ranges(self) -> Picture | Listing:
        """Where each programme would stand on the date of its last target, as a share of that target.

        Data: programme, low_90, median, high_90 (shares of the target), probability.
        """
        known = self._programmes.dropna(subset=["median"])
        shares = known[["low_90", "median", "high_90"]].div(known["target"], axis=0)
        data = pd.concat([known["programme"], shares, known["probability"]], axis=1).reset_index(drop=True)
        if not len(data):
            return self.nothing(data)
        rows = [(self._titles[row.programme], row.low_90, row.median, row.high_90, row.probability)
                for row in records(data)]  # fmt: skip
        return self.picture(charts.ranges_chart(rows, self.fmt), data)

    def findings(self) -> Sentences:
        """What the notebook found."""
        said = vintage_words(self._vintages, self.fmt)
        if self.change is not None:
            said += change_words(self.change, self.fmt)
        return Sentences(said + programme_words(self._programmes, self._titles, self.fmt))

    # what is compared

    @cached_property
    def _cases(self) -> tuple[Case, ...]:
        case = self.subject.case
        return tuple(case.at(day) for day in vintages_of(case.programme, case.vintage))

    @cached_property
    def _vintages(self) -> pd.DataFrame:
        return frame(map(case_row, self._cases), **KINDS)

    @cached_property
    def _programmes(self) -> pd.DataFrame:
        return frame(map(case_row, self._all.values()), **KINDS)

    @cached_property
    def _all(self) -> dict[str, Case]:
        """A case of every programme that can be read, the study's own first, at the study's vintage."""
        own, question = self.subject.programme.name, self.subject.question
        folder = self.subject.programme.folder.parent
        found = {own: self.subject.case}
        for name in ledger.programmes(folder):
            if name != own:
                found[name] = Case.of(ledger.load(name, folder), question.vintage, seed=question.seed)
        return found

    @cached_property
    def _titles(self) -> dict[str, str]:
        return {name: case.programme.title[self.fmt.lang] for name, case in self._all.items()}

    @cached_property
    def change(self) -> Change | None:
        """What the latest statements did; None where there is no chance before them."""
        case = self.subject.case
        return files.once("change", case, lambda: latest_change(case))

    @property
    def _change_data(self) -> pd.DataFrame:
        kinds = dict(kind="text", reported_on="date", speaker_org="text", ids="text", level="number", points="number")
        rows = [] if self.change is None else records(self.change.frame())
        return frame(
            ((r.kind, r.day or None, r.body, " ".join(r.rows), r.values[-1], r.points, r.running) for r in rows),
            **kinds, running="number",
        )  # fmt: skip


# rows


def case_row(case: Case) -> tuple[Any, ...]:
    """One case in the columns of `KINDS`."""
    last, problem = case.last_figure, case.problem
    target, day = (case.path.targets[-1], case.path.dates[-1]) if case.path.dates else (None, None)
    known: tuple[Any, ...] = (None, None, None, None, None)
    if problem is None:
        low, middle, high = case.state().quantile(case.path.times[-1], [0.05, 0.5, 0.95])
        known = (case.chances[-1], case.joint, float(middle), float(low), float(high))
    recent = published_pace(case.figures)
    needed = None
    if last is not None and target is not None and day is not None:
        needed = required_pace(last.date, last.value, day, target)
    there = last is not None and target is not None and case.reaches(last.value, target)
    return (
        case.programme.name, case.vintage, len(case.figures), last.date if last else None,
        last.value if last else None, recent[0][2] if recent else None, needed.monthly_additions if needed else None,
        there, target, day, *known, case.capacity, case.programme.kind_class or "", problem.code if problem else "",
        case.programme.direction,
        case.programme.unit,
    )  # fmt: skip


def course_rows(case: Case) -> Iterator[tuple[Any, ...]]:
    """The chance of each target of a case that lay ahead, and of the whole path where there are several."""
    if case.problem is not None:
        return
    for day, target, p in zip(case.path.dates, case.path.targets, case.chances, strict=True):
        yield case.vintage, day, target, p
    if len(case.path.dates) > 1:
        yield case.vintage, None, None, case.joint


def latest_change(case: Case) -> Change | None:
    """What the latest statements known at a case's vintage did to its chance.

    As many of the latest statements (figures of one body, published on one day) as can be divided exactly, and as leave
    a chance before them.

    Parameters
    ----------
    case : jalur.verdict.case.Case

    Returns
    -------
    jalur.monitor.Change or None
        None where no chance can be given before any of them.
    """
    if case.problem is not None:
        return None
    earlier: list[Case] = []
    for day in sorted({iso(day) for day in case.figures["reported_on"]}, reverse=True):
        before = case.at(iso(pd.Timestamp(day) - pd.Timedelta(days=1)))
        new = case.figures[~case.figures["id"].isin(before.figures["id"])]
        if before.problem is not None or len(new[["reported_on", "speaker_org"]].drop_duplicates()) > STATEMENTS:
            break
        earlier.append(before)
    for before in reversed(earlier):
        try:
            return what_moved(before, case)
        except InputError:  # with only some of the statements there is no chance: fewer of them are looked at
            continue
    return None


# tables


def needed_words(row: Any, fmt: Format) -> str:
    """Units a month that the target still takes; "reached" where the last figure is there already."""
    if row.reached:
        return fmt.say("nb.word.met")
    return maybe(row.required, fmt.amount)


def vintages_table(data: pd.DataFrame, fmt: Format) -> Table:
    """One row a vintage."""
    scale = fmt.scale(max([float(x) for x in [*data["target"].dropna(), *data["last_value"].dropna()]], default=1.0))
    rows = [
        (
            fmt.day(row.vintage),
            fmt.number(row.figures),
            maybe(row.last_value, scale.trimmed),
            maybe(row.recent, fmt.amount),
            needed_words(row, fmt),
            chance(fmt, None if pd.isna(row.probability) else row.probability),
            chance(fmt, None if pd.isna(row.whole) else row.whole),
            maybe(row.median, scale.number),
            DASH if pd.isna(row.low_90) else scale.span(row.low_90, row.high_90),
        )
        for row in records(data)
    ]
    columns = ("vintage", "figures", "last_figure", "recent", "needed", "last_target", "whole", "middle", "range90")
    caption = fmt.say("nb.caption.vintages", unit=scale.word) if scale.word else fmt.say("nb.caption.vintages_bare")
    return Table(caption, tuple(fmt.say(f"nb.head.{name}") for name in columns), tuple(rows), frozenset(range(1, 9)))


def programmes_table(data: pd.DataFrame, titles: dict[str, str], fmt: Format) -> Table:
    """One row a programme, each in its own magnitude."""
    rows = []
    for row in records(data):
        own = fmt.counting(row.unit, row.direction)
        goal = "" if pd.isna(row.target) else own.say("chart.goal", target=own.exact(row.target))
        target = f"{goal}, {fmt.brief_date(row.target_date)}" if goal else DASH
        given = not pd.isna(row.whole)
        rows.append(
            (
                titles[row.programme],
                fmt.number(row.figures),
                maybe(row.last_value, own.level),
                target,
                maybe(row.recent, own.amount),
                needed_words(row, own),
                chance(fmt, row.whole if given else None),
                f"{own.level(row.low_90)} {DASH} {own.level(row.high_90)}"
                if given
                else fmt.say(f"nb.reason.{row.reason}"),
            )
        )
    columns = ("programme", "figures", "last_figure", "target", "recent", "needed", "whole", "range90")
    head = tuple(fmt.say(f"nb.head.{name}") for name in columns)
    day = fmt.day(data["vintage"].iloc[0])
    return Table(fmt.say("nb.caption.programmes", day=day), head, tuple(rows), frozenset({1, 2, 4, 5, 6}))


# findings


def vintage_words(data: pd.DataFrame, fmt: Format) -> list[str]:
    """From the first to the last day with a chance: what became of it, and of the pace that is needed."""
    known = data.dropna(subset=["whole"])
    if len(known) < 2:
        return [fmt.say("nb.finding.one_vintage")]
    first, last = known.iloc[0], known.iloc[-1]
    said = [
        fmt.say(
            "nb.finding.course",
            first=fmt.day(first["vintage"]), last=fmt.day(last["vintage"]),
            before=fmt.percent(first["whole"]), after=fmt.percent(last["whole"]),
        )
    ]  # fmt: skip
    wide, narrow = (row["high_90"] - row["low_90"] for row in (first, last))
    if wide > 0:
        said.append(fmt.say("nb.finding.narrower" if narrow < wide else "nb.finding.wider",
                            share=fmt.percent(abs(1 - narrow / wide), certain=True)))  # fmt: skip
    return said


def change_words(change: Change, fmt: Format) -> list[str]:
    """The statement that moved the chance most."""
    if not change.bars:
        return []
    top = max(change.bars, key=lambda bar: abs(bar.points))
    if abs(top.points) < POINT:
        return [fmt.say("nb.finding.no_statement")]
    words, points = office.bar_words(fmt, top), office.points(fmt, top)
    return [fmt.say("nb.finding.statement", words=words, points=points)]


def programme_words(data: pd.DataFrame, titles: dict[str, str], fmt: Format) -> list[str]:
    """How many programmes get a chance, and which are the most and the least likely to meet their whole path."""
    known = data.dropna(subset=["whole"]).sort_values("whole", kind="stable")
    said = [fmt.say("nb.finding.judged", n=fmt.number(len(known)), all=fmt.number(len(data)))]
    if len(known) > 1:
        low, high = known.iloc[0], known.iloc[-1]
        said.append(
            fmt.say(
                "nb.finding.extremes",
                high=f"{titles[high['programme']]} ({fmt.percent(high['whole'])})",
                low=f"{titles[low['programme']]} ({fmt.percent(low['whole'])})",
            )
        )
    return said
