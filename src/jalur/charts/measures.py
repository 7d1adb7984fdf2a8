"""Charts of shares: what moves the chance, whether chances come true, whether ranges hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from jalur.charts import parts
from jalur.charts.parts import BAND50, BAND80, BLUE, GREY, INK, OTHER, RULE, Chart, note
from jalur.words.format import Format


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
    ax.set(xlim=(0, 100), ylim=(-0.6, max(len(bars), 1) - 0.4), xticks=[0, 25, 50, 75, 100], yticks=[])
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
    labels.block_line([(100 * base, -0.6), (100 * base, len(bars) - 0.4)], 0.4)
    for y, (_, low, high, low_name, high_name) in zip(range(len(bars) - 1, -1, -1), bars, strict=True):
        for share, name, dx in ((low, low_name, -3.0), (high, high_name, 3.0)):
            if abs(share - base) < 0.005:
                continue
            sides = [(dx, 0, "right" if dx < 0 else "left", "center")]
            number = fmt.percent(share)
            labels.put(number, (100 * share, y), sides, fontsize=6.8, fontweight="bold")
            under = [
                (0, -8.5, align, "top")
                for align in (("right", "center", "left") if dx < 0 else ("left", "center", "right"))
            ]
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
