"""Scores, each against an independent computation."""

import numpy as np
import pytest

from jalur.record import scores


@pytest.fixture
def rng():
    return np.random.default_rng(12)


def test_crps_is_the_mean_distance_less_half_the_mean_spread(rng):
    draws, observed = rng.gamma(2.0, 3.0, (4, 60)), rng.gamma(2.0, 3.0, 4)
    for row, y, got in zip(draws, observed, scores.crps(draws, observed), strict=True):
        expected = np.abs(row - y).mean() - 0.5 * np.abs(row[:, None] - row[None, :]).mean()
        assert got == pytest.approx(expected, rel=1e-12)


def test_crps_is_the_integral_of_squared_distance_between_distributions(rng):
    draws = rng.normal(size=(1, 40))
    grid = np.linspace(-8, 8, 400_001)
    below = np.searchsorted(np.sort(draws[0]), grid, side="right") / 40
    integral = np.trapezoid((below - (grid >= 0.7)) ** 2, grid)
    assert scores.crps(draws, [0.7])[0] == pytest.approx(integral, abs=2e-4)


def test_crps_of_many_normal_draws_is_the_closed_form():
    from scipy.stats import norm

    draws = norm.ppf((np.arange(20_000) + 0.5) / 20_000)[None, :]
    y = 1.3
    closed = y * (2 * norm.cdf(y) - 1) + 2 * norm.pdf(y) - 1 / np.sqrt(np.pi)
    assert scores.crps(draws, [y])[0] == pytest.approx(closed, abs=1e-3)


def test_crps_does_not_depend_on_the_order_of_the_draws(rng):
    draws = rng.normal(size=(3, 50))
    assert scores.crps(draws, [0, 1, 2]) == pytest.approx(scores.crps(draws[:, ::-1], [0, 1, 2]))


def test_step_scale():
    assert scores.step_scale([100, 1, 2, 4, 7, 11, 10]) == pytest.approx((1 + 2 + 3 + 4 + 1) / 5)
    assert scores.step_scale([5, 5, 5]) == 1.0
    assert scores.step_scale([5]) == 1.0


def test_intervals_hold_their_bounds():
    draws = np.arange(101.0)[None, :].repeat(5, axis=0)
    observed = [4.9, 5.0, 50.0, 95.0, 95.1]
    assert scores.covered(draws, observed, 0.9).tolist() == [False, True, True, True, False]
    assert scores.covered(draws, [25.0, 24.9, 75.0, 75.1, 50], 0.5).tolist() == [True, False, True, False, True]


def test_intervals_of_a_right_forecast_hold_as_often_as_they_say(rng):
    draws, observed = rng.normal(size=(4000, 400)), rng.normal(size=4000)
    for level in scores.COVERAGE_LEVELS:
        assert scores.covered(draws, observed, level).mean() == pytest.approx(level, abs=0.025)


def test_pit_counts_ties_half():
    assert scores.pit([[1, 2, 2, 3]], [2.0])[0] == pytest.approx(0.5)
    assert scores.pit([[1, 2, 2, 3]], [2.5])[0] == pytest.approx(0.75)


def test_pit_of_a_right_forecast_is_uniform_and_of_a_narrow_one_is_not(rng):
    from scipy.stats import kstest

    observed = rng.normal(size=2000)
    assert kstest(scores.pit(rng.normal(size=(2000, 500)), observed), "uniform").pvalue > 0.01
    assert kstest(scores.pit(0.5 * rng.normal(size=(2000, 500)), observed), "uniform").pvalue < 1e-6
    histogram = scores.pit_histogram(scores.pit(rng.normal(size=(2000, 500)), observed))
    assert sum(histogram) == pytest.approx(1.0)
    assert max(histogram) < 0.13


def test_brier_and_skill_by_hand():
    p, hit, stretch = [0.8, 0.4, 0.2, 0.6], [1, 0, 0, 1], [1.15, 1.15, 1.5, 1.5]
    assert scores.brier(p, hit) == pytest.approx((0.04 + 0.16 + 0.04 + 0.16) / 4)
    assert scores.brier_skill(p, hit, stretch) == pytest.approx(1 - 0.1 / 0.25)


