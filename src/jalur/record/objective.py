"""Learn the weights of growth laws by the score of the forecasts they make.

Marginal likelihood rewards laws that explain tiny early values, on which no forecast depends. So the weights minimise
the continuous ranked probability score of one- to three-year forecasts instead, over rolling origins:

    w_ic ~ exp(x_c . theta + power * l_ic)                 cell c, origin i, discounted log-likelihood l
    F_ih(y) = sum_c w_ic F_ihc(y)                          forecast distribution, horizon h
    sum_i v_i sum_h CRPS(F_ih, y_ih) / (3 s_i) + penalty / 2 |(theta, power) - (theta, power)_0|^2  ->  min

with s_i the mean step of the last six values, but at least a few per cent of the level. The features x are one-hot
main effects of the grid's axes, so that few numbers are learned, and the problem is smooth with a known gradient. For
the weights of all kinds theta_0 is zero (and the power free); for a class they are those of all kinds: what the class
does not tell, it takes from the others.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from jalur.engine.figures import LARGEST, SMALLEST, exact_figures
from jalur.engine.filter import transition
from jalur.engine.mixture import poisson_weights
from jalur.engine.posterior import Posterior, posterior
from jalur.engine.prior import Prior, make
from jalur.engine.scale import Units

Array = npt.NDArray[np.float64]

HORIZONS = 3
PENALTY = 1e-3  # of the weights of all kinds
CLASS_PENALTY = 1e-3  # of a class's departure from them
SCALE_FLOOR = 0.04
RARE = 1e-5  # so many jumps in one forecast are not counted where they are less likely than this
HIGHEST_POWER = 2.0
_SPREAD = np.sinh(np.linspace(-3.2, 4.6, 23))


class Task(NamedTuple):
    """One learning task: a series up to a date, and its next three years."""

    kind: str
    series: str
    t: Array
    y: Array
    capacity: float
    outcome: Array


@dataclass(frozen=True)
class Origins:
    """What every cell forecast at many origins.

    Attributes
    ----------
    kind, series : array of str, shape (origins,)
    level, capacity, step : array, shape (origins,)
        `step` is the mean absolute step of the last six values.
    outcome : array, shape (origins, horizons)
    edges : array, shape (origins, horizons, intervals + 1)
        Levels between which the forecast distribution is taken as constant when it is scored.
    cdf : array, shape (origins, horizons, intervals, cells)
        Each cell's distribution function in the middle of the intervals.
    log_likelihood : array, shape (origins, cells)
    pace, scatter : array, shape (origins,)
        Of the series, in its own unit of time.
    """

    kind: npt.NDArray[np.str_]
    series: npt.NDArray[np.str_]
    level: Array
    capacity: Array
    step: Array
    outcome: Array
    edges: Array
    cdf: npt.NDArray[np.float32]
    log_likelihood: Array
    pace: Array
    scatter: Array

    def take(self, chosen: npt.NDArray[np.bool_]) -> Origins:
        """Return some of the origins."""
        return Origins(*(getattr(self, f.name)[chosen] for f in fields(self)))


class Weights(NamedTuple):
    """Effects of the grid's axes and power of the likelihood."""

    theta: Array
    power: float
    loss: float


def grid(family: str | tuple[str, float] = "gompertz") -> Prior:
    """Return the grid of growth laws of one family with equal weights (288 cells).

    The axes are those that mattered in leave-kind-out trials. Slope noise, finer paces, absolute paces and more jump
    sizes did not.
    """
    paces = [
        (0.15, 0.0),
        (0.4, 0.0),
        (0.9, 0.0),
        (2.0, 0.0),
        (0.0, 0.0),
        (0.0, -0.5),
        (0.0, 0.5),
        (0.0, 1.0),
        (0.0, 2.0),
    ]
    jumps = ((0.0, 0.0), (0.05, 2.0), (0.1, 3.0), (0.2, 6.0))
    noise, reversion = (0.25, 0.5, 1.0, 1.8), (0.3, 1.0)
    cells = np.array([(*p, s, r, *j) for p in paces for s in noise for r in reversion for j in jumps]).T
    return make(
        families=(family,), pace_own=cells[0], pace_scatter=cells[1], slope_noise=0.25, level_noise=cells[2],
        reversion=cells[3], jump_rate=cells[4], jump_size=cells[5], discount=0.7, slope_spread=0.5, units=Units(),
    )  # fmt: skip


