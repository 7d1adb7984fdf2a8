"""What moved the verdict between two cases: one bar for each new statement, and they add up to the difference."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from itertools import permutations
from math import factorial

import numpy as np
import pandas as pd

from jalur.dates import iso, records
from jalur.errors import InputError
from jalur.record.replay import vintages_of
from jalur.verdict.case import Case
from jalur.verdict.model import probability_class, rounded

EXACT = 6  # up to so many changes every order is gone through (720); beyond, fixed orders and their reverses
ORDERS = 16


@dataclass(frozen=True)
class Bar:
    """One change and how far it moved the chance of the whole path.

    Attributes
    ----------
    kind : str
        ``new`` or ``withdrawn`` (figures of one statement), ``targets``, ``capacity`` or ``start`` (other choices).
    rows : tuple of str
        Ids of the figures; empty for the last three kinds.
    day, body : str
        When and by whom the statement was made; empty for the last three kinds.
    values : tuple of float
        Levels stated, units.
    points : float
        Change of the chance, as a share (0.01 is one percentage point).
    """

    kind: str
    rows: tuple[str, ...]
    day: str
    body: str
    values: tuple[float, ...]
    points: float


@dataclass(frozen=True)
class Change:
    """The chance of the whole path in two cases, and what moved it.

    Attributes
    ----------
    programme : str
    vintages : tuple of str
        The earlier and the later case's.
    before, after : float
        Chances; ``after - before`` is the sum of the bars, to rounding errors of the arithmetic.
    bars : tuple of Bar
        In the order in which the statements were published; other changes come first.
    exact : bool
        Whether all orders of the changes were gone through, or a fixed set of them.
    """

    programme: str
    vintages: tuple[str, str]
    before: float
    after: float
    bars: tuple[Bar, ...]
    exact: bool

    @property
    def classes(self) -> tuple[str, str]:
        """The verdict's class before and after."""
        before, after = (probability_class(rounded(p)) for p in (self.before, self.after))
        return before, after

    @property
    def class_changed(self) -> bool:
        """Whether the word for the chance is another one."""
        return self.classes[0] != self.classes[1]

    def frame(self) -> pd.DataFrame:
        """The bars, one a row: kind, day, body, rows, values (units), points (share), running (the chance so far)."""
        table = pd.DataFrame([(b.kind, b.day, b.body, b.rows, b.values, b.points) for b in self.bars],
                             columns=["kind", "day", "body", "rows", "values", "points"])  # fmt: skip
        return table.assign(running=self.before + table["points"].cumsum())


def what_moved(before: Case, after: Case) -> Change:
    """Divide the difference between two verdicts among what is new.

    The share of a change is its Shapley value: its effect on the chance of the whole path, averaged over the orders in
    which the changes can be made. Figures that one body stated on one day are one change. With more than `EXACT`
    changes the mean runs over a fixed set of orders and their reverses, so that the sum stays exact and nothing
    depends on the order of rows or on chance.

    Parameters
    ----------
    before, after : Case
        Of one programme. Both must carry a probability.

    Raises
    ------
    InputError
        For two programmes, or where one of the cases cannot carry a probability.

    References
    ----------
    Shapley, L. S. (1953), A value for n-person games; Castro, Gomez and Tejada (2009), Polynomial calculation of the
    Shapley value based on sampling, Computers & Operations Research 36.
    """
    if before.programme.name != after.programme.name:
        raise InputError(
            f"two programmes are compared, {before.programme.name} and {after.programme.name}; "
            "allowed is one at two days"
        )
    for case in (before, after):
        if case.problem:
            raise InputError(f"there is no chance at {case.vintage} to compare: {case.problem.sentence}")
    players = _players(before, after)
    value = _chance_of(before, after)
    shares, exact = shapley(tuple(players), value)
    bars = tuple(Bar(*players[key], points=shares[key]) for key in players)
    everything = frozenset(players)
    return Change(
        before.programme.name, (before.vintage, after.vintage), value(frozenset()), value(everything), bars, exact
    )


