"""Parts that every chart is made of: colours, marks, axes, an exact canvas, and labels that find a free place.

Grammar, the same in every chart: circles are published figures, a solid line is fitted, a dashed line and shading are
projected, diamonds are official targets. Blue is our estimate, vermilion the official target, ink what was published,
grey context, a sand ground what became known after the cut-off. Marks repeat the colours, so that a chart survives
grey print and colour blindness.
"""

from __future__ import annotations

import io
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache, wraps
from importlib.resources import files
from itertools import pairwise
from typing import Any
from urllib.parse import quote

import matplotlib
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.text import Annotation, Text
from matplotlib.transforms import Bbox

from jalur.verdict.model import Verdict
from jalur.words.format import Format, Scale

INK, GREY, RULE, PAPER = "#1A2026", "#55606B", "#C9D0D6", "#FFFFFF"
BLUE, BAND50, BAND80, BAND90 = "#0B4A7D", "#7FABD0", "#B4CFE5", "#DBE8F3"
TARGET, LATER, OTHER = "#B3430D", "#F4F1EA", "#8A95A0"

Chart = tuple[Figure, str]
Offset = tuple[float, float, str, str]  # dx, dy in points, horizontal and vertical alignment of the text


@lru_cache(maxsize=1)
def _settings() -> Any:
    """The style sheet, read once."""
    sheet = files("jalur.charts") / "jalur.mplstyle"
    return matplotlib.rc_params_from_file(str(sheet), use_default_template=False)


@contextmanager
def style() -> Iterator[None]:
    """The style sheet of every chart, for the time of drawing only: other charts of a notebook keep their look."""
    with matplotlib.rc_context(_settings()):
        yield


def styled(function: Any) -> Any:
    """Draw and save a chart under the style sheet of the project."""

    @wraps(function)
    def drawn(*args: Any, **kwargs: Any) -> Chart:
        with style():
            return function(*args, **kwargs)

    return drawn


def scale_of(verdict: Verdict, figures: pd.DataFrame, fmt: Format) -> Scale:
    """The magnitude in which levels of a programme are shown: that of its highest target or figure."""
    tops = [m.target for m in verdict.milestones] + [float(v) for v in figures["value"]]
    return fmt.scale(max(tops, default=1.0))


def figure(width: float, height: float) -> Figure:
    """Empty figure of an exact size in mm, on no window system's canvas."""
    fig = Figure(figsize=(width / 25.4, height / 25.4))
    FigureCanvasAgg(fig)
    return fig


def canvas(width: float, height: float, left: float, bottom: float, right: float, top: float) -> tuple[Figure, Axes]:
    """Figure of an exact size with one axes; all lengths in mm."""
    fig = figure(width, height)
    box = (left / width, bottom / height, 1 - (left + right) / width, 1 - (bottom + top) / height)
    return fig, fig.add_axes(box)


def note(ax: Axes, words: str, xy: Any, dx: float = 0, dy: float = 0, side: str = "", **look: Any) -> Annotation:
    """Words beside a point, moved by (dx, dy) typographic points.

    With ``side="y"`` x is a share of the axes' width; with ``side="x"`` y is a share of its height.
    """
    where: Any = {"": "data", "y": ax.get_yaxis_transform(), "x": ax.get_xaxis_transform(), "both": "axes fraction"}[
        side
    ]
    look = {"va": "center", "fontsize": 7, "color": INK, **look}
    return ax.annotate(
        words, xy, xytext=(dx, dy), textcoords="offset points", xycoords=where, annotation_clip=False, **look
    )


def circle(ax: Axes, x: Any, y: Any, hollow: bool = False, colour: str = INK, **look: Any) -> None:
    """A published figure."""
    face, edge = (PAPER, colour) if hollow else (colour, PAPER)
    marks: dict[str, Any] = {"mfc": face, "mec": edge, "mew": 0.9 if hollow else 0.7, "ms": 4.8, "zorder": 5}
    ax.plot(x, y, "o", **{**marks, "clip_on": False, "ls": "", **look})


def floor_mark(ax: Axes, x: Any, y: Any, colour: str = INK, **look: Any) -> None:
    """A tick upwards from a figure that was stated as "more than"."""
    marks: dict[str, Any] = {"color": colour, "ms": 7, "mew": 1.0, "zorder": 4.9, "clip_on": False, **look}
    ax.plot(x, y, marker=2, ls="", **marks)


def diamond(ax: Axes, x: Any, y: Any, **look: Any) -> None:
    """An official target."""
    marks: dict[str, Any] = {"color": TARGET, "ms": 6.3, "mec": PAPER, "mew": 0.8, "zorder": 6, "clip_on": False}
    ax.plot(x, y, "D", **{**marks, "ls": "", **look})


