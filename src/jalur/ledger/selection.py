"""Published figures: read, check, select, as they were known on a given day.

A ledger is a folder with one subfolder for each programme. Nothing in it is ever corrected in hindsight: a figure is
known from the day it was reported, and a question asked as of that day sees what had been published until then.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from jalur.dates import half_width, parse_date, records, today, vintage_day
from jalur.errors import InputError, meant, shown
from jalur.files import default_folder
from jalur.ledger import levels
from jalur.ledger.programme import SLUG, Programme, checked_name, read
from jalur.ledger.tables import checked, columns, texts_of


def default_data() -> Path:
    """Return the data folder: what JALUR_DATA names, else `data` in the working folder, else the shipped example."""
    return default_folder("data")


def programmes(data: Path | str | None = None) -> list[str]:
    """Name the programmes of a data folder: the subfolders with a programme.yml, but for those that begin with _."""
    folder = _data_folder(data)
    return sorted(p.name for p in folder.iterdir() if SLUG.fullmatch(p.name) and (p / "programme.yml").is_file())


def _data_folder(data: Path | str | None) -> Path:
    """Return the data folder if there is one."""
    folder = default_data() if data in (None, "") else Path(str(data))
    if not folder.is_dir():
        raise InputError(
            f"data folder is {shown(str(folder))}, which is no folder; "
            "allowed is a folder with one subfolder for each programme"
        )
    return folder


def load(name: str, data: Path | str | None = None) -> Programme:
    """Read and check one programme.

    Parameters
    ----------
    name : str
        Name of its folder.
    data : Path or str, optional
        Data folder; the repository's if absent.

    Raises
    ------
    InputError
        If there is no such programme, or anything in its files is not as it should be: the first fault with its file,
        row and column; the others are in the attribute `faults`.
    """
    checked_name(name)
    folder = _data_folder(data)
    if not (folder / name / "programme.yml").is_file():
        known = ", ".join(programmes(folder)) or "none in this folder"
        near = meant(name, programmes(folder))
        raise InputError(
            f"programme is {shown(name)}, which has no programme.yml in {folder}; known are: {known}{near}"
        )
    loaded, faults = read(name, folder)
    if loaded is None:
        raise InputError.of(faults)
    return loaded


def as_of(frame: pd.DataFrame, vintage: str | dt.date) -> pd.DataFrame:
    """Keep what had been reported by a day, that day included."""
    return frame[frame["reported_on"] <= pd.Timestamp(parse_date(vintage, "vintage"))]


def select(
    programme: Programme,
    vintage: str | dt.date,
    *,
    definitions: Sequence[str] | None = None,
    since: str | dt.date | None = None,
    drop: Iterable[str] = (),
    without_sources: Iterable[str] = (),
    only_sources: Iterable[str] | None = None,
    extra: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Select the figures that a verdict uses.

    Where the programme counts flows, each is the level that the flows up to it add up to from the declared base; a row
    that is left out is missing as a level, but what it added stays in the sum.

    Parameters
    ----------
    programme : Programme
    vintage : str or datetime.date
        Nothing reported later is used.
    definitions : sequence of str, optional
        Instead of the declared ones; flows are added up for their own definition alone.
    since : str or datetime.date, optional
        Instead of the declared first reference day.
    drop : iterable of str
        Row ids left out.
    without_sources : iterable of str
        Issuing bodies (`speaker_org`) left out.
    only_sources : iterable of str, optional
        Issuing bodies kept.
    extra : DataFrame, optional
        Rows added, in the columns of observations.csv; they pass the same checks and the same selection.

    Returns
    -------
    DataFrame
        Sorted by as_of, reported_on, id, with a plain index.

    Raises
    ------
    InputError
        For a row id, body or definition that the programme does not have, naming those it has.
    """
    day = vintage_day(vintage)
    frame = programme.observations if extra is None else _with_extra(programme, extra)
    reasons = _reasons(frame, programme, day, definitions, since)
    drop, without = _known(drop, frame["id"], "drop"), _known(without_sources, frame["speaker_org"], "without_sources")
    keep = reasons.isna() & ~frame["id"].isin(drop) & ~frame["speaker_org"].isin(without)
    if only_sources is not None:
        keep &= frame["speaker_org"].isin(_known(only_sources, frame["speaker_org"], "only_sources"))
    base = programme.selection.base
    if base is not None:
        chain = levels.unbroken(frame[programme.selection.declared(frame, programme.unit)], base, day)
        frame = levels.summed(chain, base)
        keep = keep[frame.index]
    return frame[keep].sort_values(["as_of", "reported_on", "id"], kind="stable").reset_index(drop=True)


