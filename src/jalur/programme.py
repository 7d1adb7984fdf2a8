"""A programme as declared by its folder: programme.yml, observations.csv and targets.csv, checked against each other."""

from __future__ import annotations

import datetime as dt
import json
import re
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import pandas as pd

from jalur import ledger_rules, safe_yaml
from jalur.errors import Fault, InputError, shown
from jalur.schema import date_of, read_table

SLUG = re.compile(r"[a-z][a-z0-9_]{0,63}")
REPORTING_ERROR = 0.02  # share of the level; two bodies differ by 5 to 9 % on the same QRIS year-ends, most by less


@dataclass(frozen=True)
class Selection:
    """Default selection of rows: roles, kinds and definitions used, and the first reference day (None: all)."""

    definitions: tuple[str, ...]
    roles: tuple[str, ...] = ("observation",)
    kinds: tuple[str, ...] = ("level",)
    since: dt.date | None = None


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
        Whether the count may fall.
    path : OfficialPath or None
    observations, targets : DataFrame
        All rows; the index is the row in the file.
    folder : Path
    definitions : dict
        Words for the definitions, by definition and language; may be empty.
    comparisons : tuple of Comparison
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


@cache
def manifest_schema() -> dict[str, Any]:
    """Return the JSON Schema of programme.yml."""
    text = resources.files("jalur").joinpath("schema", "programme.json").read_text(encoding="utf-8")
    return dict(json.loads(text))


def read(name: str, data: Path) -> tuple[Programme | None, list[Fault]]:
    """Read the folder of one programme and check everything in it.

    Parameters
    ----------
    name : str
        Name of the folder below `data`.
    data : Path
        Data folder; its denominators.csv and proxies.csv are read where programme.yml names their rows.

    Returns
    -------
    programme : Programme or None
        None where there are faults.
    faults : list of Fault
    """
    folder = data / name
    label = f"{name}/programme.yml"
    content, lines, faults = safe_yaml.read(folder / "programme.yml", label)
    if not faults:
        faults = safe_yaml.schema_faults(content, manifest_schema(), lines, label)
    observations, found = read_table(folder / "observations.csv", "observations", f"{name}/observations.csv")
    faults += found or ledger_rules.observation_faults(observations, f"{name}/observations.csv")
    targets, found = read_table(folder / "targets.csv", "targets", f"{name}/targets.csv")
    faults += found
    if faults:
        return None, faults
    builder = _Builder(content, lines, label, observations, targets)
    programme = builder.programme(name, folder, _context(data, content, faults))
    faults += builder.faults
    faults += ledger_rules.unit_faults(observations, programme.selection.definitions, programme.unit, f"{name}/observations.csv")
    return (None if faults else programme), faults


def _context(data: Path, content: dict[str, Any], faults: list[Fault]) -> pd.DataFrame:
    """Read the rows of denominators.csv and proxies.csv, indexed by id, if the programme names any."""
    named = [c for c in content["capacities"] if "denominators" in c or "share_from" in c]
    files = ("denominators.csv", "proxies.csv") if named or content.get("comparisons") else ()
    tables = []
    for file in files:
        if (data / file).exists():
            frame, found = read_table(data / file, "denominators", file)
            faults += found
            tables.append(frame)
    if faults or not tables:
        return pd.DataFrame(columns=["id"]).set_index("id")
    return pd.concat(tables).set_index("id")


