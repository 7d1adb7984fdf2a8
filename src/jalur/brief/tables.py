"""Tables of the brief: the numbers behind each chart and each claim, and where each was read.

Citations are numbers in the text that lead to ledger rows and to the pages they were read on.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pandas as pd
from markupsafe import Markup

from jalur import charts
from jalur.charts.record import cell, decided, shown_targets
from jalur.dates import DAYS_A_MONTH, DAYS_A_YEAR, to_date
from jalur.verdict.model import CapacityCase, LabelRow, Milestone, Verdict
from jalur.words.format import Format, Scale, capital
from jalur.words.sentences import beyond, capacity_title
from jalur.words.tables import Table, link

Cells = tuple[str | Markup, list[str]]

COLUMNS = 6  # targets that stand as columns of a table; of a longer path the last ones
SOURCES_SHOWN = 2  # issuing bodies with a row of their own: those whose absence moves the chance most
_LARGEST_RATIO = 1000.0
QUARTER_ENDS = ("03-31", "06-30", "09-30", "12-31")


def faster(verdict: Verdict, fmt: Format) -> list[tuple[float, str, str]]:
    """What a faster or slower run would give: (per cent, words, chance)."""
    if not verdict.levers or verdict.joint_probability is None:
        return []
    found = []
    for percent, chance in verdict.levers.faster:
        size = fmt.number(abs(percent)) + "%"
        key = "whatif.value_same" if percent == 0 else "whatif.value" if percent > 0 else "whatif.value_slower"
        found.append((percent, fmt.say(key, percent=size), fmt.percent(chance)))
    return found


def fan(verdict: Verdict, scale: Scale, fmt: Format) -> Table:
    """The projection at the ends of quarters and at each target date."""
    dates = {m.date for m in verdict.milestones}
    shown = [r for r in verdict.fan if r.date[5:] in QUARTER_ENDS or r.date in dates]
    cells = tuple((fmt.day(r.date), *(scale.number(getattr(r, q)) for q in ("q05", "q50", "q95"))) for r in shown)
    unit = scale.word
    head = (
        fmt.say("table.date"),
        *(fmt.say(f"table.{k}") + (f", {unit}" if unit else "") for k in ("low", "mid", "high")),
    )
    return Table(fmt.say("chart.projected"), head, cells, frozenset({1, 2, 3}))


def floored(words: str, frame: pd.DataFrame, row: str, fmt: Format) -> str:
    """Words for the figure with this id, after "more than" where it is only a floor."""
    floor = ((frame["id"] == row) & (frame["qualifier"] == "at_least")).any()
    return fmt.say("span.more", value=words) if floor else words


def figures(frame: pd.DataFrame, fmt: Format) -> Table:
    """Every published figure used, with its row in the ledger and a link to the page."""
    cells = tuple(
        (
            fmt.day(r["as_of"]),
            fmt.day(r["reported_on"]),
            fmt.stated(r),
            fmt.body(str(r["speaker_org"]), start=True),
            link(str(r["url"]), str(r["id"])),
        )
        for _, r in frame.iterrows()
    )
    head = tuple(fmt.say(f"table.{k}") for k in ("as_of", "published", "value", "who", "row"))
    return Table(fmt.say("sources.all_figures"), head, cells, frozenset({2}))


def pace(verdict: Verdict, scale: Scale, fmt: Format) -> Table | None:
    """What each stretch asks for and what the projection gives."""
    ahead = charts.stages(verdict)
    if not ahead:
        return None
    projected = any(s["middle"] is not None for s in ahead)
    keys = ("stretch", "needed", "projected", "range80", "ratio") if projected else ("stretch", "needed")
    cells = []
    for s in ahead:
        row = [charts.stretch_name(s, fmt), scale.number(s["needed"])]
        if projected:
            ratio = (
                fmt.number(s["needed"] / s["middle"], 1)
                if s["middle"] and s["middle"] > 0 and s["needed"] > 0
                else "\u2013"
            )
            row += [scale.number(s["middle"]), scale.span(*s["range"]), ratio]
        cells.append(tuple(row))
    return Table(
        fmt.say("take.title"), tuple(fmt.say(f"table.{k}") for k in keys), tuple(cells), frozenset(range(1, len(keys)))
    )


def levels(steps: Sequence[Milestone], scale: Scale, fmt: Format) -> list[tuple[str, list[str]]]:
    """Level reached by the date of each milestone, by that date alone, with 80 and 90 % confidence."""
    if not steps or any(m.levels is None for m in steps):
        return []
    return [(f"{100 * float(c):.0f}%", [scale.number(m.levels[c]) for m in steps]) for c in ("0.8", "0.9")]


def arithmetic(verdict: Verdict, fmt: Format) -> tuple[str, list[tuple[str, str, str]]]:
    """Needed from the last figure to each target; without a figure, between the targets.

    Returns
    -------
    caption : str
    rows : list of (name, a month, growth a year)
    """
    found = []
    for m in verdict.milestones:
        if m.required is not None:
            name = fmt.say("milestones.head", target=fmt.exact(m.target), when=fmt.by(m.date))
            growth = None if m.required.cagr is None else verdict.sign * m.required.cagr
            found.append((name, fmt.amount(verdict.sign * m.required.monthly_additions), _growth(growth, fmt)))
    if found:
        return fmt.say("take.arithmetic_sub"), found
    ahead = [m for m in verdict.milestones if m.date > verdict.vintage]
    for a, b in pairwise(ahead):
        days = (to_date(b.date) - to_date(a.date)).days
        if days > 0 and a.target > 0:
            name = f"{fmt.path([a.target, b.target])}, {fmt.brief_date(b.date)}"
            growth = verdict.sign * ((b.target / a.target) ** (DAYS_A_YEAR / days) - 1)
            amount = verdict.sign * (b.target - a.target) / (days / DAYS_A_MONTH)
            found.append((name, fmt.amount(amount), _growth(growth, fmt)))
    return fmt.say("take.arithmetic_steps"), found


def _growth(share: float | None, fmt: Format) -> str:
    """Growth a year in whole per cent; beyond tenfold only that it is more."""
    if share is None:
        return "\u2013"
    return f">{fmt.number(1000)}%" if share > 10 else f"{fmt.number(100 * share)}%"


def cut(verdict: Verdict, fmt: Format) -> str:
    """What a caption adds where only the last targets stand in the table; empty where all do."""
    count = len(verdict.milestones)
    return "" if count <= COLUMNS else fmt.say("table.cut", shown=fmt.spelled(COLUMNS), n=fmt.spelled(count))


def chances(
    probabilities: Sequence[float | None], joint: float | None, fmt: Format, beyond: Sequence[bool] = ()
) -> list[str]:
    """A row of chances; a missing one shows as a dash, one of a target beyond the capacity as impossible."""
    never = [*beyond, any(beyond)] if beyond else [False] * (len(probabilities) + 1)
    words = [
        "\u2013" if p is None else fmt.say("change.beyond") if none else fmt.percent(p)
        for p, none in zip([*probabilities, joint], never, strict=True)
    ]
    single = words[:-1][-COLUMNS:]
    return single if len(single) == 1 else [*single, words[-1]]


def base_row(verdict: Verdict, fmt: Format, noun: str, sources: Sources) -> Cells | None:
    """The brief's own assumption and its chances."""
    used = verdict.capacity
    if used is None:
        return None
    name = Markup("{}{}").format(
        fmt.say("change.base", capacity=fmt.level(used.units), noun=noun), sources.capacity(used)
    )
    steps = verdict.milestones
    beyond = [m.status == "exceeds_capacity" for m in steps]
    return name, chances([m.probability for m in steps], verdict.joint_probability, fmt, beyond)


