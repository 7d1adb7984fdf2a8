"""Joint questions about several dates: quasi-random paths through the mixture of growth laws."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from heapq import heappop, heappush
from typing import Protocol

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, ndtri

from jalur.engine.filter import transition
from jalur.engine.mixture import Mixture
from jalur.engine.prior import Laws
from jalur.errors import InputError

Array = npt.NDArray[np.float64]


class _Posterior(Protocol):
    """What paths need of a `jalur.engine.outlook.Outlook`; see there for shapes and units."""

    @property
    def capacity(self) -> float: ...
    @property
    def net(self) -> bool: ...
    @property
    def t_last(self) -> float: ...
    @property
    def past_t(self) -> tuple[float, ...]: ...
    @property
    def laws(self) -> Laws: ...
    @property
    def weight(self) -> Array: ...
    @property
    def mean(self) -> Array: ...
    @property
    def covariance(self) -> Array: ...
    def gap(self, start: float, end: float) -> Array: ...
    def past_index(self, t: float) -> int: ...
    def mixture(self, t: float) -> Mixture: ...
    def cdf(self, t: float, level: npt.ArrayLike) -> Array: ...
    def probability(self, t: float, level: npt.ArrayLike) -> float: ...


JOINT_POINTS = 16384
# Nodes of the exact distribution function to which the draws of a count are brought.
_LEVELS = 33
_RANKS = 0.5 - 0.5 * np.cos(np.pi * np.linspace(0, 1, 97))


@dataclass(frozen=True)
class Pace:
    """Present pace: the model's current slope, with intervals.

    `median`, `interval_50`, `interval_80` are in units of the count a year; `link_slope` and `link_slope_80` are on
    the (scaled) link scale of `family`, the family with most weight.
    """

    median: float
    interval_50: tuple[float, float]
    interval_80: tuple[float, float]
    link_slope: float
    link_slope_80: tuple[float, float]
    family: str


def _latin(n: int, rng: np.random.Generator) -> Array:
    """Return n stratified uniform numbers in random order."""
    return rng.permutation((np.arange(n) + rng.random(n)) / n)


@lru_cache(maxsize=8)
def _lattice(n: int, dimensions: int) -> Array:
    """Return a Kronecker sequence in (0, 1), shape (dimensions, n); always the same points.

    The generator is the generalised golden ratio g, the root of ``g**(d + 1) = g + 1``; the first coordinate is
    the even grid, so that cells are picked in proportion to their weights.
    """
    g = 2.0
    for _ in range(60):
        g = (1 + g) ** (1 / dimensions)
    step = g ** -np.arange(1.0, dimensions)
    i = np.arange(n)
    grid = np.vstack([(i + 0.5) / n, (0.5 + step[:, None] * i) % 1.0])
    points = np.clip(grid, 1e-12, 1 - 1e-12)
    points.flags.writeable = False
    return points


def _pick(weight: Array, u: Array) -> npt.NDArray[np.intp]:
    return np.minimum(np.searchsorted(np.cumsum(weight), u), len(weight) - 1)


def _factor(cov: Array) -> Array:
    """Cholesky factor of (states, states, cells), tolerant of states without variance."""
    n = len(cov)
    lower = np.zeros_like(cov)
    for j in range(n):
        pivot = np.sqrt(np.maximum(cov[j, j] - (lower[j, :j] ** 2).sum(axis=0), 0.0))
        lower[j, j] = pivot
        for i in range(j + 1, n):
            rest = cov[i, j] - (lower[i, :j] * lower[j, :j]).sum(axis=0)
            lower[i, j] = np.where(pivot > 1e-12, rest / np.maximum(pivot, 1e-12), 0.0)
    return lower


def _ordered(outlook: _Posterior, times: Sequence[float]) -> tuple[Array, list[int], list[int]]:
    """Return the dates, and the positions of the past and of the future ones, each in order of time."""
    t = np.asarray(times, float).ravel()
    if not np.all(np.isfinite(t)):
        raise InputError("dates must be finite numbers")
    order = [int(i) for i in np.argsort(t, kind="stable")]
    past = [i for i in order if t[i] < outlook.t_last - 1e-9]
    return t, past, [i for i in order if i not in set(past)]


def _count_jumps(rate: Array, u: Array) -> Array:
    """Inverse of the Poisson distribution function at u, for each draw's own rate."""
    p = np.exp(-rate)
    total, k = p.copy(), np.zeros_like(u)
    for j in range(1, 13):
        more = u > total
        if not more.any():
            break
        k[more] += 1
        p = p * rate / j
        total += p
    return k


