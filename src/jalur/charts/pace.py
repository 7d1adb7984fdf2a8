"""Rows of marks on one scale: the pace that a path asks for, and how far a choice or a new figure moves the chance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes

from jalur.charts import parts
from jalur.charts.parts import BAND50, BAND80, BLUE, GREY, INK, PAPER, RULE, TARGET, Chart, note, text_width
from jalur.dates import months_between
from jalur.monitor.changes import Change
from jalur.verdict.model import Verdict, rounded
from jalur.words import office
from jalur.words.format import Format, Scale
from jalur.words.sentences import projected_pace

MANY = 3  # stretches up to here have roomy rows; more of them stand closer, so that the brief keeps to two pages
ROOMY, CLOSE = (6.9, 9.2), (5.2, 6.2)  # height of a row in mm: of a published pace, of a stretch


def stages(verdict: Verdict) -> list[dict[str, Any]]:
    """What each target ahead asks for a month from the last figure, and what the projection gives from there.

    Both start from one level on one day, so that they can be compared. In units towards the target: of a level that is
    to fall, by how much it falls.
    """
    sign, last = verdict.sign, verdict.last_figure
    found = []
    for m in verdict.milestones:
        if m.required_monthly_additions is None or last is None:
            continue
        months, ends = months_between(last.date, m.date), m.interval_80
        found.append(
            {
                "date": m.date,
                "from": last.date,
                "target": m.target,
                "needed": sign * m.required_monthly_additions,
                "middle": projected_pace(verdict, m),
                "range": ends and tuple(sorted(sign * (end - last.value) / months for end in ends)),
            }
        )
    return found


def recent_pace(verdict: Verdict) -> tuple[tuple[int, str, float], ...]:
    """The published pace (months, since, units a month), in units towards the target."""
    return tuple((months, since, verdict.sign * pace) for months, since, pace in verdict.published_pace)


def pace_scale(verdict: Verdict, fmt: Format) -> Scale:
    """Magnitude for paces: thousands for programmes in millions, single units for small ones, points for shares."""
    v = verdict
    values = [pace for *_, pace in recent_pace(v)]
    values += [x for s in stages(v) for x in (s["needed"], s["middle"], *(s["range"] or ())) if x is not None]
    return fmt.pace_scale(values)


@parts.styled
def pace_chart(verdict: Verdict, fmt: Format, noun: str, narrow: bool = False) -> Chart:
    """Units added a month: published, asked for by each stretch of the path, projected; the axis includes zero.

    Parameters
    ----------
    verdict : jalur.verdict.Verdict
    fmt : Format
    noun : str
        What is counted, for the alt text.
    narrow : bool

    Returns
    -------
    figure, alt text
    """
    v, scale = verdict, pace_scale(verdict, fmt)
    ahead, recent = stages(v), recent_pace(v)
    projected = any(s["middle"] is not None for s in ahead)
    rows = len(recent) + len(ahead)
    values = [row[2] for row in recent] + [
        x for s in ahead for x in (s["needed"], s["middle"], *(s["range"] or ())) if x is not None
    ]
    low, high = min(0.0, *values, 0.0), max(*values, 0.0, 1e-9)
    left, right = 30 if narrow else 29, 16 if projected else 9
    row_mm = CLOSE if len(ahead) > MANY else ROOMY
    step_up = round(row_mm[0] / row_mm[1] - 0.01, 2)  # a row of a published pace, in rows of a stretch
    room = 7.5 + row_mm[0] * len(recent) + row_mm[1] * len(ahead)
    fig, ax = parts.canvas(92 if narrow else 108, max(room, 22), left, 5, right, 2)
    step = parts.nice_step(high - low)
    ticks = parts.ticks_to(high, low=low)
    ax.set_xlim(ticks[0] if low < 0 else 0, max(ticks[-1], high + 0.3 * step))
    ax.set_xticks(ticks, [scale.trimmed(x) for x in ticks])
    ax.set(ylim=(-0.12, step_up * len(recent) + len(ahead) + 0.14), yticks=[])
    ax.grid(axis="x")
    ax.spines["bottom"].set_visible(False)
    ax.tick_params(axis="x", length=0, pad=2)
    if low < 0:
        ax.axvline(0, color=INK, lw=0.8, zorder=1.6)
    y, said = ax.get_ylim()[1] - 0.34, []
    for months, _, value in recent:
        note(ax, fmt.say("chart.last_months", n=months), (0, y), dx=-6, side="y", ha="right")
        parts.circle(ax, value, y, ms=6)
        side = -1 if value < 0 else 1  # away from the line at zero
        note(ax, scale.number(value), (value, y), dx=6 * side, ha="left" if side > 0 else "right", fontweight="bold")
        said.append(fmt.say("alt.pace_recent", n=months, value=scale.words(value)))
        y -= step_up
    y -= 0.26 if recent else 0.3
    if ahead and projected and recent:
        note(
            ax,
            fmt.say("chart.ratio"),
            (1, y + 5.7 / row_mm[1]),
            dx=right * 2.6,
            side="y",
            ha="right",
            va="center",
            fontsize=6.2,
            color=GREY,
            linespacing=1.15,
        )
    for k, s in enumerate(ahead):
        final = k == len(ahead) - 1
        said.append(_stage_row(ax, s, y, final, scale, fmt, narrow, right))
        y -= 1.0
    head = fmt.say("alt.pace", low=scale.words(ax.get_xlim()[0]), top=scale.words(ticks[-1]), noun=noun)
    assert rows == len(said)
    return fig, " ".join([head, *said])


def stretch_name(row: Mapping[str, Any], fmt: Format) -> str:
    """Name of a stretch in a table or at an axis: the deadline it leads to."""
    when = row["date"]
    return (
        str(when[:4])
        if row["from"] and row["from"].endswith("12-31") and when.endswith("12-31")
        else fmt.say("chart.stretch_to", when=fmt.short_month(when))
    )


def _stage_row(
    ax: Axes, s: Mapping[str, Any], y: float, final: bool, scale: Scale, fmt: Format, narrow: bool, right: float
) -> str:
    weight, needed, middle = "bold" if final else "normal", s["needed"], s["middle"]
    name = stretch_name(s, fmt)
    note(ax, name, (0, y), dx=-6, side="y", ha="right", fontweight=weight)
    if middle is not None:
        low, high = s["range"]
        parts.band(ax, low, high, y, 0.2, BAND80)
        ax.vlines(middle, y - 0.2, y + 0.2, color=BLUE, lw=2, zorder=4, linestyles=(0, (1.6, 0.7)))
        ratio = fmt.say("chart.times", value=fmt.number(needed / middle, 1)) if middle > 0 and needed > 0 else "\u2013"
        note(ax, ratio, (1, y), dx=right * 2.6, side="y", ha="right", fontsize=7.6, fontweight=weight)
    parts.diamond(ax, needed, y)
    long = [
        fmt.say("chart.needed", value=scale.number(needed)),
        fmt.say("chart.projects", value=scale.number(middle)) if middle is not None else "",
    ]
    short = [scale.number(needed), scale.number(middle) if middle is not None else ""]
    pairs = [(long[0], short[1]), (short[0], short[1])] if narrow else [(long[0], long[1]), (short[0], short[1])]
    low_px, high_px = float(ax.transAxes.transform((0, 0))[0]) - 6.0, ax.figure.canvas.get_width_height()[0] - 2.0
    for words in pairs if final else pairs[1:]:
        spots = [(w, x, c) for w, x, c in ((words[0], needed, TARGET), (words[1], middle, BLUE)) if w and x is not None]
        sizes = [text_width(ax, w, 7.2, bold=True) for w, _, _ in spots]
        wanted = [float(ax.transData.transform((x, 0))[0]) for _, x, _ in spots]
        centres = parts.spread(wanted, sizes, low_px, high_px, gap=5)
        if all(abs(a - b) <= 22 for a, b in zip(wanted, centres, strict=True)) or words == pairs[-1]:
            break
    for (w, _, colour), centre in zip(spots, centres, strict=True):
        x = ax.transData.inverted().transform((centre, 0))[0]
        note(ax, w, (x, y + 0.2), dy=1, ha="center", va="bottom", fontsize=7.2, fontweight="bold", color=colour)
    if middle is None:
        return fmt.say("alt.pace_row_bare", row=name, needed=scale.words(needed))
    return fmt.say(
        "alt.pace_row",
        row=name,
        needed=scale.words(needed),
        projected=scale.words(middle),
        span=scale.span(*s["range"]),
    )


@parts.styled
def tornado_chart(
    bars: Sequence[tuple[str, float, float, str, str]], base: float, fmt: Format, target: float, narrow: bool = False
) -> Chart:
    """Swing of a chance for each choice about the evidence, widest first, around the verdict; from 0 to 100 %.

    Parameters
    ----------
    bars : sequence of (choice, low, high, name of the low end, name of the high end)
        In words of the language; chances as shares.
    base : float
        The verdict's own chance.
    target : float
        The milestone that the chances are of, in units.
    """
    left = 33.0 if narrow else 42.0
    fig, ax = parts.canvas(92 if narrow else 150, 17 + 10.5 * max(len(bars), 1), left, 5, 8, 11)
    ax.set(xlim=(0, 100), ylim=(-0.75, max(len(bars), 1) - 0.4), xticks=[0, 25, 50, 75, 100], yticks=[])
    ax.set_xticks([0, 25, 50, 75, 100], ["0", "25", "50", "75", "100"])
    ax.grid(axis="x")
    ax.spines["bottom"].set_visible(False)
    ax.tick_params(axis="x", length=0, pad=2)
    note(
        ax,
        fmt.say("chart.milestone_axis", target=fmt.exact(target)),
        (0, 1),
        dx=-left * 2.75,
        dy=12,
        side="both",
        ha="left",
        va="bottom",
        color=GREY,
    )
    ax.axvline(100 * base, color=BLUE, lw=1.2, zorder=4)
    note(
        ax,
        fmt.say("chart.base", p=fmt.percent(base)),
        (100 * base, 1),
        dy=3,
        side="x",
        ha="center",
        va="bottom",
        color=BLUE,
        fontweight="bold",
    )
    said = []
    for y, (choice, low, high, low_name, high_name) in zip(range(len(bars) - 1, -1, -1), bars, strict=True):
        parts.band(ax, 100 * low, 100 * base, y, 0.2, BAND80)
        parts.band(ax, 100 * base, 100 * high, y, 0.2, BAND50)
        note(ax, choice, (0, y), dx=-6, side="y", ha="right", fontsize=6.6)
        said.append(f"{choice}: {fmt.percent(low)} ({low_name or '–'}) \u2013 {fmt.percent(high)} ({high_name or '–'})")
    labels = parts.Labels(ax, margin=0.5)
    labels.block_line([(100 * base, -0.75), (100 * base, len(bars) - 0.4)], 0.4)
    for y, (_, low, high, low_name, high_name) in zip(range(len(bars) - 1, -1, -1), bars, strict=True):
        for share, name, dx in ((low, low_name, -3.0), (high, high_name, 3.0)):
            if abs(share - base) < 0.005:
                continue
            out, back = ("right", "left") if dx < 0 else ("left", "right")
            beside = [(dx, 0, out, "center"), (-dx, 0, back, "center")]  # inside the bar where the axis ends beside it
            labels.put(fmt.percent(share), (100 * share, y), beside, fontsize=6.8, fontweight="bold")
            under = [(0, -8.5, align, "top") for align in (out, "center", back)]
            if name and not narrow:  # a wide margin: small type is a little wider on paper than where it is measured
                labels.put(name, (100 * share, y), under, margin=3.0, fontsize=6, color=GREY)
    return fig, fmt.say("alt.tornado", target=fmt.exact(target), base=fmt.percent(base), parts="; ".join(said))


ROW_MM = 4.6  # height of a row of the waterfall
LONGEST = 60  # letters of a row's name that stand in the picture; its table and its alt text have all of them


@parts.styled
def waterfall_chart(change: Change, fmt: Format, narrow: bool = False) -> Chart:
    """From one chance to the other, one bar for each change, from 0 to 100 %.

    A rise is a filled bar, a fall an open one, and the number beside it has its sign: colour carries nothing alone.

    Parameters
    ----------
    change : jalur.monitor.Change
    fmt : Format
    narrow : bool
        For a phone: the names stand above their bars.

    Returns
    -------
    figure, alt text
    """
    days = [fmt.say("office.change.known", day=fmt.short_day(day)) for day in change.vintages]
    names = [office.bar_words(fmt, bar) for bar in change.bars]
    count = len(names) + 2
    step = 2 * ROW_MM if narrow else ROW_MM
    fig, ax = parts.canvas(*((92, step * count + 9, 3, 5) if narrow else (174, step * count + 9, 80, 5)), 12, 3)
    ax.set(xlim=(0, 100), ylim=(-0.6, count - 0.4), yticks=[])
    ax.set_xticks([0, 25, 50, 75, 100], ["0%", "25%", "50%", "75%", "100%"])
    ax.grid(axis="y", visible=False)
    ax.grid(axis="x")
    ax.tick_params(axis="x", length=0, pad=2)
    ax.spines["bottom"].set_visible(False)

    def name(words: str, y: float, **look: Any) -> None:
        short = words if len(words) <= LONGEST else words[: LONGEST - 1].rstrip() + "…"
        place: dict[str, Any] = {"dx": 0, "dy": 8.5, "ha": "left"} if narrow else {"dx": -6, "ha": "right"}
        note(ax, short, (0, y), side="y", fontsize=6.6, **place, **look)

    running, y = change.before, count - 1.0
    for day, chance, at in ((days[0], change.before, y), (days[1], change.after, 0.0)):
        name(day, at, fontweight="bold")
        parts.circle(ax, 100 * chance, at, ms=5.4)
        note(ax, fmt.percent(rounded(chance)), (100 * chance, at), dx=6, ha="left", fontweight="bold")
    for words, bar in zip(names, change.bars, strict=True):
        then = running + bar.points
        ax.vlines(100 * running, y - 1, y, color=RULE, lw=0.8, zorder=1)
        y -= 1
        name(words, y)
        low, high = sorted((100 * running, 100 * then))
        face, edge = (BLUE, BLUE) if bar.points > 0 else (PAPER, INK)
        ax.barh(y, high - low, 0.3 if narrow else 0.5, low, facecolor=face, edgecolor=edge, lw=0.8, zorder=2)
        note(ax, office.signed_points(fmt, bar), (high, y), dx=4, ha="left", fontsize=6.6)
        running = then
    ax.vlines(100 * running, 0, y, color=RULE, lw=0.8, zorder=1)
    said = "; ".join(f"{words}: {office.points(fmt, bar)}" for words, bar in zip(names, change.bars, strict=True))
    before, after = (fmt.day(day) for day in change.vintages)
    first, second = (fmt.percent(rounded(p)) for p in (change.before, change.after))
    if not said:
        return fig, fmt.say("office.change.alt_none", first=first, second=second, before=before, after=after)
    return fig, fmt.say("office.change.alt", first=first, second=second, before=before, after=after, parts=said)
