"""The growth curves that can be fitted: one class each, and nothing else to change for a new one.

A family names its parameters with their roles, gives the curve, its partial derivatives, and starting values from
its link (the function that makes the curve a straight line in time). The role of a parameter says how it scales
and where it may lie:

========== ============================== =============================
role       unit                           range
========== ============================== =============================
level      as the figures                 positive
rate       1 / time                       positive
duration   time                           positive
shape      none                           positive
time       a date                         any
launch     a date                         not after the first figure
========== ============================== =============================

Sources of the formulas: logistic and Gompertz, Winsor (PNAS 18, 1932); Richards (J. Exp. Botany 10, 1959) in the
form whose midpoint is the inflection and whose limit for shape -> 0 is Gompertz; Bass (Management Science 15,
1969); Weibull and saturating exponential as distribution functions of the date of adoption.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from jalur.errors import InputError

Array = NDArray[np.floating]

_LARGEST_EXPONENT = 700.0
_STARTING_CEILINGS = (1.02, 1.25, 2.0, 5.0, 100.0)


class Family(ABC):
    """A growth curve with a ceiling, its first parameter.

    ``curve`` and ``partials`` take times (n,) and one argument per parameter, scalars or arrays (k, 1); they return
    values (n,) or (k, n).
    """

    name: ClassVar[str]
    roles: ClassVar[dict[str, str]]

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names of the parameters, the ceiling first."""
        return tuple(self.roles)

    @abstractmethod
    def curve(self, t: Array, *params: Array) -> Array:
        """Level at the times t."""

    @abstractmethod
    def partials(self, t: Array, *params: Array) -> tuple[Array, ...]:
        """Derivatives of the level by each parameter."""

    @abstractmethod
    def starts(self, t: Array, share: Array) -> list[tuple[float, ...]]:
        """Starting values of the parameters after the ceiling, from shares of the ceiling strictly in (0, 1)."""


class Logistic(Family):
    """``capacity / (1 + exp(-growth (t - midpoint)))``."""

    name = "logistic"
    roles: ClassVar[dict[str, str]] = {"capacity": "level", "growth": "rate", "midpoint": "time"}

    def curve(self, t: Array, *params: Array) -> Array:
        """Level at the times t."""
        capacity, growth, midpoint = params
        return capacity / (1.0 + _exp(-growth * (t - midpoint)))

    def partials(self, t: Array, *params: Array) -> tuple[Array, ...]:
        """Derivatives by capacity, growth, midpoint."""
        capacity, growth, midpoint = params
        since = t - midpoint
        share = 1.0 / (1.0 + _exp(-growth * since))
        slope = capacity * share * (1.0 - share)
        return share, slope * since, -growth * slope

    def starts(self, t: Array, share: Array) -> list[tuple[float, ...]]:
        """From the line log(p / (1 - p))."""
        return [_rate_and_date(t, np.log(share / (1.0 - share)))]


class Gompertz(Family):
    """``capacity exp(-exp(-growth (t - midpoint)))``; at the midpoint 1/e of the capacity is reached."""

    name = "gompertz"
    roles: ClassVar[dict[str, str]] = {"capacity": "level", "growth": "rate", "midpoint": "time"}

    def curve(self, t: Array, *params: Array) -> Array:
        """Level at the times t."""
        capacity, growth, midpoint = params
        return capacity * np.exp(-_exp(-growth * (t - midpoint)))

    def partials(self, t: Array, *params: Array) -> tuple[Array, ...]:
        """Derivatives by capacity, growth, midpoint."""
        capacity, growth, midpoint = params
        since = t - midpoint
        inner = _exp(-growth * since)
        share = np.exp(-inner)
        slope = capacity * share * inner
        return share, slope * since, -growth * slope

    def starts(self, t: Array, share: Array) -> list[tuple[float, ...]]:
        """From the line -log(-log p)."""
        return [_rate_and_date(t, -np.log(-np.log(share)))]