def test_skill_uses_the_base_rate_of_each_stretch_apart():
    # easy stretch always reached, steep one never: nothing is left to explain beyond the base rates
    assert scores.brier_skill([0.9, 0.9, 0.1, 0.1], [1, 1, 0, 0], [1.1, 1.1, 2.0, 2.0]) is None
    assert scores.brier_skill([0.9, 0.9, 0.1, 0.1], [1, 1, 0, 0], [1.1, 1.1, 1.1, 1.1]) == pytest.approx(0.96)


def test_auc_counts_pairs(rng):
    from scipy.stats import mannwhitneyu

    p, hit = np.round(rng.random(300), 1), rng.random(300) < 0.4
    pairs = (p[hit][:, None] > p[~hit][None, :]) + 0.5 * (p[hit][:, None] == p[~hit][None, :])
    assert scores.auc(p, hit) == pytest.approx(pairs.mean())
    assert scores.auc(p, hit) == pytest.approx(mannwhitneyu(p[hit], p[~hit]).statistic / (hit.sum() * (~hit).sum()))
    assert scores.auc([0.2, 0.9], [0, 1]) == 1.0
    assert scores.auc([0.2, 0.9], [1, 1]) is None


def test_reliability_by_hand():
    rows = scores.reliability([0.0, 0.1, 0.2, 0.95, 1.0, 1.0], [0, 1, 1, 1, 1, 0])
    assert [(r.low, r.high, r.cases) for r in rows] == [(0.0, 0.2, 2), (0.2, 0.4, 1), (0.8, 1.0, 3)]
    assert rows[0].said == pytest.approx(0.05)
    assert rows[0].happened == pytest.approx(0.5)
    assert rows[2].happened == pytest.approx(2 / 3)
    assert rows[2].to_dict()["cases"] == 3


@pytest.mark.parametrize(("hits", "cases"), [(0, 5), (3, 7), (418, 616), (9, 9)])
def test_wilson_interval(hits, cases):
    from statsmodels.stats.proportion import proportion_confint

    assert scores.wilson(hits, cases) == pytest.approx(proportion_confint(hits, cases, method="wilson"), abs=1e-9)


def test_wilson_without_cases_says_nothing():
    assert scores.wilson(0, 0) == (0.0, 1.0)


def test_verdict_scores_hold_all_of_them():
    got = scores.verdict_scores([0.1, 0.9, 0.6, 0.3], [0, 1, 0, 1], [1, 1, 2, 2])
    assert list(got) == ["verdicts", "brier", "brier_skill", "auc", "reliability"]
    assert got["verdicts"] == 4
    assert sum(row["cases"] for row in got["reliability"]) == 4


def test_weights_count_cases_as_often_as_they_say():
    """A case of weight two is the case twice; the base rates, the ranking and the bins follow."""
    rng = np.random.default_rng(0)
    p, hit, stretch = rng.random(40), rng.random(40) < 0.5, rng.choice([1.15, 1.5], 40)
    times = rng.integers(1, 4, 40)
    twice = [np.repeat(x, times) for x in (p, hit, stretch)]
    assert scores.brier(p, hit, times) == pytest.approx(scores.brier(*twice[:2]))
    assert scores.brier_skill(p, hit, stretch, times) == pytest.approx(scores.brier_skill(*twice))
    assert scores.auc(p, hit, times) == pytest.approx(scores.auc(*twice[:2]))
    assert scores.auc(p, hit) == pytest.approx(scores.auc(p, hit, np.full(40, 7.0)))
    for one, other in zip(scores.reliability(p, hit, weight=times), scores.reliability(*twice[:2]), strict=True):
        assert (one.said, one.happened) == pytest.approx((other.said, other.happened))
    for one, other in zip(scores.reliability(p, hit, weight=np.full(40, 7.0)), scores.reliability(p, hit), strict=True):
        assert one.happened_95 == pytest.approx(other.happened_95)
