"""From the cells of somebody else's table to rows of a ledger, each field with the cell that it came from."""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from jalur.errors import Fault, InputError, shown
from jalur.ledger.layout import REQUIRED, ColumnMap, Heading, Layout, normal, scale_in, scale_of_all, words
from jalur.ledger.programme import SLUG
from jalur.ledger.spoken import ALLOWED as FIGURES
from jalur.ledger.spoken import PERIODS, Stated, decimal_mark, month_number, period_of, read_figure, read_period
from jalur.ledger.tables import columns
from jalur.ledger.workbook import Cell, Sheet

Place = tuple[Sheet, int, int | None]
_DAYS = ("as_of", "reported_on", "flow_since", "target_date", "stated_on")
_PRECISE = {"as_of": "as_of_precision", "reported_on": "reported_precision"}

DIGITS = 6  # decimals kept of a stored number: the most that a ledger holds


@dataclass
class Record:
    """One row for a ledger.

    Attributes
    ----------
    table : str
        observations or targets.
    programme : str
        Name of the programme; empty where the table does not part them.
    fields : dict
        Text by column of the ledger; what is computed later is absent.
    places : dict
        Where each field was read.
    at : tuple
        Where the figure was read.
    """

    table: str
    programme: str
    fields: dict[str, str]
    places: dict[str, Place]
    at: Place


@dataclass
class Taken:
    """What was read from one table or several.

    Attributes
    ----------
    records : list of Record
    names : dict
        What the table calls each programme, by name, in the order of the table.
    capacities : dict
        How many could join and the cell that says so, by programme.
    faults : list of Fault
    notices : list of str
        What was left out or taken for granted, in sentences.
    """

    records: list[Record] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    capacities: dict[str, tuple[Stated, Place]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)


def slug(text: str) -> str:
    """Make the name of a programme or definition from words; empty if no letter is left.

    Examples
    --------
    >>> slug("D.I. Yogyakarta")
    'd_i_yogyakarta'
    """
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    joined = "_".join("".join(c if c.isalnum() else " " for c in plain).split())
    return joined[:64] if SLUG.fullmatch(joined[:64]) else ""


class Refused(ValueError):
    """What stands in a cell, and what may."""

    def __init__(self, given: str, allowed: str) -> None:
        super().__init__(given)
        self.given, self.allowed = given, allowed


def is_gap(cell: Cell) -> bool:
    """Whether a cell holds no figure: nothing, or a sign that says so."""
    return cell.empty or (isinstance(cell.value, str) and cell.text.lower() in words()["missing"])


