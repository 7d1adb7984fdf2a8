"""Controls over the live engine, for JupyterLab: the verdict, the fan and the targets follow every move.

The controls stand beside the picture. A button walks through the vintages, bodies and figures can be ticked off, one
setting can be kept beside the present one, and what was tried is listed with its verdict. Shown where no widgets are (a
page, a reader on paper), the explorer is its first state as words and a table, with the way to the controls.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import ipywidgets as widgets
import pandas as pd
import yaml
from markupsafe import Markup

from jalur import files, ledger
from jalur.charts import fan_svg, scale_of
from jalur.dates import iso, records
from jalur.engine import load
from jalur.errors import InputError
from jalur.study.base import DASH, chance, signed, table
from jalur.study.engine import of_class
from jalur.study.reach import milestones_table
from jalur.verdict import model as v
from jalur.verdict.case import Case
from jalur.verdict.pace import nice_amounts
from jalur.verdict.scenarios import Explorer
from jalur.words import sentences as text
from jalur.words.format import Format, capital
from jalur.words.tables import Table

_STYLE = {"description_width": "11.5em"}
_WIDE = {"width": "98%"}
_BUTTON = {"width": "auto", "min_width": "max-content", "flex": "0 0 auto"}  # never cut off
_LIST = {"max_height": "11em", "overflow": "auto", "width": "98%", "display": "block"}
PACE = 1200  # milliseconds between two vintages when they are walked through
TRIED = 12  # settings that the list shows, the latest first; all can be gone back to
SHARES = tuple(k / 20 for k in range(4, 21))  # of the capacity
RETENTIONS = tuple(k / 100 for k in range(80, 101))


class Ticks:
    """Bodies and figures as boxes to tick off; a figure that is not known yet is hidden, and so is a body without any.

    Parameters
    ----------
    fmt : Format
    changed : callable
        Called after a box was ticked.
    """

    def __init__(self, fmt: Format, changed: Callable[[Any], None]) -> None:
        self.fmt, self._changed = fmt, changed
        self.bodies, self.rows = widgets.VBox(layout=_LIST), widgets.VBox(layout=_LIST)
        self._bodies: dict[str, Any] = {}
        self._rows: dict[str, Any] = {}
        self._days: dict[str, str] = {}
        self._body: dict[str, str] = {}

    def show(self, figures: pd.DataFrame) -> None:
        """Make the boxes of a programme; all are ticked."""
        fmt = self.fmt
        self._days = {row.id: iso(row.reported_on) for row in records(figures)}
        self._body = dict(zip(figures["id"], figures["speaker_org"], strict=True))
        self._rows = {
            row.id: self._tick(f"{fmt.stated(row)}, {fmt.short_day(row.as_of)}, {fmt.body(row.speaker_org)}")
            for row in records(figures.iloc[::-1])
        }
        names = sorted(set(figures["speaker_org"]))
        self._bodies = {name: self._tick(fmt.body(name, start=True)) for name in names}
        self.bodies.children, self.rows.children = tuple(self._bodies.values()), tuple(self._rows.values())

    def _tick(self, words: str) -> Any:
        box = widgets.Checkbox(value=True, description=words, indent=False, layout={"width": "auto"})
        box.observe(self._changed, "value")
        return box

    def known(self, vintage: str) -> None:
        """Hide what had not been published by a day."""
        here = {name for name, day in self._days.items() if day <= vintage}
        bodies = {self._body[name] for name in here}
        for boxes, shown in ((self._rows, here), (self._bodies, bodies)):
            for name, box in boxes.items():
                display = None if name in shown else "none"
                if box.layout.display != display:
                    box.layout.display = display

    def off(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Bodies and figures that are ticked off, as far as they are known."""

        def of(boxes: dict[str, Any]) -> tuple[str, ...]:
            return tuple(name for name, box in boxes.items() if not box.value and box.layout.display != "none")

        bodies = of(self._bodies)
        return bodies, tuple(name for name in of(self._rows) if self._body[name] not in bodies)

    def set(self, bodies: Sequence[str], rows: Sequence[str]) -> None:
        """Tick off these and no others."""
        for boxes, off in ((self._bodies, bodies), (self._rows, rows)):
            for name, box in boxes.items():
                box.value = name not in off


