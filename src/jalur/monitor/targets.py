"""What was promised and what could be: past targets and whether they were met, and the most ambitious honest path.

A path is honest at a chance where, in the shape that was announced, it holds with that chance.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from jalur import ledger
from jalur.dates import iso
from jalur.errors import InputError
from jalur.record.replay import outcome
from jalur.verdict.case import Case
from jalur.verdict.model import rounded

MISPRINT = "Misprint"  # how the note of a target begins that its body never set; data/README.md
COLUMNS = ("target_date", "target", "stated_on", "bodies", "times", "ids", "status", "outcome", "outcome_date", "short")


def earlier_targets(case: Case) -> pd.DataFrame:
    """Targets in the programme's own unit whose date had passed by the vintage, one a row for each date and level.

    Parameters
    ----------
    case : Case

    Returns
    -------
    DataFrame
        target_date, stated_on (first time) and outcome_date : ISO dates; target, outcome : units; bodies and ids :
        tuples of str; times : how often it was stated; status : ``met``, ``missed`` or ``open`` (not settled by what
        was published by the vintage); short : share of the target that was missing (too much, where it is to fall), 0
        where it was met. Sorted by date and level. Targets of the path that is judged stand in it as well, once their
        date has passed; one whose note begins with "Misprint" does not.
    """
    stated = case.programme.targets
    day = pd.Timestamp(case.vintage)
    rows = stated[
        (stated["unit"] == case.programme.unit) & (stated["target_date"] <= day) & (stated["stated_on"] <= day)
        & ~stated["note"].fillna("").str.startswith(MISPRINT)
    ]  # fmt: skip
    known = ledger.select(case.programme, case.vintage)
    found = []
    for _, group in rows.groupby(["target_date", "value"], sort=True):
        date, target = group["target_date"].iloc[0], float(group["value"].iloc[0])
        end = outcome(case.programme, iso(date), target, known)
        short = 0.0 if end.status == "met" else abs(1 - end.value / target) if end.value is not None else None
        bodies = tuple(dict.fromkeys(group.sort_values("stated_on", kind="stable")["speaker_org"]))
        found.append((iso(date), target, iso(group["stated_on"].min()), bodies, len(group),
                      tuple(group["id"]), end.status, end.value, end.date, short))  # fmt: skip
    return pd.DataFrame(found, columns=list(COLUMNS))


CHANCES = (0.9, 0.8, 0.5)


@dataclass(frozen=True)
class HonestPath:
    """A path of the announced shape whose joint chance is a given one.

    Attributes
    ----------
    chance : float
        Asked for.
    capacity : str
        Name of the capacity; ``every`` for the path that keeps the chance under each capacity not ruled out.
    dates : tuple of str
    levels : tuple of float or None
        Units; None where not even standing still has that chance.
    share : float or None
        Share of the announced increase over the last figure that the path asks for.
    said : float or None
        What the verdict says of the path, given back to it.
    """

    chance: float
    capacity: str
    dates: tuple[str, ...]
    levels: tuple[float, ...] | None
    share: float | None
    said: float | None


def honest_paths(case: Case, chances: tuple[float, ...] = CHANCES) -> tuple[HonestPath, ...]:
    """For every capacity that the figures have not ruled out, and for all of them, the paths that could be promised.

    The shape is that of the announced path: every target beyond the last figure is moved towards it (or away) by one
    share of the announced change; targets that the last figure has reached stay. The share is found by bisection on the
    joint chance, which falls as the share grows.

    Parameters
    ----------
    case : Case
    chances : tuple of float
        Strictly between 0 and 1.

    Raises
    ------
    InputError
        Where there is no chance, or no target lies beyond the last figure.
    """
    if case.problem:
        raise InputError(f"no path can be promised: {case.problem.sentence}")
    start = float(case.figures["value"].iloc[-1])
    if all(case.reaches(start, target) for target in case.path.targets):
        raise InputError(f"every target is reached by the last figure, {start:,.0f}; there is nothing left to promise")
    named = {c.name: case.with_capacity(c.name, case.question.capacity_share) for c in case.programme.capacities}
    if case.declared is None:
        named["given"] = case
    open_ = {name: one for name, one in named.items() if not one.problem}
    found = []
    for chance in chances:
        paths = [_path(one, name, start, chance) for name, one in open_.items()]
        found += paths
        if len(paths) > 1:
            least = min(paths, key=lambda p: -1.0 if p.share is None else p.share)
            found.append(HonestPath(chance, "every", least.dates, least.levels, least.share, least.said))
    return tuple(found)


def _path(case: Case, capacity: str, start: float, chance: float) -> HonestPath:
    """Find the share of the announced change whose joint chance is the one asked for."""
    above = np.array([not case.reaches(start, target) for target in case.path.targets])

    def levels(share: float) -> np.ndarray:
        return np.where(above, start + share * (case.path.levels - start), case.path.levels)

    def joint(share: float) -> float:
        return case.together(case.path.times, levels(share))

    low, high = 0.0, 1.0
    if joint(low) < chance:
        return HonestPath(chance, capacity, case.path.dates, None, None, None)
    assert case.capacity is not None
    assert case.ceiling is not None
    end, furthest = case.capacity, case.path.levels.max()
    if case.falls:
        end, furthest = case.ceiling - case.capacity, case.path.levels.min()
    most = (end - start) / (furthest - start)
    while joint(high) >= chance and high < most:
        low, high = high, min(2 * high, most)
    for _ in range(40):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if joint(middle) >= chance else (low, middle)
    whole = tuple(float(np.ceil(x) if case.falls else np.floor(x)) for x in levels(low))
    given_back = case.with_targets(tuple(zip(case.path.dates, whole, strict=True)))
    return HonestPath(chance, capacity, case.path.dates, whole, low, rounded(given_back.joint))
