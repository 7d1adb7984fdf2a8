"""Files of a spreadsheet: their cells, each with the place at which a message can point; and one to fill in."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

from jalur.errors import Fault, InputError, shown
from jalur.files import write_whole
from jalur.ledger.programme import checked_name
from jalur.ledger.spoken import power_of_ten
from jalur.ledger.tables import MAXIMUM_BYTES, allowed, read_text, table_schema

Value = str | int | float | bool | dt.date | None
MAXIMUM_CELLS = 2_000_000  # ten thousand rows of two hundred columns
_SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs"}

UNPACKED_BYTES = 20 * MAXIMUM_BYTES
LAST_ROW = 5000  # to which a template offers the words of a column
NO_RESULT = "a formula without a stored result"
STORED = "a value, or a formula that a spreadsheet program has calculated and saved"
_QUOTED = re.compile(r'"([^"]*)"')
_SCALED = re.compile(r"[0#?](,+)(?![0#?])")  # each comma after the digits of a format hides three of them
_LITERAL = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]')  # what a number format quotes: letters in it mean nothing


def letters(column: int) -> str:
    """Return the letters by which a spreadsheet names a column, counted from 1: A, Z, AA.

    Examples
    --------
    >>> letters(1), letters(28)
    ('A', 'AB')
    """
    name = ""
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


@dataclass(frozen=True)
class Cell:
    """One cell.

    Attributes
    ----------
    row, column : int
        Counted from 1.
    value : str, int, float, bool, datetime.date or None
        Text without the spaces around it; None where the cell is empty.
    percent : bool
        Whether a number is shown as a share: 0.123 as 12.3 %.
    precision : str
        What is shown of a date: day, month or year.
    link : str or None
        The address that the cell leads to.
    merged : tuple of int or None
        First row, first column, last row and last column of the merged cells that this one is part of.
    unreadable : tuple of str or None
        What stands there and what may, where there is no value that could be used.
    """

    row: int
    column: int
    value: Value = None
    percent: bool = False
    precision: str = "day"
    link: str | None = None
    merged: tuple[int, int, int, int] | None = None
    unreadable: tuple[str, str] | None = None

    @property
    def text(self) -> str:
        """The value as text, in one line."""
        return "" if self.value is None else " ".join(str(self.value).split())

    @property
    def empty(self) -> bool:
        """Whether nothing stands there."""
        return self.value is None and self.unreadable is None


@dataclass
class Sheet:
    """The cells of one sheet, or of one CSV file.

    Attributes
    ----------
    name : str
        Of the sheet; of the file for a CSV.
    cells : dict
        The cells that are not empty, by row and column.
    rows, columns : int
        Last row and last column with anything in it.
    csv : bool
        Whether places are named by row and column, not by the address of a cell.
    hidden : bool
    hidden_rows, hidden_columns : set of int
    headings : dict
        Text above each column, once the header is known; names the columns of a CSV.
    """

    name: str
    cells: dict[tuple[int, int], Cell]
    rows: int
    columns: int
    csv: bool = False
    hidden: bool = False
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)
    headings: dict[int, str] = field(default_factory=dict)

    def cell(self, row: int, column: int) -> Cell:
        """Return a cell, an empty one where nothing stands."""
        return self.cells.get((row, column)) or Cell(row, column)

    def line(self, row: int) -> list[Cell]:
        """Return the cells of a row, empty ones among them."""
        return [self.cell(row, column) for column in range(1, self.columns + 1)]

    def address(self, row: int, column: int) -> str:
        """Return the address of a cell, such as Sheet1!D17; for a CSV, row 17, column D or what stands above it."""
        if self.csv:
            return f"row {row}, column {self.headings.get(column) or letters(column)}"
        return f"{_quoted(self.name)}!{letters(column)}{row}"

    def fault(self, row: int, column: int | None, given: str, allowed: str) -> Fault:
        """Make a fault at a cell, or at a whole row."""
        if self.csv:
            heading = None if column is None else self.headings.get(column) or letters(column)
            return Fault(self.name, row, heading, given, allowed)
        place = f"{_quoted(self.name)}!{row}:{row}" if column is None else self.address(row, column)
        return Fault(place, None, None, given, allowed)


def _quoted(name: str) -> str:
    """Write the name of a sheet as a formula would."""
    return name if name.isidentifier() else "'" + name.replace("'", "''") + "'"


def read_csv(path: Path) -> list[Sheet]:
    """Read a CSV file, of which commas, semicolons or tabs part the cells.

    Parameters
    ----------
    path : Path
        UTF-8 with or without byte order mark.

    Returns
    -------
    list of Sheet
        One sheet.

    Raises
    ------
    InputError
        If it is no such file.
    """
    text, faults = read_text(path, path.name)
    if faults:
        raise InputError(str(faults[0]))
    separator = _separator(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    cells: dict[tuple[int, int], Cell] = {}
    columns = 0
    row = 0
    try:
        for line in reader:
            row = reader.line_num
            columns = max(columns, len(line))
            for column, raw in enumerate(line, start=1):
                if raw.strip():
                    cells[row, column] = Cell(row, column, raw.strip())
    except csv.Error as error:
        fault = Fault(
            path.name,
            reader.line_num,
            None,
            f"a line that is not CSV ({error})",
            f"cells between {_SEPARATORS[separator]}, quotes in pairs",
        )
        raise InputError(str(fault)) from None
    if len(cells) > MAXIMUM_CELLS:
        raise too_large(path, len(cells))
    return [Sheet(path.name, cells, row, columns, csv=True)]


def _separator(text: str) -> str:
    """Find what parts the cells: what stands most often outside quotes in the fullest of the first lines."""
    plain = ["".join(line.split('"')[::2]) for line in text.splitlines()[:50]]
    counts = {mark: max((line.count(mark) for line in plain), default=0) for mark in _SEPARATORS}
    if counts[";"] and counts[","]:  # decimal commas between semicolons
        lines_with = {mark: sum(mark in line for line in plain) for mark in (",", ";")}
        return ";" if lines_with[";"] >= lines_with[","] else ","
    return max(counts, key=lambda mark: counts[mark])


def too_large(path: Path, cells: int) -> InputError:
    """Make the refusal of a table that is larger than any ledger."""
    return InputError(f"file is {shown(path.name)} with {cells:,} cells; allowed are at most {MAXIMUM_CELLS:,}")


def read_workbook(path: Path) -> list[Sheet]:
    """Read all sheets of a workbook, hidden ones among them.

    A formula stands for its stored result; dates follow the workbook's own calendar, that of 1900 or of 1904.

    Parameters
    ----------
    path : Path
        An .xlsx file.

    Returns
    -------
    list of Sheet
        In the order of the workbook. Cells under a merged range all have the value of its first one.

    Raises
    ------
    InputError
        If the file is no workbook, is protected by a password, or is too large.
    """
    import openpyxl
    from openpyxl.utils.exceptions import InvalidFileException

    _openable(path)
    try:
        stored = openpyxl.load_workbook(path, data_only=True)
        written = openpyxl.load_workbook(path)
    except (InvalidFileException, KeyError, ValueError, TypeError, zipfile.BadZipFile, SyntaxError) as error:
        why = " ".join(str(error).split())[:80]
        raise InputError(
            f"file is {shown(path.name)}, which is no workbook ({why}); allowed is an .xlsx file"
        ) from None
    sheets = []
    for name in written.sheetnames:
        if hasattr(written[name], "iter_rows"):  # a sheet that holds nothing but a chart has no cells
            sheets.append(_sheet(stored[name], written[name], path))
    return sheets


def _openable(path: Path) -> None:
    """Refuse what is no workbook before it is unpacked."""
    if not path.is_file():
        raise InputError(f"file is {shown(str(path))}, which is no file; allowed is an .xlsx or .csv file")
    size = path.stat().st_size
    if size > MAXIMUM_BYTES:
        raise InputError(f"file is {shown(path.name)} of {size:,} bytes; allowed are at most {MAXIMUM_BYTES:,}")
    with path.open("rb") as file:
        start = file.read(8)
    if start.startswith(b"\xd0\xcf\x11\xe0"):
        raise InputError(
            f"file is {shown(path.name)}, an old .xls or one with a password; allowed is an .xlsx without one"
        )
    if not zipfile.is_zipfile(path):
        raise InputError(f"file is {shown(path.name)}, which is no workbook; allowed is an .xlsx file")
    with zipfile.ZipFile(path) as packed:
        unpacked = sum(item.file_size for item in packed.infolist())
    if unpacked > UNPACKED_BYTES:
        raise InputError(
            f"file is {shown(path.name)} with {unpacked:,} bytes unpacked; allowed are at most {UNPACKED_BYTES:,}"
        )


def _sheet(stored: Any, written: Any, path: Path) -> Sheet:
    """Read one sheet from its results and its formulas."""
    if written.max_row * written.max_column > MAXIMUM_CELLS:
        raise too_large(path, written.max_row * written.max_column)
    cells = {}
    for result_line, line in zip(stored.iter_rows(), written.iter_rows(), strict=True):
        for result, cell in zip(result_line, line, strict=True):
            read = _cell(result, cell)
            if not read.empty or read.link:
                cells[read.row, read.column] = read
    for merged in written.merged_cells.ranges:
        span = (merged.min_row, merged.min_col, merged.max_row, merged.max_col)
        first = cells.get((merged.min_row, merged.min_col))
        if first is not None:
            for row, column in merged.cells:
                cells[row, column] = _under(first, row, column, span)
    hidden_columns: set[int] = set()
    for dimension in written.column_dimensions.values():
        if dimension.hidden and dimension.min:
            hidden_columns.update(range(dimension.min, dimension.max + 1))
    filled = [(row, column) for (row, column), cell in cells.items() if not cell.empty]
    return Sheet(
        name=written.title,
        cells=cells,
        rows=max((row for row, _ in filled), default=0),
        columns=max((column for _, column in filled), default=0),
        hidden=written.sheet_state != "visible",
        hidden_rows={row for row, dimension in written.row_dimensions.items() if dimension.hidden},
        hidden_columns=hidden_columns,
    )


def _tells_the_stored(words: str, shown_as: str) -> bool:
    """Whether a number word in a format stands for as many digits as the format hides: 0.0,," juta" for 12500000."""
    powers = [power for word in words.split() if (power := power_of_ten(word)) is not None]
    hidden = _SCALED.search(shown_as)
    return not powers or powers == [3 * len(hidden[1]) if hidden else 0]


def _under(first: Cell, row: int, column: int, span: tuple[int, int, int, int]) -> Cell:
    """Repeat the first of merged cells at another place of the range."""
    return Cell(row, column, first.value, first.percent, first.precision, first.link, span, first.unreadable)


def _cell(result: Any, cell: Any) -> Cell:
    """Read one cell."""
    row, column = cell.row, cell.column
    value = result.value
    link = getattr(getattr(cell, "hyperlink", None), "target", None)
    if cell.value is None:
        return Cell(row, column, link=link)
    if cell.data_type == "f" and value is None:
        return Cell(row, column, link=link, unreadable=(NO_RESULT, STORED))
    if result.data_type == "e":
        return Cell(row, column, link=link, unreadable=(f"the error {value}", STORED))
    written_format = str(result.number_format).split(";")[0]
    shown_as = _LITERAL.sub("", written_format).lower()
    if isinstance(value, dt.datetime | dt.date):
        day = value.date() if isinstance(value, dt.datetime) else value
        precision = "day" if "d" in shown_as else "month" if "m" in shown_as else "year"
        return Cell(row, column, day, precision=precision, link=link)
    if isinstance(value, bool):
        return Cell(row, column, value, link=link)
    if isinstance(value, int | float):
        words = " ".join(_QUOTED.findall(written_format))
        if "%" in words:  # 12.3 that is shown as 12.3 %, while a true per-cent format shows 0.123 so
            return Cell(row, column, f"{value:.15g}%", link=link)
        if not _tells_the_stored(words, shown_as):
            given = f"{value:.15g}, shown with the word{words}"
            return Cell(row, column, link=link, unreadable=(given, "a number that is stored as it is shown"))
        return Cell(row, column, value, percent="%" in shown_as, link=link)
    if isinstance(value, str):
        return Cell(row, column, value.strip() or None, link=link)
    given = f"a cell of the type {type(value).__name__}"  # an hour or a duration
    return Cell(row, column, link=link, unreadable=(given, "a number, a text or a date"))


# the template


def write_template(name: str, folder: Path) -> Path:
    """Write a workbook to fill in: figures, targets, what programme.yml holds, and notes on every column.

    The examples are those of `jalur new`, so that the workbook can be imported as it is.

    Parameters
    ----------
    name : str
        Name of the programme.
    folder : Path
        Where NAME.xlsx goes.

    Raises
    ------
    InputError
        If the name is none, or the file is there already.
    """
    import openpyxl

    path = folder / f"{checked_name(name)}.xlsx"
    if path.exists():
        raise InputError(f"workbook is {shown(str(path))}, which exists already; allowed is a name not used before")
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for sheet, table in (("figures", "observations"), ("targets", "targets")):
        _fill(book.create_sheet(sheet), table, csv.DictReader(io.StringIO(_example(f"{table}.csv", name))))
    keys = [["key", "value", "meaning"], ["name", name, "name of the folder"], *_keys(_example("programme.yml", name))]
    _lines(book.create_sheet("programme"), keys, (26, 40, 100))
    notes = [["sheet", "column", "meaning", "unit", "allowed"]]
    for sheet, table in (("figures", "observations"), ("targets", "targets")):
        for entry in _to_fill(table):
            notes.append([sheet, entry["name"], entry["description"], entry["unit"], allowed(entry)])
    _lines(book.create_sheet("notes"), notes, (12, 20, 90, 18, 70))
    content = io.BytesIO()
    book.save(content)
    write_whole(path, content.getvalue())
    return path


def _example(file: str, name: str) -> str:
    """Return an example file of a new programme."""
    text = resources.files("jalur.ledger").joinpath("template", "programme", file).read_text(encoding="utf-8")
    return text.replace("{name}", name).replace("{prefix}", name.replace("_", "-"))


def _to_fill(table: str) -> list[dict[str, Any]]:
    """Return the columns that somebody fills in; the others follow from them."""
    return [entry for entry in table_schema(table)["fields"] if entry["name"] not in ("lag_days", "decimals")]


def _fill(sheet: Any, table: str, examples: Iterable[dict[str, str]]) -> None:
    """Write the header and the examples of one table; a column with few words offers them."""
    from openpyxl.worksheet.datavalidation import DataValidation

    fields = _to_fill(table)
    rows = [[_native(example[entry["name"]], entry["type"]) for entry in fields] for example in examples]
    _lines(sheet, [[entry["name"] for entry in fields], *rows], [max(12, len(entry["name"]) + 2) for entry in fields])
    for column, entry in enumerate(fields, start=1):
        span = f"{letters(column)}2:{letters(column)}{LAST_ROW}"
        if "enum" in entry["constraints"]:
            listed = ",".join(entry["constraints"]["enum"])
            choice = DataValidation(type="list", formula1=f'"{listed}"', allow_blank=True)
            choice.add(span)
            sheet.add_data_validation(choice)
        for row in range(2, len(rows) + 2):
            if entry["type"] == "date":
                sheet.cell(row, column).number_format = "yyyy-mm-dd"


def _native(text: str, kind: str) -> Value:
    """Turn the text of a table into what a spreadsheet stores."""
    if not text:
        return None
    if kind == "date":
        return dt.date.fromisoformat(text)
    return int(text) if kind == "number" else text


def _lines(sheet: Any, rows: list[list[Any]], widths: Sequence[int]) -> None:
    """Write rows under a bold header that stays in sight."""
    from openpyxl.styles import Alignment, Font

    for line in rows:
        sheet.append(line)
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    for column, width in enumerate(widths, start=1):
        sheet.column_dimensions[letters(column)].width = width
        if width > 60:
            for row in range(2, len(rows) + 1):
                sheet.cell(row, column).alignment = Alignment(wrap_text=True, vertical="top")
    sheet.freeze_panes = "A2"


def _keys(text: str) -> list[list[Any]]:
    """List the keys of a YAML file with their values, and the comment on the line of each."""
    lines = text.splitlines()
    listed: list[list[Any]] = []

    def walk(node: yaml.Node, path: str) -> None:
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                walk(value, f"{path}.{key.value}" if path else key.value)
        elif isinstance(node, yaml.SequenceNode):
            for place, value in enumerate(node.value, start=1):
                walk(value, f"{path}.{place}")
        else:
            listed.append([path, _scalar(node), lines[node.start_mark.line].partition("# ")[2]])

    whole = yaml.compose(text, Loader=yaml.SafeLoader)
    if whole is not None:
        walk(whole, "")
    return listed


def _scalar(node: yaml.Node) -> Any:
    """Return the value of a YAML scalar; a date stays text."""
    if node.tag == "tag:yaml.org,2002:timestamp":
        return node.value
    return yaml.safe_load(node.value) if node.tag != "tag:yaml.org,2002:str" else node.value
