"""The measurement that ships."""

import json

import pytest
from adoption import three_series

from jalur.record import measure as track_record
from jalur.verdict import measured


@pytest.fixture
def frame():
    return three_series()


@pytest.fixture
def no_regions(monkeypatch):
    monkeypatch.setattr(track_record, "_regional", list)


def test_measure_writes_a_whole_record(tmp_path, frame, no_regions, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    frame.to_csv(tmp_path / "series.csv", index=False)
    told = []
    got = track_record.measure(tmp_path / "series.csv", None, tmp_path / "record.json", draws=100, tell=told.append)
    assert json.loads((tmp_path / "record.json").read_text(encoding="utf-8")) == got
    assert {path.name for path in tmp_path.iterdir()} == {"record.json", "series.csv"}
    assert list(got["methods"]) == ["jalur", "line", "cagr", "damped_ets", "logistic"]
    assert got["measured_on"] == "2023-11-14"
    assert got["tasks"]["origins"] == 7  # of the four of series a three are taken
    assert got["methods"]["line"]["by_group"]["other"]["tasks"] == 3
    assert [source["group"] for source in got["sources"]] == ["kind", "other"]
    assert got["sources"][0] == {"group": "kind", "series": 2, "values": 20}
    assert len(told) == 13
    assert got["methods"]["jalur"]["weights"].startswith("cross-fitted")
    shapes = [f"shape_{family}" for family in ("logistic", "bass", "saturating", "line")]
    assert list(got["jalur_variants"]) == ["as_shipped", "other_kinds", *shapes]
    assert {(row["stretch"], row["horizon"]) for row in got["labels"]} >= {(1.71, 3.0), (1.7055, 2.76)}


def test_measure_on_given_tasks(tmp_path, frame, no_regions):
    frame.to_csv(tmp_path / "series.csv", index=False)
    task = {"group": "g", "series": "s", "t": [1, 2, 3, 4, 5], "y": [5, 8, 12, 15, 21], "ceiling": 100}
    task |= {"future_t": [6, 7, 8], "future_y": [26, 33, 41]}
    (tmp_path / "tasks.json").write_text(json.dumps([task]), encoding="utf-8")
    got = track_record.measure(tmp_path / "series.csv", [tmp_path / "tasks.json"], draws=50)
    assert got["tasks"]["origins"] == 1
    assert got["tasks"]["rule"] == track_record.NOTES["tasks_given"]
    assert "other_kinds" not in got["jalur_variants"]  # nothing is known of other kinds than "g"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "cannot be read"),
        ("group,series,year,capacity\n", "lacks the column(s) value_percent"),
        (
            "group,series,year,value_percent,capacity\na,b,2000,1,100\na,b,2001,x,100\n",
            "row 3, column value_percent: given 'x'",
        ),
        ("group,series,year,value_percent,capacity\na,b,2000,inf,100\n", "row 2, column value_percent"),
        ("group,series,year,value_percent,capacity\na,b,2000,5,100\n", "five values before"),
    ],
)
def test_bad_series_are_refused_with_one_sentence(tmp_path, content, message, capsys):
    (tmp_path / "series.csv").write_text(content, encoding="utf-8")
    assert track_record.main([str(tmp_path / "series.csv"), "--out", str(tmp_path / "record.json")]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
    assert not (tmp_path / "record.json").exists()


def test_main_says_where_the_record_is(tmp_path, frame, no_regions, capsys):
    frame.to_csv(tmp_path / "series.csv", index=False)
    out = tmp_path / "record.json"
    assert track_record.main([str(tmp_path / "series.csv"), "--out", str(out), "--draws", "50"]) == 0
    assert capsys.readouterr().out.rstrip().endswith(f"written: {out}")
    assert json.loads(out.read_text(encoding="utf-8"))["tasks"]["draws"] == 50


def test_the_shipped_record_is_whole_and_consistent():
    record = measured.record()
    assert set(record["methods"]) == {"jalur", "line", "cagr", "damped_ets", "logistic"}
    assert record["methods"]["jalur"]["weights"].startswith("cross-fitted")
    for method in record["methods"].values():
        assert method["tasks"] == record["tasks"]["origins"]
        assert sum(row["cases"] for row in method["reliability"]) == method["verdicts"]
        assert 0 <= method["coverage_50"] <= method["coverage_80"] <= method["coverage_90"] <= 1
    for row in record["labels"]:
        assert row["hits"] <= min(row["on_track"], row["reached"])
        assert max(row["on_track"], row["reached"]) <= row["cases"]
        if row["on_track"]:
            assert row["hit_rate"] == pytest.approx(row["hits"] / row["on_track"], abs=1e-4)
            assert row["hit_rate_95_low"] <= row["hit_rate"] <= row["hit_rate_95_high"]
    assert all(source["licence"] and source["url"].startswith("https://") for source in record["sources"])


def test_the_shipped_record_holds_no_series():
    text = json.dumps(measured.record())
    assert len(text) < 100_000
    assert "Indonesia" not in text.replace("Bank Indonesia", "")


def test_jalur_beats_every_baseline_in_the_shipped_record():
    methods = dict(measured.record()["methods"])
    ours = methods.pop("jalur")
    assert all(ours["scaled_crps"] < other["scaled_crps"] for other in methods.values())
    assert all(ours["brier_skill"] > other["brier_skill"] for other in methods.values())
    assert abs(ours["coverage_90"] - 0.9) < min(abs(other["coverage_90"] - 0.9) for other in methods.values())
    assert 0.86 <= ours["coverage_90"] <= 0.94


def test_a_steeper_stretch_makes_a_label_worth_less():
    rows = [row for row in measured.record()["labels"] if row["method"] == "eurostat" and row["horizon"] == 3.0]
    rates = [row["hit_rate"] for row in sorted(rows, key=lambda row: row["stretch"])]
    assert rates == sorted(rates, reverse=True)
