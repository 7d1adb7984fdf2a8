"""Learn the weights of growth laws by the score of the forecasts they make.

Marginal likelihood rewards laws that explain tiny early values, on which no forecast depends. So the weights minimise
the continuous ranked probability score of one- to three-year forecasts instead, over rolling origins:

    w_ic ~ exp(x_c . theta + power * l_ic)                 cell c, origin i, discounted log-likelihood l
    F_ih(y) = sum_c w_ic F_ihc(y)                          forecast distribution, horizon h
    sum_i v_i sum_h CRPS(F_ih, y_ih) / (3 s_i) + penalty / 2 |theta|^2  ->  min

with s_i the mean step of the last six values, but at least a tenth of the level. The features x are one-hot main
effects of the grid's parameters, so that few numbers are learned, and the problem is smooth with a known gradient.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from jalur.engine.figures import LARGEST, SMALLEST, exact_figures
from jalur.engine.filter import transition
from jalur.engine.mixture import poisson_weights
from jalur.engine.posterior import posterior
from jalur.engine.prior import Prior, make
from jalur.record.series import Series

Array = npt.NDArray[np.float64]

HORIZONS = 3
LEAST_HISTORY = 5
LOWEST, HIGHEST = 0.05, 0.80  # share of the capacity at a usable origin
PENALTY = 1e-3
SCALE_FLOOR = 0.1
_SPREAD = np.sinh(np.linspace(-3.2, 4.6, 33))


@dataclass(frozen=True)
class Origins:
    """Rolling origins of many series and what every cell forecast there.

    Attributes
    ----------
    group, name : array of str, shape (origins,)
    year, level, capacity, step : array, shape (origins,)
        `step` is the mean absolute step of the last six values.
    outcome : array, shape (origins, horizons)
    edges : array, shape (origins, horizons, intervals + 1)
        Levels between which the forecast distribution is taken as constant when it is scored.
    cdf : array, shape (origins, horizons, intervals, cells)
        Each cell's distribution function in the middle of the intervals.
    log_likelihood : array, shape (origins, cells)
    """

    group: npt.NDArray[np.str_]
    name: npt.NDArray[np.str_]
    year: Array
    level: Array
    capacity: Array
    step: Array
    outcome: Array
    edges: Array
    cdf: npt.NDArray[np.float32]
    log_likelihood: Array

    def take(self, chosen: npt.NDArray[np.bool_]) -> Origins:
        """Return some of the origins."""
        return Origins(*(getattr(self, name)[chosen] for name in self.__dataclass_fields__))


# Other shapes of the growth curve. On the learning series logistic and Bass forecast as well as the grid's own
# (Gompertz), saturating exponential and line somewhat worse. For a programme the answers differ: a verdict shows them.
SHAPES: tuple[str | tuple[str, float], ...] = ("logistic", ("bass", 30.0), "saturating", "line")


def grid(family: str | tuple[str, float] = "gompertz") -> Prior:
    """Return the grid of growth laws of one family with equal weights.

    The axes are those that mattered in experiments on open series; slope noise, link family and capacity did not.

    Parameters
    ----------
    family : str or (str, float)
        Name of a family, with its shape where it has one (see `jalur.engine.links.link`).
    """
    paces = (0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28)
    jumps = ((0.0, 0.0), (0.05, 2.0), (0.1, 4.0), (0.2, 2.0))
    cells = [(p, s, r, *j) for p in paces for s in (0.2, 0.6) for r in (0.5, 1.0) for j in jumps]
    pace, level_noise, reversion, rate, size = np.array(cells).T
    return make(families=(family,), pace=pace, slope_noise=0.5, level_noise=level_noise, reversion=reversion,
                jump_rate=rate, jump_size=size, power=0.0, discount=0.5, slope_spread=0.5, own_share=0.5,
                half_life=1.0)  # fmt: skip


def features(prior: Prior) -> Array:
    """Return the one-hot main effects of the grid's axes, shape (cells, features)."""
    axes = [getattr(prior, name) for name in ("pace", "slope_noise", "level_noise", "reversion", "capacity_share")]
    axes += [prior.family, prior.jump_rate + 1000 * prior.jump_size]
    values = [(axis, np.unique(axis)) for axis in axes]
    return np.array([axis == v for axis, several in values if len(several) > 1 for v in several], float).T


def cell_cdf(prior: Prior, mean: Array, cov: Array, capacity: float, gap: float, levels: Array) -> Array:
    """Return each cell's own distribution function `gap` years ahead, shape (levels, cells); one family only."""
    years = np.full(len(prior), gap)
    h, _, q11, _, _ = transition(prior, years)
    centre = mean[0] + prior.pace * gap + h * (mean[1] - prior.pace)
    variance = cov[0, 0] + 2 * h * cov[0, 1] + h * h * cov[1, 1] + q11
    z = prior.links[0].to_link(np.clip(levels / capacity, SMALLEST, LARGEST))[:, None]
    out = np.zeros((len(levels), len(prior)))
    for k, chance in enumerate(poisson_weights(prior.jump_rate * gap)):
        out += chance * ndtr((z - centre) / np.sqrt(variance + k * (prior.jump_size * prior.pace) ** 2))
    return out


