"""The forecasting engine: from published figures and a capacity to the law of the count on any date.

`condition` states the growth laws of the prior (`jalur.engine.prior`) in the units of the series
(`jalur.engine.scale`), runs every one over the figures (`jalur.engine.posterior`) and weighs them;
the resulting `Outlook` answers questions about any date. Probabilities and quantiles of single dates come from the
mixture itself, without sampling; joint questions from quasi-random paths (`jalur.engine.paths`).

Counts that cannot fall
-----------------------
The working model lets the level wander. For an "ever onboarded" count (``net=False``) the law of the count on date t
is corrected as little as monotony allows: its distribution function is the smallest of those the working model gives
for the last figure's date, for every third month up to t, and for t itself. So the probability of a level never
falls with time, quantiles never decrease, and nothing is projected below the present level. Paths are the running
maxima of the working model's paths, brought to exactly these distributions rank by rank.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from jalur.engine import paths
from jalur.engine.figures import Figures, exact_figures
from jalur.engine.filter import transition
from jalur.engine.mixture import Mixture, Stack, poisson_weights
from jalur.engine.paths import Pace
from jalur.engine.posterior import WILD_SHARE, Posterior, posterior
from jalur.engine.prior import Laws, Prior, load
from jalur.engine.scale import Scale
from jalur.engine.scope import Scope, scope_of
from jalur.errors import InputError

__all__ = ["ENGINE_VERSION", "Outlook", "condition", "forecast"]

Array = npt.NDArray[np.float64]

ENGINE_VERSION = "2.0"

GRID = 0.25  # years between the dates at which a count that cannot fall is compared with itself
_NEGLIGIBLE = 1e-7  # components of the mixture with less weight are dropped


@dataclass(frozen=True)
class Outlook:
    """Posterior after the last figure, and what it says about any date.

    Attributes
    ----------
    capacity : float
    net : bool
        Whether the count may fall.
    t_first, t_last : float
        Dates of the first and the last figure.
    past_t : tuple of float
        Dates up to the last figure whose (smoothed) levels were kept.
    laws : Laws
        The growth laws that remain, in the order of the arrays below.
    weight : array, shape (cells,)
        Posterior weights.
    mean, covariance : array
        State (z, b, kept past levels...) at the last figure: shapes (states, cells), (states, states, cells).
    log_evidence : float
    kind_class, class_used : str or None
        Class that was declared, and the one whose weights were used (None: those of all kinds alike).
    scale : Scale
        What the series says about itself: clock, pace, scatter, evidence (on the link of the main family).
    scope : Scope
        Where the series lies outside of what was learned.
    """

    capacity: float
    net: bool
    t_first: float
    t_last: float
    past_t: tuple[float, ...]
    laws: Laws
    weight: Array
    mean: Array
    covariance: Array
    log_evidence: float
    kind_class: str | None
    class_used: str | None
    scale: Scale
    scope: Scope
    _without: Outlook | None = field(default=None, repr=False, compare=False)
    _cache: dict = field(default_factory=dict, repr=False, compare=False)

    @property
    def without_class(self) -> Outlook:
        """The same figures weighed as for a programme of an unknown class; itself where no class was used."""
        return self if self._without is None else self._without

    # --- one date -----------------------------------------------------------------------------------------------

    def mixture(self, t: float) -> Mixture:
        """Return the working model's law of the count on one date (before monotony is imposed)."""
        t = float(t)
        if ("mixture", t) not in self._cache:
            self._cache["mixture", t] = self._mixture(t)
        return self._cache["mixture", t]

    def _mixture(self, t: float) -> Mixture:
        laws = self.laws
        chance = np.ones((1, len(laws)))
        if t >= self.t_last:
            gap = self.gap(self.t_last, t)
            h, _, q11, _, _ = transition(laws, gap)
            cov = self.covariance
            mean = self.mean[0] + laws.pace * gap + h * (self.mean[1] - laws.pace)
            variance = cov[0, 0] + 2 * h * cov[0, 1] + h * h * cov[1, 1] + q11
            chance = poisson_weights(laws.jump_rate * gap)
        else:
            i = 2 + self.past_index(t)
            mean, variance = self.mean[i], self.covariance[i, i]
        jumps = np.arange(len(chance))[:, None]
        weight = (self.weight * chance).ravel()
        sd = np.sqrt(np.maximum(variance + jumps * laws.jump_sd**2, 1e-18)).ravel()
        kept = weight > _NEGLIGIBLE * weight.max()
        repeat = len(chance)
        weight = weight[kept]
        return Mixture(
            weight / weight.sum(),
            np.tile(mean, repeat)[kept],
            sd[kept],
            np.tile(laws.family, repeat)[kept],
            np.tile(laws.capacity_share, repeat)[kept] * self.capacity,
            laws.links,
        )

    def gap(self, start: float, end: float) -> Array:
        """Time between two dates in each cell's clock."""
        one = {i: f.clock([start, end], self.t_first, self.t_last) for i, f in enumerate(self.laws.links)}
        if len(one) == 1:
            return np.full(len(self.laws), one[0][1] - one[0][0])
        return np.array([c[1] - c[0] for c in one.values()])[self.laws.family]

    def past_index(self, t: float) -> int:
        """Position of a date in `past_t`."""
        for i, kept in enumerate(self.past_t):
            if abs(kept - t) < 1e-9:
                return i
        raise InputError(
            f"the level at {t:.3f}, before the last figure ({self.t_last:.3f}), was not kept; name it in past_t"
        )

    def _comparable(self, t: float) -> list[float]:
        """Dates whose laws the law at t is compared with, so that a count that cannot fall does not."""
        if self.net:
            return [t]
        dates = [p for p in self.past_t if p < t - 1e-9]
        if t > self.t_last:
            dates += [self.t_last + GRID * k for k in range(int(np.ceil((t - self.t_last) / GRID - 1e-9)))]
        return [*dates, t]

    def _stack(self, t: float) -> Stack:
        if ("stack", t) not in self._cache:
            self._cache["stack", t] = Stack.of([self.mixture(s) for s in self._comparable(t)])
        return self._cache["stack", t]

    def cdf(self, t: float, level: npt.ArrayLike) -> Array:
        """Probability that the count on date t is at most `level` (scalar or array, unit of the count)."""
        return np.minimum(self._stack(float(t)).cdf(level).min(axis=0), 1.0)

    def probability(self, t: float, level: npt.ArrayLike):
        """Probability that the count on date t is at least `level`; exact, no sampling.

        `level` is a scalar (returns a float) or an array. `t` is a decimal year: any date from the last figure on,
        or a date given in `past_t`.
        """
        # The weights add up to 1 to rounding only.
        value = np.minimum(self._stack(float(t)).survival(level).max(axis=0), 1.0)
        return float(value) if np.ndim(value) == 0 else value

    def quantile(self, t: float, q: npt.ArrayLike):
        """Level that the count on date t stays below with probability q; exact, no sampling."""
        wanted = np.asarray(q, float)
        if np.any((wanted <= 0) | (wanted >= 1)):
            raise InputError(f"a quantile's probability must lie strictly between 0 and 1, not {q!r}")
        value = np.max([self._quantile(s, wanted) for s in self._comparable(float(t))], axis=0)
        return float(value) if np.ndim(value) == 0 else value

    def _quantile(self, t: float, q: Array) -> Array:
        key = ("quantile", t, q.tobytes(), q.shape)
        if key not in self._cache:
            self._cache[key] = self.mixture(t).quantile(q)
        return self._cache[key]

    # --- several dates ------------------------------------------------------------------------------------------

    def draws(self, times: Sequence[float], n: int = 4000, seed: int = 0) -> Array:
        """Draw the count jointly on several dates.

        Parameters
        ----------
        times : sequence of float
            Dates in any order, each from the last figure on or one of `past_t`.
        n : int
            Number of draws.
        seed : int

        Returns
        -------
        array, shape (len(times), n)
        """
        return paths.draws(self, times, n, seed)

    def joint_probability(self, times: Sequence[float], levels: Sequence[float], seed: int = 0) -> float:
        """Probability that the count is at least ``levels[i]`` on date ``times[i]``, for all i.

        The dependence between the dates comes from quasi-random paths, the probability of each single date from the
        mixture, so the result is never above the smallest of them. The points are fixed: `seed` changes nothing.
        """
        return paths.joint_probability(self, times, levels)

    def pace(self, seed: int = 0) -> Pace:
        """Return the model's present slope, per year; computed on fixed points, `seed` changes nothing."""
        return paths.pace(self)


