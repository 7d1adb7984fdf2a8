"""What moved, what would move it, claims, promises, earlier targets and the register, as lines of plain text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import ceil, floor
from typing import TYPE_CHECKING, Any

from jalur.dates import records
from jalur.monitor import Change, Claim, Delivery, HonestPath, Part, Sum, TripWire, brier
from jalur.monitor.changes import ORDERS, Bar
from jalur.monitor.claims import EVEN
from jalur.verdict.model import probability_class, rounded
from jalur.words.format import Format
from jalur.words.tables import Table, link

if TYPE_CHECKING:
    import pandas as pd


WORTH_SAYING = 0.005  # a change of the chance that is not lost in rounding to whole per cent


def change_lines(fmt: Format, change: Change, title: str) -> list[str]:
    """The two chances, the verdict's word, and one line for each change with its share in percentage points."""
    first, second = (fmt.day(day) for day in change.vintages)
    was, now = (fmt.say(f"class.{name}") for name in change.classes)
    lines = [
        fmt.say("office.change.head", title=title, first=first, second=second,
                before=fmt.percent(rounded(change.before)), after=fmt.percent(rounded(change.after))),
        fmt.say("office.change.class_new", was=was, now=now) if change.class_changed
        else fmt.say("office.change.class_same", now=now),
    ]  # fmt: skip
    if not change.bars:
        return [*lines, fmt.say("office.change.none")]
    width = max(len(points(fmt, bar)) for bar in change.bars)
    lines += [f"  {points(fmt, bar):>{width}}  {bar_words(fmt, bar)}" for bar in change.bars]
    how = fmt.say("office.change.exact") if change.exact else fmt.say("office.change.fixed", n=2 * ORDERS)
    return [*lines, how]


def signed_points(fmt: Format, bar: Bar) -> str:
    """The share of a change as a number of percentage points, with its sign."""
    number = fmt.number(100 * bar.points, 1)
    sign = "+" if bar.points > 0 and number.strip("0.,") else ""
    return sign + number


def points(fmt: Format, bar: Bar) -> str:
    """The share of a change in percentage points, with its sign and the word."""
    return fmt.say("office.change.points", points=signed_points(fmt, bar))


def change_table(fmt: Format, change: Change) -> Table:
    """The bars as a table: what changed, by how many points, and the chance after it."""
    rows = [(fmt.say("office.change.known", day=fmt.day(change.vintages[0])), "", fmt.percent(rounded(change.before)))]
    for bar, running in zip(change.bars, change.frame()["running"], strict=True):
        rows.append((bar_words(fmt, bar), signed_points(fmt, bar), fmt.percent(rounded(float(running)))))
    rows.append(
        (fmt.say("office.change.known", day=fmt.day(change.vintages[1])), "", fmt.percent(rounded(change.after)))
    )
    head = tuple(fmt.say(f"office.change.column.{name}") for name in ("what", "points", "chance"))
    return Table(fmt.say("office.change.table"), head, tuple(rows), frozenset({1, 2}))


def bar_words(fmt: Format, bar: Bar) -> str:
    """Which change a bar stands for: the day, the body and the levels of a statement, or the other choice."""
    values = fmt.path(bar.values) if bar.kind == "targets" else fmt.joined(dict.fromkeys(map(fmt.exact, bar.values)))
    if bar.kind in ("targets", "capacity"):
        return fmt.say(f"office.change.{bar.kind}", values=values)
    return fmt.say(
        f"office.change.{bar.kind}", day=fmt.day(bar.day), body=fmt.body(bar.body, start=True), values=values
    )


def wire_lines(fmt: Format, wires: Iterable[TripWire], day: str) -> list[str]:
    """One sentence for each cut-off: the count that reaches it, or that none or every count does."""
    lines = []
    for wire in wires:
        words: dict[str, Any] = {"day": fmt.day(day), "chance": fmt.percent(wire.chance)}
        if wire.level is None:
            lines.append(fmt.say("office.wire.always" if wire.likely else "office.wire.never", **words))
            continue
        words |= {"level": fmt.exact(wire.level), "likely": fmt.percent(rounded(wire.likely))}
        if wire.chance == EVEN:
            lines.append(fmt.say("office.wire.even", **words))
        else:
            word = fmt.say(f"class.{probability_class(wire.chance)}")
            lines.append(fmt.say("office.wire.reach", word=word, **words))
    return lines


