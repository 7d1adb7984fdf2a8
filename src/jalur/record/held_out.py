"""Forecasts of jalur with prior weights that have not seen the kind of series that they are scored on.

The shipped weights were learned from the very kinds that the track record is measured on. Scoring them there would
flatter them, so here the weights are learned again without each tie of kinds (`jalur.record.learn.TIES`) in turn:
every kind is forecast as one never seen, as a new programme would be.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from jalur.engine.prior import Prior
from jalur.record.backtest import Forecast, Origin, forecast_with
from jalur.record.learn import SHAPES, learn_weights, learning_tasks, leave_ties_out, tie
from jalur.record.objective import grid, observe
from jalur.record.series import Series


class HeldOut:
    """Weights learned without some of the kinds.

    Parameters
    ----------
    series : sequence of Series
        As `jalur.record.series.read_series` gives them.
    shapes : bool
        Learn other shapes of the growth curve as well.
    tell : callable
        Called with one line of progress after each shape.

    Attributes
    ----------
    without : dict of str to Prior
        For each tie of kinds, the weights learned on all other kinds. Empty where no other kind has a usable origin.
    shapes : dict of str to dict of str to Prior
        The same for each other shape of the growth curve, by its family.
    classes : tuple of str
        Classes with weights of their own.
    """

    def __init__(
        self, series: Sequence[Series], *, shapes: bool = True, tell: Callable[[str], None] = lambda line: None
    ) -> None:
        self.without: dict[str, Prior] = {}
        self.shapes: dict[str, dict[str, Prior]] = {}
        self.classes: tuple[str, ...] = ()
        tasks = learning_tasks(series)
        if len({tie(one.kind) for one in tasks}) < 2:
            return
        laws = grid()
        seen = observe(tasks, laws)
        self.classes = tuple(learn_weights(seen, laws).classes)
        self.without = leave_ties_out(seen, laws, self.classes)
        tell("weights without each tie of kinds: learned")
        for family in SHAPES if shapes else ():
            laws = grid(family)
            self.shapes[laws.links[0].family] = leave_ties_out(observe(tasks, laws), laws, ())
            tell(f"the same with another growth curve, {laws.links[0].family}: learned")

    def unseen(self, origin: Origin, kind_class: str | None = None) -> Forecast:
        """Forecast for an origin with weights that have seen no series of its tie of kinds; a class may be declared."""
        return partial(forecast_with, self.without[tie(origin.group)], kind_class=kind_class)

    def with_shape(self, family: str, origin: Origin) -> Forecast:
        """As `unseen`, with another shape of the growth curve."""
        return partial(forecast_with, self.shapes[family][tie(origin.group)])