class _Builder:
    """Turns the checked content of programme.yml into the programme, noting what does not fit the tables."""

    def __init__(self, content: dict[str, Any], lines: dict[Any, int], label: str, observations: pd.DataFrame, targets: pd.DataFrame):
        self.content, self.lines, self.label = content, lines, label
        self.observations, self.targets = observations, targets
        self.faults: list[Fault] = []

    def refuse(self, path: tuple[str | int, ...], given: str, allowed: str) -> None:
        """Note a fault at one place of programme.yml."""
        known = path
        while known not in self.lines:
            known = known[:-1]
        self.faults.append(Fault(self.label, self.lines[known], ".".join(map(str, path)), given, allowed))

    def day(self, mapping: dict[str, Any], path: tuple[str | int, ...]) -> dt.date | None:
        """Read an optional date."""
        text = mapping.get(str(path[-1]))
        if text is None:
            return None
        try:
            return date_of(text)
        except ValueError as error:
            self.refuse(path, shown(text), str(error))
            return None

    def programme(self, name: str, folder: Path, context: pd.DataFrame) -> Programme:
        """Put the programme together."""
        content = self.content
        chosen = content["selection"]
        selection = Selection(
            tuple(chosen["definitions"]),
            tuple(chosen.get("roles", ("observation",))),
            tuple(chosen.get("kinds", ("level",))),
            self.day(chosen, ("selection", "since")),
        )
        known = set(self.observations["definition"])
        for position, definition in enumerate(selection.definitions):
            if known and definition not in known:
                self.refuse(("selection", "definitions", position), shown(definition), "a definition of observations.csv: " + ", ".join(sorted(known)))
        words = content.get("definitions", {})
        for definition in sorted(known - set(words)) if words else ():
            self.refuse(("definitions",), f"no words for {shown(definition)}", "words for every definition of observations.csv, or no key definitions")
        return Programme(
            name=name,
            title=content["title"],
            noun=content["noun"],
            subject=content.get("subject", {"en": "", "id": ""}),
            unit=content["unit"],
            selection=selection,
            capacities=self.capacities(context, selection),
            reference_source=content.get("reference_source"),
            reporting_error=float(content.get("reporting_error", REPORTING_ERROR)),
            net=content.get("net", False),
            path=self.path() if "path" in content else None,
            observations=self.observations,
            targets=self.targets,
            folder=folder,
            definitions=words,
            comparisons=self.comparisons(context),
        )

    def capacities(self, context: pd.DataFrame, selection: Selection) -> tuple[Capacity, ...]:
        """Read the capacities; the default one must not lie below a selected figure."""
        built = [self.capacity(entry, position, context) for position, entry in enumerate(self.content["capacities"])]
        names = [entry["name"] for entry in self.content["capacities"]]
        for position, name in enumerate(names):
            if name in names[:position]:
                self.refuse(("capacities", position, "name"), shown(name), "a name used once")
        defaults = [position for position, entry in enumerate(self.content["capacities"]) if entry.get("default")]
        if names and len(defaults) != 1:
            self.refuse(("capacities",), f"{len(defaults)} capacities with default: true", "exactly one")
        frame = self.observations
        mask = frame["role"].isin(selection.roles) & frame["kind"].isin(selection.kinds) & frame["definition"].isin(selection.definitions)
        largest = frame.loc[mask & (frame["unit"] == self.content["unit"]), "value"].max() if mask.any() else 0.0
        for position in defaults:
            capacity = built[position]
            if capacity is not None and capacity.units < largest:
                given = f"{capacity.units:,.0f} as the default capacity {shown(capacity.name)}"
                self.refuse(("capacities", position), given, f"at least the largest selected figure, {largest:,.0f}")
        return tuple(capacity for capacity in built if capacity is not None)

    def capacity(self, entry: dict[str, Any], position: int, context: pd.DataFrame) -> Capacity | None:
        """Read one capacity: rows added up, or units given with their source; times the share."""
        at: tuple[str | int, ...] = ("capacities", position)
        if ("denominators" in entry) == ("units" in entry):
            self.refuse(at, "both or neither of denominators and units", "either denominators, a list of row ids, or units with as_of and source")
            return None
        if "share" in entry and "share_from" in entry:
            self.refuse((*at, "share_from"), "a share and a row for it", "either share or share_from")
            return None
        ids = [*entry.get("denominators", []), *([entry["share_from"]] if "share_from" in entry else [])]
        missing = [row for row in ids if row not in context.index]
        if missing:
            self.refuse(at, f"the row {shown(missing[0])}", "a row id of denominators.csv or proxies.csv")
            return None
        rows = context.loc[ids] if ids else None
        if "units" in entry:
            eligible, sources, as_of, known_on = float(entry["units"]), [entry.get("source", "")], self.day(entry, (*at, "as_of")), self.day(entry, (*at, "known_on"))
            for key in ("as_of", "source"):
                if key not in entry:
                    self.refuse((*at, key), "nothing", f"the key {key}, since the units come from no row of denominators.csv")
        else:
            assert rows is not None
            eligible, sources, as_of, known_on = float(rows.loc[entry["denominators"], "value"].sum()), [], rows["as_of"].min().date(), _known_on(rows)
        share = float(entry.get("share", 1.0))
        if "share_from" in entry and rows is not None:
            share = float(rows.loc[entry["share_from"], "value"]) / 100
            if "percent" not in rows.loc[entry["share_from"], "unit"] or not 0 < share <= 1:
                self.refuse((*at, "share_from"), f"the row {entry['share_from']} in {rows.loc[entry['share_from'], 'unit']}", "a row in percent, above 0 and at most 100")
        sources += [f"{row.source_org} ({row.publisher})" for row in rows.itertuples()] if rows is not None else []
        url = entry.get("url") or (rows["url"].iloc[0] if rows is not None else "")
        return Capacity(
            name=entry["name"],
            title=entry["title"],
            units=eligible * share,
            as_of=as_of,
            source="; ".join(dict.fromkeys(sources)),
            url=url,
            share=share,
            default=entry.get("default", False),
            ids=tuple(ids),
            known_on=known_on,
            assumption=entry.get("assumption", False),
        )

    def path(self) -> OfficialPath | None:
        """Read the official path from the rows of targets.csv that it names."""
        entry = self.content["path"]
        announced = self.day(entry, ("path", "announced"))
        base = entry.get("base", {})
        base_date = self.day(base, ("path", "base", "date"))
        rows = self.targets.set_index("id")
        milestones: list[Target] = []
        for position, row_id in enumerate(entry["milestones"]):
            at = ("path", "milestones", position)
            if row_id not in rows.index:
                self.refuse(at, shown(row_id), "a row id of targets.csv")
                continue
            row = rows.loc[row_id]
            if row["unit"] != self.content["unit"]:
                self.refuse(at, f"{row_id} in {row['unit']}", f"a target in the unit of the programme, {self.content['unit']}")
            if pd.isna(row["target_date"]):
                self.refuse(at, f"{row_id} without a target date", "a target with a date")
                continue
            date = row["target_date"].date()
            earliest = max((day for day in (announced, base_date) if day), default=None)
            if earliest is not None and date <= earliest:
                self.refuse(at, f"{row_id} for {date}", f"a date after the announcement and the base, {earliest}")
            if milestones and date <= milestones[-1].date:
                self.refuse(at, f"{row_id} for {date}", f"dates in rising order, after {milestones[-1].date}")
            stated = None if pd.isna(row["stated_on"]) else row["stated_on"].date()
            milestones.append(Target(date, float(row["value"]), row_id, stated, row["speaker_org"], row["publisher"], row["url"], row["note"] or ""))
        if announced is None:
            return None
        return OfficialPath(announced, tuple(milestones), entry.get("speaker", ""), entry.get("url", ""), base_date, base.get("value"))

    def comparisons(self, context: pd.DataFrame) -> tuple[Comparison, ...]:
        """Read the comparisons; each names rows that exist."""
        known = set(self.observations["id"]) | set(context.index)
        built = []
        for position, entry in enumerate(self.content.get("comparisons", [])):
            for place, row in enumerate(entry["rows"]):
                if row not in known:
                    self.refuse(("comparisons", position, "rows", place), shown(row), "a row id of observations.csv, denominators.csv or proxies.csv")
            built.append(Comparison(entry["name"], entry["title"], tuple(entry["rows"])))
        return tuple(built)


def _known_on(rows: pd.DataFrame) -> dt.date | None:
    """Return the latest publication day of several rows, a month or year at its end; None if one is not shown."""
    days = []
    for text in rows["reported_on"]:
        if not text:
            return None
        days.append(pd.Period(text).end_time.date())
    return max(days)


def checked_name(name: str) -> str:
    """Return the name of a programme if it is one (small letters, digits, _), so that no path can hide in it."""
    if not isinstance(name, str) or not SLUG.fullmatch(name):
        raise InputError(f"programme is {shown(name)}; allowed is a name in small letters, digits and _, beginning with a letter, at most 64 long")
    return name
