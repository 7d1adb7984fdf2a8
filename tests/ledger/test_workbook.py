"""Cells of a workbook: stored results, calendars, shares, links, and what is hidden or merged."""

from __future__ import annotations

import datetime as dt
import json
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import yaml
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from spreadsheets import save, sheet_of

from jalur.errors import InputError
from jalur.ledger import bulk, check, edit, workbook
from jalur.ledger.workbook import Cell, read_workbook, write_template

HEAD = ["Periode", "Nilai", "Satuan", "Sumber", "Tautan", "Tanggal terbit"]


def one(tmp_path: Path, value: Any, number_format: str | None = None) -> Cell:
    book, sheet = sheet_of([[value]])
    if number_format:
        sheet["A1"].number_format = number_format
    return read_workbook(save(book, tmp_path))[0].cell(1, 1)


def figures(book: openpyxl.Workbook, tmp_path: Path) -> list[dict[str, str]]:
    (tmp_path / "data").mkdir()
    done = bulk.bring(save(book, tmp_path, "study.xlsx"), tmp_path / "data")
    return [record.fields for record in done.programmes[0].observations]


def refused(book: openpyxl.Workbook, tmp_path: Path) -> dict[str, str]:
    (tmp_path / "data").mkdir()
    with pytest.raises(InputError) as caught:
        bulk.bring(save(book, tmp_path, "study.xlsx"), tmp_path / "data")
    return {fault.file: str(fault) for fault in caught.value.faults}


def row(period: Any, value: Any, unit: str = "firms") -> list[Any]:
    return [period, value, unit, "Office", "https://example.org/1", dt.date(2023, 5, 1)]


@pytest.mark.parametrize("calendar", [None, CALENDAR_MAC_1904])
def test_dates_follow_the_calendar_of_the_workbook(calendar: dt.datetime | None, tmp_path: Path) -> None:
    book, _ = sheet_of([HEAD, row(dt.date(2020, 12, 31), 10), row(dt.date(2021, 12, 31), 20)])
    if calendar is not None:
        book.epoch = calendar
    assert [f["as_of"] for f in figures(book, tmp_path)] == ["2020-12-31", "2021-12-31"]


def test_the_two_calendars_store_different_numbers(tmp_path: Path) -> None:
    """Otherwise the test above would not know them apart."""
    stored = []
    for calendar in (None, CALENDAR_MAC_1904):
        book, _ = sheet_of([[dt.date(2020, 12, 31)]])
        if calendar is not None:
            book.epoch = calendar
        with zipfile.ZipFile(save(book, tmp_path)) as packed:
            stored.append(packed.read("xl/worksheets/sheet1.xml"))
    assert b"<v>44196</v>" in stored[0]
    assert b"<v>42734</v>" in stored[1]


@pytest.mark.parametrize(
    ("number_format", "as_of", "precision"),
    [
        ("yyyy-mm-dd", "2020-12-01", "day"),
        ("mmm yyyy", "2020-12-31", "month"),
        ("[$-421]mmmm yyyy;@", "2020-12-31", "month"),
        ("yyyy", "2020-12-31", "year"),
    ],
)
def test_a_date_is_as_exact_as_it_is_shown(number_format: str, as_of: str, precision: str, tmp_path: Path) -> None:
    book, sheet = sheet_of([HEAD, row(dt.date(2020, 12, 1), 10)])
    sheet["A2"].number_format = number_format
    (fields,) = figures(book, tmp_path)
    assert (fields["as_of"], fields["as_of_precision"]) == (as_of, precision)


def test_a_number_without_a_date_format_is_no_date(tmp_path: Path) -> None:
    book, _ = sheet_of([HEAD, row(44196, 10)])
    assert "given '44196'" in refused(book, tmp_path)["Sheet1!A2"]


@pytest.mark.parametrize(
    ("value", "number_format", "read"),
    [
        (12500, None, (12500, False)),
        (0.123, "0.0%", (0.123, True)),
        (12.3, '0.0"%"', ("12.3%", False)),
        (12_500_000, '0.0,," juta"', (12_500_000, False)),
        (12_500, '0.0," rb"', (12_500, False)),
        (12.5, '#,##0.0" firms"', (12.5, False)),
        ("  two\nlines ", None, ("two\nlines", False)),
    ],
)
def test_numbers_are_read_as_they_are_shown(
    value: Any, number_format: str | None, read: tuple[Any, bool], tmp_path: Path
) -> None:
    cell = one(tmp_path, value, number_format)
    assert (cell.value, cell.percent, cell.unreadable) == (*read, None)


