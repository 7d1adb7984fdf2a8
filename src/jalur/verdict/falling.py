"""A level that is to fall, judged as its complement that rises: what has left, out of the whole.

The engine knows counts that rise towards a capacity. A share without something is a hundred less the share with it, and
a count that is to shrink is the whole less those who have left. So the complement is what the engine is conditioned on,
and `Falling` turns its law back: every level, range and path comes out in the direction of the programme.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from jalur.engine import Outlook, Scope

Array = npt.NDArray[np.float64]


def complement(figures: pd.DataFrame, whole: float) -> pd.DataFrame:
    """Figures of what has left, in the columns of the ledger; rounding and dates stay.

    A floor on what is left is a ceiling on what has left. The engine knows floors alone, so floors are dropped.
    """
    kept = figures[figures["qualifier"] != "at_least"]
    return kept.assign(value=whole - kept["value"])


@dataclass(frozen=True)
class Falling:
    """The law of a level that falls, from the law of its complement.

    Attributes
    ----------
    rest : Outlook
        Law of `whole` less the level.
    whole : float
        Units.
    """

    rest: Outlook
    whole: float

    @property
    def t_last(self) -> float:
        """Date of the last figure."""
        return self.rest.t_last

    @property
    def scope(self) -> Scope:
        """Where the complement lies outside of what was learned."""
        return self.rest.scope

    @property
    def without_class(self) -> Falling:
        """The same figures weighed as for a programme of an unknown class; itself where no class was used."""
        plain = self.rest.without_class
        return self if plain is self.rest else replace(self, rest=plain)

    def wandering(self) -> Falling:
        """The same law without the correction for a count that cannot turn back."""
        return replace(self, rest=replace(self.rest, net=True))

    def probability(self, t: float, level: npt.ArrayLike):
        """Probability that the level on date t is at most `level`: that the target is met."""
        return self.rest.probability(t, self.whole - np.asarray(level, float))

    def cdf(self, t: float, level: npt.ArrayLike) -> Array:
        """Probability that the level on date t is at most `level`, as an array."""
        return np.asarray(self.probability(t, np.atleast_1d(np.asarray(level, float))), float)

    def quantile(self, t: float, q: npt.ArrayLike):
        """Level that the true one stays below with probability q."""
        return self.whole - self.rest.quantile(t, 1 - np.asarray(q, float))

    def draws(self, times: Sequence[float], n: int = 4000, seed: int = 0) -> Array:
        """Joint draws of the level, shape (len(times), n)."""
        return self.whole - self.rest.draws(times, n, seed)

    def joint_probability(self, times: Sequence[float], levels: Sequence[float], seed: int = 0) -> float:
        """Probability that the level is at most ``levels[i]`` on date ``times[i]``, for all i."""
        return self.rest.joint_probability(times, [self.whole - level for level in levels], seed=seed)
