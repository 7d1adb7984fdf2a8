"""How somebody else's table is to be read: what its header says of each column, and what the user's map adds."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from jalur.errors import Fault, InputError, shown
from jalur.ledger.spoken import period_of, power_of_ten, read_period
from jalur.ledger.tables import columns, read_yaml
from jalur.ledger.workbook import Cell, Sheet

FIRST_ROWS = 60  # rows in which a header is looked for
LEDGER = tuple(dict.fromkeys([*columns("observations"), *columns("targets")]))
OTHER_FIELDS = ("split", "year", "month", "capacity")  # what a table may hold beside the columns of a ledger
_BRACKETS = re.compile(r"\([^)]*\)|\[[^\]]*\]")
_SIGNS = re.compile(r"[^\w%#/&-]+|_")
_SAID_OF_ALL = re.compile(r"(?:\b(?:dalam|in|satuan|unit)\b[ :]*)(\w+)")

Scalar = str | int | float | bool
_KINDS = {
    "int_type": "a whole number",
    "tuple_type": "a list",
    "dict_type": "a mapping of keys",
    "string_type": "text",
}
Texts = tuple[str, ...]

REQUIRED = {
    "observations": ("as_of", "reported_on", "unit", "speaker_org", "url"),
    "targets": ("target_date", "unit", "speaker_org", "url"),
}


@cache
def words() -> dict[str, Any]:
    """Return the words by which headers, totals and gaps are recognised, in English and Indonesian."""
    text = resources.files("jalur.ledger").joinpath("headings.json").read_text(encoding="utf-8")
    return dict(json.loads(text))


@cache
def _fields() -> dict[str, str]:
    """Return the field that each known name stands for."""
    named = {normal(column): column for column in LEDGER}
    for language in ("en", "id"):
        for field, names in words()[language].items():
            named |= {normal(name): field for name in names}
    return named


def normal(text: str) -> str:
    """Reduce a heading or a name to what two spellings of it have in common.

    Examples
    --------
    >>> normal("  Tanggal_Terbit: (hari) ")
    'tanggal terbit'
    """
    return " ".join(_SIGNS.sub(" ", _BRACKETS.sub(" ", text)).lower().split()).strip("-")


@dataclass(frozen=True)
class Heading:
    """What stands above a column.

    Attributes
    ----------
    row, column : int
        Its lowest cell.
    text : str
        All its levels.
    field : str or None
        Column of the ledger, or one of `OTHER_FIELDS`; None if it has another name.
    period : tuple of (date, precision) or None
        The day that all figures of the column refer to.
    group : str
        What the figures of the column are, where it has a period: normal text, without the period.
    target : bool
        Whether they are targets.
    power : int
        Power of ten that is named: 3 for "in thousands".
    percent : bool
        Whether per cent is named.
    """

    row: int
    column: int
    text: str
    field: str | None = None
    period: tuple[dt.date, str] | None = None
    group: str = ""
    target: bool = False
    power: int = 0
    percent: bool = False


def counts(text: str) -> bool:
    """Whether a heading begins with a word for figures and goes on with what they count: Jumlah usaha."""
    first, _, rest = normal(text).partition(" ")
    return bool(rest) and _fields().get(first) == "value"


def scale_in(text: str) -> int:
    """Return the power of ten that is named among other words; 0 if none is."""
    for word in re.findall(r"\w+", text.lower()):
        power = words()["scales"].get(word) or power_of_ten(word)
        if power:
            return int(power)
    return 0


def scale_of_all(text: str) -> int:
    """Return the power of ten that a line beside the table gives for all of it: (in thousands); 0 if none."""
    named = [*_SAID_OF_ALL.findall(text.lower()), *(inner[1:-1] for inner in _BRACKETS.findall(text))]
    return next((power for part in named if len(part.split()) <= 3 and (power := scale_in(part))), 0)


def find_header(sheet: Sheet, known: Collection[str]) -> tuple[int, int] | None:
    """Find the rows of the header: the first in which two columns are recognised, one of them by its name.

    Parameters
    ----------
    sheet : Sheet
    known : collection of str
        Normal names that are headings as well, since the user named them.

    Returns
    -------
    tuple of int or None
        First and last row.
    """
    for row in range(1, min(sheet.rows, FIRST_ROWS) + 1):
        names, periods = _recognised(sheet, row, known)
        if names and names + periods >= 2:
            return header_at(sheet, row)
    return None


def header_at(sheet: Sheet, row: int) -> tuple[int, int]:
    """Return the first and the last row of a header of which one row is known."""
    first = last = row
    while last < sheet.rows and _continues(sheet, last + 1):
        last += 1
    periods = [cell.column for cell in sheet.line(last) if not cell.empty and _period(cell, cell.text)]
    while first > 1 and periods and _groups(sheet, first - 1, periods):
        first -= 1
    return first, last


def _recognised(sheet: Sheet, row: int, known: Collection[str]) -> tuple[int, int]:
    """Count the cells of a row that are names of columns, and those that are periods; merged cells count once."""
    names: set[Any] = set()
    periods: set[Any] = set()
    for cell in sheet.line(row):
        if cell.empty:
            continue
        place = cell.merged or (cell.row, cell.column)
        name = normal(cell.text)
        if isinstance(cell.value, str) and (name in _fields() or name in known):
            names.add(place)
        elif _split_period(cell)[1] is not None:
            periods.add(place)
        elif isinstance(cell.value, str) and counts(cell.text):
            names.add(place)
    return len(names), len(periods)


def _continues(sheet: Sheet, row: int) -> bool:
    """Whether a row goes on with the header above it: periods, and nothing below a name that needs no second row."""
    periods = 0
    for cell in sheet.line(row):
        if cell.empty or (cell.merged and cell.merged[0] < row):
            continue
        if _period(cell, cell.text) is not None:
            periods += 1
            continue
        above = sheet.cell(row - 1, cell.column)
        stands_over_several = above.merged is not None and above.merged[1] < above.merged[3]
        if not isinstance(cell.value, str) or not (above.empty or stands_over_several):
            return False
    return periods > 0


def _groups(sheet: Sheet, row: int, periods: list[int]) -> bool:
    """Whether a row says what the columns with periods below it are; a title over the whole table does not."""
    above = [cell for cell in sheet.line(row) if not cell.empty]
    whole = any(cell.merged and cell.merged[1] < periods[0] and cell.merged[3] >= periods[-1] for cell in above)
    return not whole and any(cell.column in periods for cell in above)


def headings(sheet: Sheet, first: int, last: int, known: Collection[str] = ()) -> list[Heading]:
    """Read the columns of a header.

    Parameters
    ----------
    sheet : Sheet
        Its `headings` are filled.
    first, last : int
        Rows of the header.
    known : collection of str
        Normal names that the user gave, which are no names of fields then.
    """
    bottom = sheet.line(last)
    found = []
    group: dict[int, Cell] = {}  # by row: a name above the first of several columns with periods stands above all
    for column in range(1, sheet.columns + 1):
        cells: list[Cell] = []
        below = bottom[column - 1]
        dated = not below.empty and _period(below, below.text) is not None
        for row in range(first, last + 1):
            cell = sheet.cell(row, column)
            if row < last and not dated:
                group.pop(row, None)
            elif row < last and cell.empty:
                cell = group.get(row, cell)
            elif row < last:
                group[row] = cell
            if not cell.empty and not (cells and cell.merged and cells[-1].merged == cell.merged):
                cells.append(cell)
        if cells:
            heading = _heading(cells, last, column, known)
            sheet.headings[column] = heading.text
            found.append(heading)
    return found


def _heading(cells: list[Cell], row: int, column: int, known: Collection[str]) -> Heading:
    """Read the levels of one heading, from the top."""
    text = " ".join(cell.text for cell in cells)
    rest, period = [], None
    for cell in cells:
        part, found = _split_period(cell)
        period = found or period
        rest.append(part)
    power = scale_in(text)
    percent = "%" in text or any(word in words()["percent"] for word in normal(text).split())
    group = " ".join(filter(None, map(normal, rest)))
    if period is not None:
        target = any(normal(part).split()[:1] and normal(part).split()[0] in words()["targets"] for part in rest)
        return Heading(row, column, text, None, period, group, target, power, percent)
    names = [normal(cell.text) for cell in reversed(cells)]
    field = None if normal(text) in known else next((_fields()[name] for name in names if name in _fields()), None)
    return Heading(row, column, text, field, None, group, False, power, percent)


def _split_period(cell: Cell) -> tuple[str, tuple[dt.date, str] | None]:
    """Part the period at the end of a heading from what stands before it."""
    period = _period(cell, cell.text)
    if period is not None:
        return "", period
    if not isinstance(cell.value, str):
        return cell.text, None
    plain = _BRACKETS.sub(" ", cell.text).strip(" *:")
    parts = plain.split()
    for count in range(min(3, len(parts)), 0, -1):
        period = _period(cell, " ".join(parts[-count:]))
        if period is not None:
            before = parts[:-count]
            while before and before[-1].lower() in ("per", "as", "of", "at", "s.d."):
                before.pop()
            return " ".join(before), period
    return cell.text, None


def _period(cell: Cell, text: str) -> tuple[dt.date, str] | None:
    """Read a heading as a period; None if it is none."""
    try:
        if isinstance(cell.value, dt.date):
            return period_of(cell.value, cell.precision)
        return None if isinstance(cell.value, bool) else read_period(text.strip(" *"))
    except ValueError:
        return None


class ColumnMap(BaseModel):
    """How a table is read; every key may be left out.

    Attributes
    ----------
    sheet : str
        The sheet that is read.
    header : int
        Row of the header, or one of its rows.
    split_by : str
        Heading of the column by which rows are parted into programmes.
    columns : dict
        Heading of the table by column of the ledger; as well `capacity`, `year` and `month`.
    constants : dict
        What no column of the table says, by column of the ledger.
    targets : dict
        The same for the targets of a wide table, where it differs.
    programme : dict
        What programme.yml is to hold, and `name`; {split} and {name} in a text are replaced.
    reported_lag : int
        Days from `as_of` to publication, where no column says it.
    decimal : str
        The decimal mark: comma or point.
    dates : str
        How 3/4/2020 is meant: day first or month first.
    power : int
        Power of ten by which all figures are multiplied: 3 where they are in thousands.
    hidden : str
        Whether hidden rows and columns are read or skipped.
    totals, skip, ignore : tuple of str
        Names of rows that add up the others; names of rows, and headings of columns, that are not read.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    sheet: str | None = None
    header: Annotated[int, Field(ge=1, le=1000)] | None = None
    split_by: str | None = None
    columns: dict[str, Scalar] = Field(default_factory=dict)
    constants: dict[str, Scalar] = Field(default_factory=dict)
    targets: dict[str, Scalar] = Field(default_factory=dict)
    programme: dict[str, Any] = Field(default_factory=dict)
    reported_lag: Annotated[int, Field(ge=0, le=3650)] | None = None
    decimal: Literal["comma", "point"] | None = None
    dates: Literal["day first", "month first"] | None = None
    power: Annotated[int, Field(ge=0, le=12)] | None = None
    hidden: Literal["read", "skip"] | None = None
    totals: Annotated[Texts, Field(strict=False)] = ()
    skip: Annotated[Texts, Field(strict=False)] = ()
    ignore: Annotated[Texts, Field(strict=False)] = ()

    @property
    def mark(self) -> str | None:
        """The decimal mark as it is written."""
        return {"comma": ",", "point": "."}.get(self.decimal or "")

    @property
    def day_first(self) -> bool | None:
        """Whether the day stands before the month; None if it is not said."""
        return None if self.dates is None else self.dates == "day first"


