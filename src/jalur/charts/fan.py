"""The fan chart: published figures, fitted level, projection and official targets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from jalur.charts import parts
from jalur.charts.axes import plain, scale_of, value_axis, year_axis
from jalur.charts.parts import BAND50, BAND80, BAND90, BLUE, GREY, INK, OTHER, TARGET, Chart, note, text_width, year
from jalur.words.format import Format, Scale, capital

FAN_ROOM = 2.4  # the fan may rise to this many times the highest target or figure before it is cut off


def room_above(verdict: Mapping[str, Any], figures: pd.DataFrame) -> float:
    """Upper end of the value axis: room for everything, but not for a fan that runs off to the capacity."""
    known = max([m["target"] for m in verdict["milestones"]] + [float(v) for v in figures["value"]], default=1.0)
    fan = max([row["q95"] for row in verdict["fan"]], default=0.0)
    return max(known, min(fan, FAN_ROOM * known)) * 1.06


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
    tall = 68 - 2.5 * min(max(len(v["milestones"]) - 4, 0), 5)  # a long path needs the room for its table
    fig, ax = parts.canvas(92, 108, 0, 17.5, 11, 5) if narrow else parts.canvas(182, tall, 0, 17.5, 23, 4.5)
    cutoff, fan = year(v["vintage"]), v["fan"]
    starts = [year(d) for d in figures["as_of"]] or [cutoff - 0.5]
    starts += [year(m["date"]) for m in v["milestones"]]
    ends = [year(m["date"]) for m in v["milestones"]] + [year(row["date"]) for row in fan] + [cutoff, max(starts)]
    first, last = min(*starts, cutoff) - 0.07 * (max(ends) - min(starts)), max(ends)
    ax.set_xlim(first, last)
    ticks = value_axis(ax, room_above(v, figures), scale)
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
        parts.diamond(
            ax, year(m["date"]), m["target"], zorder=4.6
        )  # a figure that equals its target stays visible on it
    _milestone_labels(ax, v["milestones"], scale, fmt, narrow)
    if fan:
        _fan_ends(ax, fan[-1], v["milestones"], scale, fmt, ticks[-1], narrow)
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


def _milestone_labels(
    ax: Axes, milestones: Sequence[Mapping[str, Any]], scale: Scale, fmt: Format, narrow: bool
) -> None:
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
    wanted = [ax.transData.transform((year(m["date"]), 0))[0] for m in milestones]
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


def _milestone_words(
    m: Mapping[str, Any], scale: Scale, fmt: Format, narrow: bool, short: bool
) -> tuple[str, str, str]:
    year_end = m["date"].endswith("12-31")
    head = fmt.brief_date(m["date"]) if short or not year_end else fmt.say("chart.by_end", year=m["date"][:4])
    target = scale.trimmed(m["target"]) if short else fmt.exact(m["target"])
    chance = "" if m["probability"] is None else fmt.percent(m["probability"])
    return head, target, chance if narrow or short or not chance else fmt.say("chart.chance", p=chance)


def _fan_ends(
    ax: Axes,
    final: Mapping[str, Any],
    milestones: Sequence[Mapping[str, Any]],
    scale: Scale,
    fmt: Format,
    top: float,
    narrow: bool,
) -> None:
    """Values of the 90 % range and of the middle at the right end, kept apart."""
    rows = [(key, min(final[key], top)) for key in ("q05", "q50", "q95")]
    height = ax.transData.transform([(0, level) for _, level in rows])[:, 1]
    low, high = ax.transAxes.transform([(0, 0), (0, 1)])[:, 1]
    placed = parts.spread(list(height), [14.5] * 3, low, high + 7)
    for (key, _), y in zip(rows, placed, strict=True):
        words = scale.number(final[key], 0 if final[key] > top else None) + (
            f" {fmt.say('chart.middle')}" if key == "q50" and not narrow else ""
        )
        if final[key] > top:
            words = "\u2191\u00a0" + words
        look: dict[str, Any] = {"color": BLUE, "fontweight": "bold"} if key == "q50" else {"color": GREY}
        at = ax.transData.inverted().transform((0, y))[1]
        note(ax, words, (1, at), dx=7, side="y", fontsize=7.4 if not narrow else 7, ha="left", **look)


def _fan_labels(
    ax: Axes,
    v: Mapping[str, Any],
    figures: pd.DataFrame,
    fitted: Sequence[tuple[float, float]],
    scale: Scale,
    fmt: Format,
    narrow: bool,
    reference_source: str | None,
) -> None:
    """Labels inside the plot, most important first; each takes a place where it covers nothing."""
    cutoff, top, fan = year(v["vintage"]), ax.get_ylim()[1], v["fan"]
    labels = parts.Labels(ax)
    labels.block([year(d) for d in figures["as_of"]], list(figures["value"]))
    labels.block([year(m["date"]) for m in v["milestones"]], [m["target"] for m in v["milestones"]], 4.5)
    labels.block_line([(cutoff, 0), (cutoff, top)], 0.4)
    for m in v["milestones"]:
        labels.block_line([(year(m["date"]), 0), (year(m["date"]), m["target"])], 0.4)
    if fitted:
        labels.block_line(fitted)
    if fan:
        labels.block_line([(year(r["date"]), r["q50"]) for r in fan])
    published = fmt.say("chart.published", cutoff=fmt.day(v["vintage"]))
    down = [(-4, -3 - 9 * k, "right", "top") for k in range(4)]
    if not labels.put(published, (cutoff, top), down):
        labels.put(fmt.say("chart.published_short"), (cutoff, top), down)
    if fan:
        labels.put(
            fmt.say("chart.projected"), (cutoff, top), [(4, -3 - 9 * k, "left", "top") for k in range(4)], color=BLUE
        )
        for low, high, words in (("q90", "q95", "90%"), ("q75", "q90", "80%"), ("q50", "q75", "50%")):
            for near in fan[-2 : -max(len(fan) // 3, 3) : -1]:
                middle = (near[low] + near[high]) / 2
                if middle < top and labels.put(
                    words, (year(near["date"]), middle), [(0, 0, "center", "center")], fontsize=6, margin=-0.3
                ):
                    break
        labels.block_line([(year(r["date"]), (r["q05"] + r["q50"]) / 2) for r in fan], 0.5)
    if not len(figures):
        labels.put(
            fmt.say("chart.no_figures"),
            (cutoff, top / 2),
            [(-8, 0, "right", "center"), (8, 0, "left", "center")],
            color=GREY,
        )
        return
    final = figures.iloc[-1]
    words = fmt.say(
        "chart.last", value=fmt.published(final["value"], int(final["decimals"])), date=fmt.day(final["as_of"])
    )
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


def fan_alt(
    v: Mapping[str, Any], figures: pd.DataFrame, scale: Scale, fmt: Format, span: tuple[float, float], top: float
) -> str:
    """The fan chart in words: span, axis, figures, and middle and 90 % range at every target."""
    months = [*figures["as_of"], v["vintage"], *(m["date"] for m in v["milestones"])]
    days = sorted(pd.Timestamp(d) for d in months)
    said = [
        fmt.say(
            "alt.fan" if v["fan"] else "alt.fan_plain",
            **{"from": fmt.month(days[0]), "to": fmt.month(days[-1]), "top": scale.words(top, 0)},
        )
    ]
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
            else fmt.say(
                "alt.figures.one", last=fmt.published(last["value"], int(last["decimals"])), day=fmt.day(last["as_of"])
            )
        )
    else:
        said.append(fmt.say("alt.no_figures"))
    for m in v["milestones"]:
        if m["median"] is None:
            said.append(fmt.say("alt.milestone_bare", day=fmt.day(m["date"]), target=fmt.exact(m["target"])))
        else:
            said.append(
                fmt.say(
                    "alt.milestone",
                    day=fmt.day(m["date"]),
                    mid=scale.fitting(m["median"]).words(m["median"]),
                    span=scale.fitting(m["median"]).span(*m["interval_90"]),
                    target=fmt.exact(m["target"]),
                )
            )
    return " ".join(map(capital, said))