def sensitivity(verdict: Verdict, programme: Any, fmt: Format, sources: Sources) -> list[tuple[str, list[Cells]]]:
    """Groups of assumptions with their chances: capacities, issuing bodies and figures, shapes of growth."""
    groups: list[tuple[str, list[Cells]]] = []
    others = [c for c in verdict.capacities if not c.used]
    cases: list[Cells] = []
    for c in others:
        name = Markup("{}: {}{}").format(
            capital(capacity_title(c.name, programme, fmt)), fmt.level(c.units), sources.capacity(c)
        )
        if c.note:
            name += Markup(" ({})").format(fmt.say("change.excluded"))
        out = [beyond(verdict, c, m.target) for m in verdict.milestones]
        cases.append((name, chances(c.probabilities, c.joint_probability, fmt, out)))
    if cases:
        groups.append((fmt.say("change.capacity_group"), cases))
    given = verdict.sensitivity
    if not given:
        return groups
    last = verdict.milestones[-1].probability
    moved = [s for s in given.sources if s.probabilities[-1] is not None]
    strongest = sorted(moved, key=lambda s: (-abs(s.probabilities[-1] - last), s.name))[:SOURCES_SHOWN]
    rows: list[Cells] = [
        (
            fmt.say("change.without", source=fmt.body(s.name)),
            chances(s.probabilities, s.joint_probability, fmt),
        )
        for s in strongest
    ]
    if given.range_figures:
        rows.append((fmt.say("change.one_left_out"), _spans(verdict, "figures", fmt)))
    if given.range_shapes:
        curves = fmt.say("change.other_shape", n=fmt.spelled(len(given.shapes)))
        rows.append((curves, _spans(verdict, "shapes", fmt)))
    if rows:
        groups.append((fmt.say("change.source_group"), rows))
    return groups


