"""Additions to a ledger: a new programme from commented examples, and one more published figure."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
import secrets
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import pandas as pd

from jalur.errors import InputError, shown
from jalur.files import sha256, write_whole
from jalur.ledger import datapackage
from jalur.ledger import reader as programme_reader
from jalur.ledger import selection as ledger
from jalur.ledger.programme import Programme, checked_name
from jalur.ledger.spoken import Stated, read_figure
from jalur.ledger.tables import allowed, columns, read_table, read_text, table_schema

FILES = ("programme.yml", "observations.csv", "targets.csv")
REPEAT_DAYS = 60  # an equal figure within these days is likely the same one told again
RESERVED = ("regional", "sources")
ASKED = ("value", "as_of", "reported_on", "speaker_org", "publisher", "url", "note")
REQUIRED = ("value", "as_of", "speaker_org", "publisher", "url")
COMPUTED = ("id", "lag_days")
_DATED = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})-([a-z]+)-")
_NUMBERED = re.compile(r"(.*?)([0-9]+)")
Ask = Callable[[str, str], str]


def new(name: str, data: Path | str | None = None) -> Path:
    """Write the folder of a new programme, with commented example files that work as they are.

    Parameters
    ----------
    name : str
        Small letters, digits and _.
    data : Path or str, optional
        Data folder, which must be there: a mistyped one would be made beside the data and never be read. The
        repository's if not given.

    Returns
    -------
    Path
        The folder: programme.yml, observations.csv, targets.csv and README.md with the columns explained.

    Raises
    ------
    InputError
        If the name is none, there is no such data folder, or the programme's exists already: nothing is overwritten.
    """
    checked_name(name)
    if name in RESERVED:
        raise InputError(f"programme is {shown(name)}, a folder of tables for all programmes; allowed is another name")
    root = ledger.default_data() if data in (None, "") else Path(str(data))
    if not root.is_dir():
        raise InputError(
            f"data folder is {shown(str(root))}, which is no folder; allowed is one that exists, if only an empty one"
        )
    folder = root / name
    if folder.exists():
        raise InputError(
            f"programme is {shown(name)}, whose folder {folder} exists already; allowed is a name not used before"
        )
    partial = root / f".{name}.{secrets.token_hex(4)}.part"
    try:
        partial.mkdir()
        template = resources.files("jalur.ledger").joinpath("template", "programme")
        for file in FILES:
            text = template.joinpath(file).read_text(encoding="utf-8")
            (partial / file).write_text(
                text.replace("{name}", name).replace("{prefix}", name.replace("_", "-")), encoding="utf-8", newline="\n"
            )
        (partial / "README.md").write_text(_columns_explained(name), encoding="utf-8", newline="\n")
        partial.rename(folder)
        datapackage.update(root)
    except OSError as error:
        raise InputError(
            f"data folder is {root}, which cannot be written ({error.strerror}); allowed is one that can"
        ) from None
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return folder


def _columns_explained(name: str) -> str:
    """Write the dictionary of the two tables from the one schema."""
    lines = [
        f"# {name}",
        "",
        "Replace the example rows by yours, keep the header lines, save as UTF-8 with commas. `programme.yml` is",
        "explained by its comments. Then `jalur check` names whatever is wrong by file, row and column, and",
        f"`jalur report --programme {name} --vintage 2024-07-31` makes the report. `jalur add {name}` appends a",
        "figure and computes its id, lag and decimals. `jalur check --update-hashes` notes that the files changed.",
    ]
    for table in ("observations", "targets"):
        lines += ["", f"## {table}.csv", "", "| column | meaning | unit | allowed |", "|---|---|---|---|"]
        for field in table_schema(table)["fields"]:
            rule = allowed(field).replace("|", "\\|")
            lines.append(f"| `{field['name']}` | {field['description']} | {field['unit']} | {rule} |")
    return "\n".join(lines) + "\n"


@dataclass(frozen=True)
class Added:
    """A figure that was appended.

    Attributes
    ----------
    id : str
    row : int
        Row in observations.csv.
    fields : dict
        All columns as written.
    path : Path
        The file.
    suggestion : str or None
        Id of an equal figure within 60 days, of which this one may be a repeat.
    """

    id: str
    row: int
    fields: dict[str, str]
    path: Path
    suggestion: str | None


def add(programme: str, *, data: Path | str | None = None, ask: Ask | None = None, **fields: Any) -> Added:
    """Append a published figure to the ledger of a programme.

    Parameters
    ----------
    programme : str
    data : Path or str, optional
        Data folder; the repository's if absent.
    ask : callable, optional
        Called as ``ask(column, default)`` for what is missing, and as ``ask("repeats", id)`` where an equal figure
        stands within 60 days (an empty answer: it is no repeat). Without it, missing required columns are refused.
    **fields
        Columns of observations.csv. `value` may be written as it was said: 20.76 million, "20,76 juta", 25,292,701.
        Unless given: `reported_on` is `as_of`; unit, definition, kind and role are those of the selection;
        `decimals` and `qualifier` follow from how the value is written; a given `repeats` makes the role repeat.

    Raises
    ------
    InputError
        For an unknown column or anything that `jalur check` would refuse. The file is then left as it was.
    """
    loaded = ledger.load(programme, data)
    _known_columns(fields)
    given = {column: str(value).strip() for column, value in fields.items() if value is not None}
    for column, value in given.items():
        if any(
            "\ud800" <= character <= "\udfff" for character in value
        ):  # bytes that were not UTF-8: cannot be written
            raise InputError(f"column {column} is {shown(value)}; allowed is text in UTF-8")
    if ask is not None:
        defaults = {"reported_on": "", "note": ""}
        for column in ASKED:
            if column not in given:
                given[column] = ask(
                    column, given.get("as_of", "") if column == "reported_on" else defaults.get(column, "")
                ).strip()
    missing = [column for column in REQUIRED if not given.get(column)]
    if missing:
        raise InputError(f"no {missing[0]} is given for the figure; needed are: {', '.join(REQUIRED)}")
    with adding(loaded.folder.parent):
        return _append(ledger.load(programme, data), given, ask)


@contextmanager
def adding(data: Path) -> Iterator[None]:
    """Let one run at a time add to a data folder; InputError where another does, or where nothing can be written."""
    import filelock

    # Beside the data the lock would be one more file to commit by mistake.
    place = sha256(str(data.resolve()).encode())[:16]
    lock = Path(tempfile.gettempdir()) / f"jalur-{place}.lock"
    try:
        with filelock.FileLock(lock, timeout=30):
            yield
    except filelock.Timeout:
        raise InputError(f"data folder is {data}, to which another run is adding; allowed is one at a time") from None
    except OSError as error:
        raise InputError(
            f"data folder is {data}, which cannot be written ({error.strerror}); allowed is a folder that can"
        ) from None


def _known_columns(fields: Iterable[str]) -> None:
    """Refuse what is no column, or one that is computed."""
    listed = [column for column in columns("observations") if column not in COMPUTED]
    for column in fields:
        if column not in listed:
            raise InputError(f"column is {shown(column)}; allowed are: {', '.join(listed)}")


def _append(programme: Programme, given: dict[str, str], ask: Ask | None) -> Added:
    """Complete the row, check it with the whole table, and write the table."""
    stated = read_figure(given["value"], given.get("unit") or programme.unit, given.get("qualifier"))
    row = dict.fromkeys(columns("observations"), "") | given
    as_of = ledger.parse_date(row["as_of"], "as_of")
    row["reported_on"] = row["reported_on"] or row["as_of"]
    reported = ledger.parse_date(row["reported_on"], "reported_on")
    if reported < as_of:
        raise InputError(
            f"reported_on is {shown(row['reported_on'])}; "
            f"allowed is the day the figure refers to, {as_of}, or a later day"
        )
    row |= {
        "value": stated.value,
        "unit": row["unit"] or programme.unit,
        "qualifier": row["qualifier"] or stated.qualifier,
        "decimals": row["decimals"] or str(stated.decimals),
        "lag_days": str((reported - as_of).days),
        "kind": row["kind"] or ("flow" if row["flow_since"] else programme.selection.kinds[0]),
        "definition": row["definition"] or programme.selection.definitions[0],
        "as_of_precision": row["as_of_precision"] or "day",
        "reported_precision": row["reported_precision"] or "day",
    }
    suggestion = _equal_figure(programme, row, as_of)
    if suggestion and ask is not None and not row["repeats"] and not row["role"]:
        row["repeats"] = ask("repeats", suggestion).strip()
    row["role"] = row["role"] or ("repeat" if row["repeats"] else "observation")
    if row["role"] == "repeat" and row["repeats"] and row["repeats"] not in row["note"]:
        row["note"] = "; ".join(filter(None, [row["note"], f"RECAP of {row['repeats']}: the same number told again"]))
    row["id"] = _new_id(programme, row, stated)
    number = _write(programme, row)
    datapackage.update(programme.folder.parent)
    return Added(row["id"], number, row, programme.folder / "observations.csv", None if row["repeats"] else suggestion)


def _equal_figure(programme: Programme, row: dict[str, str], as_of: dt.date) -> str | None:
    """Find the nearest row within 60 days that says the same number, and give the row that it goes back to."""
    frame = programme.observations
    days = (frame["as_of"] - pd.Timestamp(as_of)).abs().dt.days
    same = (
        (frame["value"] == float(row["value"]))
        & (frame["kind"] == row["kind"])
        & (frame["unit"] == row["unit"])
        & (days <= REPEAT_DAYS)
    )
    if not same.any():
        return None
    nearest = frame.loc[days[same].sort_values(kind="stable").index[0]]
    return str(nearest["repeats"] or nearest["id"])


def _new_id(programme: Programme, row: dict[str, str], stated: Stated) -> str:
    """Make an id by the rule of the ledger: date, body and number where its ids are so, else the next number."""
    ids = list(programme.observations["id"])
    if not ids or sum(bool(_DATED.match(i)) for i in ids) > len(ids) / 2:
        who = _who(programme, row["speaker_org"])
        stem = f"{row['as_of']}-{who}-{'flow' if row['kind'] == 'flow' else ''}{stated.short}"
        candidates = (stem + suffix for suffix in ("", *"bcdefghijklmnopqrstuvwxyz"))
        return next(candidate for candidate in candidates if candidate not in ids)
    match = _NUMBERED.fullmatch(ids[-1])
    prefix, digits = match.groups() if match else (f"{ids[-1]}-", "001")
    used = [int(m[2]) for i in _all_ids(programme) if (m := _NUMBERED.fullmatch(i)) and m[1] == prefix]
    return f"{prefix}{max(used, default=0) + 1:0{len(digits)}d}"


def _who(programme: Programme, body: str) -> str:
    """Give the short name that the ledger's ids use most for a body; else the body in small letters."""
    frame = programme.observations
    names = [m[2] for i in frame.loc[frame["speaker_org"] == body, "id"] if (m := _DATED.match(i))]
    if names:
        return max(sorted(set(names)), key=names.count)
    return re.sub(r"[^a-z]", "", body.lower())[:20] or "body"