def _levels(outlook: _Posterior, z: Array, cell: npt.NDArray[np.intp]) -> Array:
    """Map draws on the link scale to the count."""
    laws = outlook.laws
    limit = outlook.capacity * laws.capacity_share[cell]
    if len(laws.links) == 1:
        return limit * laws.links[0].from_link(z)
    out = np.empty_like(z)
    for k, one in enumerate(laws.links):
        of = laws.family[cell] == k
        out[..., of] = one.from_link(z[..., of])
    return out * limit


def _law(outlook: _Posterior, start: float, end: float, cell: npt.NDArray[np.intp]) -> list[Array]:
    """Gap and transition between two dates (see `jalur.engine.filter.transition`), of each draw's cell."""
    gap = outlook.gap(start, end)
    return [part[cell] for part in (gap, *transition(outlook.laws, gap))]


def draws(outlook: _Posterior, times: Sequence[float], n: int, seed: int) -> Array:
    """See `Outlook.draws`."""
    t, past, future = _ordered(outlook, times)
    rng = np.random.default_rng(seed)
    cell = _pick(outlook.weight, _latin(n, rng))
    laws = outlook.laws.take(cell)
    mean, lower = outlook.mean[:, cell], _factor(_past_first(outlook))[:, :, cell]
    kept = len(outlook.past_t)
    noise = ndtri(np.array([_latin(n, rng) for _ in range(kept + 2)]))
    state = np.concatenate([mean[2:], mean[:2]]) + np.einsum("ijn,jn->in", lower, noise)
    z = np.empty((len(t) + 1, n))
    z[-1] = state[kept]  # the level at the last figure, where the future starts
    for i in past:
        z[i] = state[outlook.past_index(t[i])]
    level, slope, now = state[kept], state[kept + 1], outlook.t_last
    for i in future:
        if t[i] > now:
            gap, h, e, q11, q12, q22 = _law(outlook, now, t[i], cell)
            k = _count_jumps(laws.jump_rate * gap, _latin(n, rng))
            total = np.sqrt(np.maximum(q11 + k * laws.jump_sd**2, 1e-300))
            n1, n2 = ndtri(_latin(n, rng)), ndtri(_latin(n, rng))
            level = level + laws.pace * gap + h * (slope - laws.pace) + total * n1
            along = q12 / total
            slope = laws.pace + e * (slope - laws.pace) + along * n1 + np.sqrt(np.maximum(q22 - along**2, 0)) * n2
            now = t[i]
        z[i] = level
    count = _levels(outlook, z, cell)
    if outlook.net:
        return count[:-1]
    running = _running_maximum(count, past, future)
    return _bring_to_exact(outlook, running, t, past + future)


def _past_first(outlook: _Posterior) -> Array:
    """Covariance in the order past levels, z, b: the order of time."""
    states = len(outlook.mean)
    order = np.r_[2:states, 0:2]
    return outlook.covariance[np.ix_(order, order)]


def _running_maximum(count: Array, past: list[int], future: list[int]) -> Array:
    out = count.copy()
    order = [*past, len(count) - 1, *future]
    out[order] = np.maximum.accumulate(count[order], axis=0)
    return out[:-1]