def _spans(verdict: Verdict, kind: str, fmt: Format) -> list[str]:
    """Lowest and highest chance of each target, and of the whole path, over the variants of a kind."""
    given = verdict.sensitivity
    spans = [fmt.percent_span(*span) for span in getattr(given, f"range_{kind}")[-COLUMNS:]]
    joint = getattr(given, f"joint_range_{kind}")
    if len(verdict.milestones) > 1:
        spans.append(fmt.percent_span(*joint) if joint else "\u2013")
    return spans


def influential(verdict: Verdict, frame: pd.DataFrame, fmt: Format) -> Markup:
    """The single figure that moves the last milestone most, if it moves it by a point or more."""
    given = verdict.sensitivity
    if not given or not given.most_influential or abs(given.most_influential_change or 0) < 0.01:
        return Markup("")
    row = frame[frame["id"] == given.most_influential]
    base = verdict.milestones[-1].probability
    if not len(row) or base is None:
        return Markup("")
    r = row.iloc[0]
    words = f"{fmt.stated(r)}, {fmt.body(str(r['speaker_org']))}, {fmt.short_day(r['as_of'])}"
    return fmt.html(
        "change.influential",
        figure=link(str(r["url"]), words),
        target=fmt.exact(verdict.milestones[-1].target),
        was=fmt.percent(base),
        p=fmt.percent(base + given.most_influential_change),
    )


def missing(verdict: Verdict, fmt: Format) -> list[str]:
    """What is not there for a probability."""
    code, dates = verdict.reason_code, len(verdict.figures_used)
    found = []
    if code in ("no_figures", "few_figures"):
        found.append(fmt.say("change.missing_figures", n=fmt.number(dates)))
    if verdict.capacity is None:
        found.append(fmt.say("change.missing_capacity"))
    if code == "no_path":
        found.append(fmt.say("change.missing_path"))
    if code == "figures_exceed_capacity":
        found.append(fmt.say("change.missing_exceeds"))
    return [*found, fmt.say("change.cutoff_note", cutoff=fmt.day(verdict.vintage))]


def definition(rows: Sequence[Mapping[str, Any]], scale: Scale, fmt: Format) -> Table:
    """Official count and survey by year."""
    cells = tuple(
        (
            str(r["year"]),
            *(
                "\u2013" if r[k] is None else scale.number(r[k], 2 if scale.divisor >= 1e6 else None)
                for k in ("official", "survey")
            ),
        )
        for r in rows
    )
    head = (fmt.say("definition.year"), fmt.say("definition.official"), fmt.say("definition.survey"))
    return Table(fmt.say("definition.title"), head, cells, frozenset({1, 2}))


def _ratio(value: float, fmt: Format) -> str:
    """A label's value; a formula that carries the growth of a few days years ahead gives numbers that say no more."""
    if abs(value) < _LARGEST_RATIO:
        return fmt.number(value, 2)
    return ("<" if value < 0 else ">") + fmt.number(math.copysign(_LARGEST_RATIO, value))


def labels(rows: Sequence[LabelRow], fmt: Format) -> list[tuple[str, str, str, str, bool]]:
    """Official labels: name, value, rule, word, whether it says on track."""
    found = []
    for row in rows:
        sign, _, bound = row.rule.removeprefix("value ").partition(" ")
        value = "\u2013" if row.value is None else _ratio(row.value, fmt)
        threshold = float(bound)
        rule = f"{'≥' if sign == '>=' else '≤'}\u00a0{fmt.number(threshold, 0 if threshold.is_integer() else 2)}"
        found.append(
            (
                fmt.say(f"labels.name.{row.method}"),
                value,
                rule,
                fmt.say(f"labels.word.{row.label}"),
                bool(row.on_track),
            )
        )
    return found


def _held(record: pd.DataFrame) -> pd.Series:
    """Whether each 90 % range that was a forecast of the outcome held it; other rows are left out."""
    rows = record[record["ahead"] & record["held_90"].notna() & record["probability"].notna()]
    return rows["held_90"].astype(bool)


