"""What is asked of a programme: which figures, which capacity, which path, and whether they can carry a probability.

Every analysis starts here, so that the verdict, its sensitivity and the track record use the evidence in the same way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from jalur import ledger
from jalur.engine import outlook
from jalur.engine.prior import Prior
from jalur.errors import InputError

SEEDS, DRAWS = (0, 2**32 - 1), (100, 1_000_000)
LARGEST = 1e15  # as in the tables
MINIMUM_DATES = 3  # below this neither a pace nor its change can be seen

REASONS = {
    "no_path": "no official path with dated milestones is declared",
    "no_figures": "no usable figure had been published by {vintage}; at least {minimum} dates are needed",
    "few_figures": "only {count} usable {noun} had been published by {vintage}; at least {minimum} dates are needed",
    "target_before_figures": "the target of {early} lies before the first figure that states a level",
    "no_capacity": "no dated capacity (how many could ever join) is known",
    "figures_exceed_capacity": "the published figures exceed the capacity of {capacity}",
}


@dataclass(frozen=True)
class Question:
    """What is asked of a programme: the choices about evidence and capacity, and the settings of the engine.

    Attributes
    ----------
    vintage : str
        ISO date; figures reported later are not used.
    capacity : str or float, optional
        Name of a declared capacity or units; None takes the declared default.
    capacity_share : float
        Share of the capacity that can ever join, 0 < share <= 1.
    drop, without_sources : sequence of str
        Row ids and issuing bodies that are left out.
    only_sources, definitions : sequence of str, optional
        Issuing bodies and definitions that are kept; None takes the declared selection.
    since : str, optional
        First reference date used; None takes the declared one.
    extra : DataFrame, optional
        Rows in the columns of the ledger that are added.
    targets : sequence of (date, units), optional
        Another path than the announced one.
    seed, draws : int
        For the joint draws. Single-date probabilities do not depend on them.

    Raises
    ------
    InputError
        For a seed or a number of draws that is out of range.
    """

    vintage: str
    capacity: str | float | None = None
    capacity_share: float = 1.0
    drop: Sequence[str] = ()
    without_sources: Sequence[str] = ()
    only_sources: Sequence[str] | None = None
    definitions: Sequence[str] | None = None
    since: str | None = None
    extra: pd.DataFrame | None = field(default=None, compare=False)
    targets: Sequence[tuple[str, float]] | None = None
    seed: int = 0
    draws: int = 20_000

    def __post_init__(self) -> None:
        """Refuse what no random generator takes and no memory holds, before anything is computed."""
        for name, value, (low, high) in (("seed", self.seed, SEEDS), ("draws", self.draws, DRAWS)):
            if isinstance(value, bool) or not isinstance(value, int | np.integer) or not low <= value <= high:
                raise InputError(f"{name} is {value!r}; allowed is a whole number from {low} to {high}")

    def select(self, programme: Any) -> pd.DataFrame:
        """Published figures that this question uses, sorted by reference date."""
        return ledger.select(
            programme,
            self.vintage,
            definitions=self.definitions,
            since=self.since,
            drop=self.drop,
            without_sources=self.without_sources,
            only_sources=self.only_sources,
            extra=self.extra,
        )


@dataclass(frozen=True)
class TargetPath:
    """The path that is judged: targets in the order of their dates, and where the announcement started."""

    dates: tuple[str, ...]
    targets: tuple[float, ...]
    ids: tuple[str, ...]

    @property
    def times(self) -> np.ndarray:
        """Target dates as decimal years, shape (milestones,)."""
        return np.array([outlook.decimal_year(d) for d in self.dates])


def path_of(programme: Any, question: Question) -> TargetPath:
    """The announced path, or the one given in the question."""
    if question.targets is not None:
        rows = sorted((ledger.parse_date(d, "target date").isoformat(), float(value)) for d, value in question.targets)
        return TargetPath(tuple(d for d, _ in rows), tuple(x for _, x in rows), tuple("" for _ in rows))
    path = sorted(programme.path.milestones, key=lambda m: m.date) if programme.path else []
    return TargetPath(tuple(iso(m.date) for m in path), tuple(float(m.value) for m in path), tuple(m.id for m in path))


def capacity_of(programme: Any, question: Question) -> tuple[Any | None, float | None]:
    """The capacity that a question uses: the declared record (None where units were given) and the units."""
    if not 0 < question.capacity_share <= 1:
        raise InputError(f"capacity_share is {question.capacity_share}; allowed is a share above 0 and at most 1")
    chosen: Any | None = None
    if question.capacity in (None, ""):
        chosen = next((c for c in programme.capacities if c.default), None)
        units = chosen.units if chosen else None
    else:
        chosen = next((c for c in programme.capacities if c.name == question.capacity), None)
        units = chosen.units if chosen else _number(question.capacity, [c.name for c in programme.capacities])
    return chosen, None if units is None else units * question.capacity_share


def _number(text: str | float, names: list[str]) -> float:
    try:
        units = float(text)
    except ValueError:
        units = float("nan")
    if not 0 < units <= LARGEST:
        known = ", ".join(names) or "no name is declared"
        raise InputError(
            f"capacity is {text!r}; allowed is a positive number of units up to {LARGEST:g} or one of: {known}"
        )
    return units


def why_not(figures: pd.DataFrame, path: TargetPath, capacity: float | None, vintage: str) -> tuple[str, str] | None:
    """Code and sentence of why no probability can be given; None where one can."""
    points = figures[figures["qualifier"] != "at_least"]  # a floor alone says nothing about a level
    dates = points["as_of"].nunique()
    words = dict(vintage=vintage, minimum=MINIMUM_DATES, count=len(figures), capacity=f"{capacity or 0:,.0f}")
    if not path.dates:
        code = "no_path"
    elif not len(figures):
        code = "no_figures"
    elif dates < MINIMUM_DATES:
        code = "few_figures"
    elif path.dates[0] < iso(first_point(figures)):
        code = "target_before_figures"
        words["early"] = path.dates[0]
    elif capacity is None:
        code = "no_capacity"
    elif figures["value"].max() >= capacity:
        code = "figures_exceed_capacity"
    else:
        return None
    return code, REASONS[code].format(noun="figure" if len(figures) == 1 else "figures", **words)


def first_point(figures: pd.DataFrame) -> pd.Timestamp:
    """Date of the first figure that states a level; floors ("at least") before it anchor nothing."""
    return figures.loc[figures["qualifier"] != "at_least", "as_of"].min()


def condition(
    programme: Any, figures: pd.DataFrame, capacity: float, past: Sequence[float] = (), prior: Prior | None = None
) -> Any:
    """The engine's posterior for a programme's figures (see `jalur.engine.outlook.condition`)."""
    return outlook.condition(
        outlook.figures_from(figures),
        capacity,
        reporting_error=programme.reporting_error,
        reference_source=programme.reference_source,
        net=programme.net,
        past_t=tuple(past),
        prior=prior,
    )


def probabilities(
    programme: Any,
    figures: pd.DataFrame,
    capacity: float,
    path: TargetPath,
    seed: int = 0,
    joint: bool = True,
    prior: Prior | None = None,
) -> tuple[tuple[float, ...], float | None]:
    """Chance of each milestone and, where asked for, of all of them together; by the shipped prior if none is given."""
    last = outlook.decimal_year(figures["as_of"].max())
    state = condition(programme, figures, capacity, [t for t in path.times if t < last], prior)
    single = tuple(float(state.probability(t, x)) for t, x in zip(path.times, path.targets, strict=True))
    return single, float(state.joint_probability(path.times, np.array(path.targets), seed=seed)) if joint else None


def iso(day: object) -> str:
    """ISO text of a date, a timestamp or a text that is one already."""
    return pd.Timestamp(str(day)).date().isoformat()
