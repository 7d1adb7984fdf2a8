"""Flows: the level is the running sum from the base, known only when every part of it was, and never across a gap."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jalur import ledger
from jalur.dates import half_width
from jalur.errors import InputError
from jalur.ledger import levels
from jalur.ledger.levels import Base

FOREIGN = Path(__file__).parents[1] / "foreign" / "data"
Change = Callable[[str], str]


@pytest.fixture(scope="module")
def cars() -> ledger.Programme:
    return ledger.load("electric_cars", FOREIGN)


def changed(tmp_path: Path, file: str, change: Change) -> Path:
    """A copy of the folder with one file of the cars changed."""
    folder = Path(shutil.copytree(FOREIGN, tmp_path / "data"))
    path = folder / "electric_cars" / file
    before = path.read_text()
    path.write_text(change(before))
    assert path.read_text() != before
    return folder


def frame(amounts: list[int], days: list[int], lags: list[int], decimals: list[int]) -> pd.DataFrame:
    """Flows one after the other from 2020 on, with the days that each lasts and that it was published after its end."""
    ends = pd.Timestamp("2019-12-31") + pd.to_timedelta(pd.Series(days).cumsum(), unit="D")
    rows = pd.DataFrame({"id": [f"f{k}" for k in range(len(amounts))], "as_of": ends, "value": amounts})
    rows["flow_since"] = [pd.Timestamp("2020-01-01"), *(ends.iloc[:-1] + pd.Timedelta(days=1))]
    rows["reported_on"] = ends + pd.to_timedelta(lags, unit="D")
    rows["value"] = rows["value"].astype(float)
    return rows.assign(decimals=decimals, qualifier="exact", kind="flow", lag_days=lags, note=None)


FLOWS = st.integers(1, 30).flatmap(
    lambda n: st.tuples(
        *(
            st.lists(st.integers(low, high), min_size=n, max_size=n)
            for low, high in ((0, 10**9), (1, 400), (0, 500), (-6, 2))
        )
    )
)


@settings(max_examples=60, deadline=None)
@given(FLOWS, st.integers(0, 10**10), st.integers(-30, 3000), st.randoms(use_true_random=False))
def test_the_level_equals_the_running_sum_of_what_was_known(made, value, after, random) -> None:
    rows, base = frame(*made), Base(dt.date(2019, 12, 31), float(value), "Agency", dt.date(2020, 1, 10))
    day = base.date + dt.timedelta(days=after)
    order = list(rows.index)
    random.shuffle(order)
    assert levels.problems(rows.loc[order], base, "x") == []
    found = levels.summed(levels.unbroken(rows.loc[order], base, day), base)
    total, expected, rounding = float(value), [], 0.0
    for row in rows.itertuples():
        if row.reported_on.date() > day or base.known_on > day:
            break
        total, rounding = total + row.value, rounding + half_width(row.decimals) ** 2
        expected.append((row.Index, row.as_of, total, rounding**0.5))
    assert list(zip(found.index, found["as_of"], found["value"], strict=True)) == [row[:3] for row in expected]
    assert (found["reported_on"].dt.date <= day).all()
    assert (found["lag_days"] == (found["reported_on"] - found["as_of"]).dt.days).all()
    for stated, row in zip(half_width(found["decimals"]), expected, strict=True):
        assert row[3] * (1 - 1e-6) <= stated <= 10 * row[3]  # the next rounding step that holds the sum's error


def test_a_flow_published_later_is_not_counted_and_ends_the_sum(cars: ledger.Programme) -> None:
    whole, day = ledger.select(cars, "2024-12-31"), cars.observations["reported_on"].iloc[5].date()
    assert len(whole) == 33
    before = ledger.select(cars, day - dt.timedelta(days=1))
    assert list(before["id"]) == list(whole["id"][:5])
    assert list(before["value"]) == list(whole["value"][:5])
    late = cars.observations.copy()
    late.loc[late.index[2], "reported_on"] = pd.Timestamp("2024-01-01")
    held = ledger.Programme(**{**vars(cars), "observations": late})
    assert len(ledger.select(held, day)) == 2
    assert list(ledger.rejected(held, day)["code"][:3]) == ["reported_later", "broken_sum", "broken_sum"]
    assert list(ledger.select(held, "2024-12-31")["value"]) == list(whole["value"])
    assert ledger.select(held, "2024-12-31")["reported_on"].iloc[4] == pd.Timestamp("2024-01-01")


def test_nothing_is_summed_before_the_base_was_known(cars: ledger.Programme) -> None:
    assert len(ledger.select(cars, "2022-01-19")) == 0
    assert len(ledger.select(cars, "2022-02-28")) == 1


def test_a_row_left_out_is_missing_as_a_level_and_stays_in_the_sum(cars: ledger.Programme) -> None:
    whole = ledger.select(cars, "2024-12-31")
    less = ledger.select(cars, "2024-12-31", drop=["ev-03"], since="2022-02-01")
    kept = whole[~whole["id"].isin(["ev-01", "ev-03"])].reset_index(drop=True)
    pd.testing.assert_frame_equal(less, kept)


def test_another_definition_has_no_base(cars: ledger.Programme) -> None:
    with pytest.raises(InputError, match="definitions is stock; allowed is new_registrations, whose flows the base"):
        ledger.select(
            ledger.Programme(**{**vars(cars), "observations": cars.observations.assign(definition="stock")}),
            "2024-12-31",
            definitions=["stock"],
        )


def test_an_added_row_must_go_on_where_the_flows_end(cars: ledger.Programme) -> None:
    row = cars.observations.iloc[[-1]].assign(
        id="more",
        as_of=pd.Timestamp("2024-11-30"),
        reported_on=pd.Timestamp("2024-12-05"),
        lag_days=5,
        flow_since=pd.Timestamp("2024-11-01"),
    )
    with pytest.raises(InputError, match=r"2024-11-01, a gap after row 34 \('ev-33'\), which ends on 2024-09-30"):
        ledger.select(cars, "2024-12-31", extra=row)
    longer = row.assign(flow_since=pd.Timestamp("2024-10-01"))
    assert len(ledger.select(cars, "2024-12-31", extra=longer)) == 34


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            lambda text: "".join(line for line in text.splitlines(True) if not line.startswith("ev-03")),
            "electric_cars/observations.csv, row 4, column flow_since: given 2022-04-01, a gap after row 3 ('ev-02'), "
            "which ends on 2022-02-28; allowed: 2022-03-01",
        ),
        (
            lambda text: text.replace("2022-03-01,new", "2022-02-15,new"),
            "electric_cars/observations.csv, row 4, column flow_since: given 2022-02-15, an overlap with row 3 "
            "('ev-02'), which ends on 2022-02-28; allowed: 2022-03-01",
        ),
        (
            lambda text: text.replace("2022-01-01,new", "2021-12-31,new"),
            "row 2, column flow_since: given 2021-12-31, an overlap with the base of 2021-12-31",
        ),
    ],
)
def test_gaps_and_overlaps_are_refused_by_row(tmp_path: Path, change: Change, said: str) -> None:
    with pytest.raises(InputError) as error:
        ledger.load("electric_cars", changed(tmp_path, "observations.csv", change))
    assert said in str(error.value)


@pytest.mark.parametrize(("value", "side"), [("25", "below"), ("38", None), ("30", "at"), ("45", None)])
def test_a_path_without_a_base_starts_at_the_last_figure_known_when_it_was_announced(
    tmp_path: Path, value: str, side: str | None
) -> None:
    folder = Path(shutil.copytree(FOREIGN, tmp_path / "data"))
    manifest, targets = (folder / "offline_share" / name for name in ("programme.yml", "targets.csv"))
    text = manifest.read_text().replace("direction: down\n", "").replace(", offline-tgt-2", "")
    manifest.write_text(text.replace("  base: {date: 2022-12-31, value: 30}\n", ""))
    targets.write_text(targets.read_text().replace(",22,", f",{value},"))
    if side is None:
        assert ledger.load("offline_share", folder).path is not None
        return
    with pytest.raises(InputError) as error:
        ledger.load("offline_share", folder)
    said = f"given {value}, {side} the last figure known on 2023-06-01, offline-09, 30; allowed: a target above it"
    assert f"offline_share/targets.csv, row 2, column value: {said}" in str(error.value)
    manifest.write_text(manifest.read_text().replace("unit: percent\n", "unit: percent\ndirection: down\n"))
    if side == "below":
        assert ledger.load("offline_share", folder).direction == "down"
    else:
        with pytest.raises(InputError, match=r"given 30, at the last figure .* allowed: a target below it"):
            ledger.load("offline_share", folder)


def test_a_sum_beyond_the_capacity_is_refused(tmp_path: Path) -> None:
    folder = changed(tmp_path, "programme.yml", lambda text: text.replace("units: 6000000", "units: 40000"))
    with pytest.raises(InputError, match="given 40,000 as the default capacity 'all_cars'; allowed: at least the larg"):
        ledger.load("electric_cars", folder)
