"""Where the header stands, what its columns hold, and what the map adds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openpyxl
import pytest
from spreadsheets import csv_text, save, sheet_of

from jalur.errors import InputError
from jalur.ledger import bulk
from jalur.ledger.layout import find_header, headings, normal, read_map, scale_in, scale_of_all
from jalur.ledger.workbook import Sheet, read_csv, read_workbook

SAID: dict[str, Any] = {
    "constants": {"unit": "firms", "speaker_org": "Office", "url": "https://example.org/1", "reported_on": "2023-05-01"}
}


def sheet(tmp_path: Path, rows: list[list[Any]]) -> Sheet:
    (tmp_path / "t.csv").write_text(csv_text(rows), encoding="utf-8")
    return read_csv(tmp_path / "t.csv")[0]


def bring(tmp_path: Path, rows: list[list[Any]] | openpyxl.Workbook, said: dict[str, Any]) -> bulk.Imported:
    import yaml

    (tmp_path / "data").mkdir(exist_ok=True)
    (tmp_path / "map.yml").write_text(yaml.safe_dump({**SAID, **said}), encoding="utf-8")
    if isinstance(rows, list):
        (tmp_path / "study.csv").write_text(csv_text(rows), encoding="utf-8")
        file = tmp_path / "study.csv"
    else:
        file = save(rows, tmp_path, "study.xlsx")
    return bulk.bring(file, tmp_path / "data", map_file=tmp_path / "map.yml", dry_run=True)


def values(done: bulk.Imported) -> list[str]:
    return [record.fields["value"] for programme in done.programmes for record in programme.observations]


def refusal(tmp_path: Path, rows: list[list[Any]], said: dict[str, Any]) -> str:
    with pytest.raises(InputError) as caught:
        bring(tmp_path, rows, said)
    return "\n".join(map(str, caught.value.faults)) or str(caught.value)


@pytest.mark.parametrize(
    ("rows", "header"),
    [
        ([["Tahun", "Jumlah"], [2020, 5]], (1, 1)),
        ([["Tabel 3"], [], ["No", "Tahun", "Jumlah"], [1, 2020, 5]], (3, 3)),
        ([["Provinsi", 2019, 2020], ["Aceh", 1, 2]], (1, 1)),
        ([["Provinsi", "Jumlah", ""], ["", 2019, 2020], ["Aceh", 1, 2]], (1, 2)),
        (
            [["Data tahun 2020"], ["Provinsi", "Realisasi", "", "Target"], ["", 2019, 2020, 2021], ["Aceh", 1, 2, 3]],
            (2, 3),
        ),
        ([["", "Realisasi", "", "Target"], ["Provinsi", 2019, 2020, 2021], ["Aceh", 1, 2, 3]], (1, 2)),
        ([["x", "y"], [1, 2]], None),
    ],
)
def test_the_header_is_found(rows: list[list[Any]], header: tuple[int, int] | None, tmp_path: Path) -> None:
    assert find_header(sheet(tmp_path, rows), ()) == header


def test_a_name_above_the_first_of_several_years_stands_above_all(tmp_path: Path) -> None:
    rows = [["", "Realisasi", "", "Target", ""], ["Provinsi", 2019, 2020, 2021, 2022], ["Aceh", 1, 2, 3, 4]]
    found = headings(sheet(tmp_path, rows), 1, 2)
    assert [(h.group, h.target) for h in found[1:]] == [("realisasi", False)] * 2 + [("target", True)] * 2


def test_a_title_merged_over_the_whole_table_is_no_group(tmp_path: Path) -> None:
    book, one = sheet_of([["Target dan realisasi"], ["Provinsi", 2019, 2020], ["Aceh", 1, 2]])
    one.merge_cells("A1:C1")
    read = read_workbook(save(book, tmp_path))[0]
    assert find_header(read, ()) == (2, 2)


@pytest.mark.parametrize(
    ("heading", "field", "target", "power", "percent"),
    [
        ("Tanggal terbit", "reported_on", False, 0, False),
        ("Jumlah usaha (ribu)", None, False, 3, False),
        ("Nilai (%)", "value", False, 0, True),
        ("Target 2024", None, True, 0, False),
        ("Realisasi per 31 Desember 2021 (juta)", None, False, 6, False),
        ("Reported on:", "reported_on", False, 0, False),
        ("speaker_org", "speaker_org", False, 0, False),
        ("Warna", None, False, 0, False),
    ],
)
def test_what_a_heading_says(
    heading: str, field: str | None, target: bool, power: int, percent: bool, tmp_path: Path
) -> None:
    (found,) = headings(sheet(tmp_path, [[heading], ["x"]]), 1, 1)
    assert (found.field, found.target, found.power, found.percent) == (field, target, power, percent)


def test_scales() -> None:
    assert (scale_in("dalam jutaan"), scale_in("usaha"), scale_in("2 lakhs")) == (6, 0, 5)
    assert scale_of_all("Keterangan: dalam ribu usaha") == 3
    assert scale_of_all("Data (in thousands)") == 3
    assert scale_of_all("Program 30 juta usaha daring") == 0
    assert normal("Kab./Kota_(2)") == "kab /kota"


# what the map settles


def test_the_map_names_the_columns(tmp_path: Path) -> None:
    rows = [["Warna", "Banyak", "Hari", "Catatan"], ["x", "5", "2020-12-31", ""]]
    done = bring(tmp_path, rows, {"columns": {"value": "Banyak", "as_of": "Hari"}})
    assert values(done) == ["5"]
    assert done.notices == ["study.csv: columns not read: Warna"]
    assert "no column 'tebal' for as_of" in refusal(tmp_path, rows, {"columns": {"value": "Banyak", "as_of": "Tebal"}})


def test_of_two_kinds_of_figures_one_is_named(tmp_path: Path) -> None:
    rows = [["Tahun", "Jumlah usaha", "Jumlah pekerja"], ["2020", "5", "9"]]
    assert "several columns that may hold the figures" in refusal(tmp_path, rows, {})
    assert values(bring(tmp_path, rows, {"columns": {"value": "Jumlah pekerja"}})) == ["9"]
    wide = [["Sumber", "Usaha 2020", "Pekerja 2020"], ["Dinas", "5", "9"]]
    assert "figures of another kind: 'usaha' and 'pekerja'" in refusal(tmp_path, wide, {})
    assert values(bring(tmp_path, wide, {"columns": {"value": "Pekerja"}})) == ["9"]


def test_the_map_settles_marks_dates_and_magnitudes(tmp_path: Path) -> None:
    rows = [["Tanggal", "Jumlah"], ["03/04/2021", "1.234"]]
    said = refusal(tmp_path, rows, {})
    assert "may part decimals or thousands" in said
    assert "in two ways" in said
    done = bring(tmp_path, rows, {"decimal": "comma", "dates": "day first", "power": 3})
    fields = done.programmes[0].observations[0].fields
    assert (fields["value"], fields["as_of"]) == ("1234000", "2021-04-03")
    assert "here with" not in refusal(tmp_path, [rows[0], ["2020", "12.5"]], {"decimal": "comma"})


def test_the_mark_of_one_figure_tells_those_of_the_others(tmp_path: Path) -> None:
    rows = [["Tahun", "Jumlah"], ["2019", "1.234"], ["2020", "1.234,5"]]
    assert values(bring(tmp_path, rows, {})) == ["1234", "1234.5"]
    rows[2][1] = "1,234.5"
    assert values(bring(tmp_path, rows, {})) == ["1.234", "1234.5"]


def test_a_line_about_thousands_has_to_be_settled(tmp_path: Path) -> None:
    rows = [["Dalam ribu usaha"], ["Tahun", "Jumlah"], ["2020", "12.5"]]
    assert "which may hold for all figures" in refusal(tmp_path, rows, {})
    assert values(bring(tmp_path, rows, {"power": 3})) == ["12500"]
    assert values(bring(tmp_path, rows, {"power": 0})) == ["12.5"]


def test_rows_and_columns_that_are_not_to_be_read(tmp_path: Path) -> None:
    rows = [
        ["Provinsi", "2020", "2021 (sementara)"],
        ["Aceh", "5", "6"],
        ["Jumlah Jawa", "7", "8"],
        ["Nasional", "5", "6"],
    ]
    said = {"split_by": "Provinsi", "skip": ["Jumlah Jawa"], "totals": ["Nasional"], "ignore": ["2021 (sementara)"]}
    done = bring(tmp_path, rows, said)
    assert values(done) == ["5"]
    assert "study.csv: row 3 not read: Jumlah Jawa" in done.notices


@pytest.mark.parametrize(("hidden", "read"), [("read", ["5", "6", "7", "8"]), ("skip", ["5"])])
def test_hidden_rows_and_columns_are_read_or_skipped_when_the_map_says_so(
    hidden: str, read: list[str], tmp_path: Path
) -> None:
    book, one = sheet_of([["Provinsi", 2020, 2021], ["Aceh", 5, 6], ["Bali", 7, 8]])
    one.row_dimensions[3].hidden = True
    one.column_dimensions["C"].hidden = True
    done = bring(tmp_path, book, {"split_by": "Provinsi", "hidden": hidden})
    assert values(done) == read
    if hidden == "skip":
        assert {"Sheet1: hidden column not read: 2021", "Sheet1: hidden row 3 not read: Bali"} <= set(done.notices)


def test_year_and_month_stand_in_two_columns(tmp_path: Path) -> None:
    rows = [["Tahun", "Bulan", "Jumlah"], ["2020", "Februari", "5"], ["2020", "Maretx", "6"]]
    assert "row 3, column Bulan: given 'Maretx'; allowed: the name of a month" in refusal(tmp_path, rows, {})
    done = bring(tmp_path, rows[:2], {})
    assert done.programmes[0].observations[0].fields["as_of"] == "2020-02-29"


def test_cells_without_a_figure_are_named(tmp_path: Path) -> None:
    rows = [["Provinsi", "2019", "2020", "2021"], ["Aceh", "5", "-", "n/a"]]
    done = bring(tmp_path, rows, {"split_by": "Provinsi"})
    assert values(done) == ["5"]
    assert "study.csv: no figure in row 2, column 2020; row 2, column 2021" in done.notices


def test_a_column_that_is_named_goes_before_one_that_is_recognised(tmp_path: Path) -> None:
    rows = [["Provinsi", "Kabupaten", "Tanggal", "Hari", "Jumlah"], ["Aceh", "Pidie", "2019-12-31", "2020-12-31", "5"]]
    done = bring(tmp_path, rows, {"split_by": "Kabupaten", "columns": {"as_of": "Hari"}})
    assert [programme.name for programme in done.programmes] == ["pidie"]
    assert done.programmes[0].observations[0].fields["as_of"] == "2020-12-31"
    assert "study.csv: columns not read: Provinsi, Tanggal" in done.notices


def test_a_wide_sheet_of_targets_holds_targets(tmp_path: Path) -> None:
    book, _ = sheet_of([["Provinsi", 2019, 2020], ["Aceh", 5, 6]], "Angka")
    other = book.create_sheet("Target")
    for line in (["Provinsi", 2024, 2025], ["Aceh", 7, 8]):
        other.append(line)
    done = bring(tmp_path, book, {"split_by": "Provinsi", "targets": {"stated_on": "2023-02-01"}})
    assert values(done) == ["5", "6"]
    assert [(r.fields["target_date"], r.fields["value"]) for r in done.programmes[0].targets] == [
        ("2024-12-31", "7"),
        ("2025-12-31", "8"),
    ]


# faults of the map itself


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "colour: red\n",
            "row 1, column colour: given the unknown key 'colour'; allowed: one of the keys sheet, header",
        ),
        ("columns:\n  valeu: x\n", "row 2, column columns.valeu: given the unknown column 'valeu'"),
        ("header: first\n", "column header: given 'first'; allowed: a whole number"),
        ("decimal: dot\n", "column decimal: given 'dot'; allowed: 'comma' or 'point'"),
        ("totals: Nasional\n", "column totals: given 'Nasional'; allowed: a list"),
        ("columns: [a]\n", "allowed: a mapping of keys"),
        ("power: 20\n", "less than or equal to 12"),
        ("- a\n", "given no mapping of keys"),
        ("a: !!python/name:os.system x\n", "values without tags"),
    ],
)
def test_faults_of_the_map(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "map.yml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_map(path)
    assert any(said in str(fault) for fault in caught.value.faults)
    assert all(str(fault).startswith("map.yml, row ") for fault in caught.value.faults)


def test_all_faults_of_the_map_are_named_at_once(tmp_path: Path) -> None:
    path = tmp_path / "map.yml"
    path.write_text("colour: red\npower: 20\nconstants: {shade: x}\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_map(path)
    assert {fault.column for fault in caught.value.faults} == {"colour", "power", "constants.shade"}
