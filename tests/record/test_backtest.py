"""Rolling origins, backtests, hit rates of labels, and the forecasts that jalur is measured against."""

import json
import math

import numpy as np
import pandas as pd
import pytest
from adoption import three_series

from jalur.errors import InputError
from jalur.record import backtest as backtests
from jalur.record import scores
from jalur.record.backtest import (
    BASELINES,
    Origin,
    backtest,
    cagr,
    damped_ets,
    kinds_alike,
    label_hit_rates,
    line,
    logistic_least_squares,
    rolling_origins,
)
from jalur.verdict import labels

T = np.arange(2000.0, 2010.0)
Y = np.array([2.0, 3.1, 4.8, 7.0, 10.2, 14.1, 19.5, 25.8, 32.0, 38.9])
AHEAD = np.array([2010.0, 2011.0, 2012.0])


@pytest.fixture
def frame():
    return three_series()


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


def test_summary_is_the_mean_of_the_kinds(frame):
    """Each kind counts alike: the mean of the kinds' own means, not that of the rows."""
    result = backtest(frame, line)
    summary = result.summary()
    assert (summary["tasks"], summary["series"], summary["kinds"]) == (8, 3, 2)
    by_kind = result.levels.groupby("group")
    assert summary["scaled_crps"] == pytest.approx(by_kind["crps"].mean().mean())
    assert summary["scaled_crps"] != pytest.approx(result.levels["crps"].mean())
    assert summary["coverage_90"] == pytest.approx(by_kind["in_90"].mean().mean())
    assert list(summary["scaled_crps_by_horizon"]) == ["1", "2", "3"]
    t = result.targets
    weight = kinds_alike(t["group"])
    assert weight.sum() == pytest.approx(1)
    assert summary["brier_skill"] == scores.brier_skill(t["probability"], t["happened"], t["stretch"], weight)
    steep = t["stretch"] == 1.15
    happened = np.average(t[steep]["happened"], weights=weight[steep])
    assert summary["by_stretch"][0]["happened"] == pytest.approx(happened)
    assert sum(row["cases"] for row in summary["by_stretch"]) == summary["verdicts"] == len(t)
    json.dumps(summary, allow_nan=False)


def test_a_part_is_scored_by_itself(frame):
    result = backtest(frame, line)
    part = result.part(["other"])
    assert set(part.levels["group"]) == set(part.targets["group"]) == {"other"}
    assert part.tasks == part.levels["origin"].nunique()
    assert part.summary()["scaled_crps"] == pytest.approx(part.levels["crps"].mean())


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


# --- the forecasts to compare with


@pytest.mark.parametrize("name", BASELINES)
def test_shape_seed_and_signature(name):
    forecast = BASELINES[name]
    first = forecast(T, Y, AHEAD, capacity=100.0, draws=50, seed=3)
    assert first.shape == (3, 50)
    assert np.isfinite(first).all()
    assert np.array_equal(first, forecast(list(T), list(Y), list(AHEAD), 100.0, 50, 3))
    assert not np.array_equal(first, forecast(T, Y, AHEAD, capacity=100.0, draws=50, seed=4))


@pytest.mark.parametrize("name", BASELINES)
def test_growth_goes_on(name):
    middle = np.median(BASELINES[name](T, Y, AHEAD, draws=400), axis=1)
    assert (np.diff(middle) > 0).all()
    assert middle[-1] > Y[-1]


@pytest.mark.parametrize("name", BASELINES)
@pytest.mark.parametrize(
    ("t", "y", "future"),
    [
        (T[:2], Y[:2], AHEAD),
        (T, Y[:-1], AHEAD),
        (T[::-1], Y, AHEAD),
        (T, np.append(Y[:-1], np.nan), AHEAD),
        (T, Y, np.array([2009.0])),
        (T, Y, np.array([])),
    ],
)
def test_bad_history_is_refused(name, t, y, future):
    with pytest.raises(InputError):
        BASELINES[name](t, y, future)


