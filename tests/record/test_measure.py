"""Rolling origins, backtest, hit rates of labels, and the measurement that ships."""

import json
import math

import numpy as np
import pandas as pd
import pytest

from jalur.record import backtest as backtests
from jalur.record import measure as track_record
from jalur.record import scores
from jalur.record.backtest import Origin, backtest, label_hit_rates, rolling_origins
from jalur.record.baselines import line
from jalur.verdict import labels


def series(name, first, values, capacity=100.0, group="kind"):
    years = np.arange(first, first + len(values), dtype=float)
    return pd.DataFrame(
        {"group": group, "series": name, "year": years, "value_percent": np.array(values, float), "capacity": capacity}
    )


@pytest.fixture
def frame():
    return pd.concat(
        [
            series("a", 2000, [0.0, 1, 2, 4, 8, 16, 32, 50, 60, 70, 85, 90]),
            series("b", 2001, [10, 20, 30, 40, 50, 60, 65, 70]),
            series("e", 1990, [3, 6, 9, 12, 15, 18, 21, 24, 27, 30], capacity=50.0, group="other"),
        ],
        ignore_index=True,
    )


def test_which_years_are_origins(frame):
    found = [(task.series, task.t[-1]) for task in rolling_origins(frame)]
    # a: five positive values by 2005, level at most 80, three later values; b: level 50 to 60 with three later values
    assert found == [
        ("a", 2005), ("a", 2006), ("a", 2007), ("a", 2008),
        ("b", 2005),
        ("e", 1994), ("e", 1995), ("e", 1996),
    ]  # fmt: skip


def test_an_origin_holds_history_and_future(frame):
    task = rolling_origins(frame)[0]
    assert task.t == (2001, 2002, 2003, 2004, 2005)  # the zero of 2000 is left out
    assert task.y == (1, 2, 4, 8, 16)
    assert task.future_t == (2006, 2007, 2008)
    assert task.future_y == (32, 50, 60)
    assert (task.group, task.capacity) == ("kind", 100.0)
    assert task.level_after(1.5) == pytest.approx(41)
    assert rolling_origins(frame)[-1].capacity == 50.0


def test_origins_do_not_depend_on_the_order_or_the_index_of_rows(frame):
    mixed = frame.sample(frac=1.0, random_state=3)
    assert rolling_origins(mixed) == rolling_origins(frame)
    by_year = frame.assign(year=frame["year"].astype(int)).set_index("year", drop=False)
    assert rolling_origins(by_year.rename_axis(None)) == rolling_origins(frame)


def test_a_missing_year_ends_the_future_but_not_the_history(frame):
    gap = frame[~((frame["series"] == "a") & (frame["year"] == 2009))]
    assert [task.t[-1] for task in rolling_origins(gap) if task.series == "a"] == [2005]
    early = frame[~((frame["series"] == "a") & (frame["year"] == 2003))]
    assert next(t.t for t in rolling_origins(early) if t.series == "a") == (2001, 2002, 2004, 2005, 2006)


def test_at_most_so_many_origins_of_a_series(frame):
    found = [(task.series, task.t[-1]) for task in rolling_origins(frame, per_series=2)]
    assert found == [("a", 2005), ("a", 2007), ("b", 2005), ("e", 1994), ("e", 1995)]


def test_a_planted_future_value_reaches_no_forecast(frame):
    planted = frame.copy()
    planted.loc[(planted["series"] == "a") & (planted["year"] == 2007), "value_percent"] = 99.0
    before, after = rolling_origins(frame), rolling_origins(planted)
    for task in after:
        if task.series == "a" and task.t[-1] < 2007:
            assert 99.0 in task.future_y
            assert 99.0 not in task.y
            twin = next(x for x in before if x.series == "a" and x.t[-1] == task.t[-1])
            assert (task.t, task.y) == (twin.t, twin.y)
    same = [(t.series, t.t[-1]) for t in after if t.t[-1] < 2007 and t.series == "a"]
    assert same == [("a", 2005.0), ("a", 2006.0)]
    runs = [backtest(x, line).levels for x in (before, after)]
    early = [run[(run["series"] == "a") & (run["origin"] < 2007)].reset_index(drop=True) for run in runs]
    assert early[0]["median"].equals(early[1]["median"])
    assert not early[0]["observed"].equals(early[1]["observed"])


