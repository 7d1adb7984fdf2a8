"""Days and numbers: one form in, one form out."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from jalur import dates
from jalur.errors import InputError

DAY = dt.date(2022, 3, 31)


@pytest.mark.parametrize(
    "given", ["2022-03-31", DAY, dt.datetime(2022, 3, 31, 5), pd.Timestamp(DAY), np.datetime64("2022-03-31")]
)
def test_every_kind_of_day_is_one(given):
    assert dates.to_date(given) == DAY
    assert dates.iso(given) == "2022-03-31"
    if not isinstance(given, np.datetime64):
        assert dates.parse_date(given, "x") == DAY


@pytest.mark.parametrize("given", ["2022-02-29", "2022-3-1", "today", "20220331", "２０２２-03-31", 20220331, None])
def test_what_is_no_day_is_refused_in_a_sentence(given):
    with pytest.raises(InputError, match=r"target date is .*; allowed is"):
        dates.parse_date(given, "target date")


def test_a_vintage_lies_not_in_the_future(monkeypatch):
    monkeypatch.setattr(dates, "today", lambda: DAY)
    assert dates.vintage_day("2022-03-31") == DAY
    with pytest.raises(InputError, match="in the future; allowed is a day until today, 2022-03-31"):
        dates.vintage_day("2022-04-01")


@pytest.mark.parametrize("day", ["2023-01-01", "2024-02-29", "2024-12-31", "2025-12-31"])
def test_a_decimal_year_goes_back_to_its_day(day):
    assert dates.calendar_day(dates.decimal_year(day)) == day


def test_lengths_of_time():
    assert dates.decimal_year("2024-12-31") == pytest.approx(2024 + 365 / 366)
    assert dates.months_between("2020-01-01", "2024-01-01") == pytest.approx(48, abs=0.01)
    assert dates.half_width(-4) == 5_000
    assert list(dates.half_width(pd.Series([0, -6]))) == [0.5, 500_000]


@pytest.mark.parametrize("text", ["1_000", "١٥", "", " 1", "1.0", "0x10", "1e3"])
def test_a_whole_number_stands_in_plain_digits(text):
    assert dates.whole("-15") == -15
    with pytest.raises(ValueError, match="whole number"):
        dates.whole(text)


@pytest.mark.parametrize("text", ["1_0e-1", "٠.٥", "", " 1", "nan", "inf", "1e999", "1,5", "0x1p3", "."])
def test_a_number_stands_in_plain_digits(text):
    assert [dates.number(good) for good in ("1.5", ".5", "2.", "-1e-3")] == [1.5, 0.5, 2, -0.001]
    with pytest.raises(ValueError, match="number"):
        dates.number(text)
