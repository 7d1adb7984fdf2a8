"""Simulation-based calibration on a ledger-like design."""

from __future__ import annotations

import numpy as np
import pytest

from jalur.engine.outlook import condition
from jalur.engine.prior import load
from jalur.record.calibration import UNITS, Calibration, Design, calibrate, design_prior, simulate


def test_simulated_ledgers_look_like_ledgers():
    figures, truth = simulate(Design(), design_prior(), np.random.default_rng(0))
    assert len(figures) == 30
    assert set(figures.source) == {"first", "second"}
    np.testing.assert_allclose(figures.y * 10, np.round(figures.y * 10), atol=1e-9)
    assert len(np.unique(np.round(np.diff(figures.t), 6))) > 20  # irregular
    assert truth.shape == (5,)
    assert np.all((truth > 0) & (truth < 65))


def test_the_simulation_is_deterministic():
    one, same = (calibrate(3, seed=2) for _ in range(2))
    np.testing.assert_array_equal(one.rank, same.rank)


def test_the_tests_notice_what_they_should():
    """Uniform ranks pass; ranks of too narrow intervals, and overconfident probabilities, do not."""
    rng = np.random.default_rng(1)
    u = rng.random((400, 1))
    p = rng.random((400, 1))
    happened = rng.random((400, 1)) < p
    good = Calibration((1.0,), u, p, happened)
    assert good.p_uniform()[0] > 0.01
    assert good.p_targets()[0] > 0.01
    narrow = Calibration(
        (1.0,), np.where(u < 0.5, 0.5 * u, 0.5 + 0.5 * u), np.where(p > 0.5, 0.9 + p / 10, p / 10), happened
    )
    assert narrow.p_uniform()[0] < 1e-6
    assert narrow.p_targets()[0] < 1e-6
    assert narrow.coverage(0.5)[0] < 0.35


@pytest.mark.slow
def test_levels_and_targets_are_calibrated():
    """1,200 programmes with 30 rounded, irregular figures from two bodies, some wild.

    Ranks of the true level, at a past date, now, and three later dates: Pearson's chi-square on ten bins, each above
    0.001 (five tests). 90 % intervals hold 0.86 to 0.94, probabilities of three targets pass Spiegelhalter's test.
    """
    result = calibrate(1200, seed=2)
    assert np.all(result.p_uniform() > 0.001)
    assert np.all((result.coverage(0.9) >= 0.86) & (result.coverage(0.9) <= 0.94))
    assert np.all((result.coverage(0.5) >= 0.44) & (result.coverage(0.5) <= 0.56))
    assert np.all(result.p_targets() > 0.01)
    assert np.abs(result.said.mean(axis=0) - result.happened.mean(axis=0)).max() < 0.05


@pytest.mark.slow
def test_the_wrong_law_is_noticed():
    """The same programmes judged as if figures had no error of their own: calibration is lost."""
    from jalur.record import calibration

    honest = calibration.condition

    def blind(figures, capacity, **options):
        return honest(figures, capacity, **(options | {"reporting_error": 0.0, "wild": 0.0}))

    calibration.condition = blind
    try:
        result = calibrate(300, seed=1)
    finally:
        calibration.condition = honest
    assert result.p_uniform()[1] < 1e-6
    assert result.coverage(0.9)[1] < 0.8


def test_the_design_prior_does_not_look_at_figures():
    """Whatever the figures, the laws are those that the programmes were drawn from; the shipped prior looks at them."""
    truth = design_prior().laws([UNITS])
    for seed in (0, 1):
        figures, _ = simulate(Design(), design_prior(), np.random.default_rng(seed))
        seen = {
            name: condition(figures, 65.0, prior=prior, kind_class=None)
            for name, prior in (("design", design_prior()), ("shipped", load()))
        }
        assert seen["design"].scale.tempo == UNITS.tempo
        assert seen["design"].scale.steady_pace == pytest.approx(UNITS.steady_pace)
        assert seen["design"].scale.scatter == pytest.approx(UNITS.scatter, rel=1e-6)
        assert set(np.round(seen["design"].laws.pace, 9)) <= set(np.round(truth.pace, 9))
        assert seen["shipped"].scale.scatter != pytest.approx(load().units.typical_scatter, rel=1e-3)