def claim_lines(fmt: Format, claim: Claim) -> list[str]:
    """Where a claim lies, what it would change, and the figures that repeat or contradict it."""
    value = fmt.exact(claim.value)
    low, high = (fmt.level(end) for end in claim.range_95)
    lines = [
        fmt.say("office.claim.out" if claim.stands_out else "office.claim.fits", value=value),
        fmt.say("office.claim.place", body=fmt.body(claim.body), day=fmt.day(claim.date),
                share=fmt.percent(claim.share_below), value=value, low=low, high=high),
    ]  # fmt: skip
    if claim.chance_before is not None and claim.chance_after is not None:
        before, after = fmt.percent(claim.chance_before), fmt.percent(claim.chance_after)
        word = fmt.say(f"class.{probability_class(claim.chance_after)}")
        lines.append(fmt.say("office.claim.moves", before=before, after=after, word=word))
    else:
        lines.append(fmt.say("office.claim.unread"))
    for row in claim.beside:
        words = {"id": row.id, "body": fmt.body(row.body), "day": fmt.day(row.date)}
        if row.relation == "repeats":
            lines.append("  " + fmt.say("office.claim.repeats", **words))
        elif row.relation in ("contradicts", "nearest"):
            lines.append("  " + fmt.say(f"office.claim.{row.relation}", value=fmt.exact(row.value), **words))
    return lines


def promise_lines(
    fmt: Format, paths: Iterable[HonestPath], capacities: dict[str, str], falls: bool = False
) -> list[str]:
    """One line for each path that could be promised; `capacities` holds the titles by name."""
    lines = []
    for path in paths:
        every = path.capacity == "every"
        words: dict[str, Any] = {"chance": fmt.percent(path.chance)}
        if not every:
            words["capacity"] = capacities.get(path.capacity) or fmt.say("office.promise.given")
        if path.levels is None:
            lines.append(fmt.say("office.promise.none_every" if every else "office.promise.none", **words))
            continue
        scale = fmt.scale(max(path.levels))
        # Rounded down, or up where the level falls: a promise is never more than what was computed.
        fine, whole = 10**scale.decimals / scale.divisor, ceil if falls else floor
        down = [whole(x * fine) / fine for x in path.levels]
        numbers = [scale.number(x) for x in down[:-1]] + [scale.words(down[-1])]
        lines.append(
            fmt.say("office.promise.every" if every else "office.promise.row", levels=" → ".join(numbers), **words)
        )
    return lines


def target_lines(fmt: Format, targets: pd.DataFrame, vintage: str) -> list[str]:
    """One line for each earlier target: when it was set, and what became of it."""
    if not len(targets):
        return [fmt.say("office.target.none", day=fmt.day(vintage))]
    lines = []
    for row in records(targets):
        words: dict[str, Any] = {
            "target": fmt.exact(row.target), "by": fmt.by(row.target_date), "stated": fmt.day(row.stated_on),
        }  # fmt: skip
        if row.status != "open":
            words |= {"value": fmt.exact(row.outcome), "day": fmt.day(row.outcome_date)}
        if row.status == "missed":
            words["short"] = fmt.percent(row.short)
        lines.append(fmt.say(f"office.target.{row.status}", **words))
    return lines


def plan_lines(fmt: Format, parts: Iterable[Part], totals: Iterable[Sum], given: Iterable[Delivery]) -> list[str]:
    """The parts, whether they add up, and what follows if they deliver half, as promised, or more."""
    lines = []
    for part in parts:
        name = part.title.get(fmt.lang) or next(iter(part.title.values()))
        lines.append(fmt.say("office.plan.part", name=name, units=fmt.exact(part.units), by=fmt.by(part.date)))
    for one in totals:
        words = {"by": fmt.by(one.date), "parts": fmt.exact(one.parts), "whole": fmt.exact(one.whole)}
        short = abs(one.gap) > 1e-9 * one.whole
        words |= {"gap": fmt.exact(abs(one.gap))} if short else {}
        lines.append(fmt.say("office.plan.gap" if short else "office.plan.adds_up", **words))
    for one_share in given:
        words = {"share": fmt.percent(one_share.share, certain=True), "path": fmt.percent(one_share.path)}
        words |= {"levels": fmt.path(one_share.levels), "likely": fmt.percent(one_share.likely)}
        key = "reaches" if all(one_share.reached) else "misses"
        lines += [fmt.say(f"office.plan.{key}", **words), "  " + fmt.say("office.plan.chances", **words)]
    return lines


def register_tables(fmt: Format, lines: Sequence[Mapping[str, Any]]) -> list[Table]:
    """What a register holds: every miss of a chance above one half and every success below it, then all chances."""
    sealed = {line["sha256"]: line for line in lines if line["kind"] == "verdict"}
    ends = {(line["of"], line["date"], line["target"]): line for line in lines if line["kind"] == "outcome"}
    every, wrong = [], []
    for number, line in sealed.items():
        for said in line["milestones"]:
            end = ends.get((number, said["date"], said["target"]))
            became = fmt.say("office.register.page.open")
            if end is not None:
                key = "office.register.page.met" if end["met"] else "office.register.page.missed"
                became = fmt.say(key, value=fmt.exact(end["value"]))
            row = (line["programme"], fmt.short_day(line["vintage"]), fmt.exact(said["target"]),
                   fmt.brief_date(said["date"]), fmt.percent(said["chance"]), became, number[:12])  # fmt: skip
            every.append(row)
            if end is not None and (said["chance"] > EVEN) != end["met"]:
                wrong.append(row)
    names = ("programme", "vintage", "target", "by", "chance", "became", "seal")
    head = tuple(fmt.say(f"office.register.page.{name}") for name in names)
    tables = [("wrong", wrong), ("every", every)]
    return [
        Table(fmt.say(f"office.register.page.{k}"), head, tuple(rows), frozenset({2, 4})) for k, rows in tables if rows
    ]


