"""A register of issued verdicts: one line a verdict, each sealed with the hash of the line before.

The file is JSON Lines and only ever grows. A line carries the SHA-256 of its own canonical text, which holds the hash
of the line before, so that an edited, added or missing line is found by anybody who reads the file with `verify`. What
has come due is settled by lines of its own; nothing that was said is changed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from jalur.dates import today
from jalur.errors import InputError, shown
from jalur.files import write_whole
from jalur.record.replay import outcome
from jalur.verdict.case import Case
from jalur.verdict.model import Verdict

FORMAT = "1.0"
START = "0" * 64  # what the first line names as the line before


def _digest(line: dict[str, Any]) -> str:
    """SHA-256 of a line without its own hash: keys sorted, no spaces, UTF-8."""
    body = {key: value for key, value in line.items() if key != "sha256"}
    text = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def verify(path: str | Path) -> list[dict[str, Any]]:
    """Read a register and check every line against its seal and the line before.

    Returns
    -------
    list of dict
        The lines in order; none for a file that does not exist.

    Raises
    ------
    InputError
        For the first line that is not what was sealed, with its number.
    """
    file = Path(path)
    if not file.exists():
        return []
    try:
        raw = file.read_bytes()
        text = raw.decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{file}: the register cannot be read ({error})") from error
    if text and not text.endswith("\n"):
        raise InputError(f"{file}: the last line is not complete; allowed is a register as `jalur seal` wrote it")
    lines: list[dict[str, Any]] = []
    before = START
    for number, row in enumerate(text.splitlines(), 1):
        try:
            line = json.loads(row)
            sealed = isinstance(line, dict) and line.get("sha256") == _digest(line) and row == _text(line)
        except (ValueError, RecursionError):
            sealed = False
        if not sealed:
            raise InputError(f"{file}, line {number}: not what was sealed; something in it has been changed")
        if line.get("before") != before or line.get("number") != number:
            raise InputError(f"{file}, line {number}: the line before is not the one it was sealed after")
        before = line["sha256"]
        lines.append(line)
    return lines


def _text(line: dict[str, Any]) -> str:
    return json.dumps(line, sort_keys=True, ensure_ascii=False, allow_nan=False)


def _append(path: str | Path, entries: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Seal entries after the last line; the file is replaced whole, so that it is never half written."""
    lines = verify(path)
    added = []
    for entry in entries:
        before = lines[-1]["sha256"] if lines else START
        line: dict[str, Any] = {"format": FORMAT, "number": len(lines) + 1, "before": before, **entry}
        line["sha256"] = _digest(line)
        lines.append(line)
        added.append(line)
    if added and not Path(path).parent.is_dir():
        raise InputError(f"the register is {shown(str(path))}; allowed is a file in a folder that exists")
    if added:
        write_whole(Path(path), "".join(_text(line) + "\n" for line in lines).encode("utf-8"))
    return added


def seal(path: str | Path, verdicts: Iterable[Verdict]) -> list[dict[str, Any]]:
    """Append what verdicts say; one that stands in the register already, word for word, is not sealed twice.

    Returns
    -------
    list of dict
        The new lines.

    Raises
    ------
    InputError
        For a register that is not what was sealed, or a verdict without a probability.
    """
    known = {line["verdict_sha256"] for line in verify(path) if line["kind"] == "verdict"}
    entries = []
    for verdict in verdicts:
        if verdict.joint_probability is None:
            raise InputError(f"{verdict.programme} at {verdict.vintage} gives no chance to seal: {verdict.reason}")
        whole = hashlib.sha256(verdict.to_json().encode("utf-8")).hexdigest()
        if whole in known:
            continue
        known.add(whole)
        said = [{"date": m.date, "target": m.target, "chance": m.probability} for m in verdict.milestones]
        entries.append(
            {
                "kind": "verdict", "day": today().isoformat(), "programme": verdict.programme,
                "vintage": verdict.vintage, "unit": verdict.unit, "milestones": said,
                "chance": verdict.joint_probability, "engine": verdict.engine_version,
                "package": verdict.package_version, "data_sha256": verdict.data_hash, "verdict_sha256": whole,
            }
        )  # fmt: skip
    return _append(path, entries)


def resolve(path: str | Path, cases: dict[str, Case]) -> list[dict[str, Any]]:
    """Settle what has come due: one line for each sealed milestone whose outcome the ledger now tells.

    Parameters
    ----------
    path : str or Path
    cases : dict of str to Case
        By name of programme: what is known now.

    Returns
    -------
    list of dict
        The new lines; a milestone that no published figure settles stays open.
    """
    lines = verify(path)
    settled = {(line["of"], line["date"], line["target"]) for line in lines if line["kind"] == "outcome"}
    entries = []
    for line in (line for line in lines if line["kind"] == "verdict" and line["programme"] in cases):
        case = cases[line["programme"]]
        for said in line["milestones"]:
            key = (line["sha256"], said["date"], said["target"])
            # Nothing was forecast where the date had passed when the verdict was made.
            if key in settled or not line["vintage"] < said["date"] <= case.vintage:
                continue
            end = outcome(case.programme, said["date"], said["target"], case.figures)
            if end.status == "open":
                continue
            entries.append(
                {
                    "kind": "outcome", "day": today().isoformat(), "of": line["sha256"], "date": said["date"],
                    "target": said["target"], "chance": said["chance"], "met": end.status == "met",
                    "figure": end.id, "value": end.value,
                }
            )  # fmt: skip
    return _append(path, entries)


def brier(lines: Iterable[dict[str, Any]]) -> tuple[float | None, int]:
    """Mean squared difference between chance and outcome over what is settled (0 is best, 0.25 a coin), and its count.

    Source: Brier (1950), Verification of forecasts expressed in terms of probability, Monthly Weather Review 78.
    """
    errors = [(line["chance"] - line["met"]) ** 2 for line in lines if line["kind"] == "outcome"]
    return (sum(errors) / len(errors), len(errors)) if errors else (None, 0)
