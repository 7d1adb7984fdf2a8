"""The ledger: what is read, what is used, what was known when."""

import datetime as dt
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from jalur import ledger
from jalur.dates import half_width
from jalur.errors import InputError

NAMES = [
    "bali_qris", "ekatalog_products", "ekatalog_umkm", "jakarta_jakpreneur", "modern_cooperatives", "sumut_qris",
    "umkm_onboarding",
]  # fmt: skip
Loaded = Callable[[str], ledger.Programme]


@pytest.fixture
def planted(programme: ledger.Programme) -> pd.DataFrame:
    """One more row, reported on 1 April 2022."""
    row = programme.observations.iloc[[-1]].copy()
    return row.assign(
        id="planted", as_of=pd.Timestamp("2022-03-31"), reported_on=pd.Timestamp("2022-04-01"), lag_days=1, value=29e6,
        decimals=-6, definition="marketplace", role="observation", kind="level", qualifier="approx", repeats=None,
        as_of_precision="day", reported_precision="day", speaker_org="Planter",
    )  # fmt: skip


def test_programmes() -> None:
    assert ledger.programmes() == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_every_programme_loads(programmes: Loaded, name: str) -> None:
    study = programmes(name)
    assert study.name == name
    assert set(study.title) == set(study.noun) == {"en", "id"}
    assert study.path is not None
    assert study.observations["as_of"].dtype.kind == study.targets["target_date"].dtype.kind == "M"
    assert study.observations["value"].dtype == "float64"
    assert list(study.observations.index) == list(range(2, len(study.observations) + 2))


@pytest.mark.parametrize(
    ("vintage", "count"),
    [("2022-03-31", 31), ("2022-12-31", 44), ("2023-12-31", 52), ("2024-12-31", 55), ("2019-12-31", 0)],
)
def test_default_selection_of_umkm(programme: ledger.Programme, vintage: str, count: int) -> None:
    chosen = ledger.select(programme, vintage)
    assert len(chosen) == count
    assert (chosen["reported_on"] <= vintage).all()
    assert (chosen["role"] == "observation").all()
    assert (chosen["kind"] == "level").all()
    assert (chosen["as_of"] >= "2020-05-01").all()
    assert set(chosen["definition"]) <= {"digital_ecosystem", "marketplace", "gernas_bbi_cumulative"}


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("modern_cooperatives", (0, 0, 1)),
        ("ekatalog_umkm", (1, 6, 7)),
        ("ekatalog_products", (2, 10, 14)),
        ("jakarta_jakpreneur", (16, 17, 18)),
        ("sumut_qris", (12, 16, 17)),
        ("bali_qris", (6, 7, 7)),
    ],
)
def test_default_selection_of_the_others(programmes: Loaded, name: str, counts: tuple[int, int, int]) -> None:
    study = programmes(name)
    assert tuple(len(ledger.select(study, v)) for v in ("2022-03-31", "2022-12-31", "2025-12-31")) == counts


def test_leads_entered_later_are_the_only_additions(programme: ledger.Programme) -> None:
    leads = {"2021-08-12-kkukm-14.6": "2021-08-14", "2022-05-31-kkukm-19": "2022-06-17"}
    vintages = ("2022-03-31", "2022-12-31", "2023-12-31", "2024-12-31")
    counts = {vintage: len(ledger.select(programme, vintage, drop=leads)) for vintage in vintages}
    assert list(counts.values()) == [30, 42, 50, 53]  # the ledger as first compiled
    for row, day in leads.items():
        assert ledger.explain(programme, row).fields["reported_on"].isoformat() == day


def test_values_are_in_single_units(programme: ledger.Programme) -> None:
    rows = programme.observations.set_index("id")
    assert rows.loc["2022-03-28-kkukm-17.59", ["value", "decimals"]].tolist() == [17_590_000, -4]
    assert rows.loc["2023-12-31-kkukm-25.292701", ["value", "decimals"]].tolist() == [25_292_701, 0]
    assert half_width(rows["decimals"])["2022-03-28-kkukm-17.59"] == 5_000
    assert half_width(rows["decimals"])["2023-12-04-ekon-27"] == 500_000