def band(ax: Axes, low: float, high: float, y: float, half: float, colour: str, **look: Any) -> None:
    """A projected range on a row."""
    marks: dict[str, Any] = {"color": colour, "lw": 0, "zorder": 2, **look}
    ax.add_patch(Rectangle((low, y - half), high - low, 2 * half, **marks))


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
    ticks = ticks_to(top, about=5)
    ax.set_ylim(0, ticks[-1])
    ax.set_yticks(ticks[1:])
    ax.tick_params(axis="y", labelleft=False)
    for y in ticks[1:]:
        words = scale.trimmed(y) + (f"\u00a0{scale.word}" if y == ticks[-1] and scale.word else "")
        note(ax, words, (0, y), dy=1.5, side="y", va="bottom", ha="left", color=GREY)
    return ticks


def bare(ax: Axes) -> None:
    """No axis at all: the values stand beside the marks."""
    ax.set(xticks=[], yticks=[])
    ax.grid(False)
    ax.spines["bottom"].set_visible(False)


def svg(fig: Figure) -> bytes:
    """The figure as SVG: same input, same bytes."""
    out = io.BytesIO()
    with style():
        fig.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    return out.getvalue()


_UNSEEN = re.compile(r"<\?xml.*?\?>|<!DOCTYPE.*?>|<metadata>.*?</metadata>|<!--.*?-->", re.DOTALL)
_FINE = re.compile(r"(\d\.\d\d)\d+")
_EMPTY = re.compile(r"<g/>|<g></g>")
_PLAIN = "='/:;,.()-+!?@*|"  # characters of a data address that need no escape, also within srcset


def data_address(fig: Figure) -> str:
    """The figure as an SVG data address, a third shorter than in base64 and drawn alike.

    Paths are rounded to a hundredth of a point (of a glyph's grid: 1/64 of that), names that nothing refers to are
    dropped, the others shortened. Nothing in it needs an escape within a double-quoted attribute.
    """
    text = re.sub(r"> <", "><", re.sub(r"\s+", " ", _UNSEEN.sub("", svg(fig).decode("utf-8")))).strip()
    text = re.sub(r' d="([^"]*)"', lambda found: f' d="{_short_path(found.group(1))}"', text)
    text = re.sub(r' style="([^"]*)"', lambda found: f' style="{_short_style(found.group(1))}"', text)
    text = re.sub(r' transform="([^"]*)"', lambda found: f' transform="{_short_transform(found.group(1))}"', text)
    text = text.replace(' xmlns:xlink="http://www.w3.org/1999/xlink"', "").replace("xlink:href", "href")
    used = dict.fromkeys(re.findall(r'(?:href="#|url\(#)([^")]+)', text))
    names = {name: f"i{k}" for k, name in enumerate(used)}
    text = re.sub(r' id="([^"]*)"', lambda found: f' id="{names[found[1]]}"' if found[1] in names else "", text)
    text = re.sub(r'(href="#|url\(#)([^")]+)', lambda found: found[1] + names[found[2]], text)
    while _EMPTY.search(text):
        text = _EMPTY.sub("", text)
    return "data:image/svg+xml," + quote(text.replace('"', "'"), safe=_PLAIN)


def _short_path(path: str) -> str:
    return re.sub(r" ?([A-Za-z]) ?", r"\1", _FINE.sub(r"\1", path.strip())).replace(" ", ",")


def _short_style(style: str) -> str:
    return re.sub(r"([:;,]) ", r"\1", style)


def _short_transform(transform: str) -> str:
    return transform.replace(") ", ")").replace(" ", ",")


def png(fig: Figure, dpi: int = 200, words: Mapping[str, str] | None = None) -> bytes:
    """The figure as PNG, with words in the file where they are given: same input, same bytes."""
    out = io.BytesIO()
    with style():
        fig.savefig(out, format="png", dpi=dpi, facecolor=PAPER, metadata={"Software": None, **(words or {})})
    return out.getvalue()


def pdf(fig: Figure) -> bytes:
    """The figure as PDF: same input, same bytes."""
    out = io.BytesIO()
    with style():
        fig.savefig(out, format="pdf", metadata={"CreationDate": None, "Creator": None, "Producer": None})
    return out.getvalue()


def renderer_of(fig: Any) -> Any:
    """The renderer that measures texts of a figure."""
    return fig.canvas.get_renderer()


def text_width(ax: Axes, words: str, size: float, bold: bool = False) -> float:
    """Width of words set in a size, in pixels."""
    probe = ax.text(0, 0, words, fontsize=size, fontweight="bold" if bold else "normal")
    width = probe.get_window_extent(renderer_of(ax.figure)).width
    probe.remove()
    return float(width)


