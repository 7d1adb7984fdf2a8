"""What leaves the package for a folder to work in: the verdict as CSV and as a sentence, and the example study."""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jalur.errors import InputError, shown
from jalur.files import shipped

if TYPE_CHECKING:
    from jalur.verdict import Verdict

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
    from jalur import files, ledger
    from jalur.verdict.case import Case
    from jalur.verdict.judge import judge

    programme = ledger.load(parameters["programme"], parameters.get("data") or None)
    choices = {name: parameters[name] for name in ("seed", "draws", "capacity", "capacity_share") if name in parameters}
    case = Case.of(programme, parameters["vintage"], **choices)
    return files.once("verdict", case, lambda: judge(case))


def noted_sentence(folder: Path, lang: str) -> str | None:
    """The sentence of the ``verdict.json`` in a report's folder; None where there is none as jalur writes it."""
    from pydantic import TypeAdapter

    from jalur.verdict.model import Verdict

    try:
        verdict = TypeAdapter(Verdict).validate_json((folder / "verdict.json").read_bytes())
    except (OSError, ValueError):
        return None
    return sentence(verdict, lang)


def sentence(verdict: Verdict, lang: str) -> str:
    """The verdict in one sentence of the catalogue, as plain text.

    Parameters
    ----------
    verdict : jalur.verdict.Verdict
    lang : str
        ``id`` or ``en``.
    """
    from jalur.words import sentences as brief_text
    from jalur.words.format import Format

    fmt = Format(lang).counting(verdict.unit, verdict.direction)
    return brief_text.sentence(verdict, fmt).striptags().replace("\u00a0", " ")


PARTS = ("notebooks", "data", "params", "environment.yml", "requirements.lock")


def lay_out(folder: Path) -> list[str]:
    """Copy notebooks, data, parameter files and the list of packages into a folder that is new or empty.

    Returns
    -------
    list of str
        What was laid out.

    Raises
    ------
    InputError
        The folder holds something already: nothing is overwritten.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(f"the folder is {shown(str(folder))}, which is not empty; allowed is one that is new or empty")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        raise InputError(f"the folder is {shown(str(folder))}, below a file; allowed is one below a folder") from error
    for name in PARTS:
        source = shipped(name)
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__", ".*"))
        else:
            shutil.copyfile(source, folder / name)
    return list(PARTS)