@dataclass(frozen=True)
class Setting:
    """Values of the controls, and what the engine said to them.

    Attributes
    ----------
    values : dict
        Name of each control and its value.
    words : dict
        The same as a reader sees them: label and value.
    verdict : Verdict
    """

    values: dict[str, Any]
    words: dict[str, str]
    verdict: v.Verdict


class App:
    """The controls and what follows them.

    Parameters
    ----------
    case : Case
        Where the sliders start; what it chooses beyond them is kept as long as its programme is.
    fmt : Format
    folder : Path, optional
        Where the button writes; the repository's ``params/`` where it is not given.
    """

    def __init__(self, case: Case, fmt: Format, folder: Path | None = None) -> None:
        self.fmt, programme = fmt.counting(case.programme.unit, case.programme.direction), case.programme
        self.folder = folder or ledger.default_data().parent / "params"
        self._data = programme.folder.parent
        self._first_case, self._engine = case, Explorer(case)
        self._classes: dict[str | None, Explorer] = {}
        self._moving = False
        names = [(ledger.load(name, self._data).title[fmt.lang], name) for name in ledger.programmes(self._data)]
        self.programme = self._widget(widgets.Dropdown, "programme", options=names, value=programme.name)
        self.vintage = self._widget(widgets.SelectionSlider, "vintage", options=[("", "")])
        self.path = self._widget(widgets.Dropdown, "path", options=[("", "")])
        self.target = self._widget(widgets.BoundedFloatText, "target", unit=programme.unit, max=1e12)
        self.date = self._widget(widgets.DatePicker, "date")
        self.capacity = self._widget(widgets.Dropdown, "capacity")
        self.share = self._slider("share", SHARES, self._whole, 1.0)
        self.extra = self._slider("extra", (0.0,), fmt.amount, 0.0)
        self.retention = self._slider("retention", RETENTIONS, self._whole, 1.0)
        self.kind_class = self._widget(widgets.Dropdown, "class", options=[(DASH, "")])
        self.ticks = Ticks(fmt, self._moved)
        self.play = widgets.Play(interval=PACE, min=0, max=1, show_repeat=False)
        self.tried: list[Setting] = []
        self.kept: Setting | None = None
        self.again = self._widget(widgets.Dropdown, "again", options=[(DASH, None)])
        self.keep = widgets.Button(description=fmt.say("explore.keep"), icon="columns", layout=_BUTTON)
        self.beside, self.history = widgets.HTML(), widgets.HTML()
        self.name = self._widget(widgets.Text, "name")
        self.button = widgets.Button(description=fmt.say("explore.save"), icon="save", layout=_BUTTON)
        self.sentence = widgets.HTML()
        self.chart, self.table, self.saved = widgets.HTML(), widgets.HTML(), widgets.HTML()
        for shown in (self.sentence, self.table, self.beside, self.history):
            shown.add_class("jp-RenderedHTMLCommon")  # JupyterLab's own look of tables and text
        self._moves = (
            self.vintage, self.path, self.target, self.date, self.capacity, self.share, self.extra, self.retention,
            self.kind_class,
        )  # fmt: skip
        self._moving = True
        self._start(case.vintage)
        self._moving = False
        self.programme.observe(self._other_programme, "value")
        for widget in self._moves:
            widget.observe(self._moved, "value")
        self.play.observe(self._step, "value")
        self.again.observe(self._go_back, "value")
        self.keep.on_click(self._keep)
        self.button.on_click(self._save)
        titles = {name: widgets.HTML(f"<b>{fmt.say(f'explore.{name}')}</b>") for name in ("bodies", "rows")}
        controls = [
            self.programme, self.vintage, widgets.HBox([widgets.Label(fmt.say("explore.play")), self.play]),
            self.path, self.target, self.date, self.capacity, self.share, self.extra, self.retention, self.kind_class,
            titles["bodies"], self.ticks.bodies, titles["rows"], self.ticks.rows,
        ]  # fmt: skip
        picture = [self.sentence, self.chart, self.table]
        below = [
            widgets.HBox([self.keep, self.again]), self.beside, self.history,
            widgets.HBox([self.name, self.button]), self.saved,
        ]  # fmt: skip
        columns = [
            widgets.VBox(controls, layout={"width": "32em", "flex": "0 0 auto"}),
            widgets.VBox(picture, layout={"flex": "1 1 26em", "min_width": "20em"}),
        ]
        wide = widgets.HBox(columns, layout={"flex_flow": "row wrap", "align_items": "flex-start"})
        self.box = widgets.VBox([wide, *below])
        self.verdict: v.Verdict
        self.refresh()
        self._first = self._fallback()

    def _widget(self, kind: Any, key: str, unit: str = "", **options: Any) -> Any:
        words = self.fmt.say(f"explore.{key}", unit=unit)
        return kind(description=words, style=_STYLE, layout=_WIDE, **options)

    def _slider(self, key: str, values: tuple[float, ...], write: Any, value: float) -> Any:
        options = [(write(x), x) for x in values]
        return self._widget(widgets.SelectionSlider, key, options=options, value=value)

    def _whole(self, share: float) -> str:
        """A share that is set, not estimated: 100% is exact."""
        return self.fmt.percent(share, certain=True)

    # state

    @property
    def case(self) -> Case:
        """Where the sliders start, for the programme that is chosen."""
        return self._engine.start

    def _start(self, vintage: str | None = None) -> None:
        """Set everything that depends on the programme; without a vintage the last known one."""
        fmt, today, programme = self.fmt, dt.date.today().isoformat(), self.case.programme
        for key in ("capacity", "share", "extra"):  # these say who can join, or who can leave
            getattr(self, key).description = fmt.say(f"explore.{key}", unit=programme.unit)
        kinds = ("announced", "own") if self.case.question.targets is None else ("given", "announced", "own")
        self.path.options = [(fmt.say(f"explore.{kind}"), kind) for kind in kinds]
        self.path.value = self.path.options[0][1]
        known = {iso(day) for day in ledger.known_vintages(programme)}
        # The ends of the years lie between the days of reports: there the verdicts of reports stand.
        ends = {f"{year}-12-31" for year in range(int(min(known, default=today)[:4]), int(today[:4]))}
        days = sorted(known | ends | ({vintage} if vintage else set()) | {today})
        options = [(fmt.short_day(day), day) for day in days if day < today]
        self.vintage.options = [*options, (fmt.say("explore.today", day=fmt.short_day(today)), today)]
        self.vintage.value = vintage or max(known, default=today)
        self.play.max = len(self.vintage.options) - 1
        self._start_class()
        self.ticks.show(replace(self.case.question, vintage=today).select(programme))
        self.capacity.options = [(c.title[fmt.lang], c.name) for c in programme.capacities] or [(DASH, "")]
        asked, share = self.case.question.capacity, self.case.question.capacity_share
        if asked is not None and self.case.declared is None:
            given = str(asked)  # a number of units, from the parameters
            self.capacity.options = [*self.capacity.options, (fmt.level(float(given)), given)]
        default = next((c.name for c in programme.capacities if c.default), None)
        self.capacity.value = str(asked or default or self.capacity.options[0][1])
        if share not in SHARES:
            self.share.options = [(self._whole(x), x) for x in sorted({*SHARES, share})]
        self.share.value = share
        path = self.case.path
        self.target.description = fmt.say("explore.target", unit=programme.noun[fmt.lang])
        self.target.value = path.targets[-1] if path.targets else 0.0
        self.date.value = dt.date.fromisoformat(path.dates[-1]) if path.dates else dt.date.today()
        self.extra.options = [(fmt.amount(x), x) for x in nice_amounts(self.target.value or 1.0)]
        self.extra.value, self.retention.value = 0.0, 1.0
        # A net count has lost those who left already, and from one that is to fall leaving is what is wanted.
        self.retention.disabled = programme.net or self.case.falls
        self._lock_target()

    def _start_class(self) -> None:
        """Offer every class that has weights of its own, none, and the declared one."""
        fmt, declared = self.fmt, self.case.programme.kind_class
        names = dict.fromkeys([declared, None, *(self.case.prior or load()).class_names])
        self.kind_class.options = [
            (
                (fmt.say(f"nb.kind_class.{name}") if name else fmt.say("nb.word.no_class"))
                + (f" ({fmt.say('explore.declared')})" if name == declared else ""),
                name or "",
            )
            for name in names
        ]
        self.kind_class.value = declared or ""

    def _lock_target(self) -> None:
        self.target.disabled = self.date.disabled = self.path.value != "own"

    @property
    def asked(self) -> Case:
        """The case that the sliders ask for now."""
        if self.path.value == "own" and self.date.value is None:
            raise InputError(f"{self.fmt.say('explore.date')}?")
        targets = {
            "given": self.case.question.targets,
            "announced": None,
            "own": [(self.date.value.isoformat(), self.target.value)] if self.date.value else [],
        }
        default = next((c.name for c in self.case.programme.capacities if c.default), "")
        bodies, rows = self.ticks.off()
        question = replace(
            self.case.question,
            vintage=self.vintage.value,
            capacity=None if self.capacity.value in (default, "") else self.capacity.value,
            capacity_share=self.share.value,
            targets=targets[self.path.value],
            without_sources=(*self.case.question.without_sources, *bodies),
            drop=(*self.case.question.drop, *rows),
        )
        return self._asking.case(question)

    @property
    def _asking(self) -> Explorer:
        """The engine for the class that is chosen; each keeps what it has computed."""
        return self._explorer(self.kind_class.value or None)

    def _explorer(self, chosen: str | None) -> Explorer:
        if chosen == self.case.programme.kind_class:
            return self._engine
        if chosen not in self._classes:
            self._classes[chosen] = Explorer(of_class(self.case, chosen))
        return self._classes[chosen]

    # what follows a move

    def _other_programme(self, _: Any) -> None:
        case = self._first_case
        if self.programme.value != case.programme.name:
            programme = ledger.load(self.programme.value, self._data)
            case = Case.of(programme, case.vintage, seed=case.question.seed, draws=case.question.draws)
        self._moving = True
        try:
            self.fmt = self.fmt.counting(case.programme.unit, case.programme.direction)
            self._engine, self._classes = Explorer(case), {}
            self.tried, self.kept, self.beside.value = [], None, ""
            self._start(case.vintage if case is self._first_case else None)
        finally:
            self._moving = False
        self.refresh()

    def _moved(self, _: Any) -> None:
        if not self._moving:
            self._lock_target()
            self.refresh()

    def _step(self, _: Any) -> None:
        """Walk one vintage on."""
        if not self._moving:
            self.vintage.index = min(self.play.value, len(self.vintage.options) - 1)

    def refresh(self) -> None:
        """Answer the question of the controls and show it."""
        self.ticks.known(self.vintage.value)
        try:
            case = self.asked
            self.verdict = self._asking.verdict(case.question, self.extra.value, self.retention.value)
        except InputError as error:
            self.sentence.value = str(Markup('<p role="alert">{}</p>').format(error))
            return
        fmt, figures = self.fmt, case.figures
        self.sentence.value = str(self._words(case))
        chart = fan_svg(self.verdict, figures, fmt, case.programme.reference_source)
        self.chart.value = str(chart + Markup("<p>{}</p>").format(fmt.say("explore.legend")))
        self.table.value = str(self._targets(figures).html(aligned=True))
        stem = slug("-".join(map(str, parameters(case).values())))
        self.name.placeholder, self.saved.value = stem, ""
        self._moving = True
        try:
            self.play.value = self.vintage.index
            self._remember()
        finally:
            self._moving = False

    # what was tried

    @property
    def _controls(self) -> dict[str, Any]:
        moved = {w.description: w for w in self._moves}
        return {name: w for name, w in vars(self).items() if any(w is one for one in moved.values())}

    def _remember(self) -> None:
        """Put the present setting on the list, and show the list and the setting that was kept beside it."""
        bodies, rows = self.ticks.off()
        values = {name: widget.value for name, widget in self._controls.items()} | {"bodies": bodies, "rows": rows}
        words = {w.description: str(getattr(w, "label", None) or w.value) for w in self._controls.values()}
        for key, off in (("bodies", bodies), ("rows", rows)):
            names = [self.fmt.body(name) for name in off] if key == "bodies" else list(off)
            words[self.fmt.say(f"explore.left_off.{key}")] = self.fmt.joined(names) if names else DASH
        now = Setting(values, words, self.verdict)
        if not self.tried or self.tried[-1].values != values:
            self.tried.append(now)
            labels = [(f"{k + 1}: {self._said(one)}", k) for k, one in enumerate(self.tried)]
            self.again.options = [(DASH, None), *reversed(labels)]
            self.again.value = None
            self.history.value = str(tried_table(self.tried, self._said, self.fmt).html(aligned=True))
        if self.kept is not None:
            self.beside.value = str(beside_table(self.kept, now, self.fmt).html(aligned=True))

    def _said(self, setting: Setting) -> str:
        """What sets a setting apart from the first one."""
        first = self.tried[0].words
        apart = [f"{name}: {words}" for name, words in setting.words.items() if words != first.get(name)]
        return "; ".join(apart) or self.fmt.say("explore.first")

    def _keep(self, _: Any) -> None:
        self.kept = self.tried[-1]
        self.beside.value = str(beside_table(self.kept, self.kept, self.fmt).html(aligned=True))

    def _go_back(self, _: Any) -> None:
        """Set every control as it was."""
        if self._moving or self.again.value is None:
            return
        values = dict(self.tried[self.again.value].values)
        self._moving = True
        try:
            self.ticks.known(values["vintage"])
            self.ticks.set(values.pop("bodies"), values.pop("rows"))
            for name, value in values.items():
                getattr(self, name).value = value
        finally:
            self._moving = False
        self._lock_target()
        self.refresh()

    def _targets(self, figures: Any) -> Any:
        return milestones_table(self.verdict, self.fmt, scale_of(self.verdict, figures, self.fmt))

    def _assumed(self) -> list[str]:
        """What the sliders assume beyond the evidence, in words."""
        fmt, said = self.fmt, []
        if self.case.question.chooses_evidence:
            said.append(fmt.say("explore.assumed.evidence"))
        bodies, rows = self.ticks.off()
        said += [fmt.say("explore.assumed.without", what=fmt.body(name)) for name in bodies]
        said += [fmt.counted("explore.assumed.rows", len(rows))] if rows else []
        if (self.kind_class.value or None) != self.case.programme.kind_class:
            said.append(fmt.say("explore.assumed.class", name=self.kind_class.label))
        if self.path.value != "announced":
            said.append(fmt.say(f"explore.assumed.{self.path.value}"))
        if self.extra.value:
            said.append(fmt.say("explore.assumed.extra", extra=fmt.amount(self.extra.value)))
        if self.retention.value < 1:
            said.append(fmt.say("explore.assumed.retention", rate=fmt.percent(self.retention.value)))
        return said

    def _class_words(self, case: Case) -> str:
        """What the class does to the chance of the last target; empty where it does nothing."""
        used = self.kind_class.value
        if case.problem is not None or used not in (self.case.prior or load()).class_names:
            return ""
        without = self._explorer(None).case(case.question).chances[-1]
        if self.fmt.percent(without) == self.fmt.percent(case.chances[-1]):
            return ""
        words = dict(name=self.fmt.say(f"nb.kind_class.{used}"), chance=self.fmt.percent(without))
        return self.fmt.say("explore.class_effect", target=self.fmt.exact(case.path.targets[-1]), **words)

    def _words(self, case: Case) -> Markup:
        fmt, said, figures = self.fmt, self._assumed(), case.figures
        if self.share.value < 1:
            said.insert(0, fmt.say("explore.assumed.share", share=fmt.percent(self.share.value)))
        known = fmt.counted("explore.figures", len(figures), day=fmt.day(self.verdict.vintage))
        tail = fmt.say("explore.assumes", list=fmt.joined(said)) if said else ""
        sentence = text.sentence(self.verdict, fmt, emphasis=True)
        return Markup(
            '<div role="status" aria-live="polite"><p style="font-size:1.25em">{}</p><p>{} {} {}</p></div>'
        ).format(sentence, capital(known), tail, self._class_words(case))

    def _save(self, _: Any) -> None:
        fmt = self.fmt
        try:
            said = self._assumed()
            remarks = [fmt.say("explore.assumes", list=fmt.joined(said))] if said else []
            path, command = save_choices(
                self.folder, self.name.value or self.name.placeholder, self.asked, remarks, fmt
            )
        except InputError as error:
            self.saved.value = str(Markup('<p role="alert">{}</p>').format(error))
            return
        note = fmt.say("explore.only_here", list=fmt.joined(said)) if said else ""
        self.saved.value = str(
            Markup('<div role="status"><p>{}</p><pre>{}</pre><p>{}</p></div>').format(
                fmt.say("explore.saved", file=f"{path.parent.name}/{path.name}"), command, note
            )
        )

    # how it is shown

    def _fallback(self) -> tuple[str, str]:
        figures = self.asked.figures
        table = self._targets(figures)
        sentence = text.sentence(self.verdict, self.fmt)
        help_ = self.fmt.say("explore.no_widgets")
        html = Markup("<p>{}</p><p>{}</p>{}").format(help_, sentence, table.html(aligned=True))
        return str(html), f"{help_}\n{sentence}\n{table}"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        html, text = self._first
        return {**self.box._repr_mimebundle_(), "text/html": html, "text/plain": text}