def features(prior: Prior) -> Array:
    """Return the one-hot main effects of the grid's axes, shape (cells, features)."""
    axes = [prior.pace_own + 1000 * prior.pace_scatter, prior.slope_noise, prior.level_noise, prior.reversion,
            prior.capacity_share, prior.family, prior.jump_rate + 1000 * prior.jump_size]  # fmt: skip
    values = [(axis, np.unique(axis)) for axis in axes]
    return np.array([axis == v for axis, several in values if len(several) > 1 for v in several], float).T


def cell_cdf(state: Posterior, capacity: float, gap: float, levels: Array) -> Array:
    """Return each cell's own distribution function `gap` years ahead, shape (levels, cells); one family only."""
    laws, mean, cov = state.laws, state.filtered.mean, state.filtered.covariance
    h, _, q11, _, _ = transition(laws, np.full(len(laws), gap))
    centre = mean[0] + laws.pace * gap + h * (mean[1] - laws.pace)
    variance = cov[0, 0] + 2 * h * cov[0, 1] + h * h * cov[1, 1] + q11
    z = laws.links[0].to_link(np.clip(levels / capacity, SMALLEST, LARGEST))[:, None]
    out = np.zeros((len(levels), len(laws)))
    for k, chance in enumerate(poisson_weights(laws.jump_rate * gap)):
        jumping = chance > RARE
        sd = np.sqrt(variance + k * laws.jump_sd**2)[jumping]
        out[:, jumping] += chance[jumping] * ndtr((z - centre[jumping]) / sd)
    return out


def observe(origins: Sequence[Task], prior: Prior, tick: Callable[[], None] = lambda: None) -> Origins:
    """Run every cell of the grid over every origin; `tick` is called after each."""
    rows = []
    for one in origins:
        y, capacity = one.y, one.capacity
        state = posterior(exact_figures(one.t, y, capacity), capacity, prior, reporting_error=0.0, wild=0.0)
        step = float(np.mean(np.abs(np.diff(y[-6:])))) or 1.0
        edges, cdf = [], []
        for gap in range(1, HORIZONS + 1):
            around = y[-1] + 0.35 * gap**0.7 * max(step, 0.04 * y[-1]) * _SPREAD
            edge = np.concatenate([[0.0], np.clip(around, 0.0, capacity), [capacity]])
            edges.append(edge)
            cdf.append(cell_cdf(state, capacity, float(gap), 0.5 * (edge[1:] + edge[:-1])).astype(np.float32))
        scale = state.scale[0]
        rows.append((one.kind, one.series, y[-1], capacity, step, one.outcome, np.array(edges), np.array(cdf),
                     state.filtered.log_likelihood, scale.pace * scale.tempo, scale.scatter))  # fmt: skip
        tick()
    return Origins(*(np.array(column) for column in zip(*rows, strict=True)))


def cell_weights(log_weight: Array, power: float, log_likelihood: Array) -> Array:
    """Posterior weights of the cells at every origin, shape (origins, cells)."""
    s = log_weight + power * log_likelihood
    w = np.exp(s - s.max(axis=1, keepdims=True))
    return w / w.sum(axis=1, keepdims=True)


def crps_terms(origins: Origins) -> tuple[Array, Array]:
    """Widths of the intervals and of their parts above the outcome, shape (origins, horizons, intervals).

    With them the score is ``sum(width F^2 - 2 above F + above)``: F is constant in an interval.
    """
    low, width = origins.edges[..., :-1], np.diff(origins.edges, axis=-1)
    return width, width - np.clip(origins.outcome[..., None] - low, 0.0, width)