def _all_ids(programme: Programme) -> list[str]:
    """Return the ids of all tables of the data folder, since a number is used once in it."""
    data = programme.folder.parent
    ids: list[str] = list(programme.observations["id"])
    for path, schema in datapackage.tables(data).items():
        frame, faults = read_table(data / path, schema, path)
        ids += [] if faults else list(frame["id"])
    return ids


def _write(programme: Programme, row: dict[str, str]) -> int:
    """Append the row to observations.csv in the manner of the file, once the table with it is valid; its row."""
    path = programme.folder / "observations.csv"
    label = f"{programme.name}/observations.csv"
    raw = path.read_bytes()
    text, faults = read_text(path, label)
    if faults:
        raise InputError.of(faults)
    header = [cell.strip() for cell in next(csv.reader([text.splitlines()[0]]))]
    ending = "\r\n" if b"\r\n" in raw else "\n"
    line = io.StringIO()
    csv.writer(line, lineterminator=ending).writerow([row[column] for column in header])
    text = text.rstrip("\r\n") + ending + line.getvalue()
    content = (b"\xef\xbb\xbf" if raw.startswith(b"\xef\xbb\xbf") else b"") + text.encode("utf-8")
    with tempfile.TemporaryDirectory() as place:
        trial = Path(place)
        for shared in ("denominators.csv", "proxies.csv"):
            if (path.parents[1] / shared).exists():
                shutil.copyfile(path.parents[1] / shared, trial / shared)
        (trial / programme.name).mkdir()
        for file in FILES:
            shutil.copyfile(path.with_name(file), trial / programme.name / file)
        (trial / programme.name / path.name).write_bytes(content)
        after, faults = programme_reader.read(programme.name, trial)
    if after is None:
        raise InputError.of(faults)
    write_whole(path, content)
    return int(after.observations.index[-1])


