"""Additions to a ledger: a new programme from commented examples, and one more published figure."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
import secrets
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from importlib import resources
from itertools import count, product
from pathlib import Path
from string import ascii_lowercase
from typing import Any

import pandas as pd

from jalur import dates
from jalur.dates import parse_date
from jalur.errors import InputError, plain, shown
from jalur.files import write_whole
from jalur.ledger import datapackage
from jalur.ledger import programme as reader
from jalur.ledger import selection as ledger
from jalur.ledger.programme import Programme, checked_name
from jalur.ledger.spoken import Stated, read_figure
from jalur.ledger.tables import allowed, columns, parse_table, read_text, table_schema

FILES = ("programme.yml", "observations.csv", "targets.csv")
REPEAT_DAYS = 60  # an equal figure within these days is likely the same one told again
SHARED = ("regional", "sources", datapackage.SCHEMAS)  # folders of tables for all programmes
# What a name must not be besides: the word for all programmes, and what other systems keep for their devices.
RESERVED = (
    *SHARED, "all", "con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))
)  # fmt: skip
DROP, JUMP = 0.5, 10.0  # below this share of a figure before it, or above so many times, a figure is asked about
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
        what = "a folder of tables for all programmes" if name in SHARED else "a word that is kept for something else"
        raise InputError(f"programme is {shown(name)}, {what}; allowed is another name")
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
        with datapackage.alone(root):
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


def add(
    programme: str, *, data: Path | str | None = None, ask: Ask | None = None, force: bool = False, **fields: Any
) -> Added:
    """Append a published figure to the ledger of a programme.

    Parameters
    ----------
    programme : str
    data : Path or str, optional
        Data folder; the repository's if absent.
    ask : callable, optional
        Called as ``ask(column, default)`` for what is missing, as ``ask("repeats", id)`` where an equal figure stands
        within 60 days (an empty answer: it is no repeat), and as ``ask("force", why)`` where the figure is hard to
        believe (yes: append it). Without it, missing required columns and such a figure are refused.
    force : bool
        Append a figure that is hard to believe without asking: half of an earlier one in a count that cannot fall, or
        ten times the figure before it.
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
    with datapackage.alone(loaded.folder.parent):
        return _append(ledger.load(programme, data), given, ask, force)


def _known_columns(fields: Iterable[str]) -> None:
    """Refuse what is no column, or one that is computed."""
    listed = [column for column in columns("observations") if column not in COMPUTED]
    for column in fields:
        if column not in listed:
            raise InputError(f"column is {shown(column)}; allowed are: {', '.join(listed)}")


def _append(programme: Programme, given: dict[str, str], ask: Ask | None, force: bool) -> Added:
    """Complete the row, check it with the whole table, and write the table."""
    stated = read_figure(given["value"], given.get("unit") or programme.unit, given.get("qualifier"))
    row = dict.fromkeys(columns("observations"), "") | given
    row["reported_on"] = row["reported_on"] or row["as_of"]
    as_of, reported = (parse_date(row[column], column) for column in ("as_of", "reported_on"))
    for column, day, until in (("as_of", as_of, dates.today()), ("reported_on", reported, dates.today())):
        if day > until:
            raise InputError(f"{column} is {shown(row[column])}, in the future; allowed is a day until today, {until}")
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
    content, number = _with_row(programme, row)
    doubt = None if force else _doubt(programme, row, as_of)
    if doubt and (ask is None or ask("force", doubt).strip().lower() not in ("y", "yes", "ya")):
        raise InputError(f"{doubt}; allowed is a figure in line with it, or this one with --force if it is meant")
    path = programme.folder / "observations.csv"
    write_whole(path, content)
    datapackage.update(programme.folder.parent, f"{programme.name}/{path.name}")
    return Added(row["id"], number, row, path, None if row["repeats"] else suggestion)


