"""The study itself: one programme at one vintage in one language, its rooms, and the ways to ask something else."""

from __future__ import annotations

import datetime as dt
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from jalur import files, ledger
from jalur.brief import sections as brief
from jalur.errors import InputError, choice, shown
from jalur.study.base import Picture, Room, Sentences, Subject, capacity_name
from jalur.study.compare import Compare
from jalur.study.curves import Curves
from jalur.study.engine import Engine
from jalur.study.evidence import Evidence, definition_rows
from jalur.study.reach import Reach
from jalur.study.record import Record
from jalur.study.scenarios import Scenarios
from jalur.verdict import measured
from jalur.verdict import model as v
from jalur.verdict.case import Case
from jalur.words import sentences as text
from jalur.words.format import Format

ROOMS = ("engine", "evidence", "curves", "reach", "record", "scenarios", "compare")
NOTEBOOKS = (
    "00_engine.ipynb",
    "01_evidence.ipynb",
    "02_growth_curves.ipynb",
    "03_reachability.ipynb",
    "04_track_record.ipynb",
    "05_scenarios.ipynb",
    "06_compare.ipynb",
)


class Study(Subject):
    """One programme at one vintage, in one language, with the choices of the parameters cell.

    Attributes
    ----------
    engine, evidence, curves, reach, record, scenarios, compare : Room
        The views of the notebooks. Every view shows itself, holds its numbers as a DataFrame in `data`, and saves
        itself: ``study.reach.fan().data``, ``study.reach.fan().save("fan.svg")``.
    verdict : Verdict
        The answer as a frozen dataclass.
    figures : DataFrame
        The published figures that are used.
    """

    def __repr__(self) -> str:
        rooms = ", ".join(f".{name}" for name in ROOMS)
        return f"<study of {self.programme.name} as known on {self.question.vintage}, {self.fmt.lang}: {rooms}>"

    @cached_property
    def engine(self) -> Engine:
        """How the engine thinks."""
        return Engine(self)

    @cached_property
    def evidence(self) -> Evidence:
        """What was published, by whom, when, and where it conflicts."""
        return Evidence(self)

    @cached_property
    def curves(self) -> Curves:
        """What fitted growth curves say, and what they cannot say."""
        return Curves(self)

    @cached_property
    def reach(self) -> Reach:
        """The verdict: how likely, by when, at what pace."""
        return Reach(self)

    @cached_property
    def record(self) -> Record:
        """How often verdicts like this one are right."""
        return Record(self)

    @cached_property
    def scenarios(self) -> Scenarios:
        """What would have to be true."""
        return Scenarios(self)

    @cached_property
    def compare(self) -> Compare:
        """Vintages and programmes side by side."""
        return Compare(self)

    # something else asked

    def without(self, *rows: str) -> Study:
        """The same study with rows left out, by id."""
        return self._asking(self.case.without(*rows))

    def without_source(self, *bodies: str) -> Study:
        """The same study with every row of one or more issuing bodies left out."""
        return self._asking(self.case.without_sources(*bodies))

    def with_capacity(self, capacity: str | float, share: float = 1.0) -> Study:
        """The same study with another number of units that could ever join.

        Parameters
        ----------
        capacity : str or float
            Name of a declared capacity, or units.
        share : float
            Share of it that can ever join, above 0 and at most 1.
        """
        return self._asking(self.case.with_capacity(capacity, share))

    def with_figures(self, extra: pd.DataFrame) -> Study:
        """The same study with rows added.

        Parameters
        ----------
        extra : DataFrame
            Rows in the columns of observations.csv (`jalur.ledger.tables.columns`); they pass the checks of the file.
        """
        return self._asking(self.case.with_figures(extra))

    def at(self, vintage: str) -> Study:
        """The same study at another vintage, an ISO date."""
        return self._asking(self.case.at(vintage))

    def _asking(self, case: Case) -> Study:
        """A study of another case in the same language; what cannot be asked is refused here, not later."""
        made = Study(case, self.fmt)
        _ = made.figures, made.capacity
        return made

    # what every notebook shows

    def title(self) -> Sentences:
        """What is studied, and as known on which day."""
        words = {"title": self.programme.title[self.fmt.lang], "vintage": self.fmt.day(self.question.vintage)}
        return Sentences([self.fmt.say("nb.title", **words)])

    def limits(self) -> Sentences:
        """The limits of the claim."""
        return Sentences(limits(self.verdict, self.programme, self.figures, self.fmt, measured.record()))

    def stamp(self) -> Sentences:
        """Versions, data and seed behind the results."""
        v = self.verdict
        words = {
            "version": v.package_version,
            "engine": v.engine_version,
            "data": v.data_hash[:12],
            "vintage": v.vintage,
        }
        return Sentences([self.fmt.say("nb.stamp", seed=v.seed, draws=v.draws, **words)])

    def section(self, name: str) -> brief.Section:
        """One section of the brief: question, verdict, milestones, fan, take, change, record, trust or sources."""
        return self._sections[choice(name, brief.SECTIONS, "section")]

    def explorer(self) -> Any:
        """Sliders over the live engine that start from this study (`jalur.study.explore`)."""
        from jalur.study.explore import App  # widgets are needed by one notebook only

        return App(self.case, self.fmt)

    def export(self, folder: str | Path) -> list[Path]:
        """Write everything that the rooms show: a CSV file a view, a PNG beside it where it is a chart, the verdict.

        Parameters
        ----------
        folder : str or Path
            Is made where it does not exist. Files of these names are replaced, others are left alone.

        Returns
        -------
        list of Path
            What was written, such as ``reach.fan.csv``, ``reach.fan.png`` and ``verdict.json``.

        Raises
        ------
        InputError
            A place that cannot be written.
        """
        folder = Path(folder)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            files.write_whole(folder / "verdict.json", self.verdict.to_json().encode("utf-8"))
        except OSError as error:
            raise InputError(f"{shown(str(folder))} cannot be written: {error.strerror}") from error
        written = [folder / "verdict.json"]
        for name in ROOMS:
            room: Room = getattr(self, name)
            for one in room.VIEWS:
                view = getattr(room, one)()
                kinds = ("csv", "png") if isinstance(view, Picture) else ("csv",)
                written += [view.save(folder / f"{name}.{one}.{kind}") for kind in kinds]
        return written

    @cached_property
    def _sections(self) -> dict[str, brief.Section]:
        return brief.sections(self.material, self.fmt.lang)

    @property
    def material(self) -> brief.Material:
        """Everything that the brief is written from."""
        definitions, who = definition_rows(self.programme, self.question.vintage)
        return brief.Material(
            verdict=self.verdict,
            programme=self.programme,
            figures=self.figures,
            record=self.record.replayed,
            measured=coverage(measured.record()),
            definitions=definitions,
            survey=who,
            total=len(ledger.select(self.programme, dt.date.today())),
            notebooks=NOTEBOOKS,
            wires=self.wires,
            moved=self.moved,
            earlier=self.earlier,
        )


