"""Whatever stands in the cells of a table: rows come out that agree with it, or faults, and never anything else."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jalur.ledger.intake import Taken, slug, take
from jalur.ledger.layout import ColumnMap
from jalur.ledger.workbook import Cell, Sheet

MAP = ColumnMap(
    split_by="Provinsi",
    constants={"unit": "firms", "speaker_org": "Office", "url": "https://example.org/1", "reported_on": "2023-05-01"},
)
ANYTHING = st.one_of(
    st.none(),
    st.integers(-10, 10**7),
    st.floats(allow_nan=True),
    st.booleans(),
    st.dates(dt.date(1980, 1, 1), dt.date(2110, 1, 1)),
    st.text(max_size=12),
    st.sampled_from(["12,5 rb", "1.234", "1.234,5", "-", "Total", "Jumlah", "Aceh", "2020", "Target 2024", "5%"]),
)


def grid(rows: list[list[Any]]) -> Sheet:
    cells = {
        (r, c): Cell(r, c, value)
        for r, line in enumerate(rows, start=1)
        for c, value in enumerate(line, start=1)
        if value is not None and value != ""
    }
    return Sheet("Sheet1", cells, len(rows), max(map(len, rows)))


def taken(rows: list[list[Any]], asked: ColumnMap = MAP) -> Taken:
    out = Taken()
    take(grid(rows), asked, out)
    return out


@settings(max_examples=400, deadline=None, derandomize=True)
@given(st.lists(st.tuples(st.just("Aceh") | ANYTHING, ANYTHING, ANYTHING).map(list), min_size=1, max_size=5))
def test_no_cell_makes_the_reader_stumble(body: list[list[Any]]) -> None:
    out = taken([["Provinsi", 2019, 2020], *body])
    assert all(record.fields["value"] for record in out.records)
    assert all(fault.file.startswith("Sheet1!") for fault in out.faults)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -0.5])
def test_numbers_that_are_none(value: float) -> None:
    out = taken([["Provinsi", 2019, 2020], ["Aceh", value, 5]])
    assert [fault.file for fault in out.faults] == ["Sheet1!B2"]


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.lists(st.lists(ANYTHING, min_size=4, max_size=4), min_size=1, max_size=4))
def test_no_header_makes_the_reader_stumble(rows: list[list[Any]]) -> None:
    taken([*rows, ["Aceh", 1, 2, 3]], ColumnMap())


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.lists(st.lists(st.integers(0, 10**9), min_size=2, max_size=2), min_size=1, max_size=8))
def test_every_figure_is_taken_once_and_its_total_fits(figures: list[list[int]]) -> None:
    rows = [[f"P{number}", *line] for number, line in enumerate(figures)]
    total = ["Total", *(sum(line[place] for line in figures) for place in (0, 1))]
    out = taken([["Provinsi", 2019, 2020], *rows, total])
    assert out.faults == []
    assert [int(record.fields["value"]) for record in out.records] == [value for line in figures for value in line]
    total[2] += 1
    wrong = taken([["Provinsi", 2019, 2020], *rows, total])
    assert [fault.file for fault in wrong.faults] == [f"Sheet1!C{len(rows) + 2}"]


@pytest.mark.parametrize(
    ("text", "name"),
    [("D.I. Yogyakarta", "d_i_yogyakarta"), ("Côte d’Ivoire", "cote_divoire"), ("34", ""), ("  ", ""), ("東京", "")],
)
def test_names_from_words(text: str, name: str) -> None:
    assert slug(text) == name