def _bring_to_exact(outlook: _Posterior, count: Array, t: Array, order: list[int]) -> Array:
    """Give each date's draws the exact distribution, keeping their ranks as far as no path falls."""
    out = np.empty_like(count)
    n = count.shape[1]
    grid = (np.arange(n) + 0.5) / n
    exact: dict[float, Array] = {}
    before = None
    for i in order:
        if t[i] not in exact:
            low, high = count[i].min(), count[i].max()
            reach = 0.05 * (high - low)  # beyond the draws, widened, lies less than one draw
            # Nodes at ranks of the draws are dense where the distribution is steep, even ones cover its gaps.
            even = np.linspace(max(low - reach, 0.0), min(high + reach, outlook.capacity), _LEVELS)
            nodes = np.union1d(even, np.quantile(count[i], _RANKS))
            exact[t[i]] = np.interp(grid, outlook.cdf(t[i], nodes), nodes)
        out[i] = _assign(exact[t[i]], count[i], before)
        before = out[i]
    return out


def _assign(values: Array, score: Array, before: Array | None) -> Array:
    """Give the sorted values to the draws by the rank of their score, but none less than it had before.

    The values are handed out from the smallest; each goes to the draw with the lowest score among those that it does
    not let fall. Since the distributions only move up, there always is one.
    """
    by_score = np.argsort(score)
    out = np.empty_like(score)
    out[by_score] = values
    falling = np.zeros(0) if before is None else np.flatnonzero(out[by_score] < before[by_score])
    if before is None or len(falling) == 0:
        return out
    last = int(falling[-1])
    rank = np.empty(len(score), np.intp)
    rank[by_score] = np.arange(len(score))
    by_before = np.argsort(before)
    ready = np.searchsorted(before[by_before], values, side="right")
    # Rounding may leave one draw too few.
    ready = np.maximum(ready, np.arange(1, len(values) + 1)).tolist()
    waiting: list[int] = []
    arrivals = rank[by_before].tolist()
    taken: list[int] = []
    arrived, highest = 0, -1
    for given, enough in enumerate(ready):
        if given > last and highest < given:
            break  # the lowest ranks are served, and nobody further up would fall
        while arrived < enough:
            heappush(waiting, arrivals[arrived])
            arrived += 1
        taken.append(heappop(waiting))
        highest = max(highest, taken[-1])
    out[by_score[taken]] = values[: len(taken)]
    return np.maximum(out, before)


def joint_probability(outlook: _Posterior, times: Sequence[float], levels: Sequence[float]) -> float:
    """See `Outlook.joint_probability`.

    Genz' sequential conditioning: each path is kept above the levels and carries the probability of that. Only the
    cell, the jumps and the positions above the levels are sampled, on points that are always the same, so that the
    result depends on no seed (its error is about 0.001). For a count that
    cannot fall, the levels are first moved so that each date has its exact probability under the working model.
    """
    t, past, future = _ordered(outlook, times)
    level = np.asarray(levels, float).ravel()
    if len(level) != len(t):
        raise InputError(f"{len(t)} dates but {len(level)} levels")
    if len(t) == 0:
        return 1.0
    single = np.array([outlook.probability(x, y) for x, y in zip(t, level, strict=True)])
    if len(t) == 1 or single.min() == 0.0:
        return float(single.min())
    if not outlook.net:
        level = np.array([_matching(outlook, x, p, y) for x, p, y in zip(t, single, level, strict=True)])
    kept = len(outlook.past_t)
    u = _lattice(JOINT_POINTS, 3 + kept + 3 * len(future))
    column = iter(u)
    cell = _pick(outlook.weight, next(column))
    laws = outlook.laws.take(cell)
    needed: dict[int, float] = {}
    for i in past:
        state = outlook.past_index(t[i])
        needed[state] = max(level[i], needed.get(state, -np.inf))
    mean = np.concatenate([outlook.mean[2:], outlook.mean[:2]])[:, cell]
    lower = _factor(_past_first(outlook))[:, :, cell]
    weight = np.ones(JOINT_POINTS)
    noise = np.zeros_like(mean)
    for j in range(kept):
        centre = mean[j] + (lower[j, :j] * noise[:j]).sum(axis=0)
        noise[j], chance = _above(centre, lower[j, j], _threshold(outlook, needed.get(j), cell), next(column))
        weight *= chance
    here = mean[kept:] + np.einsum("ijn,jn->in", lower[kept:, :kept], noise[:kept])
    a, b, d = _square(lower[kept:, kept:])
    now = outlook.t_last
    for i in future:
        gap, h, e, q11, q12, q22 = _law(outlook, now, t[i], cell)
        k = _count_jumps(laws.jump_rate * gap, next(column))
        deviation = here[1] - laws.pace
        centre = here[0] + laws.pace * gap + h * deviation
        slope = laws.pace + e * deviation
        a, b, d = a + 2 * h * b + h * h * d + q11, e * (b + h * d) + q12, e * e * d + q22
        a = a + k * laws.jump_sd**2
        sd = np.sqrt(np.maximum(a, 1e-18))
        n1, chance = _above(centre, sd, _threshold(outlook, level[i], cell), next(column))
        weight *= chance
        # From here on the level is known and the slope has the variance that is left.
        here = np.array([centre + sd * n1, slope + b / sd * n1])
        d = np.maximum(d - (b / sd) ** 2, 0.0)
        a, b = np.zeros_like(a), np.zeros_like(b)
        now = t[i]
    return float(min(weight.mean(), single.min()))