def limits(verdict: v.Verdict, programme: Any, figures: pd.DataFrame, fmt: Format, record: dict[str, Any]) -> list[str]:
    """The limits of the claim, before any number."""
    say, when = fmt.say, fmt.day(verdict.vintage)
    kind = programme.source_kind
    said = [say(f"nb.limits.{kind}_net" if programme.net else f"nb.limits.{kind}")]
    if len(figures):
        span = {"first": fmt.month(figures["as_of"].min()), "last": fmt.month(figures["as_of"].max())}
        many = "one" if len(figures) == 1 else "many"
        said.append(say(f"nb.limits.figures.{many}", n=fmt.number(len(figures)), vintage=when, **span))
    else:
        said.append(say("nb.limits.none", vintage=when))
    if verdict.announced_after_vintage and verdict.announced:
        said.append(say("nb.limits.later", date=fmt.day(verdict.announced)))
    if verdict.capacity is not None and verdict.joint_probability is not None:
        name = capacity_name(verdict.capacity.name, programme, fmt)
        said.append(
            say(
                "nb.limits.capacity",
                capacity=fmt.level(verdict.capacity.units),
                noun=programme.noun[fmt.lang],
                name=name,
            )
        )
    if verdict.data_cannot_tell and verdict.capacity_range is not None:
        said.append(say("nb.limits.cannot_tell", points=fmt.number(100 * verdict.capacity_range)))
    if "jalur" in record.get("methods", {}):
        said.append(say("nb.limits.record", ours=fmt.percent(record["methods"]["jalur"]["coverage_90"])))
    said += text.scope(verdict, fmt)
    if verdict.reason_code:
        said.append(say("nb.limits.not_assessed", reason=text.missing(verdict, fmt)))
    return said


def coverage(record: dict[str, Any]) -> dict[str, Any] | None:
    """The measured coverage that the brief quotes: ours, the logistic curve's, and where we are furthest off."""
    methods = record.get("methods", {})
    if "jalur" not in methods:
        return None
    ours = methods["jalur"]
    worst = max(ours["reliability"], key=lambda row: abs(row["said"] - row["happened"]))
    peers = {name: methods[name]["coverage_90"] for name in ("line", "logistic") if name in methods}
    return {
        "tasks": ours["tasks"],
        "ours": ours["coverage_90"],
        "peers": peers,
        "said": worst["said"],
        "happened": worst["happened"],
    }
