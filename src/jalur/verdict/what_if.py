"""A quick verdict for sliders: the chances and ranges of a question, with extra onboarding and retention.

The engine is asked only for what a slider shows: no leave-one-out, no levers, no other capacities. What depends on the
figures alone (the posterior, its exact chances, one set of draws) is kept for each question, so that the sliders which
do not touch the evidence answer at once. With nothing extra and nobody leaving, chances and ranges are those of
`jalur.verdict.judge`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtri

from jalur import __version__, ledger
from jalur.engine import outlook
from jalur.verdict import judge as reach
from jalur.verdict import model as v
from jalur.verdict import projection
from jalur.verdict.case import Question, TargetPath, capacity_of, condition, iso, path_of, why_not
from jalur.verdict.scenarios import active

DRAWS = 2000  # for the shape of the fan and for the change that retention makes; chances are exact without it
FAN_DATES = 10
MONTHS = 12.0
_RANGE = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
_PRINTED = (0.05, 0.5, 0.95)
_AROUND = np.linspace(-0.04, 0.04, 13)  # the draws' own quantiles are good to about 0.01 in probability
_KEPT = 64  # questions whose posterior is kept


@dataclass(frozen=True)
class Case:
    """A question that can carry a probability: its evidence, its posterior and what follows from them alone."""

    programme: Any
    question: Question
    figures: pd.DataFrame
    path: TargetPath
    capacity: float

    @cached_property
    def now(self) -> float:
        """The vintage as decimal year."""
        return outlook.decimal_year(self.question.vintage)

    @cached_property
    def state(self) -> Any:
        """The engine's posterior."""
        last = outlook.decimal_year(self.figures["as_of"].max())
        return condition(self.programme, self.figures, self.capacity, [t for t in self.path.times if t < last])

    @cached_property
    def open(self) -> np.ndarray:
        """Which milestones lie after the vintage, shape (milestones,)."""
        return self.path.times > self.now

    @cached_property
    def middle_and_ends(self) -> np.ndarray:
        """5, 50 and 95 % quantiles on each milestone's date, shape (milestones, 3).

        The exact distribution function is read at levels around the quantiles of the draws, and inverted between them
        on the normal scale, on which it is nearly straight.
        """
        found = []
        for t, levels in zip(self.path.times, self.draws[1], strict=True):
            around = np.clip(np.add.outer(_PRINTED, _AROUND), 0.5 / DRAWS, 1 - 0.5 / DRAWS).ravel()
            nodes = np.unique(np.quantile(levels, around))
            scale = ndtri(np.clip(self.state.cdf(t, nodes), 1e-9, 1 - 1e-9))
            found.append(np.interp(ndtri(_PRINTED), scale, nodes))
        return np.array(found)

    @cached_property
    def dates(self) -> np.ndarray:
        """Decimal years from the vintage to the last milestone (at least a year on), every milestone among them."""
        end = max(float(self.path.times[-1]), self.now + 1)
        return np.unique([*np.linspace(self.now, end, FAN_DATES), *self.path.times[self.open]])

    @cached_property
    def draws(self) -> tuple[np.ndarray, np.ndarray]:
        """Joint draws on `dates`, shape (dates, draws), and on the milestones' dates, shape (milestones, draws)."""
        times = [*self.path.times, *self.dates]
        # As drawn, without the step that gives each date its exact law: what is printed is corrected for it below.
        drawn = replace(self.state, net=True).draws(times, n=DRAWS, seed=self.question.seed)
        milestones, later = drawn[: len(self.path.times)].copy(), drawn[len(self.path.times) :]
        if not self.programme.net:
            later = _without_falls(later)
        return later, self._at_milestones(later, milestones)

    def _at_milestones(self, later: np.ndarray, milestones: np.ndarray) -> np.ndarray:
        """`milestones` with the rows of those to come taken from `later`."""
        for k in np.flatnonzero(self.open):
            milestones[k] = later[int(np.searchsorted(self.dates, self.path.times[k]))]
        return milestones

    def months(self, times: np.ndarray) -> np.ndarray:
        """Months from the vintage to each date, 0 for earlier ones."""
        return np.maximum(np.asarray(times) - self.now, 0.0) * MONTHS

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
        targets, times = np.array(self.path.targets), self.path.times
        least = np.maximum(targets - extra * self.months(times), 0.0)
        least = np.where(targets > self.capacity, targets, least)  # extra units cannot come from beyond the capacity
        single = np.array([self.state.probability(t, x) for t, x in zip(times, least, strict=True)])
        joint = float(self.state.joint_probability(times, least, seed=self.question.seed))
        ranges = np.minimum(self.middle_and_ends + extra * self.months(times)[:, None], self.capacity)
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
            v.FanRow(projection.calendar_day(float(t)), *map(float, row))
            for t, row in zip(self.dates, rows, strict=True)
        )