def score_line(fmt: Format, lines: Iterable[dict[str, Any]]) -> str:
    """The Brier score of a register over what is settled."""
    score, count = brier(lines)
    if score is None:
        return fmt.say("office.register.unsettled")
    return fmt.say("office.register.score", score=fmt.number(score, 3), n=fmt.number(count))


def cut_word(fmt: Format, cut: float) -> str:
    """The word of a verdict that has just reached a cut-off."""
    return fmt.say("office.next.even" if cut == EVEN else f"class.{probability_class(cut)}")


def next_sentence(fmt: Format, wires: Iterable[TripWire], day: str, chance: float) -> str:
    """The next count in one sentence: from which level on the verdict gets better, below which it gets worse."""
    known = [(wire.chance, wire.level) for wire in wires if wire.level is not None]
    up = next(((cut, level) for cut, level in known if cut > chance), None)
    down = next(((cut, level) for cut, level in reversed(known) if cut <= chance and cut != EVEN), None)
    words = {"day": fmt.day(day)}
    if up is not None:
        words |= {"high": fmt.exact(up[1]), "good": cut_word(fmt, up[0])}
    if down is not None:
        words |= {"low": fmt.exact(down[1]), "bad": fmt.say(f"class.{probability_class(down[0] - 1e-9)}")}
    key = "both" if up and down else "up" if up else "down" if down else "none"
    return fmt.say(f"office.next.{key}", **words)


def moved_sentence(fmt: Format, change: Change) -> str:
    """From which chance to which, since when, and the change that moved it most."""
    first, second = (fmt.percent(rounded(p)) for p in (change.before, change.after))
    day = fmt.day(change.vintages[0])
    if not change.bars:
        return fmt.say("office.moved.none", day=day)
    text = fmt.say("office.moved.text", day=day, before=first, after=second)
    most = max(change.bars, key=lambda bar: abs(bar.points))
    if abs(most.points) < WORTH_SAYING:
        return text
    said = fmt.say("office.moved.most", what=bar_words(fmt, most), points=points(fmt, most))
    return f"{text} {said}"


def earlier_sentence(fmt: Format, targets: pd.DataFrame) -> str:
    """How many earlier targets of a programme were met, missed, and are not settled."""
    counts = {name: int((targets["status"] == name).sum()) for name in ("met", "missed", "open")}
    return fmt.counted("office.earlier", len(targets), **{name: fmt.number(n) for name, n in counts.items()})


def earlier_table(fmt: Format, targets: pd.DataFrame, urls: Mapping[str, str]) -> Table:
    """Earlier targets as a table; `urls` holds the page of each row of the ledger."""
    rows = []
    for row in records(targets):
        stated = link(urls[row.ids[0]], fmt.short_day(row.stated_on))
        became = (
            {"value": fmt.exact(row.outcome), "day": fmt.short_day(row.outcome_date)} if row.status != "open" else {}
        )
        if row.status == "missed":
            became["short"] = fmt.percent(row.short)
        rows.append((
            fmt.exact(row.target), fmt.brief_date(row.target_date), stated, fmt.joined(map(fmt.body, row.bodies)),
            fmt.number(row.times), fmt.say(f"office.earlier_word.{row.status}", **became),
        ))  # fmt: skip
    columns = ("target", "by", "stated", "bodies", "times", "became")
    head = tuple(fmt.say(f"office.earlier_column.{name}") for name in columns)
    return Table(fmt.say("office.earlier_table"), head, tuple(rows), frozenset({4}))


def wire_table(fmt: Format, wires: Iterable[TripWire], day: str) -> Table:
    """The trip-wires of a day as a table."""
    rows = []
    for wire in wires:
        word = cut_word(fmt, wire.chance)
        level = fmt.exact(wire.level) if wire.level is not None else fmt.say(
            "office.wire_word.always" if wire.likely else "office.wire_word.never")  # fmt: skip
        rows.append((f"{word} ({fmt.percent(wire.chance)})", level, fmt.percent(rounded(wire.likely))))
    head = tuple(fmt.say(f"office.wire_column.{name}") for name in ("word", "level", "likely"))
    return Table(fmt.say("office.wire_table", day=fmt.day(day)), head, tuple(rows), frozenset({1, 2}))