def condition(
    figures: Figures,
    capacity: float,
    *,
    reporting_error: float = 0.02,
    reference_source: str | None = None,
    net: bool = False,
    past_t: Sequence[float] = (),
    prior: Prior | None = None,
    wild: float = WILD_SHARE,
    kind_class: str | None = None,
) -> Outlook:
    """Condition the growth laws of the prior on published figures.

    Parameters
    ----------
    figures : Figures
    capacity : float
        Eligible units times the share that can be reached, in the unit of the count.
    reporting_error : float
        Standard deviation of a figure's error, as a share of the level, on top of its rounding.
    reference_source : str, optional
        Issuing body whose offset is zero. The others get a static offset with prior N(0, 3 %). Without a reference,
        or when only one body speaks, all offsets are zero.
    net : bool
        Whether the count may fall (see the module's text).
    past_t : sequence of float
        Dates between the first and the last figure at which the level is wanted as well.
    prior : Prior, optional
        Default: the shipped weights.
    wild : float
        Probability that a figure's error is ten times as large as stated.
    kind_class : str, optional
        Class of the programme (`jalur.engine.KIND_CLASSES`). The weights are then those learned on kinds of that class,
        if it has weights of its own; without a class those learned with every kind counting alike.

    Raises
    ------
    InputError
        Without a usable figure, with values that are not finite or negative, with a figure at or above capacity, or
        with a class that does not exist.
    """
    prior = load() if prior is None else prior
    chosen = prior.for_class(kind_class)
    result = posterior(figures, capacity, prior, reporting_error=reporting_error, reference_source=reference_source,
                       past_t=past_t, wild=wild)  # fmt: skip
    plain = _weighed(result, prior, figures, float(capacity), net, kind_class, None)
    if chosen is prior:
        return plain
    return _weighed(result, chosen, figures, float(capacity), net, kind_class, kind_class, plain)