def test_line_by_hand():
    draws = line([0, 1, 2, 4], [1.0, 2.0, 5.0, 7.0], [5.0, 8.0], draws=400_000, seed=1)
    steps = np.array([1.0, 3.0, 1.0])  # a year
    for row, ahead in zip(draws, (1.0, 4.0), strict=True):
        assert row.mean() == pytest.approx(7 + steps.mean() * ahead, abs=0.02)
        assert row.std() == pytest.approx(steps.std(ddof=1) * np.sqrt(ahead * (1 + ahead / 3)), rel=0.01)


def test_line_looks_at_the_last_six_values_only():
    other = np.concatenate([[50.0, 1.0, 50.0, 1.0], Y[4:]])
    assert np.array_equal(line(T, Y, AHEAD), line(T, other, AHEAD))


def test_cagr_goes_on_at_the_geometric_rate():
    y = 2.0 * 1.25 ** np.arange(8)
    draws = cagr(np.arange(8.0), y, [8.0, 10.0])
    assert draws == pytest.approx(np.array([[2 * 1.25**8], [2 * 1.25**10]]).repeat(2000, axis=1))


def test_cagr_stops_at_the_capacity_and_takes_zeros():
    draws = cagr([0, 1, 2, 3], [0.0, 1.0, 10.0, 60.0], [4.0, 6.0], capacity=100.0)
    assert draws.max() == pytest.approx(100.0)
    assert draws.min() >= 0


def test_logistic_recovers_an_exact_curve():
    def curve(t):
        return 80 / (1 + np.exp(-0.5 * (t - 2006)))

    draws = logistic_least_squares(T, curve(T), AHEAD, capacity=80.0)
    assert np.median(draws, axis=1) == pytest.approx(curve(AHEAD), rel=1e-6)
    assert np.ptp(draws, axis=1).max() < 1e-4


def test_logistic_spread_agrees_with_scipy_curve_fit():
    from scipy.optimize import curve_fit

    y = Y + np.array([0.4, -0.3, 0.5, -0.6, 0.2, 0.7, -0.5, 0.3, -0.4, 0.2])
    (rate, middle), covariance = curve_fit(lambda t, r, m: 100 / (1 + np.exp(-r * (t - m))), T, y, p0=(0.3, 2010))
    at, step = 2012.0, 1e-5
    slope = np.array(
        [
            (100 / (1 + np.exp(-(rate + step) * (at - middle))) - 100 / (1 + np.exp(-rate * (at - middle)))) / step,
            (100 / (1 + np.exp(-rate * (at - middle - step))) - 100 / (1 + np.exp(-rate * (at - middle)))) / step,
        ]
    )
    error = ((y - 100 / (1 + np.exp(-rate * (T - middle)))) ** 2).sum() / (len(T) - 2)
    draws = logistic_least_squares(T, y, [at], draws=200_000)
    assert draws.std() == pytest.approx(np.sqrt(slope @ covariance @ slope + error), rel=0.02)


def test_damped_trend_grows_by_less_and_less():
    middle = np.median(damped_ets(T, Y, np.arange(2010.0, 2030.0), draws=800), axis=1)
    steps = np.diff(middle)
    assert 0 < steps[-3:].mean() < steps[:3].mean()


def test_damped_ets_is_the_mean_of_the_statsmodels_forecast():
    import warnings

    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fitted = ETSModel(Y, error="add", trend="add", damped_trend=True).fit(disp=False)
        expected = np.asarray(fitted.forecast(3))
    assert damped_ets(T, Y, AHEAD, draws=20_000).mean(axis=1) == pytest.approx(expected, abs=0.05)


def test_damped_ets_fills_gaps_in_the_years():
    gap = damped_ets(np.delete(T, 4), np.delete(Y, 4), AHEAD, draws=300)
    filled = Y.copy()
    filled[4] = (Y[3] + Y[5]) / 2
    assert np.array_equal(gap, damped_ets(T, filled, AHEAD, draws=300))


def test_damped_ets_between_the_steps():
    whole = damped_ets(T, Y, [2010.0, 2011.0], draws=100, seed=5)
    half = damped_ets(T, Y, [2010.5, 2011.0], draws=100, seed=5)
    assert half[0] == pytest.approx(whole.mean(axis=0))
