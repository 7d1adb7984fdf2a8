"""Small pictures of the brief: a chart in two widths, one hundred dots, the range bar of a milestone."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from jalur.charts import parts as chart_parts

PICTURE = Markup(
    '<picture class="chart"><source media="(max-width: 640px)" srcset="{}">'
    '<img src="{}" width="{}" height="{}" alt="{}"></picture>'
)
DOT = Markup('<circle{} cx="{}" cy="{}" r="3.9"/>')
DOTS = Markup('<svg class="dots" viewBox="0 0 200 50" aria-hidden="true" focusable="false">{}</svg>')
STRIP = Markup(
    '<svg class="strip" viewBox="0 0 220 22" aria-hidden="true" focusable="false">'
    '<line class="rule" x1="0" x2="220" y1="15" y2="15"/>'
    '<rect class="wide" x="{}" y="10" width="{}" height="10"/><rect class="half" x="{}" y="10" width="{}" height="10"/>'
    '<line class="middle" x1="{}" x2="{}" y1="9" y2="21"/><path class="target" d="M{} 1l5.5 6.5-5.5 6.5-5.5-6.5z"/>'
    '<text x="0" y="9">{}</text><text x="220" y="9" text-anchor="end">{}</text></svg>'
)


def picture(chart: Any) -> Markup:
    """Wide and phone version of a chart as one image with one alt text; `chart(narrow)` draws it."""
    wide, alt = chart(False)
    narrow, _ = chart(True)
    width, height = (round(v * 96) for v in wide.get_size_inches())
    inline = [
        "data:image/svg+xml;base64," + base64.b64encode(chart_parts.svg(fig)).decode("ascii") for fig in (wide, narrow)
    ]
    return PICTURE.format(inline[1], inline[0], width, height, alt.replace("\u00a0", " "))


def dots(share: float) -> Markup:
    """One hundred dots, filled column by column, so that they read as a bar. Decorative: words stand below."""
    met = round(100 * share)
    on, off = Markup(' class="on"'), Markup("")
    circles = (DOT.format(on if k < met else off, k // 5 * 10 + 5, k % 5 * 10 + 5) for k in range(100))
    return DOTS.format(Markup("").join(circles))


def strip(milestone: Mapping[str, Any], low: float, high: float, scale: Any) -> Markup:
    """Small range bar of a milestone: 90 % and 50 % range, middle, target. Decorative: the cell says it in words."""

    def x(value: float) -> float:
        return round(min(max((value - low) / (high - low), 0.0), 1.0) * 220, 1)

    (a, b), (c, d), target = milestone["interval_90"], milestone["interval_50"], x(milestone["target"])
    middle = x(milestone["median"])
    return STRIP.format(
        x(a),
        f"{max(x(b) - x(a), 1):.1f}",
        x(c),
        f"{max(x(d) - x(c), 1):.1f}",
        middle,
        middle,
        min(max(target, 5.5), 214.5),
        scale.trimmed(low) if target > 24 else "",
        scale.trimmed(high) if target < 196 else "",
    )
