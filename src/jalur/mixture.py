"""Distribution of the count on one date: a mixture of Gaussians on the link scale, handled without sampling."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import gammaln, ndtr

from jalur.links import Link

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

    def _standardised(self, level: Array) -> Array:
        """Return (g(level / K) - mean) / sd, shape (levels, components); infinite outside (0, K)."""
        share = level[:, None] / self.capacity
        inner = np.clip(share, _EDGE, 1 - _EDGE)
        z = np.empty_like(inner)
        for i, one in enumerate(self.links):
            cells = self.family == i if len(self.links) > 1 else slice(None)
            z[:, cells] = one.to_link(inner[:, cells])
        z = (z - self.mean) / self.sd
        z[share <= 0] = -np.inf
        z[share >= 1] = np.inf
        return z

    def cdf(self, level: npt.ArrayLike) -> Array:
        """Probability that the count is at most `level`."""
        level = np.asarray(level, float)
        return (ndtr(self._standardised(np.atleast_1d(level))) @ self.weight).reshape(level.shape)

    def survival(self, level: npt.ArrayLike) -> Array:
        """Probability that the count is above `level`; accurate in the far tail."""
        level = np.asarray(level, float)
        return (ndtr(-self._standardised(np.atleast_1d(level))) @ self.weight).reshape(level.shape)

    def quantile(self, q: npt.ArrayLike) -> Array:
        """Level with `cdf` equal to q, by repeated subdivision to 1e-10 of the largest capacity."""
        q = np.asarray(q, float)
        out = np.empty(q.size)
        top = float(self.capacity.max())
        # One coarse pass for all probabilities, on shares that are dense near 0 and 1.
        nodes = top * _NODES
        coarse = self.cdf(nodes)
        for i, value in enumerate(q.ravel()):
            j = int(np.searchsorted(coarse, value))
            low, high = (nodes[j - 1] if j else 0.0), (nodes[j] if j < len(nodes) else top)
            while high - low > 1e-10 * top:
                inner = np.linspace(low, high, 34)
                k = int(np.searchsorted(self.cdf(inner[1:-1]), value))
                low, high = inner[k], inner[k + 1]
            out[i] = 0.5 * (low + high)
        return out.reshape(q.shape)


_NODES = 0.5 * (1 - np.cos(np.pi * np.linspace(0, 1, 130)[1:-1]))


def poisson_weights(rate: Array, most: int = 12) -> Array:
    """Poisson probabilities of 0, 1, 2, ... events, shape (events, cells), as far as they matter for any cell."""
    k = np.arange(most + 1)[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.where(rate > 0, k * np.log(np.where(rate > 0, rate, 1.0)), np.where(k == 0, 0.0, -np.inf))
    p = np.exp(logs - rate - gammaln(k + 1.0))
    needed = int(np.max(np.argmax(1 - np.cumsum(p, axis=0) < _POISSON_TAIL, axis=0))) + 1
    p = p[:needed]
    return p / p.sum(axis=0)
