"""The measurement that ships: how well forecasts, probabilities and official labels do where the outcome is known.

It writes ``track_record.json``, which `jalur.verdict.measured` reads. What it needs is not part of the package, and
nothing but scores, shares and counts goes from there into the record::

    python -m jalur.record.measure FOLDER [--out track_record.json]

The folder holds ``kinds/open_kinds.csv`` (a table of `jalur.record.series`) and ``kinds/tasks_open_kinds.json``
(forecasting tasks), where they exist ``targets`` (`jalur.record.outside`) and ``adoption_open_series.csv`` (the series
on which official labels are counted). A table of series alone is measured as well, on rolling origins of its own.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import sys
from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from jalur.engine import outlook, prior
from jalur.errors import InputError
from jalur.files import write_whole
from jalur.record import outside
from jalur.record.backtest import (
    BASELINES,
    STRETCHES,
    Backtest,
    Origin,
    backtest,
    label_hit_rates,
    line,
    origins_from_tasks,
    rolling_origins,
)
from jalur.record.held_out import HeldOut
from jalur.record.learn import CLASS_KINDS, table_in
from jalur.record.replay import regional_record
from jalur.record.scores import reliability
from jalur.record.series import read_table, series_from
from jalur.verdict.outside import BINS, bin_name

SCHEMA_VERSION = "2.0"
PER_SERIES = 3  # rolling origins of one series that are scored: neighbours say nearly the same
PER_KIND = 12  # tasks of one kind on which the slow baselines are scored
SLOW = ("damped_ets",)
LEAST_CASES = 5  # of a kind in a fifth of the chances, to count in the spread between kinds
LABEL_STRETCHES = (1.15, 1.3, 1.5, 1.71, 1.75, 2.0, 2.5)
LABEL_HORIZONS = (1.0, 2.0, 3.0)
OFFICIAL_CASE = (30.0 / 17.59, 2.76)  # stretch and years from 28 March 2022 to the end of 2024

NOTES = {
    "tasks": (
        "An origin is a year with a level between 5 and 80 % of the capacity, at least five values up to it and a "
        "value in each of the next three years; of each series at most three are taken, at positions 0, 1/3 and 2/3."
    ),
    "tasks_given": "The tasks were given in a file, each with a history and the three following years.",
    "alike": "Every kind of series counts alike, whatever its number of tasks.",
    "scaled_crps": (
        "Continuous ranked probability score divided by the mean absolute step of the last six values; lower is better."
    ),
    "coverage": "Share of outcomes inside the central interval; 0.9 would be exact for coverage_90.",
    "brier_skill": (
        "Against the base rate of each stretch, which the reference knows beforehand; above 0 is better than that."
    ),
    "between_kinds": (
        "Standard deviation between kinds of happened minus said, by fifth of the chances (kinds with five cases or "
        "more), and of the share that the 90 % interval held; chance alone is part of it."
    ),
    "slow": "The smoothing is slow: it was scored on at most twelve tasks of each kind.",
    "labels": (
        "The label is given at the origin, with its base two years earlier and a target of stretch times the level at "
        "the origin, due horizon years later. A hit is a case labelled on track whose target was reached. "
        "Cases of one series are not independent."
    ),
    "official": (
        "Targets that were really announced, judged as of that day by weights that have not seen their kind of "
        "series, with the class declared; the outside view and its weight were learned without their class. Targets "
        "of one programme share deadline and shocks: the families count, not the rows."
    ),
    "regional": (
        "Targets of regional programmes, judged on the day they were stated and at each half-year's end until due."
    ),
    "selection": (
        "Variants of the engine were compared on these series: its scores are slightly optimistic even cross-fitted."
    ),
}


WEIGHTS = {
    "other_kinds": "learned on the other kinds of series alone, each kind counting alike; no class declared",
    "declared": "learned on the other kinds of series alone, with the class of the kind declared",
    "shipped": "as shipped: learned on these kinds too, so flattering here",
    "none": "none",
}


def measure(
    folder: str | Path,
    out: str | Path | None = None,
    *,
    draws: int = 2000,
    tell: Callable[[str], None] = lambda line: None,
) -> dict[str, Any]:
    """Measure jalur and the baselines on series with known outcomes, on official targets, and count official labels.

    Parameters
    ----------
    folder : path
        See the head of the module; or a table of series.
    out : path, optional
        Where the record is written (to a temporary name first, then renamed). By default it is only returned.
    draws : int
        Per forecast.
    tell : callable
        Called with one line of progress after each step.

    Returns
    -------
    dict
        The record: see the key ``notes`` in it.
    """
    table = table_in(folder)
    frame = read_table(table)
    given = table.with_name("tasks_open_kinds.json")
    given_tasks = given.is_file() and table != Path(folder)
    tasks = origins_from_tasks([given]) if given_tasks else rolling_origins(frame, per_series=PER_SERIES)
    if not tasks:
        raise InputError(f"{table}: no year of any series has five values before it and three after it")
    unseen = HeldOut(series_from(frame), tell=tell)
    methods, variants = _methods(tasks, unseen, draws, tell)
    labelled = Path(folder) / "adoption_open_series.csv"
    counted = read_table(labelled) if labelled.is_file() else frame
    hits = [label_hit_rates(counted, LABEL_STRETCHES, horizon) for horizon in LABEL_HORIZONS]
    hits.append(label_hit_rates(counted, OFFICIAL_CASE[:1], OFFICIAL_CASE[1]))
    tell("official labels: counted")
    targets = Path(folder) / "targets"
    official = _official(targets, unseen) if (targets / "targets.csv").is_file() else None
    result_record = {
        "schema_version": SCHEMA_VERSION,
        "measured_on": _today(),
        "engine_version": outlook.ENGINE_VERSION,
        "kinds": [
            {"group": g, "series": int(part["series"].nunique()), "values": len(part)}
            for g, part in frame.groupby("group")
        ],
        "tasks": {
            "origins": len(tasks),
            "series": len({(t.group, t.series) for t in tasks}),
            "kinds": len({t.group for t in tasks}),
            "horizon_years": len(tasks[0].future_t),
            "draws": draws,
            "stretches": list(STRETCHES),
            "rule": NOTES["tasks_given" if given_tasks else "tasks"],
        },
        "methods": methods,
        "jalur_variants": variants,
        "labels": [_clean(row) for row_table in hits for row in row_table.to_dict("records")],
        "official_targets": official,
        "regional": _regional(),
        "notes": {name: text for name, text in NOTES.items() if not name.startswith("tasks")},
    }  # fmt: skip
    plain = _rounded(result_record)
    if out is not None:
        text = json.dumps(plain, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
        write_whole(Path(out), text.encode("utf-8"))
    return plain


def _methods(
    tasks: Sequence[Origin], unseen: HeldOut, draws: int, tell: Callable[[str], None]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Scores of jalur and of the baselines, and those of variants of jalur."""

    def score(name: str, forecast: Any, per_origin: bool = False, some: Sequence[Origin] = tasks) -> Backtest:
        result = backtest(some, forecast, draws=draws, per_origin=per_origin)
        whole = result.summary()
        tell(f"{name}: CRPS {whole['scaled_crps']:.3f}, 90 % intervals hold {whole['coverage_90']:.3f}")
        return result

    shipped = score("jalur, weights as shipped", outlook.forecast)
    if unseen.without:
        ours, weights = score("jalur", unseen.unseen, True), "other_kinds"
    else:
        ours, weights = shipped, "shipped"
    methods = {"jalur": _summary(ours, weights, True)}
    lines: Backtest | None = None
    for name, function in BASELINES.items():
        result = score(name, function, some=_thinned(tasks) if name in SLOW else tasks)
        lines = result if function is line else lines
        methods[name] = _summary(result, "none", True)
    variants = {"as_shipped": _summary(shipped, "shipped")}
    for name in unseen.classes:
        kinds = [kind for kind in CLASS_KINDS[name][0] if kind in {task.group for task in tasks}]
        mine = [task for task in tasks if task.group in kinds]
        if not mine:
            continue
        declared = score(f"jalur, {name} declared", partial(unseen.unseen, kind_class=name), True, mine)
        variants[f"class_{name}"] = _summary(declared, "declared")
        variants[f"class_{name}_undeclared"] = _summary(ours.part(kinds), weights)
        if lines is not None:
            variants[f"class_{name}_line"] = _summary(lines.part(kinds), "none")
    for family in unseen.shapes:
        result = score(f"jalur, {family}", partial(unseen.with_shape, family), True)
        variants[f"shape_{family}"] = _summary(result, "other_kinds")
    return methods, variants


