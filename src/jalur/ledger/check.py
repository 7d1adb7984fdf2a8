"""The gate of the data: everything that can be wrong in a data folder, as a table, with exit code 1 on any fault."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pandas as pd

from jalur.dates import records
from jalur.errors import Fault, InputError, shown
from jalur.ledger import datapackage
from jalur.ledger import reader as programme_reader
from jalur.ledger import selection as ledger
from jalur.ledger.programme import SLUG
from jalur.ledger.tables import columns, constraint_faults, read_table

if TYPE_CHECKING:
    from rich.console import Console

_NAMED = re.compile(r"\b(CORROBORATES|RECAP of) ([A-Za-z0-9._-]*[A-Za-z0-9])")
# What makes two rows the same claim: the same thing said about the same day, whatever else the page says.
_CLAIMS = {
    "observations": ("definition", "kind", "as_of", "flow_since", "value", "unit"),
    "targets": ("target_date", "value", "unit", "stated_on"),
    "denominators": ("series", "as_of", "value", "unit"),
}
# Tables whose rows may stand again in the folder of a programme, and the columns that must then agree.
_COPIED = {
    "regional/observations.csv": tuple(columns("observations")),
    "regional/targets.csv": tuple(columns("targets")),
    "proxies.csv": ("as_of", "value", "publisher", "url"),
}


def faults(data: Path | str | None = None, links: bool = False) -> list[Fault]:
    """Check a whole data folder.

    Schema, constraints and rules of every table; programme.yml against its tables; ids unique over the folder; ids
    named in notes; regional rows equal to their copies; sizes and hashes in datapackage.json.

    Parameters
    ----------
    data : Path or str, optional
        Data folder; the repository's if absent.
    links : bool
        Check as well that addresses are well formed and that no page is given twice for the same claim. Nothing is
        fetched.
    """
    folder = ledger.default_data() if data in (None, "") else Path(str(data))
    names = ledger.programmes(folder)
    found = _folder_names(folder)
    tables = {path: read_table(folder / path, schema, path) for path, schema in datapackage.tables(folder).items()}
    for path, schema in datapackage.tables(folder).items():
        if not tables[path][1]:  # a second opinion on what was read without fault
            found += constraint_faults(tables[path][0], schema, path)
    for name in names:
        found += programme_reader.read(name, folder, tables)[1]
    for path in tables.keys() & datapackage.SHARED.keys():
        found += tables[path][1]
        if path == "regional/observations.csv":
            found += programme_reader.with_rules(*tables[path], path)
    frames = {path: frame for path, (frame, wrong) in tables.items() if not wrong}
    found += datapackage.faults(folder)
    found += _duplicate_ids(frames) + _notes(frames)
    if links:
        found += _links(frames)
    return sorted(dict.fromkeys(found), key=lambda fault: fault.file)


def _folder_names(folder: Path) -> list[Fault]:
    """Find folders with a programme.yml whose name no command would accept."""
    odd = [p for p in folder.iterdir() if (p / "programme.yml").is_file() and not SLUG.fullmatch(p.name)]
    allowed = "a folder name in small letters, digits and _, beginning with a letter, or with _ to be passed over"
    return [
        Fault(f"{p.name}/programme.yml", None, None, f"the folder {shown(p.name)}", allowed)
        for p in sorted(odd)
        if p.name[0] not in "_."
    ]


def _duplicate_ids(frames: dict[str, pd.DataFrame]) -> list[Fault]:
    """Find ids used in two files, but for rows that are copied unchanged from a common table into a programme."""
    found: list[Fault] = []
    seen: dict[str, tuple[str, int, dict[Any, Any]]] = {}
    # Tables for all come first: the copy is the one to be put right.
    for path in sorted(frames, key=lambda p: (p not in datapackage.SHARED, p)):
        plain = frames[path].astype(object).where(frames[path].notna(), None)
        for row, record in zip(plain.index, plain.to_dict("records"), strict=True):
            origin, origin_row, original = seen.setdefault(str(record["id"]), (path, row, record))
            if original is record:
                continue
            place = f"{origin}, row {origin_row}"
            if origin not in _COPIED:
                found.append(Fault(path, row, "id", shown(str(record["id"])), f"an id not used before; {place} has it"))
            for column in _COPIED.get(origin, ()):
                if record.get(column) != original[column]:
                    found.append(
                        Fault(
                            path,
                            row,
                            column,
                            shown(str(record.get(column))),
                            f"{original[column]}, as in {place}, from which the row is copied",
                        )
                    )
    return found


def _notes(frames: dict[str, pd.DataFrame]) -> list[Fault]:
    """Check the ids that notes name: they exist, and a repeat's note names the row it repeats."""
    found = []
    for path, frame in frames.items():
        if "repeats" not in frame:
            continue
        known = set(frame["id"])
        for row in records(frame[frame["note"].notna()]):
            for word, named in _NAMED.findall(row.note):
                if named not in known:
                    found.append(Fault(path, row.Index, "note", f"{word} {shown(named)}", "an id of this file"))
                elif row.role == "repeat" and row.repeats != named:
                    found.append(
                        Fault(
                            path,
                            row.Index,
                            "note",
                            f"{word} {shown(named)}",
                            f"the row in the column repeats, {row.repeats}",
                        )
                    )
    return found


