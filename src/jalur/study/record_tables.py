"""Tables of the track record and of the fitted curves, for the notebooks. Nothing is computed here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import isfinite
from typing import Any

import pandas as pd

from jalur.dates import records
from jalur.study.tables import DASH, chance, maybe, stretch, table
from jalur.words.format import Format, Scale
from jalur.words.tables import Table


def scores(record: Mapping[str, Any], fmt: Format) -> Table:
    """Scores of each method on the same forecasts."""
    rows = [
        (
            fmt.say(f"nb.method.{name}"),
            fmt.number(m["scaled_crps"], 2),
            fmt.percent(m["coverage_50"]),
            fmt.percent(m["coverage_90"]),
            fmt.number(m["brier_skill"], 2),
            fmt.number(m["auc"], 2),
        )
        for name, m in record["methods"].items()
    ]
    tasks = record["tasks"]
    caption = fmt.say("nb.caption.scores", origins=fmt.number(tasks["origins"]), series=fmt.number(tasks["series"]))
    return table(fmt, caption, ("method", "crps", "cover50", "cover90", "skill", "auc"), rows, range(1, 6))


def official(record: Mapping[str, Any], fmt: Format, by: str) -> Table:
    """What became of official targets, and what the engine would have said on their day.

    Parameters
    ----------
    record : mapping
        The measured record.
    fmt : Format
    by : str
        ``class`` or ``stretch``.
    """
    found = record.get("official_targets") or {f"by_{by}": {}}
    words = "official_class" if by == "class" else "official_stretch"
    rows = [
        (
            fmt.say(f"nb.{words}.{name.replace(' ', '_').replace('.', '_')}"),
            fmt.number(row["cases"]),
            fmt.percent(row["met"]),
            fmt.percent(row["said"]),
            fmt.percent(row["coverage_90"]["engine"]),
            fmt.number(row["brier"]["engine"], 2),
            fmt.number(row["brier"]["combined"], 2),
            fmt.number(row["brier"]["line"], 2),
        )
        for name, row in found[f"by_{by}"].items()
    ]
    columns = ("official_class" if by == "class" else "asked", "cases", "share_met", "mean_chance", "cover90",
               "brier", "brier_combined", "brier_line")  # fmt: skip
    return table(fmt, fmt.say(f"nb.caption.official_{by}"), columns, rows, range(1, 8))


def hits(record: Mapping[str, Any], fmt: Format, horizon: float = 3.0) -> Table:
    """Hit rates of the official labels over three years, by stretch; the base rate beside each."""
    rows = [
        (
            fmt.say(f"labels.name.{row['method']}"),
            stretch(row["stretch"], row["horizon"], fmt),
            fmt.number(row["cases"]),
            fmt.number(row["on_track"]),
            maybe(row["hit_rate"], fmt.percent),
            fmt.percent(row["base_rate"]),
        )
        for row in record["labels"]
        if row["horizon"] == horizon
    ]
    columns = ("method", "stretch", "cases", "labelled", "hit", "base_rate")
    return table(fmt, fmt.say("nb.caption.hits"), columns, rows, range(2, 6))


def regional(frame: pd.DataFrame, fmt: Format, titles: Mapping[str, str]) -> Table:
    """Regional targets judged before they fell due, beside the outcome."""
    rows = []
    for row in records(frame):
        if row.reached or row.probability is None or pd.isna(row.probability):
            continue
        end = fmt.say(f"nb.word.{'still_open' if row.outcome == 'open' else row.outcome}")
        value = "" if row.outcome_value is None or pd.isna(row.outcome_value) else f" ({fmt.level(row.outcome_value)})"
        name = titles.get(row.programme, row.programme)
        target = f"{fmt.exact(row.target)}, {fmt.brief_date(row.date)}"
        spread = fmt.scale(row.high_90).span(row.low_90, row.high_90)
        rows.append((name, fmt.short_day(row.vintage), target, chance(fmt, row.probability), spread, end + value))
    columns = ("programme", "vintage", "target", "chance", "range90", "outcome")
    return table(fmt, fmt.say("nb.caption.regional"), columns, rows, (3, 4))


def simulated_levels(found: Any, fmt: Format) -> Table:
    """How often our ranges held the true level of simulated programmes, by date, and whether its ranks are even."""
    half, most, p = found.coverage(0.5), found.coverage(0.9), found.p_uniform()
    rows = [
        (_when(ahead, fmt), fmt.percent(half[i]), fmt.percent(most[i]), fmt.number(float(p[i]), 2))
        for i, ahead in enumerate(found.ahead)
    ]
    caption = fmt.say("nb.caption.simulation", n=fmt.number(len(found.rank)))
    return table(fmt, caption, ("date_of", "cover50", "cover90", "uniform"), rows, range(1, 4))


def simulated_targets(found: Any, fmt: Format) -> Table:
    """Mean chance of targets of simulated programmes beside the share that was met."""
    rows = [
        (stretch(by, found.ahead[-1], fmt), *(fmt.percent(float(x.mean())) for x in (found.said[:, i], met)))
        for i, (by, met) in enumerate(zip(found.stretches, found.happened.T, strict=True))
    ]
    return table(fmt, fmt.say("nb.caption.simulated_targets"), ("stretch", "mean_chance", "share_met"), rows, (1, 2))


def _when(years: float, fmt: Format) -> str:
    word = "at_last" if years == 0 else "before_last" if years < 0 else "after_last"
    return fmt.say(f"nb.word.{word}", years=fmt.number(abs(years), 2))


def curves(found: Mapping[str, Any], fmt: Format, scale: Scale) -> Table:
    """Each family: the ceiling with standard error and profile interval, the typical residual, AICc."""
    rows = []
    for name, fit in found.items():
        low, high = fit.profile_intervals["capacity"]
        error = fit.standard_errors["capacity"]
        open_ = fmt.say("nb.word.open")
        ends = (open_ if low is None else scale.number(low), open_ if high is None else scale.number(high))
        ceiling = open_ if "capacity" in fit.at_limit else scale.number(fit.params["capacity"])
        typical = (fit.residual_sum_of_squares / max(fit.degrees_of_freedom, 1)) ** 0.5
        rows.append(
            (
                fmt.say(f"chart.curve.{name}"),
                ceiling,
                scale.number(error) if pd.notna(error) and error < 10 * fit.params["capacity"] else DASH,
                fmt.say("nb.word.to", low=ends[0], high=ends[1]),
                scale.number(typical, 2),
                fmt.number(fit.aicc, 1) if isfinite(fit.aicc) else DASH,  # no correction with this few figures
            )
        )
    return table(
        fmt, fmt.say("nb.caption.curves"), ("family", "ceiling", "error", "profile", "rss", "aicc"), rows, range(1, 6)
    )


def diagnostics(found: Mapping[str, Any], fmt: Format) -> Table:
    """Residual diagnostics of each fit."""
    rows = []
    for name, fit in found.items():
        d = fit.diagnostics()
        numbers = (d.durbin_watson, d.ljung_box_p_value, d.jarque_bera_p_value)
        rows.append((fmt.say(f"chart.curve.{name}"), *(maybe(x, lambda x: fmt.number(x, 2)) for x in numbers)))
    return table(fmt, fmt.say("nb.caption.diagnostics"), ("family", "durbin", "ljung", "jarque"), rows, (1, 2, 3))


def claims(
    rows_: Iterable[Any], engine: tuple[float, tuple[float, float]] | None, fmt: Format, scale: Scale, when: str
) -> Table:
    """What the bootstrap of fitted curves and the engine say about one date."""
    rows = [(fmt.say(f"chart.curve.{c.method}"), scale.number(c.median), scale.span(*c.interval_90)) for c in rows_]
    if engine is not None:
        rows.append((fmt.say("nb.word.engine"), scale.number(engine[0]), scale.span(*engine[1])))
    return table(fmt, fmt.say("nb.caption.claims", when=fmt.day(when)), ("method", "middle", "range90"), rows, (1, 2))
