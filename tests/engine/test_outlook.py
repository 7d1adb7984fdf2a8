"""What the outlook says: exact single dates, joint dates, counts that cannot fall, refusals."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from jalur.dates import decimal_year
from jalur.engine import outlook
from jalur.engine.figures import Figures, exact_figures, figures_from
from jalur.engine.outlook import condition, forecast
from jalur.engine.prior import Prior, from_dict, load, make, to_dict
from jalur.engine.scale import Units
from jalur.errors import InputError

T = np.array([2020.3, 2020.9, 2021.2, 2021.6, 2021.9, 2022.2])
Y = np.array([9.0, 11.7, 12.5, 15.0, 16.9, 17.5])
FUTURE = (2023.0, 2024.0, 2025.0)


def figures(t=T, y=Y, **changes):
    n = len(t)
    base = Figures(np.array(t, float), np.array(y, float), np.full(n, 0.05), np.zeros(n, bool), ("a",) * n,
                   tuple(f"fig-{i}" for i in range(n)))  # fmt: skip
    return replace(base, **changes)


@pytest.fixture(scope="module")
def count():
    """An outlook for a count that cannot fall, with a past date."""
    return condition(figures(), 65.0, past_t=(2021.0,))


@pytest.fixture(scope="module")
def net():
    return condition(figures(), 65.0, net=True, past_t=(2021.0,))


# --- one date ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("t", [2021.0, 2022.2, 2022.4, 2025.0])
def test_quantiles_invert_the_distribution(net, count, t):
    q = np.array([0.001, 0.05, 0.5, 0.95, 0.999])
    for one in (net, count):
        np.testing.assert_allclose(one.cdf(t, one.quantile(t, q)), q, atol=1e-7)
        assert one.quantile(t, 0.5) == pytest.approx(one.quantile(t, [0.5])[0])


def test_probability_and_distribution_function_add_up(net, count):
    for one in (net, count):
        for t in (2021.0, 2023.3):
            assert one.probability(t, 20.0) + float(one.cdf(t, 20.0)) == pytest.approx(1.0, abs=1e-12)


def test_probabilities_agree_with_independent_draws_of_the_mixture(net):
    """Sample cell, state, jumps and path by hand, without the module that draws."""
    rng = np.random.default_rng(5)
    n = 100_000
    cell = rng.choice(len(net.weight), n, p=net.weight)
    law = net.laws.take(cell)
    a, b, d = net.covariance[0, 0, cell], net.covariance[0, 1, cell], net.covariance[1, 1, cell]
    n1, n2 = rng.standard_normal((2, n))
    z = net.mean[0, cell] + np.sqrt(a) * n1
    slope = net.mean[1, cell] + b / np.sqrt(a) * n1 + np.sqrt(d - b**2 / a) * n2
    step = 1 / 60
    for _ in range(round((2025.0 - 2022.2) / step)):  # Euler, quite unlike the exact discretisation
        z = z + slope * step + law.level_sd * np.sqrt(step) * rng.standard_normal(n)
        z = z + (rng.random(n) < law.jump_rate * step) * law.jump_sd * rng.standard_normal(n)
        slope = slope - law.reversion * (slope - law.pace) * step
        slope = slope + law.slope_sd * np.sqrt(step) * rng.standard_normal(n)
    level = 65 * net.laws.links[0].from_link(z)
    for target in (18.0, 24.0, 30.0, 40.0):
        assert net.probability(2025.0, target) == pytest.approx((level >= target).mean(), abs=0.005)


def test_levels_outside_the_capacity(count):
    assert count.probability(2025.0, 65.0) == 0.0
    assert count.probability(2025.0, 80.0) == 0.0
    assert count.probability(2025.0, 0.0) == 1.0
    assert count.probability(2025.0, -1.0) == 1.0


def test_arrays_in_arrays_out(count):
    assert count.probability(2023.0, np.array([[18.0, 20.0], [25.0, 30.0]])).shape == (2, 2)
    assert isinstance(count.probability(2023.0, 20.0), float)
    assert isinstance(count.quantile(2023.0, 0.5), float)


@pytest.mark.parametrize("q", [0.0, 1.0, -0.2, [0.5, 1.5]])
def test_impossible_quantiles_are_refused(count, q):
    with pytest.raises(InputError, match="between 0 and 1"):
        count.quantile(2023.0, q)


def test_a_past_date_must_have_been_asked_for(count):
    with pytest.raises(InputError, match="past_t"):
        count.probability(2020.7, 10.0)


def test_keeping_past_levels_changes_nothing_that_is_said_of_other_dates():
    """Also where jumps are likely and the kept dates cut a gap into pieces."""
    plain = condition(figures(T, Y), 65.0)
    for past in ((T[0] + 0.1,), (T[-1] - 0.01, T[-2]), tuple(np.linspace(T[0], T[-1], 7)[:-1])):
        kept = condition(figures(T, Y), 65.0, past_t=past)
        assert kept.log_evidence == pytest.approx(plain.log_evidence, abs=1e-9)
        for t in FUTURE:
            np.testing.assert_allclose(
                [kept.mixture(t).survival(x) for x in (15.0, 20.0, 30.0)],
                [plain.mixture(t).survival(x) for x in (15.0, 20.0, 30.0)],
                atol=1e-9,
            )


def test_a_past_level_uses_figures_on_both_sides(net):
    """Smoothing: the interval at a past date is narrower than if only the earlier figures were known."""
    early = condition(figures(T[:2], Y[:2]), 65.0, net=True)
    wide = np.ptp(early.quantile(2021.0, [0.05, 0.95]))
    assert np.ptp(net.quantile(2021.0, [0.05, 0.95])) < 0.7 * wide
    assert 11.0 < net.quantile(2021.0, 0.5) < 12.6


# --- several dates ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("which", ["net", "count"])
def test_draws_have_the_exact_distribution_at_every_date(request, which):
    one = request.getfixturevalue(which)
    times = (2025.0, 2021.0, 2022.2, 2023.0)  # any order
    drawn = one.draws(times, n=80_000, seed=3)
    assert drawn.shape == (4, 80_000)
    for t, row in zip(times, drawn, strict=True):
        expected = one.quantile(t, np.array([0.05, 0.25, 0.5, 0.75, 0.95]))
        np.testing.assert_allclose(np.quantile(row, [0.05, 0.25, 0.5, 0.75, 0.95]), expected, rtol=0.006)


def test_the_joint_probability_agrees_with_the_draws(net, count):
    times, levels = (2021.0, *FUTURE), (11.9, 20.0, 24.0, 30.0)
    for one in (net, count):
        drawn = one.draws(times, n=40_000, seed=1)
        share = (drawn >= np.array(levels)[:, None]).all(axis=0).mean()
        assert one.joint_probability(times, levels) == pytest.approx(share, abs=0.01)


def test_the_joint_probability_of_two_dates_is_the_bivariate_normal():
    from scipy.stats import multivariate_normal

    from jalur.engine.filter import transition

    law = make(pace_own=1.0, slope_noise=0.5, level_noise=0.4, reversion=0.8)
    one = condition(figures(), 65.0, net=True, prior=law)
    moves, mean, cov, joint = [], one.mean[:2, 0], one.covariance[:2, :2, 0], []
    for gap in (FUTURE[0] - 2022.2, 1.5):
        h, e, a, b, d = (float(x[0]) for x in transition(one.laws, np.array([gap])))
        move = np.array([[1, h], [0, e]])
        mean = move @ mean + one.laws.pace[0] * np.array([gap - h, 1 - e])
        cov = move @ cov @ move.T + np.array([[a, b], [b, d]])
        moves.append(move)
        joint.append((mean[0], cov.copy()))
    between = (moves[1] @ joint[0][1])[0, 0]
    z = one.laws.links[0].to_link(np.array([20.0, 26.0]) / 65)
    both = [[joint[0][1][0, 0], between], [between, joint[1][1][0, 0]]]
    expected = multivariate_normal.cdf([joint[0][0] - z[0], joint[1][0] - z[1]], [0, 0], both)
    assert one.joint_probability((FUTURE[0], FUTURE[0] + 1.5), (20.0, 26.0)) == pytest.approx(expected, abs=5e-4)


def test_the_joint_probability_is_never_above_a_single_one(net, count):
    for one in (net, count):
        for levels in ((17.0, 18.0, 19.0), (20.0, 24.0, 30.0), (30.0, 20.0, 18.0), (64.9, 1.0, 1.0)):
            single = [one.probability(t, level) for t, level in zip(FUTURE, levels, strict=True)]
            joint = one.joint_probability(FUTURE, levels)
            assert 0 <= joint <= min(single)
            assert joint >= np.prod(single) - 0.01  # dates of one path are positively dependent


def test_no_number_depends_on_the_seed(count):
    """Ten seeds print the same: everything but the draws is computed on fixed points."""
    joint = {count.joint_probability(FUTURE, (20.0, 24.0, 30.0), seed) for seed in range(10)}
    assert len(joint) == 1
    assert len({count.pace(seed) for seed in range(3)}) == 1


def test_same_seed_same_draws_and_other_seed_other_draws(count):
    one, same, other = (count.draws(FUTURE, n=500, seed=s) for s in (4, 4, 5))
    np.testing.assert_array_equal(one, same)
    assert not np.array_equal(one, other)


def test_dates_and_levels_must_match(count):
    with pytest.raises(InputError, match="3 dates but 2 levels"):
        count.joint_probability(FUTURE, (1.0, 2.0))
    with pytest.raises(InputError, match="finite"):
        count.draws((np.nan,))


# --- counts that cannot fall ------------------------------------------------------------------------------------------


def test_a_count_that_cannot_fall_does_not(count):
    times = np.linspace(2022.2, 2027.0, 25)
    q = np.array([0.01, 0.05, 0.5, 0.95])
    quantiles = np.array([count.quantile(t, q) for t in times])
    assert np.all(np.diff(quantiles, axis=0) >= -1e-6)
    drawn = count.draws((2021.0, *times), n=4000)
    assert np.all(np.diff(drawn, axis=0) >= 0)


def test_a_net_count_may_fall(net):
    drawn = net.draws((2022.2, 2022.5, 2023.0), n=4000)
    assert (np.diff(drawn, axis=0) < 0).mean() > 0.02


def test_monotony_changes_little_where_the_target_is_ahead(net, count):
    assert count.probability(2025.0, 30.0) == pytest.approx(net.probability(2025.0, 30.0), abs=0.02)
    assert count.probability(2022.3, 16.5) >= net.probability(2022.3, 16.5)


def test_a_target_that_is_met_stays_met(count):
    now = count.probability(2022.2, 16.0)
    assert all(count.probability(t, 16.0) >= now - 1e-12 for t in (2022.3, 2023.0, 2026.0))


# --- figures ----------------------------------------------------------------------------------------------------------


def test_a_higher_figure_raises_the_forecast():
    high = condition(figures(y=np.append(Y[:-1], 18.5)), 65.0)
    assert high.probability(2025.0, 30.0) > condition(figures(), 65.0).probability(2025.0, 30.0)


def test_one_wild_figure_counts_for_less_than_it_says():
    wild = figures(y=np.append(Y[:-1], 30.0))
    believed = condition(wild, 65.0, wild=0.0)
    doubted = condition(wild, 65.0, wild=0.05)
    assert doubted.quantile(2022.2, 0.5) < believed.quantile(2022.2, 0.5) - 2


def test_at_least_lifts_but_does_not_bind():
    floor = figures(np.append(T, 2022.5), np.append(Y, 22.0))
    as_floor = replace(floor, floor=np.arange(7) == 6)
    unbound, bound, point = (condition(f, 65.0).quantile(2022.5, 0.5) for f in (figures(), as_floor, floor))
    assert unbound < bound
    assert point < bound + 3
    low = replace(figures(np.append(T, 2022.5), np.append(Y, 5.0)), floor=np.arange(7) == 6)
    assert condition(low, 65.0).quantile(2023.0, 0.5) == pytest.approx(
        condition(figures(), 65.0).quantile(2023.0, 0.5), rel=0.02
    )


def test_leading_floors_anchor_nothing():
    led = figures(np.append(2020.0, T), np.append(3.0, Y), floor=np.arange(7) == 0)
    assert condition(led, 65.0).quantile(2024.0, 0.5) == condition(figures(), 65.0).quantile(2024.0, 0.5)


def test_several_figures_on_one_day_in_any_order_of_kind():
    floor = np.array([True, False, False, False, False, False])
    day = figures(np.append(T[0], T[:5]), Y, floor=floor)
    assert np.isfinite(condition(day, 65.0).quantile(2023.0, 0.5))


def test_a_body_that_counts_high_is_corrected():
    t = np.repeat(T, 2)
    y = np.column_stack([Y, 1.06 * Y]).ravel()
    both = figures(t, y, source=("ministry", "campaign") * 6)
    corrected = condition(both, 65.0, reporting_error=0.005, reference_source="ministry", wild=0.0)
    plain = condition(both, 65.0, reporting_error=0.005, wild=0.0)
    assert corrected.quantile(2022.2, 0.5) == pytest.approx(17.5, rel=0.015)
    assert plain.quantile(2022.2, 0.5) > 17.8


@pytest.mark.parametrize("y", [[0.0, 0.0, 1.0], [1e-9, 0.5, 2.0]])
def test_tiny_and_zero_figures(y):
    one = condition(figures(T[:3], y), 65.0, past_t=(2020.5,))
    assert 0 <= one.probability(2022.0, 5.0) <= 1
    assert np.all(np.isfinite(one.draws((2020.5, 2022.0), n=100)))


def test_one_figure_is_enough_for_the_engine():
    one = condition(figures(T[:1], Y[:1]), 65.0)
    assert one.quantile(2021.0, 0.5) > 9.0


REFUSED = {
    "no figure": (figures(T[:0], Y[:0]), 65.0, "no figure states a level"),
    "floors only": (figures(floor=np.ones(6, bool)), 65.0, "at least"),
    "at capacity": (figures(), 17.5, r"fig-5 \(17.5\) is not below the capacity"),
    "negative": (figures(y=-Y), 65.0, "negative"),
    "not finite": (figures(y=Y * np.nan), 65.0, "finite"),
    "unordered": (figures(t=T[::-1]), 65.0, "order"),
    "capacity": (figures(), -3.0, "capacity must be a positive number"),
    "no capacity": (figures(), np.nan, "capacity must be a positive number"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_unusable_input_is_refused(case):
    given, capacity, message = REFUSED[case]
    with pytest.raises(InputError, match=message):
        condition(given, capacity)


def test_a_past_date_before_the_first_figure_is_refused():
    with pytest.raises(InputError, match="before the first figure"):
        condition(figures(), 65.0, past_t=(2019.0,))


def test_figures_from_a_ledger_frame():
    frame = pd.DataFrame({
        "id": ["b", "a"], "as_of": pd.to_datetime(["2022-07-01", "2021-12-31"]), "value": [19.5e6, 16.4e6],
        "decimals": [-5, -5], "qualifier": ["at_least", "approx"], "speaker_org": ["X", "Y"],
    })  # fmt: skip
    got = figures_from(frame)
    assert got.ids == ("a", "b")
    assert got.source == ("Y", "X")
    np.testing.assert_allclose(got.t, [2021 + 364 / 365, 2022 + 181 / 365])
    np.testing.assert_allclose(got.half_width, 0.5e5)
    assert got.floor.tolist() == [False, True]


def test_decimal_year():
    assert decimal_year("2024-01-01") == 2024.0
    assert decimal_year("2024-12-31") == pytest.approx(2024 + 365 / 366)


# --- pace, forecast, prior --------------------------------------------------------------------------------------------


def test_the_pace_is_near_what_the_figures_show(count):
    pace = count.pace()
    assert 3.0 < pace.median < 6.0  # 9.0 to 17.5 in 1.9 years
    low, high = pace.interval_80
    assert low < pace.interval_50[0] < pace.median < pace.interval_50[1] < high
    assert pace.family == "gompertz"


def test_forecast_is_deterministic_and_in_range():
    t, y = np.arange(2000.0, 2010.0), np.linspace(3.0, 40.0, 10)
    one, same = (forecast(t, y, [2010.0, 2011.0, 2012.0], draws=500, seed=3) for _ in range(2))
    np.testing.assert_array_equal(one, same)
    assert one.shape == (3, 500)
    assert np.all((one >= 0) & (one <= 100))


def test_forecast_takes_a_value_at_the_ceiling():
    drawn = forecast([2000, 2001, 2002], [90.0, 98.0, 100.0], [2003.0])
    assert np.all(np.isfinite(drawn))


def test_the_mean_of_the_forecasts_scale_and_shift():
    t, y = np.arange(2000.0, 2010.0), np.linspace(3.0, 40.0, 10)
    base = forecast(t, y, [2011.0], draws=300)
    np.testing.assert_allclose(forecast(t - 37, 0.5 * y, [1974.0], capacity=50.0, draws=300), 0.5 * base, rtol=1e-7)


def test_the_shipped_prior_goes_through_its_file_format():
    prior = load()
    again = from_dict(to_dict(prior))
    assert isinstance(again, Prior)
    np.testing.assert_allclose(again.weight, prior.weight, atol=1e-6)
    assert again.version == prior.version
    assert prior.weight.sum() == pytest.approx(1.0)


def test_a_malformed_weights_file_is_refused(tmp_path):
    bad = tmp_path / "prior.json"
    bad.write_text('{"version": "1"}')
    with pytest.raises(InputError, match="malformed"):
        load(bad)
    with pytest.raises(InputError, match="cannot be read"):
        load(tmp_path / "none.json")


@pytest.mark.parametrize(
    "change",
    [{"reversion": 0.0}, {"reversion": -1.0}, {"level_noise": -0.1}, {"units": Units(own_share=2.0)}, {"power": -1}],
)
def test_an_impossible_prior_is_refused(change):
    with pytest.raises(InputError, match="prior"):
        make(**({"pace_own": 1.0, "slope_noise": 0.5, "level_noise": 0.3, "reversion": 0.7} | change))


def test_all_families_in_one_prior():
    families = ("logistic", "gompertz", "saturating", "weibull", "bass", ("richards", 2.0), "line")
    mixed = make(families=families, family=np.arange(7), pace_own=1.0, slope_noise=0.5, level_noise=0.3, reversion=0.7,
                 capacity_share=[1.0, 0.9, 1.0, 0.9, 1.0, 1.0, 1.0], power=0.3)  # fmt: skip
    one = condition(figures(), 65.0, prior=mixed, past_t=(2021.0,))
    q = one.quantile(2024.0, np.array([0.05, 0.5, 0.95]))
    np.testing.assert_allclose(one.cdf(2024.0, q), [0.05, 0.5, 0.95], atol=1e-7)
    drawn = one.draws((2021.0, 2024.0), n=20_000)
    np.testing.assert_allclose(np.quantile(drawn[1], [0.05, 0.5, 0.95]), q, rtol=0.006)
    joint = one.joint_probability((2023.0, 2024.0), (20.0, 24.0))
    drawn = one.draws((2023.0, 2024.0), n=20_000)
    assert joint == pytest.approx(((drawn[0] >= 20) & (drawn[1] >= 24)).mean(), abs=0.01)


def test_the_engine_has_a_version():
    assert outlook.ENGINE_VERSION
    assert exact_figures([2000.0], [3.0], 100.0).half_width[0] == pytest.approx(0.02 * 3**0.5)