def test_selection_is_sorted_and_plainly_indexed(programme: ledger.Programme) -> None:
    chosen = ledger.select(programme, "2023-12-31")
    assert chosen.equals(chosen.sort_values(["as_of", "reported_on", "id"], kind="stable"))
    assert list(chosen.index) == list(range(52))


def test_the_vintage_day_itself_is_known(programme: ledger.Programme, planted: pd.DataFrame) -> None:
    day_before, day = (ledger.select(programme, v, extra=planted) for v in ("2022-03-31", "2022-04-01"))
    assert "planted" not in set(day_before["id"])
    assert "planted" in set(day["id"])
    assert len(ledger.as_of(planted, "2022-04-01")) == 1
    assert ledger.as_of(planted, dt.date(2022, 3, 31)).empty


def test_what_is_reported_later_changes_nothing(programme: ledger.Programme, planted: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(
        ledger.select(programme, "2022-03-31"), ledger.select(programme, "2022-03-31", extra=planted), check_dtype=False
    )


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"id": "2020-05-12-kkukm-8"}, "column id"),
        ({"value": -1.0}, "column value"),
        ({"value": float("inf")}, "column value"),
        ({"unit": "products", "role": "guess"}, "column role"),
        ({"lag_days": 3}, "column lag_days"),
        ({"url": "nowhere"}, "column url"),
    ],
)
def test_extra_rows_pass_the_same_checks(
    programme: ledger.Programme, planted: pd.DataFrame, change: dict, said: str
) -> None:
    with pytest.raises(InputError, match=f"extra rows, row 168, {said}"):
        ledger.select(programme, "2024-12-31", extra=planted.assign(**change))


def test_extra_rows_need_every_column(programme: ledger.Programme, planted: pd.DataFrame) -> None:
    with pytest.raises(InputError, match="extra rows have no column 'url'"):
        ledger.select(programme, "2024-12-31", extra=planted.drop(columns="url"))


def test_figures_and_bodies_can_be_left_out(programme: ledger.Programme) -> None:
    v = "2023-12-31"
    assert "2023-12-04-ekon-27" not in set(ledger.select(programme, v, drop=["2023-12-04-ekon-27"])["id"])
    assert len(ledger.select(programme, v, drop=["2023-12-04-ekon-27"])) == 51
    without = ledger.select(programme, v, without_sources=["Kemenko Marves"])
    only = ledger.select(programme, v, only_sources=["Kemenko Marves"])
    assert len(without) + len(only) == 52
    assert set(only["speaker_org"]) == {"Kemenko Marves"}
    assert ledger.select(programme, v, only_sources=[]).empty
    assert (
        len(ledger.select(programme, v, definitions=["marketplace"]))
        == (ledger.select(programme, v)["definition"] == "marketplace").sum()
    )
    assert ledger.select(programme, v, since="2022-01-01")["as_of"].min() >= pd.Timestamp("2022-01-01")
    assert len(ledger.select(programme, v, since="2000-01-01")) > 52


@pytest.mark.parametrize(
    ("choice", "said"),
    [
        ({"drop": ["x"]}, "drop is 'x'; allowed: one of the 1"),
        ({"without_sources": ["Nobody"]}, "without_sources is 'Nobody'; allowed: Akumindo"),
        ({"only_sources": ["Nobody"]}, "only_sources is 'Nobody'"),
        ({"definitions": ["nothing"]}, "definitions is 'nothing'; allowed: digital_ecosystem, ecommerce_users"),
        ({"since": "2020-02-30"}, "since is '2020-02-30'; allowed is a day that exists"),
    ],
)
def test_unknown_choices_name_the_known_ones(programme: ledger.Programme, choice: dict, said: str) -> None:
    with pytest.raises(InputError) as caught:
        ledger.select(programme, "2023-12-31", **choice)
    assert said in str(caught.value)


def test_capacities_of_umkm(programme: ledger.Programme) -> None:
    units = {c.name: c.units for c in programme.capacities}
    assert units == {
        "all_umkm": 65_470_000,
        "likely_online": pytest.approx(48_251_390),
        "nonfarm_micro_small": 26_260_000,
    }
    (default,) = (c for c in programme.capacities if c.default)
    assert default.name == "all_umkm"
    assert default.as_of == dt.date(2019, 12, 31)
    online = programme.capacities[1]
    assert online.ids == ("D020", "P078")
    assert online.share == pytest.approx(0.737)
    assert "APJII" in online.source
    assert all(c.known_on is None or c.known_on <= dt.date(2022, 3, 31) for c in programme.capacities)
    assert not any(c.assumption for c in programme.capacities)


