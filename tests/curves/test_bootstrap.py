"""The batched bootstrap: same estimates as one scipy fit after another, and much faster."""

import time

import numpy as np
import pytest
from scipy.optimize import curve_fit

from jalur.curves.families import FAMILIES
from jalur.curves.growth import bootstrap, fit
from jalur.errors import InputError

T = np.linspace(0.0, 10.0, 50)
Y = 100 / (1 + np.exp(-(T - 5))) + np.random.default_rng(1).normal(0, 2, T.size)


def one_by_one(family, resamples, start):
    return np.array([curve_fit(FAMILIES[family].curve, T, y, p0=start)[0] for y in resamples])


@pytest.mark.parametrize("family", ["logistic", "gompertz"])
def test_same_estimates_as_scipy_on_the_same_resamples(family):
    found = bootstrap(family, T, Y, 60, seed=3)
    expected = one_by_one(family, found.resamples(), found.estimate)
    assert found.params == pytest.approx(expected, rel=5e-6)
    assert found.converged.all()
    assert not found.at_limit.any()
    assert found.names == ("capacity", "growth", "midpoint")


def test_resamples_are_curve_plus_centred_stretched_residuals():
    fitted = fit("logistic", T, Y)
    found = bootstrap("logistic", T, Y, 4000, seed=0)
    errors = found.resamples() - fitted.predict(T)
    assert errors.shape == (4000, 50)
    centred = fitted.residuals - fitted.residuals.mean()
    assert set(np.round(errors[:50].ravel(), 9)) == set(np.round(centred * np.sqrt(50 / 47), 9))
    assert errors.std() == pytest.approx(centred.std() * np.sqrt(50 / 47), rel=0.01)


def test_spread_is_about_the_asymptotic_standard_error():
    found = bootstrap("logistic", T, Y, 2000, seed=5)
    asymptotic = fit("logistic", T, Y).standard_errors
    for name, error in found.standard_errors.items():
        assert error == pytest.approx(asymptotic[name], rel=0.15)
    low, high = found.interval("capacity", 0.9)
    assert low < found.estimate[0] < high
    assert np.mean((found.params[:, 0] > low) & (found.params[:, 0] < high)) == pytest.approx(0.9, abs=0.01)


def test_given_capacity_is_held_in_every_replicate():
    found = bootstrap("logistic", T, Y, 50, seed=2, capacity=120.0)
    assert np.all(found.params[:, 0] == 120.0)
    expected = [
        curve_fit(lambda t, g, m: FAMILIES["logistic"].curve(t, 120.0, g, m), T, y, p0=found.estimate[1:])[0]
        for y in found.resamples()
    ]
    assert found.params[:, 1:] == pytest.approx(np.array(expected), rel=5e-6)


def test_seed_decides_and_block_size_does_not(monkeypatch):
    first = bootstrap("logistic", T, Y, 64, seed=7)
    assert np.array_equal(first.params, bootstrap("logistic", T, Y, 64, seed=7).params)
    assert not np.array_equal(first.params, bootstrap("logistic", T, Y, 64, seed=8).params)
    monkeypatch.setattr("jalur.curves.uncertainty._ROWS", 10)
    assert bootstrap("logistic", T, Y, 64, seed=7).params == pytest.approx(first.params, rel=1e-12)


def test_replicates_without_a_finite_ceiling_are_flagged():
    t = np.arange(12.0)
    found = bootstrap("logistic", t, np.exp(0.3 * t) + 0.3 * np.sin(7 * t), 100, seed=0)
    assert 0 < found.at_limit.sum() <= 100


@pytest.mark.parametrize("replicates", [0, -1, 2.5, True, "many"])
def test_replicates_must_be_a_positive_whole_number(replicates):
    with pytest.raises(InputError, match="replicates must be a positive whole number"):
        bootstrap("logistic", T, Y, replicates, seed=0)


def test_unknown_parameter_of_an_interval():
    with pytest.raises(InputError, match="unknown parameter 'ceiling'; known are capacity, growth, midpoint"):
        bootstrap("logistic", T, Y, 5, seed=0).interval("ceiling")


@pytest.mark.slow
def test_a_thousand_replicates_are_many_times_faster_than_a_loop():
    """Processor time, the best of several turns of each in the same run; about 11 on an idle machine."""
    found = bootstrap("logistic", T, Y, 1000, seed=3)
    resamples = found.resamples()
    batched, loop = [], []
    for turn in range(5):
        begin = time.process_time()
        found = bootstrap("logistic", T, Y, 1000, seed=3)
        batched.append(time.process_time() - begin)
        if turn < 2:
            begin = time.process_time()
            expected = one_by_one("logistic", resamples, found.estimate)
            loop.append(time.process_time() - begin)
    assert found.params == pytest.approx(expected, rel=5e-6)
    assert min(loop) / min(batched) > 6