def read_map(path: Path | None) -> ColumnMap:
    """Read a map.

    Parameters
    ----------
    path : Path or None
        A YAML file; None for the map that says nothing.

    Raises
    ------
    InputError
        With all its faults, by line and key.
    """
    if path is None:
        return ColumnMap()
    content, lines, faults = read_yaml(path, path.name)
    if faults:
        raise _refusal(path, faults)
    if not isinstance(content, dict):
        fault = Fault(path.name, 1, None, "no mapping of keys", "keys such as `columns:`")
        raise _refusal(path, [fault])
    faults = [
        Fault(path.name, lines.get((block, key), 1), f"{block}.{key}", f"the unknown column {shown(key)}", known)
        for block, known_names in (
            ("columns", (*LEDGER, *OTHER_FIELDS)),
            ("constants", LEDGER),
            ("targets", LEDGER),
        )
        if isinstance(content.get(block), dict)
        for key in content[block]
        if key not in known_names
        for known in ["one of " + ", ".join(known_names)]
    ]
    try:
        built = ColumnMap.model_validate(content)
    except ValidationError as error:
        for problem in error.errors():
            keys = tuple(key for key in problem["loc"] if (problem["loc"][0], key) in lines or key in content)
            place = keys or tuple(problem["loc"][:1])
            given, allowed = _said(problem)
            faults.append(Fault(path.name, lines.get(place, 1), ".".join(map(str, place)), given, allowed))
        built = ColumnMap()
    if faults:
        raise _refusal(path, list(dict.fromkeys(faults)))
    return built