@pytest.mark.parametrize(
    ("value", "number_format", "given"),
    [
        (12.5, '0.0" juta"', "12.5, shown with the word juta"),
        (12_500, '0.0,," juta"', None),
        (12_500, '0," juta"', "12500, shown with the word juta"),
        ("=1+1", None, "a formula without a stored result"),
        ("#DIV/0!", None, "the error #DIV/0!"),
    ],
)
def test_what_a_cell_does_not_tell(value: Any, number_format: str | None, given: str | None, tmp_path: Path) -> None:
    cell = one(tmp_path, value, number_format)
    assert (cell.unreadable or (None,))[0] == given


def test_a_stored_result_stands_for_its_formula(tmp_path: Path) -> None:
    book, _ = sheet_of([["=6*7"]])
    path = save(book, tmp_path)
    with zipfile.ZipFile(path) as packed:
        parts = {name: packed.read(name) for name in packed.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    parts[sheet] = parts[sheet].replace(b"<v/>", b"<v>42</v>").replace(b"<v></v>", b"<v>42</v>")
    with zipfile.ZipFile(path, "w") as packed:
        for name, content in parts.items():
            packed.writestr(name, content)
    assert read_workbook(path)[0].cell(1, 1).value == 42


def test_merged_cells_all_have_the_first_value(tmp_path: Path) -> None:
    book, sheet = sheet_of([["Aceh", 1], [None, 2]])
    sheet.merge_cells("A1:A2")
    read = read_workbook(save(book, tmp_path))[0]
    assert [read.cell(r, 1).value for r in (1, 2)] == ["Aceh", "Aceh"]
    assert read.cell(2, 1).merged == (1, 1, 2, 1)


def test_a_hidden_sheet_is_named_and_not_read(tmp_path: Path) -> None:
    book, _ = sheet_of([HEAD, row(2020, 10)])
    other = book.create_sheet("Lama")
    other.append(["x"])
    other.sheet_state = "hidden"
    (tmp_path / "data").mkdir()
    done = bulk.bring(save(book, tmp_path, "study.xlsx"), tmp_path / "data")
    assert "hidden sheet not read: Lama" in done.notices


def test_of_several_tables_one_has_to_be_named(tmp_path: Path) -> None:
    book, _ = sheet_of([HEAD, row(2020, 10)], "Aceh")
    other = book.create_sheet("Bali")
    for line in (HEAD, row(2020, 20)):
        other.append(line)
    (tmp_path / "data").mkdir()
    file = save(book, tmp_path, "study.xlsx")
    with pytest.raises(InputError, match="2 sheets with tables: Aceh, Bali; allowed is one, by `sheet` in the map"):
        bulk.bring(file, tmp_path / "data")
    asked = tmp_path / "map.yml"
    asked.write_text("sheet: Bali\n", encoding="utf-8")
    done = bulk.bring(file, tmp_path / "data", map_file=asked)
    assert done.programmes[0].observations[0].fields["value"] == "20"
    assert "sheet not read: Aceh" in done.notices


def test_a_link_is_the_address_behind_its_words(tmp_path: Path) -> None:
    book, sheet = sheet_of([HEAD, row(2020, 10)])
    sheet["E2"] = "yearbook"
    sheet["E2"].hyperlink = "https://example.org/yearbook"
    (fields,) = figures(book, tmp_path)
    assert fields["url"] == "https://example.org/yearbook"


def test_shares_are_read_as_they_are_shown(tmp_path: Path) -> None:
    book, sheet = sheet_of([HEAD, row(2020, 0.1234, "percent"), row(2021, "15,5 %", "percent")])
    sheet["B2"].number_format = "0.0%"
    assert [f["value"] for f in figures(book, tmp_path)] == ["12.34", "15.5"]


def test_a_plain_number_among_shares_is_refused(tmp_path: Path) -> None:
    book, sheet = sheet_of([HEAD, row(2020, 0.1234, "percent"), row(2021, 0.15, "percent")])
    sheet["B2"].number_format = "0.0%"
    assert "a number shown in per cent, as the others" in refused(book, tmp_path)["Sheet1!B3"]


def test_fractions_without_a_sign_may_be_shares_or_per_cent(tmp_path: Path) -> None:
    book, _ = sheet_of([HEAD, row(2020, 0.1234, "percent"), row(2021, 0.15, "percent")])
    assert "0.15, which may be 0.15 % or 15 %" in refused(book, tmp_path)["Sheet1!B3"]


def test_a_heading_in_per_cent_says_what_plain_numbers_are(tmp_path: Path) -> None:
    head = ["Tahun", "Nilai (%)", *HEAD[2:]]
    book, _ = sheet_of([head, row(2020, 0.73, "percent"), row(2021, 0.9, "percent")])
    assert [f["value"] for f in figures(book, tmp_path)] == ["0.73", "0.9"]


def test_noise_of_binary_numbers_is_no_digit(tmp_path: Path) -> None:
    book, _ = sheet_of([HEAD, row(2020, 0.1 + 0.2, "tonnes"), row(2021, 3.0, "tonnes")])
    assert [f["value"] for f in figures(book, tmp_path)] == ["0.3", "3"]


def test_the_sheet_of_a_name_with_spaces_is_quoted(tmp_path: Path) -> None:
    book, _ = sheet_of([HEAD, row(2020, "many")], "Data 2020's")
    assert list(refused(book, tmp_path)) == ["'Data 2020''s'!B2"]


def test_a_workbook_too_large_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    book, sheet = sheet_of([HEAD, row(2020, 10)])
    path = save(book, tmp_path)
    monkeypatch.setattr(workbook, "UNPACKED_BYTES", 100)
    with pytest.raises(InputError, match="bytes unpacked; allowed are at most 100"):
        read_workbook(path)
    monkeypatch.undo()
    sheet["XFD1048576"] = 1
    with pytest.raises(InputError, match="cells; allowed are at most 2,000,000"):
        read_workbook(save(book, tmp_path))


# the template


def plain(text: str) -> Any:
    """The content of a YAML file, with the dates as they are written."""
    return json.loads(json.dumps(yaml.safe_load(text), default=str))


def test_the_template_is_imported_as_it_is_and_gives_what_new_gives(tmp_path: Path) -> None:
    for name in ("made", "filled"):
        (tmp_path / name).mkdir()
    edit.new("my_study", tmp_path / "made")
    bulk.bring(write_template("my_study", tmp_path), tmp_path / "filled")
    for table in ("observations.csv", "targets.csv"):
        made, filled = ((tmp_path / name / "my_study" / table).read_text("utf-8") for name in ("made", "filled"))
        assert filled == made
    made, filled = ((tmp_path / name / "my_study" / "programme.yml").read_text("utf-8") for name in ("made", "filled"))
    assert plain(filled) == plain(made)
    assert check.faults(tmp_path / "filled", links=True) == []


def test_the_template_keeps_its_headers_in_sight_and_explains_every_column(tmp_path: Path) -> None:
    book = openpyxl.load_workbook(write_template("my_study", tmp_path))
    assert book.sheetnames == ["figures", "targets", "programme", "notes"]
    assert all(sheet.freeze_panes == "A2" for sheet in book.worksheets)
    explained = {(line[0].value, line[1].value) for line in book["notes"].iter_rows(min_row=2)}
    for name in ("figures", "targets"):
        assert {(name, cell.value) for cell in book[name][1]} <= explained
    offered = {rule.formula1 for rule in book["figures"].data_validations.dataValidation}
    assert '"level,flow"' in offered
    meanings = {line[0].value: line[2].value for line in book["programme"].iter_rows(min_row=2)}
    assert meanings["net"].startswith("true if those who leave are subtracted")


def test_a_template_overwrites_nothing(tmp_path: Path) -> None:
    path = write_template("my_study", tmp_path)
    before = path.read_bytes()
    with pytest.raises(InputError, match="exists already"):
        write_template("my_study", tmp_path)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("key", "value", "place", "said"),
    [
        ("net", "maybe", "programme!B", "true or false"),
        ("capacities.1.units", 10, "programme!B", "at least the largest selected figure"),
        ("capacities.1.as_of", "2022-02-30", "programme!B", "a day that exists"),
        ("title.fr", "x", "programme!B", "unknown key"),
        ("unit.x", "x", "programme!A", "a key used once"),
        ("unit", "=A1", "programme!B", "a formula without a stored result"),
    ],
)
def test_a_fault_of_a_programme_is_named_by_its_cell(
    key: str, value: Any, place: str, said: str, tmp_path: Path
) -> None:
    path = write_template("my_study", tmp_path)
    book = openpyxl.load_workbook(path)
    sheet = book["programme"]
    row = next((cell.row for cell in sheet["A"] if cell.value == key), sheet.max_row + 1)
    sheet.cell(row, 1, key)
    sheet.cell(row, 2, value)
    book.save(path)
    (tmp_path / "data").mkdir()
    with pytest.raises(InputError) as caught:
        bulk.bring(path, tmp_path / "data")
    row = next(cell.row for cell in sheet["A"] if cell.value == "capacities.1.name") if value == 10 else row
    assert [fault.file for fault in caught.value.faults] == [f"{place}{row}"]
    assert said in str(caught.value.faults[0])
