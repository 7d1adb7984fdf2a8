"""Profile intervals against brute force, and sides that never close."""

import numpy as np
import pytest
from scipy.optimize import brentq, least_squares
from scipy.stats import t as student

from jalur.curves.growth import fit
from jalur.errors import InputError

T = np.arange(2010.0, 2024.0)
Y = 60 / (1 + np.exp(-0.55 * (T - 2017))) + 1.5 * np.sin(3 * T)
EXPONENTIAL = np.exp(0.3 * np.arange(12.0)) * (1 + 0.02 * np.sin(7 * np.arange(12.0)))


def logistic(params, t):
    capacity, growth, midpoint = params
    return capacity / (1 + np.exp(-growth * (t - midpoint)))


def brute_force(index, estimate, level):
    """Ends of a profile interval by scipy alone: the other two parameters fitted afresh at every value."""

    def profile(value):
        def residuals(others):
            return logistic(np.insert(others, index, value), T) - Y

        start = np.delete(estimate, index)
        return 2 * least_squares(residuals, start, x_scale=np.abs(start), xtol=1e-14, ftol=1e-14, gtol=1e-14).cost

    best = float(np.sum((logistic(estimate, T) - Y) ** 2))
    freedom = T.size - 3
    threshold = best * (1 + student.ppf(0.5 + level / 2, freedom) ** 2 / freedom)
    reach = {0: 40.0, 1: 0.4, 2: 6.0}[index]
    grid = np.linspace(estimate[index] - reach, estimate[index] + reach, 41)
    inside = [value for value in grid if value > 0 and profile(value) < threshold]
    step = 2 * reach / 40
    return tuple(
        brentq(lambda value: profile(value) - threshold, edge, edge + side * step, xtol=1e-10)
        for edge, side in ((min(inside), -1), (max(inside), 1))
    )


@pytest.mark.parametrize("level", [0.8, 0.95])
def test_intervals_equal_a_brute_force_grid(level):
    fitted = fit("logistic", T, Y)
    estimate = np.array(list(fitted.params.values()))
    found = fitted.profile(level)
    for index, name in enumerate(fitted.params):
        expected = brute_force(index, estimate, level)
        # Differences from the estimate, not dates, must agree.
        assert np.array(found[name]) - estimate[index] == pytest.approx(
            np.array(expected) - estimate[index], rel=2e-5
        ), name
    assert found if level != 0.95 else found == fitted.profile_intervals


def test_an_interval_is_lopsided_where_the_figures_end_before_the_ceiling():
    fitted = fit("logistic", T[:9], Y[:9])
    low, high = fitted.profile_intervals["capacity"]
    assert low is not None
    assert high is not None
    assert high - fitted.params["capacity"] > 2 * (fitted.params["capacity"] - low)
    assert low >= 0.9 * Y[:9].max()


def test_a_ceiling_that_is_not_identified_is_open_above():
    for family in ("logistic", "gompertz"):
        intervals = fit(family, np.arange(12.0), EXPONENTIAL).profile_intervals
        low, high = intervals["capacity"]
        assert high is None
        assert low > EXPONENTIAL.max()
        # A midpoint that moves with the ceiling is open too, though the search for it ends at a wall.
        assert intervals["midpoint"][1] is None
        assert intervals["midpoint"][0] is not None


def test_a_rate_that_falls_as_its_ceiling_rises_is_open_below():
    """Rate and ceiling of a nearly straight line: only the wall at a huge ceiling would stop the rate."""
    intervals = fit("saturating", T[4:10], 5 * (T[4:10] - 2010) + np.sin(3 * T[4:10])).profile_intervals
    assert intervals["capacity"][1] is None
    assert intervals["rate"][0] is None
    assert intervals["rate"][1] is not None


def test_a_finite_estimate_may_still_be_open():
    """Eight early figures: a best ceiling exists, four fifths of confidence close, nineteen twentieths do not."""
    fitted = fit("logistic", T[:8], Y[:8])
    assert fitted.at_limit == ()
    assert fitted.params["capacity"] == pytest.approx(62.1, abs=0.1)
    assert fitted.profile_intervals["capacity"][1] is None
    assert fitted.profile(0.8)["capacity"][1] == pytest.approx(691.7, abs=0.5)


def test_bass_without_innovation_is_open_at_both_innovation_and_launch():
    intervals = fit("bass", T, Y).profile_intervals
    assert intervals["innovation"][0] is None
    assert intervals["innovation"][1] is not None
    assert intervals["launch"][0] is None
    assert None not in intervals["capacity"]


def test_weibull_far_launch_is_followed_along_its_valley():
    """Scale and launch run away together; a search that loses the way would report an end."""
    t = np.array([9, 14, 21, 28, 42, 57, 63, 70, 79.0])
    y = np.array([8.93, 10.8, 18.59, 22.33, 39.35, 56.11, 61.73, 64.62, 67.08])
    intervals = fit("weibull", t, y).profile_intervals
    assert intervals["launch"][0] is None
    assert intervals["scale"][1] is None
    assert None not in intervals["capacity"]


def test_exact_figures_leave_no_room():
    fitted = fit("logistic", T, logistic((60, 0.5, 2017), T))
    for name, (low, high) in fitted.profile_intervals.items():
        assert low == pytest.approx(fitted.params[name], rel=1e-9)
        assert high == pytest.approx(fitted.params[name], rel=1e-9)


def test_levels_must_be_shares():
    with pytest.raises(InputError, match="level must lie between 0 and 1"):
        fit("logistic", T, Y).profile(95)
