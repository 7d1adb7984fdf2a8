"""What would have to be true: other definitions, windows, extra onboarding and retention, and the swing of each choice.

A scenario is arithmetic on the same simulated futures or the same engine on other evidence. None of them is an
estimate of how many firms stay: that cannot be learned from cumulative counts.

`Explorer` answers at once, for sliders: with nothing extra and nobody leaving, its chances and ranges are those of
`jalur.verdict.judge`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy.special import ndtri

from jalur.dates import calendar_day
from jalur.engine import Outlook
from jalur.verdict import model as v
from jalur.verdict import projection
from jalur.verdict.case import Case, Question
from jalur.verdict.judge import answer, judge
from jalur.verdict.sensitivity import variant

RETENTION_RATES = (1.0, 0.98, 0.95, 0.9, 0.8)
STEPS_A_YEAR = 4

# Sliders: what depends on the figures alone is kept, and the engine is asked only for what a slider shows.
DRAWS = 2000  # for the shape of the fan and for the change that retention makes; chances are exact without it
FAN_DATES = 10
MONTHS = 12.0
_RANGE = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
_PRINTED = (0.05, 0.5, 0.95)
_AROUND = np.linspace(-0.04, 0.04, 13)  # the draws' own quantiles are good to about 0.01 in probability
_KEPT = 64  # questions whose posterior is kept


def by_definition(case: Case) -> tuple[v.Variant, ...]:
    """Each definition of the default selection alone."""
    names = case.question.definitions or case.programme.selection.definitions
    return tuple(variant(case.asking(definitions=(name,)), "definition", name) for name in names)


def by_window(case: Case, starts: tuple[str, ...]) -> tuple[v.Variant, ...]:
    """The same figures from later first dates on, for example without the pandemic surge."""
    return tuple(variant(case.asking(since=day), "window", day) for day in starts if day < case.vintage)


@dataclass(frozen=True)
class Retention:
    """Chance of the path if only those still active counted, by the share that stays active each year.

    ``probabilities`` and ``medians`` hold one number for every milestone of the path, those past included.
    """

    rate: float
    probabilities: tuple[float, ...]
    joint_probability: float
    medians: tuple[float, ...]


def by_retention(case: Case, rates: tuple[float, ...] = RETENTION_RATES) -> tuple[Retention, ...]:
    """If a share leaves every year from the vintage on: an assumption, never an estimate.

    The stock of the active A follows dA = dN - a A dt from A = N at the vintage, with N the simulated count and
    a = -log(rate); solved exactly for N linear within a quarter. Milestones up to the vintage keep the level of their
    day, since nobody who leaves later changes it.

    If all stay, the chances are the exact ones of the verdict. Each other row moves them by the difference that the
    exits make among the same draws, so that it lies below by what leaving costs, not by the luck of the draws.

    Parameters
    ----------
    case : Case
    rates : tuple of float
        Shares of the active that are still active a year later, 0 < rate <= 1.

    Returns
    -------
    tuple of Retention
        Empty where exits change nothing or are subtracted already, and where there are no chances: with no milestone
        to come, for a net count or a level that is to fall, and for a case that cannot carry a probability.
    """
    if case.falls or case.programme.net or case.problem or not (case.path.times > case.now).any():
        return ()
    path, now, targets = case.path, case.now, case.path.levels
    open_ = np.flatnonzero(path.times > now)
    single, joint, state = np.array(case.chances), case.joint, case.state()

    times = np.unique([now, *np.arange(now, path.times[-1], 1 / STEPS_A_YEAR), *path.times[open_]])
    drawn = state.draws([*path.times, *times], n=case.question.draws, seed=case.question.seed)

    def staying(rate: float) -> np.ndarray:
        levels = drawn[: len(targets)].copy()
        levels[open_] = active(times, drawn[len(targets) :], rate)[np.searchsorted(times, path.times[open_])]
        return levels

    met = staying(1.0) >= targets[:, None]
    rows = []
    for rate in rates:
        levels = staying(rate)
        kept = levels >= targets[:, None]
        chances = np.clip(single + (kept.mean(axis=1) - met.mean(axis=1)), 0.0, 1.0)
        whole = float(np.clip(joint + (kept.all(axis=0).mean() - met.all(axis=0).mean()), 0.0, chances.min()))
        found = Retention(rate, tuple(chances.tolist()), whole, tuple(np.median(levels, axis=1).tolist()))
        rows.append(v.rounded(found))
    return tuple(rows)


def active(times: np.ndarray, levels: np.ndarray, rate: float) -> np.ndarray:
    """Those still active on each date, if all are on the first and the share `rate` of them is a year later.

    Parameters
    ----------
    times : array, shape (dates,)
        Decimal years, increasing.
    levels : array, shape (dates, draws)
        Everyone who ever joined; taken as linear between the dates.
    rate : float
        0 < rate <= 1.

    Returns
    -------
    array, shape (dates, draws)
        Solution of dA = dN - a A dt with a = -log(rate).
    """
    out, loss = np.array(levels, float), -np.log(rate)
    for j in range(1, len(times)):
        step = times[j] - times[j - 1]
        kept = np.exp(-loss * step)
        gain = (1 - kept) / (loss * step) if loss > 0 else 1.0
        out[j] = out[j - 1] * kept + (levels[j] - levels[j - 1]) * gain
    return out


def least_retention(rows: tuple[Retention, ...], chance: float) -> float | None:
    """Smallest listed retention with which the path still has at least this chance; None if none has."""
    enough = [r.rate for r in rows if r.joint_probability >= chance]
    return min(enough) if enough else None


@dataclass(frozen=True)
class Swing:
    """One bar of the tornado: the lowest and highest chance of the last milestone over the options of a choice."""

    choice: str
    low: float
    high: float
    low_name: str
    high_name: str


def tornado(verdict: v.Verdict, groups: dict[str, tuple[v.Variant, ...]]) -> tuple[Swing, ...]:
    """Swing of the chance of the last milestone for each choice, widest first; it always holds the verdict's own."""
    base = verdict.milestones[-1].probability
    if base is None:
        return ()
    cases = {"capacity": [(c.name, c.probabilities[-1]) for c in verdict.capacities]}
    if verdict.sensitivity:
        cases["source"] = [(s.name, s.probabilities[-1]) for s in verdict.sensitivity.sources]
        cases["figure"] = [(s.name, s.probabilities[-1]) for s in verdict.sensitivity.figures]
        cases["shape"] = [(s.name, s.probabilities[-1]) for s in verdict.sensitivity.shapes]
    cases |= {choice: [(s.name, s.probabilities[-1]) for s in rows] for choice, rows in groups.items()}
    swings = []
    for choice, options in cases.items():
        known = [("", base), *((name, p) for name, p in options if p is not None)]
        low, high = min(known, key=lambda o: o[1]), max(known, key=lambda o: o[1])
        if len(known) > 1:
            swings.append(Swing(choice, low[1], high[1], low[0], high[0]))
    return tuple(sorted(swings, key=lambda s: s.low - s.high))


