"""The measurement that ships: how well forecasts, probabilities and official labels do where the outcome is known.

It writes ``track_record.json``, which `jalur.verdict.measured` reads. The series it needs are not part of the package::

    python -m jalur.record.measure SERIES.csv [--tasks TASKS.json ...] [--out track_record.json]

SERIES.csv is the table of `jalur.record.series`: ``group, series, year, value_percent, capacity``.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import sys
from collections.abc import Callable, Hashable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from jalur.engine import outlook
from jalur.errors import InputError
from jalur.files import write_whole
from jalur.record.backtest import (
    BASELINES,
    STRETCHES,
    Backtest,
    backtest,
    label_hit_rates,
    origins_from_tasks,
    rolling_origins,
)
from jalur.record.held_out import HeldOut
from jalur.record.replay import regional_record
from jalur.record.series import read_table, series_from

SCHEMA_VERSION = "1.0"
PER_SERIES = 3  # origins of one series that are scored: neighbours say nearly the same, and the smoothing is slow
LABEL_STRETCHES = (1.15, 1.3, 1.5, 1.71, 1.75, 2.0, 2.5)
LABEL_HORIZONS = (1.0, 2.0, 3.0)
OFFICIAL_CASE = (30.0 / 17.59, 2.76)  # stretch and years from 28 March 2022 to the end of 2024

#: what the shipped numbers were measured on; other groups are named as they stand in the file
SOURCES: dict[str, dict[str, str]] = {
    "internet_users": {
        "title": "Individuals using the Internet, per cent of the population (IT.NET.USER.ZS)",
        "publisher": "World Bank, International Telecommunication Union, by way of Gapminder",
        "licence": "CC BY 4.0",
        "url": "https://www.gapminder.org/data/",
    },
    "us_technology": {
        "title": "Share of United States households using specific technologies",
        "publisher": "Our World in Data, after Comin and Hobijn (2004) and others",
        "licence": "CC BY 4.0",
        "url": "https://ourworldindata.org/grapher/technology-adoption-by-households-in-the-united-states",
    },
    "broadband_per_100": {
        "title": "Fixed broadband subscriptions per 100 people; capacity 50, one line a household of two",
        "publisher": "International Telecommunication Union, by way of Gapminder",
        "licence": "CC BY 4.0",
        "url": "https://www.gapminder.org/data/",
    },
}


NOTES = {
    "tasks": (
        "An origin is a year with a level between 5 and 80 % of the capacity, at least five values up to it and a "
        "value in each of the next three years; of each series at most three are taken, at positions 0, 1/3 and 2/3."
    ),
    "tasks_given": "The tasks were given in a file, each with a history and the three following years.",
    "scaled_crps": (
        "Continuous ranked probability score divided by the mean absolute step of the last six values; lower is better."
    ),
    "coverage": "Share of outcomes inside the central interval; 0.9 would be exact for coverage_90.",
    "brier_skill": (
        "Against the base rate of each stretch, which the reference knows beforehand; above 0 is better than that."
    ),
    "labels": (
        "The label is given at the origin, with its base two years earlier and a target of stretch times the level at "
        "the origin, due horizon years later. A hit is a case labelled on track whose target was reached. "
        "Cases of one series are not independent."
    ),
    "regional": (
        "Targets of regional programmes, judged on the day they were stated and at each half-year's end until due."
    ),
    "selection": (
        "Variants of the engine were compared on these series: its scores are slightly optimistic even cross-fitted."
    ),
}


WEIGHTS = {
    "other_half": "cross-fitted: learned on the half of the series (by MD5 of the name) without the scored one",
    "other_kinds": "learned on the other kinds of series alone, each kind counting alike",
    "shipped": "as shipped: learned on all of these series, so flattering here",
    "none": "none",
}


def measure(
    series_csv: str | Path,
    tasks_json: Sequence[str | Path] | None = None,
    out: str | Path | None = None,
    *,
    draws: int = 2000,
    tell: Callable[[str], None] = lambda line: None,
) -> dict[str, Any]:
    """Measure jalur and the baselines on series with known outcomes, and count what became of official labels.

    Parameters
    ----------
    series_csv : path
        Tidy series; see the head of the module.
    tasks_json : sequence of path, optional
        Forecasting tasks to score the methods on; by default three origins of each series (`rolling_origins`).
    out : path, optional
        Where the record is written (to a temporary name first, then renamed). By default it is only returned.
    draws : int
        Per forecast.
    tell : callable
        Called with one line of progress after each step.

    Returns
    -------
    dict
        The record: see ``data/README.md`` of the project and the key ``notes`` in it.
    """
    frame = read_table(series_csv)
    tasks = origins_from_tasks(tasks_json) if tasks_json else rolling_origins(frame, per_series=PER_SERIES)
    if not tasks:
        raise InputError(f"{series_csv}: no year of any series has five values before it and three after it")
    unseen = HeldOut(series_from(frame))
    tell("weights that have not seen a series: learned")

    def score(name: str, forecast: Any, weights: str, per_origin: bool = False) -> dict[str, Any]:
        result = backtest(tasks, forecast, draws=draws, per_origin=per_origin)
        groups = sorted(set(result.levels["group"]))
        by_group = {g: _short(_part(result, g).summary()) for g in groups} if len(groups) > 1 else {}
        whole = {**result.summary(), "weights": WEIGHTS[weights], "by_group": by_group}
        tell(f"{name}: CRPS {whole['scaled_crps']:.3f}, 90 % intervals hold {whole['coverage_90']:.3f}")
        return whole

    shipped = score("jalur, weights as shipped", outlook.forecast, "shipped")
    ours = score("jalur", unseen.by_series, "other_half", True) if unseen.other_half else shipped
    methods = {"jalur": ours, **{name: score(name, function, "none") for name, function in BASELINES.items()}}
    variants = {"as_shipped": shipped}
    if unseen.other_kinds and {task.group for task in tasks} <= set(unseen.other_kinds):
        variants["other_kinds"] = score("jalur, other kinds", unseen.by_kind, "other_kinds", True)
    for family in unseen.shapes:
        variants[f"shape_{family}"] = score(f"jalur, {family}", partial(unseen.with_shape, family), "other_half", True)
    hits = [label_hit_rates(frame, LABEL_STRETCHES, horizon) for horizon in LABEL_HORIZONS]
    hits.append(label_hit_rates(frame, OFFICIAL_CASE[:1], OFFICIAL_CASE[1]))
    tell("official labels: counted")
    result_record = {
        "schema_version": SCHEMA_VERSION,
        "measured_on": _today(),
        "engine_version": outlook.ENGINE_VERSION,
        "sources": [
            {"group": g, **SOURCES.get(str(g), {}), "series": int(part["series"].nunique()), "values": len(part)}
            for g, part in frame.groupby("group")
        ],
        "tasks": {
            "origins": len(tasks),
            "series": len({(t.group, t.series) for t in tasks}),
            "horizon_years": len(tasks[0].future_t),
            "draws": draws,
            "stretches": list(STRETCHES),
            "rule": NOTES["tasks_given" if tasks_json else "tasks"],
        },
        "methods": methods,
        "jalur_variants": variants,
        "labels": [_clean(row) for table in hits for row in table.to_dict("records")],
        "regional": _regional(),
        "notes": {name: text for name, text in NOTES.items() if not name.startswith("tasks")},
    }  # fmt: skip
    plain = _rounded(result_record)
    if out is not None:
        text = json.dumps(plain, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
        write_whole(Path(out), text.encode("utf-8"))
    return plain


def _part(result: Backtest, group: str) -> Backtest:
    """The rows of one group of series."""
    levels, targets = (table[table["group"] == group] for table in (result.levels, result.targets))
    return Backtest(levels, targets, levels.groupby(["series", "origin"]).ngroups, 0)


def _short(summary: dict[str, Any]) -> dict[str, Any]:
    scores = ("scaled_crps", "coverage_50", "coverage_80", "coverage_90", "brier_skill", "auc")
    names = ("tasks", "series", *scores, "verdicts", "reliability")
    return {name: summary[name] for name in names}


def _regional() -> list[dict[Hashable, Any]]:
    table = regional_record()
    keep = [
        "programme", "target_id", "stated_on", "vintage", "date", "target", "reached", "probability",
        "probability_class", "reason", "outcome", "outcome_rule", "outcome_value", "outcome_date", "outcome_id",
    ]  # fmt: skip
    return [_clean(row) for row in table[keep].to_dict("records")]


def _clean(row: dict[Hashable, Any]) -> dict[Hashable, Any]:
    """Missing values as None, numpy scalars as plain ones."""
    return {
        name: None
        if value is None or value is pd.NaT or value != value
        else getattr(value, "item", lambda v=value: v)()
        for name, value in row.items()
    }


def _rounded(value: Any) -> Any:
    """Four decimals are more than the sampling error of any of these numbers."""
    if isinstance(value, dict):
        return {str(name): _rounded(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_rounded(item) for item in value]
    if isinstance(value, (float, np.floating)):
        return round(float(value), 4)
    return value


def _today() -> str:
    """Day of the measurement; SOURCE_DATE_EPOCH is honoured."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    return (dt.datetime.fromtimestamp(int(epoch), dt.UTC) if epoch else dt.datetime.now(dt.UTC)).date().isoformat()


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line of the measurement; writes ``track_record.json`` beside this module unless told otherwise."""
    parser = argparse.ArgumentParser(
        prog="python -m jalur.record.measure", description="Measure the track record that ships."
    )
    parser.add_argument("series", help="tidy CSV: group, series, year, value_percent, capacity")
    parser.add_argument(
        "--tasks", nargs="+", metavar="JSON", help="forecasting tasks; default: three origins of each series"
    )
    parser.add_argument("--out", default=str(Path(__file__).parents[1] / "verdict" / "track_record.json"))
    parser.add_argument("--draws", type=int, default=2000)
    given = parser.parse_args(arguments)
    try:
        measure(given.series, given.tasks, given.out, draws=given.draws, tell=lambda line: print(line, flush=True))
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    print(f"written: {given.out}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
