"""The evidence chart: every published figure by date and issuing body, used or not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from jalur.charts import parts
from jalur.charts.axes import value_axis, year_axis
from jalur.charts.parts import BLUE, GREY, INK, OTHER, Chart, note, year
from jalur.words.format import Format


@parts.styled
def evidence_chart(
    frame: pd.DataFrame,
    used: Sequence[str],
    fmt: Format,
    reference_source: str | None = None,
    milestones: Sequence[Any] = (),
    narrow: bool = False,
) -> Chart:
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
        colour = INK if k == 0 else BLUE if k == 1 else OTHER
        for is_used, rows in group.groupby(group["id"].isin(chosen)):
            xs, ys = [year(d) for d in rows["as_of"]], list(rows["value"])
            half = [0.5 * 10.0 ** -float(d) for d in rows["decimals"]]
            ax.vlines(
                xs,
                [max(y - h, 0) for y, h in zip(ys, half, strict=True)],
                [y + h for y, h in zip(ys, half, strict=True)],
                color=colour,
                lw=2.2,
                alpha=0.28,
                zorder=2,
            )
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
        order = group.iloc[np.argsort(np.abs(np.arange(len(group)) - 2 * len(group) / 3))].head(8)
        for day, level in zip(order["as_of"], order["value"], strict=True):
            if labels.put(
                fmt.body(body, start=True),
                (year(day), float(level)),
                parts.rings(),
                leader=True,
                color=colour if colour != OTHER else GREY,
            ):
                break
    _legend(fig, ax, fmt, frame, chosen, narrow)
    first_month, last_month = (
        (fmt.month(frame["as_of"].iloc[0]), fmt.month(frame["as_of"].iloc[-1])) if len(frame) else ("\u2013", "\u2013")
    )
    values = {"n": fmt.number(len(frame)), "bodies": fmt.number(len(bodies)), "from": first_month, "to": last_month}
    alt = fmt.say("alt.evidence", top=scale.words(ticks[-1], 0), **values)
    return fig, alt


def _legend(fig: Any, ax: Axes, fmt: Format, frame: pd.DataFrame, used: set[str], narrow: bool) -> None:
    """Key of the marks at the right (below on a phone): used, not used, more than."""
    rows: list[tuple[Any, str]] = [("o", fmt.say("chart.used")), ("x", fmt.say("chart.other_role"))]
    if (frame["qualifier"] == "at_least").any():
        rows.append((2, fmt.say("chart.at_least")))
    for k, (marker, words) in enumerate(rows):
        x, y = (0.02 + 0.34 * k, -0.135) if narrow else (1.03, 0.94 - 0.08 * k)
        ax.plot(
            [x],
            [y],
            marker=marker,
            color=INK,
            ms=4.6 if marker == "o" else 5,
            mew=0.9,
            ls="",
            transform=ax.transAxes,
            clip_on=False,
        )
        note(ax, words, (x, y), dx=6, side="both", ha="left", fontsize=6.8, color=GREY)
