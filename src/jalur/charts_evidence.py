"""Charts of the notebooks: evidence, fitted curves, capacity profile, first passage, tornado, reliability, coverage.

Same grammar of marks and colours as the brief (`jalur.chart_parts`). Each function takes results and the format of a
language and returns the figure and its alt text in that language.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from jalur import chart_parts as parts
from jalur.chart_parts import BAND50, BAND80, BAND90, BLUE, GREY, INK, OTHER, RULE, TARGET, Chart, note, year
from jalur.charts import plain, value_axis, year_axis
from jalur.wording import Format

LINES = ("-", (0, (6, 1.5)), (0, (1, 1)), (0, (4, 1, 1, 1)), (0, (8, 2, 2, 2)), (0, (2, 2)))
TONES = ("#0B4A7D", "#55606B", "#1A2026", "#7A5C00", "#6B3F78", "#2E6E5E")


def _direct(ax: Axes, ends: Sequence[tuple[str, float, str]], top: float, size: float = 7.0) -> None:
    """Names at the right end of lines, kept apart: (words, level, colour)."""
    heights = ax.transData.transform([(0, level) for _, level, _ in ends])[:, 1]
    low, high = ax.transAxes.transform([(0, 0), (0, 1)])[:, 1]
    for (words, _, colour), y in zip(ends, parts.spread(list(heights), [size * 1.9] * len(ends), low, high), strict=True):
        at = ax.transData.inverted().transform((0, y))[1]
        note(ax, words, (1, at), dx=6, side="y", ha="left", color=colour, fontsize=size)


@parts.styled
def evidence_chart(frame: pd.DataFrame, used: Sequence[str], fmt: Format, reference_source: str | None = None, milestones: Sequence[Any] = (), narrow: bool = False) -> Chart:
    """All published figures by date and issuing body, those not used as well; the value axis starts at zero.

    Filled circles are used, crosses are not; a bar is the rounding of a figure, a tick upwards "more than".

    Parameters
    ----------
    frame : DataFrame
        Rows of the ledger: id, as_of, value, decimals, qualifier, speaker_org.
    used : sequence of str
        Ids of the rows that the selection uses.
    fmt : Format
    reference_source : str, optional
        The body drawn in ink.
    milestones : sequence of mapping
        Targets to show as diamonds: date, target.
    narrow : bool

    Returns
    -------
    figure, alt text
    """
    frame = frame.sort_values(["as_of", "id"])
    tops = [float(x) for x in frame["value"]] + [float(m["target"]) for m in milestones]
    scale = fmt.scale(max(tops, default=1.0))
    fig, ax = parts.canvas(92, 96, 0, 12, 2, 5) if narrow else parts.canvas(182, 84, 0, 6, 30, 4.5)
    days = [year(d) for d in frame["as_of"]] + [year(m["date"]) for m in milestones]
    first, last = (min(days), max(days)) if days else (2020.0, 2021.0)
    pad = 0.04 * max(last - first, 0.5)
    ax.set_xlim(first - pad, last + pad)
    ticks = value_axis(ax, max(tops, default=1.0) * 1.06, scale)
    year_axis(ax, first - pad, last + pad)
    counts = frame["speaker_org"].value_counts()
    bodies = sorted(counts.index, key=lambda b: (b != reference_source, -counts[b], b))
    chosen = set(used)
    labels_at: list[tuple[str, pd.DataFrame, str]] = []
    for k, body in enumerate(bodies):
        group = frame[frame["speaker_org"] == body]
        colour = INK if k == 0 else TONES[0] if k == 1 else OTHER
        for is_used, rows in group.groupby(group["id"].isin(chosen)):
            xs, ys = [year(d) for d in rows["as_of"]], list(rows["value"])
            half = [0.5 * 10.0 ** -float(d) for d in rows["decimals"]]
            ax.vlines(xs, [max(y - h, 0) for y, h in zip(ys, half, strict=True)], [y + h for y, h in zip(ys, half, strict=True)], color=colour, lw=2.2, alpha=0.28, zorder=2)
            floor = rows[rows["qualifier"] == "at_least"]
            parts.floor_mark(ax, [year(d) for d in floor["as_of"]], list(floor["value"]), colour)
            if is_used:
                parts.circle(ax, xs, ys, hollow=k == 1, colour=colour)
            else:
                ax.plot(xs, ys, "x", color=colour, ms=4.2, mew=0.9, ls="", zorder=4, clip_on=False)
        if k < 3:
            labels_at.append((str(body), group, colour))
    for m in milestones:
        parts.diamond(ax, year(m["date"]), m["target"], zorder=3.5)
    labels = parts.Labels(ax)
    labels.block([year(d) for d in frame["as_of"]], list(frame["value"]))
    labels.block([year(m["date"]) for m in milestones], [m["target"] for m in milestones], 4)
    for body, group, colour in labels_at:
        order = group.iloc[np.argsort(np.abs(np.arange(len(group)) - 2 * len(group) / 3))]
        for row in order.head(8).itertuples():
            if labels.put(body, (year(row.as_of), float(row.value)), parts.rings(), leader=True, color=colour if colour != OTHER else GREY):
                break
    _legend(fig, ax, fmt, frame, chosen, narrow)
    alt = fmt.say(
        "alt.evidence",
        **{
            "n": fmt.number(len(frame)), "bodies": fmt.number(len(bodies)), "from": fmt.month(frame["as_of"].min()) if len(frame) else "\u2013",
            "to": fmt.month(frame["as_of"].max()) if len(frame) else "\u2013", "top": scale.words(ticks[-1], 0),
        },
    )  # fmt: skip
    return fig, alt


def _legend(fig: Any, ax: Axes, fmt: Format, frame: pd.DataFrame, used: set[str], narrow: bool) -> None:
    """Key of the marks at the right (below on a phone): used, not used, more than."""
    rows = [("o", fmt.say("chart.used")), ("x", fmt.say("chart.other_role"))]
    if (frame["qualifier"] == "at_least").any():
        rows.append((2, fmt.say("chart.at_least")))
    for k, (marker, words) in enumerate(rows):
        x, y = ((0.02 + 0.34 * k, -0.135) if narrow else (1.03, 0.94 - 0.08 * k))
        ax.plot([x], [y], marker=marker, color=INK, ms=4.6 if marker == "o" else 5, mew=0.9, ls="", transform=ax.transAxes, clip_on=False)
        note(ax, words, (x, y), dx=6, side="both", ha="left", fontsize=6.8, color=GREY)


@parts.styled
def curves_chart(figures: pd.DataFrame, fits: Mapping[str, Any], fmt: Format, until: Any, milestones: Sequence[Any] = (), narrow: bool = False) -> Chart:
    """Fitted growth curves through the published figures, drawn solid over the figures and dashed beyond them.

    Parameters
    ----------
    figures : DataFrame
        as_of, value.
    fits : mapping of str to FitResult
        Family -> fit, with ``predict(t)`` in decimal years giving units.
    until : date
        How far the curves are carried on.
    milestones : sequence of mapping
        Targets: date, target.
    """
    first, last, end = year(figures["as_of"].min()), year(figures["as_of"].max()), year(until)
    inside, beyond = np.linspace(first, last, 60), np.linspace(last, max(end, last + 0.01), 60)
    lines = {name: (np.asarray(fit.predict(inside)), np.asarray(fit.predict(beyond))) for name, fit in fits.items()}
    known = max([float(figures["value"].max()), *(float(m["target"]) for m in milestones)])
    top = max([known, *(min(float(np.max(b)), 1.7 * known) for _, b in lines.values())]) * 1.05
    scale = fmt.scale(top)
    fig, ax = parts.canvas(92, 88, 0, 6, 34, 5) if narrow else parts.canvas(182, 78, 0, 6, 42, 4.5)
    pad = 0.02 * (end - first)
    ax.set_xlim(first - pad, max(end, last) + pad)
    ticks = value_axis(ax, top, scale)
    year_axis(ax, first - pad, max(end, last) + pad)
    ends = []
    for k, (name, (a, b)) in enumerate(lines.items()):
        tone = TONES[k % len(TONES)]
        ax.plot(inside, a, "-", color=tone, lw=1.3, zorder=3)
        ax.plot(beyond, b, color=tone, lw=1.3, zorder=3, linestyle=(0, (3.2, 2.0)))
        ends.append((fmt.say(f"chart.curve.{name}"), min(float(b[-1]), ticks[-1]), tone))
    parts.circle(ax, [year(d) for d in figures["as_of"]], list(figures["value"]), ms=3.8)
    for m in milestones:
        parts.diamond(ax, year(m["date"]), m["target"])
    if ends:
        _direct(ax, ends, ticks[-1], 6.4 if narrow else 7)
    said = "; ".join(f"{fmt.say(f'chart.curve.{name}')}: {scale.words(float(b[-1]))}" for name, (_, b) in lines.items())
    return fig, fmt.say("alt.curves", **{"n": fmt.number(len(lines)), "from": fmt.month(figures["as_of"].min()), "to": fmt.month(until), "top": scale.words(ticks[-1], 0), "parts": said})


@parts.styled
def profile_chart(profiles: Mapping[str, tuple[Sequence[float], Sequence[float]]], fmt: Format, noun: str, narrow: bool = False) -> Chart:
    """How much worse the best fit gets as the ceiling is held at each value; a flat line means "not identified".

    Parameters
    ----------
    profiles : mapping of str to (ceilings, worsening)
        Family -> ceilings in units and the rise of the criterion (AICc) over its smallest value there.
    """
    xs = [float(x) for a, _ in profiles.values() for x in a]
    scale = fmt.scale(max(xs))
    top = max(4.0, min(max(float(y) for _, b in profiles.values() for y in b), 12.0))
    fig, ax = parts.canvas(92, 78, 9, 11, 28, 6) if narrow else parts.canvas(150, 68, 9, 11, 38, 6)
    ax.set(xscale="log", xlim=(min(xs), max(xs)), ylim=(0, top))
    marks = _log_ticks(min(xs), max(xs))
    ax.set_xticks(marks, [scale.trimmed(x) for x in marks])
    ax.minorticks_off()
    yt = parts.ticks_to(top, 4)
    ax.set_yticks([y for y in yt if y <= top], [fmt.number(y, 0 if float(y).is_integer() else 1) for y in yt if y <= top])
    ax.tick_params(axis="y", labelleft=True, pad=2)
    note(ax, fmt.say("chart.capacity_axis", unit=scale.unit(noun)), (0.5, 0), dy=-17, side="both", ha="center", va="top", color=GREY)
    note(ax, fmt.say("chart.fit_axis"), (0, 1), dx=-18, dy=6, side="both", ha="left", va="bottom", color=GREY)
    ends, said = [], []
    for k, (name, (a, b)) in enumerate(profiles.items()):
        tone = TONES[k % len(TONES)]
        ax.plot(a, b, color=tone, lw=1.4, linestyle=LINES[k % len(LINES)], zorder=3)
        ends.append((fmt.say(f"chart.curve.{name}"), min(float(b[-1]), top), tone))
        said.append(f"{fmt.say(f'chart.curve.{name}')}: {fmt.number(float(min(b)), 1)}\u2013{fmt.number(float(max(b)), 1)}")
    _direct(ax, ends, top)
    return fig, fmt.say("alt.profile", low=scale.words(min(xs)), high=scale.words(max(xs)), parts="; ".join(said))


def _log_ticks(low: float, high: float) -> list[float]:
    """1, 2, 5 times powers of ten within a range, thinned to seven at most."""
    powers = range(int(np.floor(np.log10(low))), int(np.ceil(np.log10(high))) + 1)
    marks = [m * 10.0**p for p in powers for m in (1, 2, 5) if low <= m * 10.0**p <= high]
    return marks[:: max(1, -(-len(marks) // 7))] or [low, high]


@parts.styled
def passage_chart(verdict: Any, fmt: Format, narrow: bool = False) -> Chart:
    """Share of the simulated futures that have reached the last target, by date; from 0 to 100 %."""
    v = plain(verdict)
    passage, deadline = v["first_passage"], v["milestones"][-1]["date"]
    xs, ys = [year(d) for d, _ in passage["distribution"]], [100 * p for _, p in passage["distribution"]]
    xs, ys = [min(year(v["vintage"]), xs[0]), *xs], [min(ys[0], 100 * 0.0 if xs[0] > year(v["vintage"]) else ys[0]), *ys]
    fig, ax = parts.canvas(92, 76, 0, 6, 12, 9) if narrow else parts.canvas(150, 66, 0, 6, 14, 9)
    ax.set(xlim=(xs[0], xs[-1]), ylim=(0, 100), yticks=[25, 50, 75, 100])
    ax.tick_params(axis="y", labelleft=False)
    for y in (25, 50, 75, 100):
        note(ax, f"{y}%" if y == 100 else str(y), (0, y), dy=1.5, side="y", va="bottom", ha="left", color=GREY)
    year_axis(ax, xs[0], xs[-1])
    note(ax, fmt.say("chart.share", target=fmt.exact(passage["target"])), (0, 1), dy=13, side="both", va="bottom", ha="left", color=GREY)
    ax.plot(xs, ys, "--", color=BLUE, zorder=3)
    ax.fill_between(xs, 0, ys, color=BAND90, lw=0, zorder=1.5)
    ax.vlines(year(deadline), 0, 100, color=TARGET, lw=0.8, zorder=2)
    parts.diamond(ax, year(deadline), 0)
    labels = parts.Labels(ax)
    labels.block_line(xs, ys)
    labels.block_line([year(deadline)] * 2, [0, 100], 0.6)
    beside = [(-5, -3 - 9 * k, "right", "top") for k in range(6)] + [(5, -3 - 9 * k, "left", "top") for k in range(6)]
    labels.put(fmt.brief_date(deadline), (year(deadline), 100), beside, color=TARGET, fontweight="bold")
    said = []
    for share in (0.25, 0.5, 0.75):
        day = passage["median"] if share == 0.5 else passage["interval_50"][0 if share < 0.5 else 1]
        if day is None:
            continue
        at = year(day)
        if xs[0] <= at <= xs[-1]:
            ax.plot([at], [100 * share], "o", color=BLUE, ms=4, zorder=5)
            labels.put(fmt.short_month(day), (at, 100 * share), parts.AROUND[5:6] + parts.AROUND, color=BLUE)
        said.append(f"{100 * share:.0f}%: {fmt.month(day)}")
    note(ax, f"{fmt.number(ys[-1])}%", (1, ys[-1]), dx=5, side="y", ha="left", color=BLUE, fontweight="bold")
    said.append(f"{fmt.number(ys[-1])}%: {fmt.month(passage['horizon'])}")
    return fig, fmt.say("alt.passage", **{"target": fmt.exact(passage["target"]), "from": fmt.month(v["vintage"]), "to": fmt.month(passage["horizon"]), "parts": "; ".join(said)})


@parts.styled
def tornado_chart(bars: Sequence[tuple[str, float, float, str, str]], base: float, fmt: Format, target: float, narrow: bool = False) -> Chart:
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
    ax.set(xlim=(0, 100), ylim=(-0.6, max(len(bars), 1) - 0.4), xticks=[0, 25, 50, 75, 100], yticks=[])
    ax.set_xticks([0, 25, 50, 75, 100], ["0", "25", "50", "75", "100"])
    ax.grid(axis="x")
    ax.spines["bottom"].set_visible(False)
    ax.tick_params(axis="x", length=0, pad=2)
    note(ax, fmt.say("chart.milestone_axis", target=fmt.exact(target)), (0, 1), dx=-left * 2.75, dy=12, side="both", ha="left", va="bottom", color=GREY)
    ax.axvline(100 * base, color=BLUE, lw=1.2, zorder=4)
    note(ax, fmt.say("chart.base", p=fmt.percent(base)), (100 * base, 1), dy=3, side="x", ha="center", va="bottom", color=BLUE, fontweight="bold")
    said = []
    for y, (choice, low, high, low_name, high_name) in zip(range(len(bars) - 1, -1, -1), bars, strict=True):
        parts.band(ax, 100 * low, 100 * base, y, 0.2, BAND80)
        parts.band(ax, 100 * base, 100 * high, y, 0.2, BAND50)
        note(ax, choice, (0, y), dx=-6, side="y", ha="right", fontsize=6.6)
        said.append(f"{choice}: {fmt.percent(low)} ({low_name or '–'}) \u2013 {fmt.percent(high)} ({high_name or '–'})")
    labels = parts.Labels(ax, margin=0.5)
    labels.block_line([100 * base] * 2, [-0.6, len(bars) - 0.4], 0.4)
    for y, (_, low, high, low_name, high_name) in zip(range(len(bars) - 1, -1, -1), bars, strict=True):
        for share, name, dx in ((low, low_name, -3.0), (high, high_name, 3.0)):
            if abs(share - base) < 0.005:
                continue
            sides = [(dx, 0, "right" if dx < 0 else "left", "center")]
            number = fmt.percent(share)
            labels.put(number, (100 * share, y), sides, fontsize=6.8, fontweight="bold")
            under = [(0, -8.5, align, "top") for align in (("right", "center", "left") if dx < 0 else ("left", "center", "right"))]
            if name and not narrow:
                labels.put(name, (100 * share, y), under, fontsize=6, color=GREY)
    return fig, fmt.say("alt.tornado", base=fmt.percent(base), parts="; ".join(said))


@parts.styled
def reliability_chart(bins: Sequence[Mapping[str, Any]], fmt: Format, narrow: bool = False) -> Chart:
    """What was said against what happened; on the diagonal a chance means what it says.

    Parameters
    ----------
    bins : sequence of mapping
        said, happened (shares), cases, happened_95 (pair of shares, optional).
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
    for b in bins:
        if b.get("happened_95"):
            ax.vlines(100 * b["said"], 100 * b["happened_95"][0], 100 * b["happened_95"][1], color=BAND50, lw=2.4, zorder=2)
        ax.plot([100 * b["said"]], [100 * b["happened"]], "o", color=BLUE, ms=5.5, mec="#FFFFFF", mew=0.7, zorder=4, clip_on=False)
        said.append(f"{fmt.percent(b['said'])}: {fmt.percent(b['happened'])} ({fmt.say('chart.cases', n=fmt.number(b['cases']))})")
    labels = parts.Labels(ax)
    labels.block([100 * b["said"] for b in bins], [100 * b["happened"] for b in bins], 3.5)
    labels.block_line([0, 100], [0, 100], 0.8)
    for b in bins:
        if b.get("happened_95"):
            labels.block_line([100 * b["said"]] * 2, [100 * x for x in b["happened_95"]], 1.5)
    labels.put(fmt.say("chart.ideal"), (93, 93), [(-4, 6, "right", "bottom"), (5, -8, "left", "top")], color=GREY)
    for b in bins:
        labels.put(fmt.say("chart.cases", n=fmt.number(b["cases"])), (100 * b["said"], 100 * b["happened"]), parts.AROUND, fontsize=6.4, color=GREY)
    return fig, fmt.say("alt.reliability", parts="; ".join(said))