def _known(given: Iterable[str], column: pd.Series, what: str) -> list[str]:
    """Return given ids or bodies if the ledger has them."""
    names = [given] if isinstance(given, str) else list(given)
    for name in names:
        if not (column == name).any():
            known = sorted(set(column))
            listed = (
                ", ".join(known) if len(known) <= 30 else f"one of the {len(known)} in the ledger, such as {known[0]}"
            )
            raise InputError(f"{what} is {shown(name)}; allowed: {listed}{meant(name, known)}")
    return names


def _with_extra(programme: Programme, extra: pd.DataFrame) -> pd.DataFrame:
    """Append rows given by code after the same checks as those of the file."""
    missing = [column for column in columns("observations") if column not in extra.columns]
    if missing:
        allowed = ",".join(columns("observations"))
        raise InputError(f"extra rows have no column {shown(missing[0])}; allowed are the columns {allowed}")
    known = programme.observations
    last = int(known.index.max()) if len(known) else 1
    numbers = range(last + 1, last + 1 + len(extra))
    before = {row.id: (row.Index, row.role) for row in records(known)}
    added, faults = checked(texts_of(extra, "observations"), numbers, "observations", "extra rows", before)
    if faults:
        raise InputError.of(faults)
    together = pd.concat([known, added]) if len(known) else added
    rule = programme.selection
    if rule.base is not None:
        broken = levels.problems(together[rule.declared(together, programme.unit)], rule.base, "extra rows")
        if broken:
            raise InputError.of(broken)
    return together


def _reasons(
    frame: pd.DataFrame,
    programme: Programme,
    day: dt.date,
    definitions: Sequence[str] | None = None,
    since: str | dt.date | None = None,
) -> pd.Series:
    """Give the reason for which each row is not used: a code, None where it is used."""
    rule = programme.selection
    wanted = list(rule.definitions if definitions is None else _known(definitions, frame["definition"], "definitions"))
    if rule.base is not None and set(wanted) != set(rule.definitions):
        declared = ", ".join(rule.definitions)
        raise InputError(f"definitions is {', '.join(wanted)}; allowed is {declared}, whose flows the base belongs to")
    first = rule.since if since in (None, "") else parse_date(since, "since")
    reasons = pd.Series(None, index=frame.index, dtype=object)
    # In the order in which a reader would ask; the first reason that applies is given.
    reasons[frame["reported_on"] > pd.Timestamp(day)] = "reported_later"
    if first is not None:
        reasons[frame["as_of"] < pd.Timestamp(first)] = "before_start"
    if rule.base is not None:
        summed = rule.declared(frame, programme.unit)
        chain = levels.unbroken(frame[summed], rule.base, day).index
        reasons[summed & ~frame.index.isin(chain) & reasons.isna()] = "broken_sum"
        reasons[frame["as_of"] <= pd.Timestamp(rule.base.date)] = "before_base"
    reasons[frame["unit"] != programme.unit] = "unit"
    reasons[~frame["definition"].isin(wanted)] = "definition"
    reasons[~frame["kind"].isin(rule.kinds)] = "kind"
    reasons[~frame["role"].isin(rule.roles)] = "role"
    return reasons


