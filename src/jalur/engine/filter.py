"""One Kalman filter over all growth laws at once.

The state of a cell is the vector (z, b, offsets of issuing bodies..., past levels...): level and slope on the link
scale, then static states. A target date that lies between the figures gets a copy of the level at that date as a
static state (fixed-point smoothing by augmentation), so past and future levels have one joint law. Arrays have the
cells on their last axis: means (states, cells), covariances (states, states, cells).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy.special import log_ndtr

from jalur.engine.prior import Laws

Array = npt.NDArray[np.float64]
_LOG_2PI = float(np.log(2 * np.pi))


@dataclass(frozen=True)
class Event:
    """One published figure on the link scale, or (with `keep`) a date whose level is to be kept; arrays (cells,)."""

    clock: Array  # time in each cell's clock
    years: float  # calendar time
    z: Array = field(default_factory=lambda: np.zeros(0))
    variance: Array = field(default_factory=lambda: np.zeros(0))
    log_jacobian: Array | float = 0.0
    source: int | None = None  # index of the state that holds the issuing body's offset
    loading: Array | float = 0.0  # effect of that offset on z
    at_least: bool = False
    keep: int | None = None  # index of the static state that keeps this date's level


@dataclass(frozen=True)
class Filtered:
    """State after the last figure: mean (states, cells), covariance (states, states, cells), log-likelihood."""

    mean: Array
    covariance: Array
    log_likelihood: Array
    clock: Array = field(repr=False)


def transition(laws: Laws, gap: Array) -> tuple[Array, Array, Array, Array, Array]:
    """Return (h, e, q11, q12, q22) of the exact discretisation over a gap.

    The level moves by ``pace * gap + h (b - pace)``, the slope to ``pace + e (b - pace)``; q is the covariance of the
    noise that the integrated Ornstein-Uhlenbeck slope and the level shocks add.
    """
    h, e, unit11, unit22 = _unit_law(np.asarray(laws.reversion, float).tobytes(), np.asarray(gap, float).tobytes())
    slope_variance, level_variance = laws.slope_sd**2, laws.level_sd**2
    return h, e, unit11 * slope_variance + gap * level_variance, h * h / 2 * slope_variance, unit22 * slope_variance


@lru_cache(maxsize=1024)
def _unit_law(reversion: bytes, gap: bytes) -> tuple[Array, Array, Array, Array]:
    """Return (h, e, q11, q22) for slope noise of size one; remembered, since the same gaps come again and again.

    An annual series has one gap, and a ledger without one of its figures has nearly all the gaps of the whole one.
    """
    phi, years = np.frombuffer(reversion), np.frombuffer(gap)
    x = phi * years
    e = np.exp(-x)
    h = -np.expm1(-x) / phi
    unit22 = -np.expm1(-2 * x) / (2 * phi)
    # Below a thousandth the closed form is a difference of nearly equal numbers; two terms of its series are exact.
    unit11 = np.where(x < 1e-3, years**3 / 3 * (1 - 0.75 * x), (years - 2 * h + unit22) / phi**2)
    for array in (h, e, unit11, unit22):
        array.flags.writeable = False
    return h, e, unit11, unit22


def propagate(mean: Array, cov: Array, laws: Laws, gap: Array) -> None:
    """Move means and covariances forward by a gap, in place and without jumps."""
    h, e, q11, q12, q22 = transition(laws, gap)
    deviation = mean[1] - laws.pace
    mean[0] += laws.pace * gap + h * deviation
    mean[1] = laws.pace + e * deviation
    cov[0] += h * cov[1]
    cov[:, 0] += h * cov[:, 1]
    cov[1] *= e
    cov[:, 1] *= e
    cov[0, 0] += q11
    cov[0, 1] += q12
    cov[1, 0] += q12
    cov[1, 1] += q22


@dataclass
class _Piece:
    """A part of the gap before a figure, cut by kept dates: its length, and the kept levels that a jump in it moves."""

    gap: Array
    moves: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class _Components:
    """The possible events behind one figure; arrays (components, cells) or (components, 1)."""

    log_chance: Array
    jump: Array | None  # added variance of the level; None where no jump is possible
    factor: Array  # on the figure's variance
    # Of the components with a jump: which they are, and the states that it moves, the level first.
    jumped: tuple[tuple[slice, list[int]], ...] = ()


def _components(pieces: list[_Piece], laws: Laws, wild: float, wild_factor: float) -> _Components:
    """At most one jump, in one of the pieces of the gap (none: no jump is possible), wild figure or not.

    Kept dates split a gap without changing what is said of the figures: whether there is a jump depends on the whole
    gap, where it falls on the lengths of the pieces.
    """
    kinds = np.array([[1.0 - wild], [wild]]) if wild else np.ones((1, 1))
    factors = np.array([[1.0], [wild_factor**2]]) if wild else np.ones((1, 1))
    if not pieces:
        return _Components(np.log(kinds), None, factors)
    whole = pieces[0].gap if len(pieces) == 1 else np.sum([piece.gap for piece in pieces], axis=0)
    chance = -np.expm1(-laws.jump_rate * whole)
    parts = [chance] if len(pieces) == 1 else [chance * piece.gap / whole for piece in pieces]
    probability = np.concatenate([kinds * (1.0 - chance), *(kinds * part for part in parts)])
    jump = np.zeros_like(probability)
    jump[len(kinds) :] = laws.jump_sd**2
    jumped = tuple(
        (slice((k + 1) * len(kinds), (k + 2) * len(kinds)), [0, *piece.moves]) for k, piece in enumerate(pieces)
    )
    with np.errstate(divide="ignore"):
        return _Components(np.log(probability), jump, np.concatenate([factors] * (1 + len(pieces))), jumped)


def _update(mean: Array, cov: Array, event: Event, parts: _Components) -> Array:
    """Condition on one figure in place; returns the log of its predictive density (or probability).

    Each component (jump or not, wild or not) is an exact Gaussian update; the mixture of them is collapsed to its
    first two moments. The gain of a component with added level variance J lies in the plane of ``u = P H`` and the
    direction d of the states that its jump moves (the level, and the levels kept since), so that the collapse costs one
    rank-two correction for each place of the jump, whatever the number of components.

    A figure ``at_least`` y says only that the count with its error is not below y: the innovation is a Gaussian
    truncated from below, replaced by its mean and variance.
    """
    u = cov[0].copy()
    predicted = mean[0]
    s0 = u[0]
    if event.source is not None:
        u += cov[event.source] * event.loading
        predicted = predicted + event.loading * mean[event.source]
        s0 = u[0] + event.loading * u[event.source]
    v = event.z - predicted
    total = s0 + event.variance * parts.factor
    if parts.jump is not None:
        total = total + parts.jump
    shift: Array = v
    moment: Array = v * v
    if event.at_least:
        sd = np.sqrt(total)
        a = v / sd
        log_tail = log_ndtr(-a)
        mills = np.exp(-0.5 * a * a - 0.5 * _LOG_2PI - log_tail)
        logs = parts.log_chance + log_tail
        shift = sd * mills
        moment = shift * shift + total * np.maximum(1.0 + a * mills - mills * mills, 0.0)
    else:
        logs = parts.log_chance - 0.5 * (moment / total + np.log(total) + _LOG_2PI)
    top = logs.max(axis=0)
    share = np.exp(logs - top)
    evidence = share.sum(axis=0)
    # Of each component, as a share of its innovation's variance: the mean and the excess of the variance.
    gain = share / (evidence * total)
    drift = gain * shift
    excess = gain * (moment - total) / total
    on_u = drift.sum(axis=0)
    uu = excess.sum(axis=0) - on_u * on_u
    mean += u * on_u
    cov += (u * uu)[:, None] * u
    if parts.jump is not None:
        on_d, along = drift * parts.jump, excess * parts.jump
        square = (along + share / evidence) * parts.jump
        moved = [(states, on_d[which].sum(axis=0)) for which, states in parts.jumped]
        for (which, states), (_, by) in zip(parts.jumped, moved, strict=True):
            edge = u * (along[which].sum(axis=0) - on_u * by)
            spread = square[which].sum(axis=0)
            for s in states:
                mean[s] += by
                cov[s] += edge
                cov[:, s] += edge
                cov[s, states] += spread
        for states, by in moved:
            for others, other in moved:
                for s in states:
                    cov[s, others] -= by * other
    return top + np.log(evidence)


def kalman(
    laws: Laws, mean: Array, cov: Array, log_likelihood: Array, clock: Array, years: float, events: list[Event],
    *, wild: float = 0.0, wild_factor: float = 10.0,
) -> Filtered:  # fmt: skip
    """Filter events in order of time, starting from a state at `clock`.

    Parameters
    ----------
    laws : Laws
        Growth laws of the series and the discount of old log-likelihood.
    mean, cov : array
        State at the start, shapes (states, cells) and (states, states, cells); changed in place.
    log_likelihood, clock : array
        Shape (cells,).
    years : float
        Calendar time of the start.
    events : list of Event
        Figures and kept dates, none before the start.
    wild, wild_factor : float
        Probability of a wild figure and the factor on its standard deviation.
    """
    jumps = bool(np.any((laws.jump_rate > 0) & (laws.jump_sd > 0)))
    pieces: list[_Piece] = []
    for event in events:
        gap = event.clock - clock
        if np.any(gap > 0):
            propagate(mean, cov, laws, gap)
            clock = event.clock
            if jumps:
                pieces.append(_Piece(gap))
        if laws.discount < 1 and event.years > years:
            log_likelihood *= laws.discount ** (event.years - years)
        years = event.years
        if event.keep is not None:
            # A jump before this date, not yet told by a figure, moves the kept level as well.
            for piece in pieces:
                piece.moves.append(event.keep)
            mean[event.keep] = mean[0]
            cov[event.keep] = cov[0]
            cov[:, event.keep] = cov[:, 0]
            cov[event.keep, event.keep] = cov[0, 0]
            continue
        parts = _components(pieces, laws, wild, wild_factor)
        pieces = []
        log_likelihood += _update(mean, cov, event, parts) + event.log_jacobian
    return Filtered(mean, cov, log_likelihood, clock)