def usable(series: Series) -> list[int]:
    """Positions of the usable origins: enough history, a level in the middle range, three more years in a row."""
    t, share = series.t, series.y / series.capacity
    return [
        i
        for i in range(LEAST_HISTORY - 1, len(t) - HORIZONS)
        if LOWEST <= share[i] <= HIGHEST and np.allclose(t[i + 1 : i + 1 + HORIZONS] - t[i], 1 + np.arange(HORIZONS))
    ]


def observe(series: Sequence[Series], prior: Prior, tick: Callable[[], None] = lambda: None) -> Origins:
    """Run every cell of the grid over every usable origin; `tick` is called after each series."""
    rows = []
    for one in series:
        for i in usable(one):
            t, y, capacity = one.t[: i + 1], one.y[: i + 1], one.capacity
            state = posterior(exact_figures(t, y, capacity), capacity, prior, reporting_error=0.0, wild=0.0)
            mean, cov = state.filtered.mean, state.filtered.covariance
            step = float(np.mean(np.abs(np.diff(y[-6:])))) or 1.0
            edges, cdf = [], []
            for gap in range(1, HORIZONS + 1):
                around = y[-1] + 0.35 * gap**0.7 * max(step, 0.04 * y[-1]) * _SPREAD
                edge = np.concatenate([[0.0], np.clip(around, 0.0, capacity), [capacity]])
                edges.append(edge)
                middle = 0.5 * (edge[1:] + edge[:-1])
                cdf.append(cell_cdf(state.prior, mean, cov, capacity, float(gap), middle).astype(np.float32))
            rows.append((one.group, one.name, t[-1], y[-1], capacity, step, one.y[i + 1 : i + 1 + HORIZONS],
                         np.array(edges), np.array(cdf), state.filtered.log_likelihood))  # fmt: skip
        tick()
    return Origins(*(np.array(column) for column in zip(*rows, strict=True)))


def origin_weights(origins: Origins, group_weight: dict[str, float]) -> Array:
    """Each series counts once, whatever its number of origins, times the weight of its group (default 1)."""
    key = np.char.add(np.char.add(origins.group, "\n"), origins.name)
    _, which, count = np.unique(key, return_inverse=True, return_counts=True)
    weight = np.array([group_weight.get(str(g), 1.0) for g in origins.group]) / count[which]
    return weight / weight.sum()


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


def fit_weights(origins: Origins, prior: Prior, group_weight: dict[str, float], penalty: float = PENALTY) -> Prior:
    """Return the prior with the log weights and the likelihood power that minimise the penalised score."""
    from scipy.optimize import minimize

    x = features(prior)
    n, cells = len(origins.level), len(prior)
    v = origin_weights(origins, group_weight)
    scale = HORIZONS * np.maximum(origins.step, SCALE_FLOOR * origins.level)
    width, above = (
        a.reshape(n, -1).astype(np.float32) / scale[:, None].astype(np.float32) for a in crps_terms(origins)
    )
    cdf = origins.cdf.reshape(n, -1, cells)
    log_likelihood = origins.log_likelihood - origins.log_likelihood.max(axis=1, keepdims=True)

    def objective(parameters: Array) -> tuple[float, Array]:
        theta, power = parameters[:-1], parameters[-1]
        w = cell_weights(x @ theta, power, log_likelihood)
        f = np.matmul(cdf, w.astype(np.float32)[:, :, None])[:, :, 0]
        loss = (width * f * f - 2 * above * f + above).sum(axis=1)
        by_cell = np.matmul((2 * width * f - 2 * above)[:, None, :], cdf)[:, 0, :]
        by_log_weight = v[:, None] * w * (by_cell - (w * by_cell).sum(axis=1, keepdims=True))
        value = float(v @ loss) + 0.5 * penalty * float(theta @ theta)
        slope = x.T @ by_log_weight.sum(axis=0) + penalty * theta
        return value, np.append(slope, (by_log_weight * log_likelihood).sum())

    start = np.append(np.zeros(x.shape[1]), 0.1)
    bounds = [(None, None)] * x.shape[1] + [(0.0, 2.0)]
    result = minimize(objective, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 400})
    log_weight = x @ result.x[:-1]
    log_weight -= np.log(np.exp(log_weight).sum())
    return replace(prior, log_weight=log_weight, power=float(result.x[-1]))


def mixture_cdf(origins: Origins, prior: Prior) -> Array:
    """Forecast distribution at the middles of the intervals, shape (origins, horizons, intervals)."""
    w = cell_weights(prior.log_weight, prior.power, origins.log_likelihood)
    n = len(origins.level)
    f = np.matmul(origins.cdf.reshape(n, -1, len(prior)), w.astype(np.float32)[:, :, None])
    return f.reshape(origins.cdf.shape[:-1]).astype(float)
