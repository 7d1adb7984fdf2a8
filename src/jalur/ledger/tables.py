"""The one schema of the data: Table Schemas beside this module, read by everything that reads or checks a table.

Files are read here cell by cell, so that whatever is wrong is named by row and column, and quickly: importing pandera
takes longer than reading all the data. Frames made by code are checked by pandera, built from the same schema, and so
is every file by `jalur check`; a test proves that both enforce every constraint.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import math
import re
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import pandas as pd

from jalur.dates import records as go_through
from jalur.dates import written_day
from jalur.errors import Fault, shown

TABLES = ("observations", "targets", "denominators", "regional_observations", "regional_targets")
MAXIMUM_BYTES = 50_000_000  # a ledger of ten thousand figures has 4 MB
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_INTEGER = re.compile(r"[+-]?[0-9]{1,18}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# Characters that are invisible, end a line or turn the direction of writing: none belongs in a cell.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]")


@cache
def table_schema(name: str) -> dict[str, Any]:
    """Return one Table Schema of the package; `name` is one of `TABLES`."""
    text = resources.files("jalur.ledger").joinpath("schema", f"{name}.json").read_text(encoding="utf-8")
    return dict(json.loads(text))


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
    """Read and check one CSV table.

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
    if faults:
        return _typed([], [], name), faults
    lines, faults = _split(text, name, label)
    if faults:
        return _typed([], [], name), faults
    fields = table_schema(name)["fields"]
    first: dict[tuple[str, Any], int] = {}  # row of each value of a column in which values are unique
    records: list[dict[str, Any]] = [{} for _ in lines]
    for (row, cells), record in zip(lines, records, strict=True):
        for field in fields:
            column, text = field["name"], cells[field["name"]].strip()
            value, wanted = _value(text, field)
            if wanted is None and _breaks(value, field["constraints"]):
                wanted = allowed(field)
            elif wanted is None and field["constraints"].get("unique"):
                earlier = first.setdefault((column, value), row)
                wanted = None if earlier == row else f"a value not used before; row {earlier} has it"
            record[column] = value
            if wanted is not None:
                faults.append(Fault(label, row, column, shown(text) if text else "nothing", wanted))
    return _typed(records, [row for row, _ in lines], name), faults


def _split(text: str, name: str, label: str) -> tuple[list[tuple[int, dict[str, str]]], list[Fault]]:
    """Split the text of a CSV file into cells by column name, after checking the header and the width of rows."""
    expected = columns(name)
    allowed = "the columns " + ",".join(expected)
    if not text.strip():
        return [], [Fault(label, None, None, "an empty file", allowed)]
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    lines: list[tuple[int, list[str]]] = []
    try:
        for cells in reader:
            lines.append((reader.line_num, cells))
    except csv.Error as error:
        return [], [
            Fault(
                label,
                reader.line_num,
                None,
                f"a line that is not CSV ({error})",
                "comma-separated cells, quotes in pairs",
            )
        ]
    header = [cell.strip() for cell in lines[0][1]]
    for separator, word in ((";", "semicolons"), ("\t", "tabs")):
        if len(header) == 1 and separator in header[0]:
            return [], [Fault(label, 1, None, f"cells separated by {word}", "cells separated by commas")]
    faults = [
        Fault(label, 1, None, f"two columns {shown(c)}", allowed)
        for c in sorted({c for c in header if header.count(c) > 1})
    ]
    faults += [Fault(label, 1, c, f"no column {shown(c)}", allowed) for c in expected if c not in header]
    faults += [
        Fault(label, 1, None, f"an unknown column {shown(c)}", allowed)
        for c in dict.fromkeys(header)
        if c not in expected
    ]
    table = []
    for row, cells in lines[1:]:
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(header):
            why = "; a cell with a comma, as in 17,5, needs quotes or a point" if len(cells) > len(header) else ""
            faults.append(Fault(label, row, None, f"{len(cells)} cells", f"{len(header)} cells, as in the header{why}"))
        table.append((row, dict(zip(header, cells, strict=False))))
    return table, faults


def _value(text: str, field: dict[str, Any]) -> tuple[Any, str | None]:
    """Turn the text of one cell into the type of its field, None where empty; else what may stand there."""
    if text == "":
        return None, None
    kind = field["type"]
    if kind == "number":
        if not _NUMBER.fullmatch(text):
            return None, "a number in digits with a decimal point, such as 17500000 or 0.73"
        value = float(text)
        return (value, None) if math.isfinite(value) else (None, "a finite number")
    if kind == "integer":
        return (int(text), None) if _INTEGER.fullmatch(text) else (None, "a whole number in digits")
    if kind == "date":
        try:
            return written_day(text), None
        except ValueError as error:
            return None, str(error)
    if _UNPRINTABLE.search(text):
        return None, "printable text on one line"
    if text[0] in "=+-@":
        return None, "text that does not begin with = + - or @, which a spreadsheet would run as a formula"
    return text, None


