"""What a series says about itself: clock, pace, scatter and evidence, and where it lies outside of what was learned."""

import numpy as np
import pytest

from jalur.engine.figures import exact_figures
from jalur.engine.links import link
from jalur.engine.outlook import condition, forecast
from jalur.engine.prior import KIND_CLASSES, load
from jalur.engine.scale import Units, measure
from jalur.errors import InputError

G = link("gompertz")


def series(t, pace, start=0.1, noise=0.0, seed=0):
    z = G.to_link(start) + pace * (t - t[0]) + noise * np.random.default_rng(seed).standard_normal(len(t))
    return 100 * G.from_link(z)


def scale_of(t, y):
    return measure(np.asarray(t, float), G.to_link(y / 100), np.zeros(len(t)), y[-1] / 100, Units())


def test_a_steady_series_shows_its_pace_and_little_scatter():
    t = np.arange(2000.0, 2020.0)
    steady, noisy = scale_of(t, series(t, 0.15)), scale_of(t, series(t, 0.15, noise=0.2))
    assert steady.pace == pytest.approx(0.15, rel=0.05)
    assert steady.scatter < 0.7 * Units().typical_scatter
    assert noisy.scatter > 1.5 * Units().typical_scatter
    assert 0 < steady.own_share < 1


def test_a_falling_series_has_a_negative_pace():
    t = np.arange(2000.0, 2012.0)
    assert scale_of(t, series(t, -0.1, start=0.8)).pace < 0


@pytest.mark.parametrize(("gap", "tempo"), [(1.0, 1.0), (1 / 12, 1.0), (7 / 365.25, 0.292)])
def test_figures_of_weeks_have_a_faster_clock(gap, tempo):
    n = {1.0: 12, 1 / 12: 60}.get(gap, 62)
    t = 2020 + gap * np.arange(n)
    assert scale_of(t, series(t, 0.2)).tempo == pytest.approx(tempo, rel=0.02)


def test_more_figures_of_one_span_are_more_evidence():
    yearly, monthly = np.arange(2000.0, 2005.0), 2000 + np.arange(49) / 12
    few, many = (scale_of(t, series(t, 0.15, noise=0.01)) for t in (yearly, monthly))
    assert many.evidence > 2 * few.evidence


def test_monthly_figures_narrow_the_range():
    """One clean Gompertz curve, two permille of noise, three years ahead."""
    t = np.arange(2000.0, 2005.0)
    dense = 2000 + np.arange(60) * 4 / 59
    widths = []
    for dates in (t, dense):
        y = series(dates, 0.3, start=0.05) * (1 + 0.002 * np.random.default_rng(1).standard_normal(len(dates)))
        state = condition(exact_figures(dates, y, 100.0), 100.0, reporting_error=0.002, net=True, wild=0.0)
        widths.append(float(np.ptp(state.quantile(2007.0, [0.05, 0.95]))))
    assert widths[1] <= 0.7 * widths[0]


def test_forecasts_do_not_depend_on_the_calendar_of_the_unit():
    """A series of years and the same series run four times as fast, both four units long or more."""
    t = np.arange(2000.0, 2012.0)
    y = series(t, 0.2, noise=0.05)
    slow = forecast(t, y, [2013.0], draws=400)
    again = forecast(t - 500, y, [1513.0], draws=400)
    np.testing.assert_allclose(slow, again, rtol=1e-9)


@pytest.mark.parametrize(
    ("t", "pace", "start", "flag"),
    [
        ((2000.0, 2001.0), 0.2, 0.2, "few_dates"),
        ((2000.0, 2001.0, 2002.0, 2003.0), 0.2, 0.2, "few_figures"),
        (tuple(2020 + np.arange(20) / 52), 3.0, 0.1, "fast"),
        (tuple(np.arange(2000.0, 2010.0)), 0.0, 0.9, "plateau"),
        (tuple(np.arange(2000.0, 2010.0)), -0.1, 0.5, "falling"),
        (tuple(np.arange(2000.0, 2008.0)), 0.05, 0.01, "early"),
        (tuple(np.arange(2000.0, 2008.0)), 0.05, 0.85, "late"),
    ],
)
def test_what_lies_outside_is_flagged(t, pace, start, flag):
    y = series(np.array(t), pace, start=start)
    scope = condition(exact_figures(t, y, 100.0), 100.0, reporting_error=0.0, net=True).scope
    assert flag in scope.names
    assert scope.any


def test_an_ordinary_series_raises_no_flag():
    t = np.arange(2000.0, 2012.0)
    scope = condition(exact_figures(t, series(t, 0.12, noise=0.03), 100.0), 100.0, reporting_error=0.0, net=True).scope
    assert scope.names == ()


def test_a_declared_class_changes_the_weights_and_the_rest_stays_at_hand():
    t = np.arange(2000.0, 2010.0)
    figures = exact_figures(t, series(t, 0.12, noise=0.03), 100.0)
    declared = condition(figures, 100.0, net=True, kind_class="digital")
    plain = condition(figures, 100.0, net=True)
    assert declared.class_used == "digital"
    assert plain.class_used is None
    assert declared.probability(2013.0, 40.0) != plain.probability(2013.0, 40.0)
    assert declared.without_class.probability(2013.0, 40.0) == pytest.approx(plain.probability(2013.0, 40.0), abs=1e-9)
    assert plain.without_class is plain


def test_a_class_without_weights_falls_back_and_an_unknown_one_is_refused():
    t = np.arange(2000.0, 2010.0)
    figures = exact_figures(t, series(t, 0.12), 100.0)
    without = set(KIND_CLASSES) - set(load().class_names)
    assert without
    for name in without:
        assert condition(figures, 100.0, kind_class=name).class_used is None
    with pytest.raises(InputError, match="unknown kind class 'apps'; allowed: digital, durables"):
        condition(figures, 100.0, kind_class="apps")
