"""Simulation-based calibration: the engine must recover what it assumes.

Programmes are drawn from the model itself: a growth law from a prior, a path, offsets of the issuing bodies, then
rounded figures at irregular dates, some of them wild. The engine sees the figures only. If its algebra and its
approximations (errors by the delta method, mixtures collapsed by moments) are right, the rank of the true level in
the forecast distribution is uniform, intervals hold as often as they say, and so do probabilities of targets
(Talts et al., 2018, arXiv:1804.06788; Spiegelhalter, 1986, Statistics in Medicine 5).

The prior used here does not look at the figures and takes the likelihood to the power one, so that the working model
is a complete generating process. What the shipped weights are worth on real series is another question, answered by
backtests.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import chdtrc, ndtr

from jalur.engine.figures import Figures
from jalur.engine.filter import transition
from jalur.engine.outlook import condition
from jalur.engine.posterior import OFFSET_SD, WILD_FACTOR, WILD_SHARE
from jalur.engine.prior import Laws, Prior, make
from jalur.engine.scale import Scale, Units

Array = npt.NDArray[np.float64]

TYPICAL_PACE, TYPICAL_SCATTER = 0.15, 0.08
HUGE = 1e9  # increments: the own scatter then counts for nothing
# The clock is the calendar's, the pace and the scatter are the typical ones, whatever the figures.
UNITS = Scale(1.0, TYPICAL_PACE, TYPICAL_PACE, TYPICAL_SCATTER, 0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Design:
    """What a simulated ledger looks like.

    Attributes
    ----------
    figures : int
        Published figures, at random dates.
    years : float
        Length of the history; four or more, so that the clock of the series is the calendar.
    ahead : tuple of float
        Dates asked for, in years after the last figure; negative ones lie in the past, and their level is smoothed.
    capacity : float
    start : tuple of float
        Range of the share of the capacity at the first figure.
    decimals : int
        Figures are rounded to this many decimals.
    reporting_error : float
    second_source : float
        Share of the figures that the second issuing body publishes; the first is the reference.
    """

    figures: int = 30
    years: float = 4.0
    ahead: tuple[float, ...] = (-0.8, 0.0, 0.75, 1.75, 2.75)
    capacity: float = 65.0
    start: tuple[float, float] = (0.08, 0.25)
    decimals: int = 1
    reporting_error: float = 0.02
    second_source: float = 0.4


@dataclass(frozen=True)
class Calibration:
    """Outcome of a simulation.

    Attributes
    ----------
    ahead : tuple of float
    rank : array, shape (replications, dates)
        Forecast distribution function at the true level.
    said, happened : array, shape (replications, targets)
        Probabilities of targets at the last date, and whether they were met.
    stretches : tuple of float
        The targets, as multiples of the last figure.
    """

    ahead: tuple[float, ...]
    rank: Array
    said: Array
    happened: npt.NDArray[np.bool_]
    stretches: tuple[float, ...] = ()

    def coverage(self, mass: float) -> Array:
        """Share of true levels inside the central interval, per date."""
        return (np.abs(self.rank - 0.5) <= mass / 2).mean(axis=0)

    def p_uniform(self, bins: int = 10) -> Array:
        """P-value of Pearson's chi-square test that the ranks are uniform, per date."""
        expected = len(self.rank) / bins
        counts = np.array([np.histogram(r, bins, (0.0, 1.0))[0] for r in self.rank.T])
        return chdtrc(bins - 1, ((counts - expected) ** 2 / expected).sum(axis=1))

    def p_targets(self) -> Array:
        """Two-sided p-value of Spiegelhalter's test that the probabilities are right, per target."""
        p = np.clip(self.said, 1e-9, 1 - 1e-9)
        z = ((self.happened - p) * (1 - 2 * p)).sum(axis=0) / np.sqrt(((1 - 2 * p) ** 2 * p * (1 - p)).sum(axis=0))
        return 2 * ndtr(-np.abs(z))