def _weighed(
    result: Posterior, prior: Prior, figures: Figures, capacity: float, net: bool, kind_class: str | None,
    class_used: str | None, without: Outlook | None = None,
) -> Outlook:  # fmt: skip
    """Weigh the cells by prior weight and likelihood; drop those without weight, and the offsets."""
    filtered = result.filtered
    log_weight = np.log(prior.weight) + prior.power * filtered.log_likelihood
    top = log_weight.max()
    weight = np.exp(log_weight - top)
    cells = np.flatnonzero(weight > _NEGLIGIBLE)
    states = 2 + len(result.kept)
    share = [weight[prior.family == k].sum() for k in range(len(prior.links))]
    main = int(np.argmax(share))
    scale = result.scale[main]
    level = min(max(scale.level, 1e-6), 1 - 1e-6)
    gain = scale.pace / float(prior.links[main].slope(level)) / (1 - level)
    dates = len(np.unique(np.asarray(figures.t)[~np.asarray(figures.floor, bool)]))
    return Outlook(
        capacity=capacity, net=net, t_first=result.first, t_last=result.last, past_t=result.kept,
        laws=result.laws.take(cells), weight=weight[cells] / weight[cells].sum(), mean=filtered.mean[:states, cells],
        covariance=filtered.covariance[:states, :states][:, :, cells],
        log_evidence=float(top + np.log(weight.sum())), kind_class=kind_class, class_used=class_used, scale=scale,
        scope=scope_of(scale, dates, gain, prior.ranges), _without=without,
    )  # fmt: skip


def forecast(
    t: Sequence[float],
    y: Sequence[float],
    future_t: Sequence[float],
    capacity: float = 100.0,
    draws: int = 2000,
    seed: int = 0,
    kind_class: str | None = None,
) -> Array:
    """Forecast an exact annual series that may fall, such as a share of a population.

    Parameters
    ----------
    t, y : sequence of float
        Dates (decimal years, increasing) and levels.
    future_t : sequence of float
        Dates to forecast, after the last of `t`.
    capacity : float
        Ceiling, in the unit of `y`.
    draws, seed : int
    kind_class : str, optional
        See `condition`.

    Returns
    -------
    array, shape (len(future_t), draws)
    """
    figures = exact_figures(t, y, capacity)
    return condition(figures, capacity, reporting_error=0.0, net=True, wild=0.0, kind_class=kind_class).draws(
        future_t, draws, seed
    )