def run_new(name: str, data: Path | str | None = None) -> int:
    """Make a programme and say what to do next; the exit code."""
    folder = new(name, data)
    _say(f"{folder}: example files written", f"next: edit {', '.join(FILES)} there, then `jalur check`")
    return 0


def run_add(programme: str, fields: Iterable[str], data: Path | str | None = None) -> int:
    """Append a figure given as COLUMN=VALUE, asking for what is missing in a terminal; the exit code."""
    given: dict[str, str] = {}
    for field in fields:
        column, sign, value = field.partition("=")
        if not sign:
            raise InputError(
                f"figure is given as {shown(field)}; allowed is COLUMN=VALUE, such as value='20.76 million'"
            )
        if column.strip() in given:
            raise InputError(f"column {column.strip()} is given twice; allowed is one value for each column")
        given[column.strip()] = value
    _known_columns(given)  # here as well: no other argument of `add` is a column
    terminal = sys.stdin is not None and sys.stdin.isatty()
    added = add(programme, data=data, ask=_ask if terminal else None, **given)
    said = f"{added.fields['value']} {added.fields['unit']}, role {added.fields['role']}"
    _say(f"{added.path}, row {added.row}: {added.id}, {said}")
    if added.suggestion:
        _say(
            f"equal to {added.suggestion} within {REPEAT_DAYS} days: "
            "if it is the same figure, set role to repeat and repeats to that id"
        )
    return 0


def _ask(column: str, default: str) -> str:
    """Ask in the terminal."""
    from rich.prompt import Prompt

    try:
        return _answer(Prompt.ask, column, default)
    except EOFError:
        raise InputError(f"no answer was given for {column}, the input ended; nothing was added") from None


def _answer(prompt: Callable[..., str], column: str, default: str) -> str:
    """Put the question."""
    if column == "repeats":
        return prompt(
            f"Equal to {default} within {REPEAT_DAYS} days. Repeat of which row (empty: none)", default=default
        )
    field = next(f for f in table_schema("observations")["fields"] if f["name"] == column)
    return prompt(f"{column} ({field['description']})", default=default, show_default=bool(default))


def _say(*lines: str) -> None:
    for line in lines:
        sys.stdout.write(line + "\n")