def record_title(record: pd.DataFrame, fmt: Format) -> str:
    """The finding of the record, counted over the targets that have a panel."""
    shown = set(shown_targets(record))
    here = [(str(d), float(x)) in shown for d, x in zip(record["date"], record["target"], strict=True)]
    rows = record[here]
    held = _held(rows)
    outcomes = len(rows.loc[held.index, ["date", "target"]].drop_duplicates())
    if not len(held):
        settled = rows[rows["outcome"].isin(["met", "missed"])].drop_duplicates(["date", "target"])
        met = int((settled["outcome"] == "met").sum())
        if not len(settled):
            return fmt.say("record.headline.open")
        return (
            fmt.counted("record.headline.reached", met) if met else fmt.counted("record.headline.missed", len(settled))
        )
    if held.all():
        return fmt.counted("record.headline.all_held", outcomes)
    if not held.any():
        return fmt.counted("record.headline.none_held", outcomes)
    return fmt.say("record.headline.some_held", held=fmt.number(int(held.sum())), all=fmt.number(len(held)))


def record_notes(record: pd.DataFrame, vintage: str, fmt: Format) -> list[str]:
    """Which row is the brief, and what is known of dates without an outcome of their own."""
    said = [fmt.say("record.this_row")] if (record["vintage"] == vintage).any() else []
    for day, target in shown_targets(record):
        row = record[(record["date"] == day) & (record["target"] == target)].iloc[-1]
        if row["outcome_rule"] in ("reference_figure", "other_figure"):
            continue
        if row["outcome_rule"] == "reached_before":
            said += _reached_before(record, row, fmt)
        elif pd.isna(row["outcome_value"]):
            said.append(fmt.say("record.note_none", when=fmt.by(day)))
        else:
            said.append(
                fmt.say(
                    "record.note_open",
                    when=fmt.by(day),
                    value=fmt.level(row["outcome_value"]),
                    date=fmt.day(row["outcome_date"]),
                )
            )
    held = _held(record)
    if len(held):
        said += [fmt.counted("record.note_cases", len(held)), fmt.say("record.note_made")]
    return said


def _reached_before(record: pd.DataFrame, row: pd.Series, fmt: Format) -> list[str]:
    """That a target was reached before its date, beside the chances that were given before it was."""
    day, target, value = row["date"], row["target"], row["outcome_value"]
    known = record[(record["date"] == day) & (record["target"] == target) & record["probability"].notna()]
    before = known[(known["vintage"] < row["outcome_date"]) & ~known.apply(decided, axis=1)]
    if not len(before):
        return []
    given = fmt.joined([fmt.percent(p) for p in before["probability"]])
    words = {"value": fmt.level(value), "date": fmt.day(row["outcome_date"])}
    return [fmt.say("record.note_reached", target=fmt.exact(target), chances=given, **words)]


def record(frame: pd.DataFrame, scale: Scale, fmt: Format) -> Table:
    """Chance, middle and 90 % range at each date, and what was published later."""
    targets, vintages = shown_targets(frame), sorted(set(frame["vintage"]))
    head = (
        fmt.say("record.made_on"),
        *(fmt.say("record.target", target=fmt.exact(t), when=fmt.brief_date(d)) for d, t in targets),
    )
    body = []
    for when in vintages:
        cells = [fmt.day(when)]
        for day, target in targets:
            row = cell(frame, when, day, target)
            if row is None or pd.isna(row["probability"]):
                cells.append(fmt.say("record.none"))
            elif decided(row):
                cells.append(fmt.say("record.known"))
            else:
                span = scale.span(row["low_90"], row["high_90"])
                cells.append(f"{fmt.percent(row['probability'])}; {scale.number(row['median'])} ({span})")
        body.append(tuple(cells))
    last = [fmt.say("record.later")]
    for day, target in targets:
        row = frame[(frame["date"] == day) & (frame["target"] == target)].iloc[-1]
        last.append(
            "\u2013"
            if pd.isna(row["outcome_value"])
            else f"{fmt.level(row['outcome_value'])}, {fmt.short_day(row['outcome_date'])}"
        )
    return Table(fmt.say("record.title"), head, (*body, tuple(last)))


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
        summed = self.programme.selection.base is not None  # no page prints the sum
        stated = fmt.say("sources.summed", value=fmt.stated(row)) if summed else fmt.stated(row)
        return Source(
            f"{stated}, {fmt.short_day(row['as_of'])}, {fmt.body(str(row['speaker_org']))}",
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
        return Markup("{}{}").format(self.fmt.stated(row), self.cite(self.figure(row), *self.base()))

    def base(self) -> list[Source]:
        """Where the level stands that flows are added to; empty for levels."""
        base, fmt = self.programme.selection.base, self.fmt
        if base is None:
            return []
        words = fmt.say("sources.base", value=fmt.exact(base.value), date=fmt.short_day(base.date))
        return [Source(words, base.source, base.url, "programme.yml")]

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