def nice_step(span: float, about: int = 4) -> float:
    """Step of 1, 2, 2.5 or 5 times a power of ten that divides `span` into `about` parts or fewer."""
    if span <= 0 or not math.isfinite(span):
        return 1.0
    power = 10 ** math.floor(math.log10(span / about))
    return next(power * step for step in (1, 2, 2.5, 5, 10) if span / (power * step) <= about)


def ticks_to(top: float, about: int = 4, low: float = 0.0) -> list[float]:
    """Even ticks from `low` rounded down to the first one at or above `top`."""
    step = nice_step(top - min(low, 0.0), about)
    first = math.floor(low / step + 1e-9) if low < 0 else 0
    return [step * k for k in range(first, math.ceil(top / step - 1e-9) + 1)]


def spread(centres: Sequence[float], sizes: Sequence[float], low: float, high: float, gap: float = 0.0) -> list[float]:
    """Move labels on a line as little as needed so that none overlaps and all stay within [low, high].

    Parameters
    ----------
    centres, sizes : sequence of float, same length
        Wanted middles and lengths of the labels.
    low, high : float
        Bounds of the line. If the labels do not fit, they start at `low` and leave it at the upper end.
    gap : float
        Distance kept between neighbours.
    """
    order = sorted(range(len(centres)), key=lambda k: centres[k])
    placed: list[float] = [min(max(centres[k], low + sizes[k] / 2), high - sizes[k] / 2) for k in order]
    need = [(sizes[a] + sizes[b]) / 2 + gap for a, b in pairwise(order)]
    for _ in range(200):
        moved = 0.0
        for k, distance in enumerate(need):
            short = distance - (placed[k + 1] - placed[k])
            if short > 1e-6:
                placed[k] -= short / 2
                placed[k + 1] += short / 2
                moved = max(moved, short)
        for k, index in enumerate(order):
            placed[k] = min(max(placed[k], low + sizes[index] / 2), high - sizes[index] / 2)
        if moved < 1e-6:
            break
    for k, distance in enumerate(need):  # whatever rounding is left: never an overlap
        placed[k + 1] = max(placed[k + 1], placed[k] + distance)
    result = [0.0] * len(centres)
    for k, index in enumerate(order):
        result[index] = placed[k]
    return result


def _texts(fig: Figure) -> list[tuple[str, Bbox]]:
    """Every visible text of a figure with its box in pixels."""
    fig.draw_without_rendering()  # places ticks and annotations
    renderer = renderer_of(fig)
    found = []
    for text in fig.findobj(Text):
        if text.get_visible() and text.get_text().strip():
            if isinstance(text, Annotation):
                text.update_positions(renderer)
            found.append((text.get_text(), Text.get_window_extent(text, renderer)))
    return found


def overlaps(fig: Figure) -> list[tuple[str, str]]:
    """Pairs of texts whose boxes overlap, and texts that leave the figure. Must be empty in every chart."""
    width, height = fig.canvas.get_width_height()
    boxes = _texts(fig)
    found = [(a, "outside") for a, p in boxes if min(p.x0, p.y0, width - p.x1, height - p.y1) < -0.5]
    for i, (a, p) in enumerate(boxes):
        found += [(a, b) for b, q in boxes[i + 1 :] if min(p.x1 - q.x0, q.x1 - p.x0, p.y1 - q.y0, q.y1 - p.y0) > 1]
    return found


AROUND: tuple[Offset, ...] = (
    (6, 0, "left", "center"),
    (-6, 0, "right", "center"),
    (0, 7, "center", "bottom"),
    (0, -7, "center", "top"),
    (5, 6, "left", "bottom"),
    (-5, 6, "right", "bottom"),
    (5, -6, "left", "top"),
    (-5, -6, "right", "top"),
)


def rings(distances: Sequence[float] = (16, 24, 34, 46, 60), first: Sequence[float] = (135, 315)) -> tuple[Offset, ...]:
    """Candidate offsets on rings around a point, the `first` directions (degrees) before the others."""
    directions = [*first, *(a for a in (90, 270, 45, 225, 110, 290, 160, 340, 20, 200) if a not in first)]
    found = []
    for r in distances:
        for angle in directions:
            dx, dy = r * math.cos(math.radians(angle)), r * math.sin(math.radians(angle))
            found.append(
                (
                    dx,
                    dy,
                    "right" if dx < -0.4 * r else "left" if dx > 0.4 * r else "center",
                    "bottom" if dy > 0 else "top",
                )
            )
    return tuple(found)