class Amounts:
    """Reads the figures of a table.

    Parameters
    ----------
    cells : iterable of Cell
        All cells with figures.
    mark : str, optional
        The decimal mark, where the user gave it; else what the cells show.
    signed : bool
        Whether a heading names per cent.
    scaled : bool
        Whether the user said by what the figures are multiplied.
    """

    def __init__(
        self, cells: Iterable[Cell], mark: str | None = None, signed: bool = False, scaled: bool = False
    ) -> None:
        filled = [cell for cell in cells if not is_gap(cell) and cell.unreadable is None]
        shown_marks = {m for c in filled if isinstance(c.value, str) and (m := decimal_mark(c.text))}
        self.given = mark
        self.mark = mark or (shown_marks.pop() if len(shown_marks) == 1 else None)
        numbers = [cell.value for cell in filled if isinstance(cell.value, int | float)]
        self.stored_shares = any(cell.percent for cell in filled)
        # 0.45 may be 45 %, if nothing in the table says that these are per cent.
        signs = signed or self.stored_shares or any("%" in cell.text for cell in filled)
        self.unsure = not scaled and not signs and all(abs(number) <= 1 for number in numbers)

    def read(self, cell: Cell, unit: str, qualifier: str | None = None, power: int = 0) -> Stated:
        """Read one figure.

        Parameters
        ----------
        cell : Cell
        unit, qualifier, power
            As for `jalur.ledger.spoken.read_figure`.

        Raises
        ------
        Refused
            If the cell holds no figure, or one that can be read in two ways.
        """
        if cell.unreadable is not None:
            raise Refused(*cell.unreadable)
        if isinstance(cell.value, bool) or not isinstance(cell.value, int | float | str):
            raise Refused(shown(cell.text), FIGURES)
        try:
            if isinstance(cell.value, str):
                return read_figure(cell.text, unit, qualifier, self._mark(cell), power)
            return read_figure(self._stored(cell, unit), unit, qualifier, ".", power)
        except InputError as error:
            given, _, allowed = str(error).removeprefix("value is ").partition("; allowed is ")
            raise Refused(given, allowed) from None

    def _mark(self, cell: Cell) -> str:
        """Give the decimal mark of a written figure."""
        own = decimal_mark(cell.text)
        if own is None and self.mark is None:
            allowed = "a number without marks, or `decimal: comma` or `decimal: point` in the map"
            raise Refused(f"{shown(cell.text)}, whose mark may part decimals or thousands", allowed)
        if own and self.given and own != self.given:
            raise Refused(shown(cell.text), f"a figure with the decimal {'comma' if self.given == ',' else 'point'}")
        return own or self.mark or "."

    def _stored(self, cell: Cell, unit: str) -> str:
        """Write a stored number with all its digits; a share as it is shown, in per cent."""
        value = cell.value
        text = f"{value:.15g}" if isinstance(value, float) else str(value)
        try:
            number = Decimal(text)
        except InvalidOperation:  # too large for a number
            raise Refused(text, FIGURES) from None
        if not number.is_finite() or number < 0:
            raise Refused(text, "a number from 0")
        if unit != "percent" and cell.percent:
            raise Refused(f"{_plain(100 * number)} %, a share", f"a figure in the unit {unit}, or unit percent")
        if unit == "percent":
            if self.stored_shares and not cell.percent:
                raise Refused(text, "a number shown in per cent, as the others of the table")
            if self.unsure:
                raise Refused(
                    f"{text}, which may be {text} % or {_plain(100 * number)} %", "a number with a per-cent sign"
                )
            number = 100 * number if cell.percent else number
        exponent = number.as_tuple().exponent
        if isinstance(exponent, int) and -exponent > DIGITS:
            number = round(number, DIGITS)
        return _plain(number)


def _plain(number: Decimal) -> str:
    """Write a number in digits, without zeros at the end of its decimals."""
    digits = format(number, "f")
    return digits.rstrip("0").rstrip(".") if "." in digits else digits


def take(sheet: Sheet, asked: ColumnMap, taken: Taken, table: str = "observations", unit: str = "") -> None:
    """Read one sheet.

    Parameters
    ----------
    sheet : Sheet
    asked : ColumnMap
    taken : Taken
        Is added to.
    table : str
        What the rows of a long table are: observations or targets.
    unit : str
        The unit of the programme, where no column and no constant says it.
    """
    _Table(sheet, asked, taken, table, unit).read()


