"""Tables of the notebooks: results in, texts in the reader's language out. Nothing is computed here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import pandas as pd
from markupsafe import Markup

from jalur.dates import records
from jalur.verdict import model as v
from jalur.words.format import Format, Scale
from jalur.words.tables import Table, link

DASH = "\u2013"
MONTH = 31  # days: a last figure that is older leaves a part of the last year to the model that is worth saying


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


def figures(frame: pd.DataFrame, fmt: Format, definitions: dict[str, dict[str, str]]) -> Table:
    """Figures with date, body, definition and the address of the page."""
    rows = []
    for row in records(frame):
        rows.append(
            (
                fmt.day(row.as_of),
                fmt.day(row.reported_on),
                fmt.stated(row),
                fmt.body(row.speaker_org, start=True),
                named(fmt, definitions, row.definition),
                link(row.url, row.id),
            )
        )
    caption = fmt.counted("nb.caption.figures", len(frame)) if rows else fmt.say("nb.caption.nothing")
    return table(fmt, caption, ("as_of", "published", "value", "who", "definition", "row"), rows, (2,))


def bodies(gaps: Iterable[Any], fmt: Format, reference: str | None) -> Table:
    """Issuing bodies beside the reference body."""
    rows = []
    for g in gaps:
        percent = lambda x: signed(fmt, 100 * x, 1) + "%"  # noqa: E731 - used twice in this row only
        spread = DASH if g.lowest is None else fmt.say("nb.word.to", low=percent(g.lowest), high=percent(g.highest))
        middle = fmt.say("nb.word.reference") if g.body == reference else maybe(g.median, percent)
        rows.append((fmt.body(g.body, start=True), fmt.number(g.figures), fmt.number(g.pairs), middle, spread))
    return table(fmt, fmt.say("nb.caption.bodies"), ("who", "figures", "pairs", "gap", "gap_range"), rows, (1, 2, 3, 4))


def lags(frame: pd.DataFrame, fmt: Format) -> Table:
    """Lags by issuing body: how many figures, the middle and the longest lag."""
    rows = [
        (
            fmt.body(str(body), start=True),
            fmt.number(len(g)),
            fmt.number(g["lag_days"].median()),
            link(g["url"].iloc[0], fmt.counted("nb.word.days", int(g["lag_days"].max()))),
        )
        for body, g in sorted(frame.groupby("speaker_org"), key=lambda pair: -len(pair[1]))
    ]
    return table(fmt, fmt.say("nb.caption.lags"), ("who", "figures", "median_lag", "longest"), rows, (1, 2, 3))


def conflicts(frame: pd.DataFrame, fmt: Format, scale: Scale) -> Table:
    """Pairs of conflicting figures with links to both pages."""
    rows = []
    for row in records(frame):
        low = Markup("{} ({})").format(link(row.url_low, scale.trimmed(row.value_low)), fmt.body(row.body_low))
        high = Markup("{} ({})").format(link(row.url_high, scale.trimmed(row.value_high)), fmt.body(row.body_high))
        rows.append((fmt.short_day(row.period_end), low, high, f"{fmt.number(100 * row.relative, 1)}%"))
    return table(fmt, fmt.say("nb.caption.conflicts"), ("period", "lower", "higher", "difference"), rows, (3,))


def left_out(frame: pd.DataFrame, fmt: Format) -> Table:
    """Rows left out, by reason, with examples that lead to their pages."""
    rows = []
    for (code, role), group in sorted(frame.groupby(["code", "role"]), key=lambda pair: -len(pair[1])):
        why = fmt.say(f"nb.code.{code}") + (f" ({str(role).replace('_', ' ')})" if code == "role" else "")
        examples = Markup(", ").join(link(r.url, r.id) for r in records(group.head(3)))
        rows.append((why, fmt.number(len(group)), examples))
    return table(fmt, fmt.say("nb.caption.left_out"), ("reason", "rows", "examples"), rows, (1,))


def explanation(found: Any, fmt: Format) -> Table:
    """Everything the ledger knows about one figure."""
    rows: list[tuple[str, str]] = []
    for name, value in found.fields.items():
        if value is not None:
            text = (
                fmt.day(value)
                if name in ("as_of", "reported_on", "flow_since")
                else link(value, value)
                if name == "url"
                else str(value)
            )
            rows.append((name, text))
    rows.append(
        (
            "used",
            fmt.say("nb.word.yes") if found.used else f"{fmt.say('nb.word.no')}: {fmt.say('nb.code.' + found.code)}",
        )
    )
    if found.repeated_by:
        rows.append(("repeated by", ", ".join(found.repeated_by)))
    return table(fmt, fmt.say("nb.caption.explain", id=found.id), ("field", "content"), rows)


def milestones(verdict: v.Verdict, fmt: Format, scale: Scale) -> Table:
    """Each target: chance in number and words, middle and 90 % range."""
    rows = []
    for m in verdict.milestones:
        middle = maybe(m.median, scale.number)
        rows.append(
            (
                fmt.exact(m.target),
                fmt.by(m.date),
                chance(fmt, m.probability),
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


def pace(verdict: v.Verdict, fmt: Format) -> Table:
    """Pace in three currencies: the last twelve months, and what each open target asks for; 80 % ranges in brackets.

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


def levels(verdict: v.Verdict, fmt: Format, scale: Scale) -> Table:
    """Level reached with a chance of 50, 80 and 90 % at each date, beside the official target."""
    ahead = [m for m in verdict.milestones if m.levels]
    chances = list(ahead[0].levels) if ahead and ahead[0].levels else []
    rows = [(fmt.percent(float(c)), *(scale.number(m.levels[c]) for m in ahead if m.levels)) for c in chances]
    if ahead:
        rows.append((fmt.say("nb.head.target"), *(scale.trimmed(m.target) for m in ahead)))
    head = (fmt.say("nb.head.chance"), *(fmt.brief_date(m.date) for m in ahead))
    body = tuple(rows) or ((fmt.say("nb.caption.nothing"),),)
    return Table(fmt.say("nb.caption.levels"), head, body, frozenset(range(1, len(head))))


def stretch(factor: float | None, years: float | None, fmt: Format) -> str:
    """How steep a target is: "x1.71 in 3 years"."""
    if factor is None or years is None:
        return DASH
    many = "one" if years == 1 else "many"
    written = fmt.number(years, 0 if years == round(years) else 1)
    return fmt.say(f"nb.word.stretch.{many}", factor=fmt.number(factor, 2), years=written)


def labels(verdict: v.Verdict, fmt: Format) -> Table:
    """Official-style labels with their measured hit rates; a hit rate only beside its stretch and base rate."""
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


def periods(rows_: Iterable[Any], fmt: Format) -> Table:
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


def chances(
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


def levers(verdict: v.Verdict, fmt: Format, retention: dict[str, float | None] | None) -> Table:
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
    wider = cells(
        verdict.levers.capacity_factor, lambda x: say("nb.word.times", value=fmt.number(x, 2)), lambda x: x <= 1
    )
    rows = [(say("nb.lever.extra"), *extra), (say("nb.lever.capacity"), *wider)]
    if retention is not None:
        kept = [
            maybe(retention.get(c), fmt.percent) if retention.get(c) is not None else say("nb.word.never")
            for c in ("0.5", "0.8")
        ]
        rows.append((say("nb.lever.retention"), *kept))
    return table(fmt, say("nb.caption.levers"), ("lever", "half", "most"), rows)
