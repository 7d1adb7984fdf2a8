"""Charts of the brief: the fan, the pace, the record of earlier projections, the definition gap.

Each function takes results (a verdict, published figures) and the format of a language and returns the figure and its
alt text in that language. ``narrow=True`` draws the phone version: same data, fewer words, 92 mm wide.
See `jalur.chart_parts` for the grammar of marks and colours.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from jalur import chart_parts as parts
from jalur.chart_parts import BAND50, BAND80, BAND90, BLUE, GREY, INK, OTHER, PAPER, RULE, TARGET, Chart, note, year
from jalur.wording import Format, Scale

FAN_ROOM = 2.4  # the fan may rise to this many times the highest target or figure before it is cut off


def plain(result: Any) -> Mapping[str, Any]:
    """A result as a mapping, whether it is a dataclass with `to_dict` or a mapping already."""
    return result if isinstance(result, Mapping) else result.to_dict()


def scale_of(verdict: Any, figures: pd.DataFrame, fmt: Format) -> Scale:
    """The magnitude in which levels of a programme are shown: that of its highest target or figure."""
    tops = [m["target"] for m in plain(verdict)["milestones"]] + [float(v) for v in figures["value"]]
    return fmt.scale(max(tops, default=1.0))


def _top(verdict: Mapping[str, Any], figures: pd.DataFrame) -> float:
    """Upper end of the value axis: room for everything, but not for a fan that runs off to the capacity."""
    known = max([m["target"] for m in verdict["milestones"]] + [float(v) for v in figures["value"]], default=1.0)
    fan = max([row["q95"] for row in verdict["fan"]], default=0.0)
    return max(known, min(fan, FAN_ROOM * known)) * 1.06


def year_axis(ax: Axes, first: float, last: float) -> None:
    """Year names in the middle of their year, ticks at its start; every second year where there is no room."""
    room = (ax.get_position().width * ax.figure.get_size_inches()[0] * 72) / max(last - first, 0.5)  # type: ignore[union-attr]
    ax.set(xticks=[y for y in range(int(first), int(last) + 2) if first <= y <= last + 1e-6], xticklabels=[])
    every = 1 if room > 24 else 2 if room > 13 else 4
    ax.tick_params(axis="x", labelbottom=False)
    for y in range(int(first), int(last) + 1):
        middle = (max(y, first) + min(y + 1, last)) / 2
        part = min(y + 1, last) - max(y, first)
        if y % every == 0 and part * room > 20:
            note(ax, str(y), (middle, 0), dy=-4, side="x", ha="center", va="top", color=GREY)
    if room > 150:  # a short axis: quarters as well
        quarters = [y + q / 4 for y in range(int(first), int(last) + 1) for q in (1, 2, 3)]
        ax.set_xticks([x for x in quarters if first <= x <= last], minor=True)
        ax.tick_params(axis="x", which="minor", length=2, color=GREY)


def value_axis(ax: Axes, top: float, scale: Scale) -> list[float]:
    """Rules from zero with their values above them at the left, the unit at the highest."""
    ticks = parts.ticks_to(top, about=5)
    ax.set_ylim(0, ticks[-1])
    ax.set_yticks(ticks[1:])
    ax.tick_params(axis="y", labelleft=False)
    for y in ticks[1:]:
        words = scale.trimmed(y) + (f"\u00a0{scale.word}" if y == ticks[-1] and scale.word else "")
        note(ax, words, (0, y), dy=1.5, side="y", va="bottom", ha="left", color=GREY)
    return ticks


@parts.styled
def fan_chart(
    verdict: Any,
    figures: pd.DataFrame,
    fmt: Format,
    narrow: bool = False,
    reference_source: str | None = None,
) -> Chart:
    """Published figures, fitted level, projection and official targets; the value axis starts at zero.

    Parameters
    ----------
    verdict : Verdict or mapping
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
    v = plain(verdict)
    scale = scale_of(v, figures, fmt)
    fig, ax = parts.canvas(92, 108, 0, 17.5, 11, 5) if narrow else parts.canvas(182, 68, 0, 17.5, 23, 4.5)
    cutoff, fan = year(v["vintage"]), v["fan"]
    starts = [year(d) for d in figures["as_of"]] or [cutoff - 0.5]
    starts += [year(m["date"]) for m in v["milestones"]]
    ends = [year(m["date"]) for m in v["milestones"]] + [year(row["date"]) for row in fan] + [cutoff, max(starts)]
    first, last = min(*starts, cutoff) - 0.07 * (max(ends) - min(starts)), max(ends)
    ax.set_xlim(first, last)
    ticks = value_axis(ax, _top(v, figures), scale)
    year_axis(ax, first, last)

    if fan:
        dates = [year(row["date"]) for row in fan]
        path = {key: [row[key] for row in fan] for key in fan[0] if key != "date"}
        for low, high, colour in (("q05", "q95", BAND90), ("q10", "q90", BAND80), ("q25", "q75", BAND50)):
            ax.fill_between(dates, path[low], path[high], color=colour, lw=0, zorder=1.5)
        ax.plot(dates, path["q50"], "--", color=BLUE, zorder=4)
    fitted = [(year(row["date"]), row["level"]) for row in v.get("fitted") or []]
    if fitted:
        ax.plot(*zip(*fitted, strict=True), "-", color=BLUE, zorder=3)
    ax.vlines(cutoff, 0, ticks[-1], color=GREY, lw=0.6, zorder=2)
    _figures(ax, figures, reference_source)
    for m in v["milestones"]:
        ax.vlines(year(m["date"]), 0, m["target"], color=TARGET, lw=0.7, zorder=4, clip_on=False)
        parts.diamond(ax, year(m["date"]), m["target"], zorder=4.6)  # a figure that equals its target stays visible on it
    _milestone_labels(ax, v["milestones"], scale, fmt, narrow)
    if fan:
        _fan_ends(ax, fan[-1], v["milestones"], scale, fmt, ticks[-1], narrow)
    _fan_labels(ax, v, figures, fitted, scale, fmt, narrow, reference_source)
    return fig, _fan_alt(v, figures, scale, fmt, (first, last), ticks[-1])


