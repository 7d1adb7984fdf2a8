"""The track record: what would have been said at each date, whether chances come true, whether ranges hold."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from jalur.charts import parts
from jalur.charts.curves import LINES, TONES, direct
from jalur.charts.parts import BAND50, BAND80, BLUE, GREY, INK, OTHER, PAPER, RULE, TARGET, Chart, note
from jalur.dates import decimal_year as year
from jalur.verdict.model import ruled_out, sure
from jalur.words.format import Format, Scale

ROOM = 2.4  # ranges are cut off at this many times the highest target or outcome
PANELS = 3  # as many targets as stand side by side; of a longer path the last ones
WIDE, NARROW, LEFT = 174.0, 92.0, 33.0  # mm


def shown_targets(record: pd.DataFrame) -> list[tuple[str, float]]:
    """The targets that get a panel: (date, units), in the order of their dates."""
    pairs = sorted({(str(d), float(x)) for d, x in zip(record["date"], record["target"], strict=True)})
    return pairs[-PANELS:]


def cell(record: pd.DataFrame, vintage: str, day: str, target: float) -> pd.Series | None:
    """The row of a vintage and a target; None where there is none."""
    rows = record[(record["vintage"] == vintage) & (record["date"] == day) & (record["target"] == target)]
    return rows.iloc[0] if len(rows) else None


def decided(row: pd.Series) -> bool:
    """Whether the outcome had been published when the projection was made: nothing was left to project."""
    if row["ahead"] or pd.isna(row["probability"]):
        return False
    reported = row.get("outcome_reported")
    if reported is not None and pd.notna(reported):
        return bool(pd.Timestamp(reported) <= pd.Timestamp(row["vintage"]))
    return sure(row["probability"]) or ruled_out(row["probability"])


@parts.styled
def record_chart(record: pd.DataFrame, fmt: Format, vintage: str = "", narrow: bool = False) -> Chart:
    """Ranges projected at each date, one panel for each target, all on one scale, beside the outcome.

    Parameters
    ----------
    record : DataFrame
        As `jalur.record.replay.replay` gives it: one row a vintage and milestone; a column outcome_reported (day of the
        report) says from when an outcome was known.
    fmt : Format
    vintage : str
        The vintage of the brief; its row is set on white.
    narrow : bool
        Panels below one another.

    Returns
    -------
    figure, alt text
    """
    targets, vintages = shown_targets(record), sorted(set(record["vintage"]))
    scale, low, high = _range(record, fmt)
    rows, n = len(vintages), len(targets)
    row_mm, side, gap = 4.9, 9.0, 4.0
    panel_h = row_mm * (rows + 1.5)
    if narrow:
        fig = parts.figure(NARROW, n * (panel_h + 8.5) - 5)
        boxes = [(LEFT, (n - 1 - k) * (panel_h + 8.5) + 2.6, NARROW - LEFT - 13.5, panel_h) for k in range(n)]
    else:
        fig = parts.figure(WIDE, panel_h + 3.6)
        width = (WIDE - LEFT - n * (side + gap)) / n
        boxes = [(LEFT + k * (width + side + gap), 2.6, width, panel_h) for k in range(n)]
    fig.patch.set_alpha(0)
    w, h = fig.get_size_inches() * 25.4
    for k, ((day, target), (x, y, wide, tall)) in enumerate(zip(targets, boxes, strict=True)):
        ax = fig.add_axes((x / w, y / h, wide / w, tall / h))
        ax.set(xlim=(low, high), ylim=(-1.15, rows - 0.1 + 0.25))
        parts.bare(ax)
        first = narrow or k == 0
        reach = (-(LEFT - 1) / wide if first else -gap / wide, 1 + side / wide)
        _panel_head(ax, day, target, rows, fmt, reach)
        _outcome(ax, record, day, target, rows, scale, fmt, first, reach)
        for level, when in zip(range(rows - 1, -1, -1), vintages, strict=True):
            row = cell(record, when, day, target)
            _row(ax, row, when, level, when == vintage, first, reach, fmt)
    return fig, _alt(record, targets, vintages, scale, (low, high), fmt)


def _range(record: pd.DataFrame, fmt: Format) -> tuple[Scale, float, float]:
    known = [float(x) for x in record["target"]] + [float(x) for x in record["outcome_value"].dropna()]
    scale = fmt.scale(max(known))
    shown = record[record["probability"].notna()]
    lows, highs = [float(x) for x in shown["low_90"].dropna()], [float(x) for x in shown["high_90"].dropna()]
    high = max(known + [min(x, ROOM * max(known)) for x in highs])
    low = max(min(known + lows), 0.0)
    pad = 0.03 * (high - low or high)
    return scale, max(low - pad, 0.0), high + 4 * pad  # the words at the right keep clear of the marks


def _panel_head(ax: Axes, day: str, target: float, rows: int, fmt: Format, reach: tuple[float, float]) -> None:
    top = rows - 0.3
    ax.vlines(target, -0.5, top, color=TARGET, lw=0.7, zorder=1.6, clip_on=False)
    parts.diamond(ax, target, top, ms=5.4, mew=0)
    words = fmt.say("record.target", target=fmt.exact(target), when=fmt.brief_date(day))
    _beside(ax, words, target, top, reach, color=TARGET, fontweight="bold")


def _beside(ax: Axes, words: str, x: float, y: float, reach: tuple[float, float], **look: Any) -> None:
    """Words to the right of a mark, or to its left where the panel ends."""
    label = note(ax, words, (x, y), dx=6, ha="left", **look)
    size = label.get_window_extent(parts.renderer_of(ax.figure)).width
    right = ax.transAxes.transform((reach[1], 0))[0]
    if ax.transData.transform((x, 0))[0] + 6 * ax.figure.dpi / 72 + size > right:
        label.set(ha="right", position=(-6, 0))


def _outcome(
    ax: Axes,
    record: pd.DataFrame,
    day: str,
    target: float,
    rows: int,
    scale: Scale,
    fmt: Format,
    first: bool,
    reach: tuple[float, float],
) -> None:
    row = record[(record["date"] == day) & (record["target"] == target)].iloc[-1]
    if first:
        note(ax, fmt.say("record.later"), (0, -1), dx=-6, side="y", ha="right", fontweight="bold", fontsize=6.6)
    if pd.isna(row["outcome_value"]):
        note(ax, "\u2013", (0.5, -1), side="y", ha="center", color=GREY)
        return
    value, near = float(row["outcome_value"]), row["outcome_rule"] in ("reference_figure", "other_figure")
    ax.vlines(value, -1, rows - 0.55, color=INK, lw=0.8, zorder=3, linestyles="-" if near else (0, (1, 1.6)))
    parts.circle(ax, value, -1, hollow=not near)
    exact = scale.number(value, 2 if scale.divisor >= 1e6 else None)
    words = exact if near else fmt.say("record.open", value=exact, date=fmt.short_month(row["outcome_date"]))
    _beside(ax, words, value, -1, reach, fontweight="bold" if near else "normal")


def _row(
    ax: Axes,
    row: pd.Series | None,
    when: str,
    level: int,
    ours: bool,
    first: bool,
    reach: tuple[float, float],
    fmt: Format,
) -> None:
    across = ax.get_yaxis_transform()
    ax.plot(reach, [level - 0.5] * 2, transform=across, color="#DED8C8", lw=0.6, zorder=0.5, clip_on=False)
    if ours:
        ax.add_patch(
            Rectangle(
                (reach[0], level - 0.5),
                reach[1] - reach[0],
                1,
                transform=across,
                color=PAPER,
                lw=0,
                zorder=0.4,
                clip_on=False,
            )
        )
    weight = "bold" if ours else "normal"
    if first:
        note(ax, fmt.short_day(when), (0, level), dx=-6, side="y", ha="right", fontweight=weight)
    quiet: dict[str, Any] = {"side": "y", "ha": "right", "fontsize": 6.4, "color": "#5F594C"}
    at = reach[1] - 0.004
    if row is None or pd.isna(row["probability"]):
        note(ax, fmt.say("record.none"), (at, level), **quiet)
        return
    if decided(row):
        note(ax, fmt.say("record.known"), (at, level), **quiet)
        return
    low, high = ax.get_xlim()
    for a, b, colour in ((row["low_90"], row["high_90"], BAND80), (row["low_50"], row["high_50"], BAND50)):
        a, b = max(float(a), low), min(float(b), high)
        if b > a:
            parts.band(ax, a, b, level, 0.24, colour)
    if low <= row["median"] <= high:
        ax.vlines(row["median"], level - 0.24, level + 0.24, color=BLUE, lw=1.8, zorder=4)
    note(
        ax,
        fmt.percent(row["probability"]),
        (at, level),
        side="y",
        ha="right",
        fontsize=7.2,
        color=BLUE,
        fontweight=weight,
    )


def _alt(
    record: pd.DataFrame,
    targets: Sequence[tuple[str, float]],
    vintages: Sequence[str],
    scale: Scale,
    span: tuple[float, float],
    fmt: Format,
) -> str:
    said = [fmt.say("alt.record", low=scale.words(span[0]), top=scale.words(span[1]), rows=fmt.number(len(vintages)))]
    for day, target in targets:
        rows = [(when, cell(record, when, day, target)) for when in vintages]
        chances = "; ".join(
            f"{fmt.short_day(when)} {fmt.percent(row['probability'])}"
            for when, row in rows
            if row is not None and pd.notna(row["probability"])
        )
        name = fmt.say("record.target", target=fmt.exact(target), when=fmt.brief_date(day))
        said.append(fmt.say("alt.record_target", target=name, chances=chances or fmt.say("record.none")))
        last = rows[-1][1]
        if last is not None and pd.notna(last["outcome_value"]):
            said.append(
                fmt.say(
                    "alt.record_later",
                    value=scale.words(last["outcome_value"], 2 if scale.divisor >= 1e6 else None),
                    date=fmt.short_day(last["outcome_date"]),
                )
            )
    return " ".join(said)


@parts.styled
def reliability_chart(
    bins: Sequence[Mapping[str, Any]],
    fmt: Format,
    narrow: bool = False,
    *,
    parts_of: Sequence[Mapping[str, Any]] = (),
) -> Chart:
    """What was said against what happened; on the diagonal a chance means what it says.

    Parameters
    ----------
    bins : sequence of mapping
        said, happened (shares), cases, happened_95 (pair of shares, optional).
    parts_of : sequence of mapping
        The same for parts of the cases, such as single kinds of series: small dots that show their spread.
    """
    side = 92.0 if narrow else 104.0
    fig, ax = parts.canvas(side, side - 8, 13, 11, 7, 7)
    ax.set(xlim=(0, 100), ylim=(0, 100), xticks=[0, 20, 40, 60, 80, 100], yticks=[0, 20, 40, 60, 80, 100])
    ax.set_xticks([0, 20, 40, 60, 80, 100], ["0", "20", "40", "60", "80", "100"])
    ax.set_yticks([0, 20, 40, 60, 80, 100], ["0", "20", "40", "60", "80", "100"])
    ax.plot([0, 100], [0, 100], color=RULE, lw=1.2, zorder=1)
    note(ax, fmt.say("chart.said"), (0.5, 0), dy=-17, side="both", ha="center", va="top", color=GREY)
    note(ax, fmt.say("chart.happened"), (0, 1), dx=-24, dy=6, side="both", ha="left", va="bottom", color=GREY)
    said = []
    for b in parts_of:
        ax.plot([100 * b["said"]], [100 * b["happened"]], "o", color=OTHER, ms=2.2, mew=0, zorder=2.5, clip_on=False)
    for b in bins:
        if b.get("happened_95"):
            ax.vlines(
                100 * b["said"], 100 * b["happened_95"][0], 100 * b["happened_95"][1], color=BAND50, lw=2.4, zorder=2
            )
        ax.plot(
            [100 * b["said"]],
            [100 * b["happened"]],
            "o",
            color=BLUE,
            ms=5.5,
            mec="#FFFFFF",
            mew=0.7,
            zorder=4,
            clip_on=False,
        )
        cases = fmt.say("chart.cases", n=fmt.number(b["cases"]))
        said.append(f"{fmt.percent(b['said'])}: {fmt.percent(b['happened'])} ({cases})")
    labels = parts.Labels(ax)
    labels.block([100 * b["said"] for b in bins], [100 * b["happened"] for b in bins], 3.5)
    labels.block_line([(0, 0), (100, 100)], 0.8)
    for b in bins:
        if b.get("happened_95"):
            labels.block_line([(100 * b["said"], 100 * x) for x in b["happened_95"]], 1.5)
    labels.put(fmt.say("chart.ideal"), (93, 93), [(-4, 6, "right", "bottom"), (5, -8, "left", "top")], color=GREY)
    for b in bins:
        labels.put(
            fmt.say("chart.cases", n=fmt.number(b["cases"])),
            (100 * b["said"], 100 * b["happened"]),
            parts.AROUND,
            fontsize=6.4,
            color=GREY,
        )
    return fig, fmt.say("alt.reliability", parts="; ".join(said))


@parts.styled
def coverage_chart(
    rows: Sequence[tuple[str, float]],
    fmt: Format,
    nominal: float = 0.9,
    narrow: bool = False,
    *,
    parts_of: Sequence[Sequence[float]] = (),
) -> Chart:
    """Share of outcomes inside the nominal range, by method; the first row is ours.

    Parameters
    ----------
    rows : sequence of (name in words, share)
    nominal : float
        What the range promises.
    parts_of : sequence of sequence of float
        Of each row the shares in parts of the cases, such as single kinds of series: small dots that show their spread.
    """
    left = 36.0 if narrow else 46.0
    fig, ax = parts.canvas(92 if narrow else 124, 14 + 6.5 * len(rows), left, 5, 12, 7)
    ax.set(xlim=(0, 100), ylim=(-0.6, len(rows) - 0.4), yticks=[])
    ax.set_xticks([0, 25, 50, 75, 100], ["0", "25", "50", "75", "100"])
    ax.grid(axis="x")
    ax.spines["bottom"].set_visible(False)
    ax.tick_params(axis="x", length=0, pad=2)
    note(ax, fmt.say("chart.held"), (0, 1), dx=-left * 2.75, dy=6, side="both", ha="left", va="bottom", color=GREY)
    for y, one in zip(range(len(rows) - 1, -1, -1), parts_of, strict=False):
        ax.plot([100 * share for share in one], [y] * len(one), "o", color=INK, ms=1.8, mew=0, alpha=0.55, zorder=3,
                clip_on=False)  # fmt: skip
    for y, (name, share) in zip(range(len(rows) - 1, -1, -1), rows, strict=True):
        ours = y == len(rows) - 1
        parts.band(ax, 0, 100 * share, y, 0.26, BLUE if ours else OTHER)
        note(ax, name, (0, y), dx=-6, side="y", ha="right", fontweight="bold" if ours else "normal", fontsize=6.6)
        note(ax, fmt.percent(share), (1, y), dx=5, side="y", ha="left", fontweight="bold" if ours else "normal")
    ax.axvline(100 * nominal, color=INK, lw=1.0, zorder=4)
    note(
        ax,
        f"{fmt.say('chart.ideal')} {fmt.percent(nominal)}",
        (100 * nominal, 1),
        dy=1,
        side="x",
        ha="center",
        va="bottom",
        fontsize=6.4,
    )
    return fig, fmt.say("alt.coverage", parts="; ".join(f"{name}: {fmt.percent(share)}" for name, share in rows))


# comparisons

MOST_TIMES = 2.0  # ranges are cut off at this many times the target
LINE_WIDTH = 46  # characters of a programme's title on one line


@parts.styled
def course_chart(data: pd.DataFrame, fmt: Format, vintage: str = "") -> Chart:
    """Chances of each target and of the whole path, by the day on which they would have been given.

    Parameters
    ----------
    data : DataFrame
        vintage, date (of the target; missing for the whole path), target (units), probability (share).
    fmt : Format
    vintage : str
        A day that is marked.
    """
    years = [year(day) for day in data["vintage"]]
    first, last = min(years), max(years)
    fig, ax = parts.canvas(174, 66, 8, 6, 44, 5)
    pad = 0.03 * (last - first)
    ax.set(xlim=(first - pad, last + pad), ylim=(0, 100))
    ax.set_yticks([0, 25, 50, 75, 100], ["0%", "25%", "50%", "75%", "100%"])
    ax.tick_params(axis="y", labelleft=True, pad=2)
    parts.year_axis(ax, first - pad, last + pad)
    if vintage:
        ax.axvline(year(vintage), color=RULE, lw=0.9, zorder=1)
    ends, said = [], []
    whole = data["date"].isna()
    lines = [*data[~whole].groupby(["date", "target"]), *([(None, data[whole])] if whole.any() else [])]
    for k, (key, rows) in enumerate(lines):
        tone, style = (BLUE, "-") if key is None else (TONES[(k + 1) % len(TONES)], LINES[(k + 1) % len(LINES)])
        name = (
            fmt.say("nb.head.whole")
            if key is None
            else fmt.say("record.target", target=fmt.exact(key[1]), when=fmt.brief_date(key[0]))
        )
        xs, ys = [year(day) for day in rows["vintage"]], [100 * float(p) for p in rows["probability"]]
        ax.plot(xs, ys, color=tone, lw=2.0 if key is None else 1.2, linestyle=style, zorder=3)
        parts.circle(ax, xs, ys, colour=tone, ms=4.4)
        ends.append((name, ys[-1], tone))
        chances = ", ".join(
            f"{fmt.short_day(day)} {fmt.percent(float(p))}"
            for day, p in zip(rows["vintage"], rows["probability"], strict=True)
        )
        said.append(f"{name}: {chances}")
    direct(ax, ends, 100)
    return fig, fmt.say("alt.course", parts="; ".join(said))


@parts.styled
def ranges_chart(rows: Sequence[tuple[str, float, float, float, float]], fmt: Format) -> Chart:
    """Where each programme would stand on the date of its last target, as a multiple of that target.

    Parameters
    ----------
    rows : sequence of (title, low, middle, high, chance)
        90 % range and middle as shares of the target; the chance of the target.
    fmt : Format
    """
    step = 8.0
    fig, ax = parts.canvas(174, step * len(rows) + 14, 68, 9, 16, 5)
    ax.set(xlim=(0, MOST_TIMES), ylim=(-0.6, len(rows) - 0.4), yticks=[])
    marks = [0.0, 0.5, 1.0, 1.5, 2.0]
    ax.set_xticks(marks, [f"{fmt.number(100 * x)}%" for x in marks])
    ax.grid(axis="y", visible=False)
    ax.grid(axis="x")
    ax.spines["bottom"].set_visible(False)
    ax.tick_params(axis="x", length=0, pad=2)
    ax.axvline(1, color=TARGET, lw=1.0, zorder=2.5)
    parts.diamond(ax, 1, len(rows) - 0.4)
    note(ax, fmt.say("chart.target_share"), (0, 0), dy=-20, side="both", ha="left", color=GREY)
    said = []
    for y, (title, low, middle, high, p) in zip(range(len(rows) - 1, -1, -1), rows, strict=True):
        words = textwrap.fill(title, LINE_WIDTH)
        note(ax, words, (0, y), dx=-8, side="y", ha="right", fontsize=6.6, linespacing=1.15)
        parts.band(ax, min(low, MOST_TIMES), min(high, MOST_TIMES), y, 0.24, parts.BAND90)
        if high > MOST_TIMES:  # the range goes on: a mark that points to the right
            ax.plot(MOST_TIMES, y, marker=9, color=BLUE, ms=5, ls="", clip_on=False, zorder=4)
        if middle <= MOST_TIMES:
            ax.vlines(middle, y - 0.3, y + 0.3, color=BLUE, lw=1.8, zorder=3)
        note(ax, fmt.percent(p), (1, y), dx=9, side="y", ha="left", fontweight="bold")
        span = "\u2013".join(f"{fmt.number(100 * x)}%" for x in (low, high))
        said.append(f"{title}: {fmt.number(100 * middle)}% ({span}), {fmt.percent(p)}")
    return fig, fmt.say("alt.ranges", parts="; ".join(said))


NINETY = 1.6449  # the standard normal deviate that 5 % lie above


@parts.styled
def innovation_chart(data: pd.DataFrame, fmt: Format) -> Chart:
    """How far each figure was from what was expected of it: by date, and in order against an even spread.

    Parameters
    ----------
    data : DataFrame
        date, z (standard normal deviate), pit (probability integral transform).
    fmt : Format
    """
    fig = parts.figure(174, 68)
    ax = fig.add_axes((9 / 174, 8 / 68, 96 / 174, 50 / 68))
    years, reach = [year(day) for day in data["date"]], max(2.5, 1.1 * float(data["z"].abs().max()))
    pad = 0.04 * max(max(years) - min(years), 0.25)
    ax.set(xlim=(min(years) - pad, max(years) + pad), ylim=(-reach, reach))
    marks = [-2, -1, 0, 1, 2]
    ax.set_yticks(marks, [("+" if m > 0 else "") + fmt.number(m) for m in marks])
    ax.tick_params(axis="y", labelleft=True, pad=2)
    ax.axhspan(-NINETY, NINETY, color=parts.BAND90, lw=0, zorder=0)
    ax.axhline(0, color=GREY, lw=0.8, zorder=2)
    parts.year_axis(ax, min(years) - pad, max(years) + pad)
    parts.circle(ax, years, list(data["z"]), ms=4.4)
    note(ax, fmt.say("chart.innovation"), (0, 1), dy=6, side="both", ha="left", va="bottom", color=GREY)
    even = fig.add_axes((118 / 174, 8 / 68, 50 / 174, 50 / 68))
    ordered = sorted(float(p) for p in data["pit"])
    even.set(xlim=(0, 1), ylim=(0, 1))
    even.set_xticks([0, 0.5, 1], [f"{fmt.number(100 * x)}%" for x in (0, 0.5, 1)])
    even.set_yticks([0, 0.5, 1], [f"{fmt.number(100 * x)}%" for x in (0, 0.5, 1)])
    even.tick_params(axis="y", labelleft=True, pad=2)
    even.plot([0, 1], [0, 1], color=GREY, lw=0.8, zorder=2)
    parts.circle(even, [(k + 0.5) / len(ordered) for k in range(len(ordered))], ordered, ms=3.4)
    note(even, fmt.say("chart.even"), (0, 1), dy=6, side="both", ha="left", va="bottom", color=GREY)
    inside = int((data["z"].abs() <= NINETY).sum())
    said = fmt.say("alt.innovations", n=fmt.number(len(data)), held=fmt.number(inside),
                   low=fmt.number(float(data["z"].min()), 1), high=fmt.number(float(data["z"].max()), 1))  # fmt: skip
    return fig, said
