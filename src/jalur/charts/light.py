"""A fan chart as plain SVG, drawn in a millisecond: for sliders, where the printed chart would take too long.

Same grammar, colours and words as `jalur.charts.fan`, without its search for free places.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd
from markupsafe import Markup

from jalur.charts.axes import plain, scale_of
from jalur.charts.fan import fan_alt, room_above
from jalur.charts.parts import BAND50, BAND80, BAND90, BLUE, GREY, INK, OTHER, PAPER, RULE, TARGET, ticks_to, year
from jalur.words.format import Format
from jalur.words.tables import records

WIDTH, HEIGHT = 760, 330
LEFT, RIGHT, TOP, BOTTOM = 8, 74, 14, 62
BANDS = (("q05", "q95", BAND90), ("q10", "q90", BAND80), ("q25", "q75", BAND50))


def fan_svg(verdict: Any, figures: pd.DataFrame, fmt: Format, reference_source: str | None = None) -> Markup:
    """Published figures, projection and targets; the value axis starts at zero.

    Parameters
    ----------
    verdict : Verdict or mapping
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
    v = plain(verdict)
    scale, fan = scale_of(v, figures, fmt), v["fan"]
    known = [year(d) for d in figures["as_of"]] + [year(m["date"]) for m in v["milestones"]]
    cutoff = year(v["vintage"])
    first, last = min([*known, cutoff - 0.5]) - 0.05, max([*known, cutoff, *(year(row["date"]) for row in fan)])
    ticks = ticks_to(room_above(v, figures), about=5)
    top = ticks[-1]

    def x(when: Any) -> float:
        return LEFT + ((when if isinstance(when, float) else year(when)) - first) / (last - first) * (
            WIDTH - LEFT - RIGHT
        )

    def y(level: float) -> float:
        return HEIGHT - BOTTOM - min(level, top) / top * (HEIGHT - TOP - BOTTOM)

    parts = [_rule(y(t), scale.trimmed(t) + (f"\u00a0{scale.word}" if t == top and scale.word else "")) for t in ticks]
    for low, high, colour in BANDS if fan else ():
        edge = [(x(r["date"]), y(r[low])) for r in fan] + [(x(r["date"]), y(r[high])) for r in reversed(fan)]
        parts.append(Markup('<polygon points="{}" fill="{}"/>').format(_points(edge), colour))
    if fan:
        middle = _points((x(r["date"]), y(r["q50"])) for r in fan)
        dash = '<polyline points="{}" fill="none" stroke="{}" stroke-width="2" stroke-dasharray="6 4"/>'
        parts.append(Markup(dash).format(middle, BLUE))
        parts += [_text(x(last) + 7, y(fan[-1][q]), scale.number(fan[-1][q]), look) for q, look in _ends(fan[-1], y)]
    parts.append(_line(x(cutoff), y(0), x(cutoff), TOP, GREY))
    parts.append(_text(x(cutoff) - 5, TOP + 8, fmt.say("chart.published", cutoff=fmt.day(v["vintage"])), GREY, "end"))
    parts += [
        Markup('<circle cx="{:.1f}" cy="{:.1f}" r="3.4" fill="{}" stroke="{}" stroke-width=".8"/>').format(
            x(row.as_of), y(row.value), INK if reference_source in (None, row.speaker_org) else OTHER, PAPER
        )
        for row in records(figures)
    ]
    parts += [mark for m in v["milestones"] for mark in _milestone(m, x(m["date"]), y, fmt)]
    foot = HEIGHT - BOTTOM
    for t in _years(first, last):
        parts += [
            _line(x(float(t)), foot, x(float(t)), foot + 6, GREY),
            _text(x(float(t)) + 3, foot + 12, str(t), GREY),
        ]
    words = fan_alt(v, figures, scale, fmt, (first, last), top)
    return Markup(
        '<svg viewBox="0 0 {} {}" role="img" aria-label="{}" xmlns="http://www.w3.org/2000/svg" '
        'style="max-width:{}px;width:100%;background:{};font:11px sans-serif">{}</svg>'
    ).format(WIDTH, HEIGHT, words, WIDTH, PAPER, Markup("").join(parts))


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


def _ends(final: Mapping[str, float], y: Any) -> list[tuple[str, str]]:
    """Which quantiles are written at the right end, and in which colour: those that keep clear of the middle."""
    clear = [q for q in ("q05", "q95") if abs(y(final[q]) - y(final["q50"])) > 12]
    return [("q50", BLUE), *((q, GREY) for q in clear)]


def _milestone(m: Mapping[str, Any], x: float, y: Any, fmt: Format) -> list[Markup]:
    """Stem, diamond, and under the axis the target and its chance."""
    chance = fmt.percent(m["probability"]) if m["probability"] is not None else ""
    side, foot = y(m["target"]), HEIGHT - BOTTOM
    diamond = [(x, side - 5.5), (x + 5.5, side), (x, side + 5.5), (x - 5.5, side)]
    return [
        _line(x, foot, x, side, TARGET),
        Markup('<polygon points="{}" fill="{}" stroke="{}"/>').format(_points(diamond), TARGET, PAPER),
        _text(x, foot + 28, fmt.exact(m["target"]), TARGET, "middle"),
        _text(x, foot + 44, chance, BLUE, "middle"),
    ]


def _years(first: float, last: float) -> Sequence[int]:
    whole = range(int(first) + 1, int(last) + 1)
    return whole if len(whole) <= 14 else whole[:: len(whole) // 7]
