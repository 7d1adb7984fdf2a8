"""Reading a programme: programme.yml, observations.csv and targets.csv, each checked alone and against the others."""

from __future__ import annotations

import datetime as dt
import json
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import pandas as pd

from jalur.dates import records, written_day
from jalur.errors import Fault, shown
from jalur.ledger import rules as ledger_rules
from jalur.ledger import yaml_text as safe_yaml
from jalur.ledger.programme import Capacity, Comparison, OfficialPath, Programme, Selection, Target
from jalur.ledger.tables import columns, read_table

Tables = dict[str, tuple[pd.DataFrame, list[Fault]]]
REPORTING_ERROR = 0.02  # share of the level: what two bodies typically differ by on the same day, after rounding


@cache
def manifest_schema() -> dict[str, Any]:
    """Return the JSON Schema of programme.yml."""
    text = resources.files("jalur.ledger").joinpath("schema", "programme.json").read_text(encoding="utf-8")
    return dict(json.loads(text))


def read(name: str, data: Path, tables: Tables | None = None) -> tuple[Programme | None, list[Fault]]:
    """Read the folder of one programme and check everything in it.

    Parameters
    ----------
    name : str
        Name of the folder below `data`.
    data : Path
        Data folder; its denominators.csv and proxies.csv are read where programme.yml names their rows.
    tables : dict, optional
        Tables that have been read already, with their faults, by path below `data`.

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
    tables = {} if tables is None else tables
    observations, found = _table(data, f"{name}/observations.csv", "observations", tables)
    faults += with_rules(observations, found, f"{name}/observations.csv")
    targets, found = _table(data, f"{name}/targets.csv", "targets", tables)
    faults += found
    if faults:
        return None, faults
    builder = _Builder(content, lines, label, observations, targets)
    programme = builder.programme(name, folder, _context(data, content, tables, faults))
    faults += builder.faults
    faults += ledger_rules.unit_faults(
        observations, programme.selection.definitions, programme.unit, f"{name}/observations.csv"
    )
    return (None if faults else programme), faults


def with_rules(frame: pd.DataFrame, found: list[Fault], label: str) -> list[Fault]:
    """Add to the faults of single cells those between columns, in the order of the file."""
    faulty = {(fault.row, fault.column) for fault in found}
    rules = [
        fault for fault in ledger_rules.observation_faults(frame, label) if (fault.row, fault.column) not in faulty
    ]
    order = columns("observations")
    return sorted(
        found + rules, key=lambda fault: (fault.row or 0, order.index(fault.column) if fault.column in order else 0)
    )


def _table(data: Path, path: str, schema: str, tables: Tables) -> tuple[pd.DataFrame, list[Fault]]:
    """Return a table that has been read, or read it."""
    return tables[path] if path in tables else read_table(data / path, schema, path)


def _context(data: Path, content: dict[str, Any], tables: Tables, faults: list[Fault]) -> pd.DataFrame:
    """Read the rows of denominators.csv and proxies.csv, indexed by id, if the programme names any."""
    named = [c for c in content["capacities"] if "denominators" in c or "share_from" in c]
    files = ("denominators.csv", "proxies.csv") if named or content.get("comparisons") else ()
    frames = []
    for file in files:
        if (data / file).exists():
            frame, found = _table(data, file, "denominators", tables)
            faults += found
            frames.append(frame)
    if faults or not frames:
        return pd.DataFrame(columns=["id"]).set_index("id")
    return pd.concat(frames).set_index("id")


class _Builder:
    """Turns the checked content of programme.yml into the programme, noting what does not fit the tables."""

    def __init__(
        self,
        content: dict[str, Any],
        lines: dict[Any, int],
        label: str,
        observations: pd.DataFrame,
        targets: pd.DataFrame,
    ):
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
            return written_day(text)
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
                self.refuse(
                    ("selection", "definitions", position),
                    shown(definition),
                    "a definition of observations.csv: " + ", ".join(sorted(known)),
                )
        reference, bodies = content.get("reference_source"), sorted(set(self.observations["speaker_org"]))
        # Any other name would silently mean that no body is the reference, which moves the verdict.
        if reference is not None and bodies and reference not in bodies:
            allowed = "a body of observations.csv, column speaker_org: " + ", ".join(bodies)
            self.refuse(("reference_source",), shown(reference), allowed)
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
            definitions=content.get("definitions", {}),
            comparisons=self.comparisons(context),
            replay=self.replay(),
            periods=self.periods(),
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
        mask = (
            frame["role"].isin(selection.roles)
            & frame["kind"].isin(selection.kinds)
            & frame["definition"].isin(selection.definitions)
        )
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
            self.refuse(
                at,
                "both or neither of denominators and units",
                "either denominators, a list of row ids, or units with as_of and source",
            )
            return None
        if "share" in entry and "share_from" in entry:
            self.refuse((*at, "share_from"), "a share and a row for it", "either share or share_from")
            return None
        ids = [*entry.get("denominators", []), *([entry["share_from"]] if "share_from" in entry else [])]
        missing = [row for row in ids if row not in context.index]
        if missing:
            self.refuse(at, f"the row {shown(missing[0])}", "a row id of denominators.csv or proxies.csv")
            return None
        known = context.loc[ids]
        share = float(entry.get("share", 1.0))
        if "share_from" in entry:
            row = known.loc[entry["share_from"]]
            share = float(row["value"]) / 100
            if "percent" not in row["unit"] or not 0 < share <= 1:
                given = f"the row {entry['share_from']} in {row['unit']}"
                self.refuse((*at, "share_from"), given, "a row in percent, above 0 and at most 100")
        if "units" in entry:
            eligible = float(entry["units"])
            as_of, known_on = self.day(entry, (*at, "as_of")), self.day(entry, (*at, "known_on"))
            for key in ("as_of", "source"):
                if key not in entry:
                    self.refuse((*at, key), "nothing", f"the key {key}, since the units come from no row of a table")
        else:
            eligible = float(known.loc[entry["denominators"], "value"].sum())
            as_of, known_on = known["as_of"].min().date(), _known_on(known)
        sources = [entry.get("source", ""), *(f"{row.source_org} ({row.publisher})" for row in records(known))]
        return Capacity(
            name=entry["name"],
            title=entry["title"],
            units=eligible * share,
            as_of=as_of,
            source="; ".join(dict.fromkeys(filter(None, sources))),
            url=entry.get("url") or (known["url"].iloc[0] if ids else ""),
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
        targets = self.targets.set_index("id")
        milestones: list[Target] = []
        for position, row_id in enumerate(entry["milestones"]):
            at = ("path", "milestones", position)
            if row_id not in targets.index:
                self.refuse(at, shown(row_id), "a row id of targets.csv")
                continue
            row = targets.loc[row_id]
            if row["unit"] != self.content["unit"]:
                self.refuse(
                    at, f"{row_id} in {row['unit']}", f"a target in the unit of the programme, {self.content['unit']}"
                )
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
            milestones.append(
                Target(
                    date,
                    float(row["value"]),
                    row_id,
                    stated,
                    row["speaker_org"],
                    row["publisher"],
                    row["url"],
                    row["note"] or "",
                )
            )
        if announced is None:
            return None
        return OfficialPath(
            announced, tuple(milestones), entry.get("speaker", ""), entry.get("url", ""), base_date, base.get("value")
        )

    def replay(self) -> tuple[str, ...]:
        """Read the vintages at which the verdict is replayed."""
        days: list[str] = self.content.get("replay", [])
        for position, text in enumerate(days):
            self.day({str(position): text}, ("replay", position))
        return tuple(days)

    def periods(self) -> tuple[tuple[str, str], ...]:
        """Read the periods in which the pace is compared; they start in rising order."""
        built: list[tuple[str, str]] = []
        for position, entry in enumerate(self.content.get("periods", [])):
            start = self.day(entry, ("periods", position, "start"))
            if start is not None and built and start.isoformat() <= built[-1][1]:
                self.refuse(("periods", position, "start"), str(start), f"dates in rising order, after {built[-1][1]}")
            built.append((entry["name"], entry["start"]))
        return tuple(built)

    def comparisons(self, context: pd.DataFrame) -> tuple[Comparison, ...]:
        """Read the comparisons; each names rows that exist."""
        known = set(self.observations["id"]) | set(context.index)
        built = []
        for position, entry in enumerate(self.content.get("comparisons", [])):
            for place, row in enumerate(entry["rows"]):
                if row not in known:
                    self.refuse(
                        ("comparisons", position, "rows", place),
                        shown(row),
                        "a row id of observations.csv, denominators.csv or proxies.csv",
                    )
            built.append(Comparison(entry["name"], entry["title"], tuple(entry["rows"])))
        return tuple(built)


def _known_on(context: pd.DataFrame) -> dt.date | None:
    """Return the latest publication day of several rows, a month or year at its end; None if one is not shown."""
    days = []
    for text in context["reported_on"]:
        if not text:
            return None
        days.append(pd.Period(text).end_time.date())
    return max(days)
