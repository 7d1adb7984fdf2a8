"""Sliders over the live engine, for JupyterLab: the verdict, the fan and the targets follow every move.

Shown where no widgets are (a page, a reader on paper), the explorer is its first state as words and a table, with the
way to the sliders.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import ipywidgets as widgets
import yaml
from markupsafe import Markup

from jalur import files, ledger
from jalur.charts import fan_svg, scale_of
from jalur.dates import iso
from jalur.errors import InputError
from jalur.study.reach import milestones_table
from jalur.verdict import model as v
from jalur.verdict.case import Case
from jalur.verdict.pace import nice_amounts
from jalur.verdict.scenarios import Explorer
from jalur.words import sentences as text
from jalur.words.format import Format, capital

_STYLE = {"description_width": "12em"}
_WIDE = {"width": "34em"}
SHARES = tuple(k / 20 for k in range(4, 21))  # of the capacity
RETENTIONS = tuple(k / 100 for k in range(80, 101))


class App:
    """The sliders and what follows them.

    Parameters
    ----------
    case : Case
        Where the sliders start; what it chooses beyond them is kept as long as its programme is.
    fmt : Format
    folder : Path, optional
        Where the button writes; the repository's ``params/`` where it is not given.
    """

    def __init__(self, case: Case, fmt: Format, folder: Path | None = None) -> None:
        self.fmt, programme = fmt, case.programme
        self.folder = folder or ledger.default_data().parent / "params"
        self._data = programme.folder.parent
        self._first_case, self._engine = case, Explorer(case)
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
        self.name = self._widget(widgets.Text, "name")
        self.button = widgets.Button(description=fmt.say("explore.save"), icon="save", layout={"width": "auto"})
        self.sentence = widgets.HTML()
        self.chart, self.table, self.saved = widgets.HTML(), widgets.HTML(), widgets.HTML()
        for shown in (self.sentence, self.table):
            shown.add_class("jp-RenderedHTMLCommon")  # JupyterLab's own look of tables and text
        self._moves = (
            self.vintage, self.path, self.target, self.date, self.capacity, self.share, self.extra, self.retention,
        )  # fmt: skip
        self._start(case.vintage)
        self.programme.observe(self._other_programme, "value")
        for widget in self._moves:
            widget.observe(self._moved, "value")
        self.button.on_click(self._save)
        self.box = widgets.VBox(
            [self.programme, *self._moves, self.sentence, self.chart, self.table,
             widgets.HBox([self.name, self.button]), self.saved]
        )  # fmt: skip
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
        self.capacity.options = [(c.title[fmt.lang], c.name) for c in programme.capacities] or [("\u2013", "")]
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
        self.retention.disabled = programme.net  # its count has lost those who left already
        self._lock_target()

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
        question = replace(
            self.case.question,
            vintage=self.vintage.value,
            capacity=None if self.capacity.value in (default, "") else self.capacity.value,
            capacity_share=self.share.value,
            targets=targets[self.path.value],
        )
        return self._engine.case(question)

    # what follows a move

    def _other_programme(self, _: Any) -> None:
        case = self._first_case
        if self.programme.value != case.programme.name:
            programme = ledger.load(self.programme.value, self._data)
            case = Case.of(programme, case.vintage, seed=case.question.seed, draws=case.question.draws)
        self._moving = True
        try:
            self._engine = Explorer(case)
            self._start(case.vintage if case is self._first_case else None)
        finally:
            self._moving = False
        self.refresh()

    def _moved(self, _: Any) -> None:
        if not self._moving:
            self._lock_target()
            self.refresh()

    def refresh(self) -> None:
        """Answer the question of the sliders and show it."""
        try:
            case = self.asked
            self.verdict = self._engine.verdict(case.question, self.extra.value, self.retention.value)
        except InputError as error:
            self.sentence.value = str(Markup('<p role="alert">{}</p>').format(error))
            return
        fmt, figures = self.fmt, case.figures
        self.sentence.value = str(self._words(figures))
        chart = fan_svg(self.verdict, figures, fmt, case.programme.reference_source)
        self.chart.value = str(chart + Markup("<p>{}</p>").format(fmt.say("explore.legend")))
        self.table.value = str(self._targets(figures).html(aligned=True))
        stem = slug("-".join(map(str, parameters(case).values())))
        self.name.placeholder, self.saved.value = stem, ""

    def _targets(self, figures: Any) -> Any:
        return milestones_table(self.verdict, self.fmt, scale_of(self.verdict, figures, self.fmt))

    def _assumed(self) -> list[str]:
        """What the sliders assume beyond the evidence, in words."""
        fmt, said = self.fmt, []
        if self.case.question.chooses_evidence:
            said.append(fmt.say("explore.assumed.evidence"))
        if self.path.value != "announced":
            said.append(fmt.say(f"explore.assumed.{self.path.value}"))
        if self.extra.value:
            said.append(fmt.say("explore.assumed.extra", extra=fmt.amount(self.extra.value)))
        if self.retention.value < 1:
            said.append(fmt.say("explore.assumed.retention", rate=fmt.percent(self.retention.value)))
        return said

    def _words(self, figures: Any) -> Markup:
        fmt, said = self.fmt, self._assumed()
        if self.share.value < 1:
            said.insert(0, fmt.say("explore.assumed.share", share=fmt.percent(self.share.value)))
        known = fmt.counted("explore.figures", len(figures), day=fmt.day(self.verdict.vintage))
        tail = fmt.say("explore.assumes", list=fmt.joined(said)) if said else ""
        sentence = text.sentence(self.verdict, fmt, emphasis=True)
        return Markup(
            '<div role="status" aria-live="polite"><p style="font-size:1.25em">{}</p><p>{} {}</p></div>'
        ).format(sentence, capital(known), tail)

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
