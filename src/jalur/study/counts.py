"""Questions to the published figures themselves: whose books run ahead, and what other measures say."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import pandas as pd

from jalur import ledger
from jalur.dates import records
from jalur.ledger.tables import read_table
from jalur.words.format import Format

NEAR_DAYS = 45


@dataclass(frozen=True)
class BodyGap:
    """How the figures of one body compare with the reference body's nearest ones.

    Attributes
    ----------
    body : str
    figures : int
        Figures of this body.
    pairs : int
        How many of them have a figure of the reference body within `NEAR_DAYS`.
    median, lowest, highest : float or None
        Gap as a share of the reference body's level; None without a pair.
    """

    body: str
    figures: int
    pairs: int
    median: float | None
    lowest: float | None
    highest: float | None


def body_gaps(figures: pd.DataFrame, reference: str | None) -> tuple[BodyGap, ...]:
    """Compare each issuing body with the reference body, date by date.

    Parameters
    ----------
    figures : DataFrame
        Columns speaker_org, as_of, value, qualifier, as of `jalur.ledger.selection.select`.
    reference : str or None
        The body whose count the others are measured against; without it no gaps are given.

    Returns
    -------
    tuple of BodyGap
        The body with most figures first. Floors ("at least") are not compared.
    """
    points = figures[figures["qualifier"] != "at_least"]
    ours = points[points["speaker_org"] == reference].sort_values("as_of")
    rows = []
    for body, group in figures.groupby("speaker_org"):
        gaps: list[float] = []
        for row in records(points[(points["speaker_org"] == body) & (body != reference)]):
            away = (ours["as_of"] - row.as_of).abs()
            if len(away) and away.min().days <= NEAR_DAYS:
                gaps.append(float(row.value / ours.loc[away.idxmin(), "value"] - 1))
        gap = pd.Series(gaps, dtype=float)
        spread = (float(gap.median()), float(gap.min()), float(gap.max())) if gaps else (None, None, None)
        rows.append(BodyGap(str(body), len(group), len(gaps), *spread))
    return tuple(sorted(rows, key=lambda r: (-r.figures, r.body)))


YEAR_END_DAYS = 45


def definition_rows(programme: Any, vintage: str) -> tuple[list[dict[str, Any]], str]:
    """The official count at each year's end beside the first comparison that the programme declares.

    Parameters
    ----------
    programme : jalur.ledger.programme.Programme
    vintage : str
        ISO date; a row whose figures were published later is marked as not known.

    Returns
    -------
    rows : list of dict
        year, official (the reference body's figure nearest to the year's end, or None), survey, known, decimals,
        sources (line in both languages, publisher, url, row, later): as `jalur.charts.definition_chart` takes them.
    who : str
        Who made the comparison; empty without one.
    """
    if not programme.comparisons:
        return [], ""
    found = _comparison(programme, programme.comparisons[0].rows)
    official = ledger.select(programme, dt.date.today())
    official = official[
        official["speaker_org"] == (programme.reference_source or official["speaker_org"].mode().iloc[0])
    ]
    day, rows = pd.Timestamp(vintage), []
    for row in records(found):
        away = (official["as_of"] - row.as_of).abs()
        ours = official.loc[away.idxmin()] if len(away) and away.min().days <= YEAR_END_DAYS else None
        known = row.known_on <= day and (ours is None or ours["reported_on"] <= day)
        line = {lang: f"{Format(lang).level(row.value)}, {row.as_of.year}, {row.body}" for lang in ("en", "id")}
        source = {"line": line, "publisher": row.publisher, "url": row.url, "row": row.id, "later": row.known_on > day}
        rows.append(
            {
                "year": row.as_of.year,
                "official": None if ours is None else float(ours["value"]),
                "survey": float(row.value),
                "known": bool(known),
                "decimals": None if ours is None else min(max(int(ours["decimals"]) + 6, 0), 2),
                "sources": [source],
            }
        )
    return rows, found["body"].iloc[0].split()[0] if len(found) else ""


def _comparison(programme: Any, ids: tuple[str, ...]) -> pd.DataFrame:
    """Rows of a comparison from the programme's own table and the shared ones, by year.

    A row whose day of publication is not shown counts as known a year after its date: surveys take that long.
    """
    data = programme.folder.parent
    own = programme.observations.rename(columns={"speaker_org": "body"}).assign(known_on=lambda f: f["reported_on"])
    shared = []
    for file in ("denominators.csv", "proxies.csv"):
        if (data / file).exists():
            frame, _ = read_table(data / file, "denominators", file)
            days = [pd.Period(text).end_time.normalize() if text else None for text in frame["reported_on"]]
            late = frame["as_of"] + pd.DateOffset(years=1)
            known = pd.Series(days, index=frame.index, dtype="datetime64[ns]").fillna(late)
            shared.append(frame.rename(columns={"source_org": "body"}).assign(known_on=known))
    table = pd.concat(
        [part[["id", "as_of", "value", "body", "publisher", "url", "known_on"]] for part in (own, *shared)]
    )
    return table[table["id"].isin(ids)].sort_values("as_of").reset_index(drop=True)