# tables


def tried_table(tried: Sequence[Setting], said: Callable[[Setting], str], fmt: Format) -> Table:
    """The latest settings, each with what sets it apart from the first one and with its verdict."""
    rows = []
    for k, one in list(enumerate(tried, start=1))[: -TRIED - 1 : -1]:
        last = one.verdict.milestones[-1] if one.verdict.milestones else None
        chances = (last.probability if last else None, one.verdict.joint_probability)
        rows.append((fmt.number(k), said(one), *(chance(fmt, p) for p in chances)))
    return table(fmt, fmt.say("explore.tried"), ("number", "setting", "last_target", "whole"), rows, (2, 3))


def beside_table(kept: Setting, now: Setting, fmt: Format) -> Table:
    """Two settings side by side: the controls that differ, then the chances, the middle and the range."""
    rows: list[tuple[str, ...]] = [
        (name, words, now.words.get(name, DASH), "")
        for name, words in kept.words.items()
        if words != now.words.get(name)
    ]
    one, other = kept.verdict, now.verdict
    if [(m.date, m.target) for m in one.milestones] == [(m.date, m.target) for m in other.milestones]:
        for before, after in zip(one.milestones, other.milestones, strict=True):
            words = fmt.say("record.target", target=fmt.exact(before.target), when=fmt.brief_date(before.date))
            rows.append(_points(words, before.probability, after.probability, fmt))
    rows.append(_points(fmt.say("nb.head.whole"), one.joint_probability, other.joint_probability, fmt))
    rows += _ranges(one, other, fmt)
    counts = len(one.figures_used), len(other.figures_used)
    rows.append((fmt.say("nb.head.figures"), *(fmt.number(n) for n in counts), signed(fmt, counts[1] - counts[0])))
    return table(fmt, fmt.say("explore.beside"), ("what", "kept", "present", "difference"), rows, (1, 2, 3))