def fit_weights(
    origins: Origins, prior: Prior, v: Array, *, towards: Weights | None = None, penalty: float | None = None,
    start: Weights | None = None,
) -> Weights:  # fmt: skip
    """Return the effects and the likelihood power that minimise the penalised score.

    Parameters
    ----------
    origins : Origins
    prior : Prior
        The grid.
    v : array, shape (origins,)
        Weight of each origin; those with weight zero are not seen.
    towards : Weights, optional
        What the penalty draws the effects and the power to; default: no effects, and any power.
    penalty : float, optional
        Default: `PENALTY`, or `CLASS_PENALTY` with `towards`.
    start : Weights, optional
        Where the search starts.
    """
    from scipy.optimize import minimize

    x, seen = features(prior), np.flatnonzero(v > 0)
    penalty = (PENALTY if towards is None else CLASS_PENALTY) if penalty is None else penalty
    n, cells = len(seen), len(prior)
    share = v[seen] / v[seen].sum()
    scale = (HORIZONS * np.maximum(origins.step, SCALE_FLOOR * origins.level))[seen, None].astype(np.float32)
    width, above = (a[seen].reshape(n, -1).astype(np.float32) / scale for a in crps_terms(origins))
    cdf = origins.cdf.reshape(len(origins.level), -1, cells)
    cdf = cdf if n == len(cdf) else cdf[seen]
    log_likelihood = origins.log_likelihood[seen]
    log_likelihood = log_likelihood - log_likelihood.max(axis=1, keepdims=True)
    centre = np.zeros(x.shape[1] + 1) if towards is None else np.append(towards.theta, towards.power)
    pull = np.full(len(centre), penalty)
    if towards is None:
        pull[-1] = 0.0

    def objective(parameters: Array) -> tuple[float, Array]:
        w = cell_weights(x @ parameters[:-1], parameters[-1], log_likelihood)
        f = np.matmul(cdf, w.astype(np.float32)[:, :, None])[:, :, 0]
        loss = (width * f * f - 2 * above * f + above).sum(axis=1)
        by_cell = np.matmul((2 * width * f - 2 * above)[:, None, :], cdf)[:, 0, :]
        by_log_weight = share[:, None] * w * (by_cell - (w * by_cell).sum(axis=1, keepdims=True))
        away = parameters - centre
        slope = np.append(x.T @ by_log_weight.sum(axis=0), (by_log_weight * log_likelihood).sum())
        return float(share @ loss) + 0.5 * float(pull @ away**2), slope + pull * away

    first = start or towards
    begin = np.append(np.zeros(x.shape[1]), 0.2) if first is None else np.append(first.theta, first.power)
    bounds = [(None, None)] * x.shape[1] + [(0.0, HIGHEST_POWER)]
    result = minimize(objective, begin, jac=True, method="L-BFGS-B", bounds=bounds,
                      options={"maxiter": 200, "ftol": 1e-8})  # fmt: skip
    return Weights(result.x[:-1], float(result.x[-1]), float(result.fun))


def log_weights(weights: Weights, prior: Prior) -> Array:
    """Return the normalised log weights of the cells."""
    raw = features(prior) @ weights.theta
    return raw - np.log(np.exp(raw - raw.max()).sum()) - raw.max()


def mixture_cdf(origins: Origins, prior: Prior, weights: Weights) -> Array:
    """Forecast distribution at the middles of the intervals, shape (origins, horizons, intervals)."""
    likelihood = origins.log_likelihood - origins.log_likelihood.max(axis=1, keepdims=True)
    w = cell_weights(log_weights(weights, prior), weights.power, likelihood)
    n = len(origins.level)
    f = np.matmul(origins.cdf.reshape(n, -1, len(prior)), w.astype(np.float32)[:, :, None])
    return f.reshape(origins.cdf.shape[:-1]).astype(float)


def scores(origins: Origins, cdf: Array) -> Array:
    """Continuous ranked probability score of every origin over its step, shape (origins,)."""
    width, above = crps_terms(origins)
    return (width * cdf * cdf - 2 * above * cdf + above).sum(axis=2).mean(axis=1) / origins.step
