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
    if not isinstance(value, str):
        return value
    text = f"'{value}" if value.startswith(FORMULA_STARTS) else value
    return text.replace("\r\n", "\n").replace("\r", "\n")  # the writer would leave a lone CR unquoted


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
    verdict : jalur.verdict.model.Verdict
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


def verdict_of(parameters: dict[str, Any]) -> Any:
    """The verdict that a notebook with these parameters shows.

    Parameters
    ----------
    parameters : dict
        ``programme`` and ``vintage``, and any of ``data``, ``seed``, ``draws``, ``capacity``, ``capacity_share``.

    Returns
    -------
    jalur.verdict.model.Verdict
    """
    from jalur import ledger, memo
    from jalur.verdict import judge as reach
    from jalur.verdict.case import Question

    programme = ledger.load(parameters["programme"], parameters.get("data") or None)
    choices = {name: parameters[name] for name in ("seed", "draws", "capacity_share") if name in parameters}
    day = ledger.vintage_day(parameters["vintage"]).isoformat()
    question = Question(vintage=day, capacity=parameters.get("capacity") or None, **choices)
    return memo.once("verdict", (programme, question), lambda: reach.judge(programme, question))


def answer(programme: Any, question: Any) -> dict[str, Any]:
    """The part of a verdict that its sentence needs, at a tenth of the work.

    Parameters
    ----------
    programme : jalur.ledger.programme.Programme
    question : jalur.verdict.case.Question

    Returns
    -------
    dict
        Fields of the verdict's JSON form with the values that `jalur.verdict.judge.judge` gives.
    """
    from jalur.verdict import judge as reach
    from jalur.verdict import projection
    from jalur.verdict.case import capacity_of, path_of, probabilities, why_not

    path, figures = path_of(programme, question), question.select(programme)
    _, capacity = capacity_of(programme, question)
    if why_not(figures, path, capacity, question.vintage) or capacity is None:
        return reach.judge(programme, question, sensitivity=False).to_dict()
    single, joint = probabilities(programme, figures, capacity, path, question.seed)
    steps = [
        {"date": day, "target": target, "probability": p, "status": status}
        for k, (day, target, p) in enumerate(zip(path.dates, path.targets, single, strict=True))
        for status in (projection.status_of(path, k, question.vintage, capacity, p),)
    ]
    last = figures.iloc[-1]
    return {
        "vintage": question.vintage,
        "figures_used": list(figures["id"]),
        "last_figure": {"date": last["as_of"].date().isoformat(), "value": float(last["value"])},
        "milestones": steps,
        "joint_probability": joint,
        "capacity": {"units": capacity},
        "reason_code": None,
    }


def sentence(verdict: dict[str, Any], lang: str) -> str:
    """The verdict in one sentence of the catalogue, as plain text.

    Parameters
    ----------
    verdict : dict
        As `jalur.verdict.model.Verdict.to_dict` or `answer` gives it.
    lang : str
        ``id`` or ``en``.
    """
    from jalur.words import sentences as brief_text
    from jalur.words.format import Format

    return brief_text.sentence(verdict, Format(lang)).striptags().replace("\u00a0", " ")