def _refusal(path: Path, faults: Sequence[Fault]) -> InputError:
    """Make the error that carries all faults of a map."""
    return InputError(f"{path.name} cannot be used as a map: {faults[0].given}; nothing was written", faults)


def _said(problem: Any) -> tuple[str, str]:
    """Say what a key of the map holds, and what it may hold."""
    if problem["type"] == "extra_forbidden":
        return f"the unknown key {shown(str(problem['loc'][0]))}", "one of the keys " + ", ".join(
            ColumnMap.model_fields
        )
    value = problem["input"]
    given = "nothing" if value is None else shown(value)
    return given, _KINDS.get(problem["type"]) or problem["msg"].removeprefix("Input should be ")


class Layout:
    """The columns of one table.

    Parameters
    ----------
    sheet : Sheet
    asked : ColumnMap
    table : str
        What the rows of a long table are: observations or targets.
    unit : str
        The unit of the programme, where no column and no constant says it.

    Attributes
    ----------
    fields : dict of Heading
        By column of the ledger, and of `jalur.ledger.layout.OTHER_FIELDS`.
    dated : list of Heading
        Columns of a wide table, each with the period of its figures.
    last_header : int
        Last row of the header.
    faults : list of Fault
    notices : list of str
        What is left out, in parts of sentences.
    """

    def __init__(self, sheet: Sheet, asked: ColumnMap, table: str, unit: str) -> None:
        self.sheet, self.asked, self.table, self.unit = sheet, asked, table, unit
        self.fields: dict[str, Heading] = {}
        self.dated: list[Heading] = []
        self.last_header = 0
        self.faults: list[Fault] = []
        self.notices: list[str] = []
        self.settle()

    def refuse(self, row: int, column: int | None, given: str, allowed: str) -> None:
        """Note a fault at a cell of the header."""
        self.faults.append(self.sheet.fault(row, column, given, allowed))

    def settle(self) -> None:
        """Find the header and what its columns hold."""
        asked = self.asked
        chosen = {normal(str(heading)): field for field, heading in asked.columns.items()}
        if asked.split_by is not None:
            chosen[normal(asked.split_by)] = "split"
        found = header_at(self.sheet, asked.header) if asked.header else find_header(self.sheet, chosen)
        if found is None:
            allowed = "a row with the names of the columns, such as " + self.examples()
            self.refuse(1, None, "no header in the first rows", allowed)
            return
        self.last_header = found[1]
        ignored = {normal(name) for name in asked.ignore}
        unread: list[Heading] = []
        every = headings(self.sheet, *found, known=set(chosen))
        for heading in every:
            name = normal(heading.text)
            if name in ignored or heading.field == "number":
                continue
            if heading.column in self.sheet.hidden_columns and asked.hidden != "read":
                self.hidden_column(heading)
            elif heading.period is not None and chosen.get(name) is None and heading.field is None:
                self.dated.append(replace(heading, target=heading.target or self.table == "targets"))
            elif name in chosen:
                self.assign(chosen[name], heading)
            elif heading.field is not None and heading.field not in chosen.values():
                self.assign(heading.field, heading)
            else:
                unread.append(heading)
        self.value_by_first_word(unread)
        self.missing_columns(chosen, every)
        self.wide_or_long(found[1], every)
        if unread:
            self.notices.append(f"columns not read: {', '.join(heading.text for heading in unread)}")

    def examples(self) -> str:
        """Name headings that are known, for a message."""
        wanted = (
            "target_date, value" if self.table == "targets" else "as_of, value, speaker_org or Provinsi, 2020, 2021"
        )
        return f"{wanted}, or `header: ROW` in the map"

    def assign(self, field: str, heading: Heading) -> None:
        """Give a column to a field that has none yet."""
        if field in self.fields:
            first = self.fields[field]
            given = f"a second column for {field}, {shown(heading.text)}"
            allowed = f"one, {shown(first.text)}, or the other one under `ignore` in the map"
            self.refuse(heading.row, heading.column, given, allowed)
            return
        self.fields[field] = heading

    def value_by_first_word(self, unread: list[Heading]) -> None:
        """Take a column such as "Jumlah usaha" for the figures where it is the only one that can be meant."""
        if "value" in self.fields or self.dated:
            return
        meant = [heading for heading in unread if counts(heading.text)]
        if len(meant) == 1:
            unread.remove(meant[0])
            self.assign("value", meant[0])
        elif meant:
            listed = ", ".join(shown(heading.text) for heading in meant)
            given = f"several columns that may hold the figures: {listed}"
            self.refuse(meant[0].row, meant[0].column, given, "one, named under `columns: {value: ...}` in the map")

    def hidden_column(self, heading: Heading) -> None:
        """Refuse a hidden column, or leave it out where the user said so."""
        if self.asked.hidden == "skip":
            self.notices.append(f"hidden column not read: {heading.text}")
            return
        given = f"the hidden column {shown(heading.text)}"
        self.refuse(heading.row, heading.column, given, "a column that is shown, or `hidden: read` or skip in the map")

    def missing_columns(self, chosen: dict[str, str], every: Sequence[Heading]) -> None:
        """Refuse columns that the user named and the table does not have."""
        there = {normal(heading.text) for heading in every} | {heading.group for heading in every}
        listed = ", ".join(heading.text for heading in every)
        for name, field in chosen.items():
            if name not in there:
                given = f"no column {shown(name)} for {'split_by' if field == 'split' else field}"
                self.refuse(self.last_header, None, given, f"a heading of the table: {listed}")

    def wide_or_long(self, row: int, every: Sequence[Heading]) -> None:
        """Settle which columns hold figures, and refuse a table that leaves it open."""
        value = self.fields.get("value")
        group = normal(str(self.asked.columns.get("value", "")))
        plain = [heading for heading in self.dated if not heading.target]
        if value is not None and self.dated:
            given = f"a column of figures, {shown(value.text)}, beside columns with a period"
            self.refuse(value.row, value.column, given, "one of the two, the other under `ignore` in the map")
        groups = list(dict.fromkeys(heading.group for heading in plain))
        if group and group in groups:
            for heading in plain:
                if heading.group != group:
                    self.dated.remove(heading)
                    self.notices.append(f"column not read: {heading.text}")
        elif len(groups) > 1:
            first = next(heading for heading in plain if heading.group != groups[0])
            named = " and ".join(shown(name) for name in groups[:4])
            given = f"figures of another kind: {named}"
            self.refuse(first.row, first.column, given, "one kind, named under `columns: {value: ...}` in the map")
        if value is None and not self.dated:
            listed = ", ".join(heading.text for heading in every)
            given = f"no column of figures among {listed}"
            self.refuse(row, None, given, "a column named value, or one for each period")
        self.same_period_twice()
        self.undated(row)
        self.units()

    def same_period_twice(self) -> None:
        """Refuse a second column for one period."""
        first: dict[Any, Heading] = {}
        for heading in self.dated:
            earlier = first.setdefault((heading.period, heading.target), heading)
            if earlier is not heading:
                place = self.sheet.address(earlier.row, earlier.column)
                given = f"a second column for {shown(heading.text)}"
                self.refuse(heading.row, heading.column, given, f"one for each period; {place} has it")

    def undated(self, row: int) -> None:
        """Refuse dates in columns beside periods above them, and name the columns that are needed and not there."""
        if self.dated:
            for field in ("as_of", "year", "month"):
                if field in self.fields:
                    heading = self.fields[field]
                    given = f"a column of dates, {shown(heading.text)}, beside columns with a period"
                    self.refuse(heading.row, heading.column, given, "one of the two")
        tables = {"targets" if heading.target else "observations" for heading in self.dated} or {self.table}
        for table in sorted(tables):
            for field in REQUIRED[table]:
                if not self.has(field, table):
                    given = f"no column for {field}"
                    allowed = f"a column of that name or `{field}` under `constants` in the map"
                    if field == "reported_on":
                        allowed += ", or `reported_lag`, the days from as_of to publication"
                    self.refuse(row, None, given, allowed)

    def has(self, field: str, table: str) -> bool:
        """Whether a field comes from somewhere."""
        constants = {**self.asked.constants, **(self.asked.targets if table == "targets" else {})}
        if field in self.fields or str(constants.get(field, "")).strip():
            return True
        if field in ("as_of", "target_date"):
            return bool(self.dated) or "year" in self.fields
        if field == "unit":
            return bool(self.unit) or all(heading.percent for heading in self.figures())
        return field == "reported_on" and self.asked.reported_lag is not None

    def units(self) -> None:
        """Refuse headings that name per cent above figures in another unit."""
        unit = str(self.asked.constants.get("unit", self.unit))
        for heading in self.figures():
            if heading.percent and unit not in ("", "percent") and "unit" not in self.fields:
                given = f"per cent in the heading {shown(heading.text)}"
                self.refuse(heading.row, heading.column, given, f"figures in the unit {unit}")

    def figures(self) -> list[Heading]:
        """Return the columns that hold figures."""
        return self.dated or ([self.fields["value"]] if "value" in self.fields else [])