def _links(frames: dict[str, pd.DataFrame]) -> list[Fault]:
    """Check that addresses are well formed and that no page stands twice for the same claim."""
    found = []
    for path, frame in frames.items():
        for row, url in zip(frame.index, frame["url"], strict=True):
            problem = address_problem(url)
            if problem:
                found.append(Fault(path, row, "url", shown(url), problem))
        claim = _CLAIMS[next(kind for kind in _CLAIMS if kind in path or kind == "denominators")]
        keys = frame[[*claim, "url", *(["region"] if "region" in frame else [])]].astype(object).fillna("").astype(str)
        for row in frame.index[keys.duplicated()]:
            first = frame.index[(keys == keys.loc[row]).all(axis=1)][0]
            found.append(
                Fault(path, row, "url", shown(frame["url"][row]), f"one row for a page and claim; row {first} has both")
            )
    return found


def address_problem(url: str) -> str | None:
    """Say what is wrong with an address; None if it is well formed."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "an address whose host and port can be read"
    if parts.scheme not in ("http", "https"):
        return "an address that begins with http:// or https://"
    host = parts.hostname or ""
    if not re.fullmatch(r"([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*", host.lower()):
        return "an address with the name of a host, such as www.bps.go.id"
    if parts.username is not None or parts.password is not None:
        return "an address without a user name"
    if port is not None and port not in (80, 443, 8080):
        return "an address without an unusual port"
    return "an address of printable ASCII characters" if not url.isascii() else None


def run(data: Path | str | None = None, links: bool = False, update_hashes: bool = False) -> int:
    """Check a data folder and print what was found.

    Parameters
    ----------
    data, links
        As in `faults`.
    update_hashes : bool
        If nothing but datapackage.json is wrong, write it anew.

    Returns
    -------
    int
        Exit code: 0 without faults, 1 with any.
    """
    from rich.console import Console

    folder = ledger.default_data() if data in (None, "") else Path(str(data))
    if not ledger.programmes(folder) and not datapackage.tables(folder):
        raise InputError(
            f"data folder is {shown(str(folder))}, in which there is no table; "
            "allowed is a folder with one subfolder for each programme"
        )
    found = faults(folder, links)
    console = Console()
    if update_hashes and all(fault.file == datapackage.NAME for fault in found):
        datapackage.update(folder)
        console.print(f"{datapackage.NAME} written", highlight=False)
        found = faults(folder, links)
    if found:
        print_faults(found, console)
        console.print(
            f"{len(found)} {'fault' if len(found) == 1 else 'faults'} in {folder}", highlight=False, markup=False
        )
        return 1
    files = datapackage.tables(folder)
    count = sum(len(read_table(folder / path, schema, path)[0]) for path, schema in files.items())
    names = ledger.programmes(folder)
    console.print(
        f"No fault: {len(names)} programmes, {len(files)} tables, {count:,} rows in {folder}",
        highlight=False,
        markup=False,
    )
    return 0


def print_faults(found: Iterable[Fault], console: Console) -> None:
    """Print faults as a table, or one a line where the output is no terminal."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    if not console.is_terminal:
        for fault in found:
            console.print(str(fault), highlight=False, markup=False, soft_wrap=True)
        return
    table = Table(box=box.SIMPLE)
    for heading in ("file", "row", "column", "given", "allowed"):
        table.add_column(heading, overflow="fold", justify="right" if heading == "row" else "left")
    for fault in found:
        cells = (
            fault.file,
            "" if fault.row is None else str(fault.row),
            fault.column or "",
            fault.given,
            fault.allowed,
        )
        table.add_row(*(Text(cell) for cell in cells))
    console.print(table)