def test_capacities_that_nobody_counted_say_so(programmes: Loaded) -> None:
    for name in ("sumut_qris", "bali_qris"):
        (default,) = (c for c in programmes(name).capacities if c.default)
        assert default.assumption
        assert "assumption" in default.source
    assert programmes("ekatalog_products").capacities == ()


def test_official_path_of_umkm(programme: ledger.Programme) -> None:
    path = programme.path
    assert path is not None
    assert [(m.date.isoformat(), m.value) for m in path.milestones] == [
        ("2022-12-31", 20e6), ("2023-12-31", 24e6), ("2024-12-31", 30e6),
    ]  # fmt: skip
    assert (path.announced, path.base_date, path.base_value) == (dt.date(2022, 3, 28), dt.date(2022, 3, 28), 17.5e6)
    assert all(
        m.speaker_org == "Presiden" and m.stated_on == path.announced and m.url == path.url for m in path.milestones
    )


def test_rejected_rows_and_selected_ones_are_all(programme: ledger.Programme) -> None:
    out = ledger.rejected(programme, "2022-03-31")
    chosen = ledger.select(programme, "2022-03-31")
    assert len(out) + len(chosen) == len(programme.observations)
    assert not set(out["id"]) & set(chosen["id"])
    codes = out.set_index("id")["code"]
    assert codes["2022-12-27-kkukm-20.76"] == "reported_later"
    assert codes["2018-04-30-kominfo-4"] in ("before_start", "role")
    assert (programme.observations.loc[out.index, "id"] == out["id"]).all()
    assert out["reason"].str.len().min() > 10


def test_explain(programme: ledger.Programme) -> None:
    used = ledger.explain(programme, "2022-03-28-kkukm-17.59", "2022-03-31")
    assert used.used
    assert used.reason is None
    assert used.fields["value"] == 17_590_000
    assert used.fields["as_of"] == dt.date(2022, 3, 28)
    assert used.url.startswith("http")
    text = (programme.folder / "observations.csv").read_text().splitlines()
    assert text[used.row - 1].startswith("2022-03-28-kkukm-17.59,")
    later = ledger.explain(programme, "2023-12-04-ekon-27", "2022-03-31")
    assert (later.used, later.code) == (False, "reported_later")
    assert "2023-12-04" in later.reason
    repeat = ledger.explain(programme, "2022-11-01-kkukm-20.5-antara")
    assert repeat.code == "role"
    assert repeat.repeats is not None
    assert repeat.id in ledger.explain(programme, repeat.repeats["id"]).repeated_by
    with pytest.raises(InputError, match="id is 'none'"):
        ledger.explain(programme, "none")


def test_lags(programme: ledger.Programme) -> None:
    lags = ledger.lags(ledger.select(programme, "2024-12-31"))
    assert lags["lag_days"].iloc[0] == 216
    assert (lags["lag_days"] == 0).sum() == 29
    assert (lags["lag_days"] > 30).sum() == 14
    assert lags["lag_days"].is_monotonic_decreasing


def test_conflicts_of_umkm(programme: ledger.Programme) -> None:
    table = ledger.conflicts(ledger.select(programme, "2024-12-31"))
    pairs = set(zip(table["id_low"], table["id_high"], strict=True))
    assert ("2022-12-27-kkukm-20.76", "2022-12-31-marves-21.4") in pairs
    assert (table["difference"] == table["value_high"] - table["value_low"]).all()
    assert (table["period_start"] <= table["period_end"]).all()
    assert table["relative"].is_monotonic_decreasing
    assert table["url_low"].str.startswith("http").all()


