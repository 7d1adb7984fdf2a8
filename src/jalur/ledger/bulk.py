"""Programmes from somebody else's file: read, checked as a whole beside the ledger, and only then put into it."""

from __future__ import annotations

import csv
import datetime as dt
import io
import secrets
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from jalur.errors import Fault, InputError, plain, shown
from jalur.ledger import check, datapackage
from jalur.ledger import selection as ledger
from jalur.ledger.edit import RESERVED
from jalur.ledger.intake import Place, Record, Taken, slug, take
from jalur.ledger.layout import ColumnMap, find_header, normal, read_map, words
from jalur.ledger.programme import SLUG
from jalur.ledger.tables import columns
from jalur.ledger.workbook import Cell, Sheet, read_csv, read_workbook, write_template

Keys = tuple[str | int, ...]
FROM_COLUMN = "column"  # units of a capacity that a column of the table holds
ENDINGS = (".csv", ".xlsx")


@dataclass
class Made:
    """One programme as it is to be written.

    Attributes
    ----------
    name : str
    content : dict
        Of programme.yml.
    observations, targets : list of Record
        In the order of the table; their fields are complete.
    """

    name: str
    content: dict[str, Any]
    observations: list[Record]
    targets: list[Record]

    def files(self) -> dict[str, str]:
        """Return the text of each file by its name."""
        manifest = yaml.safe_dump(self.content, allow_unicode=True, sort_keys=False, width=110)
        return {
            "programme.yml": manifest,
            "observations.csv": _table("observations", self.observations),
            "targets.csv": _table("targets", self.targets),
        }

    def summary(self) -> str:
        """Say in one line what it holds."""
        days = sorted(record.fields["as_of"] for record in self.observations if record.fields.get("as_of"))
        span = f" from {days[0]} to {days[-1]}" if len(days) > 1 else f" of {days[0]}" if days else ""
        path = self.content.get("path", {}).get("milestones", [])
        targets = f", {_counted(len(self.targets), 'target')} ({len(path)} on the path)" if self.targets else ""
        return f"{self.name}: {_counted(len(self.observations), 'figure')}{span}{targets}"


@dataclass
class Imported:
    """What an import wrote, or would write.

    Attributes
    ----------
    programmes : list of Made
    notices : list of str
        What was left out or taken for granted.
    folder : Path
        The data folder.
    """

    programmes: list[Made]
    notices: list[str]
    folder: Path


@dataclass
class _Manifest:
    """What the file and the map say of programme.yml, and the cell of each key."""

    content: dict[str, Any] = field(default_factory=dict)
    places: dict[Keys, Place] = field(default_factory=dict)


def bring(
    file: Path | str,
    data: Path | str | None = None,
    *,
    map_file: Path | str | None = None,
    split_by: str | None = None,
    dry_run: bool = False,
) -> Imported:
    """Make programmes from a table, all of them or none.

    Parameters
    ----------
    file : Path or str
        A .csv or .xlsx with one figure a row (long) or one period a column (wide).
    data : Path or str, optional
        Data folder, which must be there; the repository's if absent.
    map_file : Path or str, optional
        Says which column holds what; without it, headings are recognised in English and Indonesian.
    split_by : str, optional
        Heading of the column by which rows are parted into programmes.
    dry_run : bool
        Write nothing.

    Raises
    ------
    InputError
        With every fault of the file, each at its cell. Nothing is then written.
    """
    path, root = Path(file), ledger.default_data() if data in (None, "") else Path(str(data))
    if not root.is_dir():
        raise InputError(f"data folder is {shown(str(root))}, which is no folder; allowed is one that exists")
    asked = read_map(None if map_file is None else Path(map_file))
    if split_by is not None:
        asked = asked.model_copy(update={"split_by": split_by})
    taken = Taken()
    manifest = _read(path, asked, taken)
    made = _programmes(path, asked, taken, manifest)
    with datapackage.alone(root):
        place = Path(tempfile.gettempdir()) if dry_run else root  # a folder is moved on one disk only
        trial = place / f".import.{secrets.token_hex(4)}.part"
        try:
            trial.mkdir()
            taken.faults += _checked(made, trial, root, manifest, path, taken)
            if taken.faults:
                faults = tuple(dict.fromkeys(taken.faults))
                raise InputError(f"{_counted(len(faults), 'fault')} in {path.name}; nothing was written", faults)
            if not dry_run:
                _move([programme.name for programme in made], trial, root)
        finally:
            shutil.rmtree(trial, ignore_errors=True)
    return Imported(made, taken.notices, root)


