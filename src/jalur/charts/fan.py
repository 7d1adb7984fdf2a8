"""The simulated futures: the fan beside figures and targets, its light version, the day a target is reached.

The light version is plain SVG, drawn in a millisecond, for sliders, where the printed chart would take too long: same
grammar, colours and words, without the search for free places.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd
from markupsafe import Markup
from matplotlib.axes import Axes

from jalur.charts import parts
from jalur.charts.parts import (
    BAND50,
    BAND80,
    BAND90,
    BLUE,
    GREY,
    INK,
    OTHER,
    PAPER,
    RULE,
    TARGET,
    Chart,
    note,
    scale_of,
    text_width,
    value_axis,
    year_axis,
)
from jalur.dates import decimal_year as year
from jalur.dates import records
from jalur.verdict.model import FanRow, Milestone, Verdict
from jalur.words.format import Format, Scale, capital

WIDTH, HEIGHT = 760, 330  # of the light chart, in pixels

LEFT, RIGHT, TOP, BOTTOM = 8, 74, 14, 62

BANDS = (("q05", "q95", BAND90), ("q10", "q90", BAND80), ("q25", "q75", BAND50))
FAN_ROOM = 2.4  # the fan may rise to this many times the highest target or figure before it is cut off


def room_above(verdict: Verdict, figures: pd.DataFrame) -> float:
    """Upper end of the value axis: room for everything, but not for a fan that runs off to the capacity."""
    known = max([m.target for m in verdict.milestones] + [float(v) for v in figures["value"]], default=1.0)
    fan = max([row.q95 for row in verdict.fan], default=0.0)
    return max(known, min(fan, FAN_ROOM * known)) * 1.06


@parts.styled
def fan_chart(
    verdict: Verdict,
    figures: pd.DataFrame,
    fmt: Format,
    narrow: bool = False,
    reference_source: str | None = None,
) -> Chart:
    """Published figures, fitted level, projection and official targets; the value axis starts at zero.

    Parameters
    ----------
    verdict : jalur.verdict.Verdict
        Without a fan (no probability) the figures and targets alone are drawn.
    figures : DataFrame
        The published figures used: as_of, value, decimals, qualifier, speaker_org.
    fmt : Format
    narrow : bool
    reference_source : str, optional
        The body whose figures are drawn in ink; the body with most figures where it is not given.

    Returns
    -------
    figure, alt text
    """
    v = verdict
    scale = scale_of(v, figures, fmt)
    tall = 68 - 2.5 * min(max(len(v.milestones) - 4, 0), 5)  # a long path needs the room for its table
    fig, ax = parts.canvas(92, 108, 0, 17.5, 11, 5) if narrow else parts.canvas(182, tall, 0, 17.5, 23, 4.5)
    cutoff, fan = year(v.vintage), v.fan
    starts = [year(d) for d in figures["as_of"]] or [cutoff - 0.5]
    starts += [year(m.date) for m in v.milestones]
    ends = [year(m.date) for m in v.milestones] + [year(row.date) for row in fan] + [cutoff, max(starts)]
    first, last = min(*starts, cutoff) - 0.07 * (max(ends) - min(starts)), max(ends)
    ax.set_xlim(first, last)
    ticks = value_axis(ax, room_above(v, figures), scale)
    year_axis(ax, first, last)

    if fan:
        dates = [year(row.date) for row in fan]
        path = {key: [getattr(row, key) for row in fan] for key in ("q05", "q10", "q25", "q50", "q75", "q90", "q95")}
        for low, high, colour in (("q05", "q95", BAND90), ("q10", "q90", BAND80), ("q25", "q75", BAND50)):
            ax.fill_between(dates, path[low], path[high], color=colour, lw=0, zorder=1.5)
        ax.plot(dates, path["q50"], "--", color=BLUE, zorder=4)
    fitted = [(year(row.date), row.level) for row in v.fitted]
    if fitted:
        ax.plot(*zip(*fitted, strict=True), "-", color=BLUE, zorder=3)
    ax.vlines(cutoff, 0, ticks[-1], color=GREY, lw=0.6, zorder=2)
    _figures(ax, figures, reference_source)
    for m in v.milestones:
        ax.vlines(year(m.date), 0, m.target, color=TARGET, lw=0.7, zorder=4, clip_on=False)
        parts.diamond(ax, year(m.date), m.target, zorder=4.6)  # a figure that equals its target stays visible on it
    _milestone_labels(ax, v.milestones, scale, fmt, narrow)
    if fan:
        _fan_ends(ax, fan[-1], v.milestones, scale, fmt, ticks[-1], narrow)
    _fan_labels(ax, v, figures, fitted, scale, fmt, narrow, reference_source)
    return fig, fan_alt(v, figures, scale, fmt, (first, last), ticks[-1])


def _looks(figures: pd.DataFrame, reference_source: str | None) -> dict[str, dict[str, Any]]:
    """Marks of the two bodies told apart: the reference in ink, the next most frequent hollow; others are grey."""
    counts = figures["speaker_org"].value_counts()
    order = sorted(counts.index, key=lambda body: (body != reference_source, -counts[body], body))
    return {body: look for body, look in zip(order, ({}, {"hollow": True}), strict=False)}


def _figures(ax: Axes, figures: pd.DataFrame, reference_source: str | None) -> None:
    looks = _looks(figures, reference_source)
    for body, group in sorted(figures.groupby("speaker_org"), key=lambda pair: pair[0] in looks):
        look = looks.get(str(body), {"colour": OTHER})
        floor = group[group["qualifier"] == "at_least"]
        if len(floor):
            parts.floor_mark(ax, [year(d) for d in floor["as_of"]], list(floor["value"]), look.get("colour", INK))
        parts.circle(ax, [year(d) for d in group["as_of"]], list(group["value"]), **look)


def _milestone_labels(ax: Axes, milestones: Sequence[Milestone], scale: Scale, fmt: Format, narrow: bool) -> None:
    """Deadline, target and chance under the axis, spread so that neighbours keep apart, each tied to its stem."""
    if not milestones:
        return
    width = ax.figure.canvas.get_width_height()[0] - 4
    inverse = ax.transData.inverted()
    for short in (False, True):
        rows = [_milestone_words(m, scale, fmt, narrow, short) for m in milestones]
        sizes = [max(text_width(ax, w, 7.6 if k else 6.8, bold=k > 0) for k, w in enumerate(row) if w) for row in rows]
        if sum(sizes) + 6 * len(sizes) <= width:
            break
    else:  # even short labels do not fit: the first and the last, and every other one between them
        keep = sorted({0, len(rows) - 1, *range(0, len(rows), max(2, int((sum(sizes) + 6 * len(sizes)) / width) + 1))})
        rows, sizes, milestones = [rows[k] for k in keep], [sizes[k] for k in keep], [milestones[k] for k in keep]
    wanted = [ax.transData.transform((year(m.date), 0))[0] for m in milestones]
    centres = parts.spread(wanted, sizes, 2, width + 2, gap=6)
    for (head, target, chance), want, centre in zip(rows, wanted, centres, strict=True):
        x = inverse.transform((centre, 0))[0]
        ax.annotate(
            "",
            (inverse.transform((want, 0))[0], 0),
            xytext=(x, -15.5),
            xycoords=ax.get_xaxis_transform(),
            textcoords=("data", "offset points"),
            annotation_clip=False,
            arrowprops={"arrowstyle": "-", "lw": 0.7, "color": TARGET, "shrinkA": 0, "shrinkB": 0},
        )
        bold: dict[str, Any] = {"fontsize": 7.6, "fontweight": "bold"}
        texts: tuple[tuple[str, float, dict[str, Any]], ...] = (
            (head, -17, {"color": GREY, "fontsize": 6.8}),
            (target, -27.5, {"color": TARGET, **bold}),
            (chance, -38.5, {"color": BLUE, **bold}),
        )
        for words, dy, look in texts:
            if words:
                note(ax, words, (x, 0), dy=dy, side="x", ha="center", va="top", **look)


def _milestone_words(m: Milestone, scale: Scale, fmt: Format, narrow: bool, short: bool) -> tuple[str, str, str]:
    year_end = m.date.endswith("12-31")
    head = fmt.brief_date(m.date) if short or not year_end else fmt.say("chart.by_end", year=m.date[:4])
    target = fmt.say("chart.goal", target=scale.trimmed(m.target) if short else fmt.exact(m.target))
    chance = "" if m.probability is None else fmt.percent(m.probability, certain=m.impossible)
    return head, target, chance if narrow or short or not chance else fmt.say("chart.chance", p=chance)


def _fan_ends(
    ax: Axes,
    final: FanRow,
    milestones: Sequence[Milestone],
    scale: Scale,
    fmt: Format,
    top: float,
    narrow: bool,
) -> None:
    """Values of the 90 % range and of the middle at the right end, kept apart."""
    rows = [(key, min(getattr(final, key), top)) for key in ("q05", "q50", "q95")]
    height = ax.transData.transform([(0, level) for _, level in rows])[:, 1]
    low, high = ax.transAxes.transform([(0, 0), (0, 1)])[:, 1]
    placed = parts.spread(list(height), [14.5] * 3, low, high + 7)
    for (key, _), y in zip(rows, placed, strict=True):
        words = scale.number(getattr(final, key), 0 if getattr(final, key) > top else None) + (
            f" {fmt.say('chart.middle')}" if key == "q50" and not narrow else ""
        )
        if getattr(final, key) > top:
            words = "\u2191\u00a0" + words
        look: dict[str, Any] = {"color": BLUE, "fontweight": "bold"} if key == "q50" else {"color": GREY}
        at = ax.transData.inverted().transform((0, y))[1]
        size = 7.4 if not narrow else 7.0 if len(words) < 7 else 6.0  # a long number still ends on the picture
        note(ax, words, (1, at), dx=7 if size > 6.0 else 4, side="y", fontsize=size, ha="left", **look)


def _fan_labels(
    ax: Axes,
    v: Verdict,
    figures: pd.DataFrame,
    fitted: Sequence[tuple[float, float]],
    scale: Scale,
    fmt: Format,
    narrow: bool,
    reference_source: str | None,
) -> None:
    """Labels inside the plot, most important first; each takes a place where it covers nothing."""
    cutoff, top, fan = year(v.vintage), ax.get_ylim()[1], v.fan
    labels = parts.Labels(ax)
    labels.block([year(d) for d in figures["as_of"]], list(figures["value"]))
    labels.block([year(m.date) for m in v.milestones], [m.target for m in v.milestones], 4.5)
    labels.block_line([(cutoff, 0), (cutoff, top)], 0.4)
    for m in v.milestones:
        labels.block_line([(year(m.date), 0), (year(m.date), m.target)], 0.4)
    if fitted:
        labels.block_line(fitted)
    if fan:
        labels.block_line([(year(r.date), r.q50) for r in fan])
    published = fmt.say("chart.published", cutoff=fmt.day(v.vintage))
    down = [(-4, -3 - 9 * k, "right", "top") for k in range(4)]
    if not labels.put(published, (cutoff, top), down):
        labels.put(fmt.say("chart.published_short"), (cutoff, top), down)
    if fan:
        labels.put(
            fmt.say("chart.projected"), (cutoff, top), [(4, -3 - 9 * k, "left", "top") for k in range(4)], color=BLUE
        )
        for low, high, words in (("q90", "q95", "90%"), ("q75", "q90", "80%"), ("q50", "q75", "50%")):
            for near in fan[-2 : -max(len(fan) // 3, 3) : -1]:
                middle = (getattr(near, low) + getattr(near, high)) / 2
                if middle < top and labels.put(
                    words, (year(near.date), middle), [(0, 0, "center", "center")], fontsize=6, margin=-0.3
                ):
                    break
        labels.block_line([(year(r.date), (r.q05 + r.q50) / 2) for r in fan], 0.5)
    if not len(figures):
        labels.put(
            fmt.say("chart.no_figures"),
            (cutoff, top / 2),
            [(-8, 0, "right", "center"), (8, 0, "left", "center")],
            color=GREY,
        )
        return
    final = figures.iloc[-1]
    words = fmt.say("chart.last", value=fmt.stated(final), date=fmt.day(final["as_of"]))
    rings = parts.rings()
    labels.put(words, (year(final["as_of"]), float(final["value"])), rings, leader=True)
    looks = _looks(figures, reference_source)
    for body in looks:
        rows = figures[figures["speaker_org"] == body].iloc[:-1] if len(figures) > 1 else figures.iloc[:0]
        if len(rows):
            middle = rows.iloc[2 * len(rows) // 3]
            labels.put(
                fmt.body(str(body)),
                (year(middle["as_of"]), float(middle["value"])),
                parts.rings(first=(315, 135) if body == next(iter(looks)) else (135, 315)),
                leader=True,
            )
    others = figures[~figures["speaker_org"].isin(list(looks))]
    if len(others) and not narrow:
        row = others.iloc[len(others) // 3]
        labels.put(fmt.say("chart.others"), (year(row["as_of"]), float(row["value"])), rings, leader=True)


def fan_alt(v: Verdict, figures: pd.DataFrame, scale: Scale, fmt: Format, span: tuple[float, float], top: float) -> str:
    """The fan chart in words: span, axis, figures, and middle and 90 % range at every target."""
    months = [*figures["as_of"], v.vintage, *(m.date for m in v.milestones)]
    days = sorted(pd.Timestamp(d) for d in months)
    said = [
        fmt.say(
            "alt.fan" if v.fan else "alt.fan_plain",
            **{"from": fmt.month(days[0]), "to": fmt.month(days[-1]), "top": scale.words(top, 0)},
        )
    ]
    if len(figures):
        first, last = figures.iloc[0], figures.iloc[-1]
        said.append(
            fmt.counted(
                "alt.figures",
                len(figures),
                first=fmt.stated(first),
                last=fmt.stated(last),
                day=fmt.day(last["as_of"]),
            )
            if len(figures) > 1
            else fmt.say("alt.figures.one", last=fmt.stated(last), day=fmt.day(last["as_of"]))
        )
    else:
        said.append(fmt.say("alt.no_figures"))
    for m in v.milestones:
        if m.median is None:
            said.append(fmt.say("alt.milestone_bare", day=fmt.day(m.date), target=fmt.exact(m.target)))
        else:
            said.append(
                fmt.say(
                    "alt.milestone",
                    day=fmt.day(m.date),
                    mid=scale.fitting(m.median).words(m.median),
                    span=scale.fitting(m.median).span(*m.interval_90),
                    target=fmt.exact(m.target),
                )
            )
    return " ".join(map(capital, said))


@parts.styled
def passage_chart(verdict: Verdict, fmt: Format, narrow: bool = False) -> Chart:
    """Share of the simulated futures that have reached the last target, by date; from 0 to 100 %."""
    v = verdict
    passage, deadline = v.first_passage, v.milestones[-1].date
    xs, ys = [year(d) for d, _ in passage.distribution], [100 * p for _, p in passage.distribution]
    xs, ys = (
        [min(year(v.vintage), xs[0]), *xs],
        [min(ys[0], 100 * 0.0 if xs[0] > year(v.vintage) else ys[0]), *ys],
    )
    fig, ax = parts.canvas(92, 76, 0, 6, 12, 9) if narrow else parts.canvas(150, 66, 0, 6, 14, 9)
    ax.set(xlim=(xs[0], xs[-1]), ylim=(0, 100), yticks=[25, 50, 75, 100])
    ax.tick_params(axis="y", labelleft=False)
    for y in (25, 50, 75, 100):
        note(ax, f"{y}%" if y == 100 else str(y), (0, y), dy=1.5, side="y", va="bottom", ha="left", color=GREY)
    year_axis(ax, xs[0], xs[-1])
    note(
        ax,
        fmt.say("chart.share", target=fmt.exact(passage.target)),
        (0, 1),
        dy=13,
        side="both",
        va="bottom",
        ha="left",
        color=GREY,
    )
    ax.plot(xs, ys, "--", color=BLUE, zorder=3)
    ax.fill_between(xs, 0, ys, color=BAND90, lw=0, zorder=1.5)
    ax.vlines(year(deadline), 0, 100, color=TARGET, lw=0.8, zorder=2)
    parts.diamond(ax, year(deadline), 0)
    labels = parts.Labels(ax)
    labels.block_line(list(zip(xs, ys, strict=True)))
    labels.block_line([(year(deadline), 0), (year(deadline), 100)], 0.6)
    beside = [(-5, -3 - 9 * k, "right", "top") for k in range(6)] + [(5, -3 - 9 * k, "left", "top") for k in range(6)]
    labels.put(fmt.brief_date(deadline), (year(deadline), 100), beside, color=TARGET, fontweight="bold")
    said = []
    for share in (0.25, 0.5, 0.75):
        day = passage.median if share == 0.5 else passage.interval_50[0 if share < 0.5 else 1]
        if day is None:
            continue
        at = year(day)
        if xs[0] <= at <= xs[-1]:
            ax.plot([at], [100 * share], "o", color=BLUE, ms=4, zorder=5)
            labels.put(fmt.short_month(day), (at, 100 * share), parts.AROUND[5:6] + parts.AROUND, color=BLUE)
        said.append(f"{100 * share:.0f}%: {fmt.month(day)}")
    note(ax, f"{fmt.number(ys[-1])}%", (1, ys[-1]), dx=5, side="y", ha="left", color=BLUE, fontweight="bold")
    said.append(f"{fmt.number(ys[-1])}%: {fmt.month(passage.horizon)}")
    return fig, fmt.say(
        "alt.passage",
        **{
            "target": fmt.exact(passage.target),
            "from": fmt.month(v.vintage),
            "to": fmt.month(passage.horizon),
            "parts": "; ".join(said),
        },
    )


CARD_DPI = 200
CARD_SIZE = (152.4, 80.01)  # mm; 1200 x 630 pixels


@parts.styled
def card_chart(verdict: Verdict, figures: pd.DataFrame, fmt: Format, question: str, sentence: str) -> Chart:
    """A card for a shared link: the question, the chance, the verdict in one sentence, and a small fan with targets.

    Parameters
    ----------
    verdict : jalur.verdict.Verdict
    figures : DataFrame
        The published figures used: as_of, value.
    fmt : Format
    question, sentence : str
        In words of the language.

    Returns
    -------
    figure, alt text
    """
    v, (width, height) = verdict, CARD_SIZE
    fig, ax = parts.canvas(width, height, 78, 9, 6, 30)
    days = [year(d) for d in figures["as_of"]] + [year(m.date) for m in v.milestones] + [year(r.date) for r in v.fan]
    top = room_above(v, figures)
    ax.set(xlim=(min(days, default=2020.0) - 0.1, max(days, default=2021.0) + 0.1), ylim=(0, top), yticks=[])
    ax.grid(False)
    year_axis(ax, *ax.get_xlim())
    for low, high, colour in BANDS if v.fan else ():
        lower, upper = ([min(getattr(r, q), top) for r in v.fan] for q in (low, high))
        ax.fill_between([year(r.date) for r in v.fan], lower, upper, color=colour, lw=0)
    if v.fan:
        ax.plot([year(r.date) for r in v.fan], [r.q50 for r in v.fan], color=BLUE, ls="--", lw=1.2)
    parts.circle(ax, [year(d) for d in figures["as_of"]], list(figures["value"]), ms=3.4)
    for m in v.milestones:
        parts.diamond(ax, year(m.date), m.target)
    lines = _wrapped(ax, question, 11.5, width - 12, bold=True)
    for k, line in enumerate(lines[:2]):
        fig.text(6 / width, 1 - (9 + 6.2 * k) / height, line, fontsize=11.5, fontweight="bold", color=INK)
    p = v.joint_probability
    large = "" if p is None else fmt.percent(p)
    fig.text(6 / width, 1 - 36 / height, large, fontsize=30, fontweight="bold", color=BLUE)
    start = 44 if large else 34
    for k, line in enumerate(_wrapped(ax, sentence, 7.6, 68)[:7]):
        fig.text(6 / width, 1 - (start + 4.1 * k) / height, line, fontsize=7.6, color=INK)
    known = f"jalur \u00b7 {fmt.say('page.known', cutoff=fmt.day(v.vintage))}"
    fig.text(6 / width, 4.5 / height, known, fontsize=6.6, color=GREY)
    scale = scale_of(v, figures, fmt)
    return fig, f"{question} {sentence} {fan_alt(v, figures, scale, fmt, ax.get_xlim(), top)}"


def _wrapped(ax: Axes, words: str, size: float, width: float, bold: bool = False) -> list[str]:
    """Words in lines of at most `width` mm."""
    lines: list[str] = []
    for word in words.split():
        longer = f"{lines[-1]} {word}" if lines else word
        fits = text_width(ax, longer, size, bold) <= width / 25.4 * ax.figure.dpi
        lines = [*lines[:-1], longer] if lines and fits else [*lines, word]
    return lines


def fan_svg(verdict: Verdict, figures: pd.DataFrame, fmt: Format, reference_source: str | None = None) -> Markup:
    """Published figures, projection and targets; the value axis starts at zero.

    Parameters
    ----------
    verdict : jalur.verdict.Verdict
    figures : DataFrame
        The published figures used: as_of, value, decimals, qualifier, speaker_org.
    fmt : Format
    reference_source : str, optional
        The body whose figures are drawn in ink; all of them where it is not given.

    Returns
    -------
    Markup
        An ``svg`` element with the chart in words as its label.
    """
    v = verdict
    scale, fan = scale_of(v, figures, fmt), v.fan
    known = [year(d) for d in figures["as_of"]] + [year(m.date) for m in v.milestones]
    cutoff = year(v.vintage)
    first, last = min([*known, cutoff - 0.5]) - 0.05, max([*known, cutoff, *(year(row.date) for row in fan)])
    ticks = parts.ticks_to(room_above(v, figures), about=5)
    top = ticks[-1]

    def x(when: Any) -> float:
        return LEFT + ((when if isinstance(when, float) else year(when)) - first) / (last - first) * (
            WIDTH - LEFT - RIGHT
        )

    def y(level: float) -> float:
        return HEIGHT - BOTTOM - min(level, top) / top * (HEIGHT - TOP - BOTTOM)

    drawn = [_rule(y(t), scale.trimmed(t) + (f"\u00a0{scale.word}" if t == top and scale.word else "")) for t in ticks]
    for low, high, colour in BANDS if fan else ():
        edge = [(x(r.date), y(getattr(r, low))) for r in fan] + [
            (x(r.date), y(getattr(r, high))) for r in reversed(fan)
        ]
        drawn.append(Markup('<polygon points="{}" fill="{}"/>').format(_points(edge), colour))
    if fan:
        middle = _points((x(r.date), y(r.q50)) for r in fan)
        dash = '<polyline points="{}" fill="none" stroke="{}" stroke-width="2" stroke-dasharray="6 4"/>'
        drawn.append(Markup(dash).format(middle, BLUE))
        ends = [(getattr(fan[-1], q), look) for q, look in _ends(fan[-1], y)]
        drawn += [_text(x(last) + 7, y(level), scale.number(level), look) for level, look in ends]
    drawn.append(_line(x(cutoff), y(0), x(cutoff), TOP, GREY))
    drawn.append(_text(x(cutoff) - 5, TOP + 8, fmt.say("chart.published", cutoff=fmt.day(v.vintage)), GREY, "end"))
    drawn += [
        Markup('<circle cx="{:.1f}" cy="{:.1f}" r="3.4" fill="{}" stroke="{}" stroke-width=".8"/>').format(
            x(row.as_of), y(row.value), INK if reference_source in (None, row.speaker_org) else OTHER, PAPER
        )
        for row in records(figures)
    ]
    drawn += [mark for m in v.milestones for mark in _milestone(m, x(m.date), y, fmt)]
    foot = HEIGHT - BOTTOM
    for t in _years(first, last):
        drawn += [
            _line(x(float(t)), foot, x(float(t)), foot + 6, GREY),
            _text(x(float(t)) + 3, foot + 12, str(t), GREY),
        ]
    words = fan_alt(v, figures, scale, fmt, (first, last), top)
    return Markup(
        '<svg viewBox="0 0 {} {}" role="img" aria-label="{}" xmlns="http://www.w3.org/2000/svg" '
        'style="max-width:{}px;width:100%;background:{};font:11px sans-serif">{}</svg>'
    ).format(WIDTH, HEIGHT, words, WIDTH, PAPER, Markup("").join(drawn))


def _points(pairs: Iterable[tuple[float, float]]) -> str:
    return " ".join(f"{a:.1f},{b:.1f}" for a, b in pairs)


def _line(x1: float, y1: float, x2: float, y2: float, colour: str) -> Markup:
    form = '<line x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}" stroke="{}" stroke-width=".8"/>'
    return Markup(form).format(x1, y1, x2, y2, colour)


def _text(x: float, y: float, words: str, colour: str, anchor: str = "start") -> Markup:
    form = '<text x="{:.1f}" y="{:.1f}" fill="{}" text-anchor="{}" dominant-baseline="middle">{}</text>'
    return Markup(form).format(x, y, colour, anchor, words)


def _rule(y: float, words: str) -> Markup:
    return _line(LEFT, y, WIDTH - RIGHT, y, RULE) + _text(LEFT, y - 7, words, GREY)


def _ends(final: FanRow, y: Any) -> list[tuple[str, str]]:
    """Which quantiles are written at the right end, and in which colour: those that keep clear of the middle."""
    clear = [q for q in ("q05", "q95") if abs(y(getattr(final, q)) - y(final.q50)) > 12]
    return [("q50", BLUE), *((q, GREY) for q in clear)]


def _milestone(m: Milestone, x: float, y: Any, fmt: Format) -> list[Markup]:
    """Stem, diamond, and under the axis the target and its chance."""
    chance = fmt.percent(m.probability) if m.probability is not None else ""
    side, foot = y(m.target), HEIGHT - BOTTOM
    diamond = [(x, side - 5.5), (x + 5.5, side), (x, side + 5.5), (x - 5.5, side)]
    return [
        _line(x, foot, x, side, TARGET),
        Markup('<polygon points="{}" fill="{}" stroke="{}"/>').format(_points(diamond), TARGET, PAPER),
        _text(x, foot + 28, fmt.exact(m.target), TARGET, "middle"),
        _text(x, foot + 44, chance, BLUE, "middle"),
    ]


def _years(first: float, last: float) -> Sequence[int]:
    whole = range(int(first) + 1, int(last) + 1)
    return whole if len(whole) <= 14 else whole[:: len(whole) // 7]


FUTURES_ACROSS = 5


@parts.styled
def futures_chart(
    futures: pd.DataFrame,
    figures: pd.DataFrame,
    targets: Sequence[tuple[str, float]],
    fmt: Format,
    falls: bool = False,
) -> Chart:
    """Simulated futures, one panel each, on one scale: what a chance is counted from.

    Parameters
    ----------
    futures : DataFrame
        future (number), date, level (units), met (whether it meets every target).
    figures : DataFrame
        as_of, value: the published figures, the same in each panel.
    targets : sequence of (date, units)
        Those that lie ahead. A filled diamond is met in that future, a hollow one missed.
    falls : bool
        Whether a level at or below a target meets it.
    fmt : Format
    """
    groups = [rows for _, rows in futures.groupby("future")]
    rows_ = -(-len(groups) // FUTURES_ACROSS)
    wide, tall, gap, head, foot, left = 30.0, 20.0, 3.5, 5.0, 4.5, 14.0
    width, height = left + FUTURES_ACROSS * (wide + gap), rows_ * (tall + head + foot) + 2
    fig = parts.figure(width, height)
    top = 1.04 * max(float(futures["level"].max()), max(target for _, target in targets))
    scale = fmt.scale(top)
    first, last = year(figures["as_of"].min()), max(year(day) for day in futures["date"])
    known_x, known_y = [year(day) for day in figures["as_of"]], [float(v) for v in figures["value"]]
    for k, rows in enumerate(groups):
        x = left + (k % FUTURES_ACROSS) * (wide + gap)
        y = height - (k // FUTURES_ACROSS + 1) * (tall + head + foot) + foot
        ax = fig.add_axes((x / width, y / height, wide / width, tall / height))
        ax.set(xlim=(first, last + 0.04 * (last - first)), ylim=(0, top))
        marks = [m for m in parts.ticks_to(top, 3) if m <= top]
        named = [*(scale.trimmed(m) for m in marks[:-1]), f"{scale.trimmed(marks[-1])} {scale.word}".rstrip()]
        ax.set_yticks(marks, named)
        ax.tick_params(axis="y", labelleft=k % FUTURES_ACROSS == 0, pad=2, labelsize=6)
        starts = [y for y in range(int(first) + 1, int(last) + 2) if y <= last + 1e-6]
        ax.set_xticks(starts, [str(y) if y % 2 == 0 else "" for y in starts])
        ax.tick_params(axis="x", labelsize=6, pad=1.5)
        ax.plot(known_x, known_y, "o", ms=1.2, color=INK, zorder=4)
        dates, levels = [year(day) for day in rows["date"]], [float(v) for v in rows["level"]]
        ax.plot([known_x[-1], *dates], [known_y[-1], *levels], color=BLUE, lw=1.2, linestyle=(0, (3.2, 1.4)), zorder=3)
        at = dict(zip(dates, levels, strict=True))
        for day, target in targets:
            met = at[year(day)] <= target if falls else at[year(day)] >= target
            parts.diamond(ax, year(day), target, ms=4.4, mec=TARGET, mfc=TARGET if met else PAPER, mew=0.8)
        word = fmt.say("chart.future_met" if bool(rows["met"].iloc[0]) else "chart.future_missed")
        note(ax, f"{k + 1}: {word}", (0, 1), dy=3, side="both", ha="left", va="bottom", fontsize=6.4)
    on_time = sum(bool(rows["met"].iloc[0]) for rows in groups)
    lowest, highest = (scale.words(float(x)) for x in _final_levels(groups))
    words = dict(n=fmt.number(len(groups)), met=fmt.number(on_time), low=lowest, high=highest)
    return fig, fmt.say("alt.futures", day=fmt.day(futures["date"].max()), **words)


def _final_levels(groups: Sequence[pd.DataFrame]) -> tuple[float, float]:
    """The lowest and the highest level with which a future ends."""
    last = [float(rows["level"].iloc[-1]) for rows in groups]
    return min(last), max(last)
