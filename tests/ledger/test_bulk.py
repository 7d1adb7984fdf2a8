"""Whole programmes from somebody else's file: all of them as by hand, or none and every fault by its cell."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import spreadsheets
from openpyxl.worksheet.worksheet import Worksheet
from spreadsheets import csv_text, save, save_map

from jalur import ledger
from jalur.errors import InputError
from jalur.ledger import bulk, check


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    return tmp_path / "data"


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def faults(file: Path, data: Path, **choice: object) -> dict[str, str]:
    """The places that are refused, and what is said of each; nothing is written."""
    before = files(data)
    with pytest.raises(InputError) as caught:
        bulk.bring(file, data, **choice)  # type: ignore[arg-type]
    assert files(data) == before
    assert sorted(path.name for path in data.iterdir() if path.name.startswith(".")) == []
    return {
        fault.file if fault.row is None else f"{fault.row} {fault.column}": str(fault) for fault in caught.value.faults
    }


# thirty-four provinces from one workbook


def test_34_provinces_in_one_command_equal_a_ledger_made_by_hand(
    tmp_path: Path, data: Path, capsys: pytest.CaptureFixture
) -> None:
    book, asked = save(spreadsheets.provinces(), tmp_path), save_map(tmp_path)
    start = time.perf_counter()
    assert bulk.run(book, data, asked, "Provinsi") == 0
    took = time.perf_counter() - start
    hand = spreadsheets.by_hand()
    assert len(hand) == 34
    assert ledger.programmes(data) == sorted(hand)
    for name, tables in hand.items():
        assert {file: (data / name / file).read_text(encoding="utf-8") for file in tables} == tables
    assert check.faults(data, links=True) == []
    path = ledger.load("aceh", data).path
    assert path is not None
    assert [m.value for m in path.milestones] == [spreadsheets.figure(0, year) for year in spreadsheets.TARGET_YEARS]
    shown = capsys.readouterr().out
    assert "34 programmes written" in shown
    with capsys.disabled():
        print(f"\n34 programmes imported in {took:.1f} s", end=" ")
    assert took < 60


def test_a_dry_run_shows_what_would_be_written_and_writes_nothing(
    tmp_path: Path, data: Path, capsys: pytest.CaptureFixture
) -> None:
    book, asked = save(spreadsheets.provinces(), tmp_path), save_map(tmp_path)
    assert bulk.run(book, data, asked, "Provinsi", dry_run=True) == 0
    assert files(data) == {}
    shown = capsys.readouterr().out
    assert spreadsheets.by_hand()["aceh"]["observations.csv"] in shown
    assert "papua: 4 figures from 2019-12-31 to 2022-12-31, 2 targets (2 on the path)" in shown
    assert "lines below the table: 'Catatan: semua angka rekaan'" in shown
    assert "nothing was written" in shown


def test_programmes_come_beside_those_that_are_there(tmp_path: Path, data: Path) -> None:
    from jalur.ledger import edit

    edit.new("my_study", data)
    before = files(data / "my_study")
    bulk.bring(save(spreadsheets.provinces(), tmp_path), data, map_file=save_map(tmp_path), split_by="Provinsi")
    assert files(data / "my_study") == before
    assert len(ledger.programmes(data)) == 35
    assert check.faults(data, links=True) == []


# planted faults, each at its cell


def put(cell: str, value: object, number_format: str | None = None) -> Callable[[Worksheet], None]:
    def plant(sheet: Worksheet) -> None:
        sheet[cell] = value
        if number_format:
            sheet[cell].number_format = number_format

    return plant


def hide_row(sheet: Worksheet) -> None:
    sheet.row_dimensions[12].hidden = True


def hide_column(sheet: Worksheet) -> None:
    sheet.column_dimensions["D"].hidden = True


def merge_figures(sheet: Worksheet) -> None:
    sheet.merge_cells("C8:C9")


def two_marks(sheet: Worksheet) -> None:
    sheet["C7"], sheet["C8"], sheet["C9"] = "12,5 ribu", "13.5 ribu", "14.500"


def another_kind(sheet: Worksheet) -> None:
    sheet.unmerge_cells("C4:F4")
    sheet["F4"] = "Tenaga kerja"


def second_source(sheet: Worksheet) -> None:
    sheet["J5"] = "Lembaga"


def no_source(sheet: Worksheet) -> None:
    sheet["I20"] = None


def subtotal(sheet: Worksheet) -> None:
    sheet["B20"] = "Jumlah Sumatera"


def twice(sheet: Worksheet) -> None:
    sheet["B17"], sheet["I17"] = sheet["B6"].value, sheet["I6"].value


def no_figures(sheet: Worksheet) -> None:
    for cell in sheet["C20:H20"][0]:
        cell.value = None


PLANTED: dict[str, tuple[Callable[[Worksheet], None], str, str]] = {
    "mark of decimals or thousands": (put("D17", "12.345"), "D17", "may part decimals or thousands"),
    "marks that contradict each other": (two_marks, "C9", "may part decimals or thousands"),
    "words for a number": (put("D17", "dua belas ribu"), "D17", "given 'dua belas ribu'"),
    "a magnitude with two meanings": (put("D17", "12,5 M"), "D17", "given '12,5 M'"),
    "a footnote mark": (put("D17", "12345*)"), "D17", "given '12345*)'"),
    "a negative number": (put("D17", -5), "D17", "a number from 0"),
    "a number beyond all bounds": (put("D17", 5e17), "D17", "a number from 0 to 1e+15"),
    "an error": (put("D17", "#REF!"), "D17", "given the error #REF!"),
    "a formula without a result": (put("D17", "=D16+1"), "D17", "a formula without a stored result"),
    "a share among counts": (put("D17", 0.123, "0.0%"), "D17", "12.3 %, a share"),
    "a written share among counts": (put("D17", "12,3%"), "D17", "a share"),
    "a number shown as another": (put("D17", 12.5, '0.0" juta"'), "D17", "shown with the word juta"),
    "a truth value": (put("D17", True), "D17", "given 'True'"),
    "a date among figures": (put("D17", dt.date(2020, 5, 1)), "D17", "given '2020-05-01'"),
    "an hour": (put("D17", dt.time(8, 30)), "D17", "a cell of the type time"),
    "merged figures": (merge_figures, "C8", "merged over 2 rows and 1 columns"),
    "a total that does not fit": (put("E21", 1_000_000), "E21", "given the total 1,000,000; allowed: "),
    "a subtotal": (subtotal, "B20", "seems to add up other rows"),
    "a hidden row": (hide_row, "A12", "the hidden row 12"),
    "a hidden column": (hide_column, "D5", "the hidden column 'Realisasi 2020'"),
    "a province twice": (twice, "C17", "a second figure for 2019-12-31 of 'Aceh'; allowed: one; Sheet1!C6"),
    "two spellings": (put("B17", "ACEH"), "B17", "the same name aceh as 'Aceh'"),
    "a province without a name": (put("B17", None), "B17", "given nothing"),
    "a name without a letter": (put("B17", 17), "B17", "beginning with a letter"),
    "a row without a figure": (no_figures, "B20", "a row without a figure, 'Jawa Timur'"),
    "a figure without a source": (no_source, "I20", "given nothing; allowed: a value for speaker_org"),
    "a source that a spreadsheet would run": (put("I20", "+62 21 555"), "I20", "does not begin with"),
    "two columns of sources": (second_source, "J5", "a second column for speaker_org"),
    "a year twice": (put("D5", 2019), "D5", "a second column for 'Realisasi 2019'"),
    "a year that is none": (
        put("D5", "2O20"),
        "D5",
        "a column of figures, 'Realisasi 2O20', beside columns with a period",
    ),
    "another kind of figures": (another_kind, "F5", "figures of another kind"),
    "a magnitude beside the table": (put("A2", "(dalam ribu)"), "A2", "which may hold for all figures"),
}

FOLLOWS = {  # what is wrong besides, as a consequence
    "a number beyond all bounds": "D21",
    "a province twice": "D17 E17 F17 G17 H17",
}


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_fault_is_refused_at_its_cell(name: str, tmp_path: Path, data: Path) -> None:
    plant, cell, said = PLANTED[name]
    book = spreadsheets.provinces(15)
    assert book.active is not None
    plant(book.active)  # type: ignore[arg-type]
    found = faults(save(book, tmp_path), data, map_file=save_map(tmp_path), split_by="Provinsi")
    assert f"Sheet1!{cell}" in found
    assert said in found[f"Sheet1!{cell}"]
    assert {place.removeprefix("Sheet1!") for place in found} == {cell, *FOLLOWS.get(name, "").split()}


def test_all_faults_are_named_at_once_in_a_table_with_exit_code_2(
    tmp_path: Path, data: Path, capsys: pytest.CaptureFixture
) -> None:
    book = spreadsheets.provinces(15)
    for plant in ("words for a number", "a source that a spreadsheet would run", "a total that does not fit"):
        PLANTED[plant][0](book.active)  # type: ignore[arg-type]
    assert bulk.run(save(book, tmp_path), data, save_map(tmp_path), "Provinsi") == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    for cell in ("D17", "I20", "E21"):
        assert f"Sheet1!{cell}: given" in shown.err
    assert shown.err.endswith("jalur: 3 faults in provinces.xlsx; nothing was written\n")
    assert files(data) == {}


# the long form, as a CSV


LONG = [
    ["Data rekaan"],
    ["Provinsi", "Periode", "Jumlah usaha", "Satuan", "Sumber", "Tautan", "Tanggal terbit", "Catatan"],
    ["Aceh", "Des 2020", "12,5 rb", "usaha", "Dinas A", "https://example.org/1", "15 Januari 2021", "dibulatkan"],
    ["Aceh", "31/12/2021", "1.234.567", "usaha", "Dinas A", "https://example.org/2", "2022-01-20", ""],
    ["Bali", "2020", "9.250", "usaha", "Dinas B", "https://example.org/3", "2021", ""],
    ["Bali", "TW II 2021", "lebih dari 10 ribu", "usaha", "Dinas B", "https://example.org/4", "Agt 2021", "-"],
    ["Bali", "1 Maret 2022", "10.900,5", "usaha", "Dinas B", "https://example.org/5", "1 Maret 2022", ""],
]
COPIED = {
    "aceh": [
        "aceh-001,2020-12-31,month,2021-01-15,day,12500,usaha,approx,level,,usaha,observation,,,15,-2,Dinas A,Dinas A,"
        "https://example.org/1,dibulatkan",
        "aceh-002,2021-12-31,day,2022-01-20,day,1234567,usaha,exact,level,,usaha,observation,,,20,0,Dinas A,Dinas A,"
        "https://example.org/2,",
    ],
    "bali": [
        "bali-001,2020-12-31,year,2021-12-31,year,9250,usaha,approx,level,,usaha,observation,,,365,-1,Dinas B,Dinas B,"
        "https://example.org/3,",
        "bali-002,2021-06-30,month,2021-08-31,month,10000,usaha,at_least,level,,usaha,observation,,,62,-3,Dinas B,"
        "Dinas B,https://example.org/4,",
        "bali-003,2022-03-01,day,2022-03-01,day,10900.5,usaha,exact,level,,usaha,observation,,,0,1,Dinas B,Dinas B,"
        "https://example.org/5,",
    ],
}


def long(folder: Path, rows: list[list], separator: str = ";") -> Path:
    path = folder / "long.csv"
    path.write_text(csv_text(rows, separator), encoding="utf-8-sig")
    return path


@pytest.mark.parametrize("separator", [";", ",", "\t"])
def test_a_long_table_without_a_map_equals_a_ledger_made_by_hand(separator: str, tmp_path: Path, data: Path) -> None:
    done = bulk.bring(long(tmp_path, LONG, separator), data, split_by="Provinsi")
    assert [programme.name for programme in done.programmes] == list(COPIED)
    for name, rows in COPIED.items():
        text = "\n".join([spreadsheets.OBSERVATIONS, *rows]) + "\n"
        assert (data / name / "observations.csv").read_text(encoding="utf-8") == text
    assert check.faults(data, links=True) == []
    assert ledger.load("bali", data).title == {"en": "Bali", "id": "Bali"}


def test_34_provinces_from_a_long_csv_equal_a_ledger_made_by_hand(tmp_path: Path, data: Path) -> None:
    rows: list[list] = [["Tahun", "Provinsi", "Banyaknya", "Sumber"]]
    for year in reversed(spreadsheets.YEARS):  # the newest first, and each programme's rows far from each other
        for number, province in enumerate(spreadsheets.PROVINCES):
            count = f"{spreadsheets.figure(number, year):,}".replace(",", ".")
            rows.append([year, province, count, spreadsheets.office(province)])
        total = sum(spreadsheets.figure(number, year) for number in range(34))
        rows.append([year, "Total", f"{total:,}".replace(",", "."), ""])
    start = time.perf_counter()
    asked = save_map(tmp_path, {**spreadsheets.MAP, "decimal": "comma"})
    bulk.bring(long(tmp_path, rows), data, map_file=asked, split_by="Provinsi")
    assert time.perf_counter() - start < 60
    for name, tables in spreadsheets.by_hand().items():
        hand = [line.split(",", 1)[1] for line in tables["observations.csv"].splitlines()]
        made = (data / name / "observations.csv").read_text(encoding="utf-8").splitlines()
        assert [line.split(",", 1)[1] for line in made] == [hand[0], *reversed(hand[1:])]


def changed(row: int, column: int, value: str) -> list[list]:
    rows = [list(line) for line in LONG]
    rows[row - 1][column - 1] = value
    return rows


@pytest.mark.parametrize(
    ("row", "column", "value", "said"),
    [
        (3, 2, "44196", "given '44196'; allowed: a date such as"),
        (3, 2, "03/04/2021", "the day and the month of this one can be read in two ways"),
        (3, 2, "31 Februari 2021", "a day that exists in the calendar"),
        (3, 2, "31/12/20", "given '31/12/20'"),
        (3, 2, "", "given nothing; allowed: a value for as_of"),
        (3, 3, "12,5 juta lebih", "given '12,5 juta lebih'"),
        (3, 3, "1.23.456", "given '1.23.456'"),
        (3, 4, "ribu", "the unit 'ribu'; allowed: what is counted"),
        (3, 4, "usaha mikro", "column Satuan: given 'usaha mikro'"),
        (3, 4, "toko", "usaha, the unit of the programme"),
        (3, 6, "www.example.org", "an address that begins with http"),
        (3, 7, "1 Januari 2099", "given '2099-01-01'; allowed: a date from 1990-01-01 to"),
        (3, 7, "15 Januari 2020", "given 2020-01-15; allowed: the day the figure refers to"),
        (7, 1, "bali", "the same name bali as 'Bali'"),
        (4, 2, "Des 2020", ""),
    ],
)
def test_a_fault_in_a_csv_is_named_by_file_row_and_column(
    row: int, column: int, value: str, said: str, tmp_path: Path, data: Path
) -> None:
    rows = changed(row, column, value)
    rows = changed(4, 7, "15 Januari 2021") if not said else rows  # the same day told on the same day: a figure twice
    rows[row - 1][column - 1] = value
    found = faults(long(tmp_path, rows), data, split_by="Provinsi")
    place = f"{row} {LONG[1][(column if said else 3) - 1]}"
    assert list(found) == [place]
    assert (
        said or "a second figure for 2020-12-31 of 'Aceh'; allowed: one; row 3, column Jumlah usaha has it"
    ) in found[place]
    assert found[place].startswith("long.csv, row ")


def test_a_total_of_one_day_is_checked_and_not_taken(tmp_path: Path, data: Path) -> None:
    rows = [*LONG[1:2], *([*LONG[3][:1], "2020", "1.000.000", *LONG[2][3:]] for _ in range(1)), LONG[4]]
    total = ["Jumlah", "2020", "1.009.250", "", "", "", "", ""]
    bulk.bring(long(tmp_path, [*rows, total]), data, split_by="Provinsi")
    assert ledger.programmes(data) == ["aceh", "bali"]
    total[2] = "1.009.251"
    (tmp_path / "other").mkdir()
    found = faults(long(tmp_path, [*rows, total]), tmp_path / "other", split_by="Provinsi")
    assert found == {
        "4 Jumlah usaha": "long.csv, row 4, column Jumlah usaha: given the total 1,009,251; allowed: 1,009,250, "
        "the sum of the 2 figures it stands for"
    }


def test_a_total_of_rounded_figures_fits_within_rounding(tmp_path: Path, data: Path) -> None:
    head = ["Provinsi", "2020 (ribu)", "Sumber", "Tautan"]
    rows = [["Aceh", "12,4", "Dinas", "https://example.org/1"], ["Bali", "12,4", "Dinas", "https://example.org/2"]]
    asked = save_map(tmp_path, {"constants": {"unit": "usaha", "reported_on": "2021-05-01"}})
    for total, fits in (("24,8", True), ("24,9", True), ("25,1", False)):
        file = long(tmp_path, [head, *rows, ["Total", total, "", ""]])
        if fits:
            done = bulk.bring(file, data, map_file=asked, split_by="Provinsi", dry_run=True)
            assert [p.observations[0].fields["value"] for p in done.programmes] == ["12400", "12400"]
            assert done.programmes[0].observations[0].fields["decimals"] == "-2"
        else:
            assert list(faults(file, data, map_file=asked, split_by="Provinsi")) == ["4 2020 (ribu)"]


def test_rows_of_several_programmes_are_not_taken_for_one(tmp_path: Path, data: Path) -> None:
    found = faults(long(tmp_path, LONG), data)
    assert "2 programmes, 'Aceh', 'Bali' and so on; allowed: one, or --split-by" in next(iter(found.values()))


def test_what_no_column_says_is_named_at_once(tmp_path: Path, data: Path) -> None:
    with pytest.raises(InputError) as caught:
        bulk.bring(long(tmp_path, [["Tahun", "Jumlah"], ["2020", "12"]]), data)
    missing = [fault.given for fault in caught.value.faults]
    assert missing == [f"no column for {c}" for c in ("reported_on", "unit", "speaker_org", "url")]


# refused as a whole


def test_a_programme_that_is_there_is_not_overwritten(tmp_path: Path, data: Path) -> None:
    file = long(tmp_path, LONG)
    (data / "bali").mkdir()
    found = faults(file, data, split_by="Provinsi")
    assert "whose folder" in found["long.csv"]
    assert ledger.programmes(data) == []


def test_an_id_that_another_programme_has_is_refused(tmp_path: Path, data: Path) -> None:
    bulk.bring(long(tmp_path, LONG), data, split_by="Provinsi")
    asked = save_map(tmp_path, {"programme": {"name": "a_{split}"}, "constants": {"id": "bali-001"}})
    rows = [LONG[1], LONG[2]]
    found = faults(long(tmp_path, rows), data, map_file=asked, split_by="Provinsi")
    assert any("an id not used before" in text for text in found.values())


def test_if_one_programme_cannot_be_moved_none_stays(
    tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved = []

    def rename(self: Path, target: Path) -> Path:
        if moved:
            raise OSError(28, "No space left on device")
        moved.append(self)
        return Path(shutil_move(str(self), str(target)))

    from shutil import move as shutil_move

    monkeypatch.setattr(Path, "rename", rename)
    with pytest.raises(InputError, match="No space left on device"):
        bulk.bring(long(tmp_path, LONG), data, split_by="Provinsi")
    assert len(moved) == 1
    assert files(data) == {}
    assert list(data.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.ods", b"", "one that ends in .csv or .xlsx"),
        ("a.xlsx", b"no workbook", "which is no workbook"),
        ("a.xlsx", b"\xd0\xcf\x11\xe0" + bytes(20), "an old .xls or one with a password"),
        ("a.xlsx", None, "which is no file"),
        ("a.csv", b"", "no header in the first rows"),
        ("a.csv", b'Tahun,Jumlah\n2020,"12', "not CSV"),
        ("a.csv", "Tahun,Jumlah\né".encode("latin-1"), "not UTF-8"),
    ],
)
def test_a_file_that_is_none(name: str, content: bytes | None, said: str, tmp_path: Path, data: Path) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError) as caught:
        bulk.bring(tmp_path / name, data)
    assert said in " ".join([str(caught.value), *map(str, caught.value.faults)])


def test_a_capacity_comes_from_a_column(tmp_path: Path, data: Path) -> None:
    rows = [[*LONG[1], "Kapasitas"], *([*line, {"Aceh": "2 juta", "Bali": "45.000"}[line[0]]] for line in LONG[2:])]
    said = {"name": "all", "title": {"en": "all", "id": "semua"}, "units": "column", "default": True}
    said |= {"as_of": "2020-12-31", "source": "Sensus rekaan", "url": "https://example.org/c"}
    asked = save_map(tmp_path, {"programme": {"capacities": [said]}, "decimal": "comma"})
    bulk.bring(long(tmp_path, rows), data, map_file=asked, split_by="Provinsi")
    assert [ledger.load(name, data).capacities[0].units for name in ("aceh", "bali")] == [2_000_000, 45_000]
    rows[-1][-1] = "46.000"
    (tmp_path / "other").mkdir()
    found = faults(long(tmp_path, rows), tmp_path / "other", map_file=asked, split_by="Provinsi")
    agree = "given 46000; allowed: 45000, as in row 4, column Kapasitas of the same programme"
    assert found == {"6 Kapasitas": f"long.csv, row 6, column Kapasitas: {agree}"}
    without = faults(long(tmp_path, rows[:-1]), tmp_path / "other", split_by="Provinsi")
    assert all("that no entry takes" in text for text in without.values())


def test_programme_keys_that_no_programme_has_are_refused(tmp_path: Path, data: Path) -> None:
    asked = save_map(tmp_path, {"programme": {"colour": "red", "net": "maybe"}})
    found = faults(long(tmp_path, LONG), data, map_file=asked, split_by="Provinsi")
    assert "unknown key" in "".join(found.values())


def test_a_constant_that_is_empty_is_none(tmp_path: Path, data: Path) -> None:
    constants = {"reported_on": "2021-05-01", "unit": "firms", "speaker_org": " ", "url": "https://example.org/1"}
    asked = save_map(tmp_path, {"constants": constants})
    found = faults(long(tmp_path, [["Tahun", "Jumlah"], ["2020", "12"]]), data, map_file=asked)
    assert "no column for speaker_org" in found["1 None"]
