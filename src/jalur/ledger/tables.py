"""Files of the ledger as plain data: tables by their one schema, cell by cell, and YAML with the line of each value.

The Table Schemas beside this module say what each column may hold. A file is read column by column, each different
text of a column once, so that whatever is wrong is named by row and column and a hundred thousand rows take a second.

In YAML, tags, aliases, merge keys and a key given twice are refused, so a file can neither run code nor unfold into a
bomb nor say two things; dates stay text.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib import resources
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml
from yaml.composer import Composer, ComposerError

from jalur import dates
from jalur.errors import Fault, shown

TABLES = ("observations", "targets", "denominators", "regional_observations", "regional_targets")
MAXIMUM_BYTES = 50_000_000  # a ledger of ten thousand figures has 4 MB
# Of all days, only that of a target may lie ahead; among related series, that of a series of targets (a rule below).
AHEAD = (("targets", "target_date"), ("regional_targets", "target_date"), ("denominators", "as_of"))
PIECE = 4_096  # rows taken from a file at once
Array = np.ndarray[Any, Any]
Cells = Mapping[str, tuple[Sequence[str], Array]]
_Read = Callable[[str], tuple[Any, str | None]]
_DAY = np.timedelta64(1, "D")
_SPREADSHEET = "text that does not begin with = + - or @, which a spreadsheet would run as a formula"


@cache
def table_schema(name: str) -> dict[str, Any]:
    """Return one Table Schema of the package; `name` is one of `TABLES`."""
    return dict(json.loads(schema_text(name)))


def schema_text(name: str) -> str:
    """Return the text of a Table Schema."""
    return resources.files("jalur.ledger").joinpath("schema", f"{name}.json").read_text(encoding="utf-8")


def columns(name: str) -> list[str]:
    """Return the column names of a table in their order."""
    return [field["name"] for field in table_schema(name)["fields"]]


def read_text(path: Path, label: str, maximum: int = MAXIMUM_BYTES) -> tuple[str, list[Fault]]:
    """Read a UTF-8 file, with or without byte order mark; nothing is read of a file above `maximum` bytes."""

    def refuse(given: str, allowed: str, row: int | None = None) -> tuple[str, list[Fault]]:
        return "", [Fault(label, row, None, given, allowed)]

    if not path.is_file():
        return refuse("no such file" if not path.exists() else "not a file", "a UTF-8 text file of this name")
    size = path.stat().st_size
    if size > maximum:
        return refuse(f"{size:,} bytes", f"at most {maximum:,} bytes")
    try:
        raw = path.read_bytes()
    except OSError as error:
        return refuse(f"a file that cannot be read ({error.strerror})", "a readable file")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = raw.count(b"\n", 0, error.start) + 1
        return refuse(f"byte 0x{raw[error.start]:02X}, which is not UTF-8", "text saved as UTF-8", row)
    if "\x00" in text:
        return refuse("a zero byte", "text saved as UTF-8", text.count("\n", 0, text.index("\x00")) + 1)
    return text, []


def read_table(path: Path, name: str, label: str) -> tuple[pd.DataFrame, list[Fault]]:
    """Read and check one CSV table: each cell, and the rules between columns and rows.

    Parameters
    ----------
    path : Path
        The file: UTF-8 with or without byte order mark, commas, one header line; lines may end in CRLF. Columns may
        stand in any order. A header without rows is a valid, empty table; lines without any text are passed over.
    name : str
        Table Schema, one of `TABLES`.
    label : str
        How messages name the file.

    Returns
    -------
    frame : DataFrame
        Columns in the order of the schema: dates as datetime64, numbers as float, integers as int (float where a cell
        is missing), text as str or None. The index `row` is the row in the file, the header being row 1.
    faults : list of Fault
        Empty if the table is valid. With faults, the frame is not to be used.
    """
    text, faults = read_text(path, label)
    return (checked({}, [], name, label)[0], faults) if faults else parse_table(text, name, label)


def parse_table(text: str, name: str, label: str) -> tuple[pd.DataFrame, list[Fault]]:
    """Check the text of a CSV table, as `read_table` does with a file."""
    cells, numbers, faults = _split(text, name, label)
    frame, found = checked(cells, numbers, name, label)
    return frame, faults or found


def checked(
    cells: Cells, numbers: Sequence[int], name: str, label: str, known: Mapping[str, tuple[int, str]] | None = None
) -> tuple[pd.DataFrame, list[Fault]]:
    """Check the cells of a table and give each column its type.

    Parameters
    ----------
    cells : mapping of str to (sequence of str, array of int)
        For each column its different texts, and for each row the position of its text among them; empty for a table
        without rows.
    numbers : sequence of int
        Row of each cell in the file.
    name, label : str
        As in `read_table`.
    known : mapping, optional
        Rows that stand before these: row and role by identifier.

    Returns
    -------
    frame, faults
        As in `read_table`.
    """
    last_day, known = dates.today(), known or {}
    rows = _Rows(np.asarray(numbers, dtype="int64"), label)
    for field in table_schema(name)["fields"]:
        column = field["name"]
        read = _reader(field, None if (name, column) in AHEAD else last_day)
        texts, places = cells.get(column, ((), np.empty(0, dtype="int64")))
        values, problems = [], {}
        for place, text in enumerate(texts):
            value, wanted = read(text.strip())
            values.append(value)
            if wanted is not None:
                problems[place] = wanted
        for row in np.flatnonzero(np.isin(places, list(problems))) if problems else ():
            text = texts[places[row]].strip()
            rows.note(row, column, shown(text) if text else "nothing", problems[places[row]])
        rows[column] = _typed(values, field["type"])[places]
        if field["constraints"].get("unique"):
            rows.refuse_used(column, {one: row for one, (row, _) in known.items()})
    rows.refuse_by_rules(name, {one: role for one, (_, role) in known.items()})
    return rows.frame(), rows.faults(columns(name))


def texts_of(frame: pd.DataFrame, name: str) -> Cells:
    """Write the columns of a frame made by code as they would stand in a file."""
    cells = {}
    for column in columns(name):
        texts = [_text(value) for value in frame[column].astype(object)]
        cells[column] = texts, np.arange(len(texts))
    return cells


def _split(text: str, name: str, label: str) -> tuple[Cells, list[int], list[Fault]]:
    """Split the text of a CSV file into columns and the numbers of its rows, after checking header and widths."""
    if not text.strip():
        return {}, [], [Fault(label, None, None, "an empty file", "the columns " + ",".join(columns(name)))]
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    numbers: list[int] = []
    try:
        header = [cell.strip() for cell in next(reader)]
        if faults := _header_faults(header, name, label):
            return {}, [], faults
        texts: list[dict[str, int]] = [{} for _ in header]
        places: list[list[Any]] = [[] for _ in header]
        # Piece by piece, and each different text once: a large file must not stand in memory as two million texts.
        while lines := [(reader.line_num, cells) for cells in islice(reader, PIECE)]:
            lines = [(row, cells) for row, cells in lines if "".join(cells).strip()]
            faults += [
                Fault(label, row, None, f"{len(cells)} cells", _width(header, cells))
                for row, cells in lines
                if len(cells) != len(header)
            ]
            if lines and not faults:
                numbers += [row for row, _ in lines]
                piece = zip(*(cells for _, cells in lines), strict=True)
                for known, found, column in zip(texts, places, piece, strict=True):
                    found.append(np.array([known.setdefault(cell, len(known)) for cell in column], dtype="int64"))
    except csv.Error as error:
        given = f"a line that is not CSV ({error})"
        return {}, [], [Fault(label, reader.line_num, None, given, "comma-separated cells, quotes in pairs")]
    if faults or not numbers:
        return {}, [], faults
    columns_ = zip(header, texts, places, strict=True)
    return {column: (list(known), np.concatenate(found)) for column, known, found in columns_}, numbers, []


def _width(header: list[str], cells: list[str]) -> str:
    """Say how many cells a row should have."""
    why = "; a cell with a comma, as in 17,5, needs quotes or a point" if len(cells) > len(header) else ""
    return f"{len(header)} cells, as in the header{why}"


def _header_faults(header: list[str], name: str, label: str) -> list[Fault]:
    """Check the names of the columns."""
    expected = columns(name)
    allowed = "the columns " + ",".join(expected)
    for separator, word in ((";", "semicolons"), ("\t", "tabs")):
        if len(header) == 1 and separator in header[0]:
            return [Fault(label, 1, None, f"cells separated by {word}", "cells separated by commas")]
    twice = sorted({column for column in header if header.count(column) > 1})
    unknown = [column for column in dict.fromkeys(header) if column not in expected]
    return [
        *(Fault(label, 1, None, f"two columns {shown(column)}", allowed) for column in twice),
        *(Fault(label, 1, need, f"no column {shown(need)}", allowed) for need in expected if need not in header),
        *(Fault(label, 1, None, f"an unknown column {shown(column)}", allowed) for column in unknown),
    ]


def _typed(values: list[Any], kind: str) -> Array:
    """Turn the different values of a column into one array with the type of the field; None where empty."""
    if kind == "date":
        return np.array(values, dtype="datetime64[s]")
    if kind == "integer" and None not in values:
        return np.array(values, dtype="int64")
    if kind in ("number", "integer"):
        return np.array(values, dtype="float64")
    typed = np.empty(len(values), dtype=object)
    typed[:] = values
    return typed


def _reader(field: dict[str, Any], last_day: dt.date | None) -> _Read:
    """Return what turns the text of a cell into the value of its field, None where empty, and what is allowed else."""
    limits, kind = field["constraints"], field["type"]
    empty = (None, allowed(field) if limits.get("required") else None)
    if kind == "string":
        return lambda text: _text_cell(text, field, limits) if text else empty
    convert: Callable[[str], Any] = {"number": dates.number, "integer": dates.whole, "date": dates.written_day}[kind]
    low, high = limits["minimum"], limits["maximum"]
    if kind == "date":
        low, high = dt.date.fromisoformat(low), dt.date.fromisoformat(high)
        high = min(high, last_day or high)

    def read(text: str) -> tuple[Any, str | None]:
        if not text:
            return empty
        try:
            value = convert(text)
        except ValueError as error:
            return None, str(error)
        if low <= value <= high:
            return value, None
        if kind != "date":
            return None, allowed(field)
        return None, f"a date from {low} to {high}" + (", today" if high == last_day else "")

    return read


def _text_cell(text: str, field: dict[str, Any], limits: dict[str, Any]) -> tuple[Any, str | None]:
    """Check the text of a cell that is not empty."""
    if (problem := unclean(text)) is not None:
        return None, problem
    if text[0] in "=+-@":
        return None, _SPREADSHEET
    broken = (
        ("enum" in limits and text not in limits["enum"])
        or ("pattern" in limits and not re.fullmatch(limits["pattern"], text))
        or not limits.get("minLength", 0) <= len(text) <= limits.get("maxLength", len(text))
    )
    return (None, allowed(field)) if broken else (text, None)


def unclean(text: str) -> str | None:
    """Say what is allowed instead of text that shows otherwise than it is; None for printable text on one line.

    What cannot be seen (a zero-width space, a soft hyphen, a blank that does not break) would make another body of the
    same name, and so would an accent that is put together from two characters.
    """
    if not text.isprintable():
        odd = next(character for character in text if not character.isprintable())
        return f"printable text on one line, without the character U+{ord(odd):04X}"
    if not text.isascii() and not unicodedata.is_normalized("NFC", text):
        return "text with each letter and its accents as one character (Unicode form NFC)"
    return None


def allowed(field: dict[str, Any]) -> str:
    """Say in words what a field may hold."""
    limits = field["constraints"]
    if "enum" in limits:
        return "one of " + ", ".join(limits["enum"])
    words = {"date": "a date", "number": "a number", "integer": "a whole number"}.get(field["type"], "text")
    if "minimum" in limits:
        high = limits["maximum"] if field["type"] == "date" else f"{limits['maximum']:g}"
        words += f" from {limits['minimum']} to {high}"
    if limits.get("pattern", "").startswith("^https?"):
        words = "an address that begins with http:// or https:// and has no spaces"
    elif "pattern" in limits:
        words += f" of the form {limits['pattern']}"
    if "maxLength" in limits:
        words += f", at most {limits['maxLength']} characters"
    if limits.get("required"):
        words += ", never empty"
    return words


# Rules that a Table Schema cannot say


class _Rows:
    """The columns of a table as arrays, and the faults found in them."""

    def __init__(self, numbers: Array, label: str) -> None:
        self._cells: dict[str, Array] = {}
        self._numbers, self._label = numbers, label
        self._faults: list[tuple[int, Fault]] = []

    def __getitem__(self, column: str) -> Array:
        return self._cells[column]

    def __setitem__(self, column: str, values: Array) -> None:
        self._cells[column] = values

    def days(self, column: str) -> Array:
        """Return a column of dates by the day."""
        return self._cells[column].astype("datetime64[D]")

    def frame(self) -> pd.DataFrame:
        """Return the columns as a frame; text stays what it is, whatever else pandas would make of it."""
        index = pd.Index(self._numbers, name="row")
        texts = {column: values for column, values in self._cells.items() if values.dtype == object}
        frame = pd.DataFrame(texts, index=index, dtype=object)
        for place, (column, values) in enumerate(self._cells.items()):
            if column not in texts:
                frame.insert(place, column, values)
        return frame

    def faults(self, order: list[str]) -> list[Fault]:
        """Return the faults in the order of the file; of several in one cell the first."""
        first: dict[tuple[int, int], Fault] = {}
        for row, fault in self._faults:
            first.setdefault((row, order.index(fault.column) if fault.column in order else 0), fault)
        return [first[place] for place in sorted(first)]

    def note(self, row: Any, column: str, given: str, allowed: str) -> None:
        """Note a fault in one cell."""
        self._faults.append((int(row), Fault(self._label, int(self._numbers[row]), column, given, allowed)))

    def refuse(self, mask: Array, column: str, given: str, allowed: str, **more: Array) -> None:
        """Note a fault in each row of a mask; `given` and `allowed` may name columns and arrays of `more` in braces."""
        for row in np.flatnonzero(mask):
            values = {key: _text(cells[row]) for key, cells in (self._cells | more).items()}
            self.note(row, column, given.format(**values), allowed.format(**values))

    def refuse_used(self, column: str, known: dict[str, int]) -> None:
        """Note each value that stands in a row before; `known` are rows of other places."""
        if not known and len(set(self[column])) == len(self[column]):
            return
        for row, value in enumerate(self[column]):
            number = int(self._numbers[row])
            earlier = known.setdefault(value, number)
            if value is not None and earlier != number:
                self.note(row, column, shown(value), f"a value not used before; row {earlier} has it")

    def refuse_by_rules(self, name: str, roles: dict[str, str]) -> None:
        """Note what breaks the rules of a table; cells that could not be read are missing and break none.

        `roles` are those of rows that stand before, by identifier.
        """
        if name.endswith("observations"):
            _check_observations(self)
            _check_repeats(self, roles)
        elif name == "denominators":
            _check_context(self)


def _check_observations(rows: _Rows) -> None:
    """Check days, periods, lags and decimals of published figures."""
    as_of, reported, since = rows.days("as_of"), rows.days("reported_on"), rows.days("flow_since")
    flow, value = rows["kind"] == "flow", rows["value"]
    on_time = "the day the figure refers to, {as_of}, or a later day"
    rows.refuse(reported < as_of, "reported_on", "{reported_on}", on_time)
    rows.refuse(flow & np.isnat(since), "flow_since", "nothing", "a date, since kind is flow")
    rows.refuse(
        (rows["kind"] == "level") & ~np.isnat(since), "flow_since", "{flow_since}", "nothing, since kind is level"
    )
    in_time = "the day the flow ends, {as_of}, or an earlier day"
    rows.refuse(flow & (since > as_of), "flow_since", "{flow_since}", in_time)
    rows.refuse((rows["unit"] == "percent") & (value > 100), "value", "{value}", "at most 100 percent")
    for days, column, precision in (
        (as_of, "as_of", "as_of_precision"),
        (reported, "reported_on", "reported_precision"),
    ):
        for word, unit, end in (("month", "M", "the last day of the month"), ("year", "Y", "31 December")):
            inside = (days + _DAY).astype(f"datetime64[{unit}]") == days.astype(f"datetime64[{unit}]")
            wanted = f"{end}, since {precision} is {word}"
            rows.refuse((rows[precision] == word) & inside, column, f"{{{column}}}", wanted)
    lag = np.where(np.isnat(as_of) | np.isnat(reported), -1, (reported - as_of).astype("int64"))
    wrong = (rows["lag_days"] >= 0) & (lag >= 0) & (rows["lag_days"] != lag)
    rows.refuse(wrong, "lag_days", "{lag_days}", "{lag}, the days from as_of to reported_on", lag=lag)
    with np.errstate(all="ignore"):  # values out of bounds have a fault of their own
        steps = value * 10.0 ** rows["decimals"].astype(float)
        finer = (rows["role"] != "derived") & (np.abs(steps - np.round(steps)) > 1e-6 * np.maximum(steps, 1))
    rows.refuse(finer, "decimals", "{decimals}", "decimals that hold every digit of the value {value}")


def _check_repeats(rows: _Rows, roles: dict[str, str]) -> None:
    """Check that each repeat names a row that exists, is not itself and is not a repeat."""
    repeat, named = rows["role"] == "repeat", ~pd.isna(rows["repeats"])
    both, missing = repeat & named, "the id of the row that is repeated, since role is repeat"
    rows.refuse(named & ~repeat & ~pd.isna(rows["role"]), "repeats", "'{repeats}'", "nothing, since role is {role}")
    rows.refuse(repeat & ~named, "repeats", "nothing", missing)
    roles = roles | dict(zip(rows["id"], rows["role"], strict=True))
    pairs = zip(rows["id"], rows["repeats"], strict=True)
    repeated = np.array([roles.get(one, "") if one != own else "" for own, one in pairs], dtype=object)
    rows.refuse(both & (repeated == ""), "repeats", "'{repeats}'", "the id of another row of this file")
    rows.refuse(both & (repeated == "repeat"), "repeats", "'{repeats}'", "the id of a row that is not itself a repeat")


def _check_context(rows: _Rows) -> None:
    """Check the days of denominators and related series; that of publication is a day, a month or a year."""
    last = dates.today().isoformat()
    texts = [text or "" for text in rows["reported_on"]]
    unknown = np.array([bool(text) and end_of(text) is None for text in texts], dtype=bool)
    ahead = np.array([text > last[: len(text)] for text in texts], dtype=bool)
    rows.refuse(unknown, "reported_on", "'{reported_on}'", "a day, month or year that exists in the calendar")
    rows.refuse(ahead & ~unknown, "reported_on", "'{reported_on}'", f"a day, month or year until today, {last}")
    targets = np.array([str(series).endswith("_target") for series in rows["series"]], dtype=bool)
    late = (rows.days("as_of") > np.datetime64(last)) & ~targets
    rows.refuse(late, "as_of", "{as_of}", f"a day until today, {last}, but for a series whose name ends in _target")


def end_of(text: str) -> dt.date | None:
    """Return the last day of a day, month or year (YYYY-MM-DD, YYYY-MM, YYYY); None if the calendar has none such."""
    try:
        return pd.Period(text, freq={4: "Y", 7: "M", 10: "D"}[len(text)]).end_time.date()
    except ValueError:
        return None


def _text(value: object) -> str:
    """Write a cell as it stands in a table."""
    if pd.isna(value):  # type: ignore[call-overload]
        return ""
    if isinstance(value, np.datetime64 | dt.date):
        return dates.iso(value)
    if isinstance(value, float) and value == value // 1 and abs(value) < 1e16:
        return str(int(value))
    return str(value)


YAML_BYTES = 200_000
YAML_DEPTH = 12
Place = tuple[str | int, ...]
_INTEGER = re.compile(r"[-+]?[0-9]{1,18}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]{1,4})?")
_YAML_WORDS = {"true": True, "false": False, "null": None, "~": None, "": None}
_SafeLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times as fast where libyaml is at hand


class _Refused(Exception):
    """What is wrong with a YAML file, and the line it stands on."""

    def __init__(self, mark: Any, given: str, allowed: str) -> None:
        super().__init__(given)
        self.line, self.given, self.allowed = mark.line + 1, given, allowed


class _Loader(*((Composer, _SafeLoader) if _SafeLoader is not yaml.SafeLoader else (_SafeLoader,))):  # type: ignore[misc]
    """A safe loader that refuses what stands for something else than itself."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - plain words stay text here; `_plain` reads them

    def __init__(self, text: str) -> None:
        Composer.__init__(self)
        _SafeLoader.__init__(self, text)
        self.depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        """Compose the next node of the text."""
        event: Any = self.peek_event()
        if isinstance(event, yaml.AliasEvent):
            given = f"the alias *{str(event.anchor)[:30]}"
            raise _Refused(event.start_mark, given, "values written out, no anchors and aliases")
        if event.tag not in (None, "!"):
            raise _Refused(event.start_mark, f"the tag {shown(event.tag)}", "values without tags")
        if self.depth > YAML_DEPTH:
            given, allowed = f"nesting deeper than {YAML_DEPTH} levels", f"at most {YAML_DEPTH} levels"
            raise _Refused(event.start_mark, given, allowed)
        self.depth += 1
        node = Composer.compose_node(self, parent, index)
        self.depth -= 1
        return node


