"""Fits of the growth curves: recovery, derivatives, units, limits, diagnostics, bad input."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jalur.curves.families import FAMILIES
from jalur.curves.growth import fit
from jalur.errors import InputError

T = np.linspace(2012.0, 2026.0, 29)
TRUTH = {
    "logistic": (60.0, 0.6, 2018.0),
    "gompertz": (60.0, 0.4, 2017.0),
    "richards": (60.0, 0.8, 2019.0, 2.0),
    "bass": (60.0, 0.03, 0.45, 2011.0),
    "weibull": (60.0, 6.0, 1.8, 2011.5),
    "saturating": (60.0, 0.25, 2011.0),
}
SIGMOID = 60 / (1 + np.exp(-0.6 * (T - 2018))) + 0.8 * np.sin(5 * T)


def made(name, size=0.0, seed=0):
    return FAMILIES[name].curve(T, *TRUTH[name]) + size * np.random.default_rng(seed).standard_normal(T.size)


def test_every_family_is_tried():
    assert set(TRUTH) == set(FAMILIES)


@pytest.mark.parametrize("name", TRUTH)
def test_every_family_recovers_its_own_curve(name):
    fitted = fit(name, T, made(name))
    assert list(fitted.params.values()) == pytest.approx(TRUTH[name], rel=1e-6)
    assert fitted.residual_sum_of_squares < 1e-15
    assert fitted.predict(T) == pytest.approx(made(name), abs=1e-7)


@pytest.mark.parametrize("name", TRUTH)
def test_partials_equal_differences_of_the_curve(name):
    family = FAMILIES[name]
    times = np.array([2011.7, 2013.0, 2017.3, 2021.0, 2040.0])
    partials = family.partials(times, *TRUTH[name])
    for k, value in enumerate(TRUTH[name]):
        step = 1e-5 * (value if value < 1000 else 1.0)
        ends = []
        for sign in (1, -1):
            moved = list(TRUTH[name])
            moved[k] += sign * step
            ends.append(family.curve(times, *moved))
        assert partials[k] == pytest.approx((ends[0] - ends[1]) / (2 * step), rel=2e-5, abs=1e-7), (name, k)


@pytest.mark.parametrize("name", TRUTH)
def test_the_ceiling_is_a_factor_and_the_curve_ends_there(name):
    """The solver takes the derivative by the ceiling for the curve itself."""
    family = FAMILIES[name]
    assert TRUTH[name][0] * family.partials(T, *TRUTH[name])[0] == pytest.approx(family.curve(T, *TRUTH[name]))
    assert family.curve(np.array([2500.0]), *TRUTH[name]) == pytest.approx(60.0)


def test_standard_errors_are_those_of_scipy_on_the_same_data():
    from scipy.optimize import curve_fit

    y = made("gompertz", size=0.7)
    fitted = fit("gompertz", T, y)
    expected, covariance = curve_fit(FAMILIES["gompertz"].curve, T, y, p0=TRUTH["gompertz"])
    assert list(fitted.params.values()) == pytest.approx(expected, rel=1e-6)
    assert list(fitted.standard_errors.values()) == pytest.approx(np.sqrt(np.diag(covariance)), rel=1e-4)


def test_weights_count_like_repeated_figures():
    y = made("logistic", size=0.7)
    repeats = np.where(np.arange(T.size) % 3 == 0, 2, 1)
    weighted = fit("logistic", T, y, weights=repeats)
    repeated = fit("logistic", np.repeat(T, repeats), np.repeat(y, repeats))
    assert list(weighted.params.values()) == pytest.approx(list(repeated.params.values()), rel=1e-9)
    assert weighted.residual_sum_of_squares == pytest.approx(repeated.residual_sum_of_squares, rel=1e-9)
    freedom = np.sqrt(repeated.degrees_of_freedom / weighted.degrees_of_freedom)
    for name, error in weighted.standard_errors.items():
        assert error == pytest.approx(freedom * repeated.standard_errors[name], rel=1e-9)
    assert list(weighted.params.values()) != pytest.approx(list(fit("logistic", T, y).params.values()), rel=1e-6)


def test_equal_weights_change_no_interval():
    y = made("logistic", size=0.7)
    plain, heavy = fit("logistic", T, y), fit("logistic", T, y, weights=np.full(T.size, 9.0))
    assert heavy.residual_sum_of_squares == pytest.approx(9 * plain.residual_sum_of_squares)
    assert heavy.aicc == pytest.approx(plain.aicc)
    for name, ends in plain.profile_intervals.items():
        assert heavy.standard_errors[name] == pytest.approx(plain.standard_errors[name])
        assert heavy.profile_intervals[name] == pytest.approx(ends, rel=1e-9)


def test_given_capacity_stays_and_has_no_error():
    fitted = fit("logistic", T, SIGMOID, capacity=90.0)
    assert fitted.params["capacity"] == 90.0
    assert fitted.standard_errors["capacity"] == 0.0
    assert fitted.profile_intervals["capacity"] == (90.0, 90.0)
    assert fitted.fixed == ("capacity",)
    assert fitted.degrees_of_freedom == T.size - 2
    assert fitted.residual_sum_of_squares > fit("logistic", T, SIGMOID).residual_sum_of_squares


def test_aicc_by_hand_and_its_use():
    fitted = fit("logistic", T, SIGMOID)
    n, k = T.size, 4
    expected = n * np.log(fitted.residual_sum_of_squares / n) + 2 * k + 2 * k * (k + 1) / (n - k - 1)
    assert fitted.aicc == pytest.approx(expected)
    assert fitted.aicc < fit("gompertz", T, SIGMOID).aicc
    assert fit("logistic", T[:5], SIGMOID[:5]).aicc == np.inf


@settings(max_examples=25, deadline=None)
@given(
    name=st.sampled_from(sorted(TRUTH)),
    unit=st.floats(1e-6, 1e9),
    years=st.floats(0.01, 400.0),
    origin=st.floats(-3000.0, 3000.0),
)
def test_units_change_the_numbers_and_nothing_else(name, unit, years, origin):
    """Other units of level and time give the same curve: parameters scale by their roles, shares stay."""
    y = made(name, size=0.4, seed=3)
    plain = fit(name, T, y, capacity=75.0)
    scaled = fit(name, (T - 2012) * years + origin, y * unit, capacity=75.0 * unit)
    for key, role in FAMILIES[name].roles.items():
        a, b = plain.params[key], scaled.params[key]
        back = {
            "level": b / unit,
            "rate": b * years,
            "duration": b / years,
            "shape": b,
            "time": (b - origin) / years + 2012,
            "launch": (b - origin) / years + 2012,
        }[role]
        if key not in plain.at_limit:
            assert back == pytest.approx(a, rel=1e-4), key
    assert scaled.at_limit == plain.at_limit
    assert scaled.residual_sum_of_squares == pytest.approx(plain.residual_sum_of_squares * unit**2, rel=1e-6)


def test_order_of_the_figures_does_not_matter():
    shuffled = np.random.default_rng(4).permutation(T.size)
    for name, y in (("weibull", made("weibull", 0.3)), ("saturating", SIGMOID)):
        assert fit(name, T[shuffled], y[shuffled]).params == pytest.approx(fit(name, T, y).params, rel=1e-6)


def test_exponential_figures_put_no_value_on_a_ceiling():
    t = np.arange(12.0)
    fitted = fit("logistic", t, np.exp(0.3 * t) * (1 + 0.02 * np.sin(7 * t)))
    assert fitted.at_limit == ("capacity",)
    assert fitted.standard_errors["capacity"] == np.inf
    assert fitted.params["growth"] == pytest.approx(0.3, abs=0.01)


def test_launch_is_never_after_the_first_figure_and_nothing_was_there_before():
    fitted = fit("saturating", T, SIGMOID)
    assert fitted.params["launch"] <= T[0]
    assert fitted.predict([fitted.params["launch"] - 1.0])[0] == 0.0


def test_diagnostics_are_those_of_statsmodels_in_order_of_time():
    from statsmodels.stats.stattools import durbin_watson

    y = SIGMOID + 1.5 * np.sin(1.2 * T)
    shuffled = np.random.default_rng(5).permutation(T.size)
    found = fit("logistic", T[shuffled], y[shuffled]).diagnostics()
    expected = fit("logistic", T, y)
    assert found.durbin_watson == pytest.approx(durbin_watson(expected.residuals), rel=1e-6)
    assert found.durbin_watson < 1.2
    assert 0 <= found.ljung_box_p_value < 0.05
    assert found.lags == 5
    assert 0 <= found.jarque_bera_p_value <= 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("cubic", T, SIGMOID), "unknown family 'cubic'; known are logistic, gompertz, richards, bass, weibull, sat"),
        (("logistic", T[:3], SIGMOID[:3]), "has 3 free parameters and needs at least 4 figures on 3 different dates"),
        (("logistic", [1, 1, 2, 2, 2], [1, 2, 3, 4, 5]), "got 5 on 2"),
        (("logistic", T, SIGMOID[1:]), "same length, got 29 times, 28 levels"),
        (("logistic", T, np.where(np.arange(29) == 4, np.nan, SIGMOID)), "y must be finite: item 4 is nan"),
        (("logistic", np.where(np.arange(29) == 2, np.inf, T), SIGMOID), "t must be finite: item 2 is inf"),
        (("logistic", T, SIGMOID, 40.0), "capacity must not lie below the largest level 6"),
        (("logistic", T, SIGMOID, np.nan), "capacity must not lie below"),
        (("logistic", T, -np.abs(SIGMOID)), "y must hold a level above zero"),
        (("logistic", ["soon"] * 29, SIGMOID), "t must be a list of numbers"),
        (("logistic", [], []), "t must be a list of numbers"),
    ],
)
def test_bad_input_is_one_sentence(arguments, message):
    with pytest.raises(InputError) as caught:
        fit(*arguments)
    assert message in str(caught.value)


def test_bad_weights_are_refused():
    with pytest.raises(InputError, match="weights must be positive"):
        fit("logistic", T, SIGMOID, weights=np.zeros(T.size))
    with pytest.raises(InputError, match="29 times, 29 levels, 3 weights"):
        fit("logistic", T, SIGMOID, weights=[1, 2, 3])


def test_importing_curves_loads_neither_scipy_nor_statsmodels():
    code = "import sys, jalur.curves.growth; print([m for m in ('scipy', 'statsmodels', 'pandas') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
