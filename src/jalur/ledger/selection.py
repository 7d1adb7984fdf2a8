"""Published figures: read, check, select, as they were known on a given day.

A ledger is a folder with one subfolder for each programme. Nothing in it is ever corrected in hindsight: a figure is
known from the day it was reported, and a question asked as of that day sees what had been published until then.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from jalur.dates import parse_date, records, today, vintage_day
from jalur.errors import InputError, shown
from jalur.ledger import reader as programme_reader
from jalur.ledger.conflicts import conflicts, half_width, lags
from jalur.ledger.programme import SLUG, Capacity, Comparison, OfficialPath, Programme, Selection, Target, checked_name
from jalur.ledger.rules import observation_faults
from jalur.ledger.tables import columns, constraint_faults

__all__ = [
    "Capacity",
    "Comparison",
    "Explanation",
    "OfficialPath",
    "Programme",
    "Selection",
    "Target",
    "as_of",
    "conflicts",
    "data_hash",
    "default_data",
    "explain",
    "half_width",
    "known_vintages",
    "lags",
    "load",
    "parse_date",
    "programmes",
    "rejected",
    "select",
    "vintage_day",
]


def default_data() -> Path:
    """Return the data folder: what JALUR_DATA names, else the repository's, else `data` in the working folder."""
    if os.environ.get("JALUR_DATA"):
        return Path(os.environ["JALUR_DATA"])
    beside = Path(__file__).resolve().parents[3] / "data"
    return beside if beside.is_dir() else Path.cwd() / "data"


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
        raise InputError(f"programme is {shown(name)}, which has no programme.yml in {folder}; known are: {known}")
    loaded, faults = programme_reader.read(name, folder)
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

    Parameters
    ----------
    programme : Programme
    vintage : str or datetime.date
        Nothing reported later is used.
    definitions : sequence of str, optional
        Instead of the declared ones.
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
            raise InputError(f"{what} is {shown(name)}; allowed: {listed}")
    return names


def _with_extra(programme: Programme, extra: pd.DataFrame) -> pd.DataFrame:
    """Append rows given by code after the same checks as those of the file."""
    wanted = columns("observations")
    missing = [c for c in wanted if c not in extra.columns]
    if missing:
        raise InputError(f"extra rows have no column {shown(missing[0])}; allowed are the columns {','.join(wanted)}")
    added = extra[wanted].astype(object).where(extra[wanted].notna(), None)
    for column in ("as_of", "reported_on", "flow_since"):
        added[column] = pd.to_datetime(added[column]).astype("datetime64[s]")
    added = added.astype({"value": "float64", "lag_days": "int64", "decimals": "int64"})
    last = int(programme.observations.index.max()) if len(programme.observations) else 1
    added.index = pd.RangeIndex(last + 1, last + 1 + len(added), name="row")
    frame = pd.concat([programme.observations, added]) if len(programme.observations) else added
    faults = constraint_faults(frame, "observations", "extra rows") or observation_faults(frame, "extra rows")
    if faults:
        raise InputError.of(faults)
    return frame


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
    first = rule.since if since in (None, "") else parse_date(since, "since")
    reasons = pd.Series(None, index=frame.index, dtype=object)
    # In the order in which a reader would ask; the first reason that applies is given.
    reasons[frame["reported_on"] > pd.Timestamp(day)] = "reported_later"
    if first is not None:
        reasons[frame["as_of"] < pd.Timestamp(first)] = "before_start"
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
        "before_start": f"it refers to {row.as_of.date()}; used from {rule.since}",
        "reported_later": f"reported on {row.reported_on.date()}, after the vintage",
    }[code]


def rejected(programme: Programme, vintage: str | dt.date) -> pd.DataFrame:
    """List the rows that the default selection does not use.

    Returns
    -------
    DataFrame
        Columns id, code (role, kind, definition, unit, before_start or reported_later), reason (a sentence part in
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