class Richards(Family):
    """``capacity (1 + shape exp(-growth (t - midpoint)))^(-1/shape)``.

    Shape 1 is the logistic, shape -> 0 Gompertz; the midpoint is the date of the inflection.
    """

    name = "richards"
    roles: ClassVar[dict[str, str]] = {"capacity": "level", "growth": "rate", "midpoint": "time", "shape": "shape"}

    def curve(self, t: Array, *params: Array) -> Array:
        """Level at the times t."""
        capacity, growth, midpoint, shape = params
        return capacity * np.exp(-np.log1p(shape * _exp(-growth * (t - midpoint))) / shape)

    def partials(self, t: Array, *params: Array) -> tuple[Array, ...]:
        """Derivatives by capacity, growth, midpoint, shape."""
        capacity, growth, midpoint, shape = params
        since = t - midpoint
        inner = _exp(-growth * since)
        logarithm = np.log1p(shape * inner)
        share = np.exp(-logarithm / shape)
        odds = inner / (1.0 + shape * inner)
        slope = capacity * share * odds
        by_shape = capacity * share * (logarithm / shape - odds) / shape
        return share, slope * since, -growth * slope, by_shape

    def starts(self, t: Array, share: Array) -> list[tuple[float, ...]]:
        """From the line -log((p^-shape - 1) / shape), for three shapes."""
        return [
            (*_rate_and_date(t, -np.log(np.expm1(-shape * np.log(share)) / shape)), shape) for shape in (0.1, 1.0, 4.0)
        ]


class Bass(Family):
    """``capacity (1 - e^-s) / (1 + (imitation / innovation) e^-s)``, s = (innovation + imitation)(t - launch).

    Zero before the launch.
    """

    name = "bass"
    roles: ClassVar[dict[str, str]] = {
        "capacity": "level",
        "innovation": "rate",
        "imitation": "rate",
        "launch": "launch",
    }

    def curve(self, t: Array, *params: Array) -> Array:
        """Level at the times t."""
        capacity, innovation, imitation, launch = params
        left = _exp(-(innovation + imitation) * _since(t, launch))
        return capacity * (1.0 - left) / (1.0 + imitation / innovation * left)

    def partials(self, t: Array, *params: Array) -> tuple[Array, ...]:
        """Derivatives by capacity, innovation, imitation, launch."""
        capacity, innovation, imitation, launch = params
        since, rate = _since(t, launch), innovation + imitation
        left = _exp(-rate * since)
        # Both parts multiplied by the rate of innovation, which may be tiny.
        below = innovation + imitation * left
        share = innovation * (1.0 - left) / below
        # d share / d left, with the rates held.
        by_left = -innovation * rate / below**2
        by_rate = by_left * -since * left
        by_innovation = by_rate + imitation * left * (1.0 - left) / below**2
        by_imitation = by_rate - innovation * (1.0 - left) * left / below**2
        by_launch = np.where(t >= launch, by_left * rate * left, 0.0)
        return share, capacity * by_innovation, capacity * by_imitation, capacity * by_launch

    def starts(self, t: Array, share: Array) -> list[tuple[float, ...]]:
        """From the line log((1 + r p) / (1 - p)), for four ratios r of imitation to innovation."""
        found: list[tuple[float, ...]] = []
        for ratio in (0.3, 3.0, 30.0, 1000.0):
            rate, launch = _rate_and_date(t, np.log1p(ratio * share) - np.log1p(-share))
            found.append((rate / (1.0 + ratio), rate * ratio / (1.0 + ratio), launch))
        return found