@dataclass(frozen=True, eq=False)
class Futures:
    """What follows from a case that can carry a probability, for any extra onboarding and retention."""

    case: Case

    @property
    def capacity(self) -> float:
        """Units that could ever join; no number stands for a capacity that grows: its draws keep below it already."""
        assert self.case.capacity is not None
        return self.case.capacity if self.case.population is None else float("inf")

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
        for t, levels in zip(self.case.path.times, self._rising(self.draws[1]), strict=True):
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
        """Joint draws on `dates`, shape (dates, draws), and on the milestones' dates, shape (milestones, draws).

        Of a level that falls, they are of what has left.
        """
        times = [*self.case.path.times, *self.dates]
        # As drawn, without the step that gives each date its exact law: what is printed is corrected for it below.
        state = self.case.state()
        wandering = replace(state, net=True) if isinstance(state, Outlook) else state.wandering()
        drawn = self._rising(wandering.draws(times, n=DRAWS, seed=self.case.question.seed))
        milestones, later = drawn[: len(self.case.path.times)].copy(), drawn[len(self.case.path.times) :]
        if not self.case.programme.net:
            later = _without_falls(later)
        return later, self._at_milestones(later, milestones)

    def _rising(self, levels: np.ndarray) -> np.ndarray:
        """Levels as they stand where they rise, else as what has left; and back again."""
        if not self.case.falls:
            return levels
        assert self.case.ceiling is not None
        return self.case.ceiling - levels

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
        state, times, capacity = self.case.state(), self.case.path.times, self.capacity
        targets = self._rising(self.case.path.levels)
        least = np.maximum(targets - extra * self.months(times), 0.0)
        least = np.where(targets > capacity, targets, least)  # extra units cannot come from beyond the capacity
        asked = self._rising(least)
        single = np.array([state.probability(t, x) for t, x in zip(times, asked, strict=True)])
        joint = self.case.together(times, asked)
        ranges = np.minimum(self._rising(self.middle_and_ends) + extra * self.months(times)[:, None], capacity)
        if retention < 1 and self.open.any():
            everyone, staying = self.moved(extra, 1.0)[1], self.moved(extra, retention)[1]
            met = [levels >= targets[:, None] for levels in (everyone, staying)]
            single = np.clip(single + met[1].mean(axis=1) - met[0].mean(axis=1), 0.0, 1.0)
            joint = float(np.clip(joint + met[1].all(axis=0).mean() - met[0].all(axis=0).mean(), 0.0, single.min()))
            quantiles = [np.quantile(levels, _PRINTED, axis=1).T for levels in (everyone, staying)]
            ranges = np.maximum(ranges + quantiles[1] - quantiles[0], 0.0)
        return single, joint, np.sort(self._rising(ranges), axis=1)

    def fan(self, extra: float, retention: float) -> tuple[v.FanRow, ...]:
        """Quantiles from the draws on `dates`."""
        rows = np.quantile(self._rising(self.moved(extra, retention)[0]), _RANGE, axis=1).T
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