def design_prior() -> Prior:
    """Return a small grid of growth laws of the speed that programmes have, with equal weights.

    Its units are its own: neither pace nor scatter is taken from the figures, so that a law is the same before and
    after they are seen. The pace is in multiples of `TYPICAL_PACE`, noise in multiples of `TYPICAL_SCATTER`.
    """
    cells = [
        (pace, level, reversion, rate)
        for pace in (0.05, 0.1, 0.15, 0.25)
        for level in (0.2, 0.6)
        for reversion in (0.5, 1.0)
        for rate in (0.0, 0.1)
    ]
    pace, level, reversion, rate = np.array(cells).T
    return make(
        pace_own=pace / TYPICAL_PACE, slope_noise=0.5, level_noise=level * pace / TYPICAL_SCATTER,
        reversion=reversion, jump_rate=rate, jump_size=2.0 * pace / TYPICAL_SCATTER,
        units=Units(typical_pace=TYPICAL_PACE, typical_scatter=TYPICAL_SCATTER, own_share=0.0, increments=HUGE),
    )  # fmt: skip


def simulate(design: Design, prior: Prior, rng: np.random.Generator) -> tuple[Figures, Array]:
    """Draw one programme from the prior.

    Returns
    -------
    figures : Figures
    truth : array, shape (dates,)
        True levels at ``design.ahead``.
    """
    t = np.sort(np.concatenate([[0.0, design.years], rng.uniform(0.0, design.years, design.figures - 2)]))
    wanted = design.years + np.asarray(design.ahead)
    dates = np.unique(np.concatenate([t, wanted]))
    law = prior.laws([UNITS]).take(rng.choice(len(prior), 1, p=prior.weight))
    share = _path(design, law, dates, rng)
    level = design.capacity * share[np.searchsorted(dates, t)]
    second = rng.random(design.figures) < design.second_source
    offset = OFFSET_SD * rng.standard_normal()
    sd = design.reporting_error * level * np.where(rng.random(design.figures) < WILD_SHARE, WILD_FACTOR, 1.0)
    y = np.round(level * (1 + offset * second) + sd * rng.standard_normal(design.figures), design.decimals)
    # No body prints a figure at or above the capacity, or none at all.
    unit = 10.0**-design.decimals
    y = np.clip(y, unit, design.capacity - unit)
    figures = Figures(
        t, y, np.full(len(t), unit / 2), np.zeros(len(t), bool),
        tuple("second" if s else "first" for s in second), tuple(map(str, range(len(t)))),
    )  # fmt: skip
    return figures, design.capacity * share[np.searchsorted(dates, wanted)]


def _path(design: Design, law: Laws, dates: Array, rng: np.random.Generator) -> Array:
    """Draw the share of the capacity on increasing dates under one growth law."""
    link, pace = law.links[0], law.pace[0]
    z = float(link.to_link(rng.uniform(*design.start)))
    slope = pace + law.start_sd[0] * rng.standard_normal()
    out = [z]
    for gap in np.diff(dates):
        h, e, q11, q12, q22 = (x[0] for x in transition(law, np.array([gap])))
        noise = rng.multivariate_normal([0.0, 0.0], [[q11, q12], [q12, q22]], method="cholesky")
        jumps = rng.poisson(law.jump_rate[0] * gap)
        z += pace * gap + h * (slope - pace) + noise[0]
        z += np.sqrt(jumps) * law.jump_sd[0] * rng.standard_normal()
        slope = pace + e * (slope - pace) + noise[1]
        out.append(z)
    return link.from_link(np.array(out))


def calibrate(
    replications: int = 300,
    seed: int = 0,
    design: Design | None = None,
    prior: Prior | None = None,
    stretches: tuple[float, ...] = (1.2, 1.5, 2.0),
) -> Calibration:
    """Simulate programmes and rank the truth in what the engine says.

    Parameters
    ----------
    replications : int
    seed : int
    design : Design, optional
    prior : Prior, optional
        Generates the programmes and judges them; default `design_prior`.
    stretches : tuple of float
        Targets at the last date, as multiples of the last figure.
    """
    design, prior = design or Design(), prior or design_prior()
    rng = np.random.default_rng(seed)
    dates = design.years + np.asarray(design.ahead)
    rank, said, happened = [], [], []
    for _ in range(replications):
        figures, truth = simulate(design, prior, rng)
        outlook = condition(
            figures, design.capacity, reporting_error=design.reporting_error, reference_source="first", net=True,
            past_t=[t for t in dates if t < figures.t[-1]], prior=prior,
        )  # fmt: skip
        rank.append([float(outlook.cdf(t, level)) for t, level in zip(dates, truth, strict=True)])
        targets = np.minimum(figures.y[-1] * np.array(stretches), 0.95 * design.capacity)
        said.append(outlook.probability(dates[-1], targets))
        happened.append(truth[-1] >= targets)
    return Calibration(design.ahead, np.array(rank), np.array(said), np.array(happened), stretches)
