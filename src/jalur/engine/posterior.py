"""From published figures to the filtered state of every growth law: links, errors, offsets, kept dates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from jalur.engine.figures import LARGEST, SMALLEST, Figures, checked
from jalur.engine.filter import Event, Filtered, kalman
from jalur.engine.prior import Laws, Prior
from jalur.engine.scale import Scale, measure
from jalur.errors import InputError

Array = npt.NDArray[np.float64]

OFFSET_SD = 0.03  # prior standard deviation of an issuing body's offset, as a share of the level
WILD_SHARE, WILD_FACTOR = 0.05, 10.0  # a wild figure: how often, and how many times the usual error


@dataclass(frozen=True)
class Posterior:
    """Every cell after the last figure.

    Attributes
    ----------
    laws : Laws
        The prior's growth laws in the units of this series.
    scale : tuple of Scale
        Those units, on each family's link.
    filtered : Filtered
        Means (states, cells), covariances (states, states, cells), log-likelihoods (cells,); the states are z, b,
        the kept levels, the offsets of issuing bodies.
    first, last : float
        Dates of the first and the last figure.
    kept : tuple of float
        Dates of the kept levels.
    """

    laws: Laws
    scale: tuple[Scale, ...]
    filtered: Filtered
    first: float
    last: float
    kept: tuple[float, ...]


def posterior(
    figures: Figures,
    capacity: float,
    prior: Prior,
    *,
    reporting_error: float,
    reference_source: str | None = None,
    past_t: Sequence[float] = (),
    wild: float = WILD_SHARE,
) -> Posterior:
    """Run every cell's filter over the figures; see `jalur.engine.condition` for the parameters.

    Raises
    ------
    InputError
        See `jalur.engine.figures.checked`; also for a date in `past_t` before the first figure.
    """
    figures = checked(figures, capacity * float(prior.capacity_share.min()))
    t, first, last = figures.t, float(figures.t[0]), float(figures.t[-1])
    kept = tuple(sorted({float(p) for p in past_t if p < last - 1e-9}))
    if kept and kept[0] < first - 1e-9:
        raise InputError(f"the date {kept[0]:.3f} lies before the first figure ({first:.3f})")
    bodies = _bodies(figures, reference_source)
    offsets = _offset_states(figures, bodies, len(kept))
    dates = np.array([*t, *kept])
    clocks = np.array([link.clock(dates, first, last) for link in prior.links])[prior.family].T
    z, jacobian = _on_link(figures, capacity, prior)
    variance, loading = _errors(figures, capacity, jacobian, reporting_error)
    # The scatter is that of one body's figures: what offsets between bodies explain is taken off as well.
    others = np.array([source in bodies for source in figures.source])
    explained = variance + np.where(others, OFFSET_SD, 0.0)[:, None] ** 2 * loading**2
    scale = _scale(figures, capacity, prior, clocks[: len(t)], z, explained)
    laws = prior.laws(scale)
    alone = bodies - set(offsets)
    events, spreads = [], []
    for i, source in enumerate(figures.source):
        spread = variance[i] + (loading[i] * OFFSET_SD) ** 2 if source in alone else variance[i]
        spreads.append(spread)
        log_jacobian = 0.0 if figures.floor[i] else np.log(jacobian[i])
        events.append(Event(clocks[i], float(t[i]), z[i], spread, log_jacobian, offsets.get(source), loading[i],
                            bool(figures.floor[i])))  # fmt: skip
    start, first_variance = events[0], spreads[0]
    marks = [Event(clocks[len(t) + j], date, keep=2 + j) for j, date in enumerate(kept)]
    order = sorted([*marks, *events[1:]], key=lambda e: (e.years, e.keep is None))

    states, cells = 2 + len(kept) + len(offsets), len(laws)
    mean, cov = np.zeros((states, cells)), np.zeros((states, states, cells))
    mean[0], mean[1] = z[0], laws.pace
    # The first figure may be wild as well; its mixture is collapsed like the others'.
    cov[0, 0] = first_variance * (1 + wild * (WILD_FACTOR**2 - 1))
    cov[1, 1] = laws.start_sd**2
    for state in offsets.values():
        cov[state, state] = OFFSET_SD**2
    if start.source is not None:
        cov[0, 0] += loading[0] ** 2 * OFFSET_SD**2
        cov[0, start.source] = cov[start.source, 0] = -loading[0] * OFFSET_SD**2
    filtered = kalman(laws, mean, cov, np.zeros(cells), start.clock, first, order, wild=wild, wild_factor=WILD_FACTOR)
    return Posterior(laws, scale, filtered, first, last, kept)


def _bodies(figures: Figures, reference: str | None) -> set[str]:
    """Issuing bodies that may have an offset: all but the reference, if there is one among the figures."""
    return set(figures.source) - {reference} if reference in figures.source else set()


def _offset_states(figures: Figures, bodies: set[str], kept: int) -> dict[str, int]:
    """Give a static state to every one of these issuing bodies that has two figures or more.

    The offset of a body with a single figure cannot be told from that figure's error and is added to it instead.
    """
    several = [s for s in dict.fromkeys(figures.source) if s in bodies and figures.source.count(s) > 1]
    return {source: 2 + kept + i for i, source in enumerate(several)}


def _on_link(figures: Figures, capacity: float, prior: Prior) -> tuple[Array, Array]:
    """Return the figures on each cell's link scale and the derivative dz/dy there, shapes (figures, cells)."""
    limit = capacity * prior.capacity_share
    # A printed zero is any level below half a unit of rounding; it enters at the middle of that.
    level = np.maximum(figures.y, figures.half_width / 2)
    share = np.clip(level[:, None] / limit, SMALLEST, LARGEST)
    z, jacobian = np.empty_like(share), np.empty_like(share)
    for k, link in enumerate(prior.links):
        of = prior.family == k
        z[:, of], jacobian[:, of] = link.to_link(share[:, of]), link.slope(share[:, of]) / limit[of]
    return z, jacobian


def _scale(
    figures: Figures, capacity: float, prior: Prior, clocks: Array, z: Array, variance: Array
) -> tuple[Scale, ...]:
    """Measure the series on each family's link, where its curve saturates at the given capacity or nearest to it."""
    points = ~figures.floor
    level = float(figures.y[points][-1]) / capacity
    out = []
    for k in range(len(prior.links)):
        of = np.flatnonzero(prior.family == k)
        # A family without a cell is asked for nothing; any cell's numbers hold its place.
        cell = of[np.argmin(np.abs(prior.capacity_share[of] - 1))] if len(of) else 0
        out.append(measure(clocks[points, cell], z[points, cell], variance[points, cell], level, prior.units))
    return tuple(out)


def _errors(figures: Figures, capacity: float, jacobian: Array, reporting_error: float) -> tuple[Array, Array]:
    """Return variances of the figures and the effect of a relative offset, both on the link scale, by the delta method.

    A rounded figure is uniform over its interval (variance half-width^2 / 3); the reporting error is relative.
    """
    level = np.maximum(figures.y, figures.half_width / 2)
    level = np.clip(level, SMALLEST * capacity, None)
    error = figures.half_width**2 / 3 + (reporting_error * level) ** 2
    return jacobian**2 * error[:, None] + 1e-12, jacobian * level[:, None]
