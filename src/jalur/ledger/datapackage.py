"""The data folder as a Frictionless data package: each file described, with its schema, its size and its SHA-256.

The schemas stand once, as files of the folder `schema`, and each table names its own; so the description of two
thousand programmes stays small, one line a file, and a new figure changes one line of it.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from jalur.errors import Fault, InputError, shown
from jalur.files import HeldError, locked, sha256, write_whole
from jalur.ledger import selection as ledger
from jalur.ledger.tables import read_text, schema_text, table_schema

NAME, SCHEMAS = "datapackage.json", "schema"
SHARED = {
    "denominators.csv": ("denominators", "Counts of those who could join"),
    "proxies.csv": ("denominators", "Related series: QRIS merchants, platform sellers, surveys, internet use"),
    "regional/observations.csv": ("regional_observations", "Published figures for provinces, regencies and cities"),
    "regional/targets.csv": ("regional_targets", "Regional targets, one row for each occasion"),
}
SETTINGS = {
    "programme.yml": "What {} counts, which figures are used, how many could ever join, and the official path",
    "levers.yml": "The parts of the plan of {}",
}
_NEW = {
    "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
    "name": "jalur-ledger",
    "title": "Published figures and official targets",
    "licenses": [
        {
            "name": "CC-BY-4.0",
            "title": "Creative Commons Attribution 4.0",
            "path": "https://creativecommons.org/licenses/by/4.0/",
        }
    ],
    "sources": [{"title": "Public web pages; each row of each table has the address of its page"}],
}
PATIENCE = 30.0  # seconds to wait for another change of the same folder
_AGAIN = "`jalur check --update-hashes` after looking at what changed"


def tables(data: Path, names: Iterable[str] | None = None) -> dict[str, str]:
    """Return the schema name of each table that belongs to a data folder, by path below it; files may be missing.

    `names` are the programmes of the folder, where they are known.
    """
    found = {path: schema for path, (schema, _) in SHARED.items() if (data / path).exists()}
    for name in ledger.programmes(data) if names is None else names:
        found |= tables_of(name)
    return found


def tables_of(name: str) -> dict[str, str]:
    """Return the schema name of each table of a programme, by path below the data folder."""
    return {f"{name}/observations.csv": "observations", f"{name}/targets.csv": "targets"}


def build(data: Path) -> dict[str, Any]:
    """Describe a data folder as it is now; title, licence, sources and the like are kept from its datapackage.json."""
    described = {key: value for key, value in read(data).items() if key != "resources"} or dict(_NEW)
    described["resources"] = [describe(data, path, schema) for path, schema in files(data).items()]
    return described


def files(data: Path) -> dict[str, str]:
    """Return the schema name of each file that is described, by path in its order; empty for one that is no table."""
    found = tables(data) | {f"{name}/{file}": "" for name in ledger.programmes(data) for file in SETTINGS}
    return {path: found[path] for path in sorted(found) if (data / path).is_file()}


def describe(data: Path, path: str, schema: str) -> dict[str, Any]:
    """Describe one file; `schema` is empty for one that is no table."""
    content = (data / path).read_bytes()
    folder, _, file = path.rpartition("/")
    if path in SHARED:
        title = SHARED[path][1]
    elif schema:
        title = f"{table_schema(schema)['title']}: {folder}"
    else:
        title = SETTINGS[file].format(folder)
    described = {
        "name": path.rsplit(".", 1)[0].replace("_", "-").replace("/", "-"),
        "path": path,
        "title": title,
        "format": file.rsplit(".", 1)[1],
        "mediatype": "text/csv" if schema else "application/yaml",
        "encoding": "utf-8",
        "bytes": len(content),
        "hash": f"sha256:{sha256(content)}",
    }
    return {"type": "table", **described, "schema": f"{SCHEMAS}/{schema}.json"} if schema else described


def read(data: Path) -> dict[str, Any]:
    """Return the datapackage.json of a data folder; an empty mapping if there is none."""
    path = data / NAME
    if not path.exists():
        return {}
    text, faults = read_text(path, NAME)
    if faults:
        raise InputError.of(faults)
    try:
        package = json.loads(text)
    except json.JSONDecodeError as error:
        raise InputError.of(
            [Fault(NAME, error.lineno, None, f"text that is not JSON ({error.msg})", "a data package as JSON")]
        ) from None
    if not isinstance(package, dict) or not _is_list_of_files(package.get("resources")):
        raise InputError.of([Fault(NAME, 1, "resources", "no list of resources", "a data package as JSON")])
    return package


def _is_list_of_files(resources: object) -> bool:
    return isinstance(resources, list) and all(isinstance(one, dict) for one in resources)


def update(data: Path, path: str | None = None) -> None:
    """Write datapackage.json anew from the files as they are, whole or not at all.

    Parameters
    ----------
    data : Path
    path : str, optional
        The only file that has changed since, below `data`; all others are taken as they are described. Without it, or
        where that file was not described, everything is described anew.
    """
    package = read(data)
    known = package.get("resources", [])
    place = next((k for k, one in enumerate(known) if one.get("path") == path), None)
    if path is None or place is None or not all(isinstance(one.get("schema", ""), str) for one in known):
        package = build(data)
    else:
        package["resources"][place] = describe(data, path, tables_of(path.split("/")[0])[path])
    for name in sorted({Path(one["schema"]).stem for one in package["resources"] if "schema" in one}):
        stated, text = data / SCHEMAS / f"{name}.json", schema_text(name)
        if not stated.is_file() or stated.read_text(encoding="utf-8") != text:
            stated.parent.mkdir(exist_ok=True)
            write_whole(stated, text.encode())
    listed = package.pop("resources")
    head = json.dumps({**package, "resources": []}, indent=2, ensure_ascii=False).removesuffix("[]\n}")
    lines = ",\n".join(f"    {json.dumps(one, ensure_ascii=False)}" for one in listed)
    write_whole(data / NAME, f"{head}[\n{lines}\n  ]\n}}\n".encode())


def faults(data: Path) -> list[Fault]:
    """Compare datapackage.json with the files: each described once, with its schema, size and hash."""
    if not (data / NAME).exists():
        return [Fault(NAME, None, None, "no such file", f"a description of the data; {_AGAIN}")]
    try:
        package = read(data)
    except InputError as error:
        return list(error.faults)
    stated, true = {str(one.get("path")): one for one in package["resources"]}, files(data)
    found = [
        Fault(NAME, None, path, "a file that is not there", f"files of the data folder; {_AGAIN}")
        for path in sorted(stated.keys() - true.keys())
    ]
    for path, schema in true.items():
        if path not in stated:
            found.append(Fault(NAME, None, path, "nothing", f"a description of every file; {_AGAIN}"))
            continue
        described = describe(data, path, schema)
        for key in ("hash", "bytes", "schema"):
            if stated[path].get(key) != described.get(key):
                given, wanted = stated[path].get(key), described.get(key)
                found.append(Fault(NAME, None, path, f"{key} {shown(str(given))}", f"{wanted}; {_AGAIN}"))
                break
    for name in sorted({schema for schema in true.values() if schema}):
        path = f"{SCHEMAS}/{name}.json"
        text, unread = read_text(data / path, path)
        if unread or text != schema_text(name):
            found.append(Fault(NAME, None, path, "another schema", f"the schema of the package; {_AGAIN}"))
    return found


@contextlib.contextmanager
def alone(data: Path) -> Iterator[None]:
    """Change a data folder while nobody else does; InputError names who does, or says why nothing can be written."""
    try:
        with locked(data, PATIENCE):
            yield
    except HeldError as held:
        raise InputError(
            f"data folder is {data}, which is being changed by {held}; allowed is one change at a time"
        ) from None
    except OSError as error:
        raise InputError(
            f"data folder is {data}, which cannot be written ({error.strerror}); allowed is a folder that can"
        ) from None
