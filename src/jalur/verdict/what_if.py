"""A quick verdict for sliders: the chances and ranges of a question, with extra onboarding and retention.

The engine is asked only for what a slider shows: no leave-one-out, no levers, no other capacities. What depends on the
figures alone (the posterior, its exact chances, one set of draws) is kept for each question, so that the sliders which
do not touch the evidence answer at once. With nothing extra and nobody leaving, chances and ranges are those of
`jalur.verdict.judge`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy.special import ndtri

from jalur.dates import calendar_day
from jalur.verdict import model as v
from jalur.verdict import projection
from jalur.verdict.case import Case, Question
from jalur.verdict.judge import answer, judge
from jalur.verdict.scenarios import active

DRAWS = 2000  # for the shape of the fan and for the change that retention makes; chances are exact without it
FAN_DATES = 10
MONTHS = 12.0
_RANGE = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
_PRINTED = (0.05, 0.5, 0.95)
_AROUND = np.linspace(-0.04, 0.04, 13)  # the draws' own quantiles are good to about 0.01 in probability
_KEPT = 64  # questions whose posterior is kept


@dataclass(frozen=True, eq=False)
class Futures:
    """What follows from a case that can carry a probability, for any extra onboarding and retention."""

    case: Case

    @property
    def capacity(self) -> float:
        """Units that could ever join."""
        assert self.case.capacity is not None
        return self.case.capacity

    @cached_property
    def known(self) -> v.Verdict:
        """The verdict without extra onboarding and retention, and without ranges."""
        found = answer(self.case)
        return replace(found, capacities=(found.capacity,) if found.capacity else (), draws=DRAWS)

    @cached_property
    def open(self) -> np.ndarray:
        """Which milestones lie after the vintage, shape (milestones,)."""
        return self.case.path.times > self.case.now

    @cached_property
    def middle_and_ends(self) -> np.ndarray:
        """5, 50 and 95 % quantiles on each milestone's date, shape (milestones, 3).

        The exact distribution function is read at levels around the quantiles of the draws, and inverted between them
        on the normal scale, on which it is nearly straight.
        """
        found = []
        for t, levels in zip(self.case.path.times, self.draws[1], strict=True):
            around = np.clip(np.add.outer(_PRINTED, _AROUND), 0.5 / DRAWS, 1 - 0.5 / DRAWS).ravel()
            nodes = np.unique(np.quantile(levels, around))
            scale = ndtri(np.clip(self.case.state().cdf(t, nodes), 1e-9, 1 - 1e-9))
            found.append(np.interp(ndtri(_PRINTED), scale, nodes))
        return np.array(found)

    @cached_property
    def dates(self) -> np.ndarray:
        """Decimal years from the vintage to the last milestone (at least a year on), every milestone among them."""
        end = max(float(self.case.path.times[-1]), self.case.now + 1)
        return np.unique([*np.linspace(self.case.now, end, FAN_DATES), *self.case.path.times[self.open]])

    @cached_property
    def draws(self) -> tuple[np.ndarray, np.ndarray]:
        """Joint draws on `dates`, shape (dates, draws), and on the milestones' dates, shape (milestones, draws)."""
        times = [*self.case.path.times, *self.dates]
        # As drawn, without the step that gives each date its exact law: what is printed is corrected for it below.
        drawn = replace(self.case.state(), net=True).draws(times, n=DRAWS, seed=self.case.question.seed)
        milestones, later = drawn[: len(self.case.path.times)].copy(), drawn[len(self.case.path.times) :]
        if not self.case.programme.net:
            later = _without_falls(later)
        return later, self._at_milestones(later, milestones)

    def _at_milestones(self, later: np.ndarray, milestones: np.ndarray) -> np.ndarray:
        """`milestones` with the rows of those to come taken from `later`."""
        for k in np.flatnonzero(self.open):
            milestones[k] = later[int(np.searchsorted(self.dates, self.case.path.times[k]))]
        return milestones

    def months(self, times: np.ndarray) -> np.ndarray:
        """Months from the vintage to each date, 0 for earlier ones."""
        return np.maximum(np.asarray(times) - self.case.now, 0.0) * MONTHS

    def moved(self, extra: float, retention: float) -> tuple[np.ndarray, np.ndarray]:
        """The draws on `dates` and on the milestones with extra units a month and with those who left taken away."""
        later, milestones = self.draws
        later = np.minimum(later + extra * self.months(self.dates)[:, None], self.capacity)
        if retention < 1:
            later = active(self.dates, later, retention)
        return later, self._at_milestones(later, milestones.copy())

    def chances(self, extra: float, retention: float) -> tuple[np.ndarray, float, np.ndarray]:
        """Chance of each milestone, of all of them, and quantiles (5, 50, 95 %) on their dates.

        Extra units move every future alike, so the exact laws answer. Retention needs the draws: the exact result
        without it is moved by the difference that it makes among the same draws.
        """
        state, targets, times, capacity = self.case.state(), self.case.path.levels, self.case.path.times, self.capacity
        least = np.maximum(targets - extra * self.months(times), 0.0)
        least = np.where(targets > capacity, targets, least)  # extra units cannot come from beyond the capacity
        single = np.array([state.probability(t, x) for t, x in zip(times, least, strict=True)])
        joint = self.case.together(times, least)
        ranges = np.minimum(self.middle_and_ends + extra * self.months(times)[:, None], capacity)
        if retention < 1 and self.open.any():
            everyone, staying = self.moved(extra, 1.0)[1], self.moved(extra, retention)[1]
            met = [levels >= targets[:, None] for levels in (everyone, staying)]
            single = np.clip(single + met[1].mean(axis=1) - met[0].mean(axis=1), 0.0, 1.0)
            joint = float(np.clip(joint + met[1].all(axis=0).mean() - met[0].all(axis=0).mean(), 0.0, single.min()))
            quantiles = [np.quantile(levels, _PRINTED, axis=1).T for levels in (everyone, staying)]
            ranges = np.maximum(ranges + quantiles[1] - quantiles[0], 0.0)
        return single, joint, ranges

    def fan(self, extra: float, retention: float) -> tuple[v.FanRow, ...]:
        """Quantiles from the draws on `dates`."""
        rows = np.quantile(self.moved(extra, retention)[0], _RANGE, axis=1).T
        return tuple(
            v.FanRow(calendar_day(float(t)), *map(float, row)) for t, row in zip(self.dates, rows, strict=True)
        )

    def verdict(self, extra: float, retention: float) -> v.Verdict:
        """The verdict's sentence, targets and fan."""
        single, joint, ranges = self.chances(extra, retention)
        milestones = tuple(
            replace(projection.milestone(self.case, k, p), median=middle, interval_90=(low, high))
            for k, (p, (low, middle, high)) in enumerate(zip(single.tolist(), ranges.tolist(), strict=True))
        )
        return replace(
            self.known,
            milestones=milestones,
            joint_probability=joint,
            fan=self.fan(extra, retention),
        )


