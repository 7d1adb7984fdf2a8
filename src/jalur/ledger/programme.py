"""What a programme is, and how its folder is read: programme.yml, observations.csv and targets.csv.

Whatever does not fit `jalur.ledger.declared`, or the tables, is named by line and key, together.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

import pandas as pd
from pydantic import ValidationError

from jalur import dates
from jalur.errors import Fault, InputError, shown
from jalur.ledger import levels
from jalur.ledger.declared import (
    PERCENT,
    SLUG,
    WHOLE,
    ComparisonEntry,
    Manifest,
    PathEntry,
    Period,
    SelectionEntry,
    manifest_faults,
)
from jalur.ledger.levels import Base, Count, Selection
from jalur.ledger.tables import Place, end_of, read_table, read_yaml

CONTEXT = ("denominators.csv", "proxies.csv")
Table = tuple[pd.DataFrame, list[Fault]]


@dataclass(frozen=True)
class Capacity:
    """How many could ever join.

    Attributes
    ----------
    name : str
    title : dict
        Words in both languages.
    units : float
        Eligible units times `share`.
    as_of : datetime.date or None
        Day that the oldest of the counts refers to.
    source, url : str
        Body and address behind the counts.
    share : float
        Share of the eligible units, 0 < share <= 1.
    default : bool
        Whether it is used when none is named.
    ids : tuple of str
        Rows of denominators.csv and proxies.csv behind it.
    known_on : datetime.date or None
        Day from which it was known; None where the pages do not show it.
    assumption : bool
        Whether the units are assumed and not counted by anyone.
    counts : tuple of Count
        Dated counts times `share`, in order, of a capacity that grows; `units` and `as_of` are then of the latest.
    """

    name: str
    title: dict[str, str]
    units: float
    as_of: dt.date | None
    source: str
    url: str
    share: float = 1.0
    default: bool = False
    ids: tuple[str, ...] = ()
    known_on: dt.date | None = None
    assumption: bool = False
    counts: tuple[Count, ...] = ()


@dataclass(frozen=True)
class Target:
    """One milestone of the official path, in the unit of the programme."""

    date: dt.date
    value: float
    id: str
    stated_on: dt.date | None
    speaker_org: str
    publisher: str
    url: str
    note: str


@dataclass(frozen=True)
class OfficialPath:
    """The official path: announcement, the level it counted from, and the milestones in the order of their dates."""

    announced: dt.date
    milestones: tuple[Target, ...]
    speaker: str = ""
    url: str = ""
    base_date: dt.date | None = None
    base_value: float | None = None


@dataclass(frozen=True)
class Comparison:
    """Another measure of the same thing: a name, words in both languages, and the rows that hold it."""

    name: str
    title: dict[str, str]
    rows: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Programme:
    """One programme, read and checked.

    Attributes
    ----------
    name : str
        Name of its folder.
    title, noun, subject : dict
        Words by language.
    unit : str
        Unit of the selected figures and of the path.
    selection : Selection
    capacities : tuple of Capacity
    reference_source : str or None
        Body whose count the others are measured against.
    reporting_error : float
        Share of the level.
    net : bool
        Whether the count may also move against its direction.
    direction : str
        ``up`` or ``down``: which way the path leads.
    kind_class : str or None
        Class of programmes that it belongs to, as it declares.
    source_kind : str
        What stands behind the figures: announcement, register or survey.
    path : OfficialPath or None
    observations, targets : DataFrame
        All rows; the index is the row in the file.
    folder : Path
    definitions : dict
        Words for the definitions, by definition and language; may be empty.
    comparisons : tuple of Comparison
    periods : tuple of (name, ISO date)
        Stretches of time whose pace is compared; may be empty.
    replay : tuple of ISO dates
        Vintages at which the verdict is replayed; may be empty.
    """

    name: str
    title: dict[str, str]
    noun: dict[str, str]
    subject: dict[str, str]
    unit: str
    selection: Selection
    capacities: tuple[Capacity, ...]
    reference_source: str | None
    reporting_error: float
    net: bool
    path: OfficialPath | None
    observations: pd.DataFrame
    targets: pd.DataFrame
    folder: Path
    definitions: dict[str, dict[str, str]] = field(default_factory=dict)
    comparisons: tuple[Comparison, ...] = ()
    periods: tuple[tuple[str, str], ...] = ()
    replay: tuple[str, ...] = ()
    kind_class: str | None = None
    source_kind: str = "announcement"
    direction: str = "up"

    @property
    def of_shares(self) -> bool:
        """Whether figures and targets are shares in per cent of all who are eligible."""
        return self.unit == PERCENT


def checked_name(name: str) -> str:
    """Return the name of a programme if it is one (small letters, digits, _), so that no path can hide in it."""
    if not isinstance(name, str) or not SLUG.fullmatch(name):
        raise InputError(
            f"programme is {shown(name)}; allowed is a name in small letters, digits and _, "
            "beginning with a letter, at most 64 long"
        )
    return name


# How its folder is read


class Tables:
    """The tables of a data folder; those that programmes share are read once.

    Attributes
    ----------
    data : Path
    """

    def __init__(self, data: Path) -> None:
        self.data = data
        self._shared: dict[str, Table] = {}

    def shared(self, path: str, schema: str) -> Table:
        """Return a table that stands for all programmes, with its faults."""
        if path not in self._shared:
            self._shared[path] = read_table(self.data / path, schema, path)
        return self._shared[path]

    @cached_property
    def context(self) -> tuple[dict[str, Any], list[Fault]]:
        """Rows of denominators.csv and proxies.csv by their ids, and the faults of these tables."""
        tables = [self.shared(file, "denominators") for file in CONTEXT if (self.data / file).exists()]
        faults = [fault for _, found in tables for fault in found]
        return ({} if faults else {row.id: row for frame, _ in tables for row in dates.records(frame)}), faults


def read(
    name: str, data: Path, tables: Tables | None = None, given: Mapping[str, Table] | None = None
) -> tuple[Programme | None, list[Fault]]:
    """Read the folder of one programme and check everything in it.

    Parameters
    ----------
    name : str
        Name of the folder below `data`.
    data : Path
        Data folder; its denominators.csv and proxies.csv are read where programme.yml names their rows.
    tables : Tables, optional
        The common tables of the folder, where several programmes are read.
    given : mapping of str to (DataFrame, list of Fault), optional
        Tables of the programme that have been read, by path below `data`.

    Returns
    -------
    programme : Programme or None
        None where there are faults.
    faults : list of Fault
    """
    tables = tables or Tables(data)
    builder = _Builder(name, data, tables)
    label, other = f"{name}/observations.csv", f"{name}/targets.csv"
    given = given or {}
    frame, found = given[label] if label in given else read_table(data / label, "observations", label)
    builder.faults += found
    targets, found = given[other] if other in given else read_table(data / other, "targets", other)
    builder.faults += found
    if builder.faults or builder.manifest is None:
        return None, builder.faults
    programme = builder.programme(frame, targets)
    wrong = frame["definition"].isin(programme.selection.definitions) & (frame["unit"] != programme.unit)
    for row in dates.records(frame[wrong]) if wrong.any() else ():
        allowed = f"{programme.unit}, the unit of the programme, since {row.definition} is a selected definition"
        builder.faults.append(Fault(label, row.Index, "unit", shown(row.unit), allowed))
    if programme.selection.base is not None and not builder.faults:
        summed = frame[programme.selection.declared(frame, programme.unit)]
        builder.faults += levels.problems(summed, programme.selection.base, label)
    if programme.path is not None and not builder.faults:
        builder.faults += _against_direction(programme, other)
    return (None if builder.faults else programme), builder.faults


class _Builder:
    """Reads programme.yml and turns it into the programme, noting what does not fit the tables."""

    def __init__(self, name: str, data: Path, tables: Tables) -> None:
        self.name, self.folder, self._tables = name, data / name, tables
        self._label = f"{name}/programme.yml"
        content, self._lines, self.faults = read_yaml(self.folder / "programme.yml", self._label)
        self.manifest: Manifest | None = None
        if not self.faults:
            try:
                self.manifest = Manifest.model_validate(content)
            except ValidationError as error:
                self.faults = list(manifest_faults(error, self.at))

    def at(self, place: Place, given: str, allowed: str) -> Fault:
        """Return a fault at one place of programme.yml."""
        known = place
        while known not in self._lines:
            known = known[:-1]
        return Fault(self._label, self._lines[known], ".".join(map(str, place)) or None, given, allowed)

    def refuse(self, place: Place, given: str, allowed: str) -> None:
        """Note a fault at one place of programme.yml."""
        self.faults.append(self.at(place, given, allowed))

    def programme(self, observations: pd.DataFrame, targets: pd.DataFrame) -> Programme:
        """Put the programme together."""
        content = self.manifest
        assert content is not None
        named = any(entry.denominators or entry.share_from for entry in content.capacities) or content.comparisons
        context, found = self._tables.context if named else ({}, [])
        self.faults += found
        selection = self._selection(content.selection)
        definitions = sorted(set(observations["definition"]))
        for position, definition in enumerate(selection.definitions):
            if definitions and definition not in definitions:
                allowed = "a definition of observations.csv: " + ", ".join(definitions)
                self.refuse(("selection", "definitions", position), shown(definition), allowed)
        reference, bodies = content.reference_source, sorted(set(observations["speaker_org"]))
        # Any other name would silently mean that no body is the reference, which moves the verdict.
        if reference is not None and bodies and reference not in bodies:
            allowed = "a body of observations.csv, column speaker_org: " + ", ".join(bodies)
            self.refuse(("reference_source",), shown(reference), allowed)
        capacities = self._capacities(content, context) if not found else ()
        if not found:
            self._check_default(content, capacities, levels.largest(observations, selection, content.unit))
        self._check_periods(content.periods)
        return Programme(
            name=self.name,
            title=content.title.model_dump(),
            noun=content.noun.model_dump(),
            subject=content.subject.model_dump() if content.subject else {"en": "", "id": ""},
            unit=content.unit,
            selection=selection,
            capacities=tuple(capacity for capacity in capacities if capacity is not None),
            reference_source=reference,
            reporting_error=content.reporting_error,
            net=content.net,
            direction=content.direction,
            kind_class=content.kind_class,
            source_kind=content.source_kind,
            path=self._path(content.path, content.unit, targets) if content.path else None,
            observations=observations,
            targets=targets,
            folder=self.folder,
            definitions={name: words.model_dump() for name, words in content.definitions.items()},
            comparisons=() if found else self._comparisons(content.comparisons, {*observations["id"], *context}),
            periods=tuple((period.name, period.start.isoformat()) for period in content.periods),
            replay=tuple(day.isoformat() for day in content.replay),
        )

    def _selection(self, entry: SelectionEntry) -> Selection:
        """Read the selection: levels as they are, or flows of one definition with the base that they are added to."""
        given, base = dict(entry), None
        if len(entry.kinds) > 1:
            allowed = "either [level], figures as they stand, or [flow], added up from selection.base"
            self.refuse(("selection", "kinds"), "levels and flows together", allowed)
        elif entry.kinds == ("flow",) and entry.base is None:
            allowed = "selection.base as well, the level they are added to: {date, value, source}"
            self.refuse(("selection", "kinds"), "flows without a base", allowed)
        elif entry.kinds == ("level",) and entry.base is not None:
            allowed = "no base, since kinds is level, or kinds: [flow] where the figures are added up"
            self.refuse(("selection", "base"), "a base", allowed)
        elif entry.base is not None and len(entry.definitions) > 1:
            allowed = "one, since flows of different definitions are never added up"
            self.refuse(("selection", "definitions"), f"{len(entry.definitions)} definitions of flows", allowed)
        elif entry.base is not None:
            stated = entry.base
            base = Base(stated.date, stated.value, stated.source, stated.known_on or stated.date, stated.url or "")
        return Selection(**given | {"base": base})

    def _capacities(self, content: Manifest, context: Mapping[str, Any]) -> tuple[Capacity | None, ...]:
        """Read the capacities; each has a name of its own."""
        names = [entry.name for entry in content.capacities]
        for position, name in enumerate(names):
            if name in names[:position]:
                self.refuse(("capacities", position, "name"), shown(name), "a name used once")
        return tuple(self._capacity(content, position, context) for position in range(len(content.capacities)))

    def _check_default(self, content: Manifest, capacities: tuple[Capacity | None, ...], largest: float) -> None:
        """One capacity is the default, and it must not lie below a selected figure."""
        defaults = [position for position, entry in enumerate(content.capacities) if entry.default]
        if capacities and len(defaults) != 1:
            self.refuse(("capacities",), f"{len(defaults)} capacities with default: true", "exactly one")
        for position in defaults:
            capacity = capacities[position]
            if capacity is not None and capacity.units < largest:
                given = f"{capacity.units:,.0f} as the default capacity {shown(capacity.name)}"
                self.refuse(("capacities", position), given, f"at least the largest selected figure, {largest:,.0f}")

    def _capacity(self, content: Manifest, position: int, context: Mapping[str, Any]) -> Capacity | None:
        """Read one capacity: rows added up or one by one, or units given with their source; times the share."""
        at, entry = ("capacities", position), content.capacities[position]
        if (entry.denominators is None) == (entry.units is None):
            allowed = "either denominators, a list of row ids, or units with as_of and source"
            self.refuse(at, "both or neither of denominators and units", allowed)
            return None
        if entry.share is not None and entry.share_from is not None:
            self.refuse((*at, "share_from"), "a share and a row for it", "either share or share_from")
            return None
        ids = [*(entry.denominators or ()), *((entry.share_from,) if entry.share_from else ())]
        missing = [row for row in ids if row not in context]
        if missing:
            self.refuse(at, f"the row {shown(missing[0])}", "a row id of denominators.csv or proxies.csv")
            return None
        share = 1.0 if entry.share is None else entry.share
        if entry.share_from is not None:
            row = context[entry.share_from]
            share = row.value / 100
            if "percent" not in row.unit or not 0 < share <= 1:
                given = f"the row {entry.share_from} in {row.unit}"
                self.refuse((*at, "share_from"), given, "a row in percent, above 0 and at most 100")
        known, counted = [context[row] for row in ids], [context[row] for row in entry.denominators or ()]
        counts, wrong = levels.counts_of(counted, share) if entry.growing else ((), None)
        if wrong or (entry.growing and content.direction == "down"):
            allowed = levels.COUNTS if wrong else "growing: false, since a path that leads down falls from one number"
            self.refuse((*at, "growing"), wrong or "direction: down", allowed)
            return None
        if entry.units is not None:
            units, as_of, known_on = entry.units, entry.as_of, entry.known_on
            for key in ("as_of", "source"):
                if getattr(entry, key) is None:
                    self.refuse((*at, key), "nothing", f"the key {key}, since the units come from no row of a table")
        else:
            units = counts[-1].units / share if counts else sum(row.value for row in counted)
            as_of = counts[-1].date if counts else min(row.as_of for row in known).date()
            known_on = _known_on(known)
        sources = [entry.source, *(f"{row.source_org} ({row.publisher})" for row in known)]
        if content.unit == PERCENT and units * share > WHOLE:
            given = f"{units * share:g} in {PERCENT}"
            self.refuse(at, given, "at most 100, all of the eligible, since the unit is percent")
        return Capacity(
            name=entry.name,
            title=entry.title.model_dump(),
            units=units * share,
            as_of=as_of,
            source="; ".join(dict.fromkeys(filter(None, sources))),
            url=entry.url or (known[0].url if known else ""),
            share=share,
            default=entry.default,
            ids=tuple(ids),
            known_on=known_on,
            assumption=entry.assumption,
            counts=counts,
        )

    def _path(self, entry: PathEntry, unit: str, targets: pd.DataFrame) -> OfficialPath:
        """Read the official path from the rows of targets.csv that it names."""
        base = entry.base
        earliest = max(entry.announced, base.date if base else entry.announced)
        places = {row_id: place for place, row_id in enumerate(targets["id"])}
        milestones: list[Target] = []
        for position, row_id in enumerate(entry.milestones):
            at = ("path", "milestones", position)
            if row_id not in places:
                self.refuse(at, shown(row_id), "a row id of targets.csv")
                continue
            row = targets.iloc[places[row_id]]
            if row.unit != unit:
                self.refuse(at, f"{row_id} in {row.unit}", f"a target in the unit of the programme, {unit}")
            if pd.isna(row.target_date):
                self.refuse(at, f"{row_id} without a target date", "a target with a date")
                continue
            day = row.target_date.date()
            if day <= earliest:
                self.refuse(at, f"{row_id} for {day}", f"a date after the announcement and the base, {earliest}")
            if milestones and day <= milestones[-1].date:
                self.refuse(at, f"{row_id} for {day}", f"dates in rising order, after {milestones[-1].date}")
            stated = None if pd.isna(row.stated_on) else row.stated_on.date()
            milestones.append(
                Target(day, row.value, row_id, stated, row.speaker_org, row.publisher, row.url, row.note or "")
            )
        return OfficialPath(
            entry.announced,
            tuple(milestones),
            entry.speaker,
            entry.url or "",
            base.date if base else None,
            base.value if base else None,
        )

    def _check_periods(self, periods: tuple[Period, ...]) -> None:
        """The periods in which the pace is compared start in rising order."""
        for position, (before, after) in enumerate(pairwise(periods), start=1):
            if after.start <= before.start:
                allowed = f"dates in rising order, after {before.start}"
                self.refuse(("periods", position, "start"), str(after.start), allowed)

    def _comparisons(self, entries: tuple[ComparisonEntry, ...], known: set[str]) -> tuple[Comparison, ...]:
        """Read the comparisons; each names rows that exist."""
        for position, entry in enumerate(entries):
            for place, row in enumerate(entry.rows):
                if row not in known:
                    allowed = "a row id of observations.csv, denominators.csv or proxies.csv"
                    self.refuse(("comparisons", position, "rows", place), shown(row), allowed)
        return tuple(Comparison(entry.name, entry.title.model_dump(), entry.rows) for entry in entries)


def _against_direction(programme: Programme, label: str) -> list[Fault]:
    """Find targets of the path that lie the other way than the programme says it goes.

    The path starts at its declared base, without one at the last figure known on the day it was announced.
    """
    path = programme.path
    assert path is not None
    known = levels.last_known(programme.observations, programme.selection, programme.unit, path.announced)
    start = (known[0], f"the last figure known on {path.announced}, {known[1]}") if known else None
    if path.base_value is not None:
        start = (path.base_value, f"the base of {path.base_date}")
    rows = dict(zip(programme.targets["id"], programme.targets.index, strict=True))
    steps = [(int(rows[target.id]), target.id, target.value) for target in path.milestones]
    return levels.against(steps, start, path.base_value is not None, programme.direction == "down", label)


def _known_on(rows: list[Any]) -> dt.date | None:
    """Return the latest publication day of several rows, a month or year at its end; None if one is not shown."""
    days = [end_of(row.reported_on) if row.reported_on else None for row in rows]
    return None if None in days else max(day for day in days if day)