def test_a_forecast_is_handed_nothing_but_the_past(frame):
    seen = []

    def spy(t, y, future_t, capacity, draws, seed):
        seen.append((tuple(t), tuple(y), tuple(future_t), capacity, draws, seed))
        y[:] = -1.0  # what it does to its copy must not matter
        return np.zeros((len(future_t), draws))

    tasks = rolling_origins(frame)
    result = backtest(tasks, spy, draws=7)
    assert seen == [(task.t, task.y, task.future_t, task.capacity, 7, k) for k, task in enumerate(tasks)]
    assert all(max(t) < min(f) for t, _, f, *_ in seen)
    assert result.targets["target"].min() > 0


def test_scores_of_a_backtest_by_hand(frame):
    def steady(t, y, future_t, capacity, draws, seed):
        return np.asarray(y)[-1] + np.outer(np.asarray(future_t) - t[-1], np.linspace(0, 20, draws))

    tasks = [task for task in rolling_origins(frame) if task.series == "b"]
    result = backtest(tasks, steady, stretches=(1.2, 1.5, 3.0), draws=101)
    levels, targets = result.levels, result.targets
    assert levels["horizon"].tolist() == [1, 2, 3]
    assert levels["observed"].tolist() == [60, 65, 70]
    assert levels["median"].tolist() == [60, 70, 80]
    # draws at horizon 1 are 50 to 70 in even steps around what happened, scaled by the steps of 10
    ensemble = np.linspace(50, 70, 101)
    expected = np.abs(ensemble - 60).mean() - 0.5 * np.abs(ensemble[:, None] - ensemble).mean()
    assert levels["crps"][0] == pytest.approx(expected / 10)
    assert levels["absolute_error"].tolist() == [0, 0.5, 1.0]
    assert levels["in_50"].tolist() == [True, True, True]
    assert levels["pit"].tolist() == pytest.approx([0.5, 37.5 / 101, 33.5 / 101], abs=0.006)
    # 60 asked for: draws 50 to 110 reach it from the 17th of 100 steps on; 75: from the 42nd; 150 is above the capacity
    assert targets["stretch"].tolist() == [1.2, 1.5]
    assert targets["probability"].tolist() == pytest.approx([84 / 101, 59 / 101])
    assert targets["happened"].tolist() == [True, False]


def test_a_forecast_that_fails_is_counted_and_scored_with_the_line(frame):
    def broken(t, y, future_t, capacity, draws, seed):
        if seed % 3 == 0:
            raise ValueError("no fit")
        if seed % 3 == 1:
            return np.full((len(future_t), draws), np.nan)
        return np.zeros((2, draws))

    result, reference = backtest(frame, broken), backtest(frame, line)
    assert result.failures == result.tasks == 8
    pd.testing.assert_frame_equal(result.levels, reference.levels)
    assert reference.failures == 0


def test_a_fault_in_the_program_is_not_swallowed(frame):
    with pytest.raises(TypeError):
        backtest(frame, lambda t: t)


def test_one_forecast_for_each_origin(frame):
    asked = []

    def choose(task):
        asked.append(task.series)
        return line

    one, other = backtest(frame, choose, per_origin=True), backtest(frame, line)
    assert asked == [task.series for task in rolling_origins(frame)]
    pd.testing.assert_frame_equal(one.levels, other.levels)


def test_summary_is_the_mean_of_the_rows(frame):
    result = backtest(frame, line)
    summary = result.summary()
    assert summary["tasks"] == 8
    assert summary["series"] == 3
    assert summary["scaled_crps"] == pytest.approx(result.levels["crps"].mean())
    assert summary["coverage_90"] == pytest.approx(result.levels["in_90"].mean())
    assert list(summary["scaled_crps_by_horizon"]) == ["1", "2", "3"]
    t = result.targets
    assert summary["brier_skill"] == scores.brier_skill(t["probability"], t["happened"], t["stretch"])
    assert summary["by_stretch"][0]["happened"] == pytest.approx(t[t["stretch"] == 1.15]["happened"].mean())
    assert sum(row["cases"] for row in summary["by_stretch"]) == summary["verdicts"] == len(t)
    json.dumps(summary, allow_nan=False)


