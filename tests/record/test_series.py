"""Tables of adoption series: every row that cannot be true is refused by its line, the others are kept."""

import numpy as np
import pandas as pd
import pytest

from jalur.errors import InputError
from jalur.record import series as module
from jalur.record.series import COLUMNS, read_series, read_table

HEADER = ",".join(COLUMNS)
GOOD = [f"phones,Aruba,{2000 + k},{5 + 4 * k},100" for k in range(10)]


def write(tmp_path, lines, header=HEADER):
    path = tmp_path / "series.csv"
    path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("row", "column", "given", "allowed"),
    [
        ("phones,Aruba,2010,-5,100", "value_percent", "'-5'", "0 to 100, a share in per cent"),
        ("phones,Aruba,2010,150,100", "value_percent", "'150'", "0 to 100, a share in per cent"),
        ("lines,Aruba,2010,101,50", "value_percent", "'101'", "0 to 100, at most twice the capacity of 50"),
        ("phones,Aruba,2010,50,0", "capacity", "'0'", "a number above zero"),
        ("phones,Aruba,2010,50,-1", "capacity", "'-1'", "a number above zero"),
        ("phones,Aruba,2010,50,1e16", "capacity", "'1e16'", "at most 1e15"),
        ("phones,Aruba,2010,50,60", "capacity", "'60'", "one capacity for a series, 100 as in row 2"),
        ("phones,Aruba,0,50,100", "year", "'0'", "from 1500 to 2200"),
        ("phones,Aruba,20100,50,100", "year", "'20100'", "from 1500 to 2200"),
        ("phones,Aruba,2010-03,50,100", "year", "'2010-03'", "such as 2001 or 2001.25"),
        ("phones,Aruba,2009.0,50,100", "year", "'2009.0'", "row 11 of 'Aruba' has it already"),
        ("phones,Aruba,2010,,100", "value_percent", "''", "0 to 100"),
        ("phones,Aruba,2010,nan,100", "value_percent", "'nan'", "0 to 100"),
        ("phones,Aruba,2010,many,100", "value_percent", "'many'", "0 to 100"),
        ("phones,Aruba,2010,1_0,100", "value_percent", "'1_0'", "0 to 100"),
        ("phones,Aruba,٢٠١٠,50,100", "year", "'٢٠١٠'", "from 1500 to 2200"),
        ("phones,Aruba,inf,50,100", "year", "'inf'", "from 1500 to 2200"),
        ("phones,Aruba,2010,50,inf", "capacity", "'inf'", "a number above zero"),
        (",Aruba,2010,50,100", "group", "''", "a name"),
        ("phones, ,2010,50,100", "series", "' '", "a name"),
        ("phones,Aruba,2010", "capacity", "''", "a number above zero"),
    ],
)
def test_an_impossible_row_is_refused_by_its_line(tmp_path, row, column, given, allowed):
    path = write(tmp_path, [*GOOD, row])
    with pytest.raises(InputError) as caught:
        read_series(path)
    message = str(caught.value)
    assert message.startswith(f"{path}, row 12, column {column}: given {given}; allowed: ")
    assert allowed in message
    assert "np.float64" not in message
    assert [fault.row for fault in caught.value.faults] == [12]


def test_the_line_is_that_of_the_editor_though_lines_are_empty(tmp_path):
    path = write(tmp_path, ["", *GOOD[:3], ",,,,", "phones,Aruba,0,50,100"])
    with pytest.raises(InputError, match="row 7, column year"):
        read_series(path)
    assert len(read_table(write(tmp_path, ["", *GOOD, ",,,,"]))) == len(GOOD)


def test_all_faulty_rows_are_counted(tmp_path):
    path = write(tmp_path, ["phones,Aruba,0,50,100", *GOOD, "phones,Aruba,2010,-1,100", "phones,Aruba,2011,1,0"])
    with pytest.raises(InputError, match=r"row 2, .* \(2 more faults in the table\)$") as caught:
        read_series(path)
    assert [fault.row for fault in caught.value.faults] == [2, 13, 14]


def test_what_may_be_true_is_kept(tmp_path):
    """Months, zeros, full shares, levels above an estimated capacity; the last three only do not teach."""
    months = [f"phones,Aruba,{2000 + k / 12:.4f},{5 + k},100" for k in range(24)]
    others = ["phones,Bali,1990,0,100", "phones,Bali,1991,3,100", "phones,Bali,2020,100,100", "lines,Bali,2020,62,50"]
    frame = read_table(write(tmp_path, months + others))
    assert len(frame) == 28
    assert [str(frame[name].dtype) for name in module.NUMBERS] == ["float64"] * 3
    lines, aruba, bali = module.series_from(frame)
    assert (lines.name, lines.y.size) == ("Bali", 0)
    assert (aruba.group, aruba.name, aruba.capacity) == ("phones", "Aruba", 100.0)
    assert aruba.t == pytest.approx(2000 + np.arange(24) / 12, abs=1e-4)
    assert bali.y.tolist() == [3.0]


def test_the_same_name_in_two_kinds_is_two_series(tmp_path):
    frame = read_table(write(tmp_path, [*GOOD, "lines,Aruba,2000,10,50"]))
    assert [(s.group, s.capacity) for s in module.series_from(frame)] == [("lines", 50.0), ("phones", 100.0)]


def test_rows_in_any_order_and_other_columns(tmp_path):
    lines = [f"note {k},{line}" for k, line in enumerate(GOOD)]
    (one,) = read_series(write(tmp_path, lines[::-1], f"note,{HEADER}"))
    assert np.all(np.diff(one.t) > 0)


def test_what_is_no_table_is_said(tmp_path):
    with pytest.raises(InputError, match="cannot be read as a CSV table"):
        read_table(tmp_path / "none.csv")
    with pytest.raises(InputError, match=r"lacks the column\(s\) year, capacity; needed are group, series, year"):
        read_table(write(tmp_path, [], "group,series,value_percent"))
    (tmp_path / "latin.csv").write_bytes(f"{HEADER}\nphones,C\xf4te,2000,5,100\n".encode("latin-1"))
    with pytest.raises(InputError, match="cannot be read as a CSV table"):
        read_table(tmp_path / "latin.csv")


def test_names_that_look_like_missing_values_are_names(tmp_path):
    """Pandas takes NA, null and nan for missing, and a missing name would vanish from every group."""
    frame = read_table(write(tmp_path, ["NA,Namibia,2000,5,100", "null,nan,2000,5,100"]))
    assert isinstance(frame, pd.DataFrame)
    assert [(s.group, s.name) for s in module.series_from(frame)] == [("NA", "Namibia"), ("null", "nan")]
