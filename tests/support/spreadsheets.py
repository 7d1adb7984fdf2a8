"""Invented workbooks as an office would keep them, and the ledger that a careful person would copy from them."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import openpyxl
import yaml
from openpyxl.worksheet.worksheet import Worksheet

PROVINCES = (
    "Aceh", "Sumatera Utara", "Sumatera Barat", "Riau", "Jambi", "Sumatera Selatan", "Bengkulu", "Lampung",
    "Kepulauan Bangka Belitung", "Kepulauan Riau", "DKI Jakarta", "Jawa Barat", "Jawa Tengah", "D.I. Yogyakarta",
    "Jawa Timur", "Banten", "Bali", "Nusa Tenggara Barat", "Nusa Tenggara Timur", "Kalimantan Barat",
    "Kalimantan Tengah", "Kalimantan Selatan", "Kalimantan Timur", "Kalimantan Utara", "Sulawesi Utara",
    "Sulawesi Tengah", "Sulawesi Selatan", "Sulawesi Tenggara", "Gorontalo", "Sulawesi Barat", "Maluku",
    "Maluku Utara", "Papua Barat", "Papua",
)  # fmt: skip
YEARS = (2019, 2020, 2021, 2022)
TARGET_YEARS = (2024, 2025)
FIRST = 6  # row of the first province
SOURCE = 9  # column of the source
HEADER = {"A4:A5": "No", "B4:B5": "Provinsi", "C4:F4": "Realisasi", "G4:H4": "Target", "I4:I5": "Sumber"}
ADDRESS = "https://example.org/invented"
MAP: dict[str, Any] = {
    "constants": {"unit": "firms", "publisher": "Invented Yearbook", "url": ADDRESS, "qualifier": "exact"},
    "reported_lag": 90,
    "targets": {"stated_on": "2023-02-01"},
    "programme": {
        "title": {"en": "Invented firms online, {split}", "id": "Usaha daring rekaan, {split}"},
        "noun": {"en": "firms", "id": "usaha"},
        "capacities": [],
    },
}
OBSERVATIONS = (
    "id,as_of,as_of_precision,reported_on,reported_precision,value,unit,qualifier,kind,flow_since,definition,role,"
    "repeats,upstream,lag_days,decimals,speaker_org,publisher,url,note"
)
TARGETS = "id,target_date,value,unit,stated_on,speaker_org,publisher,url,note"


def figure(province: int, year: int) -> int:
    """An invented count: no two alike, rising by year."""
    return 10_000 + 777 * province + (year - 2018) * (1_311 + 13 * province)


def office(source: str) -> str:
    return f"Dinas {source}"


def provinces(count: int = len(PROVINCES)) -> openpyxl.Workbook:
    """One sheet, wide by year: a title, a header in two merged rows, the provinces, a totals row and a remark."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Sheet1"
    sheet["A1"] = "Tabel 1. Usaha daring menurut provinsi (rekaan)"
    sheet.merge_cells("A1:I1")
    for place, text in HEADER.items():
        sheet[place.split(":")[0]] = text
        sheet.merge_cells(place)
    for column, year in enumerate((*YEARS, *TARGET_YEARS), start=3):
        sheet.cell(5, column, year)
    for number, province in enumerate(PROVINCES[:count]):
        row = FIRST + number
        sheet.cell(row, 1, number + 1)
        sheet.cell(row, 2, province)
        for column, year in enumerate((*YEARS, *TARGET_YEARS), start=3):
            sheet.cell(row, column, figure(number, year))
        sheet.cell(row, SOURCE, office(province))
    total = FIRST + count
    sheet.cell(total, 1, "Jumlah")
    sheet.merge_cells(start_row=total, end_row=total, start_column=1, end_column=2)
    for column, year in enumerate((*YEARS, *TARGET_YEARS), start=3):
        sheet.cell(total, column, sum(figure(number, year) for number in range(count)))
    sheet.cell(total + 2, 1, "Catatan: semua angka rekaan")
    return book


def by_hand() -> dict[str, dict[str, str]]:
    """The tables of each programme as they would be copied by hand, by name of the programme and file."""
    ledger = {}
    for number, province in enumerate(PROVINCES):
        name = province.lower().replace(".", " ").replace(" ", "_").replace("__", "_")
        prefix = name.replace("_", "-")
        figures, targets = [OBSERVATIONS], [TARGETS]
        said = f"{office(province)},Invented Yearbook,{ADDRESS}"
        for place, year in enumerate(YEARS, start=1):
            published = "2020-03-30" if year == 2019 else f"{year + 1}-03-31"  # 90 days later
            figures.append(
                f"{prefix}-{place:03d},{year}-12-31,year,{published},day,{figure(number, year)},firms,exact,level,,"
                f"firms,observation,,,90,0,{said},"
            )
        for place, year in enumerate(TARGET_YEARS, start=1):
            targets.append(f"{prefix}-tgt-{place:03d},{year}-12-31,{figure(number, year)},firms,2023-02-01,{said},")
        ledger[name] = {"observations.csv": "\n".join(figures) + "\n", "targets.csv": "\n".join(targets) + "\n"}
    return ledger


def save(book: openpyxl.Workbook, folder: Path, name: str = "provinces.xlsx") -> Path:
    book.save(folder / name)
    return folder / name


def save_map(folder: Path, content: dict[str, Any] | None = None) -> Path:
    path = folder / "map.yml"
    path.write_text(yaml.safe_dump(MAP if content is None else content, allow_unicode=True), encoding="utf-8")
    return path


def sheet_of(rows: list[list[Any]], name: str = "Sheet1") -> tuple[openpyxl.Workbook, Worksheet]:
    """A workbook with one sheet, written row by row."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = name
    for row in rows:
        sheet.append(row)
    return book, sheet


def csv_text(rows: list[list[Any]], separator: str = ",") -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=separator, lineterminator="\n").writerows(rows)
    return text.getvalue()
