"""A capacity that grows: dated counts of those eligible, in between and beyond them with their own uncertainty.

The logarithm of the number of those eligible is a random walk with a drift. Both are estimated from the dated counts
alone, never from the figures that are judged. The engine works on the share of those eligible on each date; its law is
turned back into counts, and averaged over what the number of those eligible may be.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from jalur.dates import decimal_year
from jalur.engine import Outlook, Scope

Array = npt.NDArray[np.float64]

# Five equally likely places of a standard normal: the means of its fifths, stretched to variance 1.
PLACES = np.array([-1.47803, -0.56162, 0.0, 0.56162, 1.47803])
USUAL_SD, USUAL_COUNT = 0.01, 2  # before any count: a relative error of 1 % a year's root, worth two increments
GRID = 0.25  # years between the dates at which a count that cannot fall is compared with itself, as in the engine
_STEPS = 40  # halvings of a bracket that already is a few per cent wide


@dataclass(frozen=True)
class Population:
    """The number of those eligible on any date.

    Attributes
    ----------
    times : array, shape (counts,)
        Dates of the counts as decimal years, increasing.
    units : array, shape (counts,)
        Counts; at least two.
    """

    times: Array
    units: Array

    @cached_property
    def drift(self) -> float:
        """Growth a year of the logarithm: from the first count to the last."""
        return float(np.log(self.units[-1] / self.units[0]) / (self.times[-1] - self.times[0]))

    @cached_property
    def spread(self) -> float:
        """Standard deviation of the logarithm's increment over a year, beside the drift."""
        gaps = np.diff(self.times)
        off = np.diff(np.log(self.units)) - self.drift * gaps
        free = len(gaps) - 1  # one increment is used up by the drift
        variance = (np.sum(off**2 / gaps) + USUAL_COUNT * USUAL_SD**2) / (free + USUAL_COUNT)
        return float(np.sqrt(variance))

    def middle(self, t: npt.ArrayLike) -> Array:
        """Median number on dates (decimal years)."""
        at = np.atleast_1d(np.asarray(t, float))
        within = np.interp(at, self.times, np.log(self.units))
        beyond = np.clip(at - self.times[-1], 0, None) + np.clip(at - self.times[0], None, 0)
        return np.exp(within + self.drift * beyond)

    def sd(self, t: npt.ArrayLike) -> Array:
        """Standard deviation of the logarithm on dates: 0 at a count, a bridge between two, growing beyond them.

        Beyond the counts the variance is that of the walk and of its estimated drift: h + h^2 / T for h years beyond
        counts that span T years.
        """
        at = np.atleast_1d(np.asarray(t, float))
        after = np.clip(np.searchsorted(self.times, at), 1, len(self.times) - 1)
        low, high = self.times[after - 1], self.times[after]
        bridge = np.clip((at - low) * (high - at) / (high - low), 0, None)
        away = np.maximum(np.maximum(at - self.times[-1], self.times[0] - at), 0)
        return self.spread * np.sqrt(np.where(away > 0, away + away**2 / (self.times[-1] - self.times[0]), bridge))

    def at(self, t: npt.ArrayLike, place: float) -> Array:
        """Number on dates, at a place of its law (standard normal): the same place on every date."""
        return self.middle(t) * np.exp(place * self.sd(t))


