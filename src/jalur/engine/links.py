"""Growth-curve families as links: transforms on which each family's curve is a straight line in time.

With ``p = N / K`` the share of the capacity reached, every family has an increasing function ``g`` for which
``g(p(t))`` is linear in time (for Weibull: linear in the logarithm of time):

===========  ===========================  =================================
family       ``g(p)``                     curve
===========  ===========================  =================================
logistic     ``log(p / (1 - p))``         symmetric S-curve
gompertz     ``-log(-log p)``             S-curve, early inflection at 1/e
saturating   ``-log(1 - p)``              exponential approach to K
weibull      ``log(-log(1 - p))``         S-curve in the logarithm of time
bass         ``log((1 + r p) / (1 - p))`` r = imitation / innovation
richards     ``-log(p**-v - 1)``          asymmetric logistic, v = shape
line         ``p``                        constant additions
===========  ===========================  =================================

All links are scaled so that ``g'(1/4) = 4``: near a quarter of the capacity one unit on the link scale is a quarter
of the capacity, whatever the family. Paces of different families can then be compared, and the line is ``4 p``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from jalur.errors import InputError

Array = npt.NDArray[np.float64]

FAMILIES = ("logistic", "gompertz", "saturating", "weibull", "bass", "richards", "line")
DEFAULT_SHAPE = {"bass": 30.0, "richards": 0.5}
_ANCHOR, _ANCHOR_SLOPE = 0.25, 4.0


@dataclass(frozen=True)
class Link:
    """One family's link, its inverse and its derivative.

    Attributes
    ----------
    family : str
        One of `FAMILIES`.
    shape : float or None
        Shape of the Bass (``r``) or Richards (``v``) family, otherwise None.
    scale : float
        Factor that makes ``slope(1/4)`` equal 4.
    lowest : float
        Smallest value that ``to_link`` takes (minus infinity where the curve has no start). Below it the share is 0.
    """

    family: str
    shape: float | None
    scale: float
    lowest: float
    _forward: Callable[[Array], Array]
    _inverse: Callable[[Array], Array]
    _derivative: Callable[[Array], Array]

    def to_link(self, share: npt.ArrayLike) -> Array:
        """Map shares in (0, 1) to the link scale."""
        return self.scale * self._forward(np.asarray(share, float))

    def from_link(self, z: npt.ArrayLike) -> Array:
        """Map the link scale back to shares, clipped to [0, 1] outside the family's range."""
        with np.errstate(over="ignore"):
            return np.clip(self._inverse(np.maximum(np.asarray(z, float), self.lowest) / self.scale), 0.0, 1.0)

    def slope(self, share: npt.ArrayLike) -> Array:
        """Return the derivative of `to_link` at a share."""
        return self.scale * self._derivative(np.asarray(share, float))

    def clock(self, t: npt.ArrayLike, first: float, last: float) -> Array:
        """Return the time in which the family's curve is straight.

        It is calendar time, except for Weibull: there it is the logarithm of the years since one year before the
        first figure, stretched so that a year counts as a year at the last figure.
        """
        t = np.asarray(t, float)
        if self.family != "weibull":
            return t
        span = last - first + 1.0
        return last + span * np.log((t - first + 1.0) / span)


def _logit(p: Array) -> Array:
    return np.log(p) - np.log1p(-p)


def _expit(z: Array) -> Array:
    return 1.0 / (1.0 + np.exp(-z))


def _functions(family: str, shape: float) -> tuple[Callable[[Array], Array], ...]:
    if family == "logistic":
        return _logit, _expit, lambda p: 1.0 / (p * (1.0 - p))
    if family == "gompertz":
        return lambda p: -np.log(-np.log(p)), lambda z: np.exp(-np.exp(-z)), lambda p: -1.0 / (p * np.log(p))
    if family == "saturating":
        return lambda p: -np.log1p(-p), lambda z: -np.expm1(-z), lambda p: 1.0 / (1.0 - p)
    if family == "weibull":
        return (
            lambda p: np.log(-np.log1p(-p)),
            lambda z: -np.expm1(-np.exp(z)),
            lambda p: -1.0 / ((1.0 - p) * np.log1p(-p)),
        )
    if family == "bass":
        return (
            lambda p: np.log1p(shape * p) - np.log1p(-p),
            lambda z: -np.expm1(-z) / (1.0 + shape * np.exp(-z)),
            lambda p: shape / (1.0 + shape * p) + 1.0 / (1.0 - p),
        )
    if family == "richards":
        return (
            lambda p: -np.log(np.expm1(-shape * np.log(p))),
            lambda z: np.exp(-np.log1p(np.exp(-z)) / shape),
            lambda p: shape / (p * -np.expm1(shape * np.log(p))),
        )
    return lambda p: p + 0.0, lambda z: z + 0.0, np.ones_like


@lru_cache(maxsize=64)
def link(family: str, shape: float | None = None) -> Link:
    """Return the link of a family.

    Parameters
    ----------
    family : str
        One of `FAMILIES`.
    shape : float, optional
        ``r > 0`` for Bass (default 30), ``v > 0`` for Richards (default 0.5); not used by the others.

    Raises
    ------
    InputError
        If the family is unknown or the shape is not positive.
    """
    if family not in FAMILIES:
        raise InputError(f"unknown growth family {family!r}; allowed: {', '.join(FAMILIES)}")
    if family not in DEFAULT_SHAPE:
        shape = None
    elif shape is None:
        shape = DEFAULT_SHAPE[family]
    if shape is not None and not 0 < shape < np.inf:
        raise InputError(f"the shape of the {family} family must be a positive number, not {shape!r}")
    forward, inverse, derivative = _functions(family, shape or 1.0)
    scale = float(_ANCHOR_SLOPE / derivative(np.asarray(_ANCHOR)))
    lowest = 0.0 if family in ("saturating", "bass", "line") else -np.inf
    return Link(family, shape, scale, lowest, forward, inverse, derivative)
