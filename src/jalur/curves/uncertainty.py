"""Residual bootstrap of a growth curve, all resamples fitted together."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from jalur.curves.solver import ScaledCurve, solve_batch
from jalur.errors import InputError

Array = NDArray[np.floating]

# Rows fitted together: enough to make numpy's overhead small, few enough to stay in the processor's cache.
_ROWS = 500


@dataclass(frozen=True, eq=False)
class BootstrapResult:
    """Estimates from resamples.

    Attributes
    ----------
    family : str
    names : tuple of str
        Parameters, in the order of the columns of ``params``.
    params : ndarray, shape (replicates, p)
        Estimates in the user's units; a capacity that was given stands in its column unchanged.
    estimate : ndarray, shape (p,)
        The fit that the resamples were drawn from.
    converged : ndarray of bool, shape (replicates,)
        False where the fit did not settle.
    at_limit : ndarray of bool, shape (replicates,)
        True where a free parameter ran to the end of its range, for instance a ceiling without bound.
    seed : int
    """

    family: str
    names: tuple[str, ...]
    params: Array
    estimate: Array
    converged: NDArray[np.bool_]
    at_limit: NDArray[np.bool_]
    seed: int
    _curve: Array = field(repr=False)
    _pool: Array = field(repr=False)

    @property
    def standard_errors(self) -> dict[str, float]:
        """Standard deviation of each parameter over the resamples."""
        return dict(zip(self.names, map(float, np.std(self.params, axis=0, ddof=1)), strict=True))

    def interval(self, name: str, level: float = 0.9) -> tuple[float, float]:
        """Percentile interval of one parameter."""
        if name not in self.names:
            raise InputError(f"unknown parameter {name!r}; known are {', '.join(self.names)}.")
        low, high = np.quantile(self.params[:, self.names.index(name)], [0.5 - level / 2, 0.5 + level / 2])
        return float(low), float(high)

    def resamples(self) -> Array:
        """The resampled levels (replicates, n) that were fitted, in the user's units."""
        return _resample(self._curve, self._pool, len(self.params), self.seed)


def refit_resamples(
    scaled: ScaledCurve, params: Array, residuals: Array, replicates: int, seed: int
) -> BootstrapResult:
    """Draw residuals, add them to the fitted curve, fit every resample.

    Parameters
    ----------
    scaled : ScaledCurve
        The figures in the solver's coordinates.
    params : ndarray, shape (p,)
        The fit, in the user's units.
    residuals : ndarray, shape (n,)
    replicates : int
    seed : int

    Returns
    -------
    BootstrapResult
    """
    n = residuals.size
    curve = scaled.y * scaled.top - residuals
    pool = (residuals - residuals.mean()) * np.sqrt(n / (n - int(scaled.free.sum())))
    resampled = _resample(curve, pool, replicates, seed) / scaled.top * scaled.root_weights
    begin = scaled.coordinates_of(params)
    u = np.empty((replicates, begin.size))
    converged = np.empty(replicates, dtype=bool)
    for first in range(0, replicates, _ROWS):
        rows = slice(first, min(first + _ROWS, replicates))
        size = rows.stop - rows.start
        found = solve_batch(
            scaled, resampled[rows], np.tile(begin, (size, 1)), np.tile(scaled.free, (size, 1)), gain=1e-9, near=True
        )
        u[rows], converged[rows] = found.u, found.converged
    low, high = scaled.limits
    estimates = scaled.params(u)
    estimates[:, ~scaled.free] = params[~scaled.free]
    return BootstrapResult(
        family=scaled.family.name,
        names=scaled.family.parameters,
        params=estimates,
        estimate=params,
        converged=converged,
        at_limit=np.any(scaled.free & ((u <= low) | (u >= high)), axis=1),
        seed=seed,
        _curve=curve,
        _pool=pool,
    )


def _resample(curve: Array, pool: Array, replicates: int, seed: int) -> Array:
    drawn = np.random.default_rng(seed).integers(0, pool.size, (replicates, pool.size))
    return curve + pool[drawn]
