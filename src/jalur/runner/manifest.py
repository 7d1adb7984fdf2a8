"""What a report was made from, so that an unchanged one is left alone and a half-made one is finished.

``manifest.json`` beside a report lists its parameters, the versions, the hashes of data and files, and how long each
piece of work took. It is the only file with a time in it. A piece of work is up to date when the hash of its inputs is
the one noted and every file it made still has the bytes noted.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from importlib import metadata
from pathlib import Path
from typing import Any

import jalur
from jalur.files import sha256, write_whole

NAME = "manifest.json"
SCHEMA_VERSION = "1.0"
LIBRARIES = (
    "babel",
    "ipython",
    "matplotlib",
    "nbconvert",
    "nbformat",
    "numpy",
    "pandas",
    "papermill",
    "pyyaml",
    "scipy",
    "scoringrules",
    "statsmodels",
)


def moment() -> str:
    """Now in UTC, or the moment that the environment variable SOURCE_DATE_EPOCH names."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    now = datetime.fromtimestamp(int(epoch), UTC) if epoch.isdigit() else datetime.now(UTC)
    return now.replace(microsecond=0).isoformat()


@lru_cache(maxsize=1)
def environment() -> dict[str, Any]:
    """Versions and hashes of everything but notebook, parameters and data that decides the bytes of a report."""
    package = Path(jalur.__file__).parent
    sources = sorted(
        p for p in package.rglob("*") if p.is_file() and "__pycache__" not in p.parts and p.suffix != ".pyc"
    )
    sources += [p for p in (package.parent / "helpers.py",) if p.is_file()]
    digest = hashlib.sha256()
    for path in sources:
        digest.update(f"{path.relative_to(package.parent).as_posix()} {sha256(path.read_bytes())}\n".encode())
    lock = package.parents[1] / "requirements.lock"
    return {
        "package": {"name": "jalur", "version": jalur.__version__, "source_sha256": digest.hexdigest()},
        "python": platform.python_version(),
        "libraries": {name: metadata.version(name) for name in LIBRARIES},
        "lock_sha256": sha256(lock.read_bytes()) if lock.is_file() else None,
    }


class DataHashes:
    """Hashes of the files of a data folder, each computed once; a folder's hash is that of its list of names."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._known: dict[str, str | None] = {}

    def of(self, name: str) -> str | None:
        """Hash of a file, or of the names in a folder (`name` ends with a slash); None where there is none."""
        if name not in self._known:
            path = self.folder / name
            if name.endswith("/"):
                listed = sorted(os.listdir(path)) if path.is_dir() else None
                self._known[name] = sha256("\n".join(listed).encode()) if listed is not None else None
            else:
                self._known[name] = sha256(path.read_bytes()) if path.is_file() else None
        return self._known[name]

    def everything(self) -> tuple[str, ...]:
        """Every file and folder; for work whose reading could not be watched."""
        names = [p.relative_to(self.folder).as_posix() + ("/" if p.is_dir() else "") for p in self.folder.rglob("*")]
        return ("./", *sorted(names))


def inputs_hash(parts: Mapping[str, Any]) -> str:
    """Hash of what decides a piece of work apart from the data; `parts` must be plain data."""
    return sha256(json.dumps({**parts, **environment()}, sort_keys=True, ensure_ascii=False).encode())


@dataclass
class Manifest:
    """The manifest of one report folder, read once and written after every piece of work."""

    folder: Path
    content: dict[str, Any]

    @classmethod
    def read(cls, folder: Path) -> Manifest:
        """The manifest there, or an empty one where there is none that can be read."""
        try:
            content = json.loads((folder / NAME).read_bytes())
            if content["schema_version"] != SCHEMA_VERSION or not isinstance(content["work"], dict):
                content = {}
        except (OSError, ValueError, KeyError, TypeError):
            content = {}
        return cls(folder, content)

    def up_to_date(self, name: str, inputs: str, data: DataHashes) -> bool:
        """Whether a piece of work need not be done: same inputs, same data, every file whole."""
        try:
            noted = self.content["work"][name]
            if noted["status"] != "done" or noted["inputs_sha256"] != inputs:
                return False
            if any(data.of(file) != digest for file, digest in noted["data_sha256"].items()):
                return False
            return all(
                sha256((self.folder / file).read_bytes()) == digest for file, digest in noted["files_sha256"].items()
            )
        except (KeyError, TypeError, AttributeError, OSError, ValueError):
            return False

    def note(self, name: str, entry: dict[str, Any], heading: Mapping[str, Any]) -> None:
        """Put one piece of work into the manifest and write it."""
        work = {**self.content.get("work", {}), name: entry}
        self.content = {
            "schema_version": SCHEMA_VERSION,
            **heading,
            **environment(),
            "written": moment(),
            "work": dict(sorted(work.items())),
        }
        write_whole(self.folder / NAME, (json.dumps(self.content, indent=2, ensure_ascii=False) + "\n").encode())


def done(
    inputs: str, files: Mapping[str, bytes], used: Iterable[str], data: DataHashes, seconds: float, peak_mib: float
) -> dict[str, Any]:
    """Entry of a finished piece of work. With SOURCE_DATE_EPOCH set, nothing that differs from run to run is noted."""
    entry: dict[str, Any] = {
        "status": "done",
        "inputs_sha256": inputs,
        "data_sha256": {name: data.of(name) for name in used},
        "files_sha256": {name: sha256(content) for name, content in files.items()},
    }
    if not os.environ.get("SOURCE_DATE_EPOCH", "").isdigit():
        entry |= {"seconds": round(seconds, 3), "peak_mib": round(peak_mib, 1), "finished": moment()}
    return entry


def failed(reason: str) -> dict[str, Any]:
    """Entry of a piece of work that failed; files of an earlier run are kept but no longer vouched for."""
    return {"status": "failed", "reason": reason, "inputs_sha256": None, "data_sha256": {}, "files_sha256": {}}
