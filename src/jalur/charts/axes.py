"""Axes shared by the charts: years along the bottom, values from zero at the left, one magnitude for a chart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from jalur.charts import parts
from jalur.charts.parts import GREY, note
from jalur.words.format import Format, Scale


def plain(result: Any) -> Mapping[str, Any]:
    """A result as a mapping, whether it is a dataclass with `to_dict` or a mapping already."""
    return result if isinstance(result, Mapping) else result.to_dict()


def scale_of(verdict: Any, figures: pd.DataFrame, fmt: Format) -> Scale:
    """The magnitude in which levels of a programme are shown: that of its highest target or figure."""
    tops = [m["target"] for m in plain(verdict)["milestones"]] + [float(v) for v in figures["value"]]
    return fmt.scale(max(tops, default=1.0))


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
