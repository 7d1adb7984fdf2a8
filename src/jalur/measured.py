"""The measured record that ships with the package: how often probabilities, intervals and official labels came true.

`jalur.track_record` makes the file from series of adoption with known outcomes; this module only reads it, so that a
verdict can print a hit rate without running a backtest.
"""

from __future__ import annotations

import json
from functools import lru_cache
from importlib.resources import files
from typing import Any


@lru_cache(maxsize=1)
def record() -> dict[str, Any]:
    """The whole measured record, as plain dicts and lists."""
    source = files("jalur") / "track_record.json"
    return json.loads(source.read_text(encoding="utf-8")) if source.is_file() else {}


def label_record(method: str, now: tuple[str, float], target: tuple[str, float]) -> tuple[str | None, int | None, int | None, float | None, float | None]:
    return None, None, None, None, None