def _looks(figures: pd.DataFrame, reference_source: str | None) -> dict[str, dict[str, Any]]:
    """Marks of the two bodies that are told apart: the reference in ink, the next most frequent hollow; others are grey."""
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


def _milestone_labels(ax: Axes, milestones: Sequence[Mapping[str, Any]], scale: Scale, fmt: Format, narrow: bool) -> None:
    """Deadline, target and chance under the axis, spread so that neighbours keep apart, tied to their stem by a line."""
    if not milestones:
        return
    width = ax.figure.canvas.get_width_height()[0] - 4  # type: ignore[union-attr]
    inverse = ax.transData.inverted()
    for short in (False, True):
        rows = [_milestone_words(m, scale, fmt, narrow, short) for m in milestones]
        sizes = [max(_width(ax, w, 7.6 if k else 6.8, bold=k > 0) for k, w in enumerate(row) if w) for row in rows]
        if sum(sizes) + 6 * len(sizes) <= width:
            break
    else:  # even short labels do not fit: the first and the last, and every other one between them
        keep = sorted({0, len(rows) - 1, *range(0, len(rows), max(2, int((sum(sizes) + 6 * len(sizes)) / width) + 1))})
        rows, sizes, milestones = [rows[k] for k in keep], [sizes[k] for k in keep], [milestones[k] for k in keep]
    wanted = [ax.transData.transform((year(m["date"]), 0))[0] for m in milestones]
    centres = parts.spread(wanted, sizes, 2, width + 2, gap=6)
    for (head, target, chance), want, centre in zip(rows, wanted, centres, strict=True):
        x = inverse.transform((centre, 0))[0]
        ax.annotate(
            "", (inverse.transform((want, 0))[0], 0), xytext=(x, -15.5), xycoords=ax.get_xaxis_transform(),
            textcoords=("data", "offset points"), annotation_clip=False, arrowprops={"arrowstyle": "-", "lw": 0.7, "color": TARGET, "shrinkA": 0, "shrinkB": 0},
        )  # fmt: skip
        for words, dy, look in (
            (head, -17, {"color": GREY, "fontsize": 6.8}),
            (target, -27.5, {"color": TARGET, "fontsize": 7.6, "fontweight": "bold"}),
            (chance, -38.5, {"color": BLUE, "fontsize": 7.6, "fontweight": "bold"}),
        ):
            if words:
                note(ax, words, (x, 0), dy=dy, side="x", ha="center", va="top", **look)


