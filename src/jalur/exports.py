"""The verdict as files and as words: JSON's companion CSV in the manner of the forecast hubs, and the sentence."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

QUANTILES = {"q05": 0.05, "q10": 0.1, "q25": 0.25, "q50": 0.5, "q75": 0.75, "q90": 0.9, "q95": 0.95}
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def guard(value: Any) -> Any:
    """A CSV cell that no spreadsheet runs as a formula: texts that would start one get an apostrophe in front.

    Examples
    --------
    >>> guard("=HYPERLINK(1)"), guard(-3.5), guard("UMKM")
    ("'=HYPERLINK(1)", -3.5, 'UMKM')
    """
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA_STARTS) else value


def csv_bytes(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """A CSV file (UTF-8, comma, LF), every text guarded against formulas."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([guard(value) for value in row] for row in rows)
    return buffer.getvalue().encode("utf-8")


def quantiles_csv(verdict: Any) -> bytes:
    """Tidy quantiles of the projected level: one row a date and quantile; the header only where nothing is projected.

    Parameters
    ----------
    verdict : jalur.verdict.Verdict
    """
    rows = [
        (
            verdict.programme,
            verdict.vintage,
            day.date,
            verdict.unit,
            "quantile",
            level,
            float(f"{getattr(day, name):.7g}"),
        )
        for day in verdict.fan
        for name, level in QUANTILES.items()
    ]
    return csv_bytes(("programme", "vintage", "target_date", "unit", "output_type", "output_type_id", "value"), rows)


def verdict_of(parameters: dict[str, Any], *, sensitivity: bool = True) -> Any:
    """The verdict that a notebook with these parameters shows.

    Parameters
    ----------
    parameters : dict
        ``programme`` and ``vintage``, and any of ``data``, ``seed``, ``draws``, ``capacity``, ``capacity_share``.
    sensitivity : bool
        As in `jalur.reach.assess`.
    """
    from jalur import ledger, reach

    programme = ledger.load(parameters["programme"], parameters.get("data") or None)
    choices = {name: parameters[name] for name in ("seed", "draws", "capacity_share") if name in parameters}
    return reach.assess(
        programme,
        parameters["vintage"],
        sensitivity=sensitivity,
        capacity=parameters.get("capacity") or None,
        **choices,
    )


def sentence(verdict: Any, lang: str) -> str:
    """The verdict in one sentence of the catalogue, without markup.

    Parameters
    ----------
    verdict : jalur.verdict.Verdict
    lang : str
        ``id`` or ``en``.
    """
    from jalur.wording import Format

    words = Format(lang)
    steps = verdict.milestones
    if verdict.joint_probability is None:
        why = words.say("verdict.not_assessed", missing=_missing(verdict, words))
        return f"{why} {words.say('verdict.no_probability_short')}"
    if verdict.last_figure and all(step.status == "met" for step in steps):
        last = verdict.last_figure
        return words.say("verdict.met", target=words.level(steps[-1].target), date=words.day(last.date))
    if verdict.capacity and steps[-1].status == "exceeds_capacity":
        return words.say(
            "verdict.exceeds_capacity",
            target=words.level(steps[-1].target),
            capacity=words.level(verdict.capacity.units),
        )
    past = steps[-1].date <= verdict.vintage
    certain = all(step.status != "open" for step in steps)
    return str(words.verdict(verdict.joint_probability, len(steps), past=past, certain=certain)).replace("\u00a0", " ")


def _missing(verdict: Any, words: Any) -> str:
    code = verdict.reason_code
    if code == "few_figures":
        return words.counted("verdict.reason.few_figures", len(verdict.figures_used), cutoff=words.day(verdict.vintage))
    capacity = words.level(verdict.capacity.units) if verdict.capacity else ""
    return words.say(f"verdict.reason.{code}", cutoff=words.day(verdict.vintage), capacity=capacity)