class Weibull(Family):
    """``capacity (1 - exp(-((t - launch) / scale)^shape))``; zero before the launch."""

    name = "weibull"
    roles: ClassVar[dict[str, str]] = {"capacity": "level", "scale": "duration", "shape": "shape", "launch": "launch"}

    def curve(self, t: Array, *params: Array) -> Array:
        """Level at the times t."""
        capacity, scale, shape, launch = params
        return -capacity * np.expm1(-_power(_since(t, launch) / scale, shape))

    def partials(self, t: Array, *params: Array) -> tuple[Array, ...]:
        """Derivatives by capacity, scale, shape, launch."""
        capacity, scale, shape, launch = params
        age = _since(t, launch) / scale
        positive = age > 0
        safe = np.where(positive, age, 1.0)
        hazard = np.where(positive, _power(safe, shape), 0.0)
        slope = capacity * hazard * np.exp(-hazard)
        return -np.expm1(-hazard), -slope * shape / scale, slope * np.log(safe), -slope * shape / (safe * scale)

    def starts(self, t: Array, share: Array) -> list[tuple[float, ...]]:
        """From the line log(-log(1 - p)) in log time, for four dates of launch."""
        found: list[tuple[float, ...]] = []
        span = float(np.ptp(t))
        for before in (0.02, 0.2, 1.0, 5.0):
            launch = float(t[0]) - before * span
            shape, log_scale = _rate_and_date(np.log(t - launch), np.log(-np.log1p(-share)))
            found.append((float(np.exp(np.clip(log_scale, -20, 20))), shape, launch))
        return found


class Saturating(Family):
    """``capacity (1 - exp(-rate (t - launch)))``; zero before the launch."""

    name = "saturating"
    roles: ClassVar[dict[str, str]] = {"capacity": "level", "rate": "rate", "launch": "launch"}

    def curve(self, t: Array, *params: Array) -> Array:
        """Level at the times t."""
        capacity, rate, launch = params
        return -capacity * np.expm1(-rate * _since(t, launch))

    def partials(self, t: Array, *params: Array) -> tuple[Array, ...]:
        """Derivatives by capacity, rate, launch."""
        capacity, rate, launch = params
        since = _since(t, launch)
        left = np.exp(-rate * since)
        by_launch = np.where(t >= launch, -capacity * rate * left, 0.0)
        return -np.expm1(-rate * since), capacity * since * left, by_launch

    def starts(self, t: Array, share: Array) -> list[tuple[float, ...]]:
        """From the line -log(1 - p)."""
        return [_rate_and_date(t, -np.log1p(-share))]


FAMILIES: dict[str, Family] = {
    family.name: family for family in (Logistic(), Gompertz(), Richards(), Bass(), Weibull(), Saturating())
}


def family_named(name: str) -> Family:
    """The family of that name, or an InputError that lists the known ones."""
    try:
        return FAMILIES[name]
    except (KeyError, TypeError):
        raise InputError(f"unknown family {name!r}; known are {', '.join(FAMILIES)}.") from None


def starting_points(family: Family, t: Array, y: Array, capacity: float | None) -> Array:
    """Starting values (k, p) for times and levels scaled to [0, 1], from the family's link at several ceilings."""
    rows = []
    for ceiling in _STARTING_CEILINGS if capacity is None else (capacity,):
        share = np.clip(y / ceiling, 1e-3, 1.0 - 1e-3)
        rows += [(ceiling, *rest) for rest in family.starts(t, share)]
    return np.array(rows)


def _exp(exponent: Array) -> Array:
    """Exponential that stops short of overflow."""
    return np.exp(np.minimum(exponent, _LARGEST_EXPONENT))


def _since(t: Array, launch: Array) -> Array:
    return np.maximum(t - launch, 0.0)


def _power(base: Array, exponent: Array) -> Array:
    """Power of a non-negative base that stops short of overflow."""
    with np.errstate(divide="ignore", over="ignore"):
        return np.exp(np.minimum(exponent * np.log(base), _LARGEST_EXPONENT))


def _rate_and_date(t: Array, z: Array) -> tuple[float, float]:
    """Slope of the regression of z on t (at least slightly positive) and where the line crosses zero."""
    centre = t - t.mean()
    slope = max(float(centre @ z) / float(centre @ centre), 0.05)
    return slope, float(t.mean()) - float(z.mean()) / slope
