"""What was published: every figure by date and issuing body, used or not, and the count beside a survey."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from jalur.charts import parts
from jalur.charts.parts import BLUE, GREY, INK, OTHER, RULE, Chart, note, text_width, value_axis, year_axis
from jalur.dates import decimal_year as year
from jalur.dates import half_width
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
            half = list(half_width(rows["decimals"]))
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
            ground = Rectangle(
                (-1, y - 0.5),
                3,
                1,
                transform=ax.get_yaxis_transform(),
                color=parts.LATER,
                lw=0,
                zorder=0,
                clip_on=False,
            )
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
    places: list[tuple[str, float | None, dict[str, Any]]] = [
        (fmt.say("definition.survey"), head[0], {}),
        (fmt.say("definition.official"), head[1], {"fontweight": "bold"}),
    ]
    shown = [(w, x, k) for w, x, k in places if x is not None]
    sizes = [text_width(ax, w, 6.6, bold=bool(k)) for w, _, k in shown]
    wanted = [float(ax.transData.transform((x, 0))[0]) for _, x, _ in shown]
    for (w, _, look), centre in zip(
        shown, parts.spread(wanted, sizes, 2, fig.canvas.get_width_height()[0] - 2, gap=12), strict=True
    ):
        x = ax.transData.inverted().transform((centre, 0))[0]
        note(ax, w, (x, n - 0.5), dy=1, ha="center", va="bottom", fontsize=6.6, **look)
    said = "; ".join(
        f"{row['year']}: "
        + " / ".join(
            "\u2013" if row[key] is None else scale.number(row[key], row.get("decimals") if key == "official" else 1)
            for key in ("official", "survey")
        )
        for row in rows
    )
    return fig, fmt.say("alt.definition", unit=scale.unit(noun), parts=said)
