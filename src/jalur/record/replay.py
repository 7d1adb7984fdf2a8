"""Vintage replay: what would have been said about a programme at each date, beside what was published later.

The chances are those of `jalur.verdict.judge` (the same `jalur.verdict.case.Case`, without the parts of a verdict that
a replay does not show) and use only what was known at their vintage. What became of a milestone is read from all
figures in the ledger, by one rule (`outcome`).
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from jalur import ledger
from jalur.verdict.case import Case
from jalur.verdict.model import probability_class

VINTAGES = ("2022-03-31", "2022-12-31", "2023-06-30", "2023-12-31", "2024-08-31")
REGIONAL_PROGRAMMES = ("jakarta_jakpreneur", "sumut_qris", "bali_qris")
QUANTILES = {
    "median": 0.5,
    "low_50": 0.25,
    "high_50": 0.75,
    "low_80": 0.1,
    "high_80": 0.9,
    "low_90": 0.05,
    "high_90": 0.95,
}
WINDOW_DAYS = 31  # a figure this near to the milestone date counts as the figure of that date


def vintages_of(programme: Any, vintage: str) -> tuple[str, ...]:
    """The vintages at which a programme is replayed: those it declares, else ends of years; and the one asked about.

    Without declared ones, they are the ends of the years from the one before the first target to that of the last by
    which the ledger had gained a figure since the end before.
    """
    if programme.path is None:
        return (vintage,)
    kept = list(programme.replay)
    if not kept:
        days = [day.isoformat() for day in ledger.known_vintages(programme)]
        first, last = (programme.path.milestones[k].date.year for k in (0, -1))
        for end in (f"{year}-12-31" for year in range(first - 1, last + 1)):
            if any((kept[-1] if kept else "") < day <= end for day in days) and end <= date.today().isoformat():
                kept.append(end)
    return tuple(sorted({vintage, *kept}))


@dataclass(frozen=True)
class Outcome:
    """What became of a milestone.

    Attributes
    ----------
    status : str
        ``met``, ``missed`` or ``open`` (not settled by any published figure).
    rule : str
        ``reference_figure`` or ``other_figure``: a figure of the reference source, or of another body, within 31
        days of the date; ``reached_before``: an earlier figure was already at the target; ``below_after``: a later
        figure was still below it; ``none``.
    value : float or None
        The settling figure, in units; with its date, row id and issuing body.
    date, id, source : str or None
    """

    status: str
    rule: str
    value: float | None = None
    date: str | None = None
    id: str | None = None
    source: str | None = None


def outcome(programme: Any, day: str | date, target: float, figures: pd.DataFrame | None = None) -> Outcome:
    """Say from the figures in the ledger whether a target was met on a day.

    The figure nearest to the day (at most 31 days away) of the reference source settles it; without one, the nearest of
    another body. Without any: for a count that does not fall, an earlier figure at or above the target means met and
    a later one below it missed, the reference source before others and the nearest first. A figure given as "at
    least" that lies below the target settles nothing. Otherwise the outcome is open. Of a level that is to fall, all of
    this holds the other way round, and a floor settles nothing unless it lies above the target.

    Parameters
    ----------
    programme : Programme
    day : str or date
        Date of the milestone.
    target : float
        In units of the programme.
    figures : DataFrame, optional
        What was known, in the columns of the ledger; everything published by default.
    """
    if figures is None:
        figures = ledger.select(programme, programme.observations["reported_on"].max().date())
    days = (figures["as_of"] - pd.Timestamp(str(day))).dt.days
    figures = figures.assign(
        days=days, away=days.abs(), other=(figures["speaker_org"] != programme.reference_source).astype(int)
    )
    falls = programme.direction == "down"
    there = figures["value"] <= target if falls else figures["value"] >= target
    # A floor tells only what lies above it: that a rising target is met, that a falling one is not.
    figures = figures.assign(there=there)[(figures["qualifier"] != "at_least") | (there != falls)]
    order = ["other", "away", "reported_on", "id"]

    near = figures[figures["away"] <= WINDOW_DAYS].sort_values(order)
    if len(near):
        row = near.iloc[0]
        rule = "other_figure" if row["other"] else "reference_figure"
        return _settled("met" if row["there"] else "missed", rule, row)
    if not programme.net:
        before = (figures["days"] < 0) & figures["there"]
        after = (figures["days"] > 0) & ~figures["there"]
        telling = figures[before | after].sort_values(order)
        if len(telling):
            row = telling.iloc[0]
            return _settled(*(("met", "reached_before") if row["days"] < 0 else ("missed", "below_after")), row)
    return Outcome("open", "none")


def _settled(status: str, rule: str, row: pd.Series) -> Outcome:
    day = row["as_of"].date().isoformat()
    return Outcome(status, rule, float(row["value"]), day, str(row["id"]), str(row["speaker_org"]))


def replay(programme: Any, vintages: Iterable[str | date] = VINTAGES, **choices: Any) -> pd.DataFrame:
    """Verdicts at several vintages beside the outcomes.

    Parameters
    ----------
    programme : Programme
        As loaded by `jalur.ledger.selection.load`.
    vintages : iterable of str or date
    **choices
        Fields of `jalur.verdict.case.Question` (capacity, drop, targets and so on).

    Returns
    -------
    DataFrame
        One row a vintage and milestone: vintage, last_id, last_date, last_value, date, target, target_id, ahead
        (whether the date lay after the vintage), reached (whether the last figure was at the target already),
        probability, probability_class, median, low_50 ... high_90, reason (code, where there is no probability);
        outcome (met, missed, open), outcome_rule, outcome_value, outcome_date, outcome_id, outcome_source; held_50,
        held_80, held_90 (whether the interval held the outcome's figure, None where that is not of the date itself
        or there is no interval).
    """
    rows = []
    for vintage in vintages:
        for said in _said(Case.of(programme, str(vintage), **choices)):
            end = outcome(programme, said["date"], said["target"])
            rows.append({**said, **_prefixed(end), **_held(said, end)})
    return pd.DataFrame(rows)


def _said(case: Case) -> Iterator[dict[str, Any]]:
    """What is said about each milestone at the vintage of a case."""
    last, problem, path = case.last_figure, case.problem, case.path
    known = {
        "vintage": case.vintage,
        "last_id": last.id if last else None,
        "last_date": last.date if last else None,
        "last_value": last.value if last else None,
    }
    for k, (day, target) in enumerate(zip(path.dates, path.targets, strict=True)):
        chance: float | None = None
        levels: list[float] | list[None] = [None] * len(QUANTILES)
        if problem is None:
            chance = case.chances[k]
            levels = [float(x) for x in case.state().quantile(path.times[k], list(QUANTILES.values()))]
        yield {
            **known,
            **{"date": day, "target": target, "target_id": path.ids[k], "ahead": day > case.vintage},
            "reached": last is not None and case.reaches(last.value, target),
            **{"probability": chance, "probability_class": probability_class(chance)},
            **dict(zip(QUANTILES, levels, strict=True)),
            "reason": problem.code if problem else None,
        }


def _prefixed(end: Outcome) -> dict[str, Any]:
    words = asdict(end)
    return {"outcome": words.pop("status"), **{f"outcome_{name}": value for name, value in words.items()}}


def _held(said: dict[str, Any], end: Outcome) -> dict[str, bool | None]:
    known = end.rule in ("reference_figure", "other_figure") and said["median"] is not None
    return {
        f"held_{share}": said[f"low_{share}"] <= end.value <= said[f"high_{share}"] if known else None
        for share in (50, 80, 90)
    }


def regional_record(
    names: Sequence[str] = REGIONAL_PROGRAMMES, data: Path | str | None = None, seed: int = 0
) -> pd.DataFrame:
    """Verdicts on regional targets whose outcome is known or could become known.

    Every target of a programme that is a level in its unit, with a date and a day on which it was stated, is judged on
    that day and on each 30 June and 31 December after it and before the target date, where the ledger had gained a
    figure since the vintage before. Equal targets count once, from
    the first statement on. A target that the last figure had already reached is kept, and marked in `reached`.

    Returns
    -------
    DataFrame
        Columns of `replay`, with ``programme`` and ``stated_on`` in front.
    """
    rows = []
    for name in names:
        programme = ledger.load(name, data)
        for target in _stated_targets(programme):
            stated, due = pd.Timestamp(target["stated_on"]), pd.Timestamp(target["target_date"])
            days = [stated, *_half_years(stated, due)]
            path = [(due.date().isoformat(), float(target["value"]))]
            part = replay(programme, [d.date().isoformat() for d in days], targets=path, seed=seed)
            rows.append(part.assign(programme=name, stated_on=stated.date().isoformat(), target_id=target["id"]))
    table = pd.concat(rows).drop_duplicates(["programme", "target_id", "last_id"]).reset_index(drop=True)
    front = ["programme", "stated_on"]
    return table[front + [name for name in table.columns if name not in front]]


def _stated_targets(programme: Any) -> list[dict[Hashable, Any]]:
    targets = programme.targets
    chosen = targets[
        (targets["unit"] == programme.unit) & targets["stated_on"].notna() & targets["target_date"].notna()
    ]
    chosen = chosen[chosen["stated_on"] < chosen["target_date"]].sort_values(
        ["target_date", "value", "stated_on", "id"]
    )
    return chosen.drop_duplicates(["target_date", "value"]).to_dict("records")


def _half_years(after: pd.Timestamp, before: pd.Timestamp) -> list[pd.Timestamp]:
    days = [
        pd.Timestamp(year, month, day)
        for year in range(after.year, before.year + 1)
        for month, day in ((6, 30), (12, 31))
    ]
    return [day for day in days if after < day < before]
