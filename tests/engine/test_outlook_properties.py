"""Properties that must hold for any valid input."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from jalur.engine.figures import Figures
from jalur.engine.outlook import condition

few = settings(max_examples=25, deadline=None, derandomize=True)


@st.composite
def ledgers(draw):
    n = draw(st.integers(1, 8))
    gaps = draw(st.lists(st.sampled_from([0.0, 1e-6, 0.01, 0.3, 1.0, 8.0]), min_size=n - 1, max_size=n - 1))
    t = 2000.0 + np.concatenate([[0.0], np.cumsum(gaps)])
    y = np.array(draw(st.lists(st.floats(0.0, 0.98), min_size=n, max_size=n)))
    floor = np.array(draw(st.lists(st.booleans(), min_size=n, max_size=n)))
    floor[draw(st.integers(0, n - 1))] = False
    source = tuple(draw(st.lists(st.sampled_from("abc"), min_size=n, max_size=n)))
    width = draw(st.sampled_from([0.0, 1e-4, 0.01]))
    return Figures(t, y, np.full(n, width), floor, source, tuple(map(str, range(n))))


def scaled(figures, c):
    return Figures(figures.t, c * figures.y, c * figures.half_width, figures.floor, figures.source, figures.ids)


@given(ledgers(), st.booleans())
@few
def test_everything_is_finite_and_in_range(figures, net):
    points = np.flatnonzero(~figures.floor)
    first = figures.t[points[0]]
    past = [first] if first < figures.t[-1] else []
    one = condition(figures, 1.0, reference_source="a", net=net, past_t=past)
    last = one.t_last
    for t in [*past, last, last + 1e-4, last + 2.0, last + 30.0]:
        p = one.probability(t, np.array([0.01, 0.5, 0.99]))
        assert np.all((p >= 0) & (p <= 1))
        q = one.quantile(t, np.array([0.05, 0.5, 0.95]))
        assert np.all((q >= 0) & (q <= 1))
        assert np.all(np.diff(q) >= 0)
    drawn = one.draws([*past, last, last + 2.0], n=200)
    assert np.all((drawn >= 0) & (drawn <= 1))
    assert 0 <= one.joint_probability([last + 1, last + 2], [0.3, 0.4]) <= 1
    assert np.isfinite(one.pace().median)


@given(ledgers(), st.sampled_from([1e-3, 7.0, 65.47e6]))
@few
def test_units_do_not_matter(figures, c):
    one, other = condition(figures, 1.0), condition(scaled(figures, c), c)
    t = one.t_last + 1.5
    levels = np.array([0.05, 0.3, 0.7])
    np.testing.assert_allclose(other.probability(t, c * levels), one.probability(t, levels), atol=1e-8)


@given(ledgers(), st.floats(0.01, 0.9), st.floats(0.0, 0.09), st.floats(0.0, 4.0), st.floats(0.0, 2.0))
@few
def test_a_more_demanding_target_is_never_more_likely(figures, level, more, years, later):
    one = condition(figures, 1.0)
    t = one.t_last + years
    assert one.probability(t, level + more) <= one.probability(t, level) + 1e-12
    assert one.probability(t, level) <= one.probability(t + later, level) + 1e-4  # more time never hurts


@given(ledgers())
@few
def test_figures_are_all_that_matters(figures):
    """The same figures give the same numbers, whatever was computed before."""
    one, other = condition(figures, 1.0), condition(figures, 1.0)
    other.draws([other.t_last + 1.0], n=50, seed=9)
    t = one.t_last + 2.0
    assert one.probability(t, 0.4) == other.probability(t, 0.4)