def _thinned(tasks: Sequence[Origin]) -> list[Origin]:
    """At most `PER_KIND` tasks of each kind, at equal distances."""
    kinds: dict[str, list[Origin]] = {}
    for task in tasks:
        kinds.setdefault(task.group, []).append(task)
    return [
        several[k * len(several) // min(PER_KIND, len(several))]
        for several in kinds.values()
        for k in range(min(PER_KIND, len(several)))
    ]


def _summary(result: Backtest, weights: str, every_kind: bool = False) -> dict[str, Any]:
    """Scores with each kind alike, how far the kinds lie apart and, where asked for, those of every kind."""
    kinds = sorted(set(result.levels["group"]))
    by_group = {kind: _short(result.part([kind]).summary()) for kind in kinds} if len(kinds) > 1 else {}
    shown = {"by_group": by_group} if every_kind else {}
    return {**result.summary(), "weights": WEIGHTS[weights], "between_kinds": _between(by_group), **shown}


def _between(by_group: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """How far the kinds lie apart in what happened against what was said, and in what the 90 % range held."""
    rows = [row for kind in by_group.values() for row in kind["reliability"] if row["cases"] >= LEAST_CASES]
    fifths = []
    for low in sorted({row["low"] for row in rows}):
        off = [row["happened"] - row["said"] for row in rows if row["low"] == low]
        fifths.append({"low": low, "kinds": len(off), "sd": float(np.std(off))})
    held = [kind["coverage_90"] for kind in by_group.values()]
    return {"happened_minus_said": fifths, "coverage_90_sd": float(np.std(held)) if held else None}


def _official(folder: Path, unseen: HeldOut) -> dict[str, Any]:
    """What became of official targets, and what was said of them: counts and scores alone."""
    targets = outside.read_targets(folder)
    declared, plain = (
        outside.ask(targets, outside.unseen_engine(prior.load(), unseen.without, declare=d)) for d in (True, False)
    )
    straight = outside.ask(targets, lambda _: line)
    share, together, _ = outside.cross_fit(declared, declared.cls)
    columns = {
        "engine": declared.chance, "engine_no_class": plain.chance, "outside_view": share, "combined": together,
        "line": straight.chance,
    }  # fmt: skip
    held = {"engine": declared, "line": straight}
    bins = np.array([bin_name(s) for s in declared.stretch])
    return {
        "targets": len(targets),
        "classes": len(set(declared.cls)),
        "families": len(set(declared.family)),
        "parts": {
            name: _shown(declared, there, columns, held)
            for name, there in outside.parts(declared).items()
            if there.any()
        },
        "by_class": {str(c): _shown(declared, declared.cls == c, columns, held) for c in np.unique(declared.cls)},
        "by_stretch": {b: _shown(declared, bins == b, columns, held) for b in BINS if (bins == b).any()},
        "corners": outside.corner_record(declared, together),
        "reliability": [row.to_dict() for row in reliability(declared.chance, declared.met)],
        "families_alike": {
            name: float(outside.alike(((p - declared.met) ** 2)[None], declared.family)[0])
            for name, p in columns.items()
        },
        "cases_by_family": dict(sorted(Counter(map(str, declared.family)).items())),
    }  # fmt: skip


def _shown(
    cases: outside.Cases,
    there: np.ndarray[Any, np.dtype[np.bool_]],
    columns: dict[str, Any],
    held: dict[str, outside.Cases],
) -> dict[str, Any]:
    """Brier scores and coverage of some targets."""
    met = cases.met[there]
    return {
        "cases": int(there.sum()),
        "families": len(set(cases.family[there])),
        "met": float(met.mean()),
        "said": float(columns["engine"][there].mean()),
        "brier": {
            "constant": float(met.var()),
            **{k: float(((p[there] - met) ** 2).mean()) for k, p in columns.items()},
        },
        "coverage_90": {name: float(one.inside[there].mean()) for name, one in held.items()},
        "below": float(cases.below[there].mean()),
        "above": float(cases.above[there].mean()),
    }


def _short(summary: dict[str, Any]) -> dict[str, Any]:
    scores = ("scaled_crps", "coverage_50", "coverage_80", "coverage_90", "brier_skill", "auc")
    names = ("tasks", "series", *scores, "verdicts")
    bins = [{name: row[name] for name in ("low", "cases", "said", "happened")} for row in summary["reliability"]]
    return {**{name: summary[name] for name in names}, "reliability": bins}


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
    parser.add_argument("folder", help="benchmarks: kinds, targets; or a tidy CSV of series")
    parser.add_argument("--out", default=str(Path(__file__).parents[1] / "verdict" / "track_record.json"))
    parser.add_argument("--draws", type=int, default=2000)
    given = parser.parse_args(arguments)
    try:
        measure(given.folder, given.out, draws=given.draws, tell=lambda line: print(line, flush=True))
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    print(f"written: {given.out}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