def test_tasks_from_a_file(tmp_path, frame):
    task = rolling_origins(frame)[-1]
    content = {**{k: getattr(task, k) for k in ("group", "series", "t", "y", "future_t", "future_y")}, "ceiling": 50}
    (tmp_path / "tasks.json").write_text(json.dumps([content]), encoding="utf-8")
    assert backtests.origins_from_tasks([tmp_path / "tasks.json"]) == [task]


def test_label_hit_rates_by_hand():
    def case(name, now, end):
        """Base 10, two years later `now`, three years later `end`, in a straight line on both legs."""
        rise, later = (now - 10) / 2, (end - now) / 3
        t, y = (2000.0, 2001.0, 2002.0), (10.0, 10 + rise, now)
        return Origin("kind", name, t, y, (2003.0, 2004.0, 2005.0), tuple(now + later * k for k in (1, 2, 3)), 100.0)

    # now 20: doubled in two years, so a further doubling in three is on track by growth, not by the straight line;
    # now 11: a doubling is far off
    cases = [case("fast, met", 20, 45), case("fast, missed", 20, 35), case("slow, met", 11, 30), case("slow", 11, 12)]
    table = label_hit_rates(cases, (2.0, 8.0), 3.0).set_index(["method", "stretch"])
    for method in labels.METHODS:
        row = table.loc[(method, 2.0)]
        assert (row["cases"], row["series"], row["reached"], row["base_rate"]) == (4, 4, 2, 0.5)
    assert table.loc[("eurostat", 2.0), "on_track"] == 2
    assert table.loc[("eurostat", 2.0), "hits"] == 1
    assert table.loc[("eurostat", 2.0), "hit_rate"] == 0.5
    assert table.loc[("jmp", 2.0), "on_track"] == 0
    assert math.isnan(table.loc[("jmp", 2.0), "hit_rate"])
    assert table.loc[("un2026", 8.0), "cases"] == 2  # for the fast ones the target would be above the capacity


def test_label_hit_rates_read_the_outcome_at_the_horizon():
    task = Origin("kind", "s", (2000.0, 2001.0, 2002.0), (10.0, 15.0, 20.0), (2003.0, 2004.0), (30.0, 60.0), 100.0)
    assert label_hit_rates([task], (2.0,), 1.3)["reached"].tolist() == [0] * 4  # 39 after 1.3 years
    assert label_hit_rates([task], (2.0,), 1.4)["reached"].tolist() == [1] * 4  # 42 after 1.4 years


def test_labels_use_nothing_after_the_origin(frame):
    planted = frame.copy()
    planted.loc[(planted["series"] == "a") & (planted["year"] >= 2009), "value_percent"] = 99.0
    chosen = [[t for t in rolling_origins(x) if t.series == "a" and t.t[-1] < 2009] for x in (frame, planted)]
    one, other = (label_hit_rates(tasks, (1.15, 1.8)) for tasks in chosen)
    assert one["on_track"].equals(other["on_track"])
    assert not one["reached"].equals(other["reached"])


def test_no_base_year_no_case():
    task = Origin("kind", "s", (1990.0, 2001.0, 2002.0), (1.0, 15.0, 20.0), (2003.0,), (30.0,), 100.0)
    assert label_hit_rates([task], (1.2,), 1.0)["cases"].tolist() == [0] * 4
    assert label_hit_rates([task], (1.2,), 1.0, base_years=1)["cases"].tolist() == [1] * 4


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
            "row 3, column value_percent: 'x'",
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
    record = track_record.record()
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
    text = json.dumps(track_record.record())
    assert len(text) < 100_000
    assert "Indonesia" not in text.replace("Bank Indonesia", "")


def test_jalur_beats_every_baseline_in_the_shipped_record():
    methods = dict(track_record.record()["methods"])
    ours = methods.pop("jalur")
    assert all(ours["scaled_crps"] < other["scaled_crps"] for other in methods.values())
    assert all(ours["brier_skill"] > other["brier_skill"] for other in methods.values())
    assert abs(ours["coverage_90"] - 0.9) < min(abs(other["coverage_90"] - 0.9) for other in methods.values())
    assert 0.86 <= ours["coverage_90"] <= 0.94


def test_a_steeper_stretch_makes_a_label_worth_less():
    rows = [row for row in track_record.record()["labels"] if row["method"] == "eurostat" and row["horizon"] == 3.0]
    rates = [row["hit_rate"] for row in sorted(rows, key=lambda row: row["stretch"])]
    assert rates == sorted(rates, reverse=True)