def _milestone_words(m: Mapping[str, Any], scale: Scale, fmt: Format, narrow: bool, short: bool) -> tuple[str, str, str]:
    year_end = m["date"].endswith("12-31")
    head = fmt.brief_date(m["date"]) if short or not year_end else fmt.say("chart.by_end", year=m["date"][:4])
    target = scale.trimmed(m["target"]) if short else fmt.exact(m["target"])
    chance = "" if m["probability"] is None else fmt.percent(m["probability"])
    return head, target, chance if narrow or short or not chance else fmt.say("chart.chance", p=chance)


def _width(ax: Axes, words: str, size: float, bold: bool = False) -> float:
    probe = ax.text(0, 0, words, fontsize=size, fontweight="bold" if bold else "normal")
    width = probe.get_window_extent(ax.figure.canvas.get_renderer()).width  # type: ignore[union-attr]
    probe.remove()
    return float(width)


def _fan_ends(ax: Axes, final: Mapping[str, Any], milestones: Sequence[Mapping[str, Any]], scale: Scale, fmt: Format, top: float, narrow: bool) -> None:
    """Values of the 90 % range and of the middle at the right end, kept apart."""
    rows = [(key, min(final[key], top)) for key in ("q05", "q50", "q95")]
    height = ax.transData.transform([(0, level) for _, level in rows])[:, 1]
    low, high = ax.transAxes.transform([(0, 0), (0, 1)])[:, 1]
    placed = parts.spread(list(height), [14.5] * 3, low, high + 7)
    for (key, level), y in zip(rows, placed, strict=True):
        words = scale.number(final[key], 0 if final[key] > top else None) + (f" {fmt.say('chart.middle')}" if key == "q50" and not narrow else "")
        if final[key] > top:
            words = "\u2191\u00a0" + words
        look: dict[str, Any] = {"color": BLUE, "fontweight": "bold"} if key == "q50" else {"color": GREY}
        at = ax.transData.inverted().transform((0, y))[1]
        note(ax, words, (1, at), dx=7, side="y", fontsize=7.4 if not narrow else 7, ha="left", **look)


