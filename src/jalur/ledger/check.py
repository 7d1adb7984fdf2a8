"""The gate of the data: everything that can be wrong in a data folder, as a table, with exit code 1 on any fault."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pandas as pd

from jalur.errors import Fault, InputError, plain, shown
from jalur.ledger import datapackage, programme
from jalur.ledger import selection as ledger
from jalur.ledger.programme import SLUG, Table, Tables
from jalur.ledger.tables import columns, read_table

if TYPE_CHECKING:
    from rich.console import Console

SHOWN = 500  # faults that a terminal shows
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
    return _look(ledger.default_data() if data in (None, "") else Path(str(data)), links)[0]


def _look(folder: Path, links: bool) -> tuple[list[Fault], int, int]:
    """Check a data folder; the faults, and how many tables and rows there are.

    One programme after the other is read and forgotten, so that memory does not grow with their number.
    """
    names, tables, across = ledger.programmes(folder), Tables(folder), _Across()
    found, count, rows = _folder_names(folder), 0, 0

    def look(read: dict[str, Table]) -> None:
        nonlocal found, count, rows
        for path, (frame, wrong) in read.items():
            count, rows = count + 1, rows + len(frame)
            if not wrong:
                found += across.duplicates(path, frame) + _notes(path, frame)
                found += _links(path, frame) if links else []

    # Tables for all come first: where a row stands in two files, the copy is the one to be put right.
    for path, schema in datapackage.tables(folder, ()).items():
        found += tables.shared(path, schema)[1]
        look({path: tables.shared(path, schema)})
    for name in names:
        files = datapackage.tables_of(name)
        read = {path: read_table(folder / path, schema, path) for path, schema in files.items()}
        found += programme.read(name, folder, tables, read)[1]
        look(read)
    found += datapackage.faults(folder)
    return sorted(dict.fromkeys(found), key=lambda fault: fault.file), count, rows


def _folder_names(folder: Path) -> list[Fault]:
    """Find folders with a programme.yml whose name no command would accept."""
    odd = [p for p in folder.iterdir() if (p / "programme.yml").is_file() and not SLUG.fullmatch(p.name)]
    allowed = "a folder name in small letters, digits and _, beginning with a letter, or with _ to be passed over"
    return [
        Fault(f"{p.name}/programme.yml", None, None, f"the folder {shown(p.name)}", allowed)
        for p in sorted(odd)
        if p.name[0] not in "_."
    ]


class _Across:
    """Ids of all the tables seen so far: each may be used once, but for rows copied from a common table."""

    def __init__(self) -> None:
        self._seen: dict[str, tuple[str, int]] = {}
        self._copied: dict[str, pd.DataFrame] = {}

    def duplicates(self, path: str, frame: pd.DataFrame) -> list[Fault]:
        """Find ids of a table that stand in one seen before, and note its own."""
        found: list[Fault] = []
        if path in _COPIED:
            self._copied[path] = frame
        for row, name in zip(frame.index, frame["id"], strict=True):
            origin, first = self._seen.setdefault(name, (path, row))
            place = f"{origin}, row {first}"
            if origin == path:
                continue
            if origin not in _COPIED:
                found.append(Fault(path, row, "id", shown(name), f"an id not used before; {place} has it"))
                continue
            copy, original = frame.loc[row], self._copied[origin].loc[first]
            for column in _COPIED[origin]:
                given, wanted = (None if pd.isna(one.get(column)) else one.get(column) for one in (copy, original))
                if given != wanted:
                    allowed = f"{wanted}, as in {place}, from which the row is copied"
                    found.append(Fault(path, row, column, shown(str(given)), allowed))
        return found


def _notes(path: str, frame: pd.DataFrame) -> list[Fault]:
    """Check the ids that notes name: they exist, and a repeat's note names the row it repeats."""
    found: list[Fault] = []
    if "repeats" not in frame:
        return found
    known = set(frame["id"])
    for row, note, role, repeats in zip(frame.index, frame["note"], frame["role"], frame["repeats"], strict=True):
        for word, named in _NAMED.findall(note or ""):
            given = f"{word} {shown(named)}"
            if named not in known:
                found.append(Fault(path, row, "note", given, "an id of this file"))
            elif role == "repeat" and repeats != named:
                found.append(Fault(path, row, "note", given, f"the row in the column repeats, {repeats}"))
    return found


def _links(path: str, frame: pd.DataFrame) -> list[Fault]:
    """Check that addresses are well formed and that no page stands twice for the same claim."""
    found = []
    for row, url in zip(frame.index, frame["url"], strict=True):
        problem = address_problem(url)
        if problem:
            found.append(Fault(path, row, "url", shown(url), problem))
    claim = _CLAIMS[next(kind for kind in _CLAIMS if kind in path or kind == "denominators")]
    first: dict[tuple[str, ...], int] = {}
    keys = frame[[*claim, "url", *(["region"] if "region" in frame else [])]].astype(object).astype(str)
    for row, key, url in zip(frame.index, keys.itertuples(index=False, name=None), frame["url"], strict=True):
        earlier = first.setdefault(key, row)
        if earlier != row:
            found.append(Fault(path, row, "url", shown(url), f"one row for a page and claim; row {earlier} has both"))
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
    names = ledger.programmes(folder)
    if not names and not datapackage.tables(folder):
        raise InputError(
            f"data folder is {shown(str(folder))}, in which there is no table; "
            "allowed is a folder with one subfolder for each programme"
        )
    found, tables, rows = _look(folder, links)
    console = Console()
    if update_hashes and all(fault.file == datapackage.NAME for fault in found):
        with datapackage.alone(folder):
            datapackage.update(folder)
        console.print(f"{datapackage.NAME} written", highlight=False)
        found = datapackage.faults(folder)
    if found:
        print_faults(found, console)
        number = f"{len(found):,} {'fault' if len(found) == 1 else 'faults'} in {folder}"
        console.print(plain(number), highlight=False, markup=False)
        return 1
    said = f"No fault: {len(names)} programmes, {tables} tables, {rows:,} rows in {folder}"
    console.print(plain(said), highlight=False, markup=False)
    return 0


def print_faults(found: Sequence[Fault], console: Console) -> None:
    """Print faults one a line, or as a table of the first of them where the output is a terminal."""
    from rich import box
    from rich.table import Table as Shown
    from rich.text import Text

    if not console.is_terminal:
        console.file.write("".join(f"{plain(fault)}\n" for fault in found))
        return
    table = Shown(box=box.SIMPLE)
    for heading in ("file", "row", "column", "given", "allowed"):
        table.add_column(heading, overflow="fold", justify="right" if heading == "row" else "left")
    for fault in found[:SHOWN]:
        row = "" if fault.row is None else str(fault.row)
        cells = (fault.file, row, fault.column or "", fault.given, fault.allowed)
        table.add_row(*(Text(plain(cell)) for cell in cells))
    console.print(table)
    if len(found) > SHOWN:
        console.print(f"The first {SHOWN} are shown; `jalur check > faults.txt` lists them all.", highlight=False)
