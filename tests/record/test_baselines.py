"""The forecasts that jalur is measured against."""

import numpy as np
import pytest

from jalur.errors import InputError
from jalur.record.baselines import BASELINES, cagr, damped_ets, line, logistic_least_squares

T = np.arange(2000.0, 2010.0)
Y = np.array([2.0, 3.1, 4.8, 7.0, 10.2, 14.1, 19.5, 25.8, 32.0, 38.9])
AHEAD = np.array([2010.0, 2011.0, 2012.0])


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