def _reason_text(code: str, row: Any, programme: Programme) -> str:
    """Say why a row is not used."""
    rule = programme.selection
    repeated = f" of {row.repeats}" if row.repeats else ""
    return {
        "role": f"role is {row.role}{repeated}; used: {', '.join(rule.roles)}",
        "kind": f"kind is {row.kind}; used: {', '.join(rule.kinds)}",
        "definition": f"definition is {row.definition}; used: {', '.join(rule.definitions)}",
        "unit": f"unit is {row.unit}; used: {programme.unit}",
        "broken_sum": "the base or a flow before it had not been published, so nothing can be added to it",
        "before_base": f"it ends by {rule.base.date if rule.base else ''}, the day of the base",
        "before_start": f"it refers to {row.as_of.date()}; used from {rule.since}",
        "reported_later": f"reported on {row.reported_on.date()}, after the vintage",
    }[code]


def rejected(programme: Programme, vintage: str | dt.date) -> pd.DataFrame:
    """List the rows that the default selection does not use.

    Returns
    -------
    DataFrame
        Columns id, code (role, kind, definition, unit, before_base, broken_sum,
        before_start or reported_later), reason (a sentence part in
        English), value, as_of, reported_on, role, definition, speaker_org, url; the index is the row in the file.
    """
    frame = programme.observations
    codes = _reasons(frame, programme, vintage_day(vintage)).dropna()
    out = frame.loc[
        codes.index, ["id", "value", "as_of", "reported_on", "role", "definition", "speaker_org", "url"]
    ].copy()
    reasons = [
        _reason_text(code, row, programme) for code, row in zip(codes, records(frame.loc[codes.index]), strict=True)
    ]
    out.insert(1, "code", codes)
    out.insert(2, "reason", pd.Series(reasons, index=codes.index, dtype=object))
    return out


def known_vintages(programme: Programme) -> list[dt.date]:
    """Return the days on which the default selection gained a figure, in order."""
    frame = programme.observations
    used = frame[_reasons(frame, programme, today()).isna()]
    return sorted({stamp.date() for stamp in used["reported_on"]})


def data_hash(programme: Programme) -> str:
    """Return the SHA-256 of all the files that the programme was read from."""
    digest = hashlib.sha256()
    data = programme.folder.parent
    for path in (*sorted(programme.folder.glob("*.*")), data / "denominators.csv", data / "proxies.csv"):
        if path.suffix in (".csv", ".yml") and path.is_file():
            digest.update(path.name.encode() + b"\x00" + path.read_bytes() + b"\x00")
    return digest.hexdigest()


@dataclass(frozen=True)
class Explanation:
    """Everything the ledger knows about one figure.

    Attributes
    ----------
    id, url : str
    row : int
        Row in observations.csv.
    fields : dict
        All columns by name; dates as datetime.date, missing cells as None.
    used : bool
        Whether the default selection uses it at the vintage.
    code, reason : str or None
        Why it is not used (see `rejected`).
    repeats : dict or None
        The row it repeats.
    repeated_by : tuple of str
        Ids of the rows that repeat it.
    """

    id: str
    url: str
    row: int
    fields: dict[str, Any]
    used: bool
    code: str | None
    reason: str | None
    repeats: dict[str, Any] | None
    repeated_by: tuple[str, ...]


def explain(programme: Programme, row_id: str, vintage: str | dt.date | None = None) -> Explanation:
    """Explain one figure: what it says, where it stands, whether it is used and why not.

    Parameters
    ----------
    programme : Programme
    row_id : str
    vintage : str or datetime.date, optional
        Day for which the use is judged; today if absent.
    """
    frame = programme.observations
    (row_id,) = _known([row_id], frame["id"], "id")
    row = int(frame.index[frame["id"] == row_id][0])
    day = today() if vintage is None else vintage_day(vintage)
    found = _reasons(frame, programme, day)[row]
    code = None if pd.isna(found) else str(found)
    fields = _fields(frame, row)
    origin = frame.index[frame["id"] == fields["repeats"]]
    return Explanation(
        id=row_id,
        url=fields["url"],
        row=row,
        fields=fields,
        used=code is None,
        code=code,
        reason=None if code is None else _reason_text(code, next(records(frame.loc[[row]])), programme),
        repeats=_fields(frame, int(origin[0])) if len(origin) else None,
        repeated_by=tuple(frame.loc[frame["repeats"] == row_id, "id"]),
    )