def read_yaml(path: Path, label: str) -> tuple[Any, dict[Place, int], list[Fault]]:
    """Read one YAML file.

    Parameters
    ----------
    path : Path
        UTF-8, at most 200 kB.
    label : str
        How messages name the file.

    Returns
    -------
    value : object
        None where there are faults.
    lines : dict
        Line of each value by its path of keys and list positions.
    faults : list of Fault
    """
    text, faults = read_text(path, label, YAML_BYTES)
    if faults:
        return None, {}, faults
    lines: dict[Place, int] = {(): 1}
    row, allowed = None, "YAML such as `unit: registrants`"
    try:
        node = _Loader(text).get_single_node()
        return (None if node is None else _value(node, (), lines)), lines, []
    except _Refused as problem:
        row, given, allowed = problem.line, problem.given, problem.allowed
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        row, given = mark.line + 1 if mark else None, f"text that is not YAML ({error.problem})"
        if isinstance(error, ComposerError):  # the only thing left for it to refuse
            given, allowed = "a second document", "one document"
    except yaml.YAMLError as error:
        given, allowed = f"text that is not YAML ({str(error).splitlines()[0]})", "printable YAML text"
    return None, {}, [Fault(label, row, None, given, allowed)]


def _value(node: Any, place: Place, lines: dict[Place, int]) -> Any:
    """Turn a node into a value, noting the line of it and of all in it."""
    lines.setdefault(place, node.start_mark.line + 1)
    if isinstance(node, yaml.ScalarNode):
        return node.value if node.style else _plain(node.value)
    if isinstance(node, yaml.SequenceNode):
        return [_value(inner, (*place, position), lines) for position, inner in enumerate(node.value)]
    mapping: dict[str, Any] = {}
    for key, inner in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise _Refused(key.start_mark, "a key that is not plain text", "plain text as key")
        if key.value in mapping:
            raise _Refused(key.start_mark, f"the key {shown(key.value)} a second time", "each key once")
        lines[(*place, key.value)] = key.start_mark.line + 1
        mapping[key.value] = _value(inner, (*place, key.value), lines)
    return mapping


def _plain(text: str) -> Any:
    """Read a number or word that stands without quotes; anything else is text."""
    if text.lower() in _YAML_WORDS:
        return _YAML_WORDS[text.lower()]
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text
