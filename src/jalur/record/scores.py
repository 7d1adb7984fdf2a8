"""Proper scores and calibration of probabilistic forecasts.

Everything here takes draws or probabilities and what happened, and knows nothing of how a forecast was made.
References: Gneiting & Raftery (2007), *Strictly proper scoring rules, prediction, and estimation*, JASA 102; Hyndman &
Koehler (2006), *Another look at measures of forecast accuracy*, Int. J. Forecasting 22 (scaling by past steps).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

COVERAGE_LEVELS = (0.5, 0.8, 0.9)


@dataclass(frozen=True)
class ReliabilityBin:
    """Forecasts whose probability fell into one bin, and how often what they spoke of happened.

    Attributes
    ----------
    low, high : float
        Bounds of the bin; the lower one belongs to it, the upper one only in the last bin.
    cases : int
    said, happened : float
        Mean probability, share that happened.
    happened_95 : tuple of float
        Wilson interval of the share, as if the cases were independent (cases of one series are not: read it as a lower
        bound of the uncertainty).
    """

    low: float
    high: float
    cases: int
    said: float
    happened: float
    happened_95: tuple[float, float]

    def to_dict(self) -> dict[str, object]:
        """Plain dictionary, ready for JSON."""
        return asdict(self)


def crps(draws: ArrayLike, observed: ArrayLike) -> NDArray[np.float64]:
    """Continuous ranked probability score of an ensemble, ``E|X - y| - E|X - X'| / 2`` over its empirical distribution.

    Parameters
    ----------
    draws : array_like, shape (cases, draws)
    observed : array_like, shape (cases,)

    Returns
    -------
    ndarray, shape (cases,)
        In the unit of the values; lower is better.
    """
    import scoringrules

    ensemble = np.sort(np.asarray(draws, dtype=float), axis=-1)
    return np.asarray(
        scoringrules.crps_ensemble(np.asarray(observed, float), ensemble, estimator="qd", sorted_ensemble=True)
    )


def step_scale(history: ArrayLike, last: int = 6) -> float:
    """Mean absolute step between the last `last` values; 1 where they are all equal or there is only one."""
    steps = np.abs(np.diff(np.asarray(history, dtype=float)[-last:]))
    return float(steps.mean()) or 1.0 if steps.size else 1.0


def covered(draws: ArrayLike, observed: ArrayLike, level: float) -> NDArray[np.bool_]:
    """Whether the central interval of the draws holds what happened, bounds included; shape (cases,)."""
    tail = (1 - level) / 2
    low, high = np.quantile(np.asarray(draws, dtype=float), [tail, 1 - tail], axis=-1)
    value = np.asarray(observed, dtype=float)
    return (low <= value) & (value <= high)


def pit(draws: ArrayLike, observed: ArrayLike) -> NDArray[np.float64]:
    """Probability integral transform: share of the draws below what happened, ties counted half; shape (cases,).

    Uniform on [0, 1] for a calibrated forecast.
    """
    ensemble, value = np.asarray(draws, dtype=float), np.asarray(observed, dtype=float)[..., None]
    return (ensemble < value).mean(axis=-1) + 0.5 * (ensemble == value).mean(axis=-1)


def brier(probability: ArrayLike, happened: ArrayLike, weight: ArrayLike | None = None) -> float:
    """Mean squared difference between probabilities and what happened (0 or 1); lower is better."""
    square = (np.asarray(probability, float) - np.asarray(happened, float)) ** 2
    return float(np.average(square, weights=None if weight is None else np.asarray(weight, float)))


def brier_skill(
    probability: ArrayLike, happened: ArrayLike, stretch: ArrayLike, weight: ArrayLike | None = None
) -> float | None:
    """Brier score against the base rate of each stretch: ``1 - Brier / Brier(base rates)``.

    The reference already knows, for each stretch apart, the share of its cases that happened. Positive: better than
    that.

    Parameters
    ----------
    probability, happened, stretch : array_like, shape (cases,)
    weight : array_like, shape (cases,), optional
        How much each case counts; all alike by default.

    Returns
    -------
    float or None
        None when the base rates leave nothing to explain (each stretch always or never happened).
    """
    hit, group = np.asarray(happened, float), np.asarray(stretch)
    w = np.ones(len(hit)) if weight is None else np.asarray(weight, float)
    base = np.empty(len(hit))
    for name in np.unique(group):
        base[group == name] = np.average(hit[group == name], weights=w[group == name])
    reference = brier(base, hit, w)
    return 1 - brier(probability, hit, w) / reference if reference > 0 else None


def auc(probability: ArrayLike, happened: ArrayLike, weight: ArrayLike | None = None) -> float | None:
    """Chance that a case that happened had the higher probability than one that did not, ties counted half.

    None when all or none happened.
    """
    p, hit = np.asarray(probability, float), np.asarray(happened, bool)
    w = np.ones(len(p)) if weight is None else np.asarray(weight, float)
    if hit.all() or not hit.any():
        return None
    order = np.argsort(p[~hit], kind="stable")
    no, sums = p[~hit][order], np.concatenate([[0.0], np.cumsum(w[~hit][order])])
    yes = p[hit]
    below = sums[np.searchsorted(no, yes, side="left")] + sums[np.searchsorted(no, yes, side="right")]
    return float(np.average(below, weights=w[hit]) / 2 / sums[-1])


def reliability(
    probability: ArrayLike, happened: ArrayLike, bins: int = 5, weight: ArrayLike | None = None
) -> tuple[ReliabilityBin, ...]:
    """What was said against what happened, in bins of equal width; empty bins are left out.

    With weights the Wilson interval is that of as many cases as weigh the same alike (Kish's effective number).
    """
    p, hit = np.asarray(probability, float), np.asarray(happened, float)
    w = np.ones(len(p)) if weight is None else np.asarray(weight, float)
    index = np.clip((p * bins).astype(int), 0, bins - 1)
    rows = []
    for b in range(bins):
        chosen = index == b
        n = int(chosen.sum())
        if n:
            said, share = (float(np.average(x[chosen], weights=w[chosen])) for x in (p, hit))
            alike = float(w[chosen].sum() ** 2 / (w[chosen] ** 2).sum())
            rows.append(ReliabilityBin(b / bins, (b + 1) / bins, n, said, share, wilson(share * alike, alike)))
    return tuple(rows)


def wilson(hits: float, cases: float, z: float = 1.959963984540054) -> tuple[float, float]:
    """Wilson (1927) interval of a share, 95 % by default; (0, 1) without cases."""
    if cases == 0:
        return 0.0, 1.0
    share, extra = hits / cases, z * z / cases
    middle = (share + extra / 2) / (1 + extra)
    half = z * np.sqrt(share * (1 - share) / cases + extra / cases / 4) / (1 + extra)
    return max(0.0, float(middle - half)), min(1.0, float(middle + half))


def pit_histogram(values: ArrayLike, bins: int = 10, weight: ArrayLike | None = None) -> tuple[float, ...]:
    """Share of the PIT values in each of `bins` equal bins; all near ``1 / bins`` for a calibrated forecast."""
    counts, _ = np.histogram(np.asarray(values, float), bins=bins, range=(0.0, 1.0), weights=weight)
    return tuple(float(x) for x in counts / max(counts.sum(), 1e-300))


def verdict_scores(
    probability: ArrayLike,
    happened: ArrayLike,
    stretch: Sequence[float] | ArrayLike,
    weight: ArrayLike | None = None,
) -> dict[str, object]:
    """Brier score, skill, AUC and reliability of probabilities of reaching targets, as one plain dictionary."""
    p = np.asarray(probability, float)
    return {
        "verdicts": len(p),
        "brier": brier(p, happened, weight),
        "brier_skill": brier_skill(p, happened, stretch, weight),
        "auc": auc(p, happened, weight),
        "reliability": [row.to_dict() for row in reliability(p, happened, weight=weight)],
    }