def _fields(frame: pd.DataFrame, row: int) -> dict[str, Any]:
    """Return one row as plain Python values."""
    out: dict[str, Any] = {}
    for column, value in frame.loc[row].items():
        if value is None or pd.isna(value):
            out[str(column)] = None
        else:
            out[str(column)] = (
                value.date() if isinstance(value, pd.Timestamp) else value.item() if hasattr(value, "item") else value
            )
    return out


# Figures set against each other

CONFLICT_COLUMNS = [
    "period_start", "period_end", "id_low", "id_high", "value_low", "value_high", "difference", "relative",
    "body_low", "body_high", "definition_low", "definition_high", "url_low", "url_high", "same_body",
]  # fmt: skip


def lags(frame: pd.DataFrame) -> pd.DataFrame:
    """Days between the day a figure refers to and the day it was reported.

    Returns
    -------
    DataFrame
        Columns id, as_of, reported_on, lag_days, speaker_org, url; the longest lag first.
    """
    out = frame[["id", "as_of", "reported_on", "speaker_org", "url"]].copy()
    out.insert(3, "lag_days", (frame["reported_on"] - frame["as_of"]).dt.days)
    return out.sort_values(["lag_days", "as_of", "id"], ascending=[False, True, True]).reset_index(drop=True)


def conflicts(frame: pd.DataFrame) -> pd.DataFrame:
    """Find figures for the same period that differ beyond rounding.

    Two figures are compared if kind, unit and, for flows, the start agree and their periods overlap: a day, the month
    of a figure known by month, December for one known by year (levels are dated at the end of their period). They
    conflict if the rounding intervals do not meet; a floor ("more than") conflicts only with a figure below it.

    Parameters
    ----------
    frame : DataFrame
        Rows of observations.csv, such as those of `select`.

    Returns
    -------
    DataFrame
        One row a pair: period_start, period_end (the overlap), id_low, id_high, value_low, value_high, difference,
        relative (difference over the lower value), body_low, body_high, definition_low, definition_high, url_low,
        url_high, same_body; the largest relative difference first.
    """
    rows = frame.reset_index(drop=True)
    ends = rows["as_of"]
    months = rows["as_of_precision"] != "day"
    starts = ends.where(~months, ends.dt.to_period("M").dt.start_time.astype(ends.dtype))
    width = half_width(rows["decimals"])
    pairs = []
    for i in range(len(rows)):
        same = (rows["kind"] == rows["kind"][i]) & (rows["unit"] == rows["unit"][i])
        since = rows["flow_since"]
        same &= (since == since[i]) | (since.isna() & pd.isna(since[i]))
        same &= (starts <= ends[i]) & (ends >= starts[i]) & (rows["value"] > rows["value"][i])
        for j in rows.index[same]:
            floor = rows["qualifier"][i] == "at_least"
            if rows["value"][j] - width[j] <= rows["value"][i] + width[i] or floor:
                continue
            difference = rows["value"][j] - rows["value"][i]
            pair: dict[str, Any] = {"period_start": max(starts[i], starts[j]), "period_end": min(ends[i], ends[j])}
            for column, name in (
                ("id", "id"),
                ("value", "value"),
                ("speaker_org", "body"),
                ("definition", "definition"),
                ("url", "url"),
            ):
                pair |= {f"{name}_low": rows[column][i], f"{name}_high": rows[column][j]}
            base = rows["value"][i]
            pair |= {
                "difference": difference,
                "relative": difference / base if base else float("inf"),
                "same_body": pair["body_low"] == pair["body_high"],
            }
            pairs.append(pair)
    table = pd.DataFrame(pairs, columns=CONFLICT_COLUMNS)
    return table.sort_values(["relative", "id_low", "id_high"], ascending=[False, True, True]).reset_index(drop=True)