class Explorer:
    """Answers questions about one programme and keeps the latest posteriors.

    Parameters
    ----------
    programme : jalur.ledger.programme.Programme
    """

    def __init__(self, programme: Any) -> None:
        self.programme = programme
        self._cases: dict[Question, Case | None] = {}

    def figures(self, question: Question) -> pd.DataFrame:
        """Published figures that the question uses."""
        case = self._case(question)
        return question.select(self.programme) if case is None else case.figures

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
        case = self._case(question)
        if case is None:
            return reach.judge(self.programme, question, sensitivity=False)
        single, joint, ranges = case.chances(extra, retention)
        last = case.figures.iloc[-1]
        return replace(
            self._empty(case),
            last_figure=v.Figure(last["id"], iso(last["as_of"]), float(last["value"])),
            milestones=tuple(_milestone(case, k, float(single[k]), ranges[k]) for k in range(len(single))),
            joint_probability=joint,
            probability_class=v.probability_class(joint),
            fan=case.fan(extra, retention),
        )

    def _case(self, question: Question) -> Case | None:
        """The prepared question; None where it cannot carry a probability."""
        if question not in self._cases:
            figures, path = question.select(self.programme), path_of(self.programme, question)
            capacity = capacity_of(self.programme, question)[1]
            none = capacity is None or why_not(figures, path, capacity, question.vintage) is not None
            while len(self._cases) >= _KEPT:
                del self._cases[next(iter(self._cases))]
            self._cases[question] = (
                None if none else Case(self.programme, question, figures, path, float(capacity or 0))
            )
        return self._cases[question]

    def _empty(self, case: Case) -> v.Verdict:
        """A verdict without results, with everything that identifies it."""
        record, units = capacity_of(self.programme, case.question)[0], case.capacity
        name, source, url = (record.name, record.source, record.url) if record else ("given", "", "")
        share = case.question.capacity_share * (record.share if record else 1.0)
        used = v.CapacityCase(name, units, share, None, source, url, True, (), None, None)
        announced = self.programme.path if case.question.targets is None else None
        return v.Verdict(
            schema_version=v.SCHEMA_VERSION,
            programme=self.programme.name,
            vintage=case.question.vintage,
            unit=self.programme.unit,
            announced=iso(announced.announced) if announced else None,
            announced_after_vintage=bool(announced and iso(announced.announced) > case.question.vintage),
            base=None,
            figures_used=tuple(case.figures["id"]),
            last_figure=None,
            milestones=(),
            joint_probability=None,
            probability_class="not_assessed",
            reason_code=None,
            reason=None,
            current_pace=None,
            published_pace=(),
            first_passage=None,
            levers=None,
            labels=(),
            capacity=used,
            capacities=(used,),
            capacity_range=None,
            data_cannot_tell=False,
            sensitivity=None,
            fitted=(),
            fan=(),
            seed=case.question.seed,
            draws=DRAWS,
            engine_version=outlook.ENGINE_VERSION,
            package_version=__version__,
            data_hash=ledger.data_hash(self.programme),
        )


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


def _milestone(case: Case, k: int, probability: float, levels: np.ndarray) -> v.Milestone:
    low, middle, high = map(float, levels)
    return v.Milestone(
        date=case.path.dates[k],
        target=case.path.targets[k],
        target_id=case.path.ids[k],
        status=projection.status_of(case.path, k, case.question.vintage, case.capacity, probability),
        probability=probability,
        probability_class=v.probability_class(probability),
        median=middle,
        interval_50=None,
        interval_80=None,
        interval_90=(low, high),
        required=None,
        required_monthly_additions=None,
        stage_from=None,
        stage_required_monthly_additions=None,
        stage_projected_monthly_additions=None,
        stage_projected_monthly_additions_80=None,
        acceleration=None,
        levels=None,
    )
