"""One programme and one question, prepared once: figures, path, capacity, and whether they can carry a probability.

Every analysis takes a `Case`, so that the verdict, its sensitivity, the scenarios and the track record use the evidence
in the same way. What differs in one choice is a new case: `Case.without`, `Case.with_capacity`, `Case.at`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from jalur import ledger
from jalur.dates import calendar_day, decimal_year, iso, number, parse_date, vintage_day
from jalur.engine import Outlook, Prior, condition, figures_from
from jalur.errors import InputError, meant
from jalur.ledger.programme import WHOLE, Programme
from jalur.verdict.falling import Falling, complement
from jalur.verdict.growing import PLACES, Growing, Population, scaled
from jalur.verdict.model import Figure, rounded

SEEDS, DRAWS = (0, 2**32 - 1), (100, 1_000_000)
LARGEST = 1e15  # as in the tables
TENTH = 1.2815515655446004  # a tenth of a standard normal lies beyond it
MINIMUM_DATES = 3  # below this neither a pace nor its change can be seen

# Fields of a question that decide which figures are used.
EVIDENCE = frozenset({"vintage", "drop", "without_sources", "only_sources", "definitions", "since", "extra"})

REASONS = {
    "no_path": "no official path with dated milestones is declared",
    "no_figures": "no usable figure had been published by {vintage}; at least {minimum} dates are needed",
    "few_figures": "only {count} usable {noun} had been published by {vintage}; at least {minimum} dates are needed",
    "target_before_figures": "the target of {early} lies before the first figure that states a level",
    "no_capacity": "no dated capacity (how many could ever join) is known",
    "figures_exceed_capacity": "the published figures reach or exceed the capacity of {capacity}",
}
FALLEN = "the published figures leave the range from which {capacity} could ever leave"


@dataclass(frozen=True)
class Rows:
    """Rows in the columns of the ledger, given by code: equal and hashed by what stands in them.

    Attributes
    ----------
    columns : tuple of str
    cells : tuple of tuple
        One a row; a missing cell is None.
    """

    columns: tuple[str, ...]
    cells: tuple[tuple[Any, ...], ...]

    @classmethod
    def of(cls, frame: pd.DataFrame) -> Rows:
        """Rows of a frame; its index is not kept."""
        plain = frame.astype(object).where(frame.notna(), None)
        return cls(tuple(map(str, frame.columns)), tuple(plain.itertuples(index=False, name=None)))

    def frame(self) -> pd.DataFrame:
        """The rows as a frame of objects."""
        return pd.DataFrame(list(self.cells), columns=list(self.columns), dtype=object)


@dataclass(frozen=True)
class Question:
    """What is asked of a programme: the choices about evidence and capacity, and the settings of the engine.

    Two questions are equal where they ask the same, and serve as keys. Lists are kept as tuples, dates as ISO text.

    Attributes
    ----------
    vintage : str
        Any day until today, as ISO text or a date; figures reported later are not used.
    capacity : str or float, optional
        Name of a declared capacity or units; None or an empty text takes the declared default.
    capacity_share : float
        Share of the capacity that can ever join, 0 < share <= 1.
    drop, without_sources : sequence of str
        Row ids and issuing bodies that are left out.
    only_sources, definitions : sequence of str, optional
        Issuing bodies and definitions that are kept; None takes the declared selection.
    since : str, optional
        First reference date used; None takes the declared one.
    extra : DataFrame, optional
        Rows in the columns of the ledger that are added. Kept as `Rows`.
    targets : sequence of (date, units), optional
        Another path than the announced one, kept in the order of the dates.
    seed, draws : int
        For the joint draws. Single-date probabilities do not depend on them.

    Raises
    ------
    InputError
        For a vintage or another date that is none, for a share, a seed or a number of draws that is out of range.
    """

    vintage: str
    capacity: str | float | None = None
    capacity_share: float = 1.0
    drop: Sequence[str] = ()
    without_sources: Sequence[str] = ()
    only_sources: Sequence[str] | None = None
    definitions: Sequence[str] | None = None
    since: str | None = None
    extra: pd.DataFrame | Rows | None = None
    targets: Sequence[tuple[str, float]] | None = None
    seed: int = 0
    draws: int = 20_000

    def __post_init__(self) -> None:
        """Refuse what cannot be asked, before anything is computed, and keep the rest in one form."""
        for name, value, (low, high) in (("seed", self.seed, SEEDS), ("draws", self.draws, DRAWS)):
            if isinstance(value, bool) or not isinstance(value, int | np.integer) or not low <= value <= high:
                raise InputError(f"{name} is {value!r}; allowed is a whole number from {low} to {high}")
        if not 0 < self.capacity_share <= 1:
            raise InputError(f"capacity_share is {self.capacity_share}; allowed is a share above 0 and at most 1")
        kept: dict[str, Any] = {
            "vintage": vintage_day(self.vintage).isoformat(),
            "capacity": None if self.capacity == "" else self.capacity,
            "since": parse_date(self.since, "since").isoformat() if self.since else None,
            "extra": Rows.of(self.extra) if isinstance(self.extra, pd.DataFrame) else self.extra,
            "targets": None if self.targets is None else _in_order(self.targets),
        }
        for name in ("drop", "without_sources", "only_sources", "definitions"):
            kept[name] = _names(getattr(self, name))
        for name, one_form in kept.items():
            object.__setattr__(self, name, one_form)

    @property
    def chooses_evidence(self) -> bool:
        """Whether other figures than the declared ones are used."""
        return any(getattr(self, name) not in (None, ()) for name in EVIDENCE - {"vintage"})

    def select(self, programme: ledger.Programme) -> pd.DataFrame:
        """Published figures that this question uses, sorted by reference date."""
        return ledger.select(
            programme,
            self.vintage,
            definitions=self.definitions,
            since=self.since,
            drop=self.drop,
            without_sources=self.without_sources,
            only_sources=self.only_sources,
            extra=self.extra.frame() if isinstance(self.extra, Rows) else self.extra,
        )


def _names(given: Iterable[str] | None) -> tuple[str, ...] | None:
    return None if given is None else (given,) if isinstance(given, str) else tuple(given)


def _in_order(targets: Iterable[tuple[str, float]]) -> tuple[tuple[str, float], ...]:
    return tuple(sorted((parse_date(day, "target date").isoformat(), float(value)) for day, value in targets))


@dataclass(frozen=True)
class TargetPath:
    """The path that is judged: targets in the order of their dates, and their rows in the ledger."""

    dates: tuple[str, ...]
    targets: tuple[float, ...]
    ids: tuple[str, ...]

    @cached_property
    def times(self) -> np.ndarray:
        """Target dates as decimal years, shape (milestones,)."""
        return np.array([decimal_year(d) for d in self.dates])

    @cached_property
    def levels(self) -> np.ndarray:
        """Targets, units, shape (milestones,)."""
        return np.array(self.targets)


@dataclass(frozen=True)
class Problem:
    """Why no probability can be given: a code of `REASONS` and the sentence."""

    code: str
    sentence: str


@dataclass(frozen=True, eq=False)
class Case:
    """One programme and one question, prepared once; everything is computed when it is first asked for, and kept.

    Attributes
    ----------
    programme : jalur.ledger.Programme
    question : Question
    prior : jalur.engine.Prior, optional
        Other growth laws than the shipped ones.
    """

    programme: ledger.Programme
    question: Question
    prior: Prior | None = None
    _states: dict[tuple[float, ...], Outlook | Falling | Growing] = field(default_factory=dict, init=False, repr=False)

    @classmethod
    def of(cls, programme: ledger.Programme, vintage: str, **choices: Any) -> Case:
        """The case of a programme at a vintage; `choices` are further fields of `Question`."""
        return cls(programme, Question(vintage=vintage, **choices))

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle what decides everything else, so that equal cases have equal bytes."""
        return type(self), (self.programme, self.question, self.prior)

    # the evidence

    @property
    def vintage(self) -> str:
        """ISO date; nothing published later is used."""
        return self.question.vintage

    @cached_property
    def figures(self) -> pd.DataFrame:
        """The published figures that are used, in the columns of the ledger, sorted by reference date."""
        return self.question.select(self.programme)

    @cached_property
    def path(self) -> TargetPath:
        """The announced path, or the one given in the question."""
        if self.question.targets is not None:
            rows = [(day, level, "") for day, level in self.question.targets]
        else:
            path = sorted(self.programme.path.milestones, key=lambda m: m.date) if self.programme.path else []
            rows = [(m.date.isoformat(), float(m.value), m.id) for m in path]
        for (day, *_), (following, *_) in pairwise(rows):
            if day == following:  # no stretch lies between them, so no pace leads from one to the other
                raise InputError(f"two targets of the path are for {day}; allowed is one a day")
        return TargetPath(tuple(r[0] for r in rows), tuple(r[1] for r in rows), tuple(r[2] for r in rows))

    @property
    def announced(self) -> str | None:
        """ISO date on which the path that is judged was announced; None for a path of one's own."""
        path = self.programme.path
        return path.announced.isoformat() if path and self.question.targets is None else None

    @cached_property
    def declared(self) -> ledger.Capacity | None:
        """The declared capacity that is used; None where units were given or nothing is declared."""
        asked, known = self.question.capacity, self.programme.capacities
        return next((c for c in known if (c.default if asked is None else c.name == asked)), None)

    @cached_property
    def capacity(self) -> float | None:
        """Units that could ever join, as the question assumes; None where nothing is known.

        Of a capacity that grows, the median on the date of the last milestone.

        Of a level that falls, the units that could ever leave: without a declared capacity, all that the path's base
        counts.

        Raises
        ------
        InputError
            For a name that is not declared or a number out of range, naming what is allowed.
        """
        if self.declared is not None and self.declared.counts:
            if self.population is None or not self.path.dates:
                return None
            units = float(self.population.middle(self.path.times[-1])[0])
        elif self.declared is not None:
            units = self.declared.units
        elif self.question.capacity is None:
            base = self.programme.path.base_value if self.falls and self.programme.path else None
            if base is None:
                return None
            units = base
        else:
            units = _number(self.question.capacity, self.programme)
        return units * self.question.capacity_share

    @cached_property
    def population(self) -> Population | None:
        """Those eligible on any date, where the capacity is declared to grow: by the counts known at the vintage.

        None where it does not grow, or where fewer than two counts were known.
        """
        counts = self.declared.counts if self.declared else ()
        known = [count for count in counts if count.known_on.isoformat() <= self.vintage]
        if len(known) < 2:
            return None
        times = np.array([decimal_year(count.date) for count in known])
        return Population(times, np.array([count.units for count in known]))

    @property
    def capacity_80(self) -> tuple[float, float] | None:
        """80 % interval of a capacity that grows, on the date of the last milestone."""
        if self.population is None or self.capacity is None:
            return None
        wide = float(np.exp(TENTH * self.population.sd(self.path.times[-1])[0]))
        return self.capacity / wide, self.capacity * wide

    @property
    def counted_on(self) -> str | None:
        """ISO date of the (latest) count behind the declared capacity."""
        if self.population is not None:
            return calendar_day(float(self.population.times[-1]))
        return iso(self.declared.as_of) if self.declared and self.declared.as_of is not None else None

    @property
    def falls(self) -> bool:
        """Whether the path leads down."""
        return self.programme.direction == "down"

    @cached_property
    def ceiling(self) -> float | None:
        """The largest level there can be: the capacity, and for a level that falls the whole that it falls from."""
        if not self.falls or self.capacity is None:
            return self.capacity
        if self.programme.of_shares:
            return WHOLE
        return self.capacity / self.question.capacity_share / (self.declared.share if self.declared else 1.0)

    def reaches(self, level: float, target: float) -> bool:
        """Whether a level stands at the target or beyond it, in the direction of the path."""
        return level <= target if self.falls else level >= target

    def out_of_reach(self, target: float) -> bool:
        """Whether the capacity rules a target out; one that grows rules out none for certain."""
        if self.capacity is None or self.ceiling is None or self.population is not None:
            return False
        return self.ceiling - target > self.capacity if self.falls else target > self.capacity

    @cached_property
    def problem(self) -> Problem | None:
        """Why no probability can be given; None where one can."""
        figures, path, capacity = self.figures, self.path, self.capacity
        words: dict[str, Any] = {}
        if not path.dates:
            code = "no_path"
        elif not len(figures):
            code = "no_figures"
        elif self._levels["as_of"].nunique() < MINIMUM_DATES:
            code, words = "few_figures", {"count": len(figures), "noun": "figure" if len(figures) == 1 else "figures"}
        elif path.dates[0] < iso(self._levels["as_of"].min()):
            code, words = "target_before_figures", {"early": path.dates[0]}
        elif capacity is None:
            code = "no_capacity"
        elif self._beyond(capacity):
            code, words = "figures_exceed_capacity", {"capacity": f"{capacity:,.0f}"}
        else:
            return None
        sentence = FALLEN if self.falls and code == "figures_exceed_capacity" else REASONS[code]
        return Problem(code, sentence.format(vintage=self.vintage, minimum=MINIMUM_DATES, **words))

    def _beyond(self, capacity: float) -> bool:
        """Whether a published figure lies where no level can."""
        if self.population is not None:
            known = self.population.at([decimal_year(day) for day in self.figures["as_of"]], PLACES[0])
            return bool((self.figures["value"] >= known * self.question.capacity_share).any())
        if not self.falls:
            return bool(self.figures["value"].max() >= capacity)
        levels = self._levels["value"]
        return not (self.fits(float(levels.min())) and self.fits(float(levels.max())))

    def fits(self, level: float) -> bool:
        """Whether the capacity leaves room for a level."""
        if self.capacity is None or self.ceiling is None:
            return False
        return self.ceiling - self.capacity < level <= self.ceiling if self.falls else level < self.capacity

    @property
    def _levels(self) -> pd.DataFrame:
        """Figures that state a level: a floor ("at least") alone says nothing about one and anchors nothing."""
        return self.figures[self.figures["qualifier"] != "at_least"]

    @cached_property
    def last_figure(self) -> Figure | None:
        """The figure with the latest reference date."""
        return figure_of(self.figures.iloc[-1]) if len(self.figures) else None

    # dates as decimal years

    @cached_property
    def now(self) -> float:
        """The vintage."""
        return decimal_year(self.vintage)

    @cached_property
    def first(self) -> float:
        """Date of the first figure that states a level."""
        return decimal_year(self._levels["as_of"].min())

    @cached_property
    def last(self) -> float:
        """Date of the last figure."""
        return decimal_year(self.figures["as_of"].max())

    # what the engine says

    def state(self, past: Iterable[float] | None = None) -> Outlook | Falling | Growing:
        """The engine's posterior, computed once for each set of past dates.

        Parameters
        ----------
        past : iterable of float, optional
            Decimal years up to the last figure at which the level is wanted as well; the milestones that lie there by
            default.

        Raises
        ------
        InputError
            Where no probability can be given, saying why.
        """
        if self.capacity is None:
            raise InputError(self.problem.sentence if self.problem else REASONS["no_capacity"])
        dates = tuple(float(t) for t in (self.path.times[self.path.times < self.last] if past is None else past))
        if dates not in self._states:
            self._states[dates] = self._conditioned(dates)
        return self._states[dates]

    def _conditioned(self, past: tuple[float, ...]) -> Outlook | Falling | Growing:
        """The engine's law of the level, by way of its complement or of the share of a capacity that grows."""
        figures, capacity, whole, net = self.figures, self.capacity, self.ceiling, self.programme.net
        assert capacity is not None
        assert whole is not None

        def law(figures: pd.DataFrame, capacity: float, net: bool) -> Outlook:
            return condition(
                figures_from(figures),
                capacity,
                reporting_error=self.programme.reporting_error,
                reference_source=self.programme.reference_source,
                net=net,
                past_t=past,
                prior=self.prior,
                kind_class=self.programme.kind_class,
            )

        if self.population is not None:
            unit = capacity / self.question.capacity_share
            parts = (law(scaled(figures, self.population, place, unit), capacity, True) for place in PLACES)
            return Growing(tuple(parts), self.population, unit, net)
        if self.falls:
            return Falling(law(complement(figures, whole), capacity, net), whole)
        return law(figures, capacity, net)

    @cached_property
    def chances(self) -> tuple[float, ...]:
        """Chance of each milestone on its date: exact, rounded as every output shows it."""
        state = self.state()
        return rounded([state.probability(t, x) for t, x in zip(self.path.times, self.path.targets, strict=True)])

    @cached_property
    def joint(self) -> float:
        """Chance of all milestones together, rounded as every output shows it."""
        return rounded(self.together(self.path.times, self.path.levels))

    def together(self, times: np.ndarray, levels: np.ndarray) -> float:
        """Chance that the count has reached ``levels[k]`` on date ``times[k]`` (decimal years), for all k."""
        return float(self.state().joint_probability(times.tolist(), levels.tolist(), seed=self.question.seed))

    # the same case but for one choice

    def asking(self, **choices: Any) -> Case:
        """The same case with other fields of the question; the figures are selected anew only where that matters."""
        made = replace(self, question=replace(self.question, **choices))
        return made if EVIDENCE & choices.keys() else made._given(self.figures)

    def _given(self, figures: pd.DataFrame) -> Case:
        """Take the figures as known."""
        vars(self)["figures"] = figures
        return self

    def at(self, vintage: str) -> Case:
        """The same case at another vintage."""
        return self.asking(vintage=vintage)

    def without(self, *rows: str) -> Case:
        """The same case with rows left out, by id."""
        return self._less("id", rows, self.asking(drop=(*self.question.drop, *rows)))

    def without_sources(self, *bodies: str) -> Case:
        """The same case with all rows of issuing bodies left out."""
        made = self.asking(without_sources=(*self.question.without_sources, *bodies))
        return self._less("speaker_org", bodies, made)

    def _less(self, column: str, names: tuple[str, ...], made: Case) -> Case:
        """`made`, without a new selection where the figures of this case hold all that is left out."""
        figures = self.figures
        if not set(names) <= set(figures[column]):
            return made
        return made._given(figures[~figures[column].isin(names)].reset_index(drop=True))

    def with_figures(self, extra: pd.DataFrame | None) -> Case:
        """The same case with these rows added, in the columns of observations.csv."""
        return self.asking(extra=extra)

    def with_exactly(self, figures: pd.DataFrame) -> Case:
        """The same case with these figures and no others, in the columns and the order of `figures`."""
        return replace(self)._given(figures)

    def with_targets(self, targets: Sequence[tuple[str, float]] | None) -> Case:
        """The same case with another path: (date, units) of each target; None for the announced one."""
        return self.asking(targets=targets)

    def with_capacity(self, capacity: str | float | None, share: float = 1.0) -> Case:
        """The same case with another capacity (a declared name or units) and the share of it that can ever join."""
        return self.asking(capacity=capacity, capacity_share=share)

    def with_prior(self, prior: Prior | None) -> Case:
        """The same case with other growth laws."""
        return replace(self, prior=prior)._given(self.figures)


def _number(text: str | float, programme: Programme) -> float:
    names = [c.name for c in programme.capacities]
    largest = WHOLE if programme.of_shares else LARGEST
    try:
        units = text if isinstance(text, float) else number(str(text))
    except ValueError:
        units = float("nan")
    if not 0 < units <= largest:
        known = ", ".join(names) or "no name is declared"
        what = "per cent of the eligible" if programme.of_shares else "units"
        raise InputError(
            f"capacity is {text!r}; allowed is a positive number of {what} up to {largest:g} or one of: {known}"
            + meant(text, names)
        )
    return units


def figure_of(row: pd.Series) -> Figure:
    """A row of the ledger as the verdict shows it."""
    return Figure(str(row["id"]), iso(row["as_of"]), float(row["value"]))