def previous_vintage(case: Case) -> str:
    """The day that a case is compared with: the last vintage of its replay before it, else the end of a quarter before.

    Returns
    -------
    str
        ISO date.
    """
    earlier = [day for day in vintages_of(case.programme, case.vintage) if day < case.vintage]
    return earlier[-1] if earlier else iso(pd.Timestamp(case.vintage) - pd.offsets.QuarterEnd())


def _players(before: Case, after: Case) -> dict[Hashable, tuple[str, tuple[str, ...], str, str, tuple[float, ...]]]:
    """The changes, in order: other choices first, then statements by day and body."""
    found: dict[Hashable, tuple[str, tuple[str, ...], str, str, tuple[float, ...]]] = {}
    if (before.path.dates, before.path.targets) != (after.path.dates, after.path.targets):
        found["targets",] = ("targets", (), "", "", after.path.targets)
    if before.capacity != after.capacity:
        found["capacity",] = ("capacity", (), "", "", (float(after.capacity or 0),))
    old, new = before.figures, after.figures
    gone, come = old[~old["id"].isin(new["id"])], new[~new["id"].isin(old["id"])]
    for kind, rows in (("withdrawn", gone), ("new", come)):
        ordered = rows.sort_values(["reported_on", "speaker_org", "as_of", "id"], kind="stable")
        for (day, body), group in ordered.groupby(["reported_on", "speaker_org"], sort=True):
            text = iso(day)
            found[kind, text, body] = (kind, tuple(group["id"]), text, str(body), tuple(group["value"].astype(float)))
    return found


def _chance_of(before: Case, after: Case) -> Callable[[frozenset[Hashable]], float]:
    """The chance of the whole path when some of the changes are made, remembered."""
    old, new = before.figures, after.figures
    every = pd.concat([new, old[~old["id"].isin(new["id"])]])
    every = every.sort_values(["as_of", "reported_on", "id"], kind="stable").reset_index(drop=True)
    statement = {row.id: (iso(row.reported_on), row.speaker_org) for row in records(every)}
    in_old, in_new = set(old["id"]), set(new["id"])
    known: dict[frozenset[Hashable], float] = {}

    def used(row: str, made: frozenset[Hashable]) -> bool:
        if row in in_old and row in in_new:
            return True
        if row in in_new:
            return ("new", *statement[row]) in made
        return ("withdrawn", *statement[row]) not in made

    def value(made: frozenset[Hashable]) -> float:
        if made not in known:
            targets = (after if ("targets",) in made else before).path
            capacity = (after if ("capacity",) in made else before).capacity
            keep = every[[used(row, made) for row in every["id"]]].reset_index(drop=True)
            case = after.with_targets(tuple(zip(targets.dates, targets.targets, strict=True)))
            case = case.with_capacity(capacity).with_exactly(keep)
            if case.problem:
                raise InputError(
                    f"with only some of what is new there is no chance to compare: {case.problem.sentence}"
                )
            known[made] = case.together(case.path.times, case.path.levels)
        return known[made]

    return value


def shapley(
    players: Sequence[Hashable], value: Callable[[frozenset[Hashable]], float]
) -> tuple[dict[Hashable, float], bool]:
    """Shapley value of each player, and whether every order was gone through.

    Parameters
    ----------
    players : sequence
        Their order decides nothing but the set of orders that is used when they are many.
    value : callable
        What a set of players is worth.

    Returns
    -------
    dict
        The values add up to ``value(all) - value(none)``.
    bool
    """
    n = len(players)
    exact = n <= EXACT
    orders = np.array(list(permutations(range(n)))) if exact else _fixed_orders(n)
    total = np.zeros(n)
    for order in orders:
        made: frozenset[Hashable] = frozenset()
        worth = value(made)
        for k in order:
            made = made | {players[k]}
            now = value(made)
            total[k] += now - worth
            worth = now
    count = factorial(n) if exact else len(orders)
    return dict(zip(players, (total / count).tolist(), strict=True)), exact


def _fixed_orders(n: int) -> np.ndarray:
    """The same orders every time, each with its reverse, which cancels the effect of coming early or late."""
    rng = np.random.default_rng(n)
    half = np.array([rng.permutation(n) for _ in range(ORDERS)])
    return np.concatenate([half, half[:, ::-1]])
