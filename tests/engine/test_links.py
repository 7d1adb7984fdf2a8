"""Links of the growth families: inverses, derivatives, straight lines, refusals."""

from __future__ import annotations

import numpy as np
import pytest

from jalur.engine.links import FAMILIES, link
from jalur.errors import InputError

SHAPED = [*((f, None) for f in FAMILIES), ("bass", 3.0), ("bass", 200.0), ("richards", 0.1), ("richards", 3.0)]
SHARES = np.concatenate([np.geomspace(1e-6, 0.1, 40), np.linspace(0.11, 0.89, 79), 1 - np.geomspace(0.1, 1e-4, 30)])


@pytest.mark.parametrize(("family", "shape"), SHAPED)
def test_inverse_returns_the_share(family, shape):
    one = link(family, shape)
    np.testing.assert_allclose(one.from_link(one.to_link(SHARES)), SHARES, rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize(("family", "shape"), SHAPED)
def test_derivative_agrees_with_finite_differences(family, shape):
    one = link(family, shape)
    step = 2e-3 * SHARES * (1 - SHARES)
    # Fourth-order central difference.
    f = one.to_link
    slope = (8 * (f(SHARES + step) - f(SHARES - step)) - (f(SHARES + 2 * step) - f(SHARES - 2 * step))) / (12 * step)
    np.testing.assert_allclose(one.slope(SHARES), slope, rtol=1e-8)


@pytest.mark.parametrize(("family", "shape"), SHAPED)
def test_links_increase_and_share_one_scale(family, shape):
    one = link(family, shape)
    assert np.all(np.diff(one.to_link(SHARES)) > 0)
    assert one.slope(0.25) == pytest.approx(4.0, abs=1e-12)


@pytest.mark.parametrize("family", FAMILIES)
def test_shares_outside_the_range_are_clipped(family):
    low, high = link(family).from_link(np.array([-1e4, 1e4]))
    assert 0 <= low < 1e-6
    assert 1 - 1e-6 < high <= 1


CURVES = {
    "logistic": lambda t: 1 / (1 + np.exp(-0.7 * (t - 5))),
    "gompertz": lambda t: np.exp(-4 * np.exp(-0.4 * t)),
    "saturating": lambda t: 1 - np.exp(-0.2 * t),
    "bass": lambda t: (1 - np.exp(-0.31 * t)) / (1 + 30 * np.exp(-0.31 * t)),  # q / p = 30, p + q = 0.31
    "richards": lambda t: (1 + np.exp(-0.7 * (t - 5))) ** -2.0,  # shape 1/2
    "line": lambda t: 0.05 * t,
}


@pytest.mark.parametrize("family", CURVES)
def test_the_familys_curve_is_a_straight_line(family):
    t = np.linspace(0.5, 12, 24)
    z = link(family).to_link(CURVES[family](t))
    np.testing.assert_allclose(np.diff(z, 2), 0, atol=1e-9)


def test_weibull_is_straight_in_its_own_clock():
    t = np.linspace(2010, 2020, 21)
    share = 1 - np.exp(-((0.1 * (t - 2009)) ** 1.7))
    weibull = link("weibull")
    clock = weibull.clock(t, 2010.0, 2020.0)
    z = weibull.to_link(share)
    slope = np.diff(z) / np.diff(clock)
    np.testing.assert_allclose(slope, slope[0], rtol=1e-9)
    year = weibull.clock(np.array([2020.0, 2020.0 + 1e-6]), 2010.0, 2020.0)
    assert np.diff(year)[0] == pytest.approx(1e-6, rel=1e-3)  # a year is a year at the last figure


def test_calendar_time_for_the_other_families():
    t = np.array([2010.0, 2011.5])
    np.testing.assert_array_equal(link("gompertz").clock(t, 2010.0, 2020.0), t)


@pytest.mark.parametrize(("family", "shape"), [("cubic", None), ("bass", 0.0), ("richards", -1.0), ("bass", np.nan)])
def test_unknown_families_and_shapes_are_refused(family, shape):
    with pytest.raises(InputError, match="famil"):
        link(family, shape)