@parts.styled
def coverage_chart(rows: Sequence[tuple[str, float]], fmt: Format, nominal: float = 0.9, narrow: bool = False) -> Chart:
    """Share of outcomes inside the nominal range, by method; the first row is ours.

    Parameters
    ----------
    rows : sequence of (name in words, share)
    nominal : float
        What the range promises.
    """
    left = 36.0 if narrow else 46.0
    fig, ax = parts.canvas(92 if narrow else 124, 14 + 6.5 * len(rows), left, 5, 12, 7)
    ax.set(xlim=(0, 100), ylim=(-0.6, len(rows) - 0.4), yticks=[])
    ax.set_xticks([0, 25, 50, 75, 100], ["0", "25", "50", "75", "100"])
    ax.grid(axis="x")
    ax.spines["bottom"].set_visible(False)
    ax.tick_params(axis="x", length=0, pad=2)
    note(ax, fmt.say("chart.held"), (0, 1), dx=-left * 2.75, dy=6, side="both", ha="left", va="bottom", color=GREY)
    for y, (name, share) in zip(range(len(rows) - 1, -1, -1), rows, strict=True):
        ours = y == len(rows) - 1
        parts.band(ax, 0, 100 * share, y, 0.26, BLUE if ours else OTHER)
        note(ax, name, (0, y), dx=-6, side="y", ha="right", fontweight="bold" if ours else "normal", fontsize=6.6)
        note(ax, fmt.percent(share), (1, y), dx=5, side="y", ha="left", fontweight="bold" if ours else "normal")
    ax.axvline(100 * nominal, color=INK, lw=1.0, zorder=4)
    note(ax, f"{fmt.say('chart.ideal')} {fmt.percent(nominal)}", (100 * nominal, 1), dy=1, side="x", ha="center", va="bottom", fontsize=6.4)
    return fig, fmt.say("alt.coverage", parts="; ".join(f"{name}: {fmt.percent(share)}" for name, share in rows))
