"""Distribution of the count on one date: a mixture of Gaussians on the link scale, handled without sampling."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import numpy.typing as npt
from scipy.special import gammaln, ndtr

from jalur.engine.links import Link

Array = npt.NDArray[np.float64]

_EDGE = 1e-12  # shares closer than this to 0 or 1 are treated as 0 or 1
_POISSON_TAIL = 1e-10


@dataclass(frozen=True)
class Mixture:
    """Gaussian components on the link scale, each with its family and capacity.

    Attributes
    ----------
    weight, mean, sd : array, shape (components,)
    family : array of int
        Index into `links`.
    capacity : array
        Capacity of each component, in the unit of the count.
    links : tuple of Link
    """

    weight: Array
    mean: Array
    sd: Array
    family: npt.NDArray[np.intp]
    capacity: Array
    links: tuple[Link, ...]

    @cached_property
    def _kinds(self) -> tuple[list[tuple[int, float]], npt.NDArray[np.intp]]:
        """The distinct (family, capacity) pairs and which one each component has: a level is linked once for each."""
        if np.all(self.family == self.family[0]) and np.all(self.capacity == self.capacity[0]):
            return [(int(self.family[0]), float(self.capacity[0]))], np.zeros(len(self.family), np.intp)
        pairs = np.column_stack([self.family, self.capacity])
        kinds, kind = np.unique(pairs, axis=0, return_inverse=True)
        return [(int(family), float(capacity)) for family, capacity in kinds], kind.ravel()

    def _standardised(self, level: Array) -> Array:
        """Return (g(level / K) - mean) / sd, shape (levels, components); infinite outside (0, K)."""
        kinds, kind = self._kinds
        linked = np.empty((len(level), len(kinds)))
        for j, (family, capacity) in enumerate(kinds):
            share = level / capacity
            z = self.links[family].to_link(np.clip(share, _EDGE, 1 - _EDGE))
            linked[:, j] = np.where(share <= 0, -np.inf, np.where(share >= 1, np.inf, z))
        return ((linked if len(kinds) == 1 else linked[:, kind]) - self.mean) / self.sd

    def cdf(self, level: npt.ArrayLike) -> Array:
        """Probability that the count is at most `level`."""
        level = np.asarray(level, float)
        return (ndtr(self._standardised(level.ravel())) @ self.weight).reshape(level.shape)

    def survival(self, level: npt.ArrayLike) -> Array:
        """Probability that the count is above `level`; accurate in the far tail."""
        level = np.asarray(level, float)
        return (ndtr(-self._standardised(level.ravel())) @ self.weight).reshape(level.shape)

    def quantile(self, q: npt.ArrayLike) -> Array:
        """Level with `cdf` equal to q, to 1e-10 of the largest capacity.

        A coarse pass brackets all probabilities at once; bisection and the secant in turn then narrow every bracket.
        """
        wanted = np.asarray(q, float).ravel()
        top = float(self.capacity.max())
        nodes = np.concatenate([[0.0], top * _NODES, [top]])
        coarse = np.concatenate([[0.0], self.cdf(nodes[1:-1]), [1.0]])
        j = np.clip(np.searchsorted(coarse, wanted), 1, len(nodes) - 1)
        low, high, below, above = nodes[j - 1], nodes[j], coarse[j - 1], coarse[j]
        for step in range(_STEPS):
            if np.max(high - low) <= 1e-10 * top:
                break
            secant = low + (high - low) * np.clip((wanted - below) / np.maximum(above - below, 1e-300), 0.02, 0.98)
            middle = secant if step % 3 else 0.5 * (low + high)
            reached = self.cdf(middle)
            up = reached < wanted
            low, below = np.where(up, middle, low), np.where(up, reached, below)
            high, above = np.where(up, high, middle), np.where(up, above, reached)
        return (0.5 * (low + high)).reshape(np.shape(q))


@dataclass(frozen=True)
class Stack:
    """Several mixtures over the same links, evaluated at once.

    Attributes
    ----------
    parts : Mixture
        Their components one after the other.
    starts : array of int
        Where each mixture begins.
    """

    parts: Mixture
    starts: npt.NDArray[np.intp]

    @classmethod
    def of(cls, mixtures: Sequence[Mixture]) -> Stack:
        """Stack mixtures."""
        columns = ("weight", "mean", "sd", "family", "capacity")
        joined = {name: np.concatenate([getattr(one, name) for one in mixtures]) for name in columns}
        sizes = [len(one.weight) for one in mixtures]
        return cls(Mixture(**joined, links=mixtures[0].links), np.cumsum([0, *sizes[:-1]]))

    def cdf(self, level: npt.ArrayLike) -> Array:
        """Probability of at most `level` under each mixture, shape (mixtures, *level.shape)."""
        return self._evaluated(level, 1.0)

    def survival(self, level: npt.ArrayLike) -> Array:
        """Probability of more than `level` under each mixture, shape (mixtures, *level.shape)."""
        return self._evaluated(level, -1.0)

    def _evaluated(self, level: npt.ArrayLike, sign: float) -> Array:
        level = np.asarray(level, float)
        flat = level.ravel()
        pieces = np.array_split(flat, max(1, flat.size * len(self.parts.weight) // _AT_ONCE))
        sums = [self._sums(piece, sign) for piece in pieces]
        return np.concatenate(sums, axis=1).reshape(len(self.starts), *level.shape)

    def _sums(self, level: Array, sign: float) -> Array:
        chance = ndtr(sign * self.parts._standardised(level))
        chance *= self.parts.weight
        return np.add.reduceat(chance, self.starts, axis=1).T


_AT_ONCE = 1_000_000  # levels times components in memory at once
_STEPS = 120  # the brackets close long before
_NODES = 0.5 * (1 - np.cos(np.pi * np.linspace(0, 1, 66)[1:-1]))


def poisson_weights(rate: Array, most: int = 12) -> Array:
    """Poisson probabilities of 0, 1, 2, ... events, shape (events, cells), as far as they matter for any cell."""
    return _poisson_weights(np.asarray(rate, float).tobytes(), most)


@lru_cache(maxsize=1024)
def _poisson_weights(rates: bytes, most: int) -> Array:
    rate = np.frombuffer(rates)
    k = np.arange(most + 1)[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.where(rate > 0, k * np.log(np.where(rate > 0, rate, 1.0)), np.where(k == 0, 0.0, -np.inf))
    p = np.exp(logs - rate - gammaln(k + 1.0))
    needed = int(np.max(np.argmax(1 - np.cumsum(p, axis=0) < _POISSON_TAIL, axis=0))) + 1
    p = p[:needed]
    p = p / p.sum(axis=0)
    p.flags.writeable = False
    return p
