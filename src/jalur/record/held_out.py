"""Forecasts of jalur with prior weights that have not seen the series they are scored on, or not its kind.

The shipped weights were learned from the very series that the track record is measured on. Scoring them there would
flatter them, so here the weights are learned again, without the half of the series to which the scored one belongs,
and without its whole kind.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
from numpy.typing import ArrayLike, NDArray

from jalur.engine.figures import exact_figures
from jalur.engine.outlook import condition
from jalur.engine.prior import Prior
from jalur.record.backtest import Forecast, Origin
from jalur.record.learn import GROUP_WEIGHT, half
from jalur.record.objective import SHAPES, Origins, fit_weights, grid, observe, usable
from jalur.record.series import Series


def forecast_with(
    prior: Prior,
    t: ArrayLike,
    y: ArrayLike,
    future_t: Sequence[float],
    capacity: float = 100.0,
    draws: int = 2000,
    seed: int = 0,
) -> NDArray[np.float64]:
    """`jalur.engine.outlook.forecast` with given prior weights; parameters and result as there."""
    figures = exact_figures(t, y, capacity)
    state = condition(figures, capacity, reporting_error=0.0, net=True, wild=0.0, prior=prior)
    return state.draws(future_t, draws, seed)


class HeldOut:
    """Weights learned without some of the series.

    Parameters
    ----------
    series : sequence of Series
        As `jalur.record.series.read_series` gives them.

    Attributes
    ----------
    other_half : dict of int to Prior
        For each half of the series (by the MD5 of the name), the weights learned on the other half alone. Empty
        where one half has no usable origin.
    other_kinds : dict of str to Prior
        For each group, the weights learned on all other groups, each counting alike. Empty with one group.
    shapes : dict of str to dict of int to Prior
        For each other shape of the growth curve, by its family, the weights learned on the other half alone.
    """

    def __init__(self, series: Sequence[Series]) -> None:
        self.other_half: dict[int, Prior] = {}
        self.other_kinds: dict[str, Prior] = {}
        self.shapes: dict[str, dict[int, Prior]] = {}
        if not any(usable(one) for one in series):
            return
        laws = grid()
        seen = observe(series, laws)
        if len({half(name) for name in seen.name}) == 2:
            self.other_half = _by_half(seen, laws)
            others = [grid(family) for family in SHAPES]
            self.shapes = {laws.links[0].family: _by_half(observe(series, laws), laws) for laws in others}
        groups = sorted(set(map(str, seen.group)))
        if len(groups) > 1:
            self.other_kinds = {group: _without(seen, group, laws) for group in groups}

    def by_series(self, origin: Origin) -> Forecast:
        """Forecast for an origin with weights that have not seen its series."""
        return partial(forecast_with, self.other_half[half(origin.series)])

    def with_shape(self, family: str, origin: Origin) -> Forecast:
        """As `by_series`, with another shape of the growth curve."""
        return partial(forecast_with, self.shapes[family][half(origin.series)])

    def by_kind(self, origin: Origin) -> Forecast:
        """Forecast for an origin with weights that have seen no series of its kind."""
        return partial(forecast_with, self.other_kinds[origin.group])


def _by_half(seen: Origins, laws: Prior) -> dict[int, Prior]:
    halves = np.array([half(name) for name in seen.name])
    return {h: fit_weights(seen.take(halves != h), laws, GROUP_WEIGHT) for h in (0, 1)}


def _without(seen: Origins, group: str, laws: Prior) -> Prior:
    rest = seen.take(seen.group != group)
    share = {str(g): 1.0 / len(set(rest.name[rest.group == g])) for g in set(rest.group)}
    return fit_weights(rest, laws, share)
