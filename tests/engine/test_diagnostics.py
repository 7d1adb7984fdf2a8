"""What a figure is compared with, and how the figures move the weights of the laws."""

from dataclasses import replace

import numpy as np
import pytest

from jalur.engine import Figures, condition, load
from jalur.engine.diagnostics import innovations, weights

ARGUMENTS = {"reporting_error": 0.02, "reference_source": None}


def series(n=24, noise=0.0, seed=0):
    """Quarterly figures of a steady programme, with an error as a share of the level."""
    t = 2015 + np.arange(n) / 4
    y = 60e6 / (1 + np.exp(-0.35 * (t - 2019)))
    y = y * (1 + noise * np.random.default_rng(seed).standard_normal(n))
    return Figures(t, y, np.full(n, 1e4), np.zeros(n, bool), ("a",) * n, tuple(f"r{k}" for k in range(n)))


def test_a_figure_is_compared_with_earlier_ones_only():
    """A later figure, however wild, leaves the surprise in the earlier ones as it was."""
    figures = series()
    wild = replace(figures, y=np.append(figures.y[:-1], 0.2 * figures.y[-1]))
    before, after = (innovations(one, 60e6, **ARGUMENTS) for one in (figures, wild))
    assert before.ids == tuple(f"r{k}" for k in range(3, 24))
    assert np.array_equal(before.pit[:-1], after.pit[:-1])
    assert after.pit[-1] < 0.05 < before.pit[-1] < 0.95


def test_a_figure_that_is_expected_lies_in_the_middle():
    figures = series()
    state = condition(
        replace(figures, t=figures.t[:-1], y=figures.y[:-1], half_width=figures.half_width[:-1],
                floor=figures.floor[:-1], source=figures.source[:-1], ids=figures.ids[:-1]),
        60e6, reporting_error=0.02, net=True,
    )  # fmt: skip
    middle = float(state.mixture(figures.t[-1]).quantile(0.5))
    found = innovations(replace(figures, y=np.append(figures.y[:-1], middle)), 60e6, **ARGUMENTS)
    assert found.pit[-1] == pytest.approx(0.5, abs=0.03)
    assert found.z[-1] == pytest.approx(0.0, abs=0.08)


def test_a_rougher_statement_surprises_less():
    figures = series()
    low = replace(figures, y=np.append(figures.y[:-1], 0.9 * figures.y[-1]))
    rough = replace(low, half_width=np.append(low.half_width[:-1], 5e6))
    sharp, blunt = (innovations(one, 60e6, **ARGUMENTS).z[-1] for one in (low, rough))
    assert sharp < blunt < 0


def test_floors_and_figures_of_one_day_are_not_compared_with_each_other():
    figures = series()
    floor = replace(figures, floor=np.append(figures.floor[:-1], True))
    assert innovations(floor, 60e6, **ARGUMENTS).ids[-1] == "r22"
    twice = replace(figures, t=np.append(figures.t[:-1], figures.t[-2]))
    assert innovations(twice, 60e6, **ARGUMENTS).pit[-2] == innovations(figures, 60e6, **ARGUMENTS).pit[-2]


def test_weights_of_the_laws_add_up_and_follow_the_figures():
    figures = series()
    names = ("pace_own", "level_noise", "capacity_share")
    found = weights(figures, 60e6, names, **ARGUMENTS)
    assert {w.parameter for w in found} == {"pace_own", "level_noise"}  # one capacity share only: nothing to weigh
    for name in ("pace_own", "level_noise"):
        own = [w for w in found if w.parameter == name]
        assert sum(w.before for w in own) == pytest.approx(1)
        assert sum(w.after for w in own) == pytest.approx(1)
    blind = weights(figures, 60e6, names, prior=replace(load(), power=0.0, classes={}), **ARGUMENTS)
    assert [w.after for w in blind] == pytest.approx([w.before for w in blind])
    bayes = weights(figures, 60e6, names, prior=replace(load(), power=1.0, classes={}), **ARGUMENTS)
    moved = [max(abs(w.after - w.before) for w in run) for run in (found, bayes)]
    assert 0 < moved[0] < moved[1]
