"""The measurement that ships."""

import json

import pytest
from adoption import official_targets, three_series

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
    got = track_record.measure(tmp_path / "series.csv", tmp_path / "record.json", draws=100, tell=told.append)
    assert json.loads((tmp_path / "record.json").read_text(encoding="utf-8")) == got
    assert {path.name for path in tmp_path.iterdir()} == {"record.json", "series.csv"}
    assert list(got["methods"]) == ["jalur", "line", "cagr", "damped_ets", "logistic"]
    assert got["measured_on"] == "2023-11-14"
    assert got["tasks"]["origins"] == 7  # of the four of series a three are taken
    assert got["methods"]["line"]["by_group"]["other"]["tasks"] == 3
    assert got["kinds"][0] == {"group": "kind", "series": 2, "values": 20}
    assert [kind["group"] for kind in got["kinds"]] == ["kind", "other"]
    assert got["methods"]["jalur"]["weights"].startswith("learned on the other kinds")
    shapes = [f"shape_{family}" for family in ("logistic", "bass", "saturating", "line")]
    assert list(got["jalur_variants"]) == ["as_shipped", *shapes]
    assert {(row["stretch"], row["horizon"]) for row in got["labels"]} >= {(1.71, 3.0), (1.7055, 2.76)}
    assert got["official_targets"] is None
    for method in got["methods"].values():  # each kind alike: two kinds with four and three tasks
        means = [method["by_group"][kind]["scaled_crps"] for kind in ("kind", "other")]
        assert method["scaled_crps"] == pytest.approx(sum(means) / 2, abs=1e-4)
    assert len(told) == 16


@pytest.fixture
def bench(tmp_path, frame):
    """A folder of benchmarks: series and tasks of two kinds, two official targets, series for the labels."""
    (tmp_path / "kinds").mkdir()
    renamed = frame.assign(group=frame["group"].replace({"kind": "internet_users", "other": "us_technology"}))
    renamed.to_csv(tmp_path / "kinds" / "open_kinds.csv", index=False)
    frame.to_csv(tmp_path / "adoption_open_series.csv", index=False)
    task = {"group": "internet_users", "series": "s", "t": [1, 2, 3, 4, 5], "y": [5, 8, 12, 15, 21], "ceiling": 100}
    task |= {"future_t": [6, 7, 8], "future_y": [26, 33, 41]}
    tasks = [task, task | {"group": "us_technology", "future_y": [23, 24, 25]}]
    (tmp_path / "kinds" / "tasks_open_kinds.json").write_text(json.dumps(tasks), encoding="utf-8")
    official_targets(tmp_path / "targets", "digital")
    return tmp_path


def test_measure_on_a_folder_of_benchmarks(bench, no_regions):
    got = track_record.measure(bench, draws=50)
    assert (got["tasks"]["origins"], got["tasks"]["kinds"]) == (2, 2)
    assert got["tasks"]["rule"] == track_record.NOTES["tasks_given"]
    official = got["official_targets"]
    assert (official["targets"], official["classes"], official["families"]) == (2, 2, 2)
    assert sum(row["cases"] for row in official["by_stretch"].values()) == 2
    assert official["by_class"]["a"]["met"] == 0
    assert set(official["parts"]["all"]["brier"]) == {
        "constant", "engine", "engine_no_class", "outside_view", "combined", "line",
    }  # fmt: skip


def test_the_slow_baselines_are_scored_on_a_few_tasks_of_each_kind(bench, no_regions, monkeypatch):
    monkeypatch.setattr(track_record, "PER_KIND", 1)
    task = json.loads((bench / "kinds" / "tasks_open_kinds.json").read_text())[0]
    (bench / "kinds" / "tasks_open_kinds.json").write_text(json.dumps([task, task | {"series": "t"}]))
    got = track_record.measure(bench, draws=50)
    assert {name: method["tasks"] for name, method in got["methods"].items()} == {
        "jalur": 2, "line": 2, "cagr": 2, "damped_ets": 1, "logistic": 2,
    }  # fmt: skip


def test_the_spread_between_kinds_is_that_of_kinds_with_enough_cases():
    def kind(said, happened, cases, held):
        return {"reliability": [{"low": 0.4, "cases": cases, "said": said, "happened": happened}], "coverage_90": held}

    found = track_record._between(
        {"a": kind(0.5, 0.7, 9, 0.8), "b": kind(0.5, 0.3, 9, 1.0), "c": kind(0.5, 1.0, 2, 0.9)}
    )
    assert found["happened_minus_said"] == [{"low": 0.4, "kinds": 2, "sd": pytest.approx(0.2)}]
    assert found["coverage_90_sd"] == pytest.approx(0.0816, abs=1e-4)


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
    assert record["schema_version"] == track_record.SCHEMA_VERSION
    assert set(record["methods"]) == {"jalur", "line", "cagr", "damped_ets", "logistic"}
    assert record["methods"]["jalur"]["weights"].startswith("learned on the other kinds")
    for name, method in record["methods"].items():
        slow = name in track_record.SLOW
        assert (method["tasks"] < record["tasks"]["origins"]) == slow
        assert method["kinds"] == record["tasks"]["kinds"] == len(method["by_group"])
        assert sum(row["cases"] for row in method["reliability"]) == method["verdicts"]
        assert 0 <= method["coverage_50"] <= method["coverage_80"] <= method["coverage_90"] <= 1
        mean = sum(kind["scaled_crps"] for kind in method["by_group"].values()) / method["kinds"]
        assert method["scaled_crps"] == pytest.approx(mean, abs=1e-3)
    for row in record["labels"]:
        assert row["hits"] <= min(row["on_track"], row["reached"])
        assert max(row["on_track"], row["reached"]) <= row["cases"]
        if row["on_track"]:
            assert row["hit_rate"] == pytest.approx(row["hits"] / row["on_track"], abs=1e-4)
            assert row["hit_rate_95_low"] <= row["hit_rate"] <= row["hit_rate_95_high"]


def test_the_shipped_official_targets_add_up():
    official = measured.record()["official_targets"]
    for table in ("by_class", "by_stretch"):
        assert sum(row["cases"] for row in official[table].values()) == official["targets"]
    whole = official["parts"]["all"]
    assert whole["cases"] == official["targets"]
    assert whole["brier"]["constant"] == pytest.approx(whole["met"] * (1 - whole["met"]), abs=1e-3)
    assert whole["brier"]["engine"] < min(whole["brier"]["constant"], whole["brier"]["line"])
    assert official["corners"]["all"]["cases"] == official["targets"]


def test_the_shipped_record_holds_no_series():
    text = json.dumps(measured.record())
    assert len(text) < 400_000
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