# reading


def _read(path: Path, asked: ColumnMap, taken: Taken) -> _Manifest:
    """Read the sheets of the file that hold figures, targets and what programme.yml says."""
    if path.suffix.lower() not in ENDINGS:
        raise InputError(f"file is {shown(path.name)}; allowed is one that ends in {' or '.join(ENDINGS)}")
    sheets = read_csv(path) if path.suffix.lower() == ".csv" else read_workbook(path)
    named = {kind: {normal(name) for name in names} for kind, names in words()["sheets"].items()}
    visible = [sheet for sheet in sheets if not sheet.hidden]
    manifest = _Manifest()
    about = [sheet for sheet in visible if normal(sheet.name) in named["programme"] and not sheet.csv]
    targets = [sheet for sheet in visible if normal(sheet.name) in named["targets"] and not sheet.csv]
    for sheet in about:
        _about(sheet, manifest, taken)
    manifest.content = _merged(manifest.content, asked.programme)
    notes = [sheet for sheet in visible if normal(sheet.name) in named["notes"] and sheet.name != asked.sheet]
    others = [sheet for sheet in sheets if sheet not in about + targets + notes]
    figures = _figures(others, named["figures"], asked, taken)
    unit = manifest.content.get("unit")
    unit = unit if isinstance(unit, str) else ""
    take(figures, asked, taken, "observations", unit)
    if asked.sheet is None:
        for sheet in targets:
            found = find_header(sheet, ())
            if found is None or sheet.rows > found[1]:  # a header alone: no targets
                take(sheet, _for_targets(asked), taken, "targets", unit)
    return manifest


def _for_targets(asked: ColumnMap) -> ColumnMap:
    """Return the map for a sheet of targets, whose columns bear the ledger's own names."""
    constants = {name: value for name, value in asked.constants.items() if name in columns("targets")}
    return ColumnMap(
        split_by=asked.split_by,
        constants={**constants, **asked.targets},
        decimal=asked.decimal,
        dates=asked.dates,
    )


def _figures(sheets: Sequence[Sheet], names: set[str], asked: ColumnMap, taken: Taken) -> Sheet:
    """Choose the sheet with the figures, and name those that are not read."""
    if asked.sheet is not None:
        chosen = [sheet for sheet in sheets if sheet.name == asked.sheet]
        if not chosen:
            listed = ", ".join(sheet.name for sheet in sheets)
            raise InputError(f"sheet is {shown(asked.sheet)}, which the file does not have; allowed are: {listed}")
    else:
        known = [] if asked.split_by is None else [normal(asked.split_by)]
        known += [normal(str(heading)) for heading in asked.columns.values()]
        seen = [sheet for sheet in sheets if not sheet.hidden]
        chosen = [sheet for sheet in seen if normal(sheet.name) in names and not sheet.csv]
        chosen = chosen or [sheet for sheet in seen if asked.header or find_header(sheet, known)] or seen[:1]
        if len(chosen) > 1:
            listed = ", ".join(sheet.name for sheet in chosen)
            raise InputError(
                f"file has {len(chosen)} sheets with tables: {listed}; allowed is one, by `sheet` in the map"
            )
        if not chosen:
            raise InputError("file has no sheet that is shown; allowed is a workbook with a table")
    for sheet in sheets:
        if sheet is not chosen[0] and sheet.rows:
            taken.notices.append(f"{'hidden sheet' if sheet.hidden else 'sheet'} not read: {sheet.name}")
    return chosen[0]


def _about(sheet: Sheet, manifest: _Manifest, taken: Taken) -> None:
    """Read a sheet of keys and values, such as title.en and capacities.1.units."""
    for row in range(1, sheet.rows + 1):
        key, value = sheet.cell(row, 1), sheet.cell(row, 2)
        if key.empty or (row == 1 and normal(key.text) in ("key", "kunci")):
            continue
        if value.unreadable is not None:
            taken.faults.append(sheet.fault(row, 2, *value.unreadable))
        elif not value.empty:
            keys: Keys = tuple(int(part) - 1 if part.isdigit() else part for part in key.text.split("."))
            if _put(manifest.content, keys, _plain(value)):
                manifest.places[keys] = (sheet, row, 2)
            else:
                taken.faults.append(sheet.fault(row, 1, shown(key.text), "a key used once, its parts between points"))