def _doubt(programme: Programme, row: dict[str, str], as_of: dt.date) -> str | None:
    """Say why a figure that the selection would use is hard to believe beside those of earlier days; None if it is not.

    A count that cannot fall does not halve, and none grows tenfold from one figure to the next: a mistyped zero or a
    word for thousands that was left out does both.
    """
    chosen = programme.selection
    used = row["role"] in chosen.roles and row["kind"] in chosen.kinds and row["definition"] in chosen.definitions
    frame = programme.observations
    before = frame[
        (frame["as_of"] <= pd.Timestamp(as_of))
        & (frame["definition"] == row["definition"])
        & (frame["unit"] == row["unit"])
        & frame["role"].isin(chosen.roles)
        & (frame["kind"] == row["kind"])
    ]
    if not used or row["kind"] == "flow" or not len(before):
        return None
    value, last = float(row["value"]), before.iloc[int(before["as_of"].argmax())]
    largest = before.iloc[int(before["value"].argmax())]
    if not programme.net and value < DROP * largest["value"]:
        said, beside = "less than half of", largest
    elif value > JUMP * last["value"]:
        said, beside = "more than ten times", last
    else:
        return None
    earlier = f"{beside['value']:,.0f} of {beside['as_of'].date()} ({beside['id']})"
    return f"value is {float(row['value']):,.0f} for {as_of}, {said} the {earlier}"


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
        used = _used(programme.folder.parent, stem, "[a-z]*")
        return next(stem + suffix for suffix in _suffixes() if stem + suffix not in used)
    match = _NUMBERED.fullmatch(ids[-1])
    prefix, digits = match.groups() if match else (f"{ids[-1]}-", "001")
    numbers = [int(one.removeprefix(prefix)) for one in _used(programme.folder.parent, prefix, "[0-9]+")]
    return f"{prefix}{max(numbers, default=0) + 1:0{len(digits)}d}"


def _suffixes() -> Iterator[str]:
    """What is put behind equal ids: nothing, b to z, aa, ab and so on."""
    yield ""
    words = ("".join(word) for length in count(1) for word in product(ascii_lowercase, repeat=length))
    yield from (word for word in words if word != "a")


def _who(programme: Programme, body: str) -> str:
    """Give the short name that the ledger's ids use most for a body; else the body in small letters."""
    frame = programme.observations
    names = [m[2] for i in frame.loc[frame["speaker_org"] == body, "id"] if (m := _DATED.match(i))]
    if names:
        return max(sorted(set(names)), key=names.count)
    return re.sub(r"[^a-z]", "", body.lower())[:20] or "body"


def _used(data: Path, stem: str, rest: str) -> set[str]:
    """Find the words of all tables of a data folder that begin with `stem` and end in `rest`, a regular expression.

    An id is used once in the folder, and not again after its row is gone; so whatever names one counts, notes too.
    """
    form = re.compile(rf"(?<![A-Za-z0-9._-]){re.escape(stem)}{rest}(?![A-Za-z0-9_]|[.-][A-Za-z0-9])".encode())
    found: set[str] = set()
    for path in datapackage.tables(data):
        raw = (data / path).read_bytes() if (data / path).is_file() else b""
        if stem.encode() in raw:  # seldom, and much quicker to see
            found.update(word.decode() for word in form.findall(raw))
    return found


def _with_row(programme: Programme, row: dict[str, str]) -> tuple[bytes, int]:
    """Return observations.csv with one more row, in the manner of the file and checked, and the number of the row."""
    path = programme.folder / "observations.csv"
    label = f"{programme.name}/{path.name}"
    text, faults = read_text(path, label)
    if faults:
        raise InputError.of(faults)
    raw = path.read_bytes()
    header = [cell.strip() for cell in next(csv.reader([text.splitlines()[0]]))]
    ending = "\r\n" if b"\r\n" in raw else "\n"
    line = io.StringIO()
    csv.writer(line, lineterminator=ending).writerow([row[column] for column in header])
    text = text.rstrip("\r\n") + ending + line.getvalue()
    table = parse_table(text, "observations", label)
    after, faults = reader.read(programme.name, programme.folder.parent, given={label: table})
    if after is None:
        raise InputError.of(faults)
    mark = b"\xef\xbb\xbf" if raw.startswith(b"\xef\xbb\xbf") else b""
    return mark + text.encode("utf-8"), int(after.observations.index[-1])


def run_new(name: str, data: Path | str | None = None) -> int:
    """Make a programme and say what to do next; the exit code."""
    folder = new(name, data)
    _say(f"{folder}: example files written", f"next: edit {', '.join(FILES)} there, then `jalur check`")
    return 0


def run_add(programme: str, fields: Iterable[str], data: Path | str | None = None, force: bool = False) -> int:
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
    added = add(programme, data=data, ask=_ask if terminal else None, force=force, **given)
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
    if column == "force":
        return prompt(f"{default[0].upper()}{default[1:]}. Append it all the same (yes or no)", default="no")
    field = next(f for f in table_schema("observations")["fields"] if f["name"] == column)
    return prompt(f"{column} ({field['description']})", default=default, show_default=bool(default))


def _say(*lines: str) -> None:
    for line in lines:
        sys.stdout.write(plain(line) + "\n")
