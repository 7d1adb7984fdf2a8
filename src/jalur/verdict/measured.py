"""The measured record that ships with the package: how often probabilities, intervals and official labels came true.

`jalur.record.measure` makes the file from series of adoption with known outcomes; this module only reads it, so that a
verdict can print a hit rate without running a backtest.
"""

from __future__ import annotations

import json
import math
from functools import lru_cache
from importlib.resources import files
from typing import Any

from jalur.dates import DAYS_A_YEAR, to_date

STRETCH_TOLERANCE = 1.15  # a record is quoted for a stretch within 15 % of its own, and no further


@lru_cache(maxsize=1)
def record() -> dict[str, Any]:
    """The whole measured record, as plain dicts and lists."""
    return json.loads((files("jalur.verdict") / "track_record.json").read_text(encoding="utf-8"))


def label_record(method: str, now: tuple[str, float], target: tuple[str, float]) -> dict[str, Any] | None:
    """The measured record of a label on the stretch most like the one asked for.

    Parameters
    ----------
    method : str
        One of `jalur.verdict.labels.METHODS`.
    now, target : (ISO date, units)
        The stretch is target over now, the horizon the years between them.

    Returns
    -------
    dict or None
        Row of the record: stretch, horizon, cases, on_track, hits, hit_rate, base_rate. None where no measured stretch
        is within 15 %, no measured horizon within half a year, or no case was labelled on track.
    """
    if now[1] <= 0 or target[1] <= 0:
        return None
    ratio = target[1] / now[1]
    years = (to_date(target[0]) - to_date(now[0])).days / DAYS_A_YEAR
    rows = [row for row in record()["labels"] if row["method"] == method and row["hit_rate"] is not None]
    near = [
        row
        for row in rows
        if abs(row["horizon"] - years) <= 0.5 and _apart(row["stretch"], ratio) <= math.log(STRETCH_TOLERANCE)
    ]
    return min(near, key=lambda row: (_apart(row["stretch"], ratio), abs(row["horizon"] - years)), default=None)


def _apart(a: float, b: float) -> float:
    return abs(math.log(a / b)) if b > 0 else math.inf
