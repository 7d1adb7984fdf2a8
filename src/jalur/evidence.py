"""Questions to the published figures themselves: whose books run ahead, and what other measures say."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

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
        Columns speaker_org, as_of, value, qualifier, as of `jalur.ledger.select`.
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
        for row in points[(points["speaker_org"] == body) & (body != reference)].itertuples():
            away = (ours["as_of"] - row.as_of).abs()
            if len(away) and away.min().days <= NEAR_DAYS:
                gaps.append(float(row.value / ours.loc[away.idxmin(), "value"] - 1))
        gap = pd.Series(gaps, dtype=float)
        spread = (float(gap.median()), float(gap.min()), float(gap.max())) if gaps else (None, None, None)
        rows.append(BodyGap(str(body), len(group), len(gaps), *spread))
    return tuple(sorted(rows, key=lambda r: (-r.figures, r.body)))