def _breaks(value: Any, limits: dict[str, Any]) -> bool:
    """Whether a value breaks a constraint of its field other than being unique."""
    if value is None:
        return bool(limits.get("required", False))
    if "minimum" in limits:
        measured = value.isoformat() if isinstance(value, dt.date) else value  # ISO dates sort as text
        return not limits["minimum"] <= measured <= limits["maximum"]
    return (
        ("enum" in limits and value not in limits["enum"])
        or ("pattern" in limits and not re.match(limits["pattern"], value))
        or not limits.get("minLength", 0) <= len(value) <= limits.get("maxLength", len(value))
    )


def _typed(records: list[dict[str, Any]], numbers: list[int], name: str) -> pd.DataFrame:
    """Build the frame with one dtype for each type of field, whatever the cells hold."""
    series = {}
    index = pd.Index(numbers, name="row", dtype="int64")
    for field in table_schema(name)["fields"]:
        values = [record[field["name"]] for record in records]
        if field["type"] == "date":
            series[field["name"]] = pd.Series(
                pd.to_datetime(pd.Series(values, index=index, dtype=object)), dtype="datetime64[s]"
            )
        elif field["type"] in ("number", "integer"):
            whole = field["type"] == "integer" and None not in values
            series[field["name"]] = pd.Series(values, index=index, dtype="int64" if whole else "float64")
        else:
            series[field["name"]] = pd.Series(values, index=index, dtype=object)
    return pd.DataFrame(series, index=index)


@cache
def pandera_schema(name: str) -> Any:
    """Build the pandera schema from the Table Schema (its own reader of such files needs one more package).

    Each check carries the name of the constraint that it stands for.
    """
    import pandera.pandas as pa

    built = {}
    for field in table_schema(name)["fields"]:
        limits, checks = field["constraints"], []
        for bound, check in (("minimum", pa.Check.ge), ("maximum", pa.Check.le)):
            if bound in limits:
                value = pd.Timestamp(limits[bound]) if field["type"] == "date" else limits[bound]
                checks.append(check(value, name=bound))
        if "enum" in limits:
            checks.append(pa.Check.isin(limits["enum"], name="enum"))
        if "pattern" in limits:
            checks.append(pa.Check.str_matches(limits["pattern"], name="pattern"))
        if "minLength" in limits:
            checks.append(pa.Check.str_length(min_value=limits["minLength"], name="minLength"))
        if "maxLength" in limits:
            checks.append(pa.Check.str_length(max_value=limits["maxLength"], name="maxLength"))
        built[field["name"]] = pa.Column(
            checks=checks,
            nullable=not limits.get("required", False),
            unique=limits.get("unique", False),
            description=field["description"],
        )
    return pa.DataFrameSchema(built, strict=True, name=name)


def constraint_faults(frame: pd.DataFrame, name: str, label: str) -> list[Fault]:
    """Check a frame against the constraints of its Table Schema by pandera; the index is taken as the row."""
    import pandera.errors

    try:
        pandera_schema(name).validate(frame, lazy=True)
    except pandera.errors.SchemaErrors as error:
        cases = error.failure_cases
    else:
        return []
    fields = {field["name"]: field for field in table_schema(name)["fields"]}
    faults = []
    for case in go_through(cases):
        if case.column not in fields:
            faults.append(
                Fault(label, None, None, f"{case.check} {shown(case.failure_case)}", "the columns " + ",".join(fields))
            )
            continue
        row = None if pd.isna(case.index) else int(case.index)
        if case.check == "field_uniqueness":
            first = frame.index[frame[case.column] == case.failure_case][0]
            if row == first:
                continue  # the first of several equal identifiers is not the one to change
            faults.append(
                Fault(label, row, case.column, shown(case.failure_case), f"a value not used before; row {first} has it")
            )
        else:
            given = "nothing" if case.check == "not_nullable" else _plain(case.failure_case)
            faults.append(Fault(label, row, case.column, given, allowed(fields[case.column])))
    return faults


def _plain(value: Any) -> str:
    """Show a value as it is written in a table."""
    if isinstance(value, pd.Timestamp | dt.date):
        return shown(str(value)[:10])
    if isinstance(value, float):
        return shown(f"{value:g}" if abs(value) >= 1e16 or value != int(value) else str(int(value)))
    return shown(value)


def allowed(field: dict[str, Any]) -> str:
    """Say in words what a field may hold."""
    limits = field["constraints"]
    if "enum" in limits:
        return "one of " + ", ".join(limits["enum"])
    words = {"date": "a date", "number": "a number", "integer": "a whole number"}.get(field["type"], "text")
    if "minimum" in limits:
        words += (
            f" from {limits['minimum']} to {limits['maximum']:g}"
            if field["type"] != "date"
            else f" from {limits['minimum']} to {limits['maximum']}"
        )
    if limits.get("pattern", "").startswith("^https?"):
        words = "an address that begins with http:// or https:// and has no spaces"
    elif "pattern" in limits:
        words += f" of the form {limits['pattern']}"
    if "maxLength" in limits:
        words += f", at most {limits['maxLength']} characters"
    if limits.get("required"):
        words += ", never empty"
    return words