def _plain(cell: Cell) -> Any:
    """Return a value as YAML holds it: a date as text, several words between commas as they are."""
    if isinstance(cell.value, dt.date):
        return cell.value.isoformat()
    if isinstance(cell.value, float) and cell.value.is_integer():
        return int(cell.value)
    return cell.value


def _put(content: dict[str, Any], keys: Keys, value: Any) -> bool:
    """Put a value where a path of keys leads; whether it can stand there."""
    place: Any = content
    for key, after in zip(keys, (*keys[1:], None), strict=True):
        new: Any = value if after is None else [] if isinstance(after, int) else {}
        if isinstance(place, list):
            if not isinstance(key, int) or not 0 <= key <= len(place) or (after is None and key < len(place)):
                return False
            if key == len(place):
                place.append(new)
        elif isinstance(place, dict) and isinstance(key, str):
            if after is None and key in place:
                return False
            place.setdefault(key, new)
        else:
            return False
        place = place[key]
    return True


def _merged(content: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """Lay one mapping over another, key by key."""
    out = dict(content)
    for key, value in over.items():
        both = isinstance(out.get(key), dict) and isinstance(value, dict)
        out[key] = _merged(out[key], value) if both else value
    return out


# making


def _programmes(path: Path, asked: ColumnMap, taken: Taken, manifest: _Manifest) -> list[Made]:
    """Complete what was read to programmes."""
    named = str(manifest.content.get("name", "")) or ("{split}" if asked.split_by else slug(path.stem))
    parts = list(taken.names)
    if asked.split_by is None:
        _one_programme(taken)
        parts = parts[:1] or [""]
    made: list[Made] = []
    for part in parts:
        rows = [record for record in taken.records if asked.split_by is None or record.programme == part]
        name = named.replace("{split}", part)
        problem = _name_problem(name)
        if problem is not None:
            allowed = f"{problem}; by `programme: {{name: ...}}` in the map"
            taken.faults.append(Fault(path.name, None, "name", shown(name), allowed))
        elif any(record.table == "observations" for record in rows):
            made.append(_one(name, taken.names.get(part, ""), rows, manifest, taken, part))
        elif not taken.faults:
            given = f"no figure for {shown(taken.names.get(part, name))}"
            taken.faults.append(Fault(path.name, None, None, given, "at least one figure for each programme"))
    return made


def _name_problem(name: str) -> str | None:
    """Say which names are allowed, if this one is not."""
    if name in RESERVED:
        return "a name that is not kept for something else, as `all` and the tables for all programmes are"
    return None if SLUG.fullmatch(name) else "a name in small letters, digits and _, beginning with a letter"


def _one_programme(taken: Taken) -> None:
    """Refuse rows of several programmes where nobody said that they are to be parted."""
    if len(taken.names) > 1:
        first, second = list(taken.names)[:2]
        record = next(r for r in taken.records if r.programme == second) if taken.records else None
        given = f"{len(taken.names)} programmes, {shown(taken.names[first])}, {shown(taken.names[second])} and so on"
        allowed = "one, or --split-by with the heading of the column"
        if record is not None:
            sheet, row, _ = record.at
            taken.faults.append(sheet.fault(row, None, given, allowed))


def _one(name: str, text: str, rows: Sequence[Record], manifest: _Manifest, taken: Taken, part: str) -> Made:
    """Complete one programme."""
    content = _filled(manifest.content, {"split": text or name, "name": name})
    content.pop("name", None)
    observations = [record for record in rows if record.table == "observations"]
    targets = [record for record in rows if record.table == "targets"]
    units = Counter(record.fields["unit"] for record in taken.records)
    unit = str(content.get("unit") or units.most_common(1)[0][0])
    definitions = content.get("selection", {}).get("definitions") or []
    definition = definitions[0] if definitions else slug(unit) or "count"
    prefix = name.replace("_", "-")
    for number, record in enumerate(observations, start=1):
        _complete(record.fields, f"{prefix}-{number:03d}", str(definition))
    for number, record in enumerate(targets, start=1):
        record.fields.setdefault("id", f"{prefix}-tgt-{number:03d}")
    title = text or name.replace("_", " ").capitalize()
    defaults = {
        "title": {"en": title, "id": title},
        "noun": {"en": unit, "id": unit},
        "unit": unit,
        "selection": {"definitions": list(dict.fromkeys(record.fields["definition"] for record in observations))},
        "capacities": [],
    }
    content = {**defaults, **_merged({"selection": defaults["selection"]}, content)}
    content = {
        key: content[key] for key in (*[k for k in _ORDER if k in content], *[k for k in content if k not in _ORDER])
    }
    if len(content["selection"]["definitions"]) > 1 and "selection" not in manifest.content:
        listed = ", ".join(content["selection"]["definitions"])
        sheet, row, _ = observations[0].at
        allowed = "one, or those to be used under `programme: {selection: {definitions: [...]}}` in the map"
        taken.faults.append(sheet.fault(row, None, f"several definitions: {listed}", allowed))
    _capacity(content, part, taken)
    _path(content, targets, unit, taken, name)
    return Made(name, content, observations, targets)


_ORDER = (
    "title", "noun", "subject", "unit", "selection", "capacities", "reference_source", "reporting_error", "net",
    "kind_class", "source_kind", "path",
)  # fmt: skip


def _complete(fields: dict[str, str], row_id: str, definition: str) -> None:
    """Add what follows from the other fields of a figure."""
    fields.setdefault("id", row_id)
    fields.setdefault("definition", definition)
    fields.setdefault("kind", "flow" if fields.get("flow_since") else "level")
    fields.setdefault("role", "repeat" if fields.get("repeats") else "observation")
    fields.setdefault("as_of_precision", "day")
    fields.setdefault("reported_precision", "day")
    try:
        days = dt.date.fromisoformat(fields["reported_on"]) - dt.date.fromisoformat(fields["as_of"])
    except (KeyError, ValueError):  # the check names the date that is none
        return
    fields["lag_days"] = str(max(days.days, 0))


def _filled(value: Any, texts: dict[str, str]) -> Any:
    """Copy a value with {split} and {name} replaced in its texts."""
    if isinstance(value, dict):
        return {key: _filled(inner, texts) for key, inner in value.items()}
    if isinstance(value, list):
        return [_filled(inner, texts) for inner in value]
    if isinstance(value, str):
        for key, text in texts.items():
            value = value.replace(f"{{{key}}}", text)
    return value


def _capacity(content: dict[str, Any], part: str, taken: Taken) -> None:
    """Fill in the units of a capacity that a column holds."""
    entries = content["capacities"] if isinstance(content["capacities"], list) else []
    wanted = [entry for entry in entries if isinstance(entry, dict) and entry.get("units") == FROM_COLUMN]
    found = taken.capacities.get(part)
    if found is None:
        return
    stated, (sheet, row, column) = found
    if not wanted:
        allowed = f"an entry of `capacities` under `programme` in the map with `units: {FROM_COLUMN}`, as_of and source"
        taken.faults.append(sheet.fault(row, column, f"a capacity, {stated.value}, that no entry takes", allowed))
    for entry in wanted:
        number = float(stated.value)
        entry["units"] = int(number) if number.is_integer() else number


def _path(content: dict[str, Any], targets: Sequence[Record], unit: str, taken: Taken, name: str) -> None:
    """Make the official path of targets that one body stated on one day, unless the map says what it is."""
    stated = content.get("path", {})
    if not isinstance(stated, dict) or "milestones" in stated:
        return
    dated = [r for r in targets if r.fields.get("target_date") and r.fields.get("unit") == unit]
    if stated.get("announced"):
        dated = [r for r in dated if r.fields.get("stated_on", stated["announced"]) == stated["announced"]]
    said = {(r.fields.get("stated_on") or stated.get("announced"), r.fields["speaker_org"]) for r in dated}
    announced = next(iter(said))[0] if len(said) == 1 else None
    if announced is None:
        if targets:
            taken.notices.append(f"{name}: no path, since its targets are not of one day (stated_on) and one body")
        return
    dated.sort(key=lambda record: record.fields["target_date"])
    made = {"announced": announced, "speaker": dated[0].fields["speaker_org"], "url": dated[0].fields["url"]}
    content["path"] = {**made, **stated, "milestones": [record.fields["id"] for record in dated]}


def _table(name: str, records: Sequence[Record]) -> str:
    """Write the rows of one table as CSV."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns(name))
    writer.writerows([record.fields.get(column, "") for column in columns(name)] for record in records)
    return text.getvalue()


# checking and moving


def _checked(
    made: Sequence[Made], trial: Path, root: Path, manifest: _Manifest, path: Path, taken: Taken
) -> Iterator[Fault]:
    """Write the programmes beside a copy of the ledger and check them as `jalur check` does."""
    for programme in made:
        if (root / programme.name).exists():
            given = f"the programme {shown(programme.name)}, whose folder {root / programme.name} exists already"
            yield Fault(path.name, None, None, given, "a name not used before")
    for table in (*datapackage.tables(root), *(f"{name}/programme.yml" for name in ledger.programmes(root))):
        if (root / table).is_file():
            (trial / table).parent.mkdir(exist_ok=True)
            shutil.copyfile(root / table, trial / table)
    for programme in made:
        (trial / programme.name).mkdir(exist_ok=True)
        for name, text in programme.files().items():
            (trial / programme.name / name).write_text(text, encoding="utf-8", newline="\n")
    datapackage.update(trial)
    by_name = {programme.name: programme for programme in made}
    found = check.faults(trial, links=True)
    others = [fault for fault in found if fault.file.partition("/")[0] not in by_name and fault.column == "id"]
    if others:  # an id used twice is said of the later file, which may be one that was there
        before = check.faults(root)
        yield from (fault for fault in others if fault not in before)
    rows = Counter((fault.file, fault.row) for fault in found)
    for fault in found:
        name, _, file = fault.file.partition("/")
        if fault.column == "lag_days" and rows[fault.file, fault.row] > 1:  # it follows from a day that is refused
            continue
        if name in by_name:
            yield _back(fault, by_name[name], file, manifest, path)


def _back(fault: Fault, programme: Made, file: str, manifest: _Manifest, path: Path) -> Fault:
    """Point at the cell that a fault of a written file comes from."""
    if file == "programme.yml":
        keys: Keys = tuple(int(part) if part.isdigit() else part for part in (fault.column or "").split("."))
        while keys:  # the key itself, else the first of those below it, else what it belongs to
            below = [place for known, place in manifest.places.items() if known[: len(keys)] == keys]
            if below:
                sheet, row, column = below[0]
                return sheet.fault(row, column, fault.given, fault.allowed)
            keys = keys[:-1]
        return Fault(path.name, None, f"programme.{fault.column}", fault.given, fault.allowed)
    records = programme.targets if file == "targets.csv" else programme.observations
    if fault.row is None or not 2 <= fault.row <= len(records) + 1:
        return fault
    record = records[fault.row - 2]
    sheet, row, column = record.places.get(fault.column or "", record.at)
    given = fault.given if fault.column in record.places else f"{fault.column} {fault.given}"
    return sheet.fault(row, column, given, fault.allowed)


def _move(names: Sequence[str], trial: Path, root: Path) -> None:
    """Move the programmes into the ledger; if one cannot be, take the others back."""
    moved: list[Path] = []
    try:
        for name in names:
            (trial / name).rename(root / name)
            moved.append(root / name)
        datapackage.update(root)
    except BaseException:
        for folder in moved:
            shutil.rmtree(folder, ignore_errors=True)
        raise


# the command


def run(
    file: Path | str,
    data: Path | str | None = None,
    map_file: Path | str | None = None,
    split_by: str | None = None,
    dry_run: bool = False,
) -> int:
    """Import a file and say what was made of it.

    Returns
    -------
    int
        Exit code: 0 when all is written, or would be; 2 when anything is refused.
    """
    from rich.console import Console

    try:
        done = bring(file, data, map_file=map_file, split_by=split_by, dry_run=dry_run)
    except InputError as error:
        if not error.faults:
            raise
        check.print_faults(error.faults, Console(stderr=True))
        print(f"jalur: {plain(error)}", file=sys.stderr)
        return 2
    for notice in done.notices:
        print(f"note: {plain(notice)}")
    for programme in done.programmes:
        print(plain(programme.summary()))
    count = _counted(len(done.programmes), "programme")
    if dry_run:
        first = done.programmes[0]
        for name, text in first.files().items():
            print(f"\n{first.name}/{name}\n{text}", end="")
        print(f"\n{count} would be written to {plain(done.folder)}; nothing was written")
    else:
        print(f"{count} written to {plain(done.folder)}; next: look at what was made, then `jalur check`")
    return 0


def run_template(name: str) -> int:
    """Write the workbook of a new programme into the working folder and say what to do next; the exit code."""
    if name in RESERVED:
        raise InputError(f"programme is {shown(name)}, a name that is kept for something else; allowed is another name")
    path = write_template(name, Path.cwd())
    print(f"{path.name}: example rows written\nnext: replace them, then `jalur import {path.name}`")
    return 0


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