class Labels:
    """Finds a free place for each label of one axes.

    Texts already in the figure are taken; marks and lines are added with `block`. A label tries its candidates in
    order and takes the first that touches nothing; one that finds no place is left out (its content is in the alt
    text and in the table).
    """

    def __init__(self, ax: Axes, margin: float = 1.5) -> None:
        self.ax, self.fig, self.margin = ax, ax.figure, margin
        self.scale = self.fig.dpi / 72
        self.words = [b.extents for _, b in _texts(self.fig)]  # type: ignore[arg-type]
        self.taken: list[tuple[float, float, float, float]] = list(self.words)
        self.width, self.height = self.fig.canvas.get_width_height()
        self.floor = float(ax.transAxes.transform((0, 0))[1])  # a label stays above the axis

    def block(self, xs: Sequence[float], ys: Sequence[float], radius: float = 2.6) -> None:
        """Marks at data points, or the points of a line, that no label may cover; radius in points."""
        r = radius * self.scale
        for x, y in self.ax.transData.transform(list(zip(xs, ys, strict=True))):
            self.taken.append((x - r, y - r, x + r, y + r))

    def block_line(self, points: Sequence[tuple[float, float]], radius: float = 1.6, step: float = 3.0) -> None:
        """A drawn line through data points, sampled every few points."""
        pixels = self.ax.transData.transform(list(points))
        r = radius * self.scale
        for (x0, y0), (x1, y1) in pairwise(pixels):
            count = max(int(math.hypot(x1 - x0, y1 - y0) / (step * self.scale)), 1)
            for k in range(count + 1):
                x, y = x0 + (x1 - x0) * k / count, y0 + (y1 - y0) * k / count
                self.taken.append((x - r, y - r, x + r, y + r))

    def free(self, box: tuple[float, float, float, float]) -> bool:
        """Whether a box in pixels lies in the figure and touches nothing taken."""
        x0, y0, x1, y1 = box
        if min(x0, y0 - self.floor, self.width - x1, self.height - y1) < 0:
            return False
        return all(x1 <= a or c <= x0 or y1 <= b or d <= y0 for a, b, c, d in self.taken)

    def put(
        self,
        words: str,
        xy: tuple[float, float],
        candidates: Sequence[Offset] = AROUND,
        leader: bool = False,
        margin: float | None = None,
        **look: Any,
    ) -> Annotation | None:
        """Set a label at the first free candidate; None where there is none.

        Parameters
        ----------
        words : str
        xy : (x, y)
            The point the label belongs to, in data.
        candidates : sequence of (dx, dy, ha, va)
            Offsets in points.
        leader : bool
            Draw a thin line from the label to the point.
        margin : float, optional
            Points kept free around it; that of the set where it is not given.
        **look
            Text properties.
        """
        look = {"fontsize": 7, "color": INK, "linespacing": 1.25, **look}
        measure = self.ax.text(0, 0, words, **look)
        size = Text.get_window_extent(measure, renderer_of(self.fig))
        measure.remove()
        px, py = self.ax.transData.transform(xy)
        m = (self.margin if margin is None else margin) * self.scale
        for dx, dy, ha, va in candidates:
            x0 = px + dx * self.scale - {"left": 0, "center": 0.5, "right": 1}[ha] * size.width
            y0 = py + dy * self.scale - {"bottom": 0, "center": 0.5, "top": 1}[va] * size.height
            box = (x0 - m, y0 - m, x0 + size.width + m, y0 + size.height + m)
            line = self._leader((px, py), box) if leader else []
            if self.free(box) and not any(self._inside(point, words_box) for point in line for words_box in self.words):
                arrow = {"arrowstyle": "-", "lw": 0.6, "color": GREY, "shrinkA": 1, "shrinkB": 3} if leader else None
                placed = self.ax.annotate(
                    words,
                    xy,
                    xytext=(dx, dy),
                    textcoords="offset points",
                    ha=ha,
                    va=va,
                    annotation_clip=False,
                    arrowprops=arrow,
                    **look,
                )
                self.taken += [box, *((x - 1, y - 1, x + 1, y + 1) for x, y in line)]
                self.words.append(box)
                return placed
        return None

    @staticmethod
    def _inside(point: tuple[float, float], box: tuple[float, float, float, float]) -> bool:
        return box[0] < point[0] < box[2] and box[1] < point[1] < box[3]

    @staticmethod
    def _leader(anchor: tuple[float, float], box: tuple[float, float, float, float]) -> list[tuple[float, float]]:
        """Points along the line from an anchor to the nearest point of a box."""
        x, y = min(max(anchor[0], box[0]), box[2]), min(max(anchor[1], box[1]), box[3])
        return [(anchor[0] + (x - anchor[0]) * k / 12, anchor[1] + (y - anchor[1]) * k / 12) for k in range(2, 12)]