def _ranges(one: v.Verdict, other: v.Verdict, fmt: Format) -> list[tuple[str, ...]]:
    """Middle and 90 % range on the date of the last target; empty where one of the two has none."""
    ends = [verdict.milestones[-1] for verdict in (one, other) if verdict.milestones]
    known = [(m.median, m.interval_90) for m in ends if m.median is not None and m.interval_90 is not None]
    if len(known) < 2:
        return []
    scale = fmt.scale(max(span[1] for _, span in known))
    (before, _), (after, _) = known
    names = [f"{fmt.say(f'nb.head.{name}')}, {scale.word}".rstrip(", ") for name in ("middle", "range90")]
    apart = signed(fmt, (after - before) / scale.divisor, 1)
    return [
        (names[0], *(scale.number(middle) for middle, _ in known), apart),
        (names[1], *(scale.span(*span) for _, span in known), ""),
    ]


def _points(words: str, before: float | None, after: float | None, fmt: Format) -> tuple[str, str, str, str]:
    """A row of two chances and their difference in percentage points."""
    apart = "" if before is None or after is None else signed(fmt, round(100 * after) - round(100 * before))
    return words, chance(fmt, before), chance(fmt, after), apart


# the choices as a parameter file of `jalur report`


def slug(words: str) -> str:
    """File name without ending: small letters, digits and hyphens; empty where `words` holds neither.

    Examples
    --------
    >>> slug("What if 60% can join?")
    'what-if-60-can-join'
    """
    return re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-")[:60].rstrip("-")