class _Table:
    """One sheet, its header and its rows."""

    def __init__(self, sheet: Sheet, asked: ColumnMap, taken: Taken, table: str, unit: str) -> None:
        self.sheet, self.asked, self.taken, self.table, self.unit = sheet, asked, taken, table, unit
        layout = Layout(sheet, asked, table, unit)
        taken.faults += layout.faults
        self.sound = not layout.faults
        self.fields, self.dated, self.last_header = layout.fields, layout.dated, layout.last_header
        self.figures = layout.figures()
        self.split = layout.fields.get("split")
        self.seen: dict[tuple[str, ...], tuple[int, int]] = {}
        self.spellings: dict[str, tuple[str, int]] = {}
        self.sums: list[tuple[dict[str, str], dict[int, tuple[Stated, Decimal]]]] = []  # of each row, what totals need
        self.totals: list[int] = []
        self.incomplete: set[int] = set()  # columns of which a figure was refused: their totals cannot fit
        for text in layout.notices:
            self.notice(text)

    def refuse(self, row: int, column: int | None, given: str, allowed: str) -> None:
        """Note a fault at a cell."""
        self.taken.faults.append(self.sheet.fault(row, column, given, allowed))

    def notice(self, text: str) -> None:
        """Note what was left out."""
        self.taken.notices.append(f"{self.sheet.name}: {text}")

    def read(self) -> None:
        """Read the table."""
        if not self.sound:
            return
        rows = [row for row in range(self.last_header + 1, self.sheet.rows + 1) if self.filled(row)]
        figures = [heading.column for heading in self.figures]
        last = max((row for row in rows if any(not self.cell(row, c).empty for c in figures)), default=0)
        if not last:
            self.refuse(self.last_header, None, "a header without rows", "a table with at least one figure")
            return
        body = self.body([row for row in rows if row <= last])
        self.remarks([row for row in rows if row > last])
        cells = [self.cell(row, column) for row in [*body, *self.totals] for column in figures]
        self.amounts = Amounts(
            cells,
            self.asked.mark,
            any(heading.percent for heading in self.figures),
            self.asked.power is not None,
        )
        for row in body:
            self.row(row)
        for row in self.totals:
            self.check_total(row)
        self.gaps(body)

    # rows

    def cell(self, row: int, column: int) -> Cell:
        """Return one cell."""
        return self.sheet.cell(row, column)

    def used(self) -> list[int]:
        """Return the columns that are read."""
        return [heading.column for heading in [*self.fields.values(), *self.dated]]

    def filled(self, row: int) -> bool:
        """Whether anything stands in a row."""
        return any(not cell.empty for cell in self.sheet.line(row))

    def body(self, rows: Iterable[int]) -> list[int]:
        """Keep the rows with figures of their own; totals are noted, anything else is refused or named."""
        body = []
        totals = {*words()["totals"], *map(normal, self.asked.totals)}
        skipped = {normal(name) for name in self.asked.skip}
        before = len(self.taken.faults)
        for row in rows:
            label = self.label(row)
            name = "" if label is None else normal(label.text)
            if row in self.sheet.hidden_rows and self.asked.hidden != "read":
                self.hidden_row(row)
            elif name in skipped:
                self.notice(f"row {row} not read: {label.text if label else ''}")
            elif name in totals:
                self.totals.append(row)
            elif label is not None and any(name.startswith(f"{word} ") for word in words()["subtotals"]):
                allowed = "rows that are counted once; name this one under `totals` or `skip` in the map"
                self.refuse(row, label.column, f"{shown(label.text)}, which seems to add up other rows", allowed)
            elif all(self.cell(row, heading.column).empty for heading in self.figures):
                column = label.column if label else None
                given = f"a row without a figure{', ' + shown(label.text) if label else ''}"
                self.refuse(row, column, given, "a figure, or the name of the row under `skip` in the map")
            else:
                body.append(row)
        if len(self.taken.faults) > before:
            self.incomplete.update(heading.column for heading in self.figures)
        return body

    def label(self, row: int) -> Cell | None:
        """Return the cell that names a row: that of the programme, else its first one, if that is a text."""
        if self.split is not None and not self.cell(row, self.split.column).empty:
            return self.cell(row, self.split.column)
        figures = {heading.column for heading in self.figures}
        first = next((cell for cell in self.sheet.line(row) if not cell.empty), None)
        return first if first is not None and first.column not in figures and isinstance(first.value, str) else None

    def hidden_row(self, row: int) -> None:
        """Refuse a hidden row with figures, or leave it out where the user said so."""
        first = next(c for c in self.sheet.line(row) if not c.empty)
        if self.asked.hidden == "skip":
            self.notice(f"hidden row {row} not read: {first.text}")
        else:
            allowed = "a row that is shown, or `hidden: read` or skip in the map"
            self.refuse(row, first.column, f"the hidden row {row}", allowed)

    def remarks(self, rows: Iterable[int]) -> None:
        """Name the lines below the table, and refuse a magnitude that is given beside it and nowhere else."""
        below = [next(c for c in self.sheet.line(row) if not c.empty) for row in rows]
        if below:
            self.notice("lines below the table: " + "; ".join(shown(cell.text) for cell in below))
        above = [c for row in range(1, self.last_header + 1) for c in self.sheet.line(row) if not c.empty]
        headed = {(h.row, h.column) for h in self.figures}
        for cell in [*above, *below]:
            first = cell.merged is None or cell.merged[:2] == (cell.row, cell.column)
            if not isinstance(cell.value, str) or (cell.row, cell.column) in headed or not first:
                continue
            power = scale_of_all(cell.text)
            if power and self.asked.power is None and not all(h.power == power for h in self.figures):
                allowed = f"`power: {power}` in the map if all figures are to be multiplied, `power: 0` if not"
                self.refuse(cell.row, cell.column, f"{shown(cell.text)}, which may hold for all figures", allowed)

    def gaps(self, body: Iterable[int]) -> None:
        """Name the cells without a figure."""
        places = [
            self.sheet.address(row, h.column) for row in body for h in self.figures if is_gap(self.cell(row, h.column))
        ]
        if places:
            named = "; ".join(places[:10]) + ("; and others" if len(places) > 10 else "")
            self.notice(f"no figure in {named}")

    def row(self, row: int) -> None:
        """Read the figures of one row."""
        programme = self.programme(row)
        if programme is None:
            self.incomplete.update(heading.column for heading in self.figures)
            return
        read: dict[int, tuple[Stated, Decimal]] = {}
        shared: dict[str, str] = {}
        for heading in self.figures:
            cell = self.cell(row, heading.column)
            if is_gap(cell):
                continue
            table = ("targets" if heading.target else "observations") if self.dated else self.table
            fields, places = self.said(row, heading, table)
            stated = self.figure(cell, heading, fields)
            if stated is None:
                self.incomplete.add(heading.column)
                continue
            read[heading.column] = stated, self.half_step(cell, heading, stated)
            shared = fields
            if all(fields.get(needed) for needed in REQUIRED[table]):
                fields["value"] = stated.value
                places["value"] = (self.sheet, row, heading.column)
                if table == "observations":
                    fields.setdefault("qualifier", stated.qualifier)
                    fields.setdefault("decimals", str(stated.decimals))
                self.add(Record(table, programme, fields, places, (self.sheet, row, heading.column)))
        self.sums.append((shared, read))
        self.capacity(row, programme)

    def add(self, record: Record) -> None:
        """Keep a record, unless the same figure stands twice."""
        what = ("target_date", "stated_on") if record.table == "targets" else ("as_of", "reported_on", "role")
        key = (
            record.table,
            record.programme,
            *(record.fields.get(f, "") for f in (*what, "definition", "kind", "unit")),
        )
        key = (*key, record.fields.get("speaker_org", ""), record.fields.get("flow_since", ""))
        _, row, column = record.at
        earlier = self.seen.setdefault(key, (row, column or 1))
        if earlier == (row, column):
            self.taken.records.append(record)
            return
        given = f"a second figure for {record.fields.get(what[0]) or 'the same target'}"
        if self.split is not None:
            given += f" of {shown(self.cell(row, self.split.column).text)}"
        self.refuse(row, column, given, f"one; {self.sheet.address(*earlier)} has it")

    def programme(self, row: int) -> str | None:
        """Return the name of the programme that a row belongs to."""
        if self.split is None:
            return ""
        cell = self.cell(row, self.split.column)
        if cell.unreadable is not None:
            self.refuse(row, cell.column, *cell.unreadable)
            return None
        name = slug(cell.text)
        if not name:
            given = shown(cell.text) if cell.text else "nothing"
            self.refuse(row, self.split.column, given, "the name of a programme, beginning with a letter")
            return None
        spelling, first = self.spellings.setdefault(name, (cell.text, row))
        if spelling != cell.text:
            given = f"{shown(cell.text)}, which would have the same name {name} as {shown(spelling)}"
            allowed = f"one spelling for one programme; {self.sheet.address(first, self.split.column)} has the first"
            self.refuse(row, self.split.column, given, allowed)
            return None
        self.taken.names.setdefault(name, cell.text)
        return name

    def said(self, row: int, heading: Heading, table: str) -> tuple[dict[str, str], dict[str, Place]]:
        """Read what a row says of a figure beside its value, and complete it by the constants."""
        fields: dict[str, str] = {}
        places: dict[str, Place] = {}
        wanted = [c for c in columns(table) if c != "value"]
        for name in wanted:
            if name in self.fields:
                places[name] = (self.sheet, row, self.fields[name].column)
                if text := self.text(row, self.fields[name], name, fields):
                    fields[name] = text
        self.period(row, heading, table, fields, places)
        constants = {**self.asked.constants, **(self.asked.targets if table == "targets" else {})}
        for name in wanted:
            if name in constants:
                fields.setdefault(name, self.constant(name, constants[name], fields))
        lag = self.asked.reported_lag
        if lag is not None and table == "observations" and "reported_on" not in fields and fields.get("as_of"):
            day = dt.date.fromisoformat(fields["as_of"]) + dt.timedelta(days=lag)
            fields |= {"reported_on": day.isoformat(), "reported_precision": "day"}
        fields.setdefault("unit", "percent" if heading.percent and not self.unit else self.unit)
        if fields.get("speaker_org"):
            fields.setdefault("publisher", fields["speaker_org"])
        if scale_in(fields["unit"]):
            source = self.fields.get("unit")
            allowed = "what is counted; the magnitude belongs to the figures or to their heading"
            column = source.column if source else heading.column
            self.refuse_once(row, column, f"the unit {shown(fields['unit'])}", allowed)
            fields["unit"] = ""
        for needed in (c for c in REQUIRED[table] if not fields.get(c)):
            source = self.fields.get(needed)
            if source is not None and self.cell(row, source.column).empty:  # else it has been refused
                self.refuse_once(row, source.column, "nothing", f"a value for {needed}")
        return fields, places

    def text(self, row: int, source: Heading, column: str, fields: dict[str, str]) -> str:
        """Read one cell beside a figure; empty where nothing usable stands there."""
        cell = self.cell(row, source.column)
        if cell.unreadable is not None:
            self.refuse_once(row, source.column, *cell.unreadable)
            return ""
        if column == "url" and cell.link and not cell.text.lower().startswith(("http://", "https://")):
            return cell.link
        if column in _DAYS and not cell.empty:
            return self.day(cell, column, fields)
        if isinstance(cell.value, float) and cell.value.is_integer():
            return str(int(cell.value))
        return "" if is_gap(cell) and column in ("note", "publisher", "upstream") else cell.text

    def day(self, cell: Cell, column: str, fields: dict[str, str]) -> str:
        """Read a date, and note how exactly it is given."""
        try:
            if isinstance(cell.value, dt.date):
                day, precision = period_of(cell.value, cell.precision)
            else:
                day, precision = read_period(cell.text, self.asked.day_first)
        except ValueError as error:
            self.refuse_once(cell.row, cell.column, shown(cell.text), str(error))
            return ""
        if column in _PRECISE:
            fields.setdefault(_PRECISE[column], precision)
        return day.isoformat()

    def refuse_once(self, row: int, column: int | None, given: str, allowed: str) -> None:
        """Note a fault of a cell that is read for several figures of its row."""
        fault = self.sheet.fault(row, column, given, allowed)
        if fault not in self.taken.faults:
            self.taken.faults.append(fault)

    def constant(self, column: str, value: Any, fields: dict[str, str]) -> str:
        """Write a constant of the map as the ledger holds it; a date that cannot be read stays for the check."""
        text = str(value)
        if column in _DAYS:
            try:
                day, precision = read_period(text, self.asked.day_first)
            except ValueError:
                return text
            if column in _PRECISE:
                fields.setdefault(_PRECISE[column], precision)
            return day.isoformat()
        return text

    def period(self, row: int, heading: Heading, table: str, fields: dict[str, str], places: dict[str, Place]) -> None:
        """Date a figure by its heading, or by the columns of year and month."""
        column = "target_date" if table == "targets" else "as_of"
        if heading.period is not None:
            day, precision = heading.period
            places[column] = (self.sheet, heading.row, heading.column)
        elif "year" in self.fields and column not in fields:
            year = self.cell(row, self.fields["year"].column)
            places[column] = (self.sheet, row, year.column)
            found = self.year_and_month(row, year)
            if found is None:
                return
            day, precision = found
        else:
            return
        fields[column] = day.isoformat()
        if table == "observations":
            fields["as_of_precision"] = precision

    def year_and_month(self, row: int, year: Cell) -> tuple[dt.date, str] | None:
        """Put a year and, where there is one, a month together."""
        text = year.text
        if "month" in self.fields:
            cell = self.cell(row, self.fields["month"].column)
            month = month_number(cell.text)
            if month is None:
                self.refuse_once(row, cell.column, shown(cell.text) if cell.text else "nothing", "the name of a month")
                return None
            text = f"{text}-{month:02d}"
        try:
            if isinstance(year.value, dt.date):
                raise ValueError("a year, such as 2020")
            return read_period(text)
        except ValueError as error:
            self.refuse_once(row, year.column, shown(year.text) if year.text else "nothing", str(error) or PERIODS)
            return None

    def figure(self, cell: Cell, heading: Heading, fields: dict[str, str]) -> Stated | None:
        """Read the figure itself."""
        if cell.merged is not None:
            top, left, bottom, right = cell.merged
            if (cell.row, cell.column) == (top, left):
                given = f"{shown(cell.text)}, merged over {bottom - top + 1} rows and {right - left + 1} columns"
                self.refuse(top, left, given, "one figure in each cell")
            return None
        try:
            return self.amounts.read(cell, fields.get("unit", ""), fields.get("qualifier"), self.power(heading))
        except Refused as refusal:
            self.refuse(cell.row, cell.column, refusal.given, refusal.allowed)
            return None

    def power(self, heading: Heading) -> int:
        """Return the power of ten by which a column is multiplied."""
        return heading.power if self.asked.power is None else self.asked.power

    def capacity(self, row: int, programme: str) -> None:
        """Read how many could join; the rows of a programme agree on it."""
        heading = self.fields.get("capacity")
        if heading is None or is_gap(self.cell(row, heading.column)):
            return
        cell = self.cell(row, heading.column)
        try:
            stated = Amounts([cell], self.asked.mark or self.amounts.mark).read(cell, "", None, heading.power)
        except Refused as refusal:
            self.refuse(row, heading.column, refusal.given, refusal.allowed)
            return
        earlier, (_, first, column) = self.taken.capacities.setdefault(
            programme, (stated, (self.sheet, row, heading.column))
        )
        if earlier.value != stated.value:
            place = self.sheet.address(first, column or heading.column)
            self.refuse(row, heading.column, stated.value, f"{earlier.value}, as in {place} of the same programme")

    # totals

    def half_step(self, cell: Cell, heading: Heading, stated: Stated) -> Decimal:
        """Return half the rounding step of a figure that has a magnitude or decimals; 0 of a plain count."""
        spoken = self.power(heading) or (isinstance(cell.value, str) and any(c.isalpha() for c in cell.text))
        return Decimal(5).scaleb(-stated.decimals - 1) if spoken or stated.decimals > 0 else Decimal(0)

    def check_total(self, row: int) -> None:
        """Compare a row of totals with the sum of the rows that it stands for: those of its day, if it has one."""
        day: dict[str, str] = {}
        label = self.label(row)
        for column in ("as_of", "target_date", "year"):
            source = self.fields.get(column)
            if source is None or self.cell(row, source.column).empty or (label and label.column == source.column):
                continue
            if column == "year":
                self.period(row, self.figures[0], self.table, day, {})
                day.pop("as_of_precision", None)
            else:
                day = {column: self.day(self.cell(row, source.column), column, {})}
        for heading in self.figures:
            if heading.column not in self.incomplete and not is_gap(self.cell(row, heading.column)):
                self.check_sum(row, heading, day)

    def check_sum(self, row: int, heading: Heading, day: dict[str, str]) -> None:
        """Compare one total with its sum, within what rounding allows."""
        parts = [
            (said.get("unit", ""), *read[heading.column])
            for said, read in self.sums
            if heading.column in read and day.items() <= said.items()
        ]
        if not parts:
            return
        if parts[0][0] == "percent":
            self.notice(f"{self.sheet.address(row, heading.column)}: a total of shares is not checked")
            return
        cell = self.cell(row, heading.column)
        total = self.figure(cell, heading, {"unit": parts[0][0]})
        if total is None:
            return
        whole = sum((Decimal(stated.value) for _, stated, _ in parts), Decimal(0))
        slack = sum((half for _, _, half in parts), self.half_step(cell, heading, total))
        if abs(whole - Decimal(total.value)) > slack:
            given = f"the total {Decimal(total.value):,f}"
            self.refuse(row, heading.column, given, f"{whole:,f}, the sum of the {len(parts)} figures it stands for")