def rows(*figures: tuple) -> pd.DataFrame:
    """Rows with as_of, precision, value, decimals, qualifier."""
    frame = pd.DataFrame(figures, columns=["as_of", "as_of_precision", "value", "decimals", "qualifier"])
    frame["as_of"] = pd.to_datetime(frame["as_of"])
    names = [f"r{i}" for i in range(len(frame))]
    return frame.assign(
        id=names, kind="level", unit="UMKM", flow_since=pd.NaT, speaker_org=names, definition="d", url="u"
    )


@pytest.mark.parametrize(
    ("a", "b", "conflict"),
    [
        (("2022-03-31", "day", 17e6, -6, "approx"), ("2022-03-31", "day", 18.1e6, -5, "approx"), True),
        (("2022-03-31", "day", 17e6, -6, "approx"), ("2022-03-31", "day", 18e6, -6, "approx"), False),
        (("2022-03-31", "day", 17.5e6, -5, "approx"), ("2022-03-31", "day", 17.59e6, -4, "approx"), True),
        (("2022-03-31", "day", 17e6, -6, "approx"), ("2022-03-30", "day", 19e6, -6, "approx"), False),
        (("2022-03-31", "month", 17e6, -6, "approx"), ("2022-03-02", "day", 19e6, -6, "approx"), True),
        (("2022-12-31", "year", 17e6, -6, "approx"), ("2022-12-02", "day", 19e6, -6, "approx"), True),
        (("2022-12-31", "year", 17e6, -6, "approx"), ("2022-11-30", "month", 19e6, -6, "approx"), False),
        (("2022-03-31", "day", 17e6, -6, "at_least"), ("2022-03-31", "day", 19e6, -6, "approx"), False),
        (("2022-03-31", "day", 17e6, -6, "approx"), ("2022-03-31", "day", 19e6, -6, "at_least"), True),
    ],
)
def test_when_two_figures_conflict(a: tuple, b: tuple, conflict: bool) -> None:
    for frame in (rows(a, b), rows(b, a)):
        assert (len(ledger.conflicts(frame)) == 1) is conflict


def test_flows_of_different_periods_do_not_conflict() -> None:
    frame = rows(("2022-03-31", "day", 1e6, -6, "approx"), ("2022-03-31", "day", 9e6, -6, "approx")).assign(kind="flow")
    frame["flow_since"] = pd.to_datetime(["2022-01-01", "2020-05-14"])
    assert ledger.conflicts(frame).empty
    assert len(ledger.conflicts(frame.assign(flow_since=frame["flow_since"].iloc[0]))) == 1


def test_known_vintages(programme: ledger.Programme) -> None:
    days = ledger.known_vintages(programme)
    assert days == sorted(set(days))
    assert days[0] == dt.date(2020, 5, 12)
    assert len(ledger.select(programme, days[-1])) == 55
    assert ledger.select(programme, days[0] - dt.timedelta(days=1)).empty
    assert len(ledger.select(programme, days[0])) == 1


def test_today_is_the_last_vintage(programme: ledger.Programme) -> None:
    assert len(ledger.select(programme, dt.date.today())) == 55
    with pytest.raises(InputError, match="in the future; allowed is a day until today"):
        ledger.select(programme, dt.date.today() + dt.timedelta(days=1))


def test_data_hash_follows_the_files(programme: ledger.Programme, tmp_path: Path) -> None:
    import shutil

    shutil.copytree(programme.folder.parent, tmp_path / "data")
    copy = ledger.load("umkm_onboarding", tmp_path / "data")
    assert ledger.data_hash(copy) == ledger.data_hash(programme)
    (copy.folder / "programme.yml").write_text((copy.folder / "programme.yml").read_text() + "# a comment\n")
    assert ledger.data_hash(copy) != ledger.data_hash(programme)


@pytest.mark.slow
def test_loading_is_fast() -> None:
    ledger.load("umkm_onboarding")
    times = []
    for _ in range(5):
        start = time.perf_counter()
        ledger.select(ledger.load("umkm_onboarding"), "2022-03-31")
        times.append(time.perf_counter() - start)
    assert min(times) < 0.3  # about 0.08 s on an idle machine


def test_loading_is_light() -> None:
    heavy = ["matplotlib", "scipy", "papermill", "statsmodels", "jsonschema", "rich", "babel", "IPython"]
    code = "import sys; from jalur import ledger; ledger.load('umkm_onboarding'); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not set(heavy) & set(loaded)