def parameters(case: Case) -> dict[str, Any]:
    """What a report is asked for: programme and vintage, and capacity, seed and draws where they are not the usual."""
    question = case.question
    values: dict[str, Any] = {"programme": case.programme.name, "vintage": case.vintage}
    if question.capacity:
        values["capacity"] = question.capacity
    if question.capacity_share != 1:
        values["capacity_share"] = round(question.capacity_share, 4)
    plain = {one.name: one.default for one in fields(question)}
    return values | {
        name: getattr(question, name) for name in ("seed", "draws") if getattr(question, name) != plain[name]
    }


def report_command(programme: Any, file: Path) -> str:
    """The command that runs a parameter file; it names the data folder where that is not the repository's."""
    data = programme.folder.parent
    home = ledger.default_data()
    shown = file.relative_to(home.parent).as_posix() if file.is_relative_to(home.parent) else str(file)
    return f"jalur report --params {shown}" + ("" if data == home else f" --data {data}")


def save_choices(folder: Path, name: str, case: Case, remarks: Sequence[str], fmt: Format) -> tuple[Path, str]:
    """Write a parameter file whole and return it with the command that runs it.

    Parameters
    ----------
    folder : Path
        Is made where it does not exist.
    name : str
        Becomes the file's name as a slug; a file of that name with other content is left alone.
    case : Case
    remarks : sequence of str
        Choices that a report does not have; written as comments.
    fmt : Format

    Raises
    ------
    InputError
        A name without letters and digits, a name that is taken, a folder that cannot be written.
    """
    stem = slug(name)
    if not stem:
        raise InputError(fmt.say("explore.name_needed"))
    path = folder / f"{stem}.yml"
    head = [fmt.say("explore.comment"), *remarks]
    content = "".join(f"# {line}\n" for line in head) + yaml.safe_dump(parameters(case), sort_keys=False)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if path.exists() and path.read_text(encoding="utf-8") != content:
            raise InputError(fmt.say("explore.taken", file=path.name))
        files.write_whole(path, content.encode())
    except OSError as error:
        raise InputError(fmt.say("explore.no_programme_file", folder=folder, why=error.strerror)) from error
    return path, report_command(case.programme, path)