class Explorer:
    """Answers other questions about the programme of a case and keeps the latest posteriors.

    Parameters
    ----------
    start : Case
    """

    def __init__(self, start: Case) -> None:
        self.start = start
        self._kept: dict[Question, Futures] = {}

    def case(self, question: Question) -> Case:
        """The prepared question."""
        return self._futures(question).case

    def verdict(self, question: Question, extra: float = 0.0, retention: float = 1.0) -> v.Verdict:
        """Chances, ranges and fan of a question; the parts of a verdict that sliders do not show are empty.

        Parameters
        ----------
        question : Question
        extra : float
            Units a month that join from the vintage on, on top of the projection; not below 0.
        retention : float
            Share of those on board who are still active a year later, above 0 and at most 1.

        Raises
        ------
        InputError
            A choice that does not exist, see `jalur.verdict.case`.
        """
        futures = self._futures(question)
        return judge(futures.case, sensitivity=False) if futures.case.problem else futures.verdict(extra, retention)

    def _futures(self, question: Question) -> Futures:
        if question not in self._kept:
            while len(self._kept) >= _KEPT:
                del self._kept[next(iter(self._kept))]
            self._kept[question] = Futures(replace(self.start, question=question))
        return self._kept[question]


def _without_falls(levels: np.ndarray) -> np.ndarray:
    """Draws of a count that cannot fall, shape (dates, draws), in order of time.

    As in the engine, the law on a date is the highest of the laws so far, quantile by quantile; each path keeps its
    rank in it.
    """
    law = np.maximum.accumulate(np.sort(levels, axis=1), axis=0)
    out = np.empty_like(levels)
    for row, high, sorted_ in zip(out, np.maximum.accumulate(levels, axis=0), law, strict=True):
        row[np.argsort(high, kind="stable")] = sorted_
    return np.maximum.accumulate(out, axis=0)