def _square(lower: Array) -> tuple[Array, Array, Array]:
    return lower[0, 0] ** 2, lower[0, 0] * lower[1, 0], lower[1, 0] ** 2 + lower[1, 1] ** 2


def _matching(outlook: _Posterior, t: float, p: float, level: float) -> float:
    """Level that the working model reaches on date t with probability p."""
    mixture = outlook.mixture(t)
    if abs(float(mixture.survival(level)) - p) < 1e-9:
        return level
    return float(mixture.quantile(1 - p)) if p < 1 else 0.0


def _threshold(outlook: _Posterior, level: float | None, cell: npt.NDArray[np.intp]) -> Array:
    laws = outlook.laws
    if level is None or level <= 0:
        return np.full(len(cell), -np.inf)
    share = level / (outlook.capacity * laws.capacity_share)
    inner = np.clip(share, 1e-12, 1 - 1e-12)
    z = np.array([one.to_link(inner) for one in laws.links])[laws.family, np.arange(len(laws))]
    return np.where(share >= 1, np.inf, z)[cell]


def _above(centre: Array, sd: Array, threshold: Array, u: Array) -> tuple[Array, Array]:
    """Draw standard normals such that ``centre + sd * n`` stays above the threshold; also that event's probability."""
    safe = np.maximum(sd, 1e-12)
    chance = ndtr((centre - threshold) / safe)
    return -ndtri(np.clip(u * chance, 1e-300, 1 - 1e-16)), chance


def pace(outlook: _Posterior) -> Pace:
    """See `Outlook.pace`."""
    n = 4096
    u = _lattice(n, 3)
    cell = _pick(outlook.weight, u[0])
    lower = _factor(outlook.covariance[:2, :2])[:, :, cell]
    n1, n2 = ndtri(u[1]), ndtri(u[2])
    z = outlook.mean[0, cell] + lower[0, 0] * n1
    slope = outlook.mean[1, cell] + lower[1, 0] * n1 + lower[1, 1] * n2
    laws = outlook.laws
    limit = outlook.capacity * laws.capacity_share[cell]
    share = np.clip(_levels(outlook, z, cell) / limit, 1e-9, 1 - 1e-9)
    steep = np.array([one.slope(share) for one in laws.links])[laws.family[cell], np.arange(n)]
    yearly = slope * limit / steep
    if not outlook.net:
        yearly = np.maximum(yearly, 0.0)
    share_of = np.array([outlook.weight[laws.family == k].sum() for k in range(len(laws.links))])
    main = int(share_of.argmax())
    own = slope[laws.family[cell] == main]

    def interval(x: Array, mass: float) -> tuple[float, float]:
        low, high = np.quantile(x, [(1 - mass) / 2, (1 + mass) / 2])
        return float(low), float(high)

    return Pace(float(np.median(yearly)), interval(yearly, 0.5), interval(yearly, 0.8),
                float(np.median(own)), interval(own, 0.8), laws.links[main].family)  # fmt: skip