def _fan_labels(
    ax: Axes, v: Mapping[str, Any], figures: pd.DataFrame, fitted: Sequence[tuple[float, float]], scale: Scale, fmt: Format, narrow: bool, reference_source: str | None
) -> None:
    """Labels inside the plot, most important first; each takes a place where it covers nothing."""
    cutoff, top, fan = year(v["vintage"]), ax.get_ylim()[1], v["fan"]
    labels = parts.Labels(ax)
    labels.block([year(d) for d in figures["as_of"]], list(figures["value"]))
    labels.block([year(m["date"]) for m in v["milestones"]], [m["target"] for m in v["milestones"]], 4.5)
    labels.block_line([cutoff, cutoff], [0, top], 0.4)
    for m in v["milestones"]:
        labels.block_line([year(m["date"])] * 2, [0, m["target"]], 0.4)
    if fitted:
        labels.block_line(*zip(*fitted, strict=True))
    if fan:
        labels.block_line([year(r["date"]) for r in fan], [r["q50"] for r in fan])
    published = fmt.say("chart.published", cutoff=fmt.day(v["vintage"]))
    down = [(-4, -3 - 9 * k, "right", "top") for k in range(4)]
    if not labels.put(published, (cutoff, top), down):
        labels.put(fmt.say("chart.published_short"), (cutoff, top), down)
    if fan:
        labels.put(fmt.say("chart.projected"), (cutoff, top), [(4, -3 - 9 * k, "left", "top") for k in range(4)], color=BLUE)
        for low, high, words in (("q90", "q95", "90%"), ("q75", "q90", "80%"), ("q50", "q75", "50%")):
            for near in fan[-2 : -max(len(fan) // 3, 3) : -1]:
                middle = (near[low] + near[high]) / 2
                if middle < top and labels.put(words, (year(near["date"]), middle), [(0, 0, "center", "center")], fontsize=6, margin=-0.3):
                    break
        cut = [(year(row["date"]), row["q50"]) for row in fan]
        labels.block_line(*zip(*[(x, (row["q05"] + row["q50"]) / 2) for (x, _), row in zip(cut, fan, strict=True)], strict=True), 0.5)
    if not len(figures):
        labels.put(fmt.say("chart.no_figures"), (cutoff, top / 2), [(-8, 0, "right", "center"), (8, 0, "left", "center")], color=GREY)
        return
    final = figures.iloc[-1]
    words = fmt.say("chart.last", value=fmt.published(final["value"], int(final["decimals"])), date=fmt.day(final["as_of"]))
    rings = parts.rings()
    labels.put(words, (year(final["as_of"]), float(final["value"])), rings, leader=True)
    looks = _looks(figures, reference_source)
    for body in looks:
        rows = figures[figures["speaker_org"] == body].iloc[:-1] if len(figures) > 1 else figures.iloc[:0]
        if len(rows):
            middle = rows.iloc[2 * len(rows) // 3]
            labels.put(str(body), (year(middle["as_of"]), float(middle["value"])), parts.rings(first=(315, 135) if body == next(iter(looks)) else (135, 315)), leader=True)
    others = figures[~figures["speaker_org"].isin(list(looks))]
    if len(others) and not narrow:
        row = others.iloc[len(others) // 3]
        labels.put(fmt.say("chart.others"), (year(row["as_of"]), float(row["value"])), rings, leader=True)


def _fan_alt(v: Mapping[str, Any], figures: pd.DataFrame, scale: Scale, fmt: Format, span: tuple[float, float], top: float) -> str:
    months = [*figures["as_of"], v["vintage"], *(m["date"] for m in v["milestones"])]
    days = sorted(pd.Timestamp(d) for d in months)
    said = [fmt.say("alt.fan" if v["fan"] else "alt.fan_plain", **{"from": fmt.month(days[0]), "to": fmt.month(days[-1]), "top": scale.words(top, 0)})]
    if len(figures):
        first, last = figures.iloc[0], figures.iloc[-1]
        said.append(
            fmt.counted(
                "alt.figures",
                len(figures),
                first=fmt.published(first["value"], int(first["decimals"])),
                last=fmt.published(last["value"], int(last["decimals"])),
                day=fmt.day(last["as_of"]),
            )
            if len(figures) > 1
            else fmt.say("alt.figures.one", last=fmt.published(last["value"], int(last["decimals"])), day=fmt.day(last["as_of"]))
        )
    else:
        said.append(fmt.say("alt.no_figures"))
    for m in v["milestones"]:
        if m["median"] is None:
            said.append(fmt.say("alt.milestone_bare", day=fmt.day(m["date"]), target=fmt.exact(m["target"])))
        else:
            said.append(
                fmt.say("alt.milestone", day=fmt.day(m["date"]), mid=scale.words(m["median"]), span=scale.span(*m["interval_90"]), target=fmt.exact(m["target"]))
            )
    return " ".join(said)


def stages(verdict: Any) -> list[dict[str, Any]]:
    """The stretches of a path that lie ahead: what each asks for a month, and what the projection gives."""
    return [
        {
            "date": m["date"],
            "from": m["stage_from"],
            "target": m["target"],
            "needed": m["stage_required_monthly_additions"],
            "middle": m["stage_projected_monthly_additions"],
            "range": m["stage_projected_monthly_additions_80"],
        }
        for m in plain(verdict)["milestones"]
        if m["stage_required_monthly_additions"] is not None
    ]


def pace_scale(verdict: Any, fmt: Format) -> Scale:
    """Magnitude for paces: thousands for programmes in millions, single units for small ones."""
    v = plain(verdict)
    values = [row[2] for row in v["published_pace"]]
    values += [x for s in stages(v) for x in (s["needed"], s["middle"], *(s["range"] or ())) if x is not None]
    scale = fmt.scale(max((abs(x) for x in values), default=1.0))
    return Scale(fmt, scale.divisor, scale.word, 0 if scale.decimals == 0 or max((abs(x) for x in values), default=1) / scale.divisor >= 20 else 1)


@parts.styled
def pace_chart(verdict: Any, fmt: Format, noun: str, narrow: bool = False) -> Chart:
    """Units added a month: published, asked for by each stretch of the path, projected; the axis includes zero.

    Parameters
    ----------
    verdict : Verdict or mapping
    fmt : Format
    noun : str
        What is counted, for the alt text.
    narrow : bool

    Returns
    -------
    figure, alt text
    """
    v, scale = plain(verdict), pace_scale(verdict, fmt)
    ahead, recent = stages(v), v["published_pace"]
    projected = any(s["middle"] is not None for s in ahead)
    rows = len(recent) + len(ahead)
    values = [row[2] for row in recent] + [x for s in ahead for x in (s["needed"], s["middle"], *(s["range"] or ())) if x is not None]
    low, high = min(0.0, *values, 0.0), max(*values, 0.0, 1e-9)
    left, right = 30 if narrow else 29, 16 if projected else 9
    room = 7.5 + 6.9 * len(recent) + 9.2 * len(ahead)
    fig, ax = parts.canvas(92 if narrow else 108, max(room, 22), left, 5, right, 2)
    step = parts.nice_step(high - low)
    ticks = parts.ticks_to(high, low=low)
    ax.set_xlim(ticks[0] if low < 0 else 0, max(ticks[-1], high + 0.3 * step))
    ax.set_xticks(ticks, [scale.trimmed(x) for x in ticks])
    ax.set(ylim=(-0.12, 0.74 * len(recent) + 1.0 * len(ahead) + 0.14), yticks=[])
    ax.grid(axis="x")
    ax.spines["bottom"].set_visible(False)
    ax.tick_params(axis="x", length=0, pad=2)
    if low < 0:
        ax.axvline(0, color=INK, lw=0.8, zorder=1.6)
    y, said = ax.get_ylim()[1] - 0.34, []
    for months, _, value in recent:
        note(ax, fmt.say("chart.last_months", n=months), (0, y), dx=-6, side="y", ha="right")
        parts.circle(ax, value, y, ms=6)
        note(ax, scale.number(value), (value, y), dx=6, ha="left", fontweight="bold")
        said.append(fmt.say("alt.pace_recent", n=months, value=scale.words(value)))
        y -= 0.74
    y -= 0.26 if recent else 0.3
    if ahead and projected and recent:
        note(ax, fmt.say("chart.ratio"), (1, y + 0.62), dx=right * 2.6, side="y", ha="right", va="center", fontsize=6.2, color=GREY, linespacing=1.15)
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
    return str(when[:4]) if row["from"] and row["from"].endswith("12-31") and when.endswith("12-31") else fmt.say("chart.stretch_to", when=fmt.short_month(when))


def _stage_row(ax: Axes, s: Mapping[str, Any], y: float, final: bool, scale: Scale, fmt: Format, narrow: bool, right: float) -> str:
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
    long = [fmt.say("chart.needed", value=scale.number(needed)), fmt.say("chart.projects", value=scale.number(middle)) if middle is not None else ""]
    short = [scale.number(needed), scale.number(middle) if middle is not None else ""]
    pairs = [(long[0], short[1]), (short[0], short[1])] if narrow else [(long[0], long[1]), (short[0], short[1])]
    low_px, high_px = float(ax.transAxes.transform((0, 0))[0]) - 6.0, ax.figure.canvas.get_width_height()[0] - 2.0  # type: ignore[union-attr]
    for words in pairs if final else pairs[1:]:
        spots = [(w, x, c) for w, x, c in ((words[0], needed, TARGET), (words[1], middle, BLUE)) if w and x is not None]
        sizes = [_width(ax, w, 7.2, bold=True) for w, _, _ in spots]
        wanted = [float(ax.transData.transform((x, 0))[0]) for _, x, _ in spots]
        centres = parts.spread(wanted, sizes, low_px, high_px, gap=5)
        if all(abs(a - b) <= 22 for a, b in zip(wanted, centres, strict=True)) or words == pairs[-1]:
            break
    for (w, _, colour), centre in zip(spots, centres, strict=True):
        x = ax.transData.inverted().transform((centre, 0))[0]
        note(ax, w, (x, y + 0.2), dy=1, ha="center", va="bottom", fontsize=7.2, fontweight="bold", color=colour)
    if middle is None:
        return fmt.say("alt.pace_row_bare", row=name, needed=scale.words(needed))
    return fmt.say("alt.pace_row", row=name, needed=scale.words(needed), projected=scale.words(middle), span=scale.span(*s["range"]))


@parts.styled
def definition_chart(rows: Sequence[Mapping[str, Any]], fmt: Format, noun: str, narrow: bool = False) -> Chart:
    """Official count beside a survey, by year, from zero.

    Parameters
    ----------
    rows : sequence of mapping
        year, official, survey (single units; either may be None), known (published by the vintage), decimals.
    """
    scale = fmt.scale(max(x for row in rows for x in (row["official"], row["survey"]) if x is not None))
    height = 6 + 8.3 * len(rows)
    fig, ax = parts.canvas(92, height, 16, 1, 13, 5) if narrow else parts.canvas(66, height, 14, 1, 12, 5)
    n = len(rows)
    top = max(x for row in rows for x in (row["official"], row["survey"]) if x is not None)
    ax.set(xlim=(0, top * 1.04), ylim=(-0.5, n - 0.5))
    parts.bare(ax)
    for y, row in zip(range(n - 1, -1, -1), rows, strict=True):
        if not row["known"]:
            ground = Rectangle((-1, y - 0.5), 3, 1, transform=ax.get_yaxis_transform(), color=parts.LATER, lw=0, zorder=0, clip_on=False)
            ax.add_patch(ground)
        look: dict[str, Any] = {"fontweight": "bold"} if row["known"] else {"color": "#4A453A"}
        note(ax, str(row["year"]), (0, y), dx=-36, side="y", ha="left", **look)
        if row["official"] is not None and row["survey"] is not None:
            ax.hlines(y, row["survey"], row["official"], color=RULE, lw=2, zorder=1)
        if row["official"] is not None:
            parts.circle(ax, row["official"], y, ms=5.4)
            note(ax, scale.number(row["official"], row.get("decimals")), (row["official"], y), dx=5, ha="left", **look)
        if row["survey"] is not None:
            parts.circle(ax, row["survey"], y, hollow=True, ms=5.4)
            note(ax, scale.number(row["survey"], 1), (row["survey"], y), dx=-5, ha="right", **look)
    head = [x for x in (rows[0]["survey"], rows[0]["official"])]
    places = [(fmt.say("definition.survey"), head[0], {}), (fmt.say("definition.official"), head[1], {"fontweight": "bold"})]
    shown = [(w, x, k) for w, x, k in places if x is not None]
    sizes = [_width(ax, w, 6.6, bold=bool(k)) for w, _, k in shown]
    wanted = [float(ax.transData.transform((x, 0))[0]) for _, x, _ in shown]
    for (w, _, look), centre in zip(shown, parts.spread(wanted, sizes, 2, fig.canvas.get_width_height()[0] - 2, gap=12), strict=True):
        x = ax.transData.inverted().transform((centre, 0))[0]
        note(ax, w, (x, n - 0.5), dy=1, ha="center", va="bottom", fontsize=6.6, **look)
    said = "; ".join(
        f"{row['year']}: "
        + " / ".join("\u2013" if row[key] is None else scale.number(row[key], row.get("decimals") if key == "official" else 1) for key in ("official", "survey"))
        for row in rows
    )
    return fig, fmt.say("alt.definition", unit=scale.unit(noun), parts=said)
