"""The data folder as a Frictionless data package: each file described, with its schema, its size and its SHA-256."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from jalur.errors import Fault, InputError
from jalur.files import sha256, write_whole
from jalur.ledger import selection as ledger
from jalur.ledger.tables import read_text, table_schema

NAME = "datapackage.json"
SHARED = {
    "denominators.csv": ("denominators", "Counts of Indonesian businesses"),
    "proxies.csv": ("denominators", "Related series: QRIS merchants, platform sellers, surveys, internet use"),
    "regional/observations.csv": ("regional_observations", "Published figures for provinces, regencies and cities"),
    "regional/targets.csv": ("regional_targets", "Regional targets, one row for each occasion"),
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


def tables(data: Path) -> dict[str, str]:
    """Return the schema name of each table that belongs to a data folder, by path below it; files may be missing."""
    found = {path: schema for path, (schema, _) in SHARED.items() if (data / path).exists()}
    for name in ledger.programmes(data):
        found |= {f"{name}/observations.csv": "observations", f"{name}/targets.csv": "targets"}
    return found


def build(data: Path) -> dict[str, Any]:
    """Describe a data folder as it is now; title, licence, sources and the like are kept from its datapackage.json."""
    described = {k: v for k, v in read(data).items() if k != "resources"} or dict(_NEW)
    files = tables(data)
    for name in ledger.programmes(data):
        files[f"{name}/programme.yml"] = ""
    described["resources"] = [
        _resource(data, path, schema) for path, schema in sorted(files.items()) if (data / path).is_file()
    ]
    return described


def _resource(data: Path, path: str, schema: str) -> dict[str, Any]:
    """Describe one file."""
    content = (data / path).read_bytes()
    folder, _, file = path.rpartition("/")
    if path in SHARED:
        title = SHARED[path][1]
    elif schema:
        title = f"{table_schema(schema)['title']}: {folder}"
    else:
        title = f"What {folder} counts, which figures are used, how many could ever join, and the official path"
    resource: dict[str, Any] = {
        "name": path.rsplit(".", 1)[0].replace("_", "-").replace("/", "-"),
        "path": path,
        "title": title,
        "format": file.rsplit(".", 1)[1],
        "mediatype": "text/csv" if schema else "application/yaml",
        "encoding": "utf-8",
        "bytes": len(content),
        "hash": f"sha256:{sha256(content)}",
    }
    if schema:
        embedded = {
            key: value for key, value in table_schema(schema).items() if key not in ("$schema", "name", "title")
        }
        resource = {"type": "table", **resource, "schema": embedded}
    return resource


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
    if not isinstance(package, dict) or not isinstance(package.get("resources"), list):
        raise InputError.of([Fault(NAME, 1, "resources", "no list of resources", "a data package as JSON")])
    return package


def update(data: Path) -> Path:
    """Write datapackage.json anew from the files as they are; whole or not at all."""
    text = json.dumps(build(data), indent=2, ensure_ascii=False) + "\n"
    write_whole(data / NAME, text.encode("utf-8"))
    return data / NAME


def faults(data: Path) -> list[Fault]:
    """Compare datapackage.json with the files: each described once, with its schema, size and hash."""
    again = "`jalur check --update-hashes` after looking at what changed"
    if not (data / NAME).exists():
        return [Fault(NAME, None, None, "no such file", f"a description of the data; {again}")]
    try:
        stated = {str(r.get("path")): r for r in read(data)["resources"] if isinstance(r, dict)}
    except InputError as error:
        return list(error.faults)
    found = []
    true = {r["path"]: r for r in build(data)["resources"]}
    for path in sorted(stated.keys() - true.keys()):
        found.append(Fault(NAME, None, path, "a file that is not there", f"files of the data folder; {again}"))
    for path in sorted(true.keys() - stated.keys()):
        found.append(Fault(NAME, None, path, "nothing", f"a description of every file; {again}"))
    for path in sorted(true.keys() & stated.keys()):
        for key in ("hash", "bytes", "schema"):
            if stated[path].get(key) != true[path].get(key):
                given = "another schema" if key == "schema" else str(stated[path].get(key))
                wanted = "the schema of the package" if key == "schema" else str(true[path][key])
                found.append(Fault(NAME, None, path, f"{key} {given}", f"{wanted}; {again}"))
                break
    return found