@dataclass(frozen=True)
class Growing:
    """The law of a count whose capacity grows: one engine's law for each place of the capacity, equally likely.

    Attributes
    ----------
    parts : tuple of Outlook
        Laws of the count as it would be if those eligible were always `unit`, for each of `PLACES`; they may fall,
        since a count that stands still is a falling share of a growing capacity.
    population : Population
    unit : float
        Units.
    net : bool
        Whether the count itself may fall.
    """

    parts: tuple[Outlook, ...]
    population: Population
    unit: float
    net: bool
    _cache: dict = field(default_factory=dict, repr=False, compare=False)

    @property
    def t_last(self) -> float:
        """Date of the last figure."""
        return self.parts[0].t_last

    @property
    def scope(self) -> Scope:
        """Where the share of the middle capacity lies outside of what was learned."""
        return self.parts[len(self.parts) // 2].scope

    @property
    def without_class(self) -> Growing:
        """The same figures weighed as for a programme of an unknown class; itself where no class was used."""
        plain = tuple(part.without_class for part in self.parts)
        kept = all(one is part for one, part in zip(plain, self.parts, strict=True))
        return self if kept else replace(self, parts=plain, _cache={})

    def wandering(self) -> Growing:
        """The same law without the correction for a count that cannot fall."""
        return replace(self, net=True, _cache={})

    def factor(self, t: npt.ArrayLike) -> Array:
        """Units of the count for one of a part's, shape (parts, dates)."""
        return np.array([self.population.at(t, place) for place in PLACES]) / self.unit

    def _comparable(self, t: float) -> list[float]:
        """Dates whose laws the law at t is compared with, so that a count that cannot fall does not."""
        if self.net:
            return [t]
        dates = [past for past in self.parts[0].past_t if past < t - 1e-9]
        if t > self.t_last:
            dates += [self.t_last + GRID * k for k in range(int(np.ceil((t - self.t_last) / GRID - 1e-9)))]
        return [*dates, t]

    def _survival(self, t: float, level: Array) -> Array:
        """Chance of at least each level on one date, by itself."""
        factors = self.factor(t)[:, 0]
        return np.mean([p.probability(t, level / f) for p, f in zip(self.parts, factors, strict=True)], axis=0)

    def probability(self, t: float, level: npt.ArrayLike):
        """Probability that the count on date t is at least `level`."""
        wanted = np.asarray(level, float)
        flat = np.atleast_1d(wanted)
        value = np.max([self._survival(s, flat) for s in self._comparable(float(t))], axis=0)
        return float(value[0]) if wanted.ndim == 0 else value

    def cdf(self, t: float, level: npt.ArrayLike) -> Array:
        """Probability that the count on date t is below `level`, as an array."""
        return 1 - np.asarray(self.probability(t, np.atleast_1d(np.asarray(level, float))), float)

    def quantile(self, t: float, q: npt.ArrayLike):
        """Level that the count on date t stays below with probability q."""
        wanted = np.asarray(q, float)
        flat = np.atleast_1d(wanted)
        value = np.max([self._quantile(s, flat) for s in self._comparable(float(t))], axis=0)
        return float(value[0]) if wanted.ndim == 0 else value

    def _quantile(self, t: float, q: Array) -> Array:
        """Quantiles on one date by itself: they lie between those of the parts."""
        key = (t, q.tobytes())
        if key not in self._cache:
            factors = self.factor(t)[:, 0]
            each = np.array([f * p.quantile(t, q) for p, f in zip(self.parts, factors, strict=True)])
            low, high = each.min(axis=0), each.max(axis=0)
            for _ in range(_STEPS):
                middle = (low + high) / 2
                above = self._survival(t, middle) > 1 - q
                low, high = np.where(above, middle, low), np.where(above, high, middle)
            self._cache[key] = (low + high) / 2
        return self._cache[key]

    def draws(self, times: Sequence[float], n: int = 4000, seed: int = 0) -> Array:
        """Joint draws of the count, shape (len(times), n); a fifth of them for each place of the capacity."""
        asked = np.asarray(times, float)
        dates = asked
        if not self.net:
            later = asked.max() - self.t_last
            grid = [self.t_last + GRID * k for k in range(int(np.ceil(later / GRID)) + 1)] if later > 0 else []
            dates = np.unique([*asked, *grid])
        sizes = [len(part) for part in np.array_split(np.arange(n), len(self.parts))]
        factors = self.factor(dates)
        drawn = np.concatenate(
            [
                p.draws(dates.tolist(), n=size, seed=seed + k) * factors[k][:, None]
                for k, (p, size) in enumerate(zip(self.parts, sizes, strict=True))
            ],
            axis=1,
        )
        if self.net:
            return drawn
        return np.maximum.accumulate(drawn, axis=0)[np.searchsorted(dates, asked)]

    def joint_probability(self, times: Sequence[float], levels: Sequence[float], seed: int = 0) -> float:
        """Probability that the count is at least ``levels[i]`` on date ``times[i]``, for all i.

        Where the count cannot fall, what that adds to the chance is taken from the draws.
        """
        t, x = np.asarray(times, float), np.asarray(levels, float)
        factors = self.factor(t)
        chances = [p.joint_probability(t.tolist(), (x / f).tolist()) for p, f in zip(self.parts, factors, strict=True)]
        joint = float(np.mean(chances))
        if not self.net:
            there = [law.draws(t.tolist(), seed=seed) >= x[:, None] for law in (self, self.wandering())]
            joint += float(np.mean(there[0].all(axis=0)) - np.mean(there[1].all(axis=0)))
        return float(np.clip(joint, 0, min(self.probability(a, b) for a, b in zip(t, x, strict=True))))


def scaled(figures: pd.DataFrame, population: Population, place: float, unit: float) -> pd.DataFrame:
    """Figures as they would be if those eligible were always `unit`: the same shares of those on their dates."""
    factor = unit / population.at([decimal_year(day) for day in figures["as_of"]], place)
    rounding = figures["decimals"].to_numpy(float) - np.log10(factor)
    return figures.assign(value=figures["value"].to_numpy(float) * factor, decimals=rounding)
