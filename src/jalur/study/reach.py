"""The verdict: how likely, by when, at what pace. The notebook on reachability."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import astuple
from functools import cached_property
from typing import Any

import pandas as pd

from jalur import charts
from jalur.study.base import DASH, Listing, Picture, Room, Sentences, chance, ends, frame, maybe, stretch, table, typed
from jalur.verdict import model as v
from jalur.verdict.pace import pace_by_period
from jalur.words import sentences as text
from jalur.words.format import Format, Scale
from jalur.words.tables import Table

MONTH = 31  # days: a last figure that is older leaves a part of the last year to the model that is worth saying


class Reach(Room):
    """The verdict: how likely, by when, at what pace."""

    VIEWS = (
        "sentence", "fan", "milestones", "passage", "pace", "currencies", "levels", "labels", "periods",
        "moved", "findings",
    )  # fmt: skip

    def sentence(self) -> Sentences:
        """The verdict in one sentence."""
        return Sentences([text.sentence(self.subject.verdict, self.fmt)])

    def fan(self) -> Picture:
        """Published figures, official path and projection.

        Data: the projection: date, q05, q10, q25, q50, q75, q90, q95 (quantiles of the level, units). No rows where no
        probability can be given.
        """
        verdict, source = self.subject.verdict, self.subject.programme.reference_source
        kinds = {name: "number" for name in v.FanRow.__dataclass_fields__} | {"date": "date"}
        chart = charts.fan_chart(verdict, self.subject.figures, self.fmt, reference_source=source)
        return self.picture(chart, frame((astuple(row) for row in verdict.fan), **kinds))

    def milestones(self) -> Listing:
        """Each target: chance, words, middle and range.

        Data: date, target (units), status, probability, median, low_50, high_50, low_80, high_80, low_90, high_90
        (units), required (units a month from the last figure). The chance of the whole path is
        `study.verdict.joint_probability`.
        """
        verdict = self.subject.verdict
        kinds = dict(date="date", target="number", status="text", probability="number", median="number")
        kinds |= {f"{end}_{share}": "number" for share in (50, 80, 90) for end in ("low", "high")}
        rows = (
            (m.date, m.target, m.status, m.probability, m.median, *ends(m.interval_50), *ends(m.interval_80),
             *ends(m.interval_90), m.required_monthly_additions)
            for m in verdict.milestones
        )  # fmt: skip
        shown = milestones_table(verdict, self.fmt, self.subject.scale)
        return Listing(shown, frame(rows, **kinds, required="number"))

    def passage(self) -> Picture | Listing:
        """Share of the futures that have reached the last target, by date.

        Data: date, share.
        """
        passage = self.subject.verdict.first_passage
        data = frame(passage.distribution if passage else (), date="date", share="number")
        if passage is None:
            return self.nothing(data)
        return self.picture(charts.passage_chart(self.subject.verdict, self.fmt), data)

    def pace(self) -> Picture | Listing:
        """Units added a month: published, required, projected.

        Data: one row a bar: since, until (ends of the stretch), published, required, projected, low_80, high_80 (units
        a month; missing where a stretch has none).
        """
        verdict = self.subject.verdict
        kinds = dict(since="date", until="date", published="number", required="number", projected="number")
        kinds |= dict(low_80="number", high_80="number")
        last = verdict.last_figure.date if verdict.last_figure else None
        rows: list[tuple[Any, ...]] = [
            (day, last, pace, None, None, None, None) for _, day, pace in verdict.published_pace
        ]
        rows += [
            (m.stage_from, m.date, None, m.stage_required_monthly_additions, m.stage_projected_monthly_additions,
             *ends(m.stage_projected_monthly_additions_80))
            for m in verdict.milestones
            if m.stage_required_monthly_additions is not None
        ]  # fmt: skip
        data = frame(rows, **kinds)
        if not rows:
            return self.nothing(data)
        return self.picture(charts.pace_chart(verdict, self.fmt, self.subject.programme.noun[self.fmt.lang]), data)

    def currencies(self) -> Listing:
        """Pace in units a month, growth a year and log-odds a year: of the last twelve months, and required.

        Data: currency (monthly_additions in units a month, cagr as a share a year, link_slope in log-odds a year,
        acceleration as a multiple of the projected speed), until (date of the target; missing for the last twelve
        months), value, low_80, high_80.
        """
        verdict = self.subject.verdict
        paces = [(None, verdict.current_pace), *((m.date, m.required) for m in verdict.milestones)]
        rows = [
            (name, day, getattr(pace, name), *ends(getattr(pace, f"{name}_80")))
            for name in ("monthly_additions", "cagr", "link_slope")
            for day, pace in paces
            if pace is not None
        ]
        rows += [("acceleration", m.date, m.acceleration, None, None) for m in verdict.milestones if m.required]
        kinds = dict(currency="text", until="date", value="number", low_80="number", high_80="number")
        return Listing(currencies_table(verdict, self.fmt), frame(rows, **kinds))

    def levels(self) -> Listing:
        """Levels that are reached with a chance of 50, 80 and 90 %, each date by itself.

        Data: chance, date, level (units).
        """
        verdict = self.subject.verdict
        rows = (
            (float(share), m.date, level) for m in verdict.milestones if m.levels for share, level in m.levels.items()
        )
        data = frame(rows, chance="number", date="date", level="number")
        return Listing(levels_table(verdict, self.fmt, self.subject.scale), data)

    def labels(self) -> Listing:
        """What the formulas of four bodies would say, and how often such a label came true.

        Data: method, value, label, on_track, rule, stretch (target over base), horizon_years, cases, on_track_cases,
        hit_rate, base_rate.
        """
        kinds = {name: "number" for name in v.LabelRow.__dataclass_fields__}
        kinds |= dict(method="text", label="text", on_track="flag", rule="text", cases="count", on_track_cases="count")
        data = frame((astuple(row) for row in self.subject.verdict.labels), **kinds)
        return Listing(labels_table(self.subject.verdict, self.fmt), data)

    def periods(self) -> Listing:
        """Pace of the published figures before, during and after the surge, or by the programme's own periods.

        Data: name, start, end, figures, monthly, monthly_low_90, monthly_high_90, change, change_low_90,
        change_high_90 (units a month).
        """
        kinds = dict(name="text", start="date", end="date", figures="count")
        kinds |= {f"{name}{end}": "number" for name in ("monthly", "change") for end in ("", "_low_90", "_high_90")}
        found = pace_by_period(self._history, self.subject.programme.periods)
        rows = (
            (p.name, p.start, p.end, p.figures, p.monthly, *ends(p.monthly_90), p.change, *ends(p.change_90))
            for p in found
        )
        data = frame(rows, **kinds)
        return Listing(periods_table(found, self.fmt), data) if found else self.nothing(data)

    def moved(self) -> Picture | Listing:
        """What moved the chance of the whole path since the vintage before, one bar a statement.

        Data: kind, date, body, ids, values (units), points (change of the chance, a share), running (the chance
        so far).
        """
        change, kinds = self.subject.moved, dict(kind="text", date="date", body="text", ids="text", values="text")
        kinds |= dict(points="number", running="number")
        if change is None:
            return self.nothing(frame([], **kinds))
        data = change.frame().rename(columns={"day": "date", "rows": "ids"})
        written = {name: [", ".join(map(str, one)) for one in data[name]] for name in ("ids", "values")}
        days = data["date"].replace("", None)
        return self.picture(charts.waterfall_chart(change, self.fmt), typed(data.assign(date=days, **written), **kinds))

    def findings(self) -> Sentences:
        """What the notebook found."""
        sentence = text.sentence(self.subject.verdict, self.fmt)
        return Sentences(found(self.subject.verdict, sentence, self.fmt, self.subject.scale))

    @cached_property
    def _history(self) -> pd.DataFrame:
        """The selection with earlier figures too: the time before the surge lies before the first date used."""
        periods = self.subject.programme.periods
        return self.subject.case.asking(since=periods[0][1] if periods else None).figures


# tables


def milestones_table(verdict: v.Verdict, fmt: Format, scale: Scale) -> Table:
    """Each target: chance in number and words, middle and 90 % range."""
    rows = []
    for m in verdict.milestones:
        middle = maybe(m.median, scale.number)
        rows.append(
            (
                fmt.exact(m.target),
                fmt.by(m.date),
                fmt.percent(0.0, certain=True) if m.impossible else chance(fmt, m.probability),
                fmt.short_class(m.probability, m.status),
                middle,
                maybe(m.interval_90, lambda r: scale.span(*r)),
            )
        )
    if len(verdict.milestones) > 1:
        words = fmt.short_class(verdict.joint_probability)
        rows.append((fmt.say("nb.head.whole"), "", chance(fmt, verdict.joint_probability), words, "", ""))
    return table(
        fmt, fmt.say("nb.caption.milestones"), ("target", "by", "chance", "word", "middle", "range90"), rows, (2, 4, 5)
    )


def currencies_table(verdict: v.Verdict, fmt: Format) -> Table:
    """Pace in several currencies: the last twelve months, and what each open target asks for; 80 % ranges in brackets.

    The twelve months end at the vintage. What lies after the last figure is projected, which the caption says: where
    the last figure is old, the column can differ from the published pace even in its sign.
    """
    ahead = [m for m in verdict.milestones if m.required is not None]
    columns = [verdict.current_pace, *(m.required for m in ahead)]
    percent = lambda x: f"{fmt.number(100 * x, 1)}%"  # noqa: E731

    def row(name: str, attribute: str, write: Callable[[float], str]) -> tuple[str, ...]:
        cells = []
        for p in columns:
            middle, spread = (None, None) if p is None else (getattr(p, attribute), getattr(p, attribute + "_80"))
            ends = "" if spread is None else f" ({write(spread[0])}{DASH}{write(spread[1])})"
            cells.append(maybe(middle, write) + ends)
        return fmt.say(f"nb.currency.{name}"), *cells

    rows = [
        row("monthly", "monthly_additions", fmt.amount),
        row("cagr", "cagr", percent),
        row("link", "link_slope", lambda x: fmt.number(x, 2)),
        (
            fmt.say("nb.currency.acceleration"),
            DASH,
            *(maybe(m.acceleration, lambda x: fmt.number(x, 1)) for m in ahead),
        ),
    ]
    head = (
        fmt.say("nb.head.currency"),
        fmt.say("nb.head.now"),
        *(f"{fmt.exact(m.target)}, {fmt.brief_date(m.date)}" for m in ahead),
    )
    last = verdict.last_figure.date if verdict.last_figure else verdict.vintage
    old = (pd.Timestamp(verdict.vintage) - pd.Timestamp(last)).days > MONTH
    caption = (
        fmt.say("nb.caption.pace_projected", vintage=fmt.day(verdict.vintage), last=fmt.day(last))
        if verdict.current_pace is not None and old
        else fmt.say("nb.caption.pace", vintage=fmt.day(verdict.vintage))
    )
    return Table(caption, head, tuple(rows), frozenset(range(1, len(head))))


def levels_table(verdict: v.Verdict, fmt: Format, scale: Scale) -> Table:
    """Level reached with a chance of 50, 80 and 90 % at each date, beside the official target."""
    ahead = [m for m in verdict.milestones if m.levels]
    chances = list(ahead[0].levels) if ahead and ahead[0].levels else []
    rows = [(fmt.percent(float(c)), *(scale.number(m.levels[c]) for m in ahead if m.levels)) for c in chances]
    if ahead:
        rows.append((fmt.say("nb.head.target"), *(scale.trimmed(m.target) for m in ahead)))
    head = (fmt.say("nb.head.chance"), *(fmt.brief_date(m.date) for m in ahead))
    body = tuple(rows) or ((fmt.say("nb.caption.nothing"),),)
    return Table(fmt.say("nb.caption.levels"), head, body, frozenset(range(1, len(head))))


def labels_table(verdict: v.Verdict, fmt: Format) -> Table:
    """Labels by the formulas of other bodies; a hit rate only beside its stretch and base rate."""
    rows = []
    for row in verdict.labels:
        rows.append(
            (
                fmt.say(f"labels.name.{row.method}"),
                maybe(row.value, lambda x: fmt.number(x, 2)),
                fmt.say(f"labels.word.{row.label}")
                if fmt.has(f"labels.word.{row.label}")
                else fmt.say("nb.word.not_defined"),
                stretch(row.stretch, row.horizon_years, fmt),
                maybe(row.on_track_cases, fmt.number),
                maybe(row.hit_rate, fmt.percent),
                maybe(row.base_rate, fmt.percent),
            )
        )
    base = verdict.base
    caption = (
        fmt.say("nb.caption.labels", base=fmt.level(base.value), base_date=fmt.day(base.date))
        if base
        else fmt.say("nb.caption.nothing")
    )
    return table(fmt, caption, ("method", "value", "label", "stretch", "cases", "hit", "base_rate"), rows, (1, 4, 5, 6))


def periods_table(rows_: Iterable[Any], fmt: Format) -> Table:
    """Pace of the published figures by period, with the change from the period before."""
    rows = []
    for r in rows_:
        spread = "" if r.monthly_90 is None else f" ({fmt.amount(r.monthly_90[0])}{DASH}{fmt.amount(r.monthly_90[1])})"
        change = "" if r.change_90 is None else f" ({fmt.amount(r.change_90[0])}{DASH}{fmt.amount(r.change_90[1])})"
        name = fmt.say(f"nb.period.{r.name}") if fmt.has(f"nb.period.{r.name}") else r.name
        rows.append(
            (
                name,
                f"{fmt.short_day(r.start)} {DASH} {fmt.short_day(r.end)}",
                fmt.number(r.figures),
                maybe(r.monthly, fmt.amount) + spread,
                maybe(r.change, fmt.amount) + change,
            )
        )
    return table(
        fmt, fmt.say("nb.caption.surge"), ("period_name", "period", "figures", "monthly", "change"), rows, (2, 3, 4)
    )


# findings


def found(verdict: v.Verdict, sentence: str, fmt: Format, scale: Scale) -> list[str]:
    """Findings about the path."""
    said = [sentence]
    chances = [(m.probability, m) for m in verdict.milestones if m.probability is not None]
    # Targets whose day has come count as well, as long as the figures leave open whether they were met.
    ahead = [(p, m) for p, m in chances if m.status in ("open", "exceeds_capacity")]
    unsettled = [(p, m) for p, m in chances if m.status == "past" and not (v.sure(p) or v.ruled_out(p))] + ahead
    if unsettled:
        _, hardest = min(unsettled, key=lambda pair: pair[0])
        said.append(
            fmt.say(
                "nb.finding.hardest",
                target=fmt.exact(hardest.target),
                when=fmt.by(hardest.date),
                p=fmt.percent(hardest.probability or 0.0),
            )
        )
    if ahead:
        last = ahead[-1][1]
        if last.stage_required_monthly_additions is not None and last.stage_projected_monthly_additions is not None:
            needed, projected = (
                fmt.amount(verdict.sign * last.stage_required_monthly_additions),
                fmt.amount(verdict.sign * last.stage_projected_monthly_additions),
            )
            said.append(fmt.say("nb.finding.pace", needed=needed, projected=projected))
    passage = verdict.first_passage
    if passage is not None and passage.median is not None and passage.median > verdict.vintage:
        words = {
            "target": fmt.exact(passage.target),
            "median": fmt.month(passage.median),
            "never": fmt.percent(passage.never_share),
        }
        said.append(fmt.say("nb.finding.passage", horizon=passage.horizon[:4], **words))
    own = [] if verdict.outside and verdict.outside.alone else text.outside(verdict, fmt)
    return [*said, *own, *text.class_part(verdict, fmt)]
