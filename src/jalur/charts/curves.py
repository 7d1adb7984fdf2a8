"""Growth curves fitted to the figures, the profile of their ceiling, and what they leave over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from jalur.charts import parts
from jalur.charts.parts import GREY, Chart, note, value_axis, year_axis
from jalur.dates import decimal_year as year
from jalur.words.format import Format, Scale

LINES = ("-", (0, (6, 1.5)), (0, (1, 1)), (0, (4, 1, 1, 1)), (0, (8, 2, 2, 2)), (0, (2, 2)))


TONES = ("#0B4A7D", "#55606B", "#1A2026", "#7A5C00", "#6B3F78", "#2E6E5E")


def direct(ax: Axes, ends: Sequence[tuple[str, float, str]], top: float, size: float = 7.0) -> None:
    """Names at the right end of lines, kept apart: (words, level, colour)."""
    heights = ax.transData.transform([(0, level) for _, level, _ in ends])[:, 1]
    low, high = ax.transAxes.transform([(0, 0), (0, 1)])[:, 1]
    for (words, _, colour), y in zip(
        ends, parts.spread(list(heights), [size * 1.9] * len(ends), low, high), strict=True
    ):
        at = ax.transData.inverted().transform((0, y))[1]
        note(ax, words, (1, at), dx=6, side="y", ha="left", color=colour, fontsize=size)


@parts.styled
def curves_chart(
    figures: pd.DataFrame,
    fits: Mapping[str, Any],
    fmt: Format,
    until: Any,
    milestones: Sequence[Any] = (),
    narrow: bool = False,
) -> Chart:
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
        direct(ax, ends, ticks[-1], 6.4 if narrow else 7)
    said = "; ".join(f"{fmt.say(f'chart.curve.{name}')}: {scale.words(float(b[-1]))}" for name, (_, b) in lines.items())
    return fig, fmt.say(
        "alt.curves",
        **{
            "n": fmt.number(len(lines)),
            "from": fmt.month(figures["as_of"].min()),
            "to": fmt.month(until),
            "top": scale.words(ticks[-1], 0),
            "parts": said,
        },
    )


@parts.styled
def profile_chart(
    profiles: Mapping[str, tuple[Sequence[float], Sequence[float]]], fmt: Format, noun: str, narrow: bool = False
) -> Chart:
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
    ax.set_yticks(
        [y for y in yt if y <= top], [fmt.number(y, 0 if float(y).is_integer() else 1) for y in yt if y <= top]
    )
    ax.tick_params(axis="y", labelleft=True, pad=2)
    note(
        ax,
        fmt.say("chart.capacity_axis", unit=scale.unit(noun)),
        (0.5, 0),
        dy=-17,
        side="both",
        ha="center",
        va="top",
        color=GREY,
    )
    note(ax, fmt.say("chart.fit_axis"), (0, 1), dx=-18, dy=6, side="both", ha="left", va="bottom", color=GREY)
    ends, said = [], []
    for k, (name, (a, b)) in enumerate(profiles.items()):
        tone = TONES[k % len(TONES)]
        ax.plot(a, b, color=tone, lw=1.4, linestyle=LINES[k % len(LINES)], zorder=3)
        ends.append((fmt.say(f"chart.curve.{name}"), min(float(b[-1]), top), tone))
        said.append(
            f"{fmt.say(f'chart.curve.{name}')}: {fmt.number(float(min(b)), 1)}\u2013{fmt.number(float(max(b)), 1)}"
        )
    direct(ax, ends, top)
    return fig, fmt.say("alt.profile", low=scale.words(min(xs)), high=scale.words(max(xs)), parts="; ".join(said))


ACROSS = 3  # panels side by side


@parts.styled
def residual_chart(
    residuals: Mapping[str, tuple[Sequence[float], Sequence[float]]], fmt: Format, unit: str, quantiles: bool = False
) -> Chart:
    """What each curve leaves over, one panel a curve, all on one scale: by date, or against a normal law.

    Parameters
    ----------
    residuals : mapping of str to (places, residuals)
        Family -> dates in decimal years, or quantiles of the normal law in units; and the residuals there, in units.
    fmt : Format
    unit : str
        What is counted, in the reader's language.
    quantiles : bool
        Whether the places are quantiles of a normal law with the residuals' own spread: then the diagonal is drawn.
    """
    xs = [float(x) for places, _ in residuals.values() for x in places]
    ys = [float(y) for _, left in residuals.values() for y in left]
    reach = 1.1 * max(max(abs(y) for y in ys), max(abs(x) for x in xs) if quantiles else 0.0, 1e-9)
    scale, rows = fmt.scale(reach), -(-len(residuals) // ACROSS)
    wide, tall, top, bottom = 50.0, 31.0, 6.0, 5.0
    width, height = ACROSS * (wide + 8) + 4, rows * (tall + top + bottom) + 6
    fig, said = parts.figure(width, height), []
    for k, (name, (places, left)) in enumerate(residuals.items()):
        x, y = 10 + (k % ACROSS) * (wide + 8), height - 4 - (k // ACROSS + 1) * (tall + top + bottom) + bottom
        ax = fig.add_axes((x / width, y / height, wide / width, tall / height))
        ax.set_ylim(-reach, reach)
        ends = (-reach, reach) if quantiles else (min(xs), max(xs))
        pad = 0.0 if quantiles else 0.03 * (ends[1] - ends[0])
        ax.set_xlim(ends[0] - pad, ends[1] + pad)
        marks = [m for m in parts.ticks_to(reach, 2) if m <= reach][1:2]
        both = [*(-m for m in marks), 0.0, *marks]
        ax.set_yticks(both, [_signed(scale, value) for value in both])
        ax.tick_params(axis="y", labelleft=k % ACROSS == 0, pad=2)
        if quantiles:
            ax.set_xticks(both, [_signed(scale, value) for value in both])
            ax.plot(ends, ends, color=GREY, lw=0.8, zorder=2)
        else:
            parts.year_axis(ax, ends[0] - pad, ends[1] + pad)
            ax.axhline(0, color=GREY, lw=0.8, zorder=2)
        parts.circle(ax, list(places), list(left), ms=3.4)
        note(ax, fmt.say(f"chart.curve.{name}"), (0, 1), dy=4, side="both", ha="left", va="bottom", fontweight="bold")
        if k == 0:
            axis = "chart.normal_axis" if quantiles else "chart.residual_axis"
            note(
                ax, fmt.say(axis, unit=scale.unit(unit)), (0, 1), dy=15, side="both", ha="left", va="bottom", color=GREY
            )
        largest = max((float(v) for v in left), key=abs)
        said.append(f"{fmt.say(f'chart.curve.{name}')}: {_signed(scale, largest, 2)}")
    key = "alt.residual_quantiles" if quantiles else "alt.residuals"
    return fig, fmt.say(key, n=fmt.number(len(residuals)), unit=scale.unit(unit), parts="; ".join(said))


def _signed(scale: Scale, value: float, decimals: int | None = None) -> str:
    """A residual with its sign, in the magnitude of the chart."""
    written = scale.trimmed(value) if decimals is None else scale.number(value, decimals)
    return f"+{written}" if value > 0 else written


def _log_ticks(low: float, high: float) -> list[float]:
    """1, 2, 5 times powers of ten within a range, thinned to seven at most."""
    powers = range(int(np.floor(np.log10(low))), int(np.ceil(np.log10(high))) + 1)
    marks = [m * 10.0**p for p in powers for m in (1, 2, 5) if low <= m * 10.0**p <= high]
    return marks[:: max(1, -(-len(marks) // 7))] or [low, high]
